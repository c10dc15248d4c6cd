/* Texts of socket scripts: charsets, how received octets are shown, and what is expected of them.
 */
#include <string.h>

#include "apps/gb2312.h"
#include "apps/sock_run.h"
#include "base/text.h"

#define REPLACEMENT 0xfffd /* what stands for octets that are no character */

/* The character at @text of @len octets, and how many octets it takes; REPLACEMENT for what is not
 * UTF-8. */
static uint32_t utf8_next(const char *text, size_t len, size_t *used)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t first = (uint8_t)text[0];
    size_t n = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    uint32_t character = n <= 1 ? first : first & (0xffu >> (n + 1));

    *used = 1;
    if (n == 0 || n > len || first > 0xf4)
        return REPLACEMENT;
    for (size_t i = 1; i < n; i++) {
        if (((uint8_t)text[i] & 0xc0) != 0x80)
            return REPLACEMENT;
        character = character << 6 | ((uint8_t)text[i] & 0x3f);
    }
    if (character < least[n] || character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
        return REPLACEMENT;
    *used = n;
    return character;
}

static void add_utf8(uint32_t character, struct strbuf *out)
{
    if (character < 0x80) {
        strbuf_addc(out, (char)character);
        return;
    }
    if (character < 0x800) {
        strbuf_addc(out, (char)(0xc0 | character >> 6));
    } else if (character < 0x10000) {
        strbuf_addc(out, (char)(0xe0 | character >> 12));
        strbuf_addc(out, (char)(0x80 | (character >> 6 & 0x3f)));
    } else {
        strbuf_addc(out, (char)(0xf0 | character >> 18));
        strbuf_addc(out, (char)(0x80 | (character >> 12 & 0x3f)));
        strbuf_addc(out, (char)(0x80 | (character >> 6 & 0x3f)));
    }
    strbuf_addc(out, (char)(0x80 | (character & 0x3f)));
}

static uint32_t gb2312_next(const char *text, size_t len, size_t *used)
{
    uint32_t character;

    *used = 1;
    if ((uint8_t)text[0] < 0x80)
        return (uint8_t)text[0];
    character = len < 2 ? 0 : gb2312_decode((uint8_t)text[0], (uint8_t)text[1]);
    if (character == 0)
        return REPLACEMENT;
    *used = 2;
    return character;
}

void sock_add_encoded(const struct sock_run *st, const char *text, size_t len, struct strbuf *out)
{
    if (!st->gb2312) {
        strbuf_add(out, text, len);
        return;
    }
    for (size_t at = 0, used; at < len; at += used) {
        uint32_t character = utf8_next(text + at, len - at, &used);
        uint8_t octets[2];

        if (character < 0x80)
            strbuf_addc(out, (char)character);
        else if (gb2312_encode(character, octets))
            strbuf_add(out, octets, sizeof octets);
        else
            strbuf_addc(out, '?'); /* it has no such character */
    }
}

static void add_shown(uint32_t character, struct strbuf *out)
{
    static const char values[] = "\n\r\t\\\"", names[] = "nrt\\\"";
    const char *special =
        character == 0 || character >= 0x80 ? NULL : strchr(values, (int)character);

    if (special != NULL) {
        strbuf_addc(out, '\\');
        strbuf_addc(out, names[special - values]);
    } else if (character < 0x20 || character == 0x7f) {
        strbuf_addf(out, "\\x%02x", (unsigned)character);
    } else {
        add_utf8(character, out);
    }
}

void sock_add_shown(const struct sock_run *st, const char *octets, size_t len, struct strbuf *out)
{
    strbuf_addc(out, '"');
    for (size_t at = 0, used; at < len; at += used)
        add_shown(st->gb2312 ? gb2312_next(octets + at, len - at, &used)
                             : utf8_next(octets + at, len - at, &used),
                  out);
    strbuf_addc(out, '"');
}

/* ---- expectations ---- */

/* Does @actual begin with @expected, up to the end of a word? */
static bool begins_with(const char *actual, const char *expected)
{
    size_t len = strlen(expected);

    return strncmp(actual, expected, len) == 0 && (actual[len] == '\0' || actual[len] == ' ');
}

static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = text; len > 0 && (at = strstr(at, word)) != NULL; at++)
        if ((at == text || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
            return true;
    return false;
}

bool sock_met(const struct sock_run *st, const char *expected)
{
    const char *answer = strbuf_text(&st->answer);
    uint64_t number;

    if (text_starts(expected, "ERR "))
        expected += 4;
    if (st->result < 0)
        return strcmp(sim_errno_name((int)-st->result), expected) == 0;
    if (strcmp(expected, "ok") == 0)
        return st->full;
    if (text_u64(expected, UINT64_MAX, &number))
        return strcmp(answer, expected) == 0 || (st->count == number && !has_word(answer, "ERR"));
    if (*expected == '"' && text_starts(answer, "got "))
        return begins_with(answer + 4, expected);
    return begins_with(answer, expected) || has_word(answer, expected);
}
