/* Along which way the segments of a connection go, over IPv4: what leaves is in a hurry. tcp_path.c
 * has the rest. */
#ifndef WW_STACK_TRANSPORT_TCP_PATH_H
#define WW_STACK_TRANSPORT_TCP_PATH_H

#include <string.h>

#include "base/likely.h"
#include "stack/transport/tcp_internal.h"

struct tcp_path {
    /* The first line is what its packets have in common, ready to be copied. */
    _Alignas(ARENA_LINE) struct iface *out; /* NULL: nothing is ready */
    struct neigh *neigh;                    /* on way, while the version is this */
    uint8_t headers[ETH_HDR_LEN + IPV4_HDR_LEN];
    uint16_t ip_sum, tcp_sum; /* folded, of what the checksums are of: without length and id */
    uint16_t size_max;        /* of a packet */
    uint8_t ttl, tos;         /* as the socket has them */
    bool watched;             /* the neighbor's use is noted */
    uint32_t version;         /* ip_version() when it was made */
    ip4_addr dst, src;        /* as asked for; dst 0: nothing is here */
    struct ip_iface *oif;
    struct route route;
    struct ip_way way; /* learned of it */
};

static inline uint16_t tcp_path_hash(ip4_addr dst, ip4_addr src)
{
    return (uint16_t)((src * UINT32_C(0x85ebca6b) ^ dst) * UINT32_C(0x9e3779b1) >> 16);
}

static inline struct tcp_path *tcp_path_place(const struct tcp_layer *tcp, uint16_t hash)
{
    return &tcp->paths[hash & (tcp->n_paths - 1)];
}

/* What is copied of the path at @hash comes into the cache; there need not be any. */
static inline void tcp_path_fetch(const struct tcp_layer *tcp, uint16_t hash)
{
    if (LIKELY(tcp->n_paths > 0))
        mem_fetch(tcp_path_place(tcp, hash), 1);
}

static inline bool tcp_path_is_of(const struct tcp_path *path, const struct tcp_sock *tp)
{
    return path->dst == tp->entry.ends->remote.addr && path->src == tp->entry.ends->local.addr &&
           path->oif == tp->sock.options.bound_iface;
}

/* The way is known, and that there has been progress stands in the first frame that takes it. */
static inline void tcp_path_set_out(struct tcp_sock *tp, struct frame *frame)
{
    tp->has_route = true;
    frame->confirms_neighbor = tp->confirm_neighbor;
    tp->confirm_neighbor = false;
}

/* The path of packets with DF; where its way takes them whole there is nothing to look up or to
 * refuse. NULL: another, or it does not stand where tp->path_hash says. */
static inline struct tcp_path *tcp_path_along(const struct tcp_sock *tp)
{
    uint8_t discover = tp->sock.options.mtu_discover;
    struct tcp_path *path;

    if ((discover != PMTUDISC_WANT && discover != PMTUDISC_DO) || tp->layer->n_paths == 0 ||
        tp->layer->sysctl.long_way)
        return NULL;
    path = tcp_path_place(tp->layer, tp->path_hash);
    return tcp_path_is_of(path, tp) ? path : NULL;
}

static inline bool tcp_path_is_ready(const struct tcp_path *path, const struct ip_stack *ip,
                                     const struct tcp_sock *tp, size_t size, uint8_t tos)
{
    return LIKELY(path->out != NULL && size <= path->size_max &&
                  path->ttl == tp->sock.options.ttl && path->tos == tos &&
                  path->version == ip_version(ip));
}

/* ip_output_along() of a segment for which everything is ready: length, identification and
 * checksums go into a copy. @frame is new: its headroom is there, and nobody shares it. */
static inline void tcp_path_go(struct tcp_path *path, struct ip_stack *ip, struct frame *frame,
                               uint16_t id)
{
    uint32_t len = (uint32_t)frame_size(frame), size = len + IPV4_HDR_LEN;
    uint8_t *segment = frame->data, *packet = segment - IPV4_HDR_LEN;

    frame->data -= sizeof path->headers;
    frame->len += (uint32_t)sizeof path->headers;
    memcpy(frame->data, path->headers, sizeof path->headers);
    ip_finish_along(packet, path->ip_sum, (uint16_t)size, id);
    be16_put(segment + TCP_AT_CHECKSUM, checksum_fold((uint32_t)path->tcp_sum + len));
    frame->network = packet;
    frame->checksum = (struct lazy_checksum){ true, IPV4_HDR_LEN, TCP_AT_CHECKSUM };
    if (frame->confirms_neighbor || path->watched)
        ip_neigh_use(ip, path->neigh, path->watched, frame->confirms_neighbor);
    ip->stats.out++;
    iface_send(path->out, frame);
}

/* tcp_sock.path_version of who has found its path ready, while nothing has changed that this was
 * concluded from: what ip_version() counts, the paths, and the socket's options. */
static inline uint32_t tcp_path_known(const struct tcp_sock *tp)
{
    return ip_version(tp->sock.ip) + tp->layer->paths_changed + 1;
}

/* The path along which a segment of @size octets with IP's header can go at once, or NULL. */
static inline struct tcp_path *tcp_path_at_once(const struct tcp_sock *tp, size_t size, uint8_t tos)
{
    struct tcp_path *path;

    if (UNLIKELY(tp->path_version != tcp_path_known(tp) || tp->sock.options_new))
        return NULL;
    path = tcp_path_place(tp->layer, tp->path_hash);
    return LIKELY(size <= path->size_max && path->tos == tos) ? path : NULL;
}

#endif
