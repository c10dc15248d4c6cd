#include "stack/socket/netctl6.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sim/sim.h"

static struct ip_iface *find(const struct os *os, const char *name)
{
    return name == NULL ? NULL : ip_iface_find(&os->ip, name);
}

/* ---- addresses ---- */

bool netctl_addr6_at(const struct os *os, unsigned n, struct netctl_addr6 *addr)
{
    if (!ip6_enabled(&os->ip))
        return false;
    for (unsigned i = 0; i < os->ip.n_ifaces; i++) {
        const struct ip_iface *iface = os->ip.ifaces[i];
        const struct ip6_address *from;

        if (n >= iface->six->n_addrs) {
            n -= iface->six->n_addrs;
            continue;
        }
        from = iface->six->addrs[n];
        *addr = (struct netctl_addr6){ .ifindex = iface->index,
                                       .ifname = iface->name,
                                       .addr = from->addr,
                                       .prefix_len = from->prefix_len,
                                       .scope = from->scope,
                                       .tentative = from->tentative,
                                       .dad_failed = from->dad_failed,
                                       .dynamic = from->dynamic,
                                       .valid_until = from->valid_until,
                                       .preferred_until = from->preferred_until };
        return true;
    }
    return false;
}

int netctl_addr6_add(struct os *os, const char *ifname, struct ip6_addr addr, unsigned prefix_len,
                     bool dad)
{
    struct ip_iface *iface = find(os, ifname);
    int error;

    if (iface == NULL)
        return -SIM_ENODEV;
    error = ip6_addr_add(iface, addr, prefix_len, dad);
    if (os->ip.node->sim->started)
        ip6_groups_tell(iface);
    return error;
}

int netctl_addr6_del(struct os *os, const char *ifname, struct ip6_addr addr, unsigned prefix_len)
{
    struct ip_iface *iface = find(os, ifname);

    return iface == NULL ? -SIM_ENODEV : ip6_addr_remove(iface, addr, prefix_len);
}

/* ---- routes ---- */

const char *netctl_route6_text(const struct os *os, uint32_t n, char text[static FIB6_TEXT_MAX])
{
    const struct fib6_entry *entry = fib6_at(&os->ip, n);

    return entry == NULL ? NULL : fib6_entry_format(entry, text);
}

bool netctl_route6_at(const struct os *os, uint32_t n, struct netctl_route6 *route)
{
    const struct fib6_entry *entry = fib6_at(&os->ip, n);

    if (entry == NULL)
        return false;
    *route = (struct netctl_route6){ .prefix = entry->prefix,
                                     .prefix_len = entry->prefix_len,
                                     .kind = entry->kind,
                                     .proto = entry->proto,
                                     .via = entry->via,
                                     .ifname = entry->oif == NULL ? NULL : entry->oif->name,
                                     .metric = entry->metric,
                                     .src = entry->src };
    return true;
}

/* The link that a gateway is on; a link-local one is on the link that is named. */
static struct ip_iface *link_of_gateway(struct os *os, struct ip6_addr via, struct ip_iface *named)
{
    struct route6 route;

    if (ip6_is_link_local(via))
        return named;
    if (ip6_route(&os->ip, via, IP6_ANY, named, &route) != 0 || route.via_gateway ||
        route.kind != ROUTE_UNICAST)
        return NULL;
    return route.oif;
}

static int check(struct os *os, const struct netctl_route6 *route, struct fib6_entry *entry)
{
    if (!ip6_eq(ip6_prefix(route->prefix, route->prefix_len), route->prefix))
        return -SIM_EINVAL;
    if (route->kind != ROUTE_UNICAST)
        return 0;
    if (route->ifname != NULL) {
        entry->oif = find(os, route->ifname);
        if (entry->oif == NULL)
            return -SIM_ENODEV;
        if (!entry->oif->up)
            return -SIM_ENETDOWN;
    }
    if (!ip6_is_any(route->via)) {
        if (ip6_addr_kind(&os->ip, route->via, NULL) != ROUTE_UNICAST)
            return -SIM_EINVAL;
        entry->oif = link_of_gateway(os, route->via, entry->oif);
        if (entry->oif == NULL)
            return -SIM_EHOSTUNREACH;
    }
    if (entry->oif == NULL)
        return -SIM_ENODEV;
    if (!ip6_is_any(route->src) && ip6_addr_kind(&os->ip, route->src, NULL) != ROUTE_LOCAL)
        return -SIM_EINVAL;
    return 0;
}

int netctl_route6_add(struct os *os, const struct netctl_route6 *route, enum netctl_how how)
{
    struct fib6_entry entry = { .prefix = route->prefix,
                                .prefix_len = route->prefix_len,
                                .kind = route->kind,
                                .proto = route->proto,
                                .via = route->via,
                                .metric = route->metric != 0 ? route->metric : IP6_METRIC_USER,
                                .src = route->src,
                                .until = SIM_TIME_NONE };
    int error;

    ip6_enable(&os->ip);
    error = check(os, route, &entry);
    return error != 0 ? error : fib6_add(&os->ip, &entry, how != NETCTL_ADD);
}

int netctl_route6_del(struct os *os, const struct netctl_route6 *route)
{
    struct fib6_entry entry = { .prefix = route->prefix,
                                .prefix_len = route->prefix_len,
                                .via = route->via,
                                .metric = route->metric };

    if (route->ifname != NULL && (entry.oif = find(os, route->ifname)) == NULL)
        return -SIM_ENODEV;
    return ip6_enabled(&os->ip) ? fib6_remove(&os->ip, &entry) : -SIM_ESRCH;
}

int netctl_route6_get(struct os *os, struct ip6_addr dst, struct ip6_addr src, const char *ifname,
                      struct route6 *route)
{
    struct ip_iface *oif = find(os, ifname);

    if (ifname != NULL && oif == NULL)
        return -SIM_ENODEV;
    return ip6_route(&os->ip, dst, src, oif, route);
}

bool netctl_route6_learned_next(struct os *os, uint32_t *at, struct route6 *route)
{
    return ip6_learned_next(&os->ip, at, route);
}

void netctl_route6_forget_learned(struct os *os)
{
    ip6_forget_learned(&os->ip);
}

/* ---- neighbors ---- */

void netctl_neighs6(const struct os *os, void (*each)(void *ctx, const struct netctl_neigh6 *neigh),
                    void *ctx)
{
    struct neigh_info *infos;
    uint32_t n;

    if (!ip6_enabled(&os->ip))
        return;
    n = neigh_list(ip6_neigh(&os->ip), NULL, 0);
    infos = mem_alloc((n + 1) * sizeof *infos);
    neigh_list(ip6_neigh(&os->ip), infos, n);
    for (uint32_t i = 0; i < n; i++)
        each(ctx, &(struct netctl_neigh6){ .addr = infos[i].addr6,
                                           .ifname = infos[i].iface->name,
                                           .state = infos[i].state,
                                           .has_mac = infos[i].has_mac,
                                           .is_router = infos[i].is_router,
                                           .mac = infos[i].mac });
    free(infos);
}

int netctl_neigh6_set(struct os *os, const struct netctl_neigh6 *neigh, bool replace)
{
    struct ip_iface *iface = find(os, neigh->ifname);

    if (iface == NULL || iface->iface == NULL)
        return -SIM_ENODEV;
    ip6_enable(&os->ip);
    return neigh_set6(ip6_neigh(&os->ip), iface, neigh->addr, &neigh->mac, neigh->state, replace);
}

int netctl_neigh6_del(struct os *os, const char *ifname, struct ip6_addr addr)
{
    struct ip_iface *iface = find(os, ifname);

    if (iface == NULL)
        return -SIM_ENODEV;
    return ip6_enabled(&os->ip) ? neigh_delete6(ip6_neigh(&os->ip), iface, addr) : -SIM_ENOENT;
}
