/* The sequential engine: one event after another, in the order that every run obeys. */
#include "sim/engine.h"

static const struct queue_entry *head_of(struct sim *sim, uint32_t which)
{
    return which < sim->n_parts ? part_next(sim->parts[which]) : queue_head(&sim->controls);
}

/* The partition with the first event, or sim->n_parts: the scenario acts first. */
static uint32_t first_of_all(struct sim *sim, struct event_key *key)
{
    uint32_t best = UINT32_MAX;

    for (uint32_t i = 0; i <= sim->n_parts; i++) {
        const struct queue_entry *head = head_of(sim, i);
        struct event_key other;

        if (head == NULL)
            continue;
        other = queue_entry_key(head);
        if (best != UINT32_MAX && !event_key_lt(&other, key))
            continue;
        best = i;
        *key = other;
    }
    return best;
}

sim_time engine_seq_next(struct sim *sim)
{
    struct event_key key;

    if (sim->n_parts > 1)
        return first_of_all(sim, &key) == UINT32_MAX ? SIM_TIME_NONE : key.at;
    return part_next_at(sim->parts[0]);
}

void engine_arrive(struct sim *sim, sim_time until)
{
    if (until == SIM_TIME_NONE)
        return;
    for (uint32_t i = 0; i < sim->n_parts; i++)
        if (until > sim->parts[i]->now)
            sim->parts[i]->now = until;
    if (sim->elsewhere != NULL && until > sim->elsewhere->now)
        sim->elsewhere->now = until;
}

/* Where a log wants to know the place of each event. */
static sim_time run_logged(struct part *part, sim_time before, uint64_t most)
{
    struct queue_entry *head;

    while ((head = part_next(part)) != NULL && head->at < before && most-- > 0)
        part_fire_head(part, head);
    return head == NULL ? SIM_TIME_NONE : head->at;
}

APART void part_settle_timer(struct part *part, struct queue_entry *head)
{
    if (!timer_settle_head(part, head))
        head->event->moved = false;
}

/* The event in @head has moved, or it is none: it was taken out, or nothing is sorted. False: there
 * are no more. */
APART static bool settle(struct part *part, struct queue_entry *head)
{
    if (queue_entry_dead(head))
        return queue_settle(&part->queue);
    part_settle_timer(part, head);
    return true;
}

sim_time part_run(struct part *part, sim_time before, uint64_t most)
{
    if (UNLIKELY(part->log != NULL))
        return run_logged(part, before, most);
    part->acting = true;
    while (most > 0) { /* what is read of the head is read once */
        uint32_t index = queue_place_entry(part->queue.first);
        struct queue_entry *head = &part->queue.entries[index];
        struct event *event = head->event;

        if (UNLIKELY(event->moved)) {
            if (!settle(part, head))
                break;
            continue;
        }
        if (UNLIKELY(head->at >= before))
            break;
        part_fire_next(part, head, index, head->at, event);
        most--;
    }
    part->acting = false;
    return part_next_at(part);
}

/* The only partition. */
static bool run_one(struct part *part, sim_time until, uint64_t budget)
{
    sim_time before = until == SIM_TIME_NONE ? until : until + 1;

    return part_run(part, before, budget) >= before;
}

uint64_t engine_controls(struct sim *sim, sim_time at, uint64_t budget)
{
    const struct queue_entry *head;
    uint64_t n = 0;

    engine_arrive(sim, at);
    while (n < budget && (head = queue_head(&sim->controls)) != NULL && head->at == at) {
        struct event_key key;
        struct event *event = queue_pop(&sim->controls, &key);

        for (uint32_t i = 0; i < sim->n_parts; i++)
            sim->parts[i]->cause = 0;
        sim->parts[0]->n_events++;
        n++;
        event->fire(event);
    }
    return n;
}

static bool run_all(struct sim *sim, const struct split *split, sim_time until, uint64_t budget)
{
    struct event_key key;
    uint32_t first;

    while ((first = first_of_all(sim, &key)) != UINT32_MAX && key.at <= until) {
        if (budget == 0)
            return false;
        if (first == sim->n_parts) {
            budget -= engine_controls(sim, key.at, 1);
            continue;
        }
        uint64_t before = sim->parts[first]->n_events;

        part_fire(sim->parts[first]);
        split_deliver(split, first);
        budget -= sim->parts[first]->n_events - before;
    }
    return true;
}

bool engine_seq_run(struct sim *sim, const struct split *split, sim_time until, uint64_t budget)
{
    bool done =
        split == NULL ? run_one(sim->parts[0], until, budget) : run_all(sim, split, until, budget);

    if (done)
        engine_arrive(sim, until);
    return done;
}
