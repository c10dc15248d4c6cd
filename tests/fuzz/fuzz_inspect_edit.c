/* Lines FIELD=VALUE, an empty line, then a frame for them. Whatever is asked for, nothing is
 * written outside the frame, and its length stays. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "inspect/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void add(struct edit *edit, char *line)
{
    char *equals = strchr(line, '=');
    g_autofree char *error = NULL;

    if (equals == NULL)
        return;
    *equals = '\0';
    CHECK(edit_add(edit, line, equals + 1, &error) == (error == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct edit *edit = edit_new();
    size_t at = 0;

    while (at < len && octets[at] != '\n') {
        const uint8_t *end = memchr(octets + at, '\n', len - at);
        size_t n = end != NULL ? (size_t)(end - octets) - at : len - at;
        g_autofree char *line = g_strndup((const char *)octets + at, n);

        add(edit, line);
        at = MIN(len, at + n + 1);
    }
    at = MIN(len, at + 1);
    for (int keep = 0; keep < 2; keep++) {
        uint8_t *frame = malloc(len - at + 1); /* its end is the sanitizer's */

        CHECK(frame != NULL);
        memcpy(frame, octets + at, len - at);
        edit_missing(edit, frame, len - at);
        edit_apply(edit, frame, len - at, keep);
        free(frame);
    }
    edit_free(edit);
    return 0;
}
