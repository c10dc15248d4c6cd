/* How far a long run is: one line on stderr, rewritten now and then, gone at the end. */
#ifndef WW_CLI_PROGRESS_H
#define WW_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/run.h"

struct progress {
    const struct run *run; /* NULL: for progress_tell() */
    bool wanted, shown;
    int64_t next; /* on the machine's monotonic clock, in microseconds: when to show it again */
};

/** progress_begin() - @wanted: stderr is a terminal and nothing else is told there. */
void progress_begin(struct progress *progress, const struct run *run, bool wanted);
/** progress_tell() - @text is how far it is, of what is no run. */
void progress_tell(struct progress *progress, const char *text);
/** progress_show() - between two slices of the run. */
void progress_show(struct progress *progress);
/** progress_end() - the line is wiped away. */
void progress_end(struct progress *progress);

#endif
