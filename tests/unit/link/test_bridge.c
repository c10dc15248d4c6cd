#include "tests/support/describe_text.h"
#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "stack/link/bridge.h"

/* A bridge with N_PORTS ports; probe i sits behind port i. Probes are nodes 1 to 4, the bridge is
 * node 5. */
#define N_PORTS 4

static struct sim *sim;
static struct probe *probe[N_PORTS];
static struct node *node;
static struct bridge bridge;
static struct bridge_port ports[N_PORTS];
static struct tally tally;

static bool forgetful; /* the ports do not remember the last frame's sender and target */

static void receive(struct iface *iface, struct frame *frame)
{
    struct bridge_port *port = iface->owner;

    if (forgetful)
        port->sender = port->target = &bridge.nobody;
    bridge_input(iface->owner, frame);
}

static void carrier(struct iface *iface, bool up)
{
    bridge_carrier(iface->owner, up);
}

static const struct node_ops ops = { .kind = "switch", .receive = receive, .carrier = carrier };

static struct mac_addr mac_of(int i)
{
    return probe[i]->iface->mac;
}

static void begin_ageing(sim_time ageing)
{
    static const char *const names[] = { "h1", "h2", "h3", "h4" };
    static const char *const port_names[] = { "p1", "p2", "p3", "p4" };
    struct link_config config = link_defaults();

    sim = sim_new(1);
    for (int i = 0; i < N_PORTS; i++)
        probe[i] = probe_new(sim, names[i]);
    node = sim_add_node(sim, "sw1", &ops);
    bridge_init(&bridge, node, ageing);
    for (uint32_t i = 0; i < N_PORTS; i++) {
        struct mac_addr mac = probe_mac(node->id, i + 1);
        struct iface *iface = iface_add(node, port_names[i], &mac);

        iface->owner = &ports[i];
        bridge_add_port(&bridge, &ports[i], iface);
        sim_add_link(sim, probe[i]->iface, iface, &config);
    }
    tally_watch(&tally, sim);
    sim_start(sim);
}

static void begin(void)
{
    begin_ageing(BRIDGE_AGEING_DEFAULT);
}

static void run_for(sim_time time)
{
    OK(sim_run(sim, sim_now(sim) + time, 1000000));
}

static void send_frame(int from, const struct mac_addr *dst, uint32_t number)
{
    probe_send_to(probe[from], dst, 60, number);
    run_for(SIM_MSEC(1));
}

static void send_to(int from, int to, uint32_t number)
{
    struct mac_addr dst = mac_of(to);

    send_frame(from, &dst, number);
}

static void end(void)
{
    OK(sim_run(sim, SIM_TIME_NONE, 1000000));
    EQ(sim->parts[0]->frames_alive, 0);
    sim_free(sim);
}

static void expect_counts(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    uint32_t expected[] = { a, b, c, d };

    for (int i = 0; i < N_PORTS; i++)
        EQ(probe[i]->n, expected[i]);
}

static enum why_code last_why(int i)
{
    return probe[i]->log[probe[i]->n - 1].why.code;
}

static void unknown_unicast_is_flooded_and_the_answer_is_not(void)
{
    begin();
    send_to(0, 1, 1);
    expect_counts(0, 1, 1, 1);
    EQ(last_why(1), WHY_BRIDGE_FLOOD_UNKNOWN);
    send_to(1, 0, 2);
    expect_counts(1, 1, 1, 1);
    EQ(last_why(0), WHY_BRIDGE_FORWARD);
    EQ(probe[0]->log[0].why.args[0], mac_to_u64(&probe[0]->iface->mac));
    send_to(0, 1, 3);
    expect_counts(1, 2, 1, 1);
    EQ(tally.whys[WHY_FDB_LEARNED], 2);
    EQ(bridge.n_learned, 2);
    end();
}

static void broadcast_and_multicast_go_everywhere_else(void)
{
    struct mac_addr mdns = { { 0x01, 0x00, 0x5e, 0, 0, 0xfb } };

    begin();
    send_frame(2, &MAC_BROADCAST, 1);
    expect_counts(1, 1, 0, 1);
    EQ(last_why(0), WHY_BRIDGE_FLOOD_BROADCAST);
    send_frame(0, &mdns, 2);
    expect_counts(1, 2, 1, 2);
    EQ(last_why(3), WHY_BRIDGE_FLOOD_MULTICAST);
    OK(bridge_find(&bridge, &mdns) == NULL);
    OK(bridge_find(&bridge, &probe[2]->iface->mac) == &ports[2]);
    end();
}

static void flooded_copies_share_their_octets_and_leave_at_once(void)
{
    begin();
    probe_send(probe[0], 1514, 1);
    while (sim_hops(sim) == 0)
        sim_step(sim, SIM_TIME_NONE);
    EQ(sim->parts[0]->frames_alive, 3);
    OK(sim->links[1]->dir[1].in_flight.head->buffer ==
       sim->links[3]->dir[1].in_flight.head->buffer);
    EQ(sim->links[1]->dir[1].in_flight.head->buffer->refs, 3);
    run_for(SIM_MSEC(1));
    EQ(probe[1]->log[0].at, probe[3]->log[0].at);
    EQ(probe[1]->log[0].at, 2 * (SIM_NSEC(1538 * 8) + SIM_USEC(5)));
    end();
}

static void destination_behind_the_same_port_is_not_sent_back(void)
{
    struct mac_addr neighbor = probe_mac(77, 1);

    begin();
    /* another station behind port 1, as if a hub were there */
    iface_send(probe[0]->iface, probe_frame(probe[0]->node, &MAC_BROADCAST, &neighbor, 60, 0));
    run_for(SIM_MSEC(1));
    expect_counts(0, 1, 1, 1);
    send_frame(0, &neighbor, 1);
    expect_counts(0, 1, 1, 1);
    EQ(tally.drops[DROP_SAME_PORT], 1);
    end();
}

static void station_that_moves_is_found_at_its_new_port(void)
{
    struct mac_addr mac;

    begin();
    mac = mac_of(0);
    send_frame(0, &MAC_BROADCAST, 1);
    iface_send(probe[3]->iface, probe_frame(probe[3]->node, &MAC_BROADCAST, &mac, 60, 0));
    run_for(SIM_MSEC(1));
    EQ(tally.whys[WHY_FDB_MOVED], 1);
    OK(bridge_find(&bridge, &mac) == &ports[3]);
    EQ(bridge.n_learned, 1);
    send_to(1, 0, 2);
    EQ(last_why(3), WHY_BRIDGE_FORWARD);
    end();
}

static void entry_is_forgotten_when_the_ageing_time_is_over_and_not_before(void)
{
    begin();
    send_frame(0, &MAC_BROADCAST, 1); /* learned when its last bit arrives: 5.672 us */
    OK(sim_run(sim, BRIDGE_AGEING_DEFAULT + 5672000 - 1, 1000));
    EQ(bridge.n_learned, 1);
    OK(sim_run(sim, BRIDGE_AGEING_DEFAULT + 5672000, 1000));
    EQ(bridge.n_learned, 0);
    EQ(tally.whys[WHY_FDB_AGED], 1);
    EQ(tally.last.why.args[0], mac_to_u64(&probe[0]->iface->mac));
    EQ(tally.last.why.args[1], BRIDGE_AGEING_DEFAULT);
    EQ(sim_next(sim), SIM_TIME_NONE); /* an empty table needs no timer */
    send_to(1, 0, 2);
    EQ(last_why(0), WHY_BRIDGE_FLOOD_UNKNOWN);
    end();
}

static void every_frame_makes_its_sender_young_again(void)
{
    begin_ageing(SIM_SEC(10));
    for (uint32_t i = 0; i < 10; i++) {
        send_frame(0, &MAC_BROADCAST, i);
        if (i == 0)
            send_frame(1, &MAC_BROADCAST, i);
        run_for(SIM_SEC(5));
    }
    EQ(tally.whys[WHY_FDB_AGED], 1); /* the one that was silent */
    EQ(bridge.n_learned, 1);
    OK(bridge_find(&bridge, &probe[0]->iface->mac) == &ports[0]);
    run_for(SIM_SEC(5));
    EQ(bridge.n_learned, 0);
    EQ(tally.whys[WHY_FDB_LEARNED], 2);
    end();
}

static void sweeps_are_ten_milliseconds_apart(void)
{
    begin_ageing(SIM_SEC(1));
    send_frame(0, &MAC_BROADCAST, 1); /* 1 ms apart */
    send_frame(1, &MAC_BROADCAST, 2);
    send_frame(2, &MAC_BROADCAST, 3);
    OK(sim_run(sim, SIM_SEC(1) + SIM_MSEC(5), 1000));
    EQ(tally.whys[WHY_FDB_AGED], 1);
    OK(sim_run(sim, SIM_SEC(1) + SIM_MSEC(11), 1000));
    EQ(tally.whys[WHY_FDB_AGED], 3);
    end();
}

static void ageing_time_can_be_changed_and_zero_learns_nothing(void)
{
    begin();
    send_frame(0, &MAC_BROADCAST, 1);
    run_for(SIM_SEC(20));
    send_frame(1, &MAC_BROADCAST, 2);
    bridge_set_ageing(&bridge, SIM_SEC(15));
    run_for(SIM_MSEC(1));
    EQ(bridge.n_learned, 1);
    bridge_set_ageing(&bridge, 0);
    run_for(SIM_MSEC(20));
    EQ(bridge.n_learned, 0);
    send_frame(0, &MAC_BROADCAST, 3);
    send_to(1, 0, 4);
    EQ(bridge.n_learned, 0);
    EQ(last_why(2), WHY_BRIDGE_FLOOD_UNKNOWN);
    end();
}

static void port_that_goes_down_loses_its_entries_and_gets_no_frames(void)
{
    begin();
    for (int i = 0; i < N_PORTS; i++)
        send_frame(i, &MAC_BROADCAST, 0);
    expect_counts(3, 3, 3, 3);
    link_set_state(sim->links[1], false);
    EQ(tally.whys[WHY_FDB_FLUSHED], 1);
    EQ(bridge.n_learned, 3);
    send_to(0, 1, 1);
    EQ(tally.drops[DROP_LINK_DOWN], 0); /* it is not even tried */
    expect_counts(3, 3, 4, 4);
    link_set_state(sim->links[1], true);
    send_to(0, 1, 2);
    expect_counts(3, 4, 5, 5);
    iface_set_up(probe[2]->iface, false); /* the far end switched off is a carrier lost, too */
    EQ(tally.whys[WHY_FDB_FLUSHED], 2);
    end();
}

static void frame_with_nowhere_to_go_is_dropped_by_name(void)
{
    begin();
    for (int i = 1; i < N_PORTS; i++)
        link_set_state(sim->links[i], false);
    send_frame(0, &MAC_BROADCAST, 1);
    EQ(tally.drops[DROP_NO_OTHER_PORT], 1);
    end();
}

static void reserved_groups_stay_on_their_cable_except_bpdus_without_stp(void)
{
    struct mac_addr group = { { 0x01, 0x80, 0xc2, 0, 0, 0 } };

    begin();
    for (int last = 1; last < 0x10; last++) {
        group.octets[5] = (uint8_t)last;
        send_frame(0, &group, 1);
    }
    EQ(tally.drops[DROP_RESERVED_GROUP], 15);
    expect_counts(0, 0, 0, 0);
    EQ(bridge.n_learned, 1); /* LLDP and kin teach */
    group.octets[5] = 0;
    send_frame(0, &group, 1);
    expect_counts(0, 1, 1, 1);
    group.octets[5] = 0x10;
    send_frame(0, &group, 1);
    expect_counts(0, 2, 2, 2);
    end();
}

static void pause_frames_teach_nothing(void)
{
    struct mac_addr pause = { { 0x01, 0x80, 0xc2, 0, 0, 1 } };

    begin();
    send_frame(0, &pause, 1);
    EQ(bridge.n_learned, 0);
    end();
}

static void impossible_sources_and_stumps_are_dropped(void)
{
    begin();
    iface_send(probe[0]->iface, probe_frame(probe[0]->node, &MAC_BROADCAST, &MAC_BROADCAST, 60, 0));
    iface_send(probe[0]->iface, probe_frame(probe[0]->node, &MAC_BROADCAST, &MAC_ZERO, 60, 0));
    run_for(SIM_MSEC(1));
    EQ(tally.drops[DROP_BAD_HEADER], 2);
    for (size_t len = 0; len < 14; len++)
        iface_send(probe[0]->iface, frame_new(probe[0]->node, len));
    run_for(SIM_MSEC(1));
    EQ(tally.drops[DROP_TRUNCATED], 14);
    EQ(bridge.n_learned, 0);
    expect_counts(0, 0, 0, 0);
    end();
}

static unsigned n_local;

static void take_local(void *ctx, struct bridge_port *port, struct frame *frame)
{
    OK(ctx == &bridge && port == &ports[0]);
    n_local++;
    frame_free(frame);
}

static void frames_to_our_own_addresses_are_for_us(void)
{
    struct mac_addr port_mac, own = probe_mac(5, 0);

    begin();
    port_mac = ports[2].iface->mac;
    bridge_add_local(&bridge, &own);
    send_frame(0, &port_mac, 1);
    send_frame(0, &own, 1);
    EQ(tally.drops[DROP_UNKNOWN_ETHERTYPE], 2);
    n_local = 0;
    bridge.local = take_local;
    bridge.ctx = &bridge;
    send_frame(0, &own, 1);
    EQ(n_local, 1);
    expect_counts(0, 0, 0, 0);
    /* somebody who claims to be us is not learned */
    iface_send(probe[1]->iface, probe_frame(probe[1]->node, &MAC_BROADCAST, &own, 60, 0));
    run_for(SIM_MSEC(1));
    OK(bridge_find(&bridge, &own) == NULL);
    EQ(bridge.n_learned, 1);
    end();
}

static void too_long_for_the_next_link_is_dropped_silently(void)
{
    begin();
    iface_set_mtu(probe[0]->iface, 9000);
    iface_set_mtu(ports[0].iface, 9000);
    iface_set_mtu(ports[2].iface, 9000);
    iface_set_mtu(probe[2]->iface, 9000);
    probe_send(probe[0], 5000, 1);
    run_for(SIM_MSEC(1));
    expect_counts(0, 0, 1, 0);
    EQ(tally.drops[DROP_TOO_LONG], 2);
    EQ(node_drops(node, DROP_TOO_LONG), 2);
    end();
}

static void table_has_a_limit_and_moves_still_work_at_it(void)
{
    struct mac_addr mac;

    begin();
    bridge.fdb_max = 100;
    for (uint32_t i = 0; i < 150; i++) {
        mac = probe_mac(1000 + i, 1);
        iface_send(probe[0]->iface, probe_frame(probe[0]->node, &MAC_BROADCAST, &mac, 60, i));
    }
    run_for(SIM_MSEC(1));
    EQ(bridge.n_learned, 100);
    mac = probe_mac(1100, 1);
    OK(bridge_find(&bridge, &mac) == NULL);
    mac = probe_mac(1099, 1);
    OK(bridge_find(&bridge, &mac) == &ports[0]);
    iface_send(probe[1]->iface, probe_frame(probe[1]->node, &MAC_BROADCAST, &mac, 60, 0));
    run_for(SIM_MSEC(1));
    OK(bridge_find(&bridge, &mac) == &ports[1]);
    end();
}

static void learning_and_forgetting_uses_the_same_memory_again(void)
{
    size_t used = 0;

    begin_ageing(SIM_SEC(1));
    for (int round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < 3000; i++) {
            struct mac_addr mac = probe_mac(1000 + i, (uint32_t)round);

            iface_send(probe[0]->iface, probe_frame(probe[0]->node, &MAC_BROADCAST, &mac, 60, i));
            if (i % 500 == 499)
                run_for(SIM_MSEC(1));
        }
        EQ(bridge.n_learned, 3000);
        run_for(SIM_SEC(2));
        EQ(bridge.n_learned, 0);
        if (round > 0)
            EQ(sim->parts[0]->arena.used + sim->arena.used, used);
        used = sim->parts[0]->arena.used + sim->arena.used;
    }
    end();
}

static void tables_are_told_in_the_words_of_ip_and_bridge(void)
{
    struct describe_text fdb, port_table;
    struct strbuf text = STRBUF_INIT;

    begin();
    for (int i = 2; i >= 0; i--)
        send_frame(i, &MAC_BROADCAST, 0);
    link_set_state(sim->links[3], false);
    describe_text_init(&fdb, "fdb");
    bridge_describe(&bridge, &fdb.describe);
    EQ_STR(strbuf_text(&fdb.text),
           "02:00:00:00:01:01 p1\n02:00:00:00:02:01 p2\n02:00:00:00:03:01 p3\n");
    describe_text_init(&port_table, "ports");
    bridge_describe(&bridge, &port_table.describe);
    EQ_STR(
        strbuf_text(&port_table.text),
        "p1 forwarding cost=4\np2 forwarding cost=4\np3 forwarding cost=4\np4 disabled cost=4\n");
    bridge_show_fdb(&bridge, &ports[1], &text);
    EQ_STR(strbuf_text(&text),
           "02:00:00:00:02:01 dev p2 master br0 \n02:00:00:00:05:02 dev p2 master br0 permanent\n");
    strbuf_truncate(&text, 0);
    bridge_show_ports(&bridge, &ports[3], &text);
    EQ_STR(strbuf_text(&text), "5: p4: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 master br0 "
                               "state disabled priority 32 cost 4 \n");
    strbuf_truncate(&text, 0);
    bridge_show_fdb(&bridge, NULL, &text);
    EQ(text.len, strlen("02:00:00:00:02:01 dev p2 master br0 \n") * 7 + strlen("permanent") * 4);
    strbuf_fini(&text);
    strbuf_fini(&fdb.text);
    strbuf_fini(&port_table.text);
    end();
}

static uint32_t from, to; /* of the last frame of a play */

/* A frame of @stream's choice: mostly as the last one, seldom with somebody else's address, to
   nobody, to the bridge itself or to a group. */
static void send_any(struct random_stream *stream)
{
    struct mac_addr dst, src;

    if (random_below(stream, 3) == 0) {
        from = (uint32_t)random_below(stream, N_PORTS);
        to = (uint32_t)random_below(stream, N_PORTS);
    }
    dst = mac_of((int)to);
    src = mac_of((int)from);
    switch (random_below(stream, 30)) {
    case 0:
        src = mac_of((int)random_below(stream, N_PORTS)); /* has moved, or is said to */
        break;
    case 1:
        src = ports[to].iface->mac;
        break;
    case 2:
        dst = ports[from].iface->mac;
        break;
    case 3:
        dst = random_below(stream, 2) == 0 ? MAC_BROADCAST : MAC_ZERO;
        break;
    case 4:
        dst = probe_mac(9, (uint32_t)random_below(stream, 3));
        break;
    }
    iface_send(probe[from]->iface, probe_frame(probe[from]->node, &dst, &src, 60, 0));
}

static void do_anything(struct random_stream *stream)
{
    uint32_t i = (uint32_t)random_below(stream, N_PORTS);
    bool up = random_below(stream, 4) != 0;

    switch (random_below(stream, 60)) {
    case 0:
        link_set_state(sim->links[i], up);
        break;
    case 1:
        iface_set_up(probe[i]->iface, up);
        break;
    case 2:
        iface_set_up(ports[i].iface, up);
        break;
    case 3:
        bridge_set_ageing(&bridge,
                          up ? SIM_MSEC(20) : (sim_time)random_below(stream, 2) * SIM_MSEC(5));
        break;
    case 4:
        bridge_flush(&bridge, random_below(stream, 2) == 0 ? NULL : &ports[i]);
        break;
    default:
        send_any(stream);
        break;
    }
    run_for(SIM_USEC(random_below(stream, random_below(stream, 8) == 0 ? 9000 : 20)));
}

static uint64_t hash_of_play(uint64_t seed, bool without_memory)
{
    struct random_stream stream;
    uint64_t hash;

    begin_ageing(SIM_MSEC(20));
    random_stream_init(&stream, seed, "play", "test");
    forgetful = without_memory;
    from = to = 0;
    for (int i = 0; i < 3000; i++)
        do_anything(&stream);
    forgetful = false;
    hash = tally.hash;
    OK(tally.whys[WHY_BRIDGE_FORWARD] > 100 && tally.whys[WHY_FDB_MOVED] > 0 &&
       tally.whys[WHY_FDB_AGED] > 0);
    end();
    return hash;
}

static void port_that_remembers_the_last_frame_does_the_same_as_one_that_does_not(void)
{
    for (uint64_t seed = 1; seed <= 8; seed++)
        OK(hash_of_play(seed, false) == hash_of_play(seed, true));
}

UNIT_MAIN("bridge", TEST(unknown_unicast_is_flooded_and_the_answer_is_not),
          TEST(broadcast_and_multicast_go_everywhere_else),
          TEST(flooded_copies_share_their_octets_and_leave_at_once),
          TEST(destination_behind_the_same_port_is_not_sent_back),
          TEST(station_that_moves_is_found_at_its_new_port),
          TEST(entry_is_forgotten_when_the_ageing_time_is_over_and_not_before),
          TEST(every_frame_makes_its_sender_young_again), TEST(sweeps_are_ten_milliseconds_apart),
          TEST(ageing_time_can_be_changed_and_zero_learns_nothing),
          TEST(port_that_goes_down_loses_its_entries_and_gets_no_frames),
          TEST(frame_with_nowhere_to_go_is_dropped_by_name),
          TEST(reserved_groups_stay_on_their_cable_except_bpdus_without_stp),
          TEST(pause_frames_teach_nothing), TEST(impossible_sources_and_stumps_are_dropped),
          TEST(frames_to_our_own_addresses_are_for_us),
          TEST(too_long_for_the_next_link_is_dropped_silently),
          TEST(table_has_a_limit_and_moves_still_work_at_it),
          TEST(learning_and_forgetting_uses_the_same_memory_again),
          TEST(tables_are_told_in_the_words_of_ip_and_bridge),
          TEST(port_that_remembers_the_last_frame_does_the_same_as_one_that_does_not))
