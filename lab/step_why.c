/* Why something happened, back to the command that started it. */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/step_moment.h"
#include "lab/step_tell.h"
#include "lab/step_value.h"
#include "lab/step_words.h"

enum { CHAIN_MAX = 4000, CHAIN_BEGIN = 4, CHAIN_END = 20 };

/* ---- why ---- */

static bool number_is_of(const struct step_entry *entry, uint64_t number)
{
    return entry->number == number && entry->kind != RECORD_DROP;
}

/* "17": frame 17; "@ID": that record; "drop", "change": the last one; nothing: the moment's
 * subject. */
static const struct step_entry *find_subject(const struct step_moment *moment, const char *word)
{
    const struct step_log *log = moment->log;
    uint64_t first = step_log_first(log), number = 0;
    enum record_kind kind = RECORD_N_KINDS;

    if (word == NULL)
        return step_moment_subject(moment);
    if (*word == '@')
        return step_number(word + 1, &number) ? step_log_find(log, number) : NULL;
    if (strcmp(word, "drop") == 0)
        kind = RECORD_DROP;
    else if (strcmp(word, "change") == 0)
        kind = RECORD_STATE;
    else if (!step_number(word, &number))
        return NULL;
    for (uint64_t n = log->n_entries; n-- > first;) {
        const struct step_entry *entry = step_log_at(log, n);

        if (kind != RECORD_N_KINDS ? entry->kind == kind : number_is_of(entry, number))
            return entry;
    }
    return NULL;
}

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

/* From the first cause to the last; the middle of a long story is left out. */
static void tell_chain(const struct step_log *log, GPtrArray *chain, GString *out)
{
    guint n = chain->len, gap = n > CHAIN_BEGIN + CHAIN_END + 1 ? n - CHAIN_BEGIN - CHAIN_END : 0;

    for (guint i = 0; i < n; i++) {
        if (gap > 0 && i == CHAIN_BEGIN) {
            g_string_append_printf(
                out, NN_("    ... %u step more\n", "    ... %u steps more\n", gap), gap);
            i += gap;
        }
        step_tell(log, chain->pdata[n - 1 - i], out);
    }
}

uint64_t step_tell_causes(const struct step_log *log, const struct step_entry *entry, bool itself,
                          GString *out)
{
    g_autoptr(GPtrArray) chain = g_ptr_array_new();
    uint64_t lost = 0;

    for (unsigned n = 0; entry != NULL && chain->len < CHAIN_MAX; n++) {
        const struct step_entry *cause = step_log_find(log, entry->cause);
        const struct step_entry *edit = step_edit_of(log, entry);

        lost = cause == NULL ? entry->cause : 0;
        if (n == 0 ? itself : !is_passage(entry, cause) && !step_tell_repeats(log, entry))
            g_ptr_array_add(chain, (gpointer)entry);
        if (edit != NULL)
            g_ptr_array_add(chain, (gpointer)edit);
        entry = cause;
    }
    tell_chain(log, chain, out);
    return lost;
}

bool step_look_why(struct step_moment *moment, char **words, GString *out)
{
    const struct step_entry *entry = find_subject(moment, words[1]);
    g_autoptr(GString) chain = g_string_new(NULL);
    uint64_t lost;

    if (entry == NULL)
        return g_string_assign(out,
                               words[1] != NULL
                                   ? _("no such frame, drop or change in the log: go to it first")
                                   : _("nothing has happened yet")),
               false;
    lost = step_tell_causes(moment->log, entry, true, chain);
    if (lost != 0) /* the front end looks for it in an earlier moment */
        g_string_append_printf(out, "before %" PRIu64 "\n", lost);
    g_string_append(out, chain->str);
    return true;
}
