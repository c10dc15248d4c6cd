#include "stack/wire/ipv6_wire.h"

enum {
    AT_VERSION = 0,
    AT_PAYLOAD_LEN = 4,
    AT_NEXT_HEADER = 6,
    AT_HOP_LIMIT = 7,
    AT_SRC = 8,
    AT_DST = 24
};

enum drop_reason ipv6_quote_parse(const uint8_t *octets, size_t len, struct ipv6_hdr *hdr)
{
    uint32_t first;

    if (len < IPV6_HDR_LEN)
        return DROP_TRUNCATED;
    first = be32_get(octets);
    if (first >> 28 != 6)
        return DROP_BAD_VERSION;
    hdr->tclass = (uint8_t)(first >> 20);
    hdr->flow = first & 0xfffff;
    hdr->payload_len = be16_get(octets + AT_PAYLOAD_LEN);
    hdr->next_header = octets[AT_NEXT_HEADER];
    hdr->hop_limit = octets[AT_HOP_LIMIT];
    hdr->src = ip6_get(octets + AT_SRC);
    hdr->dst = ip6_get(octets + AT_DST);
    return DROP_NONE;
}

enum drop_reason ipv6_parse(const uint8_t *octets, size_t len, struct ipv6_hdr *hdr)
{
    struct ipv6_hdr result;
    enum drop_reason why = ipv6_quote_parse(octets, len, &result);

    if (why == DROP_NONE && len < (size_t)IPV6_HDR_LEN + result.payload_len)
        why = DROP_TRUNCATED;
    if (why == DROP_NONE)
        *hdr = result;
    return why;
}

void ipv6_emit(const struct ipv6_hdr *hdr, uint8_t *octets)
{
    be32_put(octets + AT_VERSION, UINT32_C(6) << 28 | (uint32_t)hdr->tclass << 20 | hdr->flow);
    be16_put(octets + AT_PAYLOAD_LEN, hdr->payload_len);
    octets[AT_NEXT_HEADER] = hdr->next_header;
    octets[AT_HOP_LIMIT] = hdr->hop_limit;
    ip6_put(octets + AT_SRC, hdr->src);
    ip6_put(octets + AT_DST, hdr->dst);
}

enum drop_reason ipv6_ext_parse(uint8_t kind, const uint8_t *octets, size_t len,
                                struct ipv6_ext *ext)
{
    uint16_t size;

    if (len < 8)
        return DROP_TRUNCATED;
    size = kind == IP6_NEXT_FRAGMENT ? IPV6_FRAG_HDR_LEN : (uint16_t)((octets[1] + 1) * 8);
    if (len < size)
        return DROP_TRUNCATED;
    *ext = (struct ipv6_ext){ octets[0], size };
    return DROP_NONE;
}

void ipv6_frag_parse(const uint8_t *octets, struct ipv6_frag *frag)
{
    uint16_t word = be16_get(octets + 2);

    *frag = (struct ipv6_frag){ .next_header = octets[0],
                                .offset = (uint16_t)(word & ~7u),
                                .more = (word & 1) != 0,
                                .id = be32_get(octets + 4) };
}

void ipv6_frag_emit(const struct ipv6_frag *frag, uint8_t *octets)
{
    octets[0] = frag->next_header;
    octets[1] = 0;
    be16_put(octets + 2, (uint16_t)(frag->offset | (frag->more ? 1u : 0u)));
    be32_put(octets + 4, frag->id);
}

static bool all_zero(const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (octets[i] != 0)
            return false;
    return true;
}

bool ipv6_option_next(struct ipv6_option_walk *walk, struct ipv6_option *option)
{
    unsigned padding = 0;

    if (walk->at == 0)
        walk->at = 2;
    while (walk->at < walk->len && !walk->bad) {
        const uint8_t *octets = walk->octets + walk->at;
        unsigned left = walk->len - walk->at, size;

        if (octets[0] == IP6_OPT_PAD1) {
            walk->bad = ++padding > 7;
            walk->at = (uint16_t)(walk->at + !walk->bad);
            continue;
        }
        size = left < 2 ? 0 : octets[1] + 2u;
        if (size == 0 || size > left) {
            walk->bad = true;
            return false;
        }
        if (octets[0] == IP6_OPT_PADN) {
            padding += size;
            walk->bad = padding > 7 || !all_zero(octets + 2, size - 2);
            walk->at = (uint16_t)(walk->at + (walk->bad ? 0 : size));
            continue;
        }
        *option = (struct ipv6_option){ octets[0], octets[1], octets };
        walk->at = (uint16_t)(walk->at + size);
        return true;
    }
    return false;
}

bool ipv6_find_transport(const uint8_t *octets, size_t len, struct ipv6_transport *found)
{
    struct ipv6_ext ext;

    if (len < IPV6_HDR_LEN)
        return false;
    *found = (struct ipv6_transport){ .protocol = octets[AT_NEXT_HEADER],
                                      .at = IPV6_HDR_LEN,
                                      .last_field = AT_NEXT_HEADER };
    while (ipv6_is_ext(found->protocol)) {
        if (ipv6_ext_parse(found->protocol, octets + found->at, len - found->at, &ext) != DROP_NONE)
            return false;
        if (found->protocol == IP6_NEXT_FRAGMENT) {
            found->fragment = true;
            found->frag_at = found->at;
            ipv6_frag_parse(octets + found->at, &found->frag);
            if (found->frag.offset != 0) {
                found->protocol = ext.next_header;
                found->at += ext.len;
                return false;
            }
        }
        found->last_field = found->at;
        found->protocol = ext.next_header;
        found->at += ext.len;
    }
    return found->at <= len;
}
