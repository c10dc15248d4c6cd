/* Lines for a session: from a terminal with editing, history and completion, or from a pipe. */
#ifndef WW_CLI_SHELL_H
#define WW_CLI_SHELL_H

#include <stdbool.h>

struct session;

/** shell_is_terminal() - whether somebody sits there. */
bool shell_is_terminal(void);
/** shell_converse() - line after line, until the session ends. */
void shell_converse(struct session *session);

#endif
