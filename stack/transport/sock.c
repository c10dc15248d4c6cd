#include "stack/transport/sock.h"

#include "stack/net/ip.h"

void sock_init(struct sock *sock, const struct sock_ops *ops, struct ip_stack *ip)
{
    *sock = (struct sock){ .ops = ops, .node = ip->node, .ip = ip };
    sock->options = (struct sock_options){ .linger = -1,
                                           .sndbuf = SOCK_SNDBUF_DEFAULT,
                                           .rcvbuf = SOCK_RCVBUF_DEFAULT,
                                           .mtu_discover = 1,
                                           .rcvlowat = 1,
                                           .multicast_ttl = 1,
                                           .multicast_hops = 1,
                                           .mtu_discover6 = 1,
                                           .multicast_loop = true };
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
