/* Any octets as a packetdrill script: it is read and, where it has no commands, run. */
#include <string.h>

#include "lab/pkt_run.h"

#define RUN_MAX 2000 /* octets of a script that is run, so that one does not take too long */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct pkt_options options = { .relaxed = size > 0 && data[0] == '/' };
    struct pkt_fault fault = { 0 };
    struct pkt_verdict verdict;

    options.defines = g_ptr_array_new();
    if (size <= RUN_MAX && memchr(data, '`', size) == NULL) {
        pkt_run_text("x.pkt", text, size, &options, &verdict);
        pkt_verdict_clear(&verdict);
    } else {
        pkt_script_free(pkt_script_parse("x.pkt", text, size, options.defines, &fault));
        g_free(fault.text);
    }
    g_ptr_array_unref(options.defines);
    return 0;
}
