/*
 * Two timers of one owner that share an entry in the event queue and what they have in common: for
 * owners of which there are very many. They behave as two of sim/timer.h do.
 */
#ifndef WW_SIM_TIMER_PAIR_H
#define WW_SIM_TIMER_PAIR_H

#include "sim/timer.h"

struct timer_pair;

/* What all pairs of one sort have in common. */
struct timer_pair_kind {
    void (*expired[2])(struct timer_pair *pair);
    struct why (*why)(const struct timer_pair *pair, unsigned hand); /* a TIMER_ reason */
};

struct timer_pair {
    struct event event; /* not later than the earlier hand */
    struct node *node;
    const struct timer_pair_kind *kind;
    struct {
        sim_time due; /* SIM_TIME_NONE: stopped */
        uint64_t counter, cause;
    } hands[2];
};

void timer_pair_init(struct timer_pair *pair, struct node *node,
                     const struct timer_pair_kind *kind);
/** timer_pair_start_at() - @hand, 0 or 1, runs out at @due; if it runs it is started anew. */
void timer_pair_start_at(struct timer_pair *pair, unsigned hand, sim_time due);
static inline void timer_pair_stop(struct timer_pair *pair, unsigned hand)
{
    pair->hands[hand].due = SIM_TIME_NONE;
    pair->event.moved = true;
}
static inline bool timer_pair_running(const struct timer_pair *pair, unsigned hand)
{
    return pair->hands[hand].due != SIM_TIME_NONE;
}
/** timer_pair_fini() - before the owner's memory goes away. */
void timer_pair_fini(struct timer_pair *pair);

/** timer_pair_of() - the pair behind a queued @event that is a timer; NULL: it is another sort. */
struct timer_pair *timer_pair_of(struct event *event);
/** timer_pair_settle_head() - timer_settle_head() for @head that is @pair's. */
bool timer_pair_settle_head(struct part *part, struct timer_pair *pair,
                            const struct queue_entry *head);

#endif
