/* What algorithms of congestion control have in common. */
#include "stack/transport/tcp_internal.h"

const struct tcp_cc *tcp_cc_of(enum tcp_cc_kind kind)
{
    return kind == TCP_CC_RENO ? &tcp_reno_ops : &tcp_cubic_ops;
}

/* RFC 2861 and 9293: a window that is not filled must not grow. In slow start twice what was used
 * is allowed. */
bool tcp_is_cwnd_limited(const struct tcp_sock *tp)
{
    if (tp->is_cwnd_limited)
        return true;
    return tcp_in_slow_start(tp) && tp->cwnd < 2 * tp->max_packets_out;
}

uint32_t tcp_slow_start(struct tcp_sock *tp, uint32_t acked)
{
    uint32_t cwnd = u32_min(tp->cwnd + acked, tp->ssthresh);

    acked -= cwnd - tp->cwnd;
    tp->cwnd = u32_min(cwnd, TCP_CWND_MAX);
    return acked;
}

/* One segment more for every @w acknowledged. */
void tcp_cong_avoid_ai(struct tcp_sock *tp, uint32_t w, uint32_t acked)
{
    if (tp->cwnd_cnt >= w) {
        tp->cwnd_cnt = 0;
        tp->cwnd++;
    }
    tp->cwnd_cnt += acked;
    if (tp->cwnd_cnt >= w) {
        uint32_t delta = tp->cwnd_cnt / w;

        tp->cwnd_cnt -= delta * w;
        tp->cwnd += delta;
    }
    tp->cwnd = u32_min(tp->cwnd, TCP_CWND_MAX);
}

/* Octets a second at which Linux would pace: twice the rate in slow start, 1.2 times later; of the
 * window as the last ACK left it. */
#define PACED_IN_SLOW_START 0x80000000u

void tcp_update_pacing_rate(struct tcp_sock *tp)
{
    tp->paced = u32_max(tp->cwnd, tp->packets_out) & ~PACED_IN_SLOW_START;
    if (tp->cwnd < tp->ssthresh / 2)
        tp->paced |= PACED_IN_SLOW_START;
}

/* Times srtt_us. */
static inline uint64_t pacing_product(const struct tcp_sock *tp)
{
    uint64_t rate = (uint64_t)tp->mss_cache * ((1000000 / 100) << 3);

    rate *= (tp->paced & PACED_IN_SLOW_START) != 0 ? 200 : 120;
    return rate * (tp->paced & ~PACED_IN_SLOW_START);
}

uint64_t tcp_pacing_rate(const struct tcp_sock *tp)
{
    uint64_t product = pacing_product(tp);

    if (tp->paced == 0)
        return UINT64_MAX;
    return tp->srtt_us > 0 ? product / tp->srtt_us : product;
}

bool tcp_paced_slower(const struct tcp_sock *tp, uint64_t rate)
{
    return tp->paced != 0 && tp->srtt_us > 0 && rate <= UINT32_MAX &&
           pacing_product(tp) < rate * tp->srtt_us;
}

uint32_t tcp_reno_undo_cwnd(struct tcp_sock *tp)
{
    return u32_max(tp->cwnd, tp->rare->prior_cwnd);
}
