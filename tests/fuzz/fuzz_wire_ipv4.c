#include "tests/support/must.h"

#include "stack/wire/ipv4_wire.h"

static void walk_options(const struct ipv4_hdr *hdr)
{
    struct ipv4_option_walk walk = { .octets = hdr->options, .len = hdr->n_options };
    struct ipv4_option option;
    unsigned n = 0;

    while (ipv4_option_next(&walk, &option)) {
        MUST(option.len >= 2 && option.octets >= hdr->options);
        MUST(option.octets + option.len <= hdr->options + hdr->n_options);
        MUST(++n <= IPV4_OPTIONS_MAX / 2);
    }
    MUST(walk.at <= walk.len);
}

/* Everything but the reserved flag and the checksum must come back. */
static void check_round_trip(const struct ipv4_hdr *hdr, const uint8_t *octets)
{
    uint8_t again[IPV4_HDR_MAX];
    struct ipv4_hdr out, alone = *hdr;

    alone.total_len = alone.hdr_len; /* a whole packet that is a header and no more */
    ipv4_emit(&alone, again);
    MUST(ipv4_parse(again, alone.hdr_len, &out) == DROP_NONE);
    MUST(out.src == hdr->src && out.frag_off == hdr->frag_off && out.n_options == hdr->n_options);
    ipv4_emit(hdr, again);
    MUST(ipv4_quote_parse(again, hdr->hdr_len, &out) == DROP_NONE);
    MUST(checksum_finish(checksum_add(0, again, hdr->hdr_len)) == 0);
    again[6] |= octets[6] & 0x80;
    memcpy(again + 10, octets + 10, 2);
    MUST(memcmp(again, octets, hdr->hdr_len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct ipv4_hdr hdr, quoted;
    enum drop_reason why = ipv4_parse(octets, len, &hdr);

    if (ipv4_quote_parse(octets, len, &quoted) != DROP_NONE) {
        MUST(why != DROP_NONE); /* what is no header quoted is none at all */
        return 0;
    }
    walk_options(&quoted);
    check_round_trip(&quoted, octets);
    if (why == DROP_NONE)
        MUST(hdr.total_len <= len && hdr.total_len >= hdr.hdr_len);
    if (why == DROP_NONE && hdr.ttl > 0) {
        uint8_t hop[IPV4_HDR_MAX];

        ipv4_emit(&hdr, hop);
        ipv4_dec_ttl(hop);
        MUST(checksum_finish(checksum_add(0, hop, hdr.hdr_len)) == 0);
        MUST(hop[8] == hdr.ttl - 1);
    }
    return 0;
}
