#include "tests/support/unit.h"

#include "base/be.h"
#include "stack/wire/tcp_wire.h"

/* A SYN as Linux sent it: mss=1460,sackOK,TS,nop,ws=7. */
static const uint8_t SYN[40] = {
    0xa9, 0xe6, 0x00, 0x50, 0x03, 0xe4, 0x47, 0x9d, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02,
    0xfa, 0xf0, 0xb4, 0x79, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a,
    0xba, 0xcb, 0xd4, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07,
};

/* Parses a header with @flags and @n octets of options (a multiple of 4). */
static struct tcp_options options_of(uint8_t flags, const char *options, size_t n)
{
    uint8_t octets[TCP_HDR_MAX] = { 0 };
    struct tcp_hdr hdr = { 0 };

    octets[12] = (uint8_t)((TCP_HDR_LEN + n) / 4 << 4);
    octets[13] = flags;
    memcpy(octets + TCP_HDR_LEN, options, n);
    EQ(tcp_parse(octets, TCP_HDR_LEN + n, &hdr), DROP_NONE);
    EQ(hdr.hdr_len, TCP_HDR_LEN + n);
    return hdr.opt;
}

#define OPTIONS_OF(flags, text) options_of(flags, text, sizeof(text) - 1)

/* Emits @hdr and compares the option octets. */
static void expect_options(const struct tcp_hdr *hdr, const char *expected, size_t n)
{
    uint8_t octets[TCP_HDR_MAX + 1];

    memset(octets, 0xee, sizeof octets);
    EQ(tcp_emit(hdr, octets), TCP_HDR_LEN + n);
    EQ(tcp_options_len(&hdr->opt, (hdr->flags & TCP_SYN) != 0), n);
    EQ(octets[12], (TCP_HDR_LEN + n) / 4 << 4);
    EQ_MEM(octets + TCP_HDR_LEN, expected, n);
    EQ(octets[TCP_HDR_LEN + n], 0xee);
}

#define EXPECT_OPTIONS(hdr, text) expect_options(hdr, text, sizeof(text) - 1)

static void linux_syn_is_read_field_by_field(void)
{
    struct tcp_hdr hdr;

    EQ(tcp_parse(SYN, sizeof SYN, &hdr), DROP_NONE);
    EQ(hdr.src_port, 0xa9e6);
    EQ(hdr.dst_port, 80);
    EQ(hdr.seq, 0x03e4479d);
    EQ(hdr.ack, 0);
    EQ(hdr.hdr_len, 40);
    EQ(hdr.flags, TCP_SYN);
    EQ(hdr.window, 64240);
    EQ(hdr.checksum, 0xb479);
    EQ(hdr.urgent, 0);
    OK(hdr.opt.has_mss && hdr.opt.has_wscale && hdr.opt.sack_permitted && hdr.opt.has_ts);
    EQ(hdr.opt.mss, 1460);
    EQ(hdr.opt.wscale, 7);
    EQ(hdr.opt.ts_val, 0xbacbd40f);
    EQ(hdr.opt.ts_ecr, 0);
    EQ(hdr.opt.n_sack, 0);
}

static void linux_syn_is_written_octet_for_octet(void)
{
    struct tcp_hdr hdr;
    uint8_t octets[TCP_HDR_MAX];

    EQ(tcp_parse(SYN, sizeof SYN, &hdr), DROP_NONE);
    hdr.hdr_len = 0; /* not looked at */
    EQ(tcp_emit(&hdr, octets), sizeof SYN);
    EQ_MEM(octets, SYN, sizeof SYN);
}

static void every_truncation_is_refused_and_leaves_the_header_alone(void)
{
    for (size_t len = 0; len < sizeof SYN; len++) {
        struct tcp_hdr hdr = { .src_port = 7 };

        EQ(tcp_parse(SYN, len, &hdr), DROP_TRUNCATED);
        EQ(hdr.src_port, 7);
    }
}

static void data_offset_below_5_is_a_bad_header(void)
{
    for (unsigned offset = 0; offset < 16; offset++) {
        uint8_t octets[TCP_HDR_MAX] = { 0 };
        struct tcp_hdr hdr = { .src_port = 7 };

        octets[12] = (uint8_t)(offset << 4);
        EQ(tcp_parse(octets, sizeof octets, &hdr), offset < 5 ? DROP_BAD_HEADER : DROP_NONE);
        EQ(hdr.src_port, offset < 5 ? 7 : 0);
        if (offset >= 5)
            EQ(hdr.hdr_len, offset * 4);
    }
}

static void all_eight_flags_are_kept(void)
{
    uint8_t octets[TCP_HDR_MAX];

    for (unsigned flags = 0; flags < 256; flags++) {
        struct tcp_hdr in = { .flags = (uint8_t)flags }, out;

        EQ(tcp_emit(&in, octets), TCP_HDR_LEN);
        EQ(tcp_parse(octets, TCP_HDR_LEN, &out), DROP_NONE);
        EQ(out.flags, flags);
    }
    EQ(TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG | TCP_ECE | TCP_CWR, 255);
}

static void options_may_start_on_any_octet(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_SYN, "\1\2\4\5\xb4\1\1\1\4\2\0\0");

    OK(opt.has_mss && opt.sack_permitted);
    EQ(opt.mss, 1460);
}

static void unknown_options_are_skipped_by_their_length(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_SYN, "\xfd\4\xf9\x89\x22\2\2\4\2\0\1\0");

    OK(opt.has_mss);
    EQ(opt.mss, 512);
}

static void a_length_of_0_or_1_ends_the_options_and_keeps_what_came_before(void)
{
    struct tcp_options zero = OPTIONS_OF(TCP_SYN, "\2\4\2\0\xfd\0\3\3\7\0\0\0");
    struct tcp_options one = OPTIONS_OF(TCP_SYN, "\2\4\2\0\xfd\1\3\3\7\0\0\0");

    OK(zero.has_mss && !zero.has_wscale);
    OK(one.has_mss && !one.has_wscale);
}

static void an_option_past_the_header_ends_the_options(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_SYN, "\2\4\2\0\1\1\3\3");

    OK(opt.has_mss && !opt.has_wscale);
    opt = OPTIONS_OF(TCP_SYN, "\2\4\2\0\1\1\1\3");
    OK(opt.has_mss && !opt.has_wscale);
    opt = OPTIONS_OF(TCP_SYN, "\2\x28\2\0\3\3\7\0");
    OK(!opt.has_mss && !opt.has_wscale);
}

static void end_of_list_hides_what_follows(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_SYN, "\0\3\3\7\2\4\2\0");

    OK(!opt.has_wscale && !opt.has_mss);
}

static void known_options_with_a_foreign_length_are_skipped(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_SYN, "\2\3\5\3\4\7\7\7\4\3\7\x08\3\7\3\3\6\0\0\0");

    OK(!opt.has_mss && !opt.sack_permitted && !opt.has_ts);
    OK(opt.has_wscale);
    EQ(opt.wscale, 6);
}

static void syn_options_do_not_count_on_other_segments(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_ACK, "\2\4\5\xb4\4\2\x08\x0a\0\0\0\1\0\0\0\2\1\3\3\7");

    OK(!opt.has_mss && !opt.sack_permitted && !opt.has_wscale);
    OK(opt.has_ts);
    EQ(opt.ts_val, 1);
    EQ(opt.ts_ecr, 2);
}

static void an_mss_of_0_is_no_mss(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_SYN, "\2\4\0\0");

    OK(!opt.has_mss);
}

static void a_window_scale_above_14_is_kept_raw(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_SYN, "\1\3\3\xff");

    OK(opt.has_wscale);
    EQ(opt.wscale, 255);
}

static void sack_blocks_are_read_on_data_and_not_on_a_syn(void)
{
    struct tcp_options opt =
        OPTIONS_OF(TCP_ACK, "\1\1\5\x12\0\0\0\1\0\0\0\2\xff\xff\xff\xff\0\0\0\5");

    EQ(opt.n_sack, 2);
    EQ(opt.sack[0].start, 1);
    EQ(opt.sack[0].end, 2);
    EQ(opt.sack[1].start, 0xffffffff);
    EQ(opt.sack[1].end, 5);
    opt = OPTIONS_OF(TCP_SYN, "\1\1\5\x12\0\0\0\1\0\0\0\2\xff\xff\xff\xff\0\0\0\5");
    EQ(opt.n_sack, 0);
}

static void sack_with_no_or_half_blocks_is_skipped(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_ACK, "\5\2\x08\x0a\0\0\0\1\0\0\0\2");

    EQ(opt.n_sack, 0);
    OK(opt.has_ts);
    opt = OPTIONS_OF(TCP_ACK, "\1\1\5\x0e\0\0\0\1\0\0\0\2\0\0\0\3");
    EQ(opt.n_sack, 0);
}

static void syn_options_are_packed_as_linux_packs_them(void)
{
    struct tcp_hdr hdr = { .flags = TCP_SYN };

    EXPECT_OPTIONS(&hdr, "");
    hdr.opt.has_mss = true;
    hdr.opt.mss = 1460;
    EXPECT_OPTIONS(&hdr, "\2\4\5\xb4");
    hdr.opt.sack_permitted = true;
    EXPECT_OPTIONS(&hdr, "\2\4\5\xb4\1\1\4\2");
    hdr.opt.has_wscale = true;
    hdr.opt.wscale = 7;
    EXPECT_OPTIONS(&hdr, "\2\4\5\xb4\1\1\4\2\1\3\3\7");
    hdr.opt.has_ts = true;
    hdr.opt.ts_val = 0x01020304;
    hdr.opt.ts_ecr = 0x05060708;
    EXPECT_OPTIONS(&hdr, "\2\4\5\xb4\4\2\x08\x0a\1\2\3\4\5\6\7\x08\1\3\3\7");
    hdr.opt.sack_permitted = false;
    EXPECT_OPTIONS(&hdr, "\2\4\5\xb4\1\1\x08\x0a\1\2\3\4\5\6\7\x08\1\3\3\7");
    hdr.opt.n_sack = 1; /* never on a SYN */
    EXPECT_OPTIONS(&hdr, "\2\4\5\xb4\1\1\x08\x0a\1\2\3\4\5\6\7\x08\1\3\3\7");
}

static void other_segments_carry_timestamps_and_sack_only(void)
{
    struct tcp_hdr hdr = { .flags = TCP_ACK,
                           .opt = { .has_mss = true,
                                    .mss = 1460,
                                    .has_wscale = true,
                                    .sack_permitted = true,
                                    .has_ts = true,
                                    .ts_val = 1,
                                    .ts_ecr = 2 } };

    EXPECT_OPTIONS(&hdr, "\1\1\x08\x0a\0\0\0\1\0\0\0\2");
    hdr.opt.n_sack = 1;
    hdr.opt.sack[0].start = 3;
    hdr.opt.sack[0].end = 4;
    EXPECT_OPTIONS(&hdr, "\1\1\x08\x0a\0\0\0\1\0\0\0\2\1\1\5\x0a\0\0\0\3\0\0\0\4");
    hdr.opt.has_ts = false;
    EXPECT_OPTIONS(&hdr, "\1\1\5\x0a\0\0\0\3\0\0\0\4");
}

static void four_sack_blocks_fit_alone_and_three_beside_timestamps(void)
{
    struct tcp_options opt = { .n_sack = 4 };

    EQ(tcp_options_len(&opt, false), 36);
    opt.has_ts = true;
    EQ(tcp_options_len(&opt, false), 40);
    opt.n_sack = 3;
    EQ(tcp_options_len(&opt, false), 40);
    opt.n_sack = 2;
    EQ(tcp_options_len(&opt, false), 32);
}

static void fields_survive_emit_and_parse(void)
{
    struct tcp_hdr in = { .src_port = 1,
                          .dst_port = 65535,
                          .seq = 0xfffffffe,
                          .ack = 0x80000001,
                          .flags = TCP_ACK | TCP_URG | TCP_CWR,
                          .window = 0xabcd,
                          .checksum = 0x1234,
                          .urgent = 0x4321,
                          .opt = { .n_sack = 4 } };
    struct tcp_hdr out;
    uint8_t octets[TCP_HDR_MAX];
    size_t len;

    for (size_t i = 0; i < 4; i++) {
        in.opt.sack[i].start = (uint32_t)(1000 * i);
        in.opt.sack[i].end = (uint32_t)(1000 * i + 500);
    }
    len = tcp_emit(&in, octets);
    EQ(len, 56);
    EQ(tcp_parse(octets, len, &out), DROP_NONE);
    EQ(out.src_port, in.src_port);
    EQ(out.dst_port, in.dst_port);
    EQ(out.seq, in.seq);
    EQ(out.ack, in.ack);
    EQ(out.flags, in.flags);
    EQ(out.window, in.window);
    EQ(out.checksum, in.checksum);
    EQ(be16_get(octets + TCP_AT_CHECKSUM), in.checksum);
    EQ(out.urgent, in.urgent);
    EQ(out.opt.n_sack, 4);
    EQ_MEM(out.opt.sack, in.opt.sack, sizeof in.opt.sack);
}

/* RFC 7413 section 4.1.1 and RFC 6994. */
static void cookies_of_fast_open_are_read_and_written(void)
{
    static const uint8_t lens[] = { 0, 4, 8, 16 };
    uint8_t octets[TCP_HDR_MAX];

    for (size_t i = 0; i < 2 * sizeof lens; i++) {
        struct tcp_hdr in = { .flags = TCP_SYN, .opt = { .has_mss = true, .has_cookie = true } },
                       out;
        size_t len;

        in.opt.cookie_exp = i % 2 != 0;
        in.opt.cookie.len = lens[i / 2];
        memset(in.opt.cookie.octets, 0xa1, in.opt.cookie.len);
        len = tcp_emit(&in, octets);
        EQ(len % 4, 0);
        EQ(octets[24], in.opt.cookie_exp ? 254 : 34);
        EQ(octets[25], lens[i / 2] + (in.opt.cookie_exp ? 4 : 2));
        EQ(tcp_parse(octets, len, &out), DROP_NONE);
        OK(out.opt.has_cookie);
        EQ(out.opt.cookie_exp, in.opt.cookie_exp);
        EQ(out.opt.cookie.len, in.opt.cookie.len);
        EQ_MEM(out.opt.cookie.octets, in.opt.cookie.octets, in.opt.cookie.len);
        in.flags = TCP_ACK;
        EQ(tcp_emit(&in, octets), TCP_HDR_LEN);
    }
}

/* Lengths that cookies do not have, and a SYN whose options have no room for one. */
static void odd_and_short_cookies_do_not_count(void)
{
    uint8_t octets[TCP_HDR_MAX];
    struct tcp_hdr hdr = { .flags = TCP_SYN, .opt = { .has_cookie = true } }, out;

    for (uint8_t n = 1; n <= 20; n++) {
        hdr.opt.cookie.len = 16;
        memset(octets, 0, sizeof octets);
        tcp_emit(&hdr, octets);
        octets[12] = 11 << 4;
        octets[21] = 2 + n;
        EQ(tcp_parse(octets, sizeof octets, &out), DROP_NONE);
        EQ(out.opt.has_cookie, n % 2 == 0 && n >= 4 && n <= 16);
    }
    hdr.opt.has_mss = hdr.opt.has_ts = hdr.opt.sack_permitted = hdr.opt.has_wscale = true;
    hdr.opt.cookie.len = 16;
    EQ(tcp_emit(&hdr, octets), TCP_HDR_MAX);
}

static void the_ninth_flag_is_beside_the_data_offset(void)
{
    struct tcp_hdr hdr = { .flags = TCP_ACK | TCP_AE | TCP_ECE }, out;
    uint8_t octets[TCP_HDR_MAX];

    EQ(tcp_emit(&hdr, octets), TCP_HDR_LEN);
    EQ(octets[12], 0x51);
    EQ(octets[13], 0x50);
    EQ(tcp_parse(octets, TCP_HDR_LEN, &out), DROP_NONE);
    EQ(out.flags, hdr.flags);
}

/* As Linux 6.18 writes it. */
static void accurate_ecn_shares_the_padding_of_the_next_option(void)
{
    struct tcp_accecn accecn = { .kind = TCP_OPT_ACCECN1, .n = 3, .field = { 1, 0x10203, 4 } };
    struct tcp_hdr hdr = { .flags = TCP_ACK, .opt = { .accecn = &accecn } };

    EXPECT_OPTIONS(&hdr, "\xae\x0b\0\0\1\1\2\3\0\0\4\1");
    accecn.n = 2;
    EXPECT_OPTIONS(&hdr, "\xae\x08\0\0\1\1\2\3");
    accecn.n = 1;
    EXPECT_OPTIONS(&hdr, "\xae\x05\0\0\1\1\1\1");
    accecn.n = 0;
    EXPECT_OPTIONS(&hdr, "\xae\x02\1\1");
    hdr.opt.n_sack = 1;
    hdr.opt.sack[0].start = 0x01010101;
    hdr.opt.sack[0].end = 0x02020202;
    EXPECT_OPTIONS(&hdr, "\xae\x02\5\x0a\1\1\1\1\2\2\2\2");
    accecn.n = 1;
    EXPECT_OPTIONS(&hdr, "\xae\5\0\0\1\1\5\x0a\1\1\1\1\2\2\2\2");
    accecn.n = 3;
    EXPECT_OPTIONS(&hdr, "\xae\x0b\0\0\1\1\2\3\0\0\4\1\1\1\5\x0a\1\1\1\1\2\2\2\2");
    hdr = (struct tcp_hdr){ .flags = TCP_SYN,
                            .opt = { .accecn = &accecn, .has_mss = true, .mss = 0x5b4 } };
    hdr.opt.sack_permitted = hdr.opt.has_wscale = true;
    hdr.opt.wscale = 7;
    EXPECT_OPTIONS(&hdr, "\2\4\5\xb4\xae\x0b\0\0\1\1\2\3\0\0\4\1\1\1\4\2\1\3\3\7");
}

static void no_block_fits_beside_timestamps_and_a_signature(void)
{
    struct tcp_hdr hdr = { .flags = TCP_ACK, .opt = { .has_ts = true, .n_sack = 1 } };
    uint8_t octets[TCP_HDR_MAX];

    hdr.opt.signature_at = 1;
    EQ(tcp_emit(&hdr, octets), TCP_HDR_LEN + 20 + 12);
    EQ_MEM(octets + TCP_HDR_LEN, "\1\1\x13\x12\0\0", 6);
    EQ(octets[TCP_HDR_LEN + 22], TCP_OPT_TIMESTAMPS);
    hdr.opt.has_ts = false;
    EQ(tcp_emit(&hdr, octets), TCP_HDR_LEN + 20 + 12);
    EQ(octets[TCP_HDR_LEN + 22], TCP_OPT_SACK);
}

static void accurate_ecn_is_read_in_both_orders(void)
{
    struct tcp_options opt = OPTIONS_OF(TCP_ACK, "\1\xac\x08\0\0\7\0\1\0\1\1\1");
    struct tcp_accecn accecn;

    EQ(opt.accecn_at, 21);
    tcp_read_accecn((const uint8_t *)"\xac\x08\0\0\7\0\1\0", &accecn);
    EQ(accecn.kind, TCP_OPT_ACCECN0);
    EQ(accecn.n, 2);
    EQ(accecn.field[0], 7);
    EQ(accecn.field[1], 256);
    tcp_read_accecn((const uint8_t *)"\xae\x07\xff\xff\xff\1\1", &accecn); /* what is over */
    EQ(accecn.n, 1);
    EQ(accecn.field[0], 0xffffff);
    tcp_read_accecn((const uint8_t *)"\xae\x0e\0\0\1\0\0\2\0\0\3\0\0\4", &accecn);
    EQ(accecn.n, 3);
}

UNIT_MAIN("wire.tcp", TEST(linux_syn_is_read_field_by_field),
          TEST(linux_syn_is_written_octet_for_octet),
          TEST(every_truncation_is_refused_and_leaves_the_header_alone),
          TEST(data_offset_below_5_is_a_bad_header), TEST(all_eight_flags_are_kept),
          TEST(options_may_start_on_any_octet), TEST(unknown_options_are_skipped_by_their_length),
          TEST(a_length_of_0_or_1_ends_the_options_and_keeps_what_came_before),
          TEST(an_option_past_the_header_ends_the_options), TEST(end_of_list_hides_what_follows),
          TEST(known_options_with_a_foreign_length_are_skipped),
          TEST(syn_options_do_not_count_on_other_segments), TEST(an_mss_of_0_is_no_mss),
          TEST(a_window_scale_above_14_is_kept_raw),
          TEST(sack_blocks_are_read_on_data_and_not_on_a_syn),
          TEST(sack_with_no_or_half_blocks_is_skipped),
          TEST(syn_options_are_packed_as_linux_packs_them),
          TEST(other_segments_carry_timestamps_and_sack_only),
          TEST(four_sack_blocks_fit_alone_and_three_beside_timestamps),
          TEST(fields_survive_emit_and_parse), TEST(cookies_of_fast_open_are_read_and_written),
          TEST(odd_and_short_cookies_do_not_count), TEST(the_ninth_flag_is_beside_the_data_offset),
          TEST(accurate_ecn_shares_the_padding_of_the_next_option),
          TEST(accurate_ecn_is_read_in_both_orders),
          TEST(no_block_fits_beside_timestamps_and_a_signature))
