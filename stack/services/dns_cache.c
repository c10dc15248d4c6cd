#include "stack/services/dns_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/describe.h"

#define LEARN_MAX 128 /* records of one message that are looked at */

static void entry_fini(struct dns_cache_entry *entry)
{
    for (unsigned i = 0; i < entry->n; i++)
        dns_record_fini(&entry->records[i]);
    free(entry->records);
    dns_record_fini(&entry->soa);
    free(entry->name);
}

static void remove_at(struct dns_cache *cache, unsigned at)
{
    entry_fini(&cache->entries[at]);
    cache->n--;
    memmove(&cache->entries[at], &cache->entries[at + 1], (cache->n - at) * sizeof *cache->entries);
}

const struct dns_cache_entry *dns_cache_find(struct dns_cache *cache, const char *name,
                                             uint16_t type, sim_time now)
{
    for (unsigned i = 0; i < cache->n; i++) {
        struct dns_cache_entry *entry = &cache->entries[i];

        if (entry->expires < now) {
            remove_at(cache, i--);
            continue;
        }
        /* A name that does not exist has no data of any type. */
        if ((entry->type == type || entry->rcode == DNS_NXDOMAIN) && dns_name_eq(entry->name, name))
            return entry;
    }
    return NULL;
}

uint32_t dns_cache_ttl(const struct dns_cache_entry *entry, sim_time now)
{
    return (uint32_t)(entry->expires / SIM_SEC(1) -
                      now / SIM_SEC(1)); /* clocks that count whole seconds */
}

static struct dns_cache_entry *new_entry(struct dns_cache *cache, const char *name, uint16_t type,
                                         uint32_t ttl, sim_time now)
{
    struct dns_cache_entry fresh = { .name = mem_strdup(name), .type = type };
    unsigned first = 0;

    for (unsigned i = cache->n; i > 0; i--)
        if (cache->entries[i - 1].type == type && dns_name_eq(cache->entries[i - 1].name, name))
            remove_at(cache, i - 1);
    if (cache->n == DNS_CACHE_MAX) {
        for (unsigned i = 1; i < cache->n; i++)
            if (cache->entries[i].expires < cache->entries[first].expires)
                first = i;
        remove_at(cache, first);
    }
    fresh.expires = now + SIM_SEC(ttl < DNS_CACHE_TTL_MAX ? ttl : DNS_CACHE_TTL_MAX);
    ARRAY_PUSH(cache->entries, cache->n, cache->size, fresh);
    return &cache->entries[cache->n - 1];
}

void dns_cache_add(struct dns_cache *cache, struct dns_record *records, unsigned n, sim_time now)
{
    struct dns_cache_entry *entry;
    uint32_t ttl = UINT32_MAX;

    for (unsigned i = 0; i < n; i++)
        ttl = records[i].ttl < ttl ? records[i].ttl : ttl;
    entry = new_entry(cache, records[0].name, records[0].type, ttl, now);
    entry->n = n;
    entry->records = mem_dup(records, n * sizeof *records);
}

void dns_cache_add_negative(struct dns_cache *cache, const char *name, uint16_t type, uint8_t rcode,
                            struct dns_record *soa, sim_time now)
{
    uint32_t ttl = 0; /* without an SOA it is not cached: RFC 2308 section 5 */
    struct dns_cache_entry *entry;

    if (soa != NULL)
        ttl = soa->ttl < soa->soa[4] ? soa->ttl : soa->soa[4];
    entry = new_entry(cache, name, type, ttl < DNS_NEGATIVE_MAX ? ttl : DNS_NEGATIVE_MAX, now);
    entry->rcode = rcode;
    if (soa != NULL) {
        entry->soa = *soa;
        memset(soa, 0, sizeof *soa);
    }
}

/* ---- learning from a message ---- */

struct message {
    struct dns_hdr hdr;
    struct dns_record records[LEARN_MAX];
    enum dns_section sections[LEARN_MAX];
    bool used[LEARN_MAX];
    unsigned n;
};

static bool read_message(struct message *m, const uint8_t *octets, size_t len,
                         const char *bailiwick)
{
    struct dns_reader reader;
    struct dns_rr rr;

    if (dns_parse_header(octets, len, &m->hdr, &reader) != DROP_NONE)
        return false;
    m->n = 0;
    while (m->n < LEARN_MAX && dns_next_rr(&reader, &rr)) {
        if (rr.class != DNS_CLASS_IN || rr.type == DNS_TYPE_OPT ||
            !dns_name_is_within(rr.name, bailiwick))
            continue; /* out of the bailiwick: anybody could say that. RFC 2181 section 5.4.1 */
        if (!dns_record_read(&rr, &m->records[m->n]))
            continue;
        m->sections[m->n] = rr.section;
        m->used[m->n++] = false;
    }
    return true;
}

/* All records of the same name and type as the one at @first. */
static void learn_set(struct dns_cache *cache, struct message *m, unsigned first, sim_time now)
{
    struct dns_record set[LEARN_MAX];
    unsigned n = 0;

    for (unsigned i = first; i < m->n; i++) {
        if (m->used[i] || m->records[i].type != m->records[first].type ||
            !dns_name_eq(m->records[i].name, m->records[first].name))
            continue;
        m->used[i] = i != first;
        set[n++] = m->records[i];
    }
    m->used[first] = true;
    dns_cache_add(cache, set, n, now);
}

/* Where the answer's CNAMEs lead from @name, and whether data of @type is there. */
static bool follow_answer(const struct message *m, const char **name, uint16_t type)
{
    for (unsigned hops = 0; hops < DNS_CHAIN_MAX; hops++) {
        const char *next = NULL;

        for (unsigned i = 0; i < m->n; i++) {
            const struct dns_record *r = &m->records[i];

            if (m->sections[i] != DNS_ANSWER || !dns_name_eq(r->name, *name))
                continue;
            if (r->type == type || type == DNS_TYPE_ANY)
                return true;
            if (r->type == DNS_TYPE_CNAME)
                next = r->target;
        }
        if (next == NULL)
            return false;
        *name = next;
    }
    return false;
}

static bool is_referral(const struct message *m)
{
    bool ns = false;

    for (unsigned i = 0; i < m->n; i++) {
        if (m->sections[i] == DNS_AUTHORITY && m->records[i].type == DNS_TYPE_SOA)
            return false;
        ns = ns || (m->sections[i] == DNS_AUTHORITY && m->records[i].type == DNS_TYPE_NS);
    }
    return ns && !m->hdr.aa;
}

static void learn_negative(struct dns_cache *cache, struct message *m, const char *name,
                           uint16_t type, sim_time now)
{
    struct dns_record *soa = NULL;

    for (unsigned i = 0; i < m->n && soa == NULL; i++)
        if (m->sections[i] == DNS_AUTHORITY && m->records[i].type == DNS_TYPE_SOA && !m->used[i]) {
            soa = &m->records[i];
            m->used[i] = true;
        }
    dns_cache_add_negative(cache, name, type, m->hdr.rcode, soa, now);
}

unsigned dns_cache_learn(struct dns_cache *cache, const uint8_t *octets, size_t len,
                         const char *name, uint16_t type, const char *bailiwick, sim_time now)
{
    struct message *m = mem_alloc(sizeof *m);
    const char *last = name;
    char last_name[DNS_TEXT_MAX];
    unsigned n_sets = 0;
    bool positive, final_answer;

    if (!read_message(m, octets, len, bailiwick)) {
        free(m);
        return 0;
    }
    positive = follow_answer(m, &last, type);
    snprintf(last_name, sizeof last_name, "%s", last);
    /* A chain that leaves the bailiwick says nothing about where it leads. */
    final_answer = !positive && dns_name_is_within(last, bailiwick) && !is_referral(m) &&
                   (m->hdr.rcode == DNS_NXDOMAIN || m->hdr.rcode == DNS_NOERROR);
    if (final_answer &&
        (dns_name_eq(last, name) || m->hdr.rcode == DNS_NXDOMAIN || m->hdr.aa || m->hdr.ra))
        learn_negative(cache, m, last_name, type, now);
    for (unsigned i = 0; i < m->n; i++) {
        if (m->used[i] || m->records[i].type == DNS_TYPE_SOA)
            continue;
        learn_set(cache, m, i, now);
        n_sets++;
    }
    for (unsigned i = 0; i < m->n; i++)
        if (!m->used[i])
            dns_record_fini(&m->records[i]);
    free(m);
    return n_sets;
}

void dns_cache_flush(struct dns_cache *cache)
{
    for (unsigned i = 0; i < cache->n; i++)
        entry_fini(&cache->entries[i]);
    free(cache->entries);
    *cache = (struct dns_cache){ 0 };
}

void dns_cache_describe(const struct dns_cache *cache, sim_time now, struct describe *out)
{
    for (unsigned i = 0; i < cache->n; i++) {
        const struct dns_cache_entry *entry = &cache->entries[i];
        char type[DNS_TYPE_NAME_MAX], addr[IP4_TEXT_MAX], line[DNS_TEXT_MAX * 2 + 80];
        const char *data = entry->rcode == DNS_NXDOMAIN ? "NXDOMAIN" : "NODATA";

        if (entry->expires <= now)
            continue;
        for (unsigned j = 0; j < (entry->n > 0 ? entry->n : 1); j++) {
            if (entry->n > 0)
                data = entry->type == DNS_TYPE_A          ? ip4_format(entry->records[j].addr, addr)
                       : entry->records[j].target != NULL ? entry->records[j].target
                                                          : "";
            snprintf(line, sizeof line, "%s %s %s", entry->name, dns_type_name(entry->type, type),
                     data);
            describe_row(out, "dns-cache", entry->name, line);
            describe_number(out, "ttl", dns_cache_ttl(entry, now));
        }
    }
}
