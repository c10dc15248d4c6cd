#include "stack/services/http_reply.h"

#include <string.h>

#include "base/check.h"
#include "base/digits.h"
#include "stack/services/wall_clock.h"

static const struct {
    unsigned status;
    const char *text;
} error_bodies[] = {
    { 400, "400 Bad Request\n" },
    { 404, "404 Not Found\n" },
    { 405, "405 Method Not Allowed\n" },
    { 431, "431 Request Header Fields Too Large\n" },
    { 500, "500 Internal Server Error\n" },
    { 501, "501 Not Implemented\n" },
    { 505, "505 HTTP Version Not Supported\n" },
};

static void set_error(struct http_reply *reply, unsigned status)
{
    reply->status = status;
    reply->type = "text/plain";
    for (size_t i = 0; i < sizeof error_bodies / sizeof *error_bodies; i++) {
        if (error_bodies[i].status == status) {
            reply->body = (const uint8_t *)error_bodies[i].text;
            reply->len = strlen(error_bodies[i].text);
            return;
        }
    }
    CHECK(false);
}

void http_reply_error(struct http_reply *reply, unsigned status)
{
    *reply = (struct http_reply){ .drain = true, .request_body = { .kind = HTTP_BODY_NONE } };
    set_error(reply, status);
}

/* Is @path what the octets of @target say, once %XX is decoded? RFC 9110 section 4.2.3. */
static bool path_matches(struct http_span target, const char *path)
{
    size_t at = 0;

    for (; at < target.len && *path != '\0'; path++) {
        int octet = (unsigned char)target.at[at++];

        if (octet == '%' && at + 2 <= target.len && digits_hex_value(target.at[at]) >= 0 &&
            digits_hex_value(target.at[at + 1]) >= 0) {
            octet = digits_hex_value(target.at[at]) * 16 + digits_hex_value(target.at[at + 1]);
            at += 2;
        }
        if (octet != (unsigned char)*path)
            return false;
    }
    return at == target.len && *path == '\0';
}

/* origin-form, or absolute-form without its scheme and authority: RFC 9112 section 3.2. False:
 * neither. */
static bool target_path(struct http_span *target)
{
    static const char scheme[] = "http://";
    const char *slash;

    if (target->at[0] == '/')
        return true;
    if (target->len < sizeof scheme ||
        !http_span_eq_nocase((struct http_span){ target->at, sizeof scheme - 1 }, scheme))
        return false;
    target->at += sizeof scheme - 1;
    target->len -= sizeof scheme - 1;
    slash = memchr(target->at, '/', target->len);
    if (slash == NULL) {
        *target = (struct http_span){ "/", 1 };
        return true;
    }
    target->len -= (size_t)(slash - target->at);
    target->at = slash;
    return true;
}

static const struct http_page *find_page(const struct http_server_config *config,
                                         struct http_span path)
{
    const char *query = memchr(path.at, '?', path.len);

    for (unsigned i = 0; i < config->n_pages; i++)
        if (path_matches(path, config->pages[i].path))
            return &config->pages[i];
    return query == NULL
               ? NULL
               : find_page(config, (struct http_span){ path.at, (size_t)(query - path.at) });
}

static bool known_method(struct http_span method)
{
    static const char *const names[] = { "POST",  "PUT",     "DELETE", "OPTIONS",
                                         "TRACE", "CONNECT", "PATCH" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (http_span_eq(method, names[i]))
            return true;
    return false;
}

/* The status of a request that is wrong whatever it asks for; 0: it is not. */
static unsigned refusal(const struct http_request *request, const struct http_body *body)
{
    if (request->major != 1)
        return 505;
    if (http_field_count(&request->fields, "Host") > 1)
        return 400;
    if (request->minor >= 1 && http_field_count(&request->fields, "Host") == 0)
        return 400;
    if (body->kind == HTTP_BODY_CODING)
        return 501;
    return body->kind == HTTP_BODY_BAD ? 400 : 0;
}

static void set_page(const struct http_server_config *config, const struct http_page *page,
                     struct http_reply *reply)
{
    if (page == NULL) {
        set_error(reply, 404);
        return;
    }
    if (page->status < 200) { /* 1xx is no answer */
        set_error(reply, 500);
        return;
    }
    reply->status = page->status;
    reply->type = page->type != NULL     ? page->type
                  : config->type != NULL ? config->type
                                         : HTTP_SERVER_TYPE;
    reply->location = page->location;
    reply->body = page->body;
    reply->len = page->len;
}

void http_reply_to(const struct http_server_config *config, const struct http_request *request,
                   struct http_reply *reply)
{
    struct http_body body = http_request_body(request);
    struct http_span path = request->target;
    unsigned status = refusal(request, &body);
    bool head = http_span_eq(request->method, "HEAD");

    if (status != 0) {
        http_reply_error(reply, status);
        return;
    }
    *reply = (struct http_reply){ .keep = config->keepalive > 0 &&
                                          http_keeps_alive(request->minor, &request->fields),
                                  .request_body = body };
    if (!head && !http_span_eq(request->method, "GET")) {
        set_error(reply, known_method(request->method) ? 405 : 501);
        reply->allow = reply->status == 405;
    } else if (!target_path(&path)) {
        http_reply_error(reply, 400);
        return;
    } else {
        set_page(config, find_page(config, path), reply);
    }
    if (body.kind != HTTP_BODY_NONE && http_field_has(&request->fields, "Expect", "100-continue")) {
        reply->request_body = (struct http_body){ .kind = HTTP_BODY_NONE };
        reply->keep = false;
        reply->drain = true;
    }
    reply->no_length = reply->status == 204;
    reply->head_only = head || reply->status == 204 || reply->status == 304;
    reply->chunked =
        config->chunked && request->minor >= 1 && !reply->no_length && reply->status != 304;
}

size_t http_reply_head(const struct http_server_config *config, const struct http_reply *reply,
                       sim_time now, char octets[static HTTP_REPLY_HEAD_MAX])
{
    struct http_writer w = { .octets = octets, .size = HTTP_REPLY_HEAD_MAX };
    char date[HTTP_DATE_MAX];

    http_emit_status_line(&w, reply->status, NULL);
    http_emit_field(&w, "Server", config->server != NULL ? config->server : HTTP_SERVER_NAME);
    if (config->date)
        http_emit_field(&w, "Date", http_date(wall_seconds(now), date));
    if (!reply->no_length && reply->type != NULL)
        http_emit_field(&w, "Content-Type", reply->type);
    if (reply->chunked)
        http_emit_field(&w, "Transfer-Encoding", "chunked");
    else if (!reply->no_length)
        http_emit_field_u64(&w, "Content-Length", reply->len);
    if (reply->location != NULL)
        http_emit_field(&w, "Location", reply->location);
    if (reply->allow)
        http_emit_field(&w, "Allow", "GET, HEAD");
    http_emit_field(&w, "Connection", reply->keep ? "keep-alive" : "close");
    return http_emit_end(&w);
}
