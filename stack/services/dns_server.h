/*
 * DNS server, RFC 1034 and 1035, EDNS of RFC 6891, over UDP and TCP: answers from its own records,
 * forwards what it does not know (with a cache), or walks the tree from the root by itself.
 *
 * Two manners, chosen by the configuration. With `zone:`, or with records among which are neither
 * SOA nor NS, it answers as dnsmasq: RA is always set, AA only where data was found, and the
 * addresses of A and AAAA records lead back to the first name that has them. With SOA or NS records
 * it answers as an authoritative server: AA on negative answers too, SOA in them, referrals with
 * glue, RA clear unless it forwards or recurses. A name that no record and no zone covers is
 * forwarded or recursed for; else it does not exist if the records are all the server was given,
 * and is REFUSED if it has zones of its own (`zone:` or SOA). An answer that was forwarded keeps
 * its AA; from the cache it goes without.
 *
 * Not done: zone transfers, NOTIFY, UPDATE, DNSSEC; upstream servers are asked by UDP only, with
 * EDNS when recursing.
 */
#ifndef WW_STACK_SERVICES_DNS_SERVER_H
#define WW_STACK_SERVICES_DNS_SERVER_H

#include "stack/services/dns_records.h"
#include "stack/socket/process.h"

#define DNS_SERVER_UDP_SIZE 1232 /* offered in EDNS: dnsmasq, BIND since the DNS flag day 2020 */
#define DNS_SERVER_BACKLOG  32   /* as dnsmasq listens */
#define DNS_SERVER_CONNS    20   /* TCP connections at a time: dnsmasq's limit of children */
#define DNS_SERVER_JOBS                                                                            \
    150 /* questions being forwarded or recursed for; dnsmasq's dns-forward-max */
#define DNS_TCP_IDLE SIM_SEC(10) /* RFC 7766 section 6.2.3: some seconds */
#define DNS_FORWARD_WAIT                                                                           \
    SIM_SEC(5) /* until the next server is tried; the client repeats at that time too */
#define DNS_RECURSE_WAIT  SIM_SEC(2)
#define DNS_RECURSE_STEPS 40 /* questions sent for one answer */
#define DNS_RECURSE_DEPTH 4  /* name servers whose own names must be found first */
#define DNS_RECURSE_NAMES 5  /* of those, for one answer */

/* One `dns` service of a topology. Everything pointed to outlives the process. */
struct dns_server_config {
    uint16_t port; /* 0: 53 */
    unsigned n_zones, n_records, n_forwards, n_roots;
    const char *const *zones; /* the root is "." */
    const struct dns_record *records;
    const ip4_addr *forwards;
    bool recursive;
    const ip4_addr *roots; /* addresses of root servers, for @recursive */
};

/** dns_server_start() - the server process; @config is borrowed. */
struct process *dns_server_start(struct os *os, const struct dns_server_config *config);
/** dns_server_is() - whether @process is such a server. dns_server_describe() - its table
 * "dns-cache". */
bool dns_server_is(const struct process *process);
void dns_server_describe(const struct process *server, struct describe *out);

#endif
