/*
 * The event queue: a 4-ary heap of embedded events under the order that every run obeys:
 * (time, class, receiving node, sending node, the sender's own counter). No insertion counter, no
 * address takes part, so the order is the same however the nodes are spread over partitions.
 */
#ifndef WW_SIM_QUEUE_H
#define WW_SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/time.h"

enum event_class {
    EVENT_CONTROL, /* the scenario's own acts: commands, pulled cables, snapshots */
    EVENT_ARRIVAL, /* a frame reaches an interface */
    EVENT_TIMER,
    EVENT_INPUT,   /* a host works on what has arrived */
    EVENT_PROCESS, /* a simulated program goes on */
};

struct event_key {
    sim_time at;
    uint64_t order;   /* class, receiving node, sending node: event_order() */
    uint64_t counter; /* the sending node's own */
};

#define EVENT_NODE_MAX ((1u << 30) - 1) /* node ids that fit into an order */

static inline uint64_t event_order(enum event_class class, uint32_t receiver, uint32_t sender)
{
    return (uint64_t) class << 60 | (uint64_t)receiver << 30 | sender;
}

static inline enum event_class event_class_of(uint64_t order)
{
    return (enum event_class)(order >> 60);
}

static inline uint32_t event_receiver_of(uint64_t order)
{
    return (uint32_t)(order >> 30) & EVENT_NODE_MAX;
}

static inline bool event_key_lt(const struct event_key *a, const struct event_key *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    if (a->order != b->order)
        return a->order < b->order;
    return a->counter < b->counter;
}

#define EVENT_IDLE UINT32_MAX

struct event {         /* embed it in its owner; initialise with event_init() */
    uint32_t at_index; /* place in the heap, EVENT_IDLE when not queued */
    bool is_timer;     /* a timer whose due time may have moved: see sim/timer.h */
    void (*fire)(struct event *event);
};

static inline void event_init(struct event *event, void (*fire)(struct event *event))
{
    event->at_index = EVENT_IDLE;
    event->is_timer = false;
    event->fire = fire;
}

static inline bool event_queued(const struct event *event)
{
    return event->at_index != EVENT_IDLE;
}

struct queue_entry {
    struct event_key key;
    struct event *event;
};

struct queue {
    struct queue_entry *entries;
    size_t n, size;
};

/** queue_push() - @event, which is not queued, becomes due at @key. */
void queue_push(struct queue *queue, struct event *event, const struct event_key *key);
/** queue_remove() - take out a queued event, wherever it stands. */
void queue_remove(struct queue *queue, struct event *event);
/** queue_head() - the next entry, or NULL. queue_pop() takes it out; the queue must not be empty.
 */
static inline const struct queue_entry *queue_head(const struct queue *queue)
{
    return queue->n == 0 ? NULL : &queue->entries[0];
}
struct event *queue_pop(struct queue *queue, struct event_key *key);
/** queue_rekey_head() - the head's key becomes the later @key; cheaper than pop and push. */
void queue_rekey_head(struct queue *queue, const struct event_key *key);
/** queue_key() - the key a queued @event stands under. */
static inline const struct event_key *queue_key(const struct queue *queue,
                                                const struct event *event)
{
    return &queue->entries[event->at_index].key;
}
void queue_fini(struct queue *queue);

#endif
