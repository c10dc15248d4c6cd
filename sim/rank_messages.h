/* What the two files of the engine of ranks share: its state, and what goes between ranks. */
#ifndef WW_SIM_RANK_MESSAGES_H
#define WW_SIM_RANK_MESSAGES_H

#include "sim/cut.h"
#include "sim/engine.h"
#include "sim/ranks.h"

#define PUBLISH_PARTS 2 /* of a look-ahead: how often a clock is shown to the others */
#define PATIENCE_MIN  4 /* clocks of neighbors that brought no event, before a meeting */

struct neighbor {
    uint32_t rank;
    struct link **cables; /* between here and there, by number */
    uint32_t n_cables;
    struct bundle bundle; /* what goes there next */
    sim_time look_ahead;  /* from here to there */
    sim_time told;        /* the clock it was told */
    sim_time clock;       /* its own, as told */
    sim_time look_back;   /* look-ahead from there to here */
    bool marked, idle;
};

/* What each tells all at a meeting, in this order, 8 octets each. */
enum {
    TELL_NEXT_AT,
    TELL_NEXT_ORDER,
    TELL_NEXT_COUNTER,
    TELL_EVENTS,
    TELL_HOPS,
    TELL_NOW,
    TELL_LOGGED,
    TELL_STUCK, /* a cable without delay: nobody can run ahead */
    TELL_N
};

struct engine_ranks {
    struct engine engine;
    struct ranks *ranks;
    struct part *part;
    struct texts *texts;
    struct neighbor *neighbors;
    uint32_t n;       /* of them */
    uint32_t *which;  /* by rank: place among the neighbors, or UINT32_MAX */
    uint8_t *meeting; /* TELL_N numbers of each rank */
    sim_time publish_every;
    sim_time clock;     /* here, when a stretch ended */
    uint64_t quota;     /* events that may be carried out in it */
    uint32_t patience;  /* PATIENCE_... */
    sim_time impatient; /* the clock here when a meeting was called; 0: another called it */
    bool urgent;        /* somebody wants to meet */
    bool stuck;
    bool logging; /* somebody wants records in their order: set once, the same on all */
};

/* The direction of @link, a cable between here and there, that leaves here; or that comes. */
static inline struct link_dir *rank_way_out(struct link *link)
{
    return &link->dir[node_is_here(link->dir[0].from->node) ? 0 : 1];
}

static inline struct link_dir *rank_way_in(struct link *link)
{
    return &link->dir[node_is_here(link->dir[0].from->node) ? 1 : 0];
}

/** rank_bundle_reset() - nothing is in @bundle but room for what a packet says first. */
void rank_bundle_reset(struct bundle *bundle);
/** rank_send_packet() - what waits for @to goes there, with the clock here. */
void rank_send_packet(struct engine_ranks *r, struct neighbor *to, unsigned bits, sim_time clock);
/** rank_receive_all() - returns how many packets came. */
uint32_t rank_receive_all(struct engine_ranks *r);
/** rank_horizon() - nothing arrives before it. */
sim_time rank_horizon(const struct engine_ranks *r);
/** rank_tell_clock() - to the neighbors that have not heard it yet, if it is worth a packet. */
void rank_tell_clock(struct engine_ranks *r, sim_time clock, bool idle);
/** rank_meet() - all stand still; all that was sent has arrived. Returns when the next event of all
 * is due. */
sim_time rank_meet(struct engine_ranks *r, bool urgent);
/** rank_told() - what @rank has told at the last meeting. rank_sum_of(): all together. */
uint64_t rank_told(const struct engine_ranks *r, uint32_t rank, unsigned what);
uint64_t rank_sum_of(const struct engine_ranks *r, unsigned what);
/** rank_first_of_all() - of all ranks but @but, who has the next event; *@next becomes its key. */
uint32_t rank_first_of_all(const struct engine_ranks *r, uint32_t but, struct event_key *next);
/** rank_recall() - see cut_recall(). */
void rank_recall(struct engine *engine, struct link_dir *dir);

#endif
