/* A command of the stepper as words. */
#ifndef WW_LAB_STEP_WORDS_H
#define WW_LAB_STEP_WORDS_H

#include <glib.h>
#include <stdbool.h>

/** step_words() - @text cut at blanks, NULL-terminated. Free with g_strfreev(). */
char **step_words(const char *text);
/** step_rest() - @text behind its first @n words, without blanks around it. */
const char *step_rest(const char *text, unsigned n);
/** step_cut_last() - cut "... WORD rest" off @text at the last WORD that stands alone, and return
 * rest; or NULL. */
char *step_cut_last(char *text, const char *word);
/** step_cut_first() - the same at the first such WORD. */
char *step_cut_first(char *text, const char *word);
/** step_number() - a whole number of digits alone. */
bool step_number(const char *text, guint64 *number);

#endif
