/* The acknowledgment of a segment: window, RTT, what leaves the retransmission queue. RFC 9293
 * section 3.10.7.4, RFC 6298. */
#include "base/check.h"
#include "base/likely.h"
#include "sim/piece.h"
#include "stack/transport/tcp_accecn.h"

/* Round-trip times. */

/*
 * RFC 6298 section 2 with Linux's refinements: the variance follows at once when it grows and
 * decays once per RTT, and it is not raised by an RTT that falls.
 */
void tcp_rtt_estimator(struct tcp_sock *tp, int64_t mrtt_us)
{
    int64_t m = mrtt_us == 0 ? 1 : mrtt_us;
    uint32_t rto_min = tcp_rto_min(tp);

    if (tp->srtt_us == 0) {
        tp->srtt_us = (uint32_t)(m << 3);
        tp->mdev_us = (uint32_t)(m << 1);
        tp->rttvar_us = tp->mdev_max_us = u32_max(tp->mdev_us, rto_min);
        tp->rtt_seq = tp->snd_nxt;
        return;
    }
    m -= tp->srtt_us >> 3;
    tp->srtt_us = (uint32_t)((int64_t)tp->srtt_us + m);
    if (m < 0) {
        m = -m - (tp->mdev_us >> 2);
        if (m > 0)
            m >>= 3;
    } else {
        m -= tp->mdev_us >> 2;
    }
    tp->mdev_us = (uint32_t)((int64_t)tp->mdev_us + m);
    if (tp->mdev_us > tp->mdev_max_us) {
        tp->mdev_max_us = tp->mdev_us;
        tp->rttvar_us = u32_max(tp->rttvar_us, tp->mdev_max_us);
    }
    if (seq_gt(tp->snd_una, tp->rtt_seq)) {
        if (tp->mdev_max_us < tp->rttvar_us)
            tp->rttvar_us -= (tp->rttvar_us - tp->mdev_max_us) >> 2;
        tp->rtt_seq = tp->snd_nxt;
        tp->mdev_max_us = rto_min;
    }
    tp->srtt_us = u32_max(tp->srtt_us, 1);
}

void tcp_set_rto(struct tcp_sock *tp)
{
    tp->rto = u32_min(tcp_in_ticks(tp, (tp->srtt_us >> 3) + tp->rttvar_us), tcp_rto_max(tp));
}

static void update_rtt_min(struct tcp_sock *tp, uint32_t rtt_us, uint64_t now_us)
{
    struct tcp_minmax *min = &tp->rtt_min;
    uint32_t now = (uint32_t)(now_us / 1000), window = tp->layer->sysctl.min_rtt_wlen * 1000, age;

    if (rtt_us == 0)
        rtt_us = 1;
    /* The candidates grow in value and in age: one that is worse than all of them changes nothing
     * while the best is young. */
    if (LIKELY(rtt_us > min->s[2].value && now - min->s[0].at <= window / 4) &&
        min->s[0].value != 0)
        return;
    if (min->s[0].value == 0 || rtt_us <= min->s[0].value || now - min->s[2].at > window) {
        for (unsigned i = 0; i < 3; i++) {
            min->s[i].at = now;
            min->s[i].value = rtt_us;
        }
        return;
    }
    for (unsigned i = 1; i < 3; i++) {
        if (rtt_us <= min->s[i].value) {
            for (unsigned j = i; j < 3; j++) {
                min->s[j].at = now;
                min->s[j].value = rtt_us;
            }
            break;
        }
    }
    age = now - min->s[0].at;
    if (age > window) {
        min->s[0] = min->s[1];
        min->s[1] = min->s[2];
        min->s[2].at = now;
        min->s[2].value = rtt_us;
    } else if (min->s[1].at == min->s[0].at && age > window / 4) {
        min->s[1].at = min->s[2].at = now;
        min->s[1].value = min->s[2].value = rtt_us;
    } else if (min->s[2].at == min->s[1].at && age > window / 2) {
        min->s[2].at = now;
        min->s[2].value = rtt_us;
    }
}

uint32_t tcp_min_rtt(const struct tcp_sock *tp)
{
    return tp->rtt_min.s[0].value == 0 ? UINT32_MAX : tp->rtt_min.s[0].value;
}

/* What the timestamps say, in their milliseconds: 0 counts as half a tick of theirs. */
static int64_t rtt_by_timestamps(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    uint32_t delta;

    if (!tp->saw_ts || rx->hdr.opt.ts_ecr == 0)
        return -1;
    delta = tcp_ts_of(tp, rx->now) - rx->hdr.opt.ts_ecr;
    if (delta >= INT32_MAX / 1000)
        return -1;
    return delta == 0 ? 1000 : (int64_t)delta * 1000;
}

/* What an RTT of @seq_rtt tells, the last of several; @ca_rtt: of the first of those. */
static inline void take_rtt(struct tcp_sock *tp, int64_t seq_rtt, int64_t ca_rtt, uint64_t now)
{
    update_rtt_min(tp, (uint32_t)ca_rtt, now);
    tcp_rtt_estimator(tp, seq_rtt);
    tcp_set_rto(tp);
    tp->backoff = 0;
}

static bool update_rtt(struct tcp_sock *tp, const struct tcp_rx *rx, unsigned flag, int64_t seq_rtt,
                       int64_t sack_rtt, int64_t ca_rtt)
{
    if (seq_rtt < 0)
        seq_rtt = sack_rtt;
    /* Karn's rule is not needed where the timestamp tells which transmission is acknowledged. */
    if (seq_rtt < 0 && tp->saw_ts && (flag & TCP_F_ACKED) != 0)
        seq_rtt = ca_rtt = rtt_by_timestamps(tp, rx);
    if (seq_rtt < 0)
        return false;
    take_rtt(tp, seq_rtt, ca_rtt < 0 ? seq_rtt : ca_rtt, rx->now);
    return true;
}

void tcp_ack_update_rtt_synack(struct tcp_sock *tp, const struct tcp_rx *rx, int64_t rtt_us)
{
    tp->saw_ts = tp->ts_ok && rx->hdr.opt.has_ts;
    update_rtt(tp, rx, TCP_F_SYN_ACKED, rtt_us, -1, rtt_us);
}

/* Timers. */

void tcp_rearm_rto(struct tcp_sock *tp)
{
    uint64_t rto = tp->rto;

    if (tp->packets_out == 0) {
        tcp_rtx_timer_stop(tp);
        return;
    }
    if (tp->rtx_kind >= TCP_TIMER_REO && tp->rtx_kind <= TCP_TIMER_SYN_ACK) {
        int64_t delta;

        if (tp->rtx_kind == TCP_TIMER_SYN_ACK)
            return; /* the handshake first */
        delta = tcp_rto_delta(tp);
        rto = delta > 0 ? (uint64_t)delta : 1;
    }
    tcp_rtx_timer_start(tp, TCP_TIMER_RTO, rto);
}

void tcp_set_xmit_timer(struct tcp_sock *tp)
{
    if (!tcp_schedule_loss_probe(tp, true))
        tcp_rearm_rto(tp);
}

/* Most ACKs let something go, and then the timer is set again. */
static void set_xmit_timer_later(struct tcp_sock *tp)
{
    if (!tcp_loss_probe_fits(tp)) {
        tcp_rearm_rto(tp);
        return;
    }
    tp->rtx_kind = TCP_TIMER_TLP;
    tp->tlp_due = true;
}

/* It is another than before. */
static void take_window(struct tcp_sock *tp, uint32_t window)
{
    tp->snd_wnd = window;
    if (!list_empty(&tp->write_queue))
        tcp_slow_start_after_idle_check(tp);
    if (window > tp->max_window) {
        tp->max_window = window;
        tcp_sync_mss(tp, tp->pmtu);
    }
}

/* The send window: RFC 9293 section 3.10.7.4, fifth step. */
static unsigned update_window(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    uint32_t window = rx->hdr.window;
    bool advanced = rx->ack != tp->snd_una;
    unsigned flag = 0;

    if ((rx->hdr.flags & TCP_SYN) == 0)
        window <<= tp->snd_wscale;
    if (advanced || seq_gt(rx->seq, tp->snd_wl1) ||
        (rx->seq == tp->snd_wl1 && (window > tp->snd_wnd || window == 0))) {
        flag |= TCP_F_WIN_UPDATE;
        tp->snd_wl1 = rx->seq;
        if (tp->snd_wnd != window)
            take_window(tp, window);
    }
    if (advanced) {
        tp->bytes_acked += rx->ack - tp->snd_una;
        tp->snd_una = rx->ack;
    }
    return flag;
}

/* The retransmission queue. */

struct cleaned {
    uint64_t now;
    int64_t first_ackt, last_ackt; /* us, when never retransmitted segments were sent; -1: none */
    uint32_t reord;
    bool has_reord;
    int pkts_acked;
    unsigned flag;
    struct tcp_sack_result *sack;
};

/* The head of the queue was acknowledged in part: what is left of its burst is a buffer of Linux's,
 * which counts segments anew from there. Returns how many fewer there are. */
static unsigned acked_partly(struct tcp_sock *tp, struct tcp_seg *seg)
{
    uint32_t len = tp->snd_una - seg->seq, mss = seg->data.len;

    if (!seq_gt(tp->snd_una, seg->seq) || len > mss)
        return 0;
    tcp_seg_trim_head(tp, seg, len);
    return seg->data.len > 0 ? tcp_recut_rest(tp, seg, mss) : 0;
}

/* The timestamp that comes back is older than @seg's last transmission: that was needless. */
static bool first_copy_arrived(const struct tcp_sock *tp, const struct tcp_seg *seg)
{
    return (seg->marks & (TCP_MARK_RETRANS | TCP_MARK_EVER)) != 0 &&
           tcp_echo_is_before(tp, seg->sent_at);
}

/* When what went once and is acknowledged now was sent, from the first to the last. */
static void note_sent_at(struct cleaned *c, const struct tcp_seg *seg)
{
    c->last_ackt = (int64_t)seg->sent_at;
    if (c->first_ackt < 0)
        c->first_ackt = c->last_ackt;
}

static void acked_wholly(struct tcp_sock *tp, struct tcp_seg *seg, struct cleaned *c)
{
    if ((seg->marks & TCP_MARK_RETRANS) != 0)
        tp->retrans_out--;
    if ((seg->marks & TCP_MARK_EVER) != 0) {
        c->flag |= TCP_F_RETRANS_DATA_ACKED;
    } else if ((seg->marks & TCP_MARK_SACKED) == 0) {
        note_sent_at(c, seg);
        if (!c->has_reord || seq_lt(seg->seq, c->reord))
            c->reord = seg->seq;
        c->has_reord = true;
        if (!seq_gt(seg->end_seq, tp->rare->high_seq))
            c->flag |= TCP_F_ORIG_SACK_ACKED;
    }
    if ((seg->marks & TCP_MARK_SACKED) != 0) {
        tp->sacked_out--;
        c->sack->octets -= seg->data.len;
    } else if (tp->sack_ok) {
        tp->delivered++;
        if (!first_copy_arrived(tp, seg))
            tcp_rack_advance(tp, seg, c->now);
    }
    if ((seg->marks & TCP_MARK_LOST) != 0)
        tp->lost_out--;
    tcp_rate_arrived(tp, seg, &c->sack->rate);
    tp->packets_out--;
    c->pkts_acked++;
    if ((seg->flags & TCP_SYN) != 0) {
        c->flag |= TCP_F_SYN_ACKED;
        tp->retrans_stamp = 0;
    } else {
        c->flag |= TCP_F_DATA_ACKED;
    }
}

/* What acked_partly() found gone. */
static void count_recut(struct tcp_sock *tp, const struct tcp_seg *seg, unsigned n,
                        struct cleaned *c)
{
    if (n == 0)
        return;
    if ((seg->marks & TCP_MARK_EVER) != 0) {
        c->flag |= TCP_F_RETRANS_DATA_ACKED;
    } else if ((seg->marks & TCP_MARK_SACKED) == 0) {
        note_sent_at(c, seg);
    }
    if (tp->sack_ok && (seg->marks & TCP_MARK_SACKED) == 0)
        tp->delivered += n;
    c->pkts_acked += (int)n;
    c->flag |= TCP_F_DATA_ACKED;
}

static void congestion_acked(struct tcp_sock *tp, int64_t ca_rtt)
{
    if (tp->cc->acked != NULL)
        tp->cc->acked(tp, ca_rtt);
}

static void queue_acked(struct tcp_sock *tp, struct cleaned *c, uint32_t prior_fack, bool ece)
{
    c->flag |= TCP_F_SET_XMIT_TIMER;
    if (tp->mtu_probing)
        tcp_mtu_probe_acked(tp);
    if (!tp->sack_ok) {
        tcp_remove_reno_sacks(tp, c->pkts_acked, ece);
        if ((c->flag & TCP_F_RETRANS_DATA_ACKED) != 0)
            c->flag &= ~(unsigned)TCP_F_ORIG_SACK_ACKED;
    } else {
        if (c->has_reord && seq_lt(c->reord, prior_fack))
            tcp_check_sack_reordering(tp, c->reord, false);
    }
}

/* What is learned of it once the queue is clean: the RTT of what was acknowledged, or else of what
 * was SACKed, and who wants to know of it. */
static inline unsigned take_samples(struct tcp_sock *tp, const struct tcp_rx *rx, struct cleaned *c,
                                    uint32_t prior_fack, bool ece)
{
    int64_t now = (int64_t)rx->now, seq_rtt = -1, sack_rtt = -1, ca_rtt = -1;
    bool rtt_updated;

    if (c->first_ackt >= 0 && (c->flag & TCP_F_RETRANS_DATA_ACKED) == 0) {
        seq_rtt = now - c->first_ackt;
        ca_rtt = now - c->last_ackt;
    }
    if (c->sack->first_sack_us >= 0) {
        sack_rtt = now - c->sack->first_sack_us;
        ca_rtt = now - c->sack->last_sack_us;
    }
    rtt_updated = update_rtt(tp, rx, c->flag, seq_rtt, sack_rtt, ca_rtt);
    if ((c->flag & TCP_F_ACKED) != 0) {
        queue_acked(tp, c, prior_fack, ece);
    } else if (rtt_updated && sack_rtt >= 0 && tcp_first(&tp->rtx_queue) != NULL &&
               sack_rtt > now - (int64_t)tcp_first(&tp->rtx_queue)->sent_at) {
        /* The RTO counts from the oldest segment; with the newer RTT it may be due later. */
        c->flag |= TCP_F_SET_XMIT_TIMER;
    }
    if (c->pkts_acked > 0 || c->sack->n_sacked > 0)
        congestion_acked(tp, ca_rtt);
    return c->flag;
}

/* clean_rtx_queue() of an ACK that acknowledges nothing new: the queue stays as it is. */
static unsigned sample_sacked(struct tcp_sock *tp, const struct tcp_rx *rx,
                              struct tcp_sack_result *sack)
{
    struct cleaned nothing = { .first_ackt = -1, .last_ackt = -1, .sack = sack };

    return take_samples(tp, rx, &nothing, 0, false);
}

/* Take what @rx acknowledges off the queue; samples the RTT. */
static unsigned clean_rtx_queue(struct tcp_sock *tp, const struct tcp_rx *rx, uint32_t prior_fack,
                                struct tcp_sack_result *sack, bool ece)
{
    struct cleaned c = { .now = rx->now, .first_ackt = -1, .last_ackt = -1, .sack = sack };
    struct tcp_seg *seg;

    while ((seg = tcp_first(&tp->rtx_queue)) != NULL) {
        if (seq_gt(seg->end_seq, tp->snd_una)) {
            count_recut(tp, seg, acked_partly(tp, seg), &c);
            if ((seg->marks & TCP_MARK_SACKED) != 0)
                c.flag |= TCP_F_SACK_RENEGING;
            break;
        }
        tcp_seg_fetch(seg->link.next->next); /* whose turn is after the next one's */
        acked_wholly(tp, seg, &c);
        tcp_wmem_free(tp, seg);
    }
    if (UNLIKELY(tp->has_notes))
        tcp_notes_acked(tp);
    if (seg == NULL)
        tcp_chrono_stop(tp, TCP_CHRONO_BUSY);
    if (tp->urg_out && seq_geq(tp->snd_una, tp->rare->snd_up))
        tp->urg_out = false;
    return take_samples(tp, rx, &c, prior_fack, ece);
}

/* A window update may end the probing: RFC 9293 section 3.8.6.1. */
static void ack_probe(struct tcp_sock *tp)
{
    struct tcp_seg *head = tcp_first(&tp->write_queue);
    uint32_t end; /* of the first segment that would go */

    if (head == NULL)
        return;
    end = head->data.len > tp->mss_cache ? head->seq + tp->mss_cache : head->end_seq;
    if (!seq_gt(end, tcp_wnd_end(tp))) {
        tp->backoff = 0;
        TCP_RARE_SET(tp, probes_tstamp, 0);
        if (tp->rtx_kind == TCP_TIMER_PROBE)
            tcp_rtx_timer_stop(tp);
    } else {
        tcp_rtx_timer_start(
            tp, TCP_TIMER_PROBE,
            tcp_clamp_to_user_timeout(tp, tcp_probe0_when(tp), tp->rare->probes_tstamp));
    }
}

static bool is_dubious(const struct tcp_sock *tp, unsigned flag)
{
    return (flag & TCP_F_NOT_DUP) == 0 || (flag & TCP_F_CA_ALERT) != 0 ||
           tp->ca_state != TCP_CA_OPEN;
}

static void cong_control(struct tcp_sock *tp, const struct tcp_rx *rx, uint32_t acked_sacked,
                         int newly_lost, unsigned flag)
{
    if (tcp_in_cwnd_reduction(tp)) {
        tcp_cwnd_reduction(tp, (int)acked_sacked, newly_lost, flag);
    } else if (tp->reordering > tp->layer->sysctl.reordering ? (flag & TCP_F_FORWARD_PROGRESS) != 0
                                                             : (flag & TCP_F_DATA_ACKED) != 0) {
        tp->cc->cong_avoid(tp, acked_sacked);
        tp->cwnd_stamp = rx->now;
    }
    tcp_update_pacing_rate(tp);
}

static unsigned ecn_echo(struct tcp_sock *tp, struct tcp_rx *rx)
{
    bool ece = (rx->hdr.flags & TCP_ECE) != 0 && (rx->hdr.flags & TCP_SYN) == 0;

    if (LIKELY(tp->ecn == 0))
        return 0;
    if (rx->len == 0 && !rx->ecn_counted && tcp_state(tp) == TCP_ESTABLISHED)
        tcp_ecn_received(tp, rx); /* a pure ACK may be marked, too */
    return ece && (tp->ecn & TCP_ECN_MODE) == TCP_ECN_OK ? TCP_F_ECE : 0;
}

/* RFC 3168: what an ACK with ECE tells of counts as marked. */
static uint32_t newly_delivered(struct tcp_sock *tp, uint32_t prior, unsigned flag)
{
    uint32_t n = tp->delivered - prior;

    if ((flag & TCP_F_ECE) != 0 && !tp->accecn)
        tcp_rare(tp)->delivered_ce += n;
    return n;
}

/* What an ACK of accurate ECN tells of marks. @prior: snd_una and delivered before it. */
static unsigned accecn_echo(struct tcp_sock *tp, const struct tcp_rx *rx,
                            const struct tcp_sack_result *sack, uint32_t prior_una,
                            uint32_t prior_delivered, unsigned flag)
{
    uint32_t octets = tp->snd_una - prior_una + sack->octets - ((flag & TCP_F_SYN_ACKED) != 0);

    return tcp_accecn_ack(tp, rx, tp->delivered - prior_delivered, octets, flag) > 0 ? TCP_F_ECE
                                                                                     : 0;
}

static void old_ack(struct tcp_sock *tp, struct tcp_rx *rx, unsigned flag, uint32_t prior_una)
{
    struct tcp_sack_result sack = { .first_sack_us = -1, .last_sack_us = -1 };
    enum tcp_rexmit rexmit = TCP_REXMIT_NONE;
    uint32_t prior_delivered = tp->delivered;

    if (rx->hdr.opt.n_sack == 0 || !tp->sack_ok)
        return;
    flag |= tcp_sacktag_write_queue(tp, rx, prior_una, &sack);
    if (UNLIKELY(tp->accecn))
        flag |= accecn_echo(tp, rx, &sack, prior_una, prior_delivered, flag);
    tcp_fastretrans_alert(tp, prior_una, 0, &flag, &rexmit);
    newly_delivered(tp, prior_delivered, flag);
    tcp_xmit_recovery(tp, rexmit);
}

/* RFC 5961 section 5.2 */
bool tcp_ack_too_old(const struct tcp_sock *tp, const struct tcp_rx *rx)
{
    uint64_t oldest = tp->max_window < tp->bytes_acked ? tp->max_window : tp->bytes_acked;

    return seq_lt(rx->ack, tp->snd_una) && seq_lt(rx->ack, tp->snd_una - (uint32_t)oldest);
}

int tcp_ack(struct tcp_sock *tp, struct tcp_rx *rx, unsigned flag)
{
    uint32_t prior_una = tp->snd_una;

    if ((rx->hdr.flags & TCP_ACK) == 0)
        return 1; /* a simultaneous open's second step never gets here; nothing to look at */
    if (seq_lt(rx->ack, prior_una)) {
        if (tcp_ack_too_old(tp, rx)) {
            tcp_rx_drop(rx, DROP_TCP_BAD_ACK);
            if ((flag & TCP_F_NO_CHALLENGE_ACK) == 0)
                tcp_send_challenge_ack(tp);
            return -1;
        }
        old_ack(tp, rx, flag, prior_una);
        return 0;
    }
    if (seq_gt(rx->ack, tp->snd_nxt)) {
        tcp_rx_drop(rx, DROP_TCP_BAD_ACK);
        if ((flag & TCP_F_NO_CHALLENGE_ACK) == 0) /* RFC 9293 section 3.10.7.4 */
            tcp_send_challenge_ack(tp);
        return -1;
    }
    if ((flag & TCP_F_UPDATE_TS_RECENT) != 0)
        tcp_replace_ts_recent(tp, rx);
    if (rx->end_seq != rx->seq)
        flag |= TCP_F_DATA;
    tcp_ack_in_window(tp, rx, flag);
    return 1;
}

void tcp_ack_in_window(struct tcp_sock *tp, struct tcp_rx *rx, unsigned flag)
{
    struct tcp_sack_result sack = { .first_sack_us = -1, .last_sack_us = -1 };
    uint32_t prior_una = tp->snd_una, prior_packets = tp->packets_out, prior_fack,
             prior_delivered = tp->delivered, delivered;
    uint32_t prior_lost = tp->rare->lost_total;
    enum tcp_rexmit rexmit = TCP_REXMIT_NONE;
    unsigned n_dupack = 0;

    if (rx->ack != prior_una) {
        flag |= TCP_F_SND_UNA_ADVANCED;
        tp->retransmits = 0;
    }
    tcp_seg_fetch(tp->rtx_queue.next->next); /* most ACKs are of two segments */
    prior_fack = tp->sack_ok ? tcp_highest_sack_seq(tp) : tp->snd_una;
    flag |= update_window(tp, rx);
    if (rx->hdr.opt.n_sack > 0 && tp->sack_ok)
        flag |= tcp_sacktag_write_queue(tp, rx, prior_una, &sack);
    flag |= ecn_echo(tp, rx);
    tp->sock.soft_error = 0;
    tp->probes_out = 0;
    tp->rcv_tstamp = rx->now;
    if (prior_packets == 0) {
        if (UNLIKELY(tp->accecn))
            flag |= accecn_echo(tp, rx, &sack, prior_una, prior_delivered, flag);
        if ((flag & TCP_F_DSACKING_ACK) != 0)
            tcp_fastretrans_alert(tp, prior_una, 0, &flag, &rexmit);
        ack_probe(tp);
        if (tp->has_tlp)
            tcp_process_tlp_ack(tp, rx->ack, flag);
        return;
    }
    if ((flag & TCP_F_SND_UNA_ADVANCED) == 0 && !tp->layer->sysctl.long_way)
        flag |= sample_sacked(tp, rx, &sack);
    else
        flag |= clean_rtx_queue(tp, rx, prior_fack, &sack, (flag & TCP_F_ECE) != 0);
    if (UNLIKELY(tp->accecn))
        flag |= accecn_echo(tp, rx, &sack, prior_una, prior_delivered, flag);
    tcp_rack_update_reo_wnd(tp);
    if (tp->has_tlp)
        tcp_process_tlp_ack(tp, rx->ack, flag);
    if (is_dubious(tp, flag)) {
        if ((flag & (TCP_F_SND_UNA_ADVANCED | TCP_F_NOT_DUP | TCP_F_DSACKING_ACK)) == 0)
            n_dupack = 1;
        tcp_fastretrans_alert(tp, prior_una, n_dupack, &flag, &rexmit);
    }
    if ((flag & TCP_F_SET_XMIT_TIMER) != 0 && (flag & TCP_F_TIMER_LATER) != 0)
        set_xmit_timer_later(tp);
    else if ((flag & TCP_F_SET_XMIT_TIMER) != 0)
        tcp_set_xmit_timer(tp);
    if ((flag & TCP_F_FORWARD_PROGRESS) != 0 || (flag & TCP_F_NOT_DUP) == 0)
        tp->confirm_neighbor = true;
    delivered = newly_delivered(tp, prior_delivered, flag);
    tcp_rate_take(tp, rx->now, delivered, &sack.rate);
    cong_control(tp, rx, delivered, (int)(tp->rare->lost_total - prior_lost), flag);
    tcp_xmit_recovery(tp, rexmit);
}

/* Plain ACKs. */

/* What one takes off the head of rtx_queue: the segments up to @last. */
struct run {
    struct tcp_seg *last;
    uint32_t n, truesize;
    bool starts_buffer; /* one of them does: what Linux charges for a buffer */
    bool has_buffers;   /* of octets that were copied */
};

/* Nothing is lost, SACKed or repeated, no probe is out and nobody wants to know more. Who has
 * waited in vain for an ACK is not in TCP_CA_OPEN: retransmits is 0. */
static inline bool goes_well(const struct tcp_sock *tp)
{
    return tp->ca_state == TCP_CA_OPEN && tp->sack_ok && tp->ecn == 0 &&
           (tp->sacked_out | tp->lost_out | tp->retrans_out) == 0 && !tp->has_tlp && !tp->urg_out &&
           !tp->has_notes && !tp->mtu_probing;
}

/* The segments before @ack, if all of them went once and in their order. */
static inline bool run_before(const struct tcp_sock *tp, uint32_t ack, struct run *run)
{
    const struct list *timed = &tp->by_time;
    struct list *at = tp->rtx_queue.next;
    uintptr_t buffers = 0;

    *run = (struct run){ .n = 0 };
    for (; at != &tp->rtx_queue; at = at->next) {
        struct tcp_seg *seg = tcp_seg_of(at);

        if (seq_gt(seg->end_seq, ack))
            break;
        tcp_seg_fetch(seg->ahead);
        tcp_seg_fetch(at->next->next); /* whose turn is after the next one's */
        if (seg->marks != 0 || (seg->flags & TCP_SYN) != 0 || seg->by_time.prev != timed)
            return false;
        timed = &seg->by_time;
        run->last = seg;
        run->n++;
        run->truesize += seg->truesize;
        run->starts_buffer |= seg->starts_buffer;
        buffers |= (uintptr_t)seg->data.buffer;
    }
    run->has_buffers = buffers != 0;
    return run->n > 0 && run->last->delivered_at != 0;
}

/* They leave rtx_queue and by_time, and are free. */
static inline void run_free(struct tcp_sock *tp, const struct run *run)
{
    struct tcp_layer *tcp = tp->layer;
    struct list *first = tp->rtx_queue.next, *rest = run->last->link.next,
                *rest_by_time = run->last->by_time.next;

    if (UNLIKELY(tp->rare->resend_from != NULL))
        TCP_RARE_SET(tp, resend_from, NULL);
    CHECK(tp->wmem_queued >= run->truesize);
    tp->wmem_queued -= run->truesize;
    tp->packets_out -= run->n;
    if (rest != &tp->rtx_queue && run->starts_buffer)
        tcp_buffer_cut(tp, tcp_seg_of(rest)); /* what is left of a buffer is one still */
    if (UNLIKELY(run->has_buffers))
        for (struct list *at = first; at != rest; at = at->next)
            if (tcp_seg_of(at)->data.buffer != NULL)
                buffer_unref(tcp_seg_of(at)->data.buffer);
    tp->rtx_queue.next = rest;
    tp->rtx_second = rest->next; /* who looked for the end of the run has read it */
    rest->prev = &tp->rtx_queue;
    tp->by_time.next = rest_by_time;
    rest_by_time->prev = &tp->by_time;
    piece_free_run(tcp->node, first, run->last, sizeof *run->last);
    if (tp->wmem_queued == 0)
        tcp_chunk_drop(tp);
}

/* clean_rtx_queue() of what went once, and is acknowledged in its order: what can be told of it is
 * told by the first and the last of them. */
static inline void clean_plainly(struct tcp_sock *tp, uint64_t now, const struct run *run,
                                 struct tcp_rate_sample *sample)
{
    const struct tcp_seg *first = tcp_first(&tp->rtx_queue);
    int64_t seq_rtt = (int64_t)(now - first->sent_at), ca_rtt = (int64_t)(now - run->last->sent_at);

    tp->delivered += run->n;
    tcp_rack_advance(tp, run->last, now);
    tcp_rate_arrived(tp, run->last, sample);
    run_free(tp, run);
    if (list_empty(&tp->rtx_queue))
        tcp_chrono_stop(tp, TCP_CHRONO_BUSY);
    take_rtt(tp, seq_rtt, ca_rtt, now);
    congestion_acked(tp, ca_rtt);
}

/*
 * Linux has one function for all ACKs, and so have we. This does what that would do with the ACK of
 * a predicted segment that acknowledges something while all goes well, as nearly all do, and asks
 * for nothing else.
 */
bool tcp_ack_plain(struct tcp_sock *tp, uint32_t ack, uint32_t window, uint64_t now)
{
    struct tcp_rate_sample sample = { .prior_delivered = 0 };
    struct run run;

    if (ack == tp->snd_una || !goes_well(tp) || !run_before(tp, ack, &run) ||
        run.last->end_seq != ack || tcp_first(&tp->rtx_queue)->seq != tp->snd_una)
        return false;
    if (UNLIKELY(window != tp->snd_wnd))
        take_window(tp, window);
    tp->probes_out = 0;
    tp->bytes_acked += ack - tp->snd_una;
    tp->snd_una = ack;
    tp->sock.soft_error = 0;
    tp->rcv_tstamp = now;
    tp->confirm_neighbor = true;
    clean_plainly(tp, now, &run, &sample);
    tcp_rack_update_reo_wnd(tp);
    set_xmit_timer_later(tp);
    tcp_rate_take(tp, now, run.n, &sample);
    tp->cc->cong_avoid(tp, run.n);
    tp->cwnd_stamp = now;
    tcp_update_pacing_rate(tp);
    return true;
}
