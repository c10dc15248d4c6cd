/* A program reads what has come. */
#include <string.h>

#include "base/likely.h"
#include "stack/transport/errqueue.h"
#include "stack/transport/tcp_internal.h"

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
    sim_time at;  /* when the last of them came, 0: not known */
    bool peek, stop;
};

/* Urgent data that is not read in line is skipped; reading stops in front of it. */
static uint32_t before_urgent(struct reading *r, uint32_t n)
{
    struct tcp_sock *tp = r->tp;
    uint32_t ahead = tp->rare->urg_seq - r->seq;

    if (tp->urg_state == TCP_URG_NONE || ahead >= n)
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

/* A buffer that Linux has put several segments into has the timestamp of the last. */
static sim_time came_at(const struct tcp_sock *tp, const struct tcp_seg *seg)
{
    while (seg->link.next != &tp->receive_queue && tcp_seg_of(seg->link.next)->n_merged > 1 &&
           tcp_seg_of(seg->link.next)->stamped)
        seg = tcp_seg_of(seg->link.next);
    return (sim_time)seg->sent_at;
}

static void read_segment(struct reading *r, struct tcp_seg *seg)
{
    uint32_t offset = r->seq - seg->seq, n;

    if (UNLIKELY(seg->stamped))
        r->at = came_at(r->tp, seg);
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

static inline void eat(struct tcp_sock *tp)
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
    if (tp->urg_state != TCP_URG_NONE && seq_gt(tp->copied_seq, tp->rare->urg_seq))
        tp->urg_state = TCP_URG_NONE;
}

/* What is before @seq is read: @done octets that the program wanted. */
static inline void have_read(struct tcp_sock *tp, uint32_t seq, uint32_t done)
{
    if (done > 0)
        tcp_rcv_space_adjust(tp, seq);
    tp->copied_seq = seq;
    eat(tp);
    if (done > 0)
        tcp_cleanup_rbuf(tp, done);
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

/* What recvmsg() says beside the octets. */
static void tell(const struct tcp_sock *tp, const struct reading *r, struct sock_recv *message)
{
    message->at = r->at;
    message->inq = tp->sock.options.tcp_inq ? tcp_inq(&tp->sock) : 0;
    if (message->inq == 0 && tp->fin_received)
        message->inq = 1; /* who reads on learns of the end */
}

int64_t tcp_sock_recv(struct sock *sock, struct sock_recv *message)
{
    struct tcp_sock *tp = tcp_of(sock);
    struct reading r = { .tp = tp,
                         .size = message->size,
                         .seq = tp->copied_seq,
                         .peek = (message->flags & SOCK_MSG_PEEK) != 0 };

    if (UNLIKELY((message->flags & SOCK_MSG_ERRQUEUE) != 0))
        return errqueue_pop(sock, message);
    if (tcp_state(tp) == TCP_LISTEN)
        return -SIM_ENOTCONN;
    if ((message->flags & SOCK_MSG_OOB) != 0)
        return recv_urgent(tp, message);
    if (!message->octets_only)
        message->from = tp->entry.ends->remote;
    message->full_len = 0;
    message->at = 0;
    message->inq = tp->fin_received;
    if (list_empty(&tp->receive_queue) && tp->urg_state == TCP_URG_NONE)
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
    if (!r.peek)
        have_read(tp, r.seq, (uint32_t)r.done);
    if (!message->octets_only)
        tell(tp, &r, message);
    if (r.done == 0 && message->size > 0)
        return nothing_read(tp);
    return (int64_t)r.done;
}

/* Up to @size octets of the queue, where nothing is urgent and no FIN has come. */
static size_t copy_octets(const struct tcp_sock *tp, uint8_t *to, size_t size)
{
    uint32_t seq = tp->copied_seq;
    size_t done = 0;

    for (struct list *at = tp->receive_queue.next; at != &tp->receive_queue && done < size;
         at = at->next) {
        const struct tcp_seg *seg = tcp_seg_of(at);
        uint32_t offset = seq - seg->seq;
        size_t n = seg->data.len - offset;

        if (n > size - done)
            n = size - done;
        if (to != NULL)
            memcpy(to + done, seg->data.octets + offset, n);
        done += n;
        seq += (uint32_t)n;
    }
    return done;
}

/* All that waits: have_read() of it, in one pass. */
static inline void read_all(struct tcp_sock *tp, uint8_t *to, uint32_t waits)
{
    uint32_t seq = tp->copied_seq;
    struct tcp_seg *seg;

    tcp_rcv_space_adjust(tp, tp->rcv_nxt); /* it looks at the queue, not at what is copied */
    tp->copied_seq = tp->rcv_nxt;
    while ((seg = tcp_first(&tp->receive_queue)) != NULL) {
        uint32_t offset = seq - seg->seq, n = seg->data.len - offset;

        if (to != NULL) {
            memcpy(to, seg->data.octets + offset, n);
            to += n;
        }
        seq += n;
        tp->rmem_alloc -= seg->truesize;
        tcp_seg_free(tp->layer, seg);
    }
    tcp_cleanup_rbuf(tp, waits);
}

/* Something waits. */
APART static int64_t read_plain(struct tcp_sock *tp, void *octets, size_t size)
{
    uint32_t waits = tp->rcv_nxt - tp->copied_seq;
    size_t done;

    if (LIKELY(size >= waits && !tp->layer->sysctl.long_way)) {
        read_all(tp, octets, waits);
        return waits;
    }
    done = copy_octets(tp, octets, size);

    have_read(tp, tp->copied_seq + (uint32_t)done, (uint32_t)done);
    return (int64_t)done;
}

/* tcp_sock_recv() for who wants octets alone, or their number. */
APART static int64_t recv_closely(struct sock *sock, void *octets, size_t size, unsigned flags)
{
    return tcp_sock_recv(
        sock,
        &(struct sock_recv){ .octets = octets, .size = size, .flags = flags, .octets_only = true });
}

/* The same while the peer still sends, and nothing of it is urgent. */
int64_t tcp_recv_plain(struct sock *sock, void *octets, size_t size, unsigned flags)
{
    struct tcp_sock *tp = tcp_of(sock);

    if (UNLIKELY(tp->urg_state != TCP_URG_NONE || tp->fin_received || size == 0))
        return recv_closely(sock, octets, size, flags);
    if (!list_empty(&tp->receive_queue))
        return read_plain(tp, octets, size);
    return LIKELY(tcp_state(tp) == TCP_ESTABLISHED && !tp->shut_rd && sock->error == 0)
               ? -SIM_EAGAIN
               : recv_closely(sock, octets, size, flags);
}

size_t tcp_first_len(const struct sock *sock)
{
    const struct tcp_sock *tp = tcp_of_const(sock);
    const struct tcp_seg *seg = tcp_first(&tp->receive_queue);

    return seg == NULL ? 0 : seg->data.len - u32_min(tp->copied_seq - seg->seq, seg->data.len);
}
