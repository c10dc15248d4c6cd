#include "lab/similar.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lab/class_value.h"

#define TRAITS_MAX  2000 /* of one submission */
#define RUN_LEN     3    /* commands in a run */
#define BIT         1024 /* weights are in 1024ths of a bit */
#define MEMBERS_MAX 5000 /* submissions that are compared: their pairs fit into memory */
#define PERCENT_MIN 50

enum trait_kind { TRAIT_EDIT, TRAIT_ANSWER, TRAIT_COMMAND, TRAIT_RUN };

static const char *const KIND_NAMES[] = { "edit", "answer", "command", "commands" };

/* One trait of the class. */
struct trait {
    enum trait_kind kind;
    char *text;
    GArray *owners; /* of guint, rising */
    bool forced;
    bool numbered; /* it stands with own numbers, and again without them */
    uint32_t weight;
};

struct similar {
    guint n; /* submissions compared */
    const json_t *results, *forced;
    GPtrArray *traits;    /* in the order they were first seen */
    GHashTable *by_text;  /* kind and text -> struct trait */
    uint32_t *own_weight; /* by submission: of all its traits */
    uint32_t *shared;     /* by pair */
    guint *cluster;       /* union-find over submissions */
};

/* ---- a student's own numbers ---- */

static bool in_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* @text with @value, where it stands as a word of its own, replaced by ${name}. */
static char *put_name(const char *text, const char *name, const char *value)
{
    GString *out = g_string_new(NULL);
    size_t len = strlen(value);

    for (const char *at = text; *at != '\0';) {
        bool starts = at == text || !in_word(at[-1]);

        if (len > 0 && starts && strncmp(at, value, len) == 0 && !in_word(at[len])) {
            g_string_append_printf(out, "${%s}", name);
            at += len;
        } else {
            g_string_append_c(out, *at++);
        }
    }
    return g_string_free(out, FALSE);
}

static char *without_numbers(const char *text, const json_t *result)
{
    json_t *variant = json_object_get(result, "variant"), *value;
    char *plain = g_strdup(text);
    const char *name;

    json_object_foreach(variant, name, value)
    {
        char *next = put_name(plain, name, json_string_value(value));

        g_free(plain);
        plain = next;
    }
    return plain;
}

/* ---- traits ---- */

static struct trait *trait_of(struct similar *similar, enum trait_kind kind, const char *text)
{
    g_autofree char *key = g_strdup_printf("%d%s", (int)kind, text);
    struct trait *trait = g_hash_table_lookup(similar->by_text, key);

    if (trait != NULL)
        return trait;
    trait = g_new0(struct trait, 1);
    trait->kind = kind;
    trait->text = g_strdup(text);
    trait->owners = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(similar->traits, trait);
    g_hash_table_insert(similar->by_text, g_steal_pointer(&key), trait);
    return trait;
}

static void trait_free(void *item)
{
    struct trait *trait = item;

    g_array_free(trait->owners, TRUE);
    g_free(trait->text);
    g_free(trait);
}

/* What is done with each trait of a submission: it owns it, or nobody could avoid it. */
typedef void (*trait_use)(struct trait *trait, guint owner);

static void own(struct trait *trait, guint owner)
{
    guint n = trait->owners->len;

    if (n == 0 || g_array_index(trait->owners, guint, n - 1) != owner)
        g_array_append_val(trait->owners, owner);
}

static void force(struct trait *trait, guint owner)
{
    (void)owner;
    trait->forced = true;
}

static void use_text(struct similar *similar, enum trait_kind kind, const char *text, guint owner,
                     trait_use use)
{
    g_autofree char *plain = without_numbers(text, json_array_get(similar->results, owner));

    use(trait_of(similar, kind, text), owner);
    if (trait_of(similar, kind, text)->forced && use == own)
        return; /* a number of one's own may stand in the solution by chance, as 192 */
    if (strcmp(plain, text) != 0) {
        use(trait_of(similar, kind, plain), owner);
        trait_of(similar, kind, text)->numbered = true;
    }
}

static void use_list(struct similar *similar, enum trait_kind kind, const json_t *list, guint owner,
                     trait_use use)
{
    for (size_t i = 0; i < MIN(json_array_size(list), TRAITS_MAX); i++)
        use_text(similar, kind, json_string_value(json_array_get(list, i)), owner, use);
}

static void use_runs(struct similar *similar, const json_t *list, guint owner, trait_use use)
{
    size_t n = MIN(json_array_size(list), TRAITS_MAX);

    for (size_t i = 0; i + RUN_LEN <= n; i++) {
        g_autoptr(GString) run = g_string_new(NULL);

        for (size_t j = 0; j < RUN_LEN; j++)
            g_string_append_printf(run, "%s%s", j > 0 ? " ; " : "",
                                   json_string_value(json_array_get(list, i + j)));
        use_text(similar, TRAIT_RUN, run->str, owner, use);
    }
}

static void use_fingerprint(struct similar *similar, const json_t *prints, guint owner,
                            trait_use use)
{
    const json_t *commands = json_object_get(prints, "commands");

    use_list(similar, TRAIT_EDIT, json_object_get(prints, "edits"), owner, use);
    use_list(similar, TRAIT_ANSWER, json_object_get(prints, "answers"), owner, use);
    use_list(similar, TRAIT_COMMAND, commands, owner, use);
    use_runs(similar, commands, owner, use);
}

/* ---- weights ---- */

/* log2(n / d) in BITths, by whole numbers: the same on every machine. */
static uint32_t weight_of(uint64_t n, uint64_t d)
{
    uint64_t ratio = (n << 32) / d; /* 32.32, at least 1 */
    uint32_t weight = 0;

    for (; ratio >= (uint64_t)2 << 32; ratio >>= 1)
        weight += BIT;
    for (uint32_t bit = BIT / 2; bit > 0; bit /= 2) {
        uint64_t square = (ratio >> 16) * (ratio >> 16);

        ratio = square;
        if (square >= (uint64_t)2 << 32) {
            weight += bit;
            ratio >>= 1;
        }
    }
    return weight;
}

static size_t pair_at(guint a, guint b) /* a < b */
{
    return (size_t)b * (b - 1) / 2 + a;
}

static void share(struct similar *similar, const struct trait *trait)
{
    const GArray *owners = trait->owners;

    for (guint j = 0; j < owners->len; j++) {
        guint b = g_array_index(owners, guint, j);

        similar->own_weight[b] += trait->numbered ? 0 : trait->weight;
        for (guint i = 0; i < j; i++)
            similar->shared[pair_at(g_array_index(owners, guint, i), b)] += trait->weight;
    }
}

static void weigh(struct similar *similar)
{
    for (guint t = 0; t < similar->traits->len; t++) {
        struct trait *trait = similar->traits->pdata[t];

        if (trait->owners->len == 0 || trait->forced)
            continue;
        trait->weight = weight_of(similar->n, trait->owners->len);
        share(similar, trait);
    }
}

/* What a pair shares of all that either has, in percent; 0 where that is too little to tell. */
static unsigned likeness(const struct similar *similar, guint a, guint b)
{
    uint64_t shared = similar->shared[pair_at(a, b)];
    uint64_t both = (uint64_t)similar->own_weight[a] + similar->own_weight[b];
    uint64_t all = MAX(both - MIN(shared, both), shared);

    if (shared < SIMILAR_WEIGHT_MIN * BIT || shared * 100 < all * PERCENT_MIN)
        return 0;
    return (unsigned)(shared * 100 / all);
}

/* ---- clusters ---- */

static guint root_of(const struct similar *similar, guint i)
{
    while (similar->cluster[i] != i)
        i = similar->cluster[i];
    return i;
}

static void join_pairs(struct similar *similar)
{
    for (guint b = 1; b < similar->n; b++) {
        for (guint a = 0; a < b; a++) {
            guint x, y;

            if (likeness(similar, a, b) == 0)
                continue;
            x = root_of(similar, a);
            y = root_of(similar, b);
            similar->cluster[MAX(x, y)] = MIN(x, y);
        }
    }
}

static guint members_owning(const struct similar *similar, const struct trait *trait, guint root)
{
    guint n = 0;

    for (guint i = 0; i < trait->owners->len; i++)
        n += root_of(similar, g_array_index(trait->owners, guint, i)) == root;
    return n;
}

struct evidence {
    const struct trait *trait;
    guint members;
};

static gint by_weight(gconstpointer a, gconstpointer b)
{
    const struct evidence *x = a, *y = b;
    uint64_t heavy_x = (uint64_t)x->trait->weight * x->members;
    uint64_t heavy_y = (uint64_t)y->trait->weight * y->members;

    if (heavy_x != heavy_y)
        return heavy_x > heavy_y ? -1 : 1;
    if (x->trait->kind != y->trait->kind)
        return (gint)x->trait->kind - (gint)y->trait->kind;
    return strcmp(x->trait->text, y->trait->text);
}

static json_t *evidence_of(const struct similar *similar, guint root)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct evidence));
    json_t *list = json_array();

    for (guint t = 0; t < similar->traits->len; t++) {
        struct evidence evidence = { .trait = similar->traits->pdata[t] };

        if (evidence.trait->weight == 0)
            continue;
        evidence.members = members_owning(similar, evidence.trait, root);
        if (evidence.members >= 2)
            g_array_append_val(found, evidence);
    }
    g_array_sort(found, by_weight);
    for (guint i = 0; i < MIN(found->len, SIMILAR_EVIDENCE_MAX); i++) {
        const struct evidence *evidence = &g_array_index(found, struct evidence, i);

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:i}", "kind", KIND_NAMES[evidence->trait->kind],
                            "text", evidence->trait->text, "members", (int)evidence->members,
                            "submissions", (int)evidence->trait->owners->len));
    }
    return list;
}

static json_t *cluster_at(const struct similar *similar, guint root)
{
    json_t *members = json_array();
    unsigned most = 0;

    for (guint b = root; b < similar->n; b++) {
        if (root_of(similar, b) != root)
            continue;
        json_array_append_new(
            members, json_string(class_text(json_array_get(similar->results, b), "submission")));
        for (guint a = root; a < b; a++)
            if (root_of(similar, a) == root)
                most = MAX(most, likeness(similar, a, b));
    }
    if (json_array_size(members) < 2) {
        json_decref(members);
        return NULL;
    }
    return json_pack("{s:o, s:i, s:o}", "members", members, "percent", (int)most, "evidence",
                     evidence_of(similar, root));
}

/* Most alike first; of equals, the order of their first members. */
static json_t *list_clusters(const struct similar *similar)
{
    json_t *clusters = json_array();

    for (guint root = 0; root < similar->n; root++) {
        json_t *cluster = similar->cluster[root] == root ? cluster_at(similar, root) : NULL;
        size_t at = json_array_size(clusters);

        if (cluster == NULL)
            continue;
        while (at > 0 &&
               json_integer_value(json_object_get(json_array_get(clusters, at - 1), "percent")) <
                   json_integer_value(json_object_get(cluster, "percent")))
            at--;
        json_array_insert_new(clusters, at, cluster);
    }
    return clusters;
}

/* ---- the whole ---- */

static void compare(struct similar *similar)
{
    for (guint i = 0; i < similar->n; i++)
        use_fingerprint(similar, json_array_get(similar->forced, i), i, force);
    for (guint i = 0; i < similar->n; i++) {
        use_fingerprint(
            similar, json_object_get(json_array_get(similar->results, i), "fingerprint"), i, own);
        similar->cluster[i] = i;
    }
    weigh(similar);
    join_pairs(similar);
}

json_t *similar_find(const json_t *results, const json_t *forced)
{
    guint n = (guint)MIN(json_array_size(results), MEMBERS_MAX);
    struct similar similar = { .n = n, .results = results, .forced = forced };
    json_t *clusters;

    similar.traits = g_ptr_array_new_with_free_func(trait_free);
    similar.by_text = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    similar.own_weight = g_new0(uint32_t, n + 1);
    similar.shared = g_new0(uint32_t, pair_at(0, n + 1) + 1);
    similar.cluster = g_new0(guint, n + 1);
    compare(&similar);
    clusters = list_clusters(&similar);
    g_free(similar.own_weight);
    g_free(similar.shared);
    g_free(similar.cluster);
    g_hash_table_destroy(similar.by_text);
    g_ptr_array_free(similar.traits, TRUE);
    return json_pack("{s:o}", "clusters", clusters);
}
