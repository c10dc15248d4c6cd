/* Resource records as data: of a zone, and of a cache. Names are texts as in stack/wire/dns_wire.h,
 * final dot optional. */
#ifndef WW_STACK_SERVICES_DNS_RECORDS_H
#define WW_STACK_SERVICES_DNS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "stack/wire/dns_wire.h"

#define DNS_TYPE_SRV 33 /* RFC 2782 */

struct dns_record {
    const char *name;
    uint32_t ttl; /* seconds */
    uint16_t type;
    ip4_addr addr;         /* A */
    uint8_t addr6[16];     /* AAAA, in the order of the wire */
    uint16_t preference;   /* MX; SRV's priority */
    uint16_t weight, port; /* SRV */
    const char *target;    /* NS, CNAME, PTR, MX, SRV; SOA's primary server */
    const char *rname;     /* SOA's mailbox */
    uint32_t soa[5];       /* serial refresh retry expire minimum */
    const uint8_t *octets; /* TXT's text; any other type: its RDATA */
    uint16_t len;
};

/** dns_record_emit() - write it under the name @owner with @ttl; false when it does not fit. */
bool dns_record_emit(struct dns_writer *w, enum dns_section section, const char *owner,
                     uint32_t ttl, const struct dns_record *record);
/** dns_record_read() - decode @rr; strings and octets are allocated, dns_record_fini() frees them.
 * False: malformed. */
bool dns_record_read(const struct dns_rr *rr, struct dns_record *record);
void dns_record_fini(struct dns_record *record);
/** dns_type_name() - "A"; "TYPE64" for one without a name, RFC 3597. dns_type_parse() - the
 * reverse, or -1. */
#define DNS_TYPE_NAME_MAX 12
const char *dns_type_name(uint16_t type, char text[static DNS_TYPE_NAME_MAX]);
int dns_type_parse(const char *text);
/** dns_reverse_name6() - "1.0.0.0. ... .ip6.arpa.": a label for each hexadecimal digit, the last
 * first. */
#define DNS_REVERSE6_NAME_MAX 76
const char *dns_reverse_name6(struct ip6_addr addr, char text[static DNS_REVERSE6_NAME_MAX]);
/** dns_reverse_name() - "4.3.2.1.in-addr.arpa." of 1.2.3.4. */
#define DNS_REVERSE_NAME_MAX 32
const char *dns_reverse_name(ip4_addr addr, char text[static DNS_REVERSE_NAME_MAX]);

/* ---- zones: what a server knows by itself ---- */

struct dns_zone_data {
    const struct dns_record *records;
    unsigned n_records;
    const char *const *zones; /* names inside them that have no record do not exist */
    unsigned n_zones;
    bool everything; /* no name outside the records exists */
    bool reverse;    /* addresses of records lead back to the names, as with --host-record */
    /* Whether an address is the server's own: NS records that name it are no delegation. */
    bool (*is_own)(void *ctx, ip4_addr addr);
    void *ctx;
};

enum dns_verdict {
    DNS_VERDICT_ANSWER, /* records found */
    DNS_VERDICT_NODATA, /* the name exists, not with this type */
    DNS_VERDICT_NXDOMAIN,
    DNS_VERDICT_REFERRAL, /* others know: authority names them */
    DNS_VERDICT_OUTSIDE,  /* nothing known about it */
};

#define DNS_FOUND_MAX 256
#define DNS_CHAIN_MAX 16 /* CNAMEs followed */

struct dns_found {
    enum dns_verdict verdict;
    const char *last_name;     /* where the CNAMEs led; may be outside */
    struct dns_record reverse; /* the PTR record made of an address record */
    unsigned n[DNS_N_SECTIONS];
    struct {
        const char *owner;
        const struct dns_record *record;
    } rrs[DNS_N_SECTIONS][DNS_FOUND_MAX];
};

/** dns_zone_find() - the algorithm of RFC 1034 section 4.3.2 on local data. *@found borrows @name
 * and the records. */
void dns_zone_find(const struct dns_zone_data *zone, const char *name, uint16_t type,
                   struct dns_found *found);

#endif
