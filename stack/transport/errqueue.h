/* The error queue, read with MSG_ERRQUEUE: of a datagram socket that asked for IP_RECVERR ICMP
 * errors with the octets that caused them, timestamps of what was sent, calls with MSG_ZEROCOPY
 * that are done. */
#ifndef WW_STACK_TRANSPORT_ERRQUEUE_H
#define WW_STACK_TRANSPORT_ERRQUEUE_H

#include "stack/net/ip.h"
#include "stack/transport/sock.h"

/** errqueue_push() - @report about the @len octets at @octets, sent to @to; lost when there are too
 * many. */
void errqueue_push(struct list *queue, const struct sock_report *report, struct endpoint to,
                   const uint8_t *octets, size_t len);
/** errqueue_take() - what an ICMP error about a datagram to @remote does to @sock, whose error
 * queue is
 * @queue: __udp4_lib_err(), raw_err(). The entry leaves out the first @skip octets of what is
 * quoted of the transport. */
void errqueue_take(struct sock *sock, struct list *queue, const struct ip_error *error,
                   struct endpoint remote, size_t skip, bool connected);
/** errqueue_pop() - recv() with MSG_ERRQUEUE: never waits. The error that *@pending is, which the
 * next call would return, becomes that of the next ICMP message, or none: sock_dequeue_err_skb().
 */
int64_t errqueue_pop(struct list *queue, struct sock_recv *message, int *pending);
/** errqueue_stamp() - @sock has sent the octet or datagram @key: a timestamp of @kind, with the
 * octets unless SOF_TIMESTAMPING_OPT_TSONLY leaves them out. errqueue_copyless() - the calls from
 * @first to @last with MSG_ZEROCOPY are done; @copied: not without a copy. */
void errqueue_stamp(struct sock *sock, struct list *queue, enum sock_stamp_kind kind, uint32_t key,
                    const uint8_t *octets, size_t len);
void errqueue_copyless(struct sock *sock, struct list *queue, uint32_t first, uint32_t last,
                       bool copied);
void errqueue_fini(struct list *queue);

#endif
