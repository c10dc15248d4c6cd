/* What a run leaves behind beside its narration: the files of --pcap, --trace, --state, --outputs,
 * and the run-hash. */
#ifndef WW_CLI_RECORD_H
#define WW_CLI_RECORD_H

#include <stdbool.h>

#include "cli/captures.h"
#include "inspect/run_hash.h"
#include "lab/run.h"

struct record_paths { /* NULL: not wanted; "-": standard output */
    const char *pcap, *trace, *state, *outputs;
    const char *pcap_dir, *pcap_at;
    unsigned pcap_of;     /* CAPTURE_OF_... */
    const char *topology; /* that is read where there is no run */
};

struct recorder;

/**
 * recorder_new() - open the files and observe @sim from now on. @run is the run it belongs to, for
 * state and outputs, or NULL where neither is wanted. NULL: a file cannot be written; told.
 */
struct recorder *recorder_new(struct sim *sim, struct run *run, const struct record_paths *paths);
/** recorder_gather() - rank 0 gets what @ranks, who call this together, have come to. */
void recorder_gather(struct recorder *recorder, struct ranks *ranks);
/** recorder_hash() - the run-hash of what has happened so far. */
const char *recorder_hash(const struct recorder *recorder, char text[static RUN_HASH_TEXT_MAX]);
/** recorder_finish() - after run_finish(): all files are complete. False when one could not be
 * written; told. */
bool recorder_finish(struct recorder *recorder);
/** recorder_free() - before run_free(). */
void recorder_free(struct recorder *recorder);

#endif
