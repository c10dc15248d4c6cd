/* JSON text written straight into a GString: several times faster than building a tree first, which
 * trace lines need. */
#ifndef WW_INSPECT_JSON_OUT_H
#define WW_INSPECT_JSON_OUT_H

#include <glib.h>

/** json_out_string() - append @text in quotes, escaped as RFC 8259 asks. What is not UTF-8 becomes
 * U+FFFD, octet by octet. */
void json_out_string(GString *out, const char *text);
/** json_out_key() - append a comma unless an object or array just began, then @key in quotes and a
 * colon. */
void json_out_key(GString *out, const char *key);

#endif
