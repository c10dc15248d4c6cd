/*
 * A student's folder while an exercise is being tried: `submission.yaml`, which grows change by
 * change, and `commands.log`. What is in it can be handed in as it is.
 */
#ifndef WW_LAB_ATTEMPT_H
#define WW_LAB_ATTEMPT_H

#include <glib.h>
#include <stdbool.h>

#include "lab/tree.h"

struct attempt {
    char *folder, *file, *log;
    struct arena arena;
    struct ynode *root; /* a map: what the file holds */
};

/** attempt_open() - @folder, made where there is none; the file says who the @student is (NULL: it
 * is not said). NULL with *@error: text of what is wrong with the file (g_free()). */
struct attempt *attempt_open(const char *folder, const char *student, char **error);
void attempt_free(struct attempt *attempt);

/** attempt_set() - the value at a path like "pc2.gateway" becomes @value, a text in YAML; NULL:
 * null, which removes it. False with *@error. */
bool attempt_set(struct attempt *attempt, const char *path, const char *value, char **error);
/** attempt_plug() / attempt_unplug() - a cable more, or less. */
void attempt_plug(struct attempt *attempt, const char *a, const char *b);
void attempt_unplug(struct attempt *attempt, const char *port);
/** attempt_answer() - to question @id; @value is a text in YAML. False with *@error. */
bool attempt_answer(struct attempt *attempt, const char *id, const char *value, char **error);
/** attempt_hints() - how many hints were looked at. attempt_take_hint() - one more. */
unsigned attempt_hints(const struct attempt *attempt);
void attempt_take_hint(struct attempt *attempt);
/** attempt_reset() - nothing is changed, answered or run any more; hints stay looked at. */
void attempt_reset(struct attempt *attempt);

/** attempt_save() - write the file. False with *@error. */
bool attempt_save(const struct attempt *attempt, GError **error);
/** attempt_text() - what the file is to hold: canonical YAML; with @commands also what the log
 * holds. Free with g_free(). */
char *attempt_text(const struct attempt *attempt, bool commands);
/** attempt_ran() - a line more in the log. */
void attempt_ran(const struct attempt *attempt, const char *host, const char *line);

#endif
