/*
 * JUnit XML as CI systems read it: a suite for each submission, a case for each check. What is
 * wrong with a submission as a whole is a case of its own, an error.
 */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/class_report.h"
#include "lab/class_value.h"

struct tally {
    unsigned tests, failures, errors, skipped;
};

static void add_attribute(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, " %s=\"", name);
    for (; *value != '\0'; value++) {
        char one[2] = { *value, '\0' };

        if (*value == '\n' || *value == '\t')
            g_string_append(out, *value == '\n' ? "&#10;" : "&#9;");
        else
            class_add_escaped(out, one);
    }
    g_string_append_c(out, '"');
}

static struct tally tally_of(const json_t *result)
{
    const json_t *checks = json_object_get(result, "checks");
    struct tally tally = { .tests = (unsigned)json_array_size(checks) };

    for (size_t i = 0; i < json_array_size(checks); i++) {
        enum class_mark mark = class_mark(json_array_get(checks, i));

        tally.failures += mark == CLASS_FAILED;
        tally.skipped += mark == CLASS_SKIPPED;
    }
    if (!class_has_status(result, "graded")) {
        tally.tests++;
        tally.errors++;
    }
    return tally;
}

static void add_tally(GString *out, const struct tally *tally)
{
    g_string_append_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\"", tally->tests,
                           tally->failures, tally->errors);
}

static void add_failure(GString *out, const json_t *check)
{
    g_autoptr(GString) place = g_string_new(NULL), where = g_string_new(NULL);

    g_string_append(out, "      <failure");
    add_attribute(out, "type", "check");
    add_attribute(out, "message", class_text(check, "message"));
    g_string_append_c(out, '>');
    class_add_where(where, check);
    class_add_place(place, check);
    class_add_escaped(out, where->str);
    if (where->len > 0 && place->len > 0)
        g_string_append(out, "; ");
    class_add_escaped(out, place->str);
    if (*class_text(check, "step") != '\0') {
        g_string_append(out, where->len + place->len > 0 ? "\n" : "");
        class_add_escaped(out, class_text(check, "step"));
    }
    g_string_append(out, "</failure>\n");
}

static void add_check(GString *out, const json_t *result, const json_t *check)
{
    g_autofree char *name =
        g_strdup_printf("%s: %s", class_text(check, "id"), class_text(check, "title"));

    g_string_append(out, "    <testcase");
    add_attribute(out, "name",
                  *class_text(check, "title") != '\0' ? name : class_text(check, "id"));
    add_attribute(out, "classname", class_text(result, "submission"));
    add_attribute(out, "time", "0");
    if (class_mark(check) == CLASS_PASSED) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append(out, ">\n");
    if (class_mark(check) == CLASS_FAILED) {
        add_failure(out, check);
    } else {
        g_string_append(out, "      <skipped");
        if (*class_text(check, "skipped_because") != '\0')
            add_attribute(out, "message", class_text(check, "skipped_because"));
        g_string_append(out, "/>\n");
    }
    g_string_append(out, "    </testcase>\n");
}

/* The submission as a whole. */
static void add_error(GString *out, const json_t *result)
{
    const json_t *findings = json_object_get(result, "findings");

    g_string_append(out, "    <testcase name=\"submission\"");
    add_attribute(out, "classname", class_text(result, "submission"));
    add_attribute(out, "time", "0");
    g_string_append(out, ">\n      <error");
    add_attribute(out, "type", class_text(result, "status"));
    add_attribute(out, "message", class_text(json_array_get(findings, 0), "message"));
    g_string_append(out, "/>\n    </testcase>\n");
}

/* Points and findings, for those who read on. */
static void add_output(GString *out, const json_t *result)
{
    const json_t *findings = json_object_get(result, "findings");
    g_autoptr(GString) points = g_string_new(NULL), max = g_string_new(NULL);

    class_add_number(points, class_hundredths(result, "points"));
    class_add_number(max, class_hundredths(result, "max_points"));
    g_string_append(out, "    <system-out>");
    g_string_append_printf(out, _("%s of %s points"), points->str, max->str);
    for (size_t i = 0; i < json_array_size(findings); i++) {
        g_autoptr(GString) where = g_string_new(NULL);

        class_add_where(where, json_array_get(findings, i));
        g_string_append_c(out, '\n');
        class_add_escaped(out, where->str);
        g_string_append(out, where->len > 0 ? ": " : "");
        class_add_escaped(out, class_text(json_array_get(findings, i), "message"));
    }
    g_string_append(out, "</system-out>\n");
}

static void add_suite(GString *out, const json_t *result, size_t id)
{
    const json_t *checks = json_object_get(result, "checks");
    struct tally tally = tally_of(result);

    g_string_append(out, "  <testsuite");
    add_attribute(out, "name", class_text(result, "submission"));
    g_string_append_printf(out, " id=\"%zu\"", id);
    add_tally(out, &tally);
    g_string_append_printf(out, " skipped=\"%u\" time=\"0\">\n", tally.skipped);
    for (size_t i = 0; i < json_array_size(checks); i++)
        add_check(out, result, json_array_get(checks, i));
    if (!class_has_status(result, "graded"))
        add_error(out, result);
    add_output(out, result);
    g_string_append(out, "  </testsuite>\n");
}

void class_write_junit(const json_t *report, GString *out)
{
    const json_t *results = json_object_get(report, "results");
    struct tally all = { 0 };

    for (size_t i = 0; i < json_array_size(results); i++) {
        struct tally one = tally_of(json_array_get(results, i));

        all.tests += one.tests;
        all.failures += one.failures;
        all.errors += one.errors;
    }
    g_string_append(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    add_attribute(out, "name", class_text(report, "exercise"));
    add_tally(out, &all);
    g_string_append(out, " time=\"0\">\n");
    for (size_t i = 0; i < json_array_size(results); i++)
        add_suite(out, json_array_get(results, i), i);
    g_string_append(out, "</testsuites>\n");
}
