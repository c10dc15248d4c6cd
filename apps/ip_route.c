/* ip route */
#include <stdlib.h>
#include <string.h>

#include "apps/ip_internal.h"

static const struct {
    const char *name;
    enum route_kind kind;
} kinds[] = { { "unicast", ROUTE_UNICAST },     { "local", ROUTE_LOCAL },
              { "broadcast", ROUTE_BROADCAST }, { "multicast", ROUTE_MULTICAST },
              { "blackhole", ROUTE_BLACKHOLE }, { "unreachable", ROUTE_UNREACHABLE },
              { "prohibit", ROUTE_PROHIBIT } };

static const struct {
    const char *name;
    enum route_proto proto;
} protos[] = { { "boot", ROUTE_PROTO_BOOT },     { "kernel", ROUTE_PROTO_KERNEL },
               { "static", ROUTE_PROTO_STATIC }, { "dhcp", ROUTE_PROTO_DHCP },
               { "rip", ROUTE_PROTO_RIP },       { "ospf", ROUTE_PROTO_OSPF },
               { "bgp", ROUTE_PROTO_BGP } };

static const char *kind_name(enum route_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "unicast";
}

static const char *proto_name(enum route_proto proto)
{
    for (size_t i = 0; i < sizeof protos / sizeof *protos; i++)
        if (protos[i].proto == proto)
            return protos[i].name;
    return "boot";
}

struct route_args {
    struct netctl_route route;
    struct netctl_hop hops[FIB_HOPS_MAX];
    struct route_key key; /* of `get`: ipproto, sport, dport */
    bool has_prefix, has_via, has_proto, has_table, cache, all_tables, local_table;
    enum { EXACTLY, BELOW, ABOVE } match;
    ip4_addr from;
};

/* "default", 10.0.0.0/24, or an address alone. */
static void print_prefix(struct process *self, ip4_addr prefix, unsigned len)
{
    char text[IP4_TEXT_MAX];

    if (len == 0)
        process_printf(self, "default ");
    else if (len == 32)
        process_printf(self, "%s ", ip4_format(prefix, text));
    else
        process_printf(self, "%s/%u ", ip4_format(prefix, text), len);
}

struct listing {
    struct ip_run *ip;
    const struct route_args *args;
};

static bool wanted(const struct route_args *args, const struct netctl_route *route)
{
    const struct netctl_route *wish = &args->route;

    if (args->has_prefix) {
        if (args->match == EXACTLY &&
            (route->prefix != wish->prefix || route->prefix_len != wish->prefix_len))
            return false;
        if (args->match == BELOW && (route->prefix_len < wish->prefix_len ||
                                     !ip4_in_prefix(route->prefix, wish->prefix, wish->prefix_len)))
            return false;
        if (args->match == ABOVE &&
            (route->prefix_len > wish->prefix_len ||
             !ip4_in_prefix(wish->prefix, route->prefix, route->prefix_len)))
            return false;
    }
    if (route->n_hops > 0 && (wish->ifname != NULL || args->has_via))
        return false; /* iproute2 looks for attributes that such a route does not have */
    return (wish->ifname == NULL ||
            (route->ifname != NULL && strcmp(wish->ifname, route->ifname) == 0)) &&
           (!args->has_via || wish->via == route->via) &&
           (!args->has_proto || wish->proto == route->proto) &&
           (wish->kind == ROUTE_UNICAST || wish->kind == route->kind);
}

static void print_hop(struct ip_run *ip, const struct netctl_hop *hop)
{
    struct process *self = ip->self;
    char text[IP4_TEXT_MAX];

    process_printf(self, "%s\tnexthop ", ip->one_line ? "\\" : "\n");
    if (hop->via != 0)
        process_printf(self, "via %s ", ip4_format(hop->via, text));
    process_printf(self, "dev %s weight %u %s%s%s", hop->ifname, hop->weight,
                   hop->dead ? "dead " : "", hop->onlink ? "onlink " : "",
                   hop->linkdown ? "linkdown " : "");
}

/* iproute2 leaves out what the command line has already said. */
static void print_route(void *ctx, const struct netctl_route *route)
{
    const struct listing *listing = ctx;
    struct process *self = listing->ip->self;
    const struct route_args *args = listing->args;
    char text[IP4_TEXT_MAX];
    bool one = route->n_hops == 0;

    if (!wanted(args, route))
        return;
    if (route->kind != ROUTE_UNICAST)
        process_printf(self, "%s ", kind_name(route->kind));
    print_prefix(self, route->prefix, route->prefix_len);
    if (one && route->via != 0 && !args->has_via)
        process_printf(self, "via %s ", ip4_format(route->via, text));
    if (one && route->ifname != NULL && args->route.ifname == NULL)
        process_printf(self, "dev %s ", route->ifname);
    if (route->proto != ROUTE_PROTO_BOOT && !args->has_proto)
        process_printf(self, "proto %s ", proto_name(route->proto));
    if (one && route->kind == ROUTE_UNICAST && route->via == 0)
        process_printf(self, "scope link ");
    if (route->src != 0)
        process_printf(self, "src %s ", ip4_format(route->src, text));
    if (route->metric != 0)
        process_printf(self, "metric %u ", route->metric);
    if (one && route->onlink)
        process_printf(self, "onlink ");
    if (one && route->linkdown)
        process_printf(self, "linkdown ");
    for (unsigned i = 0; i < route->n_hops; i++)
        print_hop(listing->ip, &route->hops[i]);
    process_printf(self, "\n");
}

struct local_row {
    ip4_addr addr, src;
    unsigned len;
    bool broadcast;
    const char *ifname;
};

struct local_table {
    struct local_row *rows;
    unsigned n, size;
};

/* In the order of the kernel's tree; what is there already is not taken again. */
static void add_local_row(struct local_table *table, const struct local_row *row)
{
    unsigned at = 0;

    while (at < table->n && (table->rows[at].addr < row->addr ||
                             (table->rows[at].addr == row->addr && table->rows[at].len < row->len)))
        at++;
    for (unsigned i = at; i < table->n && table->rows[i].addr == row->addr; i++)
        if (table->rows[i].len == row->len && strcmp(table->rows[i].ifname, row->ifname) == 0)
            return;
    ARRAY_PUSH(table->rows, table->n, table->size, *row);
    memmove(&table->rows[at + 1], &table->rows[at], (table->n - 1 - at) * sizeof *table->rows);
    table->rows[at] = *row;
}

/* Each address makes these entries in table "local" (fib_add_ifaddr()). */
static void collect_local(struct ip_run *ip, struct local_table *table)
{
    struct netctl_addr addr;

    for (unsigned i = 0; netctl_addr_at(ip->os, i, &addr); i++) {
        struct local_row row = { addr.addr, addr.addr, 32, false, addr.ifname };
        struct local_row net = { addr.addr & ip4_mask(addr.prefix_len), addr.addr, addr.prefix_len,
                                 false, addr.ifname };
        struct local_row all = { addr.addr | ~ip4_mask(addr.prefix_len), addr.addr, 32, true,
                                 addr.ifname };

        if (ip4_is_loopback(addr.addr))
            add_local_row(table, &net);
        add_local_row(table, &row);
        if (addr.prefix_len < 31)
            add_local_row(table, &all);
    }
}

static void print_local_table(struct ip_run *ip, bool name_table)
{
    struct local_table table = { 0 };
    char src[IP4_TEXT_MAX];

    collect_local(ip, &table);
    for (unsigned i = 0; i < table.n; i++) {
        const struct local_row *row = &table.rows[i];

        process_printf(ip->self, "%s ", row->broadcast ? "broadcast" : "local");
        print_prefix(ip->self, row->addr, (uint8_t)row->len);
        process_printf(ip->self, "dev %s %sproto kernel scope %s src %s \n", row->ifname,
                       name_table ? "table local " : "", row->broadcast ? "link" : "host",
                       ip4_format(row->src, src));
    }
    free(table.rows);
}

/* The next arguments, what they say put into *@args. -1: go on; else the exit status. */
static int read_word(struct ip_run *ip, struct route_args *args)
{
    const char *value;
    struct netctl_link link;

    if (ip_take(ip, "via")) {
        args->has_via = true;
        return ip_read_via(ip, &args->route.via);
    }
    if (ip_take(ip, "nexthop")) {
        args->route.hops = args->hops;
        return ip_read_hops(ip, args->hops, &args->route.n_hops);
    }
    if (ip_take(ip, "onlink")) {
        args->route.onlink = true;
    } else if (ip_take(ip, "dev") || ip_take(ip, "oif")) {
        value = ip_value(ip);
        if (value == NULL)
            return 255;
        if (!netctl_link_find(ip->os, value, &link))
            return ip_no_device(ip, value);
        args->route.ifname = link.name;
    } else if (ip_take(ip, "metric") || ip_take(ip, "priority") || ip_take(ip, "preference")) {
        value = ip_value(ip);
        if (value == NULL || !ip_number(ip, "metric", value, UINT32_MAX, &args->route.metric))
            return 255;
    } else if (ip_take(ip, "src") || ip_take(ip, "from")) {
        value = ip_value(ip);
        if (value == NULL)
            return 255;
        if (!ip4_parse(value, &args->route.src))
            return ip_error(ip, 1, "inet address is expected rather than \"%s\".", value);
        args->from = args->route.src;
    } else if (ip_take(ip, "proto") || ip_take(ip, "protocol")) {
        value = ip_value(ip);
        for (size_t i = 0; value != NULL && i < sizeof protos / sizeof *protos; i++) {
            if (strcmp(protos[i].name, value) == 0) {
                args->route.proto = protos[i].proto;
                args->has_proto = true;
            }
        }
        if (value == NULL || !args->has_proto)
            return value == NULL
                       ? 255
                       : ip_error(ip, 255,
                                  "argument \"%s\" is wrong: \"protocol\" value is invalid\n",
                                  value);
    } else if (ip_take(ip, "scope")) {
        if (ip_value(ip) == NULL) /* it follows from the gateway */
            return 255;
    } else if (ip_take(ip, "table")) {
        value = ip_value(ip);
        if (value == NULL)
            return 255;
        args->has_table = true;
        args->cache = strcmp(value, "cache") == 0;
        args->local_table = strcmp(value, "local") == 0;
        args->all_tables = strcmp(value, "all") == 0;
        if (!args->cache && !args->local_table && !args->all_tables && strcmp(value, "main") != 0)
            return ip_refuse(ip, "another routing table than main and local");
    } else {
        return -2;
    }
    return -1;
}

static int read_prefix(struct ip_run *ip, struct route_args *args, const char *word)
{
    bool has_len;
    unsigned len;

    if (args->has_prefix)
        return ip_error(ip, 255, "either \"to\" is duplicate, or \"%s\" is a garbage.", word);
    if (!ip_prefix(ip, word, &args->route.prefix, &len, &has_len))
        return 1;
    args->route.prefix_len = (uint8_t)len;
    args->has_prefix = true;
    return -1;
}

static bool take_kind(struct ip_run *ip, struct route_args *args)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (ip_take(ip, kinds[i].name)) {
            args->route.kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static int read_args(struct ip_run *ip, struct route_args *args, bool listing)
{
    static const char *const others[] = { "tos",    "dsfield", "mtu",    "window",   "rtt",
                                          "rttvar", "realm",   "advmss", "hoplimit", "initcwnd",
                                          "lock",   "encap",   "mark",   "uid",      "iif" };
    int status;

    while (*ip->argv != NULL) {
        const char *word = *ip->argv;

        status = read_word(ip, args);
        if (status == -2 && !listing)
            status = ip_read_flow_word(ip, &args->key);
        if (status == -1)
            continue;
        if (status != -2)
            return status;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (strcmp(word, others[i]) == 0)
                return ip_refuse(ip, others[i]);
        if (take_kind(ip, args))
            continue;
        if (listing && ip_take(ip, "cache")) {
            args->cache = true;
            continue;
        }
        if (listing && ip_take(ip, "root"))
            args->match = BELOW;
        else if (listing && ip_take(ip, "match"))
            args->match = ABOVE;
        else if (!ip_take(ip, "exact"))
            (void)ip_take(ip, "to");
        word = ip_value(ip);
        if (word == NULL)
            return 255;
        status = read_prefix(ip, args, word);
        if (status >= 0)
            return status;
    }
    return -1;
}

static void print_cache_line(struct ip_run *ip, const struct netctl_path *path)
{
    process_printf(ip->self, "    cache ");
    if (path->kind == ROUTE_LOCAL)
        process_printf(ip->self, "<local> ");
    else if (path->kind == ROUTE_BROADCAST)
        process_printf(ip->self, "<local,brd> ");
    else if (path->kind == ROUTE_MULTICAST)
        process_printf(ip->self, "<mc> ");
    else if (path->redirected)
        process_printf(ip->self, "<redirected> ");
    if (path->expires != SIM_TIME_NONE)
        process_printf(ip->self, "expires %lldsec ",
                       (long long)((path->expires - process_now(ip->self)) / SIM_SEC(1)));
    if (path->mtu_learned)
        process_printf(ip->self, "mtu %s%u ", path->mtu_locked ? "lock " : "", path->mtu);
    process_printf(ip->self, "\n");
}

static void show_cache(struct ip_run *ip)
{
    struct netctl_path path;
    char dst[IP4_TEXT_MAX], via[IP4_TEXT_MAX];
    uint32_t at = 0;

    while (netctl_route_cached_next(ip->os, &at, &path)) {
        process_printf(ip->self, "%s ", ip4_format(path.dst, dst));
        if (path.via != 0)
            process_printf(ip->self, "via %s ", ip4_format(path.via, via));
        process_printf(ip->self, "dev %s \n", path.ifname);
        print_cache_line(ip, &path);
    }
}

static int show(struct ip_run *ip)
{
    struct route_args args = { .route = { .kind = ROUTE_UNICAST } };
    struct listing listing = { ip, &args };
    int status = read_args(ip, &args, true);

    if (status >= 0)
        return status;
    if (args.cache) {
        show_cache(ip);
        return 0;
    }
    if (!args.local_table)
        netctl_routes(ip->os, print_route, &listing);
    if (args.local_table || args.all_tables)
        print_local_table(ip, args.all_tables);
    return 0;
}

static int report(struct ip_run *ip, int error)
{
    switch (error) {
    case -SIM_ENETUNREACH:
        return ip_error(ip, 2, "Nexthop has invalid gateway.");
    case -SIM_ENXIO:
        return ip_error(ip, 2, "Nexthop device required for onlink.");
    case -SIM_ENETDOWN:
        return ip_error(ip, 2, "Device for nexthop is not up.");
    default:
        return ip_netlink(ip, error);
    }
}

/* A broadcast or group address is no gateway, whatever the call's error says. */
static bool is_no_gateway(const struct ip_run *ip, ip4_addr via)
{
    enum route_kind kind = via == 0 ? ROUTE_UNICAST : netctl_addr_kind(ip->os, via);

    return kind != ROUTE_UNICAST && kind != ROUTE_LOCAL;
}

/* What stands before `nexthop` must say the same as the first of them. */
static int check_hops(struct ip_run *ip, const struct route_args *args)
{
    const struct netctl_route *route = &args->route;

    if (route->kind != ROUTE_UNICAST)
        return ip_error(ip, 2,
                        "Gateway, device and multipath can not be specified for this route type.");
    if (route->ifname != NULL &&
        (args->hops[0].ifname == NULL || strcmp(route->ifname, args->hops[0].ifname) != 0))
        return ip_error(ip, 2, "Nexthop device index does not match RTA_OIF.");
    if (args->has_via && route->via != args->hops[0].via)
        return ip_error(ip, 2, "Nexthop gateway does not match RTA_GATEWAY or RTA_VIA.");
    return -1;
}

static int change(struct ip_run *ip, enum netctl_how how)
{
    struct route_args args = { .route = { .kind = ROUTE_UNICAST } };
    struct netctl_route *route = &args.route;
    int status = read_args(ip, &args, false);

    if (status >= 0)
        return status;
    if ((route->prefix & ~ip4_mask(route->prefix_len)) != 0)
        return ip_error(ip, 2, "Invalid prefix for given prefix length.");
    if (args.has_table && (args.local_table || args.all_tables || args.cache))
        return ip_refuse(ip, "changing another table than main");
    if (route->kind == ROUTE_LOCAL || route->kind == ROUTE_BROADCAST ||
        route->kind == ROUTE_MULTICAST)
        return ip_refuse(ip, "a route of this kind");
    if (route->n_hops > 0 && (status = check_hops(ip, &args)) >= 0)
        return status;
    if (is_no_gateway(ip, route->via))
        return report(ip, -SIM_ENETUNREACH);
    return report(ip, netctl_route_add(ip->os, route, how));
}

static int del(struct ip_run *ip)
{
    struct route_args args = { .route = { .kind = ROUTE_UNICAST } };
    int status = read_args(ip, &args, false);

    if (status >= 0)
        return status;
    if (!args.has_prefix && args.route.ifname == NULL && !args.has_via)
        return ip_netlink(ip, -SIM_ESRCH);
    return ip_netlink(ip, netctl_route_del(ip->os, &args.route));
}

struct flush_list {
    const struct route_args *args;
    struct netctl_route routes[256];
    unsigned n;
};

static void collect(void *ctx, const struct netctl_route *route)
{
    struct flush_list *list = ctx;

    if (list->n == sizeof list->routes / sizeof *list->routes || !wanted(list->args, route))
        return;
    list->routes[list->n] = *route;
    list->routes[list->n++].n_hops =
        0; /* they do not outlive the walk; the first of them is enough */
}

static int flush(struct ip_run *ip)
{
    struct route_args args = { .route = { .kind = ROUTE_UNICAST } };
    struct flush_list list = { .args = &args };
    int status;

    if (*ip->argv == NULL) {
        process_errorf(ip->self, "\"ip route flush\" requires arguments.\n");
        return 1;
    }
    status = read_args(ip, &args, true);
    if (status >= 0)
        return status;
    if (args.cache) {
        netctl_route_cache_flush(ip->os);
        return 0;
    }
    if (args.local_table || args.all_tables)
        return ip_refuse(ip, "flushing another table than main");
    do {
        list.n = 0;
        netctl_routes(ip->os, collect, &list);
        for (unsigned i = 0; i < list.n; i++)
            (void)netctl_route_del(ip->os, &list.routes[i]);
    } while (list.n == sizeof list.routes / sizeof *list.routes);
    return 0;
}

static int get(struct ip_run *ip)
{
    struct route_args args = { .route = { .kind = ROUTE_UNICAST } };
    struct process *self = ip->self;
    struct netctl_path path;
    char text[IP4_TEXT_MAX];
    int status = read_args(ip, &args, false), error;

    if (status >= 0)
        return status;
    if (!args.has_prefix) {
        process_errorf(self, "need at least a destination address\n");
        return 1;
    }
    args.key.dst = args.route.prefix;
    args.key.src = args.from;
    error = netctl_route_get_for(ip->os, &args.key, args.route.ifname, &path);
    if (error != 0)
        return ip_netlink(ip, error);
    if (path.kind == ROUTE_LOCAL || path.kind == ROUTE_BROADCAST || path.kind == ROUTE_MULTICAST)
        process_printf(self, "%s ", kind_name(path.kind));
    process_printf(self, "%s ", ip4_format(path.dst, text));
    if (args.from != 0)
        process_printf(self, "from %s ", ip4_format(args.from, text));
    if (path.via != 0)
        process_printf(self, "via %s ", ip4_format(path.via, text));
    process_printf(self, "dev %s ", path.kind == ROUTE_LOCAL ? "lo" : path.ifname);
    if (args.from == 0)
        process_printf(self, "src %s ", ip4_format(path.src, text));
    process_printf(self, "uid 0 %s", ip->one_line ? "\\" : "\n");
    print_cache_line(ip, &path);
    return 0;
}

int ip_route_object(struct ip_run *ip)
{
    const char *command = *ip->argv;

    if (ip_wants_v6(ip))
        return ip6_route_object(ip);
    if (command == NULL)
        return show(ip);
    ip->argv++;
    if (ip_matches(command, "list") || ip_matches(command, "show") || ip_matches(command, "lst"))
        return show(ip);
    if (ip_matches(command, "get"))
        return get(ip);
    if (ip_matches(command, "add"))
        return change(ip, NETCTL_ADD);
    if (ip_matches(command, "change") || strcmp(command, "chg") == 0)
        return change(ip, NETCTL_CHANGE);
    if (ip_matches(command, "replace"))
        return change(ip, NETCTL_REPLACE);
    if (ip_matches(command, "append") || ip_matches(command, "prepend") ||
        ip_matches(command, "test") || ip_matches(command, "save") ||
        ip_matches(command, "restore"))
        return ip_refuse(ip, command);
    if (ip_matches(command, "delete"))
        return del(ip);
    if (ip_matches(command, "flush"))
        return flush(ip);
    ip->argv--;
    return ip_unknown_command(ip);
}
