#include "tests/support/unit.h"

#include "stack/transport/tcp_internal.h"
#include "stack/wire/icmp_wire.h"
#include "tests/support/tcp_rig.h"

/* What arrives in an open connection: acceptability, resets, reassembly, SACK blocks, ICMP errors.
 */

static struct tcp_rig rig;
static struct sock *listener, *sock;

static void begin(void)
{
    sock = rig_open(&rig, &listener);
}

static void end(void)
{
    rig_close(&rig, listener, sock);
}

static void rst_must_be_exact(void)
{
    begin();
    rig_in(&rig, "R", 70000, 0, 0); /* outside the window */
    EQ_STR(rig_next(&rig), "");
    EQ(rig.drops[DROP_TCP_OUT_OF_WINDOW], 1);
    rig_in(&rig, "R", 2, 0, 0); /* inside */
    EQ_STR(rig_next(&rig), "A 1(0) ack 1");
    EQ(rig_last(&rig)->why.code, WHY_TCP_CHALLENGE_ACK);
    rig_in(&rig, "R", 2, 0, 0); /* again, at once: no storm */
    EQ_STR(rig_next(&rig), "");
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    rig_in(&rig, "R", 1, 0, 0);
    EQ(tcp_state_of(sock), TCP_CLOSED);
    EQ(rig_recv(sock, 1), -SIM_ECONNRESET);
    EQ(rig_recv(sock, 1), 0);
    EQ(rig_send(sock, 1), -SIM_EPIPE);
    end();
}

static void data_before_a_rst_can_still_be_read(void)
{
    begin();
    rig_in(&rig, "PA", 1, 1, 5);
    rig_in(&rig, "R", 6, 0, 0);
    EQ(rig_recv(sock, 10), 5);
    EQ(rig_recv(sock, 10), -SIM_ECONNRESET);
    end();
}

static void syn_gets_a_challenge(void)
{
    begin();
    rig_in(&rig, "S", 1, 0, 0);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1");
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    rig_run(&rig, SIM_SEC(1));
    rig_in(&rig, "SA", 0, 1, 0);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1");
    end();
}

static unsigned challenges_in_a_second(uint32_t limit)
{
    unsigned n = 0;

    begin();
    tcp_sysctl(rig.host.tcp)->invalid_ratelimit = 0;
    tcp_sysctl(rig.host.tcp)->challenge_ack_limit = limit;
    rig_run(&rig, SIM_SEC(2) - sim_now(rig.sim));
    rig_flush(&rig);
    for (unsigned i = 0; i < 20; i++) {
        rig_in(&rig, "S", 1, 0, 0);
        n += rig_next(&rig)[0] != '\0';
    }
    end();
    return n;
}

/* Linux draws how many between half the limit and one and a half; of 0 there are always enough. */
static void challenges_of_the_host_are_limited(void)
{
    unsigned n = challenges_in_a_second(10);

    OK(n >= 5 && n < 15);
    EQ(challenges_in_a_second(1), 1);
    EQ(challenges_in_a_second(0), 20);
    EQ(challenges_in_a_second(INT32_MAX), 20);
}

static void challenges_of_a_socket_are_limited_by_ticks(void)
{
    begin();
    tcp_sysctl(rig.host.tcp)->invalid_ratelimit = 10; /* three ticks of 4 ms */
    rig_run(&rig, SIM_SEC(2) - sim_now(rig.sim));
    rig_in(&rig, "S", 1, 0, 0);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1");
    rig_run(&rig, SIM_MSEC(10));
    rig_in(&rig, "S", 1, 0, 0); /* 11 ms after the first */
    EQ_STR(rig_next(&rig), "");
    rig_in(&rig, "S", 1, 0, 0);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1");
    end();
}

static void acks_of_the_future_and_the_far_past_are_dropped(void)
{
    begin();
    rig_in(&rig, "PA", 1, 2, 5);
    EQ(rig.drops[DROP_TCP_BAD_ACK], 1);
    EQ(tcp_inq(sock), 0);
    rig_in(&rig, "PA", 1, (uint32_t)-5, 5);
    EQ(rig.drops[DROP_TCP_BAD_ACK], 2);
    EQ(tcp_inq(sock), 0);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1");
    rig_in(&rig, "P", 1, 0, 5); /* no ACK flag at all */
    EQ(rig.drops[DROP_TCP_FLAGS], 1);
    EQ(tcp_inq(sock), 0);
    end();
}

static void data_outside_the_window_is_answered(void)
{
    begin();
    rig_in(&rig, "PA", 65162, 1, 5);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1");
    EQ(rig.drops[DROP_TCP_OUT_OF_WINDOW], 1);
    rig_in(&rig, "PA", 1, 1, 5);
    EQ_STR(rig_next(&rig), "A 1(0) ack 6");
    rig_in(&rig, "PA", 1, 1, 5); /* old: a D-SACK */
    EQ_STR(rig_next(&rig), "A 1(0) ack 6 sack 1-6");
    rig_in(&rig, "PA", 3, 1, 8); /* half of it is new */
    EQ_STR(rig_next(&rig), "A 1(0) ack 11 sack 3-6");
    EQ(rig_recv(sock, 100), 10);
    end();
}

static void sack_blocks_newest_first(void)
{
    begin();
    rig_in(&rig, "A", 101, 1, 100);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1 sack 101-201");
    rig_in(&rig, "A", 301, 1, 100);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1 sack 301-401,101-201");
    rig_in(&rig, "A", 501, 1, 100);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1 sack 501-601,301-401,101-201");
    rig_in(&rig, "A", 701, 1, 100);
    rig_run(&rig, SIM_MSEC(5));
    EQ_STR(rig_next(&rig), "A 1(0) ack 1 sack 701-801,501-601,301-401,101-201");
    rig_in(&rig, "A", 401, 1, 100); /* joins two */
    rig_run(&rig, SIM_MSEC(5));
    EQ_STR(rig_next(&rig), "A 1(0) ack 1 sack 301-601,701-801,101-201");
    rig_in(&rig, "A", 1, 1, 100);
    EQ_STR(rig_next(&rig), "A 1(0) ack 201 sack 301-601,701-801");
    rig_in(&rig, "A", 201, 1, 600); /* covers the rest */
    EQ(strncmp(rig_next(&rig), "A 1(0) ack 801", 14), 0);
    EQ(rig_recv(sock, 1000), 800);
    end();
}

static void five_segments_in_every_order(void)
{
    for (unsigned n = 0; n < 120; n++) {
        unsigned left[5] = { 0, 1, 2, 3, 4 }, code = n;
        uint8_t octets[50];

        begin();
        for (unsigned i = 5; i > 0; i--) {
            unsigned at = code % i;

            code /= i;
            rig_in(&rig, "PA", 1 + 10 * left[at], 1, 10);
            left[at] = left[i - 1];
        }
        EQ(sock->ops->recv(sock, &(struct sock_recv){ .octets = octets, .size = 50 }), 50);
        for (unsigned i = 0; i < 50; i++)
            OK(octets[i] == 'a' + i % 26);
        end();
    }
}

static void overlaps_are_read_once(void)
{
    begin();
    rig_in(&rig, "A", 200, 1, 100);
    rig_in(&rig, "A", 400, 1, 100);
    rig_in(&rig, "A", 600, 1, 100);
    rig_in(&rig, "A", 250, 1, 400); /* over two of them */
    rig_in(&rig, "A", 50, 1, 225);
    rig_in(&rig, "A", 1, 1, 60);
    {
        uint8_t octets[700];

        EQ(sock->ops->recv(sock, &(struct sock_recv){ .octets = octets, .size = 700 }), 699);
        for (unsigned i = 0; i < 699; i++)
            OK(octets[i] == 'a' + i % 26);
    }
    end();
}

static void old_timestamps_are_refused(void)
{
    int error;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig.peer_ts = true;
    rig_in(&rig, "S", 0, 0, 0);
    rig_in(&rig, "A", 1, 1, 0);
    sock = listener->ops->accept(listener, &error);
    rig_flush(&rig);
    rig.ts_val = 2000;
    rig_in(&rig, "PA", 1, 1, 5);
    EQ_STR(rig_next(&rig), "A 1(0) ack 6");
    EQ(rig_last(&rig)->hdr.opt.ts_ecr, 2000);
    rig.ts_val = 1500;
    rig_in(&rig, "PA", 6, 1, 5);
    EQ(rig.drops[DROP_TCP_PAWS], 1);
    EQ(tcp_inq(sock), 5);
    EQ_STR(rig_next(&rig), "A 1(0) ack 6");
    rig.ts_val = 2001;
    rig_in(&rig, "PA", 6, 1, 5);
    EQ(rig_recv(sock, 100), 10);
    end();
}

static void zero_window_and_its_opening(void)
{
    uint32_t at;

    begin();
    rig_flush(&rig);
    at = rig_fill(&rig);
    rig_in(&rig, "A", at, 1, 1);
    OK(rig_flush(&rig) >= 1);
    EQ(rig.drops[DROP_TCP_OUT_OF_WINDOW] + rig.drops[DROP_SOCKET_FULL] >= 1, 1);
    rig_in(&rig, "R", at + 1000, 0, 0); /* even now a RST is looked at: this one is outside */
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    EQ(rig_recv(sock, 1000000), at - 1);
    rig_run(&rig, SIM_MSEC(1));
    OK(rig_flush(&rig) == 1);
    OK(rig_last(&rig)->hdr.window > 100);
    EQ(rig_last(&rig)->why.code, WHY_TCP_WINDOW_UPDATE);
    end();
}

static void urgent_octet_is_kept_aside(void)
{
    uint8_t octet = 0;

    begin();
    rig_inject(
        &rig,
        (struct tcp_hdr){
            .flags = TCP_ACK | TCP_URG | TCP_PSH, .seq = 1, .ack = 1, .window = 512, .urgent = 3 },
        5);
    rig_run(&rig, SIM_MSEC(1));
    OK((sock->ops->poll(sock) & SOCK_POLLPRI) != 0);
    EQ(rig_recv(sock, 10), 2);
    OK(tcp_at_mark(sock));
    EQ(sock->ops->recv(sock,
                       &(struct sock_recv){ .octets = &octet, .size = 1, .flags = SOCK_MSG_OOB }),
       1);
    EQ(octet, 'c');
    EQ(rig_recv(sock, 10), 2);
    end();
}

static void icmp_in_syn_sent_aborts_only_when_it_is_ours(void)
{
    rig_init(&rig);
    sock = rig_syn_sent(&rig);
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_PORT, 0, 100);
    EQ(tcp_state_of(sock), TCP_SYN_SENT);
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_PORT, 0, 0);
    EQ(tcp_state_of(sock), TCP_CLOSED);
    EQ(sock->ops->connect(sock, (struct endpoint){ RIG_PEER, RIG_PEER_PORT }), -SIM_ECONNREFUSED);
    sock->ops->close(sock);
    rig_fini(&rig);
}

static void icmp_in_established_is_soft(void)
{
    begin();
    EQ(rig_send(sock, 100), 100);
    rig_run(&rig, SIM_MSEC(1));
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, 0, 1);
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_PROTOCOL, 0, 1);
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, 0, 1);
    rig_run(&rig, SIM_SEC(2000)); /* when it times out, this is what the program is told */
    EQ(tcp_state_of(sock), TCP_CLOSED);
    EQ(rig_recv(sock, 1), -SIM_EHOSTUNREACH);
    end();
}

/* tcp_v4_err(): the connection goes on, and nothing is left for a timeout. */
static void icmp_in_established_is_told_at_once_to_who_asked(void)
{
    begin();
    sock->options.recverr = true;
    EQ(rig_send(sock, 100), 100);
    rig_run(&rig, SIM_MSEC(1));
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_HOST, 0, 1);
    OK((sock->ops->poll(sock) & SOCK_POLLERR) != 0);
    EQ(rig_recv(sock, 1), -SIM_EHOSTUNREACH);
    EQ(rig_recv(sock, 1), -SIM_EAGAIN);
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_PROTOCOL, 0, 1);
    EQ(rig_send(sock, 1), -SIM_ENOPROTOOPT);
    EQ(rig_send(sock, 1), 1);
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    rig_run(&rig, SIM_SEC(2000));
    EQ(rig_recv(sock, 1), -SIM_ETIMEDOUT);
    end();
}

static void fragmentation_needed_shrinks_segments(void)
{
    begin();
    EQ(rig_send(sock, 3000), 3000);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "A 1(1460) ack 1");
    EQ_STR(rig_next(&rig), "A 1461(1460) ack 1");
    EQ_STR(rig_next(&rig), "PA 2921(80) ack 1");
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_FRAG_NEEDED, 1000, 1);
    EQ_STR(rig_next(&rig), "A 1(960) ack 1");
    EQ(rig_last(&rig)->why.code, WHY_TCP_RETRANSMIT_PMTU);
    EQ_STR(rig_next(&rig), "A 961(960) ack 1"); /* the burst is cut anew, as Linux does */
    EQ_STR(rig_next(&rig), "A 1921(960) ack 1");
    EQ_STR(rig_next(&rig), "PA 2881(120) ack 1");
    end();
}

/* Of those that wait for the congestion window, too: the delivery rate counts from there. */
static void what_is_cut_anew_remembers_what_was_delivered_before(void)
{
    const struct tcp_sock *tp;
    unsigned n = 0;

    begin();
    tp = tcp_of(sock);
    EQ(rig_send(sock, 1460), 1460);
    rig_run(&rig, SIM_MSEC(1));
    rig_in(&rig, "A", 1, 1461, 0);
    EQ(rig_send(sock, 16060), 16060);
    rig_run(&rig, SIM_MSEC(1));
    rig_icmp(&rig, ICMP_DEST_UNREACH, ICMP_UNREACH_FRAG_NEEDED, 1000, 1461);
    OK(tp->delivered > 0);
    for (struct list *at = tp->rtx_queue.next; at != &tp->rtx_queue; at = at->next, n++) {
        OK(tcp_seg_of(at)->data.len <= 960);
        EQ(tcp_seg_of(at)->tx_delivered, tp->delivered);
    }
    OK(n > 11); /* as many as left */
    OK(tp->retrans_out < n);
    rig_flush(&rig);
    end();
}

/* What a path takes is remembered only until something changes. */
static void another_mtu_of_the_interface_is_seen_by_the_next_segment(void)
{
    struct ip_iface *iface;

    begin();
    iface = rig.host.ip.ifaces[rig.host.ip.n_ifaces - 1];
    EQ(rig_send(sock, 1460), 1460);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 1(1460) ack 1");
    EQ(rig_send(sock, 1460), 1460);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 1461(1460) ack 1");
    ip_iface_set_mtu(iface, 1000);
    EQ(rig_send(sock, 1920), 1920);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "A 2921(960) ack 1");
    EQ_STR(rig_next(&rig), "PA 3881(960) ack 1");
    ip_iface_set_mtu(iface, 1500);
    EQ(rig_send(sock, 1460), 1460);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 4841(1460) ack 1");
    end();
}

UNIT_MAIN("tcp: segments", TEST(rst_must_be_exact), TEST(data_before_a_rst_can_still_be_read),
          TEST(syn_gets_a_challenge), TEST(challenges_of_the_host_are_limited),
          TEST(challenges_of_a_socket_are_limited_by_ticks),
          TEST(acks_of_the_future_and_the_far_past_are_dropped),
          TEST(data_outside_the_window_is_answered), TEST(sack_blocks_newest_first),
          TEST(five_segments_in_every_order), TEST(overlaps_are_read_once),
          TEST(old_timestamps_are_refused), TEST(zero_window_and_its_opening),
          TEST(urgent_octet_is_kept_aside), TEST(icmp_in_syn_sent_aborts_only_when_it_is_ours),
          TEST(icmp_in_established_is_soft), TEST(icmp_in_established_is_told_at_once_to_who_asked),
          TEST(fragmentation_needed_shrinks_segments),
          TEST(what_is_cut_anew_remembers_what_was_delivered_before),
          TEST(another_mtu_of_the_interface_is_seen_by_the_next_segment))
