/* wirewalk generate: networks of any size as files. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "inspect/i18n.h"
#include "lab/diag.h"
#include "lab/generate.h"

/* The numbers of the command line; 0 in @given: as the kind has it. */
struct numbers {
    uint64_t routers, hosts, degree, k, buildings, floors, seed;
    bool routers_given, hosts_given, degree_given, k_given, buildings_given, floors_given;
    bool seed_given;
};

static bool take(const char *name, bool given, uint64_t from, uint64_t *to, bool has)
{
    if (!given)
        return true;
    if (!has) {
        cli_error(_("this kind of network has no %s"), name);
        return false;
    }
    *to = from;
    return true;
}

/* What was given, and has a meaning for the kind, into @plan. */
static bool apply(const struct numbers *n, struct generate_plan *plan)
{
    const struct generate_plan kind = *plan;

    if (n->seed_given)
        plan->seed = n->seed;
    return take("--routers", n->routers_given, n->routers, &plan->routers, kind.routers > 0) &&
           take("--hosts", n->hosts_given, n->hosts, &plan->hosts, kind.hosts > 0) &&
           take("--degree", n->degree_given, n->degree, &plan->degree, kind.degree > 0) &&
           take("--k", n->k_given, n->k, &plan->k, kind.k > 0) &&
           take("--buildings", n->buildings_given, n->buildings, &plan->buildings,
                kind.buildings > 0) &&
           take("--floors", n->floors_given, n->floors, &plan->floors, kind.floors > 0);
}

static bool find_kind(const char *word, enum generate_kind *kind)
{
    const char *near;

    for (unsigned i = 0; i < GENERATE_N_KINDS; i++)
        if (strcmp(word, generate_kind_names[i]) == 0) {
            *kind = (enum generate_kind)i;
            return true;
        }
    near = diag_nearest(word, generate_kind_names, GENERATE_N_KINDS);
    if (near != NULL)
        cli_error(_("there is no kind of network \"%s\"; did you mean \"%s\"?"), word, near);
    else
        cli_error(_("there is no kind of network \"%s\": line, star, random, fat-tree or campus"),
                  word);
    return false;
}

static int write_text(const char *path, const GString *text)
{
    g_autoptr(GError) error = NULL;

    if (path == NULL)
        fwrite(text->str, 1, text->len, stdout);
    else if (!cli_write_file(path, text->str, &error))
        return cli_error("%s", error->message);
    return CLI_MET;
}

/* How the scenario names the topology: as a file of its own folder where both stand in one. */
static char *topology_beside(const char *walk, const char *topology)
{
    g_autofree char *walk_folder = g_path_get_dirname(walk);
    g_autofree char *folder = g_path_get_dirname(topology);

    return strcmp(walk_folder, folder) == 0 ? g_path_get_basename(topology)
                                            : g_canonicalize_filename(topology, NULL);
}

static int generate(const struct generate_plan *plan, const char *output, const char *walk)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int status;

    if (!outputs_are_apart((const char *const[]){ output, walk }, 2, NULL, 0))
        return CLI_WRONG;
    generate_topology(plan, text);
    status = write_text(output, text);
    if (status == CLI_MET && walk != NULL) {
        g_autofree char *topology = topology_beside(walk, output);

        g_string_truncate(text, 0);
        generate_pings(plan, topology, text);
        status = write_text(walk, text);
    }
    return status;
}

int cmd_generate(int argc, char **argv)
{
    const char *output = NULL, *walk = NULL;
    struct numbers n = { .seed = 1 };
    const struct cli_option options[] = {
        { "output", 'o', OPTION_TEXT, &output, NULL, N_("FILE"), NULL,
          N_("write the topology there instead of standard output") },
        { "walk", 0, OPTION_TEXT, &walk, NULL, N_("FILE"), NULL,
          N_("also write a scenario in which every host pings another; needs --output") },
        { "hosts", 0, OPTION_NUMBER, &n.hosts, &n.hosts_given, N_("N"), NULL,
          N_("star: in all (16); random: behind each router (4); campus: on each floor (8)") },
        { "routers", 0, OPTION_NUMBER, &n.routers, &n.routers_given, N_("N"), NULL,
          N_("line: in the line (8); random: in the graph (20)") },
        { "degree", 0, OPTION_NUMBER, &n.degree, &n.degree_given, N_("N"), NULL,
          N_("random: cables to other routers that each has on average (4)") },
        { "k", 0, OPTION_NUMBER, &n.k, &n.k_given, N_("N"), NULL,
          N_("fat-tree: ports of a router, even (4)") },
        { "buildings", 0, OPTION_NUMBER, &n.buildings, &n.buildings_given, N_("N"), NULL,
          N_("campus: buildings (3)") },
        { "floors", 0, OPTION_NUMBER, &n.floors, &n.floors_given, N_("N"), NULL,
          N_("campus: floors of a building (2)") },
        { "seed", 0, OPTION_NUMBER, &n.seed, &n.seed_given, N_("N"), NULL,
          N_("another random graph, other pairs that ping (1)") },
    };
    const struct cli_syntax syntax = {
        "generate [OPTION...] line|star|random|fat-tree|campus",
        N_("Writes the topology of a network of that kind and size. Its routers know the way to\n"
           "every network (`routing: computed`)."),
        options,
        G_N_ELEMENTS(options),
        NULL,
    };
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    struct generate_plan plan;
    enum generate_kind kind;
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, words, &status))
        return status;
    if (words->len != 1)
        return cli_error("%s", _("generate which kind of network? line, star, random, fat-tree or "
                                 "campus"));
    if (!find_kind(words->pdata[0], &kind))
        return CLI_WRONG;
    plan = generate_defaults(kind);
    if (!apply(&n, &plan))
        return CLI_WRONG;
    if (!generate_check(&plan, &error))
        return cli_error("%s", error->message);
    if (walk != NULL && output == NULL)
        return cli_error("%s", _("--walk needs --output: a scenario names its topology's file"));
    return generate(&plan, output, walk);
}
