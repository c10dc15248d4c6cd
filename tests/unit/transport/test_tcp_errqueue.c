/* The error queue of TCP's sockets: what Linux's tcp_v4_err() and ip_icmp_error() put there. Of
 * IPv6 see test_tcp_v6.c, of datagrams test_calls.c. */
#include "stack/transport/errqueue.h"

#include "base/be.h"
#include "stack/transport/tcp_fastopen.h"
#include "tests/support/tcp_rig.h"
#include "tests/support/unit.h"

static struct tcp_rig rig;
static uint8_t octets[64];

static int64_t next_report(struct sock *sock, struct sock_recv *message)
{
    *message =
        (struct sock_recv){ .octets = octets, .size = sizeof octets, .flags = SOCK_MSG_ERRQUEUE };
    return sock->ops->recv(sock, message);
}

static void expect_no_report(struct sock *sock)
{
    struct sock_recv message;

    EQ(next_report(sock, &message), -SIM_EAGAIN);
}

static void an_error_about_the_syn_is_queued_for_who_has_not_asked_too(void)
{
    struct sock *sock;
    struct sock_recv message;

    rig_init(&rig);
    sock = rig_syn_sent(&rig);
    expect_no_report(sock);
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_PORT, 0, 100);
    expect_no_report(sock); /* it is not about ours */
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, 0, 0);
    EQ(tcp_state_of(sock), TCP_CLOSED);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }), -SIM_EHOSTUNREACH);
    OK((sock->ops->poll(sock) & SOCK_POLLERR) != 0); /* as long as it is there */
    EQ(next_report(sock, &message), 8);              /* the ports and the number that were quoted */
    EQ(be16_get(octets), rig.host_port);
    EQ(be16_get(octets + 2), RIG_PEER_PORT);
    EQ(be32_get(octets + 4), rig.host_iss);
    EQ(message.report.error, SIM_EHOSTUNREACH);
    EQ(message.report.origin, SOCK_ORIGIN_ICMP);
    EQ(message.report.type, ICMP_DEST_UNREACH);
    EQ(message.report.code, ICMP_UNREACH_HOST);
    EQ(message.report.info, 0);
    EQ(message.report.offender.addr, RIG_PEER);
    EQ(message.from.addr, RIG_PEER);
    EQ(message.from.port, RIG_PEER_PORT);
    expect_no_report(sock);
    EQ(sock->ops->poll(sock) & SOCK_POLLERR, 0);
    sock->ops->close(sock);
    rig_fini(&rig);
}

/* sock_dequeue_err_skb(): connect() has nothing left to say. */
static void who_reads_the_queue_first_takes_the_socket_s_error(void)
{
    struct sock *sock;
    struct sock_recv message;

    rig_init(&rig);
    sock = rig_syn_sent(&rig);
    rig_icmp(&rig, ICMP_PARAM_PROBLEM, 0, UINT32_C(9) << 24, 0);
    EQ(sock->error, SIM_EPROTO);
    EQ(next_report(sock, &message), 8);
    EQ(message.report.error, SIM_EPROTO);
    EQ(message.report.info, 9); /* the octet that was wrong */
    EQ(sock->error, 0);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }), -SIM_ECONNABORTED);
    sock->ops->close(sock);
    rig_fini(&rig);
}

static void an_error_about_an_open_connection_is_not_queued(void)
{
    struct sock *listener, *sock = rig_open(&rig, &listener);

    sock->options.recverr = true;
    EQ(rig_send(sock, 100), 100);
    rig_run(&rig, SIM_MSEC(1));
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, 0, 1);
    expect_no_report(sock);
    EQ(sock->error, SIM_EHOSTUNREACH);
    rig_close(&rig, listener, sock);
}

/* A simultaneous open is in SYN-RECEIVED without a listener. */
static void an_error_about_both_syns_is_queued(void)
{
    struct sock *sock;
    struct sock_recv message;

    rig_init(&rig);
    sock = rig_syn_sent(&rig);
    rig_in(&rig, "S", 0, 0, 0);
    EQ(tcp_state_of(sock), TCP_SYN_RECEIVED);
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_PORT, 0, 0);
    EQ(tcp_state_of(sock), TCP_CLOSED);
    EQ(next_report(sock, &message), 8);
    EQ(message.report.error, SIM_ECONNREFUSED);
    sock->ops->close(sock);
    rig_fini(&rig);
}

static void what_is_never_read_goes_with_the_socket(void)
{
    struct sock *sock;

    rig_init(&rig);
    sock = rig_syn_sent(&rig);
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_PORT, 0, 0);
    OK(sock_has_reports(sock));
    sock->ops->close(sock);
    rig_fini(&rig);
}

/* A listener to which a SYN with octets has come, and is answered. */
static struct sock *begin_fast(void)
{
    struct sock *listener;

    rig_init(&rig);
    tcp_sysctl(rig.host.tcp)->fastopen = TCP_FASTOPEN_SERVER | TCP_FASTOPEN_SERVER_NO_COOKIE;
    listener = rig_listen(&rig, 5);
    EQ(listener->ops->set_option(listener, OPT_TCP_FASTOPEN, 5), 0);
    rig_in(&rig, "S", 0, 0, 100);
    return listener;
}

/* tcp_v4_err(): it is about an open connection once the program has it. */
static void an_error_about_a_fast_open_ends_it_before_accept_alone(void)
{
    for (unsigned accepted = 0; accepted < 2; accepted++) {
        struct sock *listener = begin_fast(), *sock = NULL;
        struct sock_recv message;
        int error;

        if (accepted)
            sock = listener->ops->accept(listener, &error);
        rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, 0, 0); /* about the SYN,ACK */
        if (!accepted)
            sock = listener->ops->accept(listener, &error);
        EQ(tcp_state_of(sock), accepted ? TCP_SYN_RECEIVED : TCP_CLOSED);
        EQ(sock->error, accepted ? 0 : SIM_EHOSTUNREACH);
        EQ(sock->soft_error, accepted ? SIM_EHOSTUNREACH : 0);
        EQ(next_report(sock, &message), accepted ? -SIM_EAGAIN : 8);
        rig_close(&rig, listener, sock);
    }
}

UNIT_MAIN("error queue", TEST(an_error_about_the_syn_is_queued_for_who_has_not_asked_too),
          TEST(who_reads_the_queue_first_takes_the_socket_s_error),
          TEST(an_error_about_an_open_connection_is_not_queued),
          TEST(an_error_about_both_syns_is_queued), TEST(what_is_never_read_goes_with_the_socket),
          TEST(an_error_about_a_fast_open_ends_it_before_accept_alone))
