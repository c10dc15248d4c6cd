#include "stack/net/neigh.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/be.h"
#include "base/memory.h"
#include "sim/describe.h"
#include "sim/sim.h"
#include "stack/link/ether.h"
#include "stack/link/jiffies.h"
#include "stack/net/icmp.h"
#include "stack/net/ip.h"
#include "stack/net/ip6_internal.h"
#include "stack/net/ip_internal.h"
#include "stack/net/neigh_internal.h"
#include "stack/wire/eth_wire.h"

#define BUCKETS_FIRST   8    /* most hosts know one neighbor or two */
#define BUCKETS_MAX     1024 /* so many bits of a product choose one */
#define GC_INTERVAL     (NEIGH_BASE_REACHABLE_TIME / 2)
#define REDRAW_INTERVAL SIM_SEC(300) /* how often reachable_time is drawn anew */
#define GC_THRESH1      128          /* fewer entries are never collected */
#define QUEUED_OVERHEAD                                                                            \
    768 /* octets Linux charges for a small packet, its own bookkeeping included */

bool neigh_usable(enum neigh_state state) /* its MAC address may be used */
{
    return state == NEIGH_REACHABLE || state == NEIGH_STALE || state == NEIGH_DELAY ||
           state == NEIGH_PROBE || state == NEIGH_PERMANENT;
}

const char *neigh_state_name(enum neigh_state state)
{
    static const char *const names[] = { "NONE",  "INCOMPLETE", "REACHABLE", "STALE",
                                         "DELAY", "PROBE",      "FAILED",    "PERMANENT" };

    return names[state];
}

static struct node *node_of(const struct neigh *neigh)
{
    return neigh->table->ip->node;
}

static sim_time now_of(const struct neigh *neigh)
{
    return node_now(node_of(neigh));
}

static void note(const struct neigh *neigh, struct why why)
{
    node_state(node_of(neigh), neigh->iface->iface, why);
}

/* The reasons of IPv6 stand in the same order as those of IPv4. */
static void note_code(const struct neigh *neigh, enum why_code code)
{
    uint64_t mac = mac_to_u64(&neigh->mac);

    if (neigh->table->v6)
        note(neigh, (struct why){ code - WHY_NEIGH_NEW + WHY_NEIGH6_NEW,
                                  { neigh->addr6.hi, neigh->addr6.lo, mac } });
    else
        note(neigh, (struct why){ code, { neigh->addr, mac } });
}

static void note_state(const struct neigh *neigh)
{
    switch (neigh->state) {
    case NEIGH_INCOMPLETE:
        note_code(neigh, WHY_NEIGH_NEW);
        break;
    case NEIGH_REACHABLE:
        note_code(neigh, WHY_NEIGH_REACHABLE);
        break;
    case NEIGH_STALE:
        note_code(neigh, WHY_NEIGH_STALE);
        break;
    case NEIGH_DELAY:
        note_code(neigh, WHY_NEIGH_DELAY);
        break;
    case NEIGH_PROBE:
        note_code(neigh, WHY_NEIGH_PROBE);
        break;
    case NEIGH_FAILED:
        note_code(neigh, WHY_NEIGH_FAILED);
        break;
    case NEIGH_PERMANENT:
        note_code(neigh, WHY_NEIGH_SET);
        break;
    case NEIGH_NONE:
        break;
    }
}

/* Between half and one and a half of the base time, drawn anew every five minutes, RFC 4861
 * section 6.3.2. */
static sim_time reachable_time(const struct neigh_table *table)
{
    uint64_t epoch = (uint64_t)(node_now(table->ip->node) / REDRAW_INTERVAL);

    return NEIGH_BASE_REACHABLE_TIME / 2 + (sim_time)(random_mix(table->reachable_key + epoch) %
                                                      (uint64_t)NEIGH_BASE_REACHABLE_TIME);
}

static void arm(struct neigh *neigh, sim_time delay)
{
    timer_start_at(&neigh->timer, jiffies_expiry(now_of(neigh), delay));
}

static void solicit(struct neigh *neigh)
{
    if (neigh->table->v6)
        ndp_solicit(neigh);
    else
        arp_solicit(neigh);
}

/* Who has concluded something from the state or the address of an entry concludes anew. */
static inline void note_change(const struct neigh_table *table)
{
    table->ip->changes++;
}

static void set_state(struct neigh *neigh, enum neigh_state state)
{
    neigh->state = state;
    note_change(neigh->table);
}

/* ---- sending through an entry ---- */

static void transmit(struct neigh *neigh, struct frame *frame)
{
    ether_output(neigh->table->ip->ether, neigh->iface->iface, &neigh->mac,
                 neigh->table->v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4, frame);
}

static void send_waiting(struct neigh *neigh)
{
    struct frame_list waiting = neigh->waiting;
    struct part *part = node_of(neigh)->part;
    uint64_t cause = part->cause;
    struct frame *frame;

    neigh->waiting = (struct frame_list){ 0 };
    neigh->waiting_octets = 0;
    while ((frame = frame_list_pop(&waiting)) != NULL)
        transmit(neigh, frame);
    part->cause = cause;
}

static void fail(struct neigh *neigh)
{
    struct frame_list waiting = neigh->waiting;
    struct ip_stack *ip = neigh->table->ip;
    struct part *part = node_of(neigh)->part;
    uint64_t cause = part->cause;
    struct frame *frame;

    set_state(neigh, NEIGH_FAILED);
    neigh->updated = now_of(neigh);
    timer_stop(&neigh->timer);
    note_state(neigh);
    neigh->waiting = (struct frame_list){ 0 };
    neigh->waiting_octets = 0;
    while ((frame = frame_list_pop(&waiting)) != NULL) {
        part->cause = cause;
        if (neigh->table->v6)
            icmp6_neighbor_failed(ip, frame);
        else
            icmp_send_error(ip, frame, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, 0,
                            WHY(ICMP_HOST_UNREACHABLE, be32_get(frame->network + 12),
                                be32_get(frame->network + 16)));
        node_drop(ip->node, neigh->iface->iface, frame, DROP_NEIGH_FAILED);
    }
    part->cause = cause;
}

static void timer_expired(void *ctx)
{
    struct neigh *neigh = ctx;
    sim_time now = now_of(neigh);

    if (neigh->state == NEIGH_REACHABLE) {
        if (now <= neigh->confirmed + reachable_time(neigh->table)) {
            timer_start_at(
                &neigh->timer,
                jiffies_expiry(now, neigh->confirmed + reachable_time(neigh->table) - now));
            return;
        }
        neigh->updated = now;
        if (now <= neigh->used + NEIGH_DELAY_FIRST_PROBE) {
            set_state(neigh, NEIGH_DELAY);
            arm(neigh, NEIGH_DELAY_FIRST_PROBE);
        } else {
            set_state(neigh, NEIGH_STALE);
        }
        note_state(neigh);
        return;
    }
    if (neigh->state == NEIGH_DELAY) {
        neigh->updated = now;
        if (now <= neigh->confirmed + NEIGH_DELAY_FIRST_PROBE) {
            set_state(neigh, NEIGH_REACHABLE);
            note_state(neigh);
            timer_start_at(
                &neigh->timer,
                jiffies_expiry(now, neigh->confirmed + reachable_time(neigh->table) - now));
            return;
        }
        set_state(neigh, NEIGH_PROBE);
        neigh->probes = 0;
        note_state(neigh);
    } else if (neigh->probes >= (neigh->state == NEIGH_PROBE
                                     ? NEIGH_UCAST_PROBES
                                     : NEIGH_UCAST_PROBES + NEIGH_MCAST_PROBES)) {
        fail(neigh);
        return;
    }
    arm(neigh, NEIGH_RETRANS_TIME);
    solicit(neigh);
}

/* ---- the table ---- */

static inline struct neigh **bucket_of6(const struct neigh_table *table, struct ip6_addr addr)
{
    return &table->buckets[random_mix(addr.hi ^ random_mix(addr.lo)) & (table->n_buckets - 1u)];
}

static inline struct neigh **bucket_of(const struct neigh_table *table, ip4_addr addr)
{
    return &table->buckets[(addr * UINT32_C(0x9e3779b1)) >> 22 & (table->n_buckets - 1u)];
}

static inline struct neigh **bucket_for(const struct neigh_table *table, const struct neigh *neigh)
{
    return table->v6 ? bucket_of6(table, neigh->addr6) : bucket_of(table, neigh->addr);
}

/* Most hosts know a few neighbors and hear requests of many: those are told apart without a look at
   the table. */
struct neigh *neigh_find(const struct neigh_table *table, const struct ip_iface *iface,
                         ip4_addr addr)
{
    struct neigh *neigh;

    if ((table->known & ip4_bit(addr)) == 0)
        return NULL;
    neigh = *bucket_of(table, addr);
    while (neigh != NULL && (neigh->addr != addr || neigh->iface != iface))
        neigh = neigh->next;
    return neigh;
}

void neigh_fetch(const struct neigh_table *table, ip4_addr addr)
{
    const struct neigh *neigh = table->n_buckets == 0 ? NULL : *bucket_of(table, addr);

    if (neigh != NULL) {
        __builtin_prefetch(neigh, 1);
        __builtin_prefetch(&neigh->updated, 1);
    }
}

struct neigh *neigh_find6(const struct neigh_table *table, const struct ip_iface *iface,
                          struct ip6_addr addr)
{
    struct neigh *neigh = table->n_buckets == 0 ? NULL : *bucket_of6(table, addr);

    while (neigh != NULL && (!ip6_eq(neigh->addr6, addr) || neigh->iface != iface))
        neigh = neigh->next;
    return neigh;
}

static void remove_entry(struct neigh_table *table, struct neigh *neigh)
{
    struct neigh **at = bucket_for(table, neigh);
    struct frame *frame;

    while (*at != neigh)
        at = &(*at)->next;
    *at = neigh->next;
    timer_fini(&neigh->timer);
    while ((frame = frame_list_pop(&neigh->waiting)) != NULL)
        node_drop(table->ip->node, neigh->iface->iface, frame, DROP_NEIGH_FAILED);
    neigh->next = table->free;
    table->free = neigh;
    table->n_entries--;
    table->n_removed++;
    note_change(table);
}

/* Room for one more: with the table full, the longest unused entry that may go goes. */
static bool make_room(struct neigh_table *table)
{
    struct neigh *oldest = NULL;

    if (table->n_entries < NEIGH_GC_THRESH3)
        return true;
    for (uint32_t i = 0; i < table->n_buckets; i++)
        for (struct neigh *neigh = table->buckets[i]; neigh != NULL; neigh = neigh->next)
            if ((neigh->state == NEIGH_STALE || neigh->state == NEIGH_FAILED) &&
                (oldest == NULL || neigh->updated < oldest->updated ||
                 (neigh->updated == oldest->updated &&
                  (neigh->addr < oldest->addr || ip6_compare(neigh->addr6, oldest->addr6) < 0))))
                oldest = neigh;
    if (oldest == NULL)
        return false;
    note_code(oldest, WHY_NEIGH_GONE);
    remove_entry(table, oldest);
    return true;
}

static void collect_later(struct neigh_table *table);

static void hash_in(struct neigh_table *table, struct neigh *neigh)
{
    struct neigh **bucket = bucket_for(table, neigh);

    neigh->next = *bucket;
    *bucket = neigh;
}

/* As many buckets as entries, as Linux has it. The old ones stay in the arena: all of them together
   are no more than the last. */
static void more_buckets(struct neigh_table *table)
{
    struct neigh **old = table->buckets;
    uint16_t n = table->n_buckets;

    table->n_buckets = n == 0 ? BUCKETS_FIRST : (uint16_t)(2 * n);
    table->buckets =
        arena_alloc(node_arena(table->ip->node), table->n_buckets * sizeof(struct neigh *));
    for (uint32_t i = 0; i < n; i++) {
        struct neigh *next;

        for (struct neigh *neigh = old[i]; neigh != NULL; neigh = next) {
            next = neigh->next;
            hash_in(table, neigh);
        }
    }
}

static struct neigh *new_entry(struct neigh_table *table, struct ip_iface *iface,
                               struct neigh template)
{
    struct arena *arena = node_arena(table->ip->node);
    struct neigh *neigh;

    if (!make_room(table))
        return NULL;
    if (table->n_entries >= table->n_buckets && table->n_buckets < BUCKETS_MAX)
        more_buckets(table);
    if (table->n_entries >= GC_THRESH1)
        collect_later(table);
    if (table->free != NULL) {
        neigh = table->free;
        table->free = neigh->next;
    } else {
        neigh = arena_alloc_lines(arena, sizeof *neigh);
    }
    *neigh = template;
    neigh->table = table;
    neigh->iface = iface;
    neigh->updated = neigh->used = node_now(table->ip->node);
    neigh->confirmed = neigh->updated - 2 * NEIGH_BASE_REACHABLE_TIME;
    timer_init(&neigh->timer, table->ip->node,
               table->v6 ? WHY(TIMER_NEIGH6, neigh->addr6.hi, neigh->addr6.lo)
                         : WHY(TIMER_NEIGH, neigh->addr),
               timer_expired, neigh);
    hash_in(table, neigh);
    table->n_entries++;
    return neigh;
}

struct neigh *neigh_create(struct neigh_table *table, struct ip_iface *iface, ip4_addr addr)
{
    struct neigh *neigh =
        new_entry(table, iface, (struct neigh){ .addr = addr, .asked_for = addr });

    if (neigh != NULL)
        table->known |= ip4_bit(addr);
    return neigh;
}

struct neigh *neigh_create6(struct neigh_table *table, struct ip_iface *iface, struct ip6_addr addr)
{
    return new_entry(table, iface, (struct neigh){ .addr6 = addr, .asked_for6 = addr });
}

/* Linux's periodic work; with few entries it does not run and nothing is ever forgotten. */
static void collect(void *ctx)
{
    struct neigh_table *table = ctx;
    sim_time now = node_now(table->ip->node);

    for (uint32_t i = 0; i < table->n_buckets; i++) {
        struct neigh *next;

        for (struct neigh *neigh = table->buckets[i]; neigh != NULL; neigh = next) {
            next = neigh->next;
            if (neigh->used < neigh->confirmed)
                neigh->used = neigh->confirmed;
            if (neigh->state == NEIGH_FAILED ||
                (neigh->state == NEIGH_STALE && now >= neigh->used + NEIGH_GC_STALE_TIME)) {
                note_code(neigh, WHY_NEIGH_GONE);
                remove_entry(table, neigh);
            }
        }
    }
    if (table->n_entries >= GC_THRESH1)
        timer_start(table->gc, GC_INTERVAL);
}

static void collect_later(struct neigh_table *table)
{
    if (table->gc == NULL) {
        table->gc = arena_alloc(&table->ip->node->sim->arena, sizeof *table->gc);
        timer_init(table->gc, table->ip->node, WHY0(TIMER_NEIGH), collect, table);
    }
    if (!timer_running(table->gc))
        timer_start(table->gc, GC_INTERVAL);
}

void neigh_init(struct neigh_table *table, struct ip_stack *ip, bool v6)
{
    struct random_stream random;

    *table = (struct neigh_table){ .ip = ip, .v6 = v6 };
    node_random(ip->node, &random, v6 ? "neigh6" : "neigh");
    table->reachable_key = random_u64(&random);
}

void neigh_fini(struct neigh_table *table)
{
    for (uint32_t i = 0; i < table->n_buckets; i++)
        for (struct neigh *neigh = table->buckets[i]; neigh != NULL; neigh = neigh->next) {
            struct frame *frame;

            while ((frame = frame_list_pop(&neigh->waiting)) != NULL)
                frame_free(frame);
        }
}

/* ---- output ---- */

static void queue_packet(struct neigh *neigh, struct frame *frame)
{
    uint32_t octets = (uint32_t)frame_size(frame) + QUEUED_OVERHEAD;

    while (neigh->waiting.head != NULL && neigh->waiting_octets + octets > NEIGH_QUEUE_OCTETS) {
        struct frame *oldest = frame_list_pop(&neigh->waiting);

        neigh->waiting_octets -= (uint32_t)frame_size(oldest) + QUEUED_OVERHEAD;
        node_drop(node_of(neigh), neigh->iface->iface, oldest, DROP_NEIGH_QUEUE_FULL);
    }
    frame_list_push(&neigh->waiting, frame);
    neigh->waiting_octets += octets;
}

/* An entry without an answer is asked for; @frame may be NULL (a redirect wants the address, no
 * packet does). */
static void start_asking(struct neigh *neigh, struct frame *frame)
{
    neigh->probes = NEIGH_UCAST_PROBES;
    set_state(neigh, NEIGH_INCOMPLETE);
    neigh->updated = now_of(neigh);
    note_state(neigh);
    if (frame != NULL)
        queue_packet(neigh, frame);
    arm(neigh, NEIGH_RETRANS_TIME);
    solicit(neigh);
}

static void start_delay(struct neigh *neigh)
{
    set_state(neigh, NEIGH_DELAY);
    neigh->updated = now_of(neigh);
    note_state(neigh);
    arm(neigh, NEIGH_DELAY_FIRST_PROBE);
}

/* @neigh NULL: there was no room for it. @final and @final6 are the packet's destination. */
static void output(struct neigh_table *table, struct ip_iface *oif, struct neigh *neigh,
                   ip4_addr final, const struct ip6_addr *final6, struct frame *frame)
{
    if (neigh == NULL) {
        node_drop(table->ip->node, oif->iface, frame, DROP_NEIGH_QUEUE_FULL);
        return;
    }
    if (!neigh_connected(neigh->state)) /* the fast path does not note its use, as on Linux */
        neigh->used = now_of(neigh);
    if (frame->confirms_neighbor)
        neigh->confirmed = now_of(neigh);
    switch (neigh->state) {
    case NEIGH_NONE:
    case NEIGH_FAILED:
        neigh->asked_for = final;
        if (final6 != NULL)
            neigh->asked_for6 = *final6;
        start_asking(neigh, frame);
        return;
    case NEIGH_INCOMPLETE:
        queue_packet(neigh, frame);
        return;
    case NEIGH_STALE:
        start_delay(neigh);
        break;
    default:
        break;
    }
    transmit(neigh, frame);
}

void neigh_output(struct neigh_table *table, struct ip_iface *oif, ip4_addr next_hop,
                  ip4_addr final, struct frame *frame)
{
    struct neigh *neigh = neigh_find(table, oif, next_hop);

    if (neigh == NULL)
        neigh = neigh_create(table, oif, next_hop);
    output(table, oif, neigh, final, NULL, frame);
}

void neigh_output_through(struct neigh *neigh, ip4_addr final, struct frame *frame)
{
    output(neigh->table, neigh->iface, neigh, final, NULL, frame);
}

void neigh_output6(struct neigh_table *table, struct ip_iface *oif, struct ip6_addr next_hop,
                   struct ip6_addr final, struct frame *frame)
{
    struct neigh *neigh = neigh_find6(table, oif, next_hop);

    if (neigh == NULL)
        neigh = neigh_create6(table, oif, next_hop);
    output(table, oif, neigh, 0, &final, frame);
}

bool neigh_resolve(struct neigh_table *table, struct ip_iface *oif, ip4_addr addr)
{
    struct neigh *neigh = neigh_find(table, oif, addr);

    if (neigh == NULL)
        neigh = neigh_create(table, oif, addr);
    if (neigh == NULL)
        return false;
    if (neigh_usable(neigh->state))
        return true;
    neigh->used = now_of(neigh);
    if (neigh->state == NEIGH_NONE || neigh->state == NEIGH_FAILED) {
        neigh->asked_for = addr;
        start_asking(neigh, NULL);
    }
    return false;
}

/* ---- updates ---- */

void neigh_update(struct neigh *neigh, const struct mac_addr *mac, enum neigh_state state,
                  bool override, bool by_hand)
{
    enum neigh_state old = neigh->state;
    bool was_valid = neigh_usable(old), moved = !was_valid || !mac_eq(mac, &neigh->mac);
    sim_time now = now_of(neigh);

    if (old == NEIGH_PERMANENT && !by_hand)
        return;
    if (neigh_connected(state))
        neigh->confirmed = now;
    if (was_valid && moved && !override)
        return;
    if (was_valid && !moved && state == NEIGH_STALE && !by_hand)
        state = old;
    if (state != old || moved)
        neigh->updated = now;
    if (moved) {
        bool changed = was_valid;

        neigh->mac = *mac;
        note_change(neigh->table);
        if (!neigh_connected(state))
            neigh->confirmed = now - 2 * NEIGH_BASE_REACHABLE_TIME;
        if (changed)
            note_code(neigh, WHY_NEIGH_CHANGED);
    }
    if (state == old)
        return;
    timer_stop(&neigh->timer);
    set_state(neigh, state);
    if (state == NEIGH_REACHABLE)
        arm(neigh, reachable_time(neigh->table));
    if (state == NEIGH_STALE && !was_valid)
        note_code(neigh, WHY_NEIGH_LEARNED);
    else
        note_state(neigh);
    if (!was_valid)
        send_waiting(neigh);
}

/* ---- by hand, and for looking ---- */

void neigh_flush_iface(struct neigh_table *table, const struct ip_iface *iface, bool keep_permanent)
{
    for (uint32_t i = 0; i < table->n_buckets; i++) {
        struct neigh *next;

        for (struct neigh *neigh = table->buckets[i]; neigh != NULL; neigh = next) {
            next = neigh->next;
            if ((iface != NULL && neigh->iface != iface) ||
                (keep_permanent && neigh->state == NEIGH_PERMANENT))
                continue;
            note_code(neigh, WHY_NEIGH_GONE);
            remove_entry(table, neigh);
        }
    }
}

static int set(struct neigh *neigh, const struct mac_addr *mac, enum neigh_state state)
{
    if (neigh == NULL)
        return -SIM_ENOBUFS;
    neigh_update(neigh, mac, state, true, true);
    return 0;
}

int neigh_set(struct neigh_table *table, struct ip_iface *iface, ip4_addr addr,
              const struct mac_addr *mac, enum neigh_state state, bool replace)
{
    struct neigh *neigh = neigh_find(table, iface, addr);

    if (neigh != NULL && !replace)
        return -SIM_EEXIST;
    return set(neigh != NULL ? neigh : neigh_create(table, iface, addr), mac, state);
}

int neigh_set6(struct neigh_table *table, struct ip_iface *iface, struct ip6_addr addr,
               const struct mac_addr *mac, enum neigh_state state, bool replace)
{
    struct neigh *neigh = neigh_find6(table, iface, addr);

    if (neigh != NULL && !replace)
        return -SIM_EEXIST;
    return set(neigh != NULL ? neigh : neigh_create6(table, iface, addr), mac, state);
}

static int delete (struct neigh_table *table, struct neigh *neigh)
{
    if (neigh == NULL)
        return -SIM_ENOENT;
    note_code(neigh, WHY_NEIGH_GONE);
    remove_entry(table, neigh);
    return 0;
}

int neigh_delete(struct neigh_table *table, struct ip_iface *iface, ip4_addr addr)
{
    return delete (table, neigh_find(table, iface, addr));
}

int neigh_delete6(struct neigh_table *table, struct ip_iface *iface, struct ip6_addr addr)
{
    return delete (table, neigh_find6(table, iface, addr));
}

static void fill_info(const struct neigh *neigh, struct neigh_info *info)
{
    *info = (struct neigh_info){ .addr = neigh->addr,
                                 .addr6 = neigh->addr6,
                                 .iface = neigh->iface,
                                 .state = neigh->state,
                                 .mac = neigh->mac,
                                 .has_mac = neigh_usable(neigh->state),
                                 .is_router = neigh->is_router,
                                 .used = neigh->used,
                                 .confirmed = neigh->confirmed,
                                 .updated = neigh->updated };
}

static bool get(const struct neigh *neigh, struct neigh_info *info)
{
    if (neigh == NULL || neigh->state == NEIGH_NONE)
        return false;
    fill_info(neigh, info);
    return true;
}

bool neigh_get(const struct neigh_table *table, const struct ip_iface *iface, ip4_addr addr,
               struct neigh_info *info)
{
    return get(neigh_find(table, iface, addr), info);
}

bool neigh_get6(const struct neigh_table *table, const struct ip_iface *iface, struct ip6_addr addr,
                struct neigh_info *info)
{
    return get(neigh_find6(table, iface, addr), info);
}

static bool holds(const struct neigh *neigh, bool (*is)(const void *ctx, const struct frame *frame),
                  const void *ctx)
{
    if (neigh == NULL)
        return false;
    for (const struct frame *frame = neigh->waiting.head; frame != NULL; frame = frame->next)
        if (is(ctx, frame))
            return true;
    return false;
}

bool neigh_holds(const struct neigh_table *table, const struct ip_iface *iface, ip4_addr addr,
                 bool (*is)(const void *ctx, const struct frame *frame), const void *ctx)
{
    return holds(neigh_find(table, iface, addr), is, ctx);
}

bool neigh_holds6(const struct neigh_table *table, const struct ip_iface *iface,
                  struct ip6_addr addr, bool (*is)(const void *ctx, const struct frame *frame),
                  const void *ctx)
{
    return holds(neigh_find6(table, iface, addr), is, ctx);
}

static int compare_infos(const void *a, const void *b)
{
    const struct neigh_info *x = a, *y = b;

    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    if (!ip6_eq(x->addr6, y->addr6))
        return ip6_compare(x->addr6, y->addr6);
    return x->iface->index < y->iface->index ? -1 : x->iface->index > y->iface->index;
}

uint32_t neigh_list(const struct neigh_table *table, struct neigh_info *infos, uint32_t max)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < table->n_buckets; i++)
        for (const struct neigh *neigh = table->buckets[i]; neigh != NULL; neigh = neigh->next)
            if (neigh->state != NEIGH_NONE) {
                if (n < max)
                    fill_info(neigh, &infos[n]);
                n++;
            }
    if (n > 1 && max > 1) /* @infos may be NULL when nothing is wanted */
        qsort(infos, n < max ? n : max, sizeof *infos, compare_infos);
    return n;
}

static void describe_entry(const struct neigh_info *info, bool v6, struct describe *out)
{
    char line[128], addr[IP6_TEXT_MAX], mac[MAC_TEXT_MAX] = "";
    const char *state = neigh_state_name(info->state);

    if (v6)
        ip6_format(info->addr6, addr);
    else
        ip4_format(info->addr, addr);
    if (info->has_mac)
        mac_format(&info->mac, mac);
    snprintf(line, sizeof line, "%s %s %s %s", addr, info->iface->name, info->has_mac ? mac : "-",
             state);
    describe_row(out, "neigh", addr, line);
    describe_text(out, "state", state);
    describe_text(out, "mac", mac);
    describe_text(out, "dev", info->iface->name);
}

void neigh_describe(const struct neigh_table *table, struct describe *out)
{
    uint32_t n = neigh_list(table, NULL, 0);
    struct neigh_info *infos = mem_alloc((n + 1) * sizeof *infos);

    neigh_list(table, infos, n);
    for (uint32_t i = 0; i < n; i++)
        describe_entry(&infos[i], table->v6, out);
    free(infos);
}
