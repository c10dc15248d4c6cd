/*
 * The data of a segment: into the receive queue, or out of order until the hole is filled, and what
 * SACK blocks say of it. RFC 9293 section 3.10.7.4, RFC 2018, 2883; room is counted as Linux does.
 */
#include <string.h>

#include "base/likely.h"
#include "stack/transport/tcp_internal.h"

/* SACK blocks to report: RFC 2018 section 4, RFC 2883. */

void tcp_dsack_set(struct tcp_sock *tp, uint32_t start, uint32_t end)
{
    if (!tp->sack_ok || !tp->layer->sysctl.dsack)
        return;
    tp->has_dsack = true;
    tcp_rare(tp)->dsack = (struct tcp_sack_block){ start, end };
}

static void dsack_extend(struct tcp_sock *tp, uint32_t start, uint32_t end)
{
    if (!tp->has_dsack) {
        tcp_dsack_set(tp, start, end);
    } else if (seq_leq(start, tp->rare->dsack.end) && seq_leq(tp->rare->dsack.start, end)) {
        tcp_rare(tp)->dsack.start = seq_min(tp->rare->dsack.start, start);
        tcp_rare(tp)->dsack.end = seq_max(tp->rare->dsack.end, end);
    }
}

/* The newest block grew: blocks that it now touches are part of it. */
static void sack_maybe_coalesce(struct tcp_sock *tp, struct tcp_sack_block *sacks)
{
    struct tcp_sack_block *first = &sacks[0];

    for (uint8_t i = 1; i < tp->n_sacks;) {
        if (seq_leq(first->start, sacks[i].end) && seq_leq(sacks[i].start, first->end)) {
            first->start = seq_min(first->start, sacks[i].start);
            first->end = seq_max(first->end, sacks[i].end);
            tp->n_sacks--;
            memmove(&sacks[i], &sacks[i + 1], (size_t)(tp->n_sacks - i) * sizeof *first);
            continue;
        }
        i++;
    }
}

static void sack_new_ofo(struct tcp_sock *tp, uint32_t start, uint32_t end)
{
    struct tcp_sack_block *sacks = tcp_rare(tp)->sacks;

    for (uint8_t i = 0; i < tp->n_sacks; i++) {
        struct tcp_sack_block block = sacks[i];

        if (seq_gt(start, block.end) || seq_gt(block.start, end))
            continue;
        block.start = seq_min(block.start, start);
        block.end = seq_max(block.end, end);
        memmove(&sacks[1], &sacks[0], i * sizeof block);
        sacks[0] = block;
        sack_maybe_coalesce(tp, sacks);
        return;
    }
    if (tp->n_sacks >= TCP_SACK_MAX)
        tp->n_sacks = TCP_SACK_MAX - 1;
    memmove(&sacks[1], &sacks[0], tp->n_sacks * sizeof sacks[0]);
    sacks[0] = (struct tcp_sack_block){ start, end };
    tp->n_sacks++;
}

static void sack_remove(struct tcp_sock *tp)
{
    struct tcp_sack_block *sacks = tcp_rare(tp)->sacks;
    uint8_t n = 0;

    for (uint8_t i = 0; i < tp->n_sacks && !list_empty(&tp->rare->ofo_queue); i++) {
        if (!seq_geq(tp->rcv_nxt, sacks[i].start))
            sacks[n++] = sacks[i];
    }
    tp->n_sacks = n;
}

/* The receive queue. */

static void rmem_charge(struct tcp_sock *tp, struct tcp_seg *seg)
{
    tp->rmem_alloc += seg->truesize;
}

static void rmem_release(struct tcp_sock *tp, struct tcp_seg *seg)
{
    tp->rmem_alloc -= seg->truesize;
    tcp_seg_free(tp->layer, seg);
}

static bool has_room(const struct tcp_sock *tp)
{
    return tp->rmem_alloc <= (uint32_t)tp->sock.options.rcvbuf;
}

/* The buffer is full: where it may grow it does, and the window does not promise more than came. */
static void clamp_window(struct tcp_sock *tp)
{
    uint32_t max = tp->layer->sysctl.rmem[2], rcvbuf = (uint32_t)tp->sock.options.rcvbuf;

    tp->quick = 0;
    if (rcvbuf < max && !tp->sock.options.rcvbuf_locked)
        tp->sock.options.rcvbuf = (int)u32_min(u32_max(tp->rmem_alloc, rcvbuf), max);
    if (tp->rmem_alloc > (uint32_t)tp->sock.options.rcvbuf)
        tp->rcv_ssthresh = u32_min(tp->window_clamp, 2 * tp->advmss);
}

/* Is all that Linux's buffer holds from @seg on in the queue, and would it fit into less? */
static bool is_bloated(const struct tcp_sock *tp, const struct tcp_seg *seg)
{
    uint32_t len = 0, truesize = seg->truesize;
    const struct tcp_seg *at = seg;

    for (;; at = tcp_seg_of(at->link.next)) {
        len += at->data.len;
        if (at->link.next == &tp->receive_queue || tcp_seg_of(at->link.next)->n_merged == 1)
            return seq_lt(seg->seq, tp->copied_seq) || tcp_win_from_space(tp, truesize) > len;
    }
}

/* Linux copies what waits to be read into full pages, from the first buffer on that takes more
 * memory than it is worth. */
static void collapse(struct tcp_sock *tp)
{
    struct list *at = tp->receive_queue.next;
    uint32_t left = 0, waits, tail_room = 0;

    while (at != &tp->receive_queue &&
           (tcp_seg_of(at)->n_merged > 1 || !is_bloated(tp, tcp_seg_of(at))))
        at = at->next;
    if (at == &tp->receive_queue)
        return;
    waits = tp->rcv_nxt - seq_max(tcp_seg_of(at)->seq, tp->copied_seq);
    for (; at != &tp->receive_queue; at = at->next) {
        struct tcp_seg *seg = tcp_seg_of(at);
        uint32_t len = seg->end_seq - seq_max(seg->seq, tp->copied_seq), truesize = 0;

        seg->n_merged = 2;
        if (left == 0)
            seg->n_merged = 1;
        while (left < len && waits > 0) { /* a page begins in it */
            uint32_t page = u32_min(waits, TCP_PAGE_OCTETS);

            truesize += tcp_copy_truesize(page, &tail_room);
            left += page;
            waits -= page;
        }
        left -= u32_min(left, len);
        tp->rmem_alloc = tp->rmem_alloc - seg->truesize + truesize;
        seg->truesize = truesize;
        seg->tail_room = at->next == &tp->receive_queue ? (uint16_t)tail_room : 0;
    }
}

/* Out-of-order data gives way to what begins at @seq, newest first and an eighth of the buffer at
 * least, but nothing that is before @seq. */
static void ofo_prune(struct tcp_sock *tp, uint32_t seq)
{
    struct list *ofo = &tcp_rare(tp)->ofo_queue;
    int64_t part = tp->sock.options.rcvbuf >> 3, goal = part;

    while (!list_empty(ofo) && !seq_gt(seq, tcp_last(ofo)->seq)) {
        goal -= tcp_last(ofo)->truesize;
        rmem_release(tp, tcp_last(ofo));
        tp->n_sacks = 0; /* they may have been forgotten: RFC 2018 section 8 */
        tp->has_dsack = tp->has_dsack && !tp->sack_ok;
        if (goal > 0)
            continue;
        if (has_room(tp))
            return;
        goal = part;
    }
}

/* Make room for what begins at @seq. True when there is room now. */
static bool prune(struct tcp_sock *tp, uint32_t seq)
{
    if (tp->rmem_alloc == 0)
        return false;
    if (!has_room(tp))
        clamp_window(tp);
    if (has_room(tp))
        return true;
    collapse(tp);
    if (!has_room(tp))
        ofo_prune(tp, seq);
    return has_room(tp);
}

/* Linux merges a segment into the one before it where that belongs to nobody else any more: then
 * its overhead is saved. */
static void charge_merged(struct tcp_sock *tp, struct tcp_seg *tail, struct tcp_seg *seg)
{
    if (tp->layer->sysctl.rx_linear) { /* its octets are copied where they fit */
        if (tail != NULL && tail->end_seq == seg->seq && seg->data.len <= tail->tail_room) {
            seg->truesize = 0;
            seg->n_merged = (uint8_t)u32_min(tail->n_merged + 1u, UINT8_MAX);
            seg->tail_room = (uint16_t)(tail->tail_room - seg->data.len);
        }
        return;
    }
    if (tail != NULL && tail->end_seq == seg->seq && tail->n_merged < TCP_SKB_FRAGS &&
        seq_geq(tp->rcv_wup, tail->end_seq)) {
        seg->truesize -= TCP_SKB_OVERHEAD;
        seg->n_merged = (uint8_t)(tail->n_merged + 1);
    }
}

void tcp_queue_in_order(struct tcp_sock *tp, struct tcp_seg *seg)
{
    charge_merged(tp, tcp_last(&tp->receive_queue), seg);
    rmem_charge(tp, seg);
    list_push_back(&tp->receive_queue, &seg->link);
    tp->bytes_received += seg->end_seq - tp->rcv_nxt;
    tp->rcv_nxt = seg->end_seq;
}

/* The peer will send no more: RFC 9293 section 3.10.7.4, eighth step. */
static void take_fin(struct tcp_sock *tp)
{
    tp->ack_pending |= TCP_ACK_SCHED;
    tp->shut_rd = true;
    tp->fin_received = true;
    switch (tcp_state(tp)) {
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
        tcp_set_state(tp, TCP_CLOSE_WAIT);
        tcp_enter_pingpong(tp);
        break;
    case TCP_FIN_WAIT_1: /* both have closed at the same time */
        tcp_send_ack_now(tp);
        tcp_set_state(tp, TCP_CLOSING);
        break;
    case TCP_FIN_WAIT_2:
        tcp_send_ack_now(tp);
        tcp_time_wait(tp, TCP_TIME_WAIT, TCP_TIMEWAIT_LEN);
        break;
    default:
        break;
    }
    while (!list_empty(&tp->rare->ofo_queue))
        rmem_release(tp, tcp_first(&tp->rare->ofo_queue));
    tp->n_sacks = 0;
    tp->has_dsack = false;
    tcp_wake(tp, 0); /* whatever is waited for */
}

/* The octets of @rx; who reads them may want to know when they came. */
static struct tcp_seg *take_segment(struct tcp_sock *tp, struct tcp_rx *rx)
{
    struct tcp_seg *seg = tcp_seg_from_rx(tp->layer, rx);

    if (UNLIKELY(tp->sock.options.timestamp || tp->sock.options.extra != NULL)) {
        seg->stamped = true;
        seg->sent_at = (uint64_t)node_now(tp->sock.node);
    }
    return seg;
}

void tcp_take_syn_data(struct tcp_sock *tp, struct tcp_rx *rx)
{
    struct tcp_seg *seg;

    if (rx->end_seq == tp->rcv_nxt)
        return;
    seg = take_segment(tp, rx);
    seg->seq++;
    seg->flags &= (uint8_t)~TCP_SYN;
    tcp_queue_in_order(tp, seg);
    if ((seg->flags & TCP_FIN) != 0)
        take_fin(tp);
}

/* What waited behind a hole that is filled now. */
static void ofo_drain(struct tcp_sock *tp)
{
    uint32_t filled = tp->rcv_nxt; /* what is below came twice: RFC 2883 section 4.1 */
    bool fin = false;

    while (!fin) {
        struct tcp_seg *seg = tcp_first(&tp->rare->ofo_queue);

        if (seg == NULL || seq_gt(seg->seq, tp->rcv_nxt))
            break;
        if (seq_lt(seg->seq, filled))
            dsack_extend(tp, seg->seq, seq_min(seg->end_seq, filled));
        if (seq_leq(seg->end_seq, tp->rcv_nxt)) {
            rmem_release(tp, seg);
            continue;
        }
        tp->rmem_alloc -= seg->truesize;
        list_remove(&seg->link);
        fin = (seg->flags & TCP_FIN) != 0;
        tcp_queue_in_order(tp, seg);
    }
    if (fin)
        take_fin(tp);
}

void tcp_fill_hole(struct tcp_sock *tp)
{
    if (!list_empty(&tp->rare->ofo_queue)) {
        ofo_drain(tp);
        if (list_empty(&tp->rare->ofo_queue))
            tp->ack_pending |=
                TCP_ACK_NOW; /* RFC 5681 section 4.2: the hole is filled, say so at once */
    }
    if (tp->n_sacks > 0)
        sack_remove(tp);
}

/* True: it was merged into the one before it. */
static bool ofo_insert_at(struct tcp_sock *tp, struct list *before, struct tcp_seg *seg)
{
    if (tp->layer->sysctl.rx_linear && before->prev != &tp->rare->ofo_queue)
        charge_merged(tp, tcp_seg_of(before->prev), seg);
    rmem_charge(tp, seg);
    list_insert_before(before, &seg->link);
    return seg->truesize == 0;
}

/* The last segment in @ofo that begins no later than @seq, or @ofo itself; from the nearer end. */
static struct list *ofo_place(struct list *ofo, uint32_t seq)
{
    struct list *at = ofo->prev;

    if (at == ofo || seq_lt(seq, tcp_first(ofo)->seq))
        return ofo;
    if (seq - tcp_first(ofo)->seq >= tcp_last(ofo)->seq - seq || seq_geq(seq, tcp_last(ofo)->seq)) {
        while (seq_gt(tcp_seg_of(at)->seq, seq))
            at = at->prev;
        return at;
    }
    for (at = ofo->next; seq_leq(tcp_seg_of(at->next)->seq, seq);)
        at = at->next;
    return at;
}

/* Put @seg among the out-of-order segments. What is known twice is told by a D-SACK. False: it
 * brought nothing. */
static bool ofo_insert(struct tcp_sock *tp, struct tcp_seg *seg)
{
    struct list *ofo = &tcp_rare(tp)->ofo_queue, *at = ofo_place(ofo, seg->seq);

    if (at != ofo && seq_lt(seg->seq, tcp_seg_of(at)->end_seq)) {
        struct tcp_seg *left = tcp_seg_of(at);

        if (seq_leq(seg->end_seq, left->end_seq)) {
            tcp_dsack_set(tp, seg->seq, seg->end_seq);
            return false;
        }
        if (seq_gt(seg->seq, left->seq)) {
            tcp_dsack_set(tp, seg->seq, left->end_seq);
        } else { /* the same start, but longer: it replaces the old one */
            dsack_extend(tp, left->seq, left->end_seq);
            at = at->prev;
            rmem_release(tp, left);
        }
    }
    if (ofo_insert_at(tp, at->next, seg))
        return true; /* Linux looks at those behind no more */
    /* Those behind that it covers. */
    while (seg->link.next != ofo) {
        struct tcp_seg *right = tcp_seg_of(seg->link.next);

        if (!seq_gt(seg->end_seq, right->seq))
            break;
        if (seq_lt(seg->end_seq, right->end_seq)) {
            dsack_extend(tp, right->seq, seg->end_seq);
            break;
        }
        dsack_extend(tp, right->seq, right->end_seq);
        rmem_release(tp, right);
    }
    return true;
}

/* Linux looks how far the window may grow before it charges for @seg, which it keeps behind a hole.
 * It came in a buffer of @truesize. */
static void grow_window_behind(struct tcp_sock *tp, const struct tcp_seg *seg, uint32_t truesize)
{
    tp->rmem_alloc -= seg->truesize;
    tcp_grow_window(tp, seg->data.len, truesize);
    tp->rmem_alloc += seg->truesize;
}

/* @seg, which came in a buffer of @truesize, waits behind a hole: what SACK blocks say of it, and
 * how far buffer and window may grow. */
static void note_behind(struct tcp_sock *tp, const struct tcp_seg *seg, uint32_t truesize)
{
    if (tp->sack_ok) {
        sack_new_ofo(tp, seg->seq, seg->end_seq);
        grow_window_behind(tp, seg, truesize);
    }
    if (tp->listener == NULL && !tp->orphan) /* somebody may read */
        tcp_rcvbuf_grow(tp, tp->rcvq.space);
}

void tcp_queue_behind(struct tcp_sock *tp, struct tcp_seg *seg)
{
    struct tcp_rare *rare = tcp_rare(tp);

    rare->rcv_ooopack++;
    list_push_back(&rare->ofo_queue, &seg->link);
    rmem_charge(tp, seg);
    note_behind(tp, seg, seg->truesize);
}

static void queue_out_of_order(struct tcp_sock *tp, struct tcp_rx *rx)
{
    struct tcp_seg *seg;
    uint32_t truesize;

    tcp_ecn_check_ce(tp, rx);
    if (!has_room(tp) && !prune(tp, rx->seq)) {
        tcp_rx_drop(rx, DROP_SOCKET_FULL);
        return;
    }
    seg = take_segment(tp, rx);
    truesize = seg->truesize;
    tcp_measure_rcv_mss(tp, rx, truesize);
    tp->ack_pending |= TCP_ACK_SCHED;
    tcp_rare(tp)->rcv_ooopack++;
    if (!ofo_insert(tp, seg)) {
        tcp_seg_free(tp->layer, seg);
        tcp_rx_drop(rx, DROP_TCP_DUPLICATE);
        if (tp->sack_ok) /* the block it lies in is told first: RFC 2883 section 4.2 */
            sack_new_ofo(tp, rx->seq, rx->end_seq);
        return;
    }
    if (seg->truesize == 0 && seg->data.len == 0)
        truesize = 0; /* a FIN that is put behind octets costs nothing */
    note_behind(tp, seg, truesize);
}

static void queue_expected(struct tcp_sock *tp, struct tcp_rx *rx)
{
    struct tcp_seg *seg;
    uint32_t truesize;
    bool fin = (rx->hdr.flags & TCP_FIN) != 0;

    if (tcp_receive_window(tp) == 0 && rx->end_seq != rx->seq) {
        tcp_enter_quickack(tp, TCP_MAX_QUICKACKS);
        tp->ack_pending |= TCP_ACK_SCHED | TCP_ACK_NOW;
        tcp_rx_drop(rx, DROP_TCP_OUT_OF_WINDOW);
        return;
    }
    if (!has_room(tp) && !prune(tp, rx->seq)) {
        tp->ack_pending |= TCP_ACK_SCHED | TCP_ACK_NOW | TCP_ACK_NOMEM;
        if (!list_empty(&tp->receive_queue) && rx->len > 0) {
            tcp_rx_drop(rx, DROP_SOCKET_FULL);
            return;
        }
    }
    seg = take_segment(tp, rx);
    truesize = seg->truesize;
    tcp_queue_in_order(tp, seg);
    if (rx->len > 0)
        tcp_event_data_recv(tp, rx, truesize);
    if (fin)
        take_fin(tp);
    if (tp->dead)
        return;
    tcp_fill_hole(tp);
    if (rx->len > 0 && !tp->orphan)
        tcp_wake(tp, SOCK_POLLIN);
}

void tcp_data_queue(struct tcp_sock *tp, struct tcp_rx *rx)
{
    if (rx->seq == rx->end_seq)
        return;
    tp->has_dsack = false;
    if (rx->seq == tp->rcv_nxt) {
        queue_expected(tp, rx);
        return;
    }
    if (seq_leq(rx->end_seq, tp->rcv_nxt)) {
        tcp_rcv_rtt_measure_ts(tp, rx->hdr.opt.ts_ecr, rx->len, rx->now);
        tcp_dsack_set(tp, rx->seq, rx->end_seq);
        tcp_enter_quickack(tp, TCP_MAX_QUICKACKS);
        tp->ack_pending |= TCP_ACK_SCHED;
        tcp_rx_drop(rx, DROP_TCP_OLD_DATA);
        return;
    }
    if (!seq_lt(rx->seq, tp->rcv_nxt + tcp_receive_window(tp))) {
        tcp_enter_quickack(tp, TCP_MAX_QUICKACKS);
        tp->ack_pending |= TCP_ACK_SCHED;
        tcp_rx_drop(rx, DROP_TCP_OUT_OF_WINDOW);
        return;
    }
    if (seq_lt(rx->seq, tp->rcv_nxt)) { /* partly known */
        tcp_dsack_set(tp, rx->seq, tp->rcv_nxt);
        if (tcp_receive_window(tp) == 0) {
            tp->ack_pending |= TCP_ACK_SCHED | TCP_ACK_NOW;
            tcp_rx_drop(rx, DROP_TCP_OUT_OF_WINDOW);
            return;
        }
        queue_expected(tp, rx);
        return;
    }
    queue_out_of_order(tp, rx);
}

APART void tcp_data_queue_next(struct tcp_sock *tp, struct tcp_rx *rx)
{
    struct tcp_seg *seg;
    uint32_t truesize;

    if (rx->len == 0)
        return;
    if (UNLIKELY(!has_room(tp) || !list_empty(&tp->rare->ofo_queue) || tp->n_sacks > 0)) {
        tcp_data_queue(tp, rx);
        return;
    }
    tp->has_dsack = false;
    seg = take_segment(tp, rx);
    truesize = seg->truesize;
    tcp_queue_in_order(tp, seg);
    tcp_event_data_recv(tp, rx, truesize);
    tcp_wake(tp, SOCK_POLLIN);
}

/* Urgent data: one octet, RFC 6093's reading, as Linux. */

/* There will be another urgent octet, and the one before it is what would be read next: it never is
 * data. */
static void skip_urgent(struct tcp_sock *tp)
{
    struct tcp_seg *first = tcp_first(&tp->receive_queue);

    if (tp->urg_state == TCP_URG_NONE || tp->rare->urg_seq != tp->copied_seq ||
        tp->sock.options.oobinline || tp->copied_seq == tp->rcv_nxt)
        return;
    tp->copied_seq++;
    if (first != NULL && !seq_lt(tp->copied_seq, first->end_seq))
        rmem_release(tp, first);
}

void tcp_check_urg(struct tcp_sock *tp, struct tcp_rx *rx)
{
    /* The pointer is behind the octet, but where it says 0. */
    uint32_t at = rx->seq + rx->hdr.urgent - (rx->hdr.urgent != 0 && !tp->layer->sysctl.stdurg);

    if ((rx->hdr.flags & TCP_URG) != 0 && !seq_lt(at, tp->copied_seq) && !seq_lt(at, tp->rcv_nxt) &&
        (tp->urg_state == TCP_URG_NONE || seq_gt(at, tp->rare->urg_seq))) {
        skip_urgent(tp);
        tp->urg_state = TCP_URG_NOTYET;
        TCP_RARE_SET(tp, urg_seq, at);
    }
    if (tp->urg_state == TCP_URG_NOTYET && tp->rare->urg_seq - rx->seq < rx->len) {
        frame_copy_out(rx->frame, rx->hdr.hdr_len + (tp->rare->urg_seq - rx->seq),
                       &tcp_rare(tp)->urg_octet, 1);
        tp->urg_state = TCP_URG_VALID;
        if (!tp->orphan)
            tcp_wake(tp, SOCK_POLLPRI);
    }
}
