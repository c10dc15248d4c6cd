/* Why something happened, back to the command that started it; and why something did not. */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/step_moment.h"
#include "lab/step_tell.h"
#include "lab/step_value.h"
#include "lab/step_words.h"

enum { CHAIN_MAX = 4000, CHAIN_BEGIN = 4, CHAIN_END = 20 };

/* ---- why ---- */

static bool number_is_of(const struct step_entry *entry, uint64_t number)
{
    return entry->number == number && entry->kind != RECORD_DROP;
}

/* "17": frame 17; "@ID": that record; "drop", "change": the last one; nothing: the moment's
 * subject. */
static const struct step_entry *find_subject(const struct step_moment *moment, const char *word)
{
    const struct step_log *log = moment->log;
    uint64_t first = step_log_first(log), number = 0;
    enum record_kind kind = RECORD_N_KINDS;

    if (word == NULL)
        return step_moment_subject(moment);
    if (*word == '@')
        return step_number(word + 1, &number) ? step_log_find(log, number) : NULL;
    if (strcmp(word, "drop") == 0)
        kind = RECORD_DROP;
    else if (strcmp(word, "change") == 0)
        kind = RECORD_STATE;
    else if (!step_number(word, &number))
        return NULL;
    for (uint64_t n = log->n_entries; n-- > first;) {
        const struct step_entry *entry = step_log_at(log, n);

        if (kind != RECORD_N_KINDS ? entry->kind == kind : number_is_of(entry, number))
            return entry;
    }
    return NULL;
}

/* What the arrival of a frame tells is in its sending; only the last step needs both. */
static bool is_passage(const struct step_entry *entry, const struct step_entry *cause)
{
    return entry->kind == RECORD_RECEIVE && cause != NULL && cause->kind == RECORD_SEND;
}

const struct step_entry *step_edit_of(const struct step_log *log, const struct step_entry *entry)
{
    const struct step_entry *cause = step_log_find(log, entry->cause);

    if (!is_passage(entry, cause) || entry->octets_at == cause->octets_at)
        return NULL;
    for (uint64_t n = log->n_entries; n-- > step_log_first(log);)
        if (step_log_at(log, n)->cause == cause->id &&
            step_log_at(log, n)->why.code == WHY_FRAME_EDITED)
            return step_log_at(log, n);
    return NULL;
}

/* From the first cause to the last; the middle of a long story is left out. */
static void tell_chain(const struct step_log *log, GPtrArray *chain, GString *out)
{
    guint n = chain->len, gap = n > CHAIN_BEGIN + CHAIN_END + 1 ? n - CHAIN_BEGIN - CHAIN_END : 0;

    for (guint i = 0; i < n; i++) {
        if (gap > 0 && i == CHAIN_BEGIN) {
            g_string_append_printf(
                out, NN_("    ... %u step more\n", "    ... %u steps more\n", gap), gap);
            i += gap;
        }
        step_tell(log, chain->pdata[n - 1 - i], out);
    }
}

bool step_look_why(struct step_moment *moment, char **words, GString *out)
{
    const struct step_entry *entry = find_subject(moment, words[1]);
    g_autoptr(GPtrArray) chain = g_ptr_array_new();
    uint64_t lost = 0;

    if (entry == NULL)
        return g_string_assign(out,
                               words[1] != NULL
                                   ? _("no such frame, drop or change in the log: go to it first")
                                   : _("nothing has happened yet")),
               false;
    for (; entry != NULL && chain->len < CHAIN_MAX;
         entry = step_log_find(moment->log, entry->cause)) {
        const struct step_entry *cause = step_log_find(moment->log, entry->cause);

        lost = cause == NULL ? entry->cause : 0;
        if (chain->len == 0 ||
            (!is_passage(entry, cause) && !step_tell_repeats(moment->log, entry)))
            g_ptr_array_add(chain, (gpointer)entry);
        if (step_edit_of(moment->log, entry) != NULL)
            g_ptr_array_add(chain, (gpointer)step_edit_of(moment->log, entry));
    }
    if (lost != 0) /* the front end looks for it in an earlier moment */
        g_string_append_printf(out, "before %" PRIu64 "\n", lost);
    tell_chain(moment->log, chain, out);
    return true;
}

/* ---- why not ---- */

struct search {
    struct step_moment *moment;
    const struct node *node;
    struct filter *filter;
    bool whatever;                  /* the filter alone says what is meant, wherever it goes */
    const struct step_entry *last;  /* the last frame meant for the node */
    const struct step_entry *seen;  /* the last that did arrive */
    const struct step_entry *death; /* of the last one that died on its way */
};

static bool is_address_of(const struct search *search, ip4_addr addr)
{
    const struct topology *topology = search->moment->run->network->topology;
    const struct topo_node *node = topology_node(topology, search->node->name);
    struct os *os = network_os(search->moment->run->network, node->index);

    return os != NULL && ip_is_local(&os->ip, addr);
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
    if (facts->net == FACT_IPV4)
        return is_address_of(search, facts->ip.dst) ||
               (search->filter != NULL && facts->ip.dst == IP4_BROADCAST);
    return facts->net == FACT_ARP && is_address_of(search, facts->arp.tpa);
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
    if (!step_log_facts(search->moment->log, entry, &facts) || !is_meant(search, entry, &facts))
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
            code != WHY_ICMP_NET_UNREACHABLE)
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

static void tell_result(const struct search *search, GString *out)
{
    bool died = search->death != NULL &&
                (search->seen == NULL || search->death->event >= search->seen->event);

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

/* whynot NODE [FILTER] */
bool step_look_why_not(struct step_moment *moment, char **words, GString *out)
{
    struct search search = { .moment = moment };
    g_autofree char *message = NULL, *filter = NULL;
    g_autoptr(GError) error = NULL;

    if (words[1] == NULL)
        return g_string_assign(out, _("why not which node? `why not web tcp`")), false;
    search.node = step_find_node(moment->run->network->sim, words[1], &message);
    if (search.node == NULL)
        return g_string_assign(out, message), false;
    filter = g_strjoinv(" ", words + 2);
    if (*filter != '\0') {
        search.filter = filter_new(filter, moment->run->network->names, &error);
        if (search.filter == NULL)
            return g_string_assign(out, error->message), false;
    }
    consider_all(&search);
    if (search.last == NULL && search.filter != NULL) {
        search.whatever = true;
        consider_all(&search);
    }
    tell_result(&search, out);
    tell_cables(&search, out);
    if (search.filter != NULL)
        filter_free(search.filter);
    return true;
}
