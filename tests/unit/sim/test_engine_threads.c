#include "sim/engine_threads.h"

#include "base/list.h"
#include "sim/engine.h"
#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

/*
 * A ring of nodes that pass every frame on, the other way round for odd ones, with a timer each
 * that now and then sends a new one. The tally's hash is over all records in their order.
 */
enum { NODES = 24, HOPS_MAX = 40 };

struct passer {
    struct timer timer;
    struct random_stream random;
    uint32_t started;
};

struct ring {
    struct sim *sim;
    struct link *links[NODES];
    struct passer passers[NODES];
    struct tally tally;
};

static void pass_on(struct iface *iface, struct frame *frame)
{
    struct node *node = iface->node;
    uint32_t number;

    frame_writable(frame);
    number = be32_get(frame->data + 14);
    be32_put(frame->data + 14, number + 2);
    if (number / 2 % HOPS_MAX == 0)
        node_drop(node, iface, frame, DROP_NOT_FOR_ME);
    else
        iface_send(node->ifaces[1 - iface->index], frame);
}

/* An act of the scenario makes a node send: that, too, comes through the cut in time. */
static void greet(struct iface *iface, bool up)
{
    if (up)
        iface_send(iface, probe_frame(iface->node, &MAC_BROADCAST, &MAC_ZERO, 100, 2));
}

static const struct node_ops passer_ops = { .kind = "host", .receive = pass_on, .carrier = greet };

static void start_one(void *ctx)
{
    struct passer *passer = ctx;
    struct node *node = passer->timer.node;
    uint32_t draw = (uint32_t)random_below(&passer->random, 1000);

    if (passer->started++ < 200)
        timer_start(&passer->timer, SIM_USEC(1) * (1 + draw / 3));
    iface_send(node->ifaces[draw % 2],
               probe_frame(node, &MAC_BROADCAST, &MAC_ZERO, 60 + draw, 2 + draw % 2));
    if (draw % 50 == 0)
        iface_set_up(node->ifaces[0], !node->ifaces[0]->up);
}

static void make(struct ring *ring, sim_time delay)
{
    struct link_config config = { .rate = 100000000, .delay = delay, .queue = 2 };

    memset(ring, 0, sizeof *ring);
    ring->sim = sim_new(5);
    for (uint32_t i = 0; i < NODES; i++) {
        char name[16];
        struct node *node;

        snprintf(name, sizeof name, "n%u", i);
        node = sim_add_node(ring->sim, name, &passer_ops);
        iface_add(node, "a", &MAC_ZERO);
        iface_add(node, "b", &MAC_ZERO);
        node_random(node, &ring->passers[i].random, "test");
        timer_init(&ring->passers[i].timer, node, WHY0(TIMER_SLEEP), start_one, &ring->passers[i]);
        timer_start(&ring->passers[i].timer, i * 100);
    }
    for (uint32_t i = 0; i < NODES; i++) {
        config.loss = i % 5 == 0 ? 30000 : 0;
        config.reorder = i % 7 == 0 ? 100000 : 0;
        config.duplicate = i % 6 == 0 ? 50000 : 0;
        ring->links[i] = sim_add_link(ring->sim, ring->sim->nodes[i]->ifaces[1],
                                      ring->sim->nodes[(i + 1) % NODES]->ifaces[0], &config);
    }
    tally_watch(&ring->tally, ring->sim);
    sim_start(ring->sim);
}

struct change {
    struct link *link;
    bool up, shorter;
};

static void act(void *ctx)
{
    struct change *change = ctx;
    struct link_config config = change->link->config;

    if (change->shorter) {
        config.delay = 0;
        config.rate = 0;
        link_configure(change->link, &config);
    } else
        link_set_state(change->link, change->up);
}

static struct change changes[4 * NODES];

/* Every cable is pulled and plugged in again; a few lose their delay, so that nobody can run ahead.
 */
static void plan(struct ring *ring, bool shorter)
{
    for (uint32_t i = 0; i < NODES; i++) {
        changes[3 * i] = (struct change){ ring->links[i], false, false };
        changes[3 * i + 1] = (struct change){ ring->links[i], true, false };
        changes[3 * i + 2] = (struct change){ ring->links[i], true, true };
        sim_at(ring->sim, SIM_USEC(900) * i, act, &changes[3 * i]);
        sim_at(ring->sim, SIM_USEC(900) * i + SIM_USEC(850), act, &changes[3 * i + 1]);
        if (shorter)
            sim_at(ring->sim, SIM_MSEC(18) + SIM_USEC(10) * i, act, &changes[3 * i + 2]);
    }
}

static uint64_t story(uint64_t n_threads, sim_time delay, bool shorter, uint64_t *events)
{
    static struct ring ring;
    uint64_t hash;

    make(&ring, delay);
    if (n_threads > 1) {
        OK(engine_threads_use(ring.sim, n_threads));
        EQ(ring.sim->n_parts, n_threads);
    }
    plan(&ring, shorter);
    OK(sim_run(ring.sim, SIM_MSEC(10), UINT64_C(1) << 40));
    EQ(sim_now(ring.sim), SIM_MSEC(10));
    while (!sim_run_slice(ring.sim, SIM_TIME_NONE, UINT64_C(1) << 40, 1000))
        continue;
    for (uint32_t i = 0; i < ring.sim->n_parts; i++)
        EQ(ring.sim->parts[i]->frames_alive, 0);
    *events = sim_events(ring.sim);
    OK(sim_hops(ring.sim) > 5000);
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
            make(&ring, SIM_USEC(5));
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

    make(&ring, SIM_NSEC(1));
    OK(engine_threads_use(ring.sim, 3));
    for (uint32_t i = 0; i < NODES; i++)
        timer_start(&ring.passers[i].timer, SIM_SEC(7200) + (NODES - i) * SIM_SEC(100));
    OK(sim_run(ring.sim, SIM_TIME_NONE, UINT64_C(1) << 40));
    OK(sim_now(ring.sim) > SIM_SEC(7200));
    sim_free(ring.sim);
}

UNIT_MAIN("engine_threads", TEST(all_records_are_the_same_in_the_same_order),
          TEST(cables_without_delay_are_run_in_order), TEST(a_budget_ends_at_the_same_event),
          TEST(what_does_not_fall_apart_stays_with_one_engine), TEST(idle_time_is_cut_through))
