/* Writing DNS messages, with name compression: RFC 1035 section 4.1.4. */
#include "stack/wire/dns_wire.h"

#include <string.h>

#include "base/be.h"
#include "base/check.h"

enum { AT_ID = 0, AT_FLAGS = 2, AT_RCODE = 3, AT_QDCOUNT = 4, AT_COUNTS = 6 };

#define POINTER     0xc000
#define POINTER_MAX 0x3fff /* the highest offset a pointer can name */

void dns_emit_begin(struct dns_writer *w, const struct dns_hdr *hdr, uint8_t *octets, size_t size)
{
    CHECK(size >= DNS_HDR_LEN && size <= UINT16_MAX);
    *w = (struct dns_writer){ .octets = octets, .size = size, .len = DNS_HDR_LEN, .hdr = *hdr };
    w->hdr.n_questions = 0;
    memset(w->hdr.n_rrs, 0, sizeof w->hdr.n_rrs);
}

void dns_emit_octets(struct dns_writer *w, const void *data, size_t len)
{
    if (w->failed || w->size - w->len < len) {
        w->failed = true;
        return;
    }
    if (len > 0)
        memcpy(w->octets + w->len, data, len);
    w->len += len;
}

void dns_emit_u8(struct dns_writer *w, uint8_t value)
{
    dns_emit_octets(w, &value, sizeof value);
}

void dns_emit_u16(struct dns_writer *w, uint16_t value)
{
    uint8_t octets[2];

    be16_put(octets, value);
    dns_emit_octets(w, octets, sizeof octets);
}

void dns_emit_u32(struct dns_writer *w, uint32_t value)
{
    uint8_t octets[4];

    be32_put(octets, value);
    dns_emit_octets(w, octets, sizeof octets);
}

static uint8_t lower(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + 'a' - 'A') : octet;
}

/* Is the name written at offset @at the same as @labels? What we wrote ourselves needs no
 * validation. */
static bool written_name_is(const struct dns_writer *w, size_t at, const uint8_t *labels)
{
    for (;;) {
        while (w->octets[at] >= 0xc0)
            at = be16_get(w->octets + at) & POINTER_MAX;
        for (unsigned i = 0; i <= *labels; i++)
            if (lower(w->octets[at + i]) != lower(labels[i]))
                return false;
        if (*labels == 0)
            return true;
        at += 1u + *labels;
        labels += 1u + *labels;
    }
}

/* The offset of an earlier name equal to @labels, or 0. Only offsets of finished names are in the
 * table. */
static uint16_t find_earlier(const struct dns_writer *w, unsigned n_offsets, const uint8_t *labels)
{
    for (unsigned i = 0; i < n_offsets; i++)
        if (written_name_is(w, w->offsets[i], labels))
            return w->offsets[i];
    return 0;
}

static void remember(struct dns_writer *w, size_t at)
{
    if (at <= POINTER_MAX && w->n_offsets < DNS_OFFSETS_MAX)
        w->offsets[w->n_offsets++] = (uint16_t)at;
}

void dns_emit_name(struct dns_writer *w, const char *name)
{
    uint8_t octets[DNS_NAME_MAX];
    const uint8_t *labels = octets;
    unsigned n_finished = w->n_offsets;

    if (dns_name_emit(name, octets) == 0) {
        w->failed = true;
        return;
    }
    while (*labels != 0 && !w->failed) {
        uint16_t earlier = w->whole_names && w->in_rdata ? 0 : find_earlier(w, n_finished, labels);

        if (earlier != 0) {
            dns_emit_u16(w, POINTER | earlier);
            return;
        }
        remember(w, w->len);
        dns_emit_octets(w, labels, 1u + *labels);
        labels += 1u + *labels;
    }
    dns_emit_u8(w, 0);
}

/* What is written from here on stays or goes as a whole. */
static void begin_entry(struct dns_writer *w)
{
    w->failed = w->in_rdata = false;
    w->rr_at = w->len;
    w->n_offsets_before = w->n_offsets;
}

static bool end_entry(struct dns_writer *w, uint16_t *count)
{
    if (w->failed || *count == UINT16_MAX) {
        w->len = w->rr_at;
        w->n_offsets = w->n_offsets_before;
        w->failed = false;
        w->overflow = true;
        return false;
    }
    ++*count;
    return true;
}

bool dns_emit_question(struct dns_writer *w, const char *name, uint16_t type, uint16_t class)
{
    for (size_t i = 0; i < DNS_N_SECTIONS; i++)
        CHECK(w->hdr.n_rrs[i] == 0);
    begin_entry(w);
    dns_emit_name(w, name);
    dns_emit_u16(w, type);
    dns_emit_u16(w, class);
    return end_entry(w, &w->hdr.n_questions);
}

void dns_emit_rr(struct dns_writer *w, enum dns_section section, const char *name, uint16_t type,
                 uint16_t class, uint32_t ttl)
{
    for (size_t later = (size_t)section + 1; later < DNS_N_SECTIONS; later++)
        CHECK(w->hdr.n_rrs[later] == 0);
    begin_entry(w);
    dns_emit_name(w, name);
    dns_emit_u16(w, type);
    dns_emit_u16(w, class);
    dns_emit_u32(w, ttl);
    dns_emit_u16(w, 0); /* the length, once it is known */
    w->rdata_at = w->len;
    w->in_rdata = true;
}

bool dns_emit_rr_end(struct dns_writer *w, enum dns_section section)
{
    if (!w->failed)
        be16_put(w->octets + w->rdata_at - 2, (uint16_t)(w->len - w->rdata_at));
    return end_entry(w, &w->hdr.n_rrs[section]);
}

bool dns_emit_a(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                ip4_addr addr)
{
    dns_emit_rr(w, section, name, DNS_TYPE_A, DNS_CLASS_IN, ttl);
    dns_emit_u32(w, addr);
    return dns_emit_rr_end(w, section);
}

bool dns_emit_aaaa(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                   const uint8_t addr[static 16])
{
    dns_emit_rr(w, section, name, DNS_TYPE_AAAA, DNS_CLASS_IN, ttl);
    dns_emit_octets(w, addr, 16);
    return dns_emit_rr_end(w, section);
}

bool dns_emit_name_rr(struct dns_writer *w, enum dns_section section, const char *name,
                      uint16_t type, uint32_t ttl, const char *target)
{
    CHECK(type == DNS_TYPE_NS || type == DNS_TYPE_CNAME || type == DNS_TYPE_PTR);
    dns_emit_rr(w, section, name, type, DNS_CLASS_IN, ttl);
    dns_emit_name(w, target);
    return dns_emit_rr_end(w, section);
}

bool dns_emit_mx(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                 uint16_t preference, const char *exchange)
{
    dns_emit_rr(w, section, name, DNS_TYPE_MX, DNS_CLASS_IN, ttl);
    dns_emit_u16(w, preference);
    dns_emit_name(w, exchange);
    return dns_emit_rr_end(w, section);
}

bool dns_emit_soa(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                  const struct dns_soa *soa)
{
    dns_emit_rr(w, section, name, DNS_TYPE_SOA, DNS_CLASS_IN, ttl);
    dns_emit_name(w, soa->mname);
    dns_emit_name(w, soa->rname);
    dns_emit_u32(w, soa->serial);
    dns_emit_u32(w, soa->refresh);
    dns_emit_u32(w, soa->retry);
    dns_emit_u32(w, soa->expire);
    dns_emit_u32(w, soa->minimum);
    return dns_emit_rr_end(w, section);
}

bool dns_emit_txt(struct dns_writer *w, enum dns_section section, const char *name, uint32_t ttl,
                  const void *text, size_t len)
{
    const uint8_t *from = text;

    dns_emit_rr(w, section, name, DNS_TYPE_TXT, DNS_CLASS_IN, ttl);
    do { /* an empty text is one empty string: RFC 1035 section 3.3.14 wants at least one */
        uint8_t piece = (uint8_t)(len < 255 ? len : 255);

        dns_emit_u8(w, piece);
        dns_emit_octets(w, from, piece);
        if (piece > 0)
            from += piece;
        len -= piece;
    } while (len > 0 && !w->failed);
    return dns_emit_rr_end(w, section);
}

bool dns_emit_opt(struct dns_writer *w, uint16_t udp_size, uint16_t rcode, uint16_t flags)
{
    w->hdr.rcode = rcode & 0xf;
    dns_emit_rr(w, DNS_ADDITIONAL, ".", DNS_TYPE_OPT, udp_size,
                (uint32_t)(rcode >> 4) << 24 | flags);
    return dns_emit_rr_end(w, DNS_ADDITIONAL);
}

size_t dns_emit_end(struct dns_writer *w)
{
    const struct dns_hdr *hdr = &w->hdr;

    be16_put(w->octets + AT_ID, hdr->id);
    w->octets[AT_FLAGS] =
        (uint8_t)(hdr->qr << 7 | (hdr->opcode & 0xf) << 3 | hdr->aa << 2 | hdr->tc << 1 | hdr->rd);
    w->octets[AT_RCODE] =
        (uint8_t)(hdr->ra << 7 | hdr->ad << 5 | hdr->cd << 4 | (hdr->rcode & 0xf));
    be16_put(w->octets + AT_QDCOUNT, hdr->n_questions);
    for (size_t i = 0; i < DNS_N_SECTIONS; i++)
        be16_put(w->octets + AT_COUNTS + 2 * i, hdr->n_rrs[i]);
    return w->len;
}
