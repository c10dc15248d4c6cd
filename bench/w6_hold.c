/* W6: the event queue alone: Q pending events, each schedules the next at now + an exponential. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "bench/bench.h"
#include "sim/queue.h"

#define EXP_POINTS 1024 /* the peers' table for the exponential: no log() in the timed loop */

static uint64_t pending, events, seed;
static uint64_t exp_table[EXP_POINTS];

static struct bench_option *options(void)
{
    static struct bench_option list[] = { { "pending", &pending, "events waiting at any time",
                                            false },
                                          { "events", &events, "events to run", false },
                                          { "seed", &seed, "for the times", false },
                                          { NULL, NULL, NULL, false } };

    pending = 1000;
    events = 2000000;
    seed = 1;
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
    g_autofree char *params = NULL;
    struct bench_run bench;

    for (int i = 0; i < EXP_POINTS; i++)
        exp_table[i] = (uint64_t)(-log((i + 0.5) / EXP_POINTS) * 1e9);
    bench_begin(&bench);
    hold.list = g_new0(struct event, pending);
    for (uint64_t i = 0; i < pending; i++) {
        event_init(&hold.list[i], nothing);
        queue_push_at(&hold.queue, &hold.list[i], (sim_time)draw_exp(&hold.state),
                      event_order(EVENT_TIMER, 1, 1), hold.counter++);
    }
    bench_go_with(&bench, work, &hold);
    params = g_strdup_printf("\"pending\": %" G_GUINT64_FORMAT ", \"events\": %" G_GUINT64_FORMAT
                             ", \"seed\": %" G_GUINT64_FORMAT,
                             pending, events, seed);
    bench_print(&bench, "w6-hold", params, 0, events, events, "");
    queue_fini(&hold.queue);
    g_free(hold.list);
}

const struct bench_workload bench_w6_hold = { "w6_hold", "w6-hold", "the event queue alone",
                                              options,   run,       true };
