#include "tests/support/unit.h"

#include "stack/wire/icmp_wire.h"

static void echo_request_survives_emit_and_parse_for_even_and_odd_lengths(void)
{
    for (size_t len = ICMP_HDR_LEN; len < ICMP_HDR_LEN + 9; len++) {
        struct icmp_hdr in = icmp_make_echo(ICMP_ECHO_REQUEST, 0x1234, 7), out;
        uint8_t octets[ICMP_HDR_LEN + 9];

        memset(octets, 0xa5, sizeof octets);
        icmp_emit(&in, octets, len);
        EQ(icmp_parse(octets, len, &out), DROP_NONE);
        EQ(out.type, ICMP_ECHO_REQUEST);
        EQ(out.code, 0);
        EQ(icmp_echo_id(&out), 0x1234);
        EQ(icmp_echo_seq(&out), 7);
        EQ(octets[len], 0xa5);
    }
}

static void known_octets_of_an_echo_request(void)
{
    struct icmp_hdr hdr = icmp_make_echo(ICMP_ECHO_REQUEST, 1, 2);
    uint8_t octets[] = { 0, 0, 0, 0, 0, 0, 0, 0, 'a', 'b' };

    icmp_emit(&hdr, octets, sizeof octets);
    EQ_MEM(octets,
           "\x08\x00\x96\x9a\x00\x01\x00\x02"
           "ab",
           sizeof octets);
}

static void every_truncation_is_refused_and_leaves_the_header_alone(void)
{
    static const uint8_t octets[ICMP_HDR_LEN] = { 0 };

    for (size_t len = 0; len < ICMP_HDR_LEN; len++) {
        struct icmp_hdr hdr = { .type = 99 };

        EQ(icmp_parse(octets, len, &hdr), DROP_TRUNCATED);
        EQ(hdr.type, 99);
    }
}

static void every_flipped_bit_is_a_bad_checksum(void)
{
    uint8_t octets[ICMP_HDR_LEN + 5] = { 0 };
    struct icmp_hdr in = icmp_make_echo(ICMP_ECHO_REPLY, 3, 4);

    icmp_emit(&in, octets, sizeof octets);
    for (unsigned bit = 0; bit < 8 * sizeof octets; bit++) {
        struct icmp_hdr hdr = { .type = 99 };

        octets[bit / 8] = (uint8_t)(octets[bit / 8] ^ 1u << bit % 8);
        EQ(icmp_parse(octets, sizeof octets, &hdr), DROP_BAD_CHECKSUM);
        EQ(hdr.type, 99);
        octets[bit / 8] = (uint8_t)(octets[bit / 8] ^ 1u << bit % 8);
    }
}

static void accessors_read_what_the_makers_wrote(void)
{
    struct icmp_hdr frag = icmp_make_frag_needed(1400);
    struct icmp_hdr redirect = icmp_make_redirect(ICMP_REDIRECT_HOST, IP4(10, 0, 0, 254));
    struct icmp_hdr problem = icmp_make_param_problem(20);
    struct icmp_hdr ttl = icmp_make(ICMP_TIME_EXCEEDED, ICMP_TIME_TTL);
    uint8_t octets[ICMP_HDR_LEN];

    EQ(frag.type, ICMP_DEST_UNREACH);
    EQ(frag.code, ICMP_UNREACH_FRAG_NEEDED);
    EQ(icmp_mtu(&frag), 1400);
    icmp_emit(&frag, octets, sizeof octets);
    EQ_MEM(octets + 4, "\0\0\x05\x78", 4); /* RFC 1191: the lower half */
    EQ(icmp_gateway(&redirect), IP4(10, 0, 0, 254));
    EQ(redirect.code, 1);
    EQ(icmp_pointer(&problem), 20);
    icmp_emit(&problem, octets, sizeof octets);
    EQ_MEM(octets + 4, "\x14\0\0\0", 4); /* RFC 792: the first octet */
    EQ(ttl.type, 11);
    EQ(ttl.rest, 0);
}

static void errors_are_the_types_that_quote_a_packet(void)
{
    unsigned n = 0;

    for (unsigned type = 0; type < 256; type++)
        n += icmp_is_error((uint8_t)type);
    EQ(n, 5);
    OK(icmp_is_error(ICMP_REDIRECT) && !icmp_is_error(ICMP_ECHO_REQUEST));
}

UNIT_MAIN("wire.icmp", TEST(echo_request_survives_emit_and_parse_for_even_and_odd_lengths),
          TEST(known_octets_of_an_echo_request),
          TEST(every_truncation_is_refused_and_leaves_the_header_alone),
          TEST(every_flipped_bit_is_a_bad_checksum), TEST(accessors_read_what_the_makers_wrote),
          TEST(errors_are_the_types_that_quote_a_packet))
