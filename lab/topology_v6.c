/* The IPv6 of a topology: addresses, gateways, and what is wrong with them. */
#include "lab/topology_build.h"

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

/* Global addresses are one's own everywhere. */
static void claim(struct topo_build *b, GHashTable *owners, const struct topo_node *node,
                  const struct topo_iface *iface, const struct topo_addr6 *a)
{
    const struct owner *twin = g_hash_table_lookup(owners, &a->addr);
    struct owner *here;
    char text[IP6_TEXT_MAX];

    if (ip6_is_link_local(a->addr))
        return;
    if (twin != NULL) {
        if ((b->t->allow & TOPO_ALLOW_DUPLICATE_ADDRESS) == 0)
            reader_error(&b->r, a->at, _("%s:%s has the address %s already, in line %u"),
                         twin->node->name, twin->iface->name, ip6_format(a->addr, text),
                         twin->line);
        return;
    }
    here = g_new(struct owner, 1);
    *here = (struct owner){ a->addr, node, iface, a->at.line };
    g_hash_table_insert(owners, here, here);
}

static bool reaches(const struct topo_node *node, struct ip6_addr addr)
{
    if (ip6_is_link_local(addr))
        return true;
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        for (uint32_t j = 0; j < node->ifaces[i].n_addrs6; j++)
            if (ip6_in_prefix(addr, node->ifaces[i].addrs6[j].addr,
                              node->ifaces[i].addrs6[j].prefix_len))
                return true;
    return false;
}

static void check_next_hop(struct topo_build *b, const struct topo_node *node, struct ip6_addr addr,
                           struct text_pos at)
{
    char text[IP6_TEXT_MAX];

    if (!reaches(node, addr))
        reader_warning(&b->r, at,
                       _("`%s` cannot reach the gateway %s: it is in no subnet of its own"),
                       node->name, ip6_format(addr, text));
}

void build_check6(struct topo_build *b)
{
    g_autoptr(GHashTable) owners = g_hash_table_new_full(owner_hash, owner_equal, NULL, g_free);
    const struct topology *t = b->t;

    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct topo_node *node = &t->nodes[i];

        for (uint32_t j = 0; j < node->n_ifaces; j++)
            for (uint32_t k = 0; k < node->ifaces[j].n_addrs6; k++) {
                check_address(b, &node->ifaces[j].addrs6[k]);
                claim(b, owners, node, &node->ifaces[j], &node->ifaces[j].addrs6[k]);
            }
        if (node->has_gateway6)
            check_next_hop(b, node, node->gateway6, node->gateway6_at);
        for (uint32_t j = 0; j < node->n_routes; j++)
            if (node->routes[j].v6 && node->routes[j].has_via)
                check_next_hop(b, node, node->routes[j].via6, node->routes[j].at);
    }
}
