/* What came out of a run: results of its expectations, for people and for programs. */
#ifndef WW_CLI_VERDICT_H
#define WW_CLI_VERDICT_H

#include <stdbool.h>

#include "lab/expect.h"
#include "lab/run.h"

/** verdict_failed() - how many results are not ok. */
unsigned verdict_failed(const GPtrArray *results);
/** verdict_show() - the results as text on stdout; @quiet: only what failed. */
void verdict_show(const struct run *run, const GPtrArray *results, bool quiet);
/** verdict_json() - the whole result as one JSON object on stdout. */
void verdict_json(const struct run *run, const GPtrArray *results, uint64_t n_frames,
                  const char *hash);

#endif
