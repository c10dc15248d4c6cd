#include "cli/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "inspect/i18n.h"
#include "inspect/json_out.h"
#include "inspect/render.h"

unsigned verdict_failed(const GPtrArray *results)
{
    unsigned n = 0;

    for (guint i = 0; i < results->len; i++)
        n += !((const struct expect_result *)results->pdata[i])->ok;
    return n;
}

/* ---- text ---- */

static void show_block(const char *title, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    printf("    %s%s\n", title, lines[0] != NULL ? lines[0] : "");
    for (size_t i = 1; lines[0] != NULL && lines[i] != NULL; i++)
        printf("        %s\n", lines[i]);
}

static void show_where(const struct expect_result *result)
{
    g_autoptr(GString) at = g_string_new(NULL);

    if (result->time == SIM_TIME_NONE)
        return;
    render_moment(at, result->time, 6);
    if (result->frame != 0)
        printf(_("    when:     %s s, frame %" PRIu64 "\n"), at->str, result->frame);
    else
        printf(_("    when:     %s s\n"), at->str);
}

static void show_result(const struct run *run, const struct expect_result *result, bool colour)
{
    const char *file = run->scenario->file;

    if (result->ok) {
        printf("%s%s%s  %s\n", colour ? "\033[32m" : "", _("ok    "), colour ? "\033[0m" : "",
               result->expected);
        return;
    }
    printf("%s%s%s  %s:%u:%u\n", colour ? "\033[31m" : "", _("FAILED"), colour ? "\033[0m" : "",
           file, result->at.line, result->at.column);
    show_block(_("expected: "), result->expected);
    show_block(_("seen:     "), result->seen);
    show_where(result);
}

void verdict_show(const struct run *run, const GPtrArray *results, bool quiet)
{
    unsigned failed = verdict_failed(results);

    if (results->len == 0)
        return;
    if (!quiet)
        printf("\n%s\n", _("What was expected:"));
    for (guint i = 0; i < results->len; i++) {
        const struct expect_result *result = results->pdata[i];

        if (!quiet || !result->ok)
            show_result(run, result, cli_colour());
    }
    if (failed == 0 && !quiet)
        printf(NN_("%u expectation, and it was met\n", "%u expectations, all met\n", results->len),
               results->len);
    else if (failed > 0)
        printf(NN_("%u of %u expectation was not met\n", "%u of %u expectations were not met\n",
                   results->len),
               failed, results->len);
}

/* ---- JSON ---- */

static void json_text(GString *out, const char *key, const char *text)
{
    json_out_key(out, key);
    if (text != NULL)
        json_out_string(out, text);
    else
        g_string_append(out, "null");
}

static void json_number(GString *out, const char *key, uint64_t value)
{
    json_out_key(out, key);
    g_string_append_printf(out, "%" PRIu64, value);
}

static void json_time(GString *out, const char *key, sim_time time)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (time != SIM_TIME_NONE)
        render_moment(text, time, 12);
    json_text(out, key, time != SIM_TIME_NONE ? text->str : NULL);
}

static void json_result(GString *out, const struct run *run, const struct expect_result *result)
{
    g_string_append_c(out, '{');
    json_out_key(out, "ok");
    g_string_append(out, result->ok ? "true" : "false");
    json_text(out, "file", run->scenario->file);
    json_number(out, "line", result->at.line);
    json_number(out, "column", result->at.column);
    json_text(out, "expected", result->expected);
    if (!result->ok) {
        json_text(out, "seen", result->seen);
        json_time(out, "t", result->time);
        if (result->frame != 0)
            json_number(out, "frame", result->frame);
    }
    g_string_append_c(out, '}');
}

static void json_command(GString *out, const struct run *run, const struct run_command *command)
{
    const struct scenario_entry *entry = &run->scenario->timeline[command->entry];

    g_string_append_c(out, '{');
    json_time(out, "at", command->started);
    json_text(out, "node", run->scenario->topology->nodes[entry->node].name);
    json_text(out, "run", entry->run.text);
    json_text(out, "as", entry->id);
    json_time(out, "ended", command->ended);
    json_out_key(out, "exit");
    if (command->ended != SIM_TIME_NONE)
        g_string_append_printf(out, "%d", command->exit_status);
    else
        g_string_append(out, "null");
    json_text(out, "output", command->output->str);
    g_string_append_c(out, '}');
}

void verdict_json(const struct run *run, const GPtrArray *results, uint64_t n_frames,
                  const char *hash)
{
    g_autoptr(GString) out = g_string_new("{");

    json_text(out, "file", run->scenario->file);
    json_out_key(out, "ok");
    g_string_append(out, verdict_failed(results) == 0 ? "true" : "false");
    json_number(out, "seed", run->network->sim->seed);
    json_time(out, "end", sim_now(run->network->sim));
    json_number(out, "frames", n_frames);
    json_number(out, "events", run->spent);
    json_out_key(out, "out_of_budget");
    g_string_append(out, run->out_of_budget ? "true" : "false");
    json_out_key(out, "expectations");
    g_string_append_c(out, '[');
    for (guint i = 0; i < results->len; i++) {
        g_string_append(out, i > 0 ? "," : "");
        json_result(out, run, results->pdata[i]);
    }
    g_string_append_c(out, ']');
    json_out_key(out, "commands");
    g_string_append_c(out, '[');
    for (guint i = 0; i < run->commands->len; i++) {
        g_string_append(out, i > 0 ? "," : "");
        json_command(out, run, run->commands->pdata[i]);
    }
    g_string_append_c(out, ']');
    json_text(out, "run_hash", hash);
    g_string_append(out, "}\n");
    fputs(out->str, stdout);
}
