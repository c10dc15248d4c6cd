#include "lab/check.h"

#include <string.h>

#include "inspect/i18n.h"
#include "lab/advice.h"
#include "lab/expect.h"
#include "lab/format.h"
#include "lab/grade.h"
#include "lab/network.h"
#include "lab/reader.h"
#include "lab/scenario.h"

static enum lab_file_kind kind_by_name(const char *file)
{
    static const struct {
        const char *ending;
        enum lab_file_kind kind;
    } endings[] = {
        { ".net.yaml", LAB_FILE_TOPOLOGY },  { ".net.yml", LAB_FILE_TOPOLOGY },
        { ".net.json", LAB_FILE_TOPOLOGY },  { ".walk.yaml", LAB_FILE_SCENARIO },
        { ".walk.yml", LAB_FILE_SCENARIO },  { ".walk.json", LAB_FILE_SCENARIO },
        { ".sock.yaml", LAB_FILE_SCENARIO }, { ".sock.yml", LAB_FILE_SCENARIO },
        { ".task.yaml", LAB_FILE_EXERCISE }, { ".task.yml", LAB_FILE_EXERCISE },
        { ".task.json", LAB_FILE_EXERCISE },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(file, endings[i].ending))
            return endings[i].kind;
    return LAB_FILE_UNKNOWN;
}

enum lab_file_kind lab_file_kind(const char *file, const char *text, size_t len)
{
    enum lab_file_kind kind = kind_by_name(file);
    struct diag_list *diags;
    struct ytree *tree;

    if (kind != LAB_FILE_UNKNOWN || text == NULL)
        return kind;
    diags = diag_list_new();
    tree = ytree_parse(file, text, len, 0, diags);
    if (tree != NULL)
        kind = file_kind_by_keys(tree->root);
    ytree_free(tree);
    diag_list_free(diags);
    return kind;
}

static void check_exercise(const char *file, const char *text, size_t len, struct diag_list *diags)
{
    struct task *task = task_parse(file, text, len, NULL, diags);

    if (task != NULL)
        grade_check(task, diags);
    task_free(task);
}

static void check_unknown(const char *file, const char *text, size_t len, struct diag_list *diags)
{
    struct ytree *tree;

    diag_list_add_source(diags, file, text, len);
    tree = ytree_parse(file, text, len, 0, diags);
    if (tree != NULL)
        diag_error(diags, file, tree->root->at, "%s",
                   _("neither a topology (`nodes`), a scenario (`topology` and `timeline`) nor an "
                     "exercise (`checks`); their names end in .net.yaml, .walk.yaml, .task.yaml"));
    ytree_free(tree);
}

/* Filters and fields are compiled as for a run; nothing runs. */
static void check_network(const struct topology *topology, struct diag_list *diags)
{
    struct network *network = network_new(topology, 1, diags);

    if (network != NULL)
        network_free(network);
}

static void check_topology(const char *file, const char *text, size_t len, struct diag_list *diags)
{
    struct topology *topology = topology_parse(file, text, len, 0, diags);

    if (topology == NULL)
        return;
    check_network(topology, diags);
    advice_topology(topology, diags);
    topology_free(topology);
}

static void check_scenario(const char *file, const char *text, size_t len, struct diag_list *diags)
{
    struct scenario *scenario = scenario_parse(file, text, len, NULL, diags);

    if (scenario == NULL)
        return;
    check_network(scenario->topology, diags);
    advice_topology(scenario->topology, diags);
    advice_scenario(scenario, diags);
    expect_check(scenario, diags);
    scenario_free(scenario);
}

void lab_check(const char *file, struct diag_list *diags)
{
    struct reader r = { .file = file, .diags = diags };
    g_autofree char *text = NULL;
    size_t len;

    if (!lab_file_read(&r, TEXT_POS(0, 0), file, &text, &len))
        return;
    switch (lab_file_kind(file, text, len)) {
    case LAB_FILE_TOPOLOGY:
        check_topology(file, text, len, diags);
        break;
    case LAB_FILE_SCENARIO:
        check_scenario(file, text, len, diags);
        break;
    case LAB_FILE_EXERCISE:
        check_exercise(file, text, len, diags);
        break;
    case LAB_FILE_UNKNOWN:
        check_unknown(file, text, len, diags);
        break;
    }
}

bool lab_format_file(const char *file, bool dry_run, bool *changed, struct diag_list *diags)
{
    struct reader r = { .file = file, .diags = diags };
    g_autofree char *text = NULL, *formatted = NULL;
    g_autoptr(GError) error = NULL;
    size_t len;

    *changed = false;
    if (!lab_file_read(&r, TEXT_POS(0, 0), file, &text, &len))
        return false;
    formatted = format_text(file, text, len, diags);
    if (formatted == NULL)
        return false;
    *changed = strlen(formatted) != len || memcmp(formatted, text, len) != 0;
    if (!*changed || dry_run)
        return true;
    if (!g_file_set_contents_full(file, formatted, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0666,
                                  &error)) {
        diag_error(diags, file, TEXT_POS(0, 0), _("cannot write the file: %s"), error->message);
        return false;
    }
    return true;
}
