/* Big-endian access to octets: how every header of this family is written. A field is one load or
 * store; left to the compiler, one octet by one, it sometimes is and sometimes is not. */
#ifndef WW_BASE_BE_H
#define WW_BASE_BE_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BE_SWAP(bits, value) (value)
#else
#define BE_SWAP(bits, value) __builtin_bswap##bits(value)
#endif

static inline uint16_t be16_get(const uint8_t *p)
{
    uint16_t word;

    memcpy(&word, p, sizeof word);
    return BE_SWAP(16, word);
}

/* BE16() - a constant as it stands in memory: for what minds no order of octets. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BE16(value) ((uint16_t)(value))
#else
#define BE16(value) ((uint16_t)(((value)&0xffu) << 8 | (value) >> 8))
#endif

static inline uint32_t be32_get(const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    return BE_SWAP(32, word);
}

static inline uint64_t be64_get(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return BE_SWAP(64, word);
}

static inline void be16_put(uint8_t *p, uint16_t value)
{
    uint16_t word = BE_SWAP(16, value);

    memcpy(p, &word, sizeof word);
}

static inline void be32_put(uint8_t *p, uint32_t value)
{
    uint32_t word = BE_SWAP(32, value);

    memcpy(p, &word, sizeof word);
}

static inline void be64_put(uint8_t *p, uint64_t value)
{
    uint64_t word = BE_SWAP(64, value);

    memcpy(p, &word, sizeof word);
}

#endif
