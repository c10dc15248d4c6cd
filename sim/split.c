/* Nodes are spread over partitions, and the cables between them cut. */
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "sim/cut.h"
#include "sim/engine.h"
#include "sim/partition.h"

/* Two stations of a hub, the hub itself, and what no time lies between, stay together. */
static sim_time look_ahead_of(const struct link *link)
{
    sim_time look_ahead = SIM_TIME_NONE;

    for (int side = 0; side < 2; side++) {
        sim_time one = link_look_ahead(&link->dir[side]);

        if (link->dir[side].from->node->ops->is_repeater)
            return 0;
        if (one < look_ahead)
            look_ahead = one;
    }
    return look_ahead;
}

/* What a node is expected to have to do: each cable brings frames, and what is sent or received in
 * the end costs more than what is passed on. */
static uint32_t weight_of(const struct node *node)
{
    uint32_t cables = 0;

    for (uint32_t i = 0; i < node->n_ifaces; i++)
        cables += node->ifaces[i]->end != NULL;
    return 2 + cables;
}

uint32_t split_assign(const struct sim *sim, uint32_t n_parts, uint32_t *part_of)
{
    uint32_t *weight = mem_alloc((sim->n_nodes + 1) * sizeof *weight), n;
    struct partition_edge *edges = mem_alloc((sim->n_links + 1) * sizeof *edges);

    for (uint32_t i = 0; i < sim->n_nodes; i++)
        weight[i] = weight_of(sim->nodes[i]);
    for (uint32_t i = 0; i < sim->n_links; i++)
        edges[i] = (struct partition_edge){ sim->links[i]->dir[0].from->node->id - 1,
                                            sim->links[i]->dir[1].from->node->id - 1,
                                            look_ahead_of(sim->links[i]) };
    n = partition_graph(sim->n_nodes, weight, edges, sim->n_links, n_parts, part_of);
    free(weight);
    free(edges);
    return n;
}

/* Partitions stand in memory so that no two share a line. */
static struct part *part_new(struct sim *sim, uint32_t index)
{
    struct part *part = mem_zalloc(sizeof *part + CACHE_LINE);

    part->sim = sim;
    queue_init(&part->queue);
    part->index = index;
    part->now = sim->parts[0]->now;
    part->wants = sim->parts[0]->wants;
    return part;
}

/* Events that were due in the only partition go to that of their node. */
void split_move_events(struct sim *sim)
{
    struct queue all = sim->parts[0]->queue;
    struct event_key key;

    queue_init(&sim->parts[0]->queue);
    while (queue_head(&all) != NULL) {
        struct event *event = queue_pop(&all, &key);
        uint32_t node = event_receiver_of(key.order);

        queue_push(node == 0 ? &sim->controls : &sim->nodes[node - 1]->part->queue, event, &key);
    }
    queue_fini(&all);
}

static void make_parts(struct sim *sim, uint32_t n, const uint32_t *part_of)
{
    sim->parts = mem_realloc(sim->parts, n, sizeof(struct part *));
    sim->logs = mem_alloc(n * sizeof(struct channel *));
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            sim->parts[i] = part_new(sim, i);
        sim->logs[i] = channel_new();
    }
    sim->n_parts = sim->n_logs = n;
    arena_scatter(&sim->parts[0]->arena, false); /* from now on nobody else's is in there */
    for (uint32_t i = 0; i < sim->n_nodes; i++)
        sim->nodes[i]->part = sim->parts[part_of[i]];
    split_move_events(sim);
}

static void cut_dir(struct split *split, struct link_dir *dir)
{
    struct split_lane *lane =
        split_lane(split, dir->from->node->part->index, dir->to->node->part->index);

    if (lane->channel == NULL)
        lane->channel = channel_new();
    cut_make(dir, lane->channel);
    split->cables[split->n_cables++] = dir;
}

static void cut_cables(struct split *split, struct sim *sim)
{
    split->cables = mem_alloc((2 * (size_t)sim->n_links + 1) * sizeof *split->cables);
    for (uint32_t i = 0; i < sim->n_links; i++) {
        struct link *link = sim->links[i];

        if (link->dir[0].from->node->part == link->dir[1].from->node->part)
            continue;
        for (int side = 0; side < 2; side++)
            cut_dir(split, &link->dir[side]);
    }
}

void split_look(struct split *split)
{
    split->least = SIM_TIME_NONE;
    for (uint32_t i = 0; i < split->n * split->n; i++)
        split->lanes[i].look_ahead = SIM_TIME_NONE;
    for (uint32_t i = 0; i < split->n_cables; i++) {
        const struct link_dir *dir = split->cables[i];
        struct split_lane *lane =
            split_lane(split, dir->from->node->part->index, dir->to->node->part->index);
        sim_time look_ahead = link_look_ahead(dir);

        if (look_ahead < lane->look_ahead)
            lane->look_ahead = look_ahead;
        if (look_ahead < split->least)
            split->least = look_ahead;
    }
}

struct split *split_new(struct sim *sim, uint32_t n_parts)
{
    uint32_t *part_of = mem_alloc((sim->n_nodes + 1) * sizeof *part_of);
    uint32_t n = split_assign(sim, n_parts, part_of);
    struct split *split = NULL;

    CHECK(sim->started && sim->n_parts == 1 && sim->parts[0]->frames_alive == 0);
    CHECK(sim->parts[0]->n_events == 0); /* no record of a node is on its way to an observer */
    if (n > 1) {
        split = mem_zalloc(sizeof *split);
        split->n = n;
        split->lanes = mem_zalloc((size_t)n * n * sizeof *split->lanes);
        make_parts(sim, n, part_of);
        cut_cables(split, sim);
        split_look(split);
    }
    free(part_of);
    return split;
}

void split_free(struct split *split)
{
    if (split == NULL)
        return;
    for (uint32_t i = 0; i < split->n * split->n; i++)
        channel_free(split->lanes[i].channel);
    free(split->lanes);
    free(split->cables);
    free(split);
}

void split_deliver(const struct split *split, uint32_t from)
{
    for (uint32_t to = 0; to < split->n; to++) {
        const struct split_lane *lane = &split->lanes[(size_t)from * split->n + to];

        if (lane->channel != NULL)
            cut_receive(lane->channel);
    }
}
