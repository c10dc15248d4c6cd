#include "lab/yaml_hint.h"

#include <glib.h>
#include <string.h>

#include "inspect/i18n.h"

/* What looks like YAML's own marks, and is typed with an input method for Chinese. */
static const struct {
    const char *wide, *narrow;
} look_alikes[] = {
    { "：", ":" }, { "，", "," }, { "｛", "{" }, { "｝", "}" }, { "［", "[" }, { "］", "]" },
    { "【", "[" }, { "】", "]" }, { "“", "\"" }, { "”", "\"" }, { "－", "-" }, { "　", " " },
};

/* The lines @from to @to of @text, from 0 on. */
static char *lines_of(const char *text, size_t len, size_t from, size_t to)
{
    const char *end = text + len, *start = text, *at = text;

    for (size_t line = 0; line <= to; line++) {
        if (line == from)
            start = at;
        at = memchr(at, '\n', (size_t)(end - at));
        at = at != NULL ? at + 1 : end;
    }
    return g_strndup(start, (gsize)(at - start));
}

/* `wirewalk:1`: a word, its colon, and no blank; the end of the word, or NULL. An address or a time
 * (10:30) is none. */
static const char *tight_colon(const char *line)
{
    const char *word = line + strspn(line, " {,"), *colon = word;

    while (g_ascii_isalnum(*colon) || *colon == '_' || *colon == '-')
        colon++;
    if (*colon != ':' || colon == word || !g_ascii_isalpha(*word) || colon[1] == '\0' ||
        strchr(" \r\n/:", colon[1]) != NULL)
        return NULL;
    return colon;
}

/* Of the line @line or the one before it. */
static char *colon_hint(const char *text, size_t len, size_t line)
{
    for (size_t n = line > 0 ? line - 1 : 0; n <= line; n++) {
        g_autofree char *at = lines_of(text, len, n, n);
        const char *colon = tight_colon(at), *word = at + strspn(at, " {,");

        if (colon != NULL)
            return g_strdup_printf(_("; behind a key and its colon comes a blank: `%.*s: %c...`"),
                                   (int)(colon - word), word, colon[1]);
    }
    return NULL;
}

char *yaml_hint(const char *text, size_t len, size_t from, size_t to)
{
    g_autofree char *lines = lines_of(text, len, from, to), *last = lines_of(text, len, to, to);
    char *tight;

    if (last[strspn(last, " ")] == '\t')
        return g_strdup(_("; lines are indented with spaces, not with tabs"));
    for (size_t i = 0; i < G_N_ELEMENTS(look_alikes); i++)
        if (strstr(lines, look_alikes[i].wide) != NULL)
            return g_strdup_printf(_("; is the full-width %s there meant to be `%s`?"),
                                   look_alikes[i].wide, look_alikes[i].narrow);
    tight = colon_hint(text, len, to);
    return tight != NULL ? tight : g_strdup("");
}

char *yaml_map_hint(const char *text)
{
    g_autofree char *line = g_strndup(text, strcspn(text, "\n"));
    char *tight = NULL;

    if (strstr(text, "：") != NULL)
        return g_strdup_printf(_("; is the full-width %s there meant to be `%s`?"), "：", ": ");
    tight = colon_hint(line, strlen(line), 0);
    return tight != NULL ? tight : g_strdup("");
}
