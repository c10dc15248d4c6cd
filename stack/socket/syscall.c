#include "stack/socket/syscall.h"

#include "stack/socket/call.h"
#include "stack/socket/fd.h"
#include "stack/transport/tcp.h"

int call_open(struct process *self, struct sock *sock, int domain, int type, int protocol)
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
    if (sock != NULL && type == SIM_SOCK_RAW && domain != SIM_AF_PACKET)
        sock->options.reuseaddr = true;
    return sock == NULL ? error : call_open(self, sock, domain, type, protocol);
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
    if (fd->domain == SIM_AF_INET6 && !local.v6)
        return -SIM_EINVAL; /* sockaddr_in is too short */
    error = sock_from_api(fd->sock, &local);
    return error != 0 ? error : fd->sock->ops->bind(fd->sock, local);
}

int sys_bind(struct process *self, int number, struct endpoint local)
{
    call_note(self, "bind", number, &local, NULL);
    return (int)call_note_result(self, "bind", number, bind_fd(self, fd_get(self, number), local));
}

int sys_listen(struct process *self, int number, int backlog)
{
    struct fd *fd = fd_get(self, number);

    call_note(self, "listen", number, NULL, NULL);
    return (int)call_note_result(
        self, "listen", number, fd == NULL ? -SIM_EBADF : fd->sock->ops->listen(fd->sock, backlog));
}

int sys_accept(struct process *self, int number, struct endpoint *peer)
{
    struct fd *fd = fd_get(self, number);
    struct sock *sock;
    int error = 0;

    call_note(self, "accept", number, NULL, NULL);
    call_may_block(self, CALL_ACCEPT, number);
    if (fd == NULL)
        return (int)call_over(self, -SIM_EBADF);
    sock = fd->sock->ops->accept(fd->sock, &error);
    if (sock == NULL)
        return (int)call_end(self,
                             error == -SIM_EAGAIN
                                 ? call_block(self, fd->nonblock, fd->rare->receive_timeout, error)
                                 : error);
    if (peer != NULL)
        *peer = sock_to_api(sock, sock->remote);
    return (int)call_over(self, call_open(self, sock, fd->domain, fd->type, fd->protocol));
}

int sys_connect(struct process *self, int number, struct endpoint remote)
{
    struct fd *fd = fd_get(self, number);
    int error;

    call_note(self, "connect", number, &remote, NULL);
    call_may_block(self, CALL_CONNECT, number);
    if (fd == NULL)
        return (int)call_over(self, -SIM_EBADF);
    error = fd->domain == SIM_AF_INET6 && !remote.v6 && fd->sock->options.v6only
                ? -SIM_EAFNOSUPPORT
                : sock_from_api(fd->sock, &remote);
    if (error == 0)
        error = fd->sock->ops->connect(fd->sock, remote);
    if (error == -SIM_EINPROGRESS || (error == -SIM_EALREADY && !fd->nonblock))
        error = (int)call_block(self, fd->nonblock, fd->rare->send_timeout, -SIM_EINPROGRESS);
    return (int)call_end(self, error);
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
    return call_block(self, false, SIM_SEC(seconds < LINGER_MAX ? seconds : LINGER_MAX),
                      -SIM_EAGAIN);
}

int sys_close(struct process *self, int number)
{
    const struct fd *fd = fd_get(self, number);
    int64_t result = 0;

    call_note(self, "close", number, NULL, NULL);
    call_may_block(self, CALL_CLOSE, number);
    if (fd != NULL)
        result = linger(self, fd);
    if (result == SYS_BLOCKED)
        return SYS_BLOCKED;
    if (fd != NULL && fd->sock->error != 0)
        result = -fd->sock->error;
    call_end_wait(self, result);
    return (int)call_note_result(self, "close", number, fd_close(self, number));
}

struct sock *sys_sock(struct process *self, int number)
{
    struct fd *fd = fd_get(self, number);

    return fd == NULL ? NULL : fd->sock;
}

int sys_shutdown(struct process *self, int number, enum sock_shutdown how)
{
    struct fd *fd = fd_get(self, number);

    call_note(self, "shutdown", number, NULL, NULL);
    if (fd != NULL && !fd->sock->ops->is_file && ((int)how < 0 || how > SOCK_SHUT_RDWR))
        return (int)call_note_result(self, "shutdown", number, -SIM_EINVAL);
    return (int)call_note_result(self, "shutdown", number,
                                 fd == NULL ? -SIM_EBADF : fd->sock->ops->shutdown(fd->sock, how));
}

/* ---- processes ---- */

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
