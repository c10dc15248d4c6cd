/*
 * Routes with several next hops. Which of them a packet takes is a hash of its flow, RFC 2992:
 * all packets of a flow take the same one, and flows are shared out by the hops' weights. Hash and
 * thresholds are Linux's (fib_multipath_hash(), fib_rebalance(), fib_select_multipath()), so that
 * with the same net.ipv4.fib_multipath_hash_seed the choice is the same too. Without a seed Linux
 * draws one when it boots; here it is drawn from the run's seed and the node's name.
 */
#ifndef WW_STACK_NET_MULTIPATH_H
#define WW_STACK_NET_MULTIPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct frame;
struct ip_iface;
struct ip_stack;

#define FIB_HOPS_MAX   64
#define FIB_WEIGHT_MAX 256

/* net.ipv4.fib_multipath_hash_policy. Of a tunnel's packets Linux can look at the inner ones (2 and
 * parts of 3); there are no tunnels here. */
enum multipath_policy { MULTIPATH_L3, MULTIPATH_L4, MULTIPATH_L3_INNER, MULTIPATH_FIELDS };

/* net.ipv4.fib_multipath_hash_fields, for MULTIPATH_FIELDS. */
enum {
    MULTIPATH_SRC = 1 << 0,
    MULTIPATH_DST = 1 << 1,
    MULTIPATH_PROTOCOL = 1 << 2,
    MULTIPATH_SRC_PORT = 1 << 4,
    MULTIPATH_DST_PORT = 1 << 5,
    MULTIPATH_FIELDS_DEFAULT = MULTIPATH_SRC | MULTIPATH_DST | MULTIPATH_PROTOCOL,
    MULTIPATH_FIELDS_MAX = 0xfff
};

/* A next hop of several. */
struct fib_hop {
    ip4_addr via;         /* 0: the destination itself */
    struct ip_iface *oif; /* not NULL */
    uint16_t weight;      /* 1 to FIB_WEIGHT_MAX */
    bool onlink : 1;      /* @via is taken to be on the link, whatever the routes say */
    bool via_self : 1;    /* @via is an address of this host: as if there were none */
    bool dead;            /* its interface is off */
    int32_t upper_bound;  /* the last hash that is its own; -1: none */
};

struct fib_hops {
    uint32_t n;
    struct fib_hop hop[];
};

/* What is known of the packets that a route is looked up for. */
struct route_key {
    ip4_addr dst, src; /* src 0: any */
    uint16_t src_port, dst_port;
    uint8_t protocol;
    bool transit; /* of a packet on its way through: nobody will ask for our source address */
    const uint8_t *packet; /* of @packet_len octets, at its IP header: what counts of a flow is read
                              from it, not from what stands above; or NULL */
    uint32_t packet_len;
    uint32_t hash; /* found out, where the route has several next hops */
};

/** multipath_copy() - @hops as a table keeps them, with thresholds. Free with free(). */
struct fib_hops *multipath_copy(const struct fib_hops *hops);
/** multipath_kill() - @oif is off: its hops are dead. False: all are now. multipath_revive() - it
 * is on again. */
bool multipath_kill(struct fib_hops *hops, const struct ip_iface *oif);
void multipath_revive(struct fib_hops *hops, const struct ip_iface *oif);
/** multipath_live() - the first hop that is not dead, out of @oif unless NULL; or NULL. */
const struct fib_hop *multipath_live(const struct fib_hops *hops, const struct ip_iface *oif);
/** fib_hop_is_linkdown() - its cable is out, or nothing can be said of it. */
bool fib_hop_is_linkdown(const struct fib_hop *hop);
bool multipath_same(const struct fib_hops *a, const struct fib_hops *b);
/** multipath_by_ports() - packets between the same two addresses may take different hops. */
bool multipath_by_ports(const struct ip_stack *ip);
/** multipath_hash() - 31 bits, of what the policy says; also stored in @key. */
uint32_t multipath_hash(const struct ip_stack *ip, struct route_key *key);
/** multipath_choose() - the hop for @key. */
const struct fib_hop *multipath_choose(struct ip_stack *ip, const struct fib_hops *hops,
                                       struct route_key *key);
/** multipath_format() - " nexthop via A dev X weight N ..." of all hops into @text. Returns its
 * length. */
#define FIB_HOP_TEXT_MAX 96
size_t multipath_format(const struct fib_hops *hops, char *text, size_t size);

#endif
