/*
 * Several copies of this program that mpirun has started, to carry out one run together. The first,
 * rank 0, talks to the user; the others say nothing of what all of them find out.
 */
#ifndef WW_CLI_RANKS_H
#define WW_CLI_RANKS_H

#include <stdbool.h>

#include "sim/ranks.h"

/** ranks_started() - how many copies were started together, as mpirun tells each; 1: this is the
 * only one. */
unsigned ranks_started(void);
/** ranks_hush() - if this is not the first copy, it is silent from now on. */
void ranks_hush(void);
/** ranks_join() - meet the others; false: it cannot be, which has been told. */
bool ranks_join(void);
/** ranks_joined() - the copies that were met, or NULL: this one is alone. */
struct ranks *ranks_joined(void);
/** ranks_agree() - whether all say @ok. Called by all; true at once for one who is alone. */
bool ranks_agree(bool ok);
/** ranks_same() - whether @text is the same with all. Called by all. */
bool ranks_same(const char *text);
/** ranks_speak() - what goes wrong from here on concerns this copy alone: it may be heard again. */
void ranks_speak(void);
/** ranks_leave() - the run is over; all leave together, with @status of the first. Returns that. */
int ranks_leave(int status);

#endif
