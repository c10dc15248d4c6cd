/*
 * Frames: reference-counted octets with headroom, and behind them, optionally, a slice of an
 * immutable buffer, so that bulk data is never copied hop by hop. The descriptor (struct frame)
 * belongs to one holder; the octets may be shared between descriptors (frame_clone()), and whoever
 * writes asks frame_writable() first.
 *
 *     buffer:  [ headroom | data ... data+len )      slice: [ payload.octets ... +payload.len )
 *
 * On the wire a frame is its linear octets followed by its slice. *_input() and *_output()
 * functions consume the descriptor: every path passes it on, keeps it, or drops it, exactly once.
 */
#ifndef WW_SIM_FRAME_H
#define WW_SIM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/likely.h"
#include "base/why.h"
#include "sim/queue.h"
#include "sim/time.h"

struct node;
struct part;
struct iface;
struct ip_stack;

/* Octets that several frames may share. */
struct buffer {
    uint32_t refs;
    uint32_t size; /* of octets[] */
    struct part *part;
    struct buffer *next, *prev; /* in the partition's pool or list */
    uint8_t octets[];
};

struct slice {
    uint32_t len; /* comes first, so that it stands with what every hop of a frame looks at */
    const uint8_t *octets;
    struct buffer *buffer; /* a reference of its own; NULL: octets that live as long as the run */
};

/* Transport checksums are finished when somebody looks (a capture, run-hash) or something may
 * damage the frame. */
struct lazy_checksum {
    bool pending : 1;
    uint16_t start : 15; /* octets from frame->network on where the transport header starts */
    uint16_t field; /* octets from there to the checksum field, which holds the folded pseudo-header
                       sum */
};

struct frame { /* in the order of need: what every hop looks at stands in two cache lines */
    /* the first two are what struct event needs */
    uint8_t *data;       /* first linear octet */
    struct frame *next;  /* on a link, in a queue, in the pool */
    sim_time arrives_at; /* on a link or in a backlog */
    uint64_t
        id; /* record of its last transmission or reception: the cause of what follows from it */
    uint32_t len;     /* linear octets */
    uint32_t counter; /* on a link the sender's event counter, the lower half: the tie-breaker */
    struct iface *in; /* received here, or NULL for a node's own */
    uint8_t *ether;   /* the Ethernet header it was last received or sent with, or NULL: for drop
                         records. Moves likewise; who makes a packet of its own out of these octets
                         sets it to NULL */
    uint8_t *network; /* the IP header, once somebody has found or written it; moves with
                         frame_writable() */

    struct why why; /* why it is sent; set by who builds it */
    union {
        sim_time starts_at;                                     /* on a link: its transmission */
        void (*work)(struct ip_stack *ip, struct frame *frame); /* in a node's backlog */
    };
    struct lazy_checksum checksum;
    uint16_t
        mark; /* free for the holder; FRAME_MARK_ bits between ether and the protocols above IP */
    bool confirms_neighbor; /* TCP made progress, or ping was answered: whoever sends it on knows
                               that its next hop is alive. The mark stays with the frame from host
                               to host, as between namespaces of one kernel */
    bool may_share : 1;     /* somebody else may hold a reference to its buffer; false: certainly
                               nobody */
    bool small : 1;         /* its buffer is one of the smallest */
    bool has_text : 1;      /* the reason has a text: frame_text() */
    struct slice payload;

    struct buffer *buffer; /* holds data */
    struct part *part;     /* whose pool this descriptor is from */
    const char *text;      /* the reason's text, where there is one; lives as long as the run */
    struct event event;    /* when it does not travel in the link's FIFO order */
};

#define CHECKSUM_START_MAX 0x3fff
#define CHECKSUM_FIELD_UDP 6 /* places of the checksum in its header */
#define CHECKSUM_FIELD_TCP 16

#define FRAME_MARK_GROUP      2 /* its Ethernet destination was a group: no ICMP errors about it */
#define FRAME_MARK_FRAGMENTED 4 /* it came in fragments */
#define FRAME_MARK_TAPPED     1 /* a packet socket of a program has taken a copy */
#define FRAME_MARK_OUTGOING   8 /* such a copy, of what the node sends itself */

/* Eight octets by which most of who receives a frame look up what becomes of it: an IPv4 packet's
   addresses, behind an Ethernet header. A frame that is shorter has none. */
#define FRAME_AT_KEY 26

/** frame_key_place() - where @key, those eight octets as a number, is looked for in a table of so
 * many places, a power of two up to 2^16, less one. */
static inline uint32_t frame_key_place(uint64_t key, uint32_t mask)
{
    return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 48) & mask;
}

/* Ethernet with a tag, IPv4 and TCP with all options, and so much that behind it TCP's header, with
 * those of IPv4 and Ethernet before it, stands in one cache line but for the end of its timestamps.
 */
#define FRAME_HEADROOM 130

/** frame_new() - @len linear octets, not initialised, with FRAME_HEADROOM before them; allocated
 * from @node's partition. */
struct frame *frame_new(struct node *node, size_t len);
/** frame_new_sent() - the same with @before of the @len octets in the headroom, for who sets at
 * once what goes with octets that are ready to be sent: payload, network, checksum and why.
 * frame_at_hand() - the same when one lies there that has been used before and is large enough,
 * else NULL. */
struct frame *frame_new_sent(struct node *node, size_t len, size_t before);
struct frame *frame_at_hand(struct node *node, size_t len, size_t before);
/** frame_clone() - a second descriptor for the same octets; `why` and `id` are copied. */
struct frame *frame_clone(struct frame *frame);
/** frame_free() - give the descriptor and its references back. A frame that dies of something is
 * dropped: node_drop(). */
void frame_free(struct frame *frame);

/** frame_unshare() - for frame_writable(): the octets are shared, take a copy. */
void frame_unshare(struct frame *frame);
/** frame_writable() - after it, the linear octets belong to this descriptor alone. `data` may move.
 */
static inline void frame_writable(struct frame *frame)
{
    if (UNLIKELY(frame->may_share) && frame->buffer->refs > 1)
        frame_unshare(frame);
}
/** buffer_ref() - one reference more. Those to the octets of frames: frame_share(). */
static inline void buffer_ref(struct buffer *buffer)
{
    CHECK(buffer->refs > 0);
    buffer->refs++;
}
/** frame_share() - a reference to the octets of @frame for somebody who keeps them; returns their
 * buffer. */
static inline struct buffer *frame_share(struct frame *frame)
{
    if (!frame->may_share) /* whoever copies the frame now would wait for what is just written */
        frame->may_share = true;
    buffer_ref(frame->buffer);
    return frame->buffer;
}
/** frame_set_text() - of the reason for @frame: it lives as long as the run, or is NULL.
 * frame_text() - that text. */
static inline void frame_set_text(struct frame *frame, const char *text)
{
    frame->has_text = text != NULL;
    frame->text = text;
}
static inline const char *frame_text(const struct frame *frame)
{
    return frame->has_text ? frame->text : NULL;
}
/** frame_push() - prepend @len octets, returned uninitialised, this descriptor's own. There must be
 * headroom. */
static inline uint8_t *frame_push(struct frame *frame, size_t len)
{
    frame_writable(frame); /* the headroom is shared as well */
    CHECK((size_t)(frame->data - frame->buffer->octets) >= len);
    frame->data -= len;
    frame->len += (uint32_t)len;
    return frame->data;
}
/** frame_pull() - strip @len linear octets from the front. */
static inline void frame_pull(struct frame *frame, size_t len)
{
    CHECK(len <= frame->len);
    frame->data += len;
    frame->len -= (uint32_t)len;
}
/** frame_size() - all octets, the slice included. */
static inline size_t frame_size(const struct frame *frame)
{
    return (size_t)frame->len + frame->payload.len;
}
/** frame_trim() - cut the frame to @size octets from the front: Ethernet padding. */
void frame_trim(struct frame *frame, size_t size);
/** frame_linearize() - after it, all octets are linear and belong to this descriptor alone. */
void frame_linearize(struct frame *frame);
/** frame_need() - make the first @len octets linear; false when the frame is shorter. */
bool frame_need(struct frame *frame, size_t len);
/** frame_copy_out() - copy @len octets from offset @from on to @to; they must be there. */
void frame_copy_out(const struct frame *frame, size_t from, void *to, size_t len);
/** frame_finish_checksum() - compute a pending transport checksum; `data` may move when its octets
 * are shared. */
void frame_finish_checksum(struct frame *frame);

/** buffer_new() - @size octets with one reference, from @node's partition. */
struct buffer *buffer_new(struct node *node, size_t size);
/** buffer_unref() - one reference less. buffer_free() - for it: that was the last one. */
void buffer_free(struct buffer *buffer);
static inline void buffer_unref(struct buffer *buffer)
{
    CHECK(buffer->refs > 0);
    if (--buffer->refs == 0)
        buffer_free(buffer);
}
/** frame_attach() - make @slice (a reference is taken) the octets behind the linear ones; there
 * were none. */
static inline void frame_attach(struct frame *frame, struct slice slice)
{
    CHECK(frame->payload.len == 0);
    if (frame->payload.buffer != NULL)
        buffer_unref(frame->payload.buffer);
    if (slice.buffer != NULL)
        buffer_ref(slice.buffer);
    frame->payload = slice;
}
/** frame_reclaim() - for sim_free(): what @part's arena does not hold. No frame of it is used any
 * more. */
void frame_reclaim(struct part *part);

/* Frames in a row, in the order they came. */
struct frame_list {
    struct frame *head, *tail;
};

static inline void frame_list_push(struct frame_list *list, struct frame *frame)
{
    frame->next = NULL;
    if (list->tail != NULL)
        list->tail->next = frame;
    else
        list->head = frame;
    list->tail = frame;
}

static inline struct frame *frame_list_pop(struct frame_list *list)
{
    struct frame *frame = list->head;

    if (frame == NULL)
        return NULL;
    list->head = frame->next;
    if (list->head == NULL)
        list->tail = NULL;
    frame->next = NULL;
    return frame;
}

#endif
