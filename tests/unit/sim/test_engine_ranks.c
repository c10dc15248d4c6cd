#include "sim/engine_ranks.h"

#include "sim/engine.h"
#include "tests/support/ranks_threads.h"
#include "tests/support/ring_rig.h"
#include "tests/support/unit.h"

/* What a story comes to: at rank 0, or on one engine. */
struct told {
    sim_time delay;
    bool shorter;
    uint64_t budget;
    uint64_t hash, events, hops;
    uint32_t drops[DROP_N_REASONS];
    sim_time now;
    bool over;
};

static void tell(struct ring *ring, struct told *told)
{
    told->hash = ring->tally.hash;
    told->events = sim_events(ring->sim);
    told->hops = sim_hops(ring->sim);
    told->now = sim_now(ring->sim);
    memcpy(told->drops, ring->tally.drops, sizeof told->drops);
}

/* Rank 0 watches for all. */
static void live(struct ranks *ranks, void *ctx)
{
    struct told *told = ctx;
    struct ring *ring = mem_zalloc(sizeof *ring);
    bool over = false;

    ring_make(ring, told->delay, 30);
    if (ranks != NULL && ranks->me != 0)
        sim_unobserve(ring->sim, &ring->tally.observer);
    if (ranks != NULL)
        engine_ranks_use(ring->sim, ranks, NULL);
    ring_plan(ring, told->shorter);
    if (told->budget == 0) {
        over = sim_run(ring->sim, SIM_MSEC(10), UINT64_C(1) << 40);
        while (over && !sim_run_slice(ring->sim, SIM_TIME_NONE, UINT64_C(1) << 40, 1000))
            continue;
    } else {
        over = sim_run(ring->sim, SIM_TIME_NONE, told->budget);
    }
    if (ranks == NULL || ranks->me == 0) {
        tell(ring, told);
        told->over = over;
    }
    sim_free(ring->sim);
    free(ring);
}

static struct told story(uint32_t n_ranks, sim_time delay, bool shorter, uint64_t budget)
{
    struct told told = { .delay = delay, .shorter = shorter, .budget = budget };

    if (n_ranks == 1)
        live(NULL, &told);
    else
        crew_run(n_ranks, live, &told);
    return told;
}

static void same(const struct told *a, const struct told *b)
{
    EQ(a->hash, b->hash);
    EQ(a->events, b->events);
    EQ(a->hops, b->hops);
    EQ(a->now, b->now);
    EQ(a->over, b->over);
    EQ_MEM(a->drops, b->drops, sizeof a->drops);
}

static void all_records_are_the_same_in_the_same_order(void)
{
    static const sim_time delays[] = { SIM_NSEC(100), SIM_USEC(5), SIM_MSEC(1) };

    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        struct told one = story(1, delays[i], false, 0);

        OK(one.drops[DROP_LINK_CUT] > 0 && one.drops[DROP_LINK_DOWN] > 0);
        for (uint32_t n = 2; n <= 3; n++) {
            struct told several = story(n, delays[i], false, 0);

            same(&several, &one);
        }
    }
}

static void cables_without_delay_are_run_in_order(void)
{
    struct told one = story(1, SIM_USEC(5), true, 0), several = story(3, SIM_USEC(5), true, 0);

    same(&several, &one);
}

static void a_budget_ends_at_the_same_event(void)
{
    for (uint64_t budget = 1; budget < 2000; budget = 3 * budget + 1) {
        struct told one = story(1, SIM_USEC(5), false, budget);
        struct told several = story(3, SIM_USEC(5), false, budget);

        EQ(one.events, budget);
        same(&several, &one);
    }
}

UNIT_MAIN("engine_ranks", TEST(all_records_are_the_same_in_the_same_order),
          TEST(cables_without_delay_are_run_in_order), TEST(a_budget_ends_at_the_same_event))
