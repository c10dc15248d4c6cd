#include "tests/support/unit.h"

#include "stack/wire/eth_wire.h"

static const uint8_t FRAME[] = { 0x02, 0, 0, 0, 0x02, 0x01, 0x02, 0, 0, 0, 0x01, 0x01, 0x08, 0x06 };

static void a_header_is_read_field_by_field(void)
{
    struct eth_hdr hdr;

    EQ(eth_parse(FRAME, sizeof FRAME, &hdr), DROP_NONE);
    EQ(mac_to_u64(&hdr.dst), 0x020000000201);
    EQ(mac_to_u64(&hdr.src), 0x020000000101);
    EQ(hdr.ethertype, ETHERTYPE_ARP);
}

static void every_truncation_is_refused_and_leaves_the_header_alone(void)
{
    for (size_t len = 0; len < ETH_HDR_LEN; len++) {
        struct eth_hdr hdr = { .ethertype = 0xabcd };

        EQ(eth_parse(FRAME, len, &hdr), DROP_TRUNCATED);
        EQ(hdr.ethertype, 0xabcd);
    }
}

static void a_length_in_place_of_the_ethertype_is_kept_as_a_number(void)
{
    uint8_t octets[ETH_HDR_LEN];
    struct eth_hdr hdr;

    memcpy(octets, FRAME, sizeof octets);
    octets[12] = 0x05;
    octets[13] = 0xff;
    EQ(eth_parse(octets, sizeof octets, &hdr), DROP_NONE);
    EQ(hdr.ethertype, 0x05ff);
    OK(hdr.ethertype < ETHERTYPE_MIN);
}

static void emit_writes_what_parse_read_and_nothing_behind_it(void)
{
    uint8_t octets[ETH_HDR_LEN + 1];
    struct eth_hdr hdr;

    octets[ETH_HDR_LEN] = 0xee;
    EQ(eth_parse(FRAME, sizeof FRAME, &hdr), DROP_NONE);
    eth_emit(&hdr, octets);
    EQ_MEM(octets, FRAME, sizeof FRAME);
    EQ(octets[ETH_HDR_LEN], 0xee);
}

UNIT_MAIN("wire.eth", TEST(a_header_is_read_field_by_field),
          TEST(every_truncation_is_refused_and_leaves_the_header_alone),
          TEST(a_length_in_place_of_the_ethertype_is_kept_as_a_number),
          TEST(emit_writes_what_parse_read_and_nothing_behind_it))
