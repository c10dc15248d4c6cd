/* Rules of the fields of ICMP, UDP, TCP and DNS. */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/step_dialogue.h"
#include "lab/step_rules.h"
#include "lab/step_tell.h"

static const char *maker_name(const struct step_rules *r)
{
    return r->origin->node->name;
}

/* The reason for which it was sent says it best. */
static bool the_reason(const struct step_rules *r, GString *out)
{
    gsize before = out->len;

    if (r->origin->why.code == WHY_IP_FRAGMENT)
        return false;
    step_tell_reason(r->log, r->origin, out);
    return out->len > before;
}

static bool put_translated(const struct step_rules *r, unsigned before, GString *out)
{
    g_autofree char *text = g_strdup_printf("%u", before);

    return step_rule_translated(r, text, out);
}

/* ---- ICMP ---- */

static bool icmp_ident(const struct step_rules *r, GString *out)
{
    if (r->made.transport == FACT_ICMP &&
        icmp_echo_id(&r->made.icmp) != icmp_echo_id(&r->facts.icmp))
        return put_translated(r, icmp_echo_id(&r->made.icmp), out);
    if (r->question != NULL)
        g_string_append_printf(out, _("returned unchanged from frame %" PRIu64),
                               r->question->number);
    else
        g_string_append_printf(out, _("%s has picked it: answers with it belong to this ping"),
                               maker_name(r));
    return true;
}

static bool icmp_seq(const struct step_rules *r, GString *out)
{
    if (r->question != NULL)
        g_string_append_printf(out, _("returned unchanged from frame %" PRIu64),
                               r->question->number);
    else
        g_string_append_printf(out, _("the requests of this ping, counted by %s"), maker_name(r));
    return true;
}

static bool next_mtu(const struct step_rules *r, GString *out)
{
    g_string_append_printf(out, _("what the next cable behind %s carries"), maker_name(r));
    return true;
}

/* ---- ports ---- */

static bool is_ephemeral(const struct step_rules *r, uint16_t port)
{
    return r->maker != NULL && port >= r->maker->ip.sysctl.port_min &&
           port <= r->maker->ip.sysctl.port_max;
}

static bool src_port(const struct step_rules *r, GString *out)
{
    if (r->made.src_port != r->facts.src_port)
        return put_translated(r, r->made.src_port, out);
    if (r->question != NULL && r->question_facts.dst_port == r->facts.src_port)
        g_string_append_printf(out, _("the port of %s that frame %" PRIu64 " was sent to"),
                               maker_name(r), r->question->number);
    else if (is_ephemeral(r, r->facts.src_port))
        g_string_append_printf(
            out, _("%s has picked it from %u to %u (net.ipv4.ip_local_port_range)"), maker_name(r),
            (unsigned)r->maker->ip.sysctl.port_min, (unsigned)r->maker->ip.sysctl.port_max);
    else
        g_string_append_printf(out, _("the program on %s has bound this port"), maker_name(r));
    return true;
}

static bool dst_port(const struct step_rules *r, GString *out)
{
    if (r->made.dst_port != r->facts.dst_port)
        return put_translated(r, r->made.dst_port, out);
    if (r->question != NULL && r->question_facts.src_port == r->facts.dst_port)
        g_string_append_printf(out, _("the port that frame %" PRIu64 " came from"),
                               r->question->number);
    else
        g_string_append_printf(out, _("the port that the program on %s wants to talk to"),
                               maker_name(r));
    return true;
}

/* ---- UDP ---- */

static bool udp_length(const struct step_rules *r, GString *out)
{
    g_string_append_printf(out, _("8 octets of header and %u of data"),
                           r->facts.udp.len >= 8 ? r->facts.udp.len - 8u : 0u);
    return true;
}

static bool transport_checksum(const struct step_rules *r, GString *out)
{
    g_string_append(out, _("over data, header and both IP addresses"));
    if (r->made.net == FACT_IPV4 &&
        (r->made.ip.src != r->facts.ip.src || r->made.ip.dst != r->facts.ip.dst))
        g_string_append_printf(out, _("; the NAT on %s had to compute it anew"),
                               step_rule_translator(r));
    return true;
}

/* ---- TCP ---- */

static bool is_retransmission(enum why_code code)
{
    return g_str_has_prefix(why_name(code), "tcp-retransmit") || code == WHY_TCP_TAIL_PROBE;
}

static bool tcp_seq(const struct step_rules *r, GString *out)
{
    const struct tcp_hdr *tcp = &r->facts.tcp;
    struct seq_base base = seq_table_look(r->log->seqs, &r->facts);
    uint32_t sent = tcp->seq - base.seq;

    if (is_retransmission(r->origin->why.code))
        g_string_append(out, _("the number of its first octet, the same as when it was first "
                               "sent"));
    else if (tcp->flags & TCP_SYN)
        g_string_append_printf(out,
                               _("where %s begins to count: from a clock and a secret, so that "
                                 "nobody can guess it, RFC 6528"),
                               maker_name(r));
    else if ((tcp->flags & TCP_RST) && !(tcp->flags & TCP_ACK))
        g_string_append(out, _("the acknowledgment number of the segment that it answers, so that "
                               "the other side believes it"));
    else if (base.known && sent > 0 && r->facts.payload_len > 0)
        g_string_append_printf(out,
                               _("the number of its first octet: %u were sent before, and the "
                                 "SYN counts as one"),
                               sent - 1);
    else if (base.known && sent > 0)
        g_string_append_printf(out,
                               _("the number of the next octet that %s will send: %u were "
                                 "sent, and the SYN counts as one"),
                               maker_name(r), sent - 1);
    else
        return false;
    return true;
}

static uint32_t end_of(const struct facts *facts)
{
    return facts->tcp.seq + (uint32_t)facts->payload_len + ((facts->tcp.flags & TCP_SYN) != 0) +
           ((facts->tcp.flags & TCP_FIN) != 0);
}

static bool is_from_peer(const struct step_rules *r, const struct facts *facts)
{
    return facts->transport == FACT_TCP && facts->ip.src == r->made.ip.dst &&
           facts->ip.dst == r->made.ip.src && facts->src_port == r->made.dst_port &&
           facts->dst_port == r->made.src_port;
}

/* The last arrival from the other side before it was made that @fits. */
static const struct step_entry *find_arrival(const struct step_rules *r, struct facts *facts,
                                             bool (*fits)(const struct step_rules *r,
                                                          const struct facts *facts))
{
    uint64_t n = r->log->n_entries;

    while (n-- > step_log_first(r->log)) {
        const struct step_entry *entry = step_log_at(r->log, n);

        if (entry->kind == RECORD_RECEIVE && entry->node == r->origin->node &&
            entry->at <= r->origin->at && step_log_facts(r->log, entry, facts) &&
            is_from_peer(r, facts) && fits(r, facts))
            return entry;
    }
    return NULL;
}

static bool ends_where_acked(const struct step_rules *r, const struct facts *facts)
{
    return end_of(facts) == r->made.tcp.ack && facts->tcp.seq != r->made.tcp.ack;
}

static bool tcp_ack(const struct step_rules *r, GString *out)
{
    struct facts facts;
    const struct step_entry *arrival;

    if (!(r->facts.tcp.flags & TCP_ACK))
        return false;
    arrival = find_arrival(r, &facts, ends_where_acked);
    if (arrival == NULL)
        return false;
    g_string_append_printf(out,
                           _("the octet behind those of frame %" PRIu64 ": all before it have "
                             "arrived at %s"),
                           arrival->number, maker_name(r));
    if (facts.payload_len == 0)
        g_string_append(out, (facts.tcp.flags & TCP_SYN) != 0 ? _("; the SYN counts as one")
                                                              : _("; the FIN counts as one"));
    return true;
}

/* The SYN that @r's maker has sent on this connection says how its windows are shifted. */
static bool find_scale(const struct step_rules *r, unsigned *shift)
{
    uint64_t n = r->log->n_entries;

    while (n-- > step_log_first(r->log)) {
        const struct step_entry *entry = step_log_at(r->log, n);
        struct facts facts;

        if (entry->kind != RECORD_SEND || entry->node != r->origin->node ||
            !step_log_facts(r->log, entry, &facts) || facts.transport != FACT_TCP ||
            !(facts.tcp.flags & TCP_SYN) || facts.ip.src != r->made.ip.src ||
            facts.ip.dst != r->made.ip.dst || facts.src_port != r->made.src_port ||
            facts.dst_port != r->made.dst_port)
            continue;
        *shift = facts.tcp.opt.has_wscale ? facts.tcp.opt.wscale : 0;
        return true;
    }
    return false;
}

static bool tcp_window(const struct step_rules *r, GString *out)
{
    unsigned shift;

    if (r->facts.tcp.flags & TCP_SYN)
        g_string_append_printf(out,
                               _("%s has room for so many octets; a SYN's window is never "
                                 "shifted"),
                               maker_name(r));
    else if (find_scale(r, &shift))
        g_string_append_printf(out,
                               _("%s has room for %u octets: the field times 2^%u, as its SYN "
                                 "said"),
                               maker_name(r), (unsigned)r->facts.tcp.window << MIN(shift, 14u),
                               shift);
    else
        return false;
    return true;
}

static bool tcp_mss(const struct step_rules *r, GString *out)
{
    unsigned mtu = r->origin->iface != NULL ? r->origin->iface->mtu : 0;

    if (r->facts.net == FACT_IPV6 && mtu != 0 && mtu - 60u == r->facts.tcp.opt.mss) {
        g_string_append_printf(out, _("the MTU of %s:%s, %u, less 60 octets of headers, RFC 8200"),
                               maker_name(r), r->origin->iface->name, mtu);
        return true;
    }
    if (mtu == 0 || mtu - 40u != r->facts.tcp.opt.mss)
        return false;
    g_string_append_printf(out, _("the MTU of %s:%s, %u, less 40 octets of headers, RFC 6691"),
                           maker_name(r), r->origin->iface->name, mtu);
    return true;
}

static bool tcp_tsval(const struct step_rules *r, GString *out)
{
    g_string_append_printf(out, _("%s's clock for this connection, in milliseconds, RFC 7323"),
                           maker_name(r));
    return true;
}

static bool has_echoed_timestamp(const struct step_rules *r, const struct facts *facts)
{
    return facts->tcp.opt.has_ts && facts->tcp.opt.ts_val == r->made.tcp.opt.ts_ecr;
}

static bool tcp_tsecr(const struct step_rules *r, GString *out)
{
    struct facts facts;
    const struct step_entry *arrival = find_arrival(r, &facts, has_echoed_timestamp);

    if (arrival != NULL)
        g_string_append_printf(out, _("the timestamp of frame %" PRIu64 ", returned"),
                               arrival->number);
    else if (r->facts.tcp.opt.ts_ecr == 0)
        g_string_append(out, _("0: nothing has come from the other side yet"));
    else
        return false;
    return true;
}

/* ---- DNS ---- */

static bool dns_id(const struct step_rules *r, GString *out)
{
    if (r->question != NULL && r->question_facts.app == FACT_DNS)
        g_string_append_printf(out, _("returned unchanged from frame %" PRIu64),
                               r->question->number);
    else
        g_string_append_printf(out, _("%s has drawn it: the answer must bring it back"),
                               maker_name(r));
    return true;
}

/* ---- all of them ---- */

step_rule_function *step_rule_of_transport(const char *abbrev)
{
    static const struct {
        const char *abbrev;
        step_rule_function *rule;
    } rows[] = {
        { "icmp.type", the_reason },
        { "icmp.ident", icmp_ident },
        { "icmp.seq", icmp_seq },
        { "icmp.mtu", next_mtu },
        { "udp.srcport", src_port },
        { "udp.dstport", dst_port },
        { "udp.length", udp_length },
        { "udp.checksum", transport_checksum },
        { "tcp.srcport", src_port },
        { "tcp.dstport", dst_port },
        { "tcp.seq", tcp_seq },
        { "tcp.ack", tcp_ack },
        { "tcp.flags", the_reason },
        { "tcp.window_size_value", tcp_window },
        { "tcp.checksum", transport_checksum },
        { "tcp.options.mss_val", tcp_mss },
        { "tcp.options.timestamp.tsval", tcp_tsval },
        { "tcp.options.timestamp.tsecr", tcp_tsecr },
        { "dns.id", dns_id },
        { "dns.flags", the_reason },
        { "dhcp.option.dhcp", the_reason },
        { "dhcp.ip.your", the_reason },
        { "http.request.line", the_reason },
        { "http.response.line", the_reason },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].abbrev, abbrev) == 0)
            return rows[i].rule;
    return NULL;
}
