/* Raw sockets of AF_INET6, RFC 3542: they give and take what stands behind the IPv6 headers, and
 * the kernel makes the checksum of ICMPv6. */
#include <stdlib.h>

#include "base/be.h"
#include "base/memory.h"
#include "stack/transport/datagram.h"
#include "stack/transport/inet6.h"
#include "stack/transport/raw.h"
#include "stack/wire/icmp6_wire.h"

struct raw6_sock {
    struct sock sock;
    struct ip_raw_tap tap;
    struct datagram_queue queue;
};

static struct raw6_sock *raw_of(struct sock *sock)
{
    return CONTAINER_OF(sock, struct raw6_sock, sock);
}

static bool seen(struct ip_raw_tap *tap, struct frame *frame, const struct ip_rx *rx)
{
    struct raw6_sock *raw = CONTAINER_OF(tap, struct raw6_sock, tap);
    struct sock *sock = &raw->sock;
    struct datagram about = { .from = ip_rx_remote(rx, 0),
                              .to = ip_rx_local(rx, 0),
                              .ttl = ip_rx_ttl(rx),
                              .tos = ip_rx_tos(rx),
                              .ifindex = rx->iif->index };

    if ((!endpoint_is_any(&sock->local) && !endpoint_same_addr(&sock->local, &about.to)) ||
        (!endpoint_is_any(&sock->remote) && !endpoint_same_addr(&sock->remote, &about.from)) ||
        (sock->options.bound_iface != NULL && sock->options.bound_iface != rx->iif))
        return false;
    frame_finish_checksum(frame);
    return datagram_push(sock, &raw->queue, frame_clone(frame), &about);
}

static int raw6_bind(struct sock *sock, struct endpoint local)
{
    int error = local.v6 ? inet6_may_bind(sock, &local, true) : -SIM_EADDRNOTAVAIL;

    if (error == 0)
        sock->local = endpoint_without_port(local);
    return error;
}

static int raw6_connect(struct sock *sock, struct endpoint remote)
{
    struct route6 route;
    int error = remote.v6 ? inet6_route(sock, &sock->local, &remote, &route) : -SIM_ENETUNREACH;

    if (error != 0)
        return error;
    sock->remote = endpoint_without_port(remote);
    if (endpoint_is_any(&sock->local))
        sock->local.addr6 = route.src;
    return 0;
}

static int raw6_disconnect(struct sock *sock)
{
    sock->remote = sock->local = sock_any(sock);
    return 0;
}

static void put_checksum(struct frame *frame, const struct route6 *route)
{
    struct icmp6_hdr hdr = { frame->data[0], frame->data[1], be32_get(frame->data + 4) };

    icmp6_emit(&hdr, frame->data, frame->len, route->src, route->dst);
}

static int64_t raw6_send(struct sock *sock, const struct sock_send *message)
{
    struct raw6_sock *raw = raw_of(sock);
    struct endpoint to = message->has_to ? message->to : sock->remote;
    struct ip6_send send = { .protocol = raw->tap.protocol };
    struct route6 route;
    struct frame *frame;
    int error;

    if (sock->error != 0)
        return sock_take_error(sock);
    if (endpoint_is_any(&to))
        return -SIM_EDESTADDRREQ;
    if (!to.v6)
        return -SIM_ENETUNREACH;
    if (message->len > IPV6_PAYLOAD_MAX)
        return -SIM_EMSGSIZE;
    if (raw->tap.protocol == IP6_NEXT_ICMP && message->len < ICMP6_HDR_LEN)
        return -SIM_EINVAL;
    error = inet6_route(sock, &sock->local, &to, &route);
    if (error != 0)
        return error;
    inet6_fill_send(sock, &to, &send);
    send.src = route.src;
    frame = frame_new(sock->node, message->len);
    if (message->len > 0)
        memcpy(frame->data, message->octets, message->len);
    if (raw->tap.protocol == IP6_NEXT_ICMP)
        put_checksum(frame, &route);
    frame->why = message->why.code != WHY_NONE ? message->why : WHY0(IP_SEND);
    frame->why_text = message->why_text;
    error = ip6_output_routed(sock->ip, frame, &send, &route);
    return error != 0 ? error : (int64_t)message->len;
}

static int64_t raw6_recv(struct sock *sock, struct sock_recv *message)
{
    return datagram_pop(sock, &raw_of(sock)->queue, message);
}

static int raw6_shutdown(struct sock *sock, enum sock_shutdown how)
{
    (void)how;
    return endpoint_is_any(&sock->remote) ? -SIM_ENOTCONN : 0;
}

static void raw6_close(struct sock *sock)
{
    struct raw6_sock *raw = raw_of(sock);

    ip_raw_tap_remove(&raw->tap);
    datagram_fini(&raw->queue);
    free(raw);
}

static unsigned raw6_poll(struct sock *sock)
{
    return SOCK_POLLOUT | (raw_of(sock)->queue.n > 0 ? SOCK_POLLIN : 0u) |
           (sock->error != 0 ? SOCK_POLLERR | SOCK_POLLIN : 0u);
}

static int raw6_set_option(struct sock *sock, enum sock_option option, int value)
{
    (void)sock;
    (void)option;
    (void)value;
    return -SIM_ENOPROTOOPT;
}

static int raw6_get_option(struct sock *sock, enum sock_option option, int *value)
{
    struct route6 route;

    if (option != OPT_IPV6_MTU)
        return -SIM_ENOPROTOOPT;
    if (endpoint_is_any(&sock->remote) ||
        inet6_route(sock, &sock->local, &sock->remote, &route) != 0)
        return -SIM_ENOTCONN;
    *value = (int)ip6_path_mtu(&route);
    return 0;
}

static const struct sock_ops raw6_ops = {
    .name = "raw6",
    .bind = raw6_bind,
    .connect = raw6_connect,
    .disconnect = raw6_disconnect,
    .listen = sock_refuse_listen,
    .accept = sock_refuse_accept,
    .send = raw6_send,
    .recv = raw6_recv,
    .shutdown = raw6_shutdown,
    .close = raw6_close,
    .set_option = raw6_set_option,
    .get_option = raw6_get_option,
    .poll = raw6_poll,
};

struct sock *raw_socket6(struct ip_stack *ip, uint8_t protocol)
{
    struct raw6_sock *raw = mem_zalloc(sizeof *raw);

    sock_init(&raw->sock, &raw6_ops, ip);
    raw->sock.v6 = true;
    raw->sock.local = raw->sock.remote = sock_any(&raw->sock);
    raw->tap.v6 = true;
    raw->tap.protocol = protocol;
    raw->tap.seen = seen;
    ip_raw_tap_add(ip, &raw->tap);
    return &raw->sock;
}
