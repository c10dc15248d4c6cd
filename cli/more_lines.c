#include "cli/more_lines.h"

#include <glib.h>
#include <string.h>

#include "apps/shell_parse.h"

static bool ends_in_backslash(const char *line)
{
    size_t len = strlen(line), n = 0;

    while (n < len && line[len - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

bool more_lines_wanted(const char *line)
{
    return ends_in_backslash(line) || shell_line_state(line) != SHELL_LINE_WHOLE;
}

/* Behind these a command begins: a `;` there would be a mistake. */
static bool begins_command(const char *line)
{
    static const char *const words[] = { "do", "then", "else", "elif", "if", "while", "until", "{",
                                         "(",  "$(",   ";",    "&",    "&&", "|",     "||" };
    g_autofree char *text = g_strchomp(g_strdup(line));
    size_t len = strlen(text);

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t n = strlen(words[i]);

        if (g_str_has_suffix(text, words[i]) && (!g_ascii_isalpha(*words[i]) || len == n ||
                                                 strchr(" \t;&|(", text[len - n - 1]) != NULL))
            return true;
    }
    return false;
}

bool more_lines_quoted(const char *line)
{
    return shell_line_state(line) == SHELL_LINE_QUOTED;
}

char *more_lines_join(const char *line, const char *more)
{
    if (more_lines_quoted(line))
        return g_strconcat(line, "\n", more, NULL);
    if (ends_in_backslash(line))
        return g_strdup_printf("%.*s%s", (int)strlen(line) - 1, line, more);
    if (strchr(line, '#') != NULL) /* perhaps a remark, which ends with its line */
        return g_strconcat(line, "\n", more, NULL);
    return g_strconcat(line, begins_command(line) ? " " : "; ", more, NULL);
}
