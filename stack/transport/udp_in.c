/* Input of UDP: which socket a datagram is for. */
#include "base/be.h"
#include "base/likely.h"
#include "stack/net/icmp.h"
#include "stack/net/ip6.h"
#include "stack/transport/errqueue.h"
#include "stack/transport/udp_internal.h"
#include "stack/wire/icmp6_wire.h"

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
    LIST_FOR_EACH(sock, udp_bucket_of(udp, local.port), struct udp_sock, link)
    n += IN_GROUP(sock);
    chosen = (uint32_t)((random_mix(key ^ local.addr) >> 32) * n >> 32);
    LIST_FOR_EACH(sock, udp_bucket_of(udp, local.port), struct udp_sock, link)
    if (IN_GROUP(sock) && chosen-- == 0)
        return sock;
#undef IN_GROUP
    return first;
}

static struct udp_sock *lookup(struct udp_layer *udp, const struct endpoint *local,
                               const struct endpoint *remote, const struct ip_iface *iif)
{
    struct list *bucket = udp_bucket_of(udp, local->port); /* once, and not at every turn */
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
static bool is_the_only_one(const struct udp_sock *udp, ip4_addr local, uint16_t port)
{
    const struct sock *sock = &udp->sock;

    return sock->local.port == port && !udp->shares_port && !sock->local.v6 &&
           (sock->local.addr == 0 || sock->local.addr == local) && sock->remote.port == 0 &&
           sock->options.bound_iface == NULL;
}

SELDOM static struct udp_sock *find_the_only_one(struct udp_layer *udp, ip4_addr local,
                                                 uint16_t port)
{
    struct udp_sock *sock;

    LIST_FOR_EACH(sock, udp_bucket_of(udp, port), struct udp_sock, link)
    if (is_the_only_one(sock, local, port)) {
        udp->last = sock->sock.local.addr == 0 ? sock : NULL;
        udp->last_port = port;
        return sock;
    }
    return NULL;
}

/* What lookup() finds where that is plain, else NULL; mostly what it found last, of which nothing
 * is looked at. */
static inline struct udp_sock *the_only_one(struct udp_layer *udp, ip4_addr local, uint16_t port)
{
    if (LIKELY(udp->last != NULL && udp->last_port == port))
        return udp->last;
    return find_the_only_one(udp, local, port);
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

    LIST_FOR_EACH(sock, udp_bucket_of(udp, local.port), struct udp_sock, link)
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
bool udp_input_plain(void *ctx, struct frame *frame)
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
    (void)datagram_take_at(&sock->sock, &sock->queue, frame, frame->arrives_at);
    return true;
}

void udp_input(void *ctx, struct frame *frame, const struct ip_rx *rx)
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
void udp_error_input(void *ctx, const struct ip_error *error)
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
        errqueue_take(&sock->sock, error, remote, UDP_HDR_LEN, sock->sock.remote.port != 0);
}
