#include "lab/attempt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "inspect/i18n.h"
#include "lab/format.h"
#include "lab/handin.h"
#include "lab/submission.h"

/* ---- reading ---- */

static struct ynode *empty_map(struct attempt *attempt)
{
    return tree_map(&attempt->arena, TEXT_POS(1, 1));
}

static bool read_answer(struct attempt *attempt, const char *text, char **error)
{
    struct diag_list *diags = diag_list_new();
    const char *message;
    struct ytree *tree;
    uint32_t hints;

    diag_list_add_source(diags, attempt->file, text, strlen(text));
    tree = ytree_parse(attempt->file, text, strlen(text), 0, diags);
    if (tree != NULL && tree->root->kind != YNODE_MAP && !ynode_is_null(tree->root))
        diag_error(diags, attempt->file, tree->root->at,
                   _("a submission is a map of what was changed, like pc2: {gateway: "
                     "192.168.1.1}"));
    if (tree != NULL && !submission_hints_read(ynode_get(tree->root, "hints"), &hints, &message))
        diag_error(diags, attempt->file, ynode_get(tree->root, "hints")->at, "%s", message);
    if (diags->n_errors > 0)
        *error = diag_list_render(diags);
    else if (tree->root->kind == YNODE_MAP)
        attempt->root = tree_copy(&attempt->arena, tree->root);
    ytree_free(tree);
    diag_list_free(diags);
    return *error == NULL;
}

static bool read_file(struct attempt *attempt, char **error)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents(attempt->file, &text, NULL, NULL))
        return true; /* there is none yet */
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += strspn(line, "\n \t\r");
        if (*line != '#' && *line != '\0')
            return read_answer(attempt, text, error);
    }
    return true;
}

struct attempt *attempt_open(const char *folder, const char *student, char **error)
{
    struct attempt *attempt = g_new0(struct attempt, 1);

    *error = NULL;
    attempt->folder = g_strdup(folder);
    attempt->file = g_build_filename(folder, HANDIN_ANSWER, NULL);
    attempt->log = g_build_filename(folder, HANDIN_LOG, NULL);
    attempt->root = empty_map(attempt);
    if (g_mkdir_with_parents(folder, 0777) != 0)
        *error = g_strdup_printf("%s: %s\n", folder, g_strerror(errno));
    if (*error == NULL && read_file(attempt, error)) {
        if (student != NULL)
            tree_put(&attempt->arena, attempt->root, "student",
                     tree_text(&attempt->arena, TEXT_POS(1, 1), student));
        return attempt;
    }
    attempt_free(attempt);
    return NULL;
}

void attempt_free(struct attempt *attempt)
{
    if (attempt == NULL)
        return;
    arena_fini(&attempt->arena);
    g_free(attempt->folder);
    g_free(attempt->file);
    g_free(attempt->log);
    g_free(attempt);
}

/* ---- changes ---- */

/* A text in YAML as a tree of the attempt's. */
static struct ynode *value_of(struct attempt *attempt, const char *text, char **error)
{
    struct diag_list *diags = diag_list_new();
    struct ytree *tree = ytree_parse("value", text, strlen(text), 0, diags);
    struct ynode *value = NULL;

    if (tree != NULL)
        value = tree_copy(&attempt->arena, tree->root);
    else
        *error = g_strdup(((const struct diag *)diags->items->pdata[0])->message);
    ytree_free(tree);
    diag_list_free(diags);
    return value;
}

static struct ynode *null_value(struct attempt *attempt)
{
    struct ynode *none = tree_text(&attempt->arena, TEXT_POS(1, 1), "null");

    none->quoted = false;
    return none;
}

/* The map or list under @key, made where there is none. */
static struct ynode *below(struct attempt *attempt, struct ynode *map, const char *key, bool list)
{
    struct ynode *value = ynode_get(map, key);

    if (value != NULL && value->kind == (list ? YNODE_LIST : YNODE_MAP))
        return value;
    value = list ? tree_list(&attempt->arena, TEXT_POS(1, 1)) : empty_map(attempt);
    tree_put(&attempt->arena, map, key, value);
    return value;
}

bool attempt_set(struct attempt *attempt, const char *path, const char *value, char **error)
{
    g_auto(GStrv) steps = g_strsplit(path, ".", -1);
    struct ynode *node = value != NULL ? value_of(attempt, value, error) : null_value(attempt);
    struct ynode *map = attempt->root;
    guint i = 0;

    if (node == NULL)
        return false;
    for (; steps[i] != NULL && steps[i + 1] != NULL; i++)
        map = below(attempt, map, steps[i], false);
    if (steps[i] == NULL || *steps[i] == '\0') {
        *error = g_strdup(_("a path is written like pc2.gateway"));
        return false;
    }
    tree_put(&attempt->arena, map, steps[i], node);
    return true;
}

void attempt_plug(struct attempt *attempt, const char *a, const char *b)
{
    struct ynode *cable = tree_list(&attempt->arena, TEXT_POS(1, 1));

    tree_append(&attempt->arena, cable, tree_text(&attempt->arena, TEXT_POS(1, 1), a));
    tree_append(&attempt->arena, cable, tree_text(&attempt->arena, TEXT_POS(1, 1), b));
    tree_append(&attempt->arena, below(attempt, attempt->root, "links", true), cable);
}

void attempt_unplug(struct attempt *attempt, const char *port)
{
    struct ynode *map = empty_map(attempt);

    tree_put(&attempt->arena, map, "unplug", tree_text(&attempt->arena, TEXT_POS(1, 1), port));
    tree_append(&attempt->arena, below(attempt, attempt->root, "links", true), map);
}

bool attempt_answer(struct attempt *attempt, const char *id, const char *value, char **error)
{
    struct ynode *node = value_of(attempt, value, error);

    if (node == NULL)
        return false;
    tree_put(&attempt->arena, below(attempt, attempt->root, "answers", false), id, node);
    return true;
}

unsigned attempt_hints(const struct attempt *attempt)
{
    const char *message;
    uint32_t n = 0;

    submission_hints_read(ynode_get(attempt->root, "hints"), &n, &message);
    return n;
}

void attempt_take_hint(struct attempt *attempt)
{
    tree_put(&attempt->arena, attempt->root, "hints",
             tree_printf(&attempt->arena, TEXT_POS(1, 1), "%u", attempt_hints(attempt) + 1));
}

void attempt_reset(struct attempt *attempt)
{
    struct ynode *old = attempt->root;
    static const char *const kept[] = { "student", "hints" };

    attempt->root = empty_map(attempt);
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
        if (ynode_get(old, kept[i]) != NULL)
            tree_put(&attempt->arena, attempt->root, kept[i], ynode_get(old, kept[i]));
    remove(attempt->log);
}

/* ---- writing ---- */

/* The log's lines as a list, if there are any. */
static void write_commands(const struct attempt *attempt, GString *out)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    unsigned n = 0;

    if (!g_file_get_contents(attempt->log, &text, NULL, NULL) || !g_utf8_validate(text, -1, NULL))
        return;
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_strstrip(lines[i]);
        if (*lines[i] == '\0' || *lines[i] == '#')
            continue;
        g_string_append(out, n++ == 0 ? "commands:\n  - " : "  - ");
        tree_write_text(out, lines[i]);
        g_string_append_c(out, '\n');
    }
}

char *attempt_text(const struct attempt *attempt, bool commands)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct diag_list *diags = diag_list_new();
    char *formatted;

    for (uint32_t i = 0; i < attempt->root->n; i++) {
        tree_write_text(out, ynode_key(attempt->root, i)->text);
        g_string_append(out, ": ");
        tree_write(out, ynode_value(attempt->root, i));
        g_string_append_c(out, '\n');
    }
    if (commands && ynode_get(attempt->root, "commands") == NULL)
        write_commands(attempt, out);
    if (out->len == 0)
        g_string_append(out, "{}\n");
    formatted = format_text(attempt->file, out->str, out->len, diags);
    diag_list_free(diags);
    return formatted != NULL ? formatted : g_strdup(out->str);
}

bool attempt_save(const struct attempt *attempt, GError **error)
{
    g_autofree char *text = attempt_text(attempt, false);

    return g_file_set_contents(attempt->file, text, -1, error);
}

void attempt_ran(const struct attempt *attempt, const char *host, const char *line)
{
    FILE *log = fopen(attempt->log, "a");

    if (log == NULL)
        return;
    fprintf(log, "%s$ %s\n", host, line);
    fclose(log);
}
