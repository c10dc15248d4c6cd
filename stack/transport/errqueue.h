/* The error queue of a datagram socket that asked for IP_RECVERR: ICMP errors with the octets that
 * caused them, read with MSG_ERRQUEUE. */
#ifndef WW_STACK_TRANSPORT_ERRQUEUE_H
#define WW_STACK_TRANSPORT_ERRQUEUE_H

#include "stack/transport/sock.h"

/** errqueue_push() - @report about the @len octets at @octets, sent to @to; lost when there are too
 * many. */
void errqueue_push(struct list *queue, const struct sock_report *report, struct endpoint to,
                   const uint8_t *octets, size_t len);
/** errqueue_pop() - recv() with MSG_ERRQUEUE: never waits. */
int64_t errqueue_pop(struct list *queue, struct sock_recv *message);
void errqueue_fini(struct list *queue);

#endif
