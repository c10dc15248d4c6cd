#include "tests/support/net_rig.h"

#define A(a, b, c, d) IP4(a, b, c, d)

static struct fib_entry entry(struct net_rig *rig, ip4_addr prefix, unsigned len, ip4_addr via,
                              uint32_t metric)
{
    return (struct fib_entry){ .prefix = prefix,
                               .prefix_len = (uint8_t)len,
                               .via = via,
                               .metric = metric,
                               .oif = net_rig_iface(rig, 0) };
}

static ip4_addr next_hop(struct net_rig *rig, ip4_addr dst)
{
    struct route route;

    return ip_route(&rig->ip, dst, 0, NULL, &route) == 0 ? route.next_hop : 0;
}

static void begin(struct net_rig *rig)
{
    net_rig_init(rig, 2);
    net_rig_address(rig, 0, A(10, 0, 0, 1), 24);
    net_rig_address(rig, 1, A(10, 1, 0, 1), 24);
}

static void longest_prefix_wins_then_metric_then_age(void)
{
    struct net_rig rig;
    struct fib_entry e;

    begin(&rig);
    e = entry(&rig, 0, 0, A(10, 0, 0, 2), 0);
    EQ(fib_add(&rig.ip, &e, false), 0);
    EQ(fib_add(&rig.ip, &e, false), -SIM_EEXIST);
    e = entry(&rig, A(20, 0, 0, 0), 8, A(10, 0, 0, 3), 100);
    EQ(fib_add(&rig.ip, &e, false), 0);
    e = entry(&rig, A(20, 0, 0, 0), 8, A(10, 0, 0, 4), 50);
    EQ(fib_add(&rig.ip, &e, false), 0);
    e = entry(&rig, A(20, 1, 2, 0), 24, A(10, 0, 0, 5), 900);
    EQ(fib_add(&rig.ip, &e, false), 0);
    e = entry(&rig, A(20, 1, 2, 3), 32, A(10, 0, 0, 6), 0);
    EQ(fib_add(&rig.ip, &e, false), 0);
    EQ(next_hop(&rig, A(30, 0, 0, 1)), A(10, 0, 0, 2));
    EQ(next_hop(&rig, A(20, 0, 0, 1)), A(10, 0, 0, 4));
    EQ(next_hop(&rig, A(20, 1, 2, 9)), A(10, 0, 0, 5));
    EQ(next_hop(&rig, A(20, 1, 2, 3)), A(10, 0, 0, 6));
    EQ(next_hop(&rig, A(10, 0, 0, 9)), A(10, 0, 0, 9)); /* connected */
    e = entry(&rig, A(20, 0, 0, 0), 8, 0, 0);
    EQ(fib_remove(&rig.ip, &e), 0);
    EQ(next_hop(&rig, A(20, 0, 0, 1)), A(10, 0, 0, 3));
    EQ(fib_remove(&rig.ip, &e), 0);
    EQ(fib_remove(&rig.ip, &e), -SIM_ESRCH);
    net_rig_fini(&rig);
}

static void kinds_of_dead_ends_have_their_errors(void)
{
    static const struct {
        enum route_kind kind;
        int error;
    } cases[] = { { ROUTE_BLACKHOLE, -SIM_EINVAL },
                  { ROUTE_UNREACHABLE, -SIM_EHOSTUNREACH },
                  { ROUTE_PROHIBIT, -SIM_EACCES } };
    struct net_rig rig;
    struct route route;

    begin(&rig);
    for (unsigned i = 0; i < 3; i++) {
        struct fib_entry e = { .prefix = A(20, (uint8_t)i, 0, 0),
                               .prefix_len = 16,
                               .kind = cases[i].kind };

        EQ(fib_add(&rig.ip, &e, false), 0);
        EQ(ip_route(&rig.ip, A(20, (uint8_t)i, 0, 1), 0, NULL, &route), cases[i].error);
    }
    EQ(ip_route(&rig.ip, A(21, 0, 0, 1), 0, NULL, &route), -SIM_ENETUNREACH);
    net_rig_fini(&rig);
}

static void source_is_the_interfaces_address_in_the_next_hops_subnet(void)
{
    struct net_rig rig;
    struct route route;
    struct fib_entry e;

    begin(&rig);
    net_rig_address(&rig, 0, A(10, 7, 0, 1), 24);
    e = entry(&rig, A(20, 0, 0, 0), 8, A(10, 7, 0, 254), 0);
    EQ(fib_add(&rig.ip, &e, false), 0);
    EQ(ip_route(&rig.ip, A(20, 0, 0, 1), 0, NULL, &route), 0);
    EQ(route.src, A(10, 7, 0, 1));
    e = entry(&rig, A(30, 0, 0, 0), 8, A(10, 7, 0, 254), 0);
    e.src = A(10, 0, 0, 1);
    EQ(fib_add(&rig.ip, &e, false), 0);
    EQ(ip_route(&rig.ip, A(30, 0, 0, 1), 0, NULL, &route), 0);
    EQ(route.src, A(10, 0, 0, 1));
    EQ(ip_addr_remove(net_rig_iface(&rig, 0), A(10, 0, 0, 1), 24),
       0); /* takes the route that names it along */
    EQ(ip_route(&rig.ip, A(30, 0, 0, 1), 0, NULL, &route), -SIM_ENETUNREACH);
    EQ(ip_route(&rig.ip, A(20, 0, 0, 1), 0, NULL, &route), 0);
    net_rig_fini(&rig);
}

static void every_change_makes_cached_routes_invalid(void)
{
    struct net_rig rig;
    struct route route;
    struct fib_entry e;

    begin(&rig);
    EQ(ip_route(&rig.ip, A(10, 0, 0, 9), 0, NULL, &route), 0);
    OK(route_valid(&rig.ip, &route));
    e = entry(&rig, A(20, 0, 0, 0), 8, A(10, 0, 0, 3), 0);
    EQ(fib_add(&rig.ip, &e, false), 0);
    OK(!route_valid(&rig.ip, &route));
    EQ(ip_route(&rig.ip, A(10, 0, 0, 9), 0, NULL, &route), 0);
    ip_iface_set_up(net_rig_iface(&rig, 1), false);
    OK(!route_valid(&rig.ip, &route));
    net_rig_fini(&rig);
}

static void lines_are_those_of_ip_route(void)
{
    struct net_rig rig;
    char text[FIB_TEXT_MAX];
    struct fib_entry e;

    begin(&rig);
    e = entry(&rig, 0, 0, A(10, 0, 0, 254), 0);
    EQ_STR(fib_entry_format(&rig.ip, &e, text), "default via 10.0.0.254 dev eth0");
    e = entry(&rig, A(10, 0, 0, 0), 24, 0, 0);
    e.proto = ROUTE_PROTO_KERNEL;
    e.src = A(10, 0, 0, 1);
    EQ_STR(fib_entry_format(&rig.ip, &e, text),
           "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1");
    e = (struct fib_entry){ .prefix = A(20, 0, 0, 0), .prefix_len = 8, .kind = ROUTE_BLACKHOLE };
    EQ_STR(fib_entry_format(&rig.ip, &e, text), "blackhole 20.0.0.0/8");
    net_rig_fini(&rig);
}

static void two_interfaces_may_be_in_one_network(void)
{
    static const ip4_addr own[2] = { A(10, 5, 0, 1), A(10, 5, 0, 2) };
    struct net_rig rig;
    struct route route;

    begin(&rig);
    for (unsigned i = 0; i < 2; i++)
        net_rig_address(&rig, i, own[i], 24);
    EQ(ip_route(&rig.ip, A(10, 5, 0, 9), 0, NULL, &route), 0);
    OK(route.oif == net_rig_iface(&rig, 0)); /* the older one */
    for (unsigned i = 0; i < 2; i++) {
        EQ(ip_route(&rig.ip, A(10, 5, 0, 9), 0, net_rig_iface(&rig, i), &route), 0);
        OK(route.oif == net_rig_iface(&rig, i));
        EQ(route.src, own[i]);
    }
    ip_iface_set_up(net_rig_iface(&rig, 0), false);
    EQ(ip_route(&rig.ip, A(10, 5, 0, 9), 0, NULL, &route), 0);
    OK(route.oif == net_rig_iface(&rig, 1));
    ip_iface_set_up(net_rig_iface(&rig, 0), true); /* now it is the younger one */
    EQ(ip_route(&rig.ip, A(10, 5, 0, 9), 0, NULL, &route), 0);
    OK(route.oif == net_rig_iface(&rig, 1));
    net_rig_fini(&rig);
}

static void random_tables_agree_with_a_linear_search(void)
{
    struct net_rig rig;
    struct random_stream random = { 42 };
    struct fib_entry all[200];
    unsigned n = 0;

    begin(&rig);
    while (n < 200) {
        unsigned len = (unsigned)random_below(&random, 33);
        ip4_addr prefix = (A(20, 0, 0, 0) | (random_u32(&random) & 0x00ff00ff)) & ip4_mask(len);
        struct fib_entry e =
            entry(&rig, prefix, len, A(10, 0, 0, 2) + n, (uint32_t)random_below(&random, 3));

        if (fib_add(&rig.ip, &e, false) == 0)
            all[n++] = e;
    }
    for (unsigned i = 0; i < 2000; i++) {
        ip4_addr dst = A(20, 0, 0, 0) | (random_u32(&random) & 0x00ff00ff);
        const struct fib_entry *best = NULL, *got = fib_lookup(&rig.ip.fib, dst, NULL, NULL);

        for (unsigned j = 0; j < n; j++)
            if (ip4_in_prefix(dst, all[j].prefix, all[j].prefix_len) &&
                (best == NULL || all[j].prefix_len > best->prefix_len ||
                 (all[j].prefix_len == best->prefix_len && all[j].metric < best->metric)))
                best = &all[j];
        EQ(got == NULL, best == NULL);
        if (got != NULL && best != NULL)
            EQ(got->via, best->via);
    }
    net_rig_fini(&rig);
}

UNIT_MAIN("route", TEST(longest_prefix_wins_then_metric_then_age),
          TEST(kinds_of_dead_ends_have_their_errors),
          TEST(source_is_the_interfaces_address_in_the_next_hops_subnet),
          TEST(every_change_makes_cached_routes_invalid), TEST(lines_are_those_of_ip_route),
          TEST(two_interfaces_may_be_in_one_network),
          TEST(random_tables_agree_with_a_linear_search))
