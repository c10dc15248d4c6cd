/* Control messages, timestamps and MSG_ZEROCOPY between two hosts, as recorded from Linux 6.18. */
#include "stack/net/ip6.h"
#include "stack/socket/control.h"
#include "stack/wire/ipv6_wire.h"
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

/* A datagram of IPv6 from p1's @source, to @to on p2. */
static void expect_from(struct puppets *w, int from, int to, struct ip6_addr source)
{
    struct sys_cmsg cmsg = { .level = 41, .type = 50, .len = 20 };
    struct sock_control control;
    struct sock_send out = {
        .octets = "abc",
        .len = 3,
        .has_to = true,
        .to = { .v6 = true, .addr6 = IP6(0xfd00, 0, 0, 0, 0, 0, 0, 2), .port = 9 },
        .control = &control
    };
    struct sock_recv in = { .size = 8 };

    ip6_put(cmsg.data, source);
    EQ(sys_send_control(w->p1, from, &cmsg, 1, &control), 0);
    EQ(sys_sendmsg(w->p1, from, &out), 3);
    puppets_run(w, MSEC(10));
    EQ(sys_recvmsg(w->p2, to, &in), 3);
    OK(ip6_eq(in.from.addr6, source));
}

/* Who looks at frames has their checksums computed, and then they are verified. */
static void the_source_that_a_datagram_is_given_is_in_its_checksum(void)
{
    const struct ip6_addr sources[] = { IP6(0xfd00, 0, 0, 0, 0, 0, 0, 1),
                                        IP6(0xfd00, 0, 0, 0, 0, 0, 0, 3) };
    struct puppets w;
    struct endpoint any = { .v6 = true, .port = 9 };
    int from, to;

    puppets_init(&w);
    for (unsigned i = 0; i < 2; i++)
        EQ(ip6_addr_add(w.hosts.a->ip.ifaces[1], sources[i], 64, false), 0);
    EQ(ip6_addr_add(w.hosts.b->ip.ifaces[1], IP6(0xfd00, 0, 0, 0, 0, 0, 0, 2), 64, false), 0);
    from = sys_socket(w.p1, SIM_AF_INET6, SIM_SOCK_DGRAM, 0);
    to = sys_socket(w.p2, SIM_AF_INET6, SIM_SOCK_DGRAM, 0);
    EQ(sys_set_nonblock(w.p2, to, true), 0);
    EQ(sys_bind(w.p2, to, any), 0);
    OK(sys_socket(w.p2, SIM_AF_PACKET, SIM_SOCK_RAW, 0) >= 0);
    for (unsigned i = 0; i < 2; i++)
        expect_from(&w, from, to, sources[i]);
    puppets_fini(&w);
}

static void a_source_or_interface_that_is_not_there_is_refused(void)
{
    struct puppets w;
    struct sys_cmsg cmsg = { .type = 8, .len = 12 }; /* IP_PKTINFO: ifindex, source */
    int from;

    puppets_init(&w);
    from = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    be32_put(cmsg.data + 4, H2);
    EQ(send_with(&w, from, &cmsg), -SIM_EINVAL);
    be32_put(cmsg.data + 4, H1);
    EQ(send_with(&w, from, &cmsg), 3);
    cmsg.data[0] = cmsg.data[3] = 99;
    EQ(send_with(&w, from, &cmsg), -SIM_ENODEV);
    puppets_fini(&w);
}

/* What a connected socket has found out about its way is not what one datagram was told. */
static void the_interface_of_one_datagram_is_not_that_of_the_next(void)
{
    struct puppets w;
    struct sock_control control = { .ifindex = IP_LOOPBACK_INDEX };
    struct sock_send message = { .octets = "abc", .len = 3, .control = &control };
    char octets[8];
    int from, to;

    puppets_init(&w);
    from = puppet_socket(w.p1, SIM_SOCK_DGRAM);
    to = puppet_socket(w.p2, SIM_SOCK_DGRAM);
    EQ(sys_bind(w.p2, to, at(0, 9)), 0);
    EQ(sys_connect(w.p1, from, at(H2, 9)), 0);
    for (unsigned i = 0; i < 2; i++) {
        (void)sys_sendmsg(w.p1, from, &message);
        EQ(sys_send(w.p1, from, "ab", 2, 0), 2);
        puppets_run(&w, MSEC(10));
        EQ(sys_recv(w.p2, to, octets, sizeof octets, 0), 2);
        EQ(sys_recv(w.p2, to, octets, sizeof octets, 0), -SIM_EAGAIN);
    }
    puppets_fini(&w);
}

/* The host's own ICMP, when nobody answers its ARP, is an error like any other. */
static void a_connect_to_nobody_tells_who_gave_up(void)
{
    struct puppets w;
    struct sock_recv message;
    int fd;

    puppets_init(&w);
    fd = puppet_socket(w.p1, SIM_SOCK_STREAM);
    EQ(sys_connect(w.p1, fd, at(IP4(10, 0, 0, 77), 80)), -SIM_EINPROGRESS);
    puppets_run(&w, SIM_SEC(5));
    EQ(sys_connect(w.p1, fd, at(IP4(10, 0, 0, 77), 80)), -SIM_EHOSTUNREACH);
    EQ(next_report(w.p1, fd, &message), 0);
    EQ(message.from.addr, IP4(10, 0, 0, 77));
    EQ(message.report.offender.addr, H1);
    EQ(message.report.origin, SOCK_ORIGIN_ICMP);
    EQ(message.report.error, SIM_EHOSTUNREACH);
    expect_no_report(w.p1, fd);
    puppets_fini(&w);
}

/* skb_errqueue_purge() */
static void who_asks_for_errors_no_more_keeps_the_timestamps(void)
{
    static const struct {
        int domain;
        enum sock_option option;
    } cases[] = { { SIM_AF_INET, OPT_IP_RECVERR }, { SIM_AF_INET6, OPT_IPV6_RECVERR } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct puppets w;
        int fd;

        puppets_init(&w);
        fd = sys_socket(w.p1, cases[i].domain, SIM_SOCK_DGRAM, 0);
        EQ(sys_setsockopt(w.p1, fd, OPT_SO_TIMESTAMPING, SOCK_STAMP_TX_SOFTWARE | NUMBERED), 0);
        EQ(sys_setsockopt(w.p1, fd, OPT_IP_RECVERR, 1), 0);
        EQ(sys_sendto(w.p1, fd, "ab", 2, 0, at(H2, 9)), 2);
        puppets_run(&w, MSEC(10));
        EQ(sys_sendto(w.p1, fd, "ab", 2, 0, at(H2, 9)), -SIM_ECONNREFUSED);
        EQ(sys_setsockopt(w.p1, fd, cases[i].option, 1), 0);
        EQ(sys_setsockopt(w.p1, fd, cases[i].option, 0), 0);
        expect_report(w.p1, fd, SIM_ENOMSG, SOCK_STAMPED_SENT, 0);
        expect_no_report(w.p1, fd);
        puppets_fini(&w);
    }
}

UNIT_MAIN("control", TEST(a_write_is_stamped_when_it_goes_and_when_it_is_acknowledged),
          TEST(flags_of_so_timestamping_are_looked_at),
          TEST(calls_without_a_copy_are_told_together), TEST(what_a_reset_throws_away_is_done_with),
          TEST(datagrams_are_numbered_from_0), TEST(one_datagram_has_its_own_tos_and_ttl),
          TEST(control_messages_without_room_are_cut),
          TEST(the_source_that_a_datagram_is_given_is_in_its_checksum),
          TEST(a_source_or_interface_that_is_not_there_is_refused),
          TEST(the_interface_of_one_datagram_is_not_that_of_the_next),
          TEST(a_connect_to_nobody_tells_who_gave_up),
          TEST(who_asks_for_errors_no_more_keeps_the_timestamps))
