/* Rules of the fields of IPv6 and ICMPv6. */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "lab/step_dialogue.h"
#include "lab/step_rules.h"
#include "lab/step_tell.h"
#include "stack/net/ip6.h"

static const char *maker_name(const struct step_rules *r)
{
    return r->origin->node->name;
}

static bool is_forwarded(const struct step_rules *r)
{
    return r->framed->node != r->origin->node;
}

/* ---- the frame around it ---- */

bool step_rule_eth_dst6(const struct step_rules *r, GString *out)
{
    char ip[IP6_TEXT_MAX];
    struct route6 route;

    if (mac_is_group(&r->facts.eth.dst)) {
        g_string_append_printf(out,
                               _("33:33 and the last four octets of %s: only who has joined that "
                                 "group takes it"),
                               ip6_format(r->facts.ip6.dst, ip));
        return true;
    }
    if (r->framer == NULL ||
        ip6_route(&r->framer->ip, r->framed_facts.ip6.dst, IP6_ANY, NULL, &route) != 0)
        return false;
    ip6_format(route.next_hop, ip);
    g_string_append_printf(
        out,
        route.via_gateway
            ? _("the MAC address of the next hop %s, a gateway, from the neighbor table of %s")
            : _("the MAC address of %s, which is on the link, from the neighbor table of %s"),
        ip, r->framed->node->name);
    return true;
}

/* ---- IPv6 ---- */

static bool flow(const struct step_rules *r, GString *out)
{
    if (r->facts.ip6.flow == 0)
        g_string_append(out, _("0: no flow is named"));
    else
        g_string_append_printf(out,
                               _("%s computes it from addresses and ports: the packets of one flow "
                                 "have the same, RFC 6437"),
                               maker_name(r));
    return true;
}

static bool hop_limit(const struct step_rules *r, GString *out)
{
    unsigned limit = r->facts.ip6.hop_limit;

    if (is_forwarded(r) && r->made.net == FACT_IPV6)
        g_string_append_printf(out, _("%s has counted it down by 1; it left %s with %u"),
                               r->framed->node->name, maker_name(r),
                               (unsigned)r->made.ip6.hop_limit);
    else if (r->facts.has_ndp)
        g_string_append(out, _("255, and no router would leave it so: who receives it knows that "
                               "the sender is on the link"));
    else if (ip6_is_multicast(r->facts.ip6.dst) && limit == 1)
        g_string_append(out, _("1: it stays on the link"));
    else if (r->maker != NULL && limit == r->maker->ip.sysctl6.hop_limit)
        g_string_append_printf(out, _("net.ipv6.conf.default.hop_limit of %s is %u"), maker_name(r),
                               limit);
    else
        g_string_append(out, _("the program asks for it, or a router's advertisement does"));
    return true;
}

static bool source(const struct step_rules *r, GString *out)
{
    if (ip6_is_any(r->facts.ip6.src))
        g_string_append_printf(out, _("none yet: %s has no address that it may use"),
                               maker_name(r));
    else if (r->question != NULL && ip6_eq(r->question_facts.ip6.dst, r->facts.ip6.src))
        g_string_append_printf(out,
                               _("the address that frame %" PRIu64 " was sent to: it is answered "
                                 "from there"),
                               r->question->number);
    else
        g_string_append_printf(out,
                               _("of the addresses of %s the one that fits the destination best, "
                                 "RFC 6724"),
                               maker_name(r));
    return true;
}

static bool destination(const struct step_rules *r, GString *out)
{
    char ip[IP6_TEXT_MAX];

    if (r->facts.has_ndp && r->facts.icmp6.type == ICMP6_NEIGHBOR_SOLICIT &&
        ip6_is_multicast(r->facts.ip6.dst))
        g_string_append_printf(out,
                               _("the group of all whose address ends like %s: ff02::1:ff and its "
                                 "last three octets"),
                               ip6_format(r->facts.ndp.target, ip));
    else if (r->question != NULL && ip6_eq(r->question_facts.ip6.src, r->facts.ip6.dst))
        g_string_append_printf(out, _("the sender of frame %" PRIu64 ", which this answers"),
                               r->question->number);
    else if (ip6_is_multicast(r->facts.ip6.dst))
        g_string_append(out, _("a group: whoever has joined it takes the packet"));
    else
        g_string_append_printf(out, _("where %s wants it to go in the end"), maker_name(r));
    return true;
}

/* ---- ICMPv6 ---- */

static bool the_reason(const struct step_rules *r, GString *out)
{
    gsize before = out->len;

    step_tell_reason(r->log, r->origin, out);
    return out->len > before;
}

static bool echo_id(const struct step_rules *r, GString *out)
{
    if (r->question != NULL)
        g_string_append_printf(out, _("returned unchanged from frame %" PRIu64),
                               r->question->number);
    else
        g_string_append_printf(out, _("%s has picked it: answers with it belong to this ping"),
                               maker_name(r));
    return true;
}

static bool echo_seq(const struct step_rules *r, GString *out)
{
    if (r->question != NULL)
        return echo_id(r, out);
    g_string_append_printf(out, _("the requests of this ping, counted by %s"), maker_name(r));
    return true;
}

static bool next_mtu(const struct step_rules *r, GString *out)
{
    g_string_append_printf(out, _("what the next cable behind %s carries"), maker_name(r));
    return true;
}

step_rule_function *step_rule_of_ip6(const char *abbrev)
{
    static const struct {
        const char *abbrev;
        step_rule_function *rule;
    } rows[] = {
        { "ipv6.flow", flow },
        { "ipv6.hlim", hop_limit },
        { "ipv6.src", source },
        { "ipv6.dst", destination },
        { "icmpv6.type", the_reason },
        { "icmpv6.echo.identifier", echo_id },
        { "icmpv6.echo.sequence_number", echo_seq },
        { "icmpv6.mtu", next_mtu },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].abbrev, abbrev) == 0)
            return rows[i].rule;
    return NULL;
}
