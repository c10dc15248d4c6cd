#include "lab/submission.h"

#include <string.h>

#include "apps/shell.h"
#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/file_kind.h"

enum { COMMANDS_READ = 5000, LINE_MAX_LEN = 4096 };

static const char *const reserved[] = { "wirewalk", "student", "exercise", "answers",
                                        "commands", "hints",   NULL };

/* ---- findings ---- */

static const char *file_of(const struct submission *submission, const struct task *task,
                           unsigned source)
{
    if (source == TASK_SOURCE_SUBMISSION)
        return submission->file;
    if (source == TASK_SOURCE_LOG && submission->log != NULL)
        return submission->log;
    return task != NULL ? source == 0 ? task->topology_file : task->file : NULL;
}

json_t *submission_where(const struct submission *submission, const struct task *task,
                         struct text_pos at)
{
    const char *file = file_of(submission, task, at.source);
    g_autofree char *shown = file != NULL ? g_utf8_make_valid(file, -1) : NULL;

    if (at.line == 0 || shown == NULL)
        return json_null();
    return json_pack("{s:s, s:i, s:i}", "file", shown, "line", (int)at.line, "column",
                     (int)at.column);
}

void submission_find(struct submission *submission, const struct task *task, const char *kind,
                     struct text_pos at, const char *message)
{
    g_autofree char *valid = g_utf8_make_valid(message, -1);

    if (json_array_size(submission->findings) >= SUBMISSION_FINDINGS_MAX)
        return;
    json_array_append_new(submission->findings,
                          json_pack("{s:s, s:s, s:o}", "kind", kind, "message", valid, "where",
                                    submission_where(submission, task, at)));
}

static void take_errors(struct submission *submission, struct diag_list *diags)
{
    diag_list_sort(diags);
    for (guint i = 0; i < diags->items->len; i++) {
        const struct diag *d = diags->items->pdata[i];
        struct text_pos at = d->at;

        at.source = TASK_SOURCE_SUBMISSION;
        submission_find(submission, NULL, "syntax", at, d->message);
    }
}

/* Blank lines and comments alone. */
static bool says_nothing(const char *text)
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += strspn(line, "\n \r");
        if (*line != '#' && *line != '\0')
            return false;
    }
    return true;
}

/* What somebody may have meant who wrote no map. */
static char *form_hint(const char *text)
{
    g_autofree char *word = g_strndup(text, strcspn(text, " \t\n"));

    if (strstr(text, "：") != NULL)
        return g_strdup_printf(_("; is the full-width %s there meant to be `%s`?"), "：", ": ");
    if (strchr(word, '$') != NULL || shell_knows(word) != SHELL_UNKNOWN)
        return g_strdup(_("; commands go into commands.log beside it, or under `commands:`"));
    return g_strdup("");
}

/* An exercise or a scenario; nodes may be in a submission, too. */
static bool is_another_file(const struct ynode *root)
{
    enum lab_file_kind kind = file_kind_by_keys(root);

    return ynode_get(root, "wirewalk") != NULL &&
           (kind == LAB_FILE_EXERCISE || kind == LAB_FILE_SCENARIO);
}

static void reject(struct submission *submission, const char *message)
{
    submission_find(submission, NULL, "syntax", submission->tree->root->at, message);
    submission->rejected = true;
}

static void read_yaml(struct submission *submission, const struct handin_file *file)
{
    struct diag_list *diags;

    if (strlen(file->text) == file->len && says_nothing(file->text)) {
        submission_find(submission, NULL, "empty", TEXT_POS(0, 0),
                        _("the file is empty: nothing was changed and nothing answered"));
        return;
    }
    diags = diag_list_new();
    submission->tree = ytree_parse(submission->file, file->text, file->len, 0, diags);
    take_errors(submission, diags);
    diag_list_free(diags);
    if (submission->tree == NULL) {
        submission->rejected = true;
        return;
    }
    tree_mark(submission->tree->root, TASK_SOURCE_SUBMISSION);
    if (ynode_is_null(submission->tree->root))
        return;
    if (submission->tree->root->kind != YNODE_MAP) {
        g_autofree char *hint = form_hint(file->text);
        g_autofree char *message = g_strconcat(
            _("a submission is a map of what was changed, like pc2: {gateway: 192.168.1.1}"), hint,
            NULL);

        reject(submission, message);
        return;
    }
    if (is_another_file(submission->tree->root)) {
        reject(submission, _("this is a file of the exercise, not what was handed in: a submission "
                             "holds only what was changed, like pc2: {gateway: 192.168.1.1}"));
        return;
    }
    submission->root = submission->tree->root;
}

static void read_log(struct submission *submission, const struct handin_file *file)
{
    submission->log = g_strdup(file->path);
    if (g_utf8_validate(file->text, (gssize)file->len, NULL))
        submission->log_text = g_strdup(file->text);
    else
        submission_find(submission, NULL, "unreadable",
                        (struct text_pos){ .line = 1, .column = 1, .source = TASK_SOURCE_LOG },
                        _("it is not UTF-8 text"));
}

static void take_problems(struct submission *submission, const struct handin *handin)
{
    for (guint i = 0; i < handin->problems->len; i++) {
        const struct handin_problem *problem = handin->problems->pdata[i];
        g_autofree char *message = g_strdup_printf("%s: %s", problem->path, problem->message);

        submission_find(submission, NULL, problem->kind, TEXT_POS(0, 0), message);
    }
}

/* ---- commands ---- */

static struct submission_command *add_command(struct submission *submission, const char *host,
                                              size_t host_len, const char *line, struct text_pos at)
{
    struct submission_command *command = arena_alloc(&submission->arena, sizeof *command);
    g_autofree char *name = g_strndup(host, host_len);

    command->host = arena_strdup(&submission->arena, g_strstrip(name));
    command->line = arena_strdup(&submission->arena, line + strspn(line, " \t"));
    command->at = at;
    g_ptr_array_add(submission->commands, command);
    return command;
}

/* "pc1$ ping 10.0.0.2", "gw# ip route", with the time before it: "12.5s pc1$ ...". */
static void read_command(struct submission *submission, const char *text, struct text_pos at)
{
    size_t mark = strcspn(text, "$#>"), blank;
    g_autofree char *time = NULL;
    struct submission_command *command;
    sim_time when = 0;
    bool timed = false;

    blank = strcspn(text, " \t");
    if (blank < mark) {
        time = g_strndup(text, blank);
        timed = time_parse(time, &when);
        if (timed)
            text += blank + strspn(text + blank, " \t");
        mark = strcspn(text, "$#>");
    }
    if (text[mark] == '\0' || mark == 0 || strlen(text) > LINE_MAX_LEN ||
        memchr(text, ' ', mark) != NULL) {
        submission_find(submission, NULL, "syntax", at,
                        _("a command is written `pc1$ ping 10.0.0.2`: host, sign, command"));
        return;
    }
    if (submission->commands->len >= COMMANDS_READ)
        return;
    command = add_command(submission, text, mark, text + mark + 1, at);
    command->timed = timed;
    command->time = when;
}

static void read_log_commands(struct submission *submission)
{
    g_auto(GStrv) lines = NULL;

    if (submission->log_text == NULL)
        return;
    lines = g_strsplit(submission->log_text, "\n", COMMANDS_READ);
    for (guint i = 0; lines[i] != NULL; i++) {
        struct text_pos at = { .line = i + 1, .column = 1, .source = TASK_SOURCE_LOG };

        g_strstrip(lines[i]);
        if (*lines[i] != '\0' && *lines[i] != '#')
            read_command(submission, lines[i], at);
    }
}

static void read_commands(struct submission *submission)
{
    const struct ynode *list = submission_value(submission, "commands");

    for (uint32_t i = 0; i < list_len(list) && !ynode_is_null(list); i++) {
        const struct ynode *item = list_item(list, i);

        if (item->kind == YNODE_TEXT)
            read_command(submission, item->text, item->at);
        else
            submission_find(submission, NULL, "syntax", item->at,
                            _("a command is written `pc1$ ping 10.0.0.2`: host, sign, command"));
    }
    read_log_commands(submission);
}

/* ---- life ---- */

static struct submission *new_submission(const char *path)
{
    struct submission *submission = g_new0(struct submission, 1);

    submission->path = g_strdup(path);
    submission->file = g_strdup(path);
    submission->commands = g_ptr_array_new();
    submission->findings = json_array();
    return submission;
}

bool submission_hints_read(const struct ynode *value, uint32_t *hints, const char **message)
{
    uint64_t n = 0;

    *message = _("`hints` is how many hints were taken: 0, 1, 2 ...");
    if (value != NULL && !ynode_is_null(value) &&
        (value->kind != YNODE_TEXT || !text_u64(value->text, UINT32_MAX, &n)))
        return false;
    *hints = (uint32_t)n;
    return true;
}

/* What they cost cannot be known from a wrong number. */
static void read_hints(struct submission *submission)
{
    const struct ynode *value = submission_value(submission, "hints");
    const char *message;

    if (submission_hints_read(value, &submission->hints, &message))
        return;
    submission_find(submission, NULL, "syntax", value->at, message);
    submission->rejected = true;
}

struct submission *submission_of(const struct handin *handin)
{
    struct submission *submission = new_submission(handin->path);

    take_problems(submission, handin);
    if (handin->answer.text != NULL) {
        g_free(submission->file);
        submission->file = g_strdup(handin->answer.path);
        read_yaml(submission, &handin->answer);
    }
    if (handin->log.text != NULL)
        read_log(submission, &handin->log);
    submission->rejected |= handin->answer.text == NULL && handin->log.text == NULL;
    read_commands(submission);
    read_hints(submission);
    return submission;
}

struct submission *submission_read(const char *path)
{
    struct handin *handin = handin_read(path);
    struct submission *submission = submission_of(handin);

    handin_free(handin);
    return submission;
}

struct submission *submission_new(const char *path, const struct ynode *root)
{
    struct submission *submission = new_submission(path);

    submission->root = root;
    read_commands(submission);
    read_hints(submission);
    return submission;
}

void submission_free(struct submission *submission)
{
    if (submission == NULL)
        return;
    ytree_free(submission->tree);
    g_ptr_array_unref(submission->commands);
    json_decref(submission->findings);
    arena_fini(&submission->arena);
    g_free(submission->log_text);
    g_free(submission->path);
    g_free(submission->file);
    g_free(submission->log);
    g_free(submission);
}

const struct ynode *submission_value(const struct submission *submission, const char *key)
{
    return submission->root != NULL ? ynode_get(submission->root, key) : NULL;
}

char *submission_student(const struct submission *submission)
{
    const struct ynode *student = submission_value(submission, "student");

    if (student != NULL && student->kind == YNODE_TEXT && student->n > 0 && student->n <= 200)
        return handin_tame(student->text, student->n, 255, false);
    return handin_name(submission->path);
}

static void complain(void *ctx, const char *kind, struct text_pos at, const char *message)
{
    submission_find(ctx, NULL, kind, at, message);
}

void submission_changes(struct submission *submission, struct net_tree *net, GPtrArray *edits)
{
    struct change_complain to = { complain, submission };

    if (submission->root != NULL)
        change_read(net, submission->root, reserved, &to, edits);
    if (edits->len > SUBMISSION_CHANGES_MAX) {
        const struct change *first = edits->pdata[SUBMISSION_CHANGES_MAX];
        g_autofree char *message =
            g_strdup_printf(_("only the first %u changes are made"), SUBMISSION_CHANGES_MAX);

        submission_find(submission, NULL, "limit", first->at, message);
        g_ptr_array_set_size(edits, SUBMISSION_CHANGES_MAX);
    }
}
