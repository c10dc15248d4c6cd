/* SipHash-2-4 of Aumasson and Bernstein: a keyed hash, with which Linux makes what nobody else
 * shall guess. */
#ifndef WW_BASE_SIPHASH_H
#define WW_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/** siphash() - of @n whole words, which are octets as a little-endian machine reads them. */
uint64_t siphash(const uint64_t *words, size_t n, const uint64_t key[2]);

#endif
