/* What a student has answered, held against what the simulator has found. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/answer.h"
#include "lab/grade_internal.h"

/* ---- comparing ---- */

static bool number_of(const char *text, double *number)
{
    char *end;

    if (*text == '\0' || g_ascii_isspace(*text))
        return false;
    *number = g_ascii_strtod(text, &end);
    return end != text && (*end == '\0' || strcmp(end, "s") == 0);
}

/* As typed with a Chinese input method or without one: １２ is 12, ： is a colon, 。 a full stop.
 */
static char *narrow(const char *text)
{
    g_autofree char *same = g_utf8_normalize(text, -1, G_NORMALIZE_NFKC);
    g_auto(GStrv) parts = g_strsplit(same != NULL ? same : text, "。", -1);

    return g_strstrip(g_strjoinv(".", parts));
}

/* Spelling does not matter: case, width, blanks around, 0x10 and 16, 02-00-... and 02:00:... */
static bool same_answer(const char *given, const char *right, double tolerance)
{
    g_autofree char *a = narrow(given), *b = narrow(right);
    struct mac_addr m, n;
    double x, y;

    if (g_ascii_strcasecmp(a, b) == 0)
        return true;
    if (mac_parse(a, &m) && mac_parse(b, &n))
        return mac_eq(&m, &n);
    if (number_of(a, &x) && number_of(b, &y))
        return x - y <= tolerance + 1e-12 && y - x <= tolerance + 1e-12;
    return false;
}

static bool is_right_one(const struct answer_truth *truth, const char *given)
{
    g_autofree char *plain = narrow(given);

    if (truth->pattern != NULL && (g_regex_match_simple(truth->pattern, given, 0, 0) ||
                                   g_regex_match_simple(truth->pattern, plain, 0, 0)))
        return true;
    for (guint i = 0; i < truth->values->len; i++)
        if (same_answer(given, truth->values->pdata[i], truth->tolerance))
            return true;
    return false;
}

static GPtrArray *texts_of(const struct ynode *answer)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t i = 0; i < list_len(answer) && !ynode_is_null(answer); i++) {
        GString *text = g_string_new(NULL);

        if (list_item(answer, i)->kind == YNODE_TEXT)
            g_string_append(text, list_item(answer, i)->text);
        else
            tree_write(text, list_item(answer, i));
        g_ptr_array_add(texts, g_string_free(text, FALSE));
    }
    return texts;
}

static bool matches_at(const struct answer_truth *truth, const GPtrArray *given, guint i, guint j)
{
    return same_answer(given->pdata[i], truth->values->pdata[j], truth->tolerance) ||
           (j < truth->others->len && *(const char *)truth->others->pdata[j] != '\0' &&
            same_answer(given->pdata[i], truth->others->pdata[j], 0));
}

/* The most that stand in the right order among each other. */
static uint32_t longest_common(const struct answer_truth *truth, const GPtrArray *given)
{
    guint n = given->len, m = truth->values->len;
    g_autofree uint32_t *rows = g_new0(uint32_t, 2 * ((gsize)m + 1));

    for (guint i = 1; i <= n; i++) {
        uint32_t *now = rows + (i % 2) * (m + 1), *before = rows + ((i + 1) % 2) * (m + 1);

        for (guint j = 1; j <= m; j++)
            now[j] = matches_at(truth, given, i - 1, j - 1) ? before[j - 1] + 1
                                                            : MAX(before[j], now[j - 1]);
    }
    return rows[(n % 2) * (m + 1) + m];
}

static uint32_t common_items(const struct answer_truth *truth, const GPtrArray *given)
{
    uint32_t n = 0;

    for (guint j = 0; j < truth->values->len; j++)
        for (guint i = 0; i < given->len; i++)
            if (matches_at(truth, given, i, j)) {
                n++;
                break;
            }
    return n;
}

static void judge_list(const struct answer_truth *truth, const GPtrArray *given,
                       struct grade_part *result)
{
    uint32_t n = truth->values->len, good = 0, extra;

    result->all += MAX(n, 1);
    if (truth->kind == ANSWER_ORDER) {
        good = longest_common(truth, given);
        good = good == n && given->len == n ? n : good > 1 ? good - 1 : 0;
    } else if (truth->kind == ANSWER_SET) {
        good = common_items(truth, given);
        extra = given->len > good ? given->len - good : 0;
        good = n == 0 ? given->len == 0 : good > extra ? good - extra : 0;
    } else {
        for (guint i = 0; i < MIN(n, given->len); i++)
            good += matches_at(truth, given, i, i);
        if (given->len > n && good > 0)
            good--;
    }
    result->good += good;
}

/* ---- one question ---- */

static void tell_right(const struct answer_truth *truth, struct grade_part *result)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < truth->values->len; i++) {
        g_string_append(text, i == 0 ? "" : truth->kind == ANSWER_ONE ? _(" or ") : ", ");
        g_string_append(text, truth->values->pdata[i]);
    }
    grade_message(result, _("right: %s"), text->str);
}

/* @right: how many of the @all places of a list are; 0 where it says nothing. */
static void tell_wrong(const struct answer_truth *truth, const char *shown, uint32_t right,
                       uint32_t all, struct grade_part *result)
{
    if (truth->blank != NULL)
        grade_message(result, _("`%s`: your answer %s is not right"), truth->blank, shown);
    else if (right > 0)
        grade_message(result, _("your answer %s is not right: %u of %u places are"), shown, right,
                      all);
    else
        grade_message(result, _("your answer %s is not right"), shown);
}

static void judge(struct grade *grade, const struct answer_truth *truth, const struct ynode *answer,
                  bool each, struct grade_part *result)
{
    g_autoptr(GPtrArray) given = texts_of(answer);
    uint32_t good = result->good, all = result->all;
    g_autofree char *shown = NULL;

    if (!truth->known) {
        result->all++;
        grade_message(result, "%s", _("the run has no answer to this question"));
        return;
    }
    if (truth->kind != ANSWER_ONE) {
        judge_list(truth, given, result);
    } else {
        result->all++;
        result->good += given->len == 1 && is_right_one(truth, given->pdata[0]);
    }
    if (result->good - good == result->all - all)
        return;
    g_ptr_array_add(given, NULL);
    shown = g_strjoinv(", ", (char **)given->pdata);
    tell_wrong(truth, shown, each && truth->kind == ANSWER_LIST ? result->good - good : 0,
               result->all - all, result);
    if (grade_is_due(grade))
        tell_right(truth, result);
}

static void judge_truth(struct grade *grade, const struct answer_truth *truth)
{
    const struct task_part *part = grade->instance->parts->pdata[truth->part];
    const struct task_check *check = &grade->instance->checks[part->check];
    const struct ynode *answers = submission_value(grade->submission, "answers");
    const struct ynode *answer =
        answers != NULL && answers->kind == YNODE_MAP ? ynode_get(answers, check->id) : NULL;
    struct grade_part *result = &grade->parts[truth->part];

    if (answer != NULL && truth->blank != NULL)
        answer = answer->kind == YNODE_MAP ? ynode_get(answer, truth->blank) : NULL;
    if (answer != NULL && !ynode_is_null(answer)) {
        judge(grade, truth, answer, check->each, result);
        return;
    }
    result->all += truth->kind == ANSWER_ONE ? 1 : MAX(truth->values->len, 1);
    if (truth->blank != NULL)
        grade_message(result, _("`%s`: not answered"), truth->blank);
    else
        grade_message(result, "%s", _("not answered"));
}

/* Answers to questions that there are not. */
static void check_names(struct grade *grade)
{
    const struct ynode *answers = submission_value(grade->submission, "answers");

    if (answers == NULL || ynode_is_null(answers))
        return;
    if (answers->kind != YNODE_MAP) {
        submission_find(grade->submission, grade->task, "syntax", answers->at,
                        _("`answers` is a map of questions and answers, like {q1: 64}"));
        return;
    }
    for (uint32_t i = 0; i < answers->n; i++) {
        const char *id = ynode_key(answers, i)->text;
        uint32_t check = task_check_find(grade->instance, id);
        g_autofree char *message = NULL;

        if (check != UINT32_MAX && grade->instance->checks[check].ask != NULL)
            continue;
        message = g_strdup_printf(_("there is no question \"%s\""), id);
        submission_find(grade->submission, grade->task, "unknown", ynode_key(answers, i)->at,
                        message);
    }
}

void grade_answers(struct grade *grade)
{
    struct diag_list *diags = diag_list_new();
    struct reader r = { .file = grade->task->file,
                        .diags = diags,
                        .arena = &grade->instance->arena };
    struct answer_set *set = answer_set_new(grade->instance, &r);

    answer_set_find(set, &grade->instance->start, false);
    answer_set_find(set, &grade->net, true);
    for (int mine = 0; mine < 2; mine++)
        for (guint i = 0; i < set->truths[mine]->len; i++)
            judge_truth(grade, set->truths[mine]->pdata[i]);
    check_names(grade);
    answer_set_free(set);
    diag_list_free(diags);
}
