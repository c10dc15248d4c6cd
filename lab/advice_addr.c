/* Addresses and routes of both IP versions as one, for those who look for mistakes. */
#include "lab/advice_internal.h"

#include "stack/net/ip6.h"

#define MAPPED    96   /* bits before a mapped address of IPv4 */
#define METRIC_V6 1024 /* of a route where none is written, as Linux has it */

enum advice_family advice_family(struct ip6_addr addr)
{
    return ip6_is_mapped(addr) ? ADVICE_V4 : ADVICE_V6;
}

unsigned advice_len(struct ip6_addr addr, unsigned len)
{
    return ip6_is_mapped(addr) ? len - MAPPED : len;
}

bool advice_is_global(const struct advice_addr *addr, enum advice_family family)
{
    return advice_family(addr->addr) == family && !ip6_is_link_local(addr->addr);
}

const char *advice_format(struct ip6_addr addr, char text[static IP6_TEXT_MAX])
{
    char plain[IP4_TEXT_MAX];

    if (!ip6_is_mapped(addr))
        return ip6_format(addr, text);
    g_strlcpy(text, ip4_format((ip4_addr)addr.lo, plain), IP6_TEXT_MAX);
    return text;
}

char *advice_net(struct ip6_addr addr, unsigned len)
{
    char text[IP6_TEXT_MAX];

    return g_strdup_printf("%s/%u", advice_format(ip6_prefix(addr, len), text),
                           advice_len(addr, len));
}

struct advice_addrs advice_addrs(const struct advice *a, const struct topo_iface *iface)
{
    return a->addrs[a->segments->first[iface->node] + iface->index];
}

static struct advice_addrs read_addrs(struct advice *a, const struct topo_iface *iface)
{
    struct advice_addrs out = { 0 };
    struct ip6_addr made = ip6_link_local_of(&iface->mac);

    out.all = arena_alloc(&a->arena, (iface->n_addrs + iface->n_addrs6 + 1) * sizeof *out.all);
    for (uint32_t i = 0; i < iface->n_addrs; i++) {
        const struct topo_addr *from = &iface->addrs[i];

        out.all[out.n++] =
            (struct advice_addr){ ip6_from_mapped(from->addr), (uint8_t)(MAPPED + from->prefix_len),
                                  false, from->at };
    }
    for (uint32_t i = 0; i < iface->n_addrs6; i++)
        out.all[out.n++] = (struct advice_addr){ iface->addrs6[i].addr, iface->addrs6[i].prefix_len,
                                                 false, iface->addrs6[i].at };
    out.all[out.n++] = (struct advice_addr){ made, 64, true, iface->at };
    return out;
}

static struct advice_hop *one_hop(struct advice *a, struct ip6_addr via, uint32_t dev)
{
    struct advice_hop *hop = arena_alloc(&a->arena, sizeof *hop);

    *hop = (struct advice_hop){ via, dev, false };
    return hop;
}

static struct ip6_addr via_of(ip4_addr via)
{
    return via != 0 ? ip6_from_mapped(via) : IP6_ANY;
}

static struct advice_hop *many_hops(struct advice *a, const struct topo_route *from)
{
    struct advice_hop *hops = arena_alloc(&a->arena, from->n_hops * sizeof *hops);

    for (uint32_t i = 0; i < from->n_hops; i++)
        hops[i] = (struct advice_hop){ via_of(from->hops[i].via), from->hops[i].dev,
                                       from->hops[i].onlink };
    return hops;
}

static struct advice_route read_route(struct advice *a, const struct topo_route *from)
{
    struct advice_route out = { .prefix = from->prefix6,
                                .len = from->prefix_len,
                                .type = from->type,
                                .family = from->v6 ? ADVICE_V6 : ADVICE_V4,
                                .metric = from->metric,
                                .n_hops = from->n_hops > 0 ? from->n_hops : 1,
                                .at = from->at };

    if (!from->v6) {
        out.prefix = ip6_from_mapped(from->prefix);
        out.len = (uint8_t)(MAPPED + from->prefix_len);
    } else if (out.metric == 0) {
        out.metric = METRIC_V6;
    }
    out.hops = from->n_hops > 0 ? many_hops(a, from)
                                : one_hop(a, from->v6 ? from->via6 : via_of(from->via), from->dev);
    return out;
}

static struct advice_routes read_routes(struct advice *a, const struct topo_node *node)
{
    struct advice_routes out = { 0 };

    out.all = arena_alloc(&a->arena, (node->n_routes + 2) * sizeof *out.all);
    if (node->has_gateway)
        out.all[out.n++] =
            (struct advice_route){ .prefix = ip6_from_mapped(0),
                                   .len = MAPPED,
                                   .family = ADVICE_V4,
                                   .n_hops = 1,
                                   .hops = one_hop(a, ip6_from_mapped(node->gateway), TOPO_NOWHERE),
                                   .at = node->gateway_at };
    if (node->has_gateway6)
        out.all[out.n++] =
            (struct advice_route){ .family = ADVICE_V6,
                                   .metric = METRIC_V6,
                                   .n_hops = 1,
                                   .hops = one_hop(a, node->gateway6, topo_gateway6_dev(node)),
                                   .at = node->gateway6_at };
    for (uint32_t i = 0; i < node->n_routes; i++)
        out.all[out.n++] = read_route(a, &node->routes[i]);
    return out;
}

void advice_read(struct advice *a)
{
    const struct topology *t = a->t;
    size_t n = 0;

    for (uint32_t i = 0; i < t->n_nodes; i++)
        n += t->nodes[i].kind <= TOPO_ROUTER ? t->nodes[i].n_ifaces : 1;
    a->addrs = arena_alloc(&a->arena, (n + 1) * sizeof *a->addrs);
    a->routes = arena_alloc(&a->arena, t->n_nodes * sizeof *a->routes);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct topo_node *node = &t->nodes[i];

        if (node->kind > TOPO_ROUTER)
            continue;
        a->routes[i] = read_routes(a, node);
        for (uint32_t j = 0; j < node->n_ifaces; j++)
            a->addrs[a->segments->first[i] + j] = read_addrs(a, &node->ifaces[j]);
    }
}
