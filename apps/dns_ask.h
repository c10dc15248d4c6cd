/* One DNS question put to servers, as BIND's tools do it: dig, host, nslookup. */
#ifndef WW_APPS_DNS_ASK_H
#define WW_APPS_DNS_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/services/resolver.h"
#include "stack/socket/coroutine.h"
#include "stack/socket/process.h"
#include "stack/socket/syscall.h"
#include "stack/wire/dns_wire.h"

#define DNS_ASK_SERVERS_MAX 3
#define DNS_ASK_MESSAGE_MAX 65535
#define DNS_ASK_TIMEOUT     5 /* seconds for a try by UDP; by TCP twice that */
#define DNS_ASK_COOKIE_LEN  8

struct dns_ask {
    /* what to ask: filled in by the program */
    struct process *self;
    char name[DNS_TEXT_MAX];
    uint16_t type, class;
    bool rd, ad, cd, dnssec, edns, cookie, tcp, ignore_tc;
    uint16_t udp_size, port;
    unsigned timeout, tries;                      /* seconds; of all servers together */
    struct endpoint servers[DNS_ASK_SERVERS_MAX]; /* their ports do not count */
    unsigned n_servers;

    /* results */
    bool answered;
    bool retried_by_tcp;
    struct endpoint server; /* which one answered */
    sim_time took;
    uint16_t id;
    uint8_t client_cookie[DNS_ASK_COOKIE_LEN];
    size_t len;
    uint8_t *octets; /* the answer; dns_ask_fini() */

    /* inside */
    struct coroutine co, co_try;
    unsigned at, n_tries;
    int fd, result;
    int64_t moved;
    size_t query_len;
    sim_time sent_at, until;
    struct sys_pollfd poll;
    const char *problem; /* of this try */
};

/** dns_ask_init() - BIND's defaults: class IN, RD, three tries; @self asks. Servers are those of
 * /etc/resolv.conf. */
void dns_ask_init(struct dns_ask *ask, struct process *self);
/** dns_ask_run() - the coroutine. Tries that fail are told on standard output as the tools do. */
enum co_status dns_ask_run(struct dns_ask *ask);
/** dns_ask_set_server() - the first address that @resolver found, alone. */
void dns_ask_set_server(struct dns_ask *ask, const struct resolver *resolver);
/** dns_ask_server_text() - the address of the server that answered. */
const char *dns_ask_server_text(const struct dns_ask *ask, char text[static IP6_TEXT_MAX]);
void dns_ask_fini(struct dns_ask *ask);

#endif
