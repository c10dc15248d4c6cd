/* Timers: what happens when they run out, and their policy. RFC 6298, RFC 9293
 * sections 3.8.1, 3.8.3, 3.8.4, 3.8.6.1. */
#include "stack/link/jiffies.h"
#include "stack/transport/tcp_fastopen.h"

static unsigned ilog2(uint64_t value)
{
    unsigned n = 0;

    while (value >>= 1)
        n++;
    return n;
}

/* The kernel's timers run out at ticks. */
sim_time tcp_wheel_expiry(const struct tcp_layer *tcp, sim_time delay)
{
    sim_time now = node_now(tcp->node);

    if (tcp->sysctl.exact_timers)
        return now + (delay > SIM_MSEC(1) ? delay : SIM_MSEC(1));
    return jiffies_expiry(now, delay);
}

void tcp_wheel_start(const struct tcp_layer *tcp, struct timer *timer, sim_time delay)
{
    timer_start_at(timer, tcp_wheel_expiry(tcp, delay));
}

void tcp_rtx_timer_start(struct tcp_sock *tp, enum tcp_timer_kind kind, uint64_t delay_us)
{
    uint32_t max = tcp_rto_max(tp);

    if (delay_us > max)
        delay_us = max;
    tp->rtx_kind = (uint8_t)kind;
    tp->tlp_due = false;
    timer_pair_start_at(&tp->timers, TCP_HAND_RTX, tcp_wheel_expiry(tp->layer, SIM_USEC(delay_us)));
}

void tcp_rtx_timer_stop(struct tcp_sock *tp)
{
    tp->rtx_kind = TCP_TIMER_NONE;
    tp->tlp_due = false;
    timer_pair_stop(&tp->timers, TCP_HAND_RTX);
}

/* Until the RTO of the oldest segment, counted from its last transmission; may be negative. */
int64_t tcp_rto_delta(const struct tcp_sock *tp)
{
    const struct tcp_seg *head = tcp_first(&tp->rtx_queue);

    if (head == NULL)
        return tp->rto;
    return (int64_t)(head->sent_at + tp->rto) - (int64_t)tcp_now(tp->layer);
}

uint64_t tcp_probe0_when(const struct tcp_sock *tp)
{
    unsigned most = ilog2(TCP_RTO_MAX / TCP_RTO_MIN) + 1;
    unsigned backoff = tp->backoff < most ? tp->backoff : most;
    uint64_t when = (uint64_t)u32_max(tp->rto, TCP_RTO_MIN) << backoff, max = tcp_rto_max(tp);

    return when < max ? when : max;
}

uint64_t tcp_clamp_to_user_timeout(const struct tcp_sock *tp, uint64_t when, uint64_t since)
{
    uint64_t limit, elapsed;

    if (tp->user->timeout_ms == 0 || since == 0)
        return when;
    limit = tp->user->timeout_ms * UINT64_C(1000);
    elapsed = tcp_now(tp->layer) - (since - 1);
    if (elapsed >= limit)
        return 1;
    return when < limit - elapsed ? when : limit - elapsed;
}

void tcp_check_probe_timer(struct tcp_sock *tp)
{
    if (tp->packets_out == 0 && tp->rtx_kind == TCP_TIMER_NONE)
        tcp_rtx_timer_start(tp, TCP_TIMER_PROBE, u32_max(tp->rto, TCP_RTO_MIN));
}

/* Giving up. */

static void write_error(struct tcp_sock *tp)
{
    tcp_abort_with(tp, tp->sock.soft_error != 0 ? tp->sock.soft_error : SIM_ETIMEDOUT);
}

/* How long @boundary retransmissions take with @base doubling. */
static uint64_t model_timeout(const struct tcp_sock *tp, unsigned boundary, uint32_t base)
{
    uint64_t max = tcp_rto_max(tp);
    unsigned linear = ilog2(max / base);

    if (boundary <= linear)
        return ((UINT64_C(2) << boundary) - 1) * base;
    return ((UINT64_C(2) << linear) - 1) * base + (boundary - linear) * max;
}

static bool retransmits_timed_out(const struct tcp_sock *tp, unsigned boundary, uint64_t timeout_us)
{
    if (tp->retransmits == 0)
        return false;
    if (timeout_us == 0)
        timeout_us = model_timeout(tp, boundary,
                                   tcp_state_in(tp, TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED))
                                       ? TCP_TIMEOUT_INIT
                                       : TCP_RTO_MIN);
    return tp->retrans_stamp != 0 && tcp_now(tp->layer) - (tp->retrans_stamp - 1) >= timeout_us;
}

static unsigned orphan_retries(const struct tcp_sock *tp, bool alive)
{
    unsigned n = tp->layer->sysctl.orphan_retries;

    if (tp->sock.soft_error != 0 && !alive)
        n = 0;
    return n == 0 && alive ? 8 : n;
}

/* Linux hopes for another way where several are equally good: IPv6 has another flow label. */
static void try_another_way(struct tcp_sock *tp)
{
    tcp_rare(tp)->rehash++;
    tcp_rare(tp)->flow_salt++;
}

/* R1 and R2 of RFC 9293 section 3.8.3. True: the connection was given up. */
static bool write_timeout(struct tcp_sock *tp)
{
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;
    unsigned retry_until;
    bool expired = false;

    if (tcp_state_in(tp, TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED))) {
        unsigned max;

        retry_until = max = tp->user->syn_retries > 0 ? tp->user->syn_retries : sysctl->syn_retries;
        if (tcp_state(tp) == TCP_SYN_SENT)
            max += sysctl->syn_linear_timeouts;
        expired = tp->retransmits >= max;
        if (!expired)
            expired = retransmits_timed_out(tp, retry_until, tp->user->timeout_ms * UINT64_C(1000));
    } else {
        if (retransmits_timed_out(tp, sysctl->retries1, 0)) {
            tcp_mtu_probe_black_hole(tp);
            tp->has_route = false; /* perhaps there is another way */
        }
        retry_until = sysctl->retries2;
        if (tp->orphan)
            retry_until = orphan_retries(tp, tp->rto < tcp_rto_max(tp));
        expired = retransmits_timed_out(tp, retry_until, tp->user->timeout_ms * UINT64_C(1000));
    }
    tcp_fastopen_timed_out(tp, expired);
    if (expired)
        write_error(tp);
    else
        try_another_way(tp);
    return expired;
}

static struct why why_retransmit(const struct tcp_sock *tp, const struct tcp_seg *seg)
{
    sim_time silent = SIM_USEC(tcp_now(tp->layer) - seg->sent_at);

    if ((seg->flags & TCP_SYN) != 0)
        return WHY(TCP_RETRANSMIT_SYN, (uint64_t)silent, tp->retransmits);
    return WHY(TCP_RETRANSMIT_TIMEOUT, (uint64_t)silent, seg->seq - tp->iss, tp->retransmits);
}

#define THIN_PACKETS 4u
#define THIN_RETRIES 6u

/* So little is out that the peer's ACKs cannot tell of a loss: the time-out need not double. */
static bool is_thin(const struct tcp_sock *tp)
{
    return (tp->user->thin_linear || tp->layer->sysctl.thin_linear_timeouts) &&
           tcp_state(tp) == TCP_ESTABLISHED && tp->packets_out < THIN_PACKETS &&
           tp->ssthresh < TCP_INFINITE_SSTHRESH && tp->retransmits <= THIN_RETRIES;
}

static void back_off(struct tcp_sock *tp)
{
    if (is_thin(tp)) {
        tp->backoff = 0;
        tcp_set_rto(tp);
        tp->rto = u32_max(tp->rto, tcp_rto_min(tp));
        return;
    }
    if (tcp_state(tp) == TCP_SYN_SENT && tp->total_rto <= tp->layer->sysctl.syn_linear_timeouts)
        return;
    tp->backoff++;
    tp->rto = (uint32_t)(2 * (uint64_t)tp->rto < tcp_rto_max(tp) ? 2 * (uint64_t)tp->rto
                                                                 : tcp_rto_max(tp));
}

void tcp_count_rto(struct tcp_sock *tp)
{
    struct tcp_rare *rare = tcp_rare(tp);

    if (tp->retransmits == 0) {
        rare->n_rto_recoveries++;
        rare->rto_stamp = tcp_now(tp->layer) + 1;
    }
    rare->n_rtos++;
    if (tp->retransmits < UINT8_MAX)
        tp->retransmits++;
    if (tp->total_rto < UINT8_MAX)
        tp->total_rto++;
}

/* The peer's window is closed and @head, sent before that, serves as the probe: for how long? */
static bool probing_timed_out(const struct tcp_sock *tp, const struct tcp_seg *head)
{
    uint64_t now = tcp_now(tp->layer), limit = 2 * (uint64_t)tcp_rto_max(tp),
             user = tp->user->timeout_ms * UINT64_C(1000),
             since = tp->retrans_stamp != 0 ? tp->retrans_stamp - 1 : head->sent_at;

    if (user != 0) { /* ACKs of a closed window are no progress */
        if (now / 1000 - since / 1000 >= tp->user->timeout_ms)
            return true;
        limit = user < limit ? user : limit;
    }
    return now - tp->rcv_tstamp > limit && now - since > limit;
}

void tcp_rto_expired(struct tcp_sock *tp)
{
    struct tcp_seg *head = tcp_first(&tp->rtx_queue);
    int error;

    if (tp->packets_out == 0 || head == NULL)
        return;
    if (tp->snd_wnd == 0 && !tp->orphan &&
        !tcp_state_in(tp, TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED))) {
        /* The peer shrank his window to nothing after the segment was sent: it serves as the probe.
         */
        if (probing_timed_out(tp, head)) {
            write_error(tp);
            return;
        }
        tcp_enter_loss(tp);
        tcp_retransmit(tp, head, WHY0(TCP_WINDOW_PROBE));
        tp->has_route = false;
    } else {
        if (write_timeout(tp))
            return;
        tcp_enter_loss(tp);
        tcp_count_rto(tp);
        error = tcp_retransmit(tp, head, why_retransmit(tp, head));
        if (error == -SIM_ENOBUFS) {
            tcp_rtx_timer_start(tp, TCP_TIMER_RTO, TCP_RESOURCE_PROBE);
            return;
        }
    }
    back_off(tp);
    tcp_rtx_timer_start(tp, TCP_TIMER_RTO,
                        tcp_clamp_to_user_timeout(tp, tp->rto, tp->retrans_stamp));
    if (retransmits_timed_out(tp, tp->layer->sysctl.retries1 + 1u, 0))
        tp->has_route = false;
}

/* RFC 9293 section 3.8.6.1: probing goes on for as long as the peer answers. */
static void probe_expired(struct tcp_sock *tp)
{
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;
    uint64_t now = tcp_now(tp->layer);
    unsigned max = sysctl->retries2;

    if (tp->packets_out > 0 || list_empty(&tp->write_queue)) {
        tp->probes_out = 0;
        TCP_RARE_SET(tp, probes_tstamp, 0);
        return;
    }
    if (tp->rare->probes_tstamp == 0)
        TCP_RARE_SET(tp, probes_tstamp, now + 1);
    else if (tp->user->timeout_ms != 0 &&
             now - (tp->rare->probes_tstamp - 1) >= tp->user->timeout_ms * UINT64_C(1000)) {
        write_error(tp);
        return;
    }
    if (tp->orphan) {
        bool alive = tcp_probe0_when(tp) < tcp_rto_max(tp);

        max = orphan_retries(tp, alive);
        if (!alive && tp->backoff >= max) {
            write_error(tp);
            return;
        }
    }
    if (tp->probes_out >= max)
        write_error(tp);
    else
        tcp_send_probe0(tp);
}

static void rtx_expired(struct timer_pair *timers)
{
    struct tcp_sock *tp = CONTAINER_OF(timers, struct tcp_sock, timers);
    struct tcp_layer *tcp = tp->layer;
    enum tcp_timer_kind kind = (enum tcp_timer_kind)tp->rtx_kind;

    tp->rtx_kind = TCP_TIMER_NONE;
    if (tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN)))
        return;
    switch (kind) {
    case TCP_TIMER_REO:
        tp->rtx_kind = (uint8_t)kind;
        tcp_rack_reo_timeout(tp);
        break;
    case TCP_TIMER_TLP:
        tp->rtx_kind = (uint8_t)kind;
        tcp_send_loss_probe(tp);
        break;
    case TCP_TIMER_RTO:
        tcp_rto_expired(tp);
        break;
    case TCP_TIMER_SYN_ACK:
        tcp_fastopen_synack_expired(tp);
        break;
    case TCP_TIMER_PROBE:
        probe_expired(tp);
        break;
    case TCP_TIMER_NONE:
        break;
    }
    tcp_reap(tcp);
}

/* Delayed ACKs: RFC 9293 section 3.8.6.3. */
static void delack_expired(struct timer_pair *timers)
{
    struct tcp_sock *tp = CONTAINER_OF(timers, struct tcp_sock, timers);

    if (tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN)) ||
        (tp->ack_pending & TCP_ACK_TIMER) == 0)
        return;
    tp->ack_pending &= (uint8_t)~TCP_ACK_TIMER;
    if ((tp->ack_pending & TCP_ACK_SCHED) == 0)
        return;
    if (tp->pingpong == 0) {
        tp->ato = u32_min(tp->ato << 1, tp->rto); /* it was in vain to wait: the delay inflates */
    } else {
        tp->pingpong = 0; /* no answer came: not a dialogue after all */
        tp->ato = TCP_ATO_MIN;
    }
    tcp_send_ack(tp, &WHY(TCP_ACK_DELAYED, tp->rcv_nxt - tp->irs));
}

/* Keep-alive: RFC 9293 section 3.8.4. It also ends FIN-WAIT-2 of a connection that nobody holds. */

uint32_t tcp_keepalive_time(const struct tcp_sock *tp)
{
    return tp->user->keep_idle != 0 ? tp->user->keep_idle : tp->layer->sysctl.keepalive_time;
}

sim_time tcp_fin_time(const struct tcp_sock *tp)
{
    sim_time time =
        tp->user->linger2 > 0 ? SIM_SEC(tp->user->linger2) : SIM_SEC(tp->layer->sysctl.fin_timeout);
    sim_time least = SIM_USEC((uint64_t)tp->rto * 7 / 2);

    return time > least ? time : least;
}

void tcp_keepalive_start(struct tcp_sock *tp, sim_time delay)
{
    struct timer *timer = &tcp_rare(tp)->keepalive_timer;

    timer->why = tcp_state(tp) == TCP_FIN_WAIT_2 && tp->orphan ? WHY0(TIMER_TCP_FIN_WAIT)
                                                               : WHY0(TIMER_TCP_KEEPALIVE);
    tcp_wheel_start(tp->layer, timer, delay);
}

void tcp_keepalive_stop(struct tcp_sock *tp)
{
    if (timer_running(&tp->rare->keepalive_timer))
        timer_stop(&tcp_rare(tp)->keepalive_timer);
}

static void fin_wait_expired(struct tcp_sock *tp)
{
    sim_time left = tcp_fin_time(tp) - TCP_TIMEWAIT_LEN;

    if (tp->user->linger2 >= 0 && left > 0) {
        tcp_time_wait(tp, TCP_FIN_WAIT_2, left);
        return;
    }
    tcp_send_active_reset(tp);
    tcp_done(tp);
}

static uint64_t idle_time(const struct tcp_sock *tp)
{
    uint64_t now = tcp_now(tp->layer), data = now - tp->lrcvtime, ack = now - tp->rcv_tstamp;

    return data < ack ? data : ack;
}

static void probe_alive(struct tcp_sock *tp)
{
    uint64_t idle = idle_time(tp), time = tcp_keepalive_time(tp) * UINT64_C(1000000);
    uint32_t interval =
        tp->user->keep_intvl != 0 ? tp->user->keep_intvl : tp->layer->sysctl.keepalive_intvl;
    uint8_t count =
        tp->user->keep_cnt != 0 ? tp->user->keep_cnt : tp->layer->sysctl.keepalive_probes;

    if (idle < time) {
        tcp_keepalive_start(tp, SIM_USEC(time - idle));
        return;
    }
    if ((tp->user->timeout_ms != 0 && idle >= tp->user->timeout_ms * UINT64_C(1000) &&
         tp->probes_out > 0) ||
        (tp->user->timeout_ms == 0 && tp->probes_out >= count)) {
        tcp_send_active_reset(tp);
        write_error(tp);
        return;
    }
    tcp_write_wakeup(tp, WHY0(TCP_KEEPALIVE));
    tp->probes_out++;
    tcp_keepalive_start(tp, SIM_SEC(interval));
}

static void comp_ack_expired(void *ctx)
{
    struct tcp_sock *tp = ctx;

    if (tp->rare->compressed_ack > 0 && tcp_state(tp) != TCP_CLOSED)
        tcp_send_dup_ack(tp);
}

static void keepalive_expired(void *ctx)
{
    struct tcp_sock *tp = ctx;
    struct tcp_layer *tcp = tp->layer;

    if (tcp_state(tp) == TCP_FIN_WAIT_2 && tp->orphan) {
        fin_wait_expired(tp);
    } else if (tp->sock.options.keepalive &&
               !tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN) | TCP_IN(TCP_SYN_SENT))) {
        if (tp->packets_out > 0 || !list_empty(&tp->write_queue))
            tcp_keepalive_start(
                tp, SIM_SEC(tcp_keepalive_time(tp))); /* retransmission watches already */
        else
            probe_alive(tp);
    }
    tcp_reap(tcp);
}

void tcp_rare_timers_init(struct tcp_sock *tp, struct tcp_rare *rare)
{
    timer_init(&rare->keepalive_timer, tp->sock.node, WHY0(TIMER_TCP_KEEPALIVE), keepalive_expired,
               tp);
    timer_init(&rare->comp_ack_timer, tp->sock.node, WHY0(TIMER_TCP_DELAYED_ACK), comp_ack_expired,
               tp);
}

static struct why why_of(const struct timer_pair *timers, unsigned hand)
{
    const struct tcp_sock *tp = CONTAINER_OF(timers, const struct tcp_sock, timers);

    if (hand == TCP_HAND_DELACK)
        return WHY0(TIMER_TCP_DELAYED_ACK);
    switch ((enum tcp_timer_kind)tp->rtx_kind) {
    case TCP_TIMER_PROBE:
        return WHY0(TIMER_TCP_PERSIST);
    case TCP_TIMER_SYN_ACK:
        return WHY0(TIMER_TCP_SYN_ACK);
    case TCP_TIMER_REO:
    case TCP_TIMER_TLP:
        return WHY0(TIMER_TCP_RACK);
    case TCP_TIMER_NONE:
    case TCP_TIMER_RTO:
        break;
    }
    return WHY0(TIMER_TCP_RTO);
}

void tcp_timers_init(struct tcp_sock *tp)
{
    static const struct timer_pair_kind kind = {
        .expired = { [TCP_HAND_RTX] = rtx_expired, [TCP_HAND_DELACK] = delack_expired },
        .why = why_of
    };

    timer_pair_init(&tp->timers, tp->sock.node, &kind);
}

void tcp_timers_stop(struct tcp_sock *tp)
{
    tcp_rtx_timer_stop(tp);
    timer_pair_stop(&tp->timers, TCP_HAND_DELACK);
    tcp_keepalive_stop(tp);
    if (timer_running(&tp->rare->comp_ack_timer))
        timer_stop(&tcp_rare(tp)->comp_ack_timer);
}
