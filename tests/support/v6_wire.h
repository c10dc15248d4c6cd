/* IPv6 packets as octets, for tests that have a net_rig. */
#ifndef WW_TESTS_V6_WIRE_H
#define WW_TESTS_V6_WIRE_H

#include "stack/net/ip6.h"
#include "stack/wire/icmp6_wire.h"
#include "tests/support/net_rig.h"

#define V6_MINE  IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)
#define V6_PEER  IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2)
#define V6_MINE2 IP6(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1)
#define V6_FAR   IP6(0x2001, 0xdb8, 1, 0, 0, 0, 0, 9)

/** v6_packet() - *@hdr with payload_len worked out and @len octets of @payload. */
static inline struct packet v6_packet(struct ipv6_hdr hdr, const void *payload, size_t len)
{
    struct packet packet;

    hdr.payload_len = (uint16_t)len;
    if (hdr.hop_limit == 0)
        hdr.hop_limit = 64;
    packet.len = IPV6_HDR_LEN + len;
    ipv6_emit(&hdr, packet.octets);
    if (len > 0)
        memcpy(packet.octets + IPV6_HDR_LEN, payload, len);
    return packet;
}

/** v6_echo() - an echo request with @len octets of data. */
static inline struct packet v6_echo(struct ip6_addr src, struct ip6_addr dst, size_t len)
{
    struct icmp6_hdr icmp = { .type = ICMP6_ECHO_REQUEST, .rest = 0x00070001 };
    uint8_t octets[8000] = { 0 };

    for (size_t i = 0; i < len; i++)
        octets[ICMP6_HDR_LEN + i] = (uint8_t)i;
    icmp6_emit(&icmp, octets, ICMP6_HDR_LEN + len, src, dst);
    return v6_packet((struct ipv6_hdr){ .next_header = IP6_NEXT_ICMP, .src = src, .dst = dst },
                     octets, ICMP6_HDR_LEN + len);
}

/** v6_udp() - a datagram with its checksum. */
static inline struct packet v6_udp(struct ip6_addr src, uint16_t from, struct ip6_addr dst,
                                   uint16_t to, size_t len)
{
    struct udp_hdr udp = { from, to, (uint16_t)(UDP_HDR_LEN + len), 0 };
    uint8_t octets[8000] = { 0 };
    size_t size = UDP_HDR_LEN + len;

    udp_emit(&udp, octets);
    memset(octets + UDP_HDR_LEN, 'u', len);
    be16_put(octets + UDP_AT_CHECKSUM,
             checksum_finish(
                 checksum_add(checksum_pseudo6(src, dst, IP_PROTO_UDP, size), octets, size)));
    return v6_packet((struct ipv6_hdr){ .next_header = IP_PROTO_UDP, .src = src, .dst = dst },
                     octets, size);
}

/** v6_with_ext() - @packet with the extension header at @ext (its next header is filled in). */
static inline struct packet v6_with_ext(const struct packet *packet, uint8_t kind,
                                        const uint8_t *ext, size_t len)
{
    struct packet out = *packet;

    memcpy(out.octets + IPV6_HDR_LEN, ext, len);
    memcpy(out.octets + IPV6_HDR_LEN + len, packet->octets + IPV6_HDR_LEN,
           packet->len - IPV6_HDR_LEN);
    out.octets[IPV6_HDR_LEN] = packet->octets[6];
    out.octets[6] = kind;
    out.len = packet->len + len;
    be16_put(out.octets + 4, (uint16_t)(out.len - IPV6_HDR_LEN));
    return out;
}

/** v6_piece() - octets @from to @to (behind the IPv6 header) of @packet as a fragment. */
static inline struct packet v6_piece(const struct packet *packet, size_t from, size_t to, bool more,
                                     uint32_t id)
{
    struct ipv6_frag frag = { packet->octets[6], (uint16_t)from, more, id };
    struct packet out = *packet;

    ipv6_frag_emit(&frag, out.octets + IPV6_HDR_LEN);
    memcpy(out.octets + IPV6_HDR_LEN + IPV6_FRAG_HDR_LEN, packet->octets + IPV6_HDR_LEN + from,
           to - from);
    out.octets[6] = IP6_NEXT_FRAGMENT;
    out.len = IPV6_HDR_LEN + IPV6_FRAG_HDR_LEN + to - from;
    be16_put(out.octets + 4, (uint16_t)(out.len - IPV6_HDR_LEN));
    return out;
}

/** v6_send() - to the node under test; v6_send_to() - to another MAC address. */
static inline void v6_send_to(struct net_rig *rig, unsigned n, struct mac_addr mac,
                              const struct packet *packet)
{
    wire_send_frame(rig, n, &mac, ETHERTYPE_IPV6, packet->octets, packet->len);
    net_rig_run(rig, SIM_MSEC(1));
}

static inline void v6_send(struct net_rig *rig, unsigned n, const struct packet *packet)
{
    v6_send_to(rig, n, rig->node->ifaces[n]->mac, packet);
}

/** v6_last() - the @back-th last frame that reached wire @n, without its Ethernet header. */
static inline struct packet v6_last(const struct net_rig *rig, unsigned n, unsigned back,
                                    struct ipv6_hdr *hdr)
{
    const struct wire_frame *frame = wire_last(rig, n, back);
    struct packet packet = { 0 };

    memset(hdr, 0, sizeof *hdr);
    EQ(be16_get(frame->octets + 12), ETHERTYPE_IPV6);
    if (ipv6_parse(frame->octets + ETH_HDR_LEN, frame->len - ETH_HDR_LEN, hdr) != DROP_NONE)
        return packet;
    packet.len = (size_t)IPV6_HDR_LEN + hdr->payload_len;
    memcpy(packet.octets, frame->octets + ETH_HDR_LEN, packet.len);
    return packet;
}

/** v6_last_icmp() - the same, which must be ICMPv6 with a right checksum. */
static inline struct icmp6_hdr v6_last_icmp(const struct net_rig *rig, unsigned n, unsigned back,
                                            struct ipv6_hdr *hdr)
{
    struct packet packet = v6_last(rig, n, back, hdr);
    struct icmp6_hdr icmp = { 0 };

    EQ(hdr->next_header, IP6_NEXT_ICMP);
    if (packet.len > IPV6_HDR_LEN)
        EQ(icmp6_parse(packet.octets + IPV6_HDR_LEN, packet.len - IPV6_HDR_LEN, hdr->src, hdr->dst,
                       &icmp),
           DROP_NONE);
    return icmp;
}

/** v6_begin() - a node with V6_MINE/64 on wire 0 and V6_MINE2/64 on wire 1, whose peers it knows.
 */
static inline void v6_begin(struct net_rig *rig, bool router)
{
    struct mac_addr mac0 = WIRE_MAC(0), mac1 = WIRE_MAC(1);

    net_rig_init(rig, 2);
    rig->ip.sysctl6.forwarding = router;
    EQ(ip6_addr_add(net_rig_iface(rig, 0), V6_MINE, 64, false), 0);
    EQ(ip6_addr_add(net_rig_iface(rig, 1), V6_MINE2, 64, false), 0);
    EQ(neigh_set6(ip6_neigh(&rig->ip), net_rig_iface(rig, 0), V6_PEER, &mac0, NEIGH_PERMANENT,
                  true),
       0);
    EQ(neigh_set6(ip6_neigh(&rig->ip), net_rig_iface(rig, 1), V6_FAR, &mac1, NEIGH_PERMANENT, true),
       0);
}

#endif
