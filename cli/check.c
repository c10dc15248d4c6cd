/* wirewalk check: what is wrong with files, without running anything. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "inspect/i18n.h"
#include "lab/check.h"

static int show_text(struct diag_list *diags, const GPtrArray *files, bool quiet)
{
    g_autofree char *text = diag_list_render(diags);

    fputs(text, stderr);
    if (!quiet && diags->n_errors == 0)
        for (guint i = 0; i < files->len; i++)
            printf(_("%s: no errors\n"), (const char *)files->pdata[i]);
    return diags->n_errors > 0 ? CLI_WRONG : CLI_MET;
}

static int show_json(struct diag_list *diags)
{
    g_autofree char *text = diag_list_json(diags);

    fputs(text, stdout);
    return diags->n_errors > 0 ? CLI_WRONG : CLI_MET;
}

int cmd_check(int argc, char **argv)
{
    bool quiet = false;
    unsigned format = 0;
    const struct cli_option options[] = {
        { "quiet", 'q', OPTION_FLAG, &quiet, NULL, NULL, NULL,
          N_("say nothing about files without errors") },
        { "format", 0, OPTION_CHOICE, &format, NULL, NULL, "text|json",
          N_("how to say it (default: text)") },
    };
    const struct cli_syntax syntax = {
        "check [OPTION...] FILE...",
        N_("Reads topologies, scenarios and exercises and says all that is wrong with them, each "
           "with\n"
           "file, line and column. Nothing is run. The exit status is 2 when there was any error."),
        options,
        G_N_ELEMENTS(options),
        NULL,
    };
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    struct diag_list *diags;
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, files, &status))
        return status;
    if (files->len == 0)
        return cli_error("%s", _("check which files? `wirewalk check FILE...`"));
    diags = diag_list_new();
    for (guint i = 0; i < files->len; i++)
        lab_check(files->pdata[i], diags);
    status = format == 1 ? show_json(diags) : show_text(diags, files, quiet);
    diag_list_free(diags);
    return status;
}
