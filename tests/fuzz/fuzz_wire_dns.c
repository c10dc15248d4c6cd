#include "tests/support/must.h"

#include "stack/wire/dns_wire.h"

/* A name's text must lead back to the same name. */
static void check_name(const char *text)
{
    uint8_t octets[DNS_NAME_MAX];
    char again[DNS_TEXT_MAX];
    size_t len = dns_name_emit(text, octets), at = 0;
    const char *parent;

    MUST(strlen(text) < DNS_TEXT_MAX);
    MUST(len > 0 && dns_name_parse(octets, len, &at, again) == DROP_NONE);
    MUST(at == len && strcmp(text, again) == 0);
    MUST(dns_name_eq(text, again));
    parent = dns_name_parent(text);
    MUST((parent == NULL) == (strcmp(text, ".") == 0));
    if (parent != NULL)
        MUST(dns_name_is_within(text, parent) && !dns_name_is_within(parent, text));
}

static void walk_strings(const struct dns_rr *rr)
{
    const uint8_t *data;
    uint16_t code, option_len;
    uint8_t len;
    size_t at = 0;

    while (dns_rdata_txt(rr, &at, &data, &len))
        MUST(data + len <= rr->rdata + rr->rdata_len);
    at = 0;
    while (dns_opt_next(rr, &at, &code, &data, &option_len))
        MUST(data + option_len <= rr->rdata + rr->rdata_len);
}

/* Every decoder must cope with every RDATA. */
static void decode(const struct dns_rr *rr)
{
    static struct dns_soa soa;
    char text[DNS_TEXT_MAX];
    uint8_t v6[16];
    uint16_t preference;
    ip4_addr addr;

    dns_rdata_a(rr, &addr);
    dns_rdata_aaaa(rr, v6);
    walk_strings(rr);
    if (dns_rdata_name(rr, text))
        check_name(text);
    if (dns_rdata_mx(rr, &preference, text))
        check_name(text);
    if (dns_rdata_soa(rr, &soa)) {
        check_name(soa.mname);
        check_name(soa.rname);
    }
}

static void emit_again(struct dns_writer *w, const struct dns_rr *rr)
{
    static struct dns_soa soa;
    char text[DNS_TEXT_MAX];
    uint16_t preference;

    if (rr->type == DNS_TYPE_CNAME && rr->class == DNS_CLASS_IN && dns_rdata_name(rr, text)) {
        dns_emit_name_rr(w, rr->section, rr->name, rr->type, rr->ttl, text);
    } else if (rr->type == DNS_TYPE_MX && rr->class == DNS_CLASS_IN &&
               dns_rdata_mx(rr, &preference, text)) {
        dns_emit_mx(w, rr->section, rr->name, rr->ttl, preference, text);
    } else if (rr->type == DNS_TYPE_SOA && rr->class == DNS_CLASS_IN && dns_rdata_soa(rr, &soa)) {
        dns_emit_soa(w, rr->section, rr->name, rr->ttl, &soa);
    } else {
        dns_emit_rr(w, rr->section, rr->name, rr->type, rr->class, rr->ttl);
        dns_emit_octets(w, rr->rdata, rr->rdata_len);
        dns_emit_rr_end(w, rr->section);
    }
}

/* What we wrote must read as what we were given, letter case of names apart. */
static void compare(struct dns_reader first, const uint8_t *again, size_t again_len)
{
    static struct dns_rr a, b;
    static struct dns_question qa, qb;
    static struct dns_soa sa, sb;
    struct dns_reader second;
    struct dns_hdr hdr;

    MUST(dns_parse_header(again, again_len, &hdr, &second) == DROP_NONE);
    while (dns_next_question(&second, &qb)) {
        MUST(dns_next_question(&first, &qa));
        MUST(dns_name_eq(qa.name, qb.name) && qa.type == qb.type && qa.class == qb.class);
    }
    while (dns_next_rr(&second, &b)) {
        MUST(dns_next_rr(&first, &a));
        MUST(a.section == b.section && dns_name_eq(a.name, b.name));
        MUST(a.type == b.type && a.class == b.class && a.ttl == b.ttl);
        if (a.type == DNS_TYPE_A)
            MUST(a.rdata_len == b.rdata_len && memcmp(a.rdata, b.rdata, a.rdata_len) == 0);
        if (a.type == DNS_TYPE_SOA && a.class == DNS_CLASS_IN && dns_rdata_soa(&a, &sa)) {
            MUST(dns_rdata_soa(&b, &sb) && dns_name_eq(sa.mname, sb.mname));
            MUST(dns_name_eq(sa.rname, sb.rname) && sa.minimum == sb.minimum);
        }
    }
    MUST(second.why == DROP_NONE && second.at == again_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    static uint8_t again[65535];
    static struct dns_rr rr;
    static struct dns_question question;
    static struct dns_writer w;
    struct dns_reader reader, start;
    struct dns_hdr hdr;

    if (len > 4096 || dns_parse_header(octets, len, &hdr, &start) != DROP_NONE)
        return 0;
    reader = start;
    dns_emit_begin(&w, &hdr, again, sizeof again);
    while (dns_next_question(&reader, &question)) {
        check_name(question.name);
        dns_emit_question(&w, question.name, question.type, question.class);
    }
    while (dns_next_rr(&reader, &rr)) {
        check_name(rr.name);
        MUST(rr.rdata >= octets && rr.rdata + rr.rdata_len <= octets + len);
        decode(&rr);
        emit_again(&w, &rr);
    }
    MUST(reader.at <= len);
    if (!w.overflow)
        compare(start, again, dns_emit_end(&w));
    return 0;
}
