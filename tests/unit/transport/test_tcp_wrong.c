#include "tests/support/unit.h"

#include <string.h>

#include "tests/support/tcp_rig.h"

/* Peers that do wrong, start anew, or never take anything. */

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

/* RFC 9293 MUST-3. */
static void wrong_checksum_is_dropped_in_silence(void)
{
    begin();
    rig.wrong_checksum = true;
    rig_in(&rig, "PA", 1, 1, 10);
    rig_in(&rig, "RA", 1, 1, 0);
    EQ_STR(rig_next(&rig), "");
    EQ(rig.drops[DROP_BAD_CHECKSUM], 2);
    EQ(rig_recv(sock, 100), -SIM_EAGAIN);
    rig.wrong_checksum = false;
    rig_in(&rig, "PA", 1, 1, 10);
    EQ_STR(rig_next(&rig), "A 1(0) ack 11");
    EQ(rig_recv(sock, 100), 10);
    end();
}

/* RFC 9293 MUST-7 and MUST-68: every known kind and two unknown ones with every length, in a SYN
   and in a segment with data. */
static void no_length_of_an_option_harms(void)
{
    static const uint8_t kinds[] = { 2, 3, 4, 5, 8, 19, 34, 253, 254 };
    uint8_t octets[12];

    for (unsigned i = 0; i < sizeof kinds; i++) {
        for (unsigned len = 0; len < 256; len = len < 16 ? len + 1 : len * 2 + 1) {
            memset(octets, 1, sizeof octets); /* NOPs */
            octets[1] = kinds[i];
            octets[2] = (uint8_t)len;
            if (kinds[i] == 8 && len == 10) /* timestamps, which echo none of ours */
                memset(octets + 7, 0, 4);
            rig_init(&rig);
            listener = rig_listen(&rig, 5);
            rig.options = octets;
            rig.n_options = sizeof octets;
            rig_in(&rig, "S", 0, 0, 0);
            EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
            rig_in(&rig, "A", 1, 1, 0);
            rig_in(&rig, "PA", 1, 1, 10);
            EQ_STR(rig_next(&rig), "A 1(0) ack 11");
            listener->ops->close(listener);
            rig_fini(&rig);
        }
    }
}

/* RFC 9293 MUST-57 and MUST-63. */
static void nobody_opens_from_an_address_that_is_no_hosts(void)
{
    static const ip4_addr sources[] = { IP4(255, 255, 255, 255), IP4(10, 0, 0, 255),
                                        IP4(224, 0, 0, 1), IP4(127, 0, 0, 1), IP4(0, 0, 0, 0) + 1 };

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    for (unsigned i = 0; i < sizeof sources / sizeof *sources; i++) {
        rig.from = sources[i];
        rig_in(&rig, "S", 0, 0, 0);
        rig_run(&rig, SIM_SEC(5));
        EQ_STR(rig_next(&rig), "");
    }
    EQ(rig.drops[DROP_MARTIAN_SOURCE], 5);
    listener->ops->close(listener);
    rig_fini(&rig);
}

/* The same for destinations: no SYN,ACK, and no RST from a closed port. */
static void segments_for_many_are_not_for_tcp(void)
{
    static const ip4_addr destinations[] = { IP4(255, 255, 255, 255), IP4(10, 0, 0, 255),
                                             IP4(224, 0, 0, 1) };

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    for (unsigned i = 0; i < sizeof destinations / sizeof *destinations; i++) {
        rig.to = destinations[i];
        rig.host_port = RIG_PORT;
        rig_in(&rig, "S", 0, 0, 0);
        rig.host_port = RIG_PORT + 1;
        rig_in(&rig, "S", 0, 0, 0);
        rig_in(&rig, "A", 1, 1, 0);
        rig_run(&rig, SIM_SEC(5));
        EQ_STR(rig_next(&rig), "");
    }
    listener->ops->close(listener);
    rig_fini(&rig);
}

/* RFC 9293 MUST-35 to MUST-37. */
static void zero_window_may_last_a_day(void)
{
    sim_time pause = 0;
    unsigned first, n;

    begin();
    rig_inject(&rig, (struct tcp_hdr){ .flags = TCP_ACK, .seq = 1, .ack = 1, .window = 0 }, 0);
    rig_run(&rig, SIM_MSEC(1));
    EQ(rig_send(sock, 100), 100);
    first = rig_answer_probes(&rig, 24 * 3600);
    for (unsigned i = first; i < rig.n_seen; i++) {
        sim_time since = i == first ? 0 : rig.sent[i].at - rig.sent[i - 1].at;

        EQ_STR(rig.sent[i].text, "A 0(0) ack 1");
        OK(i == first || since >= pause - pause / 8);
        pause = since;
    }
    n = rig.n_seen - first;
    OK(n > 24 * 3600 / 140 && n < 24 * 3600 / 115);
    EQ(tcp_state_of(sock), TCP_ESTABLISHED);
    rig_in(&rig, "A", 1, 1, 0);
    EQ_STR(rig_next(&rig), "PA 1(100) ack 1");
    rig_in(&rig, "A", 1, 101, 0);
    end();
}

/* RFC 9293 section 3.5.1: the peer has forgotten the connection. */
static void peer_that_started_anew_resets_what_it_does_not_know(void)
{
    begin();
    EQ(rig_send(sock, 10), 10);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 1(10) ack 1");
    rig_in(&rig, "R", 1, 0, 0); /* its answer to an ACK of what it does not know */
    EQ(rig_recv(sock, 10), -SIM_ECONNRESET);
    end();
}

static void peer_that_started_anew_gets_in_by_a_challenge(void)
{
    begin();
    rig_in(&rig, "S", 5000, 0, 0);
    EQ_STR(rig_next(&rig), "A 1(0) ack 1");
    rig_in(&rig, "R", 1, 0, 0);
    EQ(rig_recv(sock, 10), -SIM_ECONNRESET);
    rig_in(&rig, "S", 5000, 0, 0);
    EQ_STR(rig_next(&rig), "SA 0(0) ack 5001");
    end();
}

static uint32_t isn_at(sim_time when, uint16_t peer_port)
{
    uint32_t isn;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig_run(&rig, when);
    rig.peer_port = peer_port;
    rig_in(&rig, "S", 0, 0, 0);
    isn = rig.host_iss;
    listener->ops->close(listener);
    rig_fini(&rig);
    return isn;
}

/* RFC 6528: a clock, Linux's of 64 ns, and a number of the four addresses and ports. */
static void isn_is_a_clock_and_a_secret_of_the_pair(void)
{
    uint32_t first = isn_at(SIM_SEC(1), 40000);
    uint32_t other = isn_at(SIM_SEC(1), 40001) - first;

    EQ(isn_at(SIM_SEC(1), 40000), first);
    EQ(isn_at(SIM_SEC(3), 40000) - first, 2 * (1000000000 / 64));
    OK(other > 1000000 && other < UINT32_C(0xffffffff) - 1000000);
}

/* RFC 9293 MUST-39; the least step is a segment as the peer sends them. */
static void slow_reader_opens_its_window_in_steps(void)
{
    uint32_t edge = 0, at = 1;
    unsigned n_steps = 0;

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    listener->ops->set_option(listener, OPT_SO_RCVBUF, 8192);
    sock = rig_accept(&rig, listener);
    for (unsigned i = 0; i < 20 && tcp_state_of(sock) == TCP_ESTABLISHED; i++, at += 1000)
        rig_in(&rig, "PA", at, 1, 1000);
    while (rig.n_seen < rig.n_sent) {
        rig_next(&rig);
        edge = rig_last(&rig)->hdr.ack + (uint32_t)rig_last(&rig)->hdr.window;
    }
    while (rig_recv(sock, 1) == 1) {
        rig_run(&rig, SIM_MSEC(1));
        while (rig.n_seen < rig.n_sent) {
            uint32_t next;

            rig_next(&rig);
            next = rig_last(&rig)->hdr.ack + (uint32_t)rig_last(&rig)->hdr.window;
            OK(next == edge || next - edge >= 1000);
            n_steps += next != edge;
            edge = next;
        }
    }
    OK(n_steps >= 1);
    end();
}

/* RFC 9293 MUST-66. */
static void reset_and_urgent_pointer_are_heeded_with_a_window_of_zero(void)
{
    uint32_t at;

    begin();
    at = rig_fill(&rig);
    rig_inject(&rig,
               (struct tcp_hdr){
                   .flags = TCP_ACK | TCP_URG, .seq = at, .ack = 1, .window = 512, .urgent = 1 },
               0);
    rig_run(&rig, SIM_MSEC(1));
    OK(!tcp_at_mark(sock));
    EQ(sock->ops->recv(sock, &(struct sock_recv){ .size = at, .flags = SOCK_MSG_PEEK }), at - 1);
    rig_in(&rig, "R", at, 0, 0);
    EQ(rig_recv(sock, at), at - 1);
    OK(tcp_at_mark(sock)); /* the pointer was noted with nowhere to put the octet */
    EQ(tcp_state_of(sock), TCP_CLOSED);
    end();
}

/* RFC 9293 MUST-45. */
static void local_address_stays_when_the_routes_change(void)
{
    struct fib_entry entry = { .prefix = RIG_PEER, .prefix_len = 32, .src = IP4(10, 0, 0, 9) };
    struct ip_iface *iface;

    rig_init(&rig);
    iface = ip_iface_find(&rig.host.ip, "eth0");
    CHECK(ip_addr_add(iface, IP4(10, 0, 0, 9), 24) == 0);
    listener = rig_listen(&rig, 5);
    sock = rig_connect(&rig);
    entry.oif = iface;
    EQ(fib_add(&rig.host.ip, &entry, false), 0);
    EQ(rig_send(sock, 10), 10);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "PA 1(10) ack 1");
    EQ(rig_last(&rig)->src, RIG_HOST);
    sock->ops->close(sock);
    sock = rig_syn_sent(&rig); /* a new one takes the new route's */
    EQ(rig_last(&rig)->src, IP4(10, 0, 0, 9));
    end();
}

UNIT_MAIN("tcp: peers that do wrong", TEST(wrong_checksum_is_dropped_in_silence),
          TEST(no_length_of_an_option_harms), TEST(nobody_opens_from_an_address_that_is_no_hosts),
          TEST(segments_for_many_are_not_for_tcp), TEST(zero_window_may_last_a_day),
          TEST(peer_that_started_anew_resets_what_it_does_not_know),
          TEST(peer_that_started_anew_gets_in_by_a_challenge),
          TEST(isn_is_a_clock_and_a_secret_of_the_pair),
          TEST(slow_reader_opens_its_window_in_steps),
          TEST(reset_and_urgent_pointer_are_heeded_with_a_window_of_zero),
          TEST(local_address_stays_when_the_routes_change))
