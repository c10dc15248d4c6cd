/*
 * One IP node under test, and at the far end of each of its cables a wire: a node that keeps what
 * it gets, octet for octet, and sends what a test writes. For the tests of stack/net and above.
 */
#ifndef WW_TESTS_NET_RIG_H
#define WW_TESTS_NET_RIG_H

#include "base/be.h"
#include "base/list.h"
#include "sim/sim.h"
#include "stack/link/ether.h"
#include "stack/net/icmp.h"
#include "stack/net/ip.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/tcp_wire.h"
#include "stack/wire/udp_wire.h"
#include "tests/support/unit.h"

#define NET_RIG_WIRES 3
#define WIRE_LOG_MAX  512
#define WIRE_SNAP     1600
#define WIRE_MAC(n)                                                                                \
    ((struct mac_addr){ { 2, 0, 0, 0, 9, (uint8_t)(n) } }) /* the n-th wire's end, from 0 */

struct wire_frame { /* as it came, from the Ethernet header on */
    sim_time at;
    size_t len;
    struct why why;
    uint8_t octets[WIRE_SNAP];
};

struct wire {
    struct node *node;
    struct iface *iface;
    unsigned n; /* frames received; the last WIRE_LOG_MAX are kept */
    struct wire_frame log[WIRE_LOG_MAX];
};

struct net_rig {
    struct sim *sim;
    struct node *node; /* under test: n */
    struct ether ether;
    struct ip_stack ip;
    struct wire *wires;
    unsigned n_wires;
    struct observer observer;
    unsigned drops[DROP_N_REASONS], states[WHY_N_CODES];
};

static inline void wire_receive(struct iface *iface, struct frame *frame)
{
    struct wire *wire = iface->node->device;
    struct wire_frame *kept = &wire->log[wire->n++ % WIRE_LOG_MAX];

    frame_finish_checksum(frame);
    kept->at = node_now(iface->node);
    kept->len = frame_size(frame);
    kept->why = frame->why;
    OK(kept->len <= WIRE_SNAP);
    frame_copy_out(frame, 0, kept->octets, kept->len < WIRE_SNAP ? kept->len : WIRE_SNAP);
    frame_free(frame);
}

static inline void net_rig_receive(struct iface *iface, struct frame *frame)
{
    struct net_rig *rig = iface->node->device;

    ether_input(&rig->ether, iface, frame);
}

static inline void net_rig_carrier(struct iface *iface, bool up)
{
    struct net_rig *rig = iface->node->device;

    if (!up)
        neigh_flush_iface(&rig->ip.neigh, ip_iface_of(&rig->ip, iface), true);
}

static inline void net_rig_observe(struct observer *observer, const struct record *record)
{
    struct net_rig *rig = CONTAINER_OF(observer, struct net_rig, observer);

    if (record->node != rig->node)
        return;
    if (record->kind == RECORD_DROP)
        rig->drops[record->drop]++;
    if (record->kind == RECORD_STATE)
        rig->states[record->why.code]++;
}

static const struct node_ops wire_ops = { .kind = "host", .receive = wire_receive };
static const struct node_ops net_rig_ops = { .kind = "host",
                                             .receive = net_rig_receive,
                                             .carrier = net_rig_carrier };

/** net_rig_init() - n with @n_wires interfaces eth0 ..., MACs 02:00:00:00:01:01 ..., no addresses
 * yet. */
static inline void net_rig_init(struct net_rig *rig, unsigned n_wires)
{
    static const char *const names[NET_RIG_WIRES] = { "eth0", "eth1", "eth2" };
    static const char *const wire_names[NET_RIG_WIRES] = { "w0", "w1", "w2" };
    struct link_config config = { .rate = LINK_RATE_DEFAULT, .delay = 0, .queue = 1000 };

    memset(rig, 0, sizeof *rig);
    rig->sim = sim_new(1);
    rig->node = sim_add_node(rig->sim, "n", &net_rig_ops);
    rig->node->device = rig;
    rig->n_wires = n_wires;
    rig->wires = arena_alloc(&rig->sim->arena, n_wires * sizeof *rig->wires);
    for (unsigned i = 0; i < n_wires; i++) {
        struct mac_addr mac = { { 2, 0, 0, 0, 1, (uint8_t)(i + 1) } }, far = WIRE_MAC(i);
        struct wire *wire = &rig->wires[i];

        iface_add(rig->node, names[i], &mac);
        wire->node = sim_add_node(rig->sim, wire_names[i], &wire_ops);
        wire->node->device = wire;
        wire->iface = iface_add(wire->node, "eth0", &far);
        iface_set_mtu(wire->iface, 9000);
        sim_add_link(rig->sim, rig->node->ifaces[i], wire->iface, &config);
    }
    rig->observer = (struct observer){ .wants = RECORD_ALL, .record = net_rig_observe };
    sim_observe(rig->sim, &rig->observer);
    ether_init(&rig->ether, rig->node);
    ip_init(&rig->ip, rig->node, &rig->ether);
    sim_start(rig->sim);
}

static inline void net_rig_fini(struct net_rig *rig)
{
    sim_run(rig->sim, rig->sim->parts[0]->now + SIM_MSEC(1),
            1000000); /* what is on a cable arrives */
    ip_fini(&rig->ip);
    EQ(rig->sim->parts[0]->frames_alive, 0);
    sim_free(rig->sim);
}

static inline sim_time net_rig_now(const struct net_rig *rig)
{
    return rig->sim->parts[0]->now;
}

/** net_rig_run() - let @duration pass. */
static inline void net_rig_run(struct net_rig *rig, sim_time duration)
{
    OK(sim_run(rig->sim, net_rig_now(rig) + duration, 1000000));
}

static inline struct ip_iface *net_rig_iface(struct net_rig *rig, unsigned n)
{
    return rig->ip.ifaces[n + 1];
}

static inline void net_rig_address(struct net_rig *rig, unsigned n, ip4_addr addr, unsigned len)
{
    EQ(ip_addr_add(net_rig_iface(rig, n), addr, len), 0);
}

/** net_rig_route() - via @via, or @kind where there is none. */
static inline void net_rig_route(struct net_rig *rig, ip4_addr prefix, unsigned len, ip4_addr via,
                                 unsigned n)
{
    struct fib_entry entry = {
        .prefix = prefix, .prefix_len = (uint8_t)len, .via = via, .oif = net_rig_iface(rig, n)
    };

    EQ(fib_add(&rig->ip, &entry, false), 0);
}

/** net_rig_neighbor() - @addr is at the end of wire @n, for ever. */
static inline void net_rig_neighbor(struct net_rig *rig, unsigned n, ip4_addr addr)
{
    struct mac_addr mac = WIRE_MAC(n);

    EQ(neigh_set(&rig->ip.neigh, net_rig_iface(rig, n), addr, &mac, NEIGH_PERMANENT, true), 0);
}

/* ---- packets as octets ---- */

struct packet { /* from the IP header on */
    size_t len;
    uint8_t octets[9000];
};

/** packet_ip() - *@hdr with total_len worked out, and @len octets of @payload. */
static inline struct packet packet_ip(const struct ipv4_hdr *hdr, const void *payload, size_t len)
{
    struct packet packet;
    struct ipv4_hdr own = *hdr;

    own.hdr_len = ipv4_hdr_len_for(own.n_options);
    own.total_len = (uint16_t)(own.hdr_len + len);
    if (own.ttl == 0)
        own.ttl = 64;
    packet.len = own.total_len;
    ipv4_emit(&own, packet.octets);
    if (len > 0)
        memcpy(packet.octets + own.hdr_len, payload, len);
    return packet;
}

static inline uint16_t packet_transport_sum(const struct packet *packet)
{
    struct ipv4_hdr hdr;
    size_t len;

    if (ipv4_parse(packet->octets, packet->len, &hdr) != DROP_NONE)
        return 0;
    len = packet->len - hdr.hdr_len;
    return checksum_fold(checksum_add(checksum_pseudo(hdr.src, hdr.dst, hdr.protocol, len),
                                      packet->octets + hdr.hdr_len, len));
}

static inline struct packet packet_udp(struct endpoint src, struct endpoint dst, size_t len)
{
    struct ipv4_hdr hdr = { .protocol = IP_PROTO_UDP, .src = src.addr, .dst = dst.addr, .id = 77 };
    struct udp_hdr udp = { src.port, dst.port, (uint16_t)(UDP_HDR_LEN + len), 0 };
    uint8_t octets[9000] = { 0 };
    struct packet packet;

    udp_emit(&udp, octets);
    for (size_t i = 0; i < len; i++)
        octets[UDP_HDR_LEN + i] = (uint8_t)('a' + i % 26);
    packet = packet_ip(&hdr, octets, UDP_HDR_LEN + len);
    be16_put(packet.octets + IPV4_HDR_LEN + UDP_AT_CHECKSUM,
             udp_checksum_finish(packet_transport_sum(&packet)));
    return packet;
}

static inline struct packet packet_tcp(struct endpoint src, struct endpoint dst, uint8_t flags,
                                       uint32_t seq, uint32_t ack, size_t len)
{
    struct ipv4_hdr hdr = {
        .protocol = IP_PROTO_TCP, .src = src.addr, .dst = dst.addr, .df = true
    };
    struct tcp_hdr tcp = { .src_port = src.port,
                           .dst_port = dst.port,
                           .seq = seq,
                           .ack = ack,
                           .flags = flags,
                           .window = 1000 };
    uint8_t octets[2000] = { 0 };
    struct packet packet;
    size_t hdr_len = tcp_emit(&tcp, octets);

    packet = packet_ip(&hdr, octets, hdr_len + len);
    be16_put(packet.octets + IPV4_HDR_LEN + TCP_AT_CHECKSUM,
             checksum_finish(packet_transport_sum(&packet)));
    return packet;
}

static inline struct packet packet_icmp(ip4_addr src, ip4_addr dst, struct icmp_hdr icmp,
                                        const void *body, size_t len)
{
    struct ipv4_hdr hdr = { .protocol = IP_PROTO_ICMP, .src = src, .dst = dst };
    uint8_t octets[9000] = { 0 };

    if (len > 0 && body != NULL)
        memcpy(octets + ICMP_HDR_LEN, body, len);
    icmp_emit(&icmp, octets, ICMP_HDR_LEN + len);
    return packet_ip(&hdr, octets, ICMP_HDR_LEN + len);
}

static inline struct packet packet_echo(ip4_addr src, ip4_addr dst, uint8_t type, uint16_t id,
                                        uint16_t seq)
{
    return packet_icmp(src, dst, icmp_make_echo(type, id, seq), "abcdefghijklmnop", 16);
}

/** wire_send_to() - @packet in a frame to @mac; wire_send() - to n, or everybody. Let time pass to
 * have it arrive. */
static inline void wire_send_frame(struct net_rig *rig, unsigned n, const struct mac_addr *mac,
                                   uint16_t ethertype, const uint8_t *octets, size_t len)
{
    struct wire *wire = &rig->wires[n];
    struct eth_hdr eth = { .dst = *mac, .src = wire->iface->mac, .ethertype = ethertype };
    size_t padded = len < 46 ? 46 : len;
    struct frame *frame = frame_new(wire->node, ETH_HDR_LEN + padded);

    memset(frame->data, 0, ETH_HDR_LEN + padded);
    eth_emit(&eth, frame->data);
    memcpy(frame->data + ETH_HDR_LEN, octets, len);
    iface_send(wire->iface, frame);
}

static inline void wire_send(struct net_rig *rig, unsigned n, const struct packet *packet)
{
    wire_send_frame(rig, n, &rig->node->ifaces[n]->mac, ETHERTYPE_IPV4, packet->octets,
                    packet->len);
}

static inline void wire_broadcast(struct net_rig *rig, unsigned n, const struct packet *packet)
{
    wire_send_frame(rig, n, &MAC_BROADCAST, ETHERTYPE_IPV4, packet->octets, packet->len);
}

static inline void wire_arp(struct net_rig *rig, unsigned n, const struct mac_addr *mac,
                            uint16_t op, ip4_addr spa, ip4_addr tpa)
{
    struct arp_msg msg = { .op = op, .sha = rig->wires[n].iface->mac, .spa = spa, .tpa = tpa };
    uint8_t octets[ARP_LEN];

    arp_emit(&msg, octets);
    wire_send_frame(rig, n, mac, ETHERTYPE_ARP, octets, sizeof octets);
}

/** wire_last() - the @back-th last frame that reached wire @n, 0 the last; an empty one when there
 * is none. */
static inline const struct wire_frame *wire_last(const struct net_rig *rig, unsigned n,
                                                 unsigned back)
{
    static const struct wire_frame none;
    const struct wire *wire = &rig->wires[n];

    OK(back < wire->n);
    return back < wire->n ? &wire->log[(wire->n - 1 - back) % WIRE_LOG_MAX] : &none;
}

/** wire_packet() - the same as a packet, its padding cut, its header and transport checksum
 * verified. */
static inline struct packet wire_packet(const struct net_rig *rig, unsigned n, unsigned back,
                                        struct ipv4_hdr *hdr)
{
    const struct wire_frame *frame = wire_last(rig, n, back);
    struct packet packet = { 0 };

    memset(hdr, 0, sizeof *hdr);
    EQ(be16_get(frame->octets + 12), ETHERTYPE_IPV4);
    if (frame->len < ETH_HDR_LEN)
        return packet;
    EQ(ipv4_parse(frame->octets + ETH_HDR_LEN, frame->len - ETH_HDR_LEN, hdr), DROP_NONE);
    packet.len = hdr->total_len;
    if (packet.len > sizeof packet.octets || packet.len > WIRE_SNAP)
        packet.len = 0;
    memcpy(packet.octets, frame->octets + ETH_HDR_LEN, packet.len);
    if (hdr->mf || hdr->frag_off != 0)
        return packet;
    if (hdr->protocol == IP_PROTO_TCP ||
        (hdr->protocol == IP_PROTO_UDP &&
         be16_get(packet.octets + hdr->hdr_len + UDP_AT_CHECKSUM) != 0))
        EQ(packet_transport_sum(&packet), 0xffff);
    if (hdr->protocol == IP_PROTO_ICMP)
        EQ(checksum_finish(
               checksum_add(0, packet.octets + hdr->hdr_len, packet.len - hdr->hdr_len)),
           0);
    return packet;
}

#endif
