/* curl -w: what a transfer was like, by the names of --write-out variables. */
#ifndef WW_APPS_CURL_WRITE_OUT_H
#define WW_APPS_CURL_WRITE_OUT_H

#include "base/strbuf.h"
#include "stack/socket/process.h"

struct curl_numbers {
    unsigned status, http_minor, num_connects, num_redirects, num_headers, url_number;
    uint64_t size_download, size_upload, size_header, size_request;
    sim_time total, name_lookup, connect, pre_transfer, start_transfer,
        redirect; /* since the start; redirect: so long */
    struct endpoint remote, local;
    int exit_code;
    const char *error; /* or "" */
    const char *url;   /* as given */
    const char *url_effective, *redirect_url, *file_name, *method, *referer;
    char content_type[128];
};

/** curl_write_out_check() - false: the format names a variable that is not simulated, which is
 * printed. */
bool curl_write_out_check(struct process *self, const char *format);
/** curl_write_out() - print @format. */
void curl_write_out(struct process *self, const char *format, const struct curl_numbers *numbers);

#endif
