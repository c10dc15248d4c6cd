/* wirewalk: the commands by their names. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/ranks.h"
#include "inspect/i18n.h"
#include "inspect/out_file.h"
#include "lab/diag.h"

#ifndef WW_VERSION
#define WW_VERSION "?"
#endif

static const struct cli_command COMMANDS[] = {
    { "demo", N_("a PC visits a web server, told frame by frame; needs no file"), cmd_demo },
    { "run", N_("run a scenario: the narrated timeline and what was expected of it"), cmd_run,
      true },
    { "step", N_("walk through a scenario frame by frame, forwards and backwards"), cmd_step },
    { "shell", N_("type commands on any node of a live network"), cmd_shell },
    { "exercise", N_("list exercises, try one at a prompt, take hints, write a new one"),
      cmd_exercise },
    { "grade", N_("points and feedback for submissions of an exercise"), cmd_grade },
    { "check", N_("say what is wrong with files, without running anything"), cmd_check },
    { "fmt", N_("rewrite files in the canonical form"), cmd_fmt },
    { "draw", N_("a picture of a topology: SVG, PNG, DOT, or text on a terminal"), cmd_draw },
    { "packetdrill", N_("run scripts of packets and calls against the host's stack"),
      cmd_packetdrill },
    { "generate", N_("write the topology of a large network: line, star, random, fat-tree, campus"),
      cmd_generate },
    { "bench", N_("measure the speed of the simulator"), cmd_bench, true },
};

static const char *chosen_language = "en";

const char *cli_language(void)
{
    return chosen_language;
}

int cli_error(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("wirewalk: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return CLI_WRONG;
}

bool cli_write_file(const char *path, const char *text, GError **error)
{
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *file = to_stdout ? stdout : out_file_fopen(path);
    bool ok = file != NULL && fputs(text, file) >= 0;

    if (to_stdout)
        return true; /* main() says when it cannot be written */
    if (file != NULL && fclose(file) != 0)
        ok = false;
    if (!ok)
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    _("cannot write %s: %s"), path, g_strerror(errno));
    return ok;
}

bool cli_colour(void)
{
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");

    if (ranks_started() > 1) /* mpirun gives its processes a terminal, whatever its own output is */
        return false;
    return isatty(STDOUT_FILENO) && term != NULL && strcmp(term, "dumb") != 0 &&
           (no_colour == NULL || *no_colour == '\0');
}

int cli_width(void)
{
    struct winsize size;

    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col;
    return 100;
}

/* A failed assertion is our bug: say so, with the exit status that says so. */
static void on_abort(int signal_number)
{
    static const char text[] =
        "wirewalk: this is a bug of wirewalk; please report it with the files and the "
        "message above\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);

    (void)signal_number;
    (void)written;
    _exit(CLI_BUG);
}

/* --lang counts wherever it stands, for every message, those about the command line too. */
static bool choose_language(int argc, char **argv)
{
    const char *lang = NULL;

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            lang = argv[++i];
        else if (strncmp(argv[i], "--lang=", 7) == 0)
            lang = argv[i] + 7;
    }
    if (lang == NULL || i18n_known(lang)) {
        chosen_language = i18n_init(lang);
        return true;
    }
    chosen_language = i18n_init(NULL);
    cli_error(_("--lang is one of %s, not \"%s\""), "en|zh", lang);
    return false;
}

static int show_help(FILE *to)
{
    fprintf(to, _("Usage: wirewalk COMMAND [OPTION...] [FILE...]\n\n"
                  "A network simulator whose hosts behave like Linux machines, and which tells\n"
                  "of every frame why it was sent.\n\nCommands:\n"));
    for (size_t i = 0; i < G_N_ELEMENTS(COMMANDS); i++)
        fprintf(to, "  %-11s %s\n", COMMANDS[i].name, _(COMMANDS[i].summary));
    fprintf(to, _("\nOptions before a command:\n"
                  "  --lang en|zh   the language of all messages (default: that of the locale)\n"
                  "  --version      the version\n"
                  "  --help         this text; `wirewalk COMMAND --help` tells more\n\n"
                  "Begin with `wirewalk demo`.\n"));
    return to == stdout ? CLI_MET : CLI_WRONG;
}

static int unknown_command(const char *name)
{
    const char *names[G_N_ELEMENTS(COMMANDS)], *near;

    for (size_t i = 0; i < G_N_ELEMENTS(COMMANDS); i++)
        names[i] = COMMANDS[i].name;
    near = diag_nearest(name, names, G_N_ELEMENTS(names));
    if (near != NULL)
        cli_error(_("there is no command \"%s\"; did you mean \"%s\"?"), name, near);
    else if (g_file_test(name, G_FILE_TEST_EXISTS))
        cli_error(_("\"%s\" is a file, not a command; `wirewalk run %s` runs a scenario"), name,
                  name);
    else
        cli_error(_("there is no command \"%s\""), name);
    fprintf(stderr, "%s\n", _("See `wirewalk --help`."));
    return CLI_WRONG;
}

/* One of several copies that mpirun has started. */
static int run_together(const struct cli_command *command, int argc, char **argv)
{
    if (!command->by_ranks)
        return cli_error(_("`wirewalk %s` is not for mpirun, which has started %u copies of it: "
                           "only `run` and `bench` are"),
                         command->name, ranks_started());
    if (!ranks_join())
        return CLI_WRONG;
    return ranks_leave(command->main(argc, argv));
}

static int run_command(int argc, char **argv)
{
    for (size_t i = 0; i < G_N_ELEMENTS(COMMANDS); i++)
        if (strcmp(argv[0], COMMANDS[i].name) == 0)
            return ranks_started() > 1 ? run_together(&COMMANDS[i], argc, argv)
                                       : COMMANDS[i].main(argc, argv);
    return unknown_command(argv[0]);
}

static int dispatch(int argc, char **argv)
{
    int at = 1;

    while (at < argc && (strcmp(argv[at], "--lang") == 0 || strncmp(argv[at], "--lang=", 7) == 0))
        at += argv[at][6] == '=' ? 1 : 2;
    if (at >= argc)
        return show_help(stderr);
    if (strcmp(argv[at], "--version") == 0) {
        printf("wirewalk %s\n", WW_VERSION);
        return CLI_MET;
    }
    if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
        return show_help(stdout);
    if (strcmp(argv[at], "help") == 0) {
        char *words[] = { argc > at + 1 ? argv[at + 1] : NULL, (char *)"--help", NULL };

        return words[0] == NULL ? show_help(stdout) : run_command(2, words);
    }
    if (argv[at][0] == '-') {
        cli_error(_("there is no option %s before a command"), argv[at]);
        fprintf(stderr, "%s\n", _("See `wirewalk --help`."));
        return CLI_WRONG;
    }
    return run_command(argc - at, argv + at);
}

int main(int argc, char **argv)
{
    int status;

    signal(SIGABRT, on_abort);
    ranks_hush();
    if (!choose_language(argc, argv))
        return CLI_WRONG;
    status = dispatch(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error("%s", _("standard output cannot be written"));
        return CLI_WRONG;
    }
    return status;
}
