#include "stack/socket/syscall.h"

#include <stdio.h>

#include "base/check.h"
#include "stack/socket/fd.h"
#include "stack/transport/raw.h"

/* ---- blocking ---- */

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
        self->call.active = true;
        self->call.until = timeout == 0 ? SIM_TIME_NONE : now + timeout;
        if (self->call.until != SIM_TIME_NONE)
            timer_start_at(&self->timer, self->call.until);
    }
    return now >= self->call.until ? error : SYS_BLOCKED;
}

static int64_t unblock(struct process *self, int64_t result)
{
    if (self->call.active)
        timer_stop(&self->timer);
    self->call.active = false;
    self->call.until = SIM_TIME_NONE;
    self->call.progress = 0;
    return result;
}

static int64_t end_call(struct process *self, int64_t result)
{
    return result == SYS_BLOCKED ? SYS_BLOCKED : unblock(self, result);
}

/* ---- what a debugger sees of calls ---- */

/* A call begins: "connect(3, 10.0.0.2:80)". One that goes on after blocking has been told already.
 */
static void note_call(struct process *self, const char *name, int number, const struct endpoint *to,
                      const size_t *len)
{
    char text[80], address[ENDPOINT_TEXT_MAX];
    size_t n;

    if (self->call.active)
        return;
    if (!node_wants(self->os->node, RECORD_CALL)) {
        node_new_record_id(self->os->node); /* ids do not depend on who looks */
        return;
    }
    n = (size_t)snprintf(text, sizeof text, "%s(%d", name, number);
    if (len != NULL)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %zu", *len);
    if (to != NULL)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %s", endpoint_format(*to, address));
    snprintf(text + n, sizeof text - n, ")");
    process_note(self, RECORD_CALL, WHY0(CALL), text);
}

/* ---- making and naming sockets ---- */

int sys_socket(struct process *self, int domain, int type, int protocol)
{
    int error = 0;
    struct sock *sock = os_socket(self->os, domain, type, protocol, &error);

    return sock == NULL ? error : fd_open(self, sock, domain, type);
}

int sys_bind(struct process *self, int number, struct endpoint local)
{
    struct fd *fd = fd_get(self, number);

    int error;

    note_call(self, "bind", number, &local, NULL);
    if (fd == NULL)
        return -SIM_EBADF;
    error = sock_from_api(fd->sock, &local);
    return error != 0 ? error : fd->sock->ops->bind(fd->sock, local);
}

int sys_listen(struct process *self, int number, int backlog)
{
    struct fd *fd = fd_get(self, number);

    note_call(self, "listen", number, NULL, NULL);
    return fd == NULL ? -SIM_EBADF : fd->sock->ops->listen(fd->sock, backlog);
}

int sys_accept(struct process *self, int number, struct endpoint *peer)
{
    struct fd *fd = fd_get(self, number);
    struct sock *sock;
    int error = 0;

    note_call(self, "accept", number, NULL, NULL);
    if (fd == NULL)
        return (int)unblock(self, -SIM_EBADF);
    sock = fd->sock->ops->accept(fd->sock, &error);
    if (sock == NULL)
        return (int)end_call(self, error == -SIM_EAGAIN
                                       ? block(self, fd->nonblock, fd->receive_timeout, error)
                                       : error);
    if (peer != NULL)
        *peer = sock_to_api(sock, sock->remote);
    return (int)unblock(self, fd_open(self, sock, fd->domain, fd->type));
}

int sys_connect(struct process *self, int number, struct endpoint remote)
{
    struct fd *fd = fd_get(self, number);
    int error;

    note_call(self, "connect", number, &remote, NULL);
    if (fd == NULL)
        return (int)unblock(self, -SIM_EBADF);
    error = sock_from_api(fd->sock, &remote);
    if (error == 0)
        error = fd->sock->ops->connect(fd->sock, remote);
    if (error == -SIM_EINPROGRESS || (error == -SIM_EALREADY && !fd->nonblock))
        error = (int)block(self, fd->nonblock, fd->send_timeout, -SIM_EINPROGRESS);
    return (int)end_call(self, error);
}

int sys_disconnect(struct process *self, int number)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    return fd->sock->ops->disconnect == NULL ? -SIM_EOPNOTSUPP
                                             : fd->sock->ops->disconnect(fd->sock);
}

int sys_getsockname(struct process *self, int number, struct endpoint *local)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    *local = sock_to_api(fd->sock, fd->sock->local);
    return 0;
}

int sys_getpeername(struct process *self, int number, struct endpoint *remote)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    if (fd->sock->remote.port == 0 || !(fd->sock->ops->poll(fd->sock) & SOCK_POLLOUT ||
                                        fd->type != SIM_SOCK_STREAM || fd->sock->local.port != 0))
        return -SIM_ENOTCONN;
    *remote = sock_to_api(fd->sock, fd->sock->remote);
    return 0;
}

int sys_close(struct process *self, int number)
{
    note_call(self, "close", number, NULL, NULL);
    return fd_close(self, number);
}

struct sock *sys_sock(struct process *self, int number)
{
    struct fd *fd = fd_get(self, number);

    return fd == NULL ? NULL : fd->sock;
}

/* ---- moving octets ---- */

int64_t sys_sendmsg(struct process *self, int number, const struct sock_send *message)
{
    struct fd *fd = fd_get(self, number);
    bool nonblock;

    note_call(self, message->has_to ? "sendto" : "send", number,
              message->has_to ? &message->to : NULL, &message->len);
    if (fd == NULL)
        return unblock(self, -SIM_EBADF);
    nonblock = fd->nonblock || (message->flags & SOCK_MSG_DONTWAIT);
    for (;;) {
        struct sock_send rest = *message;
        int64_t n;

        rest.octets = (const uint8_t *)message->octets + self->call.progress;
        rest.len = message->len - self->call.progress;
        n = rest.has_to ? sock_from_api(fd->sock, &rest.to) : 0;
        if (n == 0)
            n = fd->sock->ops->send(fd->sock, &rest);
        if (n == -SIM_EAGAIN || n == -SIM_EINPROGRESS) {
            if (nonblock && self->call.progress > 0)
                return unblock(self, (int64_t)self->call.progress);
            n = block(self, nonblock, fd->send_timeout, -SIM_EAGAIN);
        }
        if (n == SYS_BLOCKED)
            return n;
        if (n < 0) /* an error after some octets is told by the next call */
            return unblock(self, self->call.progress > 0 ? (int64_t)self->call.progress : n);
        self->call.progress += (size_t)n;
        if (self->call.progress >= message->len || fd->type != SIM_SOCK_STREAM || n == 0)
            return unblock(self, (int64_t)self->call.progress);
    }
}

int64_t sys_send(struct process *self, int number, const void *octets, size_t len, unsigned flags)
{
    return sys_sendmsg(self, number,
                       &(struct sock_send){ .octets = octets, .len = len, .flags = flags });
}

int64_t sys_sendto(struct process *self, int number, const void *octets, size_t len, unsigned flags,
                   struct endpoint to)
{
    return sys_sendmsg(
        self, number,
        &(struct sock_send){
            .octets = octets, .len = len, .flags = flags, .has_to = true, .to = to });
}

int64_t sys_recvmsg(struct process *self, int number, struct sock_recv *message)
{
    struct fd *fd = fd_get(self, number);
    bool nonblock, all;

    note_call(self, "recv", number, NULL, &message->size);
    if (fd == NULL)
        return unblock(self, -SIM_EBADF);
    nonblock = fd->nonblock || (message->flags & SOCK_MSG_DONTWAIT);
    all = (message->flags & SOCK_MSG_WAITALL) && fd->type == SIM_SOCK_STREAM &&
          !(message->flags & SOCK_MSG_PEEK);
    for (;;) {
        struct sock_recv rest = *message;
        int64_t n;

        if (rest.octets != NULL)
            rest.octets = (uint8_t *)message->octets + self->call.progress;
        rest.size = message->size - self->call.progress;
        n = fd->sock->ops->recv(fd->sock, &rest);
        if (n == -SIM_EAGAIN)
            n = block(self, nonblock, fd->receive_timeout, -SIM_EAGAIN);
        if (n == SYS_BLOCKED)
            return n;
        if (n < 0)
            return unblock(self, self->call.progress > 0 ? (int64_t)self->call.progress : n);
        rest.octets = message->octets;
        rest.size = message->size;
        rest.from = sock_to_api(fd->sock, rest.from);
        rest.to = sock_to_api(fd->sock, rest.to);
        *message = rest;
        if (!all || n == 0 || self->call.progress + (size_t)n >= message->size)
            return unblock(self, (int64_t)self->call.progress + n);
        self->call.progress += (size_t)n;
    }
}

int64_t sys_recv(struct process *self, int number, void *octets, size_t size, unsigned flags)
{
    struct sock_recv message = { .octets = octets, .size = size, .flags = flags };

    return sys_recvmsg(self, number, &message);
}

int sys_shutdown(struct process *self, int number, enum sock_shutdown how)
{
    struct fd *fd = fd_get(self, number);

    note_call(self, "shutdown", number, NULL, NULL);
    return fd == NULL ? -SIM_EBADF : fd->sock->ops->shutdown(fd->sock, how);
}

/* ---- options ---- */

#define BUF_MAX (SOCK_RCVBUF_DEFAULT) /* net.core.rmem_max, wmem_max */

static int clamp_buffer(int value, int least)
{
    value = value > BUF_MAX ? BUF_MAX : value < 0 ? 0 : value;
    return 2 * value < least ? least : 2 * value; /* Linux doubles it for its own bookkeeping */
}

static int set_device(struct sock *sock, unsigned index)
{
    struct ip_iface *iface = index == 0 ? NULL : ip_iface_by_index(sock->ip, index);

    if (index != 0 && iface == NULL)
        return -SIM_ENODEV;
    sock->options.bound_iface = iface;
    return 0;
}

/* The options all sockets have; 1: not one of them. */
static int set_common(struct sock *sock, enum sock_option option, int value)
{
    struct sock_options *options = &sock->options;

    switch (option) {
    case OPT_SO_REUSEADDR:
        options->reuseaddr = value != 0;
        return 1; /* TCP wants to know too */
    case OPT_SO_REUSEPORT:
        options->reuseport = value != 0;
        return 1;
    case OPT_SO_BROADCAST:
        options->broadcast = value != 0;
        return 0;
    case OPT_SO_OOBINLINE:
        options->oobinline = value != 0;
        return 0;
    case OPT_SO_DONTROUTE:
        options->dontroute = value != 0;
        return 0;
    case OPT_SO_LINGER:
        options->linger = value;
        return 0;
    case OPT_SO_SNDBUF:
        options->sndbuf = clamp_buffer(value, 4608);
        options->sndbuf_locked = true;
        return 1;
    case OPT_SO_RCVBUF:
        options->rcvbuf = clamp_buffer(value, 2304);
        options->rcvbuf_locked = true;
        return 1;
    case OPT_SO_KEEPALIVE:
        options->keepalive = value != 0;
        return 1;
    case OPT_SO_BINDTODEVICE:
        return set_device(sock, (unsigned)value);
    case OPT_IP_TTL:
        if (value != -1 && (value < 1 || value > 255))
            return -SIM_EINVAL;
        options->ttl = value == -1 ? 0 : (uint8_t)value;
        return 0;
    case OPT_IP_TOS:
        options->tos = (uint8_t)value;
        return 0;
    case OPT_IP_MTU_DISCOVER:
        if (value < 0 || value > 3)
            return -SIM_EINVAL;
        options->mtu_discover = (uint8_t)value;
        return 0;
    case OPT_IP_RECVERR:
        options->recverr = value != 0;
        return 0;
    case OPT_IP_MULTICAST_TTL:
        if (value < -1 || value > 255)
            return -SIM_EINVAL;
        options->multicast_ttl = value == -1 ? 1 : (uint8_t)value;
        return 0;
    case OPT_IP_MULTICAST_LOOP:
        options->multicast_loop = value != 0;
        return 0;
    case OPT_IP_MULTICAST_IF:
        options->multicast_iface = ip_iface_by_index(sock->ip, (unsigned)value);
        return value != 0 && options->multicast_iface == NULL ? -SIM_EADDRNOTAVAIL : 0;
    default:
        return 1;
    }
}

static bool is_common(enum sock_option option)
{
    return option == OPT_SO_REUSEADDR || option == OPT_SO_REUSEPORT || option == OPT_SO_SNDBUF ||
           option == OPT_SO_RCVBUF || option == OPT_SO_KEEPALIVE;
}

int sys_setsockopt(struct process *self, int number, enum sock_option option, int value)
{
    struct fd *fd = fd_get(self, number);
    int error, more;

    if (fd == NULL)
        return -SIM_EBADF;
    error = set_common(fd->sock, option, value);
    if (error != 1)
        return error;
    more = fd->sock->ops->set_option(fd->sock, option, value);
    return more == -SIM_ENOPROTOOPT && is_common(option) ? 0 : more;
}

int sys_getsockopt(struct process *self, int number, enum sock_option option, int *value)
{
    struct fd *fd = fd_get(self, number);
    const struct sock_options *options;

    if (fd == NULL)
        return -SIM_EBADF;
    options = &fd->sock->options;
    switch (option) {
    case OPT_SO_ERROR:
        *value = -sock_take_error(fd->sock);
        return 0;
    case OPT_SO_TYPE:
        *value = fd->type;
        return 0;
    case OPT_SO_REUSEADDR:
        *value = options->reuseaddr;
        return 0;
    case OPT_SO_REUSEPORT:
        *value = options->reuseport;
        return 0;
    case OPT_SO_BROADCAST:
        *value = options->broadcast;
        return 0;
    case OPT_SO_KEEPALIVE:
        *value = options->keepalive;
        return 0;
    case OPT_SO_OOBINLINE:
        *value = options->oobinline;
        return 0;
    case OPT_SO_DONTROUTE:
        *value = options->dontroute;
        return 0;
    case OPT_SO_LINGER:
        *value = options->linger;
        return 0;
    case OPT_SO_SNDBUF:
        *value = options->sndbuf;
        return 0;
    case OPT_SO_RCVBUF:
        *value = options->rcvbuf;
        return 0;
    case OPT_SO_BINDTODEVICE:
        *value = options->bound_iface == NULL ? 0 : (int)options->bound_iface->index;
        return 0;
    case OPT_IP_TTL:
        *value = options->ttl != 0 ? options->ttl : fd->sock->ip->sysctl.default_ttl;
        return 0;
    case OPT_IP_TOS:
        *value = options->tos;
        return 0;
    case OPT_IP_MTU_DISCOVER:
        *value = options->mtu_discover;
        return 0;
    case OPT_IP_RECVERR:
        *value = options->recverr;
        return 0;
    case OPT_IP_MULTICAST_TTL:
        *value = options->multicast_ttl;
        return 0;
    case OPT_IP_MULTICAST_LOOP:
        *value = options->multicast_loop;
        return 0;
    default:
        return fd->sock->ops->get_option(fd->sock, option, value);
    }
}

int sys_set_nonblock(struct process *self, int number, bool on)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    fd->nonblock = on;
    return 0;
}

int sys_set_timeouts(struct process *self, int number, sim_time receive, sim_time send)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    if (receive >= 0)
        fd->receive_timeout = receive;
    if (send >= 0)
        fd->send_timeout = send;
    return 0;
}

int sys_bind_device(struct process *self, int number, const char *name)
{
    struct fd *fd = fd_get(self, number);
    struct ip_iface *iface;

    if (fd == NULL)
        return -SIM_EBADF;
    if (name == NULL || *name == '\0') {
        fd->sock->options.bound_iface = NULL;
        return 0;
    }
    iface = ip_iface_find(&self->os->ip, name);
    if (iface == NULL)
        return -SIM_ENODEV;
    fd->sock->options.bound_iface = iface;
    return 0;
}

int sys_set_promiscuous(struct process *self, int number, bool on)
{
    struct fd *fd = fd_get(self, number);

    if (fd == NULL)
        return -SIM_EBADF;
    if (fd->domain != SIM_AF_PACKET)
        return -SIM_ENOPROTOOPT;
    packet_set_promiscuous(fd->sock, on);
    return 0;
}

static struct ip_iface *group_iface(struct process *self, ip4_addr group, const char *name)
{
    struct route route;

    if (name != NULL && *name != '\0')
        return ip_iface_find(&self->os->ip, name);
    return ip_route(&self->os->ip, group, 0, NULL, &route) == 0 ? route.oif : NULL;
}

int sys_join_group(struct process *self, int number, ip4_addr group, const char *interface_name)
{
    struct ip_iface *iface = group_iface(self, group, interface_name);

    if (fd_get(self, number) == NULL)
        return -SIM_EBADF;
    return iface == NULL ? -SIM_ENODEV : ip_group_join(iface, group);
}

int sys_leave_group(struct process *self, int number, ip4_addr group, const char *interface_name)
{
    struct ip_iface *iface = group_iface(self, group, interface_name);

    if (fd_get(self, number) == NULL)
        return -SIM_EBADF;
    return iface == NULL ? -SIM_ENODEV : ip_group_leave(iface, group);
}

/* ---- waiting ---- */

int sys_poll(struct process *self, struct sys_pollfd *fds, int n_fds, sim_time timeout)
{
    int ready = 0;

    for (int i = 0; i < n_fds; i++) {
        struct fd *fd = fd_get(self, fds[i].fd);

        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        if (fd == NULL)
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

int sys_sleep_until(struct process *self, sim_time at)
{
    sim_time now = process_now(self);

    if (at <= now && !self->call.active)
        return 0;
    return (int)end_call(self, block(self, false, at - now, 0));
}

int sys_sleep(struct process *self, sim_time duration)
{
    if (duration <= 0)
        return 0;
    return (int)end_call(self, block(self, false, duration, 0));
}

int sys_pause(struct process *self)
{
    return (int)block(self, false, 0, -SIM_EINTR);
}

int sys_wait_child(struct process *self, uint32_t pid)
{
    if (process_find(self->os, pid) == NULL) {
        self->waits_for = 0;
        return (int)unblock(self, 0);
    }
    self->waits_for = pid;
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

uint64_t sys_random(struct process *self)
{
    return random_u64(&self->os->random);
}
