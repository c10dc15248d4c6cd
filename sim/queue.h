/*
 * The event queue: embedded events under the order that every run obeys: (time, class, receiving
 * node, sending node, the sender's own counter). No insertion counter, no address takes part, so
 * the order is the same however the nodes are spread over partitions.
 *
 * The earliest few events stand sorted; what else is due before `limit` stands in a 4-ary heap,
 * which is mostly empty; what is due later stands unsorted in the buckets of wheels, each of which
 * turns more slowly than the one before it. A bucket is emptied when its time has come. The width
 * of the first wheel's buckets follows the load; with few events there is no wheel and all stand
 * sorted. An event's entry never moves, so an event that is taken out costs a mark: its entry is
 * swept up when its time comes.
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

#define EVENT_IDLE 0

struct event {         /* embed it in its owner; initialise with event_init() */
    uint32_t at_index; /* its entry, EVENT_IDLE when not queued */
    bool is_timer;     /* a timer whose due time may have moved: see sim/timer.h */
    void (*fire)(struct event *event);
    void *const *needs; /* what fire() will look at first begins with a pointer to what it will look
                           at next: both come into the cache in time. Or NULL */
};

static inline void event_init(struct event *event, void (*fire)(struct event *event))
{
    event->at_index = EVENT_IDLE;
    event->is_timer = false;
    event->fire = fire;
    event->needs = NULL;
}

static inline bool event_queued(const struct event *event)
{
    return event->at_index != EVENT_IDLE;
}

struct queue_entry {
    struct event_key key;
    struct event *event; /* NULL: free, or taken out and to be swept up */
    uint32_t next;       /* in its bucket, or in the list of free entries; 0: none */
};

/* A place among the sorted or in the heap: the key's first 96 bits, and where the rest stands. */
struct queue_place {
    sim_time at;
    uint64_t order_entry; /* the order's upper half, then the entry */
};

/* A circle of buckets, 1 << shift picoseconds each. */
struct queue_wheel {
    uint32_t *heads; /* of the buckets: entries linked by next */
    uint64_t *used;  /* a bit for each bucket that is not empty */
    uint32_t size;   /* buckets, a power of two; 0: there is no such wheel */
    uint32_t n_used; /* those that are not empty */
    unsigned shift;
};

#define QUEUE_WHEELS 8
#define QUEUE_AHEAD  4 /* a power of two */

struct queue {
    struct queue_place *soon; /* [first] is the earliest of all, dead or alive */
    struct queue_entry *entries;
    uint64_t limit; /* no wheel holds what is due before it; 0: nothing was ever in the queue */
    size_t n;       /* events in the queue */
    uint32_t first, n_soon;
    uint32_t n_heap, heap_size;
    struct queue_place *heap;             /* nothing here is earlier than the last of the sorted */
    uint32_t free, n_fresh, entries_size; /* entries: n_fresh have ever been used */
    uint32_t n_dead;
    struct queue_wheel wheels[QUEUE_WHEELS];
    uint64_t since;              /* the limit when the widths were last looked at */
    uint64_t moved;              /* entries that went from the wheels to the heap since */
    size_t n_built;              /* events when the wheels were made */
    uint32_t ahead[QUEUE_AHEAD]; /* entries of the next buckets, to have in the cache in time */
    uint32_t turns;
};

/** queue_push() - @event, which is not queued, becomes due at @key. */
void queue_push_at(struct queue *queue, struct event *event, sim_time at, uint64_t order,
                   uint64_t counter);
static inline void queue_push(struct queue *queue, struct event *event, const struct event_key *key)
{
    queue_push_at(queue, event, key->at, key->order, key->counter); /* in registers */
}
/** queue_remove() - take out a queued event, wherever it stands. */
void queue_remove(struct queue *queue, struct event *event);
/** queue_settle() - bring the earliest live event to the front; false when there is none. */
bool queue_settle(struct queue *queue);
/** queue_head() - the next entry, or NULL. queue_pop() takes it out; the queue must not be empty.
 */
static inline const struct queue_entry *queue_head(struct queue *queue)
{
    const struct queue_entry *first;

    if (queue->n_soon > 0) {
        first = &queue->entries[(uint32_t)queue->soon[queue->first].order_entry];
        if (first->event != NULL)
            return first;
    }
    return queue_settle(queue) ? &queue->entries[(uint32_t)queue->soon[queue->first].order_entry]
                               : NULL;
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
/** queue_each() - a walk over all events, in no order: start with *@walk 0; NULL at the end. */
struct event *queue_each(const struct queue *queue, uint32_t *walk);
void queue_fini(struct queue *queue);

#endif
