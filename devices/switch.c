#include "devices/switch.h"

#include <stdio.h>

#include "base/check.h"

static void receive(struct iface *iface, struct frame *frame)
{
    bridge_input(iface->owner, frame);
}

static void carrier(struct iface *iface, bool up)
{
    bridge_carrier(iface->owner, up);
}

static void describe(struct node *node, struct describe *out)
{
    bridge_describe(node->device, out);
}

static const struct node_ops switch_ops = {
    .kind = "switch", .receive = receive, .carrier = carrier, .describe = describe
};

struct node *switch_new(struct sim *sim, const char *name, const struct switch_config *config)
{
    struct node *node = sim_add_node(sim, name, &switch_ops);
    struct bridge *bridge = arena_alloc(&sim->arena, sizeof *bridge);
    struct bridge_port *ports = arena_alloc_lines(&sim->arena, config->n_ports * sizeof *ports);

    CHECK(config->n_ports <= SWITCH_PORTS_MAX);
    node->device = bridge;
    bridge_init(bridge, node, config->ageing);
    bridge_add_local(bridge, &config->mac);
    for (uint32_t i = 0; i < config->n_ports; i++) {
        char port_name[16];
        struct iface *iface;

        snprintf(port_name, sizeof port_name, "p%u", i + 1);
        iface = iface_add(node, port_name, &config->port_macs[i]);
        iface->owner = &ports[i];
        bridge_add_port(bridge, &ports[i], iface);
    }
    return node;
}

bool node_is_switch(const struct node *node)
{
    return node->ops == &switch_ops;
}

struct bridge *switch_bridge(const struct node *node)
{
    CHECK(node_is_switch(node));
    return node->device;
}

struct bridge_port *switch_port(const struct node *node, const char *name)
{
    struct iface *iface = iface_find(node, name);

    CHECK(node_is_switch(node));
    return iface == NULL ? NULL : iface->owner;
}
