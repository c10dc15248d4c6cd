#include "bench/bench.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/engine_ranks.h"
#include "sim/engine_threads.h"
#include "stack/socket/netctl.h"

static double seconds(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* VmHWM: what this process has had at most, not what its parent had when it forked. */
long bench_rss_kib(void)
{
    g_autofree char *status = NULL;
    const char *at;

    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL) ||
        (at = strstr(status, "VmHWM:")) == NULL)
        return 0;
    return strtol(at + strlen("VmHWM:"), NULL, 10);
}

uint64_t bench_draw(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t bench_draw_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(((bench_draw(state) >> 32) * n) >> 32);
}

char *bench_choice(const char *choices, uint64_t n)
{
    g_auto(GStrv) words = g_strsplit(choices, "|", -1);

    return g_strdup(words[n]);
}

static void add_name(GString *fields, const char *name)
{
    g_string_append_printf(fields, "%s\"%s\": ", fields->len > 0 ? ", " : "", name);
}

void bench_add_number(GString *fields, const char *name, uint64_t value)
{
    add_name(fields, name);
    g_string_append_printf(fields, "%" G_GUINT64_FORMAT, value);
}

void bench_add_real(GString *fields, const char *name, double value)
{
    add_name(fields, name);
    g_string_append_printf(fields, "%.9g", value);
}

void bench_add_text(GString *fields, const char *name, const char *value)
{
    add_name(fields, name);
    g_string_append_printf(fields, "\"%s\"", value);
}

void bench_add_tcp(GString *fields, const struct bench_tcp *tcp)
{
    g_autofree char *cc = bench_choice(BENCH_CC, tcp->cc);

    bench_add_text(fields, "cc", cc);
    bench_add_number(fields, "queue", tcp->queue);
    bench_add_number(fields, "buffer", tcp->buffer);
    bench_add_number(fields, "minrto_ms", tcp->minrto_ms);
}

static void add_switch(GString *fields, const char *name, uint64_t value)
{
    add_name(fields, name);
    g_string_append(fields, value != 0 ? "true" : "false");
}

void bench_add_stack(GString *fields, const struct bench_stack *stack)
{
    add_switch(fields, "qdisc", stack->qdisc);
    add_switch(fields, "checksum", stack->checksum);
    add_switch(fields, "count", stack->count);
}

void bench_begin(struct bench_run *run, const struct bench_stack *stack)
{
    *run = (struct bench_run){ .started = seconds(CLOCK_MONOTONIC), .stack = stack };
}

double bench_elapsed(const struct bench_run *run)
{
    return seconds(CLOCK_MONOTONIC) - run->started;
}

void bench_go_with(struct bench_run *run, void (*work)(void *ctx), void *ctx)
{
    double wall, cpu;

    run->setup = seconds(CLOCK_MONOTONIC) - run->started;
    run->rss_setup = bench_rss_kib();
    wall = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    work(ctx);
    run->wall = seconds(CLOCK_MONOTONIC) - wall;
    run->cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
}

struct until {
    struct sim *sim;
    sim_time until;
};

static void run_sim(void *ctx)
{
    struct until *until = ctx;

    sim_run(until->sim, until->until, UINT64_MAX);
}

static uint64_t threads = 1; /* of this process's one workload */
static struct ranks *ranks;  /* likewise; NULL: it is carried out here */

void bench_use_threads(uint64_t n_threads)
{
    threads = n_threads;
}

void bench_use_ranks(struct ranks *shared_with)
{
    ranks = shared_with;
}

void bench_sum(uint64_t *count)
{
    g_autofree uint64_t *all = NULL;
    uint64_t sum = 0;

    if (ranks == NULL)
        return;
    all = g_new0(uint64_t, ranks->n);
    ranks->ops->exchange(ranks, count, sizeof *count, all);
    for (uint32_t i = 0; i < ranks->n; i++)
        sum += all[i];
    *count = sum;
}

/* Nothing: that somebody looks makes checksums computed. */
static void look(struct observer *observer, const struct record *record)
{
    (void)observer;
    (void)record;
}

struct sim *bench_sim(uint64_t seed)
{
    struct sim *sim = sim_new(seed);

    if (threads > 1)
        sim_scatter(sim);
    return sim;
}

void bench_go(struct bench_run *run, struct sim *sim, sim_time until)
{
    run->sim = sim;
    if (run->stack->checksum) {
        run->looks =
            (struct observer){ .wants = RECORD_BIT(RECORD_SEND), .by_node = true, .record = look };
        sim_observe(sim, &run->looks);
    }
    if (ranks != NULL)
        engine_ranks_use(sim, ranks, NULL);
    else if (threads > 1)
        engine_threads_use(sim, threads);
    bench_go_with(run, run_sim, &(struct until){ sim, until });
}

void bench_print_with(const struct bench_run *run, const char *title, const GString *params,
                      double sim_seconds, uint64_t events, uint64_t hops, const GString *extra)
{
    printf("{\"sim\": \"wirewalk\", \"workload\": \"%s\", \"params\": {%s}, \"sim_s\": %.6f, "
           "\"wall_s\": %.6f, "
           "\"cpu_s\": %.6f, \"setup_s\": %.6f, \"events\": %" G_GUINT64_FORMAT
           ", \"hops\": %" G_GUINT64_FORMAT ", "
           "\"rss_setup_kib\": %ld, \"rss_kib\": %ld, \"hops_per_s\": %.0f, \"events_per_s\": "
           "%.0f%s%s}\n",
           title, params->str, sim_seconds, run->wall, run->cpu, run->setup, events, hops,
           run->rss_setup, bench_rss_kib(), (double)hops / run->wall, (double)events / run->wall,
           extra->len > 0 ? ", " : "", extra->str);
}

void bench_print(const struct bench_run *run, const char *title, const GString *params,
                 double sim_seconds, const GString *extra)
{
    bench_print_with(run, title, params, sim_seconds, sim_events(run->sim),
                     run->stack->count ? sim_hops(run->sim) : 0, extra);
}

struct node *bench_host(struct sim *sim, const char *name, bool router, unsigned n)
{
    g_autofree struct host_port *ports = g_new0(struct host_port, n);
    g_auto(GStrv) names = g_new0(char *, n + 1);

    for (unsigned i = 0; i < n; i++) {
        names[i] = g_strdup_printf("eth%u", i);
        ports[i] = (struct host_port){
            names[i],
            mac_from_u64(UINT64_C(0x020000000000) | (uint64_t)(sim->n_nodes + 1) << 8 | (i + 1)), 0
        };
    }
    return host_new(sim, name,
                    &(struct host_config){ .router = router, .ports = ports, .n_ports = n });
}

void bench_address(struct node *node, unsigned port, ip4_addr addr, unsigned prefix_len)
{
    ip_addr_add(ip_iface_of(&host_os(node)->ip, node->ifaces[port]), addr, prefix_len);
}

void bench_route(struct node *node, ip4_addr prefix, unsigned prefix_len, ip4_addr via)
{
    bench_routes(node, prefix, prefix_len, &via, 1);
}

void bench_routes(struct node *node, ip4_addr prefix, unsigned prefix_len, const ip4_addr *vias,
                  unsigned n)
{
    g_autofree struct netctl_hop *hops = g_new0(struct netctl_hop, n);

    for (unsigned i = 0; i < n; i++)
        hops[i] = (struct netctl_hop){ .via = vias[i], .weight = 1 };
    netctl_route_add(host_os(node),
                     &(struct netctl_route){ .prefix = prefix,
                                             .prefix_len = (uint8_t)prefix_len,
                                             .kind = ROUTE_UNICAST,
                                             .hops = hops,
                                             .n_hops = n },
                     NETCTL_ADD);
}

/* ---- programs ---- */

static const uint8_t payload[65536]; /* what is sent; nobody reads it */

struct cbr_state {
    struct coroutine co;
    int fd;
    uint64_t sent;
    sim_time next; /* when the next one is due */
    struct bench_cbr cbr;
};

static enum co_status cbr_main(struct process *self, void *state)
{
    struct cbr_state *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    s->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_connect(self, s->fd, s->cbr.to);
    s->next = s->cbr.start;
    for (s->sent = 0; s->sent < s->cbr.packets; s->sent++, s->next += s->cbr.interval) {
        CO_CALL(&s->co, n, sys_sleep_until(self, s->next));
        CO_CALL(&s->co, n, sys_send(self, s->fd, payload, s->cbr.bytes, SOCK_MSG_STABLE));
    }
    CO_END(&s->co);
}

static const struct program cbr_program = { "cbr", sizeof(struct cbr_state), cbr_main, NULL, NULL };

/* Several hosts count into one number, and they may run on several threads: what that takes is not
 * to be measured where they do not. */
static void count(uint64_t *sum, uint64_t n)
{
    if (threads > 1)
        __atomic_fetch_add(sum, n, __ATOMIC_RELAXED);
    else
        *sum += n;
}

struct sink_state {
    struct coroutine co;
    uint64_t *delivered;
    uint16_t port;
    int fd;
};

static enum co_status sink_main(struct process *self, void *state)
{
    struct sink_state *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    s->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_bind(self, s->fd, (struct endpoint){ 0, s->port });
    for (;;) {
        CO_CALL(&s->co, n, sys_recv(self, s->fd, NULL, 65536, 0));
        count(s->delivered, 1);
    }
    CO_END(&s->co);
}

static const struct program sink_program = { "sink", sizeof(struct sink_state), sink_main, NULL,
                                             NULL };

static struct process *start(struct node *node, const struct program *program)
{
    return process_start(host_os(node), program, 1, &program->name, NULL,
                         &(struct process_io){ NULL, NULL });
}

void bench_send_cbr(struct node *node, const struct bench_cbr *cbr)
{
    struct cbr_state *state = start(node, &cbr_program)->state;

    state->cbr = *cbr;
}

void bench_sink(struct node *node, uint16_t port, uint64_t *delivered)
{
    struct sink_state *state = start(node, &sink_program)->state;

    state->port = port;
    state->delivered = delivered;
}

struct bulk_state {
    struct coroutine co;
    const struct bench_bulk *bulk;
    int fd;
};

/* As SO_SNDBUFFORCE and SO_RCVBUFFORCE of a program of root: whatever the host's limits are. */
static void set_buffers(struct process *self, int fd, const struct bench_tcp *tcp)
{
    if (tcp->buffer == 0)
        return;
    sys_setsockopt(self, fd, OPT_SO_SNDBUFFORCE, (int)tcp->buffer);
    sys_setsockopt(self, fd, OPT_SO_RCVBUFFORCE, (int)tcp->buffer);
}

static enum co_status bulk_main(struct process *self, void *state)
{
    struct bulk_state *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    CO_CALL(&s->co, n, sys_sleep_until(self, s->bulk->start));
    s->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    sys_setsockopt(self, s->fd, OPT_TCP_CONGESTION,
                   s->bulk->tcp->cc < BENCH_CC_CUBIC ? TCP_CC_RENO : TCP_CC_CUBIC);
    set_buffers(self, s->fd, s->bulk->tcp);
    CO_CALL(&s->co, n, sys_connect(self, s->fd, s->bulk->to));
    do
        CO_CALL(&s->co, n, sys_send(self, s->fd, payload, sizeof payload, SOCK_MSG_STABLE));
    while (n > 0);
    CO_END(&s->co);
}

static const struct program bulk_program = { "bulk", sizeof(struct bulk_state), bulk_main, NULL,
                                             NULL };

struct receiver_state {
    struct coroutine co;
    const struct bench_tcp *tcp;
    uint64_t *received;
    uint16_t port;
    int listener, fd;
};

static enum co_status receiver_main(struct process *self, void *state)
{
    struct receiver_state *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    s->listener = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    set_buffers(self, s->listener, s->tcp);
    sys_bind(self, s->listener, (struct endpoint){ 0, s->port });
    sys_listen(self, s->listener, 16);
    CO_CALL(&s->co, s->fd, sys_accept(self, s->listener, NULL));
    for (;;) {
        CO_CALL(&s->co, n, sys_recv(self, s->fd, NULL, 1 << 20, 0));
        if (n <= 0)
            break;
        count(s->received, (uint64_t)n);
    }
    CO_END(&s->co);
}

static const struct program receiver_program = { "receiver", sizeof(struct receiver_state),
                                                 receiver_main, NULL, NULL };

static void set_timeout(struct node *node, const struct bench_tcp *tcp)
{
    uint64_t ms = MIN(tcp->minrto_ms, 120000);

    tcp_sysctl(host_os(node)->tcp)->rto_min_us = ms == 0 ? 1 : (uint32_t)ms * 1000;
}

void bench_send_bulk(struct node *node, const struct bench_bulk *bulk)
{
    struct bulk_state *state = start(node, &bulk_program)->state;

    set_timeout(node, bulk->tcp);
    state->bulk = bulk;
}

void bench_receive_bulk(struct node *node, const struct bench_tcp *tcp, uint16_t port,
                        uint64_t *received)
{
    struct receiver_state *state = start(node, &receiver_program)->state;

    set_timeout(node, tcp);
    state->tcp = tcp;
    state->port = port;
    state->received = received;
}

struct ask_state {
    struct coroutine co;
    const struct bench_ask *ask;
    uint64_t *replies;
    int fd;
};

static enum co_status ask_main(struct process *self, void *state)
{
    struct ask_state *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    CO_CALL(&s->co, n, sys_sleep_until(self, s->ask->start));
    s->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_connect(self, s->fd, s->ask->to);
    CO_CALL(&s->co, n, sys_send(self, s->fd, payload, 64, SOCK_MSG_STABLE));
    CO_CALL(&s->co, n, sys_recv(self, s->fd, NULL, 64, 0));
    count(s->replies, n == 63);
    CO_END(&s->co);
}

static const struct program ask_program = { "ask", sizeof(struct ask_state), ask_main, NULL, NULL };

struct answer_state {
    struct coroutine co;
    uint16_t port;
    struct sock_recv message;
    int fd;
};

static enum co_status answer_main(struct process *self, void *state)
{
    struct answer_state *s = state;
    int64_t n;

    CO_BEGIN(&s->co);
    s->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    sys_bind(self, s->fd, (struct endpoint){ .port = s->port });
    for (;;) {
        s->message = (struct sock_recv){ .size = 64 };
        CO_CALL(&s->co, n, sys_recvmsg(self, s->fd, &s->message));
        CO_CALL(&s->co, n, sys_sendto(self, s->fd, payload, 63, SOCK_MSG_STABLE, s->message.from));
    }
    CO_END(&s->co);
}

static const struct program answer_program = { "answer", sizeof(struct answer_state), answer_main,
                                               NULL, NULL };

void bench_ask(struct node *node, const struct bench_ask *ask, uint64_t *replies)
{
    struct ask_state *state = start(node, &ask_program)->state;

    state->ask = ask;
    state->replies = replies;
}

void bench_answer(struct node *node, uint16_t port)
{
    struct answer_state *state = start(node, &answer_program)->state;

    state->port = port;
}

const struct bench_workload *bench_workloads(void)
{
    static struct bench_workload all[7];

    all[0] = bench_w1_line;
    all[1] = bench_w2_star;
    all[2] = bench_w3_dumbbell;
    all[3] = bench_w4_fattree;
    all[4] = bench_w5_build;
    all[5] = bench_w6_hold;
    return all;
}
