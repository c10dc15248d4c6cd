/* The UDP header as octets, RFC 768. Pure: no state, no clock, no allocation. */
#ifndef WW_STACK_WIRE_UDP_WIRE_H
#define WW_STACK_WIRE_UDP_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/checksum.h"
#include "base/drop.h"

#define UDP_HDR_LEN     8 /* octets: source port(2) destination port(2) length(2) checksum(2) */
#define UDP_AT_CHECKSUM 6 /* where the checksum stands, for filling it in */

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
enum drop_reason udp_parse(const uint8_t *octets, size_t len, struct udp_hdr *hdr);
/** udp_emit() - write the fields as given to @octets, exactly UDP_HDR_LEN of them. Cannot fail. */
void udp_emit(const struct udp_hdr *hdr, uint8_t *octets);
/** udp_checksum_finish() - checksum_finish(), but never 0, which would say "none". RFC 768. */
static inline uint16_t udp_checksum_finish(uint32_t sum)
{
    uint16_t checksum = checksum_finish(sum);

    return checksum == 0 ? 0xffff : checksum;
}

#endif
