/* IPv6 output: the header, source and route, fragments at the source, the way to the neighbor.
 * RFC 8200. */
#include "base/be.h"
#include "base/check.h"
#include "stack/net/ip6_internal.h"
#include "stack/wire/eth_wire.h"

void ip6_prepare_checksum(struct frame *frame, struct ip6_addr src, struct ip6_addr dst,
                          uint8_t protocol, uint16_t field)
{
    be16_put(frame->data + field,
             checksum_fold(checksum_pseudo6(src, dst, protocol, frame_size(frame))));
    frame->checksum = (struct lazy_checksum){ .pending = true, .field = field };
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
    return error == -SIM_EACCES          ? DROP_PROHIBITED
           : error == -SIM_EADDRNOTAVAIL ? DROP_NO_SOURCE_ADDRESS
                                         : DROP_NO_ROUTE;
}

/* Routers that share traffic out look at it: the same for all packets of a flow, RFC 6437. */
static uint32_t flow_label(const struct ip_stack *ip, const struct frame *frame,
                           const struct ip6_send *send, const struct route6 *route)
{
    uint64_t key = ip->six->flow_key ^ send->protocol ^ (uint64_t)send->flow_salt << 40;
    bool ports = send->protocol == IP_PROTO_TCP || send->protocol == IP_PROTO_UDP;

    if (send->flow != 0 || send->no_flow)
        return send->flow;
    if (ports && frame->len >= 4)
        key ^= (uint64_t)be32_get(frame->data) << 8;
    key = random_mix(key ^ route->dst.hi ^ random_mix(route->dst.lo ^ route->src.lo));
    return (uint32_t)key & 0xfffff;
}

static uint8_t hop_limit_of(const struct ip_stack *ip, const struct ip6_send *send,
                            const struct route6 *route)
{
    if (send->hop_limit != 0)
        return send->hop_limit;
    if (route->kind == ROUTE_MULTICAST)
        return 1;
    return route->oif->six->hop_limit != 0 ? route->oif->six->hop_limit : ip->sysctl6.hop_limit;
}

static void push_header(struct ip_stack *ip, struct frame *frame, const struct ip6_send *send,
                        const struct route6 *route, struct ip6_addr src)
{
    struct ipv6_hdr hdr = { .tclass = send->tclass,
                            .flow = flow_label(ip, frame, send, route),
                            .next_header = send->protocol,
                            .hop_limit = hop_limit_of(ip, send, route),
                            .src = src,
                            .dst = route->dst };

    if (send->n_options > 0) {
        memcpy(frame_push(frame, send->n_options), send->options, send->n_options);
        frame->data[0] = send->protocol;
        hdr.next_header = IP6_NEXT_HOP_BY_HOP;
    }
    hdr.payload_len = (uint16_t)frame_size(frame);
    frame->checksum.start = (IPV6_HDR_LEN + send->n_options) & CHECKSUM_START_MAX;
    ipv6_emit(&hdr, frame_push(frame, IPV6_HDR_LEN));
    frame->network = frame->data;
}

int ip6_output(struct ip_stack *ip, struct frame *frame, const struct ip6_send *send)
{
    struct route6 route = { .kind = ROUTE_UNICAST,
                            .oif = send->oif,
                            .dst = send->dst,
                            .next_hop = send->dst,
                            .src = send->src };
    int error = 0;

    if (!send->on_link || ip6_is_multicast(send->dst))
        error = ip6_route(ip, send->dst, send->src, send->oif, &route);
    if (error != 0)
        return refuse(ip, frame, reason_for(error), -error);
    return ip6_output_routed(ip, frame, send, &route);
}

/* A copy for ourselves when we belong to the group we send to. */
static void loop_multicast(struct ip_stack *ip, struct frame *frame, const struct route6 *route)
{
    struct frame *copy;

    if (!ip6_group_joined(route->oif->six, route->dst) || frame->data[6] == IP6_NEXT_HOP_BY_HOP ||
        frame->data[7] == NDP_HOP_LIMIT)
        return;
    copy = frame_clone(frame);
    frame_writable(copy);
    ip_loop(ip, copy);
}

/* Without what the path has taught, where the program wants it so. */
static uint32_t mtu_of(const struct ip6_send *send, const struct route6 *route)
{
    return send->ignore_pmtu ? route->oif->mtu : ip6_path_mtu(route);
}

/* Fragments of a packet that the way does not take whole. */
static uint32_t cut_of(const struct ip6_send *send, uint32_t mtu)
{
    return send->frag_size != 0 && send->frag_size < mtu ? send->frag_size : mtu;
}

bool ip6_is_too_long(const struct ip6_send *send, const struct route6 *route, size_t size)
{
    return send->dont_fragment &&
           size + send->n_options + IPV6_HDR_LEN > cut_of(send, mtu_of(send, route));
}

int ip6_output_routed(struct ip_stack *ip, struct frame *frame, const struct ip6_send *send,
                      const struct route6 *route)
{
    uint32_t mtu = mtu_of(send, route);
    size_t size = frame_size(frame) + send->n_options;
    struct ip6_addr src = send->unspecified || !ip6_is_any(send->src) ? send->src : route->src;

    if (size > IPV6_PAYLOAD_MAX)
        return refuse(ip, frame, DROP_TOO_LONG, SIM_EMSGSIZE);
    if (!route->oif->up)
        return refuse(ip, frame, DROP_LINK_DOWN, SIM_ENETDOWN);
    if (ip6_is_any(src) && !send->unspecified)
        return refuse(ip, frame, DROP_NO_SOURCE_ADDRESS, SIM_EADDRNOTAVAIL);
    if (ip6_is_too_long(send, route, frame_size(frame)))
        return refuse(ip, frame, DROP_FRAG_NEEDED, SIM_EMSGSIZE);
    push_header(ip, frame, send, route, src);
    ip->stats.out++;
    if (route->kind == ROUTE_LOCAL) {
        ip_loop(ip, frame);
        return 0;
    }
    if (route->kind == ROUTE_MULTICAST)
        loop_multicast(ip, frame, route);
    return ip6_finish_output(ip, frame, route, frame_size(frame) > mtu ? cut_of(send, mtu) : mtu);
}

int ip6_output_whole(struct ip_stack *ip, struct frame *frame, const struct route6 *route)
{
    frame->network = frame->data;
    if (!route->oif->up)
        return refuse(ip, frame, DROP_LINK_DOWN, SIM_ENETDOWN);
    if (frame_size(frame) > route->oif->mtu)
        return refuse(ip, frame, DROP_FRAG_NEEDED, SIM_EMSGSIZE);
    ip->stats.out++;
    if (route->kind == ROUTE_LOCAL) {
        ip_loop(ip, frame);
        return 0;
    }
    return ip6_finish_output(ip, frame, route, route->oif->mtu);
}

/* ---- fragments ---- */

static void send_piece(struct ip_stack *ip, struct frame *whole, struct ipv6_frag *frag,
                       size_t from, size_t len, const struct route6 *route, uint64_t piece,
                       uint64_t pieces, uint32_t mtu)
{
    struct frame *frame = frame_new(ip->node, IPV6_HDR_LEN + IPV6_FRAG_HDR_LEN + len);

    memcpy(frame->data, whole->data, IPV6_HDR_LEN);
    be16_put(frame->data + 4, (uint16_t)(IPV6_FRAG_HDR_LEN + len));
    frame->data[6] = IP6_NEXT_FRAGMENT;
    ipv6_frag_emit(frag, frame->data + IPV6_HDR_LEN);
    frame->network = frame->data;
    frame_copy_out(whole, from, frame->data + IPV6_HDR_LEN + IPV6_FRAG_HDR_LEN, len);
    frame->id = whole->id;
    frame->confirms_neighbor = whole->confirms_neighbor;
    frame->why = WHY(IP_FRAGMENT, piece, pieces, mtu);
    ip->stats.fragments_made++;
    ip6_finish_output(ip, frame, route, mtu);
}

/* What this node sends has no extension headers before the fragment header but hop-by-hop options,
 * and packets with those are never big. */
static void fragment(struct ip_stack *ip, struct frame *frame, const struct route6 *route,
                     uint32_t mtu)
{
    struct ipv6_frag frag = { .next_header = frame->data[6], .id = random_u32(&ip->six->random) };
    size_t room = (mtu - IPV6_HDR_LEN - IPV6_FRAG_HDR_LEN) & ~(size_t)7, size = frame_size(frame);
    size_t pieces = (size - IPV6_HDR_LEN + room - 1) / room;
    uint64_t piece = 1;

    frame_finish_checksum(frame);
    for (size_t at = IPV6_HDR_LEN; at < size; at += room) {
        size_t len = size - at < room ? size - at : room;

        frag.offset = (uint16_t)(at - IPV6_HDR_LEN);
        frag.more = at + len < size;
        send_piece(ip, frame, &frag, at, len, route, piece++, pieces, mtu);
    }
    frame_free(frame);
}

/* The MAC address of a group, RFC 2464 section 7. */
struct mac_addr ip6_group_mac(struct ip6_addr group)
{
    return mac_from_u64(UINT64_C(0x333300000000) | (group.lo & 0xffffffff));
}

int ip6_finish_output(struct ip_stack *ip, struct frame *frame, const struct route6 *route,
                      uint32_t mtu)
{
    struct ip_iface *oif = route->oif;

    if (frame_size(frame) > mtu) {
        fragment(ip, frame, route, mtu);
    } else if (oif->iface == NULL) {
        ip_loop(ip, frame);
    } else if (route->kind == ROUTE_MULTICAST) {
        struct mac_addr mac = ip6_group_mac(route->dst);

        ether_output(ip->ether, oif->iface, &mac, ETHERTYPE_IPV6, frame);
    } else {
        neigh_output6(&ip->six->neigh, oif, route->next_hop, route->dst, frame);
    }
    return 0;
}
