/* Shell lines of a scenario: what can be known of them before they are run. */
#include <string.h>

#include "apps/programs.h"
#include "apps/shell.h"
#include "apps/shell_parse.h"
#include "apps/sock_script.h"
#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/scenario_build.h"

enum { LINES_DEEP_MAX = 8, NAMES_MAX = 128, NOT_FOUND = 127, SYNTAX = 2 };

struct line_check {
    const struct reader *r;
    struct text_pos at;
    bool may_be_unknown, may_be_wrong; /* the scenario says that it expects so */
    unsigned depth;                    /* lines within lines */
};

static void check_line(struct line_check *check, const char *line);

/* The word as a program gets it; false where that shows at run time only. */
static bool literal(const char *raw, struct strbuf *out)
{
    struct shell_parameters none = { 0 };
    unsigned next = 0;

    if (strchr(raw, '$') != NULL)
        return false;
    shell_expand(raw, &none, &next, out);
    return true;
}

static const char *name_hint(const struct reader *r, const char *word)
{
    const char *names[NAMES_MAX], *slash = strrchr(word, '/');
    size_t n = 0;

    for (unsigned i = 0; n < NAMES_MAX && program_name_at(i) != NULL; i++)
        names[n++] = program_name_at(i);
    for (unsigned i = 0; n < NAMES_MAX && shell_builtin_at(i) != NULL; i++)
        names[n++] = shell_builtin_at(i);
    return reader_hint(r, slash != NULL ? slash + 1 : word, names, n);
}

static void check_name(const struct line_check *check, const char *word)
{
    switch (shell_knows(word)) {
    case SHELL_KNOWN:
        break;
    case SHELL_UNKNOWN:
        if (!check->may_be_unknown)
            reader_error(check->r, check->at,
                         _("no host has a command `%s`%s (if that is meant: `expect: {exit: "
                           "127}`)"),
                         word, name_hint(check->r, word));
        break;
    case SHELL_NOT_SIMULATED:
        if (!check->may_be_wrong)
            reader_error(check->r, check->at, _("`%s` is not simulated by this version"), word);
        break;
    }
}

/* `sock 'tcp; connect 10.0.0.2:80'` */
static void check_sock(const struct line_check *check, const struct shell_command *command)
{
    struct strbuf text = STRBUF_INIT, error = STRBUF_INIT;
    struct sock_script script;
    bool known = true;

    for (unsigned i = 1; i < command->n_words && known; i++) {
        if (i > 1)
            strbuf_addc(&text, ' ');
        known = literal(command->words[i], &text);
    }
    if (known && text.len > 0 && strstr(text.text, ".sock.yaml") == NULL && *text.text != '/') {
        if (sock_script_parse(text.text, &script, &error))
            sock_script_fini(&script);
        else if (!check->may_be_wrong)
            reader_error(check->r, check->at, "sock: %s", strbuf_text(&error));
    }
    strbuf_fini(&text);
    strbuf_fini(&error);
}

static void check_inner(struct line_check *check, const char *line)
{
    struct line_check inner = *check;

    inner.depth++;
    if (inner.depth < LINES_DEEP_MAX)
        check_line(&inner, line);
}

/* `$(...)` in a word. */
static void check_substitutions(struct line_check *check, const char *word)
{
    size_t at = 0;
    char *line;

    while ((line = shell_next_substitution(word, &at)) != NULL) {
        check_inner(check, line);
        free(line);
    }
}

static void check_command(void *ctx, const struct shell_command *command)
{
    struct line_check *check = ctx;
    struct strbuf word = STRBUF_INIT, second = STRBUF_INIT;
    unsigned n = command->n_words - command->n_assignments;
    const char *const *words =
        n > 0 ? (const char *const *)command->words + command->n_assignments : NULL;

    for (unsigned i = 1; command->values != NULL && i < command->values->n_words; i++)
        check_substitutions(check, command->values->words[i]);
    for (unsigned i = 0; i < command->n_words; i++)
        check_substitutions(check, command->words[i]);
    if (n > 0 && literal(words[0], &word)) {
        check_name(check, strbuf_text(&word));
        if (strcmp(strbuf_text(&word), "sock") == 0)
            check_sock(check, command);
        if (strcmp(strbuf_text(&word), "sh") == 0 && n == 3 && strcmp(words[1], "-c") == 0 &&
            literal(words[2], &second))
            check_inner(check, strbuf_text(&second));
    }
    strbuf_fini(&word);
    strbuf_fini(&second);
}

static void check_line(struct line_check *check, const char *line)
{
    struct strbuf error = STRBUF_INIT;
    struct shell_script script;

    if (shell_parse(line, &script, &error)) {
        shell_each_command(&script, check_command, check);
        shell_script_fini(&script);
    } else if (!check->may_be_wrong) {
        reader_error(check->r, check->at, _("no shell line: sh: %s"), strbuf_text(&error));
    }
    strbuf_fini(&error);
}

static void expect_failure(struct line_check *check, const struct scenario_result *result)
{
    bool told = result->n_stderr > 0;

    check->may_be_unknown |= told || (result->has_exit && result->exit == NOT_FOUND);
    check->may_be_wrong |= told || (result->has_exit && result->exit == SYNTAX);
}

void scenario_check_entry_line(const struct reader *r, const struct scenario *s,
                               const struct scenario_entry *entry)
{
    struct line_check check = { .r = r, .at = entry->run.at };

    if (entry->action != SCENARIO_RUN || entry->run.text == NULL)
        return;
    expect_failure(&check, &entry->result);
    for (uint32_t i = 0; s != NULL && i < s->n_expects; i++)
        if (s->expects[i].kind == SCENARIO_COMMAND && s->expects[i].entry < s->n_timeline &&
            &s->timeline[s->expects[i].entry] == entry)
            expect_failure(&check, &s->expects[i].result);
    check_line(&check, entry->run.text);
}

void scenario_check_lines(struct scenario *s, struct diag_list *diags)
{
    struct reader r = { .file = s->file, .diags = diags, .arena = &s->arena };

    for (uint32_t i = 0; i < s->n_timeline; i++)
        scenario_check_entry_line(&r, s, &s->timeline[i]);
}
