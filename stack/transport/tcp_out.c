/* Sending segments: headers and options, the window to advertise, when data may go, retransmission.
 */
#include "base/check.h"
#include "stack/transport/tcp_fastopen.h"

/* Paths and segment sizes. */

static uint32_t fixed_header_len(const struct tcp_sock *tp)
{
    return TCP_HDR_LEN + (tp->ts_ok ? TCP_TS_ALIGNED : 0);
}

/* A peer with a tiny window would never take a whole segment: half its biggest window at most. */
static uint32_t bound_to_half_window(const struct tcp_sock *tp, uint32_t size)
{
    uint32_t cutoff = tp->max_window > TCP_MSS_DEFAULT ? tp->max_window / 2 : tp->max_window;

    if (cutoff != 0 && size > cutoff)
        return u32_max(cutoff, 68 - fixed_header_len(tp));
    return size;
}

void tcp_sync_mss(struct tcp_sock *tp, uint32_t pmtu)
{
    uint32_t headers = tcp_ip_len(&tp->entry) + TCP_HDR_LEN;
    uint32_t mss = pmtu > headers ? pmtu - headers : 0;
    uint32_t options = fixed_header_len(tp) - TCP_HDR_LEN;

    mss = u32_max(u32_min(mss, tp->mss_clamp), TCP_MSS_FLOOR) - options;
    tp->mss_cache = bound_to_half_window(tp, mss);
    tp->pmtu = pmtu;
}

static uint8_t n_sack_options(const struct tcp_sock *tp)
{
    unsigned n = tp->n_sacks + (tp->has_dsack ? 1u : 0u);
    unsigned fit = (TCP_OPTIONS_MAX - (tp->ts_ok ? TCP_TS_ALIGNED : 0) - 4) / 8;

    return (uint8_t)(n < fit ? n : fit);
}

uint32_t tcp_current_mss(struct tcp_sock *tp)
{
    uint32_t n_sack = n_sack_options(tp), mtu = tcp_path_mtu_known(tp);

    if (mtu != 0 && mtu != tp->pmtu)
        tcp_sync_mss(tp, mtu);
    return tp->mss_cache - (n_sack > 0 ? 4 + 8 * n_sack : 0);
}

/* The window. */

static uint32_t round_up(uint32_t value, uint8_t shift)
{
    uint32_t unit = UINT32_C(1) << shift;

    return (value + unit - 1) & ~(unit - 1);
}

void tcp_select_initial_window(const struct tcp_layer *tcp, uint32_t space, uint32_t mss,
                               bool wscale_ok, uint32_t *rcv_wnd, uint32_t *window_clamp,
                               uint8_t *rcv_wscale)
{
    if (*window_clamp == 0)
        *window_clamp = UINT32_C(65535) << TCP_WSCALE_MAX;
    space = u32_min(space, *window_clamp);
    if (space > mss)
        space -= space % mss;
    *rcv_wnd = space; /* more than the SYN can say is told with the next segment */
    *rcv_wscale = 0;
    if (wscale_ok) {
        uint32_t biggest = u32_max(space, u32_max(tcp->sysctl.rmem[2], tcp->sysctl.core_rmem_max));

        biggest = u32_min(biggest, *window_clamp);
        while (biggest > 65535 && *rcv_wscale < TCP_WSCALE_MAX) {
            biggest >>= 1;
            ++*rcv_wscale;
        }
    }
    *window_clamp = u32_min(UINT32_C(65535) << *rcv_wscale, *window_clamp);
}

/* Without scaling the window moves in whole segments: RFC 9293 section 3.8.6.2.2. */
static uint32_t unscaled_window(const struct tcp_sock *tp, uint32_t space, uint32_t mss,
                                uint32_t full)
{
    uint32_t window = tp->rcv_wnd;

    if ((int64_t)window <= (int64_t)space - (int64_t)mss || window > space)
        return space - space % mss;
    if (mss == full && space > window + full / 2)
        return space;
    return window;
}

uint32_t tcp_select_window_size(struct tcp_sock *tp)
{
    uint32_t allowed = tcp_full_space(tp), full = u32_min(tp->window_clamp, allowed),
             mss = tp->rcv_mss;
    int64_t room = tcp_space(tp);
    uint32_t space = room < 0 ? 0 : (uint32_t)room;

    if (mss > full)
        mss = full;
    if (mss == 0)
        return 0;
    if (space < full / 2) {
        tp->quick = 0;
        space = space >> tp->rcv_wscale << tp->rcv_wscale;
        if (space < allowed / 16 || space < mss)
            return 0;
    }
    space = u32_min(space, tp->rcv_ssthresh);
    return tp->rcv_wscale > 0 ? round_up(space, tp->rcv_wscale)
                              : unscaled_window(tp, space, mss, full);
}

/* What goes into the header. An offered window is never taken back: RFC 9293 section 3.8.6. */
static uint16_t window_field(struct tcp_sock *tp)
{
    uint32_t current = tcp_receive_window(tp), window = tcp_select_window_size(tp);

    if ((tp->ack_pending & TCP_ACK_NOMEM) != 0) {
        tp->rcv_wnd = 0;
        tp->rcv_wup = tp->rcv_nxt;
        return 0;
    }
    if (window < current)
        window = round_up(current, tp->rcv_wscale);
    tp->rcv_wnd = window;
    tp->rcv_wup = tp->rcv_nxt;
    return (uint16_t)(u32_min(window, UINT32_C(65535) << tp->rcv_wscale) >> tp->rcv_wscale);
}

/* Headers. */

uint32_t tcp_ts_now(const struct tcp_layer *tcp, uint32_t offset)
{
    return (uint32_t)(tcp_now(tcp) / 1000) + offset;
}

static void syn_options(struct tcp_sock *tp, struct tcp_hdr *hdr)
{
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;
    /* RFC 7323 and RFC 2018: an answer has what was offered. Linux forgets that in a simultaneous
     * open. */
    bool answer = (hdr->flags & TCP_ACK) != 0 && sysctl->rfc_over_linux != TCP_RFC_NEVER;

    hdr->opt.has_mss = true;
    hdr->opt.mss = (uint16_t)tp->advmss;
    if ((hdr->flags & TCP_ACK) != 0 && tp->ts_ok) /* simultaneous open: less them already */
        hdr->opt.mss = (uint16_t)(hdr->opt.mss + TCP_TS_ALIGNED);
    if (answer ? tp->ts_ok : sysctl->timestamps) {
        hdr->opt.has_ts = true;
        hdr->opt.ts_val = tcp_ts_now(tp->layer, tp->ts_offset);
        hdr->opt.ts_ecr = tp->ts_recent;
    }
    hdr->opt.sack_permitted = answer ? tp->sack_ok : sysctl->sack;
    if (answer ? tp->wscale_ok : sysctl->window_scaling) {
        hdr->opt.has_wscale = true;
        hdr->opt.wscale = tp->rcv_wscale;
    }
    if (tp->rare->fastopen != NULL && tp->rare->fastopen->offer.present) {
        const struct tcp_fastopen_option *offer = &tp->rare->fastopen->offer;

        hdr->opt.has_cookie = true;
        hdr->opt.cookie_exp = offer->experimental;
        hdr->opt.cookie = offer->cookie;
    }
}

static void put_sack_options(const struct tcp_sock *tp, struct tcp_hdr *hdr)
{
    uint8_t n = n_sack_options(tp), at = 0;

    if (n > 0 && tp->has_dsack) {
        hdr->opt.sack[at].start = tp->rare->dsack.start;
        hdr->opt.sack[at++].end = tp->rare->dsack.end;
    }
    for (uint8_t i = 0; at < n; i++, at++) {
        hdr->opt.sack[at].start = tp->rare->sacks[i].start;
        hdr->opt.sack[at].end = tp->rare->sacks[i].end;
    }
    hdr->opt.n_sack = n;
}

static void established_options(const struct tcp_sock *tp, struct tcp_hdr *hdr)
{
    if (tp->ts_ok) {
        hdr->opt.has_ts = true;
        hdr->opt.ts_val = tcp_ts_now(tp->layer, tp->ts_offset);
        hdr->opt.ts_ecr = tp->ts_recent;
    }
    put_sack_options(tp, hdr);
}

static void put_urgent(const struct tcp_sock *tp, struct tcp_hdr *hdr)
{
    if (!tp->urg_out || seq_geq(hdr->seq, tp->rare->snd_up))
        return;
    hdr->flags |= TCP_URG;
    hdr->urgent = (uint16_t)u32_min(tp->rare->snd_up - hdr->seq, 0xffff);
}

/* RFC 3168 section 6.1: new data is ECN-capable, and answers a reduction with CWR; CE is echoed
 * until then. */
static uint8_t ecn_send(struct tcp_sock *tp, struct tcp_hdr *hdr, uint32_t len)
{
    uint8_t tos = tp->sock.options.tos & 0xfc;

    if ((tp->ecn & TCP_ECN_OK) == 0 || (hdr->flags & TCP_SYN) != 0)
        return tp->sock.options.tos;
    if ((tp->ecn & TCP_ECN_DEMAND_CWR) != 0)
        hdr->flags |= TCP_ECE;
    if (len == 0 || seq_lt(hdr->seq, tp->snd_nxt))
        return tos;
    if ((tp->ecn & TCP_ECN_QUEUE_CWR) != 0) {
        tp->ecn &= (uint8_t)~TCP_ECN_QUEUE_CWR;
        hdr->flags |= TCP_CWR;
    }
    return tos | 2; /* ECT(0) */
}

static void event_ack_sent(struct tcp_sock *tp)
{
    tp->has_dsack = false;
    if (tp->rare != &tcp_rare_none) {
        TCP_RARE_SET(tp, compressed_ack, 0);
        timer_stop(&tcp_rare(tp)->comp_ack_timer);
    }
    if (tp->quick > 0) {
        unsigned n = (tp->ack_pending & TCP_ACK_SCHED) != 0 ? 1 : 0;

        if (n >= tp->quick) {
            tp->quick = 0;
            tp->ato = TCP_ATO_MIN; /* out of quick mode the delay starts small */
        } else {
            tp->quick = (uint8_t)(tp->quick - n);
        }
    }
    tp->ack_pending = 0;
    timer_pair_stop(&tp->timers, TCP_HAND_DELACK);
}

static void event_data_sent(struct tcp_sock *tp)
{
    uint64_t now = tcp_now(tp->layer);

    if (tcp_packets_in_flight(tp) == 0 && tp->cc->tx_start != NULL)
        tp->cc->tx_start(tp);
    tp->lsndtime = now;
    /* An answer so soon after data came: a dialogue, in which ACKs ride on answers. */
    if (now - tp->lrcvtime < tp->ato && tp->pingpong < UINT8_MAX)
        tp->pingpong++;
}

static int send_frame(struct tcp_sock *tp, const struct tcp_hdr *hdr, const struct slice *data,
                      uint8_t tos, const struct why *why)
{
    size_t hdr_len = TCP_HDR_LEN + tcp_options_len(&hdr->opt, (hdr->flags & TCP_SYN) != 0);
    struct frame *frame = frame_new(tp->sock.node, hdr_len);

    tcp_emit(hdr, frame->data);
    if (data != NULL && data->len > 0)
        frame_attach(frame, *data);
    frame->why = *why;
    return tcp_path_output(tp, frame, tos);
}

/* Every segment of a socket leaves here. @data may be NULL. */
static int transmit(struct tcp_sock *tp, uint32_t seq, uint8_t flags, const struct slice *data,
                    const struct why *why)
{
    uint32_t len = data == NULL ? 0 : data->len;
    struct tcp_hdr hdr = { .src_port = tp->entry.ends->local.port,
                           .dst_port = tp->entry.ends->remote.port,
                           .seq = seq,
                           .flags = flags };
    uint8_t tos;

    if ((flags & TCP_ACK) != 0)
        hdr.ack = tp->rcv_nxt;
    if ((flags & TCP_SYN) != 0) {
        syn_options(tp, &hdr);
        hdr.window = (uint16_t)u32_min(tp->rcv_wnd, 65535);
    } else {
        established_options(tp, &hdr);
        hdr.window = window_field(tp);
        put_urgent(tp, &hdr);
    }
    tos = ecn_send(tp, &hdr, len);
    if ((flags & TCP_ACK) != 0)
        event_ack_sent(tp);
    if (len > 0) {
        event_data_sent(tp);
        tp->data_segs_out++;
        tp->bytes_sent += len;
    }
    tp->segs_out++;
    tp->last_sent_at = tcp_now(tp->layer);
    return send_frame(tp, &hdr, data, tos, why);
}

/* @seg leaves. */
static inline void note_sent(struct tcp_sock *tp, struct tcp_seg *seg)
{
    seg->sent_at = tcp_now(tp->layer);
    seg->tx_delivered = tp->delivered;
    tcp_rate_sent(tp, seg);
    tcp_seg_untime(seg);
    list_push_back(&tp->by_time, &seg->by_time);
    seg->timed = true;
}

static int transmit_seg(struct tcp_sock *tp, struct tcp_seg *seg, const struct why *why)
{
    uint8_t flags = seg->flags;

    note_sent(tp, seg);
    if (seg->push_once)
        flags |= TCP_PSH;
    seg->push_once = false;
    return transmit(tp, seg->seq, flags, &seg->data, why);
}

/* A segment of another window than ours is in flight when the peer has shrunk his: stay inside. */
static uint32_t acceptable_seq(const struct tcp_sock *tp)
{
    uint32_t end = tcp_wnd_end(tp);

    if (!seq_lt(end, tp->snd_nxt) ||
        (tp->rcv_wscale > 0 && tp->snd_nxt - end < (UINT32_C(1) << tp->rcv_wscale)))
        return tp->snd_nxt;
    return end;
}

void tcp_send_ack(struct tcp_sock *tp, struct why why)
{
    if (tcp_state(tp) == TCP_CLOSED)
        return;
    transmit(tp, acceptable_seq(tp), TCP_ACK, NULL, &why);
}

void tcp_send_ack_now(struct tcp_sock *tp)
{
    uint32_t before = tp->rcv_nxt - tp->irs;

    if (tp->n_sacks > 0)
        tcp_send_ack(tp, WHY(TCP_ACK_DUPLICATE, before));
    else
        tcp_send_ack(tp, WHY(TCP_ACK, before));
}

void tcp_send_dup_ack(struct tcp_sock *tp)
{
    tcp_send_ack(tp, WHY(TCP_ACK_DUPLICATE, tp->rcv_nxt - tp->irs));
}

void tcp_send_delayed_ack(struct tcp_sock *tp)
{
    sim_time now = node_now(tp->sock.node), due;
    uint64_t ato = tp->ato;

    if (ato > TCP_ATO_MIN) {
        uint64_t max_ato = 500000;

        if (tp->pingpong > 0 || (tp->ack_pending & TCP_ACK_PUSHED) != 0)
            max_ato = tp->layer->sysctl.delack_max_us;
        if (tp->srtt_us > 0) {
            uint64_t rtt = u32_max(tp->srtt_us >> 3, TCP_ATO_MIN);

            if (rtt < max_ato)
                max_ato = rtt;
        }
        ato = ato < max_ato ? ato : max_ato;
    }
    if (ato > tp->layer->sysctl.delack_max_us)
        ato = tp->layer->sysctl.delack_max_us;
    due = tcp_wheel_expiry(tp->layer, SIM_USEC(ato)); /* 0: nothing to wait for, the next tick */
    if ((tp->ack_pending & TCP_ACK_TIMER) != 0 &&
        timer_pair_running(&tp->timers, TCP_HAND_DELACK)) {
        sim_time old = tp->timers.hands[TCP_HAND_DELACK].due;

        if (old <= now + SIM_USEC(ato / 4)) {
            tcp_send_ack_now(tp);
            return;
        }
        due = due < old ? due : old;
    }
    tp->ack_pending |= TCP_ACK_SCHED | TCP_ACK_TIMER;
    timer_pair_start_at(&tp->timers, TCP_HAND_DELACK, due);
}

/* RFC 5961 section 7: limited, for a socket by time, for the host by number. */
void tcp_send_challenge_ack(struct tcp_sock *tp)
{
    struct tcp_layer *tcp = tp->layer;
    uint64_t now = tcp_now(tcp);

    if (tp->rare->last_oow_ack != 0 &&
        now - (tp->rare->last_oow_ack - 1) < tcp->sysctl.invalid_ratelimit * UINT64_C(1000))
        return;
    TCP_RARE_SET(tp, last_oow_ack, now + 1);
    if (tcp->sysctl.challenge_ack_limit != INT32_MAX) {
        if (now / 1000000 != tcp->challenge_second) {
            tcp->challenge_second = (uint32_t)(now / 1000000);
            tcp->challenge_count = 0;
        }
        if (tcp->challenge_count++ >= tcp->sysctl.challenge_ack_limit)
            return;
    }
    tcp_send_ack(tp, WHY0(TCP_CHALLENGE_ACK));
}

/* Opening and closing. */

static struct tcp_seg *control_seg(struct tcp_sock *tp, uint32_t seq, uint8_t flags)
{
    struct tcp_seg *seg = tcp_seg_new(tp->layer);

    seg->seq = seq;
    seg->end_seq = seq + ((flags & (TCP_SYN | TCP_FIN)) != 0 ? 1 : 0);
    seg->flags = flags;
    seg->truesize = TCP_SKB_OVERHEAD;
    tp->wmem_queued += seg->truesize;
    return seg;
}

/* The SYN with what Fast Open has for it: octets leave with it, and are a segment of their own if
 * they have to leave again. */
static void transmit_fast_syn(struct tcp_sock *tp, struct tcp_seg *syn,
                              const struct sock_send *message, const struct why *why)
{
    struct tcp_seg *data = tcp_fastopen_syn_data(tp, message);

    if (data == NULL) {
        transmit_seg(tp, syn, why);
    } else {
        note_sent(tp, syn);
        note_sent(tp, data);
        list_push_back(&tp->rtx_queue, &data->link);
        tp->packets_out++;
        transmit(tp, syn->seq, syn->flags, &data->data, why);
    }
    tcp_rare(tp)->fastopen->offer.present = false; /* not when it is sent again */
}

void tcp_connect_start(struct tcp_sock *tp, bool fast, const struct sock_send *message)
{
    uint8_t flags = TCP_SYN;
    struct tcp_seg *syn;
    const struct endpoint *to = &tp->entry.ends->remote;
    struct why why;

    if (tp->layer->sysctl.ecn == 1) {
        flags |= TCP_ECE | TCP_CWR;
        tp->ecn = TCP_ECN_OK;
    }
    syn = control_seg(tp, tp->write_seq++, flags);
    list_push_back(&tp->rtx_queue, &syn->link);
    tp->packets_out++;
    tp->retrans_stamp = tcp_now(tp->layer) + 1;
    why = to->v6 ? WHY(TCP6_SYN, to->addr6.hi, to->addr6.lo, to->port)
                 : WHY(TCP_SYN, to->addr, to->port);
    if (fast)
        transmit_fast_syn(tp, syn, message, &why);
    else
        transmit_seg(tp, syn, &why);
    tp->snd_nxt = tp->pushed_seq = tp->write_seq;
    tcp_rtx_timer_start(tp, TCP_TIMER_RTO, tp->rto);
}

/* Simultaneous open: our SYN again, with an ACK. */
void tcp_send_synack(struct tcp_sock *tp)
{
    struct tcp_seg *syn = tcp_first(&tp->rtx_queue);

    if (syn == NULL || (syn->flags & TCP_SYN) == 0)
        return;
    syn->flags |= TCP_ACK;
    syn->flags &= (uint8_t)~TCP_CWR; /* RFC 3168 section 6.1.1: an answer has ECE alone */
    if ((tp->ecn & TCP_ECN_OK) == 0)
        syn->flags &= (uint8_t)~TCP_ECE;
    transmit_seg(tp, syn, &WHY0(TCP_SYN_ACK));
}

void tcp_send_fin(struct tcp_sock *tp)
{
    struct tcp_seg *tail = tcp_last(&tp->write_queue);

    if (tail != NULL) {
        tail->flags |= TCP_FIN; /* rides on the last octets that have not left yet */
        tail->end_seq++;
        tp->write_seq++;
    } else {
        tail = control_seg(tp, tp->write_seq++, TCP_ACK | TCP_FIN);
        tcp_chrono_start(tp, TCP_CHRONO_BUSY);
        list_push_back(&tp->write_queue, &tail->link);
        tcp_slow_start_after_idle_check(tp);
    }
    tcp_push_pending(tp, tcp_current_mss(tp), TCP_NAGLE_OFF);
}

void tcp_send_active_reset(struct tcp_sock *tp)
{
    transmit(tp, acceptable_seq(tp), TCP_ACK | TCP_RST, NULL, &WHY0(TCP_RST_ABORT));
}

void tcp_send_reply(struct tcp_layer *tcp, const struct tcp_reply *reply)
{
    struct tcp_hdr hdr = reply->hdr;
    struct frame *frame =
        frame_new(tcp->node, TCP_HDR_LEN + tcp_options_len(&hdr.opt, (hdr.flags & TCP_SYN) != 0));

    hdr.src_port = reply->local.port;
    hdr.dst_port = reply->remote.port;
    tcp_emit(&hdr, frame->data);
    frame->why = reply->why;
    tcp_reply_output(tcp, frame, reply);
}

void tcp_send_reset(struct tcp_layer *tcp, const struct tcp_rx *rx, struct why why)
{
    struct tcp_reply reply = { .local = ip_rx_local(rx->ip, rx->hdr.dst_port),
                               .remote = ip_rx_remote(rx->ip, rx->hdr.src_port),
                               .why = why };

    if ((rx->hdr.flags & TCP_RST) != 0 || rx->ip->kind != ROUTE_LOCAL)
        return;
    reply.tos = ip_rx_tos(rx->ip) & 0xfc;
    if ((rx->hdr.flags & TCP_ACK) != 0) {
        reply.hdr.seq = rx->hdr.ack;
        reply.hdr.flags = TCP_RST;
    } else {
        reply.hdr.ack = rx->end_seq;
        reply.hdr.flags = TCP_RST | TCP_ACK;
    }
    tcp_send_reply(tcp, &reply);
}

/* Data: when it may go. */

bool tcp_forced_push(const struct tcp_sock *tp)
{
    return seq_gt(tp->write_seq, tp->pushed_seq + tp->max_window / 2);
}

void tcp_mark_push(struct tcp_sock *tp, struct tcp_seg *seg)
{
    seg->flags |= TCP_PSH;
    tp->pushed_seq = tp->write_seq;
}

void tcp_cwnd_restart(struct tcp_sock *tp, int64_t delta)
{
    uint32_t restart = u32_min(tp->layer->sysctl.initial_cwnd, tp->cwnd), cwnd = tp->cwnd;

    tp->ssthresh = tcp_current_ssthresh(tp);
    while ((delta -= tp->rto) > 0 && cwnd > restart)
        cwnd >>= 1;
    tp->cwnd = u32_max(cwnd, restart);
    tp->cwnd_stamp = tcp_now(tp->layer);
    tp->cwnd_used = 0;
}

/* RFC 5681 section 4.1, RFC 2861: a window that was not used for long has lost its meaning. */
void tcp_slow_start_after_idle_check(struct tcp_sock *tp)
{
    int64_t delta = (int64_t)(tcp_now(tp->layer) - tp->lsndtime);

    if (tp->layer->sysctl.slow_start_after_idle && tp->packets_out == 0 && delta > tp->rto)
        tcp_cwnd_restart(tp, delta);
}

/* RFC 2861 section 3.2: what the program never fills shrinks. */
static void cwnd_application_limited(struct tcp_sock *tp)
{
    if (tp->ca_state == TCP_CA_OPEN && !tp->no_space) {
        uint32_t used = u32_max(tp->cwnd_used, tp->layer->sysctl.initial_cwnd);

        if (used < tp->cwnd) {
            tp->ssthresh = tcp_current_ssthresh(tp);
            tp->cwnd = (tp->cwnd + used) / 2;
        }
        tp->cwnd_used = 0;
    }
    tp->cwnd_stamp = tcp_now(tp->layer);
}

static void cwnd_validate(struct tcp_sock *tp, bool limited)
{
    uint64_t now = tcp_now(tp->layer);

    if (!seq_lt(tp->snd_una, tp->cwnd_usage_seq) || limited ||
        (!tp->is_cwnd_limited && tp->packets_out > tp->max_packets_out)) {
        tp->is_cwnd_limited = limited;
        tp->max_packets_out = tp->packets_out;
        tp->cwnd_usage_seq = tp->snd_nxt;
    }
    if (tcp_is_cwnd_limited(tp)) {
        tp->cwnd_used = 0;
        tp->cwnd_stamp = now;
        return;
    }
    tp->cwnd_used = u32_max(tp->cwnd_used, tp->packets_out);
    if (tp->layer->sysctl.slow_start_after_idle && now - tp->cwnd_stamp >= tp->rto)
        cwnd_application_limited(tp);
    /* All is out, the window would take more, and the program has more: the buffer is too small. */
    if (list_empty(&tp->write_queue) && tp->no_space && !tp->orphan &&
        tcp_state_in(tp, TCP_IN(TCP_ESTABLISHED) | TCP_IN(TCP_CLOSE_WAIT)))
        tcp_chrono_start(tp, TCP_CHRONO_SNDBUF_LIMITED);
}

bool tcp_small_in_flight(const struct tcp_sock *tp)
{
    return seq_gt(tp->snd_sml, tp->snd_una) && !seq_gt(tp->snd_sml, tp->snd_nxt);
}

/* Minshall's variant of Nagle's rule: at most one small segment that is not acknowledged. */
static bool nagle_allows(const struct tcp_sock *tp, const struct tcp_burst *burst, uint32_t mss,
                         uint8_t nonagle)
{
    if ((nonagle & TCP_NAGLE_PUSH) != 0 || burst->fin || tp->urg_out)
        return true;
    if (burst->len >= mss)
        return true;
    if ((nonagle & TCP_NAGLE_CORK) != 0)
        return false;
    return nonagle != 0 || tp->packets_out == 0 || !tcp_small_in_flight(tp);
}

static bool window_allows(const struct tcp_sock *tp, const struct tcp_burst *burst, uint32_t mss)
{
    uint32_t len = burst->len > mss ? mss : burst->len + burst->fin;

    return !seq_gt(tcp_first(&tp->write_queue)->seq + len, tcp_wnd_end(tp));
}

static void event_new_data_sent(struct tcp_sock *tp, struct tcp_seg *seg)
{
    tp->snd_nxt = seg->end_seq;
    list_remove(&seg->link);
    list_push_back(&tp->rtx_queue, &seg->link);
    tp->packets_out++;
}

/* Does new data that leaves set the retransmission timer? */
static bool data_sets_rto(const struct tcp_sock *tp)
{
    return tp->packets_out == 0 || tp->rtx_kind == TCP_TIMER_TLP;
}

static struct why why_data(const struct tcp_sock *tp, const struct tcp_seg *seg)
{
    if (seg->data.len == 0)
        return WHY0(TCP_FIN);
    return WHY(TCP_DATA, seg->data.len, seg->seq - tp->iss);
}

static void send_new(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t mss, struct why why)
{
    transmit_seg(tp, seg, &why);
    event_new_data_sent(tp, seg);
    if (seg->data.len < mss)
        tp->snd_sml = seg->end_seq;
}

/* @len octets from the head of write_queue in segments of @mss, the last marked PSH if they are
 * several. */
static unsigned send_burst(struct tcp_sock *tp, uint32_t len, uint32_t mss, bool probe)
{
    bool dsack = tp->has_dsack, more; /* a burst has the same options in all its segments */
    struct tcp_seg *rest;
    unsigned n = 0;

    do {
        struct tcp_seg *seg = tcp_first(&tp->write_queue);
        uint32_t piece = u32_min(len, mss);

        if (seg->data.len > piece)
            seg = tcp_seg_carve(tp, seg, piece);
        else
            tcp_seg_fill(tp, seg, piece);
        piece = u32_min(piece, seg->data.len);
        len -= piece;
        more = len > 0 && seg != tcp_last(&tp->write_queue);
        seg->starts_buffer = n == 0;
        seg->push_once = n > 0 && !more;
        tp->has_dsack = dsack;
        send_new(tp, seg, mss, probe ? WHY0(TCP_TAIL_PROBE) : why_data(tp, seg));
        n++;
    } while (more);
    rest = tcp_first(&tp->write_queue);
    if (rest != NULL && !rest->starts_buffer)
        tcp_buffer_begin(tp, rest);
    return n;
}

/* @push_one: 1 sends one burst at most, 2 is a tail loss probe. True: stuck on the peer's window
 * with nothing out. */
bool tcp_write_xmit(struct tcp_sock *tp, uint32_t mss, uint8_t nonagle, int push_one)
{
    struct tcp_seg *seg;
    uint32_t max_segs = 0;
    unsigned n_sent = 0;
    bool cwnd_limited = false, rwnd_limited = false, set_rto = data_sets_rto(tp);

    while ((seg = tcp_first(&tp->write_queue)) != NULL) {
        uint32_t quota = tcp_cwnd_quota(tp);
        struct tcp_burst burst;

        if (quota == 0 && push_one != 2) {
            cwnd_limited = true;
            break;
        }
        if (max_segs == 0)
            max_segs = tcp_burst_segs(tp, mss);
        quota = tp->urg_out ? 1 : u32_min(u32_max(quota, 1), max_segs);
        burst = tcp_burst_gather(tp, quota * mss);
        if (!window_allows(tp, &burst, mss)) {
            rwnd_limited = true;
            break;
        }
        if (burst.len > mss) {
            if (push_one == 0 &&
                tcp_burst_defers(tp, &burst, mss, max_segs, &cwnd_limited, &rwnd_limited))
                break;
            burst.len = tcp_burst_len(tp, &burst, mss, quota, nonagle);
        } else if (!nagle_allows(tp, &burst, mss, burst.last ? nonagle : TCP_NAGLE_PUSH)) {
            break;
        }
        n_sent += send_burst(tp, burst.len, mss, push_one == 2);
        if (push_one != 0)
            break;
    }
    if (rwnd_limited)
        tcp_chrono_start(tp, TCP_CHRONO_RWND_LIMITED);
    else
        tcp_chrono_stop(tp, TCP_CHRONO_RWND_LIMITED);
    if (n_sent == 0) {
        if (cwnd_limited && tp->packets_out > 0)
            cwnd_validate(tp, true);
        return tp->packets_out == 0 && !list_empty(&tp->write_queue);
    }
    if (tcp_in_cwnd_reduction(tp))
        tcp_rare(tp)->prr_out += n_sent;
    if ((push_one == 2 || !tcp_schedule_loss_probe(tp, false)) && set_rto)
        tcp_rearm_rto(tp);
    cwnd_validate(tp, cwnd_limited || tcp_packets_in_flight(tp) >= tp->cwnd);
    return false;
}

void tcp_push_pending(struct tcp_sock *tp, uint32_t mss, uint8_t nonagle)
{
    if (tcp_state(tp) == TCP_CLOSED)
        return;
    if (tcp_write_xmit(tp, mss, nonagle, 0))
        tcp_check_probe_timer(tp);
}

/* Sending again. */

static void forget_packet(struct tcp_sock *tp, const struct tcp_seg *seg)
{
    tp->packets_out--;
    if ((seg->marks & TCP_MARK_RETRANS) != 0)
        tp->retrans_out--;
    if ((seg->marks & TCP_MARK_LOST) != 0)
        tp->lost_out--;
    if (!tp->sack_ok && tp->sacked_out > 0)
        tp->sacked_out--;
}

/* Is @seg, which is in flight, all of its buffer? */
static bool is_alone(const struct tcp_sock *tp, const struct tcp_seg *seg)
{
    return seg->starts_buffer &&
           (seg->link.next == &tp->rtx_queue || tcp_seg_of(seg->link.next)->starts_buffer);
}

/* Small buffers that follow each other are sent again as one, RFC 9293 section 3.8.1. */
static void collapse(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t space)
{
    uint32_t write_seq = tp->write_seq;

    if ((seg->flags & TCP_SYN) != 0 || seg->data.len == 0 || !is_alone(tp, seg))
        return;
    while (seg->link.next != &tp->rtx_queue && (seg->flags & TCP_FIN) == 0 && !seg->eor) {
        struct tcp_seg *next = tcp_seg_of(seg->link.next);
        uint32_t len = next->data.len;

        if ((next->marks & TCP_MARK_SACKED) != 0 || !is_alone(tp, next) ||
            seg->data.len + len > space || seq_gt(next->end_seq, tcp_wnd_end(tp)))
            break;
        if (len > 0)
            tcp_seg_append(tp, seg, next->data.octets, len, false);
        seg->end_seq = next->end_seq;
        seg->flags |= next->flags;
        seg->eor = next->eor;
        seg->marks |= next->marks & TCP_MARK_EVER;
        forget_packet(tp, next);
        tcp_wmem_free(tp, next);
    }
    tp->write_seq = write_seq;
}

/* @seg in two, both with what is known of it. */
static void split_sent(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len)
{
    tcp_seg_split(tp, seg, len);
    tp->packets_out++;
    if ((seg->marks & TCP_MARK_LOST) != 0)
        tp->lost_out++;
    if ((seg->marks & TCP_MARK_RETRANS) != 0)
        tp->retrans_out++;
    if ((seg->marks & TCP_MARK_SACKED) != 0)
        tp->sacked_out++;
}

/* What went out in one burst is cut anew when segments have another size by now: @seg becomes one
 * of @len octets, at the cost of those behind it. */
static void recut(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t len)
{
    enum { SAME = TCP_MARK_LOST | TCP_MARK_RETRANS | TCP_MARK_SACKED };

    if (seg->data.len > len) {
        split_sent(tp, seg, len);
        return;
    }
    while (seg->data.len < len && !seg->eor && seg->link.next != &tp->rtx_queue) {
        struct tcp_seg *next = tcp_seg_of(seg->link.next);
        uint32_t n = u32_min(len - seg->data.len, next->data.len);

        if (next->starts_buffer || n == 0 || ((next->marks ^ seg->marks) & SAME) != 0)
            return;
        if (n == next->data.len)
            forget_packet(tp, next);
        tcp_seg_take(tp, seg, next, n);
    }
}

static int prepare_retransmit(struct tcp_sock *tp, struct tcp_seg *seg)
{
    uint32_t mss, window, len;

    if (seq_lt(seg->seq, tp->snd_una) && (seg->flags & TCP_SYN) == 0)
        tcp_seg_trim_head(tp, seg, u32_min(tp->snd_una - seg->seq, seg->data.len));
    if (tcp_route(tp) < 0)
        return -SIM_EHOSTUNREACH;
    mss = tcp_current_mss(tp);
    window = tcp_wnd_end(tp) - seg->seq;
    if ((int32_t)window <= 0) {
        /* The peer shrank his window. Only the first segment goes: it is a probe. */
        if (seg->seq != tp->snd_una)
            return -SIM_EAGAIN;
        window = mss;
    }
    len = u32_min(mss, window);
    if (seg->data.len > 0)
        recut(tp, seg, len);
    if (seg->data.len > 0 && seg->data.len < len)
        collapse(tp, seg, len);
    return 0;
}

/* Linux has cut its buffer behind @seg, and what is left of it is counted in segments of today. */
static void cut_behind(struct tcp_sock *tp, struct tcp_seg *seg)
{
    uint32_t mss = tcp_current_mss(tp);
    struct list *at = seg->link.next;

    if (at == &tp->rtx_queue || tcp_seg_of(at)->starts_buffer)
        return;
    tcp_buffer_cut(tp, tcp_seg_of(at));
    do {
        if (tcp_seg_of(at)->data.len > 0)
            recut(tp, tcp_seg_of(at), mss);
        at = at->next;
    } while (at != &tp->rtx_queue && !tcp_seg_of(at)->starts_buffer);
}

/* @goes_on: in one burst with the next. */
static int retransmit_once(struct tcp_sock *tp, struct tcp_seg *seg, bool goes_on, struct why why)
{
    int error = prepare_retransmit(tp, seg);

    if (error < 0)
        return error;
    if ((seg->flags & TCP_SYN) != 0 && tp->retransmits > 0 && (seg->flags & TCP_ACK) == 0)
        seg->flags &= (uint8_t) ~(TCP_ECE | TCP_CWR); /* RFC 3168 section 6.1.1.1 */
    tcp_rare(tp)->total_retrans++;
    tcp_rare(tp)->bytes_retrans += seg->data.len;
    error = transmit_seg(tp, seg, &why);
    seg->marks |= TCP_MARK_EVER;
    if (!goes_on)
        cut_behind(tp, seg);
    return error;
}

static int retransmit(struct tcp_sock *tp, struct tcp_seg *seg, bool goes_on, struct why why)
{
    int error = retransmit_once(tp, seg, goes_on, why);

    if (error == 0) {
        seg->marks |= TCP_MARK_RETRANS;
        tp->retrans_out++;
    }
    if (tp->retrans_stamp == 0)
        tp->retrans_stamp = seg->sent_at + 1;
    if (tp->rare->undo_retrans < 0)
        TCP_RARE_SET(tp, undo_retrans, 0);
    tcp_rare(tp)->undo_retrans++;
    return error;
}

int tcp_retransmit(struct tcp_sock *tp, struct tcp_seg *seg, struct why why)
{
    return retransmit(tp, seg, false, why);
}

struct why tcp_why_fast(struct tcp_sock *tp, struct tcp_seg *seg)
{
    if (tp->ca_state == TCP_CA_LOSS)
        return WHY(TCP_RETRANSMIT_AFTER_TIMEOUT, seg->seq - tp->iss);
    return WHY(TCP_RETRANSMIT_FAST, seg->seq - tp->iss);
}

static bool goes_again(const struct tcp_seg *seg)
{
    return (seg->marks & TCP_MARK_LOST) != 0 &&
           (seg->marks & (TCP_MARK_SACKED | TCP_MARK_RETRANS)) == 0;
}

/* Where a burst of retransmissions ends that begins with @seg: what the congestion window and the
 * pace allow, and whole segments where the peer's window is less. */
static uint32_t burst_end(struct tcp_sock *tp, const struct tcp_seg *seg)
{
    uint32_t mss = tcp_current_mss(tp), window = tcp_wnd_end(tp) - seg->seq,
             segs = u32_min(tp->cwnd - tcp_packets_in_flight(tp), tcp_burst_segs(tp, mss)),
             len = mss * segs;

    if ((int32_t)window <= 0)
        return seg->end_seq;
    if (len > window)
        len = window < mss ? window : window - window % mss;
    return seg->seq + len;
}

/* Does the burst of retransmissions that ends at @end go on behind @seg? What went out in one burst
 * comes back in one, as long as all of it is lost. */
static bool burst_goes_on(const struct tcp_sock *tp, const struct tcp_seg *seg, uint32_t end)
{
    const struct tcp_seg *next = tcp_seg_of(seg->link.next);

    return seg->link.next != &tp->rtx_queue && !next->starts_buffer && goes_again(next) &&
           seq_lt(seg->end_seq, end);
}

void tcp_xmit_retransmit_queue(struct tcp_sock *tp,
                               struct why (*reason)(struct tcp_sock *, struct tcp_seg *))
{
    struct tcp_seg *head = tcp_first(&tp->rtx_queue);
    bool rearm = false;
    uint32_t end = 0;
    unsigned n = 0;

    for (struct list *at = tp->rtx_queue.next; at != &tp->rtx_queue; at = at->next) {
        struct tcp_seg *seg = tcp_seg_of(at);
        bool goes_on;

        if (n == 0 && (tcp_packets_in_flight(tp) >= tp->cwnd || tp->retrans_out >= tp->lost_out))
            break;
        if (!goes_again(seg))
            continue;
        if (prepare_retransmit(tp, seg) < 0)
            break;
        if (++n == 1) {
            tcp_buffer_cut(tp, seg);
            end = burst_end(tp, seg);
        }
        goes_on = burst_goes_on(tp, seg, end);
        seg->push_once = n > 1 && !goes_on;
        n = goes_on ? n : 0;
        if (retransmit(tp, seg, goes_on, reason(tp, seg)) != 0)
            break;
        if (tcp_in_cwnd_reduction(tp))
            tcp_rare(tp)->prr_out++;
        if (seg == head && tp->rtx_kind != TCP_TIMER_REO)
            rearm = true;
    }
    if (rearm)
        tcp_rtx_timer_start(tp, TCP_TIMER_RTO, tp->rto);
}

/* Probes. */

static int xmit_probe(struct tcp_sock *tp, struct why why)
{
    return transmit(tp, tp->snd_una - 1, TCP_ACK, NULL, &why);
}

int tcp_write_wakeup(struct tcp_sock *tp, struct why why)
{
    struct tcp_seg *seg = tcp_first(&tp->write_queue);
    bool set_rto = data_sets_rto(tp);
    uint32_t mss, size;

    if (tcp_state(tp) == TCP_CLOSED)
        return -1;
    if (seg == NULL || !seq_lt(seg->seq, tcp_wnd_end(tp)))
        return xmit_probe(tp, why);
    /* The window is open after all, but too small for the rules against silly windows: use it now.
     */
    mss = tcp_current_mss(tp);
    size = u32_min(tcp_wnd_end(tp) - seg->seq, mss);
    if (size < seg->data.len) {
        struct tcp_seg *rest = seg;

        seg = tcp_seg_carve(tp, rest, size);
        rest->starts_buffer = true;
        tcp_buffer_begin(tp, rest);
    } else {
        tcp_seg_fill(tp, seg, size);
    }
    seg->flags |= TCP_PSH;
    if (seq_lt(tp->pushed_seq, seg->end_seq))
        tp->pushed_seq = seg->end_seq;
    send_new(tp, seg, 0, why_data(tp, seg));
    if (set_rto)
        tcp_rearm_rto(tp);
    return 0;
}

void tcp_send_probe0(struct tcp_sock *tp)
{
    int error = tcp_write_wakeup(tp, WHY0(TCP_WINDOW_PROBE));
    uint64_t when = TCP_RESOURCE_PROBE;

    if (tp->packets_out > 0 || list_empty(&tp->write_queue)) {
        tp->probes_out = 0;
        tp->backoff = 0;
        TCP_RARE_SET(tp, probes_tstamp, 0);
        return;
    }
    tp->probes_out++;
    if (error <= 0) {
        if (tp->backoff < tp->layer->sysctl.retries2)
            tp->backoff++;
        when = tcp_probe0_when(tp);
    }
    tcp_rtx_timer_start(tp, TCP_TIMER_PROBE,
                        tcp_clamp_to_user_timeout(tp, when, tp->rare->probes_tstamp));
}

bool tcp_loss_probe_fits(const struct tcp_sock *tp)
{
    return tp->layer->sysctl.early_retrans >= 3 && tp->packets_out > 0 && tp->sack_ok &&
           !tp->synack_pending && (tp->ca_state == TCP_CA_OPEN || tp->ca_state == TCP_CA_CWR);
}

/* RFC 8985 section 7.2: when the last segments may be lost, nobody's ACK would tell. */
bool tcp_schedule_loss_probe(struct tcp_sock *tp, bool advancing_rto)
{
    uint64_t timeout = TCP_TIMEOUT_INIT;
    int64_t rto;

    if (!tcp_loss_probe_fits(tp))
        return false;
    if (tp->srtt_us > 0) {
        timeout = tp->srtt_us >> 2;
        timeout += tp->packets_out == 1 ? tp->layer->sysctl.rto_min_us : TCP_PROBE_MARGIN;
    }
    rto = advancing_rto ? (int64_t)tp->rto : tcp_rto_delta(tp);
    if (rto > 0 && (uint64_t)rto < timeout)
        timeout = (uint64_t)rto;
    tcp_rtx_timer_start(tp, TCP_TIMER_TLP, timeout);
    return true;
}

/* The last segment sent. Its burst of @n is cut anew before, unless that would leave nothing for
 * the n-th. */
static struct tcp_seg *recut_tail(struct tcp_sock *tp, uint32_t mss)
{
    struct tcp_seg *tail = tcp_last(&tp->rtx_queue), *seg = tail;
    uint32_t before = 0;

    if (seg == NULL || seg->data.len == 0)
        return seg;
    for (; !seg->starts_buffer && seg != tcp_first(&tp->rtx_queue); before += mss)
        seg = tcp_seg_of(seg->link.prev);
    if (tail->end_seq - seg->seq <= before)
        return tail;
    for (uint32_t len = 0; len < before; len += mss, seg = tcp_seg_of(seg->link.next))
        recut(tp, seg, mss);
    recut(tp, seg, UINT16_MAX);
    tcp_buffer_cut(tp, seg);
    return tcp_last(&tp->rtx_queue);
}

static bool probe_for_loss(struct tcp_sock *tp)
{
    struct tcp_seg *seg = tcp_first(&tp->write_queue);
    uint32_t mss = tcp_current_mss(tp), before = tp->packets_out;

    if (tp->has_tlp)
        return false;
    tp->tlp_retrans = false;
    if (seg != NULL) {
        struct tcp_burst burst = tcp_burst_gather(tp, 0);

        if (window_allows(tp, &burst, mss)) {
            tcp_write_xmit(tp, mss, TCP_NAGLE_OFF, 2);
            return tp->packets_out > before;
        }
    }
    seg = recut_tail(tp, mss);
    if (seg == NULL || retransmit_once(tp, seg, false, WHY0(TCP_TAIL_PROBE)) != 0)
        return false;
    tp->tlp_retrans = true;
    return true;
}

void tcp_send_loss_probe(struct tcp_sock *tp)
{
    if (probe_for_loss(tp)) {
        tp->has_tlp = true;
        TCP_RARE_SET(tp, tlp_high_seq, tp->snd_nxt);
        tp->rtx_kind = TCP_TIMER_NONE; /* so that the RTO counts from now */
    }
    tcp_rearm_rto(tp);
}
