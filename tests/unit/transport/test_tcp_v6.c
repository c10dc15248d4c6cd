/* Sockets of AF_INET6 between two hosts: TCP and UDP over IPv6, and IPv4 on one socket with it. */
#include "stack/transport/udp.h"

#include "stack/net/ip6.h"
#include "stack/transport/tcp_internal.h"
#include "tests/support/tcp_rig.h"
#include "tests/support/unit.h"

#define A6        IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)
#define B6        IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2)
#define PORT      80
#define SIX(a, p) ((struct endpoint){ .port = p, .v6 = true, .addr6 = a })

/* Two hosts, a and b, with both families. */
struct run {
    struct tcp_pair pair;
    struct udp_layer *udp_a, *udp_b;
    /* NULL, or closed by end(): a listener of b, a socket of a, and what came of the two */
    struct sock *server, *client, *child;
};

static void begin(struct run *run)
{
    struct link_config config = { .rate = 100000000, .delay = SIM_USEC(100), .queue = 100 };

    *run = (struct run){ 0 };
    pair_init(&run->pair, 3, &config);
    run->udp_a = udp_init(&run->pair.a.ip);
    run->udp_b = udp_init(&run->pair.b.ip);
    EQ(ip6_addr_add(run->pair.a.ip.ifaces[1], A6, 64, false), 0);
    EQ(ip6_addr_add(run->pair.b.ip.ifaces[1], B6, 64, false), 0);
}

static void close_if(struct sock **sock)
{
    if (*sock != NULL)
        (*sock)->ops->close(*sock);
    *sock = NULL;
}

static void end(struct run *run)
{
    close_if(&run->client);
    pair_run(&run->pair, SIM_MSEC(10));
    close_if(&run->child);
    close_if(&run->server);
    pair_run(&run->pair, SIM_SEC(200));
    udp_fini(run->udp_a);
    udp_fini(run->udp_b);
    pair_fini(&run->pair);
}

static void begin_listening(struct run *run, bool v6only)
{
    begin(run);
    run->server = tcp_socket6(run->pair.b.tcp);
    run->server->options.v6only = v6only;
    EQ(run->server->ops->bind(run->server, SIX(IP6_ANY, PORT)), 0);
    EQ(run->server->ops->listen(run->server, 5), 0);
}

/* connect() is on its way to @to. */
static void start(struct run *run, struct sock *client, struct endpoint to)
{
    run->client = client;
    EQ(client->ops->connect(client, to), -SIM_EINPROGRESS);
}

/* A connection of a socket that @make makes to @to, which b is known by. */
static void begin_connected(struct run *run, struct sock *(*make)(struct tcp_layer *tcp),
                            struct endpoint to)
{
    int error = 0;

    begin_listening(run, false);
    start(run, make(run->pair.a.tcp), to);
    pair_run(&run->pair, SIM_MSEC(10));
    run->child = run->server->ops->accept(run->server, &error);
    OK(run->child != NULL);
}

static void octets_cross_a_connection_over_ipv6(void)
{
    struct run run;
    struct sock *client, *child;
    struct tcp_info_view info;

    begin_connected(&run, tcp_socket6, SIX(B6, PORT));
    client = run.client;
    child = run.child;
    OK(child->v6 && child->remote.v6 && ip6_eq(child->remote.addr6, A6));
    tcp_get_info(client, &info);
    EQ(info.snd_mss, 1428); /* 1500 - 40 - 20 - 12 */
    EQ(rig_send(client, 40000), 40000);
    for (size_t got = 0; got < 40000;) {
        int64_t n;

        pair_run(&run.pair, SIM_MSEC(20));
        n = rig_recv(child, 100000);
        OK(n > 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    end(&run);
}

static void a_dual_socket_takes_ipv4_as_a_mapped_address(void)
{
    struct run run;
    struct sock *child;
    char text[ENDPOINT_TEXT_MAX];

    begin_connected(&run, tcp_socket, (struct endpoint){ RIG_PEER, PORT });
    child = run.child;
    OK(child->v6 && !child->remote.v6);
    EQ_STR(endpoint_format(endpoint_without_port(sock_to_api(child, child->remote)), text),
           "[::ffff:10.0.0.1]:0");
    end(&run);
}

static void an_ipv6_only_socket_takes_no_ipv4(void)
{
    struct run run;
    struct sock *other;

    begin_listening(&run, true);
    other = tcp_socket(run.pair.b.tcp); /* the port is free for IPv4 */
    EQ(other->ops->bind(other, (struct endpoint){ 0, PORT }), 0);
    start(&run, tcp_socket(run.pair.a.tcp), (struct endpoint){ RIG_PEER, PORT });
    pair_run(&run.pair, SIM_MSEC(10));
    EQ(run.client->error, SIM_ECONNREFUSED);
    other->ops->close(other);
    end(&run);
}

static void a_dual_socket_and_an_ipv4_socket_share_no_port(void)
{
    struct run run;
    struct sock *other;

    begin_listening(&run, false);
    other = tcp_socket(run.pair.b.tcp);
    EQ(other->ops->bind(other, (struct endpoint){ 0, PORT }), -SIM_EADDRINUSE);
    other->ops->close(other);
    end(&run);
}

static void datagrams_of_both_families_reach_one_socket(void)
{
    struct run run;
    struct sock *server, *six, *four;
    uint8_t octets[100];
    struct sock_recv message = { .octets = octets, .size = sizeof octets };
    struct sock_send send = { .octets = "hi", .len = 2, .has_to = true };

    begin(&run);
    server = udp_socket6(run.udp_b);
    six = udp_socket6(run.udp_a);
    four = udp_socket(run.udp_a);
    EQ(server->ops->bind(server, SIX(IP6_ANY, 53)), 0);
    send.to = SIX(B6, 53);
    EQ(six->ops->send(six, &send), 2);
    pair_run(&run.pair, SIM_MSEC(10));
    EQ(server->ops->recv(server, &message), 2);
    OK(message.from.v6 && ip6_eq(message.from.addr6, A6));
    send.to = (struct endpoint){ RIG_PEER, 53 };
    EQ(four->ops->send(four, &send), 2);
    pair_run(&run.pair, SIM_MSEC(10));
    EQ(server->ops->recv(server, &message), 2);
    OK(!message.from.v6 && message.from.addr == RIG_HOST);
    server->ops->close(server);
    six->ops->close(six);
    four->ops->close(four);
    end(&run);
}

static void a_closed_udp_port_refuses_a_connected_socket(void)
{
    struct run run;
    struct sock *client;
    struct sock_send send = { .octets = "hi", .len = 2 };

    begin(&run);
    client = udp_socket6(run.udp_a);
    EQ(client->ops->connect(client, SIX(B6, 9)), 0);
    OK(ip6_eq(client->local.addr6, A6));
    EQ(client->ops->send(client, &send), 2);
    pair_run(&run.pair, SIM_MSEC(10));
    EQ(client->error, SIM_ECONNREFUSED);
    client->ops->close(client);
    end(&run);
}

#define NOBODY SIX(IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x77), PORT)

/* An ICMPv6 error about @from's last SYN, as if @code came from the peer. */
static void icmp_error(struct run *run, const struct sock *from, uint8_t code, uint32_t seq)
{
    uint8_t transport[20] = { 0 };
    struct ip_error error = {
        .type = 1, .code = code, .transport = transport, .transport_len = 20
    };

    error.local = endpoint_without_port(from->local);
    error.remote = endpoint_without_port(from->remote);
    error.errnum = code == 4 ? SIM_ECONNREFUSED : SIM_ENETUNREACH;
    error.hard = code == 4;
    transport[0] = (uint8_t)(from->local.port >> 8);
    transport[1] = (uint8_t)from->local.port;
    transport[2] = (uint8_t)(from->remote.port >> 8);
    transport[3] = (uint8_t)from->remote.port;
    for (int i = 0; i < 4; i++)
        transport[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
    ip_protocol_find(&run->pair.a.ip, IP_PROTO_TCP)->protocol->error(run->pair.a.tcp, &error);
}

static void an_error_about_the_syn_ends_connect_if_its_number_is_right(void)
{
    struct run run;
    struct sock *client;
    uint32_t iss;

    begin(&run);
    client = tcp_socket6(run.pair.a.tcp);
    start(&run, client, NOBODY);
    iss = tcp_of(client)->iss;
    icmp_error(&run, client, 4, iss - 5000);
    EQ(client->error, 0);
    icmp_error(&run, client, 4, iss);
    EQ(client->error, SIM_ECONNREFUSED);
    end(&run);
}

static int64_t next_report(struct sock *sock, struct sock_recv *message)
{
    *message = (struct sock_recv){ .flags = SOCK_MSG_ERRQUEUE };
    return sock->ops->recv(sock, message);
}

/* ipv6_icmp_error() looks at IPV6_RECVERR alone, tcp_v4_err() at no option. */
static void an_error_about_the_syn_is_queued_for_who_asked(void)
{
    struct sock_recv message;
    struct run run;
    struct sock *client;

    begin(&run);
    client = tcp_socket6(run.pair.a.tcp);
    client->options.recverr = true;
    start(&run, client, NOBODY);
    icmp_error(&run, client, 4, tcp_of(client)->iss);
    EQ(client->ops->connect(client, NOBODY), -SIM_ECONNREFUSED);
    EQ(next_report(client, &message), -SIM_EAGAIN);
    client->options.recverr6 = true;
    start(&run, client, NOBODY);
    icmp_error(&run, client, 0, tcp_of(client)->iss);
    EQ(client->ops->poll(client) & SOCK_POLLERR, SOCK_POLLERR);
    EQ(next_report(client, &message), 0);
    EQ(message.full_len, 20);
    EQ(message.report.error, SIM_ENETUNREACH);
    EQ(message.report.origin, SOCK_ORIGIN_ICMP6);
    EQ(message.report.type, 1);
    EQ(message.report.code, 0);
    OK(message.from.v6 && ip6_eq(message.from.addr6, NOBODY.addr6));
    EQ(message.from.port, PORT);
    EQ(client->error, 0);
    EQ(next_report(client, &message), -SIM_EAGAIN);
    end(&run);
}

static void an_error_about_a_syn_over_ipv4_is_queued_by_the_rule_of_ipv4(void)
{
    struct sock_recv message;
    struct run run;
    struct sock *client;

    begin(&run);
    client = tcp_socket6(run.pair.a.tcp);
    start(&run, client, (struct endpoint){ RIG_PEER, PORT });
    icmp_error(&run, client, 0, tcp_of(client)->iss);
    EQ(next_report(client, &message), 0);
    EQ(message.report.origin, SOCK_ORIGIN_ICMP);
    EQ(message.from.addr, RIG_PEER);
    end(&run);
}

/* Of an open connection each family's option decides. */
static void an_error_is_told_at_once_to_who_asked_for_those_of_its_family(void)
{
    struct run run;
    struct sock *client;

    begin_connected(&run, tcp_socket6, SIX(B6, PORT));
    client = run.client;
    client->options.recverr = true;
    icmp_error(&run, client, 0, tcp_of(client)->snd_una);
    EQ(client->error, 0);
    EQ(client->soft_error, SIM_ENETUNREACH);
    client->options.recverr6 = true;
    icmp_error(&run, client, 4, tcp_of(client)->snd_una);
    EQ(rig_recv(client, 1), -SIM_ECONNREFUSED);
    OK(!sock_has_reports(client));
    EQ(tcp_state_of(client), TCP_ESTABLISHED);
    end(&run);
}

static void binding_follows_linux(void)
{
    struct run run;
    struct sock *sock;
    struct endpoint link = SIX(IP6(0xfe80, 0, 0, 0, 0, 0, 0, 1), 99);

    begin(&run);
    sock = udp_socket6(run.udp_a);
    EQ(sock->ops->bind(sock, SIX(B6, 99)), -SIM_EADDRNOTAVAIL);
    EQ(sock->ops->bind(sock, link), -SIM_EINVAL); /* on which link? */
    EQ(sock->ops->bind(sock, SIX(A6, 99)), 0);
    sock->ops->close(sock);
    sock = tcp_socket6(run.pair.a.tcp);
    EQ(sock->ops->connect(sock, SIX(IP6(0x2002, 0, 0, 0, 0, 0, 0, 1), 99)), -SIM_ENETUNREACH);
    EQ(sock->ops->connect(sock, link), -SIM_EINVAL);
    sock->ops->close(sock);
    end(&run);
}

/* The flow labels of a's TCP segments. */
struct labels {
    struct observer observer;
    const struct node *node;
    uint32_t seen[16];
    unsigned n;
};

static void note_label(struct observer *observer, const struct record *record)
{
    struct labels *labels = CONTAINER_OF(observer, struct labels, observer);
    const uint8_t *ip = record->frame_at + 14;

    if (record->kind == RECORD_SEND && record->node == labels->node && record->at_ether &&
        ip[0] >> 4 == 6 && ip[6] == 6 && labels->n < 16)
        labels->seen[labels->n++] = be32_get(ip) & 0xfffff;
}

static void flow_label_changes_with_each_timeout(void)
{
    struct run run;
    struct link_config config = { .rate = 100000000, .delay = SIM_USEC(100), .queue = 100 };
    struct labels labels = { .observer = { .wants = RECORD_ALL, .record = note_label } };

    begin(&run);
    labels.node = run.pair.a.node;
    sim_observe(run.pair.sim, &labels.observer);
    start(&run, tcp_socket6(run.pair.a.tcp), SIX(B6, PORT)); /* refused at once */
    pair_run(&run.pair, SIM_MSEC(10));
    close_if(&run.client);
    EQ(labels.n, 1);
    labels.n = 0;
    config.loss = 1000000; /* all */
    link_configure(run.pair.link, &config);
    start(&run, tcp_socket6(run.pair.a.tcp), SIX(B6, PORT));
    pair_run(&run.pair, SIM_MSEC(3500));
    OK(labels.n >= 3);
    OK(labels.seen[0] != labels.seen[1] && labels.seen[1] != labels.seen[2]);
    end(&run);
}

UNIT_MAIN("tcp_v6", TEST(octets_cross_a_connection_over_ipv6),
          TEST(a_dual_socket_takes_ipv4_as_a_mapped_address),
          TEST(an_ipv6_only_socket_takes_no_ipv4),
          TEST(a_dual_socket_and_an_ipv4_socket_share_no_port),
          TEST(datagrams_of_both_families_reach_one_socket),
          TEST(a_closed_udp_port_refuses_a_connected_socket),
          TEST(an_error_about_the_syn_ends_connect_if_its_number_is_right),
          TEST(an_error_about_the_syn_is_queued_for_who_asked),
          TEST(an_error_about_a_syn_over_ipv4_is_queued_by_the_rule_of_ipv4),
          TEST(an_error_is_told_at_once_to_who_asked_for_those_of_its_family),
          TEST(binding_follows_linux), TEST(flow_label_changes_with_each_timeout))
