/*
 * The threaded engine: conservative, without barriers between windows of time.
 *
 * Each partition has a clock: the time before which nothing more happens in it, that it has
 * published. It may carry out events before its horizon: the least of its neighbors' clocks, each
 * with the look-ahead of the cables from there. Between two acts of the scenario the partitions run
 * so by themselves (a stretch); for the acts they stand still. When all wait for each other and
 * nothing is on its way, time jumps to the next event of all. docs/parallel.md has the argument.
 */
#include "sim/engine_threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "base/memory.h"
#include "sim/channel.h"
#include "sim/cut.h"
#include "sim/engine.h"
#include "sim/record_log.h"

#define SPINS_BEFORE_YIELD 400  /* looks at the neighbors' clocks; when there is a core for each */
#define LOOKS_BEFORE_IDLE  6    /* that brought no event, before a thread says that it is idle */
#define SPINS_BEFORE_SLEEP 2000 /* between stretches */
#define RESERVE            (UINT64_C(1) << 18) /* events of a budget that are run one by one */
#define STRETCH_MIN        UINT64_C(50000)     /* events; shorter slices are not worth the stop */
#define STRETCH_MAX        UINT64_C(200000)    /* likewise; then it is judged whether it pays */
#define LOG_MAX            (UINT64_C(4) << 20) /* octets of records, before they are told */
#define IN_ORDER_MAX       UINT64_C(20000)     /* events, likewise */
#define JUDGE_EVERY        UINT64_C(30000)     /* events and looks */
#define LOOKS_OF_IDLING    4                   /* that taking and leaving a lock costs */
#define WORTH              2 /* events a look, at least, that running apart needs to pay */
#define WORTH_CROWDED      4 /* likewise, where a look means giving up the core */
#define PAUSE_MIN          UINT64_C(500000) /* events one by one, after it did not pay */
#define PAUSE_MAX          UINT64_C(16000000)
#define PUBLISH_PARTS      2 /* of a look-ahead: how often a clock is shown to the others */

/* What a worker looks at of a neighbor. */
struct neighbor {
    struct channel *in, *out; /* with the clocks of both */
    sim_time look_ahead;      /* of what comes from there */
};

/* One thread's. */
struct worker {
    char apart[CACHE_LINE];
    struct threads *threads;
    struct part *part;
    uint32_t index;
    uint32_t n_neighbors;
    struct neighbor *neighbors;
    sim_time publish_every;
    sim_time clock;   /* nothing happens before it any more; as it was last shown */
    uint64_t looks;   /* at the neighbors' clocks: what running apart costs */
    uint64_t quota;   /* events it may still carry out in this stretch */
    uint64_t log_end; /* octets_written at which its log is full */
    /* Under threads->lock. */
    bool idle, done;
    sim_time next; /* when idle or done: its next event */
    pthread_t thread;
    char apart_at_last[CACHE_LINE];
};

/* Whether running apart pays. Nothing of it reaches the network. */
struct pace {
    uint64_t events, looks; /* of stretches since the last judgement */
    uint64_t in_order;      /* events that are still to be carried out one by one */
    uint64_t next_pause;    /* how many of them next time */
};

struct threads {
    struct engine engine;
    struct split *split;
    struct worker **workers;
    uint32_t n;
    bool crowded; /* more threads than cores */
    struct pace pace;
    sim_time end; /* of the stretch: events before it are carried out */
    pthread_mutex_t lock;
    uint32_t n_idle; /* done ones included */
    char apart[CACHE_LINE];
    _Atomic sim_time floor; /* no event is left before it, anywhere */
    _Atomic unsigned jumps;
    _Atomic bool stop; /* the stretch, before its end */
    char apart_too[CACHE_LINE];
    /* Between stretches. */
    pthread_cond_t begin;
    _Atomic unsigned stretch;
    _Atomic uint32_t n_running;
    bool ending;
};

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* ---- a partition's way through a stretch ---- */

static void show_clock(struct worker *worker, sim_time clock)
{
    worker->clock = clock;
    for (uint32_t i = 0; i < worker->n_neighbors; i++)
        channel_show_clock(worker->neighbors[i].out, clock);
}

/* What begins on a cut cable before the clock has gone over by then; behind the stretch's end an
 * act may keep it from beginning. */
static void publish(struct worker *worker, sim_time clock)
{
    bool waiting = worker->part->cuts_waiting != NULL;

    if (waiting && clock > worker->threads->end)
        clock = worker->threads->end;
    if (clock <= worker->clock)
        return;
    if (waiting)
        cut_flush(worker->part, clock);
    show_clock(worker, clock);
}

/* Nothing arrives before it. What was sent before the clocks were read can be received after. */
static sim_time horizon(const struct worker *worker)
{
    sim_time least = SIM_TIME_NONE;
    sim_time floor = atomic_load_explicit(&worker->threads->floor, memory_order_acquire);

    for (uint32_t i = 0; i < worker->n_neighbors; i++) {
        const struct neighbor *neighbor = &worker->neighbors[i];
        sim_time clock = channel_clock(neighbor->in), at;

        if (clock < floor)
            clock = floor;
        at = sim_time_later(clock, neighbor->look_ahead);
        if (at < least)
            least = at;
    }
    return least;
}

static void receive_all(const struct worker *worker)
{
    for (uint32_t i = 0; i < worker->n_neighbors; i++)
        cut_receive(worker->neighbors[i].in);
}

static bool anything_came(const struct worker *worker)
{
    for (uint32_t i = 0; i < worker->n_neighbors; i++)
        if (channel_n_left(worker->neighbors[i].in) > 0)
            return true;
    return false;
}

/* Carry out what is due before @horizon. Returns when the next event is due. */
static sim_time advance(struct worker *worker, sim_time horizon)
{
    struct part *part = worker->part;
    uint64_t most = part->n_events + worker->quota;
    sim_time show_at = sim_time_later(worker->clock, worker->publish_every), next;

    for (;;) {
        next = part_run(part, show_at < horizon ? show_at : horizon, most - part->n_events);
        if (next >= horizon || part->n_events >= most)
            break;
        publish(worker, next);
        show_at = next + worker->publish_every;
    }
    worker->quota = most - part->n_events;
    if (worker->quota == 0 || worker->looks >= JUDGE_EVERY ||
        (part->log != NULL && part->log->octets_written >= worker->log_end))
        atomic_store_explicit(&worker->threads->stop, true, memory_order_relaxed);
    return next;
}

/* Everything that was sent to those who have not finished the stretch has been received. */
static bool nothing_on_its_way(const struct threads *threads)
{
    for (uint32_t i = 0; i < threads->n; i++)
        if (!threads->workers[i]->done && anything_came(threads->workers[i]))
            return false;
    return true;
}

/* All wait, with the lock held: the next event of all is the next that can happen. */
static void jump_if_all_idle(struct threads *threads)
{
    sim_time next = SIM_TIME_NONE;

    if (threads->n_idle < threads->n || !nothing_on_its_way(threads))
        return;
    for (uint32_t i = 0; i < threads->n; i++) {
        struct worker *worker = threads->workers[i];

        if (worker->next < next)
            next = worker->next;
        if (!worker->done)
            worker->idle = false;
    }
    if (next > threads->end)
        next = threads->end;
    threads->n_idle = 0;
    for (uint32_t i = 0; i < threads->n; i++)
        threads->n_idle += threads->workers[i]->done;
    atomic_store_explicit(&threads->floor, next, memory_order_release);
    atomic_fetch_add_explicit(&threads->jumps, 1, memory_order_release);
}

static void enter_idle(struct worker *worker, sim_time next, bool done)
{
    struct threads *threads = worker->threads;

    pthread_mutex_lock(&threads->lock);
    worker->next = next;
    worker->idle = true;
    worker->done = done;
    threads->n_idle++;
    jump_if_all_idle(threads);
    pthread_mutex_unlock(&threads->lock);
}

static void leave_idle(struct worker *worker)
{
    struct threads *threads = worker->threads;

    pthread_mutex_lock(&threads->lock);
    if (worker->idle)
        threads->n_idle--;
    worker->idle = false;
    pthread_mutex_unlock(&threads->lock);
}

static bool stopped(const struct threads *threads)
{
    return atomic_load_explicit(&threads->stop, memory_order_relaxed);
}

static void wait_a_little(const struct threads *threads, unsigned *spins)
{
    relax();
    if (++*spins >= (threads->crowded ? 1 : SPINS_BEFORE_YIELD)) {
        sched_yield();
        *spins = 0;
    }
}

/* When something happens here, be it that a frame begins which only waits for that. */
static sim_time next_here(const struct worker *worker, sim_time next)
{
    sim_time begins = cut_first_waiting(worker->part);

    return begins < next ? begins : next;
}

/* Until something can be done: a frame came, the horizon passed the next event, time jumped. Who is
 * idle sends nothing: others count what is on its way. */
static void idle(struct worker *worker, sim_time next)
{
    struct threads *threads = worker->threads;
    unsigned jumps = atomic_load_explicit(&threads->jumps, memory_order_acquire), spins = 0;

    worker->looks += LOOKS_OF_IDLING;
    enter_idle(worker, next, false);
    while (!stopped(threads)) {
        sim_time reach = horizon(worker);

        if (anything_came(worker)) /* looked for after the clocks: sent before they were shown */
            break;
        publish(worker, next < reach ? next : reach);
        if (reach > next || reach >= threads->end ||
            atomic_load_explicit(&threads->jumps, memory_order_acquire) != jumps)
            break;
        wait_a_little(threads, &spins);
    }
    leave_idle(worker);
}

/* All events before the stretch's end, or until it is stopped. */
static void run_stretch(struct worker *worker)
{
    struct threads *threads = worker->threads;
    sim_time end = threads->end, next;
    unsigned looks = 0, spins = 0;

    while (!stopped(threads)) {
        sim_time reach = horizon(worker), bound = reach < end ? reach : end;
        uint64_t before = worker->part->n_events;

        worker->looks++;
        receive_all(worker);
        next = advance(worker, bound);
        publish(worker, next < reach ? next : reach);
        if (next >= end && reach >= end) {
            enter_idle(worker, next_here(worker, next), true);
            return;
        }
        if (worker->part->n_events != before) {
            looks = 0;
        } else if (++looks < LOOKS_BEFORE_IDLE) {
            wait_a_little(threads, &spins);
        } else {
            idle(worker, next_here(worker, next));
            looks = 0;
        }
    }
}

/* ---- between stretches ---- */

static bool wait_for_stretch(struct worker *worker, unsigned last)
{
    struct threads *threads = worker->threads;
    bool ending;

    for (unsigned i = 0; i < (threads->crowded ? 1 : SPINS_BEFORE_SLEEP); i++) {
        if (atomic_load_explicit(&threads->stretch, memory_order_acquire) != last)
            break;
        relax();
    }
    pthread_mutex_lock(&threads->lock);
    while (atomic_load_explicit(&threads->stretch, memory_order_acquire) == last)
        pthread_cond_wait(&threads->begin, &threads->lock);
    ending = threads->ending;
    pthread_mutex_unlock(&threads->lock);
    return !ending;
}

static void *work(void *ctx)
{
    struct worker *worker = ctx;
    struct threads *threads = worker->threads;

    for (unsigned last = 0; wait_for_stretch(worker, last); last++) {
        run_stretch(worker);
        atomic_fetch_sub_explicit(&threads->n_running, 1, memory_order_release);
    }
    return NULL;
}

static void begin_stretch(struct threads *threads)
{
    pthread_mutex_lock(&threads->lock);
    atomic_fetch_add_explicit(&threads->stretch, 1, memory_order_release);
    pthread_cond_broadcast(&threads->begin);
    pthread_mutex_unlock(&threads->lock);
}

/* The caller's thread runs the first partition, the others theirs. */
static void run_all(struct threads *threads)
{
    unsigned spins = 0;

    atomic_store_explicit(&threads->n_running, threads->n - 1, memory_order_relaxed);
    begin_stretch(threads);
    run_stretch(threads->workers[0]);
    while (atomic_load_explicit(&threads->n_running, memory_order_acquire) > 0)
        wait_a_little(threads, &spins);
}

static bool anyone_wants_order(const struct sim *sim)
{
    for (const struct observer *observer = sim->observers; observer != NULL;
         observer = observer->next)
        if (!observer->by_node && observer->wants != 0)
            return true;
    return false;
}

static void keep_logs(struct threads *threads, bool on)
{
    struct sim *sim = threads->engine.sim;

    on = on && anyone_wants_order(sim);
    for (uint32_t i = 0; i < threads->n; i++)
        sim->parts[i]->log = on ? sim->logs[i] : NULL;
}

/* The clock of the last: nothing more happens before it. */
static sim_time least_clock(const struct threads *threads)
{
    sim_time least = SIM_TIME_NONE;

    for (uint32_t i = 0; i < threads->n; i++)
        if (threads->workers[i]->clock < least)
            least = threads->workers[i]->clock;
    return least;
}

static void prepare(struct threads *threads, uint64_t most)
{
    threads->n_idle = 0;
    atomic_store_explicit(&threads->stop, false, memory_order_relaxed);
    for (uint32_t i = 0; i < threads->n; i++) {
        struct worker *worker = threads->workers[i];

        worker->part->flushes_cuts = true;
        worker->idle = worker->done = false;
        worker->looks = 0;
        worker->quota = most / threads->n + 1;
        worker->log_end = threads->engine.sim->logs[i]->octets_written + LOG_MAX;
    }
}

/* Few events between two looks at the neighbors' clocks: one thread is faster. It is tried again
 * after a pause, and after a longer one each time. */
static void judge(struct threads *threads, uint64_t events)
{
    struct pace *pace = &threads->pace;

    pace->events += events;
    for (uint32_t i = 0; i < threads->n; i++)
        pace->looks += threads->workers[i]->looks;
    if (pace->events + pace->looks < JUDGE_EVERY)
        return;
    if (pace->events < pace->looks * (threads->crowded ? WORTH_CROWDED : WORTH)) {
        pace->in_order = pace->next_pause;
        if (pace->next_pause < PAUSE_MAX)
            pace->next_pause *= 2;
    } else {
        pace->next_pause = PAUSE_MIN;
    }
    pace->events = pace->looks = 0;
}

/* Events before @end, in parallel, about @most of them. */
static void stretch(struct threads *threads, sim_time end, uint64_t most)
{
    struct sim *sim = threads->engine.sim;
    uint64_t before = sim_events(sim);

    threads->end = end;
    prepare(threads, most);
    keep_logs(threads, true);
    run_all(threads);
    for (uint32_t i = 0; i < threads->n; i++)
        cut_flush_ends(sim->parts[i]);
    keep_logs(threads, false);
    record_logs_tell(sim, stopped(threads) ? least_clock(threads) : end);
    judge(threads, sim_events(sim) - before);
}

/* ---- the run ---- */

/* The scenario has acted at @at: whoever had nothing to do may have now. */
static void set_clocks(struct threads *threads, sim_time at)
{
    atomic_store_explicit(&threads->floor, at, memory_order_relaxed);
    for (uint32_t i = 0; i < threads->n; i++)
        show_clock(threads->workers[i], at);
}

/* Whom a worker waits for, and for how long what it does matters to nobody. */
static void meet_neighbors(struct threads *threads, struct worker *worker)
{
    sim_time least = SIM_TIME_NONE;

    worker->n_neighbors = 0;
    for (uint32_t i = 0; i < threads->n; i++) {
        const struct split_lane *in = split_lane(threads->split, i, worker->index),
                                *out = split_lane(threads->split, worker->index, i);

        if (in->channel == NULL)
            continue;
        worker->neighbors[worker->n_neighbors++] =
            (struct neighbor){ in->channel, out->channel, in->look_ahead };
        if (out->look_ahead < least)
            least = out->look_ahead;
    }
    worker->publish_every = least / PUBLISH_PARTS + 1;
}

static void look_again(struct threads *threads)
{
    struct sim *sim = threads->engine.sim;

    if (!sim->cables_changed)
        return;
    sim->cables_changed = false;
    split_look(threads->split);
    for (uint32_t i = 0; i < threads->n; i++)
        meet_neighbors(threads, threads->workers[i]);
}

static void deliver_all(const struct threads *threads)
{
    for (uint32_t i = 0; i < threads->n; i++)
        split_deliver(threads->split, i);
}

static sim_time next_of_all(const struct threads *threads)
{
    sim_time next = SIM_TIME_NONE;

    for (uint32_t i = 0; i < threads->n; i++) {
        sim_time one = part_next_at(threads->engine.sim->parts[i]);

        if (one < next)
            next = one;
    }
    return next;
}

/* One event after another, before @end: what is left of a budget, or cables without delay. */
static void run_in_order(struct threads *threads, sim_time end, uint64_t budget)
{
    struct sim *sim = threads->engine.sim;
    sim_time until = end == SIM_TIME_NONE ? end : end - 1;
    uint64_t before = sim_events(sim), done;

    /* A partition may be ahead of others, and its records wait for theirs; but not where nobody can
       run ahead. */
    keep_logs(threads, threads->split->least > 0);
    engine_seq_run(sim, threads->split, until, engine_least(budget, IN_ORDER_MAX));
    keep_logs(threads, false);
    record_logs_tell(sim, next_of_all(threads));
    done = sim_events(sim) - before;
    threads->pace.in_order -= engine_least(threads->pace.in_order, done);
}

/* Whoever called may have given anybody something to do. */
static void lower_clocks(struct threads *threads, sim_time now)
{
    if (atomic_load_explicit(&threads->floor, memory_order_relaxed) > now)
        atomic_store_explicit(&threads->floor, now, memory_order_relaxed);
    for (uint32_t i = 0; i < threads->n; i++)
        if (threads->workers[i]->clock > now)
            show_clock(threads->workers[i], now);
}

static bool run(struct engine *engine, sim_time until, uint64_t budget, uint64_t about)
{
    struct threads *threads = CONTAINER_OF(engine, struct threads, engine);
    struct sim *sim = engine->sim;
    uint64_t begin = sim_events(sim), spent = 0;
    sim_time last = until < SIM_TIME_NONE ? until + 1 : SIM_TIME_NONE;

    if (about < STRETCH_MIN)
        about = STRETCH_MIN;
    lower_clocks(threads, sim_now(sim));
    deliver_all(threads); /* what was sent between two runs */
    for (; spent < budget && spent < about; spent = sim_events(sim) - begin) {
        sim_time act = engine_next_act(sim), next = next_of_all(threads),
                 end = act < last ? act : last;
        uint64_t most = engine_least(budget, about) - spent;

        if (act >= last && next >= last)
            break;
        look_again(threads);
        if (act <= next) {
            engine_controls(sim, act, most);
            set_clocks(threads, act);
        } else if (budget - spent <= RESERVE || threads->split->least == 0 ||
                   threads->pace.in_order > 0) {
            run_in_order(threads, end, most);
        } else {
            stretch(threads, end,
                    engine_least(engine_least(most, STRETCH_MAX), budget - spent - RESERVE));
        }
        deliver_all(threads); /* by nodes that noticed an act, or ahead of the stretch's end */
    }
    if (engine_next_act(sim) >= last && next_of_all(threads) >= last) {
        engine_arrive(sim, until);
        return true;
    }
    if (spent >= budget)
        record_logs_tell(sim, SIM_TIME_NONE);
    return false;
}

static void end_threads(struct engine *engine)
{
    struct threads *threads = CONTAINER_OF(engine, struct threads, engine);

    threads->ending = true;
    begin_stretch(threads);
    for (uint32_t i = 0; i < threads->n; i++) {
        if (i > 0)
            pthread_join(threads->workers[i]->thread, NULL);
        free(threads->workers[i]->neighbors);
        free(threads->workers[i]);
    }
    pthread_mutex_destroy(&threads->lock);
    pthread_cond_destroy(&threads->begin);
    split_free(threads->split);
    free(threads->workers);
    free(threads);
}

static const struct engine_ops threads_ops = { "threads", run, NULL, end_threads };

static void start_workers(struct threads *threads)
{
    struct sim *sim = threads->engine.sim;

    threads->workers = mem_alloc(threads->n * sizeof(struct worker *));
    for (uint32_t i = 0; i < threads->n; i++) {
        struct worker *worker = mem_zalloc(sizeof *worker);

        worker->threads = threads;
        worker->part = sim->parts[i];
        worker->index = i;
        worker->neighbors = mem_alloc(threads->n * sizeof *worker->neighbors);
        threads->workers[i] = worker;
    }
    for (uint32_t i = 1; i < threads->n; i++)
        CHECK(pthread_create(&threads->workers[i]->thread, NULL, work, threads->workers[i]) == 0);
}

bool engine_threads_use(struct sim *sim, uint64_t n_threads)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct split *split;
    struct threads *threads;

    CHECK(sim->engine == NULL);
    split = split_new(sim, n_threads < PARTS_MAX ? (uint32_t)n_threads : PARTS_MAX);
    if (split == NULL)
        return false;
    threads = mem_zalloc(sizeof *threads);
    threads->engine = (struct engine){ &threads_ops, sim };
    threads->split = split;
    threads->pace.next_pause = PAUSE_MIN;
    threads->n = split->n;
    threads->crowded = cores > 0 && threads->n > (unsigned long)cores;
    pthread_mutex_init(&threads->lock, NULL);
    pthread_cond_init(&threads->begin, NULL);
    sim->engine = &threads->engine;
    sim->cables_changed = true;
    start_workers(threads);
    return true;
}
