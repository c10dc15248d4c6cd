#include "stack/wire/icmp_wire.h"

#include "base/be.h"
#include "base/check.h"
#include "base/checksum.h"

enum { AT_TYPE = 0, AT_CODE = 1, AT_CHECKSUM = 2, AT_REST = 4 };

enum drop_reason icmp_parse(const uint8_t *octets, size_t len, struct icmp_hdr *hdr)
{
    if (len < ICMP_HDR_LEN)
        return DROP_TRUNCATED;
    if (checksum_finish(checksum_add(0, octets, len)) != 0)
        return DROP_BAD_CHECKSUM;
    hdr->type = octets[AT_TYPE];
    hdr->code = octets[AT_CODE];
    hdr->rest = be32_get(octets + AT_REST);
    return DROP_NONE;
}

void icmp_emit(const struct icmp_hdr *hdr, uint8_t *octets, size_t total_len)
{
    CHECK(total_len >= ICMP_HDR_LEN);
    octets[AT_TYPE] = hdr->type;
    octets[AT_CODE] = hdr->code;
    be16_put(octets + AT_CHECKSUM, 0);
    be32_put(octets + AT_REST, hdr->rest);
    be16_put(octets + AT_CHECKSUM, checksum_finish(checksum_add(0, octets, total_len)));
}
