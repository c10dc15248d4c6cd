#include "stack/socket/epoll.h"

#include <stdlib.h>

#include "base/memory.h"
#include "stack/socket/no_socket.h"

#define NESTS_MAX 4 /* instances within instances: Linux's EP_MAX_NESTS */
/* What may be asked for beside EPOLLEXCLUSIVE. */
#define WITH_EXCLUSIVE                                                                             \
    (SOCK_POLLIN | SOCK_POLLOUT | SOCK_POLLERR | SOCK_POLLHUP | SYS_EPOLLWAKEUP | SYS_EPOLLET |    \
     SYS_EPOLLEXCLUSIVE)
#define PRIVATE (SYS_EPOLLET | SYS_EPOLLONESHOT | SYS_EPOLLEXCLUSIVE)

struct epoll {
    struct sock sock;
    struct list items; /* of epoll_item.link */
    struct list ready; /* of epoll_item.ready_link */
};

struct epoll_item {
    struct list link, ready_link;
    struct epoll_item *next; /* of its descriptor: fd->rare->watchers */
    struct epoll *epoll;
    struct fd *fd;
    int number;
    unsigned events;
    uint64_t data;
};

static struct epoll *epoll_of(struct sock *sock)
{
    return CONTAINER_OF(sock, struct epoll, sock);
}

/* What of the wanted events holds. */
static unsigned holds(const struct epoll_item *item)
{
    struct sock *sock = item->fd->sock;

    return sock_events(sock) & (item->events & ~PRIVATE);
}

static bool is_off(const struct epoll_item *item)
{
    return (item->events & ~PRIVATE) == 0; /* EPOLLONESHOT has told its event */
}

static void make_ready(struct epoll_item *item)
{
    if (list_empty(&item->ready_link))
        list_push_back(&item->epoll->ready, &item->ready_link);
    sock_wake(&item->epoll->sock, SOCK_POLLIN);
}

/* Octets that came wake whoever reads, urgent ones or not, and room wakes whoever writes. */
static bool concerns(const struct epoll_item *item, unsigned events)
{
    if ((events & (SOCK_POLLIN | SOCK_POLLPRI)) != 0)
        events |= SOCK_POLLIN | SOCK_POLLPRI | SOCK_POLLRDNORM | SOCK_POLLRDBAND;
    if ((events & SOCK_POLLOUT) != 0)
        events |= SOCK_POLLWRNORM | SOCK_POLLWRBAND;
    return !is_off(item) && (events == 0 || (events & item->events) != 0);
}

static bool waits_for(const struct process *process, const struct fd *fd)
{
    return process->call.active && process->call.kind == CALL_EPOLL &&
           fd_get(process, process->call.number) == fd && !event_queued(&process->wake_event);
}

/* Does somebody wait in epoll_wait() who has not been woken yet? */
static bool is_waited_for(const struct epoll *epoll)
{
    const struct fd *fd = epoll->sock.owner;
    const struct list *all;

    if (fd->process != NULL)
        return waits_for(fd->process, fd);
    all = &fd->rare->os->processes;
    for (const struct list *at = all->next; at != all; at = at->next)
        if (waits_for(CONTAINER_OF((struct list *)(uintptr_t)at, struct process, link), fd))
            return true;
    return false;
}

/* Of those with EPOLLEXCLUSIVE, which stand behind the others in the order in which they came, it
 * concerns those up to the first that somebody waits for. */
void epoll_happened(struct fd *fd, unsigned events)
{
    for (struct epoll_item *item = fd->rare->watchers; item != NULL; item = item->next) {
        bool last = (item->events & SYS_EPOLLEXCLUSIVE) != 0 && is_waited_for(item->epoll);

        if (!concerns(item, events))
            continue;
        make_ready(item);
        if (last)
            break;
    }
}

static struct epoll_item *find(struct epoll *epoll, const struct fd *fd, int number)
{
    for (struct list *at = epoll->items.next; at != &epoll->items; at = at->next) {
        struct epoll_item *item = CONTAINER_OF(at, struct epoll_item, link);

        if (item->fd == fd && item->number == number)
            return item;
    }
    return NULL;
}

static void item_free(struct epoll_item *item)
{
    struct epoll_item **at = &fd_rare(item->fd)->watchers;

    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    list_remove(&item->link);
    list_remove(&item->ready_link);
    free(item);
}

void epoll_forget(struct fd *fd)
{
    while (fd->rare->watchers != NULL)
        item_free(fd->rare->watchers);
}

/* How deep sets lie below @from; more than NESTS_MAX where @to is among them. */
static unsigned depth_below(const struct epoll *from, const struct epoll *to)
{
    unsigned deepest = 0;

    for (struct list *at = from->items.next; at != &from->items; at = at->next) {
        struct sock *sock = CONTAINER_OF(at, struct epoll_item, link)->fd->sock;
        unsigned depth;

        if (!sock_is_epoll(sock))
            continue;
        depth = epoll_of(sock) == to ? NESTS_MAX + 1 : 1 + depth_below(epoll_of(sock), to);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

/* How many sets lie above @epoll. */
static unsigned depth_above(const struct epoll *epoll)
{
    const struct fd *fd = epoll->sock.owner;
    unsigned highest = 0;

    for (const struct epoll_item *item = fd->rare->watchers; item != NULL; item = item->next) {
        unsigned height = 1 + depth_above(item->epoll);

        highest = height > highest ? height : highest;
    }
    return highest;
}

static bool nests_too_deep(const struct epoll *epoll, const struct epoll *target)
{
    return target == epoll || depth_below(target, epoll) + 1 + depth_above(epoll) > NESTS_MAX;
}

static void set_event(struct epoll_item *item, const struct sys_epoll_event *event)
{
    item->events = event->events | SOCK_POLLERR | SOCK_POLLHUP;
    item->data = event->data;
    if (holds(item) != 0)
        make_ready(item);
}

int epoll_add(struct sock *sock, struct fd *target, int number, const struct sys_epoll_event *event)
{
    struct epoll *epoll = epoll_of(sock);
    struct epoll_item *item, **at;

    if ((event->events & SYS_EPOLLEXCLUSIVE) != 0 &&
        ((event->events & ~WITH_EXCLUSIVE) != 0 || sock_is_epoll(target->sock)))
        return -SIM_EINVAL;
    if (find(epoll, target, number) != NULL)
        return -SIM_EEXIST;
    if (sock_is_epoll(target->sock) && nests_too_deep(epoll, epoll_of(target->sock)))
        return -SIM_ELOOP;
    item = mem_zalloc(sizeof *item);
    list_init(&item->ready_link);
    item->epoll = epoll;
    item->fd = target;
    item->number = number;
    at = &fd_rare(target)->watchers;
    while ((event->events & SYS_EPOLLEXCLUSIVE) != 0 && *at != NULL)
        at = &(*at)->next;
    item->next = *at;
    *at = item;
    list_push_back(&epoll->items, &item->link);
    set_event(item, event);
    return 0;
}

int epoll_modify(struct sock *sock, const struct fd *target, int number,
                 const struct sys_epoll_event *event)
{
    struct epoll_item *item = find(epoll_of(sock), target, number);

    if (item == NULL)
        return -SIM_ENOENT;
    if (((item->events | event->events) & SYS_EPOLLEXCLUSIVE) != 0)
        return -SIM_EINVAL;
    set_event(item, event);
    return 0;
}

int epoll_remove(struct sock *sock, const struct fd *target, int number)
{
    struct epoll_item *item = find(epoll_of(sock), target, number);

    if (item == NULL)
        return -SIM_ENOENT;
    item_free(item);
    return 0;
}

int epoll_take(struct sock *sock, struct sys_epoll_event *events, int max)
{
    struct epoll *epoll = epoll_of(sock);
    struct list again;
    int n = 0;

    list_init(&again);
    while (n < max && !list_empty(&epoll->ready)) {
        struct epoll_item *item = CONTAINER_OF(epoll->ready.next, struct epoll_item, ready_link);
        unsigned now = holds(item);

        list_remove(&item->ready_link);
        if (now == 0)
            continue;
        events[n++] = (struct sys_epoll_event){ .events = now, .data = item->data };
        if ((item->events & SYS_EPOLLONESHOT) != 0)
            item->events &= PRIVATE;
        else if ((item->events & SYS_EPOLLET) == 0)
            list_push_back(&again, &item->ready_link);
    }
    while (!list_empty(&again)) {
        struct list *first = again.next;

        list_remove(first);
        list_push_back(&epoll->ready, first);
    }
    return n;
}

/* ---- as a descriptor ---- */

/* It has no options: fd_get_socket() does not give it to who asks for them. */

static void op_close(struct sock *sock)
{
    struct epoll *epoll = epoll_of(sock);

    while (!list_empty(&epoll->items))
        item_free(CONTAINER_OF(epoll->items.next, struct epoll_item, link));
    free(epoll);
}

/* read() and write(), which are not for it. */
static int64_t op_send(struct sock *sock, const struct sock_send *message)
{
    (void)sock;
    (void)message;
    return -SIM_EINVAL;
}

static int64_t op_recv(struct sock *sock, struct sock_recv *message)
{
    (void)sock;
    (void)message;
    return -SIM_EINVAL;
}

static unsigned op_poll(struct sock *sock)
{
    const struct epoll *epoll = epoll_of(sock);

    for (struct list *at = epoll->ready.next; at != &epoll->ready; at = at->next)
        if (holds(CONTAINER_OF(at, struct epoll_item, ready_link)) != 0)
            return SOCK_POLLIN;
    return 0;
}

static const struct sock_ops epoll_ops = {
    .name = "epoll",
    .is_file = true,
    .bind = no_socket_address,
    .connect = no_socket_address,
    .listen = no_socket_listen,
    .accept = no_socket_accept,
    .send = op_send,
    .recv = op_recv,
    .shutdown = no_socket_shutdown,
    .close = op_close,
    .poll = op_poll,
};

struct sock *epoll_socket(struct os *os)
{
    struct epoll *epoll = mem_zalloc(sizeof *epoll);

    sock_init(&epoll->sock, &epoll_ops, &os->ip);
    list_init(&epoll->items);
    list_init(&epoll->ready);
    return &epoll->sock;
}

bool sock_is_epoll(const struct sock *sock)
{
    return sock->ops == &epoll_ops;
}
