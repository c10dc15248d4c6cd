#include "stack/socket/syscall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/likely.h"
#include "base/memory.h"
#include "stack/socket/epoll.h"
#include "stack/socket/fd.h"
#include "stack/socket/input.h"
#include "stack/socket/unix.h"
#include "stack/transport/tcp.h"

/* ---- what a debugger sees of calls ---- */

static const char *const call_names[] = {
    [CALL_NONE] = "",       [CALL_ACCEPT] = "accept",   [CALL_CONNECT] = "connect",
    [CALL_RECV] = "recv",   [CALL_SEND] = "send",       [CALL_POLL] = "poll",
    [CALL_CLOSE] = "close", [CALL_EPOLL] = "epoll_wait"
};

/* Whether somebody looks at what a call does; if not, the record's id is taken all the same: ids do
   not depend on who looks. */
static inline bool calls_seen(const struct process *self)
{
    struct node *node = self->os->node;

    if (node_wants(node, RECORD_CALL))
        return true;
    node_new_record_id(node);
    return false;
}

/* "recv(3)", for the records of a call's blocking. */
static void note_blocking(struct process *self, struct why why)
{
    char text[32];

    if (self->call.kind == CALL_POLL)
        snprintf(text, sizeof text, "poll");
    else
        snprintf(text, sizeof text, "%s(%d)", call_names[self->call.kind], self->call.number);
    process_note(self, RECORD_CALL, why, text);
}

static struct why why_blocked(enum call_kind kind)
{
    switch (kind) {
    case CALL_ACCEPT:
        return WHY0(BLOCKED_ACCEPT);
    case CALL_CONNECT:
        return WHY0(BLOCKED_CONNECT);
    case CALL_SEND:
        return WHY0(BLOCKED_SEND);
    case CALL_POLL:
    case CALL_EPOLL:
        return WHY0(BLOCKED_POLL);
    case CALL_CLOSE:
        return WHY0(BLOCKED_CLOSE);
    case CALL_NONE:
    case CALL_RECV:
        break;
    }
    return WHY0(BLOCKED_RECV);
}

static struct why why_unblocked(const struct process *self, int64_t result)
{
    const struct fd *fd = fd_get(self, self->call.number);

    if (result == -SIM_EAGAIN || result == -SIM_EINPROGRESS ||
        (result == 0 && (self->call.kind == CALL_POLL || self->call.kind == CALL_EPOLL)))
        return WHY0(UNBLOCKED_TIME);
    if (result == -SIM_ECONNRESET ||
        (result == -SIM_ECONNREFUSED && fd != NULL && fd->type == SIM_SOCK_STREAM))
        return WHY(UNBLOCKED_RESET, (uint64_t)-result);
    if (result < 0)
        return WHY(UNBLOCKED_ERROR, (uint64_t)-result);
    switch (self->call.kind) {
    case CALL_ACCEPT:
        return WHY0(UNBLOCKED_ACCEPT);
    case CALL_CONNECT:
        return WHY0(UNBLOCKED_CONNECT);
    case CALL_SEND:
        return WHY0(UNBLOCKED_SEND);
    case CALL_POLL:
    case CALL_EPOLL:
        return WHY(UNBLOCKED_POLL, (uint64_t)result);
    case CALL_CLOSE:
        return WHY0(UNBLOCKED_CLOSE);
    case CALL_NONE:
    case CALL_RECV:
        break;
    }
    if (result > 0)
        return WHY(UNBLOCKED_DATA, (uint64_t)result);
    return fd != NULL && fd->type == SIM_SOCK_STREAM ? WHY0(UNBLOCKED_FIN) : WHY0(UNBLOCKED_EMPTY);
}

/* A call begins: "connect(3, 10.0.0.2:80)". One that goes on after blocking has been told already.
 */
static void show_call(struct process *self, const char *name, int number, const struct endpoint *to,
                      const size_t *len)
{
    char text[80], address[ENDPOINT_TEXT_MAX];
    size_t n;

    n = (size_t)snprintf(text, sizeof text, "%s(%d", name, number);
    if (len != NULL)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %zu", *len);
    if (to != NULL)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %s", endpoint_format(*to, address));
    snprintf(text + n, sizeof text - n, ")");
    process_note(self, RECORD_CALL, WHY0(CALL), text);
}

static inline void note_call(struct process *self, const char *name, int number,
                             const struct endpoint *to, const size_t *len)
{
    if (!self->call.active && calls_seen(self))
        show_call(self, name, number, to, len);
}

/* ---- blocking ---- */

/* The call that follows, which may block. */
static void may_block(struct process *self, enum call_kind kind, int number)
{
    if (self->call.active)
        return;
    self->call.kind = kind;
    self->call.number = number;
}

/*
 * A call that cannot go on: SYS_BLOCKED on a blocking descriptor until its time-out is over, @error
 * otherwise. The process is called again by its sockets' wake-ups or its timer, and makes the same
 * call again.
 */
static int64_t block(struct process *self, bool nonblock, sim_time timeout, int64_t error)
{
    sim_time now = process_now(self);

    if (nonblock)
        return error;
    if (!self->call.active) {
        if (self->call.kind != CALL_NONE && calls_seen(self))
            note_blocking(self, why_blocked(self->call.kind));
        self->call.active = true;
        self->call.until = timeout == 0 ? SIM_TIME_NONE : now + timeout;
        if (self->call.until != SIM_TIME_NONE)
            timer_start_at(&self->timer, self->call.until);
    }
    return now >= self->call.until ? error : SYS_BLOCKED;
}

static void show_result(struct process *self, const char *name, int number, int64_t result)
{
    char text[32];

    snprintf(text, sizeof text, "%s(%d)", name, number);
    process_note(
        self, RECORD_CALL,
        result < 0 ? WHY(CALL_FAILED, (uint64_t)-result) : WHY(CALL_DONE, (uint64_t)result), text);
}

/* What a call has come to: a value or an errno. */
static inline int64_t note_result(struct process *self, const char *name, int number,
                                  int64_t result)
{
    if (calls_seen(self))
        show_result(self, name, number, result);
    return result;
}

/* The wait is over, if there was one, with @result. */
static inline void end_wait(struct process *self, int64_t result)
{
    if (self->call.active) {
        if (self->call.until != SIM_TIME_NONE)
            timer_stop(&self->timer);
        if (self->call.kind != CALL_NONE && calls_seen(self))
            note_blocking(self, why_unblocked(self, result));
        self->call.opens = false;
    }
    self->call.active = false;
    self->call.until = SIM_TIME_NONE;
}

static int64_t unblock(struct process *self, int64_t result)
{
    end_wait(self, result);
    if (self->call.kind != CALL_NONE && self->call.kind != CALL_POLL)
        note_result(self, call_names[self->call.kind], self->call.number, result);
    self->call.progress = 0;
    return result;
}

static int64_t end_call(struct process *self, int64_t result)
{
    return result == SYS_BLOCKED ? SYS_BLOCKED : unblock(self, result);
}

/* ---- making and naming sockets ---- */

static int open_as(struct process *self, struct sock *sock, int domain, int type, int protocol)
{
    int number = fd_open(self, sock, domain, type);

    if (number >= 0)
        fd_get(self, number)->protocol = (uint16_t)protocol;
    return number;
}

int sys_socket(struct process *self, int domain, int type, int protocol)
{
    int error = 0;
    struct sock *sock;

    if (self->uid != 0 && (type == SIM_SOCK_RAW || domain == SIM_AF_PACKET))
        return -SIM_EPERM;
    if ((domain == SIM_AF_INET || domain == SIM_AF_INET6) && protocol == 0 &&
        type == SIM_SOCK_STREAM)
        protocol = IP_PROTO_TCP;
    else if ((domain == SIM_AF_INET || domain == SIM_AF_INET6) && protocol == 0 &&
             type == SIM_SOCK_DGRAM)
        protocol = IP_PROTO_UDP;
    sock = os_socket(self->os, domain, type, protocol, &error);
    return sock == NULL ? error : open_as(self, sock, domain, type, protocol);
}

#define UNPRIVILEGED_PORTS 1024 /* net.ipv4.ip_unprivileged_port_start */

static int bind_fd(struct process *self, struct fd *fd, struct endpoint local)
{
    int error;

    if (fd == NULL)
        return -SIM_EBADF;
    if (self->uid != 0 && fd_is_inet(fd) && fd->type != SIM_SOCK_RAW && local.port != 0 &&
        local.port < UNPRIVILEGED_PORTS)
        return -SIM_EACCES;
    error = sock_from_api(fd->sock, &local);
    return error != 0 ? error : fd->sock->ops->bind(fd->sock, local);
}

int sys_bind(struct process *self, int number, struct endpoint local)
{
    note_call(self, "bind", number, &local, NULL);
    return (int)note_result(self, "bind", number, bind_fd(self, fd_get(self, number), local));
}

int sys_listen(struct process *self, int number, int backlog)
{
    struct fd *fd = fd_get(self, number);

    note_call(self, "listen", number, NULL, NULL);
    return (int)note_result(self, "listen", number,
                            fd == NULL ? -SIM_EBADF : fd->sock->ops->listen(fd->sock, backlog));
}

int sys_accept(struct process *self, int number, struct endpoint *peer)
{
    struct fd *fd = fd_get(self, number);
    struct sock *sock;
    int error = 0;

    note_call(self, "accept", number, NULL, NULL);
    may_block(self, CALL_ACCEPT, number);
    if (fd == NULL)
        return (int)unblock(self, -SIM_EBADF);
    sock = fd->sock->ops->accept(fd->sock, &error);
    if (sock == NULL)
        return (int)end_call(self, error == -SIM_EAGAIN
                                       ? block(self, fd->nonblock, fd->rare->receive_timeout, error)
                                       : error);
    if (peer != NULL)
        *peer = sock_to_api(sock, sock->remote);
    return (int)unblock(self, open_as(self, sock, fd->domain, fd->type, fd->protocol));
}

int sys_connect(struct process *self, int number, struct endpoint remote)
{
    struct fd *fd = fd_get(self, number);
    int error;

    note_call(self, "connect", number, &remote, NULL);
    may_block(self, CALL_CONNECT, number);
    if (fd == NULL)
        return (int)unblock(self, -SIM_EBADF);
    error = sock_from_api(fd->sock, &remote);
    if (error == 0)
        error = fd->sock->ops->connect(fd->sock, remote);
    if (error == -SIM_EINPROGRESS || (error == -SIM_EALREADY && !fd->nonblock))
        error = (int)block(self, fd->nonblock, fd->rare->send_timeout, -SIM_EINPROGRESS);
    return (int)end_call(self, error);
}

/* ---- AF_UNIX ---- */

int sys_bind_unix(struct process *self, int number, const char *name)
{
    struct fd *fd = fd_get(self, number);

    note_call(self, "bind", number, NULL, NULL);
    if (fd == NULL)
        return -SIM_EBADF;
    return fd->domain == SIM_AF_UNIX ? unix_bind(fd->sock, name) : -SIM_EAFNOSUPPORT;
}

int sys_connect_unix(struct process *self, int number, const char *name)
{
    struct fd *fd = fd_get(self, number);
    int error;

    note_call(self, "connect", number, NULL, NULL);
    may_block(self, CALL_CONNECT, number);
    if (fd == NULL)
        return (int)unblock(self, -SIM_EBADF);
    error = fd->domain == SIM_AF_UNIX ? unix_connect(fd->sock, name) : -SIM_EAFNOSUPPORT;
    if (error == -SIM_EAGAIN)
        error = (int)block(self, fd->nonblock, fd->rare->send_timeout, -SIM_EAGAIN);
    return (int)end_call(self, error);
}

int64_t sys_sendto_unix(struct process *self, int number, const void *octets, size_t len,
                        unsigned flags, const char *name)
{
    struct sock_send message = { .octets = octets, .len = len, .flags = flags };
    struct fd *fd = fd_get(self, number);
    int64_t n;

    note_call(self, "sendto", number, NULL, &len);
    may_block(self, CALL_SEND, number);
    if (fd == NULL)
        return unblock(self, -SIM_EBADF);
    n = fd->domain == SIM_AF_UNIX ? unix_sendto(fd->sock, name, &message) : -SIM_EAFNOSUPPORT;
    if (n == -SIM_EAGAIN)
        n = block(self, fd->nonblock || (flags & SOCK_MSG_DONTWAIT), fd->rare->send_timeout, n);
    return end_call(self, n);
}

const char *sys_unix_name(struct process *self, int number, bool peer, int *error)
{
    struct fd *fd = fd_get(self, number);
    const char *name = NULL;

    *error = fd == NULL ? -SIM_EBADF : fd->domain != SIM_AF_UNIX ? -SIM_EAFNOSUPPORT : 0;
    if (*error != 0)
        return NULL;
    name = peer ? unix_peer_name(fd->sock) : unix_name(fd->sock);
    if (name == NULL)
        *error = -SIM_ENOTCONN;
    return name;
}

int sys_socketpair(struct process *self, int type, int fds[2])
{
    fds[0] = sys_socket(self, SIM_AF_UNIX, type, 0);
    if (fds[0] < 0)
        return fds[0];
    fds[1] = sys_socket(self, SIM_AF_UNIX, type, 0);
    if (fds[1] < 0) {
        fd_close(self, fds[0]);
        return fds[1];
    }
    unix_pair(fd_get(self, fds[0])->sock, fd_get(self, fds[1])->sock);
    return 0;
}

int sys_disconnect(struct process *self, int number)
{
    int error;
    struct fd *fd = fd_get_socket(self, number, &error);

    if (fd == NULL)
        return error;
    return fd->sock->ops->disconnect == NULL ? -SIM_EOPNOTSUPP
                                             : fd->sock->ops->disconnect(fd->sock);
}

int sys_getsockname(struct process *self, int number, struct endpoint *local)
{
    int error;
    struct fd *fd = fd_get_socket(self, number, &error);

    if (fd == NULL)
        return error;
    *local = sock_to_api(fd->sock, fd->sock->local);
    return 0;
}

static bool has_peer(const struct sock *sock)
{
    if (sock->ops == &tcp_ops) {
        enum tcp_state state = tcp_state_of(sock);

        return sock->remote.port != 0 && state != TCP_CLOSED && state != TCP_SYN_SENT;
    }
    return sock->remote.port != 0 || !endpoint_is_any(&sock->remote);
}

int sys_getpeername(struct process *self, int number, struct endpoint *remote)
{
    int error;
    struct fd *fd = fd_get_socket(self, number, &error);

    if (fd == NULL)
        return error;
    if (fd_is_inet(fd) && !has_peer(fd->sock))
        return -SIM_ENOTCONN;
    *remote = sock_to_api(fd->sock, fd->sock->remote);
    return 0;
}

#define LINGER_MAX 1000000 /* s, longer than any run */

/* SO_LINGER with a time: the last close() waits so long for the peer to have everything,
 * O_NONBLOCK or not. What it returns does not say whether that came to be. */
static int64_t linger(struct process *self, const struct fd *fd)
{
    int seconds = fd->sock->options.linger;

    if (fd->refs > 1 || seconds <= 0 || fd->sock->ops->linger == NULL ||
        !fd->sock->ops->linger(fd->sock))
        return 0;
    return block(self, false, SIM_SEC(seconds < LINGER_MAX ? seconds : LINGER_MAX), -SIM_EAGAIN);
}

int sys_close(struct process *self, int number)
{
    const struct fd *fd = fd_get(self, number);
    int64_t result = 0;

    note_call(self, "close", number, NULL, NULL);
    may_block(self, CALL_CLOSE, number);
    if (fd != NULL)
        result = linger(self, fd);
    if (result == SYS_BLOCKED)
        return SYS_BLOCKED;
    if (fd != NULL && fd->sock->error != 0)
        result = -fd->sock->error;
    end_wait(self, result);
    return (int)note_result(self, "close", number, fd_close(self, number));
}

struct sock *sys_sock(struct process *self, int number)
{
    struct fd *fd = fd_get(self, number);

    return fd == NULL ? NULL : fd->sock;
}

/* ---- moving octets ---- */

/* An error after some octets is told by the next call. */
static int64_t send_failed(struct process *self, const struct fd *fd, unsigned flags, int64_t error)
{
    if (UNLIKELY(self->call.opens) && error == -SIM_EAGAIN)
        error = -SIM_EINPROGRESS;
    if (self->call.progress > 0 && (!self->call.opens || error == -SIM_EINPROGRESS))
        return unblock(self, (int64_t)self->call.progress);
    if (error == -SIM_EPIPE && fd->type == SIM_SOCK_STREAM && self->sigpipe &&
        !(flags & SOCK_MSG_NOSIGNAL)) {
        self->pending_signal = SIM_SIGPIPE;
        (void)unblock(self, error);
        return SYS_BLOCKED; /* never made again */
    }
    return unblock(self, error);
}

/* What is left of @message goes to the protocol; mostly that is all of it, as it is. The descriptor
   @rights, if any, goes with the first octet. */
static inline int64_t send_rest(struct process *self, const struct fd *fd,
                                const struct sock_send *message, struct fd *rights)
{
    struct sock_send rest;
    int64_t error = 0;

    if (LIKELY(!message->has_to && !self->call.active && self->call.progress == 0 &&
               rights == NULL && message->rights == NULL))
        return fd->sock->ops->send(fd->sock, message);
    rest = *message;
    rest.rights = self->call.progress == 0 ? rights : NULL;
    rest.octets = (const uint8_t *)message->octets + self->call.progress;
    rest.len = message->len - self->call.progress;
    if (self->call.active || self->call.progress > 0)
        rest.flags |= SOCK_MSG_GOES_ON;
    if (rest.has_to)
        error = sock_from_api(fd->sock, &rest.to);
    return error != 0 ? error : fd->sock->ops->send(fd->sock, &rest);
}

/* A send() that opens a connection, RFC 7413: octets that have left with the SYN are its progress,
 * and a blocking one waits for the handshake's end. */
static int64_t send_opens(struct process *self, const struct fd *fd, bool nonblock)
{
    self->call.progress = tcp_fastopen_copied(fd->sock);
    if (!nonblock) {
        self->call.opens = true;
        return block(self, false, fd->rare->send_timeout, -SIM_EINPROGRESS);
    }
    tcp_fastopen_call_over(fd->sock);
    return self->call.progress > 0 ? (int64_t)self->call.progress : -SIM_EINPROGRESS;
}

/* A send() that has been noted. */
APART static int64_t send_noted(struct process *self, int number, const struct sock_send *message)
{
    struct fd *fd = fd_get(self, number), *rights;
    bool nonblock;

    may_block(self, CALL_SEND, number);
    if (fd == NULL)
        return unblock(self, -SIM_EBADF);
    rights = message->pass_fd > 0 ? fd_get(self, message->pass_fd) : NULL;
    if (message->pass_fd > 0 && rights == NULL)
        return unblock(self, -SIM_EBADF);
    nonblock = fd->nonblock || (message->flags & SOCK_MSG_DONTWAIT);
    for (;;) {
        int64_t n = send_rest(self, fd, message, rights);

        if (UNLIKELY(n == -SIM_EINPROGRESS || n == -SIM_EALREADY)) {
            if (n == -SIM_EINPROGRESS)
                n = send_opens(self, fd, nonblock);
            else
                n = block(self, nonblock, fd->rare->send_timeout, n);
            if (n >= 0)
                return unblock(self, n);
        } else if (n == -SIM_EAGAIN) {
            if (nonblock && self->call.progress > 0)
                return unblock(self, (int64_t)self->call.progress);
            n = block(self, nonblock, fd->rare->send_timeout, -SIM_EAGAIN);
        }
        if (n == SYS_BLOCKED)
            return n;
        if (n < 0)
            return send_failed(self, fd, message->flags, n);
        self->call.progress += (size_t)n;
        if (self->call.progress >= message->len || fd->type != SIM_SOCK_STREAM || n == 0)
            return unblock(self, (int64_t)self->call.progress);
        self->call.opens = false;
    }
}

static int64_t send_message(struct process *self, int number, const struct sock_send *message)
{
    note_call(self, message->has_to ? "sendto" : "send", number,
              message->has_to ? &message->to : NULL, &message->len);
    return send_noted(self, number, message);
}

int64_t sys_sendmsg(struct process *self, int number, const struct sock_send *message)
{
    return send_message(self, number, message);
}

/* Whether nobody looks at calls, and the process has moved no octets by the one it makes. */
static inline bool call_is_plain(const struct process *self)
{
    return self->call.progress == 0 && !node_wants(self->os->node, RECORD_CALL);
}

int64_t sys_send(struct process *self, int number, const void *octets, size_t len, unsigned flags)
{
    struct sock *sock = sys_sock(self, number);
    int64_t n;

    if (LIKELY(sock != NULL && sock->ops->send_plain != NULL && !self->call.active &&
               call_is_plain(self))) {
        node_new_record_id(self->os->node);
        n = sock->ops->send_plain(sock, octets, len, flags);
        if (LIKELY(n != SOCK_NOT_PLAIN)) {
            self->call.kind = CALL_SEND;
            self->call.number = number;
            node_new_record_id(self->os->node); /* of what the call came to */
            return n;
        }
    } else {
        note_call(self, "send", number, NULL, &len);
    }
    return send_noted(self, number,
                      &(struct sock_send){ .octets = octets, .len = len, .flags = flags });
}

int64_t sys_sendto(struct process *self, int number, const void *octets, size_t len, unsigned flags,
                   struct endpoint to)
{
    return send_message(
        self, number,
        &(struct sock_send){
            .octets = octets, .len = len, .flags = flags, .has_to = true, .to = to });
}

/* Octets of a stream that a call waits for: MSG_WAITALL, SO_RCVLOWAT. */
static size_t least_to_read(const struct fd *fd, const struct sock_recv *message)
{
    size_t lowat = (size_t)fd->sock->options.rcvlowat;

    if (fd->type != SIM_SOCK_STREAM || (message->flags & (SOCK_MSG_PEEK | SOCK_MSG_ERRQUEUE)))
        return 1;
    if (message->flags & SOCK_MSG_WAITALL)
        return message->size;
    return lowat < message->size ? lowat : message->size;
}

/* A descriptor has come with the octets: who does not ask for it does not keep it. */
static void take_rights(struct process *self, struct sock_recv *message)
{
    int number;

    if (!message->takes_fd) {
        fd_release(message->rights);
    } else {
        number = fd_install(self, message->rights);
        message->passed_fd = number > 0 ? number : 0;
    }
    message->rights = NULL;
}

/* Who waits in a call is woken when SO_RCVLOWAT octets lie there, whatever it has read already. */
static inline bool sleeps_on(const struct process *self, const struct fd *fd)
{
    return self->call.active && process_now(self) < self->call.until &&
           fd->sock->options.rcvlowat > 1 && fd_is_inet(fd) &&
           (fd->sock->ops->poll(fd->sock) & (SOCK_POLLIN | SOCK_POLLERR | SOCK_POLLHUP)) == 0;
}

/* The protocol fills in @message, behind what it has read already, when it has something. */
static inline int64_t recv_more(struct process *self, const struct fd *fd, bool nonblock,
                                struct sock_recv *message)
{
    void *octets = message->octets;
    size_t size = message->size;
    unsigned flags = message->flags;
    int64_t n;

    if (octets != NULL)
        message->octets = (uint8_t *)octets + self->call.progress;
    message->size = size - self->call.progress;
    message->flags = flags | (nonblock ? SOCK_MSG_DONTWAIT : 0u);
    n = sleeps_on(self, fd) ? -SIM_EAGAIN : fd->sock->ops->recv(fd->sock, message);
    message->octets = octets;
    message->size = size;
    message->flags = flags;
    if (n >= 0 && fd->sock->v6 && !message->octets_only) {
        message->from = sock_to_api(fd->sock, message->from);
        message->to = sock_to_api(fd->sock, message->to);
    }
    return n;
}

static inline int64_t recv_message(struct process *self, int number, struct sock_recv *message)
{
    struct fd *fd = fd_get(self, number);
    bool nonblock;
    size_t least;

    note_call(self, "recv", number, NULL, &message->size);
    may_block(self, CALL_RECV, number);
    if (fd == NULL)
        return unblock(self, -SIM_EBADF);
    if ((message->flags & SOCK_MSG_ERRQUEUE) && !fd_is_inet(fd))
        return unblock(self, -SIM_EAGAIN); /* it has no such queue */
    nonblock = fd->nonblock || (message->flags & (SOCK_MSG_DONTWAIT | SOCK_MSG_ERRQUEUE));
    least = least_to_read(fd, message);
    for (;;) {
        int64_t n = recv_more(self, fd, nonblock, message);

        if (n == -SIM_EAGAIN)
            n = block(self, nonblock, fd->rare->receive_timeout, -SIM_EAGAIN);
        if (n == SYS_BLOCKED)
            return n;
        if (n < 0)
            return unblock(self, self->call.progress > 0 ? (int64_t)self->call.progress : n);
        if (UNLIKELY(message->rights != NULL))
            take_rights(self, message);
        if (n == 0 || self->call.progress + (size_t)n >= least)
            return unblock(self, (int64_t)self->call.progress + n);
        self->call.progress += (size_t)n;
    }
}

int64_t sys_recvmsg(struct process *self, int number, struct sock_recv *message)
{
    return recv_message(self, number, message);
}

/* Two records of every call that nobody looks at: its begin, or the end of its wait; and what it
 * came to, or that it waits. */
static inline void note_plain(struct process *self)
{
    struct node *node = self->os->node;

    node_new_record_id(node);
    node_new_record_id(node);
}

/* A recv() that waits without a limit, or is to do so, or is over. */
static inline int64_t recv_plainly(struct process *self, const struct fd *fd, int number,
                                   void *octets, size_t size)
{
    int64_t n = fd->sock->ops->recv_plain(fd->sock, octets, size);

    if (n == -SIM_EAGAIN) {
        if (UNLIKELY(fd->nonblock || fd->rare->receive_timeout != 0))
            return SOCK_NOT_PLAIN;
        if (UNLIKELY(self->call.active))
            return SYS_BLOCKED;
        n = SYS_BLOCKED;
    }
    if (UNLIKELY(n == SOCK_NOT_PLAIN))
        return n;
    may_block(self, CALL_RECV, number);
    self->call.active = n == SYS_BLOCKED;
    self->call.until = SIM_TIME_NONE;
    note_plain(self);
    return n;
}

/* A recv() that something is special about, or a stream's. */
APART static int64_t recv_closely(struct process *self, int number, void *octets, size_t size,
                                  unsigned flags)
{
    struct sock_recv message;

    message.octets = octets;
    message.size = size;
    message.flags = flags;
    message.octets_only = true; /* nobody looks at the rest */
    message.takes_fd = false;
    message.rights = NULL;
    return recv_message(self, number, &message);
}

int64_t sys_recv(struct process *self, int number, void *octets, size_t size, unsigned flags)
{
    const struct fd *fd = fd_get(self, number);
    int64_t n;

    if (LIKELY(fd != NULL && flags == 0 && fd->sock->ops->recv_plain != NULL &&
               call_is_plain(self) &&
               (!self->call.active ||
                (self->call.kind == CALL_RECV && self->call.until == SIM_TIME_NONE))) &&
        LIKELY((n = recv_plainly(self, fd, number, octets, size)) != SOCK_NOT_PLAIN))
        return n;
    return recv_closely(self, number, octets, size, flags);
}

static size_t pieces_len(const struct sys_iovec *pieces, unsigned n)
{
    size_t len = 0;

    for (unsigned i = 0; i < n; i++)
        len += pieces[i].len;
    return len;
}

/* Copy @len octets of the whole from @offset on out of the pieces or, with @into, into them. */
static void pieces_copy(const struct sys_iovec *pieces, unsigned n, size_t offset, uint8_t *octets,
                        size_t len, bool into)
{
    for (unsigned i = 0; i < n && len > 0; offset -= pieces[i].len, i++) {
        size_t some;

        if (offset >= pieces[i].len)
            continue;
        some = pieces[i].len - offset < len ? pieces[i].len - offset : len;
        if (into)
            memcpy((uint8_t *)pieces[i].octets + offset, octets, some);
        else
            memcpy(octets, (const uint8_t *)pieces[i].octets + offset, some);
        octets += some;
        len -= some;
        offset = pieces[i].len; /* the next piece from its start */
    }
}

int64_t sys_sendmsg_v(struct process *self, int number, const struct sys_iovec *pieces, unsigned n,
                      const struct sock_send *message)
{
    struct sock_send whole = *message;
    uint8_t *octets;
    int64_t result;

    whole.len = pieces_len(pieces, n);
    octets = mem_alloc(whole.len + 1);
    pieces_copy(pieces, n, 0, octets, whole.len, false);
    whole.octets = octets;
    whole.flags &= ~(unsigned)SOCK_MSG_STABLE;
    result = sys_sendmsg(self, number, &whole);
    free(octets);
    return result;
}

int64_t sys_recvmsg_v(struct process *self, int number, const struct sys_iovec *pieces, unsigned n,
                      struct sock_recv *message)
{
    size_t before = self->call.progress, size = pieces_len(pieces, n), after;
    uint8_t *octets = mem_zalloc(size + 1);
    int64_t result;

    message->octets = octets;
    message->size = size;
    result = sys_recvmsg(self, number, message);
    after = result == SYS_BLOCKED ? self->call.progress : result < 0 ? before : (size_t)result;
    after = after > size ? size : after; /* MSG_TRUNC */
    if (after > before)
        pieces_copy(pieces, n, before, octets + before, after - before, true);
    free(octets);
    message->octets = NULL;
    return result;
}

int sys_shutdown(struct process *self, int number, enum sock_shutdown how)
{
    struct fd *fd = fd_get(self, number);

    note_call(self, "shutdown", number, NULL, NULL);
    return (int)note_result(self, "shutdown", number,
                            fd == NULL ? -SIM_EBADF : fd->sock->ops->shutdown(fd->sock, how));
}

/* ---- waiting ---- */

int sys_poll(struct process *self, struct sys_pollfd *fds, int n_fds, sim_time timeout)
{
    int ready = 0;

    may_block(self, CALL_POLL, -1);
    for (int i = 0; i < n_fds; i++) {
        struct fd *fd = fd_get(self, fds[i].fd);

        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        if (fds[i].fd == 0)
            fds[i].revents = input_ready(self->input) ? fds[i].events & SOCK_POLLIN : 0;
        else if (fd == NULL)
            fds[i].revents = 0x20; /* POLLNVAL */
        else
            fds[i].revents =
                fd->sock->ops->poll(fd->sock) & (fds[i].events | SOCK_POLLERR | SOCK_POLLHUP);
        ready += fds[i].revents != 0;
    }
    if (ready > 0 || timeout == 0)
        return (int)unblock(self, ready);
    return (int)end_call(self, block(self, false, timeout == SIM_TIME_NONE ? 0 : timeout, 0));
}

int sys_epoll_create(struct process *self)
{
    return open_as(self, epoll_socket(self->os), 0, 0, 0);
}

int sys_epoll_ctl(struct process *self, int epoll_number, int op, int number,
                  const struct sys_epoll_event *event)
{
    struct fd *epoll = fd_get(self, epoll_number), *target = fd_get(self, number);

    if (epoll == NULL || target == NULL)
        return -SIM_EBADF;
    if (!sock_is_epoll(epoll->sock) || epoll == target)
        return -SIM_EINVAL;
    switch (op) {
    case SYS_EPOLL_ADD:
        return epoll_add(epoll->sock, target, number, event);
    case SYS_EPOLL_MOD:
        return epoll_modify(epoll->sock, target, number, event);
    case SYS_EPOLL_DEL:
        return epoll_remove(epoll->sock, target, number);
    default:
        return -SIM_EINVAL;
    }
}

int sys_epoll_wait(struct process *self, int number, struct sys_epoll_event *events, int max,
                   sim_time timeout)
{
    struct fd *fd = fd_get(self, number);
    int n;

    note_call(self, "epoll_wait", number, NULL, NULL);
    may_block(self, CALL_EPOLL, number);
    if (fd == NULL)
        return (int)unblock(self, -SIM_EBADF);
    if (max <= 0 || !sock_is_epoll(fd->sock))
        return (int)unblock(self, -SIM_EINVAL);
    n = epoll_take(fd->sock, events, max);
    if (n > 0 || timeout == 0)
        return (int)unblock(self, n);
    return (int)end_call(self, block(self, false, timeout == SIM_TIME_NONE ? 0 : timeout, 0));
}

int64_t sys_read_input(struct process *self, void *octets, size_t size)
{
    int64_t n = input_read(self->input, octets, size);

    may_block(self, CALL_NONE, -1);
    return end_call(self, n == -SIM_EAGAIN ? block(self, false, 0, n) : n);
}

/* Until @at, which is to come unless the process sleeps already. Nobody is told of sleeps. */
static inline int sleep_on(struct process *self, sim_time now, sim_time at)
{
    if (self->call.active)
        return now < self->call.until ? SYS_BLOCKED : (int)unblock(self, 0);
    may_block(self, CALL_NONE, -1);
    self->call.active = true;
    self->call.until = at;
    timer_start_at(&self->timer, at);
    return SYS_BLOCKED;
}

int sys_sleep_until(struct process *self, sim_time at)
{
    sim_time now = process_now(self);

    return at <= now && !self->call.active ? 0 : sleep_on(self, now, at);
}

int sys_sleep(struct process *self, sim_time duration)
{
    sim_time now = process_now(self);

    return duration <= 0 ? 0 : sleep_on(self, now, now + duration);
}

int sys_pause(struct process *self)
{
    may_block(self, CALL_NONE, -1);
    return (int)block(self, false, 0, -SIM_EINTR);
}

int sys_wait_child(struct process *self, uint32_t pid)
{
    if (process_find(self->os, pid) == NULL) {
        self->waits_for = 0;
        return (int)unblock(self, 0);
    }
    self->waits_for = pid;
    may_block(self, CALL_NONE, -1);
    return (int)block(self, false, 0, 0);
}

int sys_kill(struct process *self, uint32_t pid, int signal_number)
{
    struct process *process = process_find(self->os, pid);

    if (process == NULL)
        return -SIM_ESRCH;
    if (signal_number != 0)
        process_signal(process, signal_number);
    return 0;
}

void sys_share_fds(struct process *self, struct process *child)
{
    fd_share_all(self, child);
}

int sys_setuid(struct process *self, uint32_t uid)
{
    if (self->uid != 0 && uid != self->uid)
        return -SIM_EPERM;
    self->uid = uid;
    return 0;
}

uint64_t sys_random(struct process *self)
{
    return random_u64(&self->os->random);
}
