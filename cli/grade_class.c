#include "cli/grade_class.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "inspect/i18n.h"
#include "lab/class.h"
#include "lab/class_report.h"
#include "lab/handin.h"

/* ---- the exercise, as class.h wants it ---- */

static void *read_files(void *ctx, const char *path)
{
    (void)ctx;
    return handin_read(path);
}

static json_t *grade_read(void *ctx, void *files)
{
    const struct grade_request *request = ctx;

    return grade_handin(request->task, files, &request->options);
}

/* The result's name is the submission's, not the whole path. */
static json_t *grade_failed(void *ctx, const char *path, const char *status, const char *kind,
                            const char *message)
{
    const struct grade_request *request = ctx;
    json_t *result = grade_failure(request->task, path, &request->options, status, kind, message);
    g_autofree char *name = handin_name(path);

    json_object_set_new(result, "submission", json_string(name));
    return result;
}

/* What nobody could avoid: the reference solution's fingerprint, for the first student. */
static json_t *forced_by(const struct grade_request *request, const json_t *results)
{
    const json_t *first = json_array_get(results, 0);
    struct grade_options options = request->options;
    json_t *solved, *forced;

    options.student = json_string_value(json_object_get(first, "student"));
    solved = grade_solution(request->task, &options);
    forced = solved != NULL ? json_pack("[O]", json_object_get(solved, "fingerprint")) : NULL;
    json_decref(solved);
    return forced;
}

/* ---- progress ---- */

static void show_progress(void *ctx, unsigned done, unsigned n)
{
    g_autofree char *text = g_strdup_printf(_("%u of %u submissions"), done, n);

    progress_tell(ctx, text);
}

static json_t *grade_paths(const struct grade_request *request, const GPtrArray *paths)
{
    const struct class_grader grader = { (void *)request, read_files, grade_read, grade_failed };
    struct progress progress;
    const struct class_options options = { .jobs = (unsigned)MIN(request->jobs, 256),
                                           .limits = class_limits(),
                                           .progress = show_progress,
                                           .progress_ctx = &progress };
    json_t *results;

    progress_begin(&progress, NULL, isatty(STDERR_FILENO));
    results = class_grade(&grader, paths, &options);
    progress_end(&progress);
    return results;
}

/* ---- telling ---- */

static void add_each(const struct grade_request *request, const json_t *results, GString *out)
{
    unsigned flags = (request->quiet ? GRADE_TEXT_QUIET : 0u) |
                     (request->output == NULL && cli_colour() ? GRADE_TEXT_COLOUR : 0u);

    for (size_t i = 0; i < json_array_size(results); i++) {
        g_string_append(out, i == 0 || request->quiet ? "" : "\n");
        grade_write_text(json_array_get(results, i), flags, out);
    }
}

static void add_form(const struct grade_request *request, json_t *results, unsigned layers,
                     GString *out)
{
    bool for_student = request->audience == GRADE_FOR_STUDENT;
    json_t *forced = for_student ? NULL : forced_by(request, results);
    json_t *report = class_report(results, forced, layers);

    if (for_student) /* a student is told nothing of others */
        json_object_del(report, "similarity");
    switch (request->format) {
    case GRADE_AS_TEXT:
        class_write_text(report, request->output != NULL ? 160 : cli_width(), out);
        break;
    case GRADE_AS_JSON:
        class_write_json(report, out);
        break;
    case GRADE_AS_JUNIT:
        class_write_junit(report, out);
        break;
    case GRADE_AS_GRADESCOPE:
        class_write_gradescope(json_array_get(results, 0), out);
        break;
    case GRADE_AS_CSV:
        class_write_csv(report, out);
        break;
    case GRADE_AS_HTML:
        class_write_html(report, cli_language(), out);
        break;
    }
    json_decref(forced);
    json_decref(report);
}

/* The text of one submission is its student's feedback; everything else is the teacher's. */
static enum grade_audience audience_of(const struct grade_request *request, size_t n)
{
    if (request->audience != GRADE_FOR_AUTO)
        return request->audience;
    return request->format == GRADE_AS_TEXT && (n == 1 || request->each || request->quiet)
               ? GRADE_FOR_STUDENT
               : GRADE_FOR_TEACHER;
}

/* Gradescope hides what is hidden itself. */
static json_t *results_for(const struct grade_request *request, json_t *results)
{
    json_t *own = json_array();

    for (size_t i = 0; i < json_array_size(results); i++) {
        json_t *result = json_array_get(results, i);

        json_array_append_new(
            own, request->audience == GRADE_FOR_STUDENT && request->format != GRADE_AS_GRADESCOPE
                     ? class_for_student(result)
                 : request->audience == GRADE_FOR_TEACHER && request->format == GRADE_AS_TEXT
                     ? class_for_teacher(result)
                     : json_incref(result));
    }
    return own;
}

/* Where the kernel has less than all of it, the user shall know. */
static void tell_layers(unsigned layers)
{
    g_autoptr(GString) missing = g_string_new(NULL);

    for (unsigned layer = 1; layer < JAIL_ALL; layer <<= 1)
        if ((layers & layer) == 0)
            g_string_append_printf(missing, "%s%s", missing->len > 0 ? ", " : "",
                                   jail_layer_name((enum jail_layer)layer));
    if (missing->len > 0)
        fprintf(stderr, "wirewalk: ");
    if (missing->len > 0)
        fprintf(stderr,
                _("submissions are graded apart, but this machine cannot do all of it; missing: "
                  "%s\n"),
                missing->str);
}

static bool write_out(const struct grade_request *request, const GString *out)
{
    g_autoptr(GError) error = NULL;

    if (request->output == NULL) {
        fwrite(out->str, 1, out->len, stdout);
        return true;
    }
    if (cli_write_file(request->output, out->str, &error))
        return true;
    cli_error("%s", error->message);
    return false;
}

static bool all_full(const json_t *results)
{
    for (size_t i = 0; i < json_array_size(results); i++)
        if (!grade_is_full(json_array_get(results, i)))
            return false;
    return true;
}

/* Of what is shown: a student's text tells no more by its status than by its words. The only
 * submission cannot be read: a wrong file. In a class it costs only itself. */
static int status_of(const json_t *results)
{
    const char *status = json_string_value(json_object_get(json_array_get(results, 0), "status"));

    if (json_array_size(results) == 1 && g_strcmp0(status, "rejected") == 0)
        return CLI_WRONG;
    return all_full(results) ? CLI_MET : CLI_FAILED;
}

static int tell(struct grade_request *request, json_t *results, unsigned layers)
{
    size_t n = json_array_size(results);
    g_autoptr(GString) out = g_string_new(NULL);
    json_t *own;
    int status;

    request->audience = audience_of(request, n);
    own = results_for(request, results);
    if (request->format == GRADE_AS_TEXT && (n == 1 || request->each || request->quiet))
        add_each(request, own, out);
    else
        add_form(request, own, layers, out);
    status = write_out(request, out) ? status_of(own) : CLI_WRONG;
    json_decref(own);
    return status;
}

/* Files in the class's folder that nobody looks at: a submission may be among them. */
static void tell_left_out(const GPtrArray *operands)
{
    enum { TOLD_MAX = 20 };

    for (guint i = 0; i < operands->len; i++) {
        g_autoptr(GPtrArray) messages =
            handin_is_class(operands->pdata[i]) ? handin_left_out(operands->pdata[i]) : NULL;

        for (guint j = 0; messages != NULL && j < MIN(messages->len, TOLD_MAX); j++)
            fprintf(stderr, "wirewalk: %s\n", (const char *)messages->pdata[j]);
        if (messages != NULL && messages->len > TOLD_MAX)
            fprintf(stderr, _("wirewalk: %u more files are not graded\n"),
                    messages->len - TOLD_MAX);
    }
}

/* For Gradescope, or with a name, each operand is one submission, whatever it looks like. */
static GPtrArray *find_paths(const struct grade_request *request, const GPtrArray *operands)
{
    GPtrArray *paths;

    if (request->format != GRADE_AS_GRADESCOPE && request->options.student == NULL) {
        tell_left_out(operands);
        return class_find(operands);
    }
    paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < operands->len; i++)
        g_ptr_array_add(paths, g_strdup(operands->pdata[i]));
    return paths;
}

/* What was not there when it was named is a slip of whoever named it, no submission. */
static bool all_there(const GPtrArray *operands)
{
    struct stat status;
    bool ok = true;

    for (guint i = 0; i < operands->len; i++) {
        if (lstat(operands->pdata[i], &status) == 0 || errno != ENOENT)
            continue;
        cli_error(_("there is no file or folder %s"), (const char *)operands->pdata[i]);
        ok = false;
    }
    return ok;
}

int grade_class(const struct grade_request *request, const GPtrArray *operands)
{
    g_autoptr(GPtrArray) paths = find_paths(request, operands);
    struct grade_request own = *request;
    unsigned layers = jail_layers();
    json_t *results;
    int status;

    if (!all_there(operands))
        return CLI_WRONG;
    if (request->format == GRADE_AS_GRADESCOPE && paths->len != 1)
        return cli_error(_("Gradescope grades one submission at a time; here are %u"), paths->len);
    if (request->options.student != NULL && paths->len != 1)
        return cli_error("%s", _("--student is for one submission; a class has its own names"));
    if (!request->quiet)
        tell_layers(layers);
    results = grade_paths(request, paths);
    class_mind(results);
    status = tell(&own, results, layers);
    json_decref(results);
    return status;
}
