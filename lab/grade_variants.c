/* The proof that an exercise is fair: each variant is broken before, solved by the reference
 * solution, and gives wrong submissions the marks they must get. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/grade_internal.h"

/* What a submission gets in which nothing was done. */
struct gifts {
    double points;  /* the most of all variants */
    GPtrArray *ids; /* of the checks that give something, each once */
};

struct proof {
    const struct task *task;
    struct gifts *gifts;
    struct task_instance *instance;
    struct grade_options options;
    const char *name; /* of the variant */
    void (*tell)(void *ctx, const char *line);
    void *ctx;
};

static void tell(const struct proof *proof, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void tell(const struct proof *proof, const char *format, ...)
{
    va_list args;
    g_autofree char *text = NULL, *line = NULL;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    line = g_strdup_printf(_("variant %s: %s"), proof->name, text);
    proof->tell(proof->ctx, line);
}

static double points_of(const json_t *result)
{
    return json_number_value(json_object_get(result, "points"));
}

/* The checks that failed or were not looked at, and what the first of them says. */
static char *failed_checks(const json_t *result)
{
    GString *out = g_string_new(NULL);
    const json_t *check;
    size_t i;

    json_array_foreach(json_object_get(result, "checks"), i, check)
    {
        if (!json_is_true(json_object_get(check, "ok")))
            g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "",
                                   json_string_value(json_object_get(check, "id")));
    }
    json_array_foreach(json_object_get(result, "findings"), i, check)
    {
        g_string_append_printf(out, "; %s", json_string_value(json_object_get(check, "message")));
    }
    return g_string_free(out, FALSE);
}

static bool has_text(const GPtrArray *texts, const char *text)
{
    for (guint i = 0; i < texts->len; i++)
        if (strcmp(texts->pdata[i], text) == 0)
            return true;
    return false;
}

/* Checks that hold at the start give their points to somebody who did nothing. */
static void take_gifts(struct gifts *gifts, const json_t *nothing)
{
    const json_t *check;
    size_t i;

    gifts->points = MAX(gifts->points, points_of(nothing));
    json_array_foreach(json_object_get(nothing, "checks"), i, check)
    {
        const char *id = json_string_value(json_object_get(check, "id"));

        if (json_number_value(json_object_get(check, "points")) > 0 && !has_text(gifts->ids, id))
            g_ptr_array_add(gifts->ids, g_strdup(id));
    }
}

static void tell_gifts(const struct gifts *gifts, void (*tell_line)(void *ctx, const char *line),
                       void *ctx)
{
    g_autofree char *ids = NULL, *line = NULL;

    if (gifts->points <= 0)
        return;
    g_ptr_array_add(gifts->ids, NULL);
    ids = g_strjoinv(", ", (char **)gifts->ids->pdata);
    line =
        g_strdup_printf(_("careful: who does nothing gets up to %g points, for what holds at the "
                          "start: %s; with `needs` these come only after a check that does not"),
                        gifts->points, ids);
    tell_line(ctx, line);
}

static bool prove_broken(struct proof *proof)
{
    json_t *result = grade_tree(proof->task, "nothing", NULL, &proof->options);
    bool ok = !grade_is_full(result);

    if (!ok)
        tell(proof, "%s", _("it has full marks with nothing changed"));
    take_gifts(proof->gifts, result);
    json_decref(result);
    return ok;
}

static bool prove_solved(struct proof *proof)
{
    json_t *result;
    bool ok;

    if (proof->instance->solution == NULL) {
        tell(proof, "%s", _("there is no reference solution"));
        return false;
    }
    result = grade_tree(proof->task, "solution", proof->instance->solution, &proof->options);
    ok = grade_is_full(result);
    if (!ok) {
        g_autofree char *failed = failed_checks(result);

        tell(proof, _("the reference solution gets %g of %g points; not met: %s"),
             points_of(result), json_number_value(json_object_get(result, "max_points")), failed);
    }
    json_decref(result);
    return ok;
}

static bool is_named(const struct ynode *list, const char *id)
{
    for (uint32_t i = 0; i < list_len(list); i++)
        if (list_item(list, i)->kind == YNODE_TEXT && strcmp(list_item(list, i)->text, id) == 0)
            return true;
    return false;
}

/* Just the checks of `fails` fail, where it is written. */
static bool fails_as_said(const struct task_wrong *wrong, const json_t *result)
{
    const json_t *check;
    size_t i;

    if (wrong->failed == NULL)
        return true;
    json_array_foreach(json_object_get(result, "checks"), i, check)
    {
        if (json_is_true(json_object_get(check, "ok")) ==
            is_named(wrong->failed, json_string_value(json_object_get(check, "id"))))
            return false;
    }
    return true;
}

static bool prove_wrong(struct proof *proof, const struct task_wrong *wrong)
{
    json_t *result;
    double want = (double)wrong->points / 100, got;
    bool ok;

    if (wrong->submission == NULL)
        return true;
    result = grade_tree(proof->task, wrong->name, wrong->submission, &proof->options);
    got = points_of(result);
    ok = got > want - 0.001 && got < want + 0.001 && fails_as_said(wrong, result);
    if (!ok) {
        g_autofree char *failed = failed_checks(result);

        tell(proof, _("the wrong submission `%s` (line %u) gets %g points, not %g; not met: %s"),
             wrong->name, wrong->at.line, got, want, failed);
    }
    json_decref(result);
    return ok;
}

static void prove(struct proof *proof, struct grade_variants *result)
{
    bool wrong_right = true;

    result->n++;
    result->broken += prove_broken(proof);
    result->solved += prove_solved(proof);
    for (uint32_t i = 0; i < proof->instance->n_wrong; i++)
        wrong_right &= prove_wrong(proof, &proof->instance->wrong[i]);
    result->wrong_right += wrong_right;
}

bool grade_variants(const struct task *task, uint64_t n,
                    void (*tell_line)(void *ctx, const char *line), void *ctx,
                    struct grade_variants *result)
{
    bool hopeless = false; /* no variant has a solution: one word of it is enough */
    struct gifts gifts = { .ids = g_ptr_array_new_with_free_func(g_free) };

    *result = (struct grade_variants){ 0 };
    for (uint64_t i = 1; i <= n && !hopeless; i++) {
        g_autofree char *name = g_strdup_printf("variant-%" G_GUINT64_FORMAT, i);
        struct diag_list *diags = diag_list_new();
        struct proof proof = { .task = task, .gifts = &gifts, .name = name, .tell = tell_line };

        proof.ctx = ctx;
        proof.options = (struct grade_options){ .student = name, .now = GRADE_NO_TIME };
        proof.instance = task_instance_new(task, name, diags);
        if (diags->n_errors == 0) {
            prove(&proof, result);
            hopeless = proof.instance->solution == NULL;
        } else {
            result->n++;
            tell(&proof, "%s", ((const struct diag *)diags->items->pdata[0])->message);
        }
        task_instance_free(proof.instance);
        diag_list_free(diags);
    }
    tell_gifts(&gifts, tell_line, ctx);
    g_ptr_array_unref(gifts.ids);
    return result->broken == n && result->solved == n && result->wrong_right == n;
}
