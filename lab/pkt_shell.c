/*
 * The shell of backquoted commands: words, quotes, $(...), $((...)), pipes, && || ; and
 * redirections of output, which goes nowhere. What the commands are: pkt_shell_tools.c.
 */
#include "lab/pkt_shell.h"

#include <string.h>

#include "inspect/i18n.h"

enum { NESTING_MAX = 4 };

struct line {
    struct pkt_shell *shell;
    const char *at;
    int status;
};

int pkt_shell_lacks(struct pkt_shell *shell, const char *what)
{
    if (shell->in_file)
        return 0;
    shell->refused = true;
    pkt_refuse(shell->run, what);
    return 127;
}

/* ---- words ---- */

/* The text up to the bracket that closes it, @at behind the opening one. */
static char *bracketed(const char **at, char open, char close)
{
    const char *begin = *at;
    int depth = 1;

    for (; **at != '\0'; (*at)++) {
        depth += **at == open;
        depth -= **at == close;
        if (depth == 0)
            break;
    }
    return g_strndup(begin, (gsize)((*at) - begin));
}

/* $1, ${1}, $@, $#: what the command that runs this file was given. All else is empty. */
static void parameter(struct line *line, GString *word)
{
    const GPtrArray *words = line->shell->words;
    g_autofree char *name = NULL;
    guint64 n = 0;

    line->at++;
    if (*line->at == '{') {
        line->at++;
        name = bracketed(&line->at, '{', '}');
        line->at += *line->at == '}';
    } else {
        gsize len = g_ascii_isalpha(*line->at) || *line->at == '_'
                        ? strspn(line->at, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_")
                        : 1;

        name = g_strndup(line->at, len);
        line->at += len;
    }
    if (words == NULL)
        return;
    if (g_str_equal(name, "#"))
        g_string_append_printf(word, "%u", words->len - 1);
    else if (g_str_equal(name, "@") || g_str_equal(name, "*"))
        for (guint i = 1; i < words->len; i++)
            g_string_append_printf(word, "%s%s", i > 1 ? " " : "", (char *)words->pdata[i]);
    else if (g_ascii_string_to_unsigned(name, 10, 0, words->len - 1, &n, NULL))
        g_string_append(word, words->pdata[n]);
}

static void substitute(struct line *line, GString *word)
{
    g_autofree char *text = NULL;

    if (g_str_has_prefix(line->at, "$((")) {
        int64_t value = 0;

        line->at += 3;
        text = bracketed(&line->at, '(', ')');
        line->at += g_str_has_prefix(line->at, "))") ? 2 : 0;
        if (!pkt_arithmetic(text, &value))
            pkt_shell_lacks(line->shell, text);
        g_string_append_printf(word, "%lld", (long long)value);
    } else if (g_str_has_prefix(line->at, "$(")) {
        g_autoptr(GString) output = g_string_new(NULL);

        line->at += 2;
        text = bracketed(&line->at, '(', ')');
        line->at += *line->at == ')';
        if (line->shell->run->file_depth < NESTING_MAX) {
            line->shell->run->file_depth++;
            pkt_shell_run(line->shell, text, output);
            line->shell->run->file_depth--;
        }
        g_strchomp(output->str);
        g_string_append(word, output->str);
    } else if (line->at[1] != '\0' &&
               (g_ascii_isalnum(line->at[1]) || strchr("{_@*#?$", line->at[1]) != NULL)) {
        parameter(line, word);
    } else {
        g_string_append_c(word, *line->at++);
    }
}

static void quoted(struct line *line, GString *word)
{
    char quote = *line->at++;

    while (*line->at != '\0' && *line->at != quote) {
        if (quote == '"' && *line->at == '$') {
            substitute(line, word);
            continue;
        }
        if (quote == '"' && *line->at == '\\' && line->at[1] != '\0')
            line->at++;
        g_string_append_c(word, *line->at++);
    }
    line->at += *line->at == quote;
}

static bool ends_word(char c)
{
    return c == '\0' || strchr(" \t\r\n|&;<>", c) != NULL;
}

static char *read_word(struct line *line)
{
    GString *word = g_string_new(NULL);

    while (!ends_word(*line->at)) {
        if (*line->at == '"' || *line->at == '\'') {
            quoted(line, word);
        } else if (*line->at == '$') {
            substitute(line, word);
        } else {
            if (*line->at == '\\' && line->at[1] != '\0')
                line->at++;
            g_string_append_c(word, *line->at++);
        }
    }
    return g_string_free(word, FALSE);
}

static void skip_blanks(struct line *line)
{
    for (;;) {
        while (*line->at == ' ' || *line->at == '\t' || *line->at == '\r')
            line->at++;
        if (line->at[0] != '\\' || line->at[1] != '\n')
            return;
        line->at += 2;
    }
}

/* >FILE, 2>FILE, 2>&1, >>FILE: the file is returned in *@file when it is worth looking at. */
static bool redirection(struct line *line, char **file)
{
    const char *at = line->at;

    if (g_ascii_isdigit(*at) && (at[1] == '>' || at[1] == '<'))
        at++;
    if (*at != '>' && *at != '<')
        return false;
    while (*at == '>' || *at == '<' || *at == '&')
        at++;
    line->at = at;
    skip_blanks(line);
    g_free(*file);
    *file = read_word(line);
    return true;
}

/* ---- commands ---- */

/* `echo 1 > /proc/sys/net/ipv4/x` */
static int write_setting(struct line *line, const char *file, const char *text)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *value = g_strstrip(g_strdup(text));
    char *name = g_strdup(file + strlen("/proc/sys/"));

    for (char *c = name; *c != '\0'; c++)
        if (*c == '/')
            *c = '.';
    g_ptr_array_add(words, g_strdup("sysctl"));
    g_ptr_array_add(words, g_strdup_printf("%s=%s", name, value));
    g_free(name);
    return pkt_shell_tool(line->shell, words, "", NULL);
}

static int simple_command(struct line *line, const char *input, GString *output)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *file = NULL;
    gsize before = output->len;
    int status;

    for (skip_blanks(line);; skip_blanks(line)) {
        if (redirection(line, &file))
            continue;
        if (ends_word(*line->at))
            break;
        g_ptr_array_add(words, read_word(line));
    }
    if (words->len == 0)
        return 0;
    status = pkt_shell_tool(line->shell, words, input, output);
    if (file != NULL && g_str_has_prefix(file, "/proc/sys/"))
        status = write_setting(line, file, output->str + before);
    if (file != NULL && !g_str_equal(file, "1")) /* 2>&1 */
        g_string_truncate(output, before);
    return status;
}

static int pipeline(struct line *line, GString *output)
{
    g_autoptr(GString) passed = g_string_new(NULL);
    bool negated = false;
    int status;

    skip_blanks(line);
    if (line->at[0] == '!' && line->at[1] == ' ') {
        negated = true;
        line->at++;
    }
    for (;;) {
        g_autoptr(GString) next = g_string_new(NULL);

        status = simple_command(line, passed->str, next);
        skip_blanks(line);
        if (line->at[0] != '|' || line->at[1] == '|' || line->shell->refused) {
            g_string_append_len(output, next->str, (gssize)next->len);
            return negated ? status == 0 : status;
        }
        line->at++;
        g_string_assign(passed, next->str);
    }
}

/* @a && @b, @a || @b: the second is passed over when the first decides. */
static void and_or(struct line *line, GString *output)
{
    line->status = pipeline(line, output);
    for (;;) {
        bool and = g_str_has_prefix(line->at, "&&"), or = g_str_has_prefix(line->at, "||");
        struct line other;

        if (line->shell->refused || line->shell->exits || (!and&&! or))
            return;
        line->at += 2;
        if ((line->status == 0) == and) {
            line->status = pipeline(line, output);
            continue;
        }
        other = *line; /* read it, but do nothing */
        while (*other.at != '\0' && strchr("\n;", *other.at) == NULL &&
               !g_str_has_prefix(other.at, "&&") && !g_str_has_prefix(other.at, "||"))
            other.at++;
        line->at = other.at;
    }
}

int pkt_shell_run(struct pkt_shell *shell, const char *text, GString *output)
{
    struct line line = { .shell = shell, .at = text };

    while (*line.at != '\0' && !shell->refused && !shell->exits) {
        skip_blanks(&line);
        if (*line.at == '#') {
            while (*line.at != '\0' && *line.at != '\n')
                line.at++;
        } else if (*line.at == '\n' || *line.at == ';' || *line.at == '&') {
            line.at++;
        } else {
            const char *before = line.at;

            and_or(&line, output);
            if (line.at == before)
                line.at++;
        }
    }
    return line.status;
}

bool pkt_do_command(struct pkt_run *run, const char *command)
{
    struct pkt_shell shell = { .run = run };
    g_autoptr(GString) output = g_string_new(NULL);
    int status = pkt_shell_run(&shell, command, output);

    if (run->verdict->reason != NULL)
        return false;
    pkt_tell(run, "%.6f `%s`", (double)pkt_now(run) / PKT_NSEC_PER_SEC, command);
    return status == 0 || pkt_fail(run, _("the command ends with status %d: %s"), status, command);
}
