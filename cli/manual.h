/* What `help` and `man` say at the prompt of a host, in the user's language. */
#ifndef WW_CLI_MANUAL_H
#define WW_CLI_MANUAL_H

#include <glib.h>
#include <stdbool.h>

/** manual_page() - what @command is for, with an example; NULL: there is no such command. Free with
 * g_free(). */
char *manual_page(const char *command);
/** manual_list() - a line for each command. Free with g_free(). */
char *manual_list(void);
/** manual_elsewhere() - how that which those who know Windows or other systems mean by @line is
 * written here; NULL: nothing is known of it. Free with g_free(). */
char *manual_elsewhere(const char *line);

#endif
