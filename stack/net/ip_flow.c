/*
 * Flows: most packets are like the one before them. What the checks of a source, the look-up of a
 * route and of a neighbor said about a pair of addresses is kept, and holds until something about
 * routes, addresses, links or neighbors changes. Packets that are special in any way (options,
 * fragments, NAT, a TTL at its end, a size that does not fit) are looked at closely each.
 */
#include <string.h>

#include "base/be.h"
#include "base/likely.h"
#include "base/memory.h"
#include "sim/link.h"
#include "sim/piece.h"
#include "stack/net/ip_internal.h"
#include "stack/net/neigh_internal.h"
#include "stack/wire/eth_wire.h"

#define FLOWS_FIRST 2    /* places in a node's first table: most hosts talk to few others */
#define FLOWS_MANY  256  /* places that most routers are content with */
#define FLOWS_OWN   1024 /* with fewer, flows that come back are to stand in their own places */
#define FLOWS_MAX   4096
#define WAYS        4 /* places that a flow may stand in, side by side */
/* Times that flows were crowded out of a place or found beside it, on average, before it grows;
   beyond FLOWS_MANY. One that had come back counts for many that may never. */
#define CROWDED       4
#define CROWDED_AGAIN 16
#define CAME_BACK     16

_Static_assert(FRAME_AT_KEY == ETH_HDR_LEN + IPV4_AT_SRC, "a frame's key are the addresses");
MEM_LINES_HOLD(sizeof(struct ip_flow) == ARENA_LINE, "a flow is a line");

static inline uint64_t addrs_of(ip4_addr src, ip4_addr dst)
{
    return (uint64_t)src << 32 | dst;
}

/* Where a flow stands: here, or in one of the places beside it. */
static inline uint32_t place_of(const struct ip_stack *ip, uint64_t addrs)
{
    return frame_key_place(addrs, ip->flow_mask);
}

/* Where no flow has been learned: one place, in which nothing is found and nothing is put. */
static const _Alignas(ARENA_LINE) struct ip_flow nothing_learned;

static inline bool has_flows(const struct ip_stack *ip)
{
    return ip->flows != &nothing_learned;
}

static inline uint32_t n_flows(const struct ip_stack *ip)
{
    return ip->flow_mask + 1u;
}

/* Where a flow that shares its addresses with others looks for its place. */
static uint64_t spread(uint64_t addrs, uint32_t hash)
{
    return addrs ^ (uint64_t)hash << 32;
}

/* The places that a flow may stand in, place_of() ^ 0 and so on. */
static inline uint32_t n_ways(const struct ip_stack *ip)
{
    return n_flows(ip) < WAYS ? n_flows(ip) : WAYS;
}

/* Flows that share a route of several next hops have places of their own, by their hash, and bear
 * the complement of the generation: others do not find them. */
static inline bool is_of(const struct ip_flow *flow, const struct iface *iif, uint64_t addrs,
                         uint32_t generation)
{
    return flow->addrs == addrs && flow->iif == iif && flow->generation == generation;
}

SELDOM static struct ip_flow *find_at(const struct ip_stack *ip, uint32_t place,
                                      const struct iface *iif, uint64_t addrs, uint32_t hash,
                                      uint32_t generation)
{
    for (uint32_t beside = 0; beside < n_ways(ip); beside++) {
        struct ip_flow *flow = &ip->flows[place ^ beside];

        if (is_of(flow, iif, addrs, generation) && flow->hash == hash)
            return flow;
    }
    return NULL;
}

/* Twice as many places would not hold flows that come once; those that come back crowd each other
 * out again and again. @times: as often as what has happened counts. */
static bool crowded(struct ip_stack *ip, uint32_t times)
{
    uint32_t n = n_flows(ip), most = n < FLOWS_MANY ? CROWDED : CROWDED_AGAIN;

    ip->flows_crowded_out += times;
    return n < FLOWS_MAX && ip->flows_crowded_out >= most * n;
}

static bool is_current(const struct ip_stack *ip, const struct ip_flow *flow)
{
    return flow->generation == ip->fib.generation || flow->generation == ~ip->fib.generation;
}

/* Is it one that may not be overwritten without need? */
static bool is_taken(const struct ip_stack *ip, const struct ip_flow *flow)
{
    return flow->iif != NULL && is_current(ip, flow);
}

/* The place that a flow gets which stands in none; NULL: all are taken. */
static struct ip_flow *free_place(const struct ip_stack *ip, uint64_t addrs, uint32_t hash)
{
    uint32_t place = place_of(ip, spread(addrs, hash));

    for (uint32_t beside = 0; beside < n_ways(ip); beside++)
        if (!is_taken(ip, &ip->flows[place ^ beside]))
            return &ip->flows[place ^ beside];
    return NULL;
}

void ip_flows_tell(const struct ip_stack *ip, struct iface *iface)
{
    iface_set_keys(iface, ip->flows, ip->flow_mask);
}

static void grow(struct ip_stack *ip)
{
    struct ip_flow *old = has_flows(ip) ? ip->flows : NULL;
    uint32_t n = old != NULL ? n_flows(ip) : 0, more = n == 0 ? FLOWS_FIRST : 4 * n;

    more = n < FLOWS_MANY && more > FLOWS_MANY ? FLOWS_MANY : more;
    ip->flow_mask = (uint16_t)(more - 1);
    ip->flows_crowded_out = 0;
    ip->flows = piece_zalloc(ip->node, more * sizeof *ip->flows);
    for (unsigned i = 0; i < ip->n_ifaces; i++)
        if (ip->ifaces[i]->iface != NULL)
            ip_flows_tell(ip, ip->ifaces[i]->iface);
    for (uint32_t i = 0; i < n; i++) {
        struct ip_flow *flow = free_place(ip, old[i].addrs, old[i].hash);

        if (is_taken(ip, &old[i]) && flow != NULL)
            *flow = old[i];
    }
    if (old != NULL)
        piece_free(ip->node, old, n * sizeof *old);
}

/* Not in its own place, in which nobody can tell beforehand whether it stands. Flows that come back
 * get so many that most have their own. */
SELDOM static struct ip_flow *find_beside(struct ip_stack *ip, uint32_t place,
                                          const struct iface *iif, uint64_t addrs)
{
    struct ip_flow *flow = find_at(ip, place, iif, addrs, 0, ip->fib.generation);

    if (flow == NULL || n_flows(ip) >= FLOWS_OWN || !crowded(ip, 1))
        return flow;
    grow(ip);
    return find_at(ip, place_of(ip, addrs), iif, addrs, 0, ip->fib.generation);
}

static inline struct ip_flow *find(struct ip_stack *ip, const struct iface *iif, uint64_t addrs)
{
    uint32_t place = place_of(ip, addrs);
    struct ip_flow *flow = &ip->flows[place];

    if (LIKELY(is_of(flow, iif, addrs, ip->fib.generation)))
        return flow;
    return find_beside(ip, place, iif, addrs);
}

void ip_route_key_read(struct route_key *key, struct frame *frame)
{
    /* An ICMP error is read as far as the header that it quotes. */
    size_t most = 2 * IPV4_HDR_MAX + ICMP_HDR_LEN;

    frame_need(frame, frame_size(frame) < most ? frame_size(frame) : most);
    key->packet = frame->data;
    key->packet_len = (uint32_t)frame->len;
}

/* The flow of a packet along a route of several next hops. */
static struct ip_flow *find_share(struct ip_stack *ip, const struct iface *iif, struct frame *frame)
{
    struct route_key key = { .src = be32_get(frame->data + IPV4_AT_SRC),
                             .dst = be32_get(frame->data + IPV4_AT_DST) };
    uint64_t addrs = addrs_of(key.src, key.dst);
    uint32_t hash;

    if (ip->fib.multipath == NULL || !has_flows(ip) || ip->sysctl.multipath_use_neigh)
        return NULL;
    ip_route_key_read(&key, frame);
    hash = multipath_hash(ip, &key);
    return find_at(ip, place_of(ip, spread(addrs, hash)), iif, addrs, hash, ~ip->fib.generation);
}

/* Something about neighbors has changed: is that of @flow one that packets are simply sent to? */
SELDOM static bool look_at_neighbor(struct ip_stack *ip, struct ip_flow *flow)
{
    struct neigh *neigh = neigh_find(&ip->neigh, ip_iface_of(ip, flow->out), flow->next_hop);

    if (neigh == NULL || !neigh_sends_on(neigh->state))
        return false;
    flow->neigh = neigh;
    flow->mac = neigh->mac;
    flow->watched = !neigh_connected(neigh->state);
    flow->changes = ip->changes;
    return true;
}

static inline bool forward(struct ip_stack *ip, struct ip_flow *flow, struct frame *frame,
                           size_t size)
{
    if (UNLIKELY(size > flow->mtu || frame->data[IPV4_AT_TTL] <= 1 ||
                 (!flow->counted && node_wants(ip->node, RECORD_SEND)) ||
                 (flow->changes != ip->changes && !look_at_neighbor(ip, flow))))
        return false;
    link_fetch(flow->out->out);
    frame_writable(frame);
    frame->network = frame->data;
    ipv4_dec_ttl(frame->data);
    frame->why = ip_why_forward(flow->why, flow->next_hop, (ip4_addr)flow->addrs, flow->prefix_len,
                                flow->n_others);
    frame->has_text = false;
    ip->stats.forwarded++;
    neigh_note_use(flow->neigh, ip->node, flow->watched, frame->confirms_neighbor);
    ether_forward(ip->ether, flow->out, &flow->mac, ETHERTYPE_IPV4, frame);
    return true;
}

static inline bool deliver(struct ip_stack *ip, struct frame *frame)
{
    frame->network = frame->data;
    ip_deliver_flow_soon(ip, frame);
    return true;
}

/* Whether @octets, as many as a header has at least, may be one without options, of a packet that
   is no fragment. */
static inline bool is_whole(const uint8_t *octets)
{
    uint16_t frag;

    memcpy(&frag, octets + IPV4_AT_FRAG, sizeof frag);
    return octets[0] == (4 << 4 | 5) && (frag & BE16(IPV4_MF | IPV4_OFFSET_MASK)) == 0;
}

/* What is behind a packet of @size octets is padding. False: it is no packet. */
static inline bool trim(struct frame *frame, size_t size)
{
    if (UNLIKELY(frame_size(frame) != size)) {
        if (size < IPV4_HDR_LEN || size > frame_size(frame))
            return false;
        frame_trim(frame, size);
    }
    return true;
}

/* A frame with a packet of a flow that is known, and nothing is special about it: it goes its way,
   consumed. False: look closely. */
static inline bool go_on(struct ip_stack *ip, const struct iface *iif, struct frame *frame)
{
    const uint8_t *octets = frame->data;
    struct ip_flow *flow;
    size_t size;

    if (UNLIKELY(frame->len < IPV4_HDR_LEN || !is_whole(octets)))
        return false;
    size = be16_get(octets + IPV4_AT_LEN);
    if (UNLIKELY(!checksum_right20(octets) || !trim(frame, size)))
        return false;
    flow = find(ip, iif, be64_get(octets + IPV4_AT_SRC));
    if (UNLIKELY(flow == NULL) && (flow = find_share(ip, iif, frame)) == NULL)
        return false;
    return flow->out == NULL ? deliver(ip, frame) : forward(ip, flow, frame, size);
}

void ip_input(void *ctx, struct iface *iface, struct frame *frame, bool group)
{
    struct ip_stack *ip = ctx;

    ip->stats.in++;
    if (UNLIKELY(group || !go_on(ip, iface, frame)))
        ip_examine(ip, iface, frame, group);
}

/* Where what was learned of a flow is to stand: where it stands already, or in a free place, or in
 * that of another. */
static struct ip_flow *place_to_learn(struct ip_stack *ip, const struct iface *iif, uint64_t addrs,
                                      uint32_t hash, uint32_t generation)
{
    uint64_t at = spread(addrs, hash);
    struct ip_flow *flow = NULL;

    if (has_flows(ip))
        flow = find_at(ip, place_of(ip, at), iif, addrs, hash, generation);
    if (flow == NULL && has_flows(ip))
        flow = free_place(ip, addrs, hash);
    if (flow != NULL)
        return flow;
    if (!has_flows(ip) || crowded(ip, ip->flows[place_of(ip, at)].neigh != NULL ? CAME_BACK : 1))
        grow(ip);
    return &ip->flows[place_of(ip, at)];
}

void ip_flow_learn(struct ip_stack *ip, const struct iface *iif, ip4_addr src, ip4_addr dst,
                   const struct route *route, uint32_t hash, enum why_code why)
{
    bool shares = route != NULL && route->n_hops > 0;
    uint32_t generation = shares ? ~ip->fib.generation : ip->fib.generation;
    uint64_t addrs = addrs_of(src, dst);
    struct ip_flow *flow;

    if (ip->hooks != NULL || ip->sysctl.rp_filter != 0) /* each is looked at closely */
        return;
    flow = place_to_learn(ip, iif, addrs, hash, generation);
    *flow = (struct ip_flow){ .addrs = addrs, .iif = iif, .generation = generation, .hash = hash };
    if (route == NULL)
        return;
    flow->changes = ip->changes - 1; /* not looked at yet */
    flow->counted = node_wants(ip->node, RECORD_SEND);
    flow->next_hop = route->next_hop;
    flow->out = route->oif->iface;
    flow->mtu = route->oif->mtu < IPV4_LEN_MAX ? (uint16_t)route->oif->mtu : IPV4_LEN_MAX;
    flow->why = (uint16_t)why;
    flow->prefix_len = route->prefix_len;
    flow->n_others = shares ? route->n_hops : route->n_lost;
}

void ip_flows_init(struct ip_stack *ip)
{
    ip->flows = (struct ip_flow *)&nothing_learned; /* only ever read */
}

void ip_flows_fini(struct ip_stack *ip)
{
    if (has_flows(ip))
        piece_free(ip->node, ip->flows, n_flows(ip) * sizeof *ip->flows);
}
