/* Flights (sim/flight.h): what a switch floods together must be what it would have flooded frame by
 * frame, whatever else happens on its cables. */
#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "sim/flight.h"
#include "stack/link/bridge.h"

#define N_PORTS 12
#define TWICE   6 /* the probe with two cables */

/* Two switches, the second behind the last port of the first. The probes come before, between and
 * behind the switches' own numbers, and their ports are not cabled in their order. One of them has
 * a second cable to the first switch. */
struct rig {
    struct sim *sim;
    struct probe *probes[2 * N_PORTS];
    struct bridge bridges[2];
    struct bridge_port ports[2][N_PORTS + 1];
    struct tally tally;
    struct random_stream random;
};

static void receive(struct iface *iface, struct frame *frame)
{
    bridge_input(iface->owner, frame);
}

static void carrier(struct iface *iface, bool up)
{
    bridge_carrier(iface->owner, up);
}

static const struct node_ops ops = { .kind = "switch", .receive = receive, .carrier = carrier };

static void add_switch(struct rig *rig, int which)
{
    struct node *node = sim_add_node(rig->sim, which == 0 ? "sw1" : "sw2", &ops);

    bridge_init(&rig->bridges[which], node, BRIDGE_AGEING_DEFAULT);
    for (uint32_t i = 0; i < N_PORTS + (which == 0); i++) {
        struct mac_addr mac = probe_mac(node->id, i + 1);
        char name[16];
        struct iface *iface;

        snprintf(name, sizeof name, "p%u", i + 1);
        iface = iface_add(node, name, &mac);
        iface->owner = &rig->ports[which][i];
        bridge_add_port(&rig->bridges[which], &rig->ports[which][i], iface);
    }
}

static struct iface *port_of(struct rig *rig, int which, int i)
{
    return rig->ports[which][i].iface;
}

static void add_second_cable(struct rig *rig)
{
    struct node *node = rig->probes[TWICE]->node;
    struct link_config config = link_defaults();
    struct mac_addr mac = probe_mac(node->id, 2);

    sim_add_link(rig->sim, port_of(rig, 0, N_PORTS), iface_add(node, "eth1", &mac), &config);
}

static void rig_init(struct rig *rig, bool single, uint64_t seed)
{
    *rig = (struct rig){ .sim = sim_new(1) };
    rig->sim->single_frames = single;
    random_stream_init(&rig->random, seed, "flight", "test");
    for (int i = 0; i < 2 * N_PORTS; i++) {
        if (i == 3 || i == N_PORTS + 5)
            add_switch(rig, i != 3);
        rig->probes[i] = probe_new(rig->sim, "h");
    }
    for (int i = 0; i < 2 * N_PORTS - 1; i++) {
        struct link_config config = link_defaults();
        int which = i / N_PORTS, port = which == 0 ? (i * 5) % N_PORTS : i - N_PORTS;

        if (i % 7 == 2)
            config.rate = 100000000;
        if (i % 7 == 4 && seed % 2 == 0) /* when they are full, all flights end */
            config.queue = i == 4 ? 1 : 3;
        sim_add_link(rig->sim, port_of(rig, which, port),
                     i == 0 ? port_of(rig, 1, N_PORTS - 1) : rig->probes[i]->iface, &config);
    }
    add_second_cable(rig);
    tally_watch(&rig->tally, rig->sim);
    sim_start(rig->sim);
}

/* Something happens: mostly a frame to everybody, now and then to one, and seldom to a cable. */
static void act(struct rig *rig)
{
    struct random_stream *random = &rig->random;
    struct probe *probe = rig->probes[1 + random_below(random, 2 * N_PORTS - 2)];
    struct link *link = rig->sim->links[random_below(random, rig->sim->n_links)];
    struct link_config config = link->config;
    size_t size = 60 + (size_t)random_below(random, 4) * 480;

    switch (random_below(random, 40)) {
    case 0:
        link_set_state(link, !link->up);
        break;
    case 1:
        iface_set_up(probe->iface, !probe->iface->up);
        break;
    case 2:
        iface_set_up(port_of(rig, 0, 1), !port_of(rig, 0, 1)->up);
        break;
    case 3:
        config.delay = SIM_USEC(1) * (sim_time)(1 + random_below(random, 9));
        config.loss = random_below(random, 4) == 0 ? 200000 : 0;
        link_configure(link, &config);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        probe_send_to(probe, &rig->probes[1 + random_below(random, 9)]->iface->mac, size, 1);
        break;
    default:
        probe_send(probe, size, 2);
    }
}

static void expect_same(struct rig *a, struct rig *b)
{
    EQ(sim_events(a->sim), sim_events(b->sim));
    EQ(sim_now(a->sim), sim_now(b->sim));
    EQ(a->tally.hash, b->tally.hash);
}

static void expect_same_counters(struct rig *a, struct rig *b)
{
    for (uint32_t i = 0; i < a->sim->n_nodes; i++)
        for (uint32_t j = 0; j < a->sim->nodes[i]->n_ifaces; j++) {
            const struct iface *x = a->sim->nodes[i]->ifaces[j], *y = b->sim->nodes[i]->ifaces[j];

            EQ(x->rx_frames, y->rx_frames);
            EQ(x->rx_octets, y->rx_octets);
            EQ(iface_tx_frames(x), iface_tx_frames(y));
            EQ(iface_tx_octets(x), iface_tx_octets(y));
            EQ(x->rx_drops + x->tx_drops, y->rx_drops + y->tx_drops);
        }
}

/* A few events at a time, so that cables are pulled while flights are half arrived. */
static void play(uint64_t seed, uint64_t *n_flights, uint64_t *n_full)
{
    struct rig a, b;

    rig_init(&a, false, seed);
    rig_init(&b, true, seed);
    for (int i = 0; i < 1500; i++) {
        sim_time until = sim_now(a.sim) + SIM_NSEC(300) * (sim_time)(i % 11);
        uint64_t budget = (uint64_t)i % 17;

        act(&a);
        act(&b);
        *n_flights +=
            a.sim->parts[0]->flights.next != NULL && !list_empty(&a.sim->parts[0]->flights);
        EQ(sim_run(a.sim, until, budget), sim_run(b.sim, until, budget));
        expect_same(&a, &b);
    }
    OK(sim_run(a.sim, sim_now(a.sim) + SIM_SEC(1), 10000000));
    OK(sim_run(b.sim, sim_now(b.sim) + SIM_SEC(1), 10000000));
    expect_same(&a, &b);
    expect_same_counters(&a, &b);
    *n_full += a.tally.drops[DROP_QUEUE_FULL];
    EQ(a.sim->parts[0]->frames_alive, 0);
    OK(b.sim->parts[0]->flights.next == NULL);
    sim_free(a.sim);
    sim_free(b.sim);
}

static void flights_are_the_same_as_single_frames(void)
{
    uint64_t n = 0, n_full = 0;

    for (uint64_t seed = 1; seed <= 12; seed++)
        play(seed, &n, &n_full);
    OK(n > 1000);
    OK(n_full > 100);
}

static void flight_is_one_descriptor_and_one_event_for_all_receivers(void)
{
    struct rig rig;

    rig_init(&rig, false, 1);
    probe_send(rig.probes[1], 60, 1);
    while (sim_hops(rig.sim) == 0)
        sim_step(rig.sim, SIM_TIME_NONE);
    EQ(rig.sim->parts[0]->frames_alive, 1);    /* though cables 2 and 9 are slower */
    EQ(queue_n(&rig.sim->parts[0]->queue), 2); /* and the bridge's sweep */
    OK(sim_run(rig.sim, SIM_SEC(1), 1000));
    for (int i = 2; i < 2 * N_PORTS - 1; i++)
        EQ(rig.probes[i]->n, i == TWICE ? 2 : 1);
    EQ(rig.sim->parts[0]->frames_alive, 0);
    sim_free(rig.sim);
}

/* The ports are busy with the first, but for the one it came from, when the second is to be sent.
 */
static void flight_is_made_of_ports_that_are_busy_too(void)
{
    struct rig rig;

    rig_init(&rig, false, 1);
    probe_send(rig.probes[1], 600, 1);
    probe_send(rig.probes[3], 600, 2);
    while (sim_hops(rig.sim) < 2)
        sim_step(rig.sim, SIM_TIME_NONE);
    EQ(rig.sim->parts[0]->frames_alive, 2);
    EQ(queue_n(&rig.sim->parts[0]->queue), 3);
    OK(sim_run(rig.sim, SIM_SEC(1), 1000));
    for (int i = 2; i < 2 * N_PORTS - 1; i++) {
        const struct probe *probe = rig.probes[i];

        if (i == 3 || i == TWICE)
            continue;
        EQ(probe->n, 2);
        EQ(probe->log[0].number, 1);
        EQ(probe->log[1].number, 2);
        EQ(probe->log[1].at - probe->log[0].at, link_dir_time(probe->iface->out, 600));
    }
    EQ(rig.sim->parts[0]->frames_alive, 0);
    sim_free(rig.sim);
}

/* One leaves later and has a shorter way: at which moment it left would not be known of both. */
static void flight_is_not_made_of_what_arrives_together_and_left_apart(void)
{
    struct rig rig;
    struct link_config config;

    rig_init(&rig, false, 1);
    config = rig.sim->links[5]->config;
    config.delay -= link_transmission_time(rig.sim->links[5], 60);
    link_configure(rig.sim->links[5], &config);
    probe_send(rig.probes[5], 60, 1); /* where it is, is known */
    OK(sim_run(rig.sim, SIM_MSEC(1), 1000));
    probe_send_to(rig.probes[1], &rig.probes[5]->iface->mac, 60, 2);
    probe_send(rig.probes[4], 60, 3);
    while (rig.probes[5]->n == 0)
        sim_step(rig.sim, SIM_TIME_NONE);
    EQ(rig.sim->parts[0]->frames_alive, 2);
    OK(sim_run(rig.sim, SIM_SEC(1), 1000));
    EQ(rig.probes[5]->n, 2);
    EQ(rig.probes[5]->log[1].at, rig.probes[7]->log[1].at);
    sim_free(rig.sim);
}

static void cable_that_is_pulled_loses_its_leg_alone(void)
{
    struct rig rig;

    rig_init(&rig, false, 1);
    probe_send(rig.probes[1], 60, 1);
    while (sim_hops(rig.sim) == 0)
        sim_step(rig.sim, SIM_TIME_NONE);
    OK(!list_empty(&rig.sim->parts[0]->flights));
    link_set_state(rig.sim->links[5], false);
    EQ(rig.tally.drops[DROP_LINK_CUT], 1);
    OK(sim_run(rig.sim, SIM_SEC(1), 1000));
    EQ(rig.probes[4]->n, 1);
    EQ(rig.probes[5]->n, 0);
    EQ(rig.probes[7]->n, 1);
    sim_free(rig.sim);
}

/* A leg waits behind another, and a frame of its own behind both. */
static void port_that_is_switched_off_loses_what_waits(void)
{
    struct rig rig;

    rig_init(&rig, false, 1);
    probe_send(rig.probes[5], 60, 1); /* where it is, is known */
    OK(sim_run(rig.sim, SIM_MSEC(1), 1000));
    probe_send(rig.probes[1], 600, 2);
    probe_send(rig.probes[3], 600, 3);
    probe_send_to(rig.probes[6], &rig.probes[5]->iface->mac, 600, 4);
    while (rig.tally.whys[WHY_BRIDGE_FORWARD] == 0)
        sim_step(rig.sim, SIM_TIME_NONE);
    iface_set_up(link_peer(rig.probes[5]->iface), false);
    EQ(rig.tally.drops[DROP_LINK_DOWN], 2);
    OK(sim_run(rig.sim, SIM_SEC(1), 1000));
    EQ(rig.probes[5]->n, 1);
    EQ(rig.probes[5]->log[0].number, 2);
    EQ(rig.probes[4]->log[2].number, 3);
    sim_free(rig.sim);
}

UNIT_MAIN("flight", TEST(flights_are_the_same_as_single_frames),
          TEST(flight_is_one_descriptor_and_one_event_for_all_receivers),
          TEST(flight_is_made_of_ports_that_are_busy_too),
          TEST(flight_is_not_made_of_what_arrives_together_and_left_apart),
          TEST(cable_that_is_pulled_loses_its_leg_alone),
          TEST(port_that_is_switched_off_loses_what_waits))
