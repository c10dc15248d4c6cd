#include "lab/network_routes.h"

#include <pthread.h>

#include "lab/segments.h"
#include "stack/net/route_map.h"

static bool counts(const struct topo_node *node)
{
    return node->kind == TOPO_ROUTER;
}

/* Ports of all routers; a port's `iface` is its place in its node's ifaces. Routers are numbered in
 * the order of the file. */
static GArray *collect_ports(const struct topology *topology, uint32_t *n_routers)
{
    GArray *ports = g_array_new(FALSE, FALSE, sizeof(struct route_map_port));
    struct segments segments;

    segments_init(&segments, topology);
    *n_routers = 0;
    for (uint32_t i = 0; i < topology->n_nodes; i++) {
        const struct topo_node *node = &topology->nodes[i];

        for (uint32_t j = 0; counts(node) && j < node->n_ifaces; j++)
            for (uint32_t k = 0; k < node->ifaces[j].n_addrs; k++) {
                struct route_map_port port = { .router = *n_routers,
                                               .segment = segment_of(&segments, topology, i, j),
                                               .iface = j,
                                               .addr = node->ifaces[j].addrs[k].addr,
                                               .prefix_len = node->ifaces[j].addrs[k].prefix_len };

                g_array_append_val(ports, port);
            }
        *n_routers += counts(node);
    }
    segments_fini(&segments);
    return ports;
}

/* Which needs nothing but the topology, that nobody changes meanwhile. */
struct routes_search {
    const struct topology *topology;
    struct route_map *map;
    bool apart;
    pthread_t thread;
};

static void *search_all(void *ctx)
{
    struct routes_search *search = ctx;
    uint32_t n_routers;
    g_autoptr(GArray) ports = collect_ports(search->topology, &n_routers);

    search->map =
        route_map_new((const struct route_map_port *)(void *)ports->data, ports->len, n_routers);
    return NULL;
}

struct routes_search *network_routes_search(const struct topology *topology, bool apart)
{
    struct routes_search *search = g_new0(struct routes_search, 1);

    search->topology = topology;
    search->apart = apart && pthread_create(&search->thread, NULL, search_all, search) == 0;
    return search;
}

struct route_map *network_routes_found(struct routes_search *search)
{
    struct route_map *map;

    if (search->apart)
        pthread_join(search->thread, NULL);
    else
        search_all(search);
    map = search->map;
    g_free(search);
    return map;
}

void network_routes_drop(struct routes_search *search)
{
    if (search != NULL && search->apart)
        route_map_free(network_routes_found(search));
    else
        g_free(search);
}

void network_routes_share(struct network *network)
{
    const struct topology *topology = network->topology;
    uint32_t router = 0;

    for (uint32_t i = 0; i < topology->n_nodes; i++) {
        const struct topo_node *node = &topology->nodes[i];
        g_autofree struct ip_iface **ifaces = NULL;
        struct os *os;

        if (!counts(node) || !network_is_here(network, i)) {
            router += counts(node);
            continue;
        }
        os = network_os(network, i);
        ifaces = g_new(struct ip_iface *, node->n_ifaces + 1);
        for (uint32_t j = 0; j < node->n_ifaces; j++)
            ifaces[j] = ip_iface_find(&os->ip, node->ifaces[j].name);
        fib_share(&os->ip, network->routes, router++, ifaces, node->n_ifaces);
    }
}
