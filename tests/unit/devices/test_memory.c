#include "tests/support/unit.h"

#include "devices/host.h"
#include "stack/net/neigh.h"
#include "stack/socket/syscall.h"
#include "stack/transport/tcp.h"
#include "tests/support/in_use.h"

/* What an idle node costs: networks of a hundred thousand hosts must fit into a machine. */

#define N          2000
#define HOST_MAX   2048 /* octets, with one interface */
#define ROUTER_MAX 4096 /* with four */
#define SOCKET_MAX 1024 /* of a TCP connection that is open, one side */
#define N_SOCKETS  1000 /* connections of one program */

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

/* Programs that open N_SOCKETS connections, say something in each direction, and are silent then.
 */

static const char hello[] = "a line of a dialogue, of the usual length";

struct talk {
    struct coroutine co;
    int listener, fd, n;
};

static enum co_status listener_main(struct process *self, void *state)
{
    struct talk *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    s->listener = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    EQ(sys_bind(self, s->listener, (struct endpoint){ 0, 80 }), 0);
    EQ(sys_listen(self, s->listener, 16), 0);
    for (; s->n < N_SOCKETS; s->n++) {
        CO_CALL(&s->co, s->fd, sys_accept(self, s->listener, NULL));
        CO_CALL(&s->co, n, sys_recv(self, s->fd, NULL, sizeof hello, 0));
        EQ(n, sizeof hello);
        CO_CALL(&s->co, n, sys_send(self, s->fd, hello, sizeof hello, 0));
    }
    CO_AWAIT(&s->co, false);
    CO_END(&s->co);
}

static enum co_status caller_main(struct process *self, void *state)
{
    struct talk *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    CO_CALL(&s->co, n, sys_sleep(self, SIM_MSEC(1)));
    for (; s->n < N_SOCKETS; s->n++) {
        s->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
        CO_CALL(&s->co, n, sys_connect(self, s->fd, (struct endpoint){ IP4(192, 168, 1, 2), 80 }));
        EQ(n, 0);
        CO_CALL(&s->co, n, sys_send(self, s->fd, hello, sizeof hello, 0));
        CO_CALL(&s->co, n, sys_recv(self, s->fd, NULL, sizeof hello, 0));
        EQ(n, sizeof hello);
        CO_CALL(&s->co, n, sys_sleep(self, SIM_MSEC(20)));
    }
    CO_AWAIT(&s->co, false);
    CO_END(&s->co);
}

static struct process *talk(struct node *node, const struct program *program)
{
    const char *const argv[] = { program->name };

    return process_start(host_os(node), program, 1, argv, NULL, &(struct process_io){ NULL, NULL });
}

/* The control block, its buffers and timers, the descriptor, the tables it stands in. */
static void an_open_tcp_connection_fits_into_one_on_each_side(void)
{
    static const struct program listener = { "listener", sizeof(struct talk), listener_main, NULL,
                                             NULL },
                                caller = { "caller", sizeof(struct talk), caller_main, NULL, NULL };
    struct link_config config = { .rate = LINK_RATE_DEFAULT,
                                  .delay = LINK_DELAY_DEFAULT,
                                  .queue = 100 };
    struct sim *sim = sim_new(1);
    struct node *a = add(sim, 0, 1), *b = add(sim, 1, 1);
    struct process *p, *q;
    size_t before, octets;

    EQ(ip_addr_add(host_os(a)->ip.ifaces[1], IP4(192, 168, 1, 1), 24), 0);
    EQ(ip_addr_add(host_os(b)->ip.ifaces[1], IP4(192, 168, 1, 2), 24), 0);
    sim_add_link(sim, a->ifaces[0], b->ifaces[0], &config);
    sim_start(sim);
    p = talk(b, &listener);
    q = talk(a, &caller);
    before = in_use();
    OK(sim_run(sim, SIM_SEC(60), 10000000));
    octets = (in_use() - before) / (2 * (size_t)N_SOCKETS);
    EQ(((struct talk *)p->state)->n, N_SOCKETS);
    EQ(((struct talk *)q->state)->n, N_SOCKETS);
    FITS(octets, SOCKET_MAX);
    sim_free(sim);
}

UNIT_MAIN("memory of nodes", TEST(an_idle_host_fits_into_two_kibibytes),
          TEST(an_idle_router_with_four_interfaces_fits_into_four),
          TEST(an_open_tcp_connection_fits_into_one_on_each_side))
