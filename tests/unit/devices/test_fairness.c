#include "tests/support/unit.h"

#include "devices/host.h"
#include "devices/switch.h"
#include "stack/transport/tcp.h"
#include "tests/support/bulk.h"

/* Two hosts send to a third through a switch whose cable to it is the bottleneck. */

#define PORT       80
#define STEP       SIM_MSEC(1) /* how often the programs look at their sockets */
#define BOTTLENECK UINT64_C(100000000)

struct dumbbell {
    struct sim *sim;
    struct node *hosts[3]; /* the last one receives */
    struct sock *listeners[2];
    struct bulk flows[2];
};

static struct node *add_host(struct sim *sim, unsigned number)
{
    char name[] = "h1";
    struct host_port port = { .name = "eth0", .mac = { { 2, 0, 0, 0, (uint8_t)number, 1 } } };
    struct node *node;

    name[1] = (char)('0' + number);
    node = host_new(sim, name, &(struct host_config){ .ports = &port, .n_ports = 1 });
    ip_addr_add(host_os(node)->ip.ifaces[1], IP4(10, 0, 0, number), 24);
    return node;
}

static void begin(struct dumbbell *net, uint64_t seed)
{
    struct link_config access = { .rate = 1000000000, .delay = SIM_MSEC(1), .queue = 1000 };
    struct link_config bottleneck = { .rate = BOTTLENECK, .delay = SIM_MSEC(10), .queue = 200 };
    struct mac_addr macs[3] = { { { 2, 0, 0, 0, 9, 1 } },
                                { { 2, 0, 0, 0, 9, 2 } },
                                { { 2, 0, 0, 0, 9, 3 } } };
    struct switch_config config = { .n_ports = 3,
                                    .port_macs = macs,
                                    .mac = { { 2, 0, 0, 0, 9, 0 } },
                                    .ageing = BRIDGE_AGEING_DEFAULT };
    struct node *bridge;

    *net = (struct dumbbell){ .sim = sim_new(seed) };
    for (unsigned i = 0; i < 3; i++)
        net->hosts[i] = add_host(net->sim, i + 1);
    bridge = switch_new(net->sim, "sw1", &config);
    for (unsigned i = 0; i < 3; i++)
        sim_add_link(net->sim, bridge->ifaces[i], net->hosts[i]->ifaces[0],
                     i < 2 ? &access : &bottleneck);
    sim_start(net->sim);
    for (unsigned i = 0; i < 2; i++) {
        net->listeners[i] = tcp_socket(host_os(net->hosts[2])->tcp);
        EQ(net->listeners[i]->ops->bind(net->listeners[i],
                                        (struct endpoint){ 0, (uint16_t)(PORT + i) }),
           0);
        EQ(net->listeners[i]->ops->listen(net->listeners[i], 5), 0);
    }
}

static void connect_flow(struct dumbbell *net, unsigned i)
{
    struct sock *sock = tcp_socket(host_os(net->hosts[i])->tcp);

    EQ(sock->ops->connect(sock, (struct endpoint){ IP4(10, 0, 0, 3), (uint16_t)(PORT + i) }),
       -SIM_EINPROGRESS);
    net->flows[i].from = sock;
}

static void run_for(struct dumbbell *net, sim_time time)
{
    int error;

    for (sim_time end = sim_now(net->sim) + time; sim_now(net->sim) < end;) {
        OK(sim_run(net->sim, sim_now(net->sim) + STEP, 100000000));
        for (unsigned i = 0; i < 2; i++) {
            if (net->flows[i].from == NULL)
                continue;
            if (net->flows[i].to == NULL)
                net->flows[i].to = net->listeners[i]->ops->accept(net->listeners[i], &error);
            bulk_move(&net->flows[i]);
        }
    }
}

static void end(struct dumbbell *net)
{
    for (unsigned i = 0; i < 2; i++) {
        net->flows[i].from->ops->close(net->flows[i].from);
        net->flows[i].to->ops->close(net->flows[i].to);
        net->listeners[i]->ops->close(net->listeners[i]);
    }
    sim_free(net->sim);
}

/* The second comes when the first has the link to itself, and gets its share all the same. */
static void two_flows_share_a_link_fairly(void)
{
    struct dumbbell net;
    uint64_t first, second;

    begin(&net, 1);
    connect_flow(&net, 0);
    run_for(&net, SIM_SEC(5));
    connect_flow(&net, 1);
    run_for(&net, SIM_SEC(20));
    first = net.flows[0].received;
    second = net.flows[1].received;
    run_for(&net, SIM_SEC(60));
    first = net.flows[0].received - first;
    second = net.flows[1].received - second;
    OK(first * 10 > (first + second) * 4); /* 40 to 60 of 100 */
    OK(second * 10 > (first + second) * 4);
    OK((first + second) * 100 > bulk_full_link(BOTTLENECK, 60) * 95);
    end(&net);
}

UNIT_MAIN("tcp: two flows through one bottleneck", TEST(two_flows_share_a_link_fairly))
