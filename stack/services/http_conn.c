#include "stack/services/http_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stack/services/alphabet.h"
#include "stack/socket/syscall.h"

#define ONE_WRITE_MAX 16384 /* a body up to this leaves in one buffer with its head */
#define CHUNK_LEN     16384 /* octets of a chunk of a long body */

enum step { STEP_AGAIN, STEP_WAIT, STEP_OVER };

struct http_conn *http_conn_new(const struct http_server_config *config, int fd, sim_time now)
{
    struct http_conn *conn = mem_zalloc(sizeof *conn);

    conn->fd = fd;
    conn->deadline = config->keepalive > 0 ? now + config->keepalive : SIM_TIME_NONE;
    return conn;
}

void http_conn_free(struct http_conn *conn)
{
    free(conn->out);
    free(conn);
}

unsigned http_conn_events(const struct http_conn *conn)
{
    if (conn->state == HTTP_CONN_CLOSE)
        return 0;
    return conn->state == HTTP_CONN_SEND ? SOCK_POLLOUT : SOCK_POLLIN;
}

/* ---- the answer's octets ---- */

/* The piece of the body from @conn->body_at on; at least one octet while there is one. */
static const uint8_t *body_piece(const struct http_conn *conn, size_t *len)
{
    uint64_t left = conn->reply.len - conn->body_at;
    size_t at = (size_t)(conn->body_at % 26);

    if (conn->reply.body != NULL) {
        *len = left < SIZE_MAX ? (size_t)left : SIZE_MAX;
        return conn->reply.body + conn->body_at;
    }
    *len = left < ALPHABET_LEN - at ? (size_t)left : ALPHABET_LEN - at;
    return (const uint8_t *)alphabet + at;
}

static void out_add(struct http_conn *conn, const void *octets, size_t len)
{
    memcpy(conn->out + conn->out_len, octets, len);
    conn->out_len += len;
}

/* The next @len octets of the body into @conn->out. */
static void out_add_body(struct http_conn *conn, size_t len)
{
    while (len > 0) {
        size_t piece;
        const uint8_t *octets = body_piece(conn, &piece);

        if (piece > len)
            piece = len;
        out_add(conn, octets, piece);
        conn->body_at += piece;
        len -= piece;
    }
}

/* The size line of the next chunk, behind the end of the one before it. */
static void out_begin_chunk(struct http_conn *conn, bool first)
{
    uint64_t left = conn->reply.len - conn->body_at;
    char line[HTTP_CHUNK_MAX];

    if (!first)
        out_add(conn, "\r\n", 2);
    if (left == 0) {
        out_add(conn, HTTP_LAST_CHUNK, strlen(HTTP_LAST_CHUNK));
        return;
    }
    conn->chunk_left = left < CHUNK_LEN ? left : CHUNK_LEN;
    out_add(conn, line, http_emit_chunk((size_t)conn->chunk_left, line));
}

/* Everything into @conn->out where it is small; else the head, and the body follows without being
 * copied. */
static void out_begin(struct http_conn *conn, const struct http_server_config *config, sim_time now)
{
    char head[HTTP_REPLY_HEAD_MAX];
    size_t len = http_reply_head(config, &conn->reply, now, head);
    bool whole;

    if (len == 0) {
        http_reply_error(&conn->reply, 500);
        len = http_reply_head(&(struct http_server_config){ 0 }, &conn->reply, now, head);
    }
    whole = !conn->reply.head_only && conn->reply.len <= ONE_WRITE_MAX;
    conn->out = mem_realloc(
        conn->out, len + (whole ? (size_t)conn->reply.len : 0) + 2 * HTTP_CHUNK_MAX + 16, 1);
    conn->out_len = conn->out_at = 0;
    conn->body_at = 0;
    conn->chunk_left = 0;
    out_add(conn, head, len);
    if (conn->reply.head_only) {
        conn->body_at = conn->reply.len;
        return;
    }
    if (conn->reply.chunked)
        out_begin_chunk(conn, true);
    if (whole) {
        out_add_body(conn, (size_t)conn->reply.len);
        conn->chunk_left = 0;
        if (conn->reply.chunked && conn->reply.len > 0)
            out_begin_chunk(conn, false);
    }
}

/* A record is made whether or not somebody looks, so that ids do not depend on observers; its text
 * only if so. */
static void note(struct process *self, enum why_code code, const char *text)
{
    process_note(self, RECORD_CALL, (struct why){ .code = code }, text);
}

static void note_reply(struct process *self, const struct http_reply *reply)
{
    char text[80] = "";

    if (node_wants(self->os->node, RECORD_CALL))
        snprintf(text, sizeof text, "%u %s, %llu octets", reply->status, http_reason(reply->status),
                 (unsigned long long)(reply->head_only ? 0 : reply->len));
    note(self, WHY_HTTP_RESPONSE, text);
}

static void note_request(struct process *self, const struct http_conn *conn,
                         const struct http_request *request)
{
    char text[200];
    size_t len = 0, start = (size_t)(request->method.at - (const char *)conn->in);

    while (len < sizeof text - 1 && conn->in[start + len] != '\r' &&
           conn->in[start + len] != '\n') {
        text[len] = (char)conn->in[start + len];
        len++;
    }
    text[len] = '\0';
    note(self, WHY_HTTP_REQUEST, text);
}

static enum step begin_answer(struct http_conn *conn, struct process *self,
                              const struct http_server_config *config)
{
    out_begin(conn, config, process_now(self));
    note_reply(self, &conn->reply);
    conn->state = HTTP_CONN_SEND;
    conn->deadline = SIM_TIME_NONE;
    return STEP_AGAIN;
}

static enum step answer_is_sent(struct http_conn *conn, struct process *self,
                                const struct http_server_config *config)
{
    conn->answered = true;
    if (conn->reply.keep) {
        conn->state = HTTP_CONN_HEAD;
        conn->deadline = process_now(self) + config->keepalive;
        return STEP_AGAIN;
    }
    if (!conn->reply.drain) {
        conn->state = HTTP_CONN_CLOSE;
        conn->deadline = process_now(self) + HTTP_SERVER_CLOSE_TIME;
        return STEP_WAIT;
    }
    (void)sys_shutdown(self, conn->fd, SOCK_SHUT_WR);
    conn->state = HTTP_CONN_DRAIN;
    conn->deadline = process_now(self) + HTTP_SERVER_DRAIN;
    return STEP_AGAIN;
}

/* One send(); the pieces of one answer are marked as belonging together. */
static int64_t send_piece(struct http_conn *conn, struct process *self, const void *octets,
                          size_t len, bool stable, bool more)
{
    struct sock_send message = {
        .octets = octets,
        .len = len,
        .flags = SOCK_MSG_NOSIGNAL | (stable ? SOCK_MSG_STABLE : 0u) | (more ? SOCK_MSG_MORE : 0u),
        .why = WHY0(HTTP_RESPONSE),
    };

    return sys_sendmsg(self, conn->fd, &message);
}

static enum step send_some(struct http_conn *conn, struct process *self,
                           const struct http_server_config *config)
{
    uint64_t body_left = conn->reply.len - conn->body_at;
    int64_t n;

    if (conn->out_at < conn->out_len) {
        n = send_piece(conn, self, conn->out + conn->out_at, conn->out_len - conn->out_at, false,
                       body_left > 0);
        conn->out_at += n > 0 ? (size_t)n : 0;
    } else if (body_left == 0) {
        return answer_is_sent(conn, self, config);
    } else {
        size_t piece;
        const uint8_t *octets = body_piece(conn, &piece);

        if (conn->reply.chunked && piece > conn->chunk_left)
            piece = (size_t)conn->chunk_left;
        n = send_piece(conn, self, octets, piece, true, conn->reply.chunked || piece < body_left);
        conn->body_at += n > 0 ? (uint64_t)n : 0;
        if (n > 0 && conn->reply.chunked && (conn->chunk_left -= (uint64_t)n) == 0) {
            conn->out_len = conn->out_at = 0;
            out_begin_chunk(conn, false);
        }
    }
    if (n == -SIM_EAGAIN)
        return STEP_WAIT;
    return n <= 0 ? STEP_OVER : STEP_AGAIN;
}

/* ---- the requests ---- */

static void drop_input(struct http_conn *conn, size_t len)
{
    conn->in_len -= len;
    memmove(conn->in, conn->in + len, conn->in_len);
}

static enum step read_more(struct http_conn *conn, struct process *self)
{
    int64_t n =
        sys_recv(self, conn->fd, conn->in + conn->in_len, sizeof conn->in - conn->in_len, 0);

    if (n == -SIM_EAGAIN)
        return STEP_WAIT;
    if (n <= 0)
        return STEP_OVER;
    conn->in_len += (size_t)n;
    return STEP_AGAIN;
}

static enum step read_head(struct http_conn *conn, struct process *self,
                           const struct http_server_config *config)
{
    struct http_request request;

    switch (http_parse_request(conn->in, conn->in_len, &request)) {
    case HTTP_NEED_MORE:
        return read_more(conn, self);
    case HTTP_BAD:
        http_reply_error(&conn->reply, 400);
        conn->in_len = 0;
        return begin_answer(conn, self, config);
    case HTTP_TOO_LONG:
        http_reply_error(&conn->reply, 431);
        conn->in_len = 0;
        return begin_answer(conn, self, config);
    case HTTP_COMPLETE:
        break;
    }
    note_request(self, conn, &request);
    http_reply_to(config, &request, &conn->reply);
    drop_input(conn, request.head_len);
    if (conn->reply.request_body.kind == HTTP_BODY_NONE)
        return begin_answer(conn, self, config);
    conn->state = HTTP_CONN_BODY;
    conn->request_left = conn->reply.request_body.len;
    conn->chunks = (struct http_chunks){ 0 };
    return STEP_AGAIN;
}

/* Takes off the input what belongs to the request's body. +1: it is complete, 0: more is needed,
 * -1: it is wrong. */
static int skip_body(struct http_conn *conn)
{
    struct http_span data;

    if (conn->reply.request_body.kind == HTTP_BODY_LENGTH) {
        size_t len = conn->request_left < conn->in_len ? (size_t)conn->request_left : conn->in_len;

        drop_input(conn, len);
        conn->request_left -= len;
        return conn->request_left == 0;
    }
    for (;;) {
        size_t used = 0;
        enum http_chunk_result result =
            http_chunks_next(&conn->chunks, conn->in, conn->in_len, &used, &data);

        drop_input(conn, used);
        if (result != HTTP_CHUNK_DATA)
            return result == HTTP_CHUNK_DONE ? 1 : result == HTTP_CHUNK_BAD ? -1 : 0;
    }
}

static enum step read_body(struct http_conn *conn, struct process *self,
                           const struct http_server_config *config)
{
    int found = skip_body(conn);

    if (found == 0)
        return read_more(conn, self);
    if (found < 0)
        http_reply_error(&conn->reply, 400);
    return begin_answer(conn, self, config);
}

static enum step drain(struct http_conn *conn, struct process *self)
{
    conn->in_len = 0;
    return read_more(conn, self);
}

bool http_conn_step(struct http_conn *conn, struct process *self,
                    const struct http_server_config *config)
{
    for (;;) {
        enum step step = STEP_OVER;

        switch (conn->state) {
        case HTTP_CONN_HEAD:
            step = read_head(conn, self, config);
            break;
        case HTTP_CONN_BODY:
            step = read_body(conn, self, config);
            break;
        case HTTP_CONN_SEND:
            step = send_some(conn, self, config);
            break;
        case HTTP_CONN_CLOSE:
            step = STEP_WAIT;
            break;
        case HTTP_CONN_DRAIN:
            step = drain(conn, self);
            break;
        }
        if (step != STEP_AGAIN)
            return step == STEP_WAIT;
    }
}
