/* Accurate ECN between two hosts and against a script. What Linux does by itself is recorded in
 * tests/packetdrill/rfc9768.
 */
#include "tests/support/tcp_rig.h"
#include "tests/support/unit.h"

static struct tcp_rig rig;
static struct sock *listener, *sock;

static struct tcp_info_view info_of(const struct sock *of)
{
    struct tcp_info_view info;

    tcp_get_info(of, &info);
    return info;
}

static void raw(const char *octets, uint8_t n)
{
    rig.options = (const uint8_t *)octets;
    rig.n_options = n;
}

static void in(uint16_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    rig_inject(&rig, (struct tcp_hdr){ .flags = flags, .seq = seq, .ack = ack, .window = 60000 },
               len);
    rig_run(&rig, SIM_MSEC(1));
}

/* A listener's connection with accurate ECN, whose last ACK has @ace. */
static void begin(uint16_t ace)
{
    int error;

    rig_init(&rig);
    tcp_sysctl(rig.host.tcp)->ecn = 3;
    listener = rig_listen(&rig, 5);
    raw("\2\4\x05\xb4", 4);
    in(TCP_SYN | TCP_ACE, 0, 0, 0);
    EQ_STR(rig_next(&rig), "SAC 0(0) ack 1");
    EQ((rig_last(&rig)->hdr.flags & TCP_AE), 0);
    in(TCP_ACK | ace, 1, 1, 0);
    sock = listener->ops->accept(listener, &error);
    OK(sock != NULL);
    raw(NULL, 0);
    rig_flush(&rig);
}

static void end(void)
{
    raw(NULL, 0);
    rig_close(&rig, listener, sock);
}

static void two_hosts_agree(void)
{
    struct tcp_pair pair;
    struct endpoint to = { .addr = IP4(10, 0, 0, 2), .port = 80 };
    struct sock *client, *server, *other;
    int error;

    pair_init(&pair, 1,
              &(struct link_config){ .rate = 1000000000, .delay = SIM_USEC(5), .queue = 100 });
    tcp_sysctl(pair.a.tcp)->ecn = tcp_sysctl(pair.b.tcp)->ecn = 3;
    other = tcp_socket(pair.b.tcp);
    EQ(other->ops->bind(other, to), 0);
    EQ(other->ops->listen(other, 5), 0);
    client = tcp_socket(pair.a.tcp);
    EQ(client->ops->connect(client, to), -SIM_EINPROGRESS);
    pair_run(&pair, SIM_MSEC(100));
    server = other->ops->accept(other, &error);
    OK(server != NULL);
    EQ(rig_send(client, 14600), 14600);
    pair_run(&pair, SIM_MSEC(100));
    EQ(info_of(client).opt_ecn, 1);
    EQ(info_of(client).delivered_ecn[1], 14600); /* ECT(0), as the option tells */
    EQ(info_of(client).accecn_seen, 2);
    EQ(info_of(client).accecn_fail, 0);
    EQ(info_of(client).delivered_ce, 0);
    EQ(info_of(server).received_ecn[1], 14600);
    EQ(info_of(server).accecn_fail, 0);
    client->ops->close(client);
    server->ops->close(server);
    other->ops->close(other);
    pair_fini(&pair);
}

static void ace_counts_marked_segments_and_halves_the_window_once(void)
{
    begin(TCP_CWR); /* 2: our SYN,ACK came without ECT, as it was sent */
    EQ(rig_send(sock, 5840), 5840);
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_last(&rig) == NULL, 0);
    EQ_STR(rig_next(&rig), "AE 1(1460) ack 1");
    EQ(rig_last(&rig)->hdr.flags & TCP_AE, TCP_AE); /* 5, the counter's beginning */
    EQ(rig_last(&rig)->tos & 3, 2);
    in(TCP_ACK | TCP_AE | TCP_CWR, 1, 1461, 0); /* 6: one was marked */
    EQ(info_of(sock).delivered_ce, 1);
    EQ(info_of(sock).ca_state, 2);
    in(TCP_ACK | TCP_ACE, 1, 2921, 0); /* 7 */
    EQ(info_of(sock).delivered_ce, 2);
    in(TCP_ACK | TCP_ECE, 1, 5841, 0); /* 1: it has wrapped, and is two more */
    EQ(info_of(sock).delivered_ce, 4);
    end();
}

static void ace_that_went_round_is_told_by_the_option(void)
{
    begin(TCP_CWR);
    tcp_sysctl(rig.host.tcp)->initial_cwnd = 40;
    EQ(rig_send(sock, 14600), 14600);
    rig_run(&rig, SIM_MSEC(1));
    /* Ten arrived and ACE has grown by 1: it may be 9. The option has CE for one alone. */
    raw("\xae\x0b\0\0\1\0\x05\xb4\0\x33\x55\1", 12);
    in(TCP_ACK | TCP_AE | TCP_CWR, 1, 14601, 0);
    EQ(info_of(sock).delivered_ecn[2], 1460);
    EQ(info_of(sock).delivered_ecn[1], 13140);
    OK(info_of(sock).delivered_ce == 1 || info_of(sock).delivered_ce == 9);
    end();
}

static void without_the_option_as_many_as_can_be_were_marked(void)
{
    begin(TCP_CWR);
    EQ(rig_send(sock, 14600), 14600);
    rig_run(&rig, SIM_MSEC(1));
    in(TCP_ACK | TCP_AE | TCP_CWR, 1, 14601, 0);
    EQ(info_of(sock).delivered_ce, 9);
    end();
}

static void zeroed_option_is_not_believed_any_more(void)
{
    begin(TCP_CWR);
    EQ(rig_send(sock, 2920), 2920);
    rig_run(&rig, SIM_MSEC(1));
    raw("\xae\x0b\0\0\0\0\0\0\0\0\0\1", 12);
    in(TCP_ACK | TCP_AE | TCP_ECE, 1, 1461, 0);
    EQ(info_of(sock).accecn_seen, 3);
    EQ(info_of(sock).accecn_fail, 8);
    raw("\xae\x0b\0\0\1\0\0\0\0\x0b\x69\1", 12);
    in(TCP_ACK | TCP_AE | TCP_ECE, 1, 2921, 0);
    OK(info_of(sock).delivered_ecn[1] != 2920);
    end();
}

static void ace_of_zero_in_the_last_ack_ends_ect(void)
{
    begin(0);
    EQ(info_of(sock).accecn_fail, 2);
    EQ(rig_send(sock, 100), 100);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PAE 1(100) ack 1");
    EQ(rig_last(&rig)->tos & 3, 0);
    end();
}

static void mirrored_and_missing_flags_are_no_ecn(void)
{
    static const uint16_t answers[] = { 0, TCP_ACE };

    for (unsigned i = 0; i < 2; i++) {
        struct endpoint to = { .addr = RIG_PEER, .port = 80 };

        rig_init(&rig);
        tcp_sysctl(rig.host.tcp)->ecn = 3;
        listener = rig_listen(&rig, 5);
        sock = tcp_socket(rig.host.tcp);
        EQ(sock->ops->connect(sock, to), -SIM_EINPROGRESS);
        rig_run(&rig, SIM_MSEC(1));
        EQ_STR(rig_next(&rig), "SEC 0(0)");
        EQ(rig_last(&rig)->hdr.flags & TCP_AE, TCP_AE);
        in(TCP_SYN | TCP_ACK | answers[i], 0, 1, 0);
        EQ_STR(rig_next(&rig), "A 1(0) ack 1");
        EQ(rig_last(&rig)->hdr.flags & TCP_AE, 0);
        EQ(info_of(sock).opt_ecn, 0);
        end();
    }
}

UNIT_MAIN("tcp: accurate ECN", TEST(two_hosts_agree),
          TEST(ace_counts_marked_segments_and_halves_the_window_once),
          TEST(ace_that_went_round_is_told_by_the_option),
          TEST(without_the_option_as_many_as_can_be_were_marked),
          TEST(zeroed_option_is_not_believed_any_more), TEST(ace_of_zero_in_the_last_ack_ends_ect),
          TEST(mirrored_and_missing_flags_are_no_ecn))
