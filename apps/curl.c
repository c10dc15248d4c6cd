/*
 * curl 7.88.1, for http URLs: what it sends, prints and ends with are the real one's.
 *
 * run of curl -> transfer() for each URL -> request() for each step of a redirection -> connect(),
 * exchange.
 *
 * Not done, and refused: https and every other scheme, proxies, cookies, authentication, uploads,
 * HTTP/2, URL globbing, parallel transfers. A time limit that runs out while a name is looked up is
 * seen when the look-up ends. The pointer that -v prints for a "bundle" is a constant.
 */
#include "apps/curl.h"

#include <stdlib.h>
#include <string.h>

#include "apps/programs.h"
#include "base/memory.h"

#define BUNDLE "0x5581e8a8b2b0" /* where the real one prints an address of its memory */

static long long ms_since(struct curl *curl, sim_time start)
{
    return (long long)((process_now(curl->self) - start) / SIM_MSEC(1));
}

/* ---- connections ---- */

static struct curl_connection *find_connection(struct curl *curl)
{
    for (unsigned i = 0; i < curl->n_connections; i++)
        if (curl->connections[i].port == curl->url.port &&
            strcmp(curl->connections[i].host, curl->url.host) == 0)
            return &curl->connections[i];
    return NULL;
}

static void take_out(struct curl *curl, struct curl_connection *connection)
{
    *connection = curl->connections[--curl->n_connections];
}

static void let_go(struct curl *curl)
{
    curl_say(curl, "Closing connection %u", curl->connection.number);
    http_client_close(&curl->client);
    free(curl->connection.host);
    curl->connection = (struct curl_connection){ .fd = -1 };
}

/* An idle connection to the URL's host becomes the current one. False: there is none that lives. */
static bool reuse(struct curl *curl)
{
    struct curl_connection *found = find_connection(curl);

    if (found == NULL)
        return false;
    curl->connection = *found;
    curl->client.fd = found->fd;
    take_out(curl, found);
    curl_say(curl, "Found bundle for host: " BUNDLE " [serially]");
    curl_say(curl, "Can not multiplex, even if we wanted to");
    if (http_client_is_dead(&curl->client)) {
        curl_say(curl, "Connection %u seems to be dead", curl->connection.number);
        let_go(curl);
        return false;
    }
    curl_say(curl, "Re-using existing connection #%u with host %s", curl->connection.number,
             curl->url.host);
    return true;
}

/* The exchange is over: the connection is kept for another, or closed. */
static void put_away(struct curl *curl)
{
    if (!curl->client.reusable || curl->n_connections == CURL_CONNECTIONS_MAX) {
        let_go(curl);
        return;
    }
    curl_say(curl, "Connection #%u to host %s left intact", curl->connection.number,
             curl->connection.host);
    curl->connections[curl->n_connections] = curl->connection;
    curl->connections[curl->n_connections++].fd = curl->client.fd;
    curl->client.fd = -1;
    curl->connection = (struct curl_connection){ .fd = -1 };
}

/* ---- connecting ---- */

/* When a limit ends the attempt; *@code: which one. */
static sim_time connect_until(const struct curl *curl)
{
    sim_time whole = curl->options.max_time > 0
                         ? curl->started + curl->options.max_time + SIM_MSEC(1)
                         : SIM_TIME_NONE;
    sim_time part = curl->options.connect_timeout > 0
                        ? curl->request_started + curl->options.connect_timeout + SIM_MSEC(1)
                        : SIM_TIME_NONE;

    return whole < part ? whole : part;
}

static bool too_late(const struct curl *curl)
{
    return curl->options.max_time > 0 &&
           process_now(curl->self) > curl->started + curl->options.max_time;
}

static bool connect_too_late(const struct curl *curl)
{
    return curl->options.connect_timeout > 0 &&
           process_now(curl->self) > curl->request_started + curl->options.connect_timeout;
}

static void connecting_failed(struct curl *curl)
{
    char host[URL_HOST_MAX];
    long long ms = ms_since(curl, curl->request_started);
    bool limit = connect_too_late(curl);

    if (too_late(curl)) {
        curl_fail(curl, CURL_OPERATION_TIMEDOUT, "Connection timed out after %lld milliseconds",
                  ms_since(curl, curl->started));
        return;
    }
    /* A time-out of TCP's own has the code of one, and yet the text of a failure. */
    curl_fail(curl,
              limit || curl->client.error == SIM_ETIMEDOUT ? CURL_OPERATION_TIMEDOUT
                                                           : CURL_COULDNT_CONNECT,
              "Failed to connect to %s port %u after %lld ms: %s", url_bare_host(&curl->url, host),
              curl->url.port, ms, limit ? "Timeout was reached" : "Couldn't connect to server");
}

static struct endpoint address(const struct curl *curl)
{
    struct endpoint to = { 0 };

    (void)resolver_at(&curl->resolver, curl->self->os, curl->address, curl->url.port, &to);
    return to;
}

static const char *bare_address(struct endpoint e, char text[static IP6_TEXT_MAX])
{
    return e.v6 ? ip6_format(e.addr6, text) : ip4_format(e.addr, text);
}

static void say_attempt_failed(struct curl *curl)
{
    char text[IP6_TEXT_MAX];
    const char *addr = bare_address(address(curl), text);

    if (connect_too_late(curl) && !too_late(curl))
        curl_say(curl, "%s connect timeout after %lldms, move on!",
                 address(curl).v6 ? "ipv6" : "ipv4",
                 (long long)(curl->options.connect_timeout / SIM_MSEC(1)));
    else if (curl->client.error == SIM_ENETUNREACH || curl->client.error == SIM_EADDRNOTAVAIL)
        curl_say(curl, "Immediate connect fail for %s: %s", addr, sim_strerror(curl->client.error));
    else if (!too_late(curl))
        curl_say(curl, "connect to %s port %u failed: %s", addr, curl->url.port,
                 sim_strerror(curl->client.error));
}

static void connected(struct curl *curl)
{
    char text[IP6_TEXT_MAX], host[URL_HOST_MAX];

    curl->connection = (struct curl_connection){ .fd = curl->client.fd,
                                                 .number = curl->next_number++,
                                                 .host = mem_strdup(curl->url.host),
                                                 .port = curl->url.port,
                                                 .addr = address(curl) };
    curl->numbers.num_connects++;
    curl->numbers.connect = process_now(curl->self) - curl->started;
    curl_say(curl, "Connected to %s (%s) port %u (#%u)", url_bare_host(&curl->url, host),
             bare_address(curl->connection.addr, text), curl->url.port, curl->connection.number);
}

static bool is_resolved(const struct curl *curl)
{
    return curl->resolved != NULL && strcmp(curl->resolved, curl->url.host) == 0;
}

static void resolved(struct curl *curl)
{
    curl->resolving = false;
    if (curl->resolver.error != 0 || address(curl).port == 0) {
        if (too_late(curl) || connect_too_late(curl))
            curl_fail(curl, CURL_OPERATION_TIMEDOUT, "Resolving timed out after %lld milliseconds",
                      ms_since(curl, curl->request_started));
        else
            curl_fail(curl, CURL_COULDNT_RESOLVE_HOST, "Could not resolve host: %s",
                      curl->url.host);
        return;
    }
    curl->resolved = mem_strdup(curl->url.host);
}

/* A new connection to the URL's host; curl->code tells whether there is one. */
static enum co_status connect_to(struct curl *curl)
{
    char text[ENDPOINT_TEXT_MAX], host[URL_HOST_MAX];

    CO_BEGIN(&curl->co_connect);
    if (is_resolved(curl)) {
        curl_say(curl, "Hostname %s was found in DNS cache", curl->url.host);
    } else {
        free(curl->resolved);
        curl->resolved = NULL;
        curl->resolving = true;
        resolver_init(&curl->resolver, curl->self, url_bare_host(&curl->url, host),
                      curl->options.ipv4   ? RESOLVER_IPV4
                      : curl->options.ipv6 ? RESOLVER_IPV6
                                           : RESOLVER_BOTH);
        curl->address = 0;
        CO_RUN(&curl->co_connect, resolver_run(&curl->resolver));
        resolved(curl);
        if (curl->code != CURL_OK) {
            curl_say(curl, "Closing connection %u", curl->next_number++);
            CO_RETURN(&curl->co_connect);
        }
    }
    curl->numbers.name_lookup = process_now(curl->self) - curl->started;
    for (curl->address = 0; address(curl).port != 0; curl->address++) {
        curl_say(curl, "  Trying %s...", endpoint_format(address(curl), text));
        curl->client.until = connect_until(curl);
        CO_RUN(&curl->co_connect, http_client_connect(&curl->client, address(curl)));
        if (curl->client.error == 0) {
            connected(curl);
            CO_RETURN(&curl->co_connect);
        }
        say_attempt_failed(curl);
        if (too_late(curl) || connect_too_late(curl))
            break;
    }
    connecting_failed(curl);
    curl_say(curl, "Closing connection %u", curl->next_number++);
    curl_meter_done(&curl->meter, curl->self);
    CO_END(&curl->co_connect);
}

/* ---- one request ---- */

static void timed_out(struct curl *curl)
{
    long long ms = ms_since(curl, curl->started);

    if (curl->length_known)
        curl_fail(
            curl, CURL_OPERATION_TIMEDOUT,
            "Operation timed out after %lld milliseconds with %llu out of %llu bytes received", ms,
            (unsigned long long)curl->received, (unsigned long long)curl->length);
    else
        curl_fail(curl, CURL_OPERATION_TIMEDOUT,
                  "Operation timed out after %lld milliseconds with %llu bytes received", ms,
                  (unsigned long long)curl->received);
}

/* What the end of an exchange means for the transfer. */
static void judge(struct curl *curl)
{
    const struct http_client *client = &curl->client;

    switch (client->end) {
    case HTTP_CLIENT_OK:
    case HTTP_CLIENT_STOPPED: /* whoever stopped it has said why */
        break;
    case HTTP_CLIENT_TIMEOUT:
        timed_out(curl);
        break;
    case HTTP_CLIENT_SEND_FAILED:
        curl_fail(curl, CURL_SEND_ERROR, "Send failure: %s", sim_strerror(client->error));
        break;
    case HTTP_CLIENT_RECV_FAILED:
        curl_fail(curl, CURL_RECV_ERROR, "Recv failure: %s", sim_strerror(client->error));
        break;
    case HTTP_CLIENT_EMPTY:
    case HTTP_CLIENT_CUT_HEAD:
        curl_fail(curl, CURL_GOT_NOTHING, "Empty reply from server");
        break;
    case HTTP_CLIENT_NOT_HTTP:
        curl_fail(curl, CURL_UNSUPPORTED_PROTOCOL, "Received HTTP/0.9 when not allowed");
        break;
    case HTTP_CLIENT_BAD_HEAD:
        curl_fail(curl, CURL_WEIRD_SERVER_REPLY, "Invalid response header");
        break;
    case HTTP_CLIENT_LONG_HEAD:
        curl_fail(curl, CURL_RECV_ERROR, "Too large response headers: more than %d", HTTP_HEAD_MAX);
        break;
    case HTTP_CLIENT_CUT_BODY:
        if (curl->length_known)
            curl_fail(curl, CURL_PARTIAL_FILE, "transfer closed with %llu bytes remaining to read",
                      (unsigned long long)client->missing);
        else
            curl_fail(curl, CURL_PARTIAL_FILE,
                      "transfer closed with outstanding read data remaining");
        break;
    case HTTP_CLIENT_BAD_CHUNK:
        curl_fail(curl, CURL_RECV_ERROR, "Malformed encoding found in chunked-encoding");
        break;
    }
}

static void begin_request(struct curl *curl)
{
    curl->request_started = process_now(curl->self);
    curl->received = curl->length = 0;
    curl->length_known = curl->data_noted = curl->ignore_body = false;
    curl->retried = false;
    free(curl->location);
    curl->location = NULL;
    curl_meter_begin(&curl->meter);
    curl_meter_update(&curl->meter, curl->self);
    curl->reused = reuse(curl);
}

static void before_exchange(struct curl *curl)
{
    curl->numbers.pre_transfer = process_now(curl->self) - curl->started;
    curl->numbers.remote = curl->connection.addr;
    (void)sys_getsockname(curl->self, curl->client.fd, &curl->numbers.local);
    curl_build_request(curl);
    curl_show_request(curl);
    curl->numbers.size_request += curl->head_len;
    curl->numbers.size_upload += curl->request.len - curl->head_len;
    curl->meter.uploaded = curl->request.len - curl->head_len;
    curl->client.until = curl->options.max_time > 0
                             ? curl->started + curl->options.max_time + SIM_MSEC(1)
                             : SIM_TIME_NONE;
}

/* An old connection that ends without a word was closed by the server meanwhile: once, a new one is
 * tried. */
static bool worth_another_try(struct curl *curl)
{
    return curl->reused && !curl->retried && !curl->client.got_any &&
           (curl->client.end == HTTP_CLIENT_EMPTY || curl->client.end == HTTP_CLIENT_SEND_FAILED ||
            curl->client.end == HTTP_CLIENT_RECV_FAILED);
}

static enum co_status request(struct curl *curl)
{
    CO_BEGIN(&curl->co_request);
    begin_request(curl);
    for (;;) {
        if (!curl->reused || curl->retried) {
            CO_RUN(&curl->co_request, connect_to(curl));
            if (curl->code != CURL_OK)
                CO_RETURN(&curl->co_request);
        }
        before_exchange(curl);
        CO_RUN(&curl->co_request, http_client_exchange(&curl->client, curl->method,
                                                       curl->request.text, curl->request.len));
        if (!worth_another_try(curl))
            break;
        curl_say(curl, "Connection died, retrying a fresh connect (retry count: 1)");
        let_go(curl);
        curl->retried = true;
        curl_say(curl, "Issue another request to this URL: '%s'", curl->url.text);
    }
    if (curl->client.got_any)
        curl->numbers.start_transfer = curl->client.first_at - curl->started;
    judge(curl);
    curl_meter_done(&curl->meter, curl->self);
    if (!curl->client.reusable)
        CO_CALL(&curl->co_request, curl->slept, sys_sleep(curl->self, CURL_CLOSE_TIME));
    put_away(curl);
    CO_END(&curl->co_request);
}

/* ---- one URL ---- */

/* curl->url from @result of reading it. */
static bool check_url(struct curl *curl, enum url_result result)
{
    switch (result) {
    case URL_OK:
        return true;
    case URL_SCHEME:
        curl_fail(curl, CURL_UNSUPPORTED_PROTOCOL,
                  "Protocol \"%s\" not supported or disabled in libcurl", curl->url.scheme);
        return false;
    case URL_USER:
        curl_fail(curl, CURL_USAGE, "a user name in a URL is not simulated by wirewalk");
        return false;
    case URL_BAD:
        break;
    }
    curl_fail(curl, CURL_URL_MALFORMAT, "URL using bad/illegal format or missing URL");
    return false;
}

static void begin_transfer(struct curl *curl)
{
    const struct curl_options *o = &curl->options;
    bool ok;

    curl->code = CURL_OK;
    strbuf_truncate(&curl->error, 0);
    curl->started = process_now(curl->self);
    curl->numbers = (struct curl_numbers){ .url = o->urls[curl->index],
                                           .url_number = curl->index,
                                           .error = "" };
    curl->sends_data = o->has_data && !o->get;
    curl->method = o->method != NULL  ? o->method
                   : o->head          ? "HEAD"
                   : curl->sends_data ? "POST"
                                      : "GET";
    url_fini(&curl->url);
    ok = check_url(curl, url_parse(o->urls[curl->index], &curl->url)) && curl_choose_output(curl);
    curl_meter_reset(&curl->meter, ok && !o->silent && !o->no_meter && !curl->to_terminal,
                     curl->started);
    curl->client.no_keepalive = o->no_keepalive;
    curl->client.keepalive_seconds = o->keepalive_seconds;
}

/* The response redirects: to where? False: the transfer is over. */
static bool follow(struct curl *curl)
{
    struct url next;
    enum url_result result;
    bool go;

    if (curl->code != CURL_OK || curl->location == NULL)
        return false;
    result = url_join(&curl->url, curl->location, &next);
    go = curl->options.location;
    if (go && curl->options.max_redirs >= 0 &&
        curl->numbers.num_redirects >= curl->options.max_redirs) {
        curl_fail(curl, CURL_TOO_MANY_REDIRECTS, "Maximum (%lld) redirects followed",
                  (long long)curl->options.max_redirs);
        go = false;
    }
    if (!go) {
        free(curl->redirect_url);
        curl->redirect_url = result == URL_OK ? mem_strdup(next.text) : NULL;
        curl->numbers.redirect_url = curl->redirect_url;
        url_fini(&next);
        return false;
    }
    url_fini(&curl->url);
    curl->url = next;
    if (!check_url(curl, result))
        return false;
    curl_say(curl, "Issue another request to this URL: '%s'", curl->url.text);
    if (curl->sends_data &&
        curl->numbers.status <= 303) { /* as browsers do: RFC 9110 section 15.4 */
        curl->sends_data = false;
        if (curl->options.method == NULL) {
            curl_say(curl, "Switch from POST to GET");
            curl->method = "GET";
        }
    }
    curl->numbers.num_redirects++;
    curl->numbers.redirect = process_now(curl->self) - curl->started;
    return true;
}

static void end_transfer(struct curl *curl)
{
    const struct curl_options *o = &curl->options;

    if (curl->code == CURL_OK && !o->head)
        curl_finish_output(curl);
    curl->numbers.total = process_now(curl->self) - curl->started;
    curl->numbers.exit_code = (int)curl->code;
    curl->numbers.error = strbuf_text(&curl->error);
    curl->numbers.url_effective = curl->url.text != NULL ? curl->url.text : o->urls[curl->index];
    curl->numbers.method = curl->method;
    curl->numbers.referer = o->referer;
    if (curl->code != CURL_OK && (!o->silent || o->show_error))
        process_errorf(curl->self, "curl: (%d) %s\n", curl->code, strbuf_text(&curl->error));
    if (o->write_out != NULL)
        curl_write_out(curl->self, o->write_out, &curl->numbers);
    curl->self->exit_status = (int)curl->code;
}

static enum co_status transfer(struct curl *curl)
{
    CO_BEGIN(&curl->co_transfer);
    begin_transfer(curl);
    if (curl->code == CURL_OK) {
        do {
            CO_RUN(&curl->co_transfer, request(curl));
        } while (follow(curl));
    }
    end_transfer(curl);
    CO_END(&curl->co_transfer);
}

/* ---- the program ---- */

static bool begin(struct process *self, struct curl *curl)
{
    curl->self = self;
    curl->client.self = self;
    curl->client.fd = -1;
    curl->client.nodelay = true;
    curl->client.idle = SIM_TIME_NONE;
    curl->client.ops = &curl_response_ops;
    curl->client.ctx = curl;
    if (!curl_options_read(self, &curl->options))
        return false;
    if (curl->options.write_out != NULL && !curl_write_out_check(self, curl->options.write_out)) {
        self->exit_status = CURL_USAGE;
        return false;
    }
    return true;
}

static enum co_status curl_main(struct process *self, void *state)
{
    struct curl *curl = state;

    CO_BEGIN(&curl->co);
    if (!begin(self, curl))
        CO_RETURN(&curl->co);
    for (curl->index = 0; curl->index < curl->options.n_urls; curl->index++)
        CO_RUN(&curl->co, transfer(curl));
    if (curl->n_connections > 0)
        CO_CALL(&curl->co, curl->slept, sys_sleep(self, CURL_CLOSE_TIME));
    CO_END(&curl->co);
}

static void curl_cleanup(struct process *self, void *state)
{
    struct curl *curl = state;

    (void)self;
    if (curl->resolving)
        resolver_close(&curl->resolver);
    for (unsigned i = 0; i < curl->n_connections; i++)
        free(curl->connections[i].host);
    free(curl->connection.host);
    free(curl->resolved);
    free(curl->file);
    free(curl->location);
    free(curl->redirect_url);
    strbuf_fini(&curl->error);
    strbuf_fini(&curl->request);
    url_fini(&curl->url);
    curl_options_fini(&curl->options);
}

const struct program curl_program = {
    .name = "curl", .state_size = sizeof(struct curl), .main = curl_main, .cleanup = curl_cleanup
};
