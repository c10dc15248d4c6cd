/* Nodes and their interfaces: what a cable connects. What a node does with a frame is its device's
 * business. */
#ifndef WW_SIM_NODE_H
#define WW_SIM_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/be.h"
#include "base/drop.h"
#include "base/likely.h"
#include "base/memory.h"
#include "base/random.h"
#include "sim/describe.h"
#include "sim/frame.h"
#include "sim/part.h"
#include "sim/time.h"
#include "sim/trace.h"

struct link_dir;
struct link_end;
struct node;
struct iface;

struct node_ops {
    const char *kind; /* "host", "router", "switch", "hub" */
    bool is_repeater; /* its ports repeat bits and share one medium: sim/medium.h */
    /* A frame arrived, data at its Ethernet header. Consumes it. part->cause is its RECORD_RECEIVE.
     */
    void (*receive)(struct iface *iface, struct frame *frame);
    /* The cable was plugged in or out, or the interface or the far end switched on or off; @up is
       iface_has_carrier() now. May be NULL. */
    void (*carrier)(struct iface *iface, bool up);
    /* Show the node's tables. May be NULL. */
    void (*describe)(struct node *node, struct describe *out);
    /* Free node->device. May be NULL. */
    void (*free)(struct node *node);
};

struct node {     /* what every frame needs is in the first cache line */
    void *device; /* the ops' own data; first, for queue_fetch(), with EVENT_DEVICE_LINES of it */
    struct part *part;
    const struct node_ops *ops;
    uint32_t id; /* place in the topology file, from 1 */
    uint32_t n_ifaces;
    uint64_t event_counter, last_record; /* the latter with the id, as in records */
    struct iface **ifaces;
    struct sim *sim;
    const char *name;
    struct node_drops *drops; /* NULL until the first */
};

struct iface { /* the first cache line is what a frame that comes in needs */
    struct node *node;
    struct mac_addr mac;
    uint16_t index; /* place in node->ifaces, from 0 */
    uint32_t mtu;   /* octets behind the Ethernet header: iface_set_mtu() */
    bool up;        /* switched on; with a cable that is plugged in at both ends it has carrier */
    uint16_t key_mask;    /* iface_set_keys(): the table's places, less one */
    void *owner;          /* what the device keeps for this interface */
    struct link_dir *out; /* the cable's direction away from here, or NULL */
    const void *keys;     /* the table */
    uint64_t rx_frames, rx_octets;

    uint64_t rx_drops, tx_drops; /* sent: iface_tx_frames() */
    struct link_end *end;        /* the cable's end, or NULL */
    const char *name;
};

#define IFACE_MTU_DEFAULT 1500

static inline sim_time node_now(const struct node *node)
{
    return node->part->now;
}

/** node_arena() - memory that lives as long as the run, for what @node needs while it runs. */
static inline struct arena *node_arena(const struct node *node)
{
    return &node->part->arena;
}

/** iface_add() - a new interface of @node, up, without a cable. @name is copied into the run's
 * arena. */
struct iface *iface_add(struct node *node, const char *name, const struct mac_addr *mac);
/** iface_find() - by name, or NULL. */
struct iface *iface_find(const struct node *node, const char *name);
/** iface_set_mtu() - what is longer, behind its Ethernet header, is neither sent nor taken. */
void iface_set_mtu(struct iface *iface, uint32_t mtu);
/** iface_set_keys() - frames that @iface receives are looked up by their key (FRAME_AT_KEY) in
 * @lines, a table of @mask + 1 cache lines: the one at frame_key_place() comes into the cache while
 * the engine is still at work on the arrival. */
static inline void iface_set_keys(struct iface *iface, const void *lines, uint16_t mask)
{
    iface->keys = lines;
    iface->key_mask = mask;
}
/** iface_key_line() - that line. */
static inline const void *iface_key_line(const struct iface *iface, uint64_t key)
{
    return (const char *)iface->keys + ARENA_LINE * frame_key_place(key, iface->key_mask);
}
/** iface_fetch_key() - the line of @frame comes into the cache. */
static inline void iface_fetch_key(const struct iface *iface, const struct frame *frame)
{
    if (LIKELY(frame->len >= FRAME_AT_KEY + sizeof(uint64_t)))
        __builtin_prefetch(iface_key_line(iface, be64_get(frame->data + FRAME_AT_KEY)));
}
/** iface_has_carrier() - up, cabled, and the far end up too. */
bool iface_has_carrier(const struct iface *iface);
/** iface_set_up() - switch the interface on or off; both ends are told through ops->carrier. What
 * waits to be sent is lost. */
void iface_set_up(struct iface *iface, bool up);
/**
 * iface_send() - put @frame, data at its Ethernet header, on the cable. Consumes it. It waits in
 * the transmit queue while earlier ones are sent. Records RECORD_SEND with frame->why, or a drop.
 */
void iface_send(struct iface *iface, struct frame *frame);

/** node_drops() - how many frames and packets @node has dropped for @reason. */
uint64_t node_drops(const struct node *node, enum drop_reason reason);
/* A frame or packet dies here, for @reason. Consumes it; counts and traces. @iface may be NULL. */
void node_drop(struct node *node, struct iface *iface, struct frame *frame,
               enum drop_reason reason);
/* The same with further words on the reason, WHY_NONE where there are none. */
void node_drop_why(struct node *node, struct iface *iface, struct frame *frame,
                   enum drop_reason reason, struct why why);

/** node_wants() - whether an observer wants records of @kind: ask before formatting a text. */
static inline bool node_wants(const struct node *node, enum record_kind kind)
{
    return (node->part->wants & RECORD_BIT(kind)) != 0;
}
/** node_new_record_id() - an id without a record. */
static inline uint64_t node_new_record_id(struct node *node)
{
    return ++node->last_record;
}

/**
 * node_record() - something happened: emits a record of @kind to whoever wants it, with the current
 * cause, and returns its id. @text may be NULL. When nobody looks, not even @why is put together:
 * node_show() is the same when somebody does. @process: that of node_record_process(), or 0.
 */
uint64_t node_show(struct node *node, struct iface *iface, enum record_kind kind, struct why why,
                   const char *text, uint64_t process);
static inline uint64_t node_record(struct node *node, struct iface *iface, enum record_kind kind,
                                   struct why why, const char *text)
{
    return UNLIKELY(node_wants(node, kind)) ? node_show(node, iface, kind, why, text, 0)
                                            : node_new_record_id(node);
}
/** node_record_process() - the same, on behalf of a program's run. */
static inline uint64_t node_record_process(struct node *node, enum record_kind kind, struct why why,
                                           const char *text, uint64_t process)
{
    return node_wants(node, kind) ? node_show(node, NULL, kind, why, text, process)
                                  : node_new_record_id(node);
}

/** node_record_frame() - RECORD_SEND or RECORD_RECEIVE of @frame at @iface, with frame->why;
 * returns the id. node_show_frame() is the same when somebody looks, node_count_frame() when nobody
 * does. */
uint64_t node_show_frame(struct node *node, struct iface *iface, enum record_kind kind,
                         struct frame *frame);
static inline uint64_t node_count_frame(struct node *node, struct frame *frame)
{
    frame->ether = frame->data;
    return node_new_record_id(node);
}
static inline uint64_t node_record_frame(struct node *node, struct iface *iface,
                                         enum record_kind kind, struct frame *frame)
{
    if (UNLIKELY(node_wants(node, kind)))
        return node_show_frame(node, iface, kind, frame);
    return node_count_frame(node, frame);
}

/** node_state() - RECORD_STATE in short: a table of @node changed, for the current cause. */
static inline uint64_t node_state(struct node *node, struct iface *iface, struct why why)
{
    return node_record(node, iface, RECORD_STATE, why, NULL);
}

/** node_random() - initialise @stream as @node's own for @purpose. */
void node_random(const struct node *node, struct random_stream *stream, const char *purpose);

/** node_schedule() - @event of @node is due at @at, in @class. It is not queued already. */
void node_schedule(struct node *node, struct event *event, enum event_class class, sim_time at);
/** node_schedule_idle() - the same for who knows well that it is not queued, that @at is not past,
 * and @part. */
static inline void node_schedule_idle(struct node *node, struct part *part, struct event *event,
                                      enum event_class class, sim_time at)
{
    queue_push_idle(&part->queue, event, at, event_order(class, node->id, node->id),
                    node->event_counter++);
}
/** node_cancel() - take it back; harmless when it is not queued. */
void node_cancel(struct node *node, struct event *event);

#endif
