#include "stack/services/dhcp_frame.h"

#include "base/be.h"
#include "base/checksum.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/ipv4_wire.h"
#include "stack/wire/udp_wire.h"

_Static_assert(DHCP_FRAME_HDRS_LEN == ETH_HDR_LEN + IPV4_HDR_LEN + UDP_HDR_LEN, "headers");

size_t dhcp_frame_wrap(const struct dhcp_frame *frame, uint8_t *octets, size_t len)
{
    struct eth_hdr eth = { .dst = frame->dst_mac,
                           .src = frame->src_mac,
                           .ethertype = ETHERTYPE_IPV4 };
    struct ipv4_hdr ip = { .hdr_len = IPV4_HDR_LEN,
                           .tos = frame->tos,
                           .ttl = frame->ttl,
                           .protocol = IP_PROTO_UDP,
                           .total_len = (uint16_t)(IPV4_HDR_LEN + UDP_HDR_LEN + len),
                           .src = frame->src,
                           .dst = frame->dst };
    struct udp_hdr udp = { .src_port = frame->src_port,
                           .dst_port = frame->dst_port,
                           .len = (uint16_t)(UDP_HDR_LEN + len) };
    uint8_t *transport = octets + ETH_HDR_LEN + IPV4_HDR_LEN;

    eth_emit(&eth, octets);
    ipv4_emit(&ip, octets + ETH_HDR_LEN);
    udp_emit(&udp, transport);
    be16_put(
        transport + UDP_AT_CHECKSUM,
        udp_checksum_finish(checksum_add(
            checksum_pseudo(frame->src, frame->dst, IP_PROTO_UDP, udp.len), transport, udp.len)));
    return DHCP_FRAME_HDRS_LEN + len;
}

bool dhcp_frame_unwrap(const uint8_t *octets, size_t len, uint16_t port, const uint8_t **message,
                       size_t *message_len, ip4_addr *from)
{
    struct ipv4_hdr ip;
    struct udp_hdr udp;
    const uint8_t *transport;
    size_t n;

    if (len < ETH_HDR_LEN ||
        ipv4_parse(octets + ETH_HDR_LEN, len - ETH_HDR_LEN, &ip) != DROP_NONE ||
        ip.protocol != IP_PROTO_UDP || ip.mf || ip.frag_off != 0)
        return false;
    transport = octets + ETH_HDR_LEN + ip.hdr_len;
    n = (size_t)ip.total_len - ip.hdr_len;
    if (udp_parse(transport, n, &udp) != DROP_NONE || udp.dst_port != port)
        return false;
    if (udp.checksum != 0 &&
        checksum_fold(checksum_add(checksum_pseudo(ip.src, ip.dst, IP_PROTO_UDP, udp.len),
                                   transport, udp.len)) != 0xffff)
        return false;
    *message = transport + UDP_HDR_LEN;
    *message_len = (size_t)udp.len - UDP_HDR_LEN;
    *from = ip.src;
    return true;
}
