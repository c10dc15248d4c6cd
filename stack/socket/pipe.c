#include "stack/socket/pipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stack/socket/no_socket.h"

enum { PAGE = 4096, PAGES = 16, CAPACITY = PAGE * PAGES };

/* Octets in a ring, and how many pages of Linux's hold them: what is spliced in is on pages of its
 * own, what is written goes behind what was written before, where all that makes no whole page
 * fits there. */
struct pipe {
    uint8_t octets[CAPACITY];
    size_t at, len;
    uint16_t pages[PAGES]; /* octets in each that is used, the oldest first */
    unsigned n_pages;
    size_t last_room;                 /* behind what was written on the last page */
    struct pipe_end *reader, *writer; /* NULL: closed */
};

struct pipe_end {
    struct sock sock;
    struct pipe *pipe;
    bool writes;
};

struct open_file {
    struct sock sock;
    struct os *os;
    char *path;
    uint64_t offset;
};

/* ---- pipes ---- */

static struct pipe_end *end_of(struct sock *sock)
{
    return CONTAINER_OF(sock, struct pipe_end, sock);
}

static void put(struct pipe *pipe, const uint8_t *octets, size_t len)
{
    size_t at = (pipe->at + pipe->len) % CAPACITY,
           first = CAPACITY - at < len ? CAPACITY - at : len;

    memcpy(pipe->octets + at, octets, first);
    memcpy(pipe->octets, octets + first, len - first);
    pipe->len += len;
}

static void get(const struct pipe *pipe, uint8_t *octets, size_t len)
{
    size_t first = CAPACITY - pipe->at < len ? CAPACITY - pipe->at : len;

    memcpy(octets, pipe->octets + pipe->at, first);
    memcpy(octets + first, pipe->octets, len - first);
}

static void drop_pages(struct pipe *pipe, size_t len)
{
    while (pipe->n_pages > 0 && len > 0) {
        size_t some = pipe->pages[0] < len ? pipe->pages[0] : len;

        pipe->pages[0] = (uint16_t)(pipe->pages[0] - some);
        len -= some;
        if (pipe->pages[0] > 0)
            break;
        pipe->n_pages--;
        memmove(pipe->pages, pipe->pages + 1, pipe->n_pages * sizeof *pipe->pages);
    }
}

/* @whole: on pages of their own, which nothing is written behind. Octets that fit. */
static size_t add_pages(struct pipe *pipe, size_t len, bool whole)
{
    size_t done = 0, rest = len % PAGE;

    if (!whole && pipe->n_pages > 0 && rest <= pipe->last_room) {
        uint16_t *last = &pipe->pages[pipe->n_pages - 1];

        *last = (uint16_t)(*last + rest);
        pipe->last_room -= rest;
        done = rest;
    }
    while (done < len && pipe->n_pages < PAGES) {
        size_t some = len - done < PAGE ? len - done : PAGE;

        pipe->pages[pipe->n_pages++] = (uint16_t)some;
        pipe->last_room = whole ? 0 : PAGE - some;
        done += some;
    }
    return done;
}

static int64_t pipe_send(struct sock *sock, const struct sock_send *message)
{
    struct pipe_end *end = end_of(sock);
    struct pipe *pipe = end->pipe;
    size_t len;

    if (!end->writes)
        return -SIM_EBADF;
    if (pipe->reader == NULL)
        return -SIM_EPIPE;
    if (message->len == 0)
        return 0;
    len = add_pages(pipe, message->len, false); /* up to a page goes as a whole: PIPE_BUF */
    if (len == 0)
        return -SIM_EAGAIN;
    put(pipe, message->octets, len);
    sock_wake(&pipe->reader->sock, SOCK_POLLIN);
    return (int64_t)len;
}

bool sock_is_pipe(const struct sock *sock)
{
    return sock->ops->send == pipe_send;
}

bool pipe_is_same(struct sock *a, struct sock *b)
{
    return sock_is_pipe(a) && sock_is_pipe(b) && end_of(a)->pipe == end_of(b)->pipe;
}

bool pipe_writes(struct sock *sock)
{
    return end_of(sock)->writes;
}

size_t pipe_len(struct sock *sock)
{
    return end_of(sock)->pipe->len;
}

int64_t pipe_peek(struct sock *sock, uint8_t *octets, size_t size)
{
    const struct pipe_end *end = end_of(sock);
    const struct pipe *pipe = end->pipe;

    if (end->writes)
        return -SIM_EBADF;
    if (pipe->len == 0)
        return pipe->writer == NULL ? 0 : -SIM_EAGAIN;
    size = size < pipe->len ? size : pipe->len;
    get(pipe, octets, size);
    return (int64_t)size;
}

void pipe_skip(struct sock *sock, size_t len)
{
    struct pipe *pipe = end_of(sock)->pipe;

    pipe->at = (pipe->at + len) % CAPACITY;
    pipe->len -= len;
    drop_pages(pipe, len);
    if (pipe->writer != NULL)
        sock_wake(&pipe->writer->sock, SOCK_POLLOUT);
}

int64_t pipe_room(struct sock *sock)
{
    const struct pipe_end *end = end_of(sock);
    size_t pages = PAGES - end->pipe->n_pages, left = CAPACITY - end->pipe->len;

    if (!end->writes)
        return -SIM_EBADF;
    if (end->pipe->reader == NULL)
        return -SIM_EPIPE;
    return (int64_t)(pages * PAGE < left ? pages * PAGE : left);
}

void pipe_splice(struct sock *sock, const uint8_t *octets, size_t len)
{
    struct pipe *pipe = end_of(sock)->pipe;

    put(pipe, octets, add_pages(pipe, len, true));
    sock_wake(&pipe->reader->sock, SOCK_POLLIN);
}

static int64_t pipe_recv(struct sock *sock, struct sock_recv *message)
{
    int64_t n;

    if (message->size == 0)
        return end_of(sock)->writes ? -SIM_EBADF : 0;
    n = pipe_peek(sock, message->octets, message->size);
    message->full_len = n > 0 ? (size_t)n : 0;
    if (n > 0 && (message->flags & SOCK_MSG_PEEK) == 0)
        pipe_skip(sock, (size_t)n);
    return n;
}

static unsigned pipe_poll(struct sock *sock)
{
    const struct pipe_end *end = end_of(sock);
    const struct pipe *pipe = end->pipe;

    if (end->writes)
        return (pipe->n_pages < PAGES ? SOCK_POLLOUT : 0u) |
               (pipe->reader == NULL ? SOCK_POLLERR : 0u);
    return (pipe->len > 0 ? SOCK_POLLIN : 0u) | (pipe->writer == NULL ? SOCK_POLLHUP : 0u);
}

static void pipe_close(struct sock *sock)
{
    struct pipe_end *end = end_of(sock), *other;
    struct pipe *pipe = end->pipe;

    if (end->writes)
        pipe->writer = NULL;
    else
        pipe->reader = NULL;
    other = end->writes ? pipe->reader : pipe->writer;
    if (other == NULL)
        free(pipe);
    else
        sock_wake(&other->sock, end->writes ? SOCK_POLLHUP : SOCK_POLLERR | SOCK_POLLOUT);
    sock_fini(sock);
    free(end);
}

static const struct sock_ops pipe_ops = {
    .name = "pipe",
    .is_file = true,
    .bind = no_socket_address,
    .connect = no_socket_address,
    .listen = no_socket_listen,
    .accept = no_socket_accept,
    .send = pipe_send,
    .recv = pipe_recv,
    .shutdown = no_socket_shutdown,
    .close = pipe_close,
    .poll = pipe_poll,
};

static struct pipe_end *end_new(struct os *os, struct pipe *pipe, bool writes)
{
    struct pipe_end *end = mem_zalloc(sizeof *end);

    sock_init(&end->sock, &pipe_ops, &os->ip);
    end->pipe = pipe;
    end->writes = writes;
    return end;
}

void pipe_pair(struct os *os, struct sock *ends[2])
{
    struct pipe *pipe = mem_zalloc(sizeof *pipe);

    pipe->reader = end_new(os, pipe, false);
    pipe->writer = end_new(os, pipe, true);
    ends[0] = &pipe->reader->sock;
    ends[1] = &pipe->writer->sock;
}

/* ---- files ---- */

static struct open_file *file_of(struct sock *sock)
{
    return CONTAINER_OF(sock, struct open_file, sock);
}

size_t file_read_at(const struct sock *sock, uint64_t offset, uint8_t *octets, size_t size)
{
    const struct open_file *file = (const struct open_file *)(const void *)sock;
    const struct os_file *found = os_file_find(file->os, file->path);

    if (found == NULL || offset >= found->content.len)
        return 0;
    if (size > found->content.len - offset)
        size = (size_t)(found->content.len - offset);
    memcpy(octets, found->content.text + offset, size);
    return size;
}

uint64_t *file_offset(struct sock *sock)
{
    return &file_of(sock)->offset;
}

static int64_t file_send(struct sock *sock, const struct sock_send *message)
{
    (void)sock;
    (void)message;
    return -SIM_EBADF; /* open for reading */
}

static int64_t file_recv(struct sock *sock, struct sock_recv *message)
{
    struct open_file *file = file_of(sock);
    size_t n = file_read_at(sock, file->offset, message->octets, message->size);

    file->offset += n;
    message->full_len = n;
    return (int64_t)n;
}

static unsigned file_poll(struct sock *sock)
{
    (void)sock;
    return SOCK_POLLIN | SOCK_POLLOUT;
}

static void file_close(struct sock *sock)
{
    struct open_file *file = file_of(sock);

    free(file->path);
    sock_fini(sock);
    free(file);
}

static const struct sock_ops file_ops = {
    .name = "file",
    .is_file = true,
    .bind = no_socket_address,
    .connect = no_socket_address,
    .listen = no_socket_listen,
    .accept = no_socket_accept,
    .send = file_send,
    .recv = file_recv,
    .shutdown = no_socket_shutdown,
    .close = file_close,
    .poll = file_poll,
};

bool sock_is_file(const struct sock *sock)
{
    return sock->ops == &file_ops;
}

struct sock *file_open(struct os *os, const char *path)
{
    struct open_file *file;
    size_t len = strlen(path) + 1;

    if (os_file_find(os, path) == NULL)
        return NULL;
    file = mem_zalloc(sizeof *file);
    sock_init(&file->sock, &file_ops, &os->ip);
    file->os = os;
    file->path = mem_alloc(len);
    memcpy(file->path, path, len);
    return &file->sock;
}
