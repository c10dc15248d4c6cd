/* What the network is like as the student leaves it: values, what else was changed, addresses that
 * are there twice, the commands that were used. */
#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/grade_internal.h"

/* ---- values ---- */

static const struct ynode *simple(const struct ynode *node)
{
    const struct ynode *address = node->kind == YNODE_MAP ? ynode_get(node, "address") : NULL;

    return address != NULL ? address : node;
}

static bool same_text(const char *a, const char *b)
{
    ip4_addr x, y;
    unsigned x_len, y_len;
    struct mac_addr m, n;
    sim_time s, t;
    uint64_t p, q;

    if (strcmp(a, b) == 0)
        return true;
    if (ip4_prefix_parse(a, &x, &x_len) && ip4_prefix_parse(b, &y, &y_len))
        return x == y && x_len == y_len;
    if (mac_parse(a, &m) && mac_parse(b, &n))
        return mac_eq(&m, &n);
    if (time_parse(a, &s) && time_parse(b, &t))
        return s == t;
    return rate_parse(a, &p) && rate_parse(b, &q) && p == q;
}

/* Whether two values mean the same: spelling and the long form of an interface do not matter. */
static bool same_value(const struct ynode *a, const struct ynode *b)
{
    if (a->kind != b->kind && a->kind != YNODE_TEXT && b->kind == YNODE_TEXT)
        a = simple(a);
    else if (a->kind != b->kind && b->kind != YNODE_TEXT)
        b = simple(b);
    if (a->kind == YNODE_LIST && a->n == 1 && b->kind == YNODE_TEXT)
        a = a->items[0];
    if (a->kind != b->kind)
        return false;
    if (a->kind == YNODE_TEXT)
        return same_text(a->text, b->text);
    if (a->kind == YNODE_MAP)
        return tree_equal(a, b);
    if (a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!same_value(a->items[i], b->items[i]))
            return false;
    return true;
}

/* The gateway of a node, also where it is written as a route. */
static const struct ynode *gateway_route(struct grade *grade, const char *path)
{
    static const char ending[] = ".gateway", words[] = "default via ";
    g_autofree char *routes_path = NULL;
    const struct ynode *routes;

    if (!g_str_has_suffix(path, ending))
        return NULL;
    routes_path = g_strdup_printf("%.*s.routes", (int)(strlen(path) - strlen(ending)), path);
    routes = net_tree_find(&grade->net, routes_path);
    for (uint32_t i = 0; i < list_len(routes); i++) {
        const struct ynode *route = list_item(routes, i);
        g_autofree char *via = NULL;

        if (route->kind != YNODE_TEXT || !g_str_has_prefix(route->text, words))
            continue;
        via = g_strndup(route->text + strlen(words), strcspn(route->text + strlen(words), " "));
        return tree_text(&grade->instance->arena, route->at, via);
    }
    return NULL;
}

static const struct ynode *value_at(struct grade *grade, const char *path)
{
    bool known;
    const struct ynode *value = grade_live_value(grade, path, &known);

    if (known)
        return value;
    value = net_tree_find(&grade->net, path);
    if (value == NULL)
        value = gateway_route(grade, path);
    return value != NULL && ynode_is_null(value) ? NULL : value;
}

/* ---- conditions ---- */

static bool in_subnet(const struct ynode *value, const struct ynode *subnet)
{
    ip4_addr addr, net;
    unsigned len, net_len;

    value = simple(value);
    return value->kind == YNODE_TEXT && ip4_prefix_parse(value->text, &addr, &len) &&
           ip4_prefix_parse(subnet->text, &net, &net_len) && ip4_in_prefix(addr, net, net_len);
}

static bool number_of(const struct ynode *node, double *number)
{
    sim_time time;
    uint64_t rate;
    char *end;

    if (node->kind != YNODE_TEXT || node->n == 0)
        return false;
    *number = g_ascii_strtod(node->text, &end);
    if (*end == '\0' || strcmp(end, "%") == 0)
        return true;
    if (time_parse(node->text, &time))
        *number = (double)time;
    else if (rate_parse(node->text, &rate))
        *number = (double)rate;
    else
        return false;
    return true;
}

static bool compare(const struct ynode *value, const struct ynode *limit, bool at_least)
{
    double a, b;

    return number_of(value, &a) && number_of(limit, &b) && (at_least ? a >= b : a <= b);
}

static bool is_one_of(const struct ynode *value, const struct ynode *list)
{
    for (uint32_t i = 0; i < list_len(list); i++)
        if (same_value(value, list_item(list, i)))
            return true;
    return false;
}

static bool holds_one(struct grade *grade, const char *condition, const struct ynode *want,
                      const struct ynode *value)
{
    const struct ynode *other;

    if (strcmp(condition, "present") == 0)
        return (value != NULL) == (want->kind == YNODE_TEXT && strcmp(want->text, "false") != 0);
    if (strcmp(condition, "not") == 0)
        return value == NULL || !is_one_of(value, want);
    if (value == NULL)
        return false;
    if (strcmp(condition, "equals") == 0)
        return same_value(value, want);
    if (strcmp(condition, "one-of") == 0)
        return is_one_of(value, want);
    if (want->kind != YNODE_TEXT)
        return false;
    if (strcmp(condition, "in-subnet") == 0)
        return in_subnet(value, want);
    if (strcmp(condition, "matches") == 0) {
        value = simple(value);
        return value->kind == YNODE_TEXT && g_regex_match_simple(want->text, value->text, 0, 0);
    }
    if (strcmp(condition, "same-as") == 0) {
        other = value_at(grade, want->text);
        return other != NULL && same_value(value, other);
    }
    return compare(value, want, strcmp(condition, "at-least") == 0);
}

static bool holds(struct grade *grade, const struct ynode *check, const struct ynode *value)
{
    bool any = false;

    for (uint32_t i = 0; i < check->n; i++) {
        const char *key = ynode_key(check, i)->text;
        static const char *const conditions[] = { "equals",    "not",     "one-of",  "matches",
                                                  "in-subnet", "present", "same-as", "at-least",
                                                  "at-most",   NULL };

        if (!g_strv_contains(conditions, key))
            continue;
        any = true;
        if (!holds_one(grade, key, ynode_value(check, i), value))
            return false;
    }
    return any || value != NULL;
}

/* ---- state ---- */

static void expand_path(struct grade *grade, const char *path, GPtrArray *paths)
{
    const struct ynode *nodes = net_tree_nodes(&grade->net);
    size_t len = strcspn(path, ".");
    g_autofree char *pattern = g_strndup(path, len);

    if (strpbrk(pattern, "*?") == NULL) {
        g_ptr_array_add(paths, g_strdup(path));
        return;
    }
    for (uint32_t i = 0; i < nodes->n; i++)
        if (g_pattern_match_simple(pattern, ynode_key(nodes, i)->text))
            g_ptr_array_add(paths, g_strconcat(ynode_key(nodes, i)->text, path + len, NULL));
}

static void tell_value(const char *path, const struct ynode *value, struct grade_part *result)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (value == NULL) {
        grade_message(result, _("`%s` is not set"), path);
        return;
    }
    tree_write(text, value);
    grade_message(result, _("`%s` is %s: that is not right"), path, text->str);
}

static void take_node(const char *path, struct grade_part *result)
{
    g_autofree char *name = g_strndup(path, strcspn(path, "."));

    if (result->node == NULL)
        grade_node(result, name);
}

void grade_state(struct grade *grade, const struct task_part *part, struct grade_part *result)
{
    const struct ynode *list = ynode_get(part->node, "state");
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t i = 0; i < list_len(list); i++)
        if (list_item(list, i)->kind == YNODE_TEXT)
            expand_path(grade, list_item(list, i)->text, paths);
    for (guint i = 0; i < paths->len; i++) {
        const struct ynode *value = value_at(grade, paths->pdata[i]);

        result->all++;
        if (holds(grade, part->node, value)) {
            result->good++;
            continue;
        }
        tell_value(paths->pdata[i], value, result);
        take_node(paths->pdata[i], result);
    }
    if (result->all == 0) {
        result->all = 1;
        grade_message(result, "%s", _("no node is named so"));
    }
}

/* ---- unchanged ---- */

static bool same_cable(struct grade *grade, const struct change *edit)
{
    uint32_t at = net_tree_link_at(&grade->instance->start, edit->path + strlen("links."));
    const struct ynode *old;

    if (at == UINT32_MAX ||
        at != net_tree_link_at(&grade->instance->start, edit->other + strlen("links.")))
        return false;
    old = net_tree_links(&grade->instance->start)->items[at];
    for (uint32_t i = 0; edit->value->kind == YNODE_MAP && i < edit->value->n; i++) {
        const char *key = ynode_key(edit->value, i)->text;
        const struct ynode *was = old->kind == YNODE_MAP ? ynode_get(old, key) : NULL;

        if (strcmp(key, "ends") != 0 &&
            (was == NULL || !same_value(was, ynode_value(edit->value, i))))
            return false;
    }
    return true;
}

/* Whether the change leaves things as they were. */
static bool is_nothing(struct grade *grade, const struct change *edit)
{
    const struct ynode *old;

    switch (edit->kind) {
    case CHANGE_SET:
        old = net_tree_find(&grade->instance->start, edit->path);
        return old != NULL && same_value(old, edit->value);
    case CHANGE_REMOVE:
        return net_tree_find(&grade->instance->start, edit->path) == NULL;
    case CHANGE_PLUG:
        return same_cable(grade, edit);
    case CHANGE_UNPLUG:
    case CHANGE_ADD_NODE:
    case CHANGE_DELETE_NODE:
        break;
    }
    return false;
}

/* The paths that the reference solution changes; NULL: there is none. */
static GPtrArray *solution_edits(struct grade *grade, struct submission **solution)
{
    GPtrArray *edits;

    *solution = NULL;
    if (grade->instance->solution == NULL)
        return NULL;
    edits = g_ptr_array_new();
    *solution = submission_new("solution", grade->instance->solution);
    submission_changes(*solution, &grade->instance->start, edits);
    return edits;
}

static bool is_touched(const GPtrArray *edits, const struct change *edit)
{
    for (guint i = 0; i < edits->len; i++) {
        const struct change *other = edits->pdata[i];

        if (change_path_matches(other->path, edit->path) ||
            change_path_matches(edit->path, other->path) ||
            (other->other != NULL && strcmp(other->other, edit->path) == 0) ||
            (edit->other != NULL && strcmp(other->path, edit->other) == 0))
            return true;
    }
    return false;
}

static bool may_change(const struct ynode *node, const struct change *edit,
                       const struct grade *grade, const GPtrArray *solution)
{
    const struct ynode *what = ynode_get(node, "unchanged"), *except = ynode_get(node, "except");

    if (except != NULL && change_is_among(except, edit))
        return true;
    if (what->kind != YNODE_TEXT || strcmp(what->text, "everything-else") != 0)
        return !change_is_among(what, edit);
    return solution != NULL ? is_touched(solution, edit)
                            : change_is_among(grade->instance->editable, edit);
}

void grade_unchanged(struct grade *grade, const struct task_part *part, struct grade_part *result)
{
    struct submission *solution;
    g_autoptr(GPtrArray) edits = solution_edits(grade, &solution);

    result->all = result->good = 1;
    for (guint i = 0; i < grade->edits->len; i++) {
        const struct change *edit = grade->edits->pdata[i];

        if (is_nothing(grade, edit) || may_change(part->node, edit, grade, edits))
            continue;
        result->good = 0;
        grade_message(result, _("`%s` should have stayed as it was"), edit->path);
        if (edit->n_steps > 0)
            take_node(edit->steps[0], result);
    }
    submission_free(solution);
}

/* ---- invariants ---- */

void grade_duplicates(const struct run *run, struct grade_part *result)
{
    const struct topology *topology = run->scenario->topology;
    g_autoptr(GHashTable) owners = g_hash_table_new(g_direct_hash, g_direct_equal);

    for (uint32_t i = 0; i < topology->n_nodes; i++) {
        struct os *os = network_os(run->network, i);

        for (uint32_t j = 0; os != NULL && j < topology->nodes[i].n_ifaces; j++) {
            const struct ip_iface *iface =
                ip_iface_find(&os->ip, topology->nodes[i].ifaces[j].name);

            for (unsigned k = 0; iface != NULL && k < iface->n_addrs; k++) {
                gpointer key = GUINT_TO_POINTER(iface->addrs[k].addr);
                const char *other = g_hash_table_lookup(owners, key);
                char text[IP4_TEXT_MAX];

                if (other == NULL) {
                    g_hash_table_insert(owners, key, (gpointer)topology->nodes[i].name);
                    continue;
                }
                result->good = 0;
                grade_message(result, _("%s and %s have the same address %s"), other,
                              topology->nodes[i].name, ip4_format(iface->addrs[k].addr, text));
                take_node(topology->nodes[i].name, result);
            }
        }
    }
}

/* ---- the command log ---- */

static unsigned uses(const struct grade *grade, const char *program)
{
    unsigned n = 0;

    for (guint i = 0; i < grade->submission->commands->len; i++) {
        const struct submission_command *command = grade->submission->commands->pdata[i];
        size_t len = strlen(program);

        n += strncmp(command->line, program, len) == 0 &&
             (command->line[len] == '\0' || command->line[len] == ' ');
    }
    return n;
}

static void judge_uses(struct grade *grade, const struct ynode *list, bool wanted,
                       struct grade_part *result)
{
    for (uint32_t i = 0; i < list_len(list); i++) {
        const struct ynode *item = list_item(list, i);

        if (item->kind != YNODE_TEXT || (uses(grade, item->text) > 0) == wanted)
            continue;
        result->good = 0;
        grade_message(result,
                      wanted ? _("the command log has no `%s`")
                             : _("the command log has `%s`, which is not to be used here"),
                      item->text);
    }
}

void grade_log(struct grade *grade, const struct task_part *part, struct grade_part *result)
{
    static const char *const names[] = { "at-most", "at-least", "uses", "never-uses" };
    const struct ynode *values[4];
    uint32_t n = grade->submission->commands->len, limit;

    result->all = result->good = 1;
    if (!read_map(&grade->instance->r, part->node, "commands", names, 4, NULL, values))
        return;
    if (values[0] != NULL &&
        read_u32(&grade->instance->r, values[0], "at-most", 0, UINT32_MAX, &limit) && n > limit) {
        result->good = 0;
        grade_message(result, _("%u commands were used, at most %u are meant"), n, limit);
    }
    if (values[1] != NULL &&
        read_u32(&grade->instance->r, values[1], "at-least", 0, UINT32_MAX, &limit) && n < limit) {
        result->good = 0;
        grade_message(result, _("%u commands are in the log, at least %u are asked for"), n, limit);
    }
    judge_uses(grade, values[2], true, result);
    judge_uses(grade, values[3], false, result);
}
