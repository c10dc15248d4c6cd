/* A result for people, made from the JSON alone. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/grade.h"

static const char *text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

/* "2", "1.5" */
static char *number_of(const json_t *json, const char *key)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    return g_strdup(
        g_ascii_formatd(text, sizeof text, "%.4g", json_number_value(json_object_get(json, key))));
}

static void add_block(GString *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++)
        if (*lines[i] != '\0')
            g_string_append_printf(out, "        %s\n", lines[i]);
}

static void add_where(GString *out, const json_t *json, const char *indent)
{
    const json_t *where = json_object_get(json, "where");

    if (json_is_object(where))
        g_string_append_printf(out, "%s%s:%d:%d\n", indent, text_of(where, "file"),
                               (int)json_integer_value(json_object_get(where, "line")),
                               (int)json_integer_value(json_object_get(where, "column")));
}

static void add_mark(GString *out, const json_t *check, bool colour)
{
    const json_t *ok = json_object_get(check, "ok");
    const char *word = json_is_true(ok)    ? _("ok    ")
                       : json_is_false(ok) ? _("FAILED")
                                           : _("-     ");

    if (colour && !json_is_null(ok))
        g_string_append_printf(out, "\033[%dm%s\033[0m", json_is_true(ok) ? 32 : 31, word);
    else
        g_string_append(out, word);
}

static void add_check(GString *out, const json_t *check, bool colour)
{
    g_autofree char *points = number_of(check, "points"), *max = number_of(check, "max");

    if (!json_is_true(json_object_get(check, "visible"))) {
        g_string_append_printf(out, "%s  %s  %s\n", _("hidden"), text_of(check, "title"),
                               _("(shown later)"));
        return;
    }
    add_mark(out, check, colour);
    g_string_append_printf(out, "  %s/%s%s  %s\n", points, max,
                           json_is_true(json_object_get(check, "bonus")) ? _(" (bonus)") : "",
                           text_of(check, "title"));
    add_block(out, text_of(check, "message"));
    if (json_is_true(json_object_get(check, "ok")))
        return;
    if (json_is_object(json_object_get(check, "where"))) {
        g_string_append_printf(out, "        %s", _("your line: "));
        add_where(out, check, "");
    }
    if (text_of(check, "step") != NULL)
        g_string_append_printf(out, "        %s%s\n", _("look there: "), text_of(check, "step"));
}

static void add_findings(GString *out, const json_t *findings)
{
    const json_t *finding;
    size_t i;

    json_array_foreach(findings, i, finding)
    {
        const json_t *where = json_object_get(finding, "where");

        g_string_append_printf(out, "%s", _("note    "));
        if (json_is_object(where))
            g_string_append_printf(out, "%s:%d:%d: ", text_of(where, "file"),
                                   (int)json_integer_value(json_object_get(where, "line")),
                                   (int)json_integer_value(json_object_get(where, "column")));
        g_string_append_printf(out, "%s\n", text_of(finding, "message"));
    }
}

static void add_groups(GString *out, const json_t *checks, bool colour)
{
    const char *group = NULL;
    const json_t *check;
    size_t i;

    json_array_foreach(checks, i, check)
    {
        const char *own = text_of(check, "group");

        if (own != NULL && g_strcmp0(own, group) != 0)
            g_string_append_printf(out, "%s:\n", own);
        group = own;
        add_check(out, check, colour);
    }
}

static const char *status_words(const char *status)
{
    if (g_strcmp0(status, "rejected") == 0)
        return _("could not be read");
    if (g_strcmp0(status, "limited") == 0)
        return _("was stopped at a limit");
    if (g_strcmp0(status, "crashed") == 0)
        return _("could not be graded");
    return NULL;
}

void grade_write_text(const json_t *result, unsigned flags, GString *out)
{
    g_autofree char *points = number_of(result, "points"), *max = number_of(result, "max_points"),
                    *penalty = number_of(result, "penalty");
    const char *status = status_words(text_of(result, "status"));
    gint64 hidden = json_integer_value(json_object_get(result, "hidden"));

    if ((flags & GRADE_TEXT_QUIET) != 0) {
        g_string_append_printf(out, "%s: %s/%s%s%s\n", text_of(result, "submission"), points, max,
                               status != NULL ? "  " : "", status != NULL ? status : "");
        return;
    }
    g_string_append_printf(out, "%s - %s (%s)\n", text_of(result, "title"),
                           text_of(result, "student"), text_of(result, "submission"));
    if (status != NULL)
        g_string_append_printf(out, _("the submission %s\n"), status);
    add_findings(out, json_object_get(result, "findings"));
    if (g_strcmp0(text_of(result, "status"), "rejected") != 0) /* then nothing was looked at */
        add_groups(out, json_object_get(result, "checks"), (flags & GRADE_TEXT_COLOUR) != 0);
    if (json_number_value(json_object_get(result, "penalty")) > 0)
        g_string_append_printf(out, _("penalty: %s\n"), penalty);
    g_string_append_printf(out, _("points: %s of %s\n"), points, max);
    if (hidden > 0)
        g_string_append_printf(
            out,
            NN_("(%d check is shown later)\n", "(%d checks are shown later)\n", (gulong)hidden),
            (int)hidden);
}
