#include "tests/support/unit.h"

#include "stack/transport/tcp_metrics.h"
#include "tests/support/tcp_rig.h"

/* What connections leave behind for the next ones. The expected values are those that Linux's
 * tcp_metrics.c comes to; whole dialogues stand in tests/packetdrill/linux/. */

struct ended {
    uint32_t rtt, var; /* us */
    uint32_t cwnd, ssthresh;
    uint16_t reordering;
    uint8_t ca_state, backoff;
};

static struct tcp_rig rig;

/* A socket whose connection to @peer is as @ended says. */
static struct tcp_sock *sock_to(ip4_addr peer, struct ended ended)
{
    struct tcp_sock *tp = tcp_sock_new(rig.host.tcp);

    tp->entry.ends->local.addr = RIG_HOST;
    tp->entry.ends->remote.addr = peer;
    tp->has_route = true;
    tp->srtt_us = 8 * ended.rtt;
    tp->mdev_us = 4 * ended.var;
    tp->cwnd = ended.cwnd;
    tp->ssthresh = ended.ssthresh != 0 ? ended.ssthresh : TCP_INFINITE_SSTHRESH;
    if (ended.reordering != 0)
        tp->reordering = ended.reordering;
    tp->ca_state = ended.ca_state;
    tp->backoff = ended.backoff;
    return tp;
}

static void drop(struct tcp_sock *tp)
{
    tp->sock.ops->close(&tp->sock);
}

static void ends(ip4_addr peer, struct ended ended)
{
    struct tcp_sock *tp = sock_to(peer, ended);

    tcp_metrics_save(tp);
    drop(tp);
}

struct seen {
    ip4_addr peer; /* 0: any */
    unsigned n;
    struct tcp_metrics_view last;
};

static void see(void *ctx, const struct tcp_metrics_view *view)
{
    struct seen *seen = ctx;

    if (seen->peer != 0 && view->remote.addr != seen->peer)
        return;
    seen->n++;
    seen->last = *view;
}

static struct seen look(ip4_addr peer)
{
    struct seen seen = { .peer = peer };

    tcp_metrics_walk(rig.host.tcp, see, &seen);
    return seen;
}

static void only_a_connection_that_ends_well_is_remembered(void)
{
    struct sock *listener, *sock;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    sock = rig_accept(&rig, listener);
    EQ(look(0).n, 0);
    sock->ops->close(sock); /* FIN-WAIT-1 */
    rig_in(&rig, "R", 1, 0, 0);
    EQ(look(0).n, 0);
    EQ(tcp_metrics_delete(rig.host.tcp, &(struct endpoint){ .addr = RIG_PEER }, NULL), -SIM_ESRCH);
    sock = rig_accept(&rig, listener);
    sock->ops->close(sock);
    rig_in(&rig, "FA", 1, 2, 0); /* TIME-WAIT */
    EQ(look(0).n, 1);
    EQ(look(RIG_PEER).last.cwnd, 10);
    OK(look(RIG_PEER).last.rtt > 0);
    EQ(look(RIG_PEER).last.local.addr, RIG_HOST);
    tcp_sysctl(rig.host.tcp)->no_metrics_save = true;
    ends(IP4(10, 9, 9, 9), (struct ended){ .rtt = 1000, .cwnd = 10 });
    EQ(look(0).n, 1);
    rig_close(&rig, listener, NULL);
}

static void a_longer_round_trip_counts_at_once_a_shorter_one_by_and_by(void)
{
    const ip4_addr peer = IP4(10, 0, 0, 7);

    rig_init(&rig);
    ends(peer, (struct ended){ .rtt = 8000, .var = 100, .cwnd = 10 });
    EQ(look(peer).last.rtt, 8000);
    EQ(look(peer).last.rttvar, 8000);
    ends(peer, (struct ended){ .rtt = 4000, .var = 100, .cwnd = 10 });
    EQ(look(peer).last.rtt, 7500); /* an eighth of the difference */
    EQ(look(peer).last.rttvar, 7000);
    ends(peer, (struct ended){ .rtt = 20000, .var = 9000, .cwnd = 10 });
    EQ(look(peer).last.rtt, 20000);
    EQ(look(peer).last.rttvar, 12500);
    ends(peer, (struct ended){ .rtt = 50000, .backoff = 1, .cwnd = 10 });
    EQ(look(peer).last.rtt, 0); /* no answer came in time: it is not known any more */
    EQ(look(peer).last.rttvar, 12500);
    tcp_metrics_flush(rig.host.tcp);
    EQ(look(0).n, 0);
    ends(peer, (struct ended){ .rtt = 50000, .backoff = 1, .cwnd = 10 });
    EQ(look(0).n, 0);
    rig_fini(&rig);
}

static void windows_are_remembered_by_the_phase_they_end_in(void)
{
    const ip4_addr peer = IP4(10, 0, 0, 7);

    rig_init(&rig);
    tcp_sysctl(rig.host.tcp)->no_ssthresh_metrics_save = false;
    ends(peer, (struct ended){ .rtt = 100, .cwnd = 40, .reordering = 9 }); /* nothing was lost */
    EQ(look(peer).last.cwnd, 40);
    EQ(look(peer).last.ssthresh, 0);
    EQ(look(peer).last.reordering, 0);
    ends(peer, (struct ended){ .rtt = 100, .cwnd = 20, .ssthresh = 14 });
    EQ(look(peer).last.cwnd, 30);
    EQ(look(peer).last.ssthresh, 14);
    ends(peer, (struct ended){ .rtt = 100, .cwnd = 2, .ssthresh = 20, .reordering = 9 });
    EQ(look(peer).last.cwnd, 25); /* of the threshold: the window is no measure */
    EQ(look(peer).last.ssthresh, 20);
    EQ(look(peer).last.reordering, 9);
    ends(peer,
         (struct ended){ .rtt = 100, .cwnd = 30, .ssthresh = 10, .ca_state = TCP_CA_RECOVERY });
    EQ(look(peer).last.cwnd, 17);
    EQ(look(peer).last.ssthresh, 20);
    EQ(look(peer).last.reordering, 9);
    rig_fini(&rig);
}

static void the_next_connection_begins_with_it(void)
{
    const ip4_addr peer = IP4(10, 0, 0, 7);
    struct tcp_sock *tp;

    rig_init(&rig);
    tp = sock_to(peer, (struct ended){ .rtt = 1000 });
    tp->ssthresh = 5;
    tp->rto = 201000;
    tcp_metrics_open(tp);
    EQ(tp->ssthresh, TCP_INFINITE_SSTHRESH);
    EQ(tp->rto, 201000);
    ends(peer, (struct ended){ .rtt = 203000, .cwnd = 2, .ssthresh = 20, .reordering = 9 });
    tcp_metrics_open(tp);
    EQ(tp->rto, 600000); /* whole ticks: 200 ms, and twice that */
    EQ(tp->reordering, 9);
    EQ(tp->ssthresh, TCP_INFINITE_SSTHRESH);
    EQ(tp->srtt_us, 8 * 1000);
    drop(tp);
    tp = sock_to(peer, (struct ended){ .rtt = 300000 }); /* its own handshake took longer */
    tp->rto = 900000;
    tcp_metrics_open(tp);
    EQ(tp->rto, 900000);
    drop(tp);
    tp = sock_to(IP4(10, 0, 0, 8), (struct ended){ .rtt = 0 }); /* RFC 6298 section 5.7 */
    tcp_metrics_open(tp);
    EQ(tp->rto, TCP_TIMEOUT_FALLBACK);
    EQ(tp->reordering, 3);
    drop(tp);
    rig_fini(&rig);
}

static void after_an_hour_all_but_fast_open_is_forgotten(void)
{
    const ip4_addr peer = IP4(10, 0, 0, 7);
    struct tcp_sock *tp;

    rig_init(&rig);
    ends(peer, (struct ended){ .rtt = 8000, .cwnd = 10 });
    tp = sock_to(peer, (struct ended){ .rtt = 1000 });
    tcp_metrics_learn(tp, true)->mss = 1000;
    rig_run(&rig, SIM_SEC(3600));
    OK(tcp_metrics_proven(rig.host.tcp, tp->entry.ends));
    EQ(look(peer).last.age_ms, 3600000);
    EQ(look(peer).last.syn_drops, 1);
    EQ(look(peer).last.syn_drop_age_ms, 3600000);
    rig_run(&rig, SIM_MSEC(8));
    EQ(look(peer).last.rtt, 8000); /* looking alone changes nothing */
    OK(!tcp_metrics_proven(rig.host.tcp, tp->entry.ends));
    EQ(look(peer).last.rtt, 0);
    EQ(look(peer).last.age_ms, 0);
    EQ(tcp_metrics_fastopen(tp)->mss, 1000);
    EQ(tcp_metrics_learn(tp, false)->syn_loss, 0);
    drop(tp);
    rig_fini(&rig);
}

/* Linux's table has 16,384 places for six hosts each. */
static void of_very_many_hosts_the_oldest_are_forgotten(void)
{
    enum { MOST = 6 * 16384, FIRST = IP4(11, 0, 0, 0) };
    struct ended some = { .rtt = 1000, .cwnd = 10 };

    rig_init(&rig);
    for (ip4_addr i = 0; i < 50000; i++)
        ends(FIRST + i, some);
    EQ(look(0).n, 50000);
    EQ(look(FIRST + 49999).n, 1);
    rig_run(&rig, SIM_MSEC(10));
    for (ip4_addr i = 50000; i < 200000; i++)
        ends(FIRST + i, some);
    OK(look(0).n <= MOST);
    OK(look(0).n > MOST * 9 / 10);
    EQ(look(FIRST + 199999).n, 1);
    EQ(look(FIRST + 17).n, 0);
    EQ(tcp_metrics_delete(rig.host.tcp, &(struct endpoint){ .addr = FIRST + 199999 }, NULL), 0);
    EQ(look(FIRST + 199999).n, 0);
    rig_fini(&rig);
}

UNIT_MAIN("tcp: metrics", TEST(only_a_connection_that_ends_well_is_remembered),
          TEST(a_longer_round_trip_counts_at_once_a_shorter_one_by_and_by),
          TEST(windows_are_remembered_by_the_phase_they_end_in),
          TEST(the_next_connection_begins_with_it),
          TEST(after_an_hour_all_but_fast_open_is_forgotten),
          TEST(of_very_many_hosts_the_oldest_are_forgotten))
