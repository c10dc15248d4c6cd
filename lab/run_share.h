/* A run that several ranks share: what one of them finds out and the others need. All ranks call
 * these in the same order. Nothing to do for a run that is not shared. */
#ifndef WW_LAB_RUN_SHARE_H
#define WW_LAB_RUN_SHARE_H

#include "lab/run.h"

/** run_share_address() - *@found and *@addr become those of the rank that has the topology's node
 * @index. */
void run_share_address(const struct run *run, uint32_t index, bool *found, ip4_addr *addr);
/** run_share_started() - the number of @command's shell. */
void run_share_started(const struct run *run, struct run_command *command);
/** run_share_interface() - whether the interface is on, now that its rank has switched it. */
void run_share_interface(const struct run *run, const struct topo_iface *iface);
/** run_gather() - at the end: rank 0 gets what the commands printed, the tables, and what the
 * interfaces counted. */
void run_gather(struct run *run);

#endif
