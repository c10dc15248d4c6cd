/*
 * sock: a socket script, one program that makes blocking calls in order and prints a line for each
 * (docs/sock.md). A call that blocks returns from run_op() and is made again when the process is
 * woken; what it has done so far is in struct sock_run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/programs.h"
#include "apps/sock_script.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "stack/services/alphabet.h"
#include "stack/socket/syscall.h"

#define BUFFER_LEN 65536 /* octets of one recv() */
#define HASH_SHOWN 16    /* hexadecimal digits of a SHA-256 that are printed */
/* From a call that has to do with the peer to the next: what an interpreter takes for a line of its
   script, measured on the reference machines. So an ACK from next door comes between two sends, as
   it does there. Making a server ready takes no time: who comes at the same moment finds it
   listening. */
#define LINE_TIME SIM_USEC(100)

#define HTTP_HOST_NAME "lab" /* what the verb `http` says in Host */

struct named {
    char *name; /* borrowed from the script */
    int fd, listener;
};

struct sock_run {
    struct coroutine co;
    struct sock_script script;
    unsigned at;
    int fd;                 /* the current socket; -1: none */
    int listener;           /* the last one that listened; -1: none */
    struct endpoint sender; /* of the last datagram */
    bool has_sender;
    struct named *names;
    unsigned n_names, names_size;
    int64_t result;
    /* of the operation going on */
    uint64_t count; /* octets moved */
    bool eof;
    struct sha256 hash;
    struct strbuf answer; /* behind "-> "; empty: ok */
    uint8_t buffer[BUFFER_LEN];
};

static bool is_stream(struct process *self, int fd)
{
    int type = 0;

    return sys_getsockopt(self, fd, OPT_SO_TYPE, &type) == 0 && type == SIM_SOCK_STREAM;
}

/* ---- sending ---- */

static int64_t send_text(struct process *self, struct sock_run *st, const char *text, size_t len)
{
    int64_t n = sys_send(self, st->fd, text, len, SOCK_MSG_NOSIGNAL);

    if (n >= 0 && (size_t)n < len)
        strbuf_addf(&st->answer, "sent %lld", (long long)n);
    return n < 0 ? n : 0;
}

static int64_t send_http(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    struct strbuf request = STRBUF_INIT;
    int64_t result;

    strbuf_addf(&request, "GET %s HTTP/1.1\r\nHost: " HTTP_HOST_NAME "\r\n\r\n", op->text);
    result = send_text(self, st, request.text, request.len);
    strbuf_fini(&request);
    return result;
}

static int64_t send_datagram(struct process *self, struct sock_run *st, uint64_t len,
                             const struct endpoint *to)
{
    struct sock_send message = {
        .octets = alphabet,
        .len =
            len < ALPHABET_LEN ? (size_t)len : ALPHABET_LEN, /* more than any datagram: EMSGSIZE */
        .flags = SOCK_MSG_STABLE | SOCK_MSG_NOSIGNAL,
        .has_to = to != NULL,
    };
    int64_t n;

    if (to != NULL)
        message.to = *to;
    n = sys_sendmsg(self, st->fd, &message);
    return n < 0 ? n : 0;
}

/* N octets of the alphabet: one write() of the program, whatever number of calls it takes here. */
static int64_t send_alphabet(struct process *self, struct sock_run *st, uint64_t len)
{
    if (!is_stream(self, st->fd))
        return send_datagram(self, st, len, NULL);
    do {
        size_t at = (size_t)(st->count % 26), piece = ALPHABET_LEN - at;
        uint64_t left = len - st->count;
        struct sock_send message = { .octets = alphabet + at,
                                     .flags = SOCK_MSG_STABLE | SOCK_MSG_NOSIGNAL };
        int64_t n;

        message.len = left < piece ? (size_t)left : piece;
        if (message.len < left)
            message.flags |= SOCK_MSG_MORE;
        n = sys_sendmsg(self, st->fd, &message);
        if (n == -SIM_EAGAIN && st->count > 0) {
            strbuf_addf(&st->answer, "sent %llu", (unsigned long long)st->count);
            return 0;
        }
        if (n < 0)
            return n;
        st->count += (uint64_t)n;
    } while (st->count < len);
    return 0;
}

/* ---- receiving ---- */

/* What has come, and what ended it: @error 0, or why no more comes. */
static int64_t say_got(struct sock_run *st, bool with_hash, int64_t error)
{
    uint8_t digest[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];

    if (error < 0 && st->count == 0)
        return error;
    strbuf_addf(&st->answer, "got %llu", (unsigned long long)st->count);
    if (with_hash) {
        sha256_finish(&st->hash, digest);
        sha256_hex(digest, hex);
        strbuf_addf(&st->answer, " sha256 %.*s", HASH_SHOWN, hex);
    }
    if (error < 0)
        strbuf_addf(&st->answer, " ERR %s", sim_errno_name((int)-error));
    else if (st->eof)
        strbuf_adds(&st->answer, " EOF");
    return 0;
}

/* Up to @len octets, or to the end of the stream; a datagram is one call. UINT64_MAX: all there is.
 */
static int64_t receive(struct process *self, struct sock_run *st, uint64_t len, bool once)
{
    bool all = len == UINT64_MAX;
    bool stream = is_stream(self, st->fd);

    while (st->count < len && !st->eof) {
        uint64_t left = len - st->count;
        int64_t n =
            sys_recv(self, st->fd, st->buffer, left < BUFFER_LEN ? (size_t)left : BUFFER_LEN, 0);

        if (n == SYS_BLOCKED)
            return n;
        if (n < 0)
            return say_got(st, all, n);
        sha256_add(&st->hash, st->buffer, (size_t)n);
        st->count += (uint64_t)n;
        st->eof = n == 0 && stream;
        if (once || (!stream && !all))
            break;
    }
    return say_got(st, all, 0);
}

static int64_t receive_from(struct process *self, struct sock_run *st)
{
    struct sock_recv message = { .octets = st->buffer, .size = BUFFER_LEN };
    int64_t n = sys_recvmsg(self, st->fd, &message);
    char text[IP4_TEXT_MAX];

    if (n < 0)
        return n;
    st->sender = message.from;
    st->has_sender = true;
    strbuf_addf(&st->answer, "got %lld from %s", (long long)n, ip4_format(message.from.addr, text));
    return 0;
}

/* ---- sockets ---- */

static int64_t make(struct process *self, struct sock_run *st, int type)
{
    int fd = sys_socket(self, SIM_AF_INET, type, 0);

    if (fd < 0)
        return fd;
    st->fd = fd;
    st->listener = -1;
    return 0;
}

static int64_t listen_on(struct process *self, struct sock_run *st, uint64_t backlog)
{
    int error = sys_listen(self, st->fd, (int)backlog);

    if (error == 0)
        st->listener = st->fd;
    return error;
}

/* On the current socket, or the listener it came from. */
static int64_t accept_one(struct process *self, struct sock_run *st)
{
    int fd = sys_accept(self, st->listener >= 0 ? st->listener : st->fd, NULL);

    if (fd < 0)
        return fd;
    st->fd = fd;
    return 0;
}

static int64_t close_one(struct process *self, struct sock_run *st, int fd)
{
    int error = sys_close(self, fd);

    if (st->fd == fd)
        st->fd = -1;
    if (st->listener == fd)
        st->listener = -1;
    return error;
}

static struct named *find_name(struct sock_run *st, const char *name)
{
    for (unsigned i = 0; i < st->n_names; i++)
        if (strcmp(st->names[i].name, name) == 0)
            return &st->names[i];
    return NULL;
}

static int64_t name_socket(struct process *self, struct sock_run *st, char *name)
{
    struct named *named = find_name(st, name);

    if (sys_sock(self, st->fd) == NULL)
        return -SIM_EBADF;
    if (named != NULL)
        *named = (struct named){ name, st->fd, st->listener };
    else
        ARRAY_PUSH(st->names, st->n_names, st->names_size,
                   ((struct named){ name, st->fd, st->listener }));
    return 0;
}

static int64_t use_socket(struct process *self, struct sock_run *st, const char *name)
{
    const struct named *named = find_name(st, name);

    if (named == NULL || sys_sock(self, named->fd) == NULL)
        return -SIM_EBADF;
    st->fd = named->fd;
    st->listener = named->listener;
    return 0;
}

static int64_t say_name(struct process *self, struct sock_run *st, bool peer)
{
    struct endpoint end = { 0 };
    int error = peer ? sys_getpeername(self, st->fd, &end) : sys_getsockname(self, st->fd, &end);
    char text[ENDPOINT_TEXT_MAX];

    if (error == 0)
        strbuf_adds(&st->answer, endpoint_format(end, text));
    return error;
}

static int64_t set(struct process *self, struct sock_run *st, enum sock_option option,
                   uint64_t value)
{
    return sys_setsockopt(self, st->fd, option, (int)value);
}

/* ---- the script ---- */

/* Make the call of @op: 0, with what it found in @st->answer; an error; or SYS_BLOCKED, to be
 * called again. */
static int64_t run_op(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    switch (op->verb) {
    case SOCK_TCP:
        return make(self, st, SIM_SOCK_STREAM);
    case SOCK_UDP:
        return make(self, st, SIM_SOCK_DGRAM);
    case SOCK_REUSEADDR:
        return set(self, st, OPT_SO_REUSEADDR, 1);
    case SOCK_REUSEPORT:
        return set(self, st, OPT_SO_REUSEPORT, 1);
    case SOCK_NODELAY:
        return set(self, st, OPT_TCP_NODELAY, 1);
    case SOCK_CORK:
        return set(self, st, OPT_TCP_CORK, op->number);
    case SOCK_BROADCAST:
        return set(self, st, OPT_SO_BROADCAST, 1);
    case SOCK_KEEPALIVE:
        return set(self, st, OPT_SO_KEEPALIVE, 1);
    case SOCK_NONBLOCK:
        return sys_set_nonblock(self, st->fd, true);
    case SOCK_LINGER:
        return set(self, st, OPT_SO_LINGER, op->number);
    case SOCK_SNDBUF:
        return set(self, st, OPT_SO_SNDBUF, op->number);
    case SOCK_RCVBUF:
        return set(self, st, OPT_SO_RCVBUF, op->number);
    case SOCK_TIMEOUT:
        return sys_set_timeouts(self, st->fd, op->time, op->time);
    case SOCK_BIND:
        return sys_bind(self, st->fd, op->to);
    case SOCK_LISTEN:
        return listen_on(self, st, op->number);
    case SOCK_ACCEPT:
        return accept_one(self, st);
    case SOCK_CONNECT:
        return sys_connect(self, st->fd, op->to);
    case SOCK_SEND:
        return send_alphabet(self, st, op->number);
    case SOCK_SENDTEXT:
        return send_text(self, st, op->text, op->text_len);
    case SOCK_SENDTO:
        return send_datagram(self, st, op->number, &op->to);
    case SOCK_REPLY:
        return st->has_sender ? send_datagram(self, st, op->number, &st->sender)
                              : -SIM_EDESTADDRREQ;
    case SOCK_HTTP:
        return send_http(self, st, op);
    case SOCK_RECV:
        return receive(self, st, op->number, false);
    case SOCK_RECVSOME:
        return receive(self, st, BUFFER_LEN, true);
    case SOCK_RECVEOF:
        return receive(self, st, UINT64_MAX, false);
    case SOCK_RECVFROM:
        return receive_from(self, st);
    case SOCK_SHUTWR:
        return sys_shutdown(self, st->fd, SOCK_SHUT_WR);
    case SOCK_SHUTRD:
        return sys_shutdown(self, st->fd, SOCK_SHUT_RD);
    case SOCK_CLOSE:
        return close_one(self, st, st->fd);
    case SOCK_CLOSELISTENER:
        return close_one(self, st, st->listener);
    case SOCK_AS:
        return name_socket(self, st, op->text);
    case SOCK_USE:
        return use_socket(self, st, op->text);
    case SOCK_SLEEP:
        return sys_sleep(self, op->time);
    case SOCK_AT:
        return sys_sleep_until(self, op->time);
    case SOCK_GETSOCKNAME:
        return say_name(self, st, false);
    case SOCK_GETPEERNAME:
        return say_name(self, st, true);
    case SOCK_N_VERBS:
        break;
    }
    return -SIM_EINVAL;
}

static void begin_op(struct sock_run *st)
{
    st->count = 0;
    st->eof = false;
    sha256_init(&st->hash);
    strbuf_truncate(&st->answer, 0);
}

static void report(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    if (st->result < 0)
        process_printf(self, "%s -> ERR %s\n", op->label, sim_errno_name((int)-st->result));
    else
        process_printf(self, "%s -> %s\n", op->label, st->answer.len > 0 ? st->answer.text : "ok");
}

static bool read_script(struct process *self, struct sock_run *st)
{
    struct strbuf text = STRBUF_INIT, error = STRBUF_INIT;
    bool ok = false;

    for (int i = 1; i < self->argc; i++)
        strbuf_addf(&text, "%s%s", i > 1 ? " " : "", self->argv[i]);
    if (self->argc < 2)
        strbuf_adds(&error, "usage: sock 'VERB ARGS; VERB ARGS; ...'");
    else if (strstr(self->argv[1], ".sock.yaml") != NULL)
        strbuf_addf(&error, "%s: script files are not simulated by wirewalk yet", self->argv[1]);
    else
        ok = sock_script_parse(strbuf_text(&text), &st->script, &error);
    if (!ok)
        process_errorf(self, "sock: %s\n", strbuf_text(&error));
    strbuf_fini(&text);
    strbuf_fini(&error);
    return ok;
}

static enum co_status sock_main(struct process *self, void *state)
{
    struct sock_run *st = state;

    CO_BEGIN(&st->co);
    if (!read_script(self, st)) {
        self->exit_status = 2;
        CO_RETURN(&st->co);
    }
    st->fd = st->listener = -1;
    for (; st->at < st->script.n_ops; st->at++) {
        if (st->at > 0 && st->script.ops[st->at - 1].verb >= SOCK_FIRST_CALL)
            CO_CALL(&st->co, st->result, sys_sleep(self, LINE_TIME));
        begin_op(st);
        CO_CALL(&st->co, st->result, run_op(self, st, &st->script.ops[st->at]));
        report(self, st, &st->script.ops[st->at]);
    }
    CO_END(&st->co);
}

static void sock_cleanup(struct process *self, void *state)
{
    struct sock_run *st = state;

    (void)self;
    sock_script_fini(&st->script);
    free(st->names);
    strbuf_fini(&st->answer);
}

const struct program sock_program = { .name = "sock",
                                      .state_size = sizeof(struct sock_run),
                                      .main = sock_main,
                                      .cleanup = sock_cleanup };
