/* Addresses that somebody else must have: gateways, next hops, name servers, names. */
#include "lab/advice_internal.h"

#include <string.h>

#include "inspect/i18n.h"

/* A wire that a node is on, and its address there. */
struct place {
    const struct topo_node *node;
    const struct topo_iface *iface;
    const struct advice_addr *own;
};

/* Where @node is beside @addr. */
static bool towards(const struct advice *a, const struct topo_node *node, struct ip6_addr addr,
                    uint32_t dev, struct place *place)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        struct advice_addrs addrs = advice_addrs(a, &node->ifaces[i]);

        for (uint32_t j = 0; j < addrs.n && (dev == TOPO_NOWHERE || dev == i); j++)
            if (ip6_in_prefix(addr, addrs.all[j].addr, addrs.all[j].len)) {
                *place = (struct place){ node, &node->ifaces[i], &addrs.all[j] };
                return true;
            }
    }
    return false;
}

/* A router on the wire of @place with an address in the network of the own one there. */
static const struct advice_addr *router_there(const struct advice *a, const struct place *place,
                                              const struct topo_node **router)
{
    struct advice_group group =
        advice_group(a, segment_of(a->segments, a->t, place->node->index, place->iface->index));
    enum advice_family family = advice_family(place->own->addr);

    for (size_t i = 0; i < group.n; i++)
        for (uint32_t j = 0; j < group.ports[i].addrs.n; j++) {
            const struct advice_addr *addr = &group.ports[i].addrs.all[j];

            if (group.ports[i].node == place->node ||
                !advice_forwards(group.ports[i].node, family) ||
                !ip6_in_prefix(addr->addr, place->own->addr, place->own->len))
                continue;
            *router = group.ports[i].node;
            return addr;
        }
    return NULL;
}

static bool may_be_leased(const struct advice_group *group)
{
    for (size_t i = 0; i < group->n; i++)
        if (group->ports[i].iface->addressing == TOPO_ADDR_DHCP)
            return true;
    return false;
}

static void advise_nobody(const struct advice *a, const struct place *place, struct ip6_addr hop,
                          struct text_pos at)
{
    const struct topo_node *router;
    const struct advice_addr *there = router_there(a, place, &router);
    char text[IP6_TEXT_MAX], other[IP6_TEXT_MAX];

    advice_format(hop, text);
    if (there != NULL)
        advise(a, TOPO_ALLOW_DEAD_GATEWAY, at,
               _("nobody on the wire of %s:%s has the gateway's address %s; is %s (`%s`) meant?"),
               place->node->name, place->iface->name, text, advice_format(there->addr, other),
               router->name);
    else
        advise(
            a, TOPO_ALLOW_DEAD_GATEWAY, at,
            _("nobody on the wire of %s:%s has the gateway's address %s: a router needs it there"),
            place->node->name, place->iface->name, text);
}

/* What is in no network of the node topology_check.c has told. */
static void advise_hop(const struct advice *a, const struct topo_node *node,
                       const struct advice_hop *hop, struct text_pos at)
{
    const struct advice_port *owner;
    enum advice_family family = advice_family(hop->via);
    struct advice_group group;
    char text[IP6_TEXT_MAX];
    struct place place;
    uint32_t segment;

    if (!towards(a, node, hop->via, hop->dev, &place) || place.iface->link == TOPO_NOWHERE ||
        ip6_eq(place.own->addr, hop->via))
        return;
    segment = segment_of(a->segments, a->t, node->index, place.iface->index);
    owner = advice_owner(a, segment, hop->via);
    group = advice_group(a, segment);
    if (owner == NULL && (family == ADVICE_V6 || !may_be_leased(&group)))
        advise_nobody(a, &place, hop->via, at);
    else if (owner != NULL && !advice_forwards(owner->node, family))
        advise(
            a, TOPO_ALLOW_DEAD_GATEWAY, at,
            _("the gateway %s is the host `%s`, which passes nothing on: `kind: router` makes it "
              "one that does"),
            advice_format(hop->via, text), owner->node->name);
}

/* The first address of @iface by which others than those on the wire know it; NULL: none. */
static const struct advice_addr *global_one(const struct advice *a, const struct topo_iface *iface,
                                            enum advice_family family)
{
    struct advice_addrs addrs = advice_addrs(a, iface);

    for (uint32_t i = 0; i < addrs.n && iface->link != TOPO_NOWHERE; i++)
        if (advice_is_global(&addrs.all[i], family))
            return &addrs.all[i];
    return NULL;
}

static uint32_t n_addresses(const struct advice *a, const struct topo_node *node,
                            enum advice_family family)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < node->n_ifaces; i++)
        n += global_one(a, &node->ifaces[i], family) != NULL;
    return n;
}

static bool has_routes(const struct advice *a, const struct topo_node *node,
                       enum advice_family family)
{
    const struct advice_routes *routes = &a->routes[node->index];

    for (uint32_t i = 0; i < routes->n; i++)
        if (routes->all[i].family == family)
            return true;
    return false;
}

static bool waits_for_dhcp(const struct topo_node *node)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        if (node->ifaces[i].addressing == TOPO_ADDR_DHCP)
            return true;
    return false;
}

static void tell_no_gateway(const struct advice *a, const struct topo_node *node,
                            struct ip6_addr there, const struct topo_node *router)
{
    char text[IP6_TEXT_MAX], other[IP4_TEXT_MAX];

    advice_format(there, text);
    if (advice_family(there) == ADVICE_V4)
        advise(a, TOPO_ALLOW_NO_GATEWAY, node->at,
               _("`%s` has no gateway: it reaches its own network alone; `gateway: %s` is `%s`"),
               node->name, text, router->name);
    else if (node->has_gateway)
        advise(a, TOPO_ALLOW_NO_GATEWAY, node->at,
               _("`%s` has no gateway for IPv6: it reaches its own network alone; `gateway: [%s, "
                 "\"%s\"]` has that of `%s`, too"),
               node->name, ip4_format(node->gateway, other), text, router->name);
    else
        advise(a, TOPO_ALLOW_NO_GATEWAY, node->at,
               _("`%s` has no gateway for IPv6: it reaches its own network alone; `gateway: "
                 "\"%s\"` is `%s`"),
               node->name, text, router->name);
}

/* A host beside a router that it does not know. */
static void advise_no_gateway(const struct advice *a, const struct topo_node *node,
                              enum advice_family family)
{
    const struct topo_node *router;

    if (has_routes(a, node, family) || n_addresses(a, node, family) != 1 ||
        advice_forwards(node, family) || (family == ADVICE_V4 && waits_for_dhcp(node)))
        return;
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        struct place place = { node, &node->ifaces[i], global_one(a, &node->ifaces[i], family) };
        const struct advice_addr *there;

        if (place.own == NULL)
            continue;
        there = router_there(a, &place, &router);
        if (there != NULL && n_addresses(a, router, family) > 1)
            tell_no_gateway(a, node, there->addr, router);
    }
}

void advice_of_next_hops(const struct advice *a)
{
    for (uint32_t i = 0; i < a->t->n_nodes; i++) {
        const struct topo_node *node = &a->t->nodes[i];
        const struct advice_routes *routes = &a->routes[i];

        if (node->kind > TOPO_ROUTER)
            continue;
        for (uint32_t j = 0; j < routes->n; j++)
            for (uint32_t k = 0; k < routes->all[j].n_hops; k++)
                if (!ip6_is_any(routes->all[j].hops[k].via))
                    advise_hop(a, node, &routes->all[j].hops[k], routes->all[j].at);
        advise_no_gateway(a, node, ADVICE_V4);
        advise_no_gateway(a, node, ADVICE_V6);
    }
}

/* ---- name servers ---- */

static const struct topo_node *node_with(const struct advice *a, struct ip6_addr addr)
{
    for (size_t i = 0; i < a->n_ports; i++)
        for (uint32_t j = 0; j < a->ports[i].addrs.n; j++)
            if (ip6_eq(a->ports[i].addrs.all[j].addr, addr))
                return a->ports[i].node;
    return NULL;
}

static void advise_resolver(const struct advice *a, const struct topo_node *node,
                            struct ip6_addr resolver)
{
    const struct topo_node *server = node_with(a, resolver);
    char text[IP6_TEXT_MAX];

    advice_format(resolver, text);
    if (server == NULL)
        advise(a, TOPO_ALLOW_NAMES, node->at,
               _("no node has the address %s, which `%s` asks for names (`resolver`)"), text,
               node->name);
    else if (server->services == NULL || server->services->n_dns == 0)
        advise(a, TOPO_ALLOW_NAMES, node->at,
               _("`%s` asks %s for names, but `%s` runs no DNS server: `services: {dns: [...]}` "
                 "there would be one"),
               node->name, text, server->name);
}

static bool has_record(const struct topology *t, const char *name)
{
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct topo_services *services = t->nodes[i].services;

        for (uint32_t j = 0; services != NULL && j < services->n_dns; j++)
            for (uint32_t k = 0; k < services->dns[j].n_records; k++)
                if (g_ascii_strcasecmp(services->dns[j].records[k].name, name) == 0)
                    return true;
    }
    return false;
}

/* An alias, a mail or name server: a name that needs an address. */
static void advise_records(const struct advice *a, const struct topo_dns *dns)
{
    for (uint32_t i = 0; i < dns->n_records; i++) {
        const struct topo_dns_record *record = &dns->records[i];

        if (record->target == NULL || *record->target == '\0' || record->type == TOPO_DNS_SOA ||
            record->type == TOPO_DNS_PTR || has_record(a->t, record->target))
            continue;
        advise(a, TOPO_ALLOW_NAMES, record->at,
               _("%s leads to %s, but no DNS server has a record for that: `%s 60 A ADDRESS`"),
               record->name, record->target, record->target);
    }
}

/* Each name server is looked at once. */
static void advise_resolvers(const struct advice *a, const struct topo_node *node, GHashTable *told)
{
    for (uint32_t i = 0; i < node->n_resolvers; i++) {
        const struct topo_resolver *from = &node->resolvers[i];
        struct ip6_addr addr = from->v6 ? from->addr6 : ip6_from_mapped(from->addr);
        char text[IP6_TEXT_MAX];

        if ((from->v6 ? ip6_is_loopback(addr) : ip4_is_loopback(from->addr)) ||
            !g_hash_table_add(told, g_strdup(advice_format(addr, text))))
            continue;
        advise_resolver(a, node, addr);
    }
}

void advice_of_servers(const struct advice *a)
{
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (uint32_t i = 0; i < a->t->n_nodes; i++) {
        const struct topo_node *node = &a->t->nodes[i];

        if (node->kind > TOPO_ROUTER)
            continue;
        advise_resolvers(a, node, told);
        for (uint32_t j = 0; node->services != NULL && j < node->services->n_dns; j++)
            advise_records(a, &node->services->dns[j]);
    }
}
