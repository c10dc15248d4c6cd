/* wirewalk step: the stepper in lines; from a terminal with editing, from a pipe or a script as
 * they come. */
#include <errno.h>
#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/open.h"
#include "cli/options.h"
#include "cli/step_screen.h"
#include "inspect/i18n.h"
#include "lab/step.h"

enum { HISTORY_LINES = 500 };

struct step_command_line {
    struct step_worker_options worker;
    const char *script;
    bool screen;
    const char *title; /* of the scenario, or NULL */
    struct open_options open;
    const char *at; /* where to begin: a frame's number or a time; or NULL */
};

struct session {
    struct step *step;
    char *last;   /* the last movement, for an empty line */
    char *prompt; /* being shown */
    int status;
};

/* The step of this process, for the signal handler alone. */
static struct step *interrupted_step;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    if (interrupted_step != NULL)
        step_interrupt(interrupted_step);
}

/* Returns false when the session ends. */
static bool do_line(struct session *session, const char *line, bool echo)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *text = g_strstrip(g_strdup(line));
    enum step_answer answer;

    if (*text == '\0' && (echo || session->last == NULL))
        return true;
    answer = step_command(session->step, *text != '\0' ? text : session->last, out);
    fputs(out->str, stdout);
    fflush(stdout);
    if (*text != '\0') {
        g_free(session->last);
        session->last = g_steal_pointer(&text);
    }
    if (answer == STEP_BROKEN) {
        session->status = CLI_BUG;
        cli_error("%s", _("a process of the stepper has died; this is a bug of wirewalk"));
    }
    if (answer == STEP_WRONG && echo)
        session->status = CLI_FAILED;
    return answer != STEP_QUIT && answer != STEP_BROKEN;
}

/* ---- a script, a pipe ---- */

static void run_lines(struct session *session, FILE *from)
{
    char *line = NULL;
    size_t size = 0;
    bool more = true;

    while (more && getline(&line, &size, from) > 0) {
        g_autofree char *prompt = step_prompt(session->step);
        g_autofree char *text = g_strstrip(g_strdup(line));

        printf("%s%s\n", prompt, text);
        more = do_line(session, text, true);
    }
    free(line);
}

/* ---- a terminal ---- */

static char *show_prompt(EditLine *editor)
{
    struct session *session = NULL;

    el_get(editor, EL_CLIENTDATA, &session);
    return session->prompt;
}

static gsize common_length(char **words)
{
    gsize n = strlen(words[0]);

    for (char **word = words + 1; *word != NULL; word++) {
        gsize same = 0;

        while (same < n && (*word)[same] == words[0][same])
            same++;
        n = same;
    }
    return n;
}

static unsigned char complete(EditLine *editor, int key)
{
    const LineInfo *info = el_line(editor);
    g_autofree char *line = g_strndup(info->buffer, (gsize)(info->cursor - info->buffer));
    const char *blank = strrchr(line, ' ');
    gsize typed = strlen(blank != NULL ? blank + 1 : line), common;
    struct session *session = NULL;
    g_auto(GStrv) words = NULL;
    g_autofree char *rest = NULL;

    (void)key;
    el_get(editor, EL_CLIENTDATA, &session);
    words = step_complete(session->step, line);
    if (words[0] == NULL)
        return CC_ERROR;
    common = common_length(words);
    rest = g_strdup_printf("%.*s%s", (int)(common - MIN(typed, common)),
                           words[0] + MIN(typed, common), words[1] == NULL ? " " : "");
    if (*rest != '\0' && el_insertstr(editor, rest) == 0)
        return CC_REFRESH;
    putchar('\n');
    for (int i = 0; words[i] != NULL && i < 60; i++)
        printf("%s%s", words[i], i % 8 == 7 || words[i + 1] == NULL ? "\n" : "  ");
    fflush(stdout);
    return CC_REDISPLAY;
}

static EditLine *open_editor(struct session *session, History **lines)
{
    EditLine *editor = el_init("wirewalk", stdin, stdout, stderr);
    HistEvent event;

    *lines = history_init();
    history(*lines, &event, H_SETSIZE, HISTORY_LINES);
    el_set(editor, EL_CLIENTDATA, session);
    el_set(editor, EL_PROMPT, show_prompt);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_HIST, history, *lines);
    el_set(editor, EL_ADDFN, "ww-complete", "complete a command or a name", complete);
    el_set(editor, EL_BIND, "^I", "ww-complete", NULL);
    el_set(editor, EL_SIGNAL, 0);
    return editor;
}

static void run_terminal(struct session *session)
{
    History *history_of;
    EditLine *editor = open_editor(session, &history_of);
    HistEvent event;
    bool more = true;

    while (more) {
        const char *line;
        int length;

        session->prompt = step_prompt(session->step);
        errno = 0;
        line = el_gets(editor, &length);
        g_free(session->prompt);
        if (line == NULL && errno == EINTR) { /* Ctrl-C at the prompt: a new line */
            putchar('\n');
            el_reset(editor);
            continue;
        }
        if (line == NULL)
            break;
        if (length > 1)
            history(history_of, &event, H_ENTER, line);
        more = do_line(session, line, false);
    }
    history_end(history_of);
    el_end(editor);
}

/* ---- the command ---- */

static void greet(const struct scenario *scenario)
{
    const char *title = lab_words_pick(&scenario->title, cli_language());
    uint32_t n_nodes = scenario->topology->n_nodes, n_links = scenario->topology->n_links;
    g_autofree char *nodes = g_strdup_printf(NN_("%u node", "%u nodes", n_nodes), n_nodes);
    g_autofree char *cables = g_strdup_printf(NN_("%u cable", "%u cables", n_links), n_links);

    if (title != NULL)
        printf("%s\n", title);
    printf(_("%s, %s; `help` lists the commands\n"), nodes, cables);
    fflush(stdout);
}

static int run_session(struct step *step, const struct step_command_line *line)
{
    struct session session = { .step = step };
    struct sigaction action = { .sa_handler = on_interrupt };
    FILE *script = line->script != NULL ? fopen(line->script, "r") : stdin;

    if (script == NULL)
        return cli_error("%s: %s", line->script, g_strerror(errno));
    interrupted_step = step;
    sigaction(SIGINT, &action, NULL);
    if (line->screen)
        session.status = step_screen(step, line->title != NULL ? line->title : "");
    else if (line->script != NULL || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        run_lines(&session, script);
    else
        run_terminal(&session);
    signal(SIGINT, SIG_DFL);
    interrupted_step = NULL;
    if (script != stdin)
        fclose(script);
    g_free(session.last);
    return session.status;
}

/* --at: what `goto` shows is the first thing to be seen. */
static bool go_there(struct step *step, const struct step_command_line *line)
{
    g_autofree char *command = g_strdup_printf("goto %s", line->at != NULL ? line->at : "");
    g_autoptr(GString) out = g_string_new(NULL);
    enum step_answer answer;

    if (line->at == NULL)
        return true;
    answer = step_command(step, command, out);
    if (!line->screen || answer != STEP_OK)
        fputs(out->str, answer == STEP_OK ? stdout : stderr);
    return answer == STEP_OK;
}

static int step_scenario(const struct scenario *scenario, struct step_command_line *line)
{
    g_autofree char *error = NULL;
    struct step *step;
    int status;

    line->title = lab_words_pick(&scenario->title, cli_language());
    if (!line->screen)
        greet(scenario);
    step = step_new(scenario, &line->worker, &error);
    if (step == NULL) {
        fputs(error, stderr);
        return CLI_WRONG;
    }
    status = go_there(step, line) ? run_session(step, line) : CLI_WRONG;
    step_free(step);
    return status;
}

static int step_files(const GPtrArray *files, struct step_command_line *line)
{
    struct scenario *scenario = open_scenario(files, &line->open);
    int status = scenario != NULL ? step_scenario(scenario, line) : CLI_WRONG;

    scenario_free(scenario);
    return status;
}

int cmd_step(int argc, char **argv)
{
    struct step_command_line line = { .script = NULL };
    const struct cli_option options[] = {
        { "script", 0, OPTION_TEXT, &line.script, NULL, N_("FILE"), NULL,
          N_("commands of the stepper, one a line, instead of the keyboard") },
        { "screen", 0, OPTION_FLAG, &line.screen, NULL, NULL, NULL,
          N_("full screen: network, frame, frames and tables side by side") },
        { "seed", 0, OPTION_NUMBER, &line.worker.run.seed, &line.worker.run.has_seed, N_("N"), NULL,
          N_("the seed of all chance, instead of the scenario's") },
        { "until", 0, OPTION_TIME, &line.worker.run.until, &line.worker.run.has_until, N_("TIME"),
          NULL, N_("when to end, instead of the scenario's: 10s, 1.5h") },
        { "at", 0, OPTION_TEXT, &line.at, NULL, N_("FRAME|TIME"), NULL,
          N_("begin where that frame arrives, or at that time, as `goto` would") },
        { "run", 0, OPTION_NUMBER, &line.open.run, NULL, N_("N"), NULL,
          N_("of an exercise: which of its runs (default: 0, the one without faults)") },
        { "student", 0, OPTION_TEXT, &line.open.student, NULL, N_("NAME"), NULL,
          N_("of an exercise: whose variant, whatever the submission says") },
        { "hash", 0, OPTION_FLAG, &line.worker.hash, NULL, NULL, NULL,
          N_("keep the run-hash as it goes, for the command `hash`") },
    };
    const struct cli_syntax syntax = {
        "step [OPTION...] FILE.walk.yaml | EXERCISE.task.yaml [SUBMISSION]",
        N_("Walks through a scenario frame by frame, forwards and backwards, and answers why. "
           "Commands\n"
           "come from the keyboard, a pipe or a script; the exit status of a script is 1 when one "
           "failed."),
        options,
        G_N_ELEMENTS(options),
        N_("Begin with `step`, `show`, `why`, `back`; `help` lists all commands."),
    };
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, files, &status))
        return status;
    if (files->len == 0)
        return cli_error("%s", _("step through which scenario? `wirewalk step FILE.walk.yaml`"));
    if (line.screen && line.script != NULL)
        return cli_error("%s", _("--script is for lines, not for the full screen"));
    return step_files(files, &line);
}
