#include "base/list.h"
#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

/* Two probes on one cable, an observer counting. */
static struct sim *sim;
static struct probe *a, *b;
static struct link *wire;
static struct tally tally;

static void begin_seeded(struct link_config config, uint64_t seed)
{
    sim = sim_new(seed);
    a = probe_new(sim, "a");
    b = probe_new(sim, "b");
    wire = sim_add_link(sim, a->iface, b->iface, &config);
    tally_watch(&tally, sim);
    sim_start(sim);
}

static void begin(struct link_config config)
{
    begin_seeded(config, 1);
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

static void arrival_is_transmission_plus_delay_to_the_picosecond(void)
{
    static const struct {
        uint64_t rate;
        size_t size;
        sim_time expected;
    } cases[] = {
        { 1000000000, 60, 84 * 8000 },
        { 1000000000, 59, 84 * 8000 },
        { 1000000000, 14, 84 * 8000 },
        { 1000000000, 61, 85 * 8000 },
        { 1000000000, 1514, 1538 * 8000 },
        { 100000000, 1514, 1538 * 80000 },
        { 10000000, 1514, 1538 * 800000 },
        { UINT64_C(10000000000), 1514, 1538 * 800 },
        { UINT64_C(40000000000), 60, 84 * 200 },
        { UINT64_C(100000000000), 60, 84 * 80 },
        { 0, 1514, 0 },
        { 3000000, 1514, (sim_time)(UINT64_C(1538) * 8000000000000 / 3000000) },
        { 9600, 1514, (sim_time)(UINT64_C(1538) * 8000000000000 / 9600) },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct link_config config = link_defaults();

        config.rate = cases[i].rate;
        config.delay = SIM_USEC(7) + 3;
        begin(config);
        EQ(link_transmission_time(wire, cases[i].size), cases[i].expected);
        probe_send(a, cases[i].size, 9);
        finish();
        EQ(b->n, 1);
        EQ(b->log[0].at, cases[i].expected + SIM_USEC(7) + 3);
        EQ(b->log[0].size, cases[i].size);
        end();
    }
}

static void frames_follow_each_other_without_a_gap(void)
{
    begin(link_defaults());
    for (uint32_t i = 0; i < 100; i++)
        probe_send(a, 1514, i);
    EQ(queue_n(&sim->parts[0]->queue), 1); /* the head alone stands in the event queue */
    finish();
    EQ(b->n, 100);
    for (uint32_t i = 0; i < 100; i++) {
        EQ(b->log[i].number, i);
        EQ(b->log[i].at, (i + 1) * SIM_NSEC(1538 * 8) + SIM_USEC(5));
    }
    EQ(b->iface->rx_frames, 100);
    EQ(b->iface->rx_octets, 151400);
    EQ(iface_tx_frames(a->iface), 100);
    end();
}

static void both_directions_are_independent(void)
{
    begin(link_defaults());
    for (uint32_t i = 0; i < 10; i++) {
        probe_send(a, 1514, i);
        probe_send(b, 1514, i);
    }
    finish();
    EQ(a->n, 10);
    EQ(b->n, 10);
    EQ(a->log[9].at, b->log[9].at);
    end();
}

static void queue_holds_its_frames_beside_the_one_being_sent(void)
{
    struct link_config config = link_defaults();

    config.queue = 5;
    begin(config);
    for (uint32_t i = 0; i < 10; i++)
        probe_send(a, 1514, i);
    EQ(tally.drops[DROP_QUEUE_FULL], 4);
    EQ(a->iface->tx_drops, 4);
    OK(sim_run(sim, SIM_NSEC(1538 * 8), 100)); /* the second one's transmission has begun */
    probe_send(a, 1514, 10);
    EQ(tally.drops[DROP_QUEUE_FULL], 4);
    probe_send(a, 1514, 11);
    EQ(tally.drops[DROP_QUEUE_FULL], 5);
    finish();
    EQ(b->n, 7);
    EQ(b->log[6].number, 10);
    end();
}

static void frames_that_have_left_take_no_place_in_the_queue(void)
{
    struct link_config config = link_defaults();

    config.queue = 5;
    config.delay = SIM_MSEC(1);
    begin(config);
    for (uint32_t i = 0; i < 6; i++)
        probe_send(a, 1514, i);
    OK(sim_run(sim, SIM_USEC(500), 100)); /* all have left, none has arrived */
    for (uint32_t i = 6; i < 12; i++)
        probe_send(a, 1514, i);
    EQ(tally.drops[DROP_QUEUE_FULL], 0);
    probe_send(a, 1514, 12);
    EQ(tally.drops[DROP_QUEUE_FULL], 1);
    OK(sim_run(sim, SIM_USEC(1100), 100)); /* half of them has arrived */
    for (uint32_t i = 13; i < 19; i++)
        probe_send(a, 1514, i);
    EQ(tally.drops[DROP_QUEUE_FULL], 1);
    iface_set_up(a->iface, false);
    EQ(tally.drops[DROP_LINK_DOWN], 5);
    finish();
    EQ(b->n, 13);
    end();
}

static void without_a_cable_or_switched_off_frames_are_dropped_by_name(void)
{
    struct mac_addr mac = probe_mac(1, 2);

    begin(link_defaults());
    iface_send(iface_add(a->node, "eth1", &mac), probe_frame(a->node, &mac, &mac, 60, 0));
    EQ(tally.drops[DROP_NOT_CABLED], 1);
    probe_send(a, 1519, 0);
    EQ(tally.drops[DROP_TOO_LONG], 1);
    probe_send(a, 1518, 0);
    iface_set_up(b->iface, false);
    OK(!iface_has_carrier(a->iface));
    finish();
    EQ(tally.drops[DROP_LINK_DOWN], 1); /* it had left when the far end was switched off */
    EQ(b->iface->rx_drops, 1);
    probe_send(a, 60, 0); /* no carrier: nothing leaves, and nobody who captures sees it */
    EQ(node_drops(a->node, DROP_LINK_DOWN), 1);
    EQ(a->iface->out->tx_frames, 1);
    iface_set_up(a->iface, false);
    probe_send(a, 60, 0);
    EQ(tally.drops[DROP_LINK_DOWN], 3);
    EQ(node_drops(a->node, DROP_LINK_DOWN), 2);
    EQ(a->n + b->n, 0);
    end();
}

static void receiver_drops_what_its_mtu_does_not_allow(void)
{
    begin(link_defaults());
    iface_set_mtu(b->iface, 1000);
    probe_send(a, 1018, 0);
    probe_send(a, 1019, 1);
    finish();
    EQ(b->n, 1);
    EQ(node_drops(b->node, DROP_TOO_LONG), 1);
    end();
}

static void pulled_cable_loses_what_is_on_it(void)
{
    struct link_config config = link_defaults();

    config.delay = SIM_MSEC(1);
    begin(config);
    for (uint32_t i = 0; i < 10; i++)
        probe_send(a, 1514, i);
    probe_send(b, 60, 0);
    OK(sim_run(sim, SIM_MSEC(1) + 3 * SIM_NSEC(1538 * 8), 100));
    EQ(b->n, 3);
    link_set_state(wire, false);
    EQ(tally.drops[DROP_LINK_CUT], 7);
    EQ(a->n, 1);
    EQ(sim_next(sim), SIM_TIME_NONE);
    EQ(a->carrier_calls, 1);
    EQ(b->carrier_calls, 1);
    OK(!a->carrier && !b->carrier);
    probe_send(a, 60, 1);
    EQ(tally.drops[DROP_LINK_DOWN], 1);
    link_set_state(wire, true);
    link_set_state(wire, true);
    EQ(a->carrier_calls, 2);
    OK(a->carrier && iface_has_carrier(b->iface));
    probe_send(a, 60, 2); /* the transmitter is idle again */
    finish();
    EQ(b->n, 4);
    EQ(b->log[3].number, 2);
    EQ(b->log[3].at, SIM_MSEC(2) + 3 * SIM_NSEC(1538 * 8) + 84 * 8000);
    EQ(tally.whys[WHY_CABLE_OUT], 2);
    EQ(tally.whys[WHY_CABLE_IN], 2);
    end();
}

static void switching_off_empties_the_queue_and_what_has_left_arrives(void)
{
    begin(link_defaults());
    for (uint32_t i = 0; i < 10; i++)
        probe_send(a, 1514, i);
    OK(sim_run(sim, SIM_NSEC(1538 * 8) + 1, 100)); /* the second one is being sent */
    iface_set_up(a->iface, false);
    EQ(tally.drops[DROP_LINK_DOWN], 8);
    EQ(tally.drops[DROP_LINK_CUT], 0);
    OK(!b->carrier);
    iface_set_up(a->iface, true);
    OK(b->carrier);
    probe_send(a, 1514, 10);
    finish();
    EQ(b->n, 3);
    EQ(b->log[2].number, 10);
    EQ(b->log[2].at, 3 * SIM_NSEC(1538 * 8) + SIM_USEC(5)); /* right behind the second */
    end();
}

static void switching_off_before_anything_left_drops_all(void)
{
    struct link_config config = link_defaults();

    begin(config);
    probe_send(a, 1514, 0);
    finish();
    probe_send(a, 1514, 1);
    probe_send(a, 1514, 2);
    iface_set_up(a->iface, false);
    finish();
    EQ(b->n, 2); /* the first of the two had begun */
    EQ(tally.drops[DROP_LINK_DOWN], 1);
    end();
}

static uint32_t lost_of(uint32_t n, struct link_config config, uint64_t seed)
{
    uint32_t got;

    config.queue = n;
    begin_seeded(config, seed);
    for (uint32_t i = 0; i < n; i++)
        probe_send(a, 60, i);
    finish();
    got = b->n;
    end();
    return n - got;
}

static void loss_and_duplication_come_at_their_rate(void)
{
    struct link_config config = link_defaults();
    uint32_t n;

    config.loss = 100000; /* 10 % of 20,000: 2,000, standard deviation 42 */
    n = lost_of(20000, config, 1);
    OK(n > 1830 && n < 2170);
    EQ(lost_of(20000, config, 1), n);
    OK(lost_of(20000, config, 2) != n);
    config.loss = 0;
    config.duplicate = 100000;
    n = (uint32_t) - (int32_t)lost_of(20000, config, 1);
    OK(n > 1830 && n < 2170);
    config.duplicate = 1000000;
    EQ((int32_t)lost_of(100, config, 1), -100);
    config.loss = 1000000;
    EQ(lost_of(100, config, 1), 100);
}

static void duplicates_are_told_apart_by_nobody_and_arrive_together(void)
{
    struct link_config config = link_defaults();

    config.duplicate = 1000000;
    begin(config);
    probe_send(a, 60, 1);
    finish();
    EQ(b->n, 2);
    EQ(b->log[0].at, b->log[1].at);
    EQ(b->log[1].number, 1);
    EQ(tally.kinds[RECORD_SEND], 1);
    EQ(tally.kinds[RECORD_RECEIVE], 2);
    end();
}

static void reordering_delays_some_and_loses_none(void)
{
    struct link_config config = link_defaults();
    uint32_t late = 0, highest = 0;
    uint8_t seen[1000] = { 0 };

    config.reorder = 250000;
    config.delay = SIM_MSEC(10);
    begin(config);
    for (uint32_t i = 0; i < 1000; i++)
        probe_send(a, 1514, i);
    finish();
    EQ(b->n, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        EQ(seen[b->log[i].number], 0);
        seen[b->log[i].number] = 1;
        late += b->log[i].number < highest;
        highest = b->log[i].number > highest ? b->log[i].number : highest;
    }
    OK(late > 150 && late < 350); /* all 250 but those late by less than a frame's time */
    end();
}

struct bit_counter {
    struct observer observer;
    unsigned ones;
};

static unsigned ones_of(const struct frame *frame)
{
    unsigned n = 0;

    for (size_t bit = 0; bit < (size_t)frame->len * 8; bit++)
        n += frame->data[bit / 8] >> bit % 8 & 1;
    return n;
}

static void count_ones(struct observer *observer, const struct record *record)
{
    ((struct bit_counter *)(void *)observer)->ones += ones_of(record->frame);
}

static void corruption_flips_exactly_one_bit(void)
{
    struct bit_counter counter = { .observer = { .wants = RECORD_BIT(RECORD_RECEIVE),
                                                 .record = count_ones } };
    struct link_config config = link_defaults();
    struct frame *frame;

    config.corrupt = 1000000;
    begin(config);
    sim_observe(sim, &counter.observer);
    frame = probe_frame(a->node, &MAC_ZERO, &MAC_ZERO, 60, 0);
    be16_put(frame->data + 12, 0);
    for (int i = 0; i < 50; i++)
        iface_send(a->iface, frame_clone(frame));
    finish();
    EQ(counter.ones, 50);  /* one each, of a frame that was all zeros */
    EQ(ones_of(frame), 0); /* the sender's own octets are as they were */
    frame_free(frame);
    end();
}

/* Exact faults. */
static bool match_size(void *ctx, struct frame *frame)
{
    return frame_size(frame) == *(size_t *)ctx;
}

static void drop_rule_hits_the_nth_match_of_its_side_and_no_other(void)
{
    static const uint32_t nth[] = { 2, 5 };
    size_t size = 100;
    struct link_rule rule = { .kind = LINK_FAULT_DROP,
                              .side = 0,
                              .match = match_size,
                              .ctx = &size,
                              .nth = nth,
                              .n_nth = 2 };

    begin(link_defaults());
    link_add_rule(wire, &rule);
    for (uint32_t i = 1; i <= 6; i++) {
        probe_send(a, 100, i);
        probe_send(a, 101, 100 + i);
        probe_send(b, 100, i);
    }
    finish();
    EQ(tally.drops[DROP_LINK_RULE], 2);
    EQ(a->n, 6);
    EQ(b->n, 10);
    EQ(rule.seen, 6);
    EQ(b->log[0].number, 1);
    EQ(b->log[1].number, 101);
    EQ(b->log[2].number, 102); /* 2 is gone */
    EQ(b->log[3].number, 3);
    EQ(b->log[7].number, 105); /* 5 is gone */
    end();
}

static void delay_rule_lets_others_pass(void)
{
    static const uint32_t nth[] = { 1 };
    size_t size = 60;
    struct link_rule rule = { .kind = LINK_FAULT_DELAY,
                              .side = 0,
                              .match = match_size,
                              .ctx = &size,
                              .nth = nth,
                              .n_nth = 1,
                              .by = SIM_MSEC(5) };

    begin(link_defaults());
    link_add_rule(wire, &rule);
    for (uint32_t i = 1; i <= 3; i++)
        probe_send(a, 60, i);
    finish();
    EQ(b->n, 3);
    EQ(b->log[0].number, 2);
    EQ(b->log[1].number, 3);
    EQ(b->log[2].number, 1);
    EQ(b->log[2].at, 84 * 8000 + SIM_USEC(5) + SIM_MSEC(5));
    EQ(b->log[0].at, 2 * 84 * 8000 + SIM_USEC(5)); /* its place on the wire stays taken */
    end();
}

static void rules_without_numbers_hit_every_match(void)
{
    size_t size = 60, other = 70;
    struct link_rule twice = {
        .kind = LINK_FAULT_DUPLICATE, .side = 1, .match = match_size, .ctx = &size
    };
    struct link_rule drop = {
        .kind = LINK_FAULT_DROP, .side = 1, .match = match_size, .ctx = &other
    };

    begin(link_defaults());
    link_add_rule(wire, &twice);
    link_add_rule(wire, &drop);
    for (uint32_t i = 0; i < 3; i++) {
        probe_send(b, 60, i);
        probe_send(b, 70, i);
    }
    finish();
    EQ(a->n, 6);
    EQ(tally.drops[DROP_LINK_RULE], 3);
    end();
}

struct told {
    struct observer observer;
    enum why_code codes[16];
    uint64_t numbers[16], causes[16], sent;
    const char *text;
    unsigned n;
};

static void take_told(struct observer *observer, const struct record *record)
{
    struct told *told = CONTAINER_OF(observer, struct told, observer);

    if (record->kind == RECORD_SEND) {
        told->sent = record->id;
    } else if (told->n < 16) {
        told->codes[told->n] = record->why.code;
        told->numbers[told->n] = record->why.args[0];
        told->causes[told->n++] = record->cause;
        told->text = record->text;
    }
}

static void every_fault_leaves_a_record_with_the_frame_as_its_cause(void)
{
    static const uint32_t nth[] = { 2 };
    static const enum why_code codes[] = { WHY_FAULT_DROP, WHY_FAULT_DELAY, WHY_FAULT_DUPLICATE,
                                           WHY_FAULT_CORRUPT };
    static const enum link_fault_kind kinds[] = { LINK_FAULT_DROP, LINK_FAULT_DELAY,
                                                  LINK_FAULT_DUPLICATE, LINK_FAULT_CORRUPT };
    size_t size = 60;

    for (unsigned i = 0; i < 4; i++) {
        struct told told = { .observer = { .wants =
                                               RECORD_BIT(RECORD_SEND) | RECORD_BIT(RECORD_CONTROL),
                                           .record = take_told } };
        struct link_rule rule = { .kind = kinds[i],
                                  .side = 0,
                                  .match = match_size,
                                  .text = "any",
                                  .ctx = &size,
                                  .nth = nth,
                                  .n_nth = 1,
                                  .by = SIM_MSEC(5) };

        begin(link_defaults());
        sim_observe(sim, &told.observer);
        link_add_rule(wire, &rule);
        probe_send(a, 60, 1);
        EQ(told.n, 0);
        probe_send(a, 60, 2);
        finish();
        EQ(told.n, 1);
        EQ(told.codes[0], codes[i]);
        EQ(told.numbers[0], 2);
        EQ(told.causes[0], told.sent);
        EQ_STR(told.text, "any");
        sim_unobserve(sim, &told.observer);
        end();
    }
}

static void what_a_cable_does_by_chance_is_told(void)
{
    static const enum why_code codes[] = { WHY_CHANCE_DUPLICATE, WHY_CHANCE_CORRUPT,
                                           WHY_CHANCE_REORDER };
    struct link_config config = link_defaults();
    struct told told = { .observer = { .wants =
                                           RECORD_BIT(RECORD_SEND) | RECORD_BIT(RECORD_CONTROL),
                                       .record = take_told } };

    config.duplicate = config.corrupt = config.reorder = 1000000;
    begin(config);
    sim_observe(sim, &told.observer);
    probe_send(a, 60, 1);
    finish();
    EQ(told.n, 3);
    for (unsigned i = 0; i < 3; i++) {
        EQ(told.codes[i], codes[i]);
        EQ(told.causes[i], told.sent);
    }
    EQ(b->log[1].at, 84 * 8000 + SIM_USEC(5) + (sim_time)told.numbers[2]);
    sim_unobserve(sim, &told.observer);
    end();
}

static void edit_number(void *ctx, struct frame *frame)
{
    (void)ctx;
    frame->data[17] = 0xee;
}

static void edit_rule_changes_the_copy_on_the_cable_alone(void)
{
    static const uint32_t nth[] = { 2 };
    size_t size = 60;
    struct link_rule rule = { .kind = LINK_FAULT_EDIT,
                              .side = 0,
                              .match = match_size,
                              .edit = edit_number,
                              .text = "an octet",
                              .ctx = &size,
                              .nth = nth,
                              .n_nth = 1 };

    begin(link_defaults());
    link_add_rule(wire, &rule);
    for (uint32_t i = 1; i <= 3; i++)
        probe_send(a, 60, i);
    finish();
    EQ(b->n, 3);
    EQ(b->log[0].number, 1);
    EQ(b->log[1].number, 0xee);
    EQ(b->log[2].number, 3);
    EQ(b->log[1].at, 2 * 84 * 8000 + SIM_USEC(5)); /* it costs no time */
    end();
}

static void late_frames_are_lost_with_the_cable_even_if_it_is_plugged_in_again(void)
{
    size_t size = 60;
    struct link_rule rule = {
        .kind = LINK_FAULT_DELAY, .side = 0, .match = match_size, .ctx = &size, .by = SIM_MSEC(5)
    };

    begin(link_defaults());
    link_add_rule(wire, &rule);
    for (uint32_t i = 0; i < 5; i++)
        probe_send(a, 60, i);
    OK(sim_run(sim, SIM_MSEC(1), 100));
    link_set_state(wire, false);
    link_set_state(wire, true);
    EQ(tally.drops[DROP_LINK_CUT], 5);
    EQ(a->iface->tx_drops, 5);
    finish();
    EQ(b->n, 0);
    end();
}

static void run_that_stops_halfway_gives_everything_back(void)
{
    size_t size = 60;
    struct link_rule rule = {
        .kind = LINK_FAULT_DELAY, .side = 0, .match = match_size, .ctx = &size, .by = SIM_MSEC(5)
    };
    struct link_config config = link_defaults();

    config.delay = SIM_SEC(1);
    begin(config);
    iface_set_mtu(a->iface, 100000);
    iface_set_mtu(b->iface, 100000);
    link_add_rule(wire, &rule);
    probe_send(a, 60, 0);
    probe_send(a, 99000, 1);
    OK(sim_run(sim, SIM_MSEC(1), 100));
    EQ(sim->parts[0]->frames_alive, 2);
    sim_free(sim); /* the address sanitizer watches */
}

static void shorter_delay_does_not_overtake(void)
{
    struct link_config config = link_defaults();

    config.delay = SIM_MSEC(10);
    begin(config);
    probe_send(a, 60, 0);
    config.delay = SIM_USEC(1);
    link_configure(wire, &config);
    probe_send(a, 60, 1);
    finish();
    EQ(b->log[0].number, 0);
    EQ(b->log[1].number, 1);
    EQ(b->log[1].at, b->log[0].at);
    end();
}

static void cause_of_a_reception_is_the_sending(void)
{
    uint64_t sent;

    begin(link_defaults());
    probe_send(a, 60, 0);
    sent = tally.last.id;
    EQ(tally.last.kind, RECORD_SEND);
    finish();
    EQ(tally.last.kind, RECORD_RECEIVE);
    EQ(tally.last.cause, sent);
    EQ(record_node_id(tally.last.id), b->node->id);
    EQ(b->log[0].id, tally.last.id);
    end();
}

static void burst(struct random_stream *stream)
{
    struct probe *from = random_below(stream, 3) == 0 ? b : a;

    switch (random_below(stream, 40)) {
    case 0:
        link_set_state(wire, random_below(stream, 4) != 0);
        break;
    case 1:
        iface_set_up(from->iface, random_below(stream, 4) != 0);
        break;
    case 2:
        wire->config.delay = (sim_time)random_below(stream, SIM_USEC(30));
        wire->config.queue = (uint32_t)random_below(stream, 10);
        link_configure(wire, &wire->config);
        break;
    case 3:
        iface_set_mtu(from->iface, 500 + (uint32_t)random_below(stream, 1600));
        break;
    case 4: /* the time of an octet is no whole number of picoseconds at one of them */
        wire->config.rate = random_below(stream, 2) == 0 ? 1000000000 : 999999937;
        link_configure(wire, &wire->config);
        break;
    }
    for (uint64_t n = random_below(stream, 6); n > 0; n--)
        probe_send(from, 14 + random_below(stream, 1600), (uint32_t)n);
    OK(sim_run(sim, sim_now(sim) + (sim_time)random_below(stream, SIM_USEC(60)), 1000000));
}

/* What arrives where, when and with which ids, and what does not. */
static uint64_t hash_of_bursts(uint64_t seed, uint32_t wants)
{
    struct random_stream stream;
    uint64_t hash = 0;

    begin_seeded(link_defaults(), seed);
    sim_unobserve(sim, &tally.observer);
    tally.observer.wants = wants;
    sim_observe(sim, &tally.observer);
    random_stream_init(&stream, seed, "bursts", "test");
    for (int i = 0; i < 1000; i++)
        burst(&stream);
    for (struct probe *probe = a; probe != NULL; probe = probe == a ? b : NULL) {
        OK(probe->n > 100 && probe->n < PROBE_LOG_MAX);
        for (uint32_t i = 0; i < probe->n; i++)
            hash = random_mix(hash ^ (uint64_t)probe->log[i].at) + probe->log[i].id;
        hash = random_mix(hash + iface_tx_octets(probe->iface)) + probe->iface->tx_drops;
    }
    end();
    return hash;
}

static void frames_that_are_looked_at_arrive_as_those_that_are_not(void)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        uint64_t unseen = hash_of_bursts(seed, 0);

        OK(hash_of_bursts(seed, RECORD_BIT(RECORD_SEND)) == unseen);
        OK(hash_of_bursts(seed, RECORD_BIT(RECORD_RECEIVE)) == unseen);
    }
}

UNIT_MAIN("link", TEST(arrival_is_transmission_plus_delay_to_the_picosecond),
          TEST(frames_follow_each_other_without_a_gap), TEST(both_directions_are_independent),
          TEST(queue_holds_its_frames_beside_the_one_being_sent),
          TEST(frames_that_have_left_take_no_place_in_the_queue),
          TEST(without_a_cable_or_switched_off_frames_are_dropped_by_name),
          TEST(receiver_drops_what_its_mtu_does_not_allow), TEST(pulled_cable_loses_what_is_on_it),
          TEST(switching_off_empties_the_queue_and_what_has_left_arrives),
          TEST(switching_off_before_anything_left_drops_all),
          TEST(loss_and_duplication_come_at_their_rate),
          TEST(duplicates_are_told_apart_by_nobody_and_arrive_together),
          TEST(reordering_delays_some_and_loses_none), TEST(corruption_flips_exactly_one_bit),
          TEST(drop_rule_hits_the_nth_match_of_its_side_and_no_other),
          TEST(delay_rule_lets_others_pass), TEST(rules_without_numbers_hit_every_match),
          TEST(every_fault_leaves_a_record_with_the_frame_as_its_cause),
          TEST(what_a_cable_does_by_chance_is_told),
          TEST(edit_rule_changes_the_copy_on_the_cable_alone),
          TEST(late_frames_are_lost_with_the_cable_even_if_it_is_plugged_in_again),
          TEST(run_that_stops_halfway_gives_everything_back), TEST(shorter_delay_does_not_overtake),
          TEST(cause_of_a_reception_is_the_sending),
          TEST(frames_that_are_looked_at_arrive_as_those_that_are_not))
