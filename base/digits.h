/* Digits of numbers: written without printf, for what writes millions of them, and read. */
#ifndef WW_BASE_DIGITS_H
#define WW_BASE_DIGITS_H

#include <stddef.h>
#include <stdint.h>

#define DIGITS_MAX 20 /* of a 64-bit number in decimal */

/** digits_dec() - write @value in decimal to @to, without a NUL. Returns how many digits. */
static inline size_t digits_dec(char *to, uint64_t value)
{
    char reversed[DIGITS_MAX];
    size_t n = 0;

    do
        reversed[n++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    for (size_t i = 0; i < n; i++)
        to[i] = reversed[n - 1 - i];
    return n;
}

/** digits_hex_octet() - write @octet as two hexadecimal digits. */
static inline void digits_hex_octet(char *to, uint8_t octet)
{
    static const char digits[] = "0123456789abcdef";

    to[0] = digits[octet >> 4];
    to[1] = digits[octet & 15];
}

/** digits_hex_value() - what @digit, of either case, stands for; -1: it is no hexadecimal digit. */
static inline int digits_hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

#endif
