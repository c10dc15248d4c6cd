/* What timers of either sort do with their entry in the event queue, for sim/timer.c and
 * sim/timer_pair.c. */
#ifndef WW_SIM_TIMER_EVENT_H
#define WW_SIM_TIMER_EVENT_H

#include "sim/timer.h"

static inline uint64_t timer_event_order(const struct node *node)
{
    return event_order(EVENT_TIMER, node->id, node->id);
}

static inline struct event_key timer_event_key(const struct node *node, sim_time due,
                                               uint64_t counter)
{
    return (struct event_key){ due, timer_event_order(node), (uint32_t)counter };
}

/** timer_event_push() - @event of @node, which is not queued, becomes due. */
static inline void timer_event_push(struct node *node, struct event *event, sim_time due,
                                    uint64_t counter)
{
    event->moved = false;
    queue_push_idle(&node->part->queue, event, due, timer_event_order(node), counter);
}

/** timer_event_pull() - the same with one that is queued and becomes due earlier. */
void timer_event_pull(struct node *node, struct event *event, sim_time due, uint64_t counter);

/** timer_event_start() - @event becomes due; where it stands already, and not later, it stays until
 * its old time comes: timer_settle_head(). */
static inline void timer_event_start(struct node *node, struct event *event, sim_time due,
                                     uint64_t counter)
{
    if (!event_queued(event))
        timer_event_push(node, event, due, counter);
    else if (node->part->queue.entries[event->at_index].at <= due)
        event->moved = true;
    else
        timer_event_pull(node, event, due, counter);
}

/** timer_start_from() - timer_start_at() for who knows what it takes: the timer's @node, and that
 * it is @now. */
static inline void timer_start_from(struct timer *timer, struct node *node, sim_time now,
                                    sim_time due)
{
    uint64_t counter = node->event_counter++;

    CHECK(due >= now && due != SIM_TIME_NONE);
    timer->due = due;
    timer->counter = counter;
    timer->cause = node->part->cause;
    timer_event_start(node, &timer->event, due, counter);
}

/** timer_event_settle() - whether @head, a timer's, has been moved back to @key. */
static inline bool timer_event_settle(struct part *part, const struct queue_entry *head,
                                      const struct event_key *key)
{
    struct event_key now = queue_entry_key(head);

    if (!event_key_lt(&now, key))
        return false;
    head->event->moved = false;
    queue_rekey_head(&part->queue, key);
    return true;
}

static inline void timer_event_fini(struct node *node, struct event *event)
{
    if (event_queued(event))
        queue_remove(&node->part->queue, event);
}

#endif
