/* Commands between backquotes: a small shell. For lab/pkt_shell*.c alone. */
#ifndef WW_LAB_PKT_SHELL_H
#define WW_LAB_PKT_SHELL_H

#include "lab/pkt_internal.h"

struct pkt_shell {
    struct pkt_run *run;
    bool in_file; /* settings that are not there are passed over */
    bool refused; /* something is not there: the reason is told */
    bool exits;
    const GPtrArray *words; /* of the command that is this file: $0, $1 ...; NULL: none */
};

/**
 * pkt_shell_tool() - one command: its exit status. @input is what comes down the pipe, @output what
 * goes on.
 */
int pkt_shell_tool(struct pkt_shell *shell, GPtrArray *words, const char *input, GString *output);
/** pkt_shell_run() - lines of commands; the exit status of the last. */
int pkt_shell_run(struct pkt_shell *shell, const char *text, GString *output);
/** pkt_shell_file_tool() - dd, truncate, fallocate, touch, rm, whose files only the script sees;
 * -1: none of them. */
int pkt_shell_file_tool(struct pkt_run *run, const GPtrArray *words);
/** pkt_shell_lacks() - names what is not there; status 127. */
int pkt_shell_lacks(struct pkt_shell *shell, const char *what);

#endif
