/*
 * sock: a socket script, one program that makes blocking calls in order and prints a line for each
 * (docs/sock.md). A call that blocks returns from sock_do() and is made again when the process is
 * woken; what it has done so far is in struct sock_run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/programs.h"
#include "apps/sock_run.h"
#include "base/memory.h"
#include "base/text.h"

/* From a call that has to do with the peer to the next: what an interpreter takes for a line of its
   script, measured on the reference machines. So an ACK from next door comes between two sends, as
   it does there. Making a server ready takes no time: who comes at the same moment finds it
   listening. */
#define LINE_TIME    SIM_USEC(100)
#define FILE_ENDING  ".sock.yaml"
#define PROGRAM_WORD "program " /* a file's script of a program begins with it and a name */

enum { EXIT_UNMET = 1, EXIT_WRONG = 2 };

static void begin_op(struct sock_run *st)
{
    st->count = 0;
    st->piece = 0;
    st->eof = false;
    st->full = true;
    sha256_init(&st->hash);
    strbuf_truncate(&st->out, 0);
    strbuf_truncate(&st->in, 0);
    strbuf_truncate(&st->answer, 0);
}

static void report(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    struct strbuf line = STRBUF_INIT;

    strbuf_addf(&line, "%s%s -> ", st->prefix, op->label);
    if (st->result < 0)
        strbuf_addf(&line, "ERR %s", sim_errno_name((int)-st->result));
    else
        strbuf_adds(&line, st->answer.len > 0 ? st->answer.text : "ok");
    if (op->expected != NULL && !sock_met(st, op->expected)) {
        strbuf_addf(&line, "   (expected: %s)", op->expected);
        st->n_unmet++;
    }
    strbuf_addc(&line, '\n');
    process_write(self, 1, line.text, line.len);
    strbuf_fini(&line);
}

/* ---- children ---- */

static void copy_names(const struct sock_run *from, struct sock_run *to)
{
    for (unsigned i = 0; i < from->n_names; i++)
        ARRAY_PUSH(to->names, to->n_names, to->names_size, from->names[i]);
}

static struct sock_run *first_of(struct sock_run *st)
{
    while (st->parent != NULL)
        st = st->parent;
    return st;
}

/* A new process that goes on inside the block with copies of all descriptors. */
static void fork_child(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    const char *const argv[] = { "sock" };
    struct process *child =
        process_start(self->os, &sock_program, 1, argv, self->command, &self->io);
    struct sock_run *run = child->state;
    struct strbuf prefix = STRBUF_INIT;

    sys_share_fds(self, child);
    child->uid = self->uid;
    child->sigpipe = self->sigpipe;
    st->n_forked++;
    first_of(st)->n_living++;
    if (*op->text != '\0')
        strbuf_addf(&prefix, "%s[%s] ", st->prefix, op->text);
    else
        strbuf_addf(&prefix, "%s[%u] ", st->prefix, st->n_forked);
    run->parent = st;
    run->script = st->script;
    run->at = st->at + 1;
    run->end = op->other;
    run->loops = mem_zalloc(st->script->n_ops * sizeof *run->loops);
    run->prefix = prefix.text;
    run->fd = st->fd;
    run->listener = st->listener;
    run->epoll = st->epoll;
    run->sender = st->sender;
    run->has_sender = st->has_sender;
    run->gb2312 = st->gb2312;
    run->chop = st->chop;
    copy_names(st, run);
    ARRAY_PUSH(st->children, st->n_children, st->children_size, child->pid);
}

/* All children are over: 0. */
static int64_t wait_children(struct process *self, struct sock_run *st)
{
    while (st->waiting < st->n_children) {
        int64_t result = sys_wait_child(self, st->children[st->waiting]);

        if (result == SYS_BLOCKED)
            return result;
        st->waiting++;
    }
    return 0;
}

/* ---- blocks ---- */

/* `loop`, `fork` and their ends, which print nothing: the place to go on from. */
static unsigned go_on(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    switch (op->verb) {
    case SOCK_LOOP:
        st->loops[st->at] = op->has_number ? (uint32_t)op->number : UINT32_MAX;
        return op->has_number && op->number == 0 ? op->other + 1 : st->at + 1;
    case SOCK_FORK:
        if (first_of(st)->n_living < SOCK_FORKS_MAX) {
            fork_child(self, st, op);
        } else {
            begin_op(st);
            st->result = -SIM_EAGAIN;
            report(self, st, op);
        }
        return op->other + 1;
    case SOCK_END:
        if (st->script->ops[op->other].verb == SOCK_LOOP) {
            uint32_t *left = &st->loops[op->other];

            if (*left != UINT32_MAX)
                --*left;
            return *left > 0 ? op->other + 1 : st->at + 1;
        }
        return st->at + 1;
    case SOCK_EXIT:
        st->stop = true;
        self->exit_status = (int)op->number;
        return st->at + 1;
    default:
        return st->at + 1;
    }
}

static bool is_silent(const struct sock_op *op)
{
    return op->verb == SOCK_LOOP || op->verb == SOCK_FORK || op->verb == SOCK_END ||
           op->verb == SOCK_EXIT;
}

/* ---- the script ---- */

/* The lines of the program called @name, or of the first one, added to *@out. Files hold several:
 * "program NAME" stands before each. */
static bool find_program(const char *file, const char *name, struct strbuf *out)
{
    bool inside = false, found = false;

    while (*file != '\0') {
        size_t len = strcspn(file, "\n");

        if (text_starts(file, PROGRAM_WORD)) {
            const char *this_name = file + strlen(PROGRAM_WORD);
            size_t name_len = len - strlen(PROGRAM_WORD);

            inside = name == NULL
                         ? !found
                         : strlen(name) == name_len && strncmp(name, this_name, name_len) == 0;
            found = found || inside;
        } else if (inside) {
            strbuf_add(out, file, len);
            strbuf_addc(out, '\n');
        }
        file += len + (file[len] == '\n');
    }
    return found;
}

static bool read_file(struct process *self, const char *path, struct strbuf *text,
                      struct strbuf *error)
{
    const char *program = self->argc > 2 ? self->argv[2] : NULL;
    struct strbuf absolute = STRBUF_INIT;
    const struct os_file *file;
    bool ok = false;

    strbuf_addf(&absolute, "%s%s", *path == '/' ? "" : "/", path);
    file = os_file_find(self->os, absolute.text);
    strbuf_fini(&absolute);
    if (file == NULL)
        strbuf_addf(error, "%s: No such file or directory", path);
    else if (self->argc > 3)
        strbuf_adds(error, "usage: sock FILE" FILE_ENDING " [PROGRAM]");
    else if (!find_program(strbuf_text(&file->content), program, text))
        strbuf_addf(error, "%s: no program '%s' of this host", path,
                    program == NULL ? "" : program);
    else
        ok = true;
    return ok;
}

static bool is_file(const char *word)
{
    size_t len = strlen(word), end = strlen(FILE_ENDING);

    return len > end && strcmp(word + len - end, FILE_ENDING) == 0 &&
           word[strcspn(word, " ;")] == '\0';
}

static bool read_script(struct process *self, struct sock_run *st)
{
    struct strbuf text = STRBUF_INIT, error = STRBUF_INIT;
    bool ok = true;

    if (self->argc < 2) {
        strbuf_adds(&error,
                    "usage: sock 'VERB ARGS; VERB ARGS; ...' | FILE" FILE_ENDING " [PROGRAM]");
        ok = false;
    } else if (is_file(self->argv[1])) {
        ok = read_file(self, self->argv[1], &text, &error);
    } else {
        for (int i = 1; i < self->argc; i++)
            strbuf_addf(&text, "%s%s", i > 1 ? " " : "", self->argv[i]);
    }
    ok = ok && sock_script_parse(strbuf_text(&text), &st->own, &error);
    if (!ok)
        process_errorf(self, "sock: %s\n", strbuf_text(&error));
    strbuf_fini(&text);
    strbuf_fini(&error);
    return ok;
}

static void begin_script(const struct process *self, struct sock_run *st)
{
    struct strbuf prefix = STRBUF_INIT;

    st->script = &st->own;
    st->end = st->own.n_ops;
    st->loops = mem_zalloc((st->own.n_ops + 1) * sizeof *st->loops);
    if (self->argc == 3 && is_file(self->argv[1])) {
        strbuf_addf(&prefix, "%s: ", self->argv[2]);
        st->prefix = prefix.text;
    } else {
        st->prefix = mem_strdup("");
    }
    st->fd = st->listener = st->epoll = -1;
}

static enum co_status sock_main(struct process *self, void *state)
{
    struct sock_run *st = state;
    const struct sock_op *op = NULL;

    if (st->script != NULL && st->at < st->script->n_ops)
        op = &st->script->ops[st->at]; /* locals do not survive a wait */

    CO_BEGIN(&st->co);
    if (st->parent == NULL) {
        if (!read_script(self, st)) {
            self->exit_status = EXIT_WRONG;
            CO_RETURN(&st->co);
        }
        begin_script(self, st);
    }
    while (st->at < st->end && !st->stop) {
        op = &st->script->ops[st->at];
        if (is_silent(op)) {
            if (op->verb == SOCK_END) /* going round takes time, too, even with nothing in it */
                CO_CALL(&st->co, st->result, sys_sleep(self, LINE_TIME));
            st->at = go_on(self, st, op);
            continue;
        }
        begin_op(st);
        if (op->verb == SOCK_WAIT) {
            CO_CALL(&st->co, st->result, wait_children(self, st));
        } else {
            CO_CALL(&st->co, st->result, sock_do(self, st, op));
        }
        report(self, st, op);
        st->at++;
        if (op->verb >= SOCK_FIRST_CALL && st->at < st->end)
            CO_CALL(&st->co, st->result, sys_sleep(self, LINE_TIME));
    }
    CO_CALL(&st->co, st->result, wait_children(self, st));
    if (st->parent != NULL)
        st->parent->n_unmet += st->n_unmet;
    if (st->n_unmet > 0 && self->exit_status == 0)
        self->exit_status = EXIT_UNMET;
    CO_END(&st->co);
}

static void sock_cleanup(struct process *self, void *state)
{
    struct sock_run *st = state;

    for (unsigned i = 0; i < st->n_children; i++) /* they use this one's script */
        (void)sys_kill(self, st->children[i], SIM_SIGKILL);
    if (st->parent != NULL)
        first_of(st)->n_living--;
    sock_script_fini(&st->own);
    free(st->names);
    free(st->loops);
    free(st->prefix);
    free(st->children);
    strbuf_fini(&st->out);
    strbuf_fini(&st->in);
    strbuf_fini(&st->answer);
}

const struct program sock_program = { .name = "sock",
                                      .state_size = sizeof(struct sock_run),
                                      .main = sock_main,
                                      .cleanup = sock_cleanup };
