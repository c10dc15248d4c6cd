/*
 * telnet of inetutils 2.4, as Debian 12 has it: connects and passes on what is typed, line ends as
 * CR LF. What it negotiates with a telnet server is not simulated: no simulated host is one.
 * Standard input comes from a pipe or a file; without one it is a terminal at which nobody types.
 * Its end closes the connection, as that of the real one does.
 */
#include <string.h>

#include "apps/names.h"
#include "apps/options.h"
#include "apps/port_names.h"
#include "apps/programs.h"
#include "base/text.h"
#include "stack/socket/syscall.h"

#define BUFFER_LEN   4096
#define TELNET_PORT  23
#define EXIT_FAILED  1
#define EXIT_REFUSED 2

struct telnet {
    struct process *self;
    struct coroutine co, relay_co;
    enum resolver_family family;
    const char *host, *service;
    uint16_t port;
    int fd, error;
    int64_t result;
    struct names names;
    struct sys_pollfd polls[2];
    bool cr; /* what came last was a carriage return */
    char buffer[BUFFER_LEN], line[2 * BUFFER_LEN];
    size_t line_len;
};

/* ---- the command line ---- */

static bool read_port(struct telnet *st)
{
    uint64_t number;

    st->port = TELNET_PORT;
    if (st->service == NULL)
        return true;
    if (text_u64(st->service, UINT16_MAX, &number)) {
        st->port = (uint16_t)number;
        return true;
    }
    st->port = port_named(st->service, true);
    return st->port != 0;
}

static bool lookup_failed(struct telnet *st, const char *why)
{
    process_errorf(st->self, "Server lookup failure:  %s:%s, %s\n", st->host,
                   st->service != NULL ? st->service : "telnet", why);
    st->self->exit_status = EXIT_FAILED;
    return false;
}

static bool read_arguments(struct telnet *st)
{
    struct options options = { .self = st->self, .shorts = "46EKLc8", .refused = "abdeklnrxXV?" };
    int option, n;

    st->family = RESOLVER_BOTH;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_REFUSED || option == OPTIONS_ERROR) {
            if (option == OPTIONS_ERROR)
                process_errorf(st->self, "Try 'telnet --help' or 'telnet --usage' for more "
                                         "information.\n");
            st->self->exit_status = option == OPTIONS_REFUSED ? EXIT_REFUSED : 64;
            return false;
        }
        if (option == '4' || option == '6')
            st->family = option == '4' ? RESOLVER_IPV4 : RESOLVER_IPV6;
    }
    n = st->self->argc - options.at;
    if (n == 0) {
        process_errorf(st->self, "telnet: its own prompt is not simulated by wirewalk: telnet HOST "
                                 "[PORT]\n");
        st->self->exit_status = EXIT_REFUSED;
        return false;
    }
    if (n > 2) {
        process_errorf(st->self, "telnet: too many arguments\n");
        st->self->exit_status = EXIT_FAILED;
        return false;
    }
    st->host = st->self->argv[options.at];
    st->service = n > 1 ? st->self->argv[options.at + 1] : NULL;
    return read_port(st) || lookup_failed(st, "Servname not supported for ai_socktype");
}

/* ---- moving octets ---- */

/* CR LF is a new line, CR NUL a CR. */
static void print_received(struct telnet *st, size_t n)
{
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        char c = st->buffer[i];

        if (st->cr && c != '\n')
            st->line[out++] = '\r';
        if (c != '\r' && !(st->cr && c == '\0'))
            st->line[out++] = c;
        st->cr = c == '\r';
    }
    process_write(st->self, 1, st->line, out);
}

static void make_line(struct telnet *st, size_t n)
{
    st->line_len = 0;
    for (size_t i = 0; i < n; i++) {
        if (st->buffer[i] == '\n')
            st->line[st->line_len++] = '\r';
        st->line[st->line_len++] = st->buffer[i];
    }
}

/* False: the other side has closed. */
static bool take_received(struct telnet *st)
{
    int64_t n = sys_recv(st->self, st->fd, st->buffer, sizeof st->buffer, SOCK_MSG_DONTWAIT);

    if (n == -SIM_EAGAIN)
        return true;
    if (n <= 0)
        return false;
    print_received(st, (size_t)n);
    return true;
}

static enum co_status relay(struct telnet *st)
{
    CO_BEGIN(&st->relay_co);
    for (;;) {
        st->polls[0] = (struct sys_pollfd){ .fd = st->fd, .events = SOCK_POLLIN };
        st->polls[1] =
            (struct sys_pollfd){ .fd = st->self->input != NULL ? 0 : -1, .events = SOCK_POLLIN };
        CO_CALL(&st->relay_co, st->result, sys_poll(st->self, st->polls, 2, SIM_TIME_NONE));
        if (st->polls[0].revents != 0 && !take_received(st))
            break;
        if (st->polls[1].revents == 0)
            continue;
        st->result = sys_read_input(st->self, st->buffer, sizeof st->buffer);
        if (st->result <= 0)
            break;
        make_line(st, (size_t)st->result);
        CO_CALL(&st->relay_co, st->result,
                sys_send(st->self, st->fd, st->line, st->line_len, SOCK_MSG_NOSIGNAL));
        if (st->result < 0)
            break;
    }
    process_errorf(st->self, "Connection closed by foreign host.\n");
    CO_END(&st->relay_co);
}

/* ---- the program ---- */

static int open_socket(struct telnet *st)
{
    st->fd = sys_socket(st->self, st->names.to.v6 ? SIM_AF_INET6 : SIM_AF_INET, SIM_SOCK_STREAM, 0);
    st->names.to.port = st->port;
    return st->fd;
}

static void say_trying(struct telnet *st)
{
    char text[IP6_TEXT_MAX];

    process_printf(st->self, "Trying %s...\n",
                   st->names.to.v6 ? ip6_format(st->names.to.addr6, text)
                                   : ip4_format(st->names.to.addr, text));
}

static enum co_status telnet_main(struct process *self, void *state)
{
    struct telnet *st = state;

    CO_BEGIN(&st->co);
    st->self = self;
    if (!read_arguments(st))
        CO_RETURN(&st->co);
    CO_RUN(&st->co, names_lookup_any(&st->names, self, st->host, st->family));
    if (st->names.error != NULL) {
        (void)lookup_failed(st, st->names.error);
        CO_RETURN(&st->co);
    }
    say_trying(st);
    if (open_socket(st) < 0) {
        process_errorf(self, "telnet: socket: %s\n", sim_strerror(-st->fd));
        self->exit_status = EXIT_FAILED;
        CO_RETURN(&st->co);
    }
    CO_CALL(&st->co, st->result, sys_connect(self, st->fd, st->names.to));
    if (st->result < 0) {
        process_errorf(self, "telnet: Unable to connect to remote host: %s\n",
                       sim_strerror((int)-st->result));
        self->exit_status = EXIT_FAILED;
        CO_RETURN(&st->co);
    }
    process_printf(self, "Connected to %s.\nEscape character is '^]'.\n", st->host);
    CO_RUN(&st->co, relay(st));
    CO_END(&st->co);
}

static void telnet_cleanup(struct process *self, void *state)
{
    (void)self;
    names_close(&((struct telnet *)state)->names);
}

const struct program telnet_program = { .name = "telnet",
                                        .state_size = sizeof(struct telnet),
                                        .main = telnet_main,
                                        .cleanup = telnet_cleanup };
