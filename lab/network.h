/*
 * A topology brought to life: the simulation with its nodes, cables, addresses, routes, files and
 * services, as the machines would be configured at boot.
 */
#ifndef WW_LAB_NETWORK_H
#define WW_LAB_NETWORK_H

#include <glib.h>

#include "inspect/filter.h"
#include "lab/diag.h"
#include "lab/topology.h"
#include "sim/ranks.h"
#include "sim/sim.h"
#include "stack/socket/os.h"

struct network {
    struct sim *sim;
    const struct topology *topology; /* borrowed */
    struct node **nodes;             /* by index in the topology */
    struct link **links;
    struct filter_names *names;   /* every node's addresses, for filters */
    GPtrArray *faults;            /* exact ones, of links */
    struct route_map *routes;     /* of `routing: computed`, or NULL */
    struct routes_search *search; /* for them, until the network starts */
    uint64_t threads;             /* to run on; 0 is 1 */
    struct ranks *ranks;          /* it is shared with, or NULL; borrowed */
    uint32_t *part_of;            /* by index: the rank that has it */
    bool sees_all;                /* observers here are told of the others' nodes and cables too */
};

/* How a network is shared; what all ranks say alike but `observed`. */
struct network_sharing {
    struct ranks *ranks;
    bool observed;    /* rank 0 wants to see what happens, not only its run-hash */
    uint64_t threads; /* to run on, without ranks; 0 is 1 */
};

/**
 * network_new() - build the network of @topology, with @seed; nothing runs yet, and observers may
 * be added before network_start(). NULL when a fault's filter is wrong: the error is in @diags.
 * Free with network_free(); the topology must outlive it.
 */
struct network *network_new(const struct topology *topology, uint64_t seed,
                            struct diag_list *diags);
/** network_new_shared() - the same, of which this rank builds its part only. Links of others are
 * NULL in network->links. @sharing may be NULL. */
struct network *network_new_shared(const struct topology *topology, uint64_t seed,
                                   const struct network_sharing *sharing, struct diag_list *diags);
/** network_is_here() - whether the node @index is this rank's. */
static inline bool network_is_here(const struct network *network, uint32_t index)
{
    return network->ranks == NULL || network->part_of[index] == network->ranks->me;
}
/** network_start() - configure the nodes and start their services, as the first thing that happens.
 */
void network_start(struct network *network);
/** network_add_fault() - @fault, borrowed, meets what that end of @link sends from now on. False:
 * its filter is wrong. @link is NULL when other ranks have it. */
bool network_add_fault(struct network *network, struct link *link, const struct topo_fault *fault,
                       const char *file, struct diag_list *diags);
void network_free(struct network *network);

/** network_os() - the operating system of the topology's node @index, NULL for switches and hubs,
 * and for nodes of other ranks. */
struct os *network_os(const struct network *network, uint32_t index);
/** network_iface() - the interface of the simulation that @iface of the topology became; NULL: it
 * is at another rank, and nobody here may see it. */
struct iface *network_iface(const struct network *network, const struct topo_iface *iface);

#endif
