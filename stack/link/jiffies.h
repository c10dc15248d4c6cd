/*
 * The kernel's timer wheel (Linux, HZ 250): timers expire at ticks, and the later they are due the
 * coarser the tick: every jiffy (4 ms) up to 63 jiffies ahead, every 8th up to 504, every 64th up
 * to 4,032, every 512th beyond. Timers of one tick run one after another, the last armed first.
 * Real traces show both, so hosts must too.
 */
#ifndef WW_STACK_LINK_JIFFIES_H
#define WW_STACK_LINK_JIFFIES_H

#include "sim/time.h"

#define JIFFY SIM_MSEC(4)

/** jiffies_expiry() - when a kernel timer armed at @now for @delay from then really runs. Never
 * early. */
static inline sim_time jiffies_expiry(sim_time now, sim_time delay)
{
    sim_time clock = now / JIFFY;
    sim_time ahead = (delay + JIFFY - 1) / JIFFY;
    sim_time expires = clock + ahead, at;
    unsigned shift = 0;

    while (shift < 24 && ahead >= (sim_time)63 << shift)
        shift += 3;
    at = ((expires >> shift) + 1) << shift;
    /* Later armed, earlier run, nearly as far apart: what one of them sends arrives next door
       before the next one runs, and is answered after that. The tick's work is over before the next
       tick. */
    return at * JIFFY + (JIFFY - now % JIFFY) * 63 / 64;
}

#endif
