#include "stack/link/bridge.h"

#include "base/be.h"
#include "base/check.h"
#include "base/likely.h"
#include "base/memory.h"
#include "sim/flight.h"
#include "sim/link.h"
#include "sim/sim.h"
#include "stack/wire/eth_wire.h"

#define BUCKETS_AT_FIRST 64
#define NOBODY           MAC_BROADCAST /* is never learned */

/* ---- the forwarding database ---- */

/* What differs between addresses is in their last octets: a product brings all of them up. */
static inline struct fdb_entry **bucket_of(const struct bridge *bridge, const struct mac_addr *mac)
{
    uint64_t hash = mac_to_u64(mac) * UINT64_C(0x9e3779b97f4a7c15);

    return &bridge->buckets[hash >> 32 & (bridge->n_buckets - 1)];
}

static struct fdb_entry *fdb_find(const struct bridge *bridge, const struct mac_addr *mac)
{
    struct fdb_entry *entry = *bucket_of(bridge, mac);

    while (entry != NULL && !mac_eq(&entry->mac, mac))
        entry = entry->next;
    return entry;
}

static void fdb_hash_in(struct bridge *bridge, struct fdb_entry *entry)
{
    struct fdb_entry **bucket = bucket_of(bridge, &entry->mac);

    entry->next = *bucket;
    *bucket = entry;
}

/* The old array stays in the arena: all of them together are no bigger than the last. */
static void fdb_grow(struct bridge *bridge)
{
    struct fdb_entry *entry;

    bridge->n_buckets *= 2;
    bridge->buckets =
        arena_alloc(&bridge->node->part->arena, bridge->n_buckets * sizeof *bridge->buckets);
    LIST_FOR_EACH(entry, &bridge->entries, struct fdb_entry, link)
    fdb_hash_in(bridge, entry);
}

static void set_port(struct fdb_entry *entry, struct bridge_port *port)
{
    entry->port = port;
    entry->iface = port != NULL ? port->iface : NULL;
}

static struct fdb_entry *fdb_add(struct bridge *bridge, const struct mac_addr *mac,
                                 struct bridge_port *port, bool local)
{
    struct fdb_entry *entry = local ? NULL : bridge->free_entries; /* ports may remember it */

    if (entry != NULL)
        bridge->free_entries = entry->next;
    else
        entry = arena_alloc_lines(&bridge->node->part->arena, sizeof *entry);
    entry->mac = *mac;
    entry->number = mac_to_u64(mac);
    set_port(entry, port);
    entry->seen = node_now(bridge->node);
    entry->local = local;
    if (bridge->n_entries++ == bridge->n_buckets)
        fdb_grow(bridge);
    bridge->n_learned += !local;
    fdb_hash_in(bridge, entry);
    list_push_back(&bridge->entries, &entry->link);
    return entry;
}

static void fdb_remove(struct bridge *bridge, struct fdb_entry *entry)
{
    struct fdb_entry **at = bucket_of(bridge, &entry->mac);

    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    list_remove(&entry->link);
    bridge->n_entries--;
    bridge->n_learned -= !entry->local;
    entry->mac = NOBODY;
    entry->next = bridge->free_entries;
    bridge->free_entries = entry;
    if (bridge->n_learned == 0)
        timer_stop(&bridge->sweep);
}

/* Linux's br_fdb_cleanup(): what is too old goes, and the next sweep comes when the next entry will
 * be. */
static void sweep_expired(void *ctx)
{
    struct bridge *bridge = ctx;
    sim_time now = node_now(bridge->node), next = SIM_TIME_NONE;
    struct fdb_entry *entry;

    LIST_FOR_EACH(entry, &bridge->entries, struct fdb_entry, link)
    {
        if (entry->local)
            continue;
        if (entry->seen + bridge->ageing > now) {
            if (entry->seen + bridge->ageing < next)
                next = entry->seen + bridge->ageing;
            continue;
        }
        node_state(bridge->node, entry->port->iface,
                   WHY(FDB_AGED, mac_to_u64(&entry->mac), (uint64_t)(now - entry->seen)));
        fdb_remove(bridge, entry);
    }
    if (next != SIM_TIME_NONE)
        timer_start_at(&bridge->sweep,
                       next > now + BRIDGE_SWEEP_GAP ? next : now + BRIDGE_SWEEP_GAP);
}

static void learn(struct bridge_port *port, const struct mac_addr *mac)
{
    struct bridge *bridge = port->bridge;
    struct fdb_entry *entry;

    if (bridge->ageing == 0 || !iface_has_carrier(port->iface))
        return;
    entry = fdb_find(bridge, mac);
    if (entry == NULL) {
        if (bridge->n_learned >= bridge->fdb_max)
            return;
        fdb_add(bridge, mac, port, false);
        if (!timer_running(&bridge->sweep))
            timer_start(&bridge->sweep, bridge->ageing);
        node_state(bridge->node, port->iface, WHY(FDB_LEARNED, mac_to_u64(mac)));
    } else if (!entry->local) { /* a frame with our own address as its source teaches nothing */
        entry->seen = node_now(bridge->node);
        port->sender = entry;
        if (entry->port != port) {
            set_port(entry, port);
            node_state(bridge->node, port->iface, WHY(FDB_MOVED, mac_to_u64(mac)));
        }
    }
}

static void forget_senders(struct bridge *bridge)
{
    struct bridge_port *port;

    LIST_FOR_EACH(port, &bridge->ports, struct bridge_port, link)
    port->sender = &bridge->nobody;
}

void bridge_flush(struct bridge *bridge, const struct bridge_port *port)
{
    struct fdb_entry *entry;

    LIST_FOR_EACH(entry, &bridge->entries, struct fdb_entry, link)
    {
        if (entry->local || (port != NULL && entry->port != port))
            continue;
        node_state(bridge->node, entry->port->iface, WHY(FDB_FLUSHED, mac_to_u64(&entry->mac)));
        fdb_remove(bridge, entry);
    }
}

/* ---- forwarding ---- */

static void send(struct bridge_port *port, struct frame *frame)
{
    iface_send(port->iface, frame);
}

/* Out of many ports together, and alone out of those that have something else to send. */
static bool flood_together(struct bridge_port *from, struct frame *frame)
{
    struct bridge *bridge = from->bridge;
    struct flight *flight = flight_new(bridge->node, frame, bridge->n_ports);
    struct bridge_port *port;
    bool sent = false;

    LIST_FOR_EACH(port, &bridge->ports, struct bridge_port, link)
    {
        if (port == from || !iface_has_carrier(port->iface))
            continue;
        if (!flight_take(flight, port->iface))
            send(port, frame_clone(frame));
        sent = true;
    }
    if (!flight_depart(flight) && sent)
        frame_free(frame);
    return sent;
}

static bool flood_each(struct bridge_port *from, struct frame *frame)
{
    struct bridge_port *port, *last = NULL;

    LIST_FOR_EACH(port, &from->bridge->ports, struct bridge_port, link)
    {
        if (port == from || !iface_has_carrier(port->iface))
            continue;
        if (last != NULL)
            send(last, frame_clone(frame));
        last = port;
    }
    if (last != NULL)
        send(last, frame);
    return last != NULL;
}

static void flood(struct bridge_port *from, struct frame *frame, struct why why)
{
    const struct bridge *bridge = from->bridge;
    bool sent;

    frame->why = why;
    frame->has_text = false;
    sent = bridge->n_ports >= FLIGHT_FROM && flights_may(bridge->node) ? flood_together(from, frame)
                                                                       : flood_each(from, frame);
    if (!sent)
        node_drop(bridge->node, from->iface, frame, DROP_NO_OTHER_PORT);
}

static void for_ourselves(struct bridge_port *port, struct frame *frame)
{
    struct bridge *bridge = port->bridge;

    if (bridge->local != NULL)
        bridge->local(bridge->ctx, port, frame);
    else
        node_drop(bridge->node, port->iface, frame, DROP_UNKNOWN_ETHERTYPE);
}

static inline void forward_to(const struct fdb_entry *entry, struct frame *frame)
{
    frame->why = WHY(BRIDGE_FORWARD, entry->number);
    frame->has_text = false;
    iface_send(entry->iface, frame);
}

static void forward(struct bridge_port *from, const struct mac_addr *dst, struct frame *frame)
{
    struct bridge *bridge = from->bridge;
    struct fdb_entry *entry = fdb_find(bridge, dst);

    if (entry == NULL) {
        flood(from, frame, WHY(BRIDGE_FLOOD_UNKNOWN, mac_to_u64(dst)));
    } else if (entry->local) {
        for_ourselves(from, frame);
    } else if (entry->port == from) {
        node_drop(bridge->node, from->iface, frame, DROP_SAME_PORT);
    } else {
        from->target = entry;
        forward_to(entry, frame);
    }
}

/* 01:80:c2:00:00:0X, IEEE 802.1D-2004 table 7-10. */
static bool is_reserved_group(const struct mac_addr *dst)
{
    static const uint8_t reserved[] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };

    return memcmp(dst->octets, reserved, sizeof reserved) == 0 && dst->octets[5] < 0x10;
}

#define BPDU_GROUP  0x00 /* last octet of the reserved group addresses */
#define PAUSE_GROUP 0x01

static void group_input(struct bridge_port *port, const struct mac_addr *dst,
                        const struct mac_addr *src, struct frame *frame)
{
    bool reserved = is_reserved_group(dst) && dst->octets[5] != BPDU_GROUP;

    if (!reserved || dst->octets[5] != PAUSE_GROUP)
        learn(port, src);
    if (reserved)
        node_drop(port->bridge->node, port->iface, frame, DROP_RESERVED_GROUP);
    else if (mac_is_broadcast(dst))
        flood(port, frame, WHY0(BRIDGE_FLOOD_BROADCAST));
    else
        flood(port, frame, WHY(BRIDGE_FLOOD_MULTICAST, mac_to_u64(dst)));
}

APART static void input(struct bridge_port *port, struct frame *frame)
{
    struct bridge *bridge = port->bridge;
    const struct mac_addr *dst, *src;

    if (UNLIKELY(frame->len < ETH_HDR_LEN) && !frame_need(frame, ETH_HDR_LEN)) {
        node_drop(bridge->node, port->iface, frame, DROP_TRUNCATED);
        return;
    }
    dst = eth_dst_at(frame->data);
    src = eth_src_at(frame->data);
    if (UNLIKELY(mac_is_group(src) || mac_is_zero(src))) {
        node_drop(bridge->node, port->iface, frame, DROP_BAD_HEADER);
        return;
    }
    if (!mac_is_group(dst)) {
        learn(port, src);
        forward(port, dst, frame);
    } else {
        group_input(port, dst, src, frame);
    }
}

/* From and to the same as the last one: nothing is to be looked up or learned, but that its sender
   is still there. Both entries may be free meanwhile, or others', or have moved. */
static inline bool is_one_more(const struct bridge_port *port, const struct frame *frame)
{
    return LIKELY(frame->len >= ETH_HDR_LEN) &&
           mac_eq(&port->sender->mac, eth_src_at(frame->data)) && port->sender->port == port &&
           mac_eq(&port->target->mac, eth_dst_at(frame->data)) && port->target->port != port &&
           !mac_is_group(&port->target->mac);
}

void bridge_input(struct bridge_port *port, struct frame *frame)
{
    const struct fdb_entry *target = port->target;

    if (LIKELY(is_one_more(port, frame))) {
        port->sender->seen = node_now(port->iface->node);
        forward_to(target, frame);
    } else {
        input(port, frame);
    }
}

void bridge_carrier(struct bridge_port *port, bool up)
{
    port->sender = &port->bridge->nobody;
    if (!up)
        bridge_flush(port->bridge, port);
}

/* ---- building and configuring ---- */

void bridge_init(struct bridge *bridge, struct node *node, sim_time ageing)
{
    *bridge = (struct bridge){ .node = node, .ageing = ageing, .fdb_max = BRIDGE_FDB_MAX };
    bridge->nobody.mac = NOBODY;
    CHECK(ageing >= 0);
    list_init(&bridge->ports);
    list_init(&bridge->entries);
    bridge->n_buckets = BUCKETS_AT_FIRST;
    bridge->buckets = arena_alloc(&node->sim->arena, bridge->n_buckets * sizeof *bridge->buckets);
    timer_init(&bridge->sweep, node, WHY0(TIMER_FDB), sweep_expired, bridge);
}

static void add_own(struct bridge *bridge, const struct mac_addr *mac, struct bridge_port *port)
{
    if (!mac_is_zero(mac) && fdb_find(bridge, mac) == NULL)
        fdb_add(bridge, mac, port, true);
}

void bridge_add_port(struct bridge *bridge, struct bridge_port *port, struct iface *iface)
{
    CHECK(iface->node == bridge->node);
    port->bridge = bridge;
    port->iface = iface;
    port->sender = port->target = &bridge->nobody;
    list_push_back(&bridge->ports, &port->link);
    bridge->n_ports++;
    add_own(bridge, &iface->mac, port);
}

void bridge_add_local(struct bridge *bridge, const struct mac_addr *mac)
{
    add_own(bridge, mac, NULL);
}

void bridge_set_ageing(struct bridge *bridge, sim_time ageing)
{
    CHECK(ageing >= 0);
    bridge->ageing = ageing;
    forget_senders(bridge);
    if (bridge->n_learned > 0)
        timer_start(&bridge->sweep, 0);
}

struct bridge_port *bridge_find(const struct bridge *bridge, const struct mac_addr *mac)
{
    const struct fdb_entry *entry = fdb_find(bridge, mac);

    return entry == NULL || entry->local ? NULL : entry->port;
}
