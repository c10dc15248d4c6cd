/*
 * A shell line as a structure: lists, and-or lists, simple commands, redirections, in dash's
 * grammar.
 *
 *     script:  item (';' | '&' | newline) item ...
 *     item:    command ('&&' | '||') command ...
 *     command: ['!'] words and redirections
 *
 * Pipes, groups, compound commands, variables and substitutions are not simulated and refused by
 * name.
 */
#ifndef WW_APPS_SHELL_PARSE_H
#define WW_APPS_SHELL_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

enum shell_redirect_kind { SHELL_TO_FILE, SHELL_APPEND, SHELL_DUP };

struct shell_redirect {
    int fd; /* 1, 2, or another that nothing uses */
    enum shell_redirect_kind kind;
    char *target; /* raw word: a path, or the descriptor to copy */
};

enum shell_join { SHELL_FIRST, SHELL_AND, SHELL_OR };

struct shell_command {
    enum shell_join join; /* how it hangs on the one before it in the item */
    bool negate;
    unsigned line; /* from 1 */
    char **words;  /* raw: quotes and $? are still there, see shell_expand() */
    unsigned n_words, words_size;
    struct shell_redirect *redirects;
    unsigned n_redirects, redirects_size;
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

/* What the parameters stand for: $? $$ $! */
struct shell_parameters {
    int status;
    uint32_t pid;
    uint32_t last_background; /* 0: none yet */
};

/** shell_expand() - @raw with quotes removed and parameters put in, added to *@out. False: an
 * unquoted nothing. */
bool shell_expand(const char *raw, const struct shell_parameters *parameters, struct strbuf *out);

#endif
