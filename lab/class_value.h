/* Reading a result's fields, and writing numbers, for the writers of reports. Results are complete
 * (class_complete()), so a field that is missing counts as empty. */
#ifndef WW_LAB_CLASS_VALUE_H
#define WW_LAB_CLASS_VALUE_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum class_mark { CLASS_FAILED, CLASS_PASSED, CLASS_SKIPPED };

/** class_text() - the text of @key, "" where there is none. */
const char *class_text(const json_t *object, const char *key);
/** class_hundredths() - points (or any number) in hundredths. */
int64_t class_hundredths(const json_t *object, const char *key);
/** class_add_number() - hundredths as a decimal number without zeros at its end: "7.5". */
void class_add_number(GString *out, int64_t hundredths);
/** class_number() - the same as a JSON value. */
json_t *class_number(int64_t hundredths);
/** class_ratio() - @part of @whole in hundredths of a percent, rounded; 0 where there is no whole.
 */
int64_t class_ratio(int64_t part, int64_t whole);
enum class_mark class_mark(const json_t *check);
bool class_is_hidden(const json_t *check); /* now, from the student */
/** class_is_named_hidden() - whether @check was skipped for a check of @checks that is hidden,
 * which its words would give away. @always: hidden is what is not shown to everybody from the
 * start. */
bool class_is_named_hidden(const json_t *check, const json_t *checks, bool always);
/** class_open_penalty() - @result's penalty without that of hidden checks. */
int64_t class_open_penalty(const json_t *result, bool always);
bool class_has_status(const json_t *result, const char *status);
/** class_status_name() / class_kind_name() - of a result; of a trait of a similar pair: translated.
 */
const char *class_status_name(const json_t *result);
const char *class_kind_name(const json_t *trait);
/** class_add_place() - the frame that a check's message speaks of: "frame 12, 3.204000 s". */
void class_add_place(GString *out, const json_t *check);
/** class_add_where() - "file:line:column" of @object's "where", or nothing. */
void class_add_where(GString *out, const json_t *object);
/** class_add_escaped() - text for XML and HTML, in attributes too. */
void class_add_escaped(GString *out, const char *text);

#endif
