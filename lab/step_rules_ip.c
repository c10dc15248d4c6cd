/* Rules of the fields of Ethernet, ARP and IPv4. */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/step_dialogue.h"
#include "lab/step_rules.h"
#include "lab/step_tell.h"
#include "stack/net/neigh.h"

/* ---- Ethernet ---- */

static const char *framer_name(const struct step_rules *r)
{
    return r->framed->node->name;
}

static const char *maker_name(const struct step_rules *r)
{
    return r->origin->node->name;
}

/* When the framer learned @ip's MAC address; NULL: the log does not know. */
static const struct step_entry *learned(const struct step_rules *r, ip4_addr ip)
{
    uint64_t n = r->log->n_entries;

    while (n-- > step_log_first(r->log)) {
        const struct step_entry *entry = step_log_at(r->log, n);
        enum why_code code = entry->why.code;

        if (entry->kind == RECORD_STATE && entry->node == r->framed->node &&
            entry->at <= r->framed->at && entry->why.args[0] == ip &&
            (code == WHY_NEIGH_REACHABLE || code == WHY_NEIGH_LEARNED ||
             code == WHY_NEIGH_CHANGED || code == WHY_NEIGH_SET))
            return entry;
    }
    return NULL;
}

static void put_learned(const struct step_rules *r, ip4_addr ip, GString *out)
{
    const struct step_entry *entry = learned(r, ip);
    const struct step_entry *cause = entry != NULL ? step_log_find(r->log, entry->cause) : NULL;

    if (entry != NULL && entry->why.code == WHY_NEIGH_SET)
        g_string_append(out, _(", set by hand"));
    else if (cause != NULL && cause->number != 0)
        g_string_append_printf(out, _(", learned from frame %" PRIu64), cause->number);
}

static bool group_destination(const struct step_rules *r, GString *out)
{
    char ip[IP4_TEXT_MAX];

    if (facts_is_arp(&r->facts, ARP_REQUEST))
        g_string_append_printf(out,
                               _("everybody: %s does not know the MAC address of %s, so it "
                                 "asks all"),
                               framer_name(r), ip4_format(r->facts.arp.tpa, ip));
    else if (r->facts.app == FACT_DHCP)
        g_string_append(out, _("everybody: the client's and the server's addresses do not work "
                               "yet"));
    else if (mac_is_broadcast(&r->facts.eth.dst))
        g_string_append(out, _("everybody on this network: the packet is a broadcast"));
    else
        g_string_append(out, _("the group address that belongs to the multicast address"));
    return true;
}

/* The route of @os for the packet with @facts: one of several next hops is chosen by what its flow
 * is, of an ICMP error that of the packet it quotes. */
static int route_of(struct os *os, const struct facts *facts, struct route *route)
{
    struct route_key key = { .dst = facts->ip.dst,
                             .src = ip4_is_loopback(facts->ip.src) ? 0 : facts->ip.src,
                             .src_port = facts->src_port,
                             .dst_port = facts->dst_port,
                             .protocol = facts->ip.protocol };
    uint8_t octets[IPV4_HDR_LEN];
    struct ipv4_hdr quote = { .hdr_len = sizeof octets,
                              .total_len = sizeof octets,
                              .src = facts->quote.src,
                              .dst = facts->quote.dst };

    if (facts->has_quote && !multipath_by_ports(&os->ip)) {
        ipv4_emit(&quote, octets);
        key.packet = octets;
        key.packet_len = sizeof octets;
    }
    return ip_route_for(&os->ip, &key, NULL, route);
}

static bool eth_dst(const struct step_rules *r, GString *out)
{
    struct route route;
    char ip[IP4_TEXT_MAX], prefix[IP4_TEXT_MAX];

    if (r->facts.net == FACT_IPV6)
        return step_rule_eth_dst6(r, out);
    if (mac_is_group(&r->facts.eth.dst))
        return group_destination(r, out);
    if (facts_is_arp(&r->facts, ARP_REPLY)) {
        g_string_append(out, _("the asker's MAC address, from its request"));
        return true;
    }
    if (facts_is_arp(&r->facts, ARP_REQUEST)) {
        g_string_append(out, _("the address in the old entry: whether it is still right is asked "
                               "there alone"));
        return true;
    }
    if (r->framer == NULL || r->framed_facts.net != FACT_IPV4 ||
        route_of(r->framer, &r->framed_facts, &route) != 0)
        return false;
    ip4_format(route.next_hop, ip);
    if (route.via_gateway)
        g_string_append_printf(
            out,
            _("the MAC address of the next hop %s, the gateway of route %s/%u, from %s's ARP "
              "table"),
            ip, ip4_format(route.prefix, prefix), route.prefix_len, framer_name(r));
    else
        g_string_append_printf(
            out, _("the MAC address of %s, which is in %s's own network %s/%u, from its ARP table"),
            ip, framer_name(r), ip4_format(route.prefix, prefix), route.prefix_len);
    put_learned(r, route.next_hop, out);
    return true;
}

static bool eth_src(const struct step_rules *r, GString *out)
{
    g_string_append_printf(out, _("the MAC address of %s:%s, which sends it"), framer_name(r),
                           r->framed->iface != NULL ? r->framed->iface->name : "?");
    if (r->framed->node != r->sent->node)
        g_string_append_printf(out, _("; %s carries it on as it is"), r->sent->node->name);
    return true;
}

static bool eth_type(const struct step_rules *r, GString *out)
{
    (void)r;
    g_string_append(out, _("what comes next: 0x0800 IPv4, 0x0806 ARP, 0x86dd IPv6"));
    return true;
}

/* ---- ARP ---- */

static bool arp_opcode(const struct step_rules *r, GString *out)
{
    g_string_append_printf(out, "%s%s",
                           r->facts.arp.op == ARP_REQUEST ? _("1 asks") : _("2 answers"), _(": "));
    step_tell_reason(r->log, r->framed, out);
    return true;
}

static bool arp_sender_mac(const struct step_rules *r, GString *out)
{
    g_string_append_printf(out, _("%s's own: whoever hears it may learn it"), framer_name(r));
    return true;
}

static bool arp_sender_ip(const struct step_rules *r, GString *out)
{
    if (r->facts.arp.spa == IP4_ANY)
        g_string_append_printf(out, _("none yet: %s first asks whether somebody uses the address"),
                               framer_name(r));
    else
        g_string_append_printf(out, _("%s's own address on this network"), framer_name(r));
    return true;
}

static bool arp_target_mac(const struct step_rules *r, GString *out)
{
    g_string_append(out, r->facts.arp.op == ARP_REQUEST
                             ? _("zero: this is what is asked for")
                             : _("the asker's MAC address, from its request"));
    return true;
}

static bool arp_target_ip(const struct step_rules *r, GString *out)
{
    char ip[IP4_TEXT_MAX];

    if (r->facts.arp.op == ARP_REPLY)
        g_string_append(out, _("the asker's address, from its request"));
    else if (r->framed->why.code == WHY_ARP_ASK_GATEWAY)
        g_string_append_printf(out,
                               _("the gateway of the route for %s, which is in no network of %s"),
                               ip4_format((ip4_addr)r->framed->why.args[1], ip), framer_name(r));
    else if (r->facts.arp.tpa == r->facts.arp.spa)
        g_string_append(out, _("its own address: everybody is to learn where it is"));
    else
        g_string_append_printf(out,
                               _("the packet's destination itself: it is in a network of %s, so no "
                                 "gateway is needed"),
                               framer_name(r));
    return true;
}

/* ---- IPv4 ---- */

static bool ip_len(const struct step_rules *r, GString *out)
{
    g_string_append_printf(out, _("%u octets of header and %u of data"),
                           (unsigned)r->facts.ip.hdr_len,
                           (unsigned)(r->facts.ip.total_len - r->facts.ip.hdr_len));
    return true;
}

static bool ip_tos(const struct step_rules *r, GString *out)
{
    if (r->facts.ip.tos == 0)
        g_string_append(out, _("0: no program asks for a class of service"));
    else
        g_string_append_printf(out,
                               _("a program on %s asks for this class of service (IP_TOS), or "
                                 "TCP speaks of congestion"),
                               maker_name(r));
    return true;
}

static bool is_forwarded(const struct step_rules *r)
{
    return r->framed->node != r->origin->node;
}

static bool ip_id(const struct step_rules *r, GString *out)
{
    if (is_forwarded(r))
        g_string_append_printf(out, _("as %s made it: routers do not change it"), maker_name(r));
    else if (r->facts.ip.id == 0 && r->facts.ip.df)
        g_string_append(out, _("0 will do: no fragment has to find its packet, DF is set"));
    else if (r->facts.ip.protocol == IP_PROTO_TCP)
        g_string_append(out, _("each connection counts its packets, from a random number on; only "
                               "fragments would need it"));
    else
        g_string_append_printf(out, _("%s counts its packets, so that fragments find each other"),
                               maker_name(r));
    return true;
}

static bool ip_df(const struct step_rules *r, GString *out)
{
    if (!r->facts.ip.df)
        g_string_append(out, _("routers may cut it: neither the program nor path MTU discovery "
                               "forbids it"));
    else
        g_string_append_printf(out,
                               _("path MTU discovery is on at %s (net.ipv4.ip_no_pmtu_disc = "
                                 "0), RFC 1191"),
                               maker_name(r));
    return true;
}

/* The sending at which it was cut; NULL: it is whole. */
static const struct step_entry *cut_at(const struct step_rules *r)
{
    if (r->framed->why.code == WHY_IP_FRAGMENT)
        return r->framed;
    return r->origin->why.code == WHY_IP_FRAGMENT ? r->origin : NULL;
}

static bool ip_fragment(const struct step_rules *r, GString *out)
{
    const struct step_entry *cut = cut_at(r);

    if (cut != NULL)
        g_string_append_printf(out, _("cut by %s: part %u of %u, for an MTU of %u"),
                               cut->node->name, (unsigned)cut->why.args[0],
                               (unsigned)cut->why.args[1], (unsigned)cut->why.args[2]);
    else if (!r->facts.ip.mf && r->facts.ip.frag_off == 0)
        g_string_append(out, _("it is whole"));
    else
        return false;
    return true;
}

static bool ip_ttl(const struct step_rules *r, GString *out)
{
    unsigned ttl = r->facts.ip.ttl;

    if (is_forwarded(r) && r->made.net == FACT_IPV4) {
        g_string_append_printf(out, _("%s has counted it down by 1; it left %s with %u"),
                               framer_name(r), maker_name(r), (unsigned)r->made.ip.ttl);
        return true;
    }
    if (r->maker == NULL)
        return false;
    if (ip4_is_multicast(r->facts.ip.dst) && ttl == 1)
        g_string_append(out, _("multicasts stay in their network unless the program says more "
                               "(IP_MULTICAST_TTL)"));
    else if (ttl == r->maker->ip.sysctl.default_ttl)
        g_string_append_printf(out, _("net.ipv4.ip_default_ttl of %s is %u"), maker_name(r), ttl);
    else
        g_string_append_printf(
            out, _("the program asks for it (IP_TTL); net.ipv4.ip_default_ttl of %s is %u"),
            maker_name(r), (unsigned)r->maker->ip.sysctl.default_ttl);
    return true;
}

static bool ip_proto(const struct step_rules *r, GString *out)
{
    (void)r;
    g_string_append(out, _("what comes next: 1 ICMP, 2 IGMP, 6 TCP, 17 UDP"));
    return true;
}

static bool is_translated(const struct step_rules *r)
{
    return r->made.net == FACT_IPV4 &&
           (r->made.ip.src != r->facts.ip.src || r->made.ip.dst != r->facts.ip.dst);
}

static bool ip_checksum(const struct step_rules *r, GString *out)
{
    if (is_forwarded(r))
        g_string_append_printf(out,
                               is_translated(r)
                                   ? _("computed anew by %s: TTL and an address have changed")
                                   : _("computed anew by %s: the TTL has changed"),
                               framer_name(r));
    else
        g_string_append_printf(out, _("over the %u octets of this header alone"),
                               (unsigned)r->facts.ip.hdr_len);
    return true;
}

static bool put_translated(const struct step_rules *r, ip4_addr before, GString *out)
{
    char ip[IP4_TEXT_MAX];

    return step_rule_translated(r, ip4_format(before, ip), out);
}

static bool ip_src(const struct step_rules *r, GString *out)
{
    struct route route;
    char prefix[IP4_TEXT_MAX];

    if (r->facts.ip.src == IP4_ANY) {
        g_string_append_printf(out, _("%s has no address yet"), maker_name(r));
        return true;
    }
    if (r->made.net == FACT_IPV4 && r->made.ip.src != r->facts.ip.src)
        return put_translated(r, r->made.ip.src, out);
    if (r->question != NULL && r->question_facts.ip.dst == r->facts.ip.src) {
        g_string_append_printf(out,
                               _("the address that frame %" PRIu64 " was sent to: it is answered "
                                 "from there"),
                               r->question->number);
        return true;
    }
    if (r->maker == NULL || route_of(r->maker, &r->made, &route) != 0 || route.oif == NULL)
        return false;
    g_string_append_printf(out, _("the address of %s:%s, through which the route %s/%u leads"),
                           maker_name(r), route.oif->name, ip4_format(route.prefix, prefix),
                           route.prefix_len);
    return true;
}

static bool ip_dst(const struct step_rules *r, GString *out)
{
    if (r->made.net == FACT_IPV4 && r->made.ip.dst != r->facts.ip.dst)
        return put_translated(r, r->made.ip.dst, out);
    if (r->facts.ip.dst == IP4_BROADCAST) {
        g_string_append(out, _("everybody on this network"));
        return true;
    }
    if (r->question != NULL && r->question_facts.ip.src == r->facts.ip.dst)
        g_string_append_printf(out, _("the sender of frame %" PRIu64 ", which this answers"),
                               r->question->number);
    else
        g_string_append_printf(out, _("where %s wants it to go in the end; only a NAT changes it"),
                               maker_name(r));
    return true;
}

/* ---- all of them ---- */

struct row {
    const char *abbrev;
    step_rule_function *rule;
};

static step_rule_function *find(const struct row *rows, size_t n, const char *abbrev)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].abbrev, abbrev) == 0)
            return rows[i].rule;
    return NULL;
}

step_rule_function *step_rule_of_link(const char *abbrev)
{
    static const struct row rows[] = {
        { "eth.dst", eth_dst },
        { "eth.src", eth_src },
        { "eth.type", eth_type },
        { "arp.opcode", arp_opcode },
        { "arp.src.hw_mac", arp_sender_mac },
        { "arp.src.proto_ipv4", arp_sender_ip },
        { "arp.dst.hw_mac", arp_target_mac },
        { "arp.dst.proto_ipv4", arp_target_ip },
    };

    return find(rows, G_N_ELEMENTS(rows), abbrev);
}

step_rule_function *step_rule_of_ip(const char *abbrev)
{
    static const struct row rows[] = {
        { "ip.dsfield", ip_tos }, { "ip.len", ip_len },           { "ip.id", ip_id },
        { "ip.flags.df", ip_df }, { "ip.flags.mf", ip_fragment }, { "ip.frag_offset", ip_fragment },
        { "ip.ttl", ip_ttl },     { "ip.proto", ip_proto },       { "ip.checksum", ip_checksum },
        { "ip.src", ip_src },     { "ip.dst", ip_dst },
    };

    return find(rows, G_N_ELEMENTS(rows), abbrev);
}
