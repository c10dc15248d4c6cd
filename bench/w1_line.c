/* W1: one constant-rate UDP flow over a line of routers, 1 Gbps and 10 us a cable. */
#include <stdio.h>

#include "bench/bench.h"
#include "devices/hub.h"

static uint64_t routers, packets, bytes, interval_ns, cable_kind;
static struct bench_stack stack;

enum { P2P, CSMA }; /* places in LINKS */
#define LINKS "p2p|csma"

static struct bench_option *options(void)
{
    static struct bench_option list[] = {
        { "routers", &routers, "routers in the line", BENCH_NUMBER, NULL },
        { "packets", &packets, "datagrams to send", BENCH_NUMBER, NULL },
        { "bytes", &bytes, "octets of UDP payload", BENCH_NUMBER, NULL },
        { "interval-ns", &interval_ns, "between datagrams", BENCH_NUMBER, NULL },
        { "link", &cable_kind, "csma: half duplex, through a hub", BENCH_CHOICE, LINKS },
        BENCH_STACK_OPTIONS(stack),
        { NULL, NULL, NULL, BENCH_NUMBER, NULL }
    };

    routers = 8;
    packets = 200000;
    bytes = 1000;
    interval_ns = 10000;
    cable_kind = P2P;
    stack = BENCH_STACK_DEFAULTS;
    return list;
}

static ip4_addr net(uint64_t i)
{
    return IP4(10, 0, 0, 0) + (ip4_addr)i * 4;
}

/* 1 Gbps and 10 us: a cable, or two with a hub between, which every station hears. */
static void join(struct sim *sim, struct iface *left, struct iface *right, uint64_t i)
{
    struct link_config cable = { .rate = 1000000000, .delay = SIM_USEC(10), .queue = 1000 };
    g_autofree char *name = g_strdup_printf("hub%" G_GUINT64_FORMAT, i);
    struct node *hub;

    if (cable_kind == P2P) {
        sim_add_link(sim, left, right, &cable);
        return;
    }
    hub = hub_new(sim, name, &(struct hub_config){ .n_ports = 2 });
    cable.delay /= 2;
    sim_add_link(sim, left, hub->ifaces[0], &cable);
    sim_add_link(sim, right, hub->ifaces[1], &cable);
}

static struct node **build(struct sim *sim)
{
    struct node **nodes = g_new0(struct node *, routers + 2);

    for (uint64_t i = 0; i < routers + 2; i++) {
        g_autofree char *name = g_strdup_printf("n%" G_GUINT64_FORMAT, i);
        bool end = i == 0 || i == routers + 1;

        nodes[i] = bench_host(sim, name, !end, end ? 1 : 2);
        host_os(nodes[i])->ip.sysctl.default_ttl = 255;
    }
    for (uint64_t i = 0; i <= routers; i++) {
        unsigned left = i == 0 ? 0 : 1;

        join(sim, nodes[i]->ifaces[left], nodes[i + 1]->ifaces[0], i);
        bench_address(nodes[i], left, net(i) + 1, 30);
        bench_address(nodes[i + 1], 0, net(i) + 2, 30);
    }
    for (uint64_t i = 0; i < routers; i++)
        bench_route(nodes[i], net(routers), 30, net(i) + 2);
    return nodes;
}

/* What hubs repeat is no hop: the far end hears it on the same wire. */
static uint64_t hops(const struct sim *sim, struct node **nodes)
{
    uint64_t n = 0;

    if (cable_kind == P2P)
        return sim_hops(sim);
    for (uint64_t i = 0; i < routers + 2; i++)
        for (uint32_t j = 0; j < nodes[i]->n_ifaces; j++)
            n += nodes[i]->ifaces[j]->rx_frames;
    bench_sum(&n);
    return n;
}

static void print(const struct bench_run *bench, struct node **nodes, uint64_t delivered)
{
    g_autoptr(GString) params = g_string_new(NULL), extra = g_string_new(NULL);
    g_autofree char *cables = bench_choice(LINKS, cable_kind);
    uint64_t n_hops = hops(bench->sim, nodes);

    bench_sum(&delivered);
    bench_add_number(params, "routers", routers);
    bench_add_number(params, "packets", packets);
    bench_add_number(params, "bytes", bytes);
    bench_add_number(params, "interval_ns", interval_ns);
    bench_add_text(params, "link", cables);
    bench_add_stack(params, &stack);
    bench_add_number(extra, "delivered", delivered);
    bench_print_with(bench, "w1-line-udp", params, (double)(packets * interval_ns) * 1e-9,
                     sim_events(bench->sim), stack.count ? n_hops : 0, extra);
}

static void run(void)
{
    struct bench_cbr cbr = {
        .packets = packets, .bytes = bytes, .start = SIM_MSEC(1), .interval = SIM_NSEC(interval_ns)
    };
    g_autofree struct node **nodes = NULL;
    struct bench_run bench;
    uint64_t delivered = 0;
    struct sim *sim;

    bench_begin(&bench, &stack);
    sim = bench_sim(1);
    nodes = build(sim);
    sim_start(sim);
    cbr.to = (struct endpoint){ net(routers) + 2, 9 };
    bench_sink(nodes[routers + 1], 9, &delivered);
    bench_send_cbr(nodes[0], &cbr);
    bench_go(&bench, sim, SIM_SEC(3600));
    print(&bench, nodes, delivered);
    sim_free(sim);
}

const struct bench_workload bench_w1_line = { "w1_line", "w1-line-udp",
                                              "UDP over a line of routers", options, run };
