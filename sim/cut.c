#include "sim/cut.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "sim/engine.h"
#include "sim/sim.h"
#include "sim/wire_form.h"

enum kind { FRAME, STRAGGLER, CARRIER };

/* What goes through the channel; behind it the frame's linear octets and those of its slice. */
struct message {
    enum kind kind;
    bool up;                          /* CARRIER */
    struct link_dir *far;             /* the receiver's */
    sim_time at;                      /* when it arrives */
    uint64_t counter;                 /* the sender's, for the order of events */
    uint32_t linear, before, payload; /* octets that follow: from data on, before it, slice */
    struct frame frame;
    uint8_t octets[];
};

static struct link_dir *near_dir(const struct cut *cut)
{
    return &cut->far->link->dir[cut->far->from->end->side];
}

static void hand_over_fires(struct event *event)
{
    struct link_dir *dir = near_dir(CONTAINER_OF(event, struct cut, handover));

    dir->from->node->part->n_events--; /* nothing that happens in the network */
    cut_advance(dir);
}

void cut_make(struct link_dir *dir, struct channel *channel)
{
    struct cut *cut = arena_alloc(node_arena(dir->from->node), sizeof *cut);
    struct link_dir *far = arena_alloc_lines(node_arena(dir->to->node), sizeof *far);

    CHECK(dir->in_flight.head == NULL && dir->stragglers == NULL && dir->station == NULL);
    *far = *dir;
    event_init(&far->arrival, dir->arrival.fire);
    cut->far = far;
    cut->channel = channel;
    event_init(&cut->handover, hand_over_fires);
    dir->cut = cut;
    link_look(dir->link);
}

/* ---- the sender's side ---- */

static struct message *begin_message(struct cut *cut, enum kind kind, size_t octets)
{
    struct message *message = channel_begin(cut->channel, sizeof *message + octets);

    message->kind = kind;
    message->far = cut->far;
    return message;
}

/* Headers that were pulled and that a pointer remembers. */
static uint32_t known_before(const struct frame *frame)
{
    const uint8_t *first = frame->data;

    if (frame->ether != NULL && frame->ether < first)
        first = frame->ether;
    if (frame->network != NULL && frame->network < first)
        first = frame->network;
    return (uint32_t)(frame->data - first);
}

/* To another rank: what, and through which cable. */
static struct pack *begin_wire(struct cut *cut, enum kind kind, sim_time at)
{
    struct pack *out = &cut->bundle->pack;

    if (at < cut->bundle->first)
        cut->bundle->first = at;
    pack_u8(out, (uint8_t)kind);
    pack_u32(out, 2 * cut->far->link->id + cut->far->from->end->side);
    return out;
}

/* What is sent at another rank is that one's business. */
static void send_far_away(struct cut *cut, enum kind kind, struct frame *frame)
{
    if (cut->bundle != NULL)
        wire_put_frame(begin_wire(cut, kind, frame->arrives_at), frame);
    frame_free(frame);
}

static void send_carrier_far_away(struct cut *cut, bool up, sim_time at, uint64_t counter)
{
    struct pack *out;

    if (cut->bundle == NULL)
        return;
    out = begin_wire(cut, CARRIER, at);
    pack_u8(out, up);
    pack_u64(out, (uint64_t)at);
    pack_u64(out, counter);
}

/* A slice without a buffer lives as long as the run, and need not be copied. */
static void send_frame(struct cut *cut, enum kind kind, struct frame *frame)
{
    uint32_t before = known_before(frame);
    uint32_t payload = frame->payload.buffer != NULL ? frame->payload.len : 0;
    struct message *message;

    if (cut->channel == NULL) {
        send_far_away(cut, kind, frame);
        return;
    }
    message = begin_message(cut, kind, before + frame->len + payload);
    message->at = frame->arrives_at;
    message->counter = frame->counter;
    message->before = before;
    message->linear = frame->len;
    message->payload = payload;
    message->frame = *frame;
    memcpy(message->octets, frame->data - before, before + frame->len);
    if (payload > 0)
        memcpy(message->octets + before + frame->len, frame->payload.octets, payload);
    channel_end(cut->channel);
    frame_free(frame);
}

static void schedule_handover(struct link_dir *dir)
{
    struct cut *cut = dir->cut;
    const struct frame *head = cut->waiting.head;
    struct node *node = dir->from->node;

    if (head == NULL || cut->listed || event_queued(&cut->handover))
        return;
    if (node->part->flushes_cuts) {
        cut->next_waiting = node->part->cuts_waiting;
        node->part->cuts_waiting = cut;
        cut->listed = true;
        return;
    }
    queue_push_at(&node->part->queue, &dir->cut->handover, head->starts_at,
                  event_order(EVENT_ARRIVAL, node->id, node->id), head->counter);
}

/* What begins before @before. Returns whether anything did. */
static bool hand_over(struct link_dir *dir, sim_time before)
{
    struct cut *cut = dir->cut;
    bool any = false;

    while (cut->waiting.head != NULL && cut->waiting.head->starts_at < before) {
        struct frame *frame = frame_list_pop(&cut->waiting);

        dir->n_waiting -= frame->starts_at != LINK_COPY_ON_THE_WIRE;
        cut->handed_over = frame->arrives_at;
        send_frame(cut, FRAME, frame);
        any = true;
    }
    return any;
}

void cut_advance(struct link_dir *dir)
{
    if (hand_over(dir, node_now(dir->from->node) + 1)) {
        node_cancel(dir->from->node, &dir->cut->handover);
        schedule_handover(dir);
    }
}

void cut_flush(struct part *part, sim_time before)
{
    struct cut **at = &part->cuts_waiting, *cut;

    while ((cut = *at) != NULL) {
        hand_over(near_dir(cut), before);
        if (cut->waiting.head != NULL) {
            at = &cut->next_waiting;
        } else {
            cut->listed = false;
            *at = cut->next_waiting;
        }
    }
}

void cut_flush_ends(struct part *part)
{
    struct cut *cut;

    part->flushes_cuts = false;
    while ((cut = part->cuts_waiting) != NULL) {
        part->cuts_waiting = cut->next_waiting;
        cut->listed = false;
        schedule_handover(near_dir(cut));
    }
}

sim_time cut_first_waiting(const struct part *part)
{
    sim_time first = SIM_TIME_NONE;

    for (const struct cut *cut = part->cuts_waiting; cut != NULL; cut = cut->next_waiting)
        if (cut->waiting.head != NULL && cut->waiting.head->starts_at < first)
            first = cut->waiting.head->starts_at;
    return first;
}

void cut_append(struct link_dir *dir, struct frame *frame)
{
    struct cut *cut = dir->cut;

    if (cut->waiting.head == NULL && frame->starts_at <= node_now(dir->from->node)) {
        cut->handed_over = frame->arrives_at;
        send_frame(cut, FRAME, frame);
        return;
    }
    dir->n_waiting += frame->starts_at != LINK_COPY_ON_THE_WIRE;
    frame_list_push(&cut->waiting, frame);
    schedule_handover(dir);
}

void cut_straggler(struct link_dir *dir, struct frame *frame)
{
    send_frame(dir->cut, STRAGGLER, frame);
}

void cut_carrier(struct link_dir *dir, bool up, sim_time at, uint64_t counter)
{
    struct message *message;

    if (dir->cut->channel == NULL) {
        send_carrier_far_away(dir->cut, up, at, counter);
        return;
    }
    message = begin_message(dir->cut, CARRIER, 0);
    message->at = at;
    message->counter = counter;
    message->up = up;
    channel_end(dir->cut->channel);
}

sim_time cut_last_arrival(const struct cut *cut)
{
    return cut->waiting.tail != NULL ? cut->waiting.tail->arrives_at : cut->handed_over;
}

struct frame_list cut_take_waiting(struct link_dir *dir)
{
    struct cut *cut = dir->cut;
    struct frame_list waiting = cut->waiting;

    cut->waiting = (struct frame_list){ 0 };
    node_cancel(dir->from->node, &cut->handover);
    return waiting;
}

/* ---- the receiver's side ---- */

static struct frame *unpack(struct node *node, const struct message *message)
{
    struct frame *frame = frame_new(node, message->before + message->linear);
    struct frame fresh = *frame;
    const uint8_t *old = message->frame.data;
    uint8_t *data = fresh.data + message->before;

    memcpy(fresh.data, message->octets, message->before + message->linear);
    *frame = message->frame;
    frame->part = fresh.part;
    frame->buffer = fresh.buffer;
    frame->may_share = false;
    frame->small = fresh.small;
    frame->data = data;
    if (frame->ether != NULL)
        frame->ether = data + (message->frame.ether - old);
    if (frame->network != NULL)
        frame->network = data + (message->frame.network - old);
    if (message->payload > 0) {
        frame->payload.buffer = buffer_new(node, message->payload);
        frame->payload.octets =
            memcpy(frame->payload.buffer->octets,
                   message->octets + message->before + message->linear, message->payload);
    }
    frame->next = NULL;
    event_init(&frame->event, fresh.event.fire);
    return frame;
}

static void receive(const struct message *message)
{
    struct link_dir *far = message->far;

    switch (message->kind) {
    case FRAME:
        link_fly(far, unpack(far->to->node, message));
        break;
    case STRAGGLER:
        link_straggle(far, unpack(far->to->node, message));
        break;
    case CARRIER:
        link_carrier_later(far, message->up, message->at, message->counter);
        break;
    }
}

void cut_receive(struct channel *channel)
{
    const struct message *message;

    while ((message = channel_peek(channel)) != NULL) {
        receive(message);
        channel_pop(channel);
    }
}

/* ---- to and from other ranks ---- */

void cut_recall(struct link_dir *dir)
{
    struct engine *engine = dir->link->sim->engine;

    if (dir->cut->channel == NULL && engine != NULL && engine->ops->recall != NULL)
        engine->ops->recall(engine, dir);
}

/* The direction with this number, whose receiver is here; or NULL. */
static struct link_dir *far_of(struct sim *sim, uint32_t number)
{
    struct link *link = number / 2 < sim->n_links ? sim->links[number / 2] : NULL;
    struct cut *cut = link != NULL ? link->dir[number % 2].cut : NULL;

    return cut != NULL && cut->channel == NULL && cut->bundle == NULL ? cut->far : NULL;
}

static bool unpack_carrier(struct unpack *in, struct link_dir *far)
{
    unsigned up = unpack_u8(in);
    sim_time at = (sim_time)unpack_u64(in);
    uint64_t counter = unpack_u64(in);

    if (in->wrong || up > 1 || at < node_now(far->to->node))
        return false;
    link_carrier_later(far, up != 0, at, counter);
    return true;
}

bool cut_unpack(struct sim *sim, struct unpack *in, struct texts *texts)
{
    unsigned kind = unpack_u8(in);
    struct link_dir *far = far_of(sim, unpack_u32(in));
    struct frame *frame;

    if (in->wrong || far == NULL || kind > CARRIER)
        return false;
    if (kind == CARRIER)
        return unpack_carrier(in, far);
    frame = wire_get_frame(in, far->to->node, texts);
    if (frame == NULL)
        return false;
    if (frame->arrives_at < node_now(far->to->node)) {
        frame_free(frame);
        return false;
    }
    if (kind == FRAME)
        link_fly(far, frame);
    else
        link_straggle(far, frame);
    return true;
}

void cut_give_back(struct link_dir *dir, struct pack *out)
{
    struct link_dir *far = dir->cut->far;
    struct node *node = far->to->node;
    struct frame *frame;

    node_cancel(node, &far->arrival);
    while ((frame = frame_list_pop(&far->in_flight)) != NULL) {
        pack_u8(out, FRAME);
        wire_put_frame(out, frame);
        frame_free(frame);
    }
    while ((frame = far->stragglers) != NULL) {
        far->stragglers = frame->next;
        node_cancel(node, &frame->event);
        pack_u8(out, STRAGGLER);
        wire_put_frame(out, frame);
        frame_free(frame);
    }
}

bool cut_take_back(struct link_dir *dir, struct unpack *in, struct texts *texts)
{
    struct link_dir *far = dir->cut->far;
    struct frame **last = &far->stragglers;

    while (unpack_left(in) > 0) {
        unsigned kind = unpack_u8(in);
        struct frame *frame = wire_get_frame(in, dir->from->node, texts);

        if (frame == NULL || kind > STRAGGLER)
            return false;
        if (kind == FRAME) {
            frame_list_push(&far->in_flight, frame);
            continue;
        }
        *last = frame; /* in the order that they stood in */
        last = &frame->next;
    }
    return true;
}
