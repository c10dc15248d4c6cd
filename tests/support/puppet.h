/*
 * A process that a test makes the calls of: its program does nothing, sockets are non-blocking
 * unless the test lets one block. For tests of what calls return.
 */
#ifndef WW_TESTS_PUPPET_H
#define WW_TESTS_PUPPET_H

#include "stack/socket/syscall.h"
#include "stack/transport/tcp.h"
#include "tests/support/two_hosts.h"
#include "tests/support/unit.h"

#define H1 IP4(10, 0, 0, 1)
#define H2 IP4(10, 0, 0, 2)

struct puppets {
    struct two_hosts hosts;
    struct process *p1, *p2; /* on 10.0.0.1 and 10.0.0.2 */
};

static enum co_status puppet_main(struct process *self, void *state)
{
    (void)self;
    (void)state;
    return CO_WAIT;
}

static const struct program puppet_program = { .name = "puppet", .main = puppet_main };

static inline struct process *puppet_on(struct os *os)
{
    const char *const argv[] = { "puppet" };

    return process_start(os, &puppet_program, 1, argv, NULL, &(struct process_io){ NULL, NULL });
}

static inline void puppets_run(struct puppets *puppets, sim_time time)
{
    OK(sim_run(puppets->hosts.sim, sim_now(puppets->hosts.sim) + time, 20000000));
}

static inline void puppets_init(struct puppets *puppets)
{
    two_hosts_begin(&puppets->hosts, 3);
    puppets->p1 = puppet_on(puppets->hosts.a);
    puppets->p2 = puppet_on(puppets->hosts.b);
    puppets_run(puppets, SIM_MSEC(1));
}

static inline void puppets_fini(struct puppets *puppets)
{
    two_hosts_end(&puppets->hosts);
}

static inline int puppet_socket(struct process *self, int type)
{
    int fd = sys_socket(self, SIM_AF_INET, type, 0);

    EQ(sys_set_nonblock(self, fd, true), 0);
    return fd;
}

static inline struct endpoint at(ip4_addr addr, uint16_t port)
{
    return (struct endpoint){ addr, port };
}

/* A listener on @self's @port. */
static inline int puppet_listen(struct process *self, uint16_t port, int backlog)
{
    int fd = puppet_socket(self, SIM_SOCK_STREAM);

    EQ(sys_setsockopt(self, fd, OPT_SO_REUSEADDR, 1), 0);
    EQ(sys_bind(self, fd, at(0, port)), 0);
    EQ(sys_listen(self, fd, backlog), 0);
    return fd;
}

/* A connection from p1 to p2's @port: *@client on p1, *@server on p2; the listener stays open. */
static inline int puppet_connect(struct puppets *puppets, uint16_t port, int *client, int *server)
{
    int listener = puppet_listen(puppets->p2, port, 5);

    *client = puppet_socket(puppets->p1, SIM_SOCK_STREAM);
    EQ(sys_connect(puppets->p1, *client, at(H2, port)), -SIM_EINPROGRESS);
    puppets_run(puppets, SIM_MSEC(10));
    EQ(sys_connect(puppets->p1, *client, at(H2, port)), 0);
    *server = sys_accept(puppets->p2, listener, NULL);
    OK(*server > 0);
    EQ(sys_set_nonblock(puppets->p2, *server, true), 0);
    return listener;
}

#endif
