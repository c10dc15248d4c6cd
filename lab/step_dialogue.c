#include "lab/step_dialogue.h"

#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"

enum kind { DIALOGUE_NONE, DIALOGUE_ARP, DIALOGUE_DHCP, DIALOGUE_DNS, DIALOGUE_ECHO, DIALOGUE_TCP };

enum { TUPLES_MAX = 8, ENDS_MAX = 8 };

struct tuple { /* of a TCP connection, as it is on one stretch of its way */
    ip4_addr src, dst;
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
    return code == WHY_REPEAT || code == WHY_IP_FORWARD || code == WHY_IP_FORWARD_DIRECT ||
           code == WHY_IP_FRAGMENT || g_str_has_prefix(why_name(code), "bridge-") ||
           code == WHY_NAT_OUT || code == WHY_NAT_IN || code == WHY_NAT_FORWARD;
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

static bool is_same_packet(const struct facts *a, const struct facts *b)
{
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
            step_log_facts(log, entry, &before) && is_same_packet(&before, facts))
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
    if (!step_log_facts(log, entry, &facts) || facts.net != FACT_IPV4)
        return frame_of(log, cause);
    if (cause->kind == RECORD_RECEIVE && cause->node == entry->node &&
        step_log_facts(log, cause, &before) && is_same_packet(&before, &facts))
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

static bool begin_echo(struct step_dialogue *d, const struct step_entry *origin,
                       const struct facts *facts)
{
    const struct step_entry *request = step_log_find(d->log, origin->cause);

    if (facts->icmp.type == ICMP_ECHO_REQUEST)
        return begin_question(d, origin);
    if (request == NULL || request->kind != RECORD_RECEIVE)
        return false;
    return begin_question(d, step_origin(d->log, request));
}

static bool has_tuple(const struct step_dialogue *d, const struct facts *facts)
{
    for (unsigned i = 0; i < d->n_tuples; i++) {
        const struct tuple *t = &d->tuples[i];

        if ((t->src == facts->ip.src && t->dst == facts->ip.dst && t->src_port == facts->src_port &&
             t->dst_port == facts->dst_port) ||
            (t->src == facts->ip.dst && t->dst == facts->ip.src && t->src_port == facts->dst_port &&
             t->dst_port == facts->src_port))
            return true;
    }
    return false;
}

static void add_tuple(struct step_dialogue *d, const struct facts *facts)
{
    if (d->n_tuples < TUPLES_MAX && !has_tuple(d, facts))
        d->tuples[d->n_tuples++] =
            (struct tuple){ facts->ip.src, facts->ip.dst, facts->src_port, facts->dst_port };
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
    if (facts->transport == FACT_ICMP &&
        (facts->icmp.type == ICMP_ECHO_REQUEST || facts->icmp.type == ICMP_ECHO_REPLY)) {
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

/* An ICMP error about the question, come to the asker. */
static bool is_error_about(const struct step_dialogue *d, const struct facts *facts)
{
    const struct facts *q = &d->question;

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
        return is_error_about(d, facts) ||
               (facts->transport == FACT_ICMP && facts->icmp.type == ICMP_ECHO_REPLY &&
                icmp_echo_id(&facts->icmp) == icmp_echo_id(&q->icmp) &&
                icmp_echo_seq(&facts->icmp) == icmp_echo_seq(&q->icmp));
    case DIALOGUE_NONE:
    case DIALOGUE_ARP:
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
    uint64_t port = entry->why.args[2], peer = entry->why.args[3];

    if (entry->kind != RECORD_STATE || entry->why.code != WHY_TCP_STATE)
        return false;
    for (unsigned i = 0; i < d->n_tuples; i++)
        if ((d->tuples[i].src_port == port && d->tuples[i].dst == peer) ||
            (d->tuples[i].dst_port == port && d->tuples[i].src == peer))
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
    state = render_tcp_state(entry->why.args[1]);
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
        *error = g_strdup(_("this belongs to no dialogue: ARP, DHCP, DNS, a ping or TCP"));
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
