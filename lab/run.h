/*
 * A scenario being run: its network, its commands and what they print, its snapshots. Driven to the
 * end by run_all(), or event by event through run->network->sim by a stepper; observers may be
 * added between run_new() and run_start().
 */
#ifndef WW_LAB_RUN_H
#define WW_LAB_RUN_H

#include <glib.h>
#include <stdbool.h>

#include "inspect/tables.h"
#include "lab/diag.h"
#include "lab/network.h"
#include "lab/scenario.h"

#define RUN_EVENTS_DEFAULT UINT64_C(100000000) /* event budget where the scenario has none */
#define RUN_UNTIL_DEFAULT                                                                          \
    SIM_SEC(60) /* without `until`, so long after the last entry of the timeline */

struct shell_run;

/* One command of the timeline. */
struct run_command {
    struct run *run;
    struct node *node;
    uint32_t entry;          /* index in the scenario's timeline */
    sim_time started, ended; /* SIM_TIME_NONE while it runs */
    int exit_status;
    uint64_t process;        /* of its trace records */
    char *line;              /* what was run */
    GString *output;         /* all it printed, in order */
    GString *out, *err;      /* the same by stream; NULL while all went to the first */
    struct shell_run *shell; /* NULL when it is over */
};

struct run {
    const struct scenario *scenario; /* borrowed */
    struct network *network;
    GPtrArray *commands;           /* of struct run_command, in the order they started */
    struct run_command **by_entry; /* by index in the timeline; NULL: not started, or no command */
    GPtrArray *inserted;   /* of const struct scenario_entry, borrowed: behind the timeline's own */
    struct tables *tables; /* snapshots, and "end" after run_finish() */
    bool no_tables;        /* nobody reads them: none are recorded. For who drives the run to set */
    sim_time until;
    uint64_t budget, spent; /* events */
    bool out_of_budget;
};

struct run_options {
    bool has_seed, has_until;
    uint64_t seed;
    uint64_t threads; /* 0 is 1 */
    sim_time until;
    struct network_sharing sharing; /* with other ranks; all 0: with none */
};

/** run_new() - the network of @scenario with its timeline, nothing has happened. NULL: errors are
 * in @diags. */
struct run *run_new(const struct scenario *scenario, const struct run_options *options,
                    struct diag_list *diags);
/** run_command_out() / run_command_err() - what it printed on one stream, while it prints no more.
 */
const char *run_command_out(const struct run_command *command);
const char *run_command_err(const struct run_command *command);
/** run_start() - boot the nodes, lay the timeline; time is still 0. */
void run_start(struct run *run);
/**
 * run_insert() - one more entry of the timeline, which outlives the run; its time is not past.
 * *@done, unless NULL, becomes true when it happens. Returns its index.
 */
uint32_t run_insert(struct run *run, const struct scenario_entry *entry, bool *done);
/** run_check_fault() - whether the filter of @entry, if it is a fault, is right; @names may be
 * NULL. Errors are in @file and go to @diags. */
bool run_check_fault(const struct scenario_entry *entry, const char *file,
                     const struct filter_names *names, struct diag_list *diags);
/** run_check_entry() - whether @entry can happen: its filter is right. Errors go to @diags. */
bool run_check_entry(const struct run *run, const struct scenario_entry *entry,
                     struct diag_list *diags);
/** run_entry() - by index: of the scenario, or inserted. */
const struct scenario_entry *run_entry(const struct run *run, uint32_t index);
/** run_slice() - @events more events, more of them on several threads; false when the run is over
 * (until reached, or the budget spent). */
bool run_slice(struct run *run, uint64_t events);
/** run_finish() - record the tables as snapshot "end". */
void run_finish(struct run *run);
/** run_all() - run_start(), all events, run_finish(). */
void run_all(struct run *run);
void run_free(struct run *run);

/** run_outputs() - the text of the --outputs file. Free with g_free(). */
char *run_outputs(const struct run *run);

#endif
