/* Who sends how much, and how much of it to everybody: to say what spent a run's event budget. */
#ifndef WW_LAB_TRAFFIC_H
#define WW_LAB_TRAFFIC_H

#include <glib.h>
#include <stdint.h>

#include "lab/run.h"

struct traffic;

/** traffic_new() - count from now on. Free it before the run. */
struct traffic *traffic_new(struct run *run);
/** traffic_frames() - frames sent so far. */
uint64_t traffic_frames(const struct traffic *traffic);
/** traffic_tell() - append the explanation of a spent budget, in the user's language: several
 * lines. */
void traffic_tell(const struct traffic *traffic, GString *out);
/** traffic_gather() - rank 0 gets the counts of all ranks, which call this together. */
void traffic_gather(struct traffic *traffic);
void traffic_free(struct traffic *traffic);

#endif
