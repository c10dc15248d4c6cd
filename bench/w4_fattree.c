/* W4: a k-ary fat tree of routers, 10 Gbps and 1 us a cable; each host
 * sends one TCP flow along a random cyclic permutation. */
#include <stdio.h>

#include "bench/bench.h"

static uint64_t k, micros, routing, seed;
static struct bench_tcp tcp;
static struct bench_stack stack;

enum { STATIC, GLOBAL, ECMP }; /* places in ROUTINGS */
#define ROUTINGS "static|global|ecmp"
#define K_MAX    64

static struct bench_option *options(void)
{
    static struct bench_option list[] = {
        { "k", &k, "ports of a router, even", BENCH_NUMBER, NULL },
        { "seconds", &micros, "simulated", BENCH_SECONDS, NULL },
        { "routing", &routing,
          "the way up is fixed for each destination, is the\nfirst of all that are as short, or "
          "any of them",
          BENCH_CHOICE, ROUTINGS },
        BENCH_TCP_OPTIONS(tcp),
        { "seed", &seed, "for the permutation and the starts", BENCH_NUMBER, NULL },
        BENCH_STACK_OPTIONS(stack),
        { NULL, NULL, NULL, BENCH_NUMBER, NULL }
    };

    k = 4;
    micros = 50000;
    routing = STATIC;
    tcp = BENCH_TCP_DEFAULTS;
    seed = 1;
    stack = BENCH_STACK_DEFAULTS;
    return list;
}

/* Routers have ports 0..k/2-1 down and k/2..k-1 up; a core has a port for each pod. */
struct tree {
    struct sim *sim;
    unsigned half, n_cables;
    struct node **edges, **aggs, **cores, **hosts;
};

/* The host side of the net of host @h at edge @e of @pod is .2, the router's .1. */
static ip4_addr host_net(unsigned pod, unsigned e, unsigned h)
{
    return IP4(10, pod, e, 0) + h * 4;
}

static struct node *add(struct tree *tree, const char *kind, unsigned i, bool router)
{
    g_autofree char *name = g_strdup_printf("%s%u", kind, i);

    return bench_host(tree->sim, name, router, router ? (unsigned)k : 1);
}

static void cable(struct tree *tree, struct node *a, unsigned a_port, struct node *b,
                  unsigned b_port, ip4_addr net)
{
    struct link_config config = { .rate = UINT64_C(10000000000),
                                  .delay = SIM_USEC(1),
                                  .queue = (uint32_t)tcp.queue };

    sim_add_link(tree->sim, a->ifaces[a_port], b->ifaces[b_port], &config);
    bench_address(a, a_port, net + 1, 30);
    bench_address(b, b_port, net + 2, 30);
}

static ip4_addr next_net(struct tree *tree)
{
    return IP4(172, 16, 0, 0) + 4 * tree->n_cables++;
}

static void add_nodes(struct tree *tree)
{
    unsigned n = (unsigned)k * tree->half;

    tree->edges = g_new(struct node *, n);
    tree->aggs = g_new(struct node *, n);
    tree->cores = g_new(struct node *, tree->half * tree->half);
    tree->hosts = g_new(struct node *, n * tree->half);
    for (unsigned i = 0; i < n; i++)
        tree->edges[i] = add(tree, "edge", i, true);
    for (unsigned i = 0; i < n; i++)
        tree->aggs[i] = add(tree, "agg", i, true);
    for (unsigned i = 0; i < tree->half * tree->half; i++)
        tree->cores[i] = add(tree, "core", i, true);
    for (unsigned i = 0; i < n * tree->half; i++)
        tree->hosts[i] = add(tree, "h", i, false);
}

static void add_cables(struct tree *tree)
{
    unsigned half = tree->half;

    for (unsigned pod = 0; pod < k; pod++)
        for (unsigned e = 0; e < half; e++) {
            struct node *edge = tree->edges[pod * half + e], *agg = tree->aggs[pod * half + e];

            for (unsigned h = 0; h < half; h++) {
                struct node *host = tree->hosts[(pod * half + e) * half + h];

                cable(tree, edge, h, host, 0, host_net(pod, e, h));
                bench_route(host, 0, 0, host_net(pod, e, h) + 1);
            }
            for (unsigned a = 0; a < half; a++)
                cable(tree, tree->aggs[pod * half + a], e, edge, half + a, next_net(tree));
            for (unsigned u = 0; u < half; u++)
                cable(tree, tree->cores[e * half + u], pod, agg, half + u, next_net(tree));
        }
}

/* The address at the other end of a router's port. */
static ip4_addr peer(const struct node *node, unsigned port)
{
    const struct iface *other = link_peer(node->ifaces[port]);

    return ip_iface_primary(ip_iface_of(&host_os(other->node)->ip, other));
}

/* The way up is fixed for each destination's edge, as the peers have it. */
static void add_pod_routes(struct tree *tree, unsigned pod, unsigned s)
{
    unsigned half = tree->half;
    struct node *edge = tree->edges[pod * half + s], *agg = tree->aggs[pod * half + s];

    for (unsigned dp = 0; dp < k; dp++)
        for (unsigned de = 0; de < half; de++) {
            unsigned up = half + (dp + de + s) % half;
            unsigned on = dp == pod ? de : half + (dp + de * 2 + pod) % half;

            if (dp != pod || de != s)
                bench_route(edge, host_net(dp, de, 0), 24, peer(edge, up));
            bench_route(agg, host_net(dp, de, 0), 24, peer(agg, on));
        }
}

/* All ways up are as short: the first of them, or each for the flows that hash to it. */
static void add_ways_up(struct node *node, unsigned half)
{
    unsigned n = routing == ECMP ? half : 1;
    ip4_addr vias[K_MAX / 2];

    for (unsigned i = 0; i < n; i++)
        vias[i] = peer(node, half + i);
    bench_routes(node, IP4(10, 0, 0, 0), 8, vias, n);
}

static void add_shortest_routes(struct tree *tree, unsigned pod, unsigned s)
{
    unsigned half = tree->half;
    struct node *edge = tree->edges[pod * half + s], *agg = tree->aggs[pod * half + s];

    add_ways_up(edge, half);
    add_ways_up(agg, half);
    for (unsigned e = 0; e < half; e++)
        bench_route(agg, host_net(pod, e, 0), 24, peer(agg, e));
}

static void add_routes(struct tree *tree)
{
    for (unsigned pod = 0; pod < k; pod++)
        for (unsigned s = 0; s < tree->half; s++)
            if (routing == STATIC)
                add_pod_routes(tree, pod, s);
            else
                add_shortest_routes(tree, pod, s);
    for (unsigned c = 0; c < tree->half * tree->half; c++)
        for (unsigned pod = 0; pod < k; pod++)
            bench_route(tree->cores[c], host_net(pod, 0, 0), 16, peer(tree->cores[c], pod));
}

/* Sattolo's permutation: nobody sends to itself. */
static struct bench_bulk *add_flows(struct tree *tree, uint64_t *received)
{
    unsigned half = tree->half, n = (unsigned)k * half * half;
    struct bench_bulk *bulks = g_new0(struct bench_bulk, n);
    g_autofree uint32_t *to = g_new(uint32_t, n);
    uint64_t state = seed;

    for (unsigned i = 0; i < n; i++)
        to[i] = i;
    for (unsigned i = n - 1; i > 0; i--) {
        uint32_t j = bench_draw_below(&state, i), swapped = to[i];

        to[i] = to[j];
        to[j] = swapped;
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned edge = to[i] / half;
        ip4_addr addr = host_net(edge / half, edge % half, to[i] % half) + 2;

        bulks[i] = (struct bench_bulk){ .to = { .addr = addr, .port = 5001 },
                                        .start = SIM_NSEC(bench_draw_below(&state, 100000)),
                                        .tcp = &tcp };
        bench_receive_bulk(tree->hosts[to[i]], &tcp, 5001, received);
        bench_send_bulk(tree->hosts[i], &bulks[i]);
    }
    return bulks;
}

static void print(const struct bench_run *bench, uint64_t received, double route_s)
{
    g_autoptr(GString) params = g_string_new(NULL), extra = g_string_new(NULL);
    g_autofree char *how = bench_choice(ROUTINGS, routing);
    double seconds = (double)micros * 1e-6;

    bench_sum(&received);
    bench_add_number(params, "k", k);
    bench_add_real(params, "seconds", seconds);
    bench_add_text(params, "routing", how);
    bench_add_tcp(params, &tcp);
    bench_add_number(params, "seed", seed);
    bench_add_stack(params, &stack);
    bench_add_real(extra, "goodput_mbps", (double)received * 8 / seconds / 1e6);
    bench_add_real(extra, "route_s", route_s);
    bench_print(bench, "w4-fat-tree", params, seconds, extra);
}

static void run(void)
{
    g_autofree struct bench_bulk *bulks = NULL;
    struct bench_run bench;
    struct tree tree = { 0 };
    uint64_t received = 0;
    double route;

    k = CLAMP(k, 4, K_MAX) / 2 * 2;
    bench_begin(&bench, &stack);
    tree.sim = bench_sim(1);
    tree.half = (unsigned)k / 2;
    add_nodes(&tree);
    add_cables(&tree);
    route = bench_elapsed(&bench);
    add_routes(&tree);
    route = bench_elapsed(&bench) - route;
    sim_start(tree.sim);
    bulks = add_flows(&tree, &received);
    bench_go(&bench, tree.sim, SIM_USEC(micros));
    print(&bench, received, route);
    sim_free(tree.sim);
    g_free(tree.edges);
    g_free(tree.aggs);
    g_free(tree.cores);
    g_free(tree.hosts);
}

const struct bench_workload bench_w4_fattree = { "w4_fattree", "w4-fat-tree",
                                                 "bulk TCP flows in a fat tree of routers", options,
                                                 run };
