/*
 * Which node goes into which partition: a graph cut into parts of about the same weight, at edges
 * where waiting for each other is cheap. No hint is needed and no chance takes part, so a network
 * is always cut in the same way.
 */
#ifndef WW_SIM_PARTITION_H
#define WW_SIM_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/time.h"

struct partition_edge {
    uint32_t a, b;
    sim_time look_ahead; /* what is seen of one end at the other is at least so old; 0: never cut */
};

/**
 * partition_graph() - set part_of[node] of @n_nodes nodes with weights @weight to 0 ... n - 1.
 * Returns n, at most @n_parts: fewer where the graph does not fall into so many.
 */
uint32_t partition_graph(uint32_t n_nodes, const uint32_t *weight,
                         const struct partition_edge *edges, uint32_t n_edges, uint32_t n_parts,
                         uint32_t *part_of);

#endif
