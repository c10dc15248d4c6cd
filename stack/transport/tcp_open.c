/* How a program begins and ends a connection: bind, listen, accept, connect, shutdown, close.
 */
#include "stack/transport/inet6.h"
#include "stack/transport/tcp_fastopen.h"
#include "stack/transport/tcp_md5.h"

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

        if (!sock_binds_anywhere(sock) && kind != ROUTE_LOCAL && kind != ROUTE_BROADCAST &&
            kind != ROUTE_MULTICAST)
            return -SIM_EADDRNOTAVAIL;
    }
    tp->entry.ends->local = local;
    tp->entry.v6only = sock->options.v6only;
    if (local.port == 0 && sock_kept(sock, OPT_IP_BIND_ADDRESS_NO_PORT) != 0) {
        sock->bound_addr = !endpoint_is_any(&local); /* connect() chooses the port */
        return 0;
    }
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
    tcp_reset_connection(tp);
    tp->pingpong = 0; /* connect() leaves what TCP_QUICKACK has said */
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

uint32_t tcp_advertised_mss(const struct tcp_sock *tp, uint32_t mtu)
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
    uint32_t mss;

    tp->pmtu = tcp_path_mtu(tp);
    tcp_md5_refresh(tp);
    tp->ts_ok = tcp->sysctl.timestamps; /* offered: room for it is kept */
    tp->mss_clamp = tcp_default_mss(tp->entry.ends->remote.v6);
    if (tp->user->mss != 0)
        tp->mss_clamp = tp->user->mss;
    tcp_sync_mss(tp, tp->pmtu);
    tp->advmss = tcp_advertised_mss(tp, tp->pmtu);
    tcp_initialize_rcv_mss(tp);
    if (tp->sock.options.rcvbuf_locked &&
        (tp->window_clamp == 0 || tp->window_clamp > tcp_full_space(tp)))
        tp->window_clamp = tcp_full_space(tp);
    /* A TIME-WAIT that gave way was a connection with timestamps: they take room already. */
    mss = tp->advmss - (tp->ts_recent != 0 && tp->ts_ok ? TCP_TS_ALIGNED : 0);
    tcp_select_initial_window(tcp, tcp_full_space(tp), mss, tcp->sysctl.window_scaling,
                              &tp->rcv_wnd, &tp->window_clamp, &tp->rcv_wscale);
    tp->rcv_ssthresh = tp->rcv_wnd;
    tp->snd_una = tp->snd_nxt = tp->write_seq = tp->snd_sml = tp->pushed_seq = tp->second_seq =
        tp->iss;
    tp->cwnd_usage_seq = tp->iss;
    tp->retransmits = 0;
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

    tcp_purge_received(tp);
    tcp_reset_connection(tp);
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
    tp->next_id = tcp_first_id(tp->layer, tp->iss);
    connect_init(tp);
    tcp_set_state(tp, TCP_SYN_SENT);
    tcp_hash_add(tp->layer, &tp->entry);
    tp->connecting = true;
    if (message == NULL && tcp_fastopen_defers(tp))
        return 0;
    tcp_connect_start(tp, tcp_fastopen_begins(tp, message), message);
    return -SIM_EINPROGRESS;
}

bool tcp_connect_deferred(const struct tcp_sock *tp)
{
    return tp->rare->fastopen != NULL && tp->rare->fastopen->deferred;
}

/* The handshake came to nothing, and the program has been told: it may call connect() again. */
static void connect_failed(struct tcp_sock *tp)
{
    connect_undo(tp);
    tcp_reset_connection(tp);
}

/* connect() is called: 1 where it may begin, 0 where what began before is over by now, or an error.
 */
static int connect_check(struct tcp_sock *tp)
{
    struct sock *sock = &tp->sock;
    int result;

    if (tp->disconnecting)
        return -SIM_EINVAL;
    if (!tp->connecting)
        return tcp_state(tp) != TCP_CLOSED || tp->connected ? -SIM_EISCONN : 1;
    if (tcp_state_in(tp, TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED)))
        return tcp_connect_deferred(tp) ? -SIM_EISCONN : -SIM_EALREADY;
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
    tcp_purge_received(tp);
    connect_undo(tp);
    tcp_reset_connection(tp);
    tp->pingpong = 0;
    tp->connecting = tp->connected = tp->disconnecting = false;
    tp->shut_rd = tp->shut_wr = false;
    tcp_wake(tp, SOCK_POLLERR | SOCK_POLLHUP);
    tcp_reap(tp->layer);
    return 0;
}

/* MSG_FASTOPEN: connect() with octets. 0: there is a connection already, that may just be used. */
int tcp_open_fast(struct tcp_sock *tp, const struct sock_send *message)
{
    int result;

    if ((tp->layer->sysctl.fastopen & TCP_FASTOPEN_CLIENT) == 0)
        return -SIM_EOPNOTSUPP;
    if (tcp_connect_deferred(tp))
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
int tcp_send_failed(struct tcp_sock *tp, const struct sock_send *message, int error)
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

    if (tp->connecting &&
        !tcp_state_in(tp, TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED) | TCP_IN(TCP_CLOSED))) {
        tp->connecting = false; /* nobody need ask any more */
        tp->connected = true;
    }
    switch (tcp_state(tp)) {
    case TCP_CLOSED: /* it fails, and is done all the same */
        tp->shut_rd = tp->shut_rd || rd;
        tp->shut_wr = tp->shut_wr || wr;
        tp->disconnecting = tp->connecting;
        tcp_wake(tp, SOCK_POLLIN | SOCK_POLLHUP | (rd ? SOCK_POLLRDHUP : 0u));
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
    .send = tcp_sock_send,
    .recv = tcp_sock_recv,
    .recv_plain = tcp_recv_plain,
    .shutdown = sock_shutdown,
    .linger = sock_linger,
    .close = sock_close,
    .set_option = tcp_set_option,
    .get_option = tcp_get_option,
    .poll = tcp_poll,
    .info = tcp_describe_sock,
};
