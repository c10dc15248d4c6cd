/*
 * An HTTP/1.1 client's connection, for programs (curl, wget): connect, then one exchange after the
 * other. Coroutines, which a program runs inside its own; what happens is told by calls to the
 * program.
 */
#ifndef WW_APPS_HTTP_CLIENT_H
#define WW_APPS_HTTP_CLIENT_H

#include "stack/socket/process.h"
#include "stack/socket/syscall.h"
#include "stack/wire/http_wire.h"

#define HTTP_CLIENT_BUFFER 102400 /* octets of one recv(), as curl has it */

enum http_client_end {
    HTTP_CLIENT_OK,
    HTTP_CLIENT_TIMEOUT,
    HTTP_CLIENT_SEND_FAILED, /* client->error */
    HTTP_CLIENT_RECV_FAILED, /* client->error */
    HTTP_CLIENT_EMPTY,       /* closed before the response began */
    HTTP_CLIENT_NOT_HTTP,    /* what came is no HTTP */
    HTTP_CLIENT_BAD_HEAD,
    HTTP_CLIENT_LONG_HEAD,
    HTTP_CLIENT_CUT_HEAD, /* closed in the middle of it */
    HTTP_CLIENT_CUT_BODY, /* closed in the middle of it; client->missing octets */
    HTTP_CLIENT_BAD_CHUNK,
    HTTP_CLIENT_STOPPED, /* by what the program answered */
};

struct http_client_ops {
    /* A head came, @octets of @len octets; also of a 1xx response. False: stop. */
    bool (*head)(void *ctx, const struct http_response *response, const char *octets, size_t len);
    /* @len octets of the body came in one piece, the coding of chunks included. May be NULL. */
    void (*arrived)(void *ctx, size_t len);
    /* A piece of the body. False: stop. */
    bool (*data)(void *ctx, const char *octets, size_t len);
    /* Called at least once a second while it waits. May be NULL. */
    void (*tick)(void *ctx);
};

struct http_client { /* begin with self and fd -1 */
    struct process *self;
    int fd;
    bool no_keepalive;          /* SO_KEEPALIVE off */
    unsigned keepalive_seconds; /* TCP_KEEPIDLE and TCP_KEEPINTVL; 0: the system's */
    bool nodelay;
    sim_time until; /* connect and exchange end then; SIM_TIME_NONE: never */
    sim_time idle;  /* longest silence; SIM_TIME_NONE: any */
    const struct http_client_ops *ops;
    void *ctx;
    /* results */
    int error; /* an errno, positive */
    enum http_client_end end;
    bool reusable; /* another exchange may follow */
    bool got_any;  /* octets of a response came */
    uint64_t missing;
    sim_time sent_at, first_at; /* the request was sent; the response began */
    /* inside */
    struct coroutine co;
    struct sys_pollfd poll;
    int ready;
    const char *request; /* of this exchange, borrowed */
    size_t request_len, request_at;
    struct http_span method;
    bool has_head;
    struct http_body body;
    bool keeps;
    struct http_chunks chunks;
    uint64_t body_left;
    size_t in_len;
    sim_time last_at; /* something came or went */
    uint8_t in[HTTP_HEAD_MAX + HTTP_CLIENT_BUFFER];
};

/** http_client_connect() - a coroutine: client->error is 0 and client->fd open, or an error and no
 * descriptor. */
enum co_status http_client_connect(struct http_client *client, struct endpoint to);
/**
 * http_client_exchange() - a coroutine: sends the @len octets at @request, head and body, and reads
 * the response to
 * @method. The octets must stay until it is over; the same arguments are given each time it is
 * called.
 */
enum co_status http_client_exchange(struct http_client *client, const char *method,
                                    const char *request, size_t len);
/** http_client_is_dead() - whether the idle connection was closed by the server. */
bool http_client_is_dead(struct http_client *client);
/** http_client_close() - harmless when it is closed. */
void http_client_close(struct http_client *client);

#endif
