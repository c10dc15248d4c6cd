/* A program for fuzzing: says given octets over TCP, piece by piece, and listens until the other
 * side closes. */
#ifndef WW_TESTS_SPEAKER_H
#define WW_TESTS_SPEAKER_H

#include "stack/socket/syscall.h"

struct speaker {
    struct coroutine co;
    const uint8_t *octets; /* borrowed */
    size_t len, at, piece; /* octets of one write */
    bool accepts;          /* on port 80; else it connects to @to */
    bool leaves;           /* closes when all is said */
    struct endpoint to;
    int listener, fd;
    int64_t n;
    uint64_t *heard; /* counts octets, outlives the program; or NULL */
    uint8_t buffer[4096];
};

static size_t speaker_piece(const struct speaker *st)
{
    return st->piece < st->len - st->at ? st->piece : st->len - st->at;
}

static enum co_status speaker_main(struct process *self, void *state)
{
    struct speaker *st = state;

    CO_BEGIN(&st->co);
    st->fd = sys_socket(self, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    sys_setsockopt(self, st->fd, OPT_TCP_NODELAY, 1);
    if (st->accepts) {
        st->listener = st->fd;
        sys_bind(self, st->fd, (struct endpoint){ IP4_ANY, 80 });
        sys_listen(self, st->fd, 5);
        CO_CALL(&st->co, st->n, sys_accept(self, st->listener, NULL));
        st->fd = (int)st->n;
    } else {
        CO_CALL(&st->co, st->n, sys_connect(self, st->fd, st->to));
    }
    sys_set_timeouts(self, st->fd, SIM_SEC(20), SIM_SEC(20));
    while (st->at < st->len) {
        CO_CALL(&st->co, st->n,
                sys_send(self, st->fd, st->octets + st->at, speaker_piece(st), SOCK_MSG_NOSIGNAL));
        st->at += speaker_piece(st);
        CO_CALL(&st->co, st->n, sys_sleep(self, SIM_USEC(50)));
    }
    if (st->leaves)
        sys_close(self, st->fd);
    do {
        CO_CALL(&st->co, st->n, sys_recv(self, st->fd, st->buffer, sizeof st->buffer, 0));
        if (st->heard != NULL && st->n > 0)
            *st->heard += (uint64_t)st->n;
    } while (st->n > 0);
    CO_END(&st->co);
}

static const struct program speaker_program = { .name = "speaker",
                                                .state_size = sizeof(struct speaker),
                                                .main = speaker_main };

/** speaker_start() - @data's first octet says how it speaks: the size of its pieces, and whether it
 * leaves at the end. */
static inline void speaker_start(struct os *os, bool accepts, struct endpoint to,
                                 const uint8_t *data, size_t size, uint64_t *heard)
{
    static const char *const argv[] = { "speaker" };
    static const struct process_io nowhere;
    struct process *process = process_start(os, &speaker_program, 1, argv, NULL, &nowhere);
    struct speaker *st = process->state;
    uint8_t how = size > 0 ? data[0] : 0;

    st->octets = data + (size > 0);
    st->len = size - (size > 0);
    st->piece = (how & 0x7f) == 0 ? 65536 : (size_t)(how & 0x7f);
    st->leaves = (how & 0x80) != 0;
    st->accepts = accepts;
    st->to = to;
    st->heard = heard;
}

#endif
