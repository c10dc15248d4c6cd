#include "lab/handin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/i18n.h"

#define DEPTH_MAX   3   /* a folder in a folder, as archives are often unpacked */
#define ENTRIES_MAX 256 /* that are looked at in a student's folder */

/* ---- problems ---- */

static void problem_free(void *item)
{
    struct handin_problem *problem = item;

    g_free(problem->path);
    g_free(problem->message);
    g_free(problem);
}

static void add_problem(struct handin *handin, const char *kind, const char *path,
                        const char *message)
{
    struct handin_problem *problem = g_new0(struct handin_problem, 1);

    problem->kind = kind;
    problem->path = handin_tame(path, strlen(path), 1024, false);
    problem->message = g_strdup(message);
    g_ptr_array_add(handin->problems, problem);
}

static void add_errno(struct handin *handin, const char *path, int error)
{
    if (error == ENOENT)
        add_problem(handin, "missing", path, _("there is no such file"));
    else if (error == ELOOP)
        add_problem(handin, "symlink", path, _("is a symbolic link; hand in the file itself"));
    else
        add_problem(handin, "unreadable", path, g_strerror(error));
}

/* @format: what is missing, with %s for the name that was looked for. */
static void add_missing(struct handin *handin, const char *path, const char *format)
{
    g_auto(GStrv) parts = g_strsplit(format, "%s", 2);
    g_autofree char *message = g_strjoinv(HANDIN_ANSWER, parts);

    add_problem(handin, "missing", path, message);
}

/* ---- one file ---- */

static bool fit_to_read(struct handin *handin, const char *path, const struct stat *status,
                        size_t max)
{
    g_autofree char *message = NULL;

    if (S_ISLNK(status->st_mode)) {
        add_errno(handin, path, ELOOP);
    } else if (!S_ISREG(status->st_mode)) {
        add_problem(handin, "not-a-file", path, _("is no regular file"));
    } else if (status->st_nlink != 1) {
        add_problem(handin, "hard-link", path,
                    _("is a file with several names (a hard link); hand in a copy"));
    } else if ((uint64_t)status->st_size > max) {
        message = g_strdup_printf(_("has %ju octets; at most %zu are read"),
                                  (uintmax_t)status->st_size, max);
        add_problem(handin, "too-large", path, message);
    } else {
        return true;
    }
    return false;
}

/* At most @max octets of @fd. */
static bool read_octets(int fd, size_t max, struct handin_file *file)
{
    char *text = g_malloc(max + 1);
    size_t len = 0;
    ssize_t n = 1;

    while (len < max && (n = read(fd, text + len, max - len)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            g_free(text);
            return false;
        }
        len += (size_t)n;
    }
    text[len] = '\0';
    file->text = g_realloc(text, len + 1);
    file->len = len;
    return true;
}

static void read_file(struct handin *handin, int folder, const char *name, const char *path,
                      size_t max, struct handin_file *file)
{
    struct stat status, opened;
    int fd;

    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        add_errno(handin, path, errno);
        return;
    }
    if (!fit_to_read(handin, path, &status, max))
        return;
    fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        add_errno(handin, path, errno);
        return;
    }
    /* what was opened is what was looked at */
    if (fstat(fd, &opened) != 0 || opened.st_ino != status.st_ino ||
        opened.st_dev != status.st_dev || !read_octets(fd, max, file))
        add_problem(handin, "unreadable", path, _("changed while it was read"));
    else
        file->path = g_strdup(path);
    close(fd);
}

/* ---- a folder ---- */

/* Windows makes ".YAML" of it at times. */
static bool ends_in(const char *name, const char *const *ends, size_t n)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);

    for (size_t i = 0; i < n; i++)
        if (g_str_has_suffix(lower, ends[i]))
            return true;
    return false;
}

/* The exercise's own files are often handed in along with the answer. */
static bool is_of_exercise(const char *name)
{
    static const char *const ENDS[] = { ".task.yaml", ".net.yaml", ".walk.yaml", ".sock.yaml" };

    return ends_in(name, ENDS, G_N_ELEMENTS(ENDS));
}

static bool is_answer(const char *name)
{
    static const char *const ENDS[] = { ".yaml", ".yml", ".json" };

    return ends_in(name, ENDS, G_N_ELEMENTS(ENDS)) && !is_of_exercise(name);
}

static bool is_archive(const char *name)
{
    static const char *const ENDS[] = { ".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".xz" };

    return ends_in(name, ENDS, G_N_ELEMENTS(ENDS));
}

/* What desktops leave in every folder and archive. */
static bool is_litter(const char *name)
{
    return strcmp(name, "__MACOSX") == 0 || g_ascii_strcasecmp(name, "thumbs.db") == 0 ||
           g_ascii_strcasecmp(name, "desktop.ini") == 0;
}

static int by_octets(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names without a leading dot, sorted; at most @max of them. */
static GPtrArray *names_in(int folder, size_t max, bool *more)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    struct dirent *entry;

    *more = false;
    while (dir != NULL && !*more && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || is_litter(entry->d_name))
            continue;
        *more = names->len == max;
        if (!*more)
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    if (dir != NULL)
        closedir(dir);
    g_ptr_array_sort(names, by_octets);
    return names;
}

static const char *find_name(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], name) == 0)
            return names->pdata[i];
    return NULL;
}

/* submission.yaml, or the only file that could be one. */
static const char *find_answer(const GPtrArray *names, guint *candidates)
{
    const char *found = find_name(names, HANDIN_ANSWER);

    *candidates = found != NULL;
    for (guint i = 0; found == NULL && i < names->len; i++) {
        if (!is_answer(names->pdata[i]))
            continue;
        found = names->pdata[i];
        ++*candidates;
        for (guint j = i + 1; j < names->len; j++)
            *candidates += is_answer(names->pdata[j]);
    }
    return *candidates == 1 ? found : NULL;
}

static void read_folder(struct handin *handin, int folder, const char *path, unsigned depth);

/* Without any answer, a single folder may hold it. */
static void read_below(struct handin *handin, int folder, const char *path, const GPtrArray *names,
                       unsigned depth)
{
    const char *name = names->len == 1 ? names->pdata[0] : NULL;
    g_autofree char *below = name != NULL ? g_build_filename(path, name, NULL) : NULL;
    int fd = -1;

    if (name != NULL && depth < DEPTH_MAX)
        fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        read_folder(handin, fd, below, depth + 1);
        close(fd);
    } else {
        add_missing(handin, path, _("holds no %s"));
    }
}

static void read_folder(struct handin *handin, int folder, const char *path, unsigned depth)
{
    guint candidates;
    bool more;
    g_autoptr(GPtrArray) names = names_in(folder, ENTRIES_MAX, &more);
    const char *answer = find_answer(names, &candidates), *log = find_name(names, HANDIN_LOG);

    if (more)
        add_problem(handin, "too-many-files", path, _("holds too many files"));
    if (answer != NULL) {
        g_autofree char *full = g_build_filename(path, answer, NULL);

        read_file(handin, folder, answer, full, HANDIN_ANSWER_MAX, &handin->answer);
    }
    if (log != NULL) {
        g_autofree char *full = g_build_filename(path, log, NULL);

        read_file(handin, folder, log, full, HANDIN_LOG_MAX, &handin->log);
    }
    if (candidates > 1)
        add_missing(handin, path, _("holds several files, and none is %s"));
    else if (answer == NULL && log == NULL)
        read_below(handin, folder, path, names, depth);
}

struct handin *handin_read(const char *path)
{
    struct handin *handin = g_new0(struct handin, 1);
    int folder;

    handin->path = g_strdup(path);
    handin->problems = g_ptr_array_new_with_free_func(problem_free);
    folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (folder >= 0) {
        read_folder(handin, folder, path, 0);
        close(folder);
    } else {
        read_file(handin, AT_FDCWD, path, path, HANDIN_ANSWER_MAX, &handin->answer);
    }
    return handin;
}

static void free_file(struct handin_file *file)
{
    g_free(file->path);
    g_free(file->text);
}

void handin_free(struct handin *handin)
{
    if (handin == NULL)
        return;
    free_file(&handin->answer);
    free_file(&handin->log);
    g_ptr_array_free(handin->problems, TRUE);
    g_free(handin->path);
    g_free(handin);
}

/* ---- a class ---- */

static bool is_folder(int at, const char *name)
{
    struct stat status;

    return fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

/* A folder with one of the known names is a submission, one with other answers or folders a class.
 */
bool handin_is_class(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    guint candidates, folders = 0;
    bool more, known;
    GPtrArray *names;

    if (folder < 0)
        return false;
    names = names_in(folder, SIZE_MAX, &more);
    known = find_name(names, HANDIN_ANSWER) != NULL || find_name(names, HANDIN_LOG) != NULL;
    find_answer(names, &candidates);
    for (guint i = 0; i < names->len && !known; i++)
        folders += is_folder(folder, names->pdata[i]);
    g_ptr_array_free(names, TRUE);
    close(folder);
    return !known && (candidates > 0 || folders > 0);
}

static int by_handin_name(const void *a, const void *b)
{
    g_autofree char *x = handin_name(*(char *const *)a), *y = handin_name(*(char *const *)b);
    int order = strcmp(x, y);

    return order != 0 ? order : by_octets(a, b);
}

/* A link has its place too: to be refused where everybody sees it. */
static bool is_submission(int folder, const char *name)
{
    return is_answer(name) || is_folder(folder, name) ||
           readlinkat(folder, name, (char[1]){ 0 }, 1) >= 0;
}

GPtrArray *handin_list(const char *path, GError **error)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    GPtrArray *paths, *names;
    bool more;

    if (folder < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return NULL;
    }
    paths = g_ptr_array_new_with_free_func(g_free);
    names = names_in(folder, SIZE_MAX, &more);
    for (guint i = 0; i < names->len; i++)
        if (is_submission(folder, names->pdata[i]))
            g_ptr_array_add(paths, g_build_filename(path, names->pdata[i], NULL));
    g_ptr_array_sort(paths, by_handin_name);
    g_ptr_array_free(names, TRUE);
    close(folder);
    return paths;
}

GPtrArray *handin_left_out(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    GPtrArray *messages = g_ptr_array_new_with_free_func(g_free), *names;
    bool more;

    if (folder < 0)
        return messages;
    names = names_in(folder, SIZE_MAX, &more);
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *shown = handin_tame(name, strlen(name), 255, false);

        if (is_submission(folder, name) || is_of_exercise(name))
            continue;
        g_ptr_array_add(
            messages,
            g_strdup_printf(is_archive(name)
                                ? _("%s is not graded: unpack it, into a folder for each student")
                                : _("%s is not graded: a submission is a .yaml file or a folder"),
                            shown));
    }
    g_ptr_array_free(names, TRUE);
    close(folder);
    return messages;
}

char *handin_name(const char *path)
{
    static const char *const ENDS[] = { ".yaml", ".yml", ".json" };
    g_autofree char *base = g_path_get_basename(path);

    for (size_t i = 0; i < G_N_ELEMENTS(ENDS); i++) {
        if (ends_in(base, &ENDS[i], 1) && strlen(base) > strlen(ENDS[i])) {
            base[strlen(base) - strlen(ENDS[i])] = '\0';
            break;
        }
    }
    return handin_tame(base, strlen(base), 255, false);
}

/* ---- texts of strangers ---- */

static bool is_tame(gunichar c, bool lines)
{
    if (c == '\n' || c == '\t')
        return lines;
    return !(c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
             (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
             (c & 0xfffe) == 0xfffe);
}

char *handin_tame(const char *text, size_t len, size_t max, bool lines)
{
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)len);
    GString *out = g_string_new(NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (out->len + 6 > max) {
            g_string_append(out, "…");
            break;
        }
        g_string_append_unichar(out, is_tame(c, lines) ? c : 0xfffd);
    }
    return g_string_free(out, FALSE);
}
