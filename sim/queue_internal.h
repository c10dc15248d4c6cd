/* What the heap and the wheels of the event queue share. */
#ifndef WW_SIM_QUEUE_INTERNAL_H
#define WW_SIM_QUEUE_INTERNAL_H

#include "sim/queue.h"

#define QUEUE_SOON_MAX  64  /* events that stand sorted */
#define QUEUE_SOON_ROOM 256 /* places for them to move along */

/** queue_insert() - entry @index, due before the limit, joins the sorted or the heap. */
void queue_insert(struct queue *queue, uint32_t index);

static inline void queue_free_entry(struct queue *queue, uint32_t index)
{
    queue->entries[index].event = NULL;
    queue->entries[index].next = queue->free;
    queue->free = index;
}

static inline void queue_bucket_add(struct queue *queue, struct queue_wheel *wheel, uint32_t index)
{
    struct queue_entry *entry = &queue->entries[index];
    uint32_t bucket = (uint32_t)((uint64_t)entry->key.at >> wheel->shift) & (wheel->size - 1);
    uint32_t head = wheel->heads[bucket];

    entry->next = head;
    wheel->heads[bucket] = index;
    if (head == 0) {
        wheel->used[bucket / 64] |= UINT64_C(1) << bucket % 64;
        wheel->n_used++;
    }
}

/* The wheel turns so fast that what is due at @at is within its next round. */
static inline bool queue_wheel_reaches(const struct queue *queue, const struct queue_wheel *wheel,
                                       uint64_t at)
{
    return (at >> wheel->shift) - (queue->limit >> wheel->shift) < wheel->size;
}

/** queue_wheels_start() - there are many events: the sorted go into wheels. */
void queue_wheels_start(struct queue *queue);
/** queue_wheels_look() - once in a while: give the wheels the size that fits the load. */
void queue_wheels_look(struct queue *queue);
/** queue_wheels_insert() - entry @index, due at the limit or later, joins its bucket. */
void queue_wheels_insert(struct queue *queue, uint32_t index);
/** queue_wheels_turn() - no event is sorted, some are in wheels: sort the next. */
void queue_wheels_turn(struct queue *queue);
/** queue_wheels_sweep() - free what is dead in the buckets. */
void queue_wheels_sweep(struct queue *queue);
void queue_wheels_fini(struct queue *queue);

#endif
