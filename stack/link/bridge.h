/**
 * DOC: A learning bridge, IEEE Std 802.1D-2004 clauses 7.7 to 7.9, in the manner of Linux's
 * (net/bridge) with STP off.
 *
 * A frame's source says behind which port its sender is; its destination, looked up in the
 * forwarding database, says where it goes: out of one port, or out of every other one (unknown,
 * broadcast, multicast), in port order. An entry is forgotten `ageing` after its last frame, by a
 * sweep of the table as on Linux: until the sweep comes it is used.
 *
 * As on Linux:
 * - 01:80:c2:00:00:01 to 0F are never forwarded. 01:80:c2:00:00:00 (BPDUs) is, as long as STP is
 * off.
 * - A frame whose source is a group address or zero is dropped.
 * - With an ageing time of 0 nothing is learned: every frame is flooded.
 * - A port that loses its carrier loses its entries at once.
 * - A frame longer than the outgoing port's MTU is dropped without a word (by iface_send()).
 * - Multicast is flooded: snooping without a querier does the same.
 * Unlike Linux the table is bounded (BRIDGE_FDB_MAX); when it is full, new senders are not learned.
 * No STP, no VLANs.
 */
#ifndef WW_STACK_LINK_BRIDGE_H
#define WW_STACK_LINK_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "sim/node.h"
#include "sim/timer.h"

#define BRIDGE_AGEING_DEFAULT SIM_SEC(300) /* IEEE 802.1D-2004, table 7-5, and Linux */
#define BRIDGE_FDB_MAX        65536        /* learned entries, unless the configuration says less */
#define BRIDGE_SWEEP_GAP                                                                           \
    SIM_MSEC(10) /* two sweeps are at least so far apart: net/bridge/br_fdb.c */

struct fdb_entry { /* a cache line */
    struct mac_addr mac;
    bool local;               /* our own MAC address: stays for ever, and frames to it are for us */
    uint64_t number;          /* mac_to_u64() of it */
    struct bridge_port *port; /* NULL: the bridge itself */
    struct iface *iface;      /* that port's */
    sim_time seen;            /* its last frame */
    struct fdb_entry *next;   /* in its bucket, or of the free entries */
    struct list link;         /* in the order of learning */
};

struct bridge_port { /* embed it, or keep an array of them, in cache lines; bridge_add_port() */
    _Alignas(ARENA_LINE) struct bridge *bridge;
    struct iface *iface;
    struct list link;
    /* Who sent the last frame that came in here, and whom it was for; for ever they are learned
       entries or free ones, and whoever loses its port's carrier is forgotten here as well. */
    struct fdb_entry *sender, *target;
};

struct bridge { /* embed it in the device */
    struct node *node;
    struct list ports; /* struct bridge_port, in the order they were added */
    uint32_t n_ports;
    sim_time ageing;
    uint32_t fdb_max;
    struct fdb_entry **buckets;
    uint32_t n_buckets; /* a power of two */
    uint32_t n_entries; /* all */
    uint32_t n_learned;
    struct list entries;
    struct fdb_entry *free_entries; /* their address is nobody's */
    struct fdb_entry nobody;        /* one of them, for ever */
    struct timer sweep;             /* runs while there are learned entries */
    /* A frame for one of the bridge's own addresses, data at its Ethernet header; consumes it.
     * NULL: nothing listens. */
    void (*local)(void *ctx, struct bridge_port *port, struct frame *frame);
    void *ctx;
};

/** bridge_init() - no ports yet. @ageing in picoseconds; memory is the run's, there is nothing to
 * free. */
void bridge_init(struct bridge *bridge, struct node *node, sim_time ageing);
/** bridge_add_port() - @iface (borrowed, of the bridge's node) becomes the next port; its MAC is
 * one of our own. */
void bridge_add_port(struct bridge *bridge, struct bridge_port *port, struct iface *iface);
/** bridge_add_local() - frames to @mac are for the bridge itself. */
void bridge_add_local(struct bridge *bridge, const struct mac_addr *mac);
/** bridge_input() - a frame came in at @port, data at its Ethernet header. Consumes it. */
void bridge_input(struct bridge_port *port, struct frame *frame);
/** bridge_carrier() - the port's carrier came or went: iface_has_carrier() has changed. */
void bridge_carrier(struct bridge_port *port, bool up);
/** bridge_set_ageing() - from now on; too old entries go at once. 0: learn nothing. */
void bridge_set_ageing(struct bridge *bridge, sim_time ageing);
/** bridge_flush() - forget what was learned behind @port, or, if that is NULL, behind all. */
void bridge_flush(struct bridge *bridge, const struct bridge_port *port);
/** bridge_find() - the port behind which @mac was learned, or NULL. */
struct bridge_port *bridge_find(const struct bridge *bridge, const struct mac_addr *mac);

/** bridge_describe() - tables "fdb" (learned entries, sorted by address) and "ports". */
void bridge_describe(const struct bridge *bridge, struct describe *out);
/**
 * bridge_show_fdb() - the words of `bridge fdb show`: learned entries, then our own, each sorted by
 * address. @only: of that port alone, or NULL.
 */
void bridge_show_fdb(const struct bridge *bridge, const struct bridge_port *only,
                     struct strbuf *out);
/** bridge_show_ports() - the words of `bridge link show`. */
void bridge_show_ports(const struct bridge *bridge, const struct bridge_port *only,
                       struct strbuf *out);

#endif
