/* From the parts to points, and to the result as JSON. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/grade_internal.h"

enum { PARTS_TOLD_MAX = 8 };

/* How a check ended. */
struct outcome {
    bool ok, skipped;
    const char *because; /* skipped: the check it needs */
    int64_t points, penalty;
};

/* Hundredths as a decimal number. */
static json_t *points_json(int64_t points)
{
    return points % 100 == 0 ? json_integer(points / 100) : json_real((double)points / 100);
}

static json_t *text_json(const char *text)
{
    g_autofree char *valid = NULL;

    if (text == NULL)
        return json_null();
    valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

static const char *pick(const struct lab_words *words)
{
    return lab_words_pick(words, i18n_language());
}

/* ---- points ---- */

static void sum_parts(const struct grade *grade, const struct task_check *check, uint32_t *good,
                      uint32_t *all, bool *any)
{
    *good = *all = 0;
    *any = false;
    for (uint32_t i = 0; i < check->n_parts; i++) {
        const struct grade_part *part = &grade->parts[check->first_part + i];

        *good += part->good;
        *all += part->all;
        *any |= part->all > 0 && part->good == part->all;
    }
}

static const char *missing_need(const struct grade *grade, const struct task_check *check,
                                const struct outcome *outcomes)
{
    for (uint32_t i = 0; i < list_len(check->needs); i++) {
        const char *id = list_item(check->needs, i)->text;
        uint32_t other = task_check_find(grade->instance, id);

        if (other != UINT32_MAX && !outcomes[other].ok)
            return id;
    }
    return NULL;
}

static void judge_check(const struct grade *grade, uint32_t index, struct outcome *outcomes)
{
    const struct task_check *check = &grade->instance->checks[index];
    struct outcome *outcome = &outcomes[index];
    uint32_t good, all;
    bool any;

    *outcome = (struct outcome){ .because = missing_need(grade, check, outcomes) };
    outcome->skipped = outcome->because != NULL;
    if (outcome->skipped)
        return;
    sum_parts(grade, check, &good, &all, &any);
    outcome->ok = check->any ? any : all > 0 && good == all;
    if (outcome->ok)
        outcome->points = check->points;
    else if (check->each && all > 0)
        outcome->points = check->points * good / all;
    if (!outcome->ok)
        outcome->penalty = check->penalty;
}

/* ---- hints ---- */

static uint32_t hints_used(const struct grade *grade)
{
    return MIN(grade->submission->hints, grade->instance->n_hints);
}

static int64_t hints_penalty(const struct grade *grade)
{
    int64_t penalty = 0;

    for (uint32_t i = 0; i < hints_used(grade); i++)
        penalty += grade->instance->hints[i].penalty;
    return penalty;
}

/* ---- a check ---- */

bool grade_is_due(const struct grade *grade)
{
    return grade->options->published ||
           (grade->options->now != GRADE_NO_TIME && grade->options->now >= grade->instance->due_at);
}

static bool is_visible(const struct grade *grade, const struct task_check *check)
{
    switch (check->show) {
    case TASK_SHOW_ALWAYS:
        return true;
    case TASK_SHOW_AFTER_DUE:
        return grade_is_due(grade) || grade->options->published;
    case TASK_SHOW_AFTER_PUBLISHED:
        return grade->options->published;
    case TASK_SHOW_NEVER:
        break;
    }
    return false;
}

static const struct grade_part *first_failed(const struct grade *grade,
                                             const struct task_check *check)
{
    const struct grade_part *first = NULL;

    for (uint32_t i = 0; i < check->n_parts; i++) {
        const struct grade_part *part = &grade->parts[check->first_part + i];

        if (part->good == part->all)
            continue;
        if (first == NULL || (first->frame == 0 && part->frame != 0))
            first = part;
    }
    return first;
}

static void add_line(GString *out, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    g_string_append_printf(out, "%s%s", out->len > 0 ? "\n" : "", text);
}

/* One failed pair is told in full, the others by their commands. */
static void tell_parts(const struct grade *grade, const struct task_check *check, GString *out)
{
    unsigned n = 0, left_out = 0;

    for (uint32_t i = 0; i < check->n_parts; i++) {
        const struct task_part *part = grade->instance->parts->pdata[check->first_part + i];
        const struct grade_part *result = &grade->parts[check->first_part + i];
        g_autofree char *first = NULL;

        if (result->good == result->all)
            continue;
        if (++n > PARTS_TOLD_MAX) {
            left_out++;
            continue;
        }
        if (result->message != NULL && part->reach && n > 1)
            first = g_strndup(result->message, strcspn(result->message, "\n"));
        add_line(out, first != NULL ? first : result->message);
    }
    if (left_out > 0)
        g_string_append_printf(out, NN_("\n... and %u more", "\n... and %u more", left_out),
                               left_out);
}

/* What a student knows the check @id as. */
static const char *name_of(const struct grade *grade, const char *id)
{
    uint32_t index = task_check_find(grade->instance, id);
    const char *title = index != UINT32_MAX ? pick(&grade->instance->checks[index].title) : NULL;

    return title != NULL ? title : id;
}

static char *message_of(const struct grade *grade, const struct task_check *check,
                        const struct outcome *outcome)
{
    GString *out = g_string_new(NULL);

    if (outcome->skipped) {
        g_string_printf(out, _("looked at only when this is met: %s"),
                        name_of(grade, outcome->because));
    } else if (outcome->ok) {
        add_line(out, pick(&check->pass));
    } else if (!grade->submission->rejected) { /* of an unreadable one nothing is known */
        add_line(out, pick(&check->fail));
        tell_parts(grade, check, out);
    }
    return g_string_free(out, FALSE);
}

static json_t *step_json(const struct grade *grade, const struct grade_part *part, uint32_t run)
{
    g_autofree char *file = g_shell_quote(grade->task->file),
                    *submission = g_shell_quote(grade->submission->path);
    g_autoptr(GString) out = g_string_new("wirewalk step");

    if (part == NULL || part->frame == 0)
        return json_null();
    if (strpbrk(grade->task->file, " '\"$\\&;()<>*?`") == NULL)
        g_string_append_printf(out, " %s", grade->task->file);
    else
        g_string_append_printf(out, " %s", file);
    if (strpbrk(grade->submission->path, " '\"$\\&;()<>*?`") == NULL)
        g_string_append_printf(out, " %s", grade->submission->path);
    else
        g_string_append_printf(out, " %s", submission);
    g_string_append_printf(out, " --at %" PRIu64, part->frame);
    if (run > 0)
        g_string_append_printf(out, " --run %u", run);
    if (grade->options->student != NULL) {
        g_autofree char *student = g_shell_quote(grade->options->student);

        g_string_append_printf(out, " --student %s", student);
    }
    return text_json(out->str);
}

static json_t *where_json(const struct grade *grade, const struct grade_part *part)
{
    const struct change *edit =
        part != NULL && part->node != NULL ? grade_edit_of(grade, part->node) : NULL;

    if (edit == NULL || edit->at.source != TASK_SOURCE_SUBMISSION)
        return json_null();
    return submission_where(grade->submission, grade->task, edit->at);
}

static uint32_t run_of(const struct grade *grade, const struct grade_part *part)
{
    const struct task_part *task_part =
        part != NULL ? grade->instance->parts->pdata[part - grade->parts] : NULL;

    return task_part != NULL ? task_part->run : 0;
}

static json_t *check_json(const struct grade *grade, uint32_t index, const struct outcome *outcome)
{
    const struct task_check *check = &grade->instance->checks[index];
    const struct grade_part *part =
        outcome->ok || outcome->skipped ? NULL : first_failed(grade, check);
    g_autofree char *message = message_of(grade, check, outcome);
    json_t *json = json_object();

    json_object_set_new(json, "id", text_json(check->id));
    json_object_set_new(json, "title", text_json(name_of(grade, check->id)));
    json_object_set_new(json, "group", text_json(check->group));
    json_object_set_new(json, "points", points_json(outcome->points));
    json_object_set_new(json, "max", points_json(check->points));
    json_object_set_new(json, "ok", outcome->skipped ? json_null() : json_boolean(outcome->ok));
    json_object_set_new(json, "skipped_because", text_json(outcome->because));
    json_object_set_new(json, "bonus", json_boolean(check->bonus));
    json_object_set_new(json, "penalty", points_json(outcome->penalty));
    json_object_set_new(json, "show", text_json(task_show_name(check->show)));
    json_object_set_new(json, "visible", json_boolean(is_visible(grade, check)));
    json_object_set_new(json, "message", text_json(message));
    json_object_set_new(json, "frame",
                        part != NULL && part->frame != 0 ? json_integer((json_int_t)part->frame)
                                                         : json_null());
    json_object_set_new(json, "time_ns",
                        part != NULL && part->time != SIM_TIME_NONE
                            ? json_integer(part->time / SIM_NSEC(1))
                            : json_null());
    json_object_set_new(json, "run", json_integer(run_of(grade, part)));
    json_object_set_new(json, "step", step_json(grade, part, run_of(grade, part)));
    json_object_set_new(json, "where", where_json(grade, part));
    return json;
}

/* ---- the whole ---- */

static json_t *variant_json(const struct grade *grade)
{
    const struct vary *vary = &grade->instance->vary;
    json_t *json = json_object();

    for (guint i = 0; i < vary->names->len; i++) {
        g_autoptr(GString) text = g_string_new(NULL);

        tree_write(text, g_hash_table_lookup(vary->values, vary->names->pdata[i]));
        json_object_set_new(json, vary->names->pdata[i], text_json(text->str));
    }
    return json;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *list_json(GPtrArray *texts)
{
    json_t *json = json_array();

    for (guint i = 0; i < texts->len; i++)
        json_array_append_new(json, text_json(texts->pdata[i]));
    return json;
}

static void add_edits(const struct grade *grade, GPtrArray *texts)
{
    for (guint i = 0; i < grade->edits->len; i++) {
        const struct change *edit = grade->edits->pdata[i];
        GString *text = g_string_new(edit->path);

        if (edit->kind == CHANGE_PLUG)
            g_string_append_printf(text, " - %s", edit->other + strlen("links."));
        g_string_append(text, edit->kind == CHANGE_UNPLUG ? " unplugged" : " = ");
        if (edit->value != NULL && edit->kind != CHANGE_UNPLUG)
            tree_write(text, edit->value);
        g_ptr_array_add(texts, g_string_free(text, FALSE));
    }
    g_ptr_array_sort(texts, by_text);
}

static json_t *fingerprint_json(const struct grade *grade)
{
    g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free),
                         commands = g_ptr_array_new_with_free_func(g_free),
                         answers = g_ptr_array_new_with_free_func(g_free);
    const struct ynode *map = submission_value(grade->submission, "answers");

    add_edits(grade, edits);
    for (guint i = 0; i < grade->submission->commands->len; i++) {
        const struct submission_command *command = grade->submission->commands->pdata[i];

        g_ptr_array_add(commands, g_strdup_printf("%s$ %s", command->host, command->line));
    }
    for (uint32_t i = 0; map != NULL && map->kind == YNODE_MAP && i < map->n; i++) {
        GString *text = g_string_new(ynode_key(map, i)->text);

        g_string_append(text, " = ");
        tree_write(text, ynode_value(map, i));
        g_ptr_array_add(answers, g_string_free(text, FALSE));
    }
    g_ptr_array_sort(answers, by_text);
    return json_pack("{s:o, s:o, s:o}", "edits", list_json(edits), "commands", list_json(commands),
                     "answers", list_json(answers));
}

struct totals {
    int64_t points, max, bonus, penalty;
    unsigned hidden;
};

static json_t *checks_json(const struct grade *grade, struct totals *totals)
{
    uint32_t n = grade->instance->n_checks;
    g_autofree struct outcome *outcomes = g_new0(struct outcome, n + 1);
    json_t *checks = json_array();

    for (uint32_t i = 0; i < n; i++) {
        const struct task_check *check = &grade->instance->checks[i];

        judge_check(grade, i, outcomes);
        totals->points += outcomes[i].points;
        totals->penalty += outcomes[i].penalty;
        if (check->bonus)
            totals->bonus += outcomes[i].points;
        else
            totals->max += check->points;
        totals->hidden += !is_visible(grade, check);
        json_array_append_new(checks, check_json(grade, i, &outcomes[i]));
    }
    return checks;
}

json_t *grade_result(struct grade *grade, const char *status)
{
    struct totals totals = { .penalty = hints_penalty(grade) };
    json_t *checks = checks_json(grade, &totals), *json = json_object();
    const char *title = pick(&grade->instance->title);

    json_object_set_new(json, "submission", text_json(grade->submission->path));
    json_object_set_new(json, "student", text_json(grade->instance->student));
    json_object_set_new(json, "exercise", text_json(grade->task->name));
    json_object_set_new(json, "title", text_json(title != NULL ? title : grade->task->name));
    json_object_set_new(json, "variant", variant_json(grade));
    json_object_set_new(json, "status", text_json(status));
    json_object_set_new(json, "points", points_json(MAX(totals.points - totals.penalty, 0)));
    json_object_set_new(json, "max_points", points_json(totals.max));
    json_object_set_new(json, "bonus", points_json(totals.bonus));
    json_object_set_new(json, "penalty", points_json(totals.penalty));
    json_object_set_new(json, "due", text_json(grade->instance->due));
    json_object_set_new(json, "hidden", json_integer(totals.hidden));
    json_object_set_new(json, "checks", checks);
    json_object_set(json, "findings", grade->submission->findings);
    json_object_set_new(json, "hints_used", json_integer(hints_used(grade)));
    json_object_set_new(json, "fingerprint", fingerprint_json(grade));
    return json;
}

char *grade_dump(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(9) | JSON_ENCODE_ANY);
    char *copy = g_strdup(text);

    free(text);
    return copy;
}

bool grade_is_full(const json_t *result)
{
    return json_number_value(json_object_get(result, "points")) >=
               json_number_value(json_object_get(result, "max_points")) &&
           json_number_value(json_object_get(result, "penalty")) <= 0;
}
