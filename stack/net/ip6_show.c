/* The tables of IPv6 in the words of `ip -6`. */
#include <stdio.h>

#include "stack/net/ip6_internal.h"

static void describe_routes(struct ip_stack *ip, struct describe *out)
{
    const struct fib6_entry *entry;

    for (uint32_t i = 0; (entry = fib6_at(ip, i)) != NULL; i++) {
        char text[FIB6_TEXT_MAX], key[64], addr[IP6_TEXT_MAX];

        if (node_now(ip->node) >= entry->until)
            continue;
        snprintf(key, sizeof key, "%s/%u", ip6_format(entry->prefix, addr), entry->prefix_len);
        describe_row(out, "route", key, fib6_entry_format(entry, text));
        describe_number(out, "metric", entry->metric);
    }
}

static void describe_exceptions(struct ip_stack *ip, struct describe *out)
{
    struct route6 route;
    uint32_t at = 0;

    while (ip6_learned_next(ip, &at, &route)) {
        char text[192], dst[IP6_TEXT_MAX], via[IP6_TEXT_MAX];
        size_t n = (size_t)snprintf(text, sizeof text, "%s", ip6_format(route.dst, dst));

        if (route.redirected && route.via_gateway)
            n += (size_t)snprintf(text + n, sizeof text - n, " via %s",
                                  ip6_format(route.next_hop, via));
        if (route.redirected)
            n += (size_t)snprintf(text + n, sizeof text - n, " dev %s", route.oif->name);
        n += (size_t)snprintf(text + n, sizeof text - n, " cache");
        if (route.mtu != 0)
            snprintf(text + n, sizeof text - n, " mtu %u", route.mtu);
        describe_row(out, "route_cache", dst, text);
        describe_number(out, "mtu", route.mtu);
    }
}

void ip6_describe(struct ip_stack *ip, struct describe *out)
{
    if (ip->six == NULL)
        return;
    neigh_describe(&ip->six->neigh, out);
    describe_routes(ip, out);
    describe_exceptions(ip, out);
    for (unsigned i = 1; i < ip->n_ifaces; i++) {
        for (unsigned j = 0; j < ip->ifaces[i]->six->n_addrs; j++) {
            const struct ip6_address *address = ip->ifaces[i]->six->addrs[j];
            char line[96], addr[IP6_TEXT_MAX];

            snprintf(line, sizeof line, "%s %s/%u", ip->ifaces[i]->name,
                     ip6_format(address->addr, addr), address->prefix_len);
            describe_row(out, "addr", line, line);
        }
    }
}
