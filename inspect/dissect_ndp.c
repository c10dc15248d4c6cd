/* Neighbor discovery and multicast listener discovery, field by field. */
#include "base/be.h"
#include "inspect/dissect.h"
#include "inspect/i18n.h"

enum {
    OPT_SOURCE = 1,
    OPT_TARGET = 2,
    OPT_PREFIX = 3,
    OPT_MTU = 5,
    OPT_NONCE = 14,
    PREFIX_LEN = 32,
    MLD_QUERY1_LEN = 24,
    MLD_QUERY2_LEN = 28,
    ADDR_LEN = 16,
};

struct field *dissect_add_ip6(struct dissection *d, struct field *parent, const char *abbrev,
                              const char *name, size_t at)
{
    char text[IP6_TEXT_MAX];

    return dissect_add(d, parent, abbrev, name, at, ADDR_LEN, "%s",
                       ip6_format(ip6_get(d->octets + at), text));
}

static struct field *add_flag(struct dissection *d, struct field *parent, const char *abbrev,
                              const char *name, size_t at, unsigned bit)
{
    struct field *field = dissect_add(d, parent, abbrev, name, at, 1, "%u",
                                      (unsigned)d->octets[at] >> (7 - bit) & 1u);

    field->bit = (uint8_t)bit;
    field->n_bits = 1;
    return field;
}

static struct field *add_u16(struct dissection *d, struct field *parent, const char *abbrev,
                             const char *name, size_t at)
{
    return dissect_add(d, parent, abbrev, name, at, 2, "%u", be16_get(d->octets + at));
}

static struct field *add_u32(struct dissection *d, struct field *parent, const char *abbrev,
                             const char *name, size_t at)
{
    return dissect_add(d, parent, abbrev, name, at, 4, "%u", be32_get(d->octets + at));
}

/* Seconds, of which the largest number means for ever. */
static void add_lifetime(struct dissection *d, struct field *parent, const char *abbrev,
                         const char *name, size_t at)
{
    struct field *field = add_u32(d, parent, abbrev, name, at);

    if (be32_get(d->octets + at) == UINT32_MAX)
        field->meaning = _("for ever");
    else
        dissect_mean(d, field, _("%u s"), be32_get(d->octets + at));
}

/* ---- options, RFC 4861 section 4.6 ---- */

static const char *option_name(uint8_t kind)
{
    return kind == OPT_SOURCE   ? _("the sender's MAC address")
           : kind == OPT_TARGET ? _("the target's MAC address")
           : kind == OPT_PREFIX ? _("a prefix of the link")
           : kind == OPT_MTU    ? "MTU"
           : kind == OPT_NONCE  ? _("a number drawn for this question")
                                : NULL;
}

static void add_prefix(struct dissection *d, struct field *option, size_t at)
{
    dissect_add(d, option, "icmpv6.opt.prefix.length", _("Prefix length"), at + 2, 1, "%u",
                d->octets[at + 2]);
    add_flag(d, option, "icmpv6.opt.prefix.flag.l", _("On this link"), at + 3, 0);
    add_flag(d, option, "icmpv6.opt.prefix.flag.a", _("Hosts make addresses of it"), at + 3, 1);
    add_lifetime(d, option, "icmpv6.opt.prefix.valid_lifetime", _("Valid for"), at + 4);
    add_lifetime(d, option, "icmpv6.opt.prefix.preferred_lifetime", _("Preferred for"), at + 8);
    dissect_add_ip6(d, option, "icmpv6.opt.prefix", _("Prefix"), at + 16);
}

static void add_option(struct dissection *d, struct field *layer, size_t at, size_t len)
{
    uint8_t kind = d->octets[at];
    struct field *option = dissect_add(d, layer, "icmpv6.opt.type", _("Option"), at, 1, "%u", kind);
    char text[MAC_TEXT_MAX];
    struct mac_addr mac;

    option->meaning = option_name(kind);
    dissect_mean(d,
                 dissect_add(d, option, "icmpv6.opt.length", _("Length"), at + 1, 1, "%u",
                             d->octets[at + 1]),
                 _("%u octets"), (unsigned)len);
    if (kind == OPT_SOURCE || kind == OPT_TARGET) {
        mac = mac_from_u64(be64_get(d->octets + at) & UINT64_C(0xffffffffffff));
        dissect_add(d, option, "icmpv6.opt.linkaddr", _("MAC address"), at + 2, 6, "%s",
                    mac_format(&mac, text));
    } else if (kind == OPT_PREFIX && len == PREFIX_LEN) {
        add_prefix(d, option, at);
    } else if (kind == OPT_MTU && len == 8) {
        add_u32(d, option, "icmpv6.opt.mtu", "MTU", at + 4);
    } else if (kind == OPT_NONCE && len == 8) {
        dissect_add(d, option, "icmpv6.opt.nonce", _("Nonce"), at + 2, 6, "%012llx",
                    (unsigned long long)(be64_get(d->octets + at) & UINT64_C(0xffffffffffff)));
    }
}

static void add_options(struct dissection *d, struct field *layer, size_t at, size_t end)
{
    while (at < end) {
        size_t len = at + 1 < end ? d->octets[at + 1] * (size_t)8 : 0;

        if (len == 0 || at + len > end) {
            dissect_malformed(d, layer, at, end - at);
            return;
        }
        add_option(d, layer, at, len);
        at += len;
    }
}

/* ---- neighbor discovery ---- */

static void add_router_advert(struct dissection *d, struct field *layer, size_t at)
{
    dissect_add(d, layer, "icmpv6.nd.ra.cur_hop_limit", _("Hop limit"), at + 4, 1, "%u",
                d->octets[at + 4]);
    add_flag(d, layer, "icmpv6.nd.ra.flag.m", _("Addresses by DHCPv6"), at + 5, 0);
    add_flag(d, layer, "icmpv6.nd.ra.flag.o", _("Other settings by DHCPv6"), at + 5, 1);
    dissect_mean(
        d, add_u16(d, layer, "icmpv6.nd.ra.router_lifetime", _("Lifetime as a router"), at + 6),
        _("%u s"), be16_get(d->octets + at + 6));
    add_u32(d, layer, "icmpv6.nd.ra.reachable_time", _("Reachable time (ms)"), at + 8);
    add_u32(d, layer, "icmpv6.nd.ra.retrans_timer", _("Time between questions (ms)"), at + 12);
}

static void add_neighbor_advert(struct dissection *d, struct field *layer, size_t at)
{
    add_flag(d, layer, "icmpv6.nd.na.flag.r", _("Is a router"), at + 4, 0);
    add_flag(d, layer, "icmpv6.nd.na.flag.s", _("Was asked"), at + 4, 1);
    add_flag(d, layer, "icmpv6.nd.na.flag.o", _("Replaces what was known"), at + 4, 2);
    dissect_add_ip6(d, layer, "icmpv6.nd.na.target_address", _("Target address"), at + 8);
}

void dissect_ndp(struct dissection *d, struct field *layer, size_t at, size_t end)
{
    size_t options = at + 24;

    switch (d->facts.icmp6.type) {
    case ICMP6_ROUTER_SOLICIT:
        options = at + 8;
        break;
    case ICMP6_ROUTER_ADVERT:
        add_router_advert(d, layer, at);
        options = at + 16;
        break;
    case ICMP6_NEIGHBOR_SOLICIT:
        dissect_add_ip6(d, layer, "icmpv6.nd.ns.target_address", _("Target address"), at + 8);
        break;
    case ICMP6_NEIGHBOR_ADVERT:
        add_neighbor_advert(d, layer, at);
        break;
    default:
        dissect_add_ip6(d, layer, "icmpv6.nd.rd.target_address", _("Better gateway"), at + 8);
        dissect_add_ip6(d, layer, "icmpv6.rd.na.destination_address", _("Destination address"),
                        at + 24);
        options = at + 40;
        break;
    }
    add_options(d, layer, options, end);
}

/* ---- multicast listener discovery, RFC 2710 and 3810 ---- */

static const char *record_name(uint8_t type)
{
    return type == MLD_MODE_IS_INCLUDE     ? _("listens to these senders only")
           : type == MLD_MODE_IS_EXCLUDE   ? _("listens to all senders but these")
           : type == MLD_CHANGE_TO_INCLUDE ? _("from now on listens to these senders only")
           : type == MLD_CHANGE_TO_EXCLUDE ? _("from now on listens to all senders but these")
                                           : NULL;
}

static void add_records(struct dissection *d, struct field *layer, size_t at, size_t end)
{
    unsigned n = be16_get(d->octets + at + 6);

    add_u16(d, layer, "icmpv6.mldr.nb_mcast_records", _("Number of groups"), at + 6);
    at += ICMP6_HDR_LEN;
    for (; n > 0 && at + MLD_RECORD_LEN <= end; n--) {
        unsigned n_sources = be16_get(d->octets + at + 2);
        size_t len = MLD_RECORD_LEN + n_sources * (size_t)ADDR_LEN + d->octets[at + 1] * 4u;
        struct field *record = dissect_add(d, layer, "icmpv6.mldr.mar.record_type",
                                           _("Group's record"), at, 1, "%u", d->octets[at]);

        record->meaning = record_name(d->octets[at]);
        dissect_add(d, record, "icmpv6.mldr.mar.aux_data_len", _("Length of more data"), at + 1, 1,
                    "%u", d->octets[at + 1]);
        add_u16(d, record, "icmpv6.mldr.mar.nb_sources", _("Number of senders"), at + 2);
        dissect_add_ip6(d, record, "icmpv6.mldr.mar.multicast_address", _("Group"), at + 4);
        for (unsigned i = 0; i < n_sources && at + MLD_RECORD_LEN + (i + 1) * 16u <= end; i++)
            dissect_add_ip6(d, record, "icmpv6.mldr.mar.source_address", _("Sender"),
                            at + MLD_RECORD_LEN + i * (size_t)ADDR_LEN);
        at += len;
    }
    if (n > 0)
        dissect_malformed(d, layer, at < end ? at : end, at < end ? end - at : 0);
}

static void add_query(struct dissection *d, struct field *layer, size_t at, size_t end)
{
    bool v2 = end - at >= MLD_QUERY2_LEN;

    if (end - at < MLD_QUERY1_LEN) {
        dissect_malformed(d, layer, at + 4, end - at - 4);
        return;
    }
    add_u16(d, layer, v2 ? "icmpv6.mld.maximum_response_code" : "icmpv6.mld.maximum_response_delay",
            _("Time to answer (ms)"), at + 4);
    dissect_add_ip6(d, layer, "icmpv6.mld.multicast_address", _("Group"), at + 8);
    if (!v2)
        return;
    add_flag(d, layer, "icmpv6.mld.flag.s", _("Other routers do nothing"), at + 24, 4);
    dissect_add(d, layer, "icmpv6.mld.qqi", _("Time between queries (s)"), at + 25, 1, "%u",
                d->octets[at + 25]);
    add_u16(d, layer, "icmpv6.mld.nb_sources", _("Number of senders"), at + 26);
}

bool dissect_is_mld(const struct facts *facts)
{
    return facts->transport == FACT_ICMP6 &&
           ((facts->icmp6.type >= ICMP6_MLD_QUERY && facts->icmp6.type <= ICMP6_MLD_DONE) ||
            facts->icmp6.type == ICMP6_MLD2_REPORT);
}

void dissect_mld(struct dissection *d, struct field *layer, size_t at, size_t end)
{
    if (d->facts.icmp6.type == ICMP6_MLD2_REPORT)
        add_records(d, layer, at, end);
    else
        add_query(d, layer, at, end);
}
