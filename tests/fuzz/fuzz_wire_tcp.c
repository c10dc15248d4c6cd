#include "tests/support/must.h"

#include "stack/wire/tcp_wire.h"

static int same_options(const struct tcp_options *a, const struct tcp_options *b)
{
    return a->has_mss == b->has_mss && a->has_wscale == b->has_wscale &&
           a->sack_permitted == b->sack_permitted && a->has_ts == b->has_ts && a->mss == b->mss &&
           a->wscale == b->wscale && a->ts_val == b->ts_val && a->ts_ecr == b->ts_ecr &&
           a->n_sack == b->n_sack && memcmp(a->sack, b->sack, a->n_sack * sizeof a->sack[0]) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t again[TCP_HDR_MAX];
    struct tcp_hdr hdr, out;
    size_t hdr_len;

    if (tcp_parse(octets, len, &hdr) != DROP_NONE)
        return 0;
    MUST(hdr.hdr_len >= TCP_HDR_LEN && hdr.hdr_len <= len);
    hdr_len = tcp_emit(&hdr, again);
    MUST(hdr_len <= TCP_HDR_MAX && hdr_len % 4 == 0);
    MUST(hdr_len == TCP_HDR_LEN + tcp_options_len(&hdr.opt, (hdr.flags & TCP_SYN) != 0));
    MUST(tcp_parse(again, hdr_len, &out) == DROP_NONE);
    MUST(out.hdr_len == hdr_len);
    /* With its padding a signature leaves less room than it may have had. */
    MUST(hdr.opt.signature_at != 0 || same_options(&hdr.opt, &out.opt));
    again[12] = octets[12]; /* data offset and reserved bits may differ, nothing else may */
    MUST(memcmp(again, octets, TCP_HDR_LEN) == 0);
    return 0;
}
