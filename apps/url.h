/* http URLs as curl and wget understand them: RFC 3986, leniently where they are. */
#ifndef WW_APPS_URL_H
#define WW_APPS_URL_H

#include <stdbool.h>
#include <stdint.h>

enum url_result {
    URL_OK,
    URL_BAD,    /* not a URL */
    URL_SCHEME, /* another scheme than http: url->scheme is set, nothing else */
    URL_USER,   /* a user name in it: not simulated */
};

#define URL_SCHEME_MAX 16

struct url {
    char scheme[URL_SCHEME_MAX];
    char *host; /* an IPv6 address stands in brackets */
    uint16_t port;
    bool port_written; /* and not 80 */
    char *target;      /* path and query: begins with '/' */
    char *text;        /* the whole in its normal form, without a fragment */
};

/**
 * url_parse() - "http://" may be left out. Dot segments are removed, an empty path becomes "/", the
 * fragment is dropped. Free *@url with url_fini(), which is harmless after a failure.
 */
enum url_result url_parse(const char *text, struct url *url);
/** url_join() - what @reference, of a Location field, means on the page @base: RFC 3986
 * section 5.2. */
enum url_result url_join(const struct url *base, const char *reference, struct url *url);
/** url_file_name() - the last segment of the path without its query; "" where it ends in '/'. Free
 * it. */
char *url_file_name(const struct url *url);
/** url_bare_host() - the host without brackets. */
#define URL_HOST_MAX 80
const char *url_bare_host(const struct url *url, char text[static URL_HOST_MAX]);
void url_fini(struct url *url);

#endif
