/*
 * An exercise (NAME.task.yaml): a network that is broken or empty, what a student may change, and
 * what is checked. docs/exercises.md describes the file.
 *
 * A task holds the trees of the exercise and of its topology, and every file they name; nothing is
 * opened after task_load(). For a student it becomes an instance: the variables are drawn and put
 * in their places, the network is broken, the checks are read.
 */
#ifndef WW_LAB_TASK_H
#define WW_LAB_TASK_H

#include "lab/change.h"
#include "lab/reader.h"
#include "lab/scenario.h"
#include "lab/vary.h"

#define TASK_EVENTS_DEFAULT UINT64_C(3000000) /* events of one run: about a second of one core */

/* Sources of positions, see struct text_pos. */
enum task_source {
    TASK_SOURCE_SELF = 1,   /* the exercise's file */
    TASK_SOURCE_SUBMISSION, /* the submission's file */
    TASK_SOURCE_LOG,        /* its command log */
    TASK_SOURCE_SOLUTION    /* the reference solution, where it is a file of its own */
};

enum task_commands { TASK_COMMANDS_IGNORED, TASK_COMMANDS_REPLAYED };
enum task_show {
    TASK_SHOW_ALWAYS,
    TASK_SHOW_AFTER_DUE,
    TASK_SHOW_AFTER_PUBLISHED,
    TASK_SHOW_NEVER
};

struct task {
    char *file, *name; /* name: "wrong-gateway" */
    struct ytree *tree;
    char *topology_file;
    struct ytree *topology_tree;  /* NULL: everything is added by `break` */
    GPtrArray *solutions;         /* of struct ytree: solution and wrong submissions in own files */
    GHashTable *solution_by_name; /* file, as written -> struct ytree */
    struct file_store files;
    char *text; /* of the exercise's file, for messages */
    size_t len;
};

enum part_kind {
    PART_COMMAND,   /* an entry of a run's timeline with its expectation */
    PART_EXPECT,    /* an expectation of a run */
    PART_STATE,     /* a value of the network as the student leaves it */
    PART_UNCHANGED, /* nothing else was changed */
    PART_INVARIANT,
    PART_ANSWER, /* to a question */
    PART_LOG     /* the commands the student used */
};

/* One thing that is judged; a check has one or several. */
struct task_part {
    enum part_kind kind;
    uint32_t check;           /* index */
    const struct ynode *node; /* what is written: of COMMAND an entry of the timeline, of EXPECT an
                                 expectation */
    const char *id;           /* COMMAND: its `as` */
    bool timed;               /* COMMAND: `at` is written */
    bool reach;               /* COMMAND: made of a `reach` */
    bool negate;              /* it must not hold: `isolated` */
    uint32_t run;             /* COMMAND, EXPECT: index in the instance's runs */
};

struct task_check {
    const char *id, *group;
    struct lab_words title, fail, pass;
    int64_t points, penalty; /* hundredths */
    bool bonus, each, any;
    enum task_show show;
    const struct ynode *needs, *ask, *answer; /* or NULL */
    struct text_pos at;
    uint32_t first_part, n_parts;
};

/* A run that checks share: the exercise's own, or one with faults. */
struct task_run {
    const char *key;              /* its `with` as text; "" for the first */
    const struct ynode *timeline; /* more entries, or NULL */
    bool has_seed;
    uint64_t seed;
    const struct ynode *until, *change; /* or NULL; change: other values of the network */
};

struct task_hint {
    struct lab_words words;
    int64_t penalty; /* hundredths */
};

struct task_wrong {
    const char *name;
    struct lab_words about;
    const struct ynode *submission;
    int64_t points;
    const struct ynode *failed; /* ids of the checks that fail, or NULL: not said */
    struct text_pos at;
};

/* The exercise for one student. */
struct task_instance {
    const struct task *task;
    struct arena arena;
    struct reader r;
    struct vary vary;
    const char *student;
    struct net_tree start; /* the network as the student gets it */
    struct lab_words title, statement;
    const struct ynode *timeline, *editable, *locked, *groups; /* or NULL */
    const struct ynode *until;
    uint64_t seed, events;
    sim_time settle;
    enum task_commands commands;
    uint32_t commands_max;
    const char *due; /* as written, or NULL */
    int64_t due_at;  /* seconds since 1970; INT64_MAX without one */
    uint32_t n_checks, n_hints, n_wrong;
    struct task_check *checks;
    GPtrArray *parts; /* of struct task_part */
    GPtrArray *runs;  /* of struct task_run */
    struct task_hint *hints;
    struct task_wrong *wrong;
    const struct ynode *solution; /* NULL: none */
    struct text_pos solution_at;
};

/** task_load() - @file and everything it names, read and checked for a student without a name.
 * NULL after an error: it is in @diags. */
struct task *task_load(const char *file, struct diag_list *diags);
/** task_parse() - the same from @text. With @topology_text the topology is that, and nothing is
 * opened (for fuzzing and tests). */
struct task *task_parse(const char *file, const char *text, size_t len, const char *topology_text,
                        struct diag_list *diags);
void task_free(struct task *task);
/** task_diags() - @diags learns the names of the exercise's files, for positions with a source. */
void task_diags(const struct task *task, struct diag_list *diags);

/** task_instance_new() - the exercise for @student; errors go to @diags. */
struct task_instance *task_instance_new(const struct task *task, const char *student,
                                        struct diag_list *diags);
void task_instance_free(struct task_instance *instance);
/** task_topology() - the network of @root, a tree like instance->start's. NULL after an error. */
struct topology *task_topology(const struct task *task, const struct ynode *root,
                               struct diag_list *diags);
struct submission_command;
/**
 * task_scenario() - run @run of the exercise in the network @net as a scenario: the exercise's
 * timeline, @commands (of struct submission_command; may be NULL), the faults, and what the checks
 * run and expect, in the order of the parts. NULL after an error.
 */
struct scenario *task_scenario(const struct task_instance *instance, uint32_t run,
                               const struct net_tree *net, const GPtrArray *commands,
                               struct diag_list *diags);
/** task_questions() - the exercise's own timeline and @commands (or NULL) in the network @net, with
 * @expects, a list of expectations (or NULL), instead of what the checks do. NULL after an error.
 */
struct scenario *task_questions(const struct task_instance *instance, const struct net_tree *net,
                                const GPtrArray *commands, const struct ynode *expects,
                                struct diag_list *diags);
/** task_check_find() - by id; UINT32_MAX: there is none. */
uint32_t task_check_find(const struct task_instance *instance, const char *id);
/** task_read_points() - "2.5" -> 250. */
bool task_read_points(const struct reader *r, const struct ynode *node, const char *what,
                      int64_t *points);
/** task_show_name() - "after-due". */
const char *task_show_name(enum task_show show);

#endif
