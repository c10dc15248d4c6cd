/* A socket script: it is read, and when it can be read two hosts run it for some events. Neither
 * may crash, hang or lose memory. */
#include <stdint.h>
#include <string.h>

#include "apps/programs.h"
#include "apps/sock_script.h"
#include "base/check.h"
#include "tests/support/two_hosts.h"

#define EVENTS_MAX 3000

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void swallow(void *ctx, struct process *process, int stream, const char *text, size_t len)
{
    (void)process;
    (void)stream;
    (void)text;
    *(size_t *)ctx += len;
}

static void run(const char *script)
{
    const char *const argv[] = { "sock", script };
    struct two_hosts hosts;
    size_t printed = 0;
    struct process_io io = { swallow, &printed };

    two_hosts_begin(&hosts, 3);
    process_start(hosts.b, &sock_program, 2, argv, NULL, &io);
    process_start(hosts.a, &sock_program, 2, argv, NULL, &io);
    sim_run(hosts.sim, SIM_SEC(30), EVENTS_MAX);
    two_hosts_end(&hosts);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct strbuf error = { 0 };
    struct sock_script script;
    char text[601];

    if (len >= sizeof text)
        return 0;
    memcpy(text, octets, len);
    text[len] = '\0';
    if (sock_script_parse(text, &script, &error)) {
        CHECK(error.len == 0);
        sock_script_fini(&script);
        if (strstr(text, ".sock.yaml") == NULL)
            run(text);
    } else {
        CHECK(error.len > 0);
    }
    strbuf_fini(&error);
    return 0;
}
