/* `routing: computed`: every router knows the way to every network. */
#ifndef WW_LAB_NETWORK_ROUTES_H
#define WW_LAB_NETWORK_ROUTES_H

#include "lab/network.h"

/** network_routes_new() - the ways of the whole topology. Free with route_map_free(). */
struct route_map *network_routes_new(const struct topology *topology);
/** network_routes_share() - the routers of @network, whose interfaces are there, use its route_map
 * from now on. */
void network_routes_share(struct network *network);

#endif
