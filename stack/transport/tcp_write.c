/* A program writes: its octets become segments, and leave if they may. */
#include "base/likely.h"
#include "stack/transport/tcp_fastopen.h"

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
    uint64_t queued = tp->wmem_queued;

    return queued + queued / 2 <= (uint32_t)tp->sock.options.sndbuf && tcp_memory_free(tp) &&
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
    return tcp_connect_deferred(tp) ? -SIM_EINPROGRESS : -SIM_EAGAIN;
}

static int send_check(struct tcp_sock *tp)
{
    struct sock *sock = &tp->sock;

    if (!tcp_state_in(tp, TCP_IN(TCP_ESTABLISHED) | TCP_IN(TCP_CLOSE_WAIT)) || sock->error != 0 ||
        tp->shut_wr) {
        int error = sock_take_error(sock);

        if (error != 0)
            return error;
        if (tcp_state_in(tp, TCP_IN(TCP_SYN_SENT) | TCP_IN(TCP_SYN_RECEIVED)) &&
            (!tp->shut_wr || tcp_fastopen_pending(tp) == NULL))
            return send_early(tp); /* it waits for the handshake before it asks for more */
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
    bool urgent = (message->flags & SOCK_MSG_OOB) != 0; /* in buffers of a segment each */
    uint32_t goal = urgent ? mss : tcp_size_goal(tp, mss), in_buffer = tcp_tail_buffer_len(tp);
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
        if (in_buffer >= goal && done < message->len && !urgent) {
            buffer_full(tp, seg, mss);
            in_buffer = tcp_tail_buffer_len(tp); /* less what has gone out */
        }
    }
    return done;
}

int64_t tcp_sock_send(struct sock *sock, const struct sock_send *message)
{
    enum { BEGINS = SOCK_MSG_FASTOPEN | SOCK_MSG_GOES_ON };
    struct tcp_sock *tp = tcp_of(sock);
    int error =
        UNLIKELY((message->flags & BEGINS) == SOCK_MSG_FASTOPEN) ? tcp_open_fast(tp, message) : 0;
    bool more = (message->flags & SOCK_MSG_MORE) != 0;
    struct tcp_seg *tail;
    size_t done;

    if (UNLIKELY(error < 0))
        return error;
    error = send_check(tp);
    if (error < 0)
        return tcp_send_failed(tp, message, error);
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
    if (UNLIKELY((sock->options.extra != NULL || message->control != NULL) && done > 0))
        tcp_note_written(tp, message, done == message->len);
    if (tail != NULL && done > 0)
        push(tp, tail, more && done == message->len);
    tcp_reap(tp->layer);
    return done > 0 ? (int64_t)done : -SIM_EAGAIN;
}

void tcp_splice_eof(struct sock *sock)
{
    struct tcp_sock *tp = tcp_of(sock);
    struct tcp_seg *tail = tcp_last(&tp->write_queue);

    if (tail != NULL && tcp_state(tp) != TCP_CLOSED)
        push(tp, tail, false);
    tcp_reap(tp->layer);
}
