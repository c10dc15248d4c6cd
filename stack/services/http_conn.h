/* One connection of the HTTP server: it never waits, it says what it waits for. */
#ifndef WW_STACK_SERVICES_HTTP_CONN_H
#define WW_STACK_SERVICES_HTTP_CONN_H

#include "stack/services/http_reply.h"

enum http_conn_state {
    HTTP_CONN_HEAD,  /* a request is read */
    HTTP_CONN_BODY,  /* its body is thrown away */
    HTTP_CONN_SEND,  /* the answer is sent */
    HTTP_CONN_CLOSE, /* all is said: closed in a moment */
    HTTP_CONN_DRAIN, /* all is said, input is thrown away until the client closes */
};

struct http_conn {
    int fd;
    enum http_conn_state state;
    sim_time deadline; /* when it is closed as idle, as over or as drained; SIM_TIME_NONE: never */
    bool answered;     /* one request at least */
    size_t in_len;
    uint8_t in[HTTP_HEAD_MAX];
    struct http_reply reply;
    uint64_t request_left; /* HTTP_BODY_LENGTH: octets to be thrown away */
    struct http_chunks chunks;
    uint8_t *out; /* head, and with it a small body or a chunk's size line */
    size_t out_len, out_at;
    uint64_t body_at;    /* octets of the body sent, or put into @out */
    uint64_t chunk_left; /* of this chunk, behind @out */
};

struct http_conn *http_conn_new(const struct http_server_config *config, int fd, sim_time now);
void http_conn_free(struct http_conn *conn);
/** http_conn_events() - the SOCK_POLL bits worth a http_conn_step(); 0: it waits for its deadline
 * alone. */
unsigned http_conn_events(const struct http_conn *conn);
/** http_conn_step() - go on as far as possible. False: the connection is over, close it. */
bool http_conn_step(struct http_conn *conn, struct process *self,
                    const struct http_server_config *config);

#endif
