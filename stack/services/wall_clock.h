/*
 * The date of the simulated world, for what programs print and keep in files: every run starts at
 * the same moment, so that the same files give the same output on any day. UTC, as in a machine
 * without a time zone.
 */
#ifndef WW_STACK_SERVICES_WALL_CLOCK_H
#define WW_STACK_SERVICES_WALL_CLOCK_H

#include <stdint.h>

#include "sim/time.h"

#define WALL_CLOCK_START                                                                           \
    INT64_C(1767225600) /* seconds since 1970: Thu Jan  1 00:00:00 UTC 2026                        \
                         */

struct wall_date {
    int year;            /* 2026 */
    unsigned month, day; /* from 1 */
    unsigned hour, minute, second;
    unsigned weekday; /* 0 is Sunday */
};

/** wall_seconds() - seconds since 1970 at the virtual time @now. */
static inline int64_t wall_seconds(sim_time now)
{
    return WALL_CLOCK_START + now / SIM_SEC(1);
}

/** wall_date() - the calendar date of @seconds since 1970. */
struct wall_date wall_date(int64_t seconds);
/** wall_weekday_name() / wall_month_name() - "Thu", "Jan". */
const char *wall_weekday_name(unsigned weekday);
const char *wall_month_name(unsigned month);

#endif
