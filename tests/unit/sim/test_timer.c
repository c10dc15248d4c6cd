#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "sim/timer.h"

struct clock {
    struct sim *sim;
    struct node *node;
    struct timer timer, other;
    sim_time fired[16], other_fired;
    unsigned n;
    uint64_t cause;
};

static void clock_expired(void *ctx)
{
    struct clock *clock = ctx;

    clock->fired[clock->n++] = sim_now(clock->sim);
    clock->cause = clock->node->part->cause;
}

static void other_expired(void *ctx)
{
    struct clock *clock = ctx;

    clock->other_fired = sim_now(clock->sim);
}

static void clock_init(struct clock *clock)
{
    *clock = (struct clock){ .sim = sim_new(1) };
    clock->node = probe_new(clock->sim, "a")->node;
    timer_init(&clock->timer, clock->node, WHY0(TIMER_SLEEP), clock_expired, clock);
    timer_init(&clock->other, clock->node, WHY0(TIMER_SLEEP), other_expired, clock);
    sim_start(clock->sim);
}

static void runs_out_once_and_exactly_on_time(void)
{
    struct clock clock;

    clock_init(&clock);
    OK(!timer_running(&clock.timer));
    timer_start(&clock.timer, 100);
    OK(timer_running(&clock.timer));
    EQ(timer_left(&clock.timer), 100);
    OK(sim_run(clock.sim, 99, 10));
    EQ(clock.n, 0);
    EQ(timer_left(&clock.timer), 1);
    OK(sim_run(clock.sim, SIM_TIME_NONE, 10));
    EQ(clock.n, 1);
    EQ(clock.fired[0], 100);
    OK(!timer_running(&clock.timer));
    EQ(sim_events(clock.sim), 1);
    sim_free(clock.sim);
}

static void pushing_back_costs_no_queue_operation(void)
{
    struct clock clock;
    uint32_t place;

    clock_init(&clock);
    timer_start_at(&clock.timer, 100);
    place = clock.timer.event.at_index;
    for (sim_time due = 101; due <= 5000; due++)
        timer_start_at(&clock.timer, due);
    EQ(clock.timer.event.at_index, place);
    EQ(queue_n(&clock.node->part->queue), 1);
    EQ(queue_key(&clock.node->part->queue, &clock.timer.event).at,
       100); /* stale: nobody touched it */
    EQ(sim_next(clock.sim), 5000);
    OK(sim_run(clock.sim, SIM_TIME_NONE, 1)); /* moving a stale head is no event */
    EQ(clock.n, 1);
    EQ(clock.fired[0], 5000);
    sim_free(clock.sim);
}

static void stopped_timer_leaves_no_event_behind(void)
{
    struct clock clock;

    clock_init(&clock);
    timer_start(&clock.timer, 100);
    timer_stop(&clock.timer);
    timer_stop(&clock.timer);
    EQ(sim_next(clock.sim), SIM_TIME_NONE);
    OK(!event_queued(&clock.timer.event));
    OK(sim_run(clock.sim, SIM_TIME_NONE, 0));
    EQ(clock.n, 0);
    sim_free(clock.sim);
}

static void restart_earlier_takes_effect(void)
{
    struct clock clock;

    clock_init(&clock);
    timer_start(&clock.timer, 1000);
    timer_start(&clock.timer, 10);
    timer_start(&clock.other, 500);
    OK(sim_run(clock.sim, SIM_TIME_NONE, 10));
    EQ(clock.n, 1);
    EQ(clock.fired[0], 10);
    EQ(clock.other_fired, 500);
    sim_free(clock.sim);
}

static void stopped_and_started_again_runs_at_the_new_time(void)
{
    struct clock clock;

    clock_init(&clock);
    timer_start(&clock.timer, 100);
    timer_stop(&clock.timer);
    timer_start(&clock.timer, 200); /* later than the stale entry */
    OK(sim_run(clock.sim, 150, 10));
    EQ(clock.n, 0);
    timer_stop(&clock.timer);
    timer_start_at(&clock.timer, 160); /* earlier than the stale entry */
    OK(sim_run(clock.sim, SIM_TIME_NONE, 10));
    EQ(clock.n, 1);
    EQ(clock.fired[0], 160);
    sim_free(clock.sim);
}

static void start_acts(void *ctx)
{
    struct clock *clock = ctx;

    timer_start(&clock->timer, 0);
    EQ(clock->n, 0); /* never at once, from within the call */
}

static void lazily_moved_timer_keeps_its_place_among_equals(void)
{
    struct clock clock;

    /* `timer` is started last for the same moment, so `other` comes first, though `timer` has the
     * older entry. */
    clock_init(&clock);
    timer_start_at(&clock.timer, 100);
    timer_start_at(&clock.other, 300);
    timer_start_at(&clock.timer, 300);
    OK(sim_step(clock.sim, SIM_TIME_NONE));
    EQ(clock.other_fired, 300);
    EQ(clock.n, 0);
    OK(sim_step(clock.sim, SIM_TIME_NONE));
    EQ(clock.n, 1);
    OK(!sim_step(clock.sim, SIM_TIME_NONE));
    sim_at(clock.sim, 400, start_acts, &clock);
    clock.n = 0;
    OK(sim_run(clock.sim, SIM_TIME_NONE, 10));
    EQ(clock.fired[0], 400);
    sim_free(clock.sim);
}

static void record_names_the_cause_that_started_it(void)
{
    struct clock clock;
    struct tally tally;

    clock_init(&clock);
    tally_watch(&tally, clock.sim);
    clock.node->part->cause = 77;
    timer_start(&clock.timer, 100);
    clock.node->part->cause = 0;
    OK(sim_run(clock.sim, SIM_TIME_NONE, 10));
    EQ(tally.kinds[RECORD_TIMER], 1);
    EQ(tally.last.cause, 77);
    EQ(tally.last.why.code, WHY_TIMER_SLEEP);
    EQ(clock.cause, tally.last.id); /* what the callback does follows from the timer */
    sim_free(clock.sim);
}

static void fini_takes_the_stale_entry_out(void)
{
    struct clock clock;

    clock_init(&clock);
    timer_start(&clock.timer, 100);
    timer_stop(&clock.timer);
    OK(event_queued(&clock.timer.event));
    timer_fini(&clock.timer);
    OK(!event_queued(&clock.timer.event));
    timer_fini(&clock.timer);
    sim_free(clock.sim);
}

UNIT_MAIN("timer", TEST(runs_out_once_and_exactly_on_time),
          TEST(pushing_back_costs_no_queue_operation), TEST(stopped_timer_leaves_no_event_behind),
          TEST(restart_earlier_takes_effect), TEST(stopped_and_started_again_runs_at_the_new_time),
          TEST(lazily_moved_timer_keeps_its_place_among_equals),
          TEST(record_names_the_cause_that_started_it), TEST(fini_takes_the_stale_entry_out))
