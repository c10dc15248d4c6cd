#include "stack/socket/no_socket.h"

#include "base/errnos.h"

int no_socket_address(struct sock *sock, struct endpoint endpoint)
{
    (void)sock;
    (void)endpoint;
    return -SIM_ENOTSOCK;
}

int no_socket_listen(struct sock *sock, int backlog)
{
    (void)sock;
    (void)backlog;
    return -SIM_ENOTSOCK;
}

struct sock *no_socket_accept(struct sock *sock, int *error)
{
    (void)sock;
    *error = -SIM_ENOTSOCK;
    return NULL;
}

int64_t no_socket_send(struct sock *sock, const struct sock_send *message)
{
    (void)sock;
    (void)message;
    return -SIM_ENOTSOCK;
}

int64_t no_socket_recv(struct sock *sock, struct sock_recv *message)
{
    (void)sock;
    (void)message;
    return -SIM_ENOTSOCK;
}

int no_socket_shutdown(struct sock *sock, enum sock_shutdown how)
{
    (void)sock;
    (void)how;
    return -SIM_ENOTSOCK;
}
