/* ICMP errors about our segments: RFC 9293 section 3.9.2.2, RFC 5927, RFC 1191. Linux's choice of
 * hard and soft. */
#include "base/be.h"
#include "stack/transport/errqueue.h"
#include "stack/transport/tcp_fastopen.h"

static void request_error(struct tcp_request *req, const struct ip_error *error, uint32_t seq)
{
    /* Only an error about our SYN,ACK ends it. Linux takes those that open connections outlive, and
     * with IPv6 the hard ones. */
    if (seq != req->iss ||
        !(error->remote.v6 ? error->hard
                           : error->unreachable || error->type == ICMP_TIME_EXCEEDED ||
                                 error->type == ICMP_PARAM_PROBLEM))
        return;
    node_state(req->layer->node, NULL, tcp_state_why(&req->entry, TCP_SYN_RECEIVED, TCP_CLOSED));
    tcp_request_free(req);
}

/* Over IPv6 Linux looks no further when segments are that small already. */
static bool fits_already(const struct tcp_sock *tp, const struct ip_error *error)
{
    uint32_t options = tp->ts_ok ? TCP_TS_ALIGNED : 0,
             headers = tcp_ip_len(&tp->entry) + TCP_HDR_LEN;

    return error->remote.v6 && error->mtu > headers &&
           u32_min(error->mtu - headers, tp->mss_clamp) - options >= tp->mss_cache;
}

static void path_mtu_error(struct tcp_sock *tp, const struct ip_error *error)
{
    uint32_t mtu;

    if (tcp_state(tp) == TCP_LISTEN || tcp_state(tp) == TCP_CLOSED)
        return;
    tp->has_route = false; /* what was learned is with the route */
    if (tcp_route(tp) < 0)
        return;
    mtu = tcp_path_mtu(tp);
    if (!error->remote.v6 && tp->sock.options.mtu_discover == PMTUDISC_DO &&
        error->info < mtu) /* the host does not go so low */
        tp->sock.soft_error = SIM_EMSGSIZE;
    if (tp->sock.options.mtu_discover >= PMTUDISC_PROBE || tp->pmtu <= mtu)
        return;
    tcp_sync_mss(tp, mtu);
    tcp_simple_retransmit(tp);
}

/* A destination that cannot be reached now: the timeout need not double, RFC 6069, if it is what
 * was sent again. */
static void revert_backoff(struct tcp_sock *tp, uint32_t seq)
{
    uint64_t rto;
    int64_t left;
    struct tcp_seg *head = tcp_first(&tp->rtx_queue);

    if (seq != tp->snd_una || tp->retransmits == 0 || tp->backoff == 0 || head == NULL)
        return;
    tp->backoff--;
    rto = tp->srtt_us > 0 ? tcp_in_ticks(tp, (tp->srtt_us >> 3) + tp->rttvar_us)
                          : tp->layer->sysctl.rto_initial_us;
    rto <<= tp->backoff;
    tp->rto = (uint32_t)(rto < tcp_rto_max(tp) ? rto : tcp_rto_max(tp));
    left = tcp_rto_delta(tp);
    if (left > 0) {
        tcp_rtx_timer_start(tp, TCP_TIMER_RTO, (uint64_t)left);
    } else {
        tcp_rtx_timer_stop(tp);
        tcp_rto_expired(tp);
    }
}

/* connect() has failed. Linux's ip_icmp_error() queues what was said whether or not anybody asked,
 * ipv6_icmp_error() does not; neither is called of an open connection. */
static void refuse(struct tcp_sock *tp, const struct ip_error *error)
{
    if (!error->remote.v6 || tp->sock.options.recverr6)
        errqueue_icmp(&tp->sock, error, tp->sock.remote, 0);
    tcp_abort_with(tp, error->errnum);
}

/* RFC 5927: @seq is in flight; of a connection that came with its octets the SYN,ACK, too. */
static bool is_in_flight(const struct tcp_sock *tp, uint32_t seq)
{
    uint32_t first = tcp_fastopen_pending(tp) != NULL ? tp->iss : tp->snd_una;

    return tcp_state(tp) != TCP_LISTEN && !seq_lt(seq, first) && !seq_gt(seq, tp->snd_nxt);
}

/* Neither end has been told yet that there is a connection: one that came with its octets counts as
 * open once the program has it. */
static bool is_opening(const struct tcp_sock *tp)
{
    return tcp_state_in(tp, TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED)) &&
           (tcp_fastopen_pending(tp) == NULL || tp->listener != NULL);
}

static void sock_error(struct tcp_sock *tp, const struct ip_error *error, uint32_t seq)
{
    if (tcp_state(tp) == TCP_CLOSED)
        return;
    if (tcp_state(tp) != TCP_LISTEN && !is_in_flight(tp, seq))
        return;
    if (error->too_big) {
        if (error->mtu != 0)
            path_mtu_error(tp, error);
        return;
    }
    if (error->unreachable && tcp_fastopen_pending(tp) == NULL)
        revert_backoff(tp, seq);
    /* RFC 9293 section 3.9.2.2 has only the hard ones end it; on Linux connect() fails at once. */
    if (is_opening(tp) && (error->hard || tp->layer->sysctl.rfc_over_linux < TCP_RFC_ALWAYS)) {
        refuse(tp, error);
        return;
    }
    /* An open connection survives every error: RFC 1122 section 4.2.3.9; it is what a timeout will
     * report, or the next call of who asked to hear of it at once. */
    if (sock_wants_errors(&tp->sock, error->remote.v6)) {
        tp->sock.error = error->errnum;
        tcp_wake(tp, SOCK_POLLERR | SOCK_POLLIN | SOCK_POLLOUT);
    } else {
        tp->sock.soft_error = error->errnum;
    }
}

/* The connection that the quoted segment is of, or NULL; its sequence number. */
static struct tcp_entry *quoted_entry(struct tcp_layer *tcp, const struct ip_error *error,
                                      uint32_t *seq)
{
    struct endpoint local = error->local, remote = error->remote;

    if (error->transport_len < 8)
        return NULL;
    local.port = be16_get(error->transport);
    remote.port = be16_get(error->transport + 2);
    *seq = be32_get(error->transport + 4);
    return tcp_hash_find(tcp, local, remote);
}

bool tcp_icmp_vouch(void *ctx, const struct ip_error *error)
{
    uint32_t seq;
    const struct tcp_sock *tp = tcp_entry_sock(quoted_entry(ctx, error, &seq));

    return tp != NULL && is_in_flight(tp, seq) && !fits_already(tp, error);
}

void tcp_icmp_error(void *ctx, const struct ip_error *error)
{
    struct tcp_layer *tcp = ctx;
    uint32_t seq;
    struct tcp_entry *entry = quoted_entry(tcp, error, &seq);

    if (entry == NULL)
        return;
    if (entry->kind == TCP_ENTRY_SOCK)
        sock_error(CONTAINER_OF(entry, struct tcp_sock, entry), error, seq);
    else if (entry->kind == TCP_ENTRY_REQUEST)
        request_error(CONTAINER_OF(entry, struct tcp_request, entry), error, seq);
    tcp_reap(tcp);
}
