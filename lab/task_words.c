/* Words, patterns and paths of an exercise that nobody needs before a submission is graded: what is
 * wrong with them must show when the exercise is checked. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/task_build.h"

/* ---- values ---- */

void task_check_pattern(const struct reader *r, const struct ynode *node, const char *what)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GRegex) regex = NULL;

    if (node == NULL)
        return;
    if (node->kind == YNODE_TEXT)
        regex = g_regex_new(node->text, 0, 0, &error);
    if (regex == NULL)
        reader_error(r, node->at, _("`%s` is a regular expression, not %s"), what,
                     reader_show(r, node));
}

static void check_choices(const struct reader *r, const struct ynode *list, const char *what,
                          const char *const *names, size_t n)
{
    size_t choice;

    for (uint32_t i = 0; i < list_len(list); i++)
        read_choice(r, list_item(list, i), what, names, n, &choice);
    if (list_len(list) == 0)
        reader_error(r, list->at, _("`%s` is empty"), what);
}

static void check_subnet(const struct reader *r, const struct ynode *node)
{
    ip4_addr addr;
    unsigned len;

    if (node->kind != YNODE_TEXT || strchr(node->text, '/') == NULL ||
        !ip4_prefix_parse(node->text, &addr, &len))
        reader_error(r, node->at, _("`in-subnet` is a prefix like 192.168.1.0/24, not %s"),
                     reader_show(r, node));
}

/* 5, 1.5, 3%, 2s, 10Mbps: what a value of the network may be compared with. */
static void check_limit(const struct reader *r, const struct ynode *node, const char *what)
{
    sim_time time;
    uint64_t rate;
    char *end = NULL;

    if (node->kind == YNODE_TEXT && node->n > 0) {
        (void)g_ascii_strtod(node->text, &end);
        if ((end > node->text && (*end == '\0' || strcmp(end, "%") == 0)) ||
            time_parse(node->text, &time) || rate_parse(node->text, &rate))
            return;
    }
    reader_error(r, node->at, _("`%s` is a number, a time or a rate, not %s"), what,
                 reader_show(r, node));
}

static void check_state(const struct reader *r, const struct ynode *node)
{
    bool present;

    for (uint32_t i = 0; i < node->n; i++) {
        const char *key = ynode_key(node, i)->text;
        const struct ynode *value = ynode_value(node, i);

        if (strcmp(key, "matches") == 0)
            task_check_pattern(r, value, key);
        else if (strcmp(key, "in-subnet") == 0)
            check_subnet(r, value);
        else if (strcmp(key, "present") == 0)
            read_bool(r, value, key, &present);
        else if (strcmp(key, "at-least") == 0 || strcmp(key, "at-most") == 0)
            check_limit(r, value, key);
    }
}

static void check_log(const struct reader *r, const struct ynode *node)
{
    static const char *const names[] = { "at-most", "at-least", "uses", "never-uses" };
    const struct ynode *values[4];
    uint32_t limit;

    if (!read_map(r, node, "commands", names, 4, NULL, values))
        return;
    for (int i = 0; i < 4; i++) {
        if (values[i] != NULL && i < 2)
            read_u32(r, values[i], names[i], 0, UINT32_MAX, &limit);
        for (uint32_t j = 0; i >= 2 && j < list_len(values[i]); j++)
            if (list_item(values[i], j)->kind != YNODE_TEXT)
                reader_error(r, list_item(values[i], j)->at,
                             _("`%s` lists commands, like [ping, dig], not %s"), names[i],
                             reader_show(r, list_item(values[i], j)));
    }
}

void task_check_part(const struct reader *r, const struct ynode *node, const char *kind)
{
    static const char *const invariants[] = { "no-duplicate-address", "no-storm" };

    if (strcmp(kind, "state") == 0)
        check_state(r, node);
    else if (strcmp(kind, "invariant") == 0)
        check_choices(r, ynode_get(node, kind), kind, invariants, G_N_ELEMENTS(invariants));
    else if (strcmp(kind, "commands") == 0)
        check_log(r, ynode_get(node, kind));
}

/* ---- paths ---- */

/* Whether students may add nodes: then a path may be of one that is not there yet. */
static bool may_add_nodes(const struct task_instance *instance)
{
    for (uint32_t i = 0; i < list_len(instance->editable); i++) {
        const struct ynode *item = list_item(instance->editable, i);

        if (item->kind == YNODE_TEXT && strncmp(item->text, "nodes", 5) == 0)
            return true;
    }
    return false;
}

static bool is_pattern(const char *word)
{
    return strpbrk(word, "*?") != NULL;
}

static void check_path(struct task_instance *instance, const struct ynode *path, const char *what)
{
    const char *const *keys = topology_node_keys();
    const struct ynode *nodes = net_tree_nodes(&instance->start);
    g_auto(GStrv) parts = g_strsplit(path->text, ".", -1);
    g_autofree const char **names = g_new0(const char *, nodes->n + 1);
    bool known = may_add_nodes(instance);

    if (parts[0] == NULL || strcmp(parts[0], "links") == 0 || strcmp(parts[0], "nodes") == 0)
        return;
    for (uint32_t i = 0; i < nodes->n; i++) {
        names[i] = ynode_key(nodes, i)->text;
        known |= g_pattern_match_simple(parts[0], names[i]);
        if (strchr(names[i], '.') != NULL)
            return; /* the points of its name are none of the path's */
    }
    if (!known)
        reader_error(&instance->r, path->at, _("`%s`: there is no node %s%s"), what,
                     reader_quote(&instance->r, parts[0]),
                     reader_hint(&instance->r, parts[0], names, nodes->n));
    else if (parts[1] != NULL && !is_pattern(parts[1]) && !g_strv_contains(keys, parts[1]))
        reader_error(&instance->r, path->at, _("`%s`: no node has a key %s%s"), what,
                     reader_quote(&instance->r, parts[1]),
                     reader_hint(&instance->r, parts[1], keys, g_strv_length((char **)keys)));
}

void task_check_paths(struct task_instance *instance, const struct ynode *list, const char *what)
{
    for (uint32_t i = 0; i < list_len(list); i++) {
        const struct ynode *item = list_item(list, i);

        if (item->kind == YNODE_TEXT && !ynode_is_null(item))
            check_path(instance, item, what);
        else
            reader_error(&instance->r, item->at,
                         _("`%s` lists paths like pc2.gateway, pc*.interfaces, links or nodes"),
                         what);
    }
}

void task_check_parts(struct task_instance *instance)
{
    static const char *const of_state[] = { "state", "same-as" };

    for (guint i = 0; i < instance->parts->len; i++) {
        const struct task_part *part = instance->parts->pdata[i];
        const struct ynode *what;

        for (size_t j = 0; part->kind == PART_STATE && j < G_N_ELEMENTS(of_state); j++)
            task_check_paths(instance, ynode_get(part->node, of_state[j]), of_state[j]);
        if (part->kind != PART_UNCHANGED)
            continue;
        what = ynode_get(part->node, "unchanged");
        if (what->kind != YNODE_TEXT || strcmp(what->text, "everything-else") != 0)
            task_check_paths(instance, what, "unchanged");
        task_check_paths(instance, ynode_get(part->node, "except"), "except");
    }
}
