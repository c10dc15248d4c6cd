/* Heads: parsing and looking into them. Bodies in chunks are in http_chunks.c, writing in
 * http_emit.c. */
#include "stack/wire/http_wire.h"

#include <string.h>

static bool is_token_char(char c) /* RFC 9110 section 5.6.2 */
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

bool http_span_eq(struct http_span span, const char *text)
{
    return strlen(text) == span.len && memcmp(span.at, text, span.len) == 0;
}

bool http_span_eq_nocase(struct http_span span, const char *text)
{
    if (strlen(text) != span.len)
        return false;
    for (size_t i = 0; i < span.len; i++)
        if (lower(span.at[i]) != lower(text[i]))
            return false;
    return true;
}

static struct http_span trim(struct http_span span)
{
    while (span.len > 0 && is_blank(span.at[0])) {
        span.at++;
        span.len--;
    }
    while (span.len > 0 && is_blank(span.at[span.len - 1]))
        span.len--;
    return span;
}

/* The line at offset *@at, without its ending; *@at moves behind it. False: its LF has not come. */
static bool next_line(const char *octets, size_t len, size_t *at, struct http_span *line)
{
    const char *start = octets + *at, *lf;

    if (*at >= len)
        return false;
    lf = memchr(start, '\n', len - *at);
    if (lf == NULL)
        return false;
    line->at = start;
    line->len = (size_t)(lf - start);
    *at += line->len + 1;
    if (line->len > 0 && start[line->len - 1] == '\r')
        line->len--;
    return true;
}

/* The token characters at the start of *@rest, taken off it; perhaps none. */
static struct http_span take_token(struct http_span *rest)
{
    struct http_span token = { rest->at, 0 };

    while (token.len < rest->len && is_token_char(rest->at[token.len]))
        token.len++;
    rest->at += token.len;
    rest->len -= token.len;
    return token;
}

static bool take_char(struct http_span *rest, char c)
{
    if (rest->len == 0 || rest->at[0] != c)
        return false;
    rest->at++;
    rest->len--;
    return true;
}

/* HTTP-version, RFC 9112 section 2.3: "HTTP/" DIGIT "." DIGIT. */
static bool take_version(struct http_span *rest, uint8_t *major, uint8_t *minor)
{
    if (rest->len < 8 || memcmp(rest->at, "HTTP/", 5) != 0 || !is_digit(rest->at[5]) ||
        rest->at[6] != '.' || !is_digit(rest->at[7]))
        return false;
    *major = (uint8_t)(rest->at[5] - '0');
    *minor = (uint8_t)(rest->at[7] - '0');
    rest->at += 8;
    rest->len -= 8;
    return true;
}

/* method SP request-target SP HTTP-version, RFC 9112 section 3. */
static bool read_request_line(struct http_span line, struct http_request *request)
{
    request->method = take_token(&line);
    if (request->method.len == 0 || !take_char(&line, ' '))
        return false;
    request->target = (struct http_span){ line.at, 0 };
    while (line.len > 0 && line.at[0] > 0x20 && line.at[0] < 0x7f) {
        request->target.len++;
        line.at++;
        line.len--;
    }
    return request->target.len > 0 && take_char(&line, ' ') &&
           take_version(&line, &request->major, &request->minor) && line.len == 0;
}

/* A character of a field value or reason: visible, blank or obs-text; no other control. */
static bool is_text_char(char c)
{
    unsigned char octet = (unsigned char)c;

    return octet == '\t' || (octet >= 0x20 && octet != 0x7f);
}

static bool is_text(struct http_span span)
{
    for (size_t i = 0; i < span.len; i++)
        if (!is_text_char(span.at[i]))
            return false;
    return true;
}

/* HTTP-version SP status-code SP [reason], RFC 9112 section 4; the last SP is often forgotten. */
static bool read_status_line(struct http_span line, struct http_response *response)
{
    if (!take_version(&line, &response->major, &response->minor) || !take_char(&line, ' '))
        return false;
    if (line.len < 3 || !is_digit(line.at[0]) || !is_digit(line.at[1]) || !is_digit(line.at[2]))
        return false;
    response->status =
        (uint16_t)((line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + (line.at[2] - '0'));
    line.at += 3;
    line.len -= 3;
    if (response->status < 100 || (line.len > 0 && !take_char(&line, ' ')))
        return false;
    response->reason = line;
    return is_text(line);
}

/* field-name ":" OWS field-value OWS, RFC 9112 section 5. */
static bool read_field(struct http_span line, struct http_field *field)
{
    field->name = take_token(&line);
    if (field->name.len == 0 || !take_char(&line, ':') || !is_text(line))
        return false;
    field->value = trim(line);
    return true;
}

/* All field lines from offset *@at up to the empty line, behind which *@at ends. */
static enum http_result read_fields(const char *octets, size_t len, size_t *at,
                                    struct http_fields *fields)
{
    struct http_span line;
    struct http_field field;
    unsigned n = 0;

    fields->at = octets + *at;
    for (;;) {
        size_t line_at = *at;

        if (!next_line(octets, len, at, &line))
            return HTTP_NEED_MORE;
        if (line.len == 0) {
            fields->len = (size_t)(octets + line_at - fields->at);
            return HTTP_COMPLETE;
        }
        if (!read_field(line, &field))
            return HTTP_BAD;
        if (++n > HTTP_FIELDS_MAX)
            return HTTP_TOO_LONG;
    }
}

/* The result for a head of which @len octets are there: a long one is refused before it has all
 * come. */
static enum http_result limit(enum http_result result, size_t len, size_t head_len)
{
    if (result == HTTP_NEED_MORE && len >= HTTP_HEAD_MAX)
        return HTTP_TOO_LONG;
    if (result == HTTP_COMPLETE && head_len > HTTP_HEAD_MAX)
        return HTTP_TOO_LONG;
    return result;
}

enum http_result http_parse_request(const uint8_t *octets, size_t len, struct http_request *request)
{
    const char *text = (const char *)octets;
    struct http_request result = { 0 };
    struct http_span line;
    enum http_result how;
    size_t at = 0;

    do {
        if (!next_line(text, len, &at, &line))
            return limit(HTTP_NEED_MORE, len, at);
    } while (line.len == 0); /* RFC 9112 section 2.2 */
    if (!read_request_line(line, &result))
        return HTTP_BAD;
    how = read_fields(text, len, &at, &result.fields);
    how = limit(how, len, at);
    if (how == HTTP_COMPLETE) {
        result.head_len = at;
        *request = result;
    }
    return how;
}

enum http_result http_parse_response(const uint8_t *octets, size_t len,
                                     struct http_response *response)
{
    const char *text = (const char *)octets;
    struct http_response result = { 0 };
    struct http_span line;
    enum http_result how;
    size_t at = 0;

    if (!next_line(text, len, &at, &line))
        return limit(HTTP_NEED_MORE, len, at);
    if (!read_status_line(line, &result))
        return HTTP_BAD;
    how = read_fields(text, len, &at, &result.fields);
    how = limit(how, len, at);
    if (how == HTTP_COMPLETE) {
        result.head_len = at;
        *response = result;
    }
    return how;
}

bool http_field_next(const struct http_fields *fields, size_t *at, struct http_field *field)
{
    struct http_span line;

    return next_line(fields->at, fields->len, at, &line) && read_field(line, field);
}

bool http_field_find(const struct http_fields *fields, const char *name, struct http_span *value)
{
    struct http_field field;
    size_t at = 0;

    while (http_field_next(fields, &at, &field)) {
        if (http_span_eq_nocase(field.name, name)) {
            *value = field.value;
            return true;
        }
    }
    return false;
}

unsigned http_field_count(const struct http_fields *fields, const char *name)
{
    struct http_field field;
    size_t at = 0;
    unsigned n = 0;

    while (http_field_next(fields, &at, &field))
        n += http_span_eq_nocase(field.name, name);
    return n;
}

/* The next member of a comma-separated list, taken off *@list; false at the end. Empty ones are
 * skipped. */
static bool take_member(struct http_span *list, struct http_span *member)
{
    while (list->len > 0) {
        const char *comma = memchr(list->at, ',', list->len);
        size_t n = comma == NULL ? list->len : (size_t)(comma - list->at);

        *member = trim((struct http_span){ list->at, n });
        n += comma != NULL;
        list->at += n;
        list->len -= n;
        if (member->len > 0)
            return true;
    }
    return false;
}

bool http_field_has(const struct http_fields *fields, const char *name, const char *token)
{
    struct http_field field;
    struct http_span member;
    size_t at = 0;

    while (http_field_next(fields, &at, &field)) {
        if (!http_span_eq_nocase(field.name, name))
            continue;
        while (take_member(&field.value, &member))
            if (http_span_eq_nocase(member, token))
                return true;
    }
    return false;
}

static bool read_length(struct http_span digits, uint64_t *value)
{
    uint64_t n = 0;

    if (digits.len == 0)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (!is_digit(digits.at[i]) || n > (INT64_MAX - 9) / 10)
            return false;
        n = n * 10 + (uint64_t)(digits.at[i] - '0');
    }
    *value = n;
    return true;
}

/* All Content-Length values must say the same. RFC 9112 section 6.3, item 5. */
static struct http_body length_body(const struct http_fields *fields, enum http_body_kind absent)
{
    struct http_body body = { absent, 0 };
    struct http_field field;
    struct http_span member;
    size_t at = 0;

    while (http_field_next(fields, &at, &field)) {
        if (!http_span_eq_nocase(field.name, "Content-Length"))
            continue;
        if (!take_member(&field.value, &member))
            return (struct http_body){ HTTP_BODY_BAD, 0 };
        do {
            uint64_t len;

            if (!read_length(member, &len) || (body.kind == HTTP_BODY_LENGTH && body.len != len))
                return (struct http_body){ HTTP_BODY_BAD, 0 };
            body = (struct http_body){ HTTP_BODY_LENGTH, len };
        } while (take_member(&field.value, &member));
    }
    return body;
}

/* Which transfer codings there are: @chunked as the last and only one is what we can read. */
static enum http_body_kind coding_body(const struct http_fields *fields)
{
    enum http_body_kind kind = HTTP_BODY_CODING;
    struct http_field field;
    struct http_span member;
    size_t at = 0;
    unsigned n = 0;

    while (http_field_next(fields, &at, &field)) {
        if (!http_span_eq_nocase(field.name, "Transfer-Encoding"))
            continue;
        while (take_member(&field.value, &member)) {
            n++;
            kind = http_span_eq_nocase(member, "chunked") ? HTTP_BODY_CHUNKED : HTTP_BODY_CODING;
        }
    }
    return n == 1 ? kind : n == 0 ? HTTP_BODY_BAD : HTTP_BODY_CODING;
}

struct http_body http_request_body(const struct http_request *request)
{
    const struct http_fields *fields = &request->fields;

    if (http_field_count(fields, "Transfer-Encoding") == 0)
        return length_body(fields, HTTP_BODY_NONE);
    /* Both at once, or chunks from a sender that cannot know them, is how requests are smuggled:
       RFC 9112 section 6.1. */
    if (http_field_count(fields, "Content-Length") > 0 || request->minor == 0)
        return (struct http_body){ HTTP_BODY_BAD, 0 };
    return (struct http_body){ coding_body(fields), 0 };
}

struct http_body http_response_body(const struct http_response *response, struct http_span method)
{
    const struct http_fields *fields = &response->fields;
    unsigned status = response->status;

    if (http_span_eq(method, "HEAD") || status / 100 == 1 || status == 204 || status == 304 ||
        (http_span_eq(method, "CONNECT") && status / 100 == 2))
        return (struct http_body){ HTTP_BODY_NONE, 0 };
    if (http_field_count(fields, "Transfer-Encoding") > 0)
        return (struct http_body){ coding_body(fields), 0 };
    return length_body(fields, HTTP_BODY_CLOSE);
}

bool http_keeps_alive(uint8_t minor, const struct http_fields *fields)
{
    if (http_field_has(fields, "Connection", "close"))
        return false;
    return minor >= 1 || http_field_has(fields, "Connection", "keep-alive");
}
