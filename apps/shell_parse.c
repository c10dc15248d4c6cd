#include "apps/shell_parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum token { TOK_END, TOK_NEWLINE, TOK_WORD, TOK_OPERATOR };

struct parser {
    const char *at;
    unsigned line;
    struct strbuf *error;
    bool failed;
    /* the token read last */
    enum token token;
    const char *start; /* its first character */
    size_t len;
};

static void fail(struct parser *p, const char *what)
{
    if (!p->failed)
        strbuf_addf(p->error, "%u: %s", p->line, what);
    p->failed = true;
}

static void refuse(struct parser *p, const char *what)
{
    if (!p->failed)
        strbuf_addf(p->error, "%u: %s not simulated by wirewalk", p->line, what);
    p->failed = true;
}

/* dash's "Syntax error: X unexpected" about the token read last. */
static void unexpected(struct parser *p)
{
    if (p->failed)
        return;
    if (p->token == TOK_END)
        fail(p, "Syntax error: end of file unexpected");
    else if (p->token == TOK_NEWLINE)
        fail(p, "Syntax error: newline unexpected");
    else if (p->token == TOK_WORD)
        fail(p, "Syntax error: word unexpected");
    else
        strbuf_addf(p->error, "%u: Syntax error: \"%.*s\" unexpected", p->line, (int)p->len,
                    p->start);
    p->failed = true;
}

/* At a '$', p->at behind it: what is put in is skipped, what is not simulated refused. */
static void skip_dollar(struct parser *p)
{
    char next = *p->at;
    const char *end;

    if (next == '(' && p->at[1] == '(') {
        refuse(p, "arithmetic is");
    } else if (next == '(') {
        end = shell_substitution_end(p->at + 1);
        if (end == NULL) {
            fail(p, "Syntax error: end of file unexpected (expecting \")\")");
            return;
        }
        for (; p->at <= end; p->at++)
            p->line += *p->at == '\n';
    } else if (next == '{') {
        size_t len = shell_name_len(p->at + 1);

        if (len == 0 || p->at[1 + len] != '}')
            refuse(p, "a parameter with an operator is");
        else
            p->at += len + 2;
    } else if (next == '#' || next == '@' || next == '*' || next == '-' ||
               (next >= '0' && next <= '9')) {
        refuse(p, "a positional parameter is");
    }
}

/* From behind the opening quote at p->at to behind the closing one. */
static void skip_double_quoted(struct parser *p)
{
    while (*p->at != '"' && !p->failed) {
        char c = *p->at++;

        if (c == '\0') {
            p->at--;
            fail(p, "Syntax error: Unterminated quoted string");
            return;
        }
        p->line += c == '\n';
        if (c == '\\' && *p->at != '\0')
            p->line += *p->at++ == '\n';
        else if (c == '$')
            skip_dollar(p);
        else if (c == '`')
            refuse(p, "command substitution in backquotes is");
    }
    if (!p->failed)
        p->at++;
}

static void skip_single_quoted(struct parser *p)
{
    for (; *p->at != '\''; p->at++) {
        if (*p->at == '\0') {
            fail(p, "Syntax error: Unterminated quoted string");
            return;
        }
        p->line += *p->at == '\n';
    }
    p->at++;
}

static bool ends_word(char c)
{
    return c == '\0' || strchr(" \t\r\n;&|<>()", c) != NULL;
}

static void read_word(struct parser *p)
{
    while (!p->failed && !ends_word(*p->at)) {
        char c = *p->at++;

        if (c == '\'')
            skip_single_quoted(p);
        else if (c == '"')
            skip_double_quoted(p);
        else if (c == '\\' && *p->at != '\0')
            p->line += *p->at++ == '\n';
        else if (c == '$')
            skip_dollar(p);
        else if (c == '`')
            refuse(p, "command substitution in backquotes is");
    }
    p->token = TOK_WORD;
    p->len = (size_t)(p->at - p->start);
}

static void skip_blanks(struct parser *p)
{
    for (;;) {
        if (*p->at == ' ' || *p->at == '\t' || *p->at == '\r') {
            p->at++;
        } else if (p->at[0] == '\\' && p->at[1] == '\n') {
            p->at += 2;
            p->line++;
        } else if (*p->at == '#') { /* only ever seen where a word could start */
            p->at += strcspn(p->at, "\n");
        } else {
            return;
        }
    }
}

static void next_token(struct parser *p)
{
    static const char *const operators[] = { "&&", "||", ";;", ">>", "<<", ">&", "<&", ">|",
                                             "<>", ";",  "&",  "|",  "<",  ">",  "(",  ")" };

    if (p->token == TOK_NEWLINE)
        p->line++;
    skip_blanks(p);
    p->start = p->at;
    p->len = 0;
    if (*p->at == '\0') {
        p->token = TOK_END;
        return;
    }
    if (*p->at == '\n') {
        p->token = TOK_NEWLINE;
        p->at++;
        return;
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t len = strlen(operators[i]);

        if (strncmp(p->at, operators[i], len) == 0) {
            p->token = TOK_OPERATOR;
            p->at += len;
            p->len = len;
            return;
        }
    }
    read_word(p);
}

static bool is_operator(const struct parser *p, const char *text)
{
    return p->token == TOK_OPERATOR && p->len == strlen(text) &&
           strncmp(p->start, text, p->len) == 0;
}

static bool is_word(const struct parser *p, const char *text)
{
    return p->token == TOK_WORD && p->len == strlen(text) && strncmp(p->start, text, p->len) == 0;
}

static char *copy_token(const char *start, size_t len)
{
    char *copy = mem_alloc(len + 1);

    memcpy(copy, start, len);
    copy[len] = '\0';
    return copy;
}

/* The token is a redirection operator; the descriptor before it is @fd, -1 for the operator's own.
 */
static void read_redirect(struct parser *p, struct shell_command *command, int fd)
{
    struct shell_redirect redirect = { .fd = fd < 0 ? 1 : fd, .kind = SHELL_TO_FILE };

    if (is_operator(p, "<<") || is_operator(p, "<&") || is_operator(p, "<>")) {
        refuse(p, is_operator(p, "<<") ? "a here-document is" : "that input redirection is");
        return;
    }
    if (is_operator(p, "<")) {
        redirect.kind = SHELL_FROM_FILE;
        redirect.fd = fd < 0 ? 0 : fd;
    }
    if (is_operator(p, ">>"))
        redirect.kind = SHELL_APPEND;
    else if (is_operator(p, ">&"))
        redirect.kind = SHELL_DUP;
    next_token(p);
    if (p->failed)
        return;
    if (p->token != TOK_WORD) {
        unexpected(p);
        return;
    }
    if (redirect.kind == SHELL_DUP && strspn(p->start, "0123456789-") < p->len) {
        fail(p, "Syntax error: Bad fd number");
        return;
    }
    redirect.target = copy_token(p->start, p->len);
    ARRAY_PUSH(command->redirects, command->n_redirects, command->redirects_size, redirect);
    next_token(p);
}

static bool at_redirect(const struct parser *p)
{
    return p->token == TOK_OPERATOR && (*p->start == '<' || *p->start == '>');
}

/* Words that begin what is not a simple command, at the place of a command's name. */
static void check_reserved(struct parser *p)
{
    static const char *const compound[] = { "if", "for", "while", "until", "case", "{" };
    static const char *const closing[] = {
        "then", "else", "elif", "fi", "do", "done", "esac", "}"
    };

    for (size_t i = 0; i < sizeof compound / sizeof *compound; i++) {
        if (is_word(p, compound[i])) {
            char what[32] = "`";

            strcat(what, compound[i]);
            strcat(what, "' is");
            refuse(p, what);
        }
    }
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++) {
        if (is_word(p, closing[i]) && !p->failed) {
            strbuf_addf(p->error, "%u: Syntax error: \"%s\" unexpected", p->line, closing[i]);
            p->failed = true;
        }
    }
}

/* NAME=VALUE before the words of a command. */
static bool is_assignment(const struct parser *p)
{
    size_t name = p->token == TOK_WORD ? shell_name_len(p->start) : 0;

    return name > 0 && name < p->len && p->start[name] == '=';
}

static void read_command(struct parser *p, struct shell_command *command)
{
    bool any = false;

    while (command->join != SHELL_PIPE && is_word(p, "!") && !any) {
        command->negate = !command->negate;
        next_token(p);
    }
    command->line = p->line;
    while (!p->failed) {
        if (at_redirect(p)) {
            read_redirect(p, command, -1);
        } else if (p->token == TOK_WORD && p->len == 1 && *p->start >= '0' && *p->start <= '9' &&
                   (*p->at == '<' || *p->at == '>')) {
            int fd = *p->start - '0';

            next_token(p);
            read_redirect(p, command, fd);
        } else if (p->token == TOK_WORD) {
            if (command->n_words == 0)
                check_reserved(p);
            if (command->n_words == command->n_assignments && is_assignment(p))
                command->n_assignments++;
            if (!p->failed)
                ARRAY_PUSH(command->words, command->n_words, command->words_size,
                           copy_token(p->start, p->len));
            next_token(p);
        } else {
            break;
        }
        any = true;
    }
    if (p->failed)
        return;
    if (!any && is_operator(p, "("))
        refuse(p, "a subshell is");
    else if (any && is_operator(p, "("))
        refuse(p, "a function or subshell is");
    else if (!any)
        unexpected(p);
    else if (command->n_assignments > 0 && command->n_assignments < command->n_words)
        refuse(p, "a variable for one command is");
}

static void read_item(struct parser *p, struct shell_item *item)
{
    const char *start = p->start, *end = p->at;
    enum shell_join join = SHELL_FIRST;

    for (;;) {
        struct shell_command command = { .join = join };

        read_command(p, &command);
        ARRAY_PUSH(item->commands, item->n_commands, item->commands_size, command);
        end = p->start;
        if (p->failed || !(is_operator(p, "&&") || is_operator(p, "||") || is_operator(p, "|")))
            break;
        join = is_operator(p, "&&") ? SHELL_AND : is_operator(p, "||") ? SHELL_OR : SHELL_PIPE;
        do
            next_token(p); /* a newline may follow &&, || and | */
        while (p->token == TOK_NEWLINE);
    }
    while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n'))
        end--;
    item->text = copy_token(start, (size_t)(end - start));
}

bool shell_parse(const char *line, struct shell_script *script, struct strbuf *error)
{
    struct parser p = { .at = line, .line = 1, .error = error, .token = TOK_WORD };

    *script = (struct shell_script){ 0 };
    next_token(&p);
    while (!p.failed) {
        struct shell_item item = { 0 };

        while (p.token == TOK_NEWLINE)
            next_token(&p);
        if (p.token == TOK_END || p.failed)
            break;
        read_item(&p, &item);
        ARRAY_PUSH(script->items, script->n_items, script->items_size, item);
        if (p.failed)
            break;
        if (is_operator(&p, "&"))
            script->items[script->n_items - 1].background = true;
        else if (!is_operator(&p, ";") && p.token != TOK_NEWLINE && p.token != TOK_END)
            unexpected(&p);
        if (!p.failed && p.token == TOK_OPERATOR)
            next_token(&p);
    }
    if (p.failed)
        shell_script_fini(script);
    return !p.failed;
}

void shell_each_command(const struct shell_script *script,
                        void (*tell)(void *ctx, const struct shell_command *command), void *ctx)
{
    for (unsigned i = 0; i < script->n_items; i++)
        for (unsigned c = 0; c < script->items[i].n_commands; c++)
            tell(ctx, &script->items[i].commands[c]);
}

void shell_script_fini(struct shell_script *script)
{
    for (unsigned i = 0; i < script->n_items; i++) {
        struct shell_item *item = &script->items[i];

        for (unsigned c = 0; c < item->n_commands; c++) {
            struct shell_command *command = &item->commands[c];

            for (unsigned w = 0; w < command->n_words; w++)
                free(command->words[w]);
            for (unsigned r = 0; r < command->n_redirects; r++)
                free(command->redirects[r].target);
            free(command->words);
            free(command->redirects);
        }
        free(item->commands);
        free(item->text);
    }
    free(script->items);
    *script = (struct shell_script){ 0 };
}
