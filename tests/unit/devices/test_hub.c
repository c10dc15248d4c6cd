#include "tests/support/describe_text.h"
#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "devices/hub.h"
#include "devices/switch.h"

static struct sim *sim;
static struct probe *h[3];
static struct node *hub;
static struct tally tally;

static void begin(void)
{
    static const char *const names[] = { "h1", "h2", "h3" };
    struct hub_config ports = { .n_ports = 5 };
    struct link_config config = link_defaults();

    config.rate = 10000000;
    config.delay = SIM_USEC(1);
    sim = sim_new(1);
    for (int i = 0; i < 3; i++)
        h[i] = probe_new(sim, names[i]);
    hub = hub_new(sim, "hub1", &ports);
    for (int i = 0; i < 3; i++)
        sim_add_link(sim, h[i]->iface, hub->ifaces[i], &config);
    tally_watch(&tally, sim);
    sim_start(sim);
}

static void end(void)
{
    OK(sim_run(sim, SIM_TIME_NONE, 100000));
    EQ(sim->parts[0]->frames_alive, 0);
    sim_free(sim);
}

static void every_bit_is_repeated_at_once_to_all_other_cables(void)
{
    begin();
    EQ_STR(hub->ops->kind, "hub");
    OK(node_is_hub(hub) && !node_is_hub(h[0]->node));
    EQ_STR(hub->ifaces[4]->name, "p5");
    probe_send_to(h[0], &h[1]->iface->mac, 1514, 1);
    OK(sim_run(sim, SIM_TIME_NONE, 1000));
    EQ(h[0]->n, 0);
    EQ(h[1]->n, 1);
    EQ(h[2]->n, 1);                                              /* it sees what is not for it */
    EQ(h[2]->log[0].at, 1538 * 8 * SIM_NSEC(100) + SIM_USEC(2)); /* the hub itself takes no time */
    EQ(h[2]->log[0].why.code, WHY_REPEAT);
    EQ(tally.kinds[RECORD_DROP], 0); /* ports without a cable are silent */
    end();
}

static void unplugged_cables_are_left_out(void)
{
    begin();
    link_set_state(sim->links[1], false);
    probe_send(h[0], 60, 1);
    OK(sim_run(sim, SIM_TIME_NONE, 1000));
    EQ(h[1]->n, 0);
    EQ(h[2]->n, 1);
    EQ(tally.kinds[RECORD_DROP], 0);
    link_set_state(sim->links[2], false);
    probe_send(h[0], 60, 1);
    OK(sim_run(sim, SIM_TIME_NONE, 1000));
    EQ(tally.drops[DROP_NO_OTHER_PORT], 1);
    end();
}

static void simultaneous_senders_collide_and_both_get_through(void)
{
    begin();
    for (int i = 0; i < 3; i++)
        probe_send(h[i], 1514, (uint32_t)i);
    OK(sim_run(sim, SIM_TIME_NONE, 1000));
    OK(tally.whys[WHY_COLLISION] >= 3);
    for (int i = 0; i < 3; i++)
        EQ(h[i]->n, 2);
    end();
}

static void ports_are_told(void)
{
    struct describe_text text;

    begin();
    link_set_state(sim->links[1], false);
    describe_text_init(&text, "ports");
    hub->ops->describe(hub, &text.describe);
    EQ_STR(strbuf_text(&text.text), "p1 up\np2 down\np3 up\np4 down\np5 down\n");
    strbuf_fini(&text.text);
    end();
}

static void switch_port_shares_the_medium_of_its_hub(void)
{
    struct mac_addr macs[2] = { probe_mac(9, 1), probe_mac(9, 2) };
    struct switch_config config = {
        .n_ports = 2, .port_macs = macs, .mac = probe_mac(9, 0), .ageing = SIM_SEC(300)
    };
    struct hub_config ports = { .n_ports = 4 };
    struct link_config slow = link_defaults();
    struct sim *run = sim_new(1);
    struct probe *a = probe_new(run, "a"), *b = probe_new(run, "b"), *c = probe_new(run, "c");
    struct node *sw = switch_new(run, "sw1", &config), *repeater = hub_new(run, "hub1", &ports);

    slow.rate = 10000000;
    sim_add_link(run, a->iface, sw->ifaces[0], &slow);
    sim_add_link(run, sw->ifaces[1], repeater->ifaces[0], &slow);
    sim_add_link(run, b->iface, repeater->ifaces[1], &slow);
    sim_add_link(run, c->iface, repeater->ifaces[2], &slow);
    tally_watch(&tally, run);
    sim_start(run);
    for (uint32_t i = 0; i < 20; i++) {
        probe_send_to(a, &b->iface->mac, 1514, i);
        probe_send_to(b, &c->iface->mac, 1514, i);
    }
    OK(sim_run(run, SIM_SEC(1), 100000));
    OK(tally.whys[WHY_COLLISION] > 0);
    EQ(b->n, 20);
    EQ(c->n, 40); /* at the hub it sees both */
    EQ(a->n, 20); /* c never spoke, so the switch floods what is for it */
    sim_free(run);
}

static void loop_of_hubs_ends_in_the_budget(void)
{
    struct hub_config ports = { .n_ports = 3 };
    struct link_config config = link_defaults();
    struct sim *run = sim_new(1);
    struct probe *a = probe_new(run, "a");
    struct node *x = hub_new(run, "x", &ports), *y = hub_new(run, "y", &ports);

    sim_add_link(run, a->iface, x->ifaces[0], &config);
    sim_add_link(run, x->ifaces[1], y->ifaces[1], &config);
    sim_add_link(run, x->ifaces[2], y->ifaces[2], &config);
    sim_start(run);
    probe_send(a, 60, 1);
    OK(!sim_run(run, SIM_TIME_NONE, 10000));
    sim_free(run);
}

UNIT_MAIN("hub", TEST(every_bit_is_repeated_at_once_to_all_other_cables),
          TEST(unplugged_cables_are_left_out),
          TEST(simultaneous_senders_collide_and_both_get_through), TEST(ports_are_told),
          TEST(switch_port_shares_the_medium_of_its_hub), TEST(loop_of_hubs_ends_in_the_budget))
