#include "lab/step.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/step_session.h"
#include "lab/step_words.h"

enum { CHAIN_PARTS_MAX = 20 };

/* ---- why, across moments ---- */

static bool has_passed(struct step *step, struct step_point *point, const char *id)
{
    g_autofree char *line = g_strdup_printf("passed %s", id);
    g_autoptr(GString) answer = g_string_new(NULL);

    return step_look_at(step, point, line, answer) && strcmp(answer->str, "yes") == 0;
}

static bool is_earlier(const struct step_position *at, const void *limit)
{
    return at->events < *(const uint64_t *)limit;
}

/* A process at the moment of record @id, which the logs have forgotten; NULL: it left no record. */
static struct step_point *moment_of(struct step *step, const char *id)
{
    struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, done;
    uint64_t limit = step->here->at.events;
    struct step_point *point = step_newest(step, is_earlier, &limit), *twin;
    g_autofree char *stop = g_strdup_printf("record %s", id);

    while (point != NULL && has_passed(step, point, id)) {
        limit = point->at.events;
        point = step_newest(step, is_earlier, &limit);
    }
    twin = point != NULL ? step_twin(step, point) : NULL;
    if (twin == NULL)
        return NULL;
    request.goal.events = step->here->at.events;
    if (step_ask(step, twin, &request, stop, &done, NULL) && done.reason == STEP_AT_STOP)
        return twin;
    step_point_drop(step, twin);
    return NULL;
}

/* An answer of `why` may begin with "before ID": the chain goes on there, beyond the log. */
static bool is_continued(const GString *part, char **id)
{
    const char *end = strchr(part->str, '\n');

    if (!g_str_has_prefix(part->str, "before ") || end == NULL)
        return false;
    *id = g_strndup(part->str + strlen("before "), (gsize)(end - part->str) - strlen("before "));
    return true;
}

static enum step_answer do_why(struct step *step, const char *line, GString *out)
{
    g_autofree char *look = g_strdup(line);
    struct step_point *point = step->here;
    bool ok = true, more = true;

    for (int i = 0; ok && more && i < CHAIN_PARTS_MAX; i++) {
        g_autoptr(GString) part = g_string_new(NULL);
        g_autofree char *id = NULL;

        ok = step_look_at(step, point, look, part);
        if (point != step->here)
            step_point_drop(step, point);
        more = ok && is_continued(part, &id);
        if (!ok)
            g_string_append_c(part, '\n');
        g_string_prepend(out, more ? strchr(part->str, '\n') + 1 : part->str);
        if (!more)
            break;
        point = moment_of(step, id);
        more = point != NULL;
        g_free(look);
        look = g_strdup_printf("why @%s", id);
    }
    return ok ? STEP_OK : STEP_WRONG;
}

/* ---- ladder ---- */

static bool always(const struct step_position *at, const void *limit)
{
    (void)limit;
    return at->events == 0;
}

/* It has to watch from the beginning: a twin of the start draws it. */
static enum step_answer do_ladder(struct step *step, const char *line, GString *out)
{
    struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, done;
    struct step_point *twin = step_twin(step, step_newest(step, always, NULL));
    g_autoptr(GString) text = g_string_new(NULL);
    bool ok;

    if (twin == NULL)
        return STEP_BROKEN;
    request.goal.events = step->here->at.events;
    ok = step_look_at(step, twin, line, text) && step_ask(step, twin, &request, "", &done, NULL) &&
         step_look_at(step, twin, "ladder", text);
    step_point_drop(step, twin);
    g_string_append_printf(out, ok ? "%s" : "%s\n", text->str);
    return ok ? STEP_OK : STEP_WRONG;
}

/* ---- commands ---- */

static const char *const LOOK_WORDS[] = { "show",  "hex",  "map",     "tables", "sockets", "timers",
                                          "queue", "arp",  "mac",     "nat",    "route",   "dns",
                                          "lease", "addr", "outputs", "hash",   NULL };
static const char *const BREAK_WORDS[] = { "break", "watch", "info", "delete", NULL };

static enum step_answer do_look(struct step *step, const char *line, GString *out)
{
    g_autoptr(GString) text = g_string_new(NULL);
    bool ok = step_look_at(step, step->here, line, text);

    g_string_append_printf(out, ok ? "%s" : "%s\n", text->str);
    return ok ? STEP_OK : STEP_WRONG;
}

static enum step_answer do_why_not(struct step *step, const char *line, GString *out)
{
    g_autofree char *look = g_strdup_printf("whynot %s", step_rest(line, 2));

    return do_look(step, look, out);
}

static enum step_answer do_act(struct step *step, char **words, const char *line, GString *out)
{
    bool known;
    enum step_answer answer = step_do_act(step, words, line, out, &known);

    if (!known)
        step_usage(words[0], out);
    return answer;
}

/* The command under its full name, with its words as typed. */
static enum step_answer dispatch(struct step *step, char **words, const char *line, GString *out)
{
    const char *word = words[0];

    if (words[1] != NULL && step_takes_nothing(word)) {
        g_string_append_printf(out, _("\"%s\" is one word too many\n"), words[1]);
        return STEP_WRONG;
    }
    if (strcmp(word, "quit") == 0 || strcmp(word, "exit") == 0)
        return STEP_QUIT;
    if (strcmp(word, "help") == 0)
        return step_help(words[1], out);
    if (step_is_move(word))
        return step_do_move(step, words, line, out);
    if (strcmp(word, "find") == 0 || strcmp(word, "rfind") == 0)
        return step_do_find(step, words, line, out);
    if (strcmp(word, "filter") == 0)
        return step_do_filter(step, words, line, out);
    if (strcmp(word, "frames") == 0)
        return step_do_frames(step, words, line, out);
    if (g_strv_contains(BREAK_WORDS, word))
        return step_do_break(step, words, line, out);
    if (strcmp(word, "why") == 0)
        return words[1] != NULL && strcmp(words[1], "not") == 0 ? do_why_not(step, line, out)
                                                                : do_why(step, line, out);
    if (strcmp(word, "diff") == 0)
        return step_do_diff(step, out);
    if (strcmp(word, "tcp") == 0)
        return step_do_tcp(step, words, out);
    if (strcmp(word, "ladder") == 0 && words[1] != NULL && words[2] != NULL)
        return do_ladder(step, line, out);
    if (g_strv_contains(LOOK_WORDS, word) || strcmp(word, "ladder") == 0)
        return do_look(step, line, out);
    return do_act(step, words, line, out);
}

static enum step_answer unknown(const char *word, const char *near, GString *out)
{
    if (near != NULL)
        g_string_append_printf(out, _("there is no command \"%s\"; did you mean \"%s\"?\n"), word,
                               near);
    else
        g_string_append_printf(
            out,
            _("there is no command \"%s\": `help` lists them, `pc1$ COMMAND` runs one on pc1\n"),
            word);
    return STEP_WRONG;
}

static bool is_host_command(const char *line)
{
    const char *dollar = strchr(line, '$');

    return dollar != NULL && strcspn(line, " \t$") == (size_t)(dollar - line) && dollar > line;
}

static enum step_answer do_line(struct step *step, const char *line, GString *out)
{
    g_auto(GStrv) words = step_words(line);
    g_autofree char *full = NULL;
    const char *name, *near = NULL;
    bool known;

    if (words[0] == NULL || words[0][0] == '#')
        return STEP_OK;
    if (is_host_command(line))
        return step_do_act(step, words, line, out, &known);
    name = step_full_name(words[0], &near);
    if (name == NULL)
        return unknown(words[0], near, out);
    full = g_strdup_printf("%s %s", name, step_rest(line, 1));
    g_free(words[0]);
    words[0] = g_strdup(name);
    return dispatch(step, words, g_strchomp(full), out);
}

enum step_answer step_command(struct step *step, const char *line, GString *out)
{
    enum step_answer answer;

    step->interrupted = 0;
    answer = do_line(step, step_rest(line, 0), out);
    return step->broken ? STEP_BROKEN : answer;
}

char *step_prompt(const struct step *step)
{
    g_autoptr(GString) at = g_string_new(NULL);
    GString *prompt = g_string_new(NULL);

    render_moment(at, step->here->at.now, 6);
    g_string_append_printf(prompt, "%s #%" PRIu64, at->str, step->here->at.frames);
    if (step->branch->id != 0)
        g_string_append_printf(prompt, _(" branch %u"), step->branch->id);
    g_string_append(prompt, "> ");
    return g_string_free(prompt, FALSE);
}

void step_interrupt(struct step *step)
{
    step->interrupted = 1;
}

/* ---- life ---- */

static void branch_free(gpointer data)
{
    struct step_branch *branch = data;

    g_ptr_array_unref(branch->acts);
    g_free(branch);
}

static void act_free(gpointer data)
{
    struct step_act *act = data;

    g_free(act->entry);
    g_free(act->words);
    g_free(act);
}

static void break_free(gpointer data)
{
    struct step_break *each = data;

    g_free(each->spec);
    g_free(each);
}

struct step *step_new(const struct scenario *scenario, const struct step_worker_options *options,
                      char **error)
{
    struct step *step = g_new0(struct step, 1);

    step->scenario = scenario;
    step->acts = g_ptr_array_new_with_free_func(act_free);
    step->branches = g_ptr_array_new_with_free_func(branch_free);
    step->breaks = g_ptr_array_new_with_free_func(break_free);
    step->next_break = 1;
    step->branch = g_new0(struct step_branch, 1);
    step->branch->acts = g_ptr_array_new();
    g_ptr_array_add(step->branches, step->branch);
    if (step_points_begin(step, options, error)) {
        step->before = step->here->at;
        return step;
    }
    step_free(step);
    return NULL;
}

void step_free(struct step *step)
{
    step_points_end(step);
    g_free(step->sought);
    g_free(step->filter);
    g_ptr_array_unref(step->breaks);
    g_ptr_array_unref(step->branches);
    g_ptr_array_unref(step->acts);
    g_free(step);
}
