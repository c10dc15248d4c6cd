#include "stack/socket/fd.h"

#include <stdlib.h>

#include "base/memory.h"

#define FIRST_FREE 3 /* behind stdin, stdout, stderr */

static void sock_woken(struct sock *sock, unsigned events)
{
    struct fd *fd = sock->owner;

    (void)events;
    process_wake(fd->process);
}

int fd_open(struct process *process, struct sock *sock, int domain, int type)
{
    int number = FIRST_FREE;
    struct fd *fd;

    while (number < process->n_fds && process->fds[number] != NULL)
        number++;
    if (number >= PROCESS_FDS_MAX) {
        sock->wake = NULL;
        sock->ops->close(sock);
        return -SIM_EMFILE;
    }
    if (number >= process->n_fds) {
        process->fds = mem_realloc(process->fds, (size_t)number + 1, sizeof *process->fds);
        for (int i = process->n_fds; i <= number; i++)
            process->fds[i] = NULL;
        process->n_fds = number + 1;
    }
    fd = mem_zalloc(sizeof *fd);
    fd->process = process;
    fd->sock = sock;
    fd->domain = domain;
    fd->type = type;
    sock->wake = sock_woken;
    sock->owner = fd;
    process->fds[number] = fd;
    return number;
}

struct fd *fd_get(const struct process *process, int number)
{
    return number >= 0 && number < process->n_fds ? process->fds[number] : NULL;
}

int fd_close(struct process *process, int number)
{
    struct fd *fd = fd_get(process, number);

    if (fd == NULL)
        return -SIM_EBADF;
    process->fds[number] = NULL;
    fd->sock->wake = NULL;
    fd->sock->owner = NULL;
    fd->sock->ops->close(fd->sock);
    free(fd);
    return 0;
}

void fd_close_all(struct process *process)
{
    for (int i = 0; i < process->n_fds; i++)
        if (process->fds[i] != NULL)
            fd_close(process, i);
    free(process->fds);
    process->fds = NULL;
    process->n_fds = 0;
}
