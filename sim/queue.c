#include "sim/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"
#include "sim/queue_internal.h"

#define GROWN    4    /* times as many events as the wheels were made for */
#define DEAD_MAX 1024 /* beyond what is alive, before they are swept up */

/* ---- places ---- */

static uint32_t entry_of(const struct queue_place *place)
{
    return (uint32_t)place->order_entry;
}

/* Two places with the same time and class, and nearly the same receiver. */
static bool tie_lt(const struct queue *queue, const struct queue_place *a,
                   const struct queue_place *b)
{
    return event_key_lt(&queue->entries[entry_of(a)].key, &queue->entries[entry_of(b)].key);
}

static inline bool place_lt(const struct queue *queue, const struct queue_place *a,
                            const struct queue_place *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    if ((a->order_entry ^ b->order_entry) >> 32 != 0)
        return a->order_entry < b->order_entry;
    return tie_lt(queue, a, b);
}

static inline struct queue_place place_of(const struct queue *queue, uint32_t index)
{
    const struct event_key *key = &queue->entries[index].key;

    return (struct queue_place){ key->at, (key->order >> 32 << 32) | index };
}

/* ---- the heap ---- */

static void sift_up(struct queue *queue, size_t at, struct queue_place place)
{
    struct queue_place *heap = queue->heap;

    while (at > 0) {
        size_t parent = (at - 1) / 4;

        if (!place_lt(queue, &place, &heap[parent]))
            break;
        heap[at] = heap[parent];
        at = parent;
    }
    heap[at] = place;
}

static inline size_t earlier(const struct queue *queue, size_t a, size_t b)
{
    const struct queue_place *x = &queue->heap[a], *y = &queue->heap[b];

    if (x->at == y->at) /* seldom: the rest is made without branches */
        return place_lt(queue, y, x) ? b : a;
    return y->at < x->at ? b : a;
}

static void sift_down(struct queue *queue, size_t at, struct queue_place place)
{
    struct queue_place *heap = queue->heap;
    size_t n = queue->n_heap, best;

    for (;;) {
        size_t first = 4 * at + 1;

        if (first + 4 <= n) {
            best = earlier(queue, earlier(queue, first, first + 1),
                           earlier(queue, first + 2, first + 3));
        } else {
            if (first >= n)
                break;
            best = first;
            for (size_t child = first + 1; child < n; child++)
                best = earlier(queue, best, child);
        }
        if (!place_lt(queue, &heap[best], &place))
            break;
        heap[at] = heap[best];
        at = best;
    }
    heap[at] = place;
}

static void heap_push(struct queue *queue, struct queue_place place)
{
    if (queue->n_heap == queue->heap_size) {
        queue->heap_size = queue->heap_size ? 2 * queue->heap_size : 64;
        queue->heap = mem_realloc(queue->heap, queue->heap_size, sizeof *queue->heap);
    }
    sift_up(queue, queue->n_heap++, place);
}

static struct queue_place heap_pop(struct queue *queue)
{
    struct queue_place top = queue->heap[0];

    if (--queue->n_heap > 0)
        sift_down(queue, 0, queue->heap[queue->n_heap]);
    return top;
}

/* ---- the sorted ---- */

/* How many of the @n sorted @places are before @place, which is before one of them. */
static inline uint32_t count_before(const struct queue *queue, const struct queue_place *places,
                                    uint32_t n, const struct queue_place *place)
{
    const struct queue_place *from = places;

    while (n > 1) { /* without branches that depend on the times */
        uint32_t half = n / 2;

        from += from[half - 1].at < place->at ? half : 0;
        n -= half;
    }
    from += from->at < place->at;
    while (from->at == place->at && place_lt(queue, from, place))
        from++;
    return (uint32_t)(from - places);
}

static void make_room(struct queue *queue)
{
    if (queue->soon == NULL)
        queue->soon = mem_realloc(NULL, QUEUE_SOON_ROOM, sizeof *queue->soon);
    memmove(queue->soon, queue->soon + queue->first, queue->n_soon * sizeof *queue->soon);
    queue->first = 0;
}

/* Too many are sorted: the later half goes to the heap. */
static void spill(struct queue *queue)
{
    uint32_t stay = queue->n_soon / 2;

    for (uint32_t i = stay; i < queue->n_soon; i++)
        heap_push(queue, queue->soon[queue->first + i]);
    queue->n_soon = stay;
}

static void refill(struct queue *queue)
{
    make_room(queue);
    while (queue->n_soon < QUEUE_SOON_MAX / 2 && queue->n_heap > 0)
        queue->soon[queue->n_soon++] = heap_pop(queue);
}

/* @place goes before the last of the sorted: the shorter side makes way. */
static inline void insert_sorted(struct queue *queue, struct queue_place *places, uint32_t n,
                                 const struct queue_place *place)
{
    uint32_t before = count_before(queue, places, n, place);

    if (before < n / 2 && queue->first > 0) {
        memmove(places - 1, places, before * sizeof *places);
        queue->first--;
        places[(int32_t)before - 1] = *place;
    } else {
        memmove(places + before + 1, places + before, (n - before) * sizeof *places);
        places[before] = *place;
    }
}

void queue_insert(struct queue *queue, uint32_t index)
{
    struct queue_place place = place_of(queue, index), *places;
    uint32_t n = queue->n_soon;

    if (queue->first + n >= QUEUE_SOON_ROOM || queue->soon == NULL)
        make_room(queue);
    places = queue->soon + queue->first;
    if (n == 0 || place_lt(queue, &places[n - 1], &place)) {
        if (queue->n_heap > 0) {
            heap_push(queue, place);
            return;
        }
        places[n] = place;
    } else {
        insert_sorted(queue, places, n, &place);
    }
    if (++queue->n_soon > QUEUE_SOON_MAX)
        spill(queue);
}

/* ---- entries ---- */

static uint32_t fresh_entry(struct queue *queue)
{
    if (queue->n_fresh + 1 >= queue->entries_size) { /* the first is never used: EVENT_IDLE */
        queue->entries_size = queue->entries_size ? 2 * queue->entries_size : 64;
        queue->entries = mem_realloc(queue->entries, queue->entries_size, sizeof *queue->entries);
    }
    queue->entries[++queue->n_fresh].next = 0;
    return queue->n_fresh;
}

static inline void place_entry(struct queue *queue, uint32_t index, uint64_t at)
{
    if (at >= queue->limit) {
        if (queue_wheel_reaches(queue, &queue->wheels[0], at))
            queue_bucket_add(queue, &queue->wheels[0], index);
        else
            queue_wheels_insert(queue, index);
        if (queue->n > GROWN * queue->n_built)
            queue_wheels_look(queue);
        return;
    }
    queue_insert(queue, index);
    if (queue->n_heap > 0 && queue->limit == UINT64_MAX)
        queue_wheels_start(queue);
}

void queue_push_at(struct queue *queue, struct event *event, sim_time at, uint64_t order,
                   uint64_t counter)
{
    uint32_t index = queue->free;
    struct queue_entry *entry;

    CHECK(!event_queued(event));
    if (queue->limit == 0)
        queue->limit = UINT64_MAX;
    if (index == 0)
        index = fresh_entry(queue);
    entry = &queue->entries[index];
    queue->free = entry->next;
    entry->key.at = at;
    entry->key.order = order;
    entry->key.counter = counter;
    entry->event = event;
    event->at_index = index;
    queue->n++;
    place_entry(queue, index, (uint64_t)at);
}

/* Of @n places those stay whose event is alive. */
static uint32_t sweep(struct queue *queue, struct queue_place *places, uint32_t n)
{
    uint32_t stay = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (queue->entries[entry_of(&places[i])].event == NULL)
            queue_free_entry(queue, entry_of(&places[i]));
        else
            places[stay++] = places[i];
    }
    return stay;
}

static void sweep_all(struct queue *queue)
{
    uint32_t n = sweep(queue, queue->heap, queue->n_heap);

    queue->n_soon = sweep(queue, queue->soon + queue->first, queue->n_soon);
    queue->n_heap = 0;
    for (uint32_t i = 0; i < n; i++)
        heap_push(queue, queue->heap[i]); /* no further than where it was read */
    if (queue->n_soon == 0)
        refill(queue);
    queue_wheels_sweep(queue);
    queue->n_dead = 0;
}

void queue_remove(struct queue *queue, struct event *event)
{
    uint32_t index = event->at_index;

    CHECK(event_queued(event) && queue->entries[index].event == event);
    event->at_index = EVENT_IDLE;
    queue->entries[index].event = NULL;
    queue->n--;
    queue->n_dead++;
    if (queue->n_dead > queue->n + DEAD_MAX)
        sweep_all(queue);
}

static inline void drop_first(struct queue *queue)
{
    queue->first++;
    if (--queue->n_soon == 0 && queue->n_heap > 0)
        refill(queue);
}

bool queue_settle(struct queue *queue)
{
    if (queue->n == 0)
        return false;
    for (;;) {
        uint32_t first;

        if (queue->n_soon == 0)
            queue_wheels_turn(queue);
        first = entry_of(&queue->soon[queue->first]);
        if (queue->entries[first].event != NULL)
            return true;
        drop_first(queue);
        queue_free_entry(queue, first);
        queue->n_dead--;
    }
}

/* With each event that leaves, an entry of the next buckets and its event come into the cache:
   there they wait for nobody, while a chain of entries all over the memory stalls who follows it.
 */
static inline void fetch_ahead(struct queue *queue)
{
    uint32_t *ahead = &queue->ahead[queue->turns++ % QUEUE_AHEAD];
    const struct queue_entry *entry = &queue->entries[*ahead];

    if (*ahead == 0)
        return;
    __builtin_prefetch(entry->event, 1);
    *ahead = entry->next;
    __builtin_prefetch(&queue->entries[*ahead], 1);
}

static inline void fetch_next(const struct queue *queue)
{
    const struct queue_place *places = queue->soon + queue->first;
    const struct event *event;

    if (queue->n_soon < 2)
        return;
    event = queue->entries[entry_of(&places[1])].event;
    if (event != NULL && event->needs != NULL) {
        __builtin_prefetch(event->needs, 1);
        __builtin_prefetch((const char *)event->needs + 64, 1);
    }
    event = queue->entries[entry_of(&places[0])].event;
    if (event != NULL && event->needs != NULL)
        __builtin_prefetch(*event->needs, 1);
}

struct event *queue_pop(struct queue *queue, struct event_key *key)
{
    const struct queue_entry *head = queue_head(queue);
    struct event *event;

    CHECK(head != NULL);
    event = head->event;
    *key = head->key;
    event->at_index = EVENT_IDLE;
    queue_free_entry(queue, entry_of(&queue->soon[queue->first]));
    drop_first(queue);
    queue->n--;
    fetch_next(queue);
    if (queue->limit != UINT64_MAX)
        fetch_ahead(queue);
    return event;
}

void queue_rekey_head(struct queue *queue, const struct event_key *key)
{
    const struct queue_entry *head = queue_head(queue);
    uint32_t index;

    CHECK(head != NULL && !event_key_lt(key, &head->key));
    index = entry_of(&queue->soon[queue->first]);
    queue->entries[index].key = *key;
    drop_first(queue);
    place_entry(queue, index, (uint64_t)key->at);
}

struct event *queue_each(const struct queue *queue, uint32_t *walk)
{
    while (*walk < queue->n_fresh)
        if (queue->entries[++*walk].event != NULL)
            return queue->entries[*walk].event;
    return NULL;
}

void queue_fini(struct queue *queue)
{
    queue_wheels_fini(queue);
    free(queue->soon);
    free(queue->heap);
    free(queue->entries);
    *queue = (struct queue){ 0 };
}
