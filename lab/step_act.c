/*
 * Acting: what the user does becomes an entry of the timeline at the present moment, so that the
 * altered run can be repeated, walked backwards and written down as a scenario.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/json_out.h"
#include "inspect/render.h"
#include "lab/format.h"
#include "lab/step_session.h"
#include "lab/step_words.h"

/* The first moment at which nothing has happened yet. */
static sim_time act_time(const struct step *step)
{
    const struct step_position *at = &step->here->at;

    return at->now > at->event_at ? at->now : at->now + 1;
}

static void put_time(GString *out, sim_time time)
{
    gsize end;

    render_moment(out, time, 12);
    for (end = out->len; out->str[end - 1] == '0'; end--)
        continue;
    g_string_truncate(out, out->str[end - 1] == '.' ? end - 1 : end);
    g_string_append_c(out, 's');
}

/* `NODE$ command` */
static char *command_entry(const char *line)
{
    const char *dollar = strchr(line, '$');
    GString *out;

    if (dollar == NULL || strcspn(line, " \t$") != (size_t)(dollar - line))
        return NULL;
    out = g_string_new("host: ");
    {
        g_autofree char *host = g_strndup(line, (gsize)(dollar - line));

        json_out_string(out, host);
    }
    g_string_append(out, ", run: ");
    json_out_string(out, step_rest(dollar + 1, 0));
    return g_string_free(out, FALSE);
}

static char *set_entry(const char *what, const char *name, const char *key, const char *value)
{
    GString *out = g_string_new(what);

    g_string_append(out, ": ");
    json_out_string(out, name);
    g_string_append_printf(out, ", set: {%s: ", key);
    json_out_string(out, value);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

static const struct {
    const char *word;
    const char *what, *key, *value; /* value NULL: the command's third word, and key the second */
    unsigned n_words;
} ACTS[] = {
    { "pull", "link", "state", "down", 2 },      { "plug", "link", "state", "up", 2 },
    { "down", "interface", "state", "down", 2 }, { "up", "interface", "state", "up", 2 },
    { "off", "node", "power", "off", 2 },        { "on", "node", "power", "on", 2 },
    { "link", "link", NULL, NULL, 4 },
};

static char *act_entry(char **words, const char *line)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ACTS); i++)
        if (strcmp(words[0], ACTS[i].word) == 0 && g_strv_length(words) == ACTS[i].n_words)
            return set_entry(ACTS[i].what, words[1], ACTS[i].key != NULL ? ACTS[i].key : words[2],
                             ACTS[i].value != NULL ? ACTS[i].value : words[3]);
    return command_entry(line);
}

/* ---- branches ---- */

static struct step_branch *branch_off(struct step *step, sim_time at)
{
    struct step_branch *branch = g_new0(struct step_branch, 1);

    branch->id = step->branches->len;
    branch->parent = step->branch->id;
    branch->last = branch->farthest = step->here->at;
    branch->acts = g_ptr_array_new();
    for (guint i = 0; i < step->branch->acts->len; i++) {
        struct step_act *act = step->branch->acts->pdata[i];

        if (act->at < at)
            g_ptr_array_add(branch->acts, act);
    }
    g_ptr_array_add(step->branches, branch);
    return branch;
}

/* The user goes on with a branch of their own unless it has a future already, which stays as it is.
 */
static void choose_branch(struct step *step, sim_time at)
{
    const struct step_branch *branch = step->branch;
    bool has_future = branch->farthest.events > step->here->at.events ||
                      branch->farthest.now > step->here->at.now;

    if (branch->id == 0 || has_future)
        step->branch = branch_off(step, at);
}

static enum step_answer perform(struct step *step, struct step_act *act, GString *out)
{
    struct step_message request = { .type = STEP_RUN, .goal = step_goal_none() }, answer;
    struct step_point *twin = step_twin(step, step->here); /* it is told of the act */
    struct step_position before = step->here->at;
    g_autofree char *told = g_strdup_printf("told %" PRIu64, before.events);
    g_autoptr(GString) text = g_string_new(NULL);

    request.goal.act = true;
    request.goal.time = act->at; /* never beyond it */
    if (twin == NULL || !step_ask(step, twin, &request, "", &answer, NULL))
        return STEP_BROKEN;
    step_settle(step, twin);
    step->before = before;
    step_look_at(step, twin, told, text);
    g_string_append(out, text->str);
    return STEP_OK;
}

/* Is the entry right? A twin that is thrown away tries. */
static bool is_right(struct step *step, const char *entry, GString *out)
{
    struct step_message request = { .type = STEP_ACT }, answer;
    g_autoptr(GString) problem = g_string_new(NULL);
    struct step_point *twin = step_twin(step, step->here);

    if (twin == NULL || !step_ask(step, twin, &request, entry, &answer, problem))
        return false;
    step_point_drop(step, twin);
    if (problem->len > 0)
        g_string_append_printf(out, "%s\n", problem->str);
    return problem->len == 0;
}

static enum step_answer do_act(struct step *step, const char *entry, const char *line, GString *out)
{
    sim_time at = act_time(step);
    g_autoptr(GString) full = g_string_new("{at: ");
    struct step_act *act;

    put_time(full, at);
    g_string_append_printf(full, ", %s}", entry);
    if (!is_right(step, full->str, out))
        return step->broken ? STEP_BROKEN : STEP_WRONG;
    choose_branch(step, at);
    act = g_new(struct step_act, 1);
    *act = (struct step_act){ at, g_strdup(full->str), g_strdup(line) };
    g_ptr_array_add(step->acts, act);
    g_ptr_array_add(step->branch->acts, act);
    return perform(step, act, out);
}

static void tell_branch(const struct step *step, const struct step_branch *branch, GString *out)
{
    g_autoptr(GString) at = g_string_new(NULL);

    render_moment(at, branch->last.now, 6);
    g_string_append_printf(out, "%s%u  ", branch == step->branch ? "* " : "  ", branch->id);
    if (branch->id == 0)
        g_string_append_printf(out, _("as the file has it, last seen at %s\n"), at->str);
    else
        g_string_append_printf(out, _("from %u, last seen at %s\n"), branch->parent, at->str);
    for (guint i = 0; i < branch->acts->len; i++) {
        const struct step_act *act = branch->acts->pdata[i];
        g_autoptr(GString) time = g_string_new(NULL);

        render_moment(time, act->at, 6);
        g_string_append_printf(out, "     %11s  %s\n", time->str, act->words);
    }
}

/* branch N: go on there where it was left. */
static enum step_answer do_branch(struct step *step, const char *word, GString *out)
{
    struct step_branch *old = step->branch;
    guint64 id;

    if (word == NULL || !step_number(word, &id) || id >= step->branches->len) {
        g_string_append_printf(
            out, "%s\n",
            _("to which branch? `branches` lists them, `branch 0` is the file's own run"));
        return STEP_WRONG;
    }
    step->branch = step->branches->pdata[id];
    if (step_go(step, &step->branch->last))
        return STEP_OK;
    step->branch = old;
    return STEP_BROKEN;
}

/* ---- save ---- */

struct place {   /* of the timeline's end in the file */
    size_t line; /* insert before this line, from 0 */
    unsigned indent;
};

static bool is_content(const char *line)
{
    line += strspn(line, " ");
    return *line != '\0' && *line != '#';
}

/* The last line of the block list under `timeline:`; false where it is not one. */
static bool find_timeline(char **lines, struct place *place)
{
    size_t at = 0, n = g_strv_length(lines);

    while (at < n && !g_str_has_prefix(lines[at], "timeline:"))
        at++;
    if (at == n || is_content(lines[at] + strlen("timeline:")))
        return false;
    for (place->line = ++at; at < n; at++) {
        if (!is_content(lines[at]))
            continue;
        if (lines[at][0] != ' ' && lines[at][0] != '-')
            break;
        if (lines[at][strspn(lines[at], " ")] == '-' && place->line <= at && place->indent == 0)
            place->indent = (unsigned)strspn(lines[at], " ");
        place->line = at + 1;
    }
    return true;
}

/* In another folder the topology is found by its whole path. */
static char *topology_line(const struct step *step, const char *line, const char *file)
{
    g_autofree char *from = g_path_get_dirname(step->scenario->file),
                    *to = g_path_get_dirname(file);
    g_autofree char *old = g_canonicalize_filename(from, NULL),
                    *new = g_canonicalize_filename(to, NULL);
    g_autofree char *path = g_canonicalize_filename(step->scenario->topology_file, NULL);
    GString *out;

    if (!g_str_has_prefix(line, "topology:") || strcmp(old, new) == 0)
        return g_strdup(line);
    out = g_string_new("topology: ");
    json_out_string(out, path);
    return g_string_free(out, FALSE);
}

static char *with_acts(const struct step *step, const char *text, const char *file, bool *found)
{
    g_autofree char *whole = g_strconcat(text, g_str_has_suffix(text, "\n") ? "" : "\n", NULL);
    g_auto(GStrv) lines = g_strsplit(whole, "\n", -1);
    struct place place = { .line = 0 };
    GString *out = g_string_new(NULL);

    *found = find_timeline(lines, &place);
    for (size_t i = 0; lines[i] != NULL; i++) {
        g_autofree char *line = topology_line(step, lines[i], file);

        if (*found && i == place.line)
            for (guint j = 0; j < step->branch->acts->len; j++)
                g_string_append_printf(
                    out, "%*s- %s\n", (int)place.indent, "",
                    ((const struct step_act *)step->branch->acts->pdata[j])->entry);
        g_string_append_printf(out, "%s%s", line, lines[i + 1] != NULL ? "\n" : "");
    }
    return g_string_free(out, FALSE);
}

/* @text with a timeline that entries can be added to. */
static char *spread_timeline(const struct step *step, const char *text)
{
    struct diag_list *diags = diag_list_new();
    char *canonical = format_text(step->scenario->file, text, strlen(text), diags);

    diag_list_free(diags);
    if (canonical == NULL)
        canonical = g_strdup(text);
    if (step->scenario->n_timeline == 0) { /* none, or an empty one */
        g_auto(GStrv) parts = g_strsplit(canonical, "\ntimeline: []\n", 2);

        g_free(canonical);
        canonical = g_strconcat(parts[0], parts[1] != NULL ? "\n" : "",
                                parts[1] != NULL ? parts[1] : "", "timeline:\n", NULL);
    }
    return canonical;
}

static bool is_good_scenario(const char *file, const char *text, GString *out)
{
    struct diag_list *diags = diag_list_new();
    struct scenario *scenario = scenario_parse(file, text, strlen(text), NULL, diags);

    if (scenario == NULL) {
        g_autofree char *errors = diag_list_render(diags);

        g_string_append(out, errors);
    }
    diag_list_free(diags);
    scenario_free(scenario);
    return scenario != NULL;
}

/* save FILE: the file's own text, with what the user did behind its timeline. */
static enum step_answer do_save(struct step *step, const char *file, GString *out)
{
    g_autofree char *text = NULL, *altered = NULL;
    g_autoptr(GError) error = NULL;
    bool found;

    if (file == NULL) {
        g_string_append_printf(out, "%s\n", _("save as what? `save NAME.walk.yaml`"));
        return STEP_WRONG;
    }
    if (!g_file_get_contents(step->scenario->file, &text, NULL, &error)) {
        g_string_append_printf(out, "%s\n", error->message);
        return STEP_WRONG;
    }
    altered = with_acts(step, text, file, &found);
    if (!found) { /* no list with a line for each entry: in the canonical form it is one */
        g_autofree char *spread = spread_timeline(step, text);

        g_free(altered);
        altered = with_acts(step, spread, file, &found);
    }
    if (!found) {
        g_string_append_printf(
            out, "%s\n",
            _("only a timeline with a line for each entry can be added to: `wirewalk fmt` "
              "makes it so"));
        return STEP_WRONG;
    }
    if (!is_good_scenario(file, altered, out))
        return STEP_WRONG;
    if (!g_file_set_contents(file, altered, -1, &error)) {
        g_string_append_printf(out, "%s\n", error->message);
        return STEP_WRONG;
    }
    g_string_append_printf(out, _("%s has the run of branch %u: `wirewalk run %s` repeats it\n"),
                           file, step->branch->id, file);
    return STEP_OK;
}

enum step_answer step_do_act(struct step *step, char **words, const char *line, GString *out,
                             bool *known)
{
    g_autofree char *entry = NULL;

    *known = true;
    if (strcmp(words[0], "branches") == 0) {
        for (guint i = 0; i < step->branches->len; i++)
            tell_branch(step, step->branches->pdata[i], out);
        return STEP_OK;
    }
    if (strcmp(words[0], "branch") == 0)
        return do_branch(step, words[1], out);
    if (strcmp(words[0], "save") == 0)
        return do_save(step, words[1], out);
    if (step_is_fault(words[0])) {
        enum step_answer answer = STEP_WRONG;

        entry = step_read_fault(step, words, line, out);
        if (entry != NULL)
            answer = do_act(step, entry, line, out);
        if (answer == STEP_OK)
            g_string_append_printf(out, "%s\n", _("it meets the next such frame"));
        return answer;
    }
    if (strchr(words[0], '$') != NULL && *step_rest(strchr(line, '$') + 1, 0) == '\0') {
        g_string_append_printf(out, "%s\n", _("which command? `pc1$ ping -c 1 10.0.0.2`"));
        return STEP_WRONG;
    }
    entry = act_entry(words, line);
    *known = entry != NULL;
    return entry != NULL ? do_act(step, entry, line, out) : STEP_WRONG;
}
