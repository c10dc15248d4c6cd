/* What the files of curl share: a run of it, and the transfer it is at. */
#ifndef WW_APPS_CURL_H
#define WW_APPS_CURL_H

#include "apps/curl_meter.h"
#include "apps/curl_options.h"
#include "apps/curl_write_out.h"
#include "apps/http_client.h"
#include "apps/url.h"
#include "stack/services/resolver.h"

/* From a response's end until its connection is closed: a FIN of the server's comes before. */
#define CURL_CLOSE_TIME SIM_USEC(200)

#define CURL_CONNECTIONS_MAX 16 /* kept open for later URLs */

/* curl's exit statuses. */
enum curl_code {
    CURL_OK = 0,
    CURL_UNSUPPORTED_PROTOCOL = 1,
    CURL_USAGE = 2,
    CURL_URL_MALFORMAT = 3,
    CURL_COULDNT_RESOLVE_HOST = 6,
    CURL_COULDNT_CONNECT = 7,
    CURL_WEIRD_SERVER_REPLY = 8,
    CURL_PARTIAL_FILE = 18,
    CURL_HTTP_RETURNED_ERROR = 22,
    CURL_WRITE_ERROR = 23,
    CURL_OPERATION_TIMEDOUT = 28,
    CURL_TOO_MANY_REDIRECTS = 47,
    CURL_GOT_NOTHING = 52,
    CURL_SEND_ERROR = 55,
    CURL_RECV_ERROR = 56,
    CURL_BAD_CONTENT_ENCODING = 61,
};

struct curl_connection {
    int fd;
    unsigned number; /* "Connection #0" */
    char *host;
    uint16_t port;
    struct endpoint addr;
};

struct curl {
    struct process *self;
    struct coroutine co, co_transfer, co_request, co_connect;
    struct curl_options options;
    unsigned index; /* of the URL */
    int slept;
    struct curl_connection connections[CURL_CONNECTIONS_MAX];
    unsigned n_connections, next_number;
    bool resolving; /* resolver holds something */
    char *resolved; /* the name whose addresses the resolver has; NULL: none */
    struct resolver resolver;
    struct curl_numbers numbers;
    struct curl_meter meter;
    struct http_client client;
    /* the transfer of one URL */
    struct url url;
    enum curl_code code;
    struct strbuf error;
    sim_time started, request_started;
    char *file; /* of the host, absolute; NULL: standard output */
    bool to_terminal;
    bool discard; /* the file is /dev/null */
    bool file_begun, dump_begun;
    const char *method;
    bool sends_data;
    char *location;     /* of the response, where it redirects; or NULL */
    char *redirect_url; /* for --write-out */
    /* one request */
    struct curl_connection connection; /* fd -1: none */
    bool reused, retried;
    unsigned address; /* of resolver.addrs */
    struct strbuf request;
    size_t head_len; /* of the request */
    bool ignore_body, data_noted;
    uint64_t received; /* octets of this response's body */
    bool length_known;
    uint64_t length;
};

/** curl_say() - "* ..." for -v. */
void curl_say(struct curl *curl, const char *format, ...) STRBUF_PRINTF_LIKE(2, 3);
/** curl_fail() - the transfer ends with @code and this message; -v shows it too. */
void curl_fail(struct curl *curl, enum curl_code code, const char *format, ...)
    STRBUF_PRINTF_LIKE(3, 4);
/** curl_build_request() - curl->request from the URL and the options. */
void curl_build_request(struct curl *curl);
/** curl_show_request() - what -v shows of it. */
void curl_show_request(struct curl *curl);

/** curl_choose_output() - where the body of curl->url goes. False: the transfer has failed. */
bool curl_choose_output(struct curl *curl);
/** curl_write() - octets of the body, or of a head where the options want it there. False: it
 * cannot be. */
bool curl_write(struct curl *curl, const char *octets, size_t len);
/** curl_finish_output() - a transfer without a body still makes its file. */
void curl_finish_output(struct curl *curl);

/** curl_response_ops - what the client calls when something of the response comes; ctx is the
 * struct curl. */
extern const struct http_client_ops curl_response_ops;

#endif
