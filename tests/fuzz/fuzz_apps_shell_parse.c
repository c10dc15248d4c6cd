/* A line typed at a shell. Parsing it, and expanding every word and target of what was parsed,
 * must neither crash nor lose memory. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "apps/shell_parse.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void swallow(void *ctx, const char *text)
{
    *(size_t *)ctx += strlen(text);
}

static void expand_word(const char *raw)
{
    static char result[] = "x  y", value[] = " a b ", name[] = "a";
    static char *substituted[] = { result };
    static struct shell_variable variable = { name, value };
    const struct shell_parameters parameters = { .status = 127,
                                                 .pid = 300,
                                                 .variables = &variable,
                                                 .n_variables = 1,
                                                 .substituted = substituted,
                                                 .n_substituted = 1 };
    struct strbuf word = { 0 };
    int64_t number;
    unsigned next = 0, n = 0;
    size_t at = 0, total = 0;
    char *line;

    shell_expand(raw, &parameters, &next, &word);
    while ((line = shell_next_substitution(raw, &at)) != NULL) {
        free(line);
        n++;
    }
    CHECK(n == next); /* both see the same substitutions */
    next = 0;
    shell_expand_fields(raw, &parameters, &next, swallow, &total);
    shell_arithmetic(raw, &parameters, &number, &word);
    strbuf_fini(&word);
}

/* The text of a compound command is a line by itself: a shell of its own is given it. */
static void parse_again(const char *text)
{
    struct strbuf error = { 0 };
    struct shell_script script;

    CHECK(shell_parse(text, &script, &error));
    shell_script_fini(&script);
    strbuf_fini(&error);
}

static void expand_command(void *ctx, const struct shell_command *command)
{
    (*(unsigned *)ctx)++;
    CHECK((command->kind == SHELL_SIMPLE) == (command->n_bodies == 0));
    CHECK((command->kind == SHELL_FOR) == (command->values != NULL));
    if (command->values != NULL)
        for (unsigned i = 0; i < command->values->n_words; i++)
            expand_word(command->values->words[i]);
    if (command->text != NULL)
        parse_again(command->text);
    for (unsigned i = 0; i < command->n_words; i++)
        expand_word(command->words[i]);
    for (unsigned i = 0; i < command->n_redirects; i++)
        expand_word(command->redirects[i].target);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct strbuf error = { 0 };
    struct shell_script script;
    unsigned n = 0;
    char line[1001];

    if (len >= sizeof line)
        return 0;
    memcpy(line, octets, len);
    line[len] = '\0';
    if (shell_parse(line, &script, &error)) {
        shell_each_command(&script, expand_command, &n);
        CHECK(n >= script.n_items);
    } else {
        CHECK(error.len > 0);
    }
    shell_script_fini(&script);
    strbuf_fini(&error);
    return 0;
}
