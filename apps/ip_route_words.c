/* Words of ip route that stand for more than one argument: next hops, flows. */
#include <string.h>

#include "apps/ip_internal.h"
#include "base/text.h"

int ip_read_via(struct ip_run *ip, ip4_addr *via)
{
    const char *value = ip_value(ip);

    if (value != NULL && strcmp(value, "inet") == 0)
        value = ip_value(ip);
    if (value == NULL)
        return 255;
    if (!ip4_parse(value, via))
        return ip_error(ip, 1, "inet address is expected rather than \"%s\".", value);
    return -1;
}

/* What stands behind `nexthop`: parse_one_nh(). */
static int read_hop(struct ip_run *ip, struct netctl_hop *hop)
{
    *hop = (struct netctl_hop){ .weight = 1 };
    for (bool any = false;; any = true) {
        struct netctl_link link;
        const char *value;
        uint64_t weight;
        int status;

        if (ip_take(ip, "via")) {
            status = ip_read_via(ip, &hop->via);
            if (status >= 0)
                return status;
        } else if (ip_take(ip, "dev")) {
            if ((value = ip_value(ip)) == NULL)
                return 255;
            if (!netctl_link_find(ip->os, value, &link)) {
                (void)ip_no_device(ip, value);
                return ip_error(ip, 255, "cannot parse nexthop");
            }
            hop->ifname = link.name;
        } else if (ip_take(ip, "weight")) {
            if ((value = ip_value(ip)) == NULL)
                return 255;
            if (!text_u64(value, FIB_WEIGHT_MAX, &weight) || weight == 0)
                return ip_error(ip, 255, "argument \"%s\" is wrong: \"weight\" is invalid\n",
                                value);
            hop->weight = (uint16_t)weight;
        } else if (ip_take(ip, "onlink")) {
            hop->onlink = true;
        } else if (*ip->argv != NULL &&
                   (strcmp(*ip->argv, "encap") == 0 || strcmp(*ip->argv, "realms") == 0)) {
            return ip_refuse(ip, *ip->argv);
        } else {
            return any ? -1 : ip_error(ip, 255, "unexpected end of line after \"nexthop\"");
        }
    }
}

int ip_read_hops(struct ip_run *ip, struct netctl_hop hops[static FIB_HOPS_MAX], unsigned *n)
{
    do {
        int status;

        if (*n == FIB_HOPS_MAX)
            return ip_refuse(ip, "a route of more than 64 next hops");
        status = read_hop(ip, &hops[(*n)++]);
        if (status >= 0)
            return status;
    } while (ip_take(ip, "nexthop"));
    return *ip->argv == NULL
               ? -1
               : ip_error(ip, 255, "\"nexthop\" or end of line is expected instead of \"%s\"",
                          *ip->argv);
}

int ip_read_flow_word(struct ip_run *ip, struct route_key *key)
{
    static const struct {
        const char *name;
        uint8_t number;
    } protocols[] = { { "tcp", IP_PROTO_TCP }, { "udp", IP_PROTO_UDP }, { "icmp", IP_PROTO_ICMP } };
    bool is_source = false;
    const char *value;
    uint64_t port;

    if (ip_take(ip, "ipproto")) {
        if ((value = ip_value(ip)) == NULL)
            return 255;
        for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
            if (strcmp(protocols[i].name, value) == 0)
                key->protocol = protocols[i].number;
        return key->protocol != 0
                   ? -1
                   : ip_error(ip, 255, "argument \"%s\" is wrong: Invalid \"ipproto\" value\n",
                              value);
    }
    if (!(is_source = ip_take(ip, "sport")) && !ip_take(ip, "dport"))
        return -2;
    if ((value = ip_value(ip)) == NULL)
        return 255;
    if (!text_u64(value, 65535, &port))
        return ip_error(ip, 255, "argument \"%s\" is wrong: invalid %s\n", value,
                        is_source ? "sport" : "dport");
    *(is_source ? &key->src_port : &key->dst_port) = (uint16_t)port;
    return -1;
}
