#include "sim/channel.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

#define BLOCK_LEN ((size_t)64 * 1024)

/* At its end stands a head without room, of which the reader learns with the next message. */
struct channel_block {
    struct channel_block *next;
    size_t size; /* octets, the last head not included */
    _Alignas(max_align_t) unsigned char octets[];
};

struct head {
    size_t size; /* of the message behind it */
    size_t room; /* of both; 0: the block ends here */
};

#define HEAD_LEN ((sizeof(struct head) + 15) / 16 * 16)

static struct channel_block *block_new(size_t room)
{
    size_t size = room > BLOCK_LEN ? room : BLOCK_LEN;
    struct channel_block *block = mem_alloc(sizeof *block + size + HEAD_LEN);

    block->next = NULL;
    block->size = size;
    return block;
}

struct channel *channel_new(void)
{
    struct channel *channel = mem_zalloc(sizeof *channel);

    atomic_init(&channel->n_shown, 0);
    atomic_init(&channel->clock, 0);
    atomic_init(&channel->spare, NULL);
    channel->head = channel->tail = block_new(0);
    channel->size = channel->tail->size;
    return channel;
}

void channel_free(struct channel *channel)
{
    if (channel == NULL)
        return;
    while (channel->head != NULL) {
        struct channel_block *next = channel->head->next;

        free(channel->head);
        channel->head = next;
    }
    free(atomic_load_explicit(&channel->spare, memory_order_relaxed));
    free(channel);
}

static struct head *head_to_write(const struct channel *channel)
{
    return (struct head *)(channel->tail->octets + channel->filled);
}

static struct head *head_to_read(const struct channel *channel)
{
    return (struct head *)(channel->head->octets + channel->emptied);
}

static void next_block(struct channel *channel, size_t room)
{
    struct channel_block *block = NULL;

    if (room <= BLOCK_LEN)
        block = atomic_exchange_explicit(&channel->spare, NULL, memory_order_acquire);
    if (block == NULL)
        block = block_new(room);
    block->next = NULL;
    channel->tail->next = block;
    head_to_write(channel)->room = 0;
    channel->tail = block;
    channel->filled = 0;
    channel->size = block->size;
}

void *channel_begin(struct channel *channel, size_t size)
{
    size_t room = HEAD_LEN + (size + 15) / 16 * 16;
    struct head *head;

    CHECK(room > size);
    if (channel->size - channel->filled < room)
        next_block(channel, room);
    head = head_to_write(channel);
    head->size = size;
    head->room = room;
    return (unsigned char *)head + HEAD_LEN;
}

void channel_end(struct channel *channel)
{
    size_t room = head_to_write(channel)->room;

    channel->filled += room;
    channel->octets_written += room;
    channel->n_written++;
    atomic_store_explicit(&channel->n_shown, channel->n_written, memory_order_release);
}

static void give_back(struct channel *channel, struct channel_block *block)
{
    if (block->size == BLOCK_LEN)
        block = atomic_exchange_explicit(&channel->spare, block, memory_order_acq_rel);
    free(block);
}

void *channel_peek(struct channel *channel)
{
    if (channel_n_left(channel) == 0)
        return NULL;
    if (head_to_read(channel)->room == 0) {
        struct channel_block *next = channel->head->next;

        give_back(channel, channel->head);
        channel->head = next;
        channel->emptied = 0;
    }
    return (unsigned char *)head_to_read(channel) + HEAD_LEN;
}

size_t channel_size(const void *message)
{
    return ((const struct head *)((const unsigned char *)message - HEAD_LEN))->size;
}

void channel_pop(struct channel *channel)
{
    channel->emptied += head_to_read(channel)->room;
    channel->n_read++;
}
