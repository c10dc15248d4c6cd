#include "lab/step_worker.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "inspect/i18n.h"
#include "inspect/run_hash.h"
#include "lab/step_moment.h"
#include "lab/step_stop.h"

#define LOOK_UP_EVENTS                                                                             \
    128 /* events between two looks at the clock on the wall and at the socket                     \
         */
#define CHECKPOINT_WORK     6000 /* microseconds of work that going back may have to repeat */
#define CHECKPOINT_COST_MAX 6    /* and at least so many times what making one costs */

struct worker {
    int fd;
    struct step_moment moment;
    int64_t checkpoint_at; /* the clock when the last one was made, microseconds of this process */
    int64_t spacing;
};

/* ---- checkpoints ---- */

static int64_t work_done(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool answer(struct worker *worker, struct step_message *message, const char *text, int fd)
{
    message->position = worker->moment.position;
    return step_wire_send(worker->fd, message, text, fd);
}

static uint64_t memory_taken(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

/* A twin at this moment. Returns true in the twin, which has its own socket then. */
static bool make_twin(struct worker *worker)
{
    struct step_message child = { .type = STEP_CHILD };
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        _exit(1);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        close(worker->fd);
        worker->fd = ends[1];
        worker->checkpoint_at = work_done(); /* a new process: its clock begins anew */
        return true;
    }
    close(ends[1]);
    child.memory = memory_taken();
    answer(worker, &child, NULL, pid > 0 ? ends[0] : -1);
    close(ends[0]);
    return false;
}

/* Returns true in the twin, which stays at this moment. */
static bool checkpoint(struct worker *worker)
{
    int64_t before = work_done();

    if (before - worker->checkpoint_at < worker->spacing)
        return false;
    if (make_twin(worker))
        return true;
    worker->checkpoint_at = work_done();
    worker->spacing = MAX(CHECKPOINT_WORK, CHECKPOINT_COST_MAX * (worker->checkpoint_at - before));
    return false;
}

/* ---- running ---- */

static bool halted(const struct worker *worker)
{
    struct pollfd poll_fd = { .fd = worker->fd, .events = POLLIN };
    struct step_message message;

    if (poll(&poll_fd, 1, 0) <= 0)
        return false;
    if (!step_wire_receive(worker->fd, &message, NULL, NULL))
        _exit(0);
    return message.type == STEP_HALT;
}

static void update_position(struct worker *worker)
{
    struct sim *sim = worker->moment.run->network->sim;
    struct step_position *position = &worker->moment.position;
    uint64_t hops = sim_hops(sim);

    if (sim_events(sim) != position->events) {
        position->at_arrival = hops > position->hops;
        position->event_at = sim_now(sim);
    }
    position->events = sim_events(sim);
    position->hops = hops;
    position->frames = worker->moment.log->n_frames;
    position->now = sim_now(sim);
}

/* Before the next event: is there a reason to stop here? */
static bool must_stop(struct worker *worker, const struct step_goal *goal,
                      struct step_message *done)
{
    struct run *run = worker->moment.run;
    struct sim *sim = run->network->sim;
    const struct step_position *position = &worker->moment.position;
    sim_time next = sim_next(sim), limit = MIN(goal->time, run->until);

    if (position->events >= goal->events || position->hops >= goal->hops) {
        done->reason = STEP_AT_GOAL;
        if (goal->time != SIM_TIME_NONE && position->events >= goal->events)
            sim_run(sim, limit, 0);
    } else if (next == SIM_TIME_NONE || next > limit) {
        sim_run(sim, limit, 0);
        done->reason = goal->time <= run->until ? STEP_AT_GOAL : STEP_AT_END;
    } else if (position->events >= run->budget) {
        done->reason = STEP_OUT_OF_EVENTS;
    } else {
        return false;
    }
    update_position(worker);
    return true;
}

struct hit { /* of a search: the last one so far */
    bool found;
    unsigned stop;
    uint64_t record;
    struct step_position position;
};

/* Returns true when the run stops here. */
static bool after_event(struct worker *worker, const struct step_goal *goal,
                        struct step_stops *stops, struct step_message *done, struct hit *hit)
{
    unsigned stop;
    uint64_t record;

    update_position(worker);
    if (worker->moment.acted && goal->act) {
        done->reason = STEP_ACTED;
        return true;
    }
    if (!step_stops_after(stops, &stop, &record))
        return false;
    if (goal->search) {
        if (worker->moment.position.events < goal->events)
            *hit = (struct hit){ true, stop, record, worker->moment.position };
        return false;
    }
    done->reason = STEP_AT_STOP;
    done->stop = stop;
    done->record = record;
    return true;
}

/* Returns true in a twin made on the way. */
static bool go_on(struct worker *worker, const struct step_goal *goal, struct step_stops *stops,
                  struct step_message *done, struct hit *hit)
{
    struct sim *sim = worker->moment.run->network->sim;

    for (unsigned n = 1; !must_stop(worker, goal, done); n++) {
        if (n % LOOK_UP_EVENTS == 0) {
            if (halted(worker)) {
                done->reason = STEP_HALTED;
                return false;
            }
            if (checkpoint(worker))
                return true;
        }
        step_stops_before(stops);
        sim_step(sim, SIM_TIME_NONE);
        if (after_event(worker, goal, stops, done, hit))
            return false;
    }
    return false;
}

static void run(struct worker *worker, const struct step_message *request, const char *lines)
{
    struct run *run = worker->moment.run;
    struct step_message done = { .type = STEP_DONE };
    struct hit hit = { 0 };
    g_autofree char *error = NULL;
    struct step_stops *stops =
        step_stops_new(run->network->sim, run->network->names, worker->moment.log, lines, &error);
    bool twin;

    if (stops == NULL) { /* the front end has asked whether they are right */
        done.reason = STEP_HALTED;
        answer(worker, &done, error, -1);
        return;
    }
    worker->moment.acted = false;
    worker->moment.stop_record = 0;
    step_stops_begin(stops);
    twin = go_on(worker, &request->goal, stops, &done, &hit);
    step_stops_free(stops);
    if (twin)
        return;
    worker->moment.stop_record = done.record;
    if (!request->goal.search) {
        answer(worker, &done, NULL, -1);
        return;
    }
    done.reason = hit.found ? STEP_AT_STOP : STEP_AT_GOAL;
    done.stop = hit.stop;
    done.record = hit.record;
    done.position = hit.position;
    step_wire_send(worker->fd, &done, NULL, -1);
}

/* ---- acts ---- */

static void act(struct worker *worker, const char *text)
{
    struct step_message message = { .type = STEP_TEXT };
    struct diag_list *diags = diag_list_new();
    struct scenario_entry *entry = arena_alloc(&worker->moment.acts, sizeof *entry);
    g_autofree char *errors = NULL;

    if (scenario_parse_entry(worker->moment.run->scenario->topology, text, &worker->moment.acts,
                             entry, diags))
        run_insert(worker->moment.run, entry, &worker->moment.acted);
    else
        errors = diags->items->len > 0 ? g_strdup(((struct diag *)diags->items->pdata[0])->message)
                                       : NULL;
    diag_list_free(diags);
    answer(worker, &message, errors, -1);
}

/* ---- the process ---- */

static void look(struct worker *worker, const char *line)
{
    struct step_message message = { .type = STEP_TEXT };
    g_autoptr(GString) out = g_string_new(NULL);

    message.stop = !step_look(&worker->moment, line, out);
    answer(worker, &message, out->str, -1);
}

static void begin(struct worker *worker, const struct scenario *scenario,
                  const struct step_worker_options *options)
{
    struct diag_list *diags = diag_list_new();
    struct step_message ready = { .type = STEP_TEXT };
    struct step_moment *moment = &worker->moment;

    moment->position.event_at = -1;
    moment->run = run_new(scenario, &options->run, diags);
    if (moment->run == NULL) {
        g_autofree char *errors = diag_list_render(diags);

        ready.stop = 1;
        answer(worker, &ready, errors, -1);
        _exit(2);
    }
    diag_list_free(diags);
    moment->run->network->sim->single_frames = true;
    moment->log = step_log_new(moment->run->network->sim);
    if (options->hash)
        moment->hash = run_hash_new(moment->run->network->sim);
    run_start(moment->run);
    update_position(worker);
    answer(worker, &ready, NULL, -1);
}

_Noreturn void step_worker_main(int fd, const struct scenario *scenario,
                                const struct step_worker_options *options)
{
    struct worker worker = { .fd = fd, .spacing = CHECKPOINT_WORK };
    struct step_message request;
    GString *text = g_string_new(NULL);

    signal(SIGINT, SIG_IGN); /* Ctrl-C is for the front end, which asks us to halt */
    signal(SIGCHLD, SIG_IGN);
    begin(&worker, scenario, options);
    while (step_wire_receive(worker.fd, &request, text, NULL)) {
        switch ((enum step_type)request.type) {
        case STEP_FORK:
            make_twin(&worker);
            break;
        case STEP_RUN:
            run(&worker, &request, text->str);
            break;
        case STEP_LOOK:
            look(&worker, text->str);
            break;
        case STEP_ACT:
            act(&worker, text->str);
            break;
        case STEP_HALT:
        case STEP_CHILD:
        case STEP_DONE:
        case STEP_TEXT:
            break; /* a halt that came too late */
        }
    }
    _exit(0);
}
