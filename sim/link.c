#include "sim/link.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/likely.h"
#include "base/list.h"
#include "sim/cut.h"
#include "sim/flight.h"
#include "sim/medium.h"
#include "sim/sim.h"

#define MILLION 1000000

/* The compiler must take it that whatever is written may lie in any of the structures at hand; what
   the functions that every hop takes need twice, they keep in variables of their own. */

static inline void deliver(struct part *part, struct iface *to, struct frame *frame)
{
    struct node *node = to->node;
    size_t size = frame_size(frame);
    uint64_t id;

    frame->in = to;
    if (UNLIKELY(!to->up || size > to->mtu + LINK_HEADER_MAX)) {
        node_drop(node, to, frame, to->up ? DROP_TOO_LONG : DROP_LINK_DOWN);
        return;
    }
    part->n_hops++;
    to->rx_frames++;
    if (UNLIKELY(part->wants & RECORD_BIT(RECORD_RECEIVE))) {
        part->cause = frame->id;
        id = node_show_frame(node, to, RECORD_RECEIVE, frame);
    } else {
        id = node_count_frame(node, frame);
    }
    to->rx_octets += size;
    frame->id = id;
    part->cause = id;
    node->ops->receive(to, frame);
}

/* @frame, the first that may be waiting, is not: its transmission has begun. */
static inline void no_longer_waits(struct link_dir *dir, const struct frame *frame,
                                   struct frame *next)
{
    dir->n_waiting -= frame->starts_at != LINK_COPY_ON_THE_WIRE;
    dir->first_waiting = next;
}

/* The frames whose transmission has begun by now are no longer waiting. */
static inline void advance_waiting(struct link_dir *dir, sim_time now)
{
    struct frame *frame;

    if (dir->cut != NULL)
        cut_advance(dir);
    while ((frame = dir->first_waiting) != NULL && frame->starts_at <= now)
        no_longer_waits(dir, frame, frame->next);
}

/* @frame is the head of what is on the link: it stands in the event queue of the receiver's
 * partition. */
static inline void queue_head_arrival(struct queue *queue, struct link_dir *dir,
                                      struct frame *frame)
{
    dir->arrival.needs = (void *const *)(void *)&frame->data;
    queue_push_at(queue, &dir->arrival, frame->arrives_at, dir->order, frame->counter);
}

static void head_arrives(struct event *event)
{
    struct link_dir *dir = CONTAINER_OF(event, struct link_dir, arrival);
    struct frame *frame = dir->in_flight.head, *next = frame->next;
    struct iface *to = dir->to;
    struct part *part = to->node->part;

    dir->in_flight.head = next;
    frame->next = NULL;
    if (dir->first_waiting == frame)
        no_longer_waits(dir, frame, next);
    if (next != NULL)
        queue_head_arrival(&part->queue, dir, next);
    else
        dir->in_flight.tail = NULL;
    deliver(part, to, frame);
}

void link_deliver(struct link_dir *dir, struct frame *frame)
{
    deliver(dir->to->node->part, dir->to, frame);
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

    if (dir->cut != NULL)
        dir = dir->cut->far;
    take_straggler(dir, frame);
    deliver(dir->to->node->part, dir->to, frame);
}

void link_straggle(struct link_dir *dir, struct frame *frame)
{
    frame->in = dir->from;
    frame->next = dir->stragglers;
    dir->stragglers = frame;
    event_init(&frame->event, straggler_arrives);
    queue_push_at(&dir->to->node->part->queue, &frame->event, frame->arrives_at, dir->order,
                  frame->counter);
}

/* A frame that does not keep the FIFO's order has an event of its own. */
static void send_straggler(struct link_dir *dir, struct frame *frame, sim_time arrives_at)
{
    frame->arrives_at = arrives_at;
    frame->counter = dir->from->node->event_counter++;
    if (dir->cut != NULL)
        cut_straggler(dir, frame);
    else
        link_straggle(dir, frame);
}

static inline void fly(struct part *part, struct link_dir *dir, struct frame *frame)
{
    struct frame *last = dir->in_flight.tail;

    frame->next = NULL;
    dir->in_flight.tail = frame;
    if (last != NULL) {
        last->next = frame;
        return;
    }
    dir->in_flight.head = frame;
    queue_head_arrival(&part->queue, dir, frame);
}

void link_fly(struct link_dir *dir, struct frame *frame)
{
    fly(dir->to->node->part, dir, frame);
}

void link_join(struct link_dir *dir, struct frame *frame)
{
    struct frame **at = &dir->in_flight.head;
    struct queue *queue = &dir->to->node->part->queue;

    while (*at != NULL && (int64_t)((*at)->counter - frame->counter) < 0)
        at = &(*at)->next;
    frame->next = *at;
    *at = frame;
    if (frame->next == NULL)
        dir->in_flight.tail = frame;
    if (at != &dir->in_flight.head)
        return;
    if (event_queued(&dir->arrival))
        queue_remove(queue, &dir->arrival);
    queue_head_arrival(queue, dir, frame);
}

/* On a link whose delay was made shorter nothing overtakes @last, the arrival of what was sent
   before. */
static inline sim_time in_order(sim_time arrives_at, sim_time last)
{
    return arrives_at < last ? last : arrives_at;
}

/* Both ends of @dir are in @part, and @from is the sending one's node. */
static inline void append_here(struct part *part, struct node *from, struct link_dir *dir,
                               struct frame *frame, sim_time starts_at, sim_time arrives_at,
                               bool is_copy)
{
    arrives_at = in_order(arrives_at, dir->last_arrival);
    frame->starts_at = starts_at;
    frame->arrives_at = arrives_at;
    frame->counter = from->event_counter++;
    if (starts_at > part->now || dir->first_waiting != NULL) {
        if (dir->first_waiting == NULL)
            dir->first_waiting = frame;
        dir->n_waiting += !is_copy;
    }
    dir->last_arrival = arrives_at;
    fly(part, dir, frame);
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
static void tell_fault(struct link_dir *dir, const struct frame *frame, struct why why,
                       const char *text)
{
    struct node *node = dir->from->node;
    uint64_t cause = node->part->cause;

    node->part->cause = frame->id;
    node_record(node, dir->from, RECORD_CONTROL, why, text);
    node->part->cause = cause;
}

static void edit(struct link_dir *dir, const struct link_rule *rule, struct frame *frame)
{
    frame_finish_checksum(frame);
    frame_linearize(frame);
    rule->edit(rule->ctx, frame);
    tell_fault(dir, frame, WHY0(FRAME_EDITED), rule->text);
}

struct faults {
    bool drop, duplicate, corrupt;
    enum drop_reason reason;
    sim_time late; /* 0: in order */
};

/* @rule is meant for @frame: take it into @faults. */
static void strike(struct link_dir *dir, const struct link_rule *rule, struct frame *frame,
                   struct faults *faults)
{
    switch (rule->kind) {
    case LINK_FAULT_DROP:
        faults->drop = true;
        faults->reason = DROP_LINK_RULE;
        tell_fault(dir, frame, WHY(FAULT_DROP, rule->seen), rule->text);
        break;
    case LINK_FAULT_DELAY:
        faults->late += rule->by;
        tell_fault(dir, frame, WHY(FAULT_DELAY, rule->seen, (uint64_t)rule->by), rule->text);
        break;
    case LINK_FAULT_DUPLICATE:
        faults->duplicate = true;
        tell_fault(dir, frame, WHY(FAULT_DUPLICATE, rule->seen), rule->text);
        break;
    case LINK_FAULT_CORRUPT:
        faults->corrupt = true;
        tell_fault(dir, frame, WHY(FAULT_CORRUPT, rule->seen), rule->text);
        break;
    case LINK_FAULT_EDIT:
        edit(dir, rule, frame);
        break;
    }
}

/* What a cable does by chance; of a frame that is lost the drop tells. */
static void draw_chances(struct link_dir *dir, const struct frame *frame, struct faults *faults)
{
    const struct link_config *config = &dir->link->config;
    bool lost = chance(dir, config->loss), doubled = chance(dir, config->duplicate),
         damaged = chance(dir, config->corrupt), late = chance(dir, config->reorder);
    sim_time by = 0;

    if (late) { /* by up to the link's delay, but enough to be overtaken */
        sim_time most = config->delay > SIM_MSEC(1) ? config->delay : SIM_MSEC(1);

        by = (sim_time)random_below(&dir->random, (uint64_t)most) + 1;
    }
    faults->drop |= lost;
    faults->duplicate |= doubled;
    faults->corrupt |= damaged;
    faults->late += by;
    if (faults->drop)
        return;
    if (doubled)
        tell_fault(dir, frame, WHY0(CHANCE_DUPLICATE), NULL);
    if (damaged)
        tell_fault(dir, frame, WHY0(CHANCE_CORRUPT), NULL);
    if (late)
        tell_fault(dir, frame, WHY(CHANCE_REORDER, (uint64_t)by), NULL);
}

static struct faults draw_faults(struct link_dir *dir, struct frame *frame)
{
    struct faults faults = { .reason = DROP_LINK_LOSS };
    unsigned side = dir->from->end->side;

    for (struct link_rule *rule = dir->link->rules; rule != NULL; rule = rule->next)
        if (rule_strikes(rule, side, frame))
            strike(dir, rule, frame, &faults);
    draw_chances(dir, frame, &faults);
    return faults;
}

static void append(struct link_dir *dir, struct frame *frame, sim_time starts_at,
                   sim_time arrives_at)
{
    struct node *from = dir->from->node;

    if (dir->cut == NULL) {
        append_here(from->part, from, dir, frame, starts_at, arrives_at,
                    starts_at == LINK_COPY_ON_THE_WIRE);
        return;
    }
    frame->starts_at = starts_at;
    frame->arrives_at = in_order(arrives_at, cut_last_arrival(dir->cut));
    frame->counter = from->event_counter++;
    cut_append(dir, frame);
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
    if (frame != NULL)
        append(dir, frame, starts_at, arrives_at);
    if (twin != NULL)
        append(dir, twin, frame != NULL ? LINK_COPY_ON_THE_WIRE : starts_at, arrives_at);
}

void link_propagate(struct link_dir *dir, struct frame *frame)
{
    sim_time now = dir->from->node->part->now;

    enter(dir, frame, now, now);
}

sim_time link_transmission_time(const struct link *link, size_t len)
{
    return link_dir_time(&link->dir[0], len);
}

sim_time link_config_look_ahead(const struct link_config *config)
{
    sim_time octets = ETH_WIRE_MIN + ETH_WIRE_OVERHEAD;

    return config->delay + (config->rate == 0 ? 0 : octets * SIM_SEC(8) / (sim_time)config->rate);
}

sim_time link_look_ahead(const struct link_dir *dir)
{
    sim_time shortest = link_transmission_time(dir->link, ETH_WIRE_MIN);

    return dir->link->config.delay + (dir->from->node->ops->is_repeater ? 0 : shortest);
}

/* When the transmitter begins with a frame that it is given now. */
static inline sim_time transmission_start(const struct link_dir *dir, sim_time now)
{
    sim_time free_at = dir->free_at;

    return free_at > now ? free_at : now;
}

static void send_specially(struct link_dir *dir, struct frame *frame)
{
    sim_time starts_at;

    if (dir->station != NULL) {
        medium_send(dir->station, frame);
    } else if (dir->from->node->ops->is_repeater) {
        link_propagate(dir, frame);
    } else {
        starts_at = transmission_start(dir, dir->from->node->part->now);
        dir->free_at = starts_at + link_dir_time(dir, frame_size(frame));
        enter(dir, frame, starts_at, dir->free_at);
    }
}

/* @frame of @size octets leaves @node by @dir, which is plain. The calls come last, so that nobody
   keeps registers for them. */
static inline void send_plainly(struct node *node, struct link_dir *dir, struct frame *frame,
                                size_t size)
{
    struct part *part = node->part;
    sim_time starts_at = transmission_start(dir, part->now);
    sim_time ends_at = starts_at + link_dir_time(dir, size);

    dir->free_at = ends_at;
    append_here(part, node, dir, frame, starts_at, ends_at + dir->delay, false);
}

/* Why @iface cannot send a frame at all. */
static enum drop_reason refusal(const struct iface *iface)
{
    if (iface->out == NULL)
        return iface->up ? DROP_NOT_CABLED : DROP_LINK_DOWN;
    return iface->up && iface->out->link->up ? DROP_TOO_LONG : DROP_LINK_DOWN;
}

static bool queue_is_full(struct link_dir *dir)
{
    advance_waiting(dir, dir->from->node->part->now);
    return dir->n_waiting >= dir->queue ||
           (dir->station != NULL && medium_queue_len(dir->station) > dir->queue);
}

/* iface_send(), whatever may be in the way. */
APART static void send_carefully(struct iface *iface, struct frame *frame)
{
    struct link_dir *dir = iface->out;
    struct node *node = iface->node;
    size_t size = frame_size(frame);

    if (dir == NULL || !iface->up || !dir->open || size > iface->mtu + LINK_HEADER_MAX) {
        node_drop(node, iface, frame, refusal(iface));
        return;
    }
    if (queue_is_full(dir)) {
        node_drop(node, iface, frame, DROP_QUEUE_FULL);
        return;
    }
    iface->tx_frames++;
    iface->tx_octets += size;
    frame->id = node_record_frame(node, iface, RECORD_SEND, frame);
    if (dir->plain)
        send_plainly(node, dir, frame, size);
    else
        send_specially(dir, frame);
}

/* Where nothing is in the way, that is asked at once. Who still waits matters only where the queue
   may be full: they are far apart in memory. */
void iface_send(struct iface *iface, struct frame *frame)
{
    struct link_dir *dir = iface->out;
    struct node *node = iface->node;
    size_t size = frame_size(frame);

    if (UNLIKELY(dir == NULL || !dir->plain || size > iface->mtu + LINK_HEADER_MAX ||
                 dir->n_waiting >= dir->queue || node_wants(node, RECORD_SEND))) {
        send_carefully(iface, frame);
        return;
    }
    iface->tx_frames++;
    frame->id = node_count_frame(node, frame);
    iface->tx_octets += size;
    send_plainly(node, dir, frame, size);
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
    advance_waiting(dir, dir->from->node->part->now);
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

/* @iface has heard that the other end was switched on or off. */
static void hear_carrier(struct iface *iface, bool up)
{
    iface->out->far_up = up;
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

/* For itself: the other direction may be another thread's. */
static void look(struct link_dir *dir)
{
    dir->open = dir->link->up;
    dir->plain = dir->open && dir->from->up && !dir->link->impaired && dir->station == NULL &&
                 dir->cut == NULL && !dir->from->node->ops->is_repeater;
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

void link_configure(struct link *link, const struct link_config *config)
{
    CHECK(config->rate == 0 || config->rate >= LINK_RATE_MIN);
    CHECK(config->delay >= 0 && config->delay <= LINK_DELAY_MAX);
    link->config = *config;
    for (struct link_dir *dir = link->dir; dir < link->dir + 2; dir++) {
        bool whole = config->rate != 0 && UINT64_C(8000000000000) % config->rate == 0;

        dir->queue = config->queue;
        dir->delay = config->delay;
        dir->time_per_octet = whole ? (sim_time)(UINT64_C(8000000000000) / config->rate) : 0;
    }
    link->impaired =
        config->loss || config->duplicate || config->reorder || config->corrupt || link->rules;
    link_look(link);
    link->sim->cables_changed = true;
}

void link_add_rule(struct link *link, struct link_rule *rule)
{
    struct link_rule **at = &link->rules;

    while (*at != NULL)
        at = &(*at)->next;
    rule->next = NULL;
    *at = rule;
    link->impaired = true;
    link_look(link);
}

void link_init(struct link *link, struct sim *sim, uint32_t id, struct iface *a, struct iface *b,
               const struct link_config *config)
{
    struct iface *ends[2] = { a, b };
    char name[256];

    link->sim = sim;
    link->id = id;
    link->up = !config->down;
    for (unsigned side = 0; side < 2; side++) {
        struct link_dir *dir = &link->dir[side];

        CHECK(ends[side]->end == NULL);
        link->end[side] = (struct link_end){ link, side };
        ends[side]->end = &link->end[side];
        ends[side]->out = dir;
        dir->link = link;
        dir->far_up = ends[1 - side]->up;
        dir->from = ends[side];
        dir->to = ends[1 - side];
        dir->order = event_order(EVENT_ARRIVAL, dir->to->node->id, dir->from->node->id);
        event_init(&dir->arrival, head_arrives);
        dir->arrival.owner =
            (offsetof(struct link_dir, to) - offsetof(struct link_dir, arrival)) / sizeof(void *);
        snprintf(name, sizeof name, "%s:%s", ends[side]->node->name, ends[side]->name);
        random_stream_init(&dir->random, sim->seed, name, "link");
    }
    link_configure(link, config);
}
