#include "tests/support/unit.h"

#include "base/be.h"
#include "base/list.h"
#include "stack/wire/ipv4_wire.h"
#include "tests/support/tcp_rig.h"

/* Conversations recorded from two real Linux hosts: segment for segment, windows included. */

struct watch {
    struct observer observer;
    struct tcp_pair *pair;
    uint32_t iss[2];
    uint16_t first_port;
    char lines[256][64];
    unsigned n;
};

static void observe(struct observer *observer, const struct record *record)
{
    struct watch *watch = CONTAINER_OF(observer, struct watch, observer);
    uint8_t octets[128];
    struct ipv4_hdr ip;
    struct tcp_hdr tcp;
    size_t len;
    unsigned side = record->node == watch->pair->b.node, n = 0;
    char flags[9];

    if (record->frame == NULL || frame_size(record->frame) < 54)
        return;
    len = frame_size(record->frame) < sizeof octets ? frame_size(record->frame) : sizeof octets;
    frame_copy_out(record->frame, 0, octets, len);
    if (be16_get(octets + 12) != 0x0800)
        return;
    memset(&ip, 0, sizeof ip);
    ip.hdr_len = IPV4_HDR_LEN;
    ip.total_len = be16_get(octets + 16);
    if (octets[23] != IP_PROTO_TCP || tcp_parse(octets + 34, len - 34, &tcp) != DROP_NONE)
        return;
    if ((tcp.flags & TCP_SYN) != 0) {
        watch->iss[side] = tcp.seq;
        if ((tcp.flags & TCP_ACK) == 0)
            watch->iss[!side] = 0;
    }
    for (unsigned i = 0; i < 5; i++) {
        if ((tcp.flags & "\x02\x01\x08\x04\x10"[i]) != 0)
            flags[n++] = "SFPRA"[i];
    }
    flags[n] = '\0';
    if (watch->n < 256)
        snprintf(watch->lines[watch->n++], 64, "%c %s %u(%u) ack %u win %u", side ? '<' : '>',
                 flags, tcp.seq - watch->iss[side],
                 (unsigned)(ip.total_len - ip.hdr_len - tcp.hdr_len),
                 (tcp.flags & TCP_ACK) != 0 ? tcp.ack - watch->iss[!side] : 0, tcp.window);
}

static struct tcp_pair pair;
static struct watch watch;
static struct sock *client, *server, *listener;

static void start(sim_time delay, uint16_t port, bool reuse)
{
    struct link_config config = { .rate = UINT64_C(10000000000), .delay = delay, .queue = 1000 };

    pair_init(&pair, 1, &config);
    memset(&watch, 0, sizeof watch);
    watch.pair = &pair;
    watch.observer = (struct observer){ .wants = RECORD_BIT(RECORD_SEND), .record = observe };
    sim_observe(pair.sim, &watch.observer);
    listener = tcp_socket(pair.b.tcp);
    if (reuse)
        listener->ops->set_option(listener, OPT_SO_REUSEADDR, 1);
    EQ(listener->ops->bind(listener, (struct endpoint){ 0, port }), 0);
    EQ(listener->ops->listen(listener, 16), 0);
    client = tcp_socket(pair.a.tcp);
    server = NULL;
}

static void open_connection(uint16_t port)
{
    int error;

    EQ(client->ops->connect(client, (struct endpoint){ RIG_PEER, port }), -SIM_EINPROGRESS);
    pair_run(&pair, SIM_USEC(500));
    while (client->ops->connect(client, (struct endpoint){ RIG_PEER, port }) == -SIM_EALREADY)
        pair_run(&pair, SIM_USEC(500));
    pair_run(&pair, SIM_USEC(500));
    server = listener->ops->accept(listener, &error);
}

static void finish(void)
{
    pair_run(&pair, SIM_SEC(200));
    pair_fini(&pair);
}

static void expect(const char *const *lines, unsigned n)
{
    for (unsigned i = 0; i < n && i < watch.n; i++)
        EQ_STR(watch.lines[i], lines[i]);
    EQ(watch.n, n);
    for (unsigned i = n; i < watch.n; i++)
        fprintf(stderr, "more: %s\n", watch.lines[i]);
}

#define EXPECT(...)                                                                                \
    do {                                                                                           \
        static const char *const expected[] = { __VA_ARGS__ };                                     \
        expect(expected, sizeof expected / sizeof expected[0]);                                    \
    } while (0)

#define HANDSHAKE "> S 0(0) ack 0 win 64240", "< SA 0(0) ack 1 win 65160", "> A 1(0) ack 1 win 502"

static void get_with_keep_alive_client_closes(void)
{
    start(SIM_USEC(10), 80, false);
    open_connection(80);
    EQ(rig_send(client, 78), 78);
    pair_run(&pair, SIM_USEC(300));
    EQ(rig_recv(server, 4096), 78);
    pair_run(&pair, SIM_MSEC(2));
    EQ(rig_send(server, 1127), 1127);
    pair_run(&pair, SIM_USEC(300));
    EQ(rig_recv(client, 4096), 1127);
    pair_run(&pair, SIM_MSEC(2));
    client->ops->close(client);
    pair_run(&pair, SIM_MSEC(1));
    EQ(rig_recv(server, 4096), 0);
    server->ops->close(server);
    listener->ops->close(listener);
    finish();
    EXPECT(HANDSHAKE, "> PA 1(78) ack 1 win 502", "< A 1(0) ack 79 win 509",
           "< PA 1(1127) ack 79 win 509", "> A 79(0) ack 1128 win 525",
           "> FA 79(0) ack 1128 win 525", "< FA 1128(0) ack 80 win 509",
           "> A 80(0) ack 1129 win 525");
}

static void three_requests_on_one_connection(void)
{
    static const size_t sizes[] = { 202, 302, 402 };

    start(SIM_USEC(10), 80, false);
    open_connection(80);
    for (unsigned i = 0; i < 3; i++) {
        EQ(rig_send(client, 77), 77);
        pair_run(&pair, SIM_USEC(200));
        EQ(rig_recv(server, 4096), 77);
        EQ(rig_send(server, sizes[i]), sizes[i]);
        pair_run(&pair, SIM_USEC(200));
        EQ(rig_recv(client, 4096), sizes[i]);
    }
    client->ops->close(client);
    pair_run(&pair, SIM_USEC(200));
    EQ(rig_recv(server, 4096), 0);
    server->ops->close(server);
    listener->ops->close(listener);
    finish();
    EXPECT(HANDSHAKE, "> PA 1(77) ack 1 win 502", "< A 1(0) ack 78 win 509",
           "< PA 1(202) ack 78 win 509", "> A 78(0) ack 203 win 501", "> PA 78(77) ack 203 win 501",
           "< PA 203(302) ack 155 win 509", "> PA 155(77) ack 505 win 501",
           "< PA 505(402) ack 232 win 509", "> FA 232(0) ack 907 win 501",
           "< FA 907(0) ack 233 win 509", "> A 233(0) ack 908 win 501");
}

static void half_close(void)
{
    start(SIM_USEC(10), 8080, true);
    open_connection(8080);
    EQ(rig_send(client, 10), 10);
    pair_run(&pair, SIM_USEC(100));
    EQ(client->ops->shutdown(client, SOCK_SHUT_WR), 0);
    EQ(rig_recv(server, 100), 10);
    pair_run(&pair, SIM_USEC(100));
    EQ(rig_recv(server, 100), 0);
    pair_run(&pair, SIM_MSEC(500));
    EQ(rig_send(server, 20), 20);
    pair_run(&pair, SIM_MSEC(500));
    server->ops->close(server);
    pair_run(&pair, SIM_MSEC(1));
    EQ(rig_recv(client, 100), 20);
    EQ(rig_recv(client, 100), 0);
    client->ops->close(client);
    listener->ops->close(listener);
    finish();
    EXPECT(HANDSHAKE, "> PA 1(10) ack 1 win 502", "< A 1(0) ack 11 win 509",
           "> FA 11(0) ack 1 win 502", "< A 1(0) ack 12 win 509", "< PA 1(20) ack 12 win 509",
           "> A 12(0) ack 21 win 502", "< FA 21(0) ack 12 win 509", "> A 12(0) ack 22 win 502");
}

static void rebinding_needs_reuseaddr_on_both(void)
{
    struct sock *again;

    start(SIM_USEC(10), 8080, true);
    open_connection(8080);
    listener->ops->close(listener);
    pair_run(&pair, SIM_SEC(1));
    server->ops->close(server);
    pair_run(&pair, SIM_MSEC(100));
    EQ(rig_recv(client, 100), 0);
    client->ops->close(client);
    pair_run(&pair, SIM_SEC(1));
    again = tcp_socket(pair.b.tcp);
    EQ(again->ops->bind(again, (struct endpoint){ 0, 8080 }), -SIM_EADDRINUSE);
    again->ops->set_option(again, OPT_SO_REUSEADDR, 1);
    EQ(again->ops->bind(again, (struct endpoint){ 0, 8080 }), 0);
    EQ(again->ops->listen(again, 5), 0);
    again->ops->close(again);
    finish();
    EXPECT(HANDSHAKE, "< FA 1(0) ack 1 win 510", "> A 1(0) ack 2 win 502",
           "> FA 1(0) ack 2 win 502", "< A 2(0) ack 2 win 510");

    start(SIM_USEC(10), 8081, false);
    open_connection(8081);
    listener->ops->close(listener);
    server->ops->close(server);
    pair_run(&pair, SIM_MSEC(100));
    client->ops->close(client);
    pair_run(&pair, SIM_SEC(1));
    again = tcp_socket(pair.b.tcp);
    again->ops->set_option(again, OPT_SO_REUSEADDR, 1);
    EQ(again->ops->bind(again, (struct endpoint){ 0, 8081 }), -SIM_EADDRINUSE);
    pair_run(&pair, SIM_SEC(70));
    EQ(again->ops->bind(again, (struct endpoint){ 0, 8081 }), 0);
    again->ops->close(again);
    finish();
}

static void small_writes_quick_then_delayed_acks_nagle(void)
{
    static const char *const tail[] = {
        "> PA 2601(30) ack 1 win 502", "< A 1(0) ack 2631 win 509",   "> PA 2631(60) ack 1 win 502",
        "< A 1(0) ack 2691 win 509",   "> PA 2691(40) ack 1 win 502", "> PA 2731(40) ack 1 win 502",
        "> PA 2771(40) ack 1 win 502", "< A 1(0) ack 2731 win 509",   "< A 1(0) ack 2771 win 509",
        "< A 1(0) ack 2811 win 509",   "> FA 2811(0) ack 1 win 502",  "< A 1(0) ack 2812 win 509",
        "< FA 1(0) ack 2812 win 509",  "> A 2812(0) ack 2 win 502",
    };
    unsigned at = 3;
    int error;

    start(SIM_MSEC(10), 8080, true);
    open_connection(8080);
    for (unsigned i = 0; i < 26; i++) {
        EQ(rig_send(client, 100), 100);
        pair_run(&pair, SIM_MSEC(100));
    }
    for (unsigned i = 0; i < 3; i++)
        EQ(rig_send(client, 30), 30);
    pair_run(&pair, SIM_MSEC(500));
    client->ops->set_option(client, OPT_TCP_NODELAY, 1);
    for (unsigned i = 0; i < 3; i++)
        EQ(rig_send(client, 40), 40);
    pair_run(&pair, SIM_MSEC(500));
    client->ops->close(client);
    pair_run(&pair, SIM_MSEC(1400));
    server = listener->ops->accept(listener, &error);
    EQ(rig_recv(server, 10000), 2810);
    EQ(rig_recv(server, 10000), 0);
    server->ops->close(server);
    listener->ops->close(listener);
    finish();
    for (unsigned i = 0; i < 26; i++) {
        char text[64];

        snprintf(text, sizeof text, "> PA %u(100) ack 1 win 502", 1 + 100 * i);
        EQ_STR(watch.lines[at++], text);
        snprintf(text, sizeof text, "< A 1(0) ack %u win 509", 101 + 100 * i);
        EQ_STR(watch.lines[at++], text);
    }
    for (unsigned i = 0; i < sizeof tail / sizeof tail[0]; i++)
        EQ_STR(watch.lines[at++], tail[i]);
    EQ(watch.n, at);
}

static void server_closes_after_the_answer(void)
{
    start(SIM_USEC(10), 80, false);
    open_connection(80);
    EQ(rig_send(client, 35), 35);
    pair_run(&pair, SIM_USEC(100));
    EQ(rig_recv(server, 4096), 35);
    EQ(rig_send(server, 1122), 1122);
    pair_run(&pair, SIM_USEC(40));
    server->ops->close(server);
    pair_run(&pair, SIM_USEC(100));
    EQ(rig_recv(client, 4096), 1122);
    EQ(rig_recv(client, 4096), 0);
    client->ops->close(client);
    listener->ops->close(listener);
    finish();
    EXPECT(HANDSHAKE, "> PA 1(35) ack 1 win 502", "< A 1(0) ack 36 win 509",
           "< PA 1(1122) ack 36 win 509", "> A 36(0) ack 1123 win 525",
           "< FA 1123(0) ack 36 win 509", "> FA 36(0) ack 1124 win 525",
           "< A 1124(0) ack 37 win 509");
}

UNIT_MAIN("tcp: as recorded from Linux", TEST(get_with_keep_alive_client_closes),
          TEST(three_requests_on_one_connection), TEST(half_close),
          TEST(rebinding_needs_reuseaddr_on_both), TEST(small_writes_quick_then_delayed_acks_nagle),
          TEST(server_closes_after_the_answer))
