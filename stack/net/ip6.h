/*
 * IPv6 of a host or router, RFC 8200, 4861, 4862, 4443, 6724, as Linux does it. It is off, and
 * costs a pointer, until ip6_enable(): then every interface gets a link-local address, and the
 * protocols with ip_upper_protocol.v6 get its packets.
 */
#ifndef WW_STACK_NET_IP6_H
#define WW_STACK_NET_IP6_H

#include "stack/net/ip.h"
#include "stack/net/membership.h"

#define IP6_HOP_LIMIT_DEFAULT 64
#define IP6_METRIC_KERNEL     256  /* of connected routes, Linux's */
#define IP6_METRIC_USER       1024 /* of routes without a metric of their own */
#define IP6_ROUTE_CACHE       64

/* An address of an interface, RFC 4862. */
struct ip6_address {
    struct ip6_iface *iface;
    struct ip6_addr addr;
    uint8_t prefix_len;
    enum ip_scope scope;
    bool tentative;  /* somebody may have it: duplicate address detection is not over */
    bool dad_failed; /* somebody has it */
    bool dynamic;    /* from a router's advertisement */
    enum { DAD_NEW, DAD_WAITS, DAD_ASKED, DAD_FAILED } dad; /* duplicate address detection */
    uint64_t nonce;
    sim_time valid_until, preferred_until; /* SIM_TIME_NONE: for ever */
    struct timer timer;                    /* duplicate address detection, then the lifetime */
};

/* What an interface has for IPv6; ip_iface.six. */
struct ip6_iface {
    struct ip_iface *iface;
    struct ip6_address **addrs; /* in the order of `ip addr`: by scope, the newest first */
    unsigned n_addrs, addrs_size;
    struct membership members; /* of groups */
    struct timer query_timer;
    struct timer rs_timer; /* router solicitations */
    unsigned rs_sent;
    sim_time rs_interval;
    uint8_t hop_limit; /* 0: the default; told by a router */
    uint32_t mtu;      /* 0: the interface's; told by a router */
};

struct fib6_entry {
    struct ip6_addr prefix;
    uint8_t prefix_len;
    enum route_kind kind;
    enum route_proto proto;
    struct ip6_addr via;  /* ::, the destination itself */
    struct ip_iface *oif; /* NULL for blackhole and kin */
    uint32_t metric;
    struct ip6_addr src; /* preferred source, :: chosen by RFC 6724 */
    sim_time until;      /* SIM_TIME_NONE: for ever */
};

/* The outcome of a look-up. */
struct route6 {
    enum route_kind kind;
    struct ip_iface *oif;
    struct ip6_addr dst, next_hop;
    struct ip6_addr src; /* to send from; ::, there is none */
    uint8_t prefix_len;  /* of the entry that won */
    bool via_gateway;
    bool redirected; /* a router told of a shorter way */
    uint32_t metric; /* of the entry that won */
    uint32_t mtu;    /* path MTU learned, 0: the interface's */
    sim_time until;  /* what was learned holds until then; 0: for good */
    uint32_t n_lost;
};

/* How a packet is to be sent. Zero is a good default for what is not wanted. */
struct ip6_send {
    struct ip6_addr src; /* ::, chosen by the route */
    struct ip6_addr dst;
    uint8_t protocol;
    uint8_t hop_limit; /* 0: the default (1 for groups) */
    uint8_t tclass;
    uint32_t flow;
    bool no_flow;           /* 0 means 0; else 0 is replaced by a hash of the flow */
    uint32_t flow_salt;     /* of that hash: another one is perhaps another way */
    bool unspecified;       /* @src :: means :: */
    bool dont_fragment;     /* too big is -SIM_EMSGSIZE */
    bool ignore_pmtu;       /* sizes are checked against the interface only */
    uint16_t frag_size;     /* fragments are no longer, nor may what must stay whole be; 0: any */
    bool on_link;           /* to @dst on @oif, whatever the routes say */
    struct ip_iface *oif;   /* the interface to use, or NULL: by the route */
    const uint8_t *options; /* a hop-by-hop header, or NULL */
    uint8_t n_options;      /* its octets */
};

struct ip6_stack;

/** ip6_enable() - switch IPv6 on; once it is on it does nothing. */
void ip6_enable(struct ip_stack *ip);
static inline bool ip6_enabled(const struct ip_stack *ip)
{
    return ip->six != NULL;
}
void ip6_fini(struct ip_stack *ip);

/** ip6_addr_add() - 0, -SIM_EEXIST, -SIM_EINVAL. @dad: somebody may have it, so ask first, and tell
 * the routers about its group; without, it may be used at once and nothing is sent. Switches IPv6
 * on. */
int ip6_addr_add(struct ip_iface *iface, struct ip6_addr addr, unsigned prefix_len, bool dad);
/** ip6_addr_remove() - 0, or -SIM_EADDRNOTAVAIL. */
int ip6_addr_remove(struct ip_iface *iface, struct ip6_addr addr, unsigned prefix_len);
/** ip6_addr_find() - the address of any interface, or NULL. */
struct ip6_address *ip6_addr_find(const struct ip_stack *ip, struct ip6_addr addr);
/** ip6_addr_kind() - what @addr is to this node on @iface (NULL: on any): ROUTE_LOCAL,
 * ROUTE_MULTICAST, else ROUTE_UNICAST. */
enum route_kind ip6_addr_kind(const struct ip_stack *ip, struct ip6_addr addr,
                              const struct ip_iface *iface);
/** ip6_link_local_of() - the EUI-64 form, RFC 4291 appendix A. */
struct ip6_addr ip6_link_local_of(const struct mac_addr *mac);
/** ip6_iface_changed() - @iface went up or down, or its carrier did. */
void ip6_iface_changed(struct ip_iface *iface, bool up);
/** ip6_carrier() - its cable was plugged or unplugged. */
void ip6_carrier(struct ip_iface *iface, bool up);
struct neigh_table *ip6_neigh(const struct ip_stack *ip);

int ip6_group_join(struct ip_iface *iface, struct ip6_addr group);
int ip6_group_leave(struct ip_iface *iface, struct ip6_addr group);
/** ip6_groups_tell() - all groups are reported again: ipv6_mc_up(), which Linux calls whenever a
 * user adds an address. */
void ip6_groups_tell(struct ip_iface *iface);

/** fib6_add() - 0, or -SIM_EEXIST for the same prefix, metric and next hop. */
int fib6_add(struct ip_stack *ip, const struct fib6_entry *entry, bool replace);
/** fib6_remove() - the first entry with this prefix that agrees in what @entry names. 0 or
 * -SIM_ESRCH. */
int fib6_remove(struct ip_stack *ip, const struct fib6_entry *entry);
void fib6_remove_iface(struct ip_stack *ip, const struct ip_iface *oif);
/** fib6_at() - the @n-th entry in the order of `ip -6 route`; NULL behind the last. */
const struct fib6_entry *fib6_at(const struct ip_stack *ip, uint32_t n);
#define FIB6_TEXT_MAX 240
const char *fib6_entry_format(const struct fib6_entry *entry, char text[static FIB6_TEXT_MAX]);

/** ip6_learned_next() - the next destination of which routers told something, as its route is now;
 * false behind the last. *@at begins with 0 and is the function's own. */
bool ip6_learned_next(struct ip_stack *ip, uint32_t *at, struct route6 *route);
/** ip6_forget_learned() - all of it. */
void ip6_forget_learned(struct ip_stack *ip);

/** ip6_route() - where a packet from @src (::, any) to @dst goes, out of @oif (NULL: any). 0,
 * -SIM_ENETUNREACH, -SIM_EHOSTUNREACH, -SIM_EACCES, -SIM_EINVAL (blackhole) or -SIM_EADDRNOTAVAIL
 * (no source). */
int ip6_route(struct ip_stack *ip, struct ip6_addr dst, struct ip6_addr src, struct ip_iface *oif,
              struct route6 *route);
/** ip6_route_cached() - the same for connected sockets: valid until the next look-up. NULL and
 * *@error. */
const struct route6 *ip6_route_cached(struct ip_stack *ip, struct ip6_addr dst, struct ip6_addr src,
                                      struct ip_iface *oif, int *error);
uint32_t ip6_path_mtu(const struct route6 *route);
/** ip6_learn_path_mtu() - a router says so; what is known then, 0: nothing is. */
uint32_t ip6_learn_path_mtu(struct ip_stack *ip, struct ip6_addr dst, struct ip_iface *iif,
                            uint32_t mtu);

/** ip6_output() - send @frame, data at the transport header. As ip_output(). */
int ip6_output(struct ip_stack *ip, struct frame *frame, const struct ip6_send *send);
int ip6_output_routed(struct ip_stack *ip, struct frame *frame, const struct ip6_send *send,
                      const struct route6 *route);
/** ip6_is_too_long() - must @size octets behind the header stay whole, and may not go so? */
bool ip6_is_too_long(const struct ip6_send *send, const struct route6 *route, size_t size);
/** ip6_output_whole() - @frame has the whole packet, header and all, as a program made it. */
int ip6_output_whole(struct ip_stack *ip, struct frame *frame, const struct route6 *route);
/** ip6_prepare_checksum() - as ip_prepare_checksum(). */
void ip6_prepare_checksum(struct frame *frame, struct ip6_addr src, struct ip6_addr dst,
                          uint8_t protocol, uint16_t field);

/** icmp6_send_error() - about @frame, whose frame->network is the IPv6 header; it is not consumed.
 */
void icmp6_send_error(struct ip_stack *ip, struct frame *frame, uint8_t type, uint8_t code,
                      uint32_t rest, struct why why);

/** ip6_describe() - rows of the tables "neigh", "route", "addr" in the words of `ip -6`. */
void ip6_describe(struct ip_stack *ip, struct describe *out);

#endif
