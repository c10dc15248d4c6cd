/*
 * Flows: most packets are like the one before them. What the checks of a source, the look-up of a
 * route and of a neighbor said about a pair of addresses is kept, and holds until something about
 * routes, addresses, links or neighbors changes. Packets that are special in any way (options,
 * fragments, NAT, a TTL at its end, a size that does not fit) are looked at closely each.
 */
#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/likely.h"
#include "base/memory.h"
#include "stack/net/ip_internal.h"
#include "stack/net/neigh_internal.h"
#include "stack/wire/eth_wire.h"

#define FLOWS_FIRST 2   /* places in a node's first table: most hosts talk to few others */
#define FLOWS_MANY  256 /* places that most routers are content with */
#define FLOWS_MAX   4096
/* times that flows were crowded out of a place, on average, before it grows; beyond FLOWS_MANY */
#define CROWDED       4
#define CROWDED_AGAIN 16

/* Where a flow stands: here, or in the place beside it. */
static inline uint32_t place_of(const struct ip_stack *ip, ip4_addr src, ip4_addr dst)
{
    uint32_t hash = (src * UINT32_C(0x85ebca6b) ^ dst) * UINT32_C(0x9e3779b1);

    return (hash >> 16) & (ip->n_flows - 1u);
}

/* Flows that share a route of several next hops have places of their own, by their hash, and bear
 * the complement of the generation: others do not find them. */
static inline bool is_of(const struct ip_flow *flow, const struct ip_iface *iif, ip4_addr src,
                         ip4_addr dst, uint32_t generation)
{
    return flow->src == src && flow->dst == dst && flow->iif == iif &&
           flow->generation == generation;
}

SELDOM static struct ip_flow *find_at(const struct ip_stack *ip, uint32_t place,
                                      const struct ip_iface *iif, ip4_addr src, ip4_addr dst,
                                      uint32_t hash, uint32_t generation)
{
    for (unsigned beside = 0; beside < 2; beside++) {
        struct ip_flow *flow = &ip->flows[place ^ beside];

        if (is_of(flow, iif, src, dst, generation) && flow->hash == hash)
            return flow;
    }
    return NULL;
}

static inline struct ip_flow *find(const struct ip_stack *ip, const struct ip_iface *iif,
                                   ip4_addr src, ip4_addr dst)
{
    uint32_t place = place_of(ip, src, dst);
    struct ip_flow *flow;

    if (ip->n_flows == 0)
        return NULL;
    flow = &ip->flows[place];
    if (LIKELY(is_of(flow, iif, src, dst, ip->fib.generation)))
        return flow;
    return find_at(ip, place, iif, src, dst, 0, ip->fib.generation);
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
static struct ip_flow *find_share(struct ip_stack *ip, const struct ip_iface *iif,
                                  struct frame *frame)
{
    struct route_key key = { .src = be32_get(frame->data + IPV4_AT_SRC),
                             .dst = be32_get(frame->data + IPV4_AT_DST) };
    uint32_t hash;

    if (ip->fib.multipath == NULL || ip->n_flows == 0 || ip->sysctl.multipath_use_neigh)
        return NULL;
    ip_route_key_read(&key, frame);
    hash = multipath_hash(ip, &key);
    return find_at(ip, place_of(ip, key.src ^ hash, key.dst), iif, key.src, key.dst, hash,
                   ~ip->fib.generation);
}

static inline struct neigh *neighbor_of(struct ip_stack *ip, struct ip_flow *flow)
{
    if (flow->neigh == NULL || flow->n_removed != ip->neigh.n_removed) {
        flow->neigh = neigh_find(&ip->neigh, ip_iface_of(ip, flow->out), flow->next_hop);
        flow->n_removed = ip->neigh.n_removed;
    }
    return flow->neigh;
}

/* The packet is @size octets long by its header; what is behind them is padding. */
static inline void trim(struct frame *frame, uint32_t size)
{
    if (UNLIKELY(frame_size(frame) > size))
        frame_trim(frame, size);
}

static inline bool forward(struct ip_stack *ip, struct ip_flow *flow, struct frame *frame,
                           uint32_t size)
{
    struct neigh *neigh;

    if (UNLIKELY(!ip->sysctl.forwarding || size > flow->mtu || frame->data[IPV4_AT_TTL] <= 1 ||
                 (!flow->counted && node_wants(ip->node, RECORD_SEND)) ||
                 (neigh = neighbor_of(ip, flow)) == NULL))
        return false;
    trim(frame, size);
    frame_writable(frame);
    frame->network = frame->data;
    ipv4_dec_ttl(frame->data);
    frame->why = flow->why;
    frame->has_text = false;
    ip->stats.forwarded++;
    if (UNLIKELY(!neigh_connected(neigh->state))) {
        neigh_output_through(neigh, flow->dst, frame);
        return true;
    }
    if (frame->confirms_neighbor)
        neigh->confirmed = node_now(ip->node);
    ether_output(ip->ether, flow->out, &neigh->mac, ETHERTYPE_IPV4, frame);
    return true;
}

static inline bool deliver(struct ip_stack *ip, struct frame *frame, uint32_t size)
{
    frame->network = frame->data;
    trim(frame, size);
    ip_deliver_flow_soon(ip, frame);
    return true;
}

/* A frame with a packet of a flow that is known, and nothing is special about it: it goes its way,
   consumed. False: look closely. */
static inline bool go_on(struct ip_stack *ip, const struct ip_iface *iif, struct frame *frame)
{
    const uint8_t *octets = frame->data;
    struct ip_flow *flow;
    uint32_t size;

    if (UNLIKELY(frame->len < IPV4_HDR_LEN || octets[0] != (4 << 4 | 5) ||
                 (be16_get(octets + IPV4_AT_FRAG) & (IPV4_MF | IPV4_OFFSET_MASK)) != 0 ||
                 ip->hooks != NULL || ip->rp_filter != 0))
        return false;
    size = be16_get(octets + IPV4_AT_LEN);
    if (UNLIKELY(size < IPV4_HDR_LEN || size > frame_size(frame) || !checksum_right20(octets)))
        return false;
    flow = find(ip, iif, be32_get(octets + IPV4_AT_SRC), be32_get(octets + IPV4_AT_DST));
    if (UNLIKELY(flow == NULL) && (flow = find_share(ip, iif, frame)) == NULL)
        return false;
    return flow->local ? deliver(ip, frame, size) : forward(ip, flow, frame, size);
}

void ip_input(void *ctx, struct iface *iface, struct frame *frame, bool group)
{
    struct ip_stack *ip = ctx;

    ip->stats.in++;
    if (UNLIKELY(group || !go_on(ip, ip_iface_of(ip, iface), frame)))
        ip_examine(ip, iface, frame, group);
}

/* Twice as many places would not hold flows that come once; those that come back crowd each other
 * out again and again. */
static bool crowded(struct ip_stack *ip)
{
    uint32_t times = ip->n_flows < FLOWS_MANY ? CROWDED : CROWDED_AGAIN;

    return ip->n_flows < FLOWS_MAX && ++ip->flows_crowded_out >= times * ip->n_flows;
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

/* The place that a flow gets which stands in none; NULL: both are taken. */
static struct ip_flow *free_place(const struct ip_stack *ip, ip4_addr src, ip4_addr dst,
                                  uint32_t hash)
{
    uint32_t place = place_of(ip, src ^ hash, dst);

    if (!is_taken(ip, &ip->flows[place]))
        return &ip->flows[place];
    return is_taken(ip, &ip->flows[place ^ 1]) ? NULL : &ip->flows[place ^ 1];
}

static void grow(struct ip_stack *ip)
{
    struct ip_flow *old = ip->flows;
    uint32_t n = ip->n_flows, more = n == 0 ? FLOWS_FIRST : 4 * n;

    ip->n_flows = (uint16_t)(n < FLOWS_MANY && more > FLOWS_MANY ? FLOWS_MANY : more);
    ip->flows_crowded_out = 0;
    ip->flows = mem_zalloc_lines(ip->n_flows * sizeof *ip->flows);
    for (uint32_t i = 0; i < n; i++) {
        struct ip_flow *flow = free_place(ip, old[i].src, old[i].dst, old[i].hash);

        if (is_taken(ip, &old[i]) && flow != NULL)
            *flow = old[i];
    }
    free(old);
}

/* Where what was learned of a flow is to stand: where it stands already, or in a free place, or in
 * that of another. */
static struct ip_flow *place_to_learn(struct ip_stack *ip, const struct ip_iface *iif, ip4_addr src,
                                      ip4_addr dst, uint32_t hash, uint32_t generation)
{
    struct ip_flow *flow = NULL;

    if (ip->n_flows > 0)
        flow = find_at(ip, place_of(ip, src ^ hash, dst), iif, src, dst, hash, generation);
    if (flow == NULL && ip->n_flows > 0)
        flow = free_place(ip, src, dst, hash);
    if (flow != NULL)
        return flow;
    if (ip->n_flows == 0 || crowded(ip))
        grow(ip);
    return &ip->flows[place_of(ip, src ^ hash, dst)];
}

void ip_flow_learn(struct ip_stack *ip, struct ip_iface *iif, ip4_addr src, ip4_addr dst,
                   const struct route *route, uint32_t hash, struct why why)
{
    bool shares = route != NULL && route->n_hops > 0;
    uint32_t generation = shares ? ~ip->fib.generation : ip->fib.generation;
    struct ip_flow *flow = place_to_learn(ip, iif, src, dst, hash, generation);

    *flow = (struct ip_flow){ .src = src,
                              .dst = dst,
                              .iif = iif,
                              .generation = generation,
                              .hash = hash,
                              .local = route == NULL };
    if (route == NULL)
        return;
    flow->counted = node_wants(ip->node, RECORD_SEND);
    flow->next_hop = route->next_hop;
    flow->out = route->oif->iface;
    flow->mtu = route->oif->mtu;
    flow->why = why;
}

void ip_flows_fini(struct ip_stack *ip)
{
    free(ip->flows);
}
