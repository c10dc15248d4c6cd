#include "stack/transport/sock.h"

#include <stdlib.h>

#include "base/memory.h"
#include "stack/net/ip.h"
#include "stack/transport/errqueue.h"

void sock_init(struct sock *sock, const struct sock_ops *ops, struct ip_stack *ip)
{
    *sock = (struct sock){ .ops = ops, .node = ip->node, .ip = ip };
    sock->options = (struct sock_options){ .linger = -1,
                                           .sndbuf = SOCK_SNDBUF_DEFAULT,
                                           .rcvbuf = SOCK_RCVBUF_DEFAULT,
                                           .mtu_discover = PMTUDISC_WANT,
                                           .rcvlowat = 1,
                                           .multicast_ttl = 1,
                                           .multicast_hops = 1,
                                           .mtu_discover6 = PMTUDISC_WANT,
                                           .multicast_loop = true };
}

const struct sock_extra *sock_extra_of(const struct sock *sock)
{
    static const struct sock_extra none = { 0 };

    return sock->options.extra != NULL ? sock->options.extra : &none;
}

struct sock_extra *sock_extra(struct sock *sock)
{
    if (sock->options.extra == NULL) {
        sock->options.extra = mem_zalloc(sizeof *sock->options.extra);
        sock->options_new = true;
        list_init(&sock->options.extra->errors);
    }
    return sock->options.extra;
}

void sock_fini(struct sock *sock)
{
    if (sock->options.extra == NULL)
        return;
    errqueue_fini(&sock->options.extra->errors);
    free(sock->options.extra);
    sock->options.extra = NULL;
}

void sock_inherit(struct sock *sock, const struct sock *listener)
{
    struct sock_extra *extra;

    sock->options = listener->options;
    sock->options.extra = NULL;
    if (listener->options.extra == NULL)
        return;
    extra = sock_extra(sock);
    *extra = *listener->options.extra;
    list_init(&extra->errors);
    extra->cookie = 0;
}

uint32_t sock_stamps(const struct sock *sock, const struct sock_control *control)
{
    uint32_t stamps = sock_extra_of(sock)->stamps;

    return control != NULL && control->has_stamps
               ? (stamps & ~(uint32_t)SOCK_STAMP_TX) | control->stamps
               : stamps;
}

struct ip_iface *sock_multicast_if(const struct sock *sock)
{
    return ip_iface_by_index(sock->ip, sock->options.multicast_ifindex);
}

bool sock_set_multicast_if(struct sock *sock, int ifindex)
{
    bool known = ifindex > 0 && ip_iface_by_index(sock->ip, (unsigned)ifindex) != NULL;

    sock->options.multicast_ifindex = (uint16_t)(known ? ifindex : 0);
    return known || ifindex == 0;
}

int sock_take_error(struct sock *sock)
{
    int error = sock->error;

    sock->error = 0;
    return -error;
}

int sock_from_api(const struct sock *sock, struct endpoint *endpoint)
{
    if (sock->v6 && !endpoint->v6) /* UDP knows sockaddr_in, which is too short for the others */
        return sock->ops->takes_both ? 0 : -SIM_EINVAL;
    if (endpoint->v6 != sock->v6)
        return -SIM_EAFNOSUPPORT;
    if (endpoint->v6 && ip6_is_mapped(endpoint->addr6))
        *endpoint = (struct endpoint){ (ip4_addr)endpoint->addr6.lo, endpoint->port };
    return 0;
}

struct endpoint sock_to_api(const struct sock *sock, struct endpoint endpoint)
{
    if (sock->v6 && !endpoint.v6) {
        endpoint.v6 = true;
        endpoint.addr6 = ip6_from_mapped(endpoint.addr);
        endpoint.addr = 0;
    }
    return endpoint;
}

bool sock_matches_local(const struct endpoint *bound, bool v6only, const struct endpoint *local)
{
    if (endpoint_is_any(bound))
        return bound->v6 ? local->v6 || !v6only : !local->v6;
    return endpoint_same_addr(bound, local);
}

bool sock_addrs_meet(const struct endpoint *a, bool a_v6only, const struct endpoint *b,
                     bool b_v6only)
{
    return sock_matches_local(a, a_v6only, b) || sock_matches_local(b, b_v6only, a);
}

int sock_refuse_listen(struct sock *sock, int backlog)
{
    (void)sock;
    (void)backlog;
    return -SIM_EOPNOTSUPP;
}

struct sock *sock_refuse_accept(struct sock *sock, int *error)
{
    (void)sock;
    *error = -SIM_EOPNOTSUPP;
    return NULL;
}

int sock_refuse_set_option(struct sock *sock, enum sock_option option, int value)
{
    (void)sock;
    (void)option;
    (void)value;
    return -SIM_ENOPROTOOPT;
}

int sock_refuse_get_option(struct sock *sock, enum sock_option option, int *value)
{
    (void)sock;
    (void)option;
    (void)value;
    return -SIM_ENOPROTOOPT;
}
