/*
 * Processes that carry out one run together, each a part of the network. They are numbered from 0;
 * the one with number 0 talks to the user. All of them do the same in the same order; what one
 * alone knows goes to the others through here. sim/engine_mpi.h has them over MPI.
 */
#ifndef WW_SIM_RANKS_H
#define WW_SIM_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pack.h"

struct ranks;

struct ranks_ops {
    /* @octets, copied, go to rank @to; what one rank sends another arrives in order. */
    void (*send)(struct ranks *ranks, uint32_t to, const void *octets, size_t len);
    /* What has arrived, from any rank; false: nothing so far. It is valid until the next call. */
    bool (*receive)(struct ranks *ranks, uint32_t *from, struct unpack *in);
    /* There is nothing to do until something arrives: others may have the core. */
    void (*relax)(struct ranks *ranks);
    /* These three are done by all ranks together. */
    /* Everybody's @len octets, the same number for all, by rank: @all has room for them. */
    void (*exchange)(struct ranks *ranks, const void *mine, size_t len, void *all);
    /* @pack goes from @from to all others, in the place of what theirs held. */
    void (*share)(struct ranks *ranks, uint32_t from, struct pack *pack);
    /* Everybody's @mine goes to rank 0: there, @all has room for one of each rank, to be freed. */
    void (*gather)(struct ranks *ranks, const struct pack *mine, struct pack *all);
};

struct ranks { /* embed it in the implementation's own data */
    const struct ranks_ops *ops;
    uint32_t n, me;
};

#endif
