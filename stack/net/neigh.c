#include "stack/net/neigh.h"

#include <stdlib.h>

#include "base/be.h"
#include "base/memory.h"
#include "sim/sim.h"
#include "stack/link/ether.h"
#include "stack/link/jiffies.h"
#include "stack/net/icmp.h"
#include "stack/net/ip.h"
#include "stack/net/ip_internal.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/eth_wire.h"

#define BUCKETS         32
#define GC_INTERVAL     (NEIGH_BASE_REACHABLE_TIME / 2)
#define REDRAW_INTERVAL SIM_SEC(300) /* how often reachable_time is drawn anew */
#define GC_THRESH1      128          /* fewer entries are never collected */
#define QUEUED_OVERHEAD                                                                            \
    768 /* octets Linux charges for a small packet, its own bookkeeping included */

struct neigh {
    struct neigh *next; /* in its bucket, or in the free list */
    struct neigh_table *table;
    struct ip_iface *iface;
    ip4_addr addr;
    struct mac_addr mac;
    enum neigh_state state;
    uint8_t probes;
    sim_time used, confirmed, updated;
    struct timer timer; /* runs in INCOMPLETE, REACHABLE, DELAY, PROBE */
    struct frame_list waiting;
    uint32_t waiting_octets;
    ip4_addr asked_for; /* destination of the packet that made us ask */
};

static bool is_valid(enum neigh_state state) /* its MAC address may be used */
{
    return state == NEIGH_REACHABLE || state == NEIGH_STALE || state == NEIGH_DELAY ||
           state == NEIGH_PROBE || state == NEIGH_PERMANENT;
}

static bool is_connected(enum neigh_state state)
{
    return state == NEIGH_REACHABLE || state == NEIGH_PERMANENT;
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

static void note_state(const struct neigh *neigh)
{
    uint64_t mac = mac_to_u64(&neigh->mac);

    switch (neigh->state) {
    case NEIGH_INCOMPLETE:
        note(neigh, WHY(NEIGH_NEW, neigh->addr));
        break;
    case NEIGH_REACHABLE:
        note(neigh, WHY(NEIGH_REACHABLE, neigh->addr, mac));
        break;
    case NEIGH_STALE:
        note(neigh, WHY(NEIGH_STALE, neigh->addr));
        break;
    case NEIGH_DELAY:
        note(neigh, WHY(NEIGH_DELAY, neigh->addr));
        break;
    case NEIGH_PROBE:
        note(neigh, WHY(NEIGH_PROBE, neigh->addr));
        break;
    case NEIGH_FAILED:
        note(neigh, WHY(NEIGH_FAILED, neigh->addr));
        break;
    case NEIGH_PERMANENT:
        note(neigh, WHY(NEIGH_SET, neigh->addr, mac));
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

/* ---- sending ARP ---- */

void arp_send(struct ip_iface *iface, uint16_t op, const struct mac_addr *dst, ip4_addr spa,
              ip4_addr tpa, const struct mac_addr *tha, struct why why)
{
    struct arp_msg msg = {
        .op = op, .sha = iface->iface->mac, .spa = spa, .tha = *tha, .tpa = tpa
    };
    struct frame *frame = frame_new(iface->ip->node, ARP_LEN);

    arp_emit(&msg, frame->data);
    frame->why = why;
    ether_output(iface->ip->ether, iface->iface, dst, ETHERTYPE_ARP, frame);
}

/* The sender address of a request, arp_announce 0: the waiting packet's source when it is ours,
 * else the interface's. */
static ip4_addr source_for(const struct neigh *neigh)
{
    const struct frame *first = neigh->waiting.head;

    if (first != NULL && first->network != NULL) {
        ip4_addr src = be32_get(first->network + 12);

        if (ip_is_local(neigh->table->ip, src))
            return src;
    }
    for (unsigned i = 0; i < neigh->iface->n_addrs; i++)
        if (ip4_in_prefix(neigh->addr, neigh->iface->addrs[i].addr,
                          neigh->iface->addrs[i].prefix_len))
            return neigh->iface->addrs[i].addr;
    return ip_iface_primary(neigh->iface);
}

static void solicit(struct neigh *neigh)
{
    struct ip_iface *iface = neigh->iface;
    bool first = neigh->state == NEIGH_INCOMPLETE && neigh->probes == NEIGH_UCAST_PROBES;
    struct why why;

    neigh->probes++;
    if (neigh->state == NEIGH_PROBE) {
        why = WHY(ARP_PROBE, neigh->addr, mac_to_u64(&neigh->mac));
        arp_send(iface, ARP_REQUEST, &neigh->mac, source_for(neigh), neigh->addr, &MAC_ZERO, why);
        return;
    }
    if (!first)
        why = WHY(ARP_ASK_AGAIN, neigh->addr, (uint64_t)(neigh->probes - NEIGH_UCAST_PROBES));
    else if (neigh->asked_for != neigh->addr)
        why = WHY(ARP_ASK_GATEWAY, neigh->addr, neigh->asked_for);
    else
        why = WHY(ARP_ASK, neigh->addr, neigh->asked_for);
    arp_send(iface, ARP_REQUEST, &MAC_BROADCAST, source_for(neigh), neigh->addr, &MAC_ZERO, why);
}

/* ---- sending through an entry ---- */

static void transmit(struct neigh *neigh, struct frame *frame)
{
    ether_output(neigh->table->ip->ether, neigh->iface->iface, &neigh->mac, ETHERTYPE_IPV4, frame);
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

    neigh->state = NEIGH_FAILED;
    neigh->updated = now_of(neigh);
    timer_stop(&neigh->timer);
    note_state(neigh);
    neigh->waiting = (struct frame_list){ 0 };
    neigh->waiting_octets = 0;
    while ((frame = frame_list_pop(&waiting)) != NULL) {
        ip4_addr src = be32_get(frame->network + 12), dst = be32_get(frame->network + 16);

        part->cause = cause;
        icmp_send_error(ip, frame, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, 0,
                        WHY(ICMP_HOST_UNREACHABLE, src, dst));
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
            neigh->state = NEIGH_DELAY;
            arm(neigh, NEIGH_DELAY_FIRST_PROBE);
        } else {
            neigh->state = NEIGH_STALE;
        }
        note_state(neigh);
        return;
    }
    if (neigh->state == NEIGH_DELAY) {
        neigh->updated = now;
        if (now <= neigh->confirmed + NEIGH_DELAY_FIRST_PROBE) {
            neigh->state = NEIGH_REACHABLE;
            note_state(neigh);
            timer_start_at(
                &neigh->timer,
                jiffies_expiry(now, neigh->confirmed + reachable_time(neigh->table) - now));
            return;
        }
        neigh->state = NEIGH_PROBE;
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

static uint32_t bucket_of(ip4_addr addr)
{
    return (uint32_t)((addr * UINT32_C(0x9e3779b1)) >> 27) % BUCKETS;
}

static struct neigh *find(const struct neigh_table *table, const struct ip_iface *iface,
                          ip4_addr addr)
{
    struct neigh *neigh = table->n_buckets == 0 ? NULL : table->buckets[bucket_of(addr)];

    while (neigh != NULL && (neigh->addr != addr || neigh->iface != iface))
        neigh = neigh->next;
    return neigh;
}

static void remove_entry(struct neigh_table *table, struct neigh *neigh)
{
    struct neigh **at = &table->buckets[bucket_of(neigh->addr)];
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
                 (neigh->updated == oldest->updated && neigh->addr < oldest->addr)))
                oldest = neigh;
    if (oldest == NULL)
        return false;
    note(oldest, WHY(NEIGH_GONE, oldest->addr));
    remove_entry(table, oldest);
    return true;
}

static struct neigh *create(struct neigh_table *table, struct ip_iface *iface, ip4_addr addr)
{
    struct arena *arena = &table->ip->node->sim->arena;
    struct neigh *neigh;
    uint32_t bucket = bucket_of(addr);

    if (!make_room(table))
        return NULL;
    if (table->n_buckets == 0) {
        table->buckets = arena_alloc(arena, BUCKETS * sizeof(struct neigh *));
        table->n_buckets = BUCKETS;
    }
    if (table->n_entries >= GC_THRESH1 && !timer_running(&table->gc))
        timer_start(&table->gc, GC_INTERVAL);
    if (table->free != NULL) {
        neigh = table->free;
        table->free = neigh->next;
    } else {
        neigh = arena_alloc(arena, sizeof *neigh);
    }
    *neigh = (struct neigh){ .table = table, .iface = iface, .addr = addr, .asked_for = addr };
    neigh->updated = neigh->used = node_now(table->ip->node);
    neigh->confirmed = neigh->updated - 2 * NEIGH_BASE_REACHABLE_TIME;
    timer_init(&neigh->timer, table->ip->node, WHY(TIMER_NEIGH, addr), timer_expired, neigh);
    neigh->next = table->buckets[bucket];
    table->buckets[bucket] = neigh;
    table->n_entries++;
    return neigh;
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
                note(neigh, WHY(NEIGH_GONE, neigh->addr));
                remove_entry(table, neigh);
            }
        }
    }
    if (table->n_entries >= GC_THRESH1)
        timer_start(&table->gc, GC_INTERVAL);
}

void neigh_init(struct neigh_table *table, struct ip_stack *ip)
{
    struct random_stream random;

    *table = (struct neigh_table){ .ip = ip };
    node_random(ip->node, &random, "neigh");
    table->reachable_key = random_u64(&random);
    timer_init(&table->gc, ip->node, WHY0(TIMER_NEIGH), collect, table);
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
static void start_asking(struct neigh *neigh, ip4_addr final, struct frame *frame)
{
    neigh->asked_for = final;
    neigh->probes = NEIGH_UCAST_PROBES;
    neigh->state = NEIGH_INCOMPLETE;
    neigh->updated = now_of(neigh);
    note_state(neigh);
    if (frame != NULL)
        queue_packet(neigh, frame);
    arm(neigh, NEIGH_RETRANS_TIME);
    solicit(neigh);
}

static void start_delay(struct neigh *neigh)
{
    neigh->state = NEIGH_DELAY;
    neigh->updated = now_of(neigh);
    note_state(neigh);
    arm(neigh, NEIGH_DELAY_FIRST_PROBE);
}

void neigh_output(struct neigh_table *table, struct ip_iface *oif, ip4_addr next_hop,
                  ip4_addr final, struct frame *frame)
{
    struct neigh *neigh = find(table, oif, next_hop);

    if (neigh == NULL)
        neigh = create(table, oif, next_hop);
    if (neigh == NULL) {
        node_drop(table->ip->node, oif->iface, frame, DROP_NEIGH_QUEUE_FULL);
        return;
    }
    if (!is_connected(neigh->state)) /* the fast path does not note its use, as on Linux */
        neigh->used = now_of(neigh);
    if (frame->confirms_neighbor)
        neigh->confirmed = now_of(neigh);
    switch (neigh->state) {
    case NEIGH_NONE:
    case NEIGH_FAILED:
        start_asking(neigh, final, frame);
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

bool neigh_resolve(struct neigh_table *table, struct ip_iface *oif, ip4_addr addr)
{
    struct neigh *neigh = find(table, oif, addr);

    if (neigh == NULL)
        neigh = create(table, oif, addr);
    if (neigh == NULL)
        return false;
    if (is_valid(neigh->state))
        return true;
    neigh->used = now_of(neigh);
    if (neigh->state == NEIGH_NONE || neigh->state == NEIGH_FAILED)
        start_asking(neigh, addr, NULL);
    return false;
}

/* ---- updates ---- */

/* A message or a user says that @neigh is at @mac: Linux's neigh_update(). */
static void update(struct neigh *neigh, const struct mac_addr *mac, enum neigh_state state,
                   bool override, bool by_hand)
{
    enum neigh_state old = neigh->state;
    bool was_valid = is_valid(old), moved = !was_valid || !mac_eq(mac, &neigh->mac);
    sim_time now = now_of(neigh);

    if (old == NEIGH_PERMANENT && !by_hand)
        return;
    if (is_connected(state))
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
        if (!is_connected(state))
            neigh->confirmed = now - 2 * NEIGH_BASE_REACHABLE_TIME;
        if (changed)
            note(neigh, WHY(NEIGH_CHANGED, neigh->addr, mac_to_u64(mac)));
    }
    if (state == old)
        return;
    timer_stop(&neigh->timer);
    neigh->state = state;
    if (state == NEIGH_REACHABLE)
        arm(neigh, reachable_time(neigh->table));
    if (state == NEIGH_STALE && !was_valid)
        note(neigh, WHY(NEIGH_LEARNED, neigh->addr, mac_to_u64(mac)));
    else
        note_state(neigh);
    if (!was_valid)
        send_waiting(neigh);
}

/* frame->mark of a message in the backlog: how it was addressed. */
enum { ARP_BY_UNICAST = 100, ARP_BY_GROUP };

static bool bad_sender(const struct arp_msg *msg)
{
    return ip4_is_multicast(msg->spa) || ip4_is_loopback(msg->spa) || msg->spa == IP4_BROADCAST ||
           mac_is_group(&msg->sha);
}

/* A request for one of our addresses: learn the sender, then answer. True when it was one. */
static bool answer_request(struct ip_stack *ip, struct ip_iface *iface, const struct arp_msg *msg)
{
    struct neigh *neigh;

    if (msg->op != ARP_REQUEST || !ip_is_local(ip, msg->tpa) || ip4_is_loopback(msg->tpa))
        return false;
    if (msg->spa != 0) {
        if (ip_is_local(ip, msg->spa)) /* somebody else claims our address, or our own announcement
                                          comes back */
            return true;
        neigh = find(&ip->neigh, iface, msg->spa);
        if (neigh == NULL)
            neigh = create(&ip->neigh, iface, msg->spa);
        if (neigh == NULL)
            return true;
        update(neigh, &msg->sha, NEIGH_STALE, true, false);
    }
    arp_send(iface, ARP_REPLY, &msg->sha, msg->tpa, msg->spa, &msg->sha,
             WHY(ARP_ANSWER, msg->tpa, msg->spa));
    return true;
}

/* What is known already is updated from any message; nothing new is learned from what was not for
 * us. */
static bool update_known(struct ip_stack *ip, struct ip_iface *iface, const struct arp_msg *msg,
                         bool group)
{
    struct neigh *neigh = find(&ip->neigh, iface, msg->spa);
    /* arp_is_garp(): a gratuitous reply names its sender as the target, too. */
    bool gratuitous = msg->spa == msg->tpa &&
                      (msg->op == ARP_REQUEST || mac_eq(&msg->tha, &msg->sha)) &&
                      ip_addr_kind(ip, msg->spa) == ROUTE_UNICAST;
    bool reply = msg->op == ARP_REPLY && !group;

    if (neigh == NULL || msg->spa == 0)
        return false;
    update(neigh, &msg->sha, reply ? NEIGH_REACHABLE : NEIGH_STALE,
           gratuitous || node_now(ip->node) > neigh->updated + NEIGH_LOCKTIME, false);
    return true;
}

static void work_on_message(struct ip_stack *ip, struct frame *frame)
{
    struct iface *iface = frame->in;
    struct ip_iface *ip_iface = ip_iface_of(ip, iface);
    bool group = frame->mark == ARP_BY_GROUP;
    struct arp_msg msg;
    enum drop_reason why = arp_parse(frame->data, frame->len, &msg);

    if (why == DROP_NONE && msg.op != ARP_REQUEST && msg.op != ARP_REPLY)
        why = DROP_BAD_HEADER;
    if (why == DROP_NONE && bad_sender(&msg))
        why = DROP_ARP_BAD_SENDER;
    if (why == DROP_NONE && !answer_request(ip, ip_iface, &msg) &&
        !update_known(ip, ip_iface, &msg, group))
        why = msg.op == ARP_REQUEST ? DROP_ARP_NOT_MINE : DROP_ARP_UNSOLICITED;
    if (why != DROP_NONE)
        node_drop(ip->node, iface, frame, why);
    else
        frame_free(frame);
}

void arp_input(void *ctx, struct iface *iface, struct frame *frame, const struct mac_addr *src,
               bool group)
{
    struct ip_stack *ip = ctx;

    (void)src;
    if (!frame_need(frame, ARP_LEN)) {
        node_drop(ip->node, iface, frame, DROP_TRUNCATED);
        return;
    }
    frame->mark = group ? ARP_BY_GROUP : ARP_BY_UNICAST;
    ip_later(ip, frame, ARP_INPUT_LATENCY, work_on_message);
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
            note(neigh, WHY(NEIGH_GONE, neigh->addr));
            remove_entry(table, neigh);
        }
    }
}

int neigh_set(struct neigh_table *table, struct ip_iface *iface, ip4_addr addr,
              const struct mac_addr *mac, enum neigh_state state, bool replace)
{
    struct neigh *neigh = find(table, iface, addr);

    if (neigh != NULL && !replace)
        return -SIM_EEXIST;
    if (neigh == NULL)
        neigh = create(table, iface, addr);
    if (neigh == NULL)
        return -SIM_ENOBUFS;
    update(neigh, mac, state, true, true);
    return 0;
}

int neigh_delete(struct neigh_table *table, struct ip_iface *iface, ip4_addr addr)
{
    struct neigh *neigh = find(table, iface, addr);

    if (neigh == NULL)
        return -SIM_ENOENT;
    note(neigh, WHY(NEIGH_GONE, addr));
    remove_entry(table, neigh);
    return 0;
}

static void fill_info(const struct neigh *neigh, struct neigh_info *info)
{
    *info = (struct neigh_info){ .addr = neigh->addr,
                                 .iface = neigh->iface,
                                 .state = neigh->state,
                                 .mac = neigh->mac,
                                 .has_mac = is_valid(neigh->state),
                                 .used = neigh->used,
                                 .confirmed = neigh->confirmed,
                                 .updated = neigh->updated };
}

bool neigh_get(const struct neigh_table *table, const struct ip_iface *iface, ip4_addr addr,
               struct neigh_info *info)
{
    const struct neigh *neigh = find(table, iface, addr);

    if (neigh == NULL || neigh->state == NEIGH_NONE)
        return false;
    fill_info(neigh, info);
    return true;
}

static int compare_infos(const void *a, const void *b)
{
    const struct neigh_info *x = a, *y = b;

    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
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
