/* Calls that move octets. */
#include <stdlib.h>
#include <string.h>

#include "base/likely.h"
#include "base/memory.h"
#include "stack/socket/call.h"
#include "stack/socket/fd.h"
#include "stack/socket/syscall.h"
#include "stack/transport/tcp.h"

/* An error after some octets is told by the next call. */
static int64_t send_failed(struct process *self, const struct fd *fd, unsigned flags, int64_t error)
{
    if (UNLIKELY(self->call.opens) && error == -SIM_EAGAIN)
        error = -SIM_EINPROGRESS;
    if (self->call.progress > 0 && (!self->call.opens || error == -SIM_EINPROGRESS))
        return call_over(self, (int64_t)self->call.progress);
    if (error == -SIM_EPIPE && fd->type == SIM_SOCK_STREAM && self->sigpipe &&
        !(flags & SOCK_MSG_NOSIGNAL)) {
        self->pending_signal = SIM_SIGPIPE;
        (void)call_over(self, error);
        return SYS_BLOCKED; /* never made again */
    }
    return call_over(self, error);
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
        return call_block(self, false, fd->rare->send_timeout, -SIM_EINPROGRESS);
    }
    tcp_fastopen_call_over(fd->sock);
    return self->call.progress > 0 ? (int64_t)self->call.progress : -SIM_EINPROGRESS;
}

/* A send() that has been noted. */
APART static int64_t send_noted(struct process *self, int number, const struct sock_send *message)
{
    struct fd *fd = fd_get(self, number), *rights;
    bool nonblock;

    call_may_block(self, CALL_SEND, number);
    if (fd == NULL)
        return call_over(self, -SIM_EBADF);
    rights = message->pass_fd > 0 ? fd_get(self, message->pass_fd) : NULL;
    if (message->pass_fd > 0 && rights == NULL)
        return call_over(self, -SIM_EBADF);
    nonblock = fd->nonblock || (message->flags & SOCK_MSG_DONTWAIT);
    for (;;) {
        int64_t n = send_rest(self, fd, message, rights);

        if (UNLIKELY(n == -SIM_EINPROGRESS || n == -SIM_EALREADY)) {
            if (n == -SIM_EINPROGRESS)
                n = send_opens(self, fd, nonblock);
            else
                n = call_block(self, nonblock, fd->rare->send_timeout, n);
            if (n >= 0)
                return call_over(self, n);
        } else if (n == -SIM_EAGAIN) {
            if (nonblock && self->call.progress > 0)
                return call_over(self, (int64_t)self->call.progress);
            n = call_block(self, nonblock, fd->rare->send_timeout, -SIM_EAGAIN);
        }
        if (n == SYS_BLOCKED)
            return n;
        if (n < 0)
            return send_failed(self, fd, message->flags, n);
        self->call.progress += (size_t)n;
        if (self->call.progress >= message->len || fd->type != SIM_SOCK_STREAM || n == 0)
            return call_over(self, (int64_t)self->call.progress);
        self->call.opens = false;
    }
}

static int64_t send_message(struct process *self, int number, const struct sock_send *message)
{
    call_note(self, message->has_to ? "sendto" : "send", number,
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
    return self->call.progress == 0 && !node_wants(self->node, RECORD_CALL);
}

/* A send() that something is special about, or a stream's. */
APART static int64_t send_closely(struct process *self, int number, const void *octets, size_t len,
                                  unsigned flags)
{
    call_note(self, "send", number, NULL, &len);
    return send_noted(self, number,
                      &(struct sock_send){ .octets = octets, .len = len, .flags = flags });
}

APART static int64_t send_plainly_failed(struct process *self, int64_t error)
{
    return call_over(self, error);
}

int64_t sys_send(struct process *self, int number, const void *octets, size_t len, unsigned flags)
{
    const struct fd *fd = fd_get(self, number);
    const struct sock_ops *ops;
    int64_t n;

    if (UNLIKELY(fd == NULL || self->call.active || !call_is_plain(self)))
        return send_closely(self, number, octets, len, flags);
    ops = fd->sock->ops;
    if (UNLIKELY(ops->send_plain == NULL))
        return send_closely(self, number, octets, len, flags);
    self->call.kind = CALL_SEND;
    self->call.number = number;
    node_new_record_id(self->node);
    n = ops->send_plain(fd->sock, octets, len, flags);
    if (UNLIKELY(n < 0))
        return send_plainly_failed(self, n);
    node_new_record_id(self->node); /* of what the call came to */
    return n;
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

/* An error and what is behind the urgent octet are for the next call. */
static bool reads_no_further(const struct fd *fd)
{
    int at_mark = 0;

    return fd->sock->error != 0 ||
           (fd_is_inet(fd) && fd->sock->ops->get_option(fd->sock, OPT_SIOCATMARK, &at_mark) == 0 &&
            at_mark != 0);
}

static inline int64_t recv_message(struct process *self, int number, struct sock_recv *message)
{
    struct fd *fd = fd_get(self, number);
    bool nonblock;
    size_t least;

    call_note(self, "recv", number, NULL, &message->size);
    call_may_block(self, CALL_RECV, number);
    if (fd == NULL)
        return call_over(self, -SIM_EBADF);
    if ((message->flags & SOCK_MSG_ERRQUEUE) && !fd_is_inet(fd))
        return call_over(self, -SIM_EAGAIN); /* it has no such queue */
    nonblock = fd->nonblock || (message->flags & (SOCK_MSG_DONTWAIT | SOCK_MSG_ERRQUEUE));
    least = least_to_read(fd, message);
    for (;;) {
        int64_t n = recv_more(self, fd, nonblock, message);

        if (n == -SIM_EAGAIN)
            n = call_block(self, nonblock, fd->rare->receive_timeout, -SIM_EAGAIN);
        if (n == SYS_BLOCKED)
            return n;
        if (n < 0)
            return call_over(self, self->call.progress > 0 ? (int64_t)self->call.progress : n);
        if (UNLIKELY(message->rights != NULL))
            take_rights(self, message);
        if (n == 0 || self->call.progress + (size_t)n >= least)
            return call_over(self, (int64_t)self->call.progress + n);
        self->call.progress += (size_t)n;
        if (reads_no_further(fd))
            return call_over(self, (int64_t)self->call.progress);
    }
}

int64_t sys_recvmsg(struct process *self, int number, struct sock_recv *message)
{
    return recv_message(self, number, message);
}

/* A recv() that something is special about. */
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

/* Whether a recv() may be plain: what waits, if anything, is one without a limit. */
static inline bool may_recv_plainly(const struct process *self)
{
    return call_is_plain(self) && (!self->call.active || (self->call.kind == CALL_RECV &&
                                                          self->call.until == SIM_TIME_NONE));
}

/* A plain recv() that does not simply wait. */
APART static int64_t recv_plainly_failed(struct process *self, const struct fd *fd, int64_t error)
{
    if (error == -SIM_EAGAIN)
        error = call_block(self, fd->nonblock, fd->rare->receive_timeout, error);
    return call_end(self, error);
}

/* A plain recv() has got @error: mostly there is nothing yet, and it waits without a limit. */
static inline int64_t recv_got_nothing(struct process *self, const struct fd *fd, int64_t error)
{
    if (UNLIKELY(error != -SIM_EAGAIN || fd->nonblock || fd->rare->receive_timeout != 0))
        return recv_plainly_failed(self, fd, error);
    if (LIKELY(!self->call.active)) {
        self->call.active = true;
        node_new_record_id(self->node);
    }
    return SYS_BLOCKED;
}

/* Nobody looks at what the call does, but its records have their ids: its begin or the end of its
 * wait, and what it comes to or that it waits. What the protocol does has ids behind that of the
 * begin. */
int64_t sys_recv(struct process *self, int number, void *octets, size_t size, unsigned flags)
{
    const struct fd *fd = fd_get(self, number);
    int64_t n;

    if (UNLIKELY(fd == NULL || flags != 0 || !fd->reads_plainly || !may_recv_plainly(self)))
        return recv_closely(self, number, octets, size, flags);
    if (!self->call.active) {
        self->call.kind = CALL_RECV;
        self->call.number = number;
        node_new_record_id(self->node);
    }
    n = fd->sock->ops->recv_plain(fd->sock, octets, size, fd->nonblock ? SOCK_MSG_DONTWAIT : 0);
    if (n < 0)
        return recv_got_nothing(self, fd, n);
    self->node->last_record += 1u + self->call.active;
    self->call.active = false;
    return n;
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
