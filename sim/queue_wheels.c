/*
 * The wheels of the event queue. The first has buckets of 1 << shift picoseconds, as many as the
 * load wants; each further one has 256 buckets, as long each as the whole wheel before it. A bucket
 * of a slower wheel is dealt out to the faster ones when the limit reaches its beginning.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"
#include "sim/queue_internal.h"

#define SLOW_BITS  8 /* 256 buckets in each wheel but the first */
#define FIRST_MIN  8 /* bits: the first wheel's buckets */
#define FIRST_MAX  22
#define SHIFT_MIN  8   /* bits: a bucket's width in picoseconds */
#define SHIFT_MAX  44  /* 17 s */
#define PER_BUCKET 8   /* events for a bucket to have, of those that wait now */
#define PER_TURN   40  /* likewise, of those that come due: many are pushed in their order */
#define GROWN      4   /* times as many events as the wheels were made for */
#define FEW        4   /* events that need no wheel any more */
#define LOOK_MIN   512 /* events in the queue */
#define SAMPLE     256 /* events to tell from how far apart all are */

/* ---- buckets ---- */

static uint32_t bucket_take(struct queue_wheel *wheel, uint32_t bucket)
{
    uint32_t head = wheel->heads[bucket];

    wheel->heads[bucket] = 0;
    wheel->used[bucket / 64] &= ~(UINT64_C(1) << bucket % 64);
    return head;
}

/* The first bucket in use from @bucket on, without going round; the number of buckets: none. */
static inline uint32_t next_used(const struct queue_wheel *wheel, uint32_t bucket)
{
    const uint64_t *used = wheel->used;
    uint32_t at = bucket / 64, end = wheel->size / 64;
    uint64_t word = used[at] & ~UINT64_C(0) << bucket % 64;

    while (word == 0) {
        if (++at == end)
            return wheel->size;
        word = used[at];
    }
    return at * 64 + (uint32_t)__builtin_ctzll(word);
}

static inline void set_limit(struct queue *queue, uint64_t limit)
{
    queue->limit = limit;
    queue->hand = limit >> queue->wheels[0].shift;
}

/* Apart, so that who pushes keeps no register for it. */
APART void queue_wheels_insert(struct queue *queue, uint32_t index)
{
    struct queue_entry *entry = &queue->entries[index];
    struct queue_wheel *wheel = queue->wheels;
    uint64_t at = (uint64_t)entry->at;

    /* The wheel turns so fast that what is due at `at` is within its next round. */
    while ((at >> wheel->shift) - (queue->limit >> wheel->shift) >= wheel->size)
        wheel++;
    queue_bucket_add(wheel, at >> wheel->shift, entry, index);
}

/* A chain of entries, which no wheel holds any more, goes where each belongs now; the dead are
   freed. Returns how many there were. */
static uint32_t deal_out(struct queue *queue, uint32_t index)
{
    uint32_t n = 0;

    for (uint32_t next; index != 0; index = next, n++) {
        const struct queue_entry *entry = &queue->entries[index];

        next = entry->next;
        if (queue_entry_dead(entry)) {
            queue_free_entry(queue, index);
            queue->n_dead--;
        } else if ((uint64_t)entry->at < queue->limit) {
            queue_insert(queue, index);
            queue->moved++;
        } else {
            queue_wheels_insert(queue, index);
        }
    }
    return n;
}

/* A bucket of the first wheel, whose time has come, while nothing is sorted. Its chain begins with
   what was added last, which is mostly what is due last: each joins those that are due later.
   Returns how many entries there were. */
static inline uint32_t sort_out(struct queue *queue, uint32_t index)
{
    const struct queue_entry *entries = queue->entries;
    struct queue_place *end = queue->end, *first = end;
    uint32_t n_dead = 0, n;

    while (index != 0 && first > queue->soon) {
        const struct queue_entry *entry = &entries[index];
        uint32_t next = entry->next;

        if (LIKELY(!queue_entry_dead(entry))) {
            queue_join(queue, first--, queue_place_of(entry, index));
        } else {
            queue_free_entry(queue, index);
            n_dead++;
        }
        index = next;
    }
    n = (uint32_t)(end - first);
    queue->first = first;
    queue->moved += n;
    queue->n_dead -= n_dead;
    return n + n_dead + (UNLIKELY(index != 0) ? deal_out(queue, index) : 0);
}

/* ---- widths ---- */

static unsigned log2_of(uint64_t value)
{
    return value < 2 ? 0 : 63 - (unsigned)__builtin_clzll(value);
}

static unsigned clamp(unsigned value, unsigned low, unsigned high)
{
    return value < low ? low : value > high ? high : value;
}

void queue_wheels_fini(struct queue *queue)
{
    for (struct queue_wheel *wheel = queue->wheels; wheel < queue->wheels + QUEUE_WHEELS; wheel++) {
        free(wheel->heads);
        free(wheel->used);
        *wheel = (struct queue_wheel){ 0 };
    }
}

/* All that is in the buckets, in one chain. */
static uint32_t empty_all(struct queue *queue)
{
    uint32_t all = 0;

    for (struct queue_wheel *wheel = queue->wheels; wheel < queue->wheels + QUEUE_WHEELS; wheel++)
        for (uint32_t bucket = 0; wheel->n > 0;) {
            uint32_t index, next;

            bucket = next_used(wheel, bucket);
            index = bucket_take(wheel, bucket);
            for (; index != 0; index = next, wheel->n--) {
                next = queue->entries[index].next;
                queue->entries[index].next = all;
                all = index;
            }
        }
    return all;
}

static unsigned first_bits(const struct queue *queue)
{
    return clamp(log2_of(queue_n(queue)) + 1, FIRST_MIN, FIRST_MAX);
}

/* The wheels are right for as many events as there are; with few more or less it is seldom worth a
   look before time has shown how fast they come due. */
static void fits_now(struct queue *queue)
{
    queue->n_look = queue_n(queue) < UINT32_MAX / GROWN ? GROWN * queue_n(queue) : UINT32_MAX;
    if (queue->n_look < LOOK_MIN)
        queue->n_look = LOOK_MIN;
    queue->since = queue->limit;
    queue->moved = 0;
    queue->passed = 0;
    queue->heaped = 0;
    queue_see_room(queue);
}

static void build(struct queue *queue, unsigned shift)
{
    struct queue_wheel *wheel = queue->wheels;
    unsigned bits = first_bits(queue);

    fits_now(queue);
    queue_wheels_fini(queue);
    for (; shift < 63; shift += bits, bits = SLOW_BITS) {
        CHECK(wheel < queue->wheels + QUEUE_WHEELS);
        *wheel = (struct queue_wheel){ .size = 1u << bits, .shift = shift };
        wheel->heads = mem_zalloc(sizeof *wheel->heads << bits);
        wheel->used = mem_zalloc(sizeof *wheel->used << bits >> 6);
        wheel++;
    }
}

/* The width that fits what is waiting now: of a sample, half is due within 1 << b, for the smallest
   b. */
static unsigned width_of_sample(const struct queue *queue)
{
    uint64_t from = queue->first != queue->end ? (uint64_t)queue->first->at : queue->limit;
    uint32_t within[64] = { 0 }, n = 0, sum = 0, step = queue->n_fresh / SAMPLE + 1;
    unsigned b = 0;

    for (uint32_t i = 1; i <= queue->n_fresh; i += step) {
        uint64_t at = (uint64_t)queue->entries[i].at;

        if (!queue_entry_alive(&queue->entries[i]))
            continue;
        within[log2_of(at > from ? at - from : 0)]++;
        n++;
    }
    while ((sum += within[b]) < n / 2)
        b++;
    b += 1 + log2_of(PER_BUCKET);
    return clamp(b > log2_of(queue_n(queue)) ? b - log2_of(queue_n(queue)) : 0, SHIFT_MIN,
                 SHIFT_MAX);
}

/* The width that fits @n events that came due within @time. */
static unsigned width_of_pace(uint64_t time, uint64_t n)
{
    return clamp(log2_of(time / n * PER_TURN), SHIFT_MIN, SHIFT_MAX);
}

/* The width that fits how fast events came due since the last look, if any did. */
static unsigned fitting_width(const struct queue *queue)
{
    if (queue->moved < QUEUE_LOOK)
        return width_of_sample(queue);
    return width_of_pace(queue->limit - queue->since, queue->moved);
}

static bool time_to_look(const struct queue *queue)
{
    return queue->moved >= QUEUE_LOOK && queue->moved >= queue_n(queue) / 2;
}

/* @n places, chained before @all. */
static uint32_t chain(struct queue *queue, const struct queue_place *places, uint32_t n,
                      uint32_t all)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t index = queue_place_entry(&places[i]);

        queue->entries[index].next = all;
        all = index;
    }
    return all;
}

/* All events into wheels with buckets of 1 << @shift; what is sorted in the end is the first. */
static void rebuild(struct queue *queue, unsigned shift)
{
    uint64_t width = UINT64_C(1) << shift, limit = queue->limit + width - 1;
    uint32_t all = empty_all(queue);

    if (queue->first != queue->end) /* the limit may have been too far */
        limit = (uint64_t)queue->first->at + width;
    all = chain(queue, queue->heap, queue->n_heap, all);
    all = chain(queue, queue->first, queue_n_sorted(queue), all);
    queue->n_heap = 0;
    queue->first = queue->end;
    queue->careful = queue->soon;
    build(queue, shift);
    set_limit(queue, limit >> shift << shift); /* at the end of a bucket */
    deal_out(queue, all);
    queue->since = queue->limit;
    queue->moved = 0;
}

/* Do the buckets hold what they should, if they are to have a width of 1 << @shift? */
static void fit(struct queue *queue, unsigned shift)
{
    unsigned now = queue->wheels[0].shift;
    unsigned bits = first_bits(queue), bits_now = log2_of(queue->wheels[0].size);

    if (shift + 2 > now && shift < now + 2 && bits + 2 > bits_now && bits < bits_now + 2) {
        fits_now(queue);
    } else {
        rebuild(queue, shift);
    }
}

/* Many events are pushed so shortly before they are due that they find their bucket sorted, and so
   long before that they pass many of it: time that all frames of a network are on their way, say,
   and that a bucket is a little longer than. The pace knows nothing of that. */
static bool is_too_wide(const struct queue *queue, unsigned shift)
{
    unsigned now = queue->wheels[0].shift;

    if (queue->moved < QUEUE_LOOK || now == SHIFT_MIN)
        return false;
    return queue->passed > (shift < now ? 0 : (int64_t)queue->moved / 16);
}

void queue_wheels_look(struct queue *queue)
{
    unsigned shift, now = queue->wheels[0].shift;

    if (queue->limit == UINT64_MAX) { /* all are sorted, and there are too many for that */
        rebuild(queue, width_of_sample(queue));
        return;
    }
    shift = fitting_width(queue);
    if (UNLIKELY(is_too_wide(queue, shift)))
        rebuild(queue, shift < now ? shift : now - 1);
    else
        fit(queue, shift);
}

void queue_wheels_look_at_heap(struct queue *queue)
{
    fit(queue, width_of_pace((uint64_t)(queue->first->at - queue->heaped_since), queue->heaped));
}

static void give_up(struct queue *queue)
{
    uint32_t all = empty_all(queue);

    queue->limit = UINT64_MAX;
    queue->n_look = QUEUE_FEW;
    queue_see_room(queue);
    deal_out(queue, all);
    queue_wheels_fini(queue);
}

/* ---- turning ---- */

/* The limit has come to the beginning of buckets of slower wheels. */
static void deal_out_slow(struct queue *queue)
{
    for (struct queue_wheel *wheel = queue->wheels + 1;
         wheel->size > 0 && (queue->limit & ((UINT64_C(1) << wheel->shift) - 1)) == 0; wheel++)
        wheel->n -= deal_out(queue, bucket_take(wheel, (uint32_t)(queue->limit >> wheel->shift) &
                                                           (wheel->size - 1)));
}

/* Where the chains begin that queue_fetch() follows. */
static inline void look_ahead(struct queue *queue, const struct queue_wheel *wheel, uint32_t bucket)
{
    uint32_t *ahead = &queue->ahead[bucket % QUEUE_AHEAD];

    if (queue->fetches == QUEUE_FETCH_NEAR) {
        queue->ahead[0] = wheel->heads[(bucket + 1) & (wheel->size - 1)];
        return;
    }
    *ahead = wheel->heads[(bucket + QUEUE_AHEAD) & (wheel->size - 1)];
    __builtin_prefetch(&queue->entries[*ahead], 1);
    __builtin_prefetch(&wheel->heads[(bucket + 4 * QUEUE_AHEAD) & (wheel->size - 1)], 1);
}

/* Until the fastest wheel's round is over, its next bucket in use comes first; false when there is
   none. */
static inline bool turn_first(struct queue *queue)
{
    struct queue_wheel *wheel = queue->wheels;
    uint32_t mask = wheel->size - 1, here = (uint32_t)queue->hand & mask, bucket;

    if (wheel->n == 0)
        return false;
    bucket = next_used(wheel, here);
    queue->hand += bucket - here;
    if (UNLIKELY(bucket > mask)) { /* the next round begins */
        queue->limit = queue->hand << wheel->shift;
        deal_out_slow(queue);
        return true;
    }
    queue->limit = ++queue->hand << wheel->shift;
    wheel->n -= sort_out(queue, bucket_take(wheel, bucket));
    if (queue->fetches != QUEUE_FETCH_NOTHING) {
        queue_see_room(queue);
        look_ahead(queue, wheel, bucket);
        queue_fetch_turned(queue);
    }
    if (UNLIKELY((queue->hand & mask) == 0))
        deal_out_slow(queue);
    if (UNLIKELY(queue->hand % QUEUE_SAMPLE == 0))
        queue_sample(queue);
    return true;
}

/* The limit goes on to the beginning of the next bucket in use of the first of the slower wheels
   that holds anything, or to where its round is over. */
static void turn_slower(struct queue *queue)
{
    for (struct queue_wheel *wheel = queue->wheels + 1;; wheel++) {
        uint32_t here = (uint32_t)(queue->limit >> wheel->shift) & (wheel->size - 1);
        uint32_t bucket = here + 1;
        uint64_t round = (queue->limit >> wheel->shift) - here;

        if (wheel->n == 0)
            continue;
        if (bucket < wheel->size)
            bucket = next_used(wheel, bucket);
        set_limit(queue, (round + bucket) << wheel->shift);
        deal_out_slow(queue);
        return;
    }
}

void queue_wheels_turn(struct queue *queue)
{
    if (UNLIKELY(queue_n(queue) <= FEW)) {
        give_up(queue);
        return;
    }
    if (UNLIKELY(time_to_look(queue)))
        queue_wheels_look(queue);
    while (queue->first == queue->end)
        if (!turn_first(queue))
            turn_slower(queue);
}

void queue_wheels_sweep(struct queue *queue)
{
    uint32_t all = empty_all(queue);

    deal_out(queue, all);
}
