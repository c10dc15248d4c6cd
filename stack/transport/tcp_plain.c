/*
 * What nearly all segments are, over IPv4: octets in order, or behind a hole and all others that
 * are, for somebody who sends nothing himself, with the window as before, or an ACK; with
 * timestamps and, behind them, nothing or an ACK's SACK blocks. While all goes well an ACK is
 * tcp_ack_plain()'s, else tcp_ack() is told what it wants to know of it.
 *
 * Of such a segment all is asked where it stands, and what tcp_input(), tcp_rcv_established() and
 * tcp_data_queue() would do with it is done here, in their order. Of any other nothing has been
 * done, and it goes their way; so do all with tcp_sysctl.long_way.
 */
#include "base/be.h"
#include "base/likely.h"
#include "stack/transport/tcp_internal.h"

struct plain {
    uint32_t seq, ack, word, len, window, ts_val, ts_ecr; /* word: octets 12 to 15 */
    uint8_t tos, flags; /* flags: TCP_ACK, with TCP_PSH or without */
    uint64_t now;
};

/* Of octets 12 to 15: the header's length, the flags and the window. */
#define IS_PLAIN_MASK 0xf1f70000u /* but PSH and what is reserved */

static inline struct plain read_plain(const struct tcp_sock *tp, const struct frame *frame)
{
    const uint8_t *octets = frame->data + IPV4_HDR_LEN;
    uint32_t word = be32_get(octets + 12);

    return (struct plain){ .seq = be32_get(octets + 4),
                           .ack = be32_get(octets + 8),
                           .word = word,
                           .len = frame->payload.len,
                           .window = (word & 0xffff) << tp->snd_wscale,
                           .tos = frame->data[1],
                           .flags = (uint8_t)(word >> 16),
                           .ts_val = be32_get(octets + TCP_HDR_LEN + 4),
                           .ts_ecr = be32_get(octets + TCP_HDR_LEN + 8),
                           .now = tcp_now(tp->layer) };
}

/* expected() of tcp_in.c, for a connection that nothing is special about; or data behind a hole.
 * Without rare->ecn no mark has come ever, and ECN is not accurate. */
static inline bool is_expected(const struct tcp_sock *tp, const struct plain *p, uint32_t hdr_len)
{
    return tcp_state(tp) == TCP_ESTABLISHED &&
           (p->word & IS_PLAIN_MASK) == (hdr_len / 4 << 28 | (uint32_t)TCP_ACK << 16) &&
           !seq_lt(p->ack, tp->snd_una) && !seq_gt(p->ack, tp->snd_nxt) &&
           p->seq - tp->rcv_nxt + p->len <= tcp_receive_window(tp) &&
           tp->urg_state == TCP_URG_NONE && tp->ts_ok &&
           (int32_t)(p->ts_val - tp->ts_recent) >= 0 && tp->sock.options.extra == NULL &&
           (p->tos & 3) == 0 && tp->rare->ecn == NULL;
}

static inline void count(struct tcp_sock *tp, const struct plain *p)
{
    tp->segs_in++;
    tp->last_ts_ecr = p->ts_ecr;
    tp->saw_ts = true;
}

/* tcp_replace_ts_recent() of a timestamp that is no older than the last. */
static inline void take_timestamp(struct tcp_sock *tp, const struct plain *p)
{
    if (seq_gt(p->seq, tp->rcv_wup))
        return;
    tp->ts_recent = p->ts_val;
    tp->ts_recent_stamp_s = (uint32_t)(p->now / 1000000);
}

/* Of the segment that an ACK may let go its sequence number is asked. */
static inline void fetch_next_to_go(const struct tcp_sock *tp)
{
    mem_fetch(tp->write_queue.next, 1);
}

/* An ACK without data has been taken: what it lets go, and its timer. None of ours was due. */
static inline void go_on(struct tcp_sock *tp, const struct plain *p)
{
    if (p->ts_ecr != 0)
        tp->rcv_rtt_last_tsecr = p->ts_ecr; /* tcp_rcv_rtt_measure_ts() */
    tcp_data_snd_check(tp);
    tcp_settle_xmit_timer(tp);
}

/* Of an ACK's octets behind its timestamps. */
struct blocks {
    const uint8_t *octets;
    uint32_t len;
};

/* An ACK without data whose SACK blocks, or none, are all that stands in @blocks. Of @rx nobody
 * asks for what is not set here while ECN is not spoken; least of all for its packet. */
static inline bool take_other_ack(struct tcp_sock *tp, const struct plain *p, struct blocks blocks)
{
    struct tcp_rx rx;

    if (tp->ecn != 0)
        return false;
    rx.hdr.opt.n_sack = 0;
    if (blocks.len > 0 && !tcp_read_blocks(blocks.octets, blocks.len, &rx.hdr.opt))
        return false;
    rx.hdr.flags = p->flags;
    rx.hdr.window = (uint16_t)p->word;
    rx.hdr.opt.ts_ecr = p->ts_ecr;
    rx.seq = rx.end_seq = p->seq;
    rx.ack = p->ack;
    rx.now = p->now;
    tcp_seg_fetch(tp->rtx_queue.next);
    fetch_next_to_go(tp);
    count(tp, p);
    take_timestamp(tp, p);
    tcp_ack_in_window(tp, &rx, TCP_F_TIMER_LATER);
    go_on(tp, p); /* no ACK ends an open connection */
    return true;
}

bool tcp_rcv_ack(struct tcp_sock *tp, const struct frame *frame)
{
    uint32_t hdr_len = frame->len - IPV4_HDR_LEN;
    struct blocks blocks = { frame->data + IPV4_HDR_LEN + TCP_PLAIN_LEN, hdr_len - TCP_PLAIN_LEN };
    struct plain p = read_plain(tp, frame);

    return hdr_len <= TCP_HDR_MAX && is_expected(tp, &p, hdr_len) && p.len == 0 &&
           tp->ack_pending == 0 && p.seq == tp->rcv_nxt && take_other_ack(tp, &p, blocks);
}

/* One that has none. Here and below it is read anew: of a struct plain that is handed on the fields
 * are kept in memory, for all segments. */
APART static bool take_ack_alone(struct tcp_sock *tp, const struct frame *frame)
{
    struct plain p = read_plain(tp, frame);

    return take_other_ack(tp, &p, (struct blocks){ NULL, 0 });
}

static inline bool take_ack(struct tcp_sock *tp, const struct plain *p)
{
    tcp_seg_fetch(tp->rtx_queue.next->next->next); /* tcp_input_soon() has fetched two */
    fetch_next_to_go(tp);
    if (!tcp_ack_plain(tp, p->ack, p->window, p->now))
        return false;
    count(tp, p);
    take_timestamp(tp, p);
    tp->snd_wl1 = p->seq;
    go_on(tp, p);
    return true;
}

/* Octets that nothing stands in the way of, as many as in all segments before them. */
static inline bool may_take_data(const struct tcp_sock *tp, const struct plain *p)
{
    return tcp_sends_nothing(tp) && p->window == tp->snd_wnd && p->len == tp->rcv_mss &&
           p->len >= 128 && tp->rmem_alloc <= (uint32_t)tp->sock.options.rcvbuf &&
           !tp->sock.options.timestamp && !tp->layer->sysctl.rx_linear;
}

/* takes_data_fast() of tcp_in.c: Linux does not look at what the ACK acknowledges. */
static inline bool is_fast(const struct tcp_sock *tp, const struct plain *p, bool behind)
{
    return !behind && tp->rmem_alloc < (uint32_t)tp->sock.options.rcvbuf &&
           TCP_SKB_OVERHEAD + p->len <= tcp_forward_alloc(tp);
}

/* ack_nothing() of tcp_in.c. */
static inline void note_ack(struct tcp_sock *tp, const struct plain *p)
{
    tp->snd_wl1 = seq_max(tp->snd_wl1, p->seq);
    tp->sock.soft_error = 0;
    tp->probes_out = 0;
    tp->rcv_tstamp = p->now;
}

/* tcp_measure_rcv_mss() of them, which are as long as it has found before, and an ACK is due. */
static inline void note_size(struct tcp_sock *tp, const struct plain *p)
{
    tp->last_seg_size = 0;
    tp->ack_pending |= (p->flags & TCP_PSH) != 0 ? TCP_ACK_SCHED | TCP_ACK_PUSHED : TCP_ACK_SCHED;
}

/* The next octets, which may fill a hole that others stand @behind. Without those there are no SACK
 * blocks. */
static inline bool take_data(struct tcp_sock *tp, const struct plain *p, const struct frame *frame)
{
    bool behind = !list_empty(&tp->rare->ofo_queue), fast = is_fast(tp, p, behind);
    struct tcp_seg *seg;
    uint32_t truesize;

    tcp_seg_fetch(tp->receive_queue.prev);
    if (UNLIKELY(!may_take_data(tp, p)))
        return false;
    count(tp, p);
    tp->data_segs_in++;
    take_timestamp(tp, p);
    if (fast)
        tp->snd_wl1 = p->seq;
    else
        note_ack(tp, p);
    tcp_rcv_rtt_measure_ts(tp, p->ts_ecr, p->len, p->now);
    tp->has_dsack = false;
    seg = tcp_seg_of_payload(tp->layer, frame, p->seq, p->flags);
    truesize = seg->truesize;
    tcp_queue_in_order(tp, seg);
    note_size(tp, p);
    tcp_data_timed(tp, p->now);
    tcp_grow_window(tp, p->len, truesize);
    if (UNLIKELY(behind))
        tcp_fill_hole(tp);
    tcp_wake(tp, SOCK_POLLIN);
    if (!fast)
        tcp_check_space(tp);
    tcp_ack_snd_check(tp);
    return true;
}

/* Octets behind a hole and behind all others that are. */
APART static bool take_behind(struct tcp_sock *tp, const struct frame *frame)
{
    const struct tcp_seg *last = tcp_last(&tp->rare->ofo_queue);
    struct plain p = read_plain(tp, frame);

    if (!seq_gt(p.seq, tp->rcv_nxt) || (last != NULL && seq_lt(p.seq, last->end_seq)) ||
        !may_take_data(tp, &p))
        return false;
    count(tp, &p);
    tp->data_segs_in++;
    note_ack(tp, &p);
    tcp_rcv_rtt_measure_ts(tp, p.ts_ecr, p.len, p.now);
    tp->has_dsack = false;
    note_size(tp, &p);
    tcp_queue_behind(tp, tcp_seg_of_payload(tp->layer, frame, p.seq, p.flags));
    tcp_check_space(tp);
    tcp_ack_snd_check(tp);
    return true;
}

bool tcp_rcv_plain(struct tcp_sock *tp, const struct frame *frame)
{
    struct plain p = read_plain(tp, frame);

    if (UNLIKELY(!is_expected(tp, &p, TCP_PLAIN_LEN)))
        return false;
    if (UNLIKELY(p.seq != tp->rcv_nxt))
        return take_behind(tp, frame);
    if (p.len > 0)
        return take_data(tp, &p, frame);
    if (UNLIKELY(tp->ack_pending != 0)) /* whether that ACK goes now is a longer question */
        return false;
    return take_ack(tp, &p) || take_ack_alone(tp, frame);
}
