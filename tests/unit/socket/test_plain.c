/* Calls and datagrams that nothing is special about go a shorter way. Programs that do what chance
 * says do the same when somebody looks, and everything goes the long way. */
#include "base/random.h"
#include "stack/socket/syscall.h"
#include "tests/support/two_hosts.h"
#include "tests/support/unit.h"

#define N_WALKERS  4 /* two on each host */
#define N_PROGRAMS 8 /* and two pairs that talk through streams, each reader on the other host */
#define N_CALLS    6000
#define N_SOCKETS  2 /* of a program */

struct call { /* that has returned */
    sim_time at;
    int64_t result;
    uint64_t seen; /* of what it has filled in */
};

struct walker {
    struct coroutine co;
    unsigned number;
    struct random_stream random;
    int fds[N_SOCKETS];
    unsigned op, which;
    uint64_t arg;
    struct call *calls, *end;
    struct sock_recv message;
    uint8_t octets[64];
};

struct world {
    struct two_hosts hosts;
    struct observer looks;
    struct ip_raw_tap taps[2];
    uint64_t n_seen, seen; /* records but calls */
    struct call calls[N_PROGRAMS][N_CALLS];
    uint64_t records[2], events[2], drops[2], delivered[2];
};

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return random_mix(sum ^ value);
}

/* ---- a program ---- */

static void open_again(struct process *self, struct walker *w)
{
    static const uint16_t ports[] = { 7, 7, 7, 8 };
    struct endpoint peer = { IP4(10, 0, 0, 1) + (w->number < 2), ports[w->arg % 4] };
    struct endpoint own = { w->arg & 8 ? IP4(10, 0, 0, 1) + (w->number >= 2) : 0,
                            ports[w->arg >> 4 & 3] };
    int fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);

    w->fds[w->which] = fd;
    sys_setsockopt(self, fd, w->arg & 64 ? OPT_SO_REUSEADDR : OPT_SO_REUSEPORT, 1);
    if ((w->arg & 3) != 0)
        sys_bind(self, fd, own);
    if ((w->arg & 3) != 1)
        sys_connect(self, fd, peer);
}

static void set_something(struct process *self, struct walker *w, int fd)
{
    static const struct {
        enum sock_option option;
        int value, usual;
    } settings[] = {
        { OPT_IP_TTL, 9, -1 },        { OPT_IP_TOS, 0x20, 0 },    { OPT_IP_MTU_DISCOVER, 0, 1 },
        { OPT_SO_RCVBUF, 1, 100000 }, { OPT_SO_RCVLOWAT, 30, 1 }, { OPT_SO_BINDTODEVICE, 2, 0 },
        { OPT_IP_RECVERR, 1, 0 },     { OPT_SO_BROADCAST, 1, 0 },
    };
    unsigned i = (unsigned)(w->arg % 8);

    sys_setsockopt(self, fd, settings[i].option,
                   w->arg & 0x300 ? settings[i].usual : settings[i].value);
    if ((w->arg & 0xf000) == 0)
        sys_set_nonblock(self, fd, true);
    if ((w->arg & 0xf000) == 0x1000)
        sys_set_nonblock(self, fd, false);
    if ((w->arg & 0xf000) == 0x2000)
        sys_set_timeouts(self, fd, SIM_USEC(300), 0);
    if ((w->arg & 0xf000) == 0x3000)
        sys_set_timeouts(self, fd, 0, 0);
}

/* One that does not wait. */
static int64_t simple_call(struct process *self, struct walker *w, int fd)
{
    static const uint8_t stable[64] = "what nobody writes to any more";
    struct endpoint to = { IP4(10, 0, 0, 1) + (w->number < 2), (uint16_t)(7 + (w->arg % 8 == 0)) };

    switch (w->op) {
    case 0:
        sys_close(self, fd);
        open_again(self, w);
        return 0;
    case 1:
        set_something(self, w, fd);
        return 0;
    case 2:
        return sys_sendto(self, fd, w->octets, w->arg % 40, 0, to);
    case 3:
        return w->arg % 16 == 0 ? sys_shutdown(self, fd, (enum sock_shutdown)(w->arg >> 4 & 1))
                                : sys_connect(self, fd, to);
    case 4:
        return sys_disconnect(self, fd);
    case 5:
        return sys_recv(self, fd, w->octets, 20,
                        SOCK_MSG_DONTWAIT | (w->arg & 1 ? SOCK_MSG_PEEK : 0));
    case 6:
        if (w->arg % 3 == 0) /* mostly as long as the one before */
            return sys_send(self, fd, stable, w->arg >> 8 & 3 ? 40 : w->arg >> 10 & 63,
                            SOCK_MSG_STABLE);
        return sys_send(self, fd, w->octets, w->arg >> 8 & 3 ? 40 : w->arg >> 10 & 63,
                        w->arg % 5 == 0 ? SOCK_MSG_MORE : 0);
    default:
        return -1;
    }
}

static uint64_t look_at(const struct sock_recv *message)
{
    uint64_t sum =
        mix(message->full_len, message->ifindex << 16 | (unsigned)message->ttl << 8 | message->tos);

    sum = mix(sum, (uint64_t)message->from.addr << 16 | message->from.port);
    return mix(mix(sum, message->to.addr), (uint64_t)message->at);
}

static void choose(struct walker *w)
{
    static const uint8_t ops[] = { 0, 1, 1, 2, 2, 2, 3, 4, 5, 5, 6, 6, 6, 6, 6, 6, 6,
                                   6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 8, 9, 9, 9, 9, 9 };

    w->op = ops[random_below(&w->random, sizeof ops)];
    w->which = (unsigned)random_below(&w->random, N_SOCKETS);
    w->arg = random_u64(&w->random) >> 8;
}

static void keep(struct process *self, struct walker *w, int64_t result, uint64_t seen)
{
    uint64_t sum = seen;

    for (size_t i = 0; i < sizeof w->octets; i++)
        sum = mix(sum, w->octets[i]);
    *w->calls++ = (struct call){ process_now(self), result, sum };
    memset(w->octets, (int)(w->calls - w->end), sizeof w->octets);
}

static enum co_status walker_main(struct process *self, void *state)
{
    struct walker *w = state;
    int64_t n;

    CO_BEGIN(&w->co);
    for (w->which = 0; w->which < N_SOCKETS; w->which++) {
        w->arg = random_u64(&w->random);
        open_again(self, w);
    }
    while (w->calls < w->end) {
        choose(w);
        if (w->op < 7) {
            keep(self, w, simple_call(self, w, w->fds[w->which]), 0);
        } else if (w->op == 7) {
            CO_CALL(&w->co, n,
                    sys_recv(self, w->fds[w->which], w->arg & 1 ? w->octets : NULL,
                             w->arg >> 1 & 63, 0));
            keep(self, w, n, 0);
        } else if (w->op == 8) {
            w->message = (struct sock_recv){ .octets = w->octets, .size = 50 };
            CO_CALL(&w->co, n, sys_recvmsg(self, w->fds[w->which], &w->message));
            keep(self, w, n, n < 0 ? 0 : look_at(&w->message));
        } else {
            CO_CALL(&w->co, n, sys_sleep(self, SIM_USEC(w->arg % 100)));
            keep(self, w, n, 0);
        }
    }
    CO_END(&w->co);
}

/* ---- streams ---- */

static void set_of_stream(struct process *self, struct walker *w, int fd)
{
    static const struct {
        enum sock_option option;
        int value, usual;
    } settings[] = {
        { OPT_SO_RCVLOWAT, 30, 1 },
        { OPT_SO_OOBINLINE, 1, 0 },
        { OPT_SO_RCVBUF, 1, 100000 },
        { OPT_SO_TIMESTAMP, 1, 0 },
    };
    unsigned i = (unsigned)(w->arg % 4);

    sys_setsockopt(self, fd, settings[i].option,
                   w->arg & 0x300 ? settings[i].usual : settings[i].value);
    sys_set_nonblock(self, fd, (w->arg & 0xf000) == 0);
    sys_set_timeouts(self, fd, (w->arg & 0xf0000) == 0 ? SIM_USEC(300) : 0, 0);
}

static uint16_t port_of(const struct walker *w)
{
    return (uint16_t)(1000 + w->number % 2);
}

static void listen_again(struct process *self, struct walker *w)
{
    w->fds[1] = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    sys_setsockopt(self, w->fds[1], OPT_SO_REUSEADDR, 1);
    sys_bind(self, w->fds[1], (struct endpoint){ .port = port_of(w) });
    sys_listen(self, w->fds[1], 4);
}

/* It may ask again after an error or the end. */
static bool stays(const struct walker *w, int64_t n)
{
    return n > 0 || n == -SIM_EAGAIN || n == -SIM_EINVAL ||
           (n != -SIM_EBADF && (w->arg & 0x6000) != 0);
}

static unsigned special_flag(uint64_t arg)
{
    static const unsigned flags[] = { SOCK_MSG_PEEK, SOCK_MSG_OOB, SOCK_MSG_WAITALL,
                                      SOCK_MSG_DONTWAIT };

    return flags[arg >> 6 & 3];
}

static enum co_status reader_main(struct process *self, void *state)
{
    struct walker *w = state;
    int64_t n;

    CO_BEGIN(&w->co);
    while (w->calls < w->end) {
        listen_again(self, w);
        w->which = 1;
        CO_CALL(&w->co, n, sys_accept(self, w->fds[1], NULL));
        keep(self, w, n, 0);
        sys_close(self, w->fds[1]);
        w->fds[0] = (int)n;
        w->which = 0;
        do {
            w->op = (unsigned)random_below(&w->random, 16);
            w->arg = random_u64(&w->random) >> 8;
            if (w->op < 2) {
                set_of_stream(self, w, w->fds[0]);
                n = 1;
            } else if (w->op < 4) {
                CO_CALL(&w->co, n, sys_sleep(self, SIM_USEC(w->arg % 200)));
                n = 1;
            } else if (w->op == 4) {
                CO_CALL(&w->co, n,
                        sys_recv(self, w->fds[0], w->octets, w->arg & 63, special_flag(w->arg)));
                keep(self, w, n, 0);
            } else if (w->op == 5) {
                w->message = (struct sock_recv){ .octets = w->octets, .size = 50 };
                CO_CALL(&w->co, n, sys_recvmsg(self, w->fds[0], &w->message));
                keep(self, w, n, n < 0 ? 0 : look_at(&w->message));
            } else {
                CO_CALL(&w->co, n,
                        sys_recv(self, w->fds[0], w->arg & 1 ? w->octets : NULL,
                                 w->arg & 1 ? w->arg >> 1 & 63 : w->arg >> 1 & 4095, 0));
                keep(self, w, n, 0);
            }
        } while (stays(w, n) && w->calls < w->end);
        sys_close(self, w->fds[0]);
    }
    CO_END(&w->co);
}

static enum co_status writer_main(struct process *self, void *state)
{
    static const uint8_t octets[6000] = "what is written";
    struct walker *w = state;
    int64_t n;

    CO_BEGIN(&w->co);
    w->which = 0;
    while (w->calls < w->end) {
        w->fds[0] = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
        CO_CALL(&w->co, n,
                sys_connect(self, w->fds[0],
                            (struct endpoint){ .addr = IP4(10, 0, 0, 1) + (w->number < 6),
                                               .port = port_of(w) }));
        keep(self, w, n, 0);
        while (n >= 0 && w->calls < w->end) {
            w->arg = random_u64(&w->random) >> 8;
            if ((w->arg & 0xff0000) == 0)
                break;
            if ((w->arg & 3) == 0)
                CO_CALL(&w->co, n, sys_sleep(self, SIM_USEC(w->arg >> 2 & 255)));
            w->arg = random_u64(&w->random) >> 8;
            CO_CALL(&w->co, n,
                    sys_send(self, w->fds[0], octets,
                             w->arg & 64 ? w->arg >> 8 & 63 : (w->arg >> 8) % sizeof octets,
                             SOCK_MSG_NOSIGNAL | ((w->arg & 0xf) == 0 ? SOCK_MSG_OOB : 0)));
            keep(self, w, n, 0);
        }
        if ((w->arg & 0xf00) == 0)
            sys_setsockopt(self, w->fds[0], OPT_SO_LINGER, 0); /* a reset */
        sys_close(self, w->fds[0]);
        CO_CALL(&w->co, n, sys_sleep(self, SIM_USEC(50)));
    }
    CO_END(&w->co);
}

/* ---- a world ---- */

/* What it waits for may never come: then a signal takes it to the next call. */
static bool stream_signal(struct process *self, void *state, int number)
{
    struct walker *w = state;

    (void)number;
    sys_close(self, w->fds[w->which]); /* -EBADF */
    return true;
}

static bool walker_signal(struct process *self, void *state, int number)
{
    struct walker *w = state;

    (void)number;
    if (w->op == 7 || w->op == 8)
        sys_close(self, w->fds[w->which]); /* -EBADF */
    return true;
}

static void record(struct observer *observer, const struct record *record)
{
    struct world *world = CONTAINER_OF(observer, struct world, looks);

    if (record->kind == RECORD_CALL)
        return;
    world->n_seen++;
    world->seen = mix(mix(world->seen, record->id), record->cause);
    world->seen = mix(mix(world->seen, (uint64_t)record->at), record->why.code);
    for (unsigned i = 0; i < WHY_ARGS_MAX; i++)
        world->seen = mix(world->seen, record->why.args[i]);
    for (size_t i = 0; record->frame != NULL && i < record->frame->len; i++)
        world->seen = mix(world->seen, record->frame->data[i]);
}

static bool tap_seen(struct ip_raw_tap *tap, struct frame *frame, const struct ip_rx *rx)
{
    (void)tap;
    (void)frame;
    (void)rx;
    return false;
}

static void begin(struct world *world, uint32_t wants, bool tapped)
{
    static const struct program program = { "walker", sizeof(struct walker), walker_main,
                                            walker_signal, NULL };
    static const struct program reader = { "reader", sizeof(struct walker), reader_main,
                                           stream_signal, NULL };
    static const struct program writer = { "writer", sizeof(struct walker), writer_main,
                                           stream_signal, NULL };
    const char *const argv[] = { "walker" };

    two_hosts_begin(&world->hosts, 3);
    world->looks = (struct observer){ .wants = wants, .record = record };
    if (wants != 0)
        sim_observe(world->hosts.sim, &world->looks);
    for (unsigned i = 0; i < N_PROGRAMS; i++) {
        struct os *os = i % 4 < 2 ? world->hosts.a : world->hosts.b;
        const struct program *is = i < N_WALKERS ? &program : i % 2 == i / 6 ? &reader : &writer;
        struct walker *w =
            process_start(os, is, 1, argv, NULL, &(struct process_io){ NULL, NULL })->state;

        w->number = i;
        w->calls = world->calls[i];
        w->end = world->calls[i] + N_CALLS;
        random_stream_init(&w->random, 7 + i, "walker", "calls");
    }
    for (unsigned i = 0; i < 2; i++) {
        struct ip_stack *ip = i == 0 ? &world->hosts.a->ip : &world->hosts.b->ip;

        world->taps[i] = (struct ip_raw_tap){ .protocol = 200, .seen = tap_seen };
        if (tapped)
            ip_raw_tap_add(ip, &world->taps[i]);
    }
}

static void live(struct world *world)
{
    struct os *oses[2] = { world->hosts.a, world->hosts.b };

    for (unsigned turn = 0; turn < 20000; turn++) {
        unsigned n = 0;

        OK(sim_run(world->hosts.sim, sim_now(world->hosts.sim) + SIM_MSEC(5), 1000000));
        for (unsigned i = 0; i < 2; i++)
            for (struct list *at = oses[i]->processes.next; at != &oses[i]->processes;) {
                struct process *process = CONTAINER_OF(at, struct process, link);

                at = at->next;
                process_signal(process, SIM_SIGUSR1);
                n++;
            }
        if (n == 0)
            break;
    }
    for (unsigned i = 0; i < 2; i++) {
        world->records[i] = oses[i]->node->last_record;
        world->events[i] = oses[i]->node->event_counter;
        world->drops[i] = node_drops(oses[i]->node, DROP_SOCKET_FULL);
        world->delivered[i] = oses[i]->ip.stats.delivered;
    }
}

static void same(const struct world *a, const struct world *b)
{
    for (unsigned i = 0; i < N_PROGRAMS; i++)
        for (unsigned k = 0; k < N_CALLS; k++) {
            const struct call *x = &a->calls[i][k], *y = &b->calls[i][k];

            if (x->at != y->at || x->result != y->result || x->seen != y->seen) {
                EQ(i * 10000 + k, 0);
                return;
            }
        }
    for (unsigned i = 0; i < 2; i++) {
        EQ(a->records[i], b->records[i]);
        EQ(a->events[i], b->events[i]);
        EQ(a->drops[i], b->drops[i]);
        EQ(a->delivered[i], b->delivered[i]);
    }
}

static void calls_and_datagrams_are_the_same_when_somebody_looks(void)
{
    const uint32_t but_calls = RECORD_ALL & ~RECORD_BIT(RECORD_CALL);
    static const bool tapped[] = { false, true, false, true };
    const uint32_t wants[] = { 0, RECORD_BIT(RECORD_CALL), but_calls, RECORD_ALL };
    struct world *worlds = mem_zalloc(4 * sizeof *worlds);

    for (unsigned i = 0; i < 4; i++) {
        begin(&worlds[i], wants[i], tapped[i]);
        live(&worlds[i]);
        if (i > 0)
            same(&worlds[0], &worlds[i]);
    }
    for (unsigned i = 0; i < N_PROGRAMS; i++)
        OK(worlds[0].calls[i][N_CALLS - 1].at != 0);
    OK(worlds[0].delivered[0] > 300);
    OK(worlds[2].n_seen > 1000);
    EQ(worlds[2].n_seen, worlds[3].n_seen);
    EQ(worlds[2].seen, worlds[3].seen);
    for (unsigned i = 0; i < 4; i++) {
        if (tapped[i])
            for (unsigned k = 0; k < 2; k++)
                ip_raw_tap_remove(&worlds[i].taps[k]);
        two_hosts_end(&worlds[i].hosts);
    }
    free(worlds);
}

UNIT_MAIN("plain calls", TEST(calls_and_datagrams_are_the_same_when_somebody_looks))
