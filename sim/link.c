#include "sim/link.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/likely.h"
#include "base/list.h"
#include "sim/cut.h"
#include "sim/flight.h"
#include "sim/link_internal.h"
#include "sim/medium.h"
#include "sim/sim.h"

/* By what fetch_receivers() of queue.c, flight.c and link_fetch() bring: of the direction two
   lines, of which an arrival needs the first; by its owner the interface, whose first line is the
   receiver's, then the node and its device, each by the first pointer of the one before. */
MEM_LINES_HOLD(offsetof(struct link_dir, arrival) == 0 &&
                   offsetof(struct link_dir, n_waiting) == ARENA_LINE &&
                   offsetof(struct link_dir, from) == (size_t)2 * ARENA_LINE,
               "an arrival needs a line of its direction, who sends two");
MEM_LINES_HOLD(offsetof(struct iface, node) == 0 &&
                   offsetof(struct iface, rx_drops) == ARENA_LINE &&
                   offsetof(struct node, device) == 0 && offsetof(struct node, name) == ARENA_LINE,
               "a frame that comes in needs a line of the interface and one of the node");
/* What struct event says of needs. */
_Static_assert(offsetof(struct frame, data) == 0 && offsetof(struct frame, next) == sizeof(void *),
               "an arrival's needs are the frame's octets and the next frame");

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

void link_advance_waiting(struct link_dir *dir, sim_time now)
{
    struct frame *frame;

    flight_dissolve(dir->from->node->part);
    if (dir->cut != NULL)
        cut_advance(dir);
    while ((frame = dir->first_waiting) != NULL && frame->starts_at <= now)
        no_longer_waits(dir, frame, frame->next);
}

/* @frame is the head of what is on the link: it stands in the event queue of the receiver's
 * partition. */
static inline void queue_head_arrival(struct queue *queue, struct link_dir *dir,
                                      struct frame *frame, sim_time arrives_at, uint64_t counter)
{
    dir->arrival.needs = (void *const *)(void *)&frame->data;
    queue_push_idle(queue, &dir->arrival, arrives_at, dir->order, counter);
}

static void head_arrives(struct event *event)
{
    struct link_dir *dir = CONTAINER_OF(event, struct link_dir, arrival);
    struct frame *frame = dir->in_flight.head, *next = frame->next;
    struct iface *to = dir->to;
    struct part *part = to->node->part;

    if (part->queue.fetches)
        iface_fetch_key(to, frame);
    dir->in_flight.head = next;
    if (dir->first_waiting == frame)
        no_longer_waits(dir, frame, next);
    if (next != NULL) {
        frame->next = NULL;
        queue_head_arrival(&part->queue, dir, next, next->arrives_at, next->counter);
    } else {
        dir->in_flight.tail = NULL;
    }
    deliver(part, to, frame);
}

void link_deliver(struct link_dir *dir, struct frame *frame)
{
    deliver(dir->to->node->part, dir->to, frame);
}

static inline void fly(struct part *part, struct link_dir *dir, struct frame *frame,
                       sim_time arrives_at, uint64_t counter)
{
    struct frame *last = dir->in_flight.tail;

    frame->next = NULL;
    dir->in_flight.tail = frame;
    if (last != NULL) {
        last->next = frame;
        return;
    }
    dir->in_flight.head = frame;
    queue_head_arrival(&part->queue, dir, frame, arrives_at, counter);
}

void link_fly(struct link_dir *dir, struct frame *frame)
{
    fly(dir->to->node->part, dir, frame, frame->arrives_at, frame->counter);
}

/* @frame joins those that wait, or have waited and are counted still. */
static void join_waiting(struct link_dir *dir, struct frame *frame)
{
    struct frame *first = dir->first_waiting;
    bool is_behind = first != NULL && (int32_t)(first->counter - frame->counter) < 0;

    if (!is_behind && frame->starts_at <= dir->from->node->part->now)
        return;
    dir->n_waiting++;
    if (!is_behind)
        dir->first_waiting = frame;
}

void link_join(struct link_dir *dir, struct frame *frame)
{
    struct frame **at = &dir->in_flight.head;
    struct queue *queue = &dir->to->node->part->queue;

    join_waiting(dir, frame);
    while (*at != NULL && (int32_t)((*at)->counter - frame->counter) < 0)
        at = &(*at)->next;
    frame->next = *at;
    *at = frame;
    if (frame->next == NULL)
        dir->in_flight.tail = frame;
    if (at != &dir->in_flight.head)
        return;
    if (event_queued(&dir->arrival))
        queue_remove(queue, &dir->arrival);
    queue_head_arrival(queue, dir, frame, frame->arrives_at, frame->counter);
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
    const struct frame *waiting = dir->first_waiting;
    uint64_t counter = from->event_counter++;

    arrives_at = in_order(arrives_at, dir->last_arrival);
    frame->starts_at = starts_at;
    frame->arrives_at = arrives_at;
    frame->counter = (uint32_t)counter;
    if (waiting != NULL || starts_at > part->now) {
        if (waiting == NULL)
            dir->first_waiting = frame;
        dir->n_waiting += !is_copy;
    }
    dir->last_arrival = arrives_at;
    fly(part, dir, frame, arrives_at, counter);
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
    frame->counter = (uint32_t)from->event_counter++;
    cut_append(dir, frame);
}

/* The last bit leaves at @ends_at; its transmission began or begins at @starts_at. Consumes the
 * frame. */
static void enter(struct link_dir *dir, struct frame *frame, sim_time starts_at, sim_time ends_at)
{
    sim_time arrives_at = ends_at + dir->link->config.delay;
    struct frame *twin = NULL;

    if (dir->link->impaired) {
        struct link_faults faults = link_draw_faults(dir, frame);

        if (faults.drop) {
            dir->from->node->part->cause = frame->id;
            node_drop(dir->from->node, dir->from, frame, faults.reason);
            return;
        }
        if (faults.corrupt)
            link_corrupt(dir, frame);
        if (faults.duplicate)
            twin = frame_clone(frame);
        if (faults.late > 0) {
            link_send_late(dir, frame, arrives_at + faults.late);
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

static void send_specially(struct link_dir *dir, struct frame *frame)
{
    sim_time starts_at;

    if (dir->station != NULL) {
        medium_send(dir->station, frame);
    } else if (dir->from->node->ops->is_repeater) {
        link_propagate(dir, frame);
    } else {
        starts_at = link_starts_at(dir, dir->from->node->part->now);
        dir->free_at = starts_at + link_dir_time(dir, frame_size(frame));
        enter(dir, frame, starts_at, dir->free_at);
    }
}

/* @frame leaves @node by @dir, which is plain, and keeps it busy for @time. The calls come last, so
   that nobody keeps registers for them. */
static inline void send_plainly(struct node *node, struct link_dir *dir, struct frame *frame,
                                sim_time time)
{
    struct part *part = node->part;
    sim_time starts_at = link_starts_at(dir, part->now);
    sim_time ends_at = starts_at + time;

    dir->free_at = ends_at;
    append_here(part, node, dir, frame, starts_at, ends_at + dir->delay, false);
}

/* Why @iface cannot send a frame at all. */
static enum drop_reason refusal(const struct iface *iface)
{
    if (iface->out == NULL)
        return iface->up ? DROP_NOT_CABLED : DROP_LINK_DOWN;
    return iface_has_carrier(iface) ? DROP_TOO_LONG : DROP_LINK_DOWN;
}

static bool queue_is_full(struct link_dir *dir)
{
    if (dir->n_waiting >= dir->queue || dir->cut != NULL)
        link_advance_waiting(dir, dir->from->node->part->now);
    return dir->n_waiting >= dir->queue ||
           (dir->station != NULL && medium_queue_len(dir->station) > dir->queue);
}

/* iface_send(), whatever may be in the way. */
APART static void send_carefully(struct iface *iface, struct frame *frame)
{
    struct link_dir *dir = iface->out;
    struct node *node = iface->node;
    size_t size = frame_size(frame);

    if (!iface_has_carrier(iface) || size > iface->mtu + LINK_HEADER_MAX) {
        node_drop(node, iface, frame, refusal(iface));
        return;
    }
    if (queue_is_full(dir)) {
        node_drop(node, iface, frame, DROP_QUEUE_FULL);
        return;
    }
    dir->tx_frames++;
    dir->tx_octets += size;
    frame->id = node_record_frame(node, iface, RECORD_SEND, frame);
    if (dir->plain)
        send_plainly(node, dir, frame, link_dir_time(dir, size));
    else
        send_specially(dir, frame);
}

/* Where nothing is in the way, that is asked at once. Who still waits matters only where the queue
   may be full. */
void iface_send(struct iface *iface, struct frame *frame)
{
    struct link_dir *dir = iface->out;
    struct node *node = iface->node;
    size_t size = frame_size(frame);

    if (UNLIKELY(dir == NULL || size > dir->takes || dir->n_waiting >= dir->queue ||
                 node_wants(node, RECORD_SEND))) {
        send_carefully(iface, frame);
        return;
    }
    dir->tx_frames++;
    frame->id = node_count_frame(node, frame);
    dir->tx_octets += size;
    send_plainly(node, dir, frame, link_octets_on_wire(size) * dir->time_per_octet);
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
