#include "tests/support/unit.h"

#include <string.h>

#include "base/be.h"
#include "inspect/dissect.h"
#include "inspect/edit.h"
#include "inspect/i18n.h"
#include "tests/unit/inspect/rig.h"

static size_t segment(uint8_t *octets)
{
    struct tcp_hdr tcp = { .src_port = 40000,
                           .dst_port = 80,
                           .seq = 1000,
                           .ack = 5,
                           .window = 500,
                           .flags = TCP_ACK | TCP_PSH };

    return rig_tcp(octets, tcp, "hello", 5);
}

/* @octets after FIELD = VALUE, FIELD = VALUE, ..., NULL */
static void change(uint8_t *octets, size_t len, int keep, ...)
{
    struct edit *edit = edit_new();
    const char *field;
    va_list args;

    va_start(args, keep);
    while ((field = va_arg(args, const char *)) != NULL) {
        g_autofree char *error = NULL;
        const char *value = va_arg(args, const char *);

        if (!edit_add(edit, field, value, &error))
            fprintf(stderr, "%s\n", error);
        OK(error == NULL);
    }
    va_end(args);
    OK(edit_missing(edit, octets, len) == NULL);
    edit_apply(edit, octets, len, keep != 0);
    edit_free(edit);
}

static void shows(const uint8_t *octets, size_t len, const char *abbrev, const char *value)
{
    struct dissection d;
    const struct field *field;

    i18n_init("en");
    dissect(&d, octets, len, NULL);
    field = dissect_find(&d, abbrev);
    CU_ASSERT_PTR_NOT_NULL_FATAL(field);
    EQ_STR(g_str_has_suffix(abbrev, "checksum") ? field->meaning : field->value, value);
    dissect_fini(&d);
}

static void fields_change_and_checksums_follow(void)
{
    uint8_t octets[200];
    size_t len = segment(octets);

    change(octets, len, false, "ip.ttl", "1", "ip.dst", "10.9.8.7", "tcp.flags", "SYN+ACK",
           "eth.dst", "02:00:00:00:09:09", "tcp.seq", "0x7", NULL);
    shows(octets, len, "ip.ttl", "1");
    shows(octets, len, "ip.dst", "10.9.8.7");
    shows(octets, len, "tcp.flags", "0x12");
    shows(octets, len, "tcp.seq", "7");
    shows(octets, len, "eth.dst", "02:00:00:00:09:09");
    shows(octets, len, "ip.checksum", "correct");
    shows(octets, len, "tcp.checksum", "correct");
}

static void single_bits_leave_their_neighbors_alone(void)
{
    uint8_t octets[200];
    size_t len = segment(octets);

    change(octets, len, false, "ip.flags.df", "0", "ip.frag_offset", "0", NULL);
    shows(octets, len, "ip.flags.df", "0");
    shows(octets, len, "ip.version", "4");
    shows(octets, len, "ip.checksum", "correct");
    change(octets, len, false, "ip.flags.mf", "1", NULL);
    shows(octets, len, "ip.flags.mf", "1");
    shows(octets, len, "ip.flags.df", "0");
}

static void signs_count_from_what_is_there(void)
{
    uint8_t octets[200];
    size_t len = segment(octets);

    change(octets, len, false, "tcp.seq", "+24", "ip.ttl", "-63", "tcp.ack", "-6", NULL);
    shows(octets, len, "tcp.seq", "1024");
    shows(octets, len, "ip.ttl", "1");
    shows(octets, len, "tcp.ack", "4294967295");
}

static void octets_and_text_go_where_they_are_sent(void)
{
    uint8_t octets[200];
    size_t len = segment(octets);

    change(octets, len, false, "payload 1", "41 42", "text 3", "xy", "octet 0", "ff", NULL);
    shows(octets, len, "data.data", "hABxy");
    shows(octets, len, "eth.dst", "ff:00:00:00:02:01");
    shows(octets, len, "tcp.checksum", "correct");
}

static void checksums_stay_when_asked_to_or_set(void)
{
    uint8_t octets[200];
    size_t len = segment(octets);

    change(octets, len, true, "ip.ttl", "1", "text 0", "j", NULL);
    shows(octets, len, "ip.checksum", "wrong");
    shows(octets, len, "tcp.checksum", "wrong");
    len = segment(octets);
    change(octets, len, false, "tcp.checksum", "0xbeef", "ip.ttl", "1", NULL);
    shows(octets, len, "ip.checksum", "correct");
    shows(octets, len, "tcp.checksum", "wrong");
    EQ(be16_get(octets + 34 + TCP_AT_CHECKSUM), 0xbeef);
}

static void a_datagram_without_checksum_stays_without(void)
{
    uint8_t octets[200];
    size_t len = rig_udp(octets, 5000, 5001, "abc", 3);

    be16_put(octets + 40, 0);
    change(octets, len, false, "udp.dstport", "53", NULL);
    EQ(be16_get(octets + 40), 0);
    EQ(be16_get(octets + 36), 53);
}

static void a_frame_without_the_field_is_told(void)
{
    struct edit *edit = edit_new();
    uint8_t octets[200];
    size_t len = rig_arp(octets);
    char *error = NULL;

    OK(edit_add(edit, "eth.src", "02:00:00:00:00:05", &error));
    OK(edit_missing(edit, octets, len) == NULL);
    OK(edit_add(edit, "ip.ttl", "1", &error));
    EQ_STR(edit_missing(edit, octets, len), "ip.ttl");
    edit_free(edit);
    edit = edit_new();
    OK(edit_add(edit, "payload 4", "00 00", &error));
    len = segment(octets);
    EQ_STR(edit_missing(edit, octets, len), "payload 4"); /* one octet too far */
    edit_free(edit);
}

static void wrong_changes_are_refused_by_name(void)
{
    static const char *const wrong[][3] = {
        { "ip.tttl", "1", "no field \"ip.tttl\"" },
        { "ip.ttl", "256", "from 0 to 255, not \"256\"" },
        { "ip.ttl", "", "from 0 to 255, not \"\"" },
        { "tcp.seq", "+", "not \"+\"" },
        { "ip.src", "10.0.0", "an IPv4 address" },
        { "ipv6.src", "10.0.0.1", "an IPv6 address" },
        { "eth.dst", "x", "a MAC address" },
        { "tcp.flags", "SYNACK", "flags such as SYN+ACK" },
        { "octet 3", "f", "hexadecimal" },
        { "octet 3", "", "hexadecimal" },
        { "text 0", "", "1 to" },
        { "octet 99999", "00", "no field" },
        { "payload", "00", "no field" },
    };
    struct edit *edit = edit_new();
    GString *text = g_string_new(NULL);

    i18n_init("en");
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *error = NULL;

        OK(!edit_add(edit, wrong[i][0], wrong[i][1], &error));
        OK(error != NULL && strstr(error, wrong[i][2]) != NULL);
    }
    edit_text(edit, text);
    EQ_STR(text->str, "");
    g_string_free(text, TRUE);
    edit_free(edit);
}

static void each_name_is_a_field_of_its_own(void)
{
    for (const char *const *name = edit_field_names(); *name != NULL; name++)
        OK(edit_is_field(*name));
    OK(edit_is_field("octet 0") && edit_is_field("tcp.window") && !edit_is_field("octet"));
}

/* A neighbor solicitation with the sender's MAC address, in an Ethernet frame. */
static size_t solicitation(uint8_t *octets)
{
    struct ipv6_hdr ip = { .next_header = IP6_NEXT_ICMP, .hop_limit = 255 };
    struct ndp_msg ndp = { .type = ICMP6_NEIGHBOR_SOLICIT, .has_source = true };
    size_t len;

    ip6_parse("2001:db8::1", &ip.src);
    ip6_parse("ff02::1:ff00:2", &ip.dst);
    ip6_parse("2001:db8::2", &ndp.target);
    memset(octets, 0, ETH_HDR_LEN);
    be16_put(octets + 12, ETHERTYPE_IPV6);
    len = ndp_emit(&ndp, octets + ETH_HDR_LEN + IPV6_HDR_LEN, ip.src, ip.dst);
    ip.payload_len = (uint16_t)len;
    ipv6_emit(&ip, octets + ETH_HDR_LEN);
    return ETH_HDR_LEN + IPV6_HDR_LEN + len;
}

static void fields_of_ipv6_change_and_its_checksums_follow(void)
{
    uint8_t octets[200];
    size_t len = solicitation(octets);

    change(octets, len, false, "ipv6.hlim", "-191", "ipv6.src", "fe80::9", "ipv6.flow", "0xabcde",
           "icmpv6.nd.ns.target_address", "2001:db8::7", "icmpv6.opt.linkaddr", "02:00:00:00:00:09",
           NULL);
    shows(octets, len, "ipv6.hlim", "64");
    shows(octets, len, "ipv6.version", "6");
    shows(octets, len, "ipv6.flow", "0xabcde");
    shows(octets, len, "ipv6.src", "fe80::9");
    shows(octets, len, "icmpv6.nd.ns.target_address", "2001:db8::7");
    shows(octets, len, "icmpv6.opt.linkaddr", "02:00:00:00:00:09");
    shows(octets, len, "icmpv6.checksum", "correct");
    change(octets, len, true, "ipv6.dst", "ff02::1", NULL);
    shows(octets, len, "icmpv6.checksum", "wrong");
}

UNIT_MAIN("edit", TEST(fields_of_ipv6_change_and_its_checksums_follow),
          TEST(fields_change_and_checksums_follow), TEST(single_bits_leave_their_neighbors_alone),
          TEST(signs_count_from_what_is_there), TEST(octets_and_text_go_where_they_are_sent),
          TEST(checksums_stay_when_asked_to_or_set),
          TEST(a_datagram_without_checksum_stays_without), TEST(a_frame_without_the_field_is_told),
          TEST(wrong_changes_are_refused_by_name), TEST(each_name_is_a_field_of_its_own))
