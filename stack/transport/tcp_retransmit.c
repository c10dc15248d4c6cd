/* Segments that leave again, and probes: of a closed window, and for losses at the end. */
#include "stack/transport/tcp_internal.h"

static void forget_packet(struct tcp_sock *tp, const struct tcp_seg *seg)
{
    tp->packets_out--;
    if ((seg->marks & TCP_MARK_RETRANS) != 0)
        tp->retrans_out--;
    if ((seg->marks & TCP_MARK_LOST) != 0)
        tp->lost_out--;
    if (!tp->sack_ok && tp->sacked_out > 0)
        tp->sacked_out--;
}

/* Is @seg, which is in flight, all of its buffer? */
static bool is_alone(const struct tcp_sock *tp, const struct tcp_seg *seg)
{
    return seg->starts_buffer &&
           (seg->link.next == &tp->rtx_queue || tcp_seg_of(seg->link.next)->starts_buffer);
}

/* Small buffers that follow each other are sent again as one, RFC 9293 section 3.8.1. */
static void collapse(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t space)
{
    uint32_t write_seq = tp->write_seq;

    if ((seg->flags & TCP_SYN) != 0 || seg->data.len == 0 || !is_alone(tp, seg))
        return;
    while (seg->link.next != &tp->rtx_queue && (seg->flags & TCP_FIN) == 0 && !seg->eor) {
        struct tcp_seg *next = tcp_seg_of(seg->link.next);
        uint32_t len = next->data.len;

        if ((next->marks & TCP_MARK_SACKED) != 0 || !is_alone(tp, next) ||
            seg->data.len + len > space || seq_gt(next->end_seq, tcp_wnd_end(tp)))
            break;
        if (len > 0)
            tcp_seg_append(tp, seg, next->data.octets, len, false);
        seg->end_seq = next->end_seq;
        seg->flags |= next->flags;
        seg->eor = next->eor;
        seg->marks |= next->marks & TCP_MARK_EVER;
        forget_packet(tp, next);
        tcp_wmem_free(tp, next);
    }
    tp->write_seq = write_seq;
}

/* @seg in two, both with what is known of it. */
static void split_sent(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len)
{
    tcp_seg_split(tp, seg, len);
    tp->packets_out++;
    if ((seg->marks & TCP_MARK_LOST) != 0)
        tp->lost_out++;
    if ((seg->marks & TCP_MARK_RETRANS) != 0)
        tp->retrans_out++;
    if ((seg->marks & TCP_MARK_SACKED) != 0)
        tp->sacked_out++;
}

/* What went out in one burst is cut anew when segments have another size by now: @seg becomes one
 * of @len octets, at the cost of those behind it. */
static void recut(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len)
{
    enum { SAME = TCP_MARK_LOST | TCP_MARK_RETRANS | TCP_MARK_SACKED };

    if (seg->data.len > len) {
        split_sent(tp, seg, len);
        return;
    }
    while (seg->data.len < len && !seg->eor && seg->link.next != &tp->rtx_queue) {
        struct tcp_seg *next = tcp_seg_of(seg->link.next);
        uint32_t n = u32_min(len - seg->data.len, next->data.len);

        if (next->starts_buffer || n == 0 || ((next->marks ^ seg->marks) & SAME) != 0)
            return;
        if (n == next->data.len)
            forget_packet(tp, next);
        tcp_seg_take(tp, seg, next, n);
    }
}

unsigned tcp_recut_rest(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t mss)
{
    uint32_t before = tp->packets_out;
    struct list *at = &seg->link;

    do {
        if (tcp_seg_of(at)->data.len > 0)
            recut(tp, tcp_seg_of(at), mss);
        at = at->next;
    } while (at != &tp->rtx_queue && !tcp_seg_of(at)->starts_buffer);
    return before - tp->packets_out;
}

/* @seg is cut as it goes today, in segments of *@mss. */
static int prepare_retransmit(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t *mss)
{
    uint32_t window, len;

    if (seq_lt(seg->seq, tp->snd_una) && (seg->flags & TCP_SYN) == 0)
        tcp_seg_trim_head(tp, seg, u32_min(tp->snd_una - seg->seq, seg->data.len));
    if (tcp_route(tp) < 0)
        return -SIM_EHOSTUNREACH;
    *mss = tcp_current_mss(tp);
    window = tcp_wnd_end(tp) - seg->seq;
    if ((int32_t)window <= 0) {
        /* The peer shrank his window. Only the first segment goes: it is a probe. */
        if (seg->seq != tp->snd_una)
            return -SIM_EAGAIN;
        window = *mss;
    }
    len = u32_min(*mss, window);
    if (seg->data.len > 0)
        recut(tp, seg, len);
    if (seg->data.len > 0 && seg->data.len < len)
        collapse(tp, seg, len);
    return 0;
}

/* Linux has cut its buffer behind @seg, and what is left of it is counted in segments of today. */
static void cut_behind(struct tcp_sock *tp, struct tcp_seg *seg)
{
    struct list *at = seg->link.next;
    uint32_t mss;

    if (at == &tp->rtx_queue || tcp_seg_of(at)->starts_buffer)
        return;
    mss = tcp_current_mss(tp);
    tcp_buffer_cut(tp, tcp_seg_of(at));
    do {
        if (tcp_seg_of(at)->data.len > 0)
            recut(tp, tcp_seg_of(at), mss);
        at = at->next;
    } while (at != &tp->rtx_queue && !tcp_seg_of(at)->starts_buffer);
}

/* @seg, which is prepared, goes again. @goes_on: in one burst with the next. */
static inline int send_again(struct tcp_sock *tp, struct tcp_seg *seg, bool goes_on,
                             const struct why *why)
{
    int error;

    if (tp->mtu_probing)
        tcp_rare(tp)->mtu_probe.size = 0; /* what becomes of the probe tells nothing now */
    if ((seg->flags & TCP_SYN) != 0 && tp->retransmits > 0 && (seg->flags & TCP_ACK) == 0 &&
        tp->layer->sysctl.ecn_fallback)
        seg->flags &= (uint8_t) ~(TCP_ECE | TCP_CWR); /* RFC 3168 section 6.1.1.1 */
    tcp_rare(tp)->total_retrans++;
    tcp_rare(tp)->bytes_retrans += seg->data.len;
    error = tcp_transmit_seg(tp, tcp_now(tp->layer), seg, why);
    seg->marks |= TCP_MARK_EVER;
    if (!goes_on)
        cut_behind(tp, seg);
    return error;
}

/* It was sent, or could not be. */
static inline void count_again(struct tcp_sock *tp, struct tcp_seg *seg, int error)
{
    if (error == 0) {
        seg->marks |= TCP_MARK_RETRANS;
        tp->retrans_out++;
    }
    if (tp->retrans_stamp == 0)
        tp->retrans_stamp = seg->sent_at + 1;
    if (tp->rare->undo_retrans < 0)
        TCP_RARE_SET(tp, undo_retrans, 0);
    tcp_rare(tp)->undo_retrans++;
}

static int retransmit_alone(struct tcp_sock *tp, struct tcp_seg *seg, struct why why)
{
    uint32_t mss;
    int error;

    if (tcp_path_holds(tp, seg->seq)) /* it has not even left: skb_still_in_host_queue() */
        return -SIM_EAGAIN;
    error = prepare_retransmit(tp, seg, &mss);
    return error < 0 ? error : send_again(tp, seg, false, &why);
}

int tcp_retransmit(struct tcp_sock *tp, struct tcp_seg *seg, struct why why)
{
    int error = retransmit_alone(tp, seg, why);

    count_again(tp, seg, error);
    return error;
}

struct why tcp_why_fast(struct tcp_sock *tp, struct tcp_seg *seg)
{
    if (tp->ca_state == TCP_CA_LOSS)
        return WHY(TCP_RETRANSMIT_AFTER_TIMEOUT, seg->seq - tp->iss);
    return WHY(TCP_RETRANSMIT_FAST, seg->seq - tp->iss);
}

static bool goes_again(const struct tcp_seg *seg)
{
    return (seg->marks & TCP_MARK_LOST) != 0 &&
           (seg->marks & (TCP_MARK_SACKED | TCP_MARK_RETRANS)) == 0;
}

/* Where a burst of retransmissions ends that begins with @seg: what the congestion window and the
 * pace allow, and whole segments where the peer's window is less. */
static uint32_t burst_end(const struct tcp_sock *tp, const struct tcp_seg *seg, uint32_t mss)
{
    uint32_t window = tcp_wnd_end(tp) - seg->seq,
             segs = u32_min(tp->cwnd - tcp_packets_in_flight(tp), tcp_burst_segs(tp, mss)),
             len = mss * segs;

    if ((int32_t)window <= 0)
        return seg->end_seq;
    if (len > window)
        len = window < mss ? window : window - window % mss;
    return seg->seq + len;
}

/* Does the burst of retransmissions that ends at @end go on behind @seg? What went out in one burst
 * comes back in one, as long as all of it is lost. */
static bool burst_goes_on(const struct tcp_sock *tp, const struct tcp_seg *seg, uint32_t end)
{
    const struct tcp_seg *next = tcp_seg_of(seg->link.next);

    return seg->link.next != &tp->rtx_queue && !next->starts_buffer && goes_again(next) &&
           seq_lt(seg->end_seq, end);
}

/* Where the last retransmissions ended, or the first segment that was lost since. */
static struct list *resend_place(struct tcp_sock *tp)
{
    struct tcp_seg *from = tp->rare->resend_from;

    return from != NULL && !tp->layer->sysctl.long_way ? &from->link : tp->rtx_queue.next;
}

/* All that is lost has gone again, or the congestion window is full. */
static inline bool may_not_resend(const struct tcp_sock *tp)
{
    return tcp_packets_in_flight(tp) >= tp->cwnd || tp->retrans_out >= tp->lost_out;
}

/* A burst of retransmissions begins with @seg, which is prepared; returns where it ends. One that
 * did not begin a buffer may be put together with the next now. */
static uint32_t begin_burst(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t mss)
{
    uint32_t end;

    if (!seg->starts_buffer) {
        tcp_buffer_cut(tp, seg);
        end = burst_end(tp, seg, mss);
        prepare_retransmit(tp, seg, &mss);
        return end;
    }
    return burst_end(tp, seg, mss);
}

void tcp_xmit_retransmit_queue(struct tcp_sock *tp,
                               struct why (*reason)(struct tcp_sock *, struct tcp_seg *))
{
    struct tcp_seg *head = tcp_first(&tp->rtx_queue);
    struct list *at;
    bool rearm = false;
    uint32_t end = 0, mss;
    unsigned n = 0;

    if (may_not_resend(tp))
        return;
    for (at = resend_place(tp); at != &tp->rtx_queue; at = at->next) {
        struct tcp_seg *seg = tcp_seg_of(at);
        struct why why;
        bool goes_on;
        int error;

        if (n == 0 && may_not_resend(tp))
            break;
        if (!goes_again(seg))
            continue;
        if (prepare_retransmit(tp, seg, &mss) < 0)
            break;
        if (++n == 1)
            end = begin_burst(tp, seg, mss);
        goes_on = burst_goes_on(tp, seg, end);
        seg->push_once = n > 1 && !goes_on;
        n = goes_on ? n : 0;
        why = reason(tp, seg);
        error = send_again(tp, seg, goes_on, &why);
        count_again(tp, seg, error);
        if (error != 0)
            break;
        if (tcp_in_cwnd_reduction(tp))
            tcp_rare(tp)->prr_out++;
        if (seg == head && tp->rtx_kind != TCP_TIMER_REO)
            rearm = true;
    }
    TCP_RARE_SET(tp, resend_from, at != &tp->rtx_queue ? tcp_seg_of(at) : tcp_last(&tp->rtx_queue));
    if (rearm)
        tcp_rtx_timer_start(tp, TCP_TIMER_RTO, tp->rto);
}

/* Probes. */

static int xmit_probe(struct tcp_sock *tp, struct why why)
{
    uint32_t ahead = tp->rare->snd_up - tp->snd_una;
    uint64_t now = tcp_now(tp->layer);

    if (tp->urg_out && ahead >= 1 &&
        ahead <= UINT16_MAX) /* the peer shall know of the urgent octet */
        (void)tcp_transmit(tp, now, tp->snd_una, TCP_ACK, NULL, &why);
    return tcp_transmit(tp, now, tp->snd_una - 1, TCP_ACK, NULL, &why);
}

int tcp_write_wakeup(struct tcp_sock *tp, struct why why)
{
    struct tcp_seg *seg = tcp_first(&tp->write_queue);
    bool set_rto = tcp_data_sets_rto(tp);
    uint32_t mss, size;

    if (tcp_state(tp) == TCP_CLOSED)
        return -1;
    if (seg == NULL || !seq_lt(seg->seq, tcp_wnd_end(tp)))
        return xmit_probe(tp, why);
    /* The window is open after all, but too small for the rules against silly windows: use it now.
     */
    mss = tcp_current_mss(tp);
    size = u32_min(tcp_wnd_end(tp) - seg->seq, mss);
    if (size < seg->data.len) {
        struct tcp_seg *rest = seg;

        seg = tcp_seg_carve(tp, rest, size);
        rest->starts_buffer = true;
        tcp_buffer_begin(tp, rest);
    } else {
        tcp_seg_fill(tp, seg, size);
        if (seg->link.next != &tp->write_queue)
            tcp_buffer_cut(tp, tcp_seg_of(seg->link.next)); /* what is left of its buffer is one */
    }
    seg->flags |= TCP_PSH;
    if (seq_lt(tp->pushed_seq, seg->end_seq))
        tp->pushed_seq = seg->end_seq;
    tcp_send_new(tp, seg, 0);
    if (set_rto)
        tcp_rearm_rto(tp);
    return 0;
}

void tcp_send_probe0(struct tcp_sock *tp)
{
    int error = tcp_write_wakeup(tp, WHY0(TCP_WINDOW_PROBE));
    uint64_t when = TCP_RESOURCE_PROBE;

    if (tp->packets_out > 0 || list_empty(&tp->write_queue)) {
        tp->probes_out = 0;
        tp->backoff = 0;
        TCP_RARE_SET(tp, probes_tstamp, 0);
        return;
    }
    tp->probes_out++;
    if (error <= 0) {
        if (tp->backoff < tp->layer->sysctl.retries2)
            tp->backoff++;
        when = tcp_probe0_when(tp);
    }
    tcp_rtx_timer_start(tp, TCP_TIMER_PROBE,
                        tcp_clamp_to_user_timeout(tp, when, tp->rare->probes_tstamp));
}

bool tcp_loss_probe_fits(const struct tcp_sock *tp)
{
    return tp->layer->sysctl.early_retrans >= 3 && tp->packets_out > 0 && tp->sack_ok &&
           !tp->synack_pending && (tp->ca_state == TCP_CA_OPEN || tp->ca_state == TCP_CA_CWR);
}

/* RFC 8985 section 7.2: when the last segments may be lost, nobody's ACK would tell. */
bool tcp_schedule_loss_probe(struct tcp_sock *tp, bool advancing_rto)
{
    uint64_t timeout = TCP_TIMEOUT_INIT;
    int64_t rto;

    if (!tcp_loss_probe_fits(tp))
        return false;
    if (tp->srtt_us > 0) {
        timeout = tp->srtt_us >> 2;
        timeout += tp->packets_out == 1 ? tcp_rto_min(tp) : TCP_PROBE_MARGIN;
    }
    rto = advancing_rto ? (int64_t)tp->rto : tcp_rto_delta(tp);
    if (rto > 0 && (uint64_t)rto < timeout)
        timeout = (uint64_t)rto;
    tcp_rtx_timer_start(tp, TCP_TIMER_TLP, timeout);
    return true;
}

/* The last segment sent. Its burst of @n is cut anew before; where that would leave nothing for the
 * n-th, the burst's first it is. */
static struct tcp_seg *recut_tail(struct tcp_sock *tp, uint32_t mss)
{
    struct tcp_seg *tail = tcp_last(&tp->rtx_queue), *seg = tail;
    uint32_t before = 0;

    if (seg == NULL || seg->data.len == 0)
        return seg;
    for (; !seg->starts_buffer && seg != tcp_first(&tp->rtx_queue); before += mss)
        seg = tcp_seg_of(seg->link.prev);
    if (tail->end_seq - seg->seq <= before)
        return seg;
    for (uint32_t len = 0; len < before; len += mss, seg = tcp_seg_of(seg->link.next))
        recut(tp, seg, mss);
    recut(tp, seg, UINT16_MAX);
    tcp_buffer_cut(tp, seg);
    return tcp_last(&tp->rtx_queue);
}

static bool probe_for_loss(struct tcp_sock *tp)
{
    struct tcp_seg *seg = tcp_first(&tp->write_queue);
    uint32_t mss = tcp_current_mss(tp), before = tp->packets_out;

    if (tp->has_tlp)
        return false;
    tp->tlp_retrans = false;
    if (seg != NULL) {
        struct tcp_burst burst = tcp_burst_gather(tp, 0);

        if (tcp_window_allows(tp, &burst, mss)) {
            tcp_write_xmit(tp, mss, TCP_NAGLE_OFF, 2);
            return tp->packets_out > before;
        }
    }
    seg = recut_tail(tp, mss);
    if (seg == NULL || retransmit_alone(tp, seg, WHY0(TCP_TAIL_PROBE)) != 0)
        return false;
    tp->tlp_retrans = true;
    return true;
}

void tcp_send_loss_probe(struct tcp_sock *tp)
{
    if (probe_for_loss(tp)) {
        tp->has_tlp = true;
        TCP_RARE_SET(tp, tlp_high_seq, tp->snd_nxt);
        tp->rtx_kind = TCP_TIMER_NONE; /* so that the RTO counts from now */
    }
    tcp_rearm_rto(tp);
}
