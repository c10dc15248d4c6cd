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

static int run_workload(const struct bench_workload *workload, int argc, char **argv)
{
    struct bench_option *from = workload->options();
    struct cli_option options[16];
    g_autofree char *usage = g_strdup_printf("bench %s [OPTION...]", workload->name);
    struct cli_syntax syntax = { usage, workload->about, options, 0, NULL };
    g_autoptr(GPtrArray) operands = g_ptr_array_new();
    const char *texts[16] = { NULL };
    size_t n_own;
    uint64_t threads = 1;
    int status = CLI_MET;

    for (; from[syntax.n_options].name != NULL; syntax.n_options++) {
        void *target = from[syntax.n_options].seconds ? (void *)&texts[syntax.n_options]
                                                      : from[syntax.n_options].value;

        options[syntax.n_options] =
            (struct cli_option){ .name = from[syntax.n_options].name,
                                 .kind =
                                     from[syntax.n_options].seconds ? OPTION_TEXT : OPTION_NUMBER,
                                 .target = target,
                                 .value = "N",
                                 .help = from[syntax.n_options].about };
    }
    n_own = syntax.n_options;
    options[syntax.n_options++] =
        (struct cli_option){ .name = "threads",
                             .kind = OPTION_NUMBER,
                             .target = &threads,
                             .value = "N",
                             .help = N_("threads to run on; the result never depends on it") };
    if (!options_read(&syntax, argc, argv, operands, &status))
        return status;
    if (threads == 0)
        return cli_error(_("--%s wants at least 1"), "threads");
    for (size_t i = 0; i < n_own; i++)
        if (from[i].seconds && !read_seconds(&from[i], texts[i]))
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
