/* Data that leaves for the first time: when it may, and how much of it. */
#include "base/likely.h"
#include "stack/transport/tcp_internal.h"

bool tcp_forced_push(const struct tcp_sock *tp)
{
    return seq_gt(tp->write_seq, tp->pushed_seq + tp->max_window / 2);
}

void tcp_mark_push(struct tcp_sock *tp, struct tcp_seg *seg)
{
    seg->flags |= TCP_PSH;
    tp->pushed_seq = tp->write_seq;
}

void tcp_cwnd_restart(struct tcp_sock *tp, int64_t delta)
{
    uint32_t restart = u32_min(tp->layer->sysctl.initial_cwnd, tp->cwnd), cwnd = tp->cwnd;

    tp->ssthresh = tcp_current_ssthresh(tp);
    while ((delta -= tp->rto) > 0 && cwnd > restart)
        cwnd >>= 1;
    tp->cwnd = u32_max(cwnd, restart);
    tp->cwnd_stamp = tcp_now(tp->layer);
    tp->cwnd_used = 0;
}

/* RFC 5681 section 4.1, RFC 2861: a window that was not used for long has lost its meaning. */
void tcp_slow_start_after_idle_check(struct tcp_sock *tp)
{
    int64_t delta = (int64_t)(tcp_now(tp->layer) - tp->lsndtime);

    if (tp->layer->sysctl.slow_start_after_idle && tp->packets_out == 0 && delta > tp->rto)
        tcp_cwnd_restart(tp, delta);
}

/* RFC 2861 section 3.2: what the program never fills shrinks. */
static void cwnd_application_limited(struct tcp_sock *tp)
{
    if (tp->ca_state == TCP_CA_OPEN && !tp->no_space) {
        uint32_t used = u32_max(tp->cwnd_used, tp->layer->sysctl.initial_cwnd);

        if (used < tp->cwnd) {
            tp->ssthresh = tcp_current_ssthresh(tp);
            tp->cwnd = (tp->cwnd + used) / 2;
        }
        tp->cwnd_used = 0;
    }
    tp->cwnd_stamp = tcp_now(tp->layer);
}

static void cwnd_validate(struct tcp_sock *tp, uint64_t now, bool limited)
{
    if (!seq_lt(tp->snd_una, tp->cwnd_usage_seq) || limited ||
        (!tp->is_cwnd_limited && tp->packets_out > tp->max_packets_out)) {
        tp->is_cwnd_limited = limited;
        tp->max_packets_out = tp->packets_out;
        tp->cwnd_usage_seq = tp->snd_nxt;
    }
    if (tcp_is_cwnd_limited(tp)) {
        tp->cwnd_used = 0;
        tp->cwnd_stamp = now;
        return;
    }
    tp->cwnd_used = u32_max(tp->cwnd_used, tp->packets_out);
    if (tp->layer->sysctl.slow_start_after_idle && now - tp->cwnd_stamp >= tp->rto)
        cwnd_application_limited(tp);
    /* All is out, the window would take more, and the program has more: the buffer is too small. */
    if (list_empty(&tp->write_queue) && tp->no_space && !tp->orphan &&
        tcp_state_in(tp, TCP_IN(TCP_ESTABLISHED) | TCP_IN(TCP_CLOSE_WAIT)))
        tcp_chrono_start(tp, TCP_CHRONO_SNDBUF_LIMITED);
}

bool tcp_small_in_flight(const struct tcp_sock *tp)
{
    return seq_gt(tp->snd_sml, tp->snd_una) && !seq_gt(tp->snd_sml, tp->snd_nxt);
}

/* Minshall's variant of Nagle's rule: at most one small segment that is not acknowledged. */
static bool nagle_allows(const struct tcp_sock *tp, const struct tcp_burst *burst, uint32_t mss,
                         uint8_t nonagle)
{
    if ((nonagle & TCP_NAGLE_PUSH) != 0 || burst->fin || tp->urg_out)
        return true;
    if (burst->len >= mss)
        return true;
    if ((nonagle & TCP_NAGLE_CORK) != 0)
        return false;
    return nonagle != 0 || tp->packets_out == 0 || !tcp_small_in_flight(tp);
}

bool tcp_window_allows(const struct tcp_sock *tp, const struct tcp_burst *burst, uint32_t mss)
{
    uint32_t len = burst->len > mss ? mss : burst->len + burst->fin;

    return !seq_gt(tcp_first(&tp->write_queue)->seq + len, tcp_wnd_end(tp));
}

/* @seg, which stands in no queue, has left for the first time. */
static inline void sent_new(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t mss)
{
    tp->snd_nxt = seg->end_seq;
    list_push_back(&tp->rtx_queue, &seg->link);
    tp->packets_out++;
    if (seg->data.len < mss)
        tp->snd_sml = seg->end_seq;
}

/* Does new data that leaves set the retransmission timer? */
bool tcp_data_sets_rto(const struct tcp_sock *tp)
{
    return tp->packets_out == 0 || tp->rtx_kind == TCP_TIMER_TLP;
}

void tcp_send_new(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t mss)
{
    list_remove(&seg->link);
    tcp_transmit_seg(tp, tcp_now(tp->layer), seg, NULL);
    sent_new(tp, seg, mss);
}

/* The next segment of write_queue, up to @piece octets, leaves the queue; @first: of a burst. */
static inline struct tcp_seg *next_piece(struct tcp_sock *tp, uint32_t piece, bool first)
{
    struct tcp_seg *seg = tcp_first(&tp->write_queue);

    if (LIKELY(seg->data.len > piece))
        return tcp_seg_cut(tp, seg, piece, first);
    tcp_seg_fill(tp, seg, piece);
    list_remove(&seg->link);
    seg->starts_buffer = first;
    return seg;
}

/* @len octets from the head of write_queue in segments of @mss, the last marked PSH if they are
 * several. */
static inline unsigned send_burst(struct tcp_sock *tp, uint64_t now, uint32_t len, uint32_t mss,
                                  const struct why *why)
{
    bool dsack = tp->has_dsack, more; /* a burst has the same options in all its segments */
    struct tcp_seg *rest, *before[TCP_SEGS_AHEAD];
    unsigned n = 0;

    do {
        uint32_t piece = u32_min(len, mss);
        struct tcp_seg *seg = next_piece(tp, piece, n == 0);

        if (n >= TCP_SEGS_AHEAD) /* while all of them are in flight for certain */
            before[n % TCP_SEGS_AHEAD]->ahead = &seg->link;
        before[n % TCP_SEGS_AHEAD] = seg;
        seg->ahead = &seg->link;
        len -= u32_min(piece, seg->data.len);
        more = len > 0 && !list_empty(&tp->write_queue);
        if (n > 0 && !more)
            seg->push_once = true;
        if (UNLIKELY(dsack))
            tp->has_dsack = true;
        tcp_transmit_seg(tp, now, seg, why);
        sent_new(tp, seg, mss);
        n++;
    } while (more);
    rest = tcp_first(&tp->write_queue);
    if (rest != NULL && !rest->starts_buffer)
        tcp_buffer_begin(tp, rest);
    if (tp->no_space)
        tcp_check_space(tp); /* between two bursts the window is not full: the buffer may grow */
    return n;
}

/* @push_one: 1 sends one burst at most, 2 is a tail loss probe. True: stuck on the peer's window
 * with nothing out. */
bool tcp_write_xmit(struct tcp_sock *tp, uint32_t mss, uint8_t nonagle, int push_one)
{
    struct tcp_seg *seg;
    uint32_t max_segs = 0;
    unsigned n_sent = 0;
    bool cwnd_limited = false, rwnd_limited = false, set_rto = tcp_data_sets_rto(tp);
    static const struct why probe = { WHY_TCP_TAIL_PROBE, { 0 } };
    const struct why *why = push_one == 2 ? &probe : NULL;
    uint64_t now = tcp_now(tp->layer);

    if (tp->mtu_probing && push_one == 0 && !list_empty(&tp->write_queue)) {
        uint32_t size;
        enum tcp_probed probed = tcp_mtu_probe(tp, &size);

        if (probed == TCP_PROBED_WAIT)
            return false;
        if (probed == TCP_PROBED_DUE) {
            n_sent += send_burst(tp, now, size, size, NULL);
            tcp_mtu_probe_sent(tp, size);
        }
    }
    while ((seg = tcp_first(&tp->write_queue)) != NULL) {
        uint32_t quota = tcp_cwnd_quota(tp);
        struct tcp_burst burst;

        if (quota == 0 && push_one != 2) {
            cwnd_limited = true;
            break;
        }
        if (max_segs == 0)
            max_segs = tcp_burst_segs(tp, mss);
        quota = u32_min(u32_max(quota, 1), max_segs);
        burst = tcp_burst_gather(tp, quota * mss);
        if (!tcp_window_allows(tp, &burst, mss)) {
            rwnd_limited = true;
            break;
        }
        if (burst.len > mss) {
            if (push_one == 0 &&
                tcp_burst_defers(tp, now, &burst, mss, max_segs, &cwnd_limited, &rwnd_limited))
                break;
            burst.len = tp->urg_out ? mss : tcp_burst_len(tp, &burst, mss, quota, nonagle);
        } else if (!nagle_allows(tp, &burst, mss, burst.last ? nonagle : TCP_NAGLE_PUSH)) {
            break;
        }
        n_sent += send_burst(tp, now, burst.len, mss, why);
        if (push_one != 0)
            break;
    }
    if (rwnd_limited)
        tcp_chrono_start(tp, TCP_CHRONO_RWND_LIMITED);
    else
        tcp_chrono_stop(tp, TCP_CHRONO_RWND_LIMITED);
    if (n_sent == 0) {
        if (cwnd_limited && tp->packets_out > 0)
            cwnd_validate(tp, now, true);
        return tp->packets_out == 0 && !list_empty(&tp->write_queue);
    }
    if (tcp_in_cwnd_reduction(tp))
        tcp_rare(tp)->prr_out += n_sent;
    if ((push_one == 2 || !tcp_schedule_loss_probe(tp, false)) && set_rto)
        tcp_rearm_rto(tp);
    cwnd_validate(tp, now, cwnd_limited || tcp_packets_in_flight(tp) >= tp->cwnd);
    return false;
}

void tcp_push_pending(struct tcp_sock *tp, uint32_t mss, uint8_t nonagle)
{
    if (tcp_state(tp) == TCP_CLOSED)
        return;
    if (tcp_write_xmit(tp, mss, nonagle, 0))
        tcp_check_probe_timer(tp);
}
