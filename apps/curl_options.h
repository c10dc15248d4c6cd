/* What a curl command line says. Options of curl 7.88.1 that are not simulated are refused by name.
 */
#ifndef WW_APPS_CURL_OPTIONS_H
#define WW_APPS_CURL_OPTIONS_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "stack/socket/process.h"

#define CURL_MAX_REDIRS 50
#define CURL_KEEPALIVE  60 /* seconds */

struct curl_output {
    const char *file; /* "-": standard output */
    bool remote_name; /* -O */
};

struct curl_options { /* texts are borrowed from argv */
    bool silent, show_error, no_meter, verbose, include, head, location, fail, get, http10, globoff,
        no_keepalive, ipv4, ipv6;
    unsigned keepalive_seconds;
    int64_t max_redirs;                 /* -1: no limit */
    sim_time max_time, connect_timeout; /* 0: none */
    const char *method, *agent, *referer, *write_out, *dump_header;
    bool has_data;
    struct strbuf data;
    const char **headers;
    unsigned n_headers, headers_size;
    struct curl_output *outputs; /* the n-th belongs to the n-th URL */
    unsigned n_outputs, outputs_size;
    const char **urls;
    unsigned n_urls, urls_size;
};

/** curl_options_read() - false: the process's exit status is set and the message printed. Free with
 * curl_options_fini(). */
bool curl_options_read(struct process *self, struct curl_options *options);
void curl_options_fini(struct curl_options *options);

#endif
