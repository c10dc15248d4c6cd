/* The octets of curl's requests, and what -v shows. */
#include <string.h>

#include "apps/curl.h"

#define AGENT     "curl/7.88.1"
#define FORM_TYPE "application/x-www-form-urlencoded"

void curl_say(struct curl *curl, const char *format, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list args;

    if (!curl->options.verbose)
        return;
    va_start(args, format);
    strbuf_vaddf(&text, format, args);
    va_end(args);
    process_errorf(curl->self, "* %s\n", text.text);
    strbuf_fini(&text);
}

void curl_fail(struct curl *curl, enum curl_code code, const char *format, ...)
{
    va_list args;

    curl->code = code;
    strbuf_truncate(&curl->error, 0);
    va_start(args, format);
    strbuf_vaddf(&curl->error, format, args);
    va_end(args);
    curl_say(curl, "%s", strbuf_text(&curl->error));
}

/* Is @line "NAME: ..." or "NAME;"? */
static bool is_field(const char *line, const char *name)
{
    struct http_span span = { line, strcspn(line, ":;") };

    return http_span_eq_nocase(span, name);
}

/* The -H line of @name, or NULL. */
static const char *custom_field(const struct curl *curl, const char *name)
{
    for (unsigned i = 0; i < curl->options.n_headers; i++)
        if (is_field(curl->options.headers[i], name))
            return curl->options.headers[i];
    return NULL;
}

static void add_default(struct curl *curl, const char *name, const char *value)
{
    if (custom_field(curl, name) == NULL)
        strbuf_addf(&curl->request, "%s: %s\r\n", name, value);
}

/* -H 'Host: x' takes the place of the usual one. */
static void add_host(struct curl *curl)
{
    const char *custom = custom_field(curl, "Host"),
               *value = custom == NULL ? NULL : strchr(custom, ':');

    if (custom == NULL) {
        strbuf_addf(&curl->request, "Host: %s", curl->url.host);
        if (curl->url.port_written)
            strbuf_addf(&curl->request, ":%u", curl->url.port);
        strbuf_adds(&curl->request, "\r\n");
    } else if (value != NULL && value[1 + strspn(value + 1, " \t")] != '\0') {
        strbuf_addf(&curl->request, "Host:%s\r\n", value + 1);
    }
}

/* -H lines: "Name: value" as it is, "Name;" with an empty value; "Name:" only takes the usual one
 * away. */
static void add_custom(struct curl *curl)
{
    for (unsigned i = 0; i < curl->options.n_headers; i++) {
        const char *line = curl->options.headers[i], *colon = strchr(line, ':');

        if (is_field(line, "Host"))
            continue;
        if (colon != NULL && colon[1 + strspn(colon + 1, " \t")] != '\0')
            strbuf_addf(&curl->request, "%s\r\n", line);
        else if (colon == NULL && *line != '\0' && line[strlen(line) - 1] == ';')
            strbuf_addf(&curl->request, "%.*s:\r\n", (int)strlen(line) - 1, line);
    }
}

static void add_target(struct curl *curl)
{
    const struct curl_options *o = &curl->options;

    strbuf_adds(&curl->request, curl->url.target);
    if (o->get && o->has_data && curl->numbers.num_redirects == 0) {
        strbuf_addc(&curl->request, strchr(curl->url.target, '?') != NULL ? '&' : '?');
        strbuf_adds(&curl->request, strbuf_text(&o->data));
    }
}

void curl_build_request(struct curl *curl)
{
    const struct curl_options *o = &curl->options;
    struct strbuf *request = &curl->request;

    strbuf_truncate(request, 0);
    strbuf_addf(request, "%s ", curl->method);
    add_target(curl);
    strbuf_addf(request, " HTTP/1.%d\r\n", o->http10 ? 0 : 1);
    add_host(curl);
    if (o->agent == NULL || *o->agent != '\0')
        add_default(curl, "User-Agent", o->agent != NULL ? o->agent : AGENT);
    add_default(curl, "Accept", "*/*");
    if (o->referer != NULL)
        add_default(curl, "Referer", o->referer);
    add_custom(curl);
    if (curl->sends_data) {
        if (custom_field(curl, "Content-Length") == NULL)
            strbuf_addf(request, "Content-Length: %zu\r\n", o->data.len);
        add_default(curl, "Content-Type", FORM_TYPE);
    }
    strbuf_adds(request, "\r\n");
    curl->head_len = request->len;
    if (curl->sends_data)
        strbuf_add(request, strbuf_text(&o->data), o->data.len);
}

void curl_show_request(struct curl *curl)
{
    const char *at = curl->request.text, *end = at + curl->head_len;

    if (!curl->options.verbose)
        return;
    while (at < end) {
        const char *line_end = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;

        process_errorf(curl->self, "> %.*s", (int)(line_end - at), at);
        at = line_end;
    }
    if (curl->request.len > curl->head_len && !curl->to_terminal)
        process_errorf(curl->self, "} [%zu bytes data]\n", curl->request.len - curl->head_len);
}
