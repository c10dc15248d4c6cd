#include "sim/cut.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "sim/sim.h"

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

static void hand_over_fires(struct event *event)
{
    struct cut *cut = CONTAINER_OF(event, struct cut, handover);

    cut->far->from->node->part->n_events--; /* nothing that happens in the network */
    cut_advance(&cut->far->link->dir[cut->far->from->end->side]);
}

void cut_make(struct link_dir *dir, struct channel *channel)
{
    struct cut *cut = arena_alloc(node_arena(dir->from->node), sizeof *cut);
    struct link_dir *far = arena_alloc(node_arena(dir->to->node), sizeof *far);

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

/* A slice without a buffer lives as long as the run, and need not be copied. */
static void send_frame(struct cut *cut, enum kind kind, struct frame *frame)
{
    uint32_t before = known_before(frame);
    uint32_t payload = frame->payload.buffer != NULL ? frame->payload.len : 0;
    struct message *message = begin_message(cut, kind, before + frame->len + payload);

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
    const struct frame *head = dir->cut->waiting.head;
    struct node *node = dir->from->node;

    if (head == NULL || event_queued(&dir->cut->handover))
        return;
    queue_push_at(&node->part->queue, &dir->cut->handover, head->starts_at,
                  event_order(EVENT_ARRIVAL, node->id, node->id), head->counter);
}

void cut_advance(struct link_dir *dir)
{
    struct cut *cut = dir->cut;
    sim_time now = node_now(dir->from->node);
    bool any = false;

    while (cut->waiting.head != NULL && cut->waiting.head->starts_at <= now) {
        struct frame *frame = frame_list_pop(&cut->waiting);

        dir->n_waiting -= frame->starts_at != LINK_COPY_ON_THE_WIRE;
        cut->handed_over = frame->arrives_at;
        send_frame(cut, FRAME, frame);
        any = true;
    }
    if (any) {
        node_cancel(dir->from->node, &cut->handover);
        schedule_handover(dir);
    }
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
    struct message *message = begin_message(dir->cut, CARRIER, 0);

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
