/* Text in columns of a terminal, where a Chinese character is two columns wide. */
#ifndef WW_INSPECT_COLUMNS_H
#define WW_INSPECT_COLUMNS_H

#include <glib.h>

/** columns_width() - how many columns UTF-8 @text takes. */
int columns_width(const char *text);
/** columns_add() - append @text cut to at most @max columns; the last one is "…" where something is
 * missing. Returns its width. */
int columns_add(GString *out, const char *text, int max);
/** columns_pad() - append @text, then spaces up to @width columns. */
void columns_pad(GString *out, const char *text, int width);
/** columns_fill() - append @n times @piece. */
void columns_fill(GString *out, const char *piece, int n);

#endif
