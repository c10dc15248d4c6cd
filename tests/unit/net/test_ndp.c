/* Neighbor discovery, duplicate addresses, group membership. */
#include "tests/support/v6_wire.h"

#define OTHER IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x33)

static struct packet ndp_packet(struct ndp_msg msg, struct ip6_addr src, struct ip6_addr dst)
{
    uint8_t octets[NDP_MSG_MAX];
    size_t len = ndp_emit(&msg, octets, src, dst);
    struct ipv6_hdr hdr = {
        .next_header = IP6_NEXT_ICMP, .hop_limit = NDP_HOP_LIMIT, .src = src, .dst = dst
    };

    return v6_packet(hdr, octets, len);
}

static struct ndp_msg last_ndp(struct net_rig *rig, unsigned back, struct ipv6_hdr *hdr)
{
    struct packet packet = v6_last(rig, 0, back, hdr);
    struct ndp_msg msg = { 0 };

    EQ(hdr->hop_limit, NDP_HOP_LIMIT);
    EQ(ndp_parse(packet.octets + IPV6_HDR_LEN, packet.len - IPV6_HDR_LEN, &msg), DROP_NONE);
    return msg;
}

static struct mac_addr group_mac(struct ip6_addr group)
{
    return mac_from_u64(UINT64_C(0x333300000000) | (group.lo & 0xffffffff));
}

static const struct ndp_msg who_has_mine = {
    .type = ICMP6_NEIGHBOR_SOLICIT, .target = V6_MINE, .has_source = true, .source_mac = WIRE_MAC(0)
};

static void a_solicitation_is_answered_and_its_sender_learned(void)
{
    struct net_rig rig;
    struct ip6_addr group = ip6_solicited_node(V6_MINE);
    struct packet packet = ndp_packet(who_has_mine, OTHER, group);
    struct ipv6_hdr hdr;
    struct ndp_msg msg;

    v6_begin(&rig, false);
    v6_send_to(&rig, 0, group_mac(group), &packet);
    EQ(rig.wires[0].n, 1);
    msg = last_ndp(&rig, 0, &hdr);
    EQ(msg.type, ICMP6_NEIGHBOR_ADVERT);
    OK(msg.solicited && msg.override && !msg.router && msg.has_target);
    OK(ip6_eq(hdr.dst, OTHER) && ip6_eq(hdr.src, V6_MINE));
    EQ(rig.states[WHY_NEIGH6_LEARNED], 1);
    packet = ndp_packet(who_has_mine, OTHER,
                        V6_MINE); /* asked directly: who asks knows the MAC address */
    v6_send(&rig, 0, &packet);
    EQ(rig.wires[0].n, 2);
    msg = last_ndp(&rig, 0, &hdr);
    OK(msg.solicited && !msg.override && !msg.has_target);
    net_rig_fini(&rig);
}

/* As recorded: five seconds after the entry was used, by unicast, and as no packet waits from the
 * link-local address. */
static void a_probe_comes_from_the_link_local_address(void)
{
    struct net_rig rig;
    struct ip6_send send = { .dst = OTHER, .protocol = 200 };
    struct ip6_addr own;
    struct ip6_addr group = ip6_solicited_node(V6_MINE);
    struct packet packet = ndp_packet(who_has_mine, OTHER, group);
    struct ipv6_hdr hdr;

    v6_begin(&rig, false);
    own = ip6_link_local_of(&net_rig_iface(&rig, 0)->iface->mac);
    v6_send_to(&rig, 0, group_mac(group), &packet);
    EQ(ip6_output(&rig.ip, frame_new(rig.node, 8), &send), 0);
    net_rig_run(&rig, SIM_SEC(6));
    EQ(rig.wires[0].n, 3);
    EQ(last_ndp(&rig, 0, &hdr).type, ICMP6_NEIGHBOR_SOLICIT);
    OK(ip6_eq(hdr.src, own));
    OK(ip6_eq(hdr.dst, OTHER));
    net_rig_fini(&rig);
}

static void a_question_without_address_is_answered_to_all(void)
{
    struct net_rig rig;
    struct ndp_msg ask = { .type = ICMP6_NEIGHBOR_SOLICIT, .target = V6_MINE };
    struct ip6_addr group = ip6_solicited_node(V6_MINE);
    struct packet packet = ndp_packet(ask, IP6_ANY, group);
    struct ipv6_hdr hdr;
    struct ndp_msg msg;

    v6_begin(&rig, false);
    v6_send_to(&rig, 0, group_mac(group), &packet);
    msg = last_ndp(&rig, 0, &hdr);
    OK(!msg.solicited && msg.override);
    OK(ip6_eq(hdr.dst, IP6_ALL_NODES));
    net_rig_fini(&rig);
}

static void what_did_not_start_on_the_link_is_dropped(void)
{
    struct net_rig rig;
    struct ndp_msg ask = { .type = ICMP6_NEIGHBOR_SOLICIT, .target = V6_MINE };
    struct packet packet = ndp_packet(ask, OTHER, V6_MINE);

    v6_begin(&rig, false);
    packet.octets[7] = 254;
    v6_send(&rig, 0, &packet);
    EQ(rig.wires[0].n, 0);
    EQ(rig.drops[DROP_BAD_HEADER], 1);
    net_rig_fini(&rig);
}

static void a_packet_waits_for_the_answer(void)
{
    struct net_rig rig;
    struct ip6_send send = { .dst = OTHER, .protocol = 200 };
    struct ndp_msg answer = { .type = ICMP6_NEIGHBOR_ADVERT,
                              .target = OTHER,
                              .solicited = true,
                              .override = true,
                              .has_target = true,
                              .target_mac = WIRE_MAC(0) };
    struct packet packet = ndp_packet(answer, OTHER, V6_MINE);
    struct ipv6_hdr hdr;
    struct ndp_msg msg;

    v6_begin(&rig, false);
    EQ(ip6_output(&rig.ip, frame_new(rig.node, 8), &send), 0);
    net_rig_run(&rig, SIM_MSEC(1));
    msg = last_ndp(&rig, 0, &hdr);
    EQ(msg.type, ICMP6_NEIGHBOR_SOLICIT);
    OK(ip6_eq(msg.target, OTHER) && msg.has_source);
    OK(ip6_eq(hdr.dst, ip6_solicited_node(OTHER)) && ip6_eq(hdr.src, V6_MINE));
    v6_send(&rig, 0, &packet);
    EQ(rig.wires[0].n, 2);
    v6_last(&rig, 0, 0, &hdr);
    EQ(hdr.next_header, 200);
    EQ(rig.states[WHY_NEIGH6_REACHABLE], 1);
    net_rig_fini(&rig);
}

static void after_three_questions_the_sender_is_told(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_FAR, OTHER, 8);
    struct ipv6_hdr hdr;
    struct icmp6_hdr icmp;

    v6_begin(&rig, true);
    v6_send(&rig, 1, &echo);
    net_rig_run(&rig, SIM_SEC(4));
    EQ(rig.wires[0].n, 3);
    icmp = v6_last_icmp(&rig, 1, 0, &hdr);
    EQ(icmp.type, ICMP6_DEST_UNREACH);
    EQ(icmp.code, ICMP6_UNREACH_ADDRESS);
    net_rig_fini(&rig);
}

static void a_new_address_is_used_once_nobody_objects(void)
{
    struct net_rig rig;
    struct ipv6_hdr hdr;
    struct ndp_msg msg;

    v6_begin(&rig, false);
    EQ(ip6_addr_add(net_rig_iface(&rig, 0), OTHER, 64, true), 0);
    EQ(ip6_addr_kind(&rig.ip, OTHER, NULL), ROUTE_UNICAST);
    net_rig_run(&rig, SIM_SEC(3));
    EQ(ip6_addr_kind(&rig.ip, OTHER, NULL), ROUTE_LOCAL);
    EQ(rig.states[WHY_ADDR6_READY], 1);
    EQ(rig.wires[0].n, 3); /* two reports of its group and the question */
    for (unsigned i = 0; i < 3; i++) {
        struct packet packet = v6_last(&rig, 0, i, &hdr);

        if (hdr.next_header != IP6_NEXT_ICMP)
            continue;
        EQ(ndp_parse(packet.octets + IPV6_HDR_LEN, hdr.payload_len, &msg), DROP_NONE);
        OK(msg.has_nonce && !msg.has_source && ip6_is_any(hdr.src));
    }
    net_rig_fini(&rig);
}

static void a_duplicate_address_is_not_used(void)
{
    struct net_rig rig;
    struct ndp_msg mine = { .type = ICMP6_NEIGHBOR_ADVERT,
                            .target = OTHER,
                            .override = true,
                            .has_target = true,
                            .target_mac = WIRE_MAC(0) };
    struct packet packet = ndp_packet(mine, OTHER, IP6_ALL_NODES);

    v6_begin(&rig, false);
    EQ(ip6_addr_add(net_rig_iface(&rig, 0), OTHER, 64, true), 0);
    v6_send_to(&rig, 0, group_mac(IP6_ALL_NODES), &packet);
    net_rig_run(&rig, SIM_SEC(3));
    EQ(ip6_addr_kind(&rig.ip, OTHER, NULL), ROUTE_UNICAST);
    EQ(rig.states[WHY_ADDR6_DUPLICATE], 1);
    net_rig_fini(&rig);
}

static void a_router_advertisement_gives_a_host_what_it_needs(void)
{
    struct net_rig rig;
    struct ip6_addr router = IP6(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    struct ndp_msg advert = { .type = ICMP6_ROUTER_ADVERT,
                              .hop_limit = 50,
                              .lifetime = 1800,
                              .has_source = true,
                              .source_mac = WIRE_MAC(0),
                              .n_prefixes = 1 };
    struct ip6_addr made = IP6(0x2001, 0xdb8, 5, 0, 0, 0xff, 0xfe00, 0x101);
    struct packet packet;
    struct route6 route;

    advert.prefixes[0] = (struct ndp_prefix){ .prefix = IP6(0x2001, 0xdb8, 5, 0, 0, 0, 0, 0),
                                              .len = 64,
                                              .on_link = true,
                                              .autonomous = true,
                                              .valid = 7200,
                                              .preferred = 3600 };
    packet = ndp_packet(advert, router, IP6_ALL_NODES);
    v6_begin(&rig, false);
    v6_send_to(&rig, 0, group_mac(IP6_ALL_NODES), &packet);
    net_rig_run(&rig, SIM_SEC(3));
    OK(ip6_addr_find(&rig.ip, made) != NULL && !ip6_addr_find(&rig.ip, made)->tentative);
    EQ(ip6_route(&rig.ip, IP6(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1), IP6_ANY, NULL, &route), 0);
    OK(ip6_eq(route.next_hop, router));
    net_rig_run(&rig, SIM_SEC(7300)); /* both are over */
    OK(ip6_addr_find(&rig.ip, made) == NULL);
    EQ(ip6_route(&rig.ip, IP6(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1), IP6_ANY, NULL, &route),
       -SIM_ENETUNREACH);
    net_rig_fini(&rig);
}

/* A router says that addresses of 2001:db8:5::/64 are valid for @seconds; the one made of it. */
static struct ip6_addr advertise(struct net_rig *rig, uint32_t seconds)
{
    struct ndp_msg advert = { .type = ICMP6_ROUTER_ADVERT, .n_prefixes = 1 };
    struct packet packet;

    advert.prefixes[0] = (struct ndp_prefix){ .prefix = IP6(0x2001, 0xdb8, 5, 0, 0, 0, 0, 0),
                                              .len = 64,
                                              .autonomous = true,
                                              .valid = seconds,
                                              .preferred = seconds };
    packet = ndp_packet(advert, IP6(0xfe80, 0, 0, 0, 0, 0, 0, 1), IP6_ALL_NODES);
    v6_send_to(rig, 0, group_mac(IP6_ALL_NODES), &packet);
    return IP6(0x2001, 0xdb8, 5, 0, 0, 0xff, 0xfe00, 0x101);
}

static void an_address_may_be_over_before_it_is_ready(void)
{
    struct net_rig rig;
    struct ip6_addr made;

    v6_begin(&rig, false);
    made = advertise(&rig, 1);
    OK(ip6_addr_find(&rig.ip, made) != NULL && ip6_addr_find(&rig.ip, made)->tentative);
    net_rig_run(&rig, SIM_SEC(3)); /* duplicate address detection takes more than a second */
    OK(ip6_addr_find(&rig.ip, made) == NULL);
    EQ(rig.states[WHY_ADDR6_READY], 0);
    net_rig_fini(&rig);
}

static void a_duplicate_address_is_over_in_time_too(void)
{
    struct net_rig rig;
    struct ndp_msg owner = { .type = ICMP6_NEIGHBOR_ADVERT,
                             .has_target = true,
                             .target_mac = WIRE_MAC(0) };
    struct packet packet;

    v6_begin(&rig, false);
    owner.target = advertise(&rig, 10);
    packet = ndp_packet(owner, owner.target, IP6_ALL_NODES);
    v6_send_to(&rig, 0, group_mac(IP6_ALL_NODES), &packet);
    net_rig_run(&rig, SIM_SEC(9));
    OK(ip6_addr_find(&rig.ip, owner.target) != NULL &&
       ip6_addr_find(&rig.ip, owner.target)->dad_failed);
    net_rig_run(&rig, SIM_SEC(11));
    OK(ip6_addr_find(&rig.ip, owner.target) == NULL);
    net_rig_fini(&rig);
}

static void queries_are_answered_with_every_group(void)
{
    struct net_rig rig;
    struct ip6_addr router = IP6(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    uint8_t query[28] = { ICMP6_MLD_QUERY, 0, 0, 0, 0, 100 };
    struct icmp6_hdr icmp = { .type = ICMP6_MLD_QUERY, .rest = 100 << 16 };
    struct mld_record record;
    struct packet packet;
    struct ipv6_hdr hdr;
    size_t at = 0;
    unsigned n = 0;

    icmp6_emit(&icmp, query, sizeof query, router, IP6_ALL_NODES);
    packet = v6_packet(
        (struct ipv6_hdr){
            .next_header = IP6_NEXT_ICMP, .hop_limit = 1, .src = router, .dst = IP6_ALL_NODES },
        query, sizeof query);
    v6_begin(&rig, false);
    v6_send_to(&rig, 0, group_mac(IP6_ALL_NODES), &packet);
    net_rig_run(&rig, SIM_SEC(1));
    EQ(rig.wires[0].n, 1);
    packet = v6_last(&rig, 0, 0, &hdr);
    EQ(hdr.hop_limit, 1);
    EQ(hdr.next_header, IP6_NEXT_HOP_BY_HOP);
    while (mld_record_next(packet.octets + 48, packet.len - 48, &at, &record)) {
        EQ(record.type, MLD_MODE_IS_EXCLUDE);
        n++;
    }
    EQ(n, 2); /* solicited-node groups of its two addresses */
    net_rig_fini(&rig);
}

UNIT_MAIN("ndp", TEST(a_solicitation_is_answered_and_its_sender_learned),
          TEST(a_probe_comes_from_the_link_local_address),
          TEST(a_question_without_address_is_answered_to_all),
          TEST(what_did_not_start_on_the_link_is_dropped), TEST(a_packet_waits_for_the_answer),
          TEST(after_three_questions_the_sender_is_told),
          TEST(an_address_may_be_over_before_it_is_ready),
          TEST(a_duplicate_address_is_over_in_time_too),
          TEST(a_new_address_is_used_once_nobody_objects), TEST(a_duplicate_address_is_not_used),
          TEST(a_router_advertisement_gives_a_host_what_it_needs),
          TEST(queries_are_answered_with_every_group))
