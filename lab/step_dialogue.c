#include "lab/step_dialogue.h"

#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"

enum kind {
    DIALOGUE_NONE,
    DIALOGUE_ARP,
    DIALOGUE_NDP,
    DIALOGUE_DHCP,
    DIALOGUE_DNS,
    DIALOGUE_ECHO,
    DIALOGUE_TCP
};

enum { TUPLES_MAX = 8, ENDS_MAX = 8 };

struct tuple {                /* of a TCP connection, as it is on one stretch of its way */
    struct ip6_addr src, dst; /* of IPv4 the lower half */
    uint16_t src_port, dst_port;
};

struct end {
    const struct node *node;
    bool over;
};

struct step_dialogue {
    const struct step_log *log;
    enum kind kind;
    const struct node *asker; /* where the answer is waited for; NULL: wherever it comes */
    struct facts question;    /* as the asker has sent it */
    ip4_addr asker_ip, asked_ip;
    struct tuple tuples[TUPLES_MAX];
    unsigned n_tuples;
    struct end ends[ENDS_MAX];
    unsigned n_ends;
};

bool step_goes_on(enum why_code code)
{
    return code == WHY_REPEAT || code == WHY_IP6_FORWARD || code == WHY_IP6_FORWARD_DIRECT ||
           code == WHY_IP_FORWARD || code == WHY_IP_FORWARD_DIRECT || code == WHY_IP_FRAGMENT ||
           code == WHY_IP_FORWARD_BY_ADDRESSES || code == WHY_IP_FORWARD_BY_PORTS ||
           g_str_has_prefix(why_name(code), "bridge-") || code == WHY_NAT_OUT ||
           code == WHY_NAT_IN || code == WHY_NAT_FORWARD;
}

/* ---- where a frame was made ---- */

static bool has_frame(const struct step_entry *entry)
{
    return entry->kind == RECORD_SEND || entry->kind == RECORD_RECEIVE ||
           entry->kind == RECORD_DROP;
}

static const struct step_entry *frame_of(const struct step_log *log, const struct step_entry *entry)
{
    while (entry != NULL && !has_frame(entry))
        entry = step_log_find(log, entry->cause);
    return entry;
}

/* IPv6 numbers fragments only: what routers leave alone tells packets apart. */
static bool is_same_packet6(const struct facts *a, const struct facts *b)
{
    return ip6_eq(a->ip6.src, b->ip6.src) && ip6_eq(a->ip6.dst, b->ip6.dst) &&
           a->ip6.flow == b->ip6.flow && a->ip6.payload_len == b->ip6.payload_len &&
           a->ip6_protocol == b->ip6_protocol && a->transport == b->transport &&
           a->frag6.id == b->frag6.id && a->frag6.offset == b->frag6.offset &&
           a->icmp6.type == b->icmp6.type && a->icmp6.rest == b->icmp6.rest &&
           a->src_port == b->src_port && a->dst_port == b->dst_port && a->tcp.seq == b->tcp.seq &&
           a->tcp.ack == b->tcp.ack && a->tcp.flags == b->tcp.flags;
}

bool step_same_packet(const struct facts *a, const struct facts *b)
{
    if (a->net == FACT_IPV6 && b->net == FACT_IPV6)
        return is_same_packet6(a, b);
    return a->net == FACT_IPV4 && b->net == FACT_IPV4 && a->ip.id == b->ip.id &&
           a->ip.protocol == b->ip.protocol && (a->ip.src == b->ip.src || a->ip.dst == b->ip.dst);
}

/* A packet that waited for an ARP answer goes on because of the answer: its own arrival is before.
 */
static const struct step_entry *came_in(const struct step_log *log, const struct step_entry *sent,
                                        const struct facts *facts)
{
    uint64_t n = log->n_entries;

    while (n-- > step_log_first(log) && step_log_at(log, n) != sent)
        continue;
    for (uint64_t at = n; at-- > step_log_first(log);) {
        const struct step_entry *entry = step_log_at(log, at);
        struct facts before;

        if (entry->kind == RECORD_RECEIVE && entry->node == sent->node &&
            step_log_facts(log, entry, &before) && step_same_packet(&before, facts))
            return entry;
    }
    return NULL;
}

/* The station before @entry's; NULL: here it was made. */
static const struct step_entry *station_before(const struct step_log *log,
                                               const struct step_entry *entry)
{
    const struct step_entry *cause = step_log_find(log, entry->cause);
    struct facts facts, before;

    if (cause == NULL || (entry->kind == RECORD_SEND && !step_goes_on(entry->why.code)))
        return NULL;
    if (entry->kind != RECORD_SEND)
        return has_frame(cause) ? cause : NULL;
    if (!step_log_facts(log, entry, &facts) || (facts.net != FACT_IPV4 && facts.net != FACT_IPV6))
        return frame_of(log, cause);
    if (cause->kind == RECORD_RECEIVE && cause->node == entry->node &&
        step_log_facts(log, cause, &before) && step_same_packet(&before, &facts))
        return cause;
    return came_in(log, entry, &facts);
}

const struct step_entry *step_origin(const struct step_log *log, const struct step_entry *entry)
{
    const struct step_entry *at = frame_of(log, entry), *before = at;

    while (before != NULL) {
        at = before;
        before = station_before(log, at);
    }
    return at;
}

static bool differs(const struct step_log *log, const struct step_entry *sent,
                    const struct step_entry *arrived)
{
    struct facts a, b;

    return step_log_facts(log, sent, &a) && step_log_facts(log, arrived, &b) &&
           a.net == FACT_IPV4 && b.net == FACT_IPV4 &&
           (a.ip.src != b.ip.src || a.ip.dst != b.ip.dst);
}

const struct node *step_translator(const struct step_log *log, const struct step_entry *entry)
{
    const struct step_entry *at = frame_of(log, entry);

    while (at != NULL) {
        const struct step_entry *before = station_before(log, at);

        if (before != NULL && at->kind == RECORD_SEND && before->node == at->node &&
            differs(log, at, before))
            return at->node;
        at = before;
    }
    return NULL;
}

/* ---- which dialogue ---- */

static const struct node *node_with_mac(const struct step_log *log, const struct mac_addr *mac)
{
    const struct sim *sim = log->sim;

    for (uint32_t i = 0; i < sim->n_nodes; i++)
        for (uint32_t j = 0; j < sim->nodes[i]->n_ifaces; j++)
            if (memcmp(&sim->nodes[i]->ifaces[j]->mac, mac, sizeof *mac) == 0)
                return sim->nodes[i];
    return NULL;
}

static bool is_dns_response(const struct facts *facts)
{
    return facts->app == FACT_DNS && facts->dns.qr;
}

static bool begin_arp(struct step_dialogue *d, const struct facts *facts)
{
    bool reply = facts->arp.op == ARP_REPLY;

    d->asker_ip = reply ? facts->arp.tpa : facts->arp.spa;
    d->asked_ip = reply ? facts->arp.spa : facts->arp.tpa;
    d->asker = node_with_mac(d->log, reply ? &facts->arp.tha : &facts->arp.sha);
    return d->asker_ip != d->asked_ip && d->asker_ip != IP4_ANY && d->asker != NULL;
}

static bool begin_dhcp(struct step_dialogue *d, const struct facts *facts)
{
    d->asker = node_with_mac(d->log, &facts->dhcp.client);
    return facts->dhcp_type != DHCP_RELEASE && facts->dhcp_type != DHCP_DECLINE && d->asker != NULL;
}

/* The sending that asked what @facts answers: by what no translation changes. */
static const struct step_entry *find_query(const struct step_log *log, const struct facts *facts)
{
    for (uint64_t n = log->n_entries; n-- > step_log_first(log);) {
        const struct step_entry *entry = step_log_at(log, n);
        struct facts each;

        if (entry->kind == RECORD_SEND && !step_goes_on(entry->why.code) &&
            step_log_facts(log, entry, &each) && each.app == FACT_DNS && !each.dns.qr &&
            each.dns.id == facts->dns.id && strcmp(each.dns_name, facts->dns_name) == 0)
            return entry;
    }
    return NULL;
}

/* @question is the sending of a question by the node that waits for the answer. */
static bool begin_question(struct step_dialogue *d, const struct step_entry *question)
{
    if (question == NULL || !step_log_facts(d->log, question, &d->question))
        return false;
    d->asker = question->node;
    return true;
}

static bool is_echo(const struct facts *facts)
{
    if (facts->transport == FACT_ICMP6)
        return facts->icmp6.type == ICMP6_ECHO_REQUEST || facts->icmp6.type == ICMP6_ECHO_REPLY;
    return facts->transport == FACT_ICMP &&
           (facts->icmp.type == ICMP_ECHO_REQUEST || facts->icmp.type == ICMP_ECHO_REPLY);
}

/* What @origin, an answer, was sent because of. */
static bool begin_asked(struct step_dialogue *d, const struct step_entry *origin)
{
    const struct step_entry *request = step_log_find(d->log, origin->cause);

    if (request == NULL || request->kind != RECORD_RECEIVE)
        return false;
    return begin_question(d, step_origin(d->log, request));
}

static bool begin_echo(struct step_dialogue *d, const struct step_entry *origin,
                       const struct facts *facts)
{
    bool request = facts->transport == FACT_ICMP6 ? facts->icmp6.type == ICMP6_ECHO_REQUEST
                                                  : facts->icmp.type == ICMP_ECHO_REQUEST;

    return request ? begin_question(d, origin) : begin_asked(d, origin);
}

/* Whether somebody has an address is a question without an answer where all is well. */
static bool begin_ndp(struct step_dialogue *d, const struct step_entry *origin,
                      const struct facts *facts)
{
    if (facts->icmp6.type == ICMP6_NEIGHBOR_SOLICIT)
        return !ip6_is_any(facts->ip6.src) && begin_question(d, origin);
    return facts->icmp6.type == ICMP6_NEIGHBOR_ADVERT && facts->ndp.solicited &&
           begin_asked(d, origin);
}

static struct tuple tuple_of(const struct facts *facts)
{
    struct tuple tuple = {
        { 0, facts->ip.src }, { 0, facts->ip.dst }, facts->src_port, facts->dst_port
    };

    if (facts->net == FACT_IPV6) {
        tuple.src = facts->ip6.src;
        tuple.dst = facts->ip6.dst;
    }
    return tuple;
}

static bool has_tuple(const struct step_dialogue *d, const struct facts *facts)
{
    struct tuple f = tuple_of(facts);

    for (unsigned i = 0; i < d->n_tuples; i++) {
        const struct tuple *t = &d->tuples[i];

        if ((ip6_eq(t->src, f.src) && ip6_eq(t->dst, f.dst) && t->src_port == f.src_port &&
             t->dst_port == f.dst_port) ||
            (ip6_eq(t->src, f.dst) && ip6_eq(t->dst, f.src) && t->src_port == f.dst_port &&
             t->dst_port == f.src_port))
            return true;
    }
    return false;
}

static void add_tuple(struct step_dialogue *d, const struct facts *facts)
{
    if (d->n_tuples < TUPLES_MAX && !has_tuple(d, facts))
        d->tuples[d->n_tuples++] = tuple_of(facts);
}

static bool begin_tcp(struct step_dialogue *d, const struct step_entry *origin,
                      const struct facts *facts)
{
    add_tuple(d, facts);
    d->ends[d->n_ends++] = (struct end){ origin->node, false };
    return true;
}

static bool begin(struct step_dialogue *d, const struct step_entry *entry)
{
    const struct step_entry *origin = step_origin(d->log, entry);
    struct facts *facts = &d->question;

    if (origin == NULL || !step_log_facts(d->log, origin, facts))
        return false;
    if (facts->net == FACT_ARP) {
        d->kind = DIALOGUE_ARP;
        return begin_arp(d, facts);
    }
    if (facts->app == FACT_DHCP) {
        d->kind = DIALOGUE_DHCP;
        return begin_dhcp(d, facts);
    }
    if (facts->app == FACT_DNS) {
        struct facts response = *facts;

        d->kind = DIALOGUE_DNS;
        return begin_question(d, is_dns_response(facts) ? find_query(d->log, &response) : origin);
    }
    if (facts->transport == FACT_TCP) {
        d->kind = DIALOGUE_TCP;
        return begin_tcp(d, origin, facts);
    }
    if (facts->has_ndp) {
        struct facts reply = *facts;

        d->kind = DIALOGUE_NDP;
        return begin_ndp(d, origin, &reply);
    }
    if (is_echo(facts)) {
        struct facts reply = *facts;

        d->kind = DIALOGUE_ECHO;
        return begin_echo(d, origin, &reply);
    }
    return false;
}

/* ---- its end ---- */

static bool ends_arp(const struct step_dialogue *d, const struct step_entry *entry)
{
    struct facts facts;

    if (entry->why.code == WHY_NEIGH_FAILED)
        return entry->node == d->asker && entry->why.args[0] == d->asked_ip;
    return entry->kind == RECORD_RECEIVE && entry->node == d->asker &&
           step_log_facts(d->log, entry, &facts) && facts_is_arp(&facts, ARP_REPLY) &&
           facts.arp.spa == d->asked_ip && facts.arp.tpa == d->asker_ip;
}

static bool ends_ndp(const struct step_dialogue *d, const struct step_entry *entry)
{
    struct ip6_addr asked = d->question.ndp.target;
    struct facts facts;

    if (entry->why.code == WHY_NEIGH6_FAILED)
        return entry->node == d->asker && entry->why.args[0] == asked.hi &&
               entry->why.args[1] == asked.lo;
    return entry->kind == RECORD_RECEIVE && entry->node == d->asker &&
           step_log_facts(d->log, entry, &facts) && facts.has_ndp &&
           facts.icmp6.type == ICMP6_NEIGHBOR_ADVERT && ip6_eq(facts.ndp.target, asked);
}

/* An ICMPv6 error about the question @q. */
static bool is_error6_about(const struct facts *q, const struct facts *facts)
{
    return facts->has_quote6 && ip6_eq(facts->quote6.src, q->ip6.src) &&
           ip6_eq(facts->quote6.dst, q->ip6.dst) && facts->quote_protocol == q->ip6_protocol &&
           (q->transport != FACT_UDP ||
            (facts->quote_src_port == q->src_port && facts->quote_dst_port == q->dst_port));
}

/* An ICMP error about the question, come to the asker. */
static bool is_error_about(const struct step_dialogue *d, const struct facts *facts)
{
    const struct facts *q = &d->question;

    if (q->net == FACT_IPV6)
        return is_error6_about(q, facts);
    return facts->transport == FACT_ICMP && facts->has_quote && facts->quote.src == q->ip.src &&
           facts->quote.dst == q->ip.dst && facts->quote.protocol == q->ip.protocol &&
           (q->transport != FACT_UDP ||
            (facts->quote_src_port == q->src_port && facts->quote_dst_port == q->dst_port));
}

static bool answers(const struct step_dialogue *d, const struct facts *facts)
{
    const struct facts *q = &d->question;

    switch (d->kind) {
    case DIALOGUE_DHCP:
        return facts->app == FACT_DHCP && facts->dhcp.xid == q->dhcp.xid &&
               (facts->dhcp_type == DHCP_ACK || facts->dhcp_type == DHCP_NAK);
    case DIALOGUE_DNS:
        return is_error_about(d, facts) ||
               (is_dns_response(facts) && facts->dns.id == q->dns.id &&
                facts->dst_port == q->src_port && facts->src_port == q->dst_port);
    case DIALOGUE_ECHO:
        if (q->net == FACT_IPV6)
            return is_error_about(d, facts) ||
                   (facts->transport == FACT_ICMP6 && facts->icmp6.type == ICMP6_ECHO_REPLY &&
                    facts->icmp6.rest == q->icmp6.rest);
        return is_error_about(d, facts) ||
               (facts->transport == FACT_ICMP && facts->icmp.type == ICMP_ECHO_REPLY &&
                icmp_echo_id(&facts->icmp) == icmp_echo_id(&q->icmp) &&
                icmp_echo_seq(&facts->icmp) == icmp_echo_seq(&q->icmp));
    case DIALOGUE_NONE:
    case DIALOGUE_ARP:
    case DIALOGUE_NDP:
    case DIALOGUE_TCP:
        break;
    }
    return false;
}

/* A translation gives the connection other addresses from there on. */
static void follow_translation(struct step_dialogue *d, const struct step_entry *entry)
{
    const struct step_entry *cause = step_log_find(d->log, entry->cause);
    struct facts before, after;

    if (cause != NULL && step_log_facts(d->log, cause, &before) && before.transport == FACT_TCP &&
        has_tuple(d, &before) && step_log_facts(d->log, entry, &after) &&
        after.transport == FACT_TCP)
        add_tuple(d, &after);
}

static bool is_state_of(const struct step_dialogue *d, const struct step_entry *entry)
{
    const uint64_t *args = entry->why.args;
    bool six = entry->why.code == WHY_TCP6_STATE;
    struct ip6_addr peer =
        six ? (struct ip6_addr){ args[0], args[1] } : (struct ip6_addr){ 0, args[3] };
    uint64_t port = args[2];

    if (entry->kind != RECORD_STATE || (entry->why.code != WHY_TCP_STATE && !six))
        return false;
    for (unsigned i = 0; i < d->n_tuples; i++)
        if ((d->tuples[i].src_port == port && ip6_eq(d->tuples[i].dst, peer)) ||
            (d->tuples[i].dst_port == port && ip6_eq(d->tuples[i].src, peer)))
            return true;
    return false;
}

static struct end *end_at(struct step_dialogue *d, const struct node *node)
{
    for (unsigned i = 0; i < d->n_ends; i++)
        if (d->ends[i].node == node)
            return &d->ends[i];
    if (d->n_ends == ENDS_MAX)
        return NULL;
    d->ends[d->n_ends] = (struct end){ node, false };
    return &d->ends[d->n_ends++];
}

static bool ends_tcp(struct step_dialogue *d, const struct step_entry *entry)
{
    enum why_code code = entry->why.code;
    const char *state;
    struct end *end;

    if (entry->kind == RECORD_SEND &&
        (code == WHY_NAT_OUT || code == WHY_NAT_IN || code == WHY_NAT_FORWARD))
        follow_translation(d, entry);
    if (!is_state_of(d, entry))
        return false;
    end = end_at(d, entry->node);
    if (end == NULL)
        return false;
    state =
        render_tcp_state(code == WHY_TCP6_STATE ? entry->why.args[3] & 0xff : entry->why.args[1]);
    end->over = strcmp(state, "CLOSED") == 0 || strcmp(state, "TIME-WAIT") == 0;
    for (unsigned i = 0; i < d->n_ends; i++)
        if (!d->ends[i].over)
            return false;
    return true;
}

bool step_dialogue_ends(struct step_dialogue *d, const struct step_entry *entry)
{
    struct facts facts;

    if (d->kind == DIALOGUE_ARP)
        return ends_arp(d, entry);
    if (d->kind == DIALOGUE_NDP)
        return ends_ndp(d, entry);
    if (d->kind == DIALOGUE_TCP)
        return ends_tcp(d, entry);
    return entry->kind == RECORD_RECEIVE && entry->node == d->asker &&
           step_log_facts(d->log, entry, &facts) && answers(d, &facts);
}

/* ---- life ---- */

/* What has happened since it began; a connection is opened anew by a later SYN. */
static bool is_over(struct step_dialogue *d, const struct step_entry *from)
{
    const struct step_log *log = d->log;
    bool over = false, begun = d->kind == DIALOGUE_TCP;

    for (uint64_t n = step_log_first(log); n < log->n_entries; n++) {
        begun = begun || step_log_at(log, n) == from;
        if (!begun)
            continue;
        if (step_dialogue_ends(d, step_log_at(log, n)))
            over = true;
        else if (over && d->kind == DIALOGUE_TCP)
            for (unsigned i = 0; i < d->n_ends; i++)
                over = over && d->ends[i].over;
    }
    return over;
}

struct step_dialogue *step_dialogue_new(const struct step_log *log, uint64_t id, char **error)
{
    struct step_dialogue *d = g_new0(struct step_dialogue, 1);
    const struct step_entry *entry = step_log_find(log, id);

    d->log = log;
    if (entry == NULL || !begin(d, entry)) {
        *error =
            g_strdup(_("this belongs to no dialogue: ARP, neighbor discovery, DHCP, DNS, a ping or "
                       "TCP"));
        g_free(d);
        return NULL;
    }
    if (is_over(d, step_origin(log, entry))) {
        *error = g_strdup(_("the dialogue that this belongs to is over"));
        g_free(d);
        return NULL;
    }
    return d;
}

void step_dialogue_free(struct step_dialogue *dialogue)
{
    g_free(dialogue);
}
