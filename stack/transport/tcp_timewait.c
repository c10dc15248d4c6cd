/*
 * Connections that only wait: TIME-WAIT, and FIN-WAIT-2 after close(). RFC 9293 sections 3.6.1 and
 * 3.10.7.4, RFC 6191.
 */
#include <stdlib.h>

#include "stack/transport/tcp_md5.h"
#include "stack/transport/tcp_metrics.h"

void tcp_timewait_free(struct tcp_timewait *tw)
{
    tcp_hash_remove(tw->layer, &tw->entry);
    tcp_port_release(&tw->entry);
    list_remove(&tw->all_link);
    tw->layer->n_timewaits--;
    timer_fini(&tw->timer);
    tcp_md5_drop(tw->md5);
    free(tw);
}

static void timewait_over(struct tcp_timewait *tw)
{
    tcp_say_state(tw->layer, &tw->entry, (enum tcp_state)tw->entry.state, TCP_CLOSED);
    tcp_timewait_free(tw);
}

static void timewait_expired(void *ctx)
{
    timewait_over(ctx);
}

static void timewait_start(struct tcp_timewait *tw, sim_time length)
{
    tw->timer.why =
        tw->entry.state == TCP_FIN_WAIT_2 ? WHY0(TIMER_TCP_FIN_WAIT) : WHY0(TIMER_TCP_TIME_WAIT);
    tcp_wheel_start(tw->layer, &tw->timer, length);
}

/* What is left of @tp. */
static struct tcp_timewait *timewait_new(const struct tcp_sock *tp, enum tcp_state substate)
{
    struct tcp_timewait *tw = mem_zalloc(sizeof *tw);

    tw->serial = tp->serial;
    tw->layer = tp->layer;
    tw->ends = tp->sock.ends;
    tw->entry = tp->entry;
    tw->entry.ends = &tw->ends;
    tw->entry.kind = TCP_ENTRY_TIMEWAIT;
    tw->entry.hashed = tw->entry.owns_port = false;
    tw->entry.state = (uint8_t)substate;
    list_init(&tw->entry.port_link);
    list_init(&tw->all_link);
    timer_init(&tw->timer, tp->layer->node, WHY0(TIMER_TCP_TIME_WAIT), timewait_expired, tw);
    tw->iss = tp->iss;
    tw->irs = tp->irs;
    tw->rcv_nxt = tp->rcv_nxt;
    tw->snd_nxt = tp->snd_nxt;
    tw->rcv_wnd = tcp_receive_window(tp);
    tw->rcv_wscale = tp->rcv_wscale;
    tw->has_ts = tp->ts_ok;
    tw->ts_recent = tp->ts_recent;
    tw->ts_recent_stamp_s = tp->ts_recent_stamp_s;
    tw->ts_offset = tp->ts_offset;
    tw->since_ms = tcp_now_ms(tp->layer);
    tw->flow_salt = tp->rare->flow_salt;
    tw->md5 = tcp_md5_copy(tcp_md5_find(tp->user->md5, &tw->ends.remote));
    tw->tos = tw->ends.remote.v6 ? tp->sock.options.tclass : tp->sock.options.tos;
    tw->ttl = tw->ends.remote.v6 ? tp->sock.options.hops : tp->sock.options.ttl;
    return tw;
}

/* @tw stands in @tp's place from now on. */
static void timewait_takes_over(struct tcp_timewait *tw, struct tcp_sock *tp)
{
    struct tcp_layer *tcp = tp->layer;

    list_push_back(&tcp->timewaits, &tw->all_link);
    tcp->n_timewaits++;
    tcp_hash_remove(tcp, &tp->entry);
    tcp_hash_add(tcp, &tw->entry);
    if (tp->entry.owns_port) {
        tcp_port_release(&tp->entry);
        tcp_port_own(tcp, &tw->entry);
    }
    if (tcp_state(tp) != (enum tcp_state)tw->entry.state)
        tcp_say_state(tcp, &tw->entry, tcp_state(tp), (enum tcp_state)tw->entry.state);
    tp->entry.state = TCP_CLOSED; /* what is told about is the TIME-WAIT */
}

void tcp_time_wait(struct tcp_sock *tp, enum tcp_state substate, sim_time length)
{
    struct tcp_layer *tcp = tp->layer;

    if (tcp->n_timewaits < tcp->sysctl.max_tw_buckets) {
        struct tcp_timewait *tw = timewait_new(tp, substate);
        sim_time least = SIM_USEC((uint64_t)tp->rto * 7 / 2);

        timewait_takes_over(tw, tp);
        if (substate == TCP_TIME_WAIT)
            length = TCP_TIMEWAIT_LEN;
        else if (length < least)
            length = least;
        timewait_start(tw, length);
    }
    tcp_metrics_save(tp);
    tcp_done(tp);
}

static void timewait_ack(struct tcp_timewait *tw, struct why why)
{
    struct tcp_reply reply = { .local = tw->entry.ends->local,
                               .remote = tw->entry.ends->remote,
                               .md5 = tw->md5,
                               .flow_salt = tw->flow_salt,
                               .tos = tw->tos & 0xfc,
                               .ttl = tw->ttl,
                               .why = why };

    reply.hdr.seq = tw->snd_nxt;
    reply.hdr.ack = tw->rcv_nxt;
    reply.hdr.flags = TCP_ACK;
    reply.hdr.window = (uint16_t)(tw->rcv_wnd >> tw->rcv_wscale); /* cut off, as on Linux */
    reply.hdr.opt.has_ts = tw->has_ts;
    reply.hdr.opt.ts_val = tcp_ts_now(tw->layer, tw->ts_offset);
    reply.hdr.opt.ts_ecr = tw->ts_recent;
    tcp_send_reply(tw->layer, &reply);
}

static bool timewait_paws_rejects(const struct tcp_timewait *tw, const struct tcp_rx *rx)
{
    return tw->has_ts && rx->hdr.opt.has_ts && (int32_t)(rx->hdr.opt.ts_val - tw->ts_recent) < 0;
}

static bool timewait_in_window(const struct tcp_timewait *tw, const struct tcp_rx *rx)
{
    uint32_t end = tw->rcv_nxt + tw->rcv_wnd;

    if (rx->seq == tw->rcv_nxt)
        return true;
    if (seq_gt(rx->end_seq, tw->rcv_nxt) && seq_lt(rx->seq, end))
        return true;
    return rx->seq == end && rx->seq == rx->end_seq;
}

static void remember_ts(struct tcp_timewait *tw, const struct tcp_rx *rx)
{
    if (!tw->has_ts || !rx->hdr.opt.has_ts)
        return;
    tw->ts_recent = rx->hdr.opt.ts_val;
    tw->ts_recent_stamp_s = (uint32_t)(tcp_now(tw->layer) / 1000000);
}

static void answer_out_of_window(struct tcp_timewait *tw, struct tcp_rx *rx,
                                 enum drop_reason reason)
{
    tcp_rx_drop(rx, reason);
    if (!tcp_oow_rate_limited(tw->layer, rx, &tw->last_oow_ack))
        timewait_ack(tw, WHY(TCP_ACK_DUPLICATE, tw->rcv_nxt - tw->irs));
}

/* The connection is closed by the program but the peer may still close: FIN-WAIT-2. */
static void fin_wait_2_input(struct tcp_timewait *tw, struct tcp_rx *rx, bool paws)
{
    if (paws || !timewait_in_window(tw, rx)) {
        if ((rx->hdr.flags & TCP_RST) == 0 || tw->layer->sysctl.rfc_over_linux == TCP_RFC_NEVER)
            answer_out_of_window(tw, rx, paws ? DROP_TCP_PAWS : DROP_TCP_OUT_OF_WINDOW);
        else
            tcp_rx_drop(rx, DROP_TCP_OUT_OF_WINDOW);
        return;
    }
    if ((rx->hdr.flags & TCP_RST) != 0) {
        timewait_over(tw);
        return;
    }
    if ((rx->hdr.flags & TCP_SYN) != 0 && !seq_lt(rx->seq, tw->rcv_nxt)) {
        tcp_rx_drop(rx, DROP_TCP_FLAGS);
        tcp_send_reset(tw->layer, rx, tw->md5, WHY0(TCP_RST));
        timewait_over(tw); /* the peer has started anew; its next SYN may be taken */
        return;
    }
    if ((rx->hdr.flags & TCP_ACK) == 0 || !seq_gt(rx->end_seq, tw->rcv_nxt) ||
        rx->end_seq == rx->seq) {
        tcp_rx_drop(rx, (rx->hdr.flags & TCP_ACK) == 0 ? DROP_TCP_FLAGS : DROP_TCP_DUPLICATE);
        return;
    }
    if ((rx->hdr.flags & TCP_FIN) == 0 || rx->end_seq != tw->rcv_nxt + 1) { /* data, for nobody */
        tcp_rx_drop(rx, DROP_TCP_AFTER_CLOSE);
        tcp_send_reset(tw->layer, rx, tw->md5, WHY0(TCP_RST_AFTER_CLOSE));
        timewait_over(tw);
        return;
    }
    tcp_say_state(tw->layer, &tw->entry, TCP_FIN_WAIT_2, TCP_TIME_WAIT);
    tw->entry.state = TCP_TIME_WAIT;
    tw->rcv_nxt = rx->end_seq;
    remember_ts(tw, rx);
    if (tw->has_ts && rx->hdr.opt.has_ts)
        tw->since_ms = tcp_now_ms(tw->layer);
    timewait_start(tw, TCP_TIMEWAIT_LEN);
    timewait_ack(tw, WHY(TCP_ACK, tw->rcv_nxt - tw->irs));
}

bool tcp_timewait_input(struct tcp_timewait *tw, struct tcp_rx *rx, uint32_t *isn)
{
    uint16_t flags = rx->hdr.flags;
    bool paws = timewait_paws_rejects(tw, rx);

    if (tw->entry.state == TCP_FIN_WAIT_2) {
        fin_wait_2_input(tw, rx, paws);
        return false;
    }
    if (!paws && rx->seq == tw->rcv_nxt && (rx->seq == rx->end_seq || (flags & TCP_RST) != 0)) {
        if ((flags & TCP_RST) != 0) {
            /* RFC 1337's assassination: Linux lets it happen unless told otherwise. */
            if (!tw->layer->sysctl.rfc1337)
                timewait_over(tw);
            else
                tcp_rx_drop(rx, DROP_TCP_FLAGS);
            return false;
        }
        timewait_start(tw, TCP_TIMEWAIT_LEN);
        remember_ts(tw, rx);
        tcp_rx_drop(rx, DROP_TCP_DUPLICATE);
        return false;
    }
    if ((flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_SYN && !paws &&
        (seq_gt(rx->seq, tw->rcv_nxt) ||
         (tw->has_ts && rx->hdr.opt.has_ts && (int32_t)(tw->ts_recent - rx->hdr.opt.ts_val) < 0))) {
        struct endpoint local = tw->entry.ends->local, remote = tw->entry.ends->remote;
        struct tcp_layer *tcp = tw->layer;

        *isn = tw->snd_nxt + 65535 + 2;
        if (*isn == 0)
            *isn = 1;
        if (tcp_listener_find(tcp, local, remote, rx->ip->iif == NULL ? 0 : rx->ip->iif->index) !=
            NULL) {
            timewait_over(tw);
            return true;
        }
        tcp_rx_drop(rx, DROP_PORT_CLOSED); /* nobody takes it: told at once, and each time */
        timewait_ack(tw, WHY(TCP_ACK_DUPLICATE, tw->rcv_nxt - tw->irs));
        return false;
    }
    if ((flags & TCP_RST) != 0) {
        tcp_rx_drop(rx, DROP_TCP_OUT_OF_WINDOW);
        return false;
    }
    /* A repeated FIN means that our last ACK was lost: the time starts again. */
    if (paws || (flags & TCP_ACK) != 0)
        timewait_start(tw, TCP_TIMEWAIT_LEN);
    answer_out_of_window(tw, rx,
                         paws                     ? DROP_TCP_PAWS
                         : (flags & TCP_FIN) != 0 ? DROP_TCP_DUPLICATE
                                                  : DROP_TCP_OUT_OF_WINDOW);
    return false;
}

bool tcp_timewait_reusable(struct tcp_timewait *tw, struct tcp_sock *tp, bool bound)
{
    uint8_t mode = tw->layer->sysctl.tw_reuse;
    bool loopback = ip4_is_loopback(tw->entry.ends->remote.addr) ||
                    ip6_is_loopback(tw->entry.ends->remote.addr6) ||
                    endpoint_same_addr(&tw->entry.ends->local, &tw->entry.ends->remote);

    if (!tw->has_ts || tw->entry.state != TCP_TIME_WAIT)
        return false;
    /* tcp_tw_reuse is about ports that connect() picks. Who insists on a port gets it. */
    if (!bound && (mode == 0 || (mode == 2 && !loopback) ||
                   tcp_now_ms(tw->layer) - tw->since_ms <= tw->layer->sysctl.tw_reuse_delay_ms))
        return false;
    tp->iss = tw->snd_nxt + 65535 + 2;
    if (tp->iss == 0)
        tp->iss = 1;
    tp->ts_recent = tw->ts_recent;
    tp->ts_recent_stamp_s = tw->ts_recent_stamp_s;
    timewait_over(tw);
    return true;
}
