/* What the files of the shell share among themselves. */
#ifndef WW_APPS_SHELL_INTERNAL_H
#define WW_APPS_SHELL_INTERNAL_H

#include "apps/shell.h"
#include "apps/shell_parse.h"

struct shell;

/* Where one stream of a command goes. */
enum sink_kind { SINK_OUTER, SINK_FILE, SINK_NULL, SINK_PIPE };
struct sink {
    enum sink_kind kind;
    int stream;         /* SINK_OUTER: 1 or 2 */
    char *path;         /* SINK_FILE */
    struct input *pipe; /* SINK_PIPE, a reference */
};

/* The redirections of one command; also the job that runs it. */
struct shell_job {
    struct list link;    /* shell->jobs, or alone */
    struct shell *shell; /* NULL: the shell ended before it */
    struct os *os;
    struct process_io outer;
    struct sink sinks[3];    /* by stream; [0] is not used */
    struct input *input;     /* standard input, a reference; NULL: none */
    struct process *process; /* NULL when it is over, or a builtin */
    uint32_t pid;
    bool over;
    int status;
};

struct shell {
    struct process *self;
    struct shell_script script;
    unsigned item, command; /* where we are */
    struct shell_parameters parameters;
    struct list jobs;
    struct shell_job *foreground; /* the command waited for */
    bool skip, interrupted, exiting;
    /* of the command being run */
    char **argv;
    int argc, argv_size;
    /* of a builtin that waits */
    struct coroutine builtin;
    struct shell_job *waited;
    int wait_at;
    /* of the command substitutions of a command: which is run, and what it prints */
    struct coroutine substituting;
    unsigned substituted_word;
    size_t substituted_at;
    struct shell_job *substitution;
    struct input *printed;
    unsigned next_substitution; /* while words are expanded */
    /* of a pipeline */
    struct list pipeline; /* of shell_job */
    struct input *pipe;   /* what the command before wrote */
    unsigned pipeline_end;
};

/* The builtin's io and arguments; returns its exit status in shell->parameters.status by the
 * caller. */
typedef int shell_builtin(struct shell *shell, const struct process_io *io, int argc, char **argv);

/** shell_find_builtin() - NULL: not a builtin (`wait` and `exit` are the shell's own business). */
shell_builtin *shell_find_builtin(const char *name);
/** shell_program_name() - the name behind the last '/', when it is where programs are: /bin/ping is
 * ping. */
const char *shell_program_name(const char *word);
/** shell_io_write() / shell_io_printf() - a builtin's output. */
void shell_io_write(struct shell *shell, const struct process_io *io, int stream, const char *text,
                    size_t len);
void shell_io_printf(struct shell *shell, const struct process_io *io, int stream,
                     const char *format, ...) STRBUF_PRINTF_LIKE(4, 5);
/** shell_message() - "sh: 1: ..." on @io's standard error. */
void shell_message(struct shell *shell, const struct process_io *io, const char *format, ...)
    STRBUF_PRINTF_LIKE(3, 4);

#endif
