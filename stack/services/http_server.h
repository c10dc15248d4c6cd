/*
 * An HTTP/1.1 server of fixed pages: RFC 9110, RFC 9112. One process serves all connections, each
 * at its own pace.
 *
 * GET and HEAD answer with a page or 404. Other methods of RFC 9110 get 405 with Allow once their
 * body has been read and thrown away (a static page accepts nothing: RFC 9110 section 15.5.6),
 * unknown ones 501. A request that cannot be understood gets 400, too long a head 431, another
 * major version 505, a transfer coding we lack 501; after these the connection is closed, its input
 * drained first so that no reset overtakes the answer (RFC 9112 section 9.6). A client that waits
 * for 100 (Continue) gets its final answer at once instead, and the connection is closed. Requests
 * may be pipelined and are answered in order. A connection is kept as RFC 9112 section 9.3 says,
 * until it was idle for `keepalive`.
 *
 * Deviation: Date is sent only when asked for (RFC 9110 section 6.6.1 wants it of servers with a
 * clock): captures of a lesson stay comparable. Not done: ranges, conditional requests, content
 * negotiation, TLS.
 */
#ifndef WW_STACK_SERVICES_HTTP_SERVER_H
#define WW_STACK_SERVICES_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/socket/process.h"

#define HTTP_SERVER_BACKLOG         16
#define HTTP_SERVER_CONNECTIONS_MAX 256        /* served at once; more wait in the backlog */
#define HTTP_SERVER_DRAIN           SIM_SEC(2) /* how long input is drained behind a last answer */
/* From the last send() of an answer to close(): what the reference server takes, so that an ACK
   from next door comes between data and FIN. */
#define HTTP_SERVER_CLOSE_TIME SIM_USEC(50)
#define HTTP_SERVER_NAME       "wirewalk"
#define HTTP_SERVER_TYPE       "text/html; charset=utf-8"

struct http_page {
    const char
        *path; /* begins with '/'; a query behind it is not compared unless it is written here */
    uint16_t status;      /* 200 to 599 */
    const char *type;     /* Content-Type; NULL: the server's */
    const char *location; /* Location, for redirections; or NULL */
    const uint8_t *body;  /* never changes while the run lasts; NULL: the alphabet, repeated */
    uint64_t len;         /* octets */
};

/* An `http` service of a topology. It and all it points to outlive the run. */
struct http_server_config {
    uint16_t port;
    sim_time keepalive; /* how long an idle connection is kept; 0: closed after each answer */
    const char *server; /* Server; NULL: HTTP_SERVER_NAME */
    const char *type;   /* NULL: HTTP_SERVER_TYPE */
    bool chunked;       /* bodies in chunks instead of Content-Length, to HTTP/1.1 clients */
    bool date;
    unsigned n_pages;
    const struct http_page *pages;
};

/** http_server_start() - a process that serves *@config on all addresses of @os; @io gets its
 * messages. */
struct process *http_server_start(struct os *os, const struct http_server_config *config,
                                  const struct process_io *io);

#endif
