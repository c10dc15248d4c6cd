/* A cache of DNS answers, positive and negative, with times to live. RFC 1034 section 5.3, RFC 2308
 * section 5. */
#ifndef WW_STACK_SERVICES_DNS_CACHE_H
#define WW_STACK_SERVICES_DNS_CACHE_H

#include "sim/time.h"
#include "stack/services/dns_records.h"

#define DNS_CACHE_MAX     2000   /* entries; the one that ends first makes room */
#define DNS_CACHE_TTL_MAX 604800 /* seconds: a week, RFC 8767 section 4 */
#define DNS_NEGATIVE_MAX  10800  /* three hours, RFC 2308 section 5 */

struct dns_cache_entry {
    char *name;
    uint16_t type;
    uint8_t rcode; /* DNS_NOERROR, DNS_NXDOMAIN */
    unsigned n;    /* 0: no such data */
    struct dns_record *records;
    struct dns_record soa; /* of a negative answer; name NULL: none */
    sim_time expires; /* learned with TTL 0: the moment it was learned, when it is still good */
};

struct dns_cache {
    struct dns_cache_entry *entries;
    unsigned n, size;
};

/** dns_cache_find() - what is known now, or NULL. */
const struct dns_cache_entry *dns_cache_find(struct dns_cache *cache, const char *name,
                                             uint16_t type, sim_time now);
/** dns_cache_ttl() - seconds left. */
uint32_t dns_cache_ttl(const struct dns_cache_entry *entry, sim_time now);
/**
 * dns_cache_add() - remember a set of records, all of one name and type; they become the cache's
 * (moved out of @records).
 */
void dns_cache_add(struct dns_cache *cache, struct dns_record *records, unsigned n, sim_time now);
/** dns_cache_add_negative() - the name (NXDOMAIN) or its data of @type does not exist. @soa, or
 * NULL, is moved. */
void dns_cache_add_negative(struct dns_cache *cache, const char *name, uint16_t type, uint8_t rcode,
                            struct dns_record *soa, sim_time now);
/**
 * dns_cache_learn() - everything of the answer @octets to a question for @name and @type that
 * concerns names within
 * @bailiwick: its answer, its delegations and addresses. Returns the number of sets learned.
 */
unsigned dns_cache_learn(struct dns_cache *cache, const uint8_t *octets, size_t len,
                         const char *name, uint16_t type, const char *bailiwick, sim_time now);
void dns_cache_flush(struct dns_cache *cache);
struct describe;
/** dns_cache_describe() - table "dns-cache". */
void dns_cache_describe(const struct dns_cache *cache, sim_time now, struct describe *out);

#endif
