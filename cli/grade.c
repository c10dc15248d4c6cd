/* wirewalk grade: submissions of an exercise, their points and what can be learned from them. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/grade_class.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "inspect/i18n.h"
#include "lab/grade.h"

struct grade_command_line {
    const char *student, *now, *output;
    bool published, quiet, each;
    uint64_t variants, jobs;
    bool has_variants;
    unsigned format, audience;
    int64_t now_at;
};

static void tell_line(void *ctx, const char *line)
{
    (void)ctx;
    printf("%s\n", line);
}

static int prove_variants(const struct task *task, uint64_t n)
{
    struct grade_variants result;
    bool ok = grade_variants(task, n, tell_line, NULL, &result);

    printf(_("%lu variants: %lu broken before, %lu solved by the reference solution, %lu with the "
             "right marks for wrong submissions\n"),
           (unsigned long)result.n, (unsigned long)result.broken, (unsigned long)result.solved,
           (unsigned long)result.wrong_right);
    return ok ? CLI_MET : CLI_FAILED;
}

static int grade_all(const struct task *task, const GPtrArray *operands,
                     const struct grade_command_line *line)
{
    const struct grade_request request = {
        .task = task,
        .options = { line->student, line->now_at, line->published },
        .format = (enum grade_format)line->format,
        .audience = (enum grade_audience)line->audience,
        .output = line->output,
        .jobs = line->jobs,
        .quiet = line->quiet,
        .each = line->each,
    };

    return grade_class(&request, operands);
}

static struct task *load(const char *file)
{
    struct diag_list *diags = diag_list_new();
    struct task *task = task_load(file, diags);
    g_autofree char *text = NULL;

    if (task != NULL && !grade_check(task, diags)) {
        task_free(task);
        task = NULL;
    }
    text = diag_list_render(diags);
    fputs(text, stderr);
    diag_list_free(diags);
    return task;
}

/* `--now` is seconds since 1970 or a moment like the exercise's `due`. */
static bool read_now(struct grade_command_line *line)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) moment = NULL;
    char *end;

    line->now_at = GRADE_NO_TIME;
    if (line->now == NULL)
        return true;
    line->now_at = g_ascii_strtoll(line->now, &end, 10);
    if (*end == '\0' && end != line->now)
        return true;
    moment = g_date_time_new_from_iso8601(line->now, utc);
    if (moment == NULL) {
        cli_error(_("--now wants a moment like 2027-01-31T23:59:00+08:00, not \"%s\""), line->now);
        return false;
    }
    line->now_at = g_date_time_to_unix(moment);
    return true;
}

static int grade_files(GPtrArray *paths, struct grade_command_line *line)
{
    struct task *task = load(paths->pdata[0]);
    int status;

    if (task == NULL)
        return CLI_WRONG;
    if (!outputs_are_apart(&line->output, 1, (const char *const *)paths->pdata, paths->len)) {
        task_free(task);
        return CLI_WRONG;
    }
    g_ptr_array_remove_index(paths, 0);
    status =
        line->has_variants ? prove_variants(task, line->variants) : grade_all(task, paths, line);
    task_free(task);
    return status;
}

int cmd_grade(int argc, char **argv)
{
    struct grade_command_line line = { .format = GRADE_AS_TEXT };
    const struct cli_option options[] = {
        { "format", 0, OPTION_CHOICE, &line.format, NULL, NULL, GRADE_FORMATS,
          N_("the form of the results (default: text)") },
        { "output", 'o', OPTION_TEXT, &line.output, NULL, N_("FILE"), NULL,
          N_("write to this file instead of standard output") },
        { "jobs", 'j', OPTION_NUMBER, &line.jobs, NULL, N_("N"), NULL,
          N_("grade so many at a time (default: one for each processor)") },
        { "for", 0, OPTION_CHOICE, &line.audience, NULL, NULL, "auto|student|teacher",
          N_("who reads it: a student sees no hidden checks (default: the text of\none "
             "submission is for its student, all else for the teacher)") },
        { "each", 0, OPTION_FLAG, &line.each, NULL, NULL, NULL,
          N_("of several submissions the whole text of each, instead of a table") },
        { "student", 0, OPTION_TEXT, &line.student, NULL, N_("NAME"), NULL,
          N_("whose variant of the exercise it is, whatever the submission says") },
        { "variants", 0, OPTION_NUMBER, &line.variants, &line.has_variants, N_("N"), NULL,
          N_("prove N variants: broken before, solved after, wrong ones with their marks") },
        { "now", 0, OPTION_TEXT, &line.now, NULL, N_("MOMENT"), NULL,
          N_("what time it is, for checks that are shown after the due date") },
        { "published", 0, OPTION_FLAG, &line.published, NULL, NULL, NULL,
          N_("the marks are published: show what is shown after that") },
        { "quiet", 'q', OPTION_FLAG, &line.quiet, NULL, NULL, NULL,
          N_("a line for each submission") },
    };
    const struct cli_syntax syntax = {
        "grade [OPTION...] FILE.task.yaml SUBMISSION...",
        N_("Grades submissions of an exercise, each a file or a folder: points, and for what "
           "failed "
           "what\nwas tried, where it died and why. The exit status is 0 for full marks, 1 when "
           "marks were lost,\n2 when the exercise is wrong."),
        options,
        G_N_ELEMENTS(options),
        N_("The clock is never looked at: without --now nothing is over."),
    };
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, paths, &status))
        return status;
    if (paths->len == 0)
        return cli_error("%s", _("grade what? `wirewalk grade FILE.task.yaml SUBMISSION...`"));
    if (paths->len == 1 && !line.has_variants)
        return cli_error("%s", _("which submission? A file or a folder, behind the exercise"));
    if (!read_now(&line))
        return CLI_WRONG;
    return grade_files(paths, &line);
}
