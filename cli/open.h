/* A scenario file, or an exercise with a submission as a scenario: for commands that run one. */
#ifndef WW_CLI_OPEN_H
#define WW_CLI_OPEN_H

#include <glib.h>

#include "lab/scenario.h"

struct open_options { /* of exercises */
    uint64_t run;
    const char *student;
};

/**
 * open_scenario() - @files is a scenario's file, or an exercise's and perhaps a submission's. NULL
 * after an error, which has been told.
 */
struct scenario *open_scenario(const GPtrArray *files, const struct open_options *options);

#endif
