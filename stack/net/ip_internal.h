/* What the files of the IP module share among themselves. */
#ifndef WW_STACK_NET_IP_INTERNAL_H
#define WW_STACK_NET_IP_INTERNAL_H

#include "stack/net/ip.h"

/* ip.c */
/** ip_source_on() - the address that a packet to @dst out of @oif is sent from: inet_select_addr().
 */
ip4_addr ip_source_on(const struct ip_stack *ip, const struct ip_iface *oif, ip4_addr dst);

/* ip_in.c */
/** ip_deliver() - to this node's protocols: data at the IP header, whole (not a fragment). Consumes
 * @frame. */
void ip_deliver(struct ip_stack *ip, struct frame *frame, const struct ip_rx *rx);
/** ip_examine() - a packet from the wire of which nothing is known yet. Consumes @frame, data at
 * the IP header; @group: its frame's destination was a group. */
void ip_examine(struct ip_stack *ip, struct iface *iface, struct frame *frame, bool group);
/** ip_loop() - hand a packet of our own to ourselves through lo. Consumes it, data at the IP
 * header. */
void ip_loop(struct ip_stack *ip, struct frame *frame);
void ip_input_init(struct ip_stack *ip);
/** ip_later() - @frame, for this node, joins the backlog; @work(ip, frame) is called @latency from
 * now, in order. */
void ip_later(struct ip_stack *ip, struct frame *frame, sim_time latency,
              void (*work)(struct ip_stack *ip, struct frame *frame));

/* ip_flow.c */
/* What was found out about the packets from one address to another that come in at one interface:
   it holds while nothing about routes, addresses and links changes. */
struct ip_flow {    /* a cache line: the neighbor is seldom looked at, and no reason copied */
    uint64_t addrs; /* source and destination: the eight octets of a header */
    const struct iface *iif; /* they come in here; NULL: nothing is here */
    uint32_t generation;     /* of the fib */
    uint32_t changes;        /* of the stack: as long as there are no more, the neighbor is still at
                                @mac, and a packet to it leaves its state as it is */
    struct iface *out;       /* NULL: they are for this node; else they are forwarded: */
    struct neigh *neigh;     /* NULL: none has come since this was learned */
    struct mac_addr mac;
    uint16_t mtu; /* whoever changes it changes the generation, too */
    ip4_addr next_hop;
    uint32_t hash; /* 0, or that of one of several flows between these addresses, which are shared
                      out over several next hops; then @generation is the complement */
    uint32_t n_others; /* the reason's: routes that lost, or next hops */
    uint16_t why;      /* enum why_code */
    uint8_t prefix_len;
    bool counted : 1; /* the reason says how many routes lost */
    bool watched : 1; /* the neighbor's use is noted */
};

/** ip_why_forward() - the reason for passing on a packet to @dst: the route's prefix of @prefix_len
 * bits, and how many routes lost, or how many next hops the route has. */
static inline struct why ip_why_forward(enum why_code code, ip4_addr next_hop, ip4_addr dst,
                                        uint8_t prefix_len, uint32_t n_others)
{
    uint64_t prefix = (uint64_t)dst >> (32 - prefix_len) << (32 - prefix_len);

    return (struct why){ code, { next_hop, WHY_PREFIX(prefix, prefix_len), n_others, dst } };
}

/** ip_input() - from ether. Consumes @frame, data at the IP header. */
void ip_input(void *ctx, struct iface *iface, struct frame *frame, bool group);
/** ip_flow_learn() - packets from @src to @dst may come in at @iif and take @route, out of another
 * interface, for the reason @why, of ip_why_forward(); NULL: they are for this node. Where @route
 * was chosen among several next hops that is so for those of the same @hash alone. Nothing is
 * learned while hooks or a filter of sources want to see each packet: who begins with those changes
 * the generation. */
void ip_flow_learn(struct ip_stack *ip, const struct iface *iif, ip4_addr src, ip4_addr dst,
                   const struct route *route, uint32_t hash, enum why_code why);
/** ip_route_key_read() - what a route with several next hops must know of @frame, data at the IP
 * header: valid while its octets stay where they are. */
void ip_route_key_read(struct route_key *key, struct frame *frame);
void ip_flows_init(struct ip_stack *ip);
/** ip_flows_tell() - @iface learns where the flows of its packets stand. */
void ip_flows_tell(const struct ip_stack *ip, struct iface *iface);
void ip_flows_fini(struct ip_stack *ip);
/** ip_deliver_soon() - @frame is for this node: into the backlog. */
void ip_deliver_soon(struct ip_stack *ip, struct frame *frame);
/** ip_deliver_flow_soon() - the same of a packet of a flow that is local. */
void ip_deliver_flow_soon(struct ip_stack *ip, struct frame *frame);

/* ip_out.c */
/** ip_finish_output() - NAT, fragmentation, neighbor. Consumes @frame, data at its complete IP
 * header. */
int ip_finish_output(struct ip_stack *ip, struct frame *frame, const struct route *route,
                     uint32_t mtu);

/* ip_frag.c */
/** ip_fragment() - send @frame in pieces of at most @mtu octets along @route. Consumes it. */
void ip_fragment(struct ip_stack *ip, struct frame *frame, const struct route *route, uint32_t mtu);
/** ip_reassemble() - take a fragment; the whole datagram when it completed one, else NULL. Consumes
 * @frame. */
struct frame *ip_reassemble(struct ip_stack *ip, struct frame *frame, const struct ipv4_hdr *hdr,
                            struct ip_iface *iif);
void ip_reassembly_fini(struct ip_stack *ip);

/* igmp.c */
void igmp_init(struct ip_stack *ip);
void igmp_iface_fini(struct ip_iface *iface);
void igmp_iface_changed(struct ip_iface *iface, bool up);
bool ip_group_joined(const struct ip_iface *iface, ip4_addr group);

#endif
