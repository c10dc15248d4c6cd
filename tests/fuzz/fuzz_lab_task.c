/* Any octets as an exercise in a small network. */
#include <string.h>

#include "base/check.h"
#include "lab/grade.h"

static const char network[] =
    "wirewalk: 1\nnodes: {pc1: {kind: host, interfaces: {eth0: 10.0.0.2/24}}, sw1: {kind: switch}, "
    "gw: {kind: router, interfaces: {lan: 10.0.0.1/24}}}\n"
    "links: [[pc1:eth0, sw1:p1], [gw:lan, sw1:p2]]\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag_list *diags = diag_list_new();
    struct task *task = task_parse("x.task.yaml", (const char *)data, size, network, diags);
    char *shown;

    CHECK((task == NULL) == (diags->n_errors > 0));
    if (task != NULL)
        grade_check(task, diags);
    shown = diag_list_render(diags);
    g_free(shown);
    task_free(task);
    diag_list_free(diags);
    return 0;
}
