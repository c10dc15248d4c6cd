/*
 * The routes of a whole network, computed once and shared by all its routers: what an
 * administrator's program would have written into each of them as static routes, without a full
 * table per router.
 *
 * A way is the one over the fewest routers. Where several are as short, destinations are spread
 * over them, so that neither stands idle; every router's choice depends on the network alone. A
 * network that several routers are on is reached through the first of them.
 *
 * Read only once made, so partitions may share it.
 */
#ifndef WW_STACK_NET_ROUTE_MAP_H
#define WW_STACK_NET_ROUTE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define ROUTE_MAP_ROUTERS_MAX 65535u

/* A router's interface with an address, on a segment: what a cable, or cables and switches, join.
 */
struct route_map_port {
    uint32_t router, segment; /* numbers from 0 */
    uint32_t iface;           /* whatever the router calls it */
    ip4_addr addr;
    uint8_t prefix_len;
};

struct route_map_way {
    ip4_addr prefix;
    uint8_t prefix_len;
    uint32_t iface; /* of the router that asked */
    ip4_addr via;   /* the next router's address on that segment */
};

struct route_map;

/** route_map_new() - from all routers' @ports, in any order; at most ROUTE_MAP_ROUTERS_MAX routers.
 * Free with route_map_free(). */
struct route_map *route_map_new(const struct route_map_port *ports, uint32_t n_ports,
                                uint32_t n_routers);
void route_map_free(struct route_map *map);
/** route_map_find() - the longest prefix that holds @dst, and @router's way there. False: there is
 * none, or @router is on that network itself. */
bool route_map_find(const struct route_map *map, uint32_t router, ip4_addr dst,
                    struct route_map_way *way);
/** route_map_exact() - @router's way to the network @prefix/@prefix_len. False: there is none such.
 */
bool route_map_exact(const struct route_map *map, uint32_t router, ip4_addr prefix,
                     uint8_t prefix_len, struct route_map_way *way);
/** route_map_size() - how many networks there are; route_map_at(): the way to the @n-th of them, by
 * prefix, then length. False as route_map_find(). */
uint32_t route_map_size(const struct route_map *map);
bool route_map_at(const struct route_map *map, uint32_t router, uint32_t n,
                  struct route_map_way *way);

#endif
