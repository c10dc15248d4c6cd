/* The chain of causes of a record, back to the command that started it, for the stepper's `why` and
 * for what a grader tells. */
#ifndef WW_LAB_STEP_CHAIN_H
#define WW_LAB_STEP_CHAIN_H

#include <glib.h>

#include "lab/step_log.h"

/** step_chain() - the entries worth telling from @entry back to the first cause, @entry first.
 * *@lost is the record at which the log ends, or 0. */
GPtrArray *step_chain(const struct step_log *log, const struct step_entry *entry, uint64_t *lost);
/** step_chain_tell() - append them from the first cause on, a line each; of a long chain the first
 * @begin and the last @end. */
void step_chain_tell(const struct step_log *log, const GPtrArray *chain, guint begin, guint end,
                     GString *out);

/** step_edit_of() - what a fault did to the frame between its sending and its arrival @entry; NULL:
 * nothing. */
const struct step_entry *step_edit_of(const struct step_log *log, const struct step_entry *entry);

#endif
