/* A bridge's tables as text: for the debugger, and in the words of iproute2's `bridge`. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sim/link.h"
#include "stack/link/bridge.h"

static int by_mac(const void *a, const void *b)
{
    const struct fdb_entry *const *x = a, *const *y = b;

    return memcmp((*x)->mac.octets, (*y)->mac.octets, sizeof(*x)->mac.octets);
}

/* The entries that are ours or the learned ones, sorted by address; free the array. */
static const struct fdb_entry **sorted(const struct bridge *bridge, bool local, uint32_t *n)
{
    const struct fdb_entry **entries = mem_alloc(bridge->n_entries * sizeof *entries);
    struct fdb_entry *entry;

    *n = 0;
    LIST_FOR_EACH(entry, &bridge->entries, struct fdb_entry, link)
    if (entry->local == local)
        entries[(*n)++] = entry;
    qsort(entries, *n, sizeof *entries, by_mac);
    return entries;
}

/* Without STP a port is never anything else. */
static const char *state_of(const struct bridge_port *port)
{
    return iface_has_carrier(port->iface) ? "forwarding" : "disabled";
}

/* Linux's port_cost(), net/bridge/br_if.c: IEEE 802.1D-1998 values by the link's speed. */
static unsigned cost_of(const struct bridge_port *port)
{
    uint64_t rate = port->iface->end == NULL ? 0 : port->iface->end->link->config.rate;

    if (port->iface->end != NULL && rate == 0)
        return 2;
    return rate >= UINT64_C(10000000000) ? 2
           : rate >= 1000000000          ? 4
           : rate >= 100000000           ? 19
                                         : 100;
}

static void describe_fdb(const struct bridge *bridge, struct describe *out)
{
    uint32_t n;
    const struct fdb_entry **entries = sorted(bridge, false, &n);

    for (uint32_t i = 0; i < n; i++) {
        char mac[MAC_TEXT_MAX], line[MAC_TEXT_MAX + 64];

        mac_format(&entries[i]->mac, mac);
        snprintf(line, sizeof line, "%s %s", mac, entries[i]->port->iface->name);
        describe_row(out, "fdb", mac, line);
        describe_text(out, "mac", mac);
        describe_text(out, "port", entries[i]->port->iface->name);
        describe_number(out, "age", node_now(bridge->node) - entries[i]->seen);
    }
    free(entries);
}

void bridge_describe(const struct bridge *bridge, struct describe *out)
{
    struct bridge_port *port;

    describe_fdb(bridge, out);
    LIST_FOR_EACH(port, &bridge->ports, struct bridge_port, link)
    {
        const struct iface *iface = port->iface;
        char line[96];

        snprintf(line, sizeof line, "%s %s cost=%u", iface->name, state_of(port), cost_of(port));
        describe_row(out, "ports", iface->name, line);
        describe_text(out, "port", iface->name);
        describe_text(out, "state", state_of(port));
        describe_number(out, "cost", cost_of(port));
        describe_number(out, "rx_frames", (int64_t)iface->rx_frames);
        describe_number(out, "rx_octets", (int64_t)iface->rx_octets);
        describe_number(out, "rx_drops", (int64_t)iface->rx_drops);
        describe_number(out, "tx_frames", (int64_t)iface_tx_frames(iface));
        describe_number(out, "tx_octets", (int64_t)iface_tx_octets(iface));
        describe_number(out, "tx_drops", (int64_t)iface->tx_drops);
    }
}

void bridge_show_fdb(const struct bridge *bridge, const struct bridge_port *only,
                     struct strbuf *out)
{
    for (int local = 0; local < 2; local++) {
        uint32_t n;
        const struct fdb_entry **entries = sorted(bridge, local, &n);

        for (uint32_t i = 0; i < n; i++) {
            const struct bridge_port *port = entries[i]->port;
            char mac[MAC_TEXT_MAX];

            if (only != NULL && port != only)
                continue;
            strbuf_addf(out, "%s dev %s master br0 %s\n", mac_format(&entries[i]->mac, mac),
                        port == NULL ? "br0" : port->iface->name, local ? "permanent" : "");
        }
        free(entries);
    }
}

void bridge_show_ports(const struct bridge *bridge, const struct bridge_port *only,
                       struct strbuf *out)
{
    struct bridge_port *port;

    LIST_FOR_EACH(port, &bridge->ports, struct bridge_port, link)
    {
        const struct iface *iface = port->iface;
        const char *flags = iface_has_carrier(iface) ? "BROADCAST,MULTICAST,UP,LOWER_UP"
                            : iface->up              ? "NO-CARRIER,BROADCAST,MULTICAST,UP"
                                                     : "BROADCAST,MULTICAST";

        if (only != NULL && port != only)
            continue;
        strbuf_addf(out, "%u: %s: <%s> mtu %u master br0 state %s priority 32 cost %u \n",
                    iface->index + 2u, iface->name, flags, iface->mtu, state_of(port),
                    cost_of(port));
    }
}
