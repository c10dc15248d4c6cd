#include "inspect/columns.h"

#include <stdbool.h>

static int width_of(gunichar c)
{
    return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

int columns_width(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text = g_utf8_next_char(text))
        width += width_of(g_utf8_get_char(text));
    return width;
}

int columns_add(GString *out, const char *text, int max)
{
    bool fits = columns_width(text) <= max;
    int width = 0;

    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        if (width + width_of(c) > max - !fits)
            break;
        g_string_append_unichar(out, c);
        width += width_of(c);
    }
    if (!fits && max > 0) {
        g_string_append(out, "…");
        width++;
    }
    return width;
}

void columns_fill(GString *out, const char *piece, int n)
{
    for (int i = 0; i < n; i++)
        g_string_append(out, piece);
}

void columns_pad(GString *out, const char *text, int width)
{
    g_string_append(out, text);
    columns_fill(out, " ", width - columns_width(text));
}
