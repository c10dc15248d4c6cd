/*
 * What errors of ICMP and ICMPv6 have in common: Linux's limits on them, and the packet they quote.
 */
#ifndef WW_STACK_NET_ICMP_LIMIT_H
#define WW_STACK_NET_ICMP_LIMIT_H

#include "base/addr.h"
#include "sim/frame.h"
#include "sim/time.h"

/* What is remembered of a host that errors were sent to. */
struct icmp_peer {
    struct ip6_addr addr;  /* an IPv4 address as a mapped one */
    sim_time tokens, last; /* `last` is when an error or a redirect was last considered, as in
                              Linux's one field */
    unsigned n_redirects;
};

struct icmp_peers {
    struct icmp_peer *peers;
    uint32_t n, size;
};

/** icmp_peer() - of @addr; a host never heard of has a full bucket. */
struct icmp_peer *icmp_peer(struct icmp_peers *peers, struct ip6_addr addr, sim_time now);
void icmp_peers_fini(struct icmp_peers *peers);
/** icmp_peer_take() - one error from the peer's bucket, which fills with time and holds @burst
 * errors of @cost each; false: there is not enough in it. */
bool icmp_peer_take(struct icmp_peer *peer, sim_time now, sim_time cost, unsigned burst);
/** icmp_quote() - @len octets from @frame's network header on, which may have been pulled already,
 * into @to. */
void icmp_quote(struct frame *frame, uint8_t *to, size_t len);

#endif
