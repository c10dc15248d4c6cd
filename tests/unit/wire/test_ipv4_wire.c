#include "tests/support/unit.h"

#include "stack/wire/ipv4_wire.h"

/* The header of a SYN as Linux sent it. */
static const uint8_t HEADER[IPV4_HDR_LEN] = { 0x45, 0x00, 0x00, 0x3c, 0x69, 0x2d, 0x40,
                                              0x00, 0x40, 0x06, 0xbd, 0x8c, 0x0a, 0x00,
                                              0x00, 0x01, 0x0a, 0x00, 0x00, 0x02 };
#define TOTAL_LEN 0x3c

static void packet(uint8_t octets[static TOTAL_LEN])
{
    memset(octets, 0, TOTAL_LEN);
    memcpy(octets, HEADER, sizeof HEADER);
}

static void refresh_checksum(uint8_t *octets)
{
    size_t hdr_len = (octets[0] & 0xfu) * 4u;

    be16_put(octets + 10, 0);
    be16_put(octets + 10, checksum_finish(checksum_add(0, octets, hdr_len)));
}

/* The verdict on the packet with octet @at set to @value and a right checksum. */
static enum drop_reason verdict_with(size_t at, uint8_t value, struct ipv4_hdr *hdr)
{
    uint8_t octets[TOTAL_LEN];

    packet(octets);
    octets[at] = value;
    refresh_checksum(octets);
    return ipv4_parse(octets, TOTAL_LEN, hdr);
}

static void a_header_is_read_field_by_field(void)
{
    uint8_t octets[TOTAL_LEN];
    struct ipv4_hdr hdr;

    packet(octets);
    EQ(ipv4_parse(octets, sizeof octets, &hdr), DROP_NONE);
    EQ(hdr.hdr_len, 20);
    EQ(hdr.tos, 0);
    EQ(hdr.total_len, 60);
    EQ(hdr.id, 0x692d);
    OK(hdr.df && !hdr.mf);
    EQ(hdr.frag_off, 0);
    EQ(hdr.ttl, 64);
    EQ(hdr.protocol, IP_PROTO_TCP);
    EQ(hdr.src, IP4(10, 0, 0, 1));
    EQ(hdr.dst, IP4(10, 0, 0, 2));
    EQ(hdr.n_options, 0);
}

static void every_truncation_is_refused_and_leaves_the_header_alone(void)
{
    uint8_t octets[TOTAL_LEN];

    packet(octets);
    for (size_t len = 0; len < sizeof octets; len++) {
        struct ipv4_hdr hdr = { .ttl = 7 };

        EQ(ipv4_parse(octets, len, &hdr), DROP_TRUNCATED);
        EQ(hdr.ttl, 7);
    }
}

static void ethernet_padding_behind_the_packet_is_allowed(void)
{
    uint8_t octets[TOTAL_LEN + 30] = { 0 };
    struct ipv4_hdr hdr;

    packet(octets);
    EQ(ipv4_parse(octets, sizeof octets, &hdr), DROP_NONE);
    EQ(hdr.total_len, TOTAL_LEN);
}

static void every_version_but_4_is_refused(void)
{
    for (unsigned version = 0; version < 16; version++) {
        struct ipv4_hdr hdr = { .ttl = 7 };
        enum drop_reason why = verdict_with(0, (uint8_t)(version << 4 | 5), &hdr);

        EQ(why, version == 4 ? DROP_NONE : DROP_BAD_VERSION);
        EQ(hdr.ttl, version == 4 ? 64 : 7);
    }
}

static void header_length_must_be_20_or_more_and_inside_the_packet(void)
{
    for (unsigned ihl = 0; ihl < 16; ihl++) {
        struct ipv4_hdr hdr = { .ttl = 7 };
        enum drop_reason why = verdict_with(0, (uint8_t)(4 << 4 | ihl), &hdr);

        EQ(why, ihl < 5 ? DROP_BAD_HEADER : DROP_NONE);
        if (why == DROP_NONE) {
            EQ(hdr.hdr_len, ihl * 4);
            EQ(hdr.n_options, ihl * 4 - 20);
        }
    }
}

static void header_longer_than_the_octets_there_is_truncated(void)
{
    uint8_t octets[TOTAL_LEN];
    struct ipv4_hdr hdr;

    packet(octets);
    octets[0] = 0x46;
    refresh_checksum(octets);
    for (size_t len = 20; len < 24; len++)
        EQ(ipv4_parse(octets, len, &hdr), DROP_TRUNCATED);
}

static void total_length_must_cover_the_header_and_fit_the_octets_there(void)
{
    struct ipv4_hdr hdr;

    EQ(verdict_with(3, 19, &hdr), DROP_BAD_HEADER);
    EQ(verdict_with(3, 20, &hdr), DROP_NONE);
    EQ(verdict_with(3, TOTAL_LEN, &hdr), DROP_NONE);
    EQ(verdict_with(3, TOTAL_LEN + 1, &hdr), DROP_TRUNCATED);
    EQ(verdict_with(2, 0xff, &hdr), DROP_TRUNCATED);
}

static void every_flipped_bit_of_the_header_is_noticed(void)
{
    for (unsigned bit = 0; bit < 8 * IPV4_HDR_LEN; bit++) {
        uint8_t octets[TOTAL_LEN];
        struct ipv4_hdr hdr = { .ttl = 7 };

        packet(octets);
        octets[bit / 8] = (uint8_t)(octets[bit / 8] ^ 1u << bit % 8);
        OK(ipv4_parse(octets, sizeof octets, &hdr) != DROP_NONE);
        EQ(hdr.ttl, 7);
    }
}

static void fragment_offset_is_in_octets_and_flags_are_apart(void)
{
    struct ipv4_hdr hdr;

    EQ(verdict_with(6, 0x3f, &hdr), DROP_NONE); /* MF, and the offset's upper 5 bits */
    OK(hdr.mf && !hdr.df);
    EQ(hdr.frag_off, 0x1f00 * 8);
    EQ(verdict_with(7, 1, &hdr), DROP_NONE);
    OK(hdr.df && !hdr.mf);
    EQ(hdr.frag_off, 8);
}

static void emit_writes_what_parse_read(void)
{
    uint8_t octets[TOTAL_LEN], written[IPV4_HDR_LEN + 1];
    struct ipv4_hdr hdr;

    packet(octets);
    EQ(ipv4_parse(octets, sizeof octets, &hdr), DROP_NONE);
    written[IPV4_HDR_LEN] = 0xee;
    ipv4_emit(&hdr, written);
    EQ_MEM(written, HEADER, sizeof HEADER);
    EQ(written[IPV4_HDR_LEN], 0xee);
}

static void emit_pads_options_with_end_of_list(void)
{
    struct ipv4_hdr hdr = { .hdr_len = ipv4_hdr_len_for(5),
                            .ttl = 1,
                            .total_len = 28,
                            .mf = true,
                            .frag_off = 65528,
                            .n_options = 5,
                            .options = { IPV4_OPT_ROUTER_ALERT, 4, 0, 0, IPV4_OPT_NOP, 99 } };
    struct ipv4_hdr out;
    uint8_t octets[28];

    EQ(hdr.hdr_len, 28);
    ipv4_emit(&hdr, octets);
    EQ_MEM(octets + 20, "\x94\4\0\0\1\0\0\0", 8);
    EQ(ipv4_parse(octets, sizeof octets, &out), DROP_NONE);
    EQ(out.hdr_len, 28);
    EQ(out.n_options, 8);
    EQ(out.frag_off, 65528);
    OK(out.mf && !out.df);
}

static void dec_ttl_keeps_the_checksum_right_for_every_ttl_and_checksum(void)
{
    struct ipv4_hdr hdr = { .hdr_len = 20, .total_len = 20, .protocol = IP_PROTO_UDP };
    uint8_t octets[IPV4_HDR_LEN], again[IPV4_HDR_LEN];
    struct ipv4_hdr out;

    for (unsigned id = 0; id < 65536; id += 251) {
        for (unsigned ttl = 1; ttl < 256; ttl++) {
            hdr.id = (uint16_t)id;
            hdr.ttl = (uint8_t)ttl;
            ipv4_emit(&hdr, octets);
            ipv4_dec_ttl(octets);
            hdr.ttl--;
            ipv4_emit(&hdr, again);
            if (memcmp(octets, again, sizeof octets) != 0 ||
                ipv4_parse(octets, sizeof octets, &out) != DROP_NONE)
                CU_FAIL("checksum differs from a fresh one");
        }
    }
    for (uint32_t field = 0; field <= 0xffff; field++) {
        uint32_t sum = field + 0x100;

        be16_put(octets + IPV4_AT_CHECKSUM, (uint16_t)field);
        octets[IPV4_AT_TTL] = 64;
        ipv4_dec_ttl(octets);
        if (be16_get(octets + IPV4_AT_CHECKSUM) != (uint16_t)(sum + (sum >= 0xffff)))
            CU_FAIL("the octets' order matters");
    }
}

static void options_are_walked_without_their_padding(void)
{
    static const uint8_t options[] = { 1, 7, 7, 4, 0, 0, 0, 0, 1, 1, 148, 4, 0, 0, 0, 7 };
    struct ipv4_option_walk walk = { .octets = options, .len = sizeof options };
    struct ipv4_option option;

    OK(ipv4_option_next(&walk, &option));
    EQ(option.kind, IPV4_OPT_RECORD_ROUTE);
    EQ(option.len, 7);
    OK(option.octets == options + 1);
    OK(ipv4_option_next(&walk, &option));
    EQ(option.kind, IPV4_OPT_ROUTER_ALERT);
    OK(option.kind & IPV4_OPT_COPIED);
    OK(!ipv4_option_next(&walk, &option)); /* an end-of-list octet; what is behind it is padding */
    OK(!walk.bad);
}

static void option_lengths_of_0_1_and_past_the_end_are_bad_and_located(void)
{
    static const uint8_t lengths[] = { 0, 1, 4, 255 };

    for (size_t i = 0; i < sizeof lengths; i++) {
        uint8_t options[] = { 1, 68, lengths[i], 0 };
        struct ipv4_option_walk walk = { .octets = options, .len = sizeof options };
        struct ipv4_option option;

        OK(!ipv4_option_next(&walk, &option));
        OK(walk.bad);
        EQ(walk.at, 1);
    }
}

static void an_option_without_its_length_octet_is_bad(void)
{
    static const uint8_t options[] = { 1, 1, 1, 68 };
    struct ipv4_option_walk walk = { .octets = options, .len = sizeof options };
    struct ipv4_option option;

    OK(!ipv4_option_next(&walk, &option));
    OK(walk.bad);
    EQ(walk.at, 3);
}

static void a_quoted_packet_may_be_cut_and_have_an_old_checksum(void)
{
    uint8_t octets[28] = { 0 };
    struct ipv4_hdr hdr;

    memcpy(octets, HEADER, sizeof HEADER);
    octets[8] = 1; /* TTL as it was when it ran out, checksum as sent */
    EQ(ipv4_parse(octets, sizeof octets, &hdr), DROP_BAD_CHECKSUM);
    EQ(ipv4_quote_parse(octets, sizeof octets, &hdr), DROP_NONE);
    EQ(hdr.total_len, 60);
    EQ(hdr.ttl, 1);
    EQ(ipv4_quote_parse(octets, 20, &hdr), DROP_NONE);
    EQ(ipv4_quote_parse(octets, 19, &hdr), DROP_TRUNCATED);
    octets[0] = 0x55;
    EQ(ipv4_quote_parse(octets, sizeof octets, &hdr), DROP_BAD_VERSION);
    octets[0] = 0x44;
    EQ(ipv4_quote_parse(octets, sizeof octets, &hdr), DROP_BAD_HEADER);
    octets[0] = 0x48;
    EQ(ipv4_quote_parse(octets, sizeof octets, &hdr), DROP_TRUNCATED);
}

UNIT_MAIN("wire.ipv4", TEST(a_header_is_read_field_by_field),
          TEST(every_truncation_is_refused_and_leaves_the_header_alone),
          TEST(ethernet_padding_behind_the_packet_is_allowed), TEST(every_version_but_4_is_refused),
          TEST(header_length_must_be_20_or_more_and_inside_the_packet),
          TEST(header_longer_than_the_octets_there_is_truncated),
          TEST(total_length_must_cover_the_header_and_fit_the_octets_there),
          TEST(every_flipped_bit_of_the_header_is_noticed),
          TEST(fragment_offset_is_in_octets_and_flags_are_apart), TEST(emit_writes_what_parse_read),
          TEST(emit_pads_options_with_end_of_list),
          TEST(dec_ttl_keeps_the_checksum_right_for_every_ttl_and_checksum),
          TEST(options_are_walked_without_their_padding),
          TEST(option_lengths_of_0_1_and_past_the_end_are_bad_and_located),
          TEST(an_option_without_its_length_octet_is_bad),
          TEST(a_quoted_packet_may_be_cut_and_have_an_old_checksum))
