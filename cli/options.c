#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "lab/diag.h"
#include "lab/reader.h"

enum { HELP_COLUMN = 26 };

/* ---- help ---- */

static void show_option(char letter, const char *name, const char *value, const char *help)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *left = NULL;
    g_autofree char *dash = letter != 0 ? g_strdup_printf("-%c, ", letter) : g_strdup("    ");
    g_auto(GStrv) lines = g_strsplit(help, "\n", -1);

    left = g_strdup_printf("  %s--%s%s%s", dash, name, value != NULL ? " " : "",
                           value != NULL ? value : "");
    if (columns_width(left) >= HELP_COLUMN) {
        g_string_append_printf(line, "%s\n", left);
        columns_pad(line, "", HELP_COLUMN);
    } else {
        columns_pad(line, left, HELP_COLUMN);
    }
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (i > 0)
            columns_pad(line, "", HELP_COLUMN);
        g_string_append_printf(line, "%s\n", lines[i]);
    }
    fputs(line->str, stdout);
}

static void show_help(const struct cli_syntax *syntax)
{
    g_auto(GStrv) parts = g_strsplit(syntax->usage, "[OPTION...]", -1);
    g_autofree char *usage = g_strjoinv(_("[OPTION...]"), parts);

    printf(_("Usage: wirewalk %s\n\n%s\n"), usage, _(syntax->about));
    printf("\n%s\n", _("Options:"));
    for (size_t i = 0; i < syntax->n_options; i++) {
        const struct cli_option *option = &syntax->options[i];
        const char *value = option->choices != NULL ? option->choices : option->value;

        show_option(option->letter, option->name,
                    value == NULL || option->choices != NULL ? value : _(value), _(option->help));
    }
    show_option(0, "lang", "en|zh",
                _("the language of all messages (default: that of the locale)"));
    show_option('h', "help", NULL, _("this text"));
    if (syntax->more != NULL)
        printf("\n%s\n", _(syntax->more));
}

/* ---- reading ---- */

static bool usage_error(const struct cli_syntax *syntax, int *status)
{
    g_autofree char *name = g_strndup(syntax->usage, strcspn(syntax->usage, " "));

    fprintf(stderr, _("See `wirewalk %s --help`.\n"), name);
    *status = CLI_WRONG;
    return false;
}

static const struct cli_option LANG_OPTION = { .name = "lang",
                                               .kind = OPTION_TEXT,
                                               .value = "en|zh" };
static const struct cli_option HELP_OPTION = { .name = "help", .letter = 'h', .kind = OPTION_FLAG };

static const struct cli_option *option_at(const struct cli_syntax *syntax, size_t i)
{
    if (i < syntax->n_options)
        return &syntax->options[i];
    return i == syntax->n_options ? &LANG_OPTION : i == syntax->n_options + 1 ? &HELP_OPTION : NULL;
}

/* One that begins so, where it is the only one, or all others are longer forms of its name. */
static const struct cli_option *find_long(const struct cli_syntax *syntax, const char *name,
                                          size_t len)
{
    const struct cli_option *option, *shortest = NULL;

    for (size_t i = 0; (option = option_at(syntax, i)) != NULL; i++)
        if (strncmp(option->name, name, len) == 0 &&
            (shortest == NULL || strlen(option->name) < strlen(shortest->name)))
            shortest = option;
    for (size_t i = 0; (option = option_at(syntax, i)) != NULL && shortest != NULL; i++)
        if (strncmp(option->name, name, len) == 0 &&
            !g_str_has_prefix(option->name, shortest->name))
            return NULL;
    return shortest;
}

static const struct cli_option *find_letter(const struct cli_syntax *syntax, char letter)
{
    const struct cli_option *option;

    for (size_t i = 0; (option = option_at(syntax, i)) != NULL; i++)
        if (option->letter == letter)
            return option;
    return NULL;
}

static void unknown_option(const struct cli_syntax *syntax, const char *word, size_t len)
{
    g_autofree const char **names = g_new0(const char *, syntax->n_options + 3);
    g_autofree char *name = g_strndup(word, len);
    const struct cli_option *option;
    const char *near;
    size_t n = 0;

    while ((option = option_at(syntax, n)) != NULL)
        names[n++] = option->name;
    near = diag_nearest(name, names, n);
    if (near != NULL)
        cli_error(_("there is no option --%s; did you mean --%s?"), name, near);
    else
        cli_error(_("there is no option --%s"), name);
}

static bool find_choice(const char *choices, const char *word, unsigned *place)
{
    g_auto(GStrv) names = g_strsplit(choices, "|", -1);

    for (unsigned i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], word) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}

static bool take_value(const struct cli_option *option, const char *value)
{
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->target = true;
        return true;
    case OPTION_TEXT:
        if (option->target != NULL)
            *(const char **)option->target = value;
        return true;
    case OPTION_NUMBER:
        if (text_u64(value, UINT64_MAX, option->target))
            return true;
        cli_error(_("--%s wants a whole number, not \"%s\""), option->name, value);
        return false;
    case OPTION_TIME:
        if (time_parse(value, option->target))
            return true;
        cli_error(_("--%s wants a time with its unit, such as 500ms, 10s or 1h, not \"%s\""),
                  option->name, value);
        return false;
    case OPTION_CHOICE:
        if (find_choice(option->choices, value, option->target))
            return true;
        cli_error(_("--%s is one of %s, not \"%s\""), option->name, option->choices, value);
        return false;
    }
    return false;
}

struct words {
    int argc, at;
    char **argv;
};

/* One option; @attached is its value where it stands in the same word, or NULL. */
static bool take_option(const struct cli_syntax *syntax, const struct cli_option *option,
                        const char *attached, struct words *words, int *status)
{
    const char *value = attached;

    if (option == &HELP_OPTION) {
        show_help(syntax);
        *status = CLI_MET;
        return false;
    }
    if (option->kind == OPTION_FLAG && attached != NULL) {
        cli_error(_("--%s takes no value"), option->name);
        return usage_error(syntax, status);
    }
    if (option->kind != OPTION_FLAG && value == NULL) {
        if (words->at + 1 >= words->argc) {
            cli_error(_("--%s wants a value: %s"), option->name,
                      option->choices != NULL ? option->choices : _(option->value));
            return usage_error(syntax, status);
        }
        value = words->argv[++words->at];
    }
    if (!take_value(option, value))
        return usage_error(syntax, status);
    if (option->given != NULL)
        *option->given = true;
    return true;
}

static bool take_long(const struct cli_syntax *syntax, struct words *words, int *status)
{
    const char *name = words->argv[words->at] + 2;
    size_t len = strcspn(name, "=");
    const struct cli_option *option = find_long(syntax, name, len);

    if (option == NULL) {
        unknown_option(syntax, name, len);
        return usage_error(syntax, status);
    }
    return take_option(syntax, option, name[len] == '=' ? name + len + 1 : NULL, words, status);
}

static bool take_short(const struct cli_syntax *syntax, struct words *words, int *status)
{
    const char *letter = words->argv[words->at] + 1;

    for (; *letter != '\0'; letter++) {
        const struct cli_option *option = find_letter(syntax, *letter);

        if (option == NULL) {
            g_autofree char *shown = g_strndup(letter, (gsize)(g_utf8_next_char(letter) - letter));

            cli_error(_("there is no option -%s"), shown);
            return usage_error(syntax, status);
        }
        if (option->kind != OPTION_FLAG)
            return take_option(syntax, option, letter[1] != '\0' ? letter + 1 : NULL, words,
                               status);
        if (!take_option(syntax, option, NULL, words, status))
            return false;
    }
    return true;
}

bool options_read(const struct cli_syntax *syntax, int argc, char **argv, GPtrArray *operands,
                  int *status)
{
    struct words words = { argc, 1, argv };
    bool only_operands = false;

    for (; words.at < argc; words.at++) {
        char *word = argv[words.at];

        if (only_operands || word[0] != '-' || word[1] == '\0') {
            g_ptr_array_add(operands, word);
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (word[1] == '-' ? !take_long(syntax, &words, status)
                                  : !take_short(syntax, &words, status)) {
            return false;
        }
    }
    return true;
}
