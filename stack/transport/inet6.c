#include "stack/transport/inet6.h"

struct ip_iface *inet6_oif(const struct sock *sock, const struct endpoint *remote)
{
    bool link_only = ip6_is_link_local(remote->addr6) ||
                     (ip6_is_multicast(remote->addr6) && ip6_mcast_scope(remote->addr6) <= 2);

    if (sock->options.bound_iface != NULL)
        return sock->options.bound_iface;
    if (link_only && remote->scope != 0)
        return ip_iface_by_index(sock->ip, remote->scope);
    if (ip6_is_multicast(remote->addr6))
        return sock_multicast_if(sock);
    return NULL;
}

int inet6_may_bind(const struct sock *sock, const struct endpoint *local, bool groups)
{
    if (!local->v6) /* it came as ::ffff:a.b.c.d */
        return sock->options.v6only ? -SIM_EINVAL : 0;
    if (ip6_is_any(local->addr6))
        return 0;
    if (ip6_is_multicast(local->addr6))
        return groups ? 0 : -SIM_EINVAL;
    if (ip6_is_link_local(local->addr6) && local->scope == 0 && sock->options.bound_iface == NULL)
        return -SIM_EINVAL;
    if (!ip6_enabled(sock->ip) ||
        ip6_addr_kind(sock->ip, local->addr6, inet6_oif(sock, local)) != ROUTE_LOCAL)
        return -SIM_EADDRNOTAVAIL;
    return 0;
}

void inet6_fill_send(const struct sock *sock, const struct endpoint *remote, struct ip6_send *send)
{
    const struct sock_options *options = &sock->options;
    bool group = ip6_is_multicast(remote->addr6);

    send->dst = remote->addr6;
    send->hop_limit = group ? options->multicast_hops : options->hops;
    send->tclass = options->tclass;
    send->oif = inet6_oif(sock, remote);
    send->dont_fragment =
        (options->mtu_discover6 >= PMTUDISC_DO && options->mtu_discover6 < PMTUDISC_OMIT) ||
        options->dontfrag;
    send->ignore_pmtu = options->mtu_discover6 >= PMTUDISC_PROBE;
    send->frag_size = sock_extra_of(sock)->frag_size6;
}

void inet6_control_send(const struct sock *sock, const struct sock_control *control,
                        struct ip6_send *send)
{
    if (control == NULL)
        return;
    if (control->has_ttl)
        send->hop_limit = control->ttl;
    if (control->has_tos)
        send->tclass = control->tos;
    if (control->ifindex != 0)
        send->oif = ip_iface_by_index(sock->ip, control->ifindex);
}

int inet6_route(const struct sock *sock, const struct endpoint *local,
                const struct endpoint *remote, struct route6 *route)
{
    struct ip6_addr src = local->v6 && !ip6_is_multicast(local->addr6) ? local->addr6 : IP6_ANY;
    int error = ip6_route(sock->ip, remote->addr6, src, inet6_oif(sock, remote), route);

    if (error == 0 && ip6_is_any(route->src))
        return -SIM_EADDRNOTAVAIL;
    return error;
}
