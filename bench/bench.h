/*
 * Benchmark workloads on the product's own engine, stack and devices, with the options, draws and
 * JSON keys of the programs that other simulators are measured with, so that their rows stand in
 * one table.
 */
#ifndef WW_BENCH_BENCH_H
#define WW_BENCH_BENCH_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/host.h"
#include "sim/ranks.h"
#include "sim/sim.h"
#include "stack/socket/syscall.h"

enum bench_kind {
    BENCH_NUMBER,
    BENCH_SECONDS, /* *value is in microseconds; on the command line `0.005` or `5ms` */
    BENCH_SWITCH,  /* 0 or 1 */
    BENCH_CHOICE   /* the place of one of `choices`: "static|global" */
};

/* An option of a workload, `--NAME VALUE`. */
struct bench_option {
    const char *name;
    uint64_t *value;
    const char *about;
    enum bench_kind kind;
    const char *choices;
};

struct bench_workload {
    const char *name;  /* on the command line: "w1_line" */
    const char *title; /* in the JSON: "w1-line-udp" */
    const char *about;
    /* Options with their defaults in place; ends with a NULL name. */
    struct bench_option *(*options)(void);
    /* Runs it and prints one JSON line on stdout. */
    void (*run)(void);
    bool alone; /* it has no network that ranks could share */
};

/** bench_workloads() - all of them; ends with a NULL name. */
const struct bench_workload *bench_workloads(void);

/* ---- for the workloads ---- */

/* The draws of the peers' draw.h: splitmix64. */
uint64_t bench_draw(uint64_t *state);
uint32_t bench_draw_below(uint64_t *state, uint32_t n);

/* What other simulators can leave out, or count. */
struct bench_stack {
    uint64_t qdisc, checksum, count;
};

#define BENCH_STACK_DEFAULTS ((struct bench_stack){ .count = 1 })
#define BENCH_STACK_OPTIONS(stack)                                                                 \
    { "qdisc", &(stack).qdisc, "as 0: an interface has one queue, that of its transmitter",        \
      BENCH_SWITCH, NULL },                                                                        \
        { "checksum", &(stack).checksum, "1: compute those of TCP and UDP too, of every frame",    \
          BENCH_SWITCH, NULL },                                                                    \
    {                                                                                              \
        "count", &(stack).count, "0: say that there were no hops", BENCH_SWITCH, NULL              \
    }

/* What the bulk flows are to be like. */
struct bench_tcp {
    uint64_t cc;     /* place in BENCH_CC */
    uint64_t queue;  /* frames at each transmitter */
    uint64_t buffer; /* octets of both socket buffers; 0: as Linux tunes them */
    uint64_t minrto_ms;
};

#define BENCH_CC           "TcpNewReno|TcpLinuxReno|reno|TcpCubic|cubic"
#define BENCH_CC_CUBIC     3 /* from this place on */
#define BENCH_TCP_DEFAULTS ((struct bench_tcp){ .queue = 100, .buffer = 1 << 20, .minrto_ms = 200 })
#define BENCH_TCP_OPTIONS(tcp)                                                                     \
    { "cc", &(tcp).cc, "congestion control", BENCH_CHOICE, BENCH_CC },                             \
        { "queue", &(tcp).queue, "frames waiting at each transmitter", BENCH_NUMBER, NULL },       \
        { "buffer", &(tcp).buffer, "octets of a socket's buffers; 0: as Linux tunes them",         \
          BENCH_NUMBER, NULL },                                                                    \
    {                                                                                              \
        "minrto-ms", &(tcp).minrto_ms, "the smallest retransmission timeout", BENCH_NUMBER, NULL   \
    }

/** bench_choice() - the word at place @n of @choices. Free with g_free(). */
char *bench_choice(const char *choices, uint64_t n);

/* Members of a JSON object, joined. */
void bench_add_number(GString *fields, const char *name, uint64_t value);
void bench_add_real(GString *fields, const char *name, double value);
void bench_add_text(GString *fields, const char *name, const char *value);
void bench_add_tcp(GString *fields, const struct bench_tcp *tcp);
void bench_add_stack(GString *fields, const struct bench_stack *stack);

struct bench_run {
    double started, setup, wall, cpu;
    long rss_setup;
    const struct bench_stack *stack; /* NULL: there is no network */
    struct sim *sim;                 /* that bench_go() ran */
    struct observer looks;           /* at every frame, so that checksums are computed */
};

/** bench_use_threads() - of every simulation that bench_go() runs from now on. bench_use_ranks() -
 * to share them with; each builds the whole network, and carries out its part. */
void bench_use_threads(uint64_t n_threads);
void bench_use_ranks(struct ranks *ranks);
/** bench_sum() - what was counted at all ranks. */
void bench_sum(uint64_t *count);
void bench_begin(struct bench_run *run, const struct bench_stack *stack);
/** bench_sim() - a simulation for bench_go(). */
struct sim *bench_sim(uint64_t seed);
/** bench_elapsed() - seconds of wall time since bench_begin(). bench_rss_kib() - the most memory
 * this process has had so far. */
double bench_elapsed(const struct bench_run *run);
long bench_rss_kib(void);
/** bench_go() - set-up is over: run @sim until nothing is left, or @until. */
void bench_go(struct bench_run *run, struct sim *sim, sim_time until);
/** bench_go_with() - the same for what is no simulation: @work is timed. */
void bench_go_with(struct bench_run *run, void (*work)(void *ctx), void *ctx);
/** bench_print() - the JSON line of what bench_go() ran; @params and @extra are members without
 * braces. bench_print_with() - the same with other counts. */
void bench_print(const struct bench_run *run, const char *title, const GString *params,
                 double sim_seconds, const GString *extra);
void bench_print_with(const struct bench_run *run, const char *title, const GString *params,
                      double sim_seconds, uint64_t events, uint64_t hops, const GString *extra);

/** bench_host() - a host or router with @n ports eth0, eth1 ... */
struct node *bench_host(struct sim *sim, const char *name, bool router, unsigned n);
void bench_address(struct node *node, unsigned port, ip4_addr addr, unsigned prefix_len);
void bench_route(struct node *node, ip4_addr prefix, unsigned prefix_len, ip4_addr via);
/** bench_routes() - via any of @n, which are as good. */
void bench_routes(struct node *node, ip4_addr prefix, unsigned prefix_len, const ip4_addr *vias,
                  unsigned n);

/* A constant-rate UDP sender and a sink, as programs. */
struct bench_cbr {
    uint64_t packets;
    size_t bytes;
    sim_time start, interval;
    struct endpoint to;
};

/** bench_send_cbr() - sends what @cbr says. bench_sink() - counts datagrams on port @port into
 * *@delivered. */
void bench_send_cbr(struct node *node, const struct bench_cbr *cbr);
void bench_sink(struct node *node, uint16_t port, uint64_t *delivered);

/* A TCP flow that sends without end, and its receiver, which counts octets into *@received. */
struct bench_bulk {
    struct endpoint to;
    sim_time start;
    const struct bench_tcp *tcp;
};

/** bench_send_bulk() - @bulk is borrowed. bench_receive_bulk() - and @tcp too. */
void bench_send_bulk(struct node *node, const struct bench_bulk *bulk);
void bench_receive_bulk(struct node *node, const struct bench_tcp *tcp, uint16_t port,
                        uint64_t *received);

/* One UDP request of 64 octets, to be answered with 63. */
struct bench_ask {
    struct endpoint to;
    sim_time start;
};

/** bench_ask() - @ask is borrowed; *@replies counts answers. bench_answer() - answers requests. */
void bench_ask(struct node *node, const struct bench_ask *ask, uint64_t *replies);
void bench_answer(struct node *node, uint16_t port);

extern const struct bench_workload bench_w1_line, bench_w2_star, bench_w3_dumbbell,
    bench_w4_fattree, bench_w5_build, bench_w6_hold;

#endif
