#include "sim/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"
#include "sim/queue_internal.h"

#define DEAD_MAX    1024 /* beyond what is alive, before they are swept up */
#define ENTRIES_MIN 64
#define SOON_ROOM   (QUEUE_SOON_MAX + QUEUE_BEHIND + 4) /* the last: a cache line of nobody's */

/* ---- places ---- */

/* Two places with the same time: by the upper half of the order, and where that is the same too,
   the class and nearly the same receiver, by the whole key. */
bool queue_tie_lt(const struct queue *queue, const struct queue_place *a,
                  const struct queue_place *b)
{
    struct event_key x, y;

    if ((a->order_entry ^ b->order_entry) >> 32 != 0)
        return a->order_entry < b->order_entry;
    x = queue_entry_key(&queue->entries[queue_place_entry(a)]);
    y = queue_entry_key(&queue->entries[queue_place_entry(b)]);
    return event_key_lt(&x, &y);
}

/* ---- the heap ---- */

static void sift_up(struct queue *queue, size_t at, struct queue_place place)
{
    struct queue_place *heap = queue->heap;

    while (at > 0) {
        size_t parent = (at - 1) / 4;

        if (!queue_place_lt(queue, &place, &heap[parent]))
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
        return queue_place_lt(queue, y, x) ? b : a;
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
        if (!queue_place_lt(queue, &heap[best], &place))
            break;
        heap[at] = heap[best];
        at = best;
    }
    heap[at] = place;
}

static void heap_push(struct queue *queue, struct queue_place place)
{
    queue->careful = queue->end;
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
    else
        queue->careful = queue->soon;
    return top;
}

/* ---- the sorted ---- */

/* The sorted are @n places from @from on, inside of their room. */
static void move_to_end(struct queue *queue, const struct queue_place *from, uint32_t n)
{
    queue->first = queue->end - n;
    memmove(queue->first, from, n * sizeof *from);
}

/* Too many are sorted: the later half goes to the heap. */
static void spill(struct queue *queue)
{
    struct queue_place *from = queue->first;
    uint32_t n = queue_n_sorted(queue) / 2;

    for (struct queue_place *place = from + n; place < queue->end; place++)
        heap_push(queue, *place);
    move_to_end(queue, from, n);
}

/* Nothing is sorted: the first half of what may be comes from the heap. Where that goes on, the
   buckets are too wide. */
static void refill(struct queue *queue)
{
    uint32_t n = queue->n_heap < QUEUE_SOON_MAX / 2 ? queue->n_heap : QUEUE_SOON_MAX / 2;

    queue->first = queue->end - n;
    for (uint32_t i = 0; i < n; i++)
        queue->first[i] = heap_pop(queue);
    if (queue->heaped == 0)
        queue->heaped_since = queue->first->at;
    queue->heaped += n;
    if (queue->heaped >= QUEUE_LOOK && queue->heaped >= queue_n(queue) / 2)
        queue_wheels_look_at_heap(queue);
}

/* There is no room, or the heap may be where @place belongs. */
SELDOM static void insert_carefully(struct queue *queue, struct queue_place place)
{
    if (queue_n_sorted(queue) == QUEUE_SOON_MAX)
        spill(queue);
    if (queue->n_heap > 0 &&
        (queue->first == queue->end || queue_place_lt(queue, queue->end - 1, &place)))
        heap_push(queue, place);
    else
        queue_join(queue, queue->first--, place);
}

static inline void insert(struct queue *queue, struct queue_place place)
{
    struct queue_place *first = queue->first;

    if (UNLIKELY(first <= queue->careful)) {
        insert_carefully(queue, place);
        return;
    }
    queue->first = first - 1;
    queue_join(queue, first, place);
}

void queue_insert(struct queue *queue, uint32_t index)
{
    insert(queue, queue_place_of(&queue->entries[index], index));
}

/* ---- entries ---- */

const struct event queue_no_event = { .moved = true,
                                      .owner = EVENT_NO_OWNER,
                                      .needs = queue_needs_nothing };

/* Its event is taken out. */
static void bury(struct queue_entry *entry)
{
    entry->event = (struct event *)&queue_no_event; /* only ever read */
}

static uint32_t fresh_entry(struct queue *queue)
{
    if (queue->n_fresh + 1 == queue->entries_size) {
        CHECK(queue->entries_size <= UINT32_MAX / 2);
        queue->entries_size *= 2;
        queue->entries = mem_realloc(queue->entries, queue->entries_size, sizeof *queue->entries);
    }
    queue->entries[++queue->n_fresh].next = 0;
    return queue->n_fresh;
}

static void see_fetches(struct queue *queue, uint32_t n)
{
    if (n > QUEUE_FETCH_FROM)
        queue->fetches = n > QUEUE_FAR_FROM    ? QUEUE_FETCH_FAR
                         : n > QUEUE_LONG_FROM ? QUEUE_FETCH_LONG
                                               : QUEUE_FETCH_NEAR;
    else if (n <= QUEUE_FETCH_FROM - QUEUE_FETCH_SLACK)
        queue->fetches = QUEUE_FETCH_NOTHING;
}

void queue_see_room(struct queue *queue)
{
    uint32_t n = queue_n(queue), free = queue->n_fresh - n - queue->n_dead;
    uint32_t room = queue->n_look > n ? queue->n_look - n : 0;

    see_fetches(queue, n);
    if (queue->fetches == QUEUE_FETCH_NOTHING && room > QUEUE_FETCH_FROM - n)
        room = QUEUE_FETCH_FROM - n; /* one more, and there is to be another look */
    room = room < free ? room : free;
    queue->room = room < INT32_MAX ? (int32_t)room : INT32_MAX;
    queue->full = n + (uint32_t)queue->room;
}

/* @entry is due at @due, in @order. */
static inline void place_entry(struct queue *queue, struct queue_entry *entry, uint32_t index,
                               sim_time due, uint64_t order)
{
    struct queue_wheel *wheel = queue->wheels;
    uint64_t at = (uint64_t)due;

    if (at < queue->limit)
        insert(queue, queue_place_at(due, order, index));
    else if (LIKELY((at >> wheel->shift) - queue->hand < wheel->size))
        queue_bucket_add(wheel, at >> wheel->shift, entry, index);
    else
        queue_wheels_insert(queue, index);
}

/* How many of the sorted something that is due at @at passes. */
static int64_t passes(const struct queue *queue, sim_time at)
{
    const struct queue_place *place = queue->first;

    while (place->at < at)
        place++;
    return place - queue->first;
}

/* There is no room that is known of: the first event in an entry that never was used, one that
   changes what the wheels should be, or one of many that tells how the others are: queue_sample().
 */
SELDOM static void push_carefully(struct queue *queue, struct event *event, sim_time at,
                                  uint64_t order, uint32_t counter)
{
    uint32_t index = queue->free;
    struct queue_entry *entry;

    queue->full -= (uint32_t)queue->room + 1; /* it was asked for, and there was none */
    queue->room = 0;
    if (index == 0)
        index = fresh_entry(queue);
    entry = &queue->entries[index];
    queue->free = entry->next;
    *entry = (struct queue_entry){ .at = at, .order = order, .event = event, .counter = counter };
    event->at_index = index;
    queue->full++;
    if ((uint64_t)at < queue->limit)
        queue->passed += passes(queue, at) - QUEUE_PASSES;
    place_entry(queue, entry, index, at, order);
    if (queue_n(queue) > queue->n_look)
        queue_wheels_look(queue);
    queue_see_room(queue);
}

/* Who pushes has mostly nothing left to do, and needs fewer registers when this is not a part of
 * it.
 */
APART void queue_push_idle(struct queue *queue, struct event *event, sim_time at, uint64_t order,
                           uint64_t counter)
{
    struct queue_entry *entry;
    uint32_t index;

    if (UNLIKELY(--queue->room < 0)) {
        push_carefully(queue, event, at, order, (uint32_t)counter);
        return;
    }
    index = queue->free;
    entry = &queue->entries[index];
    queue->free = entry->next;
    entry->at = at;
    entry->order = order;
    entry->event = event;
    entry->counter = (uint32_t)counter;
    event->at_index = index;
    place_entry(queue, entry, index, at, order);
}

void queue_push_at(struct queue *queue, struct event *event, sim_time at, uint64_t order,
                   uint64_t counter)
{
    CHECK(!event_queued(event));
    queue_push_idle(queue, event, at, order, counter);
}

/* Of @n places those stay whose event is alive. */
static uint32_t sweep(struct queue *queue, struct queue_place *places, uint32_t n)
{
    uint32_t stay = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (queue_entry_dead(&queue->entries[queue_place_entry(&places[i])]))
            queue_free_entry(queue, queue_place_entry(&places[i]));
        else
            places[stay++] = places[i];
    }
    return stay;
}

static void sweep_all(struct queue *queue)
{
    uint32_t n = sweep(queue, queue->heap, queue->n_heap);

    move_to_end(queue, queue->first, sweep(queue, queue->first, queue_n_sorted(queue)));
    queue->n_heap = 0;
    queue->careful = queue->soon;
    for (uint32_t i = 0; i < n; i++)
        heap_push(queue, queue->heap[i]); /* no further than where it was read */
    queue_wheels_sweep(queue);
    queue->n_dead = 0;
}

void queue_remove(struct queue *queue, struct event *event)
{
    uint32_t index = event->at_index;

    CHECK(event_queued(event) && queue->entries[index].event == event);
    event->at_index = EVENT_IDLE;
    bury(&queue->entries[index]);
    queue->full--;
    queue->n_dead++;
    if (queue->n_dead > queue_n(queue) + DEAD_MAX)
        sweep_all(queue);
}

APART bool queue_settle(struct queue *queue)
{
    if (queue_n(queue) == 0)
        return false;
    for (;;) {
        uint32_t first;

        if (queue->first == queue->end) {
            if (queue->n_heap > 0)
                refill(queue);
            else
                queue_wheels_turn(queue);
            continue;
        }
        first = queue_place_entry(queue->first);
        if (!queue_entry_dead(&queue->entries[first]))
            return true;
        queue->first++;
        queue_free_entry(queue, first);
        queue->n_dead--;
    }
}

void *const queue_needs_nothing[2] = { (void *)&queue_needs_nothing, (void *)&queue_needs_nothing };

/* The event of @place; one that needs nothing, if it was taken out. */
static inline const struct event *event_of(const struct queue *queue,
                                           const struct queue_place *place)
{
    return queue->entries[queue_place_entry(place)].event;
}

/* The interface that @event leads to, or, without one, something else that can be fetched. */
static inline void *const *owner_of(const struct event *event)
{
    return ((void *const *)(const void *)event)[event->owner];
}

/* The event of an entry of the next bucket. With so few events their entries are in the cache. */
static inline void fetch_next(struct queue *queue)
{
    const struct queue_entry *entry = &queue->entries[queue->ahead[0]];

    __builtin_prefetch(entry->event, 1);
    queue->ahead[0] = entry->next;
}

/* An entry of the next buckets and its event: in the cache they wait for nobody, while a chain of
   entries all over the memory stalls who follows it. The entry 0, at a chain's end, has no event.
 */
static inline void fetch_ahead(struct queue *queue)
{
    uint32_t *ahead = &queue->ahead[queue->turns++ % QUEUE_AHEAD];
    const struct queue_entry *entry = &queue->entries[*ahead];

    __builtin_prefetch(entry->event, 1);
    *ahead = entry->next;
    __builtin_prefetch(&queue->entries[*ahead], 1);
}

/* In a large network the receiver of each frame is another one: the event itself, the interface
   that it leads to, the interface's node and the node's device come into the cache one after the
   other, each while two or three other events are carried out. */
static void fetch_receivers(const struct queue *queue, uint32_t n)
{
    const struct queue_place *places = queue->first;
    const struct event *event;

    if (n > 7)
        __builtin_prefetch(event_of(queue, &places[7]), 1);
    if (n > 5)
        mem_fetch(owner_of(event_of(queue, &places[5])), 2);
    if (n > 3 && (event = event_of(queue, &places[3]))->owner != EVENT_NO_OWNER)
        mem_fetch(*owner_of(event), 1);
    if ((event = event_of(queue, &places[1]))->owner != EVENT_NO_OWNER)
        mem_fetch(*(void *const *)*owner_of(event), EVENT_DEVICE_LINES);
}

/* What an event needs comes into the cache in two steps, so far before it is its turn: an event
   takes as long as a read from memory, some much less. */
#define FETCH_NEEDS  4
#define FETCH_THEIRS 2
_Static_assert(FETCH_NEEDS < QUEUE_BEHIND, "no event stands there where few are sorted");

static inline void fetch_needs(const struct event *event)
{
    mem_fetch(event->needs, 2);
    __builtin_prefetch(owner_of(event), 1);
}

void queue_fetch_turned(const struct queue *queue)
{
    for (unsigned i = 0; i < FETCH_NEEDS; i++)
        fetch_needs(event_of(queue, &queue->first[i]));
}

/* Behind the sorted stand places of no event: what is fetched for them is of no use, but to ask is
   worse, as nothing tells how many are left. */
void queue_fetch(struct queue *queue)
{
    const struct queue_place *places = queue->first;
    void *const *needs;

    if (queue->fetches > QUEUE_FETCH_NEAR) {
        fetch_ahead(queue);
        if (queue->fetches == QUEUE_FETCH_FAR)
            fetch_receivers(queue, queue_n_sorted(queue));
    } else {
        fetch_next(queue);
    }
    fetch_needs(event_of(queue, &places[FETCH_NEEDS]));
    needs = event_of(queue, &places[FETCH_THEIRS])->needs;
    __builtin_prefetch(needs[0], 1);
    __builtin_prefetch(needs[1], 1);
}

void queue_rekey_head(struct queue *queue, const struct event_key *key)
{
    struct queue_entry *head = queue_head(queue);
    struct event_key now;
    uint32_t index;

    CHECK(head != NULL);
    now = queue_entry_key(head);
    CHECK(!event_key_lt(key, &now));
    index = queue_place_entry(queue->first++);
    head->at = key->at;
    head->order = key->order;
    head->counter = key->counter;
    place_entry(queue, head, index, key->at, key->order);
    if (queue_n(queue) > queue->n_look)
        queue_wheels_look(queue);
}

struct event *queue_each(const struct queue *queue, uint32_t *walk)
{
    while (*walk < queue->n_fresh)
        if (queue_entry_alive(&queue->entries[++*walk]))
            return queue->entries[*walk].event;
    return NULL;
}

void queue_init(struct queue *queue)
{
    *queue = (struct queue){ .limit = UINT64_MAX, .n_look = QUEUE_FEW };
    queue->entries_size = ENTRIES_MIN;
    queue->entries = mem_realloc(NULL, queue->entries_size, sizeof *queue->entries);
    queue->entries[0] = (struct queue_entry){ 0 }; /* never used: EVENT_IDLE */
    bury(&queue->entries[0]);
    queue->careful = queue->soon = mem_realloc(NULL, SOON_ROOM, sizeof *queue->soon);
    queue->first = queue->end = queue->soon + QUEUE_SOON_MAX;
    for (unsigned i = 0; i < QUEUE_BEHIND; i++)
        queue->end[i] = (struct queue_place){ SIM_TIME_NONE, 0 };
}

void queue_fini(struct queue *queue)
{
    queue_wheels_fini(queue);
    free(queue->soon);
    free(queue->heap);
    free(queue->entries);
    *queue = (struct queue){ 0 };
}
