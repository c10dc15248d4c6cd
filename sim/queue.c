#include "sim/queue.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

static void put(struct queue *queue, size_t at, const struct queue_entry *entry)
{
    queue->entries[at] = *entry;
    entry->event->at_index = (uint32_t)at;
}

static void sift_up(struct queue *queue, size_t at, const struct queue_entry *entry)
{
    while (at > 0) {
        size_t parent = (at - 1) / 4;

        if (!event_key_lt(&entry->key, &queue->entries[parent].key))
            break;
        put(queue, at, &queue->entries[parent]);
        at = parent;
    }
    put(queue, at, entry);
}

static void sift_down(struct queue *queue, size_t at, const struct queue_entry *entry)
{
    for (;;) {
        size_t first = 4 * at + 1, best = first;

        if (first >= queue->n)
            break;
        for (size_t child = first + 1; child < first + 4 && child < queue->n; child++)
            if (event_key_lt(&queue->entries[child].key, &queue->entries[best].key))
                best = child;
        if (!event_key_lt(&queue->entries[best].key, &entry->key))
            break;
        put(queue, at, &queue->entries[best]);
        at = best;
    }
    put(queue, at, entry);
}

void queue_push(struct queue *queue, struct event *event, const struct event_key *key)
{
    struct queue_entry entry = { *key, event };

    CHECK(!event_queued(event));
    if (queue->n == queue->size) {
        queue->size = queue->size ? 2 * queue->size : 64;
        queue->entries = mem_realloc(queue->entries, queue->size, sizeof *queue->entries);
    }
    sift_up(queue, queue->n++, &entry);
}

static void take_out(struct queue *queue, size_t at)
{
    struct queue_entry last = queue->entries[--queue->n];

    if (at == queue->n)
        return;
    if (at > 0 && event_key_lt(&last.key, &queue->entries[(at - 1) / 4].key))
        sift_up(queue, at, &last);
    else
        sift_down(queue, at, &last);
}

void queue_remove(struct queue *queue, struct event *event)
{
    size_t at = event->at_index;

    CHECK(event_queued(event) && queue->entries[at].event == event);
    event->at_index = EVENT_IDLE;
    take_out(queue, at);
}

struct event *queue_pop(struct queue *queue, struct event_key *key)
{
    struct event *event;

    CHECK(queue->n > 0);
    event = queue->entries[0].event;
    *key = queue->entries[0].key;
    event->at_index = EVENT_IDLE;
    take_out(queue, 0);
    return event;
}

void queue_rekey_head(struct queue *queue, const struct event_key *key)
{
    struct queue_entry entry = { *key, NULL };

    CHECK(queue->n > 0 && !event_key_lt(key, &queue->entries[0].key));
    entry.event = queue->entries[0].event;
    sift_down(queue, 0, &entry);
}

void queue_fini(struct queue *queue)
{
    free(queue->entries);
    *queue = (struct queue){ 0 };
}
