#include "sim/engine_threads.h"

#include "base/list.h"
#include "sim/engine.h"
#include "tests/support/ring_rig.h"
#include "tests/support/unit.h"

static uint64_t story(uint64_t n_threads, sim_time delay, bool shorter, uint64_t *events)
{
    static struct ring ring;
    uint64_t hash;

    ring_make(&ring, delay, 200);
    if (n_threads > 1) {
        OK(engine_threads_use(ring.sim, n_threads));
        EQ(ring.sim->n_parts, n_threads);
    }
    ring_plan(&ring, shorter);
    OK(sim_run(ring.sim, SIM_MSEC(10), UINT64_C(1) << 40));
    EQ(sim_now(ring.sim), SIM_MSEC(10));
    while (!sim_run_slice(ring.sim, SIM_TIME_NONE, UINT64_C(1) << 40, 1000))
        continue;
    for (uint32_t i = 0; i < ring.sim->n_parts; i++)
        EQ(ring.sim->parts[i]->frames_alive, 0);
    *events = sim_events(ring.sim);
    OK(sim_hops(ring.sim) > 4000);
    OK(ring.tally.drops[DROP_LINK_CUT] > 0 && ring.tally.drops[DROP_LINK_LOSS] > 0);
    OK(ring.tally.drops[DROP_LINK_DOWN] > 0 && ring.tally.drops[DROP_QUEUE_FULL] > 0);
    hash = ring.tally.hash;
    sim_free(ring.sim);
    return hash;
}

static void all_records_are_the_same_in_the_same_order(void)
{
    static const sim_time delays[] = { SIM_NSEC(100), SIM_USEC(5), SIM_MSEC(1) };

    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        uint64_t events, of_one, hash = story(1, delays[i], false, &of_one);

        for (uint64_t n = 2; n <= 5; n++) {
            EQ(story(n, delays[i], false, &events), hash);
            EQ(events, of_one);
        }
    }
}

/* How many frames were sent before each drop. */
struct counter {
    struct observer observer;
    uint64_t n, n_drops, hash;
};

static void take(struct observer *observer, const struct record *record)
{
    struct counter *counter = CONTAINER_OF(observer, struct counter, observer);

    if (record->kind == RECORD_SEND) {
        counter->n++;
    } else {
        counter->n_drops++;
        counter->hash = counter->hash * 1099511628211 + counter->n;
    }
}

static void count(struct observer *observer, uint64_t n)
{
    CONTAINER_OF(observer, struct counter, observer)->n += n;
}

static struct counter counted(uint64_t n_threads)
{
    static struct ring ring;
    struct counter counter = { .observer = { .wants =
                                                 RECORD_BIT(RECORD_SEND) | RECORD_BIT(RECORD_DROP),
                                             .counts = RECORD_BIT(RECORD_SEND),
                                             .record = take,
                                             .count = count } };

    ring_make(&ring, SIM_USEC(5), 200);
    sim_unobserve(ring.sim, &ring.tally.observer);
    sim_observe(ring.sim, &counter.observer);
    if (n_threads > 1)
        OK(engine_threads_use(ring.sim, n_threads));
    ring_plan(&ring, false);
    OK(sim_run(ring.sim, SIM_TIME_NONE, UINT64_C(1) << 40));
    sim_unobserve(ring.sim, &counter.observer);
    sim_free(ring.sim);
    return counter;
}

static void what_is_only_counted_is_counted_in_the_order_of_the_run(void)
{
    struct counter one = counted(1);

    OK(one.n > 5000 && one.n_drops > 0);
    for (uint64_t n = 2; n <= 4; n++) {
        struct counter other = counted(n);

        EQ(other.n, one.n);
        EQ(other.n_drops, one.n_drops);
        EQ(other.hash, one.hash);
    }
}

static void cables_without_delay_are_run_in_order(void)
{
    uint64_t events, of_one, hash = story(1, SIM_USEC(5), true, &of_one);

    EQ(story(3, SIM_USEC(5), true, &events), hash);
    EQ(events, of_one);
}

static void a_budget_ends_at_the_same_event(void)
{
    static struct ring ring;

    for (uint64_t budget = 1; budget < 10000; budget = 3 * budget + 1) {
        uint64_t hash = 0;

        for (uint64_t n = 1; n <= 3; n++) {
            ring_make(&ring, SIM_USEC(5), 200);
            if (n > 1)
                OK(engine_threads_use(ring.sim, n));
            OK(!sim_run(ring.sim, SIM_TIME_NONE, budget));
            EQ(sim_events(ring.sim), budget);
            if (n == 1)
                hash = ring.tally.hash;
            EQ(ring.tally.hash, hash);
            sim_free(ring.sim);
        }
    }
}

static void what_does_not_fall_apart_stays_with_one_engine(void)
{
    struct sim *sim = sim_new(1);
    struct probe *a = probe_new(sim, "a"), *b = probe_new(sim, "b");
    struct link_config config = { .rate = 0, .delay = 0, .queue = 10 };

    sim_add_link(sim, a->iface, b->iface, &config);
    sim_start(sim);
    OK(!engine_threads_use(sim, 4));
    EQ(sim->n_parts, 1);
    probe_send(a, 100, 7);
    OK(sim_run(sim, SIM_TIME_NONE, 100));
    EQ(b->n, 1);
    sim_free(sim);
}

/* Two hours between two frames take no more steps than two microseconds. */
static void idle_time_is_cut_through(void)
{
    static struct ring ring;

    ring_make(&ring, SIM_NSEC(1), 200);
    OK(engine_threads_use(ring.sim, 3));
    for (uint32_t i = 0; i < RING_NODES; i++)
        timer_start(&ring.passers[i].timer, SIM_SEC(7200) + (RING_NODES - i) * SIM_SEC(100));
    OK(sim_run(ring.sim, SIM_TIME_NONE, UINT64_C(1) << 40));
    OK(sim_now(ring.sim) > SIM_SEC(7200));
    sim_free(ring.sim);
}

UNIT_MAIN("engine_threads", TEST(all_records_are_the_same_in_the_same_order),
          TEST(what_is_only_counted_is_counted_in_the_order_of_the_run),
          TEST(cables_without_delay_are_run_in_order), TEST(a_budget_ends_at_the_same_event),
          TEST(what_does_not_fall_apart_stays_with_one_engine), TEST(idle_time_is_cut_through))
