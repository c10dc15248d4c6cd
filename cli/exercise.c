/* wirewalk exercise: exercises for those who do them, and a start for those who write them. */
#include "cli/exercise.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "lab/grade.h"
#include "lab/task_show.h"

struct exercise_command_line {
    const char *student, *output;
};

/* ---- what they share ---- */

static char *file_in(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *file = g_strconcat(name, ".task.yaml", NULL);

    return g_file_test(path, G_FILE_TEST_IS_DIR) ? g_build_filename(path, file, NULL)
                                                 : g_strdup(path);
}

static void tell_diags(struct diag_list *diags)
{
    g_autofree char *text = diag_list_render(diags);

    fputs(text, stderr);
    diag_list_free(diags);
}

struct task *exercise_open(const char *path)
{
    g_autofree char *file = file_in(path);
    struct diag_list *diags = diag_list_new();
    struct task *task = task_load(file, diags);

    tell_diags(diags);
    return task;
}

struct task_instance *exercise_instance(const struct task *task, const char *student)
{
    struct diag_list *diags = diag_list_new();
    struct task_instance *instance = task_instance_new(task, student, diags);

    if (diags->n_errors > 0) {
        task_instance_free(instance);
        instance = NULL;
    }
    tell_diags(diags);
    return instance;
}

struct attempt *exercise_attempt(const char *folder, const char *student)
{
    g_autofree char *error = NULL;
    struct attempt *attempt = attempt_open(folder, student, &error);

    if (attempt == NULL)
        fputs(error, stderr);
    return attempt;
}

char *exercise_student(const struct attempt *attempt)
{
    const struct ynode *student = ynode_get(attempt->root, "student");

    return g_strdup(student != NULL && student->kind == YNODE_TEXT ? student->text
                                                                   : g_get_user_name());
}

bool exercise_hint(const struct task_instance *instance, struct attempt *attempt)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    if (!task_show_hint(instance, attempt_hints(attempt), out)) {
        printf("%s\n", instance->n_hints == 0 ? _("there are no hints") : _("that was the last"));
        return true;
    }
    attempt_take_hint(attempt);
    if (!attempt_save(attempt, &error)) {
        cli_error("%s", error->message);
        return false;
    }
    fputs(out->str, stdout);
    return true;
}

/* ---- list ---- */

static void list_one(const char *folder, const char *name, struct diag_list *diags)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *file = file_in(path);
    struct task *task = g_file_test(file, G_FILE_TEST_IS_REGULAR) ? task_load(file, diags) : NULL;
    struct task_instance *instance;
    g_autoptr(GString) line = g_string_new(NULL);
    const struct ynode *level;
    const char *title;

    if (task == NULL)
        return;
    instance = task_instance_new(task, "", diags);
    level = ynode_get(task->tree->root, "level");
    title = lab_words_pick(&instance->title, i18n_language());
    columns_pad(line, name, 26);
    printf("%s %-5s %5g  %s\n", line->str,
           level != NULL && level->kind == YNODE_TEXT ? level->text : "-",
           (double)task_points(instance) / 100, title != NULL ? title : "");
    task_instance_free(instance);
    task_free(task);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_folder(const char *folder)
{
    g_autoptr(GError) error = NULL;
    GDir *dir = g_dir_open(folder, 0, &error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    struct diag_list *diags = diag_list_new();
    g_autoptr(GString) head = g_string_new(NULL);
    const char *name;

    if (dir == NULL)
        return cli_error("%s", error->message);
    while ((name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    g_dir_close(dir);
    g_ptr_array_sort(names, by_name);
    columns_pad(head, _("name"), 26);
    printf("%s %-5s %5s  %s\n", head->str, _("level"), _("points"), _("title"));
    for (guint i = 0; i < names->len; i++)
        list_one(folder, names->pdata[i], diags);
    tell_diags(diags);
    return CLI_MET;
}

/* The library that is there: here, or where it was installed. */
static char *library(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program != NULL ? g_path_get_dirname(program) : g_strdup(".");

    if (g_file_test("exercises", G_FILE_TEST_IS_DIR))
        return g_strdup("exercises");
    return g_build_filename(folder, "..", "share", "wirewalk", "exercises", NULL);
}

static int show_exercise(const char *path, const struct exercise_command_line *line)
{
    struct task *task = exercise_open(path);
    struct task_instance *instance =
        task != NULL
            ? exercise_instance(task, line->student != NULL ? line->student : g_get_user_name())
            : NULL;
    g_autoptr(GString) out = g_string_new(NULL);

    if (instance != NULL)
        task_show(instance, out);
    fputs(out->str, stdout);
    task_instance_free(instance);
    task_free(task);
    return instance != NULL ? CLI_MET : CLI_WRONG;
}

static int do_list(const GPtrArray *words, const struct exercise_command_line *line)
{
    g_autofree char *folder = library(), *file = NULL;
    int status = CLI_MET;

    if (words->len == 1)
        return list_folder(folder);
    for (guint i = 1; i < words->len && status == CLI_MET; i++) {
        g_free(file);
        file = file_in(words->pdata[i]);
        status = g_file_test(file, G_FILE_TEST_IS_REGULAR) ||
                         !g_file_test(words->pdata[i], G_FILE_TEST_IS_DIR)
                     ? show_exercise(words->pdata[i], line)
                     : list_folder(words->pdata[i]);
    }
    return status;
}

/* ---- new ---- */

static const char NETWORK[] =
    "wirewalk: 1\n"
    "nodes:\n"
    "  pc1: {kind: host, interfaces: {eth0: 192.168.1.10/24}, gateway: 192.168.1.1}\n"
    "  pc2: {kind: host, interfaces: {eth0: 192.168.1.20/24}, gateway: 192.168.1.1}\n"
    "  sw1: {kind: switch}\n"
    "  gw: {kind: router, interfaces: {lan: 192.168.1.1/24, wan: 203.0.113.1/24}}\n"
    "  web:\n"
    "    kind: host\n"
    "    interfaces: {eth0: 203.0.113.80/24}\n"
    "    gateway: 203.0.113.1\n"
    "    services: {http: {port: 80, body: hello}}\n"
    "links:\n"
    "  - [pc1:eth0, sw1:p1]\n"
    "  - [pc2:eth0, sw1:p2]\n"
    "  - [gw:lan, sw1:p3]\n"
    "  - [gw:wan, web:eth0]\n";

static const char EXERCISE[] =
    "wirewalk: 1\n"
    "title: {zh: 标题, en: A title}\n"
    "topology: %s.net.yaml\n"
    "level: 1\n"
    "statement:\n"
    "  zh: pc2 上不了外网。请修好它，别的都不要动。\n"
    "  en: pc2 cannot leave its network. Mend it, and leave everything else alone.\n"
    "vary: {bad: {pick: 2-254, not: [10, 20]}}  # drawn from the student's name\n"
    "break: [{node: pc2, set: {gateway: \"192.168.1.${bad}\"}}]\n"
    "editable: [pc2.gateway, pc2.interfaces.eth0]\n"
    "checks:\n"
    "  - {id: gateway, points: 2, state: pc2.gateway, equals: 192.168.1.1}\n"
    "  - {id: reach, points: 5, reach: pc2 -> web}\n"
    "  - {id: rest, points: 1, unchanged: everything-else}\n"
    "hints:\n"
    "  - {zh: 先看 ip route。, en: Look at ip route first.}\n"
    "  - {zh: 哪台路由器在这个网段里？, en: \"Which router is in this network?\", penalty: 1}\n"
    "solution: {pc2: {gateway: 192.168.1.1}}\n"
    "wrong:\n"
    "  - {name: no router, submission: {pc2: {gateway: 192.168.1.10}}, points: 1}\n"
    "  - {name: nothing, submission: {}, points: 1}\n";

static bool write_new(const char *folder, const char *name, const char *ending, const char *text)
{
    g_autofree char *file = g_strconcat(name, ending, NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_autoptr(GError) error = NULL;

    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        cli_error(_("%s is there already"), path);
        return false;
    }
    if (cli_write_file(path, text, &error))
        return true;
    cli_error("%s", error->message);
    return false;
}

static int do_new(const GPtrArray *words)
{
    g_autofree char *name = NULL, *text = NULL;
    g_auto(GStrv) parts = g_strsplit(EXERCISE, "%s", 2);
    const char *folder;

    if (words->len != 2)
        return cli_error("%s", _("a new exercise in which folder? `wirewalk exercise new NAME`"));
    folder = words->pdata[1];
    name = g_path_get_basename(folder);
    text = g_strjoinv(name, parts);
    if (g_mkdir_with_parents(folder, 0777) != 0)
        return cli_error(_("cannot make the folder %s"), folder);
    if (!write_new(folder, name, ".net.yaml", NETWORK) ||
        !write_new(folder, name, ".task.yaml", text))
        return CLI_WRONG;
    printf(_("%s/%s.task.yaml is an exercise to start from; `wirewalk grade %s/%s.task.yaml "
             "--variants 20` proves it\n"),
           folder, name, folder, name);
    return CLI_MET;
}

/* ---- try, hint, pack ---- */

/* The folder that is named, or one beside that is called as the exercise. */
static char *folder_of(const GPtrArray *words, const struct task *task)
{
    return words->len > 2 ? g_strdup(words->pdata[2]) : g_strdup_printf("my-%s", task->name);
}

static int give_hint(const struct task *task, struct attempt *attempt)
{
    g_autofree char *student = exercise_student(attempt);
    struct task_instance *instance = exercise_instance(task, student);
    bool ok = instance != NULL && exercise_hint(instance, attempt);

    task_instance_free(instance);
    return ok ? CLI_MET : CLI_WRONG;
}

static int pack(const struct task *task, const struct attempt *attempt,
                const struct exercise_command_line *line)
{
    const char *inputs[] = { attempt->file, attempt->log, task->file, task->topology_file };
    g_autofree char *text = attempt_text(attempt, true);
    g_autoptr(GError) error = NULL;

    if (!outputs_are_apart(&line->output, 1, inputs, G_N_ELEMENTS(inputs)))
        return CLI_WRONG;
    if (line->output == NULL || strcmp(line->output, "-") == 0) {
        fputs(text, stdout);
        return CLI_MET;
    }
    if (!cli_write_file(line->output, text, &error))
        return cli_error("%s", error->message);
    printf(_("%s can be handed in\n"), line->output);
    return CLI_MET;
}

static int in_folder(const GPtrArray *words, const struct exercise_command_line *line)
{
    const char *verb = words->pdata[0];
    struct task *task = exercise_open(words->pdata[1]);
    g_autofree char *folder = task != NULL ? folder_of(words, task) : NULL;
    struct attempt *attempt = NULL;
    int status = CLI_WRONG;

    if (task != NULL && strcmp(verb, "pack") == 0 && !g_file_test(folder, G_FILE_TEST_IS_DIR))
        cli_error(_("there is no folder %s to pack: `wirewalk exercise try` makes it"), folder);
    else if (task != NULL)
        attempt = exercise_attempt(folder, line->student);

    if (attempt != NULL && strcmp(verb, "try") == 0)
        status = exercise_try(task, attempt);
    else if (attempt != NULL && strcmp(verb, "hint") == 0)
        status = give_hint(task, attempt);
    else if (attempt != NULL)
        status = pack(task, attempt, line);
    attempt_free(attempt);
    task_free(task);
    return status;
}

/* ---- the command ---- */

static int dispatch(const GPtrArray *words, const struct exercise_command_line *line)
{
    static const char *const verbs[] = { "list", "new", "try", "hint", "pack" };
    const char *verb = words->len > 0 ? words->pdata[0] : "", *near;

    if (strcmp(verb, "list") == 0)
        return do_list(words, line);
    if (strcmp(verb, "new") == 0)
        return do_new(words);
    if (strcmp(verb, "try") != 0 && strcmp(verb, "hint") != 0 && strcmp(verb, "pack") != 0) {
        near = diag_nearest(verb, verbs, G_N_ELEMENTS(verbs));
        if (near != NULL)
            return cli_error(_("there is no `exercise %s`; did you mean `%s`?"), verb, near);
        return cli_error("%s",
                         _("`wirewalk exercise` is followed by list, new, try, hint or pack"));
    }
    if (words->len < 2)
        return cli_error(_("which exercise? `wirewalk exercise %s FILE.task.yaml [FOLDER]`"), verb);
    if (words->len > 3)
        return cli_error(_("an exercise and a folder at most: \"%s\" is one too many"),
                         (const char *)words->pdata[3]);
    return in_folder(words, line);
}

int cmd_exercise(int argc, char **argv)
{
    struct exercise_command_line line = { NULL, NULL };
    const struct cli_option options[] = {
        { "student", 0, OPTION_TEXT, &line.student, NULL, N_("NAME"), NULL,
          N_("who does it: the numbers are drawn from the name (default: the login name)") },
        { "output", 'o', OPTION_TEXT, &line.output, NULL, N_("FILE"), NULL,
          N_("pack: where to (default: standard output)") },
    };
    const struct cli_syntax syntax = {
        "exercise list [FOLDER|FILE] | new FOLDER | try|hint|pack FILE.task.yaml [FOLDER]",
        N_("list   the exercises there are; of one, what is asked\n"
           "new    a small exercise to start writing from\n"
           "try    a prompt in the broken network; what you change is kept in the folder\n"
           "hint   the next hint, which may cost points\n"
           "pack   the folder as one file to hand in"),
        options,
        G_N_ELEMENTS(options),
        N_("FOLDER is my-NAME where none is named; it can be handed in as it is."),
    };
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, words, &status))
        return status;
    return dispatch(words, &line);
}
