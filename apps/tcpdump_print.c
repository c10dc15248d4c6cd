#include "apps/tcpdump_line.h"

#include <stdlib.h>
#include <string.h>

#include "apps/port_names.h"
#include "base/be.h"
#include "base/memory.h"
#include "stack/services/resolver.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/dns_wire.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/icmp_wire.h"
#include "stack/wire/tcp_wire.h"
#include "stack/wire/udp_wire.h"

static void add_addr(struct line *line, ip4_addr addr)
{
    char text[IP4_TEXT_MAX], name[256];

    /* Without -n the real one asks the DNS, too; here only /etc/hosts: capturing sends nothing. */
    if (!line->printer->numeric && resolver_hosts_name(line->printer->os, addr, name, sizeof name))
        strbuf_adds(line->out, name);
    else
        strbuf_adds(line->out, ip4_format(addr, text));
}

static void add_end(struct line *line, bool source)
{
    char text[IP6_TEXT_MAX];

    if (line->ip6 != NULL)
        ADD("%s", ip6_format(source ? line->ip6->src : line->ip6->dst, text));
    else
        add_addr(line, source ? line->ip->src : line->ip->dst);
}

static void add_port(struct line *line, uint16_t port, bool tcp)
{
    const char *name = line->printer->numeric ? NULL : port_name(port, tcp);

    if (name != NULL)
        ADD(".%s", name);
    else
        ADD(".%u", port);
}

void tcpdump_ends(struct line *line, bool ports, uint16_t sport, uint16_t dport, bool tcp)
{
    add_end(line, true);
    if (ports)
        add_port(line, sport, tcp);
    ADD(" > ");
    add_end(line, false);
    if (ports)
        add_port(line, dport, tcp);
    ADD(": ");
}

/* ---- ARP ---- */

static void print_arp(struct line *line, const uint8_t *octets, size_t len)
{
    char mac[MAC_TEXT_MAX];
    struct arp_msg msg;

    if (!line->printer->ethernet)
        ADD("ARP, ");
    if (arp_parse(octets, len, &msg) != DROP_NONE) {
        ADD("[|arp]");
        return;
    }
    if (line->printer->verbose)
        ADD("Ethernet (len 6), IPv4 (len 4), ");
    if (msg.op == ARP_REQUEST) {
        ADD("Request who-has ");
        add_addr(line, msg.tpa);
        if (!mac_is_zero(&msg.tha) && !mac_is_broadcast(&msg.tha))
            ADD(" (%s)", mac_format(&msg.tha, mac));
        else if (mac_is_broadcast(&msg.tha))
            ADD(" (ff:ff:ff:ff:ff:ff)");
        ADD(" tell ");
        add_addr(line, msg.spa);
    } else if (msg.op == ARP_REPLY) {
        ADD("Reply ");
        add_addr(line, msg.spa);
        ADD(" is-at %s", mac_format(&msg.sha, mac));
    } else {
        ADD("Unknown (%u)", msg.op);
    }
    ADD(", length %zu", len);
}

/* ---- DNS ---- */

static void add_type(struct line *line, uint16_t type)
{
    static const struct {
        uint16_t type;
        const char *name;
    } names[] = { { DNS_TYPE_A, "A" },     { DNS_TYPE_NS, "NS" },     { DNS_TYPE_CNAME, "CNAME" },
                  { DNS_TYPE_SOA, "SOA" }, { DNS_TYPE_PTR, "PTR" },   { DNS_TYPE_MX, "MX" },
                  { DNS_TYPE_TXT, "TXT" }, { DNS_TYPE_AAAA, "AAAA" }, { DNS_TYPE_OPT, "OPT" },
                  { DNS_TYPE_ANY, "ANY" }, { DNS_TYPE_AXFR, "AXFR" } };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].type == type) {
            ADD(" %s", names[i].name);
            return;
        }
    }
    ADD(" Type%u", type);
}

static void add_ip6(struct line *line, const uint8_t addr[16])
{
    char text[IP6_TEXT_MAX];

    ADD("%s", ip6_format(ip6_get(addr), text));
}

static void add_record(struct line *line, const struct dns_rr *rr)
{
    char text[DNS_TEXT_MAX], addr_text[IP4_TEXT_MAX];
    uint8_t addr6[16];
    uint16_t preference;
    ip4_addr addr;

    if (line->printer->verbose)
        ADD(" %s", rr->name);
    add_type(line, rr->type);
    if (rr->type == DNS_TYPE_A && dns_rdata_a(rr, &addr))
        ADD(" %s", ip4_format(addr, addr_text));
    else if (rr->type == DNS_TYPE_AAAA && dns_rdata_aaaa(rr, addr6)) {
        ADD(" ");
        add_ip6(line, addr6);
    } else if ((rr->type == DNS_TYPE_CNAME || rr->type == DNS_TYPE_NS ||
                rr->type == DNS_TYPE_PTR) &&
               dns_rdata_name(rr, text))
        ADD(" %s", text);
    else if (rr->type == DNS_TYPE_MX && dns_rdata_mx(rr, &preference, text))
        ADD(" %s %u", text, preference);
}

static void print_dns_query(struct line *line, const struct dns_hdr *hdr, struct dns_reader *reader)
{
    static const char *const counts[] = { "a", "n", "au" };
    struct dns_question question;

    ADD("%u%s%s", hdr->id, hdr->rd ? "+" : "", hdr->cd ? "%" : "");
    if (hdr->n_questions != 1)
        ADD(" [%uq]", hdr->n_questions);
    for (int section = 0; section < DNS_N_SECTIONS; section++)
        if (hdr->n_rrs[section] != 0)
            ADD(" [%u%s]", hdr->n_rrs[section], counts[section]);
    while (dns_next_question(reader, &question)) {
        add_type(line, question.type);
        ADD("? %s", question.name);
    }
}

static void print_dns_answer(struct line *line, const struct dns_hdr *hdr,
                             struct dns_reader *reader)
{
    static const char *const rcodes[] = { "",          " FormErr", " ServFail",
                                          " NXDomain", " NotImp",  " Refused" };
    bool first = true;
    struct dns_rr rr;

    ADD("%u", hdr->id);
    if (hdr->rcode < sizeof rcodes / sizeof *rcodes)
        strbuf_adds(line->out, rcodes[hdr->rcode]);
    else
        ADD(" Resp%u", hdr->rcode);
    ADD("%s%s%s%s", hdr->aa ? "*" : "", hdr->ra ? "" : "-", hdr->tc ? "|" : "", hdr->ad ? "$" : "");
    if (hdr->n_questions != 1)
        ADD(" [%uq]", hdr->n_questions);
    ADD(" %u/%u/%u", hdr->n_rrs[DNS_ANSWER], hdr->n_rrs[DNS_AUTHORITY], hdr->n_rrs[DNS_ADDITIONAL]);
    while (dns_next_rr(reader, &rr) && rr.section == DNS_ANSWER) {
        ADD(first ? "" : ",");
        first = false;
        add_record(line, &rr);
    }
}

static void print_dns(struct line *line, const uint8_t *octets, size_t len)
{
    struct dns_reader reader;
    struct dns_hdr hdr;

    if (dns_parse_header(octets, len, &hdr, &reader) != DROP_NONE) {
        ADD("[|domain]");
        return;
    }
    if (hdr.qr)
        print_dns_answer(line, &hdr, &reader);
    else
        print_dns_query(line, &hdr, &reader);
    ADD(" (%zu)", len);
}

/* ---- UDP ---- */

static void print_bootp(struct line *line, const uint8_t *octets, size_t len)
{
    char text[MAC_TEXT_MAX];
    struct mac_addr mac;

    if (len < 34) {
        ADD("[|bootp]");
        return;
    }
    memcpy(mac.octets, octets + 28, sizeof mac.octets);
    if (octets[0] == 1)
        ADD("BOOTP/DHCP, Request from %s, length %zu", mac_format(&mac, text), len);
    else
        ADD("BOOTP/DHCP, Reply, length %zu", len);
}

static bool either(uint16_t a, uint16_t b, uint16_t port)
{
    return a == port || b == port;
}

static bool sum_is_right(const struct line *line, uint8_t protocol, const uint8_t *octets,
                         size_t len)
{
    uint8_t pseudo[12];
    uint32_t sum;

    if (line->ip6 != NULL)
        return checksum_finish(checksum_add(
                   checksum_pseudo6(line->ip6->src, line->ip6->dst, protocol, len), octets, len)) ==
               0;
    be32_put(pseudo, line->ip->src);
    be32_put(pseudo + 4, line->ip->dst);
    pseudo[8] = 0;
    pseudo[9] = protocol;
    be16_put(pseudo + 10, (uint16_t)len);
    sum = checksum_add(checksum_add(0, pseudo, sizeof pseudo), octets, len);
    return checksum_finish(sum) == 0;
}

void tcpdump_udp(struct line *line, const uint8_t *octets, size_t len)
{
    struct udp_hdr udp;
    size_t data_len;

    if (udp_parse(octets, len, &udp) != DROP_NONE && len < UDP_HDR_LEN) {
        tcpdump_ends(line, false, 0, 0, false);
        ADD("[|udp]");
        return;
    }
    udp.src_port = be16_get(octets);
    udp.dst_port = be16_get(octets + 2);
    udp.len = be16_get(octets + 4);
    tcpdump_ends(line, true, udp.src_port, udp.dst_port, false);
    data_len = udp.len >= UDP_HDR_LEN ? (size_t)udp.len - UDP_HDR_LEN : 0;
    octets += UDP_HDR_LEN;
    if (data_len > 0 && data_len <= len - UDP_HDR_LEN &&
        either(udp.src_port, udp.dst_port, DNS_PORT))
        print_dns(line, octets, data_len);
    else if (data_len <= len - UDP_HDR_LEN &&
             (either(udp.src_port, udp.dst_port, 67) || either(udp.src_port, udp.dst_port, 68)))
        print_bootp(line, octets, data_len);
    else
        ADD("UDP, length %zu", data_len);
}

/* ---- TCP ---- */

static struct endpoint end_of(const struct line *line, bool source, uint16_t port)
{
    if (line->ip6 != NULL)
        return (struct endpoint){ .port = port,
                                  .v6 = true,
                                  .addr6 = source ? line->ip6->src : line->ip6->dst };
    return (struct endpoint){ source ? line->ip->src : line->ip->dst, port };
}

static bool is_reverse(const struct line *line, const struct tcp_hdr *tcp)
{
    struct endpoint src = end_of(line, true, tcp->src_port),
                    dst = end_of(line, false, tcp->dst_port);
    int order = ip6_compare(src.addr6, dst.addr6);

    if (src.addr != dst.addr)
        return src.addr > dst.addr;
    return order > 0 || (order == 0 && src.port > dst.port);
}

static struct tcpdump_flow flow_key(const struct line *line, const struct tcp_hdr *tcp)
{
    struct endpoint src = end_of(line, true, tcp->src_port),
                    dst = end_of(line, false, tcp->dst_port);
    bool reverse = is_reverse(line, tcp);

    return (struct tcpdump_flow){ .a = reverse ? dst : src, .b = reverse ? src : dst };
}

/* Makes the numbers relative to the conversation's first; *@base is what SACK edges are relative
 * to. */
static void make_relative(struct line *line, struct tcp_hdr *tcp, uint32_t *base)
{
    struct tcpdump_printer *printer = line->printer;
    struct tcpdump_flow key = flow_key(line, tcp);
    bool reverse = is_reverse(line, tcp);
    struct tcpdump_flow *flow = NULL;

    *base = 0;
    if (!(tcp->flags & TCP_ACK) || printer->absolute)
        return;
    for (unsigned i = 0; i < printer->n_flows && flow == NULL; i++) {
        struct tcpdump_flow *f = &printer->flows[i];

        if (endpoint_eq(&f->a, &key.a) && endpoint_eq(&f->b, &key.b))
            flow = f;
    }
    if (flow != NULL && !(tcp->flags & TCP_SYN)) {
        *base = reverse ? flow->seq : flow->ack;
        tcp->seq -= reverse ? flow->ack : flow->seq;
        tcp->ack -= *base;
        return;
    }
    if (flow == NULL) {
        ARRAY_PUSH(printer->flows, printer->n_flows, printer->flows_size, key);
        flow = &printer->flows[printer->n_flows - 1];
    }
    flow->seq = reverse ? tcp->ack - 1 : tcp->seq;
    flow->ack = reverse ? tcp->seq : tcp->ack - 1;
    *base = reverse ? flow->seq : flow->ack;
}

static void add_flags(struct line *line, uint16_t flags)
{
    static const struct {
        uint16_t flag;
        char letter;
    } letters[] = { { TCP_FIN, 'F' }, { TCP_SYN, 'S' }, { TCP_RST, 'R' }, { TCP_PSH, 'P' },
                    { TCP_ACK, '.' }, { TCP_URG, 'U' }, { TCP_ECE, 'E' }, { TCP_CWR, 'W' } };

    ADD("Flags [");
    if (flags == 0)
        ADD("none");
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (flags & letters[i].flag)
            ADD("%c", letters[i].letter);
    ADD("]");
}

static void add_hex(struct line *line, const char *before, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ADD("%s%02x", i == 0 ? before : "", octets[i]);
}

static void add_cookie(struct line *line, const char *name, const uint8_t *octets, size_t len)
{
    ADD("%s %s", name, len == 0 ? "cookiereq" : "cookie ");
    add_hex(line, "", octets, len);
}

/* Options in the order of the wire, which struct tcp_options has lost. */
static void add_options(struct line *line, const uint8_t *octets, size_t len, uint32_t base)
{
    bool first = true;

    if (len == 0)
        return;
    ADD(", options [");
    while (len > 0) {
        uint8_t kind = octets[0], size = kind <= TCP_OPT_NOP ? 1 : len > 1 ? octets[1] : 0;

        if (size == 0 || size > len || (size == 1 && kind > TCP_OPT_NOP))
            break;
        ADD(first ? "" : ",");
        first = false;
        if (kind == TCP_OPT_EOL) {
            ADD("eol");
            break;
        }
        if (kind == TCP_OPT_NOP)
            ADD("nop");
        else if (kind == TCP_OPT_MSS && size == 4)
            ADD("mss %u", be16_get(octets + 2));
        else if (kind == TCP_OPT_WSCALE && size == 3)
            ADD("wscale %u", octets[2]);
        else if (kind == TCP_OPT_SACK_PERMITTED)
            ADD("sackOK");
        else if (kind == TCP_OPT_TIMESTAMPS && size == 10)
            ADD("TS val %u ecr %u", be32_get(octets + 2), be32_get(octets + 6));
        else if (kind == TCP_OPT_SACK) {
            ADD("sack %d ", (size - 2) / 8);
            for (int at = 2; at + 8 <= size; at += 8)
                ADD("{%u:%u}", be32_get(octets + at) - base, be32_get(octets + at + 4) - base);
        } else if (kind == TCP_OPT_FAST_OPEN) {
            add_cookie(line, "tfo ", octets + 2, size - 2u);
        } else if (kind == TCP_OPT_EXPERIMENT && size >= 4 &&
                   be16_get(octets + 2) == TCP_EXPERIMENT_FAST_OPEN) {
            add_cookie(line, "exp-tfo ", octets + 4, size - 4u);
        } else if (kind == TCP_OPT_SIGNATURE && size == 18) {
            ADD("md5 shared secret not supplied with -M, can't check - ");
            add_hex(line, "", octets + 2, size - 2u);
        } else {
            ADD("unknown-%u", kind);
            add_hex(line, " 0x", octets + 2, size - 2u);
        }
        octets += size;
        len -= size;
    }
    ADD("]");
}

/* "HTTP: " and the first line of a request or response; "HTTP" of what is in between. */
static void add_http(struct line *line, const uint8_t *octets, size_t len)
{
    static const char *const words[] = { "GET ",     "HEAD ",  "POST ",    "PUT ", "DELETE ",
                                         "OPTIONS ", "TRACE ", "CONNECT ", "HTTP/" };
    size_t first = 0;

    ADD(": HTTP");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (len < strlen(words[i]) || memcmp(octets, words[i], strlen(words[i])) != 0)
            continue;
        while (first < len && octets[first] != '\r' && octets[first] != '\n')
            first++;
        ADD(": ");
        strbuf_add(line->out, octets, first);
        return;
    }
}

void tcpdump_tcp(struct line *line, const uint8_t *octets, size_t len)
{
    uint32_t base, seq;
    struct tcp_hdr tcp;
    size_t data_len;

    if (tcp_parse(octets, len, &tcp) != DROP_NONE) { /* a short quote in an ICMP error */
        if (len < 4) {
            tcpdump_ends(line, false, 0, 0, true);
        } else {
            tcpdump_ends(line, true, be16_get(octets), be16_get(octets + 2), true);
        }
        ADD("[|tcp]");
        return;
    }
    tcpdump_ends(line, true, tcp.src_port, tcp.dst_port, true);
    data_len = len - tcp.hdr_len;
    make_relative(line, &tcp, &base);
    seq = tcp.seq;
    add_flags(line, tcp.flags);
    if (line->printer->verbose)
        ADD(", cksum 0x%04x (%s)", be16_get(octets + TCP_AT_CHECKSUM),
            sum_is_right(line, IP_PROTO_TCP, octets, len) ? "correct" : "incorrect");
    if (data_len > 0 || (tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0) {
        ADD(", seq %u", seq);
        if (data_len > 0)
            ADD(":%u", seq + (uint32_t)data_len);
    }
    if (tcp.flags & TCP_ACK)
        ADD(", ack %u", tcp.ack);
    ADD(", win %u", tcp.window);
    if (tcp.flags & TCP_URG)
        ADD(", urg %u", tcp.urgent);
    add_options(line, octets + TCP_HDR_LEN, (size_t)tcp.hdr_len - TCP_HDR_LEN, base);
    ADD(", length %zu", data_len);
    octets += tcp.hdr_len;
    if (data_len > 0 &&
        (either(tcp.src_port, tcp.dst_port, 80) || either(tcp.src_port, tcp.dst_port, 8080)))
        add_http(line, octets, data_len);
    else if (data_len > 2 && either(tcp.src_port, tcp.dst_port, DNS_PORT)) {
        ADD(": ");
        print_dns(line, octets + 2, data_len - 2);
    }
}

/* ---- ICMP ---- */

static void print_ip(struct line *line, const uint8_t *octets, size_t len, bool quoted);

static void add_unreachable(struct line *line, const struct icmp_hdr *hdr, const uint8_t *quote,
                            size_t len)
{
    char dst[IP4_TEXT_MAX] = "?";
    struct ipv4_hdr ip = { .protocol = 0 };
    bool known = ipv4_quote_parse(quote, len, &ip) == DROP_NONE;
    uint16_t port = known && len >= (size_t)ip.hdr_len + 4 ? be16_get(quote + ip.hdr_len + 2) : 0;

    if (known)
        ip4_format(ip.dst, dst);
    switch (hdr->code) {
    case ICMP_UNREACH_NET:
        ADD("net %s unreachable", dst);
        break;
    case ICMP_UNREACH_HOST:
        ADD("host %s unreachable", dst);
        break;
    case ICMP_UNREACH_PROTOCOL:
        ADD("%s protocol %u unreachable", dst, ip.protocol);
        break;
    case ICMP_UNREACH_PORT:
        if (ip.protocol == IP_PROTO_TCP || ip.protocol == IP_PROTO_UDP)
            ADD("%s %s port %u unreachable", dst, ip.protocol == IP_PROTO_TCP ? "tcp" : "udp",
                port);
        else
            ADD("%s protocol %u port %u unreachable", dst, ip.protocol, port);
        break;
    case ICMP_UNREACH_FRAG_NEEDED:
        ADD("%s unreachable - need to frag (mtu %u)", dst, icmp_mtu(hdr));
        break;
    case ICMP_UNREACH_NET_PROHIBITED:
        ADD("net %s unreachable - admin prohibited", dst);
        break;
    case ICMP_UNREACH_HOST_PROHIBITED:
        ADD("host %s unreachable - admin prohibited", dst);
        break;
    case ICMP_UNREACH_ADMIN_PROHIBITED:
        ADD("host %s unreachable - admin prohibited filter", dst);
        break;
    default:
        ADD("%s unreachable - #%u", dst, hdr->code);
    }
}

static void add_redirect(struct line *line, const struct icmp_hdr *hdr, const uint8_t *quote,
                         size_t len)
{
    static const char *const kinds[] = { "net", "host", "tos-net", "tos-host" };
    char dst[IP4_TEXT_MAX] = "?", gateway[IP4_TEXT_MAX];
    struct ipv4_hdr ip;

    if (ipv4_quote_parse(quote, len, &ip) == DROP_NONE)
        ip4_format(ip.dst, dst);
    ADD("redirect %s to %s %s", dst, hdr->code < 4 ? kinds[hdr->code] : "unknown",
        ip4_format(icmp_gateway(hdr), gateway));
}

static void print_icmp(struct line *line, const uint8_t *octets, size_t len, size_t told_len)
{
    struct icmp_hdr hdr;

    tcpdump_ends(line, false, 0, 0, false);
    ADD("ICMP ");
    if (len < ICMP_HDR_LEN) {
        ADD("[|icmp]");
        return;
    }
    hdr = (struct icmp_hdr){ octets[0], octets[1], be32_get(octets + 4) };
    octets += ICMP_HDR_LEN;
    len -= ICMP_HDR_LEN;
    switch (hdr.type) {
    case ICMP_ECHO_REQUEST:
    case ICMP_ECHO_REPLY:
        ADD("echo %s, id %u, seq %u", hdr.type == ICMP_ECHO_REQUEST ? "request" : "reply",
            icmp_echo_id(&hdr), icmp_echo_seq(&hdr));
        break;
    case ICMP_DEST_UNREACH:
        add_unreachable(line, &hdr, octets, len);
        break;
    case ICMP_REDIRECT:
        add_redirect(line, &hdr, octets, len);
        break;
    case ICMP_TIME_EXCEEDED:
        ADD(hdr.code == ICMP_TIME_TTL ? "time exceeded in-transit" : "ip reassembly time exceeded");
        break;
    case ICMP_PARAM_PROBLEM:
        ADD("parameter problem - octet %u", icmp_pointer(&hdr));
        break;
    case ICMP_SOURCE_QUENCH:
        ADD("source quench");
        break;
    default:
        ADD("type-#%u", hdr.type);
    }
    ADD(", length %zu", told_len);
    if (line->printer->verbose && icmp_is_error(hdr.type)) {
        ADD("\n\t");
        print_ip(line, octets, len, true);
    }
}

static void print_igmp(struct line *line, const uint8_t *octets, size_t len)
{
    char group[IP4_TEXT_MAX];

    tcpdump_ends(line, false, 0, 0, false);
    if (len < 8) {
        ADD("igmp [|igmp]");
        return;
    }
    ip4_format(be32_get(octets + 4), group);
    if (octets[0] == 0x11)
        ADD("igmp query v2%s%s%s", be32_get(octets + 4) != 0 ? " [gaddr " : "",
            be32_get(octets + 4) != 0 ? group : "", be32_get(octets + 4) != 0 ? "]" : "");
    else if (octets[0] == 0x16)
        ADD("igmp v2 report %s", group);
    else if (octets[0] == 0x17)
        ADD("igmp leave %s", group);
    else if (octets[0] == 0x12)
        ADD("igmp v1 report %s", group);
    else
        ADD("igmp-%u", octets[0]);
}

/* ---- IP ---- */

static void add_ip_header(struct line *line, const struct ipv4_hdr *ip)
{
    const char *name = ip->protocol == IP_PROTO_ICMP   ? "ICMP"
                       : ip->protocol == IP_PROTO_TCP  ? "TCP"
                       : ip->protocol == IP_PROTO_UDP  ? "UDP"
                       : ip->protocol == IP_PROTO_IGMP ? "IGMP"
                                                       : "unknown";

    ADD("(tos 0x%x, ttl %u, id %u, offset %u, flags [%s], proto %s (%u), length %u", ip->tos,
        ip->ttl, ip->id, ip->frag_off,
        ip->df && ip->mf ? "+, DF"
        : ip->df         ? "DF"
        : ip->mf         ? "+"
                         : "none",
        name, ip->protocol, ip->total_len);
    if (ip->n_options > 0)
        ADD(", options (%u octets)", ip->n_options);
    ADD(")\n    ");
}

static void print_ip(struct line *line, const uint8_t *octets, size_t len, bool quoted)
{
    struct ipv4_hdr ip;
    const struct ipv4_hdr *outer = line->ip;
    size_t told_len;

    if (!line->printer->ethernet || quoted)
        ADD("IP ");
    if (ipv4_quote_parse(octets, len, &ip) != DROP_NONE) {
        ADD("[|ip]");
        return;
    }
    if (line->printer->verbose)
        add_ip_header(line, &ip);
    line->ip = &ip;
    octets += ip.hdr_len;
    told_len = ip.total_len - (size_t)ip.hdr_len;
    len = len - ip.hdr_len < told_len ? len - ip.hdr_len : told_len; /* without Ethernet padding */
    if (ip.frag_off != 0) {
        tcpdump_ends(line, false, 0, 0, false);
        ADD("ip-proto-%u", ip.protocol);
    } else if (ip.protocol == IP_PROTO_ICMP) {
        print_icmp(line, octets, len, told_len);
    } else if (ip.protocol == IP_PROTO_UDP) {
        tcpdump_udp(line, octets, len);
    } else if (ip.protocol == IP_PROTO_TCP) {
        tcpdump_tcp(line, octets, len);
    } else if (ip.protocol == IP_PROTO_IGMP) {
        print_igmp(line, octets, len);
    } else {
        tcpdump_ends(line, false, 0, 0, false);
        ADD(" ip-proto-%u %zu", ip.protocol, told_len);
    }
    line->ip = outer;
}

static void print_ip6(struct line *line, const uint8_t *octets, size_t len)
{
    if (!line->printer->ethernet)
        ADD("IP6 ");
    tcpdump_ip6(line, octets, len);
}

static const char *ethertype_name(uint16_t type)
{
    return type == ETHERTYPE_IPV4   ? "IPv4"
           : type == ETHERTYPE_ARP  ? "ARP"
           : type == ETHERTYPE_IPV6 ? "IPv6"
           : type == ETHERTYPE_VLAN ? "802.1Q"
                                    : "Unknown";
}

void tcpdump_print(struct tcpdump_printer *printer, struct strbuf *out, const uint8_t *octets,
                   size_t len)
{
    struct line the_line = { .printer = printer, .out = out }, *line = &the_line;
    char src[MAC_TEXT_MAX], dst[MAC_TEXT_MAX];
    struct eth_hdr eth;

    if (eth_parse(octets, len, &eth) != DROP_NONE) {
        ADD("[|ether]");
        return;
    }
    if (printer->ethernet)
        ADD("%s > %s, ethertype %s (0x%04x), length %zu: ", mac_format(&eth.src, src),
            mac_format(&eth.dst, dst), ethertype_name(eth.ethertype), eth.ethertype, len);
    octets += ETH_HDR_LEN;
    len -= ETH_HDR_LEN;
    if (eth.ethertype == ETHERTYPE_ARP)
        print_arp(line, octets, len);
    else if (eth.ethertype == ETHERTYPE_IPV4)
        print_ip(line, octets, len, false);
    else if (eth.ethertype == ETHERTYPE_IPV6)
        print_ip6(line, octets, len);
    else if (printer->ethernet)
        ADD(" ");
    else
        ADD("%s > %s, ethertype %s (0x%04x), length %zu: ", mac_format(&eth.src, src),
            mac_format(&eth.dst, dst), ethertype_name(eth.ethertype), eth.ethertype,
            len + ETH_HDR_LEN);
}

void tcpdump_printer_fini(struct tcpdump_printer *printer)
{
    free(printer->flows);
}
