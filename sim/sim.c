#include "sim/sim.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/list.h"
#include "sim/medium.h"
#include "sim/timer.h"

struct sim *sim_new(uint64_t seed)
{
    struct sim *sim = mem_zalloc(sizeof *sim);

    sim->seed = seed;
    sim->n_parts = 1;
    sim->parts = mem_alloc(sizeof(struct part *));
    sim->parts[0] = mem_zalloc(sizeof(struct part));
    sim->parts[0]->sim = sim;
    return sim;
}

void sim_free(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->n_nodes; i++)
        if (sim->nodes[i]->ops->free != NULL)
            sim->nodes[i]->ops->free(sim->nodes[i]);
    for (uint32_t i = 0; i < sim->n_parts; i++) {
        queue_fini(&sim->parts[i]->queue);
        frame_reclaim(sim->parts[i]);
        arena_fini(&sim->parts[i]->arena);
        free(sim->parts[i]);
    }
    arena_fini(&sim->arena);
    free(sim->parts);
    free(sim->nodes);
    free(sim->links);
    free(sim);
}

struct node *sim_add_node(struct sim *sim, const char *name, const struct node_ops *ops)
{
    struct node *node = arena_alloc(&sim->arena, sizeof *node);

    CHECK(!sim->started && sim->n_nodes < EVENT_NODE_MAX);
    node->sim = sim;
    node->part = sim->parts[0];
    node->ops = ops;
    node->name = arena_strdup(&sim->arena, name);
    ARRAY_PUSH(sim->nodes, sim->n_nodes, sim->nodes_size, node);
    node->id = sim->n_nodes;
    return node;
}

struct link *sim_add_link(struct sim *sim, struct iface *a, struct iface *b,
                          const struct link_config *config)
{
    struct link *link = arena_alloc(&sim->arena, sizeof *link);

    CHECK(!sim->started);
    link_init(link, sim, sim->n_links, a, b, config);
    ARRAY_PUSH(sim->links, sim->n_links, sim->links_size, link);
    return link;
}

void sim_observe(struct sim *sim, struct observer *observer)
{
    for (uint32_t i = 0; i < sim->n_parts; i++) {
        struct observer **at = &sim->parts[i]->observers;

        while (*at != NULL)
            at = &(*at)->next;
        *at = observer;
        observer->next = NULL;
        sim->parts[i]->wants |= observer->wants;
    }
}

void sim_unobserve(struct sim *sim, struct observer *observer)
{
    for (uint32_t i = 0; i < sim->n_parts; i++) {
        struct part *part = sim->parts[i];
        struct observer **at = &part->observers;

        part->wants = 0;
        while (*at != NULL) {
            if (*at == observer) {
                *at = observer->next;
                continue;
            }
            part->wants |= (*at)->wants;
            at = &(*at)->next;
        }
    }
}

void sim_start(struct sim *sim)
{
    CHECK(!sim->started);
    medium_build_all(sim);
    sim->started = true;
}

struct control {
    struct event event;
    struct sim *sim;
    void (*act)(void *ctx);
    void *ctx;
};

static void control_fires(struct event *event)
{
    struct control *control = CONTAINER_OF(event, struct control, event);

    control->sim->parts[0]->cause = 0;
    control->act(control->ctx);
}

void sim_at(struct sim *sim, sim_time at, void (*act)(void *ctx), void *ctx)
{
    struct control *control = arena_alloc(&sim->arena, sizeof *control);
    struct event_key key = { at, event_order(EVENT_CONTROL, 0, 0), sim->control_counter++ };

    CHECK(at >= sim_now(sim));
    event_init(&control->event, control_fires);
    control->sim = sim;
    control->act = act;
    control->ctx = ctx;
    queue_push(&sim->parts[0]->queue, &control->event, &key);
}

sim_time sim_now(const struct sim *sim)
{
    return sim->parts[0]->now;
}

sim_time sim_next(struct sim *sim)
{
    struct part *part = sim->parts[0];
    const struct queue_entry *head;

    while (timer_settle_head(part))
        continue;
    head = queue_head(&part->queue);
    return head == NULL ? SIM_TIME_NONE : head->key.at;
}

static bool due(struct sim *sim, sim_time until)
{
    sim_time next = sim_next(sim);

    return next != SIM_TIME_NONE && next <= until;
}

static void fire_head(struct part *part)
{
    struct event_key key;
    struct event *event = queue_pop(&part->queue, &key);

    CHECK(key.at >= part->now);
    part->now = key.at;
    part->cause = 0;
    part->n_events++;
    event->fire(event);
}

bool sim_step(struct sim *sim, sim_time until)
{
    if (!due(sim, until))
        return false;
    fire_head(sim->parts[0]);
    return true;
}

bool sim_run(struct sim *sim, sim_time until, uint64_t budget)
{
    struct part *part = sim->parts[0];

    CHECK(sim->started);
    while (due(sim, until)) {
        if (budget-- == 0)
            return false;
        fire_head(part);
    }
    if (until != SIM_TIME_NONE && until > part->now)
        part->now = until;
    return true;
}

uint64_t sim_events(const struct sim *sim)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < sim->n_parts; i++)
        n += sim->parts[i]->n_events;
    return n;
}

uint64_t sim_hops(const struct sim *sim)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < sim->n_parts; i++)
        n += sim->parts[i]->n_hops;
    return n;
}
