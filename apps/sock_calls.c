/* The calls of socket scripts: sockets and their names. The verbs of other calls are in files of
   their own. */
#include <string.h>

#include "apps/sock_run.h"
#include "base/memory.h"

bool sock_is_stream(struct process *self, int fd)
{
    int type = 0;

    return sys_getsockopt(self, fd, OPT_SO_TYPE, &type) == 0 && type == SIM_SOCK_STREAM;
}

struct sock_named *sock_find_name(struct sock_run *st, const char *name)
{
    for (unsigned i = 0; i < st->n_names; i++)
        if (strcmp(st->names[i].name, name) == 0)
            return &st->names[i];
    return NULL;
}

static int64_t make(struct process *self, struct sock_run *st, int domain, int type, int protocol)
{
    int fd = sys_socket(self, domain, type, protocol);

    if (fd < 0)
        return fd;
    st->fd = fd;
    st->listener = -1;
    return 0;
}

static int64_t listen_on(struct process *self, struct sock_run *st, uint64_t backlog)
{
    int error = sys_listen(self, st->fd, (int)backlog);

    if (error == 0)
        st->listener = st->fd;
    return error;
}

/* On the current socket, or the listener it came from. */
static int64_t accept_one(struct process *self, struct sock_run *st)
{
    int fd = sys_accept(self, st->listener >= 0 ? st->listener : st->fd, NULL);

    if (fd < 0)
        return fd;
    st->fd = fd;
    return 0;
}

static int64_t close_one(struct process *self, struct sock_run *st, int fd)
{
    int error = sys_close(self, fd);

    if (error == SYS_BLOCKED)
        return error;
    if (st->fd == fd)
        st->fd = -1;
    if (st->listener == fd)
        st->listener = -1;
    return error;
}

static void give_name(struct sock_run *st, char *name, int fd, int listener)
{
    struct sock_named *named = sock_find_name(st, name);

    if (named != NULL)
        *named = (struct sock_named){ name, fd, listener };
    else
        ARRAY_PUSH(st->names, st->n_names, st->names_size,
                   ((struct sock_named){ name, fd, listener }));
}

static int64_t name_socket(struct process *self, struct sock_run *st, char *name)
{
    if (sys_sock(self, st->fd) == NULL)
        return -SIM_EBADF;
    give_name(st, name, st->fd, st->listener);
    return 0;
}

static int64_t use_socket(struct process *self, struct sock_run *st, const char *name)
{
    const struct sock_named *named = sock_find_name(st, name);

    if (named == NULL || sys_sock(self, named->fd) == NULL)
        return -SIM_EBADF;
    st->fd = named->fd;
    st->listener = named->listener;
    return 0;
}

static int64_t make_pair(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    int fds[2], error = sys_socketpair(self, SIM_SOCK_STREAM, fds);

    if (error != 0)
        return error;
    give_name(st, op->text, fds[0], -1);
    give_name(st, op->unix_name, fds[1], -1);
    st->fd = fds[0];
    st->listener = -1;
    return 0;
}

static int64_t say_name(struct process *self, struct sock_run *st, bool peer)
{
    struct endpoint end = { 0 };
    char text[ENDPOINT_TEXT_MAX];
    int error;
    const char *name = sys_unix_name(self, st->fd, peer, &error);

    if (name != NULL)
        strbuf_addf(&st->answer, "%s", *name == '\0' ? "(no name)" : name);
    if (error != -SIM_EAFNOSUPPORT)
        return error;
    error = peer ? sys_getpeername(self, st->fd, &end) : sys_getsockname(self, st->fd, &end);
    if (error == 0)
        strbuf_adds(&st->answer, endpoint_format(end, text));
    return error;
}

static int64_t bind_it(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    return op->unix_name != NULL ? sys_bind_unix(self, st->fd, op->unix_name)
                                 : sys_bind(self, st->fd, op->to);
}

static int64_t connect_it(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    return op->unix_name != NULL ? sys_connect_unix(self, st->fd, op->unix_name)
                                 : sys_connect(self, st->fd, op->to);
}

int64_t sock_do(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    switch (op->verb) {
    case SOCK_TCP:
        return make(self, st, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    case SOCK_UDP:
        return make(self, st, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    case SOCK_UNIX:
        return make(self, st, SIM_AF_UNIX, op->type, 0);
    case SOCK_RAW:
        return make(self, st, SIM_AF_INET, SIM_SOCK_RAW, op->protocol);
    case SOCK_SOCKET:
        return make(self, st, op->domain, op->type, op->protocol);
    case SOCK_SOCKETPAIR:
        return make_pair(self, st, op);
    case SOCK_BIND:
        return bind_it(self, st, op);
    case SOCK_LISTEN:
        return listen_on(self, st, op->number);
    case SOCK_ACCEPT:
        return accept_one(self, st);
    case SOCK_CONNECT:
        return connect_it(self, st, op);
    case SOCK_DISCONNECT:
        return sys_disconnect(self, st->fd);
    case SOCK_SHUTWR:
        return sys_shutdown(self, st->fd, SOCK_SHUT_WR);
    case SOCK_SHUTRD:
        return sys_shutdown(self, st->fd, SOCK_SHUT_RD);
    case SOCK_SHUTRDWR:
        return sys_shutdown(self, st->fd, SOCK_SHUT_RDWR);
    case SOCK_CLOSE:
        return close_one(self, st, st->fd);
    case SOCK_CLOSELISTENER:
        return close_one(self, st, st->listener);
    case SOCK_AS:
        return name_socket(self, st, op->text);
    case SOCK_USE:
        return use_socket(self, st, op->text);
    case SOCK_SLEEP:
        return sys_sleep(self, op->time);
    case SOCK_AT:
        return sys_sleep_until(self, op->time);
    case SOCK_GETSOCKNAME:
        return say_name(self, st, false);
    case SOCK_GETPEERNAME:
        return say_name(self, st, true);
    default:
        return sock_do_sending(self, st, op);
    }
}
