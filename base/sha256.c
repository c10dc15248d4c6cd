#include "base/sha256.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/be.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_SHA_NI 1
#include <cpuid.h>
#include <immintrin.h>
#endif

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static void blocks_portable(uint32_t state[8], const uint8_t *octets, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, octets += 64) {
        uint32_t w[64], v[8];

        for (int i = 0; i < 16; i++)
            w[i] = be32_get(octets + 4 * i);
        for (int i = 16; i < 64; i++) {
            uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
            uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;

            w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }
        memcpy(v, state, sizeof v);
        for (int i = 0; i < 64; i++) {
            uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
            uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
            uint32_t t1 = v[7] + s1 + choice + round_constants[i] + w[i];
            uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
            uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

            memmove(v + 1, v, 7 * sizeof v[0]);
            v[4] += t1;
            v[0] = t1 + s0 + majority;
        }
        for (int i = 0; i < 8; i++)
            state[i] += v[i];
    }
}

#ifdef HAVE_SHA_NI
static bool cpu_has_sha_ni(void)
{
    unsigned a, b, c, d;

    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & 1u << 29))
        return false;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & 1u << 19) && (c & 1u << 9);
}

/* Two rounds to an instruction: the message words stand in four vectors that slide through the
 * schedule. */
__attribute__((target("sha,sse4.1,ssse3"))) static void
blocks_sha_ni(uint32_t state[8], const uint8_t *octets, size_t n_blocks)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i abcd = _mm_loadu_si128((const __m128i *)(const void *)state);
    __m128i efgh = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
    __m128i t = _mm_shuffle_epi32(abcd, 0xb1);
    __m128i abef, cdgh;

    efgh = _mm_shuffle_epi32(efgh, 0x1b);
    abef = _mm_alignr_epi8(t, efgh, 8);
    cdgh = _mm_blend_epi16(efgh, t, 0xf0);
    for (; n_blocks > 0; n_blocks--, octets += 64) {
        __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];

        for (int i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(
                _mm_loadu_si128((const __m128i *)(const void *)(octets + 16 * i)), swap);
        for (int i = 0; i < 16; i++) {
            __m128i k = _mm_loadu_si128((const __m128i *)(const void *)(round_constants + 4 * i));
            __m128i wk = _mm_add_epi32(w[i & 3], k);

            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
            if (i < 12) {
                __m128i next = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);

                next = _mm_add_epi32(next, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
                w[i & 3] = _mm_sha256msg2_epu32(next, w[(i + 3) & 3]);
            }
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    t = _mm_shuffle_epi32(abef, 0x1b);
    cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
    abcd = _mm_blend_epi16(t, cdgh, 0xf0);
    efgh = _mm_alignr_epi8(cdgh, t, 8);
    _mm_storeu_si128((__m128i *)(void *)state, abcd);
    _mm_storeu_si128((__m128i *)(void *)(state + 4), efgh);
}
#endif

static void blocks_add(uint32_t state[8], const uint8_t *octets, size_t n_blocks)
{
#ifdef HAVE_SHA_NI
    static int have = -1; /* a fact about the machine: racing threads write the same value */

    if (__atomic_load_n(&have, __ATOMIC_RELAXED) < 0)
        __atomic_store_n(&have, cpu_has_sha_ni(), __ATOMIC_RELAXED);
    if (__atomic_load_n(&have, __ATOMIC_RELAXED)) {
        blocks_sha_ni(state, octets, n_blocks);
        return;
    }
#endif
    blocks_portable(state, octets, n_blocks);
}

void sha256_init(struct sha256 *hash)
{
    static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

    memcpy(hash->state, initial, sizeof initial);
    hash->len = 0;
}

void sha256_add(struct sha256 *hash, const void *octets, size_t len)
{
    const uint8_t *from = octets;
    size_t used = (size_t)(hash->len & 63);

    hash->len += len;
    if (used + len >= 64) {
        if (used > 0) {
            memcpy(hash->block + used, from, 64 - used);
            blocks_add(hash->state, hash->block, 1);
            from += 64 - used;
            len -= 64 - used;
            used = 0;
        }
        blocks_add(hash->state, from, len / 64);
        from += len / 64 * 64;
        len %= 64;
    }
    if (len > 0)
        memcpy(hash->block + used, from, len);
}

void sha256_finish(const struct sha256 *hash, uint8_t digest[static SHA256_LEN])
{
    struct sha256 last = *hash;
    uint8_t padding[72] = { 0x80 };
    size_t used = (size_t)(hash->len & 63);
    size_t pad = (used < 56 ? 56 : 120) - used;

    be64_put(padding + pad, hash->len * 8);
    sha256_add(&last, padding, pad + 8);
    for (int i = 0; i < 8; i++)
        be32_put(digest + 4 * i, last.state[i]);
}

void sha256_hex(const uint8_t digest[static SHA256_LEN], char text[static 2 * SHA256_LEN + 1])
{
    for (int i = 0; i < SHA256_LEN; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}
