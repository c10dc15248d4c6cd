#include "lab/step_chain.h"

#include "inspect/i18n.h"
#include "lab/step_tell.h"

enum { CHAIN_MAX = 4000 };

/* What the arrival of a frame tells is in its sending; only the last step needs both. */
static bool is_passage(const struct step_entry *entry, const struct step_entry *cause)
{
    return entry->kind == RECORD_RECEIVE && cause != NULL && cause->kind == RECORD_SEND;
}

const struct step_entry *step_edit_of(const struct step_log *log, const struct step_entry *entry)
{
    const struct step_entry *cause = step_log_find(log, entry->cause);

    if (!is_passage(entry, cause) || entry->octets_at == cause->octets_at)
        return NULL;
    for (uint64_t n = log->n_entries; n-- > step_log_first(log);)
        if (step_log_at(log, n)->cause == cause->id &&
            step_log_at(log, n)->why.code == WHY_FRAME_EDITED)
            return step_log_at(log, n);
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
