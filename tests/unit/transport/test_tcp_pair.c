#include "tests/support/unit.h"

#include <stdlib.h>

#include "tests/support/tcp_rig.h"

/* Two real ends: whatever the link does, the octets arrive complete, in order, once, and both ends
 * close. */

struct flow {
    struct sock *from, *to;
    size_t total, sent, received;
    bool mismatch, eof, closed;
    uint64_t random;
};

static uint8_t octet_at(size_t at)
{
    return (uint8_t)(at * 131 + (at >> 8) * 7 + (at >> 16));
}

static size_t chunk(struct flow *flow, size_t most)
{
    flow->random = random_mix(flow->random + 1);
    return 1 + flow->random % most;
}

static void write_some(struct flow *flow)
{
    uint8_t octets[20000];

    while (flow->sent < flow->total) {
        size_t n = chunk(flow, sizeof octets);
        int64_t done;

        if (n > flow->total - flow->sent)
            n = flow->total - flow->sent;
        for (size_t i = 0; i < n; i++)
            octets[i] = octet_at(flow->sent + i);
        done = flow->from->ops->send(flow->from, &(struct sock_send){ .octets = octets, .len = n });
        if (done < 0)
            return;
        flow->sent += (size_t)done;
    }
    if (!flow->closed) {
        flow->closed = true;
        flow->from->ops->shutdown(flow->from, SOCK_SHUT_WR);
    }
}

static void read_some(struct flow *flow)
{
    uint8_t octets[20000];

    while (!flow->eof) {
        struct sock_recv message = { .octets = octets, .size = chunk(flow, sizeof octets) };
        int64_t n = flow->to->ops->recv(flow->to, &message);

        if (n < 0)
            return;
        for (int64_t i = 0; i < n; i++)
            flow->mismatch = flow->mismatch || octets[i] != octet_at(flow->received + (size_t)i);
        flow->received += (size_t)n;
        flow->eof = n == 0;
    }
}

struct outcome {
    bool complete, ordered, closed;
    sim_time took;
};

/* Settings of one end, drawn from the seed: the two need not agree. */
static void vary(struct tcp_host *host, uint64_t draw)
{
    struct tcp_sysctl *sysctl = tcp_sysctl(host->tcp);

    sysctl->sack = (draw & 3) != 0;
    sysctl->timestamps = (draw >> 2 & 3) != 0;
    sysctl->window_scaling = (draw >> 4 & 3) != 0;
    sysctl->congestion_control = (draw >> 6 & 1) != 0 ? TCP_CC_RENO : TCP_CC_CUBIC;
    sysctl->ecn = (uint8_t)(draw >> 7 & 1);
    sysctl->early_retrans = (draw >> 8 & 3) == 0 ? 0 : 3;
    sysctl->frto = (draw >> 10 & 3) == 0 ? 0 : 2;
    if ((draw >> 12 & 3) == 0)
        sysctl->rmem[1] = 8192;
    sysctl->orphan_retries = 50; /* nobody gives up while the link is bad */
}

static struct outcome transfer(uint64_t seed, const struct link_config *config, size_t total,
                               sim_time limit)
{
    struct tcp_pair pair;
    struct flow there = { .total = total, .random = seed },
                back = { .total = total / 3, .random = seed ^ 99 };
    struct sock *listener, *client, *server = NULL;
    struct outcome outcome = { false, true, false, 0 };
    int error;

    pair_init(&pair, seed, config);
    if (config->loss != 0) {
        vary(&pair.a, random_mix(seed + 4000));
        vary(&pair.b, random_mix(seed + 5000));
    }
    listener = tcp_socket(pair.b.tcp);
    EQ(listener->ops->bind(listener, (struct endpoint){ 0, 80 }), 0);
    EQ(listener->ops->listen(listener, 5), 0);
    client = tcp_socket(pair.a.tcp);
    EQ(client->ops->connect(client, (struct endpoint){ RIG_PEER, 80 }), -SIM_EINPROGRESS);
    while (sim_now(pair.sim) < limit) {
        pair_run(&pair, SIM_MSEC(1));
        if (server == NULL) {
            server = listener->ops->accept(listener, &error);
            if (server == NULL)
                continue;
            there.from = back.to = client;
            there.to = back.from = server;
        }
        write_some(&there);
        write_some(&back);
        read_some(&there);
        read_some(&back);
        if (there.eof && back.eof) {
            if (outcome.took == 0)
                outcome.took = sim_now(pair.sim);
            outcome.closed = true;
            break;
        }
    }
    outcome.complete = there.received == there.total && back.received == back.total;
    outcome.ordered = !there.mismatch && !back.mismatch;
    client->ops->close(client);
    if (server != NULL)
        server->ops->close(server);
    listener->ops->close(listener);
    pair_run(&pair, SIM_SEC(2000)); /* TIME-WAIT too is over */
    outcome.closed = outcome.closed && pair.sim->parts[0]->frames_alive == 0;
    pair_fini(&pair);
    return outcome;
}

static void check(uint64_t seed, const struct link_config *config, size_t total, sim_time limit)
{
    struct outcome outcome = transfer(seed, config, total, limit);

    if (!outcome.complete || !outcome.ordered || !outcome.closed)
        fprintf(stderr, "seed %llu: complete %d ordered %d closed %d\n", (unsigned long long)seed,
                outcome.complete, outcome.ordered, outcome.closed);
    OK(outcome.complete);
    OK(outcome.ordered);
    OK(outcome.closed);
}

static void a_clean_link_carries_everything(void)
{
    struct link_config config = { .rate = 100000000, .delay = SIM_MSEC(1), .queue = 1000 };

    check(1, &config, 1000000, SIM_SEC(60));
    check(2, &config, 0, SIM_SEC(60));
    check(3, &config, 1, SIM_SEC(60));
}

/* More of them with TCP_SEEDS=N. */
static uint64_t n_seeds(void)
{
    const char *text = getenv("TCP_SEEDS");

    return text != NULL ? strtoull(text, NULL, 10) : 60;
}

static void faults_of_every_kind_are_survived(void)
{
    for (uint64_t seed = 1; seed <= n_seeds(); seed++) {
        struct link_config config = { .rate = 10000000, .delay = SIM_MSEC(2), .queue = 100 };

        config.loss = (uint32_t)(random_mix(seed) % 200000);
        config.duplicate = (uint32_t)(random_mix(seed + 1000) % 100000);
        config.reorder = (uint32_t)(random_mix(seed + 2000) % 200000);
        config.corrupt = (uint32_t)(random_mix(seed + 3000) % 50000);
        check(seed, &config, 60000, SIM_SEC(3000));
    }
}

static void one_flow_fills_a_link(void)
{
    struct link_config config = { .rate = 100000000, .delay = SIM_MSEC(10), .queue = 1000 };
    size_t total = 60000000;
    struct outcome outcome = transfer(7, &config, total, SIM_SEC(30));
    double rate = (double)total * 8 / ((double)outcome.took / 1e12);

    OK(outcome.complete);
    fprintf(stderr, "%.1f Mbit/s ", rate / 1e6);
    OK(rate > 0.85 * 100e6);
}

UNIT_MAIN("tcp: two ends", TEST(a_clean_link_carries_everything),
          TEST(faults_of_every_kind_are_survived), TEST(one_flow_fills_a_link))
