/* IPv6 of one node: headers, options, forwarding, errors. */
#include "tests/support/v6_wire.h"

static void nothing_is_there_until_it_is_on(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, V6_MINE, 8);

    net_rig_init(&rig, 1);
    OK(!ip6_enabled(&rig.ip));
    v6_send(&rig, 0, &echo);
    EQ(rig.drops[DROP_UNKNOWN_ETHERTYPE], 1);
    net_rig_fini(&rig);
}

static void an_interface_gets_its_link_local_address(void)
{
    struct net_rig rig;

    v6_begin(&rig, false);
    OK(ip6_addr_find(&rig.ip, IP6(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 0x101)) != NULL);
    OK(ip6_addr_find(&rig.ip, IP6_LOOPBACK) != NULL);
    EQ(rig.wires[0].n, 0); /* a network starts with its addresses in use: nothing is sent */
    net_rig_fini(&rig);
}

static void echo_is_answered_from_the_address_asked(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, V6_MINE, 56);
    struct ipv6_hdr hdr;
    struct icmp6_hdr icmp;

    v6_begin(&rig, false);
    v6_send(&rig, 0, &echo);
    EQ(rig.wires[0].n, 1);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_ECHO_REPLY);
    EQ(icmp.rest, 0x00070001);
    OK(ip6_eq(hdr.src, V6_MINE) && ip6_eq(hdr.dst, V6_PEER));
    EQ(hdr.hop_limit, 64);
    EQ(hdr.payload_len, 64);
    net_rig_fini(&rig);
}

static void echo_to_all_nodes_is_answered_from_a_real_address(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, IP6_ALL_NODES, 8);
    struct ipv6_hdr hdr;

    v6_begin(&rig, false);
    v6_send_to(&rig, 0, (struct mac_addr){ { 0x33, 0x33, 0, 0, 0, 1 } }, &echo);
    EQ(v6_last_icmp(&rig, 0, 0, &hdr).type, ICMP6_ECHO_REPLY);
    OK(ip6_eq(hdr.src, V6_MINE));
    net_rig_fini(&rig);
}

static void a_next_header_nobody_knows_is_pointed_at(void)
{
    struct net_rig rig;
    struct packet packet = v6_packet(
        (struct ipv6_hdr){ .next_header = 200, .src = V6_PEER, .dst = V6_MINE }, "12345678", 8);
    const uint8_t options[8] = { 0, 0, 1, 4, 0, 0, 0, 0 };
    struct packet behind = v6_with_ext(&packet, IP6_NEXT_DESTINATION, options, 8);
    struct ipv6_hdr hdr;
    struct icmp6_hdr icmp;

    v6_begin(&rig, false);
    v6_send(&rig, 0, &packet);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_PARAM_PROBLEM);
    EQ(icmp.code, ICMP6_PARAM_NEXT_HEADER);
    EQ(icmp.rest, 6);
    v6_send(&rig, 0, &behind);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.code, ICMP6_PARAM_NEXT_HEADER);
    EQ(icmp.rest, 40); /* the field that named it stands in the options header */
    net_rig_fini(&rig);
}

/* What the first two bits of an unknown option ask for. */
static void unknown_options_do_what_their_first_bits_say(void)
{
    static const struct {
        uint8_t kind;
        bool answered, complained;
    } cases[] = {
        { 0x1e, true, false }, { 0x5e, false, false }, { 0x9e, false, true }, { 0xde, false, true }
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_rig rig;
        struct packet echo = v6_echo(V6_PEER, V6_MINE, 8);
        uint8_t options[8] = { 0, 0, cases[i].kind, 4, 0, 0, 0, 0 };
        struct packet packet = v6_with_ext(&echo, IP6_NEXT_HOP_BY_HOP, options, 8);
        struct ipv6_hdr hdr;
        struct icmp6_hdr icmp;

        v6_begin(&rig, false);
        v6_send(&rig, 0, &packet);
        EQ(rig.wires[0].n, cases[i].answered || cases[i].complained);
        if (rig.wires[0].n > 0) {
            icmp = v6_last_icmp(&rig, 0, 0, &hdr);
            EQ(icmp.type, cases[i].answered ? ICMP6_ECHO_REPLY : ICMP6_PARAM_PROBLEM);
            if (cases[i].complained) {
                EQ(icmp.code, ICMP6_PARAM_OPTION);
                EQ(icmp.rest, 42);
            }
        }
        net_rig_fini(&rig);
    }
}

static void routing_headers_are_taken_when_nothing_is_left(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, V6_MINE, 8);
    uint8_t routing[24] = { 0, 2, 0, 0 };
    struct packet packet = v6_with_ext(&echo, IP6_NEXT_ROUTING, routing, 24);
    struct ipv6_hdr hdr;
    struct icmp6_hdr icmp;

    v6_begin(&rig, false);
    v6_send(&rig, 0, &packet);
    EQ(v6_last_icmp(&rig, 0, 0, &hdr).type, ICMP6_ECHO_REPLY);
    packet.octets[IPV6_HDR_LEN + 3] = 1; /* segments left */
    v6_send(&rig, 0, &packet);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_PARAM_PROBLEM);
    EQ(icmp.code, ICMP6_PARAM_FIELD);
    EQ(icmp.rest, 42); /* the type of the header */
    EQ(rig.wires[0].n, 2);
    packet.octets[IPV6_HDR_LEN + 2] =
        4; /* segment routing is switched off, of which nothing is said */
    v6_send(&rig, 0, &packet);
    EQ(rig.wires[0].n, 2);
    net_rig_fini(&rig);
}

static void no_next_header_is_the_end_in_silence(void)
{
    struct net_rig rig;
    struct packet packet =
        v6_packet((struct ipv6_hdr){ .next_header = IP6_NEXT_NONE, .src = V6_PEER, .dst = V6_MINE },
                  "12345678", 8);

    v6_begin(&rig, false);
    v6_send(&rig, 0, &packet);
    EQ(rig.wires[0].n, 0);
    net_rig_fini(&rig);
}

static void a_router_forwards_with_one_hop_less(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, V6_FAR, 8);
    struct ipv6_hdr hdr;

    v6_begin(&rig, true);
    v6_send(&rig, 0, &echo);
    EQ(rig.wires[1].n, 1);
    v6_last(&rig, 1, 0, &hdr);
    EQ(hdr.hop_limit, 63);
    EQ(wire_last(&rig, 1, 0)->why.code, WHY_IP6_FORWARD_DIRECT);
    net_rig_fini(&rig);
}

static void a_host_does_not_forward(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, V6_FAR, 8);

    v6_begin(&rig, false);
    v6_send(&rig, 0, &echo);
    EQ(rig.drops[DROP_IP_NOT_MINE], 1);
    net_rig_fini(&rig);
}

static void a_router_tells_why_it_cannot_forward(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(V6_PEER, V6_FAR, 8), big = v6_echo(V6_PEER, V6_FAR, 1452);
    struct packet lost = v6_echo(V6_PEER, IP6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1), 8);
    struct ipv6_hdr hdr;
    struct icmp6_hdr icmp;

    v6_begin(&rig, true);
    rig.ip.ifaces[2]->mtu = 1400;
    echo.octets[7] = 1;
    v6_send(&rig, 0, &echo);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_TIME_EXCEEDED);
    OK(ip6_eq(hdr.src, V6_MINE));
    v6_send(&rig, 0, &lost);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_DEST_UNREACH);
    EQ(icmp.code, ICMP6_UNREACH_NO_ROUTE);
    v6_send(&rig, 0, &big);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_PACKET_TOO_BIG);
    EQ(icmp.rest, 1400);
    EQ(hdr.payload_len, 1280 - IPV6_HDR_LEN); /* as much as fits into the smallest MTU */
    EQ(rig.wires[1].n, 0);
    net_rig_fini(&rig);
}

static void link_local_packets_stay_on_the_link(void)
{
    struct net_rig rig;
    struct packet echo = v6_echo(IP6(0xfe80, 0, 0, 0, 0, 0, 0, 9), V6_FAR, 8);

    v6_begin(&rig, true);
    v6_send(&rig, 0, &echo);
    EQ(rig.wires[1].n, 0);
    EQ(rig.drops[DROP_MARTIAN_SOURCE], 1);
    net_rig_fini(&rig);
}

static void no_error_is_sent_about_an_error_or_a_group(void)
{
    struct net_rig rig;
    uint8_t body[56] = { 0 };
    struct icmp6_hdr icmp = { .type = 100 };
    struct packet packet;

    v6_begin(&rig, true);
    icmp6_emit(&icmp, body, sizeof body, V6_PEER, IP6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1));
    packet = v6_packet((struct ipv6_hdr){ .next_header = IP6_NEXT_ICMP,
                                          .src = V6_PEER,
                                          .dst = IP6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1) },
                       body, sizeof body);
    v6_send(&rig, 0, &packet);
    EQ(rig.drops[DROP_NO_ROUTE], 1);
    packet = v6_packet(
        (struct ipv6_hdr){ .next_header = 200, .src = V6_PEER, .dst = IP6_ALL_NODES }, body, 8);
    v6_send_to(&rig, 0, (struct mac_addr){ { 0x33, 0x33, 0, 0, 0, 1 } }, &packet);
    EQ(rig.drops[DROP_UNKNOWN_PROTOCOL], 1);
    EQ(rig.wires[0].n, 0);
    net_rig_fini(&rig);
}

static void too_big_makes_the_path_smaller_unless_it_says_less_than_1280(void)
{
    struct net_rig rig;
    struct packet sent = v6_echo(V6_MINE, V6_PEER, 1400), error;
    struct icmp6_hdr icmp = { .type = ICMP6_PACKET_TOO_BIG, .rest = 1300 };
    uint8_t body[200] = { 0 };
    struct route6 route;

    v6_begin(&rig, false);
    memcpy(body + ICMP6_HDR_LEN, sent.octets, sizeof body - ICMP6_HDR_LEN);
    for (unsigned i = 0; i < 2; i++) {
        icmp6_emit(&icmp, body, sizeof body, V6_PEER, V6_MINE);
        error = v6_packet(
            (struct ipv6_hdr){ .next_header = IP6_NEXT_ICMP, .src = V6_PEER, .dst = V6_MINE }, body,
            sizeof body);
        v6_send(&rig, 0, &error);
        EQ(ip6_route(&rig.ip, V6_PEER, IP6_ANY, NULL, &route), 0);
        EQ(ip6_path_mtu(&route), 1300);
        icmp.rest = 600;
    }
    net_rig_fini(&rig);
}

static void the_source_follows_rfc_6724(void)
{
    struct net_rig rig;
    struct route6 route;
    struct ip6_addr ula = IP6(0xfd00, 0, 0, 0, 0, 0, 0, 1);

    v6_begin(&rig, false);
    EQ(ip6_addr_add(net_rig_iface(&rig, 0), ula, 64, false), 0);
    EQ(ip6_route(&rig.ip, V6_PEER, IP6_ANY, NULL, &route), 0);
    OK(ip6_eq(route.src, V6_MINE));
    EQ(ip6_route(&rig.ip, IP6(0xfd00, 0, 0, 0, 0, 0, 0, 7), IP6_ANY, NULL, &route), 0);
    OK(ip6_eq(route.src, ula));
    EQ(ip6_route(&rig.ip, IP6(0xfe80, 0, 0, 0, 0, 0, 0, 7), IP6_ANY, net_rig_iface(&rig, 1),
                 &route),
       0);
    OK(ip6_eq(route.src, IP6(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 0x102)));
    EQ(ip6_route(&rig.ip, IP6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 7), IP6_ANY, NULL, &route),
       -SIM_ENETUNREACH);
    net_rig_fini(&rig);
}

UNIT_MAIN("ip6", TEST(nothing_is_there_until_it_is_on),
          TEST(an_interface_gets_its_link_local_address),
          TEST(echo_is_answered_from_the_address_asked),
          TEST(echo_to_all_nodes_is_answered_from_a_real_address),
          TEST(a_next_header_nobody_knows_is_pointed_at),
          TEST(unknown_options_do_what_their_first_bits_say),
          TEST(routing_headers_are_taken_when_nothing_is_left),
          TEST(no_next_header_is_the_end_in_silence), TEST(a_router_forwards_with_one_hop_less),
          TEST(a_host_does_not_forward), TEST(a_router_tells_why_it_cannot_forward),
          TEST(link_local_packets_stay_on_the_link),
          TEST(no_error_is_sent_about_an_error_or_a_group),
          TEST(too_big_makes_the_path_smaller_unless_it_says_less_than_1280),
          TEST(the_source_follows_rfc_6724))
