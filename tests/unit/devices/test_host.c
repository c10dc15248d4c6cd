#include "tests/support/unit.h"

#include <stdlib.h>

#include "base/errnos.h"
#include "base/list.h"
#include "devices/host.h"
#include "stack/socket/syscall.h"
#include "stack/wire/icmp_wire.h"

/* h1 10.0.1.1 -- r 10.0.1.254 | 10.0.2.254 -- h2 10.0.2.2, every frame counted. */
struct rig {
    struct sim *sim;
    struct node *h1, *r, *h2;
    struct observer observer;
    unsigned sent, drops[DROP_N_REASONS], state[WHY_N_CODES];
    char last[256];
};

static void observe(struct observer *observer, const struct record *record)
{
    struct rig *rig = CONTAINER_OF(observer, struct rig, observer);

    rig->sent += record->kind == RECORD_SEND;
    if (record->kind == RECORD_DROP)
        rig->drops[record->drop]++;
    if (record->kind == RECORD_STATE)
        rig->state[record->why.code]++;
}

static struct node *add_host(struct sim *sim, const char *name, bool router, unsigned n,
                             uint8_t number)
{
    struct host_port ports[2] = { { "eth0", { { 2, 0, 0, 0, number, 1 } }, 0 },
                                  { "eth1", { { 2, 0, 0, 0, number, 2 } }, 0 } };

    return host_new(sim, name,
                    &(struct host_config){ .router = router, .ports = ports, .n_ports = n });
}

static void address(struct node *node, const char *iface, ip4_addr addr)
{
    EQ(ip_addr_add(ip_iface_find(&host_os(node)->ip, iface), addr, 24), 0);
}

static void default_route(struct node *node, ip4_addr via)
{
    struct fib_entry entry = { .via = via, .oif = ip_iface_find(&host_os(node)->ip, "eth0") };

    EQ(fib_add(&host_os(node)->ip, &entry, false), 0);
}

static void rig_init(struct rig *rig)
{
    struct link_config config = { .rate = LINK_RATE_DEFAULT,
                                  .delay = LINK_DELAY_DEFAULT,
                                  .queue = 100 };

    memset(rig, 0, sizeof *rig);
    rig->sim = sim_new(1);
    rig->h1 = add_host(rig->sim, "h1", false, 1, 1);
    rig->r = add_host(rig->sim, "r", true, 2, 2);
    rig->h2 = add_host(rig->sim, "h2", false, 1, 3);
    sim_add_link(rig->sim, rig->h1->ifaces[0], rig->r->ifaces[0], &config);
    sim_add_link(rig->sim, rig->r->ifaces[1], rig->h2->ifaces[0], &config);
    rig->observer = (struct observer){ .wants = RECORD_ALL, .record = observe };
    sim_observe(rig->sim, &rig->observer);
    address(rig->h1, "eth0", IP4(10, 0, 1, 1));
    address(rig->r, "eth0", IP4(10, 0, 1, 254));
    address(rig->r, "eth1", IP4(10, 0, 2, 254));
    address(rig->h2, "eth0", IP4(10, 0, 2, 2));
    default_route(rig->h1, IP4(10, 0, 1, 254));
    default_route(rig->h2, IP4(10, 0, 2, 254));
    sim_start(rig->sim);
}

static void rig_fini(struct rig *rig)
{
    struct part *part = rig->sim->parts[0];

    for (uint32_t i = 0; i < rig->sim->n_nodes; i++)
        processes_end_all(rig->sim->nodes[i]->device);
    EQ(part->frames_alive, 0);
    sim_free(rig->sim);
}

static void keep_output(void *ctx, struct process *process, int stream, const char *text,
                        size_t len)
{
    struct rig *rig = ctx;
    size_t have = strlen(rig->last);

    (void)process;
    (void)stream;
    if (have + len < sizeof rig->last) {
        memcpy(rig->last + have, text, len);
        rig->last[have + len] = '\0';
    }
}

static void run(struct rig *rig, struct node *node, const struct program *program, const char *arg,
                sim_time until)
{
    const char *argv[] = { program->name, arg };

    process_start(host_os(node), program, 2, argv, NULL, &(struct process_io){ keep_output, rig });
    OK(sim_run(rig->sim, until, 1000000));
}

/* Sends an echo request of argv[1] octets to h2 and prints what raw ICMP messages come back within
 * two seconds. */
struct echo_state {
    struct coroutine co;
    int fd;
    uint8_t octets[8192];
};

static enum co_status echo_main(struct process *self, void *state)
{
    struct echo_state *s = state;
    struct icmp_hdr hdr = icmp_make_echo(ICMP_ECHO_REQUEST, 7, 1);
    size_t len = ICMP_HDR_LEN + (size_t)strtoul(self->argv[1], NULL, 10);
    int64_t n;

    CO_BEGIN(&s->co);
    s->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_RAW, IP_PROTO_ICMP);
    sys_set_timeouts(self, s->fd, SIM_SEC(2), -1);
    icmp_emit(&hdr, s->octets, len);
    n = sys_sendto(self, s->fd, s->octets, len, 0, (struct endpoint){ IP4(10, 0, 2, 2), 0 });
    process_printf(self, "%lld", (long long)n);
    for (;;) {
        CO_CALL(&s->co, n, sys_recv(self, s->fd, s->octets, sizeof s->octets, 0));
        if (n < 0)
            break;
        process_printf(self, " %lld:%u", (long long)n, s->octets[20]);
    }
    process_printf(self, " %s", sim_errno_name((int)-n));
    CO_END(&s->co);
}

static const struct program echo_program = { "echo", sizeof(struct echo_state), echo_main, NULL,
                                             NULL };

static void echo_crosses_a_router_after_two_arp_exchanges(void)
{
    struct rig rig;

    rig_init(&rig);
    run(&rig, rig.h1, &echo_program, "56", SIM_SEC(3));
    EQ_STR(rig.last, "64 84:0 EAGAIN");
    EQ(rig.sent, 4 + 4); /* two ARP exchanges; request and reply on two cables */
    rig_fini(&rig);
}

static void big_echo_is_fragmented_and_put_together(void)
{
    struct rig rig;

    rig_init(&rig);
    run(&rig, rig.h1, &echo_program, "4000", SIM_SEC(3));
    EQ_STR(rig.last, "4008 4028:0 EAGAIN");
    EQ(rig.state[WHY_IP_REASSEMBLED], 2);
    EQ(rig.sent, 4 + 12);
    rig_fini(&rig);
}

static void unanswered_arp_ends_in_host_unreachable(void)
{
    struct rig rig;

    rig_init(&rig);
    ip_addr_flush(ip_iface_find(&host_os(rig.h2)->ip, "eth0"));
    run(&rig, rig.h1, &echo_program, "56", SIM_SEC(6));
    EQ_STR(rig.last, "64 EAGAIN"); /* the answer comes after three seconds */
    EQ(rig.drops[DROP_NEIGH_FAILED], 1);
    EQ(rig.state[WHY_NEIGH_FAILED], 1);
    EQ(rig.sent, 2 + 1 + 3 + 1); /* ARP h1-r, request, three ARPs, the ICMP error */
    rig_fini(&rig);
}

/* A connected UDP socket: send, wait, send again. */
struct udp_state {
    struct coroutine co;
    int fd;
};

static enum co_status udp_main(struct process *self, void *state)
{
    struct udp_state *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    s->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    EQ(sys_connect(self, s->fd, (struct endpoint){ IP4(10, 0, 2, 2), 9999 }), 0);
    CO_CALL(&s->co, n, sys_send(self, s->fd, "hello", 5, 0));
    process_printf(self, "%lld", (long long)n);
    CO_CALL(&s->co, n, sys_sleep(self, SIM_SEC(1)));
    CO_CALL(&s->co, n, sys_send(self, s->fd, "hello", 5, 0));
    process_printf(self, " %s", sim_errno_name((int)-n));
    CO_CALL(&s->co, n, sys_send(self, s->fd, "hello", 5, 0));
    process_printf(self, " %lld", (long long)n);
    CO_END(&s->co);
}

static const struct program udp_program = { "udp", sizeof(struct udp_state), udp_main, NULL, NULL };

static void closed_udp_port_is_told_to_a_connected_socket_once(void)
{
    struct rig rig;

    rig_init(&rig);
    run(&rig, rig.h1, &udp_program, "", SIM_SEC(3));
    EQ_STR(rig.last, "5 ECONNREFUSED 5");
    EQ(rig.drops[DROP_PORT_CLOSED], 2);
    rig_fini(&rig);
}

static void stale_entry_is_probed_by_unicast_after_five_seconds(void)
{
    struct rig rig;

    rig_init(&rig);
    run(&rig, rig.h1, &echo_program, "56", SIM_SEC(8));
    /* r learned h1, and h2 learned r, from their requests; both used that and so probe */
    EQ(rig.state[WHY_NEIGH_DELAY], 2);
    EQ(rig.state[WHY_NEIGH_PROBE], 2);
    EQ(rig.sent, 8 + 4);
    rig_fini(&rig);
}

/* They do so when a node is made and nowhere else: one too many would end every run. */
static void a_host_has_every_protocol_above_ip_that_there_is(void)
{
    struct rig rig;

    rig_init(&rig);
    EQ(host_os(rig.h1)->ip.n_protocols, IP_PROTOCOLS);
    EQ(host_os(rig.r)->ip.n_protocols, IP_PROTOCOLS);
    rig_fini(&rig);
}

UNIT_MAIN("host", TEST(echo_crosses_a_router_after_two_arp_exchanges),
          TEST(big_echo_is_fragmented_and_put_together),
          TEST(unanswered_arp_ends_in_host_unreachable),
          TEST(closed_udp_port_is_told_to_a_connected_socket_once),
          TEST(stale_entry_is_probed_by_unicast_after_five_seconds),
          TEST(a_host_has_every_protocol_above_ip_that_there_is))
