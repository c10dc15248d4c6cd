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

/** datagram_push() - queue @frame (consumed) for @sock; false and dropped when its receive buffer
 * is full. */
bool datagram_push(struct sock *sock, struct datagram_queue *queue, struct frame *frame,
                   const struct datagram *about);
/** datagram_pop() - the recv() of all datagram sockets. */
int64_t datagram_pop(struct sock *sock, struct datagram_queue *queue, struct sock_recv *message);
/** datagram_head_len() - octets of the first datagram, or -1. */
int64_t datagram_head_len(const struct datagram_queue *queue);
void datagram_fini(struct datagram_queue *queue);

/** sock_fill_send() - a packet's sending options from the socket's. */
void sock_fill_send(const struct sock *sock, struct ip_send *send);

#endif
