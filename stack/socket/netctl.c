#include "stack/socket/netctl.h"

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/check.h"
#include "base/memory.h"
#include "sim/link.h"

static void fill_link(const struct ip_iface *iface, struct netctl_link *link)
{
    *link = (struct netctl_link){
        .index = iface->index, .name = iface->name, .up = iface->up, .mtu = iface->mtu
    };
    if (iface->iface == NULL) {
        link->loopback = true;
        link->carrier = iface->up;
        return;
    }
    link->mac = iface->iface->mac;
    link->carrier = iface_has_carrier(iface->iface);
    link->cabled = iface->iface->end != NULL;
    link->half_duplex =
        link->cabled && iface->iface->end->link->dir[iface->iface->end->side].station != NULL;
    link->rate = link->cabled ? iface->iface->end->link->config.rate : 0;
    link->rx_frames = iface->iface->rx_frames;
    link->rx_octets = iface->iface->rx_octets;
    link->rx_drops = iface->iface->rx_drops;
    link->tx_frames = iface_tx_frames(iface->iface);
    link->tx_octets = iface_tx_octets(iface->iface);
    link->tx_drops = iface->iface->tx_drops;
}

static struct ip_iface *find(const struct os *os, const char *name)
{
    return name == NULL ? NULL : ip_iface_find(&os->ip, name);
}

bool netctl_link_at(const struct os *os, unsigned n, struct netctl_link *link)
{
    if (n >= os->ip.n_ifaces)
        return false;
    fill_link(os->ip.ifaces[n], link);
    return true;
}

bool netctl_link_find(const struct os *os, const char *name, struct netctl_link *link)
{
    const struct ip_iface *iface = find(os, name);

    if (iface != NULL)
        fill_link(iface, link);
    return iface != NULL;
}

bool netctl_link_by_index(const struct os *os, unsigned index, struct netctl_link *link)
{
    const struct ip_iface *iface = ip_iface_by_index(&os->ip, index);

    if (iface != NULL)
        fill_link(iface, link);
    return iface != NULL;
}

int netctl_link_set_up(struct os *os, const char *name, bool up)
{
    struct ip_iface *iface = find(os, name);

    if (iface == NULL)
        return -SIM_ENODEV;
    ip_iface_set_up(iface, up);
    return 0;
}

int netctl_link_set_mtu(struct os *os, const char *name, uint32_t mtu)
{
    struct ip_iface *iface = find(os, name);

    if (iface == NULL)
        return -SIM_ENODEV;
    if (iface->iface != NULL && (mtu < NETCTL_MTU_MIN || mtu > NETCTL_MTU_MAX))
        return -SIM_EINVAL;
    ip_iface_set_mtu(iface, mtu);
    return 0;
}

int netctl_link_set_mac(struct os *os, const char *name, const struct mac_addr *mac)
{
    struct ip_iface *iface = find(os, name);

    if (iface == NULL)
        return -SIM_ENODEV;
    if (iface->iface == NULL)
        return -SIM_EOPNOTSUPP;
    if (mac_is_group(mac) || mac_is_zero(mac))
        return -SIM_EADDRNOTAVAIL;
    iface->iface->mac = *mac;
    /* Linux: NETDEV_CHANGEADDR makes the neighbor table forget what it knew there. */
    neigh_flush_iface(&os->ip.neigh, iface, false);
    arp_notify(iface);
    return 0;
}

/* ---- addresses ---- */

/* `ip addr` lists an interface's primary addresses first, then the secondary ones. */
static bool nth_address(const struct ip_iface *iface, unsigned n, struct netctl_addr *addr)
{
    for (int secondary = 0; secondary < 2; secondary++) {
        for (unsigned i = 0; i < iface->n_addrs; i++) {
            const struct ip_address *a = &iface->addrs[i];

            if (a->secondary != (secondary == 1) || n-- > 0)
                continue;
            *addr = (struct netctl_addr){ .ifindex = iface->index,
                                          .ifname = iface->name,
                                          .addr = a->addr,
                                          .prefix_len = a->prefix_len,
                                          .broadcast = a->quiet_broadcast ? 0 : a->broadcast,
                                          .scope = iface->iface == NULL ? IP_SCOPE_HOST : a->scope,
                                          .secondary = a->secondary,
                                          .dynamic = a->dynamic,
                                          .valid_until = a->valid_until };
            return true;
        }
    }
    return false;
}

bool netctl_addr_at(const struct os *os, unsigned n, struct netctl_addr *addr)
{
    for (unsigned i = 0; i < os->ip.n_ifaces; i++) {
        const struct ip_iface *iface = os->ip.ifaces[i];

        if (n < iface->n_addrs)
            return nth_address(iface, n, addr);
        n -= iface->n_addrs;
    }
    return false;
}

int netctl_addr_add(struct os *os, const char *ifname, ip4_addr addr, unsigned prefix_len,
                    ip4_addr broadcast, sim_time valid)
{
    struct ip_iface *iface = find(os, ifname);
    int error;

    if (iface == NULL)
        return -SIM_ENODEV;
    error = ip_addr_add(iface, addr, prefix_len);
    if (error != 0)
        return error;
    for (unsigned i = 0; i < iface->n_addrs; i++) {
        struct ip_address *a = &iface->addrs[i];

        if (a->addr != addr || a->prefix_len != prefix_len)
            continue;
        a->quiet_broadcast = broadcast == NETCTL_BROADCAST_UNSAID;
        if (broadcast != 0 && !a->quiet_broadcast)
            ip_addr_set_broadcast(iface, addr, broadcast);
        a->dynamic = valid != SIM_TIME_NONE;
        a->valid_until = a->dynamic ? node_now(os->node) + valid : SIM_TIME_NONE;
    }
    return 0;
}

int netctl_addr_del(struct os *os, const char *ifname, ip4_addr addr, unsigned prefix_len)
{
    struct ip_iface *iface = find(os, ifname);

    return iface == NULL ? -SIM_ENODEV : ip_addr_remove(iface, addr, prefix_len);
}

int netctl_addr_flush(struct os *os, const char *ifname)
{
    struct ip_iface *iface = find(os, ifname);

    if (iface == NULL)
        return -SIM_ENODEV;
    ip_addr_flush(iface);
    return 0;
}

enum route_kind netctl_addr_kind(const struct os *os, ip4_addr addr)
{
    return ip_addr_kind(&os->ip, addr);
}

/* ---- routes ---- */

struct route_walk {
    void (*each)(void *ctx, const struct netctl_route *route);
    void *ctx;
};

static unsigned tell_hops(const struct fib_hops *hops, struct netctl_hop *told)
{
    for (uint32_t i = 0; hops != NULL && i < hops->n; i++)
        told[i] = (struct netctl_hop){ .via = hops->hop[i].via,
                                       .ifname = hops->hop[i].oif->name,
                                       .weight = hops->hop[i].weight,
                                       .onlink = hops->hop[i].onlink,
                                       .dead = hops->hop[i].dead,
                                       .linkdown = fib_hop_is_linkdown(&hops->hop[i]) };
    return hops != NULL ? hops->n : 0;
}

static void tell_route(void *ctx, const struct fib_entry *entry)
{
    const struct route_walk *walk = ctx;
    struct netctl_hop hops[FIB_HOPS_MAX];
    struct netctl_route route = { .prefix = entry->prefix,
                                  .prefix_len = entry->prefix_len,
                                  .kind = entry->kind,
                                  .proto = entry->proto,
                                  .via = entry->via,
                                  .ifname = entry->oif != NULL ? entry->oif->name : NULL,
                                  .metric = entry->metric,
                                  .src = entry->src,
                                  .onlink = entry->onlink,
                                  .linkdown =
                                      entry->oif != NULL && ip_iface_is_linkdown(entry->oif),
                                  .hops = hops,
                                  .n_hops = tell_hops(entry->hops, hops) };

    /* The main table alone: lo's own network is in Linux's table "local". */
    if (entry->kind == ROUTE_LOCAL || entry->kind == ROUTE_BROADCAST ||
        (entry->oif != NULL && entry->oif->index == IP_LOOPBACK_INDEX &&
         entry->proto == ROUTE_PROTO_KERNEL))
        return;
    walk->each(walk->ctx, &route);
}

void netctl_routes(const struct os *os, void (*each)(void *ctx, const struct netctl_route *route),
                   void *ctx)
{
    struct route_walk walk = { each, ctx };

    fib_walk(&os->ip.fib, tell_route, &walk);
}

/* The interface whose network @via is in; Linux takes a gateway only when it is on a link
 * (fib_check_nh()). */
static struct ip_iface *link_of_gateway(struct os *os, ip4_addr via, struct ip_iface *oif)
{
    const struct fib_entry *entry = fib_lookup(&os->ip.fib, via, oif, NULL);

    return entry != NULL && entry->kind == ROUTE_UNICAST && entry->via == 0 ? entry->oif : NULL;
}

/* The interface with the address @via; one's own address is a gateway too, on the link itself. */
static struct ip_iface *iface_with(struct os *os, ip4_addr via)
{
    struct ip_stack *ip = &os->ip;

    for (unsigned i = 0; i < ip->n_ifaces; i++)
        for (unsigned j = 0; j < ip->ifaces[i]->n_addrs; j++)
            if (ip->ifaces[i]->addrs[j].addr == via)
                return ip->ifaces[i];
    return ip4_is_loopback(via) ? ip->ifaces[0] : NULL;
}

static int check_own(struct os *os, ip4_addr via, bool onlink, struct ip_iface **oif)
{
    struct ip_iface *iface = iface_with(os, via);

    if (onlink)
        return -SIM_EINVAL;
    if (*oif != NULL && *oif != iface)
        return -SIM_ENETUNREACH;
    *oif = iface;
    return 0;
}

/* Where @via, 0: nothing, and @ifname, NULL: any, lead: fib_check_nh(). */
static int check_hop(struct os *os, ip4_addr via, const char *ifname, bool onlink,
                     struct ip_iface **oif, bool *via_self)
{
    *oif = NULL;
    *via_self = via != 0 && netctl_addr_kind(os, via) == ROUTE_LOCAL;
    if (ifname != NULL) {
        *oif = find(os, ifname);
        if (*oif == NULL)
            return -SIM_ENODEV;
        if (!(*oif)->up)
            return -SIM_ENETDOWN;
    }
    if (onlink && *oif == NULL)
        return -SIM_ENXIO;
    if (*via_self)
        return check_own(os, via, onlink, oif);
    if (via != 0) {
        if (netctl_addr_kind(os, via) != ROUTE_UNICAST)
            return -SIM_EINVAL;
        if (!onlink || *oif == NULL)
            *oif = link_of_gateway(os, via, *oif);
        if (*oif == NULL)
            return -SIM_ENETUNREACH;
    }
    return *oif == NULL ? -SIM_ENODEV : 0;
}

static int check_hops(struct os *os, const struct netctl_route *route, struct fib_hops *hops)
{
    hops->n = route->n_hops;
    for (unsigned i = 0; i < route->n_hops; i++) {
        const struct netctl_hop *from = &route->hops[i];
        struct fib_hop *hop = &hops->hop[i];
        bool self;
        int error;

        *hop = (struct fib_hop){ .via = from->via, .weight = from->weight, .onlink = from->onlink };
        error = check_hop(os, from->via, from->ifname, from->onlink, &hop->oif, &self);
        hop->via_self = self;
        if (error == -SIM_EINVAL) /* of a group or broadcast address Linux says no more */
            error = -SIM_ENETUNREACH;
        if (error != 0)
            return error;
    }
    return 0;
}

static int check_route(struct os *os, const struct netctl_route *route, struct fib_entry *entry)
{
    bool self = false;
    int error;

    if (route->prefix_len > 32 || (route->prefix & ~ip4_mask(route->prefix_len)) != 0)
        return -SIM_EINVAL;
    if (route->kind != ROUTE_UNICAST)
        return 0;
    if (entry->hops != NULL) {
        error = check_hops(os, route, entry->hops);
        entry->via = entry->hops->hop[0].via;
        entry->oif = entry->hops->hop[0].oif;
    } else {
        error = check_hop(os, route->via, route->ifname, route->onlink, &entry->oif, &self);
        entry->via_self = self;
    }
    if (error != 0)
        return error;
    if (route->src != 0 && netctl_addr_kind(os, route->src) != ROUTE_LOCAL)
        return -SIM_EINVAL;
    return 0;
}

/* Room for the hops of @route, or NULL. */
static struct fib_hops *hops_new(const struct netctl_route *route)
{
    if (route->n_hops == 0)
        return NULL;
    CHECK(route->n_hops <= FIB_HOPS_MAX);
    return mem_zalloc(sizeof(struct fib_hops) + route->n_hops * sizeof(struct fib_hop));
}

/* A list of one next hop is that next hop. */
static struct netctl_route plain(const struct netctl_route *route)
{
    struct netctl_route plain = *route;

    if (route->n_hops == 1) {
        plain.n_hops = 0;
        plain.via = route->hops[0].via;
        plain.ifname = route->hops[0].ifname;
        plain.onlink = route->hops[0].onlink;
    }
    return plain;
}

struct same_route {
    const struct netctl_route *wanted;
    struct netctl_route found;
    bool any;
};

static void look_for_same(void *ctx, const struct netctl_route *route)
{
    struct same_route *same = ctx;

    if (!same->any && route->prefix == same->wanted->prefix &&
        route->prefix_len == same->wanted->prefix_len && route->metric == same->wanted->metric) {
        same->found = *route;
        same->found.n_hops = 0; /* they live as long as the call; the rest says which it is */
        same->any = true;
    }
}

static int add_entry(struct os *os, const struct netctl_route *route, struct fib_entry *entry,
                     enum netctl_how how)
{
    struct same_route same = { .wanted = route };
    int error = check_route(os, route, entry);

    if (error != 0)
        return error;
    netctl_routes(os, look_for_same, &same);
    if (how == NETCTL_ADD &&
        same.any) /* NLM_F_EXCL: the same prefix and metric, whatever the gateway */
        return -SIM_EEXIST;
    if (how == NETCTL_CHANGE && !same.any)
        return -SIM_ENOENT;
    if ((how == NETCTL_CHANGE || how == NETCTL_REPLACE) && same.any)
        (void)netctl_route_del(os, &same.found);
    return fib_add(&os->ip, entry, false);
}

int netctl_route_add(struct os *os, const struct netctl_route *wanted, enum netctl_how how)
{
    struct netctl_route route = plain(wanted);
    struct fib_entry entry = { .prefix = route.prefix,
                               .prefix_len = route.prefix_len,
                               .onlink = route.onlink,
                               .kind = route.kind,
                               .proto = route.proto,
                               .via = route.via,
                               .metric = route.metric,
                               .src = route.src,
                               .hops = hops_new(&route) };
    int error = add_entry(os, &route, &entry, how);

    free(entry.hops);
    return error;
}

int netctl_route_del(struct os *os, const struct netctl_route *route)
{
    struct fib_entry entry = { .prefix = route->prefix,
                               .prefix_len = route->prefix_len,
                               .kind = route->kind,
                               .proto = route->proto,
                               .via = route->via,
                               .metric = route->metric,
                               .hops = hops_new(route) };
    int error = 0;

    if (entry.hops != NULL && check_hops(os, route, entry.hops) != 0)
        error = -SIM_ESRCH;
    if (route->ifname != NULL) {
        entry.oif = find(os, route->ifname);
        error = entry.oif == NULL ? -SIM_ENODEV : error;
    }
    if (error == 0)
        error = fib_remove(&os->ip, &entry);
    free(entry.hops);
    return error;
}

void netctl_route_cache_flush(struct os *os)
{
    route_exceptions_flush(&os->ip);
}

int netctl_route_get(struct os *os, ip4_addr dst, ip4_addr src, const char *ifname,
                     struct netctl_path *path)
{
    return netctl_route_get_for(os, &(struct route_key){ .dst = dst, .src = src }, ifname, path);
}

/* inet_rtm_getroute_build_skb(): the kernel is asked about a packet, and looks at that. */
static void key_as_packet(struct route_key *key, uint8_t octets[static IPV4_HDR_LEN + 4])
{
    struct ipv4_hdr hdr = { .hdr_len = IPV4_HDR_LEN,
                            .total_len = IPV4_HDR_LEN + 4,
                            .protocol = key->protocol,
                            .src = key->src,
                            .dst = key->dst };

    ipv4_emit(&hdr, octets);
    be16_put(octets + IPV4_HDR_LEN, key->src_port);
    be16_put(octets + IPV4_HDR_LEN + 2, key->dst_port);
    key->packet = octets;
    key->packet_len = hdr.total_len;
}

int netctl_route_get_for(struct os *os, struct route_key *key, const char *ifname,
                         struct netctl_path *path)
{
    uint8_t octets[IPV4_HDR_LEN + 4];
    ip4_addr dst = key->dst, src = key->src;
    struct ip_iface *oif = find(os, ifname);
    const struct route_exception *learned;
    struct route route;
    int error;

    if (ifname != NULL && oif == NULL)
        return -SIM_ENODEV;
    key_as_packet(key, octets);
    error = ip_route_for(&os->ip, key, oif, &route);
    key->packet = NULL;
    if (error != 0)
        return error;
    *path = (struct netctl_path){ .kind = route.kind,
                                  .dst = dst,
                                  .via = route.via_gateway || route.redirected ? route.next_hop : 0,
                                  .ifname = route.oif != NULL ? route.oif->name : NULL,
                                  .src = src != 0 ? src : route.src,
                                  .mtu = ip_path_mtu(&os->ip, &route),
                                  .mtu_learned = route.mtu != 0,
                                  .mtu_locked = route.mtu_locked,
                                  .redirected = route.redirected,
                                  .expires = SIM_TIME_NONE };
    learned = route_exception_find(&os->ip, dst);
    if ((path->mtu_learned || path->redirected) && learned != NULL)
        path->expires = learned->expires;
    return 0;
}

bool netctl_route_cached_next(struct os *os, uint32_t *at, struct netctl_path *path)
{
    const struct route_exceptions *all = &os->ip.exceptions;

    while (*at < all->n)
        if (netctl_route_get(os, all->items[(*at)++].dst, 0, NULL, path) == 0 &&
            path->expires != SIM_TIME_NONE)
            return true;
    return false;
}

/* ---- neighbors ---- */

static sim_time ago(const struct os *os, sim_time at)
{
    sim_time now = node_now(os->node);

    return at < 0 ? now : now - at;
}

static struct netctl_neigh from_info(const struct os *os, const struct neigh_info *info)
{
    return (struct netctl_neigh){ .addr = info->addr,
                                  .ifname = info->iface->name,
                                  .state = info->state,
                                  .has_mac = info->has_mac,
                                  .mac = info->mac,
                                  .used = ago(os, info->used),
                                  .confirmed = ago(os, info->confirmed),
                                  .updated = ago(os, info->updated) };
}

void netctl_neighs(const struct os *os, void (*each)(void *ctx, const struct netctl_neigh *neigh),
                   void *ctx)
{
    struct neigh_info *infos = mem_alloc(NEIGH_GC_THRESH3 * sizeof *infos);
    uint32_t n = neigh_list(&os->ip.neigh, infos, NEIGH_GC_THRESH3);

    for (uint32_t i = 0; i < n && i < NEIGH_GC_THRESH3; i++) {
        struct netctl_neigh neigh = from_info(os, &infos[i]);

        each(ctx, &neigh);
    }
    free(infos);
}

bool netctl_neigh_get(const struct os *os, const char *ifname, ip4_addr addr,
                      struct netctl_neigh *neigh)
{
    const struct ip_iface *iface = find(os, ifname);
    struct neigh_info info;

    if (iface == NULL || !neigh_get(&os->ip.neigh, iface, addr, &info))
        return false;
    *neigh = from_info(os, &info);
    return true;
}

int netctl_neigh_set(struct os *os, const struct netctl_neigh *neigh, bool replace)
{
    struct ip_iface *iface = find(os, neigh->ifname);

    if (iface == NULL)
        return -SIM_ENODEV;
    if (!neigh->has_mac)
        return -SIM_EINVAL;
    return neigh_set(&os->ip.neigh, iface, neigh->addr, &neigh->mac, neigh->state, replace);
}

int netctl_neigh_del(struct os *os, const char *ifname, ip4_addr addr)
{
    struct ip_iface *iface = find(os, ifname);

    return iface == NULL ? -SIM_ENODEV : neigh_delete(&os->ip.neigh, iface, addr);
}

int netctl_neigh_flush(struct os *os, const char *ifname)
{
    struct ip_iface *iface = find(os, ifname);

    if (ifname != NULL && iface == NULL)
        return -SIM_ENODEV;
    for (unsigned i = 0; i < os->ip.n_ifaces; i++)
        if (iface == NULL || iface == os->ip.ifaces[i])
            neigh_flush_iface(&os->ip.neigh, os->ip.ifaces[i], true);
    return 0;
}

void netctl_counters(const struct os *os, struct netctl_counters *counters)
{
    *counters = (struct netctl_counters){ .ip_in = os->ip.stats.in,
                                          .ip_delivered = os->ip.stats.delivered,
                                          .ip_forwarded = os->ip.stats.forwarded,
                                          .ip_out = os->ip.stats.out,
                                          .ip_fragments_made = os->ip.stats.fragments_made,
                                          .ip_reassembled = os->ip.stats.reassembled };
}
