/* Names: text <-> labels, and comparing them. The rest of DNS is in dns_wire.c and dns_emit.c. */
#include "stack/wire/dns_wire.h"

#include <string.h>

#include "base/be.h"

#define POINTER_BITS 0xc0 /* RFC 1035 section 4.1.4 */

/* One octet of a label as text, without NUL; returns the characters used, at most 4. */
static size_t escape(uint8_t octet, char *text)
{
    if (octet <= 0x20 || octet >= 0x7f) {
        text[0] = '\\';
        text[1] = (char)('0' + octet / 100);
        text[2] = (char)('0' + octet / 10 % 10);
        text[3] = (char)('0' + octet % 10);
        return 4;
    }
    if (strchr("\"().;\\@$", octet) != NULL) {
        text[0] = '\\';
        text[1] = (char)octet;
        return 2;
    }
    text[0] = (char)octet;
    return 1;
}

/* Follows the pointers from @at and copies the labels, root included, to @labels. */
static enum drop_reason gather_labels(const uint8_t *octets, size_t len, size_t *at,
                                      uint8_t labels[static DNS_NAME_MAX], size_t *labels_len)
{
    size_t here = *at,
           run = *at; /* @run: where these labels began; a pointer must lead before it */
    size_t used = 0;
    bool jumped = false;

    for (;;) {
        uint8_t n;

        if (here >= len)
            return DROP_TRUNCATED;
        n = octets[here];
        if ((n & POINTER_BITS) == POINTER_BITS) {
            size_t target;

            if (len - here < 2)
                return DROP_TRUNCATED;
            target = be16_get(octets + here) & 0x3fffu;
            if (target < DNS_HDR_LEN || target >= run)
                return DROP_BAD_HEADER;
            if (!jumped)
                *at = here + 2;
            jumped = true;
            here = run = target;
            continue;
        }
        if (n > DNS_LABEL_MAX || used + 1u + n + (n != 0) > DNS_NAME_MAX)
            return DROP_BAD_HEADER;
        if (len - here < 1u + n)
            return DROP_TRUNCATED;
        memcpy(labels + used, octets + here, 1u + n);
        used += 1u + n;
        here += 1u + n;
        if (n == 0)
            break;
    }
    if (!jumped)
        *at = here;
    *labels_len = used;
    return DROP_NONE;
}

static void labels_to_text(const uint8_t *labels, char *text)
{
    if (*labels == 0)
        *text++ = '.';
    while (*labels != 0) {
        for (uint8_t i = 1; i <= *labels; i++)
            text += escape(labels[i], text);
        *text++ = '.';
        labels += 1 + *labels;
    }
    *text = '\0';
}

enum drop_reason dns_name_parse(const uint8_t *octets, size_t len, size_t *at,
                                char text[static DNS_TEXT_MAX])
{
    uint8_t labels[DNS_NAME_MAX];
    size_t labels_len, next = *at;
    enum drop_reason why = gather_labels(octets, len, &next, labels, &labels_len);

    if (why != DROP_NONE)
        return why;
    labels_to_text(labels, text);
    *at = next;
    return DROP_NONE;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The octet that @text begins with, escaped or not; returns the characters it takes, 0 where it is
 * none. */
static size_t unescape(const char *text, uint8_t *octet)
{
    unsigned value;

    if (text[0] != '\\') {
        *octet = (uint8_t)text[0];
        return text[0] == '\0' ? 0 : 1;
    }
    if (!is_digit(text[1])) {
        *octet = (uint8_t)text[1];
        return text[1] == '\0' ? 0 : 2;
    }
    if (!is_digit(text[2]) || !is_digit(text[3]))
        return 0;
    value = (unsigned)(text[1] - '0') * 100 + (unsigned)(text[2] - '0') * 10 +
            (unsigned)(text[3] - '0');
    *octet = (uint8_t)value;
    return value > 255 ? 0 : 4;
}

/* One label of text, up to its dot or the end, to @octets (length octet first); returns the
 * characters it takes. */
static size_t emit_label(const char *text, uint8_t *octets, size_t room)
{
    size_t used = 0;
    uint8_t n = 0;

    while (text[used] != '\0' && text[used] != '.') {
        uint8_t octet;
        size_t step = unescape(text + used, &octet);

        if (step == 0 || n == DNS_LABEL_MAX || room < 2u + n)
            return 0;
        octets[++n] = octet;
        used += step;
    }
    octets[0] = n;
    return n == 0 ? 0 : used;
}

size_t dns_name_emit(const char *text, uint8_t octets[static DNS_NAME_MAX])
{
    size_t used = 0;

    if (strcmp(text, ".") == 0)
        text++;
    else if (*text == '\0')
        return 0;
    while (*text != '\0') {
        /* The last octet belongs to the root. */
        size_t step = emit_label(text, octets + used, DNS_NAME_MAX - 1 - used);

        if (step == 0)
            return 0;
        used += 1u + octets[used];
        text += step;
        if (*text == '.')
            text++;
    }
    octets[used++] = 0;
    return used;
}

static uint8_t lower(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + 'a' - 'A') : octet;
}

/* Length octets are below 64 and so untouched by lower(): whole names can be compared at once. */
static bool same_labels(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

bool dns_name_eq(const char *a, const char *b)
{
    uint8_t octets_a[DNS_NAME_MAX], octets_b[DNS_NAME_MAX];
    size_t len = dns_name_emit(a, octets_a);

    return len != 0 && dns_name_emit(b, octets_b) == len && same_labels(octets_a, octets_b, len);
}

bool dns_name_is_within(const char *name, const char *zone)
{
    uint8_t octets_name[DNS_NAME_MAX], octets_zone[DNS_NAME_MAX];
    size_t len = dns_name_emit(name, octets_name), zone_len = dns_name_emit(zone, octets_zone);
    size_t at = 0;

    if (len == 0 || zone_len == 0)
        return false;
    while (len - at > zone_len)
        at += 1u + octets_name[at];
    return len - at == zone_len && same_labels(octets_name + at, octets_zone, zone_len);
}

const char *dns_name_parent(const char *text)
{
    if (text[0] == '\0' || strcmp(text, ".") == 0)
        return NULL;
    while (*text != '\0' && *text != '.') {
        uint8_t octet;
        size_t step = unescape(text, &octet);

        if (step == 0)
            return NULL;
        text += step;
    }
    if (*text == '.' && text[1] != '\0')
        return text + 1;
    return *text == '.' ? text : "."; /* the last dot is the root's own text */
}
