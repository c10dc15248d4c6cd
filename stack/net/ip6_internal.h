/* What the files of IPv6 share among themselves. */
#ifndef WW_STACK_NET_IP6_INTERNAL_H
#define WW_STACK_NET_IP6_INTERNAL_H

#include "stack/net/icmp.h"
#include "stack/net/ip6.h"
#include "stack/net/ip_internal.h"
#include "stack/wire/icmp6_wire.h"

#define IP6_WHY(name, addr, ...) WHY(name, (addr).hi, (addr).lo, __VA_ARGS__)
#define IP6_WHY1(name, addr)     WHY(name, (addr).hi, (addr).lo)

/* Learned about a destination: a smaller path MTU, a shorter way. */
struct exception6 {
    struct ip6_addr dst;
    uint32_t mtu;                   /* 0: as its route says */
    sim_time expires;               /* of @mtu */
    struct ip_iface *oif;           /* NULL: the way is the route's */
    struct ip6_addr from, next_hop; /* who goes through @from goes to @next_hop */
};

struct ip6_cached {
    struct ip6_addr src; /* as asked for */
    struct ip_iface *oif;
    uint32_t generation; /* 0: nothing is here */
    struct route6 route;
};

struct ip6_stack {
    struct ip_stack *ip;
    struct fib6_entry *fib; /* the longest prefixes first, then by metric */
    uint32_t n_fib, fib_size;
    uint32_t generation; /* changes with routes, addresses, links; never 0 */
    struct ip6_cached cache[IP6_ROUTE_CACHE];
    struct exception6 *exceptions;
    uint32_t n_exceptions, exceptions_size;
    struct neigh_table neigh;
    struct list reassemblies; /* oldest first */
    uint32_t reassembly_octets;
    struct icmp_peers peers; /* that errors were sent to */
    struct random_stream random;
    uint64_t flow_key;
};

/* ip6_in.c */
void ip6_input(void *ctx, struct iface *iface, struct frame *frame, bool group);
/** ip6_loop_input() - a packet of our own, back from lo. Consumes it. */
void ip6_loop_input(struct ip_stack *ip, struct frame *frame);

/* ip6_out.c */
int ip6_finish_output(struct ip_stack *ip, struct frame *frame, const struct route6 *route,
                      uint32_t mtu);
struct mac_addr ip6_group_mac(struct ip6_addr group);

/* ip6_frag.c */
/** ip6_reassemble() - take the fragment whose fragment header is at @at of @frame, data at the IPv6
 * header; the whole packet when it completed one, else NULL. Consumes @frame. */
struct frame *ip6_reassemble(struct ip_stack *ip, struct frame *frame, const struct ipv6_hdr *hdr,
                             size_t at, size_t last_field, struct ip_iface *iif);
void ip6_reassembly_fini(struct ip_stack *ip);

/* icmp6.c */
/** icmp6_input() - data at the ICMPv6 header. Consumes @frame. */
void icmp6_input(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx);
/** icmp6_neighbor_failed() - tell @frame's sender that nobody answers for its next hop. */
void icmp6_neighbor_failed(struct ip_stack *ip, struct frame *frame);

/* ndp.c */
enum drop_reason ndp_input(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx);
/** ndp_dad_start() - the next step of asking whether anybody has @address. */
void ndp_dad_start(struct ip6_address *address);
void ndp_router_solicit_start(struct ip6_iface *six);
void ndp_iface_init(struct ip6_iface *six);

/* ndp_router.c */
enum drop_reason ndp_take_router_advert(struct ip_iface *iface, const struct ndp_msg *msg,
                                        const struct ipv6_hdr *hdr);

/* ndp_redirect.c */
/** ndp_send_redirect() - @frame goes out where it came in, along @way: its sender shall know. It is
 * not consumed. */
void ndp_send_redirect(struct ip_stack *ip, struct frame *frame, const struct ipv6_hdr *hdr,
                       const struct route6 *way);
enum drop_reason ndp_take_redirect(struct ip_iface *iface, const struct ndp_msg *msg,
                                   const struct ipv6_hdr *hdr);

/* ip6_route.c */
/** ip6_learn_redirect() - packets to @dst go to @next_hop, no longer along @route. */
void ip6_learn_redirect(struct ip_stack *ip, struct ip6_addr dst, const struct route6 *route,
                        struct ip6_addr next_hop);

/* mld.c */
enum drop_reason mld_input(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx);
/** mld_join() - ip6_group_join(), and whether the routers are told. */
int mld_join(struct ip_iface *iface, struct ip6_addr group, bool tell);
void mld_iface_init(struct ip6_iface *six);
/** mld_report_all() - every group of @six, as after duplicate address detection. */
void mld_report_all(struct ip6_iface *six);
bool ip6_group_joined(const struct ip6_iface *six, struct ip6_addr group);

/* ip6_source.c */
/** ip6_choose_source() - RFC 6724; false: no address will do. */
bool ip6_choose_source(const struct ip_stack *ip, struct ip6_addr dst, const struct ip_iface *oif,
                       struct ip6_addr *src);

/* ip6.c */
void ip6_address_ready(struct ip6_address *address);
/** ip6_link_local() - the interface's link-local address that may be used, or ::. */
struct ip6_addr ip6_link_local(const struct ip6_iface *six);

static inline void ip6_changed(struct ip_stack *ip)
{
    if (++ip->six->generation == 0)
        ip->six->generation = 1;
}

#endif
