#include "lab/submission.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "inspect/i18n.h"

enum { COMMANDS_READ = 5000, ENTRIES_READ = 10000, LINE_MAX_LEN = 4096 };

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

static void reject(struct submission *submission, const char *kind, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void reject(struct submission *submission, const char *kind, const char *format, ...)
{
    va_list args;
    g_autofree char *message = NULL;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    submission_find(submission, NULL, kind, TEXT_POS(0, 0), message);
    submission->rejected = true;
}

/* ---- files ---- */

/* The octets of @name in the folder @dir (AT_FDCWD: from here): regular files of a decent size
 * alone. NULL with *@why. */
static char *read_octets(int dir, const char *name, size_t *len, const char **why)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    char *octets = NULL;
    ssize_t n = 0;

    *why = errno == ELOOP ? N_("it is a symbolic link, which is not followed")
                          : N_("it cannot be opened");
    if (fd < 0)
        return NULL;
    *why = NULL;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        *why = N_("it is no regular file");
    else if (status.st_size > SUBMISSION_FILE_MAX)
        *why = N_("it is too big: a submission's file has at most 1 MB");
    if (*why == NULL) {
        octets = g_malloc((size_t)status.st_size + 1);
        for (*len = 0; *len < (size_t)status.st_size; *len += (size_t)n)
            if ((n = read(fd, octets + *len, (size_t)status.st_size - *len)) <= 0)
                break;
        octets[*len] = '\0';
    }
    close(fd);
    return octets;
}

static bool is_yaml(const char *name)
{
    return name[0] != '.' && (g_str_has_suffix(name, ".yaml") || g_str_has_suffix(name, ".yml") ||
                              g_str_has_suffix(name, ".json"));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* `submission.yaml`, else the first YAML file by its name, which is no exercise or network. */
static char *find_yaml(DIR *dir)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const struct dirent *entry;
    unsigned n = 0;

    while ((entry = readdir(dir)) != NULL && n++ < ENTRIES_READ)
        if (is_yaml(entry->d_name) && strstr(entry->d_name, ".task.") == NULL &&
            strstr(entry->d_name, ".net.") == NULL)
            g_ptr_array_add(names, g_strdup(entry->d_name));
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], "submission.yaml") == 0)
            return g_strdup("submission.yaml");
    return names->len > 0 ? g_strdup(names->pdata[0]) : NULL;
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

static void read_yaml(struct submission *submission, int dir, const char *name)
{
    const char *why;
    size_t len;
    g_autofree char *text = read_octets(dir, name, &len, &why);
    struct diag_list *diags;

    if (text == NULL) {
        reject(submission, "unreadable", "%s: %s", submission->file, _(why));
        return;
    }
    if (strspn(text, " \t\r\n") == len)
        return; /* nothing was changed */
    diags = diag_list_new();
    submission->tree = ytree_parse(submission->file, text, len, 0, diags);
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
        submission_find(submission, NULL, "syntax", submission->tree->root->at,
                        _("a submission is a map of what was changed, like pc2: {gateway: "
                          "192.168.1.1}"));
        submission->rejected = true;
        return;
    }
    submission->root = submission->tree->root;
}

static void read_log(struct submission *submission, int dir)
{
    g_autofree char *shown = g_build_filename(submission->path, "commands.log", NULL);
    const char *why;
    size_t len;
    char *text;

    if (faccessat(dir, "commands.log", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    submission->log = g_steal_pointer(&shown);
    text = read_octets(dir, "commands.log", &len, &why);
    if (text != NULL && g_utf8_validate(text, (gssize)len, NULL)) {
        submission->log_text = text;
        return;
    }
    if (text != NULL)
        why = N_("it is not UTF-8 text");
    g_free(text);
    submission_find(submission, NULL, "unreadable",
                    (struct text_pos){ .line = 1, .column = 1, .source = TASK_SOURCE_LOG }, _(why));
}

static void read_folder(struct submission *submission)
{
    int fd = open(submission->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    g_autofree char *name = dir != NULL ? find_yaml(dir) : NULL;

    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        reject(submission, "unreadable", _("the folder cannot be opened"));
        return;
    }
    if (name != NULL) {
        g_free(submission->file);
        submission->file = g_build_filename(submission->path, name, NULL);
        read_yaml(submission, fd, name);
    }
    read_log(submission, fd);
    if (name == NULL && submission->log == NULL)
        reject(submission, "unreadable",
               _("the folder has neither a YAML file nor a commands.log"));
    closedir(dir);
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

struct submission *submission_read(const char *path)
{
    struct submission *submission = new_submission(path);
    struct stat status;

    if (lstat(path, &status) != 0)
        reject(submission, "unreadable", _("there is no file %s"), path);
    else if (S_ISDIR(status.st_mode))
        read_folder(submission);
    else
        read_yaml(submission, AT_FDCWD, path);
    read_commands(submission);
    return submission;
}

struct submission *submission_new(const char *path, const struct ynode *root)
{
    struct submission *submission = new_submission(path);

    submission->root = root;
    read_commands(submission);
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
    g_autofree char *name = g_path_get_basename(submission->path);
    char *dot = strrchr(name, '.');

    if (student != NULL && student->kind == YNODE_TEXT && student->n > 0 && student->n <= 200)
        return g_strdup(student->text);
    if (dot != NULL && dot > name && is_yaml(name))
        *dot = '\0';
    return g_utf8_make_valid(name, -1);
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
}
