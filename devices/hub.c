#include "devices/hub.h"

#include <stdio.h>

#include "base/check.h"
#include "sim/link.h"

/* A port repeats when a cable is plugged in there; whether anybody listens at its other end it
 * cannot know. */
static bool repeats(const struct iface *iface)
{
    return iface->up && iface->end != NULL && iface->end->link->up;
}

static void receive(struct iface *from, struct frame *frame)
{
    struct node *node = from->node;
    struct iface *last = NULL;

    frame->why = WHY0(REPEAT);
    frame->has_text = false;
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        struct iface *iface = node->ifaces[i];

        if (iface == from || !repeats(iface))
            continue;
        if (last != NULL)
            iface_send(last, frame_clone(frame));
        last = iface;
    }
    if (last != NULL)
        iface_send(last, frame);
    else
        node_drop(node, from, frame, DROP_NO_OTHER_PORT);
}

static void describe(struct node *node, struct describe *out)
{
    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        const struct iface *iface = node->ifaces[i];
        const char *state = iface_has_carrier(iface) ? "up" : "down";
        char line[64];

        snprintf(line, sizeof line, "%s %s", iface->name, state);
        describe_row(out, "ports", iface->name, line);
        describe_text(out, "port", iface->name);
        describe_text(out, "state", state);
        describe_number(out, "rx_frames", (int64_t)iface->rx_frames);
        describe_number(out, "rx_octets", (int64_t)iface->rx_octets);
        describe_number(out, "tx_frames", (int64_t)iface_tx_frames(iface));
        describe_number(out, "tx_octets", (int64_t)iface_tx_octets(iface));
    }
}

static const struct node_ops hub_ops = {
    .kind = "hub", .is_repeater = true, .receive = receive, .describe = describe
};

struct node *hub_new(struct sim *sim, const char *name, const struct hub_config *config)
{
    struct node *node = sim_add_node(sim, name, &hub_ops);

    CHECK(config->n_ports <= HUB_PORTS_MAX);
    for (uint32_t i = 0; i < config->n_ports; i++) {
        char port_name[16];

        snprintf(port_name, sizeof port_name, "p%u", i + 1);
        iface_set_mtu(iface_add(node, port_name, &MAC_ZERO), HUB_MTU);
    }
    return node;
}

bool node_is_hub(const struct node *node)
{
    return node->ops == &hub_ops;
}
