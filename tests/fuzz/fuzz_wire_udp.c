#include "tests/support/must.h"

#include "stack/wire/udp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t again[UDP_HDR_LEN];
    struct udp_hdr hdr;

    if (udp_parse(octets, len, &hdr) != DROP_NONE)
        return 0;
    MUST(hdr.len >= UDP_HDR_LEN && hdr.len <= len);
    udp_emit(&hdr, again);
    MUST(memcmp(again, octets, sizeof again) == 0);
    return 0;
}
