/* wirewalk draw: a picture of a topology. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "cli/picture.h"
#include "inspect/i18n.h"
#include "lab/topology.h"

/* What Graphviz makes of DOT; the names of its formats are the endings of files. */
static const char *const GRAPHVIZ_FORMATS[] = { "svg", "png", "pdf" };

static const char *graphviz_format(const char *file)
{
    const char *dot = strrchr(file, '.');

    for (size_t i = 0; dot != NULL && i < G_N_ELEMENTS(GRAPHVIZ_FORMATS); i++)
        if (g_ascii_strcasecmp(dot + 1, GRAPHVIZ_FORMATS[i]) == 0)
            return GRAPHVIZ_FORMATS[i];
    return NULL;
}

static int write_file(const char *file, const char *text)
{
    g_autoptr(GError) error = NULL;

    if (cli_write_file(file, text, &error))
        return CLI_MET;
    return cli_error("%s", error->message);
}

static int run_graphviz(const char *source, const char *format, const char *file)
{
    g_autofree char *type = g_strdup_printf("-T%s", format), *complaint = NULL;
    const char *argv[] = { "dot", type, "-o", file, source, NULL };
    g_autoptr(GError) error = NULL;
    int status;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                      NULL, NULL, NULL, &complaint, &status, &error)) {
        if (!g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
            return cli_error("%s", error->message);
        cli_error(_("%s needs the program `dot` of the package graphviz, which is not installed"),
                  format);
        return cli_error("%s", _("without it: `wirewalk draw FILE` draws with characters, `-o "
                                 "X.dot` writes its input"));
    }
    if (!g_spawn_check_wait_status(status, NULL))
        return cli_error(_("`dot` failed: %s"), complaint != NULL ? g_strchomp(complaint) : "");
    return CLI_MET;
}

static int draw_with_graphviz(const char *text, const char *format, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *source = NULL;
    int fd = g_file_open_tmp("wirewalk-XXXXXX.dot", &source, &error), status;

    if (fd < 0)
        return cli_error("%s", error->message);
    close(fd);
    status = write_file(source, text);
    if (status == CLI_MET)
        status = run_graphviz(source, format, file);
    unlink(source);
    return status;
}

static int draw_to_file(const struct topology *topology, const char *file)
{
    g_autoptr(GString) drawing = g_string_new(NULL);
    g_autofree char *dot = picture_dot(topology);

    if (graphviz_format(file) != NULL)
        return draw_with_graphviz(dot, graphviz_format(file), file);
    if (g_str_has_suffix(file, ".dot") || g_str_has_suffix(file, ".gv"))
        return write_file(file, dot);
    if (g_str_has_suffix(file, ".txt")) {
        picture_text(topology, 200, drawing);
        return write_file(file, drawing->str);
    }
    return cli_error(_("\"%s\": a picture's name ends in .svg, .png, .pdf, .dot or .txt"), file);
}

static int draw(const char *file, const char *to)
{
    struct diag_list *diags = diag_list_new();
    struct topology *topology = topology_load(file, diags);
    g_autofree char *text = diag_list_render(diags);
    int status = CLI_WRONG;

    fputs(text, stderr);
    diag_list_free(diags);
    if (topology == NULL)
        return CLI_WRONG;
    if (to != NULL) {
        status = draw_to_file(topology, to);
    } else {
        g_autoptr(GString) drawing = g_string_new(NULL);

        picture_text(topology, cli_width(), drawing);
        fputs(drawing->str, stdout);
        status = CLI_MET;
    }
    topology_free(topology);
    return status;
}

int cmd_draw(int argc, char **argv)
{
    const char *to = NULL;
    const struct cli_option options[] = {
        { "output", 'o', OPTION_TEXT, &to, NULL, N_("FILE"), NULL,
          N_("where to draw; the ending says how: .svg, .png, .pdf, .dot, .txt") },
    };
    const struct cli_syntax syntax = {
        "draw [OPTION...] FILE.net.yaml",
        N_("Draws a topology: with characters on the terminal, or into a file.\n"
           "SVG, PNG and PDF are made by Graphviz."),
        options,
        G_N_ELEMENTS(options),
        NULL,
    };
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, files, &status))
        return status;
    if (files->len == 0)
        return cli_error("%s", _("draw which topology? `wirewalk draw FILE.net.yaml`"));
    if (files->len > 1)
        return cli_error(_("one topology at a time: \"%s\" is one too many"),
                         (const char *)files->pdata[1]);
    if (!outputs_are_apart(&to, 1, (const char *const *)files->pdata, files->len))
        return CLI_WRONG;
    return draw(files->pdata[0], to);
}
