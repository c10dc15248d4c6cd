/* `routing: computed`: every router knows the way to every network. */
#ifndef WW_LAB_NETWORK_ROUTES_H
#define WW_LAB_NETWORK_ROUTES_H

#include "lab/network.h"

struct routes_search;

/** network_routes_search() - look for the ways of the whole topology, where @apart while the
 * network is being built, on a thread. network_routes_found() waits for them and ends the search;
 * free them with route_map_free(). network_routes_drop() ends a search (or none) whose ways nobody
 * needs. */
struct routes_search *network_routes_search(const struct topology *topology, bool apart);
struct route_map *network_routes_found(struct routes_search *search);
void network_routes_drop(struct routes_search *search);
/** network_routes_share() - the routers of @network, whose interfaces are there, use its route_map
 * from now on. */
void network_routes_share(struct network *network);

#endif
