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

/* A list that is being run: the line itself, or one of a compound command's. */
struct shell_frame {
    const struct shell_script *script;
    unsigned item, command;            /* where we are */
    const struct shell_command *owner; /* the compound command; NULL: the line itself */
    unsigned body;                     /* which of its lists */
    char **values;                     /* of `for`: those to come; owned */
    int n_values, next_value;
    int status;               /* of the body of a loop, when it was run last */
    sim_time begun;           /* this turn of a loop */
    struct shell_job *around; /* the compound command's redirections; NULL: it has none */
};

struct shell {
    struct process *self;
    struct shell_script script;
    struct shell_frame *frames; /* the innermost last */
    unsigned n_frames, frames_size;
    uint64_t leaving; /* `break` or `continue`: this many loops; 0: neither */
    bool going_on;    /* it is `continue` */
    bool pausing;     /* a loop that takes no time gives way to others */
    sim_time pause_end;
    struct coroutine entering;
    struct shell_job *entered; /* redirections of the compound command that is being entered */
    struct shell_parameters parameters;
    struct list jobs;
    unsigned n_begun;             /* in the background since it was last counted */
    struct shell_job *foreground; /* the command waited for */
    bool skip, interrupted, exiting;
    struct shell_memory *memory; /* where its end leaves what it knows; NULL: nowhere */
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
    int substitution_status; /* of the last one of the command */
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

/* shell.c, for shell_flow.c */
/** shell_job_inside() - a job with the input and output that commands have by default. */
struct shell_job *shell_job_inside(struct shell *shell);
void shell_job_free(struct shell_job *job);
/** shell_expand_command() - the words of @command into shell->argv. */
bool shell_expand_command(struct shell *shell, const struct shell_command *command);
bool shell_redirect(struct shell *shell, struct shell_job *job,
                    const struct shell_command *command);
enum co_status shell_substitute(struct shell *shell, const struct shell_command *command);
void shell_begin_background(struct shell *shell, const struct shell_item *item);
enum co_status shell_run_command(struct shell *shell, struct coroutine *co,
                                 const struct shell_command *command);
enum co_status shell_run_pipeline(struct shell *shell, struct coroutine *co,
                                  const struct shell_command *commands);

/* shell_flow.c */
/** shell_frame() - the list that is being run; NULL: none. */
struct shell_frame *shell_frame(struct shell *shell);
/** shell_command_at() - the command that is being run, or NULL. */
const struct shell_command *shell_command_at(struct shell *shell);
/** shell_flow() - all of shell->script. */
enum co_status shell_flow(struct shell *shell, struct coroutine *co, struct coroutine *command_co);
/** shell_flow_fini() - what is left when it was stopped. */
void shell_flow_fini(struct shell *shell);

/** shell_find_builtin() - NULL: not a builtin (`wait` and `exit` are the shell's own business). */
shell_builtin *shell_find_builtin(const char *name);
/** shell_program_name() - the name behind the last '/', when it is where programs are: /bin/ping is
 * ping. */
const char *shell_program_name(const char *word);
/* shell_place.c: the working directory, and where commands are. */
shell_builtin shell_cd, shell_pwd, shell_type, shell_command_v, shell_export;
/** shell_test() - the builtins `test` and `[`. */
shell_builtin shell_test;
/** shell_io_write() / shell_io_printf() - a builtin's output. */
void shell_io_write(struct shell *shell, const struct process_io *io, int stream, const char *text,
                    size_t len);
void shell_io_printf(struct shell *shell, const struct process_io *io, int stream,
                     const char *format, ...) STRBUF_PRINTF_LIKE(4, 5);
/** shell_message() - "sh: 1: ..." on @io's standard error. */
void shell_message(struct shell *shell, const struct process_io *io, const char *format, ...)
    STRBUF_PRINTF_LIKE(3, 4);

#endif
