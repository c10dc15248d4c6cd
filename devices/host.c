#include "devices/host.h"

#include "base/memory.h"
#include "stack/net/ip6.h"
#include "stack/services/services.h"

MEM_LINES_HOLD(offsetof(struct os, ip) % ARENA_LINE == 0 &&
                   offsetof(struct os, ip.neigh) <= (size_t)EVENT_DEVICE_LINES * ARENA_LINE,
               "a packet needs of the host what stands before the neighbors, but for the flow's");

static void receive(struct iface *iface, struct frame *frame)
{
    struct os *os = iface->node->device;

    ether_input(&os->ether, iface, frame);
}

/* The kernel flushes what it learned through an interface that lost its carrier: arp_ifdown(), then
 * fib_sync_down_dev(). */
static void carrier(struct iface *iface, bool up)
{
    struct os *os = iface->node->device;

    if (!up)
        neigh_flush_iface(&os->ip.neigh, ip_iface_of(&os->ip, iface), true);
    ip6_carrier(ip_iface_of(&os->ip, iface), up);
    os->ip.fib.generation++;
}

static void describe(struct node *node, struct describe *out)
{
    os_describe(node->device, out);
    services_describe(node->device, out);
}

static void free_host(struct node *node)
{
    os_fini(node->device);
}

static const struct node_ops host_ops = {
    .kind = "host", .receive = receive, .carrier = carrier, .describe = describe, .free = free_host
};

static const struct node_ops router_ops = { .kind = "router",
                                            .receive = receive,
                                            .carrier = carrier,
                                            .describe = describe,
                                            .free = free_host };

struct node *host_new(struct sim *sim, const char *name, const struct host_config *config)
{
    struct node *node = sim_add_node(sim, name, config->router ? &router_ops : &host_ops);
    struct os *os = arena_alloc_lines(&sim->arena, sizeof *os);

    for (unsigned i = 0; i < config->n_ports; i++) {
        struct iface *iface = iface_add(node, config->ports[i].name, &config->ports[i].mac);

        if (config->ports[i].mtu != 0)
            iface_set_mtu(iface, config->ports[i].mtu);
    }
    node->device = os;
    os_init(os, node);
    os->ip.sysctl.forwarding = os->ip.sysctl6.forwarding = config->router;
    return node;
}

struct os *host_os(const struct node *node)
{
    return node->ops == &host_ops || node->ops == &router_ops ? node->device : NULL;
}
