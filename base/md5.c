#include "base/md5.h"

#include <string.h>

enum { BLOCK = 64, LEN_AT = 56 };

/* RFC 1321 section 3.4: 2^32 times the sine of 1 to 64. */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static const uint8_t turns[4][4] = {
    { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
};

static uint32_t turn(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put_word(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* The function of a round, and which word of the block step @i takes. */
static uint32_t mix(unsigned round, unsigned i, const uint32_t s[4], unsigned *at)
{
    switch (round) {
    case 0:
        *at = i;
        return (s[1] & s[2]) | (~s[1] & s[3]);
    case 1:
        *at = 5 * i + 1;
        return (s[1] & s[3]) | (s[2] & ~s[3]);
    case 2:
        *at = 3 * i + 5;
        return s[1] ^ s[2] ^ s[3];
    default:
        *at = 7 * i;
        return s[2] ^ (s[1] | ~s[3]);
    }
}

static void take_block(struct md5 *hash)
{
    uint32_t s[4];

    memcpy(s, hash->state, sizeof s);
    for (unsigned i = 0; i < 64; i++) {
        unsigned at;
        uint32_t mixed = mix(i / 16, i, s, &at),
                 sum = s[0] + mixed + sines[i] + word(hash->block + 4 * (at % 16));

        s[0] = s[3];
        s[3] = s[2];
        s[2] = s[1];
        s[1] += turn(sum, turns[i / 16][i % 4]);
    }
    for (unsigned i = 0; i < 4; i++)
        hash->state[i] += s[i];
}

void md5_init(struct md5 *hash)
{
    *hash = (struct md5){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 } };
}

void md5_add(struct md5 *hash, const void *octets, size_t len)
{
    const uint8_t *from = octets;

    while (len > 0) {
        size_t at = hash->len % BLOCK, n = BLOCK - at < len ? BLOCK - at : len;

        memcpy(hash->block + at, from, n);
        hash->len += n;
        from += n;
        len -= n;
        if (at + n == BLOCK)
            take_block(hash);
    }
}

void md5_finish(struct md5 *hash, uint8_t digest[static MD5_LEN])
{
    static const uint8_t padding[BLOCK] = { 0x80 };
    uint64_t bits = hash->len * 8;
    uint8_t len[8];

    md5_add(hash, padding, 1 + (BLOCK + LEN_AT - 1 - hash->len % BLOCK) % BLOCK);
    put_word(len, (uint32_t)bits);
    put_word(len + 4, (uint32_t)(bits >> 32));
    md5_add(hash, len, sizeof len);
    for (unsigned i = 0; i < 4; i++)
        put_word(digest + 4 * (size_t)i, hash->state[i]);
}
