/* A filter of the simulated tcpdump, a NUL, then a frame for it. Parsing and matching must neither
 * crash nor read past the frame. */
#include <stdint.h>
#include <string.h>

#include "apps/tcpdump_filter.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    const uint8_t *end = memchr(octets, '\0', len);
    size_t text_len = end == NULL ? len : (size_t)(end - octets);
    struct strbuf error = { 0 };
    struct tcpdump_filter filter;
    char text[501];
    char *word = text;

    if (text_len >= sizeof text)
        return 0;
    memcpy(text, octets, text_len);
    text[text_len] = '\0';
    if (!tcpdump_filter_parse(&filter, 1, &word, &error))
        CHECK(error.len > 0);
    else if (end != NULL)
        tcpdump_filter_match(&filter, end + 1, len - text_len - 1);
    strbuf_fini(&error);
    return 0;
}
