/* The calls of socket scripts: poll() and epoll. */
#include "apps/sock_run.h"

/* "in hup". */
static void say_events(struct sock_run *st, unsigned events)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = { { SOCK_POLLIN, "in" },   { SOCK_POLLPRI, "pri" }, { SOCK_POLLOUT, "out" },
                  { SOCK_POLLERR, "err" }, { SOCK_POLLHUP, "hup" }, { SOCK_POLLRDHUP, "rdhup" },
                  { 0x20, "nval" } };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (events & names[i].bit)
            strbuf_addf(&st->answer, "%s%s", st->answer.len > 0 ? " " : "", names[i].name);
}

static int64_t wait_for(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    int64_t n;

    st->poll.fd = st->fd < 0 ? 1000000 : st->fd;
    st->poll.events = op->flags;
    n = sys_poll(self, &st->poll, 1, op->time);
    if (n < 0)
        return n;
    if (n == 0)
        strbuf_adds(&st->answer, "timeout");
    say_events(st, st->poll.revents);
    st->full = n > 0;
    return 0;
}

/* ---- epoll ---- */

static int64_t make_epoll(struct process *self, struct sock_run *st)
{
    int fd = sys_epoll_create(self);

    if (fd < 0)
        return fd;
    st->epoll = fd;
    return 0;
}

/* The current socket in the set: by its number, which epoll_wait() gives back. */
static int64_t watch(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    struct sys_epoll_event event = { .events = op->flags, .data = (uint64_t)st->fd };
    int how = op->verb == SOCK_WATCH     ? SYS_EPOLL_ADD
              : op->verb == SOCK_REWATCH ? SYS_EPOLL_MOD
                                         : SYS_EPOLL_DEL;

    return sys_epoll_ctl(self, st->epoll, how, st->fd, &event);
}

/* "server in, client in rdhup": by the names that the script gave, or numbers. */
static int64_t wait_epoll(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    int64_t n = sys_epoll_wait(self, st->epoll, st->events, SOCK_EVENTS_MAX, op->time);

    if (n < 0)
        return n;
    if (n == 0)
        strbuf_adds(&st->answer, "timeout");
    for (int64_t i = 0; i < n; i++) {
        int fd = (int)st->events[i].data;
        unsigned at = 0;

        while (at < st->n_names && st->names[at].fd != fd)
            at++;
        if (at < st->n_names)
            strbuf_addf(&st->answer, "%s%s", i > 0 ? ", " : "", st->names[at].name);
        else
            strbuf_addf(&st->answer, "%s%d", i > 0 ? ", " : "", fd);
        say_events(st, st->events[i].events);
    }
    st->full = n > 0;
    return 0;
}

int64_t sock_do_waiting(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    switch (op->verb) {
    case SOCK_POLL:
        return wait_for(self, st, op);
    case SOCK_EPOLLWAIT:
        return wait_epoll(self, st, op);
    case SOCK_EPOLL:
        return make_epoll(self, st);
    case SOCK_WATCH:
    case SOCK_REWATCH:
    case SOCK_UNWATCH:
        return watch(self, st, op);
    default:
        return sock_do_settings(self, st, op);
    }
}
