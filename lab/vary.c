#include "lab/vary.h"

#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/vary_internal.h"

enum { DISTINCT_MAX = 1000, TRIES_MAX = 10000 };

void vary_init(struct vary *vary, const struct reader *r)
{
    vary->r = r;
    vary->values = g_hash_table_new(g_str_hash, g_str_equal);
    vary->names = g_ptr_array_new();
}

void vary_fini(struct vary *vary)
{
    g_hash_table_destroy(vary->values);
    g_ptr_array_unref(vary->names);
}

/* ---- substitution ---- */

/* The end of the expression that begins at @p, behind `${`; NULL: there is none. */
static const char *expression_end(const char *p)
{
    return strchr(p, '}');
}

/* The value of a text that is one `${...}` and nothing else, when it is a list or a map. */
static struct ynode *whole_tree(struct vary *vary, const struct ynode *node)
{
    const char *end = g_str_has_prefix(node->text, "${") ? expression_end(node->text + 2) : NULL;
    g_autofree char *expression = NULL;
    struct vary_value value;

    if (end == NULL || end[1] != '\0')
        return NULL;
    expression = g_strndup(node->text + 2, (gsize)(end - node->text - 2));
    if (!vary_evaluate(vary, expression, node->at, &value) || value.kind != VARY_TREE)
        return NULL;
    return tree_copy(vary->r->arena, value.tree);
}

static bool append_value(struct vary *vary, GString *out, const char *p, const char *end,
                         struct text_pos at)
{
    g_autofree char *expression = g_strndup(p, (gsize)(end - p)), *text = NULL;
    struct vary_value value;

    if (!vary_evaluate(vary, expression, at, &value))
        return false;
    if (value.kind == VARY_TREE) {
        reader_error(vary->r, at,
                     _("`${%s}` is a list or a map: it can only stand alone, or name a part of it "
                       "(`${%s.1}`)"),
                     expression, expression);
        return false;
    }
    text = vary_value_text(&value);
    g_string_append(out, text);
    return true;
}

static char *substitute_text(struct vary *vary, const char *text, struct text_pos at)
{
    GString *out = g_string_new(NULL);

    while (*text != '\0') {
        const char *dollar = strstr(text, "${"), *end;

        if (dollar == NULL) {
            g_string_append(out, text);
            break;
        }
        if (dollar > text && dollar[-1] == '$') { /* $${ */
            g_string_append_len(out, text, dollar - text - 1);
            g_string_append(out, "${");
            text = dollar + 2;
            continue;
        }
        g_string_append_len(out, text, dollar - text);
        end = expression_end(dollar + 2);
        if (end == NULL) {
            reader_error(vary->r, at, _("`${` without `}`"));
            break;
        }
        if (!append_value(vary, out, dollar + 2, end, at))
            break;
        text = end + 1;
    }
    return g_string_free(out, FALSE);
}

static struct ynode *substitute_scalar(struct vary *vary, const struct ynode *node)
{
    struct ynode *copy;
    g_autofree char *text = NULL;
    unsigned errors = vary->r->diags->n_errors;

    copy = whole_tree(vary, node);
    if (copy != NULL || vary->r->diags->n_errors > errors)
        return copy != NULL ? copy : tree_copy(vary->r->arena, node);
    text = substitute_text(vary, node->text, node->at);
    copy = tree_text(vary->r->arena, node->at, text);
    copy->quoted = node->quoted;
    copy->end_line = node->end_line;
    return copy;
}

struct ynode *vary_substitute(struct vary *vary, const struct ynode *node)
{
    struct arena *arena = vary->r->arena;
    struct ynode *copy;

    if (node->kind == YNODE_TEXT)
        return strstr(node->text, "${") != NULL ? substitute_scalar(vary, node)
                                                : tree_copy(arena, node);
    copy = arena_alloc(arena, sizeof *copy);
    *copy = *node;
    copy->roomy = false;
    if (node->kind == YNODE_LIST) {
        copy->items = arena_alloc(arena, node->n * sizeof *copy->items);
        for (uint32_t i = 0; i < node->n; i++)
            copy->items[i] = vary_substitute(vary, node->items[i]);
        return copy;
    }
    copy->items = arena_alloc(arena, 2 * (size_t)node->n * sizeof *copy->items);
    for (uint32_t i = 0; i < 2 * node->n; i++) {
        copy->items[i] = vary_substitute(vary, node->items[i]);
        if (i % 2 == 0 && copy->items[i]->kind != YNODE_TEXT)
            copy->items[i] = tree_copy(arena, node->items[i]); /* a key is a text */
    }
    return copy;
}

/* ---- drawing ---- */

struct draw { /* what can be drawn: a range of numbers or addresses, or the items of a list */
    const struct ynode *list;
    bool addresses;
    uint64_t first, n;
    unsigned len;                 /* of subnets; 0: none */
    const struct ynode *excluded; /* or NULL */
};

static bool read_range(struct vary *vary, const struct ynode *node, struct draw *draw)
{
    const char *dash = node->kind == YNODE_TEXT ? strchr(node->text, '-') : NULL;
    g_autofree char *from = NULL;
    uint64_t first, last;
    ip4_addr a, b;

    if (dash != NULL) {
        from = g_strstrip(g_strndup(node->text, (gsize)(dash - node->text)));
        dash += 1 + strspn(dash + 1, " ");
        if (text_u64(from, UINT32_MAX, &first) && text_u64(dash, UINT32_MAX, &last) &&
            first <= last) {
            *draw = (struct draw){ .first = first, .n = last - first + 1 };
            return true;
        }
        if (ip4_parse(from, &a) && ip4_parse(dash, &b) && a <= b) {
            *draw = (struct draw){ .first = a, .n = (uint64_t)b - a + 1, .addresses = true };
            return true;
        }
    }
    reader_error(vary->r, node->at,
                 _("`pick` is a range like 2-254 or 10.0.0.2-10.0.0.9, or a list of what can be "
                   "drawn, not %s"),
                 reader_show(vary->r, node));
    return false;
}

static bool read_pick(struct vary *vary, const struct ynode *node, struct draw *draw)
{
    if (node->kind != YNODE_LIST)
        return read_range(vary, node, draw);
    if (node->n == 0)
        reader_error(vary->r, node->at, _("`%s` is empty"), "pick");
    *draw = (struct draw){ .list = node, .n = node->n };
    return node->n > 0;
}

static bool read_subnet(struct vary *vary, const struct ynode *of, const struct ynode *length,
                        struct draw *draw)
{
    struct vary_value p = vary_value_read(of);
    uint32_t len;

    if (p.kind != VARY_PREFIX) {
        reader_error(vary->r, of->at, _("`subnet-of` is a prefix like 10.0.0.0/8, not %s"),
                     reader_show(vary->r, of));
        return false;
    }
    if (length == NULL) {
        reader_error(vary->r, of->at, _("`length` is missing: how long the subnet's prefix is"));
        return false;
    }
    if (!read_u32(vary->r, length, "length", p.len, 32, &len))
        return false;
    *draw = (struct draw){ .first = p.addr & ip4_mask(p.len),
                           .n = UINT64_C(1) << (len - p.len),
                           .addresses = true,
                           .len = len };
    return true;
}

static struct ynode *item_of(struct vary *vary, const struct draw *draw, uint64_t i,
                             struct text_pos at)
{
    struct vary_value v = { .kind = VARY_NUMBER, .number = (int64_t)(draw->first + i) };
    g_autofree char *text = NULL;

    if (draw->list != NULL)
        return tree_copy(vary->r->arena, draw->list->items[i]);
    if (draw->addresses) {
        v.kind = draw->len > 0 ? VARY_PREFIX : VARY_ADDRESS;
        v.len = draw->len;
        v.addr = (ip4_addr)(draw->first + (draw->len > 0 ? i << (32 - draw->len) : i));
    }
    text = vary_value_text(&v);
    return tree_text(vary->r->arena, at, text);
}

static bool is_in(const struct ynode *list, const struct ynode *value)
{
    for (uint32_t i = 0; i < list_len(list); i++)
        if (tree_equal(list_item(list, i), value))
            return true;
    return false;
}

/* One that is neither excluded nor in @taken, which may be NULL. */
static struct ynode *draw_one(struct vary *vary, const struct draw *draw,
                              struct random_stream *stream, const struct ynode *taken,
                              struct text_pos at)
{
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        struct ynode *value = item_of(vary, draw, random_below(stream, draw->n), at);

        if (!is_in(draw->excluded, value) && (taken == NULL || !is_in(taken, value)))
            return value;
    }
    reader_error(vary->r, at, _("nothing is left to draw from"));
    return NULL;
}

static struct ynode *draw_all(struct vary *vary, const struct draw *draw,
                              struct random_stream *stream, const struct ynode *distinct,
                              struct text_pos at)
{
    struct ynode *list;
    uint32_t n;

    if (distinct == NULL)
        return draw_one(vary, draw, stream, NULL, at);
    if (!read_u32(vary->r, distinct, "distinct", 1, DISTINCT_MAX, &n))
        return NULL;
    if (draw->n < n) {
        reader_error(vary->r, distinct->at, _("nothing is left to draw from"));
        return NULL;
    }
    list = tree_list(vary->r->arena, at);
    for (uint32_t i = 0; i < n; i++) {
        struct ynode *value = draw_one(vary, draw, stream, list, at);

        if (value == NULL)
            return NULL;
        tree_append(vary->r->arena, list, value);
    }
    return list;
}

static struct ynode *worked_out(struct vary *vary, const struct ynode *node)
{
    struct vary_value value;
    g_autofree char *text = NULL;

    if (node->kind != YNODE_TEXT) {
        reader_error(vary->r, node->at, _("`is` is an expression like \"net + 1\", not %s"),
                     reader_show(vary->r, node));
        return NULL;
    }
    if (!vary_evaluate(vary, node->text, node->at, &value))
        return NULL;
    if (value.kind == VARY_TREE)
        return tree_copy(vary->r->arena, value.tree);
    text = vary_value_text(&value);
    return tree_text(vary->r->arena, node->at, text);
}

static struct ynode *draw_variable(struct vary *vary, const char *name, const struct ynode *spec,
                                   uint64_t seed, const char *student)
{
    static const char *const names[] = { "pick", "subnet-of", "length", "not", "distinct", "is" };
    const struct ynode *values[G_N_ELEMENTS(names)];
    struct random_stream stream;
    g_autofree char *purpose = g_strconcat("vary.", name, NULL);
    struct draw draw = { 0 };
    bool ok;

    spec = vary_substitute(vary, spec);
    if (spec->kind != YNODE_MAP)
        return (struct ynode *)spec;
    if (!read_map(vary->r, spec, _("a variable"), names, G_N_ELEMENTS(names), NULL, values))
        return NULL;
    if (values[5] != NULL)
        return worked_out(vary, values[5]);
    if (values[0] == NULL && values[1] == NULL) {
        reader_error(vary->r, spec->at, _("how is it found? one of pick, subnet-of, is"));
        return NULL;
    }
    ok = values[0] != NULL ? read_pick(vary, values[0], &draw)
                           : read_subnet(vary, values[1], values[2], &draw);
    if (!ok)
        return NULL;
    draw.excluded = values[3];
    random_stream_init(&stream, seed, student, purpose);
    return draw_all(vary, &draw, &stream, values[4], spec->at);
}

static bool name_is_right(const char *name)
{
    return (g_ascii_isalpha(*name) || *name == '_') &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               strlen(name);
}

void vary_draw(struct vary *vary, const struct ynode *spec, uint64_t seed, const char *student)
{
    if (ynode_is_null(spec))
        return;
    if (spec->kind != YNODE_MAP) {
        reader_error(vary->r, spec->at, _("`vary` is a map like {n: {pick: 2-254}}, not %s"),
                     reader_show(vary->r, spec));
        return;
    }
    for (uint32_t i = 0; i < spec->n; i++) {
        const struct ynode *key = ynode_key(spec, i);
        struct ynode *value;

        if (!name_is_right(key->text)) {
            reader_error(vary->r, key->at, _("a variable's name is letters, digits and `_`: %s"),
                         reader_quote(vary->r, key->text));
            continue;
        }
        value = draw_variable(vary, key->text, ynode_value(spec, i), seed, student);
        if (value == NULL)
            value = tree_text(vary->r->arena, key->at, "0"); /* said already; go on */
        g_hash_table_insert(vary->values, (gpointer)key->text, value);
        g_ptr_array_add(vary->names, (gpointer)key->text);
    }
}
