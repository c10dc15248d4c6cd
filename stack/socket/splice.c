/* Calls about descriptors that are no sockets, and from one kind to the other. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stack/socket/fd.h"
#include "stack/socket/pipe.h"
#include "stack/socket/syscall.h"
#include "stack/transport/tcp.h"

enum { CHUNK = 65536 };

int sys_pipe(struct process *self, int fds[2])
{
    struct sock *ends[2];

    pipe_pair(self->os, ends);
    fds[0] = fd_open(self, ends[0], 0, SIM_SOCK_STREAM);
    if (fds[0] < 0) {
        ends[1]->ops->close(ends[1]);
        return fds[0];
    }
    fds[1] = fd_open(self, ends[1], 0, SIM_SOCK_STREAM);
    if (fds[1] < 0) {
        fd_close(self, fds[0]);
        return fds[1];
    }
    return 0;
}

int sys_open(struct process *self, const char *path)
{
    struct sock *sock = file_open(self->os, path);

    return sock == NULL ? -SIM_ENOENT : fd_open(self, sock, 0, SIM_SOCK_DGRAM);
}

int sys_dup(struct process *self, int number)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    fd_hold(fd);
    return fd_install(self, fd);
}

/* @len octets leave through @out, as write() would send them. */
static int64_t put_out(struct process *self, int out, const uint8_t *octets, size_t len, bool more)
{
    struct sock_send message = { .octets = octets, .len = len, .flags = more ? SOCK_MSG_MORE : 0u };

    return sys_sendmsg(self, out, &message);
}

int64_t sys_sendfile(struct process *self, int out, int in, uint64_t *offset, size_t count)
{
    struct fd *from = fd_get(self, in), *to = fd_get(self, out);
    size_t asked = count;
    uint64_t at;
    uint8_t *octets;
    int64_t n;

    if (from == NULL)
        return -SIM_EBADF;
    if (!sock_is_file(from->sock))
        return offset != NULL ? -SIM_ESPIPE : -SIM_EINVAL;
    if (to == NULL)
        return -SIM_EBADF;
    at = offset != NULL ? *offset : *file_offset(from->sock);
    octets = mem_alloc(count + 1);
    count = file_read_at(from->sock, at, octets, count);
    n = count == 0 ? 0 : put_out(self, out, octets, count, count < asked);
    free(octets);
    if (n >= 0 && count < asked && to->sock->ops == &tcp_ops)
        tcp_splice_eof(to->sock);
    if (n > 0 && offset != NULL)
        *offset += (uint64_t)n;
    else if (n > 0)
        *file_offset(from->sock) += (uint64_t)n;
    return n;
}

/* Octets of the pipe @in go into the socket or pipe @out. */
static int64_t splice_out(struct process *self, int in, int out, size_t len, unsigned flags)
{
    struct fd *from = fd_get(self, in);
    uint8_t *octets = mem_alloc(CHUNK);
    int64_t n = pipe_peek(from->sock, octets, len < CHUNK ? len : CHUNK);
    bool more = (flags & SYS_SPLICE_MORE) != 0;

    if (n == -SIM_EAGAIN && (flags & SYS_SPLICE_NONBLOCK) == 0)
        n = sys_recv(self, in, octets, 1, SOCK_MSG_PEEK); /* waits */
    else if (n > 0)
        n = put_out(self, out, octets, (size_t)n, more);
    if (n > 0)
        pipe_skip(from->sock, (size_t)n);
    free(octets);
    return n;
}

/* What has come on the socket @in goes into the pipe @out: each segment on a page of its own. */
static int64_t splice_in(struct process *self, int in, int out, size_t len)
{
    const struct sock *from = fd_get(self, in)->sock;
    struct sock *to = fd_get(self, out)->sock;
    size_t done = 0, room, some;
    uint8_t *octets;
    int64_t n;

    if (pipe_room(to) <= 0)
        return pipe_room(to) == 0 ? -SIM_EAGAIN : pipe_room(to);
    octets = mem_alloc(CHUNK);
    do {
        room = (size_t)pipe_room(to);
        some = from->ops == &tcp_ops ? tcp_first_len(from) : room;
        some = some == 0 || some > room ? room : some;
        n = sys_recv(self, in, octets, len - done < some ? len - done : some,
                     done == 0 ? 0 : SOCK_MSG_DONTWAIT);
        if (n > 0) {
            pipe_splice(to, octets, (size_t)n);
            done += (size_t)n;
        }
    } while (n > 0 && done < len && pipe_room(to) > 0);
    free(octets);
    return done > 0 ? (int64_t)done : n;
}

int64_t sys_splice(struct process *self, int in, int out, size_t len, unsigned flags)
{
    const struct fd *from = fd_get(self, in), *to = fd_get(self, out);

    if (len == 0)
        return 0;
    if (from == NULL || to == NULL)
        return -SIM_EBADF;
    if ((flags & ~(unsigned)SYS_SPLICE_ALL) != 0 || pipe_is_same(from->sock, to->sock))
        return -SIM_EINVAL;
    if (sock_is_pipe(from->sock))
        return splice_out(self, in, out, len, flags);
    if (!sock_is_pipe(to->sock))
        return -SIM_EINVAL;
    return splice_in(self, in, out, len);
}
