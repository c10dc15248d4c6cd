/*
 * nc of OpenBSD as Debian 12 has it (1.219): connects, listens, scans ports, and prints what comes.
 * Standard input comes from a pipe or a file; without one it is empty, as with `< /dev/null`: -N
 * and -q act on its end, without them nc goes on until the other side closes.
 *
 *   client: for each port  connect_to() -> udp_test() for -u with -v or -z -> say -> relay()
 *   server: listen_on() -> serve(): accept, or the first datagram -> relay(), with -k again
 */
#include <stdlib.h>
#include <string.h>

#include "apps/names.h"
#include "apps/options.h"
#include "apps/port_names.h"
#include "apps/programs.h"
#include "base/memory.h"
#include "base/text.h"
#include "stack/socket/syscall.h"

#define BUFFER_LEN    16384
#define UDP_TEST_TIME 3 /* seconds a port must stay silent, without -w */
#define NO_LIMIT      (-1)

struct nc {
    struct process *self;
    struct coroutine co, co_port, co_io;
    enum resolver_family family;
    bool listen, keep, udp, scan, verbose, numeric, shut_at_eof;
    int64_t wait, quit, interval; /* seconds, NO_LIMIT: none */
    const char *source;
    uint16_t source_port;
    ip4_addr source_addr;
    const char *host, *service;
    uint16_t *ports;
    unsigned n_ports, ports_size, at;
    int listener, fd; /* -1: none */
    struct names names;
    struct endpoint peer;
    struct sys_pollfd poll, polls[2];
    bool input_over;
    int64_t typed; /* octets of standard input being sent */
    int error;     /* positive */
    int64_t result;
    int64_t second;
    bool any; /* a port was open */
    sim_time until;
    uint8_t buffer[BUFFER_LEN];
};

static void usage(struct process *self)
{
    process_errorf(self,
                   "usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n"
                   "\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n"
                   "\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n"
                   "\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n"
                   "\t  [destination] [port]\n");
}

/* ---- the command line ---- */

static bool wrong(struct process *self, const char *what, const char *value)
{
    process_errorf(self, "nc: %s%s\n", what, value);
    return false;
}

static bool read_seconds(struct process *self, const char *what, const char *value,
                         int64_t *seconds)
{
    uint64_t number;

    if (!text_u64(value, 1000000, &number))
        return wrong(self, what, value);
    *seconds = (int64_t)number;
    return true;
}

static bool take(struct process *self, struct nc *nc, int option, const char *value)
{
    switch (option) {
    case 'k':
        nc->keep = true;
        return true;
    case 'l':
        nc->listen = true;
        return true;
    case 'N':
        nc->shut_at_eof = true;
        return true;
    case 'n':
        nc->numeric = true;
        return true;
    case 'u':
        nc->udp = true;
        return true;
    case 'v':
        nc->verbose = true;
        return true;
    case 'z':
        nc->scan = true;
        return true;
    case 'p':
        nc->source = value;
        return true;
    case 's':
        return ip4_parse(value, &nc->source_addr) ||
               wrong(self, "getaddrinfo: ", "Name or service not known");
    case 'q':
        if (strcmp(value, "-1") == 0)
            return true;
        nc->shut_at_eof = true;
        return read_seconds(self, "quit timer invalid: ", value, &nc->quit);
    case 'w':
        return read_seconds(self, "timeout invalid: ", value, &nc->wait);
    case 'i':
        return read_seconds(self, "interval invalid: ", value, &nc->interval);
    case '4':
        nc->family = RESOLVER_IPV4;
        return true;
    case '6':
        nc->family = RESOLVER_IPV6;
        return true;
    default: /* d */
        return true;
    }
}

static bool read_port(struct process *self, const char *text, size_t len, bool udp, uint16_t *port)
{
    char word[32];
    uint64_t number;

    if (len < sizeof word) {
        memcpy(word, text, len);
        word[len] = '\0';
        if (text_u64(word, UINT32_MAX, &number)) {
            if (number > 65535)
                return wrong(self, "port number too large: ", word);
            *port = (uint16_t)number;
            return number > 0 || wrong(self, "port number too small: ", word);
        }
        *port = port_named(word, !udp);
        if (*port != 0)
            return true;
    }
    return wrong(self, "port number invalid: ", text);
}

/* PORT, LOW-HIGH or a service's name. */
static bool read_ports(struct process *self, struct nc *nc)
{
    const char *dash = strchr(nc->service, '-');
    uint16_t low, high;

    if (dash == NULL || !(nc->service[0] >= '0' && nc->service[0] <= '9')) {
        if (!read_port(self, nc->service, strlen(nc->service), nc->udp, &low))
            return false;
        high = low;
    } else if (!read_port(self, nc->service, (size_t)(dash - nc->service), nc->udp, &low) ||
               !read_port(self, dash + 1, strlen(dash + 1), nc->udp, &high)) {
        return false;
    }
    if (low > high) {
        uint16_t other = low;

        low = high;
        high = other;
    }
    for (unsigned port = low; port <= high; port++)
        ARRAY_PUSH(nc->ports, nc->n_ports, nc->ports_size, (uint16_t)port);
    return true;
}

/* What the operands mean: [HOST] PORT for -l, else HOST PORT. */
static bool take_operands(struct process *self, struct nc *nc, char **words, int n)
{
    if (n > 2 || (n == 0 && !(nc->listen && nc->source != NULL))) {
        if (nc->listen && n == 0)
            return wrong(self, "missing port number", "");
        usage(self);
        return false;
    }
    if (nc->listen && n == 1 && nc->source == NULL) {
        nc->service = words[0];
    } else {
        nc->host = n > 0 ? words[0] : NULL;
        nc->service = n > 1 ? words[1] : nc->listen ? nc->source : NULL;
    }
    if (nc->service == NULL)
        return wrong(self, "missing port number", "");
    if (nc->listen && nc->scan)
        return wrong(self, "cannot use -z and -l", "");
    if (nc->keep && !nc->listen)
        return wrong(self, "must use -l with -k", "");
    if (!nc->listen && nc->source != NULL &&
        !read_port(self, nc->source, strlen(nc->source), nc->udp, &nc->source_port))
        return false;
    return read_ports(self, nc);
}

static bool read_arguments(struct process *self, struct nc *nc)
{
    struct options options = { .self = self,
                               .shorts = "46dhi:klNnp:q:s:uvw:z",
                               .refused = "bCDFIMmOPrSTtUVWXxZ" };
    int option;

    nc->wait = nc->quit = nc->interval = NO_LIMIT;
    nc->family = RESOLVER_BOTH;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_REFUSED) {
            self->exit_status = 2;
            return false;
        }
        if (option == 'h')
            process_errorf(self, "OpenBSD netcat (Debian patchlevel 1.219-1)\n");
        if (option == 'h' || option == OPTIONS_ERROR) {
            usage(self);
            self->exit_status = option == 'h' ? 0 : 1;
            return false;
        }
        if (!take(self, nc, option, options.value))
            return false;
    }
    return take_operands(self, nc, self->argv + options.at, self->argc - options.at);
}

/* ---- what it says ---- */

static const char *protocol(const struct nc *nc)
{
    return nc->udp ? "udp" : "tcp";
}

static const char *address_text(struct endpoint e, char text[static IP6_TEXT_MAX])
{
    return e.v6 ? ip6_format(e.addr6, text) : ip4_format(e.addr, text);
}

/* "10.0.0.2", or "www (10.0.0.2)". */
static void add_host(const struct nc *nc, struct strbuf *out)
{
    char text[IP6_TEXT_MAX];

    strbuf_adds(out, nc->host);
    if (!nc->numeric && strcmp(nc->host, address_text(nc->names.to, text)) != 0)
        strbuf_addf(out, " (%s)", text);
}

static void say_open(struct nc *nc)
{
    struct strbuf text = STRBUF_INIT;
    uint16_t port = nc->ports[nc->at];
    const char *name = nc->numeric ? NULL : port_name(port, !nc->udp);

    if (!nc->verbose)
        return;
    add_host(nc, &text);
    process_errorf(nc->self, "Connection to %s %u port [%s/%s] succeeded!\n", text.text, port,
                   protocol(nc), name != NULL ? name : "*");
    strbuf_fini(&text);
}

static void say_failed(struct nc *nc)
{
    struct strbuf text = STRBUF_INIT;
    bool late = nc->error == SIM_EINPROGRESS;

    if (!nc->verbose)
        return;
    add_host(nc, &text);
    process_errorf(nc->self, "nc: connect to %s port %u (%s) %s: %s\n", text.text,
                   nc->ports[nc->at], protocol(nc), late ? "timed out" : "failed",
                   sim_strerror(nc->error));
    strbuf_fini(&text);
}

static void close_fd(struct nc *nc)
{
    if (nc->fd >= 0)
        (void)sys_close(nc->self, nc->fd);
    nc->fd = -1;
}

/* ---- moving octets ---- */

static sim_time idle_time(const struct nc *nc)
{
    sim_time wait = nc->wait == NO_LIMIT ? SIM_TIME_NONE : SIM_SEC(nc->wait), left;

    if (nc->until == SIM_TIME_NONE)
        return wait;
    left = nc->until - process_now(nc->self);
    return left < 0 ? 0 : left < wait ? left : wait;
}

/* Standard input is at its end: -N tells the other side, -q bounds what is left of the time. */
static void input_over(struct nc *nc)
{
    nc->input_over = true;
    nc->until = nc->quit == NO_LIMIT ? SIM_TIME_NONE : process_now(nc->self) + SIM_SEC(nc->quit);
    if (nc->shut_at_eof && !nc->udp)
        (void)sys_shutdown(nc->self, nc->fd, SOCK_SHUT_WR);
}

/* What has come on the socket is printed. False: it is over. */
static bool print_received(struct nc *nc)
{
    int64_t n = sys_recv(nc->self, nc->fd, nc->buffer, sizeof nc->buffer, SOCK_MSG_DONTWAIT);

    if (n == -SIM_EAGAIN)
        return true;
    if (n < 0 || (n == 0 && !nc->udp))
        return false;
    process_write(nc->self, 1, (const char *)nc->buffer, (size_t)n);
    return true;
}

/* Sends standard input, and prints what comes until the other side closes, or the time of -w or -q
 * is over. */
static enum co_status relay(struct nc *nc)
{
    CO_BEGIN(&nc->co_io);
    nc->until = SIM_TIME_NONE;
    nc->input_over = false;
    if (nc->self->input == NULL)
        input_over(nc);
    for (;;) {
        nc->polls[0] = (struct sys_pollfd){ .fd = nc->fd, .events = SOCK_POLLIN };
        nc->polls[1] = (struct sys_pollfd){ .fd = nc->input_over ? -1 : 0, .events = SOCK_POLLIN };
        CO_CALL(&nc->co_io, nc->result, sys_poll(nc->self, nc->polls, 2, idle_time(nc)));
        if (nc->result == 0)
            break;
        if (nc->polls[0].revents != 0 && !print_received(nc))
            break;
        if (nc->polls[1].revents == 0)
            continue;
        nc->typed = sys_read_input(nc->self, nc->buffer, sizeof nc->buffer);
        if (nc->typed <= 0) {
            input_over(nc);
            continue;
        }
        CO_CALL(&nc->co_io, nc->result,
                sys_send(nc->self, nc->fd, nc->buffer, (size_t)nc->typed, SOCK_MSG_NOSIGNAL));
        if (nc->result < 0)
            break;
    }
    CO_END(&nc->co_io);
}

/* ---- client ---- */

static int open_socket(struct nc *nc)
{
    struct endpoint source = { nc->source_addr, nc->source_port };
    int error;

    source.v6 = nc->names.to.v6;
    nc->fd = sys_socket(nc->self, source.v6 ? SIM_AF_INET6 : SIM_AF_INET,
                        nc->udp ? SIM_SOCK_DGRAM : SIM_SOCK_STREAM, 0);
    if (nc->fd < 0)
        return nc->fd;
    if (source.addr != 0 || source.port != 0) {
        (void)sys_setsockopt(nc->self, nc->fd, OPT_SO_REUSEADDR, 1);
        (void)sys_setsockopt(nc->self, nc->fd, OPT_SO_REUSEPORT, 1);
        error = sys_bind(nc->self, nc->fd, source);
        if (error < 0) {
            process_errorf(nc->self, "nc: bind failed: %s\n", sim_strerror(-error));
            return error;
        }
    }
    return sys_set_nonblock(nc->self, nc->fd, true);
}

/* @nc->error: 0, and a connection; or why not. */
static enum co_status connect_to(struct nc *nc)
{
    struct endpoint remote = nc->names.to;

    CO_BEGIN(&nc->co_io);
    remote.port = nc->ports[nc->at];
    nc->error = -sys_connect(nc->self, nc->fd, remote);
    if (nc->error == SIM_EINPROGRESS) {
        nc->poll = (struct sys_pollfd){ .fd = nc->fd, .events = SOCK_POLLOUT };
        CO_CALL(&nc->co_io, nc->result,
                sys_poll(nc->self, &nc->poll, 1,
                         nc->wait == NO_LIMIT ? SIM_TIME_NONE : SIM_SEC(nc->wait)));
        if (nc->result > 0)
            (void)sys_getsockopt(nc->self, nc->fd, OPT_SO_ERROR, &nc->error);
    }
    CO_END(&nc->co_io);
}

/* Whether a UDP port answers cannot be seen; that it is closed can, by the ICMP error of a probe.
 */
static enum co_status udp_test(struct nc *nc)
{
    CO_BEGIN(&nc->co_io);
    nc->result = sys_send(nc->self, nc->fd, "X", 1, 0);
    for (nc->second = 0; nc->second <= (nc->wait == NO_LIMIT ? UDP_TEST_TIME : nc->wait);
         nc->second++) {
        if (nc->second > 0)
            CO_CALL(&nc->co_io, nc->result, sys_sleep(nc->self, SIM_SEC(1)));
        else
            CO_CALL(&nc->co_io, nc->result, sys_sleep(nc->self, SIM_USEC(100)));
        nc->error = (int)sys_send(nc->self, nc->fd, "X", 1, 0);
        if (nc->error < 0)
            break;
    }
    nc->error = nc->error < 0 ? -nc->error : 0;
    CO_END(&nc->co_io);
}

static enum co_status try_port(struct nc *nc)
{
    CO_BEGIN(&nc->co_port);
    if (open_socket(nc) < 0) {
        close_fd(nc);
        nc->at = nc->n_ports; /* a wrong -s or -p ends it all */
        CO_RETURN(&nc->co_port);
    }
    CO_RUN(&nc->co_port, connect_to(nc));
    if (nc->error != 0) {
        say_failed(nc);
    } else {
        if (nc->udp && (nc->verbose || nc->scan))
            CO_RUN(&nc->co_port, udp_test(nc));
        if (nc->error == 0) {
            nc->any = true;
            say_open(nc);
            if (!nc->scan)
                CO_RUN(&nc->co_port, relay(nc));
        }
    }
    close_fd(nc);
    CO_END(&nc->co_port);
}

static bool names_failed(struct nc *nc)
{
    const char *error = nc->names.error;
    ip4_addr addr;

    if (nc->numeric && !ip4_parse(nc->host, &addr) && !nc->names.to.v6)
        error = "Name or service not known";
    if (error == NULL)
        return false;
    process_errorf(nc->self, "nc: getaddrinfo for host \"%s\" port %u: %s\n", nc->host,
                   nc->ports[0], error);
    return true;
}

/* ---- server ---- */

static int listen_on(struct nc *nc)
{
    struct endpoint local = nc->names.to;
    char text[IP6_TEXT_MAX];
    int error;

    if (nc->host == NULL)
        local = (struct endpoint){ .v6 = nc->family == RESOLVER_IPV6 };
    local.port = nc->ports[0];
    nc->listener = sys_socket(nc->self, local.v6 ? SIM_AF_INET6 : SIM_AF_INET,
                              nc->udp ? SIM_SOCK_DGRAM : SIM_SOCK_STREAM, 0);
    if (nc->listener < 0)
        return nc->listener;
    (void)sys_setsockopt(nc->self, nc->listener, OPT_SO_REUSEADDR, 1);
    (void)sys_setsockopt(nc->self, nc->listener, OPT_SO_REUSEPORT, 1);
    error = sys_bind(nc->self, nc->listener, local);
    if (error == 0 && !nc->udp)
        error = sys_listen(nc->self, nc->listener, 1);
    if (error == 0 && nc->verbose)
        process_errorf(nc->self, "%s on %s %u\n", nc->udp ? "Bound" : "Listening",
                       address_text(local, text), local.port);
    return error;
}

static void say_received(struct nc *nc)
{
    char text[IP6_TEXT_MAX];

    process_errorf(nc->self, "Connection received on %s %u\n",
                   !nc->numeric && nc->names.name[0] != '\0' ? nc->names.name
                                                             : address_text(nc->peer, text),
                   nc->peer.port);
}

/* Who sent the datagram that waits: from now on the socket is his alone, unless -k says that all
 * may come. */
static int64_t meet_sender(struct nc *nc)
{
    struct sock_recv message = { .octets = nc->buffer,
                                 .size = sizeof nc->buffer,
                                 .flags = SOCK_MSG_PEEK };
    int64_t n = sys_recvmsg(nc->self, nc->listener, &message);

    if (n < 0)
        return n;
    nc->peer = message.from;
    if (!nc->keep)
        (void)sys_connect(nc->self, nc->listener, nc->peer);
    return nc->listener;
}

/* One peer; @nc->error 0, or what ends the server. */
static enum co_status serve(struct nc *nc)
{
    CO_BEGIN(&nc->co_port);
    if (nc->udp)
        CO_CALL(&nc->co_port, nc->result, meet_sender(nc));
    else
        CO_CALL(&nc->co_port, nc->result, sys_accept(nc->self, nc->listener, &nc->peer));
    if (nc->result < 0) {
        nc->error = (int)-nc->result;
        CO_RETURN(&nc->co_port);
    }
    nc->fd = (int)nc->result;
    if (!nc->keep && !nc->udp) {
        (void)sys_close(nc->self, nc->listener);
        nc->listener = -1;
    }
    if (nc->verbose) {
        nc->names.name[0] = '\0';
        if (!nc->numeric && !nc->peer.v6)
            CO_RUN(&nc->co_port, names_reverse(&nc->names, nc->self, nc->peer.addr));
        say_received(nc);
    }
    CO_RUN(&nc->co_port, relay(nc));
    if (nc->udp)
        nc->fd = -1;
    close_fd(nc);
    CO_END(&nc->co_port);
}

/* ---- the program ---- */

static enum co_status nc_main(struct process *self, void *state)
{
    struct nc *nc = state;

    CO_BEGIN(&nc->co);
    nc->self = self;
    nc->listener = nc->fd = -1;
    self->exit_status = 1;
    if (!read_arguments(self, nc))
        CO_RETURN(&nc->co);
    if (nc->host != NULL) {
        if (!nc->numeric)
            CO_RUN(&nc->co, names_lookup_any(&nc->names, self, nc->host, nc->family));
        else if (!resolver_literal6(self->os, nc->host, &nc->names.to))
            (void)ip4_parse(nc->host, &nc->names.to.addr);
        if (names_failed(nc))
            CO_RETURN(&nc->co);
    }
    if (nc->listen) {
        nc->error = -listen_on(nc);
        if (nc->error == 0) {
            do {
                CO_RUN(&nc->co, serve(nc));
            } while (nc->keep && nc->error == 0);
        }
        if (nc->error != 0)
            process_errorf(self, "nc: %s\n", sim_strerror(nc->error));
        self->exit_status = nc->error != 0;
        CO_RETURN(&nc->co);
    }
    for (; nc->at < nc->n_ports; nc->at++) {
        if (nc->at > 0 && nc->interval != NO_LIMIT)
            CO_CALL(&nc->co, nc->result, sys_sleep(self, SIM_SEC(nc->interval)));
        CO_RUN(&nc->co, try_port(nc));
    }
    self->exit_status = !nc->any;
    CO_END(&nc->co);
}

static void nc_cleanup(struct process *self, void *state)
{
    struct nc *nc = state;

    (void)self;
    names_close(&nc->names);
    free(nc->ports);
}

const struct program nc_program = {
    .name = "nc", .state_size = sizeof(struct nc), .main = nc_main, .cleanup = nc_cleanup
};
