#include "stack/transport/udp.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/likely.h"
#include "base/memory.h"
#include "sim/piece.h"
#include "stack/transport/errqueue.h"
#include "stack/transport/udp_internal.h"

static void udp_tell(const struct sock *sock, const struct frame *frame, struct sock_recv *message)
{
    datagram_tell_ip(sock, frame, true, message);
}

static int64_t udp_recv(struct sock *sock, struct sock_recv *message)
{
    struct udp_sock *udp = udp_of(sock);
    int64_t n;

    if (message->flags & SOCK_MSG_ERRQUEUE)
        return errqueue_pop(sock, message);
    n = datagram_pop(sock, &udp->queue, message, udp_tell);
    /* Linux asks whether it may wait before it looks at the shutdown */
    return n == -SIM_EAGAIN && udp->shut_read && !(message->flags & SOCK_MSG_DONTWAIT) ? 0 : n;
}

/* udp_recv() for who wants octets alone. */
APART static int64_t recv_closely(struct sock *sock, void *octets, size_t size, unsigned flags)
{
    return udp_recv(
        sock,
        &(struct sock_recv){ .octets = octets, .size = size, .flags = flags, .octets_only = true });
}

/* The same where there is neither an error nor an end. */
static int64_t udp_recv_plain(struct sock *sock, void *octets, size_t size, unsigned flags)
{
    struct udp_sock *udp = udp_of(sock);
    const struct frame *frame = udp->queue.frames.head;
    size_t n;

    if (UNLIKELY(sock->error != 0 || udp->shut_read))
        return recv_closely(sock, octets, size, flags);
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
    udp_unready(udp);
    sock_wake(sock, SOCK_POLLIN | SOCK_POLLHUP);
    return sock->remote.port == 0 ? -SIM_ENOTCONN : 0;
}

static void udp_close(struct sock *sock)
{
    struct udp_sock *udp = udp_of(sock);

    udp_give_port_back(udp);
    datagram_fini(&udp->queue);
    strbuf_fini(&udp->corked_octets);
    udp->udp->n_sockets--;
    sock_fini(sock);
    piece_free(sock->node, udp, sizeof *udp);
}

static unsigned udp_poll(struct sock *sock)
{
    struct udp_sock *udp = udp_of(sock);
    unsigned events = SOCK_POLLOUT;

    if (udp->queue.n > 0)
        events |= SOCK_POLLIN;
    if (udp->shut_read)
        events |= SOCK_POLLIN | SOCK_POLLRDHUP | (udp->shut_write ? SOCK_POLLHUP : 0u);
    if (sock->error != 0 || sock_has_reports(sock))
        events |=
            SOCK_POLLERR | (sock_kept(sock, OPT_SO_SELECT_ERR_QUEUE) != 0 ? SOCK_POLLPRI : 0u);
    return events;
}

static int udp_set_option(struct sock *sock, enum sock_option option, int value)
{
    (void)value;
    udp_look_anew(udp_of(sock)->udp);
    if (option == OPT_SO_BINDTODEVICE)
        udp_forget_way(udp_of(sock)); /* that of a connected socket may be another one now */
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
    if (udp_find_way(udp, sock->options.bound_iface) != 0)
        return -SIM_ENOTCONN;
    *value = (int)ip_path_mtu(sock->ip, &udp->route);
    return 0;
}

static const struct sock_ops udp_ops = {
    .name = "udp",
    .takes_both = true,
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
    .write_band = true,
};

struct udp_layer *udp_init(struct ip_stack *ip)
{
    static const struct ip_upper_protocol protocol = { .number = IP_PROTO_UDP,
                                                       .v6 = true,
                                                       .input = udp_input,
                                                       .input_plain = udp_input_plain,
                                                       .error = udp_error_input };
    struct udp_layer *udp = piece_zalloc(ip->node, sizeof *udp);

    udp->ip = ip;
    node_random(ip->node, &udp->random, "udp");
    ip_register(ip, &protocol, udp);
    return udp;
}

void udp_fini(struct udp_layer *udp)
{
    CHECK(udp->n_sockets == 0); /* they belong to processes, which are over */
    udp_drop_buckets(udp, udp->buckets, udp->n_buckets);
    piece_free(udp->ip->node, udp, sizeof *udp);
}

struct sock *udp_socket(struct udp_layer *udp)
{
    struct udp_sock *sock = piece_zalloc(udp->ip->node, sizeof *sock);

    sock_init(&sock->sock, &udp_ops, udp->ip);
    sock->udp = udp;
    list_init(&sock->link);
    udp_unready(sock);
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
