#include "stack/net/ip.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/likely.h"
#include "base/memory.h"
#include "sim/sim.h"
#include "stack/net/icmp.h"
#include "stack/net/ip6.h"
#include "stack/net/ip_internal.h"
#include "stack/wire/eth_wire.h"

/* What this node answers for, sorted by address; an address that is both is the node's own. Made
   anew when it is asked for after a change, so that look-ups do not walk the interfaces. */
struct ip_own {
    bool valid;
    unsigned n, size;
    struct ip_own_entry {
        ip4_addr addr;
        enum route_kind kind;
    } * entries;
};

static void forget_own(struct ip_stack *ip)
{
    ip->own->valid = false;
}

/* ---- interfaces ---- */

static struct ip_iface *add_iface(struct ip_stack *ip, const char *name, struct iface *iface,
                                  uint32_t mtu)
{
    struct ip_iface *new = arena_alloc(node_arena(ip->node), sizeof *new);

    new->ip = ip;
    new->iface = iface;
    new->name = name;
    new->index = ip->n_ifaces + 1;
    new->mtu = mtu;
    new->up = iface == NULL || iface->up;
    ip_conf_init(&new->conf);
    if (iface != NULL)
        ip_flows_tell(ip, iface);
    ARRAY_PUSH(ip->ifaces, ip->n_ifaces, ip->ifaces_size, new);
    return new;
}

void ip_init(struct ip_stack *ip, struct node *node, struct ether *ether)
{
    struct ip_iface *lo;

    *ip = (struct ip_stack){ .node = node, .ether = ether };
    ip->own = mem_zalloc(sizeof *ip->own);
    ip_flows_init(ip);
    list_init(&ip->raw_taps);
    ip->sysctl = (struct ip_sysctl){ .icmp_echo_ignore_broadcasts = true,
                                     .default_ttl = IP_TTL_DEFAULT,
                                     .icmp_ratelimit_ms = 1000,
                                     .icmp_ratemask = 6168,
                                     .icmp_msgs_per_sec = 1000,
                                     .icmp_msgs_burst = 50,
                                     .port_min = 32768,
                                     .port_max = 60999,
                                     .unprivileged_port_start = 1024 };
    ip->fib.hash_fields = MULTIPATH_FIELDS_DEFAULT;
    ip->sysctl6 = (struct ip6_sysctl){ .accept_ra = true,
                                       .accept_redirects = true,
                                       .hop_limit = IP6_HOP_LIMIT_DEFAULT,
                                       .icmp_ratelimit_ms = 100 };
    node_random(node, &ip->random, "ip");
    ip->ip_id = (uint16_t)random_u32(&ip->random);
    neigh_init(&ip->neigh, ip, false);
    ip_input_init(ip);
    lo = add_iface(ip, "lo", NULL, IP_LOOPBACK_MTU);
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        node->ifaces[i]->owner =
            add_iface(ip, node->ifaces[i]->name, node->ifaces[i], node->ifaces[i]->mtu);
    ether_register(ether, ETHERTYPE_IPV4, ip_input, ip);
    ether_register(ether, ETHERTYPE_ARP, arp_input, ip);
    icmp_init(ip);
    igmp_init(ip);
    ip_addr_add(lo, IP4_LOOPBACK, 8);
    lo->addrs[0].scope = IP_SCOPE_HOST;
}

void ip_fini(struct ip_stack *ip)
{
    struct frame *frame;

    if (ip->hooks != NULL && ip->hooks->fini != NULL)
        ip->hooks->fini(ip->hooks->ctx);
    ip6_fini(ip);
    while ((frame = frame_list_pop(&ip->loopback)) != NULL ||
           (frame = frame_list_pop(&ip->backlog)) != NULL)
        frame_free(frame);
    ip_reassembly_fini(ip);
    neigh_fini(&ip->neigh);
    icmp_fini(ip);
    fib_fini(&ip->fib);
    free(ip->exceptions.items);
    ip_flows_fini(ip);
    free(ip->own->entries);
    free(ip->own);
    for (unsigned i = 0; i < ip->n_ifaces; i++) {
        free(ip->ifaces[i]->addrs);
        igmp_iface_fini(ip->ifaces[i]);
    }
    free(ip->ifaces);
}

struct ip_iface *ip_iface_find(const struct ip_stack *ip, const char *name)
{
    for (unsigned i = 0; i < ip->n_ifaces; i++)
        if (strcmp(ip->ifaces[i]->name, name) == 0)
            return ip->ifaces[i];
    return NULL;
}

struct ip_iface *ip_iface_by_index(const struct ip_stack *ip, unsigned index)
{
    return index >= 1 && index <= ip->n_ifaces ? ip->ifaces[index - 1] : NULL;
}

void ip_iface_set_mtu(struct ip_iface *iface, uint32_t mtu)
{
    iface->mtu = mtu;
    if (iface->iface != NULL)
        iface_set_mtu(iface->iface, mtu);
    iface->ip->fib.generation++;
}

ip4_addr ip_iface_primary(const struct ip_iface *iface)
{
    return iface->n_addrs == 0 ? 0 : iface->addrs[0].addr;
}

static void add_connected_route(struct ip_iface *iface, const struct ip_address *address)
{
    struct fib_entry entry = { .prefix = address->addr,
                               .prefix_len = address->prefix_len,
                               .kind = ROUTE_UNICAST,
                               .proto = ROUTE_PROTO_KERNEL,
                               .oif = iface,
                               .src = address->addr };

    if (iface->iface != NULL && iface->up && !address->secondary && address->prefix_len < 32)
        fib_append(iface->ip, &entry);
}

static void tell_address_gone(const struct ip_iface *iface, ip4_addr addr)
{
    const struct ip_hooks *hooks = iface->ip->hooks;

    if (hooks != NULL && hooks->address_gone != NULL)
        hooks->address_gone(hooks->ctx, iface, addr);
}

void ip_iface_set_up(struct ip_iface *iface, bool up)
{
    if (iface->up == up)
        return;
    iface->up = up;
    forget_own(iface->ip);
    if (iface->iface != NULL)
        iface_set_up(iface->iface, up);
    if (up) {
        for (unsigned i = 0; i < iface->n_addrs; i++)
            add_connected_route(iface, &iface->addrs[i]);
        fib_revive_iface(iface->ip, iface);
    } else {
        fib_remove_iface(iface->ip, iface, -1);
        neigh_flush_iface(&iface->ip->neigh, iface, false);
        tell_address_gone(iface, 0);
    }
    igmp_iface_changed(iface, up);
    if (up)
        arp_notify(iface);
    ip6_iface_changed(iface, up);
    iface->ip->fib.generation++;
}

/* ---- addresses ---- */

int ip_addr_add(struct ip_iface *iface, ip4_addr addr, unsigned prefix_len)
{
    struct ip_address address = { .addr = addr,
                                  .prefix_len = (uint8_t)prefix_len,
                                  .valid_until = SIM_TIME_NONE };

    if (prefix_len > 32 || ip4_is_multicast(addr) || addr == IP4_BROADCAST || addr == 0)
        return -SIM_EINVAL;
    for (unsigned i = 0; i < iface->n_addrs; i++) {
        const struct ip_address *have = &iface->addrs[i];

        if (have->addr == addr && have->prefix_len == prefix_len)
            return -SIM_EEXIST;
        if (have->prefix_len == prefix_len && ip4_in_prefix(addr, have->addr, prefix_len))
            address.secondary = true;
    }
    if (prefix_len < 31)
        address.broadcast = addr | ~ip4_mask(prefix_len);
    if (iface->addrs == NULL) { /* most interfaces have one, and there are many */
        iface->addrs = mem_alloc(sizeof *iface->addrs);
        iface->addrs_size = 1;
    }
    ARRAY_PUSH(iface->addrs, iface->n_addrs, iface->addrs_size, address);
    iface->ip->own_bits |= ip4_bit(addr) | ip4_bit(address.broadcast);
    forget_own(iface->ip);
    if (iface->iface != NULL)
        node_state(iface->ip->node, iface->iface, WHY(ADDR_ADDED, WHY_PREFIX(addr, prefix_len)));
    add_connected_route(iface, &address);
    if (iface->up)
        fib_revive_iface(iface->ip, iface);
    iface->ip->fib.generation++;
    if (iface->ip->address_changed != NULL)
        iface->ip->address_changed(iface->ip->address_ctx, iface);
    return 0;
}

/* Routes that were to send from the address go with it: fib_sync_down_addr(). Those through a
 * gateway stay. */
#define LOST_MAX 64

struct lost_routes {
    ip4_addr addr;
    struct fib_entry found[LOST_MAX];
    unsigned n;
};

static void find_lost(void *ctx, const struct fib_entry *entry)
{
    struct lost_routes *lost = ctx;

    if (entry->src == lost->addr && lost->n < LOST_MAX)
        lost->found[lost->n++] = *entry;
}

static void remove_lost_routes(struct ip_stack *ip, ip4_addr addr)
{
    struct lost_routes lost = { .addr = addr };

    do {
        lost.n = 0;
        fib_walk(&ip->fib, find_lost, &lost);
        for (unsigned i = 0; i < lost.n; i++)
            fib_remove(ip, &lost.found[i]);
    } while (lost.n == LOST_MAX);
}

static bool ip_has_addr(const struct ip_stack *ip, ip4_addr addr)
{
    for (unsigned i = 1; i < ip->n_ifaces; i++)
        for (unsigned j = 0; j < ip->ifaces[i]->n_addrs; j++)
            if (ip->ifaces[i]->addrs[j].addr == addr)
                return true;
    return false;
}

static void remove_connected_route(struct ip_iface *iface, const struct ip_address *address)
{
    struct fib_entry entry = { .prefix = address->addr,
                               .prefix_len = address->prefix_len,
                               .oif = iface };

    if (!address->secondary && address->prefix_len < 32)
        fib_remove(iface->ip, &entry);
}

static void remove_address(struct ip_iface *iface, unsigned at)
{
    struct ip_address gone = iface->addrs[at];

    memmove(&iface->addrs[at], &iface->addrs[at + 1],
            (iface->n_addrs - at - 1) * sizeof *iface->addrs);
    iface->n_addrs--;
    forget_own(iface->ip);
    if (iface->iface != NULL)
        node_state(iface->ip->node, iface->iface,
                   WHY(ADDR_REMOVED, WHY_PREFIX(gone.addr, gone.prefix_len)));
    if (!ip_has_addr(iface->ip, gone.addr)) /* perhaps with another prefix length, or elsewhere */
        remove_lost_routes(iface->ip, gone.addr);
    else
        remove_connected_route(iface, &gone);
    tell_address_gone(iface, gone.addr);
}

static bool is_secondary_of(const struct ip_address *address, const struct ip_address *primary)
{
    return address->secondary && address->prefix_len == primary->prefix_len &&
           ip4_in_prefix(address->addr, primary->addr, primary->prefix_len);
}

static void remove_secondaries(struct ip_iface *iface, const struct ip_address *primary)
{
    for (unsigned j = iface->n_addrs; j-- > 0;)
        if (is_secondary_of(&iface->addrs[j], primary))
            remove_address(iface, j);
}

/* The first secondary address of @gone's subnet takes its place: __inet_del_ifa(). */
static void promote_secondary(struct ip_iface *iface, const struct ip_address *gone)
{
    unsigned at = 0, before = 0;
    struct ip_address promoted;

    while (at < iface->n_addrs && !is_secondary_of(&iface->addrs[at], gone))
        at++;
    if (at == iface->n_addrs)
        return;
    promoted = iface->addrs[at];
    promoted.secondary = false;
    while (before < at && !iface->addrs[before].secondary) /* behind the other primary ones */
        before++;
    memmove(&iface->addrs[before + 1], &iface->addrs[before], (at - before) * sizeof *iface->addrs);
    iface->addrs[before] = promoted;
    forget_own(iface->ip);
    add_connected_route(iface, &promoted);
}

int ip_addr_remove(struct ip_iface *iface, ip4_addr addr, unsigned prefix_len)
{
    for (unsigned i = 0; i < iface->n_addrs; i++) {
        struct ip_address gone = iface->addrs[i];

        if (gone.addr != addr || gone.prefix_len != prefix_len)
            continue;
        if (!gone.secondary && !ip_conf(iface, IP_CONF_PROMOTE_SECONDARIES))
            remove_secondaries(iface, &gone);
        for (unsigned j = 0; j < iface->n_addrs; j++)
            if (iface->addrs[j].addr == addr && iface->addrs[j].prefix_len == prefix_len)
                remove_address(iface, j);
        if (!gone.secondary)
            promote_secondary(iface, &gone);
        if (iface->n_addrs == 0) { /* with the last address IP is off there: fib_disable_ip() */
            fib_remove_iface(iface->ip, iface, -1);
            neigh_flush_iface(&iface->ip->neigh, iface, false);
        }
        iface->ip->fib.generation++;
        if (iface->ip->address_changed != NULL)
            iface->ip->address_changed(iface->ip->address_ctx, iface);
        return 0;
    }
    return -SIM_EADDRNOTAVAIL;
}

void ip_addr_set_broadcast(struct ip_iface *iface, ip4_addr addr, ip4_addr broadcast)
{
    for (unsigned i = 0; i < iface->n_addrs; i++)
        if (iface->addrs[i].addr == addr)
            iface->addrs[i].broadcast = broadcast;
    iface->ip->own_bits |= ip4_bit(broadcast);
    forget_own(iface->ip);
    iface->ip->fib.generation++;
}

void ip_addr_flush(struct ip_iface *iface)
{
    while (iface->n_addrs > 0)
        ip_addr_remove(iface, iface->addrs[0].addr, iface->addrs[0].prefix_len);
}

static int compare_own(const void *a, const void *b)
{
    const struct ip_own_entry *x = a, *y = b;

    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    return (int)x->kind - (int)y->kind; /* ROUTE_LOCAL first */
}

static void collect_own(const struct ip_stack *ip, struct ip_own *own)
{
    own->n = 0;
    for (unsigned i = 0; i < ip->n_ifaces; i++) {
        const struct ip_iface *iface = ip->ifaces[i];

        for (unsigned j = 0; iface->up && j < iface->n_addrs; j++) {
            struct ip_own_entry local = { iface->addrs[j].addr, ROUTE_LOCAL };
            struct ip_own_entry broadcast = { iface->addrs[j].broadcast, ROUTE_BROADCAST };

            ARRAY_PUSH(own->entries, own->n, own->size, local);
            if (broadcast.addr != 0)
                ARRAY_PUSH(own->entries, own->n, own->size, broadcast);
        }
    }
    if (own->n > 1)
        qsort(own->entries, own->n, sizeof *own->entries, compare_own);
    own->valid = true;
}

enum route_kind ip_addr_kind(const struct ip_stack *ip, ip4_addr addr)
{
    struct ip_own *own = ip->own;
    unsigned low = 0, high;

    if (addr == IP4_BROADCAST)
        return ROUTE_BROADCAST;
    if (ip4_is_multicast(addr))
        return ROUTE_MULTICAST;
    if (ip4_is_loopback(addr))
        return addr == IP4(127, 255, 255, 255) ? ROUTE_BROADCAST : ROUTE_LOCAL;
    if (LIKELY((ip->own_bits & ip4_bit(addr)) == 0)) /* what is heard or forwarded */
        return ROUTE_UNICAST;
    if (!own->valid)
        collect_own(ip, own);
    high = own->n;
    while (low < high) { /* the first that is not before it */
        unsigned middle = (low + high) / 2;

        if (own->entries[middle].addr < addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low < own->n && own->entries[low].addr == addr ? own->entries[low].kind : ROUTE_UNICAST;
}

bool ip_is_local(const struct ip_stack *ip, ip4_addr addr)
{
    return ip_addr_kind(ip, addr) == ROUTE_LOCAL;
}

/* ---- routes ---- */

ip4_addr ip_source_on(const struct ip_stack *ip, const struct ip_iface *oif, ip4_addr dst)
{
    for (unsigned i = 0; i < oif->n_addrs; i++)
        if (ip4_in_prefix(dst, oif->addrs[i].addr, oif->addrs[i].prefix_len))
            return oif->addrs[i].addr;
    if (oif->n_addrs > 0)
        return oif->addrs[0].addr;
    for (unsigned i = 1; i < ip->n_ifaces; i++) /* any other address, inet_select_addr() */
        if (ip->ifaces[i]->up && ip->ifaces[i]->n_addrs > 0)
            return ip->ifaces[i]->addrs[0].addr;
    return 0;
}

static struct ip_iface *iface_with_broadcast(const struct ip_stack *ip, ip4_addr addr)
{
    for (unsigned i = 1; i < ip->n_ifaces; i++)
        for (unsigned j = 0; j < ip->ifaces[i]->n_addrs; j++)
            if (ip->ifaces[i]->up && ip->ifaces[i]->addrs[j].broadcast == addr)
                return ip->ifaces[i];
    return NULL;
}

/* Learned about the destination: another gateway, a smaller MTU. */
static void apply_exception(struct ip_stack *ip, struct route *route)
{
    struct route_exception *exception;

    if (ip->exceptions.n == 0 || (exception = route_exception_find(ip, route->dst)) == NULL)
        return;
    if (node_now(ip->node) > exception->expires) {
        exception->mtu = 0;
        exception->via = 0;
        return;
    }
    route->until = exception->expires;
    if (exception->via != 0 && exception->oif == route->oif) {
        route->next_hop = exception->via;
        route->via_gateway = route->redirected = true;
    }
    route->mtu_locked = exception->mtu_locked;
    route->mtu = exception->mtu;
}

/* One of several next hops: with an interface given the first out of it, else by the flow's hash.
 * The one of fib_select_path(). */
static struct fib_hop choose_hop(struct ip_stack *ip, const struct fib_entry *entry,
                                 struct route_key *key, const struct ip_iface *oif,
                                 struct route *route)
{
    if (entry->hops == NULL)
        return (
            struct fib_hop){ .via = entry->via, .oif = entry->oif, .via_self = entry->via_self };
    if (oif != NULL)
        return *multipath_live(entry->hops, oif);
    route->n_hops = (uint8_t)entry->hops->n;
    route->by_ports = multipath_by_ports(ip);
    return *multipath_choose(ip, entry->hops, key);
}

static int follow_entry(struct ip_stack *ip, const struct fib_entry *entry, struct route_key *key,
                        const struct ip_iface *oif, struct route *route)
{
    struct fib_hop hop;

    switch (entry->kind) {
    case ROUTE_BLACKHOLE:
        return -SIM_EINVAL;
    case ROUTE_UNREACHABLE:
        return -SIM_EHOSTUNREACH;
    case ROUTE_PROHIBIT:
        return -SIM_EACCES;
    default:
        break;
    }
    hop = choose_hop(ip, entry, key, oif, route);
    route->kind = ROUTE_UNICAST;
    route->oif = hop.oif;
    route->prefix = entry->prefix;
    route->prefix_len = entry->prefix_len;
    route->via_gateway = hop.via != 0 && !hop.via_self;
    route->next_hop = route->via_gateway ? hop.via : route->dst;
    route->src =
        entry->src != 0 || key->transit ? entry->src : ip_source_on(ip, hop.oif, route->next_hop);
    apply_exception(ip, route);
    return 0;
}

int ip_route(struct ip_stack *ip, ip4_addr dst, ip4_addr src, struct ip_iface *oif,
             struct route *route)
{
    return ip_route_for(ip, &(struct route_key){ .dst = dst, .src = src }, oif, route);
}

int ip_route_for(struct ip_stack *ip, struct route_key *key, struct ip_iface *oif,
                 struct route *route)
{
    const struct fib_entry *entry;
    ip4_addr dst = key->dst, src = key->src;
    uint32_t n_lost = 0;

    if (dst == 0)
        dst = src != 0 ? src : IP4_LOOPBACK; /* connect() to 0.0.0.0 means this host */
    *route = (struct route){ .dst = dst,
                             .next_hop = dst,
                             .prefix = dst,
                             .prefix_len = 32,
                             .generation = ip->fib.generation };
    route->kind = ip_addr_kind(ip, dst);
    if (route->kind == ROUTE_LOCAL) {
        route->oif = ip->ifaces[0];
        route->src = dst;
        return 0;
    }
    if (route->kind == ROUTE_BROADCAST && dst != IP4_BROADCAST && oif == NULL)
        oif = iface_with_broadcast(ip, dst);
    if (route->kind == ROUTE_BROADCAST || route->kind == ROUTE_MULTICAST) {
        if (oif == NULL && src != 0) /* the interface that has the source address */
            for (unsigned i = 1; i < ip->n_ifaces; i++)
                for (unsigned j = 0; j < ip->ifaces[i]->n_addrs; j++)
                    if (ip->ifaces[i]->addrs[j].addr == src)
                        oif = ip->ifaces[i];
        if (oif != NULL) {
            route->oif = oif;
            route->src = ip_source_on(ip, oif, dst);
            return oif->up ? 0 : -SIM_ENETDOWN;
        }
    }
    if (ip4_is_loopback(src)) /* 127/8 never leaves the node, RFC 1122 section 3.2.1.3 (g) */
        return -SIM_EINVAL;
    entry = fib_lookup(&ip->fib, dst, oif, node_wants(ip->node, RECORD_SEND) ? &n_lost : NULL);
    if (entry == NULL) {
        if (oif == NULL)
            return -SIM_ENETUNREACH;
        route->oif = oif; /* a given interface and no route: as if it were on the link */
        route->src = ip_source_on(ip, oif, dst);
        return 0;
    }
    route->n_lost = n_lost;
    if (route->kind != ROUTE_UNICAST) {
        const struct fib_hop *hop = entry->hops == NULL ? NULL : multipath_live(entry->hops, oif);
        ip4_addr via = hop != NULL ? hop->via : entry->via;

        route->oif = hop != NULL ? hop->oif : entry->oif;
        if (route->oif == NULL)
            return -SIM_ENETUNREACH;
        route->src = ip_source_on(ip, route->oif, via != 0 ? via : dst);
        return 0;
    }
    return follow_entry(ip, entry, key, oif, route);
}

void ip_register(struct ip_stack *ip, const struct ip_upper_protocol *protocol, void *ctx)
{
    CHECK(ip->n_protocols < IP_PROTOCOLS); /* who adds a protocol counts it there */
    CHECK(ip_protocol_find(ip, protocol->number) == NULL);
    if (ip->n_protocols > 0)
        ip->others[ip->n_protocols - 1] = ip->likely;
    ip->likely = (struct ip_protocol_entry){ protocol, ctx };
    ip->n_protocols++;
    if (protocol->soon != NULL) {
        CHECK(ip->soon_number == 0);
        ip->soon_number = protocol->number;
    }
}

bool ip_vouched(const struct ip_stack *ip, uint8_t protocol, const struct ip_error *error)
{
    const struct ip_protocol_entry *entry = ip_protocol_find(ip, protocol);

    return entry == NULL || entry->protocol->vouch == NULL ||
           entry->protocol->vouch(entry->ctx, error);
}

void ip_raw_tap_add(struct ip_stack *ip, struct ip_raw_tap *tap)
{
    list_push_back(&ip->raw_taps, &tap->link);
}

void ip_raw_tap_remove(struct ip_raw_tap *tap)
{
    list_remove(&tap->link);
}

void ip_raw_tell_error(struct ip_stack *ip, uint8_t protocol, const struct ip_error *error)
{
    struct ip_raw_tap *tap;

    LIST_FOR_EACH(tap, &ip->raw_taps, struct ip_raw_tap, link)
    if (tap->v6 == error->remote.v6 && tap->protocol == protocol)
        tap->error(tap, error);
}

/* ---- looking ---- */

struct describing {
    struct ip_stack *ip;
    struct describe *out;
};

static void describe_route(void *ctx, const struct fib_entry *entry)
{
    struct describing *describing = ctx;
    char text[FIB_TEXT_MAX], key[32], addr[IP4_TEXT_MAX];

    snprintf(key, sizeof key, "%s/%u", ip4_format(entry->prefix, addr), entry->prefix_len);
    describe_row(describing->out, "route", key, fib_entry_format(describing->ip, entry, text));
    describe_number(describing->out, "metric", entry->metric);
}

static void describe_exceptions(struct ip_stack *ip, struct describe *out)
{
    for (uint32_t i = 0; i < ip->exceptions.n; i++) {
        const struct route_exception *exception = &ip->exceptions.items[i];
        char text[160], dst[IP4_TEXT_MAX], via[IP4_TEXT_MAX];
        struct route route;
        size_t n;

        if ((exception->mtu == 0 && exception->via == 0) ||
            node_now(ip->node) > exception->expires ||
            ip_route(ip, exception->dst, 0, NULL, &route) != 0)
            continue;
        n = (size_t)snprintf(text, sizeof text, "%s", ip4_format(exception->dst, dst));
        if (route.via_gateway)
            n += (size_t)snprintf(text + n, sizeof text - n, " via %s",
                                  ip4_format(route.next_hop, via));
        n += (size_t)snprintf(text + n, sizeof text - n, " dev %s cache", route.oif->name);
        if (exception->via != 0)
            n += (size_t)snprintf(text + n, sizeof text - n, " <redirected>");
        if (exception->mtu != 0)
            snprintf(text + n, sizeof text - n, " mtu %s%u", exception->mtu_locked ? "lock " : "",
                     exception->mtu);
        describe_row(out, "route_cache", dst, text);
        describe_number(out, "mtu", exception->mtu);
    }
}

void ip_describe(struct ip_stack *ip, struct describe *out)
{
    struct describing describing = { ip, out };

    neigh_describe(&ip->neigh, out);
    fib_walk(&ip->fib, describe_route, &describing);
    describe_exceptions(ip, out);
    ip6_describe(ip, out);
    if (ip->hooks != NULL && ip->hooks->describe != NULL)
        ip->hooks->describe(ip->hooks->ctx, out);
    for (unsigned i = 1; i < ip->n_ifaces; i++) {
        for (unsigned j = 0; j < ip->ifaces[i]->n_addrs; j++) {
            const struct ip_address *address = &ip->ifaces[i]->addrs[j];
            char line[64], addr[IP4_TEXT_MAX];

            snprintf(line, sizeof line, "%s %s/%u", ip->ifaces[i]->name,
                     ip4_format(address->addr, addr), address->prefix_len);
            describe_row(out, "addr", line, line);
        }
    }
}
