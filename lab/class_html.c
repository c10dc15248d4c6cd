/*
 * A class as one HTML page: figures, distribution, checks, submissions, who resembles whom, and a
 * part for each student. No script, no outside resource; everything that strangers wrote is
 * escaped.
 */
#include "lab/class_html.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/class_report.h"
#include "lab/class_value.h"

enum { BAR_W = 52, BAR_GAP = 8, PLOT_H = 140, PLOT_TOP = 22, PLOT_BOTTOM = 24 };

void html_text(GString *out, const char *text)
{
    class_add_escaped(out, text);
}

void html_cell(GString *out, const char *css, const char *text)
{
    g_string_append_printf(out, "<td class=\"%s\">", css);
    html_text(out, text);
    g_string_append(out, "</td>");
}

void html_points(GString *out, const json_t *result)
{
    class_add_number(out, class_hundredths(result, "points"));
    g_string_append(out, " / ");
    class_add_number(out, class_hundredths(result, "max_points"));
}

static int integer(const json_t *object, const char *key)
{
    return (int)json_integer_value(json_object_get(object, key));
}

/* ---- figures and distribution ---- */

static void add_figure(GString *out, const char *name, const char *value)
{
    g_string_append(out, "<div><dt>");
    html_text(out, name);
    g_string_append(out, "</dt><dd>");
    html_text(out, value);
    g_string_append(out, "</dd></div>\n");
}

static void add_hundredths(GString *out, const char *name, const json_t *summary, const char *key)
{
    g_autoptr(GString) value = g_string_new(NULL);

    class_add_number(value, class_hundredths(summary, key));
    add_figure(out, name, value->str);
}

static void add_count(GString *out, const char *name, const json_t *summary, const char *key)
{
    g_autofree char *value = g_strdup_printf("%d", integer(summary, key));

    add_figure(out, name, value);
}

static void add_figures(GString *out, const json_t *summary)
{
    g_string_append(out, "<dl class=\"figures\">\n");
    add_count(out, _("submissions"), summary, "submissions");
    add_hundredths(out, _("points to reach"), summary, "max_points");
    add_hundredths(out, _("mean"), summary, "mean");
    add_hundredths(out, _("median"), summary, "median");
    add_hundredths(out, _("lowest"), summary, "lowest");
    add_hundredths(out, _("highest"), summary, "highest");
    add_count(out, _("full marks"), summary, "full");
    if (integer(summary, "rejected") > 0)
        add_count(out, _("rejected"), summary, "rejected");
    if (integer(summary, "limited") > 0)
        add_count(out, _("limited"), summary, "limited");
    if (integer(summary, "crashed") > 0)
        add_count(out, _("crashed"), summary, "crashed");
    g_string_append(out, "</dl>\n");
}

static void add_bin(GString *out, const json_t *bin, size_t i, int most)
{
    int n = integer(bin, "n"), x = (int)i * (BAR_W + BAR_GAP) + BAR_GAP, middle = x + BAR_W / 2;
    int height = n > 0 ? MAX(n * PLOT_H / most, 2) : 0, base = PLOT_TOP + PLOT_H;

    if (n > 0)
        g_string_append_printf(out,
                               "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\"/>"
                               "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%d</text>\n",
                               x, base - height, BAR_W, height, middle, base - height - 6, n);
    g_string_append_printf(
        out, "<text class=\"soft\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%d–%d</text>\n", middle,
        base + 17, integer(bin, "from"), integer(bin, "to"));
}

void html_distribution(GString *out, const json_t *summary)
{
    const json_t *bins = json_object_get(summary, "distribution");
    int width = (int)json_array_size(bins) * (BAR_W + BAR_GAP) + BAR_GAP, most = 1;

    for (size_t i = 0; i < json_array_size(bins); i++)
        most = MAX(most, integer(json_array_get(bins, i), "n"));
    g_string_append_printf(out,
                           "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" "
                           "aria-label=\"%s\">\n",
                           width, PLOT_TOP + PLOT_H + PLOT_BOTTOM, width,
                           _("how many submissions reached which share of the points"));
    g_string_append_printf(out, "<line x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n", width,
                           PLOT_TOP + PLOT_H, PLOT_TOP + PLOT_H);
    for (size_t i = 0; i < json_array_size(bins); i++)
        add_bin(out, json_array_get(bins, i), i, most);
    g_string_append(out, "</svg>\n");
    g_string_append_printf(out, "<p class=\"soft\">%s</p>\n",
                           _("submissions by percent of the points"));
}

/* ---- tables ---- */

static void begin_table(GString *out, const char *const *columns, const char *const *css, size_t n)
{
    g_string_append(out, "<div class=\"wide\"><table>\n<thead><tr>");
    for (size_t i = 0; i < n; i++) {
        g_string_append_printf(out, "<th scope=\"col\" class=\"%s\">", css[i]);
        html_text(out, columns[i]);
        g_string_append(out, "</th>");
    }
    g_string_append(out, "</tr></thead>\n<tbody>\n");
}

static void end_table(GString *out)
{
    g_string_append(out, "</tbody></table></div>\n");
}

static void add_check(GString *out, const json_t *check, const char *most_failed)
{
    int percent = (int)(class_hundredths(check, "percent") + 50) / 100;

    g_string_append(out, "<tr><td class=\"id\"><code>");
    html_text(out, class_text(check, "id"));
    g_string_append(out, "</code></td><td>");
    html_text(out, class_text(check, "title"));
    if (strcmp(class_text(check, "id"), most_failed) == 0)
        g_string_append_printf(out, " <span class=\"badge\">%s</span>", _("most often failed"));
    g_string_append_printf(out,
                           "</td><td class=\"number\">%d</td><td class=\"number\">%d</td>"
                           "<td class=\"number\">%d</td><td class=\"number\">%d %% <span "
                           "class=\"meter\"><i style=\"width:%d%%\"></i></span></td></tr>\n",
                           integer(check, "passed"), integer(check, "failed"),
                           integer(check, "skipped"), percent, percent);
}

static void add_checks(GString *out, const json_t *summary)
{
    static const char *const CSS[] = { "", "", "number", "number", "number", "number" };
    const char *columns[] = { _("id"),      _("check"),     _("met"),
                              _("not met"), _("not tried"), _("share") };
    const json_t *checks = json_object_get(summary, "checks");

    g_string_append_printf(out, "<h2>%s</h2>\n", _("Checks"));
    begin_table(out, columns, CSS, G_N_ELEMENTS(CSS));
    for (size_t i = 0; i < json_array_size(checks); i++)
        add_check(out, json_array_get(checks, i), class_text(summary, "most_failed"));
    end_table(out);
}

static void add_submission(GString *out, const json_t *result, size_t i)
{
    const json_t *checks = json_object_get(result, "checks");
    const char *between = "";

    g_string_append(out, "<tr><td class=\"name\"><a href=\"#");
    html_anchor(out, i);
    g_string_append(out, "\">");
    html_text(out, class_text(result, "submission"));
    g_string_append(out, "</a></td><td class=\"number\">");
    html_points(out, result);
    g_string_append(out, "</td>");
    html_cell(out, "", class_status_name(result));
    g_string_append(out, "<td>");
    for (size_t c = 0; c < json_array_size(checks) && class_has_status(result, "graded"); c++) {
        if (class_mark(json_array_get(checks, c)) == CLASS_PASSED)
            continue;
        g_string_append_printf(out, "%s<code>", between);
        html_text(out, class_text(json_array_get(checks, c), "id"));
        g_string_append(out, "</code>");
        between = " ";
    }
    g_string_append(out, "</td></tr>\n");
}

static void add_submissions(GString *out, const json_t *results)
{
    static const char *const CSS[] = { "", "number", "", "" };
    const char *columns[] = { _("submission"), _("points"), _("status"), _("not met") };

    g_string_append_printf(out, "<h2>%s</h2>\n", _("Submissions"));
    begin_table(out, columns, CSS, G_N_ELEMENTS(CSS));
    for (size_t i = 0; i < json_array_size(results); i++)
        add_submission(out, json_array_get(results, i), i);
    end_table(out);
}

/* ---- who resembles whom ---- */

static void add_cluster(GString *out, const json_t *cluster)
{
    static const char *const CSS[] = { "", "", "number", "number" };
    const char *columns[] = { _("kind"), _("what they share"), _("here"), _("in the class") };
    const json_t *members = json_object_get(cluster, "members");
    const json_t *evidence = json_object_get(cluster, "evidence");

    g_string_append(out, "<h3>");
    for (size_t i = 0; i < json_array_size(members); i++) {
        g_string_append(out, i > 0 ? ", " : "");
        html_text(out, json_string_value(json_array_get(members, i)));
    }
    g_string_append_printf(out, "</h3>\n<p>");
    g_string_append_printf(out, _("%d %% of what they have is shared"),
                           integer(cluster, "percent"));
    g_string_append(out, "</p>\n");
    begin_table(out, columns, CSS, G_N_ELEMENTS(CSS));
    for (size_t i = 0; i < json_array_size(evidence); i++) {
        const json_t *trait = json_array_get(evidence, i);

        g_string_append(out, "<tr>");
        html_cell(out, "", class_kind_name(trait));
        g_string_append(out, "<td><code>");
        html_text(out, class_text(trait, "text"));
        g_string_append_printf(out,
                               "</code></td><td class=\"number\">%d</td><td class=\"number\">%d"
                               "</td></tr>\n",
                               integer(trait, "members"), integer(trait, "submissions"));
    }
    end_table(out);
}

static void add_similarity(GString *out, const json_t *report)
{
    const json_t *clusters = json_object_get(json_object_get(report, "similarity"), "clusters");

    if (json_array_size(clusters) == 0)
        return;
    g_string_append_printf(out, "<h2>%s</h2>\n<p>%s</p>\n",
                           _("More alike than the exercise makes them"),
                           _("A reason to look at these submissions, no proof of anything."));
    for (size_t i = 0; i < json_array_size(clusters); i++)
        add_cluster(out, json_array_get(clusters, i));
}

/* ---- the page ---- */

static void begin_page(GString *out, const json_t *report, const char *lang)
{
    g_string_append_printf(
        out,
        "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">\n<meta name=\"robots\" content=\"noindex\">\n<title>",
        strcmp(lang, "zh") == 0 ? "zh-CN" : "en");
    html_text(out, class_text(report, "title"));
    g_string_append(out, "</title>\n");
    html_style(out);
    g_string_append(out, "</head>\n<body id=\"top\">\n<h1>");
    html_text(out, class_text(report, "title"));
    g_string_append(out, "</h1>\n<p class=\"soft\"><code>");
    html_text(out, class_text(report, "exercise"));
    g_string_append(out, "</code></p>\n");
}

static void add_isolation(GString *out, const json_t *report)
{
    const json_t *layers = json_object_get(report, "isolation");

    g_string_append_printf(out, "<p class=\"soft\">%s",
                           _("each submission was graded apart, behind: "));
    for (size_t i = 0; i < json_array_size(layers); i++) {
        g_string_append(out, i > 0 ? ", " : "");
        html_text(out, json_string_value(json_array_get(layers, i)));
    }
    g_string_append(out, "</p>\n");
}

void class_write_html(const json_t *report, const char *lang, GString *out)
{
    const json_t *results = json_object_get(report, "results");
    const json_t *summary = json_object_get(report, "summary");

    begin_page(out, report, lang);
    add_figures(out, summary);
    html_distribution(out, summary);
    add_checks(out, summary);
    add_submissions(out, results);
    add_similarity(out, report);
    g_string_append_printf(out, "<h2>%s</h2>\n", _("Student by student"));
    for (size_t i = 0; i < json_array_size(results); i++)
        html_student(out, json_array_get(results, i), i);
    add_isolation(out, report);
    g_string_append(out, "</body>\n</html>\n");
}
