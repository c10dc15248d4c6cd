#include "tests/support/net_rig.h"

#define MINE IP4(10, 0, 0, 1)
#define PEER IP4(10, 0, 0, 2)
#define FAR  IP4(10, 1, 0, 2)

/* What protocol 200 of the node received last. */
struct got {
    unsigned n;
    uint8_t tos;
    size_t len;
    uint8_t octets[9000];
};

static void take(void *ctx, struct frame *frame, const struct ip_rx *rx)
{
    struct got *got = ctx;

    got->n++;
    got->tos = rx->hdr->tos;
    got->len = frame_size(frame);
    frame_copy_out(frame, 0, got->octets, got->len);
    frame_free(frame);
}

static void begin(struct net_rig *rig, struct got *got)
{
    static const struct ip_upper_protocol protocol = { .number = 200, .input = take };

    net_rig_init(rig, 2);
    net_rig_address(rig, 0, MINE, 24);
    net_rig_address(rig, 1, IP4(10, 1, 0, 1), 24);
    net_rig_neighbor(rig, 0, PEER);
    net_rig_neighbor(rig, 1, FAR);
    *got = (struct got){ 0 };
    ip_register(&rig->ip, &protocol, got);
}

static void send_piece(struct net_rig *rig, struct ipv4_hdr hdr, size_t len)
{
    uint8_t octets[2000];
    struct packet packet;

    for (size_t i = 0; i < len; i++)
        octets[i] = (uint8_t)((hdr.frag_off + i) % 251);
    packet = packet_ip(&hdr, octets, len);
    wire_send(rig, 0, &packet);
    net_rig_run(rig, SIM_MSEC(1));
}

static void piece(struct net_rig *rig, uint16_t id, ip4_addr src, uint16_t offset, size_t len,
                  bool more)
{
    send_piece(
        rig,
        (struct ipv4_hdr){
            .protocol = 200, .src = src, .dst = MINE, .id = id, .mf = more, .frag_off = offset },
        len);
}

static void marked_piece(struct net_rig *rig, uint16_t id, uint8_t tos, uint16_t offset, size_t len,
                         bool more)
{
    send_piece(rig,
               (struct ipv4_hdr){ .protocol = 200,
                                  .src = PEER,
                                  .dst = MINE,
                                  .tos = tos,
                                  .id = id,
                                  .mf = more,
                                  .frag_off = offset },
               len);
}

static bool is_whole(const struct got *got, size_t len)
{
    for (size_t i = 0; i < got->len; i++)
        if (got->octets[i] != (uint8_t)(i % 251))
            return false;
    return got->len == len;
}

static void four_pieces_in_every_order_make_the_datagram(void)
{
    struct net_rig rig;
    struct got got;
    unsigned n = 0;

    begin(&rig, &got);
    for (unsigned order = 0; order < 256; order++) {
        unsigned seen = 0, at[4];

        for (unsigned i = 0; i < 4; i++) {
            at[i] = order >> 2 * i & 3;
            seen |= 1u << at[i];
        }
        if (seen != 15)
            continue;
        for (unsigned i = 0; i < 4; i++)
            piece(&rig, (uint16_t)order, PEER, (uint16_t)(800 * at[i]), at[i] == 3 ? 77 : 800,
                  at[i] != 3);
        EQ(got.n, ++n);
        OK(is_whole(&got, 2477));
    }
    EQ(n, 24);
    EQ(rig.states[WHY_IP_REASSEMBLED], 24);
    net_rig_fini(&rig);
}

static void exact_repetition_is_ignored_overlap_ends_the_datagram(void)
{
    struct net_rig rig;
    struct got got;

    begin(&rig, &got);
    piece(&rig, 1, PEER, 0, 800, true);
    piece(&rig, 1, PEER, 0, 800, true);
    piece(&rig, 1, PEER, 80, 160, true); /* inside: a repetition too */
    piece(&rig, 1, PEER, 800, 80, true);
    piece(&rig, 1, PEER, 720, 120, true); /* inside two that touch */
    piece(&rig, 1, PEER, 880, 20, false);
    EQ(got.n, 1);
    EQ(rig.drops[DROP_FRAGMENT_OVERLAP], 3);
    piece(&rig, 2, PEER, 0, 800, true);
    piece(&rig, 2, PEER, 792, 100, false);
    piece(&rig, 2, PEER, 800, 100, false);
    EQ(got.n, 1);
    net_rig_fini(&rig);
}

static void same_id_from_two_senders_is_two_datagrams(void)
{
    struct net_rig rig;
    struct got got;

    begin(&rig, &got);
    piece(&rig, 1, PEER, 0, 800, true);
    piece(&rig, 1, IP4(10, 0, 0, 3), 800, 100, false);
    EQ(got.n, 0);
    piece(&rig, 1, PEER, 800, 100, false);
    EQ(got.n, 1);
    net_rig_fini(&rig);
}

static void pieces_behind_the_last_one_never_make_a_datagram(void)
{
    struct net_rig rig;
    struct got got;

    begin(&rig, &got);
    piece(&rig, 1, PEER, 0, 8, true);
    piece(&rig, 1, PEER, 800, 8, true);
    piece(&rig, 1, PEER, 16, 8, false); /* as many octets as its end says, but not the right ones */
    EQ(got.n, 0);
    EQ(rig.drops[DROP_FRAGMENT_OVERLAP], 3);
    piece(&rig, 2, PEER, 0, 808, true);
    piece(&rig, 2, PEER, 800, 9, false);
    EQ(got.n, 0);
    net_rig_fini(&rig);
}

static void odd_piece_is_cut_and_empty_one_ends_it(void)
{
    struct net_rig rig;
    struct got got;

    begin(&rig, &got);
    piece(&rig, 1, PEER, 0, 803, true);
    piece(&rig, 1, PEER, 800, 10, false);
    EQ(got.n, 1);
    OK(is_whole(&got, 810));
    piece(&rig, 2, PEER, 0, 800, true);
    piece(&rig, 2, PEER, 800, 0, false);
    piece(&rig, 2, PEER, 800, 10, false);
    EQ(got.n, 1);
    net_rig_fini(&rig);
}

static void congestion_seen_by_one_piece_was_seen_by_all(void)
{
    struct net_rig rig;
    struct got got;

    begin(&rig, &got);
    marked_piece(&rig, 1, 2, 0, 800, true);
    marked_piece(&rig, 1, 3, 800, 10, false);
    EQ(got.n, 1);
    EQ(got.tos, 3);
    marked_piece(&rig, 2, 0, 0, 800, true); /* who never said it understands marks */
    marked_piece(&rig, 2, 3, 800, 10, false);
    EQ(got.n, 1);
    net_rig_fini(&rig);
}

static void missing_piece_is_reported_after_30_s_when_the_first_came(void)
{
    struct net_rig rig;
    struct got got;
    struct ipv4_hdr hdr;
    struct packet packet;

    begin(&rig, &got);
    piece(&rig, 1, PEER, 800, 100, false);
    piece(&rig, 2, PEER, 0, 800, true);
    net_rig_run(&rig, SIM_MSEC(30700));
    EQ(rig.wires[0].n, 0);
    net_rig_run(&rig, SIM_MSEC(40)); /* the wheel is coarse so far ahead: 30.72 s */
    EQ(rig.wires[0].n, 1);
    packet = wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.dst, PEER);
    EQ(packet.octets[20], ICMP_TIME_EXCEEDED);
    EQ(packet.octets[21], ICMP_TIME_REASSEMBLY);
    EQ(be16_get(packet.octets + 28 + 4), 2);
    EQ(rig.drops[DROP_FRAGMENT_TIMEOUT], 2);
    net_rig_fini(&rig);
}

static void too_long_datagram_is_refused(void)
{
    struct net_rig rig;
    struct got got;

    begin(&rig, &got);
    piece(&rig, 1, PEER, 65528, 100, false);
    EQ(rig.drops[DROP_BAD_HEADER], 1);
    net_rig_fini(&rig);
}

static void send(struct net_rig *rig, size_t len, uint32_t mtu, struct ip_send send)
{
    struct frame *frame = frame_new(rig->node, len);

    net_rig_iface(rig, 1)->mtu = mtu;
    iface_set_mtu(rig->node->ifaces[1], mtu);
    for (size_t i = 0; i < len; i++)
        frame->data[i] = (uint8_t)(i % 251);
    send.dst = FAR;
    send.protocol = 200;
    EQ(ip_output(&rig->ip, frame, &send), 0);
    net_rig_run(rig, SIM_MSEC(1));
}

static void datagram_is_cut_in_units_of_eight(void)
{
    struct net_rig rig;
    struct got got;
    struct ipv4_hdr hdr;

    begin(&rig, &got);
    send(&rig, 4000, 576, (struct ip_send){ .df = true });
    EQ(rig.wires[1].n, 8);
    for (unsigned i = 0; i < 8; i++) {
        wire_packet(&rig, 1, 7 - i, &hdr);
        EQ(hdr.frag_off, 552 * i);
        EQ(hdr.mf, i < 7);
        EQ(hdr.df, false);
        EQ(hdr.total_len, i < 7 ? 572 : 20 + 4000 - 7 * 552);
    }
    send(&rig, 480, 508, (struct ip_send){ 0 }); /* fits */
    EQ(rig.wires[1].n, 9);
    wire_packet(&rig, 1, 0, &hdr);
    OK(!hdr.mf);
    net_rig_fini(&rig);
}

static void only_copied_options_stand_in_later_pieces(void)
{
    static const uint8_t options[] = {
        IPV4_OPT_ROUTER_ALERT, 4, 0, 0, IPV4_OPT_RECORD_ROUTE, 7, 4, 0, 0, 0, 0, 0
    };
    struct net_rig rig;
    struct got got;
    struct ipv4_hdr hdr;

    begin(&rig, &got);
    send(&rig, 1000, 576, (struct ip_send){ .options = options, .n_options = sizeof options });
    EQ(rig.wires[1].n, 2);
    wire_packet(&rig, 1, 1, &hdr);
    EQ(hdr.n_options, 12);
    wire_packet(&rig, 1, 0, &hdr);
    EQ(hdr.n_options, 4);
    EQ(hdr.options[0], IPV4_OPT_ROUTER_ALERT);
    net_rig_fini(&rig);
}

static void df_packet_too_big_is_refused(void)
{
    struct net_rig rig;
    struct got got;
    struct ip_send options = { .dst = FAR, .protocol = 200, .df_always = true };

    begin(&rig, &got);
    EQ(ip_output(&rig.ip, frame_new(rig.node, 1481), &options), -SIM_EMSGSIZE);
    EQ(rig.drops[DROP_FRAG_NEEDED], 1);
    net_rig_fini(&rig);
}

UNIT_MAIN("frag", TEST(four_pieces_in_every_order_make_the_datagram),
          TEST(exact_repetition_is_ignored_overlap_ends_the_datagram),
          TEST(same_id_from_two_senders_is_two_datagrams),
          TEST(pieces_behind_the_last_one_never_make_a_datagram),
          TEST(odd_piece_is_cut_and_empty_one_ends_it),
          TEST(congestion_seen_by_one_piece_was_seen_by_all),
          TEST(missing_piece_is_reported_after_30_s_when_the_first_came),
          TEST(too_long_datagram_is_refused), TEST(datagram_is_cut_in_units_of_eight),
          TEST(only_copied_options_stand_in_later_pieces), TEST(df_packet_too_big_is_refused))
