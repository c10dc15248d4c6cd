#include "lab/class_value.h"

#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"

const char *class_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

int64_t class_hundredths(const json_t *object, const char *key)
{
    double value = json_number_value(json_object_get(object, key)) * 100;

    return (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
}

void class_add_number(GString *out, int64_t hundredths)
{
    uint64_t size = hundredths < 0 ? 0 - (uint64_t)hundredths : (uint64_t)hundredths;

    g_string_append_printf(out, "%s%" PRIu64, hundredths < 0 ? "-" : "", size / 100);
    if (size % 10 != 0)
        g_string_append_printf(out, ".%02" PRIu64, size % 100);
    else if (size % 100 != 0)
        g_string_append_printf(out, ".%" PRIu64, size % 100 / 10);
}

json_t *class_number(int64_t hundredths)
{
    return hundredths % 100 == 0 ? json_integer(hundredths / 100)
                                 : json_real((double)hundredths / 100);
}

int64_t class_ratio(int64_t part, int64_t whole)
{
    return whole > 0 ? (part * 10000 + whole / 2) / whole : 0;
}

enum class_mark class_mark(const json_t *check)
{
    const json_t *ok = json_object_get(check, "ok");

    return json_is_true(ok) ? CLASS_PASSED : json_is_false(ok) ? CLASS_FAILED : CLASS_SKIPPED;
}

bool class_is_hidden(const json_t *check)
{
    return !json_is_true(json_object_get(check, "visible"));
}

static bool is_hidden(const json_t *check, bool always)
{
    return always ? strcmp(class_text(check, "show"), "always") != 0 : class_is_hidden(check);
}

bool class_is_named_hidden(const json_t *check, const json_t *checks, bool always)
{
    const char *because = class_text(check, "skipped_because");

    for (size_t i = 0; i < json_array_size(checks) && *because != '\0'; i++) {
        const json_t *other = json_array_get(checks, i);

        if (is_hidden(other, always) && strstr(because, class_text(other, "id")) != NULL)
            return true;
    }
    return false;
}

int64_t class_open_penalty(const json_t *result, bool always)
{
    const json_t *checks = json_object_get(result, "checks");
    int64_t penalty = class_hundredths(result, "penalty");

    for (size_t i = 0; i < json_array_size(checks); i++)
        if (is_hidden(json_array_get(checks, i), always))
            penalty -= class_hundredths(json_array_get(checks, i), "penalty");
    return MAX(penalty, 0);
}

bool class_has_status(const json_t *result, const char *status)
{
    return strcmp(class_text(result, "status"), status) == 0;
}

static const char *name_of(const char *const *names, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], text) == 0)
            return _(names[i]);
    return text;
}

const char *class_status_name(const json_t *result)
{
    static const char *const NAMES[] = { N_("graded"), N_("rejected"), N_("limited"),
                                         N_("crashed") };

    return name_of(NAMES, G_N_ELEMENTS(NAMES), class_text(result, "status"));
}

const char *class_kind_name(const json_t *trait)
{
    static const char *const NAMES[] = { N_("edit"), N_("answer"), N_("command"), N_("commands") };

    return name_of(NAMES, G_N_ELEMENTS(NAMES), class_text(trait, "kind"));
}

void class_add_place(GString *out, const json_t *check)
{
    const json_t *frame = json_object_get(check, "frame");
    const json_t *time_ns = json_object_get(check, "time_ns");

    if (json_is_integer(frame))
        g_string_append_printf(out, _("frame %lld"), (long long)json_integer_value(frame));
    if (!json_is_integer(time_ns) || json_integer_value(time_ns) > SIM_TIME_NONE / 1000)
        return;
    if (json_is_integer(frame))
        g_string_append(out, ", ");
    render_moment(out, (sim_time)json_integer_value(time_ns) * 1000, 6);
    g_string_append(out, " s");
}

void class_add_where(GString *out, const json_t *object)
{
    const json_t *where = json_object_get(object, "where");
    const json_t *line = json_object_get(where, "line"), *column = json_object_get(where, "column");

    g_string_append(out, class_text(where, "file"));
    if (json_is_integer(line))
        g_string_append_printf(out, ":%" JSON_INTEGER_FORMAT, json_integer_value(line));
    if (json_is_integer(line) && json_is_integer(column))
        g_string_append_printf(out, ":%" JSON_INTEGER_FORMAT, json_integer_value(column));
}

void class_add_escaped(GString *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            g_string_append(out, "&amp;");
            break;
        case '<':
            g_string_append(out, "&lt;");
            break;
        case '>':
            g_string_append(out, "&gt;");
            break;
        case '"':
            g_string_append(out, "&quot;");
            break;
        case '\'':
            g_string_append(out, "&#39;");
            break;
        default:
            g_string_append_c(out, *text);
        }
    }
}
