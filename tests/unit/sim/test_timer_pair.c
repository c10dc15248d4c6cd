#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "base/list.h"
#include "base/random.h"
#include "sim/timer_pair.h"

/* What two timers of sim/timer.h do when, and a pair that is told the same. */

#define STEPS     2000
#define FIRED_MAX (2 * STEPS)

struct firing {
    sim_time at;
    unsigned hand;
    uint64_t cause, id;
};

struct subject {
    struct sim *sim;
    struct node *node;
    struct timer_pair pair;
    struct timer timers[2];
    struct firing fired[FIRED_MAX];
    unsigned n;
    bool paired;
    struct tally tally;
};

static void note(struct subject *subject, unsigned hand)
{
    OK(subject->n < FIRED_MAX);
    subject->fired[subject->n++] =
        (struct firing){ sim_now(subject->sim), hand, subject->tally.last.cause,
                         subject->node->part->cause };
}

static void pair_0(struct timer_pair *pair)
{
    note(CONTAINER_OF(pair, struct subject, pair), 0);
}

static void pair_1(struct timer_pair *pair)
{
    note(CONTAINER_OF(pair, struct subject, pair), 1);
}

static struct why pair_why(const struct timer_pair *pair, unsigned hand)
{
    (void)pair;
    return hand == 0 ? WHY0(TIMER_SLEEP) : WHY0(TIMER_NAT);
}

static const struct timer_pair_kind kind = { { pair_0, pair_1 }, pair_why };

static void timer_0(void *ctx)
{
    note(ctx, 0);
}

static void timer_1(void *ctx)
{
    note(ctx, 1);
}

static void begin(struct subject *subject, bool paired)
{
    *subject = (struct subject){ .sim = sim_new(1), .paired = paired };
    subject->node = probe_new(subject->sim, "a")->node;
    tally_watch(&subject->tally, subject->sim);
    timer_pair_init(&subject->pair, subject->node, &kind);
    timer_init(&subject->timers[0], subject->node, WHY0(TIMER_SLEEP), timer_0, subject);
    timer_init(&subject->timers[1], subject->node, WHY0(TIMER_NAT), timer_1, subject);
    sim_start(subject->sim);
}

static void start(struct subject *subject, unsigned hand, sim_time delay, uint64_t cause)
{
    sim_time due = sim_now(subject->sim) + delay;

    subject->node->part->cause = cause;
    if (subject->paired)
        timer_pair_start_at(&subject->pair, hand, due);
    else
        timer_start_at(&subject->timers[hand], due);
}

static void stop(struct subject *subject, unsigned hand)
{
    if (subject->paired)
        timer_pair_stop(&subject->pair, hand);
    else
        timer_stop(&subject->timers[hand]);
}

static struct subject two, pair;

static void a_pair_does_what_two_timers_do(void)
{
    struct random_stream random = { 42 };

    begin(&two, false);
    begin(&pair, true);
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned hand = (unsigned)random_below(&random, 2),
                 act = (unsigned)random_below(&random, 6);
        sim_time delay = (sim_time)random_below(&random, 8), to = sim_now(two.sim) + delay / 2;

        if (act == 0) {
            stop(&two, hand);
            stop(&pair, hand);
        } else if (act < 5) {
            start(&two, hand, delay, i + 1);
            start(&pair, hand, delay, i + 1);
        } else {
            OK(sim_run(two.sim, to, STEPS));
            OK(sim_run(pair.sim, to, STEPS));
        }
        EQ(sim_next(two.sim), sim_next(pair.sim));
    }
    OK(sim_run(two.sim, SIM_TIME_NONE, STEPS));
    OK(sim_run(pair.sim, SIM_TIME_NONE, STEPS));
    OK(two.n > 100);
    EQ(two.n, pair.n);
    EQ(sim_events(two.sim), sim_events(pair.sim));
    for (unsigned i = 0; i < two.n; i++) {
        EQ(two.fired[i].at, pair.fired[i].at);
        EQ(two.fired[i].hand, pair.fired[i].hand);
        EQ(two.fired[i].cause, pair.fired[i].cause);
        EQ(two.fired[i].id, pair.fired[i].id);
    }
    EQ(pair.tally.last.why.code, two.tally.last.why.code);
    sim_free(two.sim);
    sim_free(pair.sim);
}

static void one_entry_stands_in_the_queue(void)
{
    begin(&pair, true);
    start(&pair, 0, 100, 0);
    start(&pair, 1, 50, 0);
    EQ(queue_n(&pair.node->part->queue), 1);
    EQ(sim_next(pair.sim), 50);
    OK(sim_run(pair.sim, 60, 10));
    EQ(pair.n, 1);
    EQ(queue_n(&pair.node->part->queue), 1);
    stop(&pair, 0);
    EQ(sim_next(pair.sim), SIM_TIME_NONE);
    EQ(queue_n(&pair.node->part->queue), 0);
    sim_free(pair.sim);
}

static void fini_takes_the_entry_out(void)
{
    begin(&pair, true);
    start(&pair, 0, 100, 0);
    start(&pair, 1, 100, 0);
    timer_pair_fini(&pair.pair);
    OK(!event_queued(&pair.pair.event));
    OK(sim_run(pair.sim, SIM_TIME_NONE, 10));
    EQ(pair.n, 0);
    sim_free(pair.sim);
}

UNIT_MAIN("pair of timers", TEST(a_pair_does_what_two_timers_do),
          TEST(one_entry_stands_in_the_queue), TEST(fini_takes_the_entry_out))
