/* Fragments of IPv6: RFC 8200 section 4.5, RFC 5722, RFC 6946. */
#include "tests/support/v6_wire.h"

static struct packet whole; /* an echo request of 1000 octets of ICMPv6 */

static void begin(struct net_rig *rig)
{
    v6_begin(rig, false);
    whole = v6_echo(V6_PEER, V6_MINE, 992);
}

static void send_piece(struct net_rig *rig, size_t from, size_t to, bool more)
{
    struct packet piece = v6_piece(&whole, from, to, more, 7);

    v6_send(rig, 0, &piece);
}

static bool answered(struct net_rig *rig)
{
    struct ipv6_hdr hdr;

    return rig->wires[0].n == 1 && v6_last_icmp(rig, 0, 0, &hdr).type == ICMP6_ECHO_REPLY &&
           hdr.payload_len == 1000;
}

static void fragments_come_together_in_any_order(void)
{
    static const unsigned orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 2, 0, 1 } };

    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct net_rig rig;

        begin(&rig);
        for (unsigned j = 0; j < 3; j++) {
            size_t from = orders[i][j] * 400;

            send_piece(&rig, from, from + 400 < 1000 ? from + 400 : 1000, orders[i][j] < 2);
        }
        OK(answered(&rig));
        net_rig_fini(&rig);
    }
}

static void an_atomic_fragment_is_a_packet(void)
{
    struct net_rig rig;

    begin(&rig);
    send_piece(&rig, 0, 400,
               true); /* of the same identification: they have nothing to do with it */
    send_piece(&rig, 0, 1000, false);
    OK(answered(&rig));
    net_rig_run(&rig, SIM_SEC(63));
    EQ(rig.drops[DROP_FRAGMENT_TIMEOUT], 1);
    net_rig_fini(&rig);
}

static void a_repetition_is_ignored_an_overlap_ends_it(void)
{
    struct net_rig rig;

    begin(&rig);
    send_piece(&rig, 0, 400, true);
    send_piece(&rig, 0, 400, true);
    send_piece(&rig, 0, 240, true); /* within what is there */
    send_piece(&rig, 400, 1000, false);
    OK(answered(&rig));
    send_piece(&rig, 0, 400, true);
    send_piece(&rig, 392, 800, true);
    send_piece(&rig, 400, 1000, false);
    EQ(rig.wires[0].n, 1);
    net_rig_fini(&rig);
}

static void a_final_fragment_in_the_middle_ends_it(void)
{
    struct net_rig rig;

    begin(&rig);
    send_piece(&rig, 0, 400, true);
    send_piece(&rig, 400, 800, true);
    send_piece(&rig, 400, 600, false);
    send_piece(&rig, 800, 1000, false);
    EQ(rig.wires[0].n, 0);
    EQ(rig.drops[DROP_FRAGMENT_OVERLAP], 3);
    net_rig_fini(&rig);
}

static void lengths_that_are_no_eights_are_pointed_at(void)
{
    struct net_rig rig;
    struct ipv6_hdr hdr;
    struct icmp6_hdr icmp;

    begin(&rig);
    send_piece(&rig, 0, 399, true);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_PARAM_PROBLEM);
    EQ(icmp.code, ICMP6_PARAM_FIELD);
    EQ(icmp.rest, 4); /* payload length */
    net_rig_fini(&rig);
}

static void more_than_65535_octets_are_pointed_at(void)
{
    struct net_rig rig;
    struct packet piece;
    struct ipv6_hdr hdr;
    struct icmp6_hdr icmp;

    begin(&rig);
    piece = v6_piece(&whole, 0, 400, true, 7);
    be16_put(piece.octets + 42, 0xfff8 | 1);
    v6_send(&rig, 0, &piece);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.code, ICMP6_PARAM_FIELD);
    EQ(icmp.rest, 42);
    net_rig_fini(&rig);
}

static void the_first_fragment_must_hold_all_headers(void)
{
    struct net_rig rig;
    struct ipv6_hdr hdr;
    struct icmp6_hdr icmp;

    begin(&rig);
    whole.octets[6] = IP_PROTO_TCP;
    send_piece(&rig, 0, 8, true);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_PARAM_PROBLEM);
    EQ(icmp.code, 3); /* RFC 7112 */
    net_rig_fini(&rig);
}

static void after_60_seconds_the_sender_is_told_when_the_first_is_there(void)
{
    struct net_rig rig;
    struct ipv6_hdr hdr;

    begin(&rig);
    send_piece(&rig, 400, 800, true);
    net_rig_run(&rig, SIM_SEC(63));
    EQ(rig.wires[0].n, 0);
    send_piece(&rig, 0, 400, true);
    net_rig_run(&rig, SIM_SEC(63));
    EQ(rig.wires[0].n, 1);
    EQ(v6_last_icmp(&rig, 0, 0, &hdr).type, ICMP6_TIME_EXCEEDED);
    EQ(rig.drops[DROP_FRAGMENT_TIMEOUT], 2);
    net_rig_fini(&rig);
}

static void a_fragment_header_that_is_cut_off_or_within_another_is_pointed_at(void)
{
    struct net_rig rig;
    struct ipv6_hdr hdr;
    struct icmp6_hdr icmp;
    struct packet piece, outer;

    begin(&rig);
    piece = v6_piece(&whole, 0, 1000, false, 7);
    piece.len = IPV6_HDR_LEN + 3;
    be16_put(piece.octets + 4, 3);
    v6_send(&rig, 0, &piece);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_PARAM_PROBLEM);
    EQ(icmp.rest, IPV6_HDR_LEN);
    piece = v6_piece(&whole, 0, 1000, false, 7);
    outer = v6_piece(&piece, 0, 1008, false, 8);
    v6_send(&rig, 0, &outer);
    icmp = v6_last_icmp(&rig, 0, 0, &hdr);
    EQ(icmp.type, ICMP6_PARAM_PROBLEM);
    EQ(icmp.rest, IPV6_HDR_LEN + IPV6_FRAG_HDR_LEN);
    EQ(rig.wires[0].n, 2);
    net_rig_fini(&rig);
}

static void congestion_seen_by_one_piece_was_seen_by_all(void)
{
    struct net_rig rig;
    struct packet piece;

    begin(&rig);
    send_piece(&rig, 0, 400, true); /* who sends it understands no marks */
    piece = v6_piece(&whole, 400, 1000, false, 7);
    piece.octets[1] = 0x30;
    v6_send(&rig, 0, &piece);
    EQ(rig.wires[0].n, 0);
    net_rig_fini(&rig);
}

static void big_packets_are_cut_at_the_source_alone(void)
{
    struct net_rig rig;
    struct ip6_send send = { .dst = V6_PEER, .protocol = 200 };
    struct frame *frame;
    struct ipv6_hdr hdr;
    struct ipv6_frag frag;
    struct packet first, second;

    begin(&rig);
    frame = frame_new(rig.node, 2008);
    memset(frame->data, 'x', 2008);
    EQ(ip6_output(&rig.ip, frame, &send), 0);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 2);
    first = v6_last(&rig, 0, 1, &hdr);
    EQ(first.len, IPV6_HDR_LEN + IPV6_FRAG_HDR_LEN + 1448); /* as Linux cuts it */
    ipv6_frag_parse(first.octets + IPV6_HDR_LEN, &frag);
    OK(frag.more && frag.offset == 0 && frag.next_header == 200);
    second = v6_last(&rig, 0, 0, &hdr);
    EQ(second.len, IPV6_HDR_LEN + IPV6_FRAG_HDR_LEN + 560);
    ipv6_frag_parse(second.octets + IPV6_HDR_LEN, &frag);
    OK(!frag.more && frag.offset == 1448);
    send.dont_fragment = true;
    EQ(ip6_output(&rig.ip, frame_new(rig.node, 2008), &send), -SIM_EMSGSIZE);
    net_rig_fini(&rig);
}

static size_t len_of(const struct net_rig *rig, unsigned back)
{
    struct ipv6_hdr hdr;

    return v6_last(rig, 0, back, &hdr).len;
}

/* Recorded from Linux 6.18 with IPV6_MTU 1300, datagrams of 1300, 1453 and 1253 octets. */
static void who_wants_smaller_fragments_gets_them_where_it_is_cut(void)
{
    struct net_rig rig;
    struct ip6_send send = { .dst = V6_PEER, .protocol = 200, .frag_size = 1300 };

    begin(&rig);
    EQ(ip6_output(&rig.ip, frame_new(rig.node, 1308), &send), 0);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 1);
    EQ(len_of(&rig, 0), 1348); /* the way takes it whole */
    EQ(ip6_output(&rig.ip, frame_new(rig.node, 1461), &send), 0);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(rig.wires[0].n, 3);
    EQ(len_of(&rig, 1), 1296);
    EQ(len_of(&rig, 0), 261);
    send.dont_fragment = true;
    EQ(ip6_output(&rig.ip, frame_new(rig.node, 1261), &send), -SIM_EMSGSIZE);
    net_rig_fini(&rig);
}

UNIT_MAIN("ip6_frag", TEST(fragments_come_together_in_any_order),
          TEST(an_atomic_fragment_is_a_packet), TEST(a_repetition_is_ignored_an_overlap_ends_it),
          TEST(a_final_fragment_in_the_middle_ends_it),
          TEST(lengths_that_are_no_eights_are_pointed_at),
          TEST(more_than_65535_octets_are_pointed_at),
          TEST(the_first_fragment_must_hold_all_headers),
          TEST(after_60_seconds_the_sender_is_told_when_the_first_is_there),
          TEST(a_fragment_header_that_is_cut_off_or_within_another_is_pointed_at),
          TEST(congestion_seen_by_one_piece_was_seen_by_all),
          TEST(big_packets_are_cut_at_the_source_alone),
          TEST(who_wants_smaller_fragments_gets_them_where_it_is_cut))
