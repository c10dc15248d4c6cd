/*
 * IPv4 of a host or router, RFC 791, 1122, 1812, as Linux does it: addresses of interfaces, output
 * with source selection, input, forwarding, fragmentation, and the protocols above that register
 * here.
 */
#ifndef WW_STACK_NET_IP_H
#define WW_STACK_NET_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/errnos.h"
#include "base/list.h"
#include "base/random.h"
#include "sim/node.h"
#include "sim/timer.h"
#include "stack/link/ether.h"
#include "stack/net/ip_conf.h"
#include "stack/net/neigh.h"
#include "stack/net/route.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/ipv4_wire.h"
#include "stack/wire/ipv6_wire.h"

#define IP_TTL_DEFAULT    64
#define IP_LOOPBACK_INDEX 1 /* ifindex of lo, as on Linux; the others follow in order */
#define IP_LOOPBACK_MTU   65536

/* From a frame's arrival to the moment the kernel works on it, for what is addressed to this node.
   Shorter than a full frame takes on a cable of 10 Gbit/s: a segment is answered before the next
   one is there, as real traces show. ARP waits until the timers of the tick are done, which may be
   sending requests of their own. */
#define IP_INPUT_LATENCY  SIM_NSEC(500)
#define ARP_INPUT_LATENCY SIM_USEC(10)

enum ip_scope { IP_SCOPE_GLOBAL, IP_SCOPE_LINK, IP_SCOPE_HOST };

struct ip_address {
    ip4_addr addr;
    uint8_t prefix_len;
    enum ip_scope scope;
    bool secondary;       /* another address of the same subnet was there first */
    bool dynamic;         /* from DHCP */
    bool quiet_broadcast; /* nobody said it, so `ip addr` does not: it counts all the same */
    ip4_addr broadcast;   /* 0: none, as for /31 and /32 */
    sim_time valid_until; /* SIM_TIME_NONE: for ever */
};

/* An interface as IP sees it: the device's, or the loopback (iface NULL). */
struct ip_iface {
    struct ip_stack *ip;
    struct iface *iface;
    const char *name;
    unsigned index; /* ifindex */
    uint32_t mtu;
    bool up;             /* administratively */
    struct ip_conf conf; /* net.ipv4.conf.NAME.* */
    struct ip_address *addrs;
    unsigned n_addrs, addrs_size;
    struct ip6_iface *six;   /* NULL: IPv6 is off */
    struct igmp_iface *igmp; /* multicast groups joined; NULL: none ever */
};

/* Everything about a received packet that a protocol may ask. */
struct ip_rx {
    const struct ipv4_hdr *hdr;  /* of an IPv4 packet, else NULL */
    const struct ipv6_hdr *hdr6; /* of an IPv6 packet, else NULL */
    uint8_t protocol;            /* of IPv6: the transport's, behind the extension headers */
    struct ip_iface *iif;        /* received here; lo for a node's own packets to itself */
    enum route_kind kind;        /* ROUTE_LOCAL, ROUTE_BROADCAST or ROUTE_MULTICAST */
    bool link_group; /* came in a broadcast or multicast frame, whatever its address: TCP ignores it
                      */
};

/** ip_rx_local() / ip_rx_remote() - the packet's destination and source. */
static inline struct endpoint ip_rx_local(const struct ip_rx *rx, uint16_t port)
{
    struct endpoint e = { .port = port, .v6 = rx->hdr6 != NULL };

    if (e.v6)
        e.addr6 = rx->hdr6->dst;
    else
        e.addr = rx->hdr->dst;
    return e;
}

static inline struct endpoint ip_rx_remote(const struct ip_rx *rx, uint16_t port)
{
    struct endpoint e = { .port = port, .v6 = rx->hdr6 != NULL };

    if (!e.v6)
        e.addr = rx->hdr->src;
    else
        e.addr6 = rx->hdr6->src;
    if (e.v6 && ip6_is_link_local(e.addr6))
        e.scope = (uint8_t)rx->iif->index;
    return e;
}

/** ip_rx_tos() - TOS or traffic class; ip_rx_ttl() - TTL or hop limit. */
static inline uint8_t ip_rx_tos(const struct ip_rx *rx)
{
    return rx->hdr6 != NULL ? rx->hdr6->tclass : rx->hdr->tos;
}

static inline uint8_t ip_rx_ttl(const struct ip_rx *rx)
{
    return rx->hdr6 != NULL ? rx->hdr6->hop_limit : rx->hdr->ttl;
}

/* A protocol's input: data at the transport header, exactly the packet's payload (linear part may
   be short: use frame_need()); frame->network is the IP header. Consumes @frame. */
typedef void ip_handler(void *ctx, struct frame *frame, const struct ip_rx *rx);

/* An ICMP error about a packet that this node sent. */
struct ip_error {
    uint8_t type, code;
    struct endpoint from;          /* who sent the error */
    struct endpoint local, remote; /* of the packet as quoted, without ports */
    uint8_t quoted_tos;
    const uint8_t *transport; /* what is quoted behind it */
    size_t transport_len;
    bool too_big;     /* ICMP_UNREACH_FRAG_NEEDED, ICMP6_PACKET_TOO_BIG */
    bool unreachable; /* no route or no host: it may come back */
    uint32_t info;    /* as it was told: a problem's octet, the MTU when too big; else 0 */
    uint32_t mtu;     /* what is known of the path then, else 0; to be vouched for: what is said */
    int errnum;       /* SIM_ECONNREFUSED, SIM_EHOSTUNREACH, ... positive */
    bool hard;        /* Linux treats it as fatal */
};
typedef void ip_error_handler(void *ctx, const struct ip_error *error);

/* Is the quoted packet one that is on its way? RFC 5927: only then is an error's MTU believed. */
typedef bool ip_vouch_handler(void *ctx, const struct ip_error *error);

/* A protocol above IP, the same for all nodes. */
struct ip_upper_protocol {
    uint8_t number;
    bool v6; /* it takes packets of IPv6 too */
    ip_handler *input;
    /* The same of a whole packet for this node alone, IPv4 without options, data at the IP header,
     * which is right; frame->arrives_at is now. False: it is to be looked at closely, and nothing
     * has happened. NULL: always. */
    bool (*input_plain)(void *ctx, struct frame *frame);
    ip_error_handler *error; /* of ICMP errors about our packets; may be NULL */
    ip_vouch_handler *vouch; /* NULL: everything is believed */
    /* A packet of a known flow, @frame, has come and will be for input() in a moment: what it needs
     * may come into the cache. May be NULL. */
    void (*soon)(void *ctx, const struct frame *frame);
};

/* The protocols above IP that there are: icmp_init(), igmp_init(), udp_init() and tcp_init()
 * register them, when a node is made and whatever its files say. Programs add none: raw sockets are
 * taps. */
#define IP_PROTOCOLS 4

struct ip_protocol_entry {
    const struct ip_upper_protocol *protocol;
    void *ctx;
};

/* Sees every packet delivered to this node, before its protocol: raw sockets. @frame is borrowed,
 * data at the IP header. */
struct ip_raw_tap {
    struct list link;
    bool v6;          /* packets of IPv6, data at the transport header; else of IPv4 */
    uint8_t protocol; /* 0: all */
    /* True: somebody took it, so no "protocol unreachable". */
    bool (*seen)(struct ip_raw_tap *tap, struct frame *frame, const struct ip_rx *rx);
    /* An ICMP error quotes a packet of its protocol. */
    void (*error)(struct ip_raw_tap *tap, const struct ip_error *error);
};

/* What is still to be written into the options of a packet that goes out: offsets into the header,
 * 0: nothing. */
struct ip_option_gaps {
    uint8_t rr_addr, ts_addr; /* the address that it goes out from */
    uint8_t ts_time;          /* the time of day */
};

/* How a packet is to be sent. Zero is a good default for what is not wanted. */
struct ip_send {
    ip4_addr src; /* 0: chosen by the route */
    ip4_addr dst;
    uint8_t protocol;
    uint8_t ttl; /* 0: IP_TTL_DEFAULT (1 for multicast) */
    uint8_t tos;
    bool df; /* set DF when the packet fits into the path MTU, else fragment (IP_PMTUDISC_WANT) */
    bool no_df;       /* whatever the others say (IP_PMTUDISC_INTERFACE, _OMIT) */
    bool df_always;   /* set DF; too big is -SIM_EMSGSIZE (IP_PMTUDISC_DO) */
    bool ignore_pmtu; /* sizes are checked against the interface only (IP_PMTUDISC_PROBE) */
    bool use_id;      /* @id is the identification to use */
    uint16_t id;
    struct ip_iface *oif;   /* the interface to use, or NULL: by the route */
    bool broadcast_ok;      /* SO_BROADCAST */
    bool bypass_routes;     /* SO_DONTROUTE: destinations are on the link */
    const uint8_t *options; /* IP options, or NULL */
    uint8_t n_options;
    struct ip_option_gaps gaps; /* in them */
};

/* Rewrites packets on their way: NAT. All may be NULL. A hook that returns false has consumed the
 * frame. */
struct ip_hooks {
    void *ctx;
    /* Before routing, data at the IP header, writable, a whole datagram. */
    bool (*prerouting)(void *ctx, struct ip_iface *iif, struct frame *frame);
    /* The same for this node's own packets. When it changes the destination they are routed once
     * more. */
    bool (*output)(void *ctx, struct frame *frame);
    /* After routing, on the way out of @oif, own packets too. */
    bool (*postrouting)(void *ctx, struct ip_iface *oif, struct frame *frame);
    /* @iface went down, or lost @addr (0: went down). */
    void (*address_gone)(void *ctx, const struct ip_iface *iface, ip4_addr addr);
    void (*describe)(void *ctx, struct describe *out);
    void (*fini)(void *ctx);
};

struct ip_sysctl {   /* net.ipv4.*, Linux's names and defaults */
    bool forwarding; /* ip_forward */
    bool icmp_echo_ignore_all, icmp_echo_ignore_broadcasts;
    uint8_t default_ttl;
    uint8_t multipath_hash_policy; /* fib_multipath_hash_policy: enum multipath_policy */
    uint8_t rp_filter; /* the greatest of "all" and all interfaces: 0 off, 1 strict, 2 loose */
    uint32_t icmp_ratelimit_ms;                  /* icmp_ratelimit: 1000 */
    uint32_t icmp_ratemask;                      /* 6168 */
    uint32_t icmp_msgs_per_sec, icmp_msgs_burst; /* 1000, 50 */
    uint16_t port_min, port_max;                 /* ip_local_port_range */
    uint16_t unprivileged_port_start;
    bool no_pmtu_disc;
    bool multipath_use_neigh; /* fib_multipath_use_neigh */
};

struct ip_flow;

struct ip6_sysctl { /* net.ipv6.*, Linux's names and defaults; there before IPv6 is on */
    bool forwarding, accept_ra, accept_redirects, bindv6only;
    uint8_t hop_limit;
    uint32_t icmp_ratelimit_ms;
};

struct ip_stack { /* in the order of need: what every packet touches is in the first cache lines */
    struct node *node;
    struct ether *ether;
    struct ip_flow *flows; /* found out on input: ip_flow.c */
    uint16_t flow_mask;    /* their number, a power of two, less one */
    uint16_t ip_id;
    uint16_t ip_id_jiffy; /* when it counted last */
    uint8_t n_protocols;
    uint8_t soon_number; /* of the protocol that has a soon(), of which there is one; else 0 */
    struct ip_protocol_entry likely; /* the protocol that a packet of a flow was for last */
    uint32_t changes; /* so far: of neighbors' states and addresses, of sysctls, hooks and taps */
    uint32_t flows_crowded_out; /* of the places that they wanted, since there are so many */
    struct fib fib;             /* begins with its generation */
    struct list raw_taps;
    struct frame_list backlog; /* arrived, not yet worked on; in the order of arrival */
    struct event backlog_event;
    struct {
        uint64_t in, delivered, forwarded, out, fragments_made, reassembled;
    } stats;
    struct ip_sysctl sysctl;
    struct neigh_table neigh;
    struct ip_confs *confs; /* net.ipv4.conf.all and default; NULL: Linux's defaults */
    struct ip6_sysctl sysctl6;
    uint32_t own_bits;        /* ip4_bit() of all addresses and broadcasts it ever had */
    struct ip_iface **ifaces; /* in ifindex order, [0] is lo */
    unsigned n_ifaces, ifaces_size;
    struct route_exceptions exceptions;
    struct ip_protocol_entry others[IP_PROTOCOLS - 1];
    const struct ip_hooks *hooks; /* belongs to who set it; NULL: none */
    struct ip_own *own;           /* this node's addresses and broadcasts, sorted: ip_addr_kind() */
    struct ip_reassembly *reassembly;
    struct icmp_state *icmp;
    struct ip6_stack *six; /* NULL: IPv6 is off */
    struct frame_list loopback;
    struct event loopback_event;
    struct random_stream random;
    void (*address_changed)(void *ctx, struct ip_iface *iface); /* tells sockets; may be NULL */
    void *address_ctx;
};

/** ip_init() - an IPv4 stack on @node's interfaces, with lo up and the others as they are.
 * Registers with @ether. */
void ip_init(struct ip_stack *ip, struct node *node, struct ether *ether);
void ip_fini(struct ip_stack *ip);
/** ip_register() - packets of @protocol, which outlives the run, go to its input(@ctx, ...). Each
 * of IP_PROTOCOLS once. */
void ip_register(struct ip_stack *ip, const struct ip_upper_protocol *protocol, void *ctx);
/** ip_vouched() - for icmp.c: may the path MTU of @error be believed? */
bool ip_vouched(const struct ip_stack *ip, uint8_t protocol, const struct ip_error *error);
/** ip_protocol_find() - what registered for @protocol, or NULL. */
static inline const struct ip_protocol_entry *ip_protocol_find(const struct ip_stack *ip,
                                                               uint8_t protocol)
{
    if (ip->n_protocols > 0 && ip->likely.protocol->number == protocol)
        return &ip->likely;
    for (unsigned i = 0; i + 1 < ip->n_protocols; i++)
        if (ip->others[i].protocol->number == protocol)
            return &ip->others[i];
    return NULL;
}
void ip_raw_tap_add(struct ip_stack *ip, struct ip_raw_tap *tap);
void ip_raw_tap_remove(struct ip_raw_tap *tap);
/** ip_raw_tell_error() - to the taps that see packets of @protocol. */
void ip_raw_tell_error(struct ip_stack *ip, uint8_t protocol, const struct ip_error *error);

/**
 * ip_output() - send @frame, data at the transport header, as a packet to send->dst. Consumes it.
 * Fragments when it must. Returns 0, or -SIM_ENETUNREACH, -SIM_EHOSTUNREACH, -SIM_EMSGSIZE (DF and
 * too big), -SIM_EACCES (broadcast without leave), -SIM_EINVAL, -SIM_ENETDOWN, -SIM_ENOBUFS; then
 * the frame is dropped. frame->why is kept. For UDP and TCP set frame->checksum (start is filled in
 * here) and put the folded pseudo-header sum into its field: ip_prepare_checksum().
 */
int ip_output(struct ip_stack *ip, struct frame *frame, const struct ip_send *send);
/**
 * ip_output_routed() - the same along a route looked up before; it must be valid (route_valid()).
 * Hot path of connected sockets.
 */
int ip_output_routed(struct ip_stack *ip, struct frame *frame, const struct ip_send *send,
                     const struct route *route);
/** ip_next_id() - an identification for a packet that belongs to no connection. */
uint16_t ip_next_id(struct ip_stack *ip);
/** ip_output_whole() - @frame has the whole packet, header and all, as a program made it: only
 * send->dst, oif and broadcast_ok count. As ip_output(); it is never cut into fragments. */
int ip_output_whole(struct ip_stack *ip, struct frame *frame, const struct ip_send *send);
/*
 * What is known of the way of a connected socket's packets while nothing about routes, addresses,
 * links or neighbors changes. One that nothing is special about (no NAT, no fragments, not to
 * ourselves or to many) may be sent along it without asking again.
 */
struct ip_way {
    struct iface *out;   /* NULL: nothing is known */
    uint32_t generation; /* of the fib */
    uint32_t mtu;
    ip4_addr dst, next_hop;
    struct ip_iface *oif;
    struct neigh *neigh; /* NULL: not looked for yet, or there is none */
    uint32_t n_removed;  /* of the neighbor table, when @neigh was found */
};

/** ip_way_learn() - of packets from the host's own sockets along @route. */
void ip_way_learn(const struct ip_stack *ip, struct ip_way *way, const struct route *route);
/** ip_way_holds() - a packet with DF of @size octets, header included, may go along @way. */
static inline bool ip_way_holds(const struct ip_stack *ip, const struct ip_way *way, size_t size)
{
    return way->out != NULL && way->generation == ip->fib.generation && ip->hooks == NULL &&
           size <= way->mtu;
}
/** ip_version() - another number whenever what packets' ways or headers were concluded from may
 * have changed: routes, addresses, links, neighbors, sysctls, NAT and who looks at frames. */
static inline uint32_t ip_version(const struct ip_stack *ip)
{
    return ip->fib.generation + ip->changes;
}
/* What a packet along a way has of its own. */
struct ip_plain {
    ip4_addr src;
    uint16_t id;
    uint8_t protocol, tos;
    uint8_t ttl; /* 0: IP_TTL_DEFAULT */
};
/** ip_output_along() - @frame, data at the transport header, as a packet with DF along @way, which
 * holds: what ip_output_routed() does with it. Consumes @frame. */
void ip_output_along(struct ip_stack *ip, struct frame *frame, struct ip_plain plain,
                     struct ip_way *way);
/** ip_headers_along() - write the headers of Ethernet and IP that ip_output_along() would prepend,
 * without length, identification and checksum, to @octets, ETH_HDR_LEN + IPV4_HDR_LEN of them; they
 * hold as long as ip_version() and the way. False: the neighbor has to be asked first, or is to
 * learn of the packet, or somebody looks at what leaves. *@watched: whoever sends so calls
 * ip_neigh_use() each time. */
bool ip_headers_along(struct ip_stack *ip, struct ip_plain plain, struct ip_way *way,
                      uint8_t *octets, bool *watched);
/** ip_number_along() - write to @packet, a copy of such a header of IP with a length in it,
 * identification and checksum; @sum: folded, of what stands in it. ip_finish_along() - of one
 * without a length, that too. */
static inline void ip_number_along(uint8_t *packet, uint16_t sum, uint16_t id)
{
    uint32_t both = (uint32_t)sum + id;

    be16_put(packet + IPV4_AT_ID, id);
    be16_put(packet + IPV4_AT_CHECKSUM, (uint16_t) ~(both + (both >> 16))); /* no second carry */
}
static inline void ip_finish_along(uint8_t *packet, uint16_t sum, uint16_t size, uint16_t id)
{
    be16_put(packet + IPV4_AT_LEN, size);
    be16_put(packet + IPV4_AT_ID, id);
    be16_put(packet + IPV4_AT_CHECKSUM, checksum_finish((uint32_t)sum + size + id));
}
/** ip_neigh_use() - a packet with the headers of ip_headers_along() goes to @neigh, the one of its
 * way; @watched: as was said there; @confirms: and it has shown that it is there. */
void ip_neigh_use(const struct ip_stack *ip, struct neigh *neigh, bool watched, bool confirms);
/** ip_prepare_checksum() - a transport checksum for @frame (data at the transport header) between
 * @src and @dst, finished when somebody looks: writes the pseudo-header sum to the field at @field
 * and marks it pending. */
static inline void ip_prepare_checksum(struct frame *frame, ip4_addr src, ip4_addr dst,
                                       uint8_t protocol, uint16_t field)
{
    be16_put(frame->data + field,
             checksum_fold(checksum_pseudo(src, dst, protocol, frame_size(frame))));
    frame->checksum = (struct lazy_checksum){ .pending = true, .field = field };
}
/** ip_check_checksum() - verify a received transport checksum over the whole of @frame; true when
 * right or still pending (then nobody can have damaged it). */
bool ip_check_checksum(const struct frame *frame, const struct ip_rx *rx);

/**
 * ip_route() - where a packet from @src (0: any) to @dst goes, out of @oif (NULL: any). Fills
 * *@route including the preferred source and the path MTU. Returns 0, -SIM_ENETUNREACH,
 * -SIM_EHOSTUNREACH, -SIM_EACCES or -SIM_EINVAL (blackhole) .
 */
int ip_route(struct ip_stack *ip, ip4_addr dst, ip4_addr src, struct ip_iface *oif,
             struct route *route);
/**
 * ip_route_for() - the same for packets of which more is known: where a route has several next
 * hops, it matters.
 */
int ip_route_for(struct ip_stack *ip, struct route_key *key, struct ip_iface *oif,
                 struct route *route);
/** route_valid() - nothing has changed since @route was looked up. */
static inline bool route_valid(const struct ip_stack *ip, const struct route *route)
{
    return route->oif != NULL && route->generation == ip->fib.generation &&
           (route->until == 0 || node_now(ip->node) <= route->until);
}
/** ip_path_mtu() - octets of the biggest packet for @route: its interface's MTU or a learned path
 * MTU. */
static inline uint32_t ip_path_mtu(const struct ip_stack *ip, const struct route *route)
{
    (void)ip;
    return route->mtu != 0 && route->mtu < route->oif->mtu ? route->mtu : route->oif->mtu;
}

/* Addresses. The connected route comes and goes with the address. */
/** ip_addr_add() - 0, -SIM_EEXIST, -SIM_EINVAL. */
int ip_addr_add(struct ip_iface *iface, ip4_addr addr, unsigned prefix_len);
/** ip_addr_remove() - 0, or -SIM_EADDRNOTAVAIL. Secondary addresses of the subnet go too, as on
 * Linux. */
int ip_addr_remove(struct ip_iface *iface, ip4_addr addr, unsigned prefix_len);
void ip_addr_flush(struct ip_iface *iface);
/** ip_addr_set_broadcast() - another broadcast address than the prefix gives, or 0 for none, for
 * @addr of @iface. */
void ip_addr_set_broadcast(struct ip_iface *iface, ip4_addr addr, ip4_addr broadcast);
bool ip_is_local(const struct ip_stack *ip, ip4_addr addr);
/** ip_addr_kind() - what @addr is to this node: ROUTE_LOCAL, ROUTE_BROADCAST, ROUTE_MULTICAST, else
 * ROUTE_UNICAST. */
enum route_kind ip_addr_kind(const struct ip_stack *ip, ip4_addr addr);
/** ip_filters_source() - whether net.ipv4.conf.all.rp_filter forbids packets from @src that come in
 * at @iif: the way back leads elsewhere (RFC 3704). */
bool ip_filters_source(struct ip_stack *ip, ip4_addr src, const struct ip_iface *iif);
/** ip_forwards_broadcast() - whether what comes in at @iif for @dst, the broadcast address of a
 * subnet, goes on to that subnet (net.ipv4.conf.*.bc_forwarding) instead of to this node. */
bool ip_forwards_broadcast(const struct ip_iface *iif, ip4_addr dst);
struct ip_iface *ip_iface_find(const struct ip_stack *ip, const char *name);
static inline struct ip_iface *ip_iface_of(const struct ip_stack *ip, const struct iface *iface)
{
    (void)ip;
    return iface->owner;
}
struct ip_iface *ip_iface_by_index(const struct ip_stack *ip, unsigned index);
/** ip_iface_set_mtu() - of the interface, too; cached routes and flows know the MTU. */
void ip_iface_set_mtu(struct ip_iface *iface, uint32_t mtu);
/** ip_iface_is_linkdown() - it is on, and its cable is out. */
static inline bool ip_iface_is_linkdown(const struct ip_iface *iface)
{
    return iface->iface != NULL && iface->iface->up && !iface_has_carrier(iface->iface);
}
/** ip_iface_primary() - the interface's first address, or 0. */
ip4_addr ip_iface_primary(const struct ip_iface *iface);
/** ip_iface_set_up() - `ip link set X up|down`: routes through it go when it goes down. */
void ip_iface_set_up(struct ip_iface *iface, bool up);

/** ip_group_join() / ip_group_leave() - multicast membership, RFC 1112; IGMPv3 reports are sent. 0
 * or -errno. */
int ip_group_join(struct ip_iface *iface, ip4_addr group);
int ip_group_leave(struct ip_iface *iface, ip4_addr group);
/** ip_group_at() - the @n-th group of @iface, the newest first, and how often it is joined; false
 * behind the last one, which is that of all hosts. */
bool ip_group_at(const struct ip_iface *iface, unsigned n, ip4_addr *group, unsigned *users);

/** ip_describe() - tables "neigh", "route", "route_cache", "addr" in the words of `ip`. */
void ip_describe(struct ip_stack *ip, struct describe *out);

#endif
