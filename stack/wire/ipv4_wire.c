#include "stack/wire/ipv4_wire.h"

#include <string.h>

#include "base/check.h"

/* Everything that can be said without the checksum and without comparing total_len with @len. */
static enum drop_reason check_form(const uint8_t *octets, size_t len)
{
    size_t hdr_len;

    if (len < IPV4_HDR_LEN)
        return DROP_TRUNCATED;
    if (octets[IPV4_AT_VERSION_IHL] >> 4 != 4)
        return DROP_BAD_VERSION;
    hdr_len = (octets[IPV4_AT_VERSION_IHL] & 0xfu) * 4u;
    if (hdr_len < IPV4_HDR_LEN || be16_get(octets + IPV4_AT_LEN) < hdr_len)
        return DROP_BAD_HEADER;
    return len < hdr_len ? DROP_TRUNCATED : DROP_NONE;
}

static void decode(const uint8_t *octets, struct ipv4_hdr *hdr)
{
    uint16_t flags_offset = be16_get(octets + IPV4_AT_FRAG);

    hdr->hdr_len = (uint8_t)((octets[IPV4_AT_VERSION_IHL] & 0xf) * 4);
    hdr->tos = octets[IPV4_AT_TOS];
    hdr->ttl = octets[IPV4_AT_TTL];
    hdr->protocol = octets[IPV4_AT_PROTOCOL];
    hdr->total_len = be16_get(octets + IPV4_AT_LEN);
    hdr->id = be16_get(octets + IPV4_AT_ID);
    hdr->df = (flags_offset & IPV4_DF) != 0;
    hdr->mf = (flags_offset & IPV4_MF) != 0;
    hdr->frag_off = (uint16_t)((flags_offset & IPV4_OFFSET_MASK) * 8);
    hdr->src = be32_get(octets + IPV4_AT_SRC);
    hdr->dst = be32_get(octets + IPV4_AT_DST);
    hdr->n_options = (uint8_t)(hdr->hdr_len - IPV4_HDR_LEN);
    if (hdr->n_options > 0)
        memcpy(hdr->options, octets + IPV4_AT_OPTIONS, hdr->n_options);
}

enum drop_reason ipv4_parse(const uint8_t *octets, size_t len, struct ipv4_hdr *hdr)
{
    enum drop_reason why = check_form(octets, len);

    if (why != DROP_NONE)
        return why;
    if (octets[IPV4_AT_VERSION_IHL] == (4 << 4 | 5)
            ? !checksum_right20(octets)
            : checksum_finish(checksum_add(0, octets, (octets[IPV4_AT_VERSION_IHL] & 0xfu) * 4u)) !=
                  0)
        return DROP_BAD_CHECKSUM;
    if (be16_get(octets + IPV4_AT_LEN) > len)
        return DROP_TRUNCATED;
    decode(octets, hdr);
    return DROP_NONE;
}

enum drop_reason ipv4_quote_parse(const uint8_t *octets, size_t len, struct ipv4_hdr *hdr)
{
    enum drop_reason why = check_form(octets, len);

    if (why == DROP_NONE)
        decode(octets, hdr);
    return why;
}

void ipv4_emit(const struct ipv4_hdr *hdr, uint8_t *octets)
{
    uint16_t frag =
        (uint16_t)((hdr->df ? IPV4_DF : 0) | (hdr->mf ? IPV4_MF : 0) | hdr->frag_off / 8);

    CHECK(hdr->hdr_len % 4 == 0 && hdr->hdr_len <= IPV4_HDR_MAX);
    CHECK(hdr->hdr_len >= IPV4_HDR_LEN + hdr->n_options);
    CHECK(hdr->frag_off % 8 == 0);
    ipv4_put(octets, hdr->tos, hdr->total_len, hdr->id, frag, hdr->ttl, hdr->protocol, hdr->src,
             hdr->dst);
    if (hdr->hdr_len == IPV4_HDR_LEN)
        return;
    octets[IPV4_AT_VERSION_IHL] = (uint8_t)(4 << 4 | hdr->hdr_len / 4);
    be16_put(octets + IPV4_AT_CHECKSUM, 0);
    memcpy(octets + IPV4_AT_OPTIONS, hdr->options, hdr->n_options);
    memset(octets + IPV4_AT_OPTIONS + hdr->n_options, IPV4_OPT_EOL,
           (size_t)hdr->hdr_len - IPV4_HDR_LEN - hdr->n_options);
    be16_put(octets + IPV4_AT_CHECKSUM, checksum_finish(checksum_add(0, octets, hdr->hdr_len)));
}

bool ipv4_option_next(struct ipv4_option_walk *walk, struct ipv4_option *option)
{
    const uint8_t *at;
    unsigned left;

    while (walk->at < walk->len && walk->octets[walk->at] == IPV4_OPT_NOP)
        walk->at++;
    if (walk->at == walk->len || walk->octets[walk->at] == IPV4_OPT_EOL)
        return false;
    at = walk->octets + walk->at;
    left = (unsigned)walk->len - walk->at;
    if (left < 2 || at[1] < 2 || at[1] > left) {
        walk->bad = true;
        return false;
    }
    option->kind = at[0];
    option->len = at[1];
    option->octets = at;
    walk->at = (uint8_t)(walk->at + at[1]);
    return true;
}
