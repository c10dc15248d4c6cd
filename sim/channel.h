/*
 * A one-way pipe of messages between two threads, without locks: one writes, one reads. Messages
 * are octets of any length, aligned for any type, and lie in blocks that go back and forth, so that
 * nothing is allocated once the pipe is as long as it gets.
 */
#ifndef WW_SIM_CHANNEL_H
#define WW_SIM_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_LINE 128 /* octets; two lines, as processors fetch them in pairs */

struct channel_block;

struct channel {
    struct channel_block *tail; /* the writer's */
    size_t filled;
    uint64_t n_written, octets_written;
    char apart[CACHE_LINE];
    struct channel_block *head; /* the reader's */
    size_t emptied;
    uint64_t n_read;
    char apart_too[CACHE_LINE];
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

#endif
