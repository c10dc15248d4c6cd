/* What timers of either sort do with their entry in the event queue, for sim/timer.c and
 * sim/timer_pair.c. */
#ifndef WW_SIM_TIMER_EVENT_H
#define WW_SIM_TIMER_EVENT_H

#include "sim/timer.h"

static inline struct event_key timer_event_key(const struct node *node, sim_time due,
                                               uint64_t counter)
{
    return (struct event_key){ due, event_order(EVENT_TIMER, node->id, node->id),
                               (uint32_t)counter };
}

/** timer_event_push() - @event, which is not queued, becomes due at @key. */
static inline void timer_event_push(struct part *part, struct event *event,
                                    const struct event_key *key)
{
    event->moved = false;
    queue_push(&part->queue, event, key);
}

/** timer_event_start() - @event is queued for @key; where it stands already, and not later, it
 * stays until its old time comes: timer_settle_head(). */
static inline void timer_event_start(struct part *part, struct event *event,
                                     const struct event_key *key)
{
    if (event_queued(event)) {
        if (queue_key(&part->queue, event).at <= key->at) {
            event->moved = true;
            return;
        }
        queue_remove(&part->queue, event);
    }
    timer_event_push(part, event, key);
}

/** timer_event_settle() - whether @head, a timer's, has been moved back to @key. */
static inline bool timer_event_settle(struct part *part, const struct queue_entry *head,
                                      const struct event_key *key)
{
    struct event_key now = queue_entry_key(head);

    if (!event_key_lt(&now, key))
        return false;
    queue_rekey_head(&part->queue, key);
    return true;
}

static inline void timer_event_fini(struct node *node, struct event *event)
{
    if (event_queued(event))
        queue_remove(&node->part->queue, event);
}

#endif
