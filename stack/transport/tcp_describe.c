/* TCP for people: rows in the words of ss, and every variable by its name in the RFCs or in Linux's
 * tcp_info. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/transport/tcp_fastopen.h"

#define LINE_MAX_LEN 160

const char *tcp_state_name(enum tcp_state state)
{
    static const char *const names[] = {
        [TCP_CLOSED] = "UNCONN",         [TCP_LISTEN] = "LISTEN",
        [TCP_SYN_SENT] = "SYN-SENT",     [TCP_SYN_RECEIVED] = "SYN-RECV",
        [TCP_ESTABLISHED] = "ESTAB",     [TCP_FIN_WAIT_1] = "FIN-WAIT-1",
        [TCP_FIN_WAIT_2] = "FIN-WAIT-2", [TCP_CLOSE_WAIT] = "CLOSE-WAIT",
        [TCP_CLOSING] = "CLOSING",       [TCP_LAST_ACK] = "LAST-ACK",
        [TCP_TIME_WAIT] = "TIME-WAIT",
    };

    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : "UNKNOWN";
}

enum tcp_state tcp_state_of(const struct sock *sock)
{
    return tcp_state(tcp_of_const(sock));
}

uint32_t tcp_inq(const struct sock *sock)
{
    const struct tcp_sock *tp = tcp_of_const(sock);
    uint32_t n = tp->rcv_nxt - tp->copied_seq;

    if (tcp_state_in(tp, TCP_IN(TCP_LISTEN) | TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED)))
        return 0;
    if (tp->urg_state != TCP_URG_NONE && !tp->sock.options.oobinline &&
        tp->rare->urg_seq - tp->copied_seq < n)
        return tp->rare->urg_seq - tp->copied_seq; /* up to the mark */
    return tp->fin_received && n > 0 ? n - 1 : n;
}

uint32_t tcp_outq(const struct sock *sock)
{
    const struct tcp_sock *tp = tcp_of_const(sock);

    if (tcp_state_in(tp, TCP_IN(TCP_LISTEN) | TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED)))
        return 0;
    return tp->write_seq - tp->snd_una;
}

uint32_t tcp_outq_unsent(const struct sock *sock)
{
    const struct tcp_sock *tp = tcp_of_const(sock);

    if (tcp_state_in(tp, TCP_IN(TCP_LISTEN) | TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED)))
        return 0;
    return tp->write_seq - tp->snd_nxt;
}

bool tcp_at_mark(const struct sock *sock)
{
    const struct tcp_sock *tp = tcp_of_const(sock);

    return tp->urg_state != TCP_URG_NONE && tp->copied_seq == tp->rare->urg_seq;
}

static uint32_t ms_ago(const struct tcp_sock *tp, uint64_t at)
{
    return (uint32_t)((tcp_now(tp->layer) - at) / 1000);
}

static void timer_of(const struct tcp_sock *tp, struct tcp_info_view *info)
{
    if (timer_pair_running(&tp->timers, TCP_HAND_RTX)) {
        info->timer_left = tp->timers.hands[TCP_HAND_RTX].due - node_now(tp->sock.node);
        info->timer = tp->rtx_kind == TCP_TIMER_PROBE ? "persist" : "on";
    } else if (timer_running(&tp->rare->keepalive_timer)) {
        info->timer_left = timer_left(&tp->rare->keepalive_timer);
        info->timer = "keepalive";
    }
}

static void flow_info(const struct tcp_sock *tp, struct tcp_info_view *info)
{
    info->ca_state = (uint8_t)tp->ca_state;
    info->rto = tcp_in_ticks(tp, tp->rto);
    info->ato = tcp_in_ticks(tp, tp->ato);
    info->snd_mss = tp->mss_cache;
    info->rcv_mss = tp->rcv_mss;
    info->pmtu = tp->pmtu;
    info->advmss = tp->advmss;
    info->unacked = tp->packets_out;
    info->sacked = tp->sacked_out;
    info->lost = tp->lost_out;
    info->retrans = tp->retrans_out;
    info->last_data_sent = ms_ago(tp, tp->lsndtime);
    info->last_data_recv = ms_ago(tp, tp->lrcvtime);
    info->last_ack_recv = ms_ago(tp, tp->rcv_tstamp);
    info->rcv_ssthresh = tp->rcv_ssthresh;
    info->rcv_space = tp->rcvq.space;
    info->rcv_rtt = tp->rcv_rtt.rtt_us >> 3;
    info->rtt = tp->srtt_us >> 3;
    info->rttvar = tp->mdev_us >> 2;
    info->min_rtt = tcp_min_rtt(tp);
    info->snd_cwnd = tp->cwnd;
    info->snd_ssthresh = tp->ssthresh;
    info->reordering = tp->reordering;
    info->snd_wnd = tp->snd_wnd;
    info->rcv_wnd = tp->rcv_wnd;
    info->pacing_rate = tcp_pacing_rate(tp);
    info->notsent_bytes = tp->write_seq - tp->snd_nxt;
    info->delivered = tp->delivered;
    info->dsack_dups = tp->rare->dsack_dups;
    info->reord_seen = tp->rare->reord_seen;
    info->rcv_ooopack = tp->rare->rcv_ooopack;
    info->delivered_ce = tp->rare->delivered_ce;
    info->rehash = tp->rare->rehash;
    info->total_rto = tp->rare->n_rtos;
    info->total_rto_recoveries = tp->rare->n_rto_recoveries;
    info->total_rto_time = tcp_rto_time_ms(tp);
    info->delivery_rate = tcp_rate_bytes(tp);
    info->delivery_app_limited = tp->sample_app_limited;
    info->rwnd_limited = tcp_chrono_us(tp, TCP_CHRONO_RWND_LIMITED);
    info->sndbuf_limited = tcp_chrono_us(tp, TCP_CHRONO_SNDBUF_LIMITED);
    info->busy_time =
        tcp_chrono_us(tp, TCP_CHRONO_BUSY) + info->rwnd_limited + info->sndbuf_limited;
}

/* What `ss -m` and `ss -e` show. */
static void socket_info(const struct tcp_sock *tp, struct tcp_info_view *info)
{
    info->rmem = tp->rmem_alloc;
    info->wmem = tp->wmem_queued;
    info->rcvbuf = (uint32_t)tp->sock.options.rcvbuf;
    info->sndbuf = (uint32_t)tp->sock.options.sndbuf;
    info->drops = tp->rare->drops;
    info->serial = tp->serial;
    info->shut_rd = tp->shut_rd;
    info->shut_wr = tp->shut_wr;
    info->orphan = tp->orphan;
}

void tcp_get_info(const struct sock *sock, struct tcp_info_view *info)
{
    const struct tcp_sock *tp = tcp_of_const(sock);

    *info = (struct tcp_info_view){ .state = tcp_state(tp),
                                    .v6only = tp->sock.options.v6only,
                                    .local = sock_to_api(&tp->sock, tp->entry.ends->local),
                                    .remote = sock_to_api(&tp->sock, tp->entry.ends->remote) };
    info->cc = tp->cc == &tcp_reno_ops ? TCP_CC_RENO : TCP_CC_CUBIC;
    socket_info(tp, info);
    if (tcp_state(tp) == TCP_LISTEN) {
        info->recv_q = tp->rare->listen->n_accept;
        info->send_q = tp->rare->listen->backlog;
        info->unacked = tp->rare->listen->n_accept;
        info->snd_cwnd = tp->cwnd;
        info->reordering = tp->reordering;
        info->pacing_rate = UINT64_MAX;
        return;
    }
    if (tcp_state(tp) != TCP_CLOSED) {
        info->recv_q = tp->rcv_nxt - tp->copied_seq;
        info->send_q = tp->write_seq - tp->snd_una;
    }
    info->retransmits = tp->retransmits;
    info->probes = tp->probes_out;
    info->backoff = tp->backoff;
    info->opt_timestamps = tp->ts_ok && tp->has_ts_recent;
    info->opt_sack = tp->sack_ok;
    info->opt_wscale = tp->wscale_ok;
    info->opt_ecn = (tp->ecn & TCP_ECN_MODE) != 0;
    if (tp->rare->fastopen != NULL) {
        info->opt_syn_data = tp->rare->fastopen->syn_data_acked;
        info->opt_fastopen_child = tp->rare->fastopen->child;
        info->fastopen_fail = tp->rare->fastopen->fail;
    }
    info->opt_ecn_seen = (tp->ecn & TCP_ECN_SEEN) != 0;
    if (tp->wscale_ok) {
        info->snd_wscale = tp->snd_wscale;
        info->rcv_wscale = tp->rcv_wscale;
    }
    if (tp->rare->ecn != NULL) {
        info->received_ce = tp->rare->ecn->received_ce;
        memcpy(info->delivered_ecn, tp->rare->ecn->delivered, sizeof info->delivered_ecn);
        memcpy(info->received_ecn, tp->rare->ecn->received, sizeof info->received_ecn);
        info->accecn_fail = tp->rare->ecn->fail;
        info->accecn_seen = tp->rare->ecn->seen;
    }
    flow_info(tp, info);
    info->bytes_sent = tp->bytes_sent;
    info->bytes_acked = tp->bytes_acked;
    info->bytes_received = tp->bytes_received;
    info->bytes_retrans = tp->rare->bytes_retrans;
    info->segs_out = tp->segs_out;
    info->segs_in = tp->segs_in;
    info->data_segs_out = tp->data_segs_out;
    info->data_segs_in = tp->data_segs_in;
    info->total_retrans = tp->rare->total_retrans;
    timer_of(tp, info);
}

static void variables(struct describe *out, const struct tcp_sock *tp)
{
    describe_text(out, "state", tcp_state_name(tcp_state(tp)));
    if (tcp_state_in(tp, TCP_IN(TCP_LISTEN) | TCP_IN(TCP_CLOSED)))
        return;
    describe_number(out, "iss", tp->iss);
    describe_number(out, "snd_una", tp->snd_una - tp->iss);
    describe_number(out, "snd_nxt", tp->snd_nxt - tp->iss);
    describe_number(out, "snd_wnd", tp->snd_wnd);
    describe_number(out, "snd_wl1", tp->snd_wl1 - tp->irs);
    describe_number(out, "irs", tp->irs);
    describe_number(out, "rcv_nxt", tp->rcv_nxt - tp->irs);
    describe_number(out, "rcv_wnd", tcp_receive_window(tp));
    describe_number(out, "snd_wscale", tp->snd_wscale);
    describe_number(out, "rcv_wscale", tp->rcv_wscale);
    describe_number(out, "mss", tp->mss_cache);
    describe_number(out, "pmtu", tp->pmtu);
    describe_number(out, "cwnd", tp->cwnd);
    describe_number(out, "ssthresh",
                    tp->ssthresh == TCP_INFINITE_SSTHRESH ? -1 : (int64_t)tp->ssthresh);
    describe_number(out, "srtt", SIM_USEC(tp->srtt_us >> 3));
    describe_number(out, "rttvar", SIM_USEC(tp->mdev_us >> 2));
    describe_number(out, "rto", SIM_USEC(tp->rto));
    describe_number(out, "in_flight", tcp_packets_in_flight(tp));
    describe_number(out, "sacked", tp->sacked_out);
    describe_number(out, "lost", tp->lost_out);
    describe_number(out, "retransmits", tp->retransmits);
    describe_number(out, "total_retrans", tp->rare->total_retrans);
    describe_number(out, "recv_q", tp->rcv_nxt - tp->copied_seq);
    describe_number(out, "send_q", tp->write_seq - tp->snd_una);
    describe_number(out, "bytes_sent", (int64_t)tp->bytes_sent);
    describe_number(out, "bytes_acked", (int64_t)tp->bytes_acked);
    describe_number(out, "bytes_received", (int64_t)tp->bytes_received);
    describe_text(out, "congestion_control", tp->cc->name);
}

void tcp_describe_sock(struct sock *sock, struct describe *out)
{
    variables(out, tcp_of(sock));
}

/* What can be listed, with its line. */
struct item {
    char line[LINE_MAX_LEN];
    const struct tcp_sock *tp;
    struct tcp_info_view info;
    size_t place; /* in the order in which they came to be */
};

/* Listeners by address, then what is open, then what is in TIME-WAIT, the newest first: ss lists
   them as they stand in the kernel's hash tables, which have new ones in front. */
static int by_age(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    bool x_listens = x->info.state == TCP_LISTEN, y_listens = y->info.state == TCP_LISTEN;
    bool x_waits = x->info.state == TCP_TIME_WAIT, y_waits = y->info.state == TCP_TIME_WAIT;

    if (x_listens != y_listens)
        return x_listens ? -1 : 1;
    if (x_listens)
        return strcmp(x->line, y->line);
    if (x_waits != y_waits)
        return x_waits ? 1 : -1;
    return x->place > y->place ? -1 : x->place < y->place;
}

static void format(struct item *item)
{
    char local[ENDPOINT_TEXT_MAX], remote[ENDPOINT_TEXT_MAX];

    endpoint_format(item->info.local, local);
    endpoint_format(item->info.remote, remote);
    if (item->info.remote.port == 0)
        snprintf(remote, sizeof remote, item->info.local.v6 ? "[::]:*" : "0.0.0.0:*");
    snprintf(item->line, sizeof item->line, "%s %" PRIu32 " %" PRIu32 " %s %s",
             tcp_state_name(item->info.state), item->info.recv_q, item->info.send_q, local, remote);
}

static void add_requests(const struct tcp_sock *tp, struct item **items, size_t *n, size_t *size)
{
    if (tp->rare->listen == NULL)
        return;
    for (struct list *at = tp->rare->listen->requests.next; at != &tp->rare->listen->requests;
         at = at->next) {
        struct tcp_request *req = CONTAINER_OF(at, struct tcp_request, link);
        struct item item = { .info = { .state = TCP_SYN_RECEIVED,
                                       .local = req->entry.ends->local,
                                       .remote = req->entry.ends->remote,
                                       .serial = req->serial,
                                       .half_open = true,
                                       .timer = "on",
                                       .timer_left = timer_left(&req->timer),
                                       .retransmits = req->n_timeout } };

        format(&item);
        ARRAY_PUSH(*items, *n, *size, item);
    }
}

static struct item *collect(struct tcp_layer *tcp, size_t *n)
{
    struct item *items = NULL;
    size_t size = 0;

    *n = 0;
    for (struct list *at = tcp->socks.next; at != &tcp->socks; at = at->next) {
        const struct tcp_sock *tp = CONTAINER_OF(at, struct tcp_sock, all_link);
        struct item item = { .tp = tp };

        if (tcp_state(tp) == TCP_CLOSED)
            continue;
        tcp_get_info(&tp->sock, &item.info);
        format(&item);
        ARRAY_PUSH(items, *n, size, item);
        add_requests(tp, &items, n, &size);
    }
    for (struct list *at = tcp->timewaits.next; at != &tcp->timewaits; at = at->next) {
        const struct tcp_timewait *tw = CONTAINER_OF(at, struct tcp_timewait, all_link);
        struct item item = { .info = { .state = (enum tcp_state)tw->entry.state,
                                       .local = tw->entry.ends->local,
                                       .remote = tw->entry.ends->remote,
                                       .serial = tw->serial,
                                       .timer = "timewait",
                                       .timer_left = timer_left(&tw->timer) } };

        format(&item);
        ARRAY_PUSH(items, *n, size, item);
    }
    for (size_t i = 0; i < *n; i++)
        items[i].place = i;
    if (*n > 1)
        qsort(items, *n, sizeof *items, by_age);
    return items;
}

void tcp_walk(struct tcp_layer *tcp, void (*each)(void *ctx, const struct tcp_info_view *info),
              void *ctx)
{
    size_t n;
    struct item *items = collect(tcp, &n);

    for (size_t i = 0; i < n; i++)
        each(ctx, &items[i].info);
    free(items);
}

void tcp_describe(struct tcp_layer *tcp, struct describe *out)
{
    size_t n;
    struct item *items = collect(tcp, &n);

    for (size_t i = 0; i < n; i++) {
        char local[ENDPOINT_TEXT_MAX], remote[ENDPOINT_TEXT_MAX], key[2 * ENDPOINT_TEXT_MAX + 1];

        snprintf(key, sizeof key, "%s %s", endpoint_format(items[i].info.local, local),
                 endpoint_format(items[i].info.remote, remote));
        describe_row(out, "tcp", key, items[i].line);
        if (items[i].tp != NULL)
            variables(out, items[i].tp);
        else
            describe_text(out, "state", tcp_state_name(items[i].info.state));
    }
    free(items);
}
