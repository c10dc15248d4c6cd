/* The calls of a script on the simulated socket layer. For lab/pkt_sim*.c alone. */
#ifndef WW_LAB_PKT_SIM_CALL_H
#define WW_LAB_PKT_SIM_CALL_H

#include "lab/pkt_host.h"
#include "stack/socket/syscall.h"

/** pkt_sim_call() - does @call; >= 0, a negated errno, or SYS_BLOCKED. What the call gives is in
 * @answer. */
int64_t pkt_sim_call(struct process *process, const struct pkt_call *call,
                     struct pkt_answer *answer);

#endif
