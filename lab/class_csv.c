/*
 * A class as CSV (RFC 4180, UTF-8 with the mark that spreadsheets want to see). A text that a
 * spreadsheet would take for a formula gets an apostrophe before it.
 */
#include <string.h>

#include "lab/class_report.h"
#include "lab/class_value.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define FEEDBACK_MAX    2000 /* octets: what a cell of a spreadsheet and a gradebook hold well */

static bool is_formula(const char *text)
{
    static const char *const WIDE[] = { "＝", "＋", "－",
                                        "＠" }; /* some spreadsheets take these too */

    for (size_t i = 0; i < G_N_ELEMENTS(WIDE); i++)
        if (g_str_has_prefix(text, WIDE[i]))
            return true;
    return *text != '\0' && strchr("=+-@\t\r\n", *text) != NULL;
}

/* In quotes where it must be. */
static void add_cell(GString *out, const char *text)
{
    bool formula = is_formula(text);

    if (strpbrk(text, ",\"\r\n;\t") == NULL) {
        g_string_append_printf(out, "%s%s,", formula ? "'" : "", text);
        return;
    }
    g_string_append(out, formula ? "\"'" : "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *text);
    }
    g_string_append(out, "\",");
}

static void add_points(GString *out, int64_t hundredths)
{
    class_add_number(out, hundredths);
    g_string_append_c(out, ',');
}

static void end_row(GString *out)
{
    g_string_truncate(out, out->len - 1); /* the last comma */
    g_string_append(out, "\r\n");
}

static void add_header(GString *out, const json_t *checks)
{
    g_string_append(
        out, "submission,student,status,points,max_points,percent,bonus,penalty,hints_used,");
    for (size_t i = 0; i < json_array_size(checks); i++) {
        g_autofree char *column =
            g_strdup_printf("check %s", class_text(json_array_get(checks, i), "id"));

        add_cell(out, column);
    }
    g_string_append(out, "not_met,findings,feedback,");
    end_row(out);
}

/* The messages of failed checks that the student may see, each once. */
static void add_feedback(GString *out, const json_t *checks)
{
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

    for (size_t i = 0; i < json_array_size(checks) && out->len < FEEDBACK_MAX; i++) {
        const json_t *check = json_array_get(checks, i);
        const char *message = class_text(check, "message");

        if (class_mark(check) == CLASS_PASSED || class_is_hidden(check) || *message == '\0' ||
            class_is_named_hidden(check, checks, false) ||
            !g_hash_table_add(told, (gpointer)message))
            continue;
        g_string_append_printf(out, "%s%s", out->len > 0 ? "\n" : "", message);
    }
}

/* Columns of texts: what is not met, what was found, and what to tell the student now. */
static void add_texts(GString *out, const json_t *result)
{
    const json_t *checks = json_object_get(result, "checks");
    const json_t *findings = json_object_get(result, "findings");
    g_autoptr(GString) unmet = g_string_new(NULL), found = g_string_new(NULL);
    g_autoptr(GString) feedback = g_string_new(NULL);

    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);

        if (class_mark(check) == CLASS_PASSED)
            continue;
        g_string_append_printf(unmet, "%s%s", unmet->len > 0 ? " " : "", class_text(check, "id"));
    }
    for (size_t i = 0; i < json_array_size(findings) && found->len < FEEDBACK_MAX; i++)
        g_string_append_printf(found, "%s%s", found->len > 0 ? "\n" : "",
                               class_text(json_array_get(findings, i), "message"));
    add_feedback(feedback, checks);
    add_cell(out, unmet->str);
    add_cell(out, found->str);
    add_cell(out, feedback->str);
}

static void add_row(GString *out, const json_t *result)
{
    const json_t *checks = json_object_get(result, "checks");

    add_cell(out, class_text(result, "submission"));
    add_cell(out, class_text(result, "student"));
    add_cell(out, class_text(result, "status"));
    add_points(out, class_hundredths(result, "points"));
    add_points(out, class_hundredths(result, "max_points"));
    add_points(out, class_ratio(class_hundredths(result, "points"),
                                class_hundredths(result, "max_points")));
    add_points(out, class_hundredths(result, "bonus"));
    add_points(out, class_hundredths(result, "penalty"));
    add_points(out, class_hundredths(result, "hints_used"));
    for (size_t i = 0; i < json_array_size(checks); i++)
        add_points(out, class_hundredths(json_array_get(checks, i), "points"));
    add_texts(out, result);
    end_row(out);
}

void class_write_csv(const json_t *report, GString *out)
{
    const json_t *results = json_object_get(report, "results");

    g_string_append(out, BYTE_ORDER_MARK);
    add_header(out, json_object_get(json_array_get(results, 0), "checks"));
    for (size_t i = 0; i < json_array_size(results); i++)
        add_row(out, json_array_get(results, i));
}
