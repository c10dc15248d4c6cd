/* Two hosts on one cable, h1 10.0.0.1 and h2 10.0.0.2, and what their programs print. For tests of programs. */
#ifndef WW_TESTS_HOST_RIG_H
#define WW_TESTS_HOST_RIG_H

#include <stdlib.h>

#include "sim/sim.h"
#include "stack/socket/process.h"
#include "stack/socket/syscall.h"

#define HOST_RIG_BUDGET 5000000 /* events */

struct host_run { /* one run of a program */
    struct strbuf out, err, all;
    int status;
    bool ended;
    struct process *process; /* while it has not ended */
};

struct host_rig {
    struct sim *sim;
    struct os h1, h2;
};

static inline void host_rig_receive(struct iface *iface, struct frame *frame)
{
    struct os *os = iface->node->device;

    ether_input(&os->ether, iface, frame);
}

static const struct node_ops host_rig_ops = { .kind = "host", .receive = host_rig_receive };

static inline struct iface *host_rig_add(struct sim *sim, struct os *os, const char *name, uint8_t number)
{
    struct node *node = sim_add_node(sim, name, &host_rig_ops);
    struct iface *iface = iface_add(node, "eth0", &(struct mac_addr){ { 2, 0, 0, 0, number, 1 } });

    node->device = os;
    os_init(os, node);
    ip_addr_add(ip_iface_find(&os->ip, "eth0"), IP4(10, 0, 0, number), 24);
    return iface;
}

static inline void host_rig_init(struct host_rig *rig)
{
    struct link_config config = { .rate = LINK_RATE_DEFAULT, .delay = LINK_DELAY_DEFAULT, .queue = 1000 };
    struct iface *a, *b;

    memset(rig, 0, sizeof *rig);
    rig->sim = sim_new(1);
    a = host_rig_add(rig->sim, &rig->h1, "h1", 1);
    b = host_rig_add(rig->sim, &rig->h2, "h2", 2);
    sim_add_link(rig->sim, a, b, &config);
    sim_start(rig->sim);
}

static inline void host_rig_fini(struct host_rig *rig)
{
    os_fini(&rig->h1);
    os_fini(&rig->h2);
    sim_free(rig->sim);
}

static inline void host_run_write(void *ctx, struct process *process, int stream, const char *text, size_t len)
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
static inline void host_run_argv(struct host_run *run, struct os *os, const struct program *program, int argc,
                                 const char *const *argv)
{
    memset(run, 0, sizeof *run);
    run->process = process_start(os, program, argc, argv, NULL, &(struct process_io){ host_run_write, run });
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
    return sim_run(rig->sim, until, HOST_RIG_BUDGET);
}

#endif
