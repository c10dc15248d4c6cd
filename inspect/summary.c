#include "inspect/summary.h"

#include "inspect/i18n.h"
#include "inspect/summary_internal.h"

/* A message in the language asked for. */
#define T(text) (lang == RENDER_USER ? _(text) : (text))

void summary_tcp_flags(GString *out, uint16_t flags)
{
    static const struct {
        uint16_t bit;
        const char *name;
    } names[] = { { TCP_SYN, "SYN" }, { TCP_FIN, "FIN" }, { TCP_RST, "RST" },
                  { TCP_PSH, "PSH" }, { TCP_ACK, "ACK" }, { TCP_URG, "URG" },
                  { TCP_ECE, "ECE" }, { TCP_CWR, "CWR" }, { TCP_AE, "AE" } };
    bool first = true;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if ((flags & names[i].bit) == 0)
            continue;
        g_string_append_printf(out, "%s%s", first ? "" : ",", names[i].name);
        first = false;
    }
}

static const char *dhcp_label(uint8_t type)
{
    static const char *const names[] = {
        N_("BOOTP message"), N_("DHCP Discover"), N_("DHCP Offer"),
        N_("DHCP Request"),  N_("DHCP Decline"),  N_("DHCP ACK"),
        N_("DHCP NAK"),      N_("DHCP Release"),  N_("DHCP Inform")
    };

    return type < G_N_ELEMENTS(names) ? names[type] : names[0];
}

static const char *unreachable_label(uint8_t code)
{
    switch (code) {
    case ICMP_UNREACH_NET:
        return N_("ICMP network unreachable");
    case ICMP_UNREACH_HOST:
        return N_("ICMP host unreachable");
    case ICMP_UNREACH_PROTOCOL:
        return N_("ICMP protocol unreachable");
    case ICMP_UNREACH_PORT:
        return N_("ICMP port unreachable");
    case ICMP_UNREACH_FRAG_NEEDED:
        return N_("ICMP fragmentation needed");
    case ICMP_UNREACH_ADMIN_PROHIBITED:
    case ICMP_UNREACH_NET_PROHIBITED:
    case ICMP_UNREACH_HOST_PROHIBITED:
        return N_("ICMP administratively prohibited");
    default:
        return N_("ICMP destination unreachable");
    }
}

static const char *icmp_label(const struct icmp_hdr *icmp)
{
    switch (icmp->type) {
    case ICMP_ECHO_REQUEST:
        return N_("ICMP echo request");
    case ICMP_ECHO_REPLY:
        return N_("ICMP echo reply");
    case ICMP_DEST_UNREACH:
        return unreachable_label(icmp->code);
    case ICMP_TIME_EXCEEDED:
        return icmp->code == ICMP_TIME_REASSEMBLY ? N_("ICMP reassembly time exceeded")
                                                  : N_("ICMP time exceeded");
    case ICMP_REDIRECT:
        return N_("ICMP redirect");
    case ICMP_PARAM_PROBLEM:
        return N_("ICMP parameter problem");
    case ICMP_TIMESTAMP_REQUEST:
        return N_("ICMP timestamp request");
    case ICMP_TIMESTAMP_REPLY:
        return N_("ICMP timestamp reply");
    default:
        return N_("ICMP message");
    }
}

static void tcp_label(GString *out, const struct facts *facts, enum render_lang lang)
{
    uint8_t shown = facts->tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK);

    g_string_append(out, "TCP ");
    if (facts->payload_len > 0 && (shown & (TCP_SYN | TCP_FIN | TCP_RST)) == 0) {
        g_string_append(out, T(N_("data")));
        return;
    }
    if ((shown & TCP_FIN) != 0 || (shown & TCP_RST) != 0)
        shown &= (uint8_t)~TCP_ACK; /* what matters about it */
    summary_tcp_flags(out, shown);
}

static void arp_label(GString *out, const struct arp_msg *arp, enum render_lang lang)
{
    if (arp->op == ARP_REQUEST && arp->spa == arp->tpa)
        g_string_append(out, T(N_("ARP announcement")));
    else if (arp->op == ARP_REQUEST && arp->spa == IP4_ANY)
        g_string_append(out, T(N_("ARP probe")));
    else if (arp->op == ARP_REQUEST)
        g_string_append(out, T(N_("ARP request")));
    else if (arp->op == ARP_REPLY)
        g_string_append(out, T(N_("ARP reply")));
    else
        g_string_append_printf(out, "ARP %u", arp->op);
}

static void ip_label(GString *out, const struct facts *facts, enum render_lang lang)
{
    if (facts->ip.frag_off != 0)
        g_string_append(out, T(N_("IP fragment")));
    else if (facts->transport == FACT_ICMP)
        g_string_append(out, T(icmp_label(&facts->icmp)));
    else if (facts->transport == FACT_TCP)
        tcp_label(out, facts, lang);
    else if (facts->transport == FACT_UDP)
        g_string_append(out,
                        facts->ip.mf ? T(N_("IP fragment, the first")) : T(N_("UDP datagram")));
    else if (facts->ip.protocol == IP_PROTO_IGMP)
        g_string_append(out, T(N_("IGMP message")));
    else
        g_string_append(out, facts->ip.mf ? T(N_("IP fragment, the first")) : T(N_("IP packet")));
}

void summary_label(GString *out, const struct facts *facts, enum render_lang lang)
{
    switch (facts->app) {
    case FACT_DHCP:
        g_string_append(out, T(dhcp_label(facts->dhcp_type)));
        return;
    case FACT_DNS:
        g_string_append(out, facts->dns.qr ? T(N_("DNS response")) : T(N_("DNS query")));
        return;
    case FACT_HTTP_REQUEST:
        g_string_append_printf(out, "HTTP %s %s", facts->http_method, facts->http_target);
        return;
    case FACT_HTTP_RESPONSE:
        g_string_append_printf(out, "HTTP %u", facts->http_status);
        return;
    case FACT_APP_NONE:
        break;
    }
    if (facts->net == FACT_ARP)
        arp_label(out, &facts->arp, lang);
    else if (facts->net == FACT_IPV4)
        ip_label(out, facts, lang);
    else if (facts->net == FACT_IPV6 && facts->transport == FACT_TCP)
        tcp_label(out, facts, lang);
    else if (facts->net == FACT_IPV6 && facts->transport == FACT_UDP && !facts->ip.mf)
        g_string_append(out, T(N_("UDP datagram")));
    else if (facts->net == FACT_IPV6)
        summary_label6(out, facts, lang);
    else if (facts->has_eth)
        g_string_append(out, T(N_("Ethernet frame")));
    else
        g_string_append(out, T(N_("octets that are no frame")));
}

static void arp_detail(GString *out, const struct arp_msg *arp, enum render_lang lang)
{
    char target[IP4_TEXT_MAX], sender[IP4_TEXT_MAX], mac[MAC_TEXT_MAX];

    ip4_format(arp->tpa, target);
    ip4_format(arp->spa, sender);
    mac_format(&arp->sha, mac);
    if (arp->op == ARP_REQUEST && arp->spa != arp->tpa && arp->spa != IP4_ANY)
        g_string_append_printf(out, T(N_("who has %s? tell %s")), target, sender);
    else if (arp->op == ARP_REQUEST && arp->spa == IP4_ANY)
        g_string_append_printf(out, T(N_("does anybody have %s?")), target);
    else
        g_string_append_printf(out, T(N_("%s is at %s")), sender, mac);
}

static void addresses(GString *out, const struct facts *facts)
{
    char src[IP4_TEXT_MAX], dst[IP4_TEXT_MAX];

    if (facts->net == FACT_IPV6) {
        summary_addresses6(out, facts);
        return;
    }
    ip4_format(facts->ip.src, src);
    ip4_format(facts->ip.dst, dst);
    if (facts->transport == FACT_UDP || facts->transport == FACT_TCP)
        g_string_append_printf(out, "%s:%u → %s:%u", src, facts->src_port, dst, facts->dst_port);
    else
        g_string_append_printf(out, "%s → %s", src, dst);
}

static void dns_detail(GString *out, const struct facts *facts, enum render_lang lang)
{
    static const struct {
        uint16_t type;
        const char *name;
    } types[] = { { DNS_TYPE_A, "A" },     { DNS_TYPE_NS, "NS" },    { DNS_TYPE_CNAME, "CNAME" },
                  { DNS_TYPE_SOA, "SOA" }, { DNS_TYPE_PTR, "PTR" },  { DNS_TYPE_MX, "MX" },
                  { DNS_TYPE_TXT, "TXT" }, { DNS_TYPE_AAAA, "AAAA" } };
    unsigned answers = facts->dns.n_rrs[DNS_ANSWER];

    g_string_append_printf(out, "%s ", facts->dns_name);
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i].type == facts->dns_type)
            g_string_append(out, types[i].name);
    if (!facts->dns.qr)
        return;
    if (facts->dns.rcode == DNS_NXDOMAIN)
        g_string_append_printf(out, ", %s", T(N_("no such name")));
    else if (facts->dns.rcode != DNS_NOERROR)
        g_string_append_printf(out, ", rcode %u", facts->dns.rcode);
    else if (facts->dns.tc)
        g_string_append_printf(out, ", %s", T(N_("cut: ask again over TCP")));
    else
        g_string_append_printf(out,
                               lang == RENDER_USER ? NN_(", %u answer", ", %u answers", answers)
                               : answers == 1      ? ", %u answer"
                                                   : ", %u answers",
                               answers);
}

static void dhcp_detail(GString *out, const struct facts *facts, enum render_lang lang)
{
    ip4_addr addr = facts->dhcp.yiaddr != IP4_ANY      ? facts->dhcp.yiaddr
                    : facts->dhcp.requested != IP4_ANY ? facts->dhcp.requested
                                                       : facts->dhcp.ciaddr;
    char text[IP4_TEXT_MAX], mac[MAC_TEXT_MAX];

    g_string_append_printf(out, T(N_("for %s")), mac_format(&facts->dhcp.client, mac));
    if (addr != IP4_ANY)
        g_string_append_printf(out, ", %s", ip4_format(addr, text));
}

static void tcp_detail(GString *out, const struct facts *facts, const struct seq_base *base,
                       enum render_lang lang)
{
    bool relative = base != NULL && base->known;
    uint32_t seq = facts->tcp.seq - (relative ? base->seq : 0);
    uint32_t ack = facts->tcp.ack - (relative ? base->ack : 0);

    g_string_append_printf(out, ", seq %" G_GUINT32_FORMAT, seq);
    if (facts->tcp.flags & TCP_ACK)
        g_string_append_printf(out, ", ack %" G_GUINT32_FORMAT, ack);
    if (facts->payload_len > 0)
        g_string_append_printf(out, T(N_(", %zu octets")), facts->payload_len);
}

static void fragment_detail(GString *out, const struct facts *facts, enum render_lang lang)
{
    size_t n = facts->ip.total_len - facts->ip.hdr_len;

    addresses(out, facts);
    g_string_append_printf(out, T(N_(", id %u, octets %u to %zu")), facts->ip.id,
                           facts->ip.frag_off, facts->ip.frag_off + n - (n > 0));
    if (!facts->ip.mf)
        g_string_append(out, T(N_(", the last")));
}

static void ip_detail(GString *out, const struct facts *facts, const struct seq_base *base,
                      enum render_lang lang)
{
    if (facts->ip.mf || facts->ip.frag_off != 0) {
        fragment_detail(out, facts, lang);
        return;
    }
    addresses(out, facts);
    if (facts->transport == FACT_TCP)
        tcp_detail(out, facts, base, lang);
    else if (facts->transport == FACT_UDP)
        g_string_append_printf(out, T(N_(", %zu octets")), facts->payload_len);
    else if (facts->transport == FACT_ICMP &&
             (facts->icmp.type == ICMP_ECHO_REQUEST || facts->icmp.type == ICMP_ECHO_REPLY))
        g_string_append_printf(out, ", seq %u", icmp_echo_seq(&facts->icmp));
    else if (facts->transport != FACT_ICMP)
        g_string_append_printf(out, T(N_(", protocol %u")), facts->ip.protocol);
    g_string_append_printf(out, ", TTL %u", facts->ip.ttl);
}

static void ip6_detail(GString *out, const struct facts *facts, const struct seq_base *base,
                       enum render_lang lang)
{
    if (facts->ip.mf || (facts->transport != FACT_TCP && facts->transport != FACT_UDP)) {
        summary_detail6(out, facts, lang);
        return;
    }
    addresses(out, facts);
    if (facts->transport == FACT_TCP)
        tcp_detail(out, facts, base, lang);
    else
        g_string_append_printf(out, T(N_(", %zu octets")), facts->payload_len);
    g_string_append_printf(out, T(N_(", hop limit %u")), facts->ip6.hop_limit);
}

void summary_detail(GString *out, const struct facts *facts, const struct seq_base *base,
                    enum render_lang lang)
{
    char src[MAC_TEXT_MAX], dst[MAC_TEXT_MAX];

    if (facts->app == FACT_DNS)
        dns_detail(out, facts, lang);
    else if (facts->app == FACT_DHCP)
        dhcp_detail(out, facts, lang);
    else if (facts->net == FACT_ARP)
        arp_detail(out, &facts->arp, lang);
    else if (facts->net == FACT_IPV4)
        ip_detail(out, facts, base, lang);
    else if (facts->net == FACT_IPV6)
        ip6_detail(out, facts, base, lang);
    else if (facts->has_eth)
        g_string_append_printf(out, T(N_("%s → %s, type 0x%04x")), mac_format(&facts->eth.src, src),
                               mac_format(&facts->eth.dst, dst), facts->eth.ethertype);
}

void summary(GString *out, const struct facts *facts, const struct seq_base *base,
             enum render_lang lang)
{
    gsize before;

    summary_label(out, facts, lang);
    g_string_append(out, ": ");
    before = out->len;
    summary_detail(out, facts, base, lang);
    if (out->len == before)
        g_string_truncate(out, before - 2);
}

/* ---- initial sequence numbers ---- */

struct seq_key {
    ip4_addr src, dst;
    struct ip6_addr src6, dst6;
    uint16_t src_port, dst_port;
};

struct seq_table {
    GHashTable *isns; /* struct seq_key -> initial sequence number of that direction */
};

static guint key_hash(gconstpointer data)
{
    const struct seq_key *key = data;

    return key->src * 31u + key->dst * 17u + (guint)key->src6.lo * 31u + (guint)key->dst6.lo * 17u +
           key->src_port * 65537u + key->dst_port;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    const struct seq_key *x = a, *y = b;

    return x->src == y->src && x->dst == y->dst && ip6_eq(x->src6, y->src6) &&
           ip6_eq(x->dst6, y->dst6) && x->src_port == y->src_port && x->dst_port == y->dst_port;
}

struct seq_table *seq_table_new(void)
{
    struct seq_table *table = g_new(struct seq_table, 1);

    table->isns = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    return table;
}

void seq_table_free(struct seq_table *table)
{
    if (table == NULL)
        return;
    g_hash_table_destroy(table->isns);
    g_free(table);
}

struct seq_base seq_table_look(struct seq_table *table, const struct facts *facts)
{
    struct seq_key there = { .src_port = facts->src_port, .dst_port = facts->dst_port };
    struct seq_key back = { .src_port = facts->dst_port, .dst_port = facts->src_port };
    struct seq_base base = { 0 };
    gpointer isn;
    bool has_back;

    if (facts->transport != FACT_TCP)
        return base;
    if (facts->net == FACT_IPV6) {
        there.src6 = back.dst6 = facts->ip6.src;
        there.dst6 = back.src6 = facts->ip6.dst;
    } else {
        there.src = back.dst = facts->ip.src;
        there.dst = back.src = facts->ip.dst;
    }
    if (facts->tcp.flags & TCP_SYN)
        g_hash_table_replace(table->isns, g_memdup2(&there, sizeof there),
                             GUINT_TO_POINTER(facts->tcp.seq));
    base.known = g_hash_table_lookup_extended(table->isns, &there, NULL, &isn);
    base.seq = base.known ? GPOINTER_TO_UINT(isn) : 0;
    has_back = g_hash_table_lookup_extended(table->isns, &back, NULL, &isn);
    base.ack = has_back ? GPOINTER_TO_UINT(isn) : 0;
    /* An ACK whose direction was never opened is an RST's or a stray's: its number as it is would
     * mislead beside ours. */
    if (!has_back && (facts->tcp.flags & TCP_ACK))
        base.known = false;
    return base;
}
