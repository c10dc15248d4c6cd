#include "tests/support/must.h"

#include "base/be.h"
#include "stack/wire/icmp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t again[2048];
    struct icmp_hdr hdr, out;

    if (len > sizeof again)
        return 0;
    if (icmp_parse(octets, len, &hdr) != DROP_NONE) {
        if (len < ICMP_HDR_LEN)
            return 0;
        hdr = icmp_make(octets[0], octets[1]); /* no guess of ours finds the checksum: write it */
        hdr.rest = be32_get(octets + 4);
    }
    memcpy(again, octets, len);
    icmp_emit(&hdr, again, len);
    MUST(icmp_parse(again, len, &out) == DROP_NONE);
    MUST(out.type == hdr.type && out.code == hdr.code && out.rest == hdr.rest);
    MUST(memcmp(again, octets, 2) == 0 && memcmp(again + 4, octets + 4, len - 4) == 0);
    return 0;
}
