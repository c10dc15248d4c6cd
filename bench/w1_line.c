/* W1: one constant-rate UDP flow over a line of routers, 1 Gbps and 10 us a cable. */
#include <stdio.h>

#include "bench/bench.h"

static uint64_t routers, packets, bytes, interval_ns;

static struct bench_option *options(void)
{
    static struct bench_option list[] = { { "routers", &routers, "routers in the line", false },
                                          { "packets", &packets, "datagrams to send", false },
                                          { "bytes", &bytes, "octets of UDP payload", false },
                                          { "interval-ns", &interval_ns, "between datagrams",
                                            false },
                                          { NULL, NULL, NULL, false } };

    routers = 8;
    packets = 200000;
    bytes = 1000;
    interval_ns = 10000;
    return list;
}

static ip4_addr net(uint64_t i)
{
    return IP4(10, 0, 0, 0) + (ip4_addr)i * 4;
}

static void run(void)
{
    struct link_config cable = { .rate = 1000000000, .delay = SIM_USEC(10), .queue = 1000 };
    struct bench_cbr cbr = {
        .packets = packets, .bytes = bytes, .start = SIM_MSEC(1), .interval = SIM_NSEC(interval_ns)
    };
    g_autofree struct node **nodes = g_new0(struct node *, routers + 2);
    g_autofree char *params = NULL, *extra = NULL;
    struct bench_run bench;
    uint64_t delivered = 0;
    struct sim *sim;

    bench_begin(&bench);
    sim = sim_new(1);
    for (uint64_t i = 0; i < routers + 2; i++) {
        g_autofree char *name = g_strdup_printf("n%" G_GUINT64_FORMAT, i);
        bool end = i == 0 || i == routers + 1;

        nodes[i] = bench_host(sim, name, !end, end ? 1 : 2);
        host_os(nodes[i])->ip.sysctl.default_ttl = 255;
    }
    for (uint64_t i = 0; i <= routers; i++) {
        unsigned left = i == 0 ? 0 : 1;

        sim_add_link(sim, nodes[i]->ifaces[left], nodes[i + 1]->ifaces[0], &cable);
        bench_address(nodes[i], left, net(i) + 1, 30);
        bench_address(nodes[i + 1], 0, net(i) + 2, 30);
    }
    for (uint64_t i = 0; i < routers; i++)
        bench_route(nodes[i], net(routers), 30, net(i) + 2);
    sim_start(sim);
    cbr.to = (struct endpoint){ net(routers) + 2, 9 };
    bench_sink(nodes[routers + 1], 9, &delivered);
    bench_send_cbr(nodes[0], &cbr);
    bench_go(&bench, sim, SIM_SEC(3600));
    bench_sum(&delivered);
    params =
        g_strdup_printf("\"routers\": %" G_GUINT64_FORMAT ", \"packets\": %" G_GUINT64_FORMAT
                        ", \"bytes\": %" G_GUINT64_FORMAT ", \"interval_ns\": %" G_GUINT64_FORMAT,
                        routers, packets, bytes, interval_ns);
    extra = g_strdup_printf("\"delivered\": %" G_GUINT64_FORMAT, delivered);
    bench_print(&bench, "w1-line-udp", params, (double)(packets * interval_ns) * 1e-9,
                sim_events(sim), sim_hops(sim), extra);
    sim_free(sim);
}

const struct bench_workload bench_w1_line = { "w1_line", "w1-line-udp",
                                              "UDP over a line of routers", options, run };
