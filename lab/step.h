/*
 * The stepper: a scenario walked event by event, forwards and backwards. One process, the session,
 * holds no simulation: it asks others, forks of each other, that hold a moment of the run each.
 * Going back is waking the nearest one before and letting a twin of it run to the very event;
 * docs/decisions says why.
 *
 * A line in, text out: a terminal, a script and a full screen drive it alike.
 */
#ifndef WW_LAB_STEP_H
#define WW_LAB_STEP_H

#include <glib.h>
#include <stdbool.h>

#include "lab/step_worker.h"

struct step;

enum step_answer {
    STEP_OK,
    STEP_WRONG,  /* the command is wrong, or cannot be done; nothing has changed */
    STEP_QUIT,   /* the user wants to leave */
    STEP_BROKEN, /* a process of ours has died */
};

/**
 * step_new() - a session at the start of @scenario, borrowed as @file's path is. NULL with *@error:
 * the text of what is wrong with the scenario (g_free()).
 */
struct step *step_new(const struct scenario *scenario, const struct step_worker_options *options,
                      char **error);
void step_free(struct step *step);

/** step_command() - do @line; what is to be shown is appended to @out. */
enum step_answer step_command(struct step *step, const char *line, GString *out);
/** step_prompt() - where the session is: "0.001016 #3> ". Free with g_free(). */
char *step_prompt(const struct step *step);
/** step_interrupt() - stop a run soon; from a signal handler, too. */
void step_interrupt(struct step *step);
/** step_complete() - what may stand where @line's last word begins to be typed; NULL-terminated,
 * g_strfreev(). */
char **step_complete(const struct step *step, const char *line);

#endif
