#include "cli/picture.h"

#include "inspect/i18n.h"

const char *picture_kind(enum topo_kind kind)
{
    static const char *const names[] = { [TOPO_HOST] = N_("host"),
                                         [TOPO_ROUTER] = N_("router"),
                                         [TOPO_SWITCH] = N_("switch"),
                                         [TOPO_HUB] = N_("hub") };

    return _(names[kind]);
}

/* Breadth first from @first, which gets @layer; returns the number of layers so far. */
static int spread(const struct topology *topology, const struct topo_node *first, int layer,
                  int *layers)
{
    g_autoptr(GPtrArray) queue = g_ptr_array_new();
    int n = layer + 1;

    layers[first->index] = layer;
    g_ptr_array_add(queue, (gpointer)first);
    for (guint head = 0; head < queue->len; head++) {
        const struct topo_node *node = queue->pdata[head];

        n = MAX(n, layers[node->index] + 1);
        for (uint32_t i = 0; i < node->n_ifaces; i++) {
            const struct topo_link *link;
            uint32_t next;

            if (node->ifaces[i].link == TOPO_NOWHERE)
                continue;
            link = &topology->links[node->ifaces[i].link];
            next = link->ends[node->ifaces[i].link_end == 0 ? 1 : 0].node;
            if (layers[next] >= 0)
                continue;
            layers[next] = layers[node->index] + 1;
            g_ptr_array_add(queue, &topology->nodes[next]);
        }
    }
    return n;
}

int picture_layers(const struct topology *topology, int *layer)
{
    int n = 0;

    for (uint32_t i = 0; i < topology->n_nodes; i++)
        layer[i] = -1;
    for (uint32_t i = 0; i < topology->n_nodes; i++)
        if (layer[i] < 0)
            n = spread(topology, &topology->nodes[i], n, layer);
    return n;
}
