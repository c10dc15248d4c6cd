/*
 * A simulation: nodes, links, a clock and an event queue. Built once, then driven event by event or
 * up to a time. Nothing here knows a protocol. Two simulations in one process do not notice each
 * other.
 */
#ifndef WW_SIM_SIM_H
#define WW_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "sim/link.h"
#include "sim/node.h"
#include "sim/part.h"
#include "sim/trace.h"

struct medium;
struct engine;

struct sim {
    uint64_t seed;
    struct arena arena;  /* nodes, links, tables: freed with the run */
    struct node **nodes; /* by id - 1 */
    uint32_t n_nodes, nodes_size;
    struct link **links;
    uint32_t n_links, links_size;
    struct part **parts;
    uint32_t n_parts;
    struct part *elsewhere; /* of the nodes that other ranks carry out, or NULL: nothing happens in
                               it; its events and hops are those of all others, as last told */
    struct queue
        controls; /* sim_at()s, once there is an engine; till then in the first partition */
    struct engine *engine; /* what runs the partitions; NULL: sim.c, one event after another */
    struct channel **logs; /* of each partition, or of each rank, once there are several */
    uint32_t n_logs;
    uint64_t n_acts; /* of the scenario: sim_mark_act() */
    uint32_t mark;   /* within one */
    struct observer *observers;
    struct medium *media; /* of the hubs: sim/medium.h */
    uint64_t control_counter;
    bool cables_changed; /* the engine has to look at the cables' delays again */
    bool started;
    bool single_frames; /* somebody looks at the cables: no flights, sim/flight.h */
};

/** sim_new() - an empty simulation with one partition. Free with sim_free(). */
struct sim *sim_new(uint64_t seed);
/** sim_scatter() - the run will be on several threads, which shall not get into each other's way:
 * at once after sim_new(). Costs some memory for each node. */
void sim_scatter(struct sim *sim);
/** sim_free() - ends the run and all that belongs to it: nodes through ops->free, frames, tables.
 */
void sim_free(struct sim *sim);

/** sim_add_node() - the next node; its id is its place, from 1. @name is copied. */
struct node *sim_add_node(struct sim *sim, const char *name, const struct node_ops *ops);
/** sim_add_link() - a cable between two interfaces that have none. */
struct link *sim_add_link(struct sim *sim, struct iface *a, struct iface *b,
                          const struct link_config *config);
/** sim_elsewhere() - the partition of what other ranks carry out: nodes are put there before their
 * interfaces are added. sim_skip_link() - the next cable is not here. */
struct part *sim_elsewhere(struct sim *sim);
void sim_skip_link(struct sim *sim);
/** node_is_here() - and not at another rank. */
static inline bool node_is_here(const struct node *node)
{
    return node->part != node->sim->elsewhere;
}
/** sim_observe() - @observer sees the records it wants from now on; it is the caller's and outlives
 * the run, or sim_unobserve(). */
void sim_observe(struct sim *sim, struct observer *observer);
/** sim_unobserve() - @observer sees no more records and may be freed. Not from within its own
 * record(). */
void sim_unobserve(struct sim *sim, struct observer *observer);
/** sim_start() - all nodes and links are there: media are built. Once, before the first event. */
void sim_start(struct sim *sim);

/** sim_at() - call @act(@ctx) at @at, before anything else of that moment; in the order of the
 * calls. @at is not past. */
void sim_at(struct sim *sim, sim_time at, void (*act)(void *ctx), void *ctx);

/** sim_mark() - what the scenario does from here on comes behind what it did before, whatever rank
 * tells of it. sim_mark_act() - the same, between two acts, or two nodes that are configured: done
 * by all ranks alike. */
void sim_mark(struct sim *sim);
void sim_mark_act(struct sim *sim);

/** sim_now() - the clock, between events. */
sim_time sim_now(const struct sim *sim);
/** sim_next() - when the next event is due, or SIM_TIME_NONE. */
sim_time sim_next(struct sim *sim);
/** sim_step() - one event; false when none is left or the next is after @until. */
bool sim_step(struct sim *sim, sim_time until);
/** sim_run() - all events up to and including @until, at most @budget of them; false when the
 * budget ran out first. */
bool sim_run(struct sim *sim, sim_time until, uint64_t budget);
/** sim_run_slice() - the same, but it may end before the budget does, after @about events or later,
 * to let the caller look around. True when all is done, not when the slice is. */
bool sim_run_slice(struct sim *sim, sim_time until, uint64_t budget, uint64_t about);
/** sim_events() / sim_hops() - so far. */
uint64_t sim_events(const struct sim *sim);
uint64_t sim_hops(const struct sim *sim);

#endif
