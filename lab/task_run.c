/*
 * An exercise's run as a scenario. When things happen that have no time of their own:
 *
 *     the exercise's timeline and the faults     at their times
 *     the student's commands                     one every 5 s after the timeline's last entry
 *     the checks' commands                       one every 10 s, `settle` after all of these;
 *                                                pairs of a `reach` every 0.2 s
 */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/submission.h"

#define COMMAND_EVERY SIM_SEC(5)
#define CHECK_EVERY   SIM_SEC(10)
#define PAIR_EVERY    SIM_MSEC(200)
#define PAIRS_TAKE    SIM_SEC(3) /* the last pair's own time */

struct laying {
    const struct task_instance *instance;
    struct arena *arena;
    struct ynode *timeline, *expects;
    sim_time last; /* of what has a time */
};

static sim_time time_of(const struct ynode *entry)
{
    const struct ynode *at = ynode_get(entry, "at");
    sim_time time;

    return at != NULL && at->kind == YNODE_TEXT && time_parse(at->text, &time) ? time : 0;
}

static void lay_list(struct laying *laying, const struct ynode *list)
{
    for (uint32_t i = 0; list != NULL && i < list_len(list) && !ynode_is_null(list); i++) {
        struct ynode *entry = tree_copy(laying->arena, list_item(list, i));

        tree_append(laying->arena, laying->timeline, entry);
        laying->last = MAX(laying->last, time_of(entry));
    }
}

static void put_time(struct laying *laying, struct ynode *entry, sim_time time)
{
    tree_put(laying->arena, entry, "at",
             tree_printf(laying->arena, entry->at, "%" G_GINT64_FORMAT "ps", (gint64)time));
}

static void lay_commands(struct laying *laying, const GPtrArray *commands)
{
    sim_time next = laying->last + (laying->last > 0 ? COMMAND_EVERY : laying->instance->settle);

    for (guint i = 0; commands != NULL && i < commands->len; i++) {
        const struct submission_command *command = commands->pdata[i];
        struct ynode *entry = tree_map(laying->arena, command->at);

        if (command->timed)
            next = command->time;
        tree_put(laying->arena, entry, "host",
                 tree_text(laying->arena, command->at, command->host));
        tree_put(laying->arena, entry, "run", tree_text(laying->arena, command->at, command->line));
        put_time(laying, entry, next);
        tree_append(laying->arena, laying->timeline, entry);
        laying->last = MAX(laying->last, next + COMMAND_EVERY);
        next += COMMAND_EVERY;
    }
}

static void lay_checks(struct laying *laying, uint32_t run)
{
    const struct task_instance *instance = laying->instance;
    sim_time next = laying->last + instance->settle;
    const struct task_part *before = NULL;

    for (guint i = 0; i < instance->parts->len; i++) {
        const struct task_part *part = instance->parts->pdata[i];
        struct ynode *node;

        if (part->run != run || (part->kind != PART_COMMAND && part->kind != PART_EXPECT))
            continue;
        node = tree_copy(laying->arena, part->node);
        if (part->kind == PART_EXPECT) {
            tree_append(laying->arena, laying->expects, node);
            continue;
        }
        if (before != NULL && before->reach && (!part->reach || before->check != part->check))
            next += PAIRS_TAKE;
        if (!part->timed) {
            put_time(laying, node, next);
            next += part->reach ? PAIR_EVERY : CHECK_EVERY;
            before = part;
        }
        tree_append(laying->arena, laying->timeline, node);
    }
}

/* The file as if it were written. */
static struct ynode *lay_file(const struct laying *laying, uint64_t seed, const struct ynode *until)
{
    const struct task_instance *instance = laying->instance;
    struct text_pos nowhere = { .line = 0 };
    struct ynode *root = tree_map(laying->arena, nowhere);

    tree_put(laying->arena, root, "wirewalk", tree_text(laying->arena, nowhere, "1"));
    tree_put(laying->arena, root, "topology",
             tree_text(laying->arena, nowhere, instance->task->topology_file));
    tree_put(laying->arena, root, "seed",
             tree_printf(laying->arena, nowhere, "%" G_GUINT64_FORMAT, (guint64)seed));
    tree_put(laying->arena, root, "events",
             tree_printf(laying->arena, nowhere, "%" G_GUINT64_FORMAT, (guint64)instance->events));
    if (until != NULL)
        tree_put(laying->arena, root, "until", tree_copy(laying->arena, until));
    tree_put(laying->arena, root, "timeline", laying->timeline);
    tree_put(laying->arena, root, "expect", laying->expects);
    return root;
}

static struct ynode *lay_all(struct laying *laying, uint32_t index, const GPtrArray *commands)
{
    const struct task_instance *instance = laying->instance;
    const struct task_run *run = instance->runs->pdata[index];

    laying->timeline = tree_list(laying->arena, (struct text_pos){ .line = 0 });
    laying->expects = tree_list(laying->arena, (struct text_pos){ .line = 0 });
    lay_list(laying, instance->timeline);
    lay_list(laying, run->timeline);
    lay_commands(laying, commands);
    lay_checks(laying, index);
    return lay_file(laying, run->has_seed ? run->seed : instance->seed,
                    run->until != NULL ? run->until : instance->until);
}

struct scenario *task_questions(const struct task_instance *instance, const struct net_tree *net,
                                const GPtrArray *commands, const struct ynode *expects,
                                struct diag_list *diags)
{
    struct arena arena = { 0 };
    struct laying laying = { .instance = instance, .arena = &arena };
    struct topology *topology = task_topology(instance->task, net->root, diags);
    struct scenario *scenario = NULL;

    if (topology != NULL) {
        laying.timeline = tree_list(&arena, TEXT_POS(0, 0));
        laying.expects =
            expects != NULL ? tree_copy(&arena, expects) : tree_list(&arena, TEXT_POS(0, 0));
        lay_list(&laying, instance->timeline);
        lay_commands(&laying, commands);
        scenario = scenario_parse_tree(instance->task->file,
                                       lay_file(&laying, instance->seed, instance->until), topology,
                                       diags);
    }
    arena_fini(&arena);
    return scenario;
}

static void complain(void *ctx, const char *kind, struct text_pos at, const char *message)
{
    struct reader *r = ctx;

    (void)kind;
    reader_error(r, at, "%s", message);
}

/* The network of the run: @net, or with what `change` of its `with` alters. */
static const struct ynode *network_of(const struct task_run *run, const struct net_tree *net,
                                      struct arena *arena, struct reader *r)
{
    struct net_tree own = { .arena = arena };
    struct change_complain to = { complain, r };
    g_autoptr(GPtrArray) edits = g_ptr_array_new();

    if (run->change == NULL)
        return net->root;
    own.root = tree_copy(arena, net->root);
    if (run->change->kind != YNODE_MAP)
        reader_error(r, run->change->at, _("`change` is a map like {pc2: {gateway: 10.0.0.1}}"));
    else
        change_read(&own, run->change, NULL, &to, edits);
    for (guint i = 0; i < edits->len; i++)
        change_apply(&own, edits->pdata[i], &to);
    return own.root;
}

struct scenario *task_scenario(const struct task_instance *instance, uint32_t run,
                               const struct net_tree *net, const GPtrArray *commands,
                               struct diag_list *diags)
{
    struct arena arena = { 0 };
    struct laying laying = { .instance = instance, .arena = &arena };
    struct reader r = { .file = instance->task->file, .diags = diags, .arena = &arena };
    struct topology *topology = task_topology(
        instance->task, network_of(instance->runs->pdata[run], net, &arena, &r), diags);
    struct scenario *scenario = NULL;

    if (topology != NULL)
        scenario = scenario_parse_tree(instance->task->file, lay_all(&laying, run, commands),
                                       topology, diags);
    if (scenario != NULL) {
        scenario->title.any = instance->title.any != NULL
                                  ? arena_strdup(&scenario->arena, instance->title.any)
                                  : NULL;
        scenario->title.en =
            instance->title.en != NULL ? arena_strdup(&scenario->arena, instance->title.en) : NULL;
        scenario->title.zh =
            instance->title.zh != NULL ? arena_strdup(&scenario->arena, instance->title.zh) : NULL;
    }
    arena_fini(&arena);
    return scenario;
}
