/* Which interfaces of a topology hear each other's broadcasts: those that cables, switches and hubs
 * join. */
#ifndef WW_LAB_SEGMENTS_H
#define WW_LAB_SEGMENTS_H

#include "lab/topology.h"

/* Disjoint sets of numbers from 0. */
uint32_t *sets_new(size_t n); /* each alone; free with free() */
uint32_t sets_find(uint32_t *sets, uint32_t i);

struct segments {
    uint32_t *first; /* of each node: number of its first interface; a switch or hub has one number
                        for all */
    uint32_t *sets;
};

/** segments_init() - of @topology, all of whose interfaces are known. Free with segments_fini(). */
void segments_init(struct segments *segments, const struct topology *topology);
void segments_fini(struct segments *segments);
/** segment_of() - the same number for interfaces of the same segment. */
uint32_t segment_of(struct segments *segments, const struct topology *topology, uint32_t node,
                    uint32_t iface);
/** segments_link_is_whole() - whether both its ends are known: not so while a file with mistakes is
 * read. */
bool segments_link_is_whole(const struct topo_link *link);

#endif
