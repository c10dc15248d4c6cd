/* Two hosts on one cable, h1 10.0.0.1 and h2 10.0.0.2, and what their programs print. For tests of
 * programs. */
#ifndef WW_TESTS_HOST_RIG_H
#define WW_TESTS_HOST_RIG_H

#include <string.h>

#include "stack/socket/syscall.h"
#include "tests/support/two_hosts.h"

#define HOST_RIG_BUDGET 5000000 /* events */

struct host_run { /* one run of a program */
    struct strbuf out, err, all;
    int status;
    bool ended;
    struct process *process; /* while it has not ended */
};

struct host_rig {
    struct two_hosts hosts;
    struct os *h1, *h2;
};

static inline void host_rig_init(struct host_rig *rig)
{
    two_hosts_begin(&rig->hosts, 3);
    rig->h1 = rig->hosts.a;
    rig->h2 = rig->hosts.b;
}

static inline void host_rig_fini(struct host_rig *rig)
{
    two_hosts_end(&rig->hosts);
}

static inline void host_run_write(void *ctx, struct process *process, int stream, const char *text,
                                  size_t len)
{
    struct host_run *run = ctx;

    (void)process;
    strbuf_add(stream == 1 ? &run->out : &run->err, text, len);
    strbuf_add(&run->all, text, len);
}

static inline void host_run_ended(void *ctx, struct process *process)
{
    struct host_run *run = ctx;

    run->status = process->exit_status;
    run->ended = true;
    run->process = NULL;
}

/** host_run_argv() - start @program on @os; *@run is the caller's until the rig is gone. */
static inline void host_run_argv(struct host_run *run, struct os *os, const struct program *program,
                                 int argc, const char *const *argv)
{
    memset(run, 0, sizeof *run);
    run->process =
        process_start(os, program, argc, argv, NULL, &(struct process_io){ host_run_write, run });
    run->process->on_end = host_run_ended;
    run->process->end_ctx = run;
}

static inline void host_run_fini(struct host_run *run)
{
    strbuf_fini(&run->out);
    strbuf_fini(&run->err);
    strbuf_fini(&run->all);
}

/** host_rig_run() - all events up to @until; false when there are too many. */
static inline bool host_rig_run(struct host_rig *rig, sim_time until)
{
    return sim_run(rig->hosts.sim, until, HOST_RIG_BUDGET);
}

#endif
