/* The engine whose partitions are other processes, each of which holds its own part of the network
 * only: sim/ranks.h. */
#ifndef WW_SIM_ENGINE_RANKS_H
#define WW_SIM_ENGINE_RANKS_H

#include "sim/ranks.h"
#include "sim/sim.h"

/**
 * engine_ranks_use() - carry @sim out together with the other ranks, who call this with theirs:
 * part_of[id - 1] says which rank has a node, the same on all. NULL: the engine chooses, and every
 * rank has the whole network. After sim_start(), before anything is on its way; observers are
 * there.
 * @ranks is borrowed.
 */
void engine_ranks_use(struct sim *sim, struct ranks *ranks, const uint32_t *part_of);

#endif
