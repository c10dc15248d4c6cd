/* ip maddress: the multicast groups of each interface, and the MAC addresses that they need.
 * Joining MAC addresses by hand is not simulated. */
#include <string.h>

#include "apps/ip_internal.h"

#define MAC_IPV4_GROUPS UINT64_C(0x01005e000000) /* RFC 1112 section 6.4 */
#define MAC_IPV6_GROUPS UINT64_C(0x333300000000) /* RFC 2464 section 7 */

static void print_mac(struct ip_run *ip, const struct netctl_group *group)
{
    struct mac_addr mac =
        mac_from_u64(group->group.v6 ? MAC_IPV6_GROUPS | (group->group.addr6.lo & UINT32_MAX)
                                     : MAC_IPV4_GROUPS | (group->group.addr & 0x7fffff));
    char text[MAC_TEXT_MAX];

    process_printf(ip->self, "\tlink  %s\n", mac_format(&mac, text));
}

/* The @n-th group of the interface @index, counted from the oldest: so were the MAC addresses
 * added. */
static bool nth_oldest(struct ip_run *ip, unsigned index, bool v6, unsigned n,
                       struct netctl_group *group)
{
    unsigned total = 0;

    for (unsigned i = 0; netctl_group_at(ip->os, i, v6, group); i++)
        total += group->ifindex == index;
    for (unsigned i = 0; n < total && netctl_group_at(ip->os, i, v6, group); i++)
        if (group->ifindex == index && --total == n)
            return true;
    return false;
}

/* Groups that end at the interface itself need no MAC address. */
static bool has_mac(const struct netctl_group *group)
{
    return !group->group.v6 || ip6_mcast_scope(group->group.addr6) > 1;
}

static bool is_of_all(const struct netctl_group *group)
{
    return group->group.v6 ? ip6_eq(group->group.addr6, IP6_ALL_NODES)
                           : group->group.addr == IP4(224, 0, 0, 1);
}

static void print_macs(struct ip_run *ip, const struct netctl_link *link)
{
    struct netctl_group group;

    if (link->loopback || ip->inet_only || ip->inet6_only)
        return;
    for (int others = 0; others < 2; others++) /* those of all nodes were there first */
        for (int v6 = 1; v6 >= 0; v6--)
            for (unsigned n = 0; nth_oldest(ip, link->index, v6, n, &group); n++)
                if (has_mac(&group) && is_of_all(&group) != others)
                    print_mac(ip, &group);
}

static void print_groups(struct ip_run *ip, const struct netctl_link *link, bool v6)
{
    struct netctl_group group;
    char text[IP6_TEXT_MAX];

    for (unsigned i = 0; netctl_group_at(ip->os, i, v6, &group); i++) {
        if (group.ifindex != link->index)
            continue;
        process_printf(ip->self, "\t%s %s", v6 ? "inet6" : "inet ",
                       v6 ? ip6_format(group.group.addr6, text)
                          : ip4_format(group.group.addr, text));
        if (group.users != 1)
            process_printf(ip->self, " users %u", group.users);
        process_printf(ip->self, "\n");
    }
}

int ip_maddr_object(struct ip_run *ip)
{
    const char *dev = NULL;
    struct netctl_link link;

    if (*ip->argv != NULL && (ip_matches(*ip->argv, "add") || ip_matches(*ip->argv, "delete")))
        return ip_refuse(ip, "joining MAC addresses by hand");
    if (*ip->argv != NULL && (ip_matches(*ip->argv, "show") || ip_matches(*ip->argv, "list")))
        ip->argv++;
    if (*ip->argv != NULL) {
        (void)ip_take(ip, "dev");
        dev = ip_value(ip);
        if (dev == NULL)
            return 255;
        if (!netctl_link_find(ip->os, dev, &link))
            return ip_no_device(ip, dev);
    }
    for (unsigned i = 0; netctl_link_at(ip->os, i, &link); i++) {
        if (dev != NULL && strcmp(dev, link.name) != 0)
            continue;
        process_printf(ip->self, "%u:\t%s\n", link.index, link.name);
        print_macs(ip, &link);
        if (!ip->inet6_only)
            print_groups(ip, &link, false);
        if (!ip->inet_only)
            print_groups(ip, &link, true);
    }
    return 0;
}
