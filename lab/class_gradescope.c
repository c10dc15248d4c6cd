/*
 * results.json for Gradescope (gradescope-autograders.readthedocs.io, "Output format"). Gradescope
 * itself keeps from students what `visibility` says, so hidden checks are in here with their
 * messages; nothing else may speak of them: neither the output of the whole nor standard output.
 */
#include <stdlib.h>
#include <string.h>

#include "inspect/i18n.h"
#include "lab/class_report.h"
#include "lab/class_value.h"

static const char *visibility(const json_t *check)
{
    const char *show = class_text(check, "show");

    if (strcmp(show, "after-due") == 0)
        return "after_due_date";
    if (strcmp(show, "after-published") == 0)
        return "after_published";
    return strcmp(show, "always") == 0 ? "visible" : "hidden";
}

/* @secret: it was skipped for a check that the student may not know of. */
static char *check_output(const json_t *check, bool secret)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GString) where = g_string_new(NULL), place = g_string_new(NULL);

    if (secret)
        return g_string_free(g_string_append(out, _("not looked at")), FALSE);
    if (class_mark(check) == CLASS_SKIPPED && *class_text(check, "skipped_because") != '\0')
        g_string_append_printf(out, "%s\n", class_text(check, "skipped_because"));
    if (*class_text(check, "message") != '\0')
        g_string_append_printf(out, "%s\n", class_text(check, "message"));
    class_add_where(where, check);
    class_add_place(place, check);
    if (where->len > 0)
        g_string_append_printf(out, "%s\n", where->str);
    if (place->len > 0)
        g_string_append_printf(out, "%s\n", place->str);
    if (*class_text(check, "step") != '\0')
        g_string_append_printf(out, "%s\n", class_text(check, "step"));
    return g_string_free(out, FALSE);
}

static json_t *test_of(const json_t *check, const json_t *checks, size_t number)
{
    bool bonus = json_is_true(json_object_get(check, "bonus"));
    const char *title = class_text(check, "title"), *group = class_text(check, "group");
    g_autofree char *output = check_output(check, class_is_named_hidden(check, checks, true));
    g_autofree char *name = g_strdup_printf(bonus ? _("%s (bonus)") : "%s",
                                            *title != '\0' ? title : class_text(check, "id"));
    g_autofree char *place = g_strdup_printf("%zu", number);
    json_t *test = json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "name", name, "number", place,
                             "score", class_number(class_hundredths(check, "points")), "max_score",
                             class_number(class_hundredths(check, "max")), "status",
                             class_mark(check) == CLASS_PASSED ? "passed" : "failed", "output",
                             output, "visibility", visibility(check));

    if (*group != '\0')
        json_object_set_new(test, "tags", json_pack("[s]", group));
    return test;
}

/* Of the submission as a whole: findings, hints, penalty. */
static char *whole_output(const json_t *result)
{
    const json_t *findings = json_object_get(result, "findings");
    GString *out = g_string_new(NULL);

    for (size_t i = 0; i < json_array_size(findings); i++) {
        class_add_where(out, json_array_get(findings, i));
        if (out->len > 0 && !g_str_has_suffix(out->str, "\n"))
            g_string_append(out, ": ");
        g_string_append_printf(out, "%s\n", class_text(json_array_get(findings, i), "message"));
    }
    if (class_open_penalty(result, true) > 0) {
        g_autoptr(GString) penalty = g_string_new(NULL);

        class_add_number(penalty, class_open_penalty(result, true));
        g_string_append_printf(out, _("penalty: %s points\n"), penalty->str);
    }
    return g_string_free(out, FALSE);
}

void class_write_gradescope(const json_t *result, GString *out)
{
    const json_t *checks = json_object_get(result, "checks");
    g_autofree char *output = whole_output(result);
    json_t *tests = json_array(), *all;
    char *text;

    for (size_t i = 0; i < json_array_size(checks); i++)
        json_array_append_new(tests, test_of(json_array_get(checks, i), checks, i + 1));
    all = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:{s:s, s:s, s:O, s:O}}", "score",
                    class_number(class_hundredths(result, "points")), "output", output,
                    "output_format", "text", "test_output_format", "text", "test_name_format",
                    "text", "visibility", "visible", "stdout_visibility", "hidden", "tests", tests,
                    "extra_data", "exercise", class_text(result, "exercise"), "status",
                    class_text(result, "status"), "variant", json_object_get(result, "variant"),
                    "hints_used", json_object_get(result, "hints_used"));
    text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    g_string_append_printf(out, "%s\n", text);
    free(text);
    json_decref(all);
}
