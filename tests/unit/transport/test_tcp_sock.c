#include "tests/support/unit.h"

#include "tests/support/tcp_rig.h"

/* Ports, options, tables. */

static struct tcp_rig rig;

static struct sock *bound(ip4_addr addr, uint16_t port, bool reuse, int expected)
{
    struct sock *sock = tcp_socket(rig.host.tcp);

    sock->ops->set_option(sock, OPT_SO_REUSEADDR, reuse);
    EQ(sock->ops->bind(sock, (struct endpoint){ addr, port }), expected);
    return sock;
}

static void a_port_is_bound_once_unless_both_reuse_it(void)
{
    struct sock *a, *b, *c, *d;

    rig_init(&rig);
    a = bound(0, 80, false, 0);
    b = bound(RIG_HOST, 80, true, -SIM_EADDRINUSE);
    a->ops->close(a);
    a = bound(0, 80, true, 0);
    EQ(b->ops->bind(b, (struct endpoint){ RIG_HOST, 80 }), 0);
    EQ(a->ops->listen(a, 1), 0);
    EQ(b->ops->listen(b, 1), -SIM_EADDRINUSE); /* two listeners do not share */
    c = bound(0, 80, true, -SIM_EADDRINUSE);
    d = bound(IP4_LOOPBACK, 81, false, 0);
    EQ(d->ops->bind(d, (struct endpoint){ 0, 82 }), -SIM_EINVAL);
    EQ(c->ops->bind(c, (struct endpoint){ RIG_HOST, 81 }), 0); /* another address */
    a->ops->close(a);
    b->ops->close(b);
    c->ops->close(c);
    d->ops->close(d);
    rig_fini(&rig);
}

static void reuseport_shares_listeners(void)
{
    struct sock *a, *b;

    rig_init(&rig);
    a = tcp_socket(rig.host.tcp);
    b = tcp_socket(rig.host.tcp);
    a->ops->set_option(a, OPT_SO_REUSEPORT, 1);
    b->ops->set_option(b, OPT_SO_REUSEPORT, 1);
    EQ(a->ops->bind(a, (struct endpoint){ 0, 80 }), 0);
    EQ(b->ops->bind(b, (struct endpoint){ 0, 80 }), 0);
    EQ(a->ops->listen(a, 1), 0);
    EQ(b->ops->listen(b, 1), 0);
    a->ops->close(a);
    b->ops->close(b);
    rig_fini(&rig);
}

static void ports_are_chosen_from_the_range(void)
{
    struct sock *socks[50];

    rig_init(&rig);
    for (unsigned i = 0; i < 50; i++) {
        socks[i] = bound(0, 0, false, 0);
        OK(socks[i]->local.port >= 32768 && socks[i]->local.port <= 60999);
        for (unsigned j = 0; j < i; j++)
            OK(socks[j]->local.port != socks[i]->local.port);
    }
    for (unsigned i = 0; i < 50; i++)
        socks[i]->ops->close(socks[i]);
    rig_fini(&rig);
}

static void options_say_what_linux_says(void)
{
    struct sock *sock;
    int value;

    rig_init(&rig);
    sock = tcp_socket(rig.host.tcp);
    EQ(sock->options.rcvbuf, 131072);
    EQ(sock->options.sndbuf, 16384);
    EQ(sock->ops->set_option(sock, OPT_SO_RCVBUF, 10000), 0);
    EQ(sock->options.rcvbuf, 20000);
    EQ(sock->ops->set_option(sock, OPT_SO_SNDBUF, 1), 0);
    EQ(sock->options.sndbuf, 4608);
    EQ(sock->ops->get_option(sock, OPT_TCP_MAXSEG, &value), 0);
    EQ(value, 536);
    EQ(sock->ops->set_option(sock, OPT_TCP_MAXSEG, 20), -SIM_EINVAL);
    EQ(sock->ops->get_option(sock, OPT_TCP_KEEPIDLE, &value), 0);
    EQ(value, 7200);
    EQ(sock->ops->set_option(sock, OPT_TCP_KEEPCNT, 0), -SIM_EINVAL);
    EQ(sock->ops->set_option(sock, OPT_TCP_CONGESTION, 5), -SIM_ENOENT);
    EQ(sock->ops->set_option(sock, OPT_TCP_CONGESTION, TCP_CC_RENO), 0);
    EQ(sock->ops->get_option(sock, OPT_TCP_CONGESTION, &value), 0);
    EQ(value, TCP_CC_RENO);
    EQ(sock->ops->set_option(sock, OPT_TCP_DEFER_ACCEPT, 5), 0);
    EQ(sock->ops->get_option(sock, OPT_TCP_DEFER_ACCEPT, &value), 0);
    EQ(value, 7);
    EQ(sock->ops->get_option(sock, OPT_IP_HDRINCL, &value), -SIM_ENOPROTOOPT);
    sock->ops->close(sock);
    rig_fini(&rig);
}

struct table {
    struct describe out;
    char lines[8][96];
    unsigned n, n_numbers;
};

static void row(struct describe *out, const char *name, const char *key, const char *line)
{
    struct table *table = (struct table *)(void *)out;

    (void)key;
    EQ_STR(name, "tcp");
    snprintf(table->lines[table->n++], 96, "%s", line);
}

static void number(struct describe *out, const char *name, int64_t value)
{
    struct table *table = (struct table *)(void *)out;

    table->n_numbers += strcmp(name, "rcv_nxt") == 0 && value == 11;
}

static void the_table_is_in_the_words_of_ss(void)
{
    struct table table = { .out = { .row = row, .number = number } };
    struct sock *listener, *sock;

    rig_init(&rig);
    listener = rig_listen(&rig, 16);
    sock = rig_accept(&rig, listener);
    rig_in(&rig, "PA", 1, 1, 10);
    rig.peer_port = 40001;
    rig_in(&rig, "S", 0, 0, 0);
    tcp_describe(rig.host.tcp, &table.out);
    EQ(table.n, 3);
    EQ_STR(table.lines[1], "ESTAB 10 0 10.0.0.1:80 10.0.0.2:40000");
    EQ_STR(table.lines[0], "LISTEN 0 16 0.0.0.0:80 0.0.0.0:*");
    EQ_STR(table.lines[2], "SYN-RECV 0 0 10.0.0.1:80 10.0.0.2:40001");
    EQ(table.n_numbers, 1);
    EQ(rig_recv(sock, 100), 10);
    sock->ops->close(sock);
    listener->ops->close(listener);
    rig_fini(&rig);
}

static void peeking_leaves_the_octets(void)
{
    struct sock *listener, *sock;
    uint8_t octets[4];

    rig_init(&rig);
    listener = rig_listen(&rig, 16);
    sock = rig_accept(&rig, listener);
    rig_in(&rig, "PA", 1, 1, 10);
    EQ(sock->ops->recv(sock,
                       &(struct sock_recv){ .octets = octets, .size = 4, .flags = SOCK_MSG_PEEK }),
       4);
    EQ(octets[0], 'a');
    EQ(tcp_inq(sock), 10);
    EQ(sock->ops->recv(sock, &(struct sock_recv){ .octets = octets, .size = 4 }), 4);
    EQ(octets[3], 'd');
    EQ(sock->ops->recv(sock, &(struct sock_recv){ .octets = octets, .size = 4 }), 4);
    EQ(octets[0], 'e');
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, 1 }), -SIM_EISCONN);
    rig_in(&rig, "R", 11, 0, 0);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, 1 }), -SIM_EISCONN);
    sock->ops->close(sock);
    listener->ops->close(listener);
    rig_fini(&rig);
}

/* connect(AF_UNSPEC) leaves an error behind that the next connection has, too, until it is read. */
static void an_error_of_before_is_read_while_another_connection_opens(void)
{
    for (int plain = 0; plain < 2; plain++) {
        struct sock *sock;
        uint8_t octet;

        rig_init(&rig);
        sock = rig_syn_sent(&rig);
        EQ(sock->ops->disconnect(sock), 0);
        EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }),
           -SIM_EINPROGRESS);
        EQ(plain ? sock->ops->recv_plain(sock, &octet, 1, 0) : rig_recv(sock, 1), -SIM_ECONNRESET);
        EQ(plain ? sock->ops->recv_plain(sock, &octet, 1, 0) : rig_recv(sock, 1), -SIM_EAGAIN);
        sock->ops->close(sock);
        rig_fini(&rig);
    }
}

static void a_plain_recv_says_what_any_says(void)
{
    struct sock *listener, *sock;
    uint8_t octet;

    sock = rig_open(&rig, &listener);
    EQ(rig_recv(listener, 1), -SIM_ENOTCONN);
    EQ(listener->ops->recv_plain(listener, &octet, 1, 0), -SIM_ENOTCONN);
    EQ(rig_recv(sock, 1), -SIM_EAGAIN);
    EQ(sock->ops->recv_plain(sock, &octet, 1, 0), -SIM_EAGAIN);
    EQ(sock->ops->shutdown(sock, SOCK_SHUT_RD), 0);
    EQ(rig_recv(sock, 1), 0);
    EQ(sock->ops->recv_plain(sock, &octet, 1, 0), 0);
    EQ(sock->ops->shutdown(sock, SOCK_SHUT_WR), 0);
    EQ(rig_recv(sock, 1), 0);
    EQ(sock->ops->recv_plain(sock, &octet, 1, 0), 0);
    rig_close(&rig, listener, sock);
}

UNIT_MAIN("tcp: sockets", TEST(a_port_is_bound_once_unless_both_reuse_it),
          TEST(reuseport_shares_listeners), TEST(ports_are_chosen_from_the_range),
          TEST(options_say_what_linux_says), TEST(the_table_is_in_the_words_of_ss),
          TEST(peeking_leaves_the_octets),
          TEST(an_error_of_before_is_read_while_another_connection_opens),
          TEST(a_plain_recv_says_what_any_says))
