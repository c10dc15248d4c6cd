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
#define SHIFT_MIN  8  /* bits: a bucket's width in picoseconds */
#define SHIFT_MAX  44 /* 17 s */
#define PER_BUCKET 8  /* events for a bucket to have */
#define FEW        16 /* events that need no wheel any more */
#define LOOK_AGAIN 2048

/* ---- buckets ---- */

static uint32_t bucket_take(struct queue_wheel *wheel, uint32_t bucket)
{
    uint32_t head = wheel->heads[bucket];

    if (head != 0) {
        wheel->heads[bucket] = 0;
        wheel->used[bucket / 64] &= ~(UINT64_C(1) << bucket % 64);
        wheel->n_used--;
    }
    return head;
}

/* The first bucket in use from @bucket on, without going round; the number of buckets: none. */
static uint32_t next_used(const struct queue_wheel *wheel, uint32_t bucket)
{
    uint32_t n = wheel->size;
    uint64_t word;

    if (wheel->n_used == 0)
        return n;
    word = wheel->used[bucket / 64] & ~UINT64_C(0) << bucket % 64;
    for (bucket /= 64; word == 0;) {
        if (++bucket == n / 64)
            return n;
        word = wheel->used[bucket];
    }
    return bucket * 64 + (uint32_t)__builtin_ctzll(word);
}

void queue_wheels_insert(struct queue *queue, uint32_t index)
{
    uint64_t at = (uint64_t)queue->entries[index].key.at;
    struct queue_wheel *wheel = queue->wheels;

    while (!queue_wheel_reaches(queue, wheel, at))
        wheel++;
    queue_bucket_add(queue, wheel, index);
}

/* A chain of entries goes where each belongs now; the dead are freed. */
static void deal_out(struct queue *queue, uint32_t index)
{
    while (index != 0) {
        uint32_t next = queue->entries[index].next;

        if (queue->entries[index].event == NULL) {
            queue_free_entry(queue, index);
            queue->n_dead--;
        } else if ((uint64_t)queue->entries[index].key.at < queue->limit) {
            queue_insert(queue, index);
            queue->moved++;
        } else {
            queue_wheels_insert(queue, index);
        }
        index = next;
    }
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
        while (wheel->n_used > 0) {
            uint32_t index = bucket_take(wheel, next_used(wheel, 0)), next;

            for (; index != 0; index = next) {
                next = queue->entries[index].next;
                queue->entries[index].next = all;
                all = index;
            }
        }
    return all;
}

static unsigned first_bits(const struct queue *queue)
{
    return clamp(log2_of(queue->n) + 1, FIRST_MIN, FIRST_MAX);
}

static void build(struct queue *queue, unsigned shift)
{
    struct queue_wheel *wheel = queue->wheels;
    unsigned bits = first_bits(queue);

    queue->n_built = queue->n;
    queue_wheels_fini(queue);
    for (; shift < 63; shift += bits, bits = SLOW_BITS) {
        CHECK(wheel < queue->wheels + QUEUE_WHEELS);
        *wheel = (struct queue_wheel){ .size = 1u << bits, .shift = shift };
        wheel->heads = mem_zalloc(sizeof *wheel->heads << bits);
        wheel->used = mem_zalloc(sizeof *wheel->used << bits >> 6);
        wheel++;
    }
}

/* The width that fits what is waiting now: half of it is due within 1 << b, for the smallest b. */
static unsigned width_of(const struct queue_place *places, uint32_t n)
{
    uint32_t within[64] = { 0 }, sum = 0;
    unsigned b = 0;

    for (uint32_t i = 0; i < n; i++)
        within[log2_of((uint64_t)(places[i].at - places[0].at))]++;
    while ((sum += within[b]) < n / 2)
        b++;
    b += 1 + log2_of(PER_BUCKET);
    return clamp(b > log2_of(n) ? b - log2_of(n) : 0, SHIFT_MIN, SHIFT_MAX);
}

void queue_wheels_start(struct queue *queue)
{
    struct queue_place places[2 * QUEUE_SOON_MAX] = { { 0, 0 } };
    uint32_t n = 0;
    unsigned shift;

    while (n < queue->n_soon) {
        places[n] = queue->soon[queue->first + n];
        n++;
    }
    for (uint32_t i = 0; i < queue->n_heap; i++)
        places[n++] = queue->heap[i];
    shift = width_of(places, n);
    build(queue, shift);
    queue->limit = (((uint64_t)places[0].at >> shift) + 1) << shift;
    queue->since = queue->limit;
    queue->moved = 0;
    queue->n_soon = queue->n_heap = 0;
    for (uint32_t i = 0; i < n; i++) {
        if ((uint64_t)places[i].at < queue->limit)
            queue_insert(queue, (uint32_t)places[i].order_entry);
        else
            queue_wheels_insert(queue, (uint32_t)places[i].order_entry);
    }
}

/* The width that fits how fast events came due since the last look; of a queue that has only grown
   since, the old width in proportion. */
static unsigned fitting_width(const struct queue *queue)
{
    unsigned now = queue->wheels[0].shift, grown = log2_of(queue->n / queue->n_built);

    if (queue->moved < LOOK_AGAIN)
        return clamp(now > grown ? now - grown : 0, SHIFT_MIN, SHIFT_MAX);
    return clamp(log2_of((queue->limit - queue->since) / queue->moved * PER_BUCKET * 3 / 2),
                 SHIFT_MIN, SHIFT_MAX);
}

static bool time_to_look(const struct queue *queue)
{
    return queue->moved >= LOOK_AGAIN && queue->moved >= queue->n / 2;
}

/* Do the buckets hold what they should? */
void queue_wheels_look(struct queue *queue)
{
    unsigned shift = fitting_width(queue), now = queue->wheels[0].shift;
    unsigned bits = first_bits(queue), bits_now = log2_of(queue->wheels[0].size);
    uint32_t all;

    queue->since = queue->limit;
    queue->moved = 0;
    if (shift + 2 > now && shift < now + 2 && bits + 2 > bits_now && bits < bits_now + 2)
        return;
    all = empty_all(queue);
    build(queue, shift);
    /* The limit stands at the end of a bucket. */
    queue->limit = (queue->limit + (UINT64_C(1) << shift) - 1) >> shift << shift;
    deal_out(queue, all);
}

static void back_to_heap(struct queue *queue)
{
    uint32_t all = empty_all(queue);

    queue->limit = UINT64_MAX;
    deal_out(queue, all);
    queue_wheels_fini(queue);
}

/* ---- turning ---- */

/* The limit has come to the beginning of buckets of slower wheels. */
static void deal_out_slow(struct queue *queue)
{
    for (struct queue_wheel *wheel = queue->wheels + 1;
         wheel->size > 0 && (queue->limit & ((UINT64_C(1) << wheel->shift) - 1)) == 0; wheel++)
        deal_out(queue,
                 bucket_take(wheel, (uint32_t)(queue->limit >> wheel->shift) & (wheel->size - 1)));
}

static void look_ahead(struct queue *queue, const struct queue_wheel *wheel, uint32_t bucket)
{
    uint32_t *ahead = &queue->ahead[bucket % QUEUE_AHEAD];

    *ahead = wheel->heads[(bucket + QUEUE_AHEAD) & (wheel->size - 1)];
    __builtin_prefetch(&queue->entries[*ahead], 1);
    __builtin_prefetch(&wheel->heads[(bucket + 4 * QUEUE_AHEAD) & (wheel->size - 1)], 1);
}

/* The limit goes on: behind the fastest wheel's next bucket in use, or to the beginning of a slower
   wheel's, whichever begins first. */
static void turn(struct queue *queue)
{
    for (struct queue_wheel *wheel = queue->wheels;; wheel++) {
        bool first = wheel == queue->wheels;
        uint32_t here = (uint32_t)(queue->limit >> wheel->shift) & (wheel->size - 1);
        uint32_t bucket = first ? here : here + 1;
        uint64_t round = (queue->limit >> wheel->shift) - here;

        if (wheel->n_used == 0)
            continue;
        if (bucket < wheel->size)
            bucket = next_used(wheel, bucket);
        queue->limit = (round + bucket)
                       << wheel->shift; /* at the end: where the next round begins */
        if (first && bucket < wheel->size) {
            queue->limit += UINT64_C(1) << wheel->shift;
            deal_out(queue, bucket_take(wheel, bucket));
            look_ahead(queue, wheel, bucket);
        }
        deal_out_slow(queue);
        return;
    }
}

void queue_wheels_turn(struct queue *queue)
{
    if (queue->n <= FEW) {
        back_to_heap(queue);
        return;
    }
    if (time_to_look(queue))
        queue_wheels_look(queue);
    while (queue->n_soon == 0)
        turn(queue);
}

void queue_wheels_sweep(struct queue *queue)
{
    uint32_t all = empty_all(queue);

    deal_out(queue, all);
}
