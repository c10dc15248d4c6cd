#include "lab/task.h"

#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/check.h"
#include "lab/task_build.h"

enum { HINTS_MAX = 20, WRONG_MAX = 100, COMMANDS_MAX = 2000 };

static const char *const show_names[] = { "always", "after-due", "after-published", "never" };

const char *task_show_name(enum task_show show)
{
    return show_names[show];
}

void task_diags(const struct task *task, struct diag_list *diags)
{
    diag_list_set_source(diags, TASK_SOURCE_SELF, task->file);
    diag_list_set_source(diags, TASK_SOURCE_SOLUTION, task->file);
    diag_list_add_source(diags, task->file, task->text, task->len);
}

/* ---- small values ---- */

bool task_read_points(const struct reader *r, const struct ynode *node, const char *what,
                      int64_t *points)
{
    int64_t n;

    if (node->kind == YNODE_TEXT && node->n > 0 && node->n < 12 &&
        text_scaled(node->text, node->n, 2, &n) && n <= INT64_C(100000000)) {
        *points = n;
        return true;
    }
    reader_error(r, node->at, _("%s is a number of points like 2 or 1.5, not %s"), what,
                 reader_show(r, node));
    return false;
}

static void read_words_of(struct task_instance *instance, const struct ynode *node,
                          const char *what, struct lab_words *words)
{
    if (node != NULL)
        read_words(&instance->r, node, what, words);
}

static void read_due(struct task_instance *instance, const struct ynode *node)
{
    g_autoptr(GDateTime) due = NULL;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();

    instance->due_at = INT64_MAX;
    if (node == NULL || !read_text(&instance->r, node, "due", &instance->due))
        return;
    due = g_date_time_new_from_iso8601(instance->due, utc);
    if (due == NULL)
        reader_error(&instance->r, node->at,
                     _("`due` is a moment like 2027-01-31T23:59:00+08:00, not %s"),
                     reader_show(&instance->r, node));
    else
        instance->due_at = g_date_time_to_unix(due);
}

/* `commands: replay`, or {replay: true, at-most: 50}. */
static void read_commands(struct task_instance *instance, const struct ynode *node)
{
    static const char *const words[] = { "ignore", "replay" };
    static const char *const names[] = { "replay", "at-most" };
    const struct ynode *values[2];
    bool replay = false;
    size_t choice;

    instance->commands_max = COMMANDS_MAX;
    if (node == NULL)
        return;
    if (node->kind == YNODE_TEXT) {
        if (read_choice(&instance->r, node, "commands", words, 2, &choice))
            instance->commands = (enum task_commands)choice;
        return;
    }
    if (!read_map(&instance->r, node, "commands", names, 2, NULL, values))
        return;
    if (values[0] != NULL && read_bool(&instance->r, values[0], "replay", &replay) && replay)
        instance->commands = TASK_COMMANDS_REPLAYED;
    if (values[1] != NULL)
        read_u32(&instance->r, values[1], "at-most", 0, COMMANDS_MAX, &instance->commands_max);
}

static void read_hints(struct task_instance *instance, const struct ynode *list)
{
    static const char *const names[] = { "zh", "en", "penalty" };
    const struct ynode *values[3];

    if (list == NULL || ynode_is_null(list))
        return;
    if (list_len(list) > HINTS_MAX)
        reader_error(&instance->r, list->at, _("`%s`: at most %d"), "hints", HINTS_MAX);
    instance->n_hints = MIN(list_len(list), HINTS_MAX);
    instance->hints = arena_alloc(&instance->arena, instance->n_hints * sizeof *instance->hints);
    for (uint32_t i = 0; i < instance->n_hints; i++) {
        const struct ynode *item = list_item(list, i);
        struct task_hint *hint = &instance->hints[i];

        if (item->kind == YNODE_TEXT) {
            read_text(&instance->r, item, "hints", &hint->words.any);
            continue;
        }
        if (!read_map(&instance->r, item, _("a hint"), names, 3, NULL, values))
            continue;
        if (values[0] != NULL)
            read_text(&instance->r, values[0], "zh", &hint->words.zh);
        if (values[1] != NULL)
            read_text(&instance->r, values[1], "en", &hint->words.en);
        if (values[2] != NULL)
            task_read_points(&instance->r, values[2], "penalty", &hint->penalty);
        if (values[0] == NULL && values[1] == NULL)
            reader_error(&instance->r, item->at, _("a hint has a text: `zh`, `en` or both"));
    }
}

/* ---- solutions, right and wrong ---- */

/* The map itself, or what is in the file that {file: NAME} names. */
static const struct ynode *submission_of(struct task_instance *instance, const struct ynode *node)
{
    const struct ynode *file = node->kind == YNODE_MAP ? ynode_get(node, "file") : NULL;
    const struct ytree *tree;

    if (node->kind != YNODE_MAP) {
        reader_error(&instance->r, node->at,
                     _("a submission is a map of what is changed, or {file: NAME.yaml}, not %s"),
                     reader_show(&instance->r, node));
        return NULL;
    }
    if (file == NULL || node->n != 1 || file->kind != YNODE_TEXT)
        return node;
    tree = g_hash_table_lookup(instance->task->solution_by_name, file->text);
    return tree != NULL ? vary_substitute(&instance->vary, tree->root) : NULL;
}

/* `fails: [gw, reach]` */
static void check_failed(struct task_instance *instance, const struct ynode *list)
{
    g_autofree const char **ids = g_new0(const char *, instance->n_checks + 1);

    for (uint32_t i = 0; i < instance->n_checks; i++)
        ids[i] = instance->checks[i].id;
    for (uint32_t i = 0; list != NULL && !ynode_is_null(list) && i < list_len(list); i++) {
        const struct ynode *item = list_item(list, i);

        if (item->kind != YNODE_TEXT || task_check_find(instance, item->text) == UINT32_MAX)
            reader_error(&instance->r, item->at, _("`fails` names checks: %s is none%s"),
                         reader_show(&instance->r, item),
                         item->kind == YNODE_TEXT
                             ? reader_hint(&instance->r, item->text, ids, instance->n_checks)
                             : "");
    }
}

static void read_wrong(struct task_instance *instance, const struct ynode *list)
{
    static const char *const names[] = { "name", "about", "submission", "points", "fails" };
    const struct ynode *values[5];

    if (list == NULL || ynode_is_null(list))
        return;
    if (list_len(list) > WRONG_MAX)
        reader_error(&instance->r, list->at, _("`%s`: at most %d"), "wrong", WRONG_MAX);
    instance->n_wrong = MIN(list_len(list), WRONG_MAX);
    instance->wrong = arena_alloc(&instance->arena, instance->n_wrong * sizeof *instance->wrong);
    for (uint32_t i = 0; i < instance->n_wrong; i++) {
        const struct ynode *item = list_item(list, i);
        struct task_wrong *wrong = &instance->wrong[i];

        wrong->at = item->at;
        wrong->name = "";
        if (!read_map(&instance->r, item, _("a wrong submission"), names, 5, NULL, values))
            continue;
        if (values[0] != NULL)
            read_text(&instance->r, values[0], "name", &wrong->name);
        read_words_of(instance, values[1], "about", &wrong->about);
        if (values[2] != NULL)
            wrong->submission = submission_of(instance, values[2]);
        else
            reader_error(&instance->r, item->at, _("`submission` is missing: what is handed in"));
        if (values[3] != NULL)
            task_read_points(&instance->r, values[3], "points", &wrong->points);
        else
            reader_error(&instance->r, item->at, _("`points` is missing: the marks it must get"));
        wrong->failed = values[4];
        check_failed(instance, wrong->failed);
    }
}

/* ---- the network ---- */

static void complain_to_reader(void *ctx, const char *kind, struct text_pos at, const char *message)
{
    struct task_instance *instance = ctx;

    (void)kind;
    reader_error(&instance->r, at, "%s", message);
}

static void break_network(struct task_instance *instance, const struct ynode *list)
{
    struct change_complain to = { complain_to_reader, instance };
    g_autoptr(GPtrArray) edits = g_ptr_array_new();
    const struct task *task = instance->task;

    instance->start.arena = &instance->arena;
    instance->start.root = task->topology_tree != NULL
                               ? tree_copy(&instance->arena, task->topology_tree->root)
                               : tree_map(&instance->arena, (struct text_pos){ .line = 0 });
    if (task->topology_tree == NULL)
        tree_put(&instance->arena, instance->start.root, "wirewalk",
                 tree_text(&instance->arena, instance->start.root->at, "1"));
    if (list != NULL)
        change_read_breaks(&instance->start, list, &to, edits);
}

struct topology *task_topology(const struct task *task, const struct ynode *root,
                               struct diag_list *diags)
{
    return topology_parse_tree(task->topology_file, root, TOPOLOGY_LENIENT,
                               (struct file_store *)&task->files, diags);
}

/* ---- the file ---- */

enum top_key {
    TOP_VERSION,
    TOP_TITLE,
    TOP_ABOUT,
    TOP_STATEMENT,
    TOP_TOPOLOGY,
    TOP_TIMELINE,
    TOP_SEED,
    TOP_UNTIL,
    TOP_EVENTS,
    TOP_SETTLE,
    TOP_VARY,
    TOP_BREAK,
    TOP_EDITABLE,
    TOP_LOCKED,
    TOP_COMMANDS,
    TOP_GROUPS,
    TOP_CHECKS,
    TOP_HINTS,
    TOP_SOLUTION,
    TOP_WRONG,
    TOP_DUE,
    TOP_LEVEL,
    TOP_N_KEYS
};

static const char *const top_names[] = { "wirewalk", "title",  "about",    "statement", "topology",
                                         "timeline", "seed",   "until",    "events",    "settle",
                                         "vary",     "break",  "editable", "locked",    "commands",
                                         "groups",   "checks", "hints",    "solution",  "wrong",
                                         "due",      "level" };

static void read_numbers(struct task_instance *instance, const struct ynode **values)
{
    instance->seed = 1;
    instance->events = TASK_EVENTS_DEFAULT;
    instance->settle = SIM_SEC(1);
    if (values[TOP_SEED] != NULL)
        read_u64(&instance->r, values[TOP_SEED], "seed", 0, UINT64_MAX, &instance->seed);
    if (values[TOP_EVENTS] != NULL)
        read_u64(&instance->r, values[TOP_EVENTS], "events", 1, UINT64_MAX, &instance->events);
    if (values[TOP_SETTLE] != NULL)
        read_time(&instance->r, values[TOP_SETTLE], "settle", &instance->settle);
    instance->until = values[TOP_UNTIL];
}

/* Words for lists of exercises. */
static void read_lists(struct task_instance *instance, const struct ynode **values)
{
    uint32_t level;
    const char *group;

    if (values[TOP_LEVEL] != NULL)
        read_u32(&instance->r, values[TOP_LEVEL], "level", 1, 5, &level);
    for (uint32_t i = 0; i < list_len(instance->groups); i++)
        read_text(&instance->r, list_item(instance->groups, i), "groups", &group);
}

static void read_instance(struct task_instance *instance, const struct ynode **values)
{
    if (values[TOP_TITLE] != NULL)
        read_words(&instance->r, values[TOP_TITLE], "title", &instance->title);
    read_words_of(instance, values[TOP_STATEMENT], "statement", &instance->statement);
    read_numbers(instance, values);
    read_due(instance, values[TOP_DUE]);
    read_commands(instance, values[TOP_COMMANDS]);
    read_hints(instance, values[TOP_HINTS]);
    instance->timeline = values[TOP_TIMELINE];
    instance->editable = values[TOP_EDITABLE];
    instance->locked = values[TOP_LOCKED];
    instance->groups = values[TOP_GROUPS];
    read_lists(instance, values);
    if (values[TOP_SOLUTION] != NULL) {
        instance->solution_at = values[TOP_SOLUTION]->at;
        instance->solution = submission_of(instance, values[TOP_SOLUTION]);
    }
    break_network(instance, values[TOP_BREAK]);
    if (values[TOP_CHECKS] != NULL)
        task_read_checks(instance, values[TOP_CHECKS]);
    else
        reader_error(&instance->r, instance->task->tree->root->at,
                     _("an exercise has `checks`: what is looked at, and for how many points"));
    read_wrong(instance, values[TOP_WRONG]);
    task_check_paths(instance, instance->editable, "editable");
    task_check_paths(instance, instance->locked, "locked");
    task_check_parts(instance);
}

static uint64_t seed_of(const struct ynode *root)
{
    const struct ynode *seed = ynode_get(root, "seed");
    uint64_t n = 1;

    if (seed != NULL && seed->kind == YNODE_TEXT)
        text_u64(seed->text, UINT64_MAX, &n);
    return n;
}

struct task_instance *task_instance_new(const struct task *task, const char *student,
                                        struct diag_list *diags)
{
    struct task_instance *instance = mem_zalloc(sizeof *instance);
    const struct ynode *values[TOP_N_KEYS], *root = task->tree->root;

    instance->task = task;
    instance->r =
        (struct reader){ task->file, diags, &instance->arena, (struct file_store *)&task->files };
    instance->student = arena_strdup(&instance->arena, student);
    instance->parts = g_ptr_array_new();
    instance->runs = g_ptr_array_new();
    vary_init(&instance->vary, &instance->r);
    if (!file_kind_is(&instance->r, root, LAB_FILE_EXERCISE) ||
        !read_map(&instance->r, root, _("an exercise"), top_names, TOP_N_KEYS, NULL, values))
        return instance;
    if (values[TOP_VARY] != NULL)
        vary_draw(&instance->vary, values[TOP_VARY], seed_of(root), student);
    for (int i = 0; i < TOP_N_KEYS; i++)
        if (values[i] != NULL && i != TOP_VARY)
            values[i] = vary_substitute(&instance->vary, values[i]);
    read_version(&instance->r, values[TOP_VERSION], root->at);
    read_instance(instance, values);
    return instance;
}

void task_instance_free(struct task_instance *instance)
{
    if (instance == NULL)
        return;
    vary_fini(&instance->vary);
    g_ptr_array_unref(instance->parts);
    g_ptr_array_unref(instance->runs);
    arena_fini(&instance->arena);
    free(instance);
}

uint32_t task_check_find(const struct task_instance *instance, const char *id)
{
    for (uint32_t i = 0; i < instance->n_checks; i++)
        if (strcmp(instance->checks[i].id, id) == 0)
            return i;
    return UINT32_MAX;
}

/* ---- loading ---- */

/* The YAML of @path; NULL after an error. */
static struct ytree *load_tree(struct reader *r, struct text_pos at, const char *path)
{
    g_autofree char *text = NULL;
    size_t len;

    if (!lab_file_read(r, at, path, &text, &len))
        return NULL;
    diag_list_add_source(r->diags, path, text, len);
    return ytree_parse(path, text, len, 0, r->diags);
}

static void load_topology(struct task *task, struct reader *r, const char *text)
{
    const struct ynode *node = ynode_get(task->tree->root, "topology");

    if (node == NULL) {
        task->topology_file = g_strdup(task->file);
        return;
    }
    if (node->kind != YNODE_TEXT || ynode_is_null(node)) {
        reader_error(r, node->at, _("%s is a text, not %s"), "topology", reader_show(r, node));
        task->topology_file = g_strdup(task->file);
        return;
    }
    task->topology_file = lab_path_beside(task->file, node->text);
    task->topology_tree = text != NULL
                              ? ytree_parse(task->topology_file, text, strlen(text), 0, r->diags)
                              : load_tree(r, node->at, task->topology_file);
    if (task->topology_tree != NULL && task->topology_tree->root->kind != YNODE_MAP)
        reader_error(r, node->at, _("%s is no topology"), task->topology_file);
}

/* A solution may be missing where students get the exercise: then it is just not known. */
static void load_solution(struct task *task, struct reader *r, const struct ynode *node)
{
    const struct ynode *file = node != NULL ? ynode_get(node, "file") : NULL;
    g_autofree char *path = NULL;
    struct ytree *tree;

    if (file == NULL || file->kind != YNODE_TEXT || node->n != 1)
        return;
    path = lab_path_beside(task->file, file->text);
    if (!g_file_test(path, G_FILE_TEST_EXISTS) ||
        g_hash_table_contains(task->solution_by_name, file->text))
        return;
    tree = load_tree(r, file->at, path);
    if (tree == NULL)
        return;
    tree_mark(tree->root, TASK_SOURCE_SOLUTION);
    g_ptr_array_add(task->solutions, tree);
    g_hash_table_insert(task->solution_by_name, (gpointer)file->text, tree);
}

static void load_solutions(struct task *task, struct reader *r)
{
    const struct ynode *wrong = ynode_get(task->tree->root, "wrong");

    load_solution(task, r, ynode_get(task->tree->root, "solution"));
    for (uint32_t i = 0; i < list_len(wrong); i++)
        load_solution(task, r, ynode_get(list_item(wrong, i), "submission"));
}

static void free_tree(gpointer tree)
{
    ytree_free(tree);
}

static char *name_of(const char *file)
{
    char *name = g_path_get_basename(file), *dot = strstr(name, ".task.");

    if (dot == NULL)
        dot = strchr(name, '.');
    if (dot != NULL && dot > name)
        *dot = '\0';
    return name;
}

/* Whether the exercise can be brought to life: for a student without a name. */
static void check_instance(const struct task *task, struct diag_list *diags)
{
    unsigned errors = diags->n_errors;
    struct task_instance *instance = task_instance_new(task, "", diags);
    struct diag_list *found = diag_list_new(); /* that it is broken is meant */

    task_diags(task, found);
    if (diags->n_errors == errors)
        topology_free(task_topology(task, instance->start.root, found));
    diag_list_take_errors(diags, found);
    diag_list_free(found);
    task_instance_free(instance);
}

struct task *task_parse(const char *file, const char *text, size_t len, const char *topology_text,
                        struct diag_list *diags)
{
    struct arena arena = { 0 };
    unsigned errors = diags->n_errors, errors_of_yaml;
    struct task *task = g_new0(struct task, 1);
    struct reader r;

    task->file = g_strdup(file);
    task->name = name_of(file);
    task->text = g_strndup(text, len);
    task->len = len;
    task->solutions = g_ptr_array_new_with_free_func(free_tree);
    task->solution_by_name = g_hash_table_new(g_str_hash, g_str_equal);
    file_store_init(&task->files);
    task->files.closed = topology_text != NULL;
    r = (struct reader){ task->file, diags, &arena, &task->files };
    task_diags(task, diags);
    task->tree = ytree_parse(file, text, len, YTREE_FAULTY, diags);
    errors_of_yaml = diags->n_errors;
    if (task->tree != NULL) {
        tree_mark(task->tree->root, TASK_SOURCE_SELF);
        load_topology(task, &r, topology_text);
        if (topology_text == NULL)
            load_solutions(task, &r);
    }
    if (task->tree != NULL && diags->n_errors == errors_of_yaml)
        check_instance(task, diags);
    task->files.closed = true;
    arena_fini(&arena);
    if (diags->n_errors > errors) {
        task_free(task);
        return NULL;
    }
    return task;
}

struct task *task_load(const char *file, struct diag_list *diags)
{
    struct reader r = { .file = file, .diags = diags };
    g_autofree char *text = NULL;
    size_t len;

    if (!lab_file_read(&r, TEXT_POS(0, 0), file, &text, &len))
        return NULL;
    return task_parse(file, text, len, NULL, diags);
}

void task_free(struct task *task)
{
    if (task == NULL)
        return;
    ytree_free(task->tree);
    ytree_free(task->topology_tree);
    g_hash_table_destroy(task->solution_by_name);
    g_ptr_array_unref(task->solutions);
    file_store_fini(&task->files);
    g_free(task->topology_file);
    g_free(task->text);
    g_free(task->file);
    g_free(task->name);
    g_free(task);
}
