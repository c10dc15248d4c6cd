#include "tests/support/must.h"

#include "stack/wire/arp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t again[ARP_LEN];
    struct arp_msg msg;

    if (arp_parse(octets, len, &msg) != DROP_NONE)
        return 0;
    arp_emit(&msg, again);
    MUST(memcmp(again, octets, sizeof again) == 0);
    return 0;
}
