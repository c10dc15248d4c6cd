/* UDP over IPv6, RFC 8200 section 8.1. */
#include "stack/transport/inet6.h"
#include "stack/transport/udp_internal.h"

int udp6_connect(struct sock *sock, struct endpoint remote)
{
    struct udp_sock *udp = udp_of(sock);
    struct endpoint from = sock->bound_addr ? sock->local : sock_any(sock);
    struct route6 route;
    int error;

    if (ip6_is_any(remote.addr6))
        remote.addr6 = IP6_LOOPBACK;
    if (!from.v6)
        return -SIM_ENETUNREACH;
    error = inet6_route(sock, &from, &remote, &route);
    if (error != 0)
        return error;
    if (sock->local.port == 0 &&
        (error = udp_take_port(udp, endpoint_without_port(sock->local))) != 0)
        return error;
    sock->remote = remote;
    if (!sock->bound_addr) {
        sock->local.v6 = true;
        sock->local.addr = 0;
        sock->local.addr6 = route.src;
    }
    sock->error = 0;
    return 0;
}

int64_t udp6_send(struct sock *sock, const struct sock_send *message, struct endpoint to)
{
    struct ip6_send send = { .protocol = IP_PROTO_UDP };
    struct route6 route;
    struct frame *frame;
    int error;

    if (ip6_is_any(to.addr6))
        to.addr6 = IP6_LOOPBACK;
    error = inet6_route(sock, &sock->local, &to, &route);
    if (error != 0)
        return error;
    inet6_fill_send(sock, &to, &send);
    inet6_control_send(sock, message->control, &send);
    send.src = route.src;
    if (message->control != NULL && message->control->has_source && message->control->source.v6)
        send.src = message->control->source.addr6;
    if (ip6_is_too_long(&send, &route, UDP_HDR_LEN + message->len))
        return -SIM_EMSGSIZE;
    error = udp_refused(udp_of(sock));
    if (error != 0)
        return error;
    frame = udp_build(udp_of(sock), message->octets, message->len, message->flags, to.port);
    frame->why = message->why.code != WHY_NONE
                     ? message->why
                     : WHY(UDP6_SEND, message->len, to.addr6.hi, to.addr6.lo, to.port);
    frame_set_text(frame, message->why_text);
    ip6_prepare_checksum(frame, send.src, to.addr6, IP_PROTO_UDP, CHECKSUM_FIELD_UDP);
    error = ip6_output_routed(sock->ip, frame, &send, &route);
    return error != 0 ? error : (int64_t)message->len;
}

int udp6_path_mtu(const struct sock *sock)
{
    struct route6 route;

    if (inet6_route(sock, &sock->local, &sock->remote, &route) != 0)
        return -SIM_ENOTCONN;
    return (int)ip6_path_mtu(&route);
}
