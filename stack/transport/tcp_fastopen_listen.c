#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/siphash.h"
#include "stack/transport/tcp_fastopen.h"
#include "stack/wire/ipv6_wire.h"

#define COOKIE_LEN    8
#define RESET_PENALTY UINT64_C(60000000) /* us that a reset connection still counts */

/* ---- cookies ---- */

static uint64_t le64_get(const uint8_t *octets)
{
    uint64_t value = 0;

    for (unsigned i = 8; i-- > 0;)
        value = value << 8 | octets[i];
    return value;
}

/* The listener's own, or the host's, which are made by chance when they are first needed. */
static const struct tcp_fastopen_keys *keys_of(const struct tcp_request *req)
{
    struct tcp_fastopen_keys *keys = req->listener->user->fastopen_keys;
    struct random_stream random;

    if (keys != NULL)
        return keys;
    keys = tcp_fastopen_host_keys(req->layer);
    if (keys->n > 0)
        return keys;
    node_random(req->layer->node, &random, "tcp fast open");
    for (unsigned i = 0; i < 4; i++)
        keys->keys[0][i] = (uint32_t)random_u64(&random);
    keys->n = 1;
    return keys;
}

static struct tcp_cookie cookie_by(const struct tcp_request *req, const uint32_t key[4])
{
    const struct endpoint *from = &req->ends.remote, *to = &req->ends.local;
    uint64_t sip_key[2] = { key[0] | (uint64_t)key[1] << 32, key[2] | (uint64_t)key[3] << 32 },
             words[4], hash;
    struct tcp_cookie cookie = { .len = COOKIE_LEN };
    uint8_t octets[32];
    size_t n = from->v6 ? 4 : 1;

    if (from->v6) {
        ip6_put(octets, from->addr6);
        ip6_put(octets + 16, to->addr6);
    } else {
        be32_put(octets, from->addr);
        be32_put(octets + 4, to->addr);
    }
    for (size_t i = 0; i < n; i++)
        words[i] = le64_get(octets + 8 * i);
    hash = siphash(words, n, sip_key);
    for (unsigned i = 0; i < COOKIE_LEN; i++)
        cookie.octets[i] = (uint8_t)(hash >> (8 * i));
    return cookie;
}

static bool same(const struct tcp_cookie *a, const struct tcp_cookie *b)
{
    return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

/* The key, from 1, that made the cookie of the SYN; 0: none. *@valid is by the first. */
static unsigned cookie_check(const struct tcp_request *req, const struct tcp_cookie *cookie,
                             struct tcp_cookie *valid)
{
    const struct tcp_fastopen_keys *keys = keys_of(req);
    unsigned found = 0;

    for (unsigned i = 0; i < keys->n; i++) {
        struct tcp_cookie by_key = cookie_by(req, keys->keys[i]);

        if (i == 0)
            *valid = by_key;
        if (found == 0 && same(&by_key, cookie))
            found = i + 1;
    }
    return found;
}

/* ---- the listener's queue ---- */

static void request_drop(struct tcp_request *req)
{
    list_remove(&req->link);
    timer_fini(&req->timer);
    free(req);
}

/* May one more connection be open before its handshake is over? */
static bool has_room(struct tcp_sock *listener)
{
    struct tcp_listener *listen = listener->rare->listen;
    uint32_t max = listener->user->fastopen_max;

    if (max == 0)
        return false;
    if (listen->n_fastopen < max)
        return true;
    if (list_empty(&listen->fastopen_reset))
        return false;
    {
        struct tcp_request *oldest =
            CONTAINER_OF(listen->fastopen_reset.next, struct tcp_request, link);

        if (tcp_now(listener->layer) < oldest->last_sent + RESET_PENALTY)
            return false;
        request_drop(oldest);
        listen->n_fastopen--;
    }
    return true;
}

void tcp_fastopen_listen_stop(struct tcp_listener *listen)
{
    while (!list_empty(&listen->fastopen_reset))
        request_drop(CONTAINER_OF(listen->fastopen_reset.next, struct tcp_request, link));
    while (!list_empty(&listen->fastopen_pending)) {
        struct tcp_request *req =
            CONTAINER_OF(listen->fastopen_pending.next, struct tcp_request, link);

        list_remove(&req->link);
        req->listener = NULL;
    }
}

/* ---- a connection before its handshake is over ---- */

static void child_open(struct tcp_request *req, struct tcp_rx *rx)
{
    struct tcp_sock *listener = req->listener, *tp = tcp_request_child(req, rx);
    struct tcp_listener *listen = listener->rare->listen;
    struct tcp_fastopen *fo = mem_zalloc(sizeof *fo);

    tcp_rare(tp)->fastopen = fo;
    fo->request = req;
    req->child = tp;
    fo->child = true;
    tp->serial = req->serial;
    tp->snd_wnd = tp->max_window = rx->hdr.window; /* never scaled on a SYN */
    tp->segs_in = 1;
    tp->data_segs_in = rx->len > 0;
    list_push_back(&listen->fastopen_pending, &req->link);
    listen->n_fastopen++;
    tcp_hash_add(tp->layer, &tp->entry);
    tcp_port_own(tp->layer, &tp->entry);
    tp->listener = listener;
    list_push_back(&listen->accept_queue, &tp->link);
    listen->n_accept++;
    tcp_rtx_timer_start(tp, TCP_TIMER_SYN_ACK, tp->layer->sysctl.rto_initial_us);
    tp->synack_pending = true;
    tcp_init_transfer(tp);
    fo->syn_data_acked = rx->len > 0;
    tcp_take_syn_data(tp, rx);
    tp->rcv_wup = req->rcv_nxt = tp->rcv_nxt;
}

/* What the SYN's cookie is worth: 0 nothing, 1 all, 2 all, but it gets a new one. */
static unsigned judge(const struct tcp_request *req, const struct tcp_rx *rx,
                      struct tcp_fastopen_option *grant)
{
    const struct tcp_options *opt = &rx->hdr.opt;
    const struct tcp_cookie none = { 0 };
    unsigned found;

    if ((req->layer->sysctl.fastopen & TCP_FASTOPEN_SERVER_NO_COOKIE) != 0 ||
        req->listener->user->fastopen_no_cookie)
        return 1;
    if (!opt->has_cookie)
        return 0;
    found = cookie_check(req, opt->cookie.len > 0 ? &opt->cookie : &none, &grant->cookie);
    grant->present = found != 1;
    grant->experimental = opt->cookie_exp;
    return found;
}

bool tcp_fastopen_accept(struct tcp_request *req, struct tcp_rx *rx,
                         struct tcp_fastopen_option *grant)
{
    struct tcp_layer *tcp = req->layer;
    struct tcp_sock *listener = req->listener;

    if ((tcp->sysctl.fastopen & TCP_FASTOPEN_SERVER) == 0 ||
        (rx->len == 0 && !rx->hdr.opt.has_cookie) || !has_room(listener) ||
        judge(req, rx, grant) == 0)
        return false;
    child_open(req, rx);
    tcp_request_send_synack(req, grant);
    tcp_wake(listener, SOCK_POLLIN);
    return true;
}

/* The request has no more to do. One that a RST ended still counts for a while, if the program had
 * taken it already: who forges addresses shall not have the program work for nothing again. */
static void request_over(struct tcp_sock *tp, bool reset)
{
    struct tcp_fastopen *fo = tcp_rare(tp)->fastopen;
    struct tcp_request *req = fo->request;
    struct tcp_sock *listener = req->listener;

    fo->request = NULL;
    tp->synack_pending = false;
    list_remove(&req->link);
    if (listener == NULL) {
        request_drop(req);
    } else if (reset && tp->listener == NULL) {
        req->last_sent = tcp_now(tp->layer);
        list_push_back(&listener->rare->listen->fastopen_reset, &req->link);
    } else {
        listener->rare->listen->n_fastopen--;
        request_drop(req);
    }
}

void tcp_fastopen_release(struct tcp_sock *tp, bool reset)
{
    if (tcp_fastopen_pending(tp) != NULL)
        request_over(tp, reset);
}

static bool any_sent_again(const struct tcp_sock *tp)
{
    const struct tcp_seg *head = tcp_first(&tp->rtx_queue);

    return tp->retrans_out > 0 || (head != NULL && (head->marks & TCP_MARK_EVER) != 0);
}

void tcp_fastopen_established(struct tcp_sock *tp, const struct tcp_rx *rx)
{
    const struct tcp_request *req = tcp_fastopen_pending(tp);

    if (tp->srtt_us == 0)
        tcp_ack_update_rtt_synack(tp, rx,
                                  req->sent_at != 0 && req->n_retrans == 0
                                      ? (int64_t)(tcp_now(tp->layer) + 1 - req->sent_at)
                                      : -1);
    if (tp->ca_state == TCP_CA_LOSS && tp->packets_out == 0)
        tcp_try_undo_recovery(tp);
    tp->retransmits = 0;
    if (!any_sent_again(tp))
        tp->retrans_stamp = 0;
    request_over(tp, false);
    tcp_rtx_timer_stop(tp);
    tcp_rearm_rto(tp);
}

void tcp_fastopen_synack_expired(struct tcp_sock *tp)
{
    struct tcp_request *req = tcp_fastopen_pending(tp);
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;
    unsigned max = tp->user->syn_retries > 0 ? tp->user->syn_retries : sysctl->synack_retries + 1u;

    if (req->n_timeout >= max) {
        tcp_abort_with(tp, tp->sock.soft_error != 0 ? tp->sock.soft_error : SIM_ETIMEDOUT);
        return;
    }
    if (tp->retransmits == 1)
        tcp_enter_loss(tp);
    tcp_rare(tp)->total_retrans++;
    tcp_request_repeat_synack(req);
    req->n_timeout++;
    tcp_count_rto(tp);
    if (tp->retrans_stamp == 0)
        tp->retrans_stamp = tcp_now(tp->layer) + 1;
    tcp_rtx_timer_start(tp, TCP_TIMER_SYN_ACK, (uint64_t)sysctl->rto_initial_us << req->n_timeout);
}
