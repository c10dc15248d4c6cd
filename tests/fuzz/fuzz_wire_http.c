#include "tests/support/must.h"

#include "stack/wire/http_wire.h"

static void check_inside(struct http_span span, const uint8_t *octets, size_t len)
{
    MUST(span.at >= (const char *)octets && span.at + span.len <= (const char *)octets + len);
}

static void look_up(const struct http_fields *fields, const uint8_t *octets, size_t len)
{
    struct http_field field;
    struct http_span value;
    size_t at = 0;
    unsigned n = 0;

    for (; http_field_next(fields, &at, &field); n++) {
        check_inside(field.name, octets, len);
        check_inside(field.value, octets, len);
        MUST(field.name.len > 0);
    }
    MUST(at == fields->len && n <= HTTP_FIELDS_MAX);
    MUST(http_field_find(fields, "host", &value) == (http_field_count(fields, "Host") > 0));
    http_field_has(fields, "Connection", "close");
    http_keeps_alive(1, fields);
}

/* A head cut anywhere needs more or is wrong already; it is never complete early. */
static void check_prefixes(const uint8_t *octets, size_t head_len)
{
    struct http_request request;
    struct http_response response;

    for (size_t len = 0; len < head_len; len += 1 + head_len / 64) {
        MUST(http_parse_request(octets, len, &request) != HTTP_COMPLETE);
        MUST(http_parse_response(octets, len, &response) != HTTP_COMPLETE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct http_request request;
    struct http_response response;

    if (http_parse_request(octets, len, &request) == HTTP_COMPLETE) {
        MUST(request.head_len <= len && request.head_len <= HTTP_HEAD_MAX);
        check_inside(request.method, octets, request.head_len);
        check_inside(request.target, octets, request.head_len);
        look_up(&request.fields, octets, request.head_len);
        http_request_body(&request);
        check_prefixes(octets, request.head_len);
    }
    if (http_parse_response(octets, len, &response) == HTTP_COMPLETE) {
        MUST(response.head_len <= len && response.head_len <= HTTP_HEAD_MAX);
        MUST(response.status >= 100 && response.status <= 999);
        check_inside(response.reason, octets, response.head_len);
        look_up(&response.fields, octets, response.head_len);
        http_response_body(&response, (struct http_span){ "GET", 3 });
        check_prefixes(octets, response.head_len);
    }
    return 0;
}
