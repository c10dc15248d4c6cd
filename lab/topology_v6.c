/* The IPv6 of a topology: addresses, gateways, and what is wrong with them. */
#include "lab/topology_build.h"
#include "lab/segments.h"

#include <string.h>

#include "inspect/i18n.h"

bool build_looks_v6(const struct ynode *node)
{
    return node->kind == YNODE_TEXT && strchr(node->text, ':') != NULL;
}

bool build_address6(struct topo_build *b, const struct ynode *node, struct topo_addr6 *addr)
{
    const struct reader *r = &b->r;
    unsigned len;

    if (strchr(node->text, '/') != NULL && ip6_prefix_parse(node->text, &addr->addr, &len)) {
        addr->prefix_len = (uint8_t)len;
        addr->at = node->at;
        return true;
    }
    if (ip6_parse(node->text, &addr->addr))
        reader_error(r, node->at, _("the address %s needs a prefix length: %s/64?"), node->text,
                     node->text);
    else
        reader_error(r, node->at, _("an IPv6 address is written like 2001:db8::10/64, not %s"),
                     reader_show(r, node));
    return false;
}

void build_gateway(struct topo_build *b, struct topo_node *node, const struct ynode *value)
{
    for (uint32_t i = 0; i < list_len(value); i++) {
        const struct ynode *item = list_item(value, i);
        bool v6 = build_looks_v6(item);

        if (v6 ? node->has_gateway6 : node->has_gateway) {
            reader_error(&b->r, item->at, _("a host has one gateway for each IP version"));
        } else if (!v6) {
            node->gateway_at = item->at;
            node->has_gateway = read_ip(&b->r, item, "gateway", &node->gateway);
        } else {
            node->gateway6_at = item->at;
            node->has_gateway6 = ip6_parse(item->text, &node->gateway6);
            if (!node->has_gateway6)
                reader_error(&b->r, item->at,
                             _("gateway is an IPv6 address like 2001:db8::1, not %s"),
                             reader_show(&b->r, item));
        }
    }
}

/* ---- checks ---- */

static void check_address(struct topo_build *b, const struct topo_addr6 *a)
{
    char text[IP6_TEXT_MAX];

    if (ip6_is_any(a->addr) || ip6_is_loopback(a->addr) || ip6_is_multicast(a->addr) ||
        ip6_is_mapped(a->addr))
        reader_error(&b->r, a->at, _("no interface can have the address %s"),
                     ip6_format(a->addr, text));
}

struct owner {
    struct ip6_addr addr; /* first: the key */
    const struct topo_node *node;
    const struct topo_iface *iface;
    uint32_t line;
};

static guint owner_hash(gconstpointer data)
{
    const struct ip6_addr *a = data;

    return (guint)(a->hi ^ a->hi >> 32 ^ a->lo * 31 ^ a->lo >> 32);
}

static gboolean owner_equal(gconstpointer a, gconstpointer b)
{
    return ip6_eq(*(const struct ip6_addr *)a, *(const struct ip6_addr *)b);
}

struct claims6 {
    const struct topo_build *b;
    GHashTable *owners;
    struct segments segments;
};

/* Global addresses are one's own everywhere, link-local ones on their wire: there the segment takes
 * the place of the zeros that follow fe80::/10. */
static struct ip6_addr claimed(struct claims6 *claims, const struct topo_iface *iface,
                               struct ip6_addr addr)
{
    if (ip6_is_link_local(addr))
        addr.hi ^=
            1 + (uint64_t)segment_of(&claims->segments, claims->b->t, iface->node, iface->index);
    return addr;
}

static void claim(struct claims6 *claims, const struct topo_node *node,
                  const struct topo_iface *iface, const struct topo_addr6 *a)
{
    const struct owner *twin;
    struct ip6_addr key;
    struct owner *here;
    char text[IP6_TEXT_MAX];

    if (ip6_is_link_local(a->addr) && iface->link == TOPO_NOWHERE)
        return;
    key = claimed(claims, iface, a->addr);
    twin = g_hash_table_lookup(claims->owners, &key);
    if (twin != NULL) {
        if ((claims->b->t->allow & TOPO_ALLOW_DUPLICATE_ADDRESS) == 0)
            reader_error(&claims->b->r, a->at,
                         _("%s:%s has the address %s already, in line %u (if it is meant: `allow: "
                           "[duplicate-address]`)"),
                         twin->node->name, twin->iface->name, ip6_format(a->addr, text),
                         twin->line);
        return;
    }
    here = g_new(struct owner, 1);
    *here = (struct owner){ key, node, iface, a->at.line };
    g_hash_table_insert(claims->owners, here, here);
}

enum reach { REACH_NO, REACH_YES, REACH_SELF };

static enum reach reach(const struct topo_node *node, struct ip6_addr addr)
{
    enum reach result = ip6_is_link_local(addr) ? REACH_YES : REACH_NO;

    for (uint32_t i = 0; i < node->n_ifaces; i++)
        for (uint32_t j = 0; j < node->ifaces[i].n_addrs6; j++) {
            const struct topo_addr6 *own = &node->ifaces[i].addrs6[j];

            if (ip6_eq(own->addr, addr))
                return REACH_SELF;
            if (ip6_in_prefix(addr, own->addr, own->prefix_len))
                result = REACH_YES;
        }
    return result;
}

static void check_next_hop(struct topo_build *b, const struct topo_node *node, struct ip6_addr addr,
                           uint32_t dev, struct text_pos at)
{
    enum reach how = reach(node, addr);
    char text[IP6_TEXT_MAX];

    ip6_format(addr, text);
    if (how == REACH_SELF)
        reader_warning(&b->r, at, _("the gateway %s is `%s` itself"), text, node->name);
    else if (how == REACH_NO)
        reader_warning(&b->r, at,
                       _("`%s` cannot reach the gateway %s: it is in no subnet of its own"),
                       node->name, text);
    else if (ip6_is_link_local(addr) && dev == TOPO_NOWHERE)
        reader_warning(
            &b->r, at,
            _("`%s` cannot reach the gateway %s: a link-local address is on each of its "
              "wires; say which is meant under `routes`: `default via %s dev INTERFACE`"),
            node->name, text, text);
}

uint32_t topo_gateway6_dev(const struct topo_node *node)
{
    return ip6_is_link_local(node->gateway6) && node->n_ifaces == 1 ? 0 : TOPO_NOWHERE;
}

static void check_node(struct topo_build *b, struct claims6 *claims, const struct topo_node *node)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        for (uint32_t j = 0; j < node->ifaces[i].n_addrs6; j++) {
            check_address(b, &node->ifaces[i].addrs6[j]);
            claim(claims, node, &node->ifaces[i], &node->ifaces[i].addrs6[j]);
        }
    if (node->has_gateway6)
        check_next_hop(b, node, node->gateway6, topo_gateway6_dev(node), node->gateway6_at);
    for (uint32_t i = 0; i < node->n_routes; i++)
        if (node->routes[i].v6 && node->routes[i].has_via)
            check_next_hop(b, node, node->routes[i].via6, node->routes[i].dev, node->routes[i].at);
}

void build_check6(struct topo_build *b)
{
    struct claims6 claims = { .b = b };

    claims.owners = g_hash_table_new_full(owner_hash, owner_equal, NULL, g_free);
    segments_init(&claims.segments, b->t);
    for (uint32_t i = 0; i < b->t->n_nodes; i++)
        check_node(b, &claims, &b->t->nodes[i]);
    segments_fini(&claims.segments);
    g_hash_table_destroy(claims.owners);
}
