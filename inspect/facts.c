#include "inspect/facts_internal.h"

#include <ctype.h>
#include <string.h>

#include "base/be.h"

static void read_dhcp(struct facts *facts, const uint8_t *octets, size_t len)
{
    struct dhcp_msg msg;
    uint32_t addr;

    if (dhcp_parse(octets, len, &msg) != DROP_NONE)
        return;
    facts->app = FACT_DHCP;
    facts->dhcp_type = dhcp_message_type(&msg);
    facts->dhcp = (struct dhcp_facts){
        .xid = msg.xid, .client = dhcp_chaddr_mac(&msg), .ciaddr = msg.ciaddr, .yiaddr = msg.yiaddr
    };
    if (dhcp_option_u32(&msg, DHCP_OPT_REQUESTED_ADDR, &addr))
        facts->dhcp.requested = addr;
    if (dhcp_option_u32(&msg, DHCP_OPT_SERVER_ID, &addr))
        facts->dhcp.server = addr;
}

static void read_dns(struct facts *facts, const uint8_t *octets, size_t len)
{
    struct dns_reader reader;
    struct dns_question question;
    size_t n;

    if (dns_parse_header(octets, len, &facts->dns, &reader) != DROP_NONE)
        return;
    if (dns_next_question(&reader, &question)) {
        n = strlen(question.name);
        memcpy(facts->dns_name, question.name, n + 1);
        if (n > 1 && facts->dns_name[n - 1] == '.')
            facts->dns_name[n - 1] = '\0';
        facts->dns_type = question.type;
    } else if (reader.why != DROP_NONE) {
        return;
    }
    facts->app = FACT_DNS;
}

/* A word of the start line to @text, cut to fit; returns what follows the space behind it, or NULL.
 */
static const uint8_t *take_word(const uint8_t *at, const uint8_t *end,
                                char text[static FACT_HTTP_TEXT_MAX])
{
    size_t n = 0;

    while (at<end && * at> ' ' && *at < 0x7f) {
        if (n < FACT_HTTP_TEXT_MAX - 1)
            text[n++] = (char)*at;
        at++;
    }
    text[n] = '\0';
    return at < end && *at == ' ' && n > 0 ? at + 1 : NULL;
}

static bool is_http_version(const uint8_t *at, const uint8_t *end)
{
    return end - at >= 8 && memcmp(at, "HTTP/", 5) == 0 && isdigit(at[5]) && at[6] == '.' &&
           isdigit(at[7]);
}

/* The start line alone: a segment seldom carries a whole head. */
static void read_http(struct facts *facts, const uint8_t *octets, size_t len)
{
    const uint8_t *end = memchr(octets, '\n', len), *at;

    if (end == NULL)
        return;
    if (is_http_version(octets, end)) {
        if (end - octets < 12 || octets[8] != ' ' || !isdigit(octets[9]) || !isdigit(octets[10]) ||
            !isdigit(octets[11]))
            return;
        facts->http_status =
            (uint16_t)((octets[9] - '0') * 100 + (octets[10] - '0') * 10 + (octets[11] - '0'));
        facts->app = FACT_HTTP_RESPONSE;
        return;
    }
    at = take_word(octets, end, facts->http_method);
    if (at != NULL)
        at = take_word(at, end, facts->http_target);
    if (at != NULL && is_http_version(at, end))
        facts->app = FACT_HTTP_REQUEST;
    else
        facts->http_method[0] = facts->http_target[0] = '\0';
}

static bool port_is(const struct facts *facts, uint16_t port)
{
    return facts->src_port == port || facts->dst_port == port;
}

static void read_udp(struct facts *facts, const uint8_t *octets, size_t len)
{
    if (udp_parse(octets, len, &facts->udp) != DROP_NONE)
        return;
    facts->transport = FACT_UDP;
    facts->src_port = facts->udp.src_port;
    facts->dst_port = facts->udp.dst_port;
    facts->payload_at += UDP_HDR_LEN;
    facts->payload_len = (facts->udp.len < len ? facts->udp.len : len) - UDP_HDR_LEN;
    octets += UDP_HDR_LEN;
    if (facts->ip.mf || facts->cut)
        return;
    if (port_is(facts, DHCP_SERVER_PORT) &&
        (port_is(facts, DHCP_CLIENT_PORT) || facts->src_port == facts->dst_port))
        read_dhcp(facts, octets, facts->payload_len);
    else if (port_is(facts, DNS_PORT))
        read_dns(facts, octets, facts->payload_len);
}

static void read_tcp(struct facts *facts, const uint8_t *octets, size_t len)
{
    if (tcp_parse(octets, len, &facts->tcp) != DROP_NONE)
        return;
    facts->transport = FACT_TCP;
    facts->src_port = facts->tcp.src_port;
    facts->dst_port = facts->tcp.dst_port;
    facts->payload_at += facts->tcp.hdr_len;
    facts->payload_len = len - facts->tcp.hdr_len;
    octets += facts->tcp.hdr_len;
    if (facts->payload_len == 0)
        return;
    if (port_is(facts, DNS_PORT) && facts->payload_len > 2)
        read_dns(facts, octets + 2, facts->payload_len - 2);
    else
        read_http(facts, octets, facts->payload_len);
}

void facts_read_transport(struct facts *facts, const uint8_t *octets, uint8_t protocol)
{
    if (protocol == IP_PROTO_UDP)
        read_udp(facts, octets + facts->payload_at, facts->payload_len);
    else if (protocol == IP_PROTO_TCP)
        read_tcp(facts, octets + facts->payload_at, facts->payload_len);
}

static void read_icmp(struct facts *facts, const uint8_t *octets, size_t len)
{
    enum drop_reason why = icmp_parse(octets, len, &facts->icmp);

    if (len < ICMP_HDR_LEN)
        return;
    if (why != DROP_NONE) {
        facts->icmp =
            (struct icmp_hdr){ .type = octets[0], .code = octets[1], .rest = be32_get(octets + 4) };
        facts->icmp_bad_checksum = !facts->cut && !facts->ip.mf;
    }
    facts->transport = FACT_ICMP;
    facts->payload_at += ICMP_HDR_LEN;
    facts->payload_len = len - ICMP_HDR_LEN;
    if (!icmp_is_error(facts->icmp.type) ||
        ipv4_quote_parse(octets + ICMP_HDR_LEN, facts->payload_len, &facts->quote) != DROP_NONE)
        return;
    facts->has_quote = true;
    octets += ICMP_HDR_LEN + facts->quote.hdr_len;
    if (facts->payload_len < facts->quote.hdr_len + 4u || facts->quote.frag_off != 0)
        return;
    if (facts->quote.protocol == IP_PROTO_UDP || facts->quote.protocol == IP_PROTO_TCP) {
        facts->quote_src_port = be16_get(octets);
        facts->quote_dst_port = be16_get(octets + 2);
    }
}

static void read_ip_at(struct facts *facts, const uint8_t *octets, size_t len, size_t at)
{
    enum drop_reason why = ipv4_parse(octets + at, len - at, &facts->ip);
    size_t total;

    if (why == DROP_BAD_CHECKSUM || why == DROP_TRUNCATED) {
        facts->ip_bad_checksum = why == DROP_BAD_CHECKSUM;
        why = ipv4_quote_parse(octets + at, len - at, &facts->ip);
    }
    if (why != DROP_NONE)
        return;
    facts->net = FACT_IPV4;
    facts->ip_at = at;
    total = facts->ip.total_len;
    if (total > len - at) {
        facts->cut = true;
        total = len - at;
    }
    if (total < facts->ip.hdr_len)
        return;
    facts->payload_at = at + facts->ip.hdr_len;
    facts->payload_len = total - facts->ip.hdr_len;
    if (facts->ip.frag_off != 0)
        return;
    facts->transport_at = facts->payload_at;
    if (facts->ip.protocol == IP_PROTO_ICMP)
        read_icmp(facts, octets + facts->payload_at, facts->payload_len);
    else
        facts_read_transport(facts, octets, facts->ip.protocol);
}

/* What is read only once its kind is known need not be cleared. */
static void clear(struct facts *facts)
{
    memset(facts, 0, offsetof(struct facts, dns_name));
    facts->dns_name[0] = '\0';
    facts->dns_type = 0;
    facts->http_method[0] = facts->http_target[0] = '\0';
    facts->http_status = 0;
}

void facts_read_ip(struct facts *facts, const uint8_t *octets, size_t len)
{
    clear(facts);
    if (len > 0 && octets[0] >> 4 == 6)
        facts_read_ip6(facts, octets, len, 0);
    else
        read_ip_at(facts, octets, len, 0);
}

void facts_read(struct facts *facts, const uint8_t *octets, size_t len)
{
    size_t at = ETH_HDR_LEN;
    uint16_t ethertype;

    clear(facts);
    if (eth_parse(octets, len, &facts->eth) != DROP_NONE)
        return;
    facts->has_eth = true;
    ethertype = facts->eth.ethertype;
    if (ethertype == ETHERTYPE_VLAN && len >= ETH_HDR_LEN + VLAN_TAG_LEN) {
        facts->has_vlan = true;
        facts->vlan_tci = be16_get(octets + ETH_HDR_LEN);
        ethertype = be16_get(octets + ETH_HDR_LEN + 2);
        at += VLAN_TAG_LEN;
    }
    facts->payload_at = at;
    facts->payload_len = len - at;
    if (ethertype == ETHERTYPE_ARP && arp_parse(octets + at, len - at, &facts->arp) == DROP_NONE)
        facts->net = FACT_ARP;
    else if (ethertype == ETHERTYPE_IPV4)
        read_ip_at(facts, octets, len, at);
    else if (ethertype == ETHERTYPE_IPV6)
        facts_read_ip6(facts, octets, len, at);
}
