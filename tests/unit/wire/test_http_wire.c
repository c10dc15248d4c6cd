#include "tests/support/unit.h"

#include "stack/wire/http_wire.h"

#define OCTETS(text) (const uint8_t *)(text), sizeof(text) - 1

static enum http_result request_of(const char *text, struct http_request *request)
{
    return http_parse_request((const uint8_t *)text, strlen(text), request);
}

static enum http_result response_of(const char *text, struct http_response *response)
{
    return http_parse_response((const uint8_t *)text, strlen(text), response);
}

static enum http_result request_verdict(const char *text)
{
    struct http_request request;

    return request_of(text, &request);
}

static enum http_result response_verdict(const char *text)
{
    struct http_response response;

    return response_of(text, &response);
}

static const char REQUEST[] =
    "GET /b/1024 HTTP/1.1\r\nHost: 10.0.0.2\r\nUser-Agent: curl/7.88.1\r\n"
    "Accept: */*\r\n\r\n";

static void a_request_is_read_and_its_body_begins_behind_the_head(void)
{
    struct http_request request;
    struct http_field field;
    struct http_span value;
    size_t at = 0;

    EQ(request_of(REQUEST, &request), HTTP_COMPLETE);
    EQ(request.head_len, sizeof REQUEST - 1);
    OK(http_span_eq(request.method, "GET"));
    OK(http_span_eq(request.target, "/b/1024"));
    EQ(request.major, 1);
    EQ(request.minor, 1);
    OK(http_field_next(&request.fields, &at, &field));
    OK(http_span_eq(field.name, "Host") && http_span_eq(field.value, "10.0.0.2"));
    OK(http_field_next(&request.fields, &at, &field));
    OK(http_field_next(&request.fields, &at, &field));
    OK(!http_field_next(&request.fields, &at, &field));
    OK(http_field_find(&request.fields, "user-AGENT", &value));
    OK(http_span_eq(value, "curl/7.88.1"));
    OK(!http_field_find(&request.fields, "Hos", &value));
    EQ(http_field_count(&request.fields, "host"), 1);
}

static void every_truncation_of_a_head_needs_more(void)
{
    struct http_request request = { .head_len = 77 };

    for (size_t len = 0; len < sizeof REQUEST - 1; len++)
        EQ(http_parse_request((const uint8_t *)REQUEST, len, &request), HTTP_NEED_MORE);
    EQ(request.head_len, 77);
}

static void every_truncation_of_a_response_head_needs_more(void)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n";
    struct http_response response = { .head_len = 77 };

    for (size_t len = 0; len < sizeof text - 1; len++)
        EQ(http_parse_response((const uint8_t *)text, len, &response), HTTP_NEED_MORE);
    EQ(response.head_len, 77);
}

static void what_follows_the_head_is_not_looked_at(void)
{
    struct http_request request;

    EQ(request_of("GET / HTTP/1.0\r\n\r\n\1\2 garbage", &request), HTTP_COMPLETE);
    EQ(request.head_len, 18);
    EQ(request.fields.len, 0);
}

static void a_response_is_read_with_and_without_a_reason(void)
{
    struct http_response response;

    EQ(response_of("HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n", &response), HTTP_COMPLETE);
    EQ(response.status, 404);
    OK(http_span_eq(response.reason, "Not Found"));
    EQ(response_of("HTTP/1.0 200 \r\n\r\n", &response), HTTP_COMPLETE);
    EQ(response.minor, 0);
    EQ(response.reason.len, 0);
    EQ(response_of("HTTP/1.1 200\r\n\r\n", &response), HTTP_COMPLETE);
    EQ(response.reason.len, 0);
}

static void lines_may_end_with_lf_alone_but_not_with_cr_alone(void)
{
    EQ(request_verdict("GET / HTTP/1.1\nHost: a\n\n"), HTTP_COMPLETE);
    EQ(request_verdict("GET / HTTP/1.1\rHost: a\r\n\r\n"), HTTP_BAD);
    EQ(request_verdict("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"), HTTP_BAD);
}

static void empty_lines_before_a_request_are_skipped(void)
{
    EQ(request_verdict("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), HTTP_COMPLETE);
    EQ(response_verdict("\r\nHTTP/1.1 200 OK\r\n\r\n"), HTTP_BAD);
}

static void request_lines_that_are_none_are_bad(void)
{
    static const char *const wrong[] = {
        "GET\r\n",
        "GET /\r\n",
        "GET  / HTTP/1.1\r\n",
        "GET / HTTP/1.1 \r\n",
        " GET / HTTP/1.1\r\n",
        "GET / HTTP/11\r\n",
        "GET / http/1.1\r\n",
        "GET / HTTP/1.\r\n",
        "GET / HTTP/1.11\r\n",
        "G@T / HTTP/1.1\r\n",
        "GET /a b HTTP/1.1\r\n",
        "GET /\x7f HTTP/1.1\r\n",
        "GET \xc3\xa4 HTTP/1.1\r\n",
        "/ HTTP/1.1\r\n",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EQ(request_verdict(wrong[i]), HTTP_BAD);
}

static void status_lines_that_are_none_are_bad(void)
{
    static const char *const wrong[] = {
        "HTTP/1.1\r\n",         "HTTP/1.1 20\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 X\r\n",
        "HTTP/1.1  200 OK\r\n", "ICY 200 OK\r\n",  "HTTP/1.1 2x0 OK\r\n",  "HTTP/1.1 200 O\1K\r\n",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EQ(response_verdict(wrong[i]), HTTP_BAD);
}

static void other_versions_are_read_so_that_505_can_be_answered(void)
{
    struct http_request request;

    EQ(request_of("GET / HTTP/2.0\r\n\r\n", &request), HTTP_COMPLETE);
    EQ(request.major, 2);
}

static void malformed_fields_are_bad(void)
{
    static const char *const wrong[] = {
        "Host : a",   ": a",        "Host",     " folded: a", "Ho st: a",
        "Host: \x01", "Host: \x7f", "H\xc3: a", "\tHost: a",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[64];

        snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n\r\n", wrong[i]);
        EQ(request_verdict(text), HTTP_BAD);
    }
    EQ(http_parse_request(OCTETS("GET / HTTP/1.1\r\na: \0\r\n\r\n"), &(struct http_request){ 0 }),
       HTTP_BAD);
}

static void white_space_around_values_is_taken_off(void)
{
    struct http_request request;
    struct http_span value;

    EQ(request_of("GET / HTTP/1.1\r\nA:b\r\nC: \t d e \t\r\nF:\r\nG: \r\n\r\n", &request),
       HTTP_COMPLETE);
    OK(http_field_find(&request.fields, "a", &value) && http_span_eq(value, "b"));
    OK(http_field_find(&request.fields, "c", &value) && http_span_eq(value, "d e"));
    OK(http_field_find(&request.fields, "f", &value) && value.len == 0);
    OK(http_field_find(&request.fields, "g", &value) && value.len == 0);
}

static void heads_beyond_the_limits_are_too_long(void)
{
    static char text[HTTP_HEAD_MAX + 64];
    struct http_request request;
    const uint8_t *octets = (const uint8_t *)text;
    size_t start = (size_t)sprintf(text, "GET / HTTP/1.1\r\nA: ");

    memset(text + start, 'a', sizeof text - start);
    EQ(http_parse_request(octets, HTTP_HEAD_MAX - 1, &request), HTTP_NEED_MORE);
    EQ(http_parse_request(octets, HTTP_HEAD_MAX, &request), HTTP_TOO_LONG);
    memcpy(text + HTTP_HEAD_MAX - 4, "\r\n\r\n", 4);
    EQ(http_parse_request(octets, sizeof text, &request), HTTP_COMPLETE);
    EQ(request.head_len, HTTP_HEAD_MAX);
    memcpy(text + HTTP_HEAD_MAX - 4, "a\r\n\r\n", 5);
    EQ(http_parse_request(octets, sizeof text, &request), HTTP_TOO_LONG);
    memset(text, '\n', HTTP_HEAD_MAX);
    EQ(http_parse_request(octets, HTTP_HEAD_MAX, &request), HTTP_TOO_LONG);
}

static void a_hundred_fields_are_read_and_one_more_is_too_long(void)
{
    char text[HTTP_FIELDS_MAX * 6 + 64];

    for (unsigned n = HTTP_FIELDS_MAX; n <= HTTP_FIELDS_MAX + 1; n++) {
        size_t len = (size_t)sprintf(text, "GET / HTTP/1.1\r\n");

        for (unsigned i = 0; i < n; i++)
            len += (size_t)sprintf(text + len, "a:b\r\n");
        sprintf(text + len, "\r\n");
        EQ(request_verdict(text), n <= HTTP_FIELDS_MAX ? HTTP_COMPLETE : HTTP_TOO_LONG);
    }
}

static void list_members_are_found_in_every_line_and_case(void)
{
    struct http_request request;

    EQ(request_of(
           "GET / HTTP/1.1\r\nConnection: Upgrade,, keep-alive\r\nConnection: CLOSE ,x\r\n\r\n",
           &request),
       HTTP_COMPLETE);
    OK(http_field_has(&request.fields, "connection", "close"));
    OK(http_field_has(&request.fields, "Connection", "keep-alive"));
    OK(http_field_has(&request.fields, "Connection", "x"));
    OK(!http_field_has(&request.fields, "Connection", "keep"));
    OK(!http_field_has(&request.fields, "Connection", ""));
}

static struct http_body body_of_request(const char *start_line, const char *fields)
{
    struct http_request request;
    char text[256];

    snprintf(text, sizeof text, "%s\r\n%s\r\n", start_line, fields);
    EQ(request_of(text, &request), HTTP_COMPLETE);
    return http_request_body(&request);
}

static void request_bodies_follow_rfc_9112(void)
{
    static const struct {
        const char *fields;
        enum http_body_kind kind;
        uint64_t len;
    } cases[] = {
        { "", HTTP_BODY_NONE, 0 },
        { "Content-Length: 0\r\n", HTTP_BODY_LENGTH, 0 },
        { "Content-Length: 42\r\n", HTTP_BODY_LENGTH, 42 },
        { "content-length: 5, 5\r\nContent-Length: 5\r\n", HTTP_BODY_LENGTH, 5 },
        { "Content-Length: 5\r\nContent-Length: 6\r\n", HTTP_BODY_BAD, 0 },
        { "Content-Length: 5,6\r\n", HTTP_BODY_BAD, 0 },
        { "Content-Length: \r\n", HTTP_BODY_BAD, 0 },
        { "Content-Length: ,\r\n", HTTP_BODY_BAD, 0 },
        { "Content-Length: +5\r\n", HTTP_BODY_BAD, 0 },
        { "Content-Length: -5\r\n", HTTP_BODY_BAD, 0 },
        { "Content-Length: 0x5\r\n", HTTP_BODY_BAD, 0 },
        { "Content-Length: 9223372036854775799\r\n", HTTP_BODY_LENGTH, INT64_MAX - 8 },
        { "Content-Length: 9223372036854775808\r\n", HTTP_BODY_BAD, 0 },
        { "Content-Length: 99999999999999999999999\r\n", HTTP_BODY_BAD, 0 },
        { "Transfer-Encoding: Chunked\r\n", HTTP_BODY_CHUNKED, 0 },
        { "Transfer-Encoding: gzip, chunked\r\n", HTTP_BODY_CODING, 0 },
        { "Transfer-Encoding: gzip\r\n", HTTP_BODY_CODING, 0 },
        { "Transfer-Encoding: chunked, chunked\r\n", HTTP_BODY_CODING, 0 },
        { "Transfer-Encoding: \r\n", HTTP_BODY_BAD, 0 },
        { "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", HTTP_BODY_BAD, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_body body = body_of_request("POST / HTTP/1.1", cases[i].fields);

        EQ(body.kind, cases[i].kind);
        EQ(body.len, cases[i].len);
    }
    EQ(body_of_request("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n").kind, HTTP_BODY_BAD);
}

static enum http_body_kind response_kind(unsigned status, const char *method, const char *fields)
{
    struct http_response response;
    char text[256];

    snprintf(text, sizeof text, "HTTP/1.1 %u X\r\n%s\r\n", status, fields);
    EQ(response_of(text, &response), HTTP_COMPLETE);
    return http_response_body(&response, (struct http_span){ method, strlen(method) }).kind;
}

static void response_bodies_follow_rfc_9112(void)
{
    static const char both[] = "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n";

    EQ(response_kind(200, "GET", ""), HTTP_BODY_CLOSE);
    EQ(response_kind(200, "GET", "Content-Length: 5\r\n"), HTTP_BODY_LENGTH);
    EQ(response_kind(200, "GET", both), HTTP_BODY_CHUNKED);
    EQ(response_kind(200, "HEAD", "Content-Length: 5\r\n"), HTTP_BODY_NONE);
    EQ(response_kind(204, "GET", ""), HTTP_BODY_NONE);
    EQ(response_kind(304, "GET", "Content-Length: 5\r\n"), HTTP_BODY_NONE);
    EQ(response_kind(100, "GET", ""), HTTP_BODY_NONE);
    EQ(response_kind(200, "CONNECT", ""), HTTP_BODY_NONE);
    EQ(response_kind(404, "CONNECT", ""), HTTP_BODY_CLOSE);
    EQ(response_kind(200, "GET", "Content-Length: x\r\n"), HTTP_BODY_BAD);
}

static void connections_persist_by_version_and_field(void)
{
    struct http_request none, shut, keep;

    EQ(request_of("GET / HTTP/1.1\r\n\r\n", &none), HTTP_COMPLETE);
    EQ(request_of("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", &shut), HTTP_COMPLETE);
    EQ(request_of("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &keep), HTTP_COMPLETE);
    OK(http_keeps_alive(1, &none.fields) && !http_keeps_alive(0, &none.fields));
    OK(!http_keeps_alive(1, &shut.fields));
    OK(http_keeps_alive(0, &keep.fields));
}

/* Decodes @text in pieces of @step octets; returns the last result and the body in @body. */
static enum http_chunk_result decode(const char *text, size_t len, size_t step, char *body,
                                     size_t *rest)
{
    struct http_chunks chunks = { 0 };
    enum http_chunk_result result = HTTP_CHUNK_NEED_MORE;
    size_t at = 0, n = 0;

    while (at < len && (result == HTTP_CHUNK_NEED_MORE || result == HTTP_CHUNK_DATA)) {
        size_t piece = len - at < step ? len - at : step, used;
        struct http_span data;

        result = http_chunks_next(&chunks, (const uint8_t *)text + at, piece, &used, &data);
        OK(used <= piece);
        if (result == HTTP_CHUNK_DATA) {
            memcpy(body + n, data.at, data.len);
            n += data.len;
        }
        if (result == HTTP_CHUNK_NEED_MORE)
            EQ(used, piece);
        at += used;
    }
    body[n] = '\0';
    *rest = len - at;
    return result;
}

static void chunks_give_the_same_body_however_they_are_cut(void)
{
    static const char text[] = "5\r\nhello\r\n1;name=\"v\"\r\n \r\n0000A \t\r\nbeautiful!\r\n"
                               "0\r\nTrailer: x\r\nOther: y\r\n\r\nNEXT";
    char body[sizeof text];

    for (size_t step = 1; step <= sizeof text; step++) {
        size_t rest;

        EQ(decode(text, sizeof text - 1, step, body, &rest), HTTP_CHUNK_DONE);
        EQ_STR(body, "hello beautiful!");
        EQ(rest, 4);
    }
}

static void every_truncation_of_chunks_needs_more(void)
{
    static const char text[] = "5\r\nhello\r\n0\r\nT: x\r\n\r\n";
    char body[sizeof text];

    for (size_t len = 1; len < sizeof text - 1; len++) {
        size_t rest;
        enum http_chunk_result result = decode(text, len, len, body, &rest);

        OK(result == HTTP_CHUNK_NEED_MORE || result == HTTP_CHUNK_DATA);
        EQ(rest, 0);
    }
}

static void malformed_chunks_are_bad_and_stay_bad(void)
{
    static const char *const wrong[] = {
        "\r\n",        "g\r\n",         "-1\r\n",
        " 5\r\n",      "5\n",           "5\rx",
        "5\r\nhello!", "5\r\nhello\rx", "1000000000000000\r\n",
        "5;\n",        "0\r\n\rx",      "0\r\nT\n",
    };
    char body[64];
    size_t rest;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EQ(decode(wrong[i], strlen(wrong[i]), 64, body, &rest), HTTP_CHUNK_BAD);
    EQ(decode("fffffffffffffff\r\nx", 18, 64, body, &rest), HTTP_CHUNK_DATA);
}

static void endless_trailers_and_extensions_are_bad(void)
{
    static const char *const starts[] = { "1;", "0\r\n" };

    for (size_t i = 0; i < 2; i++) {
        struct http_chunks chunks = { 0 };
        struct http_span data;
        size_t used, n = 0;

        http_chunks_next(&chunks, (const uint8_t *)starts[i], strlen(starts[i]), &used, &data);
        while (n < 2 * HTTP_TRAILER_MAX &&
               http_chunks_next(&chunks, (const uint8_t *)"x", 1, &used, &data) != HTTP_CHUNK_BAD)
            n++;
        OK(n >= HTTP_TRAILER_MAX - 1 && n <= HTTP_TRAILER_MAX);
        EQ(http_chunks_next(&chunks, (const uint8_t *)"\r\n\r\n", 4, &used, &data), HTTP_CHUNK_BAD);
    }
}

static void heads_written_are_heads_read(void)
{
    char octets[256];
    struct http_writer w = { .octets = octets, .size = sizeof octets };
    struct http_response response;
    struct http_body body;
    size_t len;

    http_emit_status_line(&w, 404, NULL);
    http_emit_field(&w, "Server", "lab");
    http_emit_field_u64(&w, "Content-Length", UINT32_MAX);
    len = http_emit_end(&w);
    EQ(len, strlen("HTTP/1.1 404 Not Found\r\nServer: lab\r\nContent-Length: 4294967295\r\n\r\n"));
    EQ(http_parse_response((uint8_t *)octets, len, &response), HTTP_COMPLETE);
    EQ(response.head_len, len);
    body = http_response_body(&response, (struct http_span){ "GET", 3 });
    EQ(body.kind, HTTP_BODY_LENGTH);
    EQ(body.len, UINT32_MAX);
    w = (struct http_writer){ .octets = octets, .size = sizeof octets };
    http_emit_request_line(&w, "GET", "/b/1024");
    http_emit_field(&w, "Host", "10.0.0.2");
    http_emit_field(&w, "User-Agent", "curl/7.88.1");
    http_emit_field(&w, "Accept", "*/*");
    EQ(http_emit_end(&w), sizeof REQUEST - 1);
    EQ_MEM(octets, REQUEST, sizeof REQUEST - 1);
}

static void a_head_that_does_not_fit_is_reported(void)
{
    char octets[28];
    struct http_writer w = { .octets = octets, .size = 27 };

    octets[27] = 'e';
    http_emit_status_line(&w, 200, NULL); /* 17 octets */
    http_emit_field(&w, "A", "bcd");      /* 8 */
    EQ(http_emit_end(&w), 27);
    w.len = 0;
    http_emit_status_line(&w, 200, NULL);
    http_emit_field(&w, "A", "bcde");
    EQ(http_emit_end(&w), 0);
    OK(w.overflow);
    EQ(octets[27], 'e');
}

static void chunk_sizes_are_hexadecimal(void)
{
    char octets[HTTP_CHUNK_MAX];

    EQ(http_emit_chunk(0x1000, octets), 6);
    EQ_MEM(octets, "1000\r\n", 6);
    EQ(http_emit_chunk(SIZE_MAX, octets), 2 * sizeof(size_t) + 2);
}

static void dates_are_written_as_rfc_9110_wants_them(void)
{
    char text[HTTP_DATE_MAX];

    EQ_STR(http_date(784111777, text), "Sun, 06 Nov 1994 08:49:37 GMT");
    EQ_STR(http_date(0, text), "Thu, 01 Jan 1970 00:00:00 GMT");
    EQ_STR(http_date(-1, text), "Wed, 31 Dec 1969 23:59:59 GMT");
    EQ_STR(http_date(951782400, text), "Tue, 29 Feb 2000 00:00:00 GMT");
    EQ_STR(http_date(951868800, text), "Wed, 01 Mar 2000 00:00:00 GMT");
    EQ_STR(http_date(4107542400, text), "Mon, 01 Mar 2100 00:00:00 GMT"); /* no leap day */
    EQ_STR(http_date(4107542399, text), "Sun, 28 Feb 2100 23:59:59 GMT");
    EQ_STR(http_date(253402300799, text), "Fri, 31 Dec 9999 23:59:59 GMT");
}

static void statuses_have_the_usual_phrases(void)
{
    EQ_STR(http_reason(200), "OK");
    EQ_STR(http_reason(505), "HTTP Version Not Supported");
    EQ_STR(http_reason(299), "Unknown");
}

UNIT_MAIN("wire.http", TEST(a_request_is_read_and_its_body_begins_behind_the_head),
          TEST(every_truncation_of_a_head_needs_more),
          TEST(every_truncation_of_a_response_head_needs_more),
          TEST(what_follows_the_head_is_not_looked_at),
          TEST(a_response_is_read_with_and_without_a_reason),
          TEST(lines_may_end_with_lf_alone_but_not_with_cr_alone),
          TEST(empty_lines_before_a_request_are_skipped), TEST(request_lines_that_are_none_are_bad),
          TEST(status_lines_that_are_none_are_bad),
          TEST(other_versions_are_read_so_that_505_can_be_answered), TEST(malformed_fields_are_bad),
          TEST(white_space_around_values_is_taken_off), TEST(heads_beyond_the_limits_are_too_long),
          TEST(a_hundred_fields_are_read_and_one_more_is_too_long),
          TEST(list_members_are_found_in_every_line_and_case), TEST(request_bodies_follow_rfc_9112),
          TEST(response_bodies_follow_rfc_9112), TEST(connections_persist_by_version_and_field),
          TEST(chunks_give_the_same_body_however_they_are_cut),
          TEST(every_truncation_of_chunks_needs_more), TEST(malformed_chunks_are_bad_and_stay_bad),
          TEST(endless_trailers_and_extensions_are_bad), TEST(heads_written_are_heads_read),
          TEST(a_head_that_does_not_fit_is_reported), TEST(chunk_sizes_are_hexadecimal),
          TEST(dates_are_written_as_rfc_9110_wants_them), TEST(statuses_have_the_usual_phrases))
