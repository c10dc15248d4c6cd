/*
 * What a descriptor that stands for no socket (a file, a pipe, an epoll instance) answers to the
 * calls of sockets: -SIM_ENOTSOCK. For its struct sock_ops.
 */
#ifndef WW_STACK_SOCKET_NO_SOCKET_H
#define WW_STACK_SOCKET_NO_SOCKET_H

#include "stack/transport/sock.h"

int no_socket_address(struct sock *sock, struct endpoint endpoint); /* bind, connect */
int no_socket_listen(struct sock *sock, int backlog);
struct sock *no_socket_accept(struct sock *sock, int *error);
int64_t no_socket_send(struct sock *sock, const struct sock_send *message);
int64_t no_socket_recv(struct sock *sock, struct sock_recv *message);
int no_socket_shutdown(struct sock *sock, enum sock_shutdown how);

#endif
