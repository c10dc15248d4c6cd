#include "stack/transport/raw.h"

#include "stack/transport/errqueue.h"
#include "stack/transport/sock.h"
#include "tests/support/net_rig.h"

#define MINE IP4(10, 0, 0, 1)
#define PEER IP4(10, 0, 0, 2)

static void begin(struct net_rig *rig)
{
    net_rig_init(rig, 1);
    net_rig_address(rig, 0, MINE, 24);
    net_rig_neighbor(rig, 0, PEER);
}

static int64_t receive(struct sock *sock, uint8_t *octets)
{
    struct sock_recv message = { .octets = octets, .size = 2000 };

    return sock->ops->recv(sock, &message);
}

static void take(struct net_rig *rig, const struct packet *packet)
{
    wire_send(rig, 0, packet);
    net_rig_run(rig, SIM_MSEC(1));
}

static void raw_socket_sees_its_protocol_from_the_ip_header_on(void)
{
    struct net_rig rig;
    struct sock *icmp, *other;
    uint8_t octets[2000];
    struct packet packet = packet_echo(PEER, MINE, ICMP_ECHO_REPLY, 1, 1);

    begin(&rig);
    icmp = raw_socket(&rig.ip, IP_PROTO_ICMP);
    other = raw_socket(&rig.ip, 99);
    take(&rig, &packet);
    EQ(receive(icmp, octets), packet.len);
    EQ_MEM(octets, packet.octets, packet.len);
    EQ(receive(other, octets), -SIM_EAGAIN);
    packet.octets[9] = 99; /* taken by the socket: nothing is unreachable */
    be16_put(packet.octets + 10, 0);
    be16_put(packet.octets + 10, checksum_finish(checksum_add(0, packet.octets, 20)));
    take(&rig, &packet);
    EQ(receive(other, octets), packet.len);
    EQ(rig.wires[0].n, 0);
    icmp->ops->close(icmp);
    other->ops->close(other);
    net_rig_fini(&rig);
}

static void bound_and_connected_raw_sockets_choose(void)
{
    struct net_rig rig;
    struct sock *sock;
    uint8_t octets[2000];
    struct packet packet = packet_echo(PEER, MINE, ICMP_ECHO_REPLY, 1, 1);

    begin(&rig);
    sock = raw_socket(&rig.ip, IP_PROTO_ICMP);
    EQ(sock->ops->bind(sock, (struct endpoint){ PEER, 0 }), -SIM_EADDRNOTAVAIL);
    EQ(sock->ops->connect(sock, (struct endpoint){ IP4(10, 0, 0, 3), 0 }), 0);
    take(&rig, &packet);
    EQ(receive(sock, octets), -SIM_EAGAIN);
    EQ(sock->ops->connect(sock, (struct endpoint){ PEER, 0 }), 0);
    take(&rig, &packet);
    OK(receive(sock, octets) > 0);
    sock->ops->close(sock);
    net_rig_fini(&rig);
}

static void header_included_is_sent_as_written(void)
{
    struct net_rig rig;
    struct sock *sock;
    struct ipv4_hdr hdr = {
        .protocol = 77, .src = MINE, .dst = PEER, .ttl = 3, .tos = 0x20, .id = 4711
    };
    struct packet packet = packet_ip(&hdr, "12345678", 8), sent;
    struct sock_send message = {
        .octets = packet.octets, .len = packet.len, .has_to = true, .to = { PEER, 0 }
    };

    begin(&rig);
    sock = raw_socket(&rig.ip, 255);
    EQ(sock->ops->set_option(sock, OPT_IP_HDRINCL, 1), 0);
    EQ(sock->ops->send(sock, &message), (int64_t)packet.len);
    net_rig_run(&rig, SIM_MSEC(1));
    sent = wire_packet(&rig, 0, 0, &hdr);
    EQ_MEM(sent.octets, packet.octets, packet.len);
    message.len = 10;
    EQ(sock->ops->send(sock, &message), -SIM_EINVAL);
    sock->ops->close(sock);
    net_rig_fini(&rig);
}

static void protocol_255_sends_headers_that_nobody_else_would(void)
{
    struct net_rig rig;
    struct sock *sock;
    struct ipv4_hdr hdr = {
        .protocol = 77, .src = MINE, .dst = IP4(9, 9, 9, 9), .ttl = 1, .mf = true, .frag_off = 64
    };
    struct packet packet = packet_ip(&hdr, "12345678", 8), sent;
    struct sock_send message = {
        .octets = packet.octets, .len = packet.len, .has_to = true, .to = { PEER, 0 }
    };
    int on = 0;

    begin(&rig);
    sock = raw_socket(&rig.ip, 255);
    EQ(sock->ops->get_option(sock, OPT_IP_HDRINCL, &on), 0);
    EQ(on, 1);
    packet.octets[8] = 0; /* TTL */
    packet.octets[2] = packet.octets[3] = packet.octets[10] = 0;
    be32_put(packet.octets + 12, 0);
    EQ(sock->ops->send(sock, &message), (int64_t)packet.len);
    net_rig_run(&rig, SIM_MSEC(1));
    sent = wire_packet(&rig, 0, 0, &hdr);
    EQ(hdr.ttl, 0);
    OK(hdr.mf && hdr.frag_off == 64);
    EQ(hdr.src, MINE);             /* filled in */
    EQ(hdr.dst, IP4(9, 9, 9, 9));  /* as written, though the frame goes to the socket's */
    EQ(hdr.total_len, packet.len); /* filled in */
    OK(hdr.id != 0);
    EQ_MEM(sent.octets + 20, packet.octets + 20, 8);
    packet.octets[0] = 0x4f; /* a header longer than the packet */
    EQ(sock->ops->send(sock, &message), -SIM_EINVAL);
    sock->ops->close(sock);
    net_rig_fini(&rig);
}

static void a_length_that_no_header_has_is_refused(void)
{
    static uint8_t octets[IPV4_LEN_MAX + 1] = { 0x45 };
    struct net_rig rig;
    struct sock *sock;
    struct sock_send message = {
        .octets = octets, .len = sizeof octets, .has_to = true, .to = { IP4_LOOPBACK, 0 }
    };

    begin(&rig); /* lo has room for it */
    sock = raw_socket(&rig.ip, 255);
    EQ(sock->ops->send(sock, &message), -SIM_EMSGSIZE);
    message.len--;
    EQ(sock->ops->send(sock, &message), IPV4_LEN_MAX);
    net_rig_run(&rig, SIM_MSEC(1));
    sock->ops->close(sock);
    net_rig_fini(&rig);
}

static void packet_socket_sees_frames_of_its_type_and_sends_whole_ones(void)
{
    struct net_rig rig;
    struct sock *arp, *all;
    uint8_t octets[2000];
    struct sock_send message = { .octets = octets, .len = 60 };

    begin(&rig);
    arp = packet_socket(&rig.ip, &rig.ether, ETHERTYPE_ARP, false);
    all = packet_socket(&rig.ip, &rig.ether, 0, false);
    wire_arp(&rig, 0, &MAC_BROADCAST, ARP_REQUEST, PEER, MINE);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ(receive(arp, octets), 60); /* the request, but not our answer */
    EQ(receive(arp, octets), -SIM_EAGAIN);
    EQ(receive(all, octets), 60);
    EQ(receive(all, octets), ETH_HDR_LEN + ARP_LEN);
    EQ(all->ops->send(all, &message), -SIM_ENXIO);
    all->options.bound_iface = net_rig_iface(&rig, 0);
    memcpy(octets, MAC_BROADCAST.octets, 6);
    EQ(all->ops->send(all, &message), 60);
    net_rig_run(&rig, SIM_MSEC(1));
    EQ_MEM(wire_last(&rig, 0, 0)->octets, octets, 60);
    ip_iface_set_up(net_rig_iface(&rig, 0), false);
    EQ(all->ops->send(all, &message), -SIM_ENETDOWN);
    arp->ops->close(arp);
    all->ops->close(all);
    net_rig_fini(&rig);
}

/* As on Linux 6.18, for IPV6_PMTUDISC_DONT to OMIT: a datagram's socket is told unless it leaves
 * the path aside, a raw one when it never cuts. */
static void packet_too_big_over_ipv6_is_an_error_by_mtu_discover(void)
{
    static const bool datagram[] = { false, true, true, true, false, false };
    struct ip_error error = { .errnum = SIM_EMSGSIZE, .too_big = true, .info = 1400 };
    struct endpoint remote = { .v6 = true };
    struct net_rig rig;
    struct sock *sock;

    begin(&rig);
    sock = raw_socket(&rig.ip, 200);
    for (uint8_t discover = 0; discover < 6; discover++) {
        sock->options.mtu_discover6 = discover;
        errqueue_take(sock, &error, remote, 0, true);
        EQ(sock_take_error(sock), discover == 2 ? -SIM_EMSGSIZE : 0);
        errqueue_take(sock, &error, remote, 8, true);
        EQ(sock_take_error(sock), datagram[discover] ? -SIM_EMSGSIZE : 0);
    }
    sock->ops->close(sock);
    net_rig_fini(&rig);
}

UNIT_MAIN("raw", TEST(raw_socket_sees_its_protocol_from_the_ip_header_on),
          TEST(bound_and_connected_raw_sockets_choose), TEST(header_included_is_sent_as_written),
          TEST(protocol_255_sends_headers_that_nobody_else_would),
          TEST(a_length_that_no_header_has_is_refused),
          TEST(packet_too_big_over_ipv6_is_an_error_by_mtu_discover),
          TEST(packet_socket_sees_frames_of_its_type_and_sends_whole_ones))
