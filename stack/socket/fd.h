/* Descriptors of processes: what sys_*() finds a socket by. */
#ifndef WW_STACK_SOCKET_FD_H
#define WW_STACK_SOCKET_FD_H

#include <stdbool.h>

#include "stack/socket/process.h"
#include "stack/transport/sock.h"

#define FD_FIRST 3 /* behind stdin, stdout, stderr */

/* A multicast group joined through a socket, left when that is closed. */
struct fd_membership {
    struct ip6_addr group; /* of IPv4 as a mapped address */
    struct ip_iface *iface;
};

/* What few descriptors have: read as it is, written through fd_rare(). */
struct fd_rare {
    sim_time receive_timeout, send_timeout; /* 0: none */
    struct epoll_item *watchers;            /* epoll.c */
    int owner;                              /* F_SETOWN */
    struct os *os;                          /* of one that several have or had */
    struct fd_membership *memberships;
    unsigned n_memberships, memberships_size;
};

/* An open socket. Several processes may have it, each under a number of its own: fork(). */
struct fd {
    struct process *process; /* who has it, when it is one alone; else NULL */
    struct sock *sock;
    const struct fd_rare *rare;
    unsigned refs; /* descriptors of it, and messages that carry it */
    uint16_t domain, type, protocol;
    bool nonblock;
    bool reads_plainly; /* sock->ops->recv_plain is there, and a call waits for no more than what
                           comes first: fd_look() */
};

/** sockopt6_set() / sockopt6_get() - options of IPv6; 1: not one of them, else 0 or -errno. */
int sockopt6_set(struct fd *fd, enum sock_option option, int value);
int sockopt6_get(const struct fd *fd, enum sock_option option, int *value);
/** sockopt_kept_set() / sockopt_kept_get() - the same of those that are kept in sock_extra; @root
 * may do more. */
int sockopt_kept_set(struct fd *fd, enum sock_option option, int value, bool root);
int sockopt_kept_get(const struct fd *fd, enum sock_option option, int *value);
/** fd_is_inet() - of AF_INET or AF_INET6. */
static inline bool fd_is_inet(const struct fd *fd)
{
    return fd->domain == 2 || fd->domain == 10;
}

/** fd_leave() - the interface leaves the group, unless others joined it too. 0 or -errno. */
int fd_leave(const struct fd_membership *member);
/** fd_look() - what SO_RCVLOWAT says may have changed. */
static inline void fd_look(struct fd *fd)
{
    fd->reads_plainly = fd->sock->ops->recv_plain != NULL && fd->sock->options.rcvlowat == 1;
}
/** fd_rare() - @fd's own, made when first needed. */
struct fd_rare *fd_rare(struct fd *fd);
/** fd_open() - the lowest free number from 3 on, for @sock; -SIM_EMFILE (then @sock is closed). */
int fd_open(struct process *process, struct sock *sock, int domain, int type);
/** fd_get() - NULL for a number that is not open. */
static inline struct fd *fd_get(const struct process *process, int number)
{
    unsigned at = (unsigned)number - FD_FIRST; /* below it, a very large one */

    return at < process->n_fds ? process->fds[at] : NULL;
}
/** fd_get_socket() - the same of a socket; else NULL and *@error -SIM_EBADF or -SIM_ENOTSOCK. */
struct fd *fd_get_socket(const struct process *process, int number, int *error);
int fd_close(struct process *process, int number);
/** fd_hold() - one more reference, for a descriptor on its way to somebody: SCM_RIGHTS. End it with
 * fd_release(), or with fd_install(), which gives it a number or -SIM_EMFILE. */
void fd_hold(struct fd *fd);
void fd_release(struct fd *fd);
int fd_install(struct process *process, struct fd *fd);
/** fd_share_all() - @child, which has none yet, gets all descriptors of @parent under their
 * numbers.
 */
void fd_share_all(const struct process *parent, struct process *child);
void fd_close_all(struct process *process);

#endif
