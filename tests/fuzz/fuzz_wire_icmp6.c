#include "tests/support/must.h"

#include "stack/wire/icmp6_wire.h"
#include "stack/wire/ipv6_wire.h"

/* What was understood of a message of neighbor discovery is written and understood again. */
static void ndp(const uint8_t *octets, size_t len)
{
    struct ndp_msg msg, again;
    uint8_t out[NDP_MSG_MAX];
    size_t n;

    if (ndp_parse(octets, len, &msg) != DROP_NONE)
        return;
    n = ndp_emit(&msg, out, IP6_LOOPBACK, IP6_ALL_NODES);
    MUST(n <= sizeof out);
    MUST(ndp_parse(out, n, &again) == DROP_NONE);
    MUST(again.type == msg.type && ip6_eq(again.target, msg.target) &&
         again.has_source == msg.has_source && again.has_target == msg.has_target &&
         again.n_prefixes == msg.n_prefixes && again.mtu == msg.mtu &&
         again.has_nonce == msg.has_nonce && again.nonce == msg.nonce);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t again[2048];
    struct icmp6_hdr hdr, out;
    struct mld_record record;
    struct mld_query query;
    size_t at = 0;

    if (len > sizeof again)
        return 0;
    ndp(octets, len);
    while (mld_record_next(octets, len, &at, &record))
        MUST(at > 0);
    mld_query_parse(octets, len, &query);
    if (len < ICMP6_HDR_LEN)
        return 0;
    hdr = (struct icmp6_hdr){ octets[0], octets[1], be32_get(octets + 4) };
    memcpy(again, octets, len);
    icmp6_emit(&hdr, again, len, IP6_LOOPBACK, IP6_ALL_NODES);
    MUST(icmp6_parse(again, len, IP6_LOOPBACK, IP6_ALL_NODES, &out) == DROP_NONE);
    MUST(out.type == hdr.type && out.code == hdr.code && out.rest == hdr.rest);
    return 0;
}
