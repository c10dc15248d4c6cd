#include "tests/support/must.h"

#include "stack/wire/ipv6_wire.h"

static void walk_options(const uint8_t *octets, size_t len)
{
    struct ipv6_ext ext;
    struct ipv6_option option;
    struct ipv6_option_walk walk = { .octets = octets };

    if (ipv6_ext_parse(IP6_NEXT_DESTINATION, octets, len, &ext) != DROP_NONE)
        return;
    walk.len = ext.len;
    while (ipv6_option_next(&walk, &option)) {
        MUST(option.octets >= octets + 2 && option.octets + 2 + option.len <= octets + ext.len);
        MUST(option.octets[0] == option.kind);
    }
    MUST(walk.at <= ext.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct ipv6_hdr hdr, again;
    struct ipv6_transport found;
    struct ipv6_frag frag;
    uint8_t out[IPV6_HDR_LEN], frag_out[IPV6_FRAG_HDR_LEN];

    walk_options(octets, len);
    if (len >= IPV6_FRAG_HDR_LEN) {
        ipv6_frag_parse(octets, &frag);
        ipv6_frag_emit(&frag, frag_out);
        MUST(frag_out[0] == octets[0] && frag_out[2] == octets[2] &&
             memcmp(frag_out + 4, octets + 4, 4) == 0);
    }
    if (ipv6_quote_parse(octets, len, &hdr) != DROP_NONE)
        return 0;
    ipv6_emit(&hdr, out);
    MUST(memcmp(out, octets, IPV6_HDR_LEN) == 0);
    MUST(ipv6_parse(octets, len, &again) == DROP_NONE ||
         len < (size_t)IPV6_HDR_LEN + hdr.payload_len);
    if (ipv6_find_transport(octets, len, &found))
        MUST(found.at <= len && found.at >= IPV6_HDR_LEN && found.last_field < found.at);
    return 0;
}
