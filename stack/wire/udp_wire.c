#include "stack/wire/udp_wire.h"

#include "base/be.h"

enum { AT_SRC_PORT = 0, AT_DST_PORT = 2, AT_LEN = 4, AT_CHECKSUM = UDP_AT_CHECKSUM };

enum drop_reason udp_parse(const uint8_t *octets, size_t len, struct udp_hdr *hdr)
{
    uint16_t datagram_len;

    if (len < UDP_HDR_LEN)
        return DROP_TRUNCATED;
    datagram_len = be16_get(octets + AT_LEN);
    if (datagram_len < UDP_HDR_LEN)
        return DROP_BAD_HEADER;
    if (datagram_len > len)
        return DROP_TRUNCATED;
    hdr->src_port = be16_get(octets + AT_SRC_PORT);
    hdr->dst_port = be16_get(octets + AT_DST_PORT);
    hdr->len = datagram_len;
    hdr->checksum = be16_get(octets + AT_CHECKSUM);
    return DROP_NONE;
}

void udp_emit(const struct udp_hdr *hdr, uint8_t *octets)
{
    be16_put(octets + AT_SRC_PORT, hdr->src_port);
    be16_put(octets + AT_DST_PORT, hdr->dst_port);
    be16_put(octets + AT_LEN, hdr->len);
    be16_put(octets + AT_CHECKSUM, hdr->checksum);
}
