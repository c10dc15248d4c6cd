/* The moment's frame opened up, its octets, and its place on the map. */
#include <inttypes.h>
#include <string.h>

#include "inspect/columns.h"
#include "inspect/dissect.h"
#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/step_chain.h"
#include "lab/step_moment.h"
#include "lab/step_rules.h"
#include "lab/step_tell.h"
#include "lab/step_value.h"
#include "lab/step_words.h"

enum { MAP_NODES_MAX = 40, MAP_HOPS = 2, FIELD_OCTETS = 8, OCTETS_WIDTH = 25 };

/* ---- the frame ---- */

static bool has_frame(const struct step_entry *entry)
{
    return entry->kind == RECORD_SEND || entry->kind == RECORD_RECEIVE ||
           entry->kind == RECORD_DROP;
}

/* The frame that the moment's subject is, or the nearest one it follows from; with a number, that
 * frame. */
static const struct step_entry *frame_of(const struct step_moment *moment, const char *word,
                                         GString *out)
{
    const struct step_log *log = moment->log;
    const struct step_entry *entry = step_moment_subject(moment);
    uint64_t number;

    if (word != NULL && !step_number(word, &number)) {
        g_string_printf(out, _("\"%s\" is no number of a frame"), word);
        return NULL;
    }
    if (word != NULL) {
        entry = NULL;
        for (uint64_t n = log->n_entries; n-- > step_log_first(log) && entry == NULL;)
            if (step_log_at(log, n)->number == number && has_frame(step_log_at(log, n)))
                entry = step_log_at(log, n);
    }
    while (entry != NULL && !has_frame(entry))
        entry = step_log_find(log, entry->cause);
    if (entry == NULL)
        g_string_assign(out, word != NULL ? _("that frame is not in the log: go to it first")
                                          : _("no frame yet"));
    return entry;
}

/* Why it was sent stands in the record of its sending. */
static const struct step_entry *sending_of(const struct step_log *log,
                                           const struct step_entry *entry)
{
    const struct step_entry *cause =
        entry->kind == RECORD_SEND ? entry : step_log_find(log, entry->cause);

    return cause != NULL && cause->kind == RECORD_SEND ? cause : entry;
}

static void put_octets(GString *out, const struct dissection *d, const struct field *field)
{
    g_autoptr(GString) hex = g_string_new(NULL);

    for (uint32_t i = 0; i < MIN(field->len, FIELD_OCTETS) && field->at + i < d->len; i++)
        g_string_append_printf(hex, i > 0 ? " %02x" : "%02x", d->octets[field->at + i]);
    if (field->len > FIELD_OCTETS)
        g_string_append(hex, "…");
    columns_pad(out, hex->str, OCTETS_WIDTH);
}

static void put_field(GString *out, const struct dissection *d, const struct field *field,
                      unsigned depth, const struct step_rules *rules)
{
    g_autoptr(GString) rule = g_string_new(NULL);

    put_octets(out, d, field);
    columns_fill(out, "  ", (int)depth);
    g_string_append_printf(out, "%s%s%s", field->name, _(": "), field->value);
    if (field->meaning != NULL)
        g_string_append_printf(out, " (%s)", field->meaning);
    if (rules != NULL)
        step_rule(rules, field, d->octets, rule);
    if (rule->len > 0)
        g_string_append_printf(out, "  ← %s", rule->str);
    g_string_append_c(out, '\n');
    for (const struct field *child = field->first; child != NULL; child = child->next)
        put_field(out, d, child, depth + 1, rules);
}

static void put_tree(const struct step_moment *moment, const struct step_entry *entry,
                     const uint8_t *octets, size_t len, GString *out)
{
    const struct step_log *log = moment->log;
    struct step_rules rules;
    struct dissection d;
    struct facts facts;
    struct seq_base base;
    bool quoted = false;

    facts_read(&facts, octets, len);
    base = seq_table_look(log->seqs, &facts);
    dissect(&d, octets, len, &base);
    step_rules_begin(&rules, moment, entry);
    for (const struct field *layer = d.root.first; layer != NULL; layer = layer->next) {
        columns_fill(out, " ", OCTETS_WIDTH);
        g_string_append_printf(out, "%s%s%s\n", layer->name, *layer->value != '\0' ? _(": ") : "",
                               layer->value);
        for (const struct field *field = layer->first; field != NULL; field = field->next)
            put_field(out, &d, field, 1, quoted ? NULL : &rules);
        quoted = quoted || (strcmp(layer->abbrev, "icmp") == 0 && facts.has_quote);
    }
    dissect_fini(&d);
}

/* show [FRAME] */
bool step_look_show(struct step_moment *moment, char **words, GString *out)
{
    const struct step_entry *entry = frame_of(moment, words[1], out);
    uint8_t octets[STEP_LOG_FRAME_MAX];
    size_t len;

    if (entry == NULL)
        return false;
    step_tell(moment->log, sending_of(moment->log, entry), out);
    if (step_edit_of(moment->log, entry) != NULL)
        step_tell(moment->log, step_edit_of(moment->log, entry), out);
    if (sending_of(moment->log, entry) != entry)
        step_tell(moment->log, entry, out);
    len = step_log_octets(moment->log, entry, octets);
    if (len == 0 || !entry->at_ether) {
        g_string_append_printf(out, "%s\n",
                               len == 0 ? _("its octets are no longer in the log: go to it first")
                                        : _("it died before it had an Ethernet header"));
        return true;
    }
    put_tree(moment, entry, octets, len, out);
    if (entry->size > len)
        g_string_append_printf(out, _("(only the first %zu of %u octets are kept)\n"), len,
                               entry->size);
    return true;
}

/* hex [FRAME] */
bool step_look_hex(struct step_moment *moment, char **words, GString *out)
{
    const struct step_entry *entry = frame_of(moment, words[1], out);
    uint8_t octets[STEP_LOG_FRAME_MAX];
    size_t len;

    if (entry == NULL)
        return false;
    len = step_log_octets(moment->log, entry, octets);
    dissect_write_hex(octets, len, out);
    return true;
}

/* ---- the map ---- */

struct map {
    const struct step_moment *moment;
    GString *out;
    unsigned *distance; /* of each node from the middle, by id - 1; UINT_MAX: far */
    const struct step_entry *here;
    unsigned left_out;
};

static void measure(struct map *map, const struct node *node, unsigned distance)
{
    if (map->distance[node->id - 1] <= distance || distance > MAP_HOPS)
        return;
    map->distance[node->id - 1] = distance;
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        const struct iface *peer = link_peer(node->ifaces[i]);

        if (peer != NULL)
            measure(map, peer->node, distance + 1);
    }
}

/* "═▶" or "◀═": the moment's frame has just gone that way; "→": others are on it; "╳": unplugged.
 */
static const char *arrow_of(const struct map *map, const struct link *link)
{
    const struct step_entry *here = map->here;
    bool on[2] = { link->dir[0].in_flight.head != NULL, link->dir[1].in_flight.head != NULL };

    if (here != NULL && here->iface != NULL && here->iface->end != NULL &&
        here->iface->end->link == link && has_frame(here)) {
        bool from_first = (here->iface == link->dir[0].from) == (here->kind == RECORD_SEND);

        return from_first ? "══▶" : "◀══";
    }
    if (!link->up)
        return "─╳─";
    return on[0] && on[1] ? "←─→" : on[0] ? "──→" : on[1] ? "←──" : "───";
}

static void put_link(struct map *map, const struct link *link)
{
    const struct iface *a = link->dir[0].from, *b = link->dir[1].from;
    g_autofree char *left = g_strdup_printf("%s:%s", a->node->name, a->name);
    unsigned near = MIN(map->distance[a->node->id - 1], map->distance[b->node->id - 1]);

    if (near >= MAP_HOPS) {
        map->left_out++;
        return;
    }
    g_string_append(map->out, "  ");
    columns_pad(map->out, left, 18);
    g_string_append_printf(map->out, " %s %s:%s", arrow_of(map, link), b->node->name, b->name);
    if (map->here != NULL && map->here->iface != NULL && map->here->iface->end != NULL &&
        map->here->iface->end->link == link && has_frame(map->here)) {
        g_string_append_printf(map->out, "   %" PRIu64 "  ", map->here->number);
        step_tell_frame(map->moment->log, map->here, false, map->out);
    }
    g_string_append_c(map->out, '\n');
}

static void put_nodes(struct map *map)
{
    const struct sim *sim = map->moment->run->network->sim;
    const struct node *here = map->here != NULL ? map->here->node : NULL;

    for (uint32_t i = 0; i < sim->n_nodes; i++)
        if (map->distance[i] < MAP_HOPS)
            g_string_append_printf(map->out, "%s%s (%s)", sim->nodes[i] == here ? "* " : "  ",
                                   sim->nodes[i]->name, sim->nodes[i]->ops->kind);
    g_string_append_c(map->out, '\n');
}

/* map [NODE]: the whole network, or what is near the moment's frame where it is a big one. */
bool step_look_map(struct step_moment *moment, char **words, GString *out)
{
    const struct sim *sim = moment->run->network->sim;
    struct map map = { .moment = moment, .out = out, .here = step_moment_subject(moment) };
    const struct node *middle = map.here != NULL   ? map.here->node
                                : sim->n_nodes > 0 ? sim->nodes[0]
                                                   : NULL;
    g_autofree char *error = NULL;

    if (words[1] != NULL && (middle = step_find_node(sim, words[1], &error)) == NULL)
        return g_string_assign(out, error), false;
    map.distance = g_new(unsigned, sim->n_nodes + 1);
    for (uint32_t i = 0; i < sim->n_nodes; i++)
        map.distance[i] = sim->n_nodes <= MAP_NODES_MAX && words[1] == NULL ? 0 : UINT_MAX;
    if (middle != NULL)
        measure(&map, middle, 0);
    put_nodes(&map);
    for (uint32_t i = 0; i < sim->n_links; i++)
        put_link(&map, sim->links[i]);
    if (map.left_out > 0)
        g_string_append_printf(out,
                               NN_("  and %u cable farther away: map NODE\n",
                                   "  and %u cables farther away: map NODE\n", map.left_out),
                               map.left_out);
    g_free(map.distance);
    return true;
}
