/* Virtual time: picoseconds since the start of the run. Every standard Ethernet rate is a whole
 * number of them per octet. */
#ifndef WW_SIM_TIME_H
#define WW_SIM_TIME_H

#include <stdint.h>

typedef int64_t sim_time;

#define SIM_NSEC(n)   ((sim_time)(n)*1000)
#define SIM_USEC(n)   ((sim_time)(n)*1000000)
#define SIM_MSEC(n)   ((sim_time)(n)*1000000000)
#define SIM_SEC(n)    ((sim_time)(n)*1000000000000)
#define SIM_TIME_NONE ((sim_time)INT64_MAX) /* never; also "not measured" */

/** sim_time_later() - @more after @at; never stays never. */
static inline sim_time sim_time_later(sim_time at, sim_time more)
{
    return at < SIM_TIME_NONE - more ? at + more : SIM_TIME_NONE;
}

#endif
