#include <stdlib.h>

#include "stack/net/ip_internal.h"
#include "tests/support/net_rig.h"

#define A(a, b, c, d) IP4(a, b, c, d)
#define FLOWS         200

/* Packets come in at eth0; 20.0.0.0/8 is behind 10.1.0.2 on eth1 and 10.2.0.2 on eth2, @weights to
 * 1. */
static void begin(struct net_rig *rig, uint16_t weight)
{
    struct fib_hops *hops = calloc(1, sizeof *hops + 2 * sizeof *hops->hop);
    struct fib_entry entry = { .prefix = A(20, 0, 0, 0), .prefix_len = 8, .hops = hops };

    net_rig_init(rig, 3);
    rig->ip.sysctl.forwarding = true;
    rig->ip.fib.hash_seed = 1;
    for (unsigned i = 0; i < 3; i++) {
        net_rig_address(rig, i, A(10, i, 0, 1), 24);
        net_rig_neighbor(rig, i, A(10, i, 0, 2));
    }
    hops->n = 2;
    for (unsigned i = 0; i < 2; i++)
        hops->hop[i] = (struct fib_hop){ .via = A(10, i + 1, 0, 2),
                                         .oif = net_rig_iface(rig, i + 1),
                                         .weight = i == 0 ? weight : 1 };
    entry.via = hops->hop[0].via;
    entry.oif = hops->hop[0].oif;
    EQ(fib_add(&rig->ip, &entry, false), 0);
    free(hops);
}

static ip4_addr hop_for(struct net_rig *rig, struct route_key key)
{
    struct route route;

    return ip_route_for(&rig->ip, &key, NULL, &route) == 0 ? route.next_hop : 0;
}

static ip4_addr hop_to(struct net_rig *rig, ip4_addr dst)
{
    return hop_for(rig, (struct route_key){ .dst = dst, .src = A(10, 0, 0, 2) });
}

/* How many of @n destinations go the first way. */
static unsigned first_ways(struct net_rig *rig, unsigned n)
{
    unsigned firsts = 0;

    for (unsigned i = 0; i < n; i++)
        firsts += hop_to(rig, A(20, 0, 0, 0) + i) == A(10, 1, 0, 2);
    return firsts;
}

static void flows_are_shared_out_by_weight(void)
{
    struct net_rig rig;
    unsigned n;

    begin(&rig, 1);
    n = first_ways(&rig, 4000);
    OK(n > 1880 && n < 2120);
    net_rig_fini(&rig);
    begin(&rig, 3);
    n = first_ways(&rig, 4000);
    OK(n > 2880 && n < 3120);
    net_rig_fini(&rig);
}

/* What Linux 6.18 chose with fib_multipath_hash_seed 1: 192.0.2.1 is on no interface of its. */
static void choices_are_those_of_linux(void)
{
    static const struct {
        ip4_addr dst;
        uint16_t src_port, dst_port;
        unsigned hop;
    } chosen[] = {
#include "tests/unit/net/multipath_linux.inc"
    };
    struct fib_hops *hops = calloc(1, sizeof *hops + 3 * sizeof *hops->hop), *copy;
    static const uint16_t weights[] = { 2, 1, 4 };
    struct net_rig rig;

    begin(&rig, 1);
    hops->n = 3;
    for (unsigned i = 0; i < 3; i++)
        hops->hop[i] = (struct fib_hop){ .oif = net_rig_iface(&rig, i), .weight = weights[i] };
    copy = multipath_copy(hops);
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        struct route_key key = { .dst = chosen[i].dst,
                                 .src = A(192, 0, 2, 1),
                                 .src_port = chosen[i].src_port,
                                 .dst_port = chosen[i].dst_port,
                                 .protocol = IP_PROTO_UDP };

        rig.ip.sysctl.multipath_hash_policy = chosen[i].src_port ? MULTIPATH_L4 : MULTIPATH_L3;
        EQ(multipath_choose(&rig.ip, copy, &key) - copy->hop, (long)chosen[i].hop);
    }
    free(hops);
    free(copy);
    net_rig_fini(&rig);
}

static void without_a_seed_nodes_choose_differently_and_runs_the_same(void)
{
    struct net_rig rig;
    uint64_t key;

    begin(&rig, 1);
    rig.ip.fib.hash_seed = 0;
    key = rig.ip.fib.multipath->hash_key[0];
    OK(key != 0 && key != rig.ip.fib.multipath->hash_key[1]);
    net_rig_fini(&rig);
    begin(&rig, 1);
    EQ(rig.ip.fib.multipath->hash_key[0], key);
    net_rig_fini(&rig);
}

static void both_directions_of_a_flow_and_errors_about_it_hash_alike(void)
{
    ip4_addr near = A(10, 0, 0, 2), far = A(20, 1, 2, 3), router = A(30, 0, 0, 9);
    struct packet there = packet_udp((struct endpoint){ near, 5 }, (struct endpoint){ far, 9 }, 20);
    struct packet error = packet_icmp(router, near, icmp_make_frag_needed(1000), there.octets, 28);
    struct packet echo = packet_echo(router, near, ICMP_ECHO_REPLY, 1, 1);
    struct route_key a = { .packet = there.octets, .packet_len = (uint32_t)there.len };
    struct route_key b = { .src = far, .dst = near };
    struct route_key c = { .packet = error.octets, .packet_len = (uint32_t)error.len };
    struct route_key d = { .packet = echo.octets, .packet_len = (uint32_t)echo.len };
    struct net_rig rig;

    begin(&rig, 1);
    EQ(multipath_hash(&rig.ip, &a), multipath_hash(&rig.ip, &b));
    EQ(multipath_hash(&rig.ip, &a), multipath_hash(&rig.ip, &c));
    OK(multipath_hash(&rig.ip, &a) != multipath_hash(&rig.ip, &d));
    for (uint32_t len = 0; len <= error.len; len++) { /* cut anywhere it is read no further */
        c.packet = memcpy(malloc(len + 1), error.octets, len);
        c.packet_len = len;
        multipath_hash(&rig.ip, &c);
        free((void *)(uintptr_t)c.packet);
    }
    net_rig_fini(&rig);
}

/* Sends each of @n flows' packets and returns how many came out at eth1; a flow is a destination,
 * or with @by_ports a port. */
static unsigned forward_all(struct net_rig *rig, bool by_ports, uint8_t *ways)
{
    unsigned before = rig->wires[1].n;

    for (unsigned i = 0; i < FLOWS; i++) {
        struct endpoint src = { A(10, 0, 0, 2), 1000 };
        struct endpoint dst = { A(20, 0, 0, 0) + (by_ports ? 1 : i),
                                (uint16_t)(by_ports ? 9 + i : 9) };
        struct packet packet = packet_udp(src, dst, 10);
        unsigned first = rig->wires[1].n;

        wire_send(rig, 0, &packet);
        net_rig_run(rig, SIM_USEC(20));
        ways[i] = rig->wires[1].n == first;
    }
    return rig->wires[1].n - before;
}

static void forwarded_flows_keep_their_way_whether_known_or_not(void)
{
    for (unsigned by_ports = 0; by_ports < 2; by_ports++) {
        uint8_t first[FLOWS], again[FLOWS], anew[FLOWS];
        struct net_rig rig;
        unsigned n;

        begin(&rig, 1);
        rig.ip.sysctl.multipath_hash_policy = by_ports ? MULTIPATH_L4 : MULTIPATH_L3;
        n = forward_all(&rig, by_ports, first);
        OK(n > FLOWS / 4 && n < FLOWS - FLOWS / 4);
        EQ(rig.wires[1].n + rig.wires[2].n, FLOWS);
        forward_all(&rig, by_ports, again); /* most are known by now */
        EQ_MEM(first, again, FLOWS);
        rig.ip.fib.generation++; /* and none now */
        forward_all(&rig, by_ports, anew);
        EQ_MEM(first, anew, FLOWS);
        EQ(wire_last(&rig, 1, 0)->why.code,
           by_ports ? WHY_IP_FORWARD_BY_PORTS : WHY_IP_FORWARD_BY_ADDRESSES);
        net_rig_fini(&rig);
    }
}

static void interface_that_goes_down_takes_its_hops_and_brings_them_back(void)
{
    struct fib_entry *entry;
    char text[FIB_TEXT_MAX];
    uint8_t ways[FLOWS];
    struct net_rig rig;
    unsigned n;

    begin(&rig, 1);
    n = first_ways(&rig, 100);
    forward_all(&rig, false, ways);
    ip_iface_set_up(net_rig_iface(&rig, 1), false);
    EQ(first_ways(&rig, 100), 0);
    EQ(forward_all(&rig, false, ways), 0); /* flows that were known too */
    entry = (struct fib_entry *)(uintptr_t)fib_lookup(&rig.ip.fib, A(20, 0, 0, 1), NULL, NULL);
    EQ_STR(fib_entry_format(&rig.ip, entry, text),
           "20.0.0.0/8 nexthop via 10.1.0.2 dev eth1 weight 1 dead linkdown nexthop via 10.2.0.2 "
           "dev eth2 weight 1");
    ip_iface_set_up(net_rig_iface(&rig, 1), true);
    EQ(first_ways(&rig, 100), n);
    ip_iface_set_up(net_rig_iface(&rig, 1), false);
    ip_iface_set_up(net_rig_iface(&rig, 2), false); /* nothing is left */
    EQ(hop_to(&rig, A(20, 0, 0, 1)), 0);
    EQ(rig.ip.fib.multipath->n_entries, 0);
    net_rig_fini(&rig);
}

static void own_packets_rather_go_where_their_source_address_is(void)
{
    struct net_rig rig;

    begin(&rig, 1);
    for (unsigned i = 0; i < 50; i++) {
        ip4_addr dst = A(20, 0, 0, 0) + i;

        EQ(hop_for(&rig, (struct route_key){ .dst = dst, .src = A(10, 1, 0, 1) }), A(10, 1, 0, 2));
        EQ(hop_for(&rig, (struct route_key){ .dst = dst, .src = A(10, 2, 0, 1) }), A(10, 2, 0, 2));
    }
    net_rig_fini(&rig);
}

static void given_interface_means_its_hop(void)
{
    struct net_rig rig;
    struct route route;

    begin(&rig, 1);
    for (unsigned i = 1; i < 3; i++) {
        EQ(ip_route(&rig.ip, A(20, 0, 0, 1), 0, net_rig_iface(&rig, i), &route), 0);
        EQ(route.next_hop, A(10, i, 0, 2));
    }
    OK(fib_lookup(&rig.ip.fib, A(20, 0, 0, 1), net_rig_iface(&rig, 0), NULL) == NULL);
    net_rig_fini(&rig);
}

static void gateway_that_does_not_answer_is_passed_over_where_neighbors_count(void)
{
    struct net_rig rig;
    unsigned n;

    begin(&rig, 1);
    n = first_ways(&rig, 100);
    EQ(neigh_delete(&rig.ip.neigh, net_rig_iface(&rig, 1), A(10, 1, 0, 2)), 0);
    EQ(neigh_resolve(&rig.ip.neigh, net_rig_iface(&rig, 1), A(10, 1, 0, 2)), false);
    EQ(first_ways(&rig, 100), n);
    rig.ip.sysctl.multipath_use_neigh = true;
    EQ(first_ways(&rig, 100), 0);
    net_rig_fini(&rig);
}

static void packet_from_either_side_passes_the_reverse_path_filter(void)
{
    struct net_rig rig;

    begin(&rig, 1);
    ip_conf_set(&rig.ip, &ip_confs(&rig.ip)->all, IP_CONF_RP_FILTER, 1);
    for (unsigned i = 1; i < 3; i++) {
        struct packet packet = packet_udp((struct endpoint){ A(20, 0, 0, 1), 1 },
                                          (struct endpoint){ A(10, 0, 0, 2), 2 }, 5);

        wire_send(&rig, i, &packet);
        net_rig_run(&rig, SIM_MSEC(1));
        EQ(rig.wires[0].n, i);
    }
    net_rig_fini(&rig);
}

UNIT_MAIN("multipath", TEST(flows_are_shared_out_by_weight), TEST(choices_are_those_of_linux),
          TEST(without_a_seed_nodes_choose_differently_and_runs_the_same),
          TEST(both_directions_of_a_flow_and_errors_about_it_hash_alike),
          TEST(forwarded_flows_keep_their_way_whether_known_or_not),
          TEST(interface_that_goes_down_takes_its_hops_and_brings_them_back),
          TEST(own_packets_rather_go_where_their_source_address_is),
          TEST(given_interface_means_its_hop),
          TEST(gateway_that_does_not_answer_is_passed_over_where_neighbors_count),
          TEST(packet_from_either_side_passes_the_reverse_path_filter))
