/* `checks` of an exercise: each becomes one part or several, each part belongs to a run or to none.
 */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/task_build.h"

enum { PARTS_MAX = 20000, SEEDS_MAX = 100 };

/* What a check may have whatever it looks at. */
enum check_key {
    CHECK_ID,
    CHECK_TITLE,
    CHECK_GROUP,
    CHECK_POINTS,
    CHECK_PENALTY,
    CHECK_BONUS,
    CHECK_EACH,
    CHECK_NEEDS,
    CHECK_SHOW,
    CHECK_FAIL,
    CHECK_PASS,
    CHECK_WITH,
    CHECK_ASK,
    CHECK_ANSWER,
    CHECK_N_KEYS
};

static const char *const check_names[] = { "id",    "title", "group", "points", "penalty",
                                           "bonus", "each",  "needs", "show",   "fail",
                                           "pass",  "with",  "ask",   "answer" };

/* What a part may look at, beside what a scenario expects. */
static const char *const expect_names[] = { "see",   "never",   "count", "order", "hops",
                                            "table", "command", "drop",  "storm" };

struct reading {
    struct task_instance *instance;
    uint32_t check;
    const struct ynode *with; /* or NULL */
};

/* ---- runs ---- */

static uint32_t find_run(struct task_instance *instance, const char *key)
{
    for (guint i = 0; i < instance->runs->len; i++)
        if (strcmp(((struct task_run *)instance->runs->pdata[i])->key, key) == 0)
            return i;
    return UINT32_MAX;
}

static uint32_t add_run(struct task_instance *instance, const char *key,
                        const struct task_run *from)
{
    struct task_run *run = arena_alloc(&instance->arena, sizeof *run);

    *run = *from;
    run->key = arena_strdup(&instance->arena, key);
    g_ptr_array_add(instance->runs, run);
    return instance->runs->len - 1;
}

static void read_with(struct task_instance *instance, const struct ynode *with,
                      struct task_run *run, const struct ynode **seeds)
{
    static const char *const names[] = { "timeline", "seed", "seeds", "until", "change" };
    const struct ynode *values[5];

    *seeds = NULL;
    if (with->kind == YNODE_LIST) {
        run->timeline = with;
        return;
    }
    if (!read_map(&instance->r, with, "with", names, 5, NULL, values))
        return;
    run->timeline = values[0];
    if (values[1] != NULL)
        run->has_seed = read_u64(&instance->r, values[1], "seed", 0, UINT64_MAX, &run->seed);
    if (values[2] != NULL && list_len(values[2]) == 0)
        reader_error(&instance->r, values[2]->at, _("`%s` is empty"), "seeds");
    else
        *seeds = values[2];
    run->until = values[3];
    run->change = values[4];
}

/* The runs that @with asks for, one for each seed: @n of them into @runs. */
static uint32_t runs_of(struct reading *reading, uint32_t *runs)
{
    struct task_instance *instance = reading->instance;
    struct task_run run = { .key = "" };
    g_autoptr(GString) key = g_string_new(NULL);
    const struct ynode *seeds;
    uint32_t n = 0;

    runs[0] = 0;
    if (reading->with == NULL)
        return 1;
    tree_write(key, reading->with);
    read_with(instance, reading->with, &run, &seeds);
    for (uint32_t i = 0; i < MAX(list_len(seeds), 1) && n < SEEDS_MAX; i++) {
        g_autofree char *name = g_strdup_printf("%s#%u", key->str, i);

        if (seeds != NULL &&
            !read_u64(&instance->r, list_item(seeds, i), "seeds", 0, UINT64_MAX, &run.seed))
            continue;
        run.has_seed |= seeds != NULL;
        runs[n] = find_run(instance, name);
        if (runs[n] == UINT32_MAX)
            runs[n] = add_run(instance, name, &run);
        n++;
    }
    return n;
}

/* ---- parts ---- */

static struct task_part *add_part(struct reading *reading, enum part_kind kind,
                                  const struct ynode *node)
{
    struct task_part *part = arena_alloc(&reading->instance->arena, sizeof *part);

    part->kind = kind;
    part->check = reading->check;
    part->node = node;
    g_ptr_array_add(reading->instance->parts, part);
    return part;
}

/* A copy of @part for each run of `with`. */
static void spread(struct reading *reading, struct task_part *part)
{
    uint32_t runs[SEEDS_MAX], n = runs_of(reading, runs);

    part->run = n > 0 ? runs[0] : 0;
    for (uint32_t i = 1; i < n; i++) {
        struct task_part *twin = add_part(reading, part->kind, part->node);

        *twin = *part;
        twin->run = runs[i];
    }
}

static const char *id_of(const struct reading *reading)
{
    return reading->instance->checks[reading->check].id;
}

/* An entry of the timeline: only its time may be missing, which is found when all are known. */
static void add_command(struct reading *reading, struct ynode *entry, const char *id, bool reach,
                        bool negate)
{
    struct task_instance *instance = reading->instance;
    struct task_part *part = add_part(reading, PART_COMMAND, entry);

    part->reach = reach;
    part->negate = negate;
    part->timed = ynode_get(entry, "at") != NULL;
    if (ynode_get(entry, "as") == NULL)
        tree_put(&instance->arena, entry, "as", tree_text(&instance->arena, entry->at, id));
    part->id = ynode_get(entry, "as")->kind == YNODE_TEXT ? ynode_get(entry, "as")->text : "";
    if (ynode_get(entry, "expect") == NULL) {
        struct ynode *expect = tree_map(&instance->arena, entry->at);

        tree_put(&instance->arena, expect, "exit", tree_text(&instance->arena, entry->at, "0"));
        tree_put(&instance->arena, entry, "expect", expect);
    }
    spread(reading, part);
}

/* A copy of @node with only the keys that no check has of itself. */
static struct ynode *without_check_keys(struct task_instance *instance, const struct ynode *node)
{
    struct ynode *copy = tree_copy(&instance->arena, node);

    for (size_t i = 0; i < CHECK_N_KEYS; i++)
        tree_drop(copy, check_names[i]);
    return copy;
}

static void read_command(struct reading *reading, const struct ynode *node, unsigned place)
{
    g_autofree char *id =
        place == 0 ? g_strdup(id_of(reading)) : g_strdup_printf("%s.%u", id_of(reading), place);

    add_command(reading, without_check_keys(reading->instance, node), id, false, false);
}

/* ---- reach ---- */

static bool is_host(const struct ynode *value)
{
    const struct ynode *kind = ynode_get(value, "kind");

    return kind != NULL && kind->kind == YNODE_TEXT && strcmp(kind->text, "host") == 0;
}

/* The nodes that @pattern names: itself, or the hosts that fit it. */
static void expand(struct reading *reading, const char *pattern, GPtrArray *names)
{
    const struct ynode *nodes = net_tree_nodes(&reading->instance->start);

    if (strpbrk(pattern, "*?") == NULL && strcmp(pattern, "all") != 0) {
        g_ptr_array_add(names, g_strdup(pattern));
        return;
    }
    for (uint32_t i = 0; i < nodes->n; i++)
        if (is_host(ynode_value(nodes, i)) &&
            (strcmp(pattern, "all") == 0 ||
             g_pattern_match_simple(pattern, ynode_key(nodes, i)->text)))
            g_ptr_array_add(names, g_strdup(ynode_key(nodes, i)->text));
}

static void expand_list(struct reading *reading, const struct ynode *list, const char *what,
                        GPtrArray *names)
{
    for (uint32_t i = 0; i < list_len(list); i++) {
        const struct ynode *item = list_item(list, i);

        if (item->kind == YNODE_TEXT)
            expand(reading, item->text, names);
        else
            reader_error(&reading->instance->r, item->at,
                         _("`%s` names nodes, like pc1, pc* or all, not %s"), what,
                         reader_show(&reading->instance->r, item));
    }
}

struct pairs {
    struct reading *reading;
    struct text_pos at;
    uint32_t tries;
    bool negate;
};

static void add_pair(struct pairs *pairs, const char *from, const char *to)
{
    struct arena *arena = &pairs->reading->instance->arena;
    struct ynode *entry = tree_map(arena, pairs->at);
    g_autofree char *id = g_strdup_printf("%s: %s -> %s", id_of(pairs->reading), from, to);
    ip4_addr addr;
    bool literal = ip4_parse(to, &addr);

    if (pairs->reading->instance->parts->len >= PARTS_MAX || strcmp(from, to) == 0)
        return;
    tree_put(arena, entry, "host", tree_text(arena, pairs->at, from));
    tree_put(arena, entry, "run",
             tree_printf(arena, pairs->at, "ping -c %u -W 2 %s", pairs->tries, literal ? to : "@"));
    if (!literal)
        tree_put(arena, entry, "to", tree_text(arena, pairs->at, to));
    add_command(pairs->reading, entry, id, true, pairs->negate);
}

static void add_product(struct pairs *pairs, const GPtrArray *from, const GPtrArray *to)
{
    for (guint i = 0; i < from->len; i++)
        for (guint j = 0; j < to->len; j++)
            add_pair(pairs, from->pdata[i], to->pdata[j]);
}

/* "pc1 -> web", "pc1 <-> pc2", "all" */
static void read_arrow(struct pairs *pairs, const struct ynode *node)
{
    g_autoptr(GPtrArray) from = g_ptr_array_new_with_free_func(g_free),
                         to = g_ptr_array_new_with_free_func(g_free);
    const char *arrow = node->kind == YNODE_TEXT ? strstr(node->text, "->") : NULL;
    g_autofree char *left = NULL, *right = NULL;
    bool both;

    pairs->at = node->at;
    if (node->kind == YNODE_TEXT && strcmp(node->text, "all") == 0) {
        expand(pairs->reading, "all", from);
        add_product(pairs, from, from);
        return;
    }
    if (arrow == NULL) {
        reader_error(&pairs->reading->instance->r, node->at,
                     _("who reaches whom is written pc1 -> web, pc* <-> srv*, all, or {from: "
                       "[pc1, pc2], to: web}, not %s"),
                     reader_show(&pairs->reading->instance->r, node));
        return;
    }
    both = arrow > node->text && arrow[-1] == '<';
    left = g_strstrip(g_strndup(node->text, (gsize)(arrow - node->text - (both ? 1 : 0))));
    right = g_strstrip(g_strdup(arrow + 2));
    expand(pairs->reading, left, from);
    expand(pairs->reading, right, to);
    add_product(pairs, from, to);
    if (both)
        add_product(pairs, to, from);
}

static void read_reach(struct reading *reading, const struct ynode *node, bool negate)
{
    static const char *const names[] = { "from", "to", "tries" };
    struct pairs pairs = { reading, node->at, 1, negate };
    g_autoptr(GPtrArray) from = g_ptr_array_new_with_free_func(g_free),
                         to = g_ptr_array_new_with_free_func(g_free);
    const struct ynode *values[3];
    guint before = reading->instance->parts->len;
    unsigned errors = reading->instance->r.diags->n_errors;

    if (node->kind != YNODE_MAP) {
        for (uint32_t i = 0; i < list_len(node); i++)
            read_arrow(&pairs, list_item(node, i));
    } else if (read_map(&reading->instance->r, node, "reach", names, 3, NULL, values)) {
        if (values[2] != NULL)
            read_u32(&reading->instance->r, values[2], "tries", 1, 1000, &pairs.tries);
        expand_list(reading, values[0], "from", from);
        expand_list(reading, values[1], "to", to);
        add_product(&pairs, from, to);
    }
    if (reading->instance->parts->len == before && reading->instance->r.diags->n_errors == errors)
        reader_error(&reading->instance->r, node->at, _("no pair of nodes is named here"));
}

/* ---- what a part looks at ---- */

static bool only_keys(struct reading *reading, const struct ynode *node, const char *kind,
                      const char *const *names)
{
    bool ok = true;

    for (uint32_t i = 0; i < node->n; i++) {
        const struct ynode *key = ynode_key(node, i);

        if (g_strv_contains(names, key->text))
            continue;
        for (size_t j = 0; j < CHECK_N_KEYS && key != NULL; j++)
            if (strcmp(check_names[j], key->text) == 0)
                key = NULL;
        if (key == NULL)
            continue;
        reader_error(
            &reading->instance->r, key->at, _("`%s` does not go with `%s`%s"), key->text, kind,
            reader_hint(&reading->instance->r, key->text, names, g_strv_length((char **)names)));
        ok = false;
    }
    return ok;
}

static void read_expectation(struct reading *reading, const struct ynode *node)
{
    struct task_part *part =
        add_part(reading, PART_EXPECT, without_check_keys(reading->instance, node));

    spread(reading, part);
}

static void read_part(struct reading *reading, const struct ynode *node, unsigned place)
{
    static const char *const state[] = { "state",    "equals",    "not",     "one-of",
                                         "matches",  "in-subnet", "present", "same-as",
                                         "at-least", "at-most",   NULL };
    static const char *const unchanged[] = { "unchanged", "except", NULL };
    static const char *const invariant[] = { "invariant", NULL };
    static const char *const log[] = { "commands", NULL };
    static const char *const command[] = { "host", "run", "at", "expect", "as", NULL };
    static const char *const reach[] = { "reach", "isolated", NULL };

    if (node->kind != YNODE_MAP) {
        reader_error(&reading->instance->r, node->at,
                     _("a check is a map like {id: ping, points: 2, host: pc1, run: ping -c 1 "
                       "10.0.0.2}, not %s"),
                     reader_show(&reading->instance->r, node));
    } else if (ynode_get(node, "run") != NULL) {
        if (only_keys(reading, node, "run", command))
            read_command(reading, node, place);
    } else if (ynode_get(node, "reach") != NULL || ynode_get(node, "isolated") != NULL) {
        bool negate = ynode_get(node, "reach") == NULL;

        if (only_keys(reading, node, negate ? "isolated" : "reach", reach))
            read_reach(reading, ynode_get(node, negate ? "isolated" : "reach"), negate);
    } else if (ynode_get(node, "state") != NULL) {
        if (only_keys(reading, node, "state", state)) {
            task_check_part(&reading->instance->r, node, "state");
            add_part(reading, PART_STATE, node);
        }
    } else if (ynode_get(node, "unchanged") != NULL) {
        if (only_keys(reading, node, "unchanged", unchanged))
            add_part(reading, PART_UNCHANGED, node);
    } else if (ynode_get(node, "invariant") != NULL) {
        if (only_keys(reading, node, "invariant", invariant)) {
            struct task_part *part = add_part(reading, PART_INVARIANT, node);

            task_check_part(&reading->instance->r, node, "invariant");
            spread(reading, part);
        }
    } else if (ynode_get(node, "commands") != NULL) {
        if (only_keys(reading, node, "commands", log)) {
            task_check_part(&reading->instance->r, node, "commands");
            add_part(reading, PART_LOG, ynode_get(node, "commands"));
        }
    } else {
        for (size_t i = 0; i < G_N_ELEMENTS(expect_names); i++)
            if (ynode_get(node, expect_names[i]) != NULL) {
                read_expectation(reading, node);
                return;
            }
        reader_error(&reading->instance->r, node->at,
                     _("the check looks at nothing: one of run, reach, isolated, state, unchanged, "
                       "invariant, commands, see, never, count, order, hops, table, command, drop, "
                       "storm, all, any, ask"));
    }
}

static void read_parts(struct reading *reading, const struct ynode *node)
{
    struct task_check *check = &reading->instance->checks[reading->check];
    const struct ynode *all = ynode_get(node, "all"), *any = ynode_get(node, "any");
    static const char *const all_names[] = { "all", "any", NULL };

    if (check->ask != NULL) {
        if (check->answer == NULL)
            reader_error(&reading->instance->r, node->at,
                         _("`answer` is missing: what the question's answer is, or where in the "
                           "run it is found"));
        else
            add_part(reading, PART_ANSWER, check->answer);
        return;
    }
    if (all == NULL && any == NULL) {
        read_part(reading, node, 0);
        return;
    }
    check->any = any != NULL;
    if (only_keys(reading, node, check->any ? "any" : "all", all_names))
        for (uint32_t i = 0; i < list_len(any != NULL ? any : all); i++)
            read_part(reading, list_item(any != NULL ? any : all, i), i + 1);
}

/* ---- checks ---- */

static bool id_is_right(const char *id)
{
    return *id != '\0' && strlen(id) <= 64 &&
           strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
               strlen(id);
}

static void read_flags(struct task_instance *instance, const struct ynode **values,
                       struct task_check *check)
{
    static const char *const shows[] = { "always", "after-due", "after-published", "never" };
    size_t choice;

    if (values[CHECK_POINTS] != NULL)
        task_read_points(&instance->r, values[CHECK_POINTS], "points", &check->points);
    if (values[CHECK_PENALTY] != NULL)
        task_read_points(&instance->r, values[CHECK_PENALTY], "penalty", &check->penalty);
    if (values[CHECK_BONUS] != NULL)
        read_bool(&instance->r, values[CHECK_BONUS], "bonus", &check->bonus);
    if (values[CHECK_EACH] != NULL)
        read_bool(&instance->r, values[CHECK_EACH], "each", &check->each);
    if (values[CHECK_SHOW] != NULL &&
        read_choice(&instance->r, values[CHECK_SHOW], "show", shows, 4, &choice))
        check->show = (enum task_show)choice;
    if (values[CHECK_GROUP] != NULL)
        read_text(&instance->r, values[CHECK_GROUP], "group", &check->group);
    if (values[CHECK_TITLE] != NULL)
        read_words(&instance->r, values[CHECK_TITLE], "title", &check->title);
    else if (values[CHECK_ASK] != NULL) /* a question is its own title */
        read_words(&instance->r, values[CHECK_ASK], "ask", &check->title);
    if (values[CHECK_FAIL] != NULL)
        read_words(&instance->r, values[CHECK_FAIL], "fail", &check->fail);
    if (values[CHECK_PASS] != NULL)
        read_words(&instance->r, values[CHECK_PASS], "pass", &check->pass);
    check->needs = values[CHECK_NEEDS];
    check->ask = values[CHECK_ASK];
    check->answer = values[CHECK_ANSWER];
}

static void read_id(struct task_instance *instance, uint32_t index, const struct ynode *id)
{
    struct task_check *check = &instance->checks[index];
    g_autofree char *number = g_strdup_printf("check-%u", index + 1);

    check->id = arena_strdup(&instance->arena, number);
    if (id == NULL || !read_text(&instance->r, id, "id", &check->id))
        return;
    if (!id_is_right(check->id))
        reader_error(&instance->r, id->at, _("an `id` is letters, digits, `-` and `_`, not %s"),
                     reader_quote(&instance->r, check->id));
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(instance->checks[i].id, check->id) == 0)
            reader_error(&instance->r, id->at, _("another check is called `%s` already"),
                         check->id);
}

/* The values of a check's own keys; others belong to what it looks at. */
static void own_values(const struct ynode *node, const struct ynode **values)
{
    for (size_t i = 0; i < CHECK_N_KEYS; i++)
        values[i] = ynode_get(node, check_names[i]);
}

static void read_check(struct task_instance *instance, uint32_t index, const struct ynode *node)
{
    struct task_check *check = &instance->checks[index];
    struct reading reading = { instance, index, NULL };
    const struct ynode *values[CHECK_N_KEYS] = { NULL };

    check->at = node->at;
    if (node->kind == YNODE_MAP)
        own_values(node, values);
    read_id(instance, index, values[CHECK_ID]);
    check->first_part = instance->parts->len;
    if (node->kind == YNODE_MAP) {
        read_flags(instance, values, check);
        reading.with = values[CHECK_WITH];
        read_parts(&reading, node);
    } else {
        read_part(&reading, node, 0); /* says what a check is */
    }
    check->n_parts = instance->parts->len - check->first_part;
    if (instance->parts->len >= PARTS_MAX)
        reader_error(&instance->r, node->at, _("too much to look at: at most %d things"),
                     PARTS_MAX);
}

/* What a check needs stands before it, so that there are no circles. */
static void check_needs(struct task_instance *instance, uint32_t index)
{
    const struct ynode *needs = instance->checks[index].needs;
    g_autofree const char **names = g_new0(const char *, index + 1);

    for (uint32_t i = 0; i < index; i++)
        names[i] = instance->checks[i].id;
    for (uint32_t i = 0; i < list_len(needs); i++) {
        const struct ynode *item = list_item(needs, i);
        uint32_t other =
            item->kind == YNODE_TEXT ? task_check_find(instance, item->text) : UINT32_MAX;

        if (other >= index)
            reader_error(&instance->r, item->at,
                         _("`needs` names checks that stand before this one: %s is none%s"),
                         reader_show(&instance->r, item),
                         item->kind == YNODE_TEXT
                             ? reader_hint(&instance->r, item->text, names, index)
                             : "");
    }
}

void task_read_checks(struct task_instance *instance, const struct ynode *list)
{
    struct task_run run = { .key = "" };

    add_run(instance, "", &run);
    if (list->kind != YNODE_LIST || list->n == 0) {
        reader_error(&instance->r, list->at, _("`checks` is a list of checks, not %s"),
                     list->kind == YNODE_LIST ? _("nothing") : reader_show(&instance->r, list));
        return;
    }
    instance->n_checks = list->n;
    instance->checks = arena_alloc(&instance->arena, list->n * sizeof *instance->checks);
    for (uint32_t i = 0; i < list->n; i++)
        read_check(instance, i, list->items[i]);
    for (uint32_t i = 0; i < list->n; i++)
        check_needs(instance, i);
}
