/* The report of a class as data, and its JSON. */
#include "lab/class_report.h"

#include <stdlib.h>
#include <string.h>

#include "inspect/i18n.h"
#include "lab/class_value.h"
#include "lab/jail.h"
#include "lab/similar.h"

#define BINS 10 /* of the distribution: tenths of the points to reach */

/* ---- the checks ---- */

/* Hundredths of a point as a share of all that met it. */
static json_t *sum_check(const json_t *results, size_t i)
{
    const json_t *first = json_array_get(json_object_get(json_array_get(results, 0), "checks"), i);
    unsigned marks[3] = { 0 };
    int64_t sum = 0, n = (int64_t)json_array_size(results);

    for (size_t r = 0; r < json_array_size(results); r++) {
        const json_t *check =
            json_array_get(json_object_get(json_array_get(results, r), "checks"), i);

        marks[class_mark(check)]++;
        sum += class_hundredths(check, "points");
    }
    return json_pack(
        "{s:s, s:s, s:o, s:i, s:i, s:i, s:o, s:o}", "id", class_text(first, "id"), "title",
        class_text(first, "title"), "max", class_number(class_hundredths(first, "max")), "passed",
        (int)marks[CLASS_PASSED], "failed", (int)marks[CLASS_FAILED], "skipped",
        (int)marks[CLASS_SKIPPED], "percent", class_number(class_ratio(marks[CLASS_PASSED], n)),
        "mean", class_number(class_ratio(sum, n * 100) / 100));
}

static json_t *sum_checks(const json_t *results)
{
    size_t n = json_array_size(json_object_get(json_array_get(results, 0), "checks"));
    json_t *checks = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(checks, sum_check(results, i));
    return checks;
}

/* The check with most of @key, of equals the first; NULL: nobody has any. */
static const char *with_most(const json_t *checks, const char *key)
{
    json_int_t most = 0;
    const char *id = NULL;

    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        json_int_t n = json_integer_value(json_object_get(check, key));

        if (n > most) {
            most = n;
            id = class_text(check, "id");
        }
    }
    return id;
}

/* Where most stumbled: a check that was not looked at, because what it needs is not met, is none's
 * mistake. Null where everybody met all. */
static json_t *most_failed(const json_t *checks)
{
    const char *id = with_most(checks, "failed");

    if (id == NULL)
        id = with_most(checks, "skipped");
    return id != NULL ? json_string(id) : json_null();
}

/* ---- the points ---- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static int64_t most_of(const json_t *results)
{
    int64_t most = 0;

    for (size_t i = 0; i < json_array_size(results); i++)
        most = MAX(most, class_hundredths(json_array_get(results, i), "max_points"));
    return most;
}

static json_t *distribution(const int64_t *points, size_t n, int64_t most)
{
    unsigned bins[BINS] = { 0 };
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        int64_t bin = most > 0 ? points[i] * BINS / most : 0;

        bins[CLAMP(bin, 0, BINS - 1)]++;
    }
    for (unsigned i = 0; i < BINS; i++)
        json_array_append_new(list,
                              json_pack("{s:i, s:i, s:i}", "from", (int)(i * 100 / BINS), "to",
                                        (int)((i + 1) * 100 / BINS), "n", (int)bins[i]));
    return list;
}

static void sum_points(json_t *summary, const json_t *results)
{
    size_t n = json_array_size(results);
    int64_t *points = g_new0(int64_t, n + 1), most = most_of(results), sum = 0, full = 0,
            median = 0;

    for (size_t i = 0; i < n; i++) {
        points[i] = class_hundredths(json_array_get(results, i), "points");
        sum += points[i];
        full += points[i] >= most && most > 0;
    }
    qsort(points, n, sizeof *points, by_value);
    if (n > 0)
        median = (points[(n - 1) / 2] + points[n / 2]) / 2;
    json_object_set_new(summary, "max_points", class_number(most));
    json_object_set_new(summary, "mean",
                        class_number(n > 0 ? (sum + (int64_t)n / 2) / (int64_t)n : 0));
    json_object_set_new(summary, "median", class_number(median));
    json_object_set_new(summary, "lowest", class_number(n > 0 ? points[0] : 0));
    json_object_set_new(summary, "highest", class_number(n > 0 ? points[n - 1] : 0));
    json_object_set_new(summary, "full", json_integer(full));
    json_object_set_new(summary, "distribution", distribution(points, n, most));
    g_free(points);
}

static json_t *sum_up(const json_t *results)
{
    static const char *const STATUS[] = { "graded", "rejected", "limited", "crashed" };
    json_t *summary = json_object(), *checks = sum_checks(results);

    json_object_set_new(summary, "submissions", json_integer((json_int_t)json_array_size(results)));
    for (size_t s = 0; s < G_N_ELEMENTS(STATUS); s++) {
        json_int_t n = 0;

        for (size_t i = 0; i < json_array_size(results); i++)
            n += class_has_status(json_array_get(results, i), STATUS[s]);
        json_object_set_new(summary, STATUS[s], json_integer(n));
    }
    sum_points(summary, results);
    json_object_set_new(summary, "most_failed", most_failed(checks));
    json_object_set_new(summary, "checks", checks);
    return summary;
}

/* ---- the whole ---- */

static json_t *isolation(unsigned layers)
{
    json_t *names = json_array();

    for (unsigned layer = 1; layer < JAIL_ALL; layer <<= 1)
        if ((layers & layer) != 0)
            json_array_append_new(names, json_string(jail_layer_name((enum jail_layer)layer)));
    return names;
}

json_t *class_report(json_t *results, const json_t *forced, unsigned layers)
{
    const json_t *first = json_array_get(results, 0);

    return json_pack("{s:s, s:s, s:o, s:O, s:o, s:o}", "exercise", class_text(first, "exercise"),
                     "title", class_text(first, "title"), "summary", sum_up(results), "results",
                     results, "similarity", similar_find(results, forced), "isolation",
                     isolation(layers));
}

/* A check that was skipped for a hidden one must not say so. */
static void keep_secret(json_t *check)
{
    json_object_set_new(check, "skipped_because", json_null());
    json_object_set_new(check, "message", json_string(_("not looked at")));
}

static void remove_hidden(json_t *checks)
{
    for (size_t i = 0; i < json_array_size(checks); i++)
        if (class_is_named_hidden(json_array_get(checks, i), checks, false))
            keep_secret(json_array_get(checks, i));
    for (size_t i = json_array_size(checks); i-- > 0;)
        if (class_is_hidden(json_array_get(checks, i)))
            json_array_remove(checks, i);
}

json_t *class_for_student(const json_t *result)
{
    json_t *own = json_deep_copy(result), *checks = json_object_get(own, "checks");
    int64_t max = 0, points = 0, bonus = 0, penalty = class_open_penalty(own, false);

    remove_hidden(checks);
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);

        if (json_is_true(json_object_get(check, "bonus")))
            bonus += class_hundredths(check, "points");
        else
            max += class_hundredths(check, "max");
        points += class_hundredths(check, "points");
    }
    json_object_set_new(own, "points", class_number(MAX(points - penalty, 0)));
    json_object_set_new(own, "max_points", class_number(max));
    json_object_set_new(own, "bonus", class_number(bonus));
    json_object_set_new(own, "penalty", class_number(penalty));
    json_object_del(own, "fingerprint");
    return own;
}

json_t *class_for_teacher(const json_t *result)
{
    json_t *own = json_deep_copy(result), *checks = json_object_get(own, "checks");

    for (size_t i = 0; i < json_array_size(checks); i++)
        json_object_set_new(json_array_get(checks, i), "visible", json_true());
    json_object_set_new(own, "hidden", json_integer(0));
    return own;
}

void class_write_json(const json_t *report, GString *out)
{
    char *text = json_dumps(report, JSON_INDENT(2) | JSON_REAL_PRECISION(15));

    g_string_append(out, text);
    g_string_append_c(out, '\n');
    free(text);
}
