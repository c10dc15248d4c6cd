#include "sim/channel.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

#define BLOCK_LEN ((size_t)64 * 1024)

struct channel_block {
    _Atomic(struct channel_block *) next; /* set once no more is written here */
    _Atomic size_t written;
    size_t size;
    _Alignas(max_align_t) unsigned char octets[];
};

struct head {
    size_t size; /* of the message behind it */
    size_t room; /* of both */
};

#define HEAD_LEN ((sizeof(struct head) + 15) / 16 * 16)

static struct channel_block *block_new(size_t room)
{
    size_t size = room > BLOCK_LEN ? room : BLOCK_LEN;
    struct channel_block *block = mem_alloc(sizeof *block + size);

    atomic_init(&block->next, NULL);
    atomic_init(&block->written, 0);
    block->size = size;
    return block;
}

struct channel *channel_new(void)
{
    struct channel *channel = mem_zalloc(sizeof *channel);

    atomic_init(&channel->spare, NULL);
    channel->head = channel->tail = block_new(0);
    return channel;
}

void channel_free(struct channel *channel)
{
    if (channel == NULL)
        return;
    while (channel->head != NULL) {
        struct channel_block *next =
            atomic_load_explicit(&channel->head->next, memory_order_relaxed);

        free(channel->head);
        channel->head = next;
    }
    free(atomic_load_explicit(&channel->spare, memory_order_relaxed));
    free(channel);
}

static void next_block(struct channel *channel, size_t room)
{
    struct channel_block *block = NULL;

    if (room <= BLOCK_LEN)
        block = atomic_exchange_explicit(&channel->spare, NULL, memory_order_acquire);
    if (block == NULL)
        block = block_new(room);
    atomic_store_explicit(&block->next, NULL, memory_order_relaxed);
    atomic_store_explicit(&block->written, 0, memory_order_relaxed);
    atomic_store_explicit(&channel->tail->next, block, memory_order_release);
    channel->tail = block;
    channel->filled = 0;
}

void *channel_begin(struct channel *channel, size_t size)
{
    size_t room = HEAD_LEN + (size + 15) / 16 * 16;
    struct head *head;

    CHECK(room > size);
    if (channel->tail->size - channel->filled < room)
        next_block(channel, room);
    head = (struct head *)(channel->tail->octets + channel->filled);
    head->size = size;
    head->room = room;
    return (unsigned char *)head + HEAD_LEN;
}

void channel_end(struct channel *channel)
{
    const struct head *head = (struct head *)(channel->tail->octets + channel->filled);

    channel->filled += head->room;
    channel->octets_written += head->room;
    channel->n_written++;
    atomic_store_explicit(&channel->tail->written, channel->filled, memory_order_release);
}

static bool here(const struct channel *channel)
{
    return channel->emptied < atomic_load_explicit(&channel->head->written, memory_order_acquire);
}

static void give_back(struct channel *channel, struct channel_block *block)
{
    if (block->size == BLOCK_LEN)
        block = atomic_exchange_explicit(&channel->spare, block, memory_order_acq_rel);
    free(block);
}

void *channel_peek(struct channel *channel)
{
    while (!here(channel)) {
        struct channel_block *next =
            atomic_load_explicit(&channel->head->next, memory_order_acquire);

        if (next == NULL)
            return NULL;
        if (here(channel)) /* written while we looked */
            break;
        give_back(channel, channel->head);
        channel->head = next;
        channel->emptied = 0;
    }
    return channel->head->octets + channel->emptied + HEAD_LEN;
}

size_t channel_size(const void *message)
{
    return ((const struct head *)((const unsigned char *)message - HEAD_LEN))->size;
}

void channel_pop(struct channel *channel)
{
    const struct head *head = (struct head *)(channel->head->octets + channel->emptied);

    channel->emptied += head->room;
    channel->n_read++;
}
