/* What the heap and the wheels of the event queue share. */
#ifndef WW_SIM_QUEUE_INTERNAL_H
#define WW_SIM_QUEUE_INTERNAL_H

#include "sim/queue.h"

#define QUEUE_FEW      12  /* events that need no wheel: all stand sorted */
#define QUEUE_SOON_MAX 320 /* that stand sorted at most: all ports of a big switch at once */
#define QUEUE_BEHIND   5   /* places behind them, later than any, of no event: queue_fetch() */
/* So many fewer than QUEUE_FETCH_FROM, and nothing is fetched any more. */
#define QUEUE_FETCH_SLACK 64
/* Of every so many buckets, counted from time 0: an event pushed in its time is looked at. */
#define QUEUE_SAMPLE 4
/* Places that one may pass which joins the sorted at once: a bucket had not cost less. */
#define QUEUE_PASSES 8
/* Events that came due, before the wheels are looked at again. */
#define QUEUE_LOOK 2048

/** queue_see_room() - the number of events or what they are to be has changed: how many more may
 * come, and what is fetched ahead. */
void queue_see_room(struct queue *queue);
/** queue_sample() - the next event that is pushed is looked at: how many of the sorted it passes.
 * Mostly one has just left for it, which makes room for one. */
static inline void queue_sample(struct queue *queue)
{
    queue->full = queue_n(queue) - 1;
    queue->room = -1;
}

/** queue_insert() - entry @index, due before the limit, joins the sorted or the heap. */
void queue_insert(struct queue *queue, uint32_t index);
/** queue_tie_lt() - the order of two places with the same time. */
bool queue_tie_lt(const struct queue *queue, const struct queue_place *a,
                  const struct queue_place *b);

static inline bool queue_place_lt(const struct queue *queue, const struct queue_place *a,
                                  const struct queue_place *b)
{
    return LIKELY(a->at != b->at) ? a->at < b->at : queue_tie_lt(queue, a, b);
}

static inline struct queue_place queue_place_at(sim_time at, uint64_t order, uint32_t index)
{
    return (struct queue_place){ at, (order >> 32 << 32) | index };
}

static inline struct queue_place queue_place_of(const struct queue_entry *entry, uint32_t index)
{
    return queue_place_at(entry->at, entry->order, index);
}

static inline uint32_t queue_n_sorted(const struct queue *queue)
{
    return (uint32_t)(queue->end - queue->first);
}

/* From @next on the sorted stand; the place before is free, and @place joins them. Most are due
   before nearly all that stand there, and those behind have not far to go. */
static inline void queue_join(const struct queue *queue, struct queue_place *next,
                              struct queue_place place)
{
    while (next->at < place.at) {
        next[-1] = *next;
        next++;
    }
    READ_AGAIN(next->at);
    while (UNLIKELY(next->at == place.at) && next < queue->end &&
           queue_tie_lt(queue, next, &place)) {
        next[-1] = *next;
        next++;
    }
    next[-1] = place;
}

static inline bool queue_entry_alive(const struct queue_entry *entry)
{
    return entry->event != NULL && !queue_entry_dead(entry);
}

static inline void queue_free_entry(struct queue *queue, uint32_t index)
{
    queue->entries[index].event = NULL;
    queue->entries[index].next = queue->free;
    queue->free = index;
}

/* @bucket counts from time 0. */
static inline void queue_bucket_add(struct queue_wheel *wheel, uint64_t bucket,
                                    struct queue_entry *entry, uint32_t index)
{
    uint32_t at = (uint32_t)bucket & (wheel->size - 1);
    uint32_t *head = &wheel->heads[at];

    entry->next = *head;
    *head = index;
    wheel->used[at / 64] |= UINT64_C(1) << at % 64;
    wheel->n++;
}

/** queue_wheels_look() - once in a while: give the wheels the size that fits the load, or start
 * with wheels where so far all were sorted. */
void queue_wheels_look(struct queue *queue);
/** queue_wheels_look_at_heap() - once in a while: the same, where what comes due stood in the heap.
 */
void queue_wheels_look_at_heap(struct queue *queue);
/** queue_wheels_insert() - entry @index, due at the limit or later, joins its bucket. */
void queue_wheels_insert(struct queue *queue, uint32_t index);
/** queue_wheels_turn() - no event is sorted, some are in wheels: sort the next. */
void queue_wheels_turn(struct queue *queue);
/** queue_wheels_sweep() - free what is dead in the buckets. */
void queue_wheels_sweep(struct queue *queue);
void queue_wheels_fini(struct queue *queue);

#endif
