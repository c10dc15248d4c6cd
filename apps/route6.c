/* `route -6` of net-tools 2.10: /proc/net/ipv6_route. How often a route is used
 * is not counted. */
#include <stdio.h>
#include <string.h>

#include "apps/net_tools.h"
#include "stack/socket/netctl6.h"

struct row {
    struct ip6_addr prefix, via;
    uint8_t prefix_len;
    const char *flags, *ifname;
    int metric;
};

static const char *text_of(struct ip6_addr addr, bool numeric, char text[static IP6_TEXT_MAX])
{
    if (ip6_is_any(addr) && !numeric)
        return "[::]";
    return ip6_format(addr, text);
}

static void print_row(struct process *self, bool numeric, const struct row *row)
{
    char to[IP6_TEXT_MAX], via[IP6_TEXT_MAX], prefix[IP6_TEXT_MAX + 4];

    snprintf(prefix, sizeof prefix, "%s/%u", text_of(row->prefix, numeric, to), row->prefix_len);
    process_printf(self, "%-30s %-26s %-4s %-3d %-2d %5d %s\n", prefix,
                   text_of(row->via, numeric, via), row->flags, row->metric, 1, 0, row->ifname);
}

/* The table "local": own addresses, groups, and what is left for nobody. */
static void print_local(struct process *self, bool numeric)
{
    struct netctl_addr6 addr;
    struct netctl_link link;

    for (unsigned i = 0; netctl_addr6_at(self->os, i, &addr); i++)
        print_row(
            self, numeric,
            &(struct row){
                .prefix = addr.addr, .prefix_len = 128, .flags = "Un", .ifname = addr.ifname });
    for (unsigned i = 1; netctl_link_at(self->os, i, &link); i++)
        if (link.up)
            print_row(self, numeric,
                      &(struct row){ .prefix = { UINT64_C(0xff00) << 48, 0 },
                                     .prefix_len = 8,
                                     .flags = "U",
                                     .metric = 256,
                                     .ifname = link.name });
    print_row(self, numeric, &(struct row){ .flags = "!n", .metric = -1, .ifname = "lo" });
}

void net_tools_print_routes6(struct process *self, bool numeric)
{
    struct netctl_route6 route;

    process_printf(self, "Kernel IPv6 routing table\n%-30s %-26s Flag Met Ref  Use If\n",
                   "Destination", "Next Hop");
    if (!ip6_enabled(&self->os->ip))
        return;
    for (uint32_t i = 0; netctl_route6_at(self->os, i, &route); i++) {
        bool reject = route.kind != ROUTE_UNICAST;
        bool host = route.prefix_len == 128, gateway = !ip6_is_any(route.via);

        print_row(self, numeric,
                  &(struct row){ .prefix = route.prefix,
                                 .via = route.via,
                                 .prefix_len = route.prefix_len,
                                 .flags = reject            ? "!n"
                                          : gateway && host ? "UGH"
                                          : gateway         ? "UG"
                                          : host            ? "UH"
                                                            : "U",
                                 .metric = (int)route.metric,
                                 .ifname = reject || route.ifname == NULL ? "lo" : route.ifname });
    }
    print_local(self, numeric);
}
