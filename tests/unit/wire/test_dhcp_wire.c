#include "tests/support/unit.h"

#include "base/be.h"
#include "stack/wire/dhcp_wire.h"

#define AT_OPTIONS DHCP_FIXED_LEN
#define AT_FILE    108
#define AT_SNAME   44

static const struct mac_addr CLIENT = { { 2, 0, 0, 0, 1, 1 } };

/* A request's fixed fields, and @n octets of options; returns the length. */
static size_t message(uint8_t octets[static 1024], const char *options, size_t n)
{
    memset(octets, 0, 1024);
    octets[0] = DHCP_BOOTREQUEST;
    octets[1] = DHCP_HTYPE_ETHERNET;
    octets[2] = 6;
    be32_put(octets + 236, DHCP_COOKIE);
    memcpy(octets + AT_OPTIONS, options, n);
    return AT_OPTIONS + n;
}

#define MESSAGE(octets, options) message(octets, options, sizeof(options) - 1)

static enum drop_reason verdict(const char *options, size_t n)
{
    uint8_t octets[1024];
    size_t len = message(octets, options, n);
    struct dhcp_msg msg;

    return dhcp_parse(octets, len, &msg);
}

#define VERDICT(options) verdict(options, sizeof(options) - 1)

static void fixed_fields_and_options_survive_emit_and_parse(void)
{
    struct dhcp_msg in = { .op = DHCP_BOOTREPLY,
                           .hops = 1,
                           .xid = 0xdeadbeef,
                           .secs = 3,
                           .flags = DHCP_FLAG_BROADCAST,
                           .ciaddr = IP4(10, 0, 0, 1),
                           .yiaddr = IP4(10, 0, 0, 2),
                           .siaddr = IP4(10, 0, 0, 3),
                           .giaddr = IP4(10, 0, 0, 4),
                           .sname = "server",
                           .file = "boot" };
    struct dhcp_msg out;
    struct dhcp_writer w;
    struct mac_addr mac;
    ip4_addr routers[] = { IP4(10, 0, 0, 254), IP4(10, 0, 0, 253) }, read[3];
    uint8_t octets[576], type;
    uint16_t size;
    uint32_t lease;
    size_t len;

    dhcp_set_client(&in, &CLIENT);
    dhcp_emit_begin(&w, &in, octets, sizeof octets);
    dhcp_emit_u8(&w, DHCP_OPT_MESSAGE_TYPE, DHCP_OFFER);
    dhcp_emit_u32(&w, DHCP_OPT_LEASE_TIME, 3600);
    dhcp_emit_u16(&w, DHCP_OPT_MAX_SIZE, 1500);
    dhcp_emit_addrs(&w, DHCP_OPT_ROUTER, routers, 2);
    dhcp_emit_option(&w, DHCP_OPT_HOST_NAME, "pc1", 3);
    len = dhcp_emit_end(&w, 0);
    EQ(len, 240 + 3 + 6 + 4 + 10 + 5 + 1);
    EQ(dhcp_parse(octets, len, &out), DROP_NONE);
    EQ(out.op, in.op);
    EQ(out.hops, in.hops);
    EQ(out.xid, in.xid);
    EQ(out.secs, in.secs);
    EQ(out.flags, in.flags);
    EQ(out.ciaddr, in.ciaddr);
    EQ(out.yiaddr, in.yiaddr);
    EQ(out.siaddr, in.siaddr);
    EQ(out.giaddr, in.giaddr);
    EQ_MEM(out.chaddr, in.chaddr, sizeof in.chaddr);
    mac = dhcp_chaddr_mac(&out);
    OK(mac_eq(&mac, &CLIENT));
    EQ_MEM(out.sname, in.sname, sizeof in.sname);
    EQ_MEM(out.file, in.file, sizeof in.file);
    EQ(out.n_options, 5);
    EQ(dhcp_message_type(&out), DHCP_OFFER);
    OK(dhcp_option_u8(&out, DHCP_OPT_MESSAGE_TYPE, &type));
    OK(dhcp_option_u32(&out, DHCP_OPT_LEASE_TIME, &lease));
    EQ(lease, 3600);
    OK(dhcp_option_u16(&out, DHCP_OPT_MAX_SIZE, &size));
    EQ(size, 1500);
    EQ(dhcp_option_addrs(&out, DHCP_OPT_ROUTER, read, 3), 2);
    EQ(read[0], routers[0]);
    EQ(read[1], routers[1]);
    EQ(dhcp_option_addrs(&out, DHCP_OPT_ROUTER, read, 1), 1);
    EQ(dhcp_option(&out, DHCP_OPT_HOST_NAME)->len, 3);
    EQ_MEM(dhcp_option(&out, DHCP_OPT_HOST_NAME)->data, "pc1", 3);
    OK(dhcp_option(&out, DHCP_OPT_DNS_SERVER) == NULL);
}

static void lookups_of_another_length_fail_and_leave_the_value_alone(void)
{
    uint8_t octets[1024], u8 = 9;
    size_t len = MESSAGE(octets, "\x33\3\0\0\1\x3a\0\3\5\1\2\3\4\5\xff");
    uint16_t u16 = 9;
    uint32_t u32 = 9;
    ip4_addr addr;
    struct dhcp_msg msg;

    EQ(dhcp_parse(octets, len, &msg), DROP_NONE);
    OK(!dhcp_option_u32(&msg, DHCP_OPT_LEASE_TIME, &u32));
    OK(!dhcp_option_u32(&msg, DHCP_OPT_RENEWAL_TIME, &u32));
    OK(!dhcp_option_u16(&msg, DHCP_OPT_LEASE_TIME, &u16));
    OK(!dhcp_option_u8(&msg, DHCP_OPT_RENEWAL_TIME, &u8));
    OK(u8 == 9 && u16 == 9 && u32 == 9);
    EQ(dhcp_option_addrs(&msg, DHCP_OPT_ROUTER, &addr, 1), 0);
    EQ(dhcp_message_type(&msg), 0);
}

static void a_message_type_out_of_range_is_none(void)
{
    uint8_t octets[1024];
    struct dhcp_msg msg;

    EQ(dhcp_parse(octets, MESSAGE(octets, "\x35\1\x08\xff"), &msg), DROP_NONE);
    EQ(dhcp_message_type(&msg), DHCP_INFORM);
    EQ(dhcp_parse(octets, MESSAGE(octets, "\x35\1\x09\xff"), &msg), DROP_NONE);
    EQ(dhcp_message_type(&msg), 0);
}

static void every_truncation_of_the_fixed_part_is_refused(void)
{
    uint8_t octets[1024];

    MESSAGE(octets, "\xff");
    for (size_t len = 0; len < DHCP_FIXED_LEN; len++) {
        struct dhcp_msg msg = { .op = 77 };

        EQ(dhcp_parse(octets, len, &msg), DROP_TRUNCATED);
        EQ(msg.op, 77);
    }
}

static void wrong_op_hardware_length_or_cookie_is_a_bad_header(void)
{
    uint8_t octets[1024];
    size_t len = MESSAGE(octets, "\xff");
    struct dhcp_msg msg = { .op = 77 };

    EQ(dhcp_parse(octets, len, &msg), DROP_NONE);
    msg.op = 77;
    octets[0] = 3;
    EQ(dhcp_parse(octets, len, &msg), DROP_BAD_HEADER);
    octets[0] = DHCP_BOOTREPLY;
    octets[2] = 17;
    EQ(dhcp_parse(octets, len, &msg), DROP_BAD_HEADER);
    octets[2] = 16;
    octets[239] ^= 1;
    EQ(dhcp_parse(octets, len, &msg), DROP_BAD_HEADER);
    EQ(msg.op, 77);
}

static void an_option_past_the_end_is_a_bad_option(void)
{
    EQ(VERDICT("\x33\4\0\0\0\1"), DROP_NONE); /* the end option is missing: forgiven */
    EQ(VERDICT(""), DROP_NONE);
    EQ(VERDICT("\x33\4\0\0\0"), DROP_BAD_OPTION);
    EQ(VERDICT("\x33"), DROP_BAD_OPTION);
    EQ(VERDICT("\0\0\x33\0"), DROP_NONE);
    EQ(VERDICT("\xff\x33\4"), DROP_NONE); /* behind the end nothing is looked at */
}

static void more_than_64_options_are_refused(void)
{
    char options[2 * (DHCP_OPTIONS_MAX + 1)];

    for (size_t i = 0; i < sizeof options; i += 2) {
        options[i] = 43;
        options[i + 1] = 0;
    }
    EQ(verdict(options, sizeof options - 2), DROP_NONE);
    EQ(verdict(options, sizeof options), DROP_BAD_OPTION);
}

static void overload_reads_file_before_sname(void)
{
    uint8_t octets[1024];
    size_t len = MESSAGE(octets, "\x34\1\3\xff");
    struct dhcp_msg msg;

    memcpy(octets + AT_FILE, "\x0c\1f\xff\x0c\1x", 7);
    memcpy(octets + AT_SNAME, "\x0c\1s\x06\4\x08\x08\x08\x08\xff", 10);
    EQ(dhcp_parse(octets, len, &msg), DROP_NONE);
    EQ(msg.n_options, 4);
    EQ(msg.options[1].data[0], 'f');
    EQ(msg.options[2].data[0], 's');
    EQ(msg.options[3].code, DHCP_OPT_DNS_SERVER);
    octets[AT_OPTIONS + 2] = 1; /* file only */
    EQ(dhcp_parse(octets, len, &msg), DROP_NONE);
    EQ(msg.n_options, 2);
    octets[AT_OPTIONS + 2] = 2; /* sname only */
    EQ(dhcp_parse(octets, len, &msg), DROP_NONE);
    EQ(msg.n_options, 3);
    EQ(msg.options[1].data[0], 's');
}

static void overload_must_be_1_2_or_3_and_its_fields_well_formed(void)
{
    uint8_t octets[1024];
    size_t len = MESSAGE(octets, "\x34\1\1\xff");
    struct dhcp_msg msg;

    EQ(VERDICT("\x34\1\0"), DROP_BAD_OPTION);
    EQ(VERDICT("\x34\1\4"), DROP_BAD_OPTION);
    EQ(VERDICT("\x34\2\1\1"), DROP_BAD_OPTION);
    octets[AT_FILE] = 12;
    octets[AT_FILE + 1] = 126; /* to the last octet of file */
    EQ(dhcp_parse(octets, len, &msg), DROP_NONE);
    octets[AT_FILE + 1] = 127;
    EQ(dhcp_parse(octets, len, &msg), DROP_BAD_OPTION);
}

static void pieces_of_an_option_are_joined_in_order(void)
{
    uint8_t octets[1024], joined[8];
    size_t len = MESSAGE(octets, "\x0f\3ex.\x0c\1h\x0f\4test\xff");
    struct dhcp_msg msg;

    EQ(dhcp_parse(octets, len, &msg), DROP_NONE);
    EQ(dhcp_option_join(&msg, DHCP_OPT_DOMAIN_NAME, joined, sizeof joined), 7);
    EQ_MEM(joined, "ex.test", 7);
    memset(joined, 0xee, sizeof joined);
    EQ(dhcp_option_join(&msg, DHCP_OPT_DOMAIN_NAME, joined, 4), 7); /* cut, but its length told */
    EQ_MEM(joined, "ex.t\xee", 5);
    EQ(dhcp_option_join(&msg, DHCP_OPT_ROUTER, joined, sizeof joined), 0);
}

static void a_long_option_is_split_and_joined_again(void)
{
    static const size_t lengths[] = { 0, 1, 254, 255, 256, 510, 511, 600 };
    uint8_t octets[1024], data[600], joined[600];
    struct dhcp_msg in = { .op = DHCP_BOOTREQUEST }, out;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct dhcp_writer w;
        size_t len;

        dhcp_emit_begin(&w, &in, octets, sizeof octets);
        dhcp_emit_option(&w, DHCP_OPT_CLASSLESS_ROUTE, data, lengths[i]);
        len = dhcp_emit_end(&w, 0);
        EQ(dhcp_parse(octets, len, &out), DROP_NONE);
        EQ(out.n_options, lengths[i] == 0 ? 1 : (lengths[i] + 254) / 255);
        EQ(dhcp_option_join(&out, DHCP_OPT_CLASSLESS_ROUTE, joined, sizeof joined), lengths[i]);
        EQ_MEM(joined, data, lengths[i]);
    }
}

static void a_short_message_is_padded_and_a_long_one_is_not(void)
{
    uint8_t octets[576], data[100] = { 0 };
    struct dhcp_msg msg = { .op = DHCP_BOOTREQUEST };
    struct dhcp_writer w;

    memset(octets, 0xee, sizeof octets);
    dhcp_emit_begin(&w, &msg, octets, sizeof octets);
    dhcp_emit_u8(&w, DHCP_OPT_MESSAGE_TYPE, DHCP_DISCOVER);
    EQ(dhcp_emit_end(&w, DHCP_BOOTP_LEN), 300);
    EQ(octets[243], DHCP_OPT_END);
    EQ(octets[244], 0);
    EQ(octets[299], 0);
    EQ(octets[300], 0xee);
    dhcp_emit_begin(&w, &msg, octets, sizeof octets);
    dhcp_emit_option(&w, DHCP_OPT_VENDOR_SPECIFIC, data, sizeof data);
    EQ(dhcp_emit_end(&w, DHCP_BOOTP_LEN), 240 + 102 + 1);
}

static void what_does_not_fit_is_reported_and_nothing_is_written_past_the_end(void)
{
    uint8_t octets[301], data[100] = { 0 };
    struct dhcp_msg msg = { .op = DHCP_BOOTREQUEST };
    struct dhcp_writer w;

    octets[300] = 0xee;
    dhcp_emit_begin(&w, &msg, octets, 300);
    dhcp_emit_option(&w, DHCP_OPT_VENDOR_SPECIFIC, data, 57);
    OK(!w.overflow);
    EQ(dhcp_emit_end(&w, 300), 300); /* 240 + 59 + the end option */
    dhcp_emit_begin(&w, &msg, octets, 300);
    dhcp_emit_option(&w, DHCP_OPT_VENDOR_SPECIFIC, data, 58);
    OK(w.overflow);
    dhcp_emit_u8(&w, DHCP_OPT_MESSAGE_TYPE, DHCP_DISCOVER); /* a shorter one still goes in */
    EQ(w.len, 243);
    EQ(dhcp_emit_end(&w, 300), 0);
    EQ(octets[300], 0xee);
}

UNIT_MAIN("wire.dhcp", TEST(fixed_fields_and_options_survive_emit_and_parse),
          TEST(lookups_of_another_length_fail_and_leave_the_value_alone),
          TEST(a_message_type_out_of_range_is_none),
          TEST(every_truncation_of_the_fixed_part_is_refused),
          TEST(wrong_op_hardware_length_or_cookie_is_a_bad_header),
          TEST(an_option_past_the_end_is_a_bad_option), TEST(more_than_64_options_are_refused),
          TEST(overload_reads_file_before_sname),
          TEST(overload_must_be_1_2_or_3_and_its_fields_well_formed),
          TEST(pieces_of_an_option_are_joined_in_order),
          TEST(a_long_option_is_split_and_joined_again),
          TEST(a_short_message_is_padded_and_a_long_one_is_not),
          TEST(what_does_not_fit_is_reported_and_nothing_is_written_past_the_end))
