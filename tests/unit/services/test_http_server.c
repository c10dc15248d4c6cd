#include "tests/support/unit.h"

#include "stack/services/alphabet.h"
#include "stack/services/http_reply.h"
#include "stack/services/small_servers.h"

static const struct http_page pages[] = {
    { .path = "/", .status = 200, .body = (const uint8_t *)"hello", .len = 5 },
    { .path = "/b/100", .status = 200, .len = 100 },
    { .path = "/a b", .status = 200, .len = 1 },
    { .path = "/q?x=1", .status = 200, .len = 7 },
    { .path = "/q", .status = 200, .len = 8 },
    { .path = "/moved", .status = 302, .location = "/b/100", .type = "text/plain", .len = 3 },
    { .path = "/nothing", .status = 204 },
    { .path = "/odd", .status = 100 },
};

static const struct http_server_config lab = {
    .port = 80,
    .keepalive = SIM_SEC(5),
    .server = "lab",
    .type = "text/html",
    .n_pages = sizeof pages / sizeof *pages,
    .pages = pages,
};

static struct http_reply reply_of(const struct http_server_config *config, const char *text)
{
    struct http_request request;
    struct http_reply reply;

    OK(http_parse_request((const uint8_t *)text, strlen(text), &request) == HTTP_COMPLETE);
    http_reply_to(config, &request, &reply);
    return reply;
}

static void head_is(const struct http_server_config *config, const char *text, const char *expected)
{
    struct http_reply reply = reply_of(config, text);
    char head[HTTP_REPLY_HEAD_MAX + 1];
    size_t len = http_reply_head(config, &reply, SIM_SEC(10), head);

    head[len] = '\0';
    EQ_STR(head, expected);
}

#define HOST "Host: a\r\n"

static void a_head_has_the_recorded_lines_in_their_order(void)
{
    head_is(&lab, "GET /b/100 HTTP/1.1\r\n" HOST "\r\n",
            "HTTP/1.1 200 OK\r\nServer: lab\r\nContent-Type: text/html\r\nContent-Length: 100\r\n"
            "Connection: keep-alive\r\n\r\n");
    head_is(&lab, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\nServer: lab\r\nContent-Type: text/html\r\nContent-Length: 5\r\n"
            "Connection: close\r\n\r\n");
    head_is(&(struct http_server_config){ 0 }, "GET / HTTP/1.0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nServer: wirewalk\r\nContent-Type: "
            "text/plain\r\nContent-Length: 14\r\n"
            "Connection: close\r\n\r\n");
}

static void optional_fields_come_when_asked_for(void)
{
    struct http_server_config config = lab;

    config.date = true;
    config.chunked = true;
    head_is(&config, "GET /moved HTTP/1.1\r\n" HOST "\r\n",
            "HTTP/1.1 302 Found\r\nServer: lab\r\nDate: Thu, 01 Jan 2026 00:00:10 "
            "GMT\r\nContent-Type: text/plain\r\n"
            "Transfer-Encoding: chunked\r\nLocation: /b/100\r\nConnection: keep-alive\r\n\r\n");
    head_is(
        &config, "POST / HTTP/1.0\r\n\r\n",
        "HTTP/1.1 405 Method Not Allowed\r\nServer: lab\r\nDate: Thu, 01 Jan 2026 00:00:10 GMT\r\n"
        "Content-Type: text/plain\r\nContent-Length: 23\r\nAllow: GET, HEAD\r\nConnection: "
        "close\r\n\r\n");
    head_is(&lab, "GET /nothing HTTP/1.1\r\n" HOST "\r\n",
            "HTTP/1.1 204 No Content\r\nServer: lab\r\nConnection: keep-alive\r\n\r\n");
}

static void status_is(const char *text, unsigned status)
{
    EQ(reply_of(&lab, text).status, status);
}

static void the_status_follows_the_rfc(void)
{
    status_is("GET / HTTP/1.1\r\n" HOST "\r\n", 200);
    status_is("GET /none HTTP/1.1\r\n" HOST "\r\n", 404);
    status_is("GET / HTTP/1.1\r\n\r\n", 400);
    status_is("GET / HTTP/1.0\r\n\r\n", 200);
    status_is("GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400);
    status_is("GET / HTTP/2.0\r\n" HOST "\r\n", 505);
    status_is("GET * HTTP/1.1\r\n" HOST "\r\n", 400);
    status_is("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 405);
    status_is("DELETE / HTTP/1.1\r\n" HOST "\r\n", 405);
    status_is("BREW / HTTP/1.1\r\n" HOST "\r\n", 501);
    status_is("get / HTTP/1.1\r\n" HOST "\r\n", 501);
    status_is("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501);
    status_is("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400);
    status_is("GET /odd HTTP/1.1\r\n" HOST "\r\n", 500);
}

static void targets_are_found_in_all_their_forms(void)
{
    status_is("GET http://a/b/100 HTTP/1.1\r\n" HOST "\r\n", 200);
    status_is("GET HTTP://a HTTP/1.1\r\n" HOST "\r\n", 200);
    status_is("GET http:// HTTP/1.1\r\n" HOST "\r\n", 400);
    status_is("GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n", 400);
    status_is("GET /a%20b HTTP/1.1\r\n" HOST "\r\n", 200);
    status_is("GET /%62/100?x HTTP/1.1\r\n" HOST "\r\n", 200);
    status_is("GET /a%2 HTTP/1.1\r\n" HOST "\r\n", 404);
    EQ(reply_of(&lab, "GET /q?x=1 HTTP/1.1\r\n" HOST "\r\n").len, 7);
    EQ(reply_of(&lab, "GET /q?x=2 HTTP/1.1\r\n" HOST "\r\n").len, 8);
}

static void head_has_no_body_and_expectations_are_refused(void)
{
    struct http_reply reply = reply_of(&lab, "HEAD /b/100 HTTP/1.1\r\n" HOST "\r\n");

    OK(reply.head_only && reply.keep && !reply.drain);
    EQ(reply.len, 100);
    reply = reply_of(&lab, "POST / HTTP/1.1\r\n" HOST
                           "Content-Length: 9\r\nExpect: 100-continue\r\n\r\n");
    EQ(reply.status, 405);
    EQ(reply.request_body.kind, HTTP_BODY_NONE);
    OK(!reply.keep && reply.drain);
    reply = reply_of(&lab, "POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n");
    EQ(reply.request_body.len, 9);
    OK(reply.keep && reply.allow);
}

static void the_alphabet_and_chargen_repeat(void)
{
    char first[CHARGEN_LINE_LEN], last[CHARGEN_LINE_LEN];

    EQ(strlen(alphabet), ALPHABET_LEN);
    EQ_MEM(alphabet + ALPHABET_LEN - 26, "abcdefghijklmnopqrstuvwxyz", 26);
    chargen_line(0, first);
    chargen_line(94, last);
    EQ_MEM(first, " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n",
           CHARGEN_LINE_LEN);
    EQ_MEM(last, "~ !\"#$", 6);
}

UNIT_MAIN("http_server", TEST(a_head_has_the_recorded_lines_in_their_order),
          TEST(optional_fields_come_when_asked_for), TEST(the_status_follows_the_rfc),
          TEST(targets_are_found_in_all_their_forms),
          TEST(head_has_no_body_and_expectations_are_refused),
          TEST(the_alphabet_and_chargen_repeat))
