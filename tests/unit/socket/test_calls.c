/* What calls return in every state of a socket: recorded on Linux 6.18 with the same calls. */
#include "tests/support/puppet.h"

#define MSEC(n) SIM_MSEC(n)

static int64_t send_x(struct process *p, int fd)
{
    return sys_send(p, fd, "x", 1, 0);
}

static int64_t recv_1(struct process *p, int fd)
{
    char octet;

    return sys_recv(p, fd, &octet, 1, 0);
}

static void families_types_and_protocols_that_are_not_there(void)
{
    static const struct {
        int domain, type, protocol, error;
    } cases[] = {
        { SIM_AF_CAN, 3, 1, SIM_EAFNOSUPPORT },
        { SIM_AF_RDS, 5, 0, SIM_EAFNOSUPPORT },
        { 99, 1, 0, SIM_EAFNOSUPPORT },
        { 2, 4, 0, SIM_ESOCKTNOSUPPORT },
        { 2, 5, 0, SIM_ESOCKTNOSUPPORT },
        { 2, 7, 0, SIM_ESOCKTNOSUPPORT },
        { 2, 99, 0, SIM_EINVAL },
        { 2, 1, 17, SIM_EPROTONOSUPPORT },
        { 2, 2, 6, SIM_EPROTONOSUPPORT },
        { 2, 3, 0, SIM_EPROTONOSUPPORT },
        { 2, 2, 1, SIM_EACCES },
        { 2, 3, 300, SIM_EINVAL },
    };
    struct puppets w;

    puppets_init(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EQ(sys_socket(w.p1, cases[i].domain, cases[i].type, cases[i].protocol), -cases[i].error);
    EQ(sys_bind(w.p1, 77, at(0, 0)), -SIM_EBADF);
    EQ(sys_close(w.p1, 77), -SIM_EBADF);
    EQ(send_x(w.p1, 77), -SIM_EBADF);
    puppets_fini(&w);
}

static void fresh_tcp_socket(void)
{
    struct puppets w;
    struct endpoint end;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(send_x(w.p1, fd), -SIM_EPIPE);
    EQ(recv_1(w.p1, fd), -SIM_ENOTCONN);
    EQ(sys_getpeername(w.p1, fd, &end), -SIM_ENOTCONN);
    EQ(sys_accept(w.p1, fd, NULL), -SIM_EINVAL);
    EQ(sys_getsockname(w.p1, fd, &end), 0);
    EQ(end.port, 0);
    EQ(sys_shutdown(w.p1, fd, SOCK_SHUT_RDWR), -SIM_ENOTCONN);
    puppets_fini(&w);
}

static void listening_socket(void)
{
    struct puppets w;
    struct endpoint end;
    int fd;

    puppets_init(&w);
    fd = puppet_listen(w.p1, 80, 1);
    EQ(send_x(w.p1, fd), -SIM_EPIPE);
    EQ(recv_1(w.p1, fd), -SIM_ENOTCONN);
    EQ(sys_connect(w.p1, fd, at(H2, 80)), -SIM_EISCONN);
    EQ(sys_accept(w.p1, fd, NULL), -SIM_EAGAIN);
    EQ(sys_bind(w.p1, fd, at(0, 0)), -SIM_EINVAL);
    EQ(sys_listen(w.p1, fd, 3), 0);
    EQ(sys_getpeername(w.p1, fd, &end), -SIM_ENOTCONN);
    EQ(sys_shutdown(w.p1, fd, SOCK_SHUT_WR), 0);
    puppets_fini(&w);
}

static void connecting_socket(void)
{
    struct puppets w;
    struct endpoint end;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_connect(w.p1, fd, at(IP4(10, 0, 0, 77), 80)), -SIM_EINPROGRESS);
    EQ(sys_connect(w.p1, fd, at(IP4(10, 0, 0, 77), 80)), -SIM_EALREADY);
    EQ(send_x(w.p1, fd), -SIM_EAGAIN);
    EQ(sys_getpeername(w.p1, fd, &end), -SIM_ENOTCONN);
    EQ(sys_listen(w.p1, fd, 1), -SIM_EINVAL);
    puppets_run(&w, SIM_SEC(5));
    EQ(sys_connect(w.p1, fd, at(IP4(10, 0, 0, 77), 80)), -SIM_EHOSTUNREACH);
    puppets_fini(&w);
}

static void connected_socket(void)
{
    struct puppets w;
    int client, server;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_connect(w.p1, client, at(H2, 80)), -SIM_EISCONN);
    EQ(sys_listen(w.p1, client, 1), -SIM_EINVAL);
    EQ(sys_bind(w.p1, client, at(0, 0)), -SIM_EINVAL);
    EQ(recv_1(w.p2, server), -SIM_EAGAIN);
    EQ(sys_recv(w.p2, server, NULL, 1, SOCK_MSG_OOB), -SIM_EINVAL);
    EQ(sys_sendto(w.p1, client, "x", 1, 0, at(H2, 9)), 1); /* the address does not matter */
    EQ(sys_shutdown(w.p1, client, SOCK_SHUT_RD), 0);
    EQ(recv_1(w.p1, client), 0);
    EQ(send_x(w.p1, client), 1);
    EQ(sys_shutdown(w.p1, client, SOCK_SHUT_WR), 0);
    EQ(send_x(w.p1, client), -SIM_EPIPE);
    EQ(sys_shutdown(w.p1, client, SOCK_SHUT_WR), 0);
    puppets_run(&w, MSEC(50));
    EQ(recv_1(w.p2, server), 1);
    EQ(recv_1(w.p2, server), 1);
    EQ(recv_1(w.p2, server), 0);
    EQ(recv_1(w.p2, server), 0); /* and so on */
    puppets_fini(&w);
}

static void peer_that_closed_with_unread_octets_resets(void)
{
    struct puppets w;
    struct endpoint end;
    int client, server, value;

    puppets_init(&w);
    for (unsigned which = 0; which < 3; which++) {
        puppet_connect(&w, (uint16_t)(80 + which), &client, &server);
        EQ(send_x(w.p1, client), 1);
        puppets_run(&w, MSEC(10));
        sys_close(w.p2, server);
        puppets_run(&w, MSEC(10));
        if (which == 0) {
            EQ(recv_1(w.p1, client), -SIM_ECONNRESET);
            EQ(recv_1(w.p1, client), 0);
            EQ(send_x(w.p1, client), -SIM_EPIPE);
        } else if (which == 1) {
            EQ(send_x(w.p1, client), -SIM_ECONNRESET);
            EQ(send_x(w.p1, client), -SIM_EPIPE);
            EQ(recv_1(w.p1, client), 0);
        } else {
            EQ(sys_getsockopt(w.p1, client, OPT_SO_ERROR, &value), 0);
            EQ(value, SIM_ECONNRESET);
        }
        EQ(sys_getpeername(w.p1, client, &end), -SIM_ENOTCONN);
    }
    puppets_fini(&w);
}

static void first_send_to_a_closed_peer_succeeds_and_the_second_is_epipe(void)
{
    struct puppets w;
    int client, server;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    sys_close(w.p2, server);
    puppets_run(&w, MSEC(10));
    EQ(recv_1(w.p1, client), 0);
    EQ(send_x(w.p1, client), 1);
    puppets_run(&w, MSEC(10));
    EQ(send_x(w.p1, client), -SIM_EPIPE);
    puppets_fini(&w);
}

static void refused_connection(void)
{
    struct puppets w;
    int fd, value;

    puppets_init(&w);
    puppet_listen(w.p2, 80, 1);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_connect(w.p1, fd, at(H2, 81)), -SIM_EINPROGRESS);
    puppets_run(&w, MSEC(10));
    EQ(sys_connect(w.p1, fd, at(H2, 81)), -SIM_ECONNREFUSED);
    EQ(sys_connect(w.p1, fd, at(H2, 80)), -SIM_EINPROGRESS); /* it may try again */
    puppets_run(&w, MSEC(10));
    EQ(sys_connect(w.p1, fd, at(H2, 80)), 0);
    EQ(sys_connect(w.p1, fd, at(H2, 80)), -SIM_EISCONN);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_connect(w.p1, fd, at(H2, 81)), -SIM_EINPROGRESS);
    puppets_run(&w, MSEC(10));
    EQ(sys_getsockopt(w.p1, fd, OPT_SO_ERROR, &value), 0);
    EQ(value, SIM_ECONNREFUSED);
    EQ(sys_getsockopt(w.p1, fd, OPT_SO_ERROR, &value), 0);
    EQ(value, 0);
    EQ(send_x(w.p1, fd), -SIM_EPIPE);
    EQ(sys_connect(w.p1, fd, at(H2, 80)), -SIM_ECONNABORTED);
    puppets_fini(&w);
}

static void places_no_connection_can_go_to(void)
{
    struct puppets w;

    puppets_init(&w);
    EQ(sys_connect(w.p1, puppet_socket(w.p1, SIM_SOCK_STREAM), at(IP4(9, 9, 9, 9), 80)),
       -SIM_ENETUNREACH);
    EQ(sys_connect(w.p1, puppet_socket(w.p1, SIM_SOCK_STREAM), at(0xffffffff, 80)),
       -SIM_ENETUNREACH);
    EQ(sys_connect(w.p1, puppet_socket(w.p1, SIM_SOCK_STREAM), at(H1 | 255, 80)), -SIM_ENETUNREACH);
    EQ(sys_connect(w.p1, puppet_socket(w.p1, SIM_SOCK_DGRAM), at(H1 | 255, 80)), -SIM_EACCES);
    EQ(sys_connect(w.p1, puppet_socket(w.p1, SIM_SOCK_DGRAM), at(IP4(9, 9, 9, 9), 80)),
       -SIM_ENETUNREACH);
    puppets_fini(&w);
}

static void datagram_socket_without_a_peer(void)
{
    static const char big[65508];
    struct puppets w;
    struct endpoint end;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(send_x(w.p1, fd), -SIM_EDESTADDRREQ);
    EQ(recv_1(w.p1, fd), -SIM_EAGAIN);
    EQ(sys_listen(w.p1, fd, 1), -SIM_EOPNOTSUPP);
    EQ(sys_accept(w.p1, fd, NULL), -SIM_EOPNOTSUPP);
    EQ(sys_getpeername(w.p1, fd, &end), -SIM_ENOTCONN);
    EQ(sys_sendto(w.p1, fd, "x", 1, 0, at(H2, 0)), -SIM_EINVAL);
    EQ(sys_sendto(w.p1, fd, "x", 1, 0, at(H1 | 255, 9)), -SIM_EACCES);
    EQ(sys_sendto(w.p1, fd, "x", 1, SOCK_MSG_OOB, at(H2, 9)), -SIM_EOPNOTSUPP);
    EQ(sys_sendto(w.p1, fd, big, 65508, 0, at(H2, 9)), -SIM_EMSGSIZE);
    EQ(sys_sendto(w.p1, fd, big, 65507, 0, at(H2, 9)), 65507);
    EQ(sys_sendto(w.p1, fd, "x", 1, 0, at(H2, 1)), 1); /* nobody there: it gets to know nothing */
    puppets_run(&w, MSEC(10));
    EQ(recv_1(w.p1, fd), -SIM_EAGAIN);
    EQ(sys_shutdown(w.p1, fd, SOCK_SHUT_RDWR), -SIM_ENOTCONN);
    EQ(sys_sendto(w.p1, fd, "x", 1, 0, at(H2, 9)), -SIM_EPIPE); /* it is shut all the same */
    puppets_fini(&w);
}

static void connected_datagram_socket_gets_to_know_errors(void)
{
    struct puppets w;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(sys_connect(w.p1, fd, at(H2, 1)), 0);
    EQ(send_x(w.p1, fd), 1);
    puppets_run(&w, MSEC(10));
    EQ(send_x(w.p1, fd), -SIM_ECONNREFUSED);
    EQ(send_x(w.p1, fd), 1);
    puppets_run(&w, MSEC(10));
    EQ(recv_1(w.p1, fd), -SIM_ECONNREFUSED);
    EQ(recv_1(w.p1, fd), -SIM_EAGAIN);
    EQ(sys_bind(w.p1, fd, at(0, 0)), -SIM_EINVAL);
    EQ(sys_shutdown(w.p1, fd, SOCK_SHUT_WR), 0);
    EQ(send_x(w.p1, fd), -SIM_EPIPE);
    EQ(sys_shutdown(w.p1, fd, SOCK_SHUT_RD), 0);
    EQ(recv_1(w.p1, fd), -SIM_EAGAIN); /* where it may not wait; else 0 */
    puppets_fini(&w);
}

static void datagrams_are_cut_peeked_at_and_gathered(void)
{
    struct puppets w;
    struct sock_recv message = { .size = 2 };
    char octets[16];
    int a, b;

    puppets_init(&w);
    a = puppet_socket(w.p2, SIM_SOCK_DGRAM);
    b = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(sys_bind(w.p2, a, at(H2, 7)), 0);
    EQ(sys_sendto(w.p1, b, "hello", 5, 0, at(H2, 7)), 5);
    EQ(sys_sendto(w.p1, b, "", 0, 0, at(H2, 7)), 0);
    EQ(sys_sendto(w.p1, b, "a", 1, SOCK_MSG_MORE, at(H2, 7)), 1);
    EQ(send_x(w.p1, b), 1); /* goes with the one before */
    EQ(sys_sendto(w.p1, b, "bc", 2, 0, at(H2, 7)), 2);
    puppets_run(&w, MSEC(10));
    EQ(sys_recv(w.p2, a, octets, 2, SOCK_MSG_PEEK | SOCK_MSG_TRUNC), 5);
    message.octets = octets;
    EQ(sys_recvmsg(w.p2, a, &message), 2);
    EQ(message.full_len, 5);
    EQ(message.from.addr, H1);
    EQ(sys_recv(w.p2, a, octets, sizeof octets, 0), 0); /* a datagram without octets */
    EQ(sys_recv(w.p2, a, octets, sizeof octets, 0), 2);
    EQ_MEM(octets, "ax", 2);
    EQ(sys_recv(w.p2, a, octets, sizeof octets, 0), 2);
    EQ(sys_recv(w.p2, a, octets, sizeof octets, 0), -SIM_EAGAIN);
    puppets_fini(&w);
}

static void streams_are_peeked_at_and_scattered(void)
{
    struct puppets w;
    char a[3] = "", b[8] = "", peeked[8];
    struct sys_iovec out[] = { { (void *)"he", 2 }, { (void *)"llo", 3 } };
    struct sys_iovec in[] = { { a, 2 }, { b, 8 } };
    int client, server, value;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_sendmsg_v(w.p1, client, out, 2, &(struct sock_send){ 0 }), 5);
    puppets_run(&w, MSEC(10));
    EQ(sys_getsockopt(w.p2, server, OPT_SIOCINQ, &value), 0);
    EQ(value, 5);
    EQ(sys_recv(w.p2, server, peeked, 8, SOCK_MSG_PEEK), 5);
    EQ(sys_recv(w.p2, server, peeked, 1, SOCK_MSG_PEEK), 1);
    EQ(sys_recvmsg_v(w.p2, server, in, 2, &(struct sock_recv){ 0 }), 5);
    EQ_STR(a, "he");
    EQ_STR(b, "llo");
    EQ(sys_recv(w.p2, server, a, 1, SOCK_MSG_DONTWAIT), -SIM_EAGAIN);
    puppets_fini(&w);
}

static void urgent_octet_is_read_beside_the_stream(void)
{
    struct puppets w;
    char octets[8] = "";
    int client, server;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_send(w.p1, client, "ab", 2, 0), 2);
    EQ(sys_send(w.p1, client, "!", 1, SOCK_MSG_OOB), 1);
    puppets_run(&w, MSEC(10));
    EQ(sys_recv(w.p2, server, octets, 1, SOCK_MSG_OOB), 1);
    EQ(octets[0], '!');
    EQ(sys_recv(w.p2, server, octets, 8, 0), 2);
    puppets_fini(&w);
}

/* As recorded: a connected raw socket reads the error that a router or host sends, and with
 * IP_RECVERR the octets; sending does not tell. */
static void raw_sockets_are_told_errors(void)
{
    struct puppets w;
    char octets[16];
    struct sock_recv message = { .octets = octets, .size = 16, .flags = SOCK_MSG_ERRQUEUE };
    int fd;

    puppets_init(&w);
    fd = sys_socket(w.p1, SIM_AF_INET, SIM_SOCK_RAW, 200);
    EQ(sys_connect(w.p1, fd, at(H2, 0)), 0);
    EQ(sys_send(w.p1, fd, "abcd", 4, 0), 4);
    puppets_run(&w, MSEC(10));
    EQ(sys_recvmsg(w.p1, fd, &message), -SIM_EAGAIN);
    EQ(sys_send(w.p1, fd, "abcd", 4, 0), 4);
    EQ(recv_1(w.p1, fd), -SIM_ENOPROTOOPT);
    puppets_run(&w, MSEC(20));
    EQ(recv_1(w.p1, fd), -SIM_ENOPROTOOPT);
    EQ(sys_setsockopt(w.p1, fd, OPT_IP_RECVERR, 1), 0);
    EQ(sys_send(w.p1, fd, "abcd", 4, 0), 4);
    puppets_run(&w, MSEC(30));
    EQ(sys_recvmsg(w.p1, fd, &message), 4);
    EQ_MEM(octets, "abcd", 4);
    EQ(message.report.code, 2);
    EQ(sys_recv(w.p1, fd, octets, 1, SOCK_MSG_DONTWAIT), -SIM_EAGAIN);
    puppets_fini(&w);
}

/* Linux looks at the length before it looks at an earlier error: EMSGSIZE twice, then the error. */
static void too_long_comes_before_an_earlier_error(void)
{
    static const char big[2000];
    struct puppets w;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(sys_setsockopt(w.p1, fd, OPT_IP_MTU_DISCOVER, 2), 0);
    EQ(sys_connect(w.p1, fd, at(H2, 1)), 0);
    EQ(sys_send(w.p1, fd, "abc", 3, 0), 3);
    puppets_run(&w, MSEC(10));
    EQ(sys_send(w.p1, fd, big, sizeof big, 0), -SIM_EMSGSIZE);
    EQ(sys_send(w.p1, fd, "abc", 3, 0), -SIM_ECONNREFUSED);
    EQ(sys_send(w.p1, fd, "abc", 3, 0), 3);
    EQ(sys_bind(w.p1, fd, at(IP4(9, 9, 9, 9), 1)), -SIM_EADDRNOTAVAIL); /* bound, but first: */
    EQ(sys_bind(w.p1, fd, at(0, 1)), -SIM_EINVAL);
    puppets_fini(&w);
}

static void error_queue_tells_who_could_not_be_reached(void)
{
    static const char big[2000];
    struct puppets w;
    char octets[16];
    struct sock_recv message = { .octets = octets, .size = 16, .flags = SOCK_MSG_ERRQUEUE };
    struct sys_pollfd one = { .events = SOCK_POLLIN };
    int fd;

    puppets_init(&w);
    fd = one.fd = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(sys_setsockopt(w.p1, fd, OPT_IP_RECVERR, 1), 0);
    EQ(sys_recvmsg(w.p1, fd, &message), -SIM_EAGAIN);
    EQ(sys_sendto(w.p1, fd, "abc", 3, 0, at(H2, 1)), 3);
    puppets_run(&w, MSEC(10));
    EQ(recv_1(w.p1, fd), -SIM_ECONNREFUSED); /* though it is not connected */
    EQ(recv_1(w.p1, fd), -SIM_EAGAIN);
    EQ(sys_poll(w.p1, &one, 1, 0), 1);
    EQ(one.revents, SOCK_POLLERR);
    EQ(sys_recvmsg(w.p1, fd, &message), 3);
    EQ_MEM(octets, "abc", 3);
    EQ(message.report.error, SIM_ECONNREFUSED);
    EQ(message.report.origin, 2);
    EQ(message.report.type, 3);
    EQ(message.report.code, 3);
    EQ(message.report.offender.addr, H2);
    EQ(message.from.port, 1);
    EQ(sys_recvmsg(w.p1, fd, &message), -SIM_EAGAIN);
    EQ(sys_setsockopt(w.p1, fd, OPT_IP_MTU_DISCOVER, 2), 0);
    EQ(sys_sendto(w.p1, fd, big, sizeof big, 0, at(H2, 1)), -SIM_EMSGSIZE);
    EQ(sys_recvmsg(w.p1, fd, &message), 16);
    EQ(message.report.error, SIM_EMSGSIZE);
    EQ(message.report.origin, 1);
    EQ(message.report.info, 1500);
    /* Who reads the queue is not told again by the next call. */
    EQ(sys_setsockopt(w.p1, fd, OPT_IP_MTU_DISCOVER, 0), 0);
    EQ(sys_sendto(w.p1, fd, "abc", 3, 0, at(H2, 1)), 3);
    puppets_run(&w, MSEC(20));
    EQ(sys_recvmsg(w.p1, fd, &message), 3);
    EQ(recv_1(w.p1, fd), -SIM_EAGAIN);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_recvmsg(w.p1, fd, &message), -SIM_EAGAIN);
    puppets_fini(&w);
}

static unsigned poll_now(struct process *p, int fd)
{
    struct sys_pollfd one = { fd, 0x2007, 0 };

    EQ(sys_poll(p, &one, 1, 0) >= 0, true);
    return one.revents;
}

static void poll_in_every_state(void)
{
    struct puppets w;
    int client, server, fd, listener;

    puppets_init(&w);
    EQ(poll_now(w.p1, puppet_socket(w.p1, SIM_SOCK_STREAM)), 0x14);
    listener = puppet_connect(&w, 80, &client, &server);
    EQ(poll_now(w.p2, listener), 0);
    EQ(poll_now(w.p1, client), 0x4);
    EQ(send_x(w.p1, client), 1);
    puppets_run(&w, MSEC(10));
    EQ(poll_now(w.p2, server), 0x5);
    EQ(recv_1(w.p2, server), 1);
    EQ(sys_shutdown(w.p1, client, SOCK_SHUT_WR), 0);
    puppets_run(&w, MSEC(10));
    EQ(poll_now(w.p2, server), 0x2005);
    EQ(poll_now(w.p1, client), 0x4);
    EQ(sys_shutdown(w.p2, server, SOCK_SHUT_WR), 0);
    puppets_run(&w, MSEC(10));
    EQ(poll_now(w.p2, server), 0x2015);
    EQ(poll_now(w.p1, client), 0x2015);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_connect(w.p1, fd, at(H2, 80)), -SIM_EINPROGRESS);
    EQ(poll_now(w.p1, fd), 0);
    puppets_run(&w, MSEC(10));
    EQ(poll_now(w.p2, listener), 0x1);
    EQ(sys_connect(w.p1, fd, at(H2, 80)), 0);
    server = sys_accept(w.p2, listener, NULL);
    EQ(sys_setsockopt(w.p2, server, OPT_SO_LINGER, 0), 0);
    sys_close(w.p2, server);
    puppets_run(&w, MSEC(10));
    EQ(poll_now(w.p1, fd), 0x201d);
    EQ(recv_1(w.p1, fd), -SIM_ECONNRESET);
    EQ(poll_now(w.p1, fd), 0x2015);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_connect(w.p1, fd, at(H2, 81)), -SIM_EINPROGRESS);
    puppets_run(&w, MSEC(10));
    EQ(poll_now(w.p1, fd), 0x201d);
    EQ(poll_now(w.p1, 99), 0x20); /* POLLNVAL */
    puppets_fini(&w);
}

/* A connection whose peer does not read: its window is full of what @client sent. */
static void fill_up(struct puppets *w, int *client, int *server)
{
    static const uint8_t octets[65536];

    puppet_connect(w, 80, client, server);
    while (sys_send(w->p1, *client, octets, sizeof octets, SOCK_MSG_DONTWAIT) > 0)
        puppets_run(w, MSEC(10));
}

static void close_lingers_until_the_time_is_over(void)
{
    struct puppets w;
    int client, server;

    puppets_init(&w);
    fill_up(&w, &client, &server);
    EQ(sys_setsockopt(w.p1, client, OPT_SO_LINGER, 2), 0);
    EQ(sys_close(w.p1, client), SYS_BLOCKED); /* O_NONBLOCK does not matter */
    puppets_run(&w, MSEC(1999));
    EQ(sys_close(w.p1, client), SYS_BLOCKED);
    puppets_run(&w, MSEC(1));
    EQ(sys_close(w.p1, client), 0);
    EQ(sys_close(w.p1, client), -SIM_EBADF);
    EQ(recv_1(w.p2, server), 1); /* the connection goes on */
    puppets_fini(&w);
}

static void close_lingers_until_the_peer_has_everything(void)
{
    static uint8_t octets[65536];
    struct puppets w;
    int client, server, result, n_calls = 0;

    puppets_init(&w);
    fill_up(&w, &client, &server);
    EQ(sys_setsockopt(w.p1, client, OPT_SO_LINGER, 60), 0);
    for (result = SYS_BLOCKED; result == SYS_BLOCKED && n_calls < 100; n_calls++) {
        result = sys_close(w.p1, client);
        sys_recv(w.p2, server, octets, sizeof octets, SOCK_MSG_DONTWAIT);
        puppets_run(&w, MSEC(10));
    }
    EQ(result, 0);
    OK(n_calls > 1);
    puppets_fini(&w);
}

static void close_lingers_until_a_reset(void)
{
    struct puppets w;
    int client, server;

    puppets_init(&w);
    fill_up(&w, &client, &server);
    EQ(sys_setsockopt(w.p1, client, OPT_SO_LINGER, 60), 0);
    EQ(sys_close(w.p1, client), SYS_BLOCKED);
    EQ(sys_close(w.p2, server), 0); /* with octets unread */
    puppets_run(&w, MSEC(10));
    EQ(sys_close(w.p1, client), 0);
    puppets_fini(&w);
}

static void only_the_last_close_lingers_and_exit_does_not(void)
{
    struct puppets w;
    struct process *child;
    int client, server;

    puppets_init(&w);
    fill_up(&w, &client, &server);
    EQ(sys_setsockopt(w.p1, client, OPT_SO_LINGER, 60), 0);
    child = puppet_on(w.hosts.a);
    sys_share_fds(w.p1, child);
    EQ(sys_close(w.p1, client), 0);
    process_signal(child, SIM_SIGKILL); /* ends at once */
    puppets_run(&w, MSEC(10));
    EQ(recv_1(w.p2, server), 1);
    puppets_fini(&w);
}

static int epoll_now(struct process *p, int epoll, uint64_t *data)
{
    struct sys_epoll_event events[4] = { { 0 } };
    int n = sys_epoll_wait(p, epoll, events, 4, 0);

    *data = n > 0 ? events[0].data : 0;
    return n;
}

static void what_is_closed_leaves_the_set_when_nobody_has_it_any_more(void)
{
    struct sys_epoll_event in = { .events = SOCK_POLLIN, .data = 7 };
    struct puppets w;
    struct process *child;
    int client, server, epoll;
    uint64_t data;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    epoll = sys_epoll_create(w.p2);
    EQ(sys_epoll_ctl(w.p2, epoll, SYS_EPOLL_ADD, server, &in), 0);
    child = puppet_on(w.hosts.b);
    sys_share_fds(w.p2, child);
    EQ(send_x(w.p1, client), 1);
    puppets_run(&w, MSEC(10));
    EQ(sys_close(w.p2, server), 0);
    EQ(epoll_now(w.p2, epoll, &data), 1); /* the child holds it, so it is told still */
    EQ(data, 7);
    EQ(sys_epoll_ctl(w.p2, epoll, SYS_EPOLL_DEL, server, NULL), -SIM_EBADF);
    EQ(sys_close(child, server), 0);
    EQ(epoll_now(w.p2, epoll, &data), 0);
    EQ(epoll_now(child, epoll, &data), 0); /* the set is shared, too */
    EQ(sys_close(w.p2, epoll), 0);
    EQ(epoll_now(child, epoll, &data), 0);
    puppets_fini(&w);
}

static void sets_of_sets_do_not_go_in_circles(void)
{
    struct sys_epoll_event in = { .events = SOCK_POLLIN };
    struct puppets w;
    int sets[7];

    puppets_init(&w);
    for (int i = 0; i < 7; i++)
        sets[i] = sys_epoll_create(w.p1);
    for (int i = 0; i + 1 < 5; i++)
        EQ(sys_epoll_ctl(w.p1, sets[i + 1], SYS_EPOLL_ADD, sets[i], &in), 0);
    EQ(sys_epoll_ctl(w.p1, sets[0], SYS_EPOLL_ADD, sets[4], &in), -SIM_ELOOP);
    EQ(sys_epoll_ctl(w.p1, sets[5], SYS_EPOLL_ADD, sets[4], &in), -SIM_ELOOP); /* too deep */
    EQ(sys_close(w.p1, sets[2]), 0); /* in the middle: both its neighbours forget it */
    EQ(sys_epoll_ctl(w.p1, sets[3], SYS_EPOLL_DEL, sets[1], &in), -SIM_ENOENT);
    puppets_fini(&w);
}

static void poll_of_datagram_sockets(void)
{
    struct puppets w;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(poll_now(w.p1, fd), 0x4);
    EQ(sys_connect(w.p1, fd, at(H2, 1)), 0);
    EQ(send_x(w.p1, fd), 1);
    puppets_run(&w, MSEC(10));
    EQ(poll_now(w.p1, fd), 0xc);
    fd = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(sys_connect(w.p1, fd, at(H2, 9)), 0);
    EQ(sys_shutdown(w.p1, fd, SOCK_SHUT_RD), 0);
    EQ(poll_now(w.p1, fd), 0x2005);
    EQ(sys_shutdown(w.p1, fd, SOCK_SHUT_WR), 0);
    EQ(poll_now(w.p1, fd), 0x2015);
    puppets_fini(&w);
}

static void backlog_n_lets_n_plus_1_connections_wait(void)
{
    struct puppets w;

    puppets_init(&w);
    for (int backlog = 0; backlog < 2; backlog++) {
        uint16_t port = (uint16_t)(80 + backlog);
        int listener = puppet_listen(w.p2, port, backlog), fds[4];

        for (int i = 0; i < 4; i++) {
            fds[i] = puppet_socket(w.p1, SIM_SOCK_STREAM);
            EQ(sys_connect(w.p1, fds[i], at(H2, port)), -SIM_EINPROGRESS);
            puppets_run(&w, MSEC(5));
        }
        for (int i = 0; i < 4; i++)
            EQ(poll_now(w.p1, fds[i]), i <= backlog ? 0x4 : 0);
        sys_close(w.p2, listener); /* who waits to be accepted is reset */
        puppets_run(&w, MSEC(5));
        for (int i = 0; i < 4; i++)
            EQ(recv_1(w.p1, fds[i]), i <= backlog ? -SIM_ECONNRESET : -SIM_EAGAIN);
    }
    puppets_fini(&w);
}

static void descriptors_that_a_child_has_too_keep_the_connection_open(void)
{
    struct puppets w;
    struct process *child;
    int client, server;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    child = puppet_on(w.hosts.b);
    sys_share_fds(w.p2, child);
    EQ(sys_close(w.p2, server), 0);
    puppets_run(&w, MSEC(10));
    EQ(recv_1(w.p1, client), -SIM_EAGAIN); /* no FIN */
    EQ(send_x(child, server), 1);
    puppets_run(&w, MSEC(10));
    EQ(recv_1(w.p1, client), 1);
    EQ(sys_close(child, server), 0);
    puppets_run(&w, MSEC(10));
    EQ(recv_1(w.p1, client), 0);
    puppets_fini(&w);
}

UNIT_MAIN("calls", TEST(families_types_and_protocols_that_are_not_there), TEST(fresh_tcp_socket),
          TEST(listening_socket), TEST(connecting_socket), TEST(connected_socket),
          TEST(peer_that_closed_with_unread_octets_resets),
          TEST(first_send_to_a_closed_peer_succeeds_and_the_second_is_epipe),
          TEST(refused_connection), TEST(places_no_connection_can_go_to),
          TEST(datagram_socket_without_a_peer), TEST(connected_datagram_socket_gets_to_know_errors),
          TEST(datagrams_are_cut_peeked_at_and_gathered), TEST(streams_are_peeked_at_and_scattered),
          TEST(urgent_octet_is_read_beside_the_stream),
          TEST(error_queue_tells_who_could_not_be_reached), TEST(raw_sockets_are_told_errors),
          TEST(too_long_comes_before_an_earlier_error), TEST(poll_in_every_state),
          TEST(what_is_closed_leaves_the_set_when_nobody_has_it_any_more),
          TEST(sets_of_sets_do_not_go_in_circles), TEST(close_lingers_until_the_time_is_over),
          TEST(close_lingers_until_the_peer_has_everything), TEST(close_lingers_until_a_reset),
          TEST(only_the_last_close_lingers_and_exit_does_not), TEST(poll_of_datagram_sockets),
          TEST(backlog_n_lets_n_plus_1_connections_wait),
          TEST(descriptors_that_a_child_has_too_keep_the_connection_open))
