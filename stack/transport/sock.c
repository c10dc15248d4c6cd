#include "stack/transport/sock.h"

#include "stack/net/ip.h"

void sock_init(struct sock *sock, const struct sock_ops *ops, struct ip_stack *ip)
{
    *sock = (struct sock){ .ops = ops, .node = ip->node, .ip = ip };
    sock->options = (struct sock_options){ .linger = -1,
                                           .sndbuf = SOCK_SNDBUF_DEFAULT,
                                           .rcvbuf = SOCK_RCVBUF_DEFAULT,
                                           .mtu_discover = 1,
                                           .multicast_ttl = 1,
                                           .multicast_loop = true };
}

int sock_take_error(struct sock *sock)
{
    int error = sock->error;

    sock->error = 0;
    return -error;
}

void sock_wake(struct sock *sock, unsigned events)
{
    if (sock->wake != NULL)
        sock->wake(sock, events);
}
