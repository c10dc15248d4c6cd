/*
 * The runs of an exercise with a student's network, and what the checks make of them. A run in
 * which a command failed is repeated, watched by a log: the second time it is the same, and the log
 * tells where things went wrong.
 */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/grade_internal.h"
#include "lab/step_log.h"

enum { TOLD_COMMANDS_MAX = 12 };

void grade_message(struct grade_part *part, const char *format, ...)
{
    va_list args;
    g_autofree char *text = NULL, *old = part->message;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    part->message = old != NULL ? g_strconcat(old, "\n", text, NULL) : g_strdup(text);
}

void grade_node(struct grade_part *part, const char *node)
{
    g_free(part->node);
    part->node = g_strdup(node);
}

struct one_run {
    struct grade *grade;
    uint32_t index;
    struct scenario *scenario;
    GHashTable *by_id;   /* `as` -> part index + 1 */
    GPtrArray *expected; /* of the EXPECT parts, their index */
    GArray *failed;      /* of struct failed_command */
    GArray *doubted;     /* of struct grade_reach */
};

struct failed_command {
    uint32_t entry, part;
    sim_time time;
};

/* ---- which parts are in this run ---- */

static void gather(struct one_run *one)
{
    const GPtrArray *parts = one->grade->instance->parts;

    for (guint i = 0; i < parts->len; i++) {
        const struct task_part *part = parts->pdata[i];

        if (part->run != one->index)
            continue;
        if (part->kind == PART_COMMAND)
            g_hash_table_insert(one->by_id, (gpointer)part->id, GUINT_TO_POINTER(i + 1));
        if (part->kind == PART_EXPECT)
            g_ptr_array_add(one->expected, GUINT_TO_POINTER(i));
    }
}

static bool is_needed(const struct grade *grade, uint32_t run)
{
    for (guint i = 0; i < grade->instance->parts->len; i++) {
        const struct task_part *part = grade->instance->parts->pdata[i];

        if (part->run == run && (part->kind == PART_COMMAND || part->kind == PART_EXPECT ||
                                 part->kind == PART_INVARIANT))
            return true;
        if (part->kind == PART_STATE && run == 0 && grade->commands->len > 0)
            return true;
    }
    return false;
}

/* ---- what came out ---- */

/* What is expected of the network may say how to mend it: where the check has words of its own,
 * they are enough until it is due. */
static void tell_outcome(const struct one_run *one, uint32_t index, const char *expected,
                         const struct expect_result *result)
{
    const struct task_part *task_part = one->grade->instance->parts->pdata[index];
    const struct task_check *check = &one->grade->instance->checks[task_part->check];
    struct grade_part *part = &one->grade->parts[index];
    bool own_words = check->fail.any != NULL || check->fail.zh != NULL || check->fail.en != NULL;

    if (task_part->kind == PART_COMMAND || !own_words || grade_is_due(one->grade))
        grade_message(part, _("expected: %s"), expected);
    grade_message(part, _("seen: %s"), result->seen != NULL ? result->seen : "");
    part->frame = result->frame;
    part->time = result->time;
}

/* Whether the address that a ping of a `reach` is for is the pinger's own: nothing else is reached
 * then. */
static bool pings_itself(const struct run *run, uint32_t node, const struct run_command *command)
{
    const char *word = command != NULL ? strrchr(command->line, ' ') : NULL;
    ip4_addr addr;

    return word != NULL && ip4_parse(word + 1, &addr) &&
           ip_is_local(&network_os(run->network, node)->ip, addr);
}

/* A ping of a `reach` that got answers, where more than one node has the address: whose they were
 * is found out when all commands are known. */
static bool is_doubtful(struct one_run *one, const struct run *run, uint32_t part,
                        const struct scenario_entry *entry, const struct run_command *command)
{
    struct grade_reach reach = { .part = part, .from = entry->node, .to = entry->to.node };
    const char *word = command != NULL ? strrchr(command->line, ' ') : NULL;

    if (reach.to == TOPO_NOWHERE || word == NULL || !ip4_parse(word + 1, &reach.addr) ||
        !grade_has_twin(run, reach.to, reach.addr))
        return false;
    reach.begin = command->started;
    reach.end = command->ended;
    g_array_append_val(one->doubted, reach);
    return true;
}

static void settle_doubt(struct one_run *one, const struct grade_reach *reach)
{
    const struct task_part *part = one->grade->instance->parts->pdata[reach->part];
    const struct topo_node *nodes = one->scenario->topology->nodes;
    struct grade_part *out = &one->grade->parts[reach->part];
    char text[IP4_TEXT_MAX];

    out->good = (reach->by == reach->to) != part->negate;
    if (out->good)
        return;
    grade_node(out, nodes[reach->from].name);
    if (part->negate)
        grade_message(out, "%s", _("it should not get an answer, but it did"));
    else if (reach->by == TOPO_NOWHERE)
        grade_message(out, _("the answers did not come from %s"), nodes[reach->to].name);
    else
        grade_message(out, _("%s has the address %s, too, and answered in the place of %s"),
                      nodes[reach->by].name, ip4_format(reach->addr, text), nodes[reach->to].name);
}

static void settle_doubts(struct one_run *one)
{
    if (one->doubted->len == 0)
        return;
    grade_find_answerers(one->scenario, one->doubted);
    for (guint i = 0; i < one->doubted->len; i++)
        settle_doubt(one, &g_array_index(one->doubted, struct grade_reach, i));
}

static void take_command(struct one_run *one, const struct run *run,
                         const struct expect_result *result)
{
    const struct scenario_entry *entry = &one->scenario->timeline[result->entry];
    gpointer found = entry->id != NULL ? g_hash_table_lookup(one->by_id, entry->id) : NULL;
    const struct run_command *command = run->by_entry[result->entry];
    uint32_t index = GPOINTER_TO_UINT(found) - 1;
    g_autofree char *expected = NULL;
    const struct task_part *part;
    struct grade_part *out;
    struct failed_command failed = { result->entry, index, result->time };
    bool itself;

    if (found == NULL)
        return; /* an expectation of the exercise's own timeline */
    part = one->grade->instance->parts->pdata[index];
    out = &one->grade->parts[index];
    out->all = 1;
    itself = part->reach && result->ok && pings_itself(run, entry->node, command);
    if (part->reach && result->ok && !itself && is_doubtful(one, run, index, entry, command))
        return;
    out->good = (result->ok && !itself) != part->negate;
    if (out->good)
        return;
    grade_node(out, one->scenario->topology->nodes[entry->node].name);
    grade_message(out, _("tried: %s$ %s"), out->node,
                  command != NULL ? command->line : entry->run.text);
    if (part->negate) {
        grade_message(out, "%s", _("it should not get an answer, but it did"));
        return;
    }
    if (itself) {
        grade_message(out, _("%s has that address itself: the ping never left it"), out->node);
        return;
    }
    expected = expect_command_words(&entry->result);
    tell_outcome(one, index, expected, result);
    if (command != NULL)
        g_array_append_val(one->failed, failed);
}

/* Whose doing the expectation is about. */
static void take_place(struct one_run *one, uint32_t index, const struct scenario_expect *e)
{
    uint32_t node = e->node;

    if (node == TOPO_NOWHERE && e->n_sees > 0)
        node = e->sees[0].by != TOPO_NOWHERE ? e->sees[0].by : e->sees[0].place.node;
    if (node != TOPO_NOWHERE)
        grade_node(&one->grade->parts[index], one->scenario->topology->nodes[node].name);
}

static void take_results(struct one_run *one, const struct run *run, struct expect *expect)
{
    const GPtrArray *results = expect_results(expect);

    for (guint i = 0; i < results->len; i++) {
        const struct expect_result *result = results->pdata[i];

        if (result->entry != TOPO_NOWHERE) {
            take_command(one, run, result);
        } else if (result->expect < one->expected->len) {
            uint32_t index = GPOINTER_TO_UINT(one->expected->pdata[result->expect]);

            one->grade->parts[index].all = 1;
            one->grade->parts[index].good = result->ok;
            if (result->ok)
                continue;
            tell_outcome(one, index, result->expected, result);
            take_place(one, index, &one->scenario->expects[result->expect]);
        }
    }
}

static void take_storm(const struct run *run, struct grade_part *result)
{
    result->good = !run->out_of_budget;
    if (result->good)
        return;
    result->time = sim_now(run->network->sim);
    grade_message(result, _("a storm: %" PRIu64 " events, and no end; look for a loop"),
                  run->spent);
}

static bool names(const struct ynode *list, const char *word)
{
    for (uint32_t i = 0; i < list_len(list); i++)
        if (list_item(list, i)->kind == YNODE_TEXT && strcmp(list_item(list, i)->text, word) == 0)
            return true;
    return false;
}

static void take_invariants(struct one_run *one, const struct run *run)
{
    const GPtrArray *parts = one->grade->instance->parts;

    for (guint i = 0; i < parts->len; i++) {
        const struct task_part *part = parts->pdata[i];
        struct grade_part *result = &one->grade->parts[i];
        const struct ynode *what;

        if (part->kind != PART_INVARIANT || part->run != one->index)
            continue;
        what = ynode_get(part->node, "invariant");
        result->all = result->good = 1;
        if (names(what, "no-storm"))
            take_storm(run, result);
        if (result->good && names(what, "no-duplicate-address"))
            grade_duplicates(run, result);
    }
}

/* A run that was cut short, unless a storm is what the checks want to see. */
static void take_limit(struct one_run *one, const struct run *run)
{
    g_autofree char *message = NULL;

    if (!run->out_of_budget || expect_storm_expected(one->scenario))
        return;
    one->grade->limited = true;
    message = g_strdup_printf(
        _("the run was stopped after %" PRIu64 " events: a loop, or a command without an end"),
        run->spent);
    submission_find(one->grade->submission, one->grade->task, "storm", TEXT_POS(0, 0), message);
}

/* ---- once more, with a log ---- */

static int by_time(gconstpointer a, gconstpointer b)
{
    const struct failed_command *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->entry > y->entry) - (x->entry < y->entry);
}

/* Of a check with many pairs one is told in full. */
static bool is_worth_telling(const struct one_run *one, guint place)
{
    const struct failed_command *failed = &g_array_index(one->failed, struct failed_command, place);
    const struct task_part *part = one->grade->instance->parts->pdata[failed->part];

    for (guint i = 0; i < place; i++) {
        const struct failed_command *other = &g_array_index(one->failed, struct failed_command, i);

        if (((const struct task_part *)one->grade->instance->parts->pdata[other->part])->check ==
            part->check)
            return false;
    }
    return place < TOLD_COMMANDS_MAX;
}

static void tell_failures(struct one_run *one, struct run *run, const struct step_log *log)
{
    run_start(run);
    for (guint i = 0; i < one->failed->len; i++) {
        const struct failed_command *failed = &g_array_index(one->failed, struct failed_command, i);
        const struct run_command *command;

        if (!is_worth_telling(one, i))
            continue;
        while (failed->time != SIM_TIME_NONE && sim_next(run->network->sim) <= failed->time &&
               run->spent < run->budget)
            if (!run_slice(run, 1))
                break;
        command = run->by_entry[failed->entry];
        if (command != NULL)
            grade_tell(run, log, command, &one->grade->parts[failed->part]);
    }
}

static void run_again(struct one_run *one)
{
    struct run_options options = { .has_seed = false };
    struct diag_list *diags = diag_list_new();
    struct run *run = run_new(one->scenario, &options, diags);
    struct step_log *log;

    g_array_sort(one->failed, by_time);
    if (run != NULL) {
        log = step_log_new(run->network->sim);
        tell_failures(one, run, log);
        step_log_free(log);
        run_free(run);
    }
    diag_list_free(diags);
}

/* ---- a run ---- */

/* The checks cannot look at this network: something they name is not there any more. */
static void fail_all(struct one_run *one, const struct diag_list *diags)
{
    const GPtrArray *parts = one->grade->instance->parts;
    const struct diag *d = diags->items->len > 0 ? diags->items->pdata[0] : NULL;

    for (guint i = 0; i < parts->len; i++) {
        const struct task_part *part = parts->pdata[i];

        if (part->run != one->index || part->kind == PART_STATE || part->kind == PART_UNCHANGED ||
            part->kind == PART_LOG || part->kind == PART_ANSWER)
            continue;
        one->grade->parts[i].all = 1;
        grade_message(&one->grade->parts[i], _("this cannot be looked at in your network: %s"),
                      d != NULL ? d->message : "");
    }
}

static void play(struct one_run *one, struct diag_list *diags)
{
    struct run_options options = { .has_seed = false };
    struct run *run = run_new(one->scenario, &options, diags);
    struct expect *expect = run != NULL ? expect_new(run, diags) : NULL;

    if (expect == NULL) {
        fail_all(one, diags);
    } else {
        run_all(run);
        take_results(one, run, expect);
        settle_doubts(one);
        take_invariants(one, run);
        take_limit(one, run);
        if (one->index == 0)
            grade_take_live(one->grade, run);
        expect_free(expect);
    }
    if (run != NULL)
        run_free(run);
    if (one->failed->len > 0)
        run_again(one);
}

static void grade_run(struct grade *grade, uint32_t index)
{
    struct one_run one = { .grade = grade, .index = index };
    struct diag_list *diags = diag_list_new();

    one.by_id = g_hash_table_new(g_str_hash, g_str_equal);
    one.expected = g_ptr_array_new();
    one.failed = g_array_new(FALSE, FALSE, sizeof(struct failed_command));
    one.doubted = g_array_new(FALSE, FALSE, sizeof(struct grade_reach));
    gather(&one);
    one.scenario = task_scenario(grade->instance, index, &grade->net, grade->commands, diags);
    if (one.scenario == NULL)
        fail_all(&one, diags);
    else
        play(&one, diags);
    scenario_free(one.scenario);
    g_hash_table_destroy(one.by_id);
    g_ptr_array_unref(one.expected);
    g_array_free(one.failed, TRUE);
    g_array_free(one.doubted, TRUE);
    diag_list_free(diags);
}

void grade_runs(struct grade *grade)
{
    for (uint32_t i = 0; i < grade->instance->runs->len; i++)
        if (is_needed(grade, i))
            grade_run(grade, i);
}
