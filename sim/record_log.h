/*
 * Records kept for later. While partitions run side by side, what happens in one is written into
 * its log, octets and texts included, with its place in the run's order; the engine merges the logs
 * and tells the observers, one record at a time, just as they would have been told at once.
 */
#ifndef WW_SIM_RECORD_LOG_H
#define WW_SIM_RECORD_LOG_H

#include "base/pack.h"
#include "sim/time.h"
#include "sim/trace.h"

struct channel;
struct part;
struct sim;

/** record_log_add() - keep @record in @part's log. */
void record_log_add(struct part *part, const struct record *record);
/** record_log_count() - something happened of which all that observers want to know is how often.
 */
void record_log_count(struct part *part);
/** record_logs_tell() - tell the ordered observers all that is kept and happened before @bound:
 * nothing will be added that comes before it. */
void record_logs_tell(struct sim *sim, sim_time bound);
/** record_log_pack() - what happened before @bound goes from @log to @out, for another rank.
 * record_log_unpack() - and there into a log of @sim; false: these octets are no records of it. */
void record_log_pack(struct channel *log, sim_time bound, struct pack *out);
bool record_log_unpack(const struct sim *sim, struct channel *log, struct unpack *in);

#endif
