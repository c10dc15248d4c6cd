/* Parts of the HTML report; nothing but class_html*.c uses them. */
#ifndef WW_LAB_CLASS_HTML_H
#define WW_LAB_CLASS_HTML_H

#include <glib.h>
#include <jansson.h>

/** html_text() - append @text, escaped. html_cell() - the same as a table cell with @css class. */
void html_text(GString *out, const char *text);
void html_cell(GString *out, const char *css, const char *text);
/** html_points() - "7.5 / 10" */
void html_points(GString *out, const json_t *result);
void html_style(GString *out);
/** html_distribution() - the bars of summary.distribution, as inline SVG with a text for readers.
 */
void html_distribution(GString *out, const json_t *summary);
/** html_student() - the part of result number @i, with the anchor that html_anchor() names. */
void html_student(GString *out, const json_t *result, size_t i);
void html_anchor(GString *out, size_t i);

#endif
