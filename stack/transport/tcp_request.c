/*
 * Half-open connections of a listener, which need no whole socket yet: SYN-RECEIVED, RFC 9293
 * section 3.10.7.4.
 */
#include <stdlib.h>
#include <string.h>

#include "stack/transport/tcp_accecn.h"
#include "stack/transport/tcp_cookie.h"
#include "stack/transport/tcp_fastopen.h"
#include "stack/transport/tcp_md5.h"
#include "stack/transport/tcp_metrics.h"

void tcp_request_free(struct tcp_request *req)
{
    tcp_hash_remove(req->layer, &req->entry);
    list_remove(&req->link);
    req->listener->rare->listen->n_requests--;
    timer_fini(&req->timer);
    free(req->saved_syn);
    free(req);
}

static void request_failed(struct tcp_request *req)
{
    tcp_say_state(req->layer, &req->entry, TCP_SYN_RECEIVED, TCP_CLOSED);
    tcp_request_free(req);
}

/* The keys of who answers: Fast Open's connection may outlive its listener. */
static const struct tcp_md5_key *keys_of(const struct tcp_request *req)
{
    return (req->child != NULL ? req->child : req->listener)->user->md5;
}

void tcp_request_send_synack(struct tcp_request *req, const struct tcp_fastopen_option *grant)
{
    struct tcp_layer *tcp = req->layer;
    struct tcp_reply reply = { .local = req->entry.ends->local,
                               .remote = req->entry.ends->remote,
                               .tos = req->tos & 0xfc,
                               .ttl = req->ttl,
                               .route = &req->route,
                               .flow_salt = req->n_retrans,
                               .md5 = tcp_md5_find(keys_of(req), &req->ends.remote) };
    struct tcp_hdr *hdr = &reply.hdr;
    struct tcp_accecn accecn;

    hdr->seq = req->iss;
    hdr->ack = req->rcv_nxt;
    hdr->flags = TCP_SYN | TCP_ACK | tcp_ecn_synack_flags(req);
    hdr->window = (uint16_t)u32_min(req->rcv_wnd, 65535);
    hdr->opt.has_mss = true;
    hdr->opt.mss = req->mss;
    hdr->opt.sack_permitted = req->sack_ok;
    if (req->ts_ok) {
        hdr->opt.has_ts = true;
        hdr->opt.ts_val = req->cookie ? tcp_cookie_tsval(req) : tcp_ts_now(tcp, req->ts_offset);
        hdr->opt.ts_ecr = req->ts_recent;
        if (req->first_tsval == 0)
            req->first_tsval = hdr->opt.ts_val == 0 ? UINT32_MAX : hdr->opt.ts_val;
    }
    hdr->opt.has_wscale = req->wscale_ok;
    hdr->opt.wscale = req->rcv_wscale;
    hdr->opt.signature_at = reply.md5 != NULL;
    if (grant != NULL && grant->present) {
        hdr->opt.has_cookie = true;
        hdr->opt.cookie_exp = grant->experimental;
        hdr->opt.cookie = grant->cookie;
    }
    if (tcp_accecn_synack_option(req, &hdr->opt, &accecn))
        hdr->opt.accecn = &accecn;
    req->last_sent = tcp_now(tcp);
    reply.why = req->n_retrans > 0
                    ? WHY(TCP_RETRANSMIT_SYN,
                          (uint64_t)SIM_USEC(req->layer->sysctl.rto_initial_us << req->n_timeout),
                          req->n_retrans)
                    : WHY0(TCP_SYN_ACK);
    tcp_send_reply(tcp, &reply);
}

void tcp_request_repeat_synack(struct tcp_request *req)
{
    req->n_retrans++;
    tcp_request_send_synack(req, NULL);
}

static void restart_timer(struct tcp_request *req)
{
    uint64_t wait = (uint64_t)req->layer->sysctl.rto_initial_us << req->n_timeout;

    tcp_wheel_start(req->layer, &req->timer, SIM_USEC(wait < TCP_RTO_MAX ? wait : TCP_RTO_MAX));
}

static void request_expired(void *ctx)
{
    struct tcp_request *req = ctx;
    const struct tcp_user *user = req->listener->user;
    uint8_t max = user->syn_retries > 0 ? user->syn_retries : req->layer->sysctl.synack_retries;
    bool waits = req->acked && req->n_timeout < user->defer_accept;

    if (req->n_timeout >= max && !waits) {
        request_failed(req);
        return;
    }
    /* TCP_DEFER_ACCEPT: an ACK without data came; SYN,ACKs start again when the time to wait is
     * over. */
    if (!waits || req->n_timeout + 1u >= user->defer_accept)
        tcp_request_repeat_synack(req);
    req->n_timeout++;
    restart_timer(req);
}

static void take_options(struct tcp_request *req, const struct tcp_sock *listener,
                         const struct tcp_rx *rx)
{
    const struct tcp_sysctl *sysctl = &req->layer->sysctl;
    const struct tcp_options *opt = &rx->hdr.opt;

    req->peer_mss = tcp_peer_mss(opt, req->entry.ends->remote.v6);
    if (opt->has_mss && listener->user->mss != 0 && listener->user->mss < req->peer_mss)
        req->peer_mss = listener->user->mss; /* of one that says nothing the default counts */
    req->sack_ok = opt->sack_permitted && sysctl->sack;
    req->ts_ok = opt->has_ts && sysctl->timestamps;
    if (!req->cookie && req->sack_ok &&
        tcp_md5_find(listener->user->md5, &req->ends.remote) != NULL)
        req->ts_ok = false; /* no SACK block would fit beside it and the signature */
    if (req->ts_ok) {
        req->ts_recent = opt->ts_val;
        req->ts_recent_stamp_s = (uint32_t)(tcp_now(req->layer) / 1000000);
    }
    req->wscale_ok = opt->has_wscale && sysctl->window_scaling;
    if (req->wscale_ok)
        req->snd_wscale = opt->wscale > TCP_WSCALE_MAX ? TCP_WSCALE_MAX : opt->wscale;
    tcp_ecn_request(req, rx);
    if (req->cookie && !req->ts_ok) { /* where should they be kept? */
        req->sack_ok = req->wscale_ok = req->ecn_ok = req->accecn_ok = false;
        req->snd_wscale = 0;
    }
}

static void choose_window(struct tcp_request *req, const struct tcp_sock *listener, uint32_t mtu)
{
    uint32_t headers = tcp_ip_len(&req->entry) + TCP_HDR_LEN, mss;

    mss = mtu > headers + TCP_MSS_FLOOR ? mtu - headers : TCP_MSS_FLOOR;
    if (listener->user->mss != 0 && listener->user->mss < mss)
        mss = listener->user->mss;
    req->mss = (uint16_t)u32_min(mss, req->entry.ends->remote.v6 ? IPV6_PAYLOAD_MAX : 65495);
    req->window_clamp = listener->user->window_clamp;
    if (listener->sock.options.rcvbuf_locked &&
        (req->window_clamp == 0 || req->window_clamp > tcp_full_space(listener)))
        req->window_clamp = tcp_full_space(listener);
    mss = req->mss - (req->ts_ok ? TCP_TS_ALIGNED : 0);
    if (req->acked) /* by a cookie: Linux takes what it has, the peer's */
        mss = req->peer_mss;
    tcp_select_initial_window(req->layer, tcp_full_space(listener), mss, req->wscale_ok,
                              &req->rcv_wnd, &req->window_clamp, &req->rcv_wscale);
}

/* The headers of IP and TCP; the link of the last hop leaves none that could be asked for. */
static struct tcp_saved_syn *save_syn(const struct tcp_rx *rx)
{
    const struct frame *frame = rx->frame;
    size_t len = (size_t)(frame->data - frame->network) + rx->hdr.hdr_len;
    struct tcp_saved_syn *saved = mem_alloc(sizeof *saved + len);

    saved->len = len;
    memcpy(saved->octets, frame->network, len);
    return saved;
}

/* One that nothing knows of yet. */
static void request_drop(struct tcp_request *req)
{
    if (req == NULL)
        return;
    timer_fini(&req->timer);
    free(req->saved_syn);
    free(req);
}

/* NULL: there is no way back. */
static struct tcp_request *request_new(struct tcp_sock *listener, const struct tcp_rx *rx,
                                       uint32_t *mtu)
{
    struct tcp_layer *tcp = listener->layer;
    struct endpoint local = ip_rx_local(rx->ip, rx->hdr.dst_port),
                    remote = ip_rx_remote(rx->ip, rx->hdr.src_port);
    struct tcp_request *req = mem_zalloc(sizeof *req);

    req->layer = tcp;
    req->listener = listener;
    req->serial = ++tcp->last_serial;
    req->ends = (struct endpoints){ .local = local, .remote = remote };
    req->entry = (struct tcp_entry){ .kind = TCP_ENTRY_REQUEST,
                                     .ends = &req->ends,
                                     .state = TCP_SYN_RECEIVED };
    list_init(&req->link);
    list_init(&req->entry.port_link);
    timer_init(&req->timer, tcp->node, WHY0(TIMER_TCP_SYN_ACK), request_expired, req);
    if (tcp_request_route(req, mtu) < 0) {
        request_drop(req);
        return NULL;
    }
    req->ts_offset = tcp_ts_offset(tcp, local, remote);
    req->tos = remote.v6 ? listener->sock.options.tclass : listener->sock.options.tos;
    req->ttl = remote.v6 ? listener->sock.options.hops : listener->sock.options.ttl;
    return req;
}

static bool is_proven(struct tcp_layer *tcp, const struct tcp_rx *rx)
{
    struct endpoints ends = { .local = ip_rx_local(rx->ip, rx->hdr.dst_port),
                              .remote = ip_rx_remote(rx->ip, rx->hdr.src_port) };

    return tcp_metrics_proven(tcp, &ends);
}

/* The half-open connections and those that nobody has accepted: is there room for one more?
 * @known: it follows a TIME-WAIT, whose peer is a real one. */
static bool backlog_takes(const struct tcp_sock *listener, const struct tcp_rx *rx, bool known,
                          bool *cookie)
{
    const struct tcp_listener *listen = listener->rare->listen;
    const struct tcp_sysctl *sysctl = &listener->layer->sysctl;
    uint32_t max = sysctl->max_syn_backlog, n = listen->n_requests;

    *cookie = !known && (sysctl->syncookies == 2 || n > listen->backlog);
    if (listen->n_accept > listen->backlog)
        return false;
    if (sysctl->syncookies > 0 || known)
        return true;
    if (*cookie)
        return false;
    return (n <= max && max - n >= max >> 2) || /* the last quarter is kept for who is known */
           is_proven(listener->layer, rx);
}

void tcp_conn_request(struct tcp_sock *listener, struct tcp_rx *rx, uint32_t isn)
{
    struct tcp_layer *tcp = listener->layer;
    struct tcp_fastopen_option grant = { .present = false };
    struct tcp_request *req;
    uint32_t mtu = 0;
    bool cookie;

    if (!backlog_takes(listener, rx, isn != 0, &cookie)) {
        tcp_rx_drop(rx, DROP_TCP_BACKLOG_FULL);
        return;
    }
    req = request_new(listener, rx, &mtu);
    if (req == NULL) {
        tcp_rx_drop(rx, DROP_NO_ROUTE);
        return;
    }
    req->cookie = cookie;
    take_options(req, listener, rx);
    choose_window(req, listener, mtu);
    req->irs = rx->seq;
    req->rcv_nxt = rx->seq + 1;
    if (cookie) {
        tcp_cookie_make(req);
        tcp_request_send_synack(req, &grant);
        request_drop(req);
        return;
    }
    req->iss = isn != 0 ? isn : tcp_new_iss(tcp, req->ends.local, req->ends.remote);
    req->sent_at = tcp_now(tcp) + 1;
    if (listener->user->save_syn != 0)
        req->saved_syn = save_syn(rx);
    if (tcp_fastopen_accept(req, rx, &grant))
        return;
    list_push_back(&listener->rare->listen->requests, &req->link);
    listener->rare->listen->n_requests++;
    tcp_hash_add(tcp, &req->entry);
    tcp_say_state(tcp, &req->entry, TCP_LISTEN, TCP_SYN_RECEIVED);
    tcp_request_send_synack(req, &grant);
    restart_timer(req);
}

/* The SYN,ACK's time-outs were the connection's first. */
static void count_timeouts(struct tcp_sock *tp, const struct tcp_request *req)
{
    struct tcp_rare *rare = tcp_rare(tp);

    rare->undo_marker = req->iss;
    tp->retrans_stamp = req->sent_at;
    rare->n_rtos = req->n_timeout;
    rare->n_rto_recoveries = 1;
    rare->rto_time_ms = tcp_now_ms(tp->layer) - (uint32_t)((req->sent_at - 1) / 1000);
}

struct tcp_sock *tcp_request_child(struct tcp_request *req, const struct tcp_rx *rx)
{
    struct tcp_sock *listener = req->listener, *tp = tcp_sock_new(req->layer);

    tp->sock.v6 = listener->sock.v6;
    sock_inherit(&tp->sock, &listener->sock);
    tp->sock.ends = req->ends;
    tp->entry.reuse = listener->entry.reuse;
    tp->entry.reuseport = listener->entry.reuseport;
    tp->entry.bound_ifindex = listener->entry.bound_ifindex;
    tp->entry.explicit_port = true;
    tp->entry.state = TCP_SYN_RECEIVED;
    tp->nonagle = listener->nonagle;
    tcp_user_inherit(tp, listener);
    tcp_md5_inherit(tp, listener);
    if (req->saved_syn != NULL) {
        tcp_user(tp)->saved_syn = req->saved_syn;
        req->saved_syn = NULL;
    }
    tp->cc = listener->cc;
    tp->has_route = true;
    tp->pmtu = tcp_path_mtu(tp);
    tp->mss_clamp = req->peer_mss;
    tp->advmss = req->mss;
    tp->ts_ok = req->ts_ok;
    tp->sack_ok = req->sack_ok;
    tp->wscale_ok = req->wscale_ok;
    tp->snd_wscale = req->snd_wscale;
    tp->rcv_wscale = req->rcv_wscale;
    tp->ts_recent = req->ts_recent;
    tp->ts_recent_stamp_s = req->ts_recent_stamp_s;
    tp->has_ts_recent = req->ts_ok;
    tp->ts_offset = req->ts_offset;
    tp->iss = req->iss;
    tp->next_id = tcp_first_id(tp->layer, tp->iss);
    tp->snd_una = tp->snd_nxt = tp->write_seq = tp->pushed_seq = tp->snd_sml = tp->second_seq =
        req->iss + 1;
    tp->cwnd_usage_seq = tp->snd_nxt;
    tp->irs = req->irs;
    tp->rcv_nxt = tp->rcv_wup = tp->copied_seq = req->irs + 1;
    tp->snd_wl1 = req->irs;
    tp->rcv_wnd = tp->rcv_ssthresh = req->rcv_wnd;
    tp->window_clamp = req->window_clamp;
    tp->snd_wnd = (uint32_t)rx->hdr.window << tp->snd_wscale;
    tp->max_window = tp->snd_wnd;
    tcp_ecn_child(tp, req, rx);
    TCP_RARE_SET(tp, total_retrans, req->n_retrans);
    TCP_RARE_SET(tp, flow_salt, req->n_retrans);
    if (req->n_timeout > 0)
        count_timeouts(tp, req);
    tp->lrcvtime = tp->lsndtime = tp->rcv_tstamp = tcp_now(req->layer);
    tp->segs_in = 1; /* its SYN */
    tcp_sync_mss(tp, tp->pmtu);
    tcp_initialize_rcv_mss(tp);
    return tp;
}

static void complete(struct tcp_request *req, struct tcp_rx *rx)
{
    struct tcp_sock *listener = req->listener, *tp = tcp_request_child(req, rx);
    uint64_t sent_at = req->n_retrans == 0 ? req->sent_at : 0; /* Karn */

    tp->serial = req->serial;
    if (req->ts_ok && rx->hdr.opt.has_ts && !seq_gt(rx->seq, req->rcv_nxt))
        tp->ts_recent = rx->hdr.opt.ts_val; /* that of no ACK before, which opened nothing */

    tcp_request_free(req);
    tcp_hash_add(tp->layer, &tp->entry);
    tcp_port_own(tp->layer, &tp->entry);
    tp->listener = listener;
    list_push_back(&listener->rare->listen->accept_queue, &tp->link);
    listener->rare->listen->n_accept++;
    tcp_ack_update_rtt_synack(tp, rx,
                              sent_at != 0 ? (int64_t)(tcp_now(tp->layer) + 1 - sent_at) : -1);
    tp->segs_in++;
    tp->data_segs_in += rx->len > 0;
    tp->last_ts_ecr = rx->hdr.opt.has_ts ? rx->hdr.opt.ts_ecr : 0;
    tcp_rcv_state_process(tp, rx);
    tcp_wake(listener, SOCK_POLLIN);
}

bool tcp_cookie_input(struct tcp_sock *listener, struct tcp_rx *rx)
{
    struct tcp_request *req;
    uint32_t mtu = 0;

    if (listener->rare->listen->last_cookie == 0)
        return false;
    req = request_new(listener, rx, &mtu);
    if (req == NULL || !tcp_cookie_take(req, rx)) {
        request_drop(req);
        return false;
    }
    if (listener->rare->listen->n_accept > listener->rare->listen->backlog) {
        tcp_rx_drop(rx, DROP_TCP_BACKLOG_FULL);
        request_drop(req);
        return true;
    }
    req->acked = true;
    choose_window(req, listener, mtu);
    listener->rare->listen->n_requests++;
    complete(req, rx);
    return true;
}

static bool request_paws_rejects(const struct tcp_request *req, const struct tcp_rx *rx)
{
    if (!req->ts_ok || !rx->hdr.opt.has_ts || (int32_t)(rx->hdr.opt.ts_val - req->ts_recent) >= 0)
        return false;
    return (rx->hdr.flags & TCP_RST) == 0 ||
           req->layer->sysctl.rfc_over_linux != TCP_RFC_ALWAYS; /* RFC 7323 section 5.3 */
}

/* Does it echo a timestamp that none of our SYN,ACKs had? */
static bool echoes_nothing(const struct tcp_request *req, const struct tcp_rx *rx)
{
    uint32_t echoed = rx->hdr.opt.ts_ecr, last = (uint32_t)(req->last_sent / 1000) + req->ts_offset;

    return req->ts_ok && rx->hdr.opt.has_ts && echoed != 0 && req->first_tsval != 0 &&
           echoed - req->first_tsval > last - req->first_tsval;
}

/* What the SYN,ACK has told of the window, which is never scaled there. */
static uint32_t told_window(const struct tcp_request *req)
{
    return u32_min(req->rcv_wnd, UINT16_MAX);
}

static bool request_in_window(const struct tcp_request *req, const struct tcp_rx *rx)
{
    uint32_t end = req->rcv_nxt + told_window(req);

    if (rx->seq == req->rcv_nxt)
        return true;
    if (seq_gt(rx->end_seq, req->rcv_nxt) && seq_lt(rx->seq, end))
        return true;
    return rx->seq == end && rx->seq == rx->end_seq;
}

static void request_ack(struct tcp_request *req, const struct tcp_rx *rx)
{
    struct tcp_reply reply = { .local = req->entry.ends->local,
                               .remote = req->entry.ends->remote,
                               .tos = req->tos & 0xfc,
                               .ttl = req->ttl,
                               .why = WHY0(TCP_CHALLENGE_ACK),
                               .flow_salt = req->n_retrans,
                               .md5 = tcp_md5_find(keys_of(req), &req->ends.remote) };

    if (tcp_oow_rate_limited(req->layer, rx, &req->last_oow_ack))
        return;
    reply.hdr.seq = req->iss + 1;
    reply.hdr.ack = req->rcv_nxt;
    reply.hdr.flags = TCP_ACK;
    reply.hdr.window = (uint16_t)(told_window(req) >> req->rcv_wscale);
    reply.hdr.opt.has_ts = req->ts_ok;
    reply.hdr.opt.ts_val = tcp_ts_now(req->layer, req->ts_offset);
    reply.hdr.opt.ts_ecr = req->ts_recent;
    tcp_send_reply(req->layer, &reply);
}

static void syn_again(struct tcp_request *req, struct tcp_rx *rx, struct tcp_sock *child)
{
    tcp_rx_drop(rx, DROP_TCP_DUPLICATE);
    if (tcp_oow_rate_limited(req->layer, rx, &req->last_oow_ack))
        return;
    tcp_request_repeat_synack(req);
    if (child != NULL)
        tcp_rare(child)->total_retrans++;
    else
        restart_timer(req);
}

/* The ACK that opens the connection, if there is room for it. */
static void last_ack_of_handshake(struct tcp_request *req, struct tcp_rx *rx)
{
    struct tcp_sock *listener = req->listener;

    tcp_ecn_request_option(req, rx);
    if (listener->user->defer_accept > 0 && req->n_timeout < listener->user->defer_accept &&
        rx->end_seq == req->rcv_nxt) {
        req->acked = true;
        return;
    }
    if (listener->rare->listen->n_accept > listener->rare->listen->backlog) {
        tcp_rx_drop(rx, DROP_TCP_BACKLOG_FULL);
        if (req->layer->sysctl.abort_on_overflow) {
            tcp_send_reset(req->layer, rx, keys_of(req), WHY0(TCP_RST));
            request_failed(req);
        } else {
            req->acked = true;
        }
        return;
    }
    complete(req, rx);
}

/* RFC 5961 section 3.2, whatever it acknowledges; RFC 793 without it. */
static void request_reset(struct tcp_request *req, struct tcp_rx *rx, struct tcp_sock *child)
{
    if (!request_in_window(req, rx)) {
        tcp_rx_drop(rx, DROP_TCP_OUT_OF_WINDOW);
    } else if (rx->seq == req->rcv_nxt ||
               (!req->layer->sysctl.rfc5961_rst && rx->seq != req->rcv_nxt + told_window(req))) {
        if (child == NULL) {
            request_failed(req);
        } else {
            tcp_fastopen_release(child, true);
            tcp_reset(child);
        }
    } else {
        tcp_rx_drop(rx, DROP_TCP_FLAGS);
        request_ack(req, rx);
    }
}

bool tcp_check_request(struct tcp_request *req, struct tcp_rx *rx, struct tcp_sock *child)
{
    uint8_t flags = (uint8_t)(rx->hdr.flags & (TCP_SYN | TCP_RST | TCP_ACK));
    bool paws = request_paws_rejects(req, rx);

    if (flags == TCP_SYN && rx->seq == req->irs && !paws) {
        syn_again(req, rx, child);
        return false;
    }
    if (child == NULL && echoes_nothing(req, rx))
        paws = true;
    if ((flags & TCP_RST) != 0 && paws) {
        tcp_rx_drop(rx, DROP_TCP_PAWS);
        return false;
    }
    if ((flags & TCP_RST) != 0) {
        request_reset(req, rx, child);
        return false;
    }
    if (child == NULL && (flags & TCP_ACK) != 0 && rx->ack != req->iss + 1)
        return true; /* the listener answers with a RST */
    if (paws || !request_in_window(req, rx)) {
        tcp_rx_drop(rx, paws ? DROP_TCP_PAWS : DROP_TCP_OUT_OF_WINDOW);
        request_ack(req, rx);
        return false;
    }
    if (rx->seq == req->irs)
        flags &= (uint8_t)~TCP_SYN; /* outside the window, which starts behind it */
    if ((flags & TCP_SYN) != 0) {
        tcp_rx_drop(rx, DROP_TCP_FLAGS);
        tcp_send_reset(req->layer, rx, keys_of(req), WHY0(TCP_RST));
        if (child == NULL)
            request_failed(req);
        return false;
    }
    if ((flags & TCP_ACK) == 0) {
        tcp_rx_drop(rx, DROP_TCP_FLAGS);
        return false;
    }
    if (child != NULL)
        return true;
    last_ack_of_handshake(req, rx);
    return false;
}
