/* Inside the DNS server: questions it asks others, to forward or to walk the tree. */
#ifndef WW_STACK_SERVICES_DNS_UPSTREAM_H
#define WW_STACK_SERVICES_DNS_UPSTREAM_H

#include "stack/services/dns_cache.h"
#include "stack/services/dns_server.h"
#include "stack/socket/syscall.h"

#define DNS_JOB_SERVERS_MAX 8
#define DNS_MESSAGE_MAX     65535

/* A client's question. */
struct dns_query {
    uint16_t id, type, class;
    bool rd, cd, edns, dnssec_ok;
    uint16_t udp_size;
    char name[DNS_TEXT_MAX]; /* as asked, its case kept */
    int conn;                /* TCP connection, or -1 */
    uint32_t conn_serial;
    struct endpoint from;
    ip4_addr to;         /* the address that was asked: by IPv4, */
    struct ip6_addr to6; /* or by IPv6 */
};

struct dns_job {
    bool active, recursive;
    struct dns_query query;
    int parent; /* the job that waits for this one's name, or -1: a client does */
    unsigned depth;
    char name[DNS_TEXT_MAX]; /* asked for now: query.name, or where CNAMEs led */
    uint16_t type;
    char zone[DNS_TEXT_MAX]; /* whose servers are asked: what they may speak for */
    ip4_addr servers[DNS_JOB_SERVERS_MAX];
    unsigned n_servers, at;
    unsigned n_sent, n_aliases, n_children;
    bool waits;    /* for a child job */
    bool lost;     /* no address of @zone's servers was known, and none may have been found */
    uint8_t rcode; /* of the last server that refused */
    bool aa;       /* of the answer that a server it was forwarded to has just given */
    int fd;
    uint16_t id;
    sim_time until;
};

struct dns_upstream {
    struct process *self;
    const struct dns_server_config *config;
    struct dns_cache cache;
    struct dns_job *jobs; /* DNS_SERVER_JOBS of them, made with the first */
    uint8_t *octets;      /* DNS_MESSAGE_MAX, for sending and receiving */
    /* The answer to @query is in the cache, or with @rcode other than DNS_NOERROR there is none.
     * @aa: it has just come from a server that is asked by forwarding and has authority. */
    void (*answered)(void *ctx, const struct dns_query *query, uint8_t rcode, bool aa);
    void *ctx;
};

/** dns_upstream_ask() - find an answer for @query, copied. False: too many at a time. */
bool dns_upstream_ask(struct dns_upstream *up, const struct dns_query *query);
/** dns_upstream_poll() - add its descriptors to @fds; returns how many. dns_upstream_due() - when
 * it has work. */
int dns_upstream_poll(const struct dns_upstream *up, struct sys_pollfd *fds);
sim_time dns_upstream_due(const struct dns_upstream *up);
/** dns_upstream_step() - read what came, act on what is late. */
void dns_upstream_step(struct dns_upstream *up);
void dns_upstream_fini(struct dns_upstream *up);

#endif
