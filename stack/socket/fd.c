#include "stack/socket/fd.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"
#include "stack/socket/epoll.h"

static const struct fd_rare rare_none = { 0 };

struct fd_rare *fd_rare(struct fd *fd)
{
    if (fd->rare == &rare_none)
        fd->rare = mem_zalloc(sizeof *fd->rare);
    return (struct fd_rare *)(uintptr_t)fd->rare;
}

static void rare_drop(struct fd *fd)
{
    if (fd->rare == &rare_none)
        return;
    for (unsigned i = 0; i < fd->rare->n_memberships; i++)
        fd_leave(&fd->rare->memberships[i]);
    free(fd->rare->memberships);
    free(fd_rare(fd));
}

static bool holds(const struct process *process, const struct fd *fd)
{
    for (int i = 0; i < process->n_fds; i++)
        if (process->fds[i] == fd)
            return true;
    return false;
}

/* All processes that have @fd, in the order of their start; the first of them. */
static struct process *wake_or_find(const struct fd *fd, bool wake)
{
    const struct os *os = fd->rare->os;
    struct process *first = NULL;

    for (struct list *at = os->processes.next; at != &os->processes; at = at->next) {
        struct process *process = CONTAINER_OF(at, struct process, link);

        if (!holds(process, fd))
            continue;
        if (wake)
            process_wake(process);
        if (first == NULL)
            first = process;
    }
    return first;
}

static void sock_woken(struct sock *sock, unsigned events)
{
    struct fd *fd = sock->owner;

    if (fd->rare->watchers != NULL)
        epoll_happened(fd, events);
    if (fd->process != NULL)
        process_wake(fd->process);
    else
        (void)wake_or_find(fd, true);
}

static struct fd *open_new(struct process *process, struct sock *sock, int domain, int type)
{
    struct fd *fd = mem_zalloc(sizeof *fd);

    fd->process = process;
    fd->sock = sock;
    fd->rare = &rare_none;
    fd->refs = 1;
    fd->domain = (uint16_t)domain;
    fd->type = (uint16_t)type;
    sock->wake = sock_woken;
    sock->owner = fd;
    fd_look(fd);
    return fd;
}

/* Room for @n descriptors, and some more. */
static void make_room(struct process *process, int n)
{
    struct fd **few = process->few_fds, **old = process->fds == few ? NULL : process->fds;

    if (n <= PROCESS_FEW_FDS) {
        n = PROCESS_FEW_FDS;
        process->fds = few;
    } else {
        n = (n + PROCESS_MORE_FDS - 1) / PROCESS_MORE_FDS * PROCESS_MORE_FDS;
        process->fds = mem_realloc(old, (size_t)n, sizeof *process->fds);
        if (old == NULL)
            memcpy(process->fds, few, (size_t)process->n_fds * sizeof *few);
    }
    for (int i = process->n_fds; i < n; i++)
        process->fds[i] = NULL;
    process->n_fds = (uint16_t)n;
}

/* The lowest free place in the table, or -SIM_EMFILE. */
static int free_place(struct process *process)
{
    int at = 0;

    while (at < process->n_fds && process->fds[at] != NULL)
        at++;
    if (at >= PROCESS_FDS_MAX - FD_FIRST)
        return -SIM_EMFILE;
    if (at >= process->n_fds)
        make_room(process, at + 1);
    return at;
}

int fd_open(struct process *process, struct sock *sock, int domain, int type)
{
    int at = free_place(process);

    if (at < 0) {
        sock->wake = NULL;
        sock->ops->close(sock);
        return at;
    }
    process->fds[at] = open_new(process, sock, domain, type);
    return FD_FIRST + at;
}

struct fd *fd_get_socket(const struct process *process, int number, int *error)
{
    struct fd *fd = fd_get(process, number);

    *error = fd == NULL ? -SIM_EBADF : fd->sock->ops->is_file ? -SIM_ENOTSOCK : 0;
    return *error == 0 ? fd : NULL;
}

void fd_hold(struct fd *fd)
{
    fd->refs++;
    if (fd->process != NULL)
        fd_rare(fd)->os = fd->process->os;
    fd->process = NULL;
}

void fd_release(struct fd *fd)
{
    if (--fd->refs > 0) { /* the others keep it open: no FIN leaves */
        if (fd->refs == 1)
            fd->process = wake_or_find(fd, false);
        return;
    }
    epoll_forget(fd);
    rare_drop(fd);
    fd->sock->wake = NULL;
    fd->sock->owner = NULL;
    fd->sock->ops->close(fd->sock);
    free(fd);
}

int fd_install(struct process *process, struct fd *fd)
{
    int at = free_place(process);

    if (at < 0) {
        fd_release(fd);
        return at;
    }
    process->fds[at] = fd;
    if (fd->refs == 1)
        fd->process = process;
    return FD_FIRST + at;
}

int fd_close(struct process *process, int number)
{
    struct fd *fd = fd_get(process, number);

    if (fd == NULL)
        return -SIM_EBADF;
    process->fds[number - FD_FIRST] = NULL;
    if (process->close_on_exec != NULL)
        process->close_on_exec[number / 64] &= ~(1ull << (number % 64));
    fd_release(fd);
    return 0;
}

void fd_share_all(const struct process *parent, struct process *child)
{
    CHECK(child->n_fds == 0);
    make_room(child, parent->n_fds);
    for (int i = 0; i < parent->n_fds; i++) {
        struct fd *fd = parent->fds[i];

        child->fds[i] = fd;
        if (fd != NULL)
            fd_hold(fd);
    }
}

void fd_close_all(struct process *process)
{
    for (int i = 0; i < process->n_fds; i++)
        if (process->fds[i] != NULL)
            fd_close(process, FD_FIRST + i);
    if (process->fds != process->few_fds)
        free(process->fds);
    process->fds = NULL;
    process->n_fds = 0;
}
