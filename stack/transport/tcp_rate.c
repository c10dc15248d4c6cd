/*
 * What a connection achieves and what held it up, for TCP_INFO and `ss`; nothing here decides
 * anything.
 *
 * The delivery rate is that of draft-cheng-iccrg-delivery-rate-estimation: each segment remembers
 * how much had been delivered when it left. What was delivered until it arrived, over the longer of
 * the two times that sending and acknowledging took, is a sample. Samples from times in which the
 * program had nothing more to send say nothing about the path and count only when they are better.
 *
 * The stopwatch counts ticks in which something was to be sent or acknowledged, and of these the
 * ones in which the peer's window, or the send buffer, was what held the sender up.
 */
#include "stack/link/jiffies.h"
#include "stack/transport/tcp_internal.h"

/* Octets of a SYN that leave again behind the handshake belong to no round: Linux counts from zero
 * on its clock, and the rate comes to nothing. */
#define SINCE_BOOT ((uint32_t)INT32_MAX)

/* 0 stands for never. */
static uint32_t sent_stamp(const struct tcp_seg *seg)
{
    return (uint32_t)seg->sent_at + 1;
}

/* Until the first ACK there is a bubble in the pipe. */
void tcp_meter_init(struct tcp_sock *tp)
{
    tp->meter = (struct tcp_meter){ .rate = { .app_limited = UINT32_MAX } };
    tp->chrono_kind = TCP_CHRONO_IDLE;
    tp->sample_app_limited = true;
}

void tcp_rate_sent(struct tcp_sock *tp, struct tcp_seg *seg)
{
    struct tcp_rate *rate = &tp->meter.rate;

    if (tp->packets_out == 0)
        rate->first_tx = rate->delivered_at = sent_stamp(seg);
    seg->first_tx = rate->first_tx;
    seg->delivered_at = rate->delivered_at;
    seg->app_limited = rate->app_limited != 0;
}

void tcp_rate_arrived(struct tcp_sock *tp, struct tcp_seg *seg, struct tcp_rate_sample *sample)
{
    uint32_t sent = sent_stamp(seg);
    int32_t later = (int32_t)(sent - tp->meter.rate.first_tx);

    if (seg->delivered_at == 0)
        return;
    if (sample->prior_delivered == 0 || later > 0 ||
        (later == 0 && seq_gt(seg->end_seq, sample->end_seq))) {
        sample->prior_delivered = seg->tx_delivered;
        sample->prior_at = seg->delivered_at;
        sample->app_limited = seg->app_limited;
        sample->end_seq = seg->end_seq;
        tp->meter.rate.first_tx = sent;
        sample->interval_us = seg->first_tx != 0 ? sent - seg->first_tx : SINCE_BOOT;
    }
    if ((seg->marks & TCP_MARK_SACKED) != 0)
        seg->delivered_at = 0; /* not once more when it is acknowledged */
}

void tcp_rate_take(struct tcp_sock *tp, uint64_t at, uint32_t delivered,
                   const struct tcp_rate_sample *sample)
{
    struct tcp_rate *rate = &tp->meter.rate;
    uint32_t now = (uint32_t)at + 1, interval, n;

    if (rate->app_limited != 0 && seq_gt(tp->delivered, rate->app_limited))
        rate->app_limited = 0;
    if (delivered > 0)
        rate->delivered_at = now;
    if (sample->prior_at == 0)
        return;
    n = tp->delivered - sample->prior_delivered;
    interval = u32_max(sample->interval_us, now - sample->prior_at);
    if (interval < tcp_min_rtt(tp))
        return; /* of a segment that was repeated needlessly */
    if (sample->app_limited &&
        (uint64_t)n * rate->interval_us < (uint64_t)rate->delivered * interval)
        return;
    rate->delivered = n;
    rate->interval_us = interval;
    tp->sample_app_limited = sample->app_limited;
}

void tcp_rate_check_app_limited(struct tcp_sock *tp)
{
    uint32_t in_flight = tcp_packets_in_flight(tp);

    if (tp->write_seq - tp->snd_nxt >= tp->mss_cache || in_flight >= tp->cwnd ||
        tp->lost_out > tp->retrans_out)
        return;
    tp->meter.rate.app_limited = u32_max(tp->delivered + in_flight, 1);
}

uint64_t tcp_rate_bytes(const struct tcp_sock *tp)
{
    const struct tcp_rate *rate = &tp->meter.rate;

    if (rate->delivered == 0 || rate->interval_us == 0)
        return 0;
    return (uint64_t)rate->delivered * tp->mss_cache * 1000000 / rate->interval_us;
}

uint32_t tcp_rto_time_ms(const struct tcp_sock *tp)
{
    if (tp->rare->rto_stamp == 0)
        return tp->rare->rto_time_ms;
    return tp->rare->rto_time_ms +
           (uint32_t)((tcp_now(tp->layer) + 1 - tp->rare->rto_stamp) / 1000);
}

/* The stopwatch. */

static uint32_t ticks(const struct tcp_sock *tp)
{
    return (uint32_t)(node_now(tp->sock.node) / JIFFY);
}

static void chrono_set(struct tcp_sock *tp, enum tcp_chrono_kind kind)
{
    struct tcp_chrono *chrono = &tp->meter.chrono;
    uint32_t now = ticks(tp);

    if (tp->chrono_kind != TCP_CHRONO_IDLE)
        chrono->ticks[tp->chrono_kind - 1] += now - chrono->since;
    chrono->since = now;
    tp->chrono_kind = (uint8_t)kind;
}

void tcp_chrono_start(struct tcp_sock *tp, enum tcp_chrono_kind kind)
{
    if (kind > tp->chrono_kind)
        chrono_set(tp, kind);
}

void tcp_chrono_stop(struct tcp_sock *tp, enum tcp_chrono_kind kind)
{
    if (tp->chrono_kind == TCP_CHRONO_IDLE)
        return;
    if (list_empty(&tp->rtx_queue) && list_empty(&tp->write_queue))
        chrono_set(tp, TCP_CHRONO_IDLE);
    else if (kind == tp->chrono_kind)
        chrono_set(tp, TCP_CHRONO_BUSY);
}

uint64_t tcp_chrono_us(const struct tcp_sock *tp, enum tcp_chrono_kind kind)
{
    uint64_t n = tp->meter.chrono.ticks[kind - 1];

    if (kind == tp->chrono_kind)
        n += ticks(tp) - tp->meter.chrono.since;
    return n * (JIFFY / SIM_USEC(1));
}
