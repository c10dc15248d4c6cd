/* The lines typed at the prompts of hosts, each host's own, as bash keeps them. */
#ifndef WW_CLI_PAST_H
#define WW_CLI_PAST_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct past {
    GPtrArray **lines; /* of each node: char *, owned; NULL: none yet */
    uint32_t n_nodes;
};

void past_init(struct past *past, uint32_t n_nodes);
void past_fini(struct past *past);
void past_add(struct past *past, uint32_t node, const char *line);
/**
 * past_expand() - @line with `!!`, `!N`, `!-N` and `!TEXT`, as words of their own, replaced by the
 * lines they mean. NULL: there is no such line, and *@word is the one that asks for it; both to be
 * freed.
 */
char *past_expand(const struct past *past, uint32_t node, const char *line, char **word);
/** past_command() - `history [N]`, `history -c`: what it prints; NULL: @line is another command. */
char *past_command(struct past *past, uint32_t node, const char *line);

#endif
