#include "apps/icmp_text.h"

#include "base/addr.h"
#include "stack/wire/icmp6_wire.h"
#include "stack/wire/icmp_wire.h"

static void unreachable(struct strbuf *out, uint8_t code, uint32_t rest)
{
    static const char *const texts[] = {
        [ICMP_UNREACH_NET] = "Destination Net Unreachable",
        [ICMP_UNREACH_HOST] = "Destination Host Unreachable",
        [ICMP_UNREACH_PROTOCOL] = "Destination Protocol Unreachable",
        [ICMP_UNREACH_PORT] = "Destination Port Unreachable",
        [ICMP_UNREACH_SOURCE_ROUTE] = "Source Route Failed",
        [ICMP_UNREACH_NET_UNKNOWN] = "Destination Net Unknown",
        [ICMP_UNREACH_HOST_UNKNOWN] = "Destination Host Unknown",
        [ICMP_UNREACH_HOST_ISOLATED] = "Source Host Isolated",
        [ICMP_UNREACH_NET_PROHIBITED] = "Destination Net Prohibited",
        [ICMP_UNREACH_HOST_PROHIBITED] = "Destination Host Prohibited",
        [ICMP_UNREACH_NET_TOS] = "Destination Net Unreachable for Type of Service",
        [ICMP_UNREACH_HOST_TOS] = "Destination Host Unreachable for Type of Service",
        [ICMP_UNREACH_ADMIN_PROHIBITED] = "Packet filtered",
        [ICMP_UNREACH_HOST_PRECEDENCE] = "Precedence Violation",
        [ICMP_UNREACH_PRECEDENCE_CUTOFF] = "Precedence Cutoff",
    };

    if (code == ICMP_UNREACH_FRAG_NEEDED)
        strbuf_addf(out, "Frag needed and DF set (mtu = %u)", rest & 0xffff);
    else if (code < sizeof texts / sizeof *texts)
        strbuf_adds(out, texts[code]);
    else
        strbuf_addf(out, "Dest Unreachable, Bad Code: %d", code);
}

static void redirect(struct strbuf *out, uint8_t code, uint32_t rest)
{
    static const char *const texts[] = { "Network", "Host", "Type of Service and Network",
                                         "Type of Service and Host" };
    char addr[IP4_TEXT_MAX];

    if (code < 4)
        strbuf_addf(out, "Redirect %s", texts[code]);
    else
        strbuf_addf(out, "Redirect, Bad Code: %d", code);
    strbuf_addf(out, "(New nexthop: %s)", ip4_format(rest, addr));
}

void icmp_text(struct strbuf *out, uint8_t type, uint8_t code, uint32_t rest)
{
    switch (type) {
    case ICMP_DEST_UNREACH:
        unreachable(out, code, rest);
        break;
    case ICMP_SOURCE_QUENCH:
        strbuf_adds(out, "Source Quench");
        break;
    case ICMP_REDIRECT:
        redirect(out, code, rest);
        break;
    case ICMP_TIME_EXCEEDED:
        if (code == ICMP_TIME_TTL)
            strbuf_adds(out, "Time to live exceeded");
        else if (code == ICMP_TIME_REASSEMBLY)
            strbuf_adds(out, "Frag reassembly time exceeded");
        else
            strbuf_addf(out, "Time exceeded, Bad Code: %d", code);
        break;
    case ICMP_PARAM_PROBLEM:
        strbuf_addf(out, "Parameter problem: pointer = %u", rest >> 24);
        break;
    default:
        strbuf_addf(out, "Bad ICMP type: %d", type);
    }
}

static const char *unreachable6(uint8_t code)
{
    static const char *const texts[] = { "No route", "Administratively prohibited",
                                         "Beyond scope of source address", "Address unreachable",
                                         "Port unreachable" };

    return code < sizeof texts / sizeof *texts ? texts[code] : NULL;
}

static const char *parameter6(uint8_t code)
{
    return code == ICMP6_PARAM_FIELD         ? "Wrong header field "
           : code == ICMP6_PARAM_NEXT_HEADER ? "Unknown header "
           : code == ICMP6_PARAM_OPTION      ? "Unknown option "
                                             : "";
}

void icmp6_text(struct strbuf *out, uint8_t type, uint8_t code, uint32_t rest)
{
    switch (type) {
    case ICMP6_DEST_UNREACH:
        if (unreachable6(code) != NULL)
            strbuf_addf(out, "Destination unreachable: %s", unreachable6(code));
        else
            strbuf_addf(out, "Destination unreachable: Unknown code %u", code);
        break;
    case ICMP6_PACKET_TOO_BIG:
        strbuf_addf(out, "Packet too big: mtu=%u", rest);
        break;
    case ICMP6_TIME_EXCEEDED:
        if (code == ICMP6_TIME_HOP_LIMIT)
            strbuf_adds(out, "Time exceeded: Hop limit");
        else
            strbuf_adds(out, "Time exceeded: Defragmentation failure");
        break;
    case ICMP6_PARAM_PROBLEM:
        strbuf_addf(out, "Parameter problem: %sat %u", parameter6(code), rest);
        break;
    default:
        strbuf_addf(out, "unknown icmp type: %u", type);
        break;
    }
}
