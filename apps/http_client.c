#include "apps/http_client.h"

#include <stdio.h>
#include <string.h>

#define TICK SIM_SEC(1)

enum step { STEP_AGAIN, STEP_WAIT_IN, STEP_WAIT_OUT, STEP_OVER };

void http_client_close(struct http_client *client)
{
    if (client->fd >= 0)
        (void)sys_close(client->self, client->fd);
    client->fd = -1;
}

bool http_client_is_dead(struct http_client *client)
{
    struct sys_pollfd poll = { .fd = client->fd, .events = SOCK_POLLIN };

    return sys_poll(client->self, &poll, 1, 0) > 0;
}

/* How long the next poll() may wait. */
static sim_time wait_for(const struct http_client *client)
{
    sim_time now = process_now(client->self), until = client->until, wait;

    if (client->idle != SIM_TIME_NONE && client->last_at + client->idle < until)
        until = client->last_at + client->idle;
    wait = until == SIM_TIME_NONE ? SIM_TIME_NONE : until > now ? until - now : 0;
    return client->ops != NULL && client->ops->tick != NULL && wait > TICK ? TICK : wait;
}

static bool is_late(const struct http_client *client)
{
    sim_time now = process_now(client->self);

    return now >= client->until ||
           (client->idle != SIM_TIME_NONE && now >= client->last_at + client->idle);
}

static void tick(struct http_client *client)
{
    if (client->ops != NULL && client->ops->tick != NULL)
        client->ops->tick(client->ctx);
}

/* ---- connecting ---- */

static int open_socket(struct http_client *client, bool v6)
{
    struct process *self = client->self;
    int fd = sys_socket(self, v6 ? SIM_AF_INET6 : SIM_AF_INET, SIM_SOCK_STREAM, 0);

    if (fd < 0)
        return fd;
    if (client->nodelay)
        (void)sys_setsockopt(self, fd, OPT_TCP_NODELAY, 1);
    if (!client->no_keepalive) {
        (void)sys_setsockopt(self, fd, OPT_SO_KEEPALIVE, 1);
        if (client->keepalive_seconds > 0) {
            (void)sys_setsockopt(self, fd, OPT_TCP_KEEPIDLE, (int)client->keepalive_seconds);
            (void)sys_setsockopt(self, fd, OPT_TCP_KEEPINTVL, (int)client->keepalive_seconds);
        }
    }
    (void)sys_set_nonblock(self, fd, true);
    return fd;
}

static void set_connected(struct http_client *client, int error)
{
    client->error = error;
    if (error != 0)
        http_client_close(client);
}

enum co_status http_client_connect(struct http_client *client, struct endpoint to)
{
    int error;

    CO_BEGIN(&client->co);
    client->last_at = process_now(client->self);
    client->fd = open_socket(client, to.v6);
    error = client->fd < 0 ? client->fd : sys_connect(client->self, client->fd, to);
    if (error != -SIM_EINPROGRESS) {
        set_connected(client, -error);
        CO_RETURN(&client->co);
    }
    do {
        client->poll = (struct sys_pollfd){ .fd = client->fd, .events = SOCK_POLLOUT };
        CO_CALL(&client->co, client->ready,
                sys_poll(client->self, &client->poll, 1, wait_for(client)));
        tick(client);
    } while (client->ready == 0 && !is_late(client));
    error = SIM_ETIMEDOUT;
    if (client->ready > 0)
        (void)sys_getsockopt(client->self, client->fd, OPT_SO_ERROR, &error);
    set_connected(client, error);
    CO_END(&client->co);
}

/* ---- one exchange ---- */

static enum step over(struct http_client *client, enum http_client_end end)
{
    client->end = end;
    return STEP_OVER;
}

static enum step send_request(struct http_client *client)
{
    struct sock_send message = { .octets = client->request + client->request_at,
                                 .len = client->request_len - client->request_at,
                                 .flags = SOCK_MSG_NOSIGNAL,
                                 .why = WHY0(HTTP_REQUEST) };
    int64_t n = sys_sendmsg(client->self, client->fd, &message);

    if (n == -SIM_EAGAIN)
        return STEP_WAIT_OUT;
    if (n < 0) {
        client->error = (int)-n;
        return over(client, HTTP_CLIENT_SEND_FAILED);
    }
    client->last_at = client->sent_at = process_now(client->self);
    client->request_at += (size_t)n;
    return STEP_AGAIN;
}

static enum step end_of_stream(struct http_client *client)
{
    client->keeps = false;
    if (!client->has_head)
        return over(client, client->got_any ? HTTP_CLIENT_CUT_HEAD : HTTP_CLIENT_EMPTY);
    if (client->body.kind == HTTP_BODY_CLOSE)
        return over(client, HTTP_CLIENT_OK);
    client->missing = client->body.kind == HTTP_BODY_LENGTH ? client->body_left : 0;
    return over(client, HTTP_CLIENT_CUT_BODY);
}

static enum step receive(struct http_client *client)
{
    size_t room = sizeof client->in - client->in_len;
    int64_t n = sys_recv(client->self, client->fd, client->in + client->in_len,
                         room < HTTP_CLIENT_BUFFER ? room : HTTP_CLIENT_BUFFER, 0);

    if (n == -SIM_EAGAIN)
        return STEP_WAIT_IN;
    if (n < 0) {
        client->error = (int)-n;
        return over(client, HTTP_CLIENT_RECV_FAILED);
    }
    if (n == 0)
        return end_of_stream(client);
    client->last_at = process_now(client->self);
    if (!client->got_any)
        client->first_at = client->last_at;
    client->got_any = true;
    client->in_len += (size_t)n;
    if (client->has_head && client->ops->arrived != NULL)
        client->ops->arrived(client->ctx, (size_t)n);
    return STEP_AGAIN;
}

static void note_response(struct http_client *client, const struct http_response *response)
{
    char text[200];

    snprintf(text, sizeof text, "%u %.*s", response->status,
             (int)(response->reason.len < 150 ? response->reason.len : 150), response->reason.at);
    process_note(client->self, RECORD_CALL, WHY0(HTTP_RESPONSE), text);
}

static void drop_input(struct http_client *client, size_t len)
{
    client->in_len -= len;
    memmove(client->in, client->in + len, client->in_len);
}

static bool looks_like_http(const struct http_client *client)
{
    static const char start[] = "HTTP/";
    size_t len = client->in_len < sizeof start - 1 ? client->in_len : sizeof start - 1;

    return memcmp(client->in, start, len) == 0;
}

static enum step read_head(struct http_client *client)
{
    struct http_response response;

    if (client->in_len == 0)
        return receive(client);
    if (!looks_like_http(client))
        return over(client, HTTP_CLIENT_NOT_HTTP);
    switch (http_parse_response(client->in, client->in_len, &response)) {
    case HTTP_NEED_MORE:
        return receive(client);
    case HTTP_BAD:
        return over(client, HTTP_CLIENT_BAD_HEAD);
    case HTTP_TOO_LONG:
        return over(client, HTTP_CLIENT_LONG_HEAD);
    case HTTP_COMPLETE:
        break;
    }
    note_response(client, &response);
    if (!client->ops->head(client->ctx, &response, (const char *)client->in, response.head_len))
        return over(client, HTTP_CLIENT_STOPPED);
    if (response.status >= 200) {
        client->has_head = true;
        client->body = http_response_body(&response, client->method);
        client->keeps = http_keeps_alive(response.minor, &response.fields) &&
                        client->body.kind != HTTP_BODY_CLOSE;
        client->body_left = client->body.len;
        client->chunks = (struct http_chunks){ 0 };
    }
    drop_input(client, response.head_len);
    if (client->has_head && client->in_len > 0 && client->body.kind != HTTP_BODY_NONE &&
        client->ops->arrived != NULL)
        client->ops->arrived(client->ctx, client->in_len);
    return STEP_AGAIN;
}

static enum step take_chunks(struct http_client *client)
{
    for (;;) {
        struct http_span data = { 0 };
        size_t used = 0;
        enum http_chunk_result result =
            http_chunks_next(&client->chunks, client->in, client->in_len, &used, &data);

        if (result == HTTP_CHUNK_DATA && !client->ops->data(client->ctx, data.at, data.len))
            return over(client, HTTP_CLIENT_STOPPED);
        drop_input(client, used);
        if (result == HTTP_CHUNK_NEED_MORE)
            return receive(client);
        if (result != HTTP_CHUNK_DATA)
            return over(client, result == HTTP_CHUNK_DONE ? HTTP_CLIENT_OK : HTTP_CLIENT_BAD_CHUNK);
    }
}

static enum step take_octets(struct http_client *client)
{
    bool counted = client->body.kind == HTTP_BODY_LENGTH;
    size_t len =
        counted && client->body_left < client->in_len ? (size_t)client->body_left : client->in_len;

    if (len > 0 && !client->ops->data(client->ctx, (const char *)client->in, len))
        return over(client, HTTP_CLIENT_STOPPED);
    drop_input(client, len);
    if (counted)
        client->body_left -= len;
    return counted && client->body_left == 0 ? over(client, HTTP_CLIENT_OK) : receive(client);
}

static enum step read_body(struct http_client *client)
{
    switch (client->body.kind) {
    case HTTP_BODY_NONE:
        return over(client, HTTP_CLIENT_OK);
    case HTTP_BODY_LENGTH:
    case HTTP_BODY_CLOSE:
        return take_octets(client);
    case HTTP_BODY_CHUNKED:
        return take_chunks(client);
    case HTTP_BODY_BAD:
    case HTTP_BODY_CODING:
        break;
    }
    return over(client, HTTP_CLIENT_BAD_HEAD);
}

static enum step go_on(struct http_client *client)
{
    enum step step = STEP_AGAIN;

    while (step == STEP_AGAIN) {
        if (client->request_at < client->request_len)
            step = send_request(client);
        else
            step = client->has_head ? read_body(client) : read_head(client);
    }
    return step;
}

static void begin_exchange(struct http_client *client, const char *method, const char *request,
                           size_t len)
{
    char line[200];

    client->request = request;
    client->request_len = len;
    client->request_at = 0;
    client->method = (struct http_span){ method, strlen(method) };
    client->has_head = client->got_any = client->reusable = client->keeps = false;
    client->in_len = 0;
    client->missing = 0;
    client->error = 0;
    client->last_at = client->sent_at = process_now(client->self);
    snprintf(line, sizeof line, "%.*s", (int)strcspn(request, "\r\n"), request);
    process_note(client->self, RECORD_CALL, WHY0(HTTP_REQUEST), line);
}

enum co_status http_client_exchange(struct http_client *client, const char *method,
                                    const char *request, size_t len)
{
    enum step step;

    CO_BEGIN(&client->co);
    begin_exchange(client, method, request, len);
    for (;;) {
        step = go_on(client);
        if (step == STEP_OVER)
            break;
        client->poll =
            (struct sys_pollfd){ .fd = client->fd,
                                 .events = step == STEP_WAIT_OUT ? SOCK_POLLOUT : SOCK_POLLIN };
        CO_CALL(&client->co, client->ready,
                sys_poll(client->self, &client->poll, 1, wait_for(client)));
        tick(client);
        if (client->ready == 0 && is_late(client)) {
            client->end = HTTP_CLIENT_TIMEOUT;
            break;
        }
    }
    client->reusable = client->end == HTTP_CLIENT_OK && client->keeps && client->in_len == 0;
    CO_END(&client->co);
}
