/* The receive queue of datagram sockets (UDP, raw, packet): whole frames, data at what recv()
 * gives. What else recvmsg() tells of one stands in the frame and its headers. */
#ifndef WW_STACK_TRANSPORT_DATAGRAM_H
#define WW_STACK_TRANSPORT_DATAGRAM_H

#include "base/likely.h"
#include "sim/frame.h"
#include "stack/net/ip.h"
#include "stack/transport/sock.h"

#define DATAGRAM_OVERHEAD                                                                          \
    576 /* octets Linux charges besides the payload: its buffer head and rounding */

struct datagram_queue {
    struct frame_list frames; /* arrives_at: when they joined it */
    uint32_t n;
    uint32_t octets; /* as Linux charges them, bookkeeping included */
};

/* What recvmsg() says of @frame besides its octets and when it came: all of message->from, to, ttl,
 * tos, ifindex, from_mac and outgoing, 0 where the kind of socket knows no such thing. */
typedef void datagram_teller(const struct sock *sock, const struct frame *frame,
                             struct sock_recv *message);

static inline uint32_t datagram_charge(const struct frame *frame)
{
    return (uint32_t)frame_size(frame) + DATAGRAM_OVERHEAD;
}

/** datagram_refuse() - @frame, for which the receive buffer of @sock has no room, is dropped. */
void datagram_refuse(struct sock *sock, struct frame *frame);

/** datagram_take_at() - @frame (consumed) joins @queue at @now, or is dropped when the receive
 * buffer of @sock is full: false. datagram_take() - the same, whenever that is. */
static inline bool datagram_take_at(struct sock *sock, struct datagram_queue *queue,
                                    struct frame *frame, sim_time now)
{
    uint32_t octets = queue->octets + datagram_charge(frame);

    if (queue->n > 0 && UNLIKELY(octets > (uint32_t)sock->options.rcvbuf)) {
        datagram_refuse(sock, frame);
        return false;
    }
    frame->arrives_at = now;
    frame_list_push(&queue->frames, frame);
    queue->n++;
    queue->octets = octets;
    sock_wake(sock, SOCK_POLLIN);
    return true;
}

static inline bool datagram_take(struct sock *sock, struct datagram_queue *queue,
                                 struct frame *frame)
{
    return datagram_take_at(sock, queue, frame, node_now(sock->node));
}

/** datagram_drop_head() - the first one, which must be there, has been read. */
static inline void datagram_drop_head(struct datagram_queue *queue)
{
    struct frame *frame = queue->frames.head;

    queue->octets -= datagram_charge(frame);
    queue->n--;
    if (LIKELY((queue->frames.head = frame->next) == NULL))
        queue->frames.tail = NULL;
    frame_free(frame);
}

/** datagram_pop() - the recv() of all datagram sockets. */
int64_t datagram_pop(struct sock *sock, struct datagram_queue *queue, struct sock_recv *message,
                     datagram_teller *tell);
/** datagram_tell_ip() - of sockets above IP: @frame has an IP header; ports: with @ports there is
 * that of the source 8 octets before the data. */
void datagram_tell_ip(const struct sock *sock, const struct frame *frame, bool ports,
                      struct sock_recv *message);
/** datagram_head_len() - octets of the first datagram, or -1. */
int64_t datagram_head_len(const struct datagram_queue *queue);
void datagram_fini(struct datagram_queue *queue);

/** sock_fill_send() - a packet's sending options from the socket's. */
void sock_fill_send(const struct sock *sock, struct ip_send *send);
/** sock_control_send() - what @control, which may be NULL, changes of that for one datagram. */
void sock_control_send(const struct sock *sock, const struct sock_control *control,
                       struct ip_send *send);

#endif
