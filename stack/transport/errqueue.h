/* A socket's error queue, read with MSG_ERRQUEUE: ICMP errors with the octets that caused them (of
 * datagrams, for who asked by IP_RECVERR; of a TCP connection that did not come about), timestamps
 * of what was sent, calls with MSG_ZEROCOPY that are done. It is in sock_extra.errors, whatever the
 * protocol; sock_has_reports() tells whether there is something in it. */
#ifndef WW_STACK_TRANSPORT_ERRQUEUE_H
#define WW_STACK_TRANSPORT_ERRQUEUE_H

#include "stack/net/ip.h"
#include "stack/transport/sock.h"

/** errqueue_push() - @report about the @len octets at @octets, sent to @to; lost when there are too
 * many. */
void errqueue_push(struct sock *sock, const struct sock_report *report, struct endpoint to,
                   const uint8_t *octets, size_t len);
/** errqueue_icmp() - an entry for @error, about what went to @remote: ip_icmp_error(). It leaves
 * out the first @skip octets of what is quoted of the transport. */
void errqueue_icmp(struct sock *sock, const struct ip_error *error, struct endpoint remote,
                   size_t skip);
/** errqueue_take() - what an ICMP error about a datagram to @remote does to @sock:
 * __udp4_lib_err(), raw_err(). @skip as above; 0: a raw socket. */
void errqueue_take(struct sock *sock, const struct ip_error *error, struct endpoint remote,
                   size_t skip, bool connected);
/** errqueue_pop() - recv() with MSG_ERRQUEUE: never waits. @sock->error, which the next call would
 * return, becomes that of the next ICMP message, or none: sock_dequeue_err_skb(). */
int64_t errqueue_pop(struct sock *sock, struct sock_recv *message);
/** errqueue_stamp() - @sock has sent the octet or datagram @key: a timestamp of @kind, with the
 * octets unless SOF_TIMESTAMPING_OPT_TSONLY leaves them out. errqueue_copyless() - the calls from
 * @first to @last with MSG_ZEROCOPY are done; @copied: not without a copy. */
void errqueue_stamp(struct sock *sock, enum sock_stamp_kind kind, uint32_t key,
                    const uint8_t *octets, size_t len);
void errqueue_copyless(struct sock *sock, uint32_t first, uint32_t last, bool copied);
/** errqueue_forget() - who asked for errors does so no more: what is there of them goes, the rest
 * stays. errqueue_fini() - for sock_fini(): what is left in @queue, sock_extra.errors. */
void errqueue_forget(struct sock *sock);
void errqueue_fini(struct list *queue);

#endif
