/* Packets on paper: from host to host by the routes that are written, and their answers back. */
#include "lab/advice_internal.h"

#include <string.h>

#include "inspect/i18n.h"

#define HOPS_MAX  32
#define HOSTS_MAX 48 /* from each to each; of larger networks these are a sample */

enum way_end {
    WAY_ARRIVES,
    WAY_NO_ROUTE, /* @at does not know where to */
    WAY_CIRCLE,   /* @at sees it again */
    WAY_UNKNOWN   /* what happens is not known from the file, or told elsewhere */
};

struct way {
    ip4_addr src, dst; /* src may change on the way: NAT */
    const struct topo_node *at;
    uint32_t n; /* nodes passed */
    const struct topo_node *passed[HOPS_MAX];
    ip4_addr from[HOPS_MAX]; /* the address of the one before, as each knows it */
};

struct exit { /* where a packet leaves a node */
    const struct topo_iface *iface;
    ip4_addr next;
    int len; /* of the prefix; -1: no route */
    uint32_t metric;
    bool unknown;
};

static void prefer(struct exit *best, struct exit other)
{
    if (other.len > best->len || (other.len == best->len && other.metric < best->metric))
        *best = other;
}

static const struct topo_iface *connected(const struct topology *t, const struct topo_node *node,
                                          ip4_addr addr, int *len)
{
    const struct topo_iface *found = NULL;

    *len = -1;
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        for (uint32_t j = 0; j < node->ifaces[i].n_addrs; j++) {
            const struct topo_addr *own = &node->ifaces[i].addrs[j];

            if (own->prefix_len > *len && advice_works(t, &node->ifaces[i]) &&
                ip4_in_prefix(addr, own->addr, own->prefix_len)) {
                *len = own->prefix_len;
                found = &node->ifaces[i];
            }
        }
    return found;
}

static void try_route(const struct topology *t, const struct topo_node *node,
                      const struct topo_route *route, ip4_addr dst, struct exit *best)
{
    struct exit here = { NULL, route->has_via ? route->via : dst, route->prefix_len, route->metric,
                         route->type != TOPO_ROUTE_UNICAST || route->n_hops > 0 };
    int len;

    if (route->v6 || !ip4_in_prefix(dst, route->prefix, route->prefix_len))
        return;
    if (!here.unknown)
        here.iface = route->dev != TOPO_NOWHERE ? &node->ifaces[route->dev]
                                                : connected(t, node, here.next, &len);
    if (here.unknown || here.iface != NULL) /* the kernel takes no route it cannot reach */
        prefer(best, here);
}

static struct exit find_exit(const struct topology *t, const struct topo_node *node, ip4_addr dst)
{
    struct exit best = { .len = -1 }, direct = { .next = dst };
    int len;

    direct.iface = connected(t, node, dst, &direct.len);
    if (direct.iface != NULL)
        best = direct;
    for (uint32_t i = 0; i < node->n_routes; i++)
        try_route(t, node, &node->routes[i], dst, &best);
    if (node->has_gateway) {
        struct exit gateway = { connected(t, node, node->gateway, &len), node->gateway, 0, 0,
                                false };

        if (gateway.iface != NULL)
            prefer(&best, gateway);
    }
    return best;
}

static bool has_address(const struct topo_node *node, ip4_addr addr)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        for (uint32_t j = 0; j < node->ifaces[i].n_addrs; j++)
            if (node->ifaces[i].addrs[j].addr == addr)
                return true;
    return false;
}

static bool asks_dhcp(const struct topo_node *node)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        if (node->ifaces[i].addressing == TOPO_ADDR_DHCP)
            return true;
    return false;
}

static bool was_passed(const struct way *way, const struct topo_node *node)
{
    for (uint32_t i = 0; i < way->n; i++)
        if (way->passed[i] == node)
            return true;
    return false;
}

/* What leaves by the outside of a NAT has another source. */
static void translate(struct way *way, const struct exit *exit)
{
    const struct topo_nat *nat = way->at->nat;

    if (nat != NULL && nat->outside == exit->iface->index && exit->iface->n_addrs > 0 && way->n > 1)
        way->src = exit->iface->addrs[0].addr;
}

/* The address under which the next one knows this one. */
static ip4_addr known_as(const struct topo_iface *iface, ip4_addr next)
{
    for (uint32_t i = 0; i < iface->n_addrs; i++)
        if (ip4_in_prefix(next, iface->addrs[i].addr, iface->addrs[i].prefix_len))
            return iface->addrs[i].addr;
    return iface->n_addrs > 0 ? iface->addrs[0].addr : 0;
}

static enum way_end go(const struct advice *a, struct way *way)
{
    ip4_addr from = 0;

    for (way->n = 0; way->n < HOPS_MAX;) {
        const struct advice_port *next;
        struct exit exit;

        if (has_address(way->at, way->dst))
            return WAY_ARRIVES;
        if (way->n > 0 && !advice_forwards(way->at))
            return WAY_UNKNOWN; /* told where the gateway is */
        if (was_passed(way, way->at))
            return WAY_CIRCLE;
        way->passed[way->n] = way->at;
        way->from[way->n++] = from;
        exit = find_exit(a->t, way->at, way->dst);
        if (exit.unknown || asks_dhcp(way->at))
            return WAY_UNKNOWN;
        if (exit.len < 0)
            return WAY_NO_ROUTE;
        if (!advice_works(a->t, exit.iface))
            return WAY_UNKNOWN;
        translate(way, &exit);
        from = known_as(exit.iface, exit.next);
        next = advice_owner(a, segment_of(a->segments, a->t, way->at->index, exit.iface->index),
                            exit.next);
        if (next == NULL)
            return WAY_UNKNOWN;
        way->at = next->node;
    }
    return WAY_UNKNOWN;
}

/* ---- from each network to each ---- */

struct station {
    const struct topo_node *node;
    const struct topo_addr *addr;
};

struct stations {
    size_t n;
    struct station all[HOSTS_MAX];
};

/* One host of each segment for each gateway: the others fare alike. */
static void find_stations(const struct advice *a, struct stations *stations)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

    stations->n = 0;
    for (size_t i = 0; i < a->n_ports && stations->n < HOSTS_MAX; i++) {
        const struct advice_port *port = &a->ports[i];
        gint64 *kind;

        if (port->iface->n_addrs == 0 || port->node->n_ifaces > 1 || advice_forwards(port->node))
            continue;
        kind = g_new(gint64, 1);
        *kind = (gint64)((uint64_t)port->segment << 32 | port->node->gateway);
        if (g_hash_table_add(seen, kind))
            stations->all[stations->n++] = (struct station){ port->node, &port->iface->addrs[0] };
    }
}

struct ways {
    const struct advice *a;
    GHashTable *told;      /* "node network", owned */
    bool any_nat, answers; /* of answers first: that says more */
};

static bool tell_once(struct ways *ways, const struct topo_node *node, const char *net)
{
    return g_hash_table_add(ways->told, g_strdup_printf("%s %s", node->name, net));
}

static void advise_circle(struct ways *ways, const struct way *way, const char *net)
{
    g_autoptr(GString) names = g_string_new(NULL);
    bool in = false;

    for (uint32_t i = 0; i < way->n; i++) {
        in |= way->passed[i] == way->at;
        if (in)
            g_string_append_printf(names, "%s, ", way->passed[i]->name);
    }
    g_string_append(names, way->at->name);
    for (uint32_t i = 0; i < way->n; i++) /* each of the circle is told with it */
        if (!tell_once(ways, way->passed[i], net) && way->passed[i] == way->at)
            return;
    advise(ways->a, TOPO_ALLOW_NO_WAY, way->at->at,
           _("packets for %s go round in a circle: %s; a next hop of one of these is wrong"), net,
           names->str);
}

/* How @lost, the way of an answer, would go on: back to where the question came from. */
static ip4_addr way_back(const struct way *question, const struct topo_node *lost)
{
    for (uint32_t i = 0; i < question->n; i++)
        if (question->passed[i] == lost)
            return question->from[i];
    return 0;
}

static void advise_no_way_back(struct ways *ways, const struct station *x, const struct station *y,
                               const struct way *question, const struct way *answer,
                               const char *net)
{
    ip4_addr via = way_back(question, answer->at);
    char text[IP4_TEXT_MAX] = "ADDRESS";

    if (!tell_once(ways, answer->at, net))
        return;
    if (via != 0)
        ip4_format(via, text);
    advise(ways->a, TOPO_ALLOW_NO_WAY, answer->at->at,
           _("what `%s` sends to `%s` arrives, but the answer ends at `%s`, which has no route to "
             "%s: `%s via %s` under its `routes` would be one"),
           x->node->name, y->node->name, answer->at->name, net, net, text);
}

static void advise_no_way(struct ways *ways, const struct station *x, const struct station *y,
                          const struct way *way, const char *net)
{
    if (!tell_once(ways, way->at, net))
        return;
    advise(
        ways->a, TOPO_ALLOW_NO_WAY, way->at->at,
        _("what `%s` sends to `%s` ends at `%s`, which has no route to %s: it needs one under its "
          "`routes`"),
        x->node->name, y->node->name, way->at->name, net);
}

/* The network of @addr, as the station there writes it. */
static char *net_of(const struct advice *a, const struct station *x, ip4_addr addr)
{
    for (size_t i = 0; addr != x->addr->addr && i < a->n_ports; i++)
        for (uint32_t j = 0; j < a->ports[i].iface->n_addrs; j++)
            if (a->ports[i].iface->addrs[j].addr == addr)
                return advice_net(addr, a->ports[i].iface->addrs[j].prefix_len);
    return advice_net(addr, x->addr->prefix_len);
}

static void advise_pair(struct ways *ways, const struct station *x, const struct station *y)
{
    struct way question = { .src = x->addr->addr, .dst = y->addr->addr, .at = x->node };
    enum way_end end = go(ways->a, &question);
    g_autofree char *there = advice_net(y->addr->addr, y->addr->prefix_len), *back = NULL;
    struct way answer = { .src = y->addr->addr, .dst = question.src, .at = y->node };

    /* A host without a route is one without a gateway, which is told. */
    if (end == WAY_CIRCLE && !ways->answers)
        advise_circle(ways, &question, there);
    else if (end == WAY_NO_ROUTE && !ways->answers && question.at != x->node && !ways->any_nat)
        advise_no_way(ways, x, y, &question, there);
    if (end != WAY_ARRIVES || !ways->answers)
        return;
    back = net_of(ways->a, x, question.src);
    end = go(ways->a, &answer);
    if (end == WAY_NO_ROUTE && answer.at != y->node)
        advise_no_way_back(ways, x, y, &question, &answer, back);
    else if (end == WAY_CIRCLE)
        advise_circle(ways, &answer, back);
}

void advice_of_ways(const struct advice *a)
{
    struct ways ways = { .a = a,
                         .told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
    struct stations *stations = g_new(struct stations, 1);

    for (uint32_t i = 0; i < a->t->n_nodes; i++)
        ways.any_nat |= a->t->nodes[i].nat != NULL;
    find_stations(a, stations);
    for (unsigned round = 0; round < 2; round++) {
        ways.answers = round == 0;
        for (size_t i = 0; i < stations->n; i++)
            for (size_t j = 0; j < stations->n; j++)
                if (i != j)
                    advise_pair(&ways, &stations->all[i], &stations->all[j]);
    }
    g_free(stations);
    g_hash_table_destroy(ways.told);
}
