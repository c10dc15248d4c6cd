/* What the files of links share among themselves. */
#ifndef WW_SIM_LINK_INTERNAL_H
#define WW_SIM_LINK_INTERNAL_H

#include "base/drop.h"
#include "sim/link.h"

/* What happens to a frame on its way. */
struct link_faults {
    bool drop, duplicate, corrupt;
    enum drop_reason reason;
    sim_time late; /* 0: in order */
};

/* link.c */
/** link_advance_waiting() - the frames whose transmission has begun by @now are no longer waiting.
 */
void link_advance_waiting(struct link_dir *dir, sim_time now);

/* link_faults.c */
struct link_faults link_draw_faults(struct link_dir *dir, struct frame *frame);
/** link_corrupt() - one bit flips behind the FCS's back, as netem does it: damage done inside a
 * device, for the checksums to find. */
void link_corrupt(struct link_dir *dir, struct frame *frame);
/** link_send_late() - @frame, which does not keep the order, has an event of its own. */
void link_send_late(struct link_dir *dir, struct frame *frame, sim_time arrives_at);

#endif
