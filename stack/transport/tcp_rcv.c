/*
 * What the data of a segment tells of the peer, and when to acknowledge it. RFC 9293 section
 * 3.10.7.4, RFC 5681 section 4.2; moments are Linux's.
 */
#include "base/likely.h"
#include "stack/transport/tcp_accecn.h"

#define COMP_SACK_SLACK_US 100u /* tcp_comp_sack_slack_ns: so much later a timer may run out */

/* Learn the peer's segment size: full segments decide when an ACK is due, small ones that a program
 * wrote little. */
void tcp_measure_rcv_mss(struct tcp_sock *tp, const struct tcp_rx *rx, uint32_t truesize)
{
    uint32_t last = tp->last_seg_size, len = rx->len;

    tp->last_seg_size = 0;
    if (len >= tp->rcv_mss) {
        if (len != tp->rcv_mss) {
            uint32_t ratio = (uint32_t)(((uint64_t)len << 8) / truesize);
            uint8_t old = tp->scaling_ratio;

            tp->window_kept = false;
            tp->scaling_ratio = (uint8_t)(ratio == 0 ? 1 : ratio > 255 ? 255 : ratio);
            if (old != tp->scaling_ratio) {
                tcp_set_window_clamp(tp, tcp_full_space(tp));
                tp->rcvq.space = u32_min(tp->rcvq.space, tp->window_clamp);
            }
        }
        tp->rcv_mss = u32_min(len, tp->advmss);
        if ((rx->hdr.flags & TCP_PSH) != 0)
            tp->ack_pending |= TCP_ACK_PUSHED;
        return;
    }
    len += rx->hdr.hdr_len;
    if (len >= TCP_MSS_DEFAULT + TCP_HDR_LEN ||
        (len >= TCP_MSS_MIN + TCP_HDR_LEN &&
         (rx->hdr.flags & (TCP_FIN | TCP_URG | TCP_SYN | TCP_PSH)) == 0)) {
        len -= TCP_HDR_LEN + (tp->ts_ok ? TCP_TS_ALIGNED : 0);
        tp->last_seg_size = len;
        if (len == last) {
            tp->rcv_mss = len;
            return;
        }
    }
    if ((tp->ack_pending & TCP_ACK_PUSHED) != 0)
        tp->ack_pending |= TCP_ACK_PUSHED2;
    tp->ack_pending |= TCP_ACK_PUSHED;
}

/* Quick and delayed acknowledgments. */

void tcp_incr_quickack(struct tcp_sock *tp, unsigned max)
{
    unsigned n = tp->rcv_wnd / (2 * u32_max(tp->rcv_mss, 1));

    if (n == 0)
        n = 2;
    if (n > max)
        n = max;
    if (n > tp->quick)
        tp->quick = (uint8_t)n;
}

void tcp_enter_quickack(struct tcp_sock *tp, unsigned max)
{
    tcp_incr_quickack(tp, max);
    tp->pingpong = 0;
    tp->ato = TCP_ATO_MIN;
}

static bool in_quickack_mode(const struct tcp_sock *tp)
{
    return tp->quick > 0 && tp->pingpong == 0;
}

void tcp_enter_pingpong(struct tcp_sock *tp)
{
    tp->pingpong = 1;
}

/* RFC 3168 section 6.1.3. */
void tcp_ecn_check_ce(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    unsigned mark = ip_rx_tos(rx->ip) & 3;

    if (UNLIKELY(mark != 0) && !rx->ecn_counted && tcp_state(tp) == TCP_ESTABLISHED)
        tcp_ecn_received(tp, rx);
    if (LIKELY(mark == 0 && (tp->ecn & TCP_ECN_SEEN) == 0) || (tp->ecn & TCP_ECN_MODE) == 0)
        return;
    if (mark == 0) {
        tcp_enter_quickack(tp, 2); /* a retransmission, perhaps */
        return;
    }
    if (mark == 3 && (tp->ecn & (TCP_ECN_OK | TCP_ECN_DEMAND_CWR)) == TCP_ECN_OK) {
        tcp_enter_quickack(tp, 2);
        tp->ecn |= TCP_ECN_DEMAND_CWR;
    }
    if ((tp->ecn & TCP_ECN_OK) != 0)
        tp->ecn |= TCP_ECN_SEEN;
}

static void rcv_rtt_update(struct tcp_sock *tp, uint32_t sample, bool win_dep)
{
    uint32_t old = tp->rcv_rtt.rtt_us, m = sample == 0 ? 1 : sample;

    if (old == 0 || m << 3 < old)
        tp->rcv_rtt.rtt_us = m << 3;
    else if (!win_dep && tp->rcv_nxt == tp->copied_seq) /* else the program is slow, not the path */
        tp->rcv_rtt.rtt_us = old + m - (old >> 3);
}

static void rcv_rtt_measure(struct tcp_sock *tp, uint32_t now)
{
    if (tp->rcv_rtt.time != 0) {
        if (seq_lt(tp->rcv_nxt, tp->rcv_rtt.seq))
            return;
        rcv_rtt_update(tp, now + 1 - tp->rcv_rtt.time, true);
    }
    tp->rcv_rtt.seq = tp->rcv_nxt + tp->rcv_wnd;
    tp->rcv_rtt.time = now + 1;
}

void tcp_rcv_rtt_measure_ts(struct tcp_sock *tp, uint32_t ecr, uint32_t len, uint64_t now)
{
    uint32_t delta;

    if (!tp->saw_ts || ecr == 0 || ecr == tp->rcv_rtt_last_tsecr)
        return;
    tp->rcv_rtt_last_tsecr = ecr;
    if (len < tp->rcv_mss)
        return;
    delta = tcp_ts_of(tp, now) - ecr;
    if (delta > 0 && delta < INT32_MAX / 1000)
        rcv_rtt_update(tp, delta * 1000, false);
}

void tcp_data_timed(struct tcp_sock *tp, uint64_t now)
{
    uint64_t gap = now - tp->lrcvtime;

    rcv_rtt_measure(tp, (uint32_t)now);
    if (tp->ato == 0) {
        tcp_incr_quickack(tp, TCP_MAX_QUICKACKS);
        tp->ato = TCP_ATO_MIN;
    } else if (gap <= TCP_ATO_MIN / 2) {
        tp->ato = tp->ato / 2 + TCP_ATO_MIN / 2;
    } else if (gap < tp->ato) {
        tp->ato = u32_min(tp->ato / 2 + (uint32_t)gap, tp->rto);
    } else if (gap > tp->rto) {
        tcp_incr_quickack(tp,
                          TCP_MAX_QUICKACKS); /* after a pause the sender starts slowly: help it */
    }
    tp->lrcvtime = now;
}

void tcp_event_data_recv(struct tcp_sock *tp, struct tcp_rx *rx, uint32_t truesize)
{
    tp->ack_pending |= TCP_ACK_SCHED;
    tcp_measure_rcv_mss(tp, rx, truesize);
    tcp_data_timed(tp, rx->now);
    tcp_ecn_check_ce(tp, rx);
    if (rx->len >= 128)
        tcp_grow_window(tp, rx->len, truesize);
}

/* A duplicate ACK, of a receiver who has something behind a hole. */
APART static void send_dup_or_compress(struct tcp_sock *tp)
{
    uint32_t rtt;

    if (!tp->sack_ok || tp->rare->compressed_ack >= tp->layer->sysctl.comp_sack_nr) {
        tcp_send_dup_ack(tp);
        return;
    }
    if (tp->rare->compressed_ack_rcv_nxt != tp->rcv_nxt) {
        TCP_RARE_SET(tp, compressed_ack_rcv_nxt, tp->rcv_nxt);
        TCP_RARE_SET(tp, dup_ack_counter, 0);
    }
    if (tp->rare->dup_ack_counter < TCP_FASTRETRANS_THRESH) {
        tcp_rare(tp)->dup_ack_counter++;
        tcp_send_dup_ack(tp);
        return;
    }
    /* After the third duplicate they may be compressed into few: 5 % of the RTT, 1 ms at most. */
    tcp_rare(tp)->compressed_ack++;
    if (timer_running(&tp->rare->comp_ack_timer))
        return;
    rtt = tp->rcv_rtt.rtt_us;
    if (tp->srtt_us > 0 && tp->srtt_us < rtt)
        rtt = tp->srtt_us;
    rtt = u32_min(rtt / 8 / 20, tp->layer->sysctl.comp_sack_delay_us) + COMP_SACK_SLACK_US;
    timer_start(&tcp_rare(tp)->comp_ack_timer, SIM_USEC(rtt));
}

void tcp_send_ack_or_delay(struct tcp_sock *tp, bool ofo_possible)
{
    if ((tp->rcv_nxt - tp->rcv_wup > tp->rcv_mss && tcp_offer_window(tp)) || in_quickack_mode(tp) ||
        (tp->ack_pending & TCP_ACK_NOW) != 0)
        tcp_send_ack_now(tp);
    else if (!ofo_possible || list_empty(&tp->rare->ofo_queue))
        tcp_send_delayed_ack(tp);
    else
        send_dup_or_compress(tp);
}

void tcp_ack_snd_check(struct tcp_sock *tp)
{
    if ((tp->ack_pending & TCP_ACK_SCHED) != 0)
        tcp_send_ack_or_delay(tp, true);
}

void tcp_send_dupack_for(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    if (rx->end_seq != rx->seq && seq_lt(rx->seq, tp->rcv_nxt)) {
        tcp_enter_quickack(tp, TCP_MAX_QUICKACKS);
        tcp_dsack_set(tp, rx->seq, seq_min(rx->end_seq, tp->rcv_nxt));
    }
    tcp_send_dup_ack(tp);
}

/* The program has read. */

void tcp_cleanup_rbuf(struct tcp_sock *tp, uint32_t copied)
{
    bool now = false;

    if ((tp->ack_pending & TCP_ACK_SCHED) != 0) {
        bool drained = copied > 0 && tp->rmem_alloc == 0 &&
                       ((tp->ack_pending & TCP_ACK_PUSHED2) != 0 ||
                        ((tp->ack_pending & TCP_ACK_PUSHED) != 0 && tp->pingpong == 0));

        now = drained || tp->rcv_nxt - tp->rcv_wup > tp->rcv_mss;
    }
    if (now) {
        tcp_send_ack_now(tp);
    } else if (copied > 0 && !tp->shut_rd) {
        uint32_t window = tcp_receive_window(tp);

        if (2 * (uint64_t)window <= tp->window_clamp) {
            uint32_t fresh = tcp_select_window_size(tp);

            if (fresh > 0 && fresh >= 2 * (uint64_t)window)
                tcp_send_ack(tp, &WHY(TCP_WINDOW_UPDATE, fresh));
        }
    }
}
