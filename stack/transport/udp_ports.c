/* Ports of UDP: which sockets may have one, where they stand, and how that is shown. */
#include <stdio.h>

#include "base/memory.h"
#include "sim/piece.h"
#include "stack/transport/inet6.h"
#include "stack/transport/udp_internal.h"

void udp_make_buckets(struct udp_layer *udp, uint8_t n)
{
    udp->n_buckets = n;
    udp->buckets = piece_new(udp->ip->node, n * sizeof *udp->buckets);
    for (unsigned i = 0; i < n; i++)
        list_init(&udp->buckets[i]);
}

void udp_drop_buckets(struct udp_layer *udp, struct list *buckets, unsigned n)
{
    if (buckets != NULL)
        piece_free(udp->ip->node, buckets, n * sizeof *buckets);
}

/* A host with more sockets than most: sockets of one port stay in their order. */
static void spread(struct udp_layer *udp)
{
    struct list *old = udp->buckets;
    unsigned n_old = udp->n_buckets;

    if (old == NULL || n_old == UDP_BUCKETS || udp->n_sockets <= n_old)
        return;
    udp_make_buckets(udp, UDP_BUCKETS);
    for (unsigned i = 0; i < n_old; i++) {
        struct udp_sock *sock;

        LIST_FOR_EACH(sock, &old[i], struct udp_sock, link)
        {
            list_remove(&sock->link);
            list_push_back(udp_bucket_of(udp, sock->sock.local.port), &sock->link);
        }
    }
    udp_drop_buckets(udp, old, n_old);
}

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

    LIST_FOR_EACH(other, udp_bucket_of(sock->udp, local.port), struct udp_sock, link)
    if (conflicts(sock, local, other))
        return false;
    return true;
}

/* Who else has the port of @sock, which gets it, and whoever ever had it beside them, know. */
static void note_sharing(struct udp_sock *sock)
{
    struct udp_sock *other;

    sock->shares_port = false;
    LIST_FOR_EACH(other, udp_bucket_of(sock->udp, sock->sock.local.port), struct udp_sock, link)
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
    udp_look_anew(udp);
    spread(udp);
    note_sharing(sock);
    list_push_front(udp_bucket_of(udp, local.port), &sock->link);
    return 0;
}

void udp_give_port_back(struct udp_sock *sock)
{
    udp_look_anew(sock->udp);
    list_remove(&sock->link);
}

int udp_bind(struct sock *sock, struct endpoint local)
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

void udp_describe(struct udp_layer *udp, struct describe *out)
{
    for (uint16_t i = 0; udp->buckets != NULL && i < UDP_BUCKETS; i++) {
        struct udp_sock *sock;

        LIST_FOR_EACH(sock, udp_bucket_of(udp, i), struct udp_sock, link)
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
