/* The HTTP server hears arbitrary octets in arbitrary pieces: it lives on, and answers the next
 * client. */
#include "stack/services/http_server.h"
#include "tests/support/must.h"
#include "tests/support/speaker.h"
#include "tests/support/two_hosts.h"

#define EVENTS_MAX 2000000

static const struct http_page pages[] = {
    { .path = "/", .status = 200, .body = (const uint8_t *)"hello", .len = 5 },
    { .path = "/b", .status = 200, .len = 40000 },
    { .path = "/r", .status = 302, .location = "/" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char request[] = "\0GET / HTTP/1.0\r\n\r\n";
    struct http_server_config config = {
        .port = 80, .keepalive = SIM_SEC(3), .n_pages = 3, .pages = pages
    };
    static const struct process_io nowhere;
    struct endpoint server_at = { IP4(10, 0, 0, 2), 80 };
    struct two_hosts hosts;
    struct process *server;
    uint64_t heard = 0;
    uint32_t pid;

    if (size > 20000)
        return 0;
    config.chunked = size > 0 && (data[0] & 1) != 0;
    two_hosts_begin(&hosts, 3);
    server = http_server_start(hosts.b, &config, &nowhere);
    pid = server->pid;
    speaker_start(hosts.a, false, server_at, data, size, NULL);
    MUST(sim_run(hosts.sim, SIM_SEC(60), EVENTS_MAX));
    MUST(process_find(hosts.b, pid) == server);
    speaker_start(hosts.a, false, server_at, (const uint8_t *)request, sizeof request - 1, &heard);
    MUST(sim_run(hosts.sim, SIM_SEC(60) + SIM_MSEC(10), EVENTS_MAX));
    MUST(heard > 100);
    two_hosts_end(&hosts);
    return 0;
}
