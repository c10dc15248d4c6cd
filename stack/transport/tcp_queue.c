/*
 * The octets of the user as segments. What a program sends is copied once, into chunks of up to 64
 * KiB, or not at all where it promises that its octets stay; a segment is a slice of a chunk. What
 * arrives stays in its frames' buffers.
 */
#include <string.h>

#include "base/check.h"
#include "sim/piece.h"
#include "stack/transport/tcp_internal.h"

#define CHUNK_SMALL 2048u
#define CHUNK_LARGE 65536u

_Static_assert(offsetof(struct tcp_seg, link.next) == offsetof(struct piece, next),
               "segments are given back by their links");

/* One whose fields say nothing yet. */
static inline struct tcp_seg *take_free(struct tcp_layer *tcp)
{
    return piece_new(tcp->node, sizeof(struct tcp_seg));
}

struct tcp_seg *tcp_seg_new(struct tcp_layer *tcp)
{
    struct tcp_seg *seg = take_free(tcp);

    memset(seg, 0, sizeof *seg);
    list_init(&seg->link);
    return seg;
}

void tcp_seg_free(struct tcp_layer *tcp, struct tcp_seg *seg)
{
    list_remove(&seg->link);
    tcp_seg_untime(seg);
    if (seg->data.buffer != NULL)
        buffer_unref(seg->data.buffer);
    piece_free(tcp->node, seg, sizeof *seg);
}

void tcp_queue_purge(struct tcp_layer *tcp, struct list *queue)
{
    while (!list_empty(queue))
        tcp_seg_free(tcp, tcp_first(queue));
}

void tcp_chunk_drop(struct tcp_sock *tp)
{
    if (tp->chunk != NULL)
        buffer_unref(tp->chunk);
    tp->chunk = NULL;
}

/* What is left of a buffer is one still. */
static void hand_on_buffer(struct tcp_sock *tp, struct tcp_seg *seg)
{
    struct tcp_seg *next = tcp_seg_of(seg->link.next);

    if (!seg->starts_buffer || seg->link.next == &tp->rtx_queue ||
        seg->link.next == &tp->write_queue || next->starts_buffer)
        return;
    tcp_buffer_join(tp, seg);
    tcp_buffer_cut(tp, next);
}

void tcp_wmem_free(struct tcp_sock *tp, struct tcp_seg *seg)
{
    hand_on_buffer(tp, seg);
    CHECK(tp->wmem_queued >= seg->truesize);
    tp->wmem_queued -= seg->truesize;
    if ((seg->marks & TCP_MARK_SACKED) != 0)
        tcp_unmark(tp, seg);
    tcp_forget_place(tp, seg);
    tcp_seg_free(tp->layer, seg);
    if (tp->wmem_queued == 0)
        tcp_chunk_drop(tp); /* a connection that is silent needs none */
}

static void new_chunk(struct tcp_sock *tp, uint32_t size)
{
    tcp_chunk_drop(tp);
    tp->chunk = buffer_new(tp->sock.node, size);
    tp->chunk_used = 0;
}

/* Room for @len octets: a chunk is never so big that a chat between two programs costs 64 KiB, nor
 * where a program's octets stay and only what fills a segment is copied (@few). */
static void chunk_need(struct tcp_sock *tp, uint32_t len, bool few)
{
    bool large = tp->chunk != NULL && tp->wmem_queued > 2 * CHUNK_SMALL && !few;

    if (tp->chunk == NULL || tp->chunk->size - tp->chunk_used < len)
        new_chunk(tp, large ? CHUNK_LARGE : u32_max(len, CHUNK_SMALL));
}

static void chunk_put(struct tcp_sock *tp, const uint8_t *octets, uint32_t len)
{
    if (len > 0)
        memcpy(tp->chunk->octets + tp->chunk_used, octets, len);
    tp->chunk_used += len;
}

static bool ends_at_chunk(const struct tcp_sock *tp, const struct tcp_seg *seg)
{
    return tp->chunk != NULL && seg->data.buffer == tp->chunk &&
           seg->data.octets + seg->data.len == tp->chunk->octets + tp->chunk_used;
}

/* The segment's octets move to the end of a chunk that has room for @len more. */
static void move_to_chunk(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len, bool few)
{
    struct slice old = seg->data;

    chunk_need(tp, u32_max(old.len + len, u32_min(tp->mss_cache, CHUNK_SMALL)), few);
    seg->data.buffer = tp->chunk;
    seg->data.octets = tp->chunk->octets + tp->chunk_used;
    buffer_ref(tp->chunk);
    chunk_put(tp, old.octets, old.len);
    if (old.buffer != NULL)
        buffer_unref(old.buffer);
}

void tcp_seg_append(struct tcp_sock *tp, struct tcp_seg *seg, const uint8_t *octets, uint32_t len,
                    bool stable)
{
    if (stable && seg->data.len == 0) {
        seg->data = (struct slice){ 0, octets, NULL };
    } else if (!(stable && seg->data.buffer == NULL &&
                 seg->data.octets + seg->data.len == octets)) {
        if (!ends_at_chunk(tp, seg) || tp->chunk->size - tp->chunk_used < len)
            move_to_chunk(tp, seg, len, stable);
        chunk_put(tp, octets, len);
    }
    seg->data.len += len;
    seg->end_seq += len;
    seg->truesize += len;
    tp->wmem_queued += len;
    tp->write_seq += len;
}

/* Octets of @chunk that are free, 0 where it is none. */
static uint32_t chunk_room(const struct tcp_sock *tp)
{
    return tp->chunk == NULL ? 0 : tp->chunk->size - tp->chunk_used;
}

uint32_t tcp_seg_room(const struct tcp_sock *tp, const struct tcp_seg *seg, const uint8_t *octets,
                      uint32_t len, bool stable)
{
    uint32_t mss = tp->mss_cache, room = chunk_room(tp);

    if (stable && seg->data.buffer == NULL && seg->data.octets + seg->data.len == octets)
        return len;
    if (!stable && ends_at_chunk(tp, seg) && room > 0)
        return u32_min(len, room);
    return seg->data.len < mss ? u32_min(len, mss - seg->data.len) : 0;
}

uint32_t tcp_seg_first_room(const struct tcp_sock *tp, uint32_t len, bool stable)
{
    uint32_t room = chunk_room(tp);

    return !stable && room >= tp->mss_cache ? u32_min(len, room) : len;
}

/* Most segments come to be here, so their fields are set one by one. */
struct tcp_seg *tcp_seg_cut(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len,
                            bool starts_buffer)
{
    struct tcp_seg *front = take_free(tp->layer);
    uint32_t left = seg->data.len - len;

    CHECK(len < seg->data.len && (seg->flags & TCP_SYN) == 0);
    front->data.buffer = seg->data.buffer;
    front->data.octets = seg->data.octets;
    front->data.len = len;
    if (front->data.buffer != NULL)
        buffer_ref(front->data.buffer);
    front->seq = seg->seq;
    front->end_seq = seg->seq + len;
    front->truesize = seg->truesize - left;
    front->flags = seg->flags & (uint8_t) ~(TCP_FIN | TCP_PSH);
    front->marks = front->n_merged = 0;
    front->starts_buffer = starts_buffer;
    front->eor = front->push_once = front->stamped = front->timed = false;
    front->tail_room = 0;
    seg->truesize = left;
    seg->data.octets += len;
    seg->data.len = left;
    seg->seq += len;
    seg->starts_buffer = false;
    return front;
}

struct tcp_seg *tcp_seg_carve(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len)
{
    struct tcp_seg *front = tcp_seg_cut(tp, seg, len, seg->starts_buffer);

    front->tx_delivered = front->first_tx = front->delivered_at = 0;
    front->app_limited = false;
    front->sent_at = 0;
    list_insert_before(&seg->link, &front->link);
    return front;
}

struct tcp_seg *tcp_seg_split(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len)
{
    struct tcp_seg *rest = tcp_seg_new(tp->layer);

    CHECK(len < seg->data.len && (seg->flags & TCP_SYN) == 0);
    rest->data = (struct slice){ seg->data.len - len, seg->data.octets + len, seg->data.buffer };
    if (rest->data.buffer != NULL)
        buffer_ref(rest->data.buffer);
    rest->seq = seg->seq + len;
    rest->end_seq = seg->end_seq;
    rest->flags = seg->flags;
    rest->marks = seg->marks;
    rest->sent_at = seg->sent_at;
    rest->tx_delivered = seg->tx_delivered;
    rest->eor = seg->eor;
    seg->eor = false;
    rest->first_tx = seg->first_tx;
    rest->delivered_at = seg->delivered_at;
    rest->app_limited = seg->app_limited;
    rest->truesize = rest->data.len;
    seg->data.len = len;
    seg->end_seq = rest->seq;
    seg->flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    seg->truesize -= u32_min(rest->data.len, seg->truesize);
    list_push_front(&seg->link, &rest->link);
    rest->timed = seg->timed;
    if (seg->timed)
        list_push_front(&seg->by_time, &rest->by_time);
    return rest;
}

void tcp_seg_take(struct tcp_sock *tp, struct tcp_seg *seg, struct tcp_seg *next, uint32_t len)
{
    uint32_t write_seq = tp->write_seq;

    if (next->data.buffer == seg->data.buffer &&
        next->data.octets == seg->data.octets + seg->data.len) {
        seg->data.len += len;
        seg->end_seq += len;
        seg->truesize += len;
        tp->wmem_queued += len;
    } else {
        tcp_seg_append(tp, seg, next->data.octets, len, next->data.buffer == NULL);
        tp->write_seq = write_seq;
    }
    tcp_seg_trim_head(tp, next, len);
    if (next->data.len > 0)
        return;
    seg->flags |= next->flags;
    seg->end_seq = next->end_seq;
    seg->eor = next->eor;
    seg->truesize += next->truesize;
    next->truesize = 0;
    if ((next->marks & TCP_MARK_SACKED) != 0)
        tcp_unmark(tp, NULL);
    tcp_forget_place(tp, next);
    tcp_seg_free(tp->layer, next);
}

void tcp_seg_fill(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len)
{
    while (seg->data.len < len && seg->data.len > 0 && !seg->eor &&
           seg->link.next != &tp->write_queue) {
        struct tcp_seg *next = tcp_seg_of(seg->link.next);

        if (next->starts_buffer || next->data.len == 0)
            return;
        tcp_seg_take(tp, seg, next, u32_min(len - seg->data.len, next->data.len));
    }
}

void tcp_seg_trim_head(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len)
{
    CHECK(len <= seg->data.len);
    seg->data.octets += len;
    seg->data.len -= len;
    seg->seq += len;
    seg->truesize -= len;
    tp->wmem_queued -= len;
}

/* Linux charges a received packet with its descriptor and a buffer for headroom, headers, octets
 * and tail, as big as the allocator has it. */
uint32_t tcp_copy_truesize(uint32_t len, uint32_t *tail_room)
{
    enum { DESCRIPTOR = 256, TAIL = 320, SMALL = 576, NEXT = 1024 };
    uint32_t used = len + TAIL, size = SMALL;

    if (used > size)
        for (size = NEXT; size < used; size *= 2)
            continue;
    *tail_room = size - used;
    return DESCRIPTOR + size;
}

/* A TUN device keeps what does not fit into a page in pages of their own, eight at once at most. */
static uint32_t linear_truesize(uint32_t len, uint32_t *tail_room)
{
    enum { HEADROOM = 64, PAGE = 4096, PAGES_MAX = 8, IN_HEAD = 3712 };
    uint32_t truesize, left, pages;

    if (HEADROOM + len < PAGE)
        return tcp_copy_truesize(HEADROOM + len, tail_room);
    truesize = tcp_copy_truesize(HEADROOM + IN_HEAD, tail_room);
    *tail_room = 0;
    for (left = len - IN_HEAD; left > 0; left -= u32_min(left, pages * PAGE)) {
        for (pages = PAGES_MAX; pages > 1 && (left + PAGE - 1) / PAGE < pages; pages /= 2)
            continue;
        truesize += pages * PAGE;
    }
    return truesize;
}

static uint32_t ip_packet_len(const struct tcp_rx *rx)
{
    return (uint32_t)(rx->frame->data - rx->frame->network) + rx->hdr.hdr_len + rx->len;
}

uint32_t tcp_rx_truesize(const struct tcp_layer *tcp, const struct tcp_rx *rx)
{
    uint32_t tail_room;

    return tcp->sysctl.rx_linear ? linear_truesize(ip_packet_len(rx), &tail_room)
                                 : TCP_SKB_OVERHEAD + rx->len;
}

struct tcp_seg *tcp_seg_of_payload(struct tcp_layer *tcp, const struct frame *frame, uint32_t seq,
                                   uint8_t flags)
{
    struct tcp_seg *seg = take_free(tcp);

    seg->data = frame->payload;
    if (UNLIKELY(seg->data.buffer != NULL))
        buffer_ref(seg->data.buffer);
    seg->seq = seq;
    seg->end_seq = seq + seg->data.len;
    seg->flags = flags;
    seg->marks = 0;
    seg->n_merged = 1;
    seg->timed = seg->stamped = false;
    seg->tail_room = 0;
    seg->truesize = TCP_SKB_OVERHEAD + seg->data.len;
    return seg;
}

struct tcp_seg *tcp_seg_from_rx(struct tcp_layer *tcp, struct tcp_rx *rx)
{
    struct tcp_seg *seg = take_free(tcp);
    struct frame *frame = rx->frame;
    uint32_t hdr_len = rx->hdr.hdr_len;

    list_init(&seg->link);
    if (frame->payload.len > 0 && frame->len > hdr_len)
        frame_linearize(frame); /* rare: something in between moved the border */
    if (frame->len > hdr_len) {
        seg->data =
            (struct slice){ frame->len - hdr_len, frame->data + hdr_len, frame_share(frame) };
    } else {
        seg->data = frame->payload;
        if (seg->data.buffer != NULL)
            buffer_ref(seg->data.buffer);
    }
    CHECK(seg->data.len == rx->len);
    seg->seq = rx->seq;
    seg->end_seq = rx->end_seq;
    seg->flags = (uint8_t)rx->hdr.flags;
    seg->marks = 0;
    seg->n_merged = 1;
    seg->timed = seg->stamped = false;
    seg->tail_room = 0;
    seg->truesize = TCP_SKB_OVERHEAD + seg->data.len;
    if (tcp->sysctl.rx_linear) {
        uint32_t tail_room;

        seg->truesize = linear_truesize(ip_packet_len(rx), &tail_room);
        seg->tail_room = (uint16_t)u32_min(tail_room, UINT16_MAX);
    }
    return seg;
}
