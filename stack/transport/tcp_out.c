/* Sending segments: their size, headers and options; ACKs, SYN, FIN and RST. */
#include "base/likely.h"
#include "stack/transport/tcp_accecn.h"
#include "stack/transport/tcp_fastopen.h"
#include "stack/transport/tcp_md5.h"
#include "stack/transport/tcp_path.h"

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

uint32_t tcp_mss_headers(const struct tcp_sock *tp)
{
    return tcp_ip_len(&tp->entry) + fixed_header_len(tp);
}

uint32_t tcp_mss_of_mtu(const struct tcp_sock *tp, uint32_t mtu)
{
    uint32_t headers = tcp_ip_len(&tp->entry) + TCP_HDR_LEN;
    uint32_t mss = mtu > headers ? mtu - headers : 0;
    uint32_t options = fixed_header_len(tp) - TCP_HDR_LEN;

    return u32_max(u32_min(mss, tp->mss_clamp), TCP_MSS_FLOOR) - options;
}

void tcp_sync_mss(struct tcp_sock *tp, uint32_t pmtu)
{
    uint32_t mss = bound_to_half_window(tp, tcp_mss_of_mtu(tp, pmtu));

    if (pmtu != tp->pmtu)
        tp->mtu_version = 0;
    tp->pmtu = pmtu;
    tp->mss_cache = tp->mtu_probing ? u32_min(mss, tcp_mtu_probe_mss(tp, pmtu)) : mss;
}

static uint8_t n_sack_options(const struct tcp_sock *tp)
{
    unsigned n = tp->n_sacks + (tp->has_dsack ? 1u : 0u), fit;

    if (LIKELY(n == 0))
        return 0;
    fit = (TCP_HDR_LEN + TCP_OPTIONS_MAX - fixed_header_len(tp) -
           (tp->signs ? TCP_MD5_ALIGNED : 0) - TCP_SACK_PADDED) /
          TCP_SACK_BLOCK;
    return (uint8_t)(n < fit ? n : fit);
}

/* What signatures and accurate ECN take beside @n_sack blocks. */
SELDOM static uint32_t more_octets(const struct tcp_sock *tp, uint32_t n_sack)
{
    int n = tp->accecn ? tcp_accecn_octets(tp, n_sack) : 0;

    return (uint32_t)n + (tp->signs ? TCP_MD5_ALIGNED : 0);
}

/* The path may take packets of another size by now. */
APART static void look_at_path(struct tcp_sock *tp)
{
    uint32_t mtu = tcp_path_mtu_known(tp);

    if (mtu != 0 && mtu != tp->pmtu)
        tcp_sync_mss(tp, mtu);
    tp->mtu_version = mtu != 0 ? tcp_path_version(tp) : 0;
}

uint32_t tcp_current_mss(struct tcp_sock *tp)
{
    uint32_t n_sack = n_sack_options(tp), mss;

    if (UNLIKELY(tp->mtu_version != tp->sock.ip->fib.generation + 1))
        look_at_path(tp);
    mss = tp->mss_cache - (n_sack > 0 ? TCP_BLOCKS_PADDED(n_sack) : 0);
    return LIKELY(!tp->more_options) ? mss : mss - more_octets(tp, n_sack);
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
    /* Of a simultaneous open: advmss has room for timestamps already. */
    uint32_t less = (hdr->flags & TCP_ACK) != 0 && tp->ts_ok ? TCP_TS_ALIGNED : 0;

    if (tp->has_route) /* the way may have shrunk since the last */
        tp->advmss = u32_min(tp->advmss, tcp_advertised_mss(tp, tcp_path_mtu(tp)) - less);
    hdr->opt.has_mss = true;
    hdr->opt.mss = (uint16_t)(tp->advmss + less);
    if (answer ? tp->ts_ok : sysctl->timestamps && !tp->signs) { /* there is no room for both */
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

/* The blocks that are told, newest first; returns how many. */
static uint8_t list_blocks(const struct tcp_sock *tp, struct tcp_sack_block blocks[TCP_SACK_MAX])
{
    uint8_t n = n_sack_options(tp), at = 0;

    if (n > 0 && tp->has_dsack)
        blocks[at++] = tp->rare->dsack;
    for (uint8_t i = 0; at < n; i++, at++)
        blocks[at] = tp->rare->sacks[i];
    return n;
}

static void established_options(const struct tcp_sock *tp, struct tcp_hdr *hdr)
{
    if (tp->ts_ok) {
        hdr->opt.has_ts = true;
        hdr->opt.ts_val = tcp_ts_now(tp->layer, tp->ts_offset);
        hdr->opt.ts_ecr = tp->ts_recent;
    }
    hdr->opt.n_sack = list_blocks(tp, hdr->opt.sack);
}

static void put_urgent(const struct tcp_sock *tp, struct tcp_hdr *hdr)
{
    if (!tp->urg_out || seq_geq(hdr->seq, tp->rare->snd_up))
        return;
    if (tp->rare->snd_up - hdr->seq > 0xffff && !seq_gt(hdr->seq + 0xffff, tp->snd_nxt))
        return; /* too far to be told, and not the last word */
    hdr->flags |= TCP_URG;
    hdr->urgent = (uint16_t)u32_min(tp->rare->snd_up - hdr->seq, 0xffff);
}

/* A SYN: RFC 3168 section 6.1.1, RFC 9768 section 3.1.1. */
static uint8_t ecn_send_syn(struct tcp_sock *tp, uint16_t *flags)
{
    uint8_t tos = tp->sock.options.tos;

    if ((tp->ecn & TCP_ECN_ACCURATE) == 0)
        return tos;
    tcp_rare(tp)->ecn->syn_sent = tos & 3;
    if ((*flags & TCP_ACK) != 0) /* simultaneous open */
        *flags = (uint16_t)((*flags & ~TCP_ACE) | tcp_accecn_reflect(tp->rare->ecn->syn_came));
    else if ((*flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR))
        *flags |= TCP_AE;
    return tos;
}

/* RFC 3168 section 6.1: new data is ECN-capable, and answers a reduction with CWR; CE is echoed
 * until then. */
static uint8_t ecn_send(struct tcp_sock *tp, uint32_t seq, uint16_t *flags, uint32_t len)
{
    uint8_t tos = tp->sock.options.tos & 0xfc;

    if ((*flags & TCP_SYN) != 0)
        return ecn_send_syn(tp, flags);
    if (tp->accecn)
        return tos | tcp_accecn_send(tp, flags);
    if ((tp->ecn & TCP_ECN_DEMAND_CWR) != 0)
        *flags |= TCP_ECE;
    if (len == 0 || seq_lt(seq, tp->snd_nxt))
        return tos;
    if ((tp->ecn & TCP_ECN_QUEUE_CWR) != 0) {
        tp->ecn &= (uint8_t)~TCP_ECN_QUEUE_CWR;
        *flags |= TCP_CWR;
    }
    return tos | 2; /* ECT(0) */
}

static void event_ack_sent(struct tcp_sock *tp)
{
    tp->has_dsack = false;
    if (UNLIKELY(tp->rare->compressed_ack > 0)) { /* else its timer does not run */
        tcp_rare(tp)->compressed_ack = 0;
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

static void event_data_sent(struct tcp_sock *tp, uint64_t now)
{
    if (tcp_packets_in_flight(tp) == 0 && tp->cc->tx_start != NULL)
        tp->cc->tx_start(tp);
    tp->lsndtime = now;
    /* An answer so soon after data came: a dialogue, in which ACKs ride on answers. */
    if (now - tp->lrcvtime < tp->ato && tp->pingpong < UINT8_MAX)
        tp->pingpong++;
}

/* A segment with all that a header may have. */
static struct frame *any_segment(struct tcp_sock *tp, uint32_t seq, uint16_t flags, uint32_t len)
{
    struct tcp_accecn accecn;
    struct tcp_hdr hdr = { .src_port = tp->entry.ends->local.port,
                           .dst_port = tp->entry.ends->remote.port,
                           .seq = seq,
                           .flags = flags };
    struct frame *frame;
    size_t hdr_len;

    if ((flags & TCP_ACK) != 0)
        hdr.ack = tp->rcv_nxt;
    if ((flags & TCP_SYN) != 0) {
        syn_options(tp, &hdr);
        hdr.window = (uint16_t)u32_min(tp->rcv_wnd, 65535);
    } else {
        established_options(tp, &hdr);
        if (tp->accecn)
            tcp_accecn_put(tp, &hdr, len, &accecn);
        hdr.window = tcp_window_field(tp);
        put_urgent(tp, &hdr);
    }
    hdr.opt.signature_at = tp->signs;
    hdr_len = TCP_HDR_LEN + tcp_options_len(&hdr.opt, (flags & TCP_SYN) != 0);
    frame = frame_new(tp->sock.node, hdr_len);
    tcp_emit(&hdr, frame->data);
    return frame;
}

/* Nearly all segments: of an open connection, without urgent data. */
static inline bool is_plain(const struct tcp_sock *tp, uint16_t flags)
{
    return !tp->urg_out && !tp->more_options && (flags & (TCP_SYN | TCP_ACK)) == TCP_ACK &&
           !tp->layer->sysctl.long_way;
}

static inline bool has_blocks(const struct tcp_sock *tp)
{
    return tp->has_dsack || tp->n_sacks > 0;
}

/* any_segment() for them: the fields are written where they belong. @more: octets behind them. */
static inline struct frame *plain_segment(struct tcp_sock *tp, uint32_t seq, uint16_t flags,
                                          uint64_t now, uint32_t more)
{
    const struct endpoints *ends = tp->entry.ends;
    uint32_t hdr_len = fixed_header_len(tp) + more;
    struct frame *frame = frame_new(tp->sock.node, hdr_len);

    tcp_put(frame->data, ends->local.port, ends->remote.port, seq, tp->rcv_nxt, hdr_len, flags,
            tcp_window_field(tp));
    if (tp->ts_ok)
        tcp_put_ts(frame->data + TCP_HDR_LEN, tcp_ts_of(tp, now), tp->ts_recent);
    return frame;
}

/* The same with SACK blocks. */
APART static struct frame *segment_with_blocks(struct tcp_sock *tp, uint32_t seq, uint16_t flags,
                                               uint64_t now)
{
    const struct tcp_sack_block *from = tp->rare->sacks;
    struct tcp_sack_block blocks[TCP_SACK_MAX];
    uint8_t n = n_sack_options(tp);
    struct frame *frame = plain_segment(tp, seq, flags, now, TCP_BLOCKS_PADDED(n));

    if (tp->has_dsack) {
        list_blocks(tp, blocks);
        from = blocks;
    }
    tcp_put_blocks(frame->data + fixed_header_len(tp), from, n);
    return frame;
}

/* Of new data, a FIN, or an ACK that says how far we are. */
static inline void usual_why(const struct tcp_sock *tp, uint32_t seq, uint16_t flags, uint32_t len,
                             struct why *why)
{
    why->args[0] = len;
    why->args[1] = why->args[2] = why->args[3] = 0;
    if (len > 0) {
        why->code = WHY_TCP_DATA;
        why->args[1] = seq - tp->iss;
    } else if ((flags & TCP_FIN) != 0) {
        why->code = WHY_TCP_FIN;
    } else {
        why->code = tp->n_sacks > 0 ? WHY_TCP_ACK_DUPLICATE : WHY_TCP_ACK;
        why->args[0] = tp->rcv_nxt - tp->irs;
    }
}

int tcp_transmit(struct tcp_sock *tp, uint64_t now, uint32_t seq, uint16_t flags,
                 const struct slice *data, const struct why *why)
{
    uint32_t len = data == NULL ? 0 : data->len;
    uint8_t tos = tp->sock.options.tos;
    struct tcp_path *path;
    struct frame *frame;

    if (UNLIKELY((tp->ecn & TCP_ECN_MODE) != 0)) {
        tos = ecn_send(tp, seq, &flags, len);
        frame = any_segment(tp, seq, flags, len);
    } else if (LIKELY(is_plain(tp, flags))) {
        frame = LIKELY(!has_blocks(tp)) ? plain_segment(tp, seq, flags, now, 0)
                                        : segment_with_blocks(tp, seq, flags, now);
    } else {
        frame = any_segment(tp, seq, flags, len);
    }
    if (why == NULL)
        usual_why(tp, seq, flags, len, &frame->why);
    else
        frame->why = *why;
    if ((flags & TCP_ACK) != 0)
        event_ack_sent(tp);
    if (len > 0) {
        event_data_sent(tp, now);
        tp->data_segs_out++;
        tp->bytes_sent += len;
        frame_attach(frame, *data);
    }
    tp->segs_out++;
    tp->last_sent_at = now;
    if (UNLIKELY(tp->more_options) && tp->signs)
        tcp_md5_sign(tcp_md5_find(tp->user->md5, &tp->entry.ends->remote), &tp->entry.ends->local,
                     &tp->entry.ends->remote, frame);
    path = tcp_path_at_once(tp, frame_size(frame) + IPV4_HDR_LEN, tos);
    if (UNLIKELY(path == NULL))
        return tcp_path_output(tp, frame, tos);
    tcp_path_set_out(tp, frame);
    tcp_path_go(path, tp->sock.ip, frame, tp->next_id++);
    return 0;
}

/* @seg leaves. */
static inline void note_sent(struct tcp_sock *tp, uint64_t now, struct tcp_seg *seg)
{
    seg->sent_at = now;
    seg->tx_delivered = tp->delivered;
    tcp_rate_sent(tp, seg);
    tcp_seg_untime(seg);
    list_push_back(&tp->by_time, &seg->by_time);
    seg->timed = true;
}

int tcp_transmit_seg(struct tcp_sock *tp, uint64_t now, struct tcp_seg *seg, const struct why *why)
{
    uint8_t flags = seg->flags;

    note_sent(tp, now, seg);
    if (seg->push_once) {
        flags |= TCP_PSH;
        seg->push_once = false;
    }
    if (UNLIKELY(tp->has_notes))
        tcp_notes_sent(tp, seg);
    return tcp_transmit(tp, now, seg->seq, flags, &seg->data, why);
}

/* A segment of another window than ours is in flight when the peer has shrunk his: stay inside. */
static uint32_t acceptable_seq(const struct tcp_sock *tp)
{
    uint32_t end = tcp_wnd_end(tp);

    if (!seq_lt(end, tp->snd_nxt) ||
        (tp->wscale_ok && tp->snd_nxt - end < (UINT32_C(1) << tp->rcv_wscale)))
        return tp->snd_nxt;
    return end;
}

void tcp_send_ack(struct tcp_sock *tp, const struct why *why)
{
    if (tcp_state(tp) == TCP_CLOSED)
        return;
    tcp_transmit(tp, tcp_now(tp->layer), acceptable_seq(tp), TCP_ACK, NULL, why);
}

void tcp_send_handshake_ack(struct tcp_sock *tp, uint16_t ace)
{
    tcp_transmit(tp, tcp_now(tp->layer), acceptable_seq(tp), TCP_ACK | ace, NULL,
                 &WHY0(TCP_ACK_HANDSHAKE));
}

void tcp_send_ack_now(struct tcp_sock *tp)
{
    tcp_send_ack(tp, NULL);
}

void tcp_send_dup_ack(struct tcp_sock *tp)
{
    tcp_send_ack(tp, &WHY(TCP_ACK_DUPLICATE, tp->rcv_nxt - tp->irs));
}

/* An ACK is sent before the peer's least time-out, supposed to be ours, runs out. */
static uint32_t max_delack(const struct tcp_sock *tp)
{
    const uint32_t tick = JIFFY / SIM_USEC(1), before = u32_max(tcp_rto_min(tp), 2 * tick) - tick;
    uint32_t max = tp->layer->sysctl.delack_max_us;

    if (UNLIKELY(tp->own_times) && tp->user->delack_max_us != 0)
        max = tp->user->delack_max_us;
    return max > TCP_DELACK_MAX ? max : u32_min(max, before); /* more is not Linux's */
}

APART void tcp_send_delayed_ack(struct tcp_sock *tp)
{
    sim_time now = node_now(tp->sock.node), due;
    uint64_t ato = tp->ato, max = max_delack(tp);

    if (ato > TCP_ATO_MIN) {
        uint64_t max_ato = 500000;

        if (tp->pingpong > 0 || (tp->ack_pending & TCP_ACK_PUSHED) != 0)
            max_ato = u32_max(tp->layer->sysctl.delack_max_us, TCP_DELACK_MAX);
        if (tp->srtt_us > 0) {
            uint64_t rtt = u32_max(tp->srtt_us >> 3, TCP_ATO_MIN);

            if (rtt < max_ato)
                max_ato = rtt;
        }
        ato = ato < max_ato ? ato : max_ato;
    }
    ato = ato < max ? ato : max;
    due = SIM_TIME_NONE;
    if ((tp->ack_pending & TCP_ACK_TIMER) != 0 &&
        timer_pair_running(&tp->timers, TCP_HAND_DELACK)) {
        due = tp->timers.hands[TCP_HAND_DELACK].due;
        if (due <= now + SIM_USEC(ato / 4)) {
            tcp_send_ack_now(tp);
            return;
        }
    }
    if (due > now + SIM_USEC(ato)) {                                /* no timer runs out early */
        sim_time tick = tcp_wheel_expiry(tp->layer, SIM_USEC(ato)); /* 0: the next one */

        due = tick < due ? tick : due;
    }
    tp->ack_pending |= TCP_ACK_SCHED | TCP_ACK_TIMER;
    timer_pair_start_at(&tp->timers, TCP_HAND_DELACK, due);
}

/* RFC 5961 section 7: limited, for a socket by time, for the host by number: that is drawn anew
 * each second, so that nobody learns from it whether somebody else was answered (CVE-2016-5696). */
static bool host_may_challenge(struct tcp_layer *tcp)
{
    uint32_t limit = tcp->sysctl.challenge_ack_limit,
             second = (uint32_t)(tcp_now(tcp) / 1000000) + 1;

    if (limit == INT32_MAX || limit == 0) /* 0: Linux draws from all numbers there are */
        return true;
    if (second != tcp->challenge_second) {
        tcp->challenge_second = second;
        tcp->challenge_left = (limit + 1) / 2 + (uint32_t)random_below(&tcp->random, limit);
    }
    if (tcp->challenge_left == 0)
        return false;
    tcp->challenge_left--;
    return true;
}

void tcp_send_challenge_ack(struct tcp_sock *tp)
{
    if (tcp_oow_too_soon(tp->layer, &tcp_rare(tp)->last_oow_ack) || !host_may_challenge(tp->layer))
        return;
    tcp_send_ack(tp, &WHY0(TCP_CHALLENGE_ACK));
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
    uint64_t now = tcp_now(tp->layer);

    if (data == NULL) {
        tcp_transmit_seg(tp, now, syn, why);
    } else {
        note_sent(tp, now, syn);
        note_sent(tp, now, data);
        list_push_back(&tp->rtx_queue, &data->link);
        tp->packets_out++;
        tcp_transmit(tp, now, syn->seq, syn->flags, &data->data, why);
    }
    tcp_rare(tp)->fastopen->offer.present = false; /* not when it is sent again */
}

void tcp_connect_start(struct tcp_sock *tp, bool fast, const struct sock_send *message)
{
    uint8_t flags = TCP_SYN | tcp_ecn_asks(tp);
    struct tcp_seg *syn;
    const struct endpoint *to = &tp->entry.ends->remote;
    struct why why;

    syn = control_seg(tp, tp->write_seq++, flags);
    list_push_back(&tp->rtx_queue, &syn->link);
    tp->packets_out++;
    tp->retrans_stamp = tcp_now(tp->layer) + 1;
    why = to->v6 ? WHY(TCP6_SYN, to->addr6.hi, to->addr6.lo, to->port)
                 : WHY(TCP_SYN, to->addr, to->port);
    if (fast)
        transmit_fast_syn(tp, syn, message, &why);
    else
        tcp_transmit_seg(tp, tcp_now(tp->layer), syn, &why);
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
    if ((tp->ecn & TCP_ECN_MODE) == 0)
        syn->flags &= (uint8_t)~TCP_ECE;
    tcp_transmit_seg(tp, tcp_now(tp->layer), syn, &WHY0(TCP_SYN_ACK));
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
    }
    tcp_push_pending(tp, tcp_current_mss(tp), TCP_NAGLE_OFF);
}

void tcp_send_active_reset(struct tcp_sock *tp)
{
    tcp_transmit(tp, tcp_now(tp->layer), acceptable_seq(tp), TCP_ACK | TCP_RST, NULL,
                 &WHY0(TCP_RST_ABORT));
}

void tcp_send_reply(struct tcp_layer *tcp, const struct tcp_reply *reply)
{
    struct tcp_hdr hdr = reply->hdr;
    struct frame *frame;

    hdr.src_port = reply->local.port;
    hdr.dst_port = reply->remote.port;
    hdr.opt.signature_at = reply->md5 != NULL;
    frame =
        frame_new(tcp->node, TCP_HDR_LEN + tcp_options_len(&hdr.opt, (hdr.flags & TCP_SYN) != 0));
    tcp_emit(&hdr, frame->data);
    if (reply->md5 != NULL)
        tcp_md5_sign(reply->md5, &reply->local, &reply->remote, frame);
    frame->why = reply->why;
    tcp_reply_output(tcp, frame, reply);
}

void tcp_send_reset(struct tcp_layer *tcp, const struct tcp_rx *rx, const struct tcp_md5_key *keys,
                    struct why why)
{
    struct tcp_reply reply = { .local = ip_rx_local(rx->ip, rx->hdr.dst_port),
                               .remote = ip_rx_remote(rx->ip, rx->hdr.src_port),
                               .why = why };

    if ((rx->hdr.flags & TCP_RST) != 0 || rx->ip->kind != ROUTE_LOCAL)
        return;
    reply.tos = ip_rx_tos(rx->ip) & 0xfc;
    reply.md5 = tcp_md5_find(keys, &reply.remote);
    if ((rx->hdr.flags & TCP_ACK) != 0) {
        reply.hdr.seq = rx->hdr.ack;
        reply.hdr.flags = TCP_RST;
    } else {
        reply.hdr.ack = rx->end_seq;
        reply.hdr.flags = TCP_RST | TCP_ACK;
    }
    tcp_send_reply(tcp, &reply);
}
