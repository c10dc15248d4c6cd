/* Small readers of text that simulated programs and files share. */
#ifndef WW_BASE_TEXT_H
#define WW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** text_u64() - a whole decimal number in [0, @max], all of @text. False leaves *@value alone. */
bool text_u64(const char *text, uint64_t max, uint64_t *value);
/** text_i64_scaled() - a decimal number with an optional fraction, times 10^@digits, exact: ("1.5",
 * 3) -> 1500. No sign. */
bool text_scaled(const char *text, size_t len, unsigned digits, int64_t *value);
/** text_starts() - whether @text begins with @prefix. */
bool text_starts(const char *text, const char *prefix);
/** text_distance() - Damerau-Levenshtein distance of two short names (at most 64 octets), for "did
 * you mean". */
unsigned text_distance(const char *a, const char *b);

#endif
