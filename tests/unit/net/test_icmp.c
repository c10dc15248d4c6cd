#include "stack/net/icmp.h"

#include "tests/support/net_rig.h"

#define MINE IP4(10, 0, 0, 1)
#define PEER IP4(10, 0, 0, 2)
#define GW   IP4(10, 0, 0, 254)
#define FAR  IP4(10, 1, 0, 2)

static void begin(struct net_rig *rig)
{
    net_rig_init(rig, 2);
    net_rig_address(rig, 0, MINE, 24);
    net_rig_address(rig, 1, IP4(10, 1, 0, 1), 24);
    net_rig_neighbor(rig, 0, PEER);
    net_rig_neighbor(rig, 0, GW);
    net_rig_neighbor(rig, 1, FAR);
}

static void take(struct net_rig *rig, const struct packet *packet)
{
    wire_send(rig, 0, packet);
    net_rig_run(rig, SIM_USEC(100));
}

static struct packet unknown_protocol(ip4_addr src, ip4_addr dst, size_t len)
{
    static const uint8_t zeros[9000];
    struct ipv4_hdr hdr = { .protocol = 99, .src = src, .dst = dst, .tos = 0x04 };

    return packet_ip(&hdr, zeros, len);
}

static void echo_comes_back_unchanged(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet = packet_echo(PEER, IP4(10, 1, 0, 1), ICMP_ECHO_REQUEST, 7, 9), answer;

    begin(&rig);
    packet.octets[1] = 0x10;
    be16_put(packet.octets + 10, 0);
    be16_put(packet.octets + 10, checksum_finish(checksum_add(0, packet.octets, 20)));
    take(&rig, &packet);
    answer = wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.src, IP4(10, 1, 0, 1)); /* the address that was asked */
    EQ(hdr.tos, 0x10);
    EQ(hdr.ttl, 64);
    EQ(answer.octets[20], ICMP_ECHO_REPLY);
    EQ_MEM(answer.octets + 24, packet.octets + 24, packet.len - 24);
    net_rig_fini(&rig);
}

static void echo_to_a_broadcast_is_not_answered(void)
{
    struct net_rig rig;
    struct packet packet = packet_echo(PEER, IP4(10, 0, 0, 255), ICMP_ECHO_REQUEST, 7, 9);

    begin(&rig);
    wire_broadcast(&rig, 0, &packet);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 0);
    rig.ip.sysctl.icmp_echo_ignore_broadcasts = false;
    wire_broadcast(&rig, 0, &packet);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 1);
    net_rig_fini(&rig);
}

static void bad_checksum_and_unknown_types_are_dropped(void)
{
    struct net_rig rig;
    struct packet packet = packet_echo(PEER, MINE, ICMP_ECHO_REQUEST, 7, 9);

    begin(&rig);
    packet.octets[22] ^= 1;
    take(&rig, &packet);
    EQ(rig.drops[DROP_BAD_CHECKSUM], 1);
    packet = packet_icmp(PEER, MINE, icmp_make(99, 0), NULL, 0);
    take(&rig, &packet);
    EQ(rig.drops[DROP_ICMP_UNKNOWN_TYPE], 1);
    EQ(rig.wires[0].n, 0);
    net_rig_fini(&rig);
}

static void unknown_protocol_is_told_with_as_much_as_fits_into_576_octets(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr;
    struct packet packet = unknown_protocol(PEER, MINE, 40), answer;

    begin(&rig);
    take(&rig, &packet);
    answer = wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.tos, 0xc4);
    EQ(answer.octets[20], ICMP_DEST_UNREACH);
    EQ(answer.octets[21], ICMP_UNREACH_PROTOCOL);
    EQ(answer.len, 28 + packet.len);
    EQ_MEM(answer.octets + 28, packet.octets, packet.len);
    packet = unknown_protocol(PEER, MINE, 1000);
    take(&rig, &packet);
    answer = wire_packet(&rig, 0, 0, &hdr);
    EQ(answer.len, 576);
    net_rig_fini(&rig);
}

static void no_error_about_errors_broadcasts_fragments_and_bad_sources(void)
{
    struct net_rig rig;
    struct ipv4_hdr hdr = { .protocol = 99, .src = PEER, .dst = MINE, .frag_off = 8 };
    struct packet quote = packet_udp((struct endpoint){ FAR, 1 }, (struct endpoint){ PEER, 2 }, 8);
    struct packet packet =
        packet_icmp(PEER, FAR, icmp_make(ICMP_TIME_EXCEEDED, 0), quote.octets, quote.len);

    begin(&rig);
    rig.ip.sysctl.forwarding = true;
    packet.octets[8] = 1; /* its TTL runs out here */
    be16_put(packet.octets + 10, 0);
    be16_put(packet.octets + 10, checksum_finish(checksum_add(0, packet.octets, 20)));
    take(&rig, &packet);
    EQ(rig.drops[DROP_TTL_EXPIRED], 1);
    packet = unknown_protocol(PEER, IP4(10, 0, 0, 255), 40);
    take(&rig, &packet);
    hdr.dst = FAR;
    hdr.ttl = 1;
    packet = packet_ip(&hdr, "12345678", 8);
    take(&rig, &packet);
    EQ(rig.drops[DROP_TTL_EXPIRED], 2);
    EQ(rig.wires[0].n, 0);
    net_rig_fini(&rig);
}

static void errors_to_one_host_come_six_at_once_then_one_a_second(void)
{
    struct net_rig rig;
    struct packet packet = unknown_protocol(PEER, MINE, 40);

    begin(&rig);
    for (int i = 0; i < 20; i++)
        take(&rig, &packet);
    EQ(rig.wires[0].n, 6);
    EQ(rig.states[WHY_ICMP_RATE_LIMITED], 14);
    net_rig_run(&rig, SIM_SEC(1));
    take(&rig, &packet);
    take(&rig, &packet);
    EQ(rig.wires[0].n, 7);
    packet = packet_echo(PEER, MINE, ICMP_ECHO_REQUEST, 1, 1); /* answers are not limited */
    for (int i = 0; i < 20; i++)
        take(&rig, &packet);
    EQ(rig.wires[0].n, 27);
    net_rig_fini(&rig);
}

static void errors_of_a_host_come_fifty_at_once_then_one_a_millisecond_in_lots(void)
{
    static const unsigned due[] = { 50, 50, 77, 77 }; /* 27 ms after the first */
    struct net_rig rig;
    uint8_t peer = 10;

    begin(&rig);
    for (int i = 0; i < 100; i++)
        net_rig_neighbor(&rig, 0, IP4(10, 0, 0, 10 + i));
    for (unsigned round = 0; round < 4; round++) {
        for (int i = 0; i < (round == 0 ? 60 : 10 + 20 * (round == 2)); i++) {
            struct packet packet = unknown_protocol(IP4(10, 0, 0, peer), MINE, 40);

            peer = (uint8_t)(peer == 109 ? 10 : peer + 1);
            take(&rig, &packet);
        }
        EQ(rig.wires[0].n, due[round]);
        net_rig_run(&rig, SIM_MSEC(round == 0 ? 5 : 15));
    }
    net_rig_fini(&rig);
}

static void no_route_has_a_limit_of_its_own_on_the_same_tokens(void)
{
    struct net_rig rig;
    struct packet packet = unknown_protocol(PEER, IP4(9, 9, 9, 9), 40);
    struct ipv4_hdr hdr;

    begin(&rig);
    rig.ip.sysctl.forwarding = true;
    for (int i = 0; i < 10; i++)
        take(&rig, &packet);
    EQ(rig.wires[0].n, 2); /* each costs two of five */
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(packet.octets[21], ICMP_UNREACH_NET);
    net_rig_fini(&rig);
}

static void redirect_is_sent_for_a_gateway_on_the_same_link_with_growing_pauses(void)
{
    struct net_rig rig;
    struct packet packet = unknown_protocol(PEER, IP4(9, 9, 9, 9), 40);
    struct ipv4_hdr hdr;

    begin(&rig);
    rig.ip.sysctl.forwarding = true;
    net_rig_route(&rig, 0, 0, GW, 0);
    take(&rig, &packet);
    EQ(rig.wires[0].n, 2);
    packet = wire_packet(&rig, 0, 1, &hdr);
    EQ(packet.octets[20], ICMP_REDIRECT);
    EQ(be32_get(packet.octets + 24), GW);
    packet = unknown_protocol(PEER, IP4(9, 9, 9, 9), 40);
    take(&rig, &packet);
    EQ(rig.states[WHY_ICMP_REDIRECT] + rig.wires[0].n, 3);
    net_rig_run(&rig, SIM_MSEC(41));
    take(&rig, &packet);
    EQ(rig.wires[0].n, 5);
    for (int i = 0; i < 20; i++) { /* nine at most */
        net_rig_run(&rig, SIM_SEC(15));
        take(&rig, &packet);
    }
    EQ(rig.wires[0].n, 5 + 20 + 7);
    net_rig_run(&rig, SIM_SEC(21));
    take(&rig, &packet);
    EQ(rig.wires[0].n, 5 + 20 + 7 + 2);
    net_rig_fini(&rig);
}

static struct packet about(ip4_addr from, struct icmp_hdr icmp, ip4_addr dst)
{
    struct ipv4_hdr hdr = { .protocol = 99, .src = MINE, .dst = dst };
    struct packet quote = packet_ip(&hdr, "12345678", 8);

    return packet_icmp(from, MINE, icmp, quote.octets, quote.len);
}

static struct route route_to(struct net_rig *rig, ip4_addr dst)
{
    struct route route;

    EQ(ip_route(&rig->ip, dst, 0, NULL, &route), 0);
    return route;
}

static void path_mtu_is_learned_for_ten_minutes(void)
{
    struct net_rig rig;
    struct packet packet;
    struct route route, old;

    begin(&rig);
    net_rig_route(&rig, 0, 0, GW, 0);
    packet = about(GW, icmp_make_frag_needed(1000), IP4(9, 9, 9, 9));
    take(&rig, &packet);
    old = route = route_to(&rig, IP4(9, 9, 9, 9));
    EQ(ip_path_mtu(&rig.ip, &route), 1000);
    OK(!route.mtu_locked);
    packet = about(GW, icmp_make_frag_needed(1200), IP4(9, 9, 9, 9)); /* never up */
    take(&rig, &packet);
    route = route_to(&rig, IP4(9, 9, 9, 9));
    EQ(ip_path_mtu(&rig.ip, &route), 1000);
    route = route_to(&rig, IP4(9, 9, 9, 8));
    EQ(ip_path_mtu(&rig.ip, &route), 1500);
    OK(route_valid(&rig.ip, &old));
    net_rig_run(&rig, SIM_SEC(601));
    OK(!route_valid(&rig.ip, &old));
    route = route_to(&rig, IP4(9, 9, 9, 9));
    EQ(ip_path_mtu(&rig.ip, &route), 1500);
    net_rig_fini(&rig);
}

static void suspiciously_small_path_mtu_is_552_and_fragments(void)
{
    struct net_rig rig;
    struct packet packet;
    struct route route;
    struct ip_send send = { .dst = IP4(9, 9, 9, 9), .protocol = 99, .df = true };
    struct ipv4_hdr hdr;

    begin(&rig);
    net_rig_route(&rig, 0, 0, GW, 0);
    packet = about(GW, icmp_make_frag_needed(100), IP4(9, 9, 9, 9));
    take(&rig, &packet);
    route = route_to(&rig, IP4(9, 9, 9, 9));
    EQ(ip_path_mtu(&rig.ip, &route), 552);
    OK(route.mtu_locked);
    EQ(ip_output(&rig.ip, frame_new(rig.node, 8), &send), 0);
    net_rig_run(&rig, SIM_MSEC(1));
    wire_packet(&rig, 0, 0, &hdr);
    OK(!hdr.df);
    net_rig_fini(&rig);
}

static void host_follows_a_redirect_of_its_gateway_only_and_for_five_minutes(void)
{
    struct net_rig rig;
    struct packet packet;
    struct route route;

    begin(&rig);
    net_rig_route(&rig, 0, 0, GW, 0);
    packet = about(IP4(10, 0, 0, 7), icmp_make_redirect(1, PEER), IP4(9, 9, 9, 9));
    take(&rig, &packet);
    EQ(rig.drops[DROP_REDIRECT_IGNORED], 1);
    packet = about(GW, icmp_make_redirect(1, IP4(8, 8, 8, 8)), IP4(9, 9, 9, 9));
    take(&rig, &packet); /* that one is asked for, not followed */
    route = route_to(&rig, IP4(9, 9, 9, 9));
    EQ(route.next_hop, GW);
    packet = about(GW, icmp_make_redirect(1, PEER), IP4(9, 9, 9, 9));
    take(&rig, &packet);
    route = route_to(&rig, IP4(9, 9, 9, 9));
    EQ(route.next_hop, PEER);
    OK(route.redirected);
    route = route_to(&rig, IP4(9, 9, 9, 8));
    EQ(route.next_hop, GW);
    net_rig_run(&rig, SIM_SEC(301));
    route = route_to(&rig, IP4(9, 9, 9, 9));
    EQ(route.next_hop, GW);
    net_rig_fini(&rig);
}

static void router_does_not_follow_redirects(void)
{
    struct net_rig rig;
    struct packet packet;

    begin(&rig);
    rig.ip.sysctl.forwarding = true;
    net_rig_route(&rig, 0, 0, GW, 0);
    packet = about(GW, icmp_make_redirect(1, PEER), IP4(9, 9, 9, 9));
    take(&rig, &packet);
    EQ(rig.drops[DROP_REDIRECT_IGNORED], 1);
    net_rig_fini(&rig);
}

struct heard {
    unsigned n;
    struct ip_error last;
};

static void hear(void *ctx, const struct ip_error *error)
{
    struct heard *heard = ctx;

    heard->n++;
    heard->last = *error;
}

static void ignore(void *ctx, struct frame *frame, const struct ip_rx *rx)
{
    (void)ctx;
    (void)rx;
    frame_free(frame);
}

static const struct ip_upper_protocol protocol_99 = { .number = 99,
                                                      .input = ignore,
                                                      .error = hear };

static void errors_reach_their_protocol_with_linux_numbers(void)
{
    static const struct {
        uint8_t type, code;
        int errnum; /* 0: not told */
        bool hard;
    } cases[] = { { 3, 0, SIM_ENETUNREACH, false },   { 3, 1, SIM_EHOSTUNREACH, false },
                  { 3, 2, SIM_ENOPROTOOPT, true },    { 3, 3, SIM_ECONNREFUSED, true },
                  { 3, 13, SIM_EHOSTUNREACH, true },  { 3, 16, 0, false },
                  { 11, 0, SIM_EHOSTUNREACH, false }, { 11, 1, 0, false },
                  { 12, 0, SIM_EPROTO, true },        { 4, 0, 0, false } };
    struct net_rig rig;
    struct heard heard = { 0 };

    begin(&rig);
    ip_register(&rig.ip, &protocol_99, &heard);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct packet packet = about(PEER, icmp_make(cases[i].type, cases[i].code), PEER);

        heard.n = 0;
        take(&rig, &packet);
        EQ(heard.n, cases[i].errnum != 0);
        if (heard.n == 0)
            continue;
        EQ(heard.last.errnum, cases[i].errnum);
        EQ(heard.last.hard, cases[i].hard);
    }
    net_rig_fini(&rig);
}

static void own_packet_without_neighbor_is_an_error_through_lo(void)
{
    struct net_rig rig;
    struct heard heard = { 0 };
    struct ip_send send = { .dst = IP4(10, 0, 0, 77), .protocol = 99 };

    begin(&rig);
    ip_register(&rig.ip, &protocol_99, &heard);
    EQ(ip_output(&rig.ip, frame_new(rig.node, 8), &send), 0);
    net_rig_run(&rig, SIM_SEC(4));
    EQ(heard.n, 1);
    EQ(heard.last.errnum, SIM_EHOSTUNREACH);
    EQ(heard.last.from.addr, MINE);
    EQ(rig.wires[0].n, 3); /* the ARP requests alone */
    net_rig_fini(&rig);
}

UNIT_MAIN("icmp", TEST(echo_comes_back_unchanged), TEST(echo_to_a_broadcast_is_not_answered),
          TEST(bad_checksum_and_unknown_types_are_dropped),
          TEST(unknown_protocol_is_told_with_as_much_as_fits_into_576_octets),
          TEST(no_error_about_errors_broadcasts_fragments_and_bad_sources),
          TEST(errors_to_one_host_come_six_at_once_then_one_a_second),
          TEST(errors_of_a_host_come_fifty_at_once_then_one_a_millisecond_in_lots),
          TEST(no_route_has_a_limit_of_its_own_on_the_same_tokens),
          TEST(redirect_is_sent_for_a_gateway_on_the_same_link_with_growing_pauses),
          TEST(path_mtu_is_learned_for_ten_minutes),
          TEST(suspiciously_small_path_mtu_is_552_and_fragments),
          TEST(host_follows_a_redirect_of_its_gateway_only_and_for_five_minutes),
          TEST(router_does_not_follow_redirects),
          TEST(errors_reach_their_protocol_with_linux_numbers),
          TEST(own_packet_without_neighbor_is_an_error_through_lo))
