#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/tcp_inside.h"
#include "tests/support/tcp_rig.h"

/*
 * A property over random seeds: whatever the cable does (loss, duplicates, disorder, damage), in
 * whatever pieces the programs write and read, however small the windows and whoever closes first,
 * the octets arrive complete, in order, once, and both ends reach CLOSED.
 *
 * And another: the short cuts that code takes for what is expected change nothing. Both ends played
 * without them send the same octets at the same moments, and all their variables are the same.
 *
 * TCP_SEEDS=N plays that many seeds, TCP_SEED=N that one alone.
 */

#define SEEDS_DEFAULT 500
#define TWICE_DEFAULT 150            /* seeds that are played the long way, too */
#define WELL_DEFAULT  40             /* those in which much arrives */
#define LOOK_EVERY    8              /* looks of the programs between two at all variables */
#define STEP          SIM_MSEC(5)    /* how often the programs look at their sockets */
#define STEP_WELL     SIM_USEC(100)  /* where it goes well */
#define LIMIT         SIM_SEC(20000) /* a link that loses a third of everything is slow */

enum { PIECE_MAX = 20000 };

/* One direction of the conversation. */
struct flow {
    struct sock *from, *to;
    size_t total, sent, received;
    size_t write_most, read_most;     /* largest piece of a call */
    unsigned write_pause, read_pause; /* of this many steps, programs use one */
    bool wrong, shut, eof;
    uint64_t random;
};

/* Everything that can be seen of a run. */
struct trail {
    struct observer observer;
    struct describe describe;
    bool wanted, long_way;
    bool goes_well;     /* only the cable's queue loses something, and much is sent one way */
    uint64_t frames;    /* what was sent and when */
    uint64_t variables; /* all that tcp_describe() told so far, and what it does not tell */
    unsigned looks;
};

struct pair_run {
    uint64_t random;
    struct trail *trail;
    struct tcp_pair pair;
    struct sock *listener, *client, *server;
    struct flow there, back;
    bool error;
};

static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state = random_mix(*state + 1);
    return *state % below;
}

/* Mostly zero, else up to @most. */
static uint32_t draw_fault(uint64_t *state, uint32_t most)
{
    return draw(state, 4) == 0 ? 0 : (uint32_t)draw(state, most + 1);
}

static uint8_t octet_at(size_t at)
{
    return (uint8_t)(at * 131 + (at >> 8) * 7 + (at >> 16));
}

static void flow_init(struct flow *flow, uint64_t *random)
{
    static const size_t pieces[] = { 1, 7, 100, 1448, 5000, PIECE_MAX };
    static const size_t totals[] = { 0, 1, 1448, 30000, 60000, 300000 };

    flow->total = (size_t)draw(random, totals[draw(random, 6)] + 1);
    flow->write_most = pieces[draw(random, 6)];
    flow->read_most = pieces[draw(random, 6)];
    flow->write_pause = draw(random, 3) == 0 ? 1 + (unsigned)draw(random, 50) : 1;
    flow->read_pause = draw(random, 3) == 0 ? 1 + (unsigned)draw(random, 300) : 1;
    flow->random = draw(random, UINT64_MAX);
    if (flow->write_most < 100 || flow->read_most < 100) /* as many calls, less to say */
        flow->total %= 3000;
}

static bool would_block(int64_t result)
{
    return result == -SIM_EAGAIN;
}

static void write_some(struct pair_run *run, struct flow *flow)
{
    uint8_t octets[PIECE_MAX];

    if (draw(&flow->random, flow->write_pause) != 0)
        return;
    while (flow->sent < flow->total) {
        size_t n = 1 + (size_t)draw(&flow->random, flow->write_most);
        int64_t done;

        n = n > flow->total - flow->sent ? flow->total - flow->sent : n;
        for (size_t i = 0; i < n; i++)
            octets[i] = octet_at(flow->sent + i);
        done = flow->from->ops->send(flow->from, &(struct sock_send){ .octets = octets, .len = n });
        if (done < 0) {
            run->error = run->error || !would_block(done);
            return;
        }
        flow->sent += (size_t)done;
        if (flow->write_pause > 1)
            return;
    }
    if (!flow->shut)
        flow->from->ops->shutdown(flow->from, SOCK_SHUT_WR);
    flow->shut = true;
}

static void read_some(struct pair_run *run, struct flow *flow)
{
    uint8_t octets[PIECE_MAX];

    if (draw(&flow->random, flow->read_pause) != 0)
        return;
    while (!flow->eof) {
        struct sock_recv message = { .octets = octets,
                                     .size = 1 + (size_t)draw(&flow->random, flow->read_most) };
        int64_t n = flow->to->ops->recv(flow->to, &message);

        if (n < 0) {
            run->error = run->error || !would_block(n);
            return;
        }
        for (int64_t i = 0; i < n; i++)
            flow->wrong = flow->wrong || octets[i] != octet_at(flow->received + (size_t)i);
        flow->received += (size_t)n;
        flow->eof = n == 0;
        if (flow->read_pause > 1)
            return;
    }
}

/* Settings of one end, drawn from the seed: the two need not agree. */
static void vary(struct tcp_host *host, uint64_t *random)
{
    struct tcp_sysctl *sysctl = tcp_sysctl(host->tcp);

    sysctl->sack = draw(random, 4) != 0;
    sysctl->dsack = draw(random, 4) != 0;
    sysctl->timestamps = draw(random, 4) != 0;
    sysctl->window_scaling = draw(random, 4) != 0;
    sysctl->congestion_control = draw(random, 2) != 0 ? TCP_CC_RENO : TCP_CC_CUBIC;
    sysctl->ecn = (uint8_t)draw(random, 3);
    sysctl->early_retrans = draw(random, 4) == 0 ? 0 : 3;
    sysctl->frto = draw(random, 4) == 0 ? 0 : 2;
    sysctl->initial_cwnd = 1 + (uint8_t)draw(random, 20);
    if (draw(random, 3) == 0)
        sysctl->rmem[1] = 2304 + (uint32_t)draw(random, 20000);
    if (draw(random, 3) == 0)
        sysctl->wmem[1] = 4608 + (uint32_t)draw(random, 20000);
    /* Nobody gives up while the link is bad, and nobody takes its being slow for the end of the
       peer. */
    sysctl->orphan_retries = sysctl->retries2 = sysctl->syn_retries = sysctl->synack_retries = 120;
    sysctl->fin_timeout = 10000;
}

static struct link_config draw_link(uint64_t *random)
{
    static const uint64_t rates[] = { 1000000, 10000000, 100000000, 1000000000 };
    static const sim_time delays[] = { SIM_USEC(5), SIM_MSEC(1), SIM_MSEC(20), SIM_MSEC(150) };

    return (struct link_config){ .rate = rates[draw(random, 4)],
                                 .delay = delays[draw(random, 4)],
                                 .queue = 5 + (uint32_t)draw(random, 200),
                                 .loss = draw_fault(random, 300000),
                                 .duplicate = draw_fault(random, 300000),
                                 .reorder = draw_fault(random, 300000),
                                 .corrupt = draw_fault(random, 100000) };
}

static void count_row(struct describe *out, const char *table, const char *key, const char *line)
{
    (void)out;
    (void)table;
    (void)key;
    fprintf(stderr, "still there: %s\n", line);
    OK(false);
}

/* CLOSED is where nothing is left of a connection. */
static void expect_closed(struct tcp_host *host)
{
    struct describe out = { .row = count_row };

    tcp_describe(host->tcp, &out);
}

static void fold_octets(uint64_t *into, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        *into = (*into ^ octets[i]) * UINT64_C(0x100000001b3);
}

static void fold_frame(struct observer *observer, const struct record *record)
{
    struct trail *trail = CONTAINER_OF(observer, struct trail, observer);
    const struct frame *frame = record->frame;

    trail->frames = random_mix(trail->frames ^ (uint64_t)record->at);
    fold_octets(&trail->frames, record->frame_at,
                (size_t)(frame->data + frame->len - record->frame_at));
    fold_octets(&trail->frames, frame->payload.octets, frame->payload.len);
}

static void fold_text(struct trail *trail, const char *text)
{
    fold_octets(&trail->variables, (const uint8_t *)text, strlen(text));
}

static void fold_row(struct describe *out, const char *table, const char *key, const char *line)
{
    (void)table;
    (void)key;
    fold_text(CONTAINER_OF(out, struct trail, describe), line);
}

static void fold_number(struct describe *out, const char *name, int64_t value)
{
    struct trail *trail = CONTAINER_OF(out, struct trail, describe);

    (void)name;
    trail->variables = random_mix(trail->variables ^ (uint64_t)value);
}

static void fold_value(struct describe *out, const char *name, const char *value)
{
    (void)name;
    fold_text(CONTAINER_OF(out, struct trail, describe), value);
}

static void look(struct pair_run *run)
{
    struct trail *trail = run->trail;

    if (!trail->wanted || trail->looks++ % LOOK_EVERY != 0)
        return;
    trail->describe =
        (struct describe){ .row = fold_row, .number = fold_number, .text = fold_value };
    tcp_describe(run->pair.a.tcp, &trail->describe);
    tcp_describe(run->pair.b.tcp, &trail->describe);
    trail->variables = tcp_inside(run->client, trail->variables);
    if (run->server != NULL)
        trail->variables = tcp_inside(run->server, trail->variables);
}

static void start(struct pair_run *run, uint64_t seed, struct trail *trail)
{
    struct link_config config;

    *run = (struct pair_run){ .random = random_mix(seed), .trail = trail };
    config = draw_link(&run->random);
    if (trail->goes_well)
        config.loss = config.duplicate = config.reorder = config.corrupt = 0;
    pair_init(&run->pair, seed, &config);
    vary(&run->pair.a, &run->random);
    vary(&run->pair.b, &run->random);
    tcp_sysctl(run->pair.a.tcp)->long_way = tcp_sysctl(run->pair.b.tcp)->long_way = trail->long_way;
    if (trail->wanted) {
        trail->observer =
            (struct observer){ .wants = RECORD_BIT(RECORD_SEND), .record = fold_frame };
        sim_observe(run->pair.sim, &trail->observer);
    }
    flow_init(&run->there, &run->random);
    flow_init(&run->back, &run->random);
    if (trail->goes_well) {
        run->there.total = 1000000 + (size_t)draw(&run->random, 4000000);
        run->there.write_most = run->there.read_most = PIECE_MAX;
        run->there.write_pause = run->there.read_pause = run->back.read_pause = 1;
        run->back.total %= 2000;
    }
    run->listener = tcp_socket(run->pair.b.tcp);
    EQ(run->listener->ops->bind(run->listener, (struct endpoint){ 0, 80 }), 0);
    EQ(run->listener->ops->listen(run->listener, 5), 0);
    run->client = tcp_socket(run->pair.a.tcp);
    EQ(run->client->ops->connect(run->client, (struct endpoint){ RIG_PEER, 80 }), -SIM_EINPROGRESS);
    run->there.from = run->back.to = run->client;
}

static void accept_server(struct pair_run *run)
{
    int error;

    run->server = run->listener->ops->accept(run->listener, &error);
    run->there.to = run->back.from = run->server;
}

/* Nothing changes before the next event, unless a program pauses. */
static sim_time until_next_look(const struct pair_run *run)
{
    sim_time next = sim_next(run->pair.sim), now = sim_now(run->pair.sim),
             step = run->trail->goes_well ? STEP_WELL : STEP;
    bool pausing = run->there.write_pause > 1 || run->there.read_pause > 1 ||
                   run->back.write_pause > 1 || run->back.read_pause > 1;

    return pausing || next == SIM_TIME_NONE || next - now < step ? step : next - now;
}

static void converse(struct pair_run *run)
{
    while (sim_now(run->pair.sim) < LIMIT && !run->error && !(run->there.eof && run->back.eof)) {
        pair_run(&run->pair, until_next_look(run));
        look(run);
        if (run->server == NULL)
            accept_server(run);
        if (run->client->ops->poll(run->client) & SOCK_POLLOUT)
            write_some(run, &run->there);
        if (run->server == NULL)
            continue;
        if (!run->trail->goes_well || run->there.eof) /* the end of it would close a direction */
            write_some(run, &run->back);
        read_some(run, &run->there);
        read_some(run, &run->back);
    }
}

static bool play(uint64_t seed, struct trail *trail)
{
    struct pair_run run;
    bool good;

    start(&run, seed, trail);
    converse(&run);
    good = !run.error && run.there.eof && run.back.eof && !run.there.wrong && !run.back.wrong &&
           run.there.received == run.there.total && run.back.received == run.back.total;
    if (!good)
        fprintf(stderr, "seed %llu: error %d, there %zu of %zu%s%s, back %zu of %zu%s%s\n",
                (unsigned long long)seed, run.error, run.there.received, run.there.total,
                run.there.wrong ? " wrong" : "", run.there.eof ? " eof" : "", run.back.received,
                run.back.total, run.back.wrong ? " wrong" : "", run.back.eof ? " eof" : "");
    run.client->ops->close(run.client);
    if (run.server != NULL)
        run.server->ops->close(run.server);
    run.listener->ops->close(run.listener);
    pair_run(&run.pair, SIM_SEC(30000)); /* the last FIN's repeats and TIME-WAIT are over */
    expect_closed(&run.pair.a);
    expect_closed(&run.pair.b);
    EQ(run.pair.sim->parts[0]->frames_alive, 0);
    pair_fini(&run.pair);
    return good;
}

static void for_each_seed(uint64_t n_default, bool (*each)(uint64_t seed))
{
    const char *count = getenv("TCP_SEEDS"), *one = getenv("TCP_SEED");
    uint64_t first = one != NULL ? strtoull(one, NULL, 10) : 1;
    uint64_t last = one != NULL ? first : count != NULL ? strtoull(count, NULL, 10) : n_default;

    for (uint64_t seed = first; seed <= last; seed++)
        OK(each(seed));
}

static bool arrives(uint64_t seed)
{
    struct trail trail = { .wanted = false };

    return play(seed, &trail);
}

static void whatever_the_cable_does_the_octets_arrive_complete_in_order_once(void)
{
    for_each_seed(SEEDS_DEFAULT, arrives);
}

static bool same(uint64_t seed, bool goes_well)
{
    struct trail shorter = { .wanted = true, .goes_well = goes_well }, longer = shorter;
    bool equal;

    longer.long_way = true;
    play(seed, &shorter);
    play(seed, &longer);
    equal = shorter.variables == longer.variables && shorter.looks == longer.looks &&
            shorter.frames == longer.frames;
    if (!equal)
        fprintf(stderr, "seed %llu: not the same the long way: %s\n", (unsigned long long)seed,
                shorter.frames == longer.frames ? "variables" : "frames");
    return equal;
}

static bool same_both_ways(uint64_t seed)
{
    return same(seed, false);
}

static void the_short_cuts_change_no_octet_no_moment_and_no_variable(void)
{
    for_each_seed(TWICE_DEFAULT, same_both_ways);
}

static bool same_where_it_goes_well(uint64_t seed)
{
    return same(seed, true);
}

/* Where little is lost most segments take the short cuts. */
static void where_all_goes_well_they_change_nothing_either(void)
{
    for_each_seed(WELL_DEFAULT, same_where_it_goes_well);
}

/* A block that grows, of which the older part is walked again only the long way; and one whose hole
 * is filled between two marked parts. */
static void buffers_are_joined_when_segments_are_marked_not_whenever_they_are_told_of(void)
{
    OK(same_both_ways(181));
    OK(same_both_ways(1005));
}

UNIT_MAIN("tcp: under faults",
          TEST(whatever_the_cable_does_the_octets_arrive_complete_in_order_once),
          TEST(the_short_cuts_change_no_octet_no_moment_and_no_variable),
          TEST(where_all_goes_well_they_change_nothing_either),
          TEST(buffers_are_joined_when_segments_are_marked_not_whenever_they_are_told_of))
