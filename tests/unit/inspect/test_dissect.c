#include "tests/support/unit.h"

#include <glib.h>
#include <string.h>

#include "base/be.h"
#include "inspect/dissect.h"
#include "inspect/i18n.h"
#include "tests/unit/inspect/rig.h"

static void value_is(const struct dissection *d, const char *abbrev, const char *value,
                     const char *meaning)
{
    const struct field *field = dissect_find(d, abbrev);

    if (field == NULL)
        fprintf(stderr, "no field %s\n", abbrev);
    OK(field != NULL);
    if (field == NULL)
        return;
    EQ_STR(field->value, value);
    if (meaning != NULL)
        EQ_STR(field->meaning == NULL ? "" : field->meaning, meaning);
}

static void arp_request_is_opened_field_by_field(void)
{
    struct dissection d;
    uint8_t octets[60];
    g_autoptr(GString) text = g_string_new(NULL);

    i18n_init("en");
    dissect(&d, octets, rig_arp(octets), NULL);
    value_is(&d, "eth.dst", "ff:ff:ff:ff:ff:ff", "broadcast: everybody");
    value_is(&d, "eth.type", "0x0806", "ARP");
    value_is(&d, "arp.opcode", "1", "request");
    value_is(&d, "arp.dst.proto_ipv4", "10.0.0.2", NULL);
    EQ(dissect_find(&d, "arp.dst.proto_ipv4")->at, 38);
    dissect_fini(&d);
    dissect_summary(octets, sizeof octets, NULL, text);
    EQ_STR(text->str, "ARP request: who has 10.0.0.2? tell 10.0.0.1");
    i18n_init("zh");
    g_string_truncate(text, 0);
    dissect_summary(octets, sizeof octets, NULL, text);
    EQ_STR(text->str, "ARP 请求: 谁是 10.0.0.2？请告诉 10.0.0.1");
}

static void tcp_segment_with_relative_numbers(void)
{
    struct tcp_hdr tcp = { .src_port = 40000,
                           .dst_port = 80,
                           .seq = 1001,
                           .ack = 5001,
                           .flags = TCP_ACK | TCP_PSH,
                           .window = 502,
                           .opt = { .has_ts = true, .ts_val = 7, .ts_ecr = 6 } };
    struct seq_base base = { true, 1000, 5000 };
    struct dissection d;
    uint8_t octets[200];
    size_t len = rig_tcp(octets, tcp, "GET /x HTTP/1.1\r\nHost: a\r\n\r\nbody", 32);
    g_autoptr(GString) text = g_string_new(NULL);

    i18n_init("en");
    dissect(&d, octets, len, &base);
    value_is(&d, "tcp.seq", "1", "counted from the connection's beginning; on the wire 1001");
    value_is(&d, "tcp.ack", "1", NULL);
    value_is(&d, "tcp.checksum", dissect_find(&d, "tcp.checksum")->value, "correct");
    value_is(&d, "tcp.flags", "0x18", "PSH,ACK");
    value_is(&d, "tcp.options.timestamp.tsval", "7", NULL);
    value_is(&d, "http.request.line", "GET /x HTTP/1.1", NULL);
    value_is(&d, "http.field", "Host: a", NULL);
    value_is(&d, "http.file_data", "body", "4 octets");
    value_is(&d, "ip.checksum", dissect_find(&d, "ip.checksum")->value, "correct");
    dissect_write(&d, text);
    OK(strstr(text->str, "TCP\n  Source port: 40000\n") != NULL);
    dissect_fini(&d);
    octets[60] ^= 1;
    dissect(&d, octets, len, NULL);
    value_is(&d, "tcp.checksum", dissect_find(&d, "tcp.checksum")->value, "wrong");
    value_is(&d, "tcp.seq", "1001", "");
    dissect_fini(&d);
}

static void icmp_error_shows_what_it_quotes(void)
{
    struct icmp_hdr icmp = icmp_make(ICMP_DEST_UNREACH, ICMP_UNREACH_PORT);
    struct dissection d;
    uint8_t inner[100], octets[100];
    size_t len;

    i18n_init("en");
    rig_udp(inner, 40000, 9, "x", 1);
    memcpy(octets + 42, inner + 14, 28);
    icmp_emit(&icmp, octets + 34, 8 + 28);
    len = rig_ip(octets, IP_PROTO_ICMP, 8 + 28);
    dissect(&d, octets, len, NULL);
    value_is(&d, "icmp.type", "3", "ICMP port unreachable");
    value_is(&d, "udp.dstport", "9", NULL);
    EQ_STR(dissect_find(&d, "udp")->name, "UDP, quoted");
    dissect_fini(&d);
}

static void dns_answer_names_its_records(void)
{
    uint8_t message[200], octets[300];
    struct dns_writer w;
    struct dns_hdr hdr = { .id = 5, .qr = true, .rd = true, .ra = true };
    struct dissection d;
    size_t len;
    g_autoptr(GString) text = g_string_new(NULL);

    i18n_init("en");
    dns_emit_begin(&w, &hdr, message, sizeof message);
    dns_emit_question(&w, "www.baidu.com", DNS_TYPE_A, DNS_CLASS_IN);
    dns_emit_a(&w, DNS_ANSWER, "www.baidu.com", 60, IP4(203, 0, 113, 80));
    len = dns_emit_end(&w);
    len = rig_udp(octets, 53, 40000, message, len);
    dissect(&d, octets, len, NULL);
    value_is(&d, "dns.qry.name", "www.baidu.com.", NULL);
    value_is(&d, "dns.a", "203.0.113.80", NULL);
    value_is(&d, "dns.resp.ttl", "60", NULL);
    value_is(&d, "udp.checksum", dissect_find(&d, "udp.checksum")->value, "correct");
    dissect_fini(&d);
    dissect_summary(octets, len, NULL, text);
    EQ_STR(text->str, "DNS response: www.baidu.com A, 1 answer");
}

/* Every length of every frame here, and each octet damaged: no crash, fields within the frame. */
static void check_places(const struct field *parent, size_t len)
{
    for (const struct field *field = parent->first; field != NULL; field = field->next) {
        OK(field->at <= len && (size_t)field->at + field->len <= len);
        check_places(field, len);
    }
}

static void damaged_and_cut_frames_stay_within_their_octets(void)
{
    uint8_t octets[200];
    struct tcp_hdr tcp = { .src_port = 1,
                           .dst_port = 80,
                           .flags = TCP_SYN,
                           .opt = { .has_mss = true,
                                    .mss = 1460,
                                    .sack_permitted = true,
                                    .has_ts = true,
                                    .has_wscale = true } };
    size_t len = rig_tcp(octets, tcp, "", 0);
    struct dissection d;

    for (size_t n = 0; n <= len; n++) {
        dissect(&d, octets, n, NULL);
        check_places(&d.root, n);
        dissect_fini(&d);
    }
    for (size_t i = 0; i < len; i++) {
        octets[i] ^= 0xff;
        dissect(&d, octets, len, NULL);
        check_places(&d.root, len);
        dissect_fini(&d);
        octets[i] ^= 0xff;
    }
}

static size_t in_ipv6(uint8_t *octets, size_t len)
{
    struct ipv6_hdr ip = { .next_header = IP6_NEXT_ICMP,
                           .hop_limit = 255,
                           .payload_len = (uint16_t)len };

    memset(octets, 0, ETH_HDR_LEN);
    be16_put(octets + 12, ETHERTYPE_IPV6);
    ip6_parse("fe80::1", &ip.src);
    ip6_parse("ff02::1", &ip.dst);
    ipv6_emit(&ip, octets + ETH_HDR_LEN);
    return ETH_HDR_LEN + IPV6_HDR_LEN + len;
}

static void a_router_advertisement_is_opened_up_to_its_prefix(void)
{
    struct ndp_msg ndp = {
        .type = ICMP6_ROUTER_ADVERT,
        .hop_limit = 64,
        .other = true,
        .lifetime = 1800,
        .mtu = 1400,
        .n_prefixes = 1,
        .prefixes = { { .len = 64, .autonomous = true, .valid = UINT32_MAX, .preferred = 600 } }
    };
    struct ip6_addr src, dst;
    uint8_t octets[400];
    struct dissection d;
    size_t len;

    i18n_init("en");
    ip6_parse("fe80::1", &src);
    ip6_parse("ff02::1", &dst);
    ip6_parse("2001:db8:1::", &ndp.prefixes[0].prefix);
    len = in_ipv6(octets, ndp_emit(&ndp, octets + ETH_HDR_LEN + IPV6_HDR_LEN, src, dst));
    dissect(&d, octets, len, NULL);
    value_is(&d, "icmpv6.nd.ra.flag.m", "0", NULL);
    value_is(&d, "icmpv6.nd.ra.flag.o", "1", NULL);
    value_is(&d, "icmpv6.nd.ra.router_lifetime", "1800", "1800 s");
    value_is(&d, "icmpv6.opt.mtu", "1400", NULL);
    value_is(&d, "icmpv6.opt.prefix", "2001:db8:1::", NULL);
    value_is(&d, "icmpv6.opt.prefix.length", "64", NULL);
    value_is(&d, "icmpv6.opt.prefix.flag.l", "0", NULL);
    value_is(&d, "icmpv6.opt.prefix.flag.a", "1", NULL);
    value_is(&d, "icmpv6.opt.prefix.valid_lifetime", "4294967295", "for ever");
    value_is(&d, "icmpv6.opt.prefix.preferred_lifetime", "600", "600 s");
    value_is(&d, "icmpv6.checksum", dissect_find(&d, "icmpv6.checksum")->value, "correct");
    OK(dissect_find(&d, "data") == NULL && dissect_find(&d, "_ws.malformed") == NULL);
    dissect_fini(&d);
}

static void a_listener_report_names_its_groups(void)
{
    struct mld_record record = { .type = MLD_CHANGE_TO_EXCLUDE };
    struct ip6_addr src, dst;
    uint8_t octets[200];
    struct dissection d;
    size_t len;

    i18n_init("en");
    ip6_parse("fe80::1", &src);
    ip6_parse("ff02::1", &dst);
    ip6_parse("ff02::1:ff00:2", &record.group);
    mld_report_emit(&record, 1, octets + ETH_HDR_LEN + IPV6_HDR_LEN, src, dst);
    len = in_ipv6(octets, mld_report_len(1));
    dissect(&d, octets, len, NULL);
    value_is(&d, "icmpv6.mldr.nb_mcast_records", "1", NULL);
    value_is(&d, "icmpv6.mldr.mar.record_type", "4",
             "from now on listens to all senders but these");
    value_is(&d, "icmpv6.mldr.mar.multicast_address", "ff02::1:ff00:2", NULL);
    OK(dissect_find(&d, "data") == NULL && dissect_find(&d, "_ws.malformed") == NULL);
    dissect_fini(&d);
    be16_put(octets + ETH_HDR_LEN + IPV6_HDR_LEN + 6, 2); /* more than there are */
    dissect(&d, octets, len, NULL);
    OK(dissect_find(&d, "_ws.malformed") != NULL);
    dissect_fini(&d);
}

static void an_icmpv6_error_shows_the_ping_that_it_quotes(void)
{
    struct icmp6_hdr error = { ICMP6_PACKET_TOO_BIG, 0, 1280 };
    struct icmp6_hdr echo = { ICMP6_ECHO_REQUEST, 0, 7u << 16 | 3 };
    uint8_t octets[200] = { 0 }, *quote = octets + ETH_HDR_LEN + IPV6_HDR_LEN + ICMP6_HDR_LEN;
    struct ip6_addr src, dst;
    struct dissection d;
    size_t len;

    i18n_init("en");
    ip6_parse("fe80::1", &src);
    ip6_parse("ff02::1", &dst);
    in_ipv6(quote - ETH_HDR_LEN, ICMP6_HDR_LEN);
    icmp6_emit(&echo, quote + IPV6_HDR_LEN, ICMP6_HDR_LEN, src, dst);
    len = in_ipv6(octets, 2 * ICMP6_HDR_LEN + IPV6_HDR_LEN);
    icmp6_emit(&error, quote - ICMP6_HDR_LEN, 2 * ICMP6_HDR_LEN + IPV6_HDR_LEN, src, dst);
    dissect(&d, octets, len, NULL);
    value_is(&d, "icmpv6.type", "2", NULL);
    value_is(&d, "icmpv6.mtu", "1280", NULL);
    value_is(&d, "icmpv6.echo.identifier", "7", NULL);
    value_is(&d, "icmpv6.echo.sequence_number", "3", NULL);
    dissect_fini(&d);
    dissect(&d, octets, len - 1, NULL);
    OK(dissect_find(&d, "icmpv6.echo.identifier") == NULL);
    dissect_fini(&d);
}

UNIT_MAIN("dissect", TEST(an_icmpv6_error_shows_the_ping_that_it_quotes),
          TEST(a_router_advertisement_is_opened_up_to_its_prefix),
          TEST(a_listener_report_names_its_groups), TEST(arp_request_is_opened_field_by_field),
          TEST(tcp_segment_with_relative_numbers), TEST(icmp_error_shows_what_it_quotes),
          TEST(dns_answer_names_its_records), TEST(damaged_and_cut_frames_stay_within_their_octets))
