/* Reports of a class: figures, what students may see, and forms that no text can break. */
#include "tests/support/unit.h"

#include "lab/class_accept.h"
#include "lab/class_report.h"
#include "lab/class_value.h"

/* A result: @points of 10 in two checks of 4 and 6 points, the second hidden. */
static json_t *result_of(const char *name, int points, const char *message)
{
    json_t *result = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:[{s:s, s:s, s:i, s:i, s:b, s:s, s:b, s:s},"
        "{s:s, s:s, s:i, s:i, s:b, s:s, s:b, s:s}], s:[]}",
        "submission", name, "student", name, "exercise", "e", "title", "An exercise", "status",
        "graded", "points", points, "max_points", 10, "penalty", 0, "checks", "id", "open", "title",
        "Open", "points", points >= 4 ? 4 : 0, "max", 4, "ok", points >= 4, "show", "always",
        "visible", 1, "message", message, "id", "secret", "title", "Secret", "points",
        points >= 10 ? 6 : 0, "max", 6, "ok", points >= 10, "show", "never", "visible", 0,
        "message", "the hidden message", "findings");

    class_complete(result);
    return result;
}

static json_t *results_of(unsigned n, const int *points)
{
    json_t *results = json_array();

    for (unsigned i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("s%u", i);

        json_array_append_new(results, result_of(name, points[i], "no"));
    }
    return results;
}

static json_t *report_of(json_t *results)
{
    json_t *report = class_report(results, NULL, 0);

    json_decref(results);
    return report;
}

static json_t *one_with(const char *name, const char *message)
{
    return report_of(json_pack("[o]", result_of(name, 0, message)));
}

/* ---- figures ---- */

static void the_summary_counts_and_divides_exactly(void)
{
    static const int POINTS[] = { 10, 0, 4, 10, 4, 4 };
    json_t *report = report_of(results_of(6, POINTS)),
           *summary = json_object_get(report, "summary");
    json_t *checks = json_object_get(summary, "checks");

    EQ(class_hundredths(summary, "mean"), 533);
    EQ(class_hundredths(summary, "median"), 400);
    EQ(class_hundredths(summary, "lowest"), 0);
    EQ(class_hundredths(summary, "highest"), 1000);
    EQ(json_integer_value(json_object_get(summary, "full")), 2);
    EQ_STR(class_text(summary, "most_failed"), "secret");
    EQ(class_hundredths(json_array_get(checks, 0), "percent"), 8333);
    EQ(json_integer_value(json_object_get(json_array_get(checks, 1), "passed")), 2);
    EQ(json_array_size(json_object_get(summary, "distribution")), 10);
    json_decref(report);
}

static void a_check_that_was_not_looked_at_is_no_stumbling_block(void)
{
    static const int POINTS[] = { 0, 0, 4 };
    json_t *results = results_of(3, POINTS), *report;

    for (size_t i = 0; i < 2; i++)
        json_object_set_new(
            json_array_get(json_object_get(json_array_get(results, i), "checks"), 1), "ok",
            json_null());
    report = report_of(results);
    EQ_STR(class_text(json_object_get(report, "summary"), "most_failed"), "open");
    json_decref(report);
}

static void a_class_of_nobody_has_a_report(void)
{
    json_t *report = report_of(json_array());
    g_autoptr(GString) out = g_string_new(NULL);

    class_write_text(report, 80, out);
    class_write_csv(report, out);
    class_write_junit(report, out);
    class_write_html(report, "en", out);
    OK(out->len > 0);
    json_decref(report);
}

static void numbers_have_no_needless_digits(void)
{
    static const struct {
        int64_t hundredths;
        const char *text;
    } CASES[] = { { 0, "0" }, { 700, "7" }, { 750, "7.5" }, { 705, "7.05" }, { -125, "-1.25" } };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GString) out = g_string_new(NULL);

        class_add_number(out, CASES[i].hundredths);
        EQ_STR(out->str, CASES[i].text);
    }
}

/* ---- what students may see ---- */

static void a_student_sees_no_hidden_check_and_no_points_of_it(void)
{
    json_t *all = result_of("s", 10, "no"), *own = class_for_student(all);
    char *text = json_dumps(own, 0);

    EQ(json_array_size(json_object_get(own, "checks")), 1);
    EQ(class_hundredths(own, "points"), 400);
    EQ(class_hundredths(own, "max_points"), 400);
    CU_ASSERT_PTR_NULL(strstr(text, "ecret"));
    CU_ASSERT_PTR_NULL(strstr(text, "hidden message"));
    CU_ASSERT_PTR_NULL(json_object_get(own, "fingerprint"));
    EQ(json_array_size(json_object_get(all, "checks")), 2);
    free(text);
    json_decref(all);
    json_decref(own);
}

static void gradescope_speaks_of_a_hidden_check_only_in_a_hidden_test(void)
{
    json_t *result = result_of("s", 4, "no"), *all, *tests;
    g_autoptr(GString) out = g_string_new(NULL);
    char *rest;

    class_write_gradescope(result, out);
    all = json_loads(out->str, JSON_REJECT_DUPLICATES, NULL);
    tests = json_object_get(all, "tests");
    EQ(json_array_size(tests), 2);
    EQ_STR(class_text(json_array_get(tests, 0), "visibility"), "visible");
    EQ_STR(class_text(json_array_get(tests, 1), "visibility"), "hidden");
    EQ_STR(class_text(all, "stdout_visibility"), "hidden");
    json_array_remove(tests, 1);
    rest = json_dumps(all, 0);
    CU_ASSERT_PTR_NULL(strstr(rest, "ecret"));
    CU_ASSERT_PTR_NULL(strstr(rest, "hidden message"));
    free(rest);
    json_decref(all);
    json_decref(result);
}

static void neither_a_need_nor_a_penalty_gives_a_hidden_check_away(void)
{
    json_t *all = result_of("s", 0, "not looked at: it needs `secret`"), *own;
    json_t *checks = json_object_get(all, "checks");
    g_autoptr(GString) out = g_string_new(NULL);
    char *text;

    json_object_set_new(json_array_get(checks, 0), "skipped_because", json_string("secret"));
    json_object_set_new(json_array_get(checks, 1), "penalty", json_integer(3));
    json_object_set_new(all, "penalty", json_integer(3));
    own = class_for_student(all);
    text = json_dumps(own, 0);
    CU_ASSERT_PTR_NULL(strstr(text, "ecret"));
    EQ(class_hundredths(own, "penalty"), 0);
    class_write_gradescope(own, out);
    CU_ASSERT_PTR_NULL(strstr(out->str, "ecret"));
    CU_ASSERT_PTR_NULL(strstr(out->str, "penalty"));
    free(text);
    json_decref(own);
    json_decref(all);
}

static void feedback_in_csv_leaves_hidden_checks_out(void)
{
    json_t *report = one_with("s", "what to look at");
    g_autoptr(GString) out = g_string_new(NULL);

    class_write_csv(report, out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out->str, "what to look at"));
    CU_ASSERT_PTR_NULL(strstr(out->str, "hidden message"));
    json_decref(report);
}

/* ---- forms ---- */

static void a_spreadsheet_finds_no_formula(void)
{
    static const char *const NAMES[] = { "=1+1", "+1", "-1", "@SUM(A1)", "＝1" };

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        json_t *report = one_with(NAMES[i], "no");
        g_autoptr(GString) out = g_string_new(NULL);
        g_autofree char *cell = g_strdup_printf("\r\n'%s,", NAMES[i]);

        class_write_csv(report, out);
        CU_ASSERT_PTR_NOT_NULL(strstr(out->str, cell));
        json_decref(report);
    }
}

static void csv_quotes_what_must_be_quoted(void)
{
    json_t *report = one_with("a,\"b\"", "line 1\nline 2");
    g_autoptr(GString) out = g_string_new(NULL);

    class_write_csv(report, out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out->str, "\r\n\"a,\"\"b\"\"\","));
    CU_ASSERT_PTR_NOT_NULL(strstr(out->str, ",\"line 1\nline 2\"\r\n"));
    json_decref(report);
}

static void markup_in_a_name_or_message_stays_text(void)
{
    json_t *report =
        one_with("<script>alert('1')</script>&\"", "]]></failure><img src=x onerror=y>");
    g_autoptr(GString) html = g_string_new(NULL), junit = g_string_new(NULL);

    class_write_html(report, "en", html);
    class_write_junit(report, junit);
    CU_ASSERT_PTR_NULL(strstr(html->str, "<script"));
    CU_ASSERT_PTR_NULL(strstr(html->str, "<img"));
    CU_ASSERT_PTR_NULL(strstr(junit->str, "<script"));
    CU_ASSERT_PTR_NULL(strstr(junit->str, "<img"));
    CU_ASSERT_PTR_NOT_NULL(strstr(html->str, "&lt;script&gt;"));
    json_decref(report);
}

static void a_page_needs_nothing_from_elsewhere(void)
{
    json_t *report = one_with("s", "no");
    g_autoptr(GString) html = g_string_new(NULL);

    class_write_html(report, "zh", html);
    CU_ASSERT_PTR_NULL(strstr(html->str, "http:"));
    CU_ASSERT_PTR_NULL(strstr(html->str, "https:"));
    CU_ASSERT_PTR_NULL(strstr(html->str, "src="));
    CU_ASSERT_PTR_NULL(strstr(html->str, "url("));
    CU_ASSERT_PTR_NOT_NULL(strstr(html->str, "<html lang=\"zh-CN\">"));
    json_decref(report);
}

UNIT_MAIN("class report", TEST(the_summary_counts_and_divides_exactly),
          TEST(a_check_that_was_not_looked_at_is_no_stumbling_block),
          TEST(a_class_of_nobody_has_a_report), TEST(numbers_have_no_needless_digits),
          TEST(a_student_sees_no_hidden_check_and_no_points_of_it),
          TEST(gradescope_speaks_of_a_hidden_check_only_in_a_hidden_test),
          TEST(neither_a_need_nor_a_penalty_gives_a_hidden_check_away),
          TEST(feedback_in_csv_leaves_hidden_checks_out), TEST(a_spreadsheet_finds_no_formula),
          TEST(csv_quotes_what_must_be_quoted), TEST(markup_in_a_name_or_message_stays_text),
          TEST(a_page_needs_nothing_from_elsewhere))
