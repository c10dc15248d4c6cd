/*
 * A command that goes on in the next line, as at the prompt of a shell: a loop whose `done` is
 * still to come, an open quote, a backslash at the end.
 */
#ifndef WW_CLI_MORE_LINES_H
#define WW_CLI_MORE_LINES_H

#include <stdbool.h>

/** more_lines_wanted() - whether @line, of a host's shell, goes on. */
bool more_lines_wanted(const char *line);
/** more_lines_quoted() - whether a quote is open at its end: the next line counts as it stands. */
bool more_lines_quoted(const char *line);
/** more_lines_join() - @line, which goes on, and the next one, @more, as one line where that can
 * be: `for i in 1 2` and `do` are `for i in 1 2; do`. g_free() it. */
char *more_lines_join(const char *line, const char *more);

#endif
