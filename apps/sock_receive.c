/* The calls of socket scripts: what they receive. */
#include <string.h>

#include "apps/sock_run.h"

#define HASH_SHOWN 16 /* hexadecimal digits of a SHA-256 that are printed */
#define RECORD_MAX (1u << 20)

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
    bool stream = sock_is_stream(self, st->fd);

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
    bool stream = sock_is_stream(self, st->fd);
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
        strbuf_addf(&st->answer, ", %s %u",
                    message.report.error == SIM_EMSGSIZE ? "MTU" : "pointer", message.report.info);
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
    st->eof = n == 0 && size > 0 && sock_is_stream(self, st->fd);
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
    int64_t n = fill_in(self, st, SOCK_RECORD_HEAD);
    size_t len = 0;

    if (n == 1) {
        for (int i = 0; i < SOCK_RECORD_HEAD; i++)
            len = len << 8 | (uint8_t)st->in.text[i];
        if (len > RECORD_MAX)
            return -SIM_EMSGSIZE;
        n = fill_in(self, st, SOCK_RECORD_HEAD + len);
    }
    if (n < 0)
        return n;
    if (n == 0)
        return say_record(st, 0, 0, true);
    return say_record(st, SOCK_RECORD_HEAD, len, false);
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

int64_t sock_do_receiving(struct process *self, struct sock_run *st, const struct sock_op *op)
{
    switch (op->verb) {
    case SOCK_RECVFD:
        return receive_fd(self, st);
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
    default:
        return sock_do_waiting(self, st, op);
    }
}
