/*
 * The resolver library of programs, as glibc's getaddrinfo() does it with "hosts: files dns":
 * numeric addresses, /etc/hosts, then the servers of /etc/resolv.conf. A coroutine, which a program
 * runs inside its own:
 *
 *     resolver_init(&st->resolver, self, "www.baidu.com", RESOLVER_ANY);
 *     CO_RUN(&st->co, resolver_run(&st->resolver));
 *     if (st->resolver.error != 0) ... resolver_strerror(st->resolver.error)
 *
 * The names a question is asked for: as given, and with the search domains behind it (ndots); A and
 * AAAA leave together from one socket; each server in turn, all of them `attempts` times; an answer
 * that is cut short is fetched by TCP. Answers are used only with the right id, question and
 * sender. There is no cache, as on Debian, unless the host has one (stack/services/services.h).
 * Both families are asked for; IPv6 addresses are given to programs that say they take them
 * (RESOLVER_BOTH).
 */
#ifndef WW_STACK_SERVICES_RESOLVER_H
#define WW_STACK_SERVICES_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/socket/coroutine.h"
#include "stack/socket/process.h"
#include "stack/socket/syscall.h"
#include "stack/wire/dns_wire.h"

#define RESOLVER_QUERY_TIME                                                                        \
    SIM_USEC(150) /* from the query for A to the one for AAAA: real hosts next door answer in      \
                     between */
#define RESOLVER_SERVERS_MAX 3 /* MAXNS, resolv.conf(5) */
#define RESOLVER_SEARCH_MAX  6
#define RESOLVER_ADDRS_MAX   16
#define RESOLVER_TIMEOUT     5 /* seconds */
#define RESOLVER_ATTEMPTS    2
#define RESOLVER_NDOTS       1
#define RESOLVER_MESSAGE_MAX 4096

/* /etc/resolv.conf. */
struct resolv_conf {
    struct endpoint servers[RESOLVER_SERVERS_MAX]; /* port 53 */
    unsigned n_servers; /* at least one: 127.0.0.1 where the file names none */
    char search[RESOLVER_SEARCH_MAX][256];
    unsigned n_search;
    unsigned ndots, timeout, attempts;
};

enum resolver_family { RESOLVER_ANY, RESOLVER_IPV4, RESOLVER_IPV6, RESOLVER_BOTH };

/* getaddrinfo()'s numbers. */
enum resolver_error {
    RESOLVER_OK = 0,
    RESOLVER_NONAME = -2, /* the name does not exist */
    RESOLVER_AGAIN = -3,  /* no server answered */
    RESOLVER_FAIL = -4,
    RESOLVER_NODATA = -5,     /* it exists, without an address */
    RESOLVER_ADDRFAMILY = -9, /* an IPv6 address, to a program that does not take them */
};

struct resolver_question { /* A or AAAA */
    uint16_t type, id;
    bool answered;
    bool rejected; /* the server of this moment will not say */
    uint8_t rcode;
};

struct resolver {
    /* results */
    int error; /* an enum resolver_error */
    unsigned n_addrs;
    ip4_addr addrs[RESOLVER_ADDRS_MAX];
    unsigned n_addrs6;
    struct ip6_addr addrs6[RESOLVER_ADDRS_MAX]; /* with RESOLVER_IPV6 and RESOLVER_BOTH alone */
    char canonical[DNS_TEXT_MAX];               /* where CNAMEs led; without the final dot */
    uint8_t scope6;                             /* of a numeric one: fe80::1%eth0 */
    bool from_hosts;                            /* found in /etc/hosts or numeric */

    /* inside */
    struct process *self;
    struct coroutine co, co_ask;
    enum resolver_family family;
    char name[DNS_TEXT_MAX]; /* as given */
    unsigned candidate, n_candidates;
    struct resolver_question questions[2];
    unsigned n_questions;
    unsigned server, attempt;
    int fd, result;
    int fds[RESOLVER_SERVERS_MAX]; /* -1: closed; of servers that have not failed, until all is over
                                    */
    unsigned asking;               /* which question is being sent */
    int64_t moved;
    sim_time until;
    bool truncated, refused, timed_out, exists;
    struct sys_pollfd poll;
    size_t len;

    /* Written before they are read, and not cleared: most look-ups are of numbers. */
    char asked[DNS_TEXT_MAX + 256]; /* the candidate asked for now */
    struct resolv_conf conf;
    uint8_t octets[RESOLVER_MESSAGE_MAX + 2];
};

/** resolver_init() - look @name up for @self. */
void resolver_init(struct resolver *resolver, struct process *self, const char *name,
                   enum resolver_family family);
/** resolver_run() - the coroutine; at its end the results are filled in. */
enum co_status resolver_run(struct resolver *resolver);
/** resolver_at() - the @n-th result in the order of RFC 6724: those of a family that has a way from
 * @os first, IPv6 before IPv4. False behind the last. */
bool resolver_at(const struct resolver *resolver, struct os *os, unsigned n, uint16_t port,
                 struct endpoint *endpoint);
/** resolver_literal6() - an IPv6 address as text, of a link perhaps: "fe80::1%eth0". The port is 0.
 */
bool resolver_literal6(const struct os *os, const char *text, struct endpoint *endpoint);
/** resolver_close() - before a program that is stopped in the middle lets go of @resolver; harmless
 * otherwise. */
void resolver_close(struct resolver *resolver);
/** resolver_strerror() - gai_strerror(): "Name or service not known". */
const char *resolver_strerror(int error);

/** resolver_query_why() - why a query goes to @server, for the first time or @again. */
struct why resolver_query_why(struct endpoint server, bool again);
/** resolv_conf_read() - @os's /etc/resolv.conf, with the defaults for what it does not say. */
void resolv_conf_read(struct resolv_conf *conf, struct os *os);
/** resolver_hosts_find() - addresses of @name in /etc/hosts; how many. "localhost" and the host's
 * own name are known without the file. */
unsigned resolver_hosts_find(struct os *os, const char *name, ip4_addr *addrs, unsigned max,
                             char *canonical, size_t canonical_size);
/** resolver_hosts_aliases() - the other names, each behind a space, of the line that names @name.
 */
void resolver_hosts_aliases(struct os *os, const char *name, char *aliases, size_t size);
/** resolver_hosts_find6() - the same for the lines with IPv6 addresses; every name needs its line.
 */
unsigned resolver_hosts_find6(struct os *os, const char *name, struct ip6_addr *addrs, unsigned max,
                              char *canonical, size_t canonical_size);
bool resolver_hosts_name6(struct os *os, struct ip6_addr addr, char *name, size_t size);
/** resolver_hosts_name() - the first name of @addr in /etc/hosts; false: none. */
bool resolver_hosts_name(struct os *os, ip4_addr addr, char *name, size_t size);

/*
 * The reverse: a name for an address, as getnameinfo() finds one (ping, traceroute, arp, netstat
 * without -n). Results as above: resolver->canonical is the name, error RESOLVER_NONAME where there
 * is none.
 */
void resolver_init_reverse(struct resolver *resolver, struct process *self, ip4_addr addr);
void resolver_init_reverse6(struct resolver *resolver, struct process *self, struct ip6_addr addr);

#endif
