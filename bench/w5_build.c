/* W5: a random connected graph of routers, average degree 4, with hosts at each; all routes are
 * computed; then each host asks a random other one by UDP and gets a reply. */
#include <stdio.h>

#include "bench/bench.h"
#include "stack/net/route_map.h"

static uint64_t routers, hosts, seed;

static struct bench_option *options(void)
{
    static struct bench_option list[] = { { "routers", &routers, "routers", false },
                                          { "hosts", &hosts, "hosts per router, at most 63",
                                            false },
                                          { "seed", &seed, "for the graph and the traffic", false },
                                          { NULL, NULL, NULL, false } };

    routers = 100;
    hosts = 10;
    seed = 1;
    return list;
}

struct build {
    struct sim *sim;
    uint64_t state;
    struct node **router, **host;
    GArray *edges; /* lower router << 32 | higher, sorted */
    GArray *ports; /* struct route_map_port, of all routers */
    uint32_t n_cables;
    struct route_map *map;
    uint64_t replies;
};

static struct link_config cable = { .rate = 1000000000, .delay = SIM_USEC(10), .queue = 100 };

static ip4_addr host_net(uint64_t router, uint64_t host)
{
    return IP4(10, 0, 0, 0) + (ip4_addr)(router << 8) + (ip4_addr)host * 4;
}

/* ---- the graph ---- */

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* A random tree, then random further edges up to twice as many as routers: the peers' draws. */
static void draw_graph(struct build *b)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    uint64_t n = 0, most = routers * (routers - 1) / 2;

    for (uint32_t i = 1; n < 2 * routers && n < most; i++) {
        uint32_t x = bench_draw_below(&b->state, i < routers ? i : (uint32_t)routers);
        uint32_t y = i < routers ? i : bench_draw_below(&b->state, (uint32_t)routers);
        uint64_t edge = (uint64_t)MIN(x, y) << 32 | MAX(x, y);

        if (x == y || !g_hash_table_add(seen, g_memdup2(&edge, sizeof edge)))
            continue;
        g_array_append_val(b->edges, edge);
        n++;
    }
    g_array_sort(b->edges, by_value);
}

static void add_port(struct build *b, uint32_t router, unsigned port, ip4_addr addr)
{
    struct route_map_port entry = {
        .router = router, .segment = b->n_cables, .iface = port, .addr = addr, .prefix_len = 30
    };

    bench_address(b->router[router], port, addr, 30);
    g_array_append_val(b->ports, entry);
}

static void add_nodes(struct build *b)
{
    g_autofree unsigned *degree = g_new0(unsigned, routers);

    for (guint i = 0; i < b->edges->len; i++) {
        uint64_t edge = g_array_index(b->edges, uint64_t, i);

        degree[edge >> 32]++;
        degree[(uint32_t)edge]++;
    }
    for (uint64_t i = 0; i < routers; i++) {
        g_autofree char *name = g_strdup_printf("r%" G_GUINT64_FORMAT, i);

        b->router[i] = bench_host(b->sim, name, true, degree[i] + (unsigned)hosts);
    }
    for (uint64_t i = 0; i < routers * hosts; i++) {
        g_autofree char *name = g_strdup_printf("h%" G_GUINT64_FORMAT, i);

        b->host[i] = bench_host(b->sim, name, false, 1);
    }
}

static void add_cables(struct build *b)
{
    g_autofree unsigned *used = g_new0(unsigned, routers);

    for (guint i = 0; i < b->edges->len; i++, b->n_cables++) {
        uint64_t edge = g_array_index(b->edges, uint64_t, i);
        uint32_t ends[2] = { (uint32_t)(edge >> 32), (uint32_t)edge };
        unsigned ports[2];

        for (unsigned end = 0; end < 2; end++) {
            ports[end] = (unsigned)hosts + used[ends[end]]++;
            add_port(b, ends[end], ports[end], IP4(172, 16, 0, 0) + 4 * i + 1 + end);
        }
        sim_add_link(b->sim, b->router[ends[0]]->ifaces[ports[0]],
                     b->router[ends[1]]->ifaces[ports[1]], &cable);
    }
    for (uint64_t i = 0; i < routers * hosts; i++, b->n_cables++) {
        ip4_addr net = host_net(i / hosts, i % hosts);
        struct node *host = b->host[i];

        sim_add_link(b->sim, b->router[i / hosts]->ifaces[i % hosts], host->ifaces[0], &cable);
        add_port(b, (uint32_t)(i / hosts), (unsigned)(i % hosts), net + 1);
        bench_address(host, 0, net + 2, 30);
        bench_route(host, 0, 0, net + 1);
    }
}

/* The routes of the whole network, as a topology file gets them. */
static void add_routes(struct build *b)
{
    b->map = route_map_new((const struct route_map_port *)(void *)b->ports->data, b->ports->len,
                           (uint32_t)routers);
    for (uint32_t i = 0; i < routers; i++) {
        struct ip_stack *ip = &host_os(b->router[i])->ip;

        fib_share(ip, b->map, i, ip->ifaces + 1, b->router[i]->n_ifaces);
    }
}

static void add_traffic(struct build *b, struct bench_ask *asks)
{
    uint32_t n = (uint32_t)(routers * hosts);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t to = bench_draw_below(&b->state, n - 1);

        to += to >= i;
        asks[i] = (struct bench_ask){
            .to = { .addr = host_net(to / hosts, to % hosts) + 2, .port = 7 },
            .start = SIM_NSEC(bench_draw_below(&b->state, 1000000000)),
        };
        bench_answer(b->host[i], 7);
        bench_ask(b->host[i], &asks[i], &b->replies);
    }
}

static void run(void)
{
    g_autofree struct bench_ask *asks = NULL;
    g_autofree char *params = NULL, *extra = NULL;
    long rss[3] = { bench_rss_kib() };
    double built, routed, n;
    struct bench_run bench;
    struct build b = { .state = seed };

    hosts = CLAMP(hosts, 1, 63);
    routers = CLAMP(routers, 2, 65535);
    n = (double)(routers * (hosts + 1));
    bench_begin(&bench);
    b.sim = sim_new(seed);
    b.router = g_new(struct node *, routers);
    b.host = g_new(struct node *, routers * hosts);
    b.edges = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    b.ports = g_array_new(FALSE, FALSE, sizeof(struct route_map_port));
    draw_graph(&b);
    add_nodes(&b);
    add_cables(&b);
    built = bench_elapsed(&bench);
    rss[1] = bench_rss_kib();
    add_routes(&b);
    routed = bench_elapsed(&bench) - built;
    rss[2] = bench_rss_kib();
    sim_start(b.sim);
    asks = g_new(struct bench_ask, routers * hosts);
    add_traffic(&b, asks);
    bench_go(&bench, b.sim, SIM_SEC(10));
    bench_sum(&b.replies);
    params = g_strdup_printf("\"routers\": %" G_GUINT64_FORMAT ", \"hosts\": %" G_GUINT64_FORMAT
                             ", \"routing\": \"shared\", \"seed\": %" G_GUINT64_FORMAT,
                             routers, hosts, seed);
    extra = g_strdup_printf("\"nodes\": %.0f, \"links\": %u, \"build_s\": %.6f, \"route_s\": %.6f, "
                            "\"replies\": %" G_GUINT64_FORMAT
                            ", \"kib_per_node_built\": %.3f, \"kib_per_node_routed\": %.3f",
                            n, b.n_cables, built, routed, b.replies, (double)(rss[1] - rss[0]) / n,
                            (double)(rss[2] - rss[0]) / n);
    bench_print(&bench, "w5-big-build", params, 10, sim_events(b.sim), sim_hops(b.sim), extra);
    sim_free(b.sim);
    route_map_free(b.map);
    g_array_free(b.edges, TRUE);
    g_array_free(b.ports, TRUE);
    g_free(b.router);
    g_free(b.host);
}

const struct bench_workload bench_w5_build = { "w5_build", "w5-big-build",
                                               "a random network, its routes, one UDP each",
                                               options, run };
