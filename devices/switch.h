/* A switch: a node whose ports p1, p2 ... are a learning bridge (stack/link/bridge.h), and nothing
 * else. */
#ifndef WW_DEVICES_SWITCH_H
#define WW_DEVICES_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "sim/sim.h"
#include "stack/link/bridge.h"

#define SWITCH_PORTS_MAX 4096

struct switch_config {
    uint32_t n_ports;                 /* at most SWITCH_PORTS_MAX */
    const struct mac_addr *port_macs; /* n_ports of them; borrowed for the call */
    struct mac_addr mac;              /* the switch's own */
    sim_time ageing;                  /* BRIDGE_AGEING_DEFAULT; 0: it never learns */
};

/** switch_new() - add a switch to @sim. Its ports have no cables yet. Lives as long as the run. */
struct node *switch_new(struct sim *sim, const char *name, const struct switch_config *config);
/** switch_bridge() - the bridge of a node that switch_new() made, for shells. */
struct bridge *switch_bridge(const struct node *node);
/** switch_port() - its port of that name, or NULL. */
struct bridge_port *switch_port(const struct node *node, const char *name);
/** node_is_switch() - whether switch_new() made it. */
bool node_is_switch(const struct node *node);

#endif
