/* The layer of a host, and the life of its sockets. */
#include <stdlib.h>
#include <string.h>

#include "sim/piece.h"
#include "stack/transport/tcp_fastopen.h"
#include "stack/transport/tcp_metrics.h"

static const struct tcp_sysctl DEFAULTS = {
    .syn_retries = 6,
    .synack_retries = 5,
    .syn_linear_timeouts = 4,
    .retries1 = 3,
    .retries2 = 15,
    .fin_timeout = 60,
    .keepalive_time = 7200,
    .keepalive_intvl = 75,
    .keepalive_probes = 9,
    .rmem = { 4096, 131072, 6291456 },
    .wmem = { 4096, 16384, 4194304 },
    .core_rmem_max = 4194304,
    .core_wmem_max = 4194304,
    .core_somaxconn = 4096,
    .window_scaling = true,
    .sack = true,
    .dsack = true,
    .timestamps = true,
    .ecn = 2,
    .ecn_fallback = true,
    .ecn_option = 2,
    .ecn_option_beacon = 3,
    .congestion_control = TCP_CC_CUBIC,
    .early_retrans = 3,
    .recovery = 1,
    .frto = 2,
    .reordering = 3,
    .slow_start_after_idle = true,
    .moderate_rcvbuf = true,
    .tw_reuse = 2,
    .base_mss = 1024,
    .mtu_probe_floor = 48,
    .probe_threshold = 8,
    .probe_interval = 600,
    .tw_reuse_delay_ms = 1000,
    .challenge_ack_limit = INT32_MAX,
    .invalid_ratelimit = 500,
    .min_rtt_wlen = 300,
    .max_syn_backlog = 4096,
    .syncookies = 1,
    .max_tw_buckets = 131072,
    .notsent_lowat = UINT32_MAX,
    .comp_sack_delay_us = 1000,
    .comp_sack_nr = 44,
    .no_ssthresh_metrics_save = true,
    .rfc_over_linux = TCP_RFC_SENSIBLE,
    .rfc5961_rst = true,
    .rfc5961_syn = true,
    .rto_initial_us = TCP_TIMEOUT_INIT,
    .delack_max_us = TCP_DELACK_MAX,
    .fastopen = TCP_FASTOPEN_CLIENT,
    .initial_cwnd = 10,
    .min_tso_segs = 2,
    .tso_win_divisor = 3,
    .tso_rtt_log = 9,
    .rto_min_us = TCP_RTO_MIN,
    .rto_max_us = TCP_RTO_MAX,
};

/* The life of the layer and of its sockets. */

struct tcp_layer *tcp_init(struct ip_stack *ip)
{
    static const struct ip_upper_protocol protocol = { .number = IP_PROTO_TCP,
                                                       .v6 = true,
                                                       .input = tcp_input,
                                                       .input_plain = tcp_input_plain,
                                                       .error = tcp_icmp_error,
                                                       .vouch = tcp_icmp_vouch,
                                                       .soon = tcp_input_soon };
    struct tcp_layer *tcp = piece_zalloc(ip->node, sizeof *tcp);

    tcp->ip = ip;
    tcp->node = ip->node;
    tcp->sysctl = DEFAULTS;
    list_init(&tcp->socks);
    list_init(&tcp->timewaits);
    list_init(&tcp->dead);
    node_random(ip->node, &tcp->random, "tcp");
    tcp->secret = random_u64(&tcp->random);
    tcp->perturb_random = tcp->random;
    random_skip(&tcp->random, TCP_PERTURB);
    ip_register(ip, &protocol, tcp);
    return tcp;
}

struct tcp_sysctl *tcp_sysctl(struct tcp_layer *tcp)
{
    return &tcp->sysctl;
}

/* Everything that belongs to one connection, as it is before one. */
void tcp_reset_connection(struct tcp_sock *tp)
{
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;

    tp->rto = sysctl->rto_initial_us;
    tp->mdev_us = sysctl->rto_initial_us;
    tp->srtt_us = tp->rttvar_us = tp->mdev_max_us = 0;
    tp->backoff = tp->total_rto = tp->probes_out = 0;
    tp->retrans_stamp = 0;
    tp->rtt_min = (struct tcp_minmax){ 0 };
    tp->ca_state = TCP_CA_OPEN;
    tp->cwnd = sysctl->initial_cwnd;
    tp->paced = 0;
    tp->ssthresh = TCP_INFINITE_SSTHRESH;
    tp->cwnd_cnt = tp->cwnd_used = tp->max_packets_out = 0;
    tp->is_cwnd_limited = false;
    tp->packets_out = tp->sacked_out = tp->lost_out = tp->retrans_out = 0;
    tp->reordering = sysctl->reordering;
    tp->has_tlp = tp->frto = false;
    memset(&tp->rack, 0, sizeof tp->rack);
    tp->rack_wnd_steps = 1;
    tp->delivered = 0;
    tp->mss_clamp = TCP_MSS_DEFAULT;
    tp->mtu_version = tp->path_version = 0;
    tp->window_kept = tp->window_chosen = false;
    tp->max_window = tp->snd_wnd = 0;
    tp->snd_wscale = tp->rcv_wscale = 0;
    tp->wscale_ok = tp->ts_ok = tp->sack_ok = tp->saw_ts = false;
    tp->has_ts_recent = false;
    tp->ts_recent = tp->ts_recent_stamp_s = 0;
    tp->ecn = 0;
    tp->accecn = tp->signs = tp->more_options = false;
    tp->ack_pending = tp->quick = 0;
    tp->ato = 0;
    tp->n_sacks = 0;
    tp->has_dsack = tp->fin_received = false;
    tp->urg_state = TCP_URG_NONE;
    tp->urg_out = false;
    tp->scaling_ratio = 128;
    tp->rcv_mss = 0;
    tp->last_seg_size = 0;
    memset(&tp->rcv_rtt, 0, sizeof tp->rcv_rtt);
    tp->window_clamp = tp->user->window_clamp;
    tp->sock.soft_error = 0;
    tp->shut_rd = tp->shut_wr = false;
    tp->has_route = false;
    tp->rcv_nxt = tp->rcv_wup = tp->copied_seq = 0;
    tp->bytes_sent = tp->bytes_acked = tp->bytes_received = 0;
    tp->segs_out = tp->segs_in = tp->data_segs_out = tp->data_segs_in = 0;
    tcp_rare_drop(tp);
    tcp_meter_init(tp);
}

struct tcp_sock *tcp_sock_new(struct tcp_layer *tcp)
{
    struct tcp_sock *tp = piece_zalloc(tcp->node, sizeof *tp);

    sock_init(&tp->sock, &tcp_ops, tcp->ip);
    tp->layer = tcp;
    tp->serial = ++tcp->last_serial;
    tp->entry.kind = TCP_ENTRY_SOCK;
    tp->entry.ends = &tp->sock.ends;
    list_init(&tp->entry.port_link);
    list_init(&tp->all_link);
    list_init(&tp->link);
    list_init(&tp->write_queue);
    list_init(&tp->rtx_queue);
    list_init(&tp->by_time);
    list_init(&tp->receive_queue);
    tp->sock.options.rcvbuf = (int)tcp->sysctl.rmem[1];
    tp->sock.options.sndbuf = (int)tcp->sysctl.wmem[1];
    tp->user = &tcp_user_none;
    tp->rare = &tcp_rare_none;
    tp->cc = tcp_cc_of(tcp->sysctl.congestion_control);
    tcp_timers_init(tp);
    tp->mss_cache = TCP_MSS_DEFAULT;
    tcp_reset_connection(tp);
    list_push_back(&tcp->socks, &tp->all_link);
    return tp;
}

struct sock *tcp_socket(struct tcp_layer *tcp)
{
    return &tcp_sock_new(tcp)->sock;
}

struct sock *tcp_socket6(struct tcp_layer *tcp)
{
    struct tcp_sock *tp = tcp_sock_new(tcp);

    tp->sock.v6 = true;
    tp->sock.options.v6only = tcp->ip->sysctl6.bindv6only;
    tp->sock.local = tp->sock.remote = sock_any(&tp->sock);
    return &tp->sock;
}

void tcp_purge_queues(struct tcp_sock *tp)
{
    tcp_unmark(tp, NULL);
    TCP_RARE_SET(tp, resend_from, NULL);
    tcp_notes_drop(tp);
    tcp_chrono_stop(tp, TCP_CHRONO_BUSY); /* it runs on if something is left, as on Linux */
    tcp_queue_purge(tp->layer, &tp->write_queue);
    tcp_queue_purge(tp->layer, &tp->rtx_queue);
    tp->wmem_queued = 0;
    tp->packets_out = 0; /* the other counts stand in TCP_INFO until the socket is used again */
    tp->backoff = 0;
    tcp_chunk_drop(tp);
}

void tcp_purge_received(struct tcp_sock *tp)
{
    tcp_queue_purge(tp->layer, &tp->receive_queue);
    tcp_rare_drop(tp);
    tp->rmem_alloc = 0;
}

static void sock_free(struct tcp_sock *tp)
{
    tcp_purge_queues(tp);
    tcp_purge_received(tp);
    tcp_hash_remove(tp->layer, &tp->entry);
    tcp_port_release(&tp->entry);
    timer_pair_fini(&tp->timers);
    list_remove(&tp->all_link);
    list_remove(&tp->link);
    tcp_user_drop(tp);
    sock_fini(&tp->sock);
    piece_free(tp->layer->node, tp, sizeof *tp);
}

void tcp_fini(struct tcp_layer *tcp)
{
    struct tcp_sock *tp;
    struct tcp_timewait *tw;

    LIST_FOR_EACH(tp, &tcp->socks, struct tcp_sock, all_link)
    {
        while (tp->rare->listen != NULL && !list_empty(&tp->rare->listen->requests))
            tcp_request_free(
                CONTAINER_OF(tp->rare->listen->requests.next, struct tcp_request, link));
        if (tp->rare->listen != NULL)
            tcp_fastopen_listen_stop(tp->rare->listen);
    }
    LIST_FOR_EACH(tp, &tcp->socks, struct tcp_sock, all_link)
    sock_free(tp);
    LIST_FOR_EACH(tw, &tcp->timewaits, struct tcp_timewait, all_link)
    tcp_timewait_free(tw);
    tcp_hash_fini(tcp);
    tcp_paths_fini(tcp);
    tcp_fastopen_fini(tcp);
    tcp_metrics_fini(tcp);
    piece_free(tcp->node, tcp, sizeof *tcp);
}

void tcp_reap(struct tcp_layer *tcp)
{
    while (!list_empty(&tcp->dead))
        sock_free(CONTAINER_OF(tcp->dead.next, struct tcp_sock, link));
}

void tcp_wake(struct tcp_sock *tp, unsigned events)
{
    if (!tp->orphan)
        sock_wake(&tp->sock, events);
}

void tcp_set_state(struct tcp_sock *tp, enum tcp_state state)
{
    enum tcp_state old = tcp_state(tp);

    if (old == state)
        return;
    tp->entry.state = (uint8_t)state;
    node_state(tp->sock.node, NULL, tcp_state_why(&tp->entry, old, state));
}

void tcp_done(struct tcp_sock *tp)
{
    tcp_fastopen_release(tp, false);
    tcp_fastopen_ended(tp);
    tcp_set_state(tp, TCP_CLOSED);
    tcp_timers_stop(tp);
    tcp_hash_remove(tp->layer, &tp->entry);
    if (!tp->sock.bound_port || tp->orphan)
        tcp_port_release(&tp->entry);
    tp->shut_rd = tp->shut_wr = true;
    if (!tp->orphan) {
        tcp_wake(tp, SOCK_POLLIN | SOCK_POLLOUT | SOCK_POLLHUP | SOCK_POLLRDHUP);
    } else if (!tp->dead) {
        tp->dead = true;
        list_push_back(&tp->layer->dead, &tp->link);
    }
}

void tcp_abort_with(struct tcp_sock *tp, int error)
{
    tp->sock.error = error;
    tcp_purge_queues(tp);
    tcp_done(tp);
    tcp_wake(tp, SOCK_POLLERR);
}
