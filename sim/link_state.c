/* Cables that are plugged in and out, and interfaces that are switched on and off: what is lost,
 * and who is told when. */
#include "base/list.h"
#include "sim/cut.h"
#include "sim/flight.h"
#include "sim/link_internal.h"
#include "sim/medium.h"
#include "sim/sim.h"

struct iface *link_peer(const struct iface *iface)
{
    return iface->end == NULL ? NULL : iface->end->link->dir[iface->end->side].to;
}

static void lose(struct link_dir *dir, struct frame *frame, enum drop_reason reason)
{
    frame->in = NULL; /* a straggler's sending end: it is no longer on its way */
    node_drop(dir->from->node, dir->from, frame, reason);
}

static void lose_list(struct link_dir *dir, struct frame_list list, enum drop_reason reason)
{
    struct frame *frame;

    while ((frame = frame_list_pop(&list)) != NULL)
        lose(dir, frame, reason);
}

/* The cable is pulled: what is on it and what waits for it is gone. */
static void lose_all(struct link_dir *dir)
{
    struct queue *queue = &dir->to->node->part->queue;
    struct link_dir *far = dir->cut != NULL ? dir->cut->far : dir;
    struct frame *frame;

    flight_dissolve(dir->from->node->part);
    if (dir->cut != NULL)
        cut_recall(dir);
    if (event_queued(&far->arrival))
        queue_remove(queue, &far->arrival);
    dir->first_waiting = NULL;
    dir->n_waiting = 0;
    dir->free_at = dir->last_arrival = 0;
    lose_list(dir, far->in_flight, DROP_LINK_CUT);
    far->in_flight = (struct frame_list){ 0 };
    if (dir->cut != NULL) {
        lose_list(dir, cut_take_waiting(dir), DROP_LINK_CUT);
        dir->cut->handed_over = 0;
    }
    while ((frame = far->stragglers) != NULL) {
        far->stragglers = frame->next;
        if (event_queued(&frame->event))
            queue_remove(queue, &frame->event);
        lose(dir, frame, DROP_LINK_CUT);
    }
    if (dir->station != NULL)
        medium_reset(dir->station, DROP_LINK_CUT);
}

/* What has not begun to be sent is taken out of what is on its way. */
static struct frame_list take_waiting(struct link_dir *dir)
{
    struct frame_list gone = { .head = dir->first_waiting };
    struct frame *frame, *last = NULL;

    if (gone.head == NULL)
        return gone;
    for (frame = dir->in_flight.head; frame != gone.head; frame = frame->next)
        last = frame;
    dir->in_flight.tail = last;
    dir->last_arrival = last != NULL ? last->arrives_at : 0;
    if (last != NULL)
        last->next = NULL;
    else {
        dir->in_flight.head = NULL;
        queue_remove(&dir->to->node->part->queue, &dir->arrival);
    }
    dir->first_waiting = NULL;
    return gone;
}

/* The sending interface is switched off: its queue is emptied, and what is on the cable already
 * still arrives. */
static void lose_waiting(struct link_dir *dir)
{
    struct frame_list gone;

    flight_dissolve(dir->from->node->part);
    if (dir->station != NULL)
        medium_reset(dir->station, DROP_LINK_DOWN);
    link_advance_waiting(dir, dir->from->node->part->now);
    gone = dir->cut != NULL ? cut_take_waiting(dir) : take_waiting(dir);
    if (gone.head == NULL)
        return;
    dir->free_at = gone.head->starts_at;
    dir->n_waiting = 0;
    lose_list(dir, gone, DROP_LINK_DOWN);
}

static void tell_carrier(struct iface *iface)
{
    if (iface->node->ops->carrier != NULL)
        iface->node->ops->carrier(iface, iface_has_carrier(iface));
}

/* For itself: the other direction may be another thread's. */
static void look(struct link_dir *dir)
{
    dir->open = dir->link->up;
    dir->plain = dir->open && dir->from->up && !dir->link->impaired && dir->station == NULL &&
                 dir->cut == NULL && !dir->from->node->ops->is_repeater;
    dir->takes = dir->plain && dir->far_up && dir->time_per_octet != 0 && dir->queue > 0
                     ? dir->from->mtu + LINK_HEADER_MAX
                     : 0;
}

/* @iface has heard that the other end was switched on or off. */
static void hear_carrier(struct iface *iface, bool up)
{
    iface->out->far_up = up;
    look(iface->out);
    if (iface->up && iface->end->link->up)
        tell_carrier(iface);
}

struct carrier_news {
    struct event event;
    struct iface *iface;
    bool up;
};

static void carrier_news_arrives(struct event *event)
{
    struct carrier_news *news = CONTAINER_OF(event, struct carrier_news, event);

    hear_carrier(news->iface, news->up);
}

void link_carrier_later(struct link_dir *dir, bool up, sim_time at, uint64_t counter)
{
    struct carrier_news *news = arena_alloc(node_arena(dir->to->node), sizeof *news);

    event_init(&news->event, carrier_news_arrives);
    news->iface = dir->to;
    news->up = up;
    queue_push_at(&dir->to->node->part->queue, &news->event, at, dir->order, counter);
}

/*
 * What a program does to its interface is seen at the other end as late as a signal takes; what the
 * scenario does, from outside of the network's time, both ends see at once.
 */
static void tell_far_end(struct link_dir *dir, bool up)
{
    struct node *node = dir->from->node;
    sim_time at = node_now(node) + link_look_ahead(dir);

    if (!node->part->acting) {
        sim_mark(node->sim);
        hear_carrier(dir->to, up);
        sim_mark(node->sim);
    } else if (dir->cut != NULL)
        cut_carrier(dir, up, at, node->event_counter++);
    else {
        link_carrier_later(dir, up, at, node->event_counter++);
    }
}

void iface_set_mtu(struct iface *iface, uint32_t mtu)
{
    iface->mtu = mtu;
    if (iface->end != NULL)
        look(&iface->end->link->dir[iface->end->side]);
}

void link_set_state(struct link *link, bool up)
{
    if (link->up == up)
        return;
    link->up = up;
    link_look(link);
    for (int side = 0; side < 2; side++) {
        struct iface *iface = link->dir[side].from;

        sim_mark(link->sim);
        node_record(iface->node, iface, RECORD_CONTROL, up ? WHY0(CABLE_IN) : WHY0(CABLE_OUT),
                    NULL);
        if (!up)
            lose_all(&link->dir[side]);
        link->dir[side].far_up = link->dir[side].to->up;
    }
    medium_rewire(link);
    for (int side = 0; side < 2; side++) {
        struct iface *iface = link->dir[side].from;

        sim_mark(link->sim);
        if (iface->up && link->dir[side].to->up)
            tell_carrier(iface);
    }
}

bool iface_has_carrier(const struct iface *iface)
{
    return iface->up && iface->out != NULL && iface->out->open && iface->out->far_up;
}

void iface_set_up(struct iface *iface, bool up)
{
    struct link_dir *dir = iface->end != NULL ? &iface->end->link->dir[iface->end->side] : NULL;

    if (iface->up == up)
        return;
    iface->up = up;
    if (dir != NULL)
        look(dir);
    node_record(iface->node, iface, RECORD_CONTROL, up ? WHY0(IFACE_UP) : WHY0(IFACE_DOWN), NULL);
    if (!up && dir != NULL)
        lose_waiting(dir);
    tell_carrier(iface);
    if (dir != NULL)
        tell_far_end(dir, up);
}

void link_look(struct link *link)
{
    for (struct link_dir *dir = link->dir; dir < link->dir + 2; dir++)
        look(dir);
}
