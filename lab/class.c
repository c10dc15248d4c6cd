#include "lab/class.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/i18n.h"
#include "lab/class_accept.h"
#include "lab/class_value.h"
#include "lab/handin.h"

#define JOBS_MAX 256

struct jail_limits class_limits(void)
{
    return (struct jail_limits){ .cpu_seconds = 20,
                                 .wall_us = 120 * G_TIME_SPAN_SECOND,
                                 .memory = (uint64_t)1 << 30,
                                 .result_max = (size_t)4 << 20 };
}

/* ---- finding the submissions ---- */

GPtrArray *class_find(const GPtrArray *operands)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < operands->len; i++) {
        const char *operand = operands->pdata[i];
        GPtrArray *listed = handin_is_class(operand) ? handin_list(operand, NULL) : NULL;

        if (listed == NULL) {
            listed = g_ptr_array_new_with_free_func(g_free);
            g_ptr_array_add(listed, g_strdup(operand));
        }
        for (guint j = 0; j < listed->len; j++) {
            char *path = g_strdup(listed->pdata[j]);

            if (g_hash_table_add(seen, path))
                g_ptr_array_add(paths, path);
            else
                g_free(path);
        }
        g_ptr_array_free(listed, TRUE);
    }
    return paths;
}

/* ---- one submission ---- */

struct member {
    const struct class_grader *grader;
    const char *path;
    void *files;
    struct jail *jail; /* NULL: not begun, or over */
    json_t *result;
};

static void read_files(void *ctx)
{
    struct member *member = ctx;

    member->files = member->grader->read(member->grader->ctx, member->path);
}

static void grade_files(void *ctx, GString *answer)
{
    struct member *member = ctx;
    json_t *result = member->grader->grade(member->grader->ctx, member->files);
    char *text = json_dumps(result, JSON_COMPACT);

    g_string_append(answer, text != NULL ? text : "");
}

static json_t *fail(const struct member *member, const char *status, const char *kind,
                    const char *message)
{
    json_t *result =
        member->grader->failure(member->grader->ctx, member->path, status, kind, message);

    class_complete(result);
    json_object_set_new(result, "status", json_string(status));
    return result;
}

static json_t *fail_by_end(const struct member *member, enum jail_end end, int signal_number)
{
    g_autofree char *message = NULL;

    switch (end) {
    case JAIL_OUT_OF_TIME:
        return fail(member, "limited", "time", _("grading took too long and was stopped"));
    case JAIL_OUT_OF_MEMORY:
        return fail(member, "limited", "memory", _("grading took too much memory and was stopped"));
    case JAIL_TOO_LONG:
        return fail(member, "limited", "output", _("the result was too long"));
    case JAIL_FORBIDDEN:
        return fail(member, "crashed", "forbidden",
                    _("grading tried what it may not do and was stopped"));
    case JAIL_ANSWERED:
        return fail(member, "crashed", "answer", _("grading gave no result that can be read"));
    case JAIL_CRASHED:
        break;
    }
    message = g_strdup_printf(_("grading broke down (%s); please report it as a bug of wirewalk"),
                              signal_number != 0 ? strsignal(signal_number) : "exit");
    return fail(member, "crashed", "crash", message);
}

static void begin(struct member *member, const struct class_options *options)
{
    struct jail_work work = {
        .folder = member->path, .read = read_files, .work = grade_files, .ctx = member
    };
    g_autoptr(GError) error = NULL;

    member->jail = jail_start(&options->limits, &work, &error);
    if (member->jail == NULL)
        member->result = fail(member, "crashed", "process", error->message);
}

static void end(struct member *member)
{
    g_autofree char *answer = NULL;
    int signal_number;
    size_t len;
    enum jail_end how = jail_finish(member->jail, &answer, &len, &signal_number);

    member->jail = NULL;
    if (how == JAIL_ANSWERED) {
        json_t *own = fail(member, "crashed", "answer", "");

        member->result = class_accept(own, answer, len);
        json_decref(own);
    }
    if (member->result == NULL)
        member->result = fail_by_end(member, how, signal_number);
}

/* ---- all of them ---- */

struct pool {
    struct member *members;
    unsigned n, next, done;
    struct member *running[JOBS_MAX];
    unsigned n_running, jobs;
    const struct class_options *options;
};

static void fill(struct pool *pool)
{
    while (pool->n_running < pool->jobs && pool->next < pool->n) {
        struct member *member = &pool->members[pool->next++];

        begin(member, pool->options);
        if (member->jail != NULL)
            pool->running[pool->n_running++] = member;
        else
            pool->done++;
    }
}

/* Until one of them has something to say, or its time is over. */
static void wait_for_any(const struct pool *pool)
{
    struct pollfd fds[JOBS_MAX];
    int64_t now = g_get_monotonic_time(), wait = G_TIME_SPAN_SECOND;

    for (unsigned i = 0; i < pool->n_running; i++) {
        const struct jail *jail = pool->running[i]->jail;

        fds[i] = (struct pollfd){ .fd = jail_fd(jail), .events = POLLIN };
        wait = MIN(wait, jail_deadline(jail) - now);
    }
    poll(fds, pool->n_running, wait > 0 ? (int)(wait / 1000) + 1 : 0);
}

static void sweep(struct pool *pool)
{
    for (unsigned i = 0; i < pool->n_running;) {
        struct member *member = pool->running[i];

        if (!jail_pump(member->jail)) {
            i++;
            continue;
        }
        end(member);
        pool->done++;
        pool->running[i] = pool->running[--pool->n_running];
    }
}

static unsigned jobs_of(const struct class_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = options->jobs != 0 ? options->jobs : processors > 0 ? (unsigned)processors : 1;

    return MIN(jobs, JOBS_MAX);
}

json_t *class_grade(const struct class_grader *grader, const GPtrArray *paths,
                    const struct class_options *options)
{
    struct pool *pool = g_new0(struct pool, 1);
    json_t *results = json_array();

    pool->n = paths->len;
    pool->members = g_new0(struct member, pool->n);
    pool->options = options;
    pool->jobs = jobs_of(options);
    for (unsigned i = 0; i < pool->n; i++) {
        pool->members[i].grader = grader;
        pool->members[i].path = paths->pdata[i];
    }
    for (fill(pool); pool->n_running > 0; fill(pool)) {
        wait_for_any(pool);
        sweep(pool);
        if (options->progress != NULL)
            options->progress(options->progress_ctx, pool->done, pool->n);
    }
    for (unsigned i = 0; i < pool->n; i++)
        json_array_append_new(results, pool->members[i].result);
    g_free(pool->members);
    g_free(pool);
    return results;
}

/* ---- the class as a whole ---- */

static void add_double(json_t *result, const json_t *other)
{
    g_autofree char *message =
        g_strdup_printf(_("says it is of the same student as %s"), class_text(other, "submission"));

    json_array_append_new(
        json_object_get(result, "findings"),
        json_pack("{s:s, s:s, s:n}", "kind", "same-student", "message", message, "where"));
}

void class_mind(json_t *results)
{
    g_autoptr(GHashTable) first = g_hash_table_new(g_str_hash, g_str_equal);

    for (size_t i = 0; i < json_array_size(results); i++) {
        json_t *result = json_array_get(results, i);
        json_t *other = g_hash_table_lookup(first, class_text(result, "student"));

        if (other == NULL) {
            g_hash_table_insert(first, (gpointer)class_text(result, "student"), result);
            continue;
        }
        add_double(result, other);
        add_double(other, result);
    }
}
