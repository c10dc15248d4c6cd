/* Pipes, files and what moves octets between them and sockets, as recorded from Linux 6.18. */
#include "tests/support/puppet.h"

#define MSEC(n) SIM_MSEC(n)

static struct puppets w;
static int client, server, fds[2];
static char octets[70000];

static void begin(void)
{
    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_pipe(w.p1, fds), 0);
    EQ(sys_set_nonblock(w.p1, fds[0], true), 0);
    EQ(sys_set_nonblock(w.p1, fds[1], true), 0);
}

static void what_is_written_is_read_until_the_writer_has_gone(void)
{
    begin();
    EQ(sys_recv(w.p1, fds[0], octets, 10, 0), -SIM_EAGAIN);
    EQ(sys_send(w.p1, fds[1], "hello", 5, 0), 5);
    EQ(sys_recv(w.p1, fds[0], octets, 2, 0), 2);
    EQ_MEM(octets, "he", 2);
    EQ(sys_send(w.p1, fds[0], "x", 1, 0), -SIM_EBADF);
    EQ(sys_recv(w.p1, fds[1], octets, 1, 0), -SIM_EBADF);
    EQ(sys_close(w.p1, fds[1]), 0);
    EQ(sys_recv(w.p1, fds[0], octets, 10, 0), 3);
    EQ(sys_recv(w.p1, fds[0], octets, 10, 0), 0);
    puppets_fini(&w);
}

static void nobody_reads_a_pipe_whose_reader_has_gone(void)
{
    struct sys_pollfd one = { .events = SOCK_POLLOUT };

    begin();
    one.fd = fds[1];
    EQ(sys_close(w.p1, fds[0]), 0);
    EQ(sys_poll(w.p1, &one, 1, 0), 1);
    EQ(one.revents, SOCK_POLLOUT | SOCK_POLLERR);
    EQ(sys_send(w.p1, fds[1], "x", 1, 0), -SIM_EPIPE);
    puppets_fini(&w);
}

static void a_pipe_holds_sixteen_pages(void)
{
    struct sys_pollfd one = { .events = SOCK_POLLOUT };

    begin();
    one.fd = fds[1];
    EQ(sys_send(w.p1, fds[1], octets, sizeof octets, 0), 65536);
    EQ(sys_send(w.p1, fds[1], octets, 1, 0), -SIM_EAGAIN);
    EQ(sys_poll(w.p1, &one, 1, 0), 0);
    EQ(sys_recv(w.p1, fds[0], octets, 4096, 0), 4096);
    EQ(sys_poll(w.p1, &one, 1, 0), 1);
    EQ(sys_send(w.p1, fds[1], octets, 4096, 0), 4096);
    puppets_fini(&w);
}

/* pipe_write() of Linux: what does not fit behind the last octets begins a page. */
static void up_to_a_page_goes_as_a_whole(void)
{
    begin();
    for (int i = 0; i < 16; i++)
        EQ(sys_send(w.p1, fds[1], octets, 3000, 0), 3000);
    EQ(sys_send(w.p1, fds[1], octets, 1097, 0), -SIM_EAGAIN);
    EQ(sys_send(w.p1, fds[1], octets, 1000, 0), 1000);
    EQ(sys_recv(w.p1, fds[0], octets, 2999, 0), 2999);
    EQ(sys_send(w.p1, fds[1], octets, 97, 0), -SIM_EAGAIN);
    EQ(sys_send(w.p1, fds[1], octets, 96 + 4096, 0), 96);
    EQ(sys_recv(w.p1, fds[0], octets, 1, 0), 1);
    EQ(sys_send(w.p1, fds[1], octets, 5000, 0), 4096);
    EQ(sys_recv(w.p1, fds[0], octets, sizeof octets, 0), 15 * 3000 + 1000 + 96 + 4096);
    puppets_fini(&w);
}

static void calls_of_sockets_are_not_for_pipes(void)
{
    struct endpoint endpoint;
    int value;

    begin();
    EQ(sys_bind(w.p1, fds[0], at(0, 1)), -SIM_ENOTSOCK);
    EQ(sys_listen(w.p1, fds[0], 1), -SIM_ENOTSOCK);
    EQ(sys_accept(w.p1, fds[0], NULL), -SIM_ENOTSOCK);
    EQ(sys_shutdown(w.p1, fds[0], SOCK_SHUT_RD), -SIM_ENOTSOCK);
    EQ(sys_getsockname(w.p1, fds[0], &endpoint), -SIM_ENOTSOCK);
    EQ(sys_getsockopt(w.p1, fds[0], OPT_SO_ERROR, &value), -SIM_ENOTSOCK);
    EQ(sys_setsockopt_octets(w.p1, fds[0], 6, 1, &value, sizeof value), -SIM_ENOTSOCK);
    puppets_fini(&w);
}

static void octets_go_from_a_pipe_into_a_connection_and_back(void)
{
    begin();
    EQ(sys_send(w.p1, fds[1], "hello", 5, 0), 5);
    EQ(sys_splice(w.p1, fds[0], client, 3, 0), 3);
    EQ(sys_splice(w.p1, fds[0], client, 9, 0), 2);
    EQ(sys_splice(w.p1, fds[0], client, 9, SYS_SPLICE_NONBLOCK), -SIM_EAGAIN);
    EQ(sys_splice(w.p1, fds[0], fds[1], 9, 0), -SIM_EINVAL);
    EQ(sys_splice(w.p1, client, client, 9, 0), -SIM_EINVAL);
    EQ(sys_splice(w.p1, client, fds[0], 9, 0), -SIM_EBADF);
    EQ(sys_splice(w.p1, client, fds[1], 9, 0), -SIM_EAGAIN);
    puppets_run(&w, MSEC(10));
    EQ(sys_recv(w.p2, server, octets, 10, 0), 5);
    EQ_MEM(octets, "hello", 5);
    EQ(sys_send(w.p2, server, "back", 4, 0), 4);
    puppets_run(&w, MSEC(10));
    EQ(sys_splice(w.p1, client, fds[1], 100, 0), 4);
    EQ(sys_recv(w.p1, fds[0], octets, 10, 0), 4);
    EQ_MEM(octets, "back", 4);
    puppets_fini(&w);
}

static void a_file_is_sent_from_where_one_likes(void)
{
    uint64_t offset = 6;
    int file;

    begin();
    EQ(sys_open(w.p1, "/tmp/nothing"), -SIM_ENOENT);
    os_file_write(w.hosts.a, "/tmp/text", "hello world", 11, false);
    file = sys_open(w.p1, "/tmp/text");
    OK(file > 0);
    EQ(sys_sendfile(w.p1, client, file, &offset, 100), 5);
    EQ(offset, 11);
    EQ(sys_sendfile(w.p1, client, file, &offset, 100), 0);
    EQ(sys_sendfile(w.p1, client, file, NULL, 5), 5);
    EQ(sys_recv(w.p1, file, octets, 100, 0), 6); /* behind what was sent */
    EQ(sys_sendfile(w.p1, client, fds[0], &offset, 5), -SIM_ESPIPE);
    EQ(sys_sendfile(w.p1, client, fds[0], NULL, 5), -SIM_EINVAL);
    puppets_run(&w, MSEC(300));
    EQ(sys_recv(w.p2, server, octets, 100, 0), 10);
    EQ_MEM(octets, "worldhello", 10);
    puppets_fini(&w);
}

static void a_second_descriptor_keeps_the_connection(void)
{
    int second;

    begin();
    EQ(sys_dup(w.p1, 99), -SIM_EBADF);
    second = sys_dup(w.p1, client);
    OK(second > client);
    EQ(sys_close(w.p1, client), 0);
    EQ(sys_send(w.p1, second, "x", 1, 0), 1);
    puppets_run(&w, MSEC(10));
    EQ(sys_recv(w.p2, server, octets, 10, 0), 1);
    puppets_fini(&w);
}

UNIT_MAIN("pipe", TEST(what_is_written_is_read_until_the_writer_has_gone),
          TEST(nobody_reads_a_pipe_whose_reader_has_gone), TEST(a_pipe_holds_sixteen_pages),
          TEST(up_to_a_page_goes_as_a_whole), TEST(calls_of_sockets_are_not_for_pipes),
          TEST(octets_go_from_a_pipe_into_a_connection_and_back),
          TEST(a_file_is_sent_from_where_one_likes), TEST(a_second_descriptor_keeps_the_connection))
