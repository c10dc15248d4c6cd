#include "lab/step_chain.h"

#include "inspect/i18n.h"
#include "lab/step_tell.h"

enum { CHAIN_MAX = 4000, FAULTS_MAX = 8 };

/* What the arrival of a frame tells is in its sending; only the last step needs both. */
static bool is_passage(const struct step_entry *entry, const struct step_entry *cause)
{
    return entry->kind == RECORD_RECEIVE && cause != NULL && cause->kind == RECORD_SEND;
}

static bool alters(enum why_code code)
{
    return code == WHY_FRAME_EDITED || code == WHY_FAULT_CORRUPT || code == WHY_CHANCE_CORRUPT;
}

const struct step_entry *step_edit_of(const struct step_log *log, const struct step_entry *entry)
{
    const struct step_entry *cause = step_log_find(log, entry->cause);

    if (!is_passage(entry, cause) || entry->octets_at == cause->octets_at)
        return NULL;
    for (uint64_t n = log->n_entries; n-- > step_log_first(log);)
        if (step_log_at(log, n)->cause == cause->id && alters(step_log_at(log, n)->why.code))
            return step_log_at(log, n);
    return NULL;
}

static bool is_fault(const struct step_entry *entry)
{
    return entry->kind == RECORD_CONTROL && entry->why.code >= WHY_FAULT_DROP &&
           entry->why.code <= WHY_CHANCE_REORDER && !alters(entry->why.code);
}

/* What a cable did to the frame that @entry is the arrival or the end of, beside changing it; such
 * records follow the sending's. NULL: nothing. */
static const struct step_entry *fault_of(const struct step_log *log, const struct step_entry *entry)
{
    const struct step_entry *cause = step_log_find(log, entry->cause);
    bool on_cable = entry->kind == RECORD_DROP && entry->drop == DROP_LINK_RULE;

    if (cause == NULL || cause->kind != RECORD_SEND || !(on_cable || is_passage(entry, cause)))
        return NULL;
    for (uint64_t id = cause->id + 1; id <= cause->id + FAULTS_MAX; id++) {
        const struct step_entry *fault = step_log_find(log, id);

        if (fault != NULL && fault->cause == cause->id && is_fault(fault))
            return fault;
    }
    return NULL;
}

GPtrArray *step_chain(const struct step_log *log, const struct step_entry *entry, uint64_t *lost)
{
    GPtrArray *chain = g_ptr_array_new();

    *lost = 0;
    for (; entry != NULL && chain->len < CHAIN_MAX; entry = step_log_find(log, entry->cause)) {
        const struct step_entry *cause = step_log_find(log, entry->cause);

        *lost = cause == NULL ? entry->cause : 0;
        if (chain->len == 0 || (!is_passage(entry, cause) && !step_tell_repeats(log, entry)))
            g_ptr_array_add(chain, (gpointer)entry);
        if (step_edit_of(log, entry) != NULL)
            g_ptr_array_add(chain, (gpointer)step_edit_of(log, entry));
        if (fault_of(log, entry) != NULL)
            g_ptr_array_add(chain, (gpointer)fault_of(log, entry));
    }
    return chain;
}

void step_chain_tell(const struct step_log *log, const GPtrArray *chain, guint begin, guint end,
                     GString *out)
{
    guint n = chain->len, gap = n > begin + end + 1 ? n - begin - end : 0;

    for (guint i = 0; i < n; i++) {
        if (gap > 0 && i == begin) {
            g_string_append_printf(
                out, NN_("    ... %u step more\n", "    ... %u steps more\n", gap), gap);
            i += gap;
        }
        step_tell(log, chain->pdata[n - 1 - i], out);
    }
}
