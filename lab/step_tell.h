/* One record as one line, in the manner of the narrated timeline, and a frame as an arrow between
 * two ports. */
#ifndef WW_LAB_STEP_TELL_H
#define WW_LAB_STEP_TELL_H

#include <glib.h>
#include <stdbool.h>

#include "lab/step_log.h"

/** step_tell() - append @entry as a line, or several for a program's output. */
void step_tell(const struct step_log *log, const struct step_entry *entry, GString *out);
/** step_tell_matters() - whether a step tells it: not what happens all the time in a network that
 * works. */
bool step_tell_matters(const struct step_log *log, const struct step_entry *entry);
/** step_tell_repeats() - whether it is a command that its cause has told already. */
bool step_tell_repeats(const struct step_log *log, const struct step_entry *entry);
/** step_tell_everyday() - a drop that happens all the time in a network that works: what is for
 * others, mostly. */
bool step_tell_everyday(enum drop_reason reason);
/** step_tell_short() - append what the record is without time and number: "pc1 → pc2  ARP request:
 * ...". */
void step_tell_short(const struct step_log *log, const struct step_entry *entry, GString *out);
/** step_tell_reason() - append the reason of @entry as a sentence; nothing where there is none. */
void step_tell_reason(const struct step_log *log, const struct step_entry *entry, GString *out);
/** step_tell_frame() - append what the frame is: "ARP request: who has 10.0.0.2?"; @detail: with
 * what it is about. */
void step_tell_frame(const struct step_log *log, const struct step_entry *entry, bool detail,
                     GString *out);

#endif
