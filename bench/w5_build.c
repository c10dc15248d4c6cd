/* W5: a random connected graph of routers, average degree 4, with hosts at each; all routes are
 * computed; then each host asks a random other one by UDP and gets a reply. */
#include <stdio.h>

#include "bench/bench.h"
#include "stack/net/route_map.h"

static uint64_t routers, hosts, seed, routing;
static struct bench_stack stack;

enum { INJECT, ALL }; /* places in ROUTINGS */
#define ROUTINGS "inject|all"

static struct bench_option *options(void)
{
    static struct bench_option list[] = {
        { "routers", &routers, "routers", BENCH_NUMBER, NULL },
        { "hosts", &hosts, "hosts per router, at most 63", BENCH_NUMBER, NULL },
        { "routing", &routing,
          "all: hosts know all routes too, instead of a default route.\n"
          "No nix: no host's packets carry their path",
          BENCH_CHOICE, ROUTINGS },
        { "seed", &seed, "for the graph and the traffic", BENCH_NUMBER, NULL },
        BENCH_STACK_OPTIONS(stack),
        { NULL, NULL, NULL, BENCH_NUMBER, NULL }
    };

    routers = 100;
    hosts = 10;
    routing = INJECT;
    seed = 1;
    stack = BENCH_STACK_DEFAULTS;
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

/* @number: of the map; hosts that know all routes come behind the routers. */
static void add_port(struct build *b, struct node *node, uint32_t number, unsigned port,
                     ip4_addr addr)
{
    struct route_map_port entry = {
        .router = number, .segment = b->n_cables, .iface = port, .addr = addr, .prefix_len = 30
    };

    bench_address(node, port, addr, 30);
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
            add_port(b, b->router[ends[end]], ends[end], ports[end],
                     IP4(172, 16, 0, 0) + 4 * i + 1 + end);
        }
        sim_add_link(b->sim, b->router[ends[0]]->ifaces[ports[0]],
                     b->router[ends[1]]->ifaces[ports[1]], &cable);
    }
    for (uint64_t i = 0; i < routers * hosts; i++, b->n_cables++) {
        ip4_addr net = host_net(i / hosts, i % hosts);
        struct node *host = b->host[i], *router = b->router[i / hosts];

        sim_add_link(b->sim, router->ifaces[i % hosts], host->ifaces[0], &cable);
        add_port(b, router, (uint32_t)(i / hosts), (unsigned)(i % hosts), net + 1);
        if (routing == ALL) {
            add_port(b, host, (uint32_t)(routers + i), 0, net + 2);
        } else {
            bench_address(host, 0, net + 2, 30);
            bench_route(host, 0, 0, net + 1);
        }
    }
}

static void share(struct node *node, const struct route_map *map, uint64_t number)
{
    struct ip_stack *ip = &host_os(node)->ip;

    fib_share(ip, map, (uint32_t)number, ip->ifaces + 1, node->n_ifaces);
}

/* The routes of the whole network, as a topology file gets them. */
static void add_routes(struct build *b)
{
    uint64_t n_hosts = routing == ALL ? routers * hosts : 0;

    b->map = route_map_new((const struct route_map_port *)(void *)b->ports->data, b->ports->len,
                           (uint32_t)(routers + n_hosts));
    for (uint64_t i = 0; i < routers; i++)
        share(b->router[i], b->map, i);
    for (uint64_t i = 0; i < n_hosts; i++)
        share(b->host[i], b->map, routers + i);
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

static void init(struct build *b)
{
    hosts = CLAMP(hosts, 1, 63);
    routers = CLAMP(routers, 2, ROUTE_MAP_ROUTERS_MAX / (routing == ALL ? hosts + 1 : 1));
    *b = (struct build){ .state = seed,
                         .sim = sim_new(seed),
                         .router = g_new(struct node *, routers),
                         .host = g_new(struct node *, routers * hosts),
                         .edges = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
                         .ports = g_array_new(FALSE, FALSE, sizeof(struct route_map_port)) };
}

static void fini(struct build *b)
{
    sim_free(b->sim);
    route_map_free(b->map);
    g_array_free(b->edges, TRUE);
    g_array_free(b->ports, TRUE);
    g_free(b->router);
    g_free(b->host);
}

/* What building and finding the ways took, in seconds and KiB. */
struct costs {
    double built, routed;
    long rss_empty, rss_built, rss_routed;
};

static void print(const struct bench_run *bench, const struct build *b, const struct costs *costs)
{
    g_autoptr(GString) params = g_string_new(NULL), extra = g_string_new(NULL);
    g_autofree char *how = bench_choice(ROUTINGS, routing);
    uint64_t n = routers * (hosts + 1), replies = b->replies;

    bench_sum(&replies);
    bench_add_number(params, "routers", routers);
    bench_add_number(params, "hosts", hosts);
    bench_add_text(params, "routing", how);
    bench_add_number(params, "seed", seed);
    bench_add_stack(params, &stack);
    bench_add_number(extra, "nodes", n);
    bench_add_number(extra, "links", b->n_cables);
    bench_add_real(extra, "build_s", costs->built);
    bench_add_real(extra, "route_s", costs->routed);
    bench_add_number(extra, "replies", replies);
    bench_add_real(extra, "kib_per_node_built",
                   (double)(costs->rss_built - costs->rss_empty) / (double)n);
    bench_add_real(extra, "kib_per_node_routed",
                   (double)(costs->rss_routed - costs->rss_empty) / (double)n);
    bench_print(bench, "w5-big-build", params, 10, extra);
}

static void run(void)
{
    struct costs costs = { .rss_empty = bench_rss_kib() };
    g_autofree struct bench_ask *asks = NULL;
    struct bench_run bench;
    struct build b;

    bench_begin(&bench, &stack);
    init(&b);
    draw_graph(&b);
    add_nodes(&b);
    add_cables(&b);
    costs.built = bench_elapsed(&bench);
    costs.rss_built = bench_rss_kib();
    add_routes(&b);
    costs.routed = bench_elapsed(&bench) - costs.built;
    costs.rss_routed = bench_rss_kib();
    sim_start(b.sim);
    asks = g_new(struct bench_ask, routers * hosts);
    add_traffic(&b, asks);
    bench_go(&bench, b.sim, SIM_SEC(10));
    print(&bench, &b, &costs);
    fini(&b);
}

const struct bench_workload bench_w5_build = { "w5_build", "w5-big-build",
                                               "a random network, its routes, one UDP each",
                                               options, run };
