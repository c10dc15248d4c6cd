/* Output of UDP: where a socket's datagrams go, and how they leave. */
#include "base/be.h"
#include "base/likely.h"
#include "stack/net/icmp.h"
#include "stack/transport/errqueue.h"
#include "stack/transport/udp_internal.h"
#include "stack/wire/udp_wire.h"

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

int udp_find_way(struct udp_sock *udp, struct ip_iface *oif)
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

int udp_connect(struct sock *sock, struct endpoint remote)
{
    struct udp_sock *udp = udp_of(sock);
    struct route route;
    int error;

    udp->way.out = NULL;
    udp_unready(udp);
    udp_look_anew(udp->udp);
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
    udp->ready.next_id = (uint16_t)random_u32(&udp->udp->random);
    sock->error = 0;
    return 0;
}

int udp_disconnect(struct sock *sock)
{
    struct udp_sock *udp = udp_of(sock);

    sock->remote = sock_any(sock);
    udp_forget_way(udp);
    udp_look_anew(udp->udp);
    if (!sock->bound_addr) {
        uint16_t port = sock->local.port;

        sock->local = sock_any(sock);
        sock->local.port = port;
    }
    if (!sock->bound_port) {
        udp_give_port_back(udp);
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
        frame_attach(frame, (struct slice){ (uint32_t)len, octets, NULL });
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
        errqueue_push(&udp->sock, &report, to, message->octets, message->len);
    return -SIM_EMSGSIZE;
}

/* sock_alloc_send_pskb(): only when a datagram is about to be made an earlier error is returned. */
int udp_refused(struct udp_sock *udp)
{
    if (udp->sock.error != 0)
        return sock_take_error(&udp->sock);
    return udp->shut_write ? -SIM_EPIPE : 0;
}

MEM_LINES_HOLD(sizeof(struct udp_ready) == ARENA_LINE, "what is ready is a line");

static int64_t send_datagram(struct sock *sock, const struct sock_send *message)
{
    struct udp_sock *udp = udp_of(sock);
    struct endpoint to = message->has_to ? message->to : sock->remote;
    struct ip_send send = { .protocol = IP_PROTO_UDP };
    struct route looked_up, *route = &looked_up;
    bool connected = !message->has_to, kept; /* kept: it goes the socket's own way */
    struct frame *frame;
    int error;

    if (sock->local.port == 0 && /* whatever becomes of the datagram */
        (error = udp_take_port(udp, endpoint_without_port(sock->local))) != 0)
        return error;
    if (message->len > IPV4_LEN_MAX)
        return -SIM_EMSGSIZE;
    if (message->flags & SOCK_MSG_OOB)
        return -SIM_EOPNOTSUPP;
    if (to.port == 0)
        return message->has_to ? -SIM_EINVAL : -SIM_EDESTADDRREQ;
    if (message->len > (to.v6 ? UDP6_DATA_MAX : UDP_DATA_MAX))
        return -SIM_EMSGSIZE;
    if (to.v6)
        return udp6_send(sock, message, to);
    if (sock->v6 && (sock->options.v6only || !ip6_is_any(sock->local.addr6)))
        return -SIM_ENETUNREACH;
    send.dst = to.addr;
    sock_fill_send(sock, &send);
    sock_control_send(sock, message->control, &send);
    if (message->flags & SOCK_MSG_DONTROUTE)
        send.bypass_routes = true;
    kept = connected && (message->control == NULL || message->control->ifindex == 0);
    if (kept) {
        error = udp_find_way(udp, send.oif);
        route = &udp->route;
    } else {
        error = route_to(sock, to, send.oif, &looked_up);
    }
    if (error != 0)
        return error;
    if (route->kind == ROUTE_BROADCAST && !send.broadcast_ok)
        return -SIM_EACCES;
    if (connected) {
        send.use_id = true;
        send.id = udp->ready.next_id++;
    }
    if (UNLIKELY(sock->error != 0 || udp->shut_write)) {
        uint32_t mtu = send.ignore_pmtu ? route->oif->mtu : ip_path_mtu(sock->ip, route);

        if (send.df_always && message->len + UDP_HDR_LEN + IPV4_HDR_LEN > mtu)
            return too_long(udp, message, to, mtu);
        return udp_refused(udp);
    }
    to.addr = route->dst;
    send.src = kept ? udp->src : source_along(sock, route);
    if (message->control != NULL && message->control->has_source && !message->control->source.v6)
        send.src = message->control->source.addr;
    frame = udp_build(udp, message->octets, message->len, message->flags, to.port);
    frame->why = message->why.code != WHY_NONE ? message->why
                                               : WHY(UDP_SEND, message->len, to.addr, to.port);
    frame_set_text(frame, message->why_text);
    ip_prepare_checksum(frame, send.src, to.addr, IP_PROTO_UDP, CHECKSUM_FIELD_UDP);
    if (kept && !sock->v6)
        ip_way_learn(sock->ip, &udp->way, route);
    error = ip_output_routed(sock->ip, frame, &send, route);
    if (error == -SIM_EMSGSIZE)
        return too_long(udp, message, to, ip_path_mtu(sock->ip, route));
    return error != 0 ? error : (int64_t)message->len;
}

/* ---- of a connected socket, one like the other ---- */

/* What ip_output_along() and udp_build() write before a datagram is got ready for those to come. */
static void get_ready(struct udp_sock *udp, struct ip_plain plain)
{
    struct udp_ready *ready = &udp->ready;
    struct sock *sock = &udp->sock;
    struct udp_hdr hdr = { .src_port = sock->local.port, .dst_port = sock->remote.port };
    uint8_t *packet = ready->headers + ETH_HDR_LEN;
    uint32_t mtu = udp->way.mtu;

    if (!ip_headers_along(sock->ip, plain, &udp->way, ready->headers, &ready->watched))
        return;
    udp_emit(&hdr, packet + IPV4_HDR_LEN);
    ready->len_max = (uint16_t)(mtu < IPV4_LEN_MAX ? mtu - UDP_AT_DATA : UDP_DATA_MAX);
    ready->version = ip_version(sock->ip);
    ready->out = udp->way.out;
    ready->len = UDP_LEN_NONE;
    sock->options_new = false;
}

/* Nothing about the socket has changed since something was got ready, and @flags are usual. */
static inline bool nothing_new(const struct udp_sock *udp, unsigned flags)
{
    return (flags & (SOCK_MSG_OOB | SOCK_MSG_MORE)) == 0 && udp->sock.error == 0 &&
           !udp->sock.options_new && udp->ready.version == ip_version(udp->sock.ip);
}

/* The lengths of a datagram of @len octets, and what they are part of. */
static void set_len(struct udp_ready *ready, uint16_t len)
{
    uint8_t *packet = ready->headers + ETH_HDR_LEN, *datagram = packet + IPV4_HDR_LEN;
    uint16_t udp_len = (uint16_t)(len + UDP_HDR_LEN);
    uint32_t pseudo = checksum_pseudo(be32_get(packet + IPV4_AT_SRC),
                                      be32_get(packet + IPV4_AT_DST), IP_PROTO_UDP, udp_len);

    be16_put(packet + IPV4_AT_LEN, (uint16_t)(udp_len + IPV4_HDR_LEN));
    ready->ip_sum = checksum_fold(checksum_add(0, packet, IPV4_HDR_LEN));
    be16_put(datagram + UDP_AT_LEN, udp_len);
    be16_put(datagram + UDP_AT_CHECKSUM, checksum_fold(pseudo));
    ready->len = ready->watched ? UDP_LEN_NONE : len;
}

#define BEFORE_UDP (ETH_HDR_LEN + IPV4_HDR_LEN)

/* In @frame a copy of what is ready, and the octets; identification and checksum of IP are the
   datagram's own. */
static inline int64_t send_in(struct udp_sock *udp, struct frame *frame, const void *octets,
                              size_t len, bool stable)
{
    struct udp_ready *ready = &udp->ready;
    uint8_t *headers = frame->data;

    memcpy(headers, ready->headers, sizeof ready->headers);
    ip_number_along(headers + ETH_HDR_LEN, ready->ip_sum, ready->next_id++);
    frame->network = headers + ETH_HDR_LEN;
    frame->checksum = (struct lazy_checksum){ true, IPV4_HDR_LEN, CHECKSUM_FIELD_UDP };
    frame->why = WHY(UDP_SEND, len, udp->sock.remote.addr, udp->sock.remote.port);
    frame->payload = (struct slice){ stable ? (uint32_t)len : 0, stable ? octets : NULL, NULL };
    if (!stable && len > 0)
        memcpy(headers + UDP_HEADERS_LEN, octets, len);
    udp->sock.ip->stats.out++;
    iface_send(ready->out, frame);
    return (int64_t)len;
}

/* Octets that stay as they are go with the frame; others into it. */
APART static int64_t send_ready(struct udp_sock *udp, const void *octets, size_t len, bool stable)
{
    size_t linear = UDP_HEADERS_LEN + (stable ? 0 : len);

    return send_in(udp, frame_new_sent(udp->ready.out->node, linear, BEFORE_UDP), octets, len,
                   stable);
}

/* Along the way of the datagrams before it; @plain has no identification yet. */
static void send_along(struct udp_sock *udp, const void *octets, size_t len, unsigned flags,
                       struct ip_plain plain)
{
    struct sock *sock = &udp->sock;
    struct frame *frame = udp_build(udp, octets, len, flags, sock->remote.port);

    frame->why = WHY(UDP_SEND, len, udp->way.dst, sock->remote.port);
    ip_prepare_checksum(frame, udp->src, udp->way.dst, IP_PROTO_UDP, CHECKSUM_FIELD_UDP);
    plain.id = udp->ready.next_id++;
    ip_output_along(sock->ip, frame, plain, &udp->way);
}

/* The first datagram along a way, or that has to look for one. */
static int64_t send_anew(struct udp_sock *udp, const void *octets, size_t len, unsigned flags)
{
    struct sock *sock = &udp->sock;
    struct ip_plain plain;

    if (UNLIKELY((flags & (SOCK_MSG_OOB | SOCK_MSG_MORE)) != 0 || udp->corked || sock->error != 0 ||
                 udp->shut_write || sock->options.mtu_discover != PMTUDISC_WANT ||
                 sock->options.extra != NULL ||
                 !ip_way_holds(sock->ip, &udp->way, len + UDP_AT_DATA)))
        return udp_send(sock, &(struct sock_send){ .octets = octets, .len = len, .flags = flags });
    plain = (struct ip_plain){ .protocol = IP_PROTO_UDP,
                               .src = udp->src,
                               .ttl = sock->options.ttl,
                               .tos = sock->options.tos };
    get_ready(udp, plain);
    send_along(udp, octets, len, flags, plain);
    return (int64_t)len;
}

/* A datagram of another length than the one before, or something is to be noted or new. */
APART static int64_t send_closely(struct udp_sock *udp, const void *octets, size_t len,
                                  unsigned flags)
{
    if (!nothing_new(udp, flags) || udp->ready.out == NULL || len > udp->ready.len_max)
        return send_anew(udp, octets, len, flags);
    set_len(&udp->ready, (uint16_t)len);
    if (udp->ready.watched)
        ip_neigh_use(udp->sock.ip, udp->way.neigh, true, false);
    return send_ready(udp, octets, len, (flags & SOCK_MSG_STABLE) != 0);
}

/* A datagram of a connected socket that goes the way of the one before it, whole: what
 * send_datagram() does, for there is nothing to look up or to refuse. */
int64_t udp_send_plain(struct sock *sock, const void *octets, size_t len, unsigned flags)
{
    struct udp_sock *udp = udp_of(sock);
    struct frame *frame;

    if (UNLIKELY(udp->ready.len != len || !nothing_new(udp, flags)))
        return send_closely(udp, octets, len, flags);
    mem_fetch(udp->ready.out, 1); /* it is asked for last */
    if (UNLIKELY((flags & SOCK_MSG_STABLE) == 0))
        return send_ready(udp, octets, len, false);
    frame = frame_at_hand(sock->node, UDP_HEADERS_LEN, BEFORE_UDP);
    if (UNLIKELY(frame == NULL))
        return send_ready(udp, octets, len, true);
    return send_in(udp, frame, octets, len, true);
}

/* MSG_MORE: the octets of several calls make one datagram, which goes where the first said. */
static int64_t send_corked(struct udp_sock *udp, const struct sock_send *message)
{
    struct sock_send whole = *message;
    int64_t result;

    if (!udp->corked) {
        udp->corked = true;
        udp_unready(udp);
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
        errqueue_stamp(&udp->sock, SOCK_STAMPED_SCHED, key, message->octets, message->len);
    if (extra->zerocopy && (message->flags & SOCK_MSG_ZEROCOPY) != 0 && message->len > 0) {
        errqueue_copyless(&udp->sock, extra->zerocopy_key, extra->zerocopy_key, true);
        extra->zerocopy_key++;
    }
    if ((stamps & SOCK_STAMP_TX_SOFTWARE) != 0)
        errqueue_stamp(&udp->sock, SOCK_STAMPED_SENT, key, message->octets, message->len);
}

static int64_t send_any(struct udp_sock *udp, const struct sock_send *message)
{
    if (!udp->corked && !(message->flags & SOCK_MSG_MORE))
        return send_datagram(&udp->sock, message);
    if (!udp->corked && !message->has_to && udp->sock.remote.port == 0)
        return -SIM_EDESTADDRREQ;
    return send_corked(udp, message);
}

int64_t udp_send(struct sock *sock, const struct sock_send *message)
{
    struct udp_sock *udp = udp_of(sock);
    int64_t n;

    n = send_any(udp, message);
    if (n >= 0 && (sock->options.extra != NULL || message->control != NULL) && !udp->corked)
        note_sent(udp, message);
    return n;
}
