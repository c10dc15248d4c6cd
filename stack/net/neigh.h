/*
 * The neighbor table: ARP (RFC 826, 1122 section 2.3.2, 5227) with Linux's states and timers.
 *
 *   (none) --packet to send--> INCOMPLETE --reply--> REACHABLE --30 s unconfirmed, not used-->
 * STALE | 3 requests, 1 s apart        STALE --used--> DELAY --5 s--> PROBE (unicast) v DELAY,
 * PROBE --reply or confirmation--> REACHABLE FAILED <--------3 unanswered probes------------ PROBE
 */
#ifndef WW_STACK_NET_NEIGH_H
#define WW_STACK_NET_NEIGH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/random.h"
#include "sim/frame.h"
#include "sim/timer.h"

struct ip_stack;
struct ip_iface;

enum neigh_state {
    NEIGH_NONE,
    NEIGH_INCOMPLETE,
    NEIGH_REACHABLE,
    NEIGH_STALE,
    NEIGH_DELAY,
    NEIGH_PROBE,
    NEIGH_FAILED,
    NEIGH_PERMANENT,
};

/* Linux's defaults of net.ipv4.neigh.default.*, Documentation/networking/ip-sysctl.rst. */
#define NEIGH_BASE_REACHABLE_TIME                                                                  \
    SIM_SEC(30) /* drawn anew between half and one and a half of it                                \
                 */
#define NEIGH_RETRANS_TIME      SIM_SEC(1)
#define NEIGH_DELAY_FIRST_PROBE SIM_SEC(5)
#define NEIGH_UCAST_PROBES      3
#define NEIGH_MCAST_PROBES      3
#define NEIGH_GC_STALE_TIME     SIM_SEC(60)
#define NEIGH_LOCKTIME          SIM_SEC(1)
#define NEIGH_QUEUE_OCTETS      212992 /* unres_qlen_bytes: of queued packets with their overhead */
#define NEIGH_GC_THRESH3        1024   /* entries at most */

struct neigh;

struct neigh_table {
    struct neigh **buckets; /* by address */
    uint32_t n_removed;     /* so far: with every removal a pointer to an entry may be stale */
    uint32_t known; /* ip4_bit() of the addresses there ever was an entry for: neigh_find() */
    struct ip_stack *ip;
    uint16_t n_buckets;
    bool v6; /* neighbor discovery asks, not ARP */
    uint32_t n_entries;
    struct neigh *free;     /* recycled entries */
    uint64_t reachable_key; /* what the reachable time is drawn from */
    struct timer *gc;       /* forgets old entries of a big table, which most are not: NULL */
};

/* What `ip neigh` shows of an entry. */
struct neigh_info {
    ip4_addr addr;         /* of an IPv4 table */
    struct ip6_addr addr6; /* of an IPv6 table */
    struct ip_iface *iface;
    enum neigh_state state;
    struct mac_addr mac; /* valid when has_mac */
    bool has_mac;
    bool is_router;                    /* of an IPv6 table */
    sim_time used, confirmed, updated; /* when last */
};

void neigh_init(struct neigh_table *table, struct ip_stack *ip, bool v6);
void neigh_fini(struct neigh_table *table);
/** neigh_output() - send @frame, data at the IP header, to @next_hop on @oif; @final is the
 * packet's destination, for the reason. Consumes it: sent at once, queued behind an ARP request, or
 * dropped. */
void neigh_output(struct neigh_table *table, struct ip_iface *oif, ip4_addr next_hop,
                  ip4_addr final, struct frame *frame);
void neigh_output6(struct neigh_table *table, struct ip_iface *oif, struct ip6_addr next_hop,
                   struct ip6_addr final, struct frame *frame);
/** neigh_resolve() - true when @addr's MAC address is known; else it is asked for. */
bool neigh_resolve(struct neigh_table *table, struct ip_iface *oif, ip4_addr addr);
/** arp_input() - an ARP message, data at it. Consumes it. Registered with ether. */
void arp_input(void *ctx, struct iface *iface, struct frame *frame, bool group);
/** arp_send() - one ARP message, built from the arguments; @dst is the frame's destination. */
void arp_send(struct ip_iface *iface, uint16_t op, const struct mac_addr *dst, ip4_addr spa,
              ip4_addr tpa, const struct mac_addr *tha, struct why why);
/** arp_notify() - tell everybody our addresses, where net.ipv4.conf.*.arp_notify says so. */
void arp_notify(struct ip_iface *iface);
/** neigh_flush_iface() - its interface went down, or `ip neigh flush dev`. */
void neigh_flush_iface(struct neigh_table *table, const struct ip_iface *iface,
                       bool keep_permanent);
/** neigh_set() - `ip neigh add|replace ... lladdr ... nud permanent|stale|reachable`. 0 or -errno.
 */
int neigh_set(struct neigh_table *table, struct ip_iface *iface, ip4_addr addr,
              const struct mac_addr *mac, enum neigh_state state, bool replace);
int neigh_set6(struct neigh_table *table, struct ip_iface *iface, struct ip6_addr addr,
               const struct mac_addr *mac, enum neigh_state state, bool replace);
int neigh_delete(struct neigh_table *table, struct ip_iface *iface, ip4_addr addr);
int neigh_delete6(struct neigh_table *table, struct ip_iface *iface, struct ip6_addr addr);
/** neigh_get() - the entry for @addr, false when there is none. */
bool neigh_get(const struct neigh_table *table, const struct ip_iface *iface, ip4_addr addr,
               struct neigh_info *info);
bool neigh_get6(const struct neigh_table *table, const struct ip_iface *iface, struct ip6_addr addr,
                struct neigh_info *info);
/** neigh_holds() - whether a packet for which @is is true waits for the MAC address of @addr. */
bool neigh_holds(const struct neigh_table *table, const struct ip_iface *iface, ip4_addr addr,
                 bool (*is)(const void *ctx, const struct frame *frame), const void *ctx);
bool neigh_holds6(const struct neigh_table *table, const struct ip_iface *iface,
                  struct ip6_addr addr, bool (*is)(const void *ctx, const struct frame *frame),
                  const void *ctx);
/** neigh_list() - up to @max entries sorted by address into @infos; returns how many there are. */
uint32_t neigh_list(const struct neigh_table *table, struct neigh_info *infos, uint32_t max);
/** neigh_describe() - the rows of `ip neigh`. */
void neigh_describe(const struct neigh_table *table, struct describe *out);
/** neigh_state_name() - "REACHABLE". */
const char *neigh_state_name(enum neigh_state state);

#endif
