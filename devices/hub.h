/*
 * A hub: repeats every bit on all its other ports at once. Its ports p1, p2 ... have no address and
 * no queue; the cables that end there share one half-duplex medium: sim/medium.h.
 */
#ifndef WW_DEVICES_HUB_H
#define WW_DEVICES_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/sim.h"

#define HUB_PORTS_MAX 1024
#define HUB_MTU       65535 /* it does not look at lengths; the stations do */

struct hub_config {
    uint32_t n_ports; /* at most HUB_PORTS_MAX */
};

/** hub_new() - add a hub to @sim. Lives as long as the run. */
struct node *hub_new(struct sim *sim, const char *name, const struct hub_config *config);
/** node_is_hub() - whether hub_new() made it. */
bool node_is_hub(const struct node *node);

#endif
