/* MD5, RFC 1321: for TCP's signatures (RFC 2385) alone; nothing else should trust it. */
#ifndef WW_BASE_MD5_H
#define WW_BASE_MD5_H

#include <stddef.h>
#include <stdint.h>

#define MD5_LEN 16

struct md5 {
    uint32_t state[4];
    uint64_t len; /* octets so far */
    uint8_t block[64];
};

void md5_init(struct md5 *hash);
void md5_add(struct md5 *hash, const void *octets, size_t len);
void md5_finish(struct md5 *hash, uint8_t digest[static MD5_LEN]);

#endif
