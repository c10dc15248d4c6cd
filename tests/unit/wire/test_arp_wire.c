#include "tests/support/unit.h"

#include "stack/wire/arp_wire.h"

/* A Linux host asks for 10.0.0.2. */
static const uint8_t REQUEST[ARP_LEN] = {
    0,    1,    0x08, 0, 6, 4, 0,    1,    0x02, 0, 0,  0, 0x01, 0x01,
    0x0a, 0x00, 0,    1, 0, 0, 0x00, 0x00, 0,    0, 10, 0, 0,    2,
};

static void a_request_is_read_field_by_field(void)
{
    struct arp_msg msg;

    EQ(arp_parse(REQUEST, sizeof REQUEST, &msg), DROP_NONE);
    EQ(msg.op, ARP_REQUEST);
    EQ(mac_to_u64(&msg.sha), 0x020000000101);
    EQ(msg.spa, IP4(10, 0, 0, 1));
    OK(mac_is_zero(&msg.tha));
    EQ(msg.tpa, IP4(10, 0, 0, 2));
}

static void every_truncation_is_refused_and_leaves_the_message_alone(void)
{
    for (size_t len = 0; len < ARP_LEN; len++) {
        struct arp_msg msg = { .op = 77 };

        EQ(arp_parse(REQUEST, len, &msg), DROP_TRUNCATED);
        EQ(msg.op, 77);
    }
}

static void ethernet_padding_behind_the_message_is_ignored(void)
{
    uint8_t octets[46] = { 0 };
    struct arp_msg msg;

    memcpy(octets, REQUEST, sizeof REQUEST);
    EQ(arp_parse(octets, sizeof octets, &msg), DROP_NONE);
    EQ(msg.tpa, IP4(10, 0, 0, 2));
}

static void other_address_families_and_lengths_are_bad_headers(void)
{
    for (size_t at = 0; at < 6; at++) { /* hrd, pro, hln, pln */
        uint8_t octets[ARP_LEN];
        struct arp_msg msg = { .op = 77 };

        memcpy(octets, REQUEST, sizeof octets);
        octets[at] ^= 0x10;
        EQ(arp_parse(octets, sizeof octets, &msg), DROP_BAD_HEADER);
        EQ(msg.op, 77);
    }
}

static void unknown_operations_are_left_to_the_caller(void)
{
    uint8_t octets[ARP_LEN];
    struct arp_msg msg;

    memcpy(octets, REQUEST, sizeof octets);
    octets[7] = 9; /* InARP reply */
    EQ(arp_parse(octets, sizeof octets, &msg), DROP_NONE);
    EQ(msg.op, 9);
}

static void a_reply_survives_emit_and_parse(void)
{
    struct arp_msg in = { .op = ARP_REPLY,
                          .sha = { { 2, 0, 0, 0, 2, 1 } },
                          .spa = IP4(10, 0, 0, 2),
                          .tha = { { 2, 0, 0, 0, 1, 1 } },
                          .tpa = IP4(10, 0, 0, 1) };
    struct arp_msg out;
    uint8_t octets[ARP_LEN + 1];

    octets[ARP_LEN] = 0xee;
    arp_emit(&in, octets);
    EQ(octets[ARP_LEN], 0xee);
    EQ(arp_parse(octets, ARP_LEN, &out), DROP_NONE);
    EQ(out.op, ARP_REPLY);
    OK(mac_eq(&out.sha, &in.sha) && mac_eq(&out.tha, &in.tha));
    EQ(out.spa, in.spa);
    EQ(out.tpa, in.tpa);
}

UNIT_MAIN("wire.arp", TEST(a_request_is_read_field_by_field),
          TEST(every_truncation_is_refused_and_leaves_the_message_alone),
          TEST(ethernet_padding_behind_the_message_is_ignored),
          TEST(other_address_families_and_lengths_are_bad_headers),
          TEST(unknown_operations_are_left_to_the_caller), TEST(a_reply_survives_emit_and_parse))
