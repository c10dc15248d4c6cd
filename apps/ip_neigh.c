/* ip neighbour */
#include <string.h>

#include "apps/ip_internal.h"

struct neigh_args {
    ip4_addr addr;
    bool has_addr, has_mac, has_state;
    unsigned len;
    struct mac_addr mac;
    enum neigh_state state;
    bool any_state; /* nud all */
    const char *dev;
};

static const struct {
    const char *name;
    enum neigh_state state;
} states[] = { { "permanent", NEIGH_PERMANENT },   { "reachable", NEIGH_REACHABLE },
               { "stale", NEIGH_STALE },           { "delay", NEIGH_DELAY },
               { "probe", NEIGH_PROBE },           { "failed", NEIGH_FAILED },
               { "incomplete", NEIGH_INCOMPLETE }, { "none", NEIGH_NONE } };

bool ip_neigh_state(const char *word, enum neigh_state *state)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (strcmp(states[i].name, word) == 0) {
            *state = states[i].state;
            return true;
        }
    }
    return false;
}

/* -1: go on; else the exit status. */
static int read_args(struct ip_run *ip, struct neigh_args *args)
{
    const char *value;
    bool has_len;

    while (*ip->argv != NULL) {
        if (ip_take(ip, "lladdr")) {
            value = ip_value(ip);
            if (value == NULL)
                return 255;
            if (!mac_parse(value, &args->mac)) {
                process_errorf(ip->self, "\"%s\" is invalid lladdr.\n", value);
                return 1;
            }
            args->has_mac = true;
        } else if (ip_take(ip, "nud")) {
            value = ip_value(ip);
            if (value == NULL)
                return 255;
            args->any_state = strcmp(value, "all") == 0;
            if (!args->any_state && !ip_neigh_state(value, &args->state))
                return ip_error(ip, 255, "argument \"%s\" is wrong: nud state is bad\n", value);
            args->has_state = !args->any_state;
        } else if (ip_take(ip, "dev")) {
            args->dev = ip_value(ip);
            if (args->dev == NULL)
                return 255;
        } else if (strcmp(*ip->argv, "proxy") == 0 || strcmp(*ip->argv, "router") == 0 ||
                   strcmp(*ip->argv, "vrf") == 0 || strcmp(*ip->argv, "unused") == 0) {
            return ip_refuse(ip, *ip->argv);
        } else {
            (void)ip_take(ip, "to");
            value = ip_value(ip);
            if (value == NULL)
                return 255;
            if (args->has_addr)
                return ip_error(ip, 255, "either \"to\" is duplicate, or \"%s\" is a garbage.",
                                value);
            if (!ip_prefix(ip, value, &args->addr, &args->len, &has_len))
                return 1;
            args->has_addr = strcmp(value, "all") != 0 && strcmp(value, "any") != 0;
        }
    }
    return -1;
}

struct listing {
    struct ip_run *ip;
    const struct neigh_args *args;
};

static void print_neigh(struct ip_run *ip, const struct netctl_neigh *neigh, bool with_dev)
{
    char text[IP4_TEXT_MAX], mac[MAC_TEXT_MAX];

    process_printf(ip->self, "%s ", ip4_format(neigh->addr, text));
    if (with_dev)
        process_printf(ip->self, "dev %s ", neigh->ifname);
    if (neigh->has_mac)
        process_printf(ip->self, "lladdr %s ", mac_format(&neigh->mac, mac));
    if (ip->stats > 0)
        process_printf(
            ip->self, " used %lld/%lld/%lldprobes 0 ", (long long)(neigh->used / SIM_SEC(1)),
            (long long)(neigh->confirmed / SIM_SEC(1)), (long long)(neigh->updated / SIM_SEC(1)));
    process_printf(ip->self, "%s \n", neigh_state_name(neigh->state));
}

static void list_one(void *ctx, const struct netctl_neigh *neigh)
{
    const struct listing *listing = ctx;
    const struct neigh_args *args = listing->args;

    if ((args->dev != NULL && strcmp(args->dev, neigh->ifname) != 0) ||
        (args->has_addr && !ip4_in_prefix(neigh->addr, args->addr, args->len)) ||
        (args->has_state && args->state != neigh->state) ||
        (!args->has_state && !args->any_state && neigh->state == NEIGH_NONE))
        return;
    print_neigh(listing->ip, neigh, args->dev == NULL);
}

static int show(struct ip_run *ip)
{
    struct neigh_args args = { 0 };
    struct listing listing = { ip, &args };
    int status = read_args(ip, &args);
    struct netctl_link link;

    if (status >= 0)
        return status;
    if (args.dev != NULL && !netctl_link_find(ip->os, args.dev, &link))
        return ip_no_device(ip, args.dev);
    netctl_neighs(ip->os, list_one, &listing);
    if (!ip->inet_only && !args.has_addr && !args.has_state)
        ip6_print_neighs(ip, args.dev);
    return 0;
}

static int check_target(struct ip_run *ip, const struct neigh_args *args)
{
    struct netctl_link link;

    if (args->dev == NULL || !args->has_addr) {
        process_errorf(ip->self, "Device and destination are required arguments.\n");
        return 255;
    }
    return netctl_link_find(ip->os, args->dev, &link) ? -1 : ip_no_device(ip, args->dev);
}

static int change(struct ip_run *ip, bool create, bool replace)
{
    struct neigh_args args = { 0 };
    struct netctl_neigh neigh = { 0 };
    int status = read_args(ip, &args);

    if (status < 0)
        status = check_target(ip, &args);
    if (status >= 0)
        return status;
    if (!create && !netctl_neigh_get(ip->os, args.dev, args.addr, &neigh))
        return ip_netlink(ip, -SIM_ENOENT);
    neigh.addr = args.addr;
    neigh.ifname = args.dev;
    neigh.state = args.has_state ? args.state : NEIGH_PERMANENT;
    if (args.has_mac) {
        neigh.has_mac = true;
        neigh.mac = args.mac;
    }
    if (!neigh.has_mac && neigh.state != NEIGH_FAILED && neigh.state != NEIGH_INCOMPLETE &&
        neigh.state != NEIGH_NONE)
        return ip_error(ip, 2, "No link layer address given.");
    if (!neigh.has_mac)
        return ip_refuse(ip, "a neighbor without a link layer address");
    return ip_netlink(ip, netctl_neigh_set(ip->os, &neigh, replace));
}

static int del(struct ip_run *ip)
{
    struct neigh_args args = { 0 };
    int status = read_args(ip, &args);

    if (status < 0)
        status = check_target(ip, &args);
    if (status >= 0)
        return status;
    return ip_netlink(ip, netctl_neigh_del(ip->os, args.dev, args.addr));
}

static int get(struct ip_run *ip)
{
    struct neigh_args args = { 0 };
    struct netctl_neigh neigh;
    int status = read_args(ip, &args);

    if (status < 0)
        status = check_target(ip, &args);
    if (status >= 0)
        return status;
    if (!netctl_neigh_get(ip->os, args.dev, args.addr, &neigh))
        return ip_error(ip, 2, "Neighbour entry not found.");
    print_neigh(ip, &neigh, true);
    return 0;
}

static void flush_one(void *ctx, const struct netctl_neigh *neigh)
{
    const struct listing *listing = ctx;
    const struct neigh_args *args = listing->args;

    if ((args->dev != NULL && strcmp(args->dev, neigh->ifname) != 0) ||
        (args->has_addr && !ip4_in_prefix(neigh->addr, args->addr, args->len)) ||
        (args->has_state ? args->state != neigh->state
                         : neigh->state == NEIGH_PERMANENT && !args->any_state))
        return;
    (void)netctl_neigh_del(listing->ip->os, neigh->ifname, neigh->addr);
}

static int flush(struct ip_run *ip)
{
    struct neigh_args args = { 0 };
    struct listing listing = { ip, &args };
    struct netctl_link link;
    int status;

    if (*ip->argv == NULL) {
        process_errorf(ip->self, "Flush requires arguments.\n");
        return 1;
    }
    status = read_args(ip, &args);
    if (status >= 0)
        return status;
    if (args.dev != NULL && !netctl_link_find(ip->os, args.dev, &link))
        return ip_no_device(ip, args.dev);
    netctl_neighs(ip->os, flush_one, &listing); /* walks a copy */
    return 0;
}

int ip_neigh_object(struct ip_run *ip)
{
    const char *command = *ip->argv;

    if (ip_wants_v6(ip))
        return ip6_neigh_object(ip);
    if (command == NULL)
        return show(ip);
    ip->argv++;
    if (ip_matches(command, "add"))
        return change(ip, true, false);
    if (ip_matches(command, "change") || strcmp(command, "chg") == 0)
        return change(ip, false, true);
    if (ip_matches(command, "replace"))
        return change(ip, true, true);
    if (ip_matches(command, "delete"))
        return del(ip);
    if (ip_matches(command, "get"))
        return get(ip);
    if (ip_matches(command, "show") || ip_matches(command, "lst") || ip_matches(command, "list"))
        return show(ip);
    if (ip_matches(command, "flush"))
        return flush(ip);
    ip->argv--;
    return ip_unknown_command(ip);
}
