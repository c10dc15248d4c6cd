/*
 * A one-way pipe of messages between two threads, without locks: one writes, one reads. Messages
 * are octets of any length, aligned for any type, and lie in blocks that go back and forth, so that
 * nothing is allocated once the pipe is as long as it gets.
 *
 * How many messages there are and the writer's clock lie side by side: a cache line takes a quarter
 * of a microsecond from one core to another where these are far apart, and what a reader has to ask
 * for again and again is one line.
 */
#ifndef WW_SIM_CHANNEL_H
#define WW_SIM_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/time.h"

#define CACHE_LINE 128 /* octets; two lines, as processors fetch them in pairs */

struct channel_block;

struct channel {
    struct channel_block *tail; /* the writer's */
    size_t filled, size;        /* of it */
    uint64_t n_written, octets_written;
    char apart[CACHE_LINE];
    _Atomic uint64_t n_shown; /* messages that the reader may take */
    _Atomic sim_time clock;
    char apart_too[CACHE_LINE];
    struct channel_block *head; /* the reader's */
    size_t emptied;
    uint64_t n_read;
    char apart_at_last[CACHE_LINE];
    _Atomic(struct channel_block *) spare;
};

struct channel *channel_new(void);
void channel_free(struct channel *channel);

/** channel_begin() - room for a message of @size octets, to be filled in by the writer.
 * channel_end() - it is complete, and the reader's. */
void *channel_begin(struct channel *channel, size_t size);
void channel_end(struct channel *channel);
/** channel_peek() - the reader's next message, or NULL; it stays where it is until channel_pop().
 */
void *channel_peek(struct channel *channel);
/** channel_size() - of the message that channel_peek() gave. */
size_t channel_size(const void *message);
void channel_pop(struct channel *channel);

/** channel_show_clock() - the writer's: nothing is written any more that is about a time before
 * @clock. channel_clock() - the reader's: what was written before the clock was shown so late can
 * be taken now. */
static inline void channel_show_clock(struct channel *channel, sim_time clock)
{
    atomic_store_explicit(&channel->clock, clock, memory_order_release);
}

static inline sim_time channel_clock(const struct channel *channel)
{
    return atomic_load_explicit(&channel->clock, memory_order_acquire);
}

/** channel_n_left() - the reader's: messages that are here. */
static inline uint64_t channel_n_left(const struct channel *channel)
{
    return atomic_load_explicit(&channel->n_shown, memory_order_acquire) - channel->n_read;
}

#endif
