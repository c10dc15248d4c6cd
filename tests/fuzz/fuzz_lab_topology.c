/* Any octets as a topology file: read, checked and formatted without a fault; formatting twice
 * changes nothing. */
#include <string.h>

#include "base/check.h"
#include "lab/advice.h"
#include "lab/format.h"
#include "lab/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag_list *diags = diag_list_new();
    struct topology *t =
        topology_parse("x.net.yaml", (const char *)data, size, TOPOLOGY_NO_FILES, diags);
    char *once, *twice, *shown;

    CHECK((t == NULL) == (diags->n_errors > 0));
    if (t != NULL)
        advice_topology(t, diags);
    shown = diag_list_render(diags);
    g_free(shown);
    topology_free(t);
    diag_list_free(diags);

    diags = diag_list_new();
    once = format_text("x", (const char *)data, size, diags);
    if (once != NULL) {
        twice = format_text("x", once, strlen(once), diags);
        CHECK(twice != NULL && strcmp(once, twice) == 0);
        g_free(twice);
    }
    g_free(once);
    diag_list_free(diags);
    return 0;
}
