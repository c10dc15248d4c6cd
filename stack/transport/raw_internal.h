/* What raw sockets of both families share. */
#ifndef WW_STACK_TRANSPORT_RAW_INTERNAL_H
#define WW_STACK_TRANSPORT_RAW_INTERNAL_H

#include "stack/transport/datagram.h"
#include "stack/transport/errqueue.h"
#include "stack/transport/raw.h"

struct raw_sock {
    struct sock sock;
    struct ip_raw_tap tap;
    struct datagram_queue queue;
    bool header_included;
};

static inline struct raw_sock *raw_of(struct sock *sock)
{
    return CONTAINER_OF(sock, struct raw_sock, sock);
}

/** raw_new() - a socket of @ops that sees packets of @protocol in @v6 or IPv4. */
struct sock *raw_new(struct ip_stack *ip, const struct sock_ops *ops, uint8_t protocol, bool v6);
/** raw_frame() - the octets of @message as a frame, with its reason. */
struct frame *raw_frame(struct sock *sock, const struct sock_send *message);

int64_t raw_recv(struct sock *sock, struct sock_recv *message);
int raw_shutdown(struct sock *sock, enum sock_shutdown how);
void raw_close(struct sock *sock);
unsigned raw_poll(struct sock *sock);

#endif
