#include "inspect/json_out.h"

#include <string.h>

static void escape(GString *out, unsigned char c)
{
    switch (c) {
    case '"':
        g_string_append(out, "\\\"");
        break;
    case '\\':
        g_string_append(out, "\\\\");
        break;
    case '\n':
        g_string_append(out, "\\n");
        break;
    case '\r':
        g_string_append(out, "\\r");
        break;
    case '\t':
        g_string_append(out, "\\t");
        break;
    default:
        g_string_append_printf(out, "\\u%04x", c);
    }
}

void json_out_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    while (*text != '\0') {
        const char *from = text;
        unsigned char c;

        while ((c = (unsigned char)*text) >= ' ' && c < 0x7f && c != '"' && c != '\\')
            text++;
        g_string_append_len(out, from, text - from);
        if (c == '\0')
            break;
        if (c < 0x80) {
            escape(out, c);
            text++;
        } else if (g_utf8_get_char_validated(text, -1) <= 0x10ffff) {
            from = text;
            text = g_utf8_next_char(text);
            g_string_append_len(out, from, text - from);
        } else {
            g_string_append(out, "\xef\xbf\xbd");
            text++;
        }
    }
    g_string_append_c(out, '"');
}

void json_out_key(GString *out, const char *key)
{
    char last = out->len > 0 ? out->str[out->len - 1] : '{';

    if (last != '{' && last != '[')
        g_string_append_c(out, ',');
    json_out_string(out, key);
    g_string_append_c(out, ':');
}
