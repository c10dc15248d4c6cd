/*
 * sock: a socket script. One simulated program makes blocking calls in order and prints a line for each; an error does
 * not stop it. docs/sock.md lists the verbs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/programs.h"
#include "base/errnos.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "base/text.h"
#include "stack/socket/syscall.h"

#define NAMES_MAX    32
#define NAME_LEN_MAX 32
#define SEND_MAX     (UINT64_C(1) << 30) /* octets of one `send N` */

/* From a call that has to do with the peer to the next: what an interpreter takes for a line of its script, measured on
   the reference machines. So an ACK from next door comes between two sends, as it does there. Making a server ready
   takes no time: who comes at the same moment finds it listening. */
#define VERB_TIME SIM_USEC(100)

enum verb {
    VERB_TCP, VERB_UDP, VERB_REUSEADDR, VERB_REUSEPORT, VERB_NODELAY, VERB_CORK, VERB_BROADCAST, VERB_KEEPALIVE,
    VERB_LINGER, VERB_SNDBUF, VERB_RCVBUF, VERB_TIMEOUT, VERB_NONBLOCK, VERB_BIND, VERB_LISTEN, VERB_ACCEPT,
    VERB_CONNECT, VERB_SEND, VERB_SENDTEXT, VERB_RECV, VERB_RECVSOME, VERB_RECVEOF, VERB_SENDTO, VERB_RECVFROM,
    VERB_REPLY, VERB_HTTP, VERB_SHUTWR, VERB_SHUTRD, VERB_CLOSE, VERB_CLOSELISTENER, VERB_USE, VERB_AS, VERB_SLEEP,
    VERB_AT, VERB_GETSOCKNAME, VERB_GETPEERNAME, VERB_N
};

enum argument { ARG_NONE, ARG_COUNT, ARG_COUNT_OR_NOTHING, ARG_SECONDS, ARG_ENDPOINT, ARG_TEXT, ARG_NAME,
                ARG_ENDPOINT_COUNT };

static const struct {
    const char *name;
    enum argument argument;
} verbs[VERB_N] = {
    [VERB_TCP] = { "tcp", ARG_NONE },
    [VERB_UDP] = { "udp", ARG_NONE },
    [VERB_REUSEADDR] = { "reuseaddr", ARG_NONE },
    [VERB_REUSEPORT] = { "reuseport", ARG_NONE },
    [VERB_NODELAY] = { "nodelay", ARG_NONE },
    [VERB_CORK] = { "cork", ARG_COUNT_OR_NOTHING },
    [VERB_BROADCAST] = { "broadcast", ARG_NONE },
    [VERB_KEEPALIVE] = { "keepalive", ARG_NONE },
    [VERB_LINGER] = { "linger", ARG_COUNT },
    [VERB_SNDBUF] = { "sndbuf", ARG_COUNT },
    [VERB_RCVBUF] = { "rcvbuf", ARG_COUNT },
    [VERB_TIMEOUT] = { "timeout", ARG_SECONDS },
    [VERB_NONBLOCK] = { "nonblock", ARG_NONE },
    [VERB_BIND] = { "bind", ARG_ENDPOINT },
    [VERB_LISTEN] = { "listen", ARG_COUNT_OR_NOTHING },
    [VERB_ACCEPT] = { "accept", ARG_NONE },
    [VERB_CONNECT] = { "connect", ARG_ENDPOINT },
    [VERB_SEND] = { "send", ARG_COUNT },
    [VERB_SENDTEXT] = { "sendtext", ARG_TEXT },
    [VERB_RECV] = { "recv", ARG_COUNT },
    [VERB_RECVSOME] = { "recvsome", ARG_NONE },
    [VERB_RECVEOF] = { "recveof", ARG_NONE },
    [VERB_SENDTO] = { "sendto", ARG_ENDPOINT_COUNT },
    [VERB_RECVFROM] = { "recvfrom", ARG_NONE },
    [VERB_REPLY] = { "reply", ARG_COUNT },
    [VERB_HTTP] = { "http", ARG_TEXT },
    [VERB_SHUTWR] = { "shutwr", ARG_NONE },
    [VERB_SHUTRD] = { "shutrd", ARG_NONE },
    [VERB_CLOSE] = { "close", ARG_NONE },
    [VERB_CLOSELISTENER] = { "closelistener", ARG_NONE },
    [VERB_USE] = { "use", ARG_NAME },
    [VERB_AS] = { "as", ARG_NAME },
    [VERB_SLEEP] = { "sleep", ARG_SECONDS },
    [VERB_AT] = { "at", ARG_SECONDS },
    [VERB_GETSOCKNAME] = { "getsockname", ARG_NONE },
    [VERB_GETPEERNAME] = { "getpeername", ARG_NONE },
};

struct step {
    char *text; /* "connect 10.0.0.2:80", as written but for blanks around it */
    enum verb verb;
    uint64_t count;
    bool has_count;
    sim_time time;
    struct endpoint endpoint;
    const char *word; /* inside text */
};

struct named {
    char name[NAME_LEN_MAX];
    int fd, listener;
};

struct sock_state {
    struct coroutine co;
    struct step *steps;
    unsigned n_steps, steps_size;
    unsigned at;
    int fd, listener; /* -1: none */
    struct named names[NAMES_MAX];
    unsigned n_names;
    struct endpoint last_sender;
    struct sock_recv message;
    uint8_t *octets; /* what the current step sends or receives */
    size_t len;
    struct sha256 hash;
    uint64_t got;
    int64_t result;
    uint8_t chunk[65536];
};

/* ---- reading the script ---- */

static char *trimmed(const char *from, size_t len)
{
    char *text;

    while (len > 0 && strchr(" \t\n", *from) != NULL)
        from++, len--;
    while (len > 0 && strchr(" \t\n", from[len - 1]) != NULL)
        len--;
    text = mem_alloc(len + 1);
    memcpy(text, from, len);
    text[len] = '\0';
    return text;
}

static bool parse_seconds(const char *text, sim_time *time)
{
    return text_scaled(text, strlen(text), 12, time);
}

/* A:P, *:P or :P. */
static bool parse_endpoint(const char *text, size_t len, struct endpoint *endpoint)
{
    char copy[ENDPOINT_TEXT_MAX], *colon;
    uint64_t port;

    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    colon = strrchr(copy, ':');
    if (colon == NULL || !text_u64(colon + 1, 65535, &port))
        return false;
    *colon = '\0';
    endpoint->port = (uint16_t)port;
    if (*copy == '\0' || strcmp(copy, "*") == 0) {
        endpoint->addr = 0;
        return true;
    }
    return ip4_parse(copy, &endpoint->addr);
}

/* What stands behind the verb; false: not what it needs. */
static bool parse_argument(struct step *step, enum argument argument)
{
    const char *word = step->word, *blank;

    switch (argument) {
    case ARG_NONE:
        return *word == '\0';
    case ARG_COUNT_OR_NOTHING:
        if (*word == '\0')
            return true;
        CO_FALLTHROUGH;
    case ARG_COUNT:
        step->has_count = true;
        return text_u64(word, SEND_MAX, &step->count);
    case ARG_SECONDS:
        return parse_seconds(word, &step->time);
    case ARG_ENDPOINT:
        return parse_endpoint(word, strlen(word), &step->endpoint);
    case ARG_ENDPOINT_COUNT:
        blank = strchr(word, ' ');
        return blank != NULL && parse_endpoint(word, (size_t)(blank - word), &step->endpoint) &&
               text_u64(blank + 1, SEND_MAX, &step->count);
    case ARG_NAME:
        return *word != '\0' && strlen(word) < NAME_LEN_MAX && strchr(word, ' ') == NULL;
    case ARG_TEXT:
        return *word != '\0';
    }
    return false;
}

/* The usage line of each kind of argument, for the error message. */
static const char *argument_form(enum argument argument)
{
    static const char *const forms[] = { [ARG_NONE] = "",
                                         [ARG_COUNT] = " N",
                                         [ARG_COUNT_OR_NOTHING] = " [N]",
                                         [ARG_SECONDS] = " SECONDS",
                                         [ARG_ENDPOINT] = " ADDRESS:PORT",
                                         [ARG_TEXT] = " TEXT",
                                         [ARG_NAME] = " NAME",
                                         [ARG_ENDPOINT_COUNT] = " ADDRESS:PORT N" };

    return forms[argument];
}

static bool parse_step(struct process *self, struct sock_state *s, char *text)
{
    struct step step = { .text = text };
    size_t len = strcspn(text, " \t");
    unsigned verb = 0;

    while (verb < VERB_N && (strlen(verbs[verb].name) != len || strncmp(verbs[verb].name, text, len) != 0))
        verb++;
    ARRAY_PUSH(s->steps, s->n_steps, s->steps_size, step);
    if (verb == VERB_N) {
        process_errorf(self, "sock: unknown verb: %.*s\n", (int)len, text);
        return false;
    }
    step.verb = (enum verb)verb;
    step.word = text + len + strspn(text + len, " \t");
    if (!parse_argument(&step, verbs[verb].argument)) {
        process_errorf(self, "sock: %s: expected: %s%s\n", text, verbs[verb].name, argument_form(verbs[verb].argument));
        return false;
    }
    s->steps[s->n_steps - 1] = step;
    return true;
}

static bool parse_script(struct process *self, struct sock_state *s)
{
    const char *at;

    if (self->argc != 2 || self->argv[1][0] == '-') {
        process_errorf(self, "usage: sock 'VERB ARGS; VERB ARGS; ...'\n");
        return false;
    }
    for (at = self->argv[1]; *at != '\0';) {
        size_t len = strcspn(at, ";");
        char *text = trimmed(at, len);

        at += len + (at[len] == ';');
        if (*text == '\0')
            free(text);
        else if (!parse_step(self, s, text))
            return false;
    }
    return true;
}

/* ---- doing it ---- */

static void set_payload(struct sock_state *s, const void *octets, size_t len)
{
    free(s->octets);
    s->octets = mem_alloc(len);
    s->len = len;
    if (octets != NULL) {
        memcpy(s->octets, octets, len);
        return;
    }
    for (size_t i = 0; i < len; i++)
        s->octets[i] = (uint8_t)('a' + i % 26);
}

static void set_http_request(struct sock_state *s, const char *path)
{
    struct strbuf request = STRBUF_INIT;

    strbuf_addf(&request, "GET %s HTTP/1.1\r\nHost: lab\r\n\r\n", path);
    set_payload(s, strbuf_text(&request), request.len);
    strbuf_fini(&request);
}

static void say(struct process *self, const struct step *step, const char *result)
{
    process_printf(self, "%s -> %s\n", step->text, result);
}

static void say_result(struct process *self, const struct step *step, int64_t result)
{
    char text[64] = "ok";

    if (result < 0)
        snprintf(text, sizeof text, "ERR %s", sim_errno_name((int)-result));
    say(self, step, text);
}

static void say_got(struct process *self, struct sock_state *s, const struct step *step, int64_t result, bool with_hash)
{
    uint8_t digest[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1], text[160];
    size_t n;

    if (result < 0 && s->got == 0) {
        say_result(self, step, result);
        return;
    }
    n = (size_t)snprintf(text, sizeof text, "got %llu", (unsigned long long)s->got);
    if (with_hash) {
        sha256_finish(&s->hash, digest);
        sha256_hex(digest, hex);
        n += (size_t)snprintf(text + n, sizeof text - n, " sha256 %.16s", hex);
    }
    if (result < 0)
        snprintf(text + n, sizeof text - n, " ERR %s", sim_errno_name((int)-result));
    else if (result == 0)
        snprintf(text + n, sizeof text - n, " EOF");
    say(self, step, text);
}

static int new_socket(struct process *self, struct sock_state *s, int type)
{
    int fd = sys_socket(self, SIM_AF_INET, type, 0);

    if (fd < 0)
        return fd;
    s->fd = fd;
    s->listener = -1;
    return 0;
}

static int set_option(struct process *self, struct sock_state *s, const struct step *step)
{
    switch (step->verb) {
    case VERB_REUSEADDR:
        return sys_setsockopt(self, s->fd, OPT_SO_REUSEADDR, 1);
    case VERB_REUSEPORT:
        return sys_setsockopt(self, s->fd, OPT_SO_REUSEPORT, 1);
    case VERB_NODELAY:
        return sys_setsockopt(self, s->fd, OPT_TCP_NODELAY, 1);
    case VERB_CORK:
        return sys_setsockopt(self, s->fd, OPT_TCP_CORK, step->has_count ? (int)step->count : 1);
    case VERB_BROADCAST:
        return sys_setsockopt(self, s->fd, OPT_SO_BROADCAST, 1);
    case VERB_KEEPALIVE:
        return sys_setsockopt(self, s->fd, OPT_SO_KEEPALIVE, 1);
    case VERB_LINGER:
        return sys_setsockopt(self, s->fd, OPT_SO_LINGER, (int)step->count);
    case VERB_SNDBUF:
        return sys_setsockopt(self, s->fd, OPT_SO_SNDBUF, (int)step->count);
    case VERB_RCVBUF:
        return sys_setsockopt(self, s->fd, OPT_SO_RCVBUF, (int)step->count);
    case VERB_TIMEOUT:
        return sys_set_timeouts(self, s->fd, step->time, step->time);
    default:
        return sys_set_nonblock(self, s->fd, true);
    }
}

static int close_current(struct process *self, struct sock_state *s, int *fd)
{
    int error = sys_close(self, *fd);

    if (s->listener == s->fd)
        s->listener = -1;
    *fd = -1;
    return error;
}

static int use_name(struct sock_state *s, const char *name)
{
    for (unsigned i = 0; i < s->n_names; i++) {
        if (strcmp(s->names[i].name, name) == 0) {
            s->fd = s->names[i].fd;
            s->listener = s->names[i].listener;
            return 0;
        }
    }
    return -SIM_ENOENT;
}

static int set_name(struct sock_state *s, const char *name)
{
    unsigned i = 0;

    if (s->fd < 0)
        return -SIM_EBADF;
    while (i < s->n_names && strcmp(s->names[i].name, name) != 0)
        i++;
    if (i == NAMES_MAX)
        return -SIM_EMFILE;
    if (i == s->n_names)
        s->n_names++;
    snprintf(s->names[i].name, NAME_LEN_MAX, "%s", name);
    s->names[i].fd = s->fd;
    s->names[i].listener = s->listener;
    return 0;
}

/* The verbs that never wait. */
static void do_at_once(struct process *self, struct sock_state *s, const struct step *step)
{
    char text[ENDPOINT_TEXT_MAX];
    struct endpoint endpoint;
    int error;

    switch (step->verb) {
    case VERB_TCP:
        error = new_socket(self, s, SIM_SOCK_STREAM);
        break;
    case VERB_UDP:
        error = new_socket(self, s, SIM_SOCK_DGRAM);
        break;
    case VERB_BIND:
        error = sys_bind(self, s->fd, step->endpoint);
        break;
    case VERB_LISTEN:
        error = sys_listen(self, s->fd, step->has_count ? (int)step->count : 5);
        if (error == 0)
            s->listener = s->fd;
        break;
    case VERB_SHUTWR:
        error = sys_shutdown(self, s->fd, SOCK_SHUT_WR);
        break;
    case VERB_SHUTRD:
        error = sys_shutdown(self, s->fd, SOCK_SHUT_RD);
        break;
    case VERB_CLOSE:
        error = close_current(self, s, &s->fd);
        break;
    case VERB_CLOSELISTENER:
        error = close_current(self, s, &s->listener);
        break;
    case VERB_USE:
        error = use_name(s, step->word);
        break;
    case VERB_AS:
        error = set_name(s, step->word);
        break;
    case VERB_GETSOCKNAME:
    case VERB_GETPEERNAME:
        error = step->verb == VERB_GETSOCKNAME ? sys_getsockname(self, s->fd, &endpoint)
                                               : sys_getpeername(self, s->fd, &endpoint);
        if (error == 0) {
            say(self, step, endpoint_format(endpoint, text));
            return;
        }
        break;
    default:
        error = set_option(self, s, step);
        break;
    }
    say_result(self, step, error);
}

static void say_sender(struct process *self, struct sock_state *s, const struct step *step, int64_t result)
{
    char text[64], addr[IP4_TEXT_MAX];

    if (result < 0) {
        say_result(self, step, result);
        return;
    }
    s->last_sender = s->message.from;
    snprintf(text, sizeof text, "got %lld from %s", (long long)result, ip4_format(s->message.from.addr, addr));
    say(self, step, text);
}

static void begin_receiving(struct sock_state *s)
{
    s->got = 0;
    sha256_init(&s->hash);
}

static void take(struct sock_state *s, int64_t n)
{
    if (n <= 0)
        return;
    sha256_add(&s->hash, s->chunk, (size_t)n);
    s->got += (uint64_t)n;
}

static size_t wanted(const struct sock_state *s, const struct step *step)
{
    uint64_t left = step->verb == VERB_RECV ? step->count - s->got : sizeof s->chunk;

    return left < sizeof s->chunk ? (size_t)left : sizeof s->chunk;
}

static enum co_status sock_main(struct process *self, void *state)
{
    struct sock_state *s = state;
    const struct step *step = s->steps == NULL ? NULL : &s->steps[s->at];

    CO_BEGIN(&s->co);
    s->fd = s->listener = -1;
    if (!parse_script(self, s)) {
        self->exit_status = 2;
        CO_RETURN(&s->co);
    }
    for (s->at = 0; s->at < s->n_steps; s->at++) {
        if (s->at > 0 && s->steps[s->at - 1].verb >= VERB_ACCEPT)
            CO_CALL(&s->co, s->result, sys_sleep(self, VERB_TIME));
        step = &s->steps[s->at];
        if (step->verb == VERB_ACCEPT) {
            CO_CALL(&s->co, s->result, sys_accept(self, s->listener >= 0 ? s->listener : s->fd, NULL));
            if (s->result >= 0)
                s->fd = (int)s->result;
            say_result(self, step, s->result);
        } else if (step->verb == VERB_CONNECT) {
            CO_CALL(&s->co, s->result, sys_connect(self, s->fd, step->endpoint));
            say_result(self, step, s->result);
        } else if (step->verb == VERB_SEND || step->verb == VERB_SENDTEXT || step->verb == VERB_HTTP) {
            if (step->verb == VERB_HTTP)
                set_http_request(s, step->word);
            else
                set_payload(s, step->verb == VERB_SENDTEXT ? step->word : NULL,
                            step->verb == VERB_SENDTEXT ? strlen(step->word) : (size_t)step->count);
            CO_CALL(&s->co, s->result, sys_send(self, s->fd, s->octets, s->len, SOCK_MSG_NOSIGNAL));
            if (s->result >= 0 && (size_t)s->result < s->len)
                process_printf(self, "%s -> sent %lld\n", step->text, (long long)s->result);
            else
                say_result(self, step, s->result);
        } else if (step->verb == VERB_SENDTO || step->verb == VERB_REPLY) {
            set_payload(s, NULL, (size_t)step->count);
            CO_CALL(&s->co, s->result,
                    sys_sendto(self, s->fd, s->octets, s->len, 0,
                               step->verb == VERB_REPLY ? s->last_sender : step->endpoint));
            say_result(self, step, s->result);
        } else if (step->verb == VERB_RECVFROM) {
            s->message = (struct sock_recv){ .octets = s->chunk, .size = sizeof s->chunk };
            CO_CALL(&s->co, s->result, sys_recvmsg(self, s->fd, &s->message));
            say_sender(self, s, step, s->result);
        } else if (step->verb == VERB_RECV || step->verb == VERB_RECVSOME || step->verb == VERB_RECVEOF) {
            begin_receiving(s);
            do {
                CO_CALL(&s->co, s->result, sys_recv(self, s->fd, s->chunk, wanted(s, step), 0));
                take(s, s->result);
            } while (s->result > 0 && (step->verb == VERB_RECVEOF || (step->verb == VERB_RECV && s->got < step->count)));
            say_got(self, s, step, s->result, step->verb == VERB_RECVEOF);
        } else if (step->verb == VERB_SLEEP) {
            CO_CALL(&s->co, s->result, sys_sleep(self, step->time));
            say_result(self, step, s->result);
        } else if (step->verb == VERB_AT) {
            CO_CALL(&s->co, s->result, sys_sleep_until(self, step->time));
            say_result(self, step, s->result);
        } else {
            do_at_once(self, s, step);
        }
    }
    CO_END(&s->co);
}

static void sock_cleanup(struct process *self, void *state)
{
    struct sock_state *s = state;

    (void)self;
    for (unsigned i = 0; i < s->n_steps; i++)
        free(s->steps[i].text);
    free(s->steps);
    free(s->octets);
}

const struct program sock_program = { "sock", sizeof(struct sock_state), sock_main, NULL, sock_cleanup };
