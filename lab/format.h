/*
 * The canonical form of a file: what `wirewalk fmt` writes. Two spaces a level; what fits into 100
 * columns stands on one line in braces or brackets, but nodes, links, timeline, expect and checks
 * have a line for each entry. Comments and single blank lines between entries stay. Formatting
 * twice changes nothing.
 */
#ifndef WW_LAB_FORMAT_H
#define WW_LAB_FORMAT_H

#include "lab/diag.h"

/**
 * format_text() - @text in canonical form, or NULL after an error: it is not YAML, or it could not
 * be written without losing something (the result is read again and compared). Free with g_free().
 */
char *format_text(const char *file, const char *text, size_t len, struct diag_list *diags);

#endif
