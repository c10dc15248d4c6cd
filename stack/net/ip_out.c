/* IPv4 output: the header, source and route, and the way to the neighbor. RFC 791, RFC 1122
 * section 3.3. */
#include "base/be.h"
#include "base/check.h"
#include "base/likely.h"
#include "stack/link/jiffies.h"
#include "stack/net/icmp.h"
#include "stack/net/ip_internal.h"
#include "stack/net/ip_options.h"
#include "stack/net/neigh_internal.h"

bool ip_check_checksum(const struct frame *frame, const struct ip_rx *rx)
{
    uint32_t sum;

    if (frame->checksum.pending)
        return true;
    sum = rx->hdr6 != NULL
              ? checksum_pseudo6(rx->hdr6->src, rx->hdr6->dst, rx->protocol, frame_size(frame))
              : checksum_pseudo(rx->hdr->src, rx->hdr->dst, rx->hdr->protocol, frame_size(frame));
    sum = checksum_add(sum, frame->data, frame->len);
    if (frame->payload.len > 0) {
        uint32_t rest = checksum_fold(checksum_add(0, frame->payload.octets, frame->payload.len));

        if (frame->len % 2 != 0)
            rest = (rest << 8 | rest >> 8) & 0xffff;
        sum = checksum_fold(sum) + rest;
    }
    return checksum_fold(sum) == 0xffff;
}

/* Linux counts, and skips a random number for each tick that nothing was sent in, so that nobody
 * learns how many went elsewhere: ip_idents_reserve(). Its counters are many, by addresses and
 * protocol; here they are one. */
uint16_t ip_next_id(struct ip_stack *ip)
{
    uint16_t jiffy = (uint16_t)(node_now(ip->node) / JIFFY);
    uint16_t waited = (uint16_t)(jiffy - ip->ip_id_jiffy);

    if (waited > 0)
        ip->ip_id = (uint16_t)(ip->ip_id + random_below(&ip->random, waited));
    ip->ip_id_jiffy = jiffy;
    return ip->ip_id++;
}

/* Identification: unique while in flight where it matters, RFC 6864. 0 is in what must never be
 * fragmented; where DF only says that it fits now there is a number, __ip_select_ident(). */
static uint16_t choose_id(struct ip_stack *ip, const struct ip_send *send, bool df)
{
    if (send->use_id)
        return send->id;
    return df && send->df_always ? 0 : ip_next_id(ip);
}

static void emit_with_options(const struct ip_stack *ip, const struct ip_send *send,
                              uint8_t *octets, uint16_t total_len, uint16_t id, uint8_t ttl,
                              ip4_addr src, ip4_addr dst, bool df)
{
    struct ipv4_hdr hdr = { .hdr_len = ipv4_hdr_len_for(send->n_options),
                            .tos = send->tos,
                            .protocol = send->protocol,
                            .ttl = ttl,
                            .total_len = total_len,
                            .id = id,
                            .df = df,
                            .src = src,
                            .dst = dst,
                            .n_options = send->n_options };

    memcpy(hdr.options, send->options, send->n_options);
    ipv4_emit(&hdr, octets);
    ip_options_fill(ip, octets, send->gaps, src);
}

static inline void push_header(struct ip_stack *ip, struct frame *frame, const struct ip_send *send,
                               const struct route *route, ip4_addr src, bool df)
{
    uint8_t hdr_len = ipv4_hdr_len_for(send->n_options), ttl = send->ttl;
    uint16_t total_len = (uint16_t)(frame_size(frame) + hdr_len), id = choose_id(ip, send, df);
    uint8_t *octets = frame_push(frame, hdr_len);

    if (ttl == 0)
        ttl = route->kind == ROUTE_MULTICAST ? 1 : ip->sysctl.default_ttl;
    frame->checksum.start = hdr_len;
    frame->network = octets;
    if (LIKELY(send->n_options == 0))
        ipv4_put(octets, send->tos, total_len, id, df ? IPV4_DF : 0, ttl, send->protocol, src,
                 route->dst);
    else
        emit_with_options(ip, send, octets, total_len, id, ttl, src, route->dst, df);
}

static int refuse(struct ip_stack *ip, struct frame *frame, enum drop_reason reason, int errnum)
{
    if (frame->network == NULL)
        frame->checksum.pending =
            false; /* it has no IP header yet, so there is nothing to finish */
    node_drop(ip->node, NULL, frame, reason);
    return -errnum;
}

static enum drop_reason reason_for(int error)
{
    return error == -SIM_EACCES ? DROP_PROHIBITED : DROP_NO_ROUTE;
}

/* What counts of a packet of our own where a route has several next hops: its ports; of an ICMP
 * error the packet that it is about, as in icmp_route_lookup(). */
static void read_key(struct route_key *key, struct frame *frame)
{
    if ((key->protocol == IP_PROTO_TCP || key->protocol == IP_PROTO_UDP) && frame->len >= 4) {
        key->src_port = be16_get(frame->data);
        key->dst_port = be16_get(frame->data + 2);
    } else if (key->protocol == IP_PROTO_ICMP && frame->len >= ICMP_HDR_LEN &&
               icmp_is_error(frame->data[0])) {
        frame_need(frame, frame_size(frame));
        key->packet = frame->data + ICMP_HDR_LEN;
        key->packet_len = (uint32_t)frame->len - ICMP_HDR_LEN;
    }
}

int ip_output(struct ip_stack *ip, struct frame *frame, const struct ip_send *send)
{
    struct route_key key = { .dst = send->dst, .src = send->src, .protocol = send->protocol };
    struct route route;
    int error;

    if (ip->fib.multipath != NULL)
        read_key(&key, frame);
    error = ip_route_for(ip, &key, send->oif, &route);
    if (error != 0)
        return refuse(ip, frame, reason_for(error), -error);
    if (send->bypass_routes)
        route.next_hop = route.dst;
    return ip_output_routed(ip, frame, send, &route);
}

/* A copy for ourselves when we belong to the group we send to. */
static void loop_multicast(struct ip_stack *ip, struct frame *frame, const struct route *route)
{
    struct frame *copy;

    if (!ip_group_joined(route->oif, route->dst) || route->dst == IP4(224, 0, 0, 1))
        return;
    copy = frame_clone(frame);
    frame_writable(copy);
    ip_loop(ip, copy);
}

/* To ourselves, to everybody, to a group, to a neighbor: along @route. */
static inline int send_along(struct ip_stack *ip, struct frame *frame, const struct route *route,
                             uint32_t mtu)
{
    if (route->kind == ROUTE_LOCAL) {
        ip_loop(ip, frame);
        return 0;
    }
    if (route->kind == ROUTE_MULTICAST)
        loop_multicast(ip, frame, route);
    if (route->kind == ROUTE_BROADCAST) { /* our own programs hear it too */
        struct frame *copy = frame_clone(frame);

        frame_writable(copy);
        ip_loop(ip, copy);
    }
    return ip_finish_output(ip, frame, route, mtu);
}

/* NAT looks at a packet of our own; where it changes the destination the way may be another:
 * ip_route_me_harder(). */
static int send_through_hook(struct ip_stack *ip, struct frame *frame, const struct route *route,
                             uint32_t mtu)
{
    ip4_addr dst;
    struct route other;
    int error;

    if (!ip->hooks->output(ip->hooks->ctx, frame))
        return 0;
    dst = be32_get(frame->data + 16);
    if (dst == route->dst)
        return send_along(ip, frame, route, mtu);
    error = ip_route(ip, dst, 0, NULL, &other);
    if (error != 0)
        return refuse(ip, frame, reason_for(error), -error);
    return send_along(ip, frame, &other, other.oif->mtu);
}

int ip_output_routed(struct ip_stack *ip, struct frame *frame, const struct ip_send *send,
                     const struct route *route)
{
    uint32_t mtu = send->ignore_pmtu ? route->oif->mtu : ip_path_mtu(ip, route);
    size_t size = frame_size(frame) + ipv4_hdr_len_for(send->n_options);
    ip4_addr src = send->src != 0 ? send->src : route->src;
    bool df;

    if (size > IPV4_LEN_MAX)
        return refuse(ip, frame, DROP_TOO_LONG, SIM_EMSGSIZE);
    if (!route->oif->up)
        return refuse(ip, frame, DROP_LINK_DOWN, SIM_ENETDOWN);
    if (route->kind == ROUTE_BROADCAST && !send->broadcast_ok)
        return refuse(ip, frame, DROP_PROHIBITED, SIM_EACCES);
    if (size > mtu && send->df_always)
        return refuse(ip, frame, DROP_FRAG_NEEDED, SIM_EMSGSIZE);
    df = !send->no_df &&
         (send->df_always || send->ignore_pmtu || (send->df && size <= mtu && !route->mtu_locked));
    push_header(ip, frame, send, route, src, df);
    ip->stats.out++;
    if (ip->hooks != NULL && ip->hooks->output != NULL)
        return send_through_hook(ip, frame, route, mtu);
    return send_along(ip, frame, route, mtu);
}

int ip_output_whole(struct ip_stack *ip, struct frame *frame, const struct ip_send *send)
{
    struct route route;
    int error = ip_route(ip, send->dst, send->src, send->oif, &route);

    frame->network = frame->data;
    if (error != 0)
        return refuse(ip, frame, reason_for(error), -error);
    if (route.kind == ROUTE_BROADCAST && !send->broadcast_ok)
        return refuse(ip, frame, DROP_PROHIBITED, SIM_EACCES);
    if (!route.oif->up)
        return refuse(ip, frame, DROP_LINK_DOWN, SIM_ENETDOWN);
    if (frame_size(frame) > route.oif->mtu)
        return refuse(ip, frame, DROP_FRAG_NEEDED, SIM_EMSGSIZE);
    ip->stats.out++;
    if (ip->hooks != NULL && ip->hooks->output != NULL)
        return send_through_hook(ip, frame, &route, route.oif->mtu);
    return send_along(ip, frame, &route, route.oif->mtu);
}

/* The MAC address of a group, RFC 1112 section 6.4. */
static struct mac_addr group_mac(ip4_addr group)
{
    return mac_from_u64(UINT64_C(0x01005e000000) | (group & 0x7fffff));
}

int ip_finish_output(struct ip_stack *ip, struct frame *frame, const struct route *route,
                     uint32_t mtu)
{
    struct ip_iface *oif = route->oif;

    if (ip->hooks != NULL && ip->hooks->postrouting != NULL &&
        !ip->hooks->postrouting(ip->hooks->ctx, oif, frame))
        return 0;
    if (frame_size(frame) > mtu) {
        ip_fragment(ip, frame, route, mtu);
        return 0;
    }
    if (oif->iface == NULL) {
        ip_loop(ip, frame);
    } else if (route->kind == ROUTE_BROADCAST) {
        ether_output(ip->ether, oif->iface, &MAC_BROADCAST, 0x0800, frame);
    } else if (route->kind == ROUTE_MULTICAST) {
        struct mac_addr mac = group_mac(route->dst);

        ether_output(ip->ether, oif->iface, &mac, 0x0800, frame);
    } else {
        neigh_output(&ip->neigh, oif, route->next_hop, route->dst, frame);
    }
    return 0;
}

/* ---- along a way that is known ---- */

void ip_way_learn(const struct ip_stack *ip, struct ip_way *way, const struct route *route)
{
    uint32_t mtu = ip_path_mtu(ip, route);

    way->out = NULL;
    if (route->kind != ROUTE_UNICAST || route->until != 0 || route->mtu_locked || !route->oif->up)
        return;
    *way = (struct ip_way){ .out = route->oif->iface,
                            .generation = ip->fib.generation,
                            .mtu = mtu < IPV4_LEN_MAX ? mtu : IPV4_LEN_MAX,
                            .oif = route->oif,
                            .dst = route->dst,
                            .next_hop = route->next_hop };
}

static inline struct neigh *neighbor_on(struct ip_stack *ip, struct ip_way *way)
{
    if (way->neigh == NULL || way->n_removed != ip->neigh.n_removed) {
        way->neigh = neigh_find(&ip->neigh, way->oif, way->next_hop);
        way->n_removed = ip->neigh.n_removed;
    }
    return way->neigh;
}

void ip_output_along(struct ip_stack *ip, struct frame *frame, struct ip_plain plain,
                     struct ip_way *way)
{
    uint16_t total_len = (uint16_t)(frame_size(frame) + IPV4_HDR_LEN);
    uint8_t ttl = plain.ttl != 0 ? plain.ttl : ip->sysctl.default_ttl;
    struct neigh *neigh = neighbor_on(ip, way);

    frame->network = frame_push(frame, IPV4_HDR_LEN);
    frame->checksum.start = IPV4_HDR_LEN;
    ipv4_put(frame->network, plain.tos, total_len, plain.id, IPV4_DF, ttl, plain.protocol,
             plain.src, way->dst);
    ip->stats.out++;
    if (LIKELY(neigh != NULL && neigh_connected(neigh->state))) {
        if (frame->confirms_neighbor)
            neigh->confirmed = node_now(ip->node);
        ether_output(ip->ether, way->out, &neigh->mac, ETHERTYPE_IPV4, frame);
    } else {
        neigh_output(&ip->neigh, way->oif, way->next_hop, way->dst, frame);
    }
}

void ip_neigh_use(const struct ip_stack *ip, struct neigh *neigh, bool watched, bool confirms)
{
    neigh_note_use(neigh, ip->node, watched, confirms);
}

bool ip_headers_along(struct ip_stack *ip, struct ip_plain plain, struct ip_way *way,
                      uint8_t *octets, bool *watched)
{
    uint8_t ttl = plain.ttl != 0 ? plain.ttl : ip->sysctl.default_ttl, *header;
    const struct neigh *neigh = neighbor_on(ip, way);

    if (neigh == NULL || !neigh_sends_on(neigh->state) || ip->hooks != NULL ||
        !list_empty(&ip->ether->taps))
        return false;
    *watched = !neigh_connected(neigh->state);
    header = octets + ETH_HDR_LEN;
    eth_put(&neigh->mac, &way->out->mac, ETHERTYPE_IPV4, octets);
    ipv4_put(header, plain.tos, 0, 0, IPV4_DF, ttl, plain.protocol, plain.src, way->dst);
    be16_put(header + IPV4_AT_CHECKSUM, 0);
    return true;
}
