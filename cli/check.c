/* wirewalk check: what is wrong with files, without running anything. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "inspect/i18n.h"
#include "lab/check.h"

/* @warnings: of each file, with those of the topology it names. */
static void show_text(struct diag_list *diags, const GPtrArray *files, const unsigned *warnings,
                      bool quiet)
{
    g_autofree char *text = diag_list_render(diags);

    fputs(text, stderr);
    for (guint i = 0; !quiet && diags->n_errors == 0 && i < files->len; i++)
        if (warnings[i] == 0)
            printf(_("%s: no errors\n"), (const char *)files->pdata[i]);
        else
            printf(NN_("%s: no errors, %u warning\n", "%s: no errors, %u warnings\n", warnings[i]),
                   (const char *)files->pdata[i], warnings[i]);
}

static void show_json(struct diag_list *diags)
{
    g_autofree char *text = diag_list_json(diags);

    fputs(text, stdout);
}

static int check_files(const GPtrArray *files, bool quiet, bool json, bool strict)
{
    g_autofree unsigned *warnings = g_new0(unsigned, files->len);
    struct diag_list *diags = diag_list_new();
    int status;

    for (guint i = 0; i < files->len; i++) {
        unsigned before = diags->n_warnings;

        lab_check(files->pdata[i], diags);
        warnings[i] = diags->n_warnings - before;
    }
    if (json)
        show_json(diags);
    else
        show_text(diags, files, warnings, quiet);
    status = diags->n_errors + (strict ? diags->n_warnings : 0) > 0 ? CLI_WRONG : CLI_MET;
    diag_list_free(diags);
    return status;
}

int cmd_check(int argc, char **argv)
{
    bool quiet = false, strict = false;
    unsigned format = 0;
    const struct cli_option options[] = {
        { "quiet", 'q', OPTION_FLAG, &quiet, NULL, NULL, NULL,
          N_("say nothing about files without errors") },
        { "format", 0, OPTION_CHOICE, &format, NULL, NULL, "text|json",
          N_("how to say it (default: text)") },
        { "strict", 0, OPTION_FLAG, &strict, NULL, NULL, NULL,
          N_("warnings count as errors for the exit status") },
    };
    const struct cli_syntax syntax = {
        "check [OPTION...] FILE...",
        N_("Reads topologies, scenarios and exercises and says all that is wrong with them, each "
           "with\n"
           "file, line and column. Nothing is run. The exit status is 2 when there was any error.\n"
           "Warnings tell of what can be run but is seldom meant: no cable, unequal masks, no way\n"
           "back. Where it is meant, `allow:` in the topology silences them."),
        options,
        G_N_ELEMENTS(options),
        NULL,
    };
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, files, &status))
        return status;
    if (files->len == 0)
        return cli_error("%s", _("check which files? `wirewalk check FILE...`"));
    return check_files(files, quiet, format == 1, strict);
}
