/*
 * What the calls of programs have in common: they are told to whoever looks, and they block and go
 * on.
 */
#ifndef WW_STACK_SOCKET_CALL_H
#define WW_STACK_SOCKET_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/socket/process.h"
#include "stack/transport/sock.h"

/* ---- what a debugger sees of calls ---- */

extern const char *const call_names[]; /* by enum call_kind */

/** call_show() - "connect(3, 10.0.0.2:80)". call_show_result() - what it came to.
 * call_note_blocking() - "recv(3)", that it waits or goes on. call_why_unblocked() - why it does.
 */
void call_show(struct process *self, const char *name, int number, const struct endpoint *to,
               const size_t *len);
void call_show_result(struct process *self, const char *name, int number, int64_t result);
void call_note_blocking(struct process *self, struct why why);
struct why call_why_unblocked(const struct process *self, int64_t result);

/* Whether somebody looks at what a call does; if not, the record's id is taken all the same: ids do
   not depend on who looks. */
static inline bool calls_seen(const struct process *self)
{
    struct node *node = self->node;

    if (node_wants(node, RECORD_CALL))
        return true;
    node_new_record_id(node);
    return false;
}

/* A call begins. One that goes on after blocking has been told already. */
static inline void call_note(struct process *self, const char *name, int number,
                             const struct endpoint *to, const size_t *len)
{
    if (!self->call.active && calls_seen(self))
        call_show(self, name, number, to, len);
}

/* What a call has come to: a value or an errno. */
static inline int64_t call_note_result(struct process *self, const char *name, int number,
                                       int64_t result)
{
    if (calls_seen(self))
        call_show_result(self, name, number, result);
    return result;
}

/* ---- blocking ---- */

/* The call that follows, which may block. */
static inline void call_may_block(struct process *self, enum call_kind kind, int number)
{
    if (self->call.active)
        return;
    self->call.kind = kind;
    self->call.number = number;
}

/*
 * A call that cannot go on: SYS_BLOCKED on a blocking descriptor until its time-out is over, @error
 * otherwise. The process is called again by its sockets' wake-ups or its timer, and makes the same
 * call again.
 */
int64_t call_block(struct process *self, bool nonblock, sim_time timeout, int64_t error);

/* The wait is over, if there was one, with @result. */
static inline void call_end_wait(struct process *self, int64_t result)
{
    if (self->call.active) {
        if (self->call.until != SIM_TIME_NONE)
            timer_stop(&self->timer);
        if (self->call.kind != CALL_NONE && calls_seen(self))
            call_note_blocking(self, call_why_unblocked(self, result));
        self->call.opens = false;
    }
    self->call.active = false;
    self->call.until = SIM_TIME_NONE;
}

/* poll() and select() name no descriptor of their own. */
static inline bool call_is_of_many(enum call_kind kind)
{
    return kind == CALL_POLL || kind == CALL_SELECT;
}

/* The call is over. */
static inline int64_t call_over(struct process *self, int64_t result)
{
    call_end_wait(self, result);
    if (self->call.kind != CALL_NONE && !call_is_of_many(self->call.kind))
        call_note_result(self, call_names[self->call.kind], self->call.number, result);
    self->call.progress = 0;
    return result;
}

/* The same, unless it goes on waiting. */
static inline int64_t call_end(struct process *self, int64_t result)
{
    return result == SYS_BLOCKED ? SYS_BLOCKED : call_over(self, result);
}

/** call_open() - a descriptor for @sock, which is closed where there is no number left. */
int call_open(struct process *self, struct sock *sock, int domain, int type, int protocol);

#endif
