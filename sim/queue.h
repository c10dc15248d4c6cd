/*
 * The event queue: embedded events under the order that every run obeys: (time, class, receiving
 * node, sending node, the sender's own counter). No insertion counter, no address takes part, so
 * the order is the same however the nodes are spread over partitions.
 *
 * The earliest few events stand sorted; what else is due before `limit` stands in a 4-ary heap,
 * which is mostly empty; what is due later waits unsorted in the buckets of wheels, each of which
 * turns more slowly than the one before it. A bucket is emptied when its time has come. The width
 * of the first wheel's buckets follows the load; with few events there is no wheel and all stand
 * sorted. An event's entry never moves, so an event that is taken out costs a mark: its entry is
 * swept up when its time comes.
 *
 * The functions that every event takes are inline and say what is likely.
 */
#ifndef WW_SIM_QUEUE_H
#define WW_SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/likely.h"
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
    uint32_t counter; /* of the sending node's own, the lower half: those of two events that wait at
                         once are less than half of its range apart */
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
    return (int32_t)(a->counter - b->counter) < 0;
}

#define EVENT_IDLE 0

/* Of the device that an event leads to so many cache lines are fetched: what a frame that arrives
 * needs of it stands there. */
#define EVENT_DEVICE_LINES 7

struct event {         /* embed it in its owner; initialise with event_init() */
    uint32_t at_index; /* its entry, EVENT_IDLE when not queued */
    bool is_timer;     /* see sim/timer.h */
    bool moved;    /* the key that it stands under may be too early: a timer's due time has moved */
    uint8_t owner; /* so many pointers behind this one's begin is another: to the interface whose
                      node's device fire() will need; EVENT_NO_OWNER: none */
    void (*fire)(struct event *event);
    void *const *needs; /* what fire() will look at first begins with two pointers to what it will
                           look at next: all come into the cache in time */
};

/* Where needs stands: an event without an owner is fetched like one with. */
#define EVENT_NO_OWNER (offsetof(struct event, needs) / sizeof(void *))

extern void *const queue_needs_nothing[2];

/* Stands in an entry instead of an event that was taken out, and behind all that are sorted. It
 * says that it has moved, as who looks at the next event has to ask that anyway. */
extern const struct event queue_no_event;

static inline void event_init(struct event *event, void (*fire)(struct event *event))
{
    event->at_index = EVENT_IDLE;
    event->is_timer = event->moved = false;
    event->fire = fire;
    event->owner = EVENT_NO_OWNER;
    event->needs = queue_needs_nothing;
}

static inline bool event_queued(const struct event *event)
{
    return event->at_index != EVENT_IDLE;
}

struct queue_entry { /* half a cache line */
    sim_time at;
    uint64_t order;
    struct event *event; /* queue_no_event: taken out and to be swept up. NULL: free */
    uint32_t counter;
    uint32_t next; /* in its bucket, or in the list of free entries; 0: none */
};

/** queue_entry_dead() - was its event taken out? Entry 0, behind all that are sorted, says so too.
 */
static inline bool queue_entry_dead(const struct queue_entry *entry)
{
    return entry->event == &queue_no_event;
}

static inline struct event_key queue_entry_key(const struct queue_entry *entry)
{
    return (struct event_key){ entry->at, entry->order, entry->counter };
}

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
    uint32_t n;      /* entries in it, dead or alive */
    unsigned shift;
};

#define QUEUE_WHEELS     8
#define QUEUE_AHEAD      4    /* a power of two */
#define QUEUE_FETCH_FROM 256  /* events: more, and what they need is not in the cache */
#define QUEUE_LONG_FROM  1024 /* events: more, and neither are their entries */
#define QUEUE_FAR_FROM   2048 /* events: more, and the receivers' nodes are not there either */

/* What is fetched ahead: it follows the number of events, which is looked at once in a while. */
enum queue_fetches { QUEUE_FETCH_NOTHING, QUEUE_FETCH_NEAR, QUEUE_FETCH_LONG, QUEUE_FETCH_FAR };

struct queue {
    /* The sorted, at the end of their room; *first is the earliest of all, dead or alive. The end
       never moves, and from it on stand places of entry 0, later than any. */
    struct queue_place *first, *end;
    struct queue_place *careful; /* begin so early, or before, and somebody joins them with care:
                                    there is no room, or a heap */
    struct queue_entry *entries;
    uint32_t free; /* entry */
    int32_t room;  /* so many more events may come without a further question: entries are free for
                      them, and the wheels need no look; -1: see queue_sample() */
    uint32_t full; /* events in the queue, and room: queue_n() */
    uint32_t n_heap;
    uint64_t limit; /* no wheel holds what is due before it */
    uint64_t hand;  /* of the first wheel: buckets before it, counted from time 0, are done */
    struct queue_wheel wheels[QUEUE_WHEELS];
    uint32_t n_look; /* with more events the wheels are looked at */
    uint32_t heap_size;
    uint32_t n_fresh, entries_size; /* entries: n_fresh have ever been used */
    uint32_t n_dead;
    struct queue_place *heap;    /* nothing here is earlier than the last of the sorted */
    struct queue_place *soon;    /* room for the sorted */
    uint64_t since;              /* the limit when the widths were last looked at */
    uint64_t moved;              /* entries that came out of the wheels since */
    int64_t passed;              /* since, by samples that joined the sorted at once: places more
                                    than QUEUE_PASSES for each */
    sim_time heaped_since;       /* when the next ones were begun to be counted */
    uint32_t heaped;             /* entries that came out of the heap since */
    uint32_t ahead[QUEUE_AHEAD]; /* entries of the next buckets, to have in the cache in time */
    uint32_t turns;
    uint8_t fetches; /* enum queue_fetches: what is not in the cache of what the next events need */
};

/** queue_init() - an empty queue. */
void queue_init(struct queue *queue);
/** queue_push() - @event, which is not queued, becomes due at @key; of @counter the lower half
 * counts. */
void queue_push_at(struct queue *queue, struct event *event, sim_time at, uint64_t order,
                   uint64_t counter);
/** queue_push_idle() - the same for who knows well that @event is not queued. */
void queue_push_idle(struct queue *queue, struct event *event, sim_time at, uint64_t order,
                     uint64_t counter);
static inline void queue_push(struct queue *queue, struct event *event, const struct event_key *key)
{
    queue_push_at(queue, event, key->at, key->order, key->counter); /* in registers */
}
/** queue_remove() - take out a queued event, wherever it stands. */
void queue_remove(struct queue *queue, struct event *event);
/** queue_settle() - bring the earliest live event to the front; false when there is none. */
bool queue_settle(struct queue *queue);
/** queue_fetch() - where there are many events: with the one that leaves, what the next ones need
 * comes into the cache. */
void queue_fetch(struct queue *queue);
/** queue_fetch_turned() - what those at the front need, who have just come there all at once. */
void queue_fetch_turned(const struct queue *queue);
/** queue_rekey_head() - the head's key becomes the later @key; cheaper than pop and push. */
void queue_rekey_head(struct queue *queue, const struct event_key *key);
/** queue_key() - the key a queued @event stands under. */
static inline struct event_key queue_key(const struct queue *queue, const struct event *event)
{
    return queue_entry_key(&queue->entries[event->at_index]);
}
/** queue_each() - a walk over all events, in no order: start with *@walk 0; NULL at the end. */
struct event *queue_each(const struct queue *queue, uint32_t *walk);
void queue_fini(struct queue *queue);

static inline uint32_t queue_place_entry(const struct queue_place *place)
{
    return (uint32_t)place->order_entry;
}

/** queue_n() - events in the queue. */
static inline uint32_t queue_n(const struct queue *queue)
{
    return queue->full - (uint32_t)queue->room;
}

/** queue_head() - the next entry, or NULL. */
static inline struct queue_entry *queue_head(struct queue *queue)
{
    struct queue_entry *entry = &queue->entries[queue_place_entry(queue->first)];

    if (LIKELY(!queue_entry_dead(entry)))
        return entry;
    return queue_settle(queue) ? &queue->entries[queue_place_entry(queue->first)] : NULL;
}

/** queue_take() - take out the head, which is alive: @event in @head, entry @index. */
static inline void queue_take(struct queue *queue, struct queue_entry *head, uint32_t index,
                              struct event *event)
{
    queue->first++;
    head->next = queue->free;
    queue->free = index;
    head->event = NULL;
    event->at_index = EVENT_IDLE;
    queue->room++;
    if (queue->fetches)
        queue_fetch(queue);
}

/** queue_pop() - take out the head, which must be there. */
static inline struct event *queue_pop(struct queue *queue, struct event_key *key)
{
    struct queue_entry *head = queue_head(queue);
    struct event *event;

    CHECK(head != NULL);
    event = head->event;
    *key = queue_entry_key(head);
    queue_take(queue, head, queue_place_entry(queue->first), event);
    return event;
}

#endif
