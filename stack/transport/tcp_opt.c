/* Socket options and poll(). */
#include <stdlib.h>
#include <string.h>

#include "stack/transport/tcp_fastopen.h"

/* SO_RCVLOWAT octets are there, or as many as the peer may send by now. */
static bool readable(const struct tcp_sock *tp)
{
    uint32_t n = tp->rcv_nxt - tp->copied_seq, target = (uint32_t)tp->sock.options.rcvlowat;

    if (tp->urg_state == TCP_URG_VALID && tp->rare->urg_seq == tp->copied_seq &&
        !tp->sock.options.oobinline)
        target++;
    if (list_empty(&tp->receive_queue) || n == 0 || tp->fin_received)
        return n > 0 && tp->fin_received;
    return n >= target || tcp_receive_window(tp) <= tp->rcv_mss;
}

unsigned tcp_poll(struct sock *sock)
{
    struct tcp_sock *tp = tcp_of(sock);
    enum tcp_state state = tcp_state(tp);
    unsigned mask = 0;

    if (state == TCP_LISTEN)
        return list_empty(&tp->rare->listen->accept_queue) ? 0 : SOCK_POLLIN;
    if ((tp->shut_rd && tp->shut_wr) || state == TCP_CLOSED)
        mask |= SOCK_POLLHUP;
    if (tp->shut_rd)
        mask |= SOCK_POLLIN | SOCK_POLLRDHUP;
    if (state != TCP_SYN_SENT && (state != TCP_SYN_RECEIVED || tcp_fastopen_pending(tp) != NULL)) {
        if (readable(tp))
            mask |= SOCK_POLLIN;
        if (tp->shut_wr)
            mask |= SOCK_POLLOUT;
        else if (tcp_is_writeable(tp))
            mask |= SOCK_POLLOUT;
        else
            tp->no_space = true;
        if (tp->urg_state == TCP_URG_VALID)
            mask |= SOCK_POLLPRI;
    } else if (tp->rare->fastopen != NULL && tp->rare->fastopen->deferred) {
        mask |= SOCK_POLLOUT; /* the SYN leaves with what is written */
    }
    if (sock->error != 0 || sock_has_reports(sock))
        mask |= SOCK_POLLERR;
    return mask;
}

static void set_buffer(int *buffer, bool *locked, int value, uint32_t max, int min)
{
    uint32_t limit = max > INT32_MAX / 2 ? INT32_MAX / 2 : max,
             size = (uint32_t)value; /* a negative one is a big one, as on Linux */

    size = u32_min(size, limit);
    *buffer = (int)(size * 2) < min ? min : (int)(size * 2);
    *locked = true;
}

static void set_cork(struct tcp_sock *tp, bool on)
{
    if (on) {
        tp->nonagle |= TCP_NAGLE_CORK;
        return;
    }
    tp->nonagle &= (uint8_t)~TCP_NAGLE_CORK;
    if ((tp->nonagle & TCP_NAGLE_OFF) != 0)
        tp->nonagle |= TCP_NAGLE_PUSH;
    tcp_push_pending_frames(tp);
}

static void set_nodelay(struct tcp_sock *tp, bool on)
{
    if (!on) {
        tp->nonagle &= (uint8_t)~TCP_NAGLE_OFF;
        return;
    }
    tp->nonagle |= TCP_NAGLE_OFF | TCP_NAGLE_PUSH;
    tcp_push_pending_frames(tp);
}

static void set_quickack(struct tcp_sock *tp, int value)
{
    if (value == 0) {
        tcp_enter_pingpong(tp);
        return;
    }
    tp->pingpong = 0;
    if (tcp_state_in(tp, TCP_IN(TCP_ESTABLISHED) | TCP_IN(TCP_CLOSE_WAIT)) &&
        (tp->ack_pending & TCP_ACK_SCHED) != 0) {
        tp->ack_pending |= TCP_ACK_PUSHED;
        tcp_cleanup_rbuf(tp, 1);
        if ((value & 1) == 0)
            tcp_enter_pingpong(tp);
    }
}

static void set_keepalive(struct tcp_sock *tp, bool on)
{
    tp->sock.options.keepalive = on;
    if (tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN) | TCP_IN(TCP_SYN_SENT)))
        return;
    if (on && !timer_running(&tp->rare->keepalive_timer))
        tcp_keepalive_start(tp, SIM_SEC(tcp_keepalive_time(tp)));
    else if (!on)
        tcp_keepalive_stop(tp);
}

static int set_keepidle(struct tcp_sock *tp, int value)
{
    if (value < 1 || value > 32767)
        return -SIM_EINVAL;
    tcp_user(tp)->keep_idle = (uint32_t)value;
    if (tp->sock.options.keepalive &&
        !tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN) | TCP_IN(TCP_SYN_SENT))) {
        uint64_t idle = tcp_now(tp->layer) - tp->rcv_tstamp,
                 time = tp->user->keep_idle * UINT64_C(1000000);

        tcp_keepalive_start(tp, SIM_USEC(idle < time ? time - idle : 0));
    }
    return 0;
}

/* TCP_DEFER_ACCEPT in seconds is kept as that many SYN,ACK retransmissions. */
static uint32_t seconds_to_retransmissions(int seconds)
{
    uint32_t n = 0;
    int64_t period = 1, timeout = 1;

    if (seconds <= 0)
        return 0;
    for (n = 1; period < seconds && n < 255; n++) {
        timeout = timeout * 2 > 120 ? 120 : timeout * 2;
        period += timeout;
    }
    return n;
}

static int retransmissions_to_seconds(uint32_t n)
{
    int64_t period = 0, timeout = 1;

    for (uint32_t i = 0; i < n; i++) {
        period += timeout;
        timeout = timeout * 2 > 120 ? 120 : timeout * 2;
    }
    return (int)period;
}

/* So much must fit into the buffer: it grows, or the number is less than asked for. */
static int set_rcvlowat(struct tcp_sock *tp)
{
    struct sock_options *options = &tp->sock.options;
    uint32_t cap =
        options->rcvbuf_locked ? (uint32_t)options->rcvbuf >> 1 : tp->layer->sysctl.rmem[2] >> 1;
    int64_t space;

    if ((uint32_t)options->rcvlowat > cap)
        options->rcvlowat = (int)cap;
    tcp_wake(tp, SOCK_POLLIN);
    if (options->rcvbuf_locked)
        return 0;
    space = ((int64_t)options->rcvlowat << 8) / u32_max(tp->scaling_ratio, 1);
    if (space > options->rcvbuf) {
        options->rcvbuf = (int)space;
        tp->window_kept = false;
        tp->window_clamp = (uint32_t)options->rcvlowat;
    }
    return 0;
}

static int set_ranged(uint8_t *field, int value, int min, int max)
{
    if (value < min || value > max)
        return -SIM_EINVAL;
    *field = (uint8_t)value;
    return 0;
}

static int set_fastopen(struct tcp_sock *tp, enum sock_option option, int value)
{
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;
    bool idle = tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN));

    if (option == OPT_TCP_FASTOPEN) {
        if (value < 0 || !idle)
            return -SIM_EINVAL;
        tcp_user(tp)->fastopen_max = u32_min((uint32_t)value, sysctl->core_somaxconn);
        return 0;
    }
    if (value < 0 || value > 1)
        return -SIM_EINVAL;
    if (option == OPT_TCP_FASTOPEN_NO_COOKIE) {
        if (!idle)
            return -SIM_EINVAL;
        tcp_user(tp)->fastopen_no_cookie = value != 0;
        return 0;
    }
    if ((sysctl->fastopen & TCP_FASTOPEN_CLIENT) == 0)
        return -SIM_EOPNOTSUPP;
    if (tcp_state(tp) != TCP_CLOSED)
        return -SIM_EINVAL;
    tcp_user(tp)->fastopen_connect = value != 0;
    return 0;
}

/* A key's four words stand in its octets as a little-endian machine has them. */
int tcp_fastopen_set_keys(struct sock *sock, const uint8_t *octets, size_t len)
{
    struct tcp_user *user;
    enum { KEY_LEN = 16 };

    if (len != KEY_LEN && len != TCP_FASTOPEN_KEYS * KEY_LEN)
        return -SIM_EINVAL;
    user = tcp_user(tcp_of(sock));
    if (user->fastopen_keys == NULL)
        user->fastopen_keys = mem_zalloc(sizeof *user->fastopen_keys);
    user->fastopen_keys->n = (unsigned)(len / KEY_LEN);
    for (size_t i = 0; i < len; i++) {
        uint32_t *word = &user->fastopen_keys->keys[i / KEY_LEN][i % KEY_LEN / 4];

        *word = (i % 4 == 0 ? 0 : *word) | (uint32_t)octets[i] << (8 * (i % 4));
    }
    return 0;
}

size_t tcp_fastopen_get_keys(const struct sock *sock, uint8_t octets[static 32])
{
    const struct tcp_fastopen_keys *keys = tcp_of_const(sock)->user->fastopen_keys;
    size_t len = keys == NULL ? 0 : keys->n * sizeof keys->keys[0];

    for (size_t i = 0; i < len; i++)
        octets[i] = (uint8_t)(keys->keys[i / 16][i % 16 / 4] >> (8 * (i % 4)));
    return len;
}

/* Linux keeps these times in ticks. */
static int set_tick_option(uint32_t *us, int value, uint32_t max)
{
    uint32_t ticks = value < 0 ? 0 : tcp_whole_ticks((uint32_t)value);

    if (ticks < TCP_TIMEOUT_MIN || ticks > max)
        return -SIM_EINVAL;
    *us = ticks;
    return 0;
}

static int set_timer_option(struct tcp_sock *tp, enum sock_option option, int value)
{
    tp->own_times = true;
    if (option == OPT_TCP_RTO_MIN_US)
        return set_tick_option(&tcp_user(tp)->rto_min_us, value, TCP_RTO_MIN);
    if (option == OPT_TCP_DELACK_MAX_US)
        return set_tick_option(&tcp_user(tp)->delack_max_us, value, TCP_DELACK_MAX);
    if (value < 1000 || value > (int)(TCP_RTO_MAX / 1000))
        return -SIM_EINVAL;
    tcp_user(tp)->rto_max_us = tcp_whole_ticks((uint32_t)value * 1000);
    return 0;
}

static int set_tcp_option(struct tcp_sock *tp, enum sock_option option, int value)
{
    switch (option) {
    case OPT_TCP_NODELAY:
        set_nodelay(tp, value != 0);
        return 0;
    case OPT_TCP_CORK:
        set_cork(tp, value != 0);
        return 0;
    case OPT_TCP_QUICKACK:
        set_quickack(tp, value);
        return 0;
    case OPT_TCP_MAXSEG:
        if (value != 0 && (value < (int)TCP_MSS_MIN || value > 32767))
            return -SIM_EINVAL;
        tcp_user(tp)->mss = (uint16_t)value;
        return 0;
    case OPT_TCP_KEEPIDLE:
        return set_keepidle(tp, value);
    case OPT_TCP_KEEPINTVL:
        if (value < 1 || value > 32767)
            return -SIM_EINVAL;
        tcp_user(tp)->keep_intvl = (uint32_t)value;
        return 0;
    case OPT_TCP_KEEPCNT:
        return set_ranged(&tcp_user(tp)->keep_cnt, value, 1, 127);
    case OPT_TCP_SYNCNT:
        return set_ranged(&tcp_user(tp)->syn_retries, value, 1, 127);
    case OPT_TCP_THIN_LINEAR_TIMEOUTS:
        if (value < 0 || value > 1)
            return -SIM_EINVAL;
        tcp_user(tp)->thin_linear = value != 0;
        return 0;
    case OPT_TCP_LINGER2:
        tcp_user(tp)->linger2 = value < 0 ? -1 : value > 120 ? 120 : value;
        return 0;
    case OPT_TCP_DEFER_ACCEPT:
        tcp_user(tp)->defer_accept = seconds_to_retransmissions(value);
        return 0;
    case OPT_TCP_WINDOW_CLAMP:
        value = value < 0 ? 1 : value; /* the least there is */
        return tcp_set_window_clamp(tp, (uint32_t)value);
    case OPT_TCP_USER_TIMEOUT:
        if (value < 0)
            return -SIM_EINVAL;
        tcp_user(tp)->timeout_ms = (uint32_t)value;
        return 0;
    case OPT_TCP_RTO_MAX_MS:
    case OPT_TCP_RTO_MIN_US:
    case OPT_TCP_DELACK_MAX_US:
        return set_timer_option(tp, option, value);
    case OPT_TCP_CONGESTION:
        if (value != TCP_CC_CUBIC && value != TCP_CC_RENO)
            return -SIM_ENOENT;
        tp->cc = tcp_cc_of((enum tcp_cc_kind)value);
        if (!tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN)))
            tp->cc->init(tp);
        return 0;
    case OPT_TCP_NOTSENT_LOWAT:
        tcp_user(tp)->notsent_lowat = (uint32_t)value;
        return 0;
    case OPT_TCP_FASTOPEN:
    case OPT_TCP_FASTOPEN_CONNECT:
    case OPT_TCP_FASTOPEN_NO_COOKIE:
        return set_fastopen(tp, option, value);
    case OPT_TCP_SAVE_SYN:
        return set_ranged(&tcp_user(tp)->save_syn, value, 0, 2);
    case OPT_TCP_THIN_DUPACK:
        return value < 0 || value > 1 ? -SIM_EINVAL : 0;
    case OPT_TCP_TIMESTAMP:
        return -SIM_EPERM; /* outside TCP_REPAIR */
    case OPT_TCP_INQ:
        if (value < 0 || value > 1)
            return -SIM_EINVAL;
        tp->sock.options.tcp_inq = value != 0;
        return 0;
    default:
        return -SIM_ENOPROTOOPT;
    }
}

int tcp_set_option(struct sock *sock, enum sock_option option, int value)
{
    struct tcp_sock *tp = tcp_of(sock);
    struct tcp_layer *tcp = tp->layer;

    switch (option) {
    case OPT_SO_REUSEADDR:
        sock->options.reuseaddr = tp->entry.reuse = value != 0;
        return 0;
    case OPT_SO_REUSEPORT:
        sock->options.reuseport = tp->entry.reuseport = value != 0;
        return 0;
    case OPT_SO_KEEPALIVE:
        set_keepalive(tp, value != 0);
        return 0;
    case OPT_SO_SNDBUF:
        set_buffer(&sock->options.sndbuf, &sock->options.sndbuf_locked, value,
                   tcp->sysctl.core_wmem_max, TCP_SNDBUF_MIN);
        tcp_check_space(tp);
        return 0;
    case OPT_SO_RCVBUF:
        set_buffer(&sock->options.rcvbuf, &sock->options.rcvbuf_locked, value,
                   tcp->sysctl.core_rmem_max, TCP_RCVBUF_MIN);
        tp->window_kept = false;
        return 0;
    case OPT_SO_RCVLOWAT:
        return set_rcvlowat(tp);
    case OPT_SO_TIMESTAMPING:
        return tcp_set_stamps(tp, (uint32_t)value);
    case OPT_SO_BINDTODEVICE: {
        struct ip_iface *iface = value == 0 ? NULL : ip_iface_by_index(tcp->ip, (unsigned)value);

        if (value != 0 && iface == NULL)
            return -SIM_ENODEV;
        sock->options.bound_iface = iface;
        tp->entry.bound_ifindex = (unsigned)value;
        tp->has_route = false;
        tp->mtu_version = tp->path_version = 0;
        return 0;
    }
    default:
        return set_tcp_option(tp, option, value);
    }
}

int tcp_get_option(struct sock *sock, enum sock_option option, int *value)
{
    struct tcp_sock *tp = tcp_of(sock);
    const struct tcp_sysctl *sysctl = &tp->layer->sysctl;

    switch (option) {
    case OPT_SO_ACCEPTCONN:
        *value = tcp_state(tp) == TCP_LISTEN;
        break;
    case OPT_TCP_NODELAY:
        *value = (tp->nonagle & TCP_NAGLE_OFF) != 0;
        break;
    case OPT_TCP_CORK:
        *value = (tp->nonagle & TCP_NAGLE_CORK) != 0;
        break;
    case OPT_TCP_QUICKACK:
        *value = tp->pingpong == 0;
        break;
    case OPT_TCP_MAXSEG:
        *value = (int)tp->mss_cache;
        if (tp->user->mss != 0 && tcp_state_in(tp, TCP_IN(TCP_CLOSED) | TCP_IN(TCP_LISTEN)))
            *value = tp->user->mss;
        break;
    case OPT_TCP_KEEPIDLE:
        *value = (int)tcp_keepalive_time(tp);
        break;
    case OPT_TCP_KEEPINTVL:
        *value = (int)(tp->user->keep_intvl != 0 ? tp->user->keep_intvl : sysctl->keepalive_intvl);
        break;
    case OPT_TCP_KEEPCNT:
        *value = tp->user->keep_cnt != 0 ? tp->user->keep_cnt : sysctl->keepalive_probes;
        break;
    case OPT_TCP_SYNCNT:
        *value = tp->user->syn_retries != 0 ? tp->user->syn_retries : sysctl->syn_retries;
        break;
    case OPT_TCP_THIN_LINEAR_TIMEOUTS:
        *value = tp->user->thin_linear;
        break;
    case OPT_TCP_LINGER2:
        *value = tp->user->linger2 != 0 ? tp->user->linger2 : (int)sysctl->fin_timeout;
        break;
    case OPT_TCP_DEFER_ACCEPT:
        *value = retransmissions_to_seconds(tp->user->defer_accept);
        break;
    case OPT_TCP_WINDOW_CLAMP:
        *value = (int)tp->window_clamp;
        break;
    case OPT_TCP_USER_TIMEOUT:
        *value = (int)tp->user->timeout_ms;
        break;
    case OPT_TCP_RTO_MAX_MS:
        *value = (int)(tcp_rto_max(tp) / 1000);
        break;
    case OPT_TCP_RTO_MIN_US:
        *value = (int)tcp_whole_ticks(tcp_rto_min(tp));
        break;
    case OPT_TCP_DELACK_MAX_US:
        *value = (int)(tp->user->delack_max_us != 0 ? tp->user->delack_max_us : TCP_DELACK_MAX);
        break;
    case OPT_TCP_CONGESTION:
        *value = tp->cc == &tcp_reno_ops ? TCP_CC_RENO : TCP_CC_CUBIC;
        break;
    case OPT_TCP_NOTSENT_LOWAT:
        *value = (int)tp->user->notsent_lowat;
        break;
    case OPT_TCP_FASTOPEN:
        *value = (int)tp->user->fastopen_max;
        break;
    case OPT_TCP_FASTOPEN_CONNECT:
        *value = tp->user->fastopen_connect;
        break;
    case OPT_TCP_FASTOPEN_NO_COOKIE:
        *value = tp->user->fastopen_no_cookie;
        break;
    case OPT_TCP_SAVE_SYN:
        *value = tp->user->save_syn;
        break;
    case OPT_TCP_THIN_DUPACK:
    case OPT_TCP_IS_MPTCP:
        *value = 0;
        break;
    case OPT_TCP_TIMESTAMP:
        *value = (int)tcp_ts_now(tp->layer, tp->ts_offset);
        break;
    case OPT_TCP_INQ:
        *value = sock->options.tcp_inq;
        break;
    case OPT_SIOCINQ:
        if (tcp_state(tp) == TCP_LISTEN)
            return -SIM_EINVAL;
        *value = (int)tcp_inq(sock);
        break;
    case OPT_SIOCOUTQ:
        if (tcp_state(tp) == TCP_LISTEN)
            return -SIM_EINVAL;
        *value = (int)tcp_outq(sock);
        break;
    case OPT_SIOCOUTQNSD:
        if (tcp_state(tp) == TCP_LISTEN)
            return -SIM_EINVAL;
        *value = (int)tcp_outq_unsent(sock);
        break;
    case OPT_SIOCATMARK:
        *value = tcp_at_mark(sock);
        break;
    case OPT_IP_MTU:
    case OPT_IPV6_MTU:
        if (!tp->has_route)
            return -SIM_ENOTCONN;
        *value = (int)tcp_path_mtu(tp);
        break;
    default:
        return -SIM_ENOPROTOOPT;
    }
    return 0;
}

int tcp_take_saved_syn(struct sock *sock, void *octets, size_t *len)
{
    struct tcp_sock *tp = tcp_of(sock);
    struct tcp_saved_syn *saved = tp->user->saved_syn;
    size_t room = *len;

    *len = saved == NULL ? 0 : saved->len;
    if (saved == NULL)
        return 0;
    if (room < saved->len)
        return -SIM_EINVAL;
    memcpy(octets, saved->octets, saved->len);
    tcp_user(tp)->saved_syn = NULL;
    free(saved);
    return 0;
}
