/* Signed segments between two hosts, and what a host with keys does not take. What Linux does is
 * recorded in tests/packetdrill/rfc2385.
 */
#include "tests/support/tcp_rig.h"
#include "tests/support/unit.h"

static const uint8_t KEY[] = "secret";

static struct tcp_rig rig;
static struct sock *listener;

static void set_key(struct sock *sock, ip4_addr addr, uint8_t prefix, const char *key)
{
    EQ(tcp_md5_set(sock, &(struct endpoint){ .addr = addr }, prefix, (const uint8_t *)key,
                   strlen(key)),
       0);
}

/* Does a connection from a to b come about, where both have these keys? */
static bool connects(const char *a_key, const char *b_key, int64_t n)
{
    struct link_config config = { .rate = 100000000, .delay = SIM_USEC(100), .queue = 100 };
    struct endpoint to = { .addr = IP4(10, 0, 0, 2), .port = 80 };
    struct sock *client, *server, *other;
    struct tcp_info_view info;
    struct tcp_pair pair;
    bool open;
    int error;

    pair_init(&pair, 1, &config);
    other = tcp_socket(pair.b.tcp);
    client = tcp_socket(pair.a.tcp);
    if (b_key != NULL)
        set_key(other, IP4(10, 0, 0, 0), 24, b_key);
    if (a_key != NULL)
        set_key(client, IP4(10, 0, 0, 2), 32, a_key);
    EQ(other->ops->bind(other, to), 0);
    EQ(other->ops->listen(other, 5), 0);
    EQ(client->ops->connect(client, to), -SIM_EINPROGRESS);
    pair_run(&pair, SIM_MSEC(100));
    server = other->ops->accept(other, &error);
    open = server != NULL;
    if (open) {
        EQ(rig_send(client, (size_t)n), n);
        pair_run(&pair, SIM_MSEC(200));
        tcp_get_info(client, &info);
        EQ(info.bytes_acked, n + 1);
        EQ(info.opt_timestamps, a_key == NULL); /* there is no room for both */
        EQ(rig_recv(server, (size_t)n), n);
        client->ops->close(client);
        pair_run(&pair, SIM_MSEC(100));
        server->ops->close(server);
        pair_run(&pair, SIM_MSEC(100));
    } else {
        client->ops->close(client);
    }
    other->ops->close(other);
    pair_fini(&pair);
    return open;
}

static void hosts_with_one_key_talk(void)
{
    OK(connects("secret", "secret", 14600));
    OK(connects(NULL, NULL, 14600));
}

static void hosts_with_different_keys_or_one_alone_do_not(void)
{
    OK(!connects("secret", "Secret", 1));
    OK(!connects("secret", NULL, 1));
    OK(!connects(NULL, "secret", 1));
}

static void raw_syn(const char *options, uint8_t n)
{
    rig.options = (const uint8_t *)options;
    rig.n_options = n;
    rig_in(&rig, "S", 0, 0, 0);
    rig.n_options = 0;
}

static void each_wrong_segment_has_its_reason(void)
{
    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    raw_syn("\x13\x12"
            "0123456789abcdef"
            "\1\1",
            20);
    EQ(rig.drops[DROP_TCP_SIGNATURE], 1);
    set_key(listener, RIG_PEER, 32, "secret");
    raw_syn("\x13\x12"
            "0123456789abcdef"
            "\1\1",
            20);
    EQ(rig.drops[DROP_TCP_SIGNATURE_WRONG], 1);
    rig_in(&rig, "S", 0, 0, 0);
    EQ(rig.drops[DROP_TCP_SIGNATURE_MISSING], 1);
    EQ_STR(rig_next(&rig), "");
    rig_close(&rig, listener, NULL);
}

static void keys_are_replaced_and_taken_back(void)
{
    struct endpoint peer = { .addr = RIG_PEER };

    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    EQ(tcp_md5_set(listener, &peer, 32, NULL, 0), -SIM_ENOENT);
    EQ(tcp_md5_set(listener, &peer, 33, KEY, 6), -SIM_EINVAL);
    EQ(tcp_md5_set(listener, &peer, 32, KEY, 81), -SIM_EINVAL);
    EQ(tcp_md5_set(listener, &peer, 32, KEY, 6), 0);
    EQ(tcp_md5_set(listener, &peer, 32, KEY, 5), 0);
    EQ(tcp_md5_set(listener, &peer, 24, KEY, 5), 0);
    EQ(tcp_md5_set(listener, &peer, 32, NULL, 0), 0);
    EQ(tcp_md5_set(listener, &peer, 32, NULL, 0), -SIM_ENOENT);
    rig_in(&rig, "S", 0, 0, 0); /* the prefix has one still */
    EQ(rig.drops[DROP_TCP_SIGNATURE_MISSING], 1);
    EQ(tcp_md5_set(listener, &peer, 24, NULL, 0), 0);
    rig_in(&rig, "S", 0, 0, 0);
    EQ_STR(rig_next(&rig), "SA 0(0) ack 1");
    rig_in(&rig, "R", 1, 0, 0);
    rig_close(&rig, listener, NULL);
}

static void signed_segment_to_a_closed_port_gets_no_reset(void)
{
    rig_init(&rig);
    listener = rig_listen(&rig, 5);
    rig.host_port = 81;
    raw_syn("\x13\x12"
            "0123456789abcdef"
            "\1\1",
            20);
    EQ_STR(rig_next(&rig), "");
    EQ(rig.drops[DROP_PORT_CLOSED], 1);
    rig_close(&rig, listener, NULL);
}

UNIT_MAIN("tcp: MD5 signatures", TEST(hosts_with_one_key_talk),
          TEST(hosts_with_different_keys_or_one_alone_do_not),
          TEST(each_wrong_segment_has_its_reason), TEST(keys_are_replaced_and_taken_back),
          TEST(signed_segment_to_a_closed_port_gets_no_reset))
