/* The Internet checksum, RFC 1071, and its incremental update, RFC 1624. */
#ifndef WW_BASE_CHECKSUM_H
#define WW_BASE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/likely.h"

/**
 * checksum_add() - add @len octets to the running one's complement sum @sum (start with 0).
 * All pieces but the last must have an even length.
 */
uint32_t checksum_add(uint32_t sum, const uint8_t *octets, size_t len);

/** checksum_fold() - fold the carries; without the final complement. checksum_fold64() - of a sum
 * of words of 32 bits. */
static inline uint16_t checksum_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static inline uint16_t checksum_fold64(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return checksum_fold((uint32_t)sum);
}

/* The sum of a header of 20 octets, not folded. */
static inline uint64_t checksum_words20(const uint8_t *octets)
{
    uint64_t sum, more;
    uint32_t last;

    memcpy(&sum, octets, sizeof sum);
    memcpy(&more, octets + 8, sizeof more);
    memcpy(&last, octets + 16, sizeof last);
    sum += more;
    sum += sum < more;
    sum += last;
    sum += sum < last;
    return sum;
}

/** checksum_sum20() - the folded sum of a header of 20 octets, in the byte order of their words:
 * RFC 1071 section 2(B). checksum_right20() - whether it is right, the header's checksum included.
 */
static inline uint16_t checksum_sum20(const uint8_t *octets)
{
    uint64_t sum = checksum_words20(octets);
    uint32_t low = (uint32_t)sum + (uint32_t)(sum >> 32);

    low += low < (uint32_t)sum;
    return checksum_fold(low);
}

/* The sum is right if 0xffff divides it and it is not 0. 0xffff times `ones` is 2^64 - 1, so that
   number's negative is its inverse: a product with it says of a multiple how many times, which is
   at most `ones`, and of all others more. */
static inline bool checksum_right20(const uint8_t *octets)
{
    uint64_t ones = UINT64_C(0x0001000100010001), sum;

    UNKNOWN(ones);
    return __builtin_add_overflow(checksum_words20(octets) * ones, ones, &sum);
}

/** checksum_pseudo() - the sum over the IPv4 pseudo-header; @len: octets of the transport header
 * and data. RFC 9293 section 3.1. */
static inline uint32_t checksum_pseudo(ip4_addr src, ip4_addr dst, uint8_t protocol, size_t len)
{
    return (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + protocol +
           (uint32_t)(len & 0xffff);
}

/** checksum_pseudo6() - the same for IPv6, RFC 8200 section 8.1; @protocol is the transport's. */
uint32_t checksum_pseudo6(struct ip6_addr src, struct ip6_addr dst, uint8_t protocol, size_t len);

/** checksum_finish() - the value for the header field, host byte order. */
static inline uint16_t checksum_finish(uint32_t sum)
{
    return (uint16_t)~checksum_fold(sum);
}

/** checksum_update16() - RFC 1624 equation 3: the new field value after a 16-bit word changed. */
static inline uint16_t checksum_update16(uint16_t field, uint16_t old_word, uint16_t new_word)
{
    return checksum_finish((uint32_t)(uint16_t)~field + (uint16_t)~old_word + new_word);
}

#endif
