#include "stack/net/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stack/net/ip.h"
#include "stack/net/route_map.h"

/* All entries of one prefix length, sorted by prefix, then metric, then age. */
struct fib_level {
    uint8_t prefix_len;
    uint32_t bits; /* ip4_bit() of all there ever were: most look-ups need not look further */
    uint32_t n, size;
    struct fib_entry *entries;
};

/* What the map says to one router. */
struct fib_shared {
    const struct route_map *map;
    uint32_t router;
    struct fib_entry answer; /* the last one given out */
    struct ip_iface *ifaces[];
};

static void forget_shared(struct fib *fib)
{
    free(fib->shared);
    fib->shared = NULL;
}

void fib_fini(struct fib *fib)
{
    forget_shared(fib);
    for (uint32_t i = 0; i < fib->n_levels; i++) {
        for (uint32_t j = 0; fib->multipath != NULL && j < fib->levels[i].n; j++)
            free(fib->levels[i].entries[j].hops);
        free(fib->levels[i].entries);
    }
    free(fib->levels);
    free(fib->multipath);
    *fib = (struct fib){ 0 };
}

/* The level of @prefix_len, or NULL. */
static struct fib_level *level_find(const struct fib *fib, unsigned prefix_len)
{
    for (uint32_t i = 0; i < fib->n_levels; i++)
        if (fib->levels[i].prefix_len == prefix_len)
            return &fib->levels[i];
    return NULL;
}

static struct fib_level *level_get(struct fib *fib, uint8_t prefix_len)
{
    struct fib_level *level = level_find(fib, prefix_len);
    uint32_t at = fib->n_levels;

    if (level != NULL)
        return level;
    fib->levels = mem_realloc(fib->levels, ++fib->n_levels, sizeof *fib->levels);
    for (; at > 0 && fib->levels[at - 1].prefix_len < prefix_len; at--)
        fib->levels[at] = fib->levels[at - 1];
    fib->levels[at] = (struct fib_level){ .prefix_len = prefix_len };
    return &fib->levels[at];
}

/* First place whose entry is not before (prefix, metric). */
static uint32_t lower_bound(const struct fib_level *level, ip4_addr prefix, uint32_t metric)
{
    uint32_t low = 0, high = level->n;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const struct fib_entry *entry = &level->entries[middle];

        if (entry->prefix < prefix || (entry->prefix == prefix && entry->metric < metric))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void note(struct ip_stack *ip, const struct fib_entry *entry, bool added)
{
    struct iface *iface = entry->oif == NULL ? NULL : entry->oif->iface;
    uint64_t prefix = WHY_PREFIX(entry->prefix, entry->prefix_len);

    node_state(ip->node, iface,
               added ? WHY(ROUTE_ADDED, prefix, entry->via)
                     : WHY(ROUTE_REMOVED, prefix, entry->via));
}

/* ---- ways of a shared map ---- */

void fib_share(struct ip_stack *ip, const struct route_map *map, uint32_t router,
               struct ip_iface *const *ifaces, uint32_t n_ifaces)
{
    struct fib_shared *shared = mem_zalloc(sizeof *shared + n_ifaces * sizeof(struct ip_iface *));

    forget_shared(&ip->fib);
    shared->map = map;
    shared->router = router;
    if (n_ifaces > 0)
        memcpy(shared->ifaces, ifaces, n_ifaces * sizeof *ifaces);
    ip->fib.shared = shared;
    ip->fib.generation++;
}

static struct fib_entry entry_of_way(const struct fib_shared *shared,
                                     const struct route_map_way *way)
{
    return (struct fib_entry){ .prefix = way->prefix,
                               .prefix_len = way->prefix_len,
                               .kind = ROUTE_UNICAST,
                               .proto = ROUTE_PROTO_STATIC,
                               .via = way->via,
                               .oif = shared->ifaces[way->iface] };
}

/* The map's way to @dst if it is more exact than @best, the table's own. */
static const struct fib_entry *shared_lookup(struct fib_shared *shared, ip4_addr dst,
                                             const struct ip_iface *oif,
                                             const struct fib_entry *best)
{
    struct route_map_way way;

    if (!route_map_find(shared->map, shared->router, dst, &way) ||
        (best != NULL && best->prefix_len >= way.prefix_len))
        return NULL;
    shared->answer = entry_of_way(shared, &way);
    if (!shared->answer.oif->up || (oif != NULL && oif != shared->answer.oif))
        return NULL;
    return &shared->answer;
}

static bool has_own(const struct fib *fib, const struct route_map_way *way)
{
    const struct fib_level *level = level_find(fib, way->prefix_len);
    uint32_t at = level == NULL ? 0 : lower_bound(level, way->prefix, 0);

    return level != NULL && at < level->n && level->entries[at].prefix == way->prefix;
}

/* Calls for each way of the map that no entry of the table stands before. */
static void shared_walk(const struct fib *fib,
                        void (*each)(void *ctx, const struct fib_entry *entry), void *ctx)
{
    uint32_t n = route_map_size(fib->shared->map);
    struct route_map_way way;

    for (uint32_t i = 0; i < n; i++)
        if (route_map_at(fib->shared->map, fib->shared->router, i, &way) && !has_own(fib, &way)) {
            struct fib_entry entry = entry_of_way(fib->shared, &way);

            each(ctx, &entry);
        }
}

static void insert(struct fib *fib, uint32_t at, const struct fib_entry *entry);

static void make_own(void *ctx, const struct fib_entry *entry)
{
    struct fib *fib = ctx;
    const struct fib_level *level = level_find(fib, entry->prefix_len);

    insert(fib, level == NULL ? 0 : lower_bound(level, entry->prefix, entry->metric), entry);
}

/* From now on the table is the router's own, as every real one is. */
static void unshare(struct fib *fib)
{
    if (fib->shared == NULL)
        return;
    shared_walk(fib, make_own, fib);
    forget_shared(fib);
}

/* ---- the table ---- */

static void insert(struct fib *fib, uint32_t at, const struct fib_entry *entry)
{
    struct fib_level *level = level_get(fib, entry->prefix_len);

    if (level->n == level->size) {
        level->size = level->size ? 2 * level->size : 1;
        level->entries = mem_realloc(level->entries, level->size, sizeof *level->entries);
    }
    memmove(&level->entries[at + 1], &level->entries[at], (level->n - at) * sizeof *level->entries);
    level->entries[at] = *entry;
    level->bits |= ip4_bit(entry->prefix);
    level->n++;
    fib->n_entries++;
    fib->generation++;
}

/* Whether a change of what @entry names is one of a way of the map. */
static bool concerns_shared(const struct fib *fib, const struct fib_entry *entry)
{
    struct route_map_way way;

    return fib->shared != NULL && entry->proto != ROUTE_PROTO_KERNEL &&
           route_map_exact(fib->shared->map, fib->shared->router,
                           entry->prefix & ip4_mask(entry->prefix_len), entry->prefix_len, &way);
}

/* What @entry has allocated comes into the table, or leaves it. */
static void take_hops(struct ip_stack *ip, struct fib_entry *entry)
{
    struct random_stream random;

    if (entry->hops == NULL)
        return;
    if (ip->fib.multipath == NULL) {
        ip->fib.multipath = mem_zalloc(sizeof *ip->fib.multipath);
        node_random(ip->node, &random, "multipath");
        for (int i = 0; i < 2; i++)
            ip->fib.multipath->hash_key[i] = random_u64(&random);
    }
    entry->hops = multipath_copy(entry->hops);
    ip->fib.multipath->n_entries++;
}

static void drop_hops(struct fib *fib, const struct fib_entry *entry)
{
    if (entry->hops == NULL)
        return;
    free(entry->hops);
    fib->multipath->n_entries--;
}

int fib_add(struct ip_stack *ip, const struct fib_entry *entry, bool replace)
{
    struct fib *fib = &ip->fib;
    struct fib_entry new = *entry;
    struct fib_level *level;
    uint32_t at = 0;

    new.prefix &= ip4_mask(entry->prefix_len);
    if (concerns_shared(fib, &new))
        unshare(fib);
    level = level_find(fib, entry->prefix_len);
    if (level != NULL)
        at = lower_bound(level, new.prefix, new.metric);
    if (level != NULL && at < level->n && level->entries[at].prefix == new.prefix &&
        level->entries[at].metric == new.metric) {
        if (!replace)
            return -SIM_EEXIST;
        take_hops(ip, &new);
        drop_hops(fib, &level->entries[at]);
        level->entries[at] = new;
        fib->generation++;
    } else {
        take_hops(ip, &new);
        insert(fib, at, &new);
    }
    note(ip, &new, true);
    return 0;
}

/* Behind those it is like: NLM_F_APPEND. */
void fib_append(struct ip_stack *ip, const struct fib_entry *entry)
{
    struct fib *fib = &ip->fib;
    struct fib_entry new = *entry;
    struct fib_level *level = level_find(fib, entry->prefix_len);
    uint32_t at = 0;

    new.prefix &= ip4_mask(entry->prefix_len);
    if (level != NULL)
        for (at = lower_bound(level, new.prefix, new.metric);
             at < level->n && level->entries[at].prefix == new.prefix &&
             level->entries[at].metric == new.metric;
             at++)
            if (level->entries[at].via == new.via && level->entries[at].oif == new.oif)
                return;
    insert(fib, at, &new);
    note(ip, &new, true);
}

static void remove_at(struct ip_stack *ip, struct fib_level *level, uint32_t at)
{
    note(ip, &level->entries[at], false);
    drop_hops(&ip->fib, &level->entries[at]);
    memmove(&level->entries[at], &level->entries[at + 1],
            (level->n - at - 1) * sizeof *level->entries);
    level->n--;
    ip->fib.n_entries--;
    ip->fib.generation++;
}

/* @hops may be one alone. */
static bool has_hops(const struct fib_entry *entry, const struct fib_hops *hops)
{
    if (entry->hops != NULL)
        return multipath_same(entry->hops, hops);
    return hops->n == 1 && hops->hop[0].via == entry->via && hops->hop[0].oif == entry->oif;
}

int fib_remove(struct ip_stack *ip, const struct fib_entry *entry)
{
    ip4_addr prefix = entry->prefix & ip4_mask(entry->prefix_len);
    struct fib_level *level;

    if (concerns_shared(&ip->fib, entry))
        unshare(&ip->fib);
    level = level_find(&ip->fib, entry->prefix_len);
    if (level == NULL)
        return -SIM_ESRCH;
    for (uint32_t at = lower_bound(level, prefix, 0);
         at < level->n && level->entries[at].prefix == prefix; at++) {
        const struct fib_entry *have = &level->entries[at];

        if ((entry->via != 0 && entry->via != have->via) ||
            (entry->oif != NULL && entry->oif != have->oif) ||
            (entry->metric != 0 && entry->metric != have->metric) ||
            (entry->hops != NULL && !has_hops(have, entry->hops)))
            continue;
        remove_at(ip, level, at);
        return 0;
    }
    return -SIM_ESRCH;
}

/* Without @oif nothing of it is left. */
static bool loses(const struct fib_entry *entry, const struct ip_iface *oif)
{
    return entry->hops != NULL ? !multipath_kill(entry->hops, oif) : entry->oif == oif;
}

void fib_remove_iface(struct ip_stack *ip, const struct ip_iface *oif, int proto)
{
    if (proto < 0 || proto == ROUTE_PROTO_STATIC)
        unshare(&ip->fib);
    for (uint32_t i = ip->fib.n_levels; i-- > 0;) { /* the default route is told first */
        struct fib_level *level = &ip->fib.levels[i];

        for (uint32_t at = 0; at < level->n;) {
            if ((proto < 0 || (int)level->entries[at].proto == proto) &&
                loses(&level->entries[at], oif))
                remove_at(ip, level, at);
            else
                at++;
        }
    }
}

void fib_revive_iface(struct ip_stack *ip, const struct ip_iface *oif)
{
    struct fib *fib = &ip->fib;

    if (fib->multipath == NULL || fib->multipath->n_entries == 0)
        return;
    for (uint32_t i = 0; i < fib->n_levels; i++)
        for (uint32_t at = 0; at < fib->levels[i].n; at++)
            if (fib->levels[i].entries[at].hops != NULL)
                multipath_revive(fib->levels[i].entries[at].hops, oif);
    fib->generation++;
}

bool fib_entry_uses(const struct fib_entry *entry, const struct ip_iface *oif)
{
    return entry->hops != NULL ? multipath_live(entry->hops, oif) != NULL : entry->oif == oif;
}

/* For packets that may go out of @oif, or anywhere for NULL. */
static bool usable(const struct fib_entry *entry, const struct ip_iface *oif)
{
    if (entry->hops != NULL)
        return multipath_live(entry->hops, oif) != NULL;
    return (oif == NULL || entry->oif == oif) && (entry->oif == NULL || entry->oif->up);
}

static const struct fib_entry *own_lookup(const struct fib *fib, ip4_addr dst,
                                          const struct ip_iface *oif, uint32_t *n_lost)
{
    const struct fib_entry *best = NULL;
    uint32_t matches = 0;

    for (uint32_t i = 0; i < fib->n_levels; i++) {
        const struct fib_level *level = &fib->levels[i];
        ip4_addr prefix = dst & ip4_mask(level->prefix_len);

        if ((level->bits & ip4_bit(prefix)) == 0)
            continue;
        for (uint32_t at = lower_bound(level, prefix, 0);
             at < level->n && level->entries[at].prefix == prefix; at++) {
            const struct fib_entry *entry = &level->entries[at];

            if (!usable(entry, oif))
                continue;
            matches++;
            if (best == NULL)
                best = entry;
            if (n_lost == NULL)
                return best;
        }
    }
    if (n_lost != NULL)
        *n_lost = matches > 0 ? matches - 1 : 0;
    return best;
}

const struct fib_entry *fib_lookup(const struct fib *fib, ip4_addr dst, const struct ip_iface *oif,
                                   uint32_t *n_lost)
{
    const struct fib_entry *own = own_lookup(fib, dst, oif, n_lost), *exact = NULL;

    if (fib->shared != NULL)
        exact = shared_lookup(fib->shared, dst, oif, own);
    if (exact == NULL)
        return own;
    if (n_lost != NULL && own != NULL)
        ++*n_lost;
    return exact;
}

static int compare_entries(const void *a, const void *b)
{
    const struct fib_entry *x = *(const struct fib_entry *const *)a,
                           *y = *(const struct fib_entry *const *)b;

    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    if (x->prefix_len != y->prefix_len)
        return x->prefix_len < y->prefix_len ? -1 : 1;
    if (x->metric != y->metric)
        return x->metric < y->metric ? -1 : 1;
    return x < y ? -1 : x > y; /* both in one array: age */
}

struct collected {
    const struct fib_entry **sorted;
    struct fib_entry *of_map; /* ways of the map, as entries */
    uint32_t n, n_of_map;
};

static void collect_way(void *ctx, const struct fib_entry *entry)
{
    struct collected *all = ctx;

    all->of_map[all->n_of_map] = *entry;
    all->sorted[all->n++] = &all->of_map[all->n_of_map++];
}

void fib_walk(const struct fib *fib, void (*each)(void *ctx, const struct fib_entry *entry),
              void *ctx)
{
    uint32_t n_map = fib->shared != NULL ? route_map_size(fib->shared->map) : 0;
    struct collected all = {
        .sorted = mem_alloc((fib->n_entries + n_map + 1) * sizeof *all.sorted),
        .of_map = mem_alloc((n_map + 1) * sizeof *all.of_map),
    };

    for (uint32_t i = 0; i < fib->n_levels; i++)
        for (uint32_t at = 0; at < fib->levels[i].n; at++)
            all.sorted[all.n++] = &fib->levels[i].entries[at];
    if (fib->shared != NULL)
        shared_walk(fib, collect_way, &all);
    qsort(all.sorted, all.n, sizeof *all.sorted, compare_entries);
    for (uint32_t i = 0; i < all.n; i++)
        each(ctx, all.sorted[i]);
    free(all.sorted);
    free(all.of_map);
}

static const char *proto_name(enum route_proto proto)
{
    static const char *const names[] = { NULL, "kernel", "static", "dhcp", "rip", "ospf", "bgp" };

    return names[proto];
}

const char *fib_entry_format(const struct ip_stack *ip, const struct fib_entry *entry,
                             char text[static FIB_TEXT_MAX])
{
    static const char *const kinds[] = { [ROUTE_BLACKHOLE] = "blackhole ",
                                         [ROUTE_UNREACHABLE] = "unreachable ",
                                         [ROUTE_PROHIBIT] = "prohibit " };
    char addr[IP4_TEXT_MAX];
    size_t n = 0;

    (void)ip;
#define ADD(...) (n += (size_t)snprintf(text + n, FIB_TEXT_MAX - n, __VA_ARGS__))
    if (entry->kind == ROUTE_BLACKHOLE || entry->kind == ROUTE_UNREACHABLE ||
        entry->kind == ROUTE_PROHIBIT)
        ADD("%s", kinds[entry->kind]);
    if (entry->prefix_len == 0)
        ADD("default");
    else if (entry->prefix_len == 32)
        ADD("%s", ip4_format(entry->prefix, addr));
    else
        ADD("%s/%u", ip4_format(entry->prefix, addr), entry->prefix_len);
    if (entry->via != 0 && entry->hops == NULL)
        ADD(" via %s", ip4_format(entry->via, addr));
    if (entry->oif != NULL && entry->hops == NULL)
        ADD(" dev %s", entry->oif->name);
    if (proto_name(entry->proto) != NULL)
        ADD(" proto %s", proto_name(entry->proto));
    if (entry->via == 0 && entry->kind == ROUTE_UNICAST && entry->hops == NULL)
        ADD(" scope link");
    if (entry->src != 0)
        ADD(" src %s", ip4_format(entry->src, addr));
    if (entry->metric != 0)
        ADD(" metric %u", entry->metric);
    if (entry->onlink)
        ADD(" onlink");
    if (entry->hops != NULL)
        n += multipath_format(entry->hops, text + n, FIB_TEXT_MAX - n);
    else if (entry->oif != NULL && ip_iface_is_linkdown(entry->oif))
        ADD(" linkdown");
#undef ADD
    return text;
}

static uint32_t exception_place(const struct route_exceptions *exceptions, ip4_addr dst)
{
    uint32_t low = 0, high = exceptions->n;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (exceptions->items[middle].dst < dst)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct route_exception *route_exception_find(struct ip_stack *ip, ip4_addr dst)
{
    uint32_t at = exception_place(&ip->exceptions, dst);

    return at < ip->exceptions.n && ip->exceptions.items[at].dst == dst ? &ip->exceptions.items[at]
                                                                        : NULL;
}

struct route_exception *route_exception_get(struct ip_stack *ip, ip4_addr dst)
{
    struct route_exceptions *exceptions = &ip->exceptions;
    uint32_t at = exception_place(exceptions, dst);

    if (at < exceptions->n && exceptions->items[at].dst == dst)
        return &exceptions->items[at];
    if (exceptions->n ==
        ROUTE_EXCEPTIONS_MAX) { /* full: start over, as an attacker must not fill memory */
        exceptions->n = 0;
        at = 0;
    }
    if (exceptions->n == exceptions->size) {
        exceptions->size = exceptions->size ? 2 * exceptions->size : 4;
        exceptions->items =
            mem_realloc(exceptions->items, exceptions->size, sizeof *exceptions->items);
    }
    memmove(&exceptions->items[at + 1], &exceptions->items[at],
            (exceptions->n - at) * sizeof *exceptions->items);
    exceptions->items[at] = (struct route_exception){ .dst = dst, .expires = SIM_TIME_NONE };
    exceptions->n++;
    ip->fib.generation++;
    return &exceptions->items[at];
}

void route_exceptions_flush(struct ip_stack *ip)
{
    ip->exceptions.n = 0;
    ip->fib.generation++;
}
