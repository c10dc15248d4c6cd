/* What the grade_*.c files share. Nobody else includes it. */
#ifndef WW_LAB_GRADE_INTERNAL_H
#define WW_LAB_GRADE_INTERNAL_H

#include "lab/expect.h"
#include "lab/grade.h"
#include "lab/submission.h"

/* How one part of a check ended. */
struct grade_part {
    uint32_t good, all; /* all 0: it was not judged */
    char *message;      /* several lines; NULL where it is good */
    char *node;         /* whose lines of the submission it is about; or NULL */
    uint64_t frame;     /* 0: none */
    sim_time time;      /* SIM_TIME_NONE: at no moment */
};

struct grade {
    const struct task *task;
    const struct grade_options *options;
    struct submission *submission;
    struct task_instance *instance;
    struct net_tree net; /* as the student leaves it */
    GPtrArray *edits;    /* of struct change, also those that are not made */
    GPtrArray *commands; /* of struct submission_command, those that are replayed */
    GHashTable *live;    /* addresses and gateways after the commands; NULL: none were run */
    bool tried_locked, limited;
    struct grade_part *parts; /* as the instance's */
};

/* grade_net.c: the student's network */
void grade_network(struct grade *grade);
/** grade_edit_of() - the first change made to @node, or NULL. */
const struct change *grade_edit_of(const struct grade *grade, const char *node);
/* grade_run.c: what happens in it */
void grade_runs(struct grade *grade);
/* grade_reach.c: who answered a ping, where two nodes have the address */
struct grade_reach {
    uint32_t part, from, to; /* part: index; from, to: of nodes */
    ip4_addr addr;
    sim_time begin, end;
    uint32_t by; /* the node that answered: where it was not @to alone, the other one; TOPO_NOWHERE:
                    none of those that have the address */
};
/** grade_has_twin() - whether another node than @node has @addr, at the end of @run. */
bool grade_has_twin(const struct run *run, uint32_t node, ip4_addr addr);
/** grade_find_answerers() - fill in `by` of all @reaches (of struct grade_reach): the run is made
 * once more and watched. */
void grade_find_answerers(const struct scenario *scenario, GArray *reaches);
/* grade_state.c: what it is like */
void grade_state(struct grade *grade, const struct task_part *part, struct grade_part *result);
void grade_unchanged(struct grade *grade, const struct task_part *part, struct grade_part *result);
void grade_log(struct grade *grade, const struct task_part *part, struct grade_part *result);
void grade_duplicates(const struct run *run, struct grade_part *result);
/* grade_live.c */
void grade_take_live(struct grade *grade, const struct run *run);
/** grade_live_value() - what a path has come to be; *@known: commands may have changed it. */
const struct ynode *grade_live_value(struct grade *grade, const char *path, bool *known);
/* grade_answer.c: what was answered */
void grade_answers(struct grade *grade);
/* grade_tell.c: why it happened. In a run that is at the moment when @command had just ended. */
struct step_log;
void grade_tell(const struct run *run, const struct step_log *log,
                const struct run_command *command, struct grade_part *result);
/* grade_json.c: the result */
json_t *grade_result(struct grade *grade, const char *status);
/** grade_is_due() - whether the due date is over. */
bool grade_is_due(const struct grade *grade);

void grade_node(struct grade_part *part, const char *node);
void grade_message(struct grade_part *part, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
