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

#endif
