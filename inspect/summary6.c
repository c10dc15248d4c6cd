/* What a frame of IPv6 is, in a few words. */
#include "inspect/i18n.h"
#include "inspect/summary_internal.h"

/* A message in the language asked for. */
#define T(text) (lang == RENDER_USER ? _(text) : (text))

static const char *unreachable_label(uint8_t code)
{
    switch (code) {
    case ICMP6_UNREACH_NO_ROUTE:
        return N_("ICMPv6 no route");
    case ICMP6_UNREACH_ADDRESS:
        return N_("ICMPv6 address unreachable");
    case ICMP6_UNREACH_PORT:
        return N_("ICMPv6 port unreachable");
    case ICMP6_UNREACH_PROHIBITED:
        return N_("ICMPv6 administratively prohibited");
    default:
        return N_("ICMPv6 destination unreachable");
    }
}

static const char *icmp_label(const struct facts *facts)
{
    switch (facts->icmp6.type) {
    case ICMP6_DEST_UNREACH:
        return unreachable_label(facts->icmp6.code);
    case ICMP6_PACKET_TOO_BIG:
        return N_("ICMPv6 packet too big");
    case ICMP6_TIME_EXCEEDED:
        return facts->icmp6.code == ICMP6_TIME_REASSEMBLY ? N_("ICMPv6 reassembly time exceeded")
                                                          : N_("ICMPv6 time exceeded");
    case ICMP6_PARAM_PROBLEM:
        return N_("ICMPv6 parameter problem");
    case ICMP6_ECHO_REQUEST:
        return N_("ICMPv6 echo request");
    case ICMP6_ECHO_REPLY:
        return N_("ICMPv6 echo reply");
    case ICMP6_MLD_QUERY:
        return N_("MLD query");
    case ICMP6_MLD_REPORT:
    case ICMP6_MLD2_REPORT:
        return N_("MLD report");
    case ICMP6_MLD_DONE:
        return N_("MLD done");
    case ICMP6_ROUTER_SOLICIT:
        return N_("router solicitation");
    case ICMP6_ROUTER_ADVERT:
        return N_("router advertisement");
    case ICMP6_NEIGHBOR_SOLICIT:
        return N_("neighbor solicitation");
    case ICMP6_NEIGHBOR_ADVERT:
        return N_("neighbor advertisement");
    case ICMP6_REDIRECT:
        return N_("ICMPv6 redirect");
    default:
        return N_("ICMPv6 message");
    }
}

void summary_label6(GString *out, const struct facts *facts, enum render_lang lang)
{
    if (facts->ip.frag_off != 0)
        g_string_append(out, T(N_("IPv6 fragment")));
    else if (facts->transport == FACT_ICMP6)
        g_string_append(out, T(icmp_label(facts)));
    else if (facts->ip.mf)
        g_string_append(out, T(N_("IPv6 fragment, the first")));
    else
        g_string_append(out, T(N_("IPv6 packet")));
}

void summary_addresses6(GString *out, const struct facts *facts)
{
    char src[IP6_TEXT_MAX], dst[IP6_TEXT_MAX];

    ip6_format(facts->ip6.src, src);
    ip6_format(facts->ip6.dst, dst);
    if (facts->transport == FACT_UDP || facts->transport == FACT_TCP)
        g_string_append_printf(out, "[%s]:%u → [%s]:%u", src, facts->src_port, dst,
                               facts->dst_port);
    else
        g_string_append_printf(out, "%s → %s", src, dst);
}

static void ndp_detail(GString *out, const struct facts *facts, enum render_lang lang)
{
    char target[IP6_TEXT_MAX], src[IP6_TEXT_MAX], mac[MAC_TEXT_MAX];

    ip6_format(facts->ndp.target, target);
    ip6_format(facts->ip6.src, src);
    if (facts->icmp6.type == ICMP6_NEIGHBOR_SOLICIT && ip6_is_any(facts->ip6.src))
        g_string_append_printf(out, T(N_("does anybody have %s?")), target);
    else if (facts->icmp6.type == ICMP6_NEIGHBOR_SOLICIT)
        g_string_append_printf(out, T(N_("who has %s? tell %s")), target, src);
    else
        g_string_append_printf(out, T(N_("%s is at %s")), target,
                               mac_format(&facts->ndp.target_mac, mac));
}

void summary_detail6(GString *out, const struct facts *facts, enum render_lang lang)
{
    size_t n = facts->payload_len;

    if (facts->has_ndp && (facts->icmp6.type == ICMP6_NEIGHBOR_SOLICIT ||
                           (facts->icmp6.type == ICMP6_NEIGHBOR_ADVERT && facts->ndp.has_target))) {
        ndp_detail(out, facts, lang);
        return;
    }
    summary_addresses6(out, facts);
    if (facts->has_frag6 && (facts->frag6.more || facts->frag6.offset != 0)) {
        n = facts->ip6.payload_len - (facts->frag6_at - facts->ip_at - IPV6_HDR_LEN) -
            IPV6_FRAG_HDR_LEN;
        g_string_append_printf(out, T(N_(", id %u, octets %u to %zu")), facts->frag6.id,
                               facts->frag6.offset, facts->frag6.offset + n - (n > 0));
        if (!facts->frag6.more)
            g_string_append(out, T(N_(", the last")));
        return;
    }
    if (facts->icmp6.type == ICMP6_ECHO_REQUEST || facts->icmp6.type == ICMP6_ECHO_REPLY)
        g_string_append_printf(out, ", seq %u", facts->icmp6.rest & 0xffff);
    else if (facts->transport == FACT_ICMP6 && facts->icmp6.type == ICMP6_PACKET_TOO_BIG)
        g_string_append_printf(out, ", MTU %u", facts->icmp6.rest);
    else if (facts->transport == FACT_TRANSPORT_NONE)
        g_string_append_printf(out, T(N_(", protocol %u")), facts->ip6_protocol);
    g_string_append_printf(out, T(N_(", hop limit %u")), facts->ip6.hop_limit);
}
