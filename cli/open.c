#include "cli/open.h"

#include <stdio.h>

#include "cli/cli.h"
#include "inspect/i18n.h"
#include "lab/check.h"
#include "lab/grade.h"

static struct scenario *open_exercise(const GPtrArray *files, const struct open_options *options,
                                      struct diag_list *diags)
{
    struct task *task = task_load(files->pdata[0], diags);
    struct scenario *scenario = NULL;

    if (task != NULL)
        scenario = grade_scenario(task, files->len > 1 ? files->pdata[1] : NULL, options->student,
                                  (uint32_t)MIN(options->run, UINT32_MAX), diags);
    task_free(task);
    return scenario;
}

struct scenario *open_scenario(const GPtrArray *files, const struct open_options *options)
{
    bool exercise = lab_file_kind(files->pdata[0], NULL, 0) == LAB_FILE_EXERCISE;
    struct diag_list *diags;
    struct scenario *scenario;
    g_autofree char *text = NULL;

    if (files->len > (exercise ? 2u : 1u)) {
        cli_error(exercise ? _("one submission at a time: \"%s\" is one too many")
                           : _("one scenario at a time: \"%s\" is one too many"),
                  (const char *)files->pdata[exercise ? 2 : 1]);
        return NULL;
    }
    diags = diag_list_new();
    scenario =
        exercise ? open_exercise(files, options, diags) : scenario_load(files->pdata[0], diags);
    text = diag_list_render(diags);
    fputs(text, stderr);
    diag_list_free(diags);
    return scenario;
}
