#include "lab/network_host.h"

#include <string.h>

#include "stack/net/ip6.h"
#include "stack/net/nat.h"
#include "stack/services/services.h"
#include "stack/socket/netctl.h"
#include "stack/socket/netctl6.h"

static void set_addresses(struct os *os, const struct topo_node *node)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        const struct topo_iface *iface = &node->ifaces[i];

        for (uint32_t j = 0; j < iface->n_addrs; j++)
            ip_addr_add(ip_iface_find(&os->ip, iface->name), iface->addrs[j].addr,
                        iface->addrs[j].prefix_len);
        for (uint32_t j = 0; j < iface->n_addrs6; j++)
            ip6_addr_add(ip_iface_find(&os->ip, iface->name), iface->addrs6[j].addr,
                         iface->addrs6[j].prefix_len, false);
        if (iface->down)
            netctl_link_set_up(os, iface->name, false);
    }
}

static enum route_kind kind_of(enum topo_route_type type)
{
    switch (type) {
    case TOPO_ROUTE_BLACKHOLE:
        return ROUTE_BLACKHOLE;
    case TOPO_ROUTE_UNREACHABLE:
        return ROUTE_UNREACHABLE;
    case TOPO_ROUTE_PROHIBIT:
        return ROUTE_PROHIBIT;
    case TOPO_ROUTE_UNICAST:
        break;
    }
    return ROUTE_UNICAST;
}

static void set_route6(struct os *os, const struct topo_node *node, const struct topo_route *from)
{
    struct netctl_route6 route = { .prefix = from->prefix6,
                                   .prefix_len = from->prefix_len,
                                   .kind = kind_of(from->type),
                                   .via = from->via6,
                                   .metric = from->metric,
                                   .src = from->src6 };

    if (from->dev != TOPO_NOWHERE)
        route.ifname = node->ifaces[from->dev].name;
    netctl_route6_add(os, &route, NETCTL_ADD);
}

static void set_route4(struct os *os, const struct topo_node *node, const struct topo_route *from)
{
    g_autofree struct netctl_hop *hops = g_new0(struct netctl_hop, from->n_hops);
    struct netctl_route route = { .prefix = from->prefix,
                                  .prefix_len = from->prefix_len,
                                  .kind = kind_of(from->type),
                                  .via = from->via,
                                  .metric = from->metric,
                                  .src = from->src,
                                  .hops = hops,
                                  .n_hops = from->n_hops };

    if (from->dev != TOPO_NOWHERE)
        route.ifname = node->ifaces[from->dev].name;
    for (uint32_t i = 0; i < from->n_hops; i++) {
        hops[i] = (struct netctl_hop){ .via = from->hops[i].via,
                                       .weight = (uint16_t)from->hops[i].weight,
                                       .onlink = from->hops[i].onlink };
        if (from->hops[i].dev != TOPO_NOWHERE)
            hops[i].ifname = node->ifaces[from->hops[i].dev].name;
    }
    netctl_route_add(os, &route, NETCTL_ADD);
}

/* As ifupdown and networkd do: a link-local gateway is beside the interface. */
static void set_gateway6(struct os *os, const struct topo_node *node)
{
    struct netctl_route6 route = { .via = node->gateway6 };
    uint32_t dev = topo_gateway6_dev(node);

    if (dev != TOPO_NOWHERE)
        route.ifname = node->ifaces[dev].name;
    netctl_route6_add(os, &route, NETCTL_ADD);
}

/* As at boot: a route that the kernel refuses, for a gateway out of reach say, is not there, and
 * nothing stops. */
static void set_routes(struct os *os, const struct topo_node *node)
{
    if (node->has_gateway)
        netctl_route_add(os, &(struct netctl_route){ .kind = ROUTE_UNICAST, .via = node->gateway },
                         NETCTL_ADD);
    if (node->has_gateway6)
        set_gateway6(os, node);
    for (uint32_t i = 0; i < node->n_routes; i++) {
        const struct topo_route *from = &node->routes[i];

        if (from->v6)
            set_route6(os, node, from);
        else
            set_route4(os, node, from);
    }
}

static void write_hosts(struct os *os, const struct topo_node *node)
{
    g_autoptr(GString) text = g_string_new("127.0.0.1\tlocalhost\n");

    g_string_append_printf(text, "127.0.1.1\t%s\n", node->name);
    for (uint32_t i = 0; i < node->n_hosts; i++) {
        char addr[IP4_TEXT_MAX];

        g_string_append_printf(text, "%s\t%s\n", ip4_format(node->hosts[i].addr, addr),
                               node->hosts[i].name);
    }
    os_file_write(os, "/etc/hosts", text->str, text->len, false);
    g_string_printf(text, "%s\n", node->name);
    os_file_write(os, "/etc/hostname", text->str, text->len, false);
}

static void write_resolv_conf(struct os *os, const struct topo_node *node)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (node->n_resolvers == 0 && node->n_search == 0)
        return;
    if (node->n_search > 0) {
        g_string_append(text, "search");
        for (uint32_t i = 0; i < node->n_search; i++)
            g_string_append_printf(text, " %s", node->search[i]);
        g_string_append_c(text, '\n');
    }
    for (uint32_t i = 0; i < node->n_resolvers; i++) {
        const struct topo_resolver *resolver = &node->resolvers[i];
        char addr[IP6_TEXT_MAX];

        g_string_append_printf(text, "nameserver %s\n",
                               resolver->v6 ? ip6_format(resolver->addr6, addr)
                                            : ip4_format(resolver->addr, addr));
    }
    os_file_write(os, "/etc/resolv.conf", text->str, text->len, false);
}

static void set_nat(struct os *os, const struct topo_node *node)
{
    const struct topo_nat *from = node->nat;
    g_autofree struct ip_iface **inside = g_new(struct ip_iface *, from->n_inside + 1);
    g_autofree struct nat_forward *forwards = g_new(struct nat_forward, from->n_forwards + 1);

    for (uint32_t i = 0; i < from->n_inside; i++)
        inside[i] = ip_iface_find(&os->ip, node->ifaces[from->inside[i]].name);
    for (uint32_t i = 0; i < from->n_forwards; i++)
        forwards[i] = (struct nat_forward){ from->forwards[i].protocol, from->forwards[i].port,
                                            from->forwards[i].to };
    nat_new(&os->ip, &(struct nat_config){
                         .outside = ip_iface_find(&os->ip, node->ifaces[from->outside].name),
                         .inside = inside,
                         .n_inside = from->n_inside,
                         .forwards = forwards,
                         .n_forwards = from->n_forwards });
}

static void write_files(struct os *os, const void *ctx)
{
    const struct topo_node *node = ctx;

    write_hosts(os, node);
    write_resolv_conf(os, node);
    for (uint32_t i = 0; i < node->n_files; i++)
        os_file_write(os, node->files[i].path, node->files[i].text, node->files[i].len, false);
}

void network_host_configure(struct network *network, uint32_t index)
{
    const struct topo_node *node = &network->topology->nodes[index];
    struct os *os = network_os(network, index);

    for (uint32_t i = 0; i < node->n_sysctls; i++)
        netctl_sysctl_set(os, node->sysctls[i].name, node->sysctls[i].value);
    set_addresses(os, node);
    set_routes(os, node);
    if (node->nat != NULL)
        set_nat(os, node);
    os->boot_files = write_files;
    os->boot_ctx = node;
    services_set_resolver_cache(os, node->resolver_cache);
}
