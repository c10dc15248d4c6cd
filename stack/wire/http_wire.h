/*
 * HTTP/1.1 messages as octets: RFC 9112 (syntax, body length, chunks), RFC 9110 (fields, dates).
 * Pure: no state but what the caller holds, no clock, no allocation.
 *
 * What is parsed stays in the caller's buffer: spans point into it and live as long as it does.
 */
#ifndef WW_STACK_WIRE_HTTP_WIRE_H
#define WW_STACK_WIRE_HTTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_PORT        80
#define HTTP_HEAD_MAX    16384 /* octets of a head; a longer one is refused (431) */
#define HTTP_FIELDS_MAX  100   /* header fields of a head */
#define HTTP_DATE_MAX    30    /* "Sun, 06 Nov 1994 08:49:37 GMT" with its NUL */
#define HTTP_CHUNK_MAX   20    /* octets of a chunk's size line, at most */
#define HTTP_TRAILER_MAX 16384 /* octets of chunk extensions and trailer fields of one body */

enum http_result {
    HTTP_NEED_MORE, /* right so far, but not all there */
    HTTP_COMPLETE,
    HTTP_BAD,      /* not HTTP: answer 400, or give up on the server */
    HTTP_TOO_LONG, /* beyond HTTP_HEAD_MAX or HTTP_FIELDS_MAX: answer 431 */
};

struct http_span {
    const char *at; /* borrowed, not NUL-terminated */
    size_t len;     /* octets */
};

struct http_field {
    struct http_span name, value; /* without the white space around the value */
};

/* The field lines of a head that was found to be well formed. */
struct http_fields {
    const char *at; /* the first line */
    size_t len;     /* octets, without the empty line */
};

struct http_request {
    size_t head_len; /* octets up to and with the empty line: the body begins there */
    struct http_span method, target;
    uint8_t major, minor; /* HTTP-version; a server answers 505 where major is not 1 */
    struct http_fields fields;
};

struct http_response {
    size_t head_len;
    uint8_t major, minor;
    uint16_t status;         /* 100 to 599 and, from odd servers, up to 999 */
    struct http_span reason; /* may be empty */
    struct http_fields fields;
};

/**
 * http_parse_request() / http_parse_response() - a head at the start of @octets, of which @len have
 * come so far. Call again with the same octets and more behind them after HTTP_NEED_MORE.
 * Lines end with CR LF; a LF alone is taken too, a CR alone is not (RFC 9112 section 2.2). Empty
 * lines before a request line are skipped. White space before a colon and folded lines are refused
 * (sections 5.1 and 5.2). *@request and *@response are written for HTTP_COMPLETE only.
 */
enum http_result http_parse_request(const uint8_t *octets, size_t len,
                                    struct http_request *request);
enum http_result http_parse_response(const uint8_t *octets, size_t len,
                                     struct http_response *response);

/** http_field_next() - start with *@at = 0; false after the last one. */
bool http_field_next(const struct http_fields *fields, size_t *at, struct http_field *field);
/** http_field_find() - the first field called @name, in any letter case. */
bool http_field_find(const struct http_fields *fields, const char *name, struct http_span *value);
/**
 * http_field_count() - field lines called @name: a request must have one Host. RFC 9112
 * section 3.2.
 */
unsigned http_field_count(const struct http_fields *fields, const char *name);
/**
 * http_field_has() - is @token a member of the comma-separated list @name, in any of its lines and
 * any letter case? As in Connection: close.
 */
bool http_field_has(const struct http_fields *fields, const char *name, const char *token);
/** http_span_eq() / http_span_eq_nocase() - is the span exactly @text? in any letter case? */
bool http_span_eq(struct http_span span, const char *text);
bool http_span_eq_nocase(struct http_span span, const char *text);

/* How long the body is, RFC 9112 section 6.3. */
enum http_body_kind {
    HTTP_BODY_NONE,
    HTTP_BODY_LENGTH,  /* @len octets */
    HTTP_BODY_CHUNKED, /* read it with http_chunks_next() */
    HTTP_BODY_CLOSE,   /* until the server closes the connection */
    HTTP_BODY_BAD,     /* contradicting or unreadable: answer 400, or close */
    HTTP_BODY_CODING,  /* a transfer coding other than chunked: answer 501, or close */
};

struct http_body {
    enum http_body_kind kind;
    uint64_t len; /* octets, for HTTP_BODY_LENGTH; at most INT64_MAX */
};

struct http_body http_request_body(const struct http_request *request);
/** http_response_body() - @method: of the request it answers, since HEAD and CONNECT decide. */
struct http_body http_response_body(const struct http_response *response, struct http_span method);
/** http_keeps_alive() - does the connection persist after this message? RFC 9112 section 9.3. */
bool http_keeps_alive(uint8_t minor, const struct http_fields *fields);

/* ---- chunked transfer coding, RFC 9112 section 7.1 ---- */

struct http_chunks { /* zero it before the first octet */
    uint8_t state;
    uint8_t n_digits;   /* hexadecimal digits of the size so far */
    uint16_t n_skipped; /* octets of extensions and trailers so far */
    uint64_t left;      /* octets of this chunk still to come */
};

enum http_chunk_result {
    HTTP_CHUNK_NEED_MORE, /* all @len octets were used up */
    HTTP_CHUNK_DATA,      /* *@data is a piece of the body; call again with what was not used */
    HTTP_CHUNK_DONE,      /* the last empty line was used; the rest is the next message */
    HTTP_CHUNK_BAD,
};

/**
 * http_chunks_next() - one step through a chunked body; *@used octets of @octets are dealt with.
 * Cuts anywhere in the octets give the same body. Extensions and trailer fields are skipped.
 */
enum http_chunk_result http_chunks_next(struct http_chunks *chunks, const uint8_t *octets,
                                        size_t len, size_t *used, struct http_span *data);

/* ---- writing ---- */

struct http_writer { /* begin with { .octets, .size } */
    char *octets;    /* borrowed */
    size_t size, len;
    bool overflow; /* something did not fit and was left out */
};

/**
 * http_emit_request_line() / http_emit_status_line() - HTTP/1.1. @reason NULL:
 * http_reason(@status).
 */
void http_emit_request_line(struct http_writer *w, const char *method, const char *target);
void http_emit_status_line(struct http_writer *w, unsigned status, const char *reason);
void http_emit_field(struct http_writer *w, const char *name, const char *value);
void http_emit_field_u64(struct http_writer *w, const char *name, uint64_t value);
/** http_emit_end() - the empty line; returns the head's length, or 0 if it did not all fit. */
size_t http_emit_end(struct http_writer *w);
/**
 * http_emit_chunk() - the size line of a chunk of @len octets to @octets, which has room for
 * HTTP_CHUNK_MAX; its length. The data and then CR LF follow.
 */
size_t http_emit_chunk(size_t len, char octets[static HTTP_CHUNK_MAX]);
#define HTTP_LAST_CHUNK "0\r\n\r\n" /* in place of a size line: the end of the body */

/**
 * http_reason() - the usual phrase, RFC 9110 section 15; "Unknown" for a number it has none for.
 */
const char *http_reason(unsigned status);
/**
 * http_date() - @unix_time, seconds since 1970-01-01 00:00 UTC, years 0 to 9999, as an
 * IMF-fixdate. RFC 9110 section 5.6.7.
 */
const char *http_date(int64_t unix_time, char text[static HTTP_DATE_MAX]);

#endif
