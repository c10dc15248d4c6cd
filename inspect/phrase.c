#include "inspect/phrase.h"

#include <string.h>

#include "inspect/i18n.h"

enum { VARIANTS = 2 }; /* of a reason's sentence: the usual one, and render_template()'s other */

struct phrases {
    enum render_lang lang;
    struct phrase of[WHY_N_CODES][VARIANTS];
};

static unsigned count_placeholders(const char *at)
{
    struct why_placeholder placeholder;
    unsigned n = 0;

    while (render_next_placeholder(&at, &placeholder))
        n++;
    return n;
}

void phrase_take_apart(struct phrase *phrase, const char *template, enum render_lang lang)
{
    const char *from, *at;
    struct why_placeholder placeholder;

    *phrase = (struct phrase){ 0 };
    if (*template == '\0')
        return;
    from = at = lang == RENDER_USER ? _(template) : template;
    phrase->pieces = g_new0(struct phrase_piece, count_placeholders(from) + 1);
    while (render_next_placeholder(&at, &placeholder)) {
        phrase->pieces[phrase->n++] =
            (struct phrase_piece){ from, (size_t)(placeholder.begin - from), placeholder };
        from = placeholder.end;
    }
    phrase->pieces[phrase->n].words = from;
    phrase->pieces[phrase->n++].len = strlen(from);
}

void phrase_render(const struct phrase *phrase, GString *out, const struct why *why,
                   const char *text, enum render_lang lang)
{
    for (unsigned i = 0; i < phrase->n; i++) {
        const struct phrase_piece *piece = &phrase->pieces[i];

        g_string_append_len(out, piece->words, (gssize)piece->len);
        if (piece->placeholder.kind == WHY_KIND_TEXT)
            g_string_append(out, text == NULL ? "" : text);
        else
            render_arg(out, piece->placeholder.kind, &why->args[piece->placeholder.arg], lang);
    }
}

struct phrases *phrases_new(enum render_lang lang)
{
    struct phrases *phrases = g_new0(struct phrases, 1);

    phrases->lang = lang;
    return phrases;
}

void phrases_free(struct phrases *phrases)
{
    if (phrases == NULL)
        return;
    for (unsigned code = 0; code < WHY_N_CODES; code++)
        for (unsigned i = 0; i < VARIANTS; i++)
            g_free(phrases->of[code][i].pieces);
    g_free(phrases);
}

void phrases_add(struct phrases *phrases, GString *out, const struct why *why, const char *text)
{
    const char *template = render_template(why);
    struct phrase *phrase = &phrases->of[why->code][template != why_sentence(why->code)];

    if (phrase->pieces == NULL)
        phrase_take_apart(phrase, template, phrases->lang);
    phrase_render(phrase, out, why, text, phrases->lang);
}
