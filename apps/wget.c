/*
 * wget 1.21.3, for http URLs: fetches into files, follows redirections, tries again. It draws its
 * progress in dots, as where standard error is no terminal.
 *
 * Not done, and refused by name: https and ftp, recursion, proxies, cookies, authentication,
 * continuing old files.
 */
#include "apps/wget.h"

#include <stdlib.h>
#include <string.h>

#include "apps/programs.h"
#include "base/memory.h"

#define AGENT "Wget/1.21.3"

static bool fails(struct wget *wget, enum wget_status status)
{
    wget->status = (int)status;
    wget->over = true;
    return false;
}

/* ---- the file ---- */

static char *absolute(const struct wget *wget, const char *file)
{
    struct strbuf path = STRBUF_INIT;

    process_path(wget->self, file, &path);
    return path.text;
}

static bool exists(struct wget *wget, const char *file)
{
    char *path = absolute(wget, file);
    bool found = os_file_find(wget->self->os, path) != NULL;

    free(path);
    return found;
}

/* The first URL's file name with its query, wherever redirections lead; with a number behind it
 * where there is such a file. */
static void choose_file(struct wget *wget)
{
    struct strbuf name = STRBUF_INIT;
    char *plain;
    const char *query;
    size_t len;

    if (wget->output != NULL) {
        wget->file = mem_strdup(wget->output);
        return;
    }
    plain = url_file_name(&wget->url);
    query = strchr(wget->url.target, '?');
    strbuf_adds(&name, *plain != '\0' ? plain : "index.html");
    strbuf_adds(&name, query != NULL ? query : "");
    len = name.len;
    for (unsigned n = 1; exists(wget, name.text); n++) {
        strbuf_truncate(&name, len);
        strbuf_addf(&name, ".%u", n);
    }
    free(plain);
    wget->file = name.text;
}

static bool to_stdout(const struct wget *wget)
{
    return wget->output != NULL && strcmp(wget->output, "-") == 0;
}

static void write_file(struct wget *wget, const char *octets, size_t len)
{
    char *path;
    bool append = wget->output != NULL ? wget->output_begun
                                       : wget->file_begun; /* -O: all URLs into one file */

    if (to_stdout(wget)) {
        process_write(wget->self, 1, octets, len);
        return;
    }
    path = absolute(wget, wget->file);
    if (strcmp(path, "/dev/null") != 0)
        os_file_write(wget->self->os, path, octets, len, append);
    wget->file_begun = wget->output_begun = true;
    free(path);
}

/* ---- the response ---- */

static void keep_text(char *to, size_t size, struct http_span from)
{
    size_t len = from.len < size - 1 ? from.len : size - 1;

    memcpy(to, from.at, len);
    to[len] = '\0';
}

static void show_head(struct wget *wget, const char *at, size_t len)
{
    const char *end = at + len;

    wget_log(wget, "\n");
    while (at < end) {
        size_t line = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at),
               shown = line;

        if (shown > 0 && at[shown - 1] == '\r')
            shown--;
        if (shown > 0)
            wget_log(wget, "  %.*s\n", (int)shown, at);
        at += line + 1;
    }
}

static void say_length(struct wget *wget)
{
    char size[16];

    if (!wget->length_known) {
        wget_log(wget, "Length: unspecified");
    } else {
        wget_log(wget, "Length: %llu", (unsigned long long)wget->length);
        wget_size(wget->length, size);
        if (wget->length >= 1024)
            wget_log(wget, " (%s)", size);
    }
    if (wget->type[0] != '\0')
        wget_log(wget, " [%s]", wget->type);
    wget_log(wget, "\n");
}

static bool is_body_wanted(const struct wget *wget)
{
    return wget->code >= 200 && wget->code < 300 && !wget->spider;
}

static bool head_came(void *ctx, const struct http_response *response, const char *octets,
                      size_t len)
{
    struct wget *wget = ctx;
    struct http_body body = http_response_body(response, wget->client.method);
    struct http_span value;

    if (response->status < 200)
        return true;
    wget->code = response->status;
    keep_text(wget->reason, sizeof wget->reason, response->reason);
    wget->type[0] = '\0';
    if (http_field_find(&response->fields, "Content-Type", &value)) {
        keep_text(wget->type, sizeof wget->type, value);
        wget->type[strcspn(wget->type, "; ")] = '\0';
    }
    if (http_field_find(&response->fields, "Content-Length", &value) && wget->spider)
        body = http_response_body(response, (struct http_span){ "GET", 3 });
    wget->length_known = body.kind == HTTP_BODY_LENGTH;
    wget->length = body.len;
    free(wget->location);
    wget->location = NULL;
    if (wget->code >= 300 && wget->code < 400 &&
        http_field_find(&response->fields, "Location", &value)) {
        wget->location = mem_alloc(value.len + 1);
        keep_text(wget->location, value.len + 1, value);
    }
    if (wget->show_head)
        show_head(wget, octets, len);
    else
        wget_log(wget, "%u %s\n", wget->code, wget->reason);
    if (wget->code == 206)
        wget->length += wget->have;
    else
        wget->have = 0;
    if (!is_body_wanted(wget))
        return true;
    if (wget->code != 206 && wget->output == NULL)
        wget->file_begun = false;
    say_length(wget);
    wget_log(wget, "Saving to: ‘%s’\n", to_stdout(wget) ? "STDOUT" : wget->file);
    wget_dots_begin(wget, wget->length_known ? wget->length : 0);
    write_file(wget, "", 0);
    return true;
}

static bool data_came(void *ctx, const char *octets, size_t len)
{
    struct wget *wget = ctx;

    if (!is_body_wanted(wget))
        return true;
    write_file(wget, octets, len);
    wget_dots_add(wget, len);
    return true;
}

static const struct http_client_ops ops = { .head = head_came, .data = data_came };

/* ---- connecting ---- */

static void forget_connection(struct wget *wget)
{
    http_client_close(&wget->client);
    free(wget->connected);
    wget->connected = NULL;
}

/* The brackets go by the connection's version, also about a name. */
static void say_reusing(struct wget *wget)
{
    char host[URL_HOST_MAX];

    wget_log(wget, "Reusing existing connection to %s%s%s:%u.\n", wget->connected_v6 ? "[" : "",
             url_bare_host(&wget->url, host), wget->connected_v6 ? "]" : "", wget->url.port);
}

static bool reuse(struct wget *wget)
{
    if (wget->connected == NULL)
        return false;
    if (strcmp(wget->connected, wget->url.host) == 0 && wget->connected_port == wget->url.port &&
        !http_client_is_dead(&wget->client)) {
        say_reusing(wget);
        return true;
    }
    forget_connection(wget);
    return false;
}

static bool address_at(const struct wget *wget, unsigned n, struct endpoint *to)
{
    return resolver_at(&wget->resolver, wget->self->os, n, wget->url.port, to);
}

static const char *address_text(struct endpoint to, char text[static IP6_TEXT_MAX])
{
    return to.v6 ? ip6_format(to.addr6, text) : ip4_format(to.addr, text);
}

static void resolved(struct wget *wget)
{
    char text[IP6_TEXT_MAX];
    struct endpoint to;

    wget->resolving = false;
    if (wget->resolver.error != 0 || !address_at(wget, 0, &to)) {
        wget_log(
            wget, "failed: %s.\n",
            resolver_strerror(wget->resolver.error != 0 ? wget->resolver.error : RESOLVER_NODATA));
        wget_say(wget, "wget: unable to resolve host address ‘%s’\n", wget->url.host);
        fails(wget, WGET_NETWORK);
        return;
    }
    for (unsigned i = 0; address_at(wget, i, &to); i++)
        wget_log(wget, "%s%s", i > 0 ? ", " : "", address_text(to, text));
    wget_log(wget, "\n");
    wget->resolved = mem_strdup(wget->url.host);
}

static void say_connecting(struct wget *wget, struct endpoint to)
{
    char text[IP6_TEXT_MAX], host[URL_HOST_MAX];

    address_text(to, text);
    if (strcmp(text, url_bare_host(&wget->url, host)) == 0)
        wget_log(wget, to.v6 ? "Connecting to [%s]:%u... " : "Connecting to %s:%u... ", text,
                 wget->url.port);
    else
        wget_log(wget, "Connecting to %s (%s)|%s|:%u... ", wget->url.host, wget->url.host, text,
                 wget->url.port);
}

static bool is_final(int error)
{
    return error == SIM_ECONNREFUSED || error == SIM_ENETUNREACH || error == SIM_EHOSTUNREACH;
}

static void begin_resolving(struct wget *wget)
{
    char host[URL_HOST_MAX];

    free(wget->resolved);
    wget->resolved = NULL;
    resolver_init(&wget->resolver, wget->self, url_bare_host(&wget->url, host),
                  wget->ipv4   ? RESOLVER_IPV4
                  : wget->ipv6 ? RESOLVER_IPV6
                               : RESOLVER_BOTH);
    wget->resolving = true;
}

static bool is_literal(const struct wget *wget)
{
    ip4_addr numeric;

    return wget->url.host[0] == '[' ? !wget->ipv4
                                    : !wget->ipv6 && ip4_parse(wget->url.host, &numeric);
}

/* The end of one attempt to connect; true: the next address is worth another. */
static bool attempt_over(struct wget *wget, struct endpoint to)
{
    struct endpoint next;

    wget->client.until = SIM_TIME_NONE;
    if (wget->client.error == 0) {
        wget_log(wget, "connected.\n");
        wget->connected = mem_strdup(wget->url.host);
        wget->connected_port = wget->url.port;
        wget->connected_v6 = to.v6;
        return false;
    }
    wget_log(wget, "failed: %s.\n", sim_strerror(wget->client.error));
    if (address_at(wget, wget->address + 1, &next))
        return true;
    if (is_final(wget->client.error))
        fails(wget, WGET_NETWORK);
    return false;
}

static struct endpoint address_now(const struct wget *wget)
{
    struct endpoint to = { 0 };

    (void)address_at(wget, wget->address, &to);
    return to;
}

/* A connection to the URL's host by one address after the other, or wget->client.fd is -1. */
static enum co_status connect_to(struct wget *wget)
{
    CO_BEGIN(&wget->co_connect);
    if (wget->resolved == NULL || strcmp(wget->resolved, wget->url.host) != 0) {
        begin_resolving(wget);
        if (is_literal(wget)) {
            CO_RUN(&wget->co_connect, resolver_run(&wget->resolver));
            wget->resolving = false;
            wget->resolved = mem_strdup(wget->url.host);
        } else {
            wget_log(wget, "Resolving %s (%s)... ", wget->url.host, wget->url.host);
            CO_RUN(&wget->co_connect, resolver_run(&wget->resolver));
            resolved(wget);
            if (wget->over)
                CO_RETURN(&wget->co_connect);
        }
    }
    for (wget->address = 0;; wget->address++) {
        say_connecting(wget, address_now(wget));
        wget->client.until = wget->timeout == SIM_TIME_NONE
                                 ? SIM_TIME_NONE
                                 : process_now(wget->self) + wget->timeout;
        CO_RUN(&wget->co_connect, http_client_connect(&wget->client, address_now(wget)));
        if (!attempt_over(wget, address_now(wget)))
            break;
    }
    CO_END(&wget->co_connect);
}

/* ---- one try ---- */

static void build_request(struct wget *wget)
{
    struct strbuf *r = &wget->request;

    strbuf_truncate(r, 0);
    strbuf_addf(r, "%s %s HTTP/1.1\r\n", wget->spider ? "HEAD" : "GET", wget->url.target);
    if (wget->have > 0)
        strbuf_addf(r, "Range: bytes=%llu-\r\n", (unsigned long long)wget->have);
    strbuf_addf(r, "Host: %s", wget->url.host);
    if (wget->url.port_written)
        strbuf_addf(r, ":%u", wget->url.port);
    strbuf_addf(r,
                "\r\nUser-Agent: %s\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: "
                "Keep-Alive\r\n",
                wget->agent != NULL ? wget->agent : AGENT);
    for (unsigned i = 0; i < wget->n_headers; i++)
        strbuf_addf(r, "%s\r\n", wget->headers[i]);
    strbuf_adds(r, "\r\n");
}

/* The try has failed in a way that another may mend; @what is already told. */
static void try_again(struct wget *wget)
{
    if (wget->tries != 0 && wget->count >= wget->tries) {
        wget_log(wget, "Giving up.\n\n");
        fails(wget, WGET_NETWORK);
        return;
    }
    wget_log(wget, "Retrying.\n\n");
}

static void body_failed(struct wget *wget)
{
    char time[WGET_TIME_MAX], rate[24];
    struct wget_dots *dots = &wget->dots;

    wget_dots_end(wget);
    wget_rate(dots->octets, process_now(wget->self) - dots->started, rate);
    wget->have += dots->octets;
    wget_log(wget, "%s (%s) - ", wget_time(wget, time), rate);
    if (wget->client.end == HTTP_CLIENT_CUT_BODY || wget->client.end == HTTP_CLIENT_BAD_CHUNK)
        wget_log(wget, "Connection closed at byte %llu. ", (unsigned long long)wget->have);
    else
        wget_log(wget, "Read error at byte %llu (%s).", (unsigned long long)wget->have,
                 sim_strerror(wget->client.end == HTTP_CLIENT_TIMEOUT ? SIM_ETIMEDOUT
                                                                      : wget->client.error));
    try_again(wget);
}

static void head_failed(struct wget *wget)
{
    switch (wget->client.end) {
    case HTTP_CLIENT_SEND_FAILED:
        wget_log(wget, "failed: %s.\n", sim_strerror(wget->client.error));
        break;
    case HTTP_CLIENT_TIMEOUT:
    case HTTP_CLIENT_RECV_FAILED:
        wget_log(wget, "Read error (%s) in headers.\n",
                 sim_strerror(wget->client.end == HTTP_CLIENT_TIMEOUT ? SIM_ETIMEDOUT
                                                                      : wget->client.error));
        break;
    case HTTP_CLIENT_NOT_HTTP:
    case HTTP_CLIENT_BAD_HEAD:
    case HTTP_CLIENT_LONG_HEAD: /* HTTP/0.9 is not simulated */
        wget_log(wget, "-1 Malformed status line\n");
        break;
    default:
        wget_log(wget, "No data received.\n");
        break;
    }
    try_again(wget);
}

static void saved(struct wget *wget)
{
    char time[WGET_TIME_MAX], rate[24];
    struct wget_dots *dots = &wget->dots;
    sim_time spent = process_now(wget->self) - dots->started;
    struct strbuf sizes = STRBUF_INIT;

    wget_dots_end(wget);
    wget_rate(dots->octets, spent, rate);
    strbuf_addf(&sizes, "[%llu", (unsigned long long)(dots->octets + wget->have));
    if (wget->length_known)
        strbuf_addf(&sizes, "/%llu", (unsigned long long)wget->length);
    strbuf_adds(&sizes, "]");
    wget_time(wget, time);
    if (wget->terse)
        wget_say(wget, "%s URL:%s %s -> \"%s\" [%u]\n", time, wget->url.text, sizes.text,
                 wget->file, wget->count);
    else if (to_stdout(wget))
        wget_log(wget, "%s (%s) - written to stdout %s\n\n", time, rate, sizes.text);
    else
        wget_log(wget, "%s (%s) - ‘%s’ saved %s\n\n", time, rate, wget->file, sizes.text);
    strbuf_fini(&sizes);
    wget->n_files++;
    wget->total += dots->octets;
    wget->total_time += spent;
    wget->over = true;
}

static void spidered(struct wget *wget)
{
    char time[WGET_TIME_MAX];

    say_length(wget);
    if (wget->terse)
        wget_say(wget, "%s URL: %s %u %s\n", wget_time(wget, time), wget->url.text, wget->code,
                 wget->reason);
    if (strcmp(wget->type, "text/html") == 0)
        wget_log(wget, "Remote file exists and could contain further links,\n"
                       "but recursion is disabled -- not retrieving.\n\n");
    else
        wget_log(wget, "Remote file exists.\n\n");
    wget->over = true;
}

static void refused(struct wget *wget)
{
    char time[WGET_TIME_MAX];

    fails(wget, WGET_SERVER);
    if (wget->spider) {
        wget_log(wget, "Remote file does not exist -- broken link!!!\n\n");
        return;
    }
    if (wget->terse)
        wget_say(wget, "%s:\n", wget->url.text);
    wget_say(wget, "%s ERROR %u: %s.\n%s", wget_time(wget, time), wget->code, wget->reason,
             wget->terse ? "" : "\n");
}

static bool take_url(struct wget *wget, const char *text, enum url_result result)
{
    switch (result) {
    case URL_OK:
        return true;
    case URL_SCHEME:
        wget_say(wget, "%s: Unsupported scheme ‘%s’.\n", text, wget->url.scheme);
        break;
    case URL_USER:
        wget_say(wget, "%s: a user name in a URL is not simulated by wirewalk\n", text);
        break;
    case URL_BAD:
        wget_say(wget, "%s: Invalid host name.\n", text);
        break;
    }
    return fails(wget, WGET_GENERIC);
}

static void redirected(struct wget *wget)
{
    struct url next;
    enum url_result result;

    if (wget->redirects == wget->max_redirects) {
        wget_log(wget, "Location: %s [following]\n", wget->location);
        wget_say(wget, "%u redirections exceeded.\n", wget->max_redirects);
        fails(wget, WGET_SERVER);
        return;
    }
    wget_log(wget, "Location: %s [following]\n", wget->location);
    wget->redirects++;
    wget->count = 0;
    result = url_join(&wget->url, wget->location, &next);
    url_fini(&wget->url);
    wget->url = next;
    (void)take_url(wget, wget->location, result);
}

static void judge(struct wget *wget)
{
    bool has_head = wget->client.has_head;

    if (!has_head) {
        head_failed(wget);
    } else if (wget->location != NULL) {
        redirected(wget);
    } else if (wget->code >= 400 || wget->code < 200 || (wget->code >= 300 && wget->code != 304)) {
        refused(wget);
    } else if (wget->spider) {
        spidered(wget);
    } else if (wget->client.end == HTTP_CLIENT_OK) {
        saved(wget);
    } else {
        body_failed(wget);
    }
    if (!wget->client.reusable || wget->spider)
        forget_connection(wget);
}

static void begin_try(struct wget *wget)
{
    char time[WGET_TIME_MAX];

    if (wget->spider && wget->count == 0)
        wget_log(wget, "Spider mode enabled. Check if remote file exists.\n");
    wget->count++;
    wget_log(wget, "--%s--  ", wget_time(wget, time));
    if (wget->count > 1)
        wget_log(wget, "(try:%2u)  ", wget->count);
    wget_log(wget, "%s\n", wget->url.text);
}

static sim_time pause(const struct wget *wget)
{
    return SIM_SEC(wget->count < WGET_WAIT_MAX ? wget->count : WGET_WAIT_MAX);
}

static void begin_url(struct wget *wget)
{
    const char *text = wget->self->argv[wget->at];

    wget->count = wget->redirects = 0;
    wget->over = wget->file_begun = false;
    wget->status = WGET_OK;
    wget->have = 0;
    free(wget->file);
    wget->file = NULL;
    url_fini(&wget->url);
    if (take_url(wget, text, url_parse(text, &wget->url)))
        choose_file(wget);
}

static enum co_status fetch(struct wget *wget)
{
    CO_BEGIN(&wget->co_url);
    begin_url(wget);
    while (!wget->over) {
        if (wget->count > 0)
            CO_CALL(&wget->co_url, wget->result, sys_sleep(wget->self, pause(wget)));
        begin_try(wget);
        if (!reuse(wget)) {
            CO_RUN(&wget->co_url, connect_to(wget));
            if (wget->over)
                break;
            if (wget->client.fd < 0) {
                try_again(wget);
                continue;
            }
        }
        wget_log(wget, "HTTP request sent, awaiting response... ");
        wget->client.idle = wget->timeout;
        build_request(wget);
        CO_RUN(&wget->co_url, http_client_exchange(&wget->client, wget->spider ? "HEAD" : "GET",
                                                   wget->request.text, wget->request.len));
        judge(wget);
    }
    CO_END(&wget->co_url);
}

/* ---- the program ---- */

static void finish(struct wget *wget)
{
    char time[WGET_TIME_MAX], rate[24], size[16], seconds[16];
    struct process *self = wget->self;

    if (self->argc - wget->first_url < 2 || wget->spider || wget->terse || wget->n_files == 0)
        return;
    wget_seconds(process_now(self) - wget->started, seconds);
    wget_log(wget, "FINISHED --%s--\nTotal wall clock time: %ss\n", wget_time(wget, time), seconds);
    wget_size(wget->total, size);
    wget_seconds(wget->total_time, seconds);
    wget_rate(wget->total, wget->total_time, rate);
    if (wget->total < 1024)
        wget_log(wget, "Downloaded: %u files, %llu in %ss (%s)\n", wget->n_files,
                 (unsigned long long)wget->total, seconds, rate);
    else
        wget_log(wget, "Downloaded: %u files, %s in %ss (%s)\n", wget->n_files, size, seconds,
                 rate);
}

static enum co_status wget_main(struct process *self, void *state)
{
    struct wget *wget = state;

    CO_BEGIN(&wget->co);
    wget->self = wget->client.self = self;
    wget->client.fd = -1;
    wget->client.no_keepalive = true;
    wget->client.until = wget->client.idle = SIM_TIME_NONE;
    wget->client.ops = &ops;
    wget->client.ctx = wget;
    wget->started = process_now(self);
    if (!wget_options_read(self, wget))
        CO_RETURN(&wget->co);
    for (wget->at = wget->first_url; wget->at < self->argc; wget->at++) {
        CO_RUN(&wget->co, fetch(wget));
        if (wget->status != 0 && (self->exit_status == 0 || wget->status < self->exit_status))
            self->exit_status = wget->status;
    }
    finish(wget);
    CO_END(&wget->co);
}

static void wget_cleanup(struct process *self, void *state)
{
    struct wget *wget = state;

    (void)self;
    if (wget->resolving)
        resolver_close(&wget->resolver);
    free(wget->resolved);
    free(wget->connected);
    free(wget->file);
    free(wget->location);
    strbuf_fini(&wget->request);
    url_fini(&wget->url);
}

const struct program wget_program = {
    .name = "wget", .state_size = sizeof(struct wget), .main = wget_main, .cleanup = wget_cleanup
};
