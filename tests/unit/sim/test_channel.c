#include "sim/channel.h"

#include <string.h>

#include "tests/support/unit.h"

static void send_octets(struct channel *channel, size_t size, unsigned char value)
{
    memset(channel_begin(channel, size), value, size);
    channel_end(channel);
}

static void take_octets(struct channel *channel, size_t size, unsigned char value)
{
    const unsigned char *message = channel_peek(channel);

    OK(message != NULL);
    if (message == NULL)
        return;
    EQ(channel_size(message), size);
    EQ((uintptr_t)message % 16, 0);
    if (size > 0)
        OK(message[0] == value && message[size - 1] == value);
    channel_pop(channel);
}

static void messages_of_any_size_come_out_in_order(void)
{
    struct channel *channel = channel_new();

    OK(channel_peek(channel) == NULL);
    for (size_t size = 0; size < 300000; size = size * 3 + 1)
        send_octets(channel, size, (unsigned char)size);
    for (size_t size = 0; size < 300000; size = size * 3 + 1)
        take_octets(channel, size, (unsigned char)size);
    OK(channel_peek(channel) == NULL);
    EQ(channel->n_written, channel->n_read);
    channel_free(channel);
}

static void blocks_go_back_and_forth(void)
{
    struct channel *channel = channel_new();

    for (unsigned i = 0; i < 100000; i++) {
        send_octets(channel, 1000 + i % 7, (unsigned char)i);
        if (i >= 20)
            take_octets(channel, 1000 + (i - 20) % 7, (unsigned char)(i - 20));
    }
    EQ(channel->n_written - channel->n_read, 20);
    channel_free(channel); /* with what is still in it */
}

/* A block ends where the next message finds no room, or exactly with a message. */
static void messages_fill_blocks_to_their_ends(void)
{
    for (size_t size = 16 * 1024 - 40; size < 16 * 1024; size++) {
        struct channel *channel = channel_new();

        for (unsigned i = 0; i < 9; i++) {
            send_octets(channel, size, (unsigned char)i);
            if (i % 3 == 2)
                for (unsigned j = i - 2; j <= i; j++)
                    take_octets(channel, size, (unsigned char)j);
        }
        EQ(channel_n_left(channel), 0);
        OK(channel_peek(channel) == NULL);
        channel_free(channel);
    }
}

static void the_clock_travels_with_the_messages(void)
{
    struct channel *channel = channel_new();

    EQ(channel_clock(channel), 0);
    send_octets(channel, 10, 1);
    channel_show_clock(channel, 5);
    EQ(channel_clock(channel), 5);
    EQ(channel_n_left(channel), 1);
    take_octets(channel, 10, 1);
    EQ(channel_n_left(channel), 0);
    channel_show_clock(channel, 3); /* an act has given somebody something to do */
    EQ(channel_clock(channel), 3);
    channel_free(channel);
}

static void what_is_not_ended_is_not_seen(void)
{
    struct channel *channel = channel_new();

    channel_begin(channel, 10);
    OK(channel_peek(channel) == NULL);
    channel_end(channel);
    OK(channel_peek(channel) != NULL);
    channel_free(channel);
    channel_free(NULL);
}

UNIT_MAIN("channel", TEST(messages_of_any_size_come_out_in_order), TEST(blocks_go_back_and_forth),
          TEST(what_is_not_ended_is_not_seen), TEST(messages_fill_blocks_to_their_ends),
          TEST(the_clock_travels_with_the_messages))
