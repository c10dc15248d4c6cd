/* The calls of socket scripts: poll(), select() and epoll. */
#include <string.h>

#include "apps/sock_run.h"

/* "in hup". */
static void say_events(struct sock_run *st, unsigned events)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = { { SOCK_POLLIN, "in" },    { SOCK_POLLPRI, "pri" }, { SOCK_POLLOUT, "out" },
                  { SOCK_POLLERR, "err" },  { SOCK_POLLHUP, "hup" }, { SOCK_POLLRDHUP, "rdhup" },
                  { SOCK_POLLNVAL, "nval" } };

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

/* What the script calls descriptor @fd: a name, or its number. */
static void say_fd(struct sock_run *st, int fd, bool first)
{
    unsigned at = 0;

    strbuf_adds(&st->answer, first ? "" : ", ");
    while (at < st->n_names && st->names[at].fd != fd)
        at++;
    if (at < st->n_names)
        strbuf_adds(&st->answer, st->names[at].name);
    else
        strbuf_addf(&st->answer, "%d", fd);
}

/* ---- select() ---- */

static const char *const set_names[] = { "read", "write", "except" };

/* The sockets "a,b" of @names into @set; the number behind the highest, or -SIM_EBADF. */
static int add_sockets(struct sock_run *st, struct sys_fd_set *set, const char *names, size_t len)
{
    int n = 0;

    for (size_t at = 0, end; at < len; at = end + 1) {
        struct strbuf name = STRBUF_INIT;
        const struct sock_named *named;

        end = at + strcspn(names + at, ", ");
        strbuf_add(&name, names + at, end - at);
        named = sock_find_name(st, strbuf_text(&name));
        strbuf_fini(&name);
        if (named == NULL || named->fd < 0 || named->fd >= SYS_FD_SETSIZE)
            return -SIM_EBADF;
        sys_fd_add(set, named->fd);
        n = named->fd >= n ? named->fd + 1 : n;
    }
    return n;
}

/* "read=a,b write=c" into the sets; the number behind the highest descriptor, or -SIM_EBADF. */
static int fill_sets(struct sock_run *st, const char *text)
{
    int n = 0;

    memset(st->sets, 0, sizeof st->sets);
    while (*text != '\0') {
        size_t len = strcspn(text, " "), name_len = strcspn(text, "=") + 1;
        int i = *text == 'r' ? 0 : *text == 'w' ? 1 : 2;
        int behind = add_sockets(st, &st->sets[i], text + name_len, len - name_len);

        if (behind < 0)
            return behind;
        n = behind > n ? behind : n;
        text += len + (text[len] == ' ');
    }
    return n;
}

/* "server read, client read write", by number, as a program finds them that asks for each. */
static int64_t wait_select(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    int n = fill_sets(st, op->text), found;
    bool first = true;

    if (n < 0)
        return n;
    found = sys_select(self, n, &st->sets[0], &st->sets[1], &st->sets[2], op->time);
    if (found < 0)
        return found;
    for (int fd = 0; fd < n; fd++) {
        bool said = false;

        for (int i = 0; i < 3; i++) {
            if (!sys_fd_in(&st->sets[i], fd))
                continue;
            if (!said)
                say_fd(st, fd, first);
            said = true;
            first = false;
            strbuf_addf(&st->answer, " %s", set_names[i]);
        }
    }
    if (found == 0)
        strbuf_adds(&st->answer, "timeout");
    st->full = found > 0;
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
        say_fd(st, (int)st->events[i].data, i == 0);
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
    case SOCK_SELECT:
        return wait_select(self, st, op);
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
