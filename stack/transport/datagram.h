/* The receive queue of datagram sockets (UDP, raw, packet): whole frames, each with where it came
 * from. */
#ifndef WW_STACK_TRANSPORT_DATAGRAM_H
#define WW_STACK_TRANSPORT_DATAGRAM_H

#include "sim/frame.h"
#include "stack/net/ip.h"
#include "stack/transport/sock.h"

struct datagram {
    struct datagram *next;
    struct frame *frame; /* data at what recv() gives */
    struct endpoint from;
    struct endpoint to;
    uint8_t ttl, tos;
    unsigned ifindex;
    struct mac_addr from_mac;
    bool outgoing;
    sim_time at;
};

struct datagram_queue {
    struct datagram *head, *tail, *free;
    uint32_t n;
    uint32_t octets; /* as Linux charges them, bookkeeping included */
};

/** datagram_take() - a datagram with @frame (consumed), to be described and pushed; the fields that
 * the kind of socket never describes are 0. NULL, and dropped, when the receive buffer of @sock is
 * full. */
struct datagram *datagram_take(struct sock *sock, struct datagram_queue *queue,
                               struct frame *frame);
/** datagram_push() - queue @datagram, which datagram_take() has given. */
void datagram_push(struct sock *sock, struct datagram_queue *queue, struct datagram *datagram);
/** datagram_pop() - the recv() of all datagram sockets. */
int64_t datagram_pop(struct sock *sock, struct datagram_queue *queue, struct sock_recv *message);
/** datagram_head_len() - octets of the first datagram, or -1. */
int64_t datagram_head_len(const struct datagram_queue *queue);
void datagram_fini(struct datagram_queue *queue);

/** sock_fill_send() - a packet's sending options from the socket's. */
void sock_fill_send(const struct sock *sock, struct ip_send *send);
/** sock_control_send() - what @control, which may be NULL, changes of that for one datagram. */
void sock_control_send(const struct sock *sock, const struct sock_control *control,
                       struct ip_send *send);

#endif
