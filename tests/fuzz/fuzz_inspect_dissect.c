/* Any octets as a frame: opened, written, summarised, in both shapes. Nothing may leave the octets.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "inspect/dissect.h"
#include "inspect/story.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void check_places(const struct field *parent, size_t len)
{
    for (const struct field *field = parent->first; field != NULL; field = field->next) {
        CHECK(field->at <= len && (size_t)field->at + field->len <= len);
        CHECK(field->name != NULL && field->value != NULL &&
              g_utf8_validate(field->value, -1, NULL));
        check_places(field, len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct seq_base base = { true, 1000, 2000 };
    struct story story = { 0 };
    struct dissection d;
    struct facts facts;
    GString *text;

    if (len > 65536)
        return 0;
    text = g_string_new(NULL);
    dissect(&d, octets, len, len % 2 ? &base : NULL);
    check_places(&d.root, len);
    dissect_write(&d, text);
    story_look(&story, &d.facts, WHY_NONE);
    dissect_fini(&d);
    dissect_summary(octets, len, &base, text);
    facts_read_ip(&facts, octets, len);
    summary(text, &facts, NULL, RENDER_USER);
    CHECK(g_utf8_validate(text->str, -1, NULL));
    g_string_free(text, TRUE);
    return 0;
}
