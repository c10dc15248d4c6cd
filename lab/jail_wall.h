/* The layers of a jail that a process puts around itself; nothing but jail.c uses them. */
#ifndef WW_LAB_JAIL_WALL_H
#define WW_LAB_JAIL_WALL_H

#include <stdbool.h>

#include "lab/jail.h"

/** jail_wall_rlimits() - from now on; address space above @memory_now. */
bool jail_wall_rlimits(const struct jail_limits *limits, uint64_t memory_now);
bool jail_wall_no_new_privs(void);
/** jail_wall_landlock() - only @folder (or nothing, NULL) may be read. False: the kernel has none.
 */
bool jail_wall_landlock(const char *folder);
/** jail_wall_seccomp() - only computing and writing to @result_fd. False: the kernel has none. */
bool jail_wall_seccomp(int result_fd);

#endif
