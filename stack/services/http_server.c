#include "stack/services/http_server.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stack/services/http_conn.h"
#include "stack/services/services.h"
#include "stack/socket/syscall.h"

struct http_server {
    struct coroutine co;
    const struct http_server_config *config;
    int listener;
    int n_conns;
    struct http_conn *conns[HTTP_SERVER_CONNECTIONS_MAX]; /* in order of their coming */
    struct sys_pollfd polls[1 + HTTP_SERVER_CONNECTIONS_MAX];
    sim_time timeout;
    int ready;
};

/* What to wait for, and for how long. */
static void prepare_poll(struct http_server *st, sim_time now)
{
    sim_time first = SIM_TIME_NONE;

    st->polls[0] =
        (struct sys_pollfd){ .fd = st->n_conns < HTTP_SERVER_CONNECTIONS_MAX ? st->listener : -1,
                             .events = SOCK_POLLIN };
    for (int i = 0; i < st->n_conns; i++) {
        unsigned events = http_conn_events(st->conns[i]);

        st->polls[1 + i] =
            (struct sys_pollfd){ .fd = events == 0 ? -1 : st->conns[i]->fd, .events = events };
        if (st->conns[i]->deadline < first)
            first = st->conns[i]->deadline;
    }
    st->timeout = first == SIM_TIME_NONE ? SIM_TIME_NONE : first > now ? first - now : 0;
}

static void serve_connections(struct process *self, struct http_server *st)
{
    int kept = 0;

    for (int i = 0; i < st->n_conns; i++) {
        struct http_conn *conn = st->conns[i];
        bool over = st->polls[1 + i].revents != 0 && !http_conn_step(conn, self, st->config);

        if (!over && process_now(self) < conn->deadline) {
            st->conns[kept++] = conn;
            continue;
        }
        (void)sys_close(self, conn->fd);
        http_conn_free(conn);
    }
    st->n_conns = kept;
}

static void accept_connections(struct process *self, struct http_server *st)
{
    while (st->n_conns < HTTP_SERVER_CONNECTIONS_MAX) {
        int fd = sys_accept(self, st->listener, NULL);

        if (fd < 0)
            return;
        (void)sys_set_nonblock(self, fd, true);
        st->conns[st->n_conns++] = http_conn_new(st->config, fd, process_now(self));
    }
}

static enum co_status http_server_main(struct process *self, void *state)
{
    struct http_server *st = state;
    int error;

    CO_BEGIN(&st->co);
    error =
        services_open(self, SIM_SOCK_STREAM, st->config->port, HTTP_SERVER_BACKLOG, &st->listener);
    if (error < 0) {
        process_errorf(self, "httpd: port %u: %s\n", st->config->port, sim_strerror(-error));
        self->exit_status = 1;
        CO_RETURN(&st->co);
    }
    for (;;) {
        prepare_poll(st, process_now(self));
        CO_CALL(&st->co, st->ready, sys_poll(self, st->polls, 1 + st->n_conns, st->timeout));
        serve_connections(self, st);
        accept_connections(self, st);
    }
    CO_END(&st->co);
}

static void http_server_cleanup(struct process *self, void *state)
{
    struct http_server *st = state;

    (void)self;
    for (int i = 0; i < st->n_conns; i++)
        http_conn_free(st->conns[i]);
}

static const struct program http_server_program = {
    .name = "httpd",
    .state_size = sizeof(struct http_server),
    .main = http_server_main,
    .cleanup = http_server_cleanup,
};

struct process *http_server_start(struct os *os, const struct http_server_config *config,
                                  const struct process_io *io)
{
    char port[8];
    const char *const argv[] = { "httpd", port };
    struct process *process;

    snprintf(port, sizeof port, "%u", config->port);
    process = process_start(os, &http_server_program, 2, argv, NULL, io);
    ((struct http_server *)process->state)->config = config;
    return process;
}
