#include "stack/services/dns_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/memory.h"
#include "base/text.h"
#include "stack/wire/ipv6_wire.h"

static bool emit_raw(struct dns_writer *w, enum dns_section section, const char *owner,
                     uint32_t ttl, const struct dns_record *r)
{
    dns_emit_rr(w, section, owner, r->type, DNS_CLASS_IN, ttl);
    dns_emit_octets(w, r->octets, r->len);
    return dns_emit_rr_end(w, section);
}

static bool emit_srv(struct dns_writer *w, enum dns_section section, const char *owner,
                     uint32_t ttl, const struct dns_record *r)
{
    uint8_t target[DNS_NAME_MAX];
    size_t len = dns_name_emit(r->target, target);

    dns_emit_rr(w, section, owner, r->type, DNS_CLASS_IN, ttl);
    dns_emit_u16(w, r->preference);
    dns_emit_u16(w, r->weight);
    dns_emit_u16(w, r->port);
    dns_emit_octets(w, target, len); /* never compressed, RFC 2782 */
    return dns_emit_rr_end(w, section);
}

static bool emit_soa(struct dns_writer *w, enum dns_section section, const char *owner,
                     uint32_t ttl, const struct dns_record *r)
{
    struct dns_soa soa = { .serial = r->soa[0],
                           .refresh = r->soa[1],
                           .retry = r->soa[2],
                           .expire = r->soa[3],
                           .minimum = r->soa[4] };

    snprintf(soa.mname, sizeof soa.mname, "%s", r->target);
    snprintf(soa.rname, sizeof soa.rname, "%s", r->rname);
    return dns_emit_soa(w, section, owner, ttl, &soa);
}

bool dns_record_emit(struct dns_writer *w, enum dns_section section, const char *owner,
                     uint32_t ttl, const struct dns_record *r)
{
    switch (r->type) {
    case DNS_TYPE_A:
        return dns_emit_a(w, section, owner, ttl, r->addr);
    case DNS_TYPE_AAAA:
        return dns_emit_aaaa(w, section, owner, ttl, r->addr6);
    case DNS_TYPE_NS:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
        return dns_emit_name_rr(w, section, owner, r->type, ttl, r->target);
    case DNS_TYPE_MX:
        return dns_emit_mx(w, section, owner, ttl, r->preference, r->target);
    case DNS_TYPE_SOA:
        return emit_soa(w, section, owner, ttl, r);
    case DNS_TYPE_TXT:
        return dns_emit_txt(w, section, owner, ttl, r->octets, r->len);
    case DNS_TYPE_SRV:
        return r->target != NULL ? emit_srv(w, section, owner, ttl, r)
                                 : emit_raw(w, section, owner, ttl, r);
    default:
        return emit_raw(w, section, owner, ttl, r);
    }
}

static bool read_txt(const struct dns_rr *rr, struct dns_record *record)
{
    uint8_t *text = mem_alloc((size_t)rr->rdata_len + 1);
    const uint8_t *piece;
    uint8_t len;
    size_t at = 0, n = 0;

    while (dns_rdata_txt(rr, &at, &piece, &len)) {
        memcpy(text + n, piece, len);
        n += len;
    }
    record->octets = text;
    record->len = (uint16_t)n;
    return at == rr->rdata_len;
}

static bool read_soa(const struct dns_rr *rr, struct dns_record *record)
{
    struct dns_soa soa;

    if (!dns_rdata_soa(rr, &soa))
        return false;
    record->target = mem_strdup(soa.mname);
    record->rname = mem_strdup(soa.rname);
    record->soa[0] = soa.serial;
    record->soa[1] = soa.refresh;
    record->soa[2] = soa.retry;
    record->soa[3] = soa.expire;
    record->soa[4] = soa.minimum;
    return true;
}

static bool read_data(const struct dns_rr *rr, struct dns_record *record)
{
    char name[DNS_TEXT_MAX];

    switch (rr->type) {
    case DNS_TYPE_A:
        return dns_rdata_a(rr, &record->addr);
    case DNS_TYPE_AAAA:
        return dns_rdata_aaaa(rr, record->addr6);
    case DNS_TYPE_NS:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
        if (!dns_rdata_name(rr, name))
            return false;
        record->target = mem_strdup(name);
        return true;
    case DNS_TYPE_MX:
        if (!dns_rdata_mx(rr, &record->preference, name))
            return false;
        record->target = mem_strdup(name);
        return true;
    case DNS_TYPE_SOA:
        return read_soa(rr, record);
    case DNS_TYPE_TXT:
        return read_txt(rr, record);
    default:
        record->octets = mem_dup(rr->rdata, rr->rdata_len > 0 ? rr->rdata_len : 1);
        record->len = rr->rdata_len;
        return true;
    }
}

bool dns_record_read(const struct dns_rr *rr, struct dns_record *record)
{
    memset(record, 0, sizeof *record);
    record->type = rr->type;
    record->ttl = rr->ttl > INT32_MAX ? 0 : rr->ttl; /* RFC 2181 section 8 */
    if (!read_data(rr, record)) {
        dns_record_fini(record);
        return false;
    }
    record->name = mem_strdup(rr->name);
    return true;
}

void dns_record_fini(struct dns_record *record)
{
    free((void *)(uintptr_t)record->name);
    free((void *)(uintptr_t)record->target);
    free((void *)(uintptr_t)record->rname);
    free((void *)(uintptr_t)record->octets);
    memset(record, 0, sizeof *record);
}

static const struct {
    uint16_t type;
    const char *name;
} types[] = {
    { DNS_TYPE_A, "A" },
    { DNS_TYPE_NS, "NS" },
    { DNS_TYPE_CNAME, "CNAME" },
    { DNS_TYPE_SOA, "SOA" },
    { DNS_TYPE_PTR, "PTR" },
    { 13, "HINFO" },
    { DNS_TYPE_MX, "MX" },
    { DNS_TYPE_TXT, "TXT" },
    { DNS_TYPE_AAAA, "AAAA" },
    { DNS_TYPE_SRV, "SRV" },
    { 35, "NAPTR" },
    { DNS_TYPE_OPT, "OPT" },
    { 43, "DS" },
    { 46, "RRSIG" },
    { 47, "NSEC" },
    { 48, "DNSKEY" },
    { 64, "SVCB" },
    { 65, "HTTPS" },
    { DNS_TYPE_AXFR, "AXFR" },
    { DNS_TYPE_ANY, "ANY" },
    { 257, "CAA" },
};

const char *dns_type_name(uint16_t type, char text[static DNS_TYPE_NAME_MAX])
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].name;
    snprintf(text, DNS_TYPE_NAME_MAX, "TYPE%u", (unsigned)type);
    return text;
}

static bool same_word(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        char x = *a >= 'a' && *a <= 'z' ? (char)(*a - 32) : *a,
             y = *b >= 'a' && *b <= 'z' ? (char)(*b - 32) : *b;

        if (x != y)
            return false;
    }
    return *a == *b;
}

int dns_type_parse(const char *text)
{
    uint64_t number;

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (same_word(types[i].name, text))
            return types[i].type;
    if ((text_starts(text, "TYPE") || text_starts(text, "type")) &&
        text_u64(text + 4, 0xffff, &number))
        return (int)number;
    return -1;
}

const char *dns_reverse_name(ip4_addr addr, char text[static DNS_REVERSE_NAME_MAX])
{
    snprintf(text, DNS_REVERSE_NAME_MAX, "%u.%u.%u.%u.in-addr.arpa.", addr & 0xff, addr >> 8 & 0xff,
             addr >> 16 & 0xff, addr >> 24);
    return text;
}

const char *dns_reverse_name6(struct ip6_addr addr, char text[static DNS_REVERSE6_NAME_MAX])
{
    for (unsigned i = 0; i < 32; i++) {
        uint64_t half = i < 16 ? addr.lo : addr.hi;

        text[2 * i] = "0123456789abcdef"[half >> 4 * (i % 16) & 0xf];
        text[2 * i + 1] = '.';
    }
    snprintf(text + 64, DNS_REVERSE6_NAME_MAX - 64, "ip6.arpa.");
    return text;
}

/* ---- zones ---- */

/* The root may be written as the empty text in a configuration. */
static const char *full(const char *name)
{
    return name[0] == '\0' ? "." : name;
}

static void found_add(struct dns_found *found, enum dns_section section, const char *owner,
                      const struct dns_record *record)
{
    for (unsigned i = 0; i < found->n[section]; i++)
        if (found->rrs[section][i].record == record)
            return;
    if (found->n[section] == DNS_FOUND_MAX)
        return;
    found->rrs[section][found->n[section]].owner = owner;
    found->rrs[section][found->n[section]++].record = record;
}

/* Records of @name with @type (ANY: all) go to @section under the name @owner; how many there are.
 */
static unsigned add_records(const struct dns_zone_data *zone, const char *name, uint16_t type,
                            const char *owner, enum dns_section section, struct dns_found *found)
{
    unsigned n = 0;

    for (unsigned i = 0; i < zone->n_records; i++) {
        const struct dns_record *r = &zone->records[i];

        if ((type != DNS_TYPE_ANY && r->type != type) || !dns_name_eq(full(r->name), name))
            continue;
        found_add(found, section, owner, r);
        n++;
    }
    return n;
}

static const struct dns_record *first_record(const struct dns_zone_data *zone, const char *name,
                                             uint16_t type)
{
    for (unsigned i = 0; i < zone->n_records; i++)
        if ((type == DNS_TYPE_ANY || zone->records[i].type == type) &&
            dns_name_eq(full(zone->records[i].name), name))
            return &zone->records[i];
    return NULL;
}

/* Records at @name or below it: an empty non-terminal exists too. RFC 8020. */
static bool name_exists(const struct dns_zone_data *zone, const char *name)
{
    for (unsigned i = 0; i < zone->n_records; i++)
        if (dns_name_is_within(full(zone->records[i].name), name))
            return true;
    return false;
}

/* @name's NS records lead to others, and this server is not told to be authoritative there. */
static bool is_delegation(const struct dns_zone_data *zone, const char *name)
{
    bool has_ns = false;

    if (first_record(zone, name, DNS_TYPE_SOA) != NULL)
        return false;
    for (unsigned i = 0; i < zone->n_zones; i++)
        if (dns_name_eq(full(zone->zones[i]), name))
            return false;
    for (unsigned i = 0; i < zone->n_records; i++) {
        const struct dns_record *ns = &zone->records[i], *glue;

        if (ns->type != DNS_TYPE_NS || !dns_name_eq(full(ns->name), name))
            continue;
        has_ns = true;
        glue = first_record(zone, ns->target, DNS_TYPE_A);
        if (glue != NULL && zone->is_own != NULL && zone->is_own(zone->ctx, glue->addr))
            return false;
    }
    return has_ns;
}

/* The delegation nearest to the root on the way to @name, within @apex (NULL: the root): below it
 * others know. */
static const char *find_delegation(const struct dns_zone_data *zone, const char *name,
                                   const char *apex)
{
    const char *found = NULL;

    for (const char *at = name; at != NULL; at = dns_name_parent(at)) {
        if (apex != NULL && dns_name_eq(at, apex))
            break;
        if (is_delegation(zone, at))
            found = at;
    }
    return found;
}

/* The zone @name is in: the longest of the configured ones and of the SOA records' names. NULL:
 * none. */
static const char *find_apex(const struct dns_zone_data *zone, const char *name)
{
    for (const char *at = name; at != NULL; at = dns_name_parent(at)) {
        for (unsigned i = 0; i < zone->n_zones; i++)
            if (dns_name_eq(full(zone->zones[i]), at))
                return at;
        if (first_record(zone, at, DNS_TYPE_SOA) != NULL)
            return at;
    }
    return zone->everything ? "." : NULL;
}

static void add_glue(const struct dns_zone_data *zone, struct dns_found *found,
                     enum dns_section section)
{
    for (unsigned i = 0; i < found->n[section]; i++) {
        const struct dns_record *r = found->rrs[section][i].record;

        if (r->type != DNS_TYPE_NS && r->type != DNS_TYPE_MX && r->type != DNS_TYPE_SRV)
            continue;
        if (r->target == NULL)
            continue;
        add_records(zone, r->target, DNS_TYPE_A, r->target, DNS_ADDITIONAL, found);
        add_records(zone, r->target, DNS_TYPE_AAAA, r->target, DNS_ADDITIONAL, found);
    }
}

/* Negative answers carry the zone's SOA where there is one, RFC 2308 section 3. */
static void add_soa(const struct dns_zone_data *zone, const char *apex, struct dns_found *found)
{
    const struct dns_record *soa = apex == NULL ? NULL : first_record(zone, apex, DNS_TYPE_SOA);

    if (soa != NULL)
        found_add(found, DNS_AUTHORITY, full(soa->name), soa);
}

/* The wildcard that speaks for @name: below the longest ancestor that exists. RFC 4592 section 3.3.
 */
static const char *find_wildcard(const struct dns_zone_data *zone, const char *name,
                                 char text[static DNS_TEXT_MAX + 2])
{
    for (const char *at = dns_name_parent(name); at != NULL; at = dns_name_parent(at)) {
        snprintf(text, DNS_TEXT_MAX + 2, strcmp(at, ".") == 0 ? "*%s" : "*.%s", at);
        if (first_record(zone, text, DNS_TYPE_ANY) != NULL)
            return text;
        if (name_exists(zone, at))
            return NULL;
    }
    return NULL;
}

/* Whether @record is about the address whose name for the way back is @name. */
static bool is_address_of(const struct dns_record *record, const char *name)
{
    char text[DNS_REVERSE6_NAME_MAX];

    if (record->type == DNS_TYPE_A)
        return dns_name_eq(dns_reverse_name(record->addr, text), name);
    return record->type == DNS_TYPE_AAAA &&
           dns_name_eq(dns_reverse_name6(ip6_get(record->addr6), text), name);
}

/* The first name that has the address; a wildcard is none. PTR records of its own come before. */
static bool find_reverse(const struct dns_zone_data *zone, const char *name, uint16_t type,
                         struct dns_found *found)
{
    if (!zone->reverse || (type != DNS_TYPE_PTR && type != DNS_TYPE_ANY) ||
        !dns_name_is_within(name, "arpa.") || first_record(zone, name, DNS_TYPE_PTR) != NULL)
        return false;
    for (unsigned i = 0; i < zone->n_records; i++) {
        const struct dns_record *r = &zone->records[i];

        if (r->name[0] == '*' || !is_address_of(r, name))
            continue;
        found->reverse = (struct dns_record){
            .name = name, .ttl = r->ttl, .type = DNS_TYPE_PTR, .target = full(r->name)
        };
        found_add(found, DNS_ANSWER, name, &found->reverse);
        found->verdict = DNS_VERDICT_ANSWER;
        return true;
    }
    return false;
}

/* One name of a chain. The name to go on with when it is an alias, else NULL and the verdict. */
static const char *find_step(const struct dns_zone_data *zone, const char *name, uint16_t type,
                             struct dns_found *found)
{
    const char *apex = find_apex(zone, name), *cut = find_delegation(zone, name, apex),
               *source = name;
    char wildcard[DNS_TEXT_MAX + 2];
    const struct dns_record *alias;

    if (find_reverse(zone, name, type, found))
        return NULL;
    if (cut != NULL) {
        add_records(zone, cut, DNS_TYPE_NS, cut, DNS_AUTHORITY, found);
        add_glue(zone, found, DNS_AUTHORITY);
        found->verdict = DNS_VERDICT_REFERRAL;
        return NULL;
    }
    if (!name_exists(zone, name)) {
        source = find_wildcard(zone, name, wildcard);
        if (source == NULL) {
            add_soa(zone, apex, found);
            found->verdict = apex != NULL ? DNS_VERDICT_NXDOMAIN : DNS_VERDICT_OUTSIDE;
            return NULL;
        }
    }
    alias = first_record(zone, source, DNS_TYPE_CNAME);
    if (alias != NULL && type != DNS_TYPE_CNAME && type != DNS_TYPE_ANY) {
        found_add(found, DNS_ANSWER, name, alias);
        return alias->target;
    }
    if (add_records(zone, source, type, name, DNS_ANSWER, found) > 0) {
        add_glue(zone, found, DNS_ANSWER);
        found->verdict = DNS_VERDICT_ANSWER;
    } else if (apex == NULL && first_record(zone, source, DNS_TYPE_ANY) == NULL) {
        found->verdict = DNS_VERDICT_OUTSIDE; /* names below it are known, it is not */
    } else {
        add_soa(zone, apex, found);
        found->verdict = DNS_VERDICT_NODATA;
    }
    return NULL;
}

void dns_zone_find(const struct dns_zone_data *zone, const char *name, uint16_t type,
                   struct dns_found *found)
{
    const char *next = name;

    found->n[DNS_ANSWER] = found->n[DNS_AUTHORITY] = found->n[DNS_ADDITIONAL] = 0;
    found->verdict = DNS_VERDICT_ANSWER;
    for (unsigned i = 0; next != NULL && i < DNS_CHAIN_MAX; i++) {
        found->last_name = next;
        next = find_step(zone, next, type, found);
    }
}
