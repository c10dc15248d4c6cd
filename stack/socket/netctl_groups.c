/* Multicast groups for `ip maddress` and `netstat -g`. */
#include "stack/net/ip6.h"
#include "stack/socket/netctl.h"

/* The groups that an interface with IPv6 is in by itself, the newest first; the three of routers
 * before those of all nodes (addrconf_join_...()). */
static const struct ip6_addr own_groups[] = {
    IP6(0xff05, 0, 0, 0, 0, 0, 0, 2),
    IP6(0xff01, 0, 0, 0, 0, 0, 0, 2),
    IP6_ALL_ROUTERS,
    IP6_ALL_NODES,
    IP6(0xff01, 0, 0, 0, 0, 0, 0, 1),
};

#define N_ROUTER_GROUPS 3
#define N_OWN_GROUPS    5

/* False behind the last one. */
static bool group4_of(const struct ip_iface *iface, unsigned n, struct netctl_group *group)
{
    ip4_addr addr;
    unsigned users;

    if (!iface->up || !ip_group_at(iface, n, &addr, &users))
        return false;
    group->users = users;
    group->group = (struct endpoint){ .addr = addr };
    return true;
}

/* Those that were joined by programs or for an address, then its own; false behind the last. */
static bool group6_of(const struct ip_iface *iface, unsigned n, struct netctl_group *group)
{
    const struct membership *members;
    unsigned n_joined, own;

    if (iface->six == NULL)
        return false;
    members = &iface->six->members;
    n_joined = iface->up ? members->n_groups : 0;
    group->users = n < n_joined ? members->groups[n].refs : 1;
    if (n < n_joined) {
        group->group = (struct endpoint){ .v6 = true, .addr6 = members->groups[n].addr };
        return true;
    }
    own = n - n_joined;
    if (!iface->up || !iface->ip->sysctl6.forwarding || iface->iface == NULL)
        own += N_ROUTER_GROUPS;
    if (own >= N_OWN_GROUPS)
        return false;
    group->group = (struct endpoint){ .v6 = true, .addr6 = own_groups[own] };
    return true;
}

bool netctl_group_at(const struct os *os, unsigned n, bool v6, struct netctl_group *group)
{
    for (unsigned i = 0; i < os->ip.n_ifaces; i++) {
        const struct ip_iface *iface = os->ip.ifaces[i];

        *group = (struct netctl_group){ .ifindex = iface->index, .ifname = iface->name };
        for (unsigned k = 0; (v6 ? group6_of : group4_of)(iface, k, group); k++, n--)
            if (n == 0)
                return true;
    }
    return false;
}
