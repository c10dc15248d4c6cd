#include "stack/net/route_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"

#define NOWHERE UINT32_MAX

/* The next router on the way, as one of its neighbors. */
struct neighbor {
    uint32_t router, iface;
    ip4_addr via;
};

struct net {
    ip4_addr prefix;
    uint8_t prefix_len;
    bool several;    /* routers are on it */
    uint32_t owner;  /* the first router on it */
    uint32_t parent; /* the net that holds this one, or NOWHERE */
};

/*
 * next[router][owner] is the place of a neighbor among the router's own, plus one, in half an octet
 * where no router has more of them, else in one or two; 0: no way.
 */
struct route_map {
    uint32_t n_routers, n_nets;
    struct net *nets;            /* by prefix, then length */
    uint32_t *first_neighbor;    /* n_routers + 1 places in neighbors */
    struct neighbor *neighbors;  /* of a router: in the order of its interfaces */
    uint32_t *on_first, *on_net; /* n_routers + 1; the nets each is on, ascending */
    unsigned most;               /* neighbors that a router has */
    unsigned bits;               /* of a place: 4, 8 or 16 */
    uint8_t *next;
};

/* ---- who is next to whom ---- */

static bool same_net(const struct route_map_port *x, const struct route_map_port *y)
{
    return x->segment == y->segment && x->prefix_len == y->prefix_len &&
           ip4_in_prefix(x->addr, y->addr, y->prefix_len);
}

static int by_net(const void *a, const void *b)
{
    const struct route_map_port *x = a, *y = b;
    ip4_addr p = x->addr & ip4_mask(x->prefix_len), q = y->addr & ip4_mask(y->prefix_len);

    if (p != q)
        return p < q ? -1 : 1;
    if (x->prefix_len != y->prefix_len)
        return x->prefix_len < y->prefix_len ? -1 : 1;
    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    if (x->router != y->router)
        return x->router < y->router ? -1 : 1;
    if (x->iface != y->iface)
        return x->iface < y->iface ? -1 : 1;
    return (x->addr > y->addr) - (x->addr < y->addr);
}

static int by_iface(const void *a, const void *b)
{
    const struct neighbor *x = a, *y = b;

    if (x->iface != y->iface)
        return x->iface < y->iface ? -1 : 1;
    return (x->via > y->via) - (x->via < y->via);
}

/* Calls for every pair of ports of different routers on one net, @ports being sorted by net. */
#define FOR_EACH_PAIR(ports, n, i, j)                                                              \
    for (uint32_t start_ = 0, end_ = 0; start_ < (n); start_ = end_)                               \
        for (uint32_t i = (end_ = net_end(ports, n, start_), start_); i < end_; i++)               \
            for (uint32_t j = start_; j < end_; j++)                                               \
                if ((ports)[i].router != (ports)[j].router)

static uint32_t net_end(const struct route_map_port *ports, uint32_t n, uint32_t start)
{
    uint32_t end = start + 1;

    while (end < n && same_net(&ports[start], &ports[end]))
        end++;
    return end;
}

static void find_neighbors(struct route_map *map, const struct route_map_port *ports, uint32_t n)
{
    uint32_t *first = map->first_neighbor;

    FOR_EACH_PAIR(ports, n, i, j)
    first[ports[i].router + 1]++;
    for (uint32_t r = 0; r < map->n_routers; r++) {
        map->most = first[r + 1] > map->most ? first[r + 1] : map->most;
        first[r + 1] += first[r];
    }
    map->bits = map->most < 15 ? 4 : map->most < UINT8_MAX ? 8 : 16;
    CHECK(map->most < UINT16_MAX);
    map->neighbors = mem_alloc((first[map->n_routers] + 1) * sizeof *map->neighbors);
    FOR_EACH_PAIR(ports, n, i, j)
    map->neighbors[first[ports[i].router]++] =
        (struct neighbor){ ports[j].router, ports[i].iface, ports[j].addr };
    memmove(first + 1, first, map->n_routers * sizeof *first); /* back to the starts */
    first[0] = 0;
    for (uint32_t r = 0; r < map->n_routers; r++)
        qsort(map->neighbors + first[r], first[r + 1] - first[r], sizeof *map->neighbors, by_iface);
}

/* ---- networks ---- */

static bool net_holds(const struct net *outer, const struct net *inner)
{
    return outer->prefix_len < inner->prefix_len &&
           ip4_in_prefix(inner->prefix, outer->prefix, outer->prefix_len);
}

/* The same prefix on two segments is one net: its first router's. */
static void find_nets(struct route_map *map, const struct route_map_port *ports, uint32_t n)
{
    map->nets = mem_alloc((n + 1) * sizeof *map->nets);
    for (uint32_t i = 0; i < n; i++) {
        struct net *last = map->n_nets > 0 ? &map->nets[map->n_nets - 1] : NULL;
        struct net net = { .prefix = ports[i].addr & ip4_mask(ports[i].prefix_len),
                           .prefix_len = ports[i].prefix_len,
                           .owner = ports[i].router,
                           .parent = NOWHERE };

        if (last != NULL && last->prefix == net.prefix && last->prefix_len == net.prefix_len) {
            last->several |= net.owner != last->owner;
            last->owner = net.owner < last->owner ? net.owner : last->owner;
            map->on_net[i] = map->n_nets - 1;
            continue;
        }
        for (uint32_t up = map->n_nets - 1; last != NULL && up != NOWHERE;
             up = map->nets[up].parent)
            if (net_holds(&map->nets[up], &net)) {
                net.parent = up;
                break;
            }
        map->on_net[i] = map->n_nets;
        map->nets[map->n_nets++] = net;
    }
}

/* on_net[] of the ports becomes that of the routers. */
static void sort_own_nets(struct route_map *map, const struct route_map_port *ports, uint32_t n)
{
    uint32_t *sorted = mem_alloc((n + 1) * sizeof *sorted);

    for (uint32_t i = 0; i < n; i++)
        map->on_first[ports[i].router + 1]++;
    for (uint32_t r = 0; r < map->n_routers; r++)
        map->on_first[r + 1] += map->on_first[r];
    for (uint32_t i = 0; i < n; i++) /* ascending, as the ports are */
        sorted[map->on_first[ports[i].router]++] = map->on_net[i];
    memmove(map->on_first + 1, map->on_first, map->n_routers * sizeof *map->on_first);
    map->on_first[0] = 0;
    free(map->on_net);
    map->on_net = sorted;
}

static bool is_on(const struct route_map *map, uint32_t router, uint32_t net)
{
    uint32_t low = map->on_first[router], high = map->on_first[router + 1];

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (map->on_net[middle] < net)
            low = middle + 1;
        else
            high = middle;
    }
    return low < map->on_first[router + 1] && map->on_net[low] == net;
}

/* ---- ways ---- */

static size_t place_of(const struct route_map *map, uint32_t router, uint32_t owner)
{
    return (size_t)router * map->n_routers + owner;
}

static void set_next(struct route_map *map, uint32_t router, uint32_t owner, uint32_t place)
{
    size_t at = place_of(map, router, owner);

    if (map->bits == 4)
        map->next[at / 2] |= (uint8_t)((place + 1) << 4 * (at & 1));
    else if (map->bits == 8)
        map->next[at] = (uint8_t)(place + 1);
    else
        ((uint16_t *)(void *)map->next)[at] = (uint16_t)(place + 1);
}

/* The place of the next router, plus one. */
static uint32_t get_next(const struct route_map *map, uint32_t router, uint32_t owner)
{
    size_t at = place_of(map, router, owner);

    if (map->bits == 4)
        return map->next[at / 2] >> 4 * (at & 1) & 15;
    return map->bits == 8 ? map->next[at] : ((const uint16_t *)(const void *)map->next)[at];
}

#define TOGETHER 64u /* owners that are searched for at the same time, a bit for each */

/* A search, breadth first from many owners. Of each router: whose ways have come to it, whose in
   the last round and whose in this one. */
struct search {
    uint64_t *seen, *last, *fresh;
    uint64_t *from;              /* of the neighbors of one router: last[] */
    uint32_t *list, *fresh_list; /* routers that the last round came to, and this one */
    uint32_t n, n_fresh;
    uint32_t base; /* the owner of the lowest bit */
};

/* The search goes on to the neighbors of those that the last round came to. */
static void step(const struct route_map *map, struct search *search)
{
    search->n_fresh = 0;
    for (uint32_t at = 0; at < search->n; at++) {
        uint32_t router = search->list[at], end = map->first_neighbor[router + 1];
        uint64_t last = search->last[router];

        for (uint32_t i = map->first_neighbor[router]; i < end; i++) {
            uint32_t next = map->neighbors[i].router;
            uint64_t fresh = last & ~search->seen[next];

            if (fresh == 0)
                continue;
            if (search->fresh[next] == 0)
                search->fresh_list[search->n_fresh++] = next;
            search->fresh[next] |= fresh;
        }
    }
}

/* Several of @router's @n neighbors are as near to the owner of @bit: which is next differs with
   the owner. */
static uint32_t choose(const struct search *search, uint32_t n, unsigned bit)
{
    uint32_t n_nearer = 0, which;

    for (uint32_t i = 0; i < n; i++)
        n_nearer += (uint32_t)(search->from[i] >> bit & 1);
    which = (search->base + bit) % n_nearer;
    for (uint32_t i = 0;; i++)
        if ((search->from[i] >> bit & 1) != 0 && which-- == 0)
            return i;
}

#define FOR_EACH_BIT(bit, bits)                                                                    \
    for (uint64_t left_ = (bits); left_ != 0; left_ &= left_ - 1)                                  \
        for (unsigned bit = (unsigned)__builtin_ctzll(left_), once_ = 1; once_ != 0; once_ = 0)

/* This round came to @router: the neighbors that are nearer are those the last one came to. */
static void set_ways(struct route_map *map, const struct search *search, uint32_t router)
{
    uint32_t first = map->first_neighbor[router], n = map->first_neighbor[router + 1] - first;
    uint64_t fresh = search->fresh[router], one = 0, more = 0;

    for (uint32_t i = 0; i < n; i++) {
        search->from[i] = search->last[map->neighbors[first + i].router] & fresh;
        more |= one & search->from[i];
        one |= search->from[i];
    }
    for (uint32_t i = 0; i < n; i++)
        FOR_EACH_BIT(bit, search->from[i] & ~more)
    set_next(map, router, search->base + bit, i);
    FOR_EACH_BIT(bit, more)
    set_next(map, router, search->base + bit, choose(search, n, bit));
}

/* What this round has come to is where the next one begins. */
static void turn(struct search *search)
{
    uint32_t *list = search->list;

    for (uint32_t at = 0; at < search->n; at++)
        search->last[search->list[at]] = 0;
    for (uint32_t at = 0; at < search->n_fresh; at++) {
        uint32_t router = search->fresh_list[at];

        search->last[router] = search->fresh[router];
        search->seen[router] |= search->fresh[router];
        search->fresh[router] = 0;
    }
    search->list = search->fresh_list;
    search->fresh_list = list;
    search->n = search->n_fresh;
}

#define FETCH 8u /* routers ahead */

/* Where the ways of @router are to be written, far from those of others, comes into the cache. */
static void fetch_ways(const struct route_map *map, uint32_t router, uint32_t base)
{
    const uint8_t *from = map->next + place_of(map, router, base) * map->bits / 8;

    __builtin_prefetch(from, 1);
    __builtin_prefetch(from + TOGETHER * map->bits / 8, 1);
    __builtin_prefetch(map->neighbors + map->first_neighbor[router]);
}

static void find_ways_to(struct route_map *map, struct search *search, uint32_t base, uint32_t n)
{
    memset(search->seen, 0, map->n_routers * sizeof *search->seen);
    search->base = base;
    search->n = n;
    for (uint32_t i = 0; i < n; i++) {
        search->list[i] = base + i;
        search->seen[base + i] = search->last[base + i] = UINT64_C(1) << i;
    }
    while (search->n > 0) {
        step(map, search);
        for (uint32_t at = 0; at < search->n_fresh; at++) {
            if (at + FETCH < search->n_fresh)
                fetch_ways(map, search->fresh_list[at + FETCH], base);
            set_ways(map, search, search->fresh_list[at]);
        }
        turn(search);
    }
}

static void find_ways(struct route_map *map)
{
    size_t n = (size_t)map->n_routers * map->n_routers, room = map->n_routers + 1;
    struct search search = {
        .seen = mem_zalloc(room * sizeof *search.seen),
        .last = mem_zalloc(room * sizeof *search.last),
        .fresh = mem_zalloc(room * sizeof *search.fresh),
        .from = mem_alloc((map->most + 1) * sizeof *search.from),
        .list = mem_alloc(room * sizeof *search.list),
        .fresh_list = mem_alloc(room * sizeof *search.fresh_list),
    };

    map->next = mem_zalloc((n + 2) * map->bits / 8);
    mem_huge(map->next, (n + 2) * map->bits / 8);
    for (uint32_t base = 0; base < map->n_routers; base += TOGETHER)
        find_ways_to(map, &search, base,
                     map->n_routers - base < TOGETHER ? map->n_routers - base : TOGETHER);
    free(search.seen);
    free(search.last);
    free(search.fresh);
    free(search.from);
    free(search.list);
    free(search.fresh_list);
}

struct route_map *route_map_new(const struct route_map_port *ports, uint32_t n_ports,
                                uint32_t n_routers)
{
    struct route_map *map = mem_zalloc(sizeof *map);
    struct route_map_port *sorted = mem_alloc((n_ports + 1) * sizeof *sorted);

    CHECK(n_routers <= ROUTE_MAP_ROUTERS_MAX);
    map->n_routers = n_routers;
    map->first_neighbor = mem_zalloc((n_routers + 2) * sizeof *map->first_neighbor);
    map->on_first = mem_zalloc((n_routers + 2) * sizeof *map->on_first);
    map->on_net = mem_alloc((n_ports + 1) * sizeof *map->on_net);
    if (n_ports > 0)
        memcpy(sorted, ports, n_ports * sizeof *sorted);
    qsort(sorted, n_ports, sizeof *sorted, by_net);
    find_neighbors(map, sorted, n_ports);
    find_nets(map, sorted, n_ports);
    sort_own_nets(map, sorted, n_ports);
    free(sorted);
    find_ways(map);
    return map;
}

void route_map_free(struct route_map *map)
{
    if (map == NULL)
        return;
    free(map->nets);
    free(map->first_neighbor);
    free(map->neighbors);
    free(map->on_first);
    free(map->on_net);
    free(map->next);
    free(map);
}

/* ---- asking ---- */

static bool way_to(const struct route_map *map, uint32_t router, uint32_t n,
                   struct route_map_way *way)
{
    const struct net *net = &map->nets[n];
    uint32_t place = get_next(map, router, net->owner);
    const struct neighbor *next;

    if (place == 0 || (net->several && is_on(map, router, n)))
        return false;
    next = &map->neighbors[map->first_neighbor[router] + place - 1];
    *way = (struct route_map_way){ net->prefix, net->prefix_len, next->iface, next->via };
    return true;
}

/* The last net that begins at or before @dst, or NOWHERE. */
static uint32_t last_before(const struct route_map *map, ip4_addr dst)
{
    uint32_t low = 0, high = map->n_nets;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (map->nets[middle].prefix <= dst)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NOWHERE : low - 1;
}

bool route_map_exact(const struct route_map *map, uint32_t router, ip4_addr prefix,
                     uint8_t prefix_len, struct route_map_way *way)
{
    for (uint32_t n = last_before(map, prefix); n != NOWHERE; n = map->nets[n].parent)
        if (map->nets[n].prefix == prefix && map->nets[n].prefix_len == prefix_len)
            return way_to(map, router, n, way);
    return false;
}

bool route_map_find(const struct route_map *map, uint32_t router, ip4_addr dst,
                    struct route_map_way *way)
{
    for (uint32_t n = last_before(map, dst); n != NOWHERE; n = map->nets[n].parent)
        if (ip4_in_prefix(dst, map->nets[n].prefix, map->nets[n].prefix_len))
            return way_to(map, router, n, way);
    return false;
}

uint32_t route_map_size(const struct route_map *map)
{
    return map->n_nets;
}

bool route_map_at(const struct route_map *map, uint32_t router, uint32_t n,
                  struct route_map_way *way)
{
    return way_to(map, router, n, way);
}
