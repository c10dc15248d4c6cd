#include "tests/support/sim_rig.h"
#include "tests/support/unit.h"

#include "sim/timer.h"

/* Acts are logged as letters, in the order they happen. */
struct story {
    struct sim *sim;
    char text[64];
    size_t len;
};

struct act {
    struct story *story;
    char letter;
    struct event event;
};

static void tell(struct story *story, char letter)
{
    if (story->len < sizeof story->text - 1)
        story->text[story->len++] = letter;
}

static void act_now(void *ctx)
{
    struct act *act = ctx;

    tell(act->story, act->letter);
}

static void act_process(struct event *event)
{
    struct act *act = (struct act *)(void *)((char *)event - offsetof(struct act, event));

    act_now(act);
}

static void receive_and_tell(struct iface *iface, struct frame *frame)
{
    tell(iface->node->device, 'f');
    frame_free(frame);
}

static const struct node_ops teller = { .kind = "host", .receive = receive_and_tell };

static void one_moment_runs_control_then_arrivals_then_timers_then_programs(void)
{
    struct story story = { .sim = sim_new(1) };
    struct act control = { &story, 'c', { 0 } }, second = { &story, 'd', { 0 } },
               timed = { &story, 't', { 0 } }, process = { &story, 'p', { 0 } };
    struct node *a = sim_add_node(story.sim, "a", &teller),
                *b = sim_add_node(story.sim, "b", &teller);
    struct link_config config = { .rate = 0, .delay = 100, .queue = 1 };
    struct timer timer;

    a->device = b->device = &story;
    sim_add_link(story.sim, iface_add(a, "eth0", &MAC_ZERO), iface_add(b, "eth0", &MAC_ZERO),
                 &config);
    sim_start(story.sim);
    timer_init(&timer, a, WHY0(TIMER_SLEEP), act_now, &timed);
    event_init(&process.event, act_process);
    node_schedule(a, &process.event, EVENT_PROCESS, 100);
    timer_start_at(&timer, 100);
    iface_send(a->ifaces[0], frame_new(a, 60));
    sim_at(story.sim, 100, act_now, &control);
    sim_at(story.sim, 100, act_now, &second);
    OK(sim_run(story.sim, SIM_TIME_NONE, 100));
    EQ_STR(story.text, "cdftp");
    EQ(sim_events(story.sim), 5);
    EQ(sim_hops(story.sim), 1);
    sim_free(story.sim);
}

static void note_events(void *ctx)
{
    struct story *story = ctx;

    tell(story, (char)('0' + sim_events(story->sim)));
}

static void events_are_counted_as_they_happen(void)
{
    struct story story = { .sim = sim_new(1) };
    struct node *a = sim_add_node(story.sim, "a", &teller);
    struct timer timers[5];

    sim_start(story.sim);
    for (unsigned i = 0; i < 5; i++) {
        timer_init(&timers[i], a, WHY0(TIMER_SLEEP), note_events, &story);
        timer_start_at(&timers[i], 10 * i + 10);
    }
    OK(!sim_run(story.sim, SIM_TIME_NONE, 2));
    EQ(sim_events(story.sim), 2);
    sim_at(story.sim, 35, note_events, &story);
    OK(sim_run(story.sim, SIM_TIME_NONE, UINT64_MAX));
    EQ_STR(story.text, "123456");
    EQ(sim_events(story.sim), 6);
    sim_free(story.sim);
}

static void cancelled_event_does_not_happen(void)
{
    struct story story = { .sim = sim_new(1) };
    struct act process = { &story, 'p', { 0 } };
    struct node *a = sim_add_node(story.sim, "a", &teller);

    sim_start(story.sim);
    event_init(&process.event, act_process);
    node_schedule(a, &process.event, EVENT_PROCESS, 100);
    node_cancel(a, &process.event);
    node_cancel(a, &process.event);
    EQ(sim_next(story.sim), SIM_TIME_NONE);
    sim_free(story.sim);
}

static void clock_goes_to_the_end_of_the_run_and_no_further(void)
{
    struct story story = { .sim = sim_new(1) };
    struct act act = { &story, 'x', { 0 } };

    sim_start(story.sim);
    sim_at(story.sim, 50, act_now, &act);
    sim_at(story.sim, 100, act_now, &act);
    sim_at(story.sim, 101, act_now, &act);
    OK(!sim_step(story.sim, 49));
    EQ(sim_now(story.sim), 0);
    OK(sim_run(story.sim, 100, 100)); /* what is due at the last moment still happens */
    EQ(story.len, 2);
    EQ(sim_now(story.sim), 100);
    OK(sim_run(story.sim, SIM_TIME_NONE, 100));
    EQ(sim_now(story.sim), 101);
    OK(sim_run(story.sim, 1000, 100));
    EQ(sim_now(story.sim), 1000);
    sim_free(story.sim);
}

static void budget_that_is_just_enough_is_enough(void)
{
    struct story story = { .sim = sim_new(1) };
    struct act act = { &story, 'x', { 0 } };

    sim_start(story.sim);
    for (int i = 0; i < 10; i++)
        sim_at(story.sim, i, act_now, &act);
    OK(!sim_run(story.sim, SIM_TIME_NONE, 9));
    EQ(story.len, 9);
    OK(sim_run(story.sim, SIM_TIME_NONE, 1));
    EQ(story.len, 10);
    OK(sim_run(story.sim, SIM_TIME_NONE, 0));
    sim_free(story.sim);
}

/* Three probes in a row of cables with every kind of fault; the middle one sends back what it gets,
 * changed. */
static void bounce(struct iface *iface, struct frame *frame)
{
    struct node *node = iface->node;
    struct random_stream *random = node->device;

    if (random_below(random, 4) == 0 || frame_size(frame) < 20) {
        node_drop(node, iface, frame, DROP_APP_UNEXPECTED);
        return;
    }
    frame_writable(frame);
    frame->data[19] = (uint8_t)random_u32(random);
    iface_send(node->ifaces[random_below(random, node->n_ifaces)], frame);
}

static const struct node_ops bouncer = { .kind = "host", .receive = bounce };

static const struct link_config faulty = { .rate = 10000000,
                                           .delay = SIM_USEC(50),
                                           .queue = 20,
                                           .loss = 20000,
                                           .duplicate = 30000,
                                           .reorder = 50000,
                                           .corrupt = 10000 };

static struct node *add_bouncer(struct sim *sim, const char *name, struct random_stream *random)
{
    struct node *node = sim_add_node(sim, name, &bouncer);

    node_random(node, random, "bounce");
    node->device = random;
    return node;
}

static void cable(struct sim *sim, struct node *a, struct node *b)
{
    sim_add_link(sim, iface_add(a, a->n_ifaces == 0 ? "x" : "y", &MAC_ZERO),
                 iface_add(b, b->n_ifaces == 0 ? "x" : "y", &MAC_ZERO), &faulty);
}

/* Only records of nodes a, b and c count. */
static void tally_first_three(struct observer *observer, const struct record *record)
{
    if (record->node->id <= 3)
        tally_record(observer, record);
}

static uint64_t hash_of_a_run(uint64_t seed, bool with_more_nodes)
{
    static const char *const names[] = { "a", "b", "c", "d", "e" };
    struct sim *sim = sim_new(seed);
    struct random_stream random[5];
    struct node *node[5];
    struct tally tally;
    int n = with_more_nodes ? 5 : 3;

    for (int i = 0; i < n; i++)
        node[i] = add_bouncer(sim, names[i], &random[i]);
    cable(sim, node[0], node[1]);
    cable(sim, node[1], node[2]);
    if (with_more_nodes)
        cable(sim, node[3], node[4]);
    tally_watch(&tally, sim);
    tally.observer.record = tally_first_three;
    sim_start(sim);
    for (int i = 0; i < n; i++)
        for (uint32_t k = 0; k < 100; k++)
            iface_send(node[i]->ifaces[0], probe_frame(node[i], &MAC_BROADCAST, &MAC_ZERO, 100, k));
    OK(sim_run(sim, SIM_SEC(1), 1000000));
    EQ(sim->parts[0]->frames_alive, 0);
    OK(tally.kinds[RECORD_RECEIVE] > 100 && tally.kinds[RECORD_DROP] > 10);
    sim_free(sim);
    return tally.hash;
}

static void same_seed_same_run_and_another_seed_another(void)
{
    EQ(hash_of_a_run(7, false), hash_of_a_run(7, false));
    OK(hash_of_a_run(7, false) != hash_of_a_run(8, false));
}

static void more_nodes_do_not_change_what_the_others_draw(void)
{
    EQ(hash_of_a_run(3, false), hash_of_a_run(3, true));
}

static void record_ids_do_not_depend_on_who_looks(void)
{
    struct probe *a[2], *b[2];
    struct tally tally;

    for (int watched = 0; watched < 2; watched++) {
        struct sim *sim = sim_new(1);
        struct link_config config = link_defaults();

        a[watched] = probe_new(sim, "a");
        b[watched] = probe_new(sim, "b");
        sim_add_link(sim, a[watched]->iface, b[watched]->iface, &config);
        if (watched)
            tally_watch(&tally, sim);
        sim_start(sim);
        for (uint32_t i = 0; i < 5; i++)
            probe_send(a[watched], 60, i);
        OK(sim_run(sim, SIM_TIME_NONE, 100));
        EQ(b[watched]->log[4].id, (uint64_t)2 << RECORD_COUNT_BITS | 5);
        sim_free(sim);
    }
}

/* Octets of the run's arenas after @n frames have crossed one cable, a few in flight at a time. */
static size_t memory_after(uint32_t n, uint32_t size)
{
    struct sim *sim = sim_new(1);
    struct link_config config = link_defaults();
    struct probe *a = probe_new(sim, "a"), *b = probe_new(sim, "b");
    size_t used;

    sim_add_link(sim, a->iface, b->iface, &config);
    iface_set_mtu(a->iface, 65000);
    iface_set_mtu(b->iface, 65000);
    sim_start(sim);
    for (uint32_t i = 0; i < n; i++) {
        probe_send(a, size, i);
        if (i % 10 == 9)
            OK(sim_run(sim, SIM_TIME_NONE, 1000000));
    }
    OK(sim_run(sim, SIM_TIME_NONE, 1000000));
    EQ(b->n, n);
    EQ(sim->parts[0]->frames_alive, 0);
    used = sim->arena.used + sim->parts[0]->arena.used;
    sim_free(sim);
    return used;
}

static void frames_need_no_more_memory_however_many_there_are(void)
{
    EQ(memory_after(100000, 1514), memory_after(10000, 1514));
    EQ(memory_after(100000, 60), memory_after(100, 60));
    EQ(memory_after(1000, 9000), memory_after(100, 9000));
}

static void two_runs_in_one_process_do_not_notice_each_other(void)
{
    struct sim *one = sim_new(1), *two = sim_new(1);
    struct story first = { .sim = one }, second = { .sim = two };
    struct act x = { &first, 'x', { 0 } }, y = { &second, 'y', { 0 } };

    sim_start(one);
    sim_start(two);
    for (int i = 0; i < 3; i++) {
        sim_at(one, i, act_now, &x);
        sim_at(two, i, act_now, &y);
    }
    OK(sim_run(one, SIM_TIME_NONE, 100));
    EQ(sim_now(two), 0);
    OK(sim_run(two, SIM_TIME_NONE, 100));
    EQ_STR(first.text, "xxx");
    EQ_STR(second.text, "yyy");
    sim_free(one);
    sim_free(two);
}

static void drop_shows_the_ethernet_header_where_there_was_one(void)
{
    struct sim *sim = sim_new(1);
    struct probe *a = probe_new(sim, "a"), *b = probe_new(sim, "b");
    struct link_config config = link_defaults();
    struct tally tally;
    struct frame *frame;

    sim_add_link(sim, a->iface, b->iface, &config);
    tally_watch(&tally, sim);
    sim_start(sim);
    frame = probe_frame(a->node, &MAC_BROADCAST, &MAC_ZERO, 100, 0);
    frame->ether = frame->data; /* as after a reception */
    frame_pull(frame, 14);
    frame->network = frame->data;
    node_drop(a->node, NULL, frame, DROP_NO_ROUTE);
    OK(tally.last.at_ether);
    EQ(tally.last.frame_at[0], 0xff);
    frame = frame_new(a->node, 50);
    memset(frame->data, 0x45, 50);
    frame->network = frame->data;
    frame_pull(frame, 20);
    node_drop(a->node, NULL, frame, DROP_NO_ROUTE);
    OK(!tally.last.at_ether);
    EQ(tally.last.frame_at[0], 0x45);
    EQ(node_drops(a->node, DROP_NO_ROUTE), 2);
    sim_free(sim);
}

UNIT_MAIN("sim", TEST(one_moment_runs_control_then_arrivals_then_timers_then_programs),
          TEST(events_are_counted_as_they_happen), TEST(cancelled_event_does_not_happen),
          TEST(clock_goes_to_the_end_of_the_run_and_no_further),
          TEST(budget_that_is_just_enough_is_enough),
          TEST(same_seed_same_run_and_another_seed_another),
          TEST(more_nodes_do_not_change_what_the_others_draw),
          TEST(record_ids_do_not_depend_on_who_looks),
          TEST(frames_need_no_more_memory_however_many_there_are),
          TEST(two_runs_in_one_process_do_not_notice_each_other),
          TEST(drop_shows_the_ethernet_header_where_there_was_one))
