/* Calls that wait for several things, or for time. */
#include "sim/timer_event.h"
#include "stack/socket/call.h"
#include "stack/socket/epoll.h"
#include "stack/socket/fd.h"
#include "stack/socket/input.h"
#include "stack/socket/syscall.h"

/* SOCK_POLL bits that hold of descriptor @number now. */
static unsigned events_of(struct process *self, int number)
{
    struct fd *fd;

    if (number == 0)
        return input_ready(self->input) ? SOCK_POLLIN | SOCK_POLLRDNORM : 0;
    fd = fd_get(self, number);
    return fd == NULL ? SOCK_POLLNVAL : sock_events(fd->sock);
}

/* poll() and select() with so many descriptors @ready. */
static int wait_for_any(struct process *self, int ready, sim_time timeout)
{
    if (ready > 0 || timeout == 0)
        return (int)call_over(self, ready);
    return (int)call_end(self, call_block(self, false, timeout == SIM_TIME_NONE ? 0 : timeout, 0));
}

int sys_poll(struct process *self, struct sys_pollfd *fds, int n_fds, sim_time timeout)
{
    int ready = 0;

    call_may_block(self, CALL_POLL, -1);
    for (int i = 0; i < n_fds; i++) {
        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        fds[i].revents = events_of(self, fds[i].fd) &
                         (fds[i].events | SOCK_POLLERR | SOCK_POLLHUP | SOCK_POLLNVAL);
        ready += fds[i].revents != 0;
    }
    return wait_for_any(self, ready, timeout);
}

/* One of the three sets of select(), and the events that it means. */
struct selected {
    struct sys_fd_set *set, found;
    unsigned events;
};

/* How many are ready, in the sets' @found; -SIM_EBADF for a descriptor that is none. */
static int look_at_sets(struct process *self, struct selected *sets, int n)
{
    int ready = 0;

    for (int fd = 0; fd < n; fd++) {
        unsigned asked = 0, events;

        for (int i = 0; i < 3; i++)
            if (sets[i].set != NULL && sys_fd_in(sets[i].set, fd))
                asked |= 1u << i;
        if (asked == 0)
            continue;
        events = events_of(self, fd);
        if (events & SOCK_POLLNVAL)
            return -SIM_EBADF;
        for (int i = 0; i < 3; i++)
            if (asked >> i & 1 && events & sets[i].events) {
                sys_fd_add(&sets[i].found, fd);
                ready++;
            }
    }
    return ready;
}

int sys_select(struct process *self, int n, struct sys_fd_set *read, struct sys_fd_set *write,
               struct sys_fd_set *except, sim_time timeout)
{
    struct selected sets[3] = {
        { .set = read, .events = SOCK_POLLIN | SOCK_POLLHUP | SOCK_POLLERR },
        { .set = write, .events = SOCK_POLLOUT | SOCK_POLLERR },
        { .set = except, .events = SOCK_POLLPRI },
    };
    int result;

    call_may_block(self, CALL_SELECT, -1);
    if (n < 0)
        return (int)call_over(self, -SIM_EINVAL);
    result = look_at_sets(self, sets, n < SYS_FD_SETSIZE ? n : SYS_FD_SETSIZE);
    result = result < 0 ? (int)call_over(self, result) : wait_for_any(self, result, timeout);
    for (int i = 0; i < 3 && result >= 0; i++)
        if (sets[i].set != NULL)
            *sets[i].set = sets[i].found;
    return result;
}

int sys_epoll_create(struct process *self)
{
    return call_open(self, epoll_socket(self->os), 0, 0, 0);
}

int sys_epoll_ctl(struct process *self, int epoll_number, int op, int number,
                  const struct sys_epoll_event *event)
{
    struct fd *epoll = fd_get(self, epoll_number), *target = fd_get(self, number);

    if (epoll == NULL || target == NULL)
        return -SIM_EBADF;
    if (!sock_is_epoll(epoll->sock) || epoll == target)
        return -SIM_EINVAL;
    switch (op) {
    case SYS_EPOLL_ADD:
        return epoll_add(epoll->sock, target, number, event);
    case SYS_EPOLL_MOD:
        return epoll_modify(epoll->sock, target, number, event);
    case SYS_EPOLL_DEL:
        return epoll_remove(epoll->sock, target, number);
    default:
        return -SIM_EINVAL;
    }
}

int sys_epoll_wait(struct process *self, int number, struct sys_epoll_event *events, int max,
                   sim_time timeout)
{
    struct fd *fd = fd_get(self, number);
    int n;

    call_note(self, "epoll_wait", number, NULL, NULL);
    call_may_block(self, CALL_EPOLL, number);
    if (fd == NULL)
        return (int)call_over(self, -SIM_EBADF);
    if (max <= 0 || !sock_is_epoll(fd->sock))
        return (int)call_over(self, -SIM_EINVAL);
    n = epoll_take(fd->sock, events, max);
    if (n > 0 || timeout == 0)
        return (int)call_over(self, n);
    return (int)call_end(self, call_block(self, false, timeout == SIM_TIME_NONE ? 0 : timeout, 0));
}

int64_t sys_read_input(struct process *self, void *octets, size_t size)
{
    int64_t n = input_read(self->input, octets, size);

    call_may_block(self, CALL_NONE, -1);
    return call_end(self, n == -SIM_EAGAIN ? call_block(self, false, 0, n) : n);
}

/* A wait that was no sleep is over. */
APART static int wait_over(struct process *self)
{
    return (int)call_over(self, 0);
}

/* What call_over() does at the end of a sleep: nobody is told of those. */
static inline int sleep_over(struct process *self)
{
    if (UNLIKELY(self->call.kind != CALL_NONE || self->call.until == SIM_TIME_NONE))
        return wait_over(self);
    timer_stop(&self->timer);
    self->call.active = self->call.opens = false;
    self->call.until = SIM_TIME_NONE;
    self->call.progress = 0;
    return 0;
}

/* A call that goes on. */
static inline int sleep_on(struct process *self, sim_time now)
{
    return UNLIKELY(now < self->call.until) ? SYS_BLOCKED : sleep_over(self);
}

/* Until @at, which is to come: it is @now. */
static inline int fall_asleep(struct process *self, sim_time now, sim_time at)
{
    self->call.kind = CALL_NONE;
    self->call.number = -1;
    self->call.active = true;
    self->call.until = at;
    timer_start_from(&self->timer, self->node, now, at);
    return SYS_BLOCKED;
}

int sys_sleep_until(struct process *self, sim_time at)
{
    sim_time now = process_now(self);

    if (self->call.active)
        return sleep_on(self, now);
    return at <= now ? 0 : fall_asleep(self, now, at);
}

int sys_sleep(struct process *self, sim_time duration)
{
    sim_time now = process_now(self);

    if (duration <= 0)
        return 0;
    return self->call.active ? sleep_on(self, now) : fall_asleep(self, now, now + duration);
}

int sys_pause(struct process *self)
{
    call_may_block(self, CALL_NONE, -1);
    return (int)call_block(self, false, 0, -SIM_EINTR);
}

int sys_wait_child(struct process *self, uint32_t pid)
{
    if (process_find(self->os, pid) == NULL) {
        self->waits_for = 0;
        return (int)call_over(self, 0);
    }
    self->waits_for = pid;
    call_may_block(self, CALL_NONE, -1);
    return (int)call_block(self, false, 0, 0);
}
