/* Many submissions in jails: order, failures, and answers that lie. The grader is the test's own:
 * it does what the first word of the submission says. */
#include "tests/support/unit.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lab/class.h"
#include "lab/class_accept.h"
#include "lab/handin.h"

static void *read_it(void *ctx, const char *path)
{
    (void)ctx;
    return handin_read(path);
}

static json_t *outline(const char *path, const char *status)
{
    g_autofree char *name = handin_name(path);

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:[{s:s,s:s,s:i,s:i,s:s},"
                     "{s:s,s:s,s:i,s:i,s:s}], s:[]}",
                     "submission", name, "student", name, "exercise", "e", "title", "E", "status",
                     status, "points", 0, "max_points", 5, "checks", "id", "one", "title", "One",
                     "points", 0, "max", 2, "show", "always", "id", "two", "title", "Two", "points",
                     0, "max", 3, "show", "never", "findings");
}

static void busy(unsigned rounds)
{
    for (volatile unsigned i = 0; i < rounds; i++)
        ;
}

static json_t *grade_it(void *ctx, void *files)
{
    const struct handin *handin = files;
    const char *word = handin->answer.text != NULL ? handin->answer.text : "";
    json_t *result = outline(handin->path, "graded"),
           *check = json_array_get(json_object_get(result, "checks"), 0);

    (void)ctx;
    if (strcmp(word, "crash") == 0)
        abort();
    while (strcmp(word, "hang") == 0)
        ;
    if (strcmp(word, "slow") == 0)
        busy(20000000);
    if (strcmp(word, "lie") == 0) {
        json_object_set_new(result, "submission", json_string("somebody else"));
        json_object_set_new(result, "points", json_integer(1000000));
        json_object_set_new(check, "points", json_integer(99));
        json_object_set_new(check, "message", json_string("\033[31mred\x7f"));
        json_object_set_new(check, "frame", json_string("not a number"));
    } else {
        json_object_set_new(check, "points", json_integer(2));
        json_object_set_new(check, "ok", json_true());
        json_object_set_new(result, "points", json_integer(2));
    }
    return result;
}

static json_t *fail_it(void *ctx, const char *path, const char *status, const char *kind,
                       const char *message)
{
    json_t *result = outline(path, status);

    (void)ctx;
    json_array_append_new(json_object_get(result, "findings"),
                          json_pack("{s:s, s:s}", "kind", kind, "message", message));
    return result;
}

static const struct class_grader GRADER = { NULL, read_it, grade_it, fail_it };

/* One submission for each word, named 00.yaml, 01.yaml, ...; their results. */
static json_t *grade_words(const char *const *words, unsigned n, unsigned jobs)
{
    g_autofree char *folder = g_dir_make_tmp("ww-class-XXXXXX", NULL);
    g_autoptr(GPtrArray) operands = g_ptr_array_new(), paths = NULL;
    struct class_options options = { .jobs = jobs, .limits = class_limits() };
    json_t *results;

    options.limits.cpu_seconds = 2; /* no clock on the wall: the machine may be busy */
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *path = g_strdup_printf("%s/%02u.yaml", folder, i);

        OK(g_file_set_contents(path, words[i], -1, NULL));
    }
    g_ptr_array_add(operands, folder);
    paths = class_find(operands);
    EQ(paths->len, n);
    results = class_grade(&GRADER, paths, &options);
    for (unsigned i = 0; i < paths->len; i++)
        unlink(paths->pdata[i]);
    rmdir(folder);
    return results;
}

static const char *field(const json_t *results, unsigned i, const char *key)
{
    const char *text = json_string_value(json_object_get(json_array_get(results, i), key));

    return text != NULL ? text : "(none)";
}

static double points(const json_t *results, unsigned i)
{
    return json_number_value(json_object_get(json_array_get(results, i), "points"));
}

static void results_stand_in_the_order_of_names_at_any_number_of_jobs(void)
{
    static const char *const WORDS[] = { "slow", "fine", "fine", "slow", "fine" };
    json_t *one = grade_words(WORDS, 5, 1), *three = grade_words(WORDS, 5, 3);

    EQ(json_array_size(one), 5);
    for (unsigned i = 0; i < 5; i++) {
        g_autofree char *name = g_strdup_printf("%02u", i);

        EQ_STR(field(one, i, "submission"), name);
        EQ(points(one, i), 2);
    }
    OK(json_equal(one, three));
    json_decref(one);
    json_decref(three);
}

static void one_bad_submission_costs_only_itself(void)
{
    static const char *const WORDS[] = { "fine", "crash", "hang", "fine" };
    json_t *results = grade_words(WORDS, 4, 2);

    EQ_STR(field(results, 0, "status"), "graded");
    EQ_STR(field(results, 1, "status"), "crashed");
    EQ_STR(field(results, 2, "status"), "limited");
    EQ_STR(field(results, 3, "status"), "graded");
    EQ(points(results, 1), 0);
    EQ(points(results, 3), 2);
    EQ(json_array_size(json_object_get(json_array_get(results, 1), "findings")), 1);
    json_decref(results);
}

static void what_an_answer_says_of_names_and_points_is_not_believed(void)
{
    static const char *const WORDS[] = { "lie" };
    json_t *results = grade_words(WORDS, 1, 1), *check;

    check = json_array_get(json_object_get(json_array_get(results, 0), "checks"), 0);
    EQ_STR(field(results, 0, "submission"), "00");
    EQ(points(results, 0), 5);
    EQ(json_number_value(json_object_get(check, "points")), 2);
    EQ_STR(json_string_value(json_object_get(check, "message")), "\xef\xbf\xbd[31mred\xef\xbf\xbd");
    OK(json_is_null(json_object_get(check, "frame")));
    json_decref(results);
}

static void an_answer_of_another_shape_is_none(void)
{
    static const char *const ANSWERS[] = {
        "",
        "[",
        "[]",
        "{}",
        "\"x\"",
        "{\"status\":\"graded\"}",
        "{\"status\":\"graded\",\"checks\":[{},{}]}",
        "{\"status\":\"graded\",\"checks\":[{\"id\":\"two\"},{\"id\":\"one\"}]}",
        "{\"status\":\"perfect\",\"checks\":[{\"id\":\"one\"},{\"id\":\"two\"}]}",
        "{\"status\":\"graded\",\"status\":\"x\",\"checks\":[{\"id\":\"one\"},{\"id\":\"two\"}]}"
    };
    static const char LEAST[] =
        "{\"status\":\"graded\",\"checks\":[{\"id\":\"one\"},{\"id\":\"two\"}]}";
    json_t *own = outline("x.yaml", "crashed"), *least;

    for (size_t i = 0; i < G_N_ELEMENTS(ANSWERS); i++)
        CU_ASSERT_PTR_NULL(class_accept(own, ANSWERS[i], strlen(ANSWERS[i])));
    least = class_accept(own, LEAST, strlen(LEAST));
    CU_ASSERT_PTR_NOT_NULL(least);
    json_decref(least);
    json_decref(own);
}

UNIT_MAIN("class", TEST(results_stand_in_the_order_of_names_at_any_number_of_jobs),
          TEST(one_bad_submission_costs_only_itself),
          TEST(what_an_answer_says_of_names_and_points_is_not_believed),
          TEST(an_answer_of_another_shape_is_none))
