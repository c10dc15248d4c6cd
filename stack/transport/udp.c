#include "stack/transport/udp.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/be.h"
#include "base/check.h"
#include "base/likely.h"
#include "base/memory.h"
#include "stack/net/icmp.h"
#include "stack/transport/inet6.h"
#include "stack/transport/errqueue.h"
#include "stack/transport/udp_internal.h"
#include "stack/wire/icmp6_wire.h"
#include "stack/wire/udp_wire.h"

static const struct sock_ops udp_ops;

static void make_buckets(struct udp_layer *udp, unsigned n)
{
    udp->n_buckets = n;
    udp->buckets = mem_alloc(n * sizeof *udp->buckets);
    for (unsigned i = 0; i < n; i++)
        list_init(&udp->buckets[i]);
}

static inline struct list *bucket_of(struct udp_layer *udp, uint16_t port)
{
    if (udp->buckets == NULL) /* most hosts of a large network never send */
        make_buckets(udp, UDP_BUCKETS_FIRST);
    return &udp->buckets[port & (udp->n_buckets - 1)];
}

/* A host with more sockets than most: sockets of one port stay in their order. */
static void spread(struct udp_layer *udp)
{
    struct list *old = udp->buckets;
    unsigned n_old = udp->n_buckets;

    if (old == NULL || n_old == UDP_BUCKETS || udp->n_sockets <= n_old)
        return;
    make_buckets(udp, UDP_BUCKETS);
    for (unsigned i = 0; i < n_old; i++) {
        struct udp_sock *sock;

        LIST_FOR_EACH(sock, &old[i], struct udp_sock, link)
        {
            list_remove(&sock->link);
            list_push_back(bucket_of(udp, sock->sock.local.port), &sock->link);
        }
    }
    free(old);
}

/* ---- ports ---- */

/* May @sock have @local beside @other? inet_rcv_saddr_equal() and the reuse options, which both
 * must have set. */
static bool conflicts(const struct udp_sock *sock, struct endpoint local,
                      const struct udp_sock *other)
{
    const struct sock *a = &sock->sock, *b = &other->sock;

    if (other == sock || b->local.port != local.port)
        return false;
    if (a->options.bound_iface != NULL && b->options.bound_iface != NULL &&
        a->options.bound_iface != b->options.bound_iface)
        return false;
    if (!sock_addrs_meet(&local, a->options.v6only, &b->local, b->options.v6only))
        return false;
    return !((a->options.reuseaddr && b->options.reuseaddr) ||
             (a->options.reuseport && b->options.reuseport));
}

static bool port_free(struct udp_sock *sock, struct endpoint local)
{
    struct udp_sock *other;

    LIST_FOR_EACH(other, bucket_of(sock->udp, local.port), struct udp_sock, link)
    if (conflicts(sock, local, other))
        return false;
    return true;
}

/* Who else has the port of @sock, which gets it, and whoever ever had it beside them, know. */
static void note_sharing(struct udp_sock *sock)
{
    struct udp_sock *other;

    sock->shares_port = false;
    LIST_FOR_EACH(other, bucket_of(sock->udp, sock->sock.local.port), struct udp_sock, link)
    if (other->sock.local.port == sock->sock.local.port)
        sock->shares_port = other->shares_port = true;
}

int udp_take_port(struct udp_sock *sock, struct endpoint local)
{
    struct udp_layer *udp = sock->udp;
    const struct ip_sysctl *sysctl = &udp->ip->sysctl;

    if (local.port == 0) {
        uint32_t n = (uint32_t)(sysctl->port_max - sysctl->port_min) + 1;
        uint32_t first = (uint32_t)random_below(&udp->random, n), tried = 0;

        do
            local.port = (uint16_t)(sysctl->port_min + (first + tried) % n);
        while (!port_free(sock, local) && ++tried < n);
        if (tried == n)
            return -SIM_EADDRINUSE;
    } else if (!port_free(sock, local)) {
        return -SIM_EADDRINUSE;
    }
    sock->sock.local = local;
    spread(udp);
    note_sharing(sock);
    list_push_front(bucket_of(udp, local.port), &sock->link);
    return 0;
}

static void give_port_back(struct udp_sock *sock)
{
    if (sock->udp->last == sock)
        sock->udp->last = NULL;
    list_remove(&sock->link);
}

static int udp_bind(struct sock *sock, struct endpoint local)
{
    struct udp_sock *udp = udp_of(sock);
    enum route_kind kind;
    int error;

    if (sock->v6 && (error = inet6_may_bind(sock, &local, true)) != 0)
        return error;
    kind = local.addr == 0 ? ROUTE_LOCAL : ip_addr_kind(sock->ip, local.addr);
    if (kind == ROUTE_UNICAST && !sock_binds_anywhere(sock))
        return -SIM_EADDRNOTAVAIL;
    if (sock->local.port != 0)
        return -SIM_EINVAL;
    error = udp_take_port(udp, local);
    if (error == 0) {
        sock->bound_addr = !endpoint_is_any(&local);
        sock->bound_port = local.port != 0;
    }
    return error;
}

/* ---- look-up ---- */

/* How exactly the address that @sock is bound to matches, -1 not at all. A socket of the packet's
 * own family beats one of IPv6 that takes IPv4 too. */
static inline int score_of_local(const struct sock *sock, const struct endpoint *local)
{
    const struct endpoint *bound = &sock->local;

    if (LIKELY(!bound->v6 && !local->v6))
        return bound->addr == 0 ? 1 : bound->addr == local->addr ? 17 : -1;
    if (!sock_matches_local(bound, sock->options.v6only, local))
        return -1;
    /* an exact address beats all: Linux looks for it first */
    return (bound->v6 == local->v6) + (endpoint_is_any(bound) ? 0 : 16);
}

/* compute_score(): how exactly @sock matches, -1 not at all. */
static inline int score(const struct udp_sock *udp, const struct endpoint *local,
                        const struct endpoint *remote, const struct ip_iface *iif)
{
    const struct sock *sock = &udp->sock;
    int points;

    if (sock->local.port != local->port)
        return -1;
    points = score_of_local(sock, local);
    if (points < 0)
        return -1;
    if (sock->remote.port != 0) {
        if (!endpoint_eq(&sock->remote, remote))
            return -1;
        points += 8;
    }
    if (sock->options.bound_iface != NULL) {
        if (sock->options.bound_iface != iif)
            return -1;
        points += 4;
    }
    return points;
}

/* Sockets that share a port by SO_REUSEPORT share the peers: reuseport_select_sock(). */
static struct udp_sock *select_of_group(struct udp_layer *udp, struct udp_sock *first,
                                        struct endpoint local, struct endpoint remote)
{
    uint64_t key = ((uint64_t)remote.addr << 32 | (uint32_t)remote.port << 16 | local.port) ^
                   remote.addr6.hi ^ remote.addr6.lo;
    uint32_t n = 0, chosen;
    struct udp_sock *sock;

#define IN_GROUP(s)                                                                                \
    ((s)->sock.options.reuseport && (s)->sock.remote.port == 0 &&                                  \
     (s)->sock.local.port == local.port &&                                                         \
     endpoint_same_addr(&(s)->sock.local, &first->sock.local) &&                                   \
     (s)->sock.options.bound_iface == first->sock.options.bound_iface)
    LIST_FOR_EACH(sock, bucket_of(udp, local.port), struct udp_sock, link)
    n += IN_GROUP(sock);
    chosen = (uint32_t)((random_mix(key ^ local.addr) >> 32) * n >> 32);
    LIST_FOR_EACH(sock, bucket_of(udp, local.port), struct udp_sock, link)
    if (IN_GROUP(sock) && chosen-- == 0)
        return sock;
#undef IN_GROUP
    return first;
}

static struct udp_sock *lookup(struct udp_layer *udp, const struct endpoint *local,
                               const struct endpoint *remote, const struct ip_iface *iif)
{
    struct list *bucket = bucket_of(udp, local->port); /* once, and not at every turn */
    struct udp_sock *best = NULL, *sock;
    int best_score = -1;

    LIST_FOR_EACH(sock, bucket, struct udp_sock, link)
    {
        int points = score(sock, local, remote, iif);

        if (points > best_score) {
            best = sock;
            best_score = points;
        }
    }
    if (best != NULL && best->sock.options.reuseport && best->sock.remote.port == 0)
        return select_of_group(udp, best, *local, *remote);
    return best;
}

/* Whether lookup() finds @sock for a datagram to @port of the address @local, whoever sent it: no
 * other has the port, and it takes datagrams of IPv4 from everybody and everywhere. */
static inline bool is_the_only_one(const struct udp_sock *udp, ip4_addr local, uint16_t port)
{
    const struct sock *sock = &udp->sock;

    return LIKELY(sock->local.port == port && !udp->shares_port && !sock->local.v6 &&
                  (sock->local.addr == 0 || sock->local.addr == local) && sock->remote.port == 0 &&
                  sock->options.bound_iface == NULL);
}

/* What lookup() finds where that is plain, else NULL; mostly what it found last. */
static inline struct udp_sock *the_only_one(struct udp_layer *udp, ip4_addr local, uint16_t port)
{
    struct udp_sock *sock;

    if (LIKELY(udp->last != NULL && is_the_only_one(udp->last, local, port)))
        return udp->last;
    LIST_FOR_EACH(sock, bucket_of(udp, port), struct udp_sock, link)
    if (is_the_only_one(sock, local, port))
        return udp->last = sock;
    return NULL;
}

/* ---- input ---- */

static inline void give(struct udp_sock *udp, struct frame *frame)
{
    (void)datagram_take(&udp->sock, &udp->queue, frame);
}

/* Broadcast and multicast reach every socket that matches. */
static void give_to_all(struct udp_layer *udp, struct frame *frame, const struct ip_rx *rx,
                        struct endpoint local, struct endpoint from)
{
    struct udp_sock *sock, *last = NULL;

    LIST_FOR_EACH(sock, bucket_of(udp, local.port), struct udp_sock, link)
    {
        if (score(sock, &local, &from, rx->iif) < 0)
            continue;
        if (last != NULL)
            give(last, frame_clone(frame));
        last = sock;
    }
    if (last != NULL)
        give(last, frame);
    else
        node_drop(udp->ip->node, frame->in, frame, DROP_PORT_CLOSED);
}

/* What is behind the datagram, as short as its header says it is, goes. */
static inline void trim(struct frame *frame, size_t len)
{
    if (UNLIKELY(frame_size(frame) > len))
        frame_trim(frame, len);
}

/* input() of a datagram of IPv4 that nothing is special about: it is as long as its packet, nobody
 * has touched it since its checksum was left to be computed, and the_only_one() is there for it. */
static bool input_plain(void *ctx, struct frame *frame)
{
    struct udp_layer *udp = ctx;
    const uint8_t *ip = frame->data, *octets = ip + IPV4_HDR_LEN;
    struct udp_sock *sock;

    if (UNLIKELY(frame->len < IPV4_HDR_LEN + UDP_HDR_LEN || !frame->checksum.pending ||
                 frame_size(frame) != be16_get(octets + UDP_AT_LEN) + (size_t)IPV4_HDR_LEN))
        return false;
    sock = the_only_one(udp, be32_get(ip + IPV4_AT_DST), be16_get(octets + UDP_AT_DST_PORT));
    if (UNLIKELY(sock == NULL))
        return false;
    frame_pull(frame, IPV4_HDR_LEN + UDP_HDR_LEN);
    give(sock, frame);
    return true;
}

static void input(void *ctx, struct frame *frame, const struct ip_rx *rx)
{
    struct udp_layer *udp = ctx;
    struct node *node = udp->ip->node;
    struct udp_hdr hdr;
    struct endpoint local, from;
    struct udp_sock *sock;
    enum drop_reason why = frame_need(frame, UDP_HDR_LEN)
                               ? udp_parse(frame->data, frame_size(frame), &hdr)
                               : DROP_TRUNCATED;

    /* Over IPv6 there is no datagram without a checksum, RFC 8200 section 8.1. */
    if (why == DROP_NONE && (hdr.checksum != 0 || frame->checksum.pending || rx->hdr6 != NULL)) {
        trim(frame, hdr.len);
        if ((hdr.checksum == 0 && !frame->checksum.pending) || !ip_check_checksum(frame, rx))
            why = DROP_BAD_CHECKSUM;
    }
    if (why != DROP_NONE) {
        node_drop(node, frame->in, frame, why);
        return;
    }
    trim(frame, hdr.len);
    from = ip_rx_remote(rx, hdr.src_port);
    local = ip_rx_local(rx, hdr.dst_port);
    if (rx->kind != ROUTE_LOCAL) {
        frame_pull(frame, UDP_HDR_LEN);
        give_to_all(udp, frame, rx, local, from);
        return;
    }
    sock = lookup(udp, &local, &from, rx->iif);
    if (sock == NULL) {
        if (from.v6)
            icmp6_send_error(udp->ip, frame, ICMP6_DEST_UNREACH, ICMP6_UNREACH_PORT, 0,
                             WHY(ICMP6_PORT_UNREACHABLE, from.addr6.hi, from.addr6.lo, local.port));
        else
            icmp_send_error(udp->ip, frame, ICMP_DEST_UNREACH, ICMP_UNREACH_PORT, 0,
                            WHY(ICMP_PORT_UNREACHABLE, from.addr, local.port));
        node_drop(node, frame->in, frame, DROP_PORT_CLOSED);
        return;
    }
    frame_pull(frame, UDP_HDR_LEN);
    give(sock, frame);
}

/* __udp4_lib_err() */
static void error_input(void *ctx, const struct ip_error *error)
{
    struct udp_layer *udp = ctx;
    struct endpoint local, remote;
    struct udp_sock *sock;

    if (error->transport_len < 4)
        return;
    local = error->local;
    local.port = be16_get(error->transport);
    remote = error->remote;
    remote.port = be16_get(error->transport + 2);
    sock = lookup(udp, &local, &remote, NULL);
    if (sock != NULL)
        errqueue_take(&sock->sock, &sock->errors, error, remote, UDP_HDR_LEN,
                      sock->sock.remote.port != 0);
}

/* ---- output ---- */

/* The address that @sock is bound to, unless that is a group or no longer this host's: then the
 * route's. */
static ip4_addr source_along(const struct sock *sock, const struct route *route)
{
    ip4_addr local = sock->local.addr;

    return local != 0 && !ip4_is_multicast(local) && ip_addr_kind(sock->ip, local) == ROUTE_LOCAL
               ? local
               : route->src;
}

static int route_to(const struct sock *sock, struct endpoint to, struct ip_iface *oif,
                    struct route *route)
{
    struct route_key key = { .dst = to.addr,
                             .src = sock->local.addr,
                             .src_port = sock->local.port,
                             .dst_port = to.port,
                             .protocol = IP_PROTO_UDP };

    return ip_route_for(sock->ip, &key, oif, route);
}

/* The way of a connected socket, which is looked up again when something about routes, addresses or
 * links has changed: Linux's sk_dst_check(). */
static inline int find_way(struct udp_sock *udp, struct ip_iface *oif)
{
    struct sock *sock = &udp->sock;
    int error;

    if (LIKELY(route_valid(sock->ip, &udp->route)))
        return 0;
    error = route_to(sock, sock->remote, oif, &udp->route);
    if (error != 0)
        udp->route.oif = NULL; /* not even where one was found that is down */
    else
        udp->src = source_along(sock, &udp->route);
    return error;
}

static int udp_connect(struct sock *sock, struct endpoint remote)
{
    struct udp_sock *udp = udp_of(sock);
    struct route route;
    int error;

    udp->way.out = NULL;
    if (remote.v6)
        return udp6_connect(sock, remote);
    if (sock->v6 && (sock->options.v6only || !ip6_is_any(sock->local.addr6)))
        return -SIM_ENETUNREACH;
    /* The source of an earlier connect() stays: __ip4_datagram_connect(). */
    error = ip_route(sock->ip, remote.addr, sock->v6 ? 0 : sock->local.addr,
                     sock->options.bound_iface, &route);
    if (error != 0)
        return error;
    if (route.kind == ROUTE_BROADCAST && !sock->options.broadcast)
        return -SIM_EACCES;
    if (sock->local.port == 0 &&
        (error = udp_take_port(udp, endpoint_without_port(sock->local))) != 0)
        return error;
    sock->remote = (struct endpoint){ route.dst, remote.port };
    if (sock->local.addr == 0)
        sock->local = (struct endpoint){ route.src, sock->local.port };
    udp->route = route;
    if (route.n_hops > 0) /* now that the source is known: ip_route_connect() */
        (void)route_to(sock, sock->remote, sock->options.bound_iface, &udp->route);
    udp->src = source_along(sock, &route);
    udp->next_id = (uint16_t)random_u32(&udp->udp->random);
    sock->error = 0;
    return 0;
}

static int udp_disconnect(struct sock *sock)
{
    struct udp_sock *udp = udp_of(sock);

    sock->remote = sock_any(sock);
    udp->route.oif = NULL;
    udp->way.out = NULL;
    if (!sock->bound_addr) {
        uint16_t port = sock->local.port;

        sock->local = sock_any(sock);
        sock->local.port = port;
    }
    if (!sock->bound_port) {
        give_port_back(udp);
        sock->local.port = 0;
    }
    return 0;
}

struct frame *udp_build(const struct udp_sock *udp, const void *octets, size_t len, unsigned flags,
                        uint16_t to)
{
    struct udp_hdr hdr = { .src_port = udp->sock.local.port,
                           .dst_port = to,
                           .len = (uint16_t)(UDP_HDR_LEN + len) };
    bool stable = (flags & SOCK_MSG_STABLE) != 0;
    struct frame *frame = frame_new(udp->sock.node, UDP_HDR_LEN + (stable ? 0 : len));

    udp_emit(&hdr, frame->data);
    if (stable)
        frame_attach(frame, (struct slice){ NULL, octets, (uint32_t)len });
    else if (len > 0)
        memcpy(frame->data + UDP_HDR_LEN, octets, len);
    return frame;
}

/* A datagram that must not be fragmented and is longer than the path takes. */
static int too_long(struct udp_sock *udp, const struct sock_send *message, struct endpoint to,
                    uint32_t mtu)
{
    struct sock_report report = { .error = SIM_EMSGSIZE, .origin = SOCK_ORIGIN_LOCAL, .info = mtu };

    if (udp->sock.options.recverr)
        errqueue_push(&udp->errors, &report, to, message->octets, message->len);
    return -SIM_EMSGSIZE;
}

/* sock_alloc_send_pskb(): only when a datagram is about to be made an earlier error is returned. */
static int refused(struct udp_sock *udp)
{
    if (udp->sock.error != 0)
        return sock_take_error(&udp->sock);
    return udp->shut_write ? -SIM_EPIPE : 0;
}

static int64_t send_datagram(struct sock *sock, const struct sock_send *message)
{
    struct udp_sock *udp = udp_of(sock);
    struct endpoint to = message->has_to ? message->to : sock->remote;
    struct ip_send send = { .protocol = IP_PROTO_UDP };
    struct route looked_up, *route = &looked_up;
    bool connected = !message->has_to, kept; /* kept: it goes the socket's own way */
    struct frame *frame;
    int error;

    if (message->len > IPV4_LEN_MAX)
        return -SIM_EMSGSIZE;
    if (message->flags & SOCK_MSG_OOB)
        return -SIM_EOPNOTSUPP;
    if (to.port == 0)
        return message->has_to ? -SIM_EINVAL : -SIM_EDESTADDRREQ;
    if (message->len > (to.v6 ? UDP6_DATA_MAX : UDP_DATA_MAX))
        return -SIM_EMSGSIZE;
    if (sock->local.port == 0 &&
        (error = udp_take_port(udp, endpoint_without_port(sock->local))) != 0)
        return error;
    if (to.v6)
        return (error = refused(udp)) != 0 ? error : udp6_send(sock, message, to);
    if (sock->v6 && (sock->options.v6only || !ip6_is_any(sock->local.addr6)))
        return -SIM_ENETUNREACH;
    send.dst = to.addr;
    sock_fill_send(sock, &send);
    sock_control_send(sock, message->control, &send);
    if (message->flags & SOCK_MSG_DONTROUTE)
        send.bypass_routes = true;
    kept = connected && (message->control == NULL || message->control->ifindex == 0);
    if (kept) {
        error = find_way(udp, send.oif);
        route = &udp->route;
    } else {
        error = route_to(sock, to, send.oif, &looked_up);
    }
    if (error != 0)
        return error;
    if (route->kind == ROUTE_BROADCAST && !send.broadcast_ok)
        return -SIM_EACCES;
    if (connected && (send.df || send.df_always)) {
        send.use_id = true;
        send.id = udp->next_id++;
    }
    if (UNLIKELY(sock->error != 0 || udp->shut_write)) {
        uint32_t mtu = send.ignore_pmtu ? route->oif->mtu : ip_path_mtu(sock->ip, route);

        if (send.df_always && message->len + UDP_HDR_LEN + IPV4_HDR_LEN > mtu)
            return too_long(udp, message, to, mtu);
        return refused(udp);
    }
    to.addr = route->dst;
    send.src = kept ? udp->src : source_along(sock, route);
    if (message->control != NULL && message->control->has_source && !message->control->source.v6)
        send.src = message->control->source.addr;
    frame = udp_build(udp, message->octets, message->len, message->flags, to.port);
    frame->why = message->why.code != WHY_NONE ? message->why
                                               : WHY(UDP_SEND, message->len, to.addr, to.port);
    frame->why_text = message->why_text;
    ip_prepare_checksum(frame, send.src, to.addr, IP_PROTO_UDP, CHECKSUM_FIELD_UDP);
    if (kept && !sock->v6)
        ip_way_learn(sock->ip, &udp->way, route);
    error = ip_output_routed(sock->ip, frame, &send, route);
    if (error == -SIM_EMSGSIZE)
        return too_long(udp, message, to, ip_path_mtu(sock->ip, route));
    return error != 0 ? error : (int64_t)message->len;
}

/* A datagram of a connected socket that goes the way of the one before it, whole: what
 * send_datagram() does, for there is nothing to look up or to refuse. */
static int64_t udp_send_plain(struct sock *sock, const void *octets, size_t len, unsigned flags)
{
    struct udp_sock *udp = udp_of(sock);
    struct ip_plain plain;
    struct frame *frame;

    if (UNLIKELY((flags & (SOCK_MSG_OOB | SOCK_MSG_MORE)) != 0 || udp->corked || sock->error != 0 ||
                 udp->shut_write || sock->options.mtu_discover != 1 ||
                 sock->options.extra != NULL ||
                 !ip_way_holds(sock->ip, &udp->way, len + UDP_HDR_LEN + IPV4_HDR_LEN)))
        return SOCK_NOT_PLAIN;
    frame = udp_build(udp, octets, len, flags, sock->remote.port);
    frame->why = WHY(UDP_SEND, len, udp->way.dst, sock->remote.port);
    ip_prepare_checksum(frame, udp->src, udp->way.dst, IP_PROTO_UDP, CHECKSUM_FIELD_UDP);
    plain = (struct ip_plain){ .protocol = IP_PROTO_UDP,
                               .src = udp->src,
                               .id = udp->next_id++,
                               .ttl = sock->options.ttl,
                               .tos = sock->options.tos };
    ip_output_along(sock->ip, frame, plain, &udp->way);
    return (int64_t)len;
}

/* MSG_MORE: the octets of several calls make one datagram, which goes where the first said. */
static int64_t send_corked(struct udp_sock *udp, const struct sock_send *message)
{
    struct sock_send whole = *message;
    int64_t result;

    if (!udp->corked) {
        udp->corked = true;
        udp->corked_has_to = message->has_to;
        udp->corked_to = message->to;
    }
    if (udp->corked_octets.len + message->len > UDP_DATA_MAX)
        return -SIM_EMSGSIZE;
    strbuf_add(&udp->corked_octets, message->octets, message->len);
    if (message->flags & SOCK_MSG_MORE)
        return (int64_t)message->len;
    whole.octets = udp->corked_octets.text;
    whole.len = udp->corked_octets.len;
    whole.has_to = udp->corked_has_to;
    whole.to = udp->corked_to;
    whole.flags &= ~(unsigned)SOCK_MSG_STABLE;
    result = send_datagram(&udp->sock, &whole);
    udp->corked = false;
    strbuf_truncate(&udp->corked_octets, 0);
    return result < 0 ? result : (int64_t)message->len;
}

/* The datagram @message has left: timestamps, and its memory is free. */
static void note_sent(struct udp_sock *udp, const struct sock_send *message)
{
    struct sock_extra *extra = sock_extra(&udp->sock);
    uint32_t stamps = sock_stamps(&udp->sock, message->control), key = extra->stamp_key;

    if ((stamps & SOCK_STAMP_TX) != 0 && (extra->stamps & SOCK_STAMP_OPT_ID) != 0)
        extra->stamp_key++;
    if ((stamps & SOCK_STAMP_TX_SCHED) != 0)
        errqueue_stamp(&udp->sock, &udp->errors, SOCK_STAMPED_SCHED, key, message->octets,
                       message->len);
    if (extra->zerocopy && (message->flags & SOCK_MSG_ZEROCOPY) != 0 && message->len > 0) {
        errqueue_copyless(&udp->sock, &udp->errors, extra->zerocopy_key, extra->zerocopy_key, true);
        extra->zerocopy_key++;
    }
    if ((stamps & SOCK_STAMP_TX_SOFTWARE) != 0)
        errqueue_stamp(&udp->sock, &udp->errors, SOCK_STAMPED_SENT, key, message->octets,
                       message->len);
}

static int64_t send_any(struct udp_sock *udp, const struct sock_send *message)
{
    if (!udp->corked && !(message->flags & SOCK_MSG_MORE))
        return send_datagram(&udp->sock, message);
    if (!udp->corked && !message->has_to && udp->sock.remote.port == 0)
        return -SIM_EDESTADDRREQ;
    return send_corked(udp, message);
}

static int64_t udp_send(struct sock *sock, const struct sock_send *message)
{
    struct udp_sock *udp = udp_of(sock);
    int64_t n;

    n = send_any(udp, message);
    if (n >= 0 && (sock->options.extra != NULL || message->control != NULL) && !udp->corked)
        note_sent(udp, message);
    return n;
}

/* ---- the rest of the socket ---- */

static void udp_tell(const struct sock *sock, const struct frame *frame, struct sock_recv *message)
{
    datagram_tell_ip(sock, frame, true, message);
}

static int64_t udp_recv(struct sock *sock, struct sock_recv *message)
{
    struct udp_sock *udp = udp_of(sock);
    int64_t n;

    if (message->flags & SOCK_MSG_ERRQUEUE)
        return errqueue_pop(&udp->errors, message, &sock->error);
    n = datagram_pop(sock, &udp->queue, message, udp_tell);
    /* Linux asks whether it may wait before it looks at the shutdown */
    return n == -SIM_EAGAIN && udp->shut_read && !(message->flags & SOCK_MSG_DONTWAIT) ? 0 : n;
}

/* What udp_recv() does without flags for who wants octets alone, or their number. */
static int64_t udp_recv_plain(struct sock *sock, void *octets, size_t size)
{
    struct udp_sock *udp = udp_of(sock);
    const struct frame *frame = udp->queue.frames.head;
    size_t n;

    if (UNLIKELY(sock->error != 0 || udp->shut_read))
        return SOCK_NOT_PLAIN;
    if (frame == NULL)
        return -SIM_EAGAIN;
    n = frame_size(frame) < size ? frame_size(frame) : size;
    if (octets != NULL)
        frame_copy_out(frame, 0, octets, n);
    datagram_drop_head(&udp->queue);
    return (int64_t)n;
}

static int udp_shutdown(struct sock *sock, enum sock_shutdown how)
{
    struct udp_sock *udp = udp_of(sock);

    udp->shut_read |= how != SOCK_SHUT_WR; /* even where it fails, as on Linux */
    udp->shut_write |= how != SOCK_SHUT_RD;
    sock_wake(sock, SOCK_POLLIN | SOCK_POLLHUP);
    return sock->remote.port == 0 ? -SIM_ENOTCONN : 0;
}

static void udp_close(struct sock *sock)
{
    struct udp_sock *udp = udp_of(sock);

    give_port_back(udp);
    datagram_fini(&udp->queue);
    errqueue_fini(&udp->errors);
    strbuf_fini(&udp->corked_octets);
    udp->udp->n_sockets--;
    sock_fini(sock);
    free(udp);
}

static unsigned udp_poll(struct sock *sock)
{
    struct udp_sock *udp = udp_of(sock);
    unsigned events = SOCK_POLLOUT;

    if (udp->queue.n > 0)
        events |= SOCK_POLLIN;
    if (udp->shut_read)
        events |= SOCK_POLLIN | SOCK_POLLRDHUP | (udp->shut_write ? SOCK_POLLHUP : 0u);
    if (sock->error != 0 || !list_empty(&udp->errors))
        events |=
            SOCK_POLLERR | (sock_kept(sock, OPT_SO_SELECT_ERR_QUEUE) != 0 ? SOCK_POLLPRI : 0u);
    return events;
}

static int udp_set_option(struct sock *sock, enum sock_option option, int value)
{
    (void)value;
    if (option == OPT_SO_BINDTODEVICE)
        udp_of(sock)->route.oif = NULL; /* the way of a connected socket may be another one now */
    return -SIM_ENOPROTOOPT;
}

static int udp_get_option(struct sock *sock, enum sock_option option, int *value)
{
    struct udp_sock *udp = udp_of(sock);

    if (option == OPT_SIOCINQ || option == OPT_SIOCOUTQ) { /* what is sent leaves at once */
        *value =
            option == OPT_SIOCINQ && udp->queue.n > 0 ? (int)datagram_head_len(&udp->queue) : 0;
        return 0;
    }
    if (option != OPT_IP_MTU && option != OPT_IPV6_MTU)
        return -SIM_ENOPROTOOPT;
    if (sock->remote.port == 0)
        return -SIM_ENOTCONN;
    if (sock->remote.v6) {
        *value = udp6_path_mtu(sock);
        return *value < 0 ? *value : 0;
    }
    if (find_way(udp, sock->options.bound_iface) != 0)
        return -SIM_ENOTCONN;
    *value = (int)ip_path_mtu(sock->ip, &udp->route);
    return 0;
}

static const struct sock_ops udp_ops = {
    .name = "udp",
    .bind = udp_bind,
    .connect = udp_connect,
    .disconnect = udp_disconnect,
    .listen = sock_refuse_listen,
    .accept = sock_refuse_accept,
    .send = udp_send,
    .recv = udp_recv,
    .send_plain = udp_send_plain,
    .recv_plain = udp_recv_plain,
    .shutdown = udp_shutdown,
    .close = udp_close,
    .set_option = udp_set_option,
    .get_option = udp_get_option,
    .poll = udp_poll,
};

struct udp_layer *udp_init(struct ip_stack *ip)
{
    static const struct ip_upper_protocol protocol = { .number = IP_PROTO_UDP,
                                                       .v6 = true,
                                                       .input = input,
                                                       .input_plain = input_plain,
                                                       .error = error_input };
    struct udp_layer *udp = mem_zalloc(sizeof *udp);

    udp->ip = ip;
    node_random(ip->node, &udp->random, "udp");
    ip_register(ip, &protocol, udp);
    return udp;
}

void udp_fini(struct udp_layer *udp)
{
    CHECK(udp->n_sockets == 0); /* they belong to processes, which are over */
    free(udp->buckets);
    free(udp);
}

struct sock *udp_socket(struct udp_layer *udp)
{
    struct udp_sock *sock = mem_zalloc_lines(sizeof *sock);

    sock_init(&sock->sock, &udp_ops, udp->ip);
    sock->udp = udp;
    list_init(&sock->link);
    list_init(&sock->errors);
    udp->n_sockets++;
    return &sock->sock;
}

struct sock *udp_socket6(struct udp_layer *udp)
{
    struct sock *sock = udp_socket(udp);

    sock->v6 = true;
    sock->options.v6only = udp->ip->sysctl6.bindv6only;
    sock->local = sock->remote = sock_any(sock);
    return sock;
}

void udp_describe(struct udp_layer *udp, struct describe *out)
{
    for (uint16_t i = 0; udp->buckets != NULL && i < UDP_BUCKETS; i++) {
        struct udp_sock *sock;

        LIST_FOR_EACH(sock, bucket_of(udp, i), struct udp_sock, link)
        if (sock->sock.local.port % UDP_BUCKETS == i) {
            char line[160], local[ENDPOINT_TEXT_MAX], remote[ENDPOINT_TEXT_MAX];
            bool connected = sock->sock.remote.port != 0;

            endpoint_format(sock->sock.local, local);
            snprintf(line, sizeof line, "%s %u 0 %s %s", connected ? "ESTAB" : "UNCONN",
                     sock->queue.octets, local,
                     connected       ? endpoint_format(sock->sock.remote, remote)
                     : sock->sock.v6 ? "[::]:*"
                                     : "0.0.0.0:*");
            describe_row(out, "udp", local, line);
            describe_number(out, "queued", sock->queue.n);
        }
    }
}
