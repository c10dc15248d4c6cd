/* The engine that runs partitions side by side, one thread each. Only where there are POSIX
 * threads. */
#ifndef WW_SIM_ENGINE_THREADS_H
#define WW_SIM_ENGINE_THREADS_H

#include <stdbool.h>
#include <stdint.h>

struct sim;

/**
 * engine_threads_use() - run @sim on up to @n_threads threads, at most PARTS_MAX, from now on:
 * after sim_start(), before anything is on its way, once. False when the network does not fall
 * apart, and stays with the sequential engine. The same happens either way.
 */
bool engine_threads_use(struct sim *sim, uint64_t n_threads);

#endif
