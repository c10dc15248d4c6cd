/* Who may have a port beside whom: every row was recorded on Linux 6.18 with the same calls. */
#include "tests/support/puppet.h"

enum first { BOUND, LISTENING, TIME_WAITING, CONNECTED };

/* A socket with the options whose letters are in the number: 1 SO_REUSEADDR, 2 SO_REUSEPORT. */
static int with_options(struct process *self, int type, unsigned options)
{
    int fd = puppet_socket(self, type);

    EQ(sys_setsockopt(self, fd, OPT_SO_REUSEADDR, (options & 1) != 0), 0);
    EQ(sys_setsockopt(self, fd, OPT_SO_REUSEPORT, (options & 2) != 0), 0);
    return fd;
}

/* Has had a client on 127.0.0.1; the listener is closed. */
static void serve_one(struct puppets *w, int listener, uint16_t port, enum first state)
{
    struct process *p = w->p1;
    int client = puppet_socket(p, SIM_SOCK_STREAM), server;

    EQ(sys_listen(p, listener, 1), 0);
    EQ(sys_connect(p, client, at(IP4_LOOPBACK, port)), -SIM_EINPROGRESS);
    puppets_run(w, SIM_MSEC(2));
    server = sys_accept(p, listener, NULL);
    OK(server > 0);
    sys_close(p, listener);
    if (state != TIME_WAITING)
        return;
    sys_close(p, server);
    puppets_run(w, SIM_MSEC(1));
    sys_close(p, client);
    puppets_run(w, SIM_MSEC(1));
}

/* '-': bind() fails, 'b': it succeeds but listen() does not, 'L': both; for UDP 'b' is success. */
static char second(struct process *p, int type, ip4_addr addr, uint16_t port, unsigned options)
{
    int fd = with_options(p, type, options), error = sys_bind(p, fd, at(addr, port));
    char result = 'b';

    if (error != 0) {
        EQ(error, -SIM_EADDRINUSE);
        result = '-';
    } else if (type == SIM_SOCK_STREAM && sys_listen(p, fd, 1) == 0) {
        result = 'L';
    }
    sys_close(p, fd);
    return result;
}

static void row(int type, enum first state, ip4_addr a1, ip4_addr a2, const char *expected)
{
    char results[17] = "";
    uint16_t port = 20000;
    struct puppets w;

    puppets_init(&w);
    for (unsigned i = 0; i < 16; i++, port++) {
        int fd = with_options(w.p1, type, i / 4);

        EQ(sys_bind(w.p1, fd, at(a1, port)), 0);
        if (state == LISTENING)
            EQ(sys_listen(w.p1, fd, 1), 0);
        else if (state != BOUND && type == SIM_SOCK_STREAM)
            serve_one(&w, fd, port, state);
        else if (state == CONNECTED)
            EQ(sys_connect(w.p1, fd, at(IP4_LOOPBACK, 9)), 0);
        results[i] = second(w.p1, type, a2, port, i % 4);
    }
    EQ_STR(results, expected);
    puppets_fini(&w);
}

static void rows(int type, enum first state, const char *meeting, const char *apart)
{
    ip4_addr local = IP4_LOOPBACK;

    row(type, state, 0, 0, meeting);
    row(type, state, local, 0, meeting);
    row(type, state, 0, local, meeting);
    row(type, state, local, local, meeting);
    row(type, state, local, local + 1, apart);
}

#define NOT_LISTENING "-----L-L--LL-LLL"
#define ALL_LISTEN    "LLLLLLLLLLLLLLLL"

static void bound_socket_shares_its_port_when_both_set_the_same_reuse_option(void)
{
    rows(SIM_SOCK_STREAM, BOUND, NOT_LISTENING, ALL_LISTEN);
}

static void listener_shares_its_port_by_reuseport_alone(void)
{
    rows(SIM_SOCK_STREAM, LISTENING, "----------LL--LL", ALL_LISTEN);
}

static void time_wait_gives_way_when_both_set_the_same_reuse_option(void)
{
    rows(SIM_SOCK_STREAM, TIME_WAITING, NOT_LISTENING, ALL_LISTEN);
}

static void connection_without_its_listener_still_holds_the_port(void)
{
    rows(SIM_SOCK_STREAM, CONNECTED, NOT_LISTENING, ALL_LISTEN);
}

static void datagram_sockets_share_a_port_when_both_set_the_same_reuse_option(void)
{
    rows(SIM_SOCK_DGRAM, BOUND, "-----b-b--bb-bbb", "bbbbbbbbbbbbbbbb");
    rows(SIM_SOCK_DGRAM, CONNECTED, "-----b-b--bb-bbb", "bbbbbbbbbbbbbbbb");
}

static void tcp_and_udp_do_not_meet(void)
{
    struct puppets w;

    puppets_init(&w);
    EQ(sys_bind(w.p1, puppet_socket(w.p1, SIM_SOCK_STREAM), at(0, 53)), 0);
    EQ(sys_bind(w.p1, puppet_socket(w.p1, SIM_SOCK_DGRAM), at(0, 53)), 0);
    puppets_fini(&w);
}

static void only_addresses_of_the_host_can_be_bound(void)
{
    struct puppets w;
    int types[] = { SIM_SOCK_STREAM, SIM_SOCK_DGRAM };

    puppets_init(&w);
    for (unsigned i = 0; i < 2; i++) {
        EQ(sys_bind(w.p1, puppet_socket(w.p1, types[i]), at(H2, 80)), -SIM_EADDRNOTAVAIL);
        EQ(sys_bind(w.p1, puppet_socket(w.p1, types[i]), at(IP4(127, 9, 9, 9), 80)), 0);
        EQ(sys_bind(w.p1, puppet_socket(w.p1, types[i]), at(H1, 80)), 0);
    }
    puppets_fini(&w);
}

static void port_0_is_a_free_port_of_the_range(void)
{
    struct puppets w;
    struct endpoint local;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_bind(w.p1, fd, at(0, 0)), 0);
    EQ(sys_getsockname(w.p1, fd, &local), 0);
    OK(local.port >= 32768 && local.port <= 60999);
    EQ(sys_bind(w.p1, fd, at(0, 0)), -SIM_EINVAL); /* once only */
    puppets_fini(&w);
}

static void ports_below_1024_are_for_root(void)
{
    struct puppets w;
    int types[] = { SIM_SOCK_STREAM, SIM_SOCK_DGRAM };

    puppets_init(&w);
    EQ(sys_setuid(w.p1, 1000), 0);
    for (unsigned i = 0; i < 2; i++) {
        EQ(sys_bind(w.p1, puppet_socket(w.p1, types[i]), at(0, 1023)), -SIM_EACCES);
        EQ(sys_bind(w.p1, puppet_socket(w.p1, types[i]), at(0, 1024)), 0);
        EQ(sys_bind(w.p1, puppet_socket(w.p1, types[i]), at(0, 0)), 0);
    }
    EQ(sys_socket(w.p1, SIM_AF_INET, SIM_SOCK_RAW, 1), -SIM_EPERM);
    EQ(sys_socket(w.p1, SIM_AF_PACKET, SIM_SOCK_RAW, 0), -SIM_EPERM);
    EQ(sys_setuid(w.p1, 0), -SIM_EPERM);
    puppets_fini(&w);
}

UNIT_MAIN("bind", TEST(bound_socket_shares_its_port_when_both_set_the_same_reuse_option),
          TEST(listener_shares_its_port_by_reuseport_alone),
          TEST(time_wait_gives_way_when_both_set_the_same_reuse_option),
          TEST(connection_without_its_listener_still_holds_the_port),
          TEST(datagram_sockets_share_a_port_when_both_set_the_same_reuse_option),
          TEST(tcp_and_udp_do_not_meet), TEST(only_addresses_of_the_host_can_be_bound),
          TEST(port_0_is_a_free_port_of_the_range), TEST(ports_below_1024_are_for_root))
