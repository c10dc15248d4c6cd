#include "apps/curl_write_out.h"

#include <string.h>

#include "apps/curl_meter.h"

enum variable {
    VAR_CONTENT_TYPE,
    VAR_ERRORMSG,
    VAR_EXITCODE,
    VAR_FILENAME_EFFECTIVE,
    VAR_HTTP_CODE,
    VAR_HTTP_CONNECT,
    VAR_HTTP_VERSION,
    VAR_LOCAL_IP,
    VAR_LOCAL_PORT,
    VAR_METHOD,
    VAR_NUM_CONNECTS,
    VAR_NUM_HEADERS,
    VAR_NUM_REDIRECTS,
    VAR_ONERROR,
    VAR_REDIRECT_URL,
    VAR_REFERER,
    VAR_REMOTE_IP,
    VAR_REMOTE_PORT,
    VAR_SCHEME,
    VAR_SIZE_DOWNLOAD,
    VAR_SIZE_HEADER,
    VAR_SIZE_REQUEST,
    VAR_SIZE_UPLOAD,
    VAR_SPEED_DOWNLOAD,
    VAR_SPEED_UPLOAD,
    VAR_STDERR,
    VAR_STDOUT,
    VAR_TIME_APPCONNECT,
    VAR_TIME_CONNECT,
    VAR_TIME_NAMELOOKUP,
    VAR_TIME_PRETRANSFER,
    VAR_TIME_REDIRECT,
    VAR_TIME_STARTTRANSFER,
    VAR_TIME_TOTAL,
    VAR_URL,
    VAR_URL_EFFECTIVE,
    VAR_URLNUM,
    VAR_N
};

static const struct {
    const char *name;
    enum variable variable;
} variables[] = {
    { "content_type", VAR_CONTENT_TYPE },
    { "errormsg", VAR_ERRORMSG },
    { "exitcode", VAR_EXITCODE },
    { "filename_effective", VAR_FILENAME_EFFECTIVE },
    { "http_code", VAR_HTTP_CODE },
    { "response_code", VAR_HTTP_CODE },
    { "http_connect", VAR_HTTP_CONNECT },
    { "http_version", VAR_HTTP_VERSION },
    { "local_ip", VAR_LOCAL_IP },
    { "local_port", VAR_LOCAL_PORT },
    { "method", VAR_METHOD },
    { "num_connects", VAR_NUM_CONNECTS },
    { "num_headers", VAR_NUM_HEADERS },
    { "num_redirects", VAR_NUM_REDIRECTS },
    { "onerror", VAR_ONERROR },
    { "redirect_url", VAR_REDIRECT_URL },
    { "referer", VAR_REFERER },
    { "remote_ip", VAR_REMOTE_IP },
    { "remote_port", VAR_REMOTE_PORT },
    { "scheme", VAR_SCHEME },
    { "size_download", VAR_SIZE_DOWNLOAD },
    { "size_header", VAR_SIZE_HEADER },
    { "size_request", VAR_SIZE_REQUEST },
    { "size_upload", VAR_SIZE_UPLOAD },
    { "speed_download", VAR_SPEED_DOWNLOAD },
    { "speed_upload", VAR_SPEED_UPLOAD },
    { "stderr", VAR_STDERR },
    { "stdout", VAR_STDOUT },
    { "time_appconnect", VAR_TIME_APPCONNECT },
    { "time_connect", VAR_TIME_CONNECT },
    { "time_namelookup", VAR_TIME_NAMELOOKUP },
    { "time_pretransfer", VAR_TIME_PRETRANSFER },
    { "time_redirect", VAR_TIME_REDIRECT },
    { "time_starttransfer", VAR_TIME_STARTTRANSFER },
    { "time_total", VAR_TIME_TOTAL },
    { "url", VAR_URL },
    { "url_effective", VAR_URL_EFFECTIVE },
    { "urlnum", VAR_URLNUM },
};

static enum variable find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (strlen(variables[i].name) == len && memcmp(variables[i].name, name, len) == 0)
            return variables[i].variable;
    return VAR_N;
}

bool curl_write_out_check(struct process *self, const char *format)
{
    static const char *const real[] = {
        "json",          "header_json",       "certs",
        "num_certs",     "ssl_verify_result", "proxy_ssl_verify_result",
        "ftp_entry_path"
    };

    while ((format = strstr(format, "%{")) != NULL) {
        size_t len = strcspn(format + 2, "}");

        for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
            if (strlen(real[i]) == len && memcmp(real[i], format + 2, len) == 0) {
                process_errorf(self,
                               "curl: --write-out variable '%s' is not simulated by wirewalk\n",
                               real[i]);
                return false;
            }
        }
        format += 2;
    }
    return true;
}

static void add_time(struct strbuf *out, sim_time time)
{
    long long us = time / SIM_USEC(1);

    strbuf_addf(out, "%lld.%06lld", us / 1000000, us % 1000000);
}

static void add_addr(struct strbuf *out, struct endpoint addr)
{
    char text[IP6_TEXT_MAX];

    if (addr.v6)
        strbuf_adds(out, ip6_format(addr.addr6, text));
    else if (addr.addr != 0)
        strbuf_adds(out, ip4_format(addr.addr, text));
}

static void add_u64(struct strbuf *out, uint64_t value)
{
    strbuf_addf(out, "%llu", (unsigned long long)value);
}

static void add_text(struct strbuf *out, const char *text)
{
    if (text != NULL)
        strbuf_adds(out, text);
}

static void add_variable(struct strbuf *out, enum variable variable, const struct curl_numbers *n)
{
    switch (variable) {
    case VAR_CONTENT_TYPE:
        add_text(out, n->content_type);
        break;
    case VAR_ERRORMSG:
        add_text(out, n->error);
        break;
    case VAR_EXITCODE:
        add_u64(out, (unsigned)n->exit_code);
        break;
    case VAR_FILENAME_EFFECTIVE:
        add_text(out, n->file_name);
        break;
    case VAR_HTTP_CODE:
        strbuf_addf(out, "%03u", n->status);
        break;
    case VAR_HTTP_CONNECT:
        strbuf_adds(out, "000");
        break;
    case VAR_HTTP_VERSION:
        strbuf_adds(out, n->status == 0 ? "0" : n->http_minor == 0 ? "1.0" : "1.1");
        break;
    case VAR_LOCAL_IP:
        add_addr(out, n->local);
        break;
    case VAR_LOCAL_PORT:
        add_u64(out, n->local.port);
        break;
    case VAR_METHOD:
        add_text(out, n->method);
        break;
    case VAR_NUM_CONNECTS:
        add_u64(out, n->num_connects);
        break;
    case VAR_NUM_HEADERS:
        add_u64(out, n->num_headers);
        break;
    case VAR_NUM_REDIRECTS:
        add_u64(out, n->num_redirects);
        break;
    case VAR_REDIRECT_URL:
        add_text(out, n->redirect_url);
        break;
    case VAR_REFERER:
        add_text(out, n->referer);
        break;
    case VAR_REMOTE_IP:
        add_addr(out, n->remote);
        break;
    case VAR_REMOTE_PORT:
        add_u64(out, n->remote.port);
        break;
    case VAR_SCHEME:
        strbuf_adds(out, "HTTP");
        break;
    case VAR_SIZE_DOWNLOAD:
        add_u64(out, n->size_download);
        break;
    case VAR_SIZE_HEADER:
        add_u64(out, n->size_header);
        break;
    case VAR_SIZE_REQUEST:
        add_u64(out, n->size_request);
        break;
    case VAR_SIZE_UPLOAD:
        add_u64(out, n->size_upload);
        break;
    case VAR_SPEED_DOWNLOAD:
        add_u64(out, curl_meter_speed(n->size_download, n->total));
        break;
    case VAR_SPEED_UPLOAD:
        add_u64(out, curl_meter_speed(n->size_upload, n->total));
        break;
    case VAR_TIME_APPCONNECT:
        add_time(out, 0);
        break;
    case VAR_TIME_CONNECT:
        add_time(out, n->connect);
        break;
    case VAR_TIME_NAMELOOKUP:
        add_time(out, n->name_lookup);
        break;
    case VAR_TIME_PRETRANSFER:
        add_time(out, n->pre_transfer);
        break;
    case VAR_TIME_REDIRECT:
        add_time(out, n->redirect);
        break;
    case VAR_TIME_STARTTRANSFER:
        add_time(out, n->start_transfer);
        break;
    case VAR_TIME_TOTAL:
        add_time(out, n->total);
        break;
    case VAR_URL:
        add_text(out, n->url);
        break;
    case VAR_URL_EFFECTIVE:
        add_text(out, n->url_effective);
        break;
    case VAR_URLNUM:
        add_u64(out, n->url_number);
        break;
    case VAR_ONERROR:
    case VAR_STDERR:
    case VAR_STDOUT:
    case VAR_N:
        break;
    }
}

/* \n \r \t; a backslash before anything else stays. Returns what follows. */
static const char *add_escape(struct strbuf *out, const char *at)
{
    static const char letters[] = "nrt", values[] = "\n\r\t";
    const char *letter = at[1] == '\0' ? NULL : strchr(letters, at[1]);

    if (letter != NULL) {
        strbuf_addc(out, values[letter - letters]);
        return at + 2;
    }
    strbuf_addc(out, '\\');
    if (at[1] == '\0')
        return at + 1;
    strbuf_addc(out, at[1]);
    return at + 2;
}

struct writer {
    struct process *self;
    struct strbuf out;
    int stream;
};

static void flush(struct writer *w)
{
    process_write(w->self, w->stream, strbuf_text(&w->out), w->out.len);
    strbuf_truncate(&w->out, 0);
}

/* The variable at @at, "%{NAME}". NULL: the rest is for failed transfers. */
static const char *write_variable(struct writer *w, const char *at,
                                  const struct curl_numbers *numbers)
{
    size_t len = strcspn(at + 2, "}");
    enum variable variable = find(at + 2, len);

    if (at[2 + len] == '\0') { /* no closing brace */
        strbuf_adds(&w->out, "%{");
        return at + 2;
    }
    if (variable == VAR_ONERROR && numbers->exit_code == 0)
        return NULL;
    if (variable == VAR_STDERR || variable == VAR_STDOUT) {
        flush(w);
        w->stream = variable == VAR_STDERR ? 2 : 1;
    } else if (variable == VAR_N) {
        process_errorf(w->self, "curl: unknown --write-out variable: '%.*s'\n", (int)len, at + 2);
    } else {
        add_variable(&w->out, variable, numbers);
    }
    return at + len + 3;
}

void curl_write_out(struct process *self, const char *format, const struct curl_numbers *numbers)
{
    struct writer w = { .self = self, .out = STRBUF_INIT, .stream = 1 };

    for (const char *at = format; at != NULL && *at != '\0';) {
        if (at[0] == '%' && at[1] == '%') {
            strbuf_addc(&w.out, '%');
            at += 2;
        } else if (at[0] == '%' && at[1] == '{') {
            at = write_variable(&w, at, numbers);
        } else if (at[0] == '\\') {
            at = add_escape(&w.out, at);
        } else {
            strbuf_addc(&w.out, *at++);
        }
    }
    flush(&w);
    strbuf_fini(&w.out);
}
