#include "tests/support/unit.h"

#include "base/be.h"
#include "stack/wire/udp_wire.h"

static const uint8_t DATAGRAM[] = { 0x30, 0x39, 0, 53, 0, 12, 0xbe, 0xef, 1, 2, 3, 4 };

static void a_header_is_read_field_by_field(void)
{
    struct udp_hdr hdr;

    EQ(udp_parse(DATAGRAM, sizeof DATAGRAM, &hdr), DROP_NONE);
    EQ(hdr.src_port, 12345);
    EQ(hdr.dst_port, 53);
    EQ(hdr.len, 12);
    EQ(hdr.checksum, 0xbeef);
}

static void every_truncation_is_refused_and_leaves_the_header_alone(void)
{
    for (size_t len = 0; len < sizeof DATAGRAM; len++) {
        struct udp_hdr hdr = { .src_port = 7 };

        EQ(udp_parse(DATAGRAM, len, &hdr), DROP_TRUNCATED);
        EQ(hdr.src_port, 7);
    }
}

static void the_length_field_must_be_8_or_more_and_fit(void)
{
    for (unsigned len = 0; len < 16; len++) {
        uint8_t octets[sizeof DATAGRAM];
        struct udp_hdr hdr = { .src_port = 7 };
        enum drop_reason expected = len < 8    ? DROP_BAD_HEADER
                                    : len > 12 ? DROP_TRUNCATED
                                               : DROP_NONE;

        memcpy(octets, DATAGRAM, sizeof octets);
        octets[5] = (uint8_t)len;
        EQ(udp_parse(octets, sizeof octets, &hdr), expected);
        EQ(hdr.src_port, expected == DROP_NONE ? 12345 : 7);
    }
}

static void emit_writes_the_fields_as_given(void)
{
    struct udp_hdr hdr = { 12345, 53, 12, 0xbeef };
    uint8_t octets[UDP_HDR_LEN + 1];

    octets[UDP_HDR_LEN] = 0xee;
    udp_emit(&hdr, octets);
    EQ_MEM(octets, DATAGRAM, UDP_HDR_LEN);
    EQ(octets[UDP_HDR_LEN], 0xee);
    EQ(be16_get(octets + UDP_AT_CHECKSUM), 0xbeef);
}

static void a_computed_checksum_of_0_is_sent_as_ffff(void)
{
    EQ(udp_checksum_finish(0xffff), 0xffff);
    EQ(udp_checksum_finish(0x1fffe), 0xffff);
    EQ(udp_checksum_finish(0), 0xffff); /* ~0 */
    EQ(udp_checksum_finish(1), 0xfffe);
    EQ(udp_checksum_finish(0xfffe), 1);
}

UNIT_MAIN("wire.udp", TEST(a_header_is_read_field_by_field),
          TEST(every_truncation_is_refused_and_leaves_the_header_alone),
          TEST(the_length_field_must_be_8_or_more_and_fit), TEST(emit_writes_the_fields_as_given),
          TEST(a_computed_checksum_of_0_is_sent_as_ffff))
