#include "tests/support/unit.h"

#include <string.h>

#include "tests/support/tcp_rig.h"

/* The headers of a connection's packets lie ready until something changes that they were made of.
 */

static struct tcp_rig rig;
static struct sock *listener, *sock;

static void begin(void)
{
    rig_init(&rig);
    tcp_sysctl(rig.host.tcp)->initial_cwnd = 200; /* the peer acknowledges nothing */
    tcp_sysctl(rig.host.tcp)->early_retrans = 0;
    listener = rig_listen(&rig, 50);
    listener->ops->set_option(listener, OPT_TCP_NODELAY, 1);
    sock = rig_accept(&rig, listener);
    rig_flush(&rig);
    for (unsigned i = 0; i < 3; i++) { /* by then they are ready */
        EQ(rig_send(sock, 100), 100);
        rig_run(&rig, SIM_USEC(20));
    }
    EQ(rig_flush(&rig), 3);
}

static void end(void)
{
    rig_close(&rig, listener, sock);
}

/* @from says something; what leaves with it. */
static const struct rig_sent *said(struct sock *from)
{
    EQ(rig_send(from, 10), 10);
    rig_run(&rig, SIM_USEC(20));
    OK(rig_next(&rig)[0] != '\0');
    rig_flush(&rig);
    return rig_last(&rig);
}

/* As setsockopt() does. */
static void set_ttl(struct sock *of, uint8_t ttl)
{
    of->options.ttl = ttl;
    of->options_new = true;
}

static void another_ttl_is_in_the_next_segment(void)
{
    begin();
    set_ttl(sock, 7);
    EQ(said(sock)->ttl, 7);
    EQ(said(sock)->ttl, 7);
    set_ttl(sock, 9);
    EQ(said(sock)->ttl, 9);
    sock->options.tos = 0x20;
    sock->options_new = true;
    EQ(said(sock)->tos, 0x20);
    EQ(said(sock)->tos, 0x20);
    end();
}

static void two_connections_of_one_path_have_their_own_ttl(void)
{
    struct sock *other;

    begin();
    other = rig_connect(&rig);
    other->ops->set_option(other, OPT_TCP_NODELAY, 1);
    set_ttl(other, 33);
    for (unsigned i = 0; i < 3; i++) {
        EQ(said(other)->ttl, 33);
        EQ(said(other)->ttl, 33);
        EQ(said(sock)->ttl, 64);
        EQ(said(sock)->ttl, 64);
    }
    other->ops->close(other);
    end();
}

/* Of many peers the paths crowd each other out, and stand elsewhere when there are more places. */
static void every_peer_gets_what_is_for_it(void)
{
    struct sock *others[20];

    begin();
    for (unsigned i = 0; i < 20; i++) {
        struct tcp_host *host = &rig.host;
        static const struct mac_addr mac = { { 2, 0, 0, 0, 2, 1 } };

        rig.from = RIG_PEER + 1 + i;
        neigh_set(&host->ip.neigh, ip_iface_find(&host->ip, "eth0"), rig.from, &mac,
                  NEIGH_PERMANENT, true);
        others[i] = rig_accept(&rig, listener);
        rig_flush(&rig);
        for (unsigned j = 0; j <= i; j++)
            EQ(said(others[j])->dst, RIG_PEER + 1 + j);
        EQ(said(sock)->dst, RIG_PEER);
        EQ(said(sock)->dst, RIG_PEER);
    }
    for (unsigned i = 0; i < 20; i++)
        others[i]->ops->close(others[i]);
    rig.from = 0;
    end();
}

static void another_address_of_the_neighbor_is_in_the_next_frame(void)
{
    static const struct mac_addr mac = { { 2, 0, 0, 0, 9, 9 } };

    begin();
    neigh_set(&rig.host.ip.neigh, ip_iface_find(&rig.host.ip, "eth0"), RIG_PEER, &mac,
              NEIGH_PERMANENT, true);
    EQ(memcmp(said(sock)->to.octets, mac.octets, sizeof mac.octets), 0);
    EQ(memcmp(said(sock)->to.octets, mac.octets, sizeof mac.octets), 0);
    end();
}

/* A socket that is connected anew talks to its new peer. */
static void a_socket_connected_anew_has_another_path(void)
{
    static const struct mac_addr mac = { { 2, 0, 0, 0, 2, 1 } };
    struct sock *again;

    begin();
    again = rig_connect(&rig);
    again->ops->set_option(again, OPT_TCP_NODELAY, 1);
    EQ(said(again)->dst, RIG_PEER);
    EQ(said(again)->dst, RIG_PEER);
    neigh_set(&rig.host.ip.neigh, ip_iface_find(&rig.host.ip, "eth0"), RIG_PEER + 5, &mac,
              NEIGH_PERMANENT, true);
    EQ(again->ops->disconnect(again), 0);
    rig_run(&rig, SIM_USEC(20));
    rig_flush(&rig);
    again->error = 0;
    EQ(again->ops->connect(again, (struct endpoint){ RIG_PEER + 5, RIG_PEER_PORT }),
       -SIM_EINPROGRESS);
    rig_run(&rig, SIM_MSEC(1));
    EQ_STR(rig_next(&rig), "S 0(0)");
    EQ(rig_last(&rig)->dst, RIG_PEER + 5);
    again->ops->close(again);
    end();
}

UNIT_MAIN("tcp: paths", TEST(another_ttl_is_in_the_next_segment),
          TEST(two_connections_of_one_path_have_their_own_ttl),
          TEST(every_peer_gets_what_is_for_it),
          TEST(another_address_of_the_neighbor_is_in_the_next_frame),
          TEST(a_socket_connected_anew_has_another_path))
