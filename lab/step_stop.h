/*
 * Where a stepper stops: breakpoints, watches, and what `next`, `until`, `follow` and their kin
 * wait for. A stop is a line of text, so that it can be sent to whichever process runs the
 * scenario:
 *
 * - FILTER [at NODE[:PORT]] [if CONDITION] [count N]: a frame arrives
 * - state TCP-STATE [on NODE]: a connection enters that state
 * - table TABLE [on NODE]: a table changes
 * - drop [REASON] [on NODE]: a frame dies; without a reason: of what does not happen daily
 * - call NAME [on NODE]: a program calls into the socket layer
 * - call NAME [on NODE] returns [NUMBER|ERRNO|error]: such a call returns
 * - watch VALUE: a value changes, lab/step_value.h
 * - when CONDITION: a comparison becomes true
 * - exit [on NODE]: a command ends
 *
 * and those that no user writes: arrival NODE, number N, sent FILTER, follow RECORD, finish
 * PROCESS, dialogue RECORD, record RECORD.
 */
#ifndef WW_LAB_STEP_STOP_H
#define WW_LAB_STEP_STOP_H

#include <glib.h>
#include <stdbool.h>

#include "inspect/filter.h"
#include "lab/step_log.h"
#include "lab/step_value.h"

struct step_stops;

/** step_stops_new() - stops from @lines, one a line. NULL with *@error (g_free()). They do not look
 * yet. @log looks before them. */
struct step_stops *step_stops_new(struct sim *sim, const struct filter_names *names,
                                  const struct step_log *log, const char *lines, char **error);
void step_stops_free(struct step_stops *stops);
/** step_stops_begin() - look at what happens from now on. */
void step_stops_begin(struct step_stops *stops);
/** step_stops_before() / step_stops_after() - around each event. True: it hit stop *@stop with
 * record *@record (or 0). */
void step_stops_before(struct step_stops *stops);
bool step_stops_after(struct step_stops *stops, unsigned *stop, uint64_t *record);

#endif
