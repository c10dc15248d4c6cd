/* IPv6 and ICMPv6 as tcpdump 4.99 prints them. */
#include "apps/tcpdump_line.h"

#include "base/be.h"
#include "stack/wire/icmp6_wire.h"

static const char *text_of(struct ip6_addr addr, char text[static IP6_TEXT_MAX])
{
    return ip6_format(addr, text);
}

/* The packet in an error: whose it was, and to which port. */
static void add_unreachable(struct line *line, uint8_t code, const uint8_t *quote, size_t len)
{
    static const char *const codes[] = { "unreachable route", "unreachable prohibited",
                                         "beyond scope", "unreachable address", NULL };
    struct ipv6_transport found;
    struct ipv6_hdr ip;
    char dst[IP6_TEXT_MAX];

    if (ipv6_quote_parse(quote, len, &ip) != DROP_NONE)
        return;
    text_of(ip.dst, dst);
    if (code != ICMP6_UNREACH_PORT) {
        if (code < sizeof codes / sizeof *codes)
            ADD(", %s %s", codes[code], dst);
        return;
    }
    if (!ipv6_find_transport(quote, len, &found) || found.at + 4 > len)
        return;
    ADD(", unreachable port, %s %s port %u", dst, found.protocol == IP_PROTO_TCP ? "tcp" : "udp",
        be16_get(quote + found.at + 2));
}

static void add_time_exceeded(struct line *line, uint8_t code, const uint8_t *quote, size_t len)
{
    char dst[IP6_TEXT_MAX];
    struct ipv6_hdr ip;

    if (code != ICMP6_TIME_HOP_LIMIT)
        ADD("ip reassembly time exceeded");
    else if (ipv6_quote_parse(quote, len, &ip) == DROP_NONE)
        ADD("time exceeded in-transit for %s", text_of(ip.dst, dst));
    else
        ADD("time exceeded in-transit");
}

static void add_report(struct line *line, const uint8_t *octets, size_t len)
{
    ADD("multicast listener report v2, %u group record(s)", len >= 8 ? be16_get(octets + 6) : 0);
}

static void add_ndp(struct line *line, const uint8_t *octets, size_t len)
{
    char target[IP6_TEXT_MAX];
    struct ndp_msg msg;

    if (ndp_parse(octets, len, &msg) != DROP_NONE) {
        ADD("[|icmp6]");
        return;
    }
    text_of(msg.target, target);
    if (msg.type == ICMP6_NEIGHBOR_SOLICIT)
        ADD("neighbor solicitation, who has %s", target);
    else if (msg.type == ICMP6_NEIGHBOR_ADVERT)
        ADD("neighbor advertisement, tgt is %s", target);
    else if (msg.type == ICMP6_ROUTER_SOLICIT)
        ADD("router solicitation");
    else if (msg.type == ICMP6_ROUTER_ADVERT)
        ADD("router advertisement");
    else
        ADD("redirect, %s to %s", text_of(msg.dst, (char[IP6_TEXT_MAX]){ 0 }), target);
}

static void add_icmp6(struct line *line, const uint8_t *octets, size_t len, size_t told_len)
{
    struct icmp6_hdr hdr;

    if (line->ip6->next_header == IP6_NEXT_HOP_BY_HOP)
        ADD("HBH ");
    if (line->printer->verbose && len == told_len)
        ADD("[%s] ", icmp6_parse(octets, len, line->ip6->src, line->ip6->dst, &hdr) == DROP_NONE
                         ? "icmp6 sum ok"
                         : "bad icmp6 cksum");
    ADD("ICMP6, ");
    if (len < ICMP6_HDR_LEN) {
        ADD("[|icmp6]");
        return;
    }
    switch (octets[0]) {
    case ICMP6_DEST_UNREACH:
        ADD("destination unreachable");
        add_unreachable(line, octets[1], octets + ICMP6_HDR_LEN, len - ICMP6_HDR_LEN);
        break;
    case ICMP6_PACKET_TOO_BIG:
        ADD("packet too big, mtu %u", be32_get(octets + 4));
        break;
    case ICMP6_TIME_EXCEEDED:
        add_time_exceeded(line, octets[1], octets + ICMP6_HDR_LEN, len - ICMP6_HDR_LEN);
        break;
    case ICMP6_PARAM_PROBLEM:
        ADD("parameter problem, %s - octet %u",
            octets[1] == ICMP6_PARAM_FIELD         ? "erroneous"
            : octets[1] == ICMP6_PARAM_NEXT_HEADER ? "next header"
                                                   : "option",
            be32_get(octets + 4));
        break;
    case ICMP6_ECHO_REQUEST:
    case ICMP6_ECHO_REPLY:
        ADD("echo %s, id %u, seq %u", octets[0] == ICMP6_ECHO_REQUEST ? "request" : "reply",
            be16_get(octets + 4), be16_get(octets + 6));
        break;
    case ICMP6_MLD_QUERY:
        ADD("multicast listener query%s", len >= 28 ? " v2" : "");
        break;
    case ICMP6_MLD_REPORT:
        ADD("multicast listener report");
        break;
    case ICMP6_MLD_DONE:
        ADD("multicast listener done");
        break;
    case ICMP6_MLD2_REPORT:
        add_report(line, octets, len);
        break;
    case ICMP6_ROUTER_SOLICIT:
    case ICMP6_ROUTER_ADVERT:
    case ICMP6_NEIGHBOR_SOLICIT:
    case ICMP6_NEIGHBOR_ADVERT:
    case ICMP6_REDIRECT:
        add_ndp(line, octets, len);
        break;
    default:
        ADD("type-#%u", octets[0]);
        break;
    }
    if (!line->printer->verbose)
        ADD(", length %zu", told_len);
}

static const char *protocol_name(uint8_t protocol)
{
    return protocol == IP6_NEXT_ICMP          ? "ICMPv6"
           : protocol == IP_PROTO_TCP         ? "TCP"
           : protocol == IP_PROTO_UDP         ? "UDP"
           : protocol == IP6_NEXT_HOP_BY_HOP  ? "Options"
           : protocol == IP6_NEXT_FRAGMENT    ? "Fragment"
           : protocol == IP6_NEXT_ROUTING     ? "Routing"
           : protocol == IP6_NEXT_DESTINATION ? "DSTOPT"
                                              : "unknown";
}

static void add_header(struct line *line, const struct ipv6_hdr *ip)
{
    ADD("(");
    if (ip->tclass != 0)
        ADD("class 0x%02x, ", ip->tclass);
    if (ip->flow != 0)
        ADD("flowlabel 0x%05x, ", ip->flow);
    ADD("hlim %u, next-header %s (%u) payload length: %u) ", ip->hop_limit,
        protocol_name(ip->next_header), ip->next_header, ip->payload_len);
}

/* "frag (0|1448) " before what the first fragment begins with; all there is of a later one. */
static void add_fragment(struct line *line, const struct ipv6_transport *found, size_t told_len)
{
    tcpdump_ends(line, false, 0, 0, false);
    ADD("frag (%u|%zu)", found->frag.offset, told_len);
    if (found->frag.offset == 0)
        ADD(" ");
}

void tcpdump_ip6(struct line *line, const uint8_t *octets, size_t len)
{
    struct ipv6_transport found;
    struct ipv6_hdr ip;
    size_t told_len;
    bool whole;

    if (ipv6_quote_parse(octets, len, &ip) != DROP_NONE) {
        ADD("[|ip6]");
        return;
    }
    line->ip6 = &ip;
    if (line->printer->verbose)
        add_header(line, &ip);
    if (len > (size_t)IPV6_HDR_LEN + ip.payload_len)
        len = (size_t)IPV6_HDR_LEN + ip.payload_len;
    whole = ipv6_find_transport(octets, len, &found);
    told_len = (size_t)IPV6_HDR_LEN + ip.payload_len - (found.at < len ? found.at : len);
    if (found.fragment && (found.frag.more || found.frag.offset != 0)) {
        add_fragment(line, &found, told_len);
        if (whole && found.protocol == IP6_NEXT_ICMP)
            add_icmp6(line, octets + found.at, len - found.at, told_len);
    } else if (!whole) {
        tcpdump_ends(line, false, 0, 0, false);
        ADD("[|ip6]");
    } else if (found.protocol == IP6_NEXT_ICMP) {
        tcpdump_ends(line, false, 0, 0, false);
        add_icmp6(line, octets + found.at, len - found.at, told_len);
    } else if (found.protocol == IP_PROTO_UDP) {
        tcpdump_udp(line, octets + found.at, len - found.at);
    } else if (found.protocol == IP_PROTO_TCP) {
        tcpdump_tcp(line, octets + found.at, len - found.at);
    } else {
        tcpdump_ends(line, false, 0, 0, false);
        ADD("ip-proto-%u %zu", found.protocol, told_len);
    }
    line->ip6 = NULL;
}
