#include "lab/grade.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/answer.h"
#include "lab/grade_internal.h"

/* ---- one submission ---- */

static void complain_of_task(struct grade *grade, struct diag_list *diags)
{
    diag_list_sort(diags);
    for (guint i = 0; i < diags->items->len; i++) {
        const struct diag *d = diags->items->pdata[i];

        if (d->severity == DIAG_ERROR)
            submission_find(grade->submission, grade->task, "exercise", d->at, d->message);
    }
}

/* The exercise for the submission's student. False: it cannot be had for this one. */
static bool begin(struct grade *grade)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *student = grade->options->student != NULL
                                   ? g_strdup(grade->options->student)
                                   : submission_student(grade->submission);
    bool ok;

    grade->instance = task_instance_new(grade->task, student, diags);
    ok = diags->n_errors == 0;
    if (!ok)
        complain_of_task(grade, diags);
    grade->edits = g_ptr_array_new();
    grade->commands = g_ptr_array_new();
    grade->parts = g_new0(struct grade_part, grade->instance->parts->len + 1);
    for (guint i = 0; i < grade->instance->parts->len; i++)
        grade->parts[i].time = SIM_TIME_NONE;
    diag_list_free(diags);
    return ok;
}

static bool runs_commands(struct grade *grade, const char *host)
{
    const struct ynode *node = ynode_get(net_tree_nodes(&grade->net), host);
    const struct ynode *kind = node != NULL ? ynode_get(node, "kind") : NULL;

    return kind != NULL && kind->kind == YNODE_TEXT &&
           (strcmp(kind->text, "host") == 0 || strcmp(kind->text, "router") == 0);
}

/* Which of the student's commands are run. */
static void choose_commands(struct grade *grade)
{
    const GPtrArray *all = grade->submission->commands;

    if (grade->instance->commands != TASK_COMMANDS_REPLAYED)
        return;
    for (guint i = 0; i < all->len; i++) {
        struct submission_command *command = all->pdata[i];
        g_autofree char *message = NULL;

        if (i >= grade->instance->commands_max) {
            message = g_strdup_printf(_("only the first %u commands are run"),
                                      grade->instance->commands_max);
            submission_find(grade->submission, grade->task, "limit", command->at, message);
            return;
        }
        if (!runs_commands(grade, command->host)) {
            message = g_strdup_printf(_("there is no host \"%s\""), command->host);
            submission_find(grade->submission, grade->task, "unknown", command->at, message);
            continue;
        }
        g_ptr_array_add(grade->commands, command);
    }
}

static void judge_parts(struct grade *grade)
{
    for (guint i = 0; i < grade->instance->parts->len; i++) {
        const struct task_part *part = grade->instance->parts->pdata[i];

        if (part->kind == PART_STATE)
            grade_state(grade, part, &grade->parts[i]);
        else if (part->kind == PART_UNCHANGED)
            grade_unchanged(grade, part, &grade->parts[i]);
        else if (part->kind == PART_LOG)
            grade_log(grade, part, &grade->parts[i]);
    }
}

static void end(struct grade *grade)
{
    for (guint i = 0; grade->instance != NULL && i < grade->instance->parts->len; i++) {
        g_free(grade->parts[i].message);
        g_free(grade->parts[i].node);
    }
    g_free(grade->parts);
    if (grade->live != NULL)
        g_hash_table_destroy(grade->live);
    if (grade->edits != NULL)
        g_ptr_array_unref(grade->edits);
    if (grade->commands != NULL)
        g_ptr_array_unref(grade->commands);
    task_instance_free(grade->instance);
    submission_free(grade->submission);
}

/* Consumes @submission. */
static json_t *grade_one(const struct task *task, struct submission *submission,
                         const struct grade_options *options)
{
    struct grade grade = { .task = task, .options = options, .submission = submission };
    json_t *result;

    if (!begin(&grade)) {
        result = grade_result(&grade, "crashed");
    } else if (submission->rejected) {
        result = grade_result(&grade, "rejected");
    } else {
        grade_network(&grade);
        choose_commands(&grade);
        grade_runs(&grade);
        judge_parts(&grade);
        grade_answers(&grade);
        result = grade_result(&grade, grade.limited ? "limited" : "graded");
    }
    end(&grade);
    return result;
}

json_t *grade_submission(const struct task *task, const char *path,
                         const struct grade_options *options)
{
    return grade_one(task, submission_read(path), options);
}

json_t *grade_handin(const struct task *task, const struct handin *handin,
                     const struct grade_options *options)
{
    return grade_one(task, submission_of(handin), options);
}

json_t *grade_solution(const struct task *task, const struct grade_options *options)
{
    struct diag_list *diags = diag_list_new();
    struct task_instance *instance =
        task_instance_new(task, options->student != NULL ? options->student : "", diags);
    json_t *result = NULL;

    if (diags->n_errors == 0 && instance->solution != NULL)
        result = grade_tree(task, "solution", instance->solution, options);
    task_instance_free(instance);
    diag_list_free(diags);
    return result;
}

json_t *grade_tree(const struct task *task, const char *name, const struct ynode *root,
                   const struct grade_options *options)
{
    return grade_one(task, submission_new(name, root), options);
}

json_t *grade_failure(const struct task *task, const char *path,
                      const struct grade_options *options, const char *status, const char *kind,
                      const char *message)
{
    struct grade grade = { .task = task,
                           .options = options,
                           .submission = submission_new(path, NULL) };
    json_t *result, *check;
    size_t i;

    begin(&grade);
    submission_find(grade.submission, task, kind, TEXT_POS(0, 0), message);
    result = grade_result(&grade, status);
    json_array_foreach(json_object_get(result, "checks"), i, check)
    {
        json_object_set_new(check, "ok", json_null());
        json_object_set_new(check, "penalty", json_integer(0));
        json_object_set_new(check, "message", json_string(""));
    }
    json_object_set_new(result, "penalty", json_integer(0));
    end(&grade);
    return result;
}

/* ---- a run, to be watched ---- */

/* Everything up to the run, as for grading. */
static void prepare(struct grade *grade)
{
    grade_network(grade);
    choose_commands(grade);
}

/* @run UINT32_MAX: without what the checks do. */
static struct scenario *scenario_of(struct grade *grade, uint32_t run, struct diag_list *diags)
{
    struct diag_list *found = diag_list_new(); /* that it is broken is meant */
    struct scenario *scenario;

    task_diags(grade->task, found);
    prepare(grade);
    if (run == UINT32_MAX)
        scenario = task_questions(grade->instance, &grade->net, grade->commands, NULL, found);
    else
        scenario = task_scenario(grade->instance, run, &grade->net, grade->commands, found);
    diag_list_take_errors(diags, found);
    diag_list_free(found);
    return scenario;
}

static struct scenario *open_scenario(const struct task *task, const char *path,
                                      const char *student, uint32_t run, struct diag_list *diags)
{
    struct grade_options options = { .student = student, .now = GRADE_NO_TIME };
    struct grade grade = { .task = task,
                           .options = &options,
                           .submission =
                               path != NULL ? submission_read(path) : submission_new("", NULL) };
    struct scenario *scenario = NULL;

    if (path == NULL && student == NULL)
        options.student = "";
    task_diags(task, diags);
    if (!begin(&grade))
        diag_error(diags, task->file, TEXT_POS(0, 0),
                   _("the exercise cannot be had for this student"));
    else if (run != UINT32_MAX && run >= grade.instance->runs->len)
        diag_error(diags, task->file, TEXT_POS(0, 0), _("there is no run %u in this exercise"),
                   run);
    else
        scenario = scenario_of(&grade, run, diags);
    end(&grade);
    return scenario;
}

struct scenario *grade_scenario(const struct task *task, const char *path, const char *student,
                                uint32_t run, struct diag_list *diags)
{
    return open_scenario(task, path, student, MIN(run, UINT32_MAX - 1), diags);
}

struct scenario *grade_own_scenario(const struct task *task, const char *path, const char *student,
                                    struct diag_list *diags)
{
    return open_scenario(task, path, student, UINT32_MAX, diags);
}

/* ---- is the exercise right? ---- */

static void check_run(const struct task_instance *instance, uint32_t run,
                      const struct net_tree *net, struct diag_list *diags)
{
    struct diag_list *found = diag_list_new();
    struct scenario *scenario;

    task_diags(instance->task, found);
    scenario = task_scenario(instance, run, net, NULL, found);
    if (scenario != NULL) {
        expect_check(scenario, found);
        scenario_check_lines(scenario, found);
    }
    scenario_free(scenario);
    diag_list_take_errors(diags, found);
    diag_list_free(found);
}

static void check_answers(struct task_instance *instance, struct diag_list *diags)
{
    struct diag_list *found = diag_list_new();
    struct reader r = { .file = instance->task->file, .diags = found, .arena = &instance->arena };
    struct answer_set *set;

    task_diags(instance->task, found);
    set = answer_set_new(instance, &r);
    if (found->n_errors == 0)
        answer_set_check(set, &instance->start, found);
    answer_set_free(set);
    diag_list_take_errors(diags, found);
    diag_list_free(found);
}

bool grade_check(const struct task *task, struct diag_list *diags)
{
    unsigned errors = diags->n_errors;
    struct task_instance *instance;

    task_diags(task, diags);
    instance = task_instance_new(task, "", diags);
    for (guint i = 0; i < instance->runs->len; i++)
        check_run(instance, i, &instance->start, diags);
    check_answers(instance, diags);
    task_instance_free(instance);
    return diags->n_errors == errors;
}
