/* The files of `wirewalk demo`, built into the program by cmake/embed.cmake. */
#ifndef WW_CLI_DEMO_FILES_H
#define WW_CLI_DEMO_FILES_H

#include <stddef.h>

extern const unsigned char demo_topology[], demo_scenario[]; /* each closed by a NUL */
extern const size_t demo_topology_len, demo_scenario_len;    /* without it */

#endif
