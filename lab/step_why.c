/* Why something happened, back to the command that started it. */
#include <inttypes.h>
#include <string.h>

#include "inspect/i18n.h"
#include "inspect/render.h"
#include "lab/step_chain.h"
#include "lab/step_moment.h"
#include "lab/step_tell.h"
#include "lab/step_value.h"
#include "lab/step_words.h"

enum { CHAIN_BEGIN = 4, CHAIN_END = 20 };

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

uint64_t step_tell_causes(const struct step_log *log, const struct step_entry *entry, bool itself,
                          GString *out)
{
    uint64_t lost;
    g_autoptr(GPtrArray) chain = step_chain(log, entry, &lost);

    if (!itself && chain->len > 0)
        g_ptr_array_remove_index(chain, 0);
    step_chain_tell(log, chain, CHAIN_BEGIN, CHAIN_END, out);
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
