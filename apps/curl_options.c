#include "apps/curl_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define TRY_HELP "curl: try 'curl --help' or 'curl --manual' for more information\n"

enum id {
    ID_NOTHING, /* taken and without a meaning here */
    ID_SILENT,
    ID_SHOW_ERROR,
    ID_NO_METER,
    ID_VERBOSE,
    ID_INCLUDE,
    ID_HEAD,
    ID_LOCATION,
    ID_FAIL,
    ID_GET,
    ID_HTTP10,
    ID_HTTP11,
    ID_GLOBOFF,
    ID_NO_KEEPALIVE,
    ID_IPV4,
    ID_IPV6,
    ID_VERSION,
    ID_HELP,
    ID_FIRST_WITH_VALUE,
    ID_KEEPALIVE_TIME = ID_FIRST_WITH_VALUE,
    ID_MAX_REDIRS,
    ID_MAX_TIME,
    ID_CONNECT_TIMEOUT,
    ID_METHOD,
    ID_AGENT,
    ID_REFERER,
    ID_WRITE_OUT,
    ID_DUMP_HEADER,
    ID_DATA,
    ID_DATA_BINARY,
    ID_DATA_RAW,
    ID_HEADER,
    ID_OUTPUT,
    ID_URL,
    ID_NOTHING_WITH_VALUE,
    ID_REMOTE_NAME, /* no value, but it stands among the outputs */
};

static const struct name {
    char letter; /* or '\0' */
    enum id id;
    const char *name;
} names[] = {
    { 's', ID_SILENT, "silent" },
    { 'S', ID_SHOW_ERROR, "show-error" },
    { '\0', ID_NO_METER, "no-progress-meter" },
    { 'v', ID_VERBOSE, "verbose" },
    { 'i', ID_INCLUDE, "include" },
    { 'I', ID_HEAD, "head" },
    { 'L', ID_LOCATION, "location" },
    { 'f', ID_FAIL, "fail" },
    { 'G', ID_GET, "get" },
    { '0', ID_HTTP10, "http1.0" },
    { '\0', ID_HTTP11, "http1.1" },
    { 'g', ID_GLOBOFF, "globoff" },
    { '\0', ID_NO_KEEPALIVE, "no-keepalive" },
    { '4', ID_IPV4, "ipv4" },
    { '6', ID_IPV6, "ipv6" },
    { 'V', ID_VERSION, "version" },
    { 'h', ID_HELP, "help" },
    { 'k', ID_NOTHING, "insecure" },
    { 'N', ID_NOTHING, "no-buffer" },
    { 'q', ID_NOTHING, "disable" },
    { '\0', ID_NOTHING, "tcp-nodelay" },
    { '\0', ID_NOTHING_WITH_VALUE, "noproxy" },
    { '\0', ID_KEEPALIVE_TIME, "keepalive-time" },
    { '\0', ID_MAX_REDIRS, "max-redirs" },
    { 'm', ID_MAX_TIME, "max-time" },
    { '\0', ID_CONNECT_TIMEOUT, "connect-timeout" },
    { 'X', ID_METHOD, "request" },
    { 'A', ID_AGENT, "user-agent" },
    { 'e', ID_REFERER, "referer" },
    { 'w', ID_WRITE_OUT, "write-out" },
    { 'D', ID_DUMP_HEADER, "dump-header" },
    { 'd', ID_DATA, "data" },
    { '\0', ID_DATA, "data-ascii" },
    { '\0', ID_DATA_BINARY, "data-binary" },
    { '\0', ID_DATA_RAW, "data-raw" },
    { 'H', ID_HEADER, "header" },
    { 'o', ID_OUTPUT, "output" },
    { 'O', ID_REMOTE_NAME, "remote-name" },
    { '\0', ID_URL, "url" },
};

#define N_NAMES (sizeof names / sizeof *names)

/* The other options of curl 7.88.1. */
static const char refused_letters[] = "aEKCbcFPjlMn:Z#xUpQrJRYy23tz1TBu";
static const char refused_names[] =
    "abstract-unix-socket alt-svc anyauth append aws-sigv4 basic cacert capath cert "
    "cert-status cert-type ciphers compressed compressed-ssh config connect-to "
    "continue-at cookie cookie-jar create-dirs create-file-mode crlf crlfile curves "
    "data-urlencode delegation digest disable-eprt disable-epsv disallow-username-in-url "
    "dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-cert-status doh-insecure "
    "doh-url egd-file engine etag-compare etag-save expect100-timeout fail-early "
    "fail-with-body false-start form form-escape form-string ftp-account "
    "ftp-alternative-to-user ftp-create-dirs ftp-method ftp-pasv ftp-port ftp-pret "
    "ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-ccc-mode ftp-ssl-control "
    "happy-eyeballs-timeout-ms haproxy-protocol hostpubmd5 hostpubsha256 hsts http0.9 "
    "http2 http2-prior-knowledge http3 http3-only ignore-content-length interface "
    "json junk-session-cookies key key-type krb libcurl limit-rate list-only local-port "
    "location-trusted login-options mail-auth mail-from mail-rcpt mail-rcpt-allowfails "
    "manual max-filesize metalink negotiate netrc netrc-file netrc-optional next no-alpn "
    "no-clobber no-npn no-sessionid ntlm ntlm-wb oauth2-bearer output-dir parallel "
    "parallel-immediate parallel-max pass path-as-is pinnedpubkey post301 post302 post303 "
    "preproxy progress-bar proto proto-default proto-redir proxy proxy-anyauth "
    "proxy-basic proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers "
    "proxy-crlfile proxy-digest proxy-header proxy-insecure proxy-key proxy-key-type "
    "proxy-negotiate proxy-ntlm proxy-pass proxy-pinnedpubkey proxy-service-name "
    "proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tls13-ciphers "
    "proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-tlsv1 proxy-user proxy1.0 "
    "proxytunnel pubkey quote random-file range rate raw remote-header-name "
    "remote-name-all remote-time remove-on-error request-target resolve retry "
    "retry-all-errors retry-connrefused retry-delay retry-max-time sasl-authzid sasl-ir "
    "service-name socks4 socks4a socks5 socks5-basic socks5-gssapi socks5-gssapi-nec "
    "socks5-gssapi-service socks5-hostname speed-limit speed-time ssl ssl-allow-beast "
    "ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 "
    "stderr styled-output suppress-connect-headers tcp-fastopen telnet-option "
    "tftp-blksize tftp-no-options time-cond tls-max tls13-ciphers tlsauthtype tlspassword "
    "tlsuser tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace trace-ascii "
    "trace-time unix-socket upload-file url-query use-ascii user xattr ";

static bool fail(struct process *self, const char *option, const char *what)
{
    process_errorf(self, "curl: option %s: %s\n" TRY_HELP, option, what);
    self->exit_status = 2;
    return false;
}

static bool refuse(struct process *self, const char *option)
{
    process_errorf(self, "curl: option %s is not simulated by wirewalk\n", option);
    self->exit_status = 2;
    return false;
}

/* Curl's own names and the refused ones that begin with @text; how many, and the last of them in
 * *@found (NULL: refused). */
static unsigned names_like(const char *text, const struct name **found, bool *exact)
{
    size_t len = strlen(text);
    unsigned n = 0;

    *exact = false;
    *found = NULL;
    for (size_t i = 0; i < N_NAMES; i++) {
        if (strncmp(names[i].name, text, len) != 0)
            continue;
        *found = &names[i];
        n++;
        if (names[i].name[len] == '\0') {
            *exact = true;
            return 1;
        }
    }
    for (const char *at = refused_names; *at != '\0'; at += strcspn(at, " ") + 1) {
        if (strncmp(at, text, len) != 0)
            continue;
        n++;
        if (at[len] == ' ') {
            *found = NULL;
            *exact = true;
            return 1;
        }
    }
    return n;
}

/* Seconds with a fraction, as -m wants them. */
static bool read_seconds(const char *value, sim_time *time)
{
    int64_t ms;

    if (!text_scaled(value, strlen(value), 3, &ms) || ms > INT64_C(1000000000))
        return false;
    *time = SIM_MSEC(ms);
    return true;
}

/* `-d TEXT` or `-d @FILE`; several are joined with '&'. */
static bool add_data(struct process *self, struct curl_options *o, enum id id, const char *value)
{
    if (o->has_data)
        strbuf_addc(&o->data, '&');
    o->has_data = true;
    if (*value != '@' || id == ID_DATA_RAW) {
        strbuf_adds(&o->data, value);
        return true;
    }
    {
        struct strbuf path = STRBUF_INIT;
        const struct os_file *file;

        process_path(self, value + 1, &path);
        file = os_file_find(self->os, path.text);
        strbuf_fini(&path);
        if (file == NULL) { /* curl warns and sends nothing */
            process_errorf(
                self, "Warning: Couldn't read data from file \"%s\", this makes an empty POST.\n",
                value + 1);
            return true;
        }
        for (size_t i = 0; i < file->content.len; i++)
            if (id == ID_DATA_BINARY || strchr("\r\n", file->content.text[i]) == NULL)
                strbuf_addc(&o->data, file->content.text[i]);
    }
    return true;
}

static bool take_value(struct process *self, struct curl_options *o, enum id id, const char *option,
                       const char *value)
{
    uint64_t number;

    switch (id) {
    case ID_KEEPALIVE_TIME:
        if (!text_u64(value, 32767, &number))
            return fail(self, option, "expected a proper numerical parameter");
        o->keepalive_seconds = (unsigned)number;
        return true;
    case ID_MAX_REDIRS:
        if (strcmp(value, "-1") != 0 && !text_u64(value, INT32_MAX, &number))
            return fail(self, option, "expected a proper numerical parameter");
        o->max_redirs = *value == '-' ? -1 : (int64_t)number;
        return true;
    case ID_MAX_TIME:
        return read_seconds(value, &o->max_time) ||
               fail(self, option, "expected a proper numerical parameter");
    case ID_CONNECT_TIMEOUT:
        return read_seconds(value, &o->connect_timeout) ||
               fail(self, option, "expected a proper numerical parameter");
    case ID_METHOD:
        o->method = value;
        return true;
    case ID_AGENT:
        o->agent = value;
        return true;
    case ID_REFERER:
        o->referer = value;
        return true;
    case ID_WRITE_OUT:
        o->write_out = value;
        return true;
    case ID_DUMP_HEADER:
        o->dump_header = value;
        return true;
    case ID_DATA:
    case ID_DATA_BINARY:
    case ID_DATA_RAW:
        return add_data(self, o, id, value);
    case ID_HEADER:
        ARRAY_PUSH(o->headers, o->n_headers, o->headers_size, value);
        return true;
    case ID_OUTPUT:
        ARRAY_PUSH(o->outputs, o->n_outputs, o->outputs_size,
                   ((struct curl_output){ .file = value }));
        return true;
    case ID_URL:
        ARRAY_PUSH(o->urls, o->n_urls, o->urls_size, value);
        return true;
    default:
        return true;
    }
}

/* --version and --help: printed, and nothing else is done. */
static bool show(struct process *self, enum id id)
{
    if (id == ID_VERSION) {
        process_printf(self, "curl 7.88.1 (wirewalk)\nProtocols: http \nFeatures: AsynchDNS\n");
        return false;
    }
    process_printf(self, "Usage: curl [options...] <url>\n");
    for (size_t i = 0; i < N_NAMES; i++) {
        if (names[i].letter != '\0')
            process_printf(self, " -%c, --%s\n", names[i].letter, names[i].name);
        else
            process_printf(self, "     --%s\n", names[i].name);
    }
    return false;
}

static bool take_flag(struct process *self, struct curl_options *o, enum id id)
{
    switch (id) {
    case ID_SILENT:
        o->silent = true;
        return true;
    case ID_SHOW_ERROR:
        o->show_error = true;
        return true;
    case ID_NO_METER:
        o->no_meter = true;
        return true;
    case ID_VERBOSE:
        o->verbose = true;
        return true;
    case ID_INCLUDE:
        o->include = true;
        return true;
    case ID_HEAD:
        o->head = true;
        return true;
    case ID_LOCATION:
        o->location = true;
        return true;
    case ID_FAIL:
        o->fail = true;
        return true;
    case ID_GET:
        o->get = true;
        return true;
    case ID_HTTP10:
    case ID_HTTP11:
        o->http10 = id == ID_HTTP10;
        return true;
    case ID_GLOBOFF:
        o->globoff = true;
        return true;
    case ID_NO_KEEPALIVE:
        o->no_keepalive = true;
        return true;
    case ID_IPV4:
        o->ipv4 = true;
        o->ipv6 = false;
        return true;
    case ID_IPV6:
        o->ipv6 = true;
        o->ipv4 = false;
        return true;
    case ID_REMOTE_NAME:
        ARRAY_PUSH(o->outputs, o->n_outputs, o->outputs_size,
                   ((struct curl_output){ .remote_name = true }));
        return true;
    case ID_VERSION:
    case ID_HELP:
        return show(self, id);
    default:
        return true;
    }
}

static bool has_value(enum id id)
{
    return id >= ID_FIRST_WITH_VALUE && id <= ID_NOTHING_WITH_VALUE;
}

/* @value: what stands behind the letter, or in the next word; *@at moves over the latter. */
static bool take(struct process *self, struct curl_options *o, const struct name *name,
                 const char *option, const char *value, int *at)
{
    if (!has_value(name->id))
        return take_flag(self, o, name->id);
    if (*value == '\0') {
        if (*at + 1 >= self->argc)
            return fail(self, option, "requires parameter");
        value = self->argv[++*at];
    }
    return take_value(self, o, name->id, option, value);
}

static bool take_long(struct process *self, struct curl_options *o, const char *word, int *at)
{
    const struct name *found;
    bool exact;
    unsigned n = names_like(word + 2, &found, &exact);

    if (n == 0)
        return fail(self, word, "is unknown");
    if (n > 1)
        return fail(self, word, "is ambiguous");
    return found == NULL ? refuse(self, word) : take(self, o, found, word, "", at);
}

static bool take_letters(struct process *self, struct curl_options *o, const char *word, int *at)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const char option[3] = { '-', *letter, '\0' };
        size_t i = 0;

        while (i < N_NAMES && names[i].letter != *letter)
            i++;
        if (i == N_NAMES)
            return strchr(refused_letters, *letter) != NULL ? refuse(self, option)
                                                            : fail(self, option, "is unknown");
        if (!take(self, o, &names[i], option, letter + 1, at))
            return false;
        if (has_value(names[i].id))
            break;
    }
    return true;
}

/* An IPv6 address in brackets is none: curl's peek_ipv6(). */
static bool has_globs(const char *url)
{
    const char *scheme = strstr(url, "://");
    const char *host = scheme == NULL ? url : scheme + 3;
    size_t len = strcspn(host, "]");

    if (*host == '[' && host[len] == ']' &&
        strspn(host + 1, "0123456789abcdefABCDEF:.%") + 1 == len)
        url = host + len + 1;
    return strpbrk(url, "{}[]") != NULL;
}

static bool check(struct process *self, struct curl_options *o)
{
    if (o->n_urls == 0) {
        process_errorf(self, "%s" TRY_HELP, self->argc > 1 ? "curl: no URL specified!\n" : "");
        self->exit_status = 2;
        return false;
    }
    if (o->head && o->has_data && !o->get) {
        process_errorf(
            self, "Warning: You can only select one HTTP request method! You asked for both POST \n"
                  "Warning: (-d, --data) and HEAD (-I, --head).\n");
        self->exit_status = 2;
        return false;
    }
    if (o->n_outputs > o->n_urls && !o->silent)
        process_errorf(self, "Warning: Got more output options than URLs\n");
    for (unsigned i = 0; i < o->n_urls; i++) {
        if (!o->globoff && has_globs(o->urls[i])) {
            process_errorf(
                self, "curl: URL globbing is not simulated by wirewalk: write -g or each URL\n");
            self->exit_status = 2;
            return false;
        }
    }
    return true;
}

bool curl_options_read(struct process *self, struct curl_options *o)
{
    bool only_urls = false;

    *o =
        (struct curl_options){ .max_redirs = CURL_MAX_REDIRS, .keepalive_seconds = CURL_KEEPALIVE };
    for (int at = 1; at < self->argc; at++) {
        const char *word = self->argv[at];
        bool ok = true;

        if (only_urls || word[0] != '-' || word[1] == '\0')
            ok = take_value(self, o, ID_URL, "--url", word);
        else if (strcmp(word, "--") == 0)
            only_urls = true;
        else
            ok = word[1] == '-' ? take_long(self, o, word, &at) : take_letters(self, o, word, &at);
        if (!ok)
            return false;
    }
    return check(self, o);
}

void curl_options_fini(struct curl_options *o)
{
    strbuf_fini(&o->data);
    free(o->headers);
    free(o->outputs);
    free(o->urls);
}
