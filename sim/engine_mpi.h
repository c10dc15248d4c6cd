/*
 * Ranks over MPI. The only code that knows of it is sim/engine_mpi.c, which is a module of its own,
 * built where CMake finds MPI: the program loads it when mpirun has started it, and does not pay
 * for the library otherwise.
 */
#ifndef WW_SIM_ENGINE_MPI_H
#define WW_SIM_ENGINE_MPI_H

#include "sim/ranks.h"

#define ENGINE_MPI_MODULE "wirewalk-mpi.so" /* beside the program, or where it is installed */
#define ENGINE_MPI_SYMBOL "engine_mpi"

struct engine_mpi {
    /* Join the other processes of this program that mpirun has started. Once in a process. NULL:
     * MPI does not work here. */
    struct ranks *(*begin)(void);
    /* Leave, when all do. */
    void (*end)(struct ranks *ranks);
};

/** engine_mpi - all that the module has to offer. */
extern const struct engine_mpi engine_mpi;

#endif
