/* What exact faults look like in either kind of file. */
#ifndef WW_LAB_FAULT_H
#define WW_LAB_FAULT_H

#include "lab/reader.h"

/** fault_read_nth() - `nth: [3, 13]`: which of the matching frames. */
void fault_read_nth(const struct reader *r, const struct ynode *node, struct topo_fault *fault);
/** fault_read_by() - `by: 5ms`: how much later a delayed frame arrives; more than nothing. */
void fault_read_by(const struct reader *r, const struct ynode *node, struct topo_fault *fault);
/** fault_read_changes() - `set: {ip.ttl: 1}` at @set, and `checksums: keep` or NULL; @at is where
 * the fault stands. */
void fault_read_changes(const struct reader *r, struct text_pos at, const struct ynode *set,
                        const struct ynode *checksums, struct topo_fault *fault);

#endif
