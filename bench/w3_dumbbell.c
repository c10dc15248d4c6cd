/* W3: bulk TCP flows, each with hosts of its own, through one bottleneck of 100 Mbps and 10 ms. */
#include "bench/bench.h"

static uint64_t flows, micros;
static struct bench_tcp tcp;
static struct bench_stack stack;

static struct bench_option *options(void)
{
    static struct bench_option list[] = { { "flows", &flows, "TCP flows", BENCH_NUMBER, NULL },
                                          { "seconds", &micros, "simulated", BENCH_SECONDS, NULL },
                                          BENCH_TCP_OPTIONS(tcp),
                                          BENCH_STACK_OPTIONS(stack),
                                          { NULL, NULL, NULL, BENCH_NUMBER, NULL } };

    flows = 10;
    micros = 20000000;
    tcp = BENCH_TCP_DEFAULTS;
    stack = BENCH_STACK_DEFAULTS;
    return list;
}

static struct node *add_router(struct sim *sim, const char *name)
{
    return bench_host(sim, name, true, (unsigned)flows + 1);
}

/* Hosts on one side of the bottleneck: 10.SIDE.0.0/16, a /30 each; the router has the first
 * address. */
static struct node *add_host(struct sim *sim, struct node *router, unsigned side, unsigned flow)
{
    struct link_config cable = { .rate = 1000000000,
                                 .delay = SIM_MSEC(1),
                                 .queue = (uint32_t)tcp.queue };
    ip4_addr net = IP4(10, side, 0, 0) + flow * 4;
    g_autofree char *name = g_strdup_printf("%c%u", side == 0 ? 'l' : 'r', flow);
    struct node *host = bench_host(sim, name, false, 1);

    sim_add_link(sim, router->ifaces[flow + 1], host->ifaces[0], &cable);
    bench_address(router, flow + 1, net + 1, 30);
    bench_address(host, 0, net + 2, 30);
    bench_route(host, 0, 0, net + 1);
    return host;
}

static void run(void)
{
    struct link_config bottleneck = { .rate = 100000000,
                                      .delay = SIM_MSEC(10),
                                      .queue = (uint32_t)tcp.queue };
    g_autofree struct bench_bulk *bulks = g_new0(struct bench_bulk, flows);
    g_autoptr(GString) params = g_string_new(NULL), extra = g_string_new(NULL);
    double seconds = (double)micros * 1e-6;
    struct bench_run bench;
    struct node *routers[2];
    uint64_t received = 0;
    struct sim *sim;

    bench_begin(&bench, &stack);
    sim = bench_sim(1);
    routers[0] = add_router(sim, "left");
    routers[1] = add_router(sim, "right");
    sim_add_link(sim, routers[0]->ifaces[0], routers[1]->ifaces[0], &bottleneck);
    for (unsigned side = 0; side < 2; side++) {
        bench_address(routers[side], 0, IP4(10, 2, 0, 1 + side), 30);
        bench_route(routers[side], IP4(10, 1 - side, 0, 0), 16, IP4(10, 2, 0, 2 - side));
    }
    for (unsigned i = 0; i < flows; i++) {
        struct node *from = add_host(sim, routers[0], 0, i), *to = add_host(sim, routers[1], 1, i);

        bulks[i] = (struct bench_bulk){ .to = { IP4(10, 1, 0, 2) + i * 4, 5001 },
                                        .start = SIM_MSEC(10 * i),
                                        .tcp = &tcp };
        bench_receive_bulk(to, &tcp, 5001, &received);
        bench_send_bulk(from, &bulks[i]);
    }
    sim_start(sim);
    bench_go(&bench, sim, SIM_USEC(micros));
    bench_sum(&received);
    bench_add_number(params, "flows", flows);
    bench_add_real(params, "seconds", seconds);
    bench_add_tcp(params, &tcp);
    bench_add_stack(params, &stack);
    bench_add_real(extra, "goodput_mbps", (double)received * 8 / seconds / 1e6);
    bench_print(&bench, "w3-dumbbell-tcp", params, seconds, extra);
    sim_free(sim);
}

const struct bench_workload bench_w3_dumbbell = { "w3_dumbbell", "w3-dumbbell-tcp",
                                                  "bulk TCP flows through one bottleneck", options,
                                                  run };
