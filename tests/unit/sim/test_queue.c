#include "tests/support/unit.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "sim/queue.h"

#define N 2000

static struct event_key random_key(struct random_stream *stream, uint32_t counter)
{
    return (struct event_key){ (sim_time)random_below(stream, 50),
                               event_order((enum event_class)random_below(stream, 4),
                                           (uint32_t)random_below(stream, 3),
                                           (uint32_t)random_below(stream, 3)),
                               counter };
}

static bool same_key(struct event_key a, struct event_key b)
{
    return a.at == b.at && a.order == b.order && a.counter == b.counter;
}

static void order_is_time_class_receiver_sender_counter(void)
{
    struct event_key keys[] = {
        { 5, event_order(EVENT_PROCESS, 9, 9), 9 },
        { 6, event_order(EVENT_CONTROL, 9, 9), 9 },
        { 6, event_order(EVENT_ARRIVAL, 1, 9), 9 },
        { 6, event_order(EVENT_ARRIVAL, 2, 1), 9 },
        { 6, event_order(EVENT_ARRIVAL, 2, 3), UINT32_MAX - 1 }, /* a counter that goes round */
        { 6, event_order(EVENT_ARRIVAL, 2, 3), 1 },
        { 6, event_order(EVENT_ARRIVAL, 2, 3), 2 },
        { 6, event_order(EVENT_TIMER, 1, 1), 0 },
        { 6, event_order(EVENT_PROCESS, 1, 1), 0 },
        { 7, event_order(EVENT_CONTROL, 0, 0), 0 },
        { 7, event_order(EVENT_CONTROL, EVENT_NODE_MAX, EVENT_NODE_MAX), UINT32_MAX },
        { 7, event_order(EVENT_ARRIVAL, 0, 0), 0 },
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            EQ(event_key_lt(&keys[i], &keys[j]), i < j);
}

static void events_come_out_sorted_whatever_the_order_they_went_in(void)
{
    static struct event events[N];
    struct queue queue;
    struct random_stream stream;
    struct event_key last = { 0 }, key;

    queue_init(&queue);
    random_stream_init(&stream, 1, "queue", "test");
    for (size_t i = 0; i < N; i++) {
        event_init(&events[i], NULL);
        key = random_key(&stream, (uint32_t)i);
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
    struct queue queue;
    struct random_stream stream;
    struct event_key last = { -1, 0, 0 }, key;
    size_t n = 0;

    queue_init(&queue);
    random_stream_init(&stream, 2, "queue", "test");
    for (size_t i = 0; i < N; i++) {
        event_init(&events[i], NULL);
        key = random_key(&stream, (uint32_t)i);
        queue_push(&queue, &events[i], &key);
        OK(same_key(queue_key(&queue, &events[i]), key));
        if (random_below(&stream, 3) == 0) {
            size_t victim = (size_t)random_below(&stream, i + 1);

            if (event_queued(&events[victim]))
                queue_remove(&queue, &events[victim]);
        }
    }
    for (size_t i = 0; i < N; i++)
        n += event_queued(&events[i]);
    EQ(queue_n(&queue), n);
    while (queue_head(&queue) != NULL) {
        queue_pop(&queue, &key);
        OK(event_key_lt(&last, &key));
        last = key;
        n--;
    }
    EQ(n, 0);
    queue_fini(&queue);
}

/* Cancelled events stand among the sorted until their time; here they are so many that a few living
   ones overflow into the heap before there are wheels. */
static void cancelled_events_may_fill_the_sorted_before_there_are_wheels(void)
{
    static struct event events[500];
    struct queue queue;
    struct event_key key;

    queue_init(&queue);
    for (unsigned i = 0; i < 500; i++) {
        event_init(&events[i], NULL);
        queue_push(&queue, &events[i], &(struct event_key){ 1000 + i, 0, i });
        if (i < 480)
            queue_remove(&queue, &events[i]);
    }
    for (unsigned i = 480; i < 500; i++) {
        OK(queue_pop(&queue, &key) == &events[i]);
        EQ(key.at, 1000 + i);
    }
    OK(queue_head(&queue) == NULL);
    queue_fini(&queue);
}

static void head_can_be_moved_back(void)
{
    struct event a, b, c;
    struct queue queue;
    struct event_key key;

    queue_init(&queue);
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

static int by_key(const void *a, const void *b)
{
    return event_key_lt(a, b) ? -1 : event_key_lt(b, a);
}

/* A queue beside a sorted array that does the same: events now and soon, later and much later,
   taken out, moved back, in numbers that make the queue build wheels, build them anew and give them
   up. */
#define MODEL_MAX 30000

struct model {
    struct queue queue;
    struct random_stream stream;
    struct event events[MODEL_MAX];
    struct event_key keys[MODEL_MAX];
    sim_time now;
    size_t n;
    uint32_t counter;
};

static sim_time some_time_from(struct model *model)
{
    static const uint64_t spans[] = {
        1, 1000, 1000000, 1000000000, 1000000000000, 1000000000000000
    };

    return model->now +
           (sim_time)random_below(&model->stream, spans[random_below(&model->stream, 6)]);
}

static void model_push(struct model *model)
{
    struct event *event = &model->events[model->n];

    event_init(event, NULL);
    model->keys[model->n++] = (struct event_key){ some_time_from(model), 7, model->counter++ };
    queue_push(&model->queue, event, &model->keys[model->n - 1]);
}

/* The model's events are those still queued; the earliest must be the head. */
static size_t model_earliest(const struct model *model)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < model->n; i++)
        if (event_queued(&model->events[i]) &&
            (best == SIZE_MAX || event_key_lt(&model->keys[i], &model->keys[best])))
            best = i;
    return best;
}

static void model_pop(struct model *model)
{
    size_t earliest = model_earliest(model);
    struct event_key key;

    if (earliest == SIZE_MAX) {
        OK(queue_head(&model->queue) == NULL);
        return;
    }
    if (random_below(&model->stream, 4) == 0) {
        model->now = model->keys[earliest].at;
        model->keys[earliest].at = some_time_from(model);
        OK(queue_head(&model->queue)->event == &model->events[earliest]);
        queue_rekey_head(&model->queue, &model->keys[earliest]);
        earliest = model_earliest(model);
    }
    OK(queue_pop(&model->queue, &key) == &model->events[earliest]);
    OK(same_key(key, model->keys[earliest]));
    model->now = key.at;
}

static void agrees_with_a_plain_search_at_every_step(void)
{
    struct model *model = mem_zalloc(sizeof *model);

    queue_init(&model->queue);
    random_stream_init(&model->stream, 3, "queue", "test");
    for (unsigned step = 0; step < 6000; step++) {
        bool growing = step / 1500 % 2 == 0;
        uint64_t what = random_below(&model->stream, 10);

        if (what < (growing ? 6u : 2u)) {
            model_push(model);
        } else if (what < 9) {
            model_pop(model);
        } else if (model->n > 0) {
            struct event *victim = &model->events[random_below(&model->stream, model->n)];

            if (event_queued(victim))
                queue_remove(&model->queue, victim);
        }
    }
    queue_fini(&model->queue);
    free(model);
}

/* Many at once, far more than at the start, then none: the whole life of the wheels. */
static void thirty_thousand_events_come_out_sorted(void)
{
    struct model *model = mem_zalloc(sizeof *model);

    queue_init(&model->queue);
    random_stream_init(&model->stream, 4, "queue", "test");
    for (size_t i = 0; i < MODEL_MAX; i++)
        model_push(model);
    for (size_t i = 0; i < MODEL_MAX; i += 3) {
        queue_remove(&model->queue, &model->events[i]);
        model->keys[i].at = SIM_TIME_NONE;
    }
    qsort(model->keys, MODEL_MAX, sizeof *model->keys, by_key);
    for (size_t i = 0; i < MODEL_MAX / 3 * 2; i++) {
        struct event_key key;

        queue_pop(&model->queue, &key);
        EQ(key.at, model->keys[i].at);
        EQ(key.counter, model->keys[i].counter);
    }
    OK(queue_head(&model->queue) == NULL);
    queue_fini(&model->queue);
    free(model);
}

/* Timers that wait long say nothing about how fast frames follow each other: buckets as wide as
   suits those hold all that is near at once, which then goes through the heap. */
static void far_timers_do_not_keep_near_events_in_the_heap(void)
{
    static struct event far[N / 4], near[N / 4];
    struct queue queue;
    struct random_stream stream;
    struct event_key last = { 0 }, key;

    queue_init(&queue);
    random_stream_init(&stream, 5, "queue", "test");
    for (uint32_t i = 0; i < N / 4; i++) {
        event_init(&far[i], NULL);
        event_init(&near[i], NULL);
        key = (struct event_key){ SIM_MSEC(200) + i, event_order(EVENT_TIMER, i, i), i };
        queue_push(&queue, &far[i], &key);
        key = (struct event_key){ (sim_time)random_below(&stream, (uint64_t)SIM_USEC(2)),
                                  event_order(EVENT_ARRIVAL, i, i), i };
        queue_push(&queue, &near[i], &key);
    }
    for (uint32_t i = 0; i < 10000; i++) {
        struct event *event = queue_pop(&queue, &key);

        OK(event_key_lt(&last, &key));
        last = key;
        key.at += 1 + (sim_time)random_below(&stream, (uint64_t)SIM_USEC(2));
        queue_push(&queue, event, &key);
        OK(i < 9000 || queue.n_heap < QUEUE_FETCH_FROM / 4);
    }
    queue_fini(&queue);
}

/* All are on their way for the same time, as the frames of a network are whose cables are alike. A
   bucket that is a little longer than that time is sorted before much of what is due in it is
   pushed, and each of those passes all the others. */
static void buckets_are_no_longer_than_the_way_of_many_events(void)
{
    enum { ON_THEIR_WAY = 44 };
    static struct event events[ON_THEIR_WAY];
    const sim_time way = SIM_NSEC(13400);
    struct queue queue;
    struct event_key last = { 0 }, key;

    queue_init(&queue);
    for (uint32_t i = 0; i < ON_THEIR_WAY; i++) {
        event_init(&events[i], NULL);
        key = (struct event_key){ SIM_USEC(10) * i, event_order(EVENT_ARRIVAL, i, i), i };
        queue_push(&queue, &events[i], &key);
    }
    for (uint32_t i = 0; i < 20000; i++) {
        struct event *event = queue_pop(&queue, &key);

        OK(event_key_lt(&last, &key));
        last = key;
        key.at += way;
        queue_push(&queue, event, &key);
    }
    OK((sim_time)1 << queue.wheels[0].shift < way);
    queue_fini(&queue);
}

/* How many there are decides how a push goes on; it is counted from both sides. */
static void counts_its_events_while_they_become_many_and_few(void)
{
    enum { MANY = 3000 };
    static struct event events[MANY];
    struct queue queue;
    struct random_stream stream;
    struct event_key last = { 0 }, key;
    uint32_t n = 0;

    queue_init(&queue);
    random_stream_init(&stream, 6, "queue", "test");
    for (uint32_t i = 0; i < MANY; i++)
        event_init(&events[i], NULL);
    for (uint32_t turn = 0; turn < 60000; turn++) {
        uint32_t aim = turn / 10000 % 2 == 0 ? MANY - 200 : 100;
        struct event *event = &events[random_below(&stream, MANY)];

        if (event_queued(event) && random_below(&stream, 4) == 0) {
            queue_remove(&queue, event);
            n--;
        } else if (!event_queued(event) && random_below(&stream, MANY) < aim) {
            key = (struct event_key){ last.at + 1 + (sim_time)random_below(&stream, 5000),
                                      event_order(EVENT_TIMER, 1, 1), turn };
            queue_push(&queue, event, &key);
            n++;
        } else if (n > aim) {
            queue_pop(&queue, &key);
            OK(event_key_lt(&last, &key));
            last = key;
            n--;
        }
        EQ(queue_n(&queue), n);
        OK(n <= QUEUE_FETCH_FROM || queue.fetches != QUEUE_FETCH_NOTHING);
        OK(turn % 20000 != 9999 || queue.fetches == QUEUE_FETCH_FAR);
        OK(turn % 20000 != 19999 || queue.fetches == QUEUE_FETCH_NOTHING);
        OK(queue.room < 0 || queue.n_fresh - n - queue.n_dead >= (uint32_t)queue.room);
    }
    queue_fini(&queue);
}

static void event_that_was_taken_out_is_shown_to_nobody(void)
{
    struct event events[3], *event;
    struct queue queue;
    struct event_key key;
    uint32_t walk = 0, n = 0;

    queue_init(&queue);
    EQ(queue_each(&queue, &walk) == NULL, true);
    for (uint32_t i = 0; i < 3; i++) {
        event_init(&events[i], NULL);
        key = (struct event_key){ i, event_order(EVENT_TIMER, 1, 1), i };
        queue_push(&queue, &events[i], &key);
    }
    queue_remove(&queue, &events[0]);
    OK(queue.entries[queue_place_entry(queue.first)].event == &queue_no_event);
    OK(queue_no_event.moved); /* who runs the queue asks for that alone */
    for (walk = 0; (event = queue_each(&queue, &walk)) != NULL; n++)
        OK(event == &events[1] || event == &events[2]);
    EQ(n, 2);
    OK(queue_pop(&queue, &key) == &events[1]);
    for (walk = n = 0; (event = queue_each(&queue, &walk)) != NULL; n++)
        OK(event == &events[2]);
    EQ(n, 1);
    OK(queue_pop(&queue, &key) == &events[2]);
    OK(queue_head(&queue) == NULL);
    queue_fini(&queue);
}

UNIT_MAIN("queue", TEST(event_that_was_taken_out_is_shown_to_nobody),
          TEST(counts_its_events_while_they_become_many_and_few),
          TEST(far_timers_do_not_keep_near_events_in_the_heap),
          TEST(buckets_are_no_longer_than_the_way_of_many_events),
          TEST(agrees_with_a_plain_search_at_every_step),
          TEST(thirty_thousand_events_come_out_sorted),
          TEST(order_is_time_class_receiver_sender_counter),
          TEST(events_come_out_sorted_whatever_the_order_they_went_in),
          TEST(any_event_can_be_removed_and_the_rest_stays_sorted), TEST(head_can_be_moved_back),
          TEST(cancelled_events_may_fill_the_sorted_before_there_are_wheels))
