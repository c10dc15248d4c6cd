/* What is wrong with a topology though every line of it is right: addresses, gateways, loops of
 * hubs. */
#include "lab/topology_build.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/segments.h"
#include "stack/net/route_map.h"

/* ---- hubs ---- */

/* Hubs repeat every bit at once: round a loop of them a frame would collide with itself, for ever.
 */
static void check_hub_loops(struct topo_build *b)
{
    const struct topology *t = b->t;
    uint32_t *hubs = sets_new(t->n_nodes);

    for (uint32_t i = 0; i < t->n_links; i++) {
        const struct topo_link *link = &t->links[i];
        uint32_t x, y;

        if (!segments_link_is_whole(link) || t->nodes[link->ends[0].node].kind != TOPO_HUB ||
            t->nodes[link->ends[1].node].kind != TOPO_HUB ||
            link->ends[0].node == link->ends[1].node)
            continue;
        x = sets_find(hubs, link->ends[0].node);
        y = sets_find(hubs, link->ends[1].node);
        if (x == y)
            reader_error(&b->r, link->at,
                         _("this cable closes a loop of hubs: every frame would collide with "
                           "itself; take the cable out or use a switch"));
        hubs[y] = x;
    }
    free(hubs);
}

/* ---- addresses ---- */

static bool is_private(ip4_addr a) /* RFC 1918 section 3 */
{
    return ip4_in_prefix(a, IP4(10, 0, 0, 0), 8) || ip4_in_prefix(a, IP4(172, 16, 0, 0), 12) ||
           ip4_in_prefix(a, IP4(192, 168, 0, 0), 16);
}

static void check_address(struct topo_build *b, const struct topo_addr *a)
{
    ip4_addr host_bits = ~ip4_mask(a->prefix_len);
    char text[IP4_TEXT_MAX];

    ip4_format(a->addr, text);
    if (ip4_is_multicast(a->addr) || ip4_is_zeronet(a->addr) || ip4_is_loopback(a->addr) ||
        a->addr == IP4_BROADCAST) {
        reader_error(&b->r, a->at, _("%s cannot be an interface's address: it is %s"), text,
                     ip4_is_multicast(a->addr)  ? _("a multicast address")
                     : ip4_is_loopback(a->addr) ? _("a loopback address")
                     : ip4_is_zeronet(a->addr)  ? _("in 0.0.0.0/8, which no host has")
                                                : _("the broadcast address"));
        return;
    }
    if (a->prefix_len >= 31 || (b->t->allow & TOPO_ALLOW_HOST_ADDRESS) != 0)
        return; /* RFC 3021: a /31 has two hosts and nothing else */
    if ((a->addr & host_bits) == 0)
        reader_error(&b->r, a->at,
                     _("%s/%u is the network itself, not a host in it (if it is meant: `allow: "
                       "[host-address]`)"),
                     text, a->prefix_len);
    else if ((a->addr & host_bits) == host_bits)
        reader_error(&b->r, a->at,
                     _("%s/%u is the broadcast address of its network (if it is meant: `allow: "
                       "[host-address]`)"),
                     text, a->prefix_len);
}

/* Something that may stand only once in a broadcast domain. */
struct claim {
    uint64_t what;
    uint32_t domain;
    const struct topo_iface *iface;
    struct text_pos at;
};

static guint claim_hash(gconstpointer p)
{
    const struct claim *c = p;
    uint64_t mixed = (c->what ^ (uint64_t)c->domain << 32) * UINT64_C(0x9e3779b97f4a7c15);

    return (guint)(mixed >> 32);
}

static gboolean claim_equal(gconstpointer a, gconstpointer b)
{
    const struct claim *x = a, *y = b;

    return x->what == y->what && x->domain == y->domain;
}

/* Enter @claim; the earlier one if there is one. */
static const struct claim *enter(GHashTable *claims, const struct claim *claim, struct claim **room)
{
    const struct claim *earlier = g_hash_table_lookup(claims, claim);

    if (earlier == NULL) {
        **room = *claim;
        g_hash_table_add(claims, (*room)++);
    }
    return earlier;
}

#define ANY_DOMAIN UINT32_MAX       /* claims of the whole network */
#define UNCABLED   (UINT32_MAX - 1) /* interfaces without a cable might all meet */

struct claims {
    GHashTable *table;
    struct claim *room; /* where the next one goes */
};

static void claim_address(struct topo_build *b, struct claims *claims,
                          const struct topo_iface *iface, uint32_t domain,
                          const struct topo_addr *a)
{
    struct claim here = { a->addr, domain, iface, a->at },
                 anywhere = { a->addr, ANY_DOMAIN, iface, a->at };
    const struct claim *twin = enter(claims->table, &here, &claims->room),
                       *far = enter(claims->table, &anywhere, &claims->room);
    char text[IP4_TEXT_MAX];

    ip4_format(a->addr, text);
    if (twin != NULL) {
        if ((b->t->allow & TOPO_ALLOW_DUPLICATE_ADDRESS) == 0)
            reader_error(&b->r, a->at,
                         _("%s has the address %s already, in line %u: each interface needs its "
                           "own (if it is meant: `allow: [duplicate-address]`)"),
                         b->t->nodes[twin->iface->node].name, text, twin->at.line);
    } else if (far != NULL && (!is_private(a->addr) || far->iface->node == iface->node) &&
               (b->t->allow & TOPO_ALLOW_DUPLICATE_ADDRESS) == 0) {
        reader_warning(&b->r, a->at, _("%s has the address %s too, in line %u"),
                       b->t->nodes[far->iface->node].name, text, far->at.line);
    }
}

static void claim_mac(struct topo_build *b, struct claims *claims, const struct topo_iface *iface,
                      uint32_t domain)
{
    struct claim here = { mac_to_u64(&iface->mac), domain, iface, iface->at };
    const struct claim *twin = enter(claims->table, &here, &claims->room);
    char text[MAC_TEXT_MAX];

    if (twin != NULL && (b->t->allow & TOPO_ALLOW_DUPLICATE_MAC) == 0)
        reader_error(&b->r, iface->at,
                     _("%s:%s has the MAC address %s already, in line %u (if it is meant: `allow: "
                       "[duplicate-mac]`)"),
                     b->t->nodes[twin->iface->node].name, twin->iface->name,
                     mac_format(&iface->mac, text), twin->at.line);
}

/* An address and a MAC never look alike here: the one has 32 bits, the other's first octet is not
 * zero. */
static void check_twice(struct topo_build *b)
{
    const struct topology *t = b->t;
    struct claims claims = { g_hash_table_new(claim_hash, claim_equal), NULL };
    struct claim *all;
    struct segments s;
    size_t n = 0;

    segments_init(&s, t);
    for (uint32_t i = 0; i < t->n_nodes; i++)
        for (uint32_t j = 0; j < t->nodes[i].n_ifaces; j++)
            n += 1 + 2 * (size_t)t->nodes[i].ifaces[j].n_addrs;
    claims.room = all = mem_alloc(n * sizeof *all);
    for (uint32_t i = 0; i < t->n_nodes; i++)
        for (uint32_t j = 0; j < t->nodes[i].n_ifaces && t->nodes[i].kind <= TOPO_ROUTER; j++) {
            const struct topo_iface *iface = &t->nodes[i].ifaces[j];
            uint32_t domain = iface->link != TOPO_NOWHERE ? segment_of(&s, t, i, j) : UNCABLED;

            claim_mac(b, &claims, iface, domain);
            for (uint32_t k = 0; k < iface->n_addrs; k++)
                claim_address(b, &claims, iface, domain, &iface->addrs[k]);
        }
    g_hash_table_destroy(claims.table);
    free(all);
    segments_fini(&s);
}

/* ---- next hops ---- */

enum reach { REACH_UNKNOWN, REACH_NO, REACH_YES, REACH_SELF };

/* Whether @node can reach @addr without a gateway. An interface that asks DHCP may come to be
 * anywhere. */
static enum reach reach(const struct topo_node *node, ip4_addr addr)
{
    enum reach result = REACH_NO;

    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        const struct topo_iface *iface = &node->ifaces[i];

        if (iface->addressing == TOPO_ADDR_DHCP && result == REACH_NO)
            result = REACH_UNKNOWN;
        for (uint32_t j = 0; j < iface->n_addrs; j++) {
            if (iface->addrs[j].addr == addr)
                return REACH_SELF;
            if (ip4_in_prefix(addr, iface->addrs[j].addr, iface->addrs[j].prefix_len))
                result = REACH_YES;
        }
    }
    return result;
}

/* The first static subnet of @node, for the message; NULL without one. */
static const char *own_subnet(struct topo_build *b, const struct topo_node *node)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        if (node->ifaces[i].n_addrs > 0) {
            const struct topo_addr *a = &node->ifaces[i].addrs[0];
            char text[IP4_TEXT_MAX];
            g_autofree char *subnet = g_strdup_printf(
                "%s/%u", ip4_format(a->addr & ip4_mask(a->prefix_len), text), a->prefix_len);

            return arena_strdup(b->r.arena, subnet);
        }
    return NULL;
}

static bool is_misread(const struct topo_node *node)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        if (node->ifaces[i].misread)
            return true;
    return false;
}

static void check_next_hop(struct topo_build *b, const struct topo_node *node, ip4_addr addr,
                           struct text_pos at)
{
    enum reach how = reach(node, addr);
    const char *subnet;
    char text[IP4_TEXT_MAX];

    ip4_format(addr, text);
    if (how == REACH_SELF)
        reader_warning(&b->r, at, _("the gateway %s is `%s` itself"), text, node->name);
    if (how != REACH_NO)
        return;
    subnet = own_subnet(b, node);
    if (subnet != NULL)
        reader_warning(
            &b->r, at,
            _("`%s` cannot reach the gateway %s: it is in no subnet of its own, like %s"),
            node->name, text, subnet);
    else if (!is_misread(node))
        reader_warning(&b->r, at, _("`%s` cannot reach the gateway %s: it has no address"),
                       node->name, text);
}

/* A map of ways has a place for each pair of routers. */
static void check_computed_routes(struct topo_build *b)
{
    const struct topology *t = b->t;
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->n_nodes; i++)
        if (t->nodes[i].kind == TOPO_ROUTER && ++n > ROUTE_MAP_ROUTERS_MAX) {
            reader_error(&b->r, t->nodes[i].at,
                         _("`routing: computed` is for at most %u routers; this one is too many"),
                         ROUTE_MAP_ROUTERS_MAX);
            return;
        }
}

static void check_route(struct topo_build *b, const struct topo_node *node,
                        const struct topo_route *route)
{
    if (route->has_via && !route->v6)
        check_next_hop(b, node, route->via, route->at);
    for (uint32_t i = 0; i < route->n_hops; i++)
        if (route->hops[i].via != 0 && !route->hops[i].onlink)
            check_next_hop(b, node, route->hops[i].via, route->at);
}

void build_check(struct topo_build *b)
{
    const struct topology *t = b->t;

    if (t->n_nodes == 0)
        return;
    check_hub_loops(b);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct topo_node *node = &t->nodes[i];

        if (node->kind > TOPO_ROUTER)
            continue;
        for (uint32_t j = 0; j < node->n_ifaces; j++)
            for (uint32_t k = 0; k < node->ifaces[j].n_addrs; k++)
                check_address(b, &node->ifaces[j].addrs[k]);
        if (node->has_gateway)
            check_next_hop(b, node, node->gateway, node->gateway_at);
        for (uint32_t j = 0; j < node->n_routes; j++)
            check_route(b, node, &node->routes[j]);
    }
    check_twice(b);
    if (t->computed_routes)
        check_computed_routes(b);
    build_check6(b);
}
