#include "lab/class_accept.h"

#include <string.h>

#include "lab/handin.h"

#define TEXT_MAX     4096
#define FINDINGS_MAX 200
#define PRINTS_MAX   5000 /* entries of a fingerprint */
#define PRINT_MAX    512
#define VARIANT_MAX  100

/* ---- fields ---- */

static json_t *tame_text(const json_t *value, size_t max)
{
    g_autofree char *text = NULL;

    if (!json_is_string(value))
        return json_null();
    text = handin_tame(json_string_value(value), json_string_length(value), max, true);
    return json_string(text);
}

static void take_text(json_t *to, const json_t *from, const char *key)
{
    json_object_set_new(to, key, tame_text(json_object_get(from, key), TEXT_MAX));
}

static double number_between(const json_t *value, double least, double most)
{
    double number = json_is_number(value) ? json_number_value(value) : 0;

    return CLAMP(number, least, most); /* jansson lets no infinity in */
}

/* Points have two decimals; whole ones are written as integers. */
static json_t *points_value(double points)
{
    json_int_t hundredths = (json_int_t)(points * 100 + 0.5);

    if (hundredths % 100 == 0)
        return json_integer(hundredths / 100);
    return json_real((double)hundredths / 100);
}

static void take_points(json_t *to, const json_t *from, const char *key, double least, double most)
{
    json_object_set_new(to, key,
                        points_value(number_between(json_object_get(from, key), least, most)));
}

static void take_integer(json_t *to, const json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);

    json_object_set_new(to, key,
                        json_is_integer(value) && json_integer_value(value) >= 0
                            ? json_integer(json_integer_value(value))
                            : json_null());
}

static void take_bool(json_t *to, const json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);

    json_object_set_new(to, key,
                        json_is_boolean(value) ? json_boolean(json_is_true(value)) : json_null());
}

/* {"file","line","column"}, null where there is none */
static void take_where(json_t *to, const json_t *from)
{
    const json_t *where = json_object_get(from, "where");
    json_t *own;

    if (!json_is_object(where)) {
        json_object_set_new(to, "where", json_null());
        return;
    }
    own = json_object();
    take_text(own, where, "file");
    take_integer(own, where, "line");
    take_integer(own, where, "column");
    json_object_set_new(to, "where", own);
}

/* A command that somebody may type in as it stands. */
static void take_step(json_t *to, const json_t *from)
{
    static const char COMMAND[] = "wirewalk step ";
    const char *said = json_string_value(json_object_get(from, "step"));
    bool good = said != NULL && g_str_has_prefix(said, COMMAND);
    g_autofree char *text = good ? handin_tame(said, strlen(said), TEXT_MAX, false) : NULL;

    json_object_set_new(to, "step", good ? json_string(text) : json_null());
}

/* ---- parts ---- */

static void accept_check(json_t *own, const json_t *said)
{
    double max = json_number_value(json_object_get(own, "max"));

    take_points(own, said, "points", 0, max);
    take_bool(own, said, "ok");
    take_text(own, said, "skipped_because");
    take_text(own, said, "message");
    take_integer(own, said, "frame");
    take_integer(own, said, "time_ns");
    take_points(own, said, "penalty", 0, 1e6);
    take_integer(own, said, "run");
    take_step(own, said);
    take_where(own, said);
    if (json_is_string(json_object_get(said, "title"))) /* it may have the variant's numbers */
        take_text(own, said, "title");
}

static bool same_id(const json_t *a, const json_t *b)
{
    const char *x = json_string_value(json_object_get(a, "id"));
    const char *y = json_string_value(json_object_get(b, "id"));

    return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static bool accept_checks(json_t *own, const json_t *said)
{
    if (json_array_size(own) != json_array_size(said))
        return false;
    for (size_t i = 0; i < json_array_size(own); i++) {
        if (!same_id(json_array_get(own, i), json_array_get(said, i)))
            return false;
        accept_check(json_array_get(own, i), json_array_get(said, i));
    }
    return true;
}

static json_t *accept_findings(const json_t *said)
{
    json_t *findings = json_array();

    for (size_t i = 0; i < MIN(json_array_size(said), FINDINGS_MAX); i++) {
        const json_t *from = json_array_get(said, i);
        json_t *to = json_object();

        take_text(to, from, "kind");
        take_text(to, from, "message");
        take_where(to, from);
        json_array_append_new(findings, to);
    }
    return findings;
}

static json_t *accept_prints(const json_t *said)
{
    static const char *const KEYS[] = { "edits", "commands", "answers" };
    json_t *prints = json_object();

    for (size_t k = 0; k < G_N_ELEMENTS(KEYS); k++) {
        const json_t *from = json_object_get(said, KEYS[k]);
        json_t *to = json_array();

        for (size_t i = 0; i < MIN(json_array_size(from), PRINTS_MAX); i++)
            if (json_is_string(json_array_get(from, i)))
                json_array_append_new(to, tame_text(json_array_get(from, i), PRINT_MAX));
        json_object_set_new(prints, KEYS[k], to);
    }
    return prints;
}

/* {name: text}; a number is as good as its text */
static json_t *accept_variant(json_t *said)
{
    json_t *variant = json_object(), *value;
    const char *key;

    json_object_foreach(said, key, value)
    {
        g_autofree char *name = handin_tame(key, strlen(key), 64, false);

        if (json_object_size(variant) == VARIANT_MAX)
            break;
        if (json_is_integer(value)) {
            g_autofree char *number =
                g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));

            json_object_set_new(variant, name, json_string(number));
        } else if (json_is_string(value)) {
            json_object_set_new(variant, name, tame_text(value, 256));
        }
    }
    return variant;
}

/* ---- the whole ---- */

static double points_to_reach(const json_t *checks)
{
    double sum = 0;

    for (size_t i = 0; i < json_array_size(checks); i++)
        sum += json_number_value(json_object_get(json_array_get(checks, i), "max"));
    return sum;
}

static bool known_status(const char *status)
{
    static const char *const KNOWN[] = { "graded", "rejected", "limited", "crashed" };

    for (size_t i = 0; i < G_N_ELEMENTS(KNOWN); i++)
        if (status != NULL && strcmp(status, KNOWN[i]) == 0)
            return true;
    return false;
}

static void accept_totals(json_t *own, const json_t *said)
{
    double most = points_to_reach(json_object_get(own, "checks"));

    json_object_set(own, "status", json_object_get(said, "status"));
    if (json_is_string(json_object_get(said, "student")))
        json_object_set_new(own, "student", tame_text(json_object_get(said, "student"), 255));
    take_points(own, said, "points", 0,
                MAX(most, json_number_value(json_object_get(own, "max_points"))));
    take_points(own, said, "bonus", 0, most);
    take_points(own, said, "penalty", 0, 1e6);
    take_integer(own, said, "hints_used");
    json_object_set_new(own, "variant", accept_variant(json_object_get(said, "variant")));
    json_object_set_new(own, "findings", accept_findings(json_object_get(said, "findings")));
    json_object_set_new(own, "fingerprint", accept_prints(json_object_get(said, "fingerprint")));
}

json_t *class_accept(const json_t *own, const char *text, size_t len)
{
    json_t *said = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    json_t *result = json_deep_copy(own);

    class_complete(result);
    if (known_status(json_string_value(json_object_get(said, "status"))) &&
        accept_checks(json_object_get(result, "checks"), json_object_get(said, "checks"))) {
        accept_totals(result, said);
    } else {
        json_decref(result);
        result = NULL;
    }
    json_decref(said);
    return result;
}

static void complete_check(json_t *check)
{
    take_text(check, check, "id");
    take_text(check, check, "title");
    take_text(check, check, "group");
    take_points(check, check, "max", 0, 1e6);
    json_object_set_new(check, "bonus",
                        json_boolean(json_is_true(json_object_get(check, "bonus"))));
    if (!json_is_string(json_object_get(check, "show")))
        json_object_set_new(check, "show", json_string("always"));
    if (!json_is_boolean(json_object_get(check, "visible")))
        json_object_set_new(
            check, "visible",
            json_boolean(strcmp(json_string_value(json_object_get(check, "show")), "always") == 0));
    accept_check(check, check);
}

void class_complete(json_t *own)
{
    static const char *const TEXTS[] = { "submission", "student", "exercise", "title", "status" };
    json_t *checks = json_object_get(own, "checks");

    for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++)
        take_text(own, own, TEXTS[i]);
    if (!json_is_array(checks)) {
        checks = json_array();
        json_object_set_new(own, "checks", checks);
    }
    for (size_t i = 0; i < json_array_size(checks); i++)
        complete_check(json_array_get(checks, i));
    take_points(own, own, "max_points", 0, 1e9);
    accept_totals(own, own);
}
