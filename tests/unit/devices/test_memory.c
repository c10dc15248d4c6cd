#include "tests/support/unit.h"

#include "devices/host.h"
#include "stack/net/neigh.h"
#include "stack/transport/tcp.h"
#include "tests/support/in_use.h"

/* What an idle node costs: networks of a hundred thousand hosts must fit into a machine. */

#define N          2000
#define HOST_MAX   2048 /* octets, with one interface */
#define ROUTER_MAX 4096 /* with four */

static struct node *add(struct sim *sim, unsigned number, unsigned n_ports)
{
    static const char *const names[] = { "eth0", "eth1", "eth2", "eth3" };
    struct host_port ports[4];
    char name[16];
    struct node *node;

    for (unsigned i = 0; i < n_ports; i++)
        ports[i] =
            (struct host_port){ .name = names[i],
                                .mac = { { 2, 0, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                                           (uint8_t)number, (uint8_t)i } } };
    snprintf(name, sizeof name, "h%u", number);
    node = host_new(
        sim, name,
        &(struct host_config){ .router = n_ports > 1, .ports = ports, .n_ports = n_ports });
    for (unsigned i = 0; i < n_ports; i++)
        ip_addr_add(host_os(node)->ip.ifaces[i + 1],
                    IP4(10, number >> 8 & 255, number & 255, 1) + (i << 6), 26);
    return node;
}

static void give_default_route(struct node *node)
{
    struct ip_stack *ip = &host_os(node)->ip;
    struct fib_entry entry = { .via = ip_iface_primary(ip->ifaces[1]) + 1, .oif = ip->ifaces[1] };

    EQ(fib_add(ip, &entry, false), 0);
}

/* Average octets of N nodes with @n_ports interfaces. */
static size_t cost(unsigned n_ports)
{
    struct sim *sim = sim_new(1);
    size_t before = in_use(), after;

    for (unsigned i = 0; i < N; i++)
        give_default_route(add(sim, i, n_ports));
    sim_start(sim);
    after = in_use();
    sim_free(sim);
    return (after - before) / N;
}

static void an_idle_host_fits_into_two_kibibytes(void)
{
    FITS(cost(1), HOST_MAX);
}

static void an_idle_router_with_four_interfaces_fits_into_four(void)
{
    FITS(cost(4), ROUTER_MAX);
}

UNIT_MAIN("memory of nodes", TEST(an_idle_host_fits_into_two_kibibytes),
          TEST(an_idle_router_with_four_interfaces_fits_into_four))
