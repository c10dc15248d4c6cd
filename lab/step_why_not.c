/* Why something did not arrive: where it died, what stood in the way, which entry is missing. */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/step_dialogue.h"
#include "lab/step_moment.h"
#include "lab/step_path.h"
#include "lab/step_tell.h"
#include "lab/step_value.h"
#include "lab/step_words.h"

struct search {
    struct step_moment *moment;
    const struct node *node;
    struct filter *filter;
    bool without_ndp;               /* "icmp6" means what programs send, if there is any */
    bool whatever;                  /* the filter alone says what is meant, wherever it goes */
    const struct step_entry *last;  /* the last frame meant for the node */
    const struct step_entry *seen;  /* the last that did arrive */
    const struct step_entry *death; /* of the last one that died on its way */
};

static bool is_address_of(const struct search *search, struct endpoint addr)
{
    const struct os *os = step_os(search->moment, search->node);

    return os != NULL && step_has_addr(os, &addr);
}

static struct endpoint of_ip4(ip4_addr addr)
{
    return (struct endpoint){ .addr = addr };
}

/* A solicitation goes to a group, and asks for one address. */
static struct endpoint meant_by(const struct facts *facts)
{
    if (facts->net == FACT_ARP)
        return of_ip4(facts->arp.tpa);
    if (facts->net == FACT_IPV6 && facts->has_ndp && facts->icmp6.type == ICMP6_NEIGHBOR_SOLICIT)
        return (struct endpoint){ .v6 = true, .addr6 = facts->ndp.target };
    return step_facts_dst(facts);
}

static bool is_meant(const struct search *search, const struct step_entry *entry,
                     const struct facts *facts)
{
    uint8_t octets[STEP_LOG_FRAME_MAX];
    size_t len;

    if (search->filter != NULL) {
        len = step_log_octets(search->moment->log, entry, octets);
        if (!entry->at_ether || !filter_match(search->filter, octets, len))
            return false;
    }
    if (search->whatever)
        return true;
    if (facts->net == FACT_IPV4 && search->filter != NULL && facts->ip.dst == IP4_BROADCAST)
        return true;
    return is_address_of(search, meant_by(facts));
}

/* A flood brings copies to hosts that have nothing to do with it. */
static bool is_stray(const struct search *search, const struct step_entry *entry)
{
    const struct iface *peer = entry->iface != NULL ? link_peer(entry->iface) : NULL;
    const struct node *at = entry->kind == RECORD_RECEIVE ? entry->node
                            : peer != NULL                ? peer->node
                                                          : entry->node;

    return entry->kind != RECORD_DROP && at != search->node && strcmp(at->ops->kind, "host") == 0;
}

static void consider(struct search *search, const struct step_entry *entry)
{
    struct facts facts;

    if ((entry->kind != RECORD_SEND && entry->kind != RECORD_RECEIVE &&
         entry->kind != RECORD_DROP) ||
        is_stray(search, entry))
        return;
    if (!step_log_facts(search->moment->log, entry, &facts) ||
        (search->without_ndp && facts.has_ndp) || !is_meant(search, entry, &facts))
        return;
    if (entry->kind == RECORD_DROP &&
        (entry->drop == DROP_NOT_FOR_ME || entry->drop == DROP_ARP_NOT_MINE ||
         entry->drop == DROP_SAME_PORT || entry->drop == DROP_NO_OTHER_PORT))
        return; /* a copy that a flood has brought to others */
    if (entry->kind == RECORD_RECEIVE && entry->node == search->node)
        search->seen = entry;
    if (entry->kind == RECORD_DROP)
        search->death = entry;
    search->last = entry;
}

static void tell_arrived(const struct search *search, GString *out)
{
    g_string_append_printf(out, _("something did arrive at %s; the last was:\n"),
                           search->node->name);
    step_tell(search->moment->log, search->seen, out);
    if (search->death != NULL && search->death->node == search->node) {
        g_string_append_printf(out, "%s\n", _("and there it died:"));
        step_tell(search->moment->log, search->death, out);
    }
}

static void consider_all(struct search *search)
{
    const struct step_log *log = search->moment->log;

    for (uint64_t n = step_log_first(log); n < log->n_entries; n++)
        consider(search, step_log_at(log, n));
}

/* Requests for addresses, unreachable errors and failed neighbors say why nothing was even sent. */
static void tell_obstacles(const struct search *search, GString *out)
{
    const struct step_log *log = search->moment->log;
    uint64_t first = step_log_first(log);
    unsigned n = 0;

    for (uint64_t at = log->n_entries; at-- > first && n < 3;) {
        const struct step_entry *entry = step_log_at(log, at);
        enum why_code code = entry->why.code;
        bool drop = entry->kind == RECORD_DROP &&
                    (entry->drop == DROP_NO_ROUTE || entry->drop == DROP_NEIGH_FAILED ||
                     entry->drop == DROP_LINK_DOWN || entry->drop == DROP_NOT_CABLED);

        if (!drop && code != WHY_NEIGH_FAILED && code != WHY_ICMP_HOST_UNREACHABLE &&
            code != WHY_ICMP_NET_UNREACHABLE && code != WHY_NEIGH6_FAILED &&
            code != WHY_ICMP6_UNREACHABLE && code != WHY_ICMP6_NO_ROUTE &&
            code != WHY_ICMP6_PROHIBITED && code != WHY_ICMP6_TOO_BIG &&
            code != WHY_ICMP6_HOP_LIMIT)
            continue;
        if (n++ == 0)
            g_string_append_printf(out, "%s\n", _("what stood in the way lately:"));
        step_tell(log, entry, out);
    }
}

/* Nothing can arrive over a cable that is out. */
static void tell_cables(const struct search *search, GString *out)
{
    for (uint32_t i = 0; i < search->node->n_ifaces; i++) {
        const struct iface *iface = search->node->ifaces[i];

        if (iface->end == NULL || iface_has_carrier(iface))
            continue;
        g_string_append_printf(out,
                               iface->end->link->up
                                   ? _("the interface at an end of %s:%s is off now\n")
                                   : _("the cable of %s:%s is unplugged now\n"),
                               search->node->name, iface->name);
    }
}

static bool has_died(const struct search *search)
{
    return search->death != NULL &&
           (search->seen == NULL || search->death->event >= search->seen->event);
}

static void tell_result(const struct search *search, GString *out)
{
    bool died = has_died(search);

    if (search->seen != NULL &&
        (search->last == search->seen || (died && search->death->node == search->node))) {
        tell_arrived(search, out);
    } else if (died) {
        g_string_append_printf(out, _("it never reached %s: it died at %s\n"), search->node->name,
                               search->death->node->name);
        step_tell(search->moment->log, search->death, out);
    } else if (search->last != NULL) {
        g_string_append_printf(out, _("it has not reached %s yet; this is how far it is:\n"),
                               search->node->name);
        step_tell(search->moment->log, search->last, out);
        tell_obstacles(search, out);
    } else {
        g_string_append_printf(out, _("nobody has sent anything to %s lately\n"),
                               search->node->name);
        tell_obstacles(search, out);
    }
}

/* ---- what is missing ---- */

/* Where what died did so: the entry that was missing, and how it came to be there. */
static void tell_death(const struct search *search, GString *out)
{
    const struct step_log *log = search->moment->log;
    g_autoptr(GString) causes = g_string_new(NULL);

    step_path_drop(search->moment, search->death, out);
    step_tell_causes(log, search->death, false, causes);
    if (causes->len > 0)
        g_string_append_printf(out, "%s\n%s", _("it came there like this:"), causes->str);
}

/* The last line that somebody has typed on @node, or anywhere; NULL: none. *@where runs it. */
static const char *last_command(const struct search *search, const struct node *node,
                                const struct node **where)
{
    const struct run *run = search->moment->run;

    for (guint i = run->commands->len; i-- > 0;) {
        const struct run_command *command = run->commands->pdata[i];
        const struct scenario_entry *entry = run_entry(run, command->entry);

        *where = run->network->nodes[entry->node];
        if (node == NULL || *where == node)
            return entry->run.text;
    }
    *where = NULL;
    return NULL;
}

/* An address that stands in the command: "ping -c 1 10.0.0.2"; unspecified: none does. */
static struct endpoint address_in(const char *command)
{
    g_auto(GStrv) words = g_strsplit_set(command != NULL ? command : "", " /%[];'\"@", -1);
    struct endpoint addr = { 0 };

    for (char **word = words; *word != NULL; word++) {
        g_autofree char *host = g_strndup(*word, strcspn(*word, ":"));

        if (endpoint_parse_addr(*word, &addr) || endpoint_parse_addr(host, &addr))
            return addr;
    }
    return addr;
}

/* Its last command gives a name where an address would do, and nobody to ask is known. */
static bool lacks_resolver(const struct search *search, const struct node *node, GString *out)
{
    const struct node *where;
    const char *command = last_command(search, node, &where);
    struct endpoint named = address_in(command);
    struct os *os = step_os(search->moment, node);
    const struct os_file *file = os != NULL ? os_file_find(os, "/etc/resolv.conf") : NULL;
    g_autofree char *text =
        file != NULL ? g_strndup(file->content.text, file->content.len) : g_strdup("");

    if (os == NULL || command == NULL || !endpoint_is_any(&named) ||
        strstr(text, "nameserver") != NULL)
        return false;
    g_string_append_printf(out, _("  %s knows no name server: /etc/resolv.conf names none\n"),
                           node->name);
    return true;
}

static bool is_group(const struct endpoint *addr)
{
    return addr->v6 ? ip6_is_multicast(addr->addr6)
                    : ip4_is_multicast(addr->addr) || addr->addr == IP4_BROADCAST;
}

/* Whom @node's last command, or else its last packet, was for. */
static const struct node *peer_of(const struct search *search, const struct node *node,
                                  struct endpoint *addr)
{
    const struct step_log *log = search->moment->log;
    const struct node *where;
    struct facts facts;

    *addr = address_in(last_command(search, node, &where));
    for (uint64_t n = log->n_entries; n-- > step_log_first(log) && endpoint_is_any(addr);) {
        const struct step_entry *entry = step_log_at(log, n);
        struct endpoint dst;

        if (entry->kind != RECORD_SEND || entry->node != node ||
            !step_log_facts(log, entry, &facts) || facts.has_ndp)
            continue;
        dst = step_facts_dst(&facts);
        if (!is_group(&dst))
            *addr = dst;
    }
    return step_addr_owner(search->moment, addr);
}

static bool check(const struct search *search, const struct node *from, const struct node *to,
                  struct endpoint dst, const struct facts *facts, GString *out)
{
    struct step_path path = { .moment = search->moment,
                              .from = from,
                              .to = to,
                              .src = facts != NULL ? step_facts_src(facts) : of_ip4(IP4_ANY),
                              .dst = dst,
                              .facts = facts,
                              .out = out };

    g_string_append_printf(out, _("the way from %s to %s, as the tables are now:\n"), from->name,
                           to->name);
    if (step_path_check(&path))
        return true;
    g_string_append_printf(out, "  %s\n", _("nothing is missing there"));
    return false;
}

/* Nothing was sent to it, or it waits for an answer: does the question get there? */
static bool check_question(const struct search *search, const struct node *node, GString *out)
{
    struct endpoint addr;
    const struct node *peer = peer_of(search, node, &addr);
    char text[STEP_ADDR_TEXT_MAX];

    if (endpoint_is_any(&addr) && lacks_resolver(search, node, out))
        return true;
    if (!endpoint_is_any(&addr) && peer == NULL) {
        g_string_append_printf(out, _("  no node has the address %s that %s sends to\n"),
                               step_addr_format(&addr, text), node->name);
        return true;
    }
    return peer != NULL && peer != node && check(search, node, peer, addr, NULL, out);
}

/* From where it should have come: where the last of it was made, or where the last command runs. */
static const struct node *source_of(const struct search *search, struct facts *facts, bool *has)
{
    const struct step_log *log = search->moment->log;
    const struct step_entry *origin = search->last != NULL ? step_origin(log, search->last) : NULL;
    const struct node *where;

    last_command(search, NULL, &where);
    *has = origin != NULL && step_log_facts(log, origin, facts) &&
           (facts->net == FACT_IPV4 || facts->net == FACT_IPV6);
    return origin != NULL ? origin->node : where;
}

/* What went last, or the last command, says which family is meant. */
static bool is_about_ip6(const struct search *search)
{
    const struct node *where;
    struct endpoint named = address_in(last_command(search, NULL, &where));
    struct facts facts;

    if (search->last != NULL && step_log_facts(search->moment->log, search->last, &facts))
        return facts.net == FACT_IPV6;
    return named.v6;
}

static void tell_missing(const struct search *search, const struct node *from, GString *out)
{
    struct facts facts;
    bool has = false, found = false;
    const struct node *source = source_of(search, &facts, &has);
    struct os *os = step_os(search->moment, search->node);
    struct endpoint dst = { .v6 = is_about_ip6(search) };

    if (from != NULL && from != source)
        has = false;
    source = from != NULL ? from : source;
    if (os == NULL || source == NULL || step_os(search->moment, source) == NULL)
        return;
    if (!has && source != search->node && lacks_resolver(search, source, out))
        return;
    if (source == search->node)
        found = check_question(search, source, out);
    if (source == search->node && !found) {
        struct endpoint addr;

        source = peer_of(search, search->node, &addr);
        has = false;
    }
    if (found || source == NULL || source == search->node)
        return;
    if (has && !search->whatever)
        dst = step_facts_dst(&facts);
    check(search, source, search->node, dst, has ? &facts : NULL, out);
}

static bool has_arrived(const struct search *search)
{
    return search->seen != NULL && search->death == NULL && search->last == search->seen;
}

/* whynot NODE [FILTER] [from NODE] */
bool step_look_why_not(struct step_moment *moment, char **words, GString *out)
{
    struct search search = { .moment = moment };
    g_autofree char *message = NULL, *filter = NULL;
    g_autoptr(GError) error = NULL;
    const struct node *from = NULL;
    char *place;

    if (words[1] == NULL)
        return g_string_assign(out, _("why not which node? `why not web tcp`")), false;
    search.node = step_find_node(moment->run->network->sim, words[1], &message);
    if (search.node == NULL)
        return g_string_assign(out, message), false;
    filter = g_strjoinv(" ", words + 2);
    place = step_cut_last(filter, "from");
    if (place != NULL &&
        (from = step_find_node(moment->run->network->sim, place, &message)) == NULL)
        return g_string_assign(out, message), false;
    if (*filter != '\0') {
        search.filter = filter_new(filter, moment->run->network->names, &error);
        if (search.filter == NULL)
            return g_string_assign(out, error->message), false;
    }
    search.without_ndp = search.filter != NULL;
    consider_all(&search);
    if (search.last == NULL && search.without_ndp) {
        search.without_ndp = false;
        consider_all(&search);
    }
    if (search.last == NULL && search.filter != NULL) {
        search.whatever = true;
        consider_all(&search);
    }
    tell_result(&search, out);
    tell_cables(&search, out);
    if (search.death != NULL && has_died(&search))
        tell_death(&search, out);
    if ((from != NULL || !has_arrived(&search)))
        tell_missing(&search, from, out);
    if (search.filter != NULL)
        filter_free(search.filter);
    return true;
}
