/* ip address */
#include <string.h>

#include "apps/ip_internal.h"

struct filter {
    const char *dev;
    bool only_up;
    bool has_to;
    ip4_addr to;
    unsigned to_len;
};

static void print_lifetime(struct ip_run *ip, const struct netctl_addr *addr)
{
    long long left;

    if (addr->valid_until == SIM_TIME_NONE) {
        process_printf(ip->self, "       valid_lft forever preferred_lft forever\n");
        return;
    }
    left = (addr->valid_until - process_now(ip->self) + SIM_SEC(1) - 1) /
           SIM_SEC(1); /* seconds begun count */
    process_printf(ip->self, "       valid_lft %lldsec preferred_lft %lldsec\n",
                   left < 0 ? 0 : left, left < 0 ? 0 : left);
}

static void print_addr(struct ip_run *ip, const struct netctl_addr *addr)
{
    static const char *const scopes[] = { "global", "link", "host" };
    char text[IP4_TEXT_MAX];

    if (ip->one_line)
        process_printf(ip->self, "%u: %s", addr->ifindex, addr->ifname);
    process_printf(ip->self, "    inet %s/%u", ip4_format(addr->addr, text), addr->prefix_len);
    if (addr->broadcast != 0 && addr->scope != IP_SCOPE_HOST)
        process_printf(ip->self, " brd %s", ip4_format(addr->broadcast, text));
    process_printf(ip->self, " scope %s%s%s %s%s", scopes[addr->scope],
                   addr->secondary ? " secondary" : "", addr->dynamic ? " dynamic" : "",
                   addr->ifname, ip->one_line ? "\\" : "\n");
    print_lifetime(ip, addr);
}

static bool wanted(const struct filter *filter, const struct netctl_addr *addr)
{
    return !filter->has_to || ip4_in_prefix(addr->addr, filter->to, filter->to_len);
}

static void show_link(struct ip_run *ip, const struct netctl_link *link,
                      const struct filter *filter)
{
    struct netctl_addr addr;
    bool any = false;

    for (unsigned i = 0; netctl_addr_at(ip->os, i, &addr); i++)
        any |= addr.ifindex == link->index && wanted(filter, &addr);
    if (ip->inet6_only)
        any = ip6_has_addrs(ip, link->index);
    if (!any && (ip->inet_only || ip->inet6_only || filter->has_to))
        return;
    if (ip->brief)
        process_printf(ip->self, "%-16s %-14s ", link->name, ip_link_state(link));
    else if (ip->inet6_only && filter->dev == NULL && !ip->one_line)
        ip_print_link6(ip, link);
    else if (!ip->one_line)
        ip_print_link(ip, link, false);
    for (unsigned i = 0; !ip->inet6_only && netctl_addr_at(ip->os, i, &addr); i++) {
        char text[IP4_TEXT_MAX];

        if (addr.ifindex != link->index || !wanted(filter, &addr))
            continue;
        if (ip->brief)
            process_printf(ip->self, "%s/%u ", ip4_format(addr.addr, text), addr.prefix_len);
        else
            print_addr(ip, &addr);
    }
    if (!ip->inet_only && !filter->has_to)
        ip6_print_addrs(ip, link->index);
    if (ip->brief)
        process_printf(ip->self, "\n");
    else if (ip->stats > 0 && !ip->one_line)
        ip_print_stats(ip, link);
}

/* -1: go on; else the exit status. */
static int read_filter(struct ip_run *ip, struct filter *filter)
{
    bool has_len;

    while (*ip->argv != NULL) {
        if (ip_take(ip, "up")) {
            filter->only_up = true;
        } else if (ip_take(ip, "to")) {
            const char *value = ip_value(ip);

            if (value == NULL)
                return 255;
            if (!ip_prefix(ip, value, &filter->to, &filter->to_len, &has_len))
                return 1;
            filter->has_to = true;
        } else if (strcmp(*ip->argv, "scope") == 0 || strcmp(*ip->argv, "label") == 0 ||
                   strcmp(*ip->argv, "dynamic") == 0 || strcmp(*ip->argv, "permanent") == 0 ||
                   strcmp(*ip->argv, "primary") == 0 || strcmp(*ip->argv, "secondary") == 0 ||
                   strcmp(*ip->argv, "type") == 0) {
            return ip_refuse(ip, "selecting addresses by scope, label, type or flag");
        } else {
            if (!ip_take(ip, "dev") && filter->dev != NULL)
                return ip_error(ip, 255, "either \"dev\" is duplicate, or \"%s\" is a garbage.",
                                *ip->argv);
            filter->dev = ip_value(ip);
            if (filter->dev == NULL)
                return 255;
        }
    }
    return -1;
}

static int show(struct ip_run *ip)
{
    struct filter filter = { 0 };
    int status = read_filter(ip, &filter);
    struct netctl_link link;

    if (status >= 0)
        return status;
    if (filter.dev != NULL && !netctl_link_find(ip->os, filter.dev, &link)) {
        process_errorf(ip->self, "Device \"%s\" does not exist.\n", filter.dev);
        return 1;
    }
    for (unsigned i = 0; netctl_link_at(ip->os, i, &link); i++)
        if ((filter.dev == NULL || strcmp(filter.dev, link.name) == 0) &&
            (!filter.only_up || link.up))
            show_link(ip, &link, &filter);
    return 0;
}

static int flush(struct ip_run *ip)
{
    struct filter filter = { 0 };
    struct netctl_link link;
    int status;

    if (*ip->argv == NULL) {
        process_errorf(ip->self, "Flush requires arguments.\n");
        return 1;
    }
    status = read_filter(ip, &filter);
    if (status >= 0)
        return status;
    if (filter.dev == NULL || filter.has_to)
        return ip_refuse(ip, "flushing addresses but by \"dev\"");
    if (!netctl_link_find(ip->os, filter.dev, &link)) {
        process_errorf(ip->self, "Device \"%s\" does not exist.\n", filter.dev);
        return 1;
    }
    if (!ip->inet6_only)
        (void)netctl_addr_flush(ip->os, filter.dev);
    if (!ip->inet_only)
        ip6_addr_flush(ip, filter.dev);
    return 0;
}

struct addr_args {
    ip4_addr addr, broadcast;
    unsigned len;
    bool has_addr, has_len;
    const char *dev;
    sim_time valid;
};

static int read_lifetime(struct ip_run *ip, sim_time *valid)
{
    const char *value = ip_value(ip);
    uint32_t seconds;

    if (value == NULL)
        return 255;
    if (strcmp(value, "forever") == 0) {
        *valid = SIM_TIME_NONE;
        return -1;
    }
    if (!ip_number(ip, "valid_lft", value, 8000000, &seconds))
        return 255;
    *valid = SIM_SEC(seconds);
    return -1;
}

static int read_args(struct ip_run *ip, struct addr_args *args)
{
    const char *value;
    sim_time ignored;
    int status;

    args->valid = SIM_TIME_NONE;
    args->broadcast = NETCTL_BROADCAST_UNSAID;
    while (*ip->argv != NULL) {
        if (ip_take(ip, "dev")) {
            args->dev = ip_value(ip);
            if (args->dev == NULL)
                return 255;
        } else if (ip_take(ip, "brd") || ip_take(ip, "broadcast")) {
            value = ip_value(ip);
            if (value == NULL)
                return 255;
            args->broadcast = 0;
            if (strcmp(value, "+") != 0 && !ip4_parse(value, &args->broadcast))
                return ip_error(ip, 1, "inet address is expected rather than \"%s\".", value);
        } else if (ip_take(ip, "valid_lft")) {
            status = read_lifetime(ip, &args->valid);
            if (status >= 0)
                return status;
        } else if (ip_take(ip, "preferred_lft")) {
            status = read_lifetime(ip, &ignored);
            if (status >= 0)
                return status;
        } else if (strcmp(*ip->argv, "peer") == 0 || strcmp(*ip->argv, "scope") == 0 ||
                   strcmp(*ip->argv, "label") == 0 || strcmp(*ip->argv, "metric") == 0 ||
                   strcmp(*ip->argv, "noprefixroute") == 0) {
            return ip_refuse(ip, *ip->argv);
        } else {
            (void)ip_take(ip, "local");
            value = ip_value(ip);
            if (value == NULL)
                return 255;
            if (args->has_addr)
                return ip_error(ip, 255, "either \"local\" is duplicate, or \"%s\" is a garbage.",
                                value);
            if (!ip_prefix(ip, value, &args->addr, &args->len, &args->has_len))
                return 1;
            args->has_addr = true;
        }
    }
    if (args->dev == NULL) {
        process_errorf(ip->self, "Not enough information: \"dev\" argument is required.\n");
        return 1;
    }
    return -1;
}

static int add(struct ip_run *ip, bool replace)
{
    struct addr_args args = { 0 };
    int status = read_args(ip, &args), error;

    if (status >= 0)
        return status;
    if (!args.has_addr)
        return ip_netlink(ip, -SIM_EINVAL);
    error = netctl_addr_add(ip->os, args.dev, args.addr, args.len, args.broadcast, args.valid);
    if (error == -SIM_ENODEV)
        return ip_no_device(ip, args.dev);
    if (error == -SIM_EEXIST)
        return replace ? 0 : ip_error(ip, 2, "ipv4: Address already assigned.");
    return ip_netlink(ip, error);
}

/* Without a length it takes the first address that is @args->addr, with a warning. */
static void guess_length(struct ip_run *ip, struct addr_args *args)
{
    struct netctl_addr addr;
    char text[IP4_TEXT_MAX];

    process_errorf(ip->self,
                   "Warning: Executing wildcard deletion to stay compatible with old scripts.\n"
                   "         Explicitly specify the prefix length (%s/32) to avoid this warning.\n"
                   "         This special behaviour is likely to disappear in further releases,\n"
                   "         fix your scripts!\n",
                   ip4_format(args->addr, text));
    for (unsigned i = 0; netctl_addr_at(ip->os, i, &addr); i++)
        if (addr.addr == args->addr && strcmp(addr.ifname, args->dev) == 0)
            args->len = addr.prefix_len;
}

static int del(struct ip_run *ip)
{
    struct addr_args args = { 0 };
    int status = read_args(ip, &args), error;
    struct netctl_link link;

    if (status >= 0)
        return status;
    if (!netctl_link_find(ip->os, args.dev, &link))
        return ip_no_device(ip, args.dev);
    if (!args.has_addr)
        return ip_netlink(ip, -SIM_EINVAL);
    if (!args.has_len)
        guess_length(ip, &args);
    error = netctl_addr_del(ip->os, args.dev, args.addr, args.len);
    if (error == -SIM_EADDRNOTAVAIL)
        return ip_error(ip, 2, "ipv4: Address not found.");
    return ip_netlink(ip, error);
}

int ip_addr_object(struct ip_run *ip)
{
    const char *command = *ip->argv;

    if (command == NULL)
        return show(ip);
    ip->argv++;
    if (ip_matches(command, "add"))
        return ip_wants_v6(ip) ? ip6_addr_change(ip, true, false) : add(ip, false);
    if (ip_matches(command, "change") || strcmp(command, "chg") == 0 ||
        ip_matches(command, "replace"))
        return ip_wants_v6(ip) ? ip6_addr_change(ip, true, true) : add(ip, true);
    if (ip_matches(command, "delete"))
        return ip_wants_v6(ip) ? ip6_addr_change(ip, false, false) : del(ip);
    if (ip_matches(command, "show") || ip_matches(command, "lst") || ip_matches(command, "list"))
        return show(ip);
    if (ip_matches(command, "flush"))
        return flush(ip);
    ip->argv--;
    return ip_unknown_command(ip);
}
