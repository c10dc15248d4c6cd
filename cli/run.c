/* wirewalk run: a scenario from its first event to its last, told, recorded and judged. */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/open.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/ranks.h"
#include "cli/record.h"
#include "cli/verdict.h"
#include "inspect/i18n.h"
#include "inspect/narrate.h"
#include "lab/expect.h"
#include "lab/run.h"
#include "lab/traffic.h"

#define SLICE_EVENTS 20000 /* between two looks at the clock on the wall */

struct run_command_line {
    struct record_paths paths;
    struct run_options run;
    struct open_options open;
    bool quiet, chapters;
    unsigned detail, format;
};

enum { FORMAT_TEXT, FORMAT_JSON };

static void write_out(void *ctx, const char *text)
{
    (void)ctx;
    fputs(text, stdout);
}

static bool is_told(const struct run_command_line *line)
{
    return !line->quiet && line->format == FORMAT_TEXT;
}

/* Whether more is wanted of the run than its run-hash. */
static bool is_observed(const struct scenario *scenario, const struct run_command_line *line)
{
    return is_told(line) || line->paths.pcap != NULL || line->paths.pcap_dir != NULL ||
           line->paths.trace != NULL || expect_any(scenario);
}

static bool is_first(const struct run *run)
{
    return run->network->ranks == NULL || run->network->ranks->me == 0;
}

static struct narrate *begin_narration(struct run *run, const struct run_command_line *line)
{
    static const enum narrate_level levels[] = { NARRATE_BRIEF, NARRATE_NORMAL, NARRATE_FULL };
    struct narrate_options options = { .level = levels[line->detail],
                                       .colour = cli_colour(),
                                       .chapters = line->chapters,
                                       .write = write_out };

    return is_told(line) && is_first(run) ? narrate_new(run->network->sim, &options) : NULL;
}

static void drive(struct run *run, const struct run_command_line *line)
{
    bool told = is_told(line) && isatty(STDOUT_FILENO);
    struct progress progress;

    progress_begin(&progress, run, !told && is_first(run) && isatty(STDERR_FILENO));
    run_start(run);
    while (run_slice(run, SLICE_EVENTS))
        progress_show(&progress);
    progress_end(&progress);
    run_finish(run);
}

/* A run that was cut short met nothing, unless just that was expected. */
static bool tell_stopped(const struct run *run, const struct traffic *traffic, bool quiet)
{
    bool expected = expect_storm_expected(run->scenario);
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    if (!run->out_of_budget || (quiet && expected))
        return true;
    traffic_tell(traffic, text);
    lines = g_strsplit(g_strchomp(text->str), "\n", -1);
    fflush(stdout);
    for (size_t i = 0; lines[i] != NULL; i++)
        fprintf(stderr, "wirewalk: %s\n", lines[i]);
    return expected;
}

static int tell_results(struct run *run, struct expect *expect, const struct recorder *recorder,
                        uint64_t frames, const struct run_command_line *line)
{
    const GPtrArray *results = expect_results(expect);
    char hash[RUN_HASH_TEXT_MAX];

    recorder_hash(recorder, hash);
    if (line->format == FORMAT_JSON) {
        verdict_json(run, results, frames, hash);
    } else {
        verdict_show(run, results, line->quiet);
        printf("run-hash: %s\n", hash);
    }
    return verdict_failed(results) > 0 ? CLI_FAILED : CLI_MET;
}

/* The others have read the same files, and could. */
static bool all_are_ready(bool ready)
{
    if (ranks_agree(ready))
        return true;
    if (ready)
        cli_error("%s", _("another rank could not begin: are all files where it runs, too?"));
    return false;
}

static int run_watched(struct run *run, struct expect *expect, const struct run_command_line *line)
{
    struct recorder *recorder = recorder_new(run->network->sim, run, &line->paths);
    struct traffic *traffic;
    struct narrate *narrate;
    int status;

    if (!all_are_ready(recorder != NULL)) {
        recorder_free(recorder);
        return CLI_WRONG;
    }
    ranks_speak();
    traffic = traffic_new(run);
    narrate = begin_narration(run, line);
    drive(run, line);
    narrate_free(narrate);
    recorder_gather(recorder, ranks_joined());
    traffic_gather(traffic);
    expect_finish(expect);
    if (!is_first(run)) { /* which says what came of it */
        traffic_free(traffic);
        recorder_free(recorder);
        return CLI_MET;
    }
    status = tell_stopped(run, traffic, line->quiet) ? CLI_MET : CLI_FAILED;
    if (tell_results(run, expect, recorder, traffic_frames(traffic), line) != CLI_MET)
        status = CLI_FAILED;
    if (!recorder_finish(recorder))
        status = CLI_WRONG;
    traffic_free(traffic);
    recorder_free(recorder);
    return status;
}

/* The program ends now, and the system takes all memory back at once. To give back piece by piece
 * what a million hosts are made of takes seconds. */
static bool is_left_to_the_system(const struct scenario *scenario)
{
    return scenario->topology->n_nodes > 50000;
}

static int run_scenario(const struct scenario *scenario, const struct run_command_line *line)
{
    struct diag_list *diags = diag_list_new();
    struct run_options options = line->run;
    struct run *run;
    struct expect *expect;
    g_autofree char *text = NULL;
    int status = CLI_WRONG;

    options.sharing = (struct network_sharing){ ranks_joined(), is_observed(scenario, line) };
    run = run_new(scenario, &options, diags);
    expect = run != NULL ? expect_new(run, diags) : NULL;
    text = diag_list_render(diags);
    fputs(text, stderr);
    diag_list_free(diags);
    if (expect != NULL)
        status = run_watched(run, expect, line);
    else
        all_are_ready(false);
    if (run != NULL && is_left_to_the_system(scenario))
        return status;
    expect_free(expect);
    if (run != NULL)
        run_free(run);
    return status;
}

static void add_file(GChecksum *sum, const char *path)
{
    g_autofree char *text = NULL;
    gsize len;

    if (path != NULL && g_file_get_contents(path, &text, &len, NULL))
        g_checksum_update(sum, (const guchar *)text, (gssize)len);
}

/* Ranks that read other files, or are of another version, would not run one network. */
static bool all_read_the_same(const GPtrArray *files, const struct scenario *scenario)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

    if (ranks_joined() == NULL)
        return true;
    g_checksum_update(sum, (const guchar *)WW_VERSION, -1);
    for (guint i = 0; i < files->len; i++)
        add_file(sum, files->pdata[i]);
    add_file(sum, scenario->topology->file);
    if (ranks_same(g_checksum_get_string(sum)))
        return true;
    cli_error("%s", _("the ranks have not read the same files, or are of different versions"));
    return false;
}

static int run_files(const GPtrArray *files, const struct run_command_line *line)
{
    struct scenario *scenario = open_scenario(files, &line->open);
    int status = CLI_WRONG;

    if (all_are_ready(scenario != NULL) && all_read_the_same(files, scenario))
        status = run_scenario(scenario, line);
    if (scenario == NULL || !is_left_to_the_system(scenario))
        scenario_free(scenario);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct run_command_line line = { .detail = 1, .run = { .threads = 1 } };
    const struct cli_option options[] = {
        { "pcap", 0, OPTION_TEXT, &line.paths.pcap, NULL, N_("FILE"), NULL,
          N_("capture every port of the network into one pcapng file") },
        { "pcap-at", 0, OPTION_TEXT, &line.paths.pcap_at, NULL, N_("PORTS"), NULL,
          N_("capture at these ports or nodes alone: pc1:eth0,gw") },
        { "pcap-of", 0, OPTION_CHOICE, &line.paths.pcap_of, NULL, NULL, "ports|cables",
          N_("cables: each frame once on each cable, not at both ends (default: ports)") },
        { "pcap-dir", 0, OPTION_TEXT, &line.paths.pcap_dir, NULL, N_("DIR"), NULL,
          N_("a capture for each port, DIR/pc1-eth0.pcapng: what Wireshark takes best") },
        { "trace", 0, OPTION_TEXT, &line.paths.trace, NULL, N_("FILE"), NULL,
          N_("every frame, drop, table change and output with its cause, as JSON lines") },
        { "state", 0, OPTION_TEXT, &line.paths.state, NULL, N_("FILE"), NULL,
          N_("every node's tables at each snapshot and at the end, as JSON") },
        { "outputs", 0, OPTION_TEXT, &line.paths.outputs, NULL, N_("FILE"), NULL,
          N_("what every command printed") },
        { "seed", 0, OPTION_NUMBER, &line.run.seed, &line.run.has_seed, N_("N"), NULL,
          N_("the seed of all chance, instead of the scenario's") },
        { "until", 0, OPTION_TIME, &line.run.until, &line.run.has_until, N_("TIME"), NULL,
          N_("when to end, instead of the scenario's: 10s, 1.5h") },
        { "threads", 0, OPTION_NUMBER, &line.run.threads, NULL, N_("N"), NULL,
          N_("threads to run on; the result never depends on it") },
        { "quiet", 'q', OPTION_FLAG, &line.quiet, NULL, NULL, NULL,
          N_("no timeline: only what failed, and the run-hash") },
        { "detail", 0, OPTION_CHOICE, &line.detail, NULL, NULL, "brief|normal|full",
          N_("how much the timeline tells (default: normal)") },
        { "chapters", 0, OPTION_FLAG, &line.chapters, NULL, NULL, NULL,
          N_("headings: address, gateway, name, handshake, request, answer, goodbye") },
        { "run", 0, OPTION_NUMBER, &line.open.run, NULL, N_("N"), NULL,
          N_("of an exercise: which of its runs (default: 0, the one without faults)") },
        { "student", 0, OPTION_TEXT, &line.open.student, NULL, N_("NAME"), NULL,
          N_("of an exercise: whose variant, whatever the submission says") },
        { "format", 0, OPTION_CHOICE, &line.format, NULL, NULL, "text|json",
          N_("the result (default: text)") },
    };
    const struct cli_syntax syntax = {
        "run [OPTION...] FILE.walk.yaml | EXERCISE.task.yaml [SUBMISSION]",
        N_("Runs a scenario: tells frame by frame what happens and why, then says which "
           "expectations\n"
           "were met. The exit status is 0 when all were, 1 when one was not, 2 when a file is "
           "wrong."),
        options,
        G_N_ELEMENTS(options),
        N_("The last line, `run-hash:`, is the same for the same files and seed, on every "
           "machine."),
    };
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, files, &status))
        return status;
    if (files->len == 0)
        return cli_error("%s", _("run which scenario? `wirewalk run FILE.walk.yaml`"));
    if (line.run.threads == 0)
        return cli_error(_("--%s wants at least 1"), "threads");
    if (ranks_joined() != NULL && line.run.threads > 1)
        return cli_error(_("%s: either threads or ranks"), "run");
    return run_files(files, &line);
}
