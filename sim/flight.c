#include "sim/flight.h"

#include "base/check.h"
#include "base/likely.h"
#include "base/list.h"
#include "base/memory.h"
#include "sim/part.h"

#define MAX_WAVES 8u
#define NO_LEG    UINT32_MAX

/* One receiver. Numbers count from the flight's, so that a line holds more than two. */
struct leg {
    struct link_dir *dir;
    uint32_t id;      /* of its RECORD_SEND */
    uint32_t counter; /* the sender's */
    uint32_t next;    /* leg, in the order of events, or NO_LEG */
};

/* The legs that leave and arrive together: their ports had as much to send before. */
struct wave {
    sim_time starts_at, arrives_at;
    uint32_t first, last; /* legs, by their receivers' places in the order of events */
};

struct flight {
    struct event event; /* of the next leg */
    struct list link;   /* part->flights, in the order they departed */
    struct part *part;
    struct node *from;
    struct frame *frame;
    sim_time left_at;
    uint64_t first_id, first_counter;
    uint32_t n;    /* legs */
    uint32_t next; /* the first that has not arrived, of waves[wave] */
    uint32_t wave, n_waves;
    uint32_t room; /* a power of two */
    struct flight *next_free;
    struct wave waves[MAX_WAVES]; /* once it has departed, by their arrival */
    struct leg legs[];
};

/* ---- room ---- */

static unsigned class_of(uint32_t n)
{
    unsigned class = 0;

    while (class + 1 < PART_N_FLIGHTS && (FLIGHT_FROM << class) < n)
        class ++;
    return class;
}

static void release(struct flight *flight)
{
    struct flight **free = &flight->part->free_flights[class_of(flight->room)];

    flight->next_free = *free;
    *free = flight;
}

struct flight *flight_new(struct node *node, struct frame *frame, uint32_t n_max)
{
    struct part *part = node->part;
    unsigned class = class_of(n_max);
    struct flight *flight = part->free_flights[class];

    if (flight != NULL) {
        part->free_flights[class] = flight->next_free;
    } else {
        uint32_t room = FLIGHT_FROM << class;

        CHECK(n_max <= FLIGHT_MAX);
        flight = arena_alloc_lines(&part->arena, sizeof *flight + room * sizeof flight->legs[0]);
        flight->part = part;
        flight->room = room;
    }
    flight->from = node;
    flight->frame = frame;
    flight->left_at = part->now;
    flight->first_id = node->last_record;
    flight->first_counter = node->event_counter;
    flight->n = flight->n_waves = 0;
    return flight;
}

/* ---- departure ---- */

/* The wave that leaves at @starts_at and arrives at @arrives_at, or NULL: there are too many, or
 * another, which left at another time, arrives then too. */
static struct wave *wave_of(struct flight *flight, sim_time starts_at, sim_time arrives_at)
{
    struct wave *wave = flight->waves, *end = wave + flight->n_waves;

    for (; wave < end; wave++)
        if (wave->arrives_at == arrives_at)
            return wave->starts_at == starts_at ? wave : NULL;
    if (flight->n_waves == MAX_WAVES)
        return NULL;
    flight->n_waves++;
    *wave = (struct wave){ starts_at, arrives_at, NO_LEG, NO_LEG };
    return wave;
}

/* Ports are mostly cabled in the order of the nodes at their far ends. Several may lead to one: it
 * is reached in the order of the ports. */
static void wave_add(struct flight *flight, struct wave *wave, uint32_t number)
{
    struct leg *legs = flight->legs;
    uint64_t order = legs[number].dir->order;
    uint32_t *at = &wave->first;

    if (wave->last != NO_LEG && legs[wave->last].dir->order <= order)
        at = &legs[wave->last].next;
    else
        while (*at != NO_LEG && legs[*at].dir->order <= order)
            at = &legs[*at].next;
    legs[number].next = *at;
    if (*at == NO_LEG)
        wave->last = number;
    *at = number;
}

static bool waits(const struct flight *flight, const struct wave *wave)
{
    return wave->starts_at > flight->left_at;
}

bool flight_take(struct flight *flight, struct iface *iface)
{
    struct link_dir *dir = iface->out;
    size_t size = frame_size(flight->frame);
    sim_time starts_at, ends_at, arrives_at;
    struct wave *wave;
    struct leg *leg;

    if (UNLIKELY(!dir->plain || dir->n_waiting >= dir->queue ||
                 size > iface->mtu + LINK_HEADER_MAX))
        return false;
    starts_at = link_starts_at(dir, flight->left_at);
    ends_at = starts_at + link_dir_time(dir, size);
    arrives_at = ends_at + dir->delay;
    if (arrives_at < dir->last_arrival)
        return false;
    wave = wave_of(flight, starts_at, arrives_at);
    if (wave == NULL)
        return false;
    dir->tx_frames++;
    dir->tx_octets += size;
    leg = &flight->legs[flight->n];
    leg->dir = dir;
    leg->id = (uint32_t)(node_record_frame(flight->from, iface, RECORD_SEND, flight->frame) -
                         flight->first_id);
    leg->counter = (uint32_t)(flight->from->event_counter++ - flight->first_counter);
    dir->free_at = ends_at;
    dir->last_arrival = arrives_at;
    dir->n_waiting += waits(flight, wave);
    wave_add(flight, wave, flight->n++);
    return true;
}

static void sort_waves(struct flight *flight)
{
    for (uint32_t i = 1; i < flight->n_waves; i++) {
        struct wave wave = flight->waves[i];
        uint32_t at = i;

        for (; at > 0 && flight->waves[at - 1].arrives_at > wave.arrives_at; at--)
            flight->waves[at] = flight->waves[at - 1];
        flight->waves[at] = wave;
    }
}

static void queue_next(struct flight *flight)
{
    const struct leg *leg = &flight->legs[flight->next];

    queue_push_at(&flight->part->queue, &flight->event, flight->waves[flight->wave].arrives_at,
                  leg->dir->order, flight->first_counter + leg->counter);
}

/* ---- arrival ---- */

/* What the next receivers will need comes into the cache, one step of the chain after the other. */
static void fetch(const struct flight *flight)
{
    const struct leg *legs = flight->legs, *leg = &legs[flight->next];

    if (leg->next == NO_LEG)
        return;
    leg = &legs[leg->next];
    mem_fetch(leg->dir->to->node->device, EVENT_DEVICE_LINES);
    if (leg->next == NO_LEG)
        return;
    leg = &legs[leg->next];
    __builtin_prefetch(leg->dir->to->node, 1);
    if (leg->next == NO_LEG)
        return;
    leg = &legs[leg->next];
    mem_fetch(leg->dir->to, 2);
    if (leg->next != NO_LEG)
        __builtin_prefetch(legs[leg->next].dir, 1);
}

/* The next leg's frame; @last: with it the flight is over. */
static struct frame *take_leg(struct flight *flight, struct link_dir **dir, bool *last)
{
    const struct leg *leg = &flight->legs[flight->next];
    const struct wave *wave = &flight->waves[flight->wave];
    struct frame *frame;

    *last = flight->wave + 1 == flight->n_waves && leg->next == NO_LEG;
    frame = *last ? flight->frame : frame_clone(flight->frame);
    *dir = leg->dir;
    frame->id = flight->first_id + leg->id;
    frame->counter = (uint32_t)(flight->first_counter + leg->counter);
    frame->starts_at = wave->starts_at;
    frame->arrives_at = wave->arrives_at;
    leg->dir->n_waiting -= waits(flight, wave);
    if (*last) {
        list_remove(&flight->link);
        release(flight);
    } else {
        flight->next = leg->next != NO_LEG ? leg->next : flight->waves[++flight->wave].first;
    }
    return frame;
}

static void leg_arrives(struct event *event)
{
    struct flight *flight = CONTAINER_OF(event, struct flight, event);
    struct link_dir *dir;
    bool last;
    struct frame *frame = take_leg(flight, &dir, &last);

    if (!last) {
        queue_next(flight);
        fetch(flight);
    }
    link_deliver(dir, frame);
}

bool flight_depart(struct flight *flight)
{
    if (flight->n == 0) {
        release(flight);
        return false;
    }
    sort_waves(flight);
    flight->wave = 0;
    flight->next = flight->waves[0].first;
    event_init(&flight->event, leg_arrives);
    if (flight->part->flights.next == NULL)
        list_init(&flight->part->flights);
    list_push_back(&flight->part->flights, &flight->link);
    queue_next(flight);
    return true;
}

/* ---- single frames ---- */

void flight_dissolve(struct part *part)
{
    while (part->flights.next != NULL && !list_empty(&part->flights)) {
        struct flight *flight = CONTAINER_OF(part->flights.next, struct flight, link);
        bool last = false;

        queue_remove(&part->queue, &flight->event);
        while (!last) {
            struct link_dir *dir;
            struct frame *frame = take_leg(flight, &dir, &last);

            link_join(dir, frame);
        }
    }
}
