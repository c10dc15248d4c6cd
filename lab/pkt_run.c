#include "lab/pkt_run.h"

#include <stdarg.h>
#include <string.h>

#include "inspect/i18n.h"
#include "lab/pkt_internal.h"
#include "lab/pkt_setup.h"

#define CALL_PATIENCE (2000 * PKT_NSEC_PER_SEC) /* for a call that blocks though nobody said so */
#define FILE_MAX_LEN  (4u << 20)

/* ---- verdicts ---- */

static void set_reason(struct pkt_run *run, enum pkt_verdict_kind kind, char *reason)
{
    if (run->verdict->reason != NULL) { /* the first one counts */
        g_free(reason);
        return;
    }
    run->verdict->kind = kind;
    run->verdict->line = run->event != NULL ? run->event->line : 0;
    run->verdict->reason = reason;
}

bool pkt_fail(struct pkt_run *run, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_reason(run, PKT_FAIL, g_strdup_vprintf(format, args));
    va_end(args);
    return false;
}

bool pkt_refuse(struct pkt_run *run, const char *what)
{
    set_reason(run, PKT_REFUSED, g_strdup_printf(_("wirewalk does not have this: %s"), what));
    return false;
}

void pkt_tell(struct pkt_run *run, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list args;

    if (run->options->told == NULL)
        return;
    va_start(args, format);
    line = g_strdup_vprintf(format, args);
    va_end(args);
    run->options->told(run->options->told_ctx, line);
}

/* ---- time ---- */

int64_t pkt_now(const struct pkt_run *run)
{
    return run->host->ops->now(run->host) - run->start;
}

/* The call that waits has returned. */
static bool take_answer(struct pkt_run *run)
{
    const struct pkt_event *event = run->blocked, *current = run->event;
    bool ok;

    if (event == NULL || !run->host->ops->answered(run->host, &run->answer))
        return true;
    run->blocked = NULL;
    run->event = event;
    run->answer.at -= run->start;
    ok = pkt_check_answer(run, event, &run->answer);
    if (ok && run->blocked_end != PKT_NEVER &&
        (run->answer.at < run->blocked_end - run->tolerance ||
         run->answer.at > run->blocked_end + run->tolerance))
        ok = pkt_fail(run, _("%s() returned at %.6f s; the script expects %.6f s"),
                      event->call.name, (double)run->answer.at / PKT_NSEC_PER_SEC,
                      (double)run->blocked_end / PKT_NSEC_PER_SEC);
    run->event = current;
    return ok;
}

bool pkt_advance(struct pkt_run *run, int64_t until)
{
    run->host->ops->run(run->host, run->start + until);
    pkt_collect(run);
    return take_answer(run) && pkt_awaited_due(run, false);
}

bool pkt_settle(struct pkt_run *run)
{
    run->host->ops->settle(run->host);
    pkt_collect(run);
    return take_answer(run);
}

static bool wait_until(struct pkt_run *run, int64_t at)
{
    while (pkt_now(run) < at)
        if (!pkt_advance(run, at))
            return false;
    return true;
}

/* ---- calls ---- */

/* A call without an end time goes on until it returns. */
static bool wait_for_answer(struct pkt_run *run)
{
    int64_t until = pkt_now(run) + CALL_PATIENCE;

    while (run->blocked != NULL && pkt_now(run) < until)
        if (!pkt_advance(run, until))
            return false;
    return run->blocked == NULL || pkt_fail(run, _("%s() never returns"), run->blocked->call.name);
}

static bool do_call(struct pkt_run *run)
{
    const struct pkt_syscall *call = &run->event->call;
    const struct pkt_event *event = run->event, *waiting = run->blocked;
    int64_t waiting_end = run->blocked_end;
    int64_t base = event->time.kind == PKT_ABSOLUTE ? 0 : run->event_base;

    if (waiting != NULL && call->blocks)
        return pkt_refuse(run, _("two calls that wait at the same time"));
    if (!pkt_do_call(run))
        return false;
    if (waiting != NULL) { /* its own answer is there already */
        if (!run->host->ops->answered(run->host, &run->answer))
            return pkt_fail(run, _("%s() does not return"), call->name);
        run->answer.at -= run->start;
        if (!pkt_check_answer(run, event, &run->answer))
            return false;
        run->blocked = waiting;
        run->blocked_end = waiting_end;
        return pkt_settle(run);
    }
    run->blocked = event;
    run->blocked_end = call->blocks ? base + call->end_at : PKT_NEVER;
    if (!take_answer(run) || !pkt_settle(run))
        return false;
    return call->blocks || wait_for_answer(run);
}

/* ---- events ---- */

static bool do_event(struct pkt_run *run, int64_t lo, int64_t hi)
{
    const struct pkt_event *event = run->event;

    if (event->kind == PKT_EXPECT)
        return pkt_expect_packet(run, lo, hi);
    if (event->time.kind != PKT_ANY_TIME && !wait_until(run, lo))
        return false;
    switch (event->kind) {
    case PKT_SEND:
        return pkt_send_packet(run, &event->packet);
    case PKT_SYSCALL:
        return do_call(run);
    case PKT_COMMAND:
        return pkt_do_command(run, event->text);
    default:
        return pkt_do_code(run, event->text);
    }
}

static bool next_event(struct pkt_run *run)
{
    const struct pkt_time *time = &run->event->time;
    int64_t base = time->kind == PKT_RELATIVE ? run->event_base : 0;

    if (time->kind == PKT_ANY_TIME)
        return do_event(run, INT64_MIN, PKT_NEVER);
    return do_event(run, base + time->at, base + time->until);
}

/* A call still waits, pure ACKs are still awaited: time goes on for them. */
static bool finish(struct pkt_run *run)
{
    int64_t until = pkt_now(run);

    if (!pkt_expect_nothing_more(run))
        return false;
    if (run->blocked != NULL)
        until = run->blocked_end == PKT_NEVER ? until : run->blocked_end + run->tolerance;
    for (guint i = 0; i < run->awaited->len; i++) {
        const struct pkt_awaited *awaited = &g_array_index(run->awaited, struct pkt_awaited, i);

        if (awaited->hi != PKT_NEVER)
            until = MAX(until, awaited->hi);
    }
    if (!wait_until(run, until) || !pkt_awaited_due(run, true))
        return false;
    if (run->blocked == NULL)
        return true;
    run->event = run->blocked;
    return pkt_fail(run, _("%s() has not returned when the script ends"), run->event->call.name);
}

static bool run_events(struct pkt_run *run)
{
    for (guint i = 0; i < run->script->events->len; i++) {
        run->event = run->script->events->pdata[i];
        if (!next_event(run))
            return false;
        run->event_base = pkt_now(run);
    }
    return finish(run);
}

/* ---- the whole ---- */

static void free_queue(GQueue *queue)
{
    for (struct pkt_got *got = g_queue_pop_head(queue); got != NULL; got = g_queue_pop_head(queue))
        g_free(got);
}

static void run_script(struct pkt_run *run)
{
    struct pkt_fault fault = { 0 };

    run->host = (run->options->host_new != NULL ? run->options->host_new
                                                : pkt_sim_new)(&run->config, &fault);
    if (run->host == NULL) {
        run->verdict->kind = fault.refused ? PKT_REFUSED : PKT_UNREADABLE;
        run->verdict->reason = fault.text;
        return;
    }
    run->fds = g_hash_table_new(g_direct_hash, g_direct_equal);
    run->variables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    run->files =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    run->conns = g_ptr_array_new_with_free_func(g_free);
    run->awaited = g_array_new(FALSE, FALSE, sizeof(struct pkt_awaited));
    run->info_fd = run->connect_fd = -1;
    run->next_remote = PKT_FIRST_REMOTE;
    run->start = run->host->ops->now(run->host);
    if (run_events(run))
        run->verdict->kind = PKT_PASS;
    free_queue(&run->got);
    free_queue(&run->early);
    g_hash_table_unref(run->fds);
    g_hash_table_unref(run->variables);
    g_hash_table_unref(run->files);
    g_ptr_array_unref(run->conns);
    g_array_free(run->awaited, TRUE);
    run->host->ops->free(run->host);
}

static void take_fault(struct pkt_verdict *verdict, struct pkt_fault *fault)
{
    verdict->kind = fault->refused ? PKT_REFUSED : PKT_UNREADABLE;
    verdict->line = fault->line;
    verdict->reason = fault->text;
}

void pkt_run_text(const char *path, const char *text, gsize len, const struct pkt_options *options,
                  struct pkt_verdict *verdict)
{
    struct pkt_fault fault = { 0 };
    struct pkt_script *script = pkt_script_parse(path, text, len, options->defines, &fault);
    struct pkt_run run = { .script = script, .options = options, .verdict = verdict };

    memset(verdict, 0, sizeof *verdict);
    verdict->kind = PKT_FAIL;
    if (script == NULL) {
        take_fault(verdict, &fault);
        return;
    }
    run.folder = g_path_get_dirname(path);
    if (pkt_configure(script, options, &run.config, &run.tolerance, &fault))
        run_script(&run);
    else
        take_fault(verdict, &fault);
    g_free(run.folder);
    pkt_script_free(script);
}

void pkt_run_file(const char *path, const struct pkt_options *options, struct pkt_verdict *verdict)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, &error)) {
        memset(verdict, 0, sizeof *verdict);
        verdict->kind = PKT_UNREADABLE;
        verdict->reason = g_strdup(error->message);
        return;
    }
    if (len > FILE_MAX_LEN) {
        memset(verdict, 0, sizeof *verdict);
        verdict->kind = PKT_UNREADABLE;
        verdict->reason = g_strdup(_("the file is longer than 4 MiB"));
        return;
    }
    pkt_run_text(path, text, len, options, verdict);
}

void pkt_verdict_clear(struct pkt_verdict *verdict)
{
    g_free(verdict->reason);
    g_free(verdict->detail);
    memset(verdict, 0, sizeof *verdict);
}

const char *pkt_verdict_name(enum pkt_verdict_kind kind)
{
    static const char *const names[] = { "pass", "fail", "refused", "unreadable" };

    return names[kind];
}
