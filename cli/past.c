#include "cli/past.h"

#include <stdlib.h>
#include <string.h>

void past_init(struct past *past, uint32_t n_nodes)
{
    *past = (struct past){ g_new0(GPtrArray *, n_nodes + 1), n_nodes };
}

void past_fini(struct past *past)
{
    for (uint32_t i = 0; i < past->n_nodes; i++)
        if (past->lines[i] != NULL)
            g_ptr_array_unref(past->lines[i]);
    g_free(past->lines);
}

void past_add(struct past *past, uint32_t node, const char *line)
{
    if (past->lines[node] == NULL)
        past->lines[node] = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(past->lines[node], g_strdup(line));
}

/* ---- `!` ---- */

static const char *numbered(const GPtrArray *lines, long long n)
{
    return n >= 1 && n <= (long long)lines->len ? lines->pdata[n - 1] : NULL;
}

/* The line that the word @event, behind its '!', means. */
static const char *find(const GPtrArray *lines, const char *event)
{
    char *end;
    long long n = strtoll(event, &end, 10);

    if (lines == NULL)
        return NULL;
    if (strcmp(event, "!") == 0)
        return numbered(lines, lines->len);
    if (end != event && *end == '\0')
        return numbered(lines, n < 0 ? (long long)lines->len + 1 + n : n);
    for (guint i = lines->len; i-- > 0;)
        if (g_str_has_prefix(lines->pdata[i], event))
            return lines->pdata[i];
    return NULL;
}

char *past_expand(const struct past *past, uint32_t node, const char *line, char **word)
{
    g_autoptr(GString) out = g_string_new(NULL);
    bool quoted = false;

    for (const char *at = line; *at != '\0';) {
        bool begins = at == line || at[-1] == ' ' || at[-1] == '\t';
        size_t len = strcspn(at, " \t;&|");

        quoted ^= *at == '\'';
        if (!begins || quoted || *at != '!' || len < 2 || at[1] == '=') {
            g_string_append_c(out, *at++);
            continue;
        }
        g_autofree char *event = g_strndup(at + 1, len - 1);
        const char *meant = find(past->lines[node], event);

        if (meant == NULL) {
            *word = g_strndup(at, len);
            return NULL;
        }
        g_string_append(out, meant);
        at += len;
    }
    return g_strdup(out->str);
}

/* ---- the command ---- */

static char *show(const GPtrArray *lines, guint from)
{
    GString *out = g_string_new(NULL);

    for (guint i = from; lines != NULL && i < lines->len; i++)
        g_string_append_printf(out, "%5u  %s\n", i + 1, (const char *)lines->pdata[i]);
    return g_string_free(out, FALSE);
}

char *past_command(struct past *past, uint32_t node, const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
    const char *argument = words[0] != NULL && words[1] != NULL ? words[1] : "";
    GPtrArray *lines = past->lines[node];
    guint n = lines != NULL ? lines->len : 0;
    guint64 wanted;

    if (words[0] == NULL || strcmp(words[0], "history") != 0 || g_strv_length(words) > 2)
        return NULL;
    if (strcmp(argument, "-c") == 0) {
        if (lines != NULL)
            g_ptr_array_set_size(lines, 0);
        return g_strdup("");
    }
    if (*argument == '\0')
        return show(lines, 0);
    if (!g_ascii_string_to_unsigned(argument, 10, 0, G_MAXUINT, &wanted, NULL))
        return g_strdup_printf("history: %s: numeric argument required\n", argument);
    return show(lines, wanted < n ? n - (guint)wanted : 0);
}
