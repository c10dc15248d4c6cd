#include "sim/frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/check.h"
#include "base/checksum.h"
#include "base/memory.h"
#include "sim/node.h"
#include "sim/part.h"

/*
 * Buffers come in pooled sizes, headroom included: acknowledgments and ARP, frames of the usual
 * MTU, jumbo frames, the longest IP packet. What is longer still (a program's whole file) is
 * malloc's own.
 */
/* What every hop looks at ends with the payload's length. */
MEM_LINES_HOLD(offsetof(struct frame, payload.octets) == (size_t)2 * ARENA_LINE,
               "a hop needs two cache lines of a frame");

static const uint32_t pool_sizes[PART_N_POOLS] = { 224, 2048, 16384, 66048 };

static inline int pool_of(size_t size)
{
    if (LIKELY(size <= pool_sizes[0]))
        return 0;
    for (int pool = 1; pool < PART_N_POOLS; pool++)
        if (size <= pool_sizes[pool])
            return pool;
    return -1;
}

static struct buffer *huge_new(struct part *part, size_t size)
{
    struct buffer *buffer = mem_alloc(sizeof *buffer + size);

    buffer->prev = NULL;
    buffer->next = part->huge_buffers;
    if (buffer->next != NULL)
        buffer->next->prev = buffer;
    part->huge_buffers = buffer;
    return buffer;
}

static void huge_free(struct buffer *buffer)
{
    if (buffer->prev != NULL)
        buffer->prev->next = buffer->next;
    else
        buffer->part->huge_buffers = buffer->next;
    if (buffer->next != NULL)
        buffer->next->prev = buffer->prev;
    free(buffer);
}

static inline struct buffer *buffer_from(struct part *part, size_t size)
{
    int pool = pool_of(size);
    struct buffer *buffer;

    if (pool >= 0 && part->free_buffers[pool] != NULL) {
        buffer = part->free_buffers[pool];
        part->free_buffers[pool] = buffer->next;
    } else {
        size_t room = pool >= 0 ? pool_sizes[pool] : size;

        CHECK(room <= UINT32_MAX);
        buffer = pool >= 0 ? arena_alloc_lines(&part->arena, sizeof *buffer + room)
                           : huge_new(part, room);
        buffer->size = (uint32_t)room;
        buffer->part = part;
    }
    buffer->refs = 1;
    return buffer;
}

struct buffer *buffer_new(struct node *node, size_t size)
{
    return buffer_from(node->part, size);
}

void buffer_free(struct buffer *buffer)
{
    int pool = pool_of(buffer->size);

    if (pool < 0) {
        huge_free(buffer);
        return;
    }
    buffer->next = buffer->part->free_buffers[pool];
    buffer->part->free_buffers[pool] = buffer;
}

void frame_reclaim(struct part *part)
{
    while (part->huge_buffers != NULL)
        huge_free(part->huge_buffers);
}

/* What a holder may look at before anybody has set it: the rest is set where the frame goes. One by
   one, for there is nothing to clear in most of it. */
static inline void begin_sent(struct frame *frame)
{
    frame->mark = 0;
    frame->next = NULL;
    frame->id = 0;
    frame->in = NULL;
    frame->ether = NULL;
    frame->confirms_neighbor = false;
    frame->has_text = false;
}

static inline void begin(struct frame *frame)
{
    begin_sent(frame);
    frame->payload = (struct slice){ 0 };
    frame->network = NULL;
    frame->checksum = (struct lazy_checksum){ 0 };
    frame->why.code = WHY_NONE;
}

/* Its event is idle: frame_free(). */
static inline struct frame *take(struct frame **list)
{
    struct frame *frame = *list;

    *list = frame->next;
    __builtin_prefetch(frame->next, 1); /* a burst takes many that nobody has used for long */
    return frame;
}

static inline struct frame *descriptor_new(struct part *part)
{
    struct frame *frame;

    if (part->free_frames != NULL) {
        frame = take(&part->free_frames);
    } else if (part->free_small != NULL) {
        frame = take(&part->free_small);
        buffer_unref(frame->buffer);
    } else {
        frame = arena_alloc_lines(&part->arena, sizeof *frame); /* cleared, so its event is idle */
        frame->part = part;
    }
    part->frames_alive++;
    return frame;
}

static inline void set_buffer(struct frame *frame, struct buffer *buffer, size_t size)
{
    frame->buffer = buffer;
    frame->small = size <= pool_sizes[0];
    frame->may_share = false;
}

/* One with a larger buffer, or the pool is empty. */
APART static struct frame *make(struct part *part, size_t size)
{
    struct frame *frame = descriptor_new(part);

    set_buffer(frame, buffer_from(part, size), size);
    return frame;
}

static inline bool is_at_hand(const struct part *part, size_t size)
{
    return LIKELY(size <= pool_sizes[0] && part->free_small != NULL);
}

static inline struct frame *take_small(struct part *part)
{
    part->frames_alive++;
    return take(&part->free_small);
}

static inline void set_octets(struct frame *frame, size_t headroom, size_t len)
{
    frame->data = frame->buffer->octets + headroom;
    frame->len = (uint32_t)len;
}

static inline struct frame *frame_from(struct part *part, size_t headroom, size_t len)
{
    size_t size = headroom + len;
    struct frame *frame = is_at_hand(part, size) ? take_small(part) : make(part, size);

    set_octets(frame, headroom, len);
    return frame;
}

struct frame *frame_new(struct node *node, size_t len)
{
    struct frame *frame = frame_from(node->part, FRAME_HEADROOM, len);

    begin(frame);
    return frame;
}

struct frame *frame_new_sent(struct node *node, size_t len, size_t before)
{
    struct frame *frame = frame_from(node->part, FRAME_HEADROOM - before, len);

    begin_sent(frame);
    return frame;
}

struct frame *frame_at_hand(struct node *node, size_t len, size_t before)
{
    size_t headroom = FRAME_HEADROOM - before;
    struct part *part = node->part;
    struct frame *frame;

    if (!is_at_hand(part, headroom + len))
        return NULL;
    frame = take_small(part);
    begin_sent(frame);
    set_octets(frame, headroom, len);
    return frame;
}

struct frame *frame_clone(struct frame *frame)
{
    struct frame *clone = descriptor_new(frame->part);
    struct part *part = clone->part;

    frame_share(frame);
    *clone = *frame;
    clone->part = part;
    clone->next = NULL;
    clone->event.at_index = EVENT_IDLE;
    if (clone->payload.buffer != NULL)
        buffer_ref(clone->payload.buffer);
    return clone;
}

static void drop_slice(struct frame *frame)
{
    if (frame->payload.buffer != NULL)
        buffer_unref(frame->payload.buffer);
    frame->payload = (struct slice){ 0 };
}

static inline void put_back(struct frame **list, struct frame *frame)
{
    frame->next = *list;
    *list = frame;
}

/* Somebody may share its octets, or they are many. */
APART static void free_closely(struct frame *frame)
{
    struct part *part = frame->part;

    if (frame->payload.buffer != NULL)
        buffer_unref(frame->payload.buffer);
    if (LIKELY(frame->small && !frame->may_share)) {
        put_back(&part->free_small, frame);
    } else {
        buffer_unref(frame->buffer);
        frame->buffer = NULL;
        put_back(&part->free_frames, frame);
    }
}

/* What its fields say is set when the descriptor is taken again: begin(). */
void frame_free(struct frame *frame)
{
    struct part *part = frame->part;

    CHECK(!event_queued(&frame->event));
    part->frames_alive--;
    if (frame->payload.buffer == NULL && frame->small && !frame->may_share)
        put_back(&part->free_small, frame);
    else
        free_closely(frame);
}

void frame_trim(struct frame *frame, size_t size)
{
    CHECK(size <= frame_size(frame));
    if (size <= frame->len) {
        frame->len = (uint32_t)size;
        drop_slice(frame);
    } else {
        frame->payload.len = (uint32_t)(size - frame->len);
    }
}

/* Octets before data that still mean something: headers that were pulled and that a pointer
 * remembers. */
static size_t pulled_headers(const struct frame *frame)
{
    const uint8_t *first = frame->data;

    if (frame->ether != NULL && frame->ether < first)
        first = frame->ether;
    if (frame->network != NULL && frame->network < first)
        first = frame->network;
    return (size_t)(frame->data - first);
}

/* Move the linear octets, and the headers pulled before them, into a fresh buffer with room for
 * @len of them. */
static void move_to_own_buffer(struct frame *frame, size_t len)
{
    size_t before = pulled_headers(frame);
    size_t headroom = before > FRAME_HEADROOM ? before : FRAME_HEADROOM;
    struct buffer *fresh = buffer_from(frame->part, headroom + len);
    uint8_t *data = fresh->octets + headroom;

    memcpy(data - before, frame->data - before, before + frame->len);
    if (frame->ether != NULL)
        frame->ether = data + (frame->ether - frame->data);
    if (frame->network != NULL)
        frame->network = data + (frame->network - frame->data);
    buffer_unref(frame->buffer);
    set_buffer(frame, fresh, headroom + len);
    frame->data = data;
}

void frame_unshare(struct frame *frame)
{
    move_to_own_buffer(frame, frame->len);
}

void frame_linearize(struct frame *frame)
{
    size_t size = frame_size(frame);

    if (frame->payload.len == 0) {
        frame_writable(frame);
        return;
    }
    if (frame->buffer->refs > 1 ||
        (size_t)(frame->buffer->octets + frame->buffer->size - frame->data) < size)
        move_to_own_buffer(frame, size);
    memcpy(frame->data + frame->len, frame->payload.octets, frame->payload.len);
    frame->len = (uint32_t)size;
    drop_slice(frame);
}

bool frame_need(struct frame *frame, size_t len)
{
    if (len <= frame->len)
        return true;
    if (len > frame_size(frame))
        return false;
    frame_linearize(frame);
    return true;
}

void frame_copy_out(const struct frame *frame, size_t from, void *to, size_t len)
{
    uint8_t *out = to;

    CHECK(from + len <= frame_size(frame));
    if (from < frame->len) {
        size_t n = frame->len - from < len ? frame->len - from : len;

        memcpy(out, frame->data + from, n);
        out += n;
        from += n;
        len -= n;
    }
    if (len > 0)
        memcpy(out, frame->payload.octets + (from - frame->len), len);
}

void frame_finish_checksum(struct frame *frame)
{
    uint8_t *header, *field;
    size_t linear;
    uint32_t sum;
    uint16_t value;

    if (!frame->checksum.pending)
        return;
    CHECK(frame->network != NULL);
    frame_writable(frame); /* a clone of these octets still waits for a checksum of its own */
    frame->checksum.pending = false;
    header = frame->network + frame->checksum.start;
    field = header + frame->checksum.field;
    linear = (size_t)(frame->data + frame->len - header);
    sum = checksum_add(0, header, linear);
    if (frame->payload.len > 0) {
        uint32_t rest = checksum_add(0, frame->payload.octets, frame->payload.len);

        if (linear % 2 !=
            0) { /* the slice starts at an odd octet: swap its sum, RFC 1071 section 2(B) */
            uint16_t folded = checksum_fold(rest);

            rest = (uint16_t)(folded << 8 | folded >> 8);
        }
        sum = checksum_fold(sum) + checksum_fold(rest);
    }
    value = checksum_finish(sum);
    if (value == 0 && frame->checksum.field == CHECKSUM_FIELD_UDP)
        value = 0xffff; /* 0 would mean "no checksum", RFC 768 */
    be16_put(field, value);
}
