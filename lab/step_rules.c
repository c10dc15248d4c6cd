/* Which rule set a field: for a learner who asks where the value of each octet comes from. */
#include "lab/step_rules.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/step_dialogue.h"
#include "lab/step_route.h"
#include "lab/step_tell.h"

/* ---- the frame's history ---- */

/* Hubs and bridges carry on what somebody else has framed. */
static bool is_carried(enum why_code code)
{
    return code == WHY_REPEAT || g_str_has_prefix(why_name(code), "bridge-");
}

static const struct step_entry *framed_by(const struct step_log *log, const struct step_entry *sent)
{
    const struct step_entry *at = sent, *before;

    while (at->kind == RECORD_SEND && is_carried(at->why.code)) {
        before = step_log_find(log, at->cause);
        before = before != NULL ? step_log_find(log, before->cause) : NULL;
        if (before == NULL || before->kind != RECORD_SEND)
            break;
        at = before;
    }
    return at;
}

static bool goes_back(const struct facts *made, const struct facts *asked)
{
    if (asked->net != made->net)
        return false;
    return made->net == FACT_IPV4   ? asked->ip.src == made->ip.dst
           : made->net == FACT_IPV6 ? ip6_eq(asked->ip6.src, made->ip6.dst)
                                    : false;
}

const char *step_rule_translator(const struct step_rules *r)
{
    const struct node *node = step_translator(r->log, r->sent);

    return node != NULL ? node->name : _("the way");
}

bool step_rule_translated(const struct step_rules *r, const char *before, GString *out)
{
    g_string_append_printf(out, _("the NAT on %s has put it in the place of %s"),
                           step_rule_translator(r), before);
    return true;
}

/* The SYN that opened @r's connection, where it arrived; NULL: the maker opened it itself. */
static const struct step_entry *find_syn(const struct step_rules *r, struct facts *facts)
{
    const struct facts *made = &r->made;

    for (uint64_t n = r->log->n_entries; n-- > step_log_first(r->log);) {
        const struct step_entry *entry = step_log_at(r->log, n);

        if (entry->kind == RECORD_RECEIVE && entry->node == r->origin->node &&
            step_log_facts(r->log, entry, facts) && facts->transport == FACT_TCP &&
            (facts->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && goes_back(made, facts) &&
            facts->src_port == made->dst_port && facts->dst_port == made->src_port)
            return entry;
    }
    return NULL;
}

static bool is_answer(const struct facts *made, const struct facts *asked)
{
    return goes_back(made, asked) && asked->transport == made->transport &&
           (made->transport != FACT_UDP || asked->src_port == made->dst_port);
}

/* The arrival at the maker that made it send this. */
static const struct step_entry *find_question(struct step_rules *r)
{
    const struct step_entry *entry = step_log_find(r->log, r->origin->cause);

    if (r->made.transport == FACT_TCP)
        return find_syn(r, &r->question_facts);
    for (; entry != NULL; entry = step_log_find(r->log, entry->cause))
        if (entry->kind == RECORD_RECEIVE && entry->node == r->origin->node &&
            step_log_facts(r->log, entry, &r->question_facts) &&
            is_answer(&r->made, &r->question_facts))
            return entry;
    return NULL;
}

/* The last sending of @entry's frame; itself where there was none. */
static const struct step_entry *sent_as(const struct step_log *log, const struct step_entry *entry)
{
    const struct step_entry *at = entry;

    while (at->kind != RECORD_SEND) {
        const struct step_entry *cause = step_log_find(log, at->cause);

        if (cause == NULL || (cause->kind != RECORD_SEND && cause->kind != RECORD_RECEIVE))
            return entry;
        at = cause;
    }
    return at;
}

void step_rules_begin(struct step_rules *r, const struct step_moment *moment,
                      const struct step_entry *entry)
{
    *r = (struct step_rules){ .log = moment->log, .shown = entry };
    r->sent = sent_as(r->log, entry);
    r->framed = framed_by(r->log, r->sent);
    r->origin = step_origin(r->log, r->framed);
    step_log_facts(r->log, entry, &r->facts);
    step_log_facts(r->log, r->framed, &r->framed_facts);
    step_log_facts(r->log, r->origin, &r->made);
    r->framer = step_os(moment, r->framed->node);
    r->maker = step_os(moment, r->origin->node);
    r->question = find_question(r);
}

/* ---- fixed texts ---- */

static const struct {
    const char *abbrev, *rule;
} RULES[] = {
    { "arp.hw.type", N_("1 for Ethernet, RFC 826") },
    { "arp.proto.type",
      N_("the EtherType of the protocol whose addresses are asked for, RFC 826") },
    { "arp.hw.size", N_("a MAC address has 6 octets") },
    { "arp.proto.size", N_("an IPv4 address has 4 octets") },
    { "ip.version", N_("4; IPv6 has frames of its own") },
    { "ip.hdr_len", N_("five words of 32 bits, and one more for each word of options") },
    { "ipv6.version", N_("6; IPv4 has frames of its own") },
    { "ipv6.tclass", N_("0 where no program asks for a class of service") },
    { "ipv6.plen", N_("the octets behind this header, extension headers too") },
    { "ipv6.nxt", N_("what comes next: 58 ICMPv6, 6 TCP, 17 UDP, 0 43 44 60 extension headers") },
    { "ipv6.hopopts.nxt", N_("what comes behind this extension header") },
    { "ipv6.fraghdr.nxt", N_("what the whole packet carries") },
    { "ipv6.fraghdr.offset", N_("where this part belongs; only the sender cuts, no router") },
    { "ipv6.fraghdr.ident", N_("the same in all parts of one packet, so that they find each "
                               "other") },
    { "icmpv6.code", N_("says more about the type, RFC 4443") },
    { "icmpv6.checksum", N_("over the message and both IP addresses; IPv6's own header has none") },
    { "icmpv6.nd.ns.target_address", N_("whose MAC address is asked for") },
    { "icmpv6.nd.na.target_address", N_("whose MAC address this tells") },
    { "icmpv6.nd.na.flag.s", N_("1 where it answers a question") },
    { "icmpv6.nd.na.flag.r", N_("1 where a router speaks") },
    { "icmpv6.nd.na.flag.o", N_("1: what was known of the address before gives way to this") },
    { "icmpv6.nd.ra.cur_hop_limit",
      N_("the hop limit that hosts here should begin with; 0: the router says none") },
    { "icmpv6.nd.ra.flag.m", N_("1: addresses come from DHCPv6") },
    { "icmpv6.nd.ra.flag.o", N_("1: DHCPv6 tells the rest, such as name servers") },
    { "icmpv6.nd.ra.router_lifetime", N_("how long it may be the default router; 0: it is none") },
    { "icmpv6.nd.ra.reachable_time",
      N_("how long a neighbor counts as reachable after a sign of life; 0: the router says none") },
    { "icmpv6.nd.ra.retrans_timer",
      N_("how long to wait before a solicitation is repeated; 0: the router says none") },
    { "icmpv6.nd.rd.target_address", N_("the better next hop") },
    { "icmpv6.rd.na.destination_address", N_("for packets to this address") },
    { "icmpv6.opt.type", N_("1 the sender's MAC address, 2 the target's, 3 a prefix, 4 the "
                            "redirected packet, 5 the MTU") },
    { "icmpv6.opt.length", N_("in units of 8 octets, this and the type included") },
    { "icmpv6.opt.linkaddr", N_("so that nobody has to ask for it") },
    { "icmpv6.opt.nonce",
      N_("drawn at random: a host that hears its own question come back knows it as its own") },
    { "icmpv6.opt.mtu", N_("the biggest packet on this link") },
    { "icmpv6.opt.prefix.length", N_("how many bits all addresses of the network have in common") },
    { "icmpv6.opt.prefix.flag.l",
      N_("1: addresses with this prefix are on the link, no router is needed") },
    { "icmpv6.opt.prefix.flag.a", N_("1: hosts make addresses of their own from it, RFC 4862") },
    { "icmpv6.opt.prefix.valid_lifetime", N_("how long such addresses may be used") },
    { "icmpv6.opt.prefix.preferred_lifetime",
      N_("how long new connections take them by preference") },
    { "icmp.code", N_("says more about the type, RFC 792") },
    { "icmp.checksum", N_("over the whole ICMP message") },
    { "tcp.seq", N_("the number of the first octet of data; a SYN and a FIN count as one") },
    { "tcp.ack", N_("the next octet expected: all before it have arrived, RFC 9293") },
    { "tcp.hdr_len", N_("five words of 32 bits, and one more for each word of options") },
    { "tcp.window_size_value",
      N_("how much more the receiver has room for, shifted by its window scale") },
    { "tcp.options.mss_val", N_("the MTU of the interface less 40 octets of headers, RFC 6691") },
    { "tcp.options.wscale.shift",
      N_("how far windows are shifted, from the size of the receive buffer, RFC 7323") },
    { "tcp.options.sack", N_("octets that have arrived behind a gap, RFC 2018") },
    { "eth.dst", N_("the MAC address of the next hop, from the ARP table of the sender") },
    { "ip.ttl", N_("one less at each router: at 0 the packet dies") },
    { "ip.src",
      N_("the address of the interface the route leads out of; no router changes it, only NAT") },
    { "dns.qry.name", N_("the name that is asked for, as the program gave it") },
    { "dns.resp.ttl", N_("how many seconds it may be remembered: the zone says so") },
    { "dns.a", N_("from the zone of the server, or from its cache") },
    { "dhcp.type", N_("1 from the client, 2 from the server") },
    { "dhcp.id",
      N_("chosen by the client, returned unchanged: which answer belongs to which question") },
    { "dhcp.flags", N_("whether the client wants its answers as broadcasts") },
    { "dhcp.ip.your", N_("the address that the server has picked for the client") },
    { "dhcp.ip.client", N_("0.0.0.0 until the client has an address that works") },
    { "dhcp.hw.mac_addr", N_("the client's MAC address: the server finds its lease by it") },
};

static void fixed_rule(const char *abbrev, GString *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(RULES); i++)
        if (strcmp(RULES[i].abbrev, abbrev) == 0)
            g_string_append(out, _(RULES[i].rule));
}

/* ---- a field ---- */

/* A fault has changed it between its sending and now. */
static bool is_damaged(const struct step_rules *r, const struct field *field, const uint8_t *octets)
{
    uint8_t sent[STEP_LOG_FRAME_MAX];
    size_t len = r->sent == r->shown ? 0 : step_log_octets(r->log, r->sent, sent);

    return field->len > 0 && field->at + field->len <= len &&
           memcmp(sent + field->at, octets + field->at, field->len) != 0;
}

void step_rule(const struct step_rules *r, const struct field *field, const uint8_t *octets,
               GString *out)
{
    step_rule_function *rule = step_rule_of_link(field->abbrev);
    gsize before = out->len;

    if (is_damaged(r, field, octets)) {
        g_string_append_printf(out, _("changed on the cable: %s has sent something else"),
                               r->sent->node->name);
        return;
    }
    if (rule == NULL)
        rule = step_rule_of_ip(field->abbrev);
    if (rule == NULL)
        rule = step_rule_of_ip6(field->abbrev);
    if (rule == NULL)
        rule = step_rule_of_transport(field->abbrev);
    if (rule != NULL && rule(r, out))
        return;
    g_string_truncate(out, before);
    fixed_rule(field->abbrev, out);
}
