#include <string.h>

#include "apps/options.h"
#include "apps/wget.h"
#include "base/text.h"

enum { LONG_SPIDER = 256, LONG_MAX_REDIRECT, LONG_HEADER, LONG_VERSION, LONG_HELP };

static const struct option_name longs[] = {
    { "quiet", 'q', false },
    { "no-verbose", 'n', false },
    { "verbose", 'v', false },
    { "output-document", 'O', true },
    { "server-response", 'S', false },
    { "spider", LONG_SPIDER, false },
    { "timeout", 'T', true },
    { "tries", 't', true },
    { "user-agent", 'U', true },
    { "header", LONG_HEADER, true },
    { "max-redirect", LONG_MAX_REDIRECT, true },
    { "inet4-only", '4', false },
    { "inet6-only", '6', false },
    { "version", LONG_VERSION, false },
    { "help", LONG_HELP, false },
    /* known, not simulated */
    { "append-output", 0, true },
    { "background", 0, false },
    { "base", 0, true },
    { "bind-address", 0, true },
    { "body-data", 0, true },
    { "config", 0, true },
    { "content-disposition", 0, false },
    { "continue", 0, false },
    { "convert-links", 0, false },
    { "debug", 0, false },
    { "directory-prefix", 0, true },
    { "dns-timeout", 0, true },
    { "connect-timeout", 0, true },
    { "read-timeout", 0, true },
    { "force-html", 0, false },
    { "http-password", 0, true },
    { "http-user", 0, true },
    { "input-file", 0, true },
    { "level", 0, true },
    { "limit-rate", 0, true },
    { "load-cookies", 0, true },
    { "method", 0, true },
    { "mirror", 0, false },
    { "no-check-certificate", 0, false },
    { "no-clobber", 0, false },
    { "no-dns-cache", 0, false },
    { "no-http-keep-alive", 0, false },
    { "no-proxy", 0, false },
    { "output-file", 0, true },
    { "page-requisites", 0, false },
    { "password", 0, true },
    { "post-data", 0, true },
    { "post-file", 0, true },
    { "progress", 0, true },
    { "recursive", 0, false },
    { "referer", 0, true },
    { "retry-connrefused", 0, false },
    { "save-cookies", 0, true },
    { "save-headers", 0, false },
    { "show-progress", 0, false },
    { "start-pos", 0, true },
    { "timestamping", 0, false },
    { "user", 0, true },
    { "wait", 0, true },
    { "waitretry", 0, true },
    { NULL, 0, false },
};

static void usage(struct process *self)
{
    process_errorf(self,
                   "Usage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n");
}

static bool fail(struct process *self, int status)
{
    self->exit_status = status;
    return false;
}

static bool read_timeout(struct process *self, const char *value, sim_time *timeout)
{
    int64_t ms;

    if (!text_scaled(value, strlen(value), 3, &ms) || ms > INT64_C(1000000000)) {
        process_errorf(self, "wget: --timeout: Invalid time period ‘%s’\n", value);
        return fail(self, WGET_USAGE);
    }
    *timeout = ms == 0 ? SIM_TIME_NONE : SIM_MSEC(ms);
    return true;
}

static bool read_number(struct process *self, const char *option, const char *value,
                        unsigned *number)
{
    uint64_t n;

    if (strcmp(value, "inf") == 0) {
        *number = 0;
        return true;
    }
    if (!text_u64(value, INT32_MAX, &n)) {
        process_errorf(self, "wget: %s: Invalid number ‘%s’.\n", option, value);
        return fail(self, WGET_USAGE);
    }
    *number = (unsigned)n;
    return true;
}

static bool take_n(struct process *self, struct wget *wget, const char *value)
{
    if (value == NULL || strcmp(value, "v") == 0) {
        wget->terse = true;
        return true;
    }
    process_errorf(self, "wget: option -n%s is not simulated by wirewalk\n", value);
    return fail(self, WGET_USAGE);
}

static bool take(struct process *self, struct wget *wget, int option, const char *value)
{
    switch (option) {
    case 'q':
        wget->quiet = true;
        return true;
    case 'n':
        return take_n(self, wget, value);
    case 'v':
        wget->terse = wget->quiet = false;
        return true;
    case 'O':
        wget->output = value;
        return true;
    case 'S':
        wget->show_head = true;
        return true;
    case LONG_SPIDER:
        wget->spider = true;
        return true;
    case 'T':
        return read_timeout(self, value, &wget->timeout);
    case 't':
        return read_number(self, "--tries", value, &wget->tries);
    case 'U':
        wget->agent = value;
        return true;
    case LONG_HEADER:
        if (wget->n_headers == WGET_HEADERS || strchr(value, ':') == NULL) {
            process_errorf(self, "wget: --header: Invalid header ‘%s’.\n", value);
            return fail(self, WGET_USAGE);
        }
        wget->headers[wget->n_headers++] = value;
        return true;
    case LONG_MAX_REDIRECT:
        return read_number(self, "--max-redirect", value, &wget->max_redirects);
    case LONG_VERSION:
    case 'V':
        process_printf(self, "GNU Wget 1.21.3 (wirewalk).\n");
        return fail(self, 0);
    case LONG_HELP:
    case 'h':
        process_printf(self, "Usage: wget [OPTION]... [URL]...\n");
        return fail(self, 0);
    default:
        wget->ipv4 = option == '4';
        wget->ipv6 = option == '6';
        return true;
    }
}

bool wget_options_read(struct process *self, struct wget *wget)
{
    struct options options = { .self = self,
                               .shorts = "46hn:O:qSt:T:U:vV",
                               .refused = "abBcdeFHikKlLmNopPQrRwxXADEIjI",
                               .longs = longs };
    int option;

    wget->tries = WGET_TRIES;
    wget->max_redirects = WGET_REDIRECTS;
    wget->timeout = WGET_TIMEOUT;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_REFUSED)
            return fail(self, WGET_USAGE);
        if (option == OPTIONS_ERROR) {
            usage(self);
            return fail(self, WGET_USAGE);
        }
        if (!take(self, wget, option, options.value))
            return false;
    }
    wget->first_url = options.at;
    if (options.at == self->argc) {
        process_errorf(self, "wget: missing URL\n");
        usage(self);
        return fail(self, WGET_GENERIC);
    }
    return true;
}
