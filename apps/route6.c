/* `route -6` of net-tools 2.10: /proc/net/ipv6_route, and `add` and `del`. How often a route is
 * used is not counted. */
#include <stdio.h>
#include <string.h>

#include "apps/net_tools.h"
#include "base/errnos.h"
#include "base/text.h"
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

/* ---- add, del ---- */

enum { USAGE = 3, UNKNOWN = 6, FAILED = 7, METRIC = 1 };

static int usage(struct process *self)
{
    process_errorf(self, "Usage: inet6_route [-vF] del Target\n"
                         "       inet6_route [-vF] add Target [gw Gw] [metric M] [[dev] If]\n"
                         "       inet6_route [-FC] flush      NOT supported\n");
    return USAGE;
}

static bool read_address(struct process *self, const char *word, struct ip6_addr *addr)
{
    if (ip6_parse(word, addr))
        return true;
    process_errorf(self, "%s: Resolver Error 0 (no error)\n", word);
    return false;
}

/* "default", an address, or a prefix. 0, or the exit status. */
static int read_target(struct process *self, const char *word, struct netctl_route6 *route)
{
    const char *slash = strchr(word, '/');
    char addr[IP6_TEXT_MAX];
    uint64_t len = 128;

    if (strcmp(word, "default") == 0) {
        route->prefix_len = 0;
        return 0;
    }
    if (slash != NULL && !text_u64(slash + 1, 128, &len))
        return usage(self);
    snprintf(addr, sizeof addr, "%.*s", (int)(slash != NULL ? slash - word : (int)strlen(word)),
             word);
    route->prefix_len = (uint8_t)len;
    if (!read_address(self, addr, &route->prefix))
        return UNKNOWN;
    route->prefix = ip6_prefix(route->prefix, (unsigned)len); /* as the kernel cuts it */
    return 0;
}

static int read_route(struct process *self, int first, struct netctl_route6 *route)
{
    int status = first < self->argc ? read_target(self, self->argv[first], route) : usage(self);

    for (int i = first + 1; i < self->argc && status == 0; i++) {
        const char *word = self->argv[i], *value = i + 1 < self->argc ? self->argv[i + 1] : NULL;
        uint64_t metric;

        if (strcmp(word, "gw") == 0 || strcmp(word, "gateway") == 0) {
            if (value == NULL)
                return usage(self);
            status = read_address(self, value, &route->via) ? 0 : UNKNOWN;
            i++;
        } else if (strcmp(word, "metric") == 0) {
            if (value == NULL || !text_u64(value, UINT32_MAX, &metric))
                return usage(self);
            route->metric = (uint32_t)metric;
            i++;
        } else if (strcmp(word, "dev") == 0 || strcmp(word, "device") == 0) {
            if (value == NULL)
                return usage(self);
            route->ifname = value;
            i++;
        } else if (value == NULL) {
            route->ifname = word; /* the last word may be the device alone */
        } else {
            return usage(self);
        }
    }
    return status;
}

static bool has_link(const struct os *os, const char *name)
{
    struct netctl_link link;

    for (unsigned i = 0; netctl_link_at(os, i, &link); i++)
        if (strcmp(link.name, name) == 0)
            return true;
    return false;
}

int net_tools_change_route6(struct process *self, int first, bool add)
{
    struct netctl_route6 route = { .kind = ROUTE_UNICAST, .metric = METRIC };
    int status = read_route(self, first, &route), error;

    if (status != 0)
        return status;
    if (route.ifname != NULL && !has_link(self->os, route.ifname)) {
        process_errorf(self, "SIOGIFINDEX: No such device\n");
        return FAILED;
    }
    error =
        add ? netctl_route6_add(self->os, &route, NETCTL_ADD) : netctl_route6_del(self->os, &route);
    if (error == 0)
        return 0;
    process_errorf(self, "%s: %s\n", add ? "SIOCADDRT" : "SIOCDELRT", sim_strerror(-error));
    return FAILED;
}
