/*
 * What is lost and what to do about it: RACK-TLP (RFC 8985), NewReno without SACK (RFC 6582),
 * proportional rate reduction (RFC 6937), F-RTO (RFC 5682), Eifel and D-SACK undo (RFC 4015, 3708).
 * The states are Linux's:
 *
 *   OPEN --> DISORDER (SACKs, nothing lost yet) --> RECOVERY (fast retransmit) --> OPEN
 *   OPEN --> CWR (ECN) --> OPEN                  any --> LOSS (timeout) --> OPEN
 */
#include "base/check.h"
#include "stack/transport/tcp_internal.h"

bool tcp_in_cwnd_reduction(const struct tcp_sock *tp)
{
    return tp->ca_state == TCP_CA_CWR || tp->ca_state == TCP_CA_RECOVERY;
}

uint32_t tcp_current_ssthresh(const struct tcp_sock *tp)
{
    return tcp_in_cwnd_reduction(tp) ? tp->ssthresh
                                     : u32_max(tp->ssthresh, (tp->cwnd >> 1) + (tp->cwnd >> 2));
}

void tcp_set_ca_state(struct tcp_sock *tp, enum tcp_ca_state state)
{
    if (tp->cc->set_state != NULL)
        tp->cc->set_state(tp, state);
    if (tp->ca_state != state) {
        tp->ca_state = (uint8_t)state;
        node_state(tp->sock.node, NULL, WHY(TCP_CWND, tp->cwnd, tp->ssthresh));
    }
}

static bool any_retrans_done(const struct tcp_sock *tp)
{
    const struct tcp_seg *head = tcp_first(&tp->rtx_queue);

    return tp->retrans_out > 0 || (head != NULL && (head->marks & TCP_MARK_EVER) != 0);
}

static void retrans_stamp_cleanup(struct tcp_sock *tp)
{
    if (!any_retrans_done(tp))
        tp->retrans_stamp = 0;
}

/* The window while recovering: RFC 6937. */

static void ecn_queue_cwr(struct tcp_sock *tp)
{
    if ((tp->ecn & TCP_ECN_OK) != 0)
        tp->ecn |= TCP_ECN_QUEUE_CWR;
}

void tcp_init_cwnd_reduction(struct tcp_sock *tp)
{
    TCP_RARE_SET(tp, high_seq, tp->snd_nxt);
    tp->has_tlp = false;
    tp->cwnd_cnt = 0;
    TCP_RARE_SET(tp, prior_cwnd, tp->cwnd);
    TCP_RARE_SET(tp, prr_delivered, 0);
    TCP_RARE_SET(tp, prr_out, 0);
    tp->ssthresh = tp->cc->ssthresh(tp);
    ecn_queue_cwr(tp);
}

void tcp_cwnd_reduction(struct tcp_sock *tp, int newly_acked_sacked, int newly_lost, unsigned flag)
{
    int64_t in_flight = tcp_packets_in_flight(tp), delta = (int64_t)tp->ssthresh - in_flight, send;

    if (newly_acked_sacked <= 0 || tp->rare->prior_cwnd == 0)
        return;
    tcp_rare(tp)->prr_delivered += (uint32_t)newly_acked_sacked;
    if (delta < 0) {
        uint64_t dividend =
            (uint64_t)tp->ssthresh * tp->rare->prr_delivered + tp->rare->prior_cwnd - 1;

        send = (int64_t)(dividend / tp->rare->prior_cwnd) - (int64_t)tp->rare->prr_out;
    } else {
        send = (int64_t)tp->rare->prr_delivered - (int64_t)tp->rare->prr_out;
        if (send < newly_acked_sacked)
            send = newly_acked_sacked;
        if ((flag & TCP_F_SND_UNA_ADVANCED) != 0 && newly_lost == 0)
            send++;
        if (send > delta)
            send = delta;
    }
    if (tp->rare->prr_out == 0 && send < 1)
        send = 1; /* the fast retransmit itself */
    if (send < 0)
        send = 0;
    tp->cwnd = (uint32_t)(in_flight + send);
}

void tcp_end_cwnd_reduction(struct tcp_sock *tp)
{
    if (tp->ssthresh < TCP_INFINITE_SSTHRESH &&
        (tp->ca_state == TCP_CA_CWR || tp->rare->undo_marker != 0)) {
        tp->cwnd = tp->ssthresh;
        tp->cwnd_stamp = tcp_now(tp->layer);
    }
}

void tcp_enter_cwr(struct tcp_sock *tp)
{
    TCP_RARE_SET(tp, prior_ssthresh, 0);
    if (tp->ca_state < TCP_CA_CWR) {
        TCP_RARE_SET(tp, undo_marker, 0);
        tcp_init_cwnd_reduction(tp);
        tcp_set_ca_state(tp, TCP_CA_CWR);
    }
}

void tcp_try_keep_open(struct tcp_sock *tp)
{
    enum tcp_ca_state state =
        tp->sacked_out + tp->lost_out > 0 || any_retrans_done(tp) ? TCP_CA_DISORDER : TCP_CA_OPEN;

    if (tp->ca_state != state) {
        tcp_set_ca_state(tp, state);
        TCP_RARE_SET(tp, high_seq, tp->snd_nxt);
    }
}

static void try_to_open(struct tcp_sock *tp, unsigned flag)
{
    retrans_stamp_cleanup(tp);
    if ((flag & TCP_F_ECE) != 0)
        tcp_enter_cwr(tp);
    if (tp->ca_state != TCP_CA_CWR)
        tcp_try_keep_open(tp);
}

static void init_undo(struct tcp_sock *tp)
{
    TCP_RARE_SET(tp, undo_marker, tp->snd_una);
    TCP_RARE_SET(tp, undo_retrans, (int32_t)tp->retrans_out);
    if (tp->has_tlp && tp->tlp_retrans)
        tcp_rare(tp)->undo_retrans++;
    if (tp->rare->undo_retrans == 0)
        tcp_rare(tp)->undo_retrans = -1; /* 0 would mean: all of them were needless */
}

static void enter_recovery(struct tcp_sock *tp, bool ece)
{
    retrans_stamp_cleanup(tp);
    TCP_RARE_SET(tp, prior_ssthresh, 0);
    init_undo(tp);
    if (!tcp_in_cwnd_reduction(tp)) {
        if (!ece)
            TCP_RARE_SET(tp, prior_ssthresh, tcp_current_ssthresh(tp));
        tcp_init_cwnd_reduction(tp);
    }
    tcp_set_ca_state(tp, TCP_CA_RECOVERY);
}

/* RACK: a segment is lost when a later sent one was delivered and it has had time enough. */

void tcp_rack_advance(struct tcp_sock *tp, const struct tcp_seg *seg, uint64_t now)
{
    uint64_t sent_at = seg->sent_at, rtt = now - sent_at;

    if (rtt < tcp_min_rtt(tp) && (seg->marks & TCP_MARK_EVER) != 0)
        return; /* it is the first transmission that arrived after all */
    tp->rack_advanced = true;
    tp->rack.rtt_us = (uint32_t)rtt;
    if (sent_at > tp->rack.mstamp ||
        (sent_at == tp->rack.mstamp && seq_gt(seg->end_seq, tp->rack.end_seq))) {
        tp->rack.mstamp = sent_at;
        tp->rack.end_seq = seg->end_seq;
        tp->rack.prior_delivered = seg->tx_delivered;
    }
}

static uint32_t rack_reo_wnd(const struct tcp_sock *tp)
{
    uint64_t window;

    if (tp->rare->reord_seen == 0) {
        if (tp->ca_state >= TCP_CA_RECOVERY)
            return 0;
        if (tp->sacked_out >= tp->reordering && (tp->layer->sysctl.recovery & 0x4) == 0)
            return 0;
    }
    window = (uint64_t)(tcp_min_rtt(tp) >> 2) * tp->rack_wnd_steps;
    return window < tp->srtt_us >> 3 ? (uint32_t)window : tp->srtt_us >> 3;
}

static int64_t rack_timeout(const struct tcp_sock *tp, const struct tcp_seg *seg, uint32_t reo_wnd)
{
    return (int64_t)tp->rack.rtt_us + reo_wnd - (int64_t)(tcp_now(tp->layer) - seg->sent_at);
}

/* Marks what is lost; returns how long until the rest may be, 0: nothing to wait for. */
static uint64_t rack_detect_loss(struct tcp_sock *tp)
{
    uint32_t reo_wnd = rack_reo_wnd(tp);
    uint64_t wait = 0;
    struct list *at, *next;

    for (at = tp->by_time.next; at != &tp->by_time; at = next) {
        struct tcp_seg *seg = CONTAINER_OF(at, struct tcp_seg, by_time);
        int64_t left;

        next = at->next;
        if ((seg->marks & TCP_MARK_LOST) != 0 && (seg->marks & TCP_MARK_RETRANS) == 0)
            continue;
        if (!(tp->rack.mstamp > seg->sent_at ||
              (tp->rack.mstamp == seg->sent_at && seq_gt(tp->rack.end_seq, seg->end_seq))))
            break;
        left = rack_timeout(tp, seg, reo_wnd);
        if (left <= 0) {
            tcp_mark_lost(tp, seg);
            tcp_seg_untime(seg);
        } else if ((uint64_t)left > wait) {
            wait = (uint64_t)left;
        }
    }
    return wait;
}

static bool rack_mark_lost(struct tcp_sock *tp)
{
    uint64_t wait;

    if (!tp->rack_advanced)
        return false;
    tp->rack_advanced = false;
    wait = rack_detect_loss(tp);
    if (wait == 0)
        return false;
    wait += TCP_PROBE_MARGIN;
    tcp_rtx_timer_start(tp, TCP_TIMER_REO, wait < tp->rto ? wait : tp->rto);
    return true;
}

void tcp_rack_reo_timeout(struct tcp_sock *tp)
{
    uint32_t in_flight = tcp_packets_in_flight(tp), lost = tp->rare->lost_total;

    rack_detect_loss(tp);
    if (in_flight != tcp_packets_in_flight(tp)) {
        if (tp->ca_state != TCP_CA_RECOVERY) {
            enter_recovery(tp, false);
            tcp_cwnd_reduction(tp, 1, (int)(tp->rare->lost_total - lost), 0);
        }
        tcp_xmit_retransmit_queue(tp, tcp_why_fast);
    }
    if (tp->rtx_kind != TCP_TIMER_RTO)
        tcp_rearm_rto(tp);
}

void tcp_rack_update_reo_wnd(struct tcp_sock *tp)
{
    if ((tp->layer->sysctl.recovery & 0x2) != 0)
        return;
    if (seq_lt(tp->rack.prior_delivered, tp->rack.last_delivered))
        tp->rack_dsack_seen = false; /* once per round trip is enough */
    if (tp->rack_dsack_seen) {
        if (tp->rack_wnd_steps < UINT8_MAX)
            tp->rack_wnd_steps++;
        tp->rack_dsack_seen = false;
        tp->rack.last_delivered = tp->delivered;
        tp->rack_wnd_persist = TCP_RACK_RECOVERY_THRESH;
    } else if (tp->rack_wnd_persist == 0) {
        tp->rack_wnd_steps = 1;
    }
}

/* RFC 6582: without SACK the first segment is lost at the third duplicate, and again at each
 * partial ACK. */
static void newreno_mark_lost(struct tcp_sock *tp, bool una_advanced)
{
    struct tcp_seg *head = tcp_first(&tp->rtx_queue);

    if ((tp->ca_state < TCP_CA_RECOVERY && tp->sacked_out >= tp->reordering) ||
        (tp->ca_state == TCP_CA_RECOVERY && una_advanced)) {
        if ((head->marks & TCP_MARK_LOST) == 0)
            tcp_mark_lost(tp, head);
    }
}

static void identify_loss(struct tcp_sock *tp, unsigned *flag)
{
    uint32_t retrans = tp->retrans_out;

    if (list_empty(&tp->rtx_queue))
        return;
    if (!tp->sack_ok) {
        newreno_mark_lost(tp, (*flag & TCP_F_SND_UNA_ADVANCED) != 0);
        return;
    }
    if (rack_mark_lost(tp))
        *flag &= ~(unsigned)TCP_F_SET_XMIT_TIMER;
    if (retrans > tp->retrans_out)
        *flag |= TCP_F_LOST_RETRANS;
}

/* Undo: the reduction was a mistake. */

bool tcp_echo_is_before(const struct tcp_sock *tp, uint64_t at)
{
    return tp->saw_ts && tp->last_ts_ecr != 0 &&
           (int32_t)(tp->last_ts_ecr - tp->ts_offset - (uint32_t)(at / 1000)) < 0;
}

static bool packet_delayed(const struct tcp_sock *tp)
{
    if (tp->retrans_stamp == 0) /* nothing went again, or that was forgotten: must_not_reopen() */
        return tcp_state(tp) != TCP_SYN_SENT &&
               (tp->sack_ok || seq_lt(tp->snd_una, tp->rare->high_seq));
    return tcp_echo_is_before(tp, tp->retrans_stamp - 1);
}

static bool may_undo(const struct tcp_sock *tp)
{
    return tp->rare->undo_marker != 0 && (tp->rare->undo_retrans == 0 || packet_delayed(tp));
}

static void undo_cwnd_reduction(struct tcp_sock *tp, bool unmark)
{
    if (unmark) {
        for (struct list *at = tp->rtx_queue.next; at != &tp->rtx_queue; at = at->next)
            tcp_seg_of(at)->marks &= (uint8_t)~TCP_MARK_LOST;
        tp->lost_out = 0;
    }
    if (tp->rare->prior_ssthresh != 0) {
        tp->cwnd = tp->cc->undo_cwnd(tp);
        if (tp->rare->prior_ssthresh > tp->ssthresh) {
            tp->ssthresh = tp->rare->prior_ssthresh;
            tp->ecn &= (uint8_t)~TCP_ECN_QUEUE_CWR;
        }
    }
    tp->cwnd_stamp = tcp_now(tp->layer);
    TCP_RARE_SET(tp, undo_marker, 0);
    tp->rack_advanced = true;
}

/* Without SACK the state is held until something above high_seq is acknowledged, or late duplicates
 * restart it all. */
static bool must_not_reopen(struct tcp_sock *tp)
{
    if (tp->snd_una != tp->rare->high_seq || tp->sack_ok)
        return false;
    retrans_stamp_cleanup(tp);
    return true;
}

bool tcp_try_undo_recovery(struct tcp_sock *tp)
{
    if (may_undo(tp))
        undo_cwnd_reduction(tp, false);
    else if (tp->rack_wnd_persist > 0)
        tp->rack_wnd_persist--;
    if (must_not_reopen(tp))
        return true;
    tcp_set_ca_state(tp, TCP_CA_OPEN);
    return false;
}

static bool try_undo_dsack(struct tcp_sock *tp)
{
    if (tp->rare->undo_marker == 0 || tp->rare->undo_retrans != 0)
        return false;
    if (tp->rack_wnd_persist < TCP_RACK_RECOVERY_THRESH)
        tp->rack_wnd_persist++;
    undo_cwnd_reduction(tp, false);
    return true;
}

static bool try_undo_partial(struct tcp_sock *tp, uint32_t prior_una)
{
    if (tp->rare->undo_marker == 0 || !packet_delayed(tp))
        return false;
    tcp_check_sack_reordering(tp, prior_una, true);
    if (tp->retrans_out > 0)
        return true;
    retrans_stamp_cleanup(tp);
    undo_cwnd_reduction(tp, true);
    tcp_try_keep_open(tp);
    return false;
}

static bool try_undo_loss(struct tcp_sock *tp, bool frto)
{
    if (!frto && !may_undo(tp))
        return false;
    undo_cwnd_reduction(tp, true);
    tp->retransmits = 0;
    if (must_not_reopen(tp))
        return true;
    if (frto || tp->sack_ok)
        tcp_set_ca_state(tp, TCP_CA_OPEN);
    return true;
}

void tcp_try_undo_spurious_syn(struct tcp_sock *tp)
{
    uint32_t first = (uint32_t)((tp->retrans_stamp - 1) / 1000);

    if (tp->retrans_stamp != 0 && tp->saw_ts && tp->rare->undo_marker != 0 &&
        tp->last_ts_ecr - tp->ts_offset == first)
        TCP_RARE_SET(tp, undo_marker, 0);
}

/* Timeouts. */

static void timeout_mark_lost(struct tcp_sock *tp)
{
    struct tcp_seg *head = tcp_first(&tp->rtx_queue);
    bool reneg = head != NULL && (head->marks & TCP_MARK_SACKED) != 0, in_first = true;

    tcp_unmark(tp, NULL);
    if (reneg)
        tp->sacked_out = 0; /* the peer threw away what it had SACKed */
    else if (!tp->sack_ok)
        tcp_reset_reno_sack(tp);
    for (struct list *at = tp->rtx_queue.next; at != &tp->rtx_queue; at = at->next) {
        struct tcp_seg *seg = tcp_seg_of(at);

        in_first = in_first && (seg == head || !seg->starts_buffer); /* that is lost as a whole */
        if (reneg)
            seg->marks &= (uint8_t)~TCP_MARK_SACKED;
        else if (tp->sack_ok && !in_first && rack_timeout(tp, seg, 0) > 0)
            continue; /* sent only just now */
        tcp_mark_lost(tp, seg);
    }
}

void tcp_enter_loss(struct tcp_sock *tp)
{
    bool fresh = tp->ca_state < TCP_CA_RECOVERY;

    timeout_mark_lost(tp);
    if (tp->ca_state <= TCP_CA_DISORDER || !seq_gt(tp->rare->high_seq, tp->snd_una) ||
        (tp->ca_state == TCP_CA_LOSS && tp->retransmits == 0)) {
        TCP_RARE_SET(tp, prior_ssthresh, tcp_current_ssthresh(tp));
        TCP_RARE_SET(tp, prior_cwnd, tp->cwnd);
        tp->ssthresh = tp->cc->ssthresh(tp);
        init_undo(tp);
    }
    tp->cwnd = tcp_packets_in_flight(tp) + 1;
    tp->cwnd_cnt = 0;
    tp->cwnd_stamp = tcp_now(tp->layer);
    if (tp->ca_state <= TCP_CA_DISORDER && tp->sacked_out >= tp->layer->sysctl.reordering)
        tp->reordering = (uint16_t)u32_min(tp->reordering, tp->layer->sysctl.reordering);
    tcp_set_ca_state(tp, TCP_CA_LOSS);
    TCP_RARE_SET(tp, high_seq, tp->snd_nxt);
    tp->has_tlp = false;
    ecn_queue_cwr(tp);
    tp->frto = tp->layer->sysctl.frto != 0 && (fresh || tp->retransmits > 0);
}

static void process_loss(struct tcp_sock *tp, unsigned flag, unsigned n_dupack,
                         enum tcp_rexmit *rexmit)
{
    bool advanced = (flag & TCP_F_SND_UNA_ADVANCED) != 0,
         recovered = !seq_lt(tp->snd_una, tp->rare->high_seq);

    if (advanced && try_undo_loss(tp, false))
        return;
    if (tp->frto) { /* RFC 5682 section 3.1 */
        if ((flag & TCP_F_ORIG_SACK_ACKED) != 0 && try_undo_loss(tp, true))
            return;
        if (seq_gt(tp->snd_nxt, tp->rare->high_seq)) {
            if ((flag & TCP_F_DATA_SACKED) != 0 || n_dupack > 0)
                tp->frto = false;
        } else if (advanced && !recovered) {
            TCP_RARE_SET(tp, high_seq, tp->snd_nxt);
            if (!list_empty(&tp->write_queue) && seq_gt(tcp_wnd_end(tp), tp->snd_nxt)) {
                *rexmit = TCP_REXMIT_NEW;
                return;
            }
            tp->frto = false;
        }
    }
    if (recovered) {
        tcp_try_undo_recovery(tp);
        return;
    }
    if (!tp->sack_ok) {
        if (seq_gt(tp->snd_nxt, tp->rare->high_seq) && n_dupack > 0)
            tcp_add_reno_sack(tp, n_dupack, (flag & TCP_F_ECE) != 0);
        else if (advanced)
            tcp_reset_reno_sack(tp);
    }
    *rexmit = TCP_REXMIT_LOST;
}

/* The peer SACKed it and now denies it: RFC 2018 section 8. Wait a little, then start over. */
static bool check_reneging(struct tcp_sock *tp, unsigned *flag)
{
    if ((*flag & TCP_F_SACK_RENEGING) == 0 || (*flag & TCP_F_SND_UNA_ADVANCED) == 0)
        return false;
    tcp_rtx_timer_start(tp, TCP_TIMER_RTO, u32_max(tp->srtt_us >> 4, 10000));
    *flag &= ~(unsigned)TCP_F_SET_XMIT_TIMER;
    return true;
}

/* Leave the state when what it was about is acknowledged. True: nothing more to do. */
static bool leave_state(struct tcp_sock *tp)
{
    if (tp->ca_state == TCP_CA_OPEN) {
        tp->retrans_stamp = 0;
    } else if (!seq_lt(tp->snd_una, tp->rare->high_seq)) {
        if (tp->ca_state == TCP_CA_CWR && tp->snd_una != tp->rare->high_seq) {
            tcp_end_cwnd_reduction(tp);
            tcp_set_ca_state(tp, TCP_CA_OPEN);
        } else if (tp->ca_state == TCP_CA_RECOVERY) {
            if (!tp->sack_ok)
                tcp_reset_reno_sack(tp);
            if (tcp_try_undo_recovery(tp))
                return true;
            tcp_end_cwnd_reduction(tp);
        }
    }
    return false;
}

static void alert_otherwise(struct tcp_sock *tp, unsigned n_dupack, unsigned *flag,
                            enum tcp_rexmit *rexmit)
{
    if (!tp->sack_ok) {
        if ((*flag & TCP_F_SND_UNA_ADVANCED) != 0)
            tcp_reset_reno_sack(tp);
        tcp_add_reno_sack(tp, n_dupack, (*flag & TCP_F_ECE) != 0);
    }
    if (tp->ca_state <= TCP_CA_DISORDER)
        try_undo_dsack(tp);
    identify_loss(tp, flag);
    if (tp->lost_out == 0) {
        try_to_open(tp, *flag);
        return;
    }
    if (tcp_mtu_probe_lost(tp))
        return;
    enter_recovery(tp, (*flag & TCP_F_ECE) != 0);
    *rexmit = TCP_REXMIT_LOST;
}

void tcp_fastretrans_alert(struct tcp_sock *tp, uint32_t prior_snd_una, unsigned n_dupack,
                           unsigned *flag, enum tcp_rexmit *rexmit)
{
    bool ece = (*flag & TCP_F_ECE) != 0;

    if (tp->packets_out == 0)
        tp->sacked_out = 0;
    if (ece)
        TCP_RARE_SET(tp, prior_ssthresh, 0);
    if (check_reneging(tp, flag) || leave_state(tp))
        return;
    switch (tp->ca_state) {
    case TCP_CA_RECOVERY:
        if ((*flag & TCP_F_SND_UNA_ADVANCED) == 0) {
            if (!tp->sack_ok)
                tcp_add_reno_sack(tp, n_dupack, ece);
        } else if (try_undo_partial(tp, prior_snd_una)) {
            return;
        }
        if (try_undo_dsack(tp))
            try_to_open(tp, *flag);
        identify_loss(tp, flag);
        if (tp->ca_state != TCP_CA_RECOVERY) {
            if (tp->lost_out == 0)
                return;
            enter_recovery(tp, ece);
        }
        *rexmit = TCP_REXMIT_LOST;
        return;
    case TCP_CA_LOSS:
        process_loss(tp, *flag, n_dupack, rexmit);
        if (tp->ca_state != TCP_CA_LOSS) {
            TCP_RARE_SET(tp, rto_time_ms, tcp_rto_time_ms(tp));
            TCP_RARE_SET(tp, rto_stamp, 0);
        }
        identify_loss(tp, flag);
        if (tp->ca_state != TCP_CA_OPEN && (*flag & TCP_F_LOST_RETRANS) == 0)
            return;
        alert_otherwise(tp, n_dupack, flag, rexmit);
        return;
    default:
        alert_otherwise(tp, n_dupack, flag, rexmit);
    }
}

void tcp_process_tlp_ack(struct tcp_sock *tp, uint32_t ack, unsigned flag)
{
    if (seq_lt(ack, tp->rare->tlp_high_seq))
        return;
    if (!tp->tlp_retrans || (flag & TCP_F_DSACK_TLP) != 0) {
        tp->has_tlp = false; /* the probe brought new data, or both copies arrived: no loss */
    } else if (seq_gt(ack, tp->rare->tlp_high_seq)) {
        /* Only the probe arrived: RFC 8985 section 7.4.2, one loss that nobody else reports. */
        tcp_init_cwnd_reduction(tp);
        tcp_set_ca_state(tp, TCP_CA_CWR);
        tcp_end_cwnd_reduction(tp);
        tcp_try_keep_open(tp);
    } else if ((flag & (TCP_F_SND_UNA_ADVANCED | TCP_F_NOT_DUP | TCP_F_DATA_SACKED)) == 0) {
        tp->has_tlp = false;
    }
}

/* The path takes smaller packets only: what is too big goes again at once, and it is no sign of
 * congestion. */
static struct why why_pmtu(struct tcp_sock *tp, struct tcp_seg *seg)
{
    return WHY(TCP_RETRANSMIT_PMTU, seg->seq - tp->iss, tp->pmtu);
}

void tcp_simple_retransmit(struct tcp_sock *tp)
{
    uint32_t mss = tcp_current_mss(tp);
    bool too_big = false; /* all of a burst is, when its segments are */

    for (struct list *at = tp->rtx_queue.next; at != &tp->rtx_queue; at = at->next) {
        struct tcp_seg *seg = tcp_seg_of(at);

        too_big = seg->data.len > mss || (too_big && !seg->starts_buffer);
        if (too_big)
            tcp_mark_lost(tp, seg);
    }
    if (tp->lost_out == 0)
        return;
    if (!tp->sack_ok)
        tcp_limit_reno_sacked(tp);
    tcp_lose_without_congestion(tp, why_pmtu);
}

void tcp_lose_without_congestion(struct tcp_sock *tp,
                                 struct why (*reason)(struct tcp_sock *, struct tcp_seg *))
{
    if (tp->ca_state != TCP_CA_LOSS) {
        TCP_RARE_SET(tp, high_seq, tp->snd_nxt);
        tp->ssthresh = tcp_current_ssthresh(tp);
        TCP_RARE_SET(tp, prior_ssthresh, 0);
        TCP_RARE_SET(tp, undo_marker, 0);
        tcp_set_ca_state(tp, TCP_CA_LOSS);
    }
    tcp_xmit_retransmit_queue(tp, reason);
}

void tcp_xmit_recovery(struct tcp_sock *tp, enum tcp_rexmit rexmit)
{
    if (rexmit == TCP_REXMIT_NONE || tcp_state(tp) == TCP_SYN_SENT)
        return;
    if (rexmit == TCP_REXMIT_NEW) {
        if (!list_empty(&tp->write_queue))
            tcp_push_pending(tp, tcp_current_mss(tp), TCP_NAGLE_OFF);
        if (seq_gt(tp->snd_nxt, tp->rare->high_seq))
            return;
        tp->frto = false;
    }
    tcp_xmit_retransmit_queue(tp, tcp_why_fast);
}
