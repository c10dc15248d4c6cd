#include "stack/net/ip_internal.h"
#include "stack/net/nat.h"
#include "tests/support/net_rig.h"

#define A(a, b, c, d) IP4(a, b, c, d)

/* A router between eth0 and eth1, behind which 20.0.0.0/8 is. */
static void begin(struct net_rig *rig)
{
    struct fib_entry entry = { .prefix = A(20, 0, 0, 0), .prefix_len = 8, .via = A(10, 1, 0, 2) };

    net_rig_init(rig, 2);
    rig->ip.sysctl.forwarding = true;
    for (unsigned i = 0; i < 2; i++) {
        net_rig_address(rig, i, A(10, i, 0, 1), 24);
        net_rig_neighbor(rig, i, A(10, i, 0, 2));
    }
    entry.oif = net_rig_iface(rig, 1);
    EQ(fib_add(&rig->ip, &entry, false), 0);
}

/* One packet of each of @n flows from flow @first on, of @len octets in all: how many were
 * forwarded, and to the right place? */
static unsigned forward(struct net_rig *rig, unsigned first, unsigned n, uint16_t len)
{
    unsigned right = 0;

    for (unsigned i = first; i < first + n; i++) {
        struct packet packet = packet_udp((struct endpoint){ A(10, 0, 0, 2), 1000 },
                                          (struct endpoint){ A(20, 0, 0, 0) + i, 9 },
                                          (uint16_t)(len - IPV4_HDR_LEN - UDP_HDR_LEN));
        unsigned before = rig->wires[1].n;

        wire_send(rig, 0, &packet);
        net_rig_run(rig, SIM_USEC(20));
        right += rig->wires[1].n == before + 1 &&
                 be32_get(wire_last(rig, 1, 0)->octets + ETH_HDR_LEN + IPV4_AT_DST) ==
                     A(20, 0, 0, 0) + i;
    }
    return right;
}

static void flows_that_come_back_get_the_places_they_need(void)
{
    enum { N = 300, ROUNDS = 60 };
    struct net_rig rig;
    uint32_t crowded_out = 0;

    begin(&rig);
    for (unsigned round = 0; round < ROUNDS; round++) {
        crowded_out = rig.ip.flows_crowded_out;
        EQ(forward(&rig, 0, N, 100), N);
    }
    OK(rig.ip.flow_mask + 1 > 256);
    OK(rig.ip.flows_crowded_out - crowded_out < N / 10);
    net_rig_fini(&rig);
}

static void flows_that_come_once_get_few_places(void)
{
    struct net_rig rig;

    begin(&rig);
    EQ(forward(&rig, 0, 2000, 100), 2000);
    EQ(rig.ip.flow_mask + 1, 256);
    net_rig_fini(&rig);
}

/* Of @n flows, that of how many stands in the line that the interface calls into the cache? */
static unsigned fetched(struct net_rig *rig, unsigned n)
{
    unsigned right = 0;

    for (unsigned i = 0; i < n; i++) {
        uint64_t key = (uint64_t)A(10, 0, 0, 2) << 32 | (A(20, 0, 0, 0) + i);
        const struct ip_flow *flow = iface_key_line(net_rig_iface(rig, 0)->iface, key);

        right += (uintptr_t)flow % ARENA_LINE == 0 && flow->addrs == key;
    }
    return right;
}

static void interface_knows_where_flows_stand(void)
{
    struct net_rig rig;

    begin(&rig);
    EQ(fetched(&rig, 1), 0); /* a line of nothing, that can be read */
    EQ(forward(&rig, 0, 1, 100), 1);
    EQ(fetched(&rig, 1), 1);
    for (unsigned round = 0; round < 60; round++)
        EQ(forward(&rig, 0, 300, 100), 300);
    OK(rig.ip.flow_mask + 1 > 256); /* other places than at first */
    OK(fetched(&rig, 300) > 200);
    net_rig_fini(&rig);
}

/* All of them would have some place of 256. */
static void flows_that_come_back_get_places_of_their_own(void)
{
    enum { N = 200 };
    struct net_rig rig;

    begin(&rig);
    for (unsigned round = 0; round < 200; round++)
        EQ(forward(&rig, 0, N, 100), N);
    EQ(rig.ip.flow_mask + 1, 1024);
    OK(fetched(&rig, N) > N * 5 / 6);
    net_rig_fini(&rig);
}

static void known_flow_minds_a_new_mtu(void)
{
    struct net_rig rig;

    begin(&rig);
    EQ(forward(&rig, 0, 1, 1000), 1);
    EQ(forward(&rig, 0, 1, 1000), 1);
    ip_iface_set_mtu(net_rig_iface(&rig, 1), 900);
    EQ(forward(&rig, 0, 1, 1000), 0); /* in two fragments */
    EQ(rig.ip.stats.fragments_made, 2);
    EQ(forward(&rig, 0, 1, 900), 1);
    net_rig_fini(&rig);
}

/* The MAC address and the state of the neighbor that known flows go to. */
static void known_flow_minds_its_neighbor(void)
{
    static const struct mac_addr other = { { 2, 0, 0, 0, 9, 9 } };
    const ip4_addr router = A(10, 1, 0, 2);
    struct net_rig rig;
    struct ip_iface *eth1;
    struct neigh_info info;

    begin(&rig);
    eth1 = net_rig_iface(&rig, 1);
    EQ(forward(&rig, 0, 3, 100) + forward(&rig, 0, 3, 100), 6);
    EQ(neigh_set(&rig.ip.neigh, eth1, router, &other, NEIGH_STALE, true), 0);
    EQ(forward(&rig, 0, 3, 100), 3);
    EQ_MEM(wire_last(&rig, 1, 0)->octets, other.octets, 6);
    OK(neigh_get(&rig.ip.neigh, eth1, router, &info));
    EQ(info.state, NEIGH_DELAY);
    net_rig_run(&rig, SIM_SEC(1));
    EQ(forward(&rig, 0, 1, 100), 1);
    OK(neigh_get(&rig.ip.neigh, eth1, router, &info));
    OK(node_now(rig.ip.node) - info.used <= SIM_USEC(20)); /* noted, for it is not REACHABLE */
    EQ(neigh_delete(&rig.ip.neigh, eth1, router), 0);
    EQ(forward(&rig, 0, 1, 100), 0); /* asked for */
    EQ(be16_get(wire_last(&rig, 1, 0)->octets + ETH_AT_TYPE), ETHERTYPE_ARP);
    net_rig_fini(&rig);
}

/* One from where the way back leads out of the other interface. */
static void known_flow_minds_a_new_filter_of_sources(void)
{
    struct net_rig rig;
    struct packet packet = packet_udp((struct endpoint){ A(10, 1, 0, 9), 1000 },
                                      (struct endpoint){ A(20, 0, 0, 0), 9 }, 10);

    begin(&rig);
    for (unsigned i = 0; i < 3; i++) {
        wire_send(&rig, 0, &packet);
        net_rig_run(&rig, SIM_USEC(20));
    }
    EQ(rig.ip.stats.forwarded, 3);
    ip_conf_set(&rig.ip, &net_rig_iface(&rig, 0)->conf, IP_CONF_RP_FILTER, 1);
    wire_send(&rig, 0, &packet);
    EQ(forward(&rig, 0, 3, 100) + forward(&rig, 0, 3, 100), 6); /* that is no way around it */
    wire_send(&rig, 0, &packet);
    net_rig_run(&rig, SIM_USEC(20));
    EQ(rig.drops[DROP_SOURCE_FILTER], 2);
    ip_conf_set(&rig.ip, &net_rig_iface(&rig, 0)->conf, IP_CONF_RP_FILTER, 0);
    wire_send(&rig, 0, &packet);
    net_rig_run(&rig, SIM_USEC(20));
    EQ(rig.ip.stats.forwarded, 10);
    net_rig_fini(&rig);
}

static void known_flow_minds_a_translation_of_its_addresses(void)
{
    struct net_rig rig;

    begin(&rig);
    EQ(forward(&rig, 0, 1, 100) + forward(&rig, 0, 1, 100), 2);
    nat_new(&rig.ip, &(struct nat_config){ .outside = net_rig_iface(&rig, 1) });
    for (unsigned i = 0; i < 2; i++) {
        EQ(forward(&rig, 0, 1, 100), 1);
        EQ(be32_get(wire_last(&rig, 1, 0)->octets + ETH_HDR_LEN + IPV4_AT_SRC), A(10, 1, 0, 1));
    }
    net_rig_fini(&rig);
}

/* A place where nothing is yet has the addresses 0.0.0.0. */
static void packet_from_nowhere_to_nowhere_is_no_known_flow(void)
{
    struct net_rig rig;
    struct packet packet = packet_udp((struct endpoint){ 0, 1000 }, (struct endpoint){ 0, 9 }, 10);

    begin(&rig);
    EQ(forward(&rig, 0, 1, 100), 1);
    wire_send(&rig, 0, &packet);
    net_rig_run(&rig, SIM_USEC(20));
    EQ(rig.drops[DROP_MARTIAN_SOURCE], 1);
    EQ(rig.ip.stats.delivered, 0);
    net_rig_fini(&rig);
}

UNIT_MAIN("ip_flow", TEST(flows_that_come_back_get_the_places_they_need),
          TEST(flows_that_come_once_get_few_places), TEST(known_flow_minds_a_new_mtu),
          TEST(interface_knows_where_flows_stand),
          TEST(flows_that_come_back_get_places_of_their_own), TEST(known_flow_minds_its_neighbor),
          TEST(known_flow_minds_a_new_filter_of_sources),
          TEST(known_flow_minds_a_translation_of_its_addresses),
          TEST(packet_from_nowhere_to_nowhere_is_no_known_flow))
