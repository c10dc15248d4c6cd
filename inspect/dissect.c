#include "inspect/dissect.h"

#include <stdarg.h>
#include <string.h>

#include "base/be.h"
#include "base/checksum.h"
#include "inspect/i18n.h"

enum { TEXT_SHOWN_MAX = 200, QUOTE_DEPTH_MAX = 1 };

/* ---- building the tree ---- */

static const char *keep_text(struct dissection *d, const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);

    return arena_strdup(&d->arena, text);
}

static struct field *append(struct dissection *d, struct field *parent, const char *abbrev,
                            const char *name, size_t at, size_t len)
{
    struct field *field = arena_alloc(&d->arena, sizeof *field);

    *field = (struct field){
        .abbrev = abbrev, .name = name, .at = (uint32_t)at, .len = (uint32_t)len, .value = ""
    };
    if (parent->last != NULL)
        parent->last->next = field;
    else
        parent->first = field;
    parent->last = field;
    return field;
}

struct field *dissect_layer(struct dissection *d, const char *abbrev, const char *name, size_t at,
                            size_t len)
{
    return append(d, &d->root, abbrev, name, at, len);
}

struct field *dissect_add(struct dissection *d, struct field *parent, const char *abbrev,
                          const char *name, size_t at, size_t len, const char *format, ...)
{
    struct field *field = append(d, parent, abbrev, name, at, len);
    va_list args;

    va_start(args, format);
    field->value = keep_text(d, format, args);
    va_end(args);
    return field;
}

void dissect_mean(struct dissection *d, struct field *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    field->meaning = keep_text(d, format, args);
    va_end(args);
}

/* Text off the wire: control octets and what is not UTF-8 are shown as \xNN. */
struct field *dissect_text(struct dissection *d, struct field *parent, const char *abbrev,
                           const char *name, size_t at, size_t len)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *p = (const char *)d->octets + at, *end = p + len;

    while (p < end && text->len < TEXT_SHOWN_MAX) {
        gunichar c = g_utf8_get_char_validated(p, end - p);

        if (c > 0x10ffff || !g_unichar_isprint(c)) {
            g_string_append_printf(text, "\\x%02x", (unsigned char)*p++);
            continue;
        }
        g_string_append_unichar(text, c);
        p = g_utf8_next_char(p);
    }
    return dissect_add(d, parent, abbrev, name, at, len, "%s%s", text->str, p < end ? "..." : "");
}

void dissect_malformed(struct dissection *d, struct field *parent, size_t at, size_t len)
{
    dissect_add(d, parent, "_ws.malformed", _("Malformed"), at, len, "%s", _("cannot be read"));
}

static struct field *add_bits(struct dissection *d, struct field *parent, const char *abbrev,
                              const char *name, size_t at, unsigned bit, unsigned n_bits,
                              unsigned value)
{
    struct field *field =
        dissect_add(d, parent, abbrev, name, at, (bit + n_bits + 7) / 8, "%u", value);

    field->bit = (uint8_t)bit;
    field->n_bits = (uint8_t)n_bits;
    return field;
}

static struct field *add_mac(struct dissection *d, struct field *parent, const char *abbrev,
                             const char *name, size_t at)
{
    char text[MAC_TEXT_MAX];
    struct mac_addr mac;
    struct field *field;

    memcpy(mac.octets, d->octets + at, 6);
    field = dissect_add(d, parent, abbrev, name, at, 6, "%s", mac_format(&mac, text));
    if (mac_is_broadcast(&mac))
        field->meaning = _("broadcast: everybody");
    else if (mac_is_group(&mac))
        field->meaning = _("a multicast group");
    return field;
}

static struct field *add_ip(struct dissection *d, struct field *parent, const char *abbrev,
                            const char *name, size_t at)
{
    char text[IP4_TEXT_MAX];

    return dissect_add(d, parent, abbrev, name, at, 4, "%s",
                       ip4_format(be32_get(d->octets + at), text));
}

void dissect_checksum(struct dissection *d, struct field *parent, const char *abbrev, size_t at,
                      bool right)
{
    struct field *field =
        dissect_add(d, parent, abbrev, _("Checksum"), at, 2, "0x%04x", be16_get(d->octets + at));

    field->meaning = right ? _("correct") : _("wrong");
}

/* ---- Ethernet, 802.1Q, ARP ---- */

static const char *ethertype_name(uint16_t type)
{
    return type == ETHERTYPE_IPV4   ? "IPv4"
           : type == ETHERTYPE_ARP  ? "ARP"
           : type == ETHERTYPE_VLAN ? "802.1Q VLAN"
           : type == ETHERTYPE_IPV6 ? "IPv6"
           : type < ETHERTYPE_MIN   ? _("a length: IEEE 802.3")
                                    : NULL;
}

static void dissect_eth(struct dissection *d)
{
    struct field *layer = dissect_layer(d, "eth", "Ethernet II", 0, ETH_HDR_LEN);
    uint16_t type = be16_get(d->octets + 12);

    add_mac(d, layer, "eth.dst", _("Destination"), 0);
    add_mac(d, layer, "eth.src", _("Source"), 6);
    dissect_add(d, layer, "eth.type", _("Type"), 12, 2, "0x%04x", type)->meaning =
        ethertype_name(type);
    if (!d->facts.has_vlan)
        return;
    layer = dissect_layer(d, "vlan", "802.1Q", ETH_HDR_LEN, VLAN_TAG_LEN);
    add_bits(d, layer, "vlan.priority", _("Priority"), 14, 0, 3, d->facts.vlan_tci >> 13);
    add_bits(d, layer, "vlan.dei", _("Drop eligible"), 14, 3, 1, d->facts.vlan_tci >> 12 & 1);
    add_bits(d, layer, "vlan.id", _("VLAN number"), 14, 4, 12, d->facts.vlan_tci & 0xfff);
    type = be16_get(d->octets + 16);
    dissect_add(d, layer, "vlan.etype", _("Type"), 16, 2, "0x%04x", type)->meaning =
        ethertype_name(type);
}

static void dissect_arp(struct dissection *d, size_t at)
{
    struct field *layer = dissect_layer(d, "arp", "ARP", at, ARP_LEN);
    struct field *op;

    dissect_add(d, layer, "arp.hw.type", _("Hardware type"), at, 2, "1")->meaning = "Ethernet";
    dissect_add(d, layer, "arp.proto.type", _("Protocol type"), at + 2, 2, "0x0800")->meaning =
        "IPv4";
    dissect_add(d, layer, "arp.hw.size", _("Hardware address length"), at + 4, 1, "6");
    dissect_add(d, layer, "arp.proto.size", _("Protocol address length"), at + 5, 1, "4");
    op = dissect_add(d, layer, "arp.opcode", _("Operation"), at + 6, 2, "%u", d->facts.arp.op);
    op->meaning = d->facts.arp.op == ARP_REQUEST ? _("request")
                  : d->facts.arp.op == ARP_REPLY ? _("reply")
                                                 : NULL;
    add_mac(d, layer, "arp.src.hw_mac", _("Sender's MAC address"), at + 8);
    add_ip(d, layer, "arp.src.proto_ipv4", _("Sender's IP address"), at + 14);
    add_mac(d, layer, "arp.dst.hw_mac", _("Target's MAC address"), at + 18);
    add_ip(d, layer, "arp.dst.proto_ipv4", _("Target's IP address"), at + 24);
}

/* ---- IPv4 ---- */

static const char *protocol_name(uint8_t protocol)
{
    return protocol == IP_PROTO_ICMP   ? "ICMP"
           : protocol == IP_PROTO_IGMP ? "IGMP"
           : protocol == IP_PROTO_TCP  ? "TCP"
           : protocol == IP_PROTO_UDP  ? "UDP"
                                       : NULL;
}

static void dissect_ip_options(struct dissection *d, struct field *layer, const struct ipv4_hdr *ip,
                               size_t at)
{
    struct ipv4_option_walk walk = { .octets = d->octets + at, .len = ip->n_options };
    struct ipv4_option option;

    while (ipv4_option_next(&walk, &option))
        dissect_add(d, layer, "ip.opt.type", _("Option"), (size_t)(option.octets - d->octets),
                    option.len, "%u", option.kind)
            ->meaning = option.kind == IPV4_OPT_RECORD_ROUTE   ? _("record route")
                        : option.kind == IPV4_OPT_TIMESTAMP    ? _("timestamps")
                        : option.kind == IPV4_OPT_LOOSE_ROUTE  ? _("loose source route")
                        : option.kind == IPV4_OPT_STRICT_ROUTE ? _("strict source route")
                        : option.kind == IPV4_OPT_ROUTER_ALERT ? _("router alert")
                                                               : NULL;
    if (walk.bad)
        dissect_malformed(d, layer, at + walk.at, (size_t)(walk.len - walk.at));
}

static struct field *dissect_ip(struct dissection *d, const struct ipv4_hdr *ip, size_t at,
                                bool quoted)
{
    const uint8_t *octets = d->octets + at;
    struct field *layer =
        dissect_layer(d, "ip", quoted ? _("IPv4, quoted") : "IPv4", at, ip->hdr_len);
    uint16_t word = be16_get(octets + 6);
    struct field *field;

    add_bits(d, layer, "ip.version", _("Version"), at, 0, 4, 4);
    dissect_mean(d,
                 add_bits(d, layer, "ip.hdr_len", _("Header length"), at, 4, 4, ip->hdr_len / 4u),
                 _("%u octets"), (unsigned)ip->hdr_len);
    dissect_add(d, layer, "ip.dsfield", _("Type of service"), at + 1, 1, "0x%02x", ip->tos);
    dissect_add(d, layer, "ip.len", _("Total length"), at + 2, 2, "%u", ip->total_len);
    dissect_add(d, layer, "ip.id", _("Identification"), at + 4, 2, "%u", ip->id);
    field = add_bits(d, layer, "ip.flags.df", _("Do not fragment"), at + 6, 1, 1, ip->df);
    field->meaning = ip->df ? _("routers must not cut it into fragments") : NULL;
    field = add_bits(d, layer, "ip.flags.mf", _("More fragments"), at + 6, 2, 1, ip->mf);
    field->meaning = ip->mf ? _("more fragments follow") : NULL;
    field = add_bits(d, layer, "ip.frag_offset", _("Fragment offset"), at + 6, 3, 13,
                     word & IPV4_OFFSET_MASK);
    dissect_mean(d, field, _("octet %u of the packet's data"), (unsigned)ip->frag_off);
    dissect_add(d, layer, "ip.ttl", _("Time to live"), at + 8, 1, "%u", ip->ttl);
    dissect_add(d, layer, "ip.proto", _("Protocol"), at + 9, 1, "%u", ip->protocol)->meaning =
        protocol_name(ip->protocol);
    if (quoted)
        dissect_add(d, layer, "ip.checksum", _("Checksum"), at + 10, 2, "0x%04x",
                    be16_get(octets + 10));
    else
        dissect_checksum(d, layer, "ip.checksum", at + 10, !d->facts.ip_bad_checksum);
    add_ip(d, layer, "ip.src", _("Source address"), at + 12);
    add_ip(d, layer, "ip.dst", _("Destination address"), at + 16);
    if (ip->n_options > 0)
        dissect_ip_options(d, layer, ip, at + IPV4_HDR_LEN);
    return layer;
}

/* ---- transport ---- */

static bool transport_checksum_right(const struct dissection *d, size_t len)
{
    uint8_t pseudo[12];

    if (d->facts.net == FACT_IPV6)
        return checksum_finish(checksum_add(
                   checksum_pseudo6(d->facts.ip6.src, d->facts.ip6.dst, d->facts.ip6_protocol, len),
                   d->octets + d->facts.transport_at, len)) == 0;
    be32_put(pseudo, d->facts.ip.src);
    be32_put(pseudo + 4, d->facts.ip.dst);
    be16_put(pseudo + 8, d->facts.ip.protocol);
    be16_put(pseudo + 10, (uint16_t)len);
    return checksum_finish(checksum_add(checksum_add(0, pseudo, sizeof pseudo),
                                        d->octets + d->facts.transport_at, len)) == 0;
}

static bool is_whole(const struct facts *facts)
{
    return !facts->ip.mf && !facts->cut;
}

static void dissect_icmp(struct dissection *d)
{
    const struct icmp_hdr *icmp = &d->facts.icmp;
    size_t at = d->facts.transport_at;
    struct field *layer = dissect_layer(d, "icmp", "ICMP", at, ICMP_HDR_LEN);
    g_autoptr(GString) label = g_string_new(NULL);

    summary_label(label, &d->facts, RENDER_USER);
    dissect_mean(d, dissect_add(d, layer, "icmp.type", _("Type"), at, 1, "%u", icmp->type), "%s",
                 label->str);
    dissect_add(d, layer, "icmp.code", _("Code"), at + 1, 1, "%u", icmp->code);
    if (is_whole(&d->facts))
        dissect_checksum(d, layer, "icmp.checksum", at + 2, !d->facts.icmp_bad_checksum);
    if (icmp->type == ICMP_ECHO_REQUEST || icmp->type == ICMP_ECHO_REPLY) {
        dissect_add(d, layer, "icmp.ident", _("Identifier"), at + 4, 2, "%u", icmp_echo_id(icmp));
        dissect_add(d, layer, "icmp.seq", _("Sequence number"), at + 6, 2, "%u",
                    icmp_echo_seq(icmp));
    } else if (icmp->type == ICMP_DEST_UNREACH && icmp->code == ICMP_UNREACH_FRAG_NEEDED) {
        dissect_add(d, layer, "icmp.mtu", _("MTU of the next hop"), at + 6, 2, "%u",
                    icmp_mtu(icmp));
    } else if (icmp->type == ICMP_REDIRECT) {
        add_ip(d, layer, "icmp.redir_gw", _("Better gateway"), at + 4);
    } else if (icmp->type == ICMP_PARAM_PROBLEM) {
        dissect_add(d, layer, "icmp.pointer", _("Wrong octet"), at + 4, 1, "%u",
                    icmp_pointer(icmp));
    }
}

void dissect_quoted_ports(struct dissection *d, size_t at, bool tcp)
{
    struct field *layer =
        dissect_layer(d, tcp ? "tcp" : "udp", tcp ? _("TCP, quoted") : _("UDP, quoted"), at, 4);

    dissect_add(d, layer, tcp ? "tcp.srcport" : "udp.srcport", _("Source port"), at, 2, "%u",
                d->facts.quote_src_port);
    dissect_add(d, layer, tcp ? "tcp.dstport" : "udp.dstport", _("Destination port"), at + 2, 2,
                "%u", d->facts.quote_dst_port);
}

static void dissect_quote(struct dissection *d)
{
    size_t at = d->facts.payload_at;
    size_t ports = at + d->facts.quote.hdr_len;
    bool tcp = d->facts.quote.protocol == IP_PROTO_TCP;

    dissect_ip(d, &d->facts.quote, at, true);
    if (ports + 4 > d->facts.payload_at + d->facts.payload_len || d->facts.quote.frag_off != 0)
        return;
    if (tcp || d->facts.quote.protocol == IP_PROTO_UDP)
        dissect_quoted_ports(d, ports, tcp);
}

static void dissect_udp(struct dissection *d)
{
    size_t at = d->facts.transport_at;
    struct field *layer = dissect_layer(d, "udp", "UDP", at, UDP_HDR_LEN);

    dissect_add(d, layer, "udp.srcport", _("Source port"), at, 2, "%u", d->facts.udp.src_port);
    dissect_add(d, layer, "udp.dstport", _("Destination port"), at + 2, 2, "%u",
                d->facts.udp.dst_port);
    dissect_add(d, layer, "udp.length", _("Length"), at + 4, 2, "%u", d->facts.udp.len);
    if (d->facts.udp.checksum == 0)
        dissect_add(d, layer, "udp.checksum", _("Checksum"), at + 6, 2, "0x0000")->meaning =
            _("none");
    else if (is_whole(&d->facts))
        dissect_checksum(d, layer, "udp.checksum", at + 6,
                         transport_checksum_right(d, UDP_HDR_LEN + d->facts.payload_len));
}

static const char *tcp_option_name(uint8_t kind)
{
    switch (kind) {
    case TCP_OPT_EOL:
        return _("end of options");
    case TCP_OPT_NOP:
        return _("no operation");
    case TCP_OPT_MSS:
        return _("maximum segment size");
    case TCP_OPT_WSCALE:
        return _("window scale");
    case TCP_OPT_SACK_PERMITTED:
        return _("SACK permitted");
    case TCP_OPT_SACK:
        return "SACK";
    case TCP_OPT_TIMESTAMPS:
        return _("timestamps");
    case TCP_OPT_FAST_OPEN:
        return _("Fast Open cookie");
    case TCP_OPT_SIGNATURE:
        return _("MD5 signature");
    case TCP_OPT_ACCECN0:
    case TCP_OPT_ACCECN1:
        return _("accurate ECN: how many octets came with which mark");
    default:
        return _("unknown option");
    }
}

/* Counters of octets, which begin with 1 but for CE's. */
static void dissect_accecn(struct dissection *d, struct field *option, size_t at)
{
    static const char *const abbrevs[2][TCP_ACCECN_FIELDS] = {
        { "tcp.options.acc_ecn.ee0b", "tcp.options.acc_ecn.eceb", "tcp.options.acc_ecn.ee1b" },
        { "tcp.options.acc_ecn.ee1b", "tcp.options.acc_ecn.eceb", "tcp.options.acc_ecn.ee0b" }
    };
    static const char *const marks[2][TCP_ACCECN_FIELDS] = { { "ECT(0)", "CE", "ECT(1)" },
                                                             { "ECT(1)", "CE", "ECT(0)" } };
    struct tcp_accecn accecn;
    unsigned order;

    tcp_read_accecn(d->octets + at, &accecn);
    order = accecn.kind == TCP_OPT_ACCECN1;
    for (unsigned i = 0; i < accecn.n; i++)
        dissect_add(d, option, abbrevs[order][i], marks[order][i], at + 2 + (size_t)i * 3, 3, "%u",
                    accecn.field[i]);
}

static void dissect_tcp_option(struct dissection *d, struct field *layer, size_t at, size_t len)
{
    const uint8_t *octets = d->octets + at;
    struct field *option =
        dissect_add(d, layer, "tcp.option_kind", _("Option"), at, len, "%u", octets[0]);

    option->meaning = tcp_option_name(octets[0]);
    if (octets[0] == TCP_OPT_MSS && len == 4)
        dissect_add(d, option, "tcp.options.mss_val", _("Maximum segment size"), at + 2, 2, "%u",
                    be16_get(octets + 2));
    else if (octets[0] == TCP_OPT_WSCALE && len == 3)
        dissect_mean(d,
                     dissect_add(d, option, "tcp.options.wscale.shift", _("Shift count"), at + 2, 1,
                                 "%u", octets[2]),
                     _("the window field counts in %u octets"),
                     1u << (octets[2] < TCP_WSCALE_MAX ? octets[2] : TCP_WSCALE_MAX));
    else if (octets[0] == TCP_OPT_TIMESTAMPS && len == 10) {
        dissect_add(d, option, "tcp.options.timestamp.tsval", _("Timestamp"), at + 2, 4, "%u",
                    be32_get(octets + 2));
        dissect_add(d, option, "tcp.options.timestamp.tsecr", _("Echoed timestamp"), at + 6, 4,
                    "%u", be32_get(octets + 6));
    } else if (octets[0] == TCP_OPT_ACCECN0 || octets[0] == TCP_OPT_ACCECN1)
        dissect_accecn(d, option, at);
    else if (octets[0] == TCP_OPT_SACK)
        for (size_t i = 2; i + 8 <= len; i += 8)
            dissect_add(d, option, "tcp.options.sack", _("Received block"), at + i, 8, "%u-%u",
                        be32_get(octets + i) - d->base.ack, be32_get(octets + i + 4) - d->base.ack);
}

static void dissect_tcp_options(struct dissection *d, struct field *layer, size_t at, size_t end)
{
    while (at < end) {
        uint8_t kind = d->octets[at];
        size_t len = kind == TCP_OPT_EOL || kind == TCP_OPT_NOP ? 1
                     : at + 1 < end                             ? d->octets[at + 1]
                                                                : 0;

        if (len == 0 || (len == 1 && kind > TCP_OPT_NOP) || at + len > end) {
            dissect_malformed(d, layer, at, end - at);
            return;
        }
        dissect_tcp_option(d, layer, at, len);
        if (kind == TCP_OPT_EOL)
            return;
        at += len;
    }
}

static void add_seq(struct dissection *d, struct field *layer, const char *abbrev, const char *name,
                    size_t at, uint32_t base)
{
    uint32_t value = be32_get(d->octets + at);
    struct field *field =
        dissect_add(d, layer, abbrev, name, at, 4, "%u", d->base.known ? value - base : value);

    if (d->base.known)
        dissect_mean(d, field, _("counted from the connection's beginning; on the wire %u"), value);
}

static void dissect_tcp(struct dissection *d)
{
    const struct tcp_hdr *tcp = &d->facts.tcp;
    size_t at = d->facts.transport_at;
    struct field *layer = dissect_layer(d, "tcp", "TCP", at, tcp->hdr_len), *flags;
    g_autoptr(GString) names = g_string_new(NULL);

    dissect_add(d, layer, "tcp.srcport", _("Source port"), at, 2, "%u", tcp->src_port);
    dissect_add(d, layer, "tcp.dstport", _("Destination port"), at + 2, 2, "%u", tcp->dst_port);
    add_seq(d, layer, "tcp.seq", _("Sequence number"), at + 4, d->base.seq);
    if (tcp->flags & TCP_ACK)
        add_seq(d, layer, "tcp.ack", _("Acknowledgment number"), at + 8, d->base.ack);
    else
        dissect_add(d, layer, "tcp.ack", _("Acknowledgment number"), at + 8, 4, "%u", tcp->ack)
            ->meaning = _("means nothing: the ACK flag is not set");
    dissect_mean(
        d, add_bits(d, layer, "tcp.hdr_len", _("Header length"), at + 12, 0, 4, tcp->hdr_len / 4u),
        _("%u octets"), (unsigned)tcp->hdr_len);
    summary_tcp_flags(names, tcp->flags);
    flags =
        dissect_add(d, layer, "tcp.flags", _("Flags"), at + ((tcp->flags & TCP_AE) != 0 ? 12 : 13),
                    (tcp->flags & TCP_AE) != 0 ? 2 : 1, "0x%02x", tcp->flags);
    dissect_mean(d, flags, "%s", names->str);
    dissect_add(d, layer, "tcp.window_size_value", _("Window"), at + 14, 2, "%u", tcp->window);
    if (is_whole(&d->facts))
        dissect_checksum(d, layer, "tcp.checksum", at + 16,
                         transport_checksum_right(d, tcp->hdr_len + d->facts.payload_len));
    if (tcp->flags & TCP_URG)
        dissect_add(d, layer, "tcp.urgent_pointer", _("Urgent pointer"), at + 18, 2, "%u",
                    tcp->urgent);
    dissect_tcp_options(d, layer, at + TCP_HDR_LEN, at + tcp->hdr_len);
}

/* ---- the whole frame ---- */

static void dissect_payload(struct dissection *d)
{
    size_t at = d->facts.payload_at, len = d->facts.payload_len;

    if (len == 0)
        return;
    switch (d->facts.app) {
    case FACT_DHCP:
        dissect_dhcp(d, at, len);
        break;
    case FACT_DNS:
        dissect_dns(d, at, len);
        break;
    case FACT_HTTP_REQUEST:
    case FACT_HTTP_RESPONSE:
        dissect_http(d, at, len);
        break;
    case FACT_APP_NONE:
        if (!d->facts.has_quote && !d->facts.has_quote6 && !d->facts.has_ndp &&
            !dissect_is_mld(&d->facts))
            dissect_text(d, dissect_layer(d, "data", _("Data"), at, len), "data.data",
                         _("Octets as text"), at, len);
        break;
    }
}

static void dissect_net(struct dissection *d)
{
    size_t end;

    if (d->facts.net == FACT_ARP) {
        dissect_arp(d, d->facts.payload_at);
        return;
    }
    if (d->facts.net == FACT_IPV4) {
        dissect_ip(d, &d->facts.ip, d->facts.ip_at, false);
        if (d->facts.transport == FACT_ICMP)
            dissect_icmp(d);
    } else if (d->facts.net == FACT_IPV6) {
        dissect_ip6(d);
    }
    if (d->facts.transport == FACT_UDP)
        dissect_udp(d);
    else if (d->facts.transport == FACT_TCP)
        dissect_tcp(d);
    if (d->facts.has_quote)
        dissect_quote(d);
    if (d->facts.has_quote6)
        dissect_quote6(d);
    dissect_payload(d);
    end = d->facts.ip_at + d->facts.ip.total_len;
    if (d->facts.net == FACT_IPV4 && end < d->len)
        dissect_add(d, d->root.first, "eth.padding", _("Padding"), end, d->len - end, "%zu",
                    d->len - end)
            ->meaning = _("octets that fill a short frame up");
}

void dissect(struct dissection *d, const uint8_t *octets, size_t len, const struct seq_base *base)
{
    memset(d, 0, offsetof(struct dissection, facts));
    d->octets = octets;
    d->len = len;
    d->base = base != NULL && base->known ? *base : (struct seq_base){ 0 };
    facts_read(&d->facts, octets, len);
    if (!d->facts.has_eth) {
        dissect_malformed(d, dissect_layer(d, "eth", "Ethernet II", 0, len), 0, len);
        return;
    }
    dissect_eth(d);
    dissect_net(d);
}

void dissect_fini(struct dissection *d)
{
    arena_fini(&d->arena);
}

static const struct field *find(const struct field *parent, const char *abbrev)
{
    for (const struct field *field = parent->first; field != NULL; field = field->next) {
        const struct field *inside;

        if (strcmp(field->abbrev, abbrev) == 0)
            return field;
        inside = find(field, abbrev);
        if (inside != NULL)
            return inside;
    }
    return NULL;
}

const struct field *dissect_find(const struct dissection *d, const char *abbrev)
{
    return find(&d->root, abbrev);
}

static void write_fields(const struct field *parent, int depth, GString *out)
{
    for (const struct field *field = parent->first; field != NULL; field = field->next) {
        g_string_append_printf(out, "%*s%s", 2 * depth, "", field->name);
        if (*field->value != '\0')
            g_string_append_printf(out, ": %s", field->value);
        if (field->meaning != NULL)
            g_string_append_printf(out, " (%s)", field->meaning);
        g_string_append_c(out, '\n');
        write_fields(field, depth + 1, out);
    }
}

void dissect_write(const struct dissection *d, GString *out)
{
    write_fields(&d->root, 0, out);
}

void dissect_write_hex(const uint8_t *octets, size_t len, GString *out)
{
    for (size_t at = 0; at < len; at += 16) {
        g_string_append_printf(out, "%04zx ", at);
        for (size_t i = at; i < at + 16; i++)
            if (i < len)
                g_string_append_printf(out, " %02x", octets[i]);
            else
                g_string_append(out, "   ");
        g_string_append(out, "  ");
        for (size_t i = at; i < at + 16 && i < len; i++)
            g_string_append_c(out, octets[i] >= ' ' && octets[i] < 0x7f ? (char)octets[i] : '.');
        g_string_append_c(out, '\n');
    }
}

void dissect_summary(const uint8_t *octets, size_t len, const struct seq_base *base, GString *out)
{
    struct facts facts;

    facts_read(&facts, octets, len);
    summary(out, &facts, base, RENDER_USER);
}
