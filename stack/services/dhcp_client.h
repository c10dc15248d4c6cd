/*
 * DHCP client, RFC 2131 section 4.4, in the manner of two programs: busybox's udhcpc and ISC's
 * dhclient. The states and rules are one; what the programs do differently (options and their
 * order, intervals, IP header, when they give up) follows from @style. A coroutine that a program
 * runs; what happens is told through @event, and the program prints it.
 *
 *   INIT --DISCOVER--> SELECTING --OFFER, REQUEST--> REQUESTING --ACK--> [PROBING] --> BOUND
 *   INIT-REBOOT --REQUEST--> REBOOTING --ACK--> BOUND            PROBING --somebody uses it,
 * DECLINE--> WAITING BOUND --T1, REQUEST to the server--> RENEWING --T2, REQUEST to all-->
 * REBINDING --expiry--> INIT any --NAK--> INIT or WAITING        bound --dhcp_client_release()-->
 * STOPPED
 *
 * Not done: DHCPINFORM, option 33 and 121 routes, authentication (RFC 3118).
 */
#ifndef WW_STACK_SERVICES_DHCP_CLIENT_H
#define WW_STACK_SERVICES_DHCP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/socket/coroutine.h"
#include "stack/socket/process.h"
#include "stack/socket/syscall.h"
#include "stack/wire/dhcp_wire.h"

#define DHCP_CLIENT_ADDRS_MAX   4 /* routers, name servers: further ones are left out */
#define DHCP_CLIENT_DOMAIN_MAX  256
#define DHCP_CLIENT_NAME_MAX    32 /* of an interface */
#define DHCP_CLIENT_MESSAGE_MAX 1500

/* From DHCPRELEASE until the client's script has taken the address: time for an ARP reply, without
 * which the message would be lost. */
#define DHCP_SCRIPT_TIME SIM_MSEC(4)

/* busybox udhcpc 1.35 */
#define UDHCPC_PAUSE         SIM_SEC(3)  /* -T: between messages */
#define UDHCPC_TRIES         3           /* -t; also of REQUESTs */
#define UDHCPC_TRY_AGAIN     SIM_SEC(20) /* -A: when there was no lease */
#define UDHCPC_AFTER_NAK     SIM_SEC(3)
#define UDHCPC_ARP_WAIT      SIM_MSEC(2000)
#define UDHCPC_MIN_LEASE     30   /* seconds */
#define UDHCPC_REBIND_LEFT   30   /* seconds of the lease, from where on it asks everybody */
#define UDHCPC_DEFAULT_LEASE 3600 /* seconds, where the server names none */

/* ISC dhclient 4.4: dhclient.conf(5), seconds */
#define DHCLIENT_INITIAL_INTERVAL 3
#define DHCLIENT_BACKOFF_CUTOFF   15
#define DHCLIENT_TIMEOUT          60
#define DHCLIENT_REBOOT_TIMEOUT   10
#define DHCLIENT_RETRY            300

enum dhcp_client_style { DHCP_STYLE_UDHCPC, DHCP_STYLE_DHCLIENT };

enum dhcp_client_state {
    DHCP_CLIENT_INIT,
    DHCP_CLIENT_SELECTING,
    DHCP_CLIENT_REQUESTING,
    DHCP_CLIENT_REBOOTING,
    DHCP_CLIENT_PROBING, /* ARP: does somebody use it already? */
    DHCP_CLIENT_BOUND,
    DHCP_CLIENT_RENEWING,
    DHCP_CLIENT_REBINDING,
    DHCP_CLIENT_WAITING, /* before it starts anew */
    DHCP_CLIENT_LEAVING, /* DHCPRELEASE is sent, the script is about to take the address away */
    DHCP_CLIENT_STOPPED, /* released */
};

struct dhcp_lease {
    ip4_addr addr, server; /* server: option 54 */
    uint8_t prefix_len;
    ip4_addr broadcast; /* 0: not told */
    ip4_addr routers[DHCP_CLIENT_ADDRS_MAX], resolvers[DHCP_CLIENT_ADDRS_MAX];
    unsigned n_routers, n_resolvers;
    char domain[DHCP_CLIENT_DOMAIN_MAX];
    uint16_t mtu;             /* 0: not told */
    uint32_t seconds, t1, t2; /* from @since on; t1 as the client will keep it */
    bool seconds_given;
    sim_time since;
};

struct dhcp_client;

enum dhcp_client_event {
    DHCP_EVENT_START,   /* before the first message: the interface is made ready */
    DHCP_EVENT_SENDING, /* client->sending, to client->sending_to (IP4_BROADCAST: all) */
    DHCP_EVENT_OFFER,   /* client->lease is the offer */
    DHCP_EVENT_ACK,
    DHCP_EVENT_NAK,
    DHCP_EVENT_BOUND,  /* the lease is configured; client->renewed says whether it was there before
                        */
    DHCP_EVENT_IN_USE, /* somebody has the address: declined */
    DHCP_EVENT_NO_LEASE, /* nobody answered; it tries again later unless the program sets
                            client->done */
    DHCP_EVENT_LOST,     /* expired or refused: the address is gone */
    DHCP_EVENT_RELEASING,
    DHCP_EVENT_RELEASED,
};

struct dhcp_client {
    /* filled in by the program */
    struct process *self;
    enum dhcp_client_style style;
    char iface_name[DHCP_CLIENT_NAME_MAX];
    ip4_addr requested;        /* -r: asked for in DISCOVER, or 0 */
    unsigned tries;            /* udhcpc -t; 0: without end */
    sim_time pause, try_again; /* udhcpc -T, -A */
    bool arp_check;            /* udhcpc -a */
    bool broadcast;            /* udhcpc -B: answers are to come by broadcast */
    bool reboot;               /* client->lease is an old one: begin in INIT-REBOOT */
    char host_name[64];        /* option 12, "": none */
    void (*event)(void *ctx, struct dhcp_client *client, enum dhcp_client_event event);
    void *ctx;

    /* the program may set these at any time */
    bool done;                         /* end the coroutine */
    bool signal_renew, signal_release; /* act, then clear; wake the process */

    /* its own */
    struct coroutine co;
    bool started;
    enum dhcp_client_state state;
    struct ip_iface *iface;
    int raw_fd, udp_fd, arp_fd; /* -1: closed */
    uint32_t xid;
    unsigned n_sent; /* in this state */
    bool by_signal;  /* this renewal: udhcpc does not wait for the lease's sake */
    bool secs_running;
    sim_time secs_since, first_sent;
    uint32_t interval; /* dhclient: seconds */
    sim_time until;    /* when timer_due() has work, or SIM_TIME_NONE */
    uint8_t sending;
    ip4_addr sending_to;
    ip4_addr from; /* who sent the last answer: behind a relay agent not the server */
    bool renewed;
    ip4_addr configured; /* the address on the interface, 0: none of ours */
    uint8_t configured_len;
    struct dhcp_lease lease, offer;
    int result;
    struct sys_pollfd poll[3];
    uint8_t octets[DHCP_CLIENT_MESSAGE_MAX + 14]; /* being sent or received */
};

/** dhcp_client_init() - the defaults of @style; @self runs it. The interface is named with
 * dhcp_client_set_iface(). */
void dhcp_client_init(struct dhcp_client *client, struct process *self,
                      enum dhcp_client_style style);
/** dhcp_client_set_iface() - 0, or -SIM_ENODEV where @self's host has none of that name. */
int dhcp_client_set_iface(struct dhcp_client *client, const char *name);
/** dhcp_client_run() - the coroutine; it ends when client->done is set. */
enum co_status dhcp_client_run(struct dhcp_client *client);
/** dhcp_client_release() - DHCPRELEASE if there is a lease; the state is LEAVING for
 * DHCP_SCRIPT_TIME. Without one it is STOPPED at once. */
void dhcp_client_release(struct dhcp_client *client);
/** dhcp_client_leave() - the address goes, the state is STOPPED. dhcp_client_run() does it in
 * time. */
void dhcp_client_leave(struct dhcp_client *client);
/** dhcp_client_adopt() - @client was copied from that of another process: @self goes on with it
 * (fork). */
void dhcp_client_adopt(struct dhcp_client *client, struct process *self);
/** dhcp_client_close() - close its sockets, so that the copy in another process may open them. */
void dhcp_client_close(struct dhcp_client *client);
/** dhcp_client_bound() - has a lease in use. */
static inline bool dhcp_client_bound(const struct dhcp_client *client)
{
    return client->state == DHCP_CLIENT_BOUND || client->state == DHCP_CLIENT_RENEWING ||
           client->state == DHCP_CLIENT_REBINDING;
}

/** dhcp_lease_read() - what the server's message @msg gives, on an interface seen at @now. */
void dhcp_lease_read(struct dhcp_lease *lease, const struct dhcp_msg *msg,
                     enum dhcp_client_style style, sim_time now);
/** dhcp_client_build() - the message of @type as @client would send it now; returns its length. For
 * tests too. */
size_t dhcp_client_build(struct dhcp_client *client, uint8_t type, uint8_t *octets, size_t size);

#endif
