/* wirewalk fmt: files in their canonical form. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "inspect/i18n.h"
#include "lab/check.h"
#include "lab/format.h"
#include "lab/reader.h"

enum fmt_mode { FMT_PRINT, FMT_WRITE, FMT_CHECK };

static bool print_formatted(const char *file, struct diag_list *diags)
{
    struct reader r = { .file = file, .diags = diags };
    g_autofree char *text = NULL, *formatted = NULL;
    size_t len;

    if (!lab_file_read(&r, TEXT_POS(0, 0), file, &text, &len))
        return false;
    formatted = format_text(file, text, len, diags);
    if (formatted == NULL)
        return false;
    fputs(formatted, stdout);
    return true;
}

/* Returns whether the file is, or now is, in canonical form. */
static bool format_one(const char *file, enum fmt_mode mode, struct diag_list *diags)
{
    bool changed = false;

    if (mode == FMT_PRINT)
        return print_formatted(file, diags);
    if (!lab_format_file(file, mode == FMT_CHECK, &changed, diags))
        return false;
    if (changed && mode == FMT_CHECK)
        printf(_("%s: not in canonical form\n"), file);
    else if (changed)
        printf(_("%s: rewritten\n"), file);
    return !changed || mode == FMT_WRITE;
}

static int format_all(const GPtrArray *files, enum fmt_mode mode)
{
    struct diag_list *diags = diag_list_new();
    g_autofree char *text = NULL;
    int status = CLI_MET;

    for (guint i = 0; i < files->len; i++)
        if (!format_one(files->pdata[i], mode, diags))
            status = CLI_FAILED;
    if (diags->n_errors > 0)
        status = CLI_WRONG;
    text = diag_list_render(diags);
    fputs(text, stderr);
    diag_list_free(diags);
    return status;
}

int cmd_fmt(int argc, char **argv)
{
    bool write = false, check = false;
    const struct cli_option options[] = {
        { "write", 'i', OPTION_FLAG, &write, NULL, NULL, NULL, N_("rewrite the files in place") },
        { "check", 0, OPTION_FLAG, &check, NULL, NULL, NULL,
          N_("change nothing; exit status 1 when a file is not in canonical form") },
    };
    const struct cli_syntax syntax = {
        "fmt [OPTION...] FILE...",
        N_("Prints files in the canonical form: two spaces a level, an entry a line, comments "
           "kept.\n"
           "The meaning of a file does not change."),
        options,
        G_N_ELEMENTS(options),
        NULL,
    };
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, files, &status))
        return status;
    if (files->len == 0)
        return cli_error("%s", _("format which files? `wirewalk fmt FILE...`"));
    if (write && check)
        return cli_error("%s", _("either --write or --check"));
    if (!write && !check && files->len > 1)
        return cli_error("%s",
                         _("only one file can be printed; --write rewrites several in place"));
    return format_all(files, write ? FMT_WRITE : check ? FMT_CHECK : FMT_PRINT);
}
