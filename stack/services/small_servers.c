#include "stack/services/small_servers.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stack/services/services.h"
#include "stack/socket/syscall.h"

#define BUFFER_LEN 65536 /* octets: the largest datagram fits */

struct small_conn {
    int fd;
    size_t len, at; /* octets in the buffer, and of them sent */
    unsigned line;  /* chargen: the next */
    char buffer[CHARGEN_LINE_LEN * CHARGEN_N_LINES];
};

struct small_server {
    struct coroutine co;
    const struct small_server_config *config;
    int listener, udp; /* -1: none */
    unsigned udp_line;
    int n_conns;
    struct small_conn *conns[SMALL_SERVER_CONNECTIONS_MAX];
    struct sys_pollfd polls[2 + SMALL_SERVER_CONNECTIONS_MAX];
    int ready;
    uint8_t datagram[BUFFER_LEN];
};

static const char *const names[] = { [SMALL_SERVER_ECHO] = "echo",
                                     [SMALL_SERVER_CHARGEN] = "chargen",
                                     [SMALL_SERVER_DISCARD] = "discard" };

void chargen_line(unsigned n, char line[static CHARGEN_LINE_LEN])
{
    for (unsigned i = 0; i < CHARGEN_LINE_LEN - 2; i++)
        line[i] = (char)(' ' + (n + i) % CHARGEN_N_LINES);
    line[CHARGEN_LINE_LEN - 2] = '\r';
    line[CHARGEN_LINE_LEN - 1] = '\n';
}

/* ---- one connection ---- */

static unsigned events_of(const struct small_server *st, const struct small_conn *conn)
{
    if (st->config->kind == SMALL_SERVER_CHARGEN)
        return SOCK_POLLOUT | SOCK_POLLIN;
    return conn->at < conn->len ? SOCK_POLLOUT : SOCK_POLLIN;
}

/* Input into the buffer, or nowhere. False: the connection is over. */
static bool take(struct process *self, struct small_conn *conn, void *octets, size_t size,
                 int64_t *n)
{
    *n = sys_recv(self, conn->fd, octets, size, SOCK_MSG_DONTWAIT);
    return *n > 0 || *n == -SIM_EAGAIN;
}

static bool give(struct process *self, struct small_conn *conn)
{
    int64_t n =
        sys_send(self, conn->fd, conn->buffer + conn->at, conn->len - conn->at, SOCK_MSG_NOSIGNAL);

    if (n > 0)
        conn->at += (size_t)n;
    return n > 0 || n == -SIM_EAGAIN;
}

static bool serve_echo(struct process *self, struct small_conn *conn)
{
    int64_t n = 0;

    for (;;) {
        size_t before = conn->at;

        if (conn->at == conn->len) {
            if (!take(self, conn, conn->buffer, sizeof conn->buffer, &n))
                return false;
            if (n < 0)
                return true;
            conn->len = (size_t)n;
            conn->at = before = 0;
        }
        if (!give(self, conn))
            return false;
        if (conn->at == before)
            return true;
    }
}

static bool serve_discard(struct process *self, struct small_conn *conn)
{
    int64_t n;

    do {
        if (!take(self, conn, NULL, BUFFER_LEN, &n))
            return false;
    } while (n > 0);
    return true;
}

static bool serve_chargen(struct process *self, struct small_conn *conn, unsigned events)
{
    if (events & (SOCK_POLLIN | SOCK_POLLHUP | SOCK_POLLERR) && !serve_discard(self, conn))
        return false;
    if (!(events & SOCK_POLLOUT))
        return true;
    if (conn->at == conn->len) {
        for (unsigned i = 0; i < CHARGEN_N_LINES; i++)
            chargen_line(conn->line++ % CHARGEN_N_LINES, conn->buffer + i * CHARGEN_LINE_LEN);
        conn->len = sizeof conn->buffer;
        conn->at = 0;
    }
    return give(self, conn);
}

static bool serve(struct process *self, struct small_server *st, struct small_conn *conn,
                  unsigned events)
{
    switch (st->config->kind) {
    case SMALL_SERVER_ECHO:
        return serve_echo(self, conn);
    case SMALL_SERVER_CHARGEN:
        return serve_chargen(self, conn, events);
    case SMALL_SERVER_DISCARD:
        return serve_discard(self, conn);
    }
    return false;
}

static void serve_connections(struct process *self, struct small_server *st)
{
    int kept = 0;

    for (int i = 0; i < st->n_conns; i++) {
        struct small_conn *conn = st->conns[i];
        unsigned events = st->polls[2 + i].revents;

        if (events == 0 || serve(self, st, conn, events)) {
            st->conns[kept++] = conn;
            continue;
        }
        (void)sys_close(self, conn->fd);
        free(conn);
    }
    st->n_conns = kept;
}

static void accept_connections(struct process *self, struct small_server *st)
{
    while (st->listener >= 0 && st->n_conns < SMALL_SERVER_CONNECTIONS_MAX) {
        int fd = sys_accept(self, st->listener, NULL);
        struct small_conn *conn;

        if (fd < 0)
            return;
        (void)sys_set_nonblock(self, fd, true);
        conn = mem_zalloc(sizeof *conn);
        conn->fd = fd;
        st->conns[st->n_conns++] = conn;
    }
}

/* ---- datagrams ---- */

static void serve_datagrams(struct process *self, struct small_server *st)
{
    for (;;) {
        struct sock_recv message = { .octets = st->datagram,
                                     .size = sizeof st->datagram,
                                     .flags = SOCK_MSG_DONTWAIT };
        int64_t n = sys_recvmsg(self, st->udp, &message);
        char line[CHARGEN_LINE_LEN];

        if (n < 0)
            return;
        if (st->config->kind == SMALL_SERVER_DISCARD)
            continue;
        if (st->config->kind == SMALL_SERVER_ECHO) {
            (void)sys_sendto(self, st->udp, st->datagram, (size_t)n, SOCK_MSG_DONTWAIT,
                             message.from);
            continue;
        }
        chargen_line(st->udp_line++ % CHARGEN_N_LINES, line);
        (void)sys_sendto(self, st->udp, line, sizeof line, SOCK_MSG_DONTWAIT, message.from);
    }
}

/* ---- the process ---- */

static int open_sockets(struct process *self, struct small_server *st)
{
    int error = 0;

    st->listener = st->udp = -1;
    if (st->config->tcp)
        error = services_open(self, SIM_SOCK_STREAM, st->config->port, SMALL_SERVER_BACKLOG,
                              &st->listener);
    if (error == 0 && st->config->udp)
        error = services_open(self, SIM_SOCK_DGRAM, st->config->port, 0, &st->udp);
    return error;
}

static void prepare_poll(struct small_server *st)
{
    bool room = st->n_conns < SMALL_SERVER_CONNECTIONS_MAX;

    st->polls[0] = (struct sys_pollfd){ .fd = room ? st->listener : -1, .events = SOCK_POLLIN };
    st->polls[1] = (struct sys_pollfd){ .fd = st->udp, .events = SOCK_POLLIN };
    for (int i = 0; i < st->n_conns; i++)
        st->polls[2 + i] =
            (struct sys_pollfd){ .fd = st->conns[i]->fd, .events = events_of(st, st->conns[i]) };
}

static enum co_status small_server_main(struct process *self, void *state)
{
    struct small_server *st = state;
    int error;

    CO_BEGIN(&st->co);
    error = open_sockets(self, st);
    if (error < 0) {
        process_errorf(self, "%s: port %u: %s\n", self->argv[0], st->config->port,
                       sim_strerror(-error));
        self->exit_status = 1;
        CO_RETURN(&st->co);
    }
    for (;;) {
        prepare_poll(st);
        CO_CALL(&st->co, st->ready, sys_poll(self, st->polls, 2 + st->n_conns, SIM_TIME_NONE));
        serve_connections(self, st);
        accept_connections(self, st);
        if (st->udp >= 0)
            serve_datagrams(self, st);
    }
    CO_END(&st->co);
}

static void small_server_cleanup(struct process *self, void *state)
{
    struct small_server *st = state;

    (void)self;
    for (int i = 0; i < st->n_conns; i++)
        free(st->conns[i]);
}

static const struct program small_server_program = {
    .name = "small-server",
    .state_size = sizeof(struct small_server),
    .main = small_server_main,
    .cleanup = small_server_cleanup,
};

struct process *small_server_start(struct os *os, const struct small_server_config *config,
                                   const struct process_io *io)
{
    char port[8];
    const char *argv[] = { names[config->kind], port };
    struct process *process;

    snprintf(port, sizeof port, "%u", config->port);
    process = process_start(os, &small_server_program, 2, argv, NULL, io);
    ((struct small_server *)process->state)->config = config;
    return process;
}
