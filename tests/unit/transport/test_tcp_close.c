#include "tests/support/unit.h"

#include "tests/support/tcp_rig.h"

static struct tcp_rig rig;
static struct sock *listener, *sock;

static void begin(void)
{
    sock = rig_open(&rig, &listener);
}

static void end(void)
{
    rig_close(&rig, listener, NULL);
}

static void active_close(void)
{
    begin();
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "FA 1(0) ack 1");
    EQ(rig.last_state[1], TCP_FIN_WAIT_1);
    rig_in(&rig, "A", 1, 2, 0);
    EQ(rig.last_state[1], TCP_FIN_WAIT_2);
    rig_in(&rig, "FA", 1, 2, 0);
    EQ_STR(rig_next(&rig), "A 2(0) ack 2");
    EQ(rig.last_state[1], TCP_TIME_WAIT);
    rig_in(&rig, "FA", 1, 2, 0); /* its FIN again: our ACK was lost */
    EQ_STR(rig_next(&rig), "A 2(0) ack 2");
    rig_run(&rig, SIM_SEC(70));
    EQ(rig.last_state[1], TCP_CLOSED);
    end();
}

static void fin_with_the_last_data_and_ack_of_fin_in_one(void)
{
    begin();
    sock->ops->set_option(sock, OPT_TCP_CORK, 1);
    EQ(rig_send(sock, 10), 10);
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "FPA 1(10) ack 1");
    rig_in(&rig, "FA", 1, 12, 0);
    EQ_STR(rig_next(&rig), "A 12(0) ack 2");
    EQ(rig.last_state[1], TCP_TIME_WAIT);
    end();
}

static void passive_close(void)
{
    begin();
    rig_in(&rig, "FA", 1, 1, 0);
    EQ(tcp_state_of(sock), TCP_CLOSE_WAIT);
    EQ(rig_recv(sock, 10), 0);
    EQ(rig_recv(sock, 10), 0);
    rig_run(&rig, SIM_MSEC(60));
    EQ_STR(rig_next(&rig), "A 1(0) ack 2");
    EQ(rig_send(sock, 5), 5); /* half close: we may still send */
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 1(5) ack 2");
    rig_in(&rig, "A", 2, 6, 0);
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "FA 6(0) ack 2");
    EQ(rig.last_state[1], TCP_LAST_ACK);
    rig_in(&rig, "A", 2, 7, 0);
    EQ(rig.last_state[1], TCP_CLOSED);
    rig_in(&rig, "A", 2, 7, 0);
    EQ_STR(rig_next(&rig), "R 7(0)");
    end();
}

static void simultaneous_close(void)
{
    begin();
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "FA 1(0) ack 1");
    rig_in(&rig, "FA", 1, 1, 0);
    EQ(rig.last_state[1], TCP_CLOSING);
    EQ_STR(rig_next(&rig), "A 2(0) ack 2");
    rig_in(&rig, "A", 2, 2, 0);
    EQ(rig.last_state[1], TCP_TIME_WAIT);
    end();
}

static void unread_data_makes_close_a_reset(void)
{
    begin();
    rig_in(&rig, "PA", 1, 1, 10);
    EQ_STR(rig_next(&rig), "A 1(0) ack 11");
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "RA 1(0) ack 11");
    EQ(rig.last_state[1], TCP_CLOSED);
    end();
}

static void linger_zero_makes_close_a_reset(void)
{
    begin();
    sock->options.linger = 0;
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "RA 1(0) ack 1");
    end();
}

static void data_after_close_is_reset(void)
{
    begin();
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    rig_flush(&rig);
    rig_in(&rig, "PA", 1, 1, 10);
    EQ_STR(rig_next(&rig), "R 1(0)");
    EQ(rig.drops[DROP_TCP_AFTER_CLOSE], 1);
    EQ(rig.last_state[1], TCP_CLOSED);
    end();

    begin();
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    rig_in(&rig, "A", 1, 2, 0);
    rig_flush(&rig);
    rig_in(&rig, "PA", 1, 2, 10); /* in FIN-WAIT-2 too */
    EQ_STR(rig_next(&rig), "R 2(0)");
    end();
}

static void fin_wait_2_of_an_orphan_ends(void)
{
    begin();
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    rig_in(&rig, "A", 1, 2, 0);
    EQ(rig.last_state[1], TCP_FIN_WAIT_2);
    rig_run(&rig, SIM_SEC(59));
    EQ(rig.last_state[1], TCP_FIN_WAIT_2);
    rig_run(&rig, SIM_SEC(10));
    EQ(rig.last_state[1], TCP_CLOSED);
    rig_flush(&rig);
    rig_in(&rig, "FA", 1, 2, 0);
    EQ_STR(rig_next(&rig), "R 2(0)");
    end();
}

static void shutdown_keeps_fin_wait_2_for_ever(void)
{
    begin();
    EQ(sock->ops->shutdown(sock, SOCK_SHUT_WR), 0);
    EQ(rig_send(sock, 1), -SIM_EPIPE);
    rig_run(&rig, SIM_MSEC(1));
    rig_in(&rig, "A", 1, 2, 0);
    rig_run(&rig, SIM_SEC(1000));
    EQ(tcp_state_of(sock), TCP_FIN_WAIT_2);
    rig_in(&rig, "PA", 1, 2, 10);
    EQ(rig_recv(sock, 100), 10);
    rig_in(&rig, "FA", 11, 2, 0);
    EQ(rig_recv(sock, 100), 0);
    sock->ops->close(sock);
    end();
}

static void fin_before_missing_data_waits(void)
{
    begin();
    rig_in(&rig, "FA", 11, 1, 0);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1 sack 11-12");
    EQ(rig_recv(sock, 100), -SIM_EAGAIN);
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    rig_in(&rig, "PA", 1, 1, 10);
    EQ(rig_recv(sock, 100), 10);
    EQ(rig_recv(sock, 100), 0);
    EQ(tcp_state_of(sock), TCP_CLOSE_WAIT);
    sock->ops->close(sock);
    end();
}

static void new_syn_takes_over_a_time_wait(void)
{
    struct sock *again;
    int error;

    begin();
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    rig_in(&rig, "FA", 1, 2, 0);
    EQ(rig.last_state[1], TCP_TIME_WAIT);
    rig_flush(&rig);
    rig_in(&rig, "S", 1, 0, 0); /* old sequence number: not new */
    EQ_STR(rig_next(&rig), "A 2(0) ack 2");
    rig_run(&rig, SIM_SEC(1));
    rig_in(&rig, "S", 5000, 0, 0);
    EQ_STR(rig_next(&rig), "SA 0(0) ack 5001");
    rig_in(&rig, "A", 5001, 1, 0);
    again = listener->ops->accept(listener, &error);
    OK(again != NULL);
    again->ops->close(again);
    end();
}

static void rst_ends_time_wait(void)
{
    begin();
    sock->ops->close(sock);
    rig_run(&rig, SIM_MSEC(1));
    rig_in(&rig, "FA", 1, 2, 0);
    rig_in(&rig, "R", 2, 0, 0);
    EQ(rig.last_state[1], TCP_CLOSED);
    end();
}

UNIT_MAIN("tcp: closing", TEST(active_close), TEST(fin_with_the_last_data_and_ack_of_fin_in_one),
          TEST(passive_close), TEST(simultaneous_close), TEST(unread_data_makes_close_a_reset),
          TEST(linger_zero_makes_close_a_reset), TEST(data_after_close_is_reset),
          TEST(fin_wait_2_of_an_orphan_ends), TEST(shutdown_keeps_fin_wait_2_for_ever),
          TEST(fin_before_missing_data_waits), TEST(new_syn_takes_over_a_time_wait),
          TEST(rst_ends_time_wait))
