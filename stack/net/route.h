/* The routing table (FIB): longest prefix, then metric, then the older; and what was learned about
 * single destinations. */
#ifndef WW_STACK_NET_ROUTE_H
#define WW_STACK_NET_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "sim/time.h"
#include "stack/net/multipath.h"

struct ip_stack;
struct ip_iface;

enum route_kind {
    ROUTE_UNICAST,
    ROUTE_LOCAL,
    ROUTE_BROADCAST,
    ROUTE_MULTICAST,
    ROUTE_BLACKHOLE,
    ROUTE_UNREACHABLE,
    ROUTE_PROHIBIT,
};

enum route_proto {
    ROUTE_PROTO_BOOT,
    ROUTE_PROTO_KERNEL,
    ROUTE_PROTO_STATIC,
    ROUTE_PROTO_DHCP,
    ROUTE_PROTO_RIP,
    ROUTE_PROTO_OSPF,
    ROUTE_PROTO_BGP,
    ROUTE_PROTO_RA /* a router's advertisement */
};

/* An entry of the table. */
struct fib_entry {
    ip4_addr prefix;
    uint8_t prefix_len;
    bool onlink : 1;
    bool via_self : 1; /* @via is an address of this host: what goes there is on the link itself */
    enum route_kind kind : 8; /* there are many entries */
    enum route_proto proto : 8;
    ip4_addr via; /* next hop, 0: the destination itself */
    uint32_t metric;
    ip4_addr src;          /* preferred source, 0: the interface's address */
    struct ip_iface *oif;  /* NULL for blackhole and kin */
    struct fib_hops *hops; /* of several, of which @via and @oif are the first; or NULL */
};

struct fib_level;
struct fib_shared;
struct route_map;

/* What a table needs once an entry has several next hops. */
struct fib_multipath {
    uint32_t n_entries;   /* that have */
    uint64_t hash_key[2]; /* of flows, unless a seed is set */
};

struct fib {
    uint32_t generation; /* changes with every change of routes, addresses or links */
    uint32_t n_entries;
    struct fib_level *levels; /* the longest prefixes first */
    uint16_t n_levels;
    uint16_t hash_fields;            /* net.ipv4.fib_multipath_hash_fields */
    uint32_t hash_seed;              /* net.ipv4.fib_multipath_hash_seed; 0: the node's own */
    struct fib_shared *shared;       /* ways of a map of the whole network, or NULL: fib_share() */
    struct fib_multipath *multipath; /* NULL: no entry had several next hops yet */
};

/* The outcome of a look-up: what an IP packet needs to know. */
struct route {
    struct ip_iface *oif;
    sim_time until; /* what was learned holds until then; 0: for good */
    enum route_kind kind;
    ip4_addr dst;
    ip4_addr next_hop; /* the neighbor to ask ARP for */
    ip4_addr src;      /* preferred source */
    ip4_addr prefix;   /* the entry that won */
    uint32_t mtu;      /* path MTU learned, 0: the interface's */
    uint32_t n_lost;   /* entries that matched too, less exactly or with a worse metric */
    uint32_t generation;
    uint8_t prefix_len;
    bool via_gateway;
    bool redirected; /* an exception learned by ICMP redirect */
    bool mtu_locked; /* it was suspiciously small: packets may be fragmented again */
    uint8_t n_hops;  /* next hops that it was chosen among; 0: there is one */
    bool by_ports;   /* and ports count: it is not for all packets between the same addresses */
};

/* Learned about one destination: path MTU (RFC 1191), redirect (RFC 792). Linux: "route cache
 * exceptions". */
struct route_exception {
    ip4_addr dst;
    ip4_addr via; /* 0: as the route says */
    struct ip_iface *oif;
    uint32_t mtu; /* 0: none learned */
    bool mtu_locked;
    sim_time expires; /* all of it; SIM_TIME_NONE: nothing learned yet */
};

#define ROUTE_MTU_EXPIRES      SIM_SEC(600) /* net.ipv4.route.mtu_expires */
#define ROUTE_REDIRECT_EXPIRES SIM_SEC(300) /* net.ipv4.route.gc_timeout */
#define ROUTE_MIN_PMTU         552          /* net.ipv4.route.min_pmtu */
#define ROUTE_EXCEPTIONS_MAX   2048

struct route_exceptions {
    struct route_exception *items; /* sorted by destination */
    uint32_t n, size;
};

void fib_fini(struct fib *fib);
/**
 * fib_share() - @ip has the ways of @map, which outlives it, as @router's static routes, beside its
 * own. @ifaces (copied) are the map's interfaces of this router by number. The first change that
 * concerns one of them makes them all entries of its own table.
 */
void fib_share(struct ip_stack *ip, const struct route_map *map, uint32_t router,
               struct ip_iface *const *ifaces, uint32_t n_ifaces);
/** fib_add() - 0, or -SIM_EEXIST for the same prefix, metric and next hop. Several next hops are
 * copied. */
int fib_add(struct ip_stack *ip, const struct fib_entry *entry, bool replace);
/** fib_append() - behind others of the same prefix and metric, as the kernel adds the networks of
 * its interfaces: two may be in one. Not with several next hops. */
void fib_append(struct ip_stack *ip, const struct fib_entry *entry);
/** fib_remove() - the first entry with this prefix that agrees in what @entry names (via, oif,
 * metric, hops; 0 is any; of several next hops via and oif are the first). 0 or -SIM_ESRCH. */
int fib_remove(struct ip_stack *ip, const struct fib_entry *entry);
/** fib_remove_iface() - all entries through @oif, and only those of @proto unless that is -1. Of
 * those with other next hops too, the ones through @oif are dead until fib_revive_iface(). */
void fib_remove_iface(struct ip_stack *ip, const struct ip_iface *oif, int proto);
void fib_revive_iface(struct ip_stack *ip, const struct ip_iface *oif);
/** fib_lookup() - the best entry for @dst (out of @oif unless NULL), or NULL; *@n_lost counts the
 * other matches. */
const struct fib_entry *fib_lookup(const struct fib *fib, ip4_addr dst, const struct ip_iface *oif,
                                   uint32_t *n_lost);
/** fib_entry_uses() - @oif is where it leads, or one of its next hops. */
bool fib_entry_uses(const struct fib_entry *entry, const struct ip_iface *oif);
/** fib_walk() - every entry in the order of `ip route`: by prefix, then length, then metric. */
void fib_walk(const struct fib *fib, void (*each)(void *ctx, const struct fib_entry *entry),
              void *ctx);
/** fib_entry_format() - as `ip route` prints it, for the main table. @text has room for
 * FIB_TEXT_MAX. */
#define FIB_TEXT_MAX (160 + FIB_HOPS_MAX * FIB_HOP_TEXT_MAX)
const char *fib_entry_format(const struct ip_stack *ip, const struct fib_entry *entry,
                             char text[static FIB_TEXT_MAX]);

struct route_exception *route_exception_find(struct ip_stack *ip, ip4_addr dst);
/** route_exception_get() - find, or make an empty one. */
struct route_exception *route_exception_get(struct ip_stack *ip, ip4_addr dst);
void route_exceptions_flush(struct ip_stack *ip);

#endif
