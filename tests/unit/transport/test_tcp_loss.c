#include "tests/support/unit.h"

#include "tests/support/tcp_rig.h"

/* Loss and its repair, timers, probes, Nagle, congestion windows. */

static struct tcp_rig rig;
static struct sock *listener, *sock;

static void begin(void)
{
    sock = rig_open(&rig, &listener);
}

static void begin_without_sack(void)
{
    int error;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_inject(&rig,
               (struct tcp_hdr){
                   .flags = TCP_SYN, .window = 65535, .opt = { .has_mss = true, .mss = 1460 } },
               0);
    rig_run(&rig, SIM_MSEC(1));
    rig_flush(&rig);
    rig_inject(&rig, (struct tcp_hdr){ .flags = TCP_ACK, .seq = 1, .ack = 1, .window = 65535 }, 0);
    rig_run(&rig, SIM_MSEC(1));
    sock = listener->ops->accept(listener, &error);
}

static void end(void)
{
    rig_close(&rig, listener, sock);
}

static void sack(uint32_t ack, uint32_t start, uint32_t stop)
{
    struct tcp_hdr hdr = { .flags = TCP_ACK, .seq = 1, .ack = ack, .window = 512 };

    hdr.opt.n_sack = 1;
    hdr.opt.sack[0].start = start;
    hdr.opt.sack[0].end = stop;
    rig_inject(&rig, hdr, 0);
    rig_run(&rig, SIM_MSEC(1));
}

static struct tcp_info_view info(void)
{
    struct tcp_info_view view;

    tcp_get_info(sock, &view);
    return view;
}

static void ten_segments_then_slow_start(void)
{
    begin();
    EQ(rig_send(sock, 40000), 40000);
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_flush(&rig), 10);
    rig_in(&rig, "A", 1, 1 + 2 * 1460, 0);
    EQ(rig_flush(&rig), 4);
    rig_in(&rig, "A", 1, 1 + 4 * 1460, 0);
    EQ(rig_flush(&rig),
       0); /* less than a third of the window, and the next ACK is due: a fuller burst later */
    rig_in(&rig, "A", 1, 1 + 6 * 1460, 0);
    EQ(rig_flush(&rig), 8);
    EQ(info().snd_cwnd, 16);
    end();
}

/* What a segment has left is sent again, whichever way its ACK took. */
static void the_acknowledged_part_of_a_segment_is_not_sent_again(void)
{
    for (int long_way = 0; long_way < 2; long_way++) {
        begin();
        tcp_sysctl(rig.host.tcp)->long_way = long_way != 0;
        EQ(rig_send(sock, 5 * 1460), 5 * 1460);
        rig_run(&rig, SIM_MSEC(1));
        EQ(rig_flush(&rig), 5);
        rig_in(&rig, "A", 1, 1 + 2 * 1460 + 100, 0);
        EQ(info().bytes_acked, 2 * 1460 + 100);
        rig_run(&rig, SIM_SEC(1));
        EQ_STR(rig_next(&rig), "PA 5941(1360) ack 1"); /* the tail loss probe */
        EQ_STR(rig_next(&rig), "A 3021(1460) ack 1");
        end();
    }
}

static void a_burst_is_half_the_window_and_ends_with_push(void)
{
    begin();
    EQ(rig_send(sock, 40000), 40000);
    rig_run(&rig, SIM_MSEC(1));
    for (int i = 0; i < 10; i++) {
        char expected[40];

        snprintf(expected, sizeof expected, "%s %d(1460) ack 1", i % 5 == 4 ? "PA" : "A",
                 1 + i * 1460);
        EQ_STR(rig_next(&rig), expected);
    }
    EQ_STR(rig_next(&rig), "");
    end();
}

static void retransmission_doubles_and_gives_up(void)
{
    sim_time last = 0, gap = 0;

    begin();
    EQ(rig_send(sock, 100), 100);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 1(100) ack 1");
    last = rig_last(&rig)->at;
    rig_run(&rig, SIM_SEC(3000));
    EQ_STR(rig_next(&rig), "PA 1(100) ack 1"); /* the tail loss probe */
    EQ(rig_last(&rig)->why.code, WHY_TCP_TAIL_PROBE);
    last = rig_last(&rig)->at;
    for (unsigned i = 0; i < 15; i++) {
        sim_time now;

        EQ_STR(rig_next(&rig), "PA 1(100) ack 1");
        EQ(rig_last(&rig)->why.code, WHY_TCP_RETRANSMIT_TIMEOUT);
        now = rig_last(&rig)->at;
        if (i > 1 && gap < SIM_SEC(60))
            OK(now - last > gap * 18 / 10 && now - last < gap * 23 / 10);
        gap = now - last;
        last = now;
    }
    EQ_STR(rig_next(&rig), "");
    OK(gap >= SIM_SEC(119));
    OK(last > SIM_SEC(100)); /* R2 */
    EQ(rig_recv(sock, 1), -SIM_ETIMEDOUT);
    end();
}

static void user_timeout_ends_it_earlier(void)
{
    begin();
    sock->ops->set_option(sock, OPT_TCP_USER_TIMEOUT, 3000);
    EQ(rig_send(sock, 100), 100);
    rig_run(&rig, SIM_SEC(2));
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    rig_run(&rig, SIM_SEC(3));
    EQ(rig_recv(sock, 1), -SIM_ETIMEDOUT);
    end();
}

static void third_sack_starts_fast_retransmit(void)
{
    begin();
    EQ(rig_send(sock, 14600), 14600);
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_flush(&rig), 10);
    sack(1, 1461, 2921);
    EQ_STR(rig_next(&rig), "");
    sack(1, 1461, 4381);
    EQ_STR(rig_next(&rig), "");
    sack(1, 1461, 5841);
    EQ_STR(rig_next(&rig), "A 1(1460) ack 1");
    EQ(rig_last(&rig)->why.code, WHY_TCP_RETRANSMIT_FAST);
    EQ(info().ca_state, 3);
    rig_in(&rig, "A", 1, 14601, 0);
    EQ(info().ca_state, 0);
    OK(info().snd_cwnd == 7 || info().snd_cwnd == 8); /* CUBIC: 0.7, and a step up its curve */
    EQ(info().snd_ssthresh, 7);
    end();
}

static void only_holes_are_sent_again(void)
{
    struct tcp_hdr hdr = { .flags = TCP_ACK, .seq = 1, .ack = 1, .window = 512 };

    begin();
    EQ(rig_send(sock, 14600), 14600);
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_flush(&rig), 10);
    hdr.opt.n_sack = 2; /* 1 and 5 are missing */
    hdr.opt.sack[0].start = 1 + 5 * 1460;
    hdr.opt.sack[0].end = 1 + 10 * 1460;
    hdr.opt.sack[1].start = 1 + 1460;
    hdr.opt.sack[1].end = 1 + 4 * 1460;
    rig_inject(&rig, hdr, 0);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "A 1(1460) ack 1");
    EQ_STR(rig_next(&rig), "A 5841(1460) ack 1"); /* now it is alone, no end of a burst */
    EQ_STR(rig_next(&rig), "");
    rig_in(&rig, "A", 1, 14601, 0);
    end();
}

static void without_sack_three_duplicates_and_partial_acks(void)
{
    begin_without_sack();
    EQ(rig_send(sock, 14600), 14600);
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_flush(&rig), 10);
    rig_inject(&rig, (struct tcp_hdr){ .flags = TCP_ACK, .seq = 1, .ack = 1461, .window = 65535 },
               0);
    rig_run(&rig, SIM_MSEC(1));
    for (unsigned i = 0; i < 3; i++) {
        EQ(rig_flush(&rig), 0);
        rig_inject(&rig,
                   (struct tcp_hdr){ .flags = TCP_ACK, .seq = 1, .ack = 1461, .window = 65535 }, 0);
        rig_run(&rig, SIM_MSEC(1));
    }
    EQ_STR(rig_next(&rig), "A 1461(1460) ack 1");
    rig_inject(&rig, (struct tcp_hdr){ .flags = TCP_ACK, .seq = 1, .ack = 4381, .window = 65535 },
               0);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "A 4381(1460) ack 1"); /* RFC 6582: the next hole at once */
    rig_inject(&rig, (struct tcp_hdr){ .flags = TCP_ACK, .seq = 1, .ack = 14601, .window = 65535 },
               0);
    rig_run(&rig, SIM_MSEC(1));
    end();
}

static void tail_loss_is_probed_before_the_timeout(void)
{
    begin();
    EQ(rig_send(sock, 2920), 2920);
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_flush(&rig), 2);
    rig_run(&rig, SIM_MSEC(60));
    EQ_STR(rig_next(&rig), "PA 1461(1460) ack 1");
    EQ(rig_last(&rig)->why.code, WHY_TCP_TAIL_PROBE);
    sack(1, 1461, 2921); /* the probe arrived: the first is lost */
    rig_run(&rig, SIM_MSEC(40));
    EQ_STR(rig_next(&rig), "A 1(1460) ack 1");
    end();
}

static void small_segments_are_sent_again_as_one(void)
{
    begin();
    sock->ops->set_option(sock, OPT_TCP_NODELAY, 1);
    for (unsigned i = 0; i < 4; i++)
        EQ(rig_send(sock, 10), 10);
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_flush(&rig), 4);
    rig_run(&rig, SIM_MSEC(400));
    EQ_STR(rig_next(&rig), "PA 31(10) ack 1"); /* probe */
    EQ_STR(rig_next(&rig), "PA 1(40) ack 1");
    rig_in(&rig, "A", 1, 41, 0);
    EQ(info().unacked, 0);
    end();
}

static void nagle_holds_the_second_small_write(void)
{
    begin();
    EQ(rig_send(sock, 10), 10);
    EQ(rig_send(sock, 20), 20);
    EQ(rig_send(sock, 30), 30);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 1(10) ack 1");
    EQ_STR(rig_next(&rig), "");
    rig_in(&rig, "A", 1, 11, 0);
    EQ_STR(rig_next(&rig), "PA 11(50) ack 1");
    rig_in(&rig, "A", 1, 61, 0);
    sock->ops->set_option(sock, OPT_TCP_CORK, 1);
    EQ(rig_send(sock, 10), 10);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "");
    sock->ops->set_option(sock, OPT_TCP_CORK, 0);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 61(10) ack 1");
    end();
}

static void zero_window_is_probed_as_long_as_it_is_answered(void)
{
    unsigned first;

    begin();
    rig_inject(&rig, (struct tcp_hdr){ .flags = TCP_ACK, .seq = 1, .ack = 1, .window = 0 }, 0);
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_send(sock, 100), 100);
    first = rig_answer_probes(&rig, 3600);
    for (unsigned i = first; i < rig.n_seen; i++) {
        EQ_STR(rig.sent[i].text, "A 0(0) ack 1");
        EQ(rig.sent[i].why.code, WHY_TCP_WINDOW_PROBE);
    }
    OK(rig.n_seen - first > 25 && rig.n_seen - first < 60); /* doubling up to two minutes */
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    rig_in(&rig, "A", 1, 1, 0);
    EQ_STR(rig_next(&rig), "PA 1(100) ack 1");
    rig_in(&rig, "A", 1, 101, 0);
    end();
}

static void small_window_is_not_used_until_it_pays(void)
{
    begin();
    rig_in(&rig, "A", 1, 1, 1);
    rig_inject(&rig, (struct tcp_hdr){ .flags = TCP_ACK, .seq = 2, .ack = 1, .window = 1 }, 1);
    rig_run(&rig, SIM_MSEC(1));
    rig_flush(&rig);
    EQ(rig_send(sock, 5000), 5000);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "");
    rig_run(&rig, SIM_MSEC(400));
    EQ_STR(rig_next(&rig), "PA 1(128) ack 3");
    end();
}

static void keepalive_probes_and_gives_up(void)
{
    begin();
    sock->ops->set_option(sock, OPT_SO_KEEPALIVE, 1);
    sock->ops->set_option(sock, OPT_TCP_KEEPIDLE, 10);
    sock->ops->set_option(sock, OPT_TCP_KEEPINTVL, 5);
    sock->ops->set_option(sock, OPT_TCP_KEEPCNT, 3);
    rig_run(&rig, SIM_SEC(9));
    EQ_STR(rig_next(&rig), "");
    rig_run(&rig, SIM_SEC(3));
    EQ_STR(rig_next(&rig), "A 0(0) ack 1");
    EQ(rig_last(&rig)->why.code, WHY_TCP_KEEPALIVE);
    rig_in(&rig, "A", 1, 1, 0); /* alive */
    rig_run(&rig, SIM_SEC(9));
    EQ_STR(rig_next(&rig), "");
    rig_run(&rig, SIM_SEC(60));
    for (unsigned i = 0; i < 3; i++)
        EQ_STR(rig_next(&rig), "A 0(0) ack 1");
    EQ_STR(rig_next(&rig), "RA 1(0) ack 1");
    EQ(rig_recv(sock, 1), -SIM_ETIMEDOUT);
    end();
}

static void late_ack_of_the_original_undoes_the_timeout(void)
{
    struct tcp_hdr hdr = { .flags = TCP_ACK, .seq = 1, .window = 512 };
    uint32_t ecr;
    int error;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig.peer_ts = true;
    rig_in(&rig, "S", 0, 0, 0);
    rig_in(&rig, "A", 1, 1, 0);
    sock = listener->ops->accept(listener, &error);
    rig_flush(&rig);
    EQ(rig_send(sock, 14480), 14480);
    rig_run(&rig, SIM_MSEC(1));
    ecr = rig.ts_ecr;
    rig_run(&rig, SIM_SEC(1));
    EQ(info().ca_state, 4);
    hdr.ack = 14481;
    hdr.opt.has_ts = true;
    hdr.opt.ts_val = rig.ts_val;
    hdr.opt.ts_ecr = ecr;
    rig_inject(&rig, hdr, 0);
    rig_run(&rig, SIM_MSEC(1));
    EQ(info().ca_state, 0);
    EQ(info().snd_cwnd >= 10, 1);
    end();
}

static void send_buffer_fills_and_wakes(void)
{
    int64_t total = 0, n;

    begin();
    while ((n = rig_send(sock, 100000)) > 0)
        total += n;
    EQ(n, -SIM_EAGAIN);
    OK(total > 40000 && total < 200000);
    OK((sock->ops->poll(sock) & SOCK_POLLOUT) == 0);
    rig_run(&rig, SIM_MSEC(1));
    rig_in(&rig, "A", 1, 14601, 0);
    rig_in(&rig, "A", 1, 29201, 0);
    rig_in(&rig, "A", 1, 43801, 0);
    OK((sock->ops->poll(sock) & SOCK_POLLOUT) != 0);
    end();
}

static void ecn_is_answered_when_asked_for(void)
{
    int error;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_in(&rig, "SEC", 0, 0, 0);
    EQ_STR(rig_next(&rig), "SAE 0(0) ack 1");
    rig_in(&rig, "A", 1, 1, 0);
    sock = listener->ops->accept(listener, &error);
    EQ(rig_send(sock, 2000), 2000);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "A 1(1460) ack 1");
    EQ(rig_last(&rig)->tos & 3, 2);
    rig_flush(&rig);
    rig_in(&rig, "AE", 1, 1461, 0);
    EQ(info().ca_state, 2);
    rig_in(&rig, "A", 1, 2001, 0);
    EQ(rig_send(sock, 10), 10);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PAC 2001(10) ack 1");
    end();
}

UNIT_MAIN("tcp: loss and timers", TEST(ten_segments_then_slow_start),
          TEST(the_acknowledged_part_of_a_segment_is_not_sent_again),
          TEST(a_burst_is_half_the_window_and_ends_with_push),
          TEST(retransmission_doubles_and_gives_up), TEST(user_timeout_ends_it_earlier),
          TEST(third_sack_starts_fast_retransmit), TEST(only_holes_are_sent_again),
          TEST(without_sack_three_duplicates_and_partial_acks),
          TEST(tail_loss_is_probed_before_the_timeout), TEST(small_segments_are_sent_again_as_one),
          TEST(nagle_holds_the_second_small_write),
          TEST(zero_window_is_probed_as_long_as_it_is_answered),
          TEST(small_window_is_not_used_until_it_pays), TEST(keepalive_probes_and_gives_up),
          TEST(late_ack_of_the_original_undoes_the_timeout), TEST(send_buffer_fills_and_wakes),
          TEST(ecn_is_answered_when_asked_for))
