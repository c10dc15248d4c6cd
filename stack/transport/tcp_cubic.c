/*
 * CUBIC, RFC 9438, with HyStart's exit from slow start, in the integer arithmetic and with the
 * constants of Linux: C = 0.4, beta = 717/1024, time in 1/1024 s, read from the kernel's ticks.
 */
#include "stack/link/jiffies.h"
#include "stack/transport/tcp_internal.h"

#define BETA        717u
#define BETA_SCALE  1024u
#define CUBE_SCALE  410u /* C * 1024 */
#define CUBE_FACTOR ((UINT64_C(1) << 40) / CUBE_SCALE)
#define RENO_SCALE  15u /* 8 * (1 + beta) / 3 / (1 - beta): how fast a Reno flow would grow */

#define HYSTART_LOW_WINDOW  16u
#define HYSTART_ACK_DELTA   2000u
#define HYSTART_MIN_SAMPLES 8u
#define HYSTART_DELAY_MIN   4000u
#define HYSTART_DELAY_MAX   16000u

#define TICK_MS ((uint32_t)(JIFFY / SIM_MSEC(1)))

static uint32_t now_ms(const struct tcp_sock *tp)
{
    return (uint32_t)(tcp_now(tp->layer) / 1000) / TICK_MS * TICK_MS;
}

static void reset_epoch(struct tcp_sock *tp)
{
    tp->cubic = (struct tcp_cubic){ .cnt = 0 };
    tp->hystart_found = false;
}

static void hystart_reset(struct tcp_sock *tp)
{
    struct tcp_cubic *ca = &tp->cubic;

    ca->round_start = ca->last_ack = (uint32_t)tcp_now(tp->layer);
    ca->end_seq = tp->snd_nxt;
    ca->curr_rtt = UINT32_MAX;
    tp->hystart_samples = 0;
}

static void init(struct tcp_sock *tp)
{
    reset_epoch(tp);
    hystart_reset(tp);
}

/* The largest integer whose cube is not above @a. */
static uint32_t cube_root(uint64_t a)
{
    uint64_t root = 0;

    for (int bit = 21; bit >= 0; bit--) {
        uint64_t more = root | UINT64_C(1) << bit;

        if (more * more <= UINT64_MAX / more && more * more * more <= a)
            root = more;
    }
    return (uint32_t)root;
}

static void start_epoch(struct tcp_cubic *ca, uint32_t cwnd, uint32_t acked, uint32_t now)
{
    ca->epoch_start_ms = now == 0 ? 1 : now;
    ca->ack_cnt = acked;
    ca->tcp_cwnd = cwnd;
    if (ca->last_max_cwnd <= cwnd) {
        ca->k = 0;
        ca->origin_point = cwnd;
    } else {
        ca->k = cube_root(CUBE_FACTOR * (ca->last_max_cwnd - cwnd));
        ca->origin_point = ca->last_max_cwnd;
    }
}

/* W(t) = C (t - K)^3 + Wmax, RFC 9438 section 4.2: how many ACKs for one segment more. */
static void cubic_count(struct tcp_cubic *ca, uint32_t cwnd, uint32_t now)
{
    uint32_t ticks = (ca->delay_min + TICK_MS * 1000 - 1) / (TICK_MS * 1000), target;
    uint64_t t = (uint64_t)(now - ca->epoch_start_ms) + ticks * TICK_MS, offset, delta;

    t = (t << 10) / 1000;
    offset = t < ca->k ? ca->k - t : t - ca->k;
    if (offset > UINT32_C(1) << 20)
        offset = UINT32_C(1) << 20;
    delta = (CUBE_SCALE * offset * offset * offset) >> 40;
    target = t < ca->k ? ca->origin_point - (uint32_t)delta : ca->origin_point + (uint32_t)delta;
    ca->cnt = target > cwnd ? cwnd / (target - cwnd) : 100 * cwnd;
    if (ca->last_max_cwnd == 0 && ca->cnt > 20)
        ca->cnt = 20;
}

/* No slower than Reno: RFC 9438 section 4.3. */
static void reno_friendly(struct tcp_cubic *ca, uint32_t cwnd)
{
    uint32_t delta = (cwnd * RENO_SCALE) >> 3;

    while (delta > 0 && ca->ack_cnt > delta) {
        ca->ack_cnt -= delta;
        ca->tcp_cwnd++;
    }
    if (ca->tcp_cwnd > cwnd) {
        uint32_t max = cwnd / (ca->tcp_cwnd - cwnd);

        ca->cnt = u32_min(ca->cnt, max);
    }
}

static void update(struct tcp_sock *tp, uint32_t acked)
{
    struct tcp_cubic *ca = &tp->cubic;
    uint32_t now = now_ms(tp), cwnd = tp->cwnd;

    ca->ack_cnt += acked;
    if (ca->last_cwnd == cwnd && now - ca->last_time_ms <= 1000 / 32 / TICK_MS * TICK_MS)
        return;
    /* Within one tick the cubic curve has not moved; only Reno's estimate has. */
    if (ca->epoch_start_ms == 0 || now != ca->last_time_ms) {
        ca->last_cwnd = cwnd;
        ca->last_time_ms = now;
        if (ca->epoch_start_ms == 0)
            start_epoch(ca, cwnd, acked, now);
        cubic_count(ca, cwnd, now);
    }
    reno_friendly(ca, cwnd);
    ca->cnt = u32_max(ca->cnt, 2);
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
    update(tp, acked);
    tcp_cong_avoid_ai(tp, tp->cubic.cnt, acked);
}

static uint32_t ssthresh(struct tcp_sock *tp)
{
    struct tcp_cubic *ca = &tp->cubic;

    ca->epoch_start_ms = 0;
    if (tp->cwnd < ca->last_max_cwnd) /* fast convergence, RFC 9438 section 4.7 */
        ca->last_max_cwnd = (uint32_t)((uint64_t)tp->cwnd * (BETA_SCALE + BETA) / (2 * BETA_SCALE));
    else
        ca->last_max_cwnd = tp->cwnd;
    return u32_max((uint32_t)((uint64_t)tp->cwnd * BETA / BETA_SCALE), 2);
}

static void set_state(struct tcp_sock *tp, enum tcp_ca_state state)
{
    if (state == TCP_CA_LOSS) {
        reset_epoch(tp);
        hystart_reset(tp);
    }
}

/* After a pause of the program the curve goes on where it was, not where the clock is. */
static void tx_start(struct tcp_sock *tp)
{
    struct tcp_cubic *ca = &tp->cubic;
    uint32_t now = now_ms(tp), delta = now - (uint32_t)(tp->lsndtime / 1000) / TICK_MS * TICK_MS;

    if (ca->epoch_start_ms == 0 || (int32_t)delta <= 0)
        return;
    ca->epoch_start_ms += delta;
    if ((int32_t)(ca->epoch_start_ms - now) > 0)
        ca->epoch_start_ms = now;
}

static uint32_t ack_delay(const struct tcp_sock *tp)
{
    uint64_t rate = tcp_pacing_rate(tp), delay;

    if (rate == 0)
        return 0;
    delay = UINT64_C(65536) * 4 * 1000000 / rate;
    return delay < 1000 ? (uint32_t)delay : 1000;
}

/* HyStart: slow start ends when ACKs come in a train as long as half the RTT, or when the RTT
 * grows. */
static void hystart_update(struct tcp_sock *tp, uint32_t delay)
{
    struct tcp_cubic *ca = &tp->cubic;
    uint32_t now = (uint32_t)tcp_now(tp->layer);

    if (seq_gt(tp->snd_una, ca->end_seq))
        hystart_reset(tp); /* a round begins, however small the window */
    if (tp->cwnd < HYSTART_LOW_WINDOW)
        return;
    if (now - ca->last_ack <= HYSTART_ACK_DELTA) {
        uint32_t threshold = (ca->delay_min + ack_delay(tp)) >> 1;

        ca->last_ack = now;
        if (now - ca->round_start > threshold) {
            tp->hystart_found = true;
            tp->ssthresh = tp->cwnd;
        }
    }
    ca->curr_rtt = u32_min(ca->curr_rtt, delay);
    if (tp->hystart_samples < HYSTART_MIN_SAMPLES) {
        tp->hystart_samples++;
    } else {
        uint32_t threshold =
            u32_min(u32_max(ca->delay_min >> 3, HYSTART_DELAY_MIN), HYSTART_DELAY_MAX);

        if (ca->curr_rtt > ca->delay_min + threshold) {
            tp->hystart_found = true;
            tp->ssthresh = tp->cwnd;
        }
    }
}

static void acked(struct tcp_sock *tp, int64_t rtt_us)
{
    struct tcp_cubic *ca = &tp->cubic;
    uint32_t delay;

    if (rtt_us < 0)
        return;
    if (ca->epoch_start_ms != 0 && now_ms(tp) - ca->epoch_start_ms < 1000)
        return; /* just after a recovery the delay says nothing */
    delay = rtt_us == 0 ? 1 : (uint32_t)rtt_us;
    if (ca->delay_min == 0 || ca->delay_min > delay)
        ca->delay_min = delay;
    if (!tp->hystart_found && tcp_in_slow_start(tp))
        hystart_update(tp, delay);
}

const struct tcp_cc tcp_cubic_ops = { .name = "cubic",
                                      .init = init,
                                      .ssthresh = ssthresh,
                                      .cong_avoid = cong_avoid,
                                      .undo_cwnd = tcp_reno_undo_cwnd,
                                      .set_state = set_state,
                                      .tx_start = tx_start,
                                      .acked = acked };
