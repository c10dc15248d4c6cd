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
    enum shell_line_state state; /* where it failed, because there is no more */
    /* the token read last */
    enum token token;
    const char *start; /* its first character */
    size_t len;
    unsigned depth; /* lists within compound commands */
};

static void fail(struct parser *p, const char *what)
{
    if (!p->failed)
        strbuf_addf(p->error, "%u: %s", p->line, what);
    p->failed = true;
}

static void fail_open(struct parser *p, enum shell_line_state state, const char *what)
{
    if (!p->failed)
        p->state = state;
    fail(p, what);
}

static void refuse(struct parser *p, const char *what)
{
    if (!p->failed)
        strbuf_addf(p->error, "%u: %s not simulated by wirewalk", p->line, what);
    p->failed = true;
}

static const char *const reserved[] = {
    "!",   "case", "do", "done", "elif",  "else",  "esac", "fi",
    "for", "if",   "in", "then", "until", "while", "{",    "}"
};

static bool is_word(const struct parser *p, const char *text)
{
    return p->token == TOK_WORD && p->len == strlen(text) && strncmp(p->start, text, p->len) == 0;
}

static bool is_reserved(const struct parser *p)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (is_word(p, reserved[i]))
            return true;
    return false;
}

/* dash's "Syntax error: X unexpected (expecting "Y")" about the token read last; @wanted may be
 * NULL. */
static void expected(struct parser *p, const char *wanted)
{
    if (p->failed)
        return;
    strbuf_addf(p->error, "%u: Syntax error: ", p->line);
    p->state = p->token == TOK_END ? SHELL_LINE_OPEN : SHELL_LINE_WHOLE;
    if (p->token == TOK_END)
        strbuf_adds(p->error, "end of file unexpected");
    else if (p->token == TOK_NEWLINE)
        strbuf_adds(p->error, "newline unexpected");
    else if (p->token == TOK_WORD && !is_reserved(p))
        strbuf_adds(p->error, "word unexpected");
    else
        strbuf_addf(p->error, "\"%.*s\" unexpected", (int)p->len, p->start);
    if (wanted != NULL)
        strbuf_addf(p->error, " (expecting \"%s\")", wanted);
    p->failed = true;
}

static void unexpected(struct parser *p)
{
    expected(p, NULL);
}

static void skip_dollar(struct parser *p);

/* At the parentheses of `$((...))`. What is inside may hold what a '$' puts in. */
static void skip_arithmetic(struct parser *p)
{
    const char *end = shell_arithmetic_end(p->at + 2);

    if (end == NULL) {
        fail(p, "Syntax error: Missing '))'");
        return;
    }
    for (p->at += 2; p->at <= end && !p->failed;) {
        char c = *p->at++;

        p->line += c == '\n';
        if (c == '$')
            skip_dollar(p);
        else if (strchr("'\"\\`", c) != NULL)
            refuse(p, "quotes in arithmetic are");
    }
}

/* At a '$', p->at behind it: what is put in is skipped, what is not simulated refused. */
static void skip_dollar(struct parser *p)
{
    char next = *p->at;
    const char *end;

    if (next == '(' && p->at[1] == '(') {
        skip_arithmetic(p);
    } else if (next == '(') {
        end = shell_substitution_end(p->at + 1);
        if (end == NULL) {
            fail_open(p, SHELL_LINE_OPEN, "Syntax error: end of file unexpected (expecting \")\")");
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
            fail_open(p, SHELL_LINE_QUOTED, "Syntax error: Unterminated quoted string");
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
            fail_open(p, SHELL_LINE_QUOTED, "Syntax error: Unterminated quoted string");
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
        p->state = SHELL_LINE_WHOLE; /* the name of a file is never in the next line */
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

/* NAME=VALUE before the words of a command. */
static bool is_assignment(const struct parser *p)
{
    size_t name = p->token == TOK_WORD ? shell_name_len(p->start) : 0;

    return name > 0 && name < p->len && p->start[name] == '=';
}

/* A redirection, if there is one here. */
static bool take_redirect(struct parser *p, struct shell_command *command)
{
    int fd;

    if (at_redirect(p)) {
        read_redirect(p, command, -1);
        return true;
    }
    if (p->token != TOK_WORD || p->len != 1 || *p->start < '0' || *p->start > '9' ||
        (*p->at != '<' && *p->at != '>'))
        return false;
    fd = *p->start - '0';
    next_token(p);
    read_redirect(p, command, fd);
    return true;
}

static void read_simple(struct parser *p, struct shell_command *command)
{
    bool any = false;

    for (; !p->failed; any = true) {
        if (take_redirect(p, command))
            continue;
        if (p->token != TOK_WORD)
            break;
        if (command->n_words == command->n_assignments && is_assignment(p))
            command->n_assignments++;
        ARRAY_PUSH(command->words, command->n_words, command->words_size,
                   copy_token(p->start, p->len));
        next_token(p);
    }
    if (p->failed)
        return;
    if (any && is_operator(p, "("))
        refuse(p, "a function is");
    else if (!any)
        unexpected(p);
    else if (command->n_assignments > 0 && command->n_assignments < command->n_words)
        refuse(p, "a variable for one command is");
}

/* ---- compound commands ---- */

static void read_list(struct parser *p, struct shell_script *script, const char *closing);

static void take_word(struct parser *p, const char *word)
{
    if (!is_word(p, word))
        expected(p, word);
    else
        next_token(p);
}

/* The list that a compound command has next, before @closing. */
static void read_body(struct parser *p, struct shell_command *command, const char *closing)
{
    struct shell_script body = { 0 };

    if (++p->depth > SHELL_DEPTH_MAX)
        refuse(p, "so many commands within each other are");
    else
        read_list(p, &body, closing);
    p->depth--;
    ARRAY_PUSH(command->bodies, command->n_bodies, command->bodies_size, body);
}

/* Behind `if`: each condition and what it leads to, then what `else` leads to. */
static void read_if(struct parser *p, struct shell_command *command)
{
    do {
        next_token(p);
        read_body(p, command, "then");
        take_word(p, "then");
        read_body(p, command, "fi");
    } while (!p->failed && is_word(p, "elif"));
    if (!p->failed && is_word(p, "else")) {
        next_token(p);
        read_body(p, command, "fi");
    }
    if (!p->failed && !is_word(p, "fi"))
        expected(p, "fi");
}

static void read_do(struct parser *p, struct shell_command *command)
{
    while (p->token == TOK_NEWLINE && !p->failed)
        next_token(p);
    take_word(p, "do");
    read_body(p, command, "done");
    if (!p->failed && !is_word(p, "done"))
        expected(p, "done");
}

static void read_while(struct parser *p, struct shell_command *command)
{
    next_token(p);
    read_body(p, command, "do");
    read_do(p, command);
}

/* `for NAME in WORD ...`; the words become those of a command of their own, behind the name. */
static void read_for(struct parser *p, struct shell_command *command)
{
    struct shell_command *values = command->values = mem_zalloc(sizeof *values);

    next_token(p);
    if (p->token != TOK_WORD || shell_name_len(p->start) != p->len) {
        fail(p, "Syntax error: Bad for loop variable");
        return;
    }
    ARRAY_PUSH(values->words, values->n_words, values->words_size, copy_token(p->start, p->len));
    do
        next_token(p);
    while (p->token == TOK_NEWLINE);
    if (is_word(p, "do") || is_operator(p, ";")) {
        refuse(p, "a positional parameter is");
        return;
    }
    if (!is_word(p, "in")) {
        expected(p, p->token == TOK_END ? "do" : "in");
        return;
    }
    for (next_token(p); !p->failed && p->token == TOK_WORD; next_token(p))
        ARRAY_PUSH(values->words, values->n_words, values->words_size,
                   copy_token(p->start, p->len));
    if (!is_operator(p, ";") && p->token != TOK_NEWLINE) {
        unexpected(p);
        return;
    }
    next_token(p);
    read_do(p, command);
}

static void read_group(struct parser *p, struct shell_command *command)
{
    bool subshell = command->kind == SHELL_SUBSHELL;

    next_token(p);
    read_body(p, command, subshell ? ")" : "}");
    if (!p->failed && !(subshell ? is_operator(p, ")") : is_word(p, "}")))
        expected(p, subshell ? ")" : "}");
}

/* A compound command that begins here; false: a simple one does. */
static bool read_compound(struct parser *p, struct shell_command *command)
{
    static const struct {
        const char *word;
        enum shell_command_kind kind;
        void (*read)(struct parser *p, struct shell_command *command);
    } kinds[] = { { "if", SHELL_IF, read_if },          { "while", SHELL_WHILE, read_while },
                  { "until", SHELL_UNTIL, read_while }, { "for", SHELL_FOR, read_for },
                  { "{", SHELL_GROUP, read_group },     { "(", SHELL_SUBSHELL, read_group } };
    const char *start = p->start;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!is_word(p, kinds[i].word) && !is_operator(p, kinds[i].word))
            continue;
        command->kind = kinds[i].kind;
        kinds[i].read(p, command);
        if (p->failed)
            return true;
        command->text = command->kind == SHELL_SUBSHELL
                            ? copy_token(start + 1, (size_t)(p->start - start) - 1)
                            : copy_token(start, (size_t)(p->start - start) + p->len);
        next_token(p);
        while (!p->failed && take_redirect(p, command))
            ;
        if (p->token == TOK_WORD && !is_reserved(p))
            unexpected(p);
        return true;
    }
    return false;
}

static void read_command(struct parser *p, struct shell_command *command)
{
    if (command->join != SHELL_PIPE && is_word(p, "!")) {
        command->negate = true;
        next_token(p);
    }
    command->line = p->line;
    if (read_compound(p, command))
        return;
    if (is_word(p, "case"))
        refuse(p, "`case' is");
    else if (is_reserved(p) && !is_word(p, "in"))
        unexpected(p);
    else
        read_simple(p, command);
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

/* A word that ends the list of a compound command. */
static bool at_closing(const struct parser *p)
{
    return is_operator(p, ")") ||
           (is_reserved(p) && !is_word(p, "in") && !is_word(p, "!") && !is_word(p, "if") &&
            !is_word(p, "for") && !is_word(p, "while") && !is_word(p, "until") &&
            !is_word(p, "case") && !is_word(p, "{"));
}

/* Commands up to the end of the line, or, inside a compound command, up to its @closing: at least
 * one then. */
static void read_list(struct parser *p, struct shell_script *script, const char *closing)
{
    bool inside = closing != NULL;

    while (!p->failed) {
        struct shell_item item = { 0 };

        while (p->token == TOK_NEWLINE)
            next_token(p);
        if (p->token == TOK_END || p->failed || (inside && at_closing(p)))
            break;
        read_item(p, &item);
        ARRAY_PUSH(script->items, script->n_items, script->items_size, item);
        if (p->failed || (inside && at_closing(p)))
            break;
        if (is_operator(p, "&"))
            script->items[script->n_items - 1].background = true;
        else if (!is_operator(p, ";") && p->token != TOK_NEWLINE && p->token != TOK_END)
            unexpected(p);
        if (!p->failed && p->token == TOK_OPERATOR)
            next_token(p);
    }
    if (inside && script->n_items == 0)
        expected(p, p->token == TOK_END ? closing : NULL);
}

bool shell_parse(const char *line, struct shell_script *script, struct strbuf *error)
{
    struct parser p = { .at = line, .line = 1, .error = error, .token = TOK_WORD };

    *script = (struct shell_script){ 0 };
    next_token(&p);
    read_list(&p, script, NULL);
    if (p.failed)
        shell_script_fini(script);
    return !p.failed;
}

enum shell_line_state shell_line_state(const char *line)
{
    struct strbuf error = STRBUF_INIT;
    struct parser p = { .at = line, .line = 1, .error = &error, .token = TOK_WORD };
    struct shell_script script = { 0 };

    next_token(&p);
    read_list(&p, &script, NULL);
    shell_script_fini(&script);
    strbuf_fini(&error);
    return p.failed ? p.state : SHELL_LINE_WHOLE;
}

void shell_each_command(const struct shell_script *script,
                        void (*tell)(void *ctx, const struct shell_command *command), void *ctx)
{
    for (unsigned i = 0; i < script->n_items; i++)
        for (unsigned c = 0; c < script->items[i].n_commands; c++) {
            const struct shell_command *command = &script->items[i].commands[c];

            tell(ctx, command);
            for (unsigned b = 0; b < command->n_bodies; b++)
                shell_each_command(&command->bodies[b], tell, ctx);
        }
}

static void command_fini(struct shell_command *command)
{
    for (unsigned w = 0; w < command->n_words; w++)
        free(command->words[w]);
    for (unsigned r = 0; r < command->n_redirects; r++)
        free(command->redirects[r].target);
    for (unsigned b = 0; b < command->n_bodies; b++)
        shell_script_fini(&command->bodies[b]);
    if (command->values != NULL)
        command_fini(command->values);
    free(command->values);
    free(command->words);
    free(command->redirects);
    free(command->bodies);
    free(command->text);
}

void shell_script_fini(struct shell_script *script)
{
    for (unsigned i = 0; i < script->n_items; i++) {
        struct shell_item *item = &script->items[i];

        for (unsigned c = 0; c < item->n_commands; c++)
            command_fini(&item->commands[c]);
        free(item->commands);
        free(item->text);
    }
    free(script->items);
    *script = (struct shell_script){ 0 };
}
