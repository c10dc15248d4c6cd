#include "base/checksum.h"

#include <string.h>

#include "base/be.h"

/* Native-order words summed in 64 bits and swapped once at the end: RFC 1071 section 2(B). */
uint32_t checksum_add(uint32_t sum, const uint8_t *octets, size_t len)
{
    uint64_t native = 0;
    uint16_t folded;
    const uint16_t probe = 1;

    while (len >= 8) {
        uint64_t word;

        memcpy(&word, octets, sizeof word);
        native += word;
        native += native < word; /* end-around carry */
        octets += 8;
        len -= 8;
    }
    if (len >= 4) {
        uint32_t word;

        memcpy(&word, octets, sizeof word);
        native += word;
        native += native < word;
        octets += 4;
        len -= 4;
    }
    if (len > 0) {
        uint8_t last[4] = { 0 };
        uint32_t word;

        for (size_t i = 0; i < len; i++)
            last[i] = octets[i];
        memcpy(&word, last, sizeof word);
        native += word;
        native += native < word;
    }
    native = (native & 0xffffffff) + (native >> 32);
    native = (native & 0xffffffff) + (native >> 32);
    folded = checksum_fold((uint32_t)native);
    if (*(const uint8_t *)&probe == 1) /* little endian */
        folded = (uint16_t)(folded << 8 | folded >> 8);
    return checksum_fold(sum) + (uint32_t)folded;
}

static uint32_t add_half(uint32_t sum, uint64_t half)
{
    return sum + (uint32_t)(half >> 48) + (uint32_t)(half >> 32 & 0xffff) +
           (uint32_t)(half >> 16 & 0xffff) + (uint32_t)(half & 0xffff);
}

uint32_t checksum_pseudo6(struct ip6_addr src, struct ip6_addr dst, uint8_t protocol, size_t len)
{
    uint32_t sum = add_half(add_half(0, src.hi), src.lo);

    sum = add_half(add_half(sum, dst.hi), dst.lo);
    return sum + protocol + (uint32_t)(len >> 16) + (uint32_t)(len & 0xffff);
}
