/* Expectations in the user's language. What qualifies a frame stands in brackets behind it, in any
 * order a language likes. */
#include "lab/expect_internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/drop.h"
#include "inspect/i18n.h"
#include "inspect/render.h"

void words_moment(GString *out, sim_time at)
{
    render_moment(out, at, 6);
    g_string_append(out, " s");
}

static void qualify(GString *out, const char *word, const char *value)
{
    g_string_append_printf(out, "%s%s %s", out->len == 0 ? "" : _(", "), word, value);
}

static void qualify_time(GString *out, const char *word, sim_time time)
{
    g_autoptr(GString) text = g_string_new(NULL);

    words_moment(text, time);
    qualify(out, word, text->str);
}

static const char *node_name(const struct scenario *scenario, uint32_t node)
{
    return scenario->topology->nodes[node].name;
}

static char *place_name(const struct scenario *scenario, const struct scenario_place *place)
{
    const struct topo_node *node = &scenario->topology->nodes[place->node];

    if (place->iface == TOPO_NOWHERE)
        return g_strdup(node->name);
    return g_strdup_printf("%s:%s", node->name, node->ifaces[place->iface].name);
}

void words_see(GString *out, const struct scenario *scenario, const struct scenario_see *see)
{
    g_autoptr(GString) more = g_string_new(NULL);

    if (see->by != TOPO_NOWHERE)
        qualify(more, _("by"), node_name(scenario, see->by));
    if (see->subject.text != NULL)
        qualify(more, _("for"), see->subject.text);
    if (see->place.node != TOPO_NOWHERE) {
        g_autofree char *place = place_name(scenario, &see->place);

        qualify(more, _("at"), place);
    }
    if (see->after > 0)
        qualify_time(more, _("after"), see->after);
    if (see->before != SIM_TIME_NONE)
        qualify_time(more, _("before"), see->before);
    if (see->filter.text != NULL)
        g_string_append_printf(out, "`%s`", see->filter.text);
    if (more->len > 0)
        g_string_append_printf(out, _(" (%s)"), more->str);
}

void words_times(GString *out, uint64_t min, uint64_t max)
{
    if (min == max)
        g_string_append_printf(
            out, NN_("exactly %" PRIu64 " time", "exactly %" PRIu64 " times", min), min);
    else if (max == UINT64_MAX)
        g_string_append_printf(
            out, NN_("at least %" PRIu64 " time", "at least %" PRIu64 " times", min), min);
    else if (min == 0)
        g_string_append_printf(
            out, NN_("at most %" PRIu64 " time", "at most %" PRIu64 " times", max), max);
    else
        g_string_append_printf(out, _("%" PRIu64 " to %" PRIu64 " times"), min, max);
}

static void words_order(GString *out, const struct scenario *scenario,
                        const struct scenario_expect *e)
{
    g_string_append(out, _("in this order: "));
    for (uint32_t i = 0; i < e->n_sees; i++) {
        g_string_append(out, i > 0 ? _(", then ") : "");
        words_see(out, scenario, &e->sees[i]);
    }
}

static void words_hops(GString *out, const struct scenario *scenario,
                       const struct scenario_expect *e)
{
    static const char *const rules[] = {
        N_("%s of the frames of `%s` stays the same on the whole way"),
        N_("%s of the frames of `%s` changes at every router, and only there"),
        N_("%s of the frames of `%s` falls by 1 at every router, and only there")
    };
    const char *id = scenario->timeline[e->entry].id;

    /* The sentences have the same arguments, but a compiler cannot see that. */
    g_auto(GStrv) parts = g_strsplit(_(rules[e->rule]), "%s", 3);

    g_string_append_printf(out, "%s%s%s%s%s", parts[0], e->field.text, parts[1], id, parts[2]);
}

static void words_row(GString *out, const struct scenario_row *row)
{
    for (uint32_t i = 0; i < row->n_cells; i++)
        g_string_append_printf(out, "%s%s %s", i > 0 ? _(", ") : "", row->cells[i].column,
                               row->cells[i].value);
}

static void words_table(GString *out, const struct scenario *scenario,
                        const struct scenario_expect *e)
{
    static const char *const names[] = { "arp", "route", "fdb", "addr", "tcp",
                                         "udp", "nat",   "dns", "dhcp", "link" };
    g_autoptr(GString) moment = g_string_new(NULL);

    if (e->time != SIM_TIME_NONE)
        words_moment(moment, e->time);
    else
        g_string_append(moment, _("the end"));
    g_string_append_printf(out, _("table %s of %s at %s"), names[e->table],
                           node_name(scenario, e->node), moment->str);
    for (uint32_t i = 0; i < e->n_has; i++) {
        g_string_append(out, i > 0 ? _("; has ") : _(" has "));
        words_row(out, &e->has[i]);
    }
    for (uint32_t i = 0; i < e->n_has_not; i++) {
        g_string_append(out, e->n_has + i > 0 ? _("; has no row with ") : _(" has no row with "));
        words_row(out, &e->has_not[i]);
    }
    if (e->has_rows)
        g_string_append_printf(out,
                               NN_("%s has %" PRIu64 " row", "%s has %" PRIu64 " rows", e->rows),
                               e->n_has + e->n_has_not > 0 ? ";" : "", e->rows);
}

static void words_drop(GString *out, const struct scenario *scenario,
                       const struct scenario_expect *e)
{
    g_string_append_printf(out, _("drops for the reason %s"), drop_name((enum drop_reason)e->drop));
    if (e->node != TOPO_NOWHERE && e->sees[0].place.node == TOPO_NOWHERE)
        g_string_append_printf(out, _(" by %s"), node_name(scenario, e->node));
    words_see(out, scenario, &e->sees[0]);
    g_string_append_c(out, ' ');
    words_times(out, e->min, e->max);
}

/* Most commands have none: nothing is translated for them. */
static void words_texts(GString *out, const char *before, const struct scenario_text *texts,
                        uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        g_string_append_printf(out, "%s%s \"%s\"", out->len > 0 ? _(", ") : "", _(before),
                               texts[i].text);
}

char *expect_command_words(const struct scenario_result *result)
{
    GString *what = g_string_new(NULL);

    if (result->has_exit)
        g_string_append_printf(what, _("exit status %d"), result->exit);
    words_texts(what, N_("prints"), result->stdout_has, result->n_stdout);
    words_texts(what, N_("does not print"), result->stdout_not, result->n_not_stdout);
    words_texts(what, N_("prints on stderr"), result->stderr_has, result->n_stderr);
    words_texts(what, N_("does not print on stderr"), result->stderr_not, result->n_not_stderr);
    if (result->within != SIM_TIME_NONE) {
        g_autoptr(GString) time = g_string_new(NULL);

        render_duration(time, result->within);
        g_string_append_printf(what, _("%sends within %s"), what->len > 0 ? _(", ") : "",
                               time->str);
    }
    return g_string_free(what, FALSE);
}

char *words_command(const struct scenario *scenario, uint32_t entry,
                    const struct scenario_result *result)
{
    const struct scenario_entry *command = &scenario->timeline[entry];
    g_autofree char *what = expect_command_words(result);

    return g_strdup_printf(_("%s$ %s: %s"), node_name(scenario, command->node), command->run.text,
                           what);
}

char *words_expected(const struct scenario *scenario, const struct scenario_expect *e)
{
    GString *out = g_string_new(NULL);

    switch (e->kind) {
    case SCENARIO_ORDER:
        words_order(out, scenario, e);
        break;
    case SCENARIO_NEVER:
        g_string_append(out, _("never "));
        words_see(out, scenario, &e->sees[0]);
        break;
    case SCENARIO_SEE:
    case SCENARIO_COUNT:
        words_see(out, scenario, &e->sees[0]);
        g_string_append_c(out, ' ');
        words_times(out, e->min, e->max);
        break;
    case SCENARIO_HOPS:
        words_hops(out, scenario, e);
        break;
    case SCENARIO_TABLE:
        words_table(out, scenario, e);
        break;
    case SCENARIO_COMMAND:
        g_string_free(out, TRUE);
        return words_command(scenario, e->entry, &e->result);
    case SCENARIO_DROP:
        words_drop(out, scenario, e);
        break;
    case SCENARIO_STORM:
        g_string_append(out, e->storm ? _("a storm: the event budget is spent before the end")
                                      : _("no storm: the event budget lasts to the end"));
        break;
    }
    return g_string_free(out, FALSE);
}
