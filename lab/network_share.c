#include "lab/network_share.h"

#include "sim/partition.h"

/* What a rank keeps of the others' nodes: it never acts. */
static const struct node_ops shells[] = { [TOPO_HOST] = { .kind = "host" },
                                          [TOPO_ROUTER] = { .kind = "router" },
                                          [TOPO_SWITCH] = { .kind = "switch" },
                                          [TOPO_HUB] = { .kind = "hub", .is_repeater = true } };

static bool is_hub(const struct topology *topology, const struct topo_end *end)
{
    return topology->nodes[end->node].kind == TOPO_HUB;
}

/* As sim/split.c has it for a network that is there: hubs and what no time lies between stay
 * together. */
static sim_time look_ahead_of(const struct topology *topology, const struct topo_link *link)
{
    struct link_config config = { .rate = link->rate, .delay = link->delay };

    if (is_hub(topology, &link->ends[0]) || is_hub(topology, &link->ends[1]))
        return 0;
    return link_config_look_ahead(&config);
}

void network_share(struct network *network)
{
    const struct topology *topology = network->topology;
    g_autofree uint32_t *weight = g_new0(uint32_t, topology->n_nodes + 1);
    g_autofree struct partition_edge *edges = g_new0(struct partition_edge, topology->n_links + 1);

    network->part_of = g_new0(uint32_t, topology->n_nodes + 1);
    for (uint32_t i = 0; i < topology->n_nodes; i++)
        weight[i] = 2;
    for (uint32_t i = 0; i < topology->n_links; i++) {
        const struct topo_link *link = &topology->links[i];

        edges[i] = (struct partition_edge){ link->ends[0].node, link->ends[1].node,
                                            look_ahead_of(topology, link) };
        weight[edges[i].a]++;
        weight[edges[i].b]++;
    }
    partition_graph(topology->n_nodes, weight, edges, topology->n_links, network->ranks->n,
                    network->part_of);
}

static bool is_mine(const struct network *network, const struct topo_end *end)
{
    return network->part_of[end->node] == network->ranks->me;
}

bool network_has_link(const struct network *network, uint32_t index)
{
    const struct topo_link *link = &network->topology->links[index];

    return network->ranks == NULL || network->sees_all || is_mine(network, &link->ends[0]) ||
           is_mine(network, &link->ends[1]);
}

/* A cable goes from here to it. */
static bool is_next_to_mine(const struct network *network, const struct topo_node *node)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        if (node->ifaces[i].link != TOPO_NOWHERE && network_has_link(network, node->ifaces[i].link))
            return true;
    return false;
}

struct mac_addr *network_port_macs(const struct topo_node *node)
{
    struct mac_addr *macs = g_new0(struct mac_addr, node->ports + 1);

    for (uint32_t port = 0; port < node->ports; port++)
        macs[port] =
            topology_default_mac(node->index, 0); /* a port without a cable sends nothing */
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        macs[node->ifaces[i].port - 1] = node->ifaces[i].mac;
    return macs;
}

/* A hub's ports have no addresses. */
static void add_ports(struct node *shell, const struct topo_node *node)
{
    g_autofree struct mac_addr *macs = network_port_macs(node);

    for (uint32_t port = 1; port <= node->ports; port++) {
        char name[16];

        g_snprintf(name, sizeof name, "p%u", port);
        iface_add(shell, name, node->kind == TOPO_HUB ? &MAC_ZERO : &macs[port - 1]);
    }
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        iface_set_mtu(shell->ifaces[node->ifaces[i].port - 1], node->ifaces[i].mtu);
}

struct node *network_shell(struct network *network, uint32_t index)
{
    const struct topo_node *node = &network->topology->nodes[index];
    struct node *shell = sim_add_node(network->sim, node->name, &shells[node->kind]);

    shell->part = sim_elsewhere(network->sim);
    if (!network->sees_all && !is_next_to_mine(network, node))
        return shell;
    if (node->kind == TOPO_SWITCH || node->kind == TOPO_HUB) {
        add_ports(shell, node);
        return shell;
    }
    for (uint32_t i = 0; i < node->n_ifaces; i++)
        iface_set_mtu(iface_add(shell, node->ifaces[i].name, &node->ifaces[i].mac),
                      node->ifaces[i].mtu);
    return shell;
}

void network_shell_configure(struct network *network, uint32_t index)
{
    const struct topo_node *node = &network->topology->nodes[index];

    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        struct iface *iface = network_iface(network, &node->ifaces[i]);

        if (iface != NULL && node->ifaces[i].down)
            iface_set_up(iface, false);
    }
}
