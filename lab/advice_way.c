/* Packets on paper: from host to host by the routes that are written, and their answers back. */
#include "lab/advice_internal.h"

#include <string.h>

#include "inspect/i18n.h"
#include "stack/net/multipath.h"

#define NODES_MAX 64 /* that a way passes, all its branches together */
#define HOSTS_MAX 48 /* from each to each; of larger networks these are a sample */

enum way_end {
    WAY_ARRIVES,
    WAY_NO_ROUTE, /* @at does not know where to */
    WAY_CIRCLE,   /* @at sees it again */
    WAY_UNKNOWN   /* what happens is not known from the file, or told elsewhere */
};

/* A packet's way. Where a route has several next hops, all are followed: each may be taken. */
struct way {
    enum advice_family family;
    struct ip6_addr src, dst; /* src may change on the way: NAT */
    const struct topo_node *at;
    uint32_t n; /* nodes passed */
    struct passed {
        const struct topo_node *node;
        struct ip6_addr from; /* the address of the one before, as this one knows it; :: for none */
        bool open;            /* what lies behind it is still being followed */
        enum way_end end;     /* else: how that ended */
    } passed[NODES_MAX];
};

struct exits { /* where packets leave a node */
    int len;   /* of the prefix; -1: no route */
    uint32_t metric;
    bool unknown;
    uint32_t n;
    struct exit {
        const struct topo_iface *iface;
        struct ip6_addr next;
    } all[FIB_HOPS_MAX];
};

static void prefer(struct exits *best, const struct exits *other)
{
    if (other->len > best->len || (other->len == best->len && other->metric < best->metric))
        *best = *other;
}

static const struct topo_iface *connected(const struct advice *a, const struct topo_node *node,
                                          struct ip6_addr addr, int *len)
{
    const struct topo_iface *found = NULL;

    *len = -1;
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        struct advice_addrs own = advice_addrs(a, &node->ifaces[i]);

        for (uint32_t j = 0; j < own.n && advice_works(a->t, &node->ifaces[i]); j++)
            if (own.all[j].len > *len && ip6_in_prefix(addr, own.all[j].addr, own.all[j].len)) {
                *len = own.all[j].len;
                found = &node->ifaces[i];
            }
    }
    return found;
}

/* False: the kernel takes no route of which it cannot reach a next hop. */
static bool add_exit(const struct advice *a, const struct topo_node *node,
                     const struct advice_hop *hop, struct ip6_addr dst, struct exits *exits)
{
    struct exit exit = { .next = ip6_is_any(hop->via) ? dst : hop->via };
    int len;

    exit.iface =
        hop->dev != TOPO_NOWHERE ? &node->ifaces[hop->dev] : connected(a, node, exit.next, &len);
    if (exit.iface == NULL)
        return false;
    exits->all[exits->n++] = exit;
    return true;
}

static void try_route(const struct advice *a, const struct topo_node *node,
                      const struct advice_route *route, struct ip6_addr dst, struct exits *best)
{
    struct exits here;

    if (route->family != advice_family(dst) || !ip6_in_prefix(dst, route->prefix, route->len))
        return;
    here = (struct exits){ .len = route->len,
                           .metric = route->metric,
                           .unknown = route->type != TOPO_ROUTE_UNICAST };
    for (uint32_t i = 0; i < route->n_hops && !here.unknown; i++)
        if (!add_exit(a, node, &route->hops[i], dst, &here))
            return;
    prefer(best, &here);
}

static void find_exits(const struct advice *a, const struct topo_node *node, struct ip6_addr dst,
                       struct exits *best)
{
    const struct advice_routes *routes = &a->routes[node->index];
    const struct topo_iface *iface;

    *best = (struct exits){ .len = -1 };
    iface = connected(a, node, dst, &best->len);
    if (iface != NULL)
        best->all[best->n++] = (struct exit){ iface, dst };
    for (uint32_t i = 0; i < routes->n; i++)
        try_route(a, node, &routes->all[i], dst, best);
}

static bool has_address(const struct advice *a, const struct topo_node *node, struct ip6_addr addr)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        struct advice_addrs own = advice_addrs(a, &node->ifaces[i]);

        for (uint32_t j = 0; j < own.n; j++)
            if (ip6_eq(own.all[j].addr, addr))
                return true;
    }
    return false;
}

static bool asks_dhcp(const struct topo_node *node)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        if (node->ifaces[i].addressing == TOPO_ADDR_DHCP)
            return true;
    return false;
}

static struct passed *find_passed(struct way *way, const struct topo_node *node)
{
    for (uint32_t i = 0; i < way->n; i++)
        if (way->passed[i].node == node)
            return &way->passed[i];
    return NULL;
}

/* What leaves by the outside of a NAT has another source. */
static struct ip6_addr translated(const struct topo_node *node, const struct topo_iface *iface,
                                  struct ip6_addr src, bool first)
{
    if (node->nat != NULL && node->nat->outside == iface->index && iface->n_addrs > 0 && !first &&
        ip6_is_mapped(src))
        return ip6_from_mapped(iface->addrs[0].addr);
    return src;
}

/* The address under which the next one knows this one. */
static struct ip6_addr known_as(const struct advice *a, const struct topo_iface *iface,
                                struct ip6_addr next)
{
    struct advice_addrs own = advice_addrs(a, iface);
    struct ip6_addr other = IP6_ANY;

    for (uint32_t i = 0; i < own.n; i++) {
        if (ip6_in_prefix(next, own.all[i].addr, own.all[i].len))
            return own.all[i].addr;
        if (ip6_is_any(other) && advice_family(own.all[i].addr) == advice_family(next))
            other = own.all[i].addr;
    }
    return other;
}

static enum way_end go_on(const struct advice *a, struct way *way, const struct topo_node *node,
                          struct ip6_addr from, struct ip6_addr src);

static enum way_end leave(const struct advice *a, struct way *way, const struct topo_node *node,
                          const struct exit *exit, struct ip6_addr src)
{
    const struct advice_port *next;

    if (!advice_works(a->t, exit->iface))
        return WAY_UNKNOWN;
    next =
        advice_owner(a, segment_of(a->segments, a->t, node->index, exit->iface->index), exit->next);
    if (next == NULL)
        return WAY_UNKNOWN;
    return go_on(a, way, next->node, known_as(a, exit->iface, exit->next),
                 translated(node, exit->iface, src, way->n == 1));
}

/* The first branch that fails says how; else one that arrives. */
static enum way_end branch(const struct advice *a, struct way *way, const struct topo_node *node,
                           struct ip6_addr src)
{
    struct exits exits;
    enum way_end best = WAY_UNKNOWN;

    find_exits(a, node, way->dst, &exits);
    if (exits.unknown || (way->family == ADVICE_V4 && asks_dhcp(node)))
        return WAY_UNKNOWN;
    if (exits.len < 0)
        return WAY_NO_ROUTE;
    for (uint32_t i = 0; i < exits.n; i++) {
        enum way_end end = leave(a, way, node, &exits.all[i], src);

        if (end == WAY_NO_ROUTE || end == WAY_CIRCLE)
            return end;
        if (end == WAY_ARRIVES)
            best = end;
    }
    return best;
}

static enum way_end go_on(const struct advice *a, struct way *way, const struct topo_node *node,
                          struct ip6_addr from, struct ip6_addr src)
{
    struct passed *here = find_passed(way, node);
    enum way_end end;

    if (has_address(a, node, way->dst)) {
        way->src = src;
        return WAY_ARRIVES;
    }
    if (here != NULL && !here->open)
        return here->end;
    if ((way->n > 0 && !advice_forwards(node, way->family)) || way->n == NODES_MAX)
        return WAY_UNKNOWN; /* of a host that forwards nothing is told where it is the gateway */
    way->at = node;
    if (here != NULL)
        return WAY_CIRCLE;
    here = &way->passed[way->n++];
    *here = (struct passed){ .node = node, .from = from, .open = true };
    end = branch(a, way, node, src);
    if (end == WAY_ARRIVES || end == WAY_UNKNOWN) { /* after a failure it is seen how it came */
        here->open = false;
        here->end = end;
    }
    return end;
}

static enum way_end go(const struct advice *a, struct way *way)
{
    return go_on(a, way, way->at, IP6_ANY, way->src);
}

/* ---- from each network to each ---- */

struct station {
    const struct topo_node *node;
    const struct advice_addr *addr;
};

struct stations {
    size_t n;
    struct station all[HOSTS_MAX];
};

static const struct advice_addr *address_of(const struct advice_port *port,
                                            enum advice_family family)
{
    for (uint32_t i = 0; i < port->addrs.n; i++)
        if (advice_is_global(&port->addrs.all[i], family))
            return &port->addrs.all[i];
    return NULL;
}

static char *gateway_of(const struct topo_node *node, enum advice_family family)
{
    char text[IP6_TEXT_MAX];

    return g_strdup(
        advice_format(family == ADVICE_V4 ? ip6_from_mapped(node->gateway) : node->gateway6, text));
}

/* One host of each segment for each gateway: the others fare alike. */
static void find_stations(const struct advice *a, enum advice_family family,
                          struct stations *stations)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    stations->n = 0;
    for (size_t i = 0; i < a->n_ports && stations->n < HOSTS_MAX; i++) {
        const struct advice_port *port = &a->ports[i];
        const struct advice_addr *addr = address_of(port, family);
        g_autofree char *gateway = gateway_of(port->node, family);

        if (addr == NULL || port->node->n_ifaces > 1 || advice_forwards(port->node, family))
            continue;
        if (g_hash_table_add(seen, g_strdup_printf("%u %s", port->segment, gateway)))
            stations->all[stations->n++] = (struct station){ port->node, addr };
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
        in |= way->passed[i].node == way->at;
        if (in && way->passed[i].open)
            g_string_append_printf(names, "%s, ", way->passed[i].node->name);
    }
    g_string_append(names, way->at->name);
    for (uint32_t i = 0; i < way->n; i++) /* each of the circle is told with it */
        if (way->passed[i].open && !tell_once(ways, way->passed[i].node, net) &&
            way->passed[i].node == way->at)
            return;
    advise(ways->a, TOPO_ALLOW_NO_WAY, way->at->at,
           _("packets for %s go round in a circle: %s; a next hop of one of these is wrong"), net,
           names->str);
}

/* How @lost, the way of an answer, would go on: back to where the question came from. */
static struct ip6_addr way_back(const struct way *question, const struct topo_node *lost)
{
    for (uint32_t i = 0; i < question->n; i++)
        if (question->passed[i].node == lost)
            return question->passed[i].from;
    return IP6_ANY;
}

static void advise_no_way_back(struct ways *ways, const struct station *x, const struct station *y,
                               const struct way *question, const struct way *answer,
                               const char *net)
{
    struct ip6_addr via = way_back(question, answer->at);
    char text[IP6_TEXT_MAX];

    if (!tell_once(ways, answer->at, net))
        return;
    if (ip6_is_any(via))
        advise(ways->a, TOPO_ALLOW_NO_WAY, answer->at->at,
               _("what `%s` sends to `%s` arrives, but the answer ends at `%s`, which has no route "
                 "to %s: it needs one under its `routes`"),
               x->node->name, y->node->name, answer->at->name, net);
    else
        advise(ways->a, TOPO_ALLOW_NO_WAY, answer->at->at,
               _("what `%s` sends to `%s` arrives, but the answer ends at `%s`, which has no route "
                 "to %s: `%s via %s` under its `routes` would be one"),
               x->node->name, y->node->name, answer->at->name, net, net, advice_format(via, text));
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
static char *net_of(const struct advice *a, const struct station *x, struct ip6_addr addr)
{
    for (size_t i = 0; !ip6_eq(addr, x->addr->addr) && i < a->n_ports; i++)
        for (uint32_t j = 0; j < a->ports[i].addrs.n; j++)
            if (ip6_eq(a->ports[i].addrs.all[j].addr, addr))
                return advice_net(addr, a->ports[i].addrs.all[j].len);
    return advice_net(addr, x->addr->len);
}

static void advise_pair(struct ways *ways, const struct station *x, const struct station *y)
{
    enum advice_family family = advice_family(x->addr->addr);
    struct way question = { family, x->addr->addr, y->addr->addr, x->node, 0, { { 0 } } };
    enum way_end end = go(ways->a, &question);
    g_autofree char *there = advice_net(y->addr->addr, y->addr->len), *back = NULL;
    struct way answer = { family, y->addr->addr, question.src, y->node, 0, { { 0 } } };

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

static void advise_pairs(struct ways *ways, const struct stations *stations)
{
    for (size_t i = 0; i < stations->n; i++)
        for (size_t j = 0; j < stations->n; j++)
            if (i != j)
                advise_pair(ways, &stations->all[i], &stations->all[j]);
}

void advice_of_ways(const struct advice *a)
{
    struct ways ways = { .a = a,
                         .told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
    struct stations *stations = g_new(struct stations, 1);
    bool any_nat = false;

    for (uint32_t i = 0; i < a->t->n_nodes; i++)
        any_nat |= a->t->nodes[i].nat != NULL;
    /* `routing: computed` is for IPv4 */
    for (unsigned family = a->t->computed_routes; family < ADVICE_FAMILIES; family++) {
        find_stations(a, (enum advice_family)family, stations);
        ways.any_nat = any_nat && family == ADVICE_V4;
        for (unsigned round = 0; round < 2; round++) {
            ways.answers = round == 0;
            advise_pairs(&ways, stations);
        }
    }
    g_free(stations);
    g_hash_table_destroy(ways.told);
}
