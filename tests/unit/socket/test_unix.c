/* AF_UNIX: what calls return was recorded on Linux 6.18 with the same calls. */
#include "tests/support/puppet.h"

static int local(struct process *p, int type)
{
    int fd = sys_socket(p, SIM_AF_UNIX, type, 0);

    EQ(sys_set_nonblock(p, fd, true), 0);
    return fd;
}

static int64_t send_text(struct process *p, int fd, const char *text)
{
    return sys_send(p, fd, text, strlen(text), 0);
}

static int64_t recv_some(struct process *p, int fd)
{
    char octets[16];

    return sys_recv(p, fd, octets, sizeof octets, 0);
}

static void fresh_stream_socket(void)
{
    struct puppets w;
    struct process *p;
    int fd, error;

    puppets_init(&w);
    p = w.p1;
    fd = local(p, SIM_SOCK_STREAM);
    EQ(send_text(p, fd, "x"), -SIM_ENOTCONN);
    EQ(recv_some(p, fd), -SIM_EINVAL);
    OK(sys_unix_name(p, fd, true, &error) == NULL);
    EQ(error, -SIM_ENOTCONN);
    EQ_STR(sys_unix_name(p, fd, false, &error), "");
    EQ(sys_accept(p, fd, NULL), -SIM_EINVAL);
    EQ(sys_listen(p, fd, 1), -SIM_EINVAL);
    EQ(sys_shutdown(p, fd, SOCK_SHUT_RDWR), 0);
    EQ(sys_bind(p, fd, at(H1, 80)), -SIM_EINVAL); /* an address of another family */
    EQ(sys_bind_unix(p, puppet_socket(p, SIM_SOCK_STREAM), "/p"), -SIM_EAFNOSUPPORT);
    EQ(sys_setsockopt_octets(p, fd, 6, 1, &error, 4), -SIM_EOPNOTSUPP);
    EQ(sys_socket(p, SIM_AF_UNIX, 4, 0), -SIM_ESOCKTNOSUPPORT);
    EQ(sys_socket(p, SIM_AF_UNIX, SIM_SOCK_STREAM, 6), -SIM_EPROTONOSUPPORT);
    puppets_fini(&w);
}

static void names_are_taken_until_their_file_is_removed(void)
{
    struct puppets w;
    struct process *p;
    int fd;

    puppets_init(&w);
    p = w.p1;
    os_file_write(p->os, "/q", "", 0, false);
    fd = local(p, SIM_SOCK_STREAM);
    EQ(sys_connect_unix(p, fd, "/none"), -SIM_ENOENT);
    EQ(sys_connect_unix(p, fd, "@none"), -SIM_ECONNREFUSED);
    EQ(sys_connect_unix(p, fd, "/q"), -SIM_ECONNREFUSED);
    EQ(sys_bind_unix(p, fd, "/q"), -SIM_EADDRINUSE);
    EQ(sys_bind_unix(p, fd, "/p"), 0);
    EQ(sys_bind_unix(p, fd, "/p2"), -SIM_EINVAL);
    EQ(sys_bind_unix(p, local(p, SIM_SOCK_STREAM), "/p"), -SIM_EADDRINUSE);
    EQ(sys_connect_unix(p, local(p, SIM_SOCK_STREAM), "/p"), -SIM_ECONNREFUSED); /* no listen() */
    sys_close(p, fd);
    fd = local(p, SIM_SOCK_STREAM);
    EQ(sys_bind_unix(p, fd, "/p"), -SIM_EADDRINUSE); /* the file is still there */
    OK(os_file_remove(p->os, "/p"));
    EQ(sys_bind_unix(p, fd, "/p"), 0);
    fd = local(p, SIM_SOCK_STREAM);
    EQ(sys_bind_unix(p, fd, "@a"), 0);
    EQ(sys_bind_unix(p, local(p, SIM_SOCK_STREAM), "@a"), -SIM_EADDRINUSE);
    sys_close(p, fd);
    EQ(sys_bind_unix(p, local(p, SIM_SOCK_STREAM), "@a"), 0); /* abstract ones go with it */
    puppets_fini(&w);
}

static void stream_from_connect_to_close(void)
{
    struct puppets w;
    struct process *p;
    int listener, c[3], a, error;
    char octets[8] = "";

    puppets_init(&w);
    p = w.p1;
    listener = local(p, SIM_SOCK_STREAM);
    EQ(sys_bind_unix(p, listener, "/p"), 0);
    EQ(sys_listen(p, listener, 0), 0);
    EQ(sys_accept(p, listener, NULL), -SIM_EAGAIN);
    for (int i = 0; i < 3; i++) {
        c[i] = local(p, SIM_SOCK_STREAM);
        EQ(sys_connect_unix(p, c[i], "/p"), i == 0 ? 0 : -SIM_EAGAIN); /* backlog 0: one waits */
    }
    EQ(send_text(p, c[0], "hi"), 2); /* before accept() */
    EQ(send_text(p, listener, "x"), -SIM_ENOTCONN);
    EQ(recv_some(p, listener), -SIM_EINVAL);
    a = sys_accept(p, listener, NULL);
    EQ(sys_set_nonblock(p, a, true), 0);
    EQ(recv_some(p, a), 2);
    EQ(recv_some(p, a), -SIM_EAGAIN);
    EQ_STR(sys_unix_name(p, a, true, &error), "");
    EQ_STR(sys_unix_name(p, a, false, &error), "/p");
    EQ_STR(sys_unix_name(p, c[0], true, &error), "/p");
    EQ(send_text(p, c[0], "AB"), 2);
    EQ(send_text(p, c[0], "CD"), 2);
    EQ(sys_recv(p, a, octets, 3, SOCK_MSG_PEEK), 3);
    EQ(sys_recv(p, a, octets, 8, 0), 4);
    EQ_STR(octets, "ABCD");
    EQ(sys_shutdown(p, c[0], SOCK_SHUT_WR), 0);
    EQ(recv_some(p, a), 0);
    EQ(send_text(p, c[0], "x"), -SIM_EPIPE);
    EQ(send_text(p, a, "z"), 1);
    EQ(recv_some(p, c[0]), 1);
    EQ(sys_connect_unix(p, c[0], "/p"), -SIM_EISCONN);
    sys_close(p, a);
    EQ(recv_some(p, c[0]), 0);
    EQ(sys_connect_unix(p, c[1], "/p"), 0);
    sys_close(p, listener); /* nobody accepts it any more */
    EQ(recv_some(p, c[1]), -SIM_ECONNRESET);
    EQ(recv_some(p, c[1]), 0);
    EQ(send_text(p, c[1], "x"), -SIM_EPIPE);
    puppets_fini(&w);
}

static void pairs_that_are_closed_and_full(void)
{
    struct puppets w;
    struct process *p;
    int fds[2], n = 0;

    puppets_init(&w);
    p = w.p1;
    EQ(sys_socketpair(p, SIM_SOCK_STREAM, fds), 0);
    EQ(sys_set_nonblock(p, fds[0], true), 0);
    EQ(send_text(p, fds[0], "abc"), 3);
    sys_close(p, fds[1]); /* with octets that nobody read */
    EQ(recv_some(p, fds[0]), -SIM_ECONNRESET);
    EQ(recv_some(p, fds[0]), 0);
    EQ(send_text(p, fds[0], "x"), -SIM_EPIPE);
    EQ(sys_socketpair(p, SIM_SOCK_STREAM, fds), 0);
    EQ(sys_set_nonblock(p, fds[0], true), 0);
    while (send_text(p, fds[0], "x") == 1)
        n++;
    EQ(n, 278);
    EQ(sys_socketpair(p, SIM_SOCK_SEQPACKET, fds), 0);
    EQ(send_text(p, fds[0], "AB"), 2);
    EQ(send_text(p, fds[0], "CD"), 2);
    EQ(recv_some(p, fds[1]), 2);
    EQ(recv_some(p, fds[1]), 2);
    puppets_fini(&w);
}

static void datagrams_by_name(void)
{
    struct puppets w;
    struct process *p;
    struct sock_recv message = { .octets = NULL, .size = 8 };
    int d, x, y, n = 0;

    puppets_init(&w);
    p = w.p1;
    d = local(p, SIM_SOCK_DGRAM);
    x = local(p, SIM_SOCK_DGRAM);
    y = local(p, SIM_SOCK_DGRAM);
    EQ(send_text(p, x, "x"), -SIM_ENOTCONN);
    EQ(recv_some(p, x), -SIM_EAGAIN);
    EQ(sys_listen(p, x, 1), -SIM_EOPNOTSUPP);
    EQ(sys_sendto_unix(p, x, "x", 1, 0, "/none"), -SIM_ENOENT);
    EQ(sys_bind_unix(p, d, "/d"), 0);
    while (sys_sendto_unix(p, x, "abc", 3, 0, "/d") == 3)
        n++;
    EQ(n, 11); /* net.unix.max_dgram_qlen is 10 */
    EQ(sys_connect_unix(p, local(p, SIM_SOCK_STREAM), "/d"), -SIM_EPROTOTYPE);
    while (n-- > 0)
        EQ(recv_some(p, d), 3);
    EQ(sys_bind_unix(p, y, "@y"), 0);
    EQ(sys_connect_unix(p, y, "/d"), 0);
    EQ(send_text(p, y, "q"), 1);
    EQ(sys_recvmsg(p, d, &message), 1);
    EQ_STR(message.from_name, "@y");
    EQ(sys_sendto_unix(p, x, NULL, 300000, 0, "/d"), -SIM_EMSGSIZE);
    sys_close(p, d);
    EQ(send_text(p, y, "x"), -SIM_ECONNREFUSED);
    EQ(send_text(p, y, "x"), -SIM_ENOTCONN);
    EQ(sys_sendto_unix(p, x, "x", 1, 0, "/d"), -SIM_ECONNREFUSED);
    puppets_fini(&w);
}

static int64_t send_with(struct process *p, int fd, const char *text, int passed)
{
    struct sock_send message = { .octets = text, .len = strlen(text), .pass_fd = passed };

    return sys_sendmsg(p, fd, &message);
}

/* What recvmsg() gives: octets, and the number of a descriptor that came along, or 0. */
static int64_t recv_with(struct process *p, int fd, size_t size, int *passed)
{
    char octets[16];
    struct sock_recv message = { .octets = octets, .size = size, .takes_fd = true };
    int64_t n = sys_recvmsg(p, fd, &message);

    *passed = message.passed_fd;
    return n;
}

static void descriptors_go_with_octets(void)
{
    struct puppets w;
    struct process *child;
    int pair[2], client, server, passed;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_socketpair(w.p2, SIM_SOCK_STREAM, pair), 0);
    EQ(sys_set_nonblock(w.p2, pair[1], true), 0);
    child = puppet_on(w.hosts.b);
    sys_share_fds(w.p2, child);
    EQ(sys_close(child, server), 0);
    EQ(send_with(w.p2, pair[0], "x", 99), -SIM_EBADF);
    EQ(send_text(w.p2, pair[0], "aa"), 2);
    EQ(send_with(w.p2, pair[0], "bb", server), 2);
    EQ(send_text(w.p2, pair[0], "cc"), 2);
    EQ(sys_close(w.p2, server), 0);
    puppets_run(&w, SIM_MSEC(10));
    EQ(recv_some(w.p1, client), -SIM_EAGAIN);      /* it is on its way, so it is open */
    EQ(recv_with(child, pair[1], 16, &passed), 4); /* reading stops behind its message */
    OK(passed > 0);
    EQ(send_text(child, passed, "hello"), 5);
    puppets_run(&w, SIM_MSEC(10));
    EQ(recv_some(w.p1, client), 5);
    EQ(recv_with(child, pair[1], 16, &server), 2);
    EQ(server, 0);
    EQ(sys_close(child, passed), 0);
    puppets_run(&w, SIM_MSEC(10));
    EQ(recv_some(w.p1, client), 0);
    puppets_fini(&w);
}

static void descriptor_that_nobody_asks_for_is_closed(void)
{
    struct puppets w;
    int pair[2], client, server, passed;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_socketpair(w.p2, SIM_SOCK_STREAM, pair), 0);
    EQ(send_with(w.p2, pair[0], "bb", server), 2);
    EQ(send_text(w.p2, pair[0], "cc"), 2);
    EQ(sys_close(w.p2, server), 0);
    puppets_run(&w, SIM_MSEC(10));
    EQ(recv_some(w.p1, client), -SIM_EAGAIN);
    EQ(sys_recv(w.p2, pair[1], NULL, 1, 0), 1); /* goes to who reads the first octet */
    puppets_run(&w, SIM_MSEC(10));
    EQ(recv_some(w.p1, client), 0);
    EQ(recv_with(w.p2, pair[1], 16, &passed), 3);
    EQ(passed, 0);
    EQ(send_with(w.p2, pair[0], "in", pair[1]), 2); /* waits in its own queue until the end */
    EQ(sys_close(w.p2, pair[1]), 0);
    puppets_fini(&w);
}

UNIT_MAIN("unix", TEST(fresh_stream_socket), TEST(names_are_taken_until_their_file_is_removed),
          TEST(stream_from_connect_to_close), TEST(pairs_that_are_closed_and_full),
          TEST(datagrams_by_name), TEST(descriptors_go_with_octets),
          TEST(descriptor_that_nobody_asks_for_is_closed))
