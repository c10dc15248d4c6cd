#include "sim/node.h"

#include "base/check.h"
#include "base/memory.h"
#include "sim/record_log.h"
#include "sim/sim.h"

struct iface *iface_add(struct node *node, const char *name, const struct mac_addr *mac)
{
    struct arena *arena = node_arena(node);
    struct iface *iface = arena_alloc_lines(arena, sizeof *iface);
    uint32_t n = node->n_ifaces;

    iface->node = node;
    iface->name = arena_strdup(arena, name);
    iface->mac = *mac;
    CHECK(n < UINT16_MAX);
    iface->index = (uint16_t)n;
    iface->up = true;
    iface->mtu = IFACE_MTU_DEFAULT;
    iface_set_keys(iface, iface, 0); /* nobody's: a line that is at hand */
    if ((n & (n - 1)) == 0) {        /* as many as there is room for: 0 or a power of two */
        struct iface **ifaces = arena_alloc(arena, (n == 0 ? 1 : 2 * n) * sizeof *ifaces);

        if (n > 0)
            memcpy(ifaces, node->ifaces, n * sizeof *ifaces);
        node->ifaces = ifaces;
    }
    node->ifaces[node->n_ifaces++] = iface;
    return iface;
}

struct iface *iface_find(const struct node *node, const char *name)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        if (strcmp(node->ifaces[i]->name, name) == 0)
            return node->ifaces[i];
    return NULL;
}

static void emit(struct node *node, const struct record *record)
{
    struct part *part = node->part;
    bool later = (part->later & RECORD_BIT(record->kind)) != 0, counted = false;

    for (struct observer *observer = node->sim->observers; observer != NULL;
         observer = observer->next) {
        if ((observer->wants & RECORD_BIT(record->kind)) == 0)
            continue;
        if (part->log == NULL || observer->by_node)
            observer->record(observer, record);
        else if ((observer->counts & RECORD_BIT(record->kind)) != 0)
            counted = true;
        else
            later = true;
    }
    if (later)
        record_log_add(part, record);
    else if (counted)
        record_log_count(part);
}

uint64_t node_show(struct node *node, struct iface *iface, enum record_kind kind, struct why why,
                   const char *text, uint64_t process)
{
    uint64_t id = node_new_record_id(node);

    emit(node, &(struct record){ .id = id,
                                 .cause = node->part->cause,
                                 .at = node->part->now,
                                 .kind = kind,
                                 .why = why,
                                 .node = node,
                                 .iface = iface,
                                 .text = text,
                                 .process = process });
    return id;
}

uint64_t node_show_frame(struct node *node, struct iface *iface, enum record_kind kind,
                         struct frame *frame)
{
    uint64_t id = node_new_record_id(node);

    frame_finish_checksum(frame);
    emit(node, &(struct record){ .id = id,
                                 .cause = node->part->cause,
                                 .at = node->part->now,
                                 .kind = kind,
                                 .why = frame->why,
                                 .node = node,
                                 .iface = iface,
                                 .frame = frame,
                                 .frame_at = frame->data,
                                 .at_ether = true,
                                 .text = frame_text(frame) });
    frame->ether = frame->data;
    return id;
}

/* Most nodes drop for two or three reasons: those, in the order they came up. */
enum { DROPS_PER_PIECE = 3 };

struct node_drops {
    enum drop_reason reason[DROPS_PER_PIECE];
    uint64_t n[DROPS_PER_PIECE]; /* 0: none yet, nor behind it */
    struct node_drops *more;
};

static void count_drop(struct node *node, enum drop_reason reason)
{
    struct node_drops **at = &node->drops;

    for (;; at = &(*at)->more) {
        if (*at == NULL)
            *at = arena_alloc(node_arena(node), sizeof **at);
        for (unsigned i = 0; i < DROPS_PER_PIECE; i++) {
            if ((*at)->n[i] == 0)
                (*at)->reason[i] = reason;
            if ((*at)->reason[i] == reason) {
                (*at)->n[i]++;
                return;
            }
        }
    }
}

uint64_t node_drops(const struct node *node, enum drop_reason reason)
{
    for (const struct node_drops *drops = node->drops; drops != NULL; drops = drops->more)
        for (unsigned i = 0; i < DROPS_PER_PIECE; i++)
            if (drops->n[i] > 0 && drops->reason[i] == reason)
                return drops->n[i];
    return 0;
}

void node_drop_why(struct node *node, struct iface *iface, struct frame *frame,
                   enum drop_reason reason, struct why why)
{
    uint64_t id = node_new_record_id(node);

    count_drop(node, reason);
    if (iface != NULL)
        iface->rx_drops += frame->in == iface, iface->tx_drops += frame->in != iface;
    if (node_wants(node, RECORD_DROP)) {
        const uint8_t *at;

        frame_finish_checksum(frame);
        at = frame->ether != NULL     ? frame->ether
             : frame->network != NULL ? frame->network
                                      : frame->data;
        emit(node, &(struct record){ .id = id,
                                     .cause = frame->id != 0 ? frame->id : node->part->cause,
                                     .at = node->part->now,
                                     .kind = RECORD_DROP,
                                     .drop = reason,
                                     .why = why,
                                     .node = node,
                                     .iface = iface,
                                     .frame = frame,
                                     .frame_at = at,
                                     .at_ether = frame->ether != NULL,
                                     .text = frame_text(frame) });
    }
    frame_free(frame);
}

void node_drop(struct node *node, struct iface *iface, struct frame *frame, enum drop_reason reason)
{
    node_drop_why(node, iface, frame, reason, frame->why);
}

void node_random(const struct node *node, struct random_stream *stream, const char *purpose)
{
    random_stream_init(stream, node->sim->seed, node->name, purpose);
}

void node_schedule(struct node *node, struct event *event, enum event_class class, sim_time at)
{
    CHECK(at >= node->part->now);
    queue_push_at(&node->part->queue, event, at, event_order(class, node->id, node->id),
                  node->event_counter++);
}

void node_cancel(struct node *node, struct event *event)
{
    if (event_queued(event))
        queue_remove(&node->part->queue, event);
}
