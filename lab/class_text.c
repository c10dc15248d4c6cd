/* A class as a table for the terminal. */
#include <string.h>

#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "lab/class_report.h"
#include "lab/class_value.h"

enum { NAME_LEAST = 10, NAME_MOST = 40, POINTS_COLUMNS = 12, BAR_COLUMNS = 30 };

/* ---- the submissions ---- */

static int name_width(const json_t *results)
{
    int width = NAME_LEAST;

    for (size_t i = 0; i < json_array_size(results); i++)
        width = MAX(width, columns_width(class_text(json_array_get(results, i), "submission")));
    return MIN(width, NAME_MOST);
}

/* The checks that are not met, and what went wrong as a whole. */
static void add_unmet(GString *out, const json_t *result)
{
    const json_t *checks = json_object_get(result, "checks");
    const json_t *findings = json_object_get(result, "findings");
    const char *between = "";

    if (!class_has_status(result, "graded"))
        g_string_append_printf(out, _("%s: "), class_status_name(result));
    for (size_t i = 0; i < json_array_size(checks) && class_has_status(result, "graded"); i++) {
        const json_t *check = json_array_get(checks, i);

        if (class_mark(check) == CLASS_PASSED)
            continue;
        g_string_append_printf(out, "%s%s%s", between, class_text(check, "id"),
                               class_mark(check) == CLASS_SKIPPED ? "-" : "");
        between = " ";
    }
    for (size_t i = 0; i < json_array_size(findings); i++) {
        g_string_append_printf(out, "%s%s", between,
                               class_text(json_array_get(findings, i), "message"));
        between = "; ";
    }
}

static void add_points(GString *out, const json_t *result)
{
    class_add_number(out, class_hundredths(result, "points"));
    g_string_append(out, " / ");
    class_add_number(out, class_hundredths(result, "max_points"));
}

static void add_submission(GString *out, const json_t *result, int name, int width)
{
    g_autoptr(GString) line = g_string_new(NULL), points = g_string_new(NULL);
    g_autoptr(GString) unmet = g_string_new(NULL);
    int used = columns_add(line, class_text(result, "submission"), name);

    columns_fill(line, " ", name - used + 2);
    add_points(points, result);
    columns_pad(line, points->str, POINTS_COLUMNS);
    add_unmet(unmet, result);
    g_strdelimit(unmet->str, "\n\t", ' ');
    columns_add(line, unmet->str, MAX(width - name - 2 - POINTS_COLUMNS, 20));
    g_string_append_printf(out, "%s\n", g_strchomp(line->str));
}

static void add_submissions(GString *out, const json_t *results, int width)
{
    int name = name_width(results);

    columns_pad(out, _("submission"), name + 2);
    columns_pad(out, _("points"), POINTS_COLUMNS);
    g_string_append_printf(out, "%s\n", _("not met"));
    for (size_t i = 0; i < json_array_size(results); i++)
        add_submission(out, json_array_get(results, i), name, width);
}

/* ---- the class ---- */

static void add_bar(GString *out, int64_t part, int64_t whole)
{
    columns_fill(out, "█", whole > 0 ? (int)((part * BAR_COLUMNS + whole - 1) / whole) : 0);
}

static void add_distribution(GString *out, const json_t *summary)
{
    const json_t *bins = json_object_get(summary, "distribution");
    json_int_t most = 1;

    for (size_t i = 0; i < json_array_size(bins); i++)
        most = MAX(most, json_integer_value(json_object_get(json_array_get(bins, i), "n")));
    for (size_t i = 0; i < json_array_size(bins); i++) {
        const json_t *bin = json_array_get(bins, i);
        json_int_t n = json_integer_value(json_object_get(bin, "n"));

        g_string_append_printf(out, "  %3d-%3d %% %5d ",
                               (int)json_integer_value(json_object_get(bin, "from")),
                               (int)json_integer_value(json_object_get(bin, "to")), (int)n);
        add_bar(out, n, most);
        while (g_str_has_suffix(out->str, " "))
            g_string_truncate(out, out->len - 1);
        g_string_append_c(out, '\n');
    }
}

static void add_figures(GString *out, const json_t *summary)
{
    g_autoptr(GString) mean = g_string_new(NULL), median = g_string_new(NULL);
    g_autoptr(GString) lowest = g_string_new(NULL), highest = g_string_new(NULL);

    class_add_number(mean, class_hundredths(summary, "mean"));
    class_add_number(median, class_hundredths(summary, "median"));
    class_add_number(lowest, class_hundredths(summary, "lowest"));
    class_add_number(highest, class_hundredths(summary, "highest"));
    g_string_append_printf(out,
                           _("points: mean %s, median %s, from %s to %s; full marks: %d of %d\n"),
                           mean->str, median->str, lowest->str, highest->str,
                           (int)json_integer_value(json_object_get(summary, "full")),
                           (int)json_integer_value(json_object_get(summary, "submissions")));
}

static void add_checks(GString *out, const json_t *summary)
{
    const json_t *checks = json_object_get(summary, "checks");
    int width = NAME_LEAST;

    for (size_t i = 0; i < json_array_size(checks); i++)
        width = MAX(width, columns_width(class_text(json_array_get(checks, i), "id")));
    g_string_append_printf(out, "%s\n", _("checks, and how many met them:"));
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        int passed = (int)json_integer_value(json_object_get(check, "passed"));

        g_string_append(out, "  ");
        columns_pad(out, class_text(check, "id"), width + 2);
        g_string_append_printf(out, "%5d  %3d %%  %s\n", passed,
                               (int)(class_hundredths(check, "percent") + 50) / 100,
                               class_text(check, "title"));
    }
    if (json_is_string(json_object_get(summary, "most_failed")))
        g_string_append_printf(out, _("most often failed: %s\n"),
                               class_text(summary, "most_failed"));
}

/* ---- who resembles whom ---- */

static void add_cluster(GString *out, const json_t *cluster)
{
    const json_t *members = json_object_get(cluster, "members");
    const json_t *evidence = json_object_get(cluster, "evidence");

    g_string_append(out, "  ");
    for (size_t i = 0; i < json_array_size(members); i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "",
                               json_string_value(json_array_get(members, i)));
    g_string_append_printf(out, _(" (%d %% of what they have is shared)\n"),
                           (int)json_integer_value(json_object_get(cluster, "percent")));
    for (size_t i = 0; i < json_array_size(evidence); i++) {
        const json_t *trait = json_array_get(evidence, i);
        g_autofree char *text = g_strdup(class_text(trait, "text"));

        g_string_append_printf(out, _("    %s, %d times here, %d times in the class: %s\n"),
                               class_kind_name(trait),
                               (int)json_integer_value(json_object_get(trait, "members")),
                               (int)json_integer_value(json_object_get(trait, "submissions")),
                               g_strdelimit(text, "\n\t", ' '));
    }
}

static void add_similarity(GString *out, const json_t *report)
{
    const json_t *clusters = json_object_get(json_object_get(report, "similarity"), "clusters");

    if (json_array_size(clusters) == 0)
        return;
    g_string_append_printf(
        out, "\n%s\n", _("more alike than the exercise makes them (a reason to look, no proof):"));
    for (size_t i = 0; i < json_array_size(clusters); i++)
        add_cluster(out, json_array_get(clusters, i));
}

void class_write_text(const json_t *report, int width, GString *out)
{
    const json_t *results = json_object_get(report, "results");
    const json_t *summary = json_object_get(report, "summary");

    g_string_append_printf(out, "%s (%s)\n\n", class_text(report, "title"),
                           class_text(report, "exercise"));
    add_submissions(out, results, width);
    g_string_append_c(out, '\n');
    add_figures(out, summary);
    add_distribution(out, summary);
    add_checks(out, summary);
    add_similarity(out, report);
}
