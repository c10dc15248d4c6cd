/* curl and wget hear arbitrary octets from a server: they end, with whatever status. */
#include "apps/programs.h"
#include "tests/support/must.h"
#include "tests/support/speaker.h"
#include "tests/support/two_hosts.h"

#define EVENTS_MAX 2000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const curl[] = { "curl",
                                        "-sviL",
                                        "-m",
                                        "30",
                                        "-w",
                                        "%{http_code} %{content_type}",
                                        "http://10.0.0.2/a/b",
                                        "10.0.0.2/c" };
    static const char *const wget[] = {
        "wget", "-S", "-t", "1", "-T", "30", "http://10.0.0.2/a/b"
    };
    static const struct process_io nowhere;
    struct two_hosts hosts;
    bool use_wget = size > 1 && (data[0] & 0x40) != 0 && program_find("wget") != NULL;

    if (size > 20000)
        return 0;
    two_hosts_begin(&hosts, 3);
    speaker_start(hosts.b, true, (struct endpoint){ 0 }, data, size, NULL);
    MUST(sim_run(hosts.sim, SIM_MSEC(1), EVENTS_MAX));
    if (use_wget)
        process_start(hosts.a, program_find("wget"), 7, wget, NULL, &nowhere);
    else
        process_start(hosts.a, program_find("curl"), 8, curl, NULL, &nowhere);
    MUST(sim_run(hosts.sim, SIM_SEC(400), EVENTS_MAX));
    MUST(list_empty(&hosts.a->processes));
    two_hosts_end(&hosts);
    return 0;
}
