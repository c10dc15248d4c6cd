/*
 * Timers embedded in their owner. Starting, stopping and pushing back allocate nothing; pushing
 * back costs no queue operation: the queue entry stays where it is and is moved when its old time
 * comes.
 */
#ifndef WW_SIM_TIMER_H
#define WW_SIM_TIMER_H

#include <stdbool.h>

#include "sim/node.h"

struct timer { /* in the order of need when it runs out */
    struct event event;
    struct node *node;
    sim_time due;     /* SIM_TIME_NONE: stopped */
    uint64_t counter; /* its place among events of the same moment */
    void (*expired)(void *ctx);
    void *ctx;
    uint64_t cause; /* what the node was doing when it started the timer */
    struct why why; /* a TIMER_ reason, for the record when it runs out */
};

/** timer_init() - @expired(@ctx) is called when the time has come; part->cause is then the timer's
 * record. */
void timer_init(struct timer *timer, struct node *node, struct why why, void (*expired)(void *ctx),
                void *ctx);
/** timer_start() - run out @delay after now; a running timer is started anew. */
void timer_start(struct timer *timer, sim_time delay);
void timer_start_at(struct timer *timer, sim_time due);
/** timer_stop() - harmless when it is not running. */
void timer_stop(struct timer *timer);
static inline bool timer_running(const struct timer *timer)
{
    return timer->due != SIM_TIME_NONE;
}
/** timer_left() - time until it runs out, for a running timer. */
static inline sim_time timer_left(const struct timer *timer)
{
    return timer->due - node_now(timer->node);
}
/** timer_fini() - before the owner's memory goes away. */
void timer_fini(struct timer *timer);

/** timer_settle_head() - for the engine: @head of the queue is a timer; if its time has moved or it
 * was stopped, put that right. True when it did. */
bool timer_settle_head(struct part *part, const struct queue_entry *head);

#endif
