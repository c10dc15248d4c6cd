/*
 * What somebody probably meant who wrote something that is no YAML, or none that makes sense:
 * full-width signs, tabs, a colon without its blank.
 */
#ifndef WW_LAB_YAML_HINT_H
#define WW_LAB_YAML_HINT_H

#include <stddef.h>

/** yaml_hint() - the probable reason why @text cannot be read in its lines @from to @to (from 0),
 * as the end of a message, translated; "" where none is seen. g_free() it. */
char *yaml_hint(const char *text, size_t len, size_t from, size_t to);
/** yaml_map_hint() - the same of @text, a scalar, that stands in the place of a map. */
char *yaml_map_hint(const char *text);

#endif
