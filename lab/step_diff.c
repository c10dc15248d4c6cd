/* What the last movement changed: the tables of this moment against those of the one before. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/step_session.h"

/* One line of a dump: where it belongs, and the value. */
struct cell {
    const char *node, *table, *key, *field, *value;
};

static bool split(char *line, struct cell *cell)
{
    char **parts[] = { (char **)&cell->table, (char **)&cell->key, (char **)&cell->field,
                       (char **)&cell->value };
    char *at = line;

    cell->node = line;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        at = strchr(at, '\t');
        if (at == NULL)
            return false;
        *at++ = '\0';
        *parts[i] = at;
    }
    return true;
}

/* place ("node\ttable\tkey\tfield") -> value, of every line of @dump; lines that share a place are
 * counted apart. */
static GHashTable *index_dump(char **lines)
{
    GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (; *lines != NULL; lines++) {
        const char *value = strrchr(*lines, '\t');
        char *place;

        if (value == NULL)
            continue;
        place = g_strndup(*lines, (gsize)(value - *lines));
        if (g_hash_table_contains(index, place))
            g_free(place);
        else
            g_hash_table_insert(index, place, g_strdup(value + 1));
    }
    return index;
}

struct comparison {
    char **now, **before; /* lines */
    GHashTable *was, *is;
};

static bool compare(struct step *step, struct comparison *c)
{
    g_autoptr(GString) now = g_string_new(NULL), before = g_string_new(NULL);
    struct step_point *past = step_point_at(step, &step->before);
    bool ok = past != NULL && step_look_at(step, step->here, "dump", now) &&
              step_look_at(step, past, "dump", before);

    if (past != NULL)
        step_point_drop(step, past);
    c->now = g_strsplit(now->str, "\n", -1);
    c->before = g_strsplit(before->str, "\n", -1);
    c->was = index_dump(c->before);
    c->is = index_dump(c->now);
    return ok;
}

static void comparison_fini(struct comparison *c)
{
    g_strfreev(c->now);
    g_strfreev(c->before);
    g_hash_table_destroy(c->was);
    g_hash_table_destroy(c->is);
}

/* What grows by itself, with every frame or with time, is no news. */
static bool is_counter(const struct cell *cell)
{
    return strcmp(cell->field, "age") == 0 || g_str_has_suffix(cell->field, "_frames") ||
           (strcmp(cell->table, "ports") == 0 && g_str_has_suffix(cell->field, "_octets"));
}

/* Rows that are new, gone or different; their fields speak where the row's text does not. */
static void tell_changes(char **lines, GHashTable *other, char sign, GString *out)
{
    for (; *lines != NULL; lines++) {
        g_autofree char *copy = g_strdup(*lines), *place = NULL;
        const char *value = strrchr(*lines, '\t'), *then;
        struct cell cell;

        if (value == NULL || !split(copy, &cell) || is_counter(&cell))
            continue;
        place = g_strndup(*lines, (gsize)(value - *lines));
        then = g_hash_table_lookup(other, place);
        if (then != NULL && strcmp(then, cell.value) == 0)
            continue;
        if (*cell.field == '\0')
            g_string_append_printf(out, "%c %s %s: %s\n", sign, cell.node, cell.table, cell.value);
        else if (sign == '+' && then != NULL)
            g_string_append_printf(out, "    %s %s %s: %s (%s %s)\n", cell.node, cell.key,
                                   cell.field, cell.value, _("was"), then);
    }
}

enum step_answer step_do_diff(struct step *step, GString *out)
{
    struct comparison c;
    bool ok = compare(step, &c);

    if (ok) {
        tell_changes(c.before, c.is, '-', out);
        tell_changes(c.now, c.was, '+', out);
        if (out->len == 0)
            g_string_append_printf(out, "%s\n", _("the last step changed no table"));
    }
    comparison_fini(&c);
    return ok ? STEP_OK : STEP_BROKEN;
}

static bool is_meant(const struct cell *cell, char **words)
{
    if (strcmp(cell->table, "tcp") != 0)
        return false;
    for (char **word = words + 1; *word != NULL; word++)
        if (strcmp(cell->node, *word) != 0 && strstr(cell->key, *word) == NULL)
            return false;
    return true;
}

/* tcp [NODE] [WORD]: the control blocks whose key has the word, each field; marked with * where the
 * last step changed it. */
enum step_answer step_do_tcp(struct step *step, char **words, GString *out)
{
    struct comparison c;
    bool ok = compare(step, &c);

    for (char **line = c.now; ok && *line != NULL; line++) {
        g_autofree char *copy = g_strdup(*line), *place = NULL;
        const char *value = strrchr(*line, '\t'), *then;
        struct cell cell;

        if (value == NULL || !split(copy, &cell) || !is_meant(&cell, words))
            continue;
        place = g_strndup(*line, (gsize)(value - *line));
        then = g_hash_table_lookup(c.was, place);
        if (*cell.field == '\0')
            g_string_append_printf(out, "%s  %s\n", cell.node, cell.value);
        else if (then == NULL || strcmp(then, cell.value) == 0)
            g_string_append_printf(out, "    %-20s %s\n", cell.field, cell.value);
        else
            g_string_append_printf(out, "  * %-20s %s (%s %s)\n", cell.field, cell.value, _("was"),
                                   then);
    }
    if (ok && out->len == 0)
        g_string_append_printf(out, "%s\n", _("there is no such connection now"));
    comparison_fini(&c);
    return ok ? STEP_OK : STEP_BROKEN;
}
