/*
 * epoll instances: sets of descriptors, and a queue of those that may be ready, in the order in
 * which something happened to them. Level-triggered ones go to the queue's end when they have been
 * told and are asked again next time; edge-triggered ones come back when something new happens.
 */
#ifndef WW_STACK_SOCKET_EPOLL_H
#define WW_STACK_SOCKET_EPOLL_H

#include "stack/socket/fd.h"
#include "stack/socket/syscall.h"

/** epoll_socket() - a new instance, as a thing that a descriptor can stand for. */
struct sock *epoll_socket(struct os *os);
bool sock_is_epoll(const struct sock *sock);
/** epoll_add() and kin - @target under @number in the set: -SIM_EEXIST, -SIM_ENOENT, -SIM_EINVAL,
 * -SIM_ELOOP. */
int epoll_add(struct sock *epoll, struct fd *target, int number,
              const struct sys_epoll_event *event);
int epoll_modify(struct sock *epoll, const struct fd *target, int number,
                 const struct sys_epoll_event *event);
int epoll_remove(struct sock *epoll, const struct fd *target, int number);
/** epoll_take() - up to @max events that hold now; how many. */
int epoll_take(struct sock *epoll, struct sys_epoll_event *events, int max);
/** epoll_happened() - @events, 0 for anything, have come about on @fd. */
void epoll_happened(struct fd *fd, unsigned events);
/** epoll_forget() - @fd is closed for good. */
void epoll_forget(struct fd *fd);

#endif
