/* `--trace FILE`: every record of the run as a line of JSON. The keys are documented in
 * docs/trace.md and keep their meaning. */
#ifndef WW_INSPECT_TRACE_JSON_H
#define WW_INSPECT_TRACE_JSON_H

#include <glib.h>
#include <stdbool.h>

struct sim;
struct record;
struct trace_json;

/** trace_json_new() - write the records of @sim to @path from now on; NULL with *@error set where
 * it cannot be written. */
struct trace_json *trace_json_new(struct sim *sim, const char *path, GError **error);
/** trace_json_close() - the file is complete. Before sim_free(). False with *@error set. */
bool trace_json_close(struct trace_json *trace, GError **error);
/** trace_json_line() - append one record as a line, newline included. Frames are summarised with
 * absolute numbers. */
void trace_json_line(GString *out, const struct record *record);
/** trace_json_kind_name() - "send", "receive", "drop", ...: the value of the key "kind". */
const char *trace_json_kind_name(unsigned kind);

#endif
