/* The IPv6 half of `ip`: addresses, routes and neighbors, as iproute2 6.1 prints them. */
#include <string.h>

#include "apps/ip_internal.h"
#include "stack/socket/netctl6.h"

bool ip_wants_v6(const struct ip_run *ip)
{
    const char *before = "";

    if (ip->inet6_only)
        return true;
    for (char **at = ip->argv; *at != NULL; before = *at++) {
        struct ip6_addr addr;
        unsigned len;

        if (strcmp(before, "lladdr") != 0 && strchr(*at, ':') != NULL &&
            ip6_prefix_parse(*at, &addr, &len))
            return true;
    }
    return false;
}

static bool read_prefix(struct ip_run *ip, const char *word, struct ip6_addr *addr, unsigned *len)
{
    *addr = IP6_ANY;
    *len = 0;
    if (strcmp(word, "default") == 0 || strcmp(word, "any") == 0 || strcmp(word, "all") == 0 ||
        ip6_prefix_parse(word, addr, len))
        return true;
    (void)ip_error(ip, 1, "inet6 prefix is expected rather than \"%s\".", word);
    return false;
}

/* ---- addresses ---- */

static void print_addr(struct ip_run *ip, const struct netctl_addr6 *addr)
{
    static const char *const scopes[] = { "global", "link", "host" };
    char text[IP6_TEXT_MAX];
    sim_time now = process_now(ip->self);

    if (ip->one_line)
        process_printf(ip->self, "%u: %s", addr->ifindex, addr->ifname);
    process_printf(ip->self, "    inet6 %s/%u scope %s %s%s%s%s", ip6_format(addr->addr, text),
                   addr->prefix_len, scopes[addr->scope], addr->dad_failed ? "dadfailed " : "",
                   addr->tentative ? "tentative " : "", addr->dynamic ? "dynamic mngtmpaddr " : "",
                   ip->one_line ? "\\" : "\n");
    if (addr->valid_until == SIM_TIME_NONE)
        process_printf(ip->self, "       valid_lft forever preferred_lft forever\n");
    else
        process_printf(ip->self, "       valid_lft %lldsec preferred_lft %lldsec\n",
                       (long long)((addr->valid_until - now) / SIM_SEC(1)),
                       addr->preferred_until < now
                           ? 0LL
                           : (long long)((addr->preferred_until - now) / SIM_SEC(1)));
}

bool ip6_has_addrs(struct ip_run *ip, unsigned ifindex)
{
    struct netctl_addr6 addr;

    for (unsigned i = 0; netctl_addr6_at(ip->os, i, &addr); i++)
        if (addr.ifindex == ifindex)
            return true;
    return false;
}

void ip6_print_addrs(struct ip_run *ip, unsigned ifindex)
{
    struct netctl_addr6 addr;
    char text[IP6_TEXT_MAX];

    for (unsigned i = 0; netctl_addr6_at(ip->os, i, &addr); i++) {
        if (addr.ifindex != ifindex)
            continue;
        if (ip->brief)
            process_printf(ip->self, "%s/%u ", ip6_format(addr.addr, text), addr.prefix_len);
        else
            print_addr(ip, &addr);
    }
}

int ip6_addr_change(struct ip_run *ip, bool add, bool replace)
{
    struct ip6_addr addr = IP6_ANY;
    const char *dev = NULL, *value;
    unsigned len = 128;
    bool has_addr = false, dad = true;
    int error;

    while (*ip->argv != NULL) {
        if (ip_take(ip, "dev")) {
            if ((dev = ip_value(ip)) == NULL)
                return 255;
        } else if (ip_take(ip, "nodad")) {
            dad = false;
        } else {
            (void)ip_take(ip, "local");
            if ((value = ip_value(ip)) == NULL)
                return 255;
            if (has_addr)
                return ip_refuse(ip, value);
            if (!read_prefix(ip, value, &addr, &len))
                return 1;
            has_addr = true;
        }
    }
    if (dev == NULL) {
        process_errorf(ip->self, "Not enough information: \"dev\" argument is required.\n");
        return 1;
    }
    error = add ? netctl_addr6_add(ip->os, dev, addr, len, dad)
                : netctl_addr6_del(ip->os, dev, addr, len);
    if (error == -SIM_ENODEV)
        return ip_no_device(ip, dev);
    if (error == -SIM_EEXIST)
        return replace ? 0 : ip_error(ip, 2, "ipv6: address already assigned.");
    if (error == -SIM_EADDRNOTAVAIL)
        return ip_error(ip, 2, "ipv6: address not found.");
    return ip_netlink(ip, error);
}

void ip6_addr_flush(struct ip_run *ip, const char *dev)
{
    struct netctl_addr6 addr;

    for (unsigned i = 0; netctl_addr6_at(ip->os, i, &addr);)
        if (strcmp(addr.ifname, dev) != 0 ||
            netctl_addr6_del(ip->os, dev, addr.addr, addr.prefix_len) != 0)
            i++;
}

/* ---- routes ---- */

static int read_route(struct ip_run *ip, struct netctl_route6 *route, bool *has_prefix)
{
    const char *value;
    unsigned len;

    *has_prefix = false;
    while (*ip->argv != NULL) {
        if (ip_take(ip, "via")) {
            if ((value = ip_value(ip)) == NULL)
                return 255;
            if (!ip6_parse(value, &route->via))
                return ip_error(ip, 1, "inet6 address is expected rather than \"%s\".", value);
        } else if (ip_take(ip, "src") || ip_take(ip, "from")) {
            if ((value = ip_value(ip)) == NULL)
                return 255;
            if (!ip6_parse(value, &route->src))
                return ip_error(ip, 1, "inet6 address is expected rather than \"%s\".", value);
        } else if (ip_take(ip, "dev") || ip_take(ip, "oif")) {
            if ((route->ifname = ip_value(ip)) == NULL)
                return 255;
        } else if (ip_take(ip, "metric")) {
            if ((value = ip_value(ip)) == NULL)
                return 255;
            if (!ip_number(ip, "metric", value, UINT32_MAX, &route->metric))
                return 255;
        } else if (ip_take(ip, "blackhole")) {
            route->kind = ROUTE_BLACKHOLE;
        } else if (ip_take(ip, "unreachable")) {
            route->kind = ROUTE_UNREACHABLE;
        } else if (ip_take(ip, "prohibit")) {
            route->kind = ROUTE_PROHIBIT;
        } else {
            value = ip_value(ip);
            if (*has_prefix)
                return ip_refuse(ip, value);
            if (!read_prefix(ip, value, &route->prefix, &len))
                return 1;
            route->prefix_len = (uint8_t)len;
            *has_prefix = true;
        }
    }
    return -1;
}

struct route_filter {
    enum { ANY_ROUTE, EXACT_ROUTE, ROUTES_BELOW, ROUTES_ABOVE } match;
    struct ip6_addr prefix, via;
    unsigned len;
    const char *dev;
    bool cache; /* what routers told of destinations, no routes */
};

/* -1: go on; else the exit status. */
static int read_filter_word(struct ip_run *ip, struct route_filter *filter)
{
    const char *value;

    if (ip_take(ip, "cache")) {
        filter->cache = true;
        return -1;
    }
    if (ip_take(ip, "dev") || ip_take(ip, "oif"))
        return (filter->dev = ip_value(ip)) == NULL ? 255 : -1;
    if (ip_take(ip, "via")) {
        if ((value = ip_value(ip)) == NULL)
            return 255;
        return ip6_parse(value, &filter->via)
                   ? -1
                   : ip_error(ip, 1, "inet6 address is expected rather than \"%s\".", value);
    }
    filter->match = ip_take(ip, "root")    ? ROUTES_BELOW
                    : ip_take(ip, "match") ? ROUTES_ABOVE
                                           : EXACT_ROUTE;
    if (filter->match == EXACT_ROUTE && !ip_take(ip, "exact"))
        (void)ip_take(ip, "to");
    if ((value = ip_value(ip)) == NULL)
        return 255;
    return read_prefix(ip, value, &filter->prefix, &filter->len) ? -1 : 1;
}

static int read_filter(struct ip_run *ip, struct route_filter *filter)
{
    static const char *const others[] = { "table", "proto",  "protocol", "scope", "type",
                                          "src",   "metric", "from",     "iif",   "vrf" };
    struct netctl_link link;
    int status = -1;

    while (status < 0 && *ip->argv != NULL) {
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (strcmp(*ip->argv, others[i]) == 0)
                return ip_refuse(ip, "selecting routes of IPv6 but by prefix, \"dev\" and \"via\"");
        status = read_filter_word(ip, filter);
    }
    if (status < 0 && filter->dev != NULL && !netctl_link_find(ip->os, filter->dev, &link))
        return ip_no_device(ip, filter->dev);
    return status;
}

static bool is_selected(const struct route_filter *filter, const struct netctl_route6 *route)
{
    if (filter->dev != NULL && (route->ifname == NULL || strcmp(filter->dev, route->ifname) != 0))
        return false;
    if (!ip6_is_any(filter->via) && !ip6_eq(filter->via, route->via))
        return false;
    switch (filter->match) {
    case EXACT_ROUTE:
        return route->prefix_len == filter->len &&
               ip6_in_prefix(route->prefix, filter->prefix, filter->len);
    case ROUTES_BELOW:
        return route->prefix_len >= filter->len &&
               ip6_in_prefix(route->prefix, filter->prefix, filter->len);
    case ROUTES_ABOVE:
        return route->prefix_len <= filter->len &&
               ip6_in_prefix(filter->prefix, route->prefix, route->prefix_len);
    default:
        return true;
    }
}

/* What every line would have alike is left out: " dev IF", " via ADDR". */
static void cut_words(char *line, const char *name, const char *value)
{
    size_t name_len = strlen(name), len = name_len + strlen(value);
    char *at = strstr(line, name);

    if (at != NULL && strncmp(at + name_len, value, len - name_len) == 0 &&
        (at[len] == ' ' || at[len] == '\0'))
        memmove(at, at + len, strlen(at + len) + 1);
}

static void print_learned(struct ip_run *ip, const struct route6 *route, unsigned metric)
{
    process_printf(ip->self, "metric %u ", metric);
    if (route->mtu != 0)
        process_printf(ip->self, "expires %lldsec mtu %u ",
                       (long long)((route->until - process_now(ip->self)) / SIM_SEC(1)),
                       route->mtu);
    process_printf(ip->self, "pref medium\n");
}

static void show_learned(struct ip_run *ip)
{
    struct route6 route;
    char text[IP6_TEXT_MAX];
    uint32_t at = 0;

    while (netctl_route6_learned_next(ip->os, &at, &route)) {
        process_printf(ip->self, "%s ", ip6_format(route.dst, text));
        if (route.via_gateway)
            process_printf(ip->self, "via %s ", ip6_format(route.next_hop, text));
        process_printf(ip->self, "dev %s ", route.oif->name);
        print_learned(ip, &route, route.metric);
    }
}

static int show_routes(struct ip_run *ip)
{
    struct route_filter filter = { .match = ANY_ROUTE };
    struct netctl_route6 route;
    char text[FIB6_TEXT_MAX], via[IP6_TEXT_MAX];
    int status = read_filter(ip, &filter);

    if (status >= 0)
        return status;
    if (filter.cache) {
        show_learned(ip);
        return 0;
    }
    for (uint32_t i = 0; netctl_route6_at(ip->os, i, &route); i++) {
        if (!is_selected(&filter, &route))
            continue;
        (void)netctl_route6_text(ip->os, i, text);
        if (filter.dev != NULL)
            cut_words(text, " dev ", filter.dev);
        if (!ip6_is_any(filter.via))
            cut_words(text, " via ", ip6_format(filter.via, via));
        process_printf(ip->self, "%s \n", text);
    }
    return 0;
}

static int flush_routes(struct ip_run *ip)
{
    struct route_filter filter = { .match = ANY_ROUTE };
    struct netctl_route6 route;
    int status;

    if (*ip->argv == NULL) {
        process_errorf(ip->self, "\"ip route flush\" requires arguments.\n");
        return 1;
    }
    status = read_filter(ip, &filter);
    if (status >= 0)
        return status;
    if (filter.cache) {
        netctl_route6_forget_learned(ip->os);
        return 0;
    }
    for (uint32_t i = 0; netctl_route6_at(ip->os, i, &route);)
        if (!is_selected(&filter, &route) || netctl_route6_del(ip->os, &route) != 0)
            i++;
    return 0;
}

static int change_route(struct ip_run *ip, bool add, enum netctl_how how)
{
    struct netctl_route6 route = { .kind = ROUTE_UNICAST };
    bool has_prefix;
    int status = read_route(ip, &route, &has_prefix), error;

    if (status >= 0)
        return status;
    if (!add)
        return ip_netlink(ip, netctl_route6_del(ip->os, &route));
    error = netctl_route6_add(ip->os, &route, how);
    return error == -SIM_ENETDOWN ? ip_error(ip, 2, "Device for nexthop is not up.")
                                  : ip_netlink(ip, error);
}

static int get_route(struct ip_run *ip)
{
    struct netctl_route6 args = { .kind = ROUTE_UNICAST };
    struct process *self = ip->self;
    struct route6 route;
    bool has_prefix, local;
    char text[IP6_TEXT_MAX];
    int status = read_route(ip, &args, &has_prefix), error;

    if (status >= 0)
        return status;
    if (!has_prefix) {
        process_errorf(self, "need at least a destination address\n");
        return 1;
    }
    error = netctl_route6_get(ip->os, args.prefix, args.src, args.ifname, &route);
    if (error != 0)
        return ip_netlink(ip, error);
    local = route.kind == ROUTE_LOCAL;
    process_printf(self, "%s%s ",
                   local                           ? "local "
                   : route.kind == ROUTE_MULTICAST ? "multicast "
                                                   : "",
                   ip6_format(route.dst, text));
    process_printf(self, "from %s ", ip6_is_any(args.src) ? "::" : ip6_format(args.src, text));
    if (route.via_gateway)
        process_printf(self, "via %s ", ip6_format(route.next_hop, text));
    process_printf(self, "dev %s ", route.oif->name);
    if (ip6_is_any(args.src))
        process_printf(self, "src %s ", ip6_format(route.src, text));
    print_learned(ip, &route,
                  local                           ? 0u
                  : route.kind == ROUTE_MULTICAST ? (unsigned)IP6_METRIC_KERNEL
                                                  : route.metric);
    return 0;
}

int ip6_route_object(struct ip_run *ip)
{
    const char *command = *ip->argv;

    if (command == NULL)
        return show_routes(ip);
    ip->argv++;
    if (ip_matches(command, "list") || ip_matches(command, "show") || ip_matches(command, "lst"))
        return show_routes(ip);
    if (ip_matches(command, "get"))
        return get_route(ip);
    if (ip_matches(command, "flush"))
        return flush_routes(ip);
    if (ip_matches(command, "add"))
        return change_route(ip, true, NETCTL_ADD);
    if (ip_matches(command, "replace") || ip_matches(command, "change"))
        return change_route(ip, true, NETCTL_REPLACE);
    if (ip_matches(command, "delete"))
        return change_route(ip, false, NETCTL_ADD);
    return ip_refuse(ip, command);
}

/* ---- neighbors ---- */

struct neigh_args {
    struct netctl_neigh6 neigh; /* ifname NULL: none is named */
    unsigned len;               /* of the prefix */
    bool has_addr, has_state, any_state;
};

struct listing {
    struct ip_run *ip;
    const struct neigh_args *args;
};

/* -1: go on; else the exit status. */
static int read_neigh_args(struct ip_run *ip, struct neigh_args *args)
{
    const char *value;

    while (*ip->argv != NULL) {
        if (ip_take(ip, "dev")) {
            if ((args->neigh.ifname = ip_value(ip)) == NULL)
                return 255;
        } else if (ip_take(ip, "lladdr")) {
            if ((value = ip_value(ip)) == NULL)
                return 255;
            if (!mac_parse(value, &args->neigh.mac)) {
                process_errorf(ip->self, "\"%s\" is invalid lladdr.\n", value);
                return 1;
            }
            args->neigh.has_mac = true;
        } else if (ip_take(ip, "nud")) {
            if ((value = ip_value(ip)) == NULL)
                return 255;
            args->any_state = strcmp(value, "all") == 0;
            args->has_state = !args->any_state;
            if (!args->any_state && !ip_neigh_state(value, &args->neigh.state))
                return ip_error(ip, 255, "argument \"%s\" is wrong: nud state is bad\n", value);
        } else if (strcmp(*ip->argv, "proxy") == 0 || strcmp(*ip->argv, "router") == 0 ||
                   strcmp(*ip->argv, "vrf") == 0 || strcmp(*ip->argv, "unused") == 0) {
            return ip_refuse(ip, *ip->argv);
        } else {
            (void)ip_take(ip, "to");
            if ((value = ip_value(ip)) == NULL)
                return 255;
            if (!read_prefix(ip, value, &args->neigh.addr, &args->len))
                return 1;
            args->has_addr = true;
        }
    }
    return -1;
}

static bool is_wanted(const struct neigh_args *args, const struct netctl_neigh6 *neigh)
{
    if (args->neigh.ifname != NULL && strcmp(args->neigh.ifname, neigh->ifname) != 0)
        return false;
    if (args->has_addr && !ip6_in_prefix(neigh->addr, args->neigh.addr, args->len))
        return false;
    return !args->has_state || args->neigh.state == neigh->state;
}

static void print_neigh(void *ctx, const struct netctl_neigh6 *neigh)
{
    const struct listing *listing = ctx;
    const struct neigh_args *args = listing->args;
    struct process *self = listing->ip->self;
    char text[IP6_TEXT_MAX], mac[MAC_TEXT_MAX];

    if (!is_wanted(args, neigh) ||
        (neigh->state == NEIGH_NONE && !args->has_state && !args->any_state))
        return;
    process_printf(self, "%s ", ip6_format(neigh->addr, text));
    if (args->neigh.ifname == NULL)
        process_printf(self, "dev %s ", neigh->ifname);
    if (neigh->has_mac)
        process_printf(self, "lladdr %s ", mac_format(&neigh->mac, mac));
    if (neigh->is_router)
        process_printf(self, "router ");
    process_printf(self, "%s \n", neigh_state_name(neigh->state));
}

void ip6_print_neighs(struct ip_run *ip, const char *dev)
{
    struct neigh_args args = { .neigh.ifname = dev };

    netctl_neighs6(ip->os, print_neigh, &(struct listing){ ip, &args });
}

static void flush_neigh(void *ctx, const struct netctl_neigh6 *neigh)
{
    const struct listing *listing = ctx;
    const struct neigh_args *args = listing->args;

    if (is_wanted(args, neigh) &&
        (args->has_state || args->any_state || neigh->state != NEIGH_PERMANENT))
        (void)netctl_neigh6_del(listing->ip->os, neigh->ifname, neigh->addr);
}

/* In @ctx, what is looked for, gets the MAC address that is known. */
static void find_neigh(void *ctx, const struct netctl_neigh6 *neigh)
{
    struct netctl_neigh6 *wanted = ctx;

    if (strcmp(neigh->ifname, wanted->ifname) == 0 && ip6_eq(neigh->addr, wanted->addr) &&
        neigh->has_mac) {
        wanted->has_mac = true;
        wanted->mac = neigh->mac;
    }
}

static int change_neigh(struct ip_run *ip, struct neigh_args *args, const char *command)
{
    bool create = !ip_matches(command, "change") && strcmp(command, "chg") != 0;
    struct netctl_neigh6 known = args->neigh, neigh = args->neigh;

    known.has_mac = false;
    if (!create) {
        netctl_neighs6(ip->os, find_neigh, &known);
        if (!known.has_mac)
            return ip_netlink(ip, -SIM_ENOENT);
        neigh.mac = neigh.has_mac ? neigh.mac : known.mac;
        neigh.has_mac = true;
    }
    if (!args->has_state)
        neigh.state = NEIGH_PERMANENT;
    if (!neigh.has_mac)
        return ip_error(ip, 2, "No link layer address given.");
    return ip_netlink(ip,
                      netctl_neigh6_set(ip->os, &neigh, !create || !ip_matches(command, "add")));
}

static int list_neighs(struct ip_run *ip, struct neigh_args *args, bool flush)
{
    struct netctl_link link;

    if (args->neigh.ifname != NULL && !netctl_link_find(ip->os, args->neigh.ifname, &link))
        return ip_no_device(ip, args->neigh.ifname);
    netctl_neighs6(ip->os, flush ? flush_neigh : print_neigh, &(struct listing){ ip, args });
    return 0;
}

int ip6_neigh_object(struct ip_run *ip)
{
    struct neigh_args args = { 0 };
    const char *command = *ip->argv != NULL ? *ip->argv++ : "show";
    struct netctl_link link;
    int status;

    if (ip_matches(command, "flush") && *ip->argv == NULL) {
        process_errorf(ip->self, "Flush requires arguments.\n");
        return 1;
    }
    status = read_neigh_args(ip, &args);
    if (status >= 0)
        return status;
    if (ip_matches(command, "show") || ip_matches(command, "list") || ip_matches(command, "lst"))
        return list_neighs(ip, &args, false);
    if (ip_matches(command, "flush"))
        return list_neighs(ip, &args, true);
    if (args.neigh.ifname == NULL || !args.has_addr) {
        process_errorf(ip->self, "Device and destination are required arguments.\n");
        return 255;
    }
    if (!netctl_link_find(ip->os, args.neigh.ifname, &link))
        return ip_no_device(ip, args.neigh.ifname);
    if (ip_matches(command, "add") || ip_matches(command, "replace") ||
        ip_matches(command, "change") || strcmp(command, "chg") == 0)
        return change_neigh(ip, &args, command);
    if (ip_matches(command, "delete"))
        return ip_netlink(ip, netctl_neigh6_del(ip->os, args.neigh.ifname, args.neigh.addr));
    return ip_refuse(ip, command);
}
