/* NAT: from a packet to its tuple, and the changes to addresses, ports and checksums (RFC 1624). */
#include "stack/net/nat_internal.h"

enum { AT_IP_CHECKSUM = 10, AT_SRC = 12, AT_DST = 16, AT_ICMP_CHECKSUM = 2, AT_ICMP_ID = 4 };

/* The type that asks, when @type is a query or its answer; else 0. */
static uint8_t query_of(uint8_t type)
{
    switch (type) {
    case ICMP_ECHO_REPLY:
        return ICMP_ECHO_REQUEST;
    case ICMP_ECHO_REQUEST:
    case ICMP_TIMESTAMP_REQUEST:
        return type;
    case ICMP_TIMESTAMP_REPLY:
        return ICMP_TIMESTAMP_REQUEST;
    default:
        return 0;
    }
}

bool nat_tuple_of(const struct ipv4_hdr *hdr, const uint8_t *transport, size_t len,
                  struct nat_tuple *tuple)
{
    *tuple =
        (struct nat_tuple){ .src.addr = hdr->src, .dst.addr = hdr->dst, .protocol = hdr->protocol };
    switch (hdr->protocol) {
    case IP_PROTO_TCP:
    case IP_PROTO_UDP:
        if (len < 8)
            return false;
        tuple->src.port = be16_get(transport);
        tuple->dst.port = be16_get(transport + 2);
        return true;
    case IP_PROTO_ICMP:
        if (len < ICMP_HDR_LEN || (tuple->query = query_of(transport[0])) == 0)
            return false;
        *(tuple->query == transport[0] ? &tuple->src.port : &tuple->dst.port) =
            be16_get(transport + AT_ICMP_ID);
        return true;
    default:
        return true;
    }
}

/* Adjust the checksum at @field for a word that changes; a pending one is the sum itself, not its
 * complement. */
static void adjust(uint8_t *field, bool pending, uint16_t before, uint16_t after)
{
    uint16_t value = be16_get(field);

    be16_put(field, pending ? (uint16_t)~checksum_update16((uint16_t)~value, before, after)
                            : checksum_update16(value, before, after));
}

/* The transport's checksum field, or NULL: none, absent in what is quoted, or not computed by the
 * sender. */
static uint8_t *transport_checksum(uint8_t protocol, uint8_t *transport, size_t len, bool pending)
{
    if (protocol == IP_PROTO_TCP)
        return len < TCP_HDR_LEN ? NULL : transport + CHECKSUM_FIELD_TCP;
    if (protocol != IP_PROTO_UDP || len < 8)
        return NULL;
    return !pending && be16_get(transport + CHECKSUM_FIELD_UDP) == 0
               ? NULL
               : transport + CHECKSUM_FIELD_UDP;
}

static void rewrite_addr(uint8_t *packet, uint8_t *addr, uint8_t *checksum, bool pending,
                         ip4_addr to)
{
    for (int i = 0; i < 4; i += 2) {
        uint16_t before = be16_get(addr + i), after = (uint16_t)(to >> (16 - 8 * i));

        adjust(packet + AT_IP_CHECKSUM, false, before, after);
        if (checksum != NULL)
            adjust(checksum, pending, before, after);
        be16_put(addr + i, after);
    }
}

void nat_rewrite(uint8_t *packet, size_t len, bool source, struct endpoint to, bool pending)
{
    size_t hdr_len = (size_t)(packet[0] & 15) * 4;
    uint8_t protocol = packet[9], *transport = packet + hdr_len, *checksum, *port = NULL;

    len -= hdr_len;
    checksum = transport_checksum(protocol, transport, len, pending);
    rewrite_addr(packet, packet + (source ? AT_SRC : AT_DST), checksum, pending, to.addr);
    if ((protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP) && len >= 8) {
        port = transport + (source ? 0 : 2);
    } else if (protocol == IP_PROTO_ICMP && len >= ICMP_HDR_LEN && query_of(transport[0]) != 0 &&
               (query_of(transport[0]) == transport[0]) == source) {
        port = transport + AT_ICMP_ID;
        checksum = transport + AT_ICMP_CHECKSUM;
    }
    if (port != NULL) {
        if (checksum != NULL && !pending) /* what is pending covers no ports yet */
            adjust(checksum, false, be16_get(port), to.port);
        be16_put(port, to.port);
    }
    if (protocol == IP_PROTO_UDP && checksum != NULL && !pending && be16_get(checksum) == 0)
        be16_put(checksum, 0xffff);
}
