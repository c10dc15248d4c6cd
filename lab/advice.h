/*
 * What `wirewalk check` warns of: mistakes that a network can have and run with, but that are
 * seldom meant. A run says nothing of them, because what they do is what it shows. Each has a word
 * for `allow:` in the topology, where it is meant.
 */
#ifndef WW_LAB_ADVICE_H
#define WW_LAB_ADVICE_H

#include "lab/scenario.h"

/** advice_topology() - of @topology, in which there are no errors. */
void advice_topology(const struct topology *topology, struct diag_list *diags);
/** advice_scenario() - of the commands of @scenario, beside what its topology has. */
void advice_scenario(const struct scenario *scenario, struct diag_list *diags);

#endif
