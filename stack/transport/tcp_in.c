/*
 * A segment has come for a socket: what it means in its state. RFC 9293 section 3.10.7,
 * with RFC 5961's and RFC 7323's checks, in Linux's order.
 */
#include "base/check.h"
#include "base/likely.h"
#include "stack/transport/tcp_accecn.h"
#include "stack/transport/tcp_fastopen.h"
#include "stack/transport/tcp_metrics.h"

void tcp_rx_drop(struct tcp_rx *rx, enum drop_reason reason)
{
    rx->drop = reason;
}

/* RFC 5961 section 7: a dialogue of two sides that both believe the other is wrong must not be a
 * storm. Linux counts in ticks. */
bool tcp_oow_too_soon(struct tcp_layer *tcp, uint64_t *last)
{
    uint64_t tick = tcp->sysctl.exact_timers ? 1 : JIFFY / SIM_USEC(1), now = tcp_now(tcp) / tick,
             limit = (tcp->sysctl.invalid_ratelimit * UINT64_C(1000) + tick - 1) / tick;

    if (*last != 0 && now - (*last - 1) < limit)
        return true;
    *last = now + 1;
    return false;
}

bool tcp_oow_rate_limited(struct tcp_layer *tcp, const struct tcp_rx *rx, uint64_t *last)
{
    if (rx->seq != rx->end_seq && (rx->hdr.flags & TCP_SYN) == 0)
        return false; /* data and FINs are always answered */
    return tcp_oow_too_soon(tcp, last);
}

void tcp_reset(struct tcp_sock *tp)
{
    int error = SIM_ECONNRESET;

    if (tcp_state(tp) == TCP_SYN_SENT)
        error = SIM_ECONNREFUSED;
    else if (tcp_state(tp) == TCP_CLOSE_WAIT)
        error = SIM_EPIPE;
    else if (tcp_state(tp) == TCP_CLOSED)
        return;
    tcp_abort_with(tp, error);
}

/* PAWS, RFC 7323 section 5.3. Linux lets pass what is one tick late. */
static bool paws_rejects(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    uint32_t now_s = (uint32_t)(rx->now / 1000000);
    int32_t behind = (int32_t)(tp->ts_recent - rx->hdr.opt.ts_val);

    if (!tp->ts_ok || !rx->hdr.opt.has_ts || !tp->has_ts_recent || behind <= 0)
        return false;
    if (behind == 1 && tp->layer->sysctl.rfc_over_linux != TCP_RFC_ALWAYS)
        return false;
    if (now_s - tp->ts_recent_stamp_s >= TCP_PAWS_24DAYS_S)
        return false;
    /* A pure ACK out of order that is no later than one RTO may pass: RFC 7323 appendix on
     * reordering, as Linux. */
    if ((rx->hdr.flags & TCP_ACK) != 0 && rx->seq == rx->end_seq && rx->seq == tp->rcv_nxt &&
        rx->ack == tp->snd_una && behind <= (int32_t)(tp->rto / 1000) &&
        (uint32_t)rx->hdr.window << tp->snd_wscale == tp->snd_wnd)
        return false;
    return true;
}

/* An ACK from before, with a timestamp from before: overtaken, and seen often. */
static bool is_overtaken_ack(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return (rx->hdr.flags & (TCP_ACK | TCP_SYN)) == TCP_ACK && rx->seq == rx->end_seq &&
           seq_lt(rx->seq, tp->rcv_nxt) && tp->layer->sysctl.rfc_over_linux != TCP_RFC_ALWAYS;
}

void tcp_replace_ts_recent(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    if (!tp->ts_ok || !rx->hdr.opt.has_ts || seq_gt(rx->seq, tp->rcv_wup))
        return;
    if (tp->has_ts_recent && (int32_t)(rx->hdr.opt.ts_val - tp->ts_recent) < 0 &&
        (uint32_t)(rx->now / 1000000) - tp->ts_recent_stamp_s < TCP_PAWS_24DAYS_S)
        return;
    tp->ts_recent = rx->hdr.opt.ts_val;
    tp->ts_recent_stamp_s = (uint32_t)(rx->now / 1000000);
    tp->has_ts_recent = true;
}

/* A RST one before what we wait for: some stacks send that after a FIN, and Linux takes it. RFC
 * 5961 section 3.2 does not. */
static bool rst_before_fin(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return tp->layer->sysctl.rfc_over_linux == TCP_RFC_NEVER && rx->seq == tp->rcv_nxt - 1 &&
           tcp_state_in(tp, TCP_IN(TCP_CLOSE_WAIT) | TCP_IN(TCP_LAST_ACK) | TCP_IN(TCP_CLOSING));
}

static bool rst_is_exact(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    uint32_t highest;

    if (rx->seq == tp->rcv_nxt || rst_before_fin(tp, rx))
        return true;
    if (!tp->sack_ok || tp->n_sacks == 0)
        return false;
    highest = tp->rare->sacks[0].end;
    for (uint8_t i = 1; i < tp->n_sacks; i++)
        highest = seq_max(highest, tp->rare->sacks[i].end);
    return rx->seq == highest;
}

/* RFC 9293 section 3.10.7.4, first step. */
static enum drop_reason sequence_check(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    uint32_t end = tp->rcv_nxt + tcp_receive_window(tp);

    if (seq_lt(rx->end_seq, tp->rcv_wup))
        return DROP_TCP_OLD_DATA;
    if (!seq_gt(rx->end_seq, end))
        return DROP_NONE;
    if (!seq_gt(rx->end_seq - ((rx->hdr.flags & TCP_FIN) != 0), end))
        return DROP_NONE; /* only its FIN stands behind the window: Linux looks at it later */
    if (seq_gt(rx->seq, end))
        return DROP_TCP_OUT_OF_WINDOW;
    /* It starts inside and ends outside: taken only when nothing waits to be read. */
    return list_empty(&tp->receive_queue) ? DROP_NONE : DROP_TCP_OUT_OF_WINDOW;
}

/* Without RFC 5961, as RFC 793 has it: any RST in the window ends the connection. */
static bool rst_in_window(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return !tp->layer->sysctl.rfc5961_rst && !seq_lt(rx->seq, tp->rcv_nxt) &&
           seq_lt(rx->seq, tp->rcv_nxt + tcp_receive_window(tp));
}

/* The same of a SYN: the connection is reset, on both sides. */
static void syn_in_window(struct tcp_sock *tp, struct tcp_rx *rx)
{
    tcp_rx_drop(rx, DROP_TCP_FLAGS);
    tcp_send_active_reset(tp);
    tcp_reset(tp);
}

static void challenge(struct tcp_sock *tp, struct tcp_rx *rx)
{
    tcp_rx_drop(rx, DROP_TCP_FLAGS);
    tcp_send_challenge_ack(tp);
}

/* A RST in the window, but not where it should be: RFC 5961 section 3.2. If it is all that ever
 * came, something in between does not like Fast Open. */
static void rst_elsewhere(struct tcp_sock *tp, struct tcp_rx *rx)
{
    const struct tcp_fastopen *fo = tp->rare->fastopen;

    if (fo != NULL && fo->asked && tp->data_segs_in == 0 && tcp_state(tp) == TCP_ESTABLISHED)
        tcp_fastopen_disable(tp);
    challenge(tp, rx);
}

/* An unacceptable segment is answered with an ACK, unless it is a RST. */
static void answer_unacceptable(struct tcp_sock *tp, struct tcp_rx *rx, enum drop_reason reason)
{
    tcp_rx_drop(rx, reason);
    if ((rx->hdr.flags & TCP_SYN) != 0)
        tcp_send_challenge_ack(tp);
    else if (!tcp_oow_rate_limited(tp->layer, rx, &tcp_rare(tp)->last_oow_ack))
        tcp_send_dupack_for(tp, rx);
}

/* The first four steps. True: the segment may be looked at further. */
static bool validate_incoming(struct tcp_sock *tp, struct tcp_rx *rx)
{
    enum drop_reason reason;
    bool rst = (rx->hdr.flags & TCP_RST) != 0;

    if (paws_rejects(tp, rx) && !rst) {
        if (is_overtaken_ack(tp, rx))
            tcp_rx_drop(rx, DROP_TCP_PAWS);
        else
            answer_unacceptable(tp, rx, DROP_TCP_PAWS);
        return false;
    }
    reason = sequence_check(tp, rx);
    if (reason != DROP_NONE) {
        if (!rst) {
            answer_unacceptable(tp, rx, reason);
        } else if (rst_before_fin(tp, rx)) {
            tcp_reset(tp);
        } else {
            tcp_rx_drop(rx, reason);
        }
        return false;
    }
    if (rst) {
        if (rst_is_exact(tp, rx) || rst_in_window(tp, rx))
            tcp_reset(tp);
        else
            rst_elsewhere(tp, rx);
        return false;
    }
    if ((rx->hdr.flags & TCP_SYN) != 0) {
        /* The second SYN,ACK of a simultaneous open acknowledges ours. */
        if (tcp_state(tp) == TCP_SYN_RECEIVED && (rx->hdr.flags & TCP_ACK) != 0 &&
            rx->seq + 1 == rx->end_seq && rx->seq + 1 == tp->rcv_nxt && rx->ack == tp->snd_nxt)
            return true;
        if (tp->layer->sysctl.rfc5961_syn || rx->seq == tp->rcv_nxt + tcp_receive_window(tp))
            challenge(tp, rx); /* RFC 5961 section 4.2 */
        else
            syn_in_window(tp, rx);
        return false;
    }
    return true;
}

/* The connection is open: what depends on the path is set up. */
void tcp_init_transfer(struct tcp_sock *tp)
{
    tcp_route(tp);
    tp->confirm_neighbor =
        true; /* tcp_init_metrics(): the handshake shows that the next hop is alive */
    tcp_sync_mss(tp, tp->has_route ? tcp_path_mtu(tp) : tp->pmtu);
    tcp_mtu_probe_init(tp); /* a listener's connection begins with whole segments all the same */
    tcp_metrics_open(tp);
    /* RFC 6928, but one segment after a SYN that was really lost. */
    tp->cwnd = tp->rare->total_retrans > 1 && tp->rare->undo_marker != 0
                   ? 1
                   : tp->layer->sysctl.initial_cwnd;
    tp->cwnd_stamp = tcp_now(tp->layer);
    tp->cc->init(tp);
    tcp_init_buffer_space(tp);
}

/* The peer has slowed down, and says so with its data: RFC 3168 section 6.1.3. It may have very
 * little in flight by now, and waits for the ACK. */
static void ecn_of_header(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    if (LIKELY((rx->hdr.flags & TCP_CWR) == 0) || (tp->ecn & TCP_ECN_MODE) != TCP_ECN_OK)
        return;
    tp->ecn &= (uint8_t)~TCP_ECN_DEMAND_CWR;
    if (rx->seq != rx->end_seq)
        tp->ack_pending |= TCP_ACK_NOW;
}

/* Data that Linux's fast path takes. */
static bool takes_data_fast(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return rx->len > 0 && list_empty(&tp->rare->ofo_queue) &&
           rx->hdr.hdr_len == TCP_HDR_LEN + (tp->ts_ok ? TCP_TS_ALIGNED : 0) && tp->rcv_wnd > 0 &&
           tp->rmem_alloc < (uint32_t)tp->sock.options.rcvbuf &&
           tcp_rx_truesize(tp->layer, rx) <= tcp_forward_alloc(tp);
}

/* On Linux's fast path data whose ACK tells nothing new is taken without a look at what waits to be
 * sent, though a rule of ours that held it back may not hold any more. */
static bool brings_data_alone(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return rx->ack == tp->snd_una && takes_data_fast(tp, rx);
}

/* A segment as Linux's fast path foresees it, in order and with the window as before: its timestamp
 * counts even where what it acknowledges is old. */
static bool foreseen(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return (rx->hdr.flags & ~TCP_PSH) == TCP_ACK &&
           (rx->end_seq == rx->seq || takes_data_fast(tp, rx)) && rx->seq == tp->rcv_nxt &&
           tp->rcv_nxt == tp->rcv_wup && rx->hdr.opt.n_sack == 0 && !seq_gt(rx->ack, tp->snd_nxt) &&
           list_empty(&tp->rare->ofo_queue) && tp->urg_state == TCP_URG_NONE &&
           (uint32_t)rx->hdr.window << tp->snd_wscale == tp->snd_wnd;
}

/* A segment of an open connection, by its flags and the first four steps. */
static bool may_be_taken(struct tcp_sock *tp, struct tcp_rx *rx)
{
    if ((rx->hdr.flags & (TCP_ACK | TCP_RST | TCP_SYN)) == 0) {
        tcp_rx_drop(rx, DROP_TCP_FLAGS);
        return false;
    }
    if (!validate_incoming(tp, rx))
        return false;
    if (foreseen(tp, rx))
        tcp_replace_ts_recent(tp, rx);
    return true;
}

/*
 * Header prediction, as Linux and Van Jacobson before it have it: the next octets or an ACK of what
 * is in flight, with the window as before, nothing urgent and a timestamp that is no older than the
 * last. Of such a segment validate_incoming() and tcp_check_urg() have nothing to say.
 */
static inline bool expected(const struct tcp_sock *tp, const struct tcp_rx *rx, unsigned flags)
{
    const struct tcp_options *opt = &rx->hdr.opt;

    return (flags & ~(unsigned)TCP_PSH) == TCP_ACK && rx->seq == tp->rcv_nxt &&
           (uint32_t)rx->hdr.window << tp->snd_wscale == tp->snd_wnd && opt->n_sack == 0 &&
           !seq_lt(rx->ack, tp->snd_una) && !seq_gt(rx->ack, tp->snd_nxt) &&
           !seq_gt(rx->end_seq, tp->rcv_nxt + tcp_receive_window(tp)) &&
           tp->urg_state == TCP_URG_NONE &&
           (!tp->ts_ok ||
            (opt->has_ts && tp->has_ts_recent && (int32_t)(opt->ts_val - tp->ts_recent) >= 0));
}

static bool predicted(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return expected(tp, rx, rx->hdr.flags) && !tp->accecn;
}

/* Of a connection with accurate ECN: ACE is as in the last one. */
SELDOM static bool accecn_predicted(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return tcp_accecn_predicted(tp, rx) && expected(tp, rx, rx->hdr.flags & ~(unsigned)TCP_ACE);
}

/* What tcp_ack() does with a predicted segment while we have nothing in flight and nothing to send.
 */
static void ack_nothing(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    tcp_replace_ts_recent(tp, rx);
    tp->snd_wl1 = seq_max(tp->snd_wl1, rx->seq);
    tp->sock.soft_error = 0;
    tp->probes_out = 0;
    tp->rcv_tstamp = rx->now;
}

/* What tcp_ack_plain() leaves to be done. */
static void note_acked(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    tcp_replace_ts_recent(tp, rx);
    tp->snd_wl1 = rx->seq;
}

static inline void queue_data(struct tcp_sock *tp, struct tcp_rx *rx, bool as_predicted)
{
    if (as_predicted)
        tcp_data_queue_next(tp, rx);
    else
        tcp_data_queue(tp, rx);
}

static void data_alone(struct tcp_sock *tp, struct tcp_rx *rx, bool as_predicted)
{
    tcp_replace_ts_recent(tp, rx);
    tp->snd_wl1 = rx->seq;
    tcp_rcv_rtt_measure_ts(tp, rx->hdr.opt.ts_ecr, rx->len, rx->now);
    queue_data(tp, rx, as_predicted);
    tcp_ack_snd_check(tp);
}

/* Linux's fast path has the data before it looks at the ACK, and keeps it whatever that is. */
SELDOM static void data_before_its_ack(struct tcp_sock *tp, struct tcp_rx *rx)
{
    tcp_rcv_rtt_measure_ts(tp, rx->hdr.opt.ts_ecr, rx->len, rx->now);
    tcp_data_queue(tp, rx);
    tcp_send_challenge_ack(tp);
    tcp_data_snd_check(tp);
    tcp_settle_xmit_timer(tp);
    tcp_ack_snd_check(tp);
}

static void count_ecn(struct tcp_sock *tp, struct tcp_rx *rx)
{
    if (LIKELY((ip_rx_tos(rx->ip) & 3) == 0 && tp->rare->ecn == NULL))
        return; /* nothing was marked ever */
    rx->ecn_counted = true;
    tcp_ecn_received(tp, rx);
}

/* Linux's fast path does not ask, after an ACK alone, whether one of ours is due. Of a client whose
 * peer scales its window it begins with the first octets. */
SELDOM static bool is_foreseen_ack(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    return rx->seq == rx->end_seq && list_empty(&tp->rare->ofo_queue) && tp->rcv_wnd > 0 &&
           rx->hdr.hdr_len == TCP_HDR_LEN + (tp->ts_ok ? TCP_TS_ALIGNED : 0) &&
           tp->rmem_alloc < (uint32_t)tp->sock.options.rcvbuf &&
           (tp->snd_wscale == 0 || tp->rcv_nxt != tp->irs + 1);
}

void tcp_rcv_established(struct tcp_sock *tp, struct tcp_rx *rx)
{
    bool is_predicted = predicted(tp, rx),
         as_predicted = is_predicted && !tp->layer->sysctl.long_way;

    tp->saw_ts = tp->ts_ok && rx->hdr.opt.has_ts;
    if (!as_predicted) {
        if (UNLIKELY(tp->accecn))
            is_predicted = accecn_predicted(tp, rx);
        if (!may_be_taken(tp, rx))
            return;
    }
    count_ecn(tp, rx);
    if (is_predicted && brings_data_alone(tp, rx)) {
        data_alone(tp, rx, as_predicted);
        return;
    }
    if (!as_predicted && rx->len > 0 && tcp_ack_too_old(tp, rx) && foreseen(tp, rx)) {
        data_before_its_ack(tp, rx);
        return;
    }
    if (as_predicted && tcp_sends_nothing(tp))
        ack_nothing(tp, rx);
    else if (as_predicted && tcp_ack_plain(tp, rx->ack, tp->snd_wnd, rx->now))
        note_acked(tp, rx);
    else if (tcp_ack(tp, rx, TCP_F_UPDATE_TS_RECENT | TCP_F_TIMER_LATER) < 0 || tp->dead)
        return;
    tcp_rcv_rtt_measure_ts(tp, rx->hdr.opt.ts_ecr, rx->len, rx->now);
    if (!as_predicted) {
        tcp_check_urg(tp, rx);
        ecn_of_header(tp, rx);
    }
    queue_data(tp, rx, as_predicted);
    if (tcp_state(tp) == TCP_CLOSED)
        return;
    tcp_data_snd_check(tp);
    tcp_settle_xmit_timer(tp);
    if (tp->ack_pending != 0 && is_predicted && is_foreseen_ack(tp, rx))
        return;
    tcp_ack_snd_check(tp);
}

/* SYN-SENT: RFC 9293 section 3.10.7.3. */

static void take_syn_options(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    const struct tcp_options *opt = &rx->hdr.opt;
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;
    uint32_t mss = tcp_peer_mss(opt, tp->entry.ends->remote.v6);

    if (tp->user->mss != 0 && (!opt->has_mss || tp->user->mss < mss))
        mss = tp->user->mss; /* in place of the default, too, even where it is more */
    tp->mss_clamp = (uint16_t)mss;
    tp->sack_ok = opt->sack_permitted && sysctl->sack;
    tp->ts_ok = opt->has_ts && sysctl->timestamps;
    tp->saw_ts = tp->ts_ok;
    tp->wscale_ok = opt->has_wscale && sysctl->window_scaling;
    if (tp->wscale_ok) {
        tp->snd_wscale = opt->wscale > TCP_WSCALE_MAX ? TCP_WSCALE_MAX : opt->wscale;
    } else {
        tp->snd_wscale = tp->rcv_wscale = 0;
        tp->window_clamp = u32_min(tp->window_clamp, 65535);
    }
    if (tp->ts_ok) {
        tp->ts_recent = opt->ts_val;
        tp->ts_recent_stamp_s = (uint32_t)(tcp_now(tp->layer) / 1000000);
        tp->has_ts_recent = true;
        tp->advmss -= TCP_TS_ALIGNED;
    }
}

static void take_irs(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    tp->irs = rx->seq;
    tp->rcv_nxt = rx->seq + 1;
    tp->rcv_wup = rx->seq + 1;
    tp->copied_seq = tp->rcv_nxt;
    tp->snd_wl1 = rx->seq;
}

static void become_established(struct tcp_sock *tp)
{
    tcp_set_state(tp, TCP_ESTABLISHED);
    tp->lsndtime = tcp_now(tp->layer);
    tp->rcv_tstamp = tp->lsndtime;
}

/* A send() began the connection and has more octets than the SYN took. */
static bool waits_to_send(const struct tcp_sock *tp)
{
    const struct tcp_fastopen *fo = tp->rare->fastopen;

    return fo != NULL && fo->in_call && fo->more;
}

static void syn_sent_opened(struct tcp_sock *tp, struct tcp_rx *rx)
{
    tp->snd_wnd = rx->hdr.window; /* never scaled on a SYN */
    tp->snd_wl1 = rx->seq;
    take_syn_options(tp, rx);
    tcp_ecn_synack_input(tp, rx);
    tp->max_window = tp->snd_wnd;
    tcp_mtu_probe_init(tp);
    tcp_sync_mss(tp, tp->pmtu);
    take_irs(tp, rx);
    if (tcp_ack(tp, rx, 0) < 0)
        return;
    tcp_initialize_rcv_mss(tp);
    tp->retrans_stamp = 0;
    tp->total_rto = 0;
    become_established(tp);
    tp->lrcvtime = tp->lsndtime;
    tcp_init_transfer(tp);
    if (tp->sock.options.keepalive)
        tcp_keepalive_start(tp, SIM_SEC(tcp_keepalive_time(tp)));
    if (tp->rare->fastopen != NULL && tp->rare->fastopen->in_call) {
        tp->connecting = false; /* send() is connect(), too, and will tell */
        tp->connected = true;
    }
    if (tp->rare->fastopen != NULL && tcp_fastopen_synack(tp, rx)) {
        tcp_wake(tp, SOCK_POLLOUT);
        return;
    }
    tcp_wake(tp, SOCK_POLLOUT);
    if (tp->user->defer_accept > 0 || tp->pingpong > 0 || waits_to_send(tp)) {
        /* Data of ours will carry the ACK. */
        tp->ack_pending |= TCP_ACK_SCHED;
        tcp_enter_quickack(tp, TCP_MAX_QUICKACKS);
        tp->ack_pending |= TCP_ACK_TIMER;
        timer_pair_start_at(&tp->timers, TCP_HAND_DELACK,
                            tcp_wheel_expiry(tp->layer, SIM_USEC(TCP_DELACK_MAX)));
        return;
    }
    tcp_send_handshake_ack(tp, tp->accecn ? tcp_accecn_reflect(ip_rx_tos(rx->ip)) : 0);
}

static void syn_sent_crossed(struct tcp_sock *tp, struct tcp_rx *rx)
{
    uint32_t window_clamp = tp->window_clamp;
    uint8_t wscale = tp->rcv_wscale;

    take_syn_options(tp, rx);
    if (tp->layer->sysctl.rfc_over_linux == TCP_RFC_NEVER) { /* as if the peer offered scaling */
        tp->rcv_wscale = wscale;
        tp->window_clamp = window_clamp;
    }
    take_irs(tp, rx);
    tp->snd_wnd = rx->hdr.window;
    tp->max_window = tp->snd_wnd;
    tcp_ecn_syn_input(tp, rx);
    tcp_sync_mss(tp, tp->pmtu);
    tcp_initialize_rcv_mss(tp);
    tcp_set_state(tp, TCP_SYN_RECEIVED);
    tcp_send_synack(tp);
}

static void syn_sent_input(struct tcp_sock *tp, struct tcp_rx *rx)
{
    uint16_t flags = rx->hdr.flags;

    if ((flags & TCP_ACK) != 0) {
        bool ts_wrong = rx->hdr.opt.has_ts && tp->layer->sysctl.timestamps &&
                        rx->hdr.opt.ts_ecr != 0 &&
                        ((int32_t)(rx->hdr.opt.ts_ecr - (uint32_t)((tp->retrans_stamp - 1) / 1000) -
                                   tp->ts_offset) < 0 ||
                         (int32_t)(rx->hdr.opt.ts_ecr - tcp_ts_now(tp->layer, tp->ts_offset)) > 0);

        bool ack_wrong = !seq_gt(rx->ack, tp->snd_una) || seq_gt(rx->ack, tp->snd_nxt);

        if (ack_wrong || (ts_wrong && (flags & TCP_RST) == 0)) {
            tcp_rx_drop(rx, DROP_TCP_BAD_ACK);
            /* The other end remembers an older connection: Linux asks again soon. */
            if (ack_wrong && tp->retransmits == 0 &&
                tp->layer->sysctl.rfc_over_linux < TCP_RFC_ALWAYS)
                tcp_rtx_timer_start(tp, TCP_TIMER_RTO, TCP_TIMEOUT_MIN);
            if ((flags & TCP_RST) == 0)
                tcp_send_reset(tp->layer, rx, tp->user->md5, WHY0(TCP_RST));
            return;
        }
        if ((flags & TCP_RST) != 0) {
            tcp_reset(tp);
            return;
        }
        if ((flags & TCP_SYN) == 0) {
            tcp_rx_drop(rx, DROP_TCP_FLAGS);
            return;
        }
        syn_sent_opened(tp, rx);
        return;
    }
    if ((flags & TCP_RST) != 0 || (flags & TCP_SYN) == 0) {
        tcp_rx_drop(rx, DROP_TCP_FLAGS);
        return;
    }
    syn_sent_crossed(tp, rx);
}

/* The other states. */

void tcp_listen_input(struct tcp_sock *tp, struct tcp_rx *rx, uint32_t isn)
{
    uint16_t flags = rx->hdr.flags;

    if ((flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK && tcp_cookie_input(tp, rx))
        return;
    if ((flags & TCP_ACK) != 0) {
        tcp_rx_drop(rx, DROP_TCP_FLAGS);
        tcp_send_reset(tp->layer, rx, tp->user->md5, WHY0(TCP_RST));
    } else if ((flags & TCP_RST) != 0 || (flags & TCP_SYN) == 0 || (flags & TCP_FIN) != 0) {
        tcp_rx_drop(rx, DROP_TCP_FLAGS);
    } else {
        tcp_conn_request(tp, rx, isn);
    }
}

static void syn_received_acked(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    bool passive = tp->listener != NULL || tcp_fastopen_pending(tp) != NULL;

    tp->delivered++;
    if (tp->ts_ok && passive)
        tp->advmss -= TCP_TS_ALIGNED;
    if (tcp_fastopen_pending(tp) != NULL) {
        tcp_fastopen_established(tp, rx);
    } else {
        tcp_try_undo_spurious_syn(tp);
        tp->retrans_stamp = 0;
        tcp_init_transfer(tp);
        tp->copied_seq = tp->rcv_nxt;
    }
    tp->snd_una = rx->ack;
    tp->snd_wnd = (uint32_t)rx->hdr.window << tp->snd_wscale;
    tp->max_window = u32_max(tp->max_window, tp->snd_wnd);
    tp->snd_wl1 = rx->seq;
    tcp_update_pacing_rate(tp);
    become_established(tp);
    tcp_initialize_rcv_mss(tp);
    if (tp->sock.options.keepalive && passive) /* who opened at the same time forgets it */
        tcp_keepalive_start(tp, SIM_SEC(tcp_keepalive_time(tp)));
    tcp_wake(tp, SOCK_POLLOUT);
    if (tp->shut_wr) { /* the program closed its direction before it was open */
        tcp_set_state(tp, TCP_FIN_WAIT_1);
        tcp_send_fin(tp);
    }
}

/* Our FIN is acknowledged, in FIN-WAIT-1. */
static void fin_wait_1_acked(struct tcp_sock *tp, struct tcp_rx *rx)
{
    sim_time fin_time;

    tcp_set_state(tp, TCP_FIN_WAIT_2);
    tp->shut_wr = true;
    if (!tp->orphan) {
        tcp_wake(tp, SOCK_POLLOUT);
        return;
    }
    if (tp->user->linger2 < 0 ||
        (rx->end_seq != rx->seq &&
         seq_gt(rx->end_seq - ((rx->hdr.flags & TCP_FIN) != 0), tp->rcv_nxt))) {
        tcp_done(tp);
        tcp_rx_drop(rx, DROP_TCP_AFTER_CLOSE);
        tcp_send_reset(tp->layer, rx, tp->user->md5, WHY0(TCP_RST_AFTER_CLOSE));
        return;
    }
    fin_time = tcp_fin_time(tp);
    if (fin_time > TCP_TIMEWAIT_LEN) {
        tcp_keepalive_start(tp, fin_time - TCP_TIMEWAIT_LEN);
    } else if ((rx->hdr.flags & TCP_FIN) != 0) {
        tcp_keepalive_start(
            tp, fin_time); /* its FIN is looked at next and goes to TIME-WAIT by itself */
    } else {
        tcp_time_wait(tp, TCP_FIN_WAIT_2, fin_time);
    }
}

/* The fifth step, where an ACK changes the state. False: it is over. */
static bool ack_in_state(struct tcp_sock *tp, struct tcp_rx *rx)
{
    switch (tcp_state(tp)) {
    case TCP_SYN_RECEIVED:
        syn_received_acked(tp, rx);
        return true;
    case TCP_FIN_WAIT_1:
        if (tcp_fastopen_pending(tp) != NULL)
            tcp_fastopen_established(tp, rx);
        if (tp->snd_una == tp->write_seq)
            fin_wait_1_acked(tp, rx);
        return tcp_state(tp) != TCP_CLOSED;
    case TCP_CLOSING:
        if (tp->snd_una == tp->write_seq)
            tcp_time_wait(tp, TCP_TIME_WAIT, TCP_TIMEWAIT_LEN);
        return tcp_state(tp) != TCP_CLOSED;
    case TCP_LAST_ACK:
        if (tp->snd_una == tp->write_seq) {
            tcp_metrics_save(tp);
            tcp_done(tp);
        }
        return tcp_state(tp) != TCP_CLOSED;
    default:
        return true;
    }
}

static bool data_after_close(struct tcp_sock *tp, struct tcp_rx *rx)
{
    if (!tp->shut_rd && !tp->fin_received)
        return false;
    return rx->end_seq != rx->seq &&
           seq_gt(rx->end_seq - ((rx->hdr.flags & TCP_FIN) != 0), tp->rcv_nxt);
}

/* The seventh step: the segment's octets, where the state still takes any. False: it is over. */
static bool text_in_state(struct tcp_sock *tp, struct tcp_rx *rx)
{
    bool closing =
        tcp_state_in(tp, TCP_IN(TCP_CLOSE_WAIT) | TCP_IN(TCP_CLOSING) | TCP_IN(TCP_LAST_ACK));

    if (closing && !seq_lt(rx->seq, tp->rcv_nxt)) {
        if (rx->seq != rx->end_seq)
            tcp_rx_drop(rx, DROP_TCP_FLAGS);
        return true;
    }
    if ((closing || tcp_state_in(tp, TCP_IN(TCP_FIN_WAIT_1) | TCP_IN(TCP_FIN_WAIT_2))) &&
        data_after_close(tp, rx)) {
        tcp_rx_drop(rx, DROP_TCP_AFTER_CLOSE);
        tcp_send_reset(tp->layer, rx, tp->user->md5, WHY0(TCP_RST_AFTER_CLOSE));
        tcp_reset(tp);
        return false;
    }
    tcp_data_queue(tp, rx);
    return tcp_state(tp) != TCP_CLOSED;
}

void tcp_rcv_state_process(struct tcp_sock *tp, struct tcp_rx *rx)
{
    int result;

    tp->saw_ts = tp->ts_ok && rx->hdr.opt.has_ts;
    if (tcp_state(tp) == TCP_SYN_SENT) {
        syn_sent_input(tp, rx);
        if (tcp_state(tp) == TCP_ESTABLISHED) {
            tcp_check_urg(tp, rx);
            tcp_data_snd_check(tp);
        }
        return;
    }
    if (tcp_fastopen_pending(tp) != NULL && !tcp_check_request(tcp_fastopen_pending(tp), rx, tp))
        return;
    if ((rx->hdr.flags & (TCP_ACK | TCP_RST | TCP_SYN)) == 0) {
        tcp_rx_drop(rx, DROP_TCP_FLAGS);
        return;
    }
    if (!validate_incoming(tp, rx))
        return;
    result = tcp_ack(tp, rx, TCP_F_UPDATE_TS_RECENT | TCP_F_NO_CHALLENGE_ACK);
    if (result <= 0) {
        if (tcp_state(tp) == TCP_SYN_RECEIVED) { /* one reset for a bad ACK of the handshake */
            tcp_rx_drop(rx, DROP_TCP_BAD_ACK);
            tcp_send_reset(tp->layer, rx, tp->user->md5, WHY0(TCP_RST));
            return;
        }
        if (result < 0) {
            if (tcp_state(tp) != TCP_CLOSED)
                tcp_send_challenge_ack(tp);
            return;
        }
    }
    if (tcp_state(tp) == TCP_CLOSED || !ack_in_state(tp, rx))
        return;
    tcp_check_urg(tp, rx);
    ecn_of_header(tp, rx);
    if (!text_in_state(tp, rx))
        return;
    tcp_data_snd_check(tp);
    tcp_ack_snd_check(tp);
}
