/* The calls of socket scripts: what they send. */
#include <string.h>

#include "apps/sock_run.h"
#include "stack/services/alphabet.h"

#define HTTP_HOST_NAME "lab" /* what the verb `http` says in Host */

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
        strbuf_add(&st->out, "\0\0\0\0", SOCK_RECORD_HEAD);
    if (st->count == 0 && st->out.len <= SOCK_RECORD_HEAD) {
        sock_add_encoded(st, op->text, op->text_len, &st->out);
        if (op->verb == SOCK_SENDLINE)
            strbuf_addc(&st->out, '\n');
        if (op->verb == SOCK_SENDRECORD) {
            size_t len = st->out.len - SOCK_RECORD_HEAD;

            for (int i = 0; i < SOCK_RECORD_HEAD; i++)
                st->out.text[i] = (char)(len >> (8 * (SOCK_RECORD_HEAD - 1 - i)));
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
    const struct sock_named *named = sock_find_name(st, op->text);
    struct sock_send message = { .octets = op->unix_name, .len = strlen(op->unix_name) };
    int64_t n;

    if (named == NULL)
        return -SIM_EBADF;
    message.pass_fd = named->fd;
    n = sys_sendmsg(self, st->fd, &message);
    st->count = n > 0 ? (uint64_t)n : 0;
    return n < 0 ? n : 0;
}

/* N octets of the alphabet: one write() of the program, whatever number of calls it takes here. */
static int64_t send_alphabet(struct process *self, struct sock_run *st, uint64_t len,
                             unsigned flags)
{
    if (!sock_is_stream(self, st->fd))
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

int64_t sock_do_sending(struct process *self, struct sock_run *st, const struct sock_op *op)
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
    case SOCK_HTTP:
        return send_http(self, st, op);
    default:
        return sock_do_receiving(self, st, op);
    }
}
