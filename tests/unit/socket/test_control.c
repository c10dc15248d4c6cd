/* Control messages, timestamps and MSG_ZEROCOPY between two hosts, as recorded from Linux 6.18. */
#include "stack/socket/control.h"
#include "tests/support/puppet.h"

#define MSEC(n)  SIM_MSEC(n)
#define TX_ALL   (SOCK_STAMP_TX_SCHED | SOCK_STAMP_TX_SOFTWARE | SOCK_STAMP_TX_ACK)
#define NUMBERED (SOCK_STAMP_SOFTWARE | SOCK_STAMP_OPT_ID | SOCK_STAMP_OPT_TSONLY)

/* The next entry of the error queue. */
static int64_t next_report(struct process *self, int fd, struct sock_recv *message)
{
    *message = (struct sock_recv){ .flags = SOCK_MSG_ERRQUEUE };
    return sys_recvmsg(self, fd, message);
}

static void expect_report(struct process *self, int fd, int error, uint32_t info, uint32_t data)
{
    struct sock_recv message;

    EQ(next_report(self, fd, &message), 0);
    EQ(message.report.error, error);
    EQ(message.report.info, info);
    EQ(message.report.data, data);
}

static void expect_no_report(struct process *self, int fd)
{
    struct sock_recv message;

    EQ(next_report(self, fd, &message), -SIM_EAGAIN);
}

static void a_write_is_stamped_when_it_goes_and_when_it_is_acknowledged(void)
{
    struct puppets w;
    struct sys_pollfd one = { .events = SOCK_POLLIN };
    int client, server;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    one.fd = client;
    EQ(sys_setsockopt(w.p1, client, OPT_SO_TIMESTAMPING, TX_ALL | NUMBERED), 0);
    EQ(sys_send(w.p1, client, "abcd", 4, 0), 4);
    EQ(sys_poll(w.p1, &one, 1, 0), 1);
    EQ(one.revents, SOCK_POLLERR);
    expect_report(w.p1, client, SIM_ENOMSG, SOCK_STAMPED_SCHED, 3);
    expect_report(w.p1, client, SIM_ENOMSG, SOCK_STAMPED_SENT, 3);
    expect_no_report(w.p1, client);
    puppets_run(&w, MSEC(100));
    expect_report(w.p1, client, SIM_ENOMSG, SOCK_STAMPED_ACK, 3);
    EQ(sys_poll(w.p1, &one, 1, 0), 0);
    puppets_fini(&w);
}

static void flags_of_so_timestamping_are_looked_at(void)
{
    struct puppets w;
    int client, server, fresh;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    fresh = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_setsockopt(w.p1, client, OPT_SO_TIMESTAMPING, 0x80000), -SIM_EINVAL);
    EQ(sys_setsockopt(w.p1, client, OPT_SO_TIMESTAMPING, SOCK_STAMP_OPT_ID_TCP), -SIM_EINVAL);
    EQ(sys_setsockopt(w.p1, client, OPT_SO_TIMESTAMPING, SOCK_STAMP_OPT_STATS), -SIM_EINVAL);
    EQ(sys_setsockopt(w.p1, fresh, OPT_SO_TIMESTAMPING, SOCK_STAMP_OPT_ID), -SIM_EINVAL);
    EQ(sys_setsockopt(w.p1, fresh, OPT_SO_TIMESTAMPING, SOCK_STAMP_SOFTWARE), 0);
    puppets_fini(&w);
}

static void calls_without_a_copy_are_told_together(void)
{
    struct puppets w;
    struct sock_recv message;
    int client, server;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_send(w.p1, client, "ab", 2, SOCK_MSG_ZEROCOPY), 2); /* not asked for: copied */
    EQ(sys_setsockopt(w.p1, client, OPT_SO_ZEROCOPY, 2), -SIM_EINVAL);
    EQ(sys_setsockopt(w.p1, client, OPT_SO_ZEROCOPY, 1), 0);
    for (int i = 0; i < 3; i++)
        EQ(sys_send(w.p1, client, "ab", 2, SOCK_MSG_ZEROCOPY), 2);
    expect_no_report(w.p1, client);
    puppets_run(&w, MSEC(300));
    EQ(next_report(w.p1, client, &message), 0);
    EQ(message.report.origin, SOCK_ORIGIN_COPYLESS);
    EQ(message.report.error, 0);
    EQ(message.report.code, 0); /* nothing was copied */
    EQ(message.report.info, 0);
    EQ(message.report.data, 2);
    expect_no_report(w.p1, client);
    puppets_fini(&w);
}

static void what_a_reset_throws_away_is_done_with(void)
{
    struct puppets w;
    int client, server;

    puppets_init(&w);
    puppet_connect(&w, 80, &client, &server);
    EQ(sys_setsockopt(w.p1, client, OPT_SO_ZEROCOPY, 1), 0);
    EQ(sys_setsockopt(w.p2, server, OPT_SO_LINGER, 0), 0);
    EQ(sys_setsockopt(w.p1, client, OPT_TCP_CORK, 1), 0);
    EQ(sys_send(w.p1, client, "ab", 2, SOCK_MSG_ZEROCOPY), 2);
    EQ(sys_close(w.p2, server), 0);
    puppets_run(&w, MSEC(10));
    expect_report(w.p1, client, 0, 0, 0);
    puppets_fini(&w);
}

static void datagrams_are_numbered_from_0(void)
{
    struct puppets w;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    EQ(sys_setsockopt(w.p1, fd, OPT_SO_TIMESTAMPING, SOCK_STAMP_TX_SOFTWARE | NUMBERED), 0);
    EQ(sys_sendto(w.p1, fd, "a", 1, 0, at(H2, 9)), 1);
    EQ(sys_sendto(w.p1, fd, "a", 1, 0, at(H2, 9)), 1);
    expect_report(w.p1, fd, SIM_ENOMSG, SOCK_STAMPED_SENT, 0);
    expect_report(w.p1, fd, SIM_ENOMSG, SOCK_STAMPED_SENT, 1);
    expect_no_report(w.p1, fd);
    puppets_fini(&w);
}

/* A datagram from p1 to @fd on p2 with what @cmsg says. */
static int64_t send_with(struct puppets *w, int fd, const struct sys_cmsg *cmsg)
{
    struct sock_control control;
    struct sock_send message = {
        .octets = "abc", .len = 3, .has_to = true, .to = at(H2, 9), .control = &control
    };
    int error = sys_send_control(w->p1, fd, cmsg, 1, &control);

    return error < 0 ? error : sys_sendmsg(w->p1, fd, &message);
}

static void one_datagram_has_its_own_tos_and_ttl(void)
{
    struct puppets w;
    struct sys_cmsg cmsg = { .level = 0, .type = 1, .len = 4, .data = { 0x20 } };
    struct sock_recv message = { .size = 8 };
    int from, to;

    puppets_init(&w);
    from = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    to = puppet_socket(w.p2, SIM_SOCK_DGRAM);
    EQ(sys_bind(w.p2, to, at(0, 9)), 0);
    EQ(send_with(&w, from, &cmsg), 3);
    puppets_run(&w, MSEC(10));
    EQ(sys_recvmsg(w.p2, to, &message), 3);
    EQ(message.tos, 0x20);
    cmsg.type = 2;
    EQ(send_with(&w, from, &cmsg), 3);
    puppets_run(&w, MSEC(10));
    EQ(sys_recvmsg(w.p2, to, &message), 3);
    EQ(message.tos, 0);
    EQ(message.ttl, 0x20);
    cmsg.data[0] = 0;
    EQ(send_with(&w, from, &cmsg), -SIM_EINVAL);
    cmsg.type = 99;
    EQ(send_with(&w, from, &cmsg), -SIM_EINVAL);
    puppets_fini(&w);
}

static void control_messages_without_room_are_cut(void)
{
    struct puppets w;
    struct sys_cmsg cmsgs[SYS_CMSGS_MAX];
    struct sock_recv message = { .size = 2 };
    unsigned flags;
    int from, to;

    puppets_init(&w);
    from = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    to = puppet_socket(w.p2, SIM_SOCK_DGRAM);
    EQ(sys_bind(w.p2, to, at(0, 9)), 0);
    EQ(sys_setsockopt(w.p2, to, OPT_IP_RECVTTL, 1), 0);
    EQ(sys_setsockopt(w.p2, to, OPT_IP_RECVTOS, 1), 0);
    EQ(sys_sendto(w.p1, from, "abc", 3, 0, at(H2, 9)), 3);
    puppets_run(&w, MSEC(10));
    EQ(sys_recvmsg(w.p2, to, &message), 2);
    EQ(sys_recv_control(w.p2, to, &message, 100, cmsgs, &flags), 2);
    EQ(flags, SOCK_MSG_TRUNC);
    EQ(cmsgs[0].type, 2);
    EQ(cmsgs[0].data[0], 64);
    EQ(cmsgs[1].len, 1);
    EQ(sys_recv_control(w.p2, to, &message, sys_cmsg_space(4), cmsgs, &flags), 1);
    EQ(flags, SOCK_MSG_TRUNC | SOCK_MSG_CTRUNC);
    EQ(sys_recv_control(w.p2, to, &message, 0, cmsgs, &flags), 0);
    EQ(flags, SOCK_MSG_TRUNC | SOCK_MSG_CTRUNC);
    puppets_fini(&w);
}

UNIT_MAIN("control", TEST(a_write_is_stamped_when_it_goes_and_when_it_is_acknowledged),
          TEST(flags_of_so_timestamping_are_looked_at),
          TEST(calls_without_a_copy_are_told_together), TEST(what_a_reset_throws_away_is_done_with),
          TEST(datagrams_are_numbered_from_0), TEST(one_datagram_has_its_own_tos_and_ttl),
          TEST(control_messages_without_room_are_cut))
