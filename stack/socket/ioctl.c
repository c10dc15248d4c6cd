/* ioctl() of descriptors, by Linux's numbers. */
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
    case FIOCLEX: /* no program starts another in its place */
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
