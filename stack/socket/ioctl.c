/* ioctl() and fcntl() of descriptors, by Linux's numbers. */
#include "base/memory.h"
#include "stack/socket/epoll.h"
#include "stack/socket/fd.h"
#include "stack/socket/pipe.h"
#include "stack/socket/syscall.h"

enum {
    FIONREAD = 0x541b, /* SIOCINQ */
    TIOCOUTQ = 0x5411, /* SIOCOUTQ */
    SIOCOUTQNSD = 0x894b,
    SIOCATMARK = 0x8905,
    FIONBIO = 0x5421,
    FIONCLEX = 0x5450,
    FIOCLEX = 0x5451,
};

enum { F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_SETOWN = 8, F_GETOWN = 9 };
enum { O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NONBLOCK = 0x800, FD_CLOEXEC = 1 };

/* FIONREAD and kin. */
static int queue_len(struct process *self, const struct fd *fd, int number, unsigned request,
                     int *value)
{
    enum sock_option option = request == FIONREAD      ? OPT_SIOCINQ
                              : request == TIOCOUTQ    ? OPT_SIOCOUTQ
                              : request == SIOCOUTQNSD ? OPT_SIOCOUTQNSD
                                                       : OPT_SIOCATMARK;
    int error;

    if (fd->sock->ops->is_file) {
        if (request != FIONREAD || !sock_is_pipe(fd->sock))
            return -SIM_ENOTTY;
        *value = (int)pipe_len(fd->sock);
        return 0;
    }
    error = sys_getsockopt(self, number, option, value);
    return error == -SIM_ENOPROTOOPT ? -SIM_ENOTTY : error;
}

/* FD_CLOEXEC of the descriptor, not of what it stands for. No program starts another in its place,
 * so that all that comes of it is that it can be asked for. */
static void set_close_on_exec(struct process *self, int number, bool on)
{
    uint64_t bit = 1ull << (number % 64);

    if (self->close_on_exec == NULL && on)
        self->close_on_exec = mem_zalloc(PROCESS_FDS_MAX / 8);
    if (self->close_on_exec == NULL)
        return;
    if (on)
        self->close_on_exec[number / 64] |= bit;
    else
        self->close_on_exec[number / 64] &= ~bit;
}

static bool closes_on_exec(const struct process *self, int number)
{
    return self->close_on_exec != NULL &&
           (self->close_on_exec[number / 64] >> (number % 64) & 1) != 0;
}

static int64_t access_mode(const struct fd *fd)
{
    if (sock_is_file(fd->sock))
        return O_RDONLY;
    if (sock_is_pipe(fd->sock))
        return pipe_writes(fd->sock) ? O_WRONLY : O_RDONLY;
    return O_RDWR;
}

int64_t sys_fcntl(struct process *self, int number, int command, int64_t argument)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    switch (command) {
    case F_GETFD:
        return closes_on_exec(self, number) ? FD_CLOEXEC : 0;
    case F_SETFD:
        set_close_on_exec(self, number, (argument & FD_CLOEXEC) != 0);
        return 0;
    case F_GETFL:
        return access_mode(fd) | (fd->nonblock ? O_NONBLOCK : 0);
    case F_SETFL:
        fd->nonblock = (argument & O_NONBLOCK) != 0;
        return 0;
    case F_GETOWN:
        return fd->rare->owner;
    case F_SETOWN: /* who is told by SIGURG, which nobody catches: a number that is kept */
        if (argument != 0 && process_find(self->os, (uint32_t)argument) == NULL)
            return -SIM_ESRCH;
        fd_rare(fd)->owner = (int)argument;
        return 0;
    default:
        return -SIM_EINVAL;
    }
}

int sys_ioctl(struct process *self, int number, unsigned request, int *value)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    if (sock_is_epoll(fd->sock) && request != FIONBIO)
        return -SIM_EINVAL;
    switch (request) {
    case FIONBIO:
        fd->nonblock = *value != 0;
        return 0;
    case FIONCLEX:
    case FIOCLEX:
        set_close_on_exec(self, number, request == FIOCLEX);
        return 0;
    case FIONREAD:
    case TIOCOUTQ:
    case SIOCOUTQNSD:
    case SIOCATMARK:
        return queue_len(self, fd, number, request, value);
    default:
        return -SIM_ENOTTY;
    }
}
