#include "lab/fault.h"

#include "inspect/edit.h"
#include "inspect/i18n.h"

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

void fault_read_nth(const struct reader *r, const struct ynode *node, struct topo_fault *fault)
{
    uint32_t n = 0;

    fault->nth = arena_alloc(r->arena, list_len(node) * sizeof *fault->nth);
    for (uint32_t i = 0; i < list_len(node); i++)
        if (read_u32(r, list_item(node, i), "nth", 1, UINT32_MAX, &fault->nth[n]))
            n++;
    qsort(fault->nth, n, sizeof *fault->nth, by_number);
    for (uint32_t i = 0; i < n; i++)
        if (i == 0 || fault->nth[i] != fault->nth[i - 1])
            fault->nth[fault->n_nth++] = fault->nth[i];
    if (list_len(node) == 0)
        reader_error(r, node->at, _("nth is a list of numbers from 1 on, like [3, 13]"));
}

void fault_read_by(const struct reader *r, const struct ynode *node, struct topo_fault *fault)
{
    if (read_time(r, node, "by", &fault->by) && fault->by == 0)
        reader_error(r, node->at, _("`by` is more than 0s"));
}

static void read_change(const struct reader *r, const struct ynode *key, const struct ynode *value,
                        struct edit *edit, struct topo_fault *fault)
{
    struct topo_change *change = &fault->changes[fault->n_changes];
    g_autofree char *error = NULL;
    size_t n = 0;

    while (edit_field_names()[n] != NULL)
        n++;
    if (!edit_is_field(key->text) && !edit_is_length(key->text)) {
        reader_error(r, key->at, _("no field %s can be set%s"), reader_quote(r, key->text),
                     reader_hint(r, key->text, edit_field_names(), n));
        return;
    }
    if (!read_text(r, value, key->text, &change->value))
        return;
    if (!edit_add(edit, key->text, change->value, &error)) {
        reader_error(r, edit_is_length(key->text) ? key->at : value->at, "%s", error);
        return;
    }
    change->field = arena_strdup(r->arena, key->text);
    fault->n_changes++;
}

void fault_read_changes(const struct reader *r, struct text_pos at, const struct ynode *set,
                        const struct ynode *checksums, struct topo_fault *fault)
{
    static const char *const choices[] = { "fix", "keep" };
    struct edit *edit;
    size_t choice;

    if (checksums != NULL && read_choice(r, checksums, "checksums", choices, 2, &choice))
        fault->keep_checksums = choice == 1;
    if (set == NULL) {
        reader_error(r, at, _("`set` is missing: which fields change, like {ip.ttl: 1}"));
        return;
    }
    if (set->kind != YNODE_MAP || set->n == 0) {
        reader_error(r, set->at, _("`set` says which fields change, like {ip.ttl: 1}"));
        return;
    }
    edit = edit_new();
    fault->changes = arena_alloc(r->arena, set->n * sizeof *fault->changes);
    for (uint32_t i = 0; i < set->n; i++)
        read_change(r, ynode_key(set, i), ynode_value(set, i), edit, fault);
    edit_free(edit);
}
