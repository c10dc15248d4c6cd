#include "base/text.h"

#include <string.h>

bool text_u64(const char *text, uint64_t max, uint64_t *value)
{
    uint64_t n = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)(*text - '0');

        if (*text < '0' || *text > '9' || n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    if (n > max)
        return false;
    *value = n;
    return true;
}

bool text_scaled(const char *text, size_t len, unsigned digits, int64_t *value)
{
    const char *end = text + len;
    int64_t n = 0;
    bool any = false, point = false;
    unsigned after = 0;

    for (; text < end; text++) {
        int digit;

        if (*text == '.' && !point) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9')
            return false;
        digit = *text - '0';
        any = true;
        if (point && after == digits) {
            if (digit != 0)
                return false; /* finer than the unit: not exact */
            continue;
        }
        if (n > (INT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
        after += point;
    }
    for (; after < digits; after++) {
        if (n > INT64_MAX / 10)
            return false;
        n *= 10;
    }
    if (!any)
        return false;
    *value = n;
    return true;
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

#define NAME_MAX_LEN 64

unsigned text_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    unsigned rows[3][NAME_MAX_LEN + 1];

    if (la > NAME_MAX_LEN || lb > NAME_MAX_LEN)
        return NAME_MAX_LEN;
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);

            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[la % 3][lb];
}
