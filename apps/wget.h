/* What the files of wget share: a run of it, and the URL it is at. */
#ifndef WW_APPS_WGET_H
#define WW_APPS_WGET_H

#include "apps/http_client.h"
#include "apps/url.h"
#include "stack/services/resolver.h"

#define WGET_TRIES     20
#define WGET_REDIRECTS 20
#define WGET_TIMEOUT   SIM_SEC(900)
#define WGET_WAIT_MAX  10 /* seconds between tries */
#define WGET_HEADERS   16

/* wget's exit statuses; of several URLs the lowest that is not 0 counts. */
enum wget_status {
    WGET_OK = 0,
    WGET_GENERIC = 1,
    WGET_USAGE = 2,
    WGET_FILE = 3,
    WGET_NETWORK = 4,
    WGET_SERVER = 8
};

struct wget_dots { /* the progress, as wget draws it where there is no terminal: a dot for each KB
                    */
    sim_time started, row_started;
    uint64_t octets, size; /* size 0: unknown */
    unsigned rows, dots;
    uint64_t row_octets;
    uint64_t left_over; /* octets of the next dot */
};

struct wget {
    struct process *self;
    struct coroutine co, co_url, co_connect;
    bool quiet, terse, spider, show_head, ipv4, ipv6;
    unsigned tries, max_redirects; /* tries 0: for ever */
    sim_time timeout;
    const char *output, *agent;
    const char *headers[WGET_HEADERS];
    unsigned n_headers;
    int first_url;
    int at; /* of argv */
    struct http_client client;
    struct resolver resolver;
    bool resolving;
    unsigned address; /* which of them is tried */
    char *resolved;   /* the name whose addresses the resolver has */
    char *connected;  /* the host the open connection leads to */
    uint16_t connected_port;
    bool connected_v6;
    struct url url;
    struct strbuf request;
    unsigned count, redirects;
    bool over;  /* with this URL */
    int status; /* of this URL: an enum wget_status */
    char *file; /* as it is shown; NULL until known */
    bool file_begun, output_begun;
    uint64_t have; /* octets of the file from an earlier try */
    /* of one response */
    unsigned code;
    char reason[128], type[128];
    char *location;
    bool length_known;
    uint64_t length;
    struct wget_dots dots;
    /* of all */
    sim_time started;
    unsigned n_files;
    uint64_t total;
    sim_time total_time;
    int64_t result;
};

/** wget_log() - what -q and -nv silence. wget_say() - what only -q silences. */
void wget_log(struct wget *wget, const char *format, ...) STRBUF_PRINTF_LIKE(2, 3);
void wget_say(struct wget *wget, const char *format, ...) STRBUF_PRINTF_LIKE(2, 3);
/** wget_time() - "2026-01-01 00:00:01". */
#define WGET_TIME_MAX 24
const char *wget_time(struct wget *wget, char text[static WGET_TIME_MAX]);
/** wget_size() - "117K", "2.9M". wget_rate() - "1.60 MB/s". wget_seconds() - "0.03", as in "in
 * 0.03s". */
void wget_size(uint64_t octets, char text[static 16]);
void wget_rate(uint64_t octets, sim_time time, char text[static 24]);
void wget_seconds(sim_time time, char text[static 16]);

void wget_dots_begin(struct wget *wget, uint64_t size);
void wget_dots_add(struct wget *wget, size_t len);
void wget_dots_end(struct wget *wget);

/** wget_options_read() - false: the process's exit status is set and the message printed. */
bool wget_options_read(struct process *self, struct wget *wget);

#endif
