/* wirewalk bench: a workload on the product's own engine, as one JSON line. */
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/ranks.h"
#include "inspect/i18n.h"
#include "lab/reader.h"

static int list_workloads(void)
{
    printf("%s\n", _("Workloads; `wirewalk bench NAME --help` shows the options of one:"));
    for (const struct bench_workload *w = bench_workloads(); w->name != NULL; w++)
        printf("  %-12s %s\n", w->name, w->about);
    return CLI_MET;
}

/* "0.005", or "5ms" as everywhere else. */
static bool read_seconds(const struct bench_option *option, const char *text)
{
    g_autofree char *with_unit = g_strdup_printf("%ss", text);
    sim_time time;

    if (text == NULL)
        return true;
    if (!time_parse(text, &time) && !time_parse(with_unit, &time)) {
        cli_error(_("--%s wants a time with its unit, such as 500ms, 10s or 1h, not \"%s\""),
                  option->name, text);
        return false;
    }
    *option->value = (uint64_t)(time / SIM_USEC(1));
    return true;
}

#define SWITCH_WORDS "0|1|false|true|f|t" /* each second one is on */
enum { OPTIONS_MAX = 16 };

/* The options of a workload as the command line's. */
struct command_line {
    struct cli_option options[OPTIONS_MAX];
    size_t n;
    const char *texts[OPTIONS_MAX]; /* of times */
    unsigned places[OPTIONS_MAX];   /* of choices */
};

static struct cli_option command_line_option(const struct bench_option *from, const char **text,
                                             unsigned *place)
{
    struct cli_option option = { .name = from->name, .value = "N", .help = from->about };

    switch (from->kind) {
    case BENCH_NUMBER:
        option.kind = OPTION_NUMBER;
        option.target = from->value;
        break;
    case BENCH_SECONDS:
        option.kind = OPTION_TEXT;
        option.target = text;
        break;
    case BENCH_SWITCH:
    case BENCH_CHOICE:
        *place = (unsigned)*from->value;
        option.kind = OPTION_CHOICE;
        option.target = place;
        option.choices = from->kind == BENCH_SWITCH ? SWITCH_WORDS : from->choices;
        break;
    }
    return option;
}

static void command_line_init(struct command_line *line, const struct bench_option *from,
                              uint64_t *threads)
{
    *line = (struct command_line){ 0 };
    for (; from[line->n].name != NULL; line->n++)
        line->options[line->n] =
            command_line_option(&from[line->n], &line->texts[line->n], &line->places[line->n]);
    line->options[line->n++] =
        (struct cli_option){ .name = "threads",
                             .kind = OPTION_NUMBER,
                             .target = threads,
                             .value = "N",
                             .help = N_("threads to run on; the result never depends on it") };
}

static bool take_values(const struct command_line *line, const struct bench_option *into)
{
    for (size_t i = 0; into[i].name != NULL; i++) {
        if (into[i].kind == BENCH_SECONDS && !read_seconds(&into[i], line->texts[i]))
            return false;
        if (into[i].kind == BENCH_CHOICE)
            *into[i].value = line->places[i];
        if (into[i].kind == BENCH_SWITCH)
            *into[i].value = line->places[i] % 2;
    }
    return true;
}

static int run_workload(const struct bench_workload *workload, int argc, char **argv)
{
    struct bench_option *own = workload->options();
    struct command_line line;
    g_autofree char *usage = g_strdup_printf("bench %s [OPTION...]", workload->name);
    struct cli_syntax syntax = { usage, workload->about, line.options, 0, NULL };
    g_autoptr(GPtrArray) operands = g_ptr_array_new();
    uint64_t threads = 1;
    int status = CLI_MET;

    command_line_init(&line, own, &threads);
    syntax.n_options = line.n;
    if (!options_read(&syntax, argc, argv, operands, &status))
        return status;
    if (threads == 0)
        return cli_error(_("--%s wants at least 1"), "threads");
    if (!take_values(&line, own))
        return CLI_WRONG;
    if (operands->len > 0)
        return cli_error(_("a workload has options only, not \"%s\""),
                         (const char *)operands->pdata[0]);
    if (ranks_joined() != NULL && (workload->alone || threads > 1))
        return cli_error(workload->alone ? _("%s has no network to share among ranks")
                                         : _("%s: either threads or ranks"),
                         workload->name);
    bench_use_threads(threads);
    bench_use_ranks(ranks_joined());
    ranks_speak();
    workload->run();
    return CLI_MET;
}

int cmd_bench(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0)
        return list_workloads();
    for (const struct bench_workload *w = bench_workloads(); w->name != NULL; w++)
        if (strcmp(argv[1], w->name) == 0)
            return run_workload(w, argc - 1, argv + 1);
    cli_error(_("there is no workload \"%s\""), argv[1]);
    list_workloads();
    return CLI_WRONG;
}
