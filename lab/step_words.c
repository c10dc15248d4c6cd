#include "lab/step_words.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

char **step_words(const char *text)
{
    GPtrArray *words = g_ptr_array_new();

    while (*text != '\0') {
        const char *begin;

        while (is_blank(*text))
            text++;
        begin = text;
        while (*text != '\0' && !is_blank(*text))
            text++;
        if (text > begin)
            g_ptr_array_add(words, g_strndup(begin, (gsize)(text - begin)));
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

const char *step_rest(const char *text, unsigned n)
{
    while (is_blank(*text))
        text++;
    while (n-- > 0) {
        while (*text != '\0' && !is_blank(*text))
            text++;
        while (is_blank(*text))
            text++;
    }
    return text;
}

static char *cut(char *text, const char *word, bool first)
{
    size_t len = strlen(word);
    char *found = NULL, *end;

    for (char *at = strstr(text, word); at != NULL && !(first && found != NULL);
         at = strstr(at + 1, word))
        if ((at == text || is_blank(at[-1])) && is_blank(at[len]))
            found = at;
    if (found == NULL)
        return NULL;
    end = found;
    while (end > text && is_blank(end[-1]))
        end--;
    *end = '\0';
    return (char *)step_rest(found + len, 0);
}

char *step_cut_last(char *text, const char *word)
{
    return cut(text, word, false);
}

char *step_cut_first(char *text, const char *word)
{
    return cut(text, word, true);
}

bool step_number(const char *text, guint64 *number)
{
    return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, number, NULL);
}
