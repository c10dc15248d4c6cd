/* Multicast groups for `ip maddress` and `netstat -g`. */
#include "stack/net/ip6.h"
#include "stack/net/membership.h"
#include "stack/socket/netctl.h"

#define ALL_HOSTS IP4(224, 0, 0, 1)

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

/* One that was joined by programs or for an address; false behind the last of them. */
static bool joined(const struct membership *members, unsigned n, struct netctl_group *group)
{
    if (members == NULL || n >= members->n_groups)
        return false;
    group->group = ip6_is_mapped(members->groups[n].addr)
                       ? (struct endpoint){ .addr = (ip4_addr)members->groups[n].addr.lo }
                       : (struct endpoint){ .v6 = true, .addr6 = members->groups[n].addr };
    group->users = members->groups[n].refs;
    return true;
}

static bool group_of(const struct ip_iface *iface, unsigned n, bool v6, struct netctl_group *group)
{
    const struct membership *members = !iface->up           ? NULL
                                       : !v6                ? igmp_members(iface)
                                       : iface->six != NULL ? &iface->six->members
                                                            : NULL;
    unsigned n_joined = members == NULL ? 0 : members->n_groups, own;

    if (joined(members, n, group))
        return true;
    own = n - n_joined;
    group->users = 1;
    group->group = (struct endpoint){ .addr = ALL_HOSTS };
    if (!v6)
        return own == 0 && iface->up;
    own += iface->up && iface->ip->sysctl6.forwarding && iface->iface != NULL ? 0 : N_ROUTER_GROUPS;
    if (iface->six == NULL || own >= N_OWN_GROUPS)
        return false;
    group->group = (struct endpoint){ .v6 = true, .addr6 = own_groups[own] };
    return true;
}

bool netctl_group_at(const struct os *os, unsigned n, bool v6, struct netctl_group *group)
{
    for (unsigned i = 0; i < os->ip.n_ifaces; i++) {
        const struct ip_iface *iface = os->ip.ifaces[i];

        *group = (struct netctl_group){ .ifindex = iface->index, .ifname = iface->name };
        for (unsigned k = 0; group_of(iface, k, v6, group); k++, n--)
            if (n == 0)
                return true;
    }
    return false;
}
