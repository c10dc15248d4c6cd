#include "tests/support/net_rig.h"

#include "stack/net/route_map.h"

#define A(a, b, c, d) IP4(a, b, c, d)

/* r0 -- r1 -- r2 -- r3, a ring: the cable between rN and rN+1 is 10.0.N.0/30; each has a LAN
 * 192.168.N.0/24 on its interface 9, and r1 a larger net 172.16.0.0/12 around r2's 172.16.5.0/24.
 */
static const struct route_map_port ring[] = {
    { 0, 0, 0, A(10, 0, 0, 1), 30 },    { 1, 0, 1, A(10, 0, 0, 2), 30 },
    { 1, 1, 0, A(10, 0, 1, 1), 30 },    { 2, 1, 1, A(10, 0, 1, 2), 30 },
    { 2, 2, 0, A(10, 0, 2, 1), 30 },    { 3, 2, 1, A(10, 0, 2, 2), 30 },
    { 3, 3, 0, A(10, 0, 3, 1), 30 },    { 0, 3, 1, A(10, 0, 3, 2), 30 },
    { 0, 4, 9, A(192, 168, 0, 1), 24 }, { 1, 5, 9, A(192, 168, 1, 1), 24 },
    { 2, 6, 9, A(192, 168, 2, 1), 24 }, { 3, 7, 9, A(192, 168, 3, 1), 24 },
    { 1, 8, 8, A(172, 16, 0, 1), 12 },  { 2, 9, 8, A(172, 16, 5, 1), 24 },
};

static struct route_map *ring_map(void)
{
    return route_map_new(ring, sizeof ring / sizeof *ring, 4);
}

static ip4_addr via(const struct route_map *map, uint32_t router, ip4_addr dst)
{
    struct route_map_way way;

    return route_map_find(map, router, dst, &way) ? way.via : 0;
}

static void the_way_is_the_one_over_the_fewest_routers(void)
{
    struct route_map *map = ring_map();
    struct route_map_way way;

    OK(route_map_find(map, 0, A(192, 168, 1, 77), &way));
    EQ(way.via, A(10, 0, 0, 2));
    EQ(way.iface, 0);
    EQ(way.prefix, A(192, 168, 1, 0));
    EQ(way.prefix_len, 24);
    EQ(via(map, 0, A(192, 168, 3, 1)), A(10, 0, 3, 1));
    EQ(via(map, 3, A(192, 168, 0, 1)), A(10, 0, 3, 2));
    route_map_free(map);
}

/* r0 to r2 and r1 to r3 are two hops either way: even owners take the first, odd ones the second.
 */
static void destinations_are_spread_over_ways_as_short(void)
{
    struct route_map *map = ring_map();

    EQ(via(map, 0, A(192, 168, 2, 1)), A(10, 0, 0, 2));
    EQ(via(map, 1, A(192, 168, 3, 1)), A(10, 0, 0, 1));
    EQ(via(map, 3, A(192, 168, 1, 1)), A(10, 0, 2, 1));
    route_map_free(map);
}

static void the_longest_prefix_wins_and_a_net_of_one_s_own_has_no_way(void)
{
    struct route_map *map = ring_map();

    EQ(via(map, 3, A(172, 16, 5, 9)), A(10, 0, 2, 1));
    EQ(via(map, 2, A(172, 17, 0, 9)), A(10, 0, 1, 1));
    EQ(via(map, 2, A(172, 16, 5, 9)), 0);
    EQ(via(map, 1, A(10, 0, 0, 1)), 0);
    EQ(via(map, 0, A(8, 8, 8, 8)), 0);
    EQ(via(map, 0, A(200, 1, 1, 1)), 0);
    EQ(route_map_size(map), 10);
    route_map_free(map);
}

static void what_is_not_joined_has_no_way(void)
{
    struct route_map_port ports[] = { { 0, 0, 0, A(10, 0, 0, 1), 24 },
                                      { 1, 1, 0, A(10, 1, 0, 1), 24 } };
    struct route_map *map = route_map_new(ports, 2, 3);
    struct route_map_way way;

    EQ(via(map, 0, A(10, 1, 0, 9)), 0);
    EQ(via(map, 2, A(10, 1, 0, 9)), 0);
    OK(!route_map_exact(map, 0, A(10, 1, 0, 0), 24, &way));
    route_map_free(map);
    map = route_map_new(NULL, 0, 0);
    EQ(route_map_size(map), 0);
    route_map_free(map);
}

/* Three routers on one LAN, with more neighbors than an octet counts. */
static void a_crowded_lan_has_all_its_ways(void)
{
    enum { N = 300 };
    struct route_map_port ports[2 * N];
    struct route_map *map;

    for (uint32_t i = 0; i < N; i++) {
        ports[2 * i] = (struct route_map_port){ i, 0, 0, A(10, 0, 0, 0) + i + 1, 16 };
        ports[2 * i + 1] = (struct route_map_port){ i, i + 1, 1, A(20, 0, 0, 1) + (i << 8), 24 };
    }
    map = route_map_new(ports, 2 * N, N);
    for (uint32_t i = 1; i < N; i++)
        EQ(via(map, 0, A(20, 0, 0, 9) + (i << 8)), A(10, 0, 0, 0) + i + 1);
    EQ(via(map, 299, A(20, 0, 0, 9)), A(10, 0, 0, 1));
    route_map_free(map);
}

static ip4_addr next_hop(struct net_rig *rig, ip4_addr dst)
{
    struct route route;

    return ip_route(&rig->ip, dst, 0, NULL, &route) == 0 ? route.next_hop : 0;
}

/* ---- a random network, and its ways searched for one owner after another ---- */

#define ROUTERS 150u /* no multiple of what is searched for together */
#define CABLES  400u /* some of them side by side */

struct plan {
    struct route_map_port ports[2 * CABLES + ROUTERS];
    uint32_t n_ports, n_cabled[ROUTERS];
    struct {
        uint32_t router;
        ip4_addr via;
    } neighbors[ROUTERS][2 * CABLES]; /* in the order of the interfaces */
};

static ip4_addr lan_of(uint32_t router)
{
    return A(172, 16, router, 1);
}

static void add_port(struct plan *plan, uint32_t router, uint32_t segment, ip4_addr addr,
                     uint8_t prefix_len)
{
    plan->ports[plan->n_ports++] =
        (struct route_map_port){ router, segment, plan->n_cabled[router], addr, prefix_len };
}

/* The last routers are cabled to nobody, and router 0 to @hub others at least. */
static void make_plan(struct plan *plan, uint64_t seed, uint32_t hub)
{
    struct random_stream random;

    memset(plan, 0, sizeof *plan);
    random_stream_init(&random, seed, "route map", "test");
    for (uint32_t i = 0; i < CABLES; i++) {
        uint32_t x = i < hub ? 0 : (uint32_t)random_below(&random, ROUTERS - 3);
        uint32_t y = (x + 1 + (uint32_t)random_below(&random, ROUTERS - 4)) % (ROUTERS - 3);
        ip4_addr net = A(10, i / 256, i % 256, 0);

        add_port(plan, x, i, net + 1, 30);
        add_port(plan, y, i, net + 2, 30);
        plan->neighbors[x][plan->n_cabled[x]].router = y;
        plan->neighbors[x][plan->n_cabled[x]++].via = net + 2;
        plan->neighbors[y][plan->n_cabled[y]].router = x;
        plan->neighbors[y][plan->n_cabled[y]++].via = net + 1;
    }
    for (uint32_t r = 0; r < ROUTERS; r++)
        add_port(plan, r, CABLES + r, lan_of(r), 24);
}

static void measure(const struct plan *plan, uint32_t owner, uint32_t hops[ROUTERS])
{
    uint32_t list[ROUTERS], n = 0;

    memset(hops, 0xff, ROUTERS * sizeof *hops);
    hops[owner] = 0;
    list[n++] = owner;
    for (uint32_t at = 0; at < n; at++)
        for (uint32_t i = 0; i < plan->n_cabled[list[at]]; i++) {
            uint32_t next = plan->neighbors[list[at]][i].router;

            if (hops[next] == UINT32_MAX) {
                hops[next] = hops[list[at]] + 1;
                list[n++] = next;
            }
        }
}

/* Of @router's nearer neighbors the one whose turn it is, or 0. */
static ip4_addr expected_via(const struct plan *plan, uint32_t router, uint32_t owner,
                             const uint32_t hops[ROUTERS])
{
    ip4_addr nearer[2 * CABLES];
    uint32_t n = 0;

    for (uint32_t i = 0; i < plan->n_cabled[router]; i++)
        if (hops[router] != UINT32_MAX &&
            hops[plan->neighbors[router][i].router] + 1 == hops[router])
            nearer[n++] = plan->neighbors[router][i].via;
    return n == 0 ? 0 : nearer[owner % n];
}

static void expect_all_ways(uint64_t seed, uint32_t hub)
{
    static struct plan plan;
    struct route_map *map;

    make_plan(&plan, seed, hub);
    map = route_map_new(plan.ports, plan.n_ports, ROUTERS);
    for (uint32_t owner = 0; owner < ROUTERS; owner++) {
        uint32_t hops[ROUTERS], wrong = 0;

        measure(&plan, owner, hops);
        for (uint32_t r = 0; r < ROUTERS; r++)
            wrong += via(map, r, lan_of(owner)) != expected_via(&plan, r, owner, hops);
        EQ(wrong, 0);
    }
    route_map_free(map);
}

static void many_owners_are_searched_for_as_one_after_another(void)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        for (uint32_t hub = 0; hub <= 300; hub += 100) /* places of 4, 8 and 16 bits */
            expect_all_ways(seed, hub);
}

static void count(void *ctx, const struct fib_entry *entry)
{
    unsigned *n = ctx;

    n[entry->proto == ROUTE_PROTO_STATIC]++;
}

static unsigned n_static(struct net_rig *rig)
{
    unsigned n[2] = { 0, 0 };

    fib_walk(&rig->ip.fib, count, n);
    return n[1];
}

/* As r1 of the ring, whose own table has the connected nets. */
static void share(struct net_rig *rig, const struct route_map *map)
{
    struct ip_iface *ifaces[10] = { NULL };

    net_rig_init(rig, 2);
    net_rig_address(rig, 0, A(10, 0, 1, 1), 30);
    net_rig_address(rig, 1, A(10, 0, 0, 2), 30);
    ifaces[0] = net_rig_iface(rig, 0);
    ifaces[1] = net_rig_iface(rig, 1);
    fib_share(&rig->ip, map, 1, ifaces, 10);
}

static void a_table_has_the_map_s_ways_beside_its_own(void)
{
    struct route_map *map = ring_map();
    struct net_rig rig;
    struct fib_entry e;

    share(&rig, map);
    EQ(next_hop(&rig, A(192, 168, 2, 9)), A(10, 0, 1, 2));
    EQ(next_hop(&rig, A(192, 168, 0, 9)), A(10, 0, 0, 1));
    EQ(next_hop(&rig, A(10, 0, 0, 1)), A(10, 0, 0, 1)); /* connected */
    EQ(n_static(&rig), 6);
    e = (struct fib_entry){ .prefix = A(192, 168, 0, 128),
                            .prefix_len = 25,
                            .via = A(10, 0, 1, 2),
                            .oif = net_rig_iface(&rig, 0),
                            .proto = ROUTE_PROTO_STATIC };
    EQ(fib_add(&rig.ip, &e, false), 0); /* more exact: stands beside the map's */
    EQ(next_hop(&rig, A(192, 168, 0, 9)), A(10, 0, 0, 1));
    EQ(next_hop(&rig, A(192, 168, 0, 129)), A(10, 0, 1, 2));
    EQ(n_static(&rig), 7);
    net_rig_fini(&rig);
    route_map_free(map);
}

static void a_change_of_the_map_s_ways_is_the_router_s_own(void)
{
    struct route_map *map = ring_map();
    struct net_rig rig;
    struct fib_entry e = { .prefix = A(192, 168, 2, 0),
                           .prefix_len = 24,
                           .via = A(10, 0, 0, 1),
                           .proto = ROUTE_PROTO_STATIC };

    share(&rig, map);
    e.oif = net_rig_iface(&rig, 1);
    EQ(fib_add(&rig.ip, &e, false), -SIM_EEXIST);
    EQ(fib_add(&rig.ip, &e, true), 0);
    EQ(next_hop(&rig, A(192, 168, 2, 9)), A(10, 0, 0, 1));
    EQ(n_static(&rig), 6);
    EQ(fib_remove(&rig.ip, &e), 0);
    EQ(next_hop(&rig, A(192, 168, 2, 9)), 0);
    EQ(n_static(&rig), 5);
    net_rig_fini(&rig);
    share(&rig, map);
    fib_remove_iface(&rig.ip, net_rig_iface(&rig, 1), -1);
    EQ(next_hop(&rig, A(192, 168, 0, 9)), 0);
    EQ(next_hop(&rig, A(192, 168, 2, 9)), A(10, 0, 1, 2));
    net_rig_fini(&rig);
    route_map_free(map);
}

UNIT_MAIN("route map", TEST(the_way_is_the_one_over_the_fewest_routers),
          TEST(destinations_are_spread_over_ways_as_short),
          TEST(the_longest_prefix_wins_and_a_net_of_one_s_own_has_no_way),
          TEST(what_is_not_joined_has_no_way), TEST(a_crowded_lan_has_all_its_ways),
          TEST(many_owners_are_searched_for_as_one_after_another),
          TEST(a_table_has_the_map_s_ways_beside_its_own),
          TEST(a_change_of_the_map_s_ways_is_the_router_s_own))
