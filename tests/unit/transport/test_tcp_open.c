#include "tests/support/unit.h"

#include "tests/support/tcp_rig.h"

static struct tcp_rig rig;

static void closed_port_answers_by_the_rules(void)
{
    rig_init(&rig);
    rig_in(&rig, "S", 0, 0, 0);
    EQ_STR(rig_next(&rig), "RA 0(0) ack 1");
    EQ(rig_last(&rig)->hdr.seq, 0);
    rig_in(&rig, "A", 5, 77, 10);
    EQ_STR(rig_next(&rig), "R 77(0)");
    rig_in(&rig, "FA", 5, 77, 0);
    EQ_STR(rig_next(&rig), "R 77(0)");
    rig_in(&rig, "R", 5, 0, 0);
    rig_in(&rig, "RA", 5, 77, 0);
    EQ_STR(rig_next(&rig), "");
    EQ(rig.drops[DROP_PORT_CLOSED], 5);
    rig_fini(&rig);
}

static void listen_answers_by_the_rules(void)
{
    struct sock *listener;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_in(&rig, "R", 0, 0, 0);
    EQ_STR(rig_next(&rig), "");
    rig_in(&rig, "A", 9, 33, 0);
    EQ_STR(rig_next(&rig), "R 33(0)");
    rig_in(&rig, "SA", 9, 33, 0);
    EQ_STR(rig_next(&rig), "R 33(0)");
    rig_in(&rig, "F", 9, 0, 0);
    rig_in(&rig, "SF", 0, 0, 0);
    EQ_STR(rig_next(&rig), "");
    rig_in(&rig, "S", 0, 0, 0);
    EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
    EQ(rig_last(&rig)->hdr.opt.mss, 1460);
    EQ(rig_last(&rig)->hdr.opt.wscale, 7);
    OK(rig_last(&rig)->hdr.opt.sack_permitted);
    OK(!rig_last(&rig)->hdr.opt.has_ts);
    listener->ops->close(listener);
    rig_fini(&rig);
}

static void half_open_connection_checks_the_ack(void)
{
    struct sock *listener;
    int error;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_in(&rig, "S", 0, 0, 0);
    EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
    rig_in(&rig, "A", 1, 2, 0);
    EQ_STR(rig_next(&rig), "R 2(0)");
    rig_in(&rig, "S", 0, 0, 0);
    EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
    rig_in(&rig, "A", 100000, 1, 0);
    EQ_STR(rig_next(&rig), ""); /* one answer in half a second */
    OK(listener->ops->accept(listener, &error) == NULL);
    EQ(error, -SIM_EAGAIN);
    rig_in(&rig, "PA", 1, 1, 3); /* the ACK was lost; data completes the handshake as well */
    EQ_STR(rig_next(&rig), "A 1(0) ack 4");
    {
        struct sock *sock = listener->ops->accept(listener, &error);

        OK(sock != NULL);
        EQ(tcp_inq(sock), 3);
        EQ(rig_recv(sock, 10), 3);
        sock->ops->close(sock);
    }
    listener->ops->close(listener);
    rig_fini(&rig);
}

static void half_open_connection_ends_by_rst(void)
{
    struct sock *listener;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_in(&rig, "S", 0, 0, 0);
    rig_flush(&rig);
    rig_in(&rig, "R", 1, 0, 0);
    EQ(rig.last_state[1], TCP_CLOSED);
    EQ_STR(rig_next(&rig), "");
    rig_in(&rig, "A", 1, 1, 0);
    EQ_STR(rig_next(&rig), "R 1(0)"); /* the listener's answer */
    listener->ops->close(listener);
    rig_fini(&rig);
}

static void syn_ack_is_repeated_five_times(void)
{
    struct sock *listener;
    static const int at[] = { 0, 1, 3, 7, 15, 31 };

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_in(&rig, "S", 0, 0, 0);
    rig_run(&rig, SIM_SEC(200));
    for (unsigned i = 0; i < 6; i++) {
        EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
        EQ((rig_last(&rig)->at + SIM_MSEC(200)) / SIM_SEC(1) >= at[i], 1);
        EQ(rig_last(&rig)->at / SIM_SEC(1) <= at[i] + 1 + at[i] / 10, 1);
    }
    EQ_STR(rig_next(&rig), "");
    EQ(rig.last_state[1], TCP_CLOSED);
    listener->ops->close(listener);
    rig_fini(&rig);
}

static void syn_is_repeated_linearly_then_exponentially(void)
{
    struct sock *sock;
    static const int at[] = { 0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 };

    rig_init(&rig);
    sock = tcp_socket(rig.host.tcp);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, 9 }), -SIM_EINPROGRESS);
    rig_run(&rig, SIM_SEC(300));
    for (unsigned i = 0; i < 11; i++) {
        EQ_STR(rig_next(&rig), "S 0(0)");
        OK(rig_last(&rig)->at >= SIM_SEC(at[i]) &&
           rig_last(&rig)->at < SIM_SEC(at[i]) + SIM_MSEC(300) + SIM_MSEC(60) * at[i]);
    }
    EQ_STR(rig_next(&rig), "");
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, 9 }), -SIM_ETIMEDOUT);
    sock->ops->close(sock);
    rig_fini(&rig);
}

static void syn_sent_checks_the_ack(void)
{
    struct sock *sock;

    rig_init(&rig);
    sock = rig_syn_sent(&rig);
    rig_in(&rig, "SA", 0, 2, 0);
    EQ_STR(rig_next(&rig), "R 2(0)");
    rig_flush(&rig);
    rig_in(&rig, "RA", 0, 0, 0);
    rig_in(&rig, "R", 0, 0, 0);
    EQ(tcp_state_of(sock), TCP_SYN_SENT);
    rig_in(&rig, "A", 1, 1, 0);
    rig_in(&rig, "FA", 1, 1, 0);
    EQ(tcp_state_of(sock), TCP_SYN_SENT);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }), -SIM_EALREADY);
    EQ(rig_send(sock, 1), -SIM_EAGAIN);
    rig_in(&rig, "RA", 0, 1, 0);
    EQ(tcp_state_of(sock), TCP_CLOSED);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }), -SIM_ECONNREFUSED);
    /* and it may try again */
    rig_flush(&rig);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }), -SIM_EINPROGRESS);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "S 0(0)");
    rig_in(&rig, "SA", 0, 1, 0);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1");
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }), 0);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }), -SIM_EISCONN);
    sock->ops->close(sock);
    rig_fini(&rig);
}

static void close_in_syn_sent_is_silent(void)
{
    struct sock *sock;

    rig_init(&rig);
    sock = rig_syn_sent(&rig);
    sock->ops->close(sock);
    rig_run(&rig, SIM_SEC(3));
    EQ_STR(rig_next(&rig), "");
    rig_in(&rig, "SA", 0, 1, 0);
    EQ_STR(rig_next(&rig), "R 1(0)");
    rig_fini(&rig);
}

static void simultaneous_open(void)
{
    struct sock *sock;

    rig_init(&rig);
    sock = rig_syn_sent(&rig);
    rig_in(&rig, "S", 0, 0, 0);
    EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
    EQ(tcp_state_of(sock), TCP_SYN_RECEIVED);
    rig_in(&rig, "SA", 0, 1, 0);
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    rig_flush(&rig);
    EQ(rig_send(sock, 10), 10);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 1(10) ack 1");
    sock->ops->close(sock);
    rig_fini(&rig);
}

static void a_socket_can_connect_to_itself(void)
{
    struct sock *sock;
    struct endpoint self = { RIG_HOST, 5000 };

    rig_init(&rig);
    sock = tcp_socket(rig.host.tcp);
    EQ(sock->ops->bind(sock, self), 0);
    EQ(sock->ops->connect(sock, self), -SIM_EINPROGRESS);
    rig_run(&rig, SIM_MSEC(10));
    EQ(sock->ops->connect(sock, self), 0);
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    EQ(rig_send(sock, 5), 5);
    rig_run(&rig, SIM_MSEC(10));
    EQ(rig_recv(sock, 10), 5);
    sock->ops->close(sock);
    rig_run(&rig, SIM_SEC(100));
    rig_fini(&rig);
}

static void a_full_accept_queue_drops(void)
{
    struct sock *listener, *sock;
    int error;

    rig_init(&rig);
    listener = rig_listen(&rig, 1);
    for (unsigned i = 0; i < 2; i++) {
        rig.peer_port = (uint16_t)(40000 + i);
        rig_in(&rig, "S", 0, 0, 0);
        EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
        rig_in(&rig, "A", 1, 1, 0);
    }
    rig.peer_port = 40002;
    rig_in(&rig, "S", 0, 0, 0);
    EQ_STR(rig_next(&rig), "");
    EQ(rig.drops[DROP_TCP_BACKLOG_FULL], 1);
    sock = listener->ops->accept(listener, &error);
    OK(sock != NULL);
    rig_in(&rig, "S", 0, 0, 0);
    EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
    sock->ops->close(sock);
    listener->ops->close(listener); /* resets what was never accepted */
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_next(&rig)[0], 'F');
    EQ(rig_next(&rig)[0], 'R');
    EQ(rig_flush(&rig), 0);
    rig_fini(&rig);
}

static void peer_without_options_gets_small_segments(void)
{
    struct sock *listener, *sock;
    int error;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_inject(&rig, (struct tcp_hdr){ .flags = TCP_SYN, .window = 8000 }, 0);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
    OK(!rig_last(&rig)->hdr.opt.has_wscale && !rig_last(&rig)->hdr.opt.sack_permitted);
    rig_inject(&rig, (struct tcp_hdr){ .flags = TCP_ACK, .seq = 1, .ack = 1, .window = 8000 }, 0);
    rig_run(&rig, SIM_MSEC(1));
    sock = listener->ops->accept(listener, &error);
    EQ(rig_send(sock, 1000), 1000);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "A 1(536) ack 1");
    EQ_STR(rig_next(&rig), "PA 537(464) ack 1");
    sock->ops->close(sock);
    listener->ops->close(listener);
    rig_fini(&rig);
}

static void connect_to_broadcast_or_nowhere_fails(void)
{
    struct sock *sock;

    rig_init(&rig);
    sock = tcp_socket(rig.host.tcp);
    EQ(sock->ops->connect(sock, (struct endpoint){ IP4(10, 0, 0, 255), 80 }), -SIM_ENETUNREACH);
    EQ(sock->ops->connect(sock, (struct endpoint){ IP4(224, 0, 0, 1), 80 }), -SIM_ENETUNREACH);
    EQ(sock->ops->connect(sock, (struct endpoint){ IP4(192, 0, 2, 1), 80 }), -SIM_ENETUNREACH);
    EQ(sock->ops->bind(sock, (struct endpoint){ IP4(192, 0, 2, 1), 80 }), -SIM_EADDRNOTAVAIL);
    EQ(rig_send(sock, 1), -SIM_EPIPE);
    EQ(rig_recv(sock, 1), -SIM_ENOTCONN);
    EQ(sock->ops->shutdown(sock, SOCK_SHUT_WR), -SIM_ENOTCONN);
    sock->ops->close(sock);
    rig_fini(&rig);
}

static void dead_peer_on_the_link_is_no_route(void)
{
    struct sock *sock;

    rig_init(&rig);
    sock = tcp_socket(rig.host.tcp);
    rig.peer->ops =
        rig.host.node->ops; /* unchanged for the host; the peer's interface goes down instead */
    iface_set_up(rig.peer->ifaces[0], false);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, 80 }) < 0, 1);
    rig_run(&rig, SIM_SEC(10));
    sock->ops->close(sock);
    rig_fini(&rig);
}

static void same_pair_again_has_a_later_isn(void)
{
    struct sock *listener;
    uint32_t first;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_in(&rig, "S", 0, 0, 0);
    first = rig.host_iss;
    rig_in(&rig, "R", 1, 0, 0);
    rig_run(&rig, SIM_SEC(1));
    rig_flush(&rig);
    rig_in(&rig, "S", 0, 0, 0);
    OK((int32_t)(rig.host_iss - first) > 0);
    listener->ops->close(listener);
    rig_fini(&rig);
}

/* As recorded: what comes of no connection yet, or none any more, has 0. */
static void each_connection_numbers_its_own_packets(void)
{
    struct sock *listener, *sock;
    uint16_t first;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_in(&rig, "S", 0, 0, 0);
    EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
    EQ(rig_last(&rig)->ip_id, 0);
    rig_in(&rig, "R", 1, 0, 0);
    sock = rig_accept(&rig, listener);
    rig_flush(&rig);
    EQ(rig_send(sock, 2920), 2920);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "A 1(1460) ack 1");
    first = rig_last(&rig)->ip_id;
    EQ_STR(rig_next(&rig), "PA 1461(1460) ack 1");
    EQ(rig_last(&rig)->ip_id, (uint16_t)(first + 1));
    rig_run(&rig, SIM_SEC(1)); /* lost: who sends again sends another packet */
    for (uint16_t id = (uint16_t)(first + 2); *rig_next(&rig) != '\0'; id++)
        EQ(rig_last(&rig)->ip_id, id);
    sock->options.ttl = 9; /* of another look, and still the same connection */
    first = rig.sent[rig.n_sent - 1].ip_id;
    rig_in(&rig, "PA", 1, 1, 10);
    rig_in(&rig, "PA", 11, 1, 10);
    rig_run(&rig, SIM_MSEC(300));
    rig_next(&rig);
    EQ(rig_last(&rig)->ip_id, (uint16_t)(first + 1));
    rig_close(&rig, listener, sock);

    rig_init(&rig);
    sock = rig_connect(&rig);
    EQ(rig.sent[1].ip_id, (uint16_t)(rig.sent[0].ip_id + 1));
    sock->ops->close(sock);
    rig_fini(&rig);
}

UNIT_MAIN("tcp: opening", TEST(each_connection_numbers_its_own_packets),
          TEST(closed_port_answers_by_the_rules), TEST(listen_answers_by_the_rules),
          TEST(half_open_connection_checks_the_ack), TEST(half_open_connection_ends_by_rst),
          TEST(syn_ack_is_repeated_five_times), TEST(syn_is_repeated_linearly_then_exponentially),
          TEST(syn_sent_checks_the_ack), TEST(close_in_syn_sent_is_silent), TEST(simultaneous_open),
          TEST(a_socket_can_connect_to_itself), TEST(a_full_accept_queue_drops),
          TEST(peer_without_options_gets_small_segments),
          TEST(connect_to_broadcast_or_nowhere_fails), TEST(dead_peer_on_the_link_is_no_route),
          TEST(same_pair_again_has_a_later_isn))
