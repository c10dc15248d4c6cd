/* IPv6 routes: the table, look-ups, and what routers tell of destinations: path MTUs (RFC
 * 8201) and shorter ways. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stack/net/ip6_internal.h"

#define PMTU_EXPIRES   SIM_SEC(600) /* net.ipv6.route.mtu_expires */
#define EXCEPTIONS_MAX 4096

/* ---- the table ---- */

static bool same_place(const struct fib6_entry *a, const struct fib6_entry *b)
{
    return a->prefix_len == b->prefix_len && ip6_eq(a->prefix, b->prefix);
}

static bool same_route(const struct fib6_entry *a, const struct fib6_entry *b)
{
    return same_place(a, b) && a->metric == b->metric && a->oif == b->oif && ip6_eq(a->via, b->via);
}

/* The order of the table: what is looked at first. */
static bool comes_before(const struct fib6_entry *a, const struct fib6_entry *b)
{
    if (a->prefix_len != b->prefix_len)
        return a->prefix_len > b->prefix_len;
    if (!ip6_eq(a->prefix, b->prefix))
        return ip6_compare(a->prefix, b->prefix) < 0;
    return a->metric < b->metric;
}

static void note(struct ip_stack *ip, const struct fib6_entry *entry, enum why_code code)
{
    node_state(ip->node, entry->oif == NULL ? NULL : entry->oif->iface,
               (struct why){ code, { entry->prefix.hi, entry->prefix.lo, entry->prefix_len } });
}

static void take_out(struct ip_stack *ip, uint32_t at)
{
    struct ip6_stack *six = ip->six;

    note(ip, &six->fib[at], WHY_ROUTE6_REMOVED);
    memmove(&six->fib[at], &six->fib[at + 1], (six->n_fib - at - 1) * sizeof *six->fib);
    six->n_fib--;
    ip6_changed(ip);
}

int fib6_add(struct ip_stack *ip, const struct fib6_entry *entry, bool replace)
{
    struct ip6_stack *six = ip->six;
    struct fib6_entry own = *entry;
    uint32_t at = 0;

    own.prefix = ip6_prefix(own.prefix, own.prefix_len);
    for (uint32_t i = 0; i < six->n_fib; i++) {
        if (replace && same_place(&six->fib[i], &own) && six->fib[i].metric == own.metric) {
            six->fib[i] = own;
            note(ip, &own, WHY_ROUTE6_ADDED);
            ip6_changed(ip);
            return 0;
        }
        if (same_route(&six->fib[i], &own))
            return -SIM_EEXIST;
    }
    ARRAY_PUSH(six->fib, six->n_fib, six->fib_size, own);
    while (at + 1 < six->n_fib && !comes_before(&own, &six->fib[at]))
        at++;
    memmove(&six->fib[at + 1], &six->fib[at], (six->n_fib - 1 - at) * sizeof *six->fib);
    six->fib[at] = own;
    note(ip, &own, WHY_ROUTE6_ADDED);
    ip6_changed(ip);
    return 0;
}

int fib6_remove(struct ip_stack *ip, const struct fib6_entry *entry)
{
    struct ip6_stack *six = ip->six;
    struct fib6_entry own = *entry;

    own.prefix = ip6_prefix(own.prefix, own.prefix_len);
    for (uint32_t i = 0; i < six->n_fib; i++) {
        const struct fib6_entry *have = &six->fib[i];

        if (same_place(have, &own) && (own.oif == NULL || own.oif == have->oif) &&
            (own.metric == 0 || own.metric == have->metric) &&
            (ip6_is_any(own.via) || ip6_eq(own.via, have->via))) {
            take_out(ip, i);
            return 0;
        }
    }
    return -SIM_ESRCH;
}

void fib6_remove_iface(struct ip_stack *ip, const struct ip_iface *oif)
{
    for (uint32_t i = ip->six->n_fib; i-- > 0;)
        if (ip->six->fib[i].oif == oif)
            take_out(ip, i);
}

static int compare_shown(const void *a, const void *b)
{
    const struct fib6_entry *const *x = a, *const *y = b;
    bool default_x = (*x)->prefix_len == 0, default_y = (*y)->prefix_len == 0;

    if (default_x != default_y)
        return default_x ? 1 : -1;
    if (!ip6_eq((*x)->prefix, (*y)->prefix))
        return ip6_compare((*x)->prefix, (*y)->prefix);
    return *x < *y ? -1 : *x > *y;
}

/* `ip -6 route` walks the tree: by address, the default route last. */
const struct fib6_entry *fib6_at(const struct ip_stack *ip, uint32_t n)
{
    const struct fib6_entry **sorted, *found;
    uint32_t n_fib = ip->six == NULL ? 0 : ip->six->n_fib;

    if (n >= n_fib)
        return NULL;
    sorted = mem_alloc(n_fib * sizeof(const struct fib6_entry *));
    for (uint32_t i = 0; i < n_fib; i++)
        sorted[i] = &ip->six->fib[i];
    qsort(sorted, n_fib, sizeof(const struct fib6_entry *), compare_shown);
    found = sorted[n];
    free(sorted);
    return found;
}

static const char *kind_word(enum route_kind kind)
{
    switch (kind) {
    case ROUTE_BLACKHOLE:
        return "blackhole ";
    case ROUTE_UNREACHABLE:
        return "unreachable ";
    case ROUTE_PROHIBIT:
        return "prohibit ";
    default:
        return "";
    }
}

static const char *proto_word(enum route_proto proto)
{
    static const char *const names[] = {
        "",           "proto kernel ", "proto static ", "proto dhcp ",
        "proto rip ", "proto ospf ",   "proto bgp ",    "proto ra "
    };

    return names[proto];
}

const char *fib6_entry_format(const struct fib6_entry *entry, char text[static FIB6_TEXT_MAX])
{
    char addr[IP6_TEXT_MAX];
    size_t n;

    if (entry->prefix_len == 0)
        n = (size_t)snprintf(text, FIB6_TEXT_MAX, "%sdefault ", kind_word(entry->kind));
    else if (entry->prefix_len == 128)
        n = (size_t)snprintf(text, FIB6_TEXT_MAX, "%s%s ", kind_word(entry->kind),
                             ip6_format(entry->prefix, addr));
    else
        n = (size_t)snprintf(text, FIB6_TEXT_MAX, "%s%s/%u ", kind_word(entry->kind),
                             ip6_format(entry->prefix, addr), entry->prefix_len);
    if (!ip6_is_any(entry->via))
        n += (size_t)snprintf(text + n, FIB6_TEXT_MAX - n, "via %s ", ip6_format(entry->via, addr));
    n += (size_t)snprintf(text + n, FIB6_TEXT_MAX - n, "dev %s %s",
                          entry->oif == NULL ? "lo" : entry->oif->name, proto_word(entry->proto));
    if (!ip6_is_any(entry->src))
        n += (size_t)snprintf(text + n, FIB6_TEXT_MAX - n, "src %s ", ip6_format(entry->src, addr));
    n += (size_t)snprintf(text + n, FIB6_TEXT_MAX - n, "metric %u ", entry->metric);
    if (entry->oif != NULL && entry->oif->iface != NULL && !iface_has_carrier(entry->oif->iface))
        n += (size_t)snprintf(text + n, FIB6_TEXT_MAX - n, "linkdown ");
    snprintf(text + n, FIB6_TEXT_MAX - n, "pref medium");
    return text;
}

/* ---- what is learned of destinations ---- */

static struct exception6 *find_exception(const struct ip_stack *ip, struct ip6_addr dst)
{
    for (uint32_t i = 0; i < ip->six->n_exceptions; i++)
        if (ip6_eq(ip->six->exceptions[i].dst, dst))
            return &ip->six->exceptions[i];
    return NULL;
}

static struct exception6 *get_exception(struct ip_stack *ip, struct ip6_addr dst)
{
    struct exception6 new = { .dst = dst }, *known = find_exception(ip, dst);

    if (known == NULL && ip->six->n_exceptions == EXCEPTIONS_MAX) {
        known = &ip->six->exceptions[0];
        *known = new;
    }
    if (known == NULL) {
        ARRAY_PUSH(ip->six->exceptions, ip->six->n_exceptions, ip->six->exceptions_size, new);
        known = &ip->six->exceptions[ip->six->n_exceptions - 1];
    }
    return known;
}

uint32_t ip6_path_mtu(const struct route6 *route)
{
    uint32_t mtu = route->oif->mtu;

    if (route->oif->six->mtu != 0 && route->oif->six->mtu < mtu)
        mtu = route->oif->six->mtu;
    return route->mtu != 0 && route->mtu < mtu ? route->mtu : mtu;
}

uint32_t ip6_learn_path_mtu(struct ip_stack *ip, struct ip6_addr dst, struct ip_iface *iif,
                            uint32_t mtu)
{
    struct exception6 *exception;
    struct route6 route;

    if (mtu < IPV6_MTU_MIN) /* RFC 8201 section 4: nonsense, to be discarded */
        return 0;
    if (ip6_route(ip, dst, IP6_ANY, ip6_is_link_local(dst) ? iif : NULL, &route) != 0 ||
        route.kind != ROUTE_UNICAST)
        return 0;
    if (mtu >= ip6_path_mtu(&route))
        return ip6_path_mtu(&route);
    exception = get_exception(ip, dst);
    exception->mtu = mtu;
    exception->expires = node_now(ip->node) + PMTU_EXPIRES;
    ip6_changed(ip);
    node_state(ip->node, route.oif->iface, IP6_WHY(ROUTE6_PMTU, dst, mtu));
    return mtu;
}

void ip6_learn_redirect(struct ip_stack *ip, struct ip6_addr dst, const struct route6 *route,
                        struct ip6_addr next_hop)
{
    struct exception6 *exception = get_exception(ip, dst);

    exception->oif = route->oif;
    exception->from = route->next_hop;
    exception->next_hop = next_hop;
    ip6_changed(ip);
    node_state(ip->node, route->oif->iface,
               IP6_WHY(ROUTE6_REDIRECTED, dst, next_hop.hi, next_hop.lo));
}

static void apply_exception(struct ip_stack *ip, struct route6 *route)
{
    const struct exception6 *exception =
        ip->six->n_exceptions == 0 ? NULL : find_exception(ip, route->dst);

    if (exception == NULL)
        return;
    if (exception->oif == route->oif && ip6_eq(exception->from, route->next_hop)) {
        route->next_hop = exception->next_hop;
        route->via_gateway = !ip6_eq(route->next_hop, route->dst);
        route->redirected = true;
    }
    if (exception->mtu == 0 || node_now(ip->node) > exception->expires)
        return;
    route->mtu = exception->mtu;
    route->until = exception->expires;
}

/* ---- look-up ---- */

static const struct fib6_entry *lookup(const struct ip_stack *ip, struct ip6_addr dst,
                                       const struct ip_iface *oif, uint32_t *n_lost)
{
    const struct fib6_entry *found = NULL;

    *n_lost = 0;
    for (uint32_t i = 0; i < ip->six->n_fib; i++) {
        const struct fib6_entry *entry = &ip->six->fib[i];

        if (!ip6_in_prefix(dst, entry->prefix, entry->prefix_len) ||
            (oif != NULL && entry->oif != NULL && entry->oif != oif) ||
            node_now(ip->node) >= entry->until)
            continue;
        if (found == NULL)
            found = entry;
        else
            ++*n_lost;
    }
    return found;
}

static int reject(enum route_kind kind)
{
    switch (kind) {
    case ROUTE_BLACKHOLE:
        return -SIM_EINVAL;
    case ROUTE_UNREACHABLE:
        return -SIM_EHOSTUNREACH;
    case ROUTE_PROHIBIT:
        return -SIM_EACCES;
    default:
        return 0;
    }
}

/* To ourselves, or to a group: no entry of the table is needed. False: it is. */
static bool special(struct ip_stack *ip, struct ip6_addr dst, struct ip_iface *oif,
                    struct route6 *route)
{
    if (ip6_addr_kind(ip, dst, oif) == ROUTE_LOCAL) {
        route->kind = ROUTE_LOCAL;
        route->oif = ip->ifaces[0];
        route->src = dst;
        return true;
    }
    if (!ip6_is_multicast(dst))
        return false;
    route->kind = ROUTE_MULTICAST;
    for (unsigned i = 1; oif == NULL && i < ip->n_ifaces; i++) /* the first: ff00::/8 dev ... */
        if (ip->ifaces[i]->up)
            oif = ip->ifaces[i];
    route->oif = oif;
    return oif != NULL;
}

int ip6_route(struct ip_stack *ip, struct ip6_addr dst, struct ip6_addr src, struct ip_iface *oif,
              struct route6 *route)
{
    const struct fib6_entry *entry;
    int error;

    if (ip->six == NULL)
        return -SIM_ENETUNREACH;
    if (ip6_is_any(dst))
        dst = IP6_LOOPBACK;
    *route = (struct route6){ .kind = ROUTE_UNICAST, .dst = dst, .next_hop = dst };
    if (!special(ip, dst, oif, route)) {
        if (route->kind == ROUTE_MULTICAST)
            return -SIM_ENETUNREACH;
        entry = lookup(ip, dst, oif, &route->n_lost);
        if (entry == NULL)
            return -SIM_ENETUNREACH;
        if ((error = reject(entry->kind)) != 0)
            return error;
        route->oif = entry->oif;
        route->prefix_len = entry->prefix_len;
        route->metric = entry->metric;
        route->via_gateway = !ip6_is_any(entry->via);
        if (route->via_gateway)
            route->next_hop = entry->via;
        route->src = entry->src;
        apply_exception(ip, route);
    }
    if (!ip6_is_any(src))
        route->src = src;
    if (ip6_is_any(route->src) && !ip6_choose_source(ip, dst, route->oif, &route->src))
        route->src = IP6_ANY;
    return 0;
}

bool ip6_learned_next(struct ip_stack *ip, uint32_t *at, struct route6 *route)
{
    while (ip->six != NULL && *at < ip->six->n_exceptions)
        if (ip6_route(ip, ip->six->exceptions[(*at)++].dst, IP6_ANY, NULL, route) == 0 &&
            (route->mtu != 0 || route->redirected))
            return true;
    return false;
}

void ip6_forget_learned(struct ip_stack *ip)
{
    if (ip->six == NULL)
        return;
    ip->six->n_exceptions = 0;
    ip6_changed(ip);
}

const struct route6 *ip6_route_cached(struct ip_stack *ip, struct ip6_addr dst, struct ip6_addr src,
                                      struct ip_iface *oif, int *error)
{
    struct ip6_cached *cached;
    uint64_t key = random_mix(dst.hi ^ random_mix(dst.lo ^ src.lo));

    *error = -SIM_ENETUNREACH;
    if (ip->six == NULL)
        return NULL;
    cached = &ip->six->cache[key % IP6_ROUTE_CACHE];
    *error = 0;
    if (cached->generation == ip->six->generation && ip6_eq(cached->route.dst, dst) &&
        ip6_eq(cached->src, src) && cached->oif == oif &&
        (cached->route.until == 0 || node_now(ip->node) <= cached->route.until))
        return &cached->route;
    cached->generation = 0;
    *error = ip6_route(ip, dst, src, oif, &cached->route);
    if (*error != 0)
        return NULL;
    cached->generation = ip->six->generation;
    cached->src = src;
    cached->oif = oif;
    return &cached->route;
}
