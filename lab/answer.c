#include "lab/answer.h"

#include <string.h>

#include "base/random.h"
#include "inspect/i18n.h"
#include "lab/task_build.h"

enum { CARDS_MAX = 26 };

enum source_key {
    KEY_EQUALS,
    KEY_ONE_OF,
    KEY_FIELD,
    KEY_COUNT,
    KEY_TIME_OF,
    KEY_NODES,
    KEY_ORDER,
    KEY_CELL,
    KEY_ROWS,
    KEY_CHANGED,
    KEY_OUTPUT,
    KEY_MATCHES, /* last: it also goes with output */
    KEY_N_SOURCES
};

static const char *const source_names[] = { "equals",  "one-of",  "field",  "count",
                                            "time-of", "nodes",   "order",  "cell",
                                            "rows",    "changed", "output", "matches" };
static const char *const more_names[] = { "see",    "by",  "at",    "for",       "after",
                                          "before", "nth", "table", "node",      "has",
                                          "from",   "to",  "kind",  "tolerance", "unordered",
                                          "on",     NULL };

static enum source_key key_of(const struct ynode *source)
{
    for (int i = 0; i < KEY_N_SOURCES; i++)
        if (ynode_get(source, source_names[i]) != NULL)
            return (enum source_key)i;
    return KEY_N_SOURCES;
}

/* ---- cards ---- */

char answer_letter(const struct task_instance *instance, const char *id, uint32_t n, uint32_t index)
{
    uint32_t places[CARDS_MAX];
    struct random_stream stream;
    g_autofree char *purpose = g_strconcat("cards.", id, NULL);

    n = MIN(n, CARDS_MAX);
    for (uint32_t i = 0; i < n; i++)
        places[i] = i;
    random_stream_init(&stream, instance->seed, instance->student, purpose);
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)random_below(&stream, i), swap = places[i - 1];

        places[i - 1] = places[j];
        places[j] = swap;
    }
    return index < n ? (char)('A' + places[index]) : '?';
}

/* ---- reading ---- */

static void check_choice(const struct reader *r, const struct ynode *node, const char *what,
                         const char *const *names, size_t n)
{
    size_t choice;

    if (node != NULL)
        read_choice(r, node, what, names, n, &choice);
}

/* Words that are looked at when answers are. */
static void check_words(const struct reader *r, const struct ynode *source)
{
    static const char *const places[] = { "mine" }, *const kinds[] = { "added", "removed" };
    const struct ynode *unordered = ynode_get(source, "unordered"), *nth = ynode_get(source, "nth");
    uint64_t n;
    bool on;

    check_choice(r, ynode_get(source, "on"), "on", places, 1);
    check_choice(r, ynode_get(source, "kind"), "kind", kinds, 2);
    if (unordered != NULL)
        read_bool(r, unordered, "unordered", &on);
    if (nth != NULL)
        read_u64(r, nth, "nth", 1, UINT64_MAX, &n);
    task_check_pattern(r, ynode_get(source, "matches"), "matches");
}

static struct answer_truth *add_truth(struct answer_set *set, uint32_t part, const char *blank,
                                      const struct ynode *source)
{
    struct answer_truth *truth = arena_alloc(&set->arena, sizeof *truth);
    const struct ynode *on = source->kind == YNODE_MAP ? ynode_get(source, "on") : NULL;
    bool mine = on != NULL && on->kind == YNODE_TEXT && strcmp(on->text, "mine") == 0;

    truth->part = part;
    truth->blank = blank;
    truth->source = source;
    truth->values = g_ptr_array_new_with_free_func(g_free);
    truth->others = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(set->truths[mine], truth);
    return truth;
}

static void check_keys(const struct reader *r, const struct ynode *source)
{
    for (uint32_t i = 0; i < source->n; i++) {
        const struct ynode *key = ynode_key(source, i);
        bool known = g_strv_contains(more_names, key->text);

        for (int j = 0; j < KEY_N_SOURCES; j++)
            known |= strcmp(key->text, source_names[j]) == 0;
        if (!known)
            reader_error(r, key->at, _("%s has no key %s%s"), _("an answer"),
                         reader_quote(r, key->text),
                         reader_hint(r, key->text, source_names, KEY_N_SOURCES));
    }
    if (key_of(source) == KEY_N_SOURCES)
        reader_error(r, source->at,
                     _("where is the answer found? one of equals, one-of, matches, field, count, "
                       "time-of, nodes, order, cell, rows, changed, output, blanks"));
}

static void take_texts(GPtrArray *values, const struct ynode *list)
{
    for (uint32_t i = 0; i < list_len(list); i++) {
        GString *text = g_string_new(NULL);

        if (list_item(list, i)->kind == YNODE_TEXT)
            g_string_append(text, list_item(list, i)->text);
        else
            tree_write(text, list_item(list, i));
        g_ptr_array_add(values, g_string_free(text, FALSE));
    }
}

static void take_written(struct answer_truth *truth, const struct ynode *value)
{
    take_texts(truth->values, value);
    truth->kind = value->kind == YNODE_LIST ? ANSWER_LIST : ANSWER_ONE;
    truth->known = true;
}

static void read_number(const struct reader *r, const struct ynode *node, double *number)
{
    char *end;

    if (node == NULL)
        return;
    *number = node->kind == YNODE_TEXT ? g_ascii_strtod(node->text, &end) : -1;
    if (*number < 0 || (*end != '\0' && strcmp(end, "s") != 0))
        reader_error(r, node->at, _("`tolerance` is a number like 0.1, not %s"),
                     reader_show(r, node));
}

static void read_cards(const struct reader *r, const struct ynode *list)
{
    if (list->kind != YNODE_LIST || list->n < 2 || list->n > CARDS_MAX) {
        reader_error(r, list->at,
                     _("`order` is a list of 2 to 26 cards like {card: the SYN, see: tcp SYN}"));
        return;
    }
    for (uint32_t i = 0; i < list->n; i++)
        if (list->items[i]->kind != YNODE_MAP || ynode_get(list->items[i], "card") == NULL ||
            ynode_get(list->items[i], "see") == NULL)
            reader_error(r, list->items[i]->at,
                         _("a card has `card`, its text, and `see`, the frame it means"));
}

static bool is_set(const struct ynode *source, enum source_key key)
{
    const struct ynode *unordered = ynode_get(source, "unordered");

    return key == KEY_NODES || key == KEY_CHANGED ||
           (unordered != NULL && unordered->kind == YNODE_TEXT &&
            strcmp(unordered->text, "true") == 0);
}

static void need(const struct reader *r, const struct ynode *source, const char *key)
{
    if (ynode_get(source, key) == NULL)
        reader_error(r, source->at, _("`%s` is missing"), key);
}

static void read_source(const struct reader *r, struct answer_truth *truth)
{
    const struct ynode *source = truth->source, *pattern;
    enum source_key key;

    if (source->kind != YNODE_MAP) {
        take_written(truth, source);
        return;
    }
    check_keys(r, source);
    check_words(r, source);
    key = key_of(source);
    read_number(r, ynode_get(source, "tolerance"), &truth->tolerance);
    pattern = ynode_get(source, "matches");
    if (pattern != NULL && pattern->kind == YNODE_TEXT)
        truth->pattern = pattern->text;
    if (key == KEY_EQUALS || key == KEY_ONE_OF)
        take_written(truth, ynode_get(source, source_names[key]));
    if (key == KEY_ONE_OF)
        truth->kind = ANSWER_ONE;
    else if (key == KEY_ORDER)
        truth->kind = ANSWER_ORDER;
    else if (is_set(source, key))
        truth->kind = ANSWER_SET;
    if (key == KEY_MATCHES)
        truth->known = true;
    if (key == KEY_ORDER)
        read_cards(r, ynode_get(source, "order"));
    if (key == KEY_FIELD)
        need(r, source, "see");
    if (key == KEY_CELL || key == KEY_CHANGED)
        need(r, source, "table");
    if (key == KEY_CELL || key == KEY_CHANGED || key == KEY_ROWS)
        need(r, source, "node");
    if (key == KEY_CHANGED)
        need(r, source, "from");
}

static void read_question(struct answer_set *set, const struct reader *r, uint32_t part,
                          const struct ynode *answer)
{
    const struct ynode *blanks = answer->kind == YNODE_MAP ? ynode_get(answer, "blanks") : NULL;

    if (blanks == NULL) {
        read_source(r, add_truth(set, part, NULL, answer));
        return;
    }
    if (blanks->kind != YNODE_MAP || blanks->n == 0) {
        reader_error(r, blanks->at, _("`blanks` is a map of names and answers"));
        return;
    }
    for (uint32_t i = 0; i < blanks->n; i++)
        read_source(r, add_truth(set, part, ynode_key(blanks, i)->text, ynode_value(blanks, i)));
}

struct answer_set *answer_set_new(const struct task_instance *instance, const struct reader *r)
{
    struct answer_set *set = mem_zalloc(sizeof *set);

    set->instance = instance;
    set->truths[0] = g_ptr_array_new();
    set->truths[1] = g_ptr_array_new();
    for (guint i = 0; i < instance->parts->len; i++) {
        const struct task_part *part = instance->parts->pdata[i];

        if (part->kind == PART_ANSWER)
            read_question(set, r, i, part->node);
    }
    return set;
}

void answer_set_free(struct answer_set *set)
{
    if (set == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        for (guint j = 0; j < set->truths[i]->len; j++) {
            struct answer_truth *truth = set->truths[i]->pdata[j];

            g_ptr_array_unref(truth->values);
            g_ptr_array_unref(truth->others);
        }
        g_ptr_array_unref(set->truths[i]);
    }
    arena_fini(&set->arena);
    free(set);
}
