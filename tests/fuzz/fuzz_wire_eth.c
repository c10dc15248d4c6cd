#include "tests/support/must.h"

#include "stack/wire/eth_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t again[ETH_HDR_LEN];
    struct eth_hdr hdr;

    if (eth_parse(octets, len, &hdr) != DROP_NONE)
        return 0;
    eth_emit(&hdr, again);
    MUST(memcmp(again, octets, sizeof again) == 0);
    return 0;
}
