#include "stack/socket/call.h"

#include <stdio.h>

#include "stack/socket/fd.h"
#include "stack/socket/syscall.h"

const char *const call_names[] = {
    [CALL_NONE] = "",       [CALL_ACCEPT] = "accept",    [CALL_CONNECT] = "connect",
    [CALL_RECV] = "recv",   [CALL_SEND] = "send",        [CALL_POLL] = "poll",
    [CALL_CLOSE] = "close", [CALL_EPOLL] = "epoll_wait", [CALL_SELECT] = "select"
};

void call_note_blocking(struct process *self, struct why why)
{
    char text[32];

    if (call_is_of_many(self->call.kind))
        snprintf(text, sizeof text, "%s", call_names[self->call.kind]);
    else
        snprintf(text, sizeof text, "%s(%d)", call_names[self->call.kind], self->call.number);
    process_note(self, RECORD_CALL, why, text);
}

static struct why why_blocked(enum call_kind kind)
{
    switch (kind) {
    case CALL_ACCEPT:
        return WHY0(BLOCKED_ACCEPT);
    case CALL_CONNECT:
        return WHY0(BLOCKED_CONNECT);
    case CALL_SEND:
        return WHY0(BLOCKED_SEND);
    case CALL_POLL:
    case CALL_EPOLL:
    case CALL_SELECT:
        return WHY0(BLOCKED_POLL);
    case CALL_CLOSE:
        return WHY0(BLOCKED_CLOSE);
    case CALL_NONE:
    case CALL_RECV:
        break;
    }
    return WHY0(BLOCKED_RECV);
}

struct why call_why_unblocked(const struct process *self, int64_t result)
{
    const struct fd *fd = fd_get(self, self->call.number);

    if (result == -SIM_EAGAIN || result == -SIM_EINPROGRESS ||
        (result == 0 && (call_is_of_many(self->call.kind) || self->call.kind == CALL_EPOLL)))
        return WHY0(UNBLOCKED_TIME);
    if (result == -SIM_ECONNRESET ||
        (result == -SIM_ECONNREFUSED && fd != NULL && fd->type == SIM_SOCK_STREAM))
        return WHY(UNBLOCKED_RESET, (uint64_t)-result);
    if (result < 0)
        return WHY(UNBLOCKED_ERROR, (uint64_t)-result);
    switch (self->call.kind) {
    case CALL_ACCEPT:
        return WHY0(UNBLOCKED_ACCEPT);
    case CALL_CONNECT:
        return WHY0(UNBLOCKED_CONNECT);
    case CALL_SEND:
        return WHY0(UNBLOCKED_SEND);
    case CALL_POLL:
    case CALL_EPOLL:
    case CALL_SELECT:
        return WHY(UNBLOCKED_POLL, (uint64_t)result);
    case CALL_CLOSE:
        return WHY0(UNBLOCKED_CLOSE);
    case CALL_NONE:
    case CALL_RECV:
        break;
    }
    if (result > 0)
        return WHY(UNBLOCKED_DATA, (uint64_t)result);
    return fd != NULL && fd->type == SIM_SOCK_STREAM ? WHY0(UNBLOCKED_FIN) : WHY0(UNBLOCKED_EMPTY);
}

void call_show(struct process *self, const char *name, int number, const struct endpoint *to,
               const size_t *len)
{
    char text[80], address[ENDPOINT_TEXT_MAX];
    size_t n;

    n = (size_t)snprintf(text, sizeof text, "%s(%d", name, number);
    if (len != NULL)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %zu", *len);
    if (to != NULL)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %s", endpoint_format(*to, address));
    snprintf(text + n, sizeof text - n, ")");
    process_note(self, RECORD_CALL, WHY0(CALL), text);
}

int64_t call_block(struct process *self, bool nonblock, sim_time timeout, int64_t error)
{
    sim_time now = process_now(self);

    if (nonblock)
        return error;
    if (!self->call.active) {
        if (self->call.kind != CALL_NONE && calls_seen(self))
            call_note_blocking(self, why_blocked(self->call.kind));
        self->call.active = true;
        self->call.until = timeout == 0 ? SIM_TIME_NONE : now + timeout;
        if (self->call.until != SIM_TIME_NONE)
            timer_start_at(&self->timer, self->call.until);
    }
    return now >= self->call.until ? error : SYS_BLOCKED;
}

void call_show_result(struct process *self, const char *name, int number, int64_t result)
{
    char text[32];

    snprintf(text, sizeof text, "%s(%d)", name, number);
    process_note(
        self, RECORD_CALL,
        result < 0 ? WHY(CALL_FAILED, (uint64_t)-result) : WHY(CALL_DONE, (uint64_t)result), text);
}
