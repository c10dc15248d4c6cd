/* h1 and h2 on one cable, a web server with the pages of the reference lab on h2, port 80. */
#ifndef WW_TESTS_APPS_WEB_RIG_H
#define WW_TESTS_APPS_WEB_RIG_H

#include "stack/services/http_server.h"
#include "tests/unit/apps/rig.h"

static const struct http_page web_pages[] = {
    { .path = "/", .status = 200, .len = 612 },
    { .path = "/b/5", .status = 200, .len = 5 },
    { .path = "/b/30", .status = 200, .len = 30 },
    { .path = "/b/300", .status = 200, .len = 300 },
    { .path = "/b/3000000", .status = 200, .len = 3000000 },
    { .path = "/r", .status = 302, .location = "/b/5", .len = 3 },
    { .path = "/loop", .status = 302, .location = "loop", .len = 0 },
    { .path = "/nothing", .status = 204 },
    { .path = "/hello", .status = 200, .body = (const uint8_t *)"hello\n", .len = 6 },
};

static const struct http_server_config web_config = {
    .port = 80,
    .keepalive = SIM_SEC(5),
    .server = "lab",
    .type = "text/html",
    .n_pages = sizeof web_pages / sizeof *web_pages,
    .pages = web_pages,
};

/* @config and what it points to outlive the rig. */
static void web_rig(struct rig *rig, const struct http_server_config *config)
{
    static const struct process_io nowhere;

    rig_pair(rig);
    http_server_start(rig->hosts[1], config, &nowhere);
    rig_run_for(rig, SIM_MSEC(1));
}

/* What @line prints on h1, against a fresh server. */
static __attribute__((unused)) void web_says(const char *line, const char *expected)
{
    struct rig rig;

    web_rig(&rig, &web_config);
    EQ_STR(run(&rig, rig.hosts[0], line, SIM_SEC(300)), expected);
    rig_end(&rig);
}

#endif
