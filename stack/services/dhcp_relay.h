/*
 * DHCP relay agent, RFC 1542 section 4.1 and RFC 3046, as ISC dhcrelay 4.4 does it: requests are
 * heard by packet sockets on all its interfaces (those it sends itself too), get this host's
 * address there as giaddr and go to each server by unicast; replies that name one of its addresses
 * leave by that interface in a frame made here, from its first address, to the new address or to
 * all. A coroutine that a program runs; what happens is told through @event.
 *
 * As with dhcrelay, an interface that carries both directions also hears the renewals that clients
 * send to the server through this router, and passes them on once more. Not done: DHCPv6, remote
 * ids, link selection (RFC 3527).
 */
#ifndef WW_STACK_SERVICES_DHCP_RELAY_H
#define WW_STACK_SERVICES_DHCP_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/socket/coroutine.h"
#include "stack/socket/process.h"
#include "stack/socket/syscall.h"
#include "stack/wire/dhcp_wire.h"

#define DHCP_RELAY_IFACES_MAX  64
#define DHCP_RELAY_SERVERS_MAX 16u
#define DHCP_RELAY_HOPS        10  /* dhcrelay -c */
#define DHCP_RELAY_SIZE        576 /* dhcrelay -A: the longest message that option 82 is put into */
#define DHCP_RELAY_MESSAGE_MAX 1500

/* dhcrelay -m: a request that has an option 82 of another relay already. */
enum dhcp_relay_mode {
    DHCP_RELAY_APPEND,
    DHCP_RELAY_REPLACE,
    DHCP_RELAY_FORWARD,
    DHCP_RELAY_DISCARD,
};

enum dhcp_relay_event {
    DHCP_RELAY_AGENT_OPTION, /* @n: octets added */
    DHCP_RELAY_REQUEST_SENT, /* @addr: the server */
    DHCP_RELAY_REPLY_CAME,   /* @addr: giaddr */
    DHCP_RELAY_REPLY_SENT,   /* @addr: the client, or IP4_BROADCAST */
    DHCP_RELAY_WRONG_SIDE,   /* came in by an interface that does not carry this direction; @n: its
                                place */
};

struct dhcp_relay_iface {
    struct ip_iface *iface;
    bool up, down; /* hears replies of servers; requests of clients */
    int fd;
};

struct dhcp_relay;

struct dhcp_relay_report {
    enum dhcp_relay_event event;
    const struct dhcp_msg *msg;
    ip4_addr addr;
    unsigned n;
};

struct dhcp_relay {
    /* filled in by the program */
    struct process *self;
    struct dhcp_relay_iface ifaces[DHCP_RELAY_IFACES_MAX];
    ip4_addr servers[DHCP_RELAY_SERVERS_MAX];
    unsigned n_ifaces, n_servers;
    bool agent_option;   /* -a: option 82 with the interface's name */
    bool drop_unmatched; /* -D: replies with another relay's option 82 */
    enum dhcp_relay_mode mode;
    unsigned max_hops;
    size_t max_size;
    /* or NULL */
    void (*event)(void *ctx, struct dhcp_relay *relay, const struct dhcp_relay_report *report);
    void *ctx;

    /* its own */
    struct coroutine co;
    int udp_fd; /* what goes to servers; what comes in there is thrown away */
    int result;
    struct sys_pollfd poll[DHCP_RELAY_IFACES_MAX + 1];
    uint8_t in[DHCP_RELAY_MESSAGE_MAX + 42], out[DHCP_RELAY_MESSAGE_MAX + 42];
};

void dhcp_relay_init(struct dhcp_relay *relay, struct process *self);
/** dhcp_relay_add_iface() - 0, -SIM_ENODEV, or -SIM_ENOBUFS: too many. */
int dhcp_relay_add_iface(struct dhcp_relay *relay, const char *name, bool up, bool down);
/** dhcp_relay_add_all() - every interface with a cable and an address, for both directions. */
void dhcp_relay_add_all(struct dhcp_relay *relay);
/** dhcp_relay_run() - the coroutine; it does not end. */
enum co_status dhcp_relay_run(struct dhcp_relay *relay);

/* One `dhcp-relay` service of a topology. Everything pointed to outlives the process. */
struct dhcp_relay_config {
    unsigned n_ifaces; /* where clients are; 0: everywhere, and servers too */
    const char *const *ifaces;
    unsigned n_servers;
    const ip4_addr *servers;
    bool agent_option;
};

/** dhcp_relay_start() - a process that relays as @config says, without a terminal. */
struct process *dhcp_relay_start(struct os *os, const struct dhcp_relay_config *config);

#endif
