#include "lab/scenario_build.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/file_kind.h"
#include "lab/fault.h"

#define FILTER_LEN_MAX                                                                             \
    1024 /* octets: a longer one could keep libpcap's optimiser busy for minutes */

/* ---- references ---- */

bool scenario_read_filter(struct scenario_build *b, const struct ynode *node, const char *what,
                          struct scenario_text *text)
{
    if (!read_text(&b->r, node, what, &text->text))
        return false;
    text->at = node->at;
    if (node->n > FILTER_LEN_MAX) {
        reader_error(&b->r, node->at, _("a filter has at most %d octets"), FILTER_LEN_MAX);
        return false;
    }
    return true;
}

static const char *node_hint(struct scenario_build *b, const char *word)
{
    if (b->node_names == NULL) {
        b->node_names = arena_alloc(b->r.arena, b->t->n_nodes * sizeof *b->node_names);
        for (uint32_t i = 0; i < b->t->n_nodes; i++)
            b->node_names[i] = b->t->nodes[i].name;
    }
    return reader_hint(&b->r, word, b->node_names, b->t->n_nodes);
}

static struct topo_node *find_node(struct scenario_build *b, const char *name, struct text_pos at)
{
    struct topo_node *node;

    if (b->t == NULL)
        return NULL;
    node = topology_node(b->t, name);
    if (node == NULL)
        reader_error(&b->r, at, _("there is no node %s%s"), reader_quote(&b->r, name),
                     node_hint(b, name));
    return node;
}

uint32_t scenario_read_node(struct scenario_build *b, const struct ynode *node, const char *what)
{
    const struct topo_node *found;

    if (node->kind != YNODE_TEXT) {
        reader_error(&b->r, node->at, _("%s is the name of a node, not %s"), what,
                     reader_show(&b->r, node));
        return TOPO_NOWHERE;
    }
    found = find_node(b, node->text, node->at);
    return found != NULL ? found->index : TOPO_NOWHERE;
}

/* "node:interface" at @at. */
static struct topo_iface *find_port(struct scenario_build *b, const char *text, struct text_pos at)
{
    const char *colon = strchr(text, ':');
    g_autofree char *name = g_strndup(text, (gsize)(colon - text));
    const struct topo_node *node = find_node(b, name, at);
    struct topo_iface *iface;
    const char *names[16];
    size_t n = 0;

    if (node == NULL)
        return NULL;
    iface = topology_iface(b->t, node, colon + 1);
    if (iface != NULL)
        return iface;
    for (; n < node->n_ifaces && n < G_N_ELEMENTS(names); n++)
        names[n] = node->ifaces[n].name;
    reader_error(&b->r, at, _("`%s` has no interface %s%s"), node->name,
                 reader_quote(&b->r, colon + 1), reader_hint(&b->r, colon + 1, names, n));
    return NULL;
}

struct topo_iface *scenario_read_port(struct scenario_build *b, const struct ynode *node,
                                      const char *what)
{
    if (node->kind != YNODE_TEXT || strchr(node->text, ':') == NULL) {
        reader_error(&b->r, node->at, _("%s is a port, `node:interface`, not %s"), what,
                     reader_show(&b->r, node));
        return NULL;
    }
    return find_port(b, node->text, node->at);
}

bool scenario_read_place(struct scenario_build *b, const struct ynode *node, const char *what,
                         struct scenario_place *place)
{
    const struct topo_iface *iface;

    place->at = node->at;
    if (node->kind != YNODE_TEXT || strchr(node->text, ':') == NULL) {
        place->node = scenario_read_node(b, node, what);
        return place->node != TOPO_NOWHERE;
    }
    iface = scenario_read_port(b, node, what);
    if (iface == NULL)
        return false;
    place->node = iface->node;
    place->iface = iface->index;
    return true;
}

uint32_t scenario_read_command(struct scenario_build *b, const struct ynode *node, const char *what)
{
    const char *names[64];
    size_t n = 0;
    gpointer found;

    if (node->kind != YNODE_TEXT) {
        reader_error(&b->r, node->at, _("%s is the `as` of a command, not %s"), what,
                     reader_show(&b->r, node));
        return TOPO_NOWHERE;
    }
    found = g_hash_table_lookup(b->ids, node->text);
    if (found != NULL)
        return GPOINTER_TO_UINT(found) - 1;
    for (uint32_t i = 0; i < b->s->n_timeline && n < G_N_ELEMENTS(names); i++)
        if (b->s->timeline[i].id != NULL)
            names[n++] = b->s->timeline[i].id;
    reader_error(&b->r, node->at, _("%s: no command of the timeline has `as: %s`%s"), what,
                 node->text, reader_hint(&b->r, node->text, names, n));
    return TOPO_NOWHERE;
}

/* ---- results ---- */

static void read_texts(struct scenario_build *b, const struct ynode *node, const char *what,
                       struct scenario_text **texts, uint32_t *n)
{
    *texts = arena_alloc(b->r.arena, list_len(node) * sizeof **texts);
    for (uint32_t i = 0; i < list_len(node); i++) {
        const struct ynode *item = list_item(node, i);

        if (!read_text(&b->r, item, what, &(*texts)[*n].text))
            continue;
        (*texts)[*n].at = item->at;
        (*n)++;
    }
}

void scenario_read_result(struct scenario_build *b, const struct ynode **values,
                          struct scenario_result *result)
{
    uint32_t status;

    result->within = SIM_TIME_NONE;
    if (values[RESULT_EXIT] != NULL &&
        read_u32(&b->r, values[RESULT_EXIT], "exit", 0, 255, &status)) {
        result->has_exit = true;
        result->exit = (int)status;
        result->exit_at = values[RESULT_EXIT]->at;
    }
    if (values[RESULT_STDOUT] != NULL)
        read_texts(b, values[RESULT_STDOUT], "stdout", &result->stdout_has, &result->n_stdout);
    if (values[RESULT_NOT_STDOUT] != NULL)
        read_texts(b, values[RESULT_NOT_STDOUT], "not-stdout", &result->stdout_not,
                   &result->n_not_stdout);
    if (values[RESULT_STDERR] != NULL)
        read_texts(b, values[RESULT_STDERR], "stderr", &result->stderr_has, &result->n_stderr);
    if (values[RESULT_NOT_STDERR] != NULL)
        read_texts(b, values[RESULT_NOT_STDERR], "not-stderr", &result->stderr_not,
                   &result->n_not_stderr);
    if (values[RESULT_WITHIN] != NULL &&
        read_time(&b->r, values[RESULT_WITHIN], "within", &result->within))
        result->within_at = values[RESULT_WITHIN]->at;
}

/* ---- timeline ---- */

enum entry_key {
    ENTRY_AT,
    ENTRY_HOST,
    ENTRY_RUN,
    ENTRY_AS,
    ENTRY_EXPECT,
    ENTRY_STOP,
    ENTRY_LINK,
    ENTRY_SET,
    ENTRY_NODE,
    ENTRY_INTERFACE,
    ENTRY_SNAPSHOT,
    ENTRY_FAULT,
    ENTRY_MATCH,
    ENTRY_NTH,
    ENTRY_BY,
    ENTRY_CHECKSUMS,
    ENTRY_TO,
    ENTRY_N_KEYS
};

static const char *const entry_names[] = { "at",        "host",  "run",   "as",   "expect",
                                           "stop",      "link",  "set",   "node", "interface",
                                           "snapshot",  "fault", "match", "nth",  "by",
                                           "checksums", "to" };

/* Which keys go with the one that says what kind of entry it is. */
struct entry_kind {
    enum entry_key key;
    unsigned keys;
    bool needs_set;
    void (*read)(struct scenario_build *b, const struct ynode **values,
                 struct scenario_entry *entry);
};

static void read_run(struct scenario_build *b, const struct ynode **values,
                     struct scenario_entry *entry)
{
    static const char *const names[] = { RESULT_NAMES };
    const struct ynode *results[RESULT_N_KEYS];

    entry->action = SCENARIO_RUN;
    if (values[ENTRY_HOST] == NULL) {
        reader_error(&b->r, entry->at, _("`host` is missing: which host runs the command"));
    } else {
        entry->node = scenario_read_node(b, values[ENTRY_HOST], "host");
        if (entry->node != TOPO_NOWHERE && b->t->nodes[entry->node].kind > TOPO_ROUTER)
            reader_error(
                &b->r, values[ENTRY_HOST]->at, _("`%s` is a %s: commands run on hosts and routers"),
                b->t->nodes[entry->node].name, topo_kind_name(b->t->nodes[entry->node].kind));
    }
    if (read_text(&b->r, values[ENTRY_RUN], "run", &entry->run.text))
        entry->run.at = values[ENTRY_RUN]->at;
    if (entry->run.text != NULL && entry->node != TOPO_NOWHERE)
        scenario_load_scripts(b, entry->run.text, entry->node, entry->run.at);
    if (values[ENTRY_AS] != NULL)
        read_text(&b->r, values[ENTRY_AS], "as", &entry->id);
    if (values[ENTRY_TO] != NULL) {
        scenario_read_place(b, values[ENTRY_TO], "to", &entry->to);
        if (entry->run.text != NULL && strchr(entry->run.text, '@') == NULL)
            reader_error(&b->r, values[ENTRY_TO]->at,
                         _("the line has no `@`, in whose place the address goes"));
    }
    if (values[ENTRY_EXPECT] == NULL ||
        !read_map(&b->r, values[ENTRY_EXPECT], _("what a command gives"), names, RESULT_N_KEYS,
                  NULL, results))
        return;
    entry->has_result = true;
    entry->result.at = values[ENTRY_EXPECT]->at;
    scenario_read_result(b, results, &entry->result);
}

static void read_stop(struct scenario_build *b, const struct ynode **values,
                      struct scenario_entry *entry)
{
    (void)b;
    (void)values;
    entry->action = SCENARIO_STOP; /* its command is looked up when all are known */
}

static void read_link_rates(struct scenario_build *b, const struct ynode **values,
                            struct scenario_entry *entry)
{
    struct topo_link *link = &entry->values;

    if (values[1] != NULL && read_rate(&b->r, values[1], "rate", &link->rate))
        entry->set |= SCENARIO_SET_RATE;
    if (values[2] != NULL && read_time(&b->r, values[2], "delay", &link->delay))
        entry->set |= SCENARIO_SET_DELAY;
    if (values[3] != NULL && read_u32(&b->r, values[3], "queue", 1, 1000000, &link->queue))
        entry->set |= SCENARIO_SET_QUEUE;
    if (values[4] != NULL && read_percent(&b->r, values[4], "loss", &link->loss))
        entry->set |= SCENARIO_SET_LOSS;
    if (values[5] != NULL && read_percent(&b->r, values[5], "duplicate", &link->duplicate))
        entry->set |= SCENARIO_SET_DUPLICATE;
    if (values[6] != NULL && read_percent(&b->r, values[6], "reorder", &link->reorder))
        entry->set |= SCENARIO_SET_REORDER;
    if (values[7] != NULL && read_percent(&b->r, values[7], "corrupt", &link->corrupt))
        entry->set |= SCENARIO_SET_CORRUPT;
}

static bool read_state(struct scenario_build *b, const struct ynode *node, const char *what,
                       const char *off, const char *on, bool *is_on)
{
    const char *names[2] = { off, on };
    size_t choice;

    if (!read_choice(&b->r, node, what, names, 2, &choice))
        return false;
    *is_on = choice == 1;
    return true;
}

static const struct topo_iface *read_cabled_port(struct scenario_build *b, const struct ynode *node)
{
    const struct topo_iface *iface = scenario_read_port(b, node, "link");

    if (iface != NULL && iface->link == TOPO_NOWHERE) {
        reader_error(&b->r, node->at, _("no cable is plugged into %s"), node->text);
        return NULL;
    }
    return iface;
}

static void read_link(struct scenario_build *b, const struct ynode **values,
                      struct scenario_entry *entry)
{
    static const char *const names[] = { "state", "rate",      "delay",   "queue",
                                         "loss",  "duplicate", "reorder", "corrupt" };
    const struct ynode *sets[G_N_ELEMENTS(names)];
    const struct topo_iface *iface = read_cabled_port(b, values[ENTRY_LINK]);
    bool up = true;

    entry->action = SCENARIO_LINK;
    if (iface != NULL)
        entry->link = iface->link;
    if (!read_map(&b->r, values[ENTRY_SET], "set", names, G_N_ELEMENTS(names), NULL, sets))
        return;
    if (sets[0] != NULL && read_state(b, sets[0], "state", "down", "up", &up)) {
        entry->set |= SCENARIO_SET_STATE;
        entry->values.down = !up;
    }
    read_link_rates(b, sets, entry);
    if (values[ENTRY_SET]->n == 0)
        reader_error(&b->r, values[ENTRY_SET]->at,
                     _("`set` is empty: say what changes, like {state: down}"));
}

static void read_one_state(struct scenario_build *b, const struct ynode *set, const char *key,
                           const char *off, const char *on, bool *is_on)
{
    const struct ynode *value[1];

    if (!read_map(&b->r, set, "set", &key, 1, NULL, value))
        return;
    if (value[0] == NULL)
        reader_error(&b->r, set->at, _("`set` says what changes: {%s: %s} or {%s: %s}"), key, off,
                     key, on);
    else
        read_state(b, value[0], key, off, on, is_on);
}

/* {at: 3s, link: "pc1:eth0", fault: drop, match: icmp, nth: 1}: of what that end sends. */
static void read_fault(struct scenario_build *b, const struct ynode **values,
                       struct scenario_entry *entry)
{
    static const char *const kinds[] = { "drop", "delay", "duplicate", "corrupt", "edit" };
    struct topo_fault *fault = &entry->fault;
    struct scenario_text match = { "any", entry->at };
    const struct topo_iface *iface;
    size_t kind = 0;

    entry->action = SCENARIO_FAULT;
    read_choice(&b->r, values[ENTRY_FAULT], "fault", kinds, G_N_ELEMENTS(kinds), &kind);
    fault->kind = (enum topo_fault_kind)kind;
    if (values[ENTRY_LINK] == NULL) {
        reader_error(&b->r, entry->at, _("`link` is missing: the port that sends the frames"));
        return;
    }
    iface = read_cabled_port(b, values[ENTRY_LINK]);
    if (iface != NULL) {
        entry->link = iface->link;
        fault->from = iface->link_end;
    }
    if (values[ENTRY_MATCH] != NULL)
        scenario_read_filter(b, values[ENTRY_MATCH], "match", &match);
    fault->match = match.text;
    fault->match_at = match.at;
    if (values[ENTRY_NTH] != NULL)
        fault_read_nth(&b->r, values[ENTRY_NTH], fault);
    if (fault->kind == TOPO_FAULT_DELAY && values[ENTRY_BY] == NULL)
        reader_error(&b->r, entry->at, _("`by` is missing: how much later the frame arrives"));
    else if (values[ENTRY_BY] != NULL && fault->kind != TOPO_FAULT_DELAY)
        reader_error(&b->r, values[ENTRY_BY]->at, _("`%s` goes with `fault: %s` alone"), "by",
                     "delay");
    else if (values[ENTRY_BY] != NULL)
        fault_read_by(&b->r, values[ENTRY_BY], fault);
    if (fault->kind == TOPO_FAULT_EDIT)
        fault_read_changes(&b->r, entry->at, values[ENTRY_SET], values[ENTRY_CHECKSUMS], fault);
    for (int i = 0; fault->kind != TOPO_FAULT_EDIT && i < 2; i++)
        if (values[i == 0 ? ENTRY_SET : ENTRY_CHECKSUMS] != NULL)
            reader_error(&b->r, values[i == 0 ? ENTRY_SET : ENTRY_CHECKSUMS]->at,
                         _("`%s` goes with `fault: %s` alone"), i == 0 ? "set" : "checksums",
                         "edit");
}

static void read_power(struct scenario_build *b, const struct ynode **values,
                       struct scenario_entry *entry)
{
    entry->action = SCENARIO_POWER;
    entry->node = scenario_read_node(b, values[ENTRY_NODE], "node");
    read_one_state(b, values[ENTRY_SET], "power", "off", "on", &entry->on);
}

static void read_interface(struct scenario_build *b, const struct ynode **values,
                           struct scenario_entry *entry)
{
    const struct topo_iface *iface = scenario_read_port(b, values[ENTRY_INTERFACE], "interface");

    entry->action = SCENARIO_INTERFACE;
    if (iface != NULL) {
        entry->node = iface->node;
        entry->iface = iface->index;
    }
    read_one_state(b, values[ENTRY_SET], "state", "down", "up", &entry->on);
}

static void read_snapshot(struct scenario_build *b, const struct ynode **values,
                          struct scenario_entry *entry)
{
    entry->action = SCENARIO_SNAPSHOT;
    if (read_text(&b->r, values[ENTRY_SNAPSHOT], "snapshot", &entry->snapshot) &&
        strcmp(entry->snapshot, "end") == 0)
        reader_error(
            &b->r, values[ENTRY_SNAPSHOT]->at,
            _("a snapshot cannot be called `end`: that is the state at the end of the run"));
}

#define BIT(key) (1u << (key))

static const struct entry_kind entry_kinds[] = {
    { ENTRY_RUN, BIT(ENTRY_HOST) | BIT(ENTRY_AS) | BIT(ENTRY_EXPECT) | BIT(ENTRY_TO), false,
      read_run },
    { ENTRY_STOP, 0, false, read_stop },
    { ENTRY_FAULT,
      BIT(ENTRY_LINK) | BIT(ENTRY_MATCH) | BIT(ENTRY_NTH) | BIT(ENTRY_BY) | BIT(ENTRY_SET) |
          BIT(ENTRY_CHECKSUMS),
      false, read_fault },
    { ENTRY_LINK, BIT(ENTRY_SET), true, read_link },
    { ENTRY_INTERFACE, BIT(ENTRY_SET), true, read_interface },
    { ENTRY_NODE, BIT(ENTRY_SET), true, read_power },
    { ENTRY_SNAPSHOT, 0, false, read_snapshot },
};

static const struct entry_kind *kind_of(const struct ynode **values)
{
    for (size_t i = 0; i < G_N_ELEMENTS(entry_kinds); i++)
        if (values[entry_kinds[i].key] != NULL)
            return &entry_kinds[i];
    return NULL;
}

static void read_entry(struct scenario_build *b, const struct ynode *node,
                       struct scenario_entry *entry, const struct ynode **stop)
{
    const struct ynode *values[ENTRY_N_KEYS];
    const struct entry_kind *kind;

    *entry = (struct scenario_entry){ .at = node->at,
                                      .node = TOPO_NOWHERE,
                                      .iface = TOPO_NOWHERE,
                                      .to = { .node = TOPO_NOWHERE, .iface = TOPO_NOWHERE },
                                      .target = TOPO_NOWHERE,
                                      .link = TOPO_NOWHERE };
    entry->result.within = SIM_TIME_NONE;
    if (!read_map(&b->r, node, _("an entry of the timeline"), entry_names, ENTRY_N_KEYS, NULL,
                  values))
        return;
    if (values[ENTRY_AT] == NULL)
        reader_error(&b->r, node->at, _("`at` is missing: when it happens"));
    else
        read_time(&b->r, values[ENTRY_AT], "at", &entry->time);
    kind = kind_of(values);
    if (kind == NULL) {
        reader_error(&b->r, node->at,
                     _("the entry says nothing to do: one of run, stop, link, fault, interface, "
                       "node, snapshot"));
        return;
    }
    for (int i = ENTRY_HOST; i < ENTRY_N_KEYS; i++)
        if (values[i] != NULL && (BIT(i) & (kind->keys | BIT(kind->key))) == 0)
            reader_error(&b->r, values[i]->at, _("`%s` does not go with `%s`"), entry_names[i],
                         entry_names[kind->key]);
    if (kind->needs_set && values[ENTRY_SET] == NULL) {
        reader_error(&b->r, node->at, _("`set` is missing: what changes"));
        return;
    }
    kind->read(b, values, entry);
    *stop = values[ENTRY_STOP];
}

struct placed { /* an entry on its way to its place in time */
    struct scenario_entry entry;
    const struct ynode *stop;
    uint32_t order; /* in the file */
};

static int by_time(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;

    if (x->entry.time != y->entry.time)
        return x->entry.time < y->entry.time ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void check_snapshot(struct scenario_build *b, uint32_t i)
{
    const struct scenario_entry *entry = &b->s->timeline[i];

    for (uint32_t j = 0; entry->snapshot != NULL && j < i; j++)
        if (g_strcmp0(b->s->timeline[j].snapshot, entry->snapshot) == 0)
            reader_error(&b->r, entry->at, _("another snapshot is called `%s` already"),
                         entry->snapshot);
}

static void check_entry(struct scenario_build *b, uint32_t i)
{
    const struct scenario_entry *entry = &b->s->timeline[i];

    check_snapshot(b, i);

    if (b->s->until != SIM_TIME_NONE && entry->time > b->s->until)
        reader_warning(&b->r, entry->at, _("this never happens: the run ends before"));
    if (entry->id == NULL)
        return;
    if (g_hash_table_contains(b->ids, entry->id))
        reader_error(&b->r, entry->at, _("another command is called `as: %s` already"), entry->id);
    else
        g_hash_table_insert(b->ids, (gpointer)entry->id, GUINT_TO_POINTER(i + 1));
}

static void check_stop(struct scenario_build *b, struct scenario_entry *entry,
                       const struct ynode *stop)
{
    entry->target = scenario_read_command(b, stop, "stop");
    if (entry->target != TOPO_NOWHERE && &b->s->timeline[entry->target] > entry)
        reader_error(&b->r, stop->at, _("`%s` starts later than this: nothing to stop yet"),
                     stop->text);
    if (entry->target != TOPO_NOWHERE)
        entry->node = b->s->timeline[entry->target].node;
}

/* The entries of @list, which may be NULL, behind those that start the programs. */
static void read_timeline(struct scenario_build *b, const struct ynode *list)
{
    struct scenario *s = b->s;
    uint32_t n_programs = b->program_entries->len, n = n_programs;
    struct placed *all;

    if (list != NULL && !ynode_is_null(list) && list->kind != YNODE_LIST) {
        reader_error(&b->r, list->at, _("`timeline` is a list of entries, not %s"),
                     reader_show(&b->r, list));
        return;
    }
    if (list != NULL && list->kind == YNODE_LIST)
        n += list->n;
    all = mem_zalloc(n * sizeof *all + 1);
    for (uint32_t i = 0; i < n; i++) {
        all[i].order = i;
        if (i < n_programs)
            all[i].entry = g_array_index(b->program_entries, struct scenario_entry, i);
        else
            read_entry(b, list->items[i - n_programs], &all[i].entry, &all[i].stop);
    }
    qsort(all, n, sizeof *all, by_time);
    s->n_timeline = n;
    s->timeline = arena_alloc(b->r.arena, n * sizeof *s->timeline);
    for (uint32_t i = 0; i < n; i++)
        s->timeline[i] = all[i].entry;
    for (uint32_t i = 0; i < n; i++)
        check_entry(b, i);
    for (uint32_t i = 0; i < n; i++)
        if (s->timeline[i].action == SCENARIO_STOP && all[i].stop != NULL)
            check_stop(b, &s->timeline[i], all[i].stop);
    free(all);
}

bool scenario_parse_entry(struct topology *topology, const char *text, struct arena *arena,
                          struct scenario_entry *entry, struct diag_list *diags)
{
    static const char file[] = "timeline";
    struct scenario_build b = { .r = { .file = file, .diags = diags, .arena = arena },
                                .t = topology };
    unsigned errors = diags->n_errors;
    const struct ynode *stop = NULL;
    struct ytree *tree;

    diag_list_add_source(diags, file, text, strlen(text));
    tree = ytree_parse(file, text, strlen(text), 0, diags);
    if (tree == NULL)
        return false;
    read_entry(&b, tree->root, entry, &stop);
    scenario_check_entry_line(&b.r, NULL, entry);
    if (stop != NULL)
        reader_error(&b.r, stop->at, _("`stop` names a command of the same timeline"));
    ytree_free(tree);
    return diags->n_errors == errors;
}

/* ---- the file ---- */

enum top_key {
    TOP_VERSION,
    TOP_SCENARIO,
    TOP_TITLE,
    TOP_ABOUT,
    TOP_TOPOLOGY,
    TOP_SEED,
    TOP_UNTIL,
    TOP_EVENTS,
    TOP_PROGRAMS,
    TOP_TIMELINE,
    TOP_EXPECT,
    TOP_N_KEYS
};

static void read_topology(struct scenario_build *b, const struct ynode *node,
                          struct topology *given)
{
    const char *name;
    g_autofree char *path = NULL;

    if (node == NULL) {
        reader_error(&b->r, TEXT_POS(1, 1),
                     _("`topology` is missing: the NAME.net.yaml that this happens in"));
    } else if (read_text(&b->r, node, "topology", &name)) {
        path = lab_path_beside(b->r.file, name);
        b->s->topology_file = arena_strdup(b->r.arena, path);
        if (given == NULL &&
            !g_file_test(path, G_FILE_TEST_EXISTS)) /* say so here, where it is named */
            reader_error(&b->r, node->at, _("there is no file %s"), path);
        else if (given == NULL)
            b->s->topology = topology_load(path, b->r.diags);
    }
    if (given != NULL)
        b->s->topology = given;
    b->t = b->s->topology;
}

static void read_all(struct scenario_build *b, const struct ynode *root, struct topology *given)
{
    static const char *const names[] = { "wirewalk", "scenario", "title", "about",
                                         "topology", "seed",     "until", "events",
                                         "programs", "timeline", "expect" };
    const struct ynode *values[TOP_N_KEYS];
    struct scenario *s = b->s;

    if (!file_kind_is(&b->r, root, LAB_FILE_SCENARIO) ||
        !read_map(&b->r, root, _("a scenario"), names, TOP_N_KEYS, NULL, values)) {
        topology_free(given);
        return;
    }
    read_version(&b->r, values[TOP_VERSION], root->at);
    read_topology(b, values[TOP_TOPOLOGY], given);
    if (values[TOP_SCENARIO] != NULL)
        read_text(&b->r, values[TOP_SCENARIO], "scenario", &s->id);
    if (values[TOP_TITLE] != NULL)
        read_words(&b->r, values[TOP_TITLE], "title", &s->title);
    if (values[TOP_ABOUT] != NULL)
        read_words(&b->r, values[TOP_ABOUT], "about", &s->about);
    if (values[TOP_SEED] != NULL)
        read_u64(&b->r, values[TOP_SEED], "seed", 0, UINT64_MAX, &s->seed);
    if (values[TOP_UNTIL] != NULL)
        read_time(&b->r, values[TOP_UNTIL], "until", &s->until);
    if (values[TOP_EVENTS] != NULL)
        read_u64(&b->r, values[TOP_EVENTS], "events", 1, UINT64_MAX, &s->events);
    if (values[TOP_PROGRAMS] != NULL)
        scenario_read_programs(b, values[TOP_PROGRAMS]);
    if (values[TOP_TIMELINE] != NULL || b->program_entries->len > 0)
        read_timeline(b, values[TOP_TIMELINE]);
    if (values[TOP_EXPECT] != NULL)
        scenario_read_expects(b, values[TOP_EXPECT]);
}

static void keep_scripts(struct scenario_build *b)
{
    struct scenario *s = b->s;

    s->n_scripts = b->scripts->len;
    s->scripts = arena_alloc(&s->arena, s->n_scripts * sizeof *s->scripts + 1);
    if (s->n_scripts > 0)
        memcpy(s->scripts, b->scripts->data, s->n_scripts * sizeof *s->scripts);
    g_array_free(b->scripts, TRUE);
    g_array_free(b->program_entries, TRUE);
}

struct scenario *scenario_parse_tree(const char *file, const struct ynode *root,
                                     struct topology *topology, struct diag_list *diags)
{
    unsigned errors = diags->n_errors;
    struct scenario_build b = { .s = mem_zalloc(sizeof *b.s) };

    b.s->file = arena_strdup(&b.s->arena, file);
    b.s->seed = 1;
    b.s->until = SIM_TIME_NONE;
    b.r = (struct reader){ .file = b.s->file, .diags = diags, .arena = &b.s->arena };
    b.ids = g_hash_table_new(g_str_hash, g_str_equal);
    b.scripts = g_array_new(FALSE, FALSE, sizeof(struct scenario_script));
    b.program_entries = g_array_new(FALSE, FALSE, sizeof(struct scenario_entry));
    b.no_files = topology != NULL;
    read_all(&b, root, topology);
    keep_scripts(&b);
    g_hash_table_destroy(b.ids);
    if (diags->n_errors > errors || b.s->topology == NULL) {
        if (b.s->topology != NULL)
            scenario_check_lines(b.s, diags); /* all errors are told at once */
        scenario_free(b.s);
        return NULL;
    }
    return b.s;
}

struct scenario *scenario_parse(const char *file, const char *text, size_t len,
                                struct topology *topology, struct diag_list *diags)
{
    unsigned errors = diags->n_errors;
    struct scenario *s;
    struct ytree *tree;

    diag_list_add_source(diags, file, text, len);
    tree = ytree_parse(file, text, len, YTREE_FAULTY, diags);
    if (tree == NULL) {
        topology_free(topology);
        return NULL;
    }
    s = scenario_parse_tree(file, tree->root, topology, diags);
    ytree_free(tree);
    if (s != NULL)
        scenario_check_lines(s, diags);
    if (diags->n_errors == errors)
        return s;
    scenario_free(s);
    return NULL;
}

struct scenario *scenario_load(const char *file, struct diag_list *diags)
{
    struct reader r = { .file = file, .diags = diags };
    struct scenario *s;
    char *text;
    size_t len;

    if (!lab_file_read(&r, TEXT_POS(0, 0), file, &text, &len))
        return NULL;
    s = scenario_parse(file, text, len, NULL, diags);
    g_free(text);
    return s;
}

void scenario_free(struct scenario *scenario)
{
    if (scenario == NULL)
        return;
    topology_free(scenario->topology);
    arena_fini(&scenario->arena);
    free(scenario);
}
