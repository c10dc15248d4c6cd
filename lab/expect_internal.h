/* What the parts of lab/expect share. */
#ifndef WW_LAB_EXPECT_INTERNAL_H
#define WW_LAB_EXPECT_INTERNAL_H

#include "inspect/facts.h"
#include "inspect/filter.h"
#include "lab/expect.h"
#include "lab/expect_way.h"
#include "sim/trace.h"

#define EXPECT_FRAME_MAX (65536u + 18u) /* octets that are looked at */

/* When and where something was seen. frame 0: it never was. */
struct sighting {
    uint64_t frame; /* number of its sending */
    sim_time at;
    const struct node *node;
    char *what; /* the frame in one line, for those that are told; or NULL */
};

struct see_state {
    const struct scenario_see *see;
    struct filter *filter;
    const struct iface *port; /* `at` of a port */
    bool counting;            /* every frame once */
    uint64_t n;
    struct sighting first, last;
    struct sighting nth;     /* the one see->nth asks for */
    struct sighting over;    /* the first one more than allowed */
    uint64_t most;           /* allowed */
    struct sighting similar; /* the first the filter fits, whatever by, for, at and the times say */
};

/* What one expectation has gathered. */
struct expect_state {
    const struct scenario_expect *e;
    struct see_state *sees; /* e->n_sees of them */
    uint32_t step;          /* ORDER: steps done */
    struct sighting *steps; /* ORDER: where each was done */
    struct hops_state *hops;
    bool looked; /* TABLE */
    sim_time looked_at;
    GPtrArray *rows; /* TABLE: struct table_row, lab/expect_table.c */
    uint64_t n;      /* DROP */
    struct sighting first_drop;
    struct expect *owner;
};

/* The frame a record is about, read at most once. */
struct expect_frame {
    const struct record *record;
    bool read;
    uint64_t number;
    const struct way *way; /* or NULL: unknown, or not followed */
    bool sent, own;        /* own: the node's own sending */
    size_t len;
    struct facts facts;
    uint8_t octets[EXPECT_FRAME_MAX];
};

struct command_seen { /* a command's end */
    uint64_t frame;
};

struct expect {
    struct observer observer;
    struct run *run;
    uint64_t n_frames;
    uint32_t n_hops;   /* expectations of kind HOPS */
    struct ways *ways; /* NULL: nothing needs them */
    struct owners *owners;
    uint32_t n_states;
    struct expect_state *states;
    struct command_seen *ends; /* by timeline entry */
    GHashTable *by_process;    /* number of a command's shell -> index in run->commands, plus 1 */
    guint n_indexed;           /* of run->commands, so far */
    struct expect_frame frame;
    GPtrArray *results;
};

/* expect.c */
/** expect_is_own() - whether the sending @record, which expect->frame is about, is the node's own.
 */
bool expect_is_own(struct expect *expect, const struct record *record);
/* expect_see.c */
bool see_compile(struct see_state *state, const struct scenario_see *see, const char *file,
                 const struct filter_names *names, struct diag_list *diags);
void see_clear(struct see_state *state);
void sighting_take(struct sighting *sighting, struct expect_frame *frame, bool with_words);
/** see_fits() - whether the frame is meant; notes one that is merely similar. */
bool see_fits(struct see_state *state, struct expect_frame *frame);
/** see_look() - the same, and counts it. */
void see_look(struct see_state *state, struct expect_frame *frame);
void expect_frame_read(struct expect_frame *frame);
/* expect_hops.c: from one SEND of a followed frame to the next */
struct hops_state *hops_new(const struct scenario_expect *e, const char *file, uint32_t index,
                            struct diag_list *diags);
void hops_free(struct hops_state *hops);
/** hops_begin() - a command's own frame leaves: note its field's value. hops_step() - passed on: is
 * the rule kept? */
void hops_begin(struct hops_state *hops, struct expect_frame *frame, struct way *way);
void hops_step(struct hops_state *hops, struct expect_frame *frame, struct way *way);
void hops_judge(const struct hops_state *hops, const struct scenario *scenario,
                struct expect_result *result);
/* expect_table.c */
void table_look(struct expect_state *state);
/** table_values() - the values in @column (NULL: whole lines) of the rows that fit all of `has`. */
GPtrArray *table_values(const struct expect_state *state, const char *column);
bool table_has_column(enum scenario_table table, const char *column);
bool table_check(const struct scenario_expect *e, const char *file, struct diag_list *diags);
void table_judge(const struct expect_state *state, struct expect_result *result);
/* expect_judge.c */
void expect_judge(struct expect *expect);
/* expect_words.c: expectations in the user's language */
void words_see(GString *out, const struct scenario *scenario, const struct scenario_see *see);
void words_times(GString *out, uint64_t min, uint64_t max);
void words_moment(GString *out, sim_time at);
char *words_expected(const struct scenario *scenario, const struct scenario_expect *e);
char *words_command(const struct scenario *scenario, uint32_t entry,
                    const struct scenario_result *result);

#endif
