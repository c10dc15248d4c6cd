/* What the files of the neighbor table share: the entries, and what ARP and neighbor discovery do
 * with them. */
#ifndef WW_STACK_NET_NEIGH_INTERNAL_H
#define WW_STACK_NET_NEIGH_INTERNAL_H

#include "stack/net/neigh.h"

struct neigh {
    struct neigh *next; /* in its bucket, or in the free list */
    struct neigh_table *table;
    struct ip_iface *iface;
    ip4_addr addr; /* of IPv4 */
    struct mac_addr mac;
    uint8_t probes;
    enum neigh_state state;
    sim_time confirmed, used, updated; /* a packet needs what stands before them, and the first */
    struct ip6_addr addr6;             /* of IPv6 */
    struct timer timer;                /* runs in INCOMPLETE, REACHABLE, DELAY, PROBE */
    struct frame_list waiting;
    uint32_t waiting_octets;
    ip4_addr asked_for; /* destination of the packet that made us ask */
    struct ip6_addr asked_for6;
    bool is_router; /* IPv6: it said so in its advertisement */
};

/** neigh_find() - the entry for @addr, or NULL. neigh_create() - a new one; NULL: the table is
 * full.
 */
struct neigh *neigh_find(const struct neigh_table *table, const struct ip_iface *iface,
                         ip4_addr addr);
struct neigh *neigh_find6(const struct neigh_table *table, const struct ip_iface *iface,
                          struct ip6_addr addr);
/** neigh_fetch() - the entry for @addr will soon be looked for: into the cache with it. */
void neigh_fetch(const struct neigh_table *table, ip4_addr addr);
struct neigh *neigh_create(struct neigh_table *table, struct ip_iface *iface, ip4_addr addr);
struct neigh *neigh_create6(struct neigh_table *table, struct ip_iface *iface,
                            struct ip6_addr addr);
/** neigh_output_through() - neigh_output() of IPv4, with the entry at hand. */
void neigh_output_through(struct neigh *neigh, ip4_addr final, struct frame *frame);
/** neigh_update() - a message or a user says that @neigh is at @mac: Linux's neigh_update(). */
void neigh_update(struct neigh *neigh, const struct mac_addr *mac, enum neigh_state state,
                  bool override, bool by_hand);
/** neigh_connected() - it may be used and need not be checked. */
static inline bool neigh_connected(enum neigh_state state)
{
    return state == NEIGH_REACHABLE || state == NEIGH_PERMANENT;
}
/** neigh_sends_on() - what a packet to it finds is the MAC address, and it stays in its state. */
static inline bool neigh_sends_on(enum neigh_state state)
{
    return neigh_connected(state) || state == NEIGH_DELAY || state == NEIGH_PROBE;
}
/** neigh_note_use() - a packet of @node goes to @neigh, by what was concluded from it; @watched:
 * while it was not neigh_connected(); @confirms: and it has shown that it is there. */
static inline void neigh_note_use(struct neigh *neigh, const struct node *node, bool watched,
                                  bool confirms)
{
    if (watched)
        neigh->used = node_now(node);
    if (confirms)
        neigh->confirmed = node_now(node);
}
/** neigh_usable() - its MAC address may be used. */
bool neigh_usable(enum neigh_state state);
/** arp_solicit() / ndp_solicit() - ask for @neigh, or whether it is still there. */
void arp_solicit(struct neigh *neigh);
void ndp_solicit(struct neigh *neigh);

#endif
