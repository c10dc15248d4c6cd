/*
 * A ring of nodes that talk without end, for tests of engines: whatever carries them out, the same
 * happens.
 */
#ifndef WW_TESTS_RING_RIG_H
#define WW_TESTS_RING_RIG_H

#include <stdio.h>

#include "sim/timer.h"
#include "tests/support/sim_rig.h"

/*
 * A ring of nodes that pass every frame on, the other way round for odd ones, with a timer each
 * that now and then sends a new one. The tally's hash is over all records in their order.
 */
enum { RING_NODES = 24, RING_HOPS_MAX = 40 };

struct passer {
    struct timer timer;
    struct random_stream random;
    uint32_t started, most;
};

struct change {
    struct link *link;
    bool up, shorter;
};

struct ring {
    struct sim *sim;
    struct link *links[RING_NODES];
    struct passer passers[RING_NODES];
    struct tally tally;
    struct change changes[3 * RING_NODES];
};

static inline void ring_pass_on(struct iface *iface, struct frame *frame)
{
    struct node *node = iface->node;
    uint32_t number;

    frame_writable(frame);
    number = be32_get(frame->data + 14);
    be32_put(frame->data + 14, number + 2);
    if (number / 2 % RING_HOPS_MAX == 0)
        node_drop(node, iface, frame, DROP_NOT_FOR_ME);
    else
        iface_send(node->ifaces[1 - iface->index], frame);
}

/* An act of the scenario makes a node send: that, too, comes through the cut in time. */
static inline void ring_greet(struct iface *iface, bool up)
{
    if (up)
        iface_send(iface, probe_frame(iface->node, &MAC_BROADCAST, &MAC_ZERO, 100, 2));
}

static const struct node_ops passer_ops = { .kind = "host",
                                            .receive = ring_pass_on,
                                            .carrier = ring_greet };

static inline void ring_start_one(void *ctx)
{
    struct passer *passer = ctx;
    struct node *node = passer->timer.node;
    uint32_t draw = (uint32_t)random_below(&passer->random, 1000);

    if (passer->started++ < passer->most)
        timer_start(&passer->timer, SIM_USEC(1) * (1 + draw / 3));
    iface_send(node->ifaces[draw % 2],
               probe_frame(node, &MAC_BROADCAST, &MAC_ZERO, 60 + draw, 2 + draw % 2));
    if (draw % 50 == 0)
        iface_set_up(node->ifaces[0], !node->ifaces[0]->up);
}

static inline void ring_make(struct ring *ring, sim_time delay, uint32_t most)
{
    struct link_config config = { .rate = 100000000, .delay = delay, .queue = 2 };

    memset(ring, 0, sizeof *ring);
    ring->sim = sim_new(5);
    for (uint32_t i = 0; i < RING_NODES; i++) {
        char name[16];
        struct node *node;

        snprintf(name, sizeof name, "n%u", i);
        node = sim_add_node(ring->sim, name, &passer_ops);
        iface_add(node, "a", &MAC_ZERO);
        iface_add(node, "b", &MAC_ZERO);
        node_random(node, &ring->passers[i].random, "test");
        timer_init(&ring->passers[i].timer, node, WHY0(TIMER_SLEEP), ring_start_one,
                   &ring->passers[i]);
        timer_start(&ring->passers[i].timer, i * 100);
        ring->passers[i].most = most;
    }
    for (uint32_t i = 0; i < RING_NODES; i++) {
        config.loss = i % 5 == 0 ? 30000 : 0;
        config.reorder = i % 7 == 0 ? 100000 : 0;
        config.duplicate = i % 6 == 0 ? 50000 : 0;
        ring->links[i] = sim_add_link(ring->sim, ring->sim->nodes[i]->ifaces[1],
                                      ring->sim->nodes[(i + 1) % RING_NODES]->ifaces[0], &config);
    }
    tally_watch(&ring->tally, ring->sim);
    sim_start(ring->sim);
}

static inline void ring_act(void *ctx)
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

/* Every cable is pulled and plugged in again; a few lose their delay, so that nobody can run ahead.
 */
static inline void ring_plan(struct ring *ring, bool shorter)
{
    struct change *changes = ring->changes;

    for (uint32_t i = 0; i < RING_NODES; i++) {
        changes[3 * i] = (struct change){ ring->links[i], false, false };
        changes[3 * i + 1] = (struct change){ ring->links[i], true, false };
        changes[3 * i + 2] = (struct change){ ring->links[i], true, true };
        sim_at(ring->sim, SIM_USEC(900) * i, ring_act, &changes[3 * i]);
        sim_at(ring->sim, SIM_USEC(900) * i + SIM_USEC(850), ring_act, &changes[3 * i + 1]);
        if (shorter)
            sim_at(ring->sim, SIM_MSEC(18) + SIM_USEC(10) * i, ring_act, &changes[3 * i + 2]);
    }
}

#endif
