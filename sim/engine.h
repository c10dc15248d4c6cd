/*
 * Engines: what carries a simulation's partitions through time. The sequential one (engine_seq.c)
 * is always there; sim/engine_threads.h runs the partitions side by side. Whatever the engine and
 * the number of partitions, the same happens.
 *
 * A simulation is split once, after sim_start() and before anything is on its way. What one node
 * does to another then takes time, the look-ahead of the cable between them; only the scenario's
 * own acts (sim_at()) reach several nodes at once, and for those the partitions stand still.
 */
#ifndef WW_SIM_ENGINE_H
#define WW_SIM_ENGINE_H

#include "base/check.h"
#include "sim/sim.h"
#include "sim/timer.h"

struct channel;

struct engine_ops {
    const char *name;
    /* See sim_run_slice(). */
    bool (*run)(struct engine *engine, sim_time until, uint64_t budget, uint64_t about);
    /* See cut_recall(); NULL where nothing is at another rank. */
    void (*recall)(struct engine *engine, struct link_dir *dir);
    void (*free)(struct engine *engine);
};

struct engine { /* embed it in the engine's own data */
    const struct engine_ops *ops;
    struct sim *sim;
};

/* What an engine needs to know of the cut cables between two partitions. */
struct split_lane {
    struct channel *channel; /* NULL: no cable goes there */
    sim_time look_ahead;
};

struct split {
    uint32_t n;
    struct split_lane *lanes; /* from * n + to */
    struct link_dir **cables; /* all that are cut, both directions */
    uint32_t n_cables;
    sim_time least; /* look-ahead of all lanes; 0: partitions cannot run apart */
};

/**
 * split_new() - spread the nodes of @sim over up to @n_parts partitions. Returns NULL when it stays
 * in one. The split belongs to the engine, split_free() before sim_free() goes on.
 */
struct split *split_new(struct sim *sim, uint32_t n_parts);
/** split_assign() - set part_of[id - 1] of all nodes: which of up to @n_parts partitions they go
 * to. Returns how many there are. */
uint32_t split_assign(const struct sim *sim, uint32_t n_parts, uint32_t *part_of);
/** split_move_events() - what is due in the only partition so far goes to that of its node. */
void split_move_events(struct sim *sim);
void split_free(struct split *split);
/** split_look() - the cables' delays have changed. */
void split_look(struct split *split);
static inline struct split_lane *split_lane(const struct split *split, uint32_t from, uint32_t to)
{
    return &split->lanes[(size_t)from * split->n + to];
}
/** split_deliver() - what @from has sent to the others reaches them; everybody stands still. */
void split_deliver(const struct split *split, uint32_t from);

/** part_settle_timer() - @head is a timer whose due time may have moved: it goes where it belongs,
 * or stays. */
void part_settle_timer(struct part *part, struct queue_entry *head);

/** part_next() - the head of @part's queue, or NULL; it stands under the key that it has. */
static inline struct queue_entry *part_next(struct part *part)
{
    struct queue_entry *head;

    while ((head = queue_head(&part->queue)) != NULL && UNLIKELY(head->event->moved))
        part_settle_timer(part, head);
    return head;
}

/** part_next_at() - when the next event of @part is due. engine_next_act(): the scenario's next. */
static inline sim_time part_next_at(struct part *part)
{
    const struct queue_entry *head = part_next(part);

    return head == NULL ? SIM_TIME_NONE : head->at;
}
static inline sim_time engine_next_act(struct sim *sim)
{
    const struct queue_entry *head = queue_head(&sim->controls);

    return head == NULL ? SIM_TIME_NONE : head->at;
}

/** engine_least() - of two numbers of events. */
static inline uint64_t engine_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/** part_keep_place() - the log of @part is told where in the run's order @head stands. */
static inline void part_keep_place(struct part *part, const struct queue_entry *head)
{
    struct event_key key = queue_entry_key(head);

    if (event_key_lt(&part->place, &key))
        part->place = key;
}

/** part_fire_next() - carry out what part_next() has given: @event, due at @at, in @head, entry
 * @index; part->acting is true, and there is no log. */
static inline void part_fire_next(struct part *part, struct queue_entry *head, uint32_t index,
                                  sim_time at, struct event *event)
{
    CHECK(at >= part->now);
    part->now = at;
    part->cause = 0;
    part->n_events++;
    queue_take(&part->queue, head, index, event);
    event->fire(event);
}

/** part_fire_head() - the same for one event alone. */
static inline void part_fire_head(struct part *part, struct queue_entry *head)
{
    if (UNLIKELY(part->log != NULL))
        part_keep_place(part, head);
    part->acting = true;
    part_fire_next(part, head, queue_place_entry(part->queue.first), head->at, head->event);
    part->acting = false;
}

/** part_fire() - carry out the head, which must be there and settled. */
static inline void part_fire(struct part *part)
{
    struct queue_entry *head = queue_head(&part->queue);

    CHECK(head != NULL);
    part_fire_head(part, head);
}

/**
 * part_run() - carry out what is due in @part before @before, up to @most events. Returns when the
 * next is due. One function for all engines: what it costs is what every run costs.
 */
sim_time part_run(struct part *part, sim_time before, uint64_t most);
/** engine_seq_run() - see sim_run(); any number of partitions, one event after another. @split is
 * NULL when there is one partition. */
bool engine_seq_run(struct sim *sim, const struct split *split, sim_time until, uint64_t budget);
/** engine_seq_next() - when the next event of all is due, or SIM_TIME_NONE. */
sim_time engine_seq_next(struct sim *sim);
/** engine_controls() - carry out what the scenario does at @at, the time of its next act; nothing
 * before it is left to do. Returns how many acts. */
uint64_t engine_controls(struct sim *sim, sim_time at, uint64_t budget);
/** engine_arrive() - all clocks stand at @until, where nothing is left to do. */
void engine_arrive(struct sim *sim, sim_time until);

#endif
