#include "apps/dns_print.h"

#include <string.h>

#include "base/be.h"
#include "stack/services/dns_records.h"

#define TAB_WIDTH    8
#define TTL_COLUMN   24
#define CLASS_COLUMN 32
#define TYPE_COLUMN  40
#define DATA_COLUMN  48

const char *dns_rcode_name(unsigned rcode)
{
    static const char *const names[] = { "NOERROR",    "FORMERR",    "SERVFAIL",   "NXDOMAIN",
                                         "NOTIMP",     "REFUSED",    "YXDOMAIN",   "YXRRSET",
                                         "NXRRSET",    "NOTAUTH",    "NOTZONE",    "RESERVED11",
                                         "RESERVED12", "RESERVED13", "RESERVED14", "RESERVED15",
                                         "BADVERS" };

    return rcode < sizeof names / sizeof *names ? names[rcode] : "RESERVED";
}

const char *dns_class_name(uint16_t class)
{
    return class == DNS_CLASS_IN    ? "IN"
           : class == DNS_CLASS_CH  ? "CH"
           : class == DNS_CLASS_ANY ? "ANY"
                                    : "CLASS?";
}

/* BIND's columns: tabs as far as they lead, then spaces; at least one of them. */
static void indent(struct strbuf *out, unsigned *column, unsigned to)
{
    unsigned from = *column;

    if (to < from + 1)
        to = from + 1;
    for (unsigned tabs = to / TAB_WIDTH - from / TAB_WIDTH; tabs > 0; tabs--) {
        strbuf_addc(out, '\t');
        from = (from / TAB_WIDTH + 1) * TAB_WIDTH;
    }
    for (; from < to; from++)
        strbuf_addc(out, ' ');
    *column = to;
}

static void put(struct strbuf *out, unsigned *column, const char *text)
{
    strbuf_adds(out, text);
    *column += (unsigned)strlen(text);
}

void dns_print_ip6(struct strbuf *out, const uint8_t addr[static 16])
{
    unsigned best = 8, best_len = 1; /* the longest run of at least two zero groups */

    for (unsigned i = 0; i < 8; i++) {
        unsigned n = 0;

        while (i + n < 8 && be16_get(addr + 2 * (i + n)) == 0)
            n++;
        if (n > best_len) {
            best = i;
            best_len = n;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            strbuf_adds(out, "::");
            i += best_len - 1;
        } else {
            strbuf_addf(out, "%s%x", i == 0 || (best < 8 && i == best + best_len) ? "" : ":",
                        be16_get(addr + 2 * i));
        }
    }
}

static void print_txt(struct strbuf *out, const struct dns_rr *rr)
{
    const uint8_t *text;
    uint8_t len;
    size_t at = 0;

    while (dns_rdata_txt(rr, &at, &text, &len)) {
        strbuf_adds(out, out->len > 0 && at > (size_t)len + 1 ? " \"" : "\"");
        for (unsigned i = 0; i < len; i++) {
            if (text[i] == '"' || text[i] == '\\')
                strbuf_addf(out, "\\%c", text[i]);
            else if (text[i] < ' ' || text[i] > '~')
                strbuf_addf(out, "\\%03u", text[i]);
            else
                strbuf_addc(out, (char)text[i]);
        }
        strbuf_addc(out, '"');
    }
}

/* RFC 3597. */
static void print_unknown(struct strbuf *out, const struct dns_rr *rr)
{
    strbuf_addf(out, "\\# %u", rr->rdata_len);
    for (unsigned i = 0; i < rr->rdata_len; i++)
        strbuf_addf(out, "%s%02X", i == 0 ? " " : "", rr->rdata[i]);
}

static bool print_known(struct strbuf *out, const struct dns_rr *rr)
{
    char name[DNS_TEXT_MAX], addr_text[IP4_TEXT_MAX];
    struct dns_soa soa;
    uint16_t preference;
    uint8_t addr6[16];
    ip4_addr addr;

    switch (rr->type) {
    case DNS_TYPE_A:
        if (!dns_rdata_a(rr, &addr))
            return false;
        strbuf_adds(out, ip4_format(addr, addr_text));
        return true;
    case DNS_TYPE_AAAA:
        if (!dns_rdata_aaaa(rr, addr6))
            return false;
        dns_print_ip6(out, addr6);
        return true;
    case DNS_TYPE_NS:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
        if (!dns_rdata_name(rr, name))
            return false;
        strbuf_adds(out, name);
        return true;
    case DNS_TYPE_MX:
        if (!dns_rdata_mx(rr, &preference, name))
            return false;
        strbuf_addf(out, "%u %s", preference, name);
        return true;
    case DNS_TYPE_SOA:
        if (!dns_rdata_soa(rr, &soa))
            return false;
        strbuf_addf(out, "%s %s %u %u %u %u %u", soa.mname, soa.rname, soa.serial, soa.refresh,
                    soa.retry, soa.expire, soa.minimum);
        return true;
    case DNS_TYPE_SRV: {
        size_t at = (size_t)(rr->rdata - rr->message) + 6;

        if (rr->rdata_len < 7 ||
            dns_name_parse(rr->message, (size_t)(rr->rdata - rr->message) + rr->rdata_len, &at,
                           name) != DROP_NONE)
            return false;
        strbuf_addf(out, "%u %u %u %s", be16_get(rr->rdata), be16_get(rr->rdata + 2),
                    be16_get(rr->rdata + 4), name);
        return true;
    }
    case DNS_TYPE_TXT:
        print_txt(out, rr);
        return true;
    default:
        return false;
    }
}

void dns_print_rdata(struct strbuf *out, const struct dns_rr *rr)
{
    if (!print_known(out, rr))
        print_unknown(out, rr);
}

void dns_print_rr(struct strbuf *out, const struct dns_rr *rr)
{
    struct strbuf data = STRBUF_INIT;
    char type[DNS_TYPE_NAME_MAX], ttl[12];
    unsigned column = 0, n = sizeof ttl;
    uint32_t left = rr->ttl;

    ttl[--n] = '\0';
    do {
        ttl[--n] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    put(out, &column, rr->name);
    indent(out, &column, TTL_COLUMN);
    put(out, &column, ttl + n);
    indent(out, &column, CLASS_COLUMN);
    put(out, &column, dns_class_name(rr->class));
    indent(out, &column, TYPE_COLUMN);
    put(out, &column, dns_type_name(rr->type, type));
    indent(out, &column, DATA_COLUMN);
    dns_print_rdata(&data, rr);
    strbuf_addf(out, "%s\n", strbuf_text(&data));
    strbuf_fini(&data);
}

void dns_print_question(struct strbuf *out, const char *name, uint16_t type, uint16_t class)
{
    char text[DNS_TYPE_NAME_MAX];
    unsigned column = 0;

    strbuf_addc(out, ';');
    put(out, &column, name);
    indent(out, &column, CLASS_COLUMN);
    put(out, &column, dns_class_name(class));
    indent(out, &column, TYPE_COLUMN);
    put(out, &column, dns_type_name(type, text));
    strbuf_addc(out, '\n');
}
