/* Two hosts on one cable, 10.0.0.1/24 and 10.0.0.2/24, for tests of what runs on sockets. */
#ifndef WW_TESTS_TWO_HOSTS_H
#define WW_TESTS_TWO_HOSTS_H

#include <stdlib.h>

#include "base/memory.h"
#include "sim/sim.h"
#include "stack/socket/os.h"

struct two_hosts {
    struct sim *sim;
    struct os *a, *b;
};

static void two_hosts_receive(struct iface *iface, struct frame *frame)
{
    ether_input(&((struct os *)iface->node->device)->ether, iface, frame);
}

static void two_hosts_free(struct node *node)
{
    os_fini(node->device);
    free(node->device);
}

static const struct node_ops two_hosts_ops = { .kind = "host",
                                               .receive = two_hosts_receive,
                                               .free = two_hosts_free };

static struct os *two_hosts_add(struct sim *sim, const char *name, uint8_t number)
{
    struct node *node = sim_add_node(sim, name, &two_hosts_ops);
    struct mac_addr mac = { { 2, 0, 0, 0, number, 1 } };
    struct os *os = mem_zalloc(sizeof *os);

    iface_add(node, "eth0", &mac);
    node->device = os;
    os_init(os, node);
    return os;
}

/* The addresses are set for those hosts whose bit (1, 2) is in @addressed. */
static void two_hosts_begin(struct two_hosts *hosts, unsigned addressed)
{
    struct link_config config = { .rate = LINK_RATE_DEFAULT,
                                  .delay = LINK_DELAY_DEFAULT,
                                  .queue = 100 };

    hosts->sim = sim_new(1);
    hosts->a = two_hosts_add(hosts->sim, "a", 1);
    hosts->b = two_hosts_add(hosts->sim, "b", 2);
    sim_add_link(hosts->sim, hosts->a->node->ifaces[0], hosts->b->node->ifaces[0], &config);
    if (addressed & 1)
        ip_addr_add(hosts->a->ip.ifaces[1], IP4(10, 0, 0, 1), 24);
    if (addressed & 2)
        ip_addr_add(hosts->b->ip.ifaces[1], IP4(10, 0, 0, 2), 24);
    sim_start(hosts->sim);
}

static void two_hosts_end(struct two_hosts *hosts)
{
    sim_free(hosts->sim);
}

#endif
