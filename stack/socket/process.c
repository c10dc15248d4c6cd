#include "stack/socket/process.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"
#include "sim/piece.h"
#include "stack/socket/fd.h"
#include "stack/socket/input.h"
#include "stack/socket/unix.h"

#define WAIT_STATUS_SIGNALLED 128 /* what a shell makes of a death by signal: 128 + number */

/* A process, and behind it its program's state from a cache line on. */
struct own_lines {
    _Alignas(ARENA_LINE) struct process process;
};

/* Of wake_event.needs: two lines from the two pointers on, then what those lead to. */
_Static_assert(offsetof(struct process, few_fds) ==
                   offsetof(struct process, state) + sizeof(void *),
               "a wake's needs are the program's state and its first descriptor");
MEM_LINES_HOLD(offsetof(struct process, wake_event) == 0 &&
                   offsetof(struct process, state) < ARENA_LINE &&
                   offsetof(struct process, timer) == (size_t)2 * ARENA_LINE,
               "a wake and a call need two lines, a timer the third");
MEM_LINES_HOLD(sizeof(struct fd) <= ARENA_LINE, "a descriptor is a line");

static size_t memory_of(const struct program *program)
{
    return sizeof(struct own_lines) + program->state_size;
}

static void finish(struct process *process)
{
    list_remove(&process->link);
    node_cancel(process->node, &process->wake_event);
    timer_fini(&process->timer);
    process->ended = true; /* what its own sockets tell each other wakes it no more */
    if (process->program->cleanup != NULL)
        process->program->cleanup(process, process->state);
    fd_close_all(process);
    input_close(process);
    process_note(process, RECORD_COMMAND, WHY(COMMAND_EXIT, (uint64_t)process->exit_status),
                 process->command);
    if (process->on_end != NULL)
        process->on_end(process->end_ctx, process);
    for (struct list *at = process->os->processes.next; at != &process->os->processes;
         at = at->next) {
        struct process *other = CONTAINER_OF(at, struct process, link);

        if (other->waits_for == process->pid)
            process_wake(other);
    }
    for (int i = 0; i < process->argc; i++)
        free(process->argv[i]);
    free(process->argv);
    free(process->command);
    free(process->close_on_exec);
    free(process->cwd);
    piece_free(process->node, process, memory_of(process->program));
}

static void end_by_signal(struct process *process, int signal_number)
{
    process->exit_status = WAIT_STATUS_SIGNALLED + signal_number;
    process_note(process, RECORD_COMMAND, WHY0(COMMAND_STOPPED), process->command);
    finish(process);
}

static void step(struct process *process)
{
    enum co_status status = process->program->main(process, process->state);

    if (process->pending_signal != 0)
        end_by_signal(process, process->pending_signal);
    else if (status == CO_DONE)
        finish(process);
}

static void wake_fires(struct event *event)
{
    struct process *process = CONTAINER_OF(event, struct process, wake_event);

    process->node->part->cause = process->wake_cause;
    step(process);
}

static void timer_expired(void *ctx)
{
    struct process *process = ctx;

    node_cancel(process->node, &process->wake_event);
    step(process);
}

struct process *process_start(struct os *os, const struct program *program, int argc,
                              const char *const *argv, const char *command,
                              const struct process_io *io)
{
    struct process *process = piece_zalloc(os->node, memory_of(program));
    struct strbuf line = STRBUF_INIT;

    CHECK(argc >= 1 && argc <= PROCESS_ARGS_MAX);
    process->os = os;
    process->node = os->node;
    process->program = program;
    process->state = (struct own_lines *)process + 1;
    process->pid = ++os->last_pid;
    process->started = node_now(os->node);
    process->argc = argc;
    process->argv = mem_zalloc(((size_t)argc + 1) * sizeof *process->argv);
    for (int i = 0; i < argc; i++) {
        process->argv[i] = mem_strdup(argv[i]);
        strbuf_addf(&line, "%s%s", i > 0 ? " " : "", argv[i]);
    }
    process->command = mem_strdup(command != NULL ? command : strbuf_text(&line));
    strbuf_fini(&line);
    process->io = *io;
    process->call.until = SIM_TIME_NONE;
    process->id = (uint64_t)os->node->id << 32 | process->pid;
    event_init(&process->wake_event, wake_fires);
    timer_init(&process->timer, os->node, WHY0(TIMER_SLEEP), timer_expired, process);
    process->wake_event.needs = (void *const *)(void *)&process->state;
    process->timer.event.needs = process->wake_event.needs;
    list_push_back(&os->processes, &process->link);
    process->wake_cause =
        node_record_process(os->node, RECORD_COMMAND, WHY0(COMMAND), process->command, process->id);
    node_schedule(os->node, &process->wake_event, EVENT_PROCESS, node_now(os->node));
    return process;
}

void process_set_cwd(struct process *process, const char *path)
{
    char *copy = path != NULL && strcmp(path, "/") != 0 ? mem_strdup(path) : NULL;

    free(process->cwd);
    process->cwd = copy;
}

/* The parts of @path behind what is there already, which may be nothing, for the root. */
static void add_parts(const char *path, struct strbuf *out)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");

        if (len == 2 && strncmp(path, "..", 2) == 0) {
            while (out->len > 0 && out->text[out->len - 1] != '/')
                strbuf_truncate(out, out->len - 1);
            strbuf_truncate(out, out->len > 0 ? out->len - 1 : 0);
        } else if (len > 0 && !(len == 1 && *path == '.')) {
            strbuf_addc(out, '/');
            strbuf_add(out, path, len);
        }
        path += len;
        while (*path == '/')
            path++;
    }
}

void process_path(const struct process *self, const char *word, struct strbuf *out)
{
    struct strbuf path = STRBUF_INIT;
    size_t len = strlen(word);

    if (*word != '/' && self->cwd != NULL)
        add_parts(self->cwd, &path);
    add_parts(word, &path);
    if (path.len == 0 || (len > 0 && word[len - 1] == '/'))
        strbuf_addc(&path, '/');
    strbuf_adds(out, path.text);
    strbuf_fini(&path);
}

void process_wake(struct process *process)
{
    struct node *node = process->node;
    struct part *part = node->part;
    sim_time now = part->now;

    if (process->ended || event_queued(&process->wake_event))
        return;
    process->wake_cause = part->cause;
    node_schedule_idle(node, part, &process->wake_event, EVENT_PROCESS, now + PROCESS_WAKE_LATENCY);
}

void process_signal(struct process *process, int signal_number)
{
    if (signal_number != SIM_SIGKILL && process->program->signal != NULL &&
        process->program->signal(process, process->state, signal_number)) {
        process_wake(process);
        return;
    }
    end_by_signal(process, signal_number);
}

struct process *process_find(const struct os *os, uint32_t pid)
{
    for (struct list *at = os->processes.next; at != &os->processes; at = at->next) {
        struct process *process = CONTAINER_OF(at, struct process, link);

        if (process->pid == pid)
            return process;
    }
    return NULL;
}

void process_note(struct process *self, enum record_kind kind, struct why why, const char *text)
{
    node_record_process(self->node, kind, why, text, self->id);
}

void process_write(struct process *self, int stream, const char *text, size_t len)
{
    if (len == 0)
        return;
    if (node_wants(self->node, RECORD_OUTPUT)) {
        char *copy = mem_alloc(len + 1);

        memcpy(copy, text, len);
        copy[len] = '\0';
        process_note(self, RECORD_OUTPUT, WHY0(OUTPUT), copy);
        free(copy);
    } else { /* records count on, so that ids do not depend on observers */
        process_note(self, RECORD_OUTPUT, WHY0(OUTPUT), NULL);
    }
    if (self->io.write != NULL)
        self->io.write(self->io.ctx, self, stream, text, len);
}

static void print(struct process *self, int stream, const char *format, va_list args)
{
    struct strbuf text = STRBUF_INIT;

    strbuf_vaddf(&text, format, args);
    process_write(self, stream, strbuf_text(&text), text.len);
    strbuf_fini(&text);
}

void process_printf(struct process *self, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(self, 1, format, args);
    va_end(args);
}

void process_errorf(struct process *self, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(self, 2, format, args);
    va_end(args);
}

void processes_end_all(struct os *os)
{
    os->ending = true;
    unix_drop_rights(os);
    while (!list_empty(&os->processes)) {
        struct process *process = CONTAINER_OF(os->processes.next, struct process, link);

        process->io.write = NULL;
        finish(process);
    }
}
