/* A filter's text, a NUL, then a frame for it. Compiling and matching must neither crash nor take
 * long. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "inspect/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    const uint8_t *end = memchr(octets, '\0', len);
    size_t text_len = end == NULL ? len : (size_t)(end - octets);
    GError *error = NULL;
    struct filter *filter;
    char *text;

    if (text_len > 300)
        return 0;
    text = g_strndup((const char *)octets, text_len);
    filter = filter_new(text, NULL, &error);
    CHECK((filter == NULL) == (error != NULL));
    if (filter != NULL && end != NULL)
        filter_match(filter, end + 1, len - text_len - 1);
    filter_free(filter);
    g_clear_error(&error);
    g_free(text);
    return 0;
}
