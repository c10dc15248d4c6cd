#include "lab/change.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/reader.h"

static void complain(const struct change_complain *to, const char *kind, struct text_pos at,
                     const char *format, ...) G_GNUC_PRINTF(4, 5);

static void complain(const struct change_complain *to, const char *kind, struct text_pos at,
                     const char *format, ...)
{
    va_list args;
    g_autofree char *message = NULL;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    to->complain(to->ctx, kind, at, message);
}

/* ---- the tree ---- */

struct ynode *net_tree_nodes(struct net_tree *net)
{
    struct ynode *nodes = ynode_get(net->root, "nodes");

    if (nodes != NULL && nodes->kind == YNODE_MAP)
        return nodes;
    nodes = tree_map(net->arena, net->root->at);
    tree_put(net->arena, net->root, "nodes", nodes);
    return nodes;
}

struct ynode *net_tree_links(struct net_tree *net)
{
    struct ynode *links = ynode_get(net->root, "links");

    if (links != NULL && links->kind == YNODE_LIST)
        return links;
    links = tree_list(net->arena, net->root->at);
    tree_put(net->arena, net->root, "links", links);
    return links;
}

const char *net_tree_end(const struct ynode *link, unsigned end)
{
    const struct ynode *ends = link->kind == YNODE_MAP ? ynode_get(link, "ends") : link;

    if (ends == NULL || ends->kind != YNODE_LIST || ends->n != 2 ||
        ends->items[end]->kind != YNODE_TEXT)
        return NULL;
    return ends->items[end]->text;
}

uint32_t net_tree_link_at(struct net_tree *net, const char *port)
{
    const struct ynode *links = net_tree_links(net);

    for (uint32_t i = 0; i < links->n; i++)
        for (unsigned end = 0; end < 2; end++)
            if (g_strcmp0(net_tree_end(links->items[i], end), port) == 0)
                return i;
    return UINT32_MAX;
}

/* The value of the key that @path begins with, the longest such key, and what is left of the path.
 */
static const struct ynode *longest_key(const struct ynode *map, const char *path, const char **rest)
{
    const struct ynode *found = NULL;
    size_t longest = 0;

    for (uint32_t i = 0; map->kind == YNODE_MAP && i < map->n; i++) {
        const char *key = ynode_key(map, i)->text;
        size_t len = strlen(key);

        if (len > longest && strncmp(path, key, len) == 0 &&
            (path[len] == '\0' || path[len] == '.')) {
            longest = len;
            found = ynode_value(map, i);
        }
    }
    if (found != NULL)
        *rest = path[longest] == '.' ? path + longest + 1 : path + longest;
    return found;
}

const struct ynode *net_tree_find(struct net_tree *net, const char *path)
{
    const struct ynode *node = net_tree_nodes(net);
    const char *rest = path;

    if (g_str_has_prefix(path, "links.")) {
        const struct ynode *links = net_tree_links(net), *link;
        g_autofree char *port = g_strndup(path + 6, strcspn(path + 6, "."));
        uint32_t at = net_tree_link_at(net, port);

        rest = path + 6 + strlen(port);
        link = at != UINT32_MAX ? links->items[at] : NULL;
        if (link == NULL || *rest == '\0')
            return link;
        return link->kind == YNODE_MAP ? ynode_get(link, rest + 1) : NULL;
    }
    while (node != NULL && *rest != '\0') {
        const struct ynode *next = longest_key(node, rest, &rest);

        if (next == NULL && node->kind != YNODE_MAP && strcmp(rest, "address") == 0 &&
            strstr(path, ".interfaces.") != NULL)
            return node; /* the short form */
        node = next;
    }
    return node;
}

/* ---- reading ---- */

static struct change *add_edit(struct net_tree *net, GPtrArray *edits, enum change_kind kind,
                               struct text_pos at, const char *path)
{
    struct change *edit = arena_alloc(net->arena, sizeof *edit);

    edit->kind = kind;
    edit->at = at;
    edit->path = arena_strdup(net->arena, path);
    g_ptr_array_add(edits, edit);
    return edit;
}

/* SET, REMOVE: the path is what the steps are with points between them. */
static void add_value(struct net_tree *net, GPtrArray *edits, const GPtrArray *steps,
                      struct text_pos at, const struct ynode *value)
{
    GString *path = g_string_new(NULL);
    struct change *edit;

    for (guint i = 0; i < steps->len; i++)
        g_string_append_printf(path, "%s%s", i > 0 ? "." : "", (const char *)steps->pdata[i]);
    edit = add_edit(net, edits, ynode_is_null(value) ? CHANGE_REMOVE : CHANGE_SET, at, path->str);
    g_string_free(path, TRUE);
    edit->n_steps = steps->len;
    edit->steps = arena_alloc(net->arena, steps->len * sizeof *edit->steps);
    for (guint i = 0; i < steps->len; i++)
        edit->steps[i] = arena_strdup(net->arena, steps->pdata[i]);
    edit->value = value;
}

/* A map is gone into: only what is written in it changes. */
static void read_values(struct net_tree *net, GPtrArray *edits, GPtrArray *steps,
                        struct text_pos at, const struct ynode *value)
{
    if (value->kind != YNODE_MAP || value->n == 0 || edits->len >= CHANGE_MAX) {
        add_value(net, edits, steps, at, value);
        return;
    }
    for (uint32_t i = 0; i < value->n; i++) {
        g_ptr_array_add(steps, (gpointer)ynode_key(value, i)->text);
        read_values(net, edits, steps, ynode_key(value, i)->at, ynode_value(value, i));
        g_ptr_array_set_size(steps, (gint)steps->len - 1);
    }
}

/* "pc2.gateway: 192.168.1.1", "gateway: 192.168.1.1", "pc2：{gateway: 192.168.1.1}" */
static char *form_hint(const struct ynode *nodes, const char *word)
{
    static const char *const of_hosts[] = { "gateway", "interfaces", "routes",  "resolver",
                                            "hosts",   "services",   "sysctls", NULL };
    const char *dot = strchr(word, '.');
    g_autofree char *name = dot != NULL ? g_strndup(word, (gsize)(dot - word)) : NULL;

    if (strstr(word, "“") != NULL || strstr(word, "”") != NULL)
        return g_strdup_printf(_("; is the full-width %s there meant to be `%s`?"), "“", "\"");
    if (strstr(word, "：") != NULL)
        return g_strdup_printf(_("; is the full-width %s there meant to be `%s`?"), "：", ": ");
    if (name != NULL && ynode_get(nodes, name) != NULL)
        return g_strdup_printf(_("; write `%s: {%s: ...}`"), name, dot + 1);
    if (g_strv_contains(of_hosts, word))
        return g_strdup_printf(_("; of which node? Write `NODE: {%s: ...}`"), word);
    return NULL;
}

static char *name_hint(const struct ynode *map, const char *word)
{
    g_autofree const char **names = g_new0(const char *, map->n + 1);
    const char *near = NULL;
    char *form = form_hint(map, word);

    if (form != NULL)
        return form;
    for (uint32_t i = 0; i < map->n; i++) {
        names[i] = ynode_key(map, i)->text;
        if (g_ascii_strcasecmp(names[i], word) == 0)
            near = names[i];
    }
    if (near == NULL)
        near = diag_nearest(word, names, map->n);
    return near != NULL ? g_strdup_printf(_("; did you mean `%s`?"), near) : g_strdup("");
}

static void read_new_node(struct net_tree *net, GPtrArray *edits, const struct ynode *key,
                          const struct ynode *value)
{
    g_autofree char *path = g_strconcat("nodes.", key->text, NULL);
    struct change *edit = add_edit(net, edits, CHANGE_ADD_NODE, key->at, path);

    edit->steps = arena_alloc(net->arena, sizeof *edit->steps);
    edit->steps[0] = arena_strdup(net->arena, key->text);
    edit->n_steps = 1;
    edit->value = value;
    if (ynode_is_null(value))
        edit->kind = CHANGE_DELETE_NODE;
}

static void read_node(struct net_tree *net, const struct ynode *key, const struct ynode *value,
                      const struct change_complain *to, GPtrArray *edits)
{
    const struct ynode *nodes = net_tree_nodes(net);
    const struct ynode *there = ynode_get(nodes, key->text);
    g_autoptr(GPtrArray) steps = g_ptr_array_new();

    if (ynode_is_null(value) && there != NULL) {
        read_new_node(net, edits, key, value);
    } else if (there == NULL && value->kind == YNODE_MAP && ynode_get(value, "kind") != NULL) {
        read_new_node(net, edits, key, value);
    } else if (there == NULL) {
        g_autofree char *hint = name_hint(nodes, key->text);

        complain(to, "unknown", key->at, _("there is no node \"%s\"%s"), key->text, hint);
    } else if (value->kind != YNODE_MAP) {
        complain(to, "invalid", value->at,
                 _("what changes of `%s`? a map like {gateway: "
                   "192.168.1.1}"),
                 key->text);
    } else {
        g_ptr_array_add(steps, (gpointer)key->text);
        read_values(net, edits, steps, key->at, value);
    }
}

static void add_unplug(struct net_tree *net, GPtrArray *edits, struct text_pos at, const char *port)
{
    g_autofree char *path = g_strconcat("links.", port, NULL);
    struct change *edit = add_edit(net, edits, CHANGE_UNPLUG, at, path);

    edit->port = arena_strdup(net->arena, port);
}

static void read_unplug(struct net_tree *net, const struct ynode *ports,
                        const struct change_complain *to, GPtrArray *edits)
{
    for (uint32_t i = 0; i < list_len(ports); i++) {
        const struct ynode *port = list_item(ports, i);

        if (port->kind != YNODE_TEXT)
            complain(to, "invalid", port->at, _("`unplug` names a port, like pc1:eth0"));
        else
            add_unplug(net, edits, port->at, port->text);
    }
}

static void read_plug(struct net_tree *net, const struct ynode *link,
                      const struct change_complain *to, GPtrArray *edits)
{
    const char *a = net_tree_end(link, 0), *b = net_tree_end(link, 1);
    g_autofree char *path = NULL, *other = NULL;
    struct change *edit;

    if (a == NULL || b == NULL) {
        complain(to, "invalid", link->at,
                 _("a cable is [pc1:eth0, sw1:p1], {ends: [pc1:eth0, sw1:p1], ...} or {unplug: "
                   "pc1:eth0}"));
        return;
    }
    path = g_strconcat("links.", a, NULL);
    other = g_strconcat("links.", b, NULL);
    edit = add_edit(net, edits, CHANGE_PLUG, link->at, path);
    edit->other = arena_strdup(net->arena, other);
    edit->value = link;
}

static void read_links(struct net_tree *net, const struct ynode *list,
                       const struct change_complain *to, GPtrArray *edits)
{
    if (list->kind != YNODE_LIST) {
        complain(to, "invalid", list->at,
                 _("`links` is a list of cables, like [[pc1:eth0, "
                   "sw1:p1]]"));
        return;
    }
    for (uint32_t i = 0; i < list->n && edits->len < CHANGE_MAX; i++) {
        const struct ynode *item = list->items[i];

        if (item->kind == YNODE_MAP && ynode_get(item, "unplug") != NULL)
            read_unplug(net, ynode_get(item, "unplug"), to, edits);
        else
            read_plug(net, item, to, edits);
    }
}

static void read_nodes(struct net_tree *net, const struct ynode *map,
                       const struct change_complain *to, GPtrArray *edits)
{
    if (map->kind != YNODE_MAP) {
        complain(to, "invalid", map->at, _("`nodes` is a map of names and nodes"));
        return;
    }
    for (uint32_t i = 0; i < map->n && edits->len < CHANGE_MAX; i++)
        read_node(net, ynode_key(map, i), ynode_value(map, i), to, edits);
}

void change_read(struct net_tree *net, const struct ynode *map, const char *const *reserved,
                 const struct change_complain *to, GPtrArray *edits)
{
    for (uint32_t i = 0; i < map->n && edits->len < CHANGE_MAX; i++) {
        const struct ynode *key = ynode_key(map, i), *value = ynode_value(map, i);

        if (reserved != NULL && g_strv_contains(reserved, key->text))
            continue;
        if (strcmp(key->text, "links") == 0)
            read_links(net, value, to, edits);
        else if (strcmp(key->text, "nodes") == 0)
            read_nodes(net, value, to, edits);
        else
            read_node(net, key, value, to, edits);
    }
    if (edits->len >= CHANGE_MAX)
        complain(to, "limit", map->at, _("too many changes: at most %d are read"), CHANGE_MAX);
}

/* ---- what an exercise breaks ---- */

static void break_node(struct net_tree *net, const struct ynode *key, const struct ynode *set,
                       const struct ynode *remove, const struct change_complain *to,
                       GPtrArray *edits)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new();

    g_ptr_array_add(steps, (gpointer)key->text);
    if (set != NULL && set->kind != YNODE_MAP)
        complain(to, "invalid", set->at, _("`set` is a map like {gateway: 192.168.1.1}"));
    else if (set != NULL)
        read_values(net, edits, steps, set->at, set);
    for (uint32_t i = 0; i < list_len(remove); i++) {
        const struct ynode *item = list_item(remove, i);
        g_auto(GStrv) parts = g_strsplit(item->kind == YNODE_TEXT ? item->text : "", ".", -1);
        struct ynode *none = tree_map(net->arena, item->at);

        none->kind = YNODE_TEXT;
        none->text = "";
        for (guint j = 0; parts[j] != NULL; j++)
            g_ptr_array_add(steps, parts[j]);
        add_value(net, edits, steps, item->at, none);
        g_ptr_array_set_size(steps, 1);
    }
}

static void break_nodes(struct net_tree *net, const struct ynode *entry, const struct ynode *node,
                        const struct change_complain *to, GPtrArray *edits)
{
    const struct ynode *nodes = net_tree_nodes(net);
    const struct ynode *set = ynode_get(entry, "set"), *remove = ynode_get(entry, "remove");
    unsigned n = 0;

    if (set == NULL && remove == NULL)
        complain(to, "invalid", entry->at, _("what of the node? `set`, `remove` or both"));
    for (uint32_t i = 0; i < list_len(node); i++) {
        const struct ynode *pattern = list_item(node, i);

        for (uint32_t j = 0; pattern->kind == YNODE_TEXT && j < nodes->n; j++)
            if (g_pattern_match_simple(pattern->text, ynode_key(nodes, j)->text)) {
                break_node(net, ynode_key(nodes, j), set, remove, to, edits);
                n++;
            }
        if (n == 0) {
            g_autofree char *hint =
                name_hint(nodes, pattern->kind == YNODE_TEXT ? pattern->text : "");

            complain(to, "unknown", pattern->at, _("there is no node \"%s\"%s"),
                     pattern->kind == YNODE_TEXT ? pattern->text : "", hint);
        }
    }
}

/* {link: "pc1:eth0", set: {loss: 5%}}: as a plug of the cable that is there, with more values. */
static void break_link(struct net_tree *net, const struct ynode *entry, const struct ynode *port,
                       const struct change_complain *to, GPtrArray *edits)
{
    const struct ynode *set = ynode_get(entry, "set"), *links = net_tree_links(net), *ends;
    uint32_t at = port->kind == YNODE_TEXT ? net_tree_link_at(net, port->text) : UINT32_MAX;
    struct ynode *link;

    if (at == UINT32_MAX || set == NULL || set->kind != YNODE_MAP) {
        complain(to, "invalid", entry->at,
                 _("a cable is changed with {link: \"pc1:eth0\", set: {loss: 5%%}}: a port with a "
                   "cable, and what changes"));
        return;
    }
    ends = links->items[at]->kind == YNODE_MAP ? ynode_get(links->items[at], "ends")
                                               : links->items[at];
    link = tree_copy(net->arena, set);
    tree_put(net->arena, link, "ends", tree_copy(net->arena, ends));
    read_plug(net, link, to, edits);
}

static void read_break(struct net_tree *net, const struct ynode *entry,
                       const struct change_complain *to, GPtrArray *edits)
{
    static const char *const names[] = { "node", "link",   "unplug", "plug",
                                         "add",  "delete", "set",    "remove" };
    const struct ynode *what;

    for (uint32_t i = 0; i < entry->n; i++)
        for (size_t j = 0; strcmp(ynode_key(entry, i)->text, names[j]) != 0;)
            if (++j == G_N_ELEMENTS(names)) {
                complain(to, "invalid", ynode_key(entry, i)->at, _("%s has no key \"%s\""),
                         _("an entry of `break`"), ynode_key(entry, i)->text);
                return;
            }
    if ((what = ynode_get(entry, "node")) != NULL)
        break_nodes(net, entry, what, to, edits);
    else if ((what = ynode_get(entry, "link")) != NULL)
        break_link(net, entry, what, to, edits);
    else if ((what = ynode_get(entry, "unplug")) != NULL)
        read_unplug(net, what, to, edits);
    else if ((what = ynode_get(entry, "plug")) != NULL)
        read_plug(net, what, to, edits);
    else if ((what = ynode_get(entry, "add")) != NULL)
        read_nodes(net, what, to, edits);
    else if ((what = ynode_get(entry, "delete")) != NULL)
        for (uint32_t i = 0; i < list_len(what); i++) {
            struct ynode *none = tree_text(net->arena, what->at, "");

            none->quoted = false;
            read_node(net, list_item(what, i), none, to, edits);
        }
    else
        complain(to, "invalid", entry->at,
                 _("the entry breaks nothing: one of node, link, unplug, plug, add, delete"));
}

void change_read_breaks(struct net_tree *net, const struct ynode *list,
                        const struct change_complain *to, GPtrArray *edits)
{
    for (uint32_t i = 0; i < list_len(list) && !ynode_is_null(list); i++) {
        const struct ynode *entry = list_item(list, i);
        guint before = edits->len;

        if (entry->kind != YNODE_MAP)
            complain(to, "invalid", entry->at,
                     _("an entry of `break` is a map like {node: pc2, set: {gateway: "
                       "192.168.2.1}}"));
        else
            read_break(net, entry, to, edits);
        for (guint j = before; j < edits->len; j++) /* the next entry builds on this one */
            change_apply(net, edits->pdata[j], to);
    }
}

/* ---- making them ---- */

static bool is_interface(const struct change *edit)
{
    return edit->n_steps >= 3 && strcmp(edit->steps[1], "interfaces") == 0;
}

/* `eth0: 10.0.0.1/24` is short for `eth0: {address: 10.0.0.1/24}`. */
static struct ynode *long_form(struct net_tree *net, struct ynode *short_form)
{
    struct ynode *map = tree_map(net->arena, short_form->at);

    if (!ynode_is_null(short_form))
        tree_put(net->arena, map, "address", short_form);
    return map;
}

/* The map that holds the last step's value, made on the way; NULL: something else is there. */
static struct ynode *holder_of(struct net_tree *net, const struct change *edit, bool make)
{
    struct ynode *map = net_tree_nodes(net);

    for (uint32_t i = 0; i + 1 < edit->n_steps; i++) {
        struct ynode *next = ynode_get(map, edit->steps[i]);

        if (next != NULL && next->kind != YNODE_MAP && i == 2 && is_interface(edit))
            tree_put(net->arena, map, edit->steps[i], next = long_form(net, next));
        if (next == NULL || ynode_is_null(next)) {
            if (!make)
                return NULL;
            next = tree_map(net->arena, edit->at);
            tree_put_at(net->arena, map, edit->steps[i], edit->at, next);
        }
        if (next->kind != YNODE_MAP)
            return NULL;
        map = next;
    }
    return map;
}

static void set_value(struct net_tree *net, const struct change *edit,
                      const struct change_complain *to)
{
    struct ynode *map = holder_of(net, edit, true), *old;
    const char *key = edit->steps[edit->n_steps - 1];

    if (map == NULL) {
        complain(to, "invalid", edit->at, _("`%s`: there is no map to put this into"), edit->path);
        return;
    }
    old = ynode_get(map, key);
    if (old != NULL && old->kind == YNODE_MAP && is_interface(edit) && edit->n_steps == 3 &&
        edit->value->kind != YNODE_MAP) {
        map = old;
        key = "address";
    }
    tree_put_at(net->arena, map, key, edit->at, tree_copy(net->arena, edit->value));
}

static void remove_value(struct net_tree *net, const struct change *edit)
{
    struct ynode *map = holder_of(net, edit, false);

    if (map != NULL)
        tree_drop(map, edit->steps[edit->n_steps - 1]);
}

static void drop_cable(struct net_tree *net, const char *port)
{
    struct ynode *links = net_tree_links(net);
    uint32_t at = net_tree_link_at(net, port);

    if (at != UINT32_MAX)
        tree_drop_item(links, at);
}

/* The cable is there already: what is written of it changes. */
static void alter_cable(struct net_tree *net, uint32_t at, const struct ynode *value)
{
    struct ynode *links = net_tree_links(net), *link = links->items[at];

    if (link->kind == YNODE_LIST) {
        struct ynode *map = tree_map(net->arena, link->at);

        tree_put(net->arena, map, "ends", link);
        links->items[at] = link = map;
    }
    for (uint32_t i = 0; i < value->n; i++)
        if (strcmp(ynode_key(value, i)->text, "ends") != 0)
            tree_put_at(net->arena, link, ynode_key(value, i)->text, ynode_key(value, i)->at,
                        tree_copy(net->arena, ynode_value(value, i)));
}

static void plug_cable(struct net_tree *net, const struct change *edit)
{
    const char *a = net_tree_end(edit->value, 0), *b = net_tree_end(edit->value, 1);
    uint32_t at = net_tree_link_at(net, a);

    if (at != UINT32_MAX && at == net_tree_link_at(net, b)) {
        if (edit->value->kind == YNODE_MAP)
            alter_cable(net, at, edit->value);
        return;
    }
    drop_cable(net, a);
    drop_cable(net, b);
    tree_append(net->arena, net_tree_links(net), tree_copy(net->arena, edit->value));
}

static void unplug_cable(struct net_tree *net, const struct change *edit,
                         const struct change_complain *to)
{
    struct ynode *links = net_tree_links(net);

    if (strcmp(edit->port, "*") == 0)
        links->n = 0;
    else if (net_tree_link_at(net, edit->port) == UINT32_MAX)
        complain(to, "unknown", edit->at, _("no cable is plugged into %s"), edit->port);
    else
        drop_cable(net, edit->port);
}

static void delete_node(struct net_tree *net, const char *name)
{
    struct ynode *links = net_tree_links(net);
    g_autofree char *prefix = g_strconcat(name, ":", NULL);

    tree_drop(net_tree_nodes(net), name);
    for (uint32_t i = links->n; i-- > 0;)
        for (unsigned end = 0; end < 2; end++) {
            const char *text = net_tree_end(links->items[i], end);

            if (text != NULL && g_str_has_prefix(text, prefix)) {
                tree_drop_item(links, i);
                break;
            }
        }
}

void change_apply(struct net_tree *net, const struct change *edit, const struct change_complain *to)
{
    switch (edit->kind) {
    case CHANGE_SET:
        set_value(net, edit, to);
        break;
    case CHANGE_REMOVE:
        remove_value(net, edit);
        break;
    case CHANGE_PLUG:
        plug_cable(net, edit);
        break;
    case CHANGE_UNPLUG:
        unplug_cable(net, edit, to);
        break;
    case CHANGE_ADD_NODE:
        tree_put_at(net->arena, net_tree_nodes(net), edit->steps[0], edit->at,
                    tree_copy(net->arena, edit->value));
        break;
    case CHANGE_DELETE_NODE:
        delete_node(net, edit->steps[0]);
        break;
    }
}

/* ---- permission ---- */

bool change_path_matches(const char *pattern, const char *path)
{
    g_auto(GStrv) wanted = g_strsplit(pattern, ".", -1), parts = g_strsplit(path, ".", -1);
    guint i = 0;

    for (; wanted[i] != NULL; i++)
        if (parts[i] == NULL || !g_pattern_match_simple(wanted[i], parts[i]))
            return false;
    return i > 0;
}

bool change_is_among(const struct ynode *patterns, const struct change *edit)
{
    for (uint32_t i = 0; i < list_len(patterns); i++) {
        const struct ynode *pattern = list_item(patterns, i);

        if (pattern->kind == YNODE_TEXT &&
            (change_path_matches(pattern->text, edit->path) ||
             (edit->other != NULL && change_path_matches(pattern->text, edit->other))))
            return true;
    }
    return false;
}
