#include "lab/format.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/yaml_tree.h"

#define WIDTH_MAX 100

/* ---- where each comment belongs ---- */

struct remark {
    const char *text;
    bool blank_above;
};

struct notes {              /* of one entry: a pair of a map, or an item of a list */
    GArray *before, *after; /* of struct remark; lines of their own */
    const char *trailing;   /* on the entry's first line */
};

struct entry {
    const struct ynode *anchor; /* the key, or the item */
    uint32_t line, column, end_line;
    uint32_t parent; /* index; NO_ENTRY at the top */
};

#define NO_ENTRY UINT32_MAX

struct formatter {
    GString *out;
    GArray *entries;   /* of struct entry, in the order of the text */
    GHashTable *notes; /* anchor -> struct notes */
    GHashTable
        *commented; /* containers with a comment somewhere inside: they cannot stand on one line */
    GArray *blank;  /* of bool: whether line i + 1 of the source is blank */
    GArray *foot;   /* of struct remark: comments of a text without entries */
};

static void notes_free(gpointer data)
{
    struct notes *notes = data;

    g_array_free(notes->before, TRUE);
    g_array_free(notes->after, TRUE);
    g_free(notes);
}

static struct notes *notes_of(struct formatter *f, const struct ynode *anchor)
{
    struct notes *notes = g_hash_table_lookup(f->notes, anchor);

    if (notes == NULL) {
        notes = g_new0(struct notes, 1);
        notes->before = g_array_new(FALSE, FALSE, sizeof(struct remark));
        notes->after = g_array_new(FALSE, FALSE, sizeof(struct remark));
        g_hash_table_insert(f->notes, (gpointer)anchor, notes);
    }
    return notes;
}

static bool is_blank(const struct formatter *f, uint32_t line)
{
    return line >= 1 && line <= f->blank->len && g_array_index(f->blank, bool, line - 1);
}

static void find_blank_lines(struct formatter *f, const char *text, size_t len)
{
    bool blank = true;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            g_array_append_val(f->blank, blank);
            blank = true;
        } else if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r') {
            blank = false;
        }
    }
}

static void collect(struct formatter *f, const struct ynode *node, uint32_t parent)
{
    for (uint32_t i = 0; node->kind != YNODE_TEXT && i < node->n; i++) {
        bool map = node->kind == YNODE_MAP;
        const struct ynode *anchor = map ? ynode_key(node, i) : node->items[i];
        const struct ynode *value = map ? ynode_value(node, i) : anchor;
        struct entry entry = { anchor, anchor->at.line, anchor->at.column, value->end_line,
                               parent };

        if (!map && !node->flow && entry.column > 2)
            entry.column -= 2; /* where the dash stands */
        if (entry.end_line < entry.line)
            entry.end_line = entry.line;
        g_array_append_val(f->entries, entry);
        collect(f, value, f->entries->len - 1);
    }
}

static struct entry *entry_at(const struct formatter *f, uint32_t i)
{
    return &g_array_index(f->entries, struct entry, i);
}

/* @anchor's entry has a comment, so nothing around it fits on one line. */
static void mark(struct formatter *f, uint32_t i)
{
    for (; i != NO_ENTRY; i = entry_at(f, i)->parent)
        g_hash_table_add(f->commented, (gpointer)entry_at(f, i)->anchor);
}

/* A comment on a line of its own, after the entries before @next. */
static void place_own_line(struct formatter *f, const struct ytree_comment *c, uint32_t next)
{
    struct remark remark = { c->text, is_blank(f, c->at.line - 1) };
    uint32_t last = next - 1; /* NO_ENTRY for the first: 0 - 1 */
    bool has_next = next < f->entries->len;

    if (f->entries->len == 0) {
        g_array_append_val(f->foot, remark);
        return;
    }
    if (has_next && (last == NO_ENTRY || c->at.column <= entry_at(f, next)->column ||
                     entry_at(f, next)->parent == last)) {
        g_array_append_val(notes_of(f, entry_at(f, next)->anchor)->before, remark);
        mark(f, entry_at(f, next)->parent);
        return;
    }
    while (entry_at(f, last)->parent != NO_ENTRY && entry_at(f, last)->column > c->at.column)
        last = entry_at(f, last)->parent;
    g_array_append_val(notes_of(f, entry_at(f, last)->anchor)->after, remark);
    mark(f, entry_at(f, last)->parent);
}

/* Whether @parent is a list's item (a pair's anchor is a text) that holds one thing. */
static bool is_only_child(const struct entry *parent)
{
    return parent->anchor->kind != YNODE_TEXT && parent->anchor->n == 1;
}

/* A comment after something on its line. */
static void place_trailing(struct formatter *f, const struct ytree_comment *c, uint32_t next)
{
    uint32_t i = next - 1, line = c->at.line;
    struct notes *notes;

    if (i == NO_ENTRY || (entry_at(f, i)->line != line && entry_at(f, i)->end_line != line)) {
        place_own_line(f, c, next);
        return;
    }
    if (entry_at(f, i)->end_line == line)
        while (entry_at(f, i)->parent != NO_ENTRY &&
               entry_at(f, entry_at(f, i)->parent)->end_line == line &&
               (entry_at(f, i)->line != line || entry_at(f, entry_at(f, i)->parent)->line == line))
            i = entry_at(f, i)->parent;
    /* The only child of a list's item will stand on the item's line, whatever the source has. */
    while (entry_at(f, i)->parent != NO_ENTRY && is_only_child(entry_at(f, entry_at(f, i)->parent)))
        i = entry_at(f, i)->parent;
    notes = notes_of(f, entry_at(f, i)->anchor);
    if (notes->trailing == NULL) {
        notes->trailing = c->text;
    } else {
        struct remark remark = { c->text, false };

        g_array_append_val(notes->before, remark);
    }
    mark(f, entry_at(f, i)->parent);
}

static void place_comments(struct formatter *f, const struct ytree *tree)
{
    uint32_t next = 0;

    collect(f, tree->root, NO_ENTRY);
    for (uint32_t i = 0; i < tree->n_comments; i++) {
        const struct ytree_comment *c = &tree->comments[i];

        while (next < f->entries->len && entry_at(f, next)->line <= c->at.line &&
               (entry_at(f, next)->line < c->at.line ||
                entry_at(f, next)->anchor->at.column < c->at.column))
            next++;
        if (c->own_line)
            place_own_line(f, c, next);
        else
            place_trailing(f, c, next);
    }
}

/* ---- texts ---- */

static bool starts_like_syntax(const char *text)
{
    if (strchr("?:,[]{}#&*!|>'\"%@`", text[0]) != NULL)
        return true;
    return (text[0] == '-' && (text[1] == '\0' || text[1] == ' ')) ||
           strncmp(text, "---", 3) == 0 || strncmp(text, "...", 3) == 0;
}

static bool plain_is_safe(const char *text, bool in_flow)
{
    size_t len = strlen(text);

    if (len == 0 || starts_like_syntax(text) || text[len - 1] == ' ' || text[len - 1] == ':' ||
        text[0] == ' ')
        return false;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c < 0x20 || c == 0x7f || c == 0x85 || c == 0xa0 || c == 0x2028 || c == 0x2029 ||
            c == 0xfeff)
            return false;
        if ((c == ':' && p[1] == ' ') || (c == ' ' && p[1] == '#'))
            return false;
        if (in_flow &&
            (strchr(",[]{}?", *p) != NULL || (c == ':' && strchr(",[]{}?", p[1]) != NULL)))
            return false;
    }
    return true;
}

/* Whether another YAML reader might take the text for a number, a truth or nothing: then its quotes
 * stay. */
static bool looks_typed(const char *text)
{
    static const char *const words[] = { "true", "false", "yes", "no",   "on",
                                         "off",  "y",     "n",   "null", "~" };
    unsigned dots = 0, colons = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(text, words[i]) == 0)
            return true;
    for (const char *p = text; *p != '\0'; p++) {
        dots += *p == '.';
        colons += *p == ':';
    }
    if (dots >= 3 || colons == 5)
        return false; /* an IPv4 or MAC address */
    return strpbrk(text, "0123456789") != NULL &&
           strspn(text, "0123456789abcdefABCDEFxXoO_.:+-") == strlen(text) &&
           strchr("0123456789.+-", text[0]) != NULL;
}

static void append_quoted(GString *out, const char *text)
{
    if (strpbrk(text, "\"\\") != NULL && strchr(text, '\'') == NULL) {
        bool printable = true;

        for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
            printable &= g_unichar_isprint(g_utf8_get_char(p));
        if (printable) {
            g_string_append_printf(out, "'%s'", text);
            return;
        }
    }
    g_string_append_c(out, '"');
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '"' || c == '\\')
            g_string_append_printf(out, "\\%c", (char)c);
        else if (c == '\n')
            g_string_append(out, "\\n");
        else if (c == '\t')
            g_string_append(out, "\\t");
        else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            g_string_append_printf(out, "\\x%02x", c);
        else if (!g_unichar_isprint(c) && c <= 0xffff)
            g_string_append_printf(out, "\\u%04x", c);
        else if (!g_unichar_isprint(c))
            g_string_append_printf(out, "\\U%08x", c);
        else
            g_string_append_unichar(out, c);
    }
    g_string_append_c(out, '"');
}

static void append_text(GString *out, const struct ynode *node, bool in_flow)
{
    if (ynode_is_null(node))
        g_string_append(out, "null");
    else if (plain_is_safe(node->text, in_flow) && !(node->quoted && looks_typed(node->text)))
        g_string_append(out, node->text);
    else
        append_quoted(out, node->text);
}

/* ---- on one line ---- */

static bool has_line_break(const struct ynode *node)
{
    if (node->kind == YNODE_TEXT)
        return strchr(node->text, '\n') != NULL;
    for (uint32_t i = 0; i < node->n * (node->kind == YNODE_MAP ? 2 : 1); i++)
        if (has_line_break(node->items[i]))
            return true;
    return false;
}

static void append_flow(GString *out, const struct ynode *node, bool inside)
{
    if (node->kind == YNODE_TEXT) {
        append_text(out, node, inside);
        return;
    }
    g_string_append_c(out, node->kind == YNODE_MAP ? '{' : '[');
    for (uint32_t i = 0; i < node->n; i++) {
        if (i > 0)
            g_string_append(out, ", ");
        if (node->kind == YNODE_MAP) {
            append_text(out, ynode_key(node, i), true);
            g_string_append(out, ": ");
            append_flow(out, ynode_value(node, i), true);
        } else {
            append_flow(out, node->items[i], true);
        }
        if (out->len > 4096)
            return; /* far too long anyway */
    }
    g_string_append_c(out, node->kind == YNODE_MAP ? '}' : ']');
}

static unsigned width_of(const char *text)
{
    unsigned width = 0;

    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

/* ---- line by line ---- */

static void indent_by(struct formatter *f, unsigned indent)
{
    for (unsigned i = 0; i < indent; i++)
        g_string_append_c(f->out, ' ');
}

static void write_remarks(struct formatter *f, const GArray *remarks, unsigned indent, bool first)
{
    for (guint i = 0; i < remarks->len; i++) {
        const struct remark *remark = &g_array_index(remarks, struct remark, i);

        if (remark->blank_above && !(first && i == 0))
            g_string_append_c(f->out, '\n');
        indent_by(f, indent);
        g_string_append(f->out, remark->text);
        g_string_append_c(f->out, '\n');
    }
}

/* Whether @text can be a literal block (`|`) and be read back unchanged. */
static bool literal_is_safe(const char *text)
{
    bool line_starts = true;

    if (strchr(text, '\n') == NULL || text[0] == ' ' || text[0] == '\n' || text[0] == '\t')
        return false;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || c == 0x85 || c == 0x2028 ||
            c == 0x2029 || c == 0xfeff)
            return false;
        if (c == '\n' && p > text && (p[-1] == ' ' || p[-1] == '\t'))
            return false; /* an editor would take them away */
        if (line_starts && c == '\n' && p[1] == '\0')
            return false; /* blank lines at the end */
        line_starts = c == '\n';
    }
    return true;
}

static void write_literal(struct formatter *f, const char *text, unsigned indent)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    bool ends = g_str_has_suffix(text, "\n");

    g_string_append(f->out, ends ? " |" : " |-");
    for (guint i = 0; lines[i] != NULL && !(ends && lines[i + 1] == NULL); i++) {
        g_string_append_c(f->out, '\n');
        if (*lines[i] != '\0')
            indent_by(f, indent);
        g_string_append(f->out, lines[i]);
    }
}

static bool wants_lines(const struct ynode *key, unsigned indent)
{
    static const char *const names[] = { "nodes",    "links",  "programs",
                                         "timeline", "expect", "checks" };

    if (key != NULL && strcmp(key->text, "steps") == 0) /* of a program, wherever it stands */
        return true;
    for (size_t i = 0; key != NULL && indent == 0 && i < G_N_ELEMENTS(names); i++)
        if (strcmp(key->text, names[i]) == 0)
            return true;
    return false;
}

static void write_entries(struct formatter *f, const struct ynode *node, unsigned indent,
                          bool inline_first);

/*
 * Whether the entry of @anchor stands on one line; what follows its colon or dash goes to @flow
 * then. @key: of a pair, NULL for an item. @indent: where the entry begins.
 */
static bool fits(const struct formatter *f, const struct ynode *anchor, const struct ynode *key,
                 const struct ynode *value, unsigned indent, GString *flow)
{
    g_autoptr(GString) name = g_string_new(NULL);

    if (value->kind == YNODE_TEXT || value->n == 0) {
        append_flow(flow, value, false);
        return true;
    }
    if (wants_lines(key, indent) || g_hash_table_contains(f->commented, anchor) ||
        has_line_break(value))
        return false;
    if (key != NULL)
        append_text(name, key, false);
    append_flow(flow, value, false);
    return indent + width_of(name->str) + 2 + width_of(flow->str) <= WIDTH_MAX;
}

/* What follows a key's colon or, where @key is NULL, a dash. */
static void write_value(struct formatter *f, const struct ynode *anchor, const struct ynode *key,
                        const struct ynode *value, unsigned indent)
{
    const struct notes *notes = g_hash_table_lookup(f->notes, anchor);
    const char *trailing = notes != NULL ? notes->trailing : NULL;
    g_autoptr(GString) flow = g_string_new(NULL);
    bool one_line;

    if (value->kind == YNODE_TEXT && literal_is_safe(value->text) && trailing == NULL) {
        write_literal(f, value->text, indent + 2);
        g_string_append_c(f->out, '\n');
        return;
    }
    one_line = fits(f, anchor, key, value, indent, flow);
    if (one_line)
        g_string_append_printf(f->out, " %s", flow->str);
    if (trailing != NULL)
        g_string_append_printf(f->out, "  %s", trailing);
    if (!one_line && key == NULL) {
        g_string_append_c(f->out, ' '); /* settle_remarks() left no comment here */
        write_entries(f, value, indent + 2, true);
        return;
    }
    g_string_append_c(f->out, '\n');
    if (!one_line)
        write_entries(f, value, indent + 2, false);
}

static void write_entries(struct formatter *f, const struct ynode *node, unsigned indent,
                          bool inline_first)
{
    for (uint32_t i = 0; i < node->n; i++) {
        bool map = node->kind == YNODE_MAP, here = inline_first && i == 0;
        const struct ynode *anchor = map ? ynode_key(node, i) : node->items[i];
        const struct ynode *value = map ? ynode_value(node, i) : anchor;
        const struct notes *notes = g_hash_table_lookup(f->notes, anchor);

        if (!here) {
            if (notes != NULL)
                write_remarks(f, notes->before, indent, i == 0);
            if (is_blank(f, anchor->at.line - 1) &&
                (i > 0 || (notes != NULL && notes->before->len > 0)))
                g_string_append_c(f->out, '\n');
            indent_by(f, indent);
        }
        if (map) {
            append_text(f->out, anchor, false);
            g_string_append_c(f->out, ':');
        } else {
            g_string_append_c(f->out, '-');
        }
        write_value(f, anchor, map ? anchor : NULL, value, indent);
        if (notes != NULL)
            write_remarks(f, notes->after, indent, false);
    }
}

/* Of a list's item that is written line by line: its comments go above the dash, `- # text` reads
 * badly. */
static void settle_item(struct formatter *f, const struct ynode *item, unsigned indent)
{
    struct notes *notes = g_hash_table_lookup(f->notes, item);
    struct notes *inner = g_hash_table_lookup(f->notes, item->items[0]);
    g_autoptr(GString) flow = g_string_new(NULL);

    if (fits(f, item, NULL, item, indent, flow))
        return;
    if (notes != NULL && notes->trailing != NULL) {
        struct remark remark = { notes->trailing, false };

        g_array_append_val(notes->before, remark);
        notes->trailing = NULL;
    }
    if (inner != NULL && inner->before->len > 0) {
        notes = notes_of(f, item);
        g_array_append_vals(notes->before, inner->before->data, inner->before->len);
        g_array_set_size(inner->before, 0);
    }
}

static void settle_remarks(struct formatter *f, const struct ynode *node, unsigned indent)
{
    for (uint32_t i = 0; node->kind != YNODE_TEXT && i < node->n; i++) {
        const struct ynode *value = node->kind == YNODE_MAP ? ynode_value(node, i) : node->items[i];

        settle_remarks(f, value, indent + 2);
        if (node->kind == YNODE_LIST && value->kind != YNODE_TEXT && value->n > 0)
            settle_item(f, value, indent);
    }
}

/* ---- nothing lost? ---- */

static bool same(const struct ynode *a, const struct ynode *b)
{
    if (a->kind != b->kind || a->n != b->n) /* a null's text may differ, its meaning not */
        return a->kind == YNODE_TEXT && b->kind == YNODE_TEXT && ynode_is_null(a) &&
               ynode_is_null(b);
    if (a->kind == YNODE_TEXT)
        return ynode_is_null(a) == ynode_is_null(b) &&
               (ynode_is_null(a) || strcmp(a->text, b->text) == 0);
    for (uint32_t i = 0; i < a->n * (a->kind == YNODE_MAP ? 2 : 1); i++)
        if (!same(a->items[i], b->items[i]))
            return false;
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct ytree_comment *)a)->text, ((const struct ytree_comment *)b)->text);
}

static bool nothing_lost(struct ytree *tree, const char *text, size_t len)
{
    struct diag_list *diags = diag_list_new();
    struct ytree *again = ytree_parse("", text, len, YTREE_COMMENTS, diags);
    bool ok =
        again != NULL && same(tree->root, again->root) && tree->n_comments == again->n_comments;

    if (ok) {
        qsort(tree->comments, tree->n_comments, sizeof *tree->comments, by_text);
        qsort(again->comments, again->n_comments, sizeof *again->comments, by_text);
        for (uint32_t i = 0; ok && i < tree->n_comments; i++)
            ok = strcmp(tree->comments[i].text, again->comments[i].text) == 0;
    }
    ytree_free(again);
    diag_list_free(diags);
    return ok;
}

static void write_all(struct formatter *f, const struct ynode *root)
{
    write_remarks(f, f->foot, 0, true);
    if (root->kind == YNODE_TEXT || root->n == 0) {
        append_flow(f->out, root, false);
        g_string_append_c(f->out, '\n');
    } else {
        write_entries(f, root, 0, false);
    }
}

char *format_text(const char *file, const char *text, size_t len, struct diag_list *diags)
{
    struct formatter f;
    struct ytree *tree;

    diag_list_add_source(diags, file, text, len);
    tree = ytree_parse(file, text, len, YTREE_COMMENTS, diags);
    if (tree == NULL)
        return NULL;
    f.out = g_string_new(NULL);
    f.entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    f.notes = g_hash_table_new_full(NULL, NULL, NULL, notes_free);
    f.commented = g_hash_table_new(NULL, NULL);
    f.blank = g_array_new(FALSE, FALSE, sizeof(bool));
    f.foot = g_array_new(FALSE, FALSE, sizeof(struct remark));
    find_blank_lines(&f, text, len);
    place_comments(&f, tree);
    if (tree->n_comments > 0)
        settle_remarks(&f, tree->root, 0);
    write_all(&f, tree->root);
    if (!nothing_lost(tree, f.out->str, f.out->len)) {
        diag_error(
            diags, file, TEXT_POS(0, 0), "%s",
            _("not rewritten: something in it would be lost (a comment in an unusual place?)"));
        g_string_free(f.out, TRUE);
        f.out = NULL;
    }
    g_array_free(f.entries, TRUE);
    g_hash_table_destroy(f.notes);
    g_hash_table_destroy(f.commented);
    g_array_free(f.blank, TRUE);
    g_array_free(f.foot, TRUE);
    ytree_free(tree);
    return f.out != NULL ? g_string_free(f.out, FALSE) : NULL;
}
