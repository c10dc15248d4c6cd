#include "stack/wire/eth_wire.h"

#include <string.h>

#include "base/be.h"

enum { AT_DST = 0, AT_SRC = 6, AT_ETHERTYPE = 12 };

enum drop_reason eth_parse(const uint8_t *octets, size_t len, struct eth_hdr *hdr)
{
    if (len < ETH_HDR_LEN)
        return DROP_TRUNCATED;
    memcpy(hdr->dst.octets, octets + AT_DST, sizeof hdr->dst.octets);
    memcpy(hdr->src.octets, octets + AT_SRC, sizeof hdr->src.octets);
    hdr->ethertype = be16_get(octets + AT_ETHERTYPE);
    return DROP_NONE;
}

void eth_emit(const struct eth_hdr *hdr, uint8_t *octets)
{
    memcpy(octets + AT_DST, hdr->dst.octets, sizeof hdr->dst.octets);
    memcpy(octets + AT_SRC, hdr->src.octets, sizeof hdr->src.octets);
    be16_put(octets + AT_ETHERTYPE, hdr->ethertype);
}
