/* GB 2312, the two-octet character set of 1980 that course programs name "gb2312". */
#ifndef WW_APPS_GB2312_H
#define WW_APPS_GB2312_H

#include <stdbool.h>
#include <stdint.h>

/** gb2312_decode() - the Unicode character of two octets; 0: there is none. */
uint32_t gb2312_decode(uint8_t first, uint8_t second);
/** gb2312_encode() - the two octets of @character, which is not ASCII. False: it has none. */
bool gb2312_encode(uint32_t character, uint8_t octets[static 2]);

#endif
