#include "lab/yaml_tree.h"

#include <string.h>
#include <yaml.h>

#include "inspect/i18n.h"
#include "lab/yaml_hint.h"

/* What libyaml may say, so that the catalogue has it. Nothing reads this list at run time. */
#define YAML_PROBLEMS                                                                              \
    N_("block sequence entries are not allowed in this context")                                   \
    N_("could not find expected ':'")                                                              \
    N_("did not find expected ',' or ']'")                                                         \
    N_("did not find expected ',' or '}'")                                                         \
    N_("did not find expected '-' indicator")                                                      \
    N_("did not find expected <document start>")                                                   \
    N_("did not find expected alphabetic or numeric character")                                    \
    N_("did not find expected comment or line break")                                              \
    N_("did not find expected digit or '.' character")                                             \
    N_("did not find expected hexdecimal number")                                                  \
    N_("did not find expected key")                                                                \
    N_("did not find expected node content")                                                       \
    N_("did not find expected version number")                                                     \
    N_("did not find expected whitespace or line break")                                           \
    N_("found a tab character that violates indentation")                                          \
    N_("found a tab character where an indentation space is expected")                             \
    N_("found an indentation indicator equal to 0")                                                \
    N_("found character that cannot start any token")                                              \
    N_("found duplicate %YAML directive")                                                          \
    N_("found extremely long version number")                                                      \
    N_("found incompatible YAML document")                                                         \
    N_("found invalid Unicode character escape code")                                              \
    N_("found undefined tag handle")                                                               \
    N_("found unexpected ':'")                                                                     \
    N_("found unexpected document indicator")                                                      \
    N_("found unexpected end of stream")                                                           \
    N_("found unexpected non-alphabetical character")                                              \
    N_("found unknown directive name")                                                             \
    N_("found unknown escape character")                                                           \
    N_("mapping keys are not allowed in this context")                                             \
    N_("mapping values are not allowed in this context")                                           \
    N_("while parsing a block collection")                                                         \
    N_("while parsing a block mapping")                                                            \
    N_("while parsing a flow mapping")                                                             \
    N_("while parsing a flow node")                                                                \
    N_("while parsing a flow sequence")                                                            \
    N_("while parsing a node")                                                                     \
    N_("while scanning a block scalar")                                                            \
    N_("while scanning a directive")                                                               \
    N_("while scanning a plain scalar")                                                            \
    N_("while scanning a quoted scalar")                                                           \
    N_("while scanning a simple key")                                                              \
    N_("while scanning a tag")                                                                     \
    N_("while scanning an alias")                                                                  \
    N_("while scanning an anchor")                                                                 \
    N_("while scanning for the next token")

/* A map or list that is still open. */
struct level {
    struct ynode *node;
    size_t first;     /* its first child in builder.children */
    GHashTable *keys; /* of a map with many keys */
    bool has_repeats; /* of its keys */
};

struct span { /* a scalar, in characters from the start of the text */
    size_t from, to;
    bool block; /* starts at `|` or `>`: its first line may end in a comment */
};

struct builder {
    const char *file;
    struct diag_list *diags;
    struct ytree *tree;
    struct level levels[YTREE_DEPTH_MAX];
    unsigned depth;
    struct ynode **children; /* of all open levels, each level's after its parent's */
    size_t n_children, children_size;
    uint32_t n_nodes;
    bool want_spans;
    GArray *spans;
    GArray *shifts; /* of struct text_pos: from here on the line is two characters shorter */
    bool failed;    /* something was wrong */
    bool has_holes; /* and the tree is not what the file meant to say */
};

#define COLUMN_MASK 0xfffffffu /* a text_pos has 28 bits for it; YTREE_LEN_MAX fits */

/* How many of the shifts stand before @at. */
static guint shifts_before(const GArray *shifts, struct text_pos at)
{
    guint low = 0, high = shifts->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const struct text_pos *shift = &g_array_index(shifts, struct text_pos, middle);

        if (shift->line < at.line || (shift->line == at.line && shift->column < at.column))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct text_pos position(const struct builder *b, const yaml_mark_t *mark)
{
    struct text_pos at = { .line = (uint32_t)mark->line + 1,
                           .column = ((uint32_t)mark->column + 1) & COLUMN_MASK };

    if (b->shifts != NULL)
        at.column = (at.column + 2 * (shifts_before(b->shifts, at) -
                                      shifts_before(b->shifts, TEXT_POS(at.line, 0)))) &
                    COLUMN_MASK;
    return at;
}

/* ---- the octets ---- */

static bool is_break(gunichar c)
{
    return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* The byte order mark that editors on Windows begin a file with: it is no part of its first line,
 * and libyaml, which is told the encoding, would count it as a column. */
static size_t mark_len(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Where the character at @end stands, counted as libyaml does. */
static struct text_pos position_in(const char *text, const char *end)
{
    struct text_pos at = TEXT_POS(1, 1);

    text += mark_len(text, (size_t)(end - text));
    for (const char *p = text; p < end; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '\r' && p + 1 < end && p[1] == '\n')
            continue;
        if (is_break(c)) {
            at.line++;
            at.column = 1;
        } else {
            at.column++;
        }
    }
    return at;
}

/* The first character YAML does not allow in a text (YAML 1.2.2, section 5.1), or NULL. */
static const char *forbidden_char(const char *text, size_t len)
{
    const char *end = text + len;

    for (const char *p = text; p < end; p++) {
        unsigned char c = (unsigned char)*p;

        if (c < 0x20 ? c != '\t' && c != '\n' && c != '\r' : c == 0x7f)
            return p;
        if (c == 0xc2 && (unsigned char)p[1] < 0xa0 && (unsigned char)p[1] != 0x85)
            return p;
        if (c == 0xef && (unsigned char)p[1] == 0xbf && (unsigned char)p[2] >= 0xbe)
            return p;
    }
    return NULL;
}

static bool octets_are_text(struct builder *b, const char *text, size_t len)
{
    struct text_pos top = TEXT_POS(1, 1);
    const char *bad;

    if (len > YTREE_LEN_MAX) {
        diag_error(b->diags, b->file, top, _("the file is too big: more than %u MB"),
                   (unsigned)(YTREE_LEN_MAX >> 20));
        return false;
    }
    if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
        diag_error(b->diags, b->file, top, _("the file is UTF-16: save it as UTF-8"));
        return false;
    }
    if (!g_utf8_validate_len(text, len, &bad)) {
        if (*bad == '\0')
            diag_error(b->diags, b->file, position_in(text, bad),
                       _("a NUL octet: this is not a text file"));
        else
            diag_error(b->diags, b->file, position_in(text, bad),
                       _("the octet 0x%02x is not UTF-8: save the file as UTF-8 (it may be GBK)"),
                       (unsigned char)*bad);
        return false;
    }
    bad = forbidden_char(text, len);
    if (bad != NULL) {
        diag_error(b->diags, b->file, position_in(text, bad),
                   _("the control character U+%04X is not allowed"), g_utf8_get_char(bad));
        return false;
    }
    return true;
}

/* ---- JSON: "\ud83d\ude00" is one character, which YAML writes "\U0001f600" ---- */

/* The 16 bits of the escape at @p, or -1. */
static int escape_at(const char *p, const char *end)
{
    int value = 0;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        if (!g_ascii_isxdigit(p[i]))
            return -1;
        value = value << 4 | g_ascii_xdigit_value(p[i]);
    }
    return value;
}

static bool has_pairs(const char *text, size_t len)
{
    const char *p = text, *end = text + len;

    while (p < end && strchr(" \t\r\n", *p) != NULL)
        p++;
    return p < end && (*p == '{' || *p == '[') &&
           (g_strstr_len(p, end - p, "\\ud") != NULL || g_strstr_len(p, end - p, "\\uD") != NULL);
}

/* A copy of @text with the pairs rewritten, for the parser alone. */
static GString *join_pairs(struct builder *b, const char *text, size_t len)
{
    GString *out = g_string_sized_new(len);
    struct text_pos at = TEXT_POS(1, 1); /* in the copy */

    b->shifts = g_array_new(FALSE, FALSE, sizeof(struct text_pos));
    for (const char *p = text, *end = text + len; p < end;) {
        int high = escape_at(p, end), low = high >> 10 == 0x36 ? escape_at(p + 6, end) : -1;
        size_t taken = (size_t)(g_utf8_next_char(p) - p);

        if (low >> 10 == 0x37) {
            g_string_append_printf(out, "\\U%08x",
                                   0x10000u +
                                       ((unsigned)(high & 0x3ff) << 10 | (unsigned)(low & 0x3ff)));
            g_array_append_val(b->shifts, at);
            at.column += 10;
            p += 12;
            continue;
        }
        if (*p == '\\' && end - p >= 2 && p[1] == '\\') {
            taken = 2; /* what follows is no escape */
            at.column++;
        }
        g_string_append_len(out, p, (gssize)taken);
        at.column++;
        if (*p == '\n')
            at = TEXT_POS(at.line + 1, 1);
        p += taken;
    }
    return out;
}

/* ---- the tree ---- */

/* Something is missing from the tree: nothing can be made of it. */
static void leave_hole(struct builder *b)
{
    b->failed = true;
    b->has_holes = true;
}

static bool refuse(struct builder *b, const yaml_mark_t *mark, const char *message)
{
    diag_error(b->diags, b->file, position(b, mark), "%s", message);
    leave_hole(b);
    return false;
}

static void push_child(struct builder *b, struct ynode *node)
{
    ARRAY_PUSH(b->children, b->n_children, b->children_size, node);
}

/* Whether the next node of the innermost level is a key. */
static bool at_key(const struct builder *b)
{
    const struct level *level;

    if (b->depth == 0)
        return false;
    level = &b->levels[b->depth - 1];
    return level->node->kind == YNODE_MAP && (b->n_children - level->first) % 2 == 0;
}

#define KEYS_WITHOUT_HASH 16

static bool key_is_known(struct builder *b, struct level *level, const struct ynode *key)
{
    size_t n = b->n_children - level->first;

    if (level->keys == NULL && n / 2 < KEYS_WITHOUT_HASH) {
        for (size_t i = 0; i < n; i += 2)
            if (strcmp(b->children[level->first + i]->text, key->text) == 0)
                return true;
        return false;
    }
    if (level->keys == NULL) {
        level->keys = g_hash_table_new(g_str_hash, g_str_equal);
        for (size_t i = 0; i < n; i += 2)
            g_hash_table_add(level->keys, (gpointer)b->children[level->first + i]->text);
    }
    return !g_hash_table_add(level->keys, (gpointer)key->text);
}

static const struct ynode *find_key(const struct builder *b, const struct level *level,
                                    const char *text)
{
    for (size_t i = level->first; i < b->n_children; i += 2)
        if (strcmp(b->children[i]->text, text) == 0)
            return b->children[i];
    return NULL;
}

/* Says where the first one is, but does not look for it over and over in a map made of repeats. */
static void say_repeated(struct builder *b, const struct level *level, const struct ynode *key)
{
    const struct ynode *first;
    g_autofree char *shown = NULL;

    if (b->diags->n_errors >= DIAG_MAX_PER_FILE) {
        diag_error(b->diags, b->file, key->at, "%s", "");
        return;
    }
    first = find_key(b, level, key->text);
    shown = g_utf8_substring(key->text, 0, MIN(g_utf8_strlen(key->text, -1), 40));
    diag_error(b->diags, b->file, key->at,
               _("the key `%s` stands here a second time; the first is in line %u"), shown,
               first != NULL ? first->at.line : 0);
}

/* Goes on after errors, and finds the others. */
static void check_key(struct builder *b, struct ynode *key)
{
    struct level *level = &b->levels[b->depth - 1];

    if (strcmp(key->text, "<<") == 0 && !key->quoted) {
        diag_error(b->diags, b->file, key->at,
                   _("merge keys (`<<`) are not supported: write the keys out"));
        leave_hole(b);
    } else if (key_is_known(b, level, key)) {
        say_repeated(b, level, key);
        b->failed = true;
        key->repeated = true;
        level->has_repeats = true;
    }
}

static struct ynode *add_node(struct builder *b, const yaml_event_t *event, enum ynode_kind kind)
{
    struct ynode *node;

    if (++b->n_nodes > YTREE_NODES_MAX) {
        refuse(b, &event->start_mark, _("the file has too many parts"));
        return NULL;
    }
    node = arena_alloc(&b->tree->arena, sizeof *node);
    node->kind = kind;
    node->at = position(b, &event->start_mark);
    return node;
}

static void attach(struct builder *b, struct ynode *node)
{
    if (b->depth == 0)
        b->tree->root = node;
    else
        push_child(b, node);
}

static void refuse_marks_on(struct builder *b, const yaml_event_t *event, const yaml_char_t *anchor,
                            const yaml_char_t *tag)
{
    if (anchor != NULL)
        diag_error(b->diags, b->file, position(b, &event->start_mark), "%s",
                   _("anchors (`&name`) are not supported: write the value out where it is used"));
    if (tag != NULL)
        diag_error(
            b->diags, b->file, position(b, &event->start_mark), "%s",
            _("tags (`!name`) are not supported: put a text that starts with `!` in quotes"));
    if (anchor != NULL || tag != NULL)
        b->failed = true;
}

static bool take_scalar(struct builder *b, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    struct ynode *node = add_node(b, event, YNODE_TEXT);
    char *text;

    if (node == NULL)
        return false;
    refuse_marks_on(b, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (memchr(value, '\0', len) != NULL)
        return refuse(b, &event->start_mark, _("a NUL character inside a text is not supported"));
    text = arena_alloc(&b->tree->arena, len + 1);
    memcpy(text, value, len);
    node->text = text;
    node->n = (uint32_t)len;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->end_line = (uint32_t)event->end_mark.line +
                     (event->end_mark.column > 0 || event->end_mark.line == event->start_mark.line);
    if (b->want_spans) {
        struct span span = { event->start_mark.index, event->end_mark.index,
                             event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
                                 event->data.scalar.style == YAML_FOLDED_SCALAR_STYLE };

        g_array_append_val(b->spans, span);
    }
    if (at_key(b))
        check_key(b, node);
    attach(b, node);
    return true;
}

static bool open_level(struct builder *b, const yaml_event_t *event, enum ynode_kind kind)
{
    struct ynode *node;

    if (at_key(b))
        return refuse(b, &event->start_mark, _("a key must be a text, not a map or a list"));
    if (b->depth == YTREE_DEPTH_MAX) {
        diag_error(b->diags, b->file, position(b, &event->start_mark),
                   _("nested too deeply: more than %d levels"), YTREE_DEPTH_MAX);
        leave_hole(b);
        return false;
    }
    node = add_node(b, event, kind);
    if (node == NULL)
        return false;
    if (kind == YNODE_MAP) {
        refuse_marks_on(b, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        node->flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    } else {
        refuse_marks_on(b, event, event->data.sequence_start.anchor,
                        event->data.sequence_start.tag);
        node->flow = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    }
    attach(b, node);
    b->levels[b->depth++] = (struct level){ .node = node, .first = b->n_children };
    return true;
}

/* What stands behind a key's repetition is left out: the first one counts. */
static void leave_repeats_out(struct builder *b, const struct level *level)
{
    size_t kept = level->first;

    for (size_t i = level->first; i < b->n_children; i += 2) {
        if (b->children[i]->repeated)
            continue;
        b->children[kept++] = b->children[i];
        b->children[kept++] = b->children[i + 1];
    }
    b->n_children = kept;
}

static void close_level(struct builder *b, const yaml_event_t *event)
{
    struct level *level = &b->levels[--b->depth];
    struct ynode *node = level->node;
    size_t n;

    if (level->has_repeats)
        leave_repeats_out(b, level);
    n = b->n_children - level->first;
    node->n = (uint32_t)(node->kind == YNODE_MAP ? n / 2 : n);
    node->items = arena_alloc(&b->tree->arena, n * sizeof *node->items);
    if (n > 0)
        memcpy(node->items, b->children + level->first, n * sizeof *node->items);
    /* A block collection's end mark is the start of what follows it. */
    node->end_line =
        node->flow || n == 0 ? (uint32_t)event->end_mark.line + 1 : node->items[n - 1]->end_line;
    b->n_children = level->first;
    if (level->keys != NULL)
        g_hash_table_destroy(level->keys);
    level->keys = NULL;
}

/* Stands for something that is not there; the errors behind it are found all the same. */
static bool take_alias(struct builder *b, const yaml_event_t *event)
{
    struct ynode *node;

    refuse(b, &event->start_mark,
           _("aliases (`*name`) are not supported: write the value out; a text that "
             "starts with `*` needs quotes"));
    if (at_key(b))
        return false;
    node = add_node(b, event, YNODE_TEXT);
    if (node == NULL)
        return false;
    node->text = "";
    attach(b, node);
    return true;
}

/* Returns false at the end, or when there is no point in going on. */
static bool take_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(b, event);
    case YAML_MAPPING_START_EVENT:
        return open_level(b, event, YNODE_MAP);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(b, event, YNODE_LIST);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        close_level(b, event);
        return true;
    case YAML_ALIAS_EVENT:
        return take_alias(b, event);
    case YAML_DOCUMENT_START_EVENT:
        if (b->tree->root != NULL)
            return refuse(b, &event->start_mark,
                          _("a second document begins here: one file holds one"));
        return true;
    case YAML_STREAM_END_EVENT:
        return false;
    default:
        return true;
    }
}

static void syntax_error(struct builder *b, const yaml_parser_t *parser, const char *text,
                         size_t len)
{
    const char *problem = parser->problem != NULL ? parser->problem : "?";
    struct text_pos at = position(b, &parser->problem_mark);

    size_t line = parser->problem_mark.line;
    bool has_context = parser->context != NULL && parser->context_mark.line != line;
    g_autofree char *hint =
        yaml_hint(text, len, has_context ? MIN(parser->context_mark.line, line) : line, line);

    leave_hole(b);
    if (has_context)
        diag_error(b->diags, b->file, at, _("not YAML: %s, %s that began in line %u%s"), _(problem),
                   _(parser->context), (unsigned)parser->context_mark.line + 1, hint);
    else if (parser->context != NULL)
        diag_error(b->diags, b->file, at, _("not YAML: %s, %s%s"), _(problem), _(parser->context),
                   hint);
    else
        diag_error(b->diags, b->file, at, _("not YAML: %s%s"), _(problem), hint);
}

static void build(struct builder *b, const char *text, size_t len)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool more = true;

    if (!yaml_parser_initialize(&parser))
        g_error("libyaml: out of memory");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    while (more) {
        if (!yaml_parser_parse(&parser, &event)) {
            syntax_error(b, &parser, text, len);
            break;
        }
        more = take_event(b, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    for (unsigned i = 0; i < b->depth; i++)
        if (b->levels[i].keys != NULL)
            g_hash_table_destroy(b->levels[i].keys);
}

/* ---- comments: a '#' outside every scalar can be nothing else ---- */

struct walk {
    const char *p, *end;
    size_t index; /* characters before p */
    struct text_pos at;
    bool line_is_empty; /* so far */
};

static void step(struct walk *w)
{
    gunichar c = g_utf8_get_char(w->p);
    const char *next = g_utf8_next_char(w->p);

    if (is_break(c) && !(c == '\r' && next < w->end && *next == '\n')) {
        w->at.line++;
        w->at.column = 1;
        w->line_is_empty = true;
    } else {
        if (c != '\r')
            w->at.column++;
        if (c != ' ' && c != '\t' && c != '\r')
            w->line_is_empty = false;
    }
    w->index++;
    w->p = next;
}

static void take_comment(struct ytree *tree, GArray *comments, struct walk *w)
{
    struct ytree_comment comment = { w->at, w->line_is_empty, NULL };
    const char *start = w->p;
    size_t len;
    char *text;

    while (w->p < w->end && !is_break(g_utf8_get_char(w->p)))
        step(w);
    len = (size_t)(w->p - start);
    while (len > 0 && (start[len - 1] == ' ' || start[len - 1] == '\t'))
        len--;
    text = arena_alloc(&tree->arena, len + 1);
    memcpy(text, start, len);
    comment.text = text;
    g_array_append_val(comments, comment);
}

static void find_comments(struct ytree *tree, const GArray *spans, const char *text, size_t len)
{
    GArray *comments = g_array_new(FALSE, FALSE, sizeof(struct ytree_comment));
    struct walk w = { text, text + len, 0, TEXT_POS(1, 1), true };
    guint next = 0;

    while (w.p < w.end) {
        const struct span *span =
            next < spans->len ? &g_array_index(spans, struct span, next) : NULL;

        if (span != NULL && w.index >= span->from) {
            uint32_t line = w.at.line;

            while (w.p < w.end && w.index < span->to) {
                if (span->block && w.at.line == line && *w.p == '#')
                    take_comment(tree, comments, &w);
                else
                    step(&w);
            }
            next++;
        } else if (*w.p == '#') {
            take_comment(tree, comments, &w);
        } else {
            step(&w);
        }
    }
    tree->n_comments = comments->len;
    tree->comments = arena_alloc(&tree->arena, comments->len * sizeof *tree->comments);
    if (comments->len > 0)
        memcpy(tree->comments, comments->data, comments->len * sizeof *tree->comments);
    g_array_free(comments, TRUE);
}

/* ---- in and out ---- */

struct ytree *ytree_parse(const char *file, const char *text, size_t len, unsigned flags,
                          struct diag_list *diags)
{
    struct builder b = { .file = file,
                         .diags = diags,
                         .want_spans = (flags & YTREE_COMMENTS) != 0 };

    GString *joined = NULL;
    size_t mark;

    if (!octets_are_text(&b, text, len))
        return NULL;
    mark = mark_len(text, len);
    text += mark;
    len -= mark;
    if (has_pairs(text, len)) {
        joined = join_pairs(&b, text, len);
        text = joined->str;
        len = joined->len;
    }
    b.tree = mem_zalloc(sizeof *b.tree);
    if (b.want_spans)
        b.spans = g_array_new(FALSE, FALSE, sizeof(struct span));
    build(&b, text, len);
    if (!b.failed && b.tree->root == NULL) {
        diag_error(diags, file, TEXT_POS(1, 1), _("the file is empty"));
        leave_hole(&b);
    }
    if (!b.failed && b.want_spans)
        find_comments(b.tree, b.spans, text, len);
    if (b.spans != NULL)
        g_array_free(b.spans, TRUE);
    if (b.shifts != NULL)
        g_array_free(b.shifts, TRUE);
    if (joined != NULL)
        g_string_free(joined, TRUE);
    free(b.children);
    if (b.has_holes || (b.failed && (flags & YTREE_FAULTY) == 0)) {
        ytree_free(b.tree);
        return NULL;
    }
    return b.tree;
}

void ytree_free(struct ytree *tree)
{
    if (tree == NULL)
        return;
    arena_fini(&tree->arena);
    free(tree);
}

bool ynode_is_null(const struct ynode *node)
{
    return node->kind == YNODE_TEXT && !node->quoted &&
           (node->n == 0 || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

struct ynode *ynode_get(const struct ynode *map, const char *key)
{
    if (map->kind != YNODE_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(ynode_key(map, i)->text, key) == 0)
            return ynode_value(map, i);
    return NULL;
}
