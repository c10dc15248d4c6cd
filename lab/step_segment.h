/* What lies between two interfaces of one network: cables, hubs and switches. */
#ifndef WW_LAB_STEP_SEGMENT_H
#define WW_LAB_STEP_SEGMENT_H

#include <glib.h>
#include <stdbool.h>

#include "sim/sim.h"

/** step_segment_reaches() - whether frames get from @from to @to without a router. If only a cable
 * that is out or an interface that is off stands between, *@cut is where. */
bool step_segment_reaches(const struct iface *from, const struct iface *to,
                          const struct iface **cut);
/** step_segment_misled() - append where a switch on the way looks for @to's MAC address behind a
 * port that does not lead there; false when none does. */
bool step_segment_misled(const struct iface *from, const struct iface *to, GString *out);

#endif
