/* Raw sockets of AF_INET6, RFC 3542: they give and take what stands behind the IPv6 headers, and
 * the kernel makes the checksum of ICMPv6. */
#include "base/be.h"
#include "stack/transport/inet6.h"
#include "stack/transport/raw_internal.h"
#include "stack/wire/icmp6_wire.h"

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
    struct raw_sock *raw = raw_of(sock);
    struct endpoint to = message->has_to ? message->to : sock->remote;
    struct ip6_send send = { .protocol = raw->tap.protocol };
    struct route6 route;
    struct frame *frame;
    int error;

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
    if (raw->header_included) {
        if (message->len < IPV6_HDR_LEN)
            return -SIM_EINVAL;
        error = ip6_output_whole(sock->ip, raw_frame(sock, message), &route);
        return error != 0 ? error : (int64_t)message->len;
    }
    inet6_fill_send(sock, &to, &send);
    send.src = route.src;
    frame = raw_frame(sock, message);
    if (raw->tap.protocol == IP6_NEXT_ICMP)
        put_checksum(frame, &route);
    error = ip6_output_routed(sock->ip, frame, &send, &route);
    return error != 0 ? error : (int64_t)message->len;
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
    .recv = raw_recv,
    .shutdown = raw_shutdown,
    .close = raw_close,
    .set_option = sock_refuse_set_option,
    .get_option = raw6_get_option,
    .poll = raw_poll,
    .write_band = true,
};

struct sock *raw_socket6(struct ip_stack *ip, uint8_t protocol)
{
    struct sock *sock = raw_new(ip, &raw6_ops, protocol, true);

    raw_of(sock)->header_included = protocol == IP_PROTO_RAW; /* RFC 3542 leaves it to systems */
    return sock;
}
