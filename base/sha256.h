/* SHA-256, FIPS 180-4: for run-hash and the `recveof` verb. */
#ifndef WW_BASE_SHA256_H
#define WW_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

struct sha256 {
    uint32_t state[8];
    uint64_t len; /* octets so far */
    uint8_t block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *octets, size_t len);
/** sha256_finish() - the digest of what was added; *@hash is left as it is, so that a prefix can be
 * hashed too. */
void sha256_finish(const struct sha256 *hash, uint8_t digest[static SHA256_LEN]);
/** sha256_hex() - 64 lower-case hexadecimal digits and a NUL. */
void sha256_hex(const uint8_t digest[static SHA256_LEN], char text[static 2 * SHA256_LEN + 1]);

#endif
