/*
 * Trying an exercise: the prompt of the broken network, and beside what every session has lines
 * that change it, look at the checks, and answer questions. Each change goes to the student's file
 * and begins the network anew; each command goes to the log.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/exercise.h"
#include "cli/session.h"
#include "cli/shell.h"
#include "inspect/i18n.h"
#include "lab/class_report.h"
#include "lab/grade.h"
#include "lab/run.h"
#include "lab/task_show.h"
#include "sim/sim.h"

struct trying {
    const struct task *task;
    struct attempt *attempt;
    struct task_instance *instance;
    struct scenario *scenario; /* the network with what happens in it anyway */
    struct run *run;
    struct session session;
    char *student;
};

/* ---- the network ---- */

static void close_network(struct trying *trying)
{
    if (trying->run == NULL)
        return;
    session_fini(&trying->session);
    run_free(trying->run);
    scenario_free(trying->scenario);
    trying->run = NULL;
    trying->scenario = NULL;
}

static bool build_network(struct trying *trying, struct diag_list *diags)
{
    struct run_options options = { .has_seed = false };
    sim_time last = 0;

    trying->scenario =
        grade_own_scenario(trying->task, trying->attempt->folder, trying->student, diags);
    if (trying->scenario == NULL)
        return false;
    trying->run = run_new(trying->scenario, &options, diags);
    if (trying->run == NULL)
        return false;
    if (trying->scenario->n_timeline > 0)
        last = trying->scenario->timeline[trying->scenario->n_timeline - 1].time;
    run_start(trying->run);
    sim_run(trying->run->network->sim, last, UINT64_MAX);
    return true;
}

/* The same node again, if it is still there. */
static uint32_t node_named(const struct trying *trying, const char *name)
{
    const struct topology *topology = trying->scenario->topology;
    const struct topo_node *node = name != NULL ? topology_node(topology, name) : NULL;

    for (uint32_t i = 0; node == NULL && i < topology->n_nodes; i++)
        if (topology->nodes[i].kind == TOPO_HOST)
            node = &topology->nodes[i];
    return node != NULL ? node->index : 0;
}

static bool line_of_exercise(void *ctx, const char *word, const char *rest);
static void line_was_run(void *ctx, uint32_t node, const char *line);

static bool open_network(struct trying *trying)
{
    g_autofree char *name =
        trying->run != NULL ? g_strdup(trying->scenario->topology->nodes[trying->session.node].name)
                            : NULL;
    bool quit = trying->session.quit;
    struct diag_list *diags = diag_list_new();
    bool ok;

    close_network(trying);
    ok = build_network(trying, diags);
    if (!ok) {
        g_autofree char *text = diag_list_render(diags);

        fputs(text, stderr);
    }
    diag_list_free(diags);
    if (!ok)
        return false;
    session_init(&trying->session, trying->run->network, node_named(trying, name),
                 shell_is_terminal());
    trying->session.quit = quit;
    trying->session.other_line = line_of_exercise;
    trying->session.was_run = line_was_run;
    trying->session.ctx = trying;
    return true;
}

/* ---- lines ---- */

static void tell_help(void)
{
    printf("%s\n",
           _("Lines of the exercise:\n"
             "  :show                     what is asked\n"
             "  :check                    which checks hold so far\n"
             "  :set pc2.gateway 10.0.0.1 change a value    :unset pc2.gateway  take it away\n"
             "  :plug pc1:eth0 sw1:p4     plug a cable in   :unplug sw1:p7      pull one\n"
             "  :answer q1 64             answer a question\n"
             "  :changes                  what you have changed so far\n"
             "  :hint                     the next hint, which may cost points\n"
             "  :restart                  the network from its beginning\n"
             "  :reset                    forget all changes"));
}

static void save(struct trying *trying)
{
    g_autoptr(GError) error = NULL;

    if (!attempt_save(trying->attempt, &error))
        cli_error("%s", error->message);
}

static void show_findings(const json_t *result)
{
    const json_t *finding;
    size_t i;

    json_array_foreach(json_object_get(result, "findings"), i, finding)
    {
        fprintf(stderr, "%s\n", json_string_value(json_object_get(finding, "message")));
    }
}

static json_t *graded(struct trying *trying)
{
    struct grade_options options = { .student = trying->student, .now = GRADE_NO_TIME };

    return grade_submission(trying->task, trying->attempt->folder, &options);
}

static void check(struct trying *trying)
{
    g_autoptr(GString) out = g_string_new(NULL);
    json_t *result = graded(trying), *own = class_for_student(result);

    grade_write_text(own, cli_colour() ? GRADE_TEXT_COLOUR : 0, out);
    fputs(out->str, stdout);
    json_decref(own);
    json_decref(result);
}

/* A change has been made: keep it, say what is wrong with it, and begin anew. */
static void changed(struct trying *trying)
{
    json_t *result;

    save(trying);
    result = graded(trying);
    show_findings(result);
    json_decref(result);
    if (!open_network(trying))
        trying->session.quit = true;
}

static void show(struct trying *trying)
{
    g_autoptr(GString) out = g_string_new(NULL);

    task_show(trying->instance, out);
    fputs(out->str, stdout);
}

static void show_changes(struct trying *trying)
{
    g_autofree char *text = attempt_text(trying->attempt, false);

    fputs(text, stdout);
}

/* ":set pc2.gateway 10.0.0.1": the first word and the rest. */
static void set(struct trying *trying, const char *rest, bool unset)
{
    g_autofree char *path = g_strndup(rest, strcspn(rest, " \t")), *error = NULL;
    const char *value = rest + strlen(path);

    value += strspn(value, " \t");
    if (*path == '\0' || (!unset && *value == '\0')) {
        fprintf(stderr, "%s\n",
                unset ? _(":unset what? `:unset pc2.gateway`")
                      : _(":set what to what? `:set pc2.gateway 10.0.0.1`"));
        return;
    }
    if (attempt_set(trying->attempt, path, unset ? NULL : value, &error))
        changed(trying);
    else
        fprintf(stderr, "%s\n", error);
}

static void plug(struct trying *trying, const char *rest)
{
    g_auto(GStrv) ends = g_strsplit_set(rest, " \t", 2);

    if (ends[0] == NULL || ends[1] == NULL || strchr(ends[0], ':') == NULL ||
        strchr(ends[1], ':') == NULL) {
        fprintf(stderr, "%s\n", _("from where to where? `:plug pc1:eth0 sw1:p4`"));
        return;
    }
    attempt_plug(trying->attempt, ends[0], g_strstrip(ends[1]));
    changed(trying);
}

static void unplug(struct trying *trying, const char *rest)
{
    if (strchr(rest, ':') == NULL) {
        fprintf(stderr, "%s\n", _("the cable of which port? `:unplug sw1:p7`"));
        return;
    }
    attempt_unplug(trying->attempt, rest);
    changed(trying);
}

static void answer(struct trying *trying, const char *rest)
{
    g_autofree char *id = g_strndup(rest, strcspn(rest, " \t")), *error = NULL;
    const char *value = rest + strlen(id);

    value += strspn(value, " \t");
    if (*value == '\0')
        fprintf(stderr, "%s\n", _("which question, which answer? `:answer q1 64`"));
    else if (attempt_answer(trying->attempt, id, value, &error))
        save(trying);
    else
        fprintf(stderr, "%s\n", error);
}

static void reset(struct trying *trying)
{
    attempt_reset(trying->attempt);
    changed(trying);
}

static bool line_of_exercise(void *ctx, const char *word, const char *rest)
{
    struct trying *trying = ctx;

    if (strcmp(word, ":show") == 0)
        show(trying);
    else if (strcmp(word, ":check") == 0)
        check(trying);
    else if (strcmp(word, ":changes") == 0)
        show_changes(trying);
    else if (strcmp(word, ":hint") == 0)
        exercise_hint(trying->instance, trying->attempt);
    else if (strcmp(word, ":set") == 0 || strcmp(word, ":unset") == 0)
        set(trying, rest, word[1] == 'u');
    else if (strcmp(word, ":plug") == 0)
        plug(trying, rest);
    else if (strcmp(word, ":unplug") == 0)
        unplug(trying, rest);
    else if (strcmp(word, ":answer") == 0)
        answer(trying, rest);
    else if (strcmp(word, ":restart") == 0)
        open_network(trying);
    else if (strcmp(word, ":reset") == 0)
        reset(trying);
    else if (strcmp(word, ":help") == 0)
        tell_help();
    else
        return false;
    return strcmp(word, ":help") != 0; /* the session has its own to add */
}

static void line_was_run(void *ctx, uint32_t node, const char *line)
{
    struct trying *trying = ctx;

    attempt_ran(trying->attempt, trying->scenario->topology->nodes[node].name, line);
}

/* ---- life ---- */

int exercise_try(const struct task *task, struct attempt *attempt)
{
    struct trying trying = { .task = task, .attempt = attempt };
    int status = CLI_WRONG;

    trying.student = exercise_student(attempt);
    trying.instance = exercise_instance(task, trying.student);
    save(&trying);
    if (trying.instance != NULL && open_network(&trying)) {
        show(&trying);
        printf("\n%s\n",
               _(":check tells which checks hold, :help what else there is, :quit ends."));
        shell_converse(&trying.session);
        printf(_("%s can be handed in as it is\n"), attempt->folder);
        status = CLI_MET;
    }
    close_network(&trying);
    task_instance_free(trying.instance);
    g_free(trying.student);
    return status;
}
