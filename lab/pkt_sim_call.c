#include "lab/pkt_sim_call.h"

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/memory.h"

/* Linux's numbers. */
enum { SOCK_TYPE_MASK = 0xf, SOCK_NONBLOCK_BIT = 0x800, SOCK_CLOEXEC_BIT = 0x80000 };
enum { F_SETFD = 2, FD_CLOEXEC = 1 };

static struct endpoint endpoint_of(const struct pkt_sockaddr *addr)
{
    struct endpoint endpoint = { .port = addr->port, .v6 = addr->v6 };

    if (addr->v6)
        endpoint.addr6 =
            (struct ip6_addr){ be64_get(addr->addr.octets), be64_get(addr->addr.octets + 8) };
    else
        endpoint.addr = be32_get(addr->addr.octets);
    return endpoint;
}

static void give_addr(struct pkt_answer *answer, struct endpoint endpoint)
{
    answer->has_addr = true;
    answer->addr.v6 = endpoint.v6;
    if (endpoint.v6) {
        be64_put(answer->addr.addr.octets, endpoint.addr6.hi);
        be64_put(answer->addr.addr.octets + 8, endpoint.addr6.lo);
    } else {
        be32_put(answer->addr.addr.octets, endpoint.addr);
    }
    answer->addr.port = endpoint.port;
}

/* SOCK_NONBLOCK and SOCK_CLOEXEC of socket() and accept4(). */
static int with_flags(struct process *process, int fd, unsigned flags)
{
    if (fd >= 0 && (flags & SOCK_NONBLOCK_BIT) != 0)
        sys_set_nonblock(process, fd, true);
    if (fd >= 0 && (flags & SOCK_CLOEXEC_BIT) != 0)
        (void)sys_fcntl(process, fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

static int do_socket(struct process *process, const struct pkt_call *call)
{
    return with_flags(
        process, sys_socket(process, call->domain, call->type & SOCK_TYPE_MASK, call->protocol),
        (unsigned)call->type);
}

static int do_accept(struct process *process, const struct pkt_call *call,
                     struct pkt_answer *answer)
{
    struct endpoint peer;
    int fd;

    if ((call->flags & ~(unsigned)(SOCK_NONBLOCK_BIT | SOCK_CLOEXEC_BIT)) != 0)
        return -SIM_EINVAL;
    fd = sys_accept(process, call->fd, &peer);
    if (fd >= 0)
        give_addr(answer, peer);
    return with_flags(process, fd, call->flags);
}

/* A call of sockets alone on a descriptor that is none. */
static bool is_no_socket(struct process *process, const struct pkt_call *call)
{
    const struct sock *sock = sys_sock(process, call->fd);

    return sock != NULL && sock->ops->is_file && !call->is_file_call;
}

/* Zeros where the script does not say what to send; they live as long as the program. */
static int64_t do_send(struct process *process, const struct pkt_call *call)
{
    static const uint8_t zeros[1 << 16];
    uint8_t *made = NULL;
    const uint8_t *octets = call->octets != NULL ? call->octets : zeros;
    struct sock_send message = { .len = call->len, .flags = call->flags, .has_to = call->has_addr };
    struct sock_control control;
    int64_t result;

    if (is_no_socket(process, call))
        return -SIM_ENOTSOCK;
    if (call->n_cmsgs > 0) {
        result = sys_send_control(process, call->fd, call->cmsgs, call->n_cmsgs, &control);
        if (result < 0)
            return result;
        message.control = &control;
    }
    if (call->octets == NULL && call->len > sizeof zeros)
        octets = made = mem_zalloc(call->len);
    message.octets = octets;
    if (call->has_addr)
        message.to = endpoint_of(&call->addr);
    result = sys_sendmsg(process, call->fd, &message);
    free(made);
    return result;
}

static int64_t do_recv(struct process *process, const struct pkt_call *call,
                       struct pkt_answer *answer)
{
    struct sock_recv message = { .size = call->len, .flags = call->flags };
    uint8_t *made = NULL;
    int64_t result;

    if (call->is_file_call && call->len == 0)
        return sys_sock(process, call->fd) == NULL ? -SIM_EBADF : 0;
    if (is_no_socket(process, call))
        return -SIM_ENOTSOCK;
    if (sys_sock(process, call->fd) != NULL && sys_sock(process, call->fd)->ops->is_file)
        message.octets = made = mem_zalloc(call->len + 1);
    result = sys_recvmsg(process, call->fd, &message);
    free(made);

    if (result >= 0)
        give_addr(answer, message.from);
    if (result >= 0 && call->has_message)
        answer->n_cmsgs = sys_recv_control(process, call->fd, &message, call->control_room,
                                           answer->cmsgs, &answer->msg_flags);
    return result;
}

static int do_name(struct process *process, const struct pkt_call *call, struct pkt_answer *answer)
{
    struct endpoint endpoint;
    int result = call->kind == PKT_DO_GETSOCKNAME ? sys_getsockname(process, call->fd, &endpoint)
                                                  : sys_getpeername(process, call->fd, &endpoint);

    if (result >= 0)
        give_addr(answer, endpoint);
    return result;
}

static int do_ioctl(struct process *process, const struct pkt_call *call, struct pkt_answer *answer)
{
    int32_t value = 0;
    int error = sys_ioctl(process, call->fd, (unsigned)call->number, &value);

    if (error != 0)
        return error;
    memcpy(answer->value, &value, sizeof value);
    answer->value_len = sizeof value;
    return 0;
}

static int do_poll(struct process *process, const struct pkt_call *call, struct pkt_answer *answer)
{
    struct sys_pollfd fds[PKT_POLLS_MAX];
    sim_time timeout = call->number < 0 ? SIM_TIME_NONE : SIM_NSEC(call->number);
    int result;

    for (unsigned i = 0; i < call->n_polls; i++)
        fds[i] = (struct sys_pollfd){ .fd = call->polls[i].fd, .events = call->polls[i].events };
    result = sys_poll(process, fds, (int)call->n_polls, timeout);
    for (unsigned i = 0; result != SYS_BLOCKED && i < call->n_polls; i++) {
        answer->polls[i] = call->polls[i];
        answer->polls[i].revents = fds[i].revents;
    }
    return result;
}

static int do_epoll_ctl(struct process *process, const struct pkt_call *call)
{
    struct sys_epoll_event event = { .events = call->polls[0].events, .data = call->polls[0].data };

    return sys_epoll_ctl(process, call->fd, (int)call->number, call->polls[0].fd, &event);
}

static int do_epoll_wait(struct process *process, const struct pkt_call *call,
                         struct pkt_answer *answer)
{
    struct sys_epoll_event events[PKT_POLLS_MAX];
    sim_time timeout = call->number < 0 ? SIM_TIME_NONE : SIM_MSEC(call->number);
    int result = sys_epoll_wait(process, call->fd, events, (int)call->n_polls, timeout);

    for (int i = 0; i < result; i++) {
        answer->polls[i].revents = events[i].events;
        answer->polls[i].data = events[i].data;
    }
    return result;
}

static int do_pipe(struct process *process, struct pkt_answer *answer)
{
    int fds[2], result = sys_pipe(process, fds);

    memcpy(answer->value, fds, sizeof fds);
    answer->value_len = result == 0 ? sizeof fds : 0;
    return result;
}

static int do_open(struct process *process, const struct pkt_call *call)
{
    const char *path = (const char *)call->value;

    if (call->octets == NULL)
        return -SIM_ENOENT;
    os_file_write(process->os, path, call->octets, call->len, false);
    return sys_open(process, path);
}

int64_t pkt_sim_call(struct process *process, const struct pkt_call *call,
                     struct pkt_answer *answer)
{
    uint64_t offset;

    switch (call->kind) {
    case PKT_DO_SOCKET:
        return do_socket(process, call);
    case PKT_DO_BIND:
        return sys_bind(process, call->fd, endpoint_of(&call->addr));
    case PKT_DO_LISTEN:
        return sys_listen(process, call->fd, (int)call->number);
    case PKT_DO_ACCEPT:
        return do_accept(process, call, answer);
    case PKT_DO_CONNECT:
        return call->has_addr ? sys_connect(process, call->fd, endpoint_of(&call->addr))
                              : sys_disconnect(process, call->fd);
    case PKT_DO_SEND:
        return do_send(process, call);
    case PKT_DO_RECV:
        return do_recv(process, call, answer);
    case PKT_DO_SHUTDOWN:
        return sys_shutdown(process, call->fd, (enum sock_shutdown)call->number);
    case PKT_DO_CLOSE:
        return sys_close(process, call->fd);
    case PKT_DO_GETSOCKOPT:
        answer->value_len = call->value_len;
        return sys_getsockopt_octets(process, call->fd, call->level, (int)call->number,
                                     answer->value, &answer->value_len);
    case PKT_DO_SETSOCKOPT:
        return sys_setsockopt_octets(process, call->fd, call->level, (int)call->number, call->value,
                                     call->value_len);
    case PKT_DO_FCNTL:
        return sys_fcntl(process, call->fd, (int)call->number, call->argument);
    case PKT_DO_IOCTL:
        return do_ioctl(process, call, answer);
    case PKT_DO_POLL:
        return do_poll(process, call, answer);
    case PKT_DO_EPOLL_CREATE:
        return sys_epoll_create(process);
    case PKT_DO_EPOLL_CTL:
        return do_epoll_ctl(process, call);
    case PKT_DO_EPOLL_WAIT:
        return do_epoll_wait(process, call, answer);
    case PKT_DO_GETSOCKNAME:
    case PKT_DO_GETPEERNAME:
        return do_name(process, call, answer);
    case PKT_DO_PIPE:
        return do_pipe(process, answer);
    case PKT_DO_OPEN:
        return do_open(process, call);
    case PKT_DO_DUP:
        return sys_dup(process, call->fd);
    case PKT_DO_SENDFILE:
        offset = (uint64_t)call->number;
        return sys_sendfile(process, call->fd, call->fd2, &offset, call->len);
    case PKT_DO_SPLICE:
        return sys_splice(process, call->fd, call->fd2, call->len, call->flags);
    }
    return -SIM_EINVAL;
}
