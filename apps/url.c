#include "apps/url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "stack/wire/http_wire.h"

/* The length of "scheme" before "://"; 0: there is none. */
static size_t scheme_len(const char *text)
{
    size_t len = 0;

    while (isalnum((unsigned char)text[len]) ||
           (len > 0 && strchr("+-.", text[len]) != NULL && text[len] != '\0'))
        len++;
    return strncmp(text + len, "://", 3) == 0 ? len : 0;
}

static bool has_bad_octets(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

/* RFC 3986 section 5.2.4, for a path that begins with '/'. */
static void add_without_dots(struct strbuf *out, const char *path, size_t len)
{
    size_t start = out->len;

    while (len > 0) {
        size_t segment = 1;

        while (segment < len && path[segment] != '/')
            segment++;
        if (segment == 2 && path[1] == '.') {
            if (segment == len)
                strbuf_addc(out, '/');
        } else if (segment == 3 && path[1] == '.' && path[2] == '.') {
            while (out->len > start && out->text[out->len - 1] != '/')
                strbuf_truncate(out, out->len - 1);
            if (out->len > start)
                strbuf_truncate(out, out->len - 1);
            if (segment == len)
                strbuf_addc(out, '/');
        } else {
            strbuf_add(out, path, segment);
        }
        path += segment;
        len -= segment;
    }
}

/* @text: "/path?query#fragment", "?query" or "". */
static void set_target(struct url *url, const char *text)
{
    struct strbuf target = STRBUF_INIT;
    size_t whole = strcspn(text, "#"), path = strcspn(text, "?#");

    if (path == 0)
        strbuf_addc(&target, '/');
    else
        add_without_dots(&target, text, path);
    if (target.len == 0)
        strbuf_addc(&target, '/');
    strbuf_add(&target, text + path, whole - path);
    url->target = target.text;
}

static void set_text(struct url *url)
{
    struct strbuf text = STRBUF_INIT;

    strbuf_addf(&text, "http://%s", url->host);
    if (url->port_written)
        strbuf_addf(&text, ":%u", url->port);
    strbuf_adds(&text, url->target);
    url->text = text.text;
}

static bool is_host_char(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("-._~%!$&'()*+,;=", c) != NULL) ||
           (unsigned char)c >= 0x80;
}

/* "[2001:db8::1]" at the start of @text; its length, 0: there is none, or it is wrong. */
static size_t bracketed_len(const char *text, size_t len)
{
    const char *close = len > 0 && *text == '[' ? memchr(text, ']', len) : NULL;
    char addr[IP6_TEXT_MAX];
    struct ip6_addr ignored;
    size_t n = close == NULL ? 0 : (size_t)(close - text - 1);

    if (n == 0 || n >= sizeof addr)
        return 0;
    memcpy(addr, text + 1, n);
    addr[n] = '\0';
    addr[strcspn(addr, "%")] = '\0';
    return ip6_parse(addr, &ignored) ? n + 2 : 0;
}

const char *url_bare_host(const struct url *url, char text[static URL_HOST_MAX])
{
    size_t len = strlen(url->host);

    if (url->host[0] != '[' || len < 2 || len >= URL_HOST_MAX)
        return url->host;
    memcpy(text, url->host + 1, len - 2);
    text[len - 2] = '\0';
    return text;
}

/* HOST or HOST:PORT. */
static enum url_result set_authority(struct url *url, const char *text, size_t len)
{
    size_t bracketed = bracketed_len(text, len);
    const char *colon = memchr(text + bracketed, ':', len - bracketed);
    size_t host = colon != NULL ? (size_t)(colon - text) : len;
    char port[8];
    uint64_t number;

    if (memchr(text, '@', len) != NULL)
        return URL_USER;
    if (host == 0)
        return URL_BAD;
    if (bracketed > 0 && host != bracketed)
        return URL_BAD;
    for (size_t i = bracketed; i < host; i++)
        if (!is_host_char(text[i]))
            return URL_BAD;
    url->port = HTTP_PORT;
    if (colon != NULL && host + 1 < len) {
        if (len - host - 1 >= sizeof port)
            return URL_BAD;
        memcpy(port, colon + 1, len - host - 1);
        port[len - host - 1] = '\0';
        if (!text_u64(port, 65535, &number))
            return URL_BAD;
        url->port = (uint16_t)number;
        url->port_written = number != HTTP_PORT;
    }
    url->host = mem_alloc(host + 1);
    memcpy(url->host, text, host);
    url->host[host] = '\0';
    return URL_OK;
}

enum url_result url_parse(const char *text, struct url *url)
{
    size_t scheme = scheme_len(text), authority;
    enum url_result result;

    memset(url, 0, sizeof *url);
    if (has_bad_octets(text))
        return URL_BAD;
    for (size_t i = 0; i < scheme && i < URL_SCHEME_MAX - 1; i++)
        url->scheme[i] = (char)tolower((unsigned char)text[i]);
    if (scheme > 0 && strcmp(url->scheme, "http") != 0)
        return URL_SCHEME;
    if (scheme > 0)
        text += scheme + 3;
    authority = strcspn(text, "/?#");
    result = set_authority(url, text, authority);
    if (result != URL_OK)
        return result;
    set_target(url, text + authority);
    set_text(url);
    return URL_OK;
}

enum url_result url_join(const struct url *base, const char *reference, struct url *url)
{
    struct strbuf text = STRBUF_INIT;
    enum url_result result;

    if (scheme_len(reference) > 0)
        return url_parse(reference, url);
    if (strncmp(reference, "//", 2) == 0) {
        strbuf_addf(&text, "http:%s", reference);
    } else {
        size_t keep = strcspn(base->target, "?");

        strbuf_addf(&text, "http://%s", base->host);
        if (base->port_written)
            strbuf_addf(&text, ":%u", base->port);
        if (*reference != '/' && *reference != '?' && *reference != '\0' && *reference != '#')
            while (keep > 0 && base->target[keep - 1] != '/')
                keep--;
        if (*reference != '/')
            strbuf_add(&text, base->target,
                       *reference == '\0' || *reference == '#' ? strlen(base->target) : keep);
        strbuf_adds(&text, reference);
    }
    result = url_parse(text.text, url);
    strbuf_fini(&text);
    return result;
}

char *url_file_name(const struct url *url)
{
    size_t len = strcspn(url->target, "?"), start = len;
    char *name;

    while (start > 0 && url->target[start - 1] != '/')
        start--;
    name = mem_alloc(len - start + 1);
    memcpy(name, url->target + start, len - start);
    name[len - start] = '\0';
    return name;
}

void url_fini(struct url *url)
{
    free(url->host);
    free(url->target);
    free(url->text);
    memset(url, 0, sizeof *url);
}
