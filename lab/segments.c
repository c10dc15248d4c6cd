#include "lab/segments.h"

#include <stdlib.h>

uint32_t *sets_new(size_t n)
{
    uint32_t *parents = mem_alloc((n + 1) * sizeof *parents);

    for (size_t i = 0; i < n; i++)
        parents[i] = (uint32_t)i;
    return parents;
}

uint32_t sets_find(uint32_t *sets, uint32_t i)
{
    while (sets[i] != i) {
        sets[i] = sets[sets[i]];
        i = sets[i];
    }
    return i;
}

bool segments_link_is_whole(const struct topo_link *link)
{
    return link->ends[0].iface != TOPO_NOWHERE && link->ends[1].iface != TOPO_NOWHERE;
}

static uint32_t number_of(const struct segments *s, const struct topology *t, uint32_t node,
                          uint32_t iface)
{
    return s->first[node] + (t->nodes[node].kind <= TOPO_ROUTER ? iface : 0);
}

void segments_init(struct segments *segments, const struct topology *topology)
{
    const struct topology *t = topology;
    uint32_t n = 0;

    segments->first = mem_alloc((t->n_nodes + 1) * sizeof *segments->first);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        segments->first[i] = n;
        n += t->nodes[i].kind <= TOPO_ROUTER ? t->nodes[i].n_ifaces : 1;
    }
    segments->sets = sets_new(n);
    for (uint32_t i = 0; i < t->n_links; i++)
        if (segments_link_is_whole(&t->links[i])) {
            const struct topo_end *ends = t->links[i].ends;
            uint32_t x = segment_of(segments, t, ends[0].node, ends[0].iface);
            uint32_t y = segment_of(segments, t, ends[1].node, ends[1].iface);

            segments->sets[y] = x;
        }
}

void segments_fini(struct segments *segments)
{
    free(segments->first);
    free(segments->sets);
}

uint32_t segment_of(struct segments *segments, const struct topology *topology, uint32_t node,
                    uint32_t iface)
{
    return sets_find(segments->sets, number_of(segments, topology, node, iface));
}
