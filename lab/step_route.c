#include "lab/step_route.h"

#include <stdio.h>

#include "lab/step_segment.h"
#include "stack/net/ip6.h"

struct os *step_os(const struct step_moment *moment, const struct node *node)
{
    const struct topo_node *in_file = topology_node(moment->run->network->topology, node->name);

    return in_file != NULL ? network_os(moment->run->network, in_file->index) : NULL;
}

/* ---- addresses ---- */

bool step_has_addr(const struct os *os, const struct endpoint *addr)
{
    if (addr->v6)
        return ip6_enabled(&os->ip) && ip6_addr_find(&os->ip, addr->addr6) != NULL;
    return ip_is_local(&os->ip, addr->addr);
}

static struct ip6_addr first_addr6(const struct os *os)
{
    struct ip6_addr link_local = IP6_ANY;

    for (unsigned i = 1; i < os->ip.n_ifaces; i++) {
        const struct ip6_iface *six = os->ip.ifaces[i]->six;

        for (unsigned j = 0; six != NULL && j < six->n_addrs; j++) {
            if (!ip6_is_link_local(six->addrs[j]->addr))
                return six->addrs[j]->addr;
            link_local = ip6_is_any(link_local) ? six->addrs[j]->addr : link_local;
        }
    }
    return link_local;
}

struct endpoint step_first_addr(const struct os *os, bool v6)
{
    struct endpoint addr = { .v6 = v6 };

    if (v6)
        addr.addr6 = first_addr6(os);
    for (unsigned i = 1; !v6 && i < os->ip.n_ifaces && addr.addr == IP4_ANY; i++)
        if (os->ip.ifaces[i]->n_addrs > 0)
            addr.addr = os->ip.ifaces[i]->addrs[0].addr;
    return addr;
}

const struct node *step_addr_owner(const struct step_moment *moment, const struct endpoint *addr)
{
    const struct sim *sim = moment->run->network->sim;

    for (uint32_t i = 0; i < sim->n_nodes && !endpoint_is_any(addr); i++) {
        const struct os *os = step_os(moment, sim->nodes[i]);

        if (os != NULL && step_has_addr(os, addr))
            return sim->nodes[i];
    }
    return NULL;
}

static bool iface_has(const struct ip_iface *iface, const struct endpoint *addr)
{
    for (unsigned i = 0; !addr->v6 && i < iface->n_addrs; i++)
        if (iface->addrs[i].addr == addr->addr)
            return true;
    for (unsigned i = 0; addr->v6 && iface->six != NULL && i < iface->six->n_addrs; i++)
        if (ip6_eq(iface->six->addrs[i]->addr, addr->addr6))
            return true;
    return false;
}

const struct iface *step_addr_iface(const struct step_moment *moment, const struct endpoint *addr,
                                    const struct iface *from)
{
    const struct sim *sim = moment->run->network->sim;
    const struct iface *found = NULL, *cut = NULL;

    for (uint32_t n = 0; n < sim->n_nodes; n++) {
        const struct os *os = step_os(moment, sim->nodes[n]);

        for (unsigned i = 1; os != NULL && i < os->ip.n_ifaces; i++) {
            const struct ip_iface *iface = os->ip.ifaces[i];

            if (!iface_has(iface, addr))
                continue;
            if (step_segment_reaches(from, iface->iface, &cut))
                return iface->iface;
            found = found != NULL ? found : iface->iface;
        }
    }
    return found;
}

const char *step_addr_format(const struct endpoint *addr, char text[static STEP_ADDR_TEXT_MAX])
{
    return addr->v6 ? ip6_format(addr->addr6, text) : ip4_format(addr->addr, text);
}

struct endpoint step_facts_src(const struct facts *facts)
{
    if (facts->net == FACT_IPV6)
        return (struct endpoint){ .v6 = true, .addr6 = facts->ip6.src };
    return (struct endpoint){ .addr = facts->net == FACT_IPV4 ? facts->ip.src : IP4_ANY };
}

struct endpoint step_facts_dst(const struct facts *facts)
{
    if (facts->net == FACT_IPV6)
        return (struct endpoint){ .v6 = true, .addr6 = facts->ip6.dst };
    return (struct endpoint){ .addr = facts->net == FACT_IPV4 ? facts->ip.dst : IP4_ANY };
}

/* ---- routes ---- */

static enum step_route_found find4(struct os *os, ip4_addr dst, struct step_route *way)
{
    struct route route;
    char prefix[IP4_TEXT_MAX];

    if (ip_is_local(&os->ip, dst))
        return STEP_ROUTE_LOCAL;
    if (ip_route(&os->ip, dst, 0, NULL, &route) != 0 || route.kind != ROUTE_UNICAST ||
        route.oif == NULL) {
        snprintf(way->prefix, sizeof way->prefix, "%s/%u", ip4_format(route.prefix, prefix),
                 route.prefix_len);
        return fib_lookup(&os->ip.fib, dst, NULL, &(uint32_t){ 0 }) != NULL ? STEP_ROUTE_FORBIDS
                                                                            : STEP_ROUTE_NONE;
    }
    way->oif = route.oif;
    way->next_hop = (struct endpoint){ .addr = route.next_hop };
    way->via_gateway = route.via_gateway;
    way->mtu = route.mtu != 0 ? route.mtu : route.oif->mtu;
    return STEP_ROUTE;
}

/* The interface on whose network the link-local @dst is. */
static struct ip_iface *link_of(const struct step_moment *moment, struct os *os,
                                const struct endpoint *dst)
{
    const struct iface *cut = NULL;

    for (unsigned i = 1; i < os->ip.n_ifaces; i++) {
        struct ip_iface *iface = os->ip.ifaces[i];

        if (step_segment_reaches(iface->iface, step_addr_iface(moment, dst, iface->iface), &cut))
            return iface;
    }
    return os->ip.n_ifaces > 1 ? os->ip.ifaces[1] : NULL;
}

/* Whether the entry that wins for @dst says no. */
static bool forbids6(struct os *os, struct ip6_addr dst, struct step_route *way)
{
    const struct fib6_entry *entry, *best = NULL;
    char prefix[IP6_TEXT_MAX];

    for (uint32_t i = 0; (entry = fib6_at(&os->ip, i)) != NULL; i++)
        if (ip6_in_prefix(dst, entry->prefix, entry->prefix_len) &&
            (best == NULL || entry->prefix_len > best->prefix_len))
            best = entry;
    if (best == NULL)
        return false;
    snprintf(way->prefix, sizeof way->prefix, "%s/%u", ip6_format(best->prefix, prefix),
             best->prefix_len);
    return best->kind != ROUTE_UNICAST;
}

static enum step_route_found find6(const struct step_moment *moment, struct os *os,
                                   const struct endpoint *dst, struct step_route *way)
{
    struct ip_iface *link = ip6_is_link_local(dst->addr6) ? link_of(moment, os, dst) : NULL;
    struct route6 route;

    if (step_has_addr(os, dst))
        return STEP_ROUTE_LOCAL;
    if (ip6_route(&os->ip, dst->addr6, IP6_ANY, link, &route) != 0 || route.kind != ROUTE_UNICAST ||
        route.oif == NULL)
        return ip6_enabled(&os->ip) && forbids6(os, dst->addr6, way) ? STEP_ROUTE_FORBIDS
                                                                     : STEP_ROUTE_NONE;
    way->oif = route.oif;
    way->next_hop = (struct endpoint){ .v6 = true, .addr6 = route.next_hop };
    way->via_gateway = route.via_gateway;
    way->mtu = ip6_path_mtu(&route);
    return STEP_ROUTE;
}

enum step_route_found step_route_find(const struct step_moment *moment, struct os *os,
                                      const struct endpoint *dst, struct step_route *route)
{
    *route = (struct step_route){ .oif = NULL };
    return dst->v6 ? find6(moment, os, dst, route) : find4(os, dst->addr, route);
}
