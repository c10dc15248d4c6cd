/*
 * Sentences taken apart: who renders a reason for every frame translates and reads each template
 * once. inspect/render.h has the sentences themselves.
 */
#ifndef WW_INSPECT_PHRASE_H
#define WW_INSPECT_PHRASE_H

#include "inspect/render.h"

/* What comes between two placeholders, and the one behind it. */
struct phrase_piece {
    const char *words; /* in the template */
    size_t len;
    struct why_placeholder placeholder; /* of the last piece: WHY_KIND_BAD, which shows nothing */
};

struct phrase {
    struct phrase_piece *pieces; /* NULL: nothing to say */
    unsigned n;
};

/** phrase_take_apart() - *@phrase is @template, an English one of base/why.h, in @lang. Lives as
 * long as the template. g_free() its pieces. */
void phrase_take_apart(struct phrase *phrase, const char *template, enum render_lang lang);
/** phrase_render() - append the sentence with the arguments of @why; @text is the record's text or
 * NULL. */
void phrase_render(const struct phrase *phrase, GString *out, const struct why *why,
                   const char *text, enum render_lang lang);

/* All templates in one language, each taken apart when it is first used. The language is not
 * changed while they are there. */
struct phrases;
struct phrases *phrases_new(enum render_lang lang);
void phrases_free(struct phrases *phrases);
/** phrases_add() - render_why() with templates that are kept. */
void phrases_add(struct phrases *phrases, GString *out, const struct why *why, const char *text);

#endif
