/*
 * A partition: the nodes that one thread of the engine runs, their clock, their event queue and
 * their pools. What a node reaches, it reaches through its partition, so partitions share nothing
 * while they run. A simulation has one until an engine splits it: sim/engine.h.
 */
#ifndef WW_SIM_PART_H
#define WW_SIM_PART_H

#include <stdbool.h>

#include "base/list.h"
#include "base/memory.h"
#include "sim/frame.h"
#include "sim/queue.h"
#include "sim/time.h"

struct sim;
struct channel;
struct flight;
struct cut;
struct piece;

#define PARTS_MAX        64 /* of a simulation */
#define PART_N_POOLS     4  /* of buffers by size: sim/frame.c */
#define PART_N_FLIGHTS   12 /* sizes of flights: sim/flight.c */
#define PART_PIECE_LINES 16 /* of pieces by lines, greater ones by powers of two: sim/piece.h */
#define PART_PIECE_SIZES (PART_PIECE_LINES + 8) /* the greatest has 4,096 lines */

struct part {
    struct sim *sim;
    uint32_t index;
    sim_time now;
    uint64_t cause; /* id of the record that what happens now follows from; 0: nothing before it */
    bool acting;    /* events are being carried out, at the moment none of the scenario's own */
    struct event_key place; /* of what happens, in the run's order; kept while there is a log */
    struct channel *log;    /* what ordered observers are told later; NULL: they are told at once */
    struct log_count {      /* what is only counted, not in the log yet */
        struct event_key place;
        uint64_t n;
    } counted;
    struct queue queue;
    struct arena arena; /* frames, buffers: freed with the run */
    struct frame *free_frames;
    struct frame *free_small; /* with a buffer of the smallest each, nobody else's: most frames */
    struct buffer *free_buffers[PART_N_POOLS];
    struct piece *free_pieces[PART_PIECE_SIZES]; /* by size */
    struct buffer *huge_buffers; /* those too big for the pools, each malloc's own */
    struct list flights;         /* under way; no list until there is one */
    struct cut *cuts_waiting;    /* with frames whose transmission has not begun: cut_flush() */
    bool flushes_cuts;           /* the engine calls it; else each cut has an event for that */
    struct flight *free_flights[PART_N_FLIGHTS];
    uint64_t frames_alive; /* descriptors in use: 0 after a run that dried up */
    uint64_t n_events,
        n_hops;     /* for budgets and bench; a hop is one frame received by one interface */
    uint32_t wants; /* union of the observers' masks */
    uint32_t later; /* RECORD_BIT()s that are kept in the log although nobody here wants them told:
                       for another rank */
};

#endif
