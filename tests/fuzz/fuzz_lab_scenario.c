/* Any octets as a scenario in a small network. */
#include <string.h>

#include "base/check.h"
#include "lab/scenario.h"

static const char network[] =
    "wirewalk: 1\nnodes: {pc1: {kind: host, interfaces: {eth0: dhcp}}, sw1: {kind: switch}, gw: "
    "{kind: router, interfaces: {lan: 10.0.0.1/24}}}\n"
    "links: [[pc1:eth0, sw1:p1], [gw:lan, sw1:p2]]\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag_list *diags = diag_list_new();
    struct topology *t =
        topology_parse("x.net.yaml", network, sizeof network - 1, TOPOLOGY_NO_FILES, diags);
    struct scenario *s;
    char *shown;

    CHECK(t != NULL);
    s = scenario_parse("x.walk.yaml", (const char *)data, size, t, diags);
    CHECK((s == NULL) == (diags->n_errors > 0));
    shown = diag_list_render(diags);
    g_free(shown);
    scenario_free(s);
    diag_list_free(diags);
    return 0;
}
