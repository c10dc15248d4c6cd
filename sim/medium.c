#include "sim/medium.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/list.h"
#include "base/memory.h"
#include "sim/link.h"
#include "sim/sim.h"
#include "sim/timer.h"

#define LONG_AGO (-SIM_SEC(1000)) /* so that nothing of it is travelling when the run begins */

enum station_state {
    STATION_IDLE,
    STATION_WAITING, /* for the gap after a carrier, or for a backoff to end */
    STATION_SENDING,
};

struct station {
    struct medium *medium;
    struct link_dir *dir; /* towards the hub */
    enum station_state state;
    struct frame_list queue; /* the head is being sent */
    uint32_t n_queued;
    struct timer timer; /* WAITING: try again; SENDING: the last bit (or the jam's) leaves */
    unsigned attempts;  /* of the head so far */
    bool collided;      /* this transmission */
    bool aborted;       /* the sender noticed and jams */
    bool deferred;      /* it waited for another's transmission to end */
    sim_time started_at, ends_at;
    sim_time
        previous_ends_at; /* of the transmission before, whose last bits may still be travelling */
    sim_time not_before;  /* a backoff must be over first */
    struct random_stream random;
    uint32_t segment; /* those with the same number hear each other: hubs may be parted while the
                         run goes on */
};

struct medium {
    struct sim *sim;
    struct medium *next;
    struct station *stations;
    uint32_t n_stations;
    struct station **sending; /* with those whose last bits are still travelling */
    uint32_t n_sending;
    sim_time bit; /* of the slowest cable */
    sim_time slot;
    sim_time reach; /* longest time between two stations that carrier sense has to wait for */
};

static struct node *node_of(const struct station *station)
{
    return station->dir->from->node;
}

static sim_time now_of(const struct station *station)
{
    return node_now(node_of(station));
}

/* Time a signal takes from @a to any other station: two cables, capped at half a slot. */
static sim_time travel(const struct medium *medium, const struct station *a,
                       const struct station *b)
{
    sim_time delay = a->dir->link->config.delay + b->dir->link->config.delay;

    return delay < medium->reach ? delay : medium->reach;
}

/* Whether the signals of @a reach @b at all. */
static bool hears(const struct station *a, const struct station *b)
{
    return a->segment == b->segment;
}

static void forget_finished(struct medium *medium, sim_time now)
{
    for (uint32_t i = 0; i < medium->n_sending;) {
        if (medium->sending[i]->ends_at + medium->reach < now)
            medium->sending[i] = medium->sending[--medium->n_sending];
        else
            i++;
    }
}

struct carrier {
    sim_time since, until; /* until 0: nobody is heard now */
};

static void widen(struct carrier *carrier, sim_time since, sim_time until)
{
    if (since < carrier->since)
        carrier->since = since;
    if (until > carrier->until)
        carrier->until = until;
}

/* The gap between frames is part of a transmission's time, so "until" is when the next one may
 * begin. */
static struct carrier sense(const struct station *station)
{
    const struct medium *medium = station->medium;
    struct carrier carrier = { SIM_TIME_NONE, 0 };
    sim_time now = now_of(station);

    for (uint32_t i = 0; i < medium->n_sending; i++) {
        const struct station *other = medium->sending[i];
        sim_time away = other == station ? 0 : travel(medium, other, station);

        if (!hears(other, station))
            continue;
        if (now < other->previous_ends_at + away)
            widen(&carrier, 0, other->previous_ends_at + away);
        if (other->started_at + away <= now && now < other->ends_at + away)
            widen(&carrier, other->started_at + away, other->ends_at + away);
    }
    return carrier;
}

static void wait_until(struct station *station, sim_time at)
{
    sim_time now = now_of(station);

    if (at < station->not_before)
        at = station->not_before;
    station->state = STATION_WAITING;
    station->timer.why = WHY0(TIMER_MEDIUM);
    timer_start_at(&station->timer, at < now ? now : at);
}

/* @station notices at @at that it is not alone, and jams. When it has finished by then, nobody
 * tells it: a late collision. */
static void notice(struct station *station, sim_time at)
{
    sim_time jam_ends_at = at + MEDIUM_JAM * station->medium->bit;

    station->collided = true;
    if (at >= station->ends_at || (station->aborted && jam_ends_at >= station->ends_at))
        return;
    station->aborted = true;
    station->ends_at = jam_ends_at;
    timer_start_at(&station->timer, station->ends_at);
}

static void begin(struct station *station)
{
    struct medium *medium = station->medium;
    sim_time now = now_of(station);
    bool listed = false;

    station->state = STATION_SENDING;
    station->timer.why = WHY0(NONE); /* the end of a transmission is no waiting time */
    station->previous_ends_at = station->ends_at;
    station->deferred = false;
    station->collided = station->aborted = false;
    station->started_at = now;
    station->ends_at =
        now + link_transmission_time(station->dir->link, frame_size(station->queue.head));
    timer_start_at(&station->timer, station->ends_at);
    forget_finished(medium, now);
    for (uint32_t i = 0; i < medium->n_sending; i++) {
        struct station *other = medium->sending[i];
        sim_time away = travel(medium, other, station);

        if (other == station) {
            listed = true;
            continue;
        }
        if (!hears(other, station) || other->ends_at + away <= now)
            continue;
        notice(station, other->started_at + away > now ? other->started_at + away : now);
        notice(other, now + away);
    }
    if (!listed)
        medium->sending[medium->n_sending++] = station;
}

/* Something happened to the frame that is to be sent. */
static void tell(struct station *station, struct why why)
{
    node_of(station)->part->cause = station->queue.head->id;
    node_record(node_of(station), station->dir->from, RECORD_MEDIUM, why, NULL);
}

static void try_to_send(struct station *station)
{
    sim_time now = now_of(station);
    struct carrier carrier;

    if (station->queue.head == NULL) {
        station->state = STATION_IDLE;
        return;
    }
    carrier = sense(station);
    /* Who has waited for the gap does not look at its last third again: so that the nearest does
     * not always win. */
    if (carrier.until != 0 &&
        !(station->deferred && now - carrier.since < MEDIUM_JAM * station->medium->bit)) {
        if (!station->deferred)
            tell(station, WHY0(DEFERRED));
        station->deferred = true;
        wait_until(station, carrier.until);
    } else if (now < station->not_before)
        wait_until(station, station->not_before);
    else
        begin(station);
}

static void back_off(struct station *station)
{
    unsigned exponent = station->attempts < 10 ? station->attempts : 10;
    uint64_t slots = random_below(&station->random, UINT64_C(1) << exponent);
    sim_time wait = (sim_time)slots * station->medium->slot;

    tell(station, WHY(COLLISION, station->attempts));
    tell(station, WHY(BACKOFF, slots, (uint64_t)wait));
    station->not_before = station->ends_at + MEDIUM_GAP * station->medium->bit + wait;
    wait_until(station, station->not_before);
}

static void finish(struct station *station)
{
    struct node *node = node_of(station);
    struct frame *frame;

    if (station->aborted && ++station->attempts < MEDIUM_ATTEMPTS_MAX) {
        back_off(station);
        return;
    }
    frame = frame_list_pop(&station->queue);
    station->n_queued--;
    station->attempts = 0;
    node->part->cause = frame->id;
    if (station->collided)
        node_drop(node, station->dir->from, frame, DROP_COLLISIONS);
    else
        link_propagate(station->dir, frame);
    station->not_before = 0;
    wait_until(station, station->ends_at); /* its own gap is part of the transmission time */
    if (station->queue.head == NULL) {
        timer_stop(&station->timer);
        station->state = STATION_IDLE;
    }
}

static void timer_expired(void *ctx)
{
    struct station *station = ctx;

    if (station->state == STATION_SENDING)
        finish(station);
    else
        try_to_send(station);
}

void medium_send(struct station *station, struct frame *frame)
{
    frame_list_push(&station->queue, frame);
    station->n_queued++;
    if (station->state == STATION_IDLE)
        try_to_send(station);
}

size_t medium_queue_len(const struct station *station)
{
    return station->n_queued;
}

void medium_reset(struct station *station, enum drop_reason reason)
{
    struct frame *frame;

    timer_stop(&station->timer);
    if (station->state == STATION_SENDING)
        station->ends_at = now_of(station);
    station->state = STATION_IDLE;
    station->attempts = 0;
    station->not_before = 0;
    station->deferred = false;
    while ((frame = frame_list_pop(&station->queue)) != NULL)
        node_drop(node_of(station), station->dir->from, frame, reason);
    station->n_queued = 0;
}

static bool is_hub(const struct iface *iface)
{
    return iface->node->ops->is_repeater;
}

/*
 * Number the hubs' media: hubs joined by a cable, one that is plugged in if @only_up, are one.
 * Labels travel until none changes; hubs are few.
 */
static void label_media(struct sim *sim, uint32_t *label, bool only_up)
{
    bool changed = true;

    for (uint32_t i = 0; i < sim->n_nodes; i++)
        label[i] = i;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < sim->n_links; i++) {
            const struct link_dir *dir;
            uint32_t *a, *b;

            if (sim->links[i] == NULL) /* at another rank */
                continue;
            dir = &sim->links[i]->dir[0];
            a = &label[dir->from->node->id - 1];
            b = &label[dir->to->node->id - 1];
            if (!is_hub(dir->from) || !is_hub(dir->to) || *a == *b ||
                (only_up && !sim->links[i]->up))
                continue;
            *a = *b = *a < *b ? *a : *b;
            changed = true;
        }
    }
}

static void add_station(struct medium *medium, struct link_dir *dir)
{
    struct station *station = &medium->stations[medium->n_stations++];
    char name[256];
    sim_time bit = dir->link->config.rate == 0
                       ? 1
                       : (sim_time)(UINT64_C(1000000000000) / dir->link->config.rate);

    station->medium = medium;
    station->dir = dir;
    station->ends_at = LONG_AGO;
    dir->station = station;
    link_look(dir->link);
    timer_init(&station->timer, dir->from->node, WHY0(TIMER_MEDIUM), timer_expired, station);
    snprintf(name, sizeof name, "%s:%s", dir->from->node->name, dir->from->name);
    random_stream_init(&station->random, medium->sim->seed, name, "medium");
    if (bit > medium->bit)
        medium->bit = bit;
}

static void build(struct sim *sim, const uint32_t *label, uint32_t which)
{
    struct medium *medium = arena_alloc(&sim->arena, sizeof *medium);
    uint32_t n = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < sim->n_links; i++) {
            for (int side = 0; side < 2 && sim->links[i] != NULL; side++) {
                struct link_dir *dir = &sim->links[i]->dir[side];

                if (!is_hub(dir->to) || is_hub(dir->from) || label[dir->to->node->id - 1] != which)
                    continue;
                if (pass == 0)
                    n++;
                else
                    add_station(medium, dir);
            }
        }
        if (pass == 0) {
            medium->sim = sim;
            medium->stations = arena_alloc(&sim->arena, n * sizeof *medium->stations);
            medium->sending = arena_alloc(&sim->arena, n * sizeof(struct station *));
        }
    }
    if (medium->bit == 0)
        medium->bit = 1;
    medium->next = sim->media;
    sim->media = medium;
    medium->slot = (medium->bit <= 1000 ? 4096 : 512) * medium->bit;
    medium->reach = medium->slot / 4;
}

static void number_segments(struct sim *sim)
{
    uint32_t *label = mem_alloc((sim->n_nodes + 1) * sizeof *label);

    label_media(sim, label, true);
    for (struct medium *medium = sim->media; medium != NULL; medium = medium->next)
        for (uint32_t i = 0; i < medium->n_stations; i++)
            medium->stations[i].segment = label[medium->stations[i].dir->to->node->id - 1];
    free(label);
}

void medium_build_all(struct sim *sim)
{
    uint32_t *label = mem_alloc((sim->n_nodes + 1) * sizeof *label);

    label_media(sim, label, false);
    for (uint32_t i = 0; i < sim->n_nodes; i++)
        if (sim->nodes[i]->ops->is_repeater && node_is_here(sim->nodes[i]) && label[i] == i)
            build(sim, label, i);
    free(label);
    number_segments(sim);
}

void medium_rewire(struct link *link)
{
    if (link->sim->started && is_hub(link->dir[0].from) && is_hub(link->dir[0].to))
        number_segments(link->sim);
}
