/* Redirects of IPv6, RFC 4861 section 8: who tells, what is told, who obeys. */
#include "stack/net/neigh.h"
#include "tests/support/v6_wire.h"

#define GATEWAY IP6(0xfe80, 0, 0, 0, 0, 0, 0, 0xaa)
#define BETTER  IP6(0xfe80, 0, 0, 0, 0, 0, 0, 0xbb)
#define REMOTE  IP6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 9)

static const struct mac_addr better_mac = { { 2, 0, 0, 0, 0, 0xbb } };

static void add_route(struct net_rig *rig, struct ip6_addr prefix, unsigned len,
                      struct ip6_addr via)
{
    struct fib6_entry entry = { .prefix = prefix,
                                .prefix_len = (uint8_t)len,
                                .kind = ROUTE_UNICAST,
                                .via = via,
                                .oif = net_rig_iface(rig, 0),
                                .metric = IP6_METRIC_USER,
                                .until = SIM_TIME_NONE };

    EQ(fib6_add(&rig->ip, &entry, false), 0);
}

static void begin(struct net_rig *rig, bool router)
{
    struct mac_addr mac = WIRE_MAC(0);

    v6_begin(rig, router);
    EQ(neigh_set6(ip6_neigh(&rig->ip), net_rig_iface(rig, 0), GATEWAY, &mac, NEIGH_PERMANENT, true),
       0);
    net_rig_run(rig, SIM_SEC(3)); /* the link-local address is ready */
    rig->wires[0].n = 0;
}

/* ---- routers ---- */

static void a_router_tells_of_the_next_hop_on_the_same_link(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, REMOTE, 5), sent;
    struct ndp_msg msg;
    struct ipv6_hdr hdr;

    begin(&rig, true);
    add_route(&rig, REMOTE, 64, GATEWAY);
    v6_send(&rig, 0, &echo);
    EQ(rig.wires[0].n, 2);
    sent = v6_last(&rig, 0, 1, &hdr); /* before the packet itself goes on */
    OK(ip6_eq(hdr.dst, V6_PEER) && ip6_is_link_local(hdr.src));
    EQ(hdr.hop_limit, NDP_HOP_LIMIT);
    EQ(ndp_parse(sent.octets + IPV6_HDR_LEN, sent.len - IPV6_HDR_LEN, &msg), DROP_NONE);
    EQ(msg.type, ICMP6_REDIRECT);
    OK(ip6_eq(msg.target, GATEWAY) && ip6_eq(msg.dst, REMOTE));
    OK(msg.has_target);
    EQ(msg.redirected_len, 48); /* of 53 octets, in units of eight */
    EQ_MEM(msg.redirected, echo.octets, 48);
    (void)v6_last(&rig, 0, 0, &hdr);
    OK(ip6_eq(hdr.dst, REMOTE));
    EQ(hdr.hop_limit, 63);
    net_rig_fini(&rig);
}

static void a_router_tells_of_destinations_that_are_on_the_link(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, V6_MINE, 5), sent;
    struct ndp_msg msg;
    struct ipv6_hdr hdr;
    struct mac_addr mac = WIRE_MAC(0);
    struct ip6_addr other = IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x77);

    begin(&rig, true);
    EQ(neigh_set6(ip6_neigh(&rig.ip), net_rig_iface(&rig, 0), other, &mac, NEIGH_PERMANENT, true),
       0);
    echo = v6_echo(V6_PEER, other, 5);
    v6_send(&rig, 0, &echo);
    sent = v6_last(&rig, 0, 1, &hdr);
    EQ(ndp_parse(sent.octets + IPV6_HDR_LEN, sent.len - IPV6_HDR_LEN, &msg), DROP_NONE);
    EQ(msg.type, ICMP6_REDIRECT);
    OK(ip6_eq(msg.target, other) && ip6_eq(msg.dst, other));
    net_rig_fini(&rig);
}

static void nobody_is_sent_to_a_global_gateway_nor_told_more_than_six_times(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, REMOTE, 8);
    struct ip6_addr global = IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x55);
    struct mac_addr mac = WIRE_MAC(0);

    begin(&rig, true);
    EQ(neigh_set6(ip6_neigh(&rig.ip), net_rig_iface(&rig, 0), global, &mac, NEIGH_PERMANENT, true),
       0);
    add_route(&rig, REMOTE, 128, global);
    v6_send(&rig, 0, &echo);
    EQ(rig.wires[0].n, 1);
    add_route(&rig, IP6(0x2001, 0xdb8, 8, 0, 0, 0, 0, 0), 64, GATEWAY);
    echo = v6_echo(V6_PEER, IP6(0x2001, 0xdb8, 8, 0, 0, 0, 0, 1), 8);
    rig.wires[0].n = 0;
    for (unsigned i = 0; i < 10; i++)
        v6_send(&rig, 0, &echo);
    EQ(rig.wires[0].n, 16);
    net_rig_fini(&rig);
}

/* ---- hosts ---- */

static struct packet redirect(struct ip6_addr from, struct ip6_addr target, bool with_mac)
{
    struct ndp_msg msg = { .type = ICMP6_REDIRECT,
                           .target = target,
                           .dst = REMOTE,
                           .has_target = with_mac,
                           .target_mac = better_mac };
    uint8_t octets[NDP_MSG_MAX];
    size_t len = ndp_emit(&msg, octets, from, V6_MINE);

    return v6_packet(
        (struct ipv6_hdr){
            .next_header = IP6_NEXT_ICMP, .hop_limit = NDP_HOP_LIMIT, .src = from, .dst = V6_MINE },
        octets, len);
}

static struct ip6_addr way_to(struct net_rig *rig, struct ip6_addr dst)
{
    struct route6 route;

    EQ(ip6_route(&rig->ip, dst, IP6_ANY, NULL, &route), 0);
    return route.next_hop;
}

static void a_host_goes_the_shorter_way_to_that_destination_alone(void)
{
    struct net_rig rig;
    struct packet packet = redirect(GATEWAY, BETTER, true);
    struct neigh_info info;
    struct route6 route;
    uint32_t at = 0;

    begin(&rig, false);
    add_route(&rig, IP6_ANY, 0, GATEWAY);
    v6_send(&rig, 0, &packet);
    OK(ip6_eq(way_to(&rig, REMOTE), BETTER));
    OK(ip6_eq(way_to(&rig, IP6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 8)), GATEWAY));
    EQ(rig.states[WHY_ROUTE6_REDIRECTED], 1);
    OK(neigh_get6(ip6_neigh(&rig.ip), net_rig_iface(&rig, 0), BETTER, &info));
    EQ(info.state, NEIGH_STALE);
    OK(info.is_router && mac_eq(&info.mac, &better_mac));
    OK(ip6_learned_next(&rig.ip, &at, &route) && route.redirected);
    OK(!ip6_learned_next(&rig.ip, &at, &route));
    ip6_forget_learned(&rig.ip);
    OK(ip6_eq(way_to(&rig, REMOTE), GATEWAY));
    net_rig_fini(&rig);
}

static void the_destination_itself_may_be_the_target(void)
{
    struct net_rig rig;
    struct packet packet = redirect(GATEWAY, REMOTE, false);
    struct route6 route;

    begin(&rig, false);
    add_route(&rig, IP6_ANY, 0, GATEWAY);
    v6_send(&rig, 0, &packet);
    EQ(ip6_route(&rig.ip, REMOTE, IP6_ANY, NULL, &route), 0);
    OK(!route.via_gateway && ip6_eq(route.next_hop, REMOTE));
    net_rig_fini(&rig);
}

static void redirects_of_others_and_with_other_targets_are_ignored(void)
{
    struct net_rig rig;
    struct packet packet;

    begin(&rig, false);
    add_route(&rig, IP6_ANY, 0, GATEWAY);
    packet = redirect(BETTER, GATEWAY, true); /* not from the gateway */
    v6_send(&rig, 0, &packet);
    packet = redirect(V6_PEER, BETTER, true); /* not from a link-local address */
    v6_send(&rig, 0, &packet);
    packet = redirect(GATEWAY, V6_PEER, true); /* to no link-local address */
    v6_send(&rig, 0, &packet);
    packet = redirect(GATEWAY, BETTER, true);
    packet.octets[7] = 254; /* from behind a router */
    v6_send(&rig, 0, &packet);
    rig.ip.sysctl6.accept_redirects = false;
    packet = redirect(GATEWAY, BETTER, true);
    v6_send(&rig, 0, &packet);
    EQ(rig.drops[DROP_REDIRECT_IGNORED], 4);
    OK(ip6_eq(way_to(&rig, REMOTE), GATEWAY));
    net_rig_fini(&rig);
}

static void a_router_obeys_no_redirect(void)
{
    struct net_rig rig;
    struct packet packet = redirect(GATEWAY, BETTER, true);

    begin(&rig, true);
    add_route(&rig, IP6_ANY, 0, GATEWAY);
    v6_send(&rig, 0, &packet);
    EQ(rig.drops[DROP_REDIRECT_IGNORED], 1);
    OK(ip6_eq(way_to(&rig, REMOTE), GATEWAY));
    net_rig_fini(&rig);
}

UNIT_MAIN("ndp_redirect", TEST(a_router_tells_of_the_next_hop_on_the_same_link),
          TEST(a_router_tells_of_destinations_that_are_on_the_link),
          TEST(nobody_is_sent_to_a_global_gateway_nor_told_more_than_six_times),
          TEST(a_host_goes_the_shorter_way_to_that_destination_alone),
          TEST(the_destination_itself_may_be_the_target),
          TEST(redirects_of_others_and_with_other_targets_are_ignored),
          TEST(a_router_obeys_no_redirect))
