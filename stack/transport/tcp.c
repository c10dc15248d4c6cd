/* The layer, and the calls of programs: open, bind, connect, listen, accept, send, recv, shutdown,
 * close. */
#include "stack/transport/tcp.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/likely.h"
#include "stack/transport/inet6.h"
#include "stack/transport/tcp_fastopen.h"

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
    .congestion_control = TCP_CC_CUBIC,
    .early_retrans = 3,
    .recovery = 1,
    .frto = 2,
    .reordering = 3,
    .slow_start_after_idle = true,
    .moderate_rcvbuf = true,
    .tw_reuse = 2,
    .challenge_ack_limit = INT32_MAX,
    .invalid_ratelimit = 500,
    .min_rtt_wlen = 300,
    .max_syn_backlog = 4096,
    .syncookies = 1,
    .max_tw_buckets = 131072,
    .notsent_lowat = UINT32_MAX,
    .comp_sack_delay_us = 1000,
    .comp_sack_nr = 44,
    .rfc_over_linux = TCP_RFC_SENSIBLE,
    .rfc5961_rst = true,
    .rfc5961_syn = true,
    .rto_initial_us = TCP_TIMEOUT_INIT,
    .delack_max_us = TCP_DELACK_MAX,
    .fastopen = TCP_FASTOPEN_CLIENT,
    .initial_cwnd = 10,
    .rto_min_us = 200000,
    .rto_max_us = 120000000,
};

/* The life of the layer and of its sockets. */

struct tcp_layer *tcp_init(struct ip_stack *ip)
{
    static const struct ip_upper_protocol protocol = { .number = IP_PROTO_TCP,
                                                       .v6 = true,
                                                       .input = tcp_input,
                                                       .error = tcp_icmp_error,
                                                       .vouch = tcp_icmp_vouch };
    struct tcp_layer *tcp = mem_zalloc(sizeof *tcp);

    tcp->ip = ip;
    tcp->node = ip->node;
    tcp->sysctl = DEFAULTS;
    list_init(&tcp->socks);
    list_init(&tcp->timewaits);
    list_init(&tcp->dead);
    list_init(&tcp->free_segs);
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
static void reset_connection(struct tcp_sock *tp)
{
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;

    tp->rto = sysctl->rto_initial_us;
    tp->mdev_us = sysctl->rto_initial_us;
    tp->srtt_us = tp->rttvar_us = tp->mdev_max_us = 0;
    tp->backoff = tp->retransmits = tp->total_rto = tp->probes_out = 0;
    tp->retrans_stamp = 0;
    tp->rtt_min = (struct tcp_minmax){ 0 };
    tp->ca_state = TCP_CA_OPEN;
    tp->cwnd = sysctl->initial_cwnd;
    tp->ssthresh = TCP_INFINITE_SSTHRESH;
    tp->cwnd_cnt = tp->cwnd_used = tp->max_packets_out = 0;
    tp->is_cwnd_limited = false;
    tp->packets_out = tp->sacked_out = tp->lost_out = tp->retrans_out = 0;
    tp->reordering = sysctl->reordering;
    tp->has_tlp = tp->frto = false;
    memset(&tp->rack, 0, sizeof tp->rack);
    tp->rack_wnd_steps = 1;
    tp->delivered = 0;
    tp->mss_cache = tp->mss_clamp = TCP_MSS_DEFAULT;
    tp->max_window = tp->snd_wnd = 0;
    tp->snd_wscale = tp->rcv_wscale = 0;
    tp->wscale_ok = tp->ts_ok = tp->sack_ok = tp->saw_ts = false;
    tp->has_ts_recent = false;
    tp->ts_recent = tp->ts_recent_stamp_s = 0;
    tp->ecn = 0;
    tp->ack_pending = tp->quick = tp->pingpong = 0;
    tp->ato = 0;
    tp->n_sacks = 0;
    tp->has_dsack = tp->fin_received = false;
    tp->urg_state = TCP_URG_NONE;
    tp->urg_out = false;
    tp->scaling_ratio = 128;
    tp->rcv_mss = TCP_MSS_DEFAULT;
    tp->last_seg_size = 0;
    memset(&tp->rcv_rtt, 0, sizeof tp->rcv_rtt);
    tp->window_clamp = tp->user->window_clamp;
    tp->sock.soft_error = 0;
    tp->shut_rd = tp->shut_wr = false;
    tp->has_route = false;
    tp->rcv_wnd = tp->rcv_ssthresh = tp->rcv_nxt = tp->rcv_wup = tp->copied_seq = 0;
    tp->bytes_sent = tp->bytes_acked = tp->bytes_received = 0;
    tp->segs_out = tp->segs_in = tp->data_segs_out = tp->data_segs_in = 0;
    tcp_rare_drop(tp);
    tcp_meter_init(tp);
}

struct tcp_sock *tcp_sock_new(struct tcp_layer *tcp)
{
    struct tcp_sock *tp = mem_zalloc(sizeof *tp);

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
    reset_connection(tp);
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
    tcp_queue_purge(tp->layer, &tp->write_queue);
    tcp_queue_purge(tp->layer, &tp->rtx_queue);
    tcp_chrono_stop(tp, TCP_CHRONO_BUSY);
    tp->wmem_queued = 0;
    tp->packets_out = tp->sacked_out = tp->lost_out = tp->retrans_out = 0;
    tcp_chunk_drop(tp);
}

static void purge_received(struct tcp_sock *tp)
{
    tcp_queue_purge(tp->layer, &tp->receive_queue);
    tcp_rare_drop(tp);
    tp->rmem_alloc = 0;
}

static void sock_free(struct tcp_sock *tp)
{
    tcp_purge_queues(tp);
    purge_received(tp);
    tcp_hash_remove(tp->layer, &tp->entry);
    tcp_port_release(&tp->entry);
    timer_pair_fini(&tp->timers);
    list_remove(&tp->all_link);
    list_remove(&tp->link);
    tcp_user_drop(tp);
    free(tp);
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
    free(tcp);
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

/* bind, listen, accept */

static int sock_bind(struct sock *sock, struct endpoint local)
{
    struct tcp_sock *tp = tcp_of(sock);
    struct tcp_layer *tcp = tp->layer;

    if (tcp_state(tp) != TCP_CLOSED || tp->entry.ends->local.port != 0)
        return -SIM_EINVAL;
    if (sock->v6) {
        int error = inet6_may_bind(sock, &local, false);

        if (error != 0)
            return error;
    }
    if (local.addr != 0) {
        enum route_kind kind = ip_addr_kind(tcp->ip, local.addr);

        if (!sock->options.freebind && kind != ROUTE_LOCAL && kind != ROUTE_BROADCAST &&
            kind != ROUTE_MULTICAST)
            return -SIM_EADDRNOTAVAIL;
    }
    tp->entry.ends->local = local;
    tp->entry.v6only = sock->options.v6only;
    if (local.port == 0 ? tcp_port_pick(tcp, &tp->entry) == 0
                        : tcp_port_conflict(tcp, &tp->entry)) {
        tp->entry.ends->local = sock_any(sock);
        return -SIM_EADDRINUSE;
    }
    tp->entry.explicit_port = true;
    tcp_port_own(tcp, &tp->entry);
    sock->bound_addr = !endpoint_is_any(&local);
    sock->bound_port = local.port != 0;
    return 0;
}

/* Once it listens, SO_REUSEADDR does not let it share its port with another listener. */
static bool listen_conflict(struct tcp_sock *tp)
{
    bool conflict;

    tp->entry.state = TCP_LISTEN;
    conflict = tcp_port_conflict(tp->layer, &tp->entry);
    tp->entry.state = TCP_CLOSED;
    return conflict;
}

static struct tcp_listener *listener_new(uint32_t backlog)
{
    struct tcp_listener *listen = mem_zalloc(sizeof *listen);

    listen->backlog = backlog;
    list_init(&listen->accept_queue);
    list_init(&listen->requests);
    list_init(&listen->fastopen_pending);
    list_init(&listen->fastopen_reset);
    return listen;
}

static bool tcp_fastopen_by_default(const struct tcp_sock *tp)
{
    enum { WANTED = TCP_FASTOPEN_SERVER | TCP_FASTOPEN_EVERY_LISTENER };

    return (tp->layer->sysctl.fastopen & WANTED) == WANTED && tp->user->fastopen_max == 0;
}

static int sock_listen(struct sock *sock, int backlog)
{
    struct tcp_sock *tp = tcp_of(sock);
    uint32_t somaxconn = tp->layer->sysctl.core_somaxconn;
    uint32_t most = backlog < 0 || (uint32_t)backlog > somaxconn ? somaxconn : (uint32_t)backlog;
    int error;

    if (!tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN)) || tp->connecting ||
        tp->connected)
        return -SIM_EINVAL;
    if (tcp_state(tp) == TCP_LISTEN) {
        tp->rare->listen->backlog = most;
        return 0;
    }
    reset_connection(tp);
    if (tp->entry.ends->local.port == 0) {
        error = sock_bind(sock, (struct endpoint){ 0, 0 });
        if (error < 0)
            return error;
    }
    if (listen_conflict(tp))
        return -SIM_EADDRINUSE;
    tcp_rare(tp)->listen = listener_new(most);
    if (tcp_fastopen_by_default(tp))
        tcp_user(tp)->fastopen_max = most;
    tcp_set_state(tp, TCP_LISTEN);
    return 0;
}

static struct sock *sock_accept(struct sock *sock, int *error)
{
    struct tcp_sock *tp = tcp_of(sock), *child;

    *error = 0;
    if (tcp_state(tp) != TCP_LISTEN) {
        *error = -SIM_EINVAL;
        return NULL;
    }
    if (list_empty(&tp->rare->listen->accept_queue)) {
        *error = -SIM_EAGAIN;
        return NULL;
    }
    child = CONTAINER_OF(tp->rare->listen->accept_queue.next, struct tcp_sock, link);
    list_remove(&child->link);
    tp->rare->listen->n_accept--;
    child->listener = NULL;
    child->connected = true;
    return &child->sock;
}

static bool needs_reset(enum tcp_state state)
{
    return (TCP_IN(state) &
            (TCP_IN(TCP_ESTABLISHED) | TCP_IN(TCP_CLOSE_WAIT) | TCP_IN(TCP_FIN_WAIT_1) |
             TCP_IN(TCP_FIN_WAIT_2) | TCP_IN(TCP_SYN_RECEIVED))) != 0;
}

void tcp_listen_stop(struct tcp_sock *tp)
{
    while (!list_empty(&tp->rare->listen->requests))
        tcp_request_free(CONTAINER_OF(tp->rare->listen->requests.next, struct tcp_request, link));
    while (!list_empty(&tp->rare->listen->accept_queue)) {
        struct tcp_sock *child =
            CONTAINER_OF(tp->rare->listen->accept_queue.next, struct tcp_sock, link);

        list_remove(&child->link);
        child->listener = NULL;
        child->orphan = true; /* nobody will ever accept it */
        if (needs_reset(tcp_state(child)))
            tcp_send_active_reset(child);
        tcp_done(child);
    }
    tp->rare->listen->n_accept = 0;
    tcp_fastopen_listen_stop(tp->rare->listen);
}

/* connect */

static uint32_t advertised_mss(const struct tcp_sock *tp, uint32_t mtu)
{
    uint32_t headers = tcp_ip_len(&tp->entry) + TCP_HDR_LEN;
    uint32_t mss = u32_max(mtu > headers ? mtu - headers : 0, 256);

    if (!tp->entry.ends->remote.v6)
        mss = u32_min(mss, 65495);
    else if (mss > IPV6_PAYLOAD_MAX - TCP_HDR_LEN)
        mss = IPV6_PAYLOAD_MAX;
    return tp->user->mss != 0 && tp->user->mss < mss ? tp->user->mss : mss;
}

static void connect_init(struct tcp_sock *tp)
{
    struct tcp_layer *tcp = tp->layer;

    tp->pmtu = tcp_path_mtu(tp);
    tp->ts_ok = tcp->sysctl.timestamps; /* offered: room for it is kept */
    if (tp->user->mss != 0)
        tp->mss_clamp = tp->user->mss;
    tcp_sync_mss(tp, tp->pmtu);
    tp->advmss = advertised_mss(tp, tp->pmtu);
    tcp_initialize_rcv_mss(tp);
    if (tp->sock.options.rcvbuf_locked &&
        (tp->window_clamp == 0 || tp->window_clamp > tcp_full_space(tp)))
        tp->window_clamp = tcp_full_space(tp);
    tcp_select_initial_window(tcp, tcp_full_space(tp), tp->advmss, tcp->sysctl.window_scaling,
                              &tp->rcv_wnd, &tp->window_clamp, &tp->rcv_wscale);
    tp->rcv_ssthresh = tp->rcv_wnd;
    tp->snd_una = tp->snd_nxt = tp->write_seq = tp->snd_sml = tp->pushed_seq = tp->second_seq =
        tp->iss;
    tp->cwnd_usage_seq = tp->iss;
    tp->ts_offset = tcp_ts_offset(tcp, tp->entry.ends->local, tp->entry.ends->remote);
    tp->lrcvtime = tp->rcv_tstamp = tcp_now(tcp);
    tp->lsndtime = tcp_now(tcp);
}

static void connect_undo(struct tcp_sock *tp)
{
    struct sock *sock = &tp->sock;

    sock->remote = sock_any(sock);
    if (!sock->bound_port) {
        tcp_port_release(&tp->entry);
        sock->local.port = 0;
        tp->entry.explicit_port = false;
    }
    if (!sock->bound_addr) {
        struct endpoint any = sock_any(sock);

        any.port = sock->local.port;
        sock->local = any;
    }
}

/* @message: octets that are to go with the SYN, or NULL. */
static int connect_begin(struct tcp_sock *tp, struct endpoint remote,
                         const struct sock_send *message)
{
    int error;

    purge_received(tp);
    reset_connection(tp);
    error = tcp_connect_route(tp, remote);
    tp->iss = 0;
    if (error == 0)
        error = tcp_port_connect(tp);
    if (error < 0) {
        connect_undo(tp);
        return error;
    }
    if (tp->iss == 0) /* else taken over from a TIME-WAIT */
        tp->iss = tcp_new_iss(tp->layer, tp->entry.ends->local, tp->entry.ends->remote);
    connect_init(tp);
    tcp_set_state(tp, TCP_SYN_SENT);
    tcp_hash_add(tp->layer, &tp->entry);
    tp->connecting = true;
    if (message == NULL && tcp_fastopen_defers(tp))
        return 0;
    tcp_connect_start(tp, tcp_fastopen_begins(tp, message), message);
    return -SIM_EINPROGRESS;
}

static bool is_deferred(const struct tcp_sock *tp)
{
    return tp->rare->fastopen != NULL && tp->rare->fastopen->deferred;
}

/* The handshake came to nothing, and the program has been told: it may call connect() again. */
static void connect_failed(struct tcp_sock *tp)
{
    connect_undo(tp);
    tp->shut_rd = tp->shut_wr = false;
}

/* connect() is called: 1 where it may begin, 0 where what began before is over by now, or an error.
 */
static int connect_check(struct tcp_sock *tp)
{
    struct sock *sock = &tp->sock;
    int result;

    if (!tp->connecting)
        return tcp_state(tp) != TCP_CLOSED || tp->connected ? -SIM_EISCONN : 1;
    if (tcp_state_in(tp, TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED)))
        return is_deferred(tp) ? -SIM_EISCONN : -SIM_EALREADY;
    tp->connecting = false;
    if (tcp_state(tp) != TCP_CLOSED) {
        tp->connected = true;
        return 0;
    }
    result = sock->error != 0 ? sock_take_error(sock) : -SIM_ECONNABORTED;
    connect_failed(tp);
    return result;
}

static int sock_connect(struct sock *sock, struct endpoint remote)
{
    struct tcp_sock *tp = tcp_of(sock);
    int result = connect_check(tp);

    if (result != 1)
        return result;
    result = connect_begin(tp, remote, NULL);
    tcp_reap(tp->layer);
    return result;
}

static int sock_disconnect(struct sock *sock)
{
    struct tcp_sock *tp = tcp_of(sock);
    enum tcp_state state = tcp_state(tp);

    if (state == TCP_LISTEN)
        tcp_listen_stop(tp);
    else if (needs_reset(state) ||
             (tp->snd_nxt != tp->write_seq &&
              (TCP_IN(state) & (TCP_IN(TCP_CLOSING) | TCP_IN(TCP_LAST_ACK))) != 0)) {
        tcp_send_active_reset(tp);
        sock->error = SIM_ECONNRESET;
    } else if (state == TCP_SYN_SENT) {
        sock->error = SIM_ECONNRESET;
    }
    tcp_set_state(tp, TCP_CLOSED);
    tcp_timers_stop(tp);
    tcp_hash_remove(tp->layer, &tp->entry);
    tcp_purge_queues(tp);
    purge_received(tp);
    connect_undo(tp);
    reset_connection(tp);
    tp->connecting = tp->connected = false;
    tcp_wake(tp, SOCK_POLLERR | SOCK_POLLHUP);
    tcp_reap(tp->layer);
    return 0;
}

/* send */

uint32_t tcp_notsent_lowat(const struct tcp_sock *tp)
{
    return tp->user->notsent_lowat != 0 ? tp->user->notsent_lowat : tp->layer->sysctl.notsent_lowat;
}

bool tcp_memory_free(const struct tcp_sock *tp)
{
    return tp->wmem_queued < (uint32_t)tp->sock.options.sndbuf &&
           tp->write_seq - tp->snd_nxt < tcp_notsent_lowat(tp);
}

bool tcp_is_writeable(const struct tcp_sock *tp)
{
    uint32_t sndbuf = (uint32_t)tp->sock.options.sndbuf;

    return tcp_memory_free(tp) && sndbuf - tp->wmem_queued >= tp->wmem_queued / 2 &&
           2 * (uint64_t)(tp->write_seq - tp->snd_nxt) < tcp_notsent_lowat(tp);
}

void tcp_check_space(struct tcp_sock *tp)
{
    if (!tp->no_space)
        return;
    if (!tp->sock.options.sndbuf_locked && tcp_packets_in_flight(tp) < tp->cwnd) {
        tcp_sndbuf_expand(tp);
        tp->cwnd_stamp = tcp_now(tp->layer);
    }
    if (tcp_is_writeable(tp)) {
        tp->no_space = false;
        tcp_chrono_stop(tp, TCP_CHRONO_SNDBUF_LIMITED);
        tcp_wake(tp, SOCK_POLLOUT);
    }
}

/* The handshake is not over: 0 where octets may go all the same, -SIM_EINPROGRESS where they go
 * with the SYN, which has waited for them. */
static int send_early(const struct tcp_sock *tp)
{
    if (tcp_fastopen_pending(tp) != NULL)
        return 0;
    return is_deferred(tp) ? -SIM_EINPROGRESS : -SIM_EAGAIN;
}

static int send_check(struct tcp_sock *tp)
{
    struct sock *sock = &tp->sock;

    if (!tcp_state_in(tp, TCP_IN(TCP_ESTABLISHED) | TCP_IN(TCP_CLOSE_WAIT)) || sock->error != 0 ||
        tp->shut_wr) {
        int error = sock_take_error(sock);

        if (error != 0)
            return error;
        if (tcp_state_in(tp, TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED)) && !tp->shut_wr)
            return send_early(tp);
        return -SIM_EPIPE;
    }
    return 0;
}

/* The overhead is charged once for each of Linux's buffers. */
static struct tcp_seg *new_segment(struct tcp_sock *tp, bool starts_buffer)
{
    struct tcp_seg *seg = tcp_seg_new(tp->layer);

    seg->seq = seg->end_seq = tp->write_seq;
    seg->flags = TCP_ACK;
    if (list_empty(&tp->write_queue))
        tcp_chrono_start(tp, TCP_CHRONO_BUSY);
    list_push_back(&tp->write_queue, &seg->link);
    if (!starts_buffer)
        return seg;
    seg->starts_buffer = true;
    tcp_buffer_begin(tp, seg);
    tp->nonagle &= (uint8_t)~TCP_NAGLE_PUSH;
    tcp_slow_start_after_idle_check(tp);
    return seg;
}

/* The program has written, or its buffer is full: send what the rules allow. */
static void push(struct tcp_sock *tp, struct tcp_seg *seg, bool more)
{
    uint32_t mss = tcp_current_mss(tp);

    if (list_empty(&tp->write_queue))
        return;
    if (!more || tcp_forced_push(tp))
        tcp_mark_push(tp, seg);
    tcp_push_pending(tp, mss, more ? TCP_NAGLE_CORK : tp->nonagle);
}

static void buffer_full(struct tcp_sock *tp, struct tcp_seg *seg, uint32_t mss)
{
    if (tcp_forced_push(tp)) {
        tcp_mark_push(tp, seg);
        tcp_push_pending(tp, mss, TCP_NAGLE_PUSH);
    } else if (tcp_burst_gather(tp, 0).last) {
        tcp_write_xmit(tp, mss, TCP_NAGLE_PUSH, 1);
    }
}

/* Where of @len octets of a message the first go: behind those of @seg, the last of write_queue, or
 * into a new one, which is returned then; *@n of them. */
static struct tcp_seg *place_for(struct tcp_sock *tp, struct tcp_seg *seg, bool starts_buffer,
                                 const uint8_t *octets, uint32_t len, bool stable, uint32_t *n)
{
    struct tcp_seg *last = seg;

    *n = starts_buffer ? 0 : tcp_seg_room(tp, seg, octets, len, stable);
    if (*n > 0)
        return seg;
    *n = tcp_seg_first_room(tp, len, stable);
    seg = new_segment(tp, starts_buffer);
    if (!starts_buffer) { /* PSH stands at the buffer's end */
        seg->flags |= last->flags & TCP_PSH;
        last->flags &= (uint8_t)~TCP_PSH;
    }
    return seg;
}

/* Put octets of @message into segments; returns how many fit. */
static size_t fill(struct tcp_sock *tp, const struct sock_send *message, uint32_t mss)
{
    const uint8_t *octets = message->octets;
    bool stable = (message->flags & SOCK_MSG_STABLE) != 0;
    uint32_t goal = tcp_size_goal(tp, mss), in_buffer = tcp_tail_buffer_len(tp);
    size_t done = 0;

    while (done < message->len) {
        struct tcp_seg *seg = tcp_last(&tp->write_queue);
        bool starts_buffer = seg == NULL || seg->eor || in_buffer >= goal;
        size_t left = message->len - done;
        uint32_t n;

        if (starts_buffer && !tcp_memory_free(tp))
            break;
        if (starts_buffer)
            in_buffer = 0;
        else if (done == 0)
            seg->flags &= (uint8_t)~TCP_PSH; /* the octets go on */
        n = left < goal - in_buffer ? (uint32_t)left : goal - in_buffer;
        seg = place_for(tp, seg, starts_buffer, octets + done, n, stable, &n);
        tcp_seg_append(tp, seg, octets + done, n, stable);
        done += n;
        in_buffer += n;
        if (in_buffer >= goal && done < message->len && (message->flags & SOCK_MSG_OOB) == 0) {
            buffer_full(tp, seg, mss);
            in_buffer = tcp_tail_buffer_len(tp); /* less what has gone out */
        }
    }
    return done;
}

/* MSG_FASTOPEN: connect() with octets. 0: there is a connection already, that may just be used. */
static int fast_open(struct tcp_sock *tp, const struct sock_send *message)
{
    int result;

    if ((tp->layer->sysctl.fastopen & TCP_FASTOPEN_CLIENT) == 0)
        return -SIM_EOPNOTSUPP;
    if (is_deferred(tp))
        return 0;
    result = connect_check(tp);
    if (result != 1)
        return result;
    if (!message->has_to)
        return -SIM_EINVAL;
    result = connect_begin(tp, message->to, message);
    tcp_reap(tp->layer);
    return result;
}

/* send() cannot go on with @error; one that began the connection is over with it. */
static int send_failed(struct tcp_sock *tp, const struct sock_send *message, int error)
{
    struct tcp_fastopen *fo;

    if (error == -SIM_EINPROGRESS)
        tcp_connect_start(tp, true, message);
    if (error == -SIM_EINPROGRESS || error == -SIM_EAGAIN || tp->rare->fastopen == NULL)
        return error;
    fo = tcp_rare(tp)->fastopen;
    if (fo->in_call && tp->connecting) {
        tp->connecting = fo->in_call = false;
        connect_failed(tp);
    }
    return error;
}

uint32_t tcp_fastopen_copied(const struct sock *sock)
{
    const struct tcp_fastopen *fo = tcp_of_const(sock)->rare->fastopen;

    return fo == NULL ? 0 : fo->copied;
}

void tcp_fastopen_call_over(struct sock *sock)
{
    struct tcp_sock *tp = tcp_of(sock);

    if (tp->rare->fastopen != NULL)
        tcp_rare(tp)->fastopen->in_call = false;
}

static int64_t sock_send(struct sock *sock, const struct sock_send *message)
{
    enum { BEGINS = SOCK_MSG_FASTOPEN | SOCK_MSG_GOES_ON };
    struct tcp_sock *tp = tcp_of(sock);
    int error =
        UNLIKELY((message->flags & BEGINS) == SOCK_MSG_FASTOPEN) ? fast_open(tp, message) : 0;
    bool more = (message->flags & SOCK_MSG_MORE) != 0;
    struct tcp_seg *tail;
    size_t done;

    if (UNLIKELY(error < 0))
        return error;
    error = send_check(tp);
    if (error < 0)
        return send_failed(tp, message, error);
    if (message->len == 0)
        return 0;
    if ((message->flags & SOCK_MSG_GOES_ON) == 0)
        tcp_rate_check_app_limited(tp);
    tcp_route(tp);
    done = fill(tp, message, tcp_current_mss(tp));
    if (done < message->len)
        tp->no_space = true;
    if (done > 0 && (message->flags & SOCK_MSG_OOB) != 0) {
        TCP_RARE_SET(tp, snd_up, tp->write_seq);
        tp->urg_out = true;
    }
    tail = tcp_last(&tp->write_queue);
    if (tail != NULL && done == message->len && (message->flags & SOCK_MSG_EOR) != 0)
        tail->eor = true;
    if (tail != NULL && done > 0)
        push(tp, tail, more && done == message->len);
    tcp_reap(tp->layer);
    return done > 0 ? (int64_t)done : -SIM_EAGAIN;
}

/* recv */

static int64_t recv_urgent(struct tcp_sock *tp, struct sock_recv *message)
{
    if (tp->sock.options.oobinline || tp->urg_state == TCP_URG_NONE ||
        tp->urg_state == TCP_URG_READ)
        return -SIM_EINVAL;
    if (tcp_state(tp) == TCP_CLOSED && !tp->fin_received)
        return -SIM_ENOTCONN;
    if (tp->urg_state == TCP_URG_NOTYET)
        return tp->shut_rd ? 0 : -SIM_EAGAIN;
    if (message->size > 0 && message->octets != NULL)
        *(uint8_t *)message->octets = tp->rare->urg_octet;
    if ((message->flags & SOCK_MSG_PEEK) == 0)
        tp->urg_state = TCP_URG_READ;
    return message->size > 0 ? 1 : 0;
}

struct reading {
    struct tcp_sock *tp;
    uint8_t *to; /* NULL: count only */
    size_t size, done;
    uint32_t seq; /* next octet to be read */
    bool peek, stop;
};

/* Urgent data that is not read in line is skipped; reading stops in front of it. */
static uint32_t before_urgent(struct reading *r, uint32_t n)
{
    struct tcp_sock *tp = r->tp;
    uint32_t ahead = tp->rare->urg_seq - r->seq;

    if (tp->urg_state == TCP_URG_NONE || tp->urg_state == TCP_URG_NOTYET || ahead >= n)
        return n;
    if (ahead > 0) {
        r->stop = true;
        return ahead;
    }
    if (r->done > 0) {
        r->stop = true;
        return 0;
    }
    if (!tp->sock.options.oobinline) {
        r->seq++;
        return 0;
    }
    return n;
}

static void read_segment(struct reading *r, struct tcp_seg *seg)
{
    uint32_t offset = r->seq - seg->seq, n;

    if (offset < seg->data.len && r->done < r->size) {
        n = seg->data.len - offset;
        if (n > r->size - r->done)
            n = (uint32_t)(r->size - r->done);
        n = before_urgent(r, n);
        if (r->seq - seg->seq != offset) { /* the urgent octet was skipped */
            offset++;
            n = seg->data.len - offset;
            if (n > r->size - r->done)
                n = (uint32_t)(r->size - r->done);
        }
        if (r->to != NULL && n > 0)
            memcpy(r->to + r->done, seg->data.octets + offset, n);
        r->done += n;
        r->seq += n;
        offset += n;
    }
    if (offset < seg->data.len) {
        r->stop = r->stop || r->done >= r->size;
        return;
    }
    if ((seg->flags & TCP_FIN) != 0) {
        r->seq = seg->end_seq;
        r->stop = true;
    }
}

static void eat(struct tcp_sock *tp)
{
    struct tcp_seg *seg;

    while ((seg = tcp_first(&tp->receive_queue)) != NULL && !seq_gt(seg->end_seq, tp->copied_seq)) {
        struct tcp_seg *next = tcp_seg_of(seg->link.next);

        /* Linux keeps a buffer until the last of it is read. */
        if (seg->link.next != &tp->receive_queue && next->n_merged > 1)
            next->truesize += seg->truesize;
        else
            tp->rmem_alloc -= seg->truesize;
        tcp_seg_free(tp->layer, seg);
    }
    if (tp->urg_state == TCP_URG_READ && seq_gt(tp->copied_seq, tp->rare->urg_seq))
        tp->urg_state = TCP_URG_NONE;
}

static int64_t nothing_read(struct tcp_sock *tp)
{
    int error;

    if (tp->fin_received)
        return 0;
    error = sock_take_error(&tp->sock);
    if (error != 0)
        return error;
    if (tcp_state(tp) == TCP_CLOSED && !tp->shut_rd)
        return -SIM_ENOTCONN;
    return tp->shut_rd ? 0 : -SIM_EAGAIN;
}

static int64_t sock_recv(struct sock *sock, struct sock_recv *message)
{
    struct tcp_sock *tp = tcp_of(sock);
    struct reading r = { .tp = tp,
                         .size = message->size,
                         .seq = tp->copied_seq,
                         .peek = (message->flags & SOCK_MSG_PEEK) != 0 };

    if (tcp_state(tp) == TCP_LISTEN)
        return -SIM_ENOTCONN;
    if ((message->flags & SOCK_MSG_OOB) != 0)
        return recv_urgent(tp, message);
    message->from = tp->entry.ends->remote;
    message->full_len = 0;
    if (list_empty(&tp->receive_queue) && message->size > 0 && tp->urg_state == TCP_URG_NONE)
        return nothing_read(tp); /* as every second call of who reads all there is */
    if ((message->flags & SOCK_MSG_TRUNC) == 0)
        r.to = message->octets;
    for (struct list *at = tp->receive_queue.next; at != &tp->receive_queue && !r.stop;
         at = at->next) {
        if (r.done >= r.size && r.size > 0)
            break;
        read_segment(&r, tcp_seg_of(at));
    }
    message->full_len = r.done;
    if (!r.peek) {
        if (r.done > 0)
            tcp_rcv_space_adjust(tp, r.seq);
        tp->copied_seq = r.seq;
        eat(tp);
        if (r.done > 0)
            tcp_cleanup_rbuf(tp, (uint32_t)r.done);
    }
    if (r.done == 0 && message->size > 0)
        return nothing_read(tp);
    return (int64_t)r.done;
}

/* shutdown, close: RFC 9293 section 3.10.4 */

/* True: a FIN is to be sent. */
static bool close_state(struct tcp_sock *tp)
{
    switch (tcp_state(tp)) {
    case TCP_ESTABLISHED:
    case TCP_SYN_RECEIVED:
        tcp_set_state(tp, TCP_FIN_WAIT_1);
        return true;
    case TCP_CLOSE_WAIT:
        tcp_set_state(tp, TCP_LAST_ACK);
        return true;
    case TCP_SYN_SENT:
        tcp_set_state(tp, TCP_CLOSED);
        return false;
    default:
        return false;
    }
}

static int sock_shutdown(struct sock *sock, enum sock_shutdown how)
{
    struct tcp_sock *tp = tcp_of(sock);
    bool rd = how != SOCK_SHUT_WR, wr = how != SOCK_SHUT_RD;

    switch (tcp_state(tp)) {
    case TCP_CLOSED:
        return -SIM_ENOTCONN;
    case TCP_LISTEN:
        return rd ? sock_disconnect(sock) : 0;
    case TCP_SYN_SENT:
        return sock_disconnect(sock);
    default:
        break;
    }
    tp->shut_rd = tp->shut_rd || rd;
    tp->shut_wr = tp->shut_wr || wr;
    if (wr && tcp_state_in(tp, TCP_IN(TCP_ESTABLISHED) | TCP_IN(TCP_CLOSE_WAIT)) && close_state(tp))
        tcp_send_fin(tp);
    tcp_wake(tp, SOCK_POLLIN | SOCK_POLLOUT | SOCK_POLLHUP | (rd ? SOCK_POLLRDHUP : 0u));
    tcp_reap(tp->layer);
    return 0;
}

static bool unread_data(struct tcp_sock *tp)
{
    for (struct list *at = tp->receive_queue.next; at != &tp->receive_queue; at = at->next) {
        struct tcp_seg *seg = tcp_seg_of(at);

        if (seq_gt(seg->end_seq - ((seg->flags & TCP_FIN) != 0), tp->copied_seq))
            return true;
    }
    return false;
}

static void close_fin_wait_2(struct tcp_sock *tp)
{
    sim_time fin_time = tcp_fin_time(tp);

    if (tp->user->linger2 < 0) {
        tcp_send_active_reset(tp);
        tcp_done(tp);
    } else if (fin_time > TCP_TIMEWAIT_LEN) {
        tcp_keepalive_start(tp, fin_time - TCP_TIMEWAIT_LEN);
    } else {
        tcp_time_wait(tp, TCP_FIN_WAIT_2, fin_time);
    }
}

/* What close() does at once. Twice is as good as once. */
static void close_begin(struct tcp_sock *tp)
{
    bool unread = unread_data(tp);

    tp->shut_rd = tp->shut_wr = true;
    if (tcp_state(tp) == TCP_LISTEN) {
        tcp_listen_stop(tp);
        tcp_set_state(tp, TCP_CLOSED);
    }
    tcp_queue_purge(tp->layer, &tp->receive_queue);
    tp->rmem_alloc = 0;
    if (tcp_state(tp) == TCP_CLOSED)
        return;
    if (unread) { /* RFC 2525 section 2.17: the peer must know that its data is lost */
        tcp_send_active_reset(tp);
        tcp_set_state(tp, TCP_CLOSED);
    } else if (tp->sock.options.linger == 0) {
        if (needs_reset(tcp_state(tp)))
            tcp_send_active_reset(tp);
        tcp_set_state(tp, TCP_CLOSED);
    } else if (close_state(tp)) {
        tcp_send_fin(tp);
    }
}

/* Until the peer has everything, the FIN included. */
static bool sock_linger(struct sock *sock)
{
    struct tcp_sock *tp = tcp_of(sock);

    close_begin(tp);
    return tcp_state_in(tp, TCP_IN(TCP_FIN_WAIT_1) | TCP_IN(TCP_CLOSING) | TCP_IN(TCP_LAST_ACK));
}

static void sock_close(struct sock *sock)
{
    struct tcp_sock *tp = tcp_of(sock);
    struct tcp_layer *tcp = tp->layer;

    tp->orphan = true;
    tp->sock.wake = NULL;
    close_begin(tp);
    if (tcp_state(tp) == TCP_FIN_WAIT_2)
        close_fin_wait_2(tp);
    if (tcp_state(tp) == TCP_CLOSED)
        tcp_done(tp);
    tcp_reap(tcp);
}

const struct sock_ops tcp_ops = {
    .name = "tcp",
    .bind = sock_bind,
    .connect = sock_connect,
    .disconnect = sock_disconnect,
    .listen = sock_listen,
    .accept = sock_accept,
    .send = sock_send,
    .recv = sock_recv,
    .shutdown = sock_shutdown,
    .linger = sock_linger,
    .close = sock_close,
    .set_option = tcp_set_option,
    .get_option = tcp_get_option,
    .poll = tcp_poll,
    .info = tcp_describe_sock,
};
