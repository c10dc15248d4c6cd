#include "tests/support/unit.h"

#include <math.h>
#include "tests/support/bulk.h"
#include "tests/support/tcp_rig.h"

/* A bulk flow between two real ends: how fast it is, and how CUBIC's window grows. */

#define PORT 80
#define STEP SIM_MSEC(1) /* how often the programs look at their sockets */

struct bulk_run {
    struct tcp_pair pair;
    struct sock *listener;
    struct bulk flow;
};

static void open_flow(struct bulk_run *run)
{
    run->listener = tcp_socket(run->pair.b.tcp);
    EQ(run->listener->ops->bind(run->listener, (struct endpoint){ 0, PORT }), 0);
    EQ(run->listener->ops->listen(run->listener, 5), 0);
    run->flow.from = tcp_socket(run->pair.a.tcp);
    EQ(run->flow.from->ops->connect(run->flow.from, (struct endpoint){ RIG_PEER, PORT }),
       -SIM_EINPROGRESS);
}

static void start(struct bulk_run *run, const struct link_config *config)
{
    *run = (struct bulk_run){ .flow = { .received = 0 } };
    pair_init(&run->pair, 7, config);
    open_flow(run);
}

static void run_for(struct bulk_run *run, sim_time time)
{
    int error;

    for (sim_time end = sim_now(run->pair.sim) + time; sim_now(run->pair.sim) < end;) {
        pair_run(&run->pair, STEP);
        if (run->flow.to == NULL)
            run->flow.to = run->listener->ops->accept(run->listener, &error);
        bulk_move(&run->flow);
    }
}

static void finish(struct bulk_run *run)
{
    run->flow.from->ops->close(run->flow.from);
    run->flow.to->ops->close(run->flow.to);
    run->listener->ops->close(run->listener);
    pair_run(&run->pair, SIM_SEC(2000));
    EQ(run->pair.sim->parts[0]->frames_alive, 0);
    pair_fini(&run->pair);
}

static void one_flow_fills_a_link(void)
{
    struct link_config config = { .rate = 100000000, .delay = SIM_MSEC(10), .queue = 1000 };
    struct bulk_run run;
    uint64_t before;

    start(&run, &config);
    run_for(&run, SIM_SEC(2)); /* slow start is over */
    before = run.flow.received;
    run_for(&run, SIM_SEC(20));
    OK((run.flow.received - before) * 100 > bulk_full_link(config.rate, 20) * 95);
    finish(&run);
}

/* The segments that leave next fit what the socket has been bound to, though its path's MTU was
   known. */
static void who_is_bound_to_another_device_looks_at_its_mtu(void)
{
    struct link_config config = { .rate = 100000000, .delay = SIM_MSEC(1), .queue = 100 };
    struct bulk_run run = { .flow = { .received = 0 } };
    struct ip_iface *eth1;
    int mss;

    pair_init_twice(&run.pair, 7, &config);
    eth1 = ip_iface_find(&run.pair.a.ip, "eth1");
    ip_iface_set_mtu(eth1, 1000);
    open_flow(&run);
    run_for(&run, SIM_MSEC(100));
    EQ(run.flow.from->ops->get_option(run.flow.from, OPT_TCP_MAXSEG, &mss), 0);
    EQ(mss, 1448);
    EQ(run.flow.from->ops->set_option(run.flow.from, OPT_SO_BINDTODEVICE, (int)eth1->index), 0);
    run_for(&run, SIM_MSEC(100));
    EQ(run.flow.from->ops->get_option(run.flow.from, OPT_TCP_MAXSEG, &mss), 0);
    EQ(mss, 948);
    finish(&run);
}

/* Half a second of writes with @flags: *@used octets of memory in all. Returns what was read. */
static uint64_t half_a_second(unsigned flags, size_t *used)
{
    struct link_config config = { .rate = 100000000, .delay = SIM_MSEC(10), .queue = 1000 };
    struct bulk_run run;

    start(&run, &config);
    run.flow.flags = flags;
    run_for(&run, SIM_MSEC(500));
    *used = run.pair.sim->parts[0]->arena.used;
    finish(&run);
    return run.flow.received;
}

/* Where one write ends within a segment and the next begins elsewhere, that segment is copied: it
   needs room for one. */
static void octets_that_stay_cost_no_buffers_of_64_kib(void)
{
    size_t used, used_stable;
    uint64_t received = half_a_second(0, &used);

    EQ(half_a_second(SOCK_MSG_STABLE, &used_stable), received);
    OK(used_stable < used / 7); /* with one such buffer it would be a sixth */
}

static bool is_data_to_peer(void *ctx, struct frame *frame)
{
    (void)ctx;
    return frame_size(frame) > 500;
}

static struct tcp_info_view sender(const struct bulk_run *run)
{
    struct tcp_info_view info;

    tcp_get_info(run->flow.from, &info);
    return info;
}

/* RFC 9438, section 4.2: W(t) = C (t - K)^3 + W_max with C = 0.4 and W_max the window at the loss,
 * from 0.7 W_max on; t runs an RTT ahead, because the window aimed at is the next round's. */
static void cubic_window_follows_the_curve_of_rfc_9438(void)
{
    static const uint32_t nth[] = { 3000 };
    struct link_rule rule = {
        .kind = LINK_FAULT_DROP, .match = is_data_to_peer, .nth = nth, .n_nth = 1
    };
    struct link_config config = { .rate = 1000000000, .delay = SIM_MSEC(50), .queue = 100000 };
    const double rtt = 0.1, c = 0.4;
    struct bulk_run run;
    double w_max, k, off, worst = 0;
    sim_time epoch;

    start(&run, &config);
    tcp_sysctl(run.pair.a.tcp)->wmem[2] = tcp_sysctl(run.pair.b.tcp)->rmem[2] = 100000000;
    link_add_rule(run.pair.link, &rule);
    while (sender(&run).ca_state == 0) /* until the loss is noticed */
        run_for(&run, STEP);
    while (sender(&run).ca_state != 0) /* and mended */
        run_for(&run, STEP);
    w_max = sender(&run).snd_ssthresh / 0.7;
    epoch = sim_now(run.pair.sim);
    k = cbrt(w_max * 0.3 / c);
    OK(fabs(sender(&run).snd_cwnd - 0.7 * w_max) < 0.02 * w_max);
    while (sim_now(run.pair.sim) - epoch < (sim_time)(2 * k * SIM_SEC(1))) {
        double t = (double)(sim_now(run.pair.sim) - epoch) / SIM_SEC(1) + rtt;

        run_for(&run, SIM_MSEC(100));
        off = fabs(sender(&run).snd_cwnd - (c * pow(t - k, 3) + w_max)) / w_max;
        worst = off > worst ? off : worst;
    }
    OK(worst < 0.03);
    OK(sender(&run).snd_cwnd > 1.2 * w_max); /* it grew well beyond the plateau */
    finish(&run);
}

UNIT_MAIN("tcp: a bulk flow", TEST(one_flow_fills_a_link),
          TEST(who_is_bound_to_another_device_looks_at_its_mtu),
          TEST(octets_that_stay_cost_no_buffers_of_64_kib),
          TEST(cubic_window_follows_the_curve_of_rfc_9438))
