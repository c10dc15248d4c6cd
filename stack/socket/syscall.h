/*
 * The calls of simulated programs, with POSIX semantics. Each returns >= 0 or a negated sim_errno;
 * one that would block on a blocking descriptor returns SYS_BLOCKED: return CO_WAIT and make the
 * same call again when woken (CO_CALL() does). A process makes one blocking call at a time.
 */
#ifndef WW_STACK_SOCKET_SYSCALL_H
#define WW_STACK_SOCKET_SYSCALL_H

#include <stddef.h>
#include <stdint.h>

#include "stack/socket/process.h"
#include "stack/transport/sock.h"

/* Linux's numbers. */
enum {
    SIM_AF_UNIX = 1,
    SIM_AF_INET = 2,
    SIM_AF_INET6 = 10,
    SIM_AF_PACKET = 17,
    SIM_AF_RDS = 21,
    SIM_AF_CAN = 29
};
enum { SIM_SOCK_STREAM = 1, SIM_SOCK_DGRAM = 2, SIM_SOCK_RAW = 3, SIM_SOCK_SEQPACKET = 5 };

/** sys_socket() - a descriptor. AF_INET: STREAM (TCP), DGRAM (UDP; with protocol IP_PROTO_ICMP ping
 * sockets), RAW with a protocol. AF_PACKET: RAW (frames from the Ethernet header on) or DGRAM
 * (behind it), protocol: EtherType, 0 all. */
int sys_socket(struct process *self, int domain, int type, int protocol);
int sys_bind(struct process *self, int fd, struct endpoint local);
int sys_listen(struct process *self, int fd, int backlog);
/** sys_accept() - the new connection's descriptor; *@peer may be NULL. */
int sys_accept(struct process *self, int fd, struct endpoint *peer);
int sys_connect(struct process *self, int fd, struct endpoint remote);
/** sys_bind_unix() and kin - the same calls with names of AF_UNIX: a path, or "@" and an abstract
 * name. */
int sys_bind_unix(struct process *self, int fd, const char *name);
int sys_connect_unix(struct process *self, int fd, const char *name);
int64_t sys_sendto_unix(struct process *self, int fd, const void *octets, size_t len,
                        unsigned flags, const char *name);
/** sys_unix_name() - the name of an AF_UNIX socket, of its peer with @peer; lives as long as the
 * socket. NULL with *@error. */
const char *sys_unix_name(struct process *self, int fd, bool peer, int *error);
/** sys_socketpair() - two AF_UNIX sockets connected with each other. */
int sys_socketpair(struct process *self, int type, int fds[2]);
int sys_disconnect(struct process *self, int fd);
/** sys_send() - on a blocking stream all @len octets are sent before it returns, or an error after
 * some: then their number. */
int64_t sys_send(struct process *self, int fd, const void *octets, size_t len, unsigned flags);
int64_t sys_sendto(struct process *self, int fd, const void *octets, size_t len, unsigned flags,
                   struct endpoint to);
int64_t sys_sendmsg(struct process *self, int fd, const struct sock_send *message);
int64_t sys_recv(struct process *self, int fd, void *octets, size_t size, unsigned flags);
int64_t sys_recvmsg(struct process *self, int fd, struct sock_recv *message);
/* A piece of a message that lies in several places. */
struct sys_iovec {
    void *octets;
    size_t len;
};
/** sys_sendmsg_v() / sys_recvmsg_v() - sendmsg() and recvmsg() with @n pieces; the octets and their
 * number in @message are not used. */
int64_t sys_sendmsg_v(struct process *self, int fd, const struct sys_iovec *pieces, unsigned n,
                      const struct sock_send *message);
int64_t sys_recvmsg_v(struct process *self, int fd, const struct sys_iovec *pieces, unsigned n,
                      struct sock_recv *message);
int sys_shutdown(struct process *self, int fd, enum sock_shutdown how);
/** sys_close() - 0. With SO_LINGER and a time it blocks until the peer has everything, or so long.
 */
int sys_close(struct process *self, int fd);
/** sys_setsockopt() / sys_getsockopt() - options that are an int, by name. */
int sys_setsockopt(struct process *self, int fd, enum sock_option option, int value);
int sys_getsockopt(struct process *self, int fd, enum sock_option option, int *value);
/** sys_setsockopt_octets() / sys_getsockopt_octets() - the calls as Linux has them: its numbers of
 * @level and @name, its structs as octets of this machine's order (struct linger, timeval,
 * ip_mreqn, tcp_info, interface and algorithm names). @len comes back as the octets written. */
int sys_setsockopt_octets(struct process *self, int fd, int level, int name, const void *value,
                          size_t len);
int sys_getsockopt_octets(struct process *self, int fd, int level, int name, void *value,
                          size_t *len);
/** sys_missing_option() - the name of an option that Linux has and the calls above do not know;
 * NULL for any other. sys_is_missing_option(): the same by name. */
const char *sys_missing_option(int level, int name);
bool sys_is_missing_option(const char *text);
int sys_getsockname(struct process *self, int fd, struct endpoint *local);
int sys_getpeername(struct process *self, int fd, struct endpoint *remote);
/** sys_set_nonblock() - O_NONBLOCK. sys_set_timeouts() - SO_RCVTIMEO and SO_SNDTIMEO, 0: none, -1:
 * leave. */
int sys_set_nonblock(struct process *self, int fd, bool on);
int sys_get_nonblock(struct process *self, int fd);
/** sys_ioctl() - by Linux's number; *@value goes in or comes out: FIONREAD, SIOCOUTQ, SIOCOUTQNSD,
 * SIOCATMARK, FIONBIO. -SIM_ENOTTY for others. */
int sys_ioctl(struct process *self, int fd, unsigned request, int *value);
/** sys_fcntl() - F_GETFD, F_SETFD, F_GETFL, F_SETFL (O_NONBLOCK), F_GETOWN, F_SETOWN (kept; no
 * signal comes of it). -SIM_EINVAL for other commands. */
int64_t sys_fcntl(struct process *self, int fd, int command, int64_t argument);
int sys_set_timeouts(struct process *self, int fd, sim_time receive, sim_time send);
/** sys_bind_device() - SO_BINDTODEVICE, and the interface of a packet socket; NULL or "": none. */
int sys_bind_device(struct process *self, int fd, const char *name);
/** sys_set_promiscuous() - a packet socket sees frames for other hosts, too. */
int sys_set_promiscuous(struct process *self, int fd, bool on);
int sys_join_group(struct process *self, int fd, struct ip6_addr group, const char *interface_name);
int sys_leave_group(struct process *self, int fd, struct ip6_addr group,
                    const char *interface_name);

struct sys_pollfd {
    int fd;                   /* negative: ignored */
    unsigned events, revents; /* SOCK_POLL bits */
};
/** sys_read_input() - from standard input: octets, 0 at its end. In sys_poll() it is descriptor 0.
 */
int64_t sys_read_input(struct process *self, void *octets, size_t size);
/** sys_poll() - how many descriptors have something; 0 after @timeout (SIM_TIME_NONE: wait for
 * ever, 0: do not wait). */
int sys_poll(struct process *self, struct sys_pollfd *fds, int n_fds, sim_time timeout);

#define SYS_FD_SETSIZE 1024
/* fd_set: a bit for each descriptor. */
struct sys_fd_set {
    uint64_t words[SYS_FD_SETSIZE / 64];
};
static inline void sys_fd_add(struct sys_fd_set *set, int fd)
{
    set->words[fd / 64] |= UINT64_C(1) << fd % 64;
}
static inline bool sys_fd_in(const struct sys_fd_set *set, int fd)
{
    return set->words[fd / 64] >> fd % 64 & 1;
}
/** sys_select() - of the descriptors below @n (at most SYS_FD_SETSIZE) in *@read, *@write and
 * *@except (NULL: none), those that are ready are left in them, in all as many as returned; 0
 * after @timeout as of sys_poll(). -SIM_EBADF, -SIM_EINVAL: the sets are as they were. */
int sys_select(struct process *self, int n, struct sys_fd_set *read, struct sys_fd_set *write,
               struct sys_fd_set *except, sim_time timeout);

/* epoll(7); bits and numbers are Linux's. */
#define SYS_EPOLLET        0x80000000u
#define SYS_EPOLLONESHOT   0x40000000u
#define SYS_EPOLLEXCLUSIVE 0x10000000u
#define SYS_EPOLLWAKEUP    0x20000000u
enum { SYS_EPOLL_ADD = 1, SYS_EPOLL_DEL = 2, SYS_EPOLL_MOD = 3 };
struct sys_epoll_event {
    unsigned events; /* SOCK_POLL bits and those above */
    uint64_t data;
};
/** sys_epoll_create() - a descriptor. */
int sys_epoll_create(struct process *self);
/** sys_epoll_ctl() - @event may be NULL for SYS_EPOLL_DEL. -SIM_EBADF, -SIM_EINVAL, -SIM_EEXIST,
 * -SIM_ENOENT, -SIM_ELOOP. */
int sys_epoll_ctl(struct process *self, int epoll_fd, int op, int fd,
                  const struct sys_epoll_event *event);
/** sys_epoll_wait() - up to @max events, in the order in which they came about; 0 after @timeout as
 * of sys_poll(). */
int sys_epoll_wait(struct process *self, int epoll_fd, struct sys_epoll_event *events, int max,
                   sim_time timeout);
/** sys_sleep() - 0 after @duration. */
int sys_sleep(struct process *self, sim_time duration);
/** sys_sleep_until() - 0 at @at, a virtual time; at once when it is past. */
int sys_sleep_until(struct process *self, sim_time at);
/** sys_pause() - never returns: a program that only reacts to signals. */
int sys_pause(struct process *self);
/** sys_wait_child() - 0 when the process @pid, started by anybody, is over. */
int sys_wait_child(struct process *self, uint32_t pid);
/** sys_kill() - 0, -SIM_ESRCH. */
int sys_kill(struct process *self, uint32_t pid, int signal_number);

/** sys_share_fds() - what fork() does with descriptors: @child, started by @self and without any of
 * its own, has them all, too. What one of them closes stays open in the other. */
void sys_share_fds(struct process *self, struct process *child);
/** sys_setuid() - be another user; 0 is root. -SIM_EPERM for others than root. */
int sys_setuid(struct process *self, uint32_t uid);

/** sys_pipe() - *@fds: the end to read from and the one to write to, with write() and read() alone.
 * sys_open() - a file of the host, to be read. sys_dup() - another descriptor of the same. */
int sys_pipe(struct process *self, int fds[2]);
int sys_open(struct process *self, const char *path);
int sys_dup(struct process *self, int fd);
/** sys_sendfile() - up to @count octets of the file @in go out through @out; from *@offset on,
 * which is moved, or with NULL from where read() would. */
int64_t sys_sendfile(struct process *self, int out, int in, uint64_t *offset, size_t count);
/* Linux's numbers. */
enum { SYS_SPLICE_NONBLOCK = 2, SYS_SPLICE_MORE = 4, SYS_SPLICE_ALL = 15 };
/** sys_splice() - up to @len octets from the pipe @in to @out, or from the socket @in to the pipe
 * @out. */
int64_t sys_splice(struct process *self, int in, int out, size_t len, unsigned flags);

/** sys_sock() - the socket behind @fd, for describing it; NULL for a bad descriptor. */
struct sock *sys_sock(struct process *self, int fd);
/** sys_random() - 64 random bits, from the host's stream for programs. */
uint64_t sys_random(struct process *self);

#endif
