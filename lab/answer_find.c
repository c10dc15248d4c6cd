/*
 * The answers, found in a run. Questions about frames and tables become expectations of a scenario
 * that nobody judges; for the fields of frames the run is repeated, now that it is known which
 * frames are meant.
 */
#include <inttypes.h>
#include <string.h>

#include "base/list.h"
#include "base/text.h"
#include "inspect/dissect.h"
#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/answer.h"
#include "lab/expect.h"
#include "sim/sim.h"

enum { FRAME_MAX = 65536 + 18 };

struct finding {
    struct answer_set *set;
    const struct net_tree *net;
    const GPtrArray *truths;
    struct arena arena;
    struct ynode *expects;
};

static const struct ynode *value_of(const struct answer_truth *truth, const char *key)
{
    return truth->source->kind == YNODE_MAP ? ynode_get(truth->source, key) : NULL;
}

/* ---- what is to be looked at ---- */

static void copy_keys(struct finding *finding, struct ynode *to, const struct ynode *from,
                      const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (ynode_get(from, *keys) != NULL)
            tree_put(&finding->arena, to, *keys,
                     tree_copy(&finding->arena, ynode_get(from, *keys)));
}

static void add_expect(struct finding *finding, struct answer_truth *truth, struct ynode *expect)
{
    if (truth->n++ == 0)
        truth->first = finding->expects->n;
    tree_append(&finding->arena, finding->expects, expect);
}

static void add_sight(struct finding *finding, struct answer_truth *truth, const char *kind,
                      const struct ynode *filter, const struct ynode *from, const char *at)
{
    static const char *const keys[] = { "by", "at", "for", "after", "before", NULL };
    struct ynode *expect = tree_map(&finding->arena, filter->at);

    copy_keys(finding, expect, from, keys);
    tree_put(&finding->arena, expect, kind, tree_copy(&finding->arena, filter));
    tree_put(&finding->arena, expect, "min", tree_text(&finding->arena, filter->at, "0"));
    if (at != NULL)
        tree_put(&finding->arena, expect, "at", tree_text(&finding->arena, filter->at, at));
    add_expect(finding, truth, expect);
}

static void add_table(struct finding *finding, struct answer_truth *truth,
                      const struct ynode *table, const struct ynode *when)
{
    static const char *const keys[] = { "node", "has", NULL };
    struct ynode *expect = tree_map(&finding->arena, truth->source->at);

    copy_keys(finding, expect, truth->source, keys);
    tree_put(&finding->arena, expect, "table", tree_copy(&finding->arena, table));
    if (when != NULL)
        tree_put(&finding->arena, expect, "at", tree_copy(&finding->arena, when));
    if (ynode_get(expect, "has") == NULL)
        tree_put(&finding->arena, expect, "rows", tree_text(&finding->arena, table->at, "0"));
    add_expect(finding, truth, expect);
}

static void add_nodes(struct finding *finding, struct answer_truth *truth,
                      const struct ynode *filter)
{
    struct net_tree net = *finding->net;
    const struct ynode *nodes = net_tree_nodes(&net);

    for (uint32_t i = 0; i < nodes->n; i++)
        add_sight(finding, truth, "count", filter, truth->source, ynode_key(nodes, i)->text);
}

static void add_truth(struct finding *finding, struct answer_truth *truth)
{
    const struct ynode *what;

    if ((what = value_of(truth, "field")) != NULL)
        add_sight(finding, truth, "see", value_of(truth, "see"), truth->source, NULL);
    else if ((what = value_of(truth, "time-of")) != NULL)
        add_sight(finding, truth, "see", what, truth->source, NULL);
    else if ((what = value_of(truth, "count")) != NULL)
        add_sight(finding, truth, "count", what, truth->source, NULL);
    else if ((what = value_of(truth, "nodes")) != NULL)
        add_nodes(finding, truth, what);
    else if ((what = value_of(truth, "order")) != NULL)
        for (uint32_t i = 0; i < list_len(what); i++)
            add_sight(finding, truth, "see", ynode_get(list_item(what, i), "see"),
                      list_item(what, i), NULL);
    else if (value_of(truth, "cell") != NULL)
        add_table(finding, truth, value_of(truth, "table"), value_of(truth, "at"));
    else if ((what = value_of(truth, "rows")) != NULL)
        add_table(finding, truth, what, value_of(truth, "at"));
    else if (value_of(truth, "changed") != NULL) {
        add_table(finding, truth, value_of(truth, "table"), value_of(truth, "from"));
        add_table(finding, truth, value_of(truth, "table"), value_of(truth, "to"));
    }
}

/* ---- what is found ---- */

static void know(struct answer_truth *truth, char *value)
{
    g_ptr_array_add(truth->values, value);
    truth->known = true;
}

static void find_time(struct answer_truth *truth, const struct expect_sighting *sighting)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (sighting->frame == 0)
        return;
    render_moment(text, sighting->at, 9);
    know(truth, g_strdup(text->str));
}

static void find_nodes(struct finding *finding, struct answer_truth *truth,
                       const struct expect *expect)
{
    struct net_tree net = *finding->net;
    const struct ynode *nodes = net_tree_nodes(&net), *by = value_of(truth, "by");

    truth->known = true;
    for (uint32_t i = 0; i < truth->n; i++) {
        struct expect_sighting sighting;
        const char *name = ynode_key(nodes, i)->text;

        expect_seen(expect, truth->first + i, &sighting);
        if (sighting.n > 0 && (by == NULL || strcmp(by->text, name) != 0))
            g_ptr_array_add(truth->values, g_strdup(name));
    }
}

struct card {
    uint32_t index;
    uint64_t frame;
};

static int by_frame(const void *a, const void *b)
{
    const struct card *x = a, *y = b;

    if (x->frame != y->frame)
        return x->frame < y->frame ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static void find_order(struct finding *finding, struct answer_truth *truth,
                       const struct expect *expect)
{
    const struct task_instance *instance = finding->set->instance;
    const struct task_part *part = instance->parts->pdata[truth->part];
    const struct ynode *cards = value_of(truth, "order");
    g_autofree struct card *sorted = g_new0(struct card, truth->n + 1);

    for (uint32_t i = 0; i < truth->n; i++) {
        struct expect_sighting sighting;

        expect_seen(expect, truth->first + i, &sighting);
        if (sighting.frame == 0)
            return; /* it never happens: there is no order */
        sorted[i] = (struct card){ i, sighting.frame };
    }
    qsort(sorted, truth->n, sizeof *sorted, by_frame);
    for (uint32_t i = 0; i < truth->n; i++) {
        const struct ynode *id = ynode_get(list_item(cards, sorted[i].index), "id");
        char letter =
            answer_letter(instance, instance->checks[part->check].id, truth->n, sorted[i].index);

        know(truth, g_strdup_printf("%c", letter));
        g_ptr_array_add(truth->others,
                        g_strdup(id != NULL && id->kind == YNODE_TEXT ? id->text : ""));
    }
}

static bool has_text(const GPtrArray *texts, const char *text)
{
    for (guint i = 0; i < texts->len; i++)
        if (strcmp(texts->pdata[i], text) == 0)
            return true;
    return false;
}

/* The values of @column in rows of @now whose whole line was not in @before. */
static void take_new(struct expect *expect, uint32_t now, uint32_t before, const char *column,
                     struct answer_truth *truth)
{
    g_autoptr(GPtrArray) lines = expect_values(expect, now, NULL),
                         old = expect_values(expect, before, NULL),
                         values = expect_values(expect, now, column);

    for (guint i = 0; i < lines->len; i++)
        if (!has_text(old, lines->pdata[i]) && !has_text(truth->values, values->pdata[i]))
            g_ptr_array_add(truth->values, g_strdup(values->pdata[i]));
}

static void find_changed(struct answer_truth *truth, struct expect *expect)
{
    const struct ynode *kind = value_of(truth, "kind");
    bool removed = kind != NULL && kind->kind == YNODE_TEXT && strcmp(kind->text, "removed") == 0,
         added = kind != NULL && kind->kind == YNODE_TEXT && strcmp(kind->text, "added") == 0;
    const char *column = value_of(truth, "changed")->text;

    truth->known = true;
    if (!removed)
        take_new(expect, truth->first + 1, truth->first, column, truth);
    if (!added)
        take_new(expect, truth->first, truth->first + 1, column, truth);
}

static void find_output(struct answer_truth *truth, const struct run *run)
{
    const char *id = value_of(truth, "output")->text;
    const char *pattern = truth->pattern != NULL ? truth->pattern : "(.*)";
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    truth->pattern = NULL;
    for (guint i = 0; regex != NULL && i < run->commands->len; i++) {
        const struct run_command *command = run->commands->pdata[i];
        const char *own = run_entry(run, command->entry)->id;

        if (own == NULL || strcmp(own, id) != 0 ||
            !g_regex_match(regex, run_command_out(command), 0, &match))
            continue;
        know(truth, g_match_info_fetch(match, g_match_info_get_match_count(match) > 1 ? 1 : 0));
        return;
    }
}

static void find_truth(struct finding *finding, struct answer_truth *truth, struct run *run,
                       struct expect *expect)
{
    struct expect_sighting sighting = { 0 };

    if (value_of(truth, "nodes") != NULL)
        find_nodes(finding, truth, expect);
    else if (value_of(truth, "order") != NULL)
        find_order(finding, truth, expect);
    else if (value_of(truth, "changed") != NULL)
        find_changed(truth, expect);
    else if (value_of(truth, "output") != NULL)
        find_output(truth, run);
    else if (value_of(truth, "cell") != NULL || value_of(truth, "rows") != NULL) {
        const struct ynode *column = value_of(truth, "cell");
        g_autoptr(GPtrArray) values =
            expect_values(expect, truth->first, column != NULL ? column->text : NULL);

        if (column == NULL)
            know(truth, g_strdup_printf("%u", values->len));
        else if (values->len > 0)
            know(truth, g_strdup(values->pdata[0]));
    } else if (truth->n > 0) {
        expect_seen(expect, truth->first, &sighting);
        if (value_of(truth, "count") != NULL)
            know(truth, g_strdup_printf("%" PRIu64, sighting.n));
        else if (value_of(truth, "time-of") != NULL)
            find_time(truth, &sighting);
        else
            truth->frame = sighting.frame;
    }
}

/* ---- fields ---- */

struct field_watch {
    struct observer observer;
    const GPtrArray *truths;
    struct seq_table *seqs;
    uint64_t n;
};

static void take_field(struct answer_truth *truth, const struct dissection *d)
{
    const struct field *field = dissect_find(d, value_of(truth, "field")->text);

    if (field == NULL)
        return;
    know(truth, g_strdup(field->value));
    if (field->meaning != NULL)
        know(truth, g_strdup(field->meaning));
}

static size_t copy_octets(const struct record *record, uint8_t *octets)
{
    const struct frame *frame = record->frame;
    size_t linear = MIN((size_t)(frame->data + frame->len - record->frame_at), (size_t)FRAME_MAX);
    size_t more = MIN(frame->payload.len, FRAME_MAX - linear);

    memcpy(octets, record->frame_at, linear);
    if (more > 0)
        memcpy(octets + linear, frame->payload.octets, more);
    return linear + more;
}

static void watch_frame(struct observer *observer, const struct record *record)
{
    struct field_watch *watch = CONTAINER_OF(observer, struct field_watch, observer);
    static const struct seq_base none = { 0 };
    g_autofree uint8_t *octets = NULL;
    struct seq_base base = none;
    struct dissection d;
    struct facts facts;
    size_t len;

    watch->n++;
    octets = g_malloc(FRAME_MAX);
    len = copy_octets(record, octets);
    facts_read(&facts, octets, len);
    base = seq_table_look(watch->seqs, &facts);
    dissect(&d, octets, len, &base);
    for (guint i = 0; i < watch->truths->len; i++) {
        struct answer_truth *truth = watch->truths->pdata[i];

        if (truth->frame == watch->n && value_of(truth, "field") != NULL && !truth->known)
            take_field(truth, &d);
    }
    dissect_fini(&d);
}

static bool wants_fields(const GPtrArray *truths)
{
    for (guint i = 0; i < truths->len; i++)
        if (((const struct answer_truth *)truths->pdata[i])->frame != 0)
            return true;
    return false;
}

static void find_fields(struct finding *finding, const struct scenario *scenario)
{
    struct run_options options = { .has_seed = false };
    struct diag_list *diags = diag_list_new();
    struct run *run = run_new(scenario, &options, diags);
    struct field_watch watch = { .truths = finding->truths, .seqs = seq_table_new() };

    if (run != NULL) {
        watch.observer.wants = RECORD_BIT(RECORD_SEND);
        watch.observer.record = watch_frame;
        sim_observe(run->network->sim, &watch.observer);
        run_all(run);
        sim_unobserve(run->network->sim, &watch.observer);
        run_free(run);
    }
    seq_table_free(watch.seqs);
    diag_list_free(diags);
}

/* ---- the run ---- */

static void set_nth(struct finding *finding, struct scenario *scenario)
{
    for (guint i = 0; i < finding->truths->len; i++) {
        const struct answer_truth *truth = finding->truths->pdata[i];
        const struct ynode *nth = value_of(truth, "nth");
        uint64_t n = 1;

        if (nth != NULL && nth->kind == YNODE_TEXT && text_u64(nth->text, UINT32_MAX, &n) &&
            truth->n == 1 && scenario->expects[truth->first].n_sees > 0)
            scenario->expects[truth->first].sees[0].nth = n;
    }
}

static struct scenario *prepare(struct finding *finding, struct diag_list *diags)
{
    struct scenario *scenario;

    finding->expects = tree_list(&finding->arena, (struct text_pos){ .line = 0 });
    for (guint i = 0; i < finding->truths->len; i++)
        add_truth(finding, finding->truths->pdata[i]);
    scenario = task_questions(finding->set->instance, finding->net, NULL, finding->expects, diags);
    if (scenario != NULL)
        set_nth(finding, scenario);
    return scenario;
}

static bool needs_run(const GPtrArray *truths)
{
    for (guint i = 0; i < truths->len; i++)
        if (!((const struct answer_truth *)truths->pdata[i])->known)
            return true;
    return false;
}

static void find_all(struct finding *finding, const struct scenario *scenario,
                     struct diag_list *diags)
{
    struct run_options options = { .has_seed = false };
    struct run *run = run_new(scenario, &options, diags);
    struct expect *expect = run != NULL ? expect_new(run, diags) : NULL;

    if (expect != NULL) {
        run_all(run);
        expect_results(expect);
        for (guint i = 0; i < finding->truths->len; i++) {
            struct answer_truth *truth = finding->truths->pdata[i];

            if (!truth->known)
                find_truth(finding, truth, run, expect);
        }
        expect_free(expect);
    }
    if (run != NULL)
        run_free(run);
    if (wants_fields(finding->truths))
        find_fields(finding, scenario);
}

void answer_set_find(struct answer_set *set, const struct net_tree *net, bool mine)
{
    struct finding finding = { .set = set, .net = net, .truths = set->truths[mine] };
    struct diag_list *diags;
    struct scenario *scenario;

    if (!needs_run(finding.truths))
        return;
    diags = diag_list_new();
    scenario = prepare(&finding, diags);
    if (scenario != NULL)
        find_all(&finding, scenario, diags);
    scenario_free(scenario);
    diag_list_free(diags);
    arena_fini(&finding.arena);
}

/* ---- is it right? ---- */

static void check_column(const struct answer_truth *truth, const struct scenario *scenario,
                         struct diag_list *diags)
{
    const struct ynode *column = value_of(truth, "cell");

    if (column == NULL)
        column = value_of(truth, "changed");
    if (column == NULL || truth->n == 0 || column->kind != YNODE_TEXT ||
        expect_has_column(scenario->expects[truth->first].table, column->text))
        return;
    diag_error(diags, scenario->file, column->at, _("this table has no column \"%s\""),
               column->text);
}

void answer_set_check(struct answer_set *set, const struct net_tree *net, struct diag_list *diags)
{
    for (int mine = 0; mine < 2; mine++) {
        struct finding finding = { .set = set, .net = net, .truths = set->truths[mine] };
        struct scenario *scenario;

        if (!needs_run(finding.truths))
            continue;
        scenario = prepare(&finding, diags);
        if (scenario != NULL && expect_check(scenario, diags))
            for (guint i = 0; i < finding.truths->len; i++)
                check_column(finding.truths->pdata[i], scenario, diags);
        scenario_free(scenario);
        arena_fini(&finding.arena);
    }
}
