/*
 * A live network at somebody's fingertips: one line after the other is run on the node where the
 * prompt is. Virtual time stands still between lines and passes while a command runs, as fast as it
 * can, or as fast as on the wall.
 */
#ifndef WW_CLI_SESSION_H
#define WW_CLI_SESSION_H

#include <glib.h>
#include <signal.h>
#include <stdbool.h>

#include "cli/past.h"
#include "inspect/narrate.h"
#include "lab/network.h"

struct shell_memory;
struct shell_run;

/* A command whose time has no end, from a pipe, is interrupted after this long in virtual time. */
#define SESSION_COMMAND_MAX SIM_SEC(3600)

struct session {
    struct network *network;
    uint32_t node; /* where the prompt is */
    bool quit;
    bool paced;                /* virtual time passes no faster than on the wall */
    struct shell_run *running; /* NULL: at the prompt */
    bool interrupt_sent;
    struct narrate *narrate; /* `:watch on`; or NULL */
    char *open;              /* lines typed whose command goes on; or NULL */
    char *line;              /* being started */
    uint32_t line_node;
    struct past past;
    struct shell_memory **memories; /* by node: what its lines leave to the next; NULL: nothing */
    /* Whoever holds the session may have lines of its own (":word rest"; false: it is not one) and
       be told what is run on hosts; or NULL. A line may begin the session anew. */
    bool (*other_line)(void *ctx, const char *word, const char *rest);
    void (*was_run)(void *ctx, uint32_t node, const char *line);
    void *ctx;
};

/** session_init() - on a network that has started. session_fini() - before it is freed. */
void session_init(struct session *session, struct network *network, uint32_t node, bool paced);
void session_fini(struct session *session);
/** session_line() - do what one line says, and return when it is done. */
void session_line(struct session *session, const char *line);
/** session_prompt() - "pc1$ ", or "> " where a command goes on. Free with g_free(). */
char *session_prompt(const struct session *session);
/** session_forget() - Ctrl-C at the prompt: what was typed of a command that goes on. */
void session_forget(struct session *session);
/** session_end() - there are no more lines: what goes on is run as it is. */
void session_end(struct session *session);
/** session_words() - what the last word of @line, up to @cursor octets, may become: names owned by
 * the array. */
GPtrArray *session_words(const struct session *session, const char *line, size_t cursor);

/* Set by Ctrl-C, taken by whoever acts on it. */
extern volatile sig_atomic_t session_interrupted;

#endif
