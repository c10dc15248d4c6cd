/* From a raw word of a shell line to the words that a program gets: parameters, variables, command
 * substitutions, splitting into fields, quotes. In the order of POSIX, 2.6. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/shell_parse.h"
#include "base/memory.h"

struct expansion {
    const struct shell_parameters *parameters;
    struct strbuf word;
    bool has_word; /* the word exists, even without characters: it was quoted */
    bool splits;   /* what is put in without quotes is cut at blanks */
    unsigned *next_substitution;
    void (*field)(void *ctx, const char *text);
    void *ctx;
};

static bool is_name_char(char c, bool first)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (!first && c >= '0' && c <= '9');
}

size_t shell_name_len(const char *text)
{
    size_t len = 0;

    while (is_name_char(text[len], len == 0))
        len++;
    return len;
}

const char *shell_substitution_end(const char *at)
{
    unsigned depth = 1;
    char quote = '\0';

    for (; *at != '\0'; at++) {
        if (*at == '\\' && quote != '\'' && at[1] != '\0') {
            at++;
        } else if (quote != '\0') {
            quote = *at == quote ? '\0' : quote;
        } else if (*at == '\'' || *at == '"') {
            quote = *at;
        } else if (*at == '(') {
            depth++;
        } else if (*at == ')' && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* The end of what begins at @at with `$(`, arithmetic or substitution; NULL: it has none. */
static const char *parenthesised_end(const char *at)
{
    const char *end = at[2] == '(' ? shell_arithmetic_end(at + 3) : NULL;

    return end != NULL ? end : shell_substitution_end(at + 2);
}

const char *shell_arithmetic_end(const char *at)
{
    const char *last = NULL; /* the first of the two parentheses that close it */
    unsigned depth = 2;

    for (; *at != '\0'; at++) {
        if (at[0] == '$' && at[1] == '(') { /* what closes in there closes nothing out here */
            at = parenthesised_end(at);
            if (at == NULL)
                return NULL;
        } else if (*at == '(') {
            depth++;
        } else if (*at == ')' && --depth == 1) {
            last = at;
        } else if (*at == ')' && depth == 0) {
            return at == last + 1 ? at : NULL;
        }
    }
    return NULL;
}

/* ---- variables ---- */

const char *shell_variable(const struct shell_parameters *parameters, const char *name, size_t len)
{
    for (unsigned i = 0; i < parameters->n_variables; i++)
        if (strlen(parameters->variables[i].name) == len &&
            strncmp(parameters->variables[i].name, name, len) == 0)
            return parameters->variables[i].value;
    return NULL;
}

void shell_set_variable(struct shell_parameters *parameters, const char *name, size_t len,
                        const char *value)
{
    struct shell_variable variable;

    for (unsigned i = 0; i < parameters->n_variables; i++) {
        struct shell_variable *old = &parameters->variables[i];

        if (strlen(old->name) == len && strncmp(old->name, name, len) == 0) {
            free(old->value);
            old->value = mem_strdup(value);
            return;
        }
    }
    variable.name = mem_alloc(len + 1);
    memcpy(variable.name, name, len);
    variable.name[len] = '\0';
    variable.value = mem_strdup(value);
    ARRAY_PUSH(parameters->variables, parameters->n_variables, parameters->variables_size,
               variable);
}

void shell_unset_variable(struct shell_parameters *parameters, const char *name)
{
    for (unsigned i = 0; i < parameters->n_variables; i++) {
        if (strcmp(parameters->variables[i].name, name) != 0)
            continue;
        free(parameters->variables[i].name);
        free(parameters->variables[i].value);
        parameters->variables[i] = parameters->variables[--parameters->n_variables];
        return;
    }
}

void shell_parameters_fini(struct shell_parameters *parameters)
{
    for (unsigned i = 0; i < parameters->n_variables; i++) {
        free(parameters->variables[i].name);
        free(parameters->variables[i].value);
    }
    free(parameters->variables);
    parameters->variables = NULL;
    parameters->n_variables = parameters->variables_size = 0;
}

/* ---- expansion ---- */

static void end_field(struct expansion *e)
{
    if (e->has_word || e->word.len > 0)
        e->field(e->ctx, strbuf_text(&e->word));
    strbuf_truncate(&e->word, 0);
    e->has_word = false;
}

/* A value put in where no quotes are: blanks cut it into fields. */
static void add_value(struct expansion *e, const char *value, bool quoted)
{
    if (quoted || !e->splits) {
        strbuf_adds(&e->word, value);
        return;
    }
    for (; *value != '\0'; value++) {
        if (strchr(" \t\n", *value) == NULL)
            strbuf_addc(&e->word, *value);
        else
            end_field(e);
    }
}

static size_t expand_dollar(struct expansion *e, const char *raw, bool quoted);

/* `$((...))`, to @end: what a '$' puts in, then its value. */
static void expand_arithmetic(struct expansion *e, const char *raw, const char *end, bool quoted)
{
    struct expansion inner = *e;
    char digits[24];
    int64_t value = 0;

    inner.word = (struct strbuf){ 0 };
    inner.splits = false;
    for (raw += 3; raw < end - 1;) {
        if (*raw == '$')
            raw += expand_dollar(&inner, raw, true);
        else
            strbuf_addc(&inner.word, *raw++);
    }
    if (shell_arithmetic(strbuf_text(&inner.word), e->parameters, &value, e->parameters->error)) {
        snprintf(digits, sizeof digits, "%lld", (long long)value);
        add_value(e, digits, quoted);
    }
    strbuf_fini(&inner.word);
}

/* What stands at @raw, a '$': how many characters it takes. */
static size_t expand_dollar(struct expansion *e, const char *raw, bool quoted)
{
    const struct shell_parameters *parameters = e->parameters;
    bool braces = raw[1] == '{';
    size_t len = shell_name_len(raw + 1 + braces);
    const char *value, *end;

    if (raw[1] == '?') {
        strbuf_addf(&e->word, "%d", parameters->status);
        return 2;
    }
    if (raw[1] == '$') {
        strbuf_addf(&e->word, "%u", parameters->pid);
        return 2;
    }
    if (raw[1] == '!') {
        if (parameters->last_background != 0)
            strbuf_addf(&e->word, "%u", parameters->last_background);
        return 2;
    }
    if (raw[1] == '(' && raw[2] == '(' && (end = shell_arithmetic_end(raw + 3)) != NULL) {
        expand_arithmetic(e, raw, end, quoted);
        return (size_t)(end - raw) + 1;
    }
    if (raw[1] == '(' && (end = shell_substitution_end(raw + 2)) != NULL) {
        unsigned i = (*e->next_substitution)++;

        if (i < parameters->n_substituted)
            add_value(e, parameters->substituted[i], quoted);
        return (size_t)(end - raw) + 1;
    }
    if (len == 0 || (braces && raw[2 + len] != '}')) {
        strbuf_addc(&e->word, '$');
        return 1;
    }
    value = shell_variable(parameters, raw + 1 + braces, len);
    if (value != NULL)
        add_value(e, value, quoted);
    return 1 + len + (braces ? 2 : 0);
}

static void expand(struct expansion *e, const char *raw)
{
    char quote = '\0';

    while (*raw != '\0') {
        if (quote == '\0' && (*raw == '\'' || *raw == '"')) {
            quote = *raw++;
            e->has_word = true;
        } else if (quote != '\0' && *raw == quote) {
            quote = '\0';
            raw++;
        } else if (*raw == '$' && quote != '\'') {
            raw += expand_dollar(e, raw, quote == '"');
        } else if (*raw == '\\' && quote != '\'' && raw[1] != '\0' &&
                   (quote == '\0' || strchr("$`\"\\\n", raw[1]) != NULL)) {
            if (raw[1] != '\n')
                strbuf_addc(&e->word, raw[1]);
            raw += 2;
        } else {
            strbuf_addc(&e->word, *raw++);
        }
    }
    end_field(e);
    strbuf_fini(&e->word);
}

void shell_expand_fields(const char *raw, const struct shell_parameters *parameters,
                         unsigned *next_substitution, void (*field)(void *ctx, const char *text),
                         void *ctx)
{
    struct expansion e = { .parameters = parameters,
                           .splits = true,
                           .next_substitution = next_substitution,
                           .field = field,
                           .ctx = ctx };

    expand(&e, raw);
}

struct single {
    struct strbuf *out;
    bool any;
};

static void take_single(void *ctx, const char *text)
{
    struct single *single = ctx;

    single->any = true;
    strbuf_adds(single->out, text);
}

bool shell_expand(const char *raw, const struct shell_parameters *parameters,
                  unsigned *next_substitution, struct strbuf *out)
{
    struct single single = { .out = out };
    struct expansion e = { .parameters = parameters,
                           .next_substitution = next_substitution,
                           .field = take_single,
                           .ctx = &single };

    expand(&e, raw);
    return single.any;
}

/* The text inside the next `$(...)` of @raw behind *@at, and *@at behind it; NULL: there is none.
 */
char *shell_next_substitution(const char *raw, size_t *at)
{
    char quote = '\0';

    for (size_t i = 0; raw[i] != '\0'; i++) {
        const char *end;
        char *text;
        size_t len;

        if (raw[i] == '\\' && quote != '\'' && raw[i + 1] != '\0') {
            i++;
        } else if (raw[i] == '$' && raw[i + 1] == '$' && quote != '\'') {
            i++; /* the shell's number; what follows stands for itself */
        } else if (raw[i] == '$' && raw[i + 1] == '(' && raw[i + 2] == '(' && quote != '\'' &&
                   shell_arithmetic_end(raw + i + 3) != NULL) {
            i += 2; /* there may be some inside */
        } else if (raw[i] == '$' && raw[i + 1] == '(' && quote != '\'' &&
                   (end = shell_substitution_end(raw + i + 2)) != NULL) {
            if (i >= *at) {
                len = (size_t)(end - raw) - i - 2;
                text = mem_alloc(len + 1);
                memcpy(text, raw + i + 2, len);
                text[len] = '\0';
                *at = (size_t)(end - raw) + 1;
                return text;
            }
            i = (size_t)(end - raw);
        } else if (quote == '\0' && (raw[i] == '\'' || raw[i] == '"')) {
            quote = raw[i];
        } else if (quote != '\0' && raw[i] == quote) {
            quote = '\0';
        }
    }
    return NULL;
}
