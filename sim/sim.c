#include "sim/sim.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/list.h"
#include "sim/channel.h"
#include "sim/engine.h"
#include "sim/medium.h"

struct sim *sim_new(uint64_t seed)
{
    struct sim *sim = mem_zalloc(sizeof *sim);

    sim->seed = seed;
    sim->n_parts = 1;
    sim->parts = mem_alloc(sizeof(struct part *));
    sim->parts[0] = mem_zalloc(sizeof(struct part));
    sim->parts[0]->sim = sim;
    queue_init(&sim->parts[0]->queue);
    queue_init(&sim->controls);
    return sim;
}

void sim_scatter(struct sim *sim)
{
    CHECK(sim->n_nodes == 0);
    arena_scatter(&sim->arena, true);
    arena_scatter(&sim->parts[0]->arena, true);
}

static void part_free(struct part *part)
{
    if (part == NULL)
        return;
    queue_fini(&part->queue);
    frame_reclaim(part);
    arena_fini(&part->arena);
    free(part);
}

void sim_free(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->n_nodes; i++)
        if (sim->nodes[i]->ops->free != NULL)
            sim->nodes[i]->ops->free(sim->nodes[i]); /* which may still send */
    if (sim->engine != NULL)
        sim->engine->ops->free(sim->engine);
    for (uint32_t i = 0; i < sim->n_parts; i++)
        part_free(sim->parts[i]);
    part_free(sim->elsewhere);
    for (uint32_t i = 0; i < sim->n_logs; i++)
        channel_free(sim->logs[i]);
    free(sim->logs);
    queue_fini(&sim->controls);
    arena_fini(&sim->arena);
    free(sim->parts);
    free(sim->nodes);
    free(sim->links);
    free(sim);
}

struct node *sim_add_node(struct sim *sim, const char *name, const struct node_ops *ops)
{
    struct node *node = arena_alloc_lines(&sim->arena, sizeof *node);

    CHECK(!sim->started && sim->n_nodes < EVENT_NODE_MAX);
    node->sim = sim;
    node->part = sim->parts[0];
    node->ops = ops;
    node->name = arena_strdup(&sim->arena, name);
    ARRAY_PUSH(sim->nodes, sim->n_nodes, sim->nodes_size, node);
    node->id = sim->n_nodes;
    node->last_record = (uint64_t)node->id << RECORD_COUNT_BITS;
    return node;
}

struct link *sim_add_link(struct sim *sim, struct iface *a, struct iface *b,
                          const struct link_config *config)
{
    struct link *link = arena_alloc_lines(&sim->arena, sizeof *link);

    CHECK(!sim->started);
    link_init(link, sim, sim->n_links, a, b, config);
    ARRAY_PUSH(sim->links, sim->n_links, sim->links_size, link);
    return link;
}

struct part *sim_elsewhere(struct sim *sim)
{
    if (sim->elsewhere == NULL) {
        sim->elsewhere = mem_zalloc(sizeof *sim->elsewhere);
        sim->elsewhere->sim = sim;
        queue_init(&sim->elsewhere->queue);
        sim->elsewhere->now = sim->parts[0]->now;
    }
    return sim->elsewhere;
}

void sim_skip_link(struct sim *sim)
{
    ARRAY_PUSH(sim->links, sim->n_links, sim->links_size, NULL);
}

static void tell_wants(struct sim *sim)
{
    uint32_t wants = 0;

    for (const struct observer *observer = sim->observers; observer != NULL;
         observer = observer->next)
        wants |= observer->wants;
    for (uint32_t i = 0; i < sim->n_parts; i++)
        sim->parts[i]->wants = wants | sim->parts[i]->later;
}

void sim_observe(struct sim *sim, struct observer *observer)
{
    struct observer **at = &sim->observers;

    while (*at != NULL)
        at = &(*at)->next;
    *at = observer;
    observer->next = NULL;
    tell_wants(sim);
}

void sim_unobserve(struct sim *sim, struct observer *observer)
{
    struct observer **at = &sim->observers;

    while (*at != NULL && *at != observer)
        at = &(*at)->next;
    if (*at != NULL)
        *at = observer->next;
    tell_wants(sim);
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
    struct part *part = control->sim->parts[0];
    bool acting = part->acting;

    part->acting = false;
    control->act(control->ctx);
    part->acting = acting;
}

void sim_at(struct sim *sim, sim_time at, void (*act)(void *ctx), void *ctx)
{
    struct control *control = arena_alloc(&sim->arena, sizeof *control);

    CHECK(at >= sim_now(sim));
    event_init(&control->event, control_fires);
    control->sim = sim;
    control->act = act;
    control->ctx = ctx;
    queue_push_at(sim->engine == NULL ? &sim->parts[0]->queue : &sim->controls, &control->event, at,
                  event_order(EVENT_CONTROL, 0, 0), sim->control_counter++);
}

/* Acts come before all else of their moment: their number stands where others have their nodes. */
void sim_mark(struct sim *sim)
{
    struct part *part = sim->parts[0];

    sim->mark++;
    if (part->log != NULL)
        part->place = (struct event_key){ part->now, sim->n_acts, sim->mark };
}

void sim_mark_act(struct sim *sim)
{
    sim->n_acts++;
    sim->mark = 0;
    sim_mark(sim);
}

sim_time sim_now(const struct sim *sim)
{
    sim_time now = sim->parts[0]->now;

    if (sim->elsewhere != NULL && sim->elsewhere->now > now)
        now = sim->elsewhere->now;
    for (uint32_t i = 1; i < sim->n_parts; i++)
        if (sim->parts[i]->now > now)
            now = sim->parts[i]->now;
    return now;
}

sim_time sim_next(struct sim *sim)
{
    return engine_seq_next(sim);
}

bool sim_step(struct sim *sim, sim_time until)
{
    sim_time next = sim_next(sim);

    if (next == SIM_TIME_NONE || next > until)
        return false;
    CHECK(sim->engine == NULL); /* whoever steps has one partition */
    part_fire(sim->parts[0]);
    return true;
}

bool sim_run(struct sim *sim, sim_time until, uint64_t budget)
{
    return sim_run_slice(sim, until, budget, UINT64_MAX);
}

bool sim_run_slice(struct sim *sim, sim_time until, uint64_t budget, uint64_t about)
{
    CHECK(sim->started);
    if (sim->engine != NULL)
        return sim->engine->ops->run(sim->engine, until, budget, about);
    return engine_seq_run(sim, NULL, until, about < budget ? about : budget);
}

uint64_t sim_events(const struct sim *sim)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < sim->n_parts; i++)
        n += sim->parts[i]->n_events;
    return sim->elsewhere != NULL ? n + sim->elsewhere->n_events : n;
}

uint64_t sim_hops(const struct sim *sim)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < sim->n_parts; i++)
        n += sim->parts[i]->n_hops;
    return sim->elsewhere != NULL ? n + sim->elsewhere->n_hops : n;
}
