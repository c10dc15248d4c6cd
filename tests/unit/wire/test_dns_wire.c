#include "tests/support/unit.h"

#include "base/be.h"
#include "stack/wire/dns_wire.h"

/* The name at @at of @octets, or the drop reason's name where it is none. */
static const char *name_at(const char *octets, size_t len, size_t at,
                           char text[static DNS_TEXT_MAX])
{
    enum drop_reason why = dns_name_parse((const uint8_t *)octets, len, &at, text);

    return why == DROP_NONE ? text : drop_name(why);
}

#define NAME_AT(octets, at) name_at(octets, sizeof(octets) - 1, at, text)

#define HEADER "\0\0\0\0\0\0\0\0\0\0\0\0"

static void a_plain_name_is_read_and_at_moves_behind_it(void)
{
    char text[DNS_TEXT_MAX];
    size_t at = 1;

    EQ(dns_name_parse((const uint8_t *)"x\3www\5baidu\3com\0y", 15, &at, text), DROP_TRUNCATED);
    EQ(at, 1);
    EQ(dns_name_parse((const uint8_t *)"x\3www\5baidu\3com\0y", 17, &at, text), DROP_NONE);
    EQ_STR(text, "www.baidu.com.");
    EQ(at, 16);
}

static void the_root_is_a_dot(void)
{
    char text[DNS_TEXT_MAX];

    EQ_STR(NAME_AT("\0", 0), ".");
}

static void every_truncation_of_a_name_is_refused(void)
{
    static const char octets[] = "\3www\5baidu\3com\0";
    char text[DNS_TEXT_MAX] = "unchanged";

    for (size_t len = 0; len < 15; len++) {
        size_t at = 0;

        EQ(dns_name_parse((const uint8_t *)octets, len, &at, text), DROP_TRUNCATED);
        EQ(at, 0);
        EQ_STR(text, "unchanged");
    }
}

static void a_pointer_continues_the_name_and_at_moves_behind_it(void)
{
    static const char octets[] = HEADER "\5baidu\3com\0\3www\xc0\x0c\3ftp\xc0\x17";
    char text[DNS_TEXT_MAX];
    size_t at = 23;

    EQ_STR(NAME_AT(octets, 23), "www.baidu.com.");
    EQ_STR(NAME_AT(octets, 29), "ftp.www.baidu.com.");
    EQ(dns_name_parse((const uint8_t *)octets, sizeof octets - 1, &at, text), DROP_NONE);
    EQ(at, 29);
}

static void pointers_that_do_not_lead_backwards_are_refused(void)
{
    char text[DNS_TEXT_MAX];

    EQ_STR(NAME_AT(HEADER "\xc0\x0c", 12), "bad-header");         /* to itself */
    EQ_STR(NAME_AT(HEADER "\1a\xc0\x0c", 12), "bad-header");      /* to its own beginning */
    EQ_STR(NAME_AT(HEADER "\xc0\x0e\1a\0", 12), "bad-header");    /* forwards */
    EQ_STR(NAME_AT(HEADER "\xc0\x0e\xc0\x0c", 14), "bad-header"); /* a loop of two */
    EQ_STR(NAME_AT(HEADER "\xc0\x0b", 12), "bad-header");         /* into the header */
    EQ_STR(NAME_AT(HEADER "\xc0", 12), "truncated");
}

static void label_types_01_and_10_do_not_exist(void)
{
    char text[DNS_TEXT_MAX];

    EQ_STR(NAME_AT("\x40"
                   "a\0",
                   0),
           "bad-header");
    EQ_STR(NAME_AT("\x80"
                   "a\0",
                   0),
           "bad-header");
}

static void names_of_255_octets_are_read_and_written_and_256_are_not(void)
{
    uint8_t octets[256], again[DNS_NAME_MAX];
    char text[DNS_TEXT_MAX];
    size_t at = 0;

    memset(octets, 'a', sizeof octets);
    for (size_t i = 0; i < 3; i++)
        octets[64 * i] = 63;
    octets[192] = 61;
    octets[254] = 0;
    EQ(dns_name_parse(octets, sizeof octets, &at, text), DROP_NONE);
    EQ(strlen(text), 254);
    EQ(dns_name_emit(text, again), 255);
    EQ_MEM(again, octets, 255);
    octets[192] = 62;
    octets[255] = 0;
    at = 0;
    EQ(dns_name_parse(octets, sizeof octets, &at, text), DROP_BAD_HEADER);
    text[253] = 'a';
    text[254] = '.';
    text[255] = '\0';
    EQ(dns_name_emit(text, again), 0);
}

static void the_longest_text_fits_its_buffer(void)
{
    uint8_t octets[255], again[DNS_NAME_MAX];
    char text[DNS_TEXT_MAX];
    size_t at = 0;

    memset(octets, 0x07, sizeof octets);
    for (size_t i = 0; i < 3; i++)
        octets[64 * i] = 63;
    octets[192] = 61;
    octets[254] = 0;
    EQ(dns_name_parse(octets, sizeof octets, &at, text), DROP_NONE);
    EQ(strlen(text), DNS_TEXT_MAX - 1);
    EQ(dns_name_emit(text, again), 255);
    EQ_MEM(again, octets, 255);
}

static void odd_octets_are_escaped_and_come_back(void)
{
    static const char octets[] = "\x09"
                                 "a.b\\ \0\x7f;\xff\2@$\0";
    uint8_t again[DNS_NAME_MAX];
    char text[DNS_TEXT_MAX];

    EQ_STR(NAME_AT(octets, 0), "a\\.b\\\\\\032\\000\\127\\;\\255.\\@\\$.");
    EQ(dns_name_emit(text, again), 14);
    EQ_MEM(again, octets, 14);
}

static void every_octet_survives_text(void)
{
    for (unsigned value = 0; value < 256; value++) {
        uint8_t octets[] = { 1, (uint8_t)value, 0 }, again[DNS_NAME_MAX];
        char text[DNS_TEXT_MAX];
        size_t at = 0;

        EQ(dns_name_parse(octets, sizeof octets, &at, text), DROP_NONE);
        EQ(dns_name_emit(text, again), 3);
        EQ(again[1], value);
    }
}

static void text_that_is_no_name_is_refused(void)
{
    static const char *const wrong[] = { "",     "..",     ".a",   "a..b",  "a..", "a\\",
                                         "a\\2", "a\\256", "\\25", "\\2a5", ". " };
    uint8_t octets[DNS_NAME_MAX];
    char label[66];

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EQ(dns_name_emit(wrong[i], octets), 0);
    memset(label, 'a', sizeof label);
    label[63] = '\0';
    EQ(dns_name_emit(label, octets), 65);
    label[63] = 'a';
    label[64] = '\0';
    EQ(dns_name_emit(label, octets), 0);
}

static void names_are_equal_without_regard_to_case_dot_and_escapes(void)
{
    OK(dns_name_eq("www.Baidu.COM", "WWW.baidu.com."));
    OK(dns_name_eq("\\097.", "A"));
    OK(dns_name_eq(".", "."));
    OK(!dns_name_eq("a.b.", "a\\.b."));
    OK(!dns_name_eq("a.b.", "a.b.c."));
    OK(!dns_name_eq("a[.", "a{.")); /* they differ in the bit that letters differ in */
    OK(!dns_name_eq("a..", "a.."));
    OK(!dns_name_eq("", ""));
}

static void a_name_is_within_its_zone_at_label_borders_only(void)
{
    OK(dns_name_is_within("www.example.com.", "Example.com"));
    OK(dns_name_is_within("example.com.", "example.com."));
    OK(dns_name_is_within("example.com.", "."));
    OK(dns_name_is_within(".", "."));
    OK(!dns_name_is_within("badexample.com.", "example.com."));
    OK(!dns_name_is_within("a\\.example.com.", "example.com."));
    OK(!dns_name_is_within("com.", "example.com."));
    OK(!dns_name_is_within("a..", "."));
}

static void parents_lead_to_the_root(void)
{
    EQ_STR(dns_name_parent("www.baidu.com."), "baidu.com.");
    EQ_STR(dns_name_parent("a\\.b.com."), "com.");
    EQ_STR(dns_name_parent("com."), ".");
    EQ_STR(dns_name_parent("com"), ".");
    OK(dns_name_parent(".") == NULL);
    OK(dns_name_parent("") == NULL);
}

static void every_header_bit_survives_emit_and_parse(void)
{
    for (unsigned flags = 0; flags < 65536; flags++) {
        uint8_t in[DNS_HDR_LEN] = { 0x12, 0x34 }, out[DNS_HDR_LEN];
        struct dns_hdr hdr;
        struct dns_reader reader;
        struct dns_writer w;

        be16_put(in + 2, (uint16_t)(flags & ~0x0040u)); /* but for the reserved one */
        dns_parse_header(in, sizeof in, &hdr, &reader);
        dns_emit_begin(&w, &hdr, out, sizeof out);
        if (dns_emit_end(&w) != DNS_HDR_LEN || memcmp(in, out, sizeof in) != 0)
            CU_FAIL("header differs");
    }
}

static void a_short_header_is_truncated(void)
{
    static const uint8_t octets[DNS_HDR_LEN] = { 0 };

    for (size_t len = 0; len < DNS_HDR_LEN; len++) {
        struct dns_hdr hdr = { .id = 77 };
        struct dns_reader reader;

        EQ(dns_parse_header(octets, len, &hdr, &reader), DROP_TRUNCATED);
        EQ(hdr.id, 77);
    }
}

/* A response with a record of every type we know; returns its length. */
static size_t full_response(uint8_t *octets, size_t size, bool *overflow)
{
    static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
    static const struct dns_soa soa = { "ns.example.com.", "admin.example.com.", 1, 2, 3, 4, 5 };
    struct dns_hdr hdr = { .id = 7, .qr = true, .aa = true };
    struct dns_writer w;

    dns_emit_begin(&w, &hdr, octets, size);
    dns_emit_question(&w, "www.Example.com.", DNS_TYPE_ANY, DNS_CLASS_IN);
    dns_emit_name_rr(&w, DNS_ANSWER, "www.example.com.", DNS_TYPE_CNAME, 300, "web.example.com.");
    dns_emit_a(&w, DNS_ANSWER, "web.example.com.", 60, IP4(192, 0, 2, 1));
    dns_emit_aaaa(&w, DNS_ANSWER, "web.example.com.", 60, v6);
    dns_emit_mx(&w, DNS_ANSWER, "example.com.", 61, 10, "mail.example.com.");
    dns_emit_txt(&w, DNS_ANSWER, "example.com.", 62, "v=spf1 -all", 11);
    dns_emit_name_rr(&w, DNS_ANSWER, "1.2.0.192.in-addr.arpa.", DNS_TYPE_PTR, 63,
                     "web.example.com.");
    dns_emit_name_rr(&w, DNS_AUTHORITY, "example.com.", DNS_TYPE_NS, 64, "ns.example.com.");
    dns_emit_soa(&w, DNS_AUTHORITY, "example.com.", 65, &soa);
    dns_emit_opt(&w, 1232, 0x123, DNS_OPT_DO);
    *overflow = w.overflow;
    return dns_emit_end(&w);
}

static void every_record_type_survives_emit_and_parse(void)
{
    uint8_t octets[1024], v6[16], txt_len = 0;
    bool overflow;
    size_t len = full_response(octets, sizeof octets, &overflow), at = 0;
    struct dns_hdr hdr;
    struct dns_reader reader;
    struct dns_question question;
    struct dns_rr rr;
    struct dns_soa soa;
    char text[DNS_TEXT_MAX];
    ip4_addr addr = 0;
    uint16_t preference = 0;
    const uint8_t *txt;

    OK(!overflow);
    EQ(dns_parse_header(octets, len, &hdr, &reader), DROP_NONE);
    EQ(hdr.n_questions, 1);
    EQ(hdr.n_rrs[DNS_ANSWER], 6);
    EQ(hdr.n_rrs[DNS_AUTHORITY], 2);
    EQ(hdr.n_rrs[DNS_ADDITIONAL], 1);
    OK(dns_next_question(&reader, &question));
    EQ_STR(question.name, "www.Example.com.");
    EQ(question.type, DNS_TYPE_ANY);
    EQ(question.class, DNS_CLASS_IN);
    OK(!dns_next_question(&reader, &question));
    OK(dns_next_rr(&reader, &rr) && rr.type == DNS_TYPE_CNAME && rr.section == DNS_ANSWER);
    EQ_STR(rr.name, "www.Example.com."); /* compressed: the question's letters */
    EQ(rr.ttl, 300);
    OK(dns_rdata_name(&rr, text));
    EQ_STR(text, "web.Example.com.");
    OK(dns_next_rr(&reader, &rr) && dns_rdata_a(&rr, &addr));
    EQ(addr, IP4(192, 0, 2, 1));
    OK(dns_next_rr(&reader, &rr) && dns_rdata_aaaa(&rr, v6));
    EQ_MEM(v6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    OK(dns_next_rr(&reader, &rr) && dns_rdata_mx(&rr, &preference, text));
    EQ(preference, 10);
    EQ_STR(text, "mail.Example.com.");
    OK(dns_next_rr(&reader, &rr) && dns_rdata_txt(&rr, &at, &txt, &txt_len));
    EQ(txt_len, 11);
    EQ_MEM(txt, "v=spf1 -all", 11);
    OK(!dns_rdata_txt(&rr, &at, &txt, &txt_len));
    OK(dns_next_rr(&reader, &rr) && dns_rdata_name(&rr, text));
    EQ_STR(rr.name, "1.2.0.192.in-addr.arpa.");
    OK(dns_next_rr(&reader, &rr) && rr.section == DNS_AUTHORITY && dns_rdata_name(&rr, text));
    EQ_STR(text, "ns.Example.com.");
    OK(dns_next_rr(&reader, &rr) && dns_rdata_soa(&rr, &soa));
    EQ_STR(soa.rname, "admin.Example.com.");
    OK(soa.serial == 1 && soa.refresh == 2 && soa.retry == 3 && soa.expire == 4);
    EQ(soa.minimum, 5);
    OK(dns_next_rr(&reader, &rr) && rr.type == DNS_TYPE_OPT && rr.section == DNS_ADDITIONAL);
    EQ_STR(rr.name, ".");
    EQ(dns_opt_udp_size(&rr), 1232);
    EQ(dns_opt_version(&rr), 0);
    EQ(dns_opt_flags(&rr), DNS_OPT_DO);
    EQ(dns_opt_rcode(&rr, &hdr), 0x123);
    OK(!dns_next_rr(&reader, &rr));
    EQ(reader.why, DROP_NONE);
    EQ(reader.at, len);
}

static void every_truncation_of_a_message_is_noticed(void)
{
    uint8_t octets[1024];
    bool overflow;
    size_t full = full_response(octets, sizeof octets, &overflow);

    for (size_t len = DNS_HDR_LEN; len < full; len++) {
        struct dns_hdr hdr;
        struct dns_reader reader;
        struct dns_rr rr;
        unsigned n = 0;

        EQ(dns_parse_header(octets, len, &hdr, &reader), DROP_NONE);
        while (dns_next_rr(&reader, &rr))
            n++;
        OK(n < 9);
        EQ(reader.why, DROP_TRUNCATED);
    }
}

static void a_record_that_does_not_fit_is_left_out_whole(void)
{
    uint8_t all[1024], octets[1024];
    bool overflow;
    size_t full = full_response(all, sizeof all, &overflow);

    for (size_t size = DNS_HDR_LEN; size < full; size++) {
        struct dns_hdr hdr;
        struct dns_reader reader;
        struct dns_rr rr;
        unsigned n = 0;
        size_t len;

        octets[size] = 0xee;
        len = full_response(octets, size, &overflow);
        OK(overflow && len <= size);
        EQ(octets[size], 0xee);
        EQ(dns_parse_header(octets, len, &hdr, &reader), DROP_NONE);
        while (dns_next_rr(&reader, &rr))
            n++;
        EQ(reader.why, DROP_NONE);
        EQ(reader.at, len);
        EQ(n, hdr.n_rrs[0] + hdr.n_rrs[1] + hdr.n_rrs[2]);
    }
}

static void known_octets_of_a_compressed_answer(void)
{
    static const char expected[] = "\0\7\x81\x80\0\1\0\1\0\0\0\0"
                                   "\3www\5baidu\4test\0\0\1\0\1"
                                   "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\x50";
    struct dns_hdr hdr = { .id = 7, .qr = true, .rd = true, .ra = true };
    struct dns_writer w;
    uint8_t octets[512];

    dns_emit_begin(&w, &hdr, octets, sizeof octets);
    OK(dns_emit_question(&w, "www.baidu.test.", DNS_TYPE_A, DNS_CLASS_IN));
    OK(dns_emit_a(&w, DNS_ANSWER, "www.baidu.test.", 60, IP4(10, 0, 0, 80)));
    EQ(dns_emit_end(&w), sizeof expected - 1);
    EQ_MEM(octets, expected, sizeof expected - 1);
}

static void names_beyond_the_reach_of_pointers_are_written_in_full(void)
{
    static uint8_t octets[40000];
    static struct dns_writer w;
    struct dns_hdr hdr = { .qr = true };
    struct dns_reader reader;
    struct dns_rr rr;
    char data[2000];
    unsigned n = 0;

    memset(data, 'x', sizeof data);
    dns_emit_begin(&w, &hdr, octets, sizeof octets);
    for (unsigned i = 0; i < 19; i++) {
        char name[] = "a.long.name.";

        name[0] = (char)('a' + i);
        name[2] = (char)('a' + i);
        OK(dns_emit_txt(&w, DNS_ANSWER, name, 1, data, sizeof data));
    }
    EQ(dns_parse_header(octets, dns_emit_end(&w), &hdr, &reader), DROP_NONE);
    for (; dns_next_rr(&reader, &rr); n++) {
        EQ(rr.name[0], 'a' + (int)n);
        EQ_STR(rr.name + 3, "ong.name.");
    }
    EQ(n, 19);
    EQ(reader.why, DROP_NONE);
}

static void more_names_than_are_remembered_still_come_out_right(void)
{
    static uint8_t octets[8192];
    struct dns_writer w;
    struct dns_hdr hdr = { .qr = true };
    struct dns_reader reader;
    struct dns_rr rr;
    char name[32];
    unsigned n = 0;

    dns_emit_begin(&w, &hdr, octets, sizeof octets);
    for (unsigned i = 0; i < 3 * DNS_OFFSETS_MAX; i++) {
        snprintf(name, sizeof name, "host%u.example.", i);
        OK(dns_emit_a(&w, DNS_ANSWER, name, 1, i));
    }
    EQ(dns_parse_header(octets, dns_emit_end(&w), &hdr, &reader), DROP_NONE);
    for (; dns_next_rr(&reader, &rr); n++) {
        snprintf(name, sizeof name, "host%u.example.", n);
        EQ_STR(rr.name, name);
    }
    EQ(n, 3 * DNS_OFFSETS_MAX);
}

static void a_wrong_name_leaves_the_record_out(void)
{
    uint8_t octets[512];
    struct dns_hdr hdr = { 0 };
    struct dns_writer w;

    dns_emit_begin(&w, &hdr, octets, sizeof octets);
    OK(!dns_emit_question(&w, "a..b.", DNS_TYPE_A, DNS_CLASS_IN));
    OK(w.overflow);
    OK(!dns_emit_mx(&w, DNS_ANSWER, "a.", 1, 1, ""));
    EQ(dns_emit_end(&w), DNS_HDR_LEN);
    EQ(octets[5], 0);
    EQ(octets[7], 0);
}

/* A record whose RDATA is @n octets. */
static struct dns_rr record(const char *octets, size_t message_len, size_t rdata_len)
{
    return (struct dns_rr){ .message = (const uint8_t *)octets,
                            .rdata = (const uint8_t *)octets + message_len - rdata_len,
                            .rdata_len = (uint16_t)rdata_len };
}

static void rdata_of_a_wrong_length_is_refused(void)
{
    static const char octets[] = HEADER "\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7\0";
    uint8_t v6[16];
    ip4_addr addr;

    for (size_t n = 0; n <= 17; n++) {
        struct dns_rr rr = record(octets, sizeof octets - 1, n);

        EQ(dns_rdata_a(&rr, &addr), n == 4);
        EQ(dns_rdata_aaaa(&rr, v6), n == 16);
    }
}

static void names_in_rdata_must_fill_it_exactly(void)
{
    static const char octets[] = HEADER "\2ns\0";
    struct dns_rr rr = record(octets, sizeof octets - 1, 4);
    char text[DNS_TEXT_MAX];
    uint16_t preference;

    OK(dns_rdata_name(&rr, text));
    EQ_STR(text, "ns.");
    rr.rdata_len = 3; /* its root would be outside */
    OK(!dns_rdata_name(&rr, text));
    rr = record(HEADER "\2ns\0\0", 12 + 5, 5);
    OK(!dns_rdata_name(&rr, text));
    rr = record(HEADER "\0\x0a\2mx\0", 12 + 6, 6);
    OK(dns_rdata_mx(&rr, &preference, text));
    EQ(preference, 10);
    rr.rdata_len = 1;
    OK(!dns_rdata_mx(&rr, &preference, text));
}

static void an_soa_needs_two_names_and_five_numbers(void)
{
    static const char octets[] = HEADER "\1a\0\1b\0"
                                        "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0";
    struct dns_soa soa;

    for (uint16_t len = 0; len <= 27; len++) {
        struct dns_rr rr = record(octets, sizeof octets - 1, 27);

        rr.rdata_len = len;
        EQ(dns_rdata_soa(&rr, &soa), len == 26);
    }
    EQ_STR(soa.rname, "b.");
    EQ(soa.minimum, 5);
}

static void text_strings_and_edns_options_stay_inside_the_rdata(void)
{
    struct dns_rr rr = record("\2ab\0\3xyz", 8, 8);
    const uint8_t *data;
    uint8_t len;
    uint16_t code, option_len;
    size_t at = 0;

    OK(dns_rdata_txt(&rr, &at, &data, &len) && len == 2);
    OK(dns_rdata_txt(&rr, &at, &data, &len) && len == 0);
    OK(dns_rdata_txt(&rr, &at, &data, &len) && len == 3);
    OK(!dns_rdata_txt(&rr, &at, &data, &len));
    rr.rdata_len = 7;
    at = 4;
    OK(!dns_rdata_txt(&rr, &at, &data, &len));
    rr = record("\0\x0a\0\2ab\0\3\0\1", 10, 10);
    at = 0;
    OK(dns_opt_next(&rr, &at, &code, &data, &option_len));
    EQ(code, 10);
    EQ(option_len, 2);
    EQ_MEM(data, "ab", 2);
    OK(!dns_opt_next(&rr, &at, &code, &data, &option_len));
    EQ(at, 6);
}

UNIT_MAIN("wire.dns", TEST(a_plain_name_is_read_and_at_moves_behind_it), TEST(the_root_is_a_dot),
          TEST(every_truncation_of_a_name_is_refused),
          TEST(a_pointer_continues_the_name_and_at_moves_behind_it),
          TEST(pointers_that_do_not_lead_backwards_are_refused),
          TEST(label_types_01_and_10_do_not_exist),
          TEST(names_of_255_octets_are_read_and_written_and_256_are_not),
          TEST(the_longest_text_fits_its_buffer), TEST(odd_octets_are_escaped_and_come_back),
          TEST(every_octet_survives_text), TEST(text_that_is_no_name_is_refused),
          TEST(names_are_equal_without_regard_to_case_dot_and_escapes),
          TEST(a_name_is_within_its_zone_at_label_borders_only), TEST(parents_lead_to_the_root),
          TEST(every_header_bit_survives_emit_and_parse), TEST(a_short_header_is_truncated),
          TEST(every_record_type_survives_emit_and_parse),
          TEST(every_truncation_of_a_message_is_noticed),
          TEST(a_record_that_does_not_fit_is_left_out_whole),
          TEST(known_octets_of_a_compressed_answer),
          TEST(names_beyond_the_reach_of_pointers_are_written_in_full),
          TEST(more_names_than_are_remembered_still_come_out_right),
          TEST(a_wrong_name_leaves_the_record_out), TEST(rdata_of_a_wrong_length_is_refused),
          TEST(names_in_rdata_must_fill_it_exactly), TEST(an_soa_needs_two_names_and_five_numbers),
          TEST(text_strings_and_edns_options_stay_inside_the_rdata))
