#include "tests/support/describe_text.h"
#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "devices/switch.h"

static struct node *new_switch(struct sim *sim, const char *name, uint32_t n_ports)
{
    struct mac_addr macs[64];
    struct switch_config config = { .n_ports = n_ports,
                                    .port_macs = macs,
                                    .ageing = BRIDGE_AGEING_DEFAULT };
    uint32_t id = sim->n_nodes + 1;

    for (uint32_t i = 0; i < n_ports; i++)
        macs[i] = probe_mac(id, i + 1);
    config.mac = probe_mac(id, 0);
    return switch_new(sim, name, &config);
}

static void ports_are_named_and_addressed_as_asked(void)
{
    struct sim *sim = sim_new(1);
    struct node *sw = new_switch(sim, "sw1", 24);
    struct mac_addr mac = probe_mac(1, 24);

    EQ(sw->n_ifaces, 24);
    EQ_STR(sw->ops->kind, "switch");
    OK(node_is_switch(sw));
    EQ_STR(sw->ifaces[0]->name, "p1");
    EQ_STR(sw->ifaces[23]->name, "p24");
    OK(mac_eq(&sw->ifaces[23]->mac, &mac));
    OK(switch_port(sw, "p24")->iface == sw->ifaces[23]);
    OK(switch_port(sw, "p25") == NULL);
    OK(switch_port(sw, "p0") == NULL);
    OK(switch_bridge(sw)->node == sw);
    sim_free(sim);
}

static void switch_learns_and_tells_its_table(void)
{
    struct sim *sim = sim_new(1);
    struct probe *h1 = probe_new(sim, "h1"), *h2 = probe_new(sim, "h2"), *h3 = probe_new(sim, "h3");
    struct node *sw = new_switch(sim, "sw1", 8);
    struct link_config config = link_defaults();
    struct describe_text fdb;

    sim_add_link(sim, h1->iface, sw->ifaces[0], &config);
    sim_add_link(sim, h2->iface, sw->ifaces[1], &config);
    sim_add_link(sim, h3->iface, sw->ifaces[7], &config);
    sim_start(sim);
    probe_send_to(h3, &h1->iface->mac, 60, 1);
    OK(sim_run(sim, SIM_MSEC(1), 1000));
    probe_send_to(h1, &h3->iface->mac, 60, 2);
    OK(sim_run(sim, SIM_MSEC(2), 1000));
    EQ(h1->n, 1);
    EQ(h2->n, 1);
    EQ(h3->n, 1);
    describe_text_init(&fdb, "fdb");
    sw->ops->describe(sw, &fdb.describe);
    EQ_STR(strbuf_text(&fdb.text), "02:00:00:00:01:01 p1\n02:00:00:00:03:01 p8\n");
    strbuf_fini(&fdb.text);
    EQ(sw->ifaces[7]->rx_frames, 1);
    link_set_state(sim->links[2], false);
    describe_text_init(&fdb, "fdb");
    sw->ops->describe(sw, &fdb.describe);
    EQ_STR(strbuf_text(&fdb.text), "02:00:00:00:01:01 p1\n");
    strbuf_fini(&fdb.text);
    OK(sim_run(sim, SIM_TIME_NONE, 1000));
    EQ(sim->parts[0]->frames_alive, 0);
    sim_free(sim);
}

/* h1 - sw1 = two cables = sw2 - h2 */
static void broadcast_in_a_loop_storms_until_the_budget_is_spent(void)
{
    struct sim *sim = sim_new(1);
    struct probe *h1 = probe_new(sim, "h1"), *h2 = probe_new(sim, "h2");
    struct node *sw1 = new_switch(sim, "sw1", 3), *sw2 = new_switch(sim, "sw2", 3);
    struct link_config config = link_defaults();
    struct tally tally;

    sim_add_link(sim, h1->iface, sw1->ifaces[0], &config);
    sim_add_link(sim, h2->iface, sw2->ifaces[0], &config);
    sim_add_link(sim, sw1->ifaces[1], sw2->ifaces[1], &config);
    sim_add_link(sim, sw1->ifaces[2], sw2->ifaces[2], &config);
    tally_watch(&tally, sim);
    sim_start(sim);
    probe_send(h1, 60, 1);
    OK(!sim_run(sim, SIM_TIME_NONE, 100000));
    OK(h2->n > 1000);
    OK(h1->n > 1000);                     /* its own broadcast comes back, again and again */
    OK(tally.whys[WHY_FDB_MOVED] > 1000); /* and its address seems to move */
    EQ(h1->n + h2->n + sw1->ifaces[1]->rx_frames + sw1->ifaces[2]->rx_frames +
           sw2->ifaces[1]->rx_frames + sw2->ifaces[2]->rx_frames + 1,
       sim_hops(sim));
    OK(sim->parts[0]->frames_alive < 10); /* two frames circle, they do not multiply */
    link_set_state(sim->links[3], false); /* pulling one of the two cables ends it */
    OK(sim_run(sim, SIM_TIME_NONE, 1000));
    EQ(sim->parts[0]->frames_alive, 0);
    sim_free(sim);
}

static void storm_over_three_cables_multiplies_and_fills_the_queues(void)
{
    struct sim *sim = sim_new(1);
    struct probe *h1 = probe_new(sim, "h1");
    struct node *sw1 = new_switch(sim, "sw1", 4), *sw2 = new_switch(sim, "sw2", 4);
    struct link_config config = link_defaults();
    struct tally tally;
    size_t used;

    config.queue = 50;
    sim_add_link(sim, h1->iface, sw1->ifaces[0], &config);
    for (int i = 1; i < 4; i++)
        sim_add_link(sim, sw1->ifaces[i], sw2->ifaces[i], &config);
    tally_watch(&tally, sim);
    sim_start(sim);
    probe_send(h1, 60, 1);
    OK(!sim_run(sim, SIM_TIME_NONE, 100000));
    OK(tally.drops[DROP_QUEUE_FULL] > 1000);
    used = sim->parts[0]->arena.used;
    OK(!sim_run(sim, SIM_TIME_NONE, 100000));
    EQ(sim->parts[0]->arena.used, used); /* full queues are as bad as it gets */
    sim_free(sim);                       /* in the middle of it */
}

static void chain_of_switches_learns_the_way(void)
{
    struct sim *sim = sim_new(1);
    struct probe *h1 = probe_new(sim, "h1"), *h2 = probe_new(sim, "h2"), *h3 = probe_new(sim, "h3");
    struct node *sw[3];
    struct link_config config = link_defaults();

    for (int i = 0; i < 3; i++)
        sw[i] = new_switch(sim, "sw", 4);
    sim_add_link(sim, h1->iface, sw[0]->ifaces[0], &config);
    sim_add_link(sim, h2->iface, sw[2]->ifaces[0], &config);
    sim_add_link(sim, h3->iface, sw[1]->ifaces[0], &config);
    sim_add_link(sim, sw[0]->ifaces[1], sw[1]->ifaces[1], &config);
    sim_add_link(sim, sw[1]->ifaces[2], sw[2]->ifaces[1], &config);
    sim_start(sim);
    probe_send_to(h1, &h2->iface->mac, 60, 1);
    OK(sim_run(sim, SIM_MSEC(1), 1000));
    EQ(h3->n, 1);
    probe_send_to(h2, &h1->iface->mac, 60, 2);
    OK(sim_run(sim, SIM_MSEC(2), 1000));
    EQ(h1->n, 1);
    EQ(h2->n, 1);
    EQ(h3->n, 1);
    OK(bridge_find(switch_bridge(sw[1]), &h1->iface->mac) == switch_port(sw[1], "p2"));
    OK(bridge_find(switch_bridge(sw[1]), &h2->iface->mac) == switch_port(sw[1], "p3"));
    sim_free(sim);
}

UNIT_MAIN("switch", TEST(ports_are_named_and_addressed_as_asked),
          TEST(switch_learns_and_tells_its_table),
          TEST(broadcast_in_a_loop_storms_until_the_budget_is_spent),
          TEST(storm_over_three_cables_multiplies_and_fills_the_queues),
          TEST(chain_of_switches_learns_the_way))
