/* W2: hosts on one learning switch, 1 Gbps and 1 us a cable, each sends UDP to one random other. */
#include <stdio.h>

#include "bench/bench.h"
#include "devices/switch.h"

static uint64_t hosts, packets, bytes, interval_ns, seed;
static struct bench_stack stack;

static struct bench_option *options(void)
{
    static struct bench_option list[] = {
        { "hosts", &hosts, "hosts on the switch", BENCH_NUMBER, NULL },
        { "packets", &packets, "datagrams in total", BENCH_NUMBER, NULL },
        { "bytes", &bytes, "octets of UDP payload", BENCH_NUMBER, NULL },
        { "interval-ns", &interval_ns, "between the datagrams of one host", BENCH_NUMBER, NULL },
        { "seed", &seed, "for who talks to whom and when", BENCH_NUMBER, NULL },
        BENCH_STACK_OPTIONS(stack),
        { NULL, NULL, NULL, BENCH_NUMBER, NULL }
    };

    hosts = 16;
    packets = 200000;
    bytes = 512;
    interval_ns = 100000;
    seed = 1;
    stack = BENCH_STACK_DEFAULTS;
    return list;
}

static struct node *add_switch(struct sim *sim)
{
    g_autofree struct mac_addr *macs = g_new0(struct mac_addr, hosts);

    for (uint64_t i = 0; i < hosts; i++)
        macs[i] = mac_from_u64(UINT64_C(0x02ff00000000) + i + 1);
    return switch_new(sim, "sw",
                      &(struct switch_config){ .n_ports = (uint32_t)hosts,
                                               .port_macs = macs,
                                               .mac = mac_from_u64(UINT64_C(0x02ff00000000)),
                                               .ageing = BRIDGE_AGEING_DEFAULT });
}

static void run(void)
{
    struct link_config cable = { .rate = 1000000000, .delay = SIM_USEC(1), .queue = 1000 };
    g_autofree struct node **nodes = g_new0(struct node *, hosts);
    g_autoptr(GString) params = g_string_new(NULL), extra = g_string_new(NULL);
    uint64_t delivered = 0, state = seed;
    struct bench_run bench;
    struct node *sw;
    struct sim *sim;

    bench_begin(&bench, &stack);
    sim = bench_sim(seed);
    for (uint64_t i = 0; i < hosts; i++) {
        g_autofree char *name = g_strdup_printf("h%" G_GUINT64_FORMAT, i);

        nodes[i] = bench_host(sim, name, false, 1);
        bench_address(nodes[i], 0, IP4(10, 0, 0, 1) + (ip4_addr)i, 16);
    }
    sw = add_switch(sim);
    for (uint64_t i = 0; i < hosts; i++)
        sim_add_link(sim, nodes[i]->ifaces[0], sw->ifaces[i], &cable);
    sim_start(sim);
    for (uint64_t i = 0; i < hosts; i++) {
        uint32_t to = bench_draw_below(&state, (uint32_t)hosts - 1);
        struct bench_cbr cbr;

        to += to >= i;
        cbr =
            (struct bench_cbr){ .to = { IP4(10, 0, 0, 1) + to, 9 },
                                .bytes = bytes,
                                .packets = packets / hosts + (i < packets % hosts),
                                .start = SIM_MSEC(1) +
                                         SIM_NSEC(bench_draw_below(&state, (uint32_t)interval_ns)),
                                .interval = SIM_NSEC(interval_ns) };
        bench_sink(nodes[i], 9, &delivered);
        bench_send_cbr(nodes[i], &cbr);
    }
    bench_go(&bench, sim, SIM_SEC(3600));
    bench_sum(&delivered);
    bench_add_number(params, "hosts", hosts);
    bench_add_number(params, "packets", packets);
    bench_add_number(params, "bytes", bytes);
    bench_add_number(params, "interval_ns", interval_ns);
    bench_add_number(params, "seed", seed);
    bench_add_stack(params, &stack);
    bench_add_number(extra, "delivered", delivered);
    bench_print(&bench, "w2-star-switch", params, (double)(packets / hosts * interval_ns) * 1e-9,
                extra);
    sim_free(sim);
}

const struct bench_workload bench_w2_star = { "w2_star", "w2-star-switch",
                                              "UDP between hosts on one switch", options, run };
