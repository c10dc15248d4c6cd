/* IPv6, its extension headers and ICMPv6, field by field. */
#include "base/be.h"
#include "inspect/dissect.h"
#include "inspect/i18n.h"

static const char *next_name(uint8_t next)
{
    switch (next) {
    case IP6_NEXT_HOP_BY_HOP:
        return _("hop-by-hop options");
    case IP6_NEXT_ROUTING:
        return _("routing header");
    case IP6_NEXT_FRAGMENT:
        return _("fragment header");
    case IP6_NEXT_DESTINATION:
        return _("destination options");
    case IP6_NEXT_ICMP:
        return "ICMPv6";
    case IP6_NEXT_NONE:
        return _("nothing follows");
    case IP_PROTO_TCP:
        return "TCP";
    case IP_PROTO_UDP:
        return "UDP";
    default:
        return NULL;
    }
}

static struct field *add_next(struct dissection *d, struct field *layer, const char *abbrev,
                              size_t at)
{
    struct field *field =
        dissect_add(d, layer, abbrev, _("Next header"), at, 1, "%u", d->octets[at]);

    field->meaning = next_name(d->octets[at]);
    return field;
}

static void add_header(struct dissection *d, const struct ipv6_hdr *ip, size_t at, bool quoted)
{
    struct field *layer =
        dissect_layer(d, "ipv6", quoted ? _("IPv6, quoted") : "IPv6", at, IPV6_HDR_LEN);
    struct field *field;

    field = dissect_add(d, layer, "ipv6.version", _("Version"), at, 1, "6");
    field->n_bits = 4;
    field = dissect_add(d, layer, "ipv6.tclass", _("Traffic class"), at, 2, "0x%02x", ip->tclass);
    field->bit = 4;
    field->n_bits = 8;
    field = dissect_add(d, layer, "ipv6.flow", _("Flow label"), at + 1, 3, "0x%05x", ip->flow);
    field->bit = 4;
    field->n_bits = 20;
    dissect_add(d, layer, "ipv6.plen", _("Payload length"), at + 4, 2, "%u", ip->payload_len);
    add_next(d, layer, "ipv6.nxt", at + 6);
    dissect_add(d, layer, "ipv6.hlim", _("Hop limit"), at + 7, 1, "%u", ip->hop_limit);
    dissect_add_ip6(d, layer, "ipv6.src", _("Source address"), at + 8);
    dissect_add_ip6(d, layer, "ipv6.dst", _("Destination address"), at + 24);
}

static void add_fragment(struct dissection *d, size_t at)
{
    struct field *layer =
        dissect_layer(d, "ipv6.fraghdr", _("Fragment header"), at, IPV6_FRAG_HDR_LEN);
    struct ipv6_frag frag;
    struct field *field;

    ipv6_frag_parse(d->octets + at, &frag);
    add_next(d, layer, "ipv6.fraghdr.nxt", at);
    field = dissect_add(d, layer, "ipv6.fraghdr.offset", _("Fragment offset"), at + 2, 2, "%u",
                        frag.offset / 8u);
    field->n_bits = 13;
    dissect_mean(d, field, _("octet %u of the packet's data"), (unsigned)frag.offset);
    field =
        dissect_add(d, layer, "ipv6.fraghdr.more", _("More fragments"), at + 2, 2, "%u", frag.more);
    field->bit = 15;
    field->n_bits = 1;
    field->meaning = frag.more ? _("more fragments follow") : NULL;
    dissect_add(d, layer, "ipv6.fraghdr.ident", _("Identification"), at + 4, 4, "0x%08x", frag.id);
}

static void add_options(struct dissection *d, struct field *layer, size_t at, uint16_t len)
{
    struct ipv6_option_walk walk = { .octets = d->octets + at, .len = len };
    struct ipv6_option option;

    while (ipv6_option_next(&walk, &option))
        dissect_add(d, layer, "ipv6.opt.type", _("Option"), (size_t)(option.octets - d->octets),
                    option.len + 2u, "%u", option.kind)
            ->meaning = option.kind == IP6_OPT_ROUTER_ALERT ? _("router alert") : NULL;
    if (walk.bad)
        dissect_malformed(d, layer, at + walk.at, (size_t)(walk.len - walk.at));
}

struct ext_names {
    uint8_t kind;
    const char *layer, *next, *len;
};

static const struct ext_names *ext_names(uint8_t kind)
{
    static const struct ext_names names[] = {
        { IP6_NEXT_HOP_BY_HOP, "ipv6.hopopts", "ipv6.hopopts.nxt", "ipv6.hopopts.len" },
        { IP6_NEXT_ROUTING, "ipv6.routing", "ipv6.routing.nxt", "ipv6.routing.len" },
        { IP6_NEXT_DESTINATION, "ipv6.dstopts", "ipv6.dstopts.nxt", "ipv6.dstopts.len" },
    };
    size_t i = 0;

    while (i + 1 < sizeof names / sizeof *names && names[i].kind != kind)
        i++;
    return &names[i];
}

static void add_extensions(struct dissection *d, uint8_t next, size_t at, size_t end)
{
    struct ipv6_ext ext;

    while (ipv6_is_ext(next) && ipv6_ext_parse(next, d->octets + at, end - at, &ext) == DROP_NONE) {
        struct field *layer;

        if (next == IP6_NEXT_FRAGMENT) {
            struct ipv6_frag frag;

            add_fragment(d, at);
            ipv6_frag_parse(d->octets + at, &frag);
            if (frag.offset != 0)
                return;
        } else {
            const struct ext_names *names = ext_names(next);

            layer = dissect_layer(d, names->layer, next_name(next), at, ext.len);
            add_next(d, layer, names->next, at);
            dissect_mean(d,
                         dissect_add(d, layer, names->len, _("Header length"), at + 1, 1, "%u",
                                     d->octets[at + 1]),
                         _("%u octets"), (unsigned)ext.len);
            if (next != IP6_NEXT_ROUTING)
                add_options(d, layer, at, ext.len);
        }
        next = ext.next_header;
        at += ext.len;
    }
}

static void add_icmp6(struct dissection *d)
{
    const struct icmp6_hdr *icmp = &d->facts.icmp6;
    size_t at = d->facts.transport_at, end = d->facts.payload_at + d->facts.payload_len;
    bool ndp = d->facts.has_ndp, mld = dissect_is_mld(&d->facts);
    struct field *layer =
        dissect_layer(d, "icmpv6", "ICMPv6", at, ndp || mld ? end - at : ICMP6_HDR_LEN);
    g_autoptr(GString) label = g_string_new(NULL);

    summary_label(label, &d->facts, RENDER_USER);
    dissect_mean(d, dissect_add(d, layer, "icmpv6.type", _("Type"), at, 1, "%u", icmp->type), "%s",
                 label->str);
    dissect_add(d, layer, "icmpv6.code", _("Code"), at + 1, 1, "%u", icmp->code);
    if (!d->facts.ip.mf && !d->facts.cut)
        dissect_checksum(d, layer, "icmpv6.checksum", at + 2, !d->facts.icmp_bad_checksum);
    if (icmp->type == ICMP6_ECHO_REQUEST || icmp->type == ICMP6_ECHO_REPLY) {
        dissect_add(d, layer, "icmpv6.echo.identifier", _("Identifier"), at + 4, 2, "%u",
                    icmp->rest >> 16);
        dissect_add(d, layer, "icmpv6.echo.sequence_number", _("Sequence number"), at + 6, 2, "%u",
                    icmp->rest & 0xffff);
    } else if (icmp->type == ICMP6_PACKET_TOO_BIG) {
        dissect_add(d, layer, "icmpv6.mtu", _("MTU of the next hop"), at + 4, 4, "%u", icmp->rest);
    } else if (icmp->type == ICMP6_PARAM_PROBLEM) {
        dissect_add(d, layer, "icmpv6.pointer", _("Wrong octet"), at + 4, 4, "%u", icmp->rest);
    } else if (ndp) {
        dissect_ndp(d, layer, at, end);
    } else if (mld) {
        dissect_mld(d, layer, at, end);
    }
}

void dissect_ip6(struct dissection *d)
{
    size_t at = d->facts.ip_at, end = d->facts.payload_at + d->facts.payload_len;

    add_header(d, &d->facts.ip6, at, false);
    add_extensions(d, d->facts.ip6.next_header, at + IPV6_HDR_LEN, end);
    if (d->facts.transport == FACT_ICMP6)
        add_icmp6(d);
}

/* What an error quotes of a message of ICMPv6: a ping's, mostly. */
static void add_quoted_icmp6(struct dissection *d, size_t at)
{
    const uint8_t *octets = d->octets + at;
    struct field *layer = dissect_layer(d, "icmpv6", _("ICMPv6, quoted"), at, ICMP6_HDR_LEN);

    dissect_add(d, layer, "icmpv6.type", _("Type"), at, 1, "%u", octets[0]);
    dissect_add(d, layer, "icmpv6.code", _("Code"), at + 1, 1, "%u", octets[1]);
    dissect_add(d, layer, "icmpv6.checksum", _("Checksum"), at + 2, 2, "0x%04x",
                be16_get(octets + 2));
    if (octets[0] != ICMP6_ECHO_REQUEST && octets[0] != ICMP6_ECHO_REPLY)
        return;
    dissect_add(d, layer, "icmpv6.echo.identifier", _("Identifier"), at + 4, 2, "%u",
                be16_get(octets + 4));
    dissect_add(d, layer, "icmpv6.echo.sequence_number", _("Sequence number"), at + 6, 2, "%u",
                be16_get(octets + 6));
}

void dissect_quote6(struct dissection *d)
{
    size_t at = d->facts.payload_at + d->facts.quote_transport_at;
    bool tcp = d->facts.quote_protocol == IP_PROTO_TCP;

    add_header(d, &d->facts.quote6, d->facts.payload_at, true);
    if (d->facts.quote_transport_at != 0 && (tcp || d->facts.quote_protocol == IP_PROTO_UDP))
        dissect_quoted_ports(d, at, tcp);
    else if (d->facts.quote_transport_at != 0 && d->facts.quote_protocol == IP6_NEXT_ICMP &&
             d->facts.quote_transport_at + ICMP6_HDR_LEN <= d->facts.payload_len)
        add_quoted_icmp6(d, at);
}
