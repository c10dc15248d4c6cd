#include "sim/flight.h"

#include "base/check.h"
#include "base/likely.h"
#include "base/list.h"
#include "base/memory.h"
#include "sim/part.h"

struct leg {
    struct link_dir *dir;
    uint64_t id;      /* of its RECORD_SEND */
    uint64_t counter; /* the sender's */
};

struct flight {
    struct event event; /* of the next leg */
    struct list link;   /* part->flights, in the order they departed */
    struct part *part;
    struct node *from;
    struct frame *frame;
    sim_time arrives_at;
    uint32_t n, next; /* legs; the first that has not arrived */
    uint32_t room;    /* a power of two */
    struct flight *next_free;
    struct leg legs[]; /* by their receivers' places in the order of events */
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
    flight->n = flight->next = 0;
    return flight;
}

/* ---- departure ---- */

/* The octets would leave at once, nothing is before them, and nothing is special. */
static bool is_free(const struct link_dir *dir, sim_time now)
{
    return dir->plain && dir->in_flight.head == NULL && dir->free_at <= now && dir->queue > 0;
}

bool flight_take(struct flight *flight, struct iface *iface)
{
    struct link_dir *dir = iface->out;
    size_t size = frame_size(flight->frame);
    sim_time now = flight->part->now, free_at, arrives_at;

    if (UNLIKELY(!is_free(dir, now) || size > iface->mtu + LINK_HEADER_MAX))
        return false;
    free_at = now + link_dir_time(dir, size);
    arrives_at = free_at + dir->delay;
    if (arrives_at < dir->last_arrival || (flight->n > 0 && arrives_at != flight->arrives_at))
        return false;
    dir->tx_frames++;
    dir->tx_octets += size;
    flight->legs[flight->n].dir = dir;
    flight->legs[flight->n].id = node_record_frame(flight->from, iface, RECORD_SEND, flight->frame);
    flight->legs[flight->n++].counter = flight->from->event_counter++;
    dir->free_at = free_at;
    dir->last_arrival = flight->arrives_at = arrives_at;
    return true;
}

/* Ports are mostly cabled in the order of the nodes at their far ends. */
static void sort_legs(struct flight *flight)
{
    for (uint32_t i = 1; i < flight->n; i++) {
        struct leg leg = flight->legs[i];
        uint32_t at = i;

        for (; at > 0 && flight->legs[at - 1].dir->order > leg.dir->order; at--)
            flight->legs[at] = flight->legs[at - 1];
        flight->legs[at] = leg;
    }
}

static void queue_next(struct flight *flight)
{
    const struct leg *leg = &flight->legs[flight->next];

    queue_push_at(&flight->part->queue, &flight->event, flight->arrives_at, leg->dir->order,
                  leg->counter);
}

/* ---- arrival ---- */

/* What the next receivers will need comes into the cache, one step of the chain after the other. */
static void fetch(const struct flight *flight)
{
    const struct leg *leg = &flight->legs[flight->next];
    uint32_t left = flight->n - flight->next;

    if (left > 4)
        __builtin_prefetch(leg[4].dir, 1);
    if (left > 3)
        mem_fetch(leg[3].dir->to, 2);
    if (left > 2)
        __builtin_prefetch(leg[2].dir->to->node, 1);
    if (left > 1)
        mem_fetch(leg[1].dir->to->node->device, EVENT_DEVICE_LINES);
}

/* The next leg's frame; with the last one the flight is over. */
static struct frame *take_leg(struct flight *flight, struct link_dir **dir)
{
    const struct leg *leg = &flight->legs[flight->next++];
    bool last = flight->next == flight->n;
    struct frame *frame = last ? flight->frame : frame_clone(flight->frame);

    *dir = leg->dir;
    frame->id = leg->id;
    frame->counter = (uint32_t)leg->counter;
    frame->arrives_at = flight->arrives_at;
    frame->starts_at = 0; /* it has begun */
    if (last) {
        list_remove(&flight->link);
        release(flight);
    }
    return frame;
}

static void leg_arrives(struct event *event)
{
    struct flight *flight = CONTAINER_OF(event, struct flight, event);
    bool last = flight->next + 1 == flight->n;
    struct link_dir *dir;
    struct frame *frame = take_leg(flight, &dir);

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
    sort_legs(flight);
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
            struct frame *frame;

            last = flight->next + 1 == flight->n;
            frame = take_leg(flight, &dir);
            link_join(dir, frame);
        }
    }
}
