/* What the HTTP server answers: pure, from a parsed request to a status, a page and the octets of a
 * head. */
#ifndef WW_STACK_SERVICES_HTTP_REPLY_H
#define WW_STACK_SERVICES_HTTP_REPLY_H

#include "stack/services/http_server.h"
#include "stack/wire/http_wire.h"

#define HTTP_REPLY_HEAD_MAX 4096 /* octets; longer configured texts are left out with a 500 */

struct http_reply {
    unsigned status;
    const char *type, *location; /* or NULL */
    const uint8_t *body;         /* NULL: the alphabet */
    uint64_t len;
    bool head_only; /* no body follows: HEAD, 204, 304 */
    bool no_length; /* no Content-Length either: 204 */
    bool keep;      /* the connection stays */
    bool drain;     /* input may still be coming although we close */
    bool chunked;
    bool allow;                    /* say which methods there are */
    struct http_body request_body; /* to be read before the answer */
};

/** http_reply_to() - to a request whose head is complete. */
void http_reply_to(const struct http_server_config *config, const struct http_request *request,
                   struct http_reply *reply);
/** http_reply_error() - @status in place of a page, and the connection closes. */
void http_reply_error(struct http_reply *reply, unsigned status);
/** http_reply_head() - the head's octets; @now for Date. Their number. */
size_t http_reply_head(const struct http_server_config *config, const struct http_reply *reply,
                       sim_time now, char octets[static HTTP_REPLY_HEAD_MAX]);

#endif
