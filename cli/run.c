/* wirewalk run: a scenario from its first event to its last, told, recorded and judged. */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "inspect/i18n.h"
#include "inspect/narrate.h"
#include "lab/run.h"

#define SLICE_EVENTS 20000 /* between two looks at the clock on the wall */

struct run_command_line {
    struct record_paths paths;
    struct run_options run;
    bool quiet, chapters;
    unsigned detail, format;
    uint64_t threads;
};

enum { FORMAT_TEXT, FORMAT_JSON };

static void write_out(void *ctx, const char *text)
{
    (void)ctx;
    fputs(text, stdout);
}

static struct narrate *begin_narration(struct run *run, const struct run_command_line *line)
{
    static const enum narrate_level levels[] = { NARRATE_BRIEF, NARRATE_NORMAL, NARRATE_FULL };
    struct narrate_options options = { .level = levels[line->detail], .colour = cli_colour(),
                                       .chapters = line->chapters, .write = write_out };

    return line->quiet || line->format != FORMAT_TEXT ? NULL : narrate_new(run->network->sim, &options);
}

static void drive(struct run *run, const struct run_command_line *line)
{
    bool told = !line->quiet && line->format == FORMAT_TEXT && isatty(STDOUT_FILENO);
    struct progress progress;

    progress_begin(&progress, run, !told && isatty(STDERR_FILENO));
    run_start(run);
    while (run_slice(run, SLICE_EVENTS))
        progress_show(&progress);
    progress_end(&progress);
    run_finish(run);
}

static int run_scenario(struct run *run, const struct run_command_line *line)
{
    struct recorder *recorder = recorder_new(run, &line->paths);
    char hash[RUN_HASH_TEXT_MAX];
    struct narrate *narrate;
    int status = CLI_MET;

    if (recorder == NULL)
        return CLI_WRONG;
    narrate = begin_narration(run, line);
    drive(run, line);
    narrate_free(narrate);
    if (!recorder_finish(recorder))
        status = CLI_WRONG;
    printf("run-hash: %s\n", recorder_hash(recorder, hash));
    recorder_free(recorder);
    return status;
}

static int run_file(const char *file, const struct run_command_line *line)
{
    struct diag_list *diags = diag_list_new();
    struct scenario *scenario = scenario_load(file, diags);
    struct run *run = scenario != NULL ? run_new(scenario, &line->run, diags) : NULL;
    g_autofree char *text = diag_list_render(diags);
    int status = CLI_WRONG;

    fputs(text, stderr);
    diag_list_free(diags);
    if (run != NULL) {
        status = run_scenario(run, line);
        run_free(run);
    }
    if (scenario != NULL)
        scenario_free(scenario);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct run_command_line line = { .detail = 1, .threads = 1 };
    const struct cli_option options[] = {
        { "pcap", 0, OPTION_TEXT, &line.paths.pcap, NULL, N_("FILE"), NULL,
          N_("capture every port of the network into one pcapng file") },
        { "trace", 0, OPTION_TEXT, &line.paths.trace, NULL, N_("FILE"), NULL,
          N_("every frame, drop, table change and output with its cause, as JSON lines") },
        { "state", 0, OPTION_TEXT, &line.paths.state, NULL, N_("FILE"), NULL,
          N_("every node's tables at each snapshot and at the end, as JSON") },
        { "outputs", 0, OPTION_TEXT, &line.paths.outputs, NULL, N_("FILE"), NULL, N_("what every command printed") },
        { "seed", 0, OPTION_NUMBER, &line.run.seed, &line.run.has_seed, N_("N"), NULL,
          N_("the seed of all chance, instead of the scenario's") },
        { "until", 0, OPTION_TIME, &line.run.until, &line.run.has_until, N_("TIME"), NULL,
          N_("when to end, instead of the scenario's: 10s, 1.5h") },
        { "threads", 0, OPTION_NUMBER, &line.threads, NULL, N_("N"), NULL,
          N_("accepted; the result never depends on it, and this version runs on one") },
        { "quiet", 'q', OPTION_FLAG, &line.quiet, NULL, NULL, NULL,
          N_("no timeline: only what failed, and the run-hash") },
        { "detail", 0, OPTION_CHOICE, &line.detail, NULL, NULL, "brief|normal|full",
          N_("how much the timeline tells (default: normal)") },
        { "chapters", 0, OPTION_FLAG, &line.chapters, NULL, NULL, NULL,
          N_("headings: address, gateway, name, handshake, request, answer, goodbye") },
        { "format", 0, OPTION_CHOICE, &line.format, NULL, NULL, "text|json", N_("the result (default: text)") },
    };
    const struct cli_syntax syntax = {
        "run [OPTION...] FILE.walk.yaml",
        N_("Runs a scenario: tells frame by frame what happens and why, then says which expectations\n"
           "were met. The exit status is 0 when all were, 1 when one was not, 2 when a file is wrong."),
        options, G_N_ELEMENTS(options),
        N_("The last line, `run-hash:`, is the same for the same files and seed, on every machine."),
    };
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, files, &status))
        return status;
    if (files->len == 0)
        return cli_error("%s", _("run which scenario? `wirewalk run FILE.walk.yaml`"));
    if (files->len > 1)
        return cli_error(_("one scenario at a time: \"%s\" is one too many"), (const char *)files->pdata[1]);
    if (line.threads == 0)
        return cli_error(_("--%s wants at least 1"), "threads");
    return run_file(files->pdata[0], &line);
}
