/*
 * A shell line as a structure: lists, and-or lists, simple commands, redirections, in dash's
 * grammar.
 *
 *     script:   item (';' | '&' | newline) item ...
 *     item:     pipeline ('&&' | '||') pipeline ...
 *     pipeline: ['!'] command '|' command ...
 *     command:  assignments, words and redirections, or a compound command and redirections:
 *               if, while, until and for, { } and ( ), each with lists of its own
 *
 * `case`, functions, positional parameters and here-documents are not simulated and refused by
 * name.
 */
#ifndef WW_APPS_SHELL_PARSE_H
#define WW_APPS_SHELL_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

enum shell_redirect_kind { SHELL_TO_FILE, SHELL_APPEND, SHELL_DUP, SHELL_FROM_FILE };

struct shell_redirect {
    int fd; /* 0, 1, 2, or another that nothing uses */
    enum shell_redirect_kind kind;
    char *target; /* raw word: a path, or the descriptor to copy */
};

enum shell_join { SHELL_FIRST, SHELL_AND, SHELL_OR, SHELL_PIPE };

enum shell_command_kind {
    SHELL_SIMPLE,
    SHELL_IF,    /* bodies: condition, list, condition, list ..., and that of `else` */
    SHELL_WHILE, /* bodies: condition, list */
    SHELL_UNTIL,
    SHELL_FOR,     /* bodies: the list; values: the variable's name and the words */
    SHELL_GROUP,   /* { } */
    SHELL_SUBSHELL /* ( ) */
};

struct shell_script;

#define SHELL_DEPTH_MAX 32 /* compound commands within each other */

struct shell_command {
    enum shell_command_kind kind;
    enum shell_join join; /* how it hangs on the one before it in the item */
    bool negate;          /* of a pipeline: at its first command */
    unsigned line;        /* from 1 */
    char **words;         /* raw: quotes and $? are still there, see shell_expand() */
    unsigned n_words, words_size;
    unsigned n_assignments; /* of the words, at their beginning: NAME=VALUE */
    struct shell_redirect *redirects;
    unsigned n_redirects, redirects_size;
    /* of a compound command */
    struct shell_script *bodies;
    unsigned n_bodies, bodies_size;
    struct shell_command *values; /* SHELL_FOR; or NULL */
    char *text;                   /* as typed, without redirections */
};

struct shell_item {
    bool background;
    char *text; /* as typed */
    struct shell_command *commands;
    unsigned n_commands, commands_size;
};

struct shell_script {
    struct shell_item *items;
    unsigned n_items, items_size;
};

/**
 * shell_parse() - the whole of @line. False with a message for standard error, such as
 * "1: Syntax error: Unterminated quoted string", added to *@error, and nothing in *@script.
 */
bool shell_parse(const char *line, struct shell_script *script, struct strbuf *error);
void shell_script_fini(struct shell_script *script);

enum shell_line_state {
    SHELL_LINE_WHOLE, /* or wrong */
    SHELL_LINE_OPEN,  /* more lines belong to it: a loop without its `done` */
    SHELL_LINE_QUOTED /* and they begin inside of quotes */
};
/** shell_line_state() - whether @line is all that its typist has to say. */
enum shell_line_state shell_line_state(const char *line);
/** shell_each_command() - every simple command of @script, in the order in which it is written. */
void shell_each_command(const struct shell_script *script,
                        void (*tell)(void *ctx, const struct shell_command *command), void *ctx);

struct shell_variable {
    char *name, *value;
};

/* What the parameters stand for: $? $$ $! $NAME $(COMMAND) $((ARITHMETIC)) */
struct shell_parameters {
    int status;
    uint32_t pid;
    uint32_t last_background; /* 0: none yet */
    struct shell_variable *variables;
    unsigned n_variables, variables_size;
    char **substituted; /* what the command substitutions of a command printed, in their order */
    unsigned n_substituted, substituted_size;
    struct strbuf *error; /* what an expansion that fails says; NULL: nobody wants to know */
};

/* shell_expand.c */
/** shell_expand() - @raw with quotes removed and parameters put in, as one word added to *@out.
 * False: an unquoted nothing. *@next_substitution counts the `$(...)` that were passed. */
bool shell_expand(const char *raw, const struct shell_parameters *parameters,
                  unsigned *next_substitution, struct strbuf *out);
/** shell_expand_fields() - the same as words: what is put in without quotes is cut at blanks. */
void shell_expand_fields(const char *raw, const struct shell_parameters *parameters,
                         unsigned *next_substitution, void (*field)(void *ctx, const char *text),
                         void *ctx);
/** shell_next_substitution() - the command inside the next `$(...)` of @raw from *@at on, which
 * moves behind it; NULL: there is none. Free it. */
char *shell_next_substitution(const char *raw, size_t *at);
/** shell_substitution_end() - its closing parenthesis, @at behind the opening one; NULL. */
const char *shell_substitution_end(const char *at);
/** shell_arithmetic_end() - the last of the two parentheses that end an arithmetic expansion, @at
 * behind those that begin it; NULL. */
const char *shell_arithmetic_end(const char *at);
/** shell_name_len() - how many characters at @text are a variable's name. */
size_t shell_name_len(const char *text);
/** shell_variable() - its value, or NULL. */
const char *shell_variable(const struct shell_parameters *parameters, const char *name, size_t len);
void shell_set_variable(struct shell_parameters *parameters, const char *name, size_t len,
                        const char *value);
void shell_unset_variable(struct shell_parameters *parameters, const char *name);
/** shell_arithmetic() - the value of @text, in which parameters are put in already. False with a
 * message added to *@error, which may be NULL. */
bool shell_arithmetic(const char *text, const struct shell_parameters *parameters, int64_t *value,
                      struct strbuf *error);
void shell_parameters_fini(struct shell_parameters *parameters);

#endif
