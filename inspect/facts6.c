/* The facts of an IPv6 packet. */
#include "base/be.h"
#include "inspect/facts_internal.h"

static void read_quote(struct facts *facts, const uint8_t *octets, size_t len)
{
    struct ipv6_transport found;

    if (ipv6_quote_parse(octets, len, &facts->quote6) != DROP_NONE)
        return;
    facts->has_quote6 = true;
    if (!ipv6_find_transport(octets, len, &found) || found.at + 4 > len)
        return;
    facts->quote_transport_at = found.at;
    facts->quote_protocol = found.protocol;
    if (found.protocol == IP_PROTO_UDP || found.protocol == IP_PROTO_TCP) {
        facts->quote_src_port = be16_get(octets + found.at);
        facts->quote_dst_port = be16_get(octets + found.at + 2);
    }
}

static void read_icmp6(struct facts *facts, const uint8_t *octets, size_t len)
{
    if (len < ICMP6_HDR_LEN)
        return;
    facts->icmp_bad_checksum = icmp6_parse(octets, len, facts->ip6.src, facts->ip6.dst,
                                           &facts->icmp6) == DROP_BAD_CHECKSUM &&
                               !facts->cut && !facts->ip.mf;
    facts->icmp6 = (struct icmp6_hdr){ octets[0], octets[1], be32_get(octets + 4) };
    facts->transport = FACT_ICMP6;
    facts->has_ndp = ndp_parse(octets, len, &facts->ndp) == DROP_NONE;
    facts->payload_at += ICMP6_HDR_LEN;
    facts->payload_len = len - ICMP6_HDR_LEN;
    if (icmp6_is_error(facts->icmp6.type))
        read_quote(facts, octets + ICMP6_HDR_LEN, facts->payload_len);
}

void facts_read_ip6(struct facts *facts, const uint8_t *octets, size_t len, size_t at)
{
    struct ipv6_transport found;
    bool whole;
    size_t total;

    if (ipv6_quote_parse(octets + at, len - at, &facts->ip6) != DROP_NONE)
        return;
    facts->net = FACT_IPV6;
    facts->ip_at = at;
    total = (size_t)IPV6_HDR_LEN + facts->ip6.payload_len;
    if (total > len - at) {
        facts->cut = true;
        total = len - at;
    }
    whole = ipv6_find_transport(octets + at, total, &found);
    facts->ip6_protocol = found.protocol;
    facts->payload_at = at + (found.at < total ? found.at : total);
    facts->payload_len = at + total - facts->payload_at;
    if (found.fragment) {
        facts->has_frag6 = true;
        facts->frag6 = found.frag;
        facts->frag6_at = at + found.frag_at;
        facts->ip.mf = found.frag.more;
        facts->ip.frag_off = found.frag.offset;
    }
    if (!whole)
        return;
    facts->transport_at = facts->payload_at;
    if (found.protocol == IP6_NEXT_ICMP)
        read_icmp6(facts, octets + facts->payload_at, facts->payload_len);
    else
        facts_read_transport(facts, octets, found.protocol);
}
