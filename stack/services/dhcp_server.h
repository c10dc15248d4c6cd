/*
 * DHCP server, RFC 2131 section 4.3, as dnsmasq does it with --dhcp-authoritative and
 * --dhcp-sequential-ip: option order, TOS 0xc0, answers by unicast to the new address with the
 * neighbor entry put in place by hand, addresses in the order of the pool behind the highest one
 * leased. One process serves all pools of a host, one per interface.
 *
 * We differ from dnsmasq in two points: an address offered is kept for its client for
 * DHCP_OFFER_HOLD even without the ping check (RFC 2131 section 3.1 (2)), and a declined one is
 * left alone for DHCP_DECLINE_HOLD rather than skipped once. A router or name server is announced
 * only where the configuration names one. Not done: BOOTP, option overload in answers, relay agent
 * information other than returning option 82.
 */
#ifndef WW_STACK_SERVICES_DHCP_SERVER_H
#define WW_STACK_SERVICES_DHCP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "stack/socket/process.h"

#define DHCP_OFFER_HOLD                                                                            \
    SIM_SEC(30) /* an offer is kept for its client; also how long a ping result counts */
#define DHCP_DECLINE_HOLD SIM_SEC(600) /* dnsmasq's DECLINE_BACKOFF */
#define DHCP_PING_WAIT    SIM_SEC(3)   /* dnsmasq's PING_WAIT */
#define DHCP_LEASES_MAX   1000         /* dnsmasq's default of dhcp-lease-max */
#define DHCP_LEASE_MIN    120          /* seconds: a client may not ask for less */
#define DHCP_SERVER_TOS   0xc0

struct dhcp_server_option {
    uint8_t code;
    uint8_t len;
    const uint8_t *octets;
};

struct dhcp_server_static {
    struct mac_addr mac;
    ip4_addr addr;
};

/* One `dhcp` service of a topology. Everything pointed to outlives the process. */
struct dhcp_pool_config {
    const char *iface;
    ip4_addr first, last;
    uint8_t prefix_len; /* of the clients' subnet behind a relay agent; 0: the interface's */
    bool has_gateway, ping_check;
    ip4_addr gateway;
    unsigned n_resolvers;
    const ip4_addr *resolvers;
    const char *domain;     /* or NULL */
    uint32_t lease_seconds; /* UINT32_MAX: for ever */
    unsigned n_statics, n_options;
    const struct dhcp_server_static *statics;
    const struct dhcp_server_option *options;
};

enum dhcp_lease_state { DHCP_LEASE_OFFERED, DHCP_LEASE_BOUND, DHCP_LEASE_DECLINED };

#define DHCP_CLIENT_ID_MAX 32 /* octets compared; a longer one is cut */

struct dhcp_server_lease {
    ip4_addr addr;
    enum dhcp_lease_state state;
    struct mac_addr mac;
    uint8_t client_id[DHCP_CLIENT_ID_MAX];
    uint8_t client_id_len; /* 0: known by MAC */
    char host_name[64];
    sim_time expires; /* SIM_TIME_NONE: never */
};

/**
 * dhcp_server_start() - the server process with the @n pools at @pools, which is borrowed; so are
 * the pools' contents. NULL, when an interface does not exist or has no address. */
struct process *dhcp_server_start(struct os *os, const struct dhcp_pool_config *pools, unsigned n);
/** dhcp_server_lease() - of a process started so: the lease of @addr that is in force now, or NULL.
 */
const struct dhcp_server_lease *dhcp_server_lease(const struct process *server, ip4_addr addr);
/** dhcp_server_describe() - table "lease" of a process started so: address, MAC, host name, seconds
 * left. */
void dhcp_server_describe(const struct process *server, struct describe *out);
/** dhcp_server_is() - whether @process is such a server. */
bool dhcp_server_is(const struct process *process);

#endif
