#include "lab/diag.h"

#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"

/* What the list knows of one file. */
struct diag_source {
    char *text; /* NULL: not given */
    size_t len;
    GArray *lines; /* of size_t: where each line starts; built at first use */
    guint order;   /* of first appearance */
    unsigned kept, left_out;
};

static void source_free(gpointer data)
{
    struct diag_source *source = data;

    g_free(source->text);
    if (source->lines != NULL)
        g_array_free(source->lines, TRUE);
    g_free(source);
}

static void diag_free(gpointer data)
{
    struct diag *d = data;

    g_free(d->file);
    g_free(d->message);
    g_free(d);
}

struct diag_list *diag_list_new(void)
{
    struct diag_list *list = g_new0(struct diag_list, 1);

    list->items = g_ptr_array_new_with_free_func(diag_free);
    list->sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, source_free);
    list->files = g_ptr_array_new();
    return list;
}

void diag_list_free(struct diag_list *list)
{
    if (list == NULL)
        return;
    g_ptr_array_free(list->items, TRUE);
    g_ptr_array_free(list->files, TRUE);
    g_hash_table_destroy(list->sources);
    for (unsigned i = 0; i < TEXT_SOURCES; i++)
        g_free(list->other[i]);
    g_free(list);
}

void diag_list_set_source(struct diag_list *list, unsigned source, const char *file)
{
    g_free(list->other[source]);
    list->other[source] = g_strdup(file);
}

static struct diag_source *source_of(struct diag_list *list, const char *file)
{
    struct diag_source *source = g_hash_table_lookup(list->sources, file);

    if (source == NULL) {
        char *name = g_strdup(file);

        source = g_new0(struct diag_source, 1);
        source->order = list->files->len;
        g_hash_table_insert(list->sources, name, source);
        g_ptr_array_add(list->files, name);
    }
    return source;
}

void diag_list_add_source(struct diag_list *list, const char *file, const char *text, size_t len)
{
    struct diag_source *source = source_of(list, file);

    if (source->text != NULL)
        return;
    source->text = g_malloc(len + 1);
    memcpy(source->text, text, len);
    source->text[len] = '\0';
    source->len = len;
}

static bool is_there(const struct diag_list *list, const struct diag *d)
{
    for (guint i = 0; i < list->items->len; i++) {
        const struct diag *other = list->items->pdata[i];

        if (other->at.line == d->at.line && other->at.column == d->at.column &&
            strcmp(other->file, d->file) == 0 && strcmp(other->message, d->message) == 0)
            return true;
    }
    return false;
}

static void G_GNUC_PRINTF(5, 0)
    add(struct diag_list *list, enum diag_severity severity, const char *file, struct text_pos at,
        const char *format, va_list args)
{
    struct diag_source *source;
    struct diag *d;

    if (list->other[at.source] != NULL)
        file = list->other[at.source];
    source = source_of(list, file);
    if (severity == DIAG_ERROR)
        list->n_errors++;
    else
        list->n_warnings++;
    if (source->kept >= DIAG_MAX_PER_FILE) {
        source->left_out++;
        return;
    }
    d = g_new0(struct diag, 1);
    d->severity = severity;
    d->file = g_strdup(file);
    d->at = at;
    d->message = g_strdup_vprintf(format, args);
    g_strdelimit(d->message, "\n\r\t\v\f\033",
                 ' ');       /* one line, and nothing that moves a terminal's cursor */
    if (is_there(list, d)) { /* a topology is read for each of two scenarios, and told once */
        diag_free(d);
        return;
    }
    source->kept++;
    g_ptr_array_add(list->items, d);
}

void diag_error(struct diag_list *list, const char *file, struct text_pos at, const char *format,
                ...)
{
    va_list args;

    va_start(args, format);
    add(list, DIAG_ERROR, file, at, format, args);
    va_end(args);
}

void diag_warning(struct diag_list *list, const char *file, struct text_pos at, const char *format,
                  ...)
{
    va_list args;

    va_start(args, format);
    add(list, DIAG_WARNING, file, at, format, args);
    va_end(args);
}

void diag_list_take_errors(struct diag_list *list, const struct diag_list *from)
{
    for (guint i = 0; i < from->items->len; i++) {
        const struct diag *d = from->items->pdata[i];
        struct text_pos at = d->at;

        at.source = 0; /* the name is the right one already */
        if (d->severity == DIAG_ERROR && !is_there(list, d))
            diag_error(list, d->file, at, "%s", d->message);
    }
}

static int by_position(gconstpointer a, gconstpointer b, gpointer data)
{
    struct diag_list *list = data;
    const struct diag *x = *(const struct diag *const *)a, *y = *(const struct diag *const *)b;
    guint fx = source_of(list, x->file)->order, fy = source_of(list, y->file)->order;

    if (fx != fy)
        return fx < fy ? -1 : 1;
    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column)
        return x->at.column < y->at.column ? -1 : 1;
    return 0; /* GLib's sort is stable: first found, first shown */
}

void diag_list_sort(struct diag_list *list)
{
    g_ptr_array_sort_with_data(list->items, by_position, list);
}

/* ---- showing ---- */

/* The end of the line that starts at @p, and in *@next the start of the one after it; the line
 * breaks of YAML 1.1. */
static const char *line_end(const char *p, const char *end, const char **next)
{
    for (; p < end; p++) {
        const unsigned char *u = (const unsigned char *)p;

        if (*u == '\r' && p + 1 < end && p[1] == '\n') {
            *next = p + 2;
            return p;
        }
        if (*u == '\n' || *u == '\r') {
            *next = p + 1;
            return p;
        }
        if (end - p >= 2 && u[0] == 0xc2 && u[1] == 0x85) {
            *next = p + 2;
            return p;
        }
        if (end - p >= 3 && u[0] == 0xe2 && u[1] == 0x80 && (u[2] == 0xa8 || u[2] == 0xa9)) {
            *next = p + 3;
            return p;
        }
    }
    *next = end;
    return end;
}

static void index_lines(struct diag_source *source)
{
    const char *p = source->text, *end = source->text + source->len;
    size_t start = 0;

    if (source->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    source->lines = g_array_new(FALSE, FALSE, sizeof(size_t));
    do {
        start = (size_t)(p - source->text);
        g_array_append_val(source->lines, start);
        line_end(p, end, &p);
    } while (p < end);
}

static unsigned columns_of(gunichar c)
{
    if (g_unichar_iszerowidth(c))
        return 0;
    return g_unichar_iswide(c) ? 2 : 1;
}

#define SHOWN_COLUMNS 100

/*
 * The line of @d with a caret under its column. A long line is shown from a little before the
 * column; what a terminal would not print stands as a question mark.
 */
static void render_line(GString *out, struct diag_source *source, const struct diag *d)
{
    const char *p, *end, *next, *last;
    unsigned caret = 0, shown = 0, column = 1, skip;

    if (source->lines == NULL)
        index_lines(source);
    if (d->at.line > source->lines->len)
        return;
    p = source->text + g_array_index(source->lines, size_t, d->at.line - 1);
    last = source->text + source->len;
    end = line_end(p, last, &next);
    skip = d->at.column > SHOWN_COLUMNS - 20 ? d->at.column - 60 : 0;
    g_string_append(out, skip > 0 ? "    ..." : "    ");
    caret = skip > 0 ? 7 : 4;
    for (; p < end && shown < SHOWN_COLUMNS; column++) {
        gunichar c = g_utf8_get_char_validated(p, end - p);
        bool valid = (gint32)c >= 0;
        bool printable = valid && (c == '\t' || g_unichar_isprint(c) || g_unichar_iszerowidth(c)) &&
                         !g_unichar_iscntrl(c);

        if (valid && c == '\t') {
            c = ' ';
            printable = true;
        }
        if (!printable)
            c = '?';
        p = valid ? g_utf8_next_char(p) : p + 1;
        if (column <= skip)
            continue;
        g_string_append_unichar(out, c);
        shown += columns_of(c);
        if (column < d->at.column)
            caret += columns_of(c);
    }
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < caret; i++)
        g_string_append_c(out, ' ');
    g_string_append(out, "^\n");
}

static void render_one(GString *out, struct diag_list *list, const struct diag *d)
{
    struct diag_source *source = source_of(list, d->file);
    const char *word = d->severity == DIAG_ERROR ? _("error") : _("warning");

    if (d->at.line == 0) {
        g_string_append_printf(out, "%s: %s: %s\n", d->file, word, d->message);
        return;
    }
    g_string_append_printf(out, "%s:%u:%u: %s: %s\n", d->file, d->at.line, d->at.column, word,
                           d->message);
    if (source->text != NULL)
        render_line(out, source, d);
}

char *diag_list_render(struct diag_list *list)
{
    GString *out = g_string_new(NULL);

    diag_list_sort(list);
    for (guint i = 0; i < list->items->len; i++)
        render_one(out, list, g_ptr_array_index(list->items, i));
    for (guint i = 0; i < list->files->len; i++) {
        const char *file = g_ptr_array_index(list->files, i);
        unsigned n = source_of(list, file)->left_out;

        if (n > 0)
            g_string_append_printf(out, NN_("%s: and %u more\n", "%s: and %u more\n", n), file, n);
    }
    return g_string_free(out, FALSE);
}

static void json_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_printf(out, "\\%c", *p);
        else if (*p < 0x20)
            g_string_append_printf(out, "\\u%04x", *p);
        else
            g_string_append_c(out, (char)*p);
    }
    g_string_append_c(out, '"');
}

char *diag_list_json(struct diag_list *list)
{
    GString *out = g_string_new("[");

    diag_list_sort(list);
    for (guint i = 0; i < list->items->len; i++) {
        const struct diag *d = g_ptr_array_index(list->items, i);
        g_autofree char *file = g_utf8_make_valid(d->file, -1),
                        *message = g_utf8_make_valid(d->message, -1);

        g_string_append(out, i > 0 ? ",\n {\"file\":" : "{\"file\":");
        json_string(out, file);
        g_string_append_printf(
            out, ",\"line\":%u,\"column\":%u,\"severity\":\"%s\",\"message\":", d->at.line,
            d->at.column, d->severity == DIAG_ERROR ? "error" : "warning");
        json_string(out, message);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "]\n");
    return g_string_free(out, FALSE);
}

const char *diag_nearest(const char *word, const char *const *names, size_t n)
{
    size_t len = strlen(word);
    unsigned best = len <= 3 ? 1 : len <= 8 ? 2 : 3;
    const char *nearest = NULL;

    if (len == 0)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned distance = text_distance(word, names[i]);

        /* All letters replaced is no resemblance. */
        if (distance < len && distance < strlen(names[i]) &&
            (distance < best || (nearest == NULL && distance == best))) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
