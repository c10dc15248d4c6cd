/*
 * Changing a frame's octets by the names of its fields, as an exact fault does: `ip.ttl` becomes 1,
 * `payload 4` becomes 47 45. The length stays. Names are Wireshark's, as in inspect/dissect.h.
 */
#ifndef WW_INSPECT_EDIT_H
#define WW_INSPECT_EDIT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edit;

/** edit_new() - no change yet. Free with edit_free(). */
struct edit *edit_new(void);
void edit_free(struct edit *edit);
/**
 * edit_add() - @field becomes @value: a number (decimal, 0x hexadecimal, or +N and -N on what is
 * there), an address, flags such as SYN+ACK; behind `octet N` and `payload N` pairs of hexadecimal
 * digits, behind `text N` text, N counted from 0 at the frame's or the payload's beginning. False
 * with *@error (g_free()): nothing was added.
 */
bool edit_add(struct edit *edit, const char *field, const char *value, char **error);
/** edit_is_field() - whether @name is one that edit_add() knows. */
bool edit_is_field(const char *name);
/** edit_is_length() - whether @name means the frame's length, which edit_add() refuses. */
bool edit_is_length(const char *name);
/** edit_field_names() - the fields that have names, NULL-terminated, static. */
const char *const *edit_field_names(void);
/** edit_missing() - the first field that the frame @octets does not have, or NULL. */
const char *edit_missing(const struct edit *edit, const uint8_t *octets, size_t len);
/**
 * edit_apply() - change the frame @octets, which has all the fields. Unless @keep_checksums, those
 * of IPv4 and of what it carries are computed anew; one that the changes name stays as they say.
 */
void edit_apply(const struct edit *edit, uint8_t *octets, size_t len, bool keep_checksums);
/** edit_text() - append the changes: "ip.ttl = 1, tcp.flags = SYN". */
void edit_text(const struct edit *edit, GString *out);

#endif
