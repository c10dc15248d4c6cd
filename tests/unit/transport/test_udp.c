#include "stack/transport/udp_internal.h"

#include "stack/transport/raw.h"
#include "stack/transport/sock.h"
#include "tests/support/net_rig.h"

#define MINE           IP4(10, 0, 0, 1)
#define MINE2          IP4(10, 1, 0, 1)
#define PEER           IP4(10, 0, 0, 2)
#define AT(addr, port) ((struct endpoint){ addr, port })

struct udp_rig {
    struct net_rig net;
    struct udp_layer *udp;
};

static void begin(struct udp_rig *rig)
{
    net_rig_init(&rig->net, 2);
    net_rig_address(&rig->net, 0, MINE, 24);
    net_rig_address(&rig->net, 1, MINE2, 24);
    net_rig_neighbor(&rig->net, 0, PEER);
    rig->udp = udp_init(&rig->net.ip);
}

static void end(struct udp_rig *rig)
{
    udp_fini(rig->udp);
    net_rig_fini(&rig->net);
}

static struct sock *bound(struct udp_rig *rig, struct endpoint at)
{
    struct sock *sock = udp_socket(rig->udp);

    EQ(sock->ops->bind(sock, at), 0);
    return sock;
}

static void close(struct sock *sock)
{
    sock->ops->close(sock);
}

static int64_t receive(struct sock *sock, size_t size, struct sock_recv *message)
{
    static uint8_t octets[9000];

    *message = (struct sock_recv){ .octets = octets, .size = size, .flags = message->flags };
    return sock->ops->recv(sock, message);
}

static bool has_one(struct sock *sock)
{
    struct sock_recv message = { 0 };

    return receive(sock, 100, &message) >= 0;
}

static int64_t send_to(struct sock *sock, size_t len, struct endpoint to)
{
    static const uint8_t octets[70000];

    return sock->ops->send(
        sock, &(struct sock_send){ .octets = octets, .len = len, .has_to = true, .to = to });
}

static int64_t send(struct sock *sock, size_t len)
{
    return sock->ops->send(sock, &(struct sock_send){ .octets = "0123456789", .len = len });
}

static void take(struct udp_rig *rig, const struct packet *packet)
{
    wire_send(&rig->net, 0, packet);
    net_rig_run(&rig->net, SIM_MSEC(1));
}

static void arrive(struct udp_rig *rig, struct endpoint src, struct endpoint dst, size_t len)
{
    struct packet packet = packet_udp(src, dst, len);

    take(rig, &packet);
}

static void the_most_exact_socket_gets_the_datagram(void)
{
    struct udp_rig rig;
    struct sock *any, *exact, *connected, *other;

    begin(&rig);
    any = udp_socket(rig.udp);
    exact = udp_socket(rig.udp);
    connected = udp_socket(rig.udp);
    other = udp_socket(rig.udp);
    any->options.reuseaddr = exact->options.reuseaddr = connected->options.reuseaddr = true;
    other->options.reuseaddr = true;
    other->options.bound_iface = net_rig_iface(&rig.net, 0);
    EQ(exact->ops->bind(exact, AT(MINE, 53)), 0);
    EQ(connected->ops->bind(connected, AT(MINE, 53)), 0);
    EQ(connected->ops->connect(connected, AT(PEER, 99)), 0);
    EQ(any->ops->bind(any, AT(0, 53)), 0);
    EQ(other->ops->bind(other, AT(0, 53)), 0);
    arrive(&rig, AT(PEER, 99), AT(MINE, 53), 1);
    OK(has_one(connected) && !has_one(exact) && !has_one(any) && !has_one(other));
    arrive(&rig, AT(PEER, 98), AT(MINE, 53), 1);
    OK(!has_one(connected) && has_one(exact) && !has_one(any) && !has_one(other));
    arrive(&rig, AT(PEER, 98), AT(MINE2, 53), 1);
    OK(!has_one(exact) && has_one(other) && !has_one(any));
    close(other);
    arrive(&rig, AT(PEER, 98), AT(MINE2, 53), 1);
    OK(has_one(any));
    close(any);
    close(exact);
    close(connected);
    end(&rig);
}

static void broadcast_reaches_all_sockets_of_the_port(void)
{
    struct udp_rig rig;
    struct sock *a, *b;
    struct packet packet = packet_udp(AT(PEER, 5), AT(IP4_BROADCAST, 53), 4);

    begin(&rig);
    a = udp_socket(rig.udp);
    b = udp_socket(rig.udp);
    a->options.reuseaddr = b->options.reuseaddr = true;
    EQ(a->ops->bind(a, AT(0, 53)), 0);
    EQ(b->ops->bind(b, AT(0, 53)), 0);
    wire_broadcast(&rig.net, 0, &packet);
    net_rig_run(&rig.net, SIM_MSEC(1));
    OK(has_one(a) && has_one(b));
    packet = packet_udp(AT(PEER, 5), AT(IP4_BROADCAST, 54), 4); /* nobody: silence */
    wire_broadcast(&rig.net, 0, &packet);
    net_rig_run(&rig.net, SIM_MSEC(1));
    EQ(rig.net.wires[0].n, 0);
    close(a);
    close(b);
    end(&rig);
}

static void ports_are_shared_only_by_those_that_both_want_to(void)
{
    struct udp_rig rig;
    struct sock *first, *second;

    begin(&rig);
    first = bound(&rig, AT(0, 53));
    second = udp_socket(rig.udp);
    EQ(second->ops->bind(second, AT(MINE, 53)), -SIM_EADDRINUSE);
    second->options.reuseaddr = true;
    EQ(second->ops->bind(second, AT(MINE, 53)), -SIM_EADDRINUSE);
    first->options.reuseaddr = true;
    EQ(second->ops->bind(second, AT(MINE, 53)), 0);
    EQ(second->ops->bind(second, AT(MINE, 54)), -SIM_EINVAL);
    close(second);
    second = udp_socket(rig.udp);
    EQ(second->ops->bind(second, AT(PEER, 55)), -SIM_EADDRNOTAVAIL);
    EQ(second->ops->bind(second, AT(MINE, 55)), 0);
    close(first);
    first = bound(&rig, AT(MINE2, 55)); /* another address: no conflict */
    close(first);
    close(second);
    end(&rig);
}

static void reuseport_spreads_peers_and_keeps_each_with_its_socket(void)
{
    struct udp_rig rig;
    struct sock *socks[3];
    unsigned got[3] = { 0 };

    begin(&rig);
    for (unsigned i = 0; i < 3; i++) {
        socks[i] = udp_socket(rig.udp);
        socks[i]->options.reuseport = true;
        EQ(socks[i]->ops->bind(socks[i], AT(0, 53)), 0);
    }
    for (uint16_t port = 1000; port < 1060; port++)
        for (unsigned twice = 0; twice < 2; twice++)
            arrive(&rig, AT(PEER, port), AT(MINE, 53), 1);
    for (unsigned i = 0; i < 3; i++) {
        while (has_one(socks[i]))
            got[i]++;
        OK(got[i] > 20 && got[i] % 2 == 0);
        close(socks[i]);
    }
    EQ(got[0] + got[1] + got[2], 120);
    end(&rig);
}

static void checksum_is_verified_unless_the_sender_made_none(void)
{
    struct udp_rig rig;
    struct sock *sock;
    struct packet packet = packet_udp(AT(PEER, 5), AT(MINE, 53), 10);

    begin(&rig);
    sock = bound(&rig, AT(0, 53));
    packet.octets[30] ^= 1;
    take(&rig, &packet);
    EQ(rig.net.drops[DROP_BAD_CHECKSUM], 1);
    be16_put(packet.octets + 26, 0);
    take(&rig, &packet);
    OK(has_one(sock));
    close(sock);
    end(&rig);
}

static void computed_zero_is_sent_as_ffff(void)
{
    struct udp_rig rig;
    struct sock *sock;
    struct ipv4_hdr hdr;
    struct packet packet;
    uint8_t octets[2] = { 0, 0 };

    begin(&rig);
    sock = bound(&rig, AT(0, 53));
    EQ(sock->ops->connect(sock, AT(PEER, 99)), 0);
    sock->ops->send(sock, &(struct sock_send){ .octets = octets, .len = 2 });
    net_rig_run(&rig.net, SIM_MSEC(1));
    packet = wire_packet(&rig.net, 0, 0, &hdr);
    memcpy(octets, packet.octets + 26, 2); /* now the sum is all ones */
    sock->ops->send(sock, &(struct sock_send){ .octets = octets, .len = 2 });
    net_rig_run(&rig.net, SIM_MSEC(1));
    packet = wire_packet(&rig.net, 0, 0, &hdr);
    EQ(be16_get(packet.octets + 26), 0xffff);
    close(sock);
    end(&rig);
}

static void wrong_lengths_are_dropped_and_what_is_behind_is_cut(void)
{
    struct udp_rig rig;
    struct sock *sock;
    struct sock_recv message = { 0 };
    struct packet packet = packet_udp(AT(PEER, 5), AT(MINE, 53), 10);

    begin(&rig);
    sock = bound(&rig, AT(0, 53));
    be16_put(packet.octets + 26, 0);
    be16_put(packet.octets + 24, 7);
    take(&rig, &packet);
    EQ(rig.net.drops[DROP_BAD_HEADER], 1);
    be16_put(packet.octets + 24, 19);
    take(&rig, &packet);
    EQ(rig.net.drops[DROP_TRUNCATED], 1);
    be16_put(packet.octets + 24, 12);
    take(&rig, &packet);
    EQ(receive(sock, 100, &message), 4);
    close(sock);
    end(&rig);
}

static void one_datagram_per_read_the_rest_of_it_is_lost(void)
{
    struct udp_rig rig;
    struct sock *sock;
    struct sock_recv message = { 0 };

    begin(&rig);
    sock = bound(&rig, AT(0, 53));
    arrive(&rig, AT(PEER, 5), AT(MINE, 53), 100);
    arrive(&rig, AT(PEER, 6), AT(MINE, 53), 0);
    message.flags = SOCK_MSG_PEEK;
    EQ(receive(sock, 10, &message), 10);
    message.flags = SOCK_MSG_TRUNC;
    EQ(receive(sock, 10, &message), 100);
    EQ(message.from.port, 5);
    EQ(message.to.addr, MINE);
    message.flags = 0;
    EQ(receive(sock, 10, &message), 0);
    EQ(message.from.port, 6);
    EQ(receive(sock, 10, &message), -SIM_EAGAIN);
    close(sock);
    end(&rig);
}

static void sizes_up_to_65507_octets(void)
{
    struct udp_rig rig;
    struct sock *sock;

    begin(&rig);
    sock = udp_socket(rig.udp);
    EQ(send_to(sock, 65508, AT(PEER, 9)), -SIM_EMSGSIZE);
    EQ(send_to(sock, 65507, AT(PEER, 9)), 65507);
    net_rig_run(&rig.net, SIM_MSEC(10));
    EQ(rig.net.wires[0].n, 45);
    sock->options.mtu_discover = 2;
    EQ(send_to(sock, 1473, AT(PEER, 9)), -SIM_EMSGSIZE);
    EQ(send_to(sock, 1472, AT(PEER, 9)), 1472);
    close(sock);
    end(&rig);
}

/* By IP_MTU_DISCOVER: recorded on Linux 6.18. */
static void df_and_fragments_are_as_the_program_wants(void)
{
    static const struct {
        bool df;         /* of a small datagram */
        int64_t too_big; /* 2000 octets */
    } modes[] = { { false, 2000 },         { true, 2000 },           { true, -SIM_EMSGSIZE },
                  { true, -SIM_EMSGSIZE }, { false, -SIM_EMSGSIZE }, { false, 2000 } };
    struct udp_rig rig;
    struct sock *sock;

    begin(&rig);
    sock = udp_socket(rig.udp);
    net_rig_run(&rig.net, SIM_MSEC(10));
    for (uint8_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        unsigned before = rig.net.wires[0].n;

        sock->options.mtu_discover = i;
        EQ(send_to(sock, 100, AT(PEER, 9)), 100);
        net_rig_run(&rig.net, SIM_MSEC(10));
        EQ((rig.net.wires[0].log[before % WIRE_LOG_MAX].octets[14 + 6] & 0x40) != 0, modes[i].df);
        EQ(send_to(sock, 2000, AT(PEER, 9)), modes[i].too_big);
        net_rig_run(&rig.net, SIM_MSEC(10));
        EQ(rig.net.wires[0].n - before, modes[i].too_big > 0 ? 3u : 1u);
    }
    close(sock);
    end(&rig);
}

static void send_errors_have_their_numbers(void)
{
    struct udp_rig rig;
    struct sock *sock;

    begin(&rig);
    sock = udp_socket(rig.udp);
    EQ(send(sock, 1), -SIM_EDESTADDRREQ);
    EQ(send_to(sock, 1, AT(PEER, 0)), -SIM_EINVAL);
    EQ(send_to(sock, 1, AT(IP4(9, 9, 9, 9), 9)), -SIM_ENETUNREACH);
    EQ(send_to(sock, 1, AT(IP4(10, 0, 0, 255), 9)), -SIM_EACCES);
    EQ(sock->ops->connect(sock, AT(IP4(10, 0, 0, 255), 9)), -SIM_EACCES);
    sock->options.broadcast = true;
    EQ(send_to(sock, 1, AT(IP4(10, 0, 0, 255), 9)), 1);
    close(sock);
    sock = bound(&rig, AT(IP4_LOOPBACK, 0));
    EQ(send_to(sock, 1, AT(PEER, 9)), -SIM_EINVAL); /* 127/8 never leaves */
    net_rig_run(&rig.net, SIM_MSEC(1));
    EQ(rig.net.wires[0].n, 1);
    close(sock);
    end(&rig);
}

static void closed_port_is_told_and_connected_senders_hear_it(void)
{
    struct udp_rig rig;
    struct sock *connected, *free;
    struct ipv4_hdr hdr;
    struct packet packet, quote;

    begin(&rig);
    arrive(&rig, AT(PEER, 5), AT(MINE, 53), 10);
    packet = wire_packet(&rig.net, 0, 0, &hdr);
    EQ(packet.octets[20], ICMP_DEST_UNREACH);
    EQ(packet.octets[21], ICMP_UNREACH_PORT);
    connected = bound(&rig, AT(MINE, 1000));
    free = bound(&rig, AT(MINE, 1001));
    EQ(connected->ops->connect(connected, AT(PEER, 9)), 0);
    quote = packet_udp(AT(MINE, 1000), AT(PEER, 9), 4);
    packet = packet_icmp(PEER, MINE, icmp_make(ICMP_DEST_UNREACH, ICMP_UNREACH_PORT), quote.octets,
                         quote.len);
    take(&rig, &packet);
    OK(connected->ops->poll(connected) & SOCK_POLLERR);
    EQ(send(connected, 1), -SIM_ECONNREFUSED);
    EQ(send(connected, 1), 1);
    packet = packet_icmp(PEER, MINE, icmp_make(ICMP_DEST_UNREACH, ICMP_UNREACH_HOST), quote.octets,
                         quote.len);
    take(&rig, &packet); /* soft: not told */
    EQ(send(connected, 1), 1);
    quote = packet_udp(AT(MINE, 1001), AT(PEER, 9), 4);
    packet = packet_icmp(PEER, MINE, icmp_make(ICMP_DEST_UNREACH, ICMP_UNREACH_PORT), quote.octets,
                         quote.len);
    take(&rig, &packet); /* unconnected: not told */
    EQ(send_to(free, 1, AT(PEER, 9)), 1);
    close(connected);
    close(free);
    end(&rig);
}

static void disconnected_socket_forgets_what_bind_did_not_give(void)
{
    struct udp_rig rig;
    struct sock *sock;

    begin(&rig);
    sock = udp_socket(rig.udp);
    EQ(sock->ops->connect(sock, AT(PEER, 9)), 0);
    EQ(sock->local.addr, MINE);
    OK(sock->local.port >= 32768 && sock->local.port <= 60999);
    EQ(sock->ops->disconnect(sock), 0);
    EQ(sock->local.addr, 0);
    EQ(sock->local.port, 0);
    close(sock);
    sock = bound(&rig, AT(MINE2, 700));
    EQ(sock->ops->connect(sock, AT(PEER, 9)), 0);
    EQ(sock->ops->disconnect(sock), 0);
    EQ(sock->local.addr, MINE2);
    EQ(sock->local.port, 700);
    close(sock);
    end(&rig);
}

/* Linux asks again whether the address is the host's when it looks up the route again. */
static void connected_socket_sends_from_its_address_while_that_is_the_hosts(void)
{
    struct udp_rig rig;
    struct ipv4_hdr hdr;
    struct sock *sock;

    begin(&rig);
    sock = bound(&rig, AT(MINE2, 700));
    EQ(sock->ops->connect(sock, AT(PEER, 9)), 0);
    EQ(send(sock, 10), 10);
    EQ(send(sock, 10), 10);
    ip_addr_remove(net_rig_iface(&rig.net, 1), MINE2, 24);
    EQ(send(sock, 10), 10);
    net_rig_address(&rig.net, 1, MINE2, 24);
    EQ(send(sock, 10), 10);
    net_rig_run(&rig.net, SIM_MSEC(1));
    EQ(rig.net.wires[0].n, 4);
    for (unsigned back = 0; back < 4; back++) {
        ip4_addr expected = back == 1 ? MINE : MINE2; /* without it, the route's */

        wire_packet(&rig.net, 0, back, &hdr);
        EQ(hdr.src, expected);
    }
    close(sock);
    end(&rig);
}

/* With @n_ready as sys_send() sends, and how often headers were ready. */
static int64_t send_stable(struct sock *sock, size_t len, unsigned *n_ready)
{
    static const uint8_t octets[2000];

    if (n_ready != NULL) {
        *n_ready += udp_of(sock)->ready.out != NULL;
        return sock->ops->send_plain(sock, octets, len, SOCK_MSG_STABLE);
    }
    return sock->ops->send(
        sock, &(struct sock_send){ .octets = octets, .len = len, .flags = SOCK_MSG_STABLE });
}

/* What has come out of all wires is the same, octet by octet, at the same times, for the same
 * reasons. */
static void same_frames(const struct net_rig *a, const struct net_rig *b)
{
    for (unsigned w = 0; w < a->n_wires; w++) {
        EQ(a->wires[w].n, b->wires[w].n);
        for (unsigned i = 0; i < a->wires[w].n && i < WIRE_LOG_MAX; i++) {
            const struct wire_frame *x = &a->wires[w].log[i], *y = &b->wires[w].log[i];

            OK(x->at == y->at && x->len == y->len && x->why.code == y->why.code);
            OK(memcmp(x->why.args, y->why.args, sizeof x->why.args) == 0);
            OK(memcmp(x->octets, y->octets, x->len) == 0);
        }
    }
}

enum { LIVES = 22 };

static void begin_datagram(struct sock *sock)
{
    struct sock_send message = { .octets = "begun", .len = 5, .flags = SOCK_MSG_MORE };

    EQ(sock->ops->send(sock, &message), 5);
}

/* As setsockopt() does. */
static void bind_to_device(struct sock *sock, struct ip_iface *iface)
{
    sock->options.bound_iface = iface;
    sock->options_new = true;
    EQ(sock->ops->set_option(sock, OPT_SO_BINDTODEVICE, 1), -SIM_ENOPROTOOPT);
}

/* A step of a connected sender's life. */
static void live(struct udp_rig *rig, struct sock *sock, int step)
{
    struct ip_iface *iface = net_rig_iface(&rig->net, 0);
    struct mac_addr other = WIRE_MAC(77);

    sock->options_new |= step < 5;
    if (step == 0)
        begin_datagram(sock);
    else if (step == 1)
        sock->options.ttl = 9;
    else if (step == 2)
        sock->options.tos = 0x20;
    else if (step == 3)
        sock->options.mtu_discover = 0;
    else if (step == 4)
        sock->options.mtu_discover = 1;
    else if (step == 5)
        ip_iface_set_mtu(iface, 600);
    else if (step == 6)
        neigh_set(&rig->net.ip.neigh, iface, PEER, &other, NEIGH_PERMANENT, true);
    else if (step == 7)
        neigh_delete(&rig->net.ip.neigh, iface, PEER);
    else if (step == 8)
        neigh_set(&rig->net.ip.neigh, iface, PEER, &other, NEIGH_STALE, true);
    else if (step == 9)
        ip_iface_set_up(iface, false);
    else if (step == 10)
        ip_iface_set_up(iface, true);
    else if (step == 11)
        EQ(sock->ops->connect(sock, AT(IP4(10, 1, 0, 2), 7)), 0);
    else if (step == 12)
        EQ(sock->ops->disconnect(sock), 0);
    else if (step == 13)
        EQ(sock->ops->connect(sock, AT(PEER, 8)), 0);
    else if (step == 14)
        sock->error = SIM_ECONNREFUSED;
    else if (step == 15)
        begin_datagram(sock);
    else if (step == 16)
        rig->net.ip.sysctl.default_ttl = 20, rig->net.ip.changes++, sock->options.ttl = 0;
    else if (step == 17)
        neigh_set(&rig->net.ip.neigh, iface, PEER, &other, NEIGH_PERMANENT, true);
    else if (step == 18)
        bind_to_device(sock, net_rig_iface(&rig->net, 1));
    else if (step == 19)
        bind_to_device(sock, NULL);
    else if (step == 20)
        (void)sock_extra(sock);
    else if (step == 21)
        sock->ops->shutdown(sock, SOCK_SHUT_WR);
}

static void the_way_that_is_known_is_the_way_that_is_looked_up(void)
{
    struct udp_rig rigs[2];
    struct sock *socks[2];
    unsigned n_ready = 0;

    for (int i = 0; i < 2; i++) {
        begin(&rigs[i]);
        socks[i] = udp_socket(rigs[i].udp);
        EQ(socks[i]->ops->connect(socks[i], AT(PEER, 7)), 0);
    }
    for (int step = 0; step < LIVES; step++) {
        int64_t results[2][3];

        for (int i = 0; i < 2; i++) {
            live(&rigs[i], socks[i], step);
            for (int k = 0; k < 3; k++)
                results[i][k] = send_stable(socks[i], k == 2 ? 1000 : 10, i == 0 ? &n_ready : NULL);
            net_rig_run(&rigs[i].net, SIM_MSEC(1));
        }
        for (int k = 0; k < 3; k++)
            EQ(results[0][k], results[1][k]);
        same_frames(&rigs[0].net, &rigs[1].net);
    }
    OK(rigs[0].net.wires[0].n > 20 && rigs[0].net.wires[1].n > 0);
    OK(n_ready > 15 && n_ready < 60);
    for (int i = 0; i < 2; i++) {
        close(socks[i]);
        end(&rigs[i]);
    }
}

/* Headers that are ready do not pass by who has begun to look. */
static void a_packet_socket_opened_meanwhile_sees_what_leaves(void)
{
    struct udp_rig rig;
    struct sock *sock, *packet;
    unsigned n_ready = 0;

    begin(&rig);
    sock = udp_socket(rig.udp);
    EQ(sock->ops->connect(sock, AT(PEER, 7)), 0);
    for (int i = 0; i < 3; i++)
        EQ(send_stable(sock, 10, &n_ready), 10);
    EQ(n_ready, 1);
    packet = packet_socket(&rig.net.ip, &rig.net.ether, 0, false);
    EQ(send_stable(sock, 10, &n_ready), 10);
    OK(packet->ops->poll(packet) & SOCK_POLLIN);
    close(packet);
    for (int i = 0; i < 2; i++)
        EQ(send_stable(sock, 10, NULL), 10);
    net_rig_run(&rig.net, SIM_MSEC(1));
    EQ(rig.net.wires[0].n, 6);
    close(sock);
    end(&rig);
}

static void full_buffer_drops_what_comes(void)
{
    struct udp_rig rig;
    struct sock *sock;
    unsigned n = 0;

    begin(&rig);
    sock = bound(&rig, AT(0, 53));
    sock->options.rcvbuf = 2304;
    for (int i = 0; i < 10; i++)
        arrive(&rig, AT(PEER, 5), AT(MINE, 53), 10);
    while (has_one(sock))
        n++;
    OK(n > 0 && n < 10);
    EQ(rig.net.drops[DROP_SOCKET_FULL], 10 - n);
    close(sock);
    end(&rig);
}

UNIT_MAIN("udp", TEST(a_packet_socket_opened_meanwhile_sees_what_leaves),
          TEST(the_most_exact_socket_gets_the_datagram),
          TEST(broadcast_reaches_all_sockets_of_the_port),
          TEST(ports_are_shared_only_by_those_that_both_want_to),
          TEST(reuseport_spreads_peers_and_keeps_each_with_its_socket),
          TEST(checksum_is_verified_unless_the_sender_made_none),
          TEST(computed_zero_is_sent_as_ffff),
          TEST(wrong_lengths_are_dropped_and_what_is_behind_is_cut),
          TEST(one_datagram_per_read_the_rest_of_it_is_lost), TEST(sizes_up_to_65507_octets),
          TEST(df_and_fragments_are_as_the_program_wants), TEST(send_errors_have_their_numbers),
          TEST(closed_port_is_told_and_connected_senders_hear_it),
          TEST(disconnected_socket_forgets_what_bind_did_not_give),
          TEST(connected_socket_sends_from_its_address_while_that_is_the_hosts),
          TEST(the_way_that_is_known_is_the_way_that_is_looked_up),
          TEST(full_buffer_drops_what_comes))
