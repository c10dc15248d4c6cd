/* Ranks over MPI: the only code that knows of it is sim/engine_mpi.c, which is built where CMake
 * finds MPI. */
#ifndef WW_SIM_ENGINE_MPI_H
#define WW_SIM_ENGINE_MPI_H

#include "sim/ranks.h"

/** engine_mpi_begin() - join the other processes of this program that mpirun has started. Once in a
 * process. NULL: this build knows no MPI, or MPI does not work here. */
struct ranks *engine_mpi_begin(void);
/** engine_mpi_end() - leave, when all do. */
void engine_mpi_end(struct ranks *ranks);
/** engine_mpi_is_built() - whether this build knows MPI. */
bool engine_mpi_is_built(void);

#endif
