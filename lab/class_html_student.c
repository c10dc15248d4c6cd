/* One student's part of the HTML report. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/class_html.h"
#include "lab/class_value.h"

void html_anchor(GString *out, size_t i)
{
    g_string_append_printf(out, "s%zu", i + 1);
}

static void add_mark(GString *out, const json_t *check)
{
    switch (class_mark(check)) {
    case CLASS_PASSED:
        g_string_append_printf(out, "<td class=\"mark good\">✓ %s</td>", _("met"));
        break;
    case CLASS_FAILED:
        g_string_append_printf(out, "<td class=\"mark bad\">✗ %s</td>", _("not met"));
        break;
    case CLASS_SKIPPED:
        g_string_append_printf(out, "<td class=\"mark idle\">– %s</td>", _("not tried"));
        break;
    }
}

static void add_badge(GString *out, const char *text)
{
    g_string_append(out, " <span class=\"badge\">");
    html_text(out, text);
    g_string_append(out, "</span>");
}

static void add_line(GString *out, const char *element, const char *text)
{
    if (*text == '\0')
        return;
    g_string_append_printf(out, "<%s>", *element != '\0' ? element : "p");
    html_text(out, text);
    g_string_append_printf(out, "</%s>", *element != '\0' ? element : "p");
}

/* What the check is, and why it went as it went. */
static void add_story(GString *out, const json_t *check)
{
    g_autoptr(GString) place = g_string_new(NULL), where = g_string_new(NULL);
    const char *title = class_text(check, "title");

    g_string_append(out, "<td>");
    html_text(out, *title != '\0' ? title : class_text(check, "id"));
    if (json_is_true(json_object_get(check, "bonus")))
        add_badge(out, _("bonus"));
    if (class_is_hidden(check))
        add_badge(out, _("hidden from the student"));
    if (class_mark(check) == CLASS_SKIPPED)
        add_line(out, "p", class_text(check, "skipped_because"));
    if (*class_text(check, "message") != '\0') {
        g_string_append(out, "<p class=\"told\">");
        html_text(out, class_text(check, "message"));
        g_string_append(out, "</p>");
    }
    class_add_where(where, check);
    class_add_place(place, check);
    if (where->len + place->len > 0) {
        g_string_append(out, "<p class=\"soft\">");
        html_text(out, where->str);
        g_string_append(out, where->len > 0 && place->len > 0 ? "; " : "");
        html_text(out, place->str);
        g_string_append(out, "</p>");
    }
    add_line(out, "code", class_text(check, "step"));
    g_string_append(out, "</td>");
}

static void add_check(GString *out, const json_t *check)
{
    g_string_append(out, "<tr>");
    add_mark(out, check);
    add_story(out, check);
    g_string_append(out, "<td class=\"number\">");
    class_add_number(out, class_hundredths(check, "points"));
    g_string_append(out, " / ");
    class_add_number(out, class_hundredths(check, "max"));
    g_string_append(out, "</td></tr>\n");
}

static void add_findings(GString *out, const json_t *findings)
{
    if (json_array_size(findings) == 0)
        return;
    g_string_append(out, "<ul class=\"found\">\n");
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        g_autoptr(GString) where = g_string_new(NULL);

        class_add_where(where, finding);
        g_string_append(out, "<li>");
        if (where->len > 0)
            add_line(out, "code", where->str);
        g_string_append(out, where->len > 0 ? " " : "");
        html_text(out, class_text(finding, "message"));
        g_string_append(out, "</li>\n");
    }
    g_string_append(out, "</ul>\n");
}

static void add_part(GString *line, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add_part(GString *line, const char *format, ...)
{
    va_list args;

    g_string_append(line, line->len > 0 ? "; " : "");
    va_start(args, format);
    g_string_append_vprintf(line, format, args);
    va_end(args);
}

/* Status, whose it is, the variant's numbers, hints, penalty: what is not as always. */
static void add_circumstances(GString *out, const json_t *result)
{
    json_t *variant = json_object_get(result, "variant"), *value;
    g_autoptr(GString) line = g_string_new(NULL), penalty = g_string_new(NULL);
    const char *name;

    if (!class_has_status(result, "graded"))
        add_part(line, "%s", class_status_name(result));
    if (strcmp(class_text(result, "student"), class_text(result, "submission")) != 0)
        add_part(line, _("student: %s"), class_text(result, "student"));
    json_object_foreach(variant, name, value)
        add_part(line, "%s = %s", name, json_string_value(value));
    if (json_integer_value(json_object_get(result, "hints_used")) > 0)
        add_part(line, _("hints used: %d"),
                 (int)json_integer_value(json_object_get(result, "hints_used")));
    class_add_number(penalty, class_hundredths(result, "penalty"));
    if (class_hundredths(result, "penalty") > 0)
        add_part(line, _("penalty: %s"), penalty->str);
    if (line->len > 0) {
        g_string_append(out, "<p class=\"soft\">");
        html_text(out, line->str);
        g_string_append(out, "</p>\n");
    }
}

void html_student(GString *out, const json_t *result, size_t i)
{
    const json_t *checks = json_object_get(result, "checks");

    g_string_append(out, "<section class=\"student\" id=\"");
    html_anchor(out, i);
    g_string_append(out, "\">\n<header><h3>");
    html_text(out, class_text(result, "submission"));
    g_string_append(out, "</h3><span class=\"total\">");
    html_points(out, result);
    g_string_append_printf(out, "</span><a class=\"back\" href=\"#top\">%s</a></header>\n",
                           _("back to the class"));
    add_circumstances(out, result);
    add_findings(out, json_object_get(result, "findings"));
    g_string_append_printf(
        out,
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
        "<th scope=\"col\" class=\"number\">%s</th></tr></thead>\n<tbody>\n",
        _("result"), _("check"), _("points"));
    for (size_t c = 0; c < json_array_size(checks); c++)
        add_check(out, json_array_get(checks, c));
    g_string_append(out, "</tbody></table></div>\n</section>\n");
}
