/* ip link */
#include <string.h>

#include "apps/ip_internal.h"

const char *ip_link_state(const struct netctl_link *link)
{
    return link->loopback ? "UNKNOWN" : link->up && link->carrier ? "UP" : "DOWN";
}

static const char *flags(const struct netctl_link *link)
{
    if (link->loopback)
        return link->up ? "<LOOPBACK,UP,LOWER_UP>" : "<LOOPBACK>";
    if (!link->up)
        return "<BROADCAST,MULTICAST>";
    return link->carrier ? "<BROADCAST,MULTICAST,UP,LOWER_UP>"
                         : "<NO-CARRIER,BROADCAST,MULTICAST,UP>";
}

void ip_print_link(struct ip_run *ip, const struct netctl_link *link, bool with_mode)
{
    char mac[MAC_TEXT_MAX];

    process_printf(ip->self, "%u: %s: %s mtu %u qdisc %s state %s %sgroup default qlen 1000",
                   link->index, link->name, flags(link), link->mtu,
                   link->loopback ? "noqueue" : "pfifo_fast", ip_link_state(link),
                   with_mode ? "mode DEFAULT " : "");
    if ((!ip->inet_only && !ip->inet6_only) || with_mode)
        process_printf(ip->self, "%s    link/%s %s brd %s", ip->one_line ? "\\" : "\n",
                       link->loopback ? "loopback" : "ether", mac_format(&link->mac, mac),
                       link->loopback ? "00:00:00:00:00:00" : "ff:ff:ff:ff:ff:ff");
    process_printf(ip->self, ip->one_line && ip->stats > 0 ? "" : "\n");
}

void ip_print_link6(struct ip_run *ip, const struct netctl_link *link)
{
    process_printf(ip->self, "%u: %s: %s mtu %u state %s qlen 1000\n", link->index, link->name,
                   flags(link), link->mtu, ip_link_state(link));
}

void ip_print_stats(struct ip_run *ip, const struct netctl_link *link)
{
    const char *end = ip->one_line ? "\\" : "\n";

    process_printf(ip->self, "    RX:  bytes packets errors dropped  missed   mcast           %s",
                   end);
    process_printf(ip->self, "    %10llu %7llu %6u %7llu %7u %7u %s",
                   (unsigned long long)link->rx_octets, (unsigned long long)link->rx_frames, 0,
                   (unsigned long long)link->rx_drops, 0, 0, end);
    process_printf(ip->self, "    TX:  bytes packets errors dropped carrier collsns           %s",
                   end);
    process_printf(ip->self, "    %10llu %7llu %6u %7llu %7u %7u \n",
                   (unsigned long long)link->tx_octets, (unsigned long long)link->tx_frames, 0,
                   (unsigned long long)link->tx_drops, 0, 0);
}

static void show_one(struct ip_run *ip, const struct netctl_link *link)
{
    char mac[MAC_TEXT_MAX];

    if (ip->brief) {
        process_printf(ip->self, "%-16s %-14s %s %s \n", link->name, ip_link_state(link),
                       mac_format(&link->mac, mac), flags(link));
        return;
    }
    ip_print_link(ip, link, true);
    if (ip->stats > 0)
        ip_print_stats(ip, link);
}

static int show(struct ip_run *ip)
{
    const char *name = NULL;
    bool only_up = false;
    struct netctl_link link;

    while (*ip->argv != NULL) {
        if (ip_take(ip, "up"))
            only_up = true;
        else if (strcmp(*ip->argv, "type") == 0 || strcmp(*ip->argv, "master") == 0 ||
                 strcmp(*ip->argv, "group") == 0)
            return ip_refuse(ip, "selecting by type, master or group");
        else if (ip_take(ip, "dev") || name == NULL) {
            name = ip_value(ip);
            if (name == NULL)
                return 255;
        } else {
            return ip_error(ip, 255, "either \"dev\" is duplicate, or \"%s\" is a garbage.",
                            *ip->argv);
        }
    }
    if (name != NULL && !netctl_link_find(ip->os, name, &link)) {
        process_errorf(ip->self, "Device \"%s\" does not exist.\n", name);
        return 1;
    }
    for (unsigned i = 0; netctl_link_at(ip->os, i, &link); i++)
        if ((name == NULL || strcmp(name, link.name) == 0) && (!only_up || link.up))
            show_one(ip, &link);
    return 0;
}

struct link_change {
    const char *name;
    int up; /* -1: leave */
    bool has_mtu, has_mac;
    uint32_t mtu;
    struct mac_addr mac;
};

/* -1: go on; else the exit status. */
static int read_change(struct ip_run *ip, struct link_change *change)
{
    const char *value;

    while (*ip->argv != NULL) {
        if (ip_take(ip, "up")) {
            change->up = 1;
        } else if (ip_take(ip, "down")) {
            change->up = 0;
        } else if (ip_take(ip, "mtu")) {
            value = ip_value(ip);
            if (value == NULL || !ip_number(ip, "mtu", value, UINT32_MAX, &change->mtu))
                return 255;
            change->has_mtu = true;
        } else if (ip_take(ip, "address")) {
            value = ip_value(ip);
            if (value == NULL)
                return 255;
            if (!mac_parse(value, &change->mac)) {
                process_errorf(ip->self, "\"%s\" is invalid lladdr.\n", value);
                return 1;
            }
            change->has_mac = true;
        } else {
            static const char *const others[] = {
                "name",         "type",       "master", "nomaster", "promisc", "arp", "multicast",
                "allmulticast", "txqueuelen", "alias",  "netns",    "group",   "qlen"
            };

            for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                if (change->name != NULL && strcmp(*ip->argv, others[i]) == 0)
                    return ip_refuse(ip, others[i]);
            if (!ip_take(ip, "dev") && change->name != NULL)
                return ip_error(ip, 255, "either \"dev\" is duplicate, or \"%s\" is a garbage.",
                                *ip->argv);
            change->name = ip_value(ip);
            if (change->name == NULL)
                return 255;
        }
    }
    return -1;
}

static int set(struct ip_run *ip)
{
    struct link_change change = { .up = -1 };
    int status = read_change(ip, &change), error = 0;
    struct netctl_link link;

    if (status >= 0)
        return status;
    if (change.name == NULL) {
        process_errorf(ip->self, "Not enough of information: \"dev\" argument is required.\n");
        return 255;
    }
    if (!netctl_link_find(ip->os, change.name, &link))
        return ip_no_device(ip, change.name);
    if (change.has_mtu && !link.loopback && change.mtu < NETCTL_MTU_MIN)
        return ip_error(ip, 2, "mtu less than device minimum.");
    if (change.has_mtu && !link.loopback && change.mtu > NETCTL_MTU_MAX)
        return ip_error(ip, 2, "mtu greater than device maximum.");
    if (change.has_mtu)
        error = netctl_link_set_mtu(ip->os, change.name, change.mtu);
    if (error == 0 && change.has_mac)
        error = netctl_link_set_mac(ip->os, change.name, &change.mac);
    if (error == 0 && change.up >= 0)
        error = netctl_link_set_up(ip->os, change.name, change.up == 1);
    return ip_netlink(ip, error);
}

int ip_link_object(struct ip_run *ip)
{
    const char *command = *ip->argv;

    if (command == NULL)
        return show(ip);
    if (ip_matches(command, "add") || ip_matches(command, "replace") ||
        ip_matches(command, "delete"))
        return ip_refuse(ip, "making or removing interfaces");
    if (ip_matches(command, "set") || ip_matches(command, "change")) {
        ip->argv++;
        return set(ip);
    }
    if (ip_matches(command, "show") || ip_matches(command, "lst") || ip_matches(command, "list")) {
        ip->argv++;
        return show(ip);
    }
    return ip_unknown_command(ip);
}
