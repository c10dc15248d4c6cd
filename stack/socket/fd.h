/* Descriptors of processes: what sys_*() finds a socket by. */
#ifndef WW_STACK_SOCKET_FD_H
#define WW_STACK_SOCKET_FD_H

#include <stdbool.h>

#include "stack/socket/process.h"
#include "stack/transport/sock.h"

struct fd {
    struct process *process;
    struct sock *sock;
    int domain, type;
    bool nonblock;
    sim_time receive_timeout, send_timeout; /* 0: none */
};

/** fd_open() - the lowest free number from 3 on, for @sock; -SIM_EMFILE (then @sock is closed). */
int fd_open(struct process *process, struct sock *sock, int domain, int type);
/** fd_get() - NULL for a number that is not open. */
struct fd *fd_get(const struct process *process, int number);
int fd_close(struct process *process, int number);
void fd_close_all(struct process *process);

#endif
