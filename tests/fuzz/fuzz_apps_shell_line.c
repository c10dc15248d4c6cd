/* A line typed at two hosts at once: every program's options and what it does with them. None may
 * crash, hang the engine or lose memory. */
#include <stdint.h>
#include <string.h>

#include "apps/programs.h"
#include "apps/shell.h"
#include "tests/support/two_hosts.h"

#define EVENTS_MAX   2000
#define LINE_MAX_LEN 300

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void swallow(void *ctx, struct process *process, int stream, const char *text, size_t len)
{
    (void)process;
    (void)stream;
    (void)text;
    *(size_t *)ctx += len;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    char line[LINE_MAX_LEN + 1];
    struct two_hosts hosts;
    size_t printed = 0;
    struct process_io io = { swallow, &printed };

    if (len > LINE_MAX_LEN || memchr(octets, '\0', len) != NULL)
        return 0;
    memcpy(line, octets, len);
    line[len] = '\0';
    two_hosts_begin(&hosts, 3);
    hosts.a->find_program = hosts.b->find_program = program_find;
    shell_start(hosts.b, line, &io, NULL, NULL);
    shell_start(hosts.a, line, &io, NULL, NULL);
    sim_run(hosts.sim, SIM_SEC(30), EVENTS_MAX);
    two_hosts_end(&hosts);
    return 0;
}
