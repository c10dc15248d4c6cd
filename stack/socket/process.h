/*
 * Processes: runs of simulated programs. A program is a coroutine (stack/socket/coroutine.h); a
 * call that blocks makes it return, and it is called again when something it waits for may have
 * happened, PROCESS_WAKE_LATENCY later, as a scheduler would let it run.
 */
#ifndef WW_STACK_SOCKET_PROCESS_H
#define WW_STACK_SOCKET_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/strbuf.h"
#include "sim/timer.h"
#include "stack/socket/coroutine.h"
#include "stack/socket/os.h"

/* From a wake-up to the program's next instruction: a few scheduler microseconds, the same always.
 */
#define PROCESS_WAKE_LATENCY SIM_USEC(20)
#define PROCESS_FDS_MAX      1024 /* as `ulimit -n` says */
#define PROCESS_FEW_FDS      2    /* sockets that most programs are content with */
#define PROCESS_MORE_FDS     16   /* room for others comes in such pieces */
#define PROCESS_ARGS_MAX     128

enum signal_number {
    SIM_SIGHUP = 1,
    SIM_SIGINT = 2,
    SIM_SIGKILL = 9,
    SIM_SIGUSR1 = 10,
    SIM_SIGUSR2 = 12,
    SIM_SIGPIPE = 13,
    SIM_SIGTERM = 15
};

enum call_kind {
    CALL_NONE,
    CALL_ACCEPT,
    CALL_CONNECT,
    CALL_RECV,
    CALL_SEND,
    CALL_POLL,
    CALL_CLOSE,
    CALL_EPOLL,
    CALL_SELECT
};

struct program {
    const char *name;
    size_t state_size; /* of its own data, zeroed at the start */
    /* The program's body; it reads self->argc and self->argv, sets self->exit_status and ends with
     * CO_DONE. */
    enum co_status (*main)(struct process *self, void *state);
    /* A signal came. True: handled (the process is woken); false or NULL: the default, which ends
     * the process. */
    bool (*signal)(struct process *self, void *state, int signal_number);
    /* Free what @state holds; called once when the process is over, however it ended. May be NULL.
     */
    void (*cleanup)(struct process *self, void *state);
};

/* Where a process's output goes. */
struct process_io {
    void (*write)(void *ctx, struct process *process, int stream, const char *text,
                  size_t len); /* 1 stdout, 2 stderr */
    void *ctx;
};

struct fd;
struct input;

struct process { /* in the order of need: a wake and a call touch the first two cache lines, a
                    timer the third */
    struct event wake_event;
    const struct program *program;
    struct fd **fds; /* those from FD_FIRST on, by number; NULL where closed */
    /* these two are what struct event needs */
    void *state;                         /* of the program, in the cache lines behind this */
    struct fd *few_fds[PROCESS_FEW_FDS]; /* @fds, unless they are more */
    uint16_t n_fds;
    bool ended;
    int pending_signal; /* ends it when it gives the processor back */
    uint64_t wake_cause;
    struct { /* the blocked call, if any */
        bool active;
        bool opens;              /* a send that waits for the handshake it has begun */
        enum call_kind kind : 8; /* of the last call, for records of its blocking */
        int number;              /* and its descriptor */
        sim_time until;          /* SIM_TIME_NONE: no time-out */
        size_t progress;         /* octets of a send or a waiting recv already moved */
    } call;
    struct node *node; /* the os's */
    struct os *os;
    uint64_t id;        /* in trace records, unique in the run */
    struct timer timer; /* sleeps, polls and socket time-outs */
    uint32_t pid;
    struct list link; /* os->processes */
    int argc;
    char **argv;   /* argc strings and NULL */
    char *command; /* the whole command line, for `ps` and traces */
    struct process_io io;
    struct input *input; /* standard input, stack/socket/input.h; NULL: none, as from /dev/null */
    bool sigpipe;        /* a stream that nobody reads any more ends it; off, as in most programs:
                            EPIPE alone */
    bool stdout_is_file; /* `>`: not a terminal; for programs that print other things then */
    int exit_status;
    /* Once, after cleanup; the process is freed afterwards. When the run itself is over, too: see
     * os->ending. */
    void (*on_end)(void *ctx, struct process *process);
    void *end_ctx;

    uint32_t waits_for; /* pid, sys_wait_child() */
    uint32_t uid;       /* 0: root, whom nothing is refused */
    sim_time started;
    uint64_t *close_on_exec; /* a bit for each descriptor; NULL: none */
    char *cwd;               /* the working directory, owned; NULL: "/" */
};

/**
 * process_start() - run @program with @argv (copied; argv[0] is its name) on @os. Its first step
 * comes at once, as an event of this moment. @command, copied, is the line the user typed, or NULL.
 * @io says where its output goes.
 */
struct process *process_start(struct os *os, const struct program *program, int argc,
                              const char *const *argv, const char *command,
                              const struct process_io *io);
/** process_set_cwd() - the working directory, an absolute path; NULL or "/": the root. */
void process_set_cwd(struct process *process, const char *path);
/** process_path() - the absolute path that @word means to @self, added to *@out: without `.`, `..`
 * and doubled slashes; one behind a folder's name stays. */
void process_path(const struct process *self, const char *word, struct strbuf *out);
/** process_signal() - deliver a signal now. The process may be over when this returns. */
void process_signal(struct process *process, int signal_number);
/** process_wake() - let it look again at what it waits for. */
void process_wake(struct process *process);
/** process_find() - by pid, or NULL. */
struct process *process_find(const struct os *os, uint32_t pid);

/** process_printf() / process_write() - standard output. process_errorf() - standard error. */
void process_printf(struct process *self, const char *format, ...) STRBUF_PRINTF_LIKE(2, 3);
void process_errorf(struct process *self, const char *format, ...) STRBUF_PRINTF_LIKE(2, 3);
void process_write(struct process *self, int stream, const char *text, size_t len);

/** process_note() - a RECORD_CALL or RECORD_STATE on behalf of @self, when somebody looks. */
void process_note(struct process *self, enum record_kind kind, struct why why, const char *text);
static inline sim_time process_now(const struct process *self)
{
    return node_now(self->node);
}

/** processes_end_all() - for os_fini(): cleanup without output. */
void processes_end_all(struct os *os);

#endif
