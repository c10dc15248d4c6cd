/* Hosts and routers: a node with an operating system. A router is a host that forwards. */
#ifndef WW_DEVICES_HOST_H
#define WW_DEVICES_HOST_H

#include <stdbool.h>

#include "sim/sim.h"
#include "stack/socket/os.h"

struct host_port {
    const char *name;
    struct mac_addr mac;
    uint32_t mtu; /* 0: IFACE_MTU_DEFAULT */
};

struct host_config {
    bool router; /* forwards packets, and `kind` says so */
    const struct host_port *ports;
    unsigned n_ports;
};

/** host_new() - a host with its interfaces, up and without addresses, and its operating system
 * running. */
struct node *host_new(struct sim *sim, const char *name, const struct host_config *config);
/** host_os() - the operating system of a node made by host_new(), or NULL for another node. */
struct os *host_os(const struct node *node);

#endif
