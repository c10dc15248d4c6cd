/* The UDP header as octets, RFC 768. Pure: no state, no clock, no allocation. */
#ifndef WW_STACK_WIRE_UDP_WIRE_H
#define WW_STACK_WIRE_UDP_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "base/checksum.h"
#include "base/drop.h"

#define UDP_HDR_LEN 8 /* octets: source port(2) destination port(2) length(2) checksum(2) */

enum { UDP_AT_SRC_PORT = 0, UDP_AT_DST_PORT = 2, UDP_AT_LEN = 4, UDP_AT_CHECKSUM = 6 };

struct udp_hdr { /* host byte order */
    uint16_t src_port, dst_port;
    uint16_t len;      /* octets, header included */
    uint16_t checksum; /* 0: the sender computed none */
};

/**
 * udp_parse() - decode the header at the start of @octets; @len may exceed the datagram's length.
 * The checksum is the caller's to verify: it covers the addresses too.
 * Returns DROP_NONE with *@hdr filled; DROP_TRUNCATED, or DROP_BAD_HEADER where the length field is
 * below 8, with *@hdr untouched.
 */
static inline enum drop_reason udp_parse(const uint8_t *octets, size_t len, struct udp_hdr *hdr)
{
    uint16_t datagram_len;

    if (len < UDP_HDR_LEN)
        return DROP_TRUNCATED;
    datagram_len = be16_get(octets + UDP_AT_LEN);
    if (datagram_len < UDP_HDR_LEN)
        return DROP_BAD_HEADER;
    if (datagram_len > len)
        return DROP_TRUNCATED;
    hdr->src_port = be16_get(octets + UDP_AT_SRC_PORT);
    hdr->dst_port = be16_get(octets + UDP_AT_DST_PORT);
    hdr->len = datagram_len;
    hdr->checksum = be16_get(octets + UDP_AT_CHECKSUM);
    return DROP_NONE;
}
/** udp_emit() - write the fields as given to @octets, exactly UDP_HDR_LEN of them. Cannot fail. */
static inline void udp_emit(const struct udp_hdr *hdr, uint8_t *octets)
{
    be16_put(octets + UDP_AT_SRC_PORT, hdr->src_port);
    be16_put(octets + UDP_AT_DST_PORT, hdr->dst_port);
    be16_put(octets + UDP_AT_LEN, hdr->len);
    be16_put(octets + UDP_AT_CHECKSUM, hdr->checksum);
}
/** udp_checksum_finish() - checksum_finish(), but never 0, which would say "none". RFC 768. */
static inline uint16_t udp_checksum_finish(uint32_t sum)
{
    uint16_t checksum = checksum_finish(sum);

    return checksum == 0 ? 0xffff : checksum;
}

#endif
