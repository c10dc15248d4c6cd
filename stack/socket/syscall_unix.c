/* Calls of AF_UNIX, whose addresses are names. */
#include "stack/socket/call.h"
#include "stack/socket/fd.h"
#include "stack/socket/syscall.h"
#include "stack/socket/unix.h"

int sys_bind_unix(struct process *self, int number, const char *name)
{
    struct fd *fd = fd_get(self, number);

    call_note(self, "bind", number, NULL, NULL);
    if (fd == NULL)
        return -SIM_EBADF;
    return fd->domain == SIM_AF_UNIX ? unix_bind(fd->sock, name) : -SIM_EAFNOSUPPORT;
}

int sys_connect_unix(struct process *self, int number, const char *name)
{
    struct fd *fd = fd_get(self, number);
    int error;

    call_note(self, "connect", number, NULL, NULL);
    call_may_block(self, CALL_CONNECT, number);
    if (fd == NULL)
        return (int)call_over(self, -SIM_EBADF);
    error = fd->domain == SIM_AF_UNIX ? unix_connect(fd->sock, name) : -SIM_EAFNOSUPPORT;
    if (error == -SIM_EAGAIN)
        error = (int)call_block(self, fd->nonblock, fd->rare->send_timeout, -SIM_EAGAIN);
    return (int)call_end(self, error);
}

int64_t sys_sendto_unix(struct process *self, int number, const void *octets, size_t len,
                        unsigned flags, const char *name)
{
    struct sock_send message = { .octets = octets, .len = len, .flags = flags };
    struct fd *fd = fd_get(self, number);
    int64_t n;

    call_note(self, "sendto", number, NULL, &len);
    call_may_block(self, CALL_SEND, number);
    if (fd == NULL)
        return call_over(self, -SIM_EBADF);
    n = fd->domain == SIM_AF_UNIX ? unix_sendto(fd->sock, name, &message) : -SIM_EAFNOSUPPORT;
    if (n == -SIM_EAGAIN)
        n = call_block(self, fd->nonblock || (flags & SOCK_MSG_DONTWAIT), fd->rare->send_timeout,
                       n);
    return call_end(self, n);
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
