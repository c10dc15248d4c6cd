#include "sim/link.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "sim/medium.h"
#include "sim/sim.h"

#define MILLION 1000000

/* starts_at of the second of two duplicates: the link made it, so it never waited in the sender's
 * queue. */
#define COPY_ON_THE_WIRE ((sim_time)-1)

static void deliver(struct link_dir *dir, struct frame *frame)
{
    struct iface *to = dir->to;
    struct part *part = to->node->part;

    frame->in = to;
    if (!to->up || frame_size(frame) > to->mtu + LINK_HEADER_MAX) {
        node_drop(to->node, to, frame, to->up ? DROP_TOO_LONG : DROP_LINK_DOWN);
        return;
    }
    part->n_hops++;
    to->rx_frames++;
    to->rx_octets += frame_size(frame);
    part->cause = frame->id;
    frame->id = node_record_frame(to->node, to, RECORD_RECEIVE, frame);
    part->cause = frame->id;
    to->node->ops->receive(to, frame);
}

static struct event_key arrival_key(const struct link_dir *dir, const struct frame *frame)
{
    return (struct event_key){ frame->arrives_at,
                               event_order(EVENT_ARRIVAL, dir->to->node->id, dir->from->node->id),
                               frame->counter };
}

/* The frames whose transmission has begun by now are no longer waiting. */
static void advance_waiting(struct link_dir *dir)
{
    sim_time now = dir->from->node->part->now;

    while (dir->first_waiting != NULL && dir->first_waiting->starts_at <= now) {
        dir->n_waiting -= dir->first_waiting->starts_at != COPY_ON_THE_WIRE;
        dir->first_waiting = dir->first_waiting->next;
    }
}

static void head_arrives(struct event *event)
{
    struct link_dir *dir = CONTAINER_OF(event, struct link_dir, arrival);
    struct frame *frame;

    advance_waiting(dir);
    frame = frame_list_pop(&dir->in_flight);
    if (dir->in_flight.head != NULL) {
        struct event_key key = arrival_key(dir, dir->in_flight.head);

        queue_push(&dir->to->node->part->queue, &dir->arrival, &key);
    }
    deliver(dir, frame);
}

static void take_straggler(struct link_dir *dir, struct frame *frame)
{
    struct frame **at = &dir->stragglers;

    while (*at != frame)
        at = &(*at)->next;
    *at = frame->next;
    frame->next = NULL;
}

static void straggler_arrives(struct event *event)
{
    struct frame *frame = CONTAINER_OF(event, struct frame, event);
    struct link_end *end =
        frame->in->end; /* while out of the FIFO, `in` remembers the sending end */
    struct link_dir *dir = &end->link->dir[end->side];

    take_straggler(dir, frame);
    deliver(dir, frame);
}

/* A frame that does not keep the FIFO's order has an event of its own. */
static void send_straggler(struct link_dir *dir, struct frame *frame, sim_time arrives_at)
{
    struct event_key key;

    frame->arrives_at = arrives_at;
    frame->counter = dir->from->node->event_counter++;
    frame->in = dir->from;
    frame->next = dir->stragglers;
    dir->stragglers = frame;
    event_init(&frame->event, straggler_arrives);
    key = arrival_key(dir, frame);
    queue_push(&dir->to->node->part->queue, &frame->event, &key);
}

static void append(struct link_dir *dir, struct frame *frame, sim_time starts_at,
                   sim_time arrives_at)
{
    frame->starts_at = starts_at;
    frame->arrives_at = arrives_at;
    frame->counter = dir->from->node->event_counter++;
    frame_list_push(&dir->in_flight, frame);
    if (starts_at > dir->from->node->part->now) {
        if (dir->first_waiting == NULL)
            dir->first_waiting = frame;
        dir->n_waiting++;
    }
    if (dir->in_flight.n == 1) {
        struct event_key key = arrival_key(dir, frame);

        queue_push(&dir->to->node->part->queue, &dir->arrival, &key);
    }
}

static bool chance(struct link_dir *dir, uint32_t millionths)
{
    return millionths != 0 && random_below(&dir->random, MILLION) < millionths;
}

static bool rule_strikes(struct link_rule *rule, unsigned side, struct frame *frame)
{
    if (rule->side != side || !rule->match(rule->ctx, frame))
        return false;
    rule->seen++;
    if (rule->n_nth == 0)
        return true;
    for (uint32_t i = 0; i < rule->n_nth; i++)
        if (rule->nth[i] == rule->seen)
            return true;
    return false;
}

/* One bit flips behind the FCS's back, as netem does it: damage done inside a device, for the
 * checksums to find. */
static void corrupt(struct link_dir *dir, struct frame *frame)
{
    uint64_t bit;

    frame_finish_checksum(frame);
    frame_linearize(frame);
    bit = random_below(&dir->random, (uint64_t)frame->len * 8);
    frame->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* The receiver's cause is still the sending; what happened between stands beside it. */
static void edit(struct link_dir *dir, const struct link_rule *rule, struct frame *frame)
{
    struct node *node = dir->from->node;

    frame_finish_checksum(frame);
    frame_linearize(frame);
    rule->edit(rule->ctx, frame);
    node->part->cause = frame->id;
    node_record(node, dir->from, RECORD_CONTROL, WHY0(FRAME_EDITED), rule->text);
}

struct faults {
    bool drop, duplicate, corrupt;
    enum drop_reason reason;
    sim_time late; /* 0: in order */
};

static struct faults draw_faults(struct link_dir *dir, struct frame *frame)
{
    const struct link_config *config = &dir->link->config;
    struct faults faults = { .reason = DROP_LINK_LOSS };
    unsigned side = dir->from->end->side;

    for (struct link_rule *rule = dir->link->rules; rule != NULL; rule = rule->next) {
        if (!rule_strikes(rule, side, frame))
            continue;
        if (rule->kind == LINK_FAULT_DROP) {
            faults.drop = true;
            faults.reason = DROP_LINK_RULE;
        }
        faults.duplicate |= rule->kind == LINK_FAULT_DUPLICATE;
        faults.corrupt |= rule->kind == LINK_FAULT_CORRUPT;
        if (rule->kind == LINK_FAULT_DELAY)
            faults.late += rule->by;
        if (rule->kind == LINK_FAULT_EDIT)
            edit(dir, rule, frame);
    }
    faults.drop |= chance(dir, config->loss);
    faults.duplicate |= chance(dir, config->duplicate);
    faults.corrupt |= chance(dir, config->corrupt);
    if (chance(dir,
               config->reorder)) { /* late by up to the link's delay, but enough to be overtaken */
        sim_time most = config->delay > SIM_MSEC(1) ? config->delay : SIM_MSEC(1);

        faults.late += (sim_time)random_below(&dir->random, (uint64_t)most) + 1;
    }
    return faults;
}

/* The last bit leaves at @ends_at; its transmission began or begins at @starts_at. Consumes the
 * frame. */
static void enter(struct link_dir *dir, struct frame *frame, sim_time starts_at, sim_time ends_at)
{
    sim_time arrives_at = ends_at + dir->link->config.delay;
    struct frame *twin = NULL;

    if (dir->link->impaired) {
        struct faults faults = draw_faults(dir, frame);

        if (faults.drop) {
            dir->from->node->part->cause = frame->id;
            node_drop(dir->from->node, dir->from, frame, faults.reason);
            return;
        }
        if (faults.corrupt)
            corrupt(dir, frame);
        if (faults.duplicate)
            twin = frame_clone(frame);
        if (faults.late > 0) {
            send_straggler(dir, frame, arrives_at + faults.late);
            frame = NULL;
        }
    }
    /* A link whose delay was made shorter must not overtake what is already on it. */
    if (dir->in_flight.tail != NULL && arrives_at < dir->in_flight.tail->arrives_at)
        arrives_at = dir->in_flight.tail->arrives_at;
    if (frame != NULL)
        append(dir, frame, starts_at, arrives_at);
    if (twin != NULL)
        append(dir, twin, frame != NULL ? COPY_ON_THE_WIRE : starts_at, arrives_at);
}

void link_propagate(struct link_dir *dir, struct frame *frame)
{
    sim_time now = dir->from->node->part->now;

    enter(dir, frame, now, now);
}

sim_time link_transmission_time(const struct link *link, size_t len)
{
    sim_time octets = (sim_time)(len < ETH_WIRE_MIN ? ETH_WIRE_MIN : len) + ETH_WIRE_OVERHEAD;

    if (link->config.rate == 0)
        return 0;
    if (link->time_per_octet != 0)
        return octets * link->time_per_octet;
    return (sim_time)((uint64_t)octets * UINT64_C(8000000000000) / link->config.rate);
}

static void transmit(struct link_dir *dir, struct frame *frame)
{
    sim_time now = dir->from->node->part->now;
    sim_time starts_at = dir->free_at > now ? dir->free_at : now;

    dir->free_at = starts_at + link_transmission_time(dir->link, frame_size(frame));
    enter(dir, frame, starts_at, dir->free_at);
}

void iface_send(struct iface *iface, struct frame *frame)
{
    struct link_dir *dir;

    if (iface->end == NULL) {
        node_drop(iface->node, iface, frame, iface->up ? DROP_NOT_CABLED : DROP_LINK_DOWN);
        return;
    }
    dir = &iface->end->link->dir[iface->end->side];
    if (!iface->up || !dir->link->up) {
        node_drop(iface->node, iface, frame, DROP_LINK_DOWN);
        return;
    }
    if (frame_size(frame) > iface->mtu + LINK_HEADER_MAX) {
        node_drop(iface->node, iface, frame, DROP_TOO_LONG);
        return;
    }
    advance_waiting(dir);
    if (dir->n_waiting >= dir->link->config.queue ||
        (dir->station != NULL && medium_queue_len(dir->station) > dir->link->config.queue)) {
        node_drop(iface->node, iface, frame, DROP_QUEUE_FULL);
        return;
    }
    iface->tx_frames++;
    iface->tx_octets += frame_size(frame);
    frame->id = node_record_frame(iface->node, iface, RECORD_SEND, frame);
    if (dir->station != NULL)
        medium_send(dir->station, frame);
    else if (iface->node->ops->is_repeater)
        link_propagate(dir, frame);
    else
        transmit(dir, frame);
}

struct iface *link_peer(const struct iface *iface)
{
    return iface->end == NULL ? NULL : iface->end->link->dir[iface->end->side].to;
}

static void lose(struct link_dir *dir, struct frame *frame, enum drop_reason reason)
{
    frame->in = NULL; /* a straggler's sending end: it is no longer on its way */
    node_drop(dir->from->node, dir->from, frame, reason);
}

/* The cable is pulled: what is on it and what waits for it is gone. */
static void lose_all(struct link_dir *dir)
{
    struct queue *queue = &dir->to->node->part->queue;
    struct frame *frame;

    if (event_queued(&dir->arrival))
        queue_remove(queue, &dir->arrival);
    dir->first_waiting = NULL;
    dir->n_waiting = 0;
    dir->free_at = 0;
    while ((frame = frame_list_pop(&dir->in_flight)) != NULL)
        lose(dir, frame, DROP_LINK_CUT);
    while ((frame = dir->stragglers) != NULL) {
        dir->stragglers = frame->next;
        queue_remove(queue, &frame->event);
        lose(dir, frame, DROP_LINK_CUT);
    }
    if (dir->station != NULL)
        medium_reset(dir->station, DROP_LINK_CUT);
}

/* The sending interface is switched off: its queue is emptied, and what is on the cable already
 * still arrives. */
static void lose_waiting(struct link_dir *dir)
{
    struct frame_list gone = { 0 };
    struct frame *frame, *last = NULL;

    if (dir->station != NULL)
        medium_reset(dir->station, DROP_LINK_DOWN);
    advance_waiting(dir);
    if (dir->first_waiting == NULL)
        return;
    dir->free_at = dir->first_waiting->starts_at;
    gone.head = dir->first_waiting;
    for (frame = dir->in_flight.head; frame != gone.head; frame = frame->next)
        last = frame;
    for (; frame != NULL; frame = frame->next)
        gone.n++;
    dir->in_flight.n -= gone.n;
    dir->in_flight.tail = last;
    if (last != NULL)
        last->next = NULL;
    else {
        dir->in_flight.head = NULL;
        queue_remove(&dir->to->node->part->queue, &dir->arrival);
    }
    dir->first_waiting = NULL;
    dir->n_waiting = 0;
    while ((frame = frame_list_pop(&gone)) != NULL)
        lose(dir, frame, DROP_LINK_DOWN);
}

static void tell_carrier(struct iface *iface)
{
    if (iface->node->ops->carrier != NULL)
        iface->node->ops->carrier(iface, iface_has_carrier(iface));
}

void link_set_state(struct link *link, bool up)
{
    if (link->up == up)
        return;
    link->up = up;
    for (int side = 0; side < 2; side++) {
        struct iface *iface = link->dir[side].from;

        node_record(iface->node, iface, RECORD_CONTROL, up ? WHY0(CABLE_IN) : WHY0(CABLE_OUT),
                    NULL);
        if (!up)
            lose_all(&link->dir[side]);
    }
    medium_rewire(link);
    for (int side = 0; side < 2; side++) {
        struct iface *iface = link->dir[side].from;

        if (iface->up && link->dir[side].to->up)
            tell_carrier(iface);
    }
}

bool iface_has_carrier(const struct iface *iface)
{
    return iface->up && iface->end != NULL && iface->end->link->up && link_peer(iface)->up;
}

void iface_set_up(struct iface *iface, bool up)
{
    struct iface *peer = link_peer(iface);

    if (iface->up == up)
        return;
    iface->up = up;
    node_record(iface->node, iface, RECORD_CONTROL, up ? WHY0(IFACE_UP) : WHY0(IFACE_DOWN), NULL);
    if (!up && iface->end != NULL)
        lose_waiting(&iface->end->link->dir[iface->end->side]);
    tell_carrier(iface);
    if (peer != NULL && peer->up && iface->end->link->up)
        tell_carrier(peer);
}

void link_configure(struct link *link, const struct link_config *config)
{
    CHECK(config->rate == 0 || config->rate >= LINK_RATE_MIN);
    CHECK(config->delay >= 0 && config->delay <= LINK_DELAY_MAX);
    link->config = *config;
    link->time_per_octet = 0;
    if (config->rate != 0 && UINT64_C(8000000000000) % config->rate == 0)
        link->time_per_octet = (sim_time)(UINT64_C(8000000000000) / config->rate);
    link->impaired =
        config->loss || config->duplicate || config->reorder || config->corrupt || link->rules;
}

void link_add_rule(struct link *link, struct link_rule *rule)
{
    struct link_rule **at = &link->rules;

    while (*at != NULL)
        at = &(*at)->next;
    rule->next = NULL;
    *at = rule;
    link->impaired = true;
}

void link_init(struct link *link, struct sim *sim, uint32_t id, struct iface *a, struct iface *b,
               const struct link_config *config)
{
    struct iface *ends[2] = { a, b };
    char name[256];

    link->sim = sim;
    link->id = id;
    link->up = !config->down;
    link_configure(link, config);
    for (unsigned side = 0; side < 2; side++) {
        struct link_dir *dir = &link->dir[side];

        CHECK(ends[side]->end == NULL);
        link->end[side] = (struct link_end){ link, side };
        ends[side]->end = &link->end[side];
        dir->link = link;
        dir->from = ends[side];
        dir->to = ends[1 - side];
        event_init(&dir->arrival, head_arrives);
        snprintf(name, sizeof name, "%s:%s", ends[side]->node->name, ends[side]->name);
        random_stream_init(&dir->random, sim->seed, name, "link");
    }
}
