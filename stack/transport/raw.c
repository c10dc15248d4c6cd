#include "stack/transport/raw_internal.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/memory.h"
#include "stack/net/ip_options.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/ipv4_wire.h"

/* ---- both families ---- */

static bool raw_seen(struct ip_raw_tap *tap, struct frame *frame, const struct ip_rx *rx)
{
    struct raw_sock *raw = CONTAINER_OF(tap, struct raw_sock, tap);
    struct sock *sock = &raw->sock;
    struct endpoint from = ip_rx_remote(rx, 0), to = ip_rx_local(rx, 0);

    if ((!endpoint_is_any(&sock->local) && !endpoint_same_addr(&sock->local, &to)) ||
        (!endpoint_is_any(&sock->remote) && !endpoint_same_addr(&sock->remote, &from)) ||
        (sock->options.bound_iface != NULL && sock->options.bound_iface != rx->iif))
        return false;
    frame_finish_checksum(frame);
    return datagram_take(sock, &raw->queue, frame_clone(frame));
}

/* raw_err(): a raw socket sees its own transport header, so all that is quoted. */
static void raw_error(struct ip_raw_tap *tap, const struct ip_error *error)
{
    struct raw_sock *raw = CONTAINER_OF(tap, struct raw_sock, tap);
    struct sock *sock = &raw->sock;

    if ((!endpoint_is_any(&sock->local) && !endpoint_same_addr(&sock->local, &error->local)) ||
        (!endpoint_is_any(&sock->remote) && !endpoint_same_addr(&sock->remote, &error->remote)))
        return;
    errqueue_take(sock, error, error->remote, 0, !endpoint_is_any(&sock->remote));
}

struct sock *raw_new(struct ip_stack *ip, const struct sock_ops *ops, uint8_t protocol, bool v6)
{
    struct raw_sock *raw = mem_zalloc(sizeof *raw);

    sock_init(&raw->sock, ops, ip);
    raw->sock.v6 = v6;
    raw->sock.local = raw->sock.remote = sock_any(&raw->sock);
    raw->tap.v6 = v6;
    raw->tap.protocol = protocol;
    raw->tap.seen = raw_seen;
    raw->tap.error = raw_error;
    ip_raw_tap_add(ip, &raw->tap);
    return &raw->sock;
}

struct frame *raw_frame(struct sock *sock, const struct sock_send *message)
{
    struct frame *frame = frame_new(sock->node, message->len);

    if (message->len > 0)
        memcpy(frame->data, message->octets, message->len);
    frame->why = message->why.code != WHY_NONE ? message->why : WHY0(IP_SEND);
    frame_set_text(frame, message->why_text);
    frame->confirms_neighbor = (message->flags & SOCK_MSG_CONFIRM) != 0;
    return frame;
}

static void tell(const struct sock *sock, const struct frame *frame, struct sock_recv *message)
{
    datagram_tell_ip(sock, frame, false, message);
}

int64_t raw_recv(struct sock *sock, struct sock_recv *message)
{
    if (message->flags & SOCK_MSG_ERRQUEUE)
        return errqueue_pop(sock, message);
    return datagram_pop(sock, &raw_of(sock)->queue, message, tell);
}

int raw_shutdown(struct sock *sock, enum sock_shutdown how)
{
    (void)how;
    return endpoint_is_any(&sock->remote) ? -SIM_ENOTCONN : 0;
}

void raw_close(struct sock *sock)
{
    struct raw_sock *raw = raw_of(sock);

    ip_raw_tap_remove(&raw->tap);
    datagram_fini(&raw->queue);
    sock_fini(sock);
    free(raw);
}

unsigned raw_poll(struct sock *sock)
{
    return SOCK_POLLOUT | (raw_of(sock)->queue.n > 0 ? SOCK_POLLIN : 0u) |
           (sock->error != 0 || sock_has_reports(sock) ? SOCK_POLLERR | SOCK_POLLIN : 0u);
}

/* ---- raw IPv4 ---- */

static int raw_bind(struct sock *sock, struct endpoint local)
{
    if (local.addr != 0 && ip_addr_kind(sock->ip, local.addr) == ROUTE_UNICAST)
        return -SIM_EADDRNOTAVAIL;
    sock->local.addr = local.addr;
    return 0;
}

static int raw_connect(struct sock *sock, struct endpoint remote)
{
    struct route route;
    int error =
        ip_route(sock->ip, remote.addr, sock->local.addr, sock->options.bound_iface, &route);

    if (error != 0)
        return error;
    if (route.kind == ROUTE_BROADCAST && !sock->options.broadcast)
        return -SIM_EACCES;
    sock->remote.addr = route.dst;
    if (sock->local.addr == 0)
        sock->local.addr = route.src;
    return 0;
}

static int raw_disconnect(struct sock *sock)
{
    sock->remote.addr = sock->local.addr = 0;
    return 0;
}

/* IP_HDRINCL: the caller's header goes out as it is, but for its length and checksum, and where
 * they are 0 the source and the identification: raw_send_hdrinc(). */
static int send_with_header(struct raw_sock *raw, const struct sock_send *message, ip4_addr to)
{
    struct ip_stack *ip = raw->sock.ip;
    struct ip_send send = { .dst = to, .src = raw->sock.local.addr };
    struct route route;
    struct frame *frame;
    size_t hdr_len;
    uint8_t *octets;
    int error;

    if (message->len < IPV4_HDR_LEN)
        return -SIM_EINVAL;
    hdr_len = (((const uint8_t *)message->octets)[IPV4_AT_VERSION_IHL] & 0xfu) * 4u;
    if (hdr_len > message->len)
        return -SIM_EINVAL;
    sock_fill_send(&raw->sock, &send);
    error = ip_route(ip, to, send.src, send.oif, &route);
    if (error != 0)
        return error;
    if (message->len > route.oif->mtu)
        return -SIM_EMSGSIZE;
    frame = raw_frame(&raw->sock, message);
    octets = frame->data;
    if (hdr_len >= IPV4_HDR_LEN) {
        if (be32_get(octets + IPV4_AT_SRC) == 0)
            be32_put(octets + IPV4_AT_SRC, send.src != 0 ? send.src : route.src);
        if (be16_get(octets + IPV4_AT_ID) == 0 && (octets[IPV4_AT_FRAG] & IPV4_DF >> 8) == 0)
            be16_put(octets + IPV4_AT_ID, ip_next_id(ip));
        be16_put(octets + IPV4_AT_LEN, (uint16_t)message->len);
        be16_put(octets + IPV4_AT_CHECKSUM, 0);
        be16_put(octets + IPV4_AT_CHECKSUM, checksum_finish(checksum_add(0, octets, hdr_len)));
    }
    return ip_output_whole(ip, frame, &send);
}

static int64_t raw_send(struct sock *sock, const struct sock_send *message)
{
    struct raw_sock *raw = raw_of(sock);
    ip4_addr to = message->has_to ? message->to.addr : sock->remote.addr;
    struct ip_send send = { .protocol = raw->tap.protocol, .src = sock->local.addr };
    struct ip_options options;
    int error;

    if (message->len > IPV4_LEN_MAX)
        return -SIM_EMSGSIZE;
    if (to == 0)
        return -SIM_EDESTADDRREQ;
    if (raw->header_included) {
        if (sock->error != 0) /* as on Linux only here */
            return sock_take_error(sock);
        error = send_with_header(raw, message, to);
        return error != 0 ? error : (int64_t)message->len;
    }
    if (message->len > IPV4_LEN_MAX - IPV4_HDR_LEN)
        return -SIM_EMSGSIZE;
    send.dst = to;
    sock_fill_send(sock, &send);
    if (message->n_ip_options > 0) {
        error = ip_options_to_send(sock->ip, message->ip_options, message->n_ip_options, &options);
        if (error != 0)
            return error;
        send.options = options.octets;
        send.n_options = options.len;
        send.gaps = options.gaps;
    }
    error = ip_output(sock->ip, raw_frame(sock, message), &send);
    return error != 0 ? error : (int64_t)message->len;
}

static int raw_set_option(struct sock *sock, enum sock_option option, int value)
{
    if (option != OPT_IP_HDRINCL)
        return -SIM_ENOPROTOOPT;
    raw_of(sock)->header_included = value != 0;
    return 0;
}

static int raw_get_option(struct sock *sock, enum sock_option option, int *value)
{
    struct route route;

    if (option == OPT_IP_HDRINCL) {
        *value = raw_of(sock)->header_included;
        return 0;
    }
    if (option != OPT_IP_MTU)
        return -SIM_ENOPROTOOPT;
    if (sock->remote.addr == 0 || ip_route(sock->ip, sock->remote.addr, 0, NULL, &route) != 0)
        return -SIM_ENOTCONN;
    *value = (int)ip_path_mtu(sock->ip, &route);
    return 0;
}

static const struct sock_ops raw_ops = {
    .name = "raw",
    .bind = raw_bind,
    .connect = raw_connect,
    .disconnect = raw_disconnect,
    .listen = sock_refuse_listen,
    .accept = sock_refuse_accept,
    .send = raw_send,
    .recv = raw_recv,
    .shutdown = raw_shutdown,
    .close = raw_close,
    .set_option = raw_set_option,
    .get_option = raw_get_option,
    .poll = raw_poll,
    .write_band = true,
};

struct sock *raw_socket(struct ip_stack *ip, uint8_t protocol)
{
    struct sock *sock = raw_new(ip, &raw_ops, protocol, false);

    raw_of(sock)->header_included = protocol == IP_PROTO_RAW;
    return sock;
}

/* ---- packet sockets ---- */

struct packet_sock {
    struct sock sock;
    struct ether_tap tap;
    struct ether *ether;
    struct datagram_queue queue;
    bool cooked;
};

static struct packet_sock *packet_of(struct sock *sock)
{
    return CONTAINER_OF(sock, struct packet_sock, sock);
}

static void packet_seen(struct ether_tap *tap, struct iface *iface, struct frame *frame,
                        bool outgoing)
{
    struct packet_sock *packet = CONTAINER_OF(tap, struct packet_sock, tap);
    struct frame *copy;

    if (outgoing && tap->ethertype != 0) /* as on Linux only ETH_P_ALL sees what goes out */
        return;
    if (packet->sock.options.bound_iface != NULL &&
        packet->sock.options.bound_iface->iface != iface)
        return;
    frame_finish_checksum(frame); /* the program reads octets: they must be right */
    copy = frame_clone(frame);
    copy->network = NULL;
    if (packet->cooked)
        frame_pull(copy, ETH_HDR_LEN);
    if (!datagram_take(&packet->sock, &packet->queue, copy))
        return;
    copy->in = iface;
    copy->ether = frame->data;
    copy->mark = outgoing ? FRAME_MARK_OUTGOING : 0;
    if (!outgoing)
        frame->mark |= FRAME_MARK_TAPPED;
}

static void packet_tell(const struct sock *sock, const struct frame *frame,
                        struct sock_recv *message)
{
    message->from = message->to = (struct endpoint){ 0 };
    message->ttl = message->tos = 0;
    message->ifindex = ip_iface_of(sock->ip, frame->in)->index;
    message->from_mac = *eth_src_at(frame->ether);
    message->outgoing = (frame->mark & FRAME_MARK_OUTGOING) != 0;
}

static int packet_bind(struct sock *sock, struct endpoint local)
{
    (void)sock;
    (void)local;
    return -SIM_EINVAL; /* by interface: OPT_SO_BINDTODEVICE */
}

static int packet_connect(struct sock *sock, struct endpoint remote)
{
    (void)sock;
    (void)remote;
    return -SIM_EOPNOTSUPP;
}

static int packet_disconnect(struct sock *sock)
{
    (void)sock;
    return -SIM_EOPNOTSUPP;
}

static int64_t packet_send(struct sock *sock, const struct sock_send *message)
{
    struct packet_sock *packet = packet_of(sock);
    struct ip_iface *oif = sock->options.bound_iface;

    if (packet->cooked)
        return -SIM_EOPNOTSUPP;
    if (oif == NULL || oif->iface == NULL)
        return -SIM_ENXIO;
    if (!oif->up)
        return -SIM_ENETDOWN;
    if (message->len < ETH_HDR_LEN || message->len > oif->mtu + (size_t)ETH_HDR_LEN)
        return message->len < ETH_HDR_LEN ? -SIM_EINVAL : -SIM_EMSGSIZE;
    ether_output_raw(packet->ether, oif->iface, raw_frame(sock, message));
    return (int64_t)message->len;
}

static int64_t packet_recv(struct sock *sock, struct sock_recv *message)
{
    return datagram_pop(sock, &packet_of(sock)->queue, message, packet_tell);
}

static int packet_shutdown(struct sock *sock, enum sock_shutdown how)
{
    (void)sock;
    (void)how;
    return -SIM_EOPNOTSUPP;
}

static void packet_close(struct sock *sock)
{
    struct packet_sock *packet = packet_of(sock);

    ether_tap_remove(&packet->tap);
    datagram_fini(&packet->queue);
    sock_fini(sock);
    free(packet);
}

static unsigned packet_poll(struct sock *sock)
{
    return SOCK_POLLOUT | (packet_of(sock)->queue.n > 0 ? SOCK_POLLIN : 0u);
}

static const struct sock_ops packet_ops = {
    .name = "packet",
    .bind = packet_bind,
    .connect = packet_connect,
    .disconnect = packet_disconnect,
    .listen = sock_refuse_listen,
    .accept = sock_refuse_accept,
    .send = packet_send,
    .recv = packet_recv,
    .shutdown = packet_shutdown,
    .close = packet_close,
    .set_option = sock_refuse_set_option,
    .get_option = sock_refuse_get_option,
    .poll = packet_poll,
    .write_band = true,
};

struct sock *packet_socket(struct ip_stack *ip, struct ether *ether, uint16_t ethertype,
                           bool cooked)
{
    struct packet_sock *packet = mem_zalloc(sizeof *packet);

    sock_init(&packet->sock, &packet_ops, ip);
    packet->ether = ether;
    packet->cooked = cooked;
    packet->tap.ethertype = ethertype;
    packet->tap.seen = packet_seen;
    ether_tap_add(ether, &packet->tap);
    ip->changes++; /* headers that are ready would pass it by */
    return &packet->sock;
}

void packet_set_promiscuous(struct sock *sock, bool on)
{
    packet_of(sock)->tap.promiscuous = on;
}
