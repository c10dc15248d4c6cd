/* NewReno's window: RFC 5681. */
#include "stack/transport/tcp_internal.h"

static void init(struct tcp_sock *tp)
{
    tp->cwnd_cnt = 0;
}

static uint32_t ssthresh(struct tcp_sock *tp)
{
    return u32_max(tp->cwnd >> 1, 2);
}

static void cong_avoid(struct tcp_sock *tp, uint32_t acked)
{
    if (!tcp_is_cwnd_limited(tp))
        return;
    if (tcp_in_slow_start(tp)) {
        acked = tcp_slow_start(tp, acked);
        if (acked == 0)
            return;
    }
    tcp_cong_avoid_ai(tp, tp->cwnd, acked);
}

const struct tcp_cc tcp_reno_ops = { .name = "reno",
                                     .init = init,
                                     .ssthresh = ssthresh,
                                     .cong_avoid = cong_avoid,
                                     .undo_cwnd = tcp_reno_undo_cwnd };
