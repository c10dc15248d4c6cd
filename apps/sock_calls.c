/* The calls of socket scripts: one for each verb. */
#include <string.h>

#include "apps/sock_args.h"
#include "apps/sock_run.h"
#include "base/memory.h"
#include "stack/services/alphabet.h"

#define HASH_SHOWN     16    /* hexadecimal digits of a SHA-256 that are printed */
#define HTTP_HOST_NAME "lab" /* what the verb `http` says in Host */
#define RECORD_HEAD    4     /* octets of length before a record, most significant first */
#define RECORD_MAX     (1u << 20)

static bool is_stream(struct process *self, int fd)
{
    int type = 0;

    return sys_getsockopt(self, fd, OPT_SO_TYPE, &type) == 0 && type == SIM_SOCK_STREAM;
}

static struct sock_named *find_name(struct sock_run *st, const char *name)
{
    for (unsigned i = 0; i < st->n_names; i++)
        if (strcmp(st->names[i].name, name) == 0)
            return &st->names[i];
    return NULL;
}

/* ---- sending ---- */

static int64_t send_once(struct process *self, struct sock_run *st, const void *octets, size_t len,
                         unsigned flags)
{
    int64_t n = sys_send(self, st->fd, octets, len, flags);

    if (n >= 0 && (size_t)n < len) {
        strbuf_addf(&st->answer, "sent %lld", (long long)n);
        st->full = false;
    }
    if (n >= 0)
        st->count = (uint64_t)n;
    return n < 0 ? n : 0;
}

int64_t sock_send_octets(struct process *self, struct sock_run *st, const void *octets, size_t len,
                         unsigned flags)
{
    if (st->chop == 0 || len == 0)
        return send_once(self, st, octets, len, flags);
    while (st->count < len) {
        int64_t n;

        if (st->piece == 0)
            st->piece = 1 + (size_t)(sys_random(self) % st->chop);
        if (st->piece > len - st->count)
            st->piece = (size_t)(len - st->count);
        n = sys_send(self, st->fd, (const char *)octets + st->count, st->piece, flags);
        if (n < 0)
            return n;
        st->count += (uint64_t)n;
        st->piece = 0;
    }
    return 0;
}

static int64_t send_text(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    if (st->out.len == 0 && op->verb == SOCK_SENDRECORD)
        strbuf_add(&st->out, "\0\0\0\0", RECORD_HEAD);
    if (st->count == 0 && st->out.len <= RECORD_HEAD) {
        sock_add_encoded(st, op->text, op->text_len, &st->out);
        if (op->verb == SOCK_SENDLINE)
            strbuf_addc(&st->out, '\n');
        if (op->verb == SOCK_SENDRECORD) {
            size_t len = st->out.len - RECORD_HEAD;

            for (int i = 0; i < RECORD_HEAD; i++)
                st->out.text[i] = (char)(len >> (8 * (RECORD_HEAD - 1 - i)));
        }
    }
    return sock_send_octets(self, st, strbuf_text(&st->out), st->out.len, op->flags);
}

static int64_t send_http(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    if (st->out.len == 0)
        strbuf_addf(&st->out, "GET %s HTTP/1.1\r\nHost: " HTTP_HOST_NAME "\r\n\r\n", op->text);
    return sock_send_octets(self, st, st->out.text, st->out.len, 0);
}

static int64_t send_to(struct process *self, struct sock_run *st, const void *octets, size_t len,
                       unsigned flags, const struct endpoint *to, const char *unix_name)
{
    struct sock_send message = {
        .octets = octets, .len = len, .flags = flags, .has_to = to != NULL
    };
    int64_t n;

    if (to != NULL)
        message.to = *to;
    n = unix_name != NULL && *unix_name != '\0'
            ? sys_sendto_unix(self, st->fd, octets, len, flags & ~(unsigned)SOCK_MSG_STABLE,
                              unix_name)
            : sys_sendmsg(self, st->fd, &message);
    if (n >= 0)
        st->count = (uint64_t)n;
    return n < 0 ? n : 0;
}

static size_t datagram_len(uint64_t len)
{
    return len < ALPHABET_LEN ? (size_t)len : ALPHABET_LEN; /* more than any datagram: EMSGSIZE */
}

static int64_t reply(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    if (!st->has_sender)
        return -SIM_EDESTADDRREQ;
    return send_to(self, st, alphabet, datagram_len(op->number), SOCK_MSG_STABLE, &st->sender,
                   st->sender_name);
}

/* sendmsg() with a descriptor beside the octets: SCM_RIGHTS. */
static int64_t send_fd(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    const struct sock_named *named = find_name(st, op->text);
    struct sock_send message = { .octets = op->unix_name, .len = strlen(op->unix_name) };
    int64_t n;

    if (named == NULL)
        return -SIM_EBADF;
    message.pass_fd = named->fd;
    n = sys_sendmsg(self, st->fd, &message);
    st->count = n > 0 ? (uint64_t)n : 0;
    return n < 0 ? n : 0;
}

/* recvmsg(): the descriptor that comes along becomes the current socket. */
static int64_t receive_fd(struct process *self, struct sock_run *st)
{
    struct sock_recv message = { .octets = st->buffer, .size = SOCK_BUFFER_LEN, .takes_fd = true };
    int64_t n = sys_recvmsg(self, st->fd, &message);

    if (n < 0)
        return n;
    st->count = (uint64_t)n;
    strbuf_adds(&st->answer, "got ");
    sock_add_shown(st, (const char *)st->buffer, (size_t)n, &st->answer);
    if (message.passed_fd == 0)
        return 0;
    strbuf_adds(&st->answer, " and a socket");
    st->fd = message.passed_fd;
    st->listener = -1;
    return 0;
}

/* N octets of the alphabet: one write() of the program, whatever number of calls it takes here. */
static int64_t send_alphabet(struct process *self, struct sock_run *st, uint64_t len,
                             unsigned flags)
{
    if (!is_stream(self, st->fd))
        return send_to(self, st, alphabet, datagram_len(len), flags | SOCK_MSG_STABLE, NULL, NULL);
    if (st->chop != 0 && len <= ALPHABET_LEN)
        return sock_send_octets(self, st, alphabet, (size_t)len, flags | SOCK_MSG_STABLE);
    do {
        size_t at = (size_t)(st->count % 26), piece = ALPHABET_LEN - at;
        uint64_t left = len - st->count;
        struct sock_send message = { .octets = alphabet + at, .flags = flags | SOCK_MSG_STABLE };
        int64_t n;

        message.len = left < piece ? (size_t)left : piece;
        if (message.len < left)
            message.flags |= SOCK_MSG_MORE;
        if (st->count > 0)
            message.flags |= SOCK_MSG_GOES_ON;
        n = sys_sendmsg(self, st->fd, &message);
        if (n == -SIM_EAGAIN && st->count > 0) {
            strbuf_addf(&st->answer, "sent %llu", (unsigned long long)st->count);
            st->full = false;
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
    if (error < 0) {
        strbuf_addf(&st->answer, " ERR %s", sim_errno_name((int)-error));
        st->full = false;
    } else if (st->eof) {
        strbuf_adds(&st->answer, " EOF");
    }
    return 0;
}

/* Up to @len octets, or to the end of the stream; a datagram is one call. UINT64_MAX: all there is.
 */
static int64_t receive(struct process *self, struct sock_run *st, uint64_t len, bool once,
                       unsigned flags)
{
    bool all = len == UINT64_MAX;
    bool stream = is_stream(self, st->fd);

    once = once || (flags & (SOCK_MSG_PEEK | SOCK_MSG_OOB)) != 0;
    while (st->count < len && !st->eof) {
        uint64_t left = len - st->count;
        size_t size = left < SOCK_BUFFER_LEN ? (size_t)left : SOCK_BUFFER_LEN;
        int64_t n = sys_recv(self, st->fd, st->buffer, size, flags);

        if (n == SYS_BLOCKED)
            return n;
        if (n < 0)
            return say_got(st, all, n);
        sha256_add(&st->hash, st->buffer, (size_t)n < size ? (size_t)n : size);
        st->count += (uint64_t)n;
        st->eof = n == 0 && stream;
        if (once || (!stream && !all))
            break;
    }
    return say_got(st, all, 0);
}

static void say_sender(struct sock_run *st, const struct sock_recv *message)
{
    char text[IP6_TEXT_MAX];

    if (message->from_name[0] != '\0')
        strbuf_addf(&st->answer, " from %s", message->from_name);
    else if (message->from.v6)
        strbuf_addf(&st->answer, " from %s", ip6_format(message->from.addr6, text));
    else
        strbuf_addf(&st->answer, " from %s", ip4_format(message->from.addr, text));
}

static int64_t receive_from(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    struct sock_recv message = { .octets = st->buffer,
                                 .size = op->has_number ? (size_t)op->number : SOCK_BUFFER_LEN,
                                 .flags = op->flags };
    int64_t n = sys_recvmsg(self, st->fd, &message);

    if (n < 0)
        return n;
    st->count = (uint64_t)n;
    st->sender = message.from;
    memcpy(st->sender_name, message.from_name, sizeof st->sender_name);
    st->has_sender = true;
    if (message.full_len > (size_t)n)
        strbuf_addf(&st->answer, "got %lld of %zu", (long long)n, message.full_len);
    else
        strbuf_addf(&st->answer, "got %lld", (long long)n);
    say_sender(st, &message);
    return 0;
}

static bool is_on(struct process *self, const struct sock_run *st, enum sock_option option)
{
    int value = 0;

    return sys_getsockopt(self, st->fd, option, &value) == 0 && value != 0;
}

/* What options make recvmsg() tell of a datagram, and of what is left of a stream. */
static void say_control(struct process *self, struct sock_run *st, const struct sock_recv *message,
                        bool stream)
{
    struct ip_iface *iface = ip_iface_by_index(&self->os->ip, message->ifindex);
    char text[IP6_TEXT_MAX];
    int waiting = 0;

    if (stream) {
        if (is_on(self, st, OPT_TCP_INQ) &&
            sys_getsockopt(self, st->fd, OPT_SIOCINQ, &waiting) == 0)
            strbuf_addf(&st->answer, " TCP_INQ %d", waiting);
        return;
    }
    if (is_on(self, st, OPT_SO_TIMESTAMP) || is_on(self, st, OPT_SO_TIMESTAMPNS))
        strbuf_addf(&st->answer, " SO_TIMESTAMP %lld.%06lld", (long long)(message->at / SIM_SEC(1)),
                    (long long)(message->at % SIM_SEC(1) / SIM_USEC(1)));
    if (is_on(self, st, OPT_IP_PKTINFO))
        strbuf_addf(&st->answer, " IP_PKTINFO %s %s", iface == NULL ? "?" : iface->name,
                    ip4_format(message->to.addr, text));
    if (is_on(self, st, OPT_IP_RECVTTL))
        strbuf_addf(&st->answer, " IP_TTL %u", message->ttl);
    if (is_on(self, st, OPT_IP_RECVTOS))
        strbuf_addf(&st->answer, " IP_TOS 0x%02x", message->tos);
}

/* recvmsg(): the octets, and beside them what options ask for. */
static int64_t receive_message(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    struct sock_recv message = { .octets = st->buffer,
                                 .size = op->has_number ? (size_t)op->number : SOCK_BUFFER_LEN,
                                 .flags = op->flags };
    bool stream = is_stream(self, st->fd);
    int64_t n = sys_recvmsg(self, st->fd, &message);

    if (n < 0)
        return n;
    st->count = (uint64_t)n;
    st->eof = n == 0 && stream && message.size > 0;
    strbuf_addf(&st->answer, "got %lld%s", (long long)n, st->eof ? " EOF" : "");
    if (!stream) {
        if (message.full_len > (size_t)n)
            strbuf_addf(&st->answer, " of %zu", message.full_len);
        say_sender(st, &message);
        st->sender = message.from;
        memcpy(st->sender_name, message.from_name, sizeof st->sender_name);
        st->has_sender = true;
    }
    say_control(self, st, &message, stream);
    return 0;
}

/* A timestamp of what was sent, or calls with MSG_ZEROCOPY that are done. */
static void say_sent(struct sock_run *st, const struct sock_recv *message)
{
    static const char *const kinds[] = { "SND", "SCHED", "ACK" };
    const struct sock_report *report = &message->report;

    if (report->origin == SOCK_ORIGIN_COPYLESS) {
        strbuf_addf(&st->answer, "MSG_ZEROCOPY %u to %u%s", report->info, report->data,
                    report->code != 0 ? " copied" : "");
        return;
    }
    strbuf_addf(&st->answer, "SO_TIMESTAMPING %s of %u at %lld.%06lld",
                report->info <= SOCK_STAMPED_ACK ? kinds[report->info] : "?", report->data,
                (long long)(message->at / SIM_SEC(1)),
                (long long)(message->at % SIM_SEC(1) / SIM_USEC(1)));
}

/* The next entry of the error queue: IP_RECVERR. */
static int64_t receive_error(struct process *self, struct sock_run *st)
{
    struct sock_recv message = { .octets = st->buffer,
                                 .size = SOCK_BUFFER_LEN,
                                 .flags = SOCK_MSG_ERRQUEUE };
    int64_t n = sys_recvmsg(self, st->fd, &message);
    char text[ENDPOINT_TEXT_MAX];

    if (n < 0)
        return n;
    st->count = (uint64_t)n;
    if (message.report.origin > SOCK_ORIGIN_ICMP6) {
        say_sent(st, &message);
        return 0;
    }
    strbuf_addf(&st->answer, "got %lld to %s: %s", (long long)n,
                endpoint_format(message.from, text), sim_errno_name(message.report.error));
    if (message.report.origin > 1)
        strbuf_addf(&st->answer, ", ICMP type %u code %u from %s", message.report.type,
                    message.report.code,
                    message.report.offender.v6 ? ip6_format(message.report.offender.addr6, text)
                                               : ip4_format(message.report.offender.addr, text));
    if (message.report.info != 0)
        strbuf_addf(&st->answer, ", MTU %u", message.report.info);
    return 0;
}

/* One recv(), shown as text or as hexadecimal digits. */
static int64_t receive_shown(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    size_t size = op->has_number ? (size_t)op->number : SOCK_BUFFER_LEN;
    int64_t n = sys_recv(self, st->fd, st->buffer, size, op->flags);

    if (n < 0)
        return n;
    st->count = (uint64_t)n;
    st->eof = n == 0 && size > 0 && is_stream(self, st->fd);
    strbuf_adds(&st->answer, "got ");
    if (st->eof) {
        strbuf_adds(&st->answer, "0 EOF");
    } else if (op->verb == SOCK_RECVTEXT) {
        sock_add_shown(st, (const char *)st->buffer, (size_t)n, &st->answer);
    } else {
        for (int64_t i = 0; i < n; i++)
            strbuf_addf(&st->answer, "%02x", st->buffer[i]);
    }
    return 0;
}

/* Read until @st->in has @len octets: 1; 0 at the end of the stream. */
static int64_t fill_in(struct process *self, struct sock_run *st, size_t len)
{
    while (st->in.len < len) {
        size_t left = len - st->in.len;
        int64_t n =
            sys_recv(self, st->fd, st->buffer, left < SOCK_BUFFER_LEN ? left : SOCK_BUFFER_LEN, 0);

        if (n <= 0)
            return n;
        strbuf_add(&st->in, st->buffer, (size_t)n);
    }
    return 1;
}

static int64_t say_record(struct sock_run *st, size_t skip, size_t len, bool eof)
{
    st->count = len;
    strbuf_adds(&st->answer, "got ");
    if (len > 0 || !eof)
        sock_add_shown(st, strbuf_text(&st->in) + skip, len, &st->answer);
    else
        strbuf_adds(&st->answer, "0");
    if (eof)
        strbuf_adds(&st->answer, " EOF");
    st->full = !eof;
    return 0;
}

/* Octets up to the end of a line: the boundary is a mark in the data. */
static int64_t receive_line(struct process *self, struct sock_run *st)
{
    for (;;) {
        int64_t n = fill_in(self, st, st->in.len + 1);

        if (n < 0)
            return n;
        if (n == 0)
            return say_record(st, 0, st->in.len, true);
        if (st->in.text[st->in.len - 1] == '\n')
            return say_record(st, 0, st->in.len - 1, false);
    }
}

/* A length, then that many octets: the boundary is a number before the data. */
static int64_t receive_record(struct process *self, struct sock_run *st)
{
    int64_t n = fill_in(self, st, RECORD_HEAD);
    size_t len = 0;

    if (n == 1) {
        for (int i = 0; i < RECORD_HEAD; i++)
            len = len << 8 | (uint8_t)st->in.text[i];
        if (len > RECORD_MAX)
            return -SIM_EMSGSIZE;
        n = fill_in(self, st, RECORD_HEAD + len);
    }
    if (n < 0)
        return n;
    if (n == 0)
        return say_record(st, 0, 0, true);
    return say_record(st, RECORD_HEAD, len, false);
}

/* "in hup". */
static void say_events(struct sock_run *st, unsigned events)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = { { SOCK_POLLIN, "in" },   { SOCK_POLLPRI, "pri" }, { SOCK_POLLOUT, "out" },
                  { SOCK_POLLERR, "err" }, { SOCK_POLLHUP, "hup" }, { SOCK_POLLRDHUP, "rdhup" },
                  { 0x20, "nval" } };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (events & names[i].bit)
            strbuf_addf(&st->answer, "%s%s", st->answer.len > 0 ? " " : "", names[i].name);
}

static int64_t wait_for(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    int64_t n;

    st->poll.fd = st->fd < 0 ? 1000000 : st->fd;
    st->poll.events = op->flags;
    n = sys_poll(self, &st->poll, 1, op->time);
    if (n < 0)
        return n;
    if (n == 0)
        strbuf_adds(&st->answer, "timeout");
    say_events(st, st->poll.revents);
    st->full = n > 0;
    return 0;
}

/* ---- epoll ---- */

static int64_t make_epoll(struct process *self, struct sock_run *st)
{
    int fd = sys_epoll_create(self);

    if (fd < 0)
        return fd;
    st->epoll = fd;
    return 0;
}

/* The current socket in the set: by its number, which epoll_wait() gives back. */
static int64_t watch(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    struct sys_epoll_event event = { .events = op->flags, .data = (uint64_t)st->fd };
    int how = op->verb == SOCK_WATCH     ? SYS_EPOLL_ADD
              : op->verb == SOCK_REWATCH ? SYS_EPOLL_MOD
                                         : SYS_EPOLL_DEL;

    return sys_epoll_ctl(self, st->epoll, how, st->fd, &event);
}

/* "server in, client in rdhup": by the names that the script gave, or numbers. */
static int64_t wait_epoll(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    int64_t n = sys_epoll_wait(self, st->epoll, st->events, SOCK_EVENTS_MAX, op->time);

    if (n < 0)
        return n;
    if (n == 0)
        strbuf_adds(&st->answer, "timeout");
    for (int64_t i = 0; i < n; i++) {
        int fd = (int)st->events[i].data;
        unsigned at = 0;

        while (at < st->n_names && st->names[at].fd != fd)
            at++;
        if (at < st->n_names)
            strbuf_addf(&st->answer, "%s%s", i > 0 ? ", " : "", st->names[at].name);
        else
            strbuf_addf(&st->answer, "%s%d", i > 0 ? ", " : "", fd);
        say_events(st, st->events[i].events);
    }
    st->full = n > 0;
    return 0;
}

/* ---- sockets ---- */

static int64_t make(struct process *self, struct sock_run *st, int domain, int type, int protocol)
{
    int fd = sys_socket(self, domain, type, protocol);

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

    if (error == SYS_BLOCKED)
        return error;
    if (st->fd == fd)
        st->fd = -1;
    if (st->listener == fd)
        st->listener = -1;
    return error;
}

static void give_name(struct sock_run *st, char *name, int fd, int listener)
{
    struct sock_named *named = find_name(st, name);

    if (named != NULL)
        *named = (struct sock_named){ name, fd, listener };
    else
        ARRAY_PUSH(st->names, st->n_names, st->names_size,
                   ((struct sock_named){ name, fd, listener }));
}

static int64_t name_socket(struct process *self, struct sock_run *st, char *name)
{
    if (sys_sock(self, st->fd) == NULL)
        return -SIM_EBADF;
    give_name(st, name, st->fd, st->listener);
    return 0;
}

static int64_t use_socket(struct process *self, struct sock_run *st, const char *name)
{
    const struct sock_named *named = find_name(st, name);

    if (named == NULL || sys_sock(self, named->fd) == NULL)
        return -SIM_EBADF;
    st->fd = named->fd;
    st->listener = named->listener;
    return 0;
}

static int64_t make_pair(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    int fds[2], error = sys_socketpair(self, SIM_SOCK_STREAM, fds);

    if (error != 0)
        return error;
    give_name(st, op->text, fds[0], -1);
    give_name(st, op->unix_name, fds[1], -1);
    st->fd = fds[0];
    st->listener = -1;
    return 0;
}

static int64_t say_name(struct process *self, struct sock_run *st, bool peer)
{
    struct endpoint end = { 0 };
    char text[ENDPOINT_TEXT_MAX];
    int error;
    const char *name = sys_unix_name(self, st->fd, peer, &error);

    if (name != NULL)
        strbuf_addf(&st->answer, "%s", *name == '\0' ? "(no name)" : name);
    if (error != -SIM_EAFNOSUPPORT)
        return error;
    error = peer ? sys_getpeername(self, st->fd, &end) : sys_getsockname(self, st->fd, &end);
    if (error == 0)
        strbuf_adds(&st->answer, endpoint_format(end, text));
    return error;
}

static int64_t bind_it(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    return op->unix_name != NULL ? sys_bind_unix(self, st->fd, op->unix_name)
                                 : sys_bind(self, st->fd, op->to);
}

static int64_t connect_it(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    return op->unix_name != NULL ? sys_connect_unix(self, st->fd, op->unix_name)
                                 : sys_connect(self, st->fd, op->to);
}

/* ---- options ---- */

static int64_t set(struct process *self, struct sock_run *st, enum sock_option option,
                   uint64_t value)
{
    return sys_setsockopt(self, st->fd, option, (int)value);
}

static int64_t set_named(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    sim_time time = SIM_USEC(op->value);

    if (op->option->form != SOCK_VALUE_SECONDS)
        return sys_setsockopt(self, st->fd, (enum sock_option)op->option->option, (int)op->value);
    return op->option->option == -1 ? sys_set_timeouts(self, st->fd, time, -1)
                                    : sys_set_timeouts(self, st->fd, -1, time);
}

static int64_t get_info(struct process *self, struct sock_run *st,
                        const struct sock_option_name *option)
{
    uint8_t octets[256] = { 0 };
    size_t len = sizeof octets;
    unsigned size, at = sock_info_offset(option, &size);
    uint64_t value = 0; /* in the machine's order, as the struct has it */
    uint32_t word;
    int error = sys_getsockopt_octets(self, st->fd, 6, 11, octets, &len);

    if (error != 0)
        return error;
    if (size == 1) {
        value = octets[at];
    } else if (size == 4) {
        memcpy(&word, octets + at, sizeof word);
        value = word;
    } else {
        memcpy(&value, octets + at, sizeof value);
    }
    strbuf_addf(&st->answer, "%llu", (unsigned long long)value);
    return 0;
}

static int64_t get_named(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    int value = 0, error;
    int64_t pair[2] = { 0, 0 };
    size_t len = sizeof pair;

    switch (op->option->form) {
    case SOCK_VALUE_INFO:
        return get_info(self, st, op->option);
    case SOCK_VALUE_SECONDS:
        error =
            sys_getsockopt_octets(self, st->fd, 1, op->option->option == -1 ? 20 : 21, pair, &len);
        if (error == 0)
            strbuf_addf(&st->answer, "%lld.%06lld", (long long)pair[0], (long long)pair[1]);
        return error;
    case SOCK_VALUE_CONGESTION:
    case SOCK_VALUE_INT:
        break;
    }
    error = sys_getsockopt(self, st->fd, (enum sock_option)op->option->option, &value);
    if (error != 0)
        return error;
    if (op->option->form == SOCK_VALUE_CONGESTION)
        strbuf_adds(&st->answer, value == 0 ? "cubic" : "reno");
    else if (op->option->option == OPT_SO_ERROR && value != 0)
        strbuf_adds(&st->answer, sim_errno_name(value));
    else
        strbuf_addf(&st->answer, "%d", value);
    return 0;
}

/* ---- the verbs ---- */

static int64_t do_settings(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    switch (op->verb) {
    case SOCK_REUSEADDR:
        return set(self, st, OPT_SO_REUSEADDR, op->number);
    case SOCK_REUSEPORT:
        return set(self, st, OPT_SO_REUSEPORT, op->number);
    case SOCK_NODELAY:
        return set(self, st, OPT_TCP_NODELAY, op->number);
    case SOCK_CORK:
        return set(self, st, OPT_TCP_CORK, op->number);
    case SOCK_BROADCAST:
        return set(self, st, OPT_SO_BROADCAST, op->number);
    case SOCK_KEEPALIVE:
        return set(self, st, OPT_SO_KEEPALIVE, op->number);
    case SOCK_NONBLOCK:
    case SOCK_BLOCKING:
        return sys_set_nonblock(self, st->fd, op->verb == SOCK_NONBLOCK);
    case SOCK_LINGER:
        return set(self, st, OPT_SO_LINGER, op->number);
    case SOCK_SNDBUF:
        return set(self, st, OPT_SO_SNDBUF, op->number);
    case SOCK_RCVBUF:
        return set(self, st, OPT_SO_RCVBUF, op->number);
    case SOCK_TIMEOUT:
        return sys_set_timeouts(self, st->fd, op->time, op->time);
    case SOCK_SET:
        return set_named(self, st, op);
    case SOCK_GET:
        return get_named(self, st, op);
    case SOCK_DEVICE:
        return sys_bind_device(self, st->fd, op->text);
    case SOCK_JOIN:
        return sys_join_group(self, st->fd, op->to.addr6, op->text);
    case SOCK_LEAVE:
        return sys_leave_group(self, st->fd, op->to.addr6, op->text);
    case SOCK_USER:
        return sys_setuid(self, (uint32_t)op->number);
    case SOCK_SIGPIPE:
        self->sigpipe = op->number != 0;
        return 0;
    case SOCK_CHARSET:
        st->gb2312 = op->number == 1;
        return 0;
    case SOCK_EPOLL:
        return make_epoll(self, st);
    case SOCK_WATCH:
    case SOCK_REWATCH:
    case SOCK_UNWATCH:
        return watch(self, st, op);
    case SOCK_CHOP:
        st->chop = (uint32_t)op->number;
        return 0;
    default:
        return -SIM_EINVAL;
    }
}

static int64_t do_sockets(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    switch (op->verb) {
    case SOCK_TCP:
        return make(self, st, SIM_AF_INET, SIM_SOCK_STREAM, 0);
    case SOCK_UDP:
        return make(self, st, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    case SOCK_UNIX:
        return make(self, st, SIM_AF_UNIX, op->type, 0);
    case SOCK_RAW:
        return make(self, st, SIM_AF_INET, SIM_SOCK_RAW, op->protocol);
    case SOCK_SOCKET:
        return make(self, st, op->domain, op->type, op->protocol);
    case SOCK_SOCKETPAIR:
        return make_pair(self, st, op);
    case SOCK_BIND:
        return bind_it(self, st, op);
    case SOCK_LISTEN:
        return listen_on(self, st, op->number);
    case SOCK_ACCEPT:
        return accept_one(self, st);
    case SOCK_CONNECT:
        return connect_it(self, st, op);
    case SOCK_DISCONNECT:
        return sys_disconnect(self, st->fd);
    case SOCK_SHUTWR:
        return sys_shutdown(self, st->fd, SOCK_SHUT_WR);
    case SOCK_SHUTRD:
        return sys_shutdown(self, st->fd, SOCK_SHUT_RD);
    case SOCK_SHUTRDWR:
        return sys_shutdown(self, st->fd, SOCK_SHUT_RDWR);
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
    default:
        return do_settings(self, st, op);
    }
}

int64_t sock_do(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    switch (op->verb) {
    case SOCK_SEND:
        return send_alphabet(self, st, op->number, op->flags);
    case SOCK_SENDTEXT:
    case SOCK_SENDLINE:
    case SOCK_SENDRECORD:
        return send_text(self, st, op);
    case SOCK_SENDHEX:
        return sock_send_octets(self, st, op->text, op->text_len, 0);
    case SOCK_SENDTO:
        return send_to(self, st, alphabet, datagram_len(op->number), SOCK_MSG_STABLE, &op->to,
                       op->unix_name);
    case SOCK_FASTOPEN:
        return send_to(self, st, alphabet, datagram_len(op->number),
                       SOCK_MSG_STABLE | SOCK_MSG_FASTOPEN, &op->to, NULL);
    case SOCK_SENDTEXTTO:
    case SOCK_FASTOPENTEXT:
        if (st->out.len == 0)
            sock_add_encoded(st, op->text, op->text_len, &st->out);
        return send_to(self, st, strbuf_text(&st->out), st->out.len,
                       op->verb == SOCK_FASTOPENTEXT ? SOCK_MSG_FASTOPEN : 0, &op->to,
                       op->unix_name);
    case SOCK_REPLY:
        return reply(self, st, op);
    case SOCK_SENDFD:
        return send_fd(self, st, op);
    case SOCK_RECVFD:
        return receive_fd(self, st);
    case SOCK_HTTP:
        return send_http(self, st, op);
    case SOCK_RECV:
        return receive(self, st, op->number, false, op->flags);
    case SOCK_RECVSOME:
        return receive(self, st, op->has_number ? op->number : SOCK_BUFFER_LEN, true, op->flags);
    case SOCK_RECVTEXT:
    case SOCK_RECVHEX:
        return receive_shown(self, st, op);
    case SOCK_RECVLINE:
        return receive_line(self, st);
    case SOCK_RECVRECORD:
        return receive_record(self, st);
    case SOCK_RECVEOF:
        return receive(self, st, UINT64_MAX, false, op->flags);
    case SOCK_RECVFROM:
        return receive_from(self, st, op);
    case SOCK_RECVMSG:
        return receive_message(self, st, op);
    case SOCK_RECVERR:
        return receive_error(self, st);
    case SOCK_POLL:
        return wait_for(self, st, op);
    case SOCK_EPOLLWAIT:
        return wait_epoll(self, st, op);
    default:
        return do_sockets(self, st, op);
    }
}
