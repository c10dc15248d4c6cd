#include "tests/support/unit.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "devices/host.h"
#include "sim/sim.h"
#include "stack/socket/netctl.h"

#define MANY 1000

/* Octets that malloc has handed out; 0 where another allocator is at work (sanitizers). */
static size_t in_use(void)
{
#if defined(__GLIBC__)
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

/* Octets for one of many idle nodes with @n_ports addressed interfaces and a default route. */
static size_t octets_per_node(bool router, unsigned n_ports)
{
    struct sim *sim = sim_new(1);
    struct host_port ports[4] = { { "eth0", mac_from_u64(0x020000000001), 0 },
                                  { "eth1", mac_from_u64(0x020000000002), 0 },
                                  { "eth2", mac_from_u64(0x020000000003), 0 },
                                  { "eth3", mac_from_u64(0x020000000004), 0 } };
    size_t before = in_use(), after;

    for (unsigned i = 0; i < MANY; i++) {
        char name[16];
        struct node *node;

        snprintf(name, sizeof name, "n%u", i);
        node =
            host_new(sim, name,
                     &(struct host_config){ .router = router, .ports = ports, .n_ports = n_ports });
        for (unsigned port = 0; port < n_ports; port++)
            ip_addr_add(ip_iface_of(&host_os(node)->ip, node->ifaces[port]),
                        IP4(10, port, 0, 0) + 1 + i, 16);
        netctl_route_add(host_os(node),
                         &(struct netctl_route){ .kind = ROUTE_UNICAST, .via = IP4(10, 0, 255, 1) },
                         NETCTL_ADD);
    }
    after = in_use();
    sim_free(sim);
    return (after - before) / MANY;
}

static void an_idle_host_is_small(void)
{
    size_t octets = octets_per_node(false, 1);

    printf("idle host with one interface: %zu octets\n", octets);
    OK(octets <= 3800);
}

static void an_idle_router_is_small(void)
{
    size_t octets = octets_per_node(true, 4);

    printf("idle router with four interfaces: %zu octets\n", octets);
    OK(octets <= 5200);
}

UNIT_MAIN("memory", TEST(an_idle_host_is_small), TEST(an_idle_router_is_small))
