/*
 * In which order a shell's commands are run: lists, && and ||, and compound commands. Each list
 * that is being run has a frame. When one is at its end, its compound command says what comes
 * next: another of its lists, or the end of its own.
 *
 * A turn of a loop in which no time went by would be followed by the next one at the same moment,
 * and so on for ever: the shell gives way then, as a scheduler would make it do, and virtual time
 * and the budget of events go on.
 */
#include <stdlib.h>
#include <string.h>

#include "apps/shell_internal.h"
#include "base/memory.h"
#include "stack/socket/syscall.h"

#define STATUS_SYNTAX 2

struct shell_frame *shell_frame(struct shell *shell)
{
    return shell->n_frames > 0 ? &shell->frames[shell->n_frames - 1] : NULL;
}

static const struct shell_item *item_at(const struct shell_frame *frame)
{
    return frame->item < frame->script->n_items ? &frame->script->items[frame->item] : NULL;
}

const struct shell_command *shell_command_at(struct shell *shell)
{
    const struct shell_frame *frame = shell_frame(shell);
    const struct shell_item *item = frame != NULL ? item_at(frame) : NULL;

    return item != NULL && frame->command < item->n_commands ? &item->commands[frame->command]
                                                             : NULL;
}

static bool stopped(const struct shell *shell)
{
    return shell->exiting || shell->interrupted;
}

/* ---- frames ---- */

static void begin_list(struct shell_frame *frame, const struct shell_script *script)
{
    frame->script = script;
    frame->item = frame->command = 0;
}

static void push(struct shell *shell, const struct shell_command *owner, struct shell_job *around)
{
    struct shell_frame frame = { .owner = owner,
                                 .around = around,
                                 .begun = node_now(shell->self->os->node) };

    begin_list(&frame, owner != NULL ? &owner->bodies[0] : &shell->script);
    ARRAY_PUSH(shell->frames, shell->n_frames, shell->frames_size, frame);
}

static void drop_frame(struct shell *shell)
{
    struct shell_frame *frame = shell_frame(shell);

    for (int i = 0; i < frame->n_values; i++)
        free(frame->values[i]);
    free(frame->values);
    if (frame->around != NULL)
        shell_job_free(frame->around);
    shell->n_frames--;
}

/* The compound command is over: what stands behind it is next. */
static void pop(struct shell *shell)
{
    const struct shell_command *owner = shell_frame(shell)->owner;

    drop_frame(shell);
    if (owner == NULL)
        return;
    if (owner->negate)
        shell->parameters.status = shell->parameters.status == 0;
    shell_frame(shell)->command++;
}

void shell_flow_fini(struct shell *shell)
{
    while (shell->n_frames > 0)
        drop_frame(shell);
    if (shell->entered != NULL)
        shell_job_free(shell->entered);
    shell->entered = NULL;
    free(shell->frames);
    shell->frames = NULL;
}

/* ---- compound commands ---- */

static bool next_of_if(struct shell *shell, struct shell_frame *frame)
{
    unsigned n = frame->owner->n_bodies;
    bool condition = frame->body % 2 == 0 && frame->body + 1 < n;

    if (!condition)
        return false;
    frame->body += shell->parameters.status == 0 ? 1 : 2;
    if (frame->body < n)
        return true;
    shell->parameters.status = 0;
    return false;
}

static bool next_of_while(struct shell *shell, struct shell_frame *frame)
{
    bool wanted = frame->owner->kind == SHELL_WHILE;

    if (frame->body == 1) {
        frame->status = shell->parameters.status;
        frame->body = 0;
        return true;
    }
    frame->body = 1;
    if ((shell->parameters.status == 0) == wanted)
        return true;
    shell->parameters.status = frame->status;
    return false;
}

static bool next_of_for(struct shell *shell, struct shell_frame *frame)
{
    const char *name = frame->owner->values->words[0];

    if (frame->next_value == frame->n_values)
        return false;
    shell_set_variable(&shell->parameters, name, strlen(name), frame->values[frame->next_value++]);
    return true;
}

/* The next list of the frame's compound command; false: there is none. */
static bool next_body(struct shell *shell, struct shell_frame *frame)
{
    switch (frame->owner->kind) {
    case SHELL_IF:
        return next_of_if(shell, frame);
    case SHELL_WHILE:
    case SHELL_UNTIL:
        return next_of_while(shell, frame);
    case SHELL_FOR:
        return next_of_for(shell, frame);
    case SHELL_SIMPLE:
    case SHELL_GROUP:
    case SHELL_SUBSHELL:
        break;
    }
    return false;
}

static bool is_loop(const struct shell_frame *frame)
{
    return frame->owner != NULL &&
           (frame->owner->kind == SHELL_WHILE || frame->owner->kind == SHELL_UNTIL ||
            frame->owner->kind == SHELL_FOR);
}

/* The list is at its end. */
static void turn(struct shell *shell)
{
    struct shell_frame *frame = shell_frame(shell);
    sim_time now = node_now(shell->self->os->node);

    if (frame->owner == NULL || !next_body(shell, frame)) {
        pop(shell);
        return;
    }
    begin_list(frame, &frame->owner->bodies[frame->body]);
    if (!is_loop(frame) || frame->body != 0)
        return;
    shell->pausing = now == frame->begun;
    frame->begun = now;
}

/* `for`: the words, before its first turn. */
static void begin_for(struct shell *shell)
{
    struct shell_frame *frame = shell_frame(shell);

    frame->n_values = shell->argc - 1; /* behind the name */
    frame->values = mem_alloc((size_t)shell->argc * sizeof *frame->values);
    for (int i = 0; i < frame->n_values; i++)
        frame->values[i] = mem_strdup(shell->argv[i + 1]);
    shell->parameters.status = 0;
    if (!next_of_for(shell, frame))
        pop(shell);
}

static void refuse_compound(struct shell *shell, struct shell_job *around)
{
    if (around != NULL)
        shell_job_free(around);
    shell->parameters.status = STATUS_SYNTAX;
    shell_frame(shell)->command++;
}

/* From a compound command to its first list. */
static enum co_status enter(struct shell *shell, const struct shell_command *command)
{
    struct coroutine *co = &shell->entering;
    struct shell_job *around = NULL;

    CO_BEGIN(co);
    CO_RUN(co, shell_substitute(shell, command)); /* of the redirections */
    shell->entered = NULL;
    if (command->n_redirects > 0) {
        shell->next_substitution = 0;
        shell->entered = around = shell_job_inside(shell);
        if (!shell_redirect(shell, around, command)) {
            shell->entered = NULL;
            refuse_compound(shell, around);
            CO_RETURN(co);
        }
    }
    if (command->values != NULL) {
        CO_RUN(co, shell_substitute(shell, command->values));
        if (!shell_expand_command(shell, command->values)) {
            around = shell->entered;
            shell->entered = NULL;
            refuse_compound(shell, around);
            CO_RETURN(co);
        }
    }
    push(shell, command, shell->entered);
    shell->entered = NULL;
    if (command->values != NULL)
        begin_for(shell);
    CO_END(co);
}

/* `break` and `continue`: the innermost loops are left, the last of them but for its next turn. */
static void leave_loops(struct shell *shell)
{
    uint64_t n = 0, loops = 0;

    for (unsigned i = 0; i < shell->n_frames; i++)
        loops += is_loop(&shell->frames[i]);
    n = shell->leaving < loops ? shell->leaving : loops;
    while (n > 0) {
        struct shell_frame *frame = shell_frame(shell);

        if (is_loop(frame) && --n == 0 && shell->going_on) {
            frame->body = frame->owner->kind == SHELL_FOR ? 0 : 1;
            frame->item = frame->script->n_items;
        } else {
            pop(shell);
        }
    }
    shell->leaving = 0;
}

/* ---- lists ---- */

/* The last command of the pipeline that begins at @first. */
static unsigned end_of_pipeline(const struct shell_item *item, unsigned first)
{
    while (first + 1 < item->n_commands && item->commands[first + 1].join == SHELL_PIPE)
        first++;
    return first;
}

static bool wanted(const struct shell *shell, const struct shell_command *command)
{
    return command->join == SHELL_FIRST ||
           (command->join == SHELL_AND) == (shell->parameters.status == 0);
}

/* What needs no waiting: ends of lists, background jobs, commands that are passed over. False: the
 * frame is at a command to be run. */
static bool go_on(struct shell *shell)
{
    struct shell_frame *frame = shell_frame(shell);
    const struct shell_item *item = item_at(frame);

    if (item == NULL) {
        turn(shell);
        return true;
    }
    if (item->background) {
        shell_begin_background(shell, item);
    } else if (frame->command < item->n_commands) {
        shell->pipeline_end = end_of_pipeline(item, frame->command);
        if (wanted(shell, &item->commands[frame->command]))
            return false;
        frame->command = shell->pipeline_end + 1;
        return true;
    }
    frame->item++;
    frame->command = 0;
    return true;
}

static void passed(struct shell *shell)
{
    shell_frame(shell)->command++;
    if (shell->leaving > 0)
        leave_loops(shell);
}

static bool is_compound(const struct shell_command *command)
{
    return command->kind != SHELL_SIMPLE && command->kind != SHELL_SUBSHELL;
}

enum co_status shell_flow(struct shell *shell, struct coroutine *co, struct coroutine *command_co)
{
    CO_BEGIN(co);
    push(shell, NULL, NULL);
    while (shell->n_frames > 0 && !stopped(shell)) {
        if (shell->pausing) {
            shell->pausing = false;
            shell->pause_end = node_now(shell->self->os->node) + PROCESS_WAKE_LATENCY;
            process_wake(shell->self);
            CO_AWAIT(co, stopped(shell) || node_now(shell->self->os->node) >= shell->pause_end);
        } else if (go_on(shell)) {
            continue;
        } else if (shell->pipeline_end > shell_frame(shell)->command) {
            CO_RUN(co,
                   shell_run_pipeline(shell, command_co, item_at(shell_frame(shell))->commands));
            passed(shell);
        } else if (is_compound(shell_command_at(shell))) {
            CO_RUN(co, enter(shell, shell_command_at(shell)));
        } else {
            CO_RUN(co, shell_run_command(shell, command_co, shell_command_at(shell)));
            passed(shell);
        }
    }
    CO_END(co);
}
