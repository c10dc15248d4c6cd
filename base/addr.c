#include "base/addr.h"

#include <stdio.h>

#include "base/digits.h"

const char *mac_format(const struct mac_addr *a, char text[static MAC_TEXT_MAX])
{
    for (size_t i = 0; i < sizeof a->octets; i++) {
        digits_hex_octet(text + 3 * i, a->octets[i]);
        text[3 * i + 2] = ':';
    }
    text[3 * sizeof a->octets - 1] = '\0';
    return text;
}

const char *ip4_format(ip4_addr a, char text[static IP4_TEXT_MAX])
{
    char *at = text;

    for (int shift = 24; shift >= 0; shift -= 8) {
        at += digits_dec(at, a >> shift & 0xff);
        *at++ = '.';
    }
    at[-1] = '\0';
    return text;
}

const char *endpoint_format(struct endpoint e, char text[static ENDPOINT_TEXT_MAX])
{
    char addr[IP4_TEXT_MAX], addr6[IP6_TEXT_MAX];

    if (e.v6 && e.scope != 0)
        snprintf(text, ENDPOINT_TEXT_MAX, "[%s%%%u]:%u", ip6_format(e.addr6, addr6), e.scope,
                 e.port);
    else if (e.v6)
        snprintf(text, ENDPOINT_TEXT_MAX, "[%s]:%u", ip6_format(e.addr6, addr6), e.port);
    else
        snprintf(text, ENDPOINT_TEXT_MAX, "%s:%u", ip4_format(e.addr, addr), e.port);
    return text;
}

bool mac_parse(const char *text, struct mac_addr *a)
{
    struct mac_addr result;

    for (size_t i = 0; i < sizeof result.octets; i++) {
        int high = digits_hex_value(text[0]);
        int low = high < 0 ? -1 : digits_hex_value(text[1]);

        if (low < 0)
            return false;
        result.octets[i] = (uint8_t)(high << 4 | low);
        text += 2;
        if (i < 5) {
            if (*text != ':' && *text != '-')
                return false;
            text++;
        }
    }
    if (*text != '\0')
        return false;
    *a = result;
    return true;
}

/* One decimal number up to @max without leading zeros; moves *@text behind it. */
static bool parse_decimal(const char **text, unsigned max, unsigned *value)
{
    const char *p = *text;
    unsigned n = 0;

    if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (unsigned)(*p - '0');
        if (n > max)
            return false;
    }
    *text = p;
    *value = n;
    return true;
}

static bool parse_quad(const char **text, ip4_addr *a)
{
    ip4_addr result = 0;

    for (int i = 0; i < 4; i++) {
        unsigned octet;

        if (!parse_decimal(text, 255, &octet))
            return false;
        result = result << 8 | octet;
        if (i < 3 && *(*text)++ != '.')
            return false;
    }
    *a = result;
    return true;
}

bool ip4_parse(const char *text, ip4_addr *a)
{
    ip4_addr result;

    if (!parse_quad(&text, &result) || *text != '\0')
        return false;
    *a = result;
    return true;
}

/* One number as strtoul() with base 0 takes it, at most 32 bits. */
static bool parse_any_base(const char **text, uint64_t *value)
{
    unsigned base = 10, digits = 0;
    const char *at = *text;

    if (at[0] == '0') {
        base = at[1] == 'x' || at[1] == 'X' ? 16 : 8;
        at += base == 16 ? 2 : 0;
    }
    for (*value = 0; *value <= UINT32_MAX; at++, digits++) {
        int digit = digits_hex_value(*at);

        if (digit < 0 || (unsigned)digit >= base)
            break;
        *value = *value * base + (unsigned)digit;
    }
    *text = at;
    return digits > 0 && *value <= UINT32_MAX;
}

bool ip4_parse_dots(const char *text, ip4_addr *a)
{
    uint64_t value, front = 0;

    for (unsigned n = 0; n < 4; n++) {
        if (!parse_any_base(&text, &value))
            return false;
        if (*text == '\0') {
            if (value >> (32 - 8 * n) != 0)
                return false;
            *a = (ip4_addr)(front << (32 - 8 * n) | value);
            return true;
        }
        if (*text++ != '.' || value > 255)
            return false;
        front = front << 8 | value;
    }
    return false;
}

bool ip4_prefix_parse(const char *text, ip4_addr *a, unsigned *prefix_len)
{
    ip4_addr addr;
    unsigned len = 32;

    if (!parse_quad(&text, &addr))
        return false;
    if (*text == '/') {
        text++;
        if (!parse_decimal(&text, 32, &len))
            return false;
    }
    if (*text != '\0')
        return false;
    *a = addr;
    *prefix_len = len;
    return true;
}

int ip4_mask_len(ip4_addr mask)
{
    for (unsigned len = 0; len <= 32; len++)
        if (ip4_mask(len) == mask)
            return (int)len;
    return -1;
}

bool endpoint_parse_addr(const char *text, struct endpoint *e)
{
    struct endpoint found = { 0 };

    found.v6 = !ip4_parse(text, &found.addr);
    if (found.v6 && !ip6_parse(text, &found.addr6))
        return false;
    *e = found;
    return true;
}
