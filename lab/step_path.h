/*
 * Whether a packet would get from one node to another as the tables are now, and if not, which
 * entry is missing or wrong: addresses, routes, cables, neighbors, switch tables, forwarding,
 * the way back, MTU and TTL, and who listens at the end.
 */
#ifndef WW_LAB_STEP_PATH_H
#define WW_LAB_STEP_PATH_H

#include "inspect/facts.h"
#include "lab/step_moment.h"
#include "lab/step_route.h"

struct step_path {
    const struct step_moment *moment;
    const struct node *from, *to;
    struct endpoint src, dst;  /* dst unspecified: the first address of @to in dst's family */
    const struct facts *facts; /* of a frame that is meant, or NULL */
    GString *out;
};

/** step_path_check() - append what is missing, a line each; false when nothing is. */
bool step_path_check(const struct step_path *path);
/** step_path_drop() - append what was missing where the packet of @entry, a drop, died; nothing
 * where the reason says all. */
void step_path_drop(const struct step_moment *moment, const struct step_entry *entry, GString *out);
/** step_path_dhcp() - append why @node, which has no address, got none. */
void step_path_dhcp(const struct step_moment *moment, const struct node *node, GString *out);

#endif
