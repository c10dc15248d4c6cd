#include "lab/pkt_packet.h"

#include <string.h>

#include "base/be.h"
#include "base/checksum.h"
#include "inspect/i18n.h"
#include "lab/pkt_icmp.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/ipv4_wire.h"
#include "stack/wire/tcp_wire.h"
#include "stack/wire/udp_wire.h"

#define IPV6_HDR_LEN 40
#define IP_HOPS      64 /* of packets that are sent */
#define PROTO_ICMPV6 58

/* ---- octets from packets ---- */

static gsize emit_option(const struct pkt_tcp_option *option, uint8_t *octets)
{
    gsize len = 2;

    octets[0] = option->kind;
    if (option->kind == TCP_OPT_NOP || option->kind == TCP_OPT_EOL)
        return 1;
    if (option->raw) {
        memcpy(octets + len, option->octets, option->len);
        len += option->len;
    } else if (option->kind == TCP_OPT_MSS) {
        be16_put(octets + len, (uint16_t)option->value);
        len += 2;
    } else if (option->kind == TCP_OPT_WSCALE) {
        octets[len++] = (uint8_t)option->value;
    } else if (option->kind == TCP_OPT_TIMESTAMPS) {
        be32_put(octets + len, option->value);
        be32_put(octets + len + 4, option->ecr);
        len += 8;
    } else if (option->kind == TCP_OPT_SACK) {
        for (unsigned i = 0; i < option->n_sack; i++, len += 8) {
            be32_put(octets + len, option->sack[i].start);
            be32_put(octets + len + 4, option->sack[i].end);
        }
    }
    octets[1] = (uint8_t)len;
    return len;
}

/* The header with its options, padded with zeros; 0: they do not fit. */
static gsize emit_tcp(const struct pkt_packet *packet, const struct pkt_ends *ends, uint8_t *octets)
{
    struct tcp_hdr hdr = { .src_port = ends->src_port,
                           .dst_port = ends->dst_port,
                           .seq = packet->seq,
                           .ack = packet->has_ack ? packet->ack : 0,
                           .flags = (uint16_t)packet->flags,
                           .window = packet->window,
                           .urgent = packet->urgent };
    uint8_t options[PKT_OPTS_MAX * (PKT_RAW_MAX + 2)] = { 0 };
    gsize len = 0;

    for (unsigned i = 0; i < packet->n_options; i++)
        len += emit_option(&packet->options[i], options + len);
    len = (len + 3) & ~(gsize)3;
    if (len > TCP_OPTIONS_MAX)
        return 0;
    tcp_emit(&hdr, octets);
    memcpy(octets + TCP_HDR_LEN, options, len);
    len += TCP_HDR_LEN;
    octets[12] = (uint8_t)(len << 2 | packet->flags >> 8);
    return len;
}

static uint32_t pseudo_sum(const struct pkt_ends *ends, uint8_t proto, gsize len)
{
    gsize addr_len = ends->v6 ? 16 : 4;
    uint32_t sum = checksum_add(0, ends->src.octets, addr_len);

    sum = checksum_add(sum, ends->dst.octets, addr_len);
    return sum + proto + (uint32_t)len;
}

uint8_t pkt_packet_tos(const struct pkt_packet *packet)
{
    static const uint8_t bits[] = { [PKT_ECT0] = 2, [PKT_ECT1] = 1, [PKT_ECT01] = 2, [PKT_CE] = 3 };

    return packet->has_tos ? packet->tos : packet->ecn < G_N_ELEMENTS(bits) ? bits[packet->ecn] : 0;
}

static gsize emit_ip(const struct pkt_packet *packet, const struct pkt_ends *ends, uint8_t proto,
                     gsize payload_len, uint8_t *octets)
{
    uint8_t hops = packet->has_ttl ? packet->ttl : IP_HOPS;

    if (!ends->v6) {
        struct ipv4_hdr hdr = { .hdr_len = IPV4_HDR_LEN,
                                .tos = pkt_packet_tos(packet),
                                .ttl = hops,
                                .protocol = proto,
                                .total_len = (uint16_t)(IPV4_HDR_LEN + payload_len),
                                .src = be32_get(ends->src.octets),
                                .dst = be32_get(ends->dst.octets) };

        ipv4_emit(&hdr, octets);
        return IPV4_HDR_LEN;
    }
    be32_put(octets, 6u << 28 | (uint32_t)pkt_packet_tos(packet) << 20 | (packet->flow & 0xfffff));
    be16_put(octets + 4, (uint16_t)payload_len);
    octets[6] = proto;
    octets[7] = hops;
    memcpy(octets + 8, ends->src.octets, 16);
    memcpy(octets + 24, ends->dst.octets, 16);
    return IPV6_HDR_LEN;
}

static void finish_checksum(uint8_t *payload, gsize len, const struct pkt_ends *ends, uint8_t proto,
                            gsize field)
{
    uint32_t sum;
    uint16_t value;

    be16_put(payload + field, 0);
    sum = checksum_add(pseudo_sum(ends, proto, len), payload, len);
    value = checksum_finish(sum);
    be16_put(payload + field, proto == IP_PROTO_UDP && value == 0 ? 0xffff : value);
}

/* The packet that an error is about: its IP header, and 20 octets of TCP's or 8 of UDP's header. */
static gsize emit_quote(const struct pkt_packet *packet, const struct pkt_ends *ends,
                        uint8_t *octets)
{
    struct pkt_ends back = { .v6 = ends->v6,
                             .src = ends->dst,
                             .dst = ends->src,
                             .src_port = ends->dst_port,
                             .dst_port = ends->src_port };
    struct pkt_packet quoted = { .seq = packet->seq, .flags = TCP_ACK, .has_ack = true };
    bool udp = packet->has_quote && packet->quoted == PKT_UDP;
    gsize hdr_len = udp ? UDP_HDR_LEN : TCP_HDR_LEN, at;

    at = emit_ip(&quoted, &back, udp ? IP_PROTO_UDP : IP_PROTO_TCP, hdr_len + packet->len, octets);
    if (!udp)
        return at + emit_tcp(&quoted, &back, octets + at);
    udp_emit(&(struct udp_hdr){ .src_port = back.src_port,
                                .dst_port = back.dst_port,
                                .len = (uint16_t)(UDP_HDR_LEN + packet->len) },
             octets + at);
    return at + UDP_HDR_LEN;
}

static gsize emit_icmp(const struct pkt_packet *packet, const struct pkt_ends *ends,
                       uint8_t *octets, struct pkt_fault *fault)
{
    struct icmp_hdr hdr = { .rest = packet->param };
    gsize len;

    if (!pkt_icmp_resolve(packet, ends->v6, &hdr.type, &hdr.code, fault))
        return 0;
    if (!ends->v6 && hdr.type == ICMP_PARAM_PROBLEM)
        hdr.rest = packet->param << 24;
    len = ICMP_HDR_LEN + emit_quote(packet, ends, octets + ICMP_HDR_LEN);
    icmp_emit(&hdr, octets, len);
    if (ends->v6)
        finish_checksum(octets, len, ends, PROTO_ICMPV6, 2);
    return len;
}

gsize pkt_packet_emit(const struct pkt_packet *packet, const struct pkt_ends *ends, uint8_t *octets,
                      struct pkt_fault *fault)
{
    gsize at = ends->v6 ? IPV6_HDR_LEN : IPV4_HDR_LEN, len = 0;
    uint8_t proto = IP_PROTO_TCP;

    if (packet->proto == PKT_ICMP) {
        proto = ends->v6 ? PROTO_ICMPV6 : IP_PROTO_ICMP;
        len = emit_icmp(packet, ends, octets + at, fault);
    } else if (packet->proto == PKT_UDP) {
        proto = IP_PROTO_UDP;
        len = UDP_HDR_LEN;
        udp_emit(&(struct udp_hdr){ .src_port = ends->src_port,
                                    .dst_port = ends->dst_port,
                                    .len = (uint16_t)(UDP_HDR_LEN + packet->len) },
                 octets + at);
    } else {
        len = emit_tcp(packet, ends, octets + at);
    }
    if (packet->proto != PKT_ICMP && (len == 0 || at + len + packet->len > PKT_PACKET_MAX)) {
        fault->line = packet->line;
        fault->text = g_strdup(_("this packet does not fit into its headers"));
        return 0;
    }
    if (packet->proto != PKT_ICMP) {
        memset(octets + at + len, 0, packet->len);
        len += packet->len;
        finish_checksum(octets + at, len, ends, proto,
                        proto == IP_PROTO_UDP ? UDP_AT_CHECKSUM : TCP_AT_CHECKSUM);
    }
    if (len > 0)
        emit_ip(packet, ends, proto, len, octets);
    return len > 0 ? at + len : 0;
}

/* ---- packets from octets ---- */

static void read_option(const uint8_t *octets, uint8_t len, struct pkt_tcp_option *option)
{
    const uint8_t *value = octets + 2;

    option->kind = octets[0];
    if (option->kind == TCP_OPT_MSS && len == 4) {
        option->value = be16_get(value);
    } else if (option->kind == TCP_OPT_WSCALE && len == 3) {
        option->value = value[0];
    } else if (option->kind == TCP_OPT_TIMESTAMPS && len == 10) {
        option->value = be32_get(value);
        option->ecr = be32_get(value + 4);
    } else if (option->kind == TCP_OPT_SACK && (len - 2) % 8 == 0 && len <= 34) {
        for (option->n_sack = 0; option->n_sack < (len - 2) / 8; option->n_sack++) {
            option->sack[option->n_sack].start = be32_get(value + 8 * option->n_sack);
            option->sack[option->n_sack].end = be32_get(value + 8 * option->n_sack + 4);
        }
    } else if (option->kind != TCP_OPT_SACK_PERMITTED || len != 2) {
        option->raw = true;
        option->len = (uint8_t)MIN(len - 2, PKT_RAW_MAX);
        memcpy(option->octets, value, option->len);
    }
}

static void read_options(const uint8_t *octets, gsize len, struct pkt_packet *packet)
{
    gsize at = 0;

    while (at < len && packet->n_options < PKT_OPTS_MAX) {
        struct pkt_tcp_option *option = &packet->options[packet->n_options];
        uint8_t option_len;

        packet->n_options++;
        if (octets[at] == TCP_OPT_NOP || octets[at] == TCP_OPT_EOL) {
            option->kind = octets[at++];
            continue;
        }
        option_len = at + 1 < len ? octets[at + 1] : 0;
        if (option_len < 2 || at + option_len > len)
            return;
        read_option(octets + at, option_len, option);
        at += option_len;
    }
}

static bool read_tcp(const uint8_t *octets, gsize len, struct pkt_packet *packet,
                     struct pkt_ends *ends)
{
    struct tcp_hdr hdr;

    if (tcp_parse(octets, len, &hdr) != DROP_NONE)
        return false;
    packet->proto = PKT_TCP;
    packet->flags = hdr.flags;
    packet->seq = hdr.seq;
    packet->len = (uint32_t)(len - hdr.hdr_len);
    packet->has_ack = (hdr.flags & TCP_ACK) != 0;
    packet->ack = hdr.ack;
    packet->has_window = true;
    packet->window = hdr.window;
    packet->has_urgent = (hdr.flags & TCP_URG) != 0;
    packet->urgent = hdr.urgent;
    ends->src_port = hdr.src_port;
    ends->dst_port = hdr.dst_port;
    read_options(octets + TCP_HDR_LEN, hdr.hdr_len - (gsize)TCP_HDR_LEN, packet);
    return true;
}

static bool read_udp(const uint8_t *octets, gsize len, struct pkt_packet *packet,
                     struct pkt_ends *ends)
{
    struct udp_hdr hdr;

    if (udp_parse(octets, len, &hdr) != DROP_NONE)
        return false;
    packet->proto = PKT_UDP;
    packet->len = hdr.len - (uint32_t)UDP_HDR_LEN;
    ends->src_port = hdr.src_port;
    ends->dst_port = hdr.dst_port;
    return true;
}

static bool read_icmp(const uint8_t *octets, gsize len, struct pkt_packet *packet, bool v6)
{
    if (len < ICMP_HDR_LEN)
        return false;
    packet->proto = PKT_ICMP;
    packet->type = octets[0];
    packet->code = octets[1];
    packet->param = be32_get(octets + 4);
    if (!v6 && packet->type == ICMP_PARAM_PROBLEM)
        packet->param >>= 24;
    return pkt_icmp_is_spoken_of(packet->type, v6);
}

static bool read_payload(uint8_t proto, const uint8_t *octets, gsize len, struct pkt_packet *packet,
                         struct pkt_ends *ends)
{
    if (proto == IP_PROTO_TCP)
        return read_tcp(octets, len, packet, ends);
    if (proto == IP_PROTO_UDP)
        return read_udp(octets, len, packet, ends);
    if (proto == (ends->v6 ? PROTO_ICMPV6 : IP_PROTO_ICMP))
        return read_icmp(octets, len, packet, ends->v6);
    return false;
}

static bool read_ip6(const uint8_t *octets, gsize len, struct pkt_packet *packet,
                     struct pkt_ends *ends)
{
    uint32_t first;

    if (len < IPV6_HDR_LEN)
        return false;
    first = be32_get(octets);
    len = MIN(len, (gsize)IPV6_HDR_LEN + be16_get(octets + 4));
    ends->v6 = true;
    packet->tos = (uint8_t)(first >> 20);
    packet->flow = first & 0xfffff;
    packet->ttl = octets[7];
    memcpy(ends->src.octets, octets + 8, 16);
    memcpy(ends->dst.octets, octets + 24, 16);
    return read_payload(octets[6], octets + IPV6_HDR_LEN, len - IPV6_HDR_LEN, packet, ends);
}

bool pkt_packet_read(const uint8_t *octets, gsize len, struct pkt_packet *packet,
                     struct pkt_ends *ends)
{
    struct ipv4_hdr hdr;

    memset(packet, 0, sizeof *packet);
    memset(ends, 0, sizeof *ends);
    packet->has_tos = packet->has_ttl = true;
    if (len > 0 && octets[0] >> 4 == 6)
        return read_ip6(octets, len, packet, ends);
    if (ipv4_parse(octets, len, &hdr) != DROP_NONE || hdr.frag_off != 0)
        return false;
    packet->tos = hdr.tos;
    packet->ttl = hdr.ttl;
    be32_put(ends->src.octets, hdr.src);
    be32_put(ends->dst.octets, hdr.dst);
    return read_payload(hdr.protocol, octets + hdr.hdr_len, hdr.total_len - (gsize)hdr.hdr_len,
                        packet, ends);
}
