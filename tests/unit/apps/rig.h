/*
 * Hosts on cables for testing programs: h1 10.0.0.1/24 and h2 10.0.0.2/24 on one cable, or a chain
 * with routers between. run() types a line and returns everything it printed and "-- exit N".
 */
#ifndef WW_TESTS_APPS_RIG_H
#define WW_TESTS_APPS_RIG_H

#include "tests/support/unit.h"

#include <stdlib.h>

#include "apps/programs.h"
#include "apps/shell.h"
#include "base/memory.h"
#include "sim/sim.h"
#include "stack/socket/netctl.h"

#define RIG_HOSTS_MAX 6

struct rig {
    struct sim *sim;
    struct os *hosts[RIG_HOSTS_MAX];
    unsigned n_hosts;
    struct link *links[RIG_HOSTS_MAX];
    struct strbuf out;
    int status;    /* -1: still running */
    unsigned sent; /* frames */
    struct observer observer;
};

static void rig_receive(struct iface *iface, struct frame *frame)
{
    ether_input(&((struct os *)iface->node->device)->ether, iface, frame);
}

static void rig_describe(struct node *node, struct describe *out)
{
    os_describe(node->device, out);
}

static void rig_free_node(struct node *node)
{
    os_fini(node->device);
    free(node->device);
}

static const struct node_ops rig_ops = {
    .kind = "host", .receive = rig_receive, .describe = rig_describe, .free = rig_free_node
};

static void rig_observe(struct observer *observer, const struct record *record)
{
    struct rig *rig = (struct rig *)((char *)observer - offsetof(struct rig, observer));

    rig->sent += record->kind == RECORD_SEND;
}

/* A host with interfaces eth0 ... of 02:00:00:00:NN:01 ... */
static struct os *rig_add(struct rig *rig, const char *name, unsigned n_ifaces)
{
    struct node *node = sim_add_node(rig->sim, name, &rig_ops);
    struct os *os = mem_zalloc(sizeof *os);

    for (unsigned i = 0; i < n_ifaces; i++) {
        char iface[16];
        struct mac_addr mac = { { 2, 0, 0, 0, (uint8_t)(rig->n_hosts + 1), (uint8_t)(i + 1) } };

        snprintf(iface, sizeof iface, "eth%u", i);
        iface_add(node, iface, &mac);
    }
    node->device = os;
    os_init(os, node);
    os->find_program = program_find;
    rig->hosts[rig->n_hosts++] = os;
    return os;
}

static struct link *rig_cable(struct rig *rig, struct os *a, unsigned a_port, struct os *b,
                              unsigned b_port)
{
    struct link_config config = { .rate = LINK_RATE_DEFAULT,
                                  .delay = LINK_DELAY_DEFAULT,
                                  .queue = 100 };

    return sim_add_link(rig->sim, a->node->ifaces[a_port], b->node->ifaces[b_port], &config);
}

static void rig_address(struct os *os, const char *ifname, ip4_addr addr)
{
    EQ(netctl_addr_add(os, ifname, addr, 24, 0, SIM_TIME_NONE), 0);
}

static __attribute__((unused)) void rig_route(struct os *os, ip4_addr prefix, unsigned len,
                                              ip4_addr via)
{
    struct netctl_route route = { .prefix = prefix, .prefix_len = (uint8_t)len, .via = via };

    EQ(netctl_route_add(os, &route, NETCTL_ADD), 0);
}

static void rig_begin(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    rig->sim = sim_new(1);
    rig->observer = (struct observer){ .wants = RECORD_BIT(RECORD_SEND), .record = rig_observe };
    sim_observe(rig->sim, &rig->observer);
}

/* h1 -- h2 */
static __attribute__((unused)) void rig_pair(struct rig *rig)
{
    rig_begin(rig);
    rig_add(rig, "h1", 1);
    rig_add(rig, "h2", 1);
    rig->links[0] = rig_cable(rig, rig->hosts[0], 0, rig->hosts[1], 0);
    rig_address(rig->hosts[0], "eth0", IP4(10, 0, 0, 1));
    rig_address(rig->hosts[1], "eth0", IP4(10, 0, 0, 2));
    sim_start(rig->sim);
}

/*
 * h1 10.0.1.1 -- r1 -- r2 ... -- h2: the n-th cable is 10.0.n.0/24, with .1 at its left and .2 at
 * its right end; the last host in hosts[] is h2. Everybody has routes to everything.
 */
static __attribute__((unused)) void rig_chain(struct rig *rig, unsigned n_routers)
{
    unsigned last = n_routers + 1;

    rig_begin(rig);
    for (unsigned i = 0; i <= last; i++) {
        static const char *const names[] = { "r1", "r2", "r3", "r4" };

        rig_add(rig, i == 0 ? "h1" : i == last ? "h2" : names[i - 1], i == 0 || i == last ? 1 : 2);
        if (i > 0)
            rig->links[i - 1] = rig_cable(rig, rig->hosts[i - 1], i == 1 ? 0 : 1, rig->hosts[i], 0);
    }
    for (unsigned i = 0; i <= last; i++) {
        struct os *os = rig->hosts[i];

        os->ip.sysctl.forwarding = i > 0 && i < last;
        if (i > 0)
            rig_address(os, "eth0", IP4(10, 0, i, 2));
        if (i < last)
            rig_address(os, i == 0 ? "eth0" : "eth1", IP4(10, 0, i + 1, 1));
    }
    for (unsigned i = 0; i <= last; i++) {
        for (unsigned net = 1; net <= last; net++) {
            if (net + 1 < i + 1) /* to the left */
                rig_route(rig->hosts[i], IP4(10, 0, net, 0), 24, IP4(10, 0, i, 1));
            else if (net > i + 1)
                rig_route(rig->hosts[i], IP4(10, 0, net, 0), 24, IP4(10, 0, i + 1, 2));
        }
    }
    sim_start(rig->sim);
}

static void rig_write(void *ctx, struct process *process, int stream, const char *text, size_t len)
{
    struct rig *rig = ctx;

    (void)process;
    (void)stream;
    strbuf_add(&rig->out, text, len);
}

static void rig_ended(void *ctx, int status)
{
    struct rig *rig = ctx;

    rig->status = status;
    strbuf_addf(&rig->out, "-- exit %d\n", status);
}

static struct shell_run *rig_start(struct rig *rig, struct os *os, const char *line)
{
    strbuf_truncate(&rig->out, 0);
    rig->status = -1;
    return shell_start(os, line, &(struct process_io){ rig_write, rig }, rig_ended, rig);
}

static void rig_run_for(struct rig *rig, sim_time time)
{
    OK(sim_run(rig->sim, sim_now(rig->sim) + time, 10000000));
}

/* Types @line on @os and runs @time of the simulation, whatever happens first. */
static const char *run(struct rig *rig, struct os *os, const char *line, sim_time time)
{
    rig_start(rig, os, line);
    rig_run_for(rig, time);
    return strbuf_text(&rig->out);
}

/* Output with every "1.234 ms" and "1.234ms" made T. */
static __attribute__((unused)) const char *without_ms(struct rig *rig)
{
    struct strbuf clean = STRBUF_INIT;
    const char *at = strbuf_text(&rig->out);

    while (*at != '\0') {
        size_t digits = strspn(at, "0123456789."), gap = at[digits] == ' ';

        if (digits > 0 && strncmp(at + digits + gap, "ms", 2) == 0) {
            strbuf_addc(&clean, 'T');
            at += digits + gap + 2;
        } else if (digits > 0) {
            strbuf_add(&clean, at, digits);
            at += digits;
        } else {
            strbuf_addc(&clean, *at++);
        }
    }
    strbuf_truncate(&rig->out, 0);
    strbuf_add(&rig->out, clean.text, clean.len);
    strbuf_fini(&clean);
    return strbuf_text(&rig->out);
}

/* Output with round-trip times made T, as the recorded outputs of fidelity/ have them. */
static __attribute__((unused)) const char *without_times(struct rig *rig)
{
    static const char *const marks[] = { "time=", ", time ", "rtt min" };
    struct strbuf clean = STRBUF_INIT;
    const char *at = strbuf_text(&rig->out);

    while (*at != '\0') {
        size_t i = 0;

        while (i < 3 && strncmp(at, marks[i], strlen(marks[i])) != 0)
            i++;
        if (i == 3) {
            strbuf_addc(&clean, *at++);
            continue;
        }
        strbuf_adds(&clean, i == 2 ? "rtt T" : marks[i]);
        if (i < 2)
            strbuf_addc(&clean, 'T');
        at += i == 0 ? strcspn(at, "\n") : strcspn(at, "\n");
    }
    strbuf_truncate(&rig->out, 0);
    strbuf_add(&rig->out, clean.text, clean.len);
    strbuf_fini(&clean);
    return strbuf_text(&rig->out);
}

static __attribute__((unused)) bool text_ends(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void rig_end(struct rig *rig)
{
    struct part *part = rig->sim->parts[0];

    for (unsigned i = 0; i < rig->n_hosts; i++)
        processes_end_all(rig->hosts[i]);
    (void)part;
    sim_free(rig->sim);
    strbuf_fini(&rig->out);
}

#endif
