#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "sim/medium.h"

/* Stations around hubs. The hub here does what a hub does: repeat to every other port. */
#define STATIONS_MAX 8

#define BIT  SIM_NSEC(100) /* 10 Mbit/s */
#define SLOT (512 * BIT)

static struct sim *sim;
static struct probe *station[STATIONS_MAX];
static struct node *hub[3];
static struct tally tally;

static void hub_receives(struct iface *iface, struct frame *frame)
{
    struct node *node = iface->node;

    for (uint32_t i = 0; i < node->n_ifaces; i++) {
        if (node->ifaces[i] != iface && node->ifaces[i]->end != NULL) {
            struct frame *copy = frame_clone(frame);

            copy->why = WHY0(REPEAT);
            iface_send(node->ifaces[i], copy);
        }
    }
    frame_free(frame);
}

static const struct node_ops repeater = { .kind = "hub",
                                          .is_repeater = true,
                                          .receive = hub_receives };

static struct iface *hub_port(struct node *node)
{
    static const char *const names[] = { "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9" };

    return iface_add(node, names[node->n_ifaces], &MAC_ZERO);
}

static struct link_config slow(void)
{
    struct link_config config = link_defaults();

    config.rate = 10000000;
    config.delay = SIM_USEC(1);
    return config;
}

/* @n stations spread over @n_hubs hubs in a chain. */
static void begin(int n, int n_hubs, struct link_config config, uint64_t seed)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
    static const char *const hubs[] = { "hub1", "hub2", "hub3" };

    sim = sim_new(seed);
    for (int i = 0; i < n; i++)
        station[i] = probe_new(sim, names[i]);
    for (int i = 0; i < n_hubs; i++)
        hub[i] = sim_add_node(sim, hubs[i], &repeater);
    for (int i = 0; i < n; i++)
        sim_add_link(sim, station[i]->iface, hub_port(hub[i % n_hubs]), &config);
    for (int i = 1; i < n_hubs; i++)
        sim_add_link(sim, hub_port(hub[i - 1]), hub_port(hub[i]), &config);
    tally_watch(&tally, sim);
    sim_start(sim);
}

static void finish(void)
{
    OK(sim_run(sim, SIM_TIME_NONE, 10000000));
}

static void end(void)
{
    finish();
    EQ(sim->parts[0]->frames_alive, 0);
    sim_free(sim);
}

struct later {
    struct probe *probe;
    size_t size;
    uint32_t number;
};

static void send_later(void *ctx)
{
    struct later *later = ctx;

    probe_send(later->probe, later->size, later->number);
}

static void send_at(sim_time at, struct probe *probe, size_t size, uint32_t number)
{
    struct later *later = arena_alloc(&sim->arena, sizeof *later);

    *later = (struct later){ probe, size, number };
    sim_at(sim, at, send_later, later);
}

static void frame_reaches_everybody_else_after_one_transmission_and_two_cables(void)
{
    begin(4, 1, slow(), 1);
    probe_send(station[0], 1514, 1);
    finish();
    EQ(station[0]->n, 0);
    for (int i = 1; i < 4; i++) {
        EQ(station[i]->n, 1);
        EQ(station[i]->log[0].at, 1538 * 8 * BIT + SIM_USEC(2));
        EQ(station[i]->log[0].why.code, WHY_REPEAT);
    }
    EQ(tally.kinds[RECORD_MEDIUM], 0);
    end();
}

static void stations_far_apart_in_time_never_collide(void)
{
    begin(4, 1, slow(), 1);
    for (uint32_t i = 0; i < 200; i++)
        send_at(SIM_MSEC(2) * i, station[i % 4], 1514, i);
    finish();
    EQ(tally.whys[WHY_COLLISION], 0);
    EQ(tally.whys[WHY_DEFERRED], 0);
    for (int i = 0; i < 4; i++)
        EQ(station[i]->n, 150);
    end();
}

static void who_hears_a_carrier_waits_for_its_end(void)
{
    begin(2, 1, slow(), 1);
    send_at(0, station[0], 1514, 1);
    send_at(SIM_USEC(500), station[1], 60, 2);
    finish();
    EQ(tally.whys[WHY_COLLISION], 0);
    EQ(tally.whys[WHY_DEFERRED], 1);
    EQ(station[1]->log[0].at, 1538 * 8 * BIT + SIM_USEC(2));
    /* it starts when the last bit and the gap have passed by, 2 us after they left */
    EQ(station[0]->log[0].at, 1538 * 8 * BIT + SIM_USEC(2) + 84 * 8 * BIT + SIM_USEC(2));
    end();
}

static void simultaneous_start_collides_and_backoff_resolves_it(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        begin(2, 1, slow(), seed);
        probe_send(station[0], 1514, 1);
        probe_send(station[1], 1514, 2);
        finish();
        OK(tally.whys[WHY_COLLISION] >= 2);
        EQ(tally.whys[WHY_COLLISION], tally.whys[WHY_BACKOFF]);
        EQ(tally.drops[DROP_COLLISIONS], 0);
        EQ(station[0]->n, 1);
        EQ(station[1]->n, 1);
        end();
    }
}

static void start_within_the_travel_time_collides_and_just_after_it_does_not(void)
{
    begin(2, 1, slow(), 1);
    send_at(0, station[0], 1514, 1);
    send_at(SIM_USEC(2) - 1, station[1], 1514, 2); /* the signal is a picosecond away */
    finish();
    OK(tally.whys[WHY_COLLISION] >= 2);
    EQ(station[0]->n + station[1]->n, 2);
    end();
    begin(2, 1, slow(), 1);
    send_at(0, station[0], 1514, 1);
    send_at(SIM_USEC(2), station[1], 1514, 2);
    finish();
    EQ(tally.whys[WHY_COLLISION], 0);
    EQ(station[0]->n + station[1]->n, 2);
    end();
}

static void first_transmission_of_the_run_is_not_heard_before_it_arrives(void)
{
    begin(2, 1, slow(), 1);
    send_at(SIM_USEC(1), station[0], 1514, 1);
    send_at(SIM_USEC(2), station[1], 1514, 2);
    finish();
    OK(tally.whys[WHY_COLLISION] >= 2);
    end();
}

static void waiting_for_the_same_carrier_ends_in_a_collision(void)
{
    begin(3, 1, slow(), 1);
    send_at(0, station[0], 1514, 1);
    send_at(SIM_USEC(100), station[1], 1514, 2);
    send_at(SIM_USEC(200), station[2], 1514, 3);
    finish();
    OK(tally.whys[WHY_COLLISION] >= 2);
    EQ(station[0]->n, 2);
    EQ(station[1]->n, 2);
    EQ(station[2]->n, 2);
    end();
}

static void backoff_is_a_number_of_slots_that_doubles(void)
{
    unsigned most = 0;

    begin(8, 1, slow(), 5);
    for (uint32_t round = 0; round < 30; round++)
        for (int i = 0; i < 8; i++)
            send_at(SIM_MSEC(20) * round, station[i], 60, round);
    while (sim_step(sim, SIM_TIME_NONE)) {
        if (tally.last.why.code != WHY_BACKOFF)
            continue;
        EQ(tally.last.why.args[1], tally.last.why.args[0] * SLOT);
        most = tally.last.why.args[0] > most ? (unsigned)tally.last.why.args[0] : most;
    }
    OK(most >= 4 && most <= 1023);
    for (int i = 0; i < 8; i++)
        EQ(station[i]->n, 7 * 30);
    end();
}

static void unplug_and_plug(struct link *link)
{
    link_set_state(link, false);
    link_set_state(link, true);
}

static void sixteen_attempts_are_the_end(void)
{
    unsigned attempts = 0;

    /* Whenever `a` tries again, `b` starts at the same moment; its cable is pulled after each
     * collision. */
    begin(2, 1, slow(), 1);
    probe_send(station[0], 60, 1);
    probe_send(station[1], 60, 2);
    while (sim_step(sim, SIM_TIME_NONE)) {
        struct record record = tally.last;

        if (record.why.code != WHY_BACKOFF || record.node != station[0]->node)
            continue;
        attempts++;
        OK(record.why.args[0] < UINT64_C(1) << (attempts < 10 ? attempts : 10));
        EQ(record.why.args[1], record.why.args[0] * SLOT);
        unplug_and_plug(sim->links[1]);
        send_at(record.at + MEDIUM_GAP * BIT + (sim_time)record.why.args[1], station[1], 60, 3);
    }
    EQ(attempts, 15);
    EQ(tally.drops[DROP_COLLISIONS], 1);
    EQ(node_drops(station[0]->node, DROP_COLLISIONS), 1);
    EQ(station[1]->n, 0);
    probe_send(station[0], 60, 4); /* the next one starts from the beginning */
    finish();
    EQ(station[1]->n, 1);
    end();
}

static void busy_stations_share_the_medium(void)
{
    uint32_t got[3];

    begin(3, 1, slow(), 3);
    for (int i = 0; i < 3; i++)
        for (uint32_t n = 0; n < 1000; n++)
            probe_send(station[i], 1514, (uint32_t)i);
    OK(sim_run(sim, SIM_SEC(2), 10000000)); /* time for about 1,600 frames */
    for (int i = 0; i < 3; i++)
        got[i] = 0;
    for (uint32_t n = 0; n < station[0]->n && n < PROBE_LOG_MAX; n++)
        got[station[0]->log[n].number]++;
    for (uint32_t n = 0; n < station[1]->n && n < PROBE_LOG_MAX; n++)
        got[0] += station[1]->log[n].number == 0;
    EQ(station[0]->n, got[1] + got[2]);
    OK(got[0] + got[1] + got[2] > 1200);
    for (int i = 0; i < 3; i++)
        OK(got[i] > (got[0] + got[1] + got[2]) / 6); /* nobody starves */
    end();
}

static void chained_hubs_are_one_medium(void)
{
    begin(4, 2, slow(), 1);
    probe_send(station[0], 60, 1); /* at hub1 */
    probe_send(station[1], 60, 2); /* at hub2 */
    finish();
    OK(tally.whys[WHY_COLLISION] >= 2);
    for (int i = 0; i < 2; i++)
        EQ(station[i]->n, 1);
    for (int i = 2; i < 4; i++)
        EQ(station[i]->n, 2);
    EQ(station[2]->log[0].at > station[3]->log[0].at,
       station[2]->log[0].number == 2); /* one more cable */
    end();
}

static void hubs_parted_by_a_pulled_cable_are_two_media(void)
{
    begin(4, 2, slow(), 1);
    link_set_state(sim->links[4], false);
    probe_send(station[0], 60, 1);
    probe_send(station[1], 60, 2);
    finish();
    EQ(tally.whys[WHY_COLLISION], 0);
    EQ(station[2]->n, 1);
    EQ(station[2]->log[0].number, 1);
    EQ(station[3]->n, 1);
    EQ(station[3]->log[0].number, 2);
    link_set_state(sim->links[4], true);
    probe_send(station[0], 60, 3);
    probe_send(station[1], 60, 4);
    finish();
    OK(tally.whys[WHY_COLLISION] >= 2);
    EQ(station[2]->n, 3);
    end();
}

static void long_cables_make_frames_late_and_not_the_medium_unusable(void)
{
    struct link_config config = slow();

    config.delay = SIM_MSEC(5);
    begin(3, 1, config, 1);
    for (uint32_t n = 0; n < 50; n++)
        for (int i = 0; i < 3; i++)
            probe_send(station[i], 1514, n);
    finish();
    OK(tally.drops[DROP_COLLISIONS] < 8); /* who has lost often waits long and loses again */
    EQ(station[0]->n + station[1]->n + station[2]->n, 2 * (150 - tally.drops[DROP_COLLISIONS]));
    end();
}

static void station_queue_has_the_link_s_limit(void)
{
    struct link_config config = slow();

    config.queue = 5;
    begin(2, 1, config, 1);
    for (uint32_t n = 0; n < 10; n++)
        probe_send(station[0], 1514, n);
    EQ(tally.drops[DROP_QUEUE_FULL], 4); /* five wait, one is being sent */
    finish();
    EQ(station[1]->n, 6);
    end();
}

static void unplugged_station_loses_its_queue_and_starts_afresh(void)
{
    begin(2, 1, slow(), 1);
    for (uint32_t n = 0; n < 3; n++)
        probe_send(station[0], 1514, n);
    OK(sim_run(sim, SIM_USEC(300), 100));
    link_set_state(sim->links[0], false);
    EQ(tally.drops[DROP_LINK_CUT], 3);
    link_set_state(sim->links[0], true);
    send_at(SIM_MSEC(10), station[0], 60, 9);
    send_at(SIM_MSEC(20), station[1], 60, 10);
    finish();
    EQ(station[1]->n, 1);
    EQ(station[1]->log[0].number, 9);
    EQ(station[1]->log[0].at, SIM_MSEC(10) + 84 * 8 * BIT + SIM_USEC(2));
    EQ(station[0]->n, 1);
    end();
}

static void every_rate_has_its_slot_time(void)
{
    static const uint64_t rates[] = { 10000000, 100000000, 1000000000, UINT64_C(10000000000), 0 };

    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct link_config config = link_defaults();

        config.rate = rates[i];
        begin(3, 1, config, 1);
        for (uint32_t n = 0; n < 20; n++)
            for (int s = 0; s < 3; s++)
                probe_send(station[s], 200, n);
        finish();
        EQ(station[0]->n + station[1]->n + station[2]->n, 2 * (60 - tally.drops[DROP_COLLISIONS]));
        end();
    }
}

UNIT_MAIN("medium", TEST(frame_reaches_everybody_else_after_one_transmission_and_two_cables),
          TEST(stations_far_apart_in_time_never_collide),
          TEST(who_hears_a_carrier_waits_for_its_end),
          TEST(simultaneous_start_collides_and_backoff_resolves_it),
          TEST(start_within_the_travel_time_collides_and_just_after_it_does_not),
          TEST(first_transmission_of_the_run_is_not_heard_before_it_arrives),
          TEST(waiting_for_the_same_carrier_ends_in_a_collision),
          TEST(backoff_is_a_number_of_slots_that_doubles), TEST(sixteen_attempts_are_the_end),
          TEST(busy_stations_share_the_medium), TEST(chained_hubs_are_one_medium),
          TEST(hubs_parted_by_a_pulled_cable_are_two_media),
          TEST(long_cables_make_frames_late_and_not_the_medium_unusable),
          TEST(station_queue_has_the_link_s_limit),
          TEST(unplugged_station_loses_its_queue_and_starts_afresh),
          TEST(every_rate_has_its_slot_time))
