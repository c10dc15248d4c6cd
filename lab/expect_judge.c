/* From what was gathered to the results. */
#include "lab/expect_internal.h"

#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"

enum { OUTPUT_SHOWN = 600 }; /* octets of a command's output in a message */

static void tell_sighting(GString *out, const struct sighting *sighting)
{
    g_autoptr(GString) at = g_string_new(NULL);

    words_moment(at, sighting->at);
    g_string_append_printf(out, _("frame %" PRIu64 " (%s, %s"), sighting->frame, at->str,
                           sighting->node->name);
    g_string_append_printf(out, "%s%s%s", sighting->what != NULL ? _(": ") : "",
                           sighting->what != NULL ? sighting->what : "", _(")"));
}

static void show_at(struct expect_result *result, const struct sighting *sighting)
{
    result->frame = sighting->frame;
    result->time = sighting->at;
}

/* What came nearest to a frame that was not seen. */
static void tell_similar(GString *out, const struct see_state *see)
{
    if (see->similar.frame == 0) {
        g_string_append(out, _("; no frame of the run fits the filter"));
        return;
    }
    g_string_append(out, _("; what fits the filter but not the rest: "));
    tell_sighting(out, &see->similar);
}

/* ---- frames ---- */

static void judge_order(const struct expect_state *state, const struct scenario *scenario,
                        struct expect_result *result)
{
    const struct scenario_expect *e = state->e;
    GString *out;

    if (state->step == e->n_sees) {
        result->ok = true;
        return;
    }
    out = g_string_new(NULL);
    if (state->step > 0) {
        g_string_append_printf(out, _("after step %u, "), state->step);
        tell_sighting(out, &state->steps[state->step - 1]);
        g_string_append_printf(out, _(", step %u did not come: "), state->step + 1);
        show_at(result, &state->steps[state->step - 1]);
    } else {
        g_string_append(out, _("not even the first step came: "));
    }
    words_see(out, scenario, &e->sees[state->step]);
    if (state->sees[state->step].n > 0) {
        g_string_append(out, _("; it was seen before that, the last time as "));
        tell_sighting(out, &state->sees[state->step].last);
        show_at(result, &state->sees[state->step].last);
    } else {
        tell_similar(out, &state->sees[state->step]);
    }
    result->seen = g_string_free(out, FALSE);
}

static void judge_number(const struct expect_state *state, struct expect_result *result)
{
    const struct see_state *see = &state->sees[0];
    GString *out;

    result->ok = see->n >= state->e->min && see->n <= state->e->max;
    if (result->ok)
        return;
    out = g_string_new(NULL);
    if (state->e->kind == SCENARIO_NEVER) {
        g_string_append_printf(
            out,
            NN_("it was seen %" PRIu64 " time: ", "it was seen %" PRIu64 " times, first: ", see->n),
            see->n);
        tell_sighting(out, &see->first);
        show_at(result, &see->first);
    } else if (see->n > state->e->max) {
        g_string_append_printf(out,
                               NN_("%" PRIu64 " time; the first too many: ",
                                   "%" PRIu64 " times; the first too many: ", see->n),
                               see->n);
        tell_sighting(out, &see->over);
        show_at(result, &see->over);
    } else if (see->n > 0) {
        g_string_append_printf(
            out,
            NN_("only %" PRIu64 " time; the last: ", "only %" PRIu64 " times; the last: ", see->n),
            see->n);
        tell_sighting(out, &see->last);
        show_at(result, &see->last);
    } else {
        g_string_append(out, _("it was not seen"));
        tell_similar(out, see);
        if (see->similar.frame != 0)
            show_at(result, &see->similar);
    }
    result->seen = g_string_free(out, FALSE);
}

static void judge_drop(const struct expect_state *state, struct expect_result *result)
{
    GString *out;

    result->ok = state->n >= state->e->min && state->n <= state->e->max;
    if (result->ok)
        return;
    out = g_string_new(NULL);
    g_string_append_printf(out, NN_("%" PRIu64 " such drop", "%" PRIu64 " such drops", state->n),
                           state->n);
    if (state->n > 0) {
        g_autoptr(GString) at = g_string_new(NULL);

        words_moment(at, state->first_drop.at);
        g_string_append_printf(out, _("; the first at %s by %s"), at->str,
                               state->first_drop.node->name);
        show_at(result, &state->first_drop);
    }
    result->seen = g_string_free(out, FALSE);
}

static void judge_storm(const struct expect *expect, const struct expect_state *state,
                        struct expect_result *result)
{
    g_autoptr(GString) at = g_string_new(NULL);
    sim_time now = sim_now(expect->run->network->sim);

    result->ok = state->e->storm == expect->run->out_of_budget;
    if (result->ok)
        return;
    words_moment(at, now);
    result->frame = expect->n_frames;
    result->time = now;
    result->seen = g_strdup_printf(
        state->e->storm ? _("the run ended by itself at %s, after %" PRIu64 " events")
                        : _("the event budget was spent at %s, after %" PRIu64 " events"),
        at->str, expect->run->spent);
}

/* ---- commands ---- */

static void add_line(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add_line(GString *out, const char *format, ...)
{
    va_list args;

    if (out->len > 0)
        g_string_append_c(out, '\n');
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
}

/* All of a short output, the end of a long one. */
static void add_output(GString *out, const char *title, const char *text)
{
    const char *from = text;
    size_t len = strlen(text);

    if (len == 0) {
        add_line(out, _("%s: nothing"), title);
        return;
    }
    if (len > OUTPUT_SHOWN) {
        from = text + len - OUTPUT_SHOWN;
        while (((unsigned char)*from & 0xc0) == 0x80)
            from++;
    }
    add_line(out, _("%s:\n%s%s"), title, from != text ? "..." : "", from);
    while (out->len > 0 && out->str[out->len - 1] == '\n')
        g_string_truncate(out, out->len - 1);
}

static bool all_there(GString *out, const struct scenario_text *texts, uint32_t n,
                      const char *printed)
{
    bool ok = true;

    for (uint32_t i = 0; i < n; i++) {
        if (strstr(printed, texts[i].text) != NULL)
            continue;
        add_line(out, _("\"%s\" was not printed"), texts[i].text);
        ok = false;
    }
    return ok;
}

static bool none_there(GString *out, const struct scenario_text *texts, uint32_t n,
                       const char *printed)
{
    bool ok = true;

    for (uint32_t i = 0; i < n; i++) {
        if (strstr(printed, texts[i].text) == NULL)
            continue;
        add_line(out, _("\"%s\" was printed"), texts[i].text);
        ok = false;
    }
    return ok;
}

static void check_end(GString *out, const struct run_command *command,
                      const struct scenario_result *want)
{
    g_autoptr(GString) time = g_string_new(NULL);

    if (command->ended == SIM_TIME_NONE) {
        if (want->has_exit || want->within != SIM_TIME_NONE)
            add_line(out, "%s", _("it was still running at the end of the run"));
        return;
    }
    if (want->has_exit && command->exit_status != want->exit)
        add_line(out, _("exit status %d"), command->exit_status);
    if (want->within != SIM_TIME_NONE && command->ended - command->started > want->within) {
        render_duration(time, command->ended - command->started);
        add_line(out, _("it took %s"), time->str);
    }
}

static void judge_command(const struct expect *expect, uint32_t entry,
                          const struct scenario_result *want, struct expect_result *result)
{
    const struct run_command *command = expect->run->by_entry[entry];
    const char *printed, *complained;
    GString *out = g_string_new(NULL);
    bool said, said_error;

    if (command == NULL) {
        result->seen = g_strdup(_("the run ended before it started"));
        g_string_free(out, TRUE);
        return;
    }
    printed = run_command_out(command);
    complained = run_command_err(command);
    said = all_there(out, want->stdout_has, want->n_stdout, printed);
    said &= none_there(out, want->stdout_not, want->n_not_stdout, printed);
    said_error = all_there(out, want->stderr_has, want->n_stderr, complained);
    said_error &= none_there(out, want->stderr_not, want->n_not_stderr, complained);
    check_end(out, command, want);
    result->ok = out->len == 0;
    if (!result->ok) {
        if (!said || said_error)
            add_output(out, _("it printed"), printed);
        if (!said_error || *complained != '\0')
            add_output(out, _("on stderr"), complained);
        result->seen = g_strdup(out->str);
        result->frame = expect->ends[entry].frame;
        result->time = command->ended;
        if (command->ended == SIM_TIME_NONE) {
            result->frame = expect->n_frames;
            result->time = sim_now(expect->run->network->sim);
        }
    }
    g_string_free(out, TRUE);
}

/* ---- all of them ---- */

static struct expect_result *new_result(struct expect *expect, struct text_pos at, char *expected)
{
    struct expect_result *result = g_new0(struct expect_result, 1);

    result->entry = result->expect = TOPO_NOWHERE;
    result->at = at;
    result->expected = expected;
    result->time = SIM_TIME_NONE;
    g_ptr_array_add(expect->results, result);
    return result;
}

static void judge_state(struct expect *expect, struct expect_state *state)
{
    const struct scenario *scenario = expect->run->scenario;
    struct expect_result *result =
        new_result(expect, state->e->at, words_expected(scenario, state->e));

    result->expect = (uint32_t)(state - expect->states);
    switch (state->e->kind) {
    case SCENARIO_ORDER:
        judge_order(state, scenario, result);
        break;
    case SCENARIO_SEE:
    case SCENARIO_NEVER:
    case SCENARIO_COUNT:
        judge_number(state, result);
        break;
    case SCENARIO_HOPS:
        hops_judge(state->hops, scenario, result);
        break;
    case SCENARIO_TABLE:
        if (state->e->time == SIM_TIME_NONE && expect->run->network->ranks == NULL)
            table_look(state);
        table_judge(state, result);
        break;
    case SCENARIO_COMMAND:
        judge_command(expect, state->e->entry, &state->e->result, result);
        break;
    case SCENARIO_DROP:
        judge_drop(state, result);
        break;
    case SCENARIO_STORM:
        judge_storm(expect, state, result);
        break;
    }
}

void expect_judge(struct expect *expect)
{
    const struct scenario *scenario = expect->run->scenario;

    for (uint32_t i = 0; i < scenario->n_timeline; i++) {
        const struct scenario_entry *entry = &scenario->timeline[i];

        struct expect_result *result;

        if (!entry->has_result)
            continue;
        result = new_result(expect, entry->result.at, words_command(scenario, i, &entry->result));
        result->entry = i;
        judge_command(expect, i, &entry->result, result);
    }
    for (uint32_t i = 0; i < expect->n_states; i++)
        judge_state(expect, &expect->states[i]);
}
