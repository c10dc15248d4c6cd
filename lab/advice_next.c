/* Addresses that somebody else must have: gateways, next hops, name servers, names. */
#include "lab/advice_internal.h"

#include <string.h>

#include "inspect/i18n.h"

/* The interface of @node in whose network @addr is, and its address there; NULL without one. */
static const struct topo_iface *towards(const struct topo_node *node, ip4_addr addr,
                                        const struct topo_addr **own)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        for (uint32_t j = 0; j < node->ifaces[i].n_addrs; j++)
            if (ip4_in_prefix(addr, node->ifaces[i].addrs[j].addr,
                              node->ifaces[i].addrs[j].prefix_len)) {
                *own = &node->ifaces[i].addrs[j];
                return &node->ifaces[i];
            }
    return NULL;
}

/* A router on the wire of @iface with an address in the network of @own. */
static const struct topo_addr *router_there(const struct advice *a, const struct topo_node *node,
                                            const struct topo_iface *iface,
                                            const struct topo_addr *own,
                                            const struct topo_node **router)
{
    struct advice_group group =
        advice_group(a, segment_of(a->segments, a->t, node->index, iface->index));

    for (size_t i = 0; i < group.n; i++)
        for (uint32_t j = 0; j < group.ports[i].iface->n_addrs; j++) {
            const struct topo_addr *addr = &group.ports[i].iface->addrs[j];

            if (group.ports[i].node == node || !advice_forwards(group.ports[i].node) ||
                !ip4_in_prefix(addr->addr, own->addr, own->prefix_len))
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

static void advise_nobody(const struct advice *a, const struct topo_node *node,
                          const struct topo_iface *iface, const struct topo_addr *own, ip4_addr hop,
                          struct text_pos at)
{
    const struct topo_node *router;
    const struct topo_addr *there = router_there(a, node, iface, own, &router);
    char text[IP4_TEXT_MAX], other[IP4_TEXT_MAX];

    ip4_format(hop, text);
    if (there != NULL)
        advise(a, TOPO_ALLOW_DEAD_GATEWAY, at,
               _("nobody on the wire of %s:%s has the gateway's address %s; is %s (`%s`) meant?"),
               node->name, iface->name, text, ip4_format(there->addr, other), router->name);
    else
        advise(
            a, TOPO_ALLOW_DEAD_GATEWAY, at,
            _("nobody on the wire of %s:%s has the gateway's address %s: a router needs it there"),
            node->name, iface->name, text);
}

/* What is in no network of the node topology_check.c has told. */
static void advise_hop(const struct advice *a, const struct topo_node *node, ip4_addr hop,
                       struct text_pos at)
{
    const struct topo_addr *own;
    const struct topo_iface *iface = towards(node, hop, &own);
    const struct advice_port *owner;
    struct advice_group group;
    char text[IP4_TEXT_MAX];
    uint32_t segment;

    if (iface == NULL || iface->link == TOPO_NOWHERE || own->addr == hop)
        return;
    segment = segment_of(a->segments, a->t, node->index, iface->index);
    owner = advice_owner(a, segment, hop);
    group = advice_group(a, segment);
    if (owner == NULL && !may_be_leased(&group))
        advise_nobody(a, node, iface, own, hop, at);
    else if (owner != NULL && !advice_forwards(owner->node))
        advise(
            a, TOPO_ALLOW_DEAD_GATEWAY, at,
            _("the gateway %s is the host `%s`, which passes nothing on: `kind: router` makes it "
              "one that does"),
            ip4_format(hop, text), owner->node->name);
}

static uint32_t n_addresses(const struct topo_node *node)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < node->n_ifaces; i++)
        n += node->ifaces[i].n_addrs > 0 && node->ifaces[i].link != TOPO_NOWHERE;
    return n;
}

/* A host beside a router that it does not know. */
static void advise_no_gateway(const struct advice *a, const struct topo_node *node)
{
    const struct topo_node *router;
    char text[IP4_TEXT_MAX];

    if (node->has_gateway || node->n_routes > 0 || n_addresses(node) != 1 || advice_forwards(node))
        return;
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        const struct topo_iface *iface = &node->ifaces[i];
        const struct topo_addr *there;

        if (iface->addressing == TOPO_ADDR_DHCP)
            return;
        if (iface->n_addrs == 0 || iface->link == TOPO_NOWHERE)
            continue;
        there = router_there(a, node, iface, &iface->addrs[0], &router);
        if (there != NULL && n_addresses(router) > 1)
            advise(a, TOPO_ALLOW_NO_GATEWAY, node->at,
                   _("`%s` has no gateway: it reaches its own network alone; `gateway: %s` is "
                     "`%s`"),
                   node->name, ip4_format(there->addr, text), router->name);
    }
}

void advice_of_next_hops(const struct advice *a)
{
    for (uint32_t i = 0; i < a->t->n_nodes; i++) {
        const struct topo_node *node = &a->t->nodes[i];

        if (node->kind > TOPO_ROUTER)
            continue;
        if (node->has_gateway)
            advise_hop(a, node, node->gateway, node->gateway_at);
        for (uint32_t j = 0; j < node->n_routes; j++)
            if (node->routes[j].has_via && !node->routes[j].v6)
                advise_hop(a, node, node->routes[j].via, node->routes[j].at);
        advise_no_gateway(a, node);
    }
}

/* ---- name servers ---- */

static const struct topo_node *node_with(const struct advice *a, ip4_addr addr)
{
    for (size_t i = 0; i < a->n_ports; i++)
        for (uint32_t j = 0; j < a->ports[i].iface->n_addrs; j++)
            if (a->ports[i].iface->addrs[j].addr == addr)
                return a->ports[i].node;
    return NULL;
}

static void advise_resolver(const struct advice *a, const struct topo_node *node, ip4_addr resolver)
{
    const struct topo_node *server = node_with(a, resolver);
    char text[IP4_TEXT_MAX];

    ip4_format(resolver, text);
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

void advice_of_servers(const struct advice *a)
{
    g_autoptr(GHashTable) told = g_hash_table_new(NULL, NULL);

    for (uint32_t i = 0; i < a->t->n_nodes; i++) {
        const struct topo_node *node = &a->t->nodes[i];

        if (node->kind > TOPO_ROUTER)
            continue;
        for (uint32_t j = 0; j < node->n_resolvers; j++)
            if (!node->resolvers[j].v6 && !ip4_is_loopback(node->resolvers[j].addr) &&
                g_hash_table_add(told, GUINT_TO_POINTER(node->resolvers[j].addr)))
                advise_resolver(a, node, node->resolvers[j].addr);
        for (uint32_t j = 0; node->services != NULL && j < node->services->n_dns; j++)
            advise_records(a, &node->services->dns[j]);
    }
}
