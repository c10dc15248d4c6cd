#include "tests/support/unit.h"

#include "base/random.h"
#include "sim/queue.h"

#define N 2000

static struct event_key random_key(struct random_stream *stream, uint64_t counter)
{
    return (struct event_key){ (sim_time)random_below(stream, 50),
                               event_order((enum event_class)random_below(stream, 4),
                                           (uint32_t)random_below(stream, 3),
                                           (uint32_t)random_below(stream, 3)),
                               counter };
}

static void order_is_time_class_receiver_sender_counter(void)
{
    struct event_key keys[] = {
        { 5, event_order(EVENT_PROCESS, 9, 9), 9 },
        { 6, event_order(EVENT_CONTROL, 9, 9), 9 },
        { 6, event_order(EVENT_ARRIVAL, 1, 9), 9 },
        { 6, event_order(EVENT_ARRIVAL, 2, 1), 9 },
        { 6, event_order(EVENT_ARRIVAL, 2, 3), 1 },
        { 6, event_order(EVENT_ARRIVAL, 2, 3), 2 },
        { 6, event_order(EVENT_TIMER, 1, 1), 0 },
        { 6, event_order(EVENT_PROCESS, 1, 1), 0 },
        { 7, event_order(EVENT_CONTROL, 0, 0), 0 },
        { 7, event_order(EVENT_CONTROL, EVENT_NODE_MAX, EVENT_NODE_MAX), UINT64_MAX },
        { 7, event_order(EVENT_ARRIVAL, 0, 0), 0 },
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            EQ(event_key_lt(&keys[i], &keys[j]), i < j);
}

static void events_come_out_sorted_whatever_the_order_they_went_in(void)
{
    static struct event events[N];
    struct queue queue = { 0 };
    struct random_stream stream;
    struct event_key last = { 0 }, key;

    random_stream_init(&stream, 1, "queue", "test");
    for (size_t i = 0; i < N; i++) {
        event_init(&events[i], NULL);
        key = random_key(&stream, i);
        queue_push(&queue, &events[i], &key);
    }
    for (size_t i = 0; i < N; i++) {
        struct event *event = queue_pop(&queue, &key);

        OK(!event_queued(event));
        OK(i == 0 || event_key_lt(&last, &key));
        last = key;
    }
    OK(queue_head(&queue) == NULL);
    queue_fini(&queue);
}

static void any_event_can_be_removed_and_the_rest_stays_sorted(void)
{
    static struct event events[N];
    struct queue queue = { 0 };
    struct random_stream stream;
    struct event_key last = { -1, 0, 0 }, key;
    size_t n = 0;

    random_stream_init(&stream, 2, "queue", "test");
    for (size_t i = 0; i < N; i++) {
        event_init(&events[i], NULL);
        key = random_key(&stream, i);
        queue_push(&queue, &events[i], &key);
        EQ(memcmp(queue_key(&queue, &events[i]), &key, sizeof key), 0);
        if (random_below(&stream, 3) == 0) {
            size_t victim = (size_t)random_below(&stream, i + 1);

            if (event_queued(&events[victim]))
                queue_remove(&queue, &events[victim]);
        }
    }
    for (size_t i = 0; i < N; i++)
        n += event_queued(&events[i]);
    EQ(queue.n, n);
    while (queue_head(&queue) != NULL) {
        queue_pop(&queue, &key);
        OK(event_key_lt(&last, &key));
        last = key;
        n--;
    }
    EQ(n, 0);
    queue_fini(&queue);
}

static void head_can_be_moved_back(void)
{
    struct event a, b, c;
    struct queue queue = { 0 };
    struct event_key key;

    event_init(&a, NULL);
    event_init(&b, NULL);
    event_init(&c, NULL);
    queue_push(&queue, &a, &(struct event_key){ 1, 0, 0 });
    queue_push(&queue, &b, &(struct event_key){ 2, 0, 0 });
    queue_push(&queue, &c, &(struct event_key){ 4, 0, 0 });
    queue_rekey_head(&queue, &(struct event_key){ 3, 0, 0 });
    OK(queue_pop(&queue, &key) == &b);
    OK(queue_pop(&queue, &key) == &a);
    EQ(key.at, 3);
    OK(queue_pop(&queue, &key) == &c);
    queue_fini(&queue);
}

UNIT_MAIN("queue", TEST(order_is_time_class_receiver_sender_counter),
          TEST(events_come_out_sorted_whatever_the_order_they_went_in),
          TEST(any_event_can_be_removed_and_the_rest_stays_sorted), TEST(head_can_be_moved_back))
