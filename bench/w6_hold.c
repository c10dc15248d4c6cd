/* W6: the event queue alone: Q pending events, each schedules the next at now + an exponential. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "bench/bench.h"
#include "sim/queue.h"

#define EXP_POINTS 1024 /* the peers' table for the exponential: no log() in the timed loop */

static uint64_t pending, events, seed, scheduler;
static uint64_t exp_table[EXP_POINTS];

/* ns-3 has these queues to choose from; here there is one. */
#define SCHEDULERS                                                                                 \
    "MapScheduler|HeapScheduler|PriorityQueueScheduler|CalendarScheduler|ListScheduler"

static struct bench_option *options(void)
{
    static struct bench_option list[] = {
        { "pending", &pending, "events waiting at any time", BENCH_NUMBER, NULL },
        { "events", &events, "events to run", BENCH_NUMBER, NULL },
        { "seed", &seed, "for the times", BENCH_NUMBER, NULL },
        { "scheduler", &scheduler, "printed; there is one queue", BENCH_CHOICE, SCHEDULERS },
        { NULL, NULL, NULL, BENCH_NUMBER, NULL }
    };

    pending = 1000;
    events = 3000000;
    seed = 1;
    scheduler = 0;
    return list;
}

static uint64_t draw_exp(uint64_t *state)
{
    uint64_t r = bench_draw(state);

    return exp_table[r & (EXP_POINTS - 1)] + ((r >> 40) & 0x3fffff) + 1;
}

struct hold {
    struct queue queue;
    struct event *list;
    uint64_t state, counter;
};

static void nothing(struct event *event)
{
    (void)event;
}

static void work(void *ctx)
{
    struct hold *hold = ctx;

    for (uint64_t i = 0; i < events; i++) {
        struct event_key key;
        struct event *event = queue_pop(&hold->queue, &key);

        key.at += (sim_time)draw_exp(&hold->state);
        queue_push_at(&hold->queue, event, key.at, key.order, hold->counter++);
    }
}

static void run(void)
{
    struct hold hold = { .state = seed };
    g_autoptr(GString) params = g_string_new(NULL), extra = g_string_new(NULL);
    g_autofree char *queue = bench_choice(SCHEDULERS, scheduler);
    struct bench_run bench;

    for (int i = 0; i < EXP_POINTS; i++)
        exp_table[i] = (uint64_t)(-log((i + 0.5) / EXP_POINTS) * 1e9);
    queue_init(&hold.queue);
    bench_begin(&bench, NULL);
    hold.list = g_new0(struct event, pending);
    for (uint64_t i = 0; i < pending; i++) {
        event_init(&hold.list[i], nothing);
        queue_push_at(&hold.queue, &hold.list[i], (sim_time)draw_exp(&hold.state),
                      event_order(EVENT_TIMER, 1, 1), hold.counter++);
    }
    bench_go_with(&bench, work, &hold);
    bench_add_number(params, "pending", pending);
    bench_add_number(params, "events", events);
    bench_add_text(params, "scheduler", queue);
    bench_add_number(params, "seed", seed);
    bench_print_with(&bench, "w6-hold", params, 0, events, 0, extra);
    queue_fini(&hold.queue);
    g_free(hold.list);
}

const struct bench_workload bench_w6_hold = { "w6_hold", "w6-hold", "the event queue alone",
                                              options,   run,       true };
