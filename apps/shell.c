#include "apps/shell.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "apps/programs.h"
#include "apps/shell_internal.h"
#include "base/memory.h"
#include "base/text.h"
#include "stack/socket/input.h"
#include "stack/socket/syscall.h"

#define STATUS_SYNTAX    2
#define STATUS_NOT_FOUND 127
#define STATUS_INTERRUPT 130
#define VALUE_MAX        65536 /* octets of a variable: loops could double it for ever */
#define JOBS_MAX         1000  /* in the background, as `ulimit -u` would say */

struct shell_state {
    struct coroutine co, flow_co, command_co;
    struct shell shell;
};

struct shell_memory {
    struct shell_parameters parameters;
    char *cwd;        /* NULL: "/" */
    unsigned n_users; /* who holds it: shells that have not ended, and who made it */
};

/* ---- where output goes ---- */

static void job_write(void *ctx, struct process *process, int stream, const char *text, size_t len)
{
    struct shell_job *job = ctx;
    const struct sink *sink = &job->sinks[stream];

    if (sink->kind == SINK_FILE)
        os_file_write(job->os, sink->path, text, len, true);
    else if (sink->kind == SINK_OUTER && job->outer.write != NULL)
        job->outer.write(job->outer.ctx, process, sink->stream, text, len);
    else if (sink->kind == SINK_PIPE && !input_put(sink->pipe, text, len) &&
             process == job->process)
        process->pending_signal = SIM_SIGPIPE;
}

static struct process_io job_io(struct shell_job *job)
{
    return (struct process_io){ job_write, job };
}

static void sink_set(struct sink *sink, enum sink_kind kind, int stream, const char *path)
{
    char *copy = path != NULL ? mem_strdup(path) : NULL;

    free(sink->path);
    input_drop_writer(sink->pipe);
    *sink = (struct sink){ kind, stream, copy, NULL };
}

static void sink_copy(struct sink *sink, const struct sink *source)
{
    struct input *pipe = input_add_writer(source->pipe);

    sink_set(sink, source->kind, source->stream, source->path);
    sink->pipe = pipe;
}

/* Nobody writes into its pipes any more. */
static void close_pipes(struct shell_job *job)
{
    for (int stream = 1; stream <= 2; stream++)
        if (job->sinks[stream].kind == SINK_PIPE)
            sink_set(&job->sinks[stream], SINK_NULL, 0, NULL);
}

void shell_job_free(struct shell_job *job)
{
    list_remove(&job->link);
    for (int stream = 1; stream <= 2; stream++)
        sink_set(&job->sinks[stream], SINK_NULL, 0, NULL);
    input_unref(job->input);
    free(job);
}

/* The redirections of the innermost compound command that has some; NULL: none has. */
static struct shell_job *job_around(const struct shell *shell)
{
    for (unsigned i = shell->n_frames; i-- > 0;)
        if (shell->frames[i].around != NULL)
            return shell->frames[i].around;
    return NULL;
}

static struct input *input_around(const struct shell *shell)
{
    const struct shell_job *around = job_around(shell);

    return around != NULL ? around->input : shell->self->input;
}

static struct shell_job *shell_job_new(struct shell *shell)
{
    struct shell_job *job = mem_zalloc(sizeof *job);
    const struct shell_job *around = job_around(shell);

    list_init(&job->link);
    job->shell = shell;
    job->os = shell->self->os;
    job->outer = shell->self->io;
    job->sinks[1].stream = 1;
    job->sinks[2].stream = 2;
    if (around == NULL && job->outer.write == job_write)
        around = job->outer.ctx; /* a shell in a shell: it writes where that one does */
    if (around != NULL) {
        job->outer = around->outer;
        for (int stream = 1; stream <= 2; stream++)
            sink_copy(&job->sinks[stream], &around->sinks[stream]);
    }
    return job;
}

struct shell_job *shell_job_inside(struct shell *shell)
{
    struct shell_job *job = shell_job_new(shell);

    job->input = input_ref(input_around(shell));
    return job;
}

void shell_io_write(struct shell *shell, const struct process_io *io, int stream, const char *text,
                    size_t len)
{
    if (len == 0)
        return;
    if (node_wants(shell->self->os->node, RECORD_OUTPUT)) {
        char *copy = mem_alloc(len + 1);

        memcpy(copy, text, len);
        copy[len] = '\0';
        process_note(shell->self, RECORD_OUTPUT, WHY0(OUTPUT), copy);
        free(copy);
    } else { /* records count on, so that ids do not depend on observers */
        process_note(shell->self, RECORD_OUTPUT, WHY0(OUTPUT), NULL);
    }
    io->write(io->ctx, shell->self, stream, text, len);
}

static void vmessage(struct shell *shell, const struct process_io *io, const char *format,
                     va_list args)
{
    struct strbuf text = STRBUF_INIT;
    const struct shell_command *command = shell_command_at(shell);

    strbuf_addf(&text, "sh: %u: ", command != NULL ? command->line : 1);
    strbuf_vaddf(&text, format, args);
    strbuf_addc(&text, '\n');
    shell_io_write(shell, io, 2, text.text, text.len);
    strbuf_fini(&text);
}

void shell_message(struct shell *shell, const struct process_io *io, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vmessage(shell, io, format, args);
    va_end(args);
}

void shell_io_printf(struct shell *shell, const struct process_io *io, int stream,
                     const char *format, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list args;

    va_start(args, format);
    strbuf_vaddf(&text, format, args);
    va_end(args);
    shell_io_write(shell, io, stream, strbuf_text(&text), text.len);
    strbuf_fini(&text);
}

static char *absolute(const struct shell *shell, const char *path)
{
    struct strbuf text = STRBUF_INIT;

    process_path(shell->self, path, &text);
    return text.text;
}

/* `<`: a copy of the file as it is now. */
static bool redirect_input(struct shell *shell, struct shell_job *job, const char *target)
{
    struct process_io io = job_io(job);
    char *path = absolute(shell, target);
    const struct os_file *file = os_file_find(job->os, path);
    bool null = strcmp(path, "/dev/null") == 0;

    free(path);
    if (file == NULL && !null) {
        shell_message(shell, &io, "cannot open %s: No such file", target);
        return false;
    }
    input_unref(job->input);
    job->input = null ? NULL : input_new();
    if (!null) {
        (void)input_put(job->input, strbuf_text(&file->content), file->content.len);
        input_end(job->input);
    }
    return true;
}

static bool apply_redirect(struct shell *shell, struct shell_job *job,
                           const struct shell_redirect *redirect)
{
    struct process_io io = job_io(job);
    struct strbuf target = STRBUF_INIT;
    struct sink unused = { SINK_NULL, 0, NULL, NULL };
    struct sink *sink =
        redirect->fd == 1 || redirect->fd == 2 ? &job->sinks[redirect->fd] : &unused;
    bool ok = true;

    shell_expand(redirect->target, &shell->parameters, &shell->next_substitution, &target);
    if (redirect->kind == SHELL_FROM_FILE) {
        ok = redirect_input(shell, job, strbuf_text(&target));
    } else if (redirect->kind == SHELL_DUP) {
        const char *from = strbuf_text(&target);

        if (strcmp(from, "-") == 0) {
            sink_set(sink, SINK_NULL, 0, NULL);
        } else if (strcmp(from, "1") == 0 || strcmp(from, "2") == 0) {
            const struct sink *source = &job->sinks[*from - '0'];

            if (source != sink)
                sink_copy(sink, source);
        } else {
            shell_message(shell, &io, "%s: Bad file descriptor", from);
            ok = false;
        }
    } else if (strcmp(strbuf_text(&target), "/dev/null") == 0) {
        sink_set(sink, SINK_NULL, 0, NULL);
    } else if (target.len == 0) {
        shell_message(shell, &io, "cannot create : Directory nonexistent");
        ok = false;
    } else {
        char *path = absolute(shell, target.text);

        os_file_write(job->os, path, "", 0, redirect->kind == SHELL_APPEND);
        sink_set(sink, SINK_FILE, 0, path);
        free(path);
    }
    sink_set(&unused, SINK_NULL, 0, NULL);
    strbuf_fini(&target);
    return ok;
}

bool shell_redirect(struct shell *shell, struct shell_job *job, const struct shell_command *command)
{
    for (unsigned i = 0; i < command->n_redirects; i++)
        if (!apply_redirect(shell, job, &command->redirects[i]))
            return false;
    return true;
}

/* ---- jobs ---- */

static void job_ended(void *ctx, struct process *process)
{
    struct shell_job *job = ctx;

    job->status = process->exit_status;
    job->process = NULL;
    job->over = true;
    close_pipes(job);
    if (job->shell == NULL)
        shell_job_free(job);
    else
        process_wake(job->shell->self);
}

const char *shell_program_name(const char *word)
{
    static const char *const places[] = { "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/" };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (text_starts(word, places[i]))
            return word + strlen(places[i]);
    return word;
}

static bool job_start(struct shell *shell, struct shell_job *job, int argc, char **argv)
{
    struct os *os = shell->self->os;
    const struct program *program =
        os->find_program != NULL ? os->find_program(shell_program_name(argv[0])) : NULL;
    struct process_io io = job_io(job);

    if (program == NULL) {
        shell_message(shell, &io, "%s: not found", argv[0]);
        job->status = STATUS_NOT_FOUND;
        job->over = true;
        close_pipes(job);
        return false;
    }
    job->process = process_start(os, program, argc, (const char *const *)argv, NULL, &io);
    process_set_cwd(job->process, shell->self->cwd);
    input_give(job->process, job->input);
    job->pid = job->process->pid;
    job->process->stdout_is_file = job->sinks[1].kind != SINK_OUTER;
    job->process->on_end = job_ended;
    job->process->end_ctx = job;
    return true;
}

/* ---- running a command ---- */

static void free_words(struct shell *shell)
{
    for (int i = 0; i < shell->argc; i++)
        free(shell->argv[i]);
    shell->argc = 0;
}

static void add_word(void *ctx, const char *text)
{
    struct shell *shell = ctx;

    if (shell->argc < PROCESS_ARGS_MAX)
        ARRAY_PUSH(shell->argv, shell->argc, shell->argv_size, mem_strdup(text));
}

/* What is wrong with an expansion ends the shell, as it does dash. */
static bool expanded(struct shell *shell, struct strbuf *error)
{
    bool ok = error->len == 0;

    if (!ok) {
        shell_message(shell, &shell->self->io, "%s", error->text);
        shell->exiting = true;
    }
    strbuf_fini(error);
    shell->parameters.error = NULL;
    return ok;
}

/* Everybody is root: sudo does what stands behind it. With options it is refused, as a builtin. */
static void leave_sudo_out(struct shell *shell)
{
    while (shell->argc > 1 && strcmp(shell->argv[0], "sudo") == 0 && shell->argv[1][0] != '-') {
        free(shell->argv[0]);
        shell->argc--;
        memmove(shell->argv, shell->argv + 1, (size_t)shell->argc * sizeof *shell->argv);
    }
}

bool shell_expand_command(struct shell *shell, const struct shell_command *command)
{
    struct strbuf error = STRBUF_INIT;

    free_words(shell);
    shell->next_substitution = 0;
    shell->parameters.error = &error;
    for (unsigned i = 0; i < command->n_words; i++) {
        const char *word = command->words[i];
        struct strbuf value = STRBUF_INIT;
        size_t name;

        if (i >= command->n_assignments) {
            shell_expand_fields(word, &shell->parameters, &shell->next_substitution, add_word,
                                shell);
            continue;
        }
        name = shell_name_len(word);
        shell_expand(word + name + 1, &shell->parameters, &shell->next_substitution, &value);
        if (value.len > VALUE_MAX)
            strbuf_adds(&error, "Out of space");
        else
            shell_set_variable(&shell->parameters, word, name, strbuf_text(&value));
        strbuf_fini(&value);
    }
    if (!expanded(shell, &error))
        return false;
    leave_sudo_out(shell);
    if (shell->argc < PROCESS_ARGS_MAX)
        return true;
    shell_message(shell, &shell->self->io, "%s: Argument list too long", shell->argv[0]);
    return false;
}

static void exit_builtin(struct shell *shell)
{
    uint64_t status = (uint64_t)shell->parameters.status;

    if (shell->argc > 1 && !text_u64(shell->argv[1], INT32_MAX, &status)) {
        shell_message(shell, &shell->self->io, "exit: Illegal number: %s", shell->argv[1]);
        status = STATUS_SYNTAX;
    }
    shell->parameters.status = (int)(status & 0xff);
    shell->exiting = true;
}

static void copy_variables(const struct shell_parameters *from, struct shell_parameters *to)
{
    for (unsigned i = 0; i < from->n_variables; i++) {
        const struct shell_variable *variable = &from->variables[i];

        shell_set_variable(to, variable->name, strlen(variable->name), variable->value);
    }
}

/* A shell of its own for @line, with copies of the variables. */
static void start_subshell(struct shell *shell, struct shell_job *job, const char *line)
{
    const char *const argv[] = { "sh", "-c", line };
    struct shell *child;

    job->process = process_start(shell->self->os, &shell_program, 3, argv, NULL,
                                 &(struct process_io){ job_write, job });
    process_set_cwd(job->process, shell->self->cwd);
    input_give(job->process, job->input);
    child = &((struct shell_state *)job->process->state)->shell;
    copy_variables(&shell->parameters, &child->parameters);
    child->parameters.status = shell->parameters.status;
    job->pid = job->process->pid;
    job->process->stdout_is_file = job->sinks[1].kind != SINK_OUTER;
    job->process->on_end = job_ended;
    job->process->end_ctx = job;
}

/* What is done at once: builtins, and commands that cannot start. Else the job to wait for. @input
 * and @output are the pipes of a pipeline, or NULL. */
static struct shell_job *begin_command(struct shell *shell, const struct shell_command *command,
                                       struct input *input, struct input *output)
{
    struct shell_job *job = shell_job_new(shell);
    struct process_io io = job_io(job);
    shell_builtin *builtin;
    bool alone = input == NULL && output == NULL;

    job->over = true;
    job->input = input_ref(input != NULL ? input : input_around(shell));
    if (output != NULL) {
        sink_set(&job->sinks[1], SINK_PIPE, 0, NULL);
        job->sinks[1].pipe = input_add_writer(output);
    }
    if (!shell_expand_command(shell, command) || !shell_redirect(shell, job, command)) {
        job->status = STATUS_SYNTAX;
    } else if (command->kind != SHELL_SIMPLE) { /* in a pipeline, or ( ) */
        job->over = false;
        start_subshell(shell, job, command->text);
    } else if (shell->argc == 0) { /* the status of the last command substitution */
        job->status = shell->parameters.n_substituted > 0 ? shell->substitution_status : 0;
    } else if (alone && strcmp(shell->argv[0], "exit") == 0) {
        exit_builtin(shell);
        job->status = shell->parameters.status;
    } else if ((builtin = shell_find_builtin(shell->argv[0])) != NULL) {
        job->status = builtin(shell, &io, shell->argc, shell->argv);
        if (!alone) /* in a shell of its own there is no loop to leave */
            shell->leaving = 0;
    } else {
        job->over = false;
        (void)job_start(shell, job, shell->argc, shell->argv);
    }
    if (job->over)
        close_pipes(job);
    return job;
}

static bool has_substitution(const struct shell_command *command)
{
    for (unsigned i = 0; i < command->n_words; i++)
        if (strstr(command->words[i], "$(") != NULL)
            return true;
    for (unsigned i = 0; i < command->n_redirects; i++)
        if (strstr(command->redirects[i].target, "$(") != NULL)
            return true;
    return false;
}

/* Whether there is room for one more; those that are over and were not waited for make some. */
static bool may_fork(struct shell *shell)
{
    struct shell_job *job;

    if (shell->n_begun++ < JOBS_MAX)
        return true;
    shell->n_begun = 1;
    LIST_FOR_EACH(job, &shell->jobs, struct shell_job, link)
    {
        if (job->over)
            shell_job_free(job);
        else
            shell->n_begun++;
    }
    if (shell->n_begun <= JOBS_MAX)
        return true;
    shell_message(shell, &shell->self->io, "Cannot fork");
    shell->parameters.status = STATUS_SYNTAX;
    shell->exiting = true;
    return false;
}

/* Whether the item is one program, which needs no shell of its own; its words are expanded then. */
static bool is_program(struct shell *shell, const struct shell_item *item)
{
    const struct shell_command *command = &item->commands[0];

    return item->n_commands == 1 && command->kind == SHELL_SIMPLE && !command->negate &&
           command->n_assignments == 0 && !has_substitution(command) &&
           shell_expand_command(shell, command) && shell->argc > 0 &&
           shell_find_builtin(shell->argv[0]) == NULL && strcmp(shell->argv[0], "wait") != 0 &&
           strcmp(shell->argv[0], "exit") != 0;
}

/* An item ending in '&': a command of its own, or a shell for a whole list. */
void shell_begin_background(struct shell *shell, const struct shell_item *item)
{
    const struct shell_command *command = &item->commands[0];
    struct shell_job *job;
    bool simple;

    if (!may_fork(shell))
        return;
    simple = is_program(shell, item);
    job = shell_job_new(shell);
    list_push_back(&shell->jobs, &job->link);
    if (simple && !shell_redirect(shell, job, command)) {
        job->status = STATUS_SYNTAX;
        job->over = true;
    } else if (simple) {
        (void)job_start(shell, job, shell->argc, shell->argv);
    } else {
        start_subshell(shell, job, item->text);
    }
    if (job->pid != 0)
        shell->parameters.last_background = job->pid;
    shell->parameters.status = 0;
}

static struct shell_job *find_job(struct shell *shell, const char *word)
{
    struct shell_job *job;
    uint64_t pid;

    if (text_u64(word, UINT32_MAX, &pid) && pid != 0)
        LIST_FOR_EACH(job, &shell->jobs, struct shell_job, link)
    if (job->pid == pid)
        return job;
    return NULL;
}

/* `wait` for everything, or for the processes named; the status is the last one's. */
static enum co_status wait_builtin(struct shell *shell)
{
    struct coroutine *co = &shell->builtin;

    CO_BEGIN(co);
    shell->parameters.status = 0;
    if (shell->argc == 1) {
        while (!list_empty(&shell->jobs) && !shell->interrupted) {
            shell->waited = CONTAINER_OF(shell->jobs.next, struct shell_job, link);
            CO_AWAIT(co, shell->waited->over || shell->interrupted);
            if (shell->waited->over)
                shell_job_free(shell->waited);
        }
        CO_RETURN(co);
    }
    for (shell->wait_at = 1; shell->wait_at < shell->argc && !shell->interrupted;
         shell->wait_at++) {
        shell->waited = find_job(shell, shell->argv[shell->wait_at]);
        if (shell->waited == NULL) {
            shell->parameters.status = STATUS_NOT_FOUND;
            continue;
        }
        CO_AWAIT(co, shell->waited->over || shell->interrupted);
        if (shell->waited->over) {
            shell->parameters.status = shell->waited->status;
            shell_job_free(shell->waited);
        }
    }
    CO_END(co);
}

/* ---- command substitution ---- */

static void forget_substituted(struct shell *shell)
{
    for (unsigned i = 0; i < shell->parameters.n_substituted; i++)
        free(shell->parameters.substituted[i]);
    shell->parameters.n_substituted = 0;
}

/* The next `$(...)` of @command, to be freed; NULL: none is left. */
static char *next_substitution(struct shell *shell, const struct shell_command *command)
{
    for (; shell->substituted_word < command->n_words + command->n_redirects;
         shell->substituted_word++, shell->substituted_at = 0) {
        unsigned i = shell->substituted_word;
        const char *word = i < command->n_words ? command->words[i]
                                                : command->redirects[i - command->n_words].target;
        char *line = shell_next_substitution(word, &shell->substituted_at);

        if (line != NULL)
            return line;
    }
    return NULL;
}

static void begin_substitution(struct shell *shell, const char *line)
{
    struct shell_job *job = shell_job_new(shell);

    shell->printed = input_new();
    job->input = input_ref(input_around(shell));
    sink_set(&job->sinks[1], SINK_PIPE, 0, NULL);
    job->sinks[1].pipe = input_add_writer(shell->printed);
    input_watch(shell->printed, shell->self);
    start_subshell(shell, job, line);
    shell->substitution = job;
}

/* What it printed, without the line ends behind it. */
static void end_substitution(struct shell *shell)
{
    struct shell_parameters *parameters = &shell->parameters;
    struct strbuf text = STRBUF_INIT;
    char piece[512];
    int64_t n;

    while ((n = input_read(shell->printed, piece, sizeof piece)) > 0)
        strbuf_add(&text, piece, (size_t)n);
    while (text.len > 0 && text.text[text.len - 1] == '\n')
        strbuf_truncate(&text, text.len - 1);
    ARRAY_PUSH(parameters->substituted, parameters->n_substituted, parameters->substituted_size,
               mem_strdup(strbuf_text(&text)));
    strbuf_fini(&text);
    shell->substitution_status = shell->substitution->status;
    shell_job_free(shell->substitution);
    shell->substitution = NULL;
    input_watch(shell->printed, NULL);
    input_unref(shell->printed);
    shell->printed = NULL;
}

/* Run all of @command's, one after the other. */
enum co_status shell_substitute(struct shell *shell, const struct shell_command *command)
{
    struct coroutine *co = &shell->substituting;
    char *line;

    CO_BEGIN(co);
    forget_substituted(shell);
    shell->substituted_word = 0;
    shell->substituted_at = 0;
    while ((line = next_substitution(shell, command)) != NULL) {
        begin_substitution(shell, line);
        free(line);
        CO_AWAIT(co, input_ended(shell->printed)); /* by all who had it, in the background too */
        end_substitution(shell);
    }
    CO_END(co);
}

/* ---- commands and pipelines ---- */

enum co_status shell_run_command(struct shell *shell, struct coroutine *co,
                                 const struct shell_command *command)
{
    CO_BEGIN(co);
    CO_RUN(co, shell_substitute(shell, command));
    if (command->n_words > 0 && strcmp(command->words[0], "wait") == 0 &&
        shell_expand_command(shell, command)) {
        CO_RUN(co, wait_builtin(shell));
    } else {
        shell->foreground = begin_command(shell, command, NULL, NULL);
        CO_AWAIT(co, shell->foreground->over);
        shell->parameters.status = shell->foreground->status;
        shell_job_free(shell->foreground);
        shell->foreground = NULL;
    }
    if (command->negate)
        shell->parameters.status = shell->parameters.status == 0;
    CO_END(co);
}

static struct shell_job *first_of_pipeline(struct shell *shell)
{
    return CONTAINER_OF(shell->pipeline.next, struct shell_job, link);
}

static void begin_in_pipeline(struct shell *shell, const struct shell_command *command)
{
    struct input *output = shell_frame(shell)->command < shell->pipeline_end ? input_new() : NULL;
    struct shell_job *job = begin_command(shell, command, shell->pipe, output);

    list_push_back(&shell->pipeline, &job->link);
    input_unref(shell->pipe);
    shell->pipe = output;
}

/* The commands from the frame's to shell->pipeline_end, all at the same time; the status is the
 * last one's. */
enum co_status shell_run_pipeline(struct shell *shell, struct coroutine *co,
                                  const struct shell_command *commands)
{
    struct shell_frame *frame = shell_frame(shell);

    CO_BEGIN(co);
    shell->skip = commands[frame->command].negate;
    for (; frame->command <= shell->pipeline_end; frame->command++) {
        CO_RUN(co, shell_substitute(shell, &commands[frame->command]));
        begin_in_pipeline(shell, &commands[frame->command]);
    }
    frame->command = shell->pipeline_end;
    while (!list_empty(&shell->pipeline)) {
        CO_AWAIT(co, first_of_pipeline(shell)->over);
        shell->parameters.status = first_of_pipeline(shell)->status;
        shell_job_free(first_of_pipeline(shell));
    }
    if (shell->skip)
        shell->parameters.status = shell->parameters.status == 0;
    CO_END(co);
}

/* ---- the program ---- */

static enum co_status shell_main(struct process *self, void *state)
{
    struct shell_state *st = state;
    struct shell *shell = &st->shell;
    struct strbuf error = STRBUF_INIT;

    CO_BEGIN(&st->co);
    shell->self = self;
    shell->parameters.pid = self->pid;
    list_init(&shell->jobs);
    list_init(&shell->pipeline);
    if (self->argc != 3 || strcmp(self->argv[1], "-c") != 0) {
        process_errorf(
            self, "sh: 0: an interactive shell is not simulated by wirewalk: use sh -c LINE\n");
        self->exit_status = STATUS_SYNTAX;
        CO_RETURN(&st->co);
    }
    if (!shell_parse(self->argv[2], &shell->script, &error)) {
        process_errorf(self, "sh: %s\n", strbuf_text(&error));
        strbuf_fini(&error);
        self->exit_status = STATUS_SYNTAX;
        CO_RETURN(&st->co);
    }
    CO_RUN(&st->co, shell_flow(shell, &st->flow_co, &st->command_co));
    self->exit_status = shell->parameters.status;
    CO_END(&st->co);
}

static void interrupt_job(struct shell_job *job)
{
    if (job != NULL && job->process != NULL)
        process_signal(job->process, SIM_SIGINT);
}

static void interrupt_pipeline(struct shell *shell)
{
    struct shell_job *job;

    LIST_FOR_EACH(job, &shell->pipeline, struct shell_job, link)
    interrupt_job(job);
}

static bool shell_signal(struct process *self, void *state, int signal_number)
{
    struct shell *shell = &((struct shell_state *)state)->shell;

    if (signal_number != SIM_SIGINT || shell->self == NULL)
        return false;
    shell->interrupted = true;
    shell->parameters.status = STATUS_INTERRUPT;
    interrupt_job(shell->foreground);
    interrupt_job(shell->substitution);
    interrupt_pipeline(shell);
    (void)self;
    return true;
}

/* What the next line is to find. */
static void remember(struct shell *shell, const struct process *self)
{
    struct shell_memory *memory = shell->memory;

    shell_parameters_fini(&memory->parameters);
    memory->parameters =
        (struct shell_parameters){ .status = self->exit_status,
                                   .last_background = shell->parameters.last_background };
    copy_variables(&shell->parameters, &memory->parameters);
    free(memory->cwd);
    memory->cwd = self->cwd != NULL ? mem_strdup(self->cwd) : NULL;
    shell_memory_free(memory);
    shell->memory = NULL;
}

static void shell_cleanup(struct process *self, void *state)
{
    struct shell *shell = &((struct shell_state *)state)->shell;
    struct shell_job *job;

    if (shell->memory != NULL)
        remember(shell, self);
    if (shell->self == NULL) { /* it never ran */
        shell_parameters_fini(&shell->parameters);
        return;
    }
    if (shell->foreground != NULL)
        list_push_back(&shell->jobs, &shell->foreground->link);
    if (shell->substitution != NULL)
        list_push_back(&shell->jobs, &shell->substitution->link);
    while (!list_empty(&shell->pipeline)) {
        job = first_of_pipeline(shell);
        list_remove(&job->link);
        list_push_back(&shell->jobs, &job->link);
    }
    LIST_FOR_EACH(job, &shell->jobs, struct shell_job, link)
    {
        list_remove(&job->link);
        job->shell = NULL; /* it lives on and frees itself */
        if (job->over)
            shell_job_free(job);
    }
    if (shell->printed != NULL)
        input_watch(shell->printed, NULL);
    input_unref(shell->printed);
    input_unref(shell->pipe);
    forget_substituted(shell);
    free(shell->parameters.substituted);
    shell_parameters_fini(&shell->parameters);
    free_words(shell);
    free(shell->argv);
    shell_flow_fini(shell);
    shell_script_fini(&shell->script);
}

const struct program shell_program = { .name = "sh",
                                       .state_size = sizeof(struct shell_state),
                                       .main = shell_main,
                                       .signal = shell_signal,
                                       .cleanup = shell_cleanup };

/* ---- from outside ---- */

struct shell_run {
    struct process *process;
    void (*on_end)(void *ctx, int status);
    void *ctx;
};

static void run_ended(void *ctx, struct process *process)
{
    struct shell_run run = *(struct shell_run *)ctx;

    free(ctx);
    if (run.on_end != NULL && !process->os->ending)
        run.on_end(run.ctx, process->exit_status);
}

struct shell_run *shell_start(struct os *os, const char *line, const struct process_io *io,
                              void (*on_end)(void *ctx, int status), void *ctx)
{
    const char *const argv[] = { "sh", "-c", line, NULL };
    struct shell_run *run = mem_zalloc(sizeof *run);

    run->on_end = on_end;
    run->ctx = ctx;
    run->process = process_start(os, &shell_program, 3, argv, line, io);
    run->process->on_end = run_ended;
    run->process->end_ctx = run;
    return run;
}

void shell_interrupt(struct shell_run *run)
{
    process_signal(run->process, SIM_SIGINT);
}

struct process *shell_process(struct shell_run *run)
{
    return run->process;
}

struct shell_memory *shell_memory_new(void)
{
    struct shell_memory *memory = mem_zalloc(sizeof *memory);

    memory->n_users = 1;
    return memory;
}

void shell_memory_free(struct shell_memory *memory)
{
    if (memory == NULL || --memory->n_users > 0)
        return;
    shell_parameters_fini(&memory->parameters);
    free(memory->cwd);
    free(memory);
}

const char *shell_memory_cwd(const struct shell_memory *memory)
{
    return memory->cwd != NULL ? memory->cwd : "/";
}

int shell_memory_status(const struct shell_memory *memory)
{
    return memory->parameters.status;
}

void shell_resume(struct shell_run *run, struct shell_memory *memory)
{
    struct shell *shell = &((struct shell_state *)run->process->state)->shell;

    copy_variables(&memory->parameters, &shell->parameters);
    shell->parameters.status = memory->parameters.status;
    shell->parameters.last_background = memory->parameters.last_background;
    process_set_cwd(run->process, memory->cwd);
    shell->memory = memory;
    memory->n_users++;
}
