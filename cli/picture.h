/* Pictures of a topology. */
#ifndef WW_CLI_PICTURE_H
#define WW_CLI_PICTURE_H

#include <glib.h>

#include "lab/topology.h"

/**
 * picture_text() - append a drawing with boxes and lines, at most @width columns wide: layers of
 * nodes from the first one of the file downwards. Where it would be wider, a list of the cables is
 * given instead.
 */
void picture_text(const struct topology *topology, int width, GString *out);
/** picture_kind() - "host", "router", "switch", "hub" in the user's language. */
const char *picture_kind(enum topo_kind kind);
/** picture_dot() - the topology in Graphviz's language. Free with g_free(). */
char *picture_dot(const struct topology *topology);

/**
 * picture_layers() - for each node its distance in cables from the first node of the file; nodes
 * that cannot be reached from there begin a layer below all others. @layer has room for all nodes.
 * Returns the number of layers.
 */
int picture_layers(const struct topology *topology, int *layer);

#endif
